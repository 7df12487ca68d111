"""The tables that the sample delivers: those of the contract that hold single records.

A source that exports single records exports no totals of them beside: the sample has no table of totals.
"""

from __future__ import annotations

from schemas.contract import TABLES, Table

SAMPLED: dict[str, Table] = {name: table for name, table in TABLES.items() if table.totals_of is None}
"""Every table of the sample by name, in the contract's order."""
