"""Dagster assets ``accepted/<table>`` and ``quarantine/<table>``: rows that keep every rule, and those that do not.

The rules are in ``schemas/``, their execution in this folder's pure functions.
"""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from pipeline.account.accounting import write_accounting
from pipeline.account.cleaning_log import write_cleaning_log
from pipeline.account.reconciliation import gaps, require_reconciled, write_reconciliation
from pipeline.lake.access_log import log_reading
from pipeline.neighbours import neighbours_to_validate
from pipeline.stage.partitions import (
    GATHERED,
    OWNERS,
    gathered_metadata,
    one_quarter_a_run,
    quarter_of,
    quarterly,
    selected_tables,
)
from pipeline.stage.per_table import for_each_table
from pipeline.stage.places import Places
from pipeline.stage.progress import announce
from pipeline.validate.correcting import unapplied_counts
from pipeline.validate.delivered import DeliveredKeys
from pipeline.validate.quarter import ValidationResult, validate_quarter
from schemas.contract import TABLES, Table


def _specs(table: Table) -> list[dg.AssetSpec]:
    # A row may refer to other tables: their keys must have been delivered first.
    raw = [["raw", table.name], *(["raw", parent] for parent, _ in table.references.values() if parent != table.name)]
    deps = [dg.AssetKey(key) for key in dict.fromkeys(map(tuple, raw))]
    return [
        dg.AssetSpec(
            ["accepted", table.name],
            deps=deps,
            group_name="validate",
            description=f"{table.title} — {table.grain} Rows that keep every rule of schemas/.",
            kinds={"pandera", "parquet"},
            owners=OWNERS,
        ),
        dg.AssetSpec(
            ["quarantine", table.name],
            deps=deps,
            group_name="validate",
            description=f"{table.title}: rows that break a rule, with origin file and row, rule, column and masked value.",
            kinds={"pandera", "parquet"},
            owners=OWNERS,
        ),
    ]


@dg.multi_asset(
    name="validate",
    specs=[spec for table in TABLES.values() for spec in _specs(table)],
    partitions_def=quarterly,
    backfill_policy=one_quarter_a_run,
    can_subset=True,
)
def validate(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult]:
    """Divide every table's quarter into accepted and refused rows."""
    settings, quarter = places.settings(), quarter_of(context)
    limits = places.evaluation_plan().refused_limits
    tables = selected_tables(context)
    log_reading(settings.lake, context.job_name, "raw", quarter, [table.name for table in tables], context.run.run_id)
    corrections = places.known_corrections()
    with DeliveredKeys(settings.lake, corrections, quarter) as keys:

        def divide(table: Table) -> ValidationResult:
            for neighbour in neighbours_to_validate(table, quarter, settings.lake, corrections):
                validate_quarter(table, neighbour, settings.lake, 1.0, keys)
            return validate_quarter(table, quarter, settings.lake, limits.of(table.name), keys)

        for table, result in for_each_table("validate", tables, divide):
            for stage, rows in (("accepted", result.accepted), ("quarantine", result.quarantined)):
                if dg.AssetKey([stage, table.name]) in context.selected_asset_keys:
                    yield dg.MaterializeResult(
                        asset_key=[stage, table.name],
                        metadata={
                            "quarter": quarter.label,
                            "dagster/row_count": rows,
                            "rules broken": result.rule_counts,
                            "corrected values": result.corrections.values,
                            "corrections": unapplied_counts(result.corrections),
                        },
                    )


@dg.multi_asset(
    name="account_rows",
    specs=[
        dg.AssetSpec(
            name,
            deps=[dg.AssetKey([stage, table]) for table in TABLES for stage in ("quarantine", "clean")],
            group_name="validate",
            description=f"{description} {GATHERED}",
            kinds={"duckdb", "parquet"},
            owners=OWNERS,
        )
        for name, description in (
            (
                "row_accounting",
                "One row per table and quarter: rows that came = accepted + quarantined, proven each run.",
            ),
            (
                "row_accounting_by_enterprise",
                "One row per table, quarter and enterprise: the same of the rows whose enterprise can be read.",
            ),
            (
                "quarantine",
                "One row per broken rule of a refused row: origin, key, rule, column, masked value, enterprise.",
            ),
        )
    ],
    partitions_def=quarterly,
    backfill_policy=one_quarter_a_run,
)
def account_rows(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult]:
    """Prove that no row was lost, and write the accounts down."""
    quarter = quarter_of(context)
    announce("account", "rows")
    counts = write_accounting(places.settings().lake, quarter, places.run_folder(quarter, context.run.run_id))
    totals = {
        kind: sum(count[kind] for count in counts.values())
        for kind in ("extracted", "accepted", "quarantined", "resolved")
    }
    metadata = gathered_metadata(context, quarter)
    yield dg.MaterializeResult(asset_key="row_accounting", metadata={**metadata, **totals})
    yield dg.MaterializeResult(asset_key="row_accounting_by_enterprise", metadata=metadata)
    yield dg.MaterializeResult(asset_key="quarantine", metadata={**metadata, "rows": totals["quarantined"]})


_RECONCILED = "rows_reconcile"


@dg.multi_asset(
    name="log_cleaning",
    specs=[
        dg.AssetSpec(
            name,
            deps=[
                *(dg.AssetKey([stage, table]) for table in TABLES for stage in ("raw", "quarantine", "clean")),
                dg.AssetKey("outlier_decisions"),
                *([dg.AssetKey("mart_counted_rows")] if name == "row_reconciliation" else []),
            ],
            group_name="validate",
            description=f"{description} {GATHERED}",
            kinds={"duckdb", "parquet"},
            owners=OWNERS,
        )
        for name, description in (
            (
                "cleaning_log",
                "One row per record or value changed, left out or not counted between landing and marts: rule, before and "
                "after (masked), who, run; one per column or file where a declared rule treats all of it.",
            ),
            (
                "row_reconciliation",
                "One row per table, quarter and step from delivered to counted rows, proven each run.",
            ),
        )
    ],
    check_specs=[
        dg.AssetCheckSpec(
            _RECONCILED,
            asset="row_reconciliation",
            description="Delivered, extracted, accepted, clean and counted rows of every table agree with the log between them.",
        )
    ],
    partitions_def=quarterly,
    backfill_policy=one_quarter_a_run,
)
def log_cleaning(
    context: dg.AssetExecutionContext, places: Places
) -> Iterator[dg.MaterializeResult | dg.AssetCheckResult]:
    """Write down what was changed or left out, and prove that it explains every row."""
    quarter, lake = quarter_of(context), places.settings().lake
    # Between the marts and the rule results: to whoever waits, the evaluation has begun.
    announce("evaluate", "cleaning log")
    run = places.run_folder(quarter, context.run.run_id)
    log = write_cleaning_log(lake, quarter, run)
    steps = write_reconciliation(lake, quarter, run, log)
    metadata = gathered_metadata(context, quarter)
    by_action = dict(log.group_by("action").agg(pl.col("rows").sum()).sort("action").iter_rows())
    yield dg.MaterializeResult(asset_key="cleaning_log", metadata={**metadata, **by_action})
    yield dg.MaterializeResult(asset_key="row_reconciliation", metadata=metadata)
    wrong = {name: found for name, of_table in steps.items() if (found := gaps(of_table))}
    counted = {name: {step.name: step.rows for step in of_table if step.is_stock} for name, of_table in steps.items()}
    yield dg.AssetCheckResult(
        check_name=_RECONCILED,
        asset_key="row_reconciliation",
        passed=not wrong,
        metadata={"rows": dg.MetadataValue.json(counted), "gaps": dg.MetadataValue.json(wrong)},
    )
    require_reconciled(quarter, steps)
