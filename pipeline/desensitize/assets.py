"""Dagster assets ``clean/<table>``: accepted rows without personal data.

This is the last stage that may see personal data; this folder's pure functions remove it.
"""

from collections.abc import Iterator

import dagster as dg

from pipeline import flow
from pipeline.desensitize.keys import load_key
from pipeline.desensitize.look_back import quarters_to_desensitize
from pipeline.desensitize.quarter import DesensitizeResult, desensitize_quarter
from pipeline.lake.access_log import log_reading
from pipeline.privacy.known_values import KnownValues
from pipeline.stage.partitions import OWNERS, PER_QUARTER, quarter_of, selected_tables
from pipeline.stage.per_table import for_each_table
from pipeline.stage.resources import Places
from schemas.contract import TABLES, Table


@dg.multi_asset(
    name="desensitize",
    specs=[
        dg.AssetSpec(
            ["clean", table.name],
            deps=[dg.AssetKey(["accepted", table.name])],
            group_name=flow.DESENSITIZE,
            description=f"{table.title} — {table.grain} Without personal data: pseudonyms, masks, redacted free text.",
            kinds={"polars", "parquet"},
            owners=OWNERS,
        )
        for table in TABLES.values()
    ],
    **PER_QUARTER,
    can_subset=True,
)
def desensitize(context: dg.AssetExecutionContext, places: Places) -> Iterator[dg.MaterializeResult]:
    """Remove personal data from every table's accepted rows."""
    settings, quarter = places.settings(), quarter_of(context)
    key = load_key(places.settings().plan.pseudonym_algorithm)
    tables = selected_tables(context)
    log_reading(settings.lake, context.job_name, "accepted", quarter, [table.name for table in tables], context.run.run_id)

    # A run that validates has said that it reads the raw records.
    if not any(asset.path[0] == "accepted" for asset in context.job_def.asset_layer.selected_asset_keys):
        log_reading(settings.lake, context.job_name, "raw", quarter, list(TABLES), context.run.run_id)
    known = KnownValues.of_run(settings.lake, quarter)

    def clean(table: Table) -> DesensitizeResult:
        for other in quarters_to_desensitize(table, quarter, settings.lake, key.key_id, known):
            desensitize_quarter(table, other, settings.lake, key, known)
        return desensitize_quarter(table, quarter, settings.lake, key, known)

    for table, result in for_each_table(flow.DESENSITIZE, tables, clean):
        yield dg.MaterializeResult(
            asset_key=["clean", table.name],
            metadata={
                "quarter": quarter.label,
                "dagster/row_count": result.rows,
                "columns treated": list(result.columns),
            },
        )
