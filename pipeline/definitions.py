"""Assembles the Dagster code location; everything it assembles is defined in the stages' folders."""

from __future__ import annotations

import dagster as dg

from pipeline.desensitize.assets import desensitize
from pipeline.evaluate.assets import evaluation, rule_results
from pipeline.extract.assets import extract
from pipeline.marts.assets import marts
from pipeline.marts.dbt_builder import configured_builder
from pipeline.partitions import labelled_by_quarter
from pipeline.privacy.assets import privacy_scan
from pipeline.report.assets import publication, quarterly_report
from pipeline.resources import Places
from pipeline.validate.assets import account_rows, validate

evaluate_quarter = dg.define_asset_job(
    "evaluate_quarter",
    selection=dg.AssetSelection.all(),
    config=labelled_by_quarter,
    description="One quarter from landing files to published scores and reports; the same as `asq run`.",
)

defs = dg.Definitions(
    assets=[
        extract,
        validate,
        account_rows,
        desensitize,
        marts,
        evaluation,
        rule_results,
        quarterly_report,
        privacy_scan,
        publication,
    ],
    jobs=[evaluate_quarter],
    resources={"places": Places(), "dbt": configured_builder()},
    # One process a run: parallelism is over quarters, and a process a step costs seconds each.
    executor=dg.in_process_executor,
)
