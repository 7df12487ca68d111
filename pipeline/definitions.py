"""Assembles the Dagster code location; everything it assembles is defined in the stages' folders."""

from __future__ import annotations

import dagster as dg

from pipeline.accept.assets import GreatExpectations, accept, acceptance_results
from pipeline.account.assets import account_rows, data_quality, log_cleaning
from pipeline.analyse.assets import ANALYSES
from pipeline.desensitize.assets import desensitize
from pipeline.evaluate.assets import analysis_plan, evaluation, outlier_effects, rule_results
from pipeline.extract.assets import extract
from pipeline.marts.assets import marts
from pipeline.marts.builders import configured_builder
from pipeline.publish.assets import publication
from pipeline.publish.scan_assets import privacy_scan
from pipeline.release.anonymity_assets import anonymity
from pipeline.release.assets import released_tables
from pipeline.report.assets import claims, quarterly_report
from pipeline.retention.jobs import purge_personal_data, purge_schedule
from pipeline.review.assets import review_outliers
from pipeline.stage.partitions import labelled_by_quarter
from pipeline.stage.resources import LakePlace, Places
from pipeline.validate.assets import validate

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
        log_cleaning,
        desensitize,
        acceptance_results,
        data_quality,
        review_outliers,
        marts,
        analysis_plan,
        evaluation,
        rule_results,
        outlier_effects,
        *ANALYSES,
        released_tables,
        anonymity,
        claims,
        quarterly_report,
        privacy_scan,
        publication,
    ],
    asset_checks=[accept],
    jobs=[evaluate_quarter, purge_personal_data],
    schedules=[purge_schedule],
    resources={
        "places": Places(),
        "lake": LakePlace(),
        "dbt": configured_builder(),
        "great_expectations": GreatExpectations(),
    },
    # One process a run: parallelism is over quarters, and a process a step costs seconds each.
    executor=dg.in_process_executor,
)
