"""The standard as data: typed, validated readers of ``dbt_project/seeds`` (catalogue, tree, parameters, holidays, ...).

The files are the one home of every number of T/GXDSL 244—2025 and of every reading of it; dbt reads the same files.
People who know no code edit them, so every fault is reported with file, row, column and rule, all faults of a file at
once. The 97 process rules are in ``process_rules.py``; what the numbers make of a period (values, scores, clocks) does
not belong here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from schemas.sheet import SEEDS, Fault, Row, Sheet, StandardDataError

OBLIGATIONS = ("shall", "should", "example")
DIRECTIONS = ("higher", "lower", "exact")
METHODS = (
    "rate", "mean", "ratio", "count", "percentile", "score", "weighted_score", "composite", "change", "share_of_max",
)  # fmt: skip
TARGET_SOURCES = ("standard", "enterprise")
SCORING_CLASSES = ("a", "b", "c", "c1", "d", "e", "f", "g", "h", "i")
PERIOD_RULES = ("period", "period_end", "year_to_date", "trailing_year", "year_on_year")
NODE_LEVELS = ("total", "dimension", "subdimension")
HOLIDAY_STATUSES = ("announced", "provisional")
# dim_service_hours has a column for each of three windows a day.
MAX_WINDOWS_A_DAY = 3

INDICATOR_ID = re.compile(r"[A-Z]\d-\d+[a-z]?")
_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*")
_COLUMN = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*(\|[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)*")
_DECISION = re.compile(r"[CD]-\d{2}")
_VERSION = re.compile(r"\d+(\.\d+)*")


@dataclass(frozen=True)
class Indicator:
    """One row of indicator_catalogue.csv: one measurable value of clause 六.

    ``value = numerator / denominator / unit_divisor * multiplier`` in natural units; rates lie in 0–1, scores in 0–100.
    ``requirement`` (100 points), ``acceptable`` (60 points) and ``objective`` (clause 九) are in the same unit, None
    where nothing is set. ``source_tables`` are counted from, the first being the one whose rows say that the enterprise
    keeps such records at all; ``source_columns`` are the optional columns without which there is no value (``a.x|b.y``:
    either will do). The row holds on ``valid_from <= day < valid_to``; None is open.
    """

    indicator_id: str
    named_indicator_id: str
    subdimension_id: str
    dimension_id: str
    field_name: str
    name_zh: str
    name_en: str
    clause: str
    obligation: str
    unit: str
    unit_zh: str
    direction: str
    method: str
    unit_divisor: float
    multiplier: float
    requirement: float | None
    acceptable: float | None
    objective: float | None
    target_source: str
    scoring_class: str
    minimum_n: int
    period_rule: str
    look_ahead_days: int
    source_tables: tuple[str, ...]
    source_columns: tuple[str, ...]
    definition_zh: str
    definition_en: str
    decisions: tuple[str, ...]
    catalogue_version: str
    valid_from: dt.date | None
    valid_to: dt.date | None

    @property
    def is_targeted(self) -> bool:
        """Whether a requirement is set, by the standard or by the enterprise: only then is the indicator scored."""
        return self.requirement is not None


@dataclass(frozen=True)
class Node:
    """One row of evaluation_nodes.csv: the total, a dimension or a sub-dimension, with its weight inside its parent.

    ``weight_min`` and ``weight_max`` are the range clause 六 names for the dimensions.
    """

    node_id: str
    level: str
    parent_id: str | None
    name_zh: str
    name_en: str
    weight_min: float | None
    weight_max: float | None
    weight_default: float


@dataclass(frozen=True)
class Parameter:
    """One row of parameters.csv: a number of the standard or of a reading of it, other than an indicator's targets."""

    parameter: str
    value: float
    unit: str
    clause: str
    meaning: str
    meaning_zh: str
    decision: str


@dataclass(frozen=True)
class Holiday:
    """One row of holiday_notices.csv: a day off, or a make-up working day, of the notice for ``year``."""

    date: dt.date
    name: str
    is_workday: bool
    status: str
    source: str
    year: int


@dataclass(frozen=True)
class ServiceWindow:
    """One row of service_schedule.csv: service hours of one weekday (1 = Monday), in seconds since midnight.

    ``enterprise_id`` '*' is the default of every enterprise without rows of its own.
    """

    enterprise_id: str
    weekday: int
    opens_seconds: int
    closes_seconds: int
    valid_from: dt.date | None
    valid_to: dt.date | None


@dataclass(frozen=True)
class Analysis:
    """One row of analyses.csv: an analysis that clause 七 names (I2-3 is the share of them that ran)."""

    analysis_id: str
    name_zh: str
    name_en: str
    clause: str
    methods_zh: str


def in_force(valid_from: dt.date | None, valid_to: dt.date | None, day: dt.date) -> bool:
    """Whether a version holds on a day: ``valid_from <= day < valid_to``, None is open (the lake's convention)."""
    return (valid_from is None or valid_from <= day) and (valid_to is None or day < valid_to)


def catalogue(day: dt.date, seeds: Path = SEEDS) -> Mapping[str, Indicator]:
    """The indicators in force on a day, by id, in the catalogue's order; raises StandardDataError."""
    return MappingProxyType(
        {row.indicator_id: row for row in catalogue_rows(seeds) if in_force(row.valid_from, row.valid_to, day)}
    )


def catalogue_version(day: dt.date, seeds: Path = SEEDS) -> str:
    """The newest ``catalogue_version`` among the rows in force on a day, e.g. ``2025.1``."""
    versions = {row.catalogue_version for row in catalogue(day, seeds).values()}
    if not versions:
        raise StandardDataError("indicator_catalogue.csv", [Fault(None, None, f"no indicator is in force on {day}")])
    return max(versions, key=_version_key)


def standard_fingerprint(seeds: Path = SEEDS) -> str:
    """First 12 hex digits of the SHA-256 over the seed files: tells an edit that forgot to raise the version.

    Line ends do not count, so that a checkout on another system has the same fingerprint.
    """
    digest = hashlib.sha256()
    for path in sorted(seeds.glob("*.csv")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()[:12]


def parameter(name: str, seeds: Path = SEEDS) -> float:
    """The value of a parameter in its own unit; raises StandardDataError for a name that is not in the file."""
    try:
        return parameters(seeds)[name].value
    except KeyError:
        fault = Fault(None, "parameter", f"there is no parameter '{name}'")
        raise StandardDataError("parameters.csv", [fault]) from None


@lru_cache(maxsize=8)
def catalogue_rows(seeds: Path = SEEDS) -> tuple[Indicator, ...]:
    """All versions of all indicators in file order, checked against the tree; raises StandardDataError."""
    sheet = Sheet(seeds / "indicator_catalogue.csv", list(Indicator.__dataclass_fields__))
    tree = nodes(seeds)
    dimensions = [node.node_id for node in tree.values() if node.level == "dimension"]
    subdimensions = [node.node_id for node in tree.values() if node.level == "subdimension"]
    rows: list[tuple[Row, Indicator]] = []
    for row in sheet:
        indicator = Indicator(
            indicator_id=row.match("indicator_id", INDICATOR_ID, "an id like R1-1 or R1-2a"),
            named_indicator_id=row.match("named_indicator_id", INDICATOR_ID, "an id like R1-1"),
            subdimension_id=row.one_of("subdimension_id", subdimensions),
            dimension_id=row.one_of("dimension_id", dimensions),
            field_name=row.match("field_name", _FIELD_NAME, "lower case letters, digits and _"),
            name_zh=row.text("name_zh"),
            name_en=row.text("name_en"),
            clause=row.text("clause"),
            obligation=row.one_of("obligation", OBLIGATIONS),
            unit=row.text("unit"),
            unit_zh=row.text("unit_zh"),
            direction=row.one_of("direction", DIRECTIONS),
            method=row.one_of("method", METHODS),
            unit_divisor=row.number("unit_divisor", above=0),
            multiplier=row.number("multiplier", above=0),
            requirement=row.optional_number("requirement"),
            acceptable=row.optional_number("acceptable"),
            objective=row.optional_number("objective"),
            target_source=row.one_of("target_source", TARGET_SOURCES),
            scoring_class=row.one_of("scoring_class", SCORING_CLASSES),
            minimum_n=row.integer("minimum_n", at_least=1),
            period_rule=row.one_of("period_rule", PERIOD_RULES),
            look_ahead_days=row.integer("look_ahead_days", at_least=0),
            source_tables=row.names("source_tables", _FIELD_NAME, "table names separated by ;"),
            source_columns=row.names("source_columns", _COLUMN, "table.column separated by ;, alternatives by |"),
            definition_zh=row.text("definition_zh"),
            definition_en=row.text("definition_en"),
            decisions=row.names("decisions", _DECISION, "decision log entries like C-07 separated by ;"),
            catalogue_version=row.match("catalogue_version", _VERSION, "numbers separated by dots, like 2025.1"),
            valid_from=row.optional_date("valid_from"),
            valid_to=row.optional_date("valid_to"),
        )
        _check_indicator(row, indicator, tree)
        rows.append((row, indicator))
    for column in ("indicator_id", "field_name"):
        _check_versions(rows, column)
    sheet.finish()
    used = {indicator.subdimension_id for _, indicator in rows}
    missing = [node_id for node_id in subdimensions if node_id not in used]
    if missing:
        # Clause 五: the evaluation covers all of the tree.
        fault = Fault(None, "subdimension_id", f"no indicator for {', '.join(missing)}: every sub-dimension needs one")
        raise StandardDataError("indicator_catalogue.csv", [fault])
    return tuple(indicator for _, indicator in rows)


@lru_cache(maxsize=8)
def nodes(seeds: Path = SEEDS) -> Mapping[str, Node]:
    """The total, the dimensions and the sub-dimensions by id, in file order; raises StandardDataError.

    Checked: one total, every parent one level up, default weights inside a parent sum to 1 and lie in their range.
    """
    sheet = Sheet(seeds / "evaluation_nodes.csv", list(Node.__dataclass_fields__))
    found: dict[str, tuple[Row, Node]] = {}
    for row in sheet:
        node = Node(
            node_id=row.text("node_id"),
            level=row.one_of("level", NODE_LEVELS),
            parent_id=row.optional_text("parent_id"),
            name_zh=row.text("name_zh"),
            name_en=row.text("name_en"),
            weight_min=row.optional_number("weight_min"),
            weight_max=row.optional_number("weight_max"),
            weight_default=row.number("weight_default", above=0),
        )
        if node.node_id in found:
            row.fault("node_id", f"'{node.node_id}' is there twice")
        found[node.node_id] = (row, node)
        lowest = node.weight_min if node.weight_min is not None else 0.0
        highest = node.weight_max if node.weight_max is not None else 1.0
        if not 0 <= lowest <= highest <= 1:
            row.fault("weight_min", "must be 0 ≤ weight_min ≤ weight_max ≤ 1")
        elif not lowest <= node.weight_default <= highest:
            row.fault("weight_default", f"must lie between {lowest:g} and {highest:g}")
    for row, node in found.values():
        parent = found[node.parent_id][1] if node.parent_id in found else None
        level_above = {"dimension": "total", "subdimension": "dimension"}.get(node.level)
        if level_above is None and node.parent_id is not None:
            row.fault("parent_id", "the total has no parent")
        if level_above is not None and (parent is None or parent.level != level_above):
            row.fault("parent_id", f"must be the node_id of a {level_above}")
    if sum(node.level == "total" for _, node in found.values()) != 1:
        sheet.faults.append(Fault(None, "level", "there must be exactly one total"))
    children: dict[str, list[Node]] = defaultdict(list)
    for _, node in found.values():
        if node.parent_id is not None:
            children[node.parent_id].append(node)
    for parent_id, members in children.items():
        # Thirds typed as 0.3333 will do: the aggregation divides by the sum of the weights it uses.
        if not math.isclose(sum(node.weight_default for node in members), 1, abs_tol=1e-3):
            sheet.faults.append(Fault(None, "weight_default", f"the weights under {parent_id} must sum to 1"))
        low = sum(node.weight_min if node.weight_min is not None else 0.0 for node in members)
        high = sum(node.weight_max if node.weight_max is not None else 1.0 for node in members)
        if not low <= 1 <= high:
            sheet.faults.append(Fault(None, "weight_min", f"no weights under {parent_id} within their ranges sum to 1"))
    for _, node in found.values():
        if node.level != "subdimension" and not children[node.node_id]:
            sheet.faults.append(Fault(None, "node_id", f"{node.node_id} has no children"))
    sheet.finish()
    return MappingProxyType({node_id: node for node_id, (_, node) in found.items()})


@lru_cache(maxsize=8)
def parameters(seeds: Path = SEEDS) -> Mapping[str, Parameter]:
    """The parameters by name; raises StandardDataError."""
    sheet = Sheet(seeds / "parameters.csv", list(Parameter.__dataclass_fields__))
    found: dict[str, Parameter] = {}
    for row in sheet:
        entry = Parameter(
            parameter=row.match("parameter", _FIELD_NAME, "lower case letters, digits and _"),
            value=row.number("value"),
            unit=row.text("unit"),
            clause=row.text("clause"),
            meaning=row.text("meaning"),
            meaning_zh=row.text("meaning_zh"),
            decision=row.optional_text("decision") or "",
        )
        if entry.value < 0:
            row.fault("value", "must not be negative")
        if entry.decision and not _DECISION.fullmatch(entry.decision):
            row.fault("decision", f"'{entry.decision}' is not an entry of the decision log like C-07")
        if entry.parameter in found:
            row.fault("parameter", f"'{entry.parameter}' is there twice")
        found[entry.parameter] = entry
    weights = [entry.value for name, entry in found.items() if name.startswith("csi_weight_")]
    if weights and not math.isclose(sum(weights), 1, abs_tol=1e-9):
        sheet.faults.append(Fault(None, "value", "the csi_weight_… parameters must sum to 1"))
    sheet.finish()
    return MappingProxyType(found)


@lru_cache(maxsize=8)
def holidays(seeds: Path = SEEDS) -> tuple[Holiday, ...]:
    """Days off and make-up working days in date order; raises StandardDataError.

    A year is announced (by the State Council's notice) or provisional (statutory days only), never both.
    """
    sheet = Sheet(seeds / "holiday_notices.csv", list(Holiday.__dataclass_fields__))
    found: dict[dt.date, Holiday] = {}
    status_of_year: dict[int, str] = {}
    for row in sheet:
        holiday = Holiday(
            date=row.date("date"),
            name=row.text("name"),
            is_workday=row.boolean("is_workday"),
            status=row.one_of("status", HOLIDAY_STATUSES),
            source=row.text("source"),
            year=row.integer("year", at_least=1900),
        )
        if row.has_faults:
            continue
        if holiday.date in found:
            row.fault("date", f"{holiday.date} is there twice")
        if holiday.is_workday and holiday.date.isoweekday() <= 5:
            row.fault("is_workday", f"{holiday.date} is a {holiday.date:%A}: a make-up working day lies on a weekend")
        if holiday.is_workday and holiday.status == "provisional":
            row.fault("is_workday", "make-up working days exist only once they are announced")
        if abs(holiday.date.year - holiday.year) > 1:
            row.fault("year", f"the notice for {holiday.year} says nothing about {holiday.date}")
        if status_of_year.setdefault(holiday.year, holiday.status) != holiday.status:
            row.fault("status", f"{holiday.year} is {status_of_year[holiday.year]} in an earlier row")
        found[holiday.date] = holiday
    sheet.finish()
    return tuple(found[day] for day in sorted(found))


@lru_cache(maxsize=8)
def service_windows(seeds: Path = SEEDS) -> tuple[ServiceWindow, ...]:
    """The service hours of all schedules; raises StandardDataError.

    Checked: the default schedule '*' exists, windows of one weekday do not overlap while both are valid, and there are
    at most three of them.
    """
    sheet = Sheet(
        seeds / "service_schedule.csv", ["enterprise_id", "weekday", "opens", "closes", "valid_from", "valid_to"]
    )
    rows: list[tuple[Row, ServiceWindow]] = []
    for row in sheet:
        window = ServiceWindow(
            enterprise_id=row.text("enterprise_id"),
            weekday=row.integer("weekday", at_least=1, at_most=7),
            opens_seconds=row.time_of_day("opens"),
            closes_seconds=row.time_of_day("closes"),
            valid_from=row.optional_date("valid_from"),
            valid_to=row.optional_date("valid_to"),
        )
        if row.has_faults:
            continue
        if window.opens_seconds >= window.closes_seconds:
            row.fault("closes", "must be later than opens; hours past midnight belong to the next weekday")
        row.check_validity(window.valid_from, window.valid_to)
        same_day = [
            other
            for _, other in rows
            if (other.enterprise_id, other.weekday) == (window.enterprise_id, window.weekday)
            and _both_valid(other, window)
        ]
        if any(o.opens_seconds < window.closes_seconds and window.opens_seconds < o.closes_seconds for o in same_day):
            row.fault("opens", "overlaps an earlier row of the same weekday")
        if len(same_day) >= MAX_WINDOWS_A_DAY:
            row.fault("weekday", f"more than {MAX_WINDOWS_A_DAY} windows a day")
        rows.append((row, window))
    if not any(window.enterprise_id == "*" for _, window in rows):
        sheet.faults.append(Fault(None, "enterprise_id", "the default schedule '*' is missing"))
    sheet.finish()
    return tuple(window for _, window in rows)


@lru_cache(maxsize=8)
def analyses(seeds: Path = SEEDS) -> tuple[Analysis, ...]:
    """The analyses clause 七 names, in its order; raises StandardDataError."""
    sheet = Sheet(seeds / "analyses.csv", list(Analysis.__dataclass_fields__))
    found: dict[str, Analysis] = {}
    for row in sheet:
        entry = Analysis(
            analysis_id=row.match("analysis_id", _FIELD_NAME, "lower case letters, digits and _"),
            name_zh=row.text("name_zh"),
            name_en=row.text("name_en"),
            clause=row.text("clause"),
            methods_zh=row.text("methods_zh"),
        )
        if entry.analysis_id in found:
            row.fault("analysis_id", f"'{entry.analysis_id}' is there twice")
        found[entry.analysis_id] = entry
    sheet.finish()
    return tuple(found.values())


@lru_cache(maxsize=8)
def standard_edition(seeds: Path = SEEDS) -> str:
    """The edition every published row and report names (C-25): number, stage and the first 12 hex digits of the text's
    SHA-256; raises StandardDataError.
    """
    sheet = Sheet(seeds / "standard_edition.csv", ["number", "title_zh", "title_en", "stage", "text_sha256", "note"])
    editions = [
        f"{row.text('number')} ({row.text('stage')}, "
        f"sha256 {row.match('text_sha256', re.compile('[0-9a-f]{64}'), '64 hex digits')[:12]})"
        for row in sheet
    ]
    if len(editions) != 1:
        sheet.faults.append(Fault(None, None, "must have exactly one row: the edition evaluated against"))
    sheet.finish()
    return editions[0]


def _check_indicator(row: Row, indicator: Indicator, tree: Mapping[str, Node]) -> None:
    """Rules within one catalogue row; nothing is checked on cells that could not be read."""
    if row.has_faults:
        return
    if not indicator.indicator_id.startswith(f"{indicator.subdimension_id}-"):
        row.fault("indicator_id", f"must begin with its sub-dimension {indicator.subdimension_id}-")
    if not indicator.named_indicator_id.startswith(f"{indicator.subdimension_id}-"):
        row.fault("named_indicator_id", f"must begin with its sub-dimension {indicator.subdimension_id}-")
    if tree[indicator.subdimension_id].parent_id != indicator.dimension_id:
        row.fault("dimension_id", f"{indicator.subdimension_id} belongs to {tree[indicator.subdimension_id].parent_id}")
    row.check_validity(indicator.valid_from, indicator.valid_to)
    for alternatives in indicator.source_columns:
        for name in alternatives.split("|"):
            if name.split(".")[0] not in indicator.source_tables:
                row.fault("source_columns", f"'{name}' is of no table in source_tables")
    _check_targets(row, indicator)


def _check_targets(row: Row, indicator: Indicator) -> None:
    """Requirement, acceptable limit and objective lie on the right sides of each other (close-reading §3d)."""
    required, acceptable, objective = indicator.requirement, indicator.acceptable, indicator.objective
    is_lower = indicator.direction == "lower"
    if indicator.target_source == "standard" and required is None:
        row.fault("requirement", "target_source 'standard' needs the standard's number")
    if required is None:
        for column, number in (("acceptable", acceptable), ("objective", objective)):
            if number is not None:
                row.fault(column, "needs a requirement")
        return
    if indicator.scoring_class == "f":
        if acceptable is not None:
            row.fault("acceptable", "zero tolerance (class f) has no acceptable limit")
    elif acceptable is None:
        row.fault("acceptable", "a requirement needs its acceptable limit")
    elif (acceptable <= required) if is_lower else (acceptable >= required):
        side = "above" if is_lower else "below"
        row.fault("acceptable", f"must lie {side} the requirement {required:g} (direction {indicator.direction})")
    if objective is not None and ((objective > required) if is_lower else (objective < required)):
        row.fault("objective", f"must not ask for less than the requirement {required:g}")
    highest = {"rate": 1.0, "score": 100.0}.get(indicator.unit)
    if highest is not None:
        for column, number in (("requirement", required), ("acceptable", acceptable), ("objective", objective)):
            if number is not None and not 0 <= number <= highest:
                row.fault(column, f"{number:g} is outside 0–{highest:g} (unit {indicator.unit})")


def _check_versions(rows: Sequence[tuple[Row, Indicator]], column: str) -> None:
    """No two rows with one value of a column may be in force on the same day."""
    seen: dict[str, list[Indicator]] = defaultdict(list)
    for row, indicator in rows:
        value = getattr(indicator, column)
        if value and any(_both_valid(other, indicator) for other in seen[value]):
            row.fault(column, f"'{value}' has another row that is in force at the same time")
        seen[value].append(indicator)


def _both_valid(one: Indicator | ServiceWindow, other: Indicator | ServiceWindow) -> bool:
    """Whether there is a day on which both are in force."""
    first = max(one.valid_from or dt.date.min, other.valid_from or dt.date.min)
    end = min(one.valid_to or dt.date.max, other.valid_to or dt.date.max)
    return first < end


def _version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
