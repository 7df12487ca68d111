"""Which look-back and look-ahead quarters extract takes again in a run of another quarter (D-41).

Those with rows in the landing folder whose raw partition was not cut from this very snapshot. Everything published for such a
quarter stays until the quarter itself is run. A quarter whose records were purged is left alone.
"""

from __future__ import annotations

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import surrounding_quarters
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from pipeline.lake.provenance import FINGERPRINT, earlier_partitions, landed
from schemas.contract import Table


def quarters_to_extract(table: Table, quarter: Quarter, lake: Lake) -> list[Quarter]:
    """The look-back and look-ahead quarters that are newer in the landing folder, or missing from the lake."""
    now = landed(table, lake)
    if now is None:
        return []
    kept = earlier_partitions(table, lake)
    return [
        other
        for other in surrounding_quarters(table, quarter)
        if now.rows_by_quarter.get(other.label)
        and other not in kept
        and read_metadata(lake.partition("raw", table.name, other)).get(FINGERPRINT) != now.fingerprint
    ]
