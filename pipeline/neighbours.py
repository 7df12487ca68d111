"""Quarters beside the one being evaluated whose records its windows reach into.

A quarter that was evaluated itself stays as it was published. One that never was, but of which the landing holds records, is
taken through the same stages, so that a first run on a landing with history has its look-backs and its look-ahead.
"""

from __future__ import annotations

from pipeline.lake import Lake
from pipeline.marts.windows import read_quarters
from pipeline.quarters import Quarter
from schemas.contract import Table


def unevaluated_neighbours(
    table: Table, quarter: Quarter, lake: Lake, landed: dict[str, int] | None = None
) -> list[Quarter]:
    """The neighbours of ``quarter`` to prepare for a table.

    ``landed`` is the number of rows per quarter that the landing holds; without it the raw partitions there are decide.
    Registers are read as of the quarter itself and need none.
    """
    if not table.quarter_expression:
        return []
    evaluated = set(lake.published_quarters())
    return [
        neighbour
        for neighbour in read_quarters(quarter)
        if neighbour != quarter
        and neighbour not in evaluated
        and (
            landed.get(neighbour.label) if landed is not None else lake.partition("raw", table.name, neighbour).exists()
        )
    ]
