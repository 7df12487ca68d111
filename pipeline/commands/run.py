"""``asq run`` and ``asq backfill``: evaluate quarters, and print what was published."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from pipeline.calendar.quarters import Quarter, quarter_range
from pipeline.commands.options import console, handed_in_options, lake_option, landing_option, require_writable
from pipeline.commands.report import show
from pipeline.errors import DataRefused
from pipeline.lake.layout import Lake
from pipeline.lake.memory import Memory
from pipeline.settings.environment import environment
from pipeline.settings.places import DEFAULT_FIRST_QUARTER, FIRST_QUARTER_VARIABLE, NO_REPORTS_VARIABLE, Settings

_QUARTERS_NAMED = 8
_reports_option = click.option(
    "--reports/--no-reports", default=True, help="Write reports [default: yes]; `asq report` makes them of a publication later."
)


@click.command()
@click.argument("quarter")
@landing_option
@lake_option
@handed_in_options
@_reports_option
def run(quarter: str, landing: str, lake: str, reports: bool, **files: str | None) -> None:
    """Evaluate one QUARTER (like 2025-Q1) and publish its scores and reports."""
    _evaluate([Quarter.parse(quarter)], Settings.of(landing, lake, **files), reports)


@click.command()
@click.argument("quarters")
@landing_option
@lake_option
@handed_in_options
@_reports_option
def backfill(quarters: str, landing: str, lake: str, reports: bool, **files: str | None) -> None:
    """Evaluate a range of QUARTERS (like 2024-Q1..2025-Q1), oldest first."""
    _evaluate(quarter_range(quarters), Settings.of(landing, lake, **files), reports)


def _evaluate(quarters: list[Quarter], settings: Settings, reports: bool) -> None:
    for quarter in quarters:
        # The partitions also end with the quarter in progress.
        quarter.require_begun()
    # Reports a setting that cannot be read before anything is done.
    Memory.of_run()
    require_writable(settings.lake.root, for_readers=True)
    # Partitions must reach back to the requested quarter; they are made when the definitions are loaded.
    first = os.environ.get(FIRST_QUARTER_VARIABLE, DEFAULT_FIRST_QUARTER)
    os.environ[FIRST_QUARTER_VARIABLE] = min(quarters[0], Quarter.parse(first)).label
    from pipeline.runs import evaluator

    try:
        with environment({} if reports else {NO_REPORTS_VARIABLE: "1"}), evaluator(settings) as evaluate:
            for quarter in quarters:
                with _progress(quarter):
                    evaluate(quarter)
                _warn(settings.lake.current(quarter), quarter)
    except DataRefused:
        # What the landing folder holds or lacks may be the cause.
        _warn_of_delivery(settings, quarters)
        raise
    _warn_of_delivery(settings, quarters)
    _warn_outdated(settings.lake, quarters)
    show(settings.lake, quarters[-1])


def _warn_of_delivery(settings: Settings, quarters: list[Quarter]) -> None:
    """What the landing folder holds or lacks that no evaluation shows."""
    _warn_undelivered(settings)
    _warn_doubtful(settings.lake)
    _warn_not_run(settings.lake, quarters)


def _warn_outdated(lake: Lake, quarters: list[Quarter]) -> None:
    """Later quarters say what moved since these: that is now another difference."""
    from pipeline.analyse.earlier import outdated

    for quarter in quarters:
        for later in outdated(lake, quarter):
            click.echo(f"asq: {later} was compared with {quarter} before this run: `asq run {later}` compares it again", err=True)


def _warn_undelivered(settings: Settings) -> None:
    """A misspelt file name makes indicators no_data, and nothing else would show it."""
    from pipeline.extract.unread import Unread
    from pipeline.settings.frozen import HandedInFiles

    handed_in = HandedInFiles.frozen(settings.files)
    for line in Unread.of(settings.landing, handed_in.sources, handed_in.paths()).told():
        click.echo(f"asq: {line}", err=True)


def _warn_doubtful(lake: Lake) -> None:
    """What of the files was read, but perhaps not as it was meant."""
    from pipeline.lake.provenance import landed_doubts
    from schemas.contract import TABLES

    for table in TABLES.values():
        for file, column, problem in landed_doubts(table, lake):
            click.echo(f"asq: {': '.join(part for part in (table.name, file, column, problem) if part)}", err=True)


def _warn_not_run(lake: Lake, quarters: list[Quarter]) -> None:
    """Rows of quarters that nobody runs are in no evaluation: one line says which. ``quarters`` are those of this call."""
    from pipeline.lake.provenance import landed
    from schemas.contract import TABLES

    ran = {quarter.label for quarter in (*lake.published_quarters(), *quarters)}
    rows: Counter[str] = Counter()
    for table in TABLES.values():
        if table.has_quarters and (now := landed(table, lake)):
            rows.update({label: count for label, count in now.rows_by_quarter.items() if label not in ran})
    if rows:
        click.echo(f"asq: {rows.total():,} rows belong to quarters that were not run: {spans(rows)}", err=True)


def spans(rows: Mapping[str, int]) -> str:
    """Quarters with their rows; many of them as spans of quarters that follow each other."""
    spans: list[list[Quarter]] = []
    for quarter in sorted(map(Quarter.parse, rows)):
        if len(rows) > _QUARTERS_NAMED and spans and spans[-1][-1].shift(1) == quarter:
            spans[-1].append(quarter)
        else:
            spans.append([quarter])
    return ", ".join(
        f"{span[0]}{f'..{span[-1]}' if len(span) > 1 else ''} ({sum(rows[each.label] for each in span):,})" for span in spans
    )


@contextmanager
def _progress(quarter: Quarter) -> Iterator[None]:
    """A status line on a terminal, else one plain line per stage."""
    from pipeline.stage.progress import hearing, listening

    def warn(line: str) -> None:
        click.echo(f"asq: {quarter}: {line}", err=True)

    if console.is_terminal:
        with (
            hearing(warn),
            console.status(f"{quarter}: starting") as status,
            listening(lambda stage, detail: status.update(f"{quarter}: {stage} — {detail}")),
        ):
            yield
        console.print(f"{quarter}: published")
        return
    seen: list[str] = []

    def say(stage: str, _detail: str) -> None:
        if not seen or seen[-1] != stage:
            seen.append(stage)
            console.print(f"{quarter}: {stage}")

    with hearing(warn), listening(say):
        yield
    console.print(f"{quarter}: published")


def _warn(current: Path, quarter: Quarter) -> None:
    """Print the run's warnings on stderr: they stop nothing but should be looked at."""
    import polars as pl

    from pipeline.evaluate.run_info import WARNING

    run_info = pl.read_parquet(current / "run_info.parquet")
    for text in run_info.filter(pl.col("key") == WARNING)["value"]:
        click.echo(f"asq: {quarter}: warning: {text}", err=True)
