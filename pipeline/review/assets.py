"""Dagster assets of the review stage: what lies far from the rest, what people decided about it, and what that changed.

What is looked at is in ``schemas/expectations/outliers.py``; everything else is in this folder's pure functions.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from pipeline import flow
from pipeline.review.listing import Reviewed, review_limits, write_outliers
from pipeline.stage.partitions import PER_QUARTER, gathered_metadata, gathered_spec
from pipeline.stage.places import Places
from schemas.expectations.outliers import MEASURED_TABLES

_TABLES = {
    "outliers": "One row per data point that lies far from its group: value, Z, log Z, modified Z, decision.",
    "outlier_groups": "One row per measure × group: spread, points flagged by each method, reviewed, excluded.",
    "outlier_decisions": "One row per decision of the review file about a quarter the run reads, and whether it holds.",
}


@dg.multi_asset(
    name="review_outliers",
    specs=[
        gathered_spec(
            flow.REVIEW,
            name,
            description,
            {"duckdb", "polars"},
            [dg.AssetKey(["clean", table]) for table in MEASURED_TABLES],
        )
        for name, description in _TABLES.items()
    ],
    check_specs=[
        dg.AssetCheckSpec(
            "reviewed",
            asset="outliers",
            description="Every data point with |Z| > 3 has a reviewer's decision (clause 七, PR-26).",
        )
    ],
    **PER_QUARTER,
)
def review_outliers(context: dg.AssetExecutionContext, places: Places) -> Iterator[Any]:
    """List what lies far from the rest, and put the reviewers' decisions beside it."""
    step = places.begin(context, flow.REVIEW, "outliers")
    limits = review_limits(step.settings.plan)
    counts = write_outliers(step.lake, step.quarter, step.run, step.settings.review, limits)
    metadata: dict[str, Any] = {**gathered_metadata(context, step.quarter), **_figures(counts)}
    for name in _TABLES:
        yield dg.MaterializeResult(asset_key=name, metadata=metadata)
    yield dg.AssetCheckResult(
        asset_key="outliers",
        check_name="reviewed",
        passed=counts.open == 0,
        severity=dg.AssetCheckSeverity.WARN,
        metadata=_figures(counts),
    )


def _figures(counts: Reviewed) -> dict[str, int]:
    return {**vars(counts), "open": counts.open}
