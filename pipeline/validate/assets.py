"""Dagster assets ``accepted/<table>`` and ``quarantine/<table>``: rows that meet every rule, and those that do not.

The rules are in ``schemas/``; this folder's pure functions run them.
"""

from collections.abc import Iterator

import dagster as dg

from pipeline import flow
from pipeline.lake.access_log import log_reading
from pipeline.settings.handed_in import CORRECTIONS, OUTLIER_REVIEW
from pipeline.settings.indicators import catalogue_frame
from pipeline.stage.partitions import OWNERS, PER_QUARTER, quarter_of, selected_tables
from pipeline.stage.per_table import for_each_table
from pipeline.stage.resources import Places
from pipeline.validate.apply_corrections import unapplied_counts
from pipeline.validate.corrections import known_corrections
from pipeline.validate.delivered import DeliveredKeys
from pipeline.validate.look_back import quarters_to_validate
from pipeline.validate.quarter import ValidationResult, validate_quarter
from schemas.contract import TABLES, Table


def _specs(table: Table) -> list[dg.AssetSpec]:
    # A row may refer to other tables, so their keys must be delivered first.
    raw = [["raw", table.name], *(["raw", parent] for parent, _ in table.references.values() if parent != table.name)]
    deps = [dg.AssetKey(key) for key in dict.fromkeys(map(tuple, raw))]
    return [
        dg.AssetSpec(
            ["accepted", table.name],
            deps=deps,
            group_name=flow.VALIDATE,
            description=f"{table.title} — {table.grain} Rows that keep every rule of schemas/.",
            kinds={"pandera", "parquet"},
            owners=OWNERS,
        ),
        dg.AssetSpec(
            ["quarantine", table.name],
            deps=deps,
            group_name=flow.VALIDATE,
            description=f"{table.title}: rows that break a rule, with origin file and row, rule, column and masked value.",
            kinds={"pandera", "parquet"},
            owners=OWNERS,
        ),
    ]


@dg.multi_asset(
    name="validate",
    specs=[spec for table in TABLES.values() for spec in _specs(table)],
    **PER_QUARTER,
    can_subset=True,
)
def validate(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult]:
    """Split every table's quarter into accepted and refused rows."""
    settings, quarter = places.settings(), quarter_of(context)
    limits = settings.plan.refused_limits
    # The stage that needs it comes after minutes of work.
    settings.plan.check_catalogue(catalogue_frame(quarter))
    tables = selected_tables(context)
    log_reading(settings.lake, context.job_name, "raw", quarter, [table.name for table in tables], context.run.run_id)
    corrections = known_corrections(settings.document(CORRECTIONS), settings.document(OUTLIER_REVIEW))
    with DeliveredKeys(settings.lake, corrections, quarter) as keys:

        def divide(table: Table) -> ValidationResult:
            for other in quarters_to_validate(table, quarter, settings.lake, corrections):
                validate_quarter(table, other, settings.lake, 1.0, keys)
            return validate_quarter(table, quarter, settings.lake, limits.of(table.name), keys)

        for table, result in for_each_table(flow.VALIDATE, tables, divide):
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
