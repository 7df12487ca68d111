"""``asq purge``: removes personal data whose retention term is over, as of today."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pipeline.calendar.quarters import today
from pipeline.commands.options import console, lake_option, require_writable
from pipeline.lake.layout import PERSONAL_STAGES
from pipeline.settings.places import existing_lake

if TYPE_CHECKING:
    from pipeline.retention.purge import Purge, Removal


@click.command()
@click.option(
    "--older-than-days",
    type=click.IntRange(min=0),
    help="Days a quarter's records are kept after its last day [default: keep_days of retention.yaml in the lake, else 400].",
)
@click.option("--dry-run", is_flag=True, help="Print what would be removed, and remove nothing.")
@click.option("--reason", default="retention term over", show_default=True, help="Reason for the access log.")
@lake_option
def purge(older_than_days: int | None, dry_run: bool, reason: str, lake: str) -> None:
    """Remove personal data whose retention term is over: landing snapshots, raw and accepted records.

    Everything published stays, and so do the clean rows without personal data (complaints and safety incidents forever) and the
    counts of refused rows. Each removed file is logged in log/access.jsonl of the lake. Clear the landing folder yourself.
    """
    from pipeline.retention.policy import read_retention
    from pipeline.retention.purge import planned
    from pipeline.retention.purge import purge as remove

    place = existing_lake(lake, *PERSONAL_STAGES)
    retention = read_retention(place, older_than_days)
    if dry_run:
        done = planned(place, retention, today())
    else:
        require_writable(place.root)
        done = remove(
            place,
            retention,
            today(),
            command="asq purge",
            reason=reason,
            waiting=lambda: click.echo("asq: waiting for running evaluations to end", err=True),
        )
    _say_what_was_purged(done, retention.keep_days, "would be removed" if dry_run else "removed")


def _say_what_was_purged(done: Purge, keep_days: int, what: str) -> None:
    by_quarter: dict[str, list[Removal]] = {}
    for removal in done.removed:
        by_quarter.setdefault(removal.quarter.label if removal.quarter else "landing snapshots", []).append(removal)
    for label, removals in sorted(by_quarter.items()):
        rows = {zone: sum(removal.rows for removal in removals if removal.zone == zone) for zone in PERSONAL_STAGES}
        counts = ", ".join(f"{number} {zone}" for zone, number in rows.items() if number)
        console.print(f"{label}: {len(removals)} files, rows: {counts or 'none'}", markup=False)
    for table, quarter, hold in done.held:
        console.print(f"{quarter} {table}: held: {hold.reason} ({hold.author})", markup=False)
    console.print(
        f"{len(done.removed)} files with {done.rows} rows and {done.bytes} bytes {what}, of quarters that ended more than "
        f"{keep_days} days ago"
    )
