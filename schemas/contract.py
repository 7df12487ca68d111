"""The input contract, derived from the pandera classes: tables, columns, keys and rules for the other stages.

Only the order of the tables is declared here; change a column, type or rule in its class.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import pandera.polars as pa
import polars as pl

from schemas.base import FACTS, ColumnFacts, CountsOnce, DatedByParent, MergedInto, SourceTable
from schemas.tables import assessment, improvement, parts, registers, safety_and_quality, service, voice_of_customer

_TYPES: dict[pl.DataType, tuple[str, str]] = {
    pl.String(): ("string", "VARCHAR"),
    pl.Int64(): ("integer", "BIGINT"),
    pl.Float64(): ("double", "DOUBLE"),
    pl.Boolean(): ("boolean", "BOOLEAN"),
    pl.Date(): ("date", "DATE"),
    pl.Datetime("us"): ("timestamp", "TIMESTAMP"),
    pl.Decimal(12, 2): ("decimal(12,2)", "DECIMAL(12,2)"),
}


@dataclass(frozen=True)
class Column:
    """One column of a source table, in the contract's words."""

    name: str
    type: str
    """string, integer, double, boolean, date, timestamp or decimal(12,2)."""
    is_key: bool
    references: str | None
    """The table whose column of the same name must contain the value."""
    is_event: bool
    required: bool
    pii: str | None
    """name, phone, id_number, address, free_text, email, plate or device."""
    values: tuple[str, ...] | None
    unit: str | None
    meaning: str | None
    minimum: Fraction | None
    above: Fraction | None
    """Exclusive lower bound."""
    maximum: Fraction | None
    form: str | None
    expected_where: str | None
    """SQL condition of the rows in which an optional column has a value if it is kept at all; None means every row."""
    in_place_of: str | None
    """Of a flag as reported by the source: the time in whose place it decides where that time was not delivered."""
    sql_type: str
    polars_type: pl.DataType

    @property
    def identifies(self) -> bool:
        """Whether the value names a record: a key, or a reference to one. Digits lost from it make it another record's."""
        return self.type == "string" and (self.is_key or self.references is not None)

    @property
    def takes_fractions(self) -> bool:
        """Whether a value may be written as a fraction: the range of a ratio begins with one (1/9)."""
        return self.minimum is not None and self.minimum.denominator > 1

    @property
    def range(self) -> str | None:
        """The range in the contract's notation: ``>=1``, ``>0``, ``0..24``."""
        if self.minimum is not None and self.maximum is not None:
            return f"{_number(self.minimum)}..{_number(self.maximum)}"
        if self.minimum is not None:
            return f">={_number(self.minimum)}"
        return None if self.above is None else f">{_number(self.above)}"

    @property
    def values_or_unit(self) -> str | None:
        """Closed set, or unit and range or form, in the contract's notation."""
        if self.values:
            return "|".join(self.values)
        return " ".join(part for part in (self.unit, self.form or self.range) if part) or None


@dataclass(frozen=True)
class Table:
    """One source table: its class, and properties derived from it."""

    name: str
    model: type[SourceTable]
    columns: tuple[Column, ...]

    @cached_property
    def schema(self) -> pa.DataFrameSchema:
        """The class as a pandera schema, built once."""
        return self.model.to_schema()

    @property
    def title(self) -> str:
        """The Chinese name."""
        return str(self.schema.title)

    @property
    def grain(self) -> str:
        """What one row is."""
        return (self.model.__doc__ or "").partition("\n")[0]

    @cached_property
    def key(self) -> tuple[str, ...]:
        """The key columns; a versioned register repeats them once per version, see ``unique_key``."""
        return tuple(column.name for column in self.columns if column.is_key)

    @cached_property
    def is_versioned(self) -> bool:
        """Rows have ``valid_from``/``valid_to`` (half-open, null: open)."""
        return {"valid_from", "valid_to"} <= {column.name for column in self.columns}

    @property
    def unique_key(self) -> tuple[str, ...]:
        """The columns unique among accepted rows: within a partition for registers, over all quarters for other tables."""
        return (*self.key, "valid_from") if self.is_versioned else self.key

    @cached_property
    def event(self) -> Column | None:
        """The column whose time is the event; None for registers."""
        return next((column for column in self.columns if column.is_event), None)

    @cached_property
    def dated_by(self) -> tuple[str, ...]:
        """The columns whose first value decides the quarter of a row; empty if rows have no date of their own."""
        exception: tuple[str, ...] | None = self._metadata.get("dated_by")
        return exception or ((self.event.name,) if self.event else ())

    @property
    def date_expression(self) -> str | None:
        """SQL over the row's columns for the date or timestamp that decides the quarter; None without such a column."""
        if not self.dated_by:
            return None
        return self.dated_by[0] if len(self.dated_by) == 1 else f"coalesce({', '.join(self.dated_by)})"

    @property
    def dated_column(self) -> str:
        """The column that decides the quarter: the event's date, or the key of the parent that has it. Raises for registers."""
        if self.dated_by_parent:
            return self.dated_by_parent.by[-1]
        return self.dated_by[-1]

    @property
    def quarter_expression(self) -> str | None:
        """SQL over the row's columns for its quarter (``2025-Q1``; null without a date); None without such a column."""
        date = self.date_expression
        return date and f"(year({date}) || '-Q' || quarter({date}))"

    @property
    def dated_by_parent(self) -> DatedByParent | None:
        """The parent whose row decides the quarter, for rows without a date of their own."""
        return self._metadata.get("dated_by_parent")

    @property
    def has_quarters(self) -> bool:
        """Whether each row belongs to one quarter; rows of registers are in every quarter."""
        return bool(self.dated_by) or self.dated_by_parent is not None

    @property
    def accumulates(self) -> bool:
        """A register whose rows of earlier deliveries stay in force until a later one replaces them by key."""
        return bool(self._metadata.get("accumulates"))

    @cached_property
    def references(self) -> dict[str, tuple[str, str]]:
        """Column → (parent table, parent column); also matched on enterprise_id if the parent has it."""
        return {column.name: (column.references, column.name) for column in self.columns if column.references}

    @property
    def totals_of(self) -> str | None:
        """The table of single records whose counts by day the rows are; a day of an enterprise has one or the other."""
        return self._metadata.get("totals_of")

    @cached_property
    def looks_up(self) -> tuple[str, ...]:
        """The other tables that rules of this table look rows up in, sorted."""
        totals_of = (self.totals_of,) if self.totals_of else ()
        return tuple(sorted({*(parent for parent, _ in self.references.values()), *totals_of}))

    @property
    def counts_once(self) -> CountsOnce | None:
        """Rows of which only the first counts, beyond the key; the others are accepted too (C-41)."""
        return self._metadata.get("counts_once")

    @property
    def merged_into(self) -> MergedInto | None:
        """How rows name the row that they were merged into."""
        return self._metadata.get("merged_into")

    @cached_property
    def table_rules(self) -> tuple[str, ...]:
        """The rules that compare a row with other rows of its table."""
        overlap = ("version_overlap",) if self.is_versioned else ()
        return ("unique_key", *overlap)

    @cached_property
    def rules(self) -> tuple[tuple[str, str], ...]:
        """(rule, column) of every single-row rule that the class declares."""
        found: list[tuple[str, str]] = []
        for name, declared in self.schema.columns.items():
            if not declared.nullable:
                found.append(("required", name))
            found += [(str(check.error), name) for check in declared.checks]
        return tuple(dict.fromkeys(found))

    @property
    def _metadata(self) -> dict[str, Any]:
        return getattr(self.model.Config, "metadata", None) or {}

    @cached_property
    def _by_name(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}

    def column(self, name: str) -> Column:
        """The column of that name; raises KeyError if the table has none."""
        return self._by_name[name]

    @cached_property
    def polars_schema(self) -> pl.Schema:
        """Column names and polars types, in the contract's order."""
        return pl.Schema({column.name: column.polars_type for column in self.columns})


def _number(bound: Fraction) -> str:
    text = str(bound)
    return text if 10**6 % bound.denominator else f"{float(bound):g}"


def _column(name: str, declared: pa.Column) -> Column:
    facts: ColumnFacts = (declared.metadata or {})[FACTS]
    polars_type: pl.DataType = declared.dtype.type
    contract_type, sql_type = _TYPES[polars_type]
    return Column(
        name=name,
        type=contract_type,
        is_key=facts.key,
        references=facts.references,
        is_event=facts.event,
        required=facts.required,
        pii=facts.pii,
        values=facts.values,
        unit=facts.unit,
        meaning=facts.meaning,
        minimum=facts.minimum,
        above=facts.above,
        maximum=facts.maximum,
        form=facts.form,
        expected_where=facts.expected_where,
        in_place_of=facts.in_place_of,
        sql_type=sql_type,
        polars_type=polars_type,
    )


def _table(model: type[SourceTable]) -> Table:
    schema = model.to_schema()
    columns = tuple(_column(name, declared) for name, declared in schema.columns.items())
    return Table(name=str(schema.name), model=model, columns=columns)


TABLES: dict[str, Table] = {
    table.name: table
    for table in map(
        _table,
        (
            service.ServiceRequests,
            service.OnsiteVisits,
            service.Appointments,
            service.HotlineCalls,
            service.HotlineDailyTotals,
            service.OnlineSessions,
            voice_of_customer.Complaints,
            voice_of_customer.Suggestions,
            voice_of_customer.SurveyResponses,
            voice_of_customer.SurveyAnswers,
            voice_of_customer.SurveyQuestions,
            voice_of_customer.MysteryVisits,
            parts.PartsDemands,
            parts.PartsOrders,
            safety_and_quality.SafetyIncidents,
            safety_and_quality.SafetyHazards,
            safety_and_quality.QualityInspections,
            improvement.TrainingRecords,
            improvement.ImprovementProjects,
            registers.Regions,
            registers.Outlets,
            registers.Staff,
            registers.Vehicles,
            registers.Equipment,
            registers.Customers,
            registers.ProcessSteps,
            registers.ComplaintChannels,
            registers.PriceItems,
            assessment.ChecklistItems,
            assessment.ExpertJudgements,
        ),
    )
}
"""Every source table by name, in the contract's order."""
