"""Dagster assets of the dbt project: every seed and model, one asset each.

The counting is in ``dbt_project/``; here dbt is started on the run's scratch database and its marts are handed over.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets

from pipeline.marts.dbt_builder import DbtBuilder
from pipeline.marts.project import manifest_path
from pipeline.marts.scratch import EXPORTED_DIMENSIONS, export_marts, scratch_database
from pipeline.marts.variables import dbt_variables
from pipeline.partitions import OWNERS, one_quarter_a_run, quarter_of, quarterly
from pipeline.progress import announce
from pipeline.resources import Places


class StageTranslator(DagsterDbtTranslator):
    """Shows every dbt node in the marts group, with owners."""

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: Any) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        return spec.replace_attributes(group_name="marts", owners=OWNERS, kinds={"dbt", "duckdb"})


@dbt_assets(
    manifest=manifest_path(),
    name="marts",
    partitions_def=quarterly,
    backfill_policy=one_quarter_a_run,
    dagster_dbt_translator=StageTranslator(),
)
def marts(context: dg.AssetExecutionContext, places: Places, dbt: DbtBuilder) -> Iterator[Any]:
    """Build the marts of the quarter on a scratch database and put them into the run's folder."""
    settings, quarter = places.settings(), quarter_of(context)
    announce("marts", "dbt build")
    with scratch_database(settings.lake, context.run.run_id) as database:
        yield from dbt.build(context, dbt_variables(quarter, settings.lake))
        announce("marts", "export")
        built = {key.path[-1] for key in context.selected_asset_keys}
        exported = sorted(name for name in built if name.startswith("mart_") or name in EXPORTED_DIMENSIONS)
        export_marts(database, places.run_folder(quarter, context.run.run_id), exported)
