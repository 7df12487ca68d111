"""Which look-back and look-ahead quarters are desensitized again in a run of another quarter (D-41)."""

from __future__ import annotations

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import neighbours_of
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from pipeline.lake.provenance import CORRECTIONS, FINGERPRINT, PARENTS, PSEUDONYM_KEY, is_purged, judged
from schemas.contract import Table


def neighbours_to_desensitize(table: Table, quarter: Quarter, lake: Lake, key_id: str) -> list[Quarter]:
    """The neighbours whose clean partition was made from other accepted rows, or with another pseudonym key."""
    found = []
    for neighbour in neighbours_of(table, quarter):
        accepted = lake.partition("accepted", table.name, neighbour)
        if not accepted.exists() or is_purged(accepted):
            continue
        wanted, made = judged(table, neighbour, lake), read_metadata(lake.partition("clean", table.name, neighbour))
        is_same = all(wanted.get(mark) == made.get(mark) for mark in (FINGERPRINT, PARENTS, CORRECTIONS))
        if not is_same or made.get(PSEUDONYM_KEY) != key_id:
            found.append(neighbour)
    return found
