"""``asq quarantine``: lists refused rows, and exports them to be corrected and delivered again."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.calendar.quarters import Quarter, quarter_range
from pipeline.commands.options import console, handed_in_option, lake_option, landing_option, remember_output
from pipeline.errors import UsageError
from pipeline.settings.handed_in import SOURCES
from pipeline.settings.places import Settings, existing_lake


@click.group()
def quarantine() -> None:
    """List refused rows, and export them for correction."""


@quarantine.command("list")
@click.argument("quarters", required=False)
@lake_option
def list_quarantine(quarters: str | None, lake: str) -> None:
    """Count the refused rows of QUARTERS (like 2025-Q1 or 2024-Q1..2025-Q1; default: all) by table and rule."""
    from pipeline.validate.refused import refused_counts, refused_rows

    place, chosen = existing_lake(lake, "quarantine"), quarter_range(quarters) if quarters else None
    counts = refused_counts(place, chosen)
    # Full names whatever the output width, unlike rich's tables.
    lines = [counts.columns, *(["" if value is None else str(value) for value in row] for row in counts.iter_rows())]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for *names, rows in lines if counts.height else []:
        aligned = "  ".join(name.ljust(width) for name, width in zip(names, widths, strict=False))
        click.echo(f"{aligned}  {rows.rjust(widths[-1])}")
    console.print(f"{refused_rows(place, chosen)} rows refused")


@quarantine.command("export")
@click.argument("quarter")
@click.option("--table", "tables", multiple=True, help="Only this table; may be repeated.")
@click.option(
    "--out",
    type=click.Path(file_okay=False),
    required=True,
    help="Folder to write to; only you can read its files.",
    callback=remember_output,
)
@handed_in_option(SOURCES)
@lake_option
@landing_option
def export_quarantine(quarter: str, tables: tuple[str, ...], out: str, sources: str | None, lake: str, landing: str) -> None:
    """Write the refused rows of a QUARTER as delivered, each with its reason, to be corrected and delivered again.

    The files hold personal data; only you can read them. Correct them, put them next to the table's other files in the
    landing folder, and run the quarter again.
    """
    from pipeline.lake.access_log import append, entry
    from pipeline.settings.sources import load_sources
    from pipeline.settings.suggestions import did_you_mean
    from pipeline.validate.refused import export_refused, refused_without_record
    from schemas.contract import TABLES

    for name in tables:
        if name not in TABLES:
            raise UsageError(f"--table {name}: the contract has no such table{did_you_mean(name, TABLES)}")
    settings = Settings.of(landing, existing_lake(lake, "quarantine").root, sources=sources)
    chosen = [table for name, table in TABLES.items() if not tables or name in tables]
    config = load_sources(settings.files.get(SOURCES.name))
    files = export_refused(chosen, Quarter.parse(quarter), settings.lake, settings.landing, config, Path(out))
    rows = {table.name: sum(file.rows for file in files if file.table == table.name) for table in chosen}
    exported = {name: number for name, number in rows.items() if number}
    if exported:
        append(settings.lake, [entry("asq quarantine export", "export", zone="landing folder", quarter=quarter,
                                     tables=list(exported), rows=sum(exported.values()))])  # fmt: skip
    for file in files:
        console.print(f"{file.path}: {file.rows} rows of {file.origin_file}", markup=False)
        if file.has_header_of_its_own:
            console.print("  it has a header and three columns that sources.yaml does not expect: remove them", markup=False)
    for (name, origin), number in refused_without_record(chosen, Quarter.parse(quarter), settings.lake, files).items():
        console.print(f"{number} rows of {name} come of {origin} and of no delivered record: correct them there", markup=False)
    console.print(f"{sum(file.rows for file in files)} rows in {len(files)} files")
