"""Dagster assets of the analyses: only what Dagster needs to know; the mathematics is in this folder's pure functions."""

from collections.abc import Iterator

import dagster as dg

from pipeline import flow
from pipeline.analyse.benchmarks import write_benchmarks
from pipeline.analyse.cause_records import write_cause_records
from pipeline.analyse.comparison import write_comparison
from pipeline.analyse.contributions import write_contributions
from pipeline.analyse.correlation import write_correlation
from pipeline.analyse.descriptive import write_descriptive
from pipeline.analyse.league import write_league
from pipeline.analyse.months import write_months
from pipeline.analyse.overlaps import write_overlaps
from pipeline.analyse.pareto import write_pareto
from pipeline.analyse.robustness import write_robustness
from pipeline.analyse.root_causes import write_root_causes
from pipeline.analyse.score_changes import write_score_changes
from pipeline.stage.partitions import PER_QUARTER, gathered_asset, gathered_metadata, gathered_spec
from pipeline.stage.resources import Places

_CHANGES = {
    "score_changes": "One row per enterprise × period × earlier period × node: the change of its score, by cause.",
    "score_change_parts": "One row per enterprise × period × earlier period × node × indicator: its points of the change.",
}
_ROBUSTNESS = {
    "analysis_robustness": "One row per enterprise × period × node × source: the range of its score, rank and grade over draws.",
    "analysis_sensitivity": "One row per enterprise × period × source: how much of the variance of the total it makes.",
}


@dg.multi_asset(
    name="score_changes",
    specs=[
        gathered_spec(flow.ANALYSE, name, description, {"python", "polars"}, ["scores"]) for name, description in _CHANGES.items()
    ],
    **PER_QUARTER,
)
def score_changes(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult]:
    """Compare the quarter's scores with the published ones of the quarter before and of the year before."""
    step = places.begin(context, flow.ANALYSE, "changes of scores")
    rows = write_score_changes(step.lake, step.quarter, step.run)
    for name in _CHANGES:
        yield dg.MaterializeResult(
            asset_key=name, metadata={**gathered_metadata(context, step.quarter), "dagster/row_count": rows[name]}
        )


@dg.asset(
    key="analysis_contributions",
    deps=["indicator_values", "indicator_catalogue", "mart_request_class_parts"],
    **gathered_asset(
        flow.ANALYSE,
        "One row per enterprise × period × earlier period × indicator × dimension × member: what of the change it did, "
        "and what of it is a change of mix.",
        {"python", "polars"},
    ),
)
def analysis_contributions(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Split the change of every indicator over regions, outlets, channels, product categories and classes of requests."""
    step = places.begin(context, flow.ANALYSE, "contributions")
    rows = write_contributions(step.lake, step.quarter, step.run)
    return dg.MaterializeResult(metadata={**gathered_metadata(context, step.quarter), "dagster/row_count": rows})


@dg.asset(
    key="analysis_comparison",
    deps=["indicator_values", "indicator_catalogue"],
    **gathered_asset(
        flow.ANALYSE,
        "One row per enterprise × period × earlier period × scope × indicator: the difference, its interval and corrected test.",
        {"python", "polars"},
    ),
)
def analysis_comparison(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Compare every value with the published ones of the quarter before and of the year before."""
    step = places.begin(context, flow.ANALYSE, "comparison")
    rows = write_comparison(step.lake, step.quarter, step.run)
    return dg.MaterializeResult(metadata={**gathered_metadata(context, step.quarter), "dagster/row_count": rows})


@dg.multi_asset(
    name="score_robustness",
    specs=[
        gathered_spec(
            flow.ANALYSE, name, description, {"python", "polars"}, ["scores", "indicator_values", "indicator_catalogue", "grades"]
        )
        for name, description in _ROBUSTNESS.items()
    ],
    **PER_QUARTER,
)
def score_robustness(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult]:
    """Draw the scores with other values, weights and choices, and tell which of these matter."""
    step = places.begin(context, flow.ANALYSE, "robustness")
    rows = write_robustness(step.quarter, step.run, step.settings.plan)
    for name in _ROBUSTNESS:
        yield dg.MaterializeResult(
            asset_key=name, metadata={**gathered_metadata(context, step.quarter), "dagster/row_count": rows[name]}
        )


@dg.asset(
    key="analysis_overlaps",
    deps=["scores", "indicator_values"],
    **gathered_asset(
        flow.ANALYSE,
        "One row per pair of indicators of a sub-dimension that move together, with its weight: one fact weighed twice.",
        {"python", "polars"},
    ),
)
def analysis_overlaps(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Correlate the values of enterprises over this quarter and those published before."""
    step = places.begin(context, flow.ANALYSE, "overlapping indicators")
    rows = write_overlaps(step.lake, step.quarter, step.run)
    return dg.MaterializeResult(metadata={**gathered_metadata(context, step.quarter), "dagster/row_count": rows})


@dg.asset(
    key="analysis_league",
    deps=["indicator_values", "indicator_catalogue"],
    **gathered_asset(
        flow.ANALYSE,
        "One row per enterprise × period × indicator × dimension × member: rank and its interval, difference from the rest, "
        "funnel limits.",
        {"python", "polars"},
    ),
)
def analysis_league(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Rank regions, outlets, channels, product categories and staff, and say which differ from the rest."""
    step = places.begin(context, flow.ANALYSE, "league tables")
    rows = write_league(step.quarter, step.run)
    return dg.MaterializeResult(metadata={**gathered_metadata(context, step.quarter), "dagster/row_count": rows})


@dg.asset(
    key="analysis_benchmarks",
    deps=["indicator_values", "indicator_catalogue"],
    **gathered_asset(
        flow.ANALYSE,
        "One row per enterprise × period × indicator × benchmark: the gap to it, its interval and corrected test.",
        {"python", "polars"},
    ),
)
def analysis_benchmarks(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Compare the enterprises' values with the benchmarks that users handed in."""
    step = places.begin(context, flow.ANALYSE, "benchmarks")
    rows = write_benchmarks(step.quarter, step.run, step.settings.benchmarks)
    return dg.MaterializeResult(metadata={**gathered_metadata(context, step.quarter), "dagster/row_count": rows})


@dg.asset(
    key="analysis_pareto",
    deps=["mart_record_cells", "quarantine"],
    **gathered_asset(
        flow.ANALYSE,
        "One row per enterprise × kind (fault, complaint, refusal) × class: cases, share, rank, whether it is of the vital few, "
        "and how its share changed.",
        {"python", "polars"},
    ),
)
def analysis_pareto(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Rank the classes of faults, complaints and refused rows, and compare them with those of the quarter before."""
    step = places.begin(context, flow.ANALYSE, "Pareto")
    rows = write_pareto(step.lake, step.quarter, step.run)
    return dg.MaterializeResult(metadata={**gathered_metadata(context, step.quarter), "dagster/row_count": rows})


@dg.asset(
    key="analysis_root_causes",
    deps=["indicator_values", "indicator_catalogue", "mart_request_class_parts"],
    **gathered_asset(
        flow.ANALYSE,
        "One row per enterprise × period × missed indicator × dimension × member: its share of the shortfall, and its difference "
        "from the rest.",
        {"python", "polars"},
    ),
)
def analysis_root_causes(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Find where the values that miss their requirement fall short."""
    step = places.begin(context, flow.ANALYSE, "root causes")
    rows = write_root_causes(step.quarter, step.run)
    return dg.MaterializeResult(metadata={**gathered_metadata(context, step.quarter), "dagster/row_count": rows})


@dg.asset(
    key="analysis_cause_records",
    deps=["indicator_values", "mart_request_class_parts"],
    **gathered_asset(
        flow.ANALYSE,
        "One row per cause that people found (fishbone.csv, five_whys.csv), beside the value that it explains.",
        {"python", "polars"},
    ),
)
def analysis_cause_records(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Publish the causes that people found of the quarter's values."""
    step = places.begin(context, flow.ANALYSE, "causes found by people")
    files = step.settings.cause_files
    rows = write_cause_records(step.quarter, step.run, files)
    given = {
        "of other periods": sum(len(file.records) for file in files) - rows,
        "not filled in": sum(file.not_filled_in for file in files),
    }
    return dg.MaterializeResult(metadata={**gathered_metadata(context, step.quarter), "dagster/row_count": rows, **given})


@dg.asset(
    key="indicator_months",
    deps=["mart_monthly_parts", "indicator_values", "indicator_catalogue"],
    **gathered_asset(
        flow.ANALYSE,
        "One row per enterprise × month × scope (enterprise, region) × indicator: value and interval, for the quarter's months "
        "and those of the look-back quarters.",
        {"python", "polars"},
    ),
)
def indicator_months(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Compute the values of single months."""
    step = places.begin(context, flow.ANALYSE, "months")
    rows = write_months(step.lake, step.quarter, step.run)
    return dg.MaterializeResult(metadata={**gathered_metadata(context, step.quarter), "dagster/row_count": rows})


@dg.asset(
    key="analysis_correlation",
    deps=["mart_pair_moments", "mart_pair_cells", "mart_period_coverage"],
    **gathered_asset(
        flow.ANALYSE,
        "One row per enterprise × pair of figures × method: the correlation, its interval and corrected test.",
        {"python", "polars"},
    ),
)
def analysis_correlation(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Correlate the pairs of figures that every run looks at, and those that the plan declares."""
    step = places.begin(context, flow.ANALYSE, "correlation")
    wanted = step.settings.plan.analyses
    rows = write_correlation(step.quarter, step.run, wanted.all_pairs, wanted.smallest_correlation)
    return dg.MaterializeResult(metadata={**gathered_metadata(context, step.quarter), "dagster/row_count": rows})


@dg.asset(
    key="analysis_descriptive",
    deps=["mart_indicator_inputs", "mart_duration_statistics", "indicator_values", "indicator_months", "indicator_catalogue"],
    **gathered_asset(
        flow.ANALYSE,
        "One row per enterprise × quarter or month × scope × indicator that is a rate, mean or score: mean, deviation, median, "
        "P90, P95, number and frequency.",
        {"python", "polars"},
    ),
)
def analysis_descriptive(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Describe the quarter's rates, times and answers."""
    step = places.begin(context, flow.ANALYSE, "description")
    rows = write_descriptive(step.quarter, step.run)
    return dg.MaterializeResult(metadata={**gathered_metadata(context, step.quarter), "dagster/row_count": rows})


ANALYSES = (
    *(score_changes, score_robustness, analysis_comparison, analysis_contributions, analysis_league, analysis_benchmarks),
    *(analysis_pareto, analysis_root_causes, analysis_cause_records),
    *(analysis_overlaps, indicator_months, analysis_correlation, analysis_descriptive),
)
