"""Dagster asset ``released_tables``: the layer that readers see."""

import dagster as dg

from pipeline import flow
from pipeline.accept.assets import acceptance_results
from pipeline.account.assets import account_rows, data_quality, log_cleaning
from pipeline.analyse.assets import ANALYSES
from pipeline.evaluate.assets import analysis_plan, evaluation, outlier_effects, rule_results
from pipeline.marts.assets import exported_models, marts
from pipeline.release.tables import Layer
from pipeline.review.assets import review_outliers
from pipeline.stage.partitions import gathered_asset, gathered_metadata
from pipeline.stage.resources import Places
from schemas.expectations.release import CELL, PARTS, WITHHELD_COLUMN

RELEASED_TABLES = "released_tables"

# All tables that a whole run gathers before it releases any.
GATHERED_TABLES = sorted(
    {
        key.to_user_string()
        for made in (
            *(account_rows, log_cleaning, acceptance_results, data_quality, review_outliers),
            *(analysis_plan, evaluation, rule_results, outlier_effects, *ANALYSES),
        )
        for key in made.keys
    }
    | set(exported_models(marts.keys))
)


@dg.asset(
    key=RELEASED_TABLES,
    deps=GATHERED_TABLES,
    **gathered_asset(
        flow.RELEASE,
        "What readers see of the run's tables: nothing about fewer than k people, no records, no extremes. The analysts' layer has "
        "everything.",
        {"polars", "parquet"},
    ),
)
def released_tables(context: dg.AssetExecutionContext, places: Places) -> dg.MaterializeResult:
    """Write the released layer; an undeclared column or indicator stops the publication."""
    step = places.begin(context, flow.RELEASE, "released tables")
    rows = Layer(step.run, step.settings.plan.privacy.k).write(GATHERED_TABLES)
    values = step.run.read_released("indicator_values")
    return dg.MaterializeResult(
        metadata={
            **gathered_metadata(context, step.quarter),
            "tables": len(rows),
            "values": values.height,
            "values without parts": values.filter(values[WITHHELD_COLUMN] == PARTS).height,
            "cells withheld": values.filter(values[WITHHELD_COLUMN] == CELL).height,
        }
    )
