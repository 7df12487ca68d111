"""``asq check``: problems of landing files before a run."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from pipeline.calendar.quarters import Quarter
from pipeline.commands.options import console, handed_in_options, landing_option
from pipeline.settings.places import LAKE_VARIABLE, chosen_files, lake_at


@click.command()
@click.argument("quarter", required=False)
@landing_option
@click.option(
    "--lake",
    type=click.Path(file_okay=False),
    envvar=LAKE_VARIABLE,
    help="Lake folder, if earlier deliveries count: rows may refer to theirs. Only read.",
)
@handed_in_options
@click.option("--json", "as_json", is_flag=True, help="Print all findings as JSON.")
def check(quarter: str | None, landing: str, lake: str | None, as_json: bool, **files: str | None) -> None:
    """Say how far `asq run` of the landing folder would get, and what is wrong with its files and those beside them.

    QUARTER (like 2025-Q1): check the run of this quarter; left out: of every quarter that the folder holds. The exit code is
    that of the run up to the acceptance of the delivery. Nothing is written.
    """
    chosen = None if quarter is None else Quarter.parse(quarter)
    from pipeline.check.landing import check_landing
    from pipeline.settings.frozen import HandedInFiles

    if lake is not None and not lake_at(lake).root.is_dir():
        click.echo(f"asq: --lake {lake}: no such folder, so that no earlier delivery is looked at", err=True)
    folder = Path(landing).absolute()
    handed_in = HandedInFiles.frozen(chosen_files(folder, **files))
    report = check_landing(folder, handed_in, chosen, None if lake is None else lake_at(lake))
    if as_json:
        click.echo(json.dumps(report.as_dict(), ensure_ascii=False, indent=2))
    else:
        for line in report.lines():
            console.print(line, markup=False)
    sys.exit(report.exit_code)
