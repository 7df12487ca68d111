"""Which look-back and look-ahead quarters are desensitized again in a run of another quarter (D-41)."""

from __future__ import annotations

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import surrounding_quarters
from pipeline.lake.damaged import to_be_made
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from pipeline.lake.provenance import CORRECTIONS, FINGERPRINT, PARENTS, PSEUDONYM_KEY, is_purged, validated_with
from schemas.contract import Table


def quarters_to_desensitize(table: Table, quarter: Quarter, lake: Lake, key_id: str) -> list[Quarter]:
    """The look-back and look-ahead quarters whose clean partition was made from other accepted rows or with another key.

    Also any other whose damaged clean partition was set aside.
    """
    found = []
    for other in dict.fromkeys((*surrounding_quarters(table, quarter), *to_be_made(lake, "clean", table.name))):
        accepted = lake.partition("accepted", table.name, other)
        if not accepted.exists() or is_purged(accepted):
            continue
        wanted, made = validated_with(table, other, lake), read_metadata(lake.partition("clean", table.name, other))
        is_same = all(wanted.get(mark) == made.get(mark) for mark in (FINGERPRINT, PARENTS, CORRECTIONS))
        if not is_same or made.get(PSEUDONYM_KEY) != key_id:
            found.append(other)
    return found
