"""Dagster assets of the dbt project: one asset per seed and model.

Counting is in ``dbt_project/``; here dbt runs on the run's scratch database and its marts are exported.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import dagster as dg

from pipeline import flow
from pipeline.marts.builders import configured_name
from pipeline.marts.dbt_builder import COMMAND_LINE, DbtBuilder
from pipeline.marts.inputs import RunInputs, pinned_clean_files
from pipeline.marts.lineage import MARTS, marts_lineage, stock_definition
from pipeline.marts.project import published_tables
from pipeline.marts.scratch import export_marts, scratch_folder
from pipeline.review.listing import review_limits
from pipeline.review.standing import write_excluded
from pipeline.stage.partitions import PER_QUARTER, gathered_metadata
from pipeline.stage.progress import announce
from pipeline.stage.resources import Places


def exported_models(keys: Iterable[dg.AssetKey]) -> list[str]:
    """The dbt project's assets that are exported from the scratch database, sorted."""
    return sorted({key.path[-1] for key in keys} & published_tables())


def _marts(context: dg.AssetExecutionContext, places: Places, dbt: DbtBuilder) -> Iterator[Any]:
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
        inputs = RunInputs(quarter, files, excluded, settings.plan.privacy.k, settings.plan.analyses.all_pairs)
        # Events wait for the export, because their row counts are known only then.
        events: list[Any] = []
        try:
            for event in dbt.build(context, inputs, scratch):
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


def define_marts(builder: str) -> dg.AssetsDefinition:
    """The marts as assets that the named builder can build."""
    if builder == COMMAND_LINE:
        return stock_definition(_marts)
    assets, checks = marts_lineage()
    return dg.multi_asset(name=MARTS, specs=assets, check_specs=checks, can_subset=True, **PER_QUARTER)(_marts)


marts = define_marts(configured_name())


def _asset_of(event: Any, context: dg.AssetExecutionContext) -> dg.AssetKey:
    return context.asset_key_for_output(event.output_name) if isinstance(event, dg.Output) else event.asset_key


def _with_metadata(event: Any, metadata: Mapping[str, Any]) -> Any:
    """A materialization with additional metadata; other events unchanged."""
    if isinstance(event, dg.AssetCheckResult):
        return event
    if isinstance(event, dg.MaterializeResult):
        return dg.MaterializeResult(asset_key=event.asset_key, metadata={**(event.metadata or {}), **metadata})
    return event.with_metadata({**event.metadata, **metadata})
