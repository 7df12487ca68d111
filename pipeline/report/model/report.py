"""The report model: all that a report of one enterprise and quarter says, gathered once from a run's published tables.

No number is computed or judged here and none is formatted: full values, codes put into words (``labels.py``), and the
order of the standard. Renderers (``html.py``) only read it; editions, charts and other formats read the same model.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.errors import AsqError, UsageError
from pipeline.report.parts.anonymity import Anonymity, anonymity_of
from pipeline.report.parts.cleaning import Cleaned, cleaning_counts, cleaning_of
from pipeline.report.parts.outliers import OutlierReport, outlier_report
from pipeline.report.parts.process_rules import RuleSet, rule_sets
from pipeline.report.parts.quality import Quality, quality_of
from pipeline.report.parts.survey import SurveyPart, survey_part
from pipeline.report.parts.survey_cells import OVERALL, TOUCHPOINTS, SurveyScopes, hidden_touchpoints, survey_scopes
from pipeline.report.words import zh as labels
from schemas.contract import TABLES
from schemas.standard.catalogue import catalogue_rows, nodes

# How the standard calls a text that has not been issued (C-25); part of the edition every published row names.
DRAFT = "征求意见稿"

# How many of the clearly missed requirements the executive summary names: the report model asks for five findings.
FINDINGS = 5

_ENTERPRISE = "enterprise"
_MEASURED = ("ok", "insufficient_sample")
_NO_ROWS = {"extracted": 0, "accepted": 0, "quarantined": 0}
_LIMITS = ("requirement", "acceptable", "objective")
_WITHOUT_FRACTION = ("percentile", "composite", "count", "change")
# The order statistic that a percentile indicator is (D-07).
_SCORED_PERCENTILE = "p95"
# Flags that leave a node without a score; the others only describe what lies below it.
_PREVENTING = ("no_data", "not_applicable", "not_scored")


class ReportInputMissing(AsqError):
    """A published table the report needs is absent or incomplete: a fault of the run, never of the data."""


class Verdict(StrEnum):
    """What can be said of an indicator against its requirement."""

    MET = "met"
    NOT_MET = "not_met"
    UNDECIDED = "undecided"
    """Measured and with a requirement, but it cannot have failed yet (a yearly count before the year's end)."""
    NO_REQUIREMENT = "no_requirement"
    NO_DATA = "no_data"
    NOT_APPLICABLE = "not_applicable"


class Trend(StrEnum):
    """Where a value went since the same period a year earlier, by the indicator's direction."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"


@dataclass(frozen=True)
class Head:
    """What the report is about and which versions it rests on."""

    enterprise_id: str
    quarter: Quarter
    standard_edition: str
    catalogue_version: str
    weights_version: str
    data_as_of: dt.datetime | None
    run_id: str
    enterprises_in_run: int

    @property
    def is_draft_standard(self) -> bool:
        """Whether the edition evaluated against is a draft for comment, not to be taken for an issued standard."""
        return DRAFT in self.standard_edition


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
class WindowValue:
    """The indicator over a longer window that ends with the quarter."""

    value: float | None
    sample_size: int | None
    status: str
    reason: str
    is_provisional: bool


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
    """Which of requirement, acceptable and objective come from the evaluation plan, not from the catalogue."""
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
    status: str
    status_name: str
    reason: str
    verdict: Verdict
    is_objective_met: bool | None
    is_distinguishable: bool | None
    """False: the interval contains the requirement, chance can explain the verdict. None: there is no interval."""
    is_provisional: bool
    provisional_reasons: tuple[str, ...]
    part: str
    previous_value: float | None
    trend: Trend | None
    year_to_date: WindowValue | None
    trailing_year: WindowValue | None
    variants: tuple[Variant, ...]
    hidden_variants: tuple[str, ...]
    """Names of readings that too few people stand behind, or that would give such a one away."""

    @property
    def is_measured(self) -> bool:
        return self.status in _MEASURED

    @property
    def is_target_of_plan(self) -> bool:
        """The requirement comes from the evaluation plan, not from the standard."""
        return "requirement" in self.moved_by_plan

    @property
    def has_fraction(self) -> bool:
        """Whether the value is its numerator ÷ its denominator: no fraction makes a percentile, an index, a count or a change."""
        known = self.is_measured and self.numerator is not None and self.denominator is not None
        return known and self.method not in _WITHOUT_FRACTION

    @property
    def compared(self) -> labels.ComparedLabel | None:
        """What a change compares, in words; None for a value that is no change."""
        return labels.COMPARED.get(self.indicator_id)

    @property
    def compared_levels(self) -> tuple[float, float] | None:
        """The levels before and now that a change compares; its row holds the level before and the difference."""
        if self.compared is None or not self.is_measured or self.numerator is None or self.denominator is None:
            return None
        towards = -self.numerator if self.compared.is_reduction else self.numerator
        return self.denominator, self.denominator + towards

    @property
    def part_name(self) -> str:
        """Which of its versions the value is, in words; empty for indicators with one."""
        return labels.PARTS.get(self.part, self.part)

    @property
    def variants_beside(self) -> tuple[Variant, ...]:
        """The variants worth seeing beside the value; the one that is the value itself is not repeated."""
        shown = self.variants if self.is_measured else ()
        return tuple(variant for variant in shown if variant.is_beside and variant.code != self.part)


@dataclass(frozen=True)
class Node:
    """The total, a dimension or a sub-dimension with its score. Weights and coverage are rates 0–1, scores 0–100."""

    node_id: str
    name: str
    weight: float
    weight_used: float
    """What it weighed after nodes without a score dropped out."""
    weight_raw: float | None
    weight_range: tuple[float, float] | None
    weight_method: str
    consistency_index: float | None
    consistency_ratio: float | None
    random_index: str
    """The random-index table of the consistency ratio, in words; empty without experts."""
    kendalls_w: float | None
    dispersion: float | None
    """Geometric standard deviation of the experts' judgements that involve the node (1: unanimous)."""
    experts: int
    score: float | None
    coverage: float
    """Share of its weight that rests on a measured and scored value."""
    is_provisional: bool
    flags: tuple[str, ...]
    children: tuple[Node, ...]
    own_indicators: tuple[Indicator, ...]

    @cached_property
    def indicators(self) -> tuple[Indicator, ...]:
        """All indicators below the node, in catalogue order."""
        return (*self.own_indicators, *(each for child in self.children for each in child.indicators))

    def verdicts(self) -> dict[Verdict, int]:
        """How many indicators below the node have each verdict."""
        return {verdict: sum(each.verdict is verdict for each in self.indicators) for verdict in Verdict}


@dataclass(frozen=True)
class WindowTotal:
    """The total score of a longer window that ends with the quarter."""

    name: str
    period: str
    score: float | None
    coverage: float
    is_provisional: bool


@dataclass(frozen=True)
class Overlay:
    """Grade and deductions the plan asked for: shown beside the total, no part of T/GXDSL 244."""

    grade: str | None
    deduction_points: float | None
    score_after_deductions: float | None
    reference: str


@dataclass(frozen=True)
class Coverage:
    """A window of the report and how many of its quarters hold records of the enterprise."""

    name: str
    period: str
    first_day: dt.date
    last_day: dt.date
    quarters_covered: int
    quarters_expected: int


@dataclass(frozen=True)
class SourceTable:
    """What became of this enterprise's rows of a source table in the run's quarter: extracted = accepted + quarantined.

    None: the table names no enterprise, or was not delivered. Rows of other enterprises, and rows whose enterprise cannot be
    read, are in no report. ``quarters``: the quarters up to this one in which the enterprise has usable rows.
    """

    table: str
    name: str
    is_delivered: bool
    names_enterprises: bool
    extracted: int | None
    accepted: int | None
    quarantined: int | None
    quarters: tuple[str, ...]


@dataclass(frozen=True)
class Quarantined:
    """How often this enterprise's rows broke a rule in a column; a row may break several rules."""

    table: str
    table_name: str
    column: str | None
    rule: str
    rule_name: str
    failures: int
    rows: int


@dataclass(frozen=True)
class ReturnedMatrix:
    """A judgement matrix that went back to its expert."""

    expert_id: str
    round: int
    parent_id: str
    consistency_ratio: float | None
    reason: str


@dataclass(frozen=True)
class DelphiRound:
    """One round over the children of a node: accepted and returned matrices and how far the accepted ones agree."""

    parent_id: str
    round: int
    experts: int
    returned: int
    kendalls_w: float | None
    chi_square: float | None
    p_value: float | None


@dataclass(frozen=True)
class Absence:
    """Indicators without a value for one and the same reason."""

    status_name: str
    reason: str
    indicators: tuple[Indicator, ...]


@dataclass(frozen=True)
class Choice:
    """A version or choice this run's numbers depend on."""

    key: str
    name: str
    value: str


@dataclass(frozen=True)
class ReportModel:
    """One enterprise, one quarter. The total holds the dimensions, these the sub-dimensions, these the indicators."""

    head: Head
    total: Node
    total_range: tuple[float, float] | None
    """Smallest and largest total over all weights the standard allows."""
    window_totals: tuple[WindowTotal, ...]
    overlay: Overlay | None
    coverage: tuple[Coverage, ...]
    sources: tuple[SourceTable, ...]
    quarantined: tuple[Quarantined, ...]
    rounds: tuple[DelphiRound, ...]
    returned: tuple[ReturnedMatrix, ...]
    no_total_because: tuple[str, ...]
    """Where there is no total: what prevents it, in words."""
    choices: tuple[Choice, ...]
    rule_sets: tuple[RuleSet, ...]
    quality: Quality
    anonymity: Anonymity
    survey_scopes: SurveyScopes | None
    survey: SurveyPart
    outliers: OutlierReport
    cleaning: tuple[Cleaned, ...]

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        """All indicators in catalogue order."""
        return self.total.indicators

    @property
    def names(self) -> dict[str, str]:
        """The names of the total, the dimensions and the sub-dimensions."""
        nodes = (self.total, *self.total.children, *(node for each in self.total.children for node in each.children))
        return {node.node_id: node.name for node in nodes}

    @property
    def random_indices(self) -> tuple[str, ...]:
        """The random-index tables that consistency was judged by, in words; none without experts."""
        nodes = (*self.total.children, *(node for each in self.total.children for node in each.children))
        return tuple(dict.fromkeys(node.random_index for node in nodes if node.random_index))

    @property
    def most_urgent(self) -> tuple[Indicator, ...]:
        """The lowest scores among requirements missed by more than chance, at most five, lowest first."""
        missed = [
            each for each in self.indicators if each.verdict is Verdict.NOT_MET and each.is_distinguishable is not False
        ]
        return tuple(sorted(missed, key=lambda each: 0.0 if each.score is None else each.score)[:FINDINGS])

    @property
    def absences(self) -> tuple[Absence, ...]:
        """Indicators without a value, grouped by why, in catalogue order of the first of each."""
        groups: dict[tuple[str, str], list[Indicator]] = {}
        for each in self.indicators:
            if not each.is_measured:
                groups.setdefault((each.status_name, each.reason), []).append(each)
        return tuple(Absence(status, reason, tuple(members)) for (status, reason), members in groups.items())

    @property
    def provisional(self) -> dict[str, int]:
        """How many indicators are provisional for each reason, in words."""
        found: dict[str, int] = {}
        for each in self.indicators:
            for reason in each.provisional_reasons:
                found[reason] = found.get(reason, 0) + 1
        return found


def build_report(run_path: Path, quarter: Quarter, enterprise_id: str) -> ReportModel:
    """The report of one enterprise and quarter.

    run_path   the run's folder: ``<table>.parquet`` of every published table

    Raises ReportInputMissing where a table is absent or lacks rows, UsageError for an enterprise the run does not know.
    """
    return RunTables.read(run_path, quarter).report(enterprise_id)


def verdict_of(status: str, requirement: float | None, is_met: bool | None) -> Verdict:
    """The verdict the evaluate stage reached, with the cases in which it reached none told apart."""
    if is_met is not None:
        return Verdict.MET if is_met else Verdict.NOT_MET
    if status in ("no_data", "not_applicable"):
        return Verdict(status)
    return Verdict.NO_REQUIREMENT if requirement is None else Verdict.UNDECIDED


@dataclass(frozen=True)
class RunTables:
    """What a run published for a quarter, as far as reports need it: read once for all enterprises."""

    quarter: Quarter
    values: pl.DataFrame
    variants: pl.DataFrame
    scores: pl.DataFrame
    weights: pl.DataFrame
    catalogue: pl.DataFrame
    nodes: pl.DataFrame
    coverage: pl.DataFrame
    source_rows: pl.DataFrame
    row_accounting: pl.DataFrame
    quarantined: pl.DataFrame
    run_info: pl.DataFrame
    judgements: pl.DataFrame
    rounds: pl.DataFrame
    accounts: pl.DataFrame
    process_rules: pl.DataFrame
    rule_results: pl.DataFrame
    scorecard: pl.DataFrame
    acceptance: pl.DataFrame
    anonymity: pl.DataFrame
    respondents: pl.DataFrame
    satisfaction: pl.DataFrame
    survey_validity: pl.DataFrame
    outlier_groups: pl.DataFrame
    outlier_effects: pl.DataFrame
    cleaning_log: pl.DataFrame

    @classmethod
    def read(cls, run_path: Path, quarter: Quarter) -> RunTables:
        """Read a run's folder; raises ReportInputMissing for an absent table."""
        day = quarter.last_day
        of_enterprise = (pl.col("scope_type") == _ENTERPRISE) & pl.col("period").str.starts_with(quarter.label)
        in_force = (pl.col("valid_from").is_null() | (pl.col("valid_from") <= day)) & (
            pl.col("valid_to").is_null() | (pl.col("valid_to") > day)
        )
        quarantine = (
            _scan(run_path, "quarantine")
            .filter(pl.col("quarter") == quarter.label)
            .filter(pl.col("enterprise_id").is_not_null())
            .group_by("enterprise_id", "table", "rule", "column")
            .agg(failures=pl.len(), rows=pl.struct("origin_file", "origin_row").n_unique())
            .sort("enterprise_id", "table", "rule", "column", nulls_last=True)
        )
        return cls(
            quarter=quarter,
            values=_scan(run_path, "indicator_values").filter(of_enterprise).collect(),
            variants=_scan(run_path, "indicator_variants")
            .filter(of_enterprise & (pl.col("period") == quarter.label))
            .collect(),
            scores=_scan(run_path, "scores").collect(),
            weights=_scan(run_path, "weights").collect(),
            catalogue=_scan(run_path, "indicator_catalogue").filter(in_force).collect(),
            nodes=_scan(run_path, "evaluation_nodes").collect(),
            coverage=_scan(run_path, "mart_period_coverage").filter(pl.col("period_role") == "current").collect(),
            source_rows=_scan(run_path, "mart_source_rows").collect(),
            row_accounting=_scan(run_path, "row_accounting").filter(pl.col("quarter") == quarter.label).collect(),
            quarantined=quarantine.collect(),
            run_info=_scan(run_path, "run_info").collect(),
            judgements=_scan(run_path, "weight_judgements").collect(),
            rounds=_scan(run_path, "weight_rounds").collect(),
            accounts=_scan(run_path, "row_accounting_by_enterprise")
            .filter(pl.col("quarter") == quarter.label)
            .collect(),
            process_rules=_scan(run_path, "process_rules").collect(),
            rule_results=_scan(run_path, "rule_results").collect(),
            scorecard=_scan(run_path, "data_quality").collect(),
            acceptance=_scan(run_path, "acceptance_results").collect(),
            anonymity=_scan(run_path, "anonymity").collect(),
            respondents=_scan(run_path, "mart_survey_respondents").filter(pl.col("quarter") == quarter.label).collect(),
            satisfaction=_scan(run_path, "indicator_values")
            .filter((pl.col("indicator_id") == OVERALL) & (pl.col("period") == quarter.label))
            .collect(),
            survey_validity=_scan(run_path, "survey_validity").filter(pl.col("quarter") == quarter.label).collect(),
            outlier_groups=_scan(run_path, "outlier_groups").collect(),
            outlier_effects=_scan(run_path, "outlier_effects").collect(),
            cleaning_log=cleaning_counts(_scan(run_path, "cleaning_log").filter(pl.col("quarter") == quarter.label)),
        )

    @property
    def enterprises(self) -> list[str]:
        """The enterprises the run has evaluated for the quarter, sorted."""
        return sorted(self.scores.filter(pl.col("period") == self.quarter.label)["enterprise_id"].unique())

    def report(self, enterprise_id: str) -> ReportModel:
        """The report model of one enterprise; raises as build_report."""
        own = pl.col("enterprise_id") == enterprise_id
        scores = self.scores.filter(own & (pl.col("period") == self.quarter.label))
        if scores.is_empty():
            raise UsageError(f"the run of {self.quarter} has no enterprise '{enterprise_id}'")
        tree = {row["node_id"]: row for row in scores.iter_rows(named=True)}
        root = next((row for row in tree.values() if row["level"] == "total"), None)
        if root is None:
            raise ReportInputMissing(f"scores: no total of {enterprise_id} for {self.quarter}")
        total = self._node(root, tree, self._indicators(enterprise_id, tree))
        return ReportModel(
            head=self._head(enterprise_id, root),
            total=total,
            total_range=None if root["total_min"] is None else (root["total_min"], root["total_max"]),
            window_totals=tuple(self._window_totals(enterprise_id)),
            overlay=_overlay(root),
            coverage=tuple(self._coverage(enterprise_id)),
            sources=tuple(self._sources(enterprise_id)),
            quarantined=tuple(self._quarantined(enterprise_id)),
            rounds=tuple(self._rounds()),
            returned=tuple(self._returned()),
            no_total_because=_no_total_because(root),
            choices=tuple(
                Choice(
                    row["key"],
                    row["label_zh"] or row["key"],
                    row["value_zh"] or labels.run_choice(row["key"], row["value"]),
                )
                # Another enterprise's targets, exemptions and findings are no business of this one.
                for row in self.run_info.filter(own | pl.col("enterprise_id").is_null()).iter_rows(named=True)
            ),
            rule_sets=tuple(rule_sets(self.rule_results.filter(own), self.process_rules, self.quarter)),
            quality=quality_of(self.scorecard, self.acceptance, enterprise_id),
            anonymity=anonymity_of(self.anonymity, enterprise_id),
            survey_scopes=survey_scopes(self.respondents.filter(own), self.satisfaction.filter(own)),
            survey=survey_part(self.survey_validity.filter(own), total.indicators),
            outliers=outlier_report(
                self.outlier_groups.filter(own), self.outlier_effects.filter(own), self._catalogue_order
            ),
            cleaning=tuple(cleaning_of(self.cleaning_log, enterprise_id)),
        )

    def _head(self, enterprise_id: str, root: Mapping[str, Any]) -> Head:
        return Head(
            enterprise_id=enterprise_id,
            quarter=self.quarter,
            standard_edition=root["standard_edition"],
            catalogue_version=root["catalogue_version"],
            weights_version=root["weights_version"],
            data_as_of=root["data_as_of"],
            run_id=root["run_id"],
            enterprises_in_run=len(self.enterprises),
        )

    def _node(
        self, row: Mapping[str, Any], tree: Mapping[str, Mapping[str, Any]], indicators: Mapping[str, list[Indicator]]
    ) -> Node:
        node_id = row["node_id"]
        described = self._described.get(node_id)
        if described is None:
            raise ReportInputMissing(f"evaluation_nodes: no row for the node {node_id} that scores has")
        weighed = self._weighed.get(node_id, {})
        bounds = (described["weight_min"], described["weight_max"])
        children = [
            child for child in tree.values() if child["parent_id"] == node_id and child["node_id"] in self._described
        ]
        return Node(
            node_id=node_id,
            name=described["name_zh"],
            weight=row["weight_nominal"],
            weight_used=row["weight"],
            weight_raw=weighed.get("weight_raw"),
            weight_range=None if None in bounds else bounds,
            weight_method=labels.WEIGHT_METHODS.get(weighed.get("method", ""), weighed.get("method", "")),
            consistency_index=weighed.get("consistency_index"),
            consistency_ratio=weighed.get("consistency_ratio"),
            random_index=labels.RANDOM_INDICES.get(
                weighed.get("random_index") or "", weighed.get("random_index") or ""
            ),
            kendalls_w=weighed.get("kendalls_w"),
            dispersion=weighed.get("dispersion"),
            experts=weighed.get("experts") or 0,
            score=row["score"],
            coverage=row["scored_coverage"],
            is_provisional=bool(row["is_provisional"]),
            flags=tuple(labels.FLAGS.get(flag, flag) for flag in row["flags"] or ()),
            children=tuple(self._node(child, tree, indicators) for child in sorted(children, key=_place)),
            own_indicators=tuple(indicators.get(node_id, ())),
        )

    def _indicators(self, enterprise_id: str, tree: Mapping[str, Mapping[str, Any]]) -> dict[str, list[Indicator]]:
        """The enterprise's indicators by sub-dimension, in catalogue order."""
        values = {
            (row["indicator_id"], row["window_kind"]): row
            for row in self.values.filter(pl.col("enterprise_id") == enterprise_id).iter_rows(named=True)
        }
        variants: dict[str, list[Mapping[str, Any]]] = {}
        for row in self.variants.filter(pl.col("enterprise_id") == enterprise_id).iter_rows(named=True):
            variants.setdefault(row["indicator_id"], []).append(row)
        missing = [name for name in self._catalogue_order if (name, "quarter") not in values]
        if missing:
            raise ReportInputMissing(
                f"indicator_values: {enterprise_id} {self.quarter} has no row for {', '.join(missing)}"
            )
        respondents = self.respondents.filter(pl.col("enterprise_id") == enterprise_id)
        hidden = hidden_touchpoints(variants.get(TOUCHPOINTS, ()), respondents)
        found: dict[str, list[Indicator]] = {}
        for name, entry in self._catalogue_order.items():
            longer = {kind: values.get((name, kind)) for kind in ("year_to_date", "trailing_year")}
            # What the tree counted: in a third-party evaluation an indicator without data scores 0.
            score = tree[name]["score"] if name in tree else None
            indicator = _indicator(
                entry,
                values[name, "quarter"],
                score,
                longer,
                variants.get(name, []),
                hidden if name == TOUCHPOINTS else frozenset(),
            )
            found.setdefault(entry["subdimension_id"], []).append(indicator)
        return found

    def _window_totals(self, enterprise_id: str) -> Iterator[WindowTotal]:
        totals = {
            row["period"]: row
            for row in self.scores.filter(
                (pl.col("enterprise_id") == enterprise_id) & (pl.col("level") == "total")
            ).iter_rows(named=True)
        }
        for window in self._coverage(enterprise_id):
            row = totals.get(window.period)
            if row is not None and window.period != self.quarter.label:
                yield WindowTotal(
                    window.name, window.period, row["score"], row["scored_coverage"], bool(row["is_provisional"])
                )

    def _coverage(self, enterprise_id: str) -> Iterator[Coverage]:
        rows = {
            row["window_kind"]: row
            for row in self.coverage.filter(pl.col("enterprise_id") == enterprise_id).iter_rows(named=True)
        }
        for kind, name in labels.WINDOWS.items():
            if row := rows.get(kind):
                yield Coverage(
                    name,
                    row["period"],
                    row["first_day"],
                    row["last_day"],
                    row["quarters_covered"],
                    row["quarters_expected"],
                )

    def _sources(self, enterprise_id: str) -> Iterator[SourceTable]:
        own = {
            (row["table_name"], row["quarter"]): row["row_count"]
            for row in self.source_rows.filter(pl.col("enterprise_id") == enterprise_id).iter_rows(named=True)
        }
        delivered = dict(self.row_accounting.select("table", "delivered").iter_rows())
        accounts = {
            row["table"]: row
            for row in self.accounts.filter(pl.col("enterprise_id") == enterprise_id).iter_rows(named=True)
        }
        for table in _contract_order(delivered):
            is_counted = bool(delivered[table]) and _names_enterprises(table)
            row = accounts.get(table, _NO_ROWS) if is_counted else {}
            yield SourceTable(
                table=table,
                name=_table_name(table),
                is_delivered=bool(delivered[table]),
                names_enterprises=_names_enterprises(table),
                extracted=row.get("extracted"),
                accepted=row.get("accepted"),
                quarantined=row.get("quarantined"),
                quarters=tuple(
                    sorted(
                        quarter
                        for name, quarter in own
                        if name == table and quarter <= self.quarter.label and own[name, quarter] > 0
                    )
                ),
            )

    def _quarantined(self, enterprise_id: str) -> Iterator[Quarantined]:
        own = self.quarantined.filter(pl.col("enterprise_id") == enterprise_id)
        for table in _contract_order(own["table"].unique()):
            for row in own.filter(pl.col("table") == table).iter_rows(named=True):
                yield Quarantined(
                    table=table,
                    table_name=_table_name(table),
                    column=row["column"],
                    rule=row["rule"],
                    rule_name=labels.RULES.get(row["rule"], row["rule"]),
                    failures=row["failures"],
                    rows=row["rows"],
                )

    def _rounds(self) -> Iterator[DelphiRound]:
        columns = ("parent_id", "round", "experts", "returned", "kendalls_w", "chi_square", "p_value")
        for row in self._by_parent(self.rounds, "round"):
            yield DelphiRound(**{name: row[name] for name in columns})

    def _returned(self) -> Iterator[ReturnedMatrix]:
        for row in self._by_parent(self.judgements.filter(~pl.col("is_accepted")), "round", "expert_id"):
            yield ReturnedMatrix(
                row["expert_id"],
                row["round"],
                row["parent_id"],
                row["consistency_ratio"],
                labels.matrix_reason(row["reason"]),
            )

    def _by_parent(self, rows: pl.DataFrame, *order: str) -> list[dict[str, Any]]:
        """Rows with a parent_id in the order of the tree, then by the columns named."""
        places = {node: place for place, node in enumerate(self._described)}
        return sorted(
            rows.iter_rows(named=True),
            key=lambda row: (places.get(row["parent_id"], len(places)), *(row[name] for name in order)),
        )

    @cached_property
    def nodes_in_order(self) -> list[dict[str, Any]]:
        """evaluation_nodes in the standard's order (published tables are sorted by id)."""
        return sorted(self.nodes.iter_rows(named=True), key=_place)

    @cached_property
    def _described(self) -> dict[str, dict[str, Any]]:
        return {row["node_id"]: row for row in self.nodes_in_order}

    @cached_property
    def _weighed(self) -> dict[str, dict[str, Any]]:
        return {row["node_id"]: row for row in self.weights.iter_rows(named=True)}

    @cached_property
    def _catalogue_order(self) -> dict[str, dict[str, Any]]:
        """The catalogue in force by id, in the standard's order (published tables are sorted by id)."""
        return {row["indicator_id"]: row for row in sorted(self.catalogue.iter_rows(named=True), key=_place)}


def _place(row: Mapping[str, Any]) -> tuple[int, str]:
    """Where a node or indicator stands in the standard; what it does not know comes last, by id."""
    name = row.get("indicator_id") or row["node_id"]
    order = _standard_order()
    return order.get(name, len(order)), name


@lru_cache(maxsize=1)
def _standard_order() -> dict[str, int]:
    names = dict.fromkeys([*nodes(), *(row.indicator_id for row in catalogue_rows())])
    return {name: place for place, name in enumerate(names)}


def _indicator(
    entry: Mapping[str, Any],
    row: Mapping[str, Any],
    score: float | None,
    longer: Mapping[str, Mapping[str, Any] | None],
    variants: list[Mapping[str, Any]],
    hidden: frozenset[str],
) -> Indicator:
    return Indicator(
        indicator_id=entry["indicator_id"],
        named_indicator_id=entry["named_indicator_id"],
        name=entry["name_zh"],
        unit=entry["unit"],
        unit_zh=entry["unit_zh"],
        direction=entry["direction"],
        clause=entry["clause"],
        obligation=labels.OBLIGATIONS.get(entry["obligation"], entry["obligation"]),
        definition=entry["definition_zh"],
        period_rule=labels.PERIOD_RULES.get(entry["period_rule"], entry["period_rule"]),
        source_tables=tuple(labels.table(name) for name in _split(entry["source_tables"])),
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
        ci_method=labels.INTERVALS.get(row["ci_method"] or "", row["ci_method"] or ""),
        within_limit_rate=row["within_limit_rate"],
        score=score,
        status=row["status"],
        status_name=labels.STATUS.get(row["status"], row["status"]),
        reason=labels.reason(row["status_reason"]),
        verdict=verdict_of(row["status"], row["requirement"], row["is_met"]),
        is_objective_met=row["is_objective_met"],
        is_distinguishable=row["is_distinguishable"],
        is_provisional=bool(row["is_provisional"]),
        provisional_reasons=tuple(labels.PROVISIONAL.get(code, code) for code in _split(row["provisional_reason"])),
        part=row["part"] or "",
        previous_value=row["previous_value"],
        trend=_trend(row["value"], row["previous_value"], entry["direction"], row["requirement"]),
        year_to_date=_window(longer["year_to_date"]),
        trailing_year=_window(longer["trailing_year"]),
        variants=tuple(
            _variant(entry, variant)
            for variant in sorted(
                variants, key=lambda each: labels.variant_place(each["indicator_id"], each["variant"])
            )
            if not (entry["method"] == "percentile" and variant["variant"] == _SCORED_PERCENTILE)
            and variant["variant"] not in hidden
        ),
        hidden_variants=tuple(
            labels.variant(entry["indicator_id"], code).name
            for code in sorted(hidden, key=lambda code: labels.variant_place(entry["indicator_id"], code))
        ),
    )


def _variant(entry: Mapping[str, Any], row: Mapping[str, Any]) -> Variant:
    label = labels.variant(entry["indicator_id"], row["variant"])
    return Variant(
        code=row["variant"],
        name=label.name,
        unit=label.unit or entry["unit"],
        unit_zh=label.unit_zh or entry["unit_zh"],
        is_beside=label.is_beside,
        value=row["value"],
        sample_size=row["sample_size"],
        ci_low=row["ci_low"],
        ci_high=row["ci_high"],
    )


def _window(row: Mapping[str, Any] | None) -> WindowValue | None:
    if row is None:
        return None
    return WindowValue(
        row["value"],
        row["sample_size"],
        row["status"],
        labels.reason(row["status_reason"]),
        bool(row["is_provisional"]),
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


def _no_total_because(root: Mapping[str, Any]) -> tuple[str, ...]:
    """Where too much does not apply that alone prevents the total: the rest is scored. Else nothing at all is scored."""
    if root["score"] is not None:
        return ()
    flags = root["flags"] or ()
    preventing = ("not_rateable",) if "not_rateable" in flags else _PREVENTING
    return tuple(labels.FLAGS[flag] for flag in flags if flag in preventing)


def _overlay(root: Mapping[str, Any]) -> Overlay | None:
    if root["grade"] is None and root["deduction_points"] is None:
        return None
    return Overlay(
        root["grade"], root["deduction_points"], root["score_after_deductions"], root["grade_reference"] or ""
    )


def _contract_order(tables: Iterable[str]) -> list[str]:
    found = set(tables)
    return [*(name for name in TABLES if name in found), *sorted(found - set(TABLES))]


def _table_name(table: str) -> str:
    return TABLES[table].title if table in TABLES else table


def _names_enterprises(table: str) -> bool:
    return table in TABLES and any(column.name == "enterprise_id" for column in TABLES[table].columns)


def _split(text: str | None) -> tuple[str, ...]:
    return tuple(part.strip() for part in (text or "").split(";") if part.strip())


def _scan(run_path: Path, table: str) -> pl.LazyFrame:
    path = run_path / f"{table}.parquet"
    if not path.is_file():
        raise ReportInputMissing(f"{path}: the run has not published this table, so no report can be made")
    return pl.scan_parquet(path, hive_partitioning=False)
