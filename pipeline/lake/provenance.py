"""Which delivery the rows of a quarter come from: the current landing folder, or an earlier delivery kept in the lake.

A landing folder with fewer rows of a quarter than the lake's raw partition (only the new quarter's files, say) does not replace
that quarter: the partition stays. Otherwise the landing folder counts. A quarter whose records were purged is closed until it
is run itself on files that hold it (D-63). Every stage marks its files with the snapshot their rows were cut from; this module
reads these marks, and only the footers of Parquet files.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from schemas.contract import Table

FINGERPRINT = "fingerprint"
"""Fingerprint of the snapshot that the rows of a file were cut from."""
ASSUMED_COLUMNS = "assumed_columns"
"""The delivered columns whose values the mapping made up, and how (JSON); absent if there are none."""
DELIVERY_MARKS = ("delivered", "delivered_columns", ASSUMED_COLUMNS, FINGERPRINT)
"""Marks of every partition about the delivery of its rows: whether anything came, with which columns, and which are made up."""
LANDED_FILES = "landed_files"
"""Mark of a raw partition: the records of each delivered file, those left out by configuration, and rewritten cells (JSON)."""
DOUBTS = "doubts"
"""Of a delivered file in ``LANDED_FILES``: what may not be read as it was meant (``problem``, ``count``, ``column``)."""
UNDATED = "undated"
"""Rule of rows that belong to no quarter, and mark of a raw partition: how many of its rows these are (D-14)."""
LANDED_MARKS = ("rows", "rows_by_quarter", LANDED_FILES)
"""Marks of a raw partition about the whole delivery that it was cut from."""
TREATED = "treated"
"""Mark of a clean partition: the values replaced per personal column, for free text the texts changed (JSON)."""
PARENTS = "parents"
"""Fingerprint of the snapshots in which the references of a file's rows were looked up."""
CORRECTIONS = "corrections_fingerprint"
"""Fingerprint of the corrections with which a file's rows were validated; absent if there were none."""
PSEUDONYM_KEY = "pseudonym_key"
"""The id of the key that a file's pseudonyms were made with."""
PURGED = "purged"
"""When, by whom and why a file's records were removed; only the keys needed to validate other quarters are left."""


@dataclass(frozen=True)
class Landed:
    """Metadata of a table's snapshot of the landing folder."""

    path: Path
    fingerprint: str
    rows_by_quarter: dict[str, int]


def landed(table: Table, lake: Lake) -> Landed | None:
    """The current snapshot of a table; None before the first one."""
    path = lake.snapshot(table.name)
    marks = read_metadata(path)
    if FINGERPRINT not in marks:
        return None
    return Landed(path, marks[FINGERPRINT], json.loads(marks["rows_by_quarter"]))


def landed_doubts(table: Table, lake: Lake) -> list[tuple[str, str | None, str]]:
    """What of the landing folder's files for a table may not be read as it was meant: file, column and problem."""
    files = json.loads(read_metadata(lake.snapshot(table.name)).get(LANDED_FILES, "{}"))
    return [(file, doubt["column"], doubt["problem"]) for file, counts in files.items() for doubt in counts.get(DOUBTS, ())]


def is_purged(path: Path) -> bool:
    """Whether a raw or accepted partition has lost its records to the purge; False if it does not exist."""
    return PURGED in read_metadata(path)


def closed_quarters(table: Table, lake: Lake) -> frozenset[Quarter]:
    """The quarters of a table whose raw partition was purged: runs of other quarters do not take their rows in again."""
    return frozenset(quarter for quarter, path in lake.partitions("raw", table.name).items() if is_purged(path))


def earlier_partitions(table: Table, lake: Lake) -> dict[Quarter, Path]:
    """The raw partitions that the landing folder does not replace, in time order."""
    now = landed(table, lake)
    return {
        quarter: path
        for quarter, path in lake.partitions("raw", table.name).items()
        if now is None or _is_earlier(quarter, path, now)
    }


def _is_earlier(quarter: Quarter, path: Path, now: Landed) -> bool:
    marks, rows_now = read_metadata(path), now.rows_by_quarter.get(quarter.label, 0)
    if PURGED in marks:
        return not rows_now
    return marks.get(FINGERPRINT) != now.fingerprint and pq.read_metadata(path).num_rows - undated_rows(path) > rows_now


def delivered_rows(path: Path) -> int:
    """The rows of the whole delivery that a raw partition was cut from, of all quarters and of none."""
    return int(read_metadata(path).get("rows", "0"))


def undated_rows(path: Path) -> int:
    """The rows of a raw partition that belong to no quarter."""
    return int(read_metadata(path).get(UNDATED, "0"))


def delivery_marks(path: Path) -> dict[str, str]:
    """The ``DELIVERY_MARKS`` found in a file."""
    found = read_metadata(path)
    return {mark: found[mark] for mark in DELIVERY_MARKS if mark in found}


def validated_with(table: Table, quarter: Quarter, lake: Lake) -> dict[str, str]:
    """``FINGERPRINT``, ``PARENTS`` and ``CORRECTIONS`` with which a quarter's rows were validated; empty before.

    Read from the quarantine file, because an accepted partition without refused rows is the raw file itself.
    """
    found = read_metadata(lake.partition("quarantine", table.name, quarter))
    return {mark: found[mark] for mark in (FINGERPRINT, PARENTS, CORRECTIONS) if mark in found}


def parents_fingerprint(table: Table, lake: Lake) -> str:
    """The fingerprints of the snapshots that the rules of a table look rows up in: foreign keys, scales, days of totals."""
    return " ".join(read_metadata(lake.snapshot(parent)).get(FINGERPRINT, "-") for parent in table.looks_up)
