"""Assembles the evaluation of one quarter: reads the marts of the run, judges them, writes the published tables.

Order and column names are decided here; every number comes from a pure function of its neighbours.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from typing import Any

import duckdb
import polars as pl
import pyarrow.parquet as pq

from pipeline.evaluate.plan import EvaluationPlan
from pipeline.evaluate.score_tree import Conduct, score_table
from pipeline.evaluate.scoring import judge, keeps_best, targets_for
from pipeline.evaluate.status import Delivery, mark_provisional, settle
from pipeline.evaluate.values import ERROR_RATE, INDEX_CHANGE, PLACE, VALUE_SCHEMA, compare, five_point_ratio, variants
from pipeline.evaluate.weights import WeightSet, build_weight_set
from pipeline.lake import Lake, atomic_path
from pipeline.publication import RunFolder
from pipeline.quarters import Quarter
from schemas.contract import TABLES
from schemas.standard import SEEDS, catalogue, catalogue_version, nodes, parameters, standard_edition

_VALUE_COLUMNS = [
    "enterprise_id", "period", "window_kind", "scope_type", "scope_id", "indicator_id", "value", "numerator", "denominator",
    "sample_size", "ci_low", "ci_high", "ci_method", "within_limit_rate", "status", "status_reason", "is_provisional",
    "provisional_reason", "requirement", "acceptable", "objective", "is_met", "is_objective_met", "is_distinguishable", "score",
    "previous_value", "part", "quarters_covered", "quarters_expected",
]  # fmt: skip
_VARIANT_COLUMNS = [
    *PLACE, "indicator_id", "variant", "value", "numerator", "denominator", "sample_size", "ci_low", "ci_high", "ci_method",
    "within_limit_rate",
]  # fmt: skip


def evaluate_quarter(lake: Lake, quarter: Quarter, run: RunFolder, plan: EvaluationPlan) -> dict[str, int]:
    """Write indicator_values, indicator_variants, weights, scores and run_info; returns rows per table.

    Raises UsageError where the plan does not fit the catalogue, DataRefused where expert judgements cannot be read.
    """
    indicators = catalogue_frame(quarter)
    numbers = {name: parameter.value for name, parameter in parameters().items()}
    node_frame = pl.DataFrame([dataclasses.asdict(node) for node in nodes().values()], infer_schema_length=None)
    inputs, statistics, coverage, source_rows = (
        pl.read_parquet(run.table(name))
        for name in ("mart_period_inputs", "mart_duration_statistics", "mart_period_coverage", "mart_source_rows")
    )
    as_of = data_as_of(lake, quarter)
    comparison = compare(inputs, indicators, numbers)
    settled = settle(comparison, indicators, coverage, source_rows, read_delivery(lake, quarter), plan)
    settled = mark_provisional(settled, indicators, coverage, pl.read_parquet(run.table("dim_calendar")), as_of)
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
    weights = build_weight_set(_judgements(lake, quarter), node_frame, indicators, plan, numbers)
    of_enterprises = judged.filter(pl.col("scope_type") == "enterprise")
    scores = score_table(of_enterprises, weights, plan, numbers, _grades(plan), _conduct(inputs))
    readings = pl.concat(
        [
            variants(inputs, statistics, indicators, _undelivered(settled)),
            five_point_ratio(comparison.current, indicators).select(*PLACE, "indicator_id", "variant", *VALUE_SCHEMA),
        ]
    ).filter(pl.col("value").is_not_null())
    versions = {
        "standard_edition": standard_edition(),
        "catalogue_version": catalogue_version(quarter.last_day),
        "weights_version": weights.version,
        "data_as_of": as_of,
    }
    tables = {
        "indicator_values": _versioned(judged.select(_VALUE_COLUMNS).sort([*PLACE, "indicator_id"]), versions, run),
        "indicator_variants": _versioned(readings.select(_VARIANT_COLUMNS).sort([*PLACE, "indicator_id", "variant"]), {}, run),
        "weights": _versioned(weights.table(), {}, run),
        "scores": _versioned(scores, versions, run),
        "run_info": _run_info(quarter, run, plan, weights, versions),
    }  # fmt: skip
    for name, table in tables.items():
        with atomic_path(run.table(name)) as path:
            table.write_parquet(path, compression="zstd", statistics=False)
    return {name: table.height for name, table in tables.items()}


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
    """The latest event that the records of the quarter or of the look-ahead hold; the quarter's first day without any."""
    latest = dt.datetime.combine(quarter.first_day, dt.time())
    with duckdb.connect() as connection:
        for table in TABLES.values():
            if table.event is None:
                continue
            for each in (quarter, quarter.shift(1)):
                path = lake.partition("clean", table.name, each)
                if path.exists():
                    found = connection.execute(
                        f"select max({table.event.name})::timestamp "
                        "from read_parquet($path, hive_partitioning = false)",
                        {"path": str(path)},
                    ).fetchone()
                    if found and found[0] is not None and found[0].date() < quarter.shift(1).end_day:
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


def _with_special_verdicts(
    rows: pl.DataFrame, indicators: pl.DataFrame, quarter: Quarter, numbers: dict[str, float]
) -> pl.DataFrame:
    """Mark where nothing was left to improve (C-20), and year-to-date counts whose year is still open (I3-1)."""
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


def _conduct(inputs: pl.DataFrame) -> dict[tuple[str, str], Conduct]:
    """Fatal incidents per enterprise and period: what the veto overlay asks."""
    fatal = inputs.filter(
        (pl.col("period_role") == "current")
        & (pl.col("scope_type") == "enterprise")
        & (pl.col("indicator_id") == "O4-1")
        & (pl.col("variant") == "fatal_incidents")
    )
    return {
        (row["enterprise_id"], row["period"]): Conduct(fatal_incidents=int(row["numerator"]))
        for row in fatal.iter_rows(named=True)
    }


def _versioned(table: pl.DataFrame, versions: dict[str, Any], run: RunFolder) -> pl.DataFrame:
    kinds = {"data_as_of": pl.Datetime("us")}
    return table.with_columns(
        *(pl.lit(value, dtype=kinds.get(name, pl.String)).alias(name) for name, value in versions.items()),
        pl.lit(run.run_id).alias("run_id"),
    )


def _run_info(
    quarter: Quarter, run: RunFolder, plan: EvaluationPlan, weights: WeightSet, versions: dict[str, Any]
) -> pl.DataFrame:
    limits = ", ".join(
        [f"{plan.refused_limits.default:g}", *(f"{k} {v:g}" for k, v in sorted(plan.refused_limits.tables.items()))]
    )
    rows = [
        ("quarter", quarter.label, "评价季度"),
        ("run_id", run.run_id, "运行编号"),
        ("standard_edition", versions["standard_edition"], "标准版本"),
        ("catalogue_version", versions["catalogue_version"], "指标目录版本"),
        ("weights_version", versions["weights_version"], "权重版本"),
        ("data_as_of", versions["data_as_of"].isoformat(sep=" "), "数据截止时间"),
        ("mode", plan.mode, "评价方式"),
        ("score_method", plan.score_method, "计分方法"),
        ("compound_method", plan.compound_method, "复合指标合成方法"),
        ("ahp_method", plan.ahp_method, "层次分析法权重算法"),
        ("random_index", plan.random_index, "随机一致性指标表"),
        ("experts", str(max((edge.experts for edge in weights.edges), default=0)), "采用判断矩阵的专家数"),
        ("returned_judgements", str(len(weights.returned)), "退回的判断矩阵数"),
        ("pseudonym_algorithm", plan.pseudonym_algorithm, "假名化算法"),
        ("refused_limits", limits, "拒收行占比上限"),
        ("targets_of_plan", str(len(plan.targets)), "评价方案设定的目标数"),
        ("not_applicable_of_plan", str(len(plan.not_applicable)), "评价方案认定的不适用指标数"),
    ]  # fmt: skip
    return pl.DataFrame(
        rows, schema={"key": pl.String, "value": pl.String, "label_zh": pl.String}, orient="row"
    ).with_columns(quarter=pl.lit(quarter.label), run_id=pl.lit(run.run_id))
