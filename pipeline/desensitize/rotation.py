"""Which pseudonym key the lake's clean files were made with, and how to make them all again with another key.

Tokens of two keys never join, so all files that a run reads must have one key id; ``require_one_key`` checks this.
``keys.py`` loads the key.
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
from pipeline.errors import DataRefused, UsageError
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import is_readable, read_metadata
from pipeline.lake.provenance import PSEUDONYM_KEY, is_purged
from pipeline.privacy.known_values import KnownValues
from schemas.contract import TABLES, Table

_NO_KEY = "none"
_SHOWN = 10


@dataclass(frozen=True)
class CleanFile:
    """A clean partition with tokens: its key id, and whether it can be made again."""

    table: Table
    quarter: Quarter
    key_id: str
    has_accepted: bool


def clean_files_with_tokens(lake: Lake) -> list[CleanFile]:
    """All clean partitions of tables whose contract has a column that becomes a token, by table and quarter.

    Raises UsageError where there are none, or where the key of one cannot be read.
    """
    found = [
        CleanFile(table, quarter, key_id_of(path), _has_records(lake.partition("accepted", table.name, quarter)))
        for table in TABLES.values()
        if has_tokens(table)
        for quarter, path in lake.partitions("clean", table.name).items()
    ]
    if not found:
        raise UsageError(f"{lake.root}: has no clean rows: no quarter was run in this lake")
    for file in found:
        path = lake.partition("clean", file.table.name, file.quarter)
        if file.key_id == _NO_KEY and not is_readable(path):
            raise UsageError(f"{path}: cannot be read, so that its key is not known")
    return found


def _has_records(accepted: Path) -> bool:
    return accepted.is_file() and not is_purged(accepted)


def has_tokens(table: Table) -> bool:
    """Whether some column of a table becomes a token."""
    return any(column.pii in NORMALISERS for column in table.columns)


def key_id_of(clean: Path) -> str:
    """The id of the key that a clean file was made with; ``none`` if the file has no mark."""
    return read_metadata(clean).get(PSEUDONYM_KEY, _NO_KEY)


def rekey(lake: Lake, key: PseudonymKey) -> Iterator[CleanFile]:
    """Make every clean partition with another key id again from its accepted one; yields each when it is done.

    Raises DataRefused before changing anything if an accepted partition is gone: such a quarter cannot get the new key, and a
    window with it could not be evaluated.
    """
    old = [file for file in clean_files_with_tokens(lake) if file.key_id != key.key_id]
    lost = [f"{file.table.name} {file.quarter}" for file in old if not file.has_accepted]
    if lost:
        raise DataRefused(
            f"nothing was changed: no accepted rows are left of {_listed(lost)} to make pseudonyms from "
            f"with the key {key.key_id}. Deliver them again and run their quarters, or keep the old key"
        )
    known = KnownValues.of_lake(lake)
    for file in old:
        desensitize_quarter(file.table, file.quarter, lake, key, known)
        yield file


def require_one_key(files: Mapping[str, Iterable[str]]) -> None:
    """Raise DataRefused if the clean files that a run is about to read have pseudonyms of several keys.

    files   paths of clean partitions by table name

    A customer who called in two quarters would count as two people: first contact resolution and repeat repairs would be wrong
    without any other sign.
    """
    by_key: dict[str, list[str]] = defaultdict(list)
    for name, paths in files.items():
        for path in paths if has_tokens(TABLES[name]) else ():
            by_key[key_id_of(Path(path))].append(f"{name} {Path(path).parent.name.removeprefix('quarter=')}")
    if len(by_key) > 1:
        *others, (most, _) = sorted(by_key.items(), key=lambda item: (len(item[1]), item[0]))
        found = "; ".join(f"key {key}: {_listed(places)}" for key, places in others)
        raise DataRefused(
            f"the quarters of one window have pseudonyms of {len(by_key)} keys, so that nobody could be followed from one to "
            f"the next ({found}; all others: key {most}). Bring all to one key with `asq privacy rekey`, or deliver those "
            "quarters again if their accepted rows are gone (docs/privacy.md, Rotation)"
        )


def _listed(places: list[str]) -> str:
    return ", ".join(places[:_SHOWN]) + (f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else "")
