"""Assembles the evaluation of one quarter: reads the marts of the run, judges them, writes the published tables.

Order and column names are decided here; every number comes from a pure function of its neighbours.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow.parquet as pq

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import counted_quarters, published_periods, read_quarters
from pipeline.evaluate.run_info import Purged, ReviewedOutliers, run_info
from pipeline.evaluate.scores.score_tree import Conduct, score_table
from pipeline.evaluate.scores.scoring import judge, keeps_best, targets_for
from pipeline.evaluate.survey.weighting import refused_as_repeated, validity_table, weigh_rounds, weighted_parts
from pipeline.evaluate.values.status import Delivery, mark_provisional, settle
from pipeline.evaluate.values.values import (
    ERROR_RATE,
    INDEX_CHANGE,
    PLACE,
    VALUE_SCHEMA,
    compare,
    five_point_ratio,
    valid_only,
    variants,
    with_weights,
)
from pipeline.evaluate.weights.weight_set import WeightSet, build_weight_set
from pipeline.extract.writer import read_metadata
from pipeline.lake.layout import Lake, atomic_path
from pipeline.lake.provenance import PSEUDONYM_KEY, is_purged
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.plan import FALSIFIED_DATA, EvaluationPlan
from pipeline.validate.quarter import read_outcome
from schemas.contract import TABLES
from schemas.standard.catalogue import SEEDS, catalogue, catalogue_version, nodes, parameters, standard_edition

_VALUE_COLUMNS = [
    "enterprise_id", "period", "window_kind", "scope_type", "scope_id", "indicator_id", "value", "numerator", "denominator",
    "sample_size", "ci_low", "ci_high", "ci_method", "within_limit_rate", "status", "status_reason", "is_provisional",
    "provisional_reason", "requirement", "acceptable", "objective", "is_met", "is_objective_met", "is_distinguishable", "score",
    "previous_value", "part", "quarters_covered", "quarters_expected",
]  # fmt: skip
COUNTED_MARTS = (
    "mart_period_inputs",
    "mart_duration_statistics",
    "mart_period_coverage",
    "mart_source_rows",
    "dim_calendar",
    "mart_survey_cells",
    "mart_survey_scores",
    "mart_survey_validity",
)
"""The tables of ``CountedMarts``, in its order."""
# When a record shows that something had happened, for tables whose event may have been planned ahead; None: never.
_HAPPENED = {"onsite_visits": "greatest(arrived_at, completed_at)", "improvement_projects": None}
_VARIANT_COLUMNS = [
    *PLACE, "indicator_id", "variant", "value", "numerator", "denominator", "sample_size", "ci_low", "ci_high", "ci_method",
    "within_limit_rate",
]  # fmt: skip


@dataclasses.dataclass(frozen=True)
class CountedMarts:
    """What the marts counted, as far as the evaluation reads it."""

    inputs: pl.DataFrame
    statistics: pl.DataFrame
    coverage: pl.DataFrame
    source_rows: pl.DataFrame
    calendar: pl.DataFrame
    survey_cells: pl.DataFrame
    survey_scores: pl.DataFrame
    survey_rounds: pl.DataFrame

    @classmethod
    def read(cls, file_of: Callable[[str], Path]) -> CountedMarts:
        """Read them from the Parquet files that ``file_of`` names by table."""
        return cls(*(pl.read_parquet(file_of(name)) for name in COUNTED_MARTS))


@dataclasses.dataclass(frozen=True)
class Judged:
    """What the counts come to: indicator values with their verdicts, other readings, weights, scores."""

    values: pl.DataFrame
    readings: pl.DataFrame
    weights: WeightSet
    scores: pl.DataFrame
    enterprises: list[str]
    survey_validity: pl.DataFrame
    survey_weights: pl.DataFrame


def evaluate_quarter(
    lake: Lake,
    quarter: Quarter,
    run: RunFolder,
    plan: EvaluationPlan,
    plan_file: Path | None = None,
    review_sha256: str | None = None,
) -> dict[str, int]:
    """Write values, variants, weights with their evidence, scores, surveys and run_info; returns rows per table.

    plan_file       what the plan was read from; None where the defaults hold
    review_sha256   hash of the review of outliers; None where there is none

    Raises UsageError where the plan does not fit the catalogue, DataRefused where expert judgements cannot be read.
    """
    if plan_file is not None:
        plan.check_catalogue(catalogue_frame(quarter), source=str(plan_file))
    judged = judge_marts(CountedMarts.read(run.table), lake, quarter, plan)
    numbers = {name: parameter.value for name, parameter in parameters().items()}
    weights = judged.weights
    versions = {
        "standard_edition": standard_edition(),
        "catalogue_version": catalogue_version(quarter.last_day),
        "weights_version": weights.version,
        "data_as_of": data_as_of(lake, quarter),
    }
    reviewed = reviewed_outliers(run, review_sha256)
    tables = {
        "indicator_values": _versioned(judged.values, versions, run),
        "indicator_variants": _versioned(judged.readings, {}, run),
        "weights": _versioned(weights.table(), {}, run),
        "weight_judgements": _versioned(weights.judgements_table(), {}, run),
        "weight_rounds": _versioned(weights.rounds_table(), {}, run),
        "scores": _versioned(judged.scores, versions, run),
        "survey_validity": _versioned(judged.survey_validity, {}, run),
        "survey_weights": _versioned(judged.survey_weights, {}, run),
        "run_info": run_info(quarter, run.run_id, plan, plan_file, weights, versions, numbers, judged.enterprises, reviewed,
            {name: read_outcome(lake, name, quarter) for name in TABLES}, purged_records(lake, quarter),
        ),
    }  # fmt: skip
    for name, table in tables.items():
        with atomic_path(run.table(name)) as path:
            table.write_parquet(path, compression="zstd", statistics=False)
    return {name: table.height for name, table in tables.items()}


def judge_marts(marts: CountedMarts, lake: Lake, quarter: Quarter, plan: EvaluationPlan) -> Judged:
    """Values, verdicts, weights and scores of what was counted; reads of the lake only what was delivered and judged."""
    indicators = catalogue_frame(quarter)
    numbers = {name: parameter.value for name, parameter in parameters().items()}
    node_frame = pl.DataFrame([dataclasses.asdict(node) for node in nodes().values()], infer_schema_length=None)
    inputs, statistics, coverage, source_rows = marts.inputs, marts.statistics, marts.coverage, marts.source_rows
    comparison = compare(inputs, indicators, numbers)
    weighed = weigh_rounds(marts.survey_cells, plan.survey, numbers)
    weighted = weighted_parts(marts.survey_scores, weighed, published_periods(quarter))
    beside = [valid_only(inputs, indicators, numbers)]
    if not weighted.is_empty():
        comparison, unweighted = with_weights(comparison, inputs, weighted, numbers)
        beside.append(unweighted)
    validity = validity_table(
        marts.survey_rounds, weighed.rounds, refused_as_repeated(lake, counted_quarters(quarter)), plan.survey
    )
    settled = settle(comparison, indicators, coverage, source_rows, read_delivery(lake, quarter), plan)
    settled = mark_provisional(settled, indicators, coverage, source_rows, marts.calendar)
    enterprises = coverage["enterprise_id"].unique().sort().to_list()
    targets = targets_for(indicators, plan, enterprises).select(
        "enterprise_id", "indicator_id", "direction", "scoring_class", "requirement", "acceptable", "objective"
    )
    judged = judge(
        settled.join(targets, on=["enterprise_id", "indicator_id"], how="left", maintain_order="left")
        .join(
            coverage.filter(pl.col("period_role") == "current").select("period", "window_kind").unique(),
            on="period",
            how="left",
            maintain_order="left",
        )
        .pipe(_with_special_verdicts, indicators, quarter, numbers),
        numbers,
        plan.score_method,
    ).rename({"meets_objective": "is_objective_met"})
    judged = judged.pipe(_explain_kept)
    weights = build_weight_set(_judgements(lake, quarter), node_frame, indicators, plan, numbers)
    of_enterprises = judged.filter(pl.col("scope_type") == "enterprise")
    scores = score_table(of_enterprises, weights, plan, numbers, _grades(plan), _conduct(inputs, coverage, plan))
    readings = pl.concat(
        [
            variants(inputs, statistics, indicators, _undelivered(settled)),
            five_point_ratio(comparison.current, indicators).select(*PLACE, "indicator_id", "variant", *VALUE_SCHEMA),
            *beside,
        ]
    ).filter(pl.col("value").is_not_null())
    return Judged(
        values=judged.select(_VALUE_COLUMNS).sort([*PLACE, "indicator_id"]),
        readings=readings.select(_VARIANT_COLUMNS).sort([*PLACE, "indicator_id", "variant"]),
        weights=weights,
        scores=scores,
        enterprises=enterprises,
        survey_validity=validity,
        survey_weights=weighed.weights,
    )


def catalogue_frame(quarter: Quarter) -> pl.DataFrame:
    """The indicator catalogue in force on the quarter's last day, one row per indicator, in the standard's order."""
    rows = [dataclasses.asdict(indicator) for indicator in catalogue(quarter.last_day).values()]
    lists = ("source_tables", "source_columns", "decisions")
    return pl.DataFrame(
        [{name: list(value) if name in lists else value for name, value in row.items()} for row in rows],
        infer_schema_length=None,
        schema_overrides={
            **dict.fromkeys(lists, pl.List(pl.String)),
            **dict.fromkeys(("requirement", "acceptable", "objective", "unit_divisor", "multiplier"), pl.Float64),
        },
    )


def data_as_of(lake: Lake, quarter: Quarter) -> dt.datetime:
    """The latest event that the records of the quarter or of the look-ahead hold; the quarter's first day without any.

    Appointments of visits and planned starts of projects are no events: they may lie ahead of what is known.
    """
    latest = dt.datetime.combine(quarter.first_day, dt.time())
    end = dt.datetime.combine(quarter.shift(1).end_day, dt.time())
    with duckdb.connect() as connection:
        for table in TABLES.values():
            happened_at = _HAPPENED.get(table.name, table.event.name if table.event else None)
            if happened_at is None:
                continue
            for each in (quarter, quarter.shift(1)):
                path = lake.partition("clean", table.name, each)
                if path.exists():
                    found = connection.execute(
                        f"select max(({happened_at})::timestamp) filter (where {happened_at} < $end) "
                        "from read_parquet($path, hive_partitioning = false)",
                        {"path": str(path), "end": end},
                    ).fetchone()
                    if found and found[0] is not None:
                        latest = max(latest, found[0])
    return latest


def read_delivery(lake: Lake, quarter: Quarter) -> Delivery:
    """What the landing folder held, from the marks that the extract stage left on the raw partitions."""
    tables, columns = {}, {}
    for name in TABLES:
        marks = pq.read_metadata(lake.partition("raw", name, quarter)).metadata or {}
        tables[name] = marks.get(b"delivered") == b"true"
        columns[name] = frozenset(json.loads(marks.get(b"delivered_columns", b"[]")))
    return Delivery(tables, columns)


def purged_records(lake: Lake, quarter: Quarter) -> Purged:
    """What of the quarter is evaluated without its records, and which quarters of its windows keep another key's pseudonyms."""
    raw = {name: lake.partition("raw", name, quarter) for name in TABLES}
    # Of an empty partition nothing was removed.
    tables = [name for name, path in raw.items() if is_purged(path) and pq.read_metadata(path).num_rows]
    other_key = set()
    for table in TABLES.values():
        if not any(column.pii for column in table.columns):
            continue
        wanted = read_metadata(lake.partition("clean", table.name, quarter)).get(PSEUDONYM_KEY)
        for each in read_quarters(quarter) if table.has_quarters else []:
            clean = lake.partition("clean", table.name, each)
            if clean.is_file() and read_metadata(clean).get(PSEUDONYM_KEY) != wanted:
                other_key.add(each)
    return Purged(tuple(tables), tuple(sorted(other_key)))


def _with_special_verdicts(
    rows: pl.DataFrame, indicators: pl.DataFrame, quarter: Quarter, numbers: dict[str, float]
) -> pl.DataFrame:
    """Mark where nothing was left to improve (C-20), year-to-date counts whose year is still open (I3-1), and what chance has
    no part in (D-47).
    """
    counted_to_date = indicators.filter((pl.col("method") == "count") & (pl.col("period_rule") == "year_to_date"))[
        "indicator_id"
    ]
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
        # A minimum of one case marks what is counted in full; changes have one because they need both sides, not many cases. A
        # duty of all has no room above it: its interval reaches the requirement or lies below it whatever the sample.
        is_beyond_chance=((pl.col("minimum_n") == 1) & (pl.col("method") != "change"))
        | ((pl.col("method") == "rate") & (pl.col("requirement") == 1)),
    )


def _explain_kept(judged: pl.DataFrame) -> pl.DataFrame:
    """Say why a change that misses its requirement is met: the level was at its ceiling and stayed there (C-20)."""
    is_kept = pl.col("keeps_best") & pl.col("is_met") & pl.col("status_reason").is_null()
    return judged.with_columns(
        status_reason=pl.when(is_kept).then(pl.lit("ceiling_kept")).otherwise(pl.col("status_reason"))
    )


def _towards(row: dict[str, Any]) -> float:
    """From the level before to the level now: a change row holds the difference, for I4-1 counted as a reduction."""
    difference = row["numerator"] or 0.0
    return -difference if row["indicator_id"] == ERROR_RATE else difference


def _undelivered(settled: pl.DataFrame) -> pl.DataFrame:
    missing = pl.col("status_reason").str.contains("^(table|column)_not_delivered:")
    return settled.filter(missing, pl.col("scope_type") == "enterprise").select(
        "enterprise_id", "period", "indicator_id"
    )


def _judgements(lake: Lake, quarter: Quarter) -> pl.DataFrame:
    columns = list(TABLES["expert_judgements"].polars_schema)
    return pl.read_parquet(lake.partition("clean", "expert_judgements", quarter), columns=columns)


def _grades(plan: EvaluationPlan) -> pl.DataFrame | None:
    return pl.read_csv(SEEDS / "grades.csv") if plan.overlays.grade or plan.overlays.veto else None


def _conduct(inputs: pl.DataFrame, coverage: pl.DataFrame, plan: EvaluationPlan) -> dict[tuple[str, str], Conduct]:
    """What the veto overlay looks at per enterprise and period: fatal incidents of the records, findings of the plan.

    A finding counts in every period that holds its quarter.
    """
    fatal = inputs.filter(
        (pl.col("period_role") == "current")
        & (pl.col("scope_type") == "enterprise")
        & (pl.col("indicator_id") == "O4-1")
        & (pl.col("variant") == "fatal_incidents")
    )
    incidents = {
        (row["enterprise_id"], row["period"]): int(row["numerator"] or 0) for row in fatal.iter_rows(named=True)
    }
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


def reviewed_outliers(run: RunFolder, review_sha256: str | None) -> ReviewedOutliers:
    """What the run has to say of its review of outliers."""
    decisions = pl.read_parquet(run.table("outlier_decisions"))
    stale = decisions.filter(pl.col("status") == "stale")
    return ReviewedOutliers(
        sha256=review_sha256,
        stale=tuple(stale.select("enterprise_id", "quarter", "table", "row_key", "measure", "decision").iter_rows()),
    )


def _versioned(table: pl.DataFrame, versions: dict[str, Any], run: RunFolder) -> pl.DataFrame:
    kinds = {"data_as_of": pl.Datetime("us")}
    return table.with_columns(
        *(pl.lit(value, dtype=kinds.get(name, pl.String)).alias(name) for name, value in versions.items()),
        pl.lit(run.run_id).alias("run_id"),
    )
