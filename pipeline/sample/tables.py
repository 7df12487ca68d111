"""The tables that the sample delivers: those of the contract that hold single records.

A source that exports single records with their times needs neither totals of them nor flags in place of times: the sample has no
table of totals and no column of such flags.
"""

from __future__ import annotations

from dataclasses import replace

from schemas.contract import TABLES, Table


def _sampled(table: Table) -> Table:
    return replace(table, columns=tuple(column for column in table.columns if column.in_place_of is None))


SAMPLED: dict[str, Table] = {name: _sampled(table) for name, table in TABLES.items() if table.totals_of is None}
"""Every table of the sample by name, with the columns that it delivers, in the contract's order."""
