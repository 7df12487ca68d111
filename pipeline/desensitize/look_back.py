"""Which look-back and look-ahead quarters are desensitized again in a run of another quarter (D-41)."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import surrounding_quarters
from pipeline.lake.damaged import to_be_made
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from pipeline.lake.provenance import CORRECTIONS, FINGERPRINT, PARENTS, PSEUDONYM_KEY, is_purged, validated_with
from pipeline.privacy.known_values import KnownValues
from pipeline.privacy.own_words import persons_among
from schemas.contract import Table


def quarters_to_desensitize(
    table: Table, quarter: Quarter, lake: Lake, key_id: str, known: KnownValues | None = None
) -> list[Quarter]:
    """The look-back and look-ahead quarters whose clean partition was made from other accepted rows or with another key.

    Also any other whose damaged clean partition was set aside, and those that the run scans and whose free text holds a value
    of ``known``: a customer who was delivered later.
    """
    published = {quarter, *lake.published_quarters()} if known is not None else set()
    found = []
    for other in dict.fromkeys((*surrounding_quarters(table, quarter), *to_be_made(lake, "clean", table.name))):
        accepted = lake.partition("accepted", table.name, other)
        if not accepted.exists() or is_purged(accepted):
            continue
        wanted, made = validated_with(table, other, lake), read_metadata(lake.partition("clean", table.name, other))
        is_same = all(wanted.get(mark) == made.get(mark) for mark in (FINGERPRINT, PARENTS, CORRECTIONS))
        if (
            not is_same
            or made.get(PSEUDONYM_KEY) != key_id
            or (
                known is not None
                and other not in published
                and _names_somebody(table, lake.partition("clean", table.name, other), known)
            )
        ):
            found.append(other)
    return found


def _names_somebody(table: Table, clean: Path, known: KnownValues) -> bool:
    columns = [f"{column.name}_redacted" for column in table.columns if column.pii == "free_text"]
    texts = [column.drop_nulls().unique() for column in pl.read_parquet(clean, columns=columns, hive_partitioning=False)]
    return any(persons_among(known, each).search(each) for each in texts)
