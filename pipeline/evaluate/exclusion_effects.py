"""Effects of excluded records: compares the run's numbers with a second evaluation that includes the excluded records.

Only the comparison; the marts count and ``quarter.py`` evaluates. Nothing is built if no record is excluded.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.evaluate.analysis_plan import ANALYSIS_PLAN
from pipeline.evaluate.inputs import COUNTED_MARTS, CountedMarts
from pipeline.evaluate.quarter import build_weights, evaluate_marts
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from pipeline.marts.inputs import RunInputs, pinned_clean_files
from pipeline.marts.scratch import export_tables, scratch_folder
from pipeline.review.standing import IN_FORCE
from pipeline.settings.outlier_review import EXCLUDE
from pipeline.settings.plan import EvaluationPlan

if TYPE_CHECKING:
    from pipeline.marts.dbt_builder import DbtBuilder

EVALUATED_MODELS = COUNTED_MARTS
TOTAL = "total"
_KEY = ("enterprise_id", "period", "indicator_id")
EFFECT_SCHEMA = {
    "enterprise_id": pl.String,
    "period": pl.String,
    "indicator_id": pl.String,
    "value_with": pl.Float64,
    "value_without": pl.Float64,
    "difference": pl.Float64,
    "sample_size_with": pl.Int64,
    "sample_size_without": pl.Int64,
    "score_with": pl.Float64,
    "score_without": pl.Float64,
    "is_met_with": pl.Boolean,
    "is_met_without": pl.Boolean,
    "is_verdict_changed": pl.Boolean,
}
"""``_with``: with the excluded records; ``_without``: as published. Difference: without − with, in the indicator's unit."""


def write_effects(lake: Lake, quarter: Quarter, run: RunFolder, plan: EvaluationPlan, dbt: DbtBuilder) -> int:
    """Write ``outlier_effects`` into the run's folder; returns the number of rows, 0 if no record is excluded.

    Reads outlier_decisions, indicator_values and scores of the run. The marts are rebuilt in a separate scratch database
    from the same files without exclusions.
    """
    decisions = pl.read_parquet(run.table("outlier_decisions"))
    holding = (pl.col("decision") == EXCLUDE) & (pl.col("status") == IN_FORCE)
    effects = pl.DataFrame(schema=EFFECT_SCHEMA)
    if not decisions.filter(holding).is_empty():
        with (
            scratch_folder(lake, f"{run.run_id}-with-excluded") as scratch,
            pinned_clean_files(quarter, lake) as files,
        ):
            dbt.build_models(COUNTED_MARTS, RunInputs(quarter, files), scratch)
            with dbt.tables(scratch) as tables:
                export_tables(tables, lambda name: scratch / f"{name}.parquet", COUNTED_MARTS, plan.privacy)
            marts = CountedMarts.read(lambda name: scratch / f"{name}.parquet")
            # Which analyses are run is not for the excluded records to say.
            planned = pl.read_parquet(run.table(ANALYSIS_PLAN))
            evaluated = evaluate_marts(marts, lake, quarter, plan, build_weights(lake, quarter, plan), planned)
        effects = compared(
            nodes_and_indicators(evaluated.of_enterprises, evaluated.scores),
            nodes_and_indicators(_of_enterprises(run.table("indicator_values")), pl.read_parquet(run.table("scores"))),
        )
    return run.write("outlier_effects", effects).height


def _of_enterprises(values: Path) -> pl.DataFrame:
    return pl.scan_parquet(values).filter(pl.col("scope_type") == "enterprise").collect(engine="streaming")


def nodes_and_indicators(values: pl.DataFrame, scores: pl.DataFrame) -> pl.DataFrame:
    """One row per enterprise × period × indicator at enterprise scope, plus one for the total (id ``total``)."""
    indicators = values.filter(pl.col("scope_type") == "enterprise").select(*_KEY, "value", "sample_size", "score", "is_met")
    totals = scores.filter(pl.col("level") == TOTAL).select(
        "enterprise_id",
        "period",
        pl.lit(TOTAL).alias("indicator_id"),
        pl.lit(None, pl.Float64).alias("value"),
        pl.lit(None, indicators.schema["sample_size"]).alias("sample_size"),
        "score",
        pl.lit(None, pl.Boolean).alias("is_met"),
    )
    return pl.concat([indicators, totals])


def compared(with_excluded: pl.DataFrame, without: pl.DataFrame) -> pl.DataFrame:
    """The sorted rows (EFFECT_SCHEMA) whose value, sample size, score or verdict differs between the two evaluations.

    Includes values that exist in only one of them.
    """
    both = with_excluded.join(without, on=_KEY, how="full", coalesce=True, suffix="_without").rename(
        {name: f"{name}_with" for name in ("value", "sample_size", "score", "is_met")}
    )
    differs = pl.any_horizontal(
        pl.col(f"{name}_with").ne_missing(pl.col(f"{name}_without")) for name in ("value", "sample_size", "score", "is_met")
    )
    return (
        both.filter(differs)
        .with_columns(
            difference=pl.col("value_without") - pl.col("value_with"),
            is_verdict_changed=pl.col("is_met_with").ne_missing(pl.col("is_met_without")),
        )
        .select(list(EFFECT_SCHEMA))
        .cast(EFFECT_SCHEMA)  # type: ignore[arg-type]
        .sort(_KEY)
    )
