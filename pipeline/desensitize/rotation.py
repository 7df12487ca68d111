"""Which pseudonym key the lake's clean files were made with, and how all of them are made again with another one.

Tokens of two keys never join, so the files that one run reads must bear one key id: ``require_one_key`` refuses anything else.
Where the key comes from is in ``keys.py``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.calendar.quarters import Quarter
from pipeline.desensitize.keys import PseudonymKey
from pipeline.desensitize.quarter import desensitize_quarter
from pipeline.desensitize.tokens import NORMALISERS
from pipeline.errors import DataRefused
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from pipeline.lake.provenance import PSEUDONYM_KEY, is_purged
from schemas.contract import TABLES, Table

_NO_KEY = "none"
_SHOWN = 10


@dataclass(frozen=True)
class CleanFile:
    """A clean partition with tokens: the id of the key they were made with, and whether it can be made again."""

    table: Table
    quarter: Quarter
    key_id: str
    has_accepted: bool


def clean_files_with_tokens(lake: Lake) -> list[CleanFile]:
    """All clean partitions of tables whose contract has a column that becomes a token, by table and quarter."""
    return [
        CleanFile(table, quarter, key_id_of(path), _has_records(lake.partition("accepted", table.name, quarter)))
        for table in TABLES.values()
        if has_tokens(table)
        for quarter, path in lake.partitions("clean", table.name).items()
    ]


def _has_records(accepted: Path) -> bool:
    return accepted.is_file() and not is_purged(accepted)


def has_tokens(table: Table) -> bool:
    """Whether some column of a table becomes a token."""
    return any(column.pii in NORMALISERS for column in table.columns)


def key_id_of(clean: Path) -> str:
    """The id of the key that a clean file was made with; ``none`` where it bears no mark."""
    return read_metadata(clean).get(PSEUDONYM_KEY, _NO_KEY)


def rekey(lake: Lake, key: PseudonymKey) -> Iterator[CleanFile]:
    """Make every clean partition that bears another key id again from its accepted one; yields each when it is done.

    Raises DataRefused before anything is changed where an accepted partition is no longer there: such a quarter cannot be
    brought to the new key, and a window that holds it could not be evaluated.
    """
    old = [file for file in clean_files_with_tokens(lake) if file.key_id != key.key_id]
    lost = [f"{file.table.name} {file.quarter}" for file in old if not file.has_accepted]
    if lost:
        raise DataRefused(
            f"nothing was changed: of {_listed(lost)} there are no accepted rows any more to make pseudonyms of "
            f"with the key {key.key_id}. Deliver them again and run their quarters, or keep the old key"
        )
    for file in old:
        desensitize_quarter(file.table, file.quarter, lake, key)
        yield file


def require_one_key(files: Mapping[str, Iterable[str]]) -> None:
    """Raise DataRefused where the clean files that a run is about to read bear pseudonyms of several keys.

    files   paths of clean partitions by table name

    Customers who called in one quarter and again in the next would be two people: first contact resolution and repeat repairs
    would be wrong without anything else being amiss.
    """
    by_key: dict[str, list[str]] = defaultdict(list)
    for name, paths in files.items():
        for path in paths if has_tokens(TABLES[name]) else ():
            by_key[key_id_of(Path(path))].append(f"{name} {Path(path).parent.name.removeprefix('quarter=')}")
    if len(by_key) > 1:
        *others, (most, _) = sorted(by_key.items(), key=lambda item: (len(item[1]), item[0]))
        found = "; ".join(f"key {key}: {_listed(places)}" for key, places in others)
        raise DataRefused(
            f"the quarters of one window bear pseudonyms of {len(by_key)} keys, so that nobody could be followed from one to "
            f"the next ({found}; all others: key {most}). Bring all to one key: `asq privacy rekey`, or deliver those "
            "quarters again where their accepted rows are gone (docs/privacy.md, Rotation)"
        )


def _listed(places: list[str]) -> str:
    return ", ".join(places[:_SHOWN]) + (f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else "")
