"""Dagster assets ``accepted/<table>`` and ``quarantine/<table>``: rows that meet every rule, and those that do not.

The rules are in ``schemas/``; this folder's pure functions run them.
"""

from collections.abc import Iterator

import dagster as dg

from pipeline import flow
from pipeline.lake.access_log import log_reading
from pipeline.settings.handed_in import CORRECTIONS, OUTLIER_REVIEW
from pipeline.stage.partitions import OWNERS, PER_QUARTER, quarter_of, selected_tables
from pipeline.stage.resources import Places
from pipeline.validate.apply_corrections import unapplied_counts
from pipeline.validate.corrections import known_corrections
from pipeline.validate.tables import validate_tables
from schemas.contract import TABLES, Table


def _specs(table: Table) -> list[dg.AssetSpec]:
    # Rules may look rows up in other tables, which must be delivered first.
    raw = [["raw", table.name], *(["raw", other] for other in table.looks_up if other != table.name)]
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
    plan, tables = settings.plan, selected_tables(context)
    log_reading(settings.lake, context.job_name, "raw", quarter, [table.name for table in tables], context.run.run_id)
    corrections = known_corrections(settings.document(CORRECTIONS), settings.document(OUTLIER_REVIEW))
    # What a later stage reads is refused before there is work to lose.
    _ = settings.benchmarks, settings.cause_files
    for table, result in validate_tables(tables, quarter, settings.lake, plan, corrections):
        for stage, rows in (("accepted", result.accepted), ("quarantine", result.quarantined)):
            if dg.AssetKey([stage, table.name]) in context.selected_asset_keys:
                yield dg.MaterializeResult(
                    asset_key=[stage, table.name],
                    metadata={
                        "quarter": quarter.label,
                        "dagster/row_count": rows,
                        "rules broken": result.rule_counts,
                        "values set aside": result.corrections.set_aside,
                        "corrected values": result.corrections.values,
                        "corrections": unapplied_counts(result.corrections),
                    },
                )
