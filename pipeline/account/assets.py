"""Dagster assets of the account stage: row accounts, the cleaning log and its reconciliation, and data quality.

Counting is in this folder's pure functions; an unaccounted row stops the run.
"""

import base64
from collections.abc import Iterator

import dagster as dg
import polars as pl

from pipeline import flow
from pipeline.accept.assets import CLEAN
from pipeline.account.accounting import write_accounting
from pipeline.account.cleaning_log import write_cleaning_log
from pipeline.account.reconciliation import gaps, require_reconciled, write_reconciliation
from pipeline.account.scorecard import BY_RULE, SCORECARD, markdown, plot, trend, write_scorecard
from pipeline.stage.partitions import PER_QUARTER, gathered_metadata, gathered_spec
from pipeline.stage.resources import Places
from schemas.contract import TABLES
from schemas.expectations.quality import DIMENSIONS


@dg.multi_asset(
    name="account_rows",
    specs=[
        gathered_spec(
            flow.ACCOUNT,
            name,
            description,
            {"duckdb", "parquet"},
            [dg.AssetKey([stage, table]) for table in TABLES for stage in ("quarantine", "clean")],
        )
        for name, description in (
            (
                "row_accounting",
                "One row per table and quarter: extracted rows = accepted + quarantined, checked in every run.",
            ),
            (
                "row_accounting_by_enterprise",
                "One row per table, quarter and enterprise: the same for rows whose enterprise can be read.",
            ),
            (
                "quarantine",
                "One row per broken rule of a refused row: origin, key, rule, column, masked value, enterprise.",
            ),
        )
    ],
    **PER_QUARTER,
)
def account_rows(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult]:
    """Check that no row was lost, and write the accounts."""
    step = places.begin(context, flow.ACCOUNT, "rows")
    counts = write_accounting(step.lake, step.quarter, step.run)
    totals = {kind: sum(count[kind] for count in counts.values()) for kind in ("extracted", "accepted", "quarantined", "resolved")}
    metadata = gathered_metadata(context, step.quarter)
    yield dg.MaterializeResult(asset_key="row_accounting", metadata={**metadata, **totals})
    yield dg.MaterializeResult(asset_key="row_accounting_by_enterprise", metadata=metadata)
    yield dg.MaterializeResult(asset_key="quarantine", metadata={**metadata, "rows": totals["quarantined"]})


_RECONCILED = "rows_reconcile"


@dg.multi_asset(
    name="log_cleaning",
    specs=[
        gathered_spec(
            flow.ACCOUNT,
            name,
            description,
            {"duckdb", "parquet"},
            [
                *(dg.AssetKey([stage, table]) for table in TABLES for stage in ("raw", "quarantine", "clean")),
                dg.AssetKey("outlier_decisions"),
                *([dg.AssetKey("mart_counted_rows")] if name == "row_reconciliation" else []),
            ],
        )
        for name, description in (
            (
                "cleaning_log",
                "One row per record or value changed, left out or not counted between landing and marts: rule, before and "
                "after (masked), author, run; one per column or file if a declared rule applies to all of it.",
            ),
            (
                "row_reconciliation",
                "One row per table, quarter and step from delivered to counted rows, checked in every run.",
            ),
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            _RECONCILED,
            asset="row_reconciliation",
            description="The log explains every difference between delivered, extracted, accepted, clean and counted rows.",
        )
    ],
    **PER_QUARTER,
)
def log_cleaning(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Write the log of changes and omissions, and check that it explains every row."""
    step = places.begin(context, flow.ACCOUNT, "cleaning log")
    log = write_cleaning_log(step.lake, step.quarter, step.run)
    steps = write_reconciliation(step.lake, step.quarter, step.run, log)
    metadata = gathered_metadata(context, step.quarter)
    by_action = dict(log.group_by("action").agg(pl.col("rows").sum()).sort("action").iter_rows())
    yield dg.MaterializeResult(asset_key="cleaning_log", metadata={**metadata, **by_action})
    yield dg.MaterializeResult(asset_key="row_reconciliation", metadata=metadata)
    wrong = {name: found for name, of_table in steps.items() if (found := gaps(of_table))}
    counted = {name: {each.name: each.rows for each in of_table if each.is_stock} for name, of_table in steps.items()}
    yield dg.AssetCheckResult(
        check_name=_RECONCILED,
        asset_key="row_reconciliation",
        passed=not wrong,
        metadata={"rows": dg.MetadataValue.json(counted), "gaps": dg.MetadataValue.json(wrong)},
    )
    require_reconciled(step.quarter, steps)


@dg.multi_asset(
    name="data_quality",
    specs=[
        gathered_spec(
            flow.ACCOUNT,
            name,
            description,
            {"polars", "duckdb"},
            ["row_accounting_by_enterprise", "quarantine", *CLEAN],
        )
        for name, description in (
            (SCORECARD, "One row per enterprise × table: completeness, validity, consistency, uniqueness, timeliness."),
            (BY_RULE, "One row per enterprise × table × rule: refused rows, and the dimension the rule speaks for."),
        )
    ],
    **PER_QUARTER,
)
def data_quality(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult]:
    """Count the data-quality scorecard of the quarter."""
    step = places.begin(context, flow.ACCOUNT, "scorecard")
    scorecard = write_scorecard(step.lake, step.quarter, step.run)
    shares = trend(step.lake, step.quarter, scorecard)
    # None when no row came of any enterprise: a delivery of judgements only.
    of_quarter = next(shares.filter(quarter=step.quarter.label).iter_rows(named=True), {})
    picture = base64.b64encode(plot(shares).encode()).decode()
    metadata = gathered_metadata(context, step.quarter)
    yield dg.MaterializeResult(
        asset_key=SCORECARD,
        metadata={
            **metadata,
            "dagster/row_count": scorecard.height,
            # The UI plots numbers over the quarters.
            **{name: value for name in DIMENSIONS if (value := of_quarter.get(name)) is not None},
            "trend": dg.MetadataValue.md(f"![trend](data:image/svg+xml;base64,{picture})\n\n{markdown(shares)}"),
            "tables": dg.MetadataValue.md(markdown(scorecard)),
        },
    )
    yield dg.MaterializeResult(asset_key=BY_RULE, metadata=metadata)
