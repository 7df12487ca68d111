"""Which tables and columns were delivered; decides whether an indicator has data at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Delivery:
    """The tables delivered for the quarter, the optional columns of each, and those of them that are empty.

    empty         table → columns without a value in any row of the quarter that should have one
    empty_so_far  table → columns that are empty in every quarter of a longer window, by the catalogue's ``period_rule``
    """

    tables: Mapping[str, bool]
    columns: Mapping[str, frozenset[str]]
    empty: Mapping[str, frozenset[str]] = field(default_factory=dict)
    empty_so_far: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)

    def as_delivered(self) -> Delivery:
        """The same without a word on empty columns: process rules ask for records, and count what is missing in them."""
        return Delivery(self.tables, self.columns)

    def missing(self, tables: tuple[str, ...], columns: tuple[str, ...], period_rule: str = "period") -> str | None:
        """The first undelivered table, or undelivered or empty column, that an indicator needs, as a status reason.

        ``|`` joins alternatives. ``period_rule``: the window that the indicator counts, in which its columns may be empty.
        """
        for table in tables:
            if not self.tables.get(table, False):
                return f"table_not_delivered:{table}"
        empty = self.empty_so_far.get(period_rule, self.empty)
        for needed in columns:
            alternatives = [name.split(".", 1) for name in needed.split("|")]
            delivered = [each for each in alternatives if each[1] in self.columns.get(each[0], frozenset())]
            if not delivered:
                return f"column_not_delivered:{needed}"
            if all(column in empty.get(table, frozenset()) for table, column in delivered):
                return f"column_empty:{needed}"
        return None
