"""Quarters beside the one being evaluated whose records its windows reach into.

They are taken through the same stages, so that the result does not depend on which quarters were run before (D-41). Extract
takes a neighbour anew when the landing folder speaks for it (``deliveries``) and its raw partition was not cut from the very
same snapshot; each later stage, when the file it wrote was not made from what the stage before now has. So a backfill over one
landing folder does nothing twice, and a run killed between two stages leaves nothing half new. What was published for a
neighbour stays until it is run itself; so does everything of one whose records were purged.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import read_quarters
from pipeline.extract.writer import read_metadata
from pipeline.lake.layout import Lake
from pipeline.lake.provenance import (
    CORRECTIONS,
    FINGERPRINT,
    PARENTS,
    PSEUDONYM_KEY,
    earlier_partitions,
    is_purged,
    judged,
    landed,
    parents_fingerprint,
)
from pipeline.validate.corrections import Correction, corrections_fingerprint
from schemas.contract import Table


def neighbours_to_extract(table: Table, quarter: Quarter, lake: Lake) -> list[Quarter]:
    """The neighbours whose rows the landing folder holds in a newer state, or of which the lake has none."""
    now = landed(table, lake)
    if now is None:
        return []
    kept = earlier_partitions(table, lake)
    return [
        neighbour
        for neighbour in _neighbours(table, quarter)
        if now.rows_by_quarter.get(neighbour.label)
        and neighbour not in kept
        and read_metadata(lake.partition("raw", table.name, neighbour)).get(FINGERPRINT) != now.fingerprint
    ]


def neighbours_to_validate(
    table: Table, quarter: Quarter, lake: Lake, corrections: Sequence[Correction] = ()
) -> list[Quarter]:
    """The neighbours whose accepted partition was made from other raw rows, or judged beside other parents or corrections.

    Rows of an earlier delivery keep the judgement they got beside the parents of that delivery.
    """
    now = landed(table, lake)
    parents = parents_fingerprint(table, lake)
    found = []
    for neighbour in _neighbours(table, quarter):
        raw = lake.partition("raw", table.name, neighbour)
        if not raw.exists() or is_purged(raw):
            continue
        wanted = read_metadata(raw).get(FINGERPRINT)
        marks = judged(table, neighbour, lake)
        is_of_landing = now is not None and wanted == now.fingerprint
        has_other_parents = is_of_landing and marks.get(PARENTS) != parents
        corrected_with = corrections_fingerprint(table, neighbour, corrections)
        if marks.get(FINGERPRINT) != wanted or has_other_parents or marks.get(CORRECTIONS, "") != corrected_with:
            found.append(neighbour)
    return found


def neighbours_to_desensitize(table: Table, quarter: Quarter, lake: Lake, key_id: str) -> list[Quarter]:
    """The neighbours whose clean partition was made from other accepted rows, or with another pseudonym key."""
    found = []
    for neighbour in _neighbours(table, quarter):
        accepted = lake.partition("accepted", table.name, neighbour)
        if not accepted.exists() or is_purged(accepted):
            continue
        wanted, made = judged(table, neighbour, lake), read_metadata(lake.partition("clean", table.name, neighbour))
        is_same = all(wanted.get(mark) == made.get(mark) for mark in (FINGERPRINT, PARENTS, CORRECTIONS))
        if not is_same or made.get(PSEUDONYM_KEY) != key_id:
            found.append(neighbour)
    return found


def _neighbours(table: Table, quarter: Quarter) -> list[Quarter]:
    """All of them in time order; registers are read as of the quarter itself and have none."""
    return [each for each in read_quarters(quarter) if each != quarter] if table.has_quarters else []
