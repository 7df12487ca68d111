"""``asq warehouse``: the database of readers as one file, and the data dictionary."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.commands.options import lake_option, remember_output
from pipeline.settings.places import lake_at


@click.group()
def warehouse() -> None:
    """The database of what readers may see, and what its tables mean."""


@warehouse.command()
@click.argument("file", type=click.Path(dir_okay=False), callback=remember_output)
@lake_option
def export(file: str, lake: str) -> None:
    """Write all published quarters into one DuckDB FILE that needs no lake: to hand on, or for tools that open one file.

    The lake's own warehouse.duckdb is views over its Parquet files and moves only with them.
    """
    from pipeline.lake.warehouse_export import export_warehouse

    rows = export_warehouse(lake_at(lake), Path(file))
    click.echo(f"{file}: {len(rows)} tables, {sum(rows.values()):,} rows")


@warehouse.command()
@click.option(
    "--out", type=click.Path(dir_okay=False), help="Write it to this file instead of the screen.", callback=remember_output
)
def dictionary(out: str | None) -> None:
    """Print the data dictionary: every table and column in Chinese and English, with grain, unit and who sees it (Markdown)."""
    from pipeline.lake.files import private_path
    from schemas.expectations.dictionary_page import dictionary_page

    text = dictionary_page()
    if out is None:
        click.echo(text, nl=False)
        return
    with private_path(Path(out)) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")
