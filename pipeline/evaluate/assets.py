"""Dagster assets of the evaluation: values, weights, scores and the record of versions and choices.

The mathematics is in this folder's pure functions; here is only what Dagster needs to know.
"""

from collections.abc import Iterator

import dagster as dg

from pipeline.evaluate.quarter import evaluate_quarter
from pipeline.partitions import GATHERED, OWNERS, gathered_metadata, one_quarter_a_run, quarter_of, quarterly
from pipeline.progress import announce
from pipeline.resources import Places

_TABLES = {
    "indicator_values": "One row per enterprise × period × scope × indicator: value, 95 % interval, status, requirement, score.",
    "indicator_variants": "One row per enterprise × period × scope × indicator × variant: other readings and percentiles.",
    "weights": "One row per node of the indicator tree: raw and projected weight, consistency ratio, experts, method.",
    "scores": "One row per enterprise × period × node of the indicator tree: weight, score, scored coverage.",
    "run_info": "One row per version or choice that this run's numbers depend on.",
}
_INPUTS = (
    *("mart_period_inputs", "mart_duration_statistics", "mart_period_coverage", "mart_source_rows"),
    *("dim_calendar", "indicator_catalogue", "evaluation_nodes", "parameters", "grades", "standard_edition"),
)


@dg.multi_asset(
    name="evaluation",
    specs=[
        dg.AssetSpec(
            name,
            deps=[*_INPUTS, *([dg.AssetKey(["clean", "expert_judgements"])] if name == "weights" else [])],
            group_name="evaluate",
            description=f"{description} {GATHERED}",
            kinds={"python", "polars"},
            owners=OWNERS,
        )
        for name, description in _TABLES.items()
    ],
    partitions_def=quarterly,
    backfill_policy=one_quarter_a_run,
)
def evaluation(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult]:
    """Judge the quarter's counts by the catalogue, the weights and the plan."""
    settings, quarter = places.settings(), quarter_of(context)
    announce("evaluate", "values, weights, scores")
    plan = places.evaluation_plan()
    rows = evaluate_quarter(settings.lake, quarter, places.run_folder(quarter, context.run.run_id), plan)
    metadata = gathered_metadata(context, quarter)
    for name in _TABLES:
        yield dg.MaterializeResult(asset_key=name, metadata={**metadata, "dagster/row_count": rows[name]})
