"""Dagster asset ``anonymity`` with its check: no table identifies records or persons undeclared, and the released layer nobody.

Measuring is in ``statement.py``; the marts stage makes record-level tables anonymous on export.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from pipeline import flow
from pipeline.release.assets import GATHERED_TABLES, RELEASED_TABLES
from pipeline.release.statement import TABLE, not_anonymous, write_anonymity
from pipeline.release.tables import Layer
from pipeline.stage.partitions import gathered_asset, gathered_metadata
from pipeline.stage.resources import Places
from schemas.expectations.privacy import RELEASED


@dg.asset(
    key=TABLE,
    deps=[*GATHERED_TABLES, RELEASED_TABLES],
    **gathered_asset(
        flow.RELEASE,
        "One row per record-level table × enterprise, and one per other table: quasi-identifiers, k and l required and reached, "
        "rows generalised, suppressed, left out, risk, level of GB/T 42460; and one row for the released layer as a whole.",
        {"duckdb", "parquet"},
    ),
    check_specs=[
        dg.AssetCheckSpec(
            "k_anonymous",
            asset=TABLE,
            blocking=True,
            description="Record-level tables meet the plan's k and l; no undeclared table identifies records or persons; nothing "
            "released is about fewer than k people.",
        )
    ],
)
def anonymity(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Measure the anonymity of every gathered table; a broken limit stops the publication."""
    step = places.begin(context, flow.RELEASE, "k-anonymity")
    limits = step.settings.plan.privacy
    measured = write_anonymity(step.run, GATHERED_TABLES, limits)
    Layer(step.run, limits.k).release_statement(TABLE, measured)
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
