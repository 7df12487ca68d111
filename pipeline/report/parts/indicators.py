"""Report section on one indicator: value, verdict, trend, variants, windows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pipeline.report.words.labels import ComparedLabel, Labels
from pipeline.report.words.readings import reading_place
from schemas.expectations.release import CELL, VALUE, WITHHELD_COLUMN

# Figures of single records: never released.
_EXTREMES = ("smallest", "largest")
_MEASURED = ("ok", "insufficient_sample")
_LIMITS = ("requirement", "acceptable", "objective")
_WITHOUT_FRACTION = ("percentile", "composite", "count", "change")
# The order statistic scored for percentile indicators (D-07).
_SCORED_PERCENTILE = "p95"


class Verdict(StrEnum):
    """The verdict on an indicator against its requirement."""

    MET = "met"
    NOT_MET = "not_met"
    UNDECIDED = "undecided"
    """Measured and with a requirement, but it cannot have failed yet (a yearly count before the year's end)."""
    NO_REQUIREMENT = "no_requirement"
    NO_DATA = "no_data"
    ASSUMED = "assumed"
    """It rests on a value that was assumed, not measured."""
    NOT_APPLICABLE = "not_applicable"


class Trend(StrEnum):
    """How a value changed since the same period a year earlier, by the indicator's direction."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"


@dataclass(frozen=True)
class Variant:
    """Another reading of an indicator, with its own unit."""

    code: str
    name: str
    unit: str
    unit_zh: str
    is_beside: bool
    value: float
    sample_size: int | None
    ci_low: float | None
    ci_high: float | None


@dataclass(frozen=True)
class Provisional:
    """Why a value is provisional, in words, and the day on which that ends; None: no day is known."""

    reason: str
    until: dt.date | None


@dataclass(frozen=True)
class WindowValue:
    """The indicator over a longer window that ends with the quarter."""

    value: float | None
    sample_size: int | None
    status: str
    reason: str
    is_provisional: bool
    provisional: tuple[Provisional, ...]


@dataclass(frozen=True)
class Indicator:
    """One of the catalogue's values in this quarter. Natural units: rates 0–1, scores 0–100."""

    indicator_id: str
    named_indicator_id: str
    name: str
    unit: str
    unit_zh: str
    direction: str
    clause: str
    obligation: str
    definition: str
    period_rule: str
    source_tables: tuple[str, ...]
    decisions: tuple[str, ...]
    minimum_n: int
    unit_divisor: float
    multiplier: float
    requirement: float | None
    acceptable: float | None
    objective: float | None
    moved_by_plan: frozenset[str]
    """Which of requirement, acceptable and objective come from the evaluation plan instead of the catalogue."""
    method: str
    value: float | None
    numerator: float | None
    denominator: float | None
    sample_size: int | None
    ci_low: float | None
    ci_high: float | None
    ci_method: str
    within_limit_rate: float | None
    score: float | None
    lost_points: float | None
    """What it costs the total: its weight × its distance to 100."""
    status: str
    status_name: str
    reason: str
    verdict: Verdict
    is_objective_met: bool | None
    is_distinguishable: bool | None
    """False: the interval contains the requirement, so chance can explain the verdict. None: no interval."""
    is_provisional: bool
    provisional: tuple[Provisional, ...]
    part: str
    basis: str
    """What the value rests on, in words; empty: single records."""
    previous_value: float | None
    trend: Trend | None
    year_to_date: WindowValue | None
    trailing_year: WindowValue | None
    variants: tuple[Variant, ...]
    compared: ComparedLabel | None
    """What a change compares, in words; None for other values."""
    part_name: str
    """Which version of the indicator the value is, in words; empty if there is only one."""
    is_withheld: bool
    """Whether sample, fraction and interval are withheld: they are about too few people."""
    hidden_variants: tuple[str, ...]
    """Names of readings based on too few people, and of those that would disclose them."""

    @property
    def is_measured(self) -> bool:
        return self.status in _MEASURED

    @property
    def is_shown(self) -> bool:
        """Whether its value, sample and other readings are shown: measured or assumed."""
        return self.is_measured or self.status == Verdict.ASSUMED

    @property
    def is_target_of_plan(self) -> bool:
        """The requirement comes from the evaluation plan, not from the standard."""
        return "requirement" in self.moved_by_plan

    @property
    def has_fraction(self) -> bool:
        """Whether the value is numerator ÷ denominator; percentiles, indices, counts and changes are not."""
        known = self.is_shown and self.numerator is not None and self.denominator is not None
        return known and self.method not in _WITHOUT_FRACTION

    @property
    def compared_levels(self) -> tuple[float, float] | None:
        """The levels before and now that a change compares; its row holds the level before and the difference."""
        if self.compared is None or not self.is_shown or self.numerator is None or self.denominator is None:
            return None
        towards = -self.numerator if self.compared.levels.is_reduction else self.numerator
        return self.denominator, self.denominator + towards

    @property
    def variants_beside(self) -> tuple[Variant, ...]:
        """The variants to show beside the value, without the one that equals the value."""
        shown = self.variants if self.is_shown else ()
        return tuple(variant for variant in shown if variant.is_beside and variant.code != self.part)


def verdict_of(status: str, requirement: float | None, is_met: bool | None) -> Verdict:
    """The evaluate stage's verdict; cases without one are distinguished."""
    if is_met is not None:
        return Verdict.MET if is_met else Verdict.NOT_MET
    if status in ("no_data", "assumed", "not_applicable"):
        return Verdict(status)
    return Verdict.NO_REQUIREMENT if requirement is None else Verdict.UNDECIDED


def indicator_of(
    entry: Mapping[str, Any],
    row: Mapping[str, Any],
    scored: Mapping[str, Any],
    longer: Mapping[str, Mapping[str, Any] | None],
    variants: list[Mapping[str, Any]],
    words: Labels,
) -> Indicator:
    """An indicator of the report from its catalogue entry and published rows; ``scored`` is its row of ``scores``, or empty."""
    return Indicator(
        indicator_id=entry["indicator_id"],
        named_indicator_id=entry["named_indicator_id"],
        name=words.of(entry),
        unit=entry["unit"],
        unit_zh=entry["unit_zh"],
        direction=entry["direction"],
        clause=words.clause(entry["clause"]),
        obligation=words.name("obligation", entry["obligation"]),
        definition=words.clause(words.of(entry, "definition")),
        period_rule=words.name("period_rule", entry["period_rule"]),
        source_tables=tuple(words.table_with_code(name) for name in _split(entry["source_tables"])),
        decisions=_split(entry["decisions"]),
        minimum_n=entry["minimum_n"],
        unit_divisor=entry["unit_divisor"],
        multiplier=entry["multiplier"],
        requirement=row["requirement"],
        acceptable=row["acceptable"],
        objective=row["objective"],
        moved_by_plan=frozenset(name for name in _LIMITS if row[name] != entry[name]),
        method=entry["method"],
        value=row["value"],
        numerator=row["numerator"],
        denominator=row["denominator"],
        sample_size=row["sample_size"],
        ci_low=row["ci_low"],
        ci_high=row["ci_high"],
        ci_method=words.name("interval", row["ci_method"]),
        within_limit_rate=row["within_limit_rate"],
        # The score used in the tree: in a third-party evaluation an indicator without data scores 0.
        score=scored.get("score"),
        lost_points=scored.get("lost_points"),
        status=row["status"],
        status_name=words.name("status", row["status"]),
        reason=words.reason(row["status_reason"]),
        verdict=verdict_of(row["status"], row["requirement"], row["is_met"]),
        is_objective_met=row["is_objective_met"],
        is_distinguishable=row["is_distinguishable"],
        is_provisional=bool(row["is_provisional"]),
        provisional=_provisional(row, words),
        part=row["part"] or "",
        basis=words.basis(row.get("basis")),
        previous_value=row["previous_value"],
        trend=_trend(row["value"], row["previous_value"], entry["direction"], row["requirement"]),
        year_to_date=_window(longer["year_to_date"], words),
        trailing_year=_window(longer["trailing_year"], words),
        variants=tuple(
            _variant(entry, variant, words)
            for variant in sorted(variants, key=lambda each: reading_place(each["indicator_id"], each["variant"]))
            if not (entry["method"] == "percentile" and variant["variant"] == _SCORED_PERCENTILE)
            and variant[WITHHELD_COLUMN] not in (VALUE, CELL)
        ),
        compared=words.compared(entry["indicator_id"]),
        part_name=words.name("part", row["part"]),
        is_withheld=row[WITHHELD_COLUMN] is not None,
        hidden_variants=tuple(
            words.reading(entry["indicator_id"], code).name
            for code in sorted(
                (
                    variant["variant"]
                    for variant in variants
                    if variant[WITHHELD_COLUMN] in (VALUE, CELL) and variant["variant"] not in _EXTREMES
                ),
                key=lambda code: reading_place(entry["indicator_id"], code),
            )
        ),
    )


def _variant(entry: Mapping[str, Any], row: Mapping[str, Any], words: Labels) -> Variant:
    label = words.reading(entry["indicator_id"], row["variant"])
    reading = label.reading
    return Variant(
        code=row["variant"],
        name=label.name,
        unit=reading.unit or entry["unit"],
        unit_zh=reading.unit_zh or entry["unit_zh"],
        is_beside=reading.is_beside,
        value=row["value"],
        sample_size=row["sample_size"],
        ci_low=row["ci_low"],
        ci_high=row["ci_high"],
    )


def _window(row: Mapping[str, Any] | None, words: Labels) -> WindowValue | None:
    if row is None:
        return None
    return WindowValue(
        row["value"],
        row["sample_size"],
        row["status"],
        words.reason(row["status_reason"]),
        bool(row["is_provisional"]),
        _provisional(row, words),
    )


def _provisional(row: Mapping[str, Any], words: Labels) -> tuple[Provisional, ...]:
    """The reasons of ``provisional_until`` (``reason:day``), in its order."""
    reasons = (reason.partition(":") for reason in _split(row["provisional_until"]))
    return tuple(
        Provisional(words.name("provisional", code), None if day == "open" else dt.date.fromisoformat(day))
        for code, _, day in reasons
    )


def _trend(value: float | None, previous: float | None, direction: str, requirement: float | None) -> Trend | None:
    if value is None or previous is None:
        return None
    if value == previous:
        return Trend.SAME
    if direction == "exact":
        if requirement is None:
            return None
        near, far = abs(value - requirement), abs(previous - requirement)
        return Trend.SAME if near == far else Trend.BETTER if near < far else Trend.WORSE
    return Trend.BETTER if (value > previous) == (direction == "higher") else Trend.WORSE


def _split(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(";") if part.strip())
