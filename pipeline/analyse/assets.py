"""Dagster assets of the analyses: only what Dagster needs to know; the mathematics is in this folder's pure functions.

An analysis has a line in ``schemas/expectations/analyses.csv``, a card in ``model_cards.yaml`` and an asset here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

import dagster as dg
import polars as pl

from pipeline import flow
from pipeline.analyse import (
    benchmarks,
    cause_records,
    comparison,
    contributions,
    correlation,
    descriptive,
    effective_weights,
    enterprises,
    league,
    month_comparison,
    months,
    overlaps,
    pareto,
    root_causes,
    run_charts,
    trends,
)
from pipeline.analyse import robustness as draws
from pipeline.analyse import score_changes as changes
from pipeline.analyse.key_figures import key_figures
from pipeline.analyse.model_cards import MODEL_CARDS, NotValidated, model_cards, require_validated, write_model_cards
from pipeline.analyse.plots import plot_metadata
from pipeline.analyse.what_ran import ANALYSIS_RUNS, NotAsPlanned, require_as_planned, write_analysis_runs
from pipeline.evaluate.analysis_plan import ANALYSIS_PLAN
from pipeline.stage.partitions import PER_QUARTER, gathered_metadata, gathered_spec, quarterly
from pipeline.stage.resources import Places, Step
from schemas.expectations.analyses import analyses

_VALUES = ("indicator_values", "indicator_catalogue")
# Tables that a picture is made from beside its own.
_PLOTTED_WITH = {"score_changes": ("score_change_parts",), "analysis_league": ("indicator_values",)}


def analysis(
    analysis_id: str,
    detail: str,
    deps: Sequence[str],
    tables: Mapping[str, tuple[pl.Schema, str]],
    write: Callable[[Step], object],
) -> dg.AssetsDefinition:
    """The asset of an analysis, which is not run if the plan switches it off: then its tables have their columns and no row.

    detail   what is announced while it works
    tables   by name: columns and description, as declared for the analysis
    write    writes all of its tables into the run's folder

    Raises ValueError unless its tables are those declared.
    """
    if tuple(tables) != (declared := analyses()[analysis_id].tables):
        raise ValueError(f"{analysis_id} writes {', '.join(tables)}, but analyses.csv declares {', '.join(declared)}")

    @dg.multi_asset(
        name=next(iter(tables)),
        specs=[
            gathered_spec(flow.ANALYSE, name, description, {"python", "polars"}, deps) for name, (_, description) in tables.items()
        ],
        **PER_QUARTER,
    )
    def made(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult]:
        is_off = analysis_id in places.settings().plan.analyses.switched_off
        step = places.begin(context, flow.ANALYSE, f"{detail}: switched off" if is_off else detail)
        if is_off:
            for name, (schema, _) in tables.items():
                step.run.write(name, pl.DataFrame(schema=schema))
        else:
            write(step)
        metadata = gathered_metadata(context, step.quarter)
        for name in tables:
            plotted = [step.run.table(each) for each in (name, *_PLOTTED_WITH.get(name, ()))]
            picture = plot_metadata(context.instance, step.quarter.label, *plotted)
            yield dg.MaterializeResult(asset_key=name, metadata={**metadata, **key_figures(plotted[0]), **picture})

    return made


score_changes = analysis(
    "score_changes",
    "changes of scores",
    ["scores"],
    {
        "score_changes": (
            changes.CHANGES_SCHEMA,
            "One row per enterprise × period × earlier period × node: the change of its score, by cause.",
        ),
        "score_change_parts": (
            changes.PARTS_SCHEMA,
            "One row per enterprise × period × earlier period × node × indicator: its points of the change.",
        ),
    },
    lambda step: changes.write_score_changes(step.lake, step.quarter, step.run),
)

analysis_contributions = analysis(
    "contributions",
    "contributions",
    ["mart_request_class_parts", *_VALUES],
    {
        "analysis_contributions": (
            contributions.SCHEMA,
            "One row per enterprise × period × earlier period × indicator × dimension × member: what of the change it did, "
            "and what of it is a change of mix.",
        )
    },
    lambda step: contributions.write_contributions(step.lake, step.quarter, step.run),
)

analysis_comparison = analysis(
    "comparison",
    "comparison",
    _VALUES,
    {
        "analysis_comparison": (
            comparison.SCHEMA,
            "One row per enterprise × period × earlier period × scope × indicator: the difference, its interval and "
            "corrected test.",
        )
    },
    lambda step: comparison.write_comparison(step.lake, step.quarter, step.run),
)

score_robustness = analysis(
    "robustness",
    "robustness",
    ["scores", *_VALUES, "grades"],
    {
        "analysis_robustness": (
            draws.ROBUSTNESS_SCHEMA,
            "One row per enterprise × period × node × source: the range of its score, rank and grade over draws.",
        ),
        "analysis_sensitivity": (
            draws.SENSITIVITY_SCHEMA,
            "One row per enterprise × period × source: how much of the variance of the total it makes.",
        ),
    },
    lambda step: draws.write_robustness(step.quarter, step.run, step.settings.plan),
)

analysis_overlaps = analysis(
    "overlaps",
    "overlapping indicators",
    ["scores", "indicator_values"],
    {
        "analysis_overlaps": (
            overlaps.SCHEMA,
            "One row per pair of indicators of a sub-dimension that move together, with its weight: one fact weighed twice.",
        )
    },
    lambda step: overlaps.write_overlaps(step.lake, step.quarter, step.run),
)

analysis_league = analysis(
    "league",
    "league tables",
    _VALUES,
    {
        "analysis_league": (
            league.SCHEMA,
            "One row per enterprise × period × indicator × dimension × member: rank and its interval, difference from the rest, "
            "funnel limits.",
        )
    },
    lambda step: league.write_league(step.quarter, step.run),
)

analysis_benchmarks = analysis(
    "benchmarks",
    "benchmarks",
    _VALUES,
    {
        "analysis_benchmarks": (
            benchmarks.SCHEMA,
            "One row per enterprise × period × indicator × benchmark: the gap to it, its interval and corrected test.",
        )
    },
    lambda step: benchmarks.write_benchmarks(step.quarter, step.run, step.settings.benchmarks),
)

indicator_months = analysis(
    "months",
    "months",
    ["mart_monthly_parts", *_VALUES],
    {
        "indicator_months": (
            months.SCHEMA,
            "One row per enterprise × month × scope (enterprise, region) × indicator: value and interval, for the quarter's months "
            "and those of the look-back quarters.",
        )
    },
    lambda step: months.write_months(step.lake, step.quarter, step.run),
)

analysis_correlation = analysis(
    "correlation",
    "correlation",
    ["mart_pair_moments", "mart_pair_cells", "mart_period_coverage"],
    {
        "analysis_correlation": (
            correlation.SCHEMA,
            "One row per enterprise × pair of figures × method: the correlation, its interval and corrected test.",
        )
    },
    lambda step: correlation.write_correlation(
        step.quarter, step.run, step.settings.plan.analyses.all_pairs, step.settings.plan.analyses.smallest_correlation
    ),
)

analysis_descriptive = analysis(
    "descriptive",
    "description",
    ["mart_indicator_inputs", "mart_duration_statistics", "indicator_months", *_VALUES],
    {
        "analysis_descriptive": (
            descriptive.SCHEMA,
            "One row per enterprise × quarter or month × scope × indicator that is a rate, mean or score: mean, deviation, median, "
            "P90, P95, number and frequency.",
        )
    },
    lambda step: descriptive.write_descriptive(step.quarter, step.run),
)

analysis_run_charts = analysis(
    "run_charts",
    "run charts",
    ["indicator_months", "indicator_catalogue"],
    {
        "analysis_run_charts": (
            run_charts.SCHEMA,
            "One row per enterprise × month × scope (enterprise, region) × indicator: value, centre line, control limits and "
            "signal, over 27 months.",
        )
    },
    lambda step: run_charts.write_run_charts(step.lake, step.quarter, step.run),
)

analysis_month_comparison = analysis(
    "month_comparison",
    "comparison of months",
    ["indicator_months", "indicator_catalogue"],
    {
        "analysis_month_comparison": (
            month_comparison.SCHEMA,
            "One row per enterprise × month × earlier month × scope × indicator: the difference, its interval and corrected test.",
        )
    },
    lambda step: month_comparison.write_month_comparison(step.lake, step.quarter, step.run),
)

analysis_effective_weights = analysis(
    "effective_weights",
    "effective weights",
    ["scores"],
    {
        "analysis_effective_weights": (
            effective_weights.SCHEMA,
            "One row per node, over the enterprises or over an enterprise's quarters: its weight beside the share of the variance "
            "of the total that goes with it.",
        )
    },
    lambda step: effective_weights.write_effective_weights(step.lake, step.quarter, step.run),
)

analysis_enterprises = analysis(
    "enterprises",
    "enterprises",
    ["analysis_robustness", *_VALUES],
    {
        "analysis_enterprises": (
            enterprises.SCHEMA,
            "One row per enterprise × period × score or indicator: rank with its interval, difference from the mean of the others.",
        )
    },
    lambda step: enterprises.write_enterprises(step.quarter, step.run),
)

analysis_pareto = analysis(
    "pareto",
    "Pareto",
    ["mart_record_cells", "quarantine"],
    {
        "analysis_pareto": (
            pareto.SCHEMA,
            "One row per enterprise × kind (fault, complaint, refusal) × class: cases, share, rank, whether it is of the vital "
            "few, and how its share changed.",
        )
    },
    lambda step: pareto.write_pareto(step.lake, step.quarter, step.run),
)

analysis_root_causes = analysis(
    "root_causes",
    "root causes",
    ["mart_request_class_parts", *_VALUES],
    {
        "analysis_root_causes": (
            root_causes.SCHEMA,
            "One row per enterprise × period × missed indicator × dimension × member: its share of the shortfall, and its "
            "difference from the rest.",
        )
    },
    lambda step: root_causes.write_root_causes(step.quarter, step.run),
)

analysis_cause_records = analysis(
    "cause_records",
    "causes found by people",
    ["mart_request_class_parts", "indicator_values"],
    {
        "analysis_cause_records": (
            cause_records.SCHEMA,
            "One row per cause that people found (fishbone.csv, five_whys.csv), beside the value that it explains.",
        )
    },
    lambda step: cause_records.write_cause_records(step.quarter, step.run, step.settings.cause_files),
)

analysis_trends = analysis(
    "trends",
    "trends",
    ["scores", "indicator_values", "analysis_robustness"],
    {
        "analysis_trends": (
            trends.SCHEMA,
            "One row per enterprise × node × quarter of the last eight: score and value as readers saw them, with interval, sample "
            "size and requirement.",
        )
    },
    lambda step: trends.write_trends(step.lake, step.quarter, step.run),
)

_ANALYSES = (
    *(score_changes, score_robustness, analysis_comparison, analysis_contributions, analysis_league, analysis_benchmarks),
    *(analysis_overlaps, indicator_months, analysis_correlation, analysis_descriptive, analysis_run_charts),
    *(analysis_month_comparison, analysis_effective_weights, analysis_enterprises),
    *(analysis_pareto, analysis_root_causes, analysis_cause_records, analysis_trends),
)

_WRITTEN = sorted(table for each in analyses().values() for table in each.tables)
_AS_PLANNED, _VALIDATED = "as_planned", "validated_methods"


@dg.multi_asset(
    name=ANALYSIS_RUNS,
    specs=[
        gathered_spec(
            flow.ANALYSE,
            ANALYSIS_RUNS,
            "One row per enterprise × analysis: what became of it, why, how many rows and findings, and its model card.",
            {"python", "polars"},
            [ANALYSIS_PLAN, "indicator_values", *_WRITTEN],
        ),
        gathered_spec(
            flow.ANALYSE,
            MODEL_CARDS,
            "One row per analysis × validation: purpose, method, assumptions, limits, and against what it was validated.",
            {"python", "polars"},
            [],
        ),
    ],
    check_specs=[
        dg.AssetCheckSpec(
            _AS_PLANNED,
            asset=ANALYSIS_RUNS,
            description="Whether exactly the planned analyses gave something, for every enterprise and period.",
            blocking=True,
            partitions_def=quarterly,
        ),
        dg.AssetCheckSpec(
            _VALIDATED,
            asset=ANALYSIS_RUNS,
            description="Whether every analysis that is used has a model card that says against what it was validated (PR-45).",
            blocking=True,
            partitions_def=quarterly,
        ),
    ],
    **PER_QUARTER,
)
def analysis_runs(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Say what became of every analysis, and stop the run unless it is what was planned, by validated methods."""
    step = places.begin(context, flow.ANALYSE, "what ran")
    cards = model_cards()
    runs = write_analysis_runs(step.lake, step.quarter, step.run, {name: card.card_id(name) for name, card in cards.items()})
    metadata = gathered_metadata(context, step.quarter)
    yield dg.MaterializeResult(asset_key=ANALYSIS_RUNS, metadata={**metadata, **key_figures(step.run.table(ANALYSIS_RUNS))})
    yield dg.MaterializeResult(asset_key=MODEL_CARDS, metadata={**metadata, "dagster/row_count": write_model_cards(step.run)})
    used = analyses().keys() - set(step.settings.plan.analyses.switched_off)
    requirements: Mapping[str, Callable[[], None]] = {
        _AS_PLANNED: lambda: require_as_planned(step.quarter, runs),
        _VALIDATED: lambda: require_validated(step.quarter, used),
    }
    faults: list[NotAsPlanned | NotValidated] = []
    for name, require in requirements.items():
        try:
            require()
            said = {}
        except (NotAsPlanned, NotValidated) as fault:
            faults.append(fault)
            said = {"problem": str(fault)}
        yield dg.AssetCheckResult(passed=not said, asset_key=ANALYSIS_RUNS, check_name=name, metadata=said)
    if faults:
        raise faults[0]


ANALYSES = (*_ANALYSES, analysis_runs)
