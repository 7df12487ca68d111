"""Quarters as Dagster partitions, and what every stage's assets have in common.

A time-window partition is keyed by the quarter's first day, because Dagster cannot print ``2025-Q1``; runs carry the readable
label as tag and metadata.
"""

import os
import warnings

import dagster as dg

from pipeline.quarters import Quarter
from pipeline.settings import DEFAULT_FIRST_QUARTER, FIRST_QUARTER_VARIABLE
from schemas.contract import TABLES, Table

# Dagster calls backfill policies beta; its version is pinned.
warnings.filterwarnings("ignore", category=dg.BetaWarning)

TIME_ZONE = "Asia/Shanghai"
OWNERS = ["team:after-sales-quality"]
QUARTER_TAG = "quarter"

# The quarter in progress has a partition too: its values are provisional.
quarterly = dg.TimeWindowPartitionsDefinition(
    start=Quarter.parse(os.environ.get(FIRST_QUARTER_VARIABLE, DEFAULT_FIRST_QUARTER)).partition_key,
    cron_schedule="0 0 1 */3 *",
    fmt="%Y-%m-%d",
    timezone=TIME_ZONE,
    end_offset=1,
)

# Runs carry the readable label as a tag, whoever launches them.
labelled_by_quarter = dg.PartitionedConfig(
    partitions_def=quarterly,
    run_config_for_partition_key_fn=lambda _key: {},
    tags_for_partition_key_fn=lambda key: {QUARTER_TAG: Quarter.from_partition_key(key).label},
)

# One run per quarter: isolation, and a retry of just the quarter that failed.
one_quarter_a_run = dg.BackfillPolicy.multi_run(max_partitions_per_run=1)


def quarter_of(context: dg.AssetExecutionContext) -> Quarter:
    """The quarter a step works on."""
    return Quarter.from_partition_key(context.partition_key)


def selected_tables(context: dg.AssetExecutionContext) -> list[Table]:
    """The tables whose assets this step is asked for, in the contract's order."""
    names = {key.path[-1] for key in context.selected_asset_keys}
    return [table for table in TABLES.values() if table.name in names]
