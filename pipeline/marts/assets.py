"""Dagster assets of the dbt project: one asset per seed and model.

Counting is in ``dbt_project/``; here dbt runs on the run's scratch database and its marts are exported.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import dagster as dg
from dagster_dbt import DagsterDbtTranslator, dbt_assets

from pipeline import flow
from pipeline.marts.dbt_builder import DbtBuilder
from pipeline.marts.inputs import RunInputs, pinned_clean_files
from pipeline.marts.project import is_published, manifest_path, published_tables
from pipeline.marts.scratch import export_marts, scratch_folder
from pipeline.review.listing import review_limits
from pipeline.review.standing import write_excluded
from pipeline.stage.partitions import GATHERED, OWNERS, PER_QUARTER, gathered_metadata
from pipeline.stage.progress import announce
from pipeline.stage.resources import Places

_TABLE_NAME = "dagster/table_name"


class StageTranslator(DagsterDbtTranslator):
    """Puts every dbt node into the marts group, with owners and the place where it can be read after the run."""

    def get_asset_spec(self, manifest: Mapping[str, Any], unique_id: str, project: Any) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        node = manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]
        metadata = {name: value for name, value in spec.metadata.items() if name != _TABLE_NAME}
        # A seed has no SQL to show.
        description = node["description"] if node["resource_type"] == "seed" else spec.description
        if is_published(node):
            metadata[_TABLE_NAME] = f"warehouse.main.{node['name']}"
            description = f"{GATHERED} {description}"
        return spec.replace_attributes(
            group_name=flow.MARTS, owners=OWNERS, kinds={"dbt", "duckdb"}, description=description, metadata=metadata
        )


def exported_models(keys: Iterable[dg.AssetKey]) -> list[str]:
    """The dbt project's assets that are exported from the scratch database, sorted."""
    return sorted({key.path[-1] for key in keys} & published_tables())


@dbt_assets(
    manifest=manifest_path(),
    name="marts",
    **PER_QUARTER,
    dagster_dbt_translator=StageTranslator(),
)
def marts(context: dg.AssetExecutionContext, places: Places, dbt: DbtBuilder) -> Iterator[Any]:
    """Build the quarter's marts in a scratch database and export them to the run's folder."""
    step = places.begin(context, flow.MARTS, "dbt build")
    settings, quarter = step.settings, step.quarter
    exported = exported_models(context.selected_asset_keys)
    gathered = gathered_metadata(context, quarter) if exported else {}
    with (
        scratch_folder(settings.lake, context.run.run_id) as scratch,
        pinned_clean_files(quarter, settings.lake) as files,
    ):
        excluded = write_excluded(settings.review, quarter, settings.lake, review_limits(settings.plan), scratch)
        # Events wait for the export, because their row counts are known only then.
        events: list[Any] = []
        try:
            for event in dbt.build(context, RunInputs(quarter, files, excluded), scratch):
                events.append(event)
            announce(flow.MARTS, "export")
            with dbt.tables(scratch) as tables:
                rows = export_marts(tables, step.run, exported, settings.plan.privacy)
        except Exception:
            yield from events
            raise
        for event in events:
            name = _asset_of(event, context).path[-1]
            counted = {"dagster/row_count": rows[name]} if name in rows else {}
            yield _with_metadata(event, (gathered if name in exported else {"quarter": quarter.label}) | counted)


def _asset_of(event: Any, context: dg.AssetExecutionContext) -> dg.AssetKey:
    return context.asset_key_for_output(event.output_name) if isinstance(event, dg.Output) else event.asset_key


def _with_metadata(event: Any, metadata: Mapping[str, Any]) -> Any:
    """A materialization with additional metadata; other events unchanged."""
    if isinstance(event, dg.AssetCheckResult):
        return event
    if isinstance(event, dg.MaterializeResult):
        return dg.MaterializeResult(asset_key=event.asset_key, metadata={**(event.metadata or {}), **metadata})
    return event.with_metadata({**event.metadata, **metadata})
