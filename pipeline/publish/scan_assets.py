"""Dagster asset ``privacy_scan`` with its check ``no_personal_data``: the last gate before a run is published."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import dagster as dg

from pipeline import flow
from pipeline.accept.gx_process import finish_pages
from pipeline.lake.access_log import log_reading
from pipeline.publish.scan_record import SCAN_TABLE, refuse, scan_run
from pipeline.release.anonymity_assets import anonymity
from pipeline.release.assets import GATHERED_TABLES, RELEASED_TABLES
from pipeline.report.assets import REPORT
from pipeline.stage.partitions import gathered_asset, gathered_metadata
from pipeline.stage.resources import Places
from schemas.contract import TABLES

_CHECK = "no_personal_data"


@dg.asset(
    key=SCAN_TABLE,
    deps=[REPORT, *GATHERED_TABLES, RELEASED_TABLES, *anonymity.keys],
    **gathered_asset(
        flow.PUBLISH,
        "One row per table, report or clean table × kind of personal data: cells, findings. A run with findings is not published.",
        {"python", "parquet"},
    ),
    check_specs=[
        dg.AssetCheckSpec(
            _CHECK,
            asset=SCAN_TABLE,
            blocking=True,
            description="Nothing in the run's tables, reports and clean rows is or looks like personal data.",
        )
    ],
)
def privacy_scan(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Look for personal data in everything the run is about to publish, and in the clean rows it rests on."""
    step = places.begin(context, flow.PUBLISH, "privacy scan")
    # The pages of the acceptance are scanned with the others.
    finish_pages()
    # A run that validates has said that it reads the raw records.
    if not any(key.path[0] == "accepted" for key in context.job_def.asset_layer.selected_asset_keys):
        log_reading(step.lake, context.job_name, "raw", step.quarter, list(TABLES), step.run_id)
    exceptions = step.settings.plan.privacy_exceptions
    scanned, findings = scan_run(step.run, frozenset((each.column, each.kind) for each in exceptions))
    figures: dict[str, Any] = {
        "tables, reports and clean tables": len(scanned),
        "cells": sum(each.cells for each in scanned),
        "findings": dict(Counter(finding.kind for finding in findings)),
        "places": [str(finding) for finding in findings[:20]],
    }
    check = dg.AssetCheckResult(passed=not findings, check_name=_CHECK, metadata=figures)
    if findings:
        yield check
        raise refuse(findings)
    yield dg.MaterializeResult(metadata={**gathered_metadata(context, step.quarter), **figures}, check_results=[check])
