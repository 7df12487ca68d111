"""Dagster asset ``anonymity`` with its check: no table is published that identifies records or persons undeclared.

Measuring is in ``statement.py``; the marts stage makes the tables anonymous on export.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from pipeline import flow
from pipeline.accept.assets import acceptance_results
from pipeline.account.assets import account_rows, data_quality, log_cleaning
from pipeline.evaluate.assets import evaluation, outlier_effects, rule_results
from pipeline.marts.assets import exported_models, marts
from pipeline.publish.statement import TABLE, not_anonymous, write_anonymity
from pipeline.review.assets import review_outliers
from pipeline.stage.partitions import gathered_asset, gathered_metadata
from pipeline.stage.resources import Places
from schemas.expectations.privacy import RELEASED

# All tables that a whole run gathers; `anonymity` covers them.
GATHERED_TABLES = sorted(
    {
        key.to_user_string()
        for made in (
            *(account_rows, log_cleaning, acceptance_results, data_quality, review_outliers),
            *(evaluation, rule_results, outlier_effects),
        )
        for key in made.keys
    }
    | set(exported_models(marts.keys))
)


@dg.asset(
    key=TABLE,
    deps=GATHERED_TABLES,
    **gathered_asset(
        flow.PUBLISH,
        "One row per record-level table × enterprise, and one per other table: quasi-identifiers, k and l required and reached, "
        "rows generalised, suppressed, left out, risk, level of GB/T 42460.",
        {"duckdb", "parquet"},
    ),
    check_specs=[
        dg.AssetCheckSpec(
            "k_anonymous",
            asset=TABLE,
            blocking=True,
            description="Record-level tables meet the plan's k and l; no undeclared table identifies records or persons.",
        )
    ],
)
def anonymity(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Measure the anonymity of every gathered table; a broken limit stops the publication."""
    step = places.begin(context, flow.PUBLISH, "k-anonymity")
    limits = step.settings.plan.privacy
    measured = write_anonymity(step.run, GATHERED_TABLES, limits)
    released = measured.filter(measured["kind"] == RELEASED)
    broken = measured.filter(~measured["is_kept"])["table"].unique().sort().to_list()
    figures: dict[str, Any] = {
        "smallest class": released["k_reached"].min(),
        "suppressed rows": released["suppressed"].sum(),
        "rows left out": released["left_out"].sum(),
        "broken": broken,
    }
    yield dg.MaterializeResult(
        metadata={**gathered_metadata(context, step.quarter), "dagster/row_count": measured.height, **figures}
    )
    yield dg.AssetCheckResult(check_name="k_anonymous", passed=not broken, metadata=figures)
    if broken:
        raise not_anonymous(step.quarter, measured, limits)
