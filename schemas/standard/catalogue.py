"""The indicator catalogue: one versioned row per measurable value of clause 六, with its method, targets and sources."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from schemas.sheet import SEEDS, Fault, Row, Sheet, StandardDataError
from schemas.standard.tree import TreeNode, nodes
from schemas.standard.validity import DECISION, FIELD_NAME, in_force, overlap

OBLIGATIONS = ("shall", "should", "example")
DIRECTIONS = ("higher", "lower", "exact")
METHODS = (
    "rate", "mean", "ratio", "count", "percentile", "score", "weighted_score", "composite", "change", "share_of_max",
)  # fmt: skip
TARGET_SOURCES = ("standard", "enterprise")
SCORING_CLASSES = ("a", "b", "c", "c1", "d", "e", "f", "g", "h", "i")
PERIOD_RULES = ("period", "period_end", "year_to_date", "trailing_year", "year_on_year")

INDICATOR_ID = re.compile(r"[A-Z]\d-\d+[a-z]?")
_COLUMN = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*(\|[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)*")
_VERSION = re.compile(r"\d+(\.\d+)*")


@dataclass(frozen=True)
class Indicator:
    """One row of indicator_catalogue.csv: one measurable value of clause 六.

    ``value = numerator / denominator / unit_divisor * multiplier`` in natural units; rates lie in 0–1, scores in 0–100.
    ``requirement`` (100 points), ``acceptable`` (60 points) and ``objective`` (clause 九) are in the same unit, None
    if not set. ``source_tables``: the tables counted from; rows in the first show that the enterprise keeps such records.
    ``source_columns``: the optional columns without which there is no value (``a.x|b.y``: either is enough). The row is in
    force on ``valid_from <= day < valid_to``; None is open.
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


def catalogue(day: dt.date, seeds: Path = SEEDS) -> Mapping[str, Indicator]:
    """The indicators in force on a day, by id, in the catalogue's order; raises StandardDataError."""
    return MappingProxyType({row.indicator_id: row for row in catalogue_rows(seeds) if in_force(row.valid_from, row.valid_to, day)})


def catalogue_version(day: dt.date, seeds: Path = SEEDS) -> str:
    """The newest ``catalogue_version`` among the rows in force on a day, e.g. ``2025.1``."""
    versions = {row.catalogue_version for row in catalogue(day, seeds).values()}
    if not versions:
        raise StandardDataError("indicator_catalogue.csv", [Fault(None, None, f"no indicator is in force on {day}")])
    return max(versions, key=_version_key)


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
            field_name=row.match("field_name", FIELD_NAME, "lower case letters, digits and _"),
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
            source_tables=row.names("source_tables", FIELD_NAME, "table names separated by ;"),
            source_columns=row.names("source_columns", _COLUMN, "table.column separated by ;, alternatives by |"),
            definition_zh=row.text("definition_zh"),
            definition_en=row.text("definition_en"),
            decisions=row.names("decisions", DECISION, "decision log entries like C-07 separated by ;"),
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
        # Clause 五: the evaluation covers the whole tree.
        fault = Fault(None, "subdimension_id", f"no indicator for {', '.join(missing)}: every sub-dimension needs one")
        raise StandardDataError("indicator_catalogue.csv", [fault])
    return tuple(indicator for _, indicator in rows)


def _check_indicator(row: Row, indicator: Indicator, tree: Mapping[str, TreeNode]) -> None:
    """Rules within one catalogue row; unreadable cells are skipped."""
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
    """Requirement, acceptable limit and objective are in the right order (close-reading §3d)."""
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
    """No two rows with the same value of a column may be in force on the same day."""
    seen: dict[str, list[Indicator]] = defaultdict(list)
    for row, indicator in rows:
        value = getattr(indicator, column)
        if value and any(overlap(other, indicator) for other in seen[value]):
            row.fault(column, f"'{value}' has another row that is in force at the same time")
        seen[value].append(indicator)


def _version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
