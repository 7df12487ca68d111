"""Building blocks of the contract's classes: types, ``column()``, and checks that compare columns of a row.

No table is described here, and nothing is read from disk: a rule that needs another table reads a helper column that the
validate stage joins to the rows under the names given here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Annotated, Any

import pandera.polars as pa
import polars as pl
from pandera.api.dataframe.model_components import FieldInfo
from pandera.api.polars.types import PolarsData
from pandera.config import ValidationDepth, config_context, set_config

# The other engine loses the number of the failed row; an environment variable could switch to it.
set_config(use_narwhals_backend=False)

String = pl.String
Integer = pl.Int64
Double = pl.Float64
Boolean = pl.Boolean
Date = pl.Date
Timestamp = Annotated[pl.Datetime, "us", None]
"""Naive Asia/Shanghai wall time, microseconds."""
Amount = Annotated[pl.Decimal, 12, 2]
"""Money in CNY, decimal(12,2)."""

PERSONAL_DATA_CLASSES = ("name", "phone", "id_number", "address", "free_text", "email", "plate", "device")

FACTS = "contract"
"""Key under which a column's pandera metadata holds its ``ColumnFacts``."""

SCALE_MIN = "_scale_min"
SCALE_MAX = "_scale_max"
"""Helper columns of ``survey_answers``: the scale of the answered question (null: unknown, not checked)."""
HAS_RECORDS = "_has_records"
"""Helper column of a table of totals: whether single records of the row's enterprise and day were delivered."""


def parent_found(column: str) -> str:
    """Name of the boolean helper column: whether the row's ``column`` refers to a delivered parent row."""
    return f"_parent_found_{column}"


@dataclass(frozen=True)
class ColumnFacts:
    """A column's facts beyond its type; see ``column`` for the meaning of each."""

    key: bool
    references: str | None
    event: bool
    required: bool
    pii: str | None
    values: tuple[str, ...] | None
    minimum: Fraction | None
    above: Fraction | None
    maximum: Fraction | None
    unit: str | None
    form: str | None
    meaning: str | None
    expected_where: str | None
    in_place_of: str | None


@dataclass(frozen=True)
class CountsOnce:
    """Of the rows that share ``per`` and for which ``where`` is true, only the first by ``first_by`` counts.

    The others are no faults (C-41): they are accepted, flagged with ``rule`` and not counted.
    """

    rule: str
    per: tuple[str, ...]
    where: str
    first_by: str


@dataclass(frozen=True)
class MergedInto:
    """A row whose ``column`` names another row of its enterprise by ``into`` counts as part of that row, not by itself.

    The chain of merged rows must end at an accepted row that is merged no further and for which ``unless`` is not true. If it
    does not, the ``rule`` sets the value aside, and the row counts by itself.
    """

    rule: str
    column: str
    into: str
    unless: str


@dataclass(frozen=True)
class DatedByParent:
    """A row without a date belongs to the quarter of the row of ``table`` with the same values in ``by``."""

    table: str
    by: tuple[str, ...]


def column(
    *,
    key: bool = False,
    references: str | None = None,
    event: bool = False,
    required: bool = False,
    pii: str | None = None,
    values: tuple[str, ...] | None = None,
    minimum: int | float | Fraction | None = None,
    above: int | float | Fraction | None = None,
    maximum: int | float | Fraction | None = None,
    unit: str | None = None,
    form: str | None = None,
    meaning: str | None = None,
    expected_where: str | None = None,
    in_place_of: str | None = None,
    checks: Iterable[pa.Check] = (),
) -> Any:
    """Declare a column of a source table: facts that others read, and the checks that follow from them.

    ``key``: part of the table's key. ``references``: the table whose column of the same name must contain the value.
    ``event``: its time decides the row's quarter. ``required``: every row needs a value. ``pii``: the class of personal
    data. ``values``: the closed set of values. ``minimum``/``above``/``maximum``: the range (``above`` excludes the
    bound). ``unit`` and ``form`` (how a text is written, or whose bounds count) are documentation only.
    ``expected_where``: SQL condition of the rows in which an optional column has a value if it is kept at all; none means
    every row. ``in_place_of``: the time in whose place this flag, as reported by the source, decides where that time was not
    delivered. ``checks``: further rules, each with the rule's name as ``error``.

    Raises ValueError for an unknown class of personal data.
    """
    if pii is not None and pii not in PERSONAL_DATA_CLASSES:
        raise ValueError(f"'{pii}' is not a class of personal data: {', '.join(PERSONAL_DATA_CLASSES)}")
    facts = ColumnFacts(
        key=key,
        references=references,
        event=event,
        required=required,
        pii=pii,
        values=values,
        minimum=_fraction(minimum),
        above=_fraction(above),
        maximum=_fraction(maximum),
        unit=unit,
        form=form,
        meaning=meaning,
        expected_where=expected_where,
        in_place_of=in_place_of,
    )
    all_checks: list[pa.Check] = []
    if values is not None:
        all_checks.append(pa.Check.isin(list(values), error="allowed_values"))
    if not (minimum is None and above is None and maximum is None):
        all_checks.append(in_range(minimum=facts.minimum, above=facts.above, maximum=facts.maximum))
    if references is not None:
        all_checks.append(pa.Check(_points_at_a_delivered_row, error="foreign_key"))
    return FieldInfo(
        checks=[*all_checks, *checks],
        nullable=not required,
        nullable_explicit=True,
        description=meaning,
        metadata={FACTS: facts},
    )


def valid_from() -> Any:
    """The first day on which this version of a register row is in force; null: always."""
    return column(meaning="version of the row; null or absent = always")


def valid_to() -> Any:
    """The day on which this version of a register row ends (exclusive); null: open."""
    return column(meaning="exclusive end", checks=[after("valid_to_not_after_valid_from", "valid_from")])


class SourceTable(pa.DataFrameModel):
    """A table of the input contract: columns, types, keys and the rules for its rows.

    ``Config.title`` is its Chinese name. ``Config.metadata`` may have ``dated_by`` (the columns whose first value decides
    the row's quarter, if not the event column), ``dated_by_parent`` (a ``DatedByParent``), ``counts_once`` (a
    ``CountsOnce``), ``merged_into`` (a ``MergedInto``), ``accumulates`` (true for a register whose rows of earlier
    deliveries stay in force until a later delivery replaces them), and ``totals_of`` (the table of single records whose
    counts by day the rows are).
    """

    class Config:
        """Other columns (origin, helpers) are allowed; types are never coerced."""

        strict = False
        coerce = False

    @classmethod
    def validate(cls, check_obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Validate as pandera does, but always including the data.

        By default pandera checks only the types of a LazyFrame and silently passes its data. The environment variable
        that changes this is read when pandera is first imported, possibly before this module, so every validation sets it.
        """
        with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
            return super().validate(check_obj, *args, **kwargs)

    @classmethod
    def validate_types(cls, check_obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Validate only what holds without any row: that the columns are there and have their types."""
        with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_ONLY):
            return super().validate(check_obj, *args, **kwargs)


def in_range(minimum: Fraction | None = None, above: Fraction | None = None, maximum: Fraction | None = None) -> pa.Check:
    """Rule ``range``: a finite number within the bounds.

    Inclusive bounds allow for float rounding; a bound without a finite decimal form (1/9) also for rounding by people
    (0.11).
    """

    def check(data: PolarsData) -> pl.LazyFrame:
        value = pl.col(data.key).cast(pl.Float64)
        within = value.is_finite()
        if minimum is not None:
            within &= value >= float(minimum) - _tolerance(minimum)
        if above is not None:
            within &= value > float(above)
        if maximum is not None:
            within &= value <= float(maximum) + _tolerance(maximum)
        return data.lazyframe.select(within)

    return pa.Check(check, error="range")


def not_negative() -> pa.Check:
    """Rule ``range`` for a non-negative quantity without a range in the contract."""
    return in_range(minimum=Fraction(0))


def not_before(rule: str, *earlier: str, only_without: str | None = None, by_day: bool = False) -> pa.Check:
    """The column is no earlier (or, for numbers, no smaller) than the first of ``earlier`` that has a value.

    Rows where either side is null pass. ``only_without``: check only rows where that column is null. ``by_day``: compare
    calendar days.
    """

    def check(data: PolarsData) -> pl.LazyFrame:
        late, early = pl.col(data.key), pl.coalesce(pl.col(name) for name in earlier)
        if by_day:
            late, early = late.cast(pl.Date), early.cast(pl.Date)
        kept = late >= early
        if only_without is not None:
            kept = kept | pl.col(only_without).is_not_null()
        return data.lazyframe.select(kept)

    return pa.Check(check, error=rule)


def after(rule: str, earlier: str) -> pa.Check:
    """The column is later (greater) than ``earlier``; rows where either side is null pass."""

    def check(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col(data.key) > pl.col(earlier))

    return pa.Check(check, error=rule)


def not_above(rule: str, limit: str, less: str | None = None) -> pa.Check:
    """The column is at most ``limit``, or at most what ``less`` leaves of it; rows where any side is null pass."""

    def check(data: PolarsData) -> pl.LazyFrame:
        most = pl.col(limit) if less is None else pl.col(limit) - pl.col(less)
        return data.lazyframe.select(pl.col(data.key) <= most)

    return pa.Check(check, error=rule)


def differs_from(rule: str, other: str, unless: tuple[str, float]) -> pa.Check:
    """The column differs from ``other``, or the column of ``unless`` has its value; rows where any side is null pass."""

    def check(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select((pl.col(data.key) != pl.col(other)) | (pl.col(unless[0]) == unless[1]))

    return pa.Check(check, error=rule)


def absent_when(rule: str, other: str, values: tuple[str, ...]) -> pa.Check:
    """The column has no value in rows where ``other`` is one of ``values``."""

    def check(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col(data.key).is_null() | pl.col(other).is_in(values).not_())

    return pa.Check(check, error=rule)


def written_as(rule: str, form: re.Pattern[str]) -> pa.Check:
    """The whole text matches the form; rows without a text pass."""

    def check(data: PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col(data.key).str.contains(f"^(?:{form.pattern})$"))

    return pa.Check(check, error=rule)


def within_scale() -> pa.Check:
    """Rule ``score_outside_scale``: the column is within its question's scale (not checked without the helpers)."""

    def check(data: PolarsData) -> pl.LazyFrame | bool:
        if SCALE_MIN not in data.lazyframe.collect_schema():
            return True
        score = pl.col(data.key)
        return data.lazyframe.select((score >= pl.col(SCALE_MIN)) & (score <= pl.col(SCALE_MAX)))

    return pa.Check(check, error="score_outside_scale")


def without_records(rule: str) -> pa.Check:
    """No single records of the row's enterprise were delivered for the day (not checked without the helper)."""

    def check(data: PolarsData) -> pl.LazyFrame | bool:
        if HAS_RECORDS not in data.lazyframe.collect_schema():
            return True
        return data.lazyframe.select(pl.col(HAS_RECORDS).not_())

    return pa.Check(check, error=rule)


def _points_at_a_delivered_row(data: PolarsData) -> pl.LazyFrame | bool:
    helper = parent_found(data.key)
    if helper not in data.lazyframe.collect_schema():
        return True
    return data.lazyframe.select(pl.col(helper))


def _tolerance(bound: Fraction) -> float:
    is_decimal = 10**6 % bound.denominator == 0
    return 1e-9 if is_decimal else 0.0012


def _fraction(number: int | float | Fraction | None) -> Fraction | None:
    return None if number is None else Fraction(str(number))
