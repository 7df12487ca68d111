"""Dagster assets of the evaluation: values, weights, scores, rule results, and the record of versions and choices.

The mathematics is in this folder's pure functions; here is only what Dagster needs to know.
"""

from collections.abc import Iterator

import dagster as dg

from pipeline import flow
from pipeline.evaluate.exclusion_effects import EVALUATED_MODELS, write_effects
from pipeline.evaluate.quarter import evaluate_quarter
from pipeline.evaluate.rules.results import write_rule_results
from pipeline.marts.dbt_builder import DbtBuilder
from pipeline.stage.partitions import GATHERED, OWNERS, gathered_metadata, one_quarter_a_run, quarter_of, quarterly
from pipeline.stage.places import Places
from pipeline.stage.progress import announce

_TABLES = {
    "indicator_values": "One row per enterprise × period × scope × indicator: value, 95 % interval, status, requirement, score.",
    "indicator_variants": "One row per enterprise × period × scope × indicator × variant: other readings and percentiles.",
    "weights": "One row per node of the indicator tree: raw and projected weight, consistency, experts, dispersion, method.",
    "weight_judgements": "One row per expert × Delphi round × parent: consistency of the matrix, whether it counts, and why not.",
    "weight_rounds": "One row per parent × Delphi round: experts, returned matrices and their agreement (Kendall's W).",
    "scores": "One row per enterprise × period × node of the indicator tree: weight, score, scored coverage.",
    "survey_validity": "One row per enterprise × quarter × satisfaction survey round: flags, modes, response rate, weights.",
    "survey_weights": "One row per enterprise × quarter × survey round × region × channel: responses and the weight of each.",
    "run_info": "One row per version, choice or warning that this run's numbers depend on.",
}
_INPUTS = (
    *("mart_period_inputs", "mart_duration_statistics", "mart_period_coverage", "mart_source_rows"),
    *("mart_survey_validity", "mart_survey_cells", "mart_survey_scores"),
    *("dim_calendar", "indicator_catalogue", "evaluation_nodes", "parameters", "grades", "standard_edition"),
    "outlier_decisions",
)


@dg.multi_asset(
    name="evaluation",
    specs=[
        dg.AssetSpec(
            name,
            deps=[*_INPUTS, *([dg.AssetKey(["clean", "expert_judgements"])] if name.startswith("weight") else [])],
            group_name=flow.EVALUATE,
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
    announce(flow.EVALUATE, "values, weights, scores")
    plan = places.evaluation_plan()
    run = places.run_folder(quarter, context.run.run_id)
    rows = evaluate_quarter(settings.lake, quarter, run, plan, places.outlier_review().sha256)
    metadata = gathered_metadata(context, quarter)
    for name in _TABLES:
        yield dg.MaterializeResult(asset_key=name, metadata={**metadata, "dagster/row_count": rows[name]})


@dg.asset(
    deps=[
        *("mart_rule_evidence", "mart_period_coverage", "mart_source_rows", "weights", "row_accounting", "quarantine"),
        "survey_validity",
        "outlier_groups",
        *("cleaning_log", "row_reconciliation"),
        *(
            "process_rules",
            "parameters",
            "indicator_catalogue",
            "evaluation_nodes",
            "holiday_notices",
            "standard_edition",
        ),
    ],
    group_name=flow.EVALUATE,
    description=f"One row per enterprise × period × process rule PR-01 … PR-97: result, evidence, due date. {GATHERED}",
    kinds={"python", "polars"},
    owners=OWNERS,
    partitions_def=quarterly,
    backfill_policy=one_quarter_a_run,
)
def rule_results(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Judge the process rules by what the run has counted, weighed and validated."""
    quarter = quarter_of(context)
    announce(flow.EVALUATE, "process rules")
    run = places.run_folder(quarter, context.run.run_id)
    results = write_rule_results(places.settings().lake, quarter, run, places.evaluation_plan())
    return dg.MaterializeResult(
        metadata={**gathered_metadata(context, quarter), "dagster/row_count": sum(results.values()), **results}
    )


@dg.asset(
    deps=[*EVALUATED_MODELS, "outlier_decisions", "indicator_values", "scores"],
    group_name=flow.EVALUATE,
    description=(
        "One row per enterprise × period × indicator (and total) that excluded records change: with and without them. "
        + GATHERED
    ),
    kinds={"dbt", "duckdb", "polars"},
    owners=OWNERS,
    partitions_def=quarterly,
    backfill_policy=one_quarter_a_run,
)
def outlier_effects(context: dg.AssetExecutionContext, places: Places, dbt: DbtBuilder) -> dg.MaterializeResult:
    """Where records are excluded, evaluate the quarter a second time with them."""
    settings, quarter = places.settings(), quarter_of(context)
    announce(flow.EVALUATE, "effects of excluded records")
    run = places.run_folder(quarter, context.run.run_id)
    rows = write_effects(settings.lake, quarter, run, places.evaluation_plan(), dbt)
    return dg.MaterializeResult(metadata={**gathered_metadata(context, quarter), "dagster/row_count": rows})
