"""Which look-back and look-ahead quarters are validated again in a run of another quarter (D-41)."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import neighbours_of
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from pipeline.lake.provenance import CORRECTIONS, FINGERPRINT, PARENTS, is_purged, judged, landed, parents_fingerprint
from pipeline.validate.corrections import Correction, corrections_fingerprint
from schemas.contract import Table


def neighbours_to_validate(
    table: Table, quarter: Quarter, lake: Lake, corrections: Sequence[Correction] = ()
) -> list[Quarter]:
    """The neighbours whose accepted partition was made from other raw rows, or judged beside other parents or corrections.

    Rows of an earlier delivery keep the judgement they got beside the parents of that delivery.
    """
    now = landed(table, lake)
    parents = parents_fingerprint(table, lake)
    found = []
    for neighbour in neighbours_of(table, quarter):
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
