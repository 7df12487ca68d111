"""Which look-back and look-ahead quarters are desensitized again in a run of another quarter (D-41)."""

from __future__ import annotations

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import surrounding_quarters
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from pipeline.lake.provenance import CORRECTIONS, FINGERPRINT, PARENTS, PSEUDONYM_KEY, is_purged, validated_with
from schemas.contract import Table


def quarters_to_desensitize(table: Table, quarter: Quarter, lake: Lake, key_id: str) -> list[Quarter]:
    """The look-back and look-ahead quarters whose clean partition was made from other accepted rows or with another key."""
    found = []
    for other in surrounding_quarters(table, quarter):
        accepted = lake.partition("accepted", table.name, other)
        if not accepted.exists() or is_purged(accepted):
            continue
        wanted, made = validated_with(table, other, lake), read_metadata(lake.partition("clean", table.name, other))
        is_same = all(wanted.get(mark) == made.get(mark) for mark in (FINGERPRINT, PARENTS, CORRECTIONS))
        if not is_same or made.get(PSEUDONYM_KEY) != key_id:
            found.append(other)
    return found
