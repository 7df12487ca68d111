"""``asq sample``: sample landing files."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.calendar.quarters import quarter_range
from pipeline.commands.options import console, remember_output, require_writable


@click.command()
@click.argument("folder", type=click.Path(file_okay=False), callback=remember_output)
@click.option("--quarters", required=True, help="One quarter or a range like 2023-Q1..2025-Q1.")
@click.option("--requests", default=1200, show_default=True, help="Service requests per quarter, over all enterprises.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same files.")
@click.option("--enterprises", default=3, show_default=True, help="How many enterprises.")
@click.option("--format", "file_format", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True)
@click.option("--defects/--no-defects", default=True, show_default=True, help="Plant faulty rows of every rule's kind.")
@click.option(
    "--plants",
    type=click.Choice(["all", "none"]),
    default="all",
    show_default=True,
    help="Plant effects that analyses must find (written to _truth/plants.json), or no effect at all.",
)
def sample(
    folder: str, quarters: str, requests: int, seed: int, enterprises: int, file_format: str, defects: bool, plants: str
) -> None:
    """Write sample landing files for every table of the contract into FOLDER."""
    from pipeline.sample import write_sample

    chosen = quarter_range(quarters)
    require_writable(Path(folder))
    write_sample(Path(folder), chosen, requests, seed, enterprises, file_format, defects, plants=plants == "all")
    console.print(f"sample landing data for {quarters} in {folder}")
