"""Which look-back and look-ahead quarters extract takes anew in a run of another quarter (D-41).

One whose rows the landing folder holds and whose raw partition was not cut from the very same snapshot. What was published for
such a quarter stays until it is run itself; so does everything of one whose records were purged.
"""

from __future__ import annotations

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import neighbours_of
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from pipeline.lake.provenance import FINGERPRINT, earlier_partitions, landed
from schemas.contract import Table


def neighbours_to_extract(table: Table, quarter: Quarter, lake: Lake) -> list[Quarter]:
    """The neighbours whose rows the landing folder holds in a newer state, or of which the lake has none."""
    now = landed(table, lake)
    if now is None:
        return []
    kept = earlier_partitions(table, lake)
    return [
        neighbour
        for neighbour in neighbours_of(table, quarter)
        if now.rows_by_quarter.get(neighbour.label)
        and neighbour not in kept
        and read_metadata(lake.partition("raw", table.name, neighbour)).get(FINGERPRINT) != now.fingerprint
    ]
