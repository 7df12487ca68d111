"""Evaluates one quarter: reads the run's marts, evaluates them, writes the published tables.

Order and column names are decided here; every number comes from a pure function of another module in this folder.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import published_periods
from pipeline.evaluate.inputs import (
    CountedMarts,
    data_as_of,
    examined_delivery,
    expert_judgements,
    grades_frame,
    inputs_by_place,
    purged_records,
    rows_elsewhere,
)
from pipeline.evaluate.run_info import RunRecord, run_info
from pipeline.evaluate.scores.score_tree import Conduct, score_table
from pipeline.evaluate.scores.scoring import keeps_best, targets_for, with_scores
from pipeline.evaluate.survey.weighting import validity_table, weigh_rounds, weighted_covariances, weighted_parts
from pipeline.evaluate.values.basis import stand_in_parts
from pipeline.evaluate.values.changes import ERROR_RATE, INDEX_CHANGE
from pipeline.evaluate.values.delivery import Delivery
from pipeline.evaluate.values.parts import PLACE, VALUE_SCHEMA, Comparison
from pipeline.evaluate.values.satisfaction import five_point_ratio, valid_only, with_unweighted_named, with_weights
from pipeline.evaluate.values.status import assign_status, enterprise_places, mark_provisional
from pipeline.evaluate.values.values import compare, variants
from pipeline.evaluate.weights.weight_set import WeightSet, build_weight_set
from pipeline.lake.damaged import set_aside_in
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.indicators import catalogue_frame
from pipeline.settings.plan import FALSIFIED_DATA, EvaluationPlan
from pipeline.validate.quarter import read_outcome
from schemas.contract import TABLES
from schemas.standard.catalogue import catalogue_version
from schemas.standard.edition import standard_edition
from schemas.standard.parameters import parameters
from schemas.standard.tree import nodes

_VALUE_COLUMNS = [
    "enterprise_id", "period", "window_kind", "scope_type", "scope_id", "indicator_id", "value", "numerator", "denominator",
    "sample_size", "ci_low", "ci_high", "ci_method", "within_limit_rate", "status", "status_reason", "is_provisional",
    "provisional_reason", "provisional_until",
    "requirement", "acceptable", "objective", "is_met", "is_objective_met", "is_distinguishable", "score",
    "previous_value", "part", "quarters_covered", "quarters_expected", "basis",
]  # fmt: skip
_VARIANT_COLUMNS = [
    *PLACE, "indicator_id", "variant", "value", "numerator", "denominator", "sample_size", "ci_low", "ci_high", "ci_method",
    "within_limit_rate",
]  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Evaluated:
    """The evaluation of the counts: the values of the enterprises themselves with verdicts, scores, surveys."""

    of_enterprises: pl.DataFrame
    scores: pl.DataFrame
    enterprises: list[str]
    survey_validity: pl.DataFrame
    survey_weights: pl.DataFrame


def evaluate_quarter(
    lake: Lake,
    quarter: Quarter,
    run: RunFolder,
    plan: EvaluationPlan,
    fingerprints: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, int]:
    """Write values, variants, weights with their evidence, scores, surveys and run_info; returns rows per table.

    fingerprints    SHA-256 of every settings file, by name

    Raises UsageError if the plan does not fit the catalogue, DataRefused if the expert judgements cannot be read.
    """
    if plan.file is not None:
        plan.check_catalogue(catalogue_frame(quarter))
    numbers = {name: parameter.value for name, parameter in parameters().items()}
    weights = build_weights(lake, quarter, plan)
    versions = {
        "standard_edition": standard_edition(),
        "catalogue_version": catalogue_version(quarter.last_day),
        "weights_version": weights.version,
        "data_as_of": data_as_of(lake, quarter),
    }
    rows = dict.fromkeys(("indicator_values", "indicator_variants"), 0)
    with run.in_parts("indicator_values") as add_values, run.in_parts("indicator_variants") as add_readings:

        def keep(values: pl.DataFrame, readings: pl.DataFrame) -> None:
            add_values(_versioned(values, versions))
            add_readings(readings)
            rows["indicator_values"] += values.height
            rows["indicator_variants"] += readings.height

        evaluated = evaluate_marts(CountedMarts.read(run.table), lake, quarter, plan, weights, keep)
    record = RunRecord(
        quarter, run.run_id, plan, weights, versions, numbers, evaluated.enterprises, stale_decisions(run),
        {name: read_outcome(lake, name, quarter) for name in TABLES}, purged_records(lake, quarter),
        rows_elsewhere(lake, quarter), fingerprints,
        {str(event["file"]): str(event["problem"]) for event in set_aside_in(lake, run.run_id)},
    )  # fmt: skip
    tables = {
        "weights": weights.table(),
        "weight_judgements": weights.judgements_table(),
        "weight_rounds": weights.rounds_table(),
        "scores": _versioned(_dated(evaluated.scores, quarter), versions),
        "survey_validity": evaluated.survey_validity,
        "survey_weights": evaluated.survey_weights,
        "run_info": run_info(record),
    }
    for name, table in tables.items():
        run.write(name, table)
    return rows | {name: table.height for name, table in tables.items()}


def build_weights(lake: Lake, quarter: Quarter, plan: EvaluationPlan) -> WeightSet:
    """The weights of a quarter by the experts' judgements and the plan."""
    numbers = {name: parameter.value for name, parameter in parameters().items()}
    node_frame = pl.DataFrame([dataclasses.asdict(node) for node in nodes().values()], infer_schema_length=None)
    return build_weight_set(expert_judgements(lake, quarter), node_frame, catalogue_frame(quarter), plan, numbers)


def evaluate_marts(
    marts: CountedMarts,
    lake: Lake,
    quarter: Quarter,
    plan: EvaluationPlan,
    weights: WeightSet,
    keep: Callable[[pl.DataFrame, pl.DataFrame], None] | None = None,
) -> Evaluated:
    """Evaluate the marts; of the lake only the delivery is read.

    keep    gets the values and the other readings, in parts in their order: all of them together may not fit into memory.
            None: only the enterprises themselves are evaluated
    """
    indicators = catalogue_frame(quarter)
    numbers = {name: parameter.value for name, parameter in parameters().items()}
    weighed = weigh_rounds(marts.survey_cells, plan.survey, numbers)
    validity = validity_table(marts.survey_rounds, weighed.rounds, plan.survey)
    periods = published_periods(quarter)
    enterprises = marts.coverage["enterprise_id"].unique().sort().to_list()
    places = _Places(
        quarter=quarter,
        plan=plan,
        marts=marts,
        indicators=indicators,
        numbers=numbers,
        delivery=examined_delivery(lake, quarter),
        weighted=weighted_parts(marts.survey_scores, weighed, periods),
        covariances=weighted_covariances(marts.survey_cell_pairs, weighed, periods),
        targets=targets_for(indicators, plan, enterprises).select(
            "enterprise_id", "indicator_id", "direction", "scoring_class", "requirement", "acceptable", "objective"
        ),
    )
    inputs = marts.inputs_of_enterprises()
    settled, _, _ = places.settled(inputs, enterprise_places(marts.coverage))
    undelivered, of_enterprises = _undelivered(settled), places.with_verdicts(settled)
    scores = score_table(of_enterprises, weights, plan, numbers, grades_frame(plan), _conduct(inputs, marts.coverage, plan))
    if keep is not None:
        with inputs_by_place(marts, places.without_inputs(), lake.scratch) as parts:
            for part, of_part in parts:
                keep(*places.evaluated(part, of_part, undelivered))
    return Evaluated(
        of_enterprises=of_enterprises.select(_VALUE_COLUMNS),
        scores=scores,
        enterprises=enterprises,
        survey_validity=validity,
        survey_weights=weighed.weights,
    )


@dataclasses.dataclass(frozen=True)
class _Places:
    """Evaluates places, some at a time: what is the same for all of them. Nothing of one place depends on another."""

    quarter: Quarter
    plan: EvaluationPlan
    marts: CountedMarts
    indicators: pl.DataFrame
    numbers: dict[str, float]
    delivery: Delivery
    weighted: pl.DataFrame
    covariances: pl.DataFrame
    targets: pl.DataFrame

    def without_inputs(self) -> pl.DataFrame:
        """Places that are evaluated although they may have no inputs."""
        others = (enterprise_places(self.marts.coverage), self.marts.statistics, self.weighted)
        return pl.concat([each.select(PLACE) for each in others]).unique()

    def evaluated(self, inputs: pl.DataFrame, places: pl.DataFrame, undelivered: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Values and other readings of some places, sorted.

        inputs          their rows of mart_period_inputs
        undelivered     see ``variants``
        """
        settled, comparison, beside = self.settled(inputs, places)
        readings = pl.concat(
            [
                variants(inputs, _of_places(self.marts.statistics, places), self.indicators, undelivered).pipe(
                    with_unweighted_named, _of_places(self.weighted, places)
                ),
                five_point_ratio(comparison.current, self.indicators).select(*PLACE, "indicator_id", "variant", *VALUE_SCHEMA),
                *beside,
            ]
        ).filter(pl.col("value").is_not_null())
        return (
            self.with_verdicts(settled).select(_VALUE_COLUMNS).sort([*PLACE, "indicator_id"]),
            readings.select(_VARIANT_COLUMNS).sort([*PLACE, "indicator_id", "variant"]),
        )

    def settled(self, inputs: pl.DataFrame, places: pl.DataFrame) -> tuple[pl.DataFrame, Comparison, list[pl.DataFrame]]:
        """Values with their status, the comparison they come from, and survey readings beside them."""
        pairs = _of_places(self.marts.survey_pairs, places)
        comparison = compare(inputs, self.indicators, self.numbers, pairs)
        weighted = _of_places(self.weighted, places)
        beside = [valid_only(inputs, self.indicators, self.numbers, pairs)]
        if not weighted.is_empty():
            covariances = _of_places(self.covariances, places)
            comparison, unweighted = with_weights(comparison, inputs, weighted, covariances, self.numbers)
            beside.append(unweighted)
        coverage, source_rows = self.marts.coverage, self.marts.source_rows
        settled = assign_status(
            comparison, self.indicators, coverage, source_rows, self.delivery, self.plan, places, stand_in_parts(inputs)
        )
        days = (self.marts.calendar, self.marts.working_day_reach)
        marked = mark_provisional(settled, self.indicators, coverage, source_rows, *days)
        return marked, comparison, beside

    def with_verdicts(self, settled: pl.DataFrame) -> pl.DataFrame:
        """Values with targets, scores and verdicts."""
        windows = self.marts.coverage.filter(pl.col("period_role") == "current").select("period", "window_kind").unique()
        return (
            with_scores(
                settled.join(self.targets, on=["enterprise_id", "indicator_id"], how="left", maintain_order="left")
                .join(windows, on="period", how="left", maintain_order="left")
                .pipe(_with_special_verdicts, self.indicators, self.quarter, self.numbers),
                self.numbers,
                self.plan.score_method,
            )
            .rename({"meets_objective": "is_objective_met"})
            .pipe(_explain_kept)
        )


def _of_places(rows: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    return rows.join(places, on=PLACE, how="semi")


def _with_special_verdicts(
    rows: pl.DataFrame, indicators: pl.DataFrame, quarter: Quarter, numbers: dict[str, float]
) -> pl.DataFrame:
    """Mark values already at their best (C-20), year-to-date counts of an open year (I3-1), and values not subject to chance
    (D-47).
    """
    counted_to_date = indicators.filter((pl.col("method") == "count") & (pl.col("period_rule") == "year_to_date"))["indicator_id"]
    best = {ERROR_RATE: (0.0, "lower"), INDEX_CHANGE: (numbers["improvement_ceiling_csi"], "higher")}
    improved = rows.with_row_index("row").filter(pl.col("indicator_id").is_in(list(best)))
    kept = [
        row["row"]
        for row in improved.select("row", "indicator_id", "numerator", "denominator").iter_rows(named=True)
        if keeps_best(
            None if row["denominator"] is None else row["denominator"] + _towards(row),
            row["denominator"],
            *best[row["indicator_id"]],
        )
    ]
    return rows.with_columns(
        keeps_best=pl.int_range(pl.len()).is_in(kept),
        is_year_open=pl.col("indicator_id").is_in(counted_to_date.implode())
        & pl.col("window_kind").is_in(["quarter", "year_to_date"])
        & pl.lit(quarter.number < 4),
        # minimum_n = 1 marks complete counts; changes have it because they need both periods, not many cases. A required rate
        # of 100 % has no room above it: whatever the sample, its interval reaches the requirement or lies below it.
        is_beyond_chance=((pl.col("minimum_n") == 1) & (pl.col("method") != "change"))
        | ((pl.col("method") == "rate") & (pl.col("requirement") == 1)),
    )


def _explain_kept(evaluated: pl.DataFrame) -> pl.DataFrame:
    """Give the reason why a change below its requirement counts as met: the level was and stayed at its ceiling (C-20)."""
    is_kept = pl.col("keeps_best") & pl.col("is_met") & pl.col("status_reason").is_null()
    return evaluated.with_columns(status_reason=pl.when(is_kept).then(pl.lit("ceiling_kept")).otherwise(pl.col("status_reason")))


def _towards(row: dict[str, Any]) -> float:
    """The difference now − before; change rows hold it, I4-1 as a reduction with the opposite sign."""
    difference = row["numerator"] or 0.0
    return -difference if row["indicator_id"] == ERROR_RATE else difference


def _undelivered(settled: pl.DataFrame) -> pl.DataFrame:
    missing = pl.col("status_reason").str.contains("^((table|column)_not_delivered|column_empty|day_precision):")
    return settled.filter(missing, pl.col("scope_type") == "enterprise").select("enterprise_id", "period", "indicator_id")


def _conduct(inputs: pl.DataFrame, coverage: pl.DataFrame, plan: EvaluationPlan) -> dict[tuple[str, str], Conduct]:
    """Inputs of the veto overlay per enterprise and period: fatal incidents from the records, findings from the plan.

    A finding counts in every period that contains its quarter.
    """
    fatal = inputs.filter(
        (pl.col("period_role") == "current")
        & (pl.col("scope_type") == "enterprise")
        & (pl.col("indicator_id") == "O4-1")
        & (pl.col("variant") == "fatal_incidents")
    )
    incidents = {(row["enterprise_id"], row["period"]): int(row["numerator"] or 0) for row in fatal.iter_rows(named=True)}
    found = {}
    for row in coverage.filter(pl.col("period_role") == "current").iter_rows(named=True):
        kinds = Counter(
            finding.kind
            for finding in plan.conduct
            if finding.enterprise_id == row["enterprise_id"]
            and row["first_day"] <= finding.period.first_day
            and finding.period.last_day <= row["last_day"]
        )
        key = row["enterprise_id"], row["period"]
        found[key] = Conduct(
            special_deductions=kinds.total() - kinds[FALSIFIED_DATA],
            fatal_incidents=incidents.get(key, 0),
            falsified_data=kinds[FALSIFIED_DATA],
        )
    return found


def stale_decisions(run: RunFolder) -> list[tuple[str, ...]]:
    """Decisions of the outlier review that are not applied because their point is not flagged."""
    decisions = pl.read_parquet(run.table("outlier_decisions"))
    columns = ("enterprise_id", "quarter", "table", "row_key", "measure", "decision")
    return list(decisions.filter(pl.col("status") == "stale").select(columns).iter_rows())


def _dated(scores: pl.DataFrame, quarter: Quarter) -> pl.DataFrame:
    """Scores with kind, first and last day of their period, behind it."""
    spans = pl.DataFrame(
        [
            (each.period, each.window_kind, each.first_day, each.last_day)
            for each in published_periods(quarter)
            if each.role == "current"
        ],
        schema={"period": pl.String, "window_kind": pl.String, "period_start": pl.Date, "period_end": pl.Date},
        orient="row",
    )
    columns = list(dict.fromkeys(("enterprise_id", *spans.columns, *scores.columns)))
    return scores.join(spans, on="period", how="left", maintain_order="left").select(columns)


def _versioned(table: pl.DataFrame, versions: dict[str, Any]) -> pl.DataFrame:
    kinds = {"data_as_of": pl.Datetime("us")}
    return table.with_columns(pl.lit(value, dtype=kinds.get(name, pl.String)).alias(name) for name, value in versions.items())
