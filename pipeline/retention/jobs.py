"""Dagster job ``purge_personal_data`` and its schedule: the same as ``asq purge``.

``pipeline/retention/purge.py`` and ``pipeline/retention/policy.py`` say what is removed and what is not.
"""

import dagster as dg
from pydantic import Field

from pipeline.calendar.quarters import TIME_ZONE, today
from pipeline.retention.policy import read_retention
from pipeline.retention.purge import Purge, purge
from pipeline.stage.resources import LakePlace

JOB = "purge_personal_data"


class PurgeConfig(dg.Config):
    """Nothing is required: the term is the lake's unless a run sets another (0 or more days)."""

    older_than_days: int | None = Field(None, ge=0)
    reason: str = "retention term over"


@dg.op(description="Remove the records of quarters whose retention term is over, and log every file removed.")
def remove_records(context: dg.OpExecutionContext, config: PurgeConfig, lake: LakePlace) -> None:
    """Purge the lake as of today; raises UsageError for an invalid ``retention.yaml``."""
    place = lake.lake()
    retention = read_retention(place, config.older_than_days)
    done = purge(
        place,
        retention,
        today(),
        command=JOB,
        reason=config.reason,
        waiting=lambda: context.log.info("waiting for running evaluations to end"),
    )
    context.log.info(f"{len(done.removed)} files removed")
    context.add_output_metadata(_metadata(done, retention.keep_days))


def _metadata(done: Purge, keep_days: int) -> dict[str, dg.MetadataValue]:
    quarters = sorted({removal.quarter.label for removal in done.removed if removal.quarter})
    held = [f"{table} {quarter}: {hold.reason} ({hold.author})" for table, quarter, hold in done.held]
    return {
        "keep_days": dg.MetadataValue.int(keep_days),
        "files": dg.MetadataValue.int(len(done.removed)),
        "rows": dg.MetadataValue.int(done.rows),
        "bytes": dg.MetadataValue.int(done.bytes),
        "quarters": dg.MetadataValue.json(quarters),
        "held": dg.MetadataValue.json(held),
    }


@dg.job(name=JOB, description="Personal data of quarters past their retention term; the same as `asq purge`.")
def purge_personal_data() -> None:
    """One step; waits until running evaluations end."""
    remove_records()


# Off until turned on in the UI: the lake's owner decides to remove records, not the installation.
purge_schedule = dg.ScheduleDefinition(
    name=f"{JOB}_daily",
    job=purge_personal_data,
    cron_schedule="0 3 * * *",
    execution_timezone=TIME_ZONE,
    default_status=dg.DefaultScheduleStatus.STOPPED,
    description="Every night at three, when few runs are active. Most nights there is nothing to remove.",
)
