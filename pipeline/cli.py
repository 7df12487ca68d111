"""The command line ``asq``: a thin door to the stages, for people and schedulers.

Every command exits with 0, with 1 where data were refused, with 2 where the call or its configuration is wrong, with 130
where Ctrl-C ended it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from pipeline.calendar.quarters import Quarter, quarter_range, today
from pipeline.commands.options import (
    console,
    corrections_option,
    lake_option,
    landing_option,
    require_writable,
    review_option,
    sources_option,
)
from pipeline.commands.outliers import outliers
from pipeline.commands.privacy import privacy
from pipeline.commands.purge import purge
from pipeline.commands.quarantine import quarantine
from pipeline.errors import AsqError, UsageError
from pipeline.settings.places import (
    DEFAULT_FIRST_QUARTER,
    FIRST_QUARTER_VARIABLE,
    PLAN_FILE,
    Settings,
    chosen_corrections,
    chosen_review,
    chosen_sources,
    lake_at,
)
from schemas.standard.catalogue import StandardDataError

# As shells report a command that Ctrl-C ended: 128 + SIGINT.
_INTERRUPTED = 130


class _Group(click.Group):
    """Explains the project's own errors in words instead of a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (AsqError, StandardDataError) as error:
            click.echo(f"asq: {error}", err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("asq: interrupted; what was published before stays", err=True)
            sys.exit(_INTERRUPTED)


def _places(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        corrections_option,
        review_option,
        click.option(
            "--plan", type=click.Path(), help="Evaluation plan [default: evaluation.yaml in the landing folder]."
        ),
        sources_option,
        lake_option,
        landing_option,
    ):
        command = option(command)
    return command


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Evaluate after-sales service quality by T/GXDSL 244—2025, quarter by quarter."""


@main.command()
@click.argument("quarter")
@_places
def run(
    quarter: str,
    landing: str,
    lake: str,
    sources: str | None,
    plan: str | None,
    outlier_review: str | None,
    corrections: str | None,
) -> None:
    """Evaluate one QUARTER (like 2025-Q1) and publish its scores and reports."""
    _evaluate([Quarter.parse(quarter)], Settings.of(landing, lake, sources, plan, outlier_review, corrections))


@main.command()
@click.argument("quarters")
@_places
def backfill(
    quarters: str,
    landing: str,
    lake: str,
    sources: str | None,
    plan: str | None,
    outlier_review: str | None,
    corrections: str | None,
) -> None:
    """Evaluate a range of QUARTERS (like 2024-Q1..2025-Q1), oldest first."""
    _evaluate(quarter_range(quarters), Settings.of(landing, lake, sources, plan, outlier_review, corrections))


@main.command()
@click.argument("folder", type=click.Path(file_okay=False))
@click.option("--quarters", required=True, help="One quarter or a range like 2023-Q1..2025-Q1.")
@click.option("--requests", default=1200, show_default=True, help="Service requests per quarter, over all enterprises.")
@click.option("--seed", default=1, show_default=True, help="The same seed gives the same files.")
@click.option("--enterprises", default=3, show_default=True, help="How many enterprises.")
@click.option("--format", "file_format", type=click.Choice(["csv", "parquet"]), default="csv", show_default=True)
@click.option("--defects/--no-defects", default=True, show_default=True, help="Plant faulty rows of every rule's kind.")
def sample(
    folder: str, quarters: str, requests: int, seed: int, enterprises: int, file_format: str, defects: bool
) -> None:
    """Write sample landing files for every table of the contract into FOLDER."""
    from pipeline.sample import write_sample

    chosen = quarter_range(quarters)
    require_writable(Path(folder))
    write_sample(Path(folder), chosen, requests, seed, enterprises, file_format, defects)
    console.print(f"sample landing data for {quarters} in {folder}")


@main.command()
@landing_option
@sources_option
@review_option
@corrections_option
def check(landing: str, sources: str | None, outlier_review: str | None, corrections: str | None) -> None:
    """Say what is wrong with landing files and what lies beside them, before a run: mapping, corrections, review, plan."""
    from pipeline.extract.landing.check import check_landing
    from pipeline.review.decisions import all_corrections
    from pipeline.settings.plan import EvaluationPlan

    folder = Path(landing).absolute()
    plan = EvaluationPlan.read(folder / PLAN_FILE if (folder / PLAN_FILE).is_file() else None)
    review = chosen_review(outlier_review, folder)
    mended_by = chosen_corrections(corrections, folder)
    _, faults = all_corrections(mended_by, review)
    beside = [*plan.survey.files.values(), *filter(None, (review, mended_by))]
    findings = check_landing(folder, chosen_sources(sources, folder), beside, faults)
    for finding in findings:
        console.print(str(finding), markup=False)
    errors = sum(finding.is_error for finding in findings)
    console.print(f"{errors} errors, {len(findings) - errors} notes")
    if errors:
        sys.exit(UsageError.exit_code if any(finding.is_configuration for finding in findings) else AsqError.exit_code)


@main.command()
def contract() -> None:
    """Print the input contract as CSV: every table and column that landing files may hold."""
    import csv

    from schemas.contract import TABLES

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["table", "column", "type", "key", "required", "pii", "values_or_unit", "meaning"])
    for table in TABLES.values():
        for column in table.columns:
            keys = ["pk"] if column.is_key else ["event"] if column.is_event else []
            keys += [f"fk {column.references}"] if column.references else []
            writer.writerow(
                [table.name, column.name, column.type, "; ".join(keys), "yes" if column.required else "no", column.pii,
                 column.values_or_unit, column.meaning]
            )  # fmt: skip


@main.command()
@click.argument("quarter")
@lake_option
def report(quarter: str, lake: str) -> None:
    """Print the published score table of a QUARTER and where its reports lie."""
    from pipeline.lake.run_folder import refresh_stale_warehouse

    place = lake_at(lake)
    # Whoever may only read reports all the same; the next run brings the warehouse up to date.
    with suppress(PermissionError):
        refresh_stale_warehouse(place)
    _show(place.current(Quarter.parse(quarter)), Quarter.parse(quarter))


for each in (outliers, quarantine, purge, privacy):
    main.add_command(each)


def _evaluate(quarters: list[Quarter], settings: Settings) -> None:
    for quarter in quarters:
        # The partitions end with the quarter in progress, too.
        if quarter.first_day > today():
            raise UsageError(f"{quarter} has not begun: its first day is {quarter.first_day}")
    require_writable(settings.lake.root)
    settings.to_environment()
    # Partitions must reach back to whatever quarter is asked for; they are made when the definitions are loaded.
    first = os.environ.get(FIRST_QUARTER_VARIABLE, DEFAULT_FIRST_QUARTER)
    os.environ[FIRST_QUARTER_VARIABLE] = min(quarters[0], Quarter.parse(first)).label
    from pipeline.runs import evaluate

    for quarter in quarters:
        with _progress(quarter):
            evaluate(quarter, settings)
        _warn(settings.lake.current(quarter), quarter)
    _say_what_is_missing(settings)
    _show(settings.lake.current(quarters[-1]), quarters[-1])


def _say_what_is_missing(settings: Settings) -> None:
    """A misspelt file name makes indicators no_data; nothing else would tell."""
    from pipeline.extract.landing.files import undelivered
    from pipeline.settings.sources import load_sources

    beside = [file for file in (settings.corrections, settings.outlier_review) if file]
    tables, files = undelivered(settings.landing, load_sources(settings.sources), beside)
    for found, problem in ((tables, "tables not delivered"), (files, "files that feed no table")):
        if found:
            click.echo(f"asq: {problem}: {', '.join(found)}", err=True)


@contextmanager
def _progress(quarter: Quarter) -> Iterator[None]:
    """A status line on a terminal, one plain line a stage otherwise."""
    from pipeline.stage.progress import listening

    if console.is_terminal:
        with (
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

    with listening(say):
        yield
    console.print(f"{quarter}: published")


def _warn(current: Path, quarter: Quarter) -> None:
    """Say on stderr what the run recorded as a warning: it stops nothing and should be looked at."""
    import polars as pl

    from pipeline.evaluate.run_info import WARNING

    run_info = pl.read_parquet(current / "run_info.parquet", hive_partitioning=False)
    for text in run_info.filter(pl.col("key") == WARNING)["value"]:
        click.echo(f"asq: {quarter}: warning: {text}", err=True)


def _show(current: Path, quarter: Quarter) -> None:
    from pipeline.report.formats.terminal import score_table

    if not current.exists():
        raise UsageError(f"{quarter} has not been published in this lake: run `asq run {quarter}` first")
    console.print(score_table(current, quarter))
    for path in sorted((current / "report").glob("*.html")):
        console.print(f"report: {path}")
    page = current / "report" / "acceptance" / "index.html"
    if page.is_file():
        console.print(f"acceptance: {page}")
