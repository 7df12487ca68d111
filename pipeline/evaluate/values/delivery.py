"""Which tables and columns were delivered, and what their values can bear; decides whether an indicator has data at all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipeline.calendar.quarters import Quarter

UNIQUE_KEY = "unique_key"
CUSTOMER = "service_requests.customer_id"


@dataclass(frozen=True)
class EarlierQuarter:
    """What a look-back quarter's records can bear: ``assumed`` and ``day_precision`` as in ``Delivery``."""

    assumed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    day_precision: Mapping[str, frozenset[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Delivery:
    """The tables delivered for the quarter, and the optional columns of each.

    empty             table → columns without a value in any row of the quarter that should have one
    empty_so_far      table → columns that are empty in every quarter of a longer window, by the catalogue's ``period_rule``
    assumed           table → column → why its values are not measured: constant, expression or unique_key
    all_different     enterprises whose requests all have different customers
    day_precision     enterprise → columns (``table.column``) whose times are dates
    earlier           the look-back quarters: longer periods rest on them too
    """

    tables: Mapping[str, bool]
    columns: Mapping[str, frozenset[str]]
    empty: Mapping[str, frozenset[str]] = field(default_factory=dict)
    empty_so_far: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)
    assumed: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    all_different: frozenset[str] = frozenset()
    day_precision: Mapping[str, frozenset[str]] = field(default_factory=dict)
    earlier: Mapping[Quarter, EarlierQuarter] = field(default_factory=dict)

    def within(self, spans: Iterable[tuple[dt.date, dt.date]]) -> list[EarlierQuarter]:
        """The look-back quarters in spans from a first to a last day."""
        return [then for quarter, then in self.earlier.items() if any(first <= quarter.first_day <= last for first, last in spans)]

    def as_delivered(self) -> Delivery:
        """The same without a word on empty columns: process rules ask for records, and count what is missing in them."""
        return replace(self, empty={}, empty_so_far={})

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

    def has(self, columns: Sequence[str], period_rule: str = "period") -> bool:
        """Whether all columns (``table.column``) and their tables were delivered, and none of the columns is empty."""
        return self.missing(tuple(dict.fromkeys(name.partition(".")[0] for name in columns)), tuple(columns), period_rule) is None

    def only_dates(self, enterprise: str, columns: Sequence[str], earlier: Iterable[EarlierQuarter] = ()) -> str | None:
        """The first of the columns whose times are dates, in the quarter or an earlier one, as a status reason."""
        precisions = (self.day_precision, *(each.day_precision for each in earlier))
        dates = frozenset[str]().union(*(each.get(enterprise, frozenset()) for each in precisions))
        return next((f"day_precision:{name}" for name in columns if name in dates), None)

    def assumption(self, enterprise: str, columns: Sequence[str], earlier: Sequence[EarlierQuarter] = ()) -> str | None:
        """The first column that an indicator rests on and that was not measured, in the quarter or an earlier one, as a status
        reason.

        Of alternatives joined by ``|`` every delivered one must be assumed.
        """
        for needed in columns:
            delivered = [
                name
                for name in needed.split("|")
                if (table_column := name.split(".", 1))[1] in self.columns.get(table_column[0], frozenset())
            ]
            for assumed in (self.assumed, *(each.assumed for each in earlier)) if delivered else ():
                kinds = [self._kind(enterprise, name, assumed) for name in delivered]
                if all(kinds):
                    return f"assumed_{kinds[0]}:{needed}"
        return None

    def _kind(self, enterprise: str, name: str, assumed: Mapping[str, Mapping[str, str]]) -> str | None:
        table, _, column = name.partition(".")
        by_mapping = assumed.get(table, {}).get(column)
        return by_mapping or (UNIQUE_KEY if name == CUSTOMER and enterprise in self.all_different else None)
