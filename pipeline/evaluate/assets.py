"""Dagster assets of the evaluation: values, weights, scores, rule results, and the record of versions and choices.

Only what Dagster needs to know; the mathematics is in this folder's pure functions.
"""

from collections.abc import Iterator

import dagster as dg

from pipeline import flow
from pipeline.evaluate.analysis_plan import ANALYSIS_PLAN, PLANNED_BY, write_analysis_plan
from pipeline.evaluate.exclusion_effects import EVALUATED_MODELS, write_effects
from pipeline.evaluate.quarter import evaluate_quarter
from pipeline.evaluate.rules.results import write_rule_results
from pipeline.marts.dbt_builder import DbtBuilder
from pipeline.stage.partitions import PER_QUARTER, gathered_asset, gathered_metadata, gathered_spec
from pipeline.stage.resources import Places

_TABLES = {
    "indicator_values": "One row per enterprise × period × scope × indicator: value, 95 % interval, status, requirement, score.",
    "indicator_variants": "One row per enterprise × period × scope × indicator × variant: other readings and percentiles.",
    "weights": "One row per node of the indicator tree: raw and projected weight, consistency, experts, dispersion, method.",
    "weight_judgements": "One row per expert × Delphi round × parent: consistency of the matrix, whether it counts, and why not.",
    "weight_rounds": "One row per parent × Delphi round: experts, returned matrices and their agreement (Kendall's W).",
    "scores": "One row per enterprise × period × node of the indicator tree: weight, score, scored coverage.",
    "survey_validity": "One row per enterprise × quarter × satisfaction survey round: flags, modes, response rate, weights.",
    "survey_weights": "One row per enterprise × quarter × survey round × region × channel: responses and the weight of each.",
    "run_info": "One row per version, choice or warning that affects this run's numbers.",
}
_INPUTS = (
    *("mart_period_inputs", "mart_duration_statistics", "mart_period_coverage", "mart_source_rows"),
    *("mart_survey_validity", "mart_survey_cells", "mart_survey_scores", "mart_survey_pairs", "mart_survey_cell_pairs"),
    "mart_working_day_reach",
    *("dim_calendar", "indicator_catalogue", "evaluation_nodes", "parameters", "grades", "standard_edition"),
    "outlier_decisions",
    ANALYSIS_PLAN,
)


@dg.asset(
    key=ANALYSIS_PLAN,
    deps=[*PLANNED_BY, "analyses", "indicator_catalogue"],
    **gathered_asset(
        flow.EVALUATE,
        "One row per enterprise × period × analysis: whether it is run, whether its method of clause 七 counts in I2-3, why not.",
        {"python", "polars"},
    ),
)
def analysis_plan(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Decide by the quarter's counts and the settings which analyses are run."""
    step = places.begin(context, flow.EVALUATE, "plan of analyses")
    planned = write_analysis_plan(step.quarter, step.run, step.settings.plan.analyses, step.settings.benchmarks)
    return dg.MaterializeResult(
        metadata={
            **gathered_metadata(context, step.quarter),
            "dagster/row_count": planned.height,
            "planned": int(planned["is_planned"].sum()),
            "counted": int(planned["is_counted"].sum()),
        }
    )


@dg.multi_asset(
    name="evaluation",
    specs=[
        gathered_spec(
            flow.EVALUATE,
            name,
            description,
            {"python", "polars"},
            [*_INPUTS, *([dg.AssetKey(["clean", "expert_judgements"])] if name.startswith("weight") else [])],
        )
        for name, description in _TABLES.items()
    ],
    **PER_QUARTER,
)
def evaluation(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult]:
    """Evaluate the quarter's counts by the catalogue, the weights and the plan."""
    step = places.begin(context, flow.EVALUATE, "values, weights, scores")
    rows = evaluate_quarter(step.lake, step.quarter, step.run, step.settings.plan, step.settings.fingerprints())
    metadata = gathered_metadata(context, step.quarter)
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
    **gathered_asset(
        flow.EVALUATE,
        "One row per enterprise × period × process rule PR-01 … PR-97: result, evidence, due date.",
        {"python", "polars"},
    ),
)
def rule_results(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Assess the process rules from the run's counts, weights and validation results."""
    step = places.begin(context, flow.EVALUATE, "process rules")
    results = write_rule_results(step.lake, step.quarter, step.run, step.settings.plan)
    return dg.MaterializeResult(
        metadata={**gathered_metadata(context, step.quarter), "dagster/row_count": sum(results.values()), **results}
    )


@dg.asset(
    deps=[*EVALUATED_MODELS, ANALYSIS_PLAN, "outlier_decisions", "indicator_values", "scores"],
    **gathered_asset(
        flow.EVALUATE,
        "One row per enterprise × period × indicator (and total) changed by excluded records: with and without them.",
        {"dbt", "duckdb", "polars"},
    ),
)
def outlier_effects(context: dg.AssetExecutionContext, places: Places, dbt: DbtBuilder) -> dg.MaterializeResult:
    """If records are excluded, evaluate the quarter a second time with them."""
    step = places.begin(context, flow.EVALUATE, "effects of excluded records")
    rows = write_effects(step.lake, step.quarter, step.run, step.settings.plan, dbt)
    return dg.MaterializeResult(metadata={**gathered_metadata(context, step.quarter), "dagster/row_count": rows})
