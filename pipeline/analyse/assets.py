"""Dagster assets of the analyses: only what Dagster needs to know; the mathematics is in this folder's pure functions."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from pipeline import flow
from pipeline.analyse.benchmarks import write_benchmarks
from pipeline.analyse.comparison import write_comparison
from pipeline.analyse.contributions import write_contributions
from pipeline.analyse.correlation import write_correlation
from pipeline.analyse.descriptive import write_descriptive
from pipeline.analyse.league import write_league
from pipeline.analyse.months import write_months
from pipeline.analyse.overlaps import write_overlaps
from pipeline.analyse.plots import plot_metadata
from pipeline.analyse.robustness import write_robustness
from pipeline.analyse.score_changes import write_score_changes
from pipeline.analyse.trends import write_trends
from pipeline.stage.partitions import PER_QUARTER, gathered_asset, gathered_metadata, gathered_spec
from pipeline.stage.resources import Places, Step

_CHANGES = {
    "score_changes": "One row per enterprise × period × earlier period × node: the change of its score, by cause.",
    "score_change_parts": "One row per enterprise × period × earlier period × node × indicator: its points of the change.",
}
_ROBUSTNESS = {
    "analysis_robustness": "One row per enterprise × period × node × source: the range of its score, rank and grade over draws.",
    "analysis_sensitivity": "One row per enterprise × period × source: how much of the variance of the total it makes.",
}
# Tables that a picture is made from beside its own.
_PLOTTED_WITH = {"score_changes": ("score_change_parts",), "analysis_league": ("indicator_values",)}


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
        yield dg.MaterializeResult(asset_key=name, metadata=_metadata(context, step, name, rows[name]))


@dg.asset(
    key="analysis_contributions",
    deps=["indicator_values", "indicator_catalogue"],
    **gathered_asset(
        flow.ANALYSE,
        "One row per enterprise × period × earlier period × indicator × dimension × member: what of the change it did, "
        "and what of it is a change of mix.",
        {"python", "polars"},
    ),
)
def analysis_contributions(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Split the change of every indicator over regions, outlets, channels and product categories."""
    step = places.begin(context, flow.ANALYSE, "contributions")
    rows = write_contributions(step.lake, step.quarter, step.run)
    return dg.MaterializeResult(metadata=_metadata(context, step, "analysis_contributions", rows))


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
    return dg.MaterializeResult(metadata=_metadata(context, step, "analysis_comparison", rows))


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
            asset_key=name,
            metadata=_metadata(context, step, name, rows[name]),
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
    return dg.MaterializeResult(metadata=_metadata(context, step, "analysis_overlaps", rows))


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
    return dg.MaterializeResult(metadata=_metadata(context, step, "analysis_league", rows))


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
    return dg.MaterializeResult(metadata=_metadata(context, step, "analysis_benchmarks", rows))


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
    return dg.MaterializeResult(metadata=_metadata(context, step, "indicator_months", rows))


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
    return dg.MaterializeResult(metadata=_metadata(context, step, "analysis_correlation", rows))


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
    return dg.MaterializeResult(metadata=_metadata(context, step, "analysis_descriptive", rows))


@dg.asset(
    key="analysis_trends",
    deps=["scores", "indicator_values", "analysis_robustness"],
    **gathered_asset(
        flow.ANALYSE,
        "One row per enterprise × node × quarter of the last eight: score and value as readers saw them, "
        "with interval, sample size and requirement.",
        {"python", "polars"},
    ),
)
def analysis_trends(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Put the quarter's scores and values beside those released before."""
    step = places.begin(context, flow.ANALYSE, "trends")
    rows = write_trends(step.lake, step.quarter, step.run)
    return dg.MaterializeResult(metadata=_metadata(context, step, "analysis_trends", rows))


ANALYSES = (
    *(score_changes, score_robustness, analysis_comparison, analysis_contributions, analysis_league, analysis_benchmarks),
    *(analysis_overlaps, indicator_months, analysis_correlation, analysis_descriptive),
    analysis_trends,
)


def _metadata(context: dg.AssetExecutionContext, step: Step, table: str, rows: int) -> dict[str, Any]:
    """What Dagster's page of a table shows: where it was published, its rows, its picture."""
    plotted = [step.run.table(name) for name in (table, *_PLOTTED_WITH.get(table, ()))]
    return {
        **gathered_metadata(context, step.quarter),
        "dagster/row_count": rows,
        **plot_metadata(context.instance, step.quarter.label, *plotted),
    }
