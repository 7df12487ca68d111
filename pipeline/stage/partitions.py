"""Quarters as Dagster partitions, and what every stage's assets have in common.

A time-window partition's key is the quarter's first day, because Dagster cannot print ``2025-Q1``; runs carry the readable
label as tag and metadata.
"""

import os
import warnings
from collections.abc import Iterable
from typing import Any

import dagster as dg

from pipeline.calendar.quarters import TIME_ZONE, Quarter
from pipeline.settings.places import DEFAULT_FIRST_QUARTER, FIRST_QUARTER_VARIABLE
from schemas.contract import TABLES, Table

# Dagster calls backfill policies beta; its version is pinned.
warnings.filterwarnings("ignore", category=dg.BetaWarning)
# It calls checks of partitions a preview.
warnings.filterwarnings("ignore", category=dg.PreviewWarning)

OWNERS = ["team:after-sales-quality"]
QUARTER_TAG = "quarter"
PUBLICATION = dg.AssetKey(["report", "publication"])
# Sentence for the descriptions of assets that a run gathers and then publishes together.
GATHERED = "Readers see it once report/publication is materialized in the same run."
_labelled_runs: set[str] = set()

# The quarter in progress has a partition too: its values are provisional.
quarterly = dg.TimeWindowPartitionsDefinition(
    start=Quarter.parse(os.environ.get(FIRST_QUARTER_VARIABLE, DEFAULT_FIRST_QUARTER)).partition_key,
    cron_schedule="0 0 1 */3 *",
    fmt="%Y-%m-%d",
    timezone=TIME_ZONE,
    end_offset=1,
)

# The job's runs carry the readable label from the start; others get it in their first step (``quarter_of``).
labelled_by_quarter = dg.PartitionedConfig(
    partitions_def=quarterly,
    run_config_for_partition_key_fn=lambda _key: {},
    tags_for_partition_key_fn=lambda key: {QUARTER_TAG: Quarter.from_partition_key(key).label},
)

# For every step. One run per quarter: isolation, and a retry of only the quarter that failed.
PER_QUARTER: dict[str, Any] = {
    "partitions_def": quarterly,
    "backfill_policy": dg.BackfillPolicy.multi_run(max_partitions_per_run=1),
}


def gathered_spec(stage: str, name: str, description: str, kinds: set[str], deps: Iterable[str | dg.AssetKey]) -> dg.AssetSpec:
    """One of several tables of a step that a run gathers before publishing everything together."""
    return dg.AssetSpec(name, deps=deps, group_name=stage, description=f"{description} {GATHERED}", kinds=kinds, owners=OWNERS)


def gathered_asset(stage: str, description: str, kinds: set[str]) -> dict[str, Any]:
    """The same for a step with a single table: arguments of ``dg.asset``."""
    described = {"group_name": stage, "description": f"{description} {GATHERED}", "kinds": kinds, "owners": OWNERS}
    return described | PER_QUARTER


def quarter_of(context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext) -> Quarter:
    """The quarter a step works on; a run's first step labels the run if it has no label yet.

    Dagster puts only the partition's key on runs of "Materialize all" and of backfills.
    """
    quarter = Quarter.from_partition_key(context.partition_key)
    run = context.run
    if QUARTER_TAG not in run.tags and run.run_id not in _labelled_runs:
        context.instance.add_run_tags(run.run_id, {QUARTER_TAG: quarter.label})
        _labelled_runs.add(run.run_id)
    return quarter


def gathered_metadata(context: dg.AssetExecutionContext, quarter: Quarter) -> dict[str, str]:
    """Materialization metadata of a table or report that readers see only after publication.

    A run without the publication discards what it gathered; the run's log and the asset say so.
    """
    if PUBLICATION in context.job_def.asset_layer.selected_asset_keys:
        return {"quarter": quarter.label}
    unpublished = f"no: materialize {PUBLICATION.to_user_string()} in the same run"
    context.log.warning(f"published: {unpublished}")
    return {"quarter": quarter.label, "published": unpublished}


def selected_tables(context: dg.AssetExecutionContext) -> list[Table]:
    """The tables whose assets this step materializes, in the contract's order."""
    names = {key.path[-1] for key in context.selected_asset_keys}
    return [table for table in TABLES.values() if table.name in names]
