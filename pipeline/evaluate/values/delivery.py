"""Which tables and columns were delivered; decides whether an indicator has data at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Delivery:
    """The tables delivered for the quarter, and the optional columns of each."""

    tables: Mapping[str, bool]
    columns: Mapping[str, frozenset[str]]

    def missing(self, tables: tuple[str, ...], columns: tuple[str, ...]) -> str | None:
        """The first undelivered table or column that an indicator needs, as a status reason; ``|`` joins alternatives."""
        for table in tables:
            if not self.tables.get(table, False):
                return f"table_not_delivered:{table}"
        for needed in columns:
            alternatives = [name.split(".", 1) for name in needed.split("|")]
            if not any(column in self.columns.get(table, frozenset()) for table, column in alternatives):
                return f"column_not_delivered:{needed}"
        return None
