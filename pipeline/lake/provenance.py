"""Which delivery the rows of a quarter come from: the landing folder as it is now, or an earlier one that the lake keeps.

A landing folder that holds fewer rows of a quarter than the lake's raw partition (only the files of the new quarter, say)
does not speak for that quarter: the partition stands. Otherwise the landing folder does, except for a quarter whose records
were purged: that one is closed until it is itself run on files that hold it (D-63). Every stage writes into its files
which snapshot their rows were cut from; here is only what those marks say. Nothing is read but the ends of Parquet files.
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
"""Of the snapshot that the rows of a file were cut from."""
DELIVERY_MARKS = ("delivered", "delivered_columns", FINGERPRINT)
"""What every partition says about the delivery of its rows: whether anything came, and with which columns."""
LANDED_FILES = "landed_files"
"""Of a raw partition: the records of each delivered file, those left out by configuration, and cells that it rewrote (JSON)."""
LANDED_MARKS = ("rows", "rows_by_quarter", LANDED_FILES)
"""What a raw partition says about the whole delivery that it was cut from."""
TREATED = "treated"
"""Of a clean partition: the values replaced in each personal column, of free text the texts changed (JSON)."""
PARENTS = "parents"
"""Of the snapshots that the references of a file's rows were looked up in."""
CORRECTIONS = "corrections_fingerprint"
"""Of the corrections that a file's rows were judged with; absent where there were none."""
PSEUDONYM_KEY = "pseudonym_key"
"""The id of the key that a file's pseudonyms were made with."""
PURGED = "purged"
"""When, by whom and why the records of a file were removed; only the keys are left that other quarters are judged by."""


@dataclass(frozen=True)
class Landed:
    """What a table's snapshot of the landing folder says about itself."""

    path: Path
    fingerprint: str
    rows_by_quarter: dict[str, int]


def landed(table: Table, lake: Lake) -> Landed | None:
    """The snapshot of a table as it is now; None before the first one."""
    path = lake.snapshot(table.name)
    marks = read_metadata(path)
    if FINGERPRINT not in marks:
        return None
    return Landed(path, marks[FINGERPRINT], json.loads(marks["rows_by_quarter"]))


def is_purged(path: Path) -> bool:
    """Whether a raw or accepted partition has lost its records to the purge; False where there is none."""
    return PURGED in read_metadata(path)


def closed_quarters(table: Table, lake: Lake) -> frozenset[Quarter]:
    """The quarters of a table whose raw partition was purged: no run of another quarter takes their rows in again."""
    return frozenset(quarter for quarter, path in lake.partitions("raw", table.name).items() if is_purged(path))


def earlier_partitions(table: Table, lake: Lake) -> dict[Quarter, Path]:
    """The raw partitions that the landing folder does not speak for, in time order."""
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
    return marks.get(FINGERPRINT) != now.fingerprint and pq.read_metadata(path).num_rows > rows_now


def delivery_marks(path: Path) -> dict[str, str]:
    """Those of ``DELIVERY_MARKS`` that a file bears."""
    found = read_metadata(path)
    return {mark: found[mark] for mark in DELIVERY_MARKS if mark in found}


def judged(table: Table, quarter: Quarter, lake: Lake) -> dict[str, str]:
    """``FINGERPRINT``, ``PARENTS`` and ``CORRECTIONS`` that a quarter's accepted rows were judged with; empty before they were.

    They stand in the quarantine file: an accepted partition of which nothing was refused is the raw file itself.
    """
    found = read_metadata(lake.partition("quarantine", table.name, quarter))
    return {mark: found[mark] for mark in (FINGERPRINT, PARENTS, CORRECTIONS) if mark in found}


def parents_fingerprint(table: Table, lake: Lake) -> str:
    """The fingerprints of the snapshots that a table refers to: what its foreign keys and scales are judged by."""
    parents = sorted({parent for parent, _ in table.references.values()})
    return " ".join(read_metadata(lake.snapshot(parent)).get(FINGERPRINT, "-") for parent in parents)
