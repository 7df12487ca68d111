"""``asq report``: what is published of a quarter on the terminal, and its reports in any edition, language and format."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from pipeline.calendar.quarters import Quarter
from pipeline.commands.options import console, lake_option, remember_output, require_writable
from pipeline.errors import UsageError
from pipeline.lake.layout import Lake
from pipeline.settings.places import existing_lake
from schemas.expectations.reports import EDITIONS, FORMATS, LANGUAGES


@click.command()
@click.argument("quarter")
@lake_option
@click.option("--to", type=click.Path(file_okay=False), help="Write reports into this folder.", callback=remember_output)
@click.option("--enterprise", multiple=True, help="Of this enterprise only (can be repeated) [default: all].")
@click.option("--edition", multiple=True, type=click.Choice(EDITIONS), help="This edition (can be repeated) [default: all].")
@click.option(
    "--period", multiple=True, help="Like 2025-Q1-TTM (can be repeated) [default: the quarter; of a fourth one the year, too]."
)
@click.option("--language", multiple=True, type=click.Choice(LANGUAGES), help="In this language (can be repeated) [default: zh].")
@click.option("--format", "form", multiple=True, type=click.Choice(FORMATS), help="As this (can be repeated) [default: html].")
def report(quarter: str, lake: str, to: str | None, **chosen: tuple[str, ...]) -> None:
    """Print the published score table of a QUARTER; with --to, make its reports anew, in other forms too."""
    import duckdb

    from pipeline.lake.warehouse import refresh_stale_warehouse

    wanted = Quarter.parse(quarter)
    place = existing_lake(lake, "published")
    # Works read-only, on a full disk and beside damaged files; the next run refreshes the warehouse.
    with suppress(OSError, duckdb.Error):
        refresh_stale_warehouse(place)
    _require_undamaged(place, wanted)
    if to is None:
        if named := [f"--{'format' if name == 'form' else name}" for name, values in chosen.items() if values]:
            raise UsageError(f"{', '.join(named)}: say with --to FOLDER where reports shall be written")
        show(place, wanted)
        return
    _require_published(place, wanted)
    for path in _written(place, wanted, Path(to), chosen):
        console.print(f"report: {path}")


def show(lake: Lake, quarter: Quarter) -> None:
    """Print what is published of a quarter and where its pages are."""
    from pipeline.report.formats.terminal import terminal_scores

    _require_published(lake, quarter)
    current = lake.current(quarter)
    console.print(terminal_scores(current, quarter))
    for path in sorted((current / "report").rglob("*.html")):
        console.print(f"report: {path}")
    page = lake.analyst(quarter) / "acceptance" / "index.html"
    if page.is_file():
        console.print(f"acceptance: {page}")


def _written(lake: Lake, quarter: Quarter, folder: Path, chosen: dict[str, tuple[str, ...]]) -> list[Path]:
    from pipeline.report.model.run_tables import RunTables
    from pipeline.report.write import Wanted, write_into

    tables = RunTables.read(lake.current(quarter), quarter)
    if unknown := sorted(set(chosen["enterprise"]) - set(tables.enterprises)):
        raise UsageError(f"--enterprise {unknown[0]}: {quarter} has {', '.join(tables.enterprises)}")
    require_writable(folder)
    made: Any = Wanted(
        editions=chosen["edition"] or EDITIONS,  # type: ignore[arg-type]
        languages=chosen["language"] or ("zh",),  # type: ignore[arg-type]
        formats=chosen["form"] or ("html",),
        enterprises=tuple(dict.fromkeys(chosen["enterprise"])) or None,
        periods=tuple(dict.fromkeys(chosen["period"])) or None,
    )
    return write_into(folder, tables, made)


def _require_published(lake: Lake, quarter: Quarter) -> None:
    from pipeline.lake.run_folder import is_of_earlier_version

    if not lake.current(quarter).exists():
        raise UsageError(f"{quarter} has not been published in this lake: run `asq run {quarter}` first")
    if is_of_earlier_version(lake, quarter):
        raise UsageError(
            f"{quarter} was published by an earlier version, which showed readers records of single people: "
            f"`asq run {quarter}` publishes it anew, and the next run of any quarter takes the old tables from readers"
        )


def _require_undamaged(lake: Lake, quarter: Quarter) -> None:
    """Say which tables of a publication were set aside, and how they come back."""
    from pipeline.lake.damaged import tables_set_aside

    if missing := tables_set_aside(lake, quarter):
        raise UsageError(
            f"{quarter}: damaged tables of its publication were set aside ({', '.join(missing)}): run `asq run {quarter}`"
        )
