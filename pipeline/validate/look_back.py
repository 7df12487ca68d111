"""Which look-back and look-ahead quarters are validated again in a run of another quarter (D-41)."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import surrounding_quarters
from pipeline.lake.damaged import to_be_made
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from pipeline.lake.provenance import CORRECTIONS, FINGERPRINT, PARENTS, is_purged, landed, parents_fingerprint, validated_with
from pipeline.validate.corrections import Correction, corrections_fingerprint
from schemas.contract import Table


def quarters_to_validate(table: Table, quarter: Quarter, lake: Lake, corrections: Sequence[Correction] = ()) -> list[Quarter]:
    """The look-back and look-ahead quarters that were accepted from other raw rows, or with other parents or corrections.

    Rows of an earlier delivery stay validated with the parents of that delivery, but totals: calls that come later replace those
    of their days (D-104).
    """
    now = landed(table, lake)
    parents = parents_fingerprint(table, lake)
    found = []
    for other in surrounding_quarters(table, quarter):
        raw = lake.partition("raw", table.name, other)
        if not raw.exists() or is_purged(raw):
            continue
        wanted = read_metadata(raw).get(FINGERPRINT)
        marks = validated_with(table, other, lake)
        is_of_landing = now is not None and wanted == now.fingerprint
        has_other_parents = (is_of_landing or table.totals_of is not None) and marks.get(PARENTS) != parents
        corrected_with = corrections_fingerprint(table, other, corrections)
        if marks.get(FINGERPRINT) != wanted or has_other_parents or marks.get(CORRECTIONS, "") != corrected_with:
            found.append(other)
    return found


def damaged_quarters(table: Table, quarter: Quarter, lake: Lake) -> list[Quarter]:
    """The other quarters whose accepted or refused rows were set aside, that nothing else validates again in this run."""
    return [
        other
        for other in sorted({*to_be_made(lake, "accepted", table.name), *to_be_made(lake, "quarantine", table.name)})
        if other not in (quarter, *surrounding_quarters(table, quarter))
        and (raw := lake.partition("raw", table.name, other)).exists()
        and not is_purged(raw)
    ]
