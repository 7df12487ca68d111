"""The command line ``asq``: a thin door to the stages, for people and schedulers.

Every command exits with 0, with 1 where data were refused, with 2 where the call or its configuration is wrong, with 130
where Ctrl-C ended it.
"""

from __future__ import annotations

import datetime as dt
import os
import sys
import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from pipeline.commands.outliers import outliers
from pipeline.errors import AsqError, UsageError
from pipeline.lake import PERSONAL_STAGES
from pipeline.quarters import Quarter, quarter_range
from pipeline.settings import (
    DEFAULT_FIRST_QUARTER,
    FIRST_QUARTER_VARIABLE,
    PLAN_FILE,
    Settings,
    chosen_corrections,
    chosen_review,
    chosen_sources,
    lake_at,
)
from schemas.standard import StandardDataError

if TYPE_CHECKING:
    from pipeline.purge import Purge, Removal

# As shells report a command that Ctrl-C ended: 128 + SIGINT.
_INTERRUPTED = 130
_console = Console(highlight=False, soft_wrap=True)


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


_lake_option = click.option(
    "--lake", type=click.Path(file_okay=False), envvar="ASQ_LAKE", required=True, help="Lake folder."
)
_landing_option = click.option(
    "--landing", type=click.Path(file_okay=False), envvar="ASQ_LANDING", required=True, help="Landing folder."
)
_sources_option = click.option(
    "--sources", type=click.Path(), help="Source mapping [default: sources.yaml in the landing folder]."
)
_corrections_option = click.option(
    "--corrections",
    type=click.Path(),
    envvar="ASQ_CORRECTIONS",
    help="Corrections of known source errors [default: corrections.csv in the landing folder].",
)
_review_option = click.option(
    "--outlier-review",
    type=click.Path(),
    envvar="ASQ_OUTLIER_REVIEW",
    help="Review of outliers [default: outlier_review.csv in the landing folder].",
)


def _places(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        _corrections_option,
        _review_option,
        click.option(
            "--plan", type=click.Path(), help="Evaluation plan [default: evaluation.yaml in the landing folder]."
        ),
        _sources_option,
        _lake_option,
        _landing_option,
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
    _require_writable(Path(folder))
    write_sample(Path(folder), chosen, requests, seed, enterprises, file_format, defects)
    _console.print(f"sample landing data for {quarters} in {folder}")


@main.command()
@_landing_option
@_sources_option
@_review_option
@_corrections_option
def check(landing: str, sources: str | None, outlier_review: str | None, corrections: str | None) -> None:
    """Say what is wrong with landing files and what lies beside them, before a run: mapping, corrections, review, plan."""
    from pipeline.evaluate.plan import EvaluationPlan
    from pipeline.extract.check import check_landing
    from pipeline.review.decisions import all_corrections

    folder = Path(landing).absolute()
    plan = EvaluationPlan.read(folder / PLAN_FILE if (folder / PLAN_FILE).is_file() else None)
    review = chosen_review(outlier_review, folder)
    mended_by = chosen_corrections(corrections, folder)
    _, faults = all_corrections(mended_by, review)
    beside = [*plan.survey.files.values(), *filter(None, (review, mended_by))]
    findings = check_landing(folder, chosen_sources(sources, folder), beside, faults)
    for finding in findings:
        _console.print(str(finding), markup=False)
    errors = sum(finding.is_error for finding in findings)
    _console.print(f"{errors} errors, {len(findings) - errors} notes")
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
@_lake_option
def report(quarter: str, lake: str) -> None:
    """Print the published score table of a QUARTER and where its reports lie."""
    from pipeline.publication import refresh_stale_warehouse

    place = lake_at(lake)
    # Whoever may only read reports all the same; the next run brings the warehouse up to date.
    with suppress(PermissionError):
        refresh_stale_warehouse(place)
    _show(place.current(Quarter.parse(quarter)), Quarter.parse(quarter))


main.add_command(outliers)


@main.group()
def quarantine() -> None:
    """Look at the rows that were refused, and take them out to be corrected."""


@quarantine.command("list")
@click.argument("quarters", required=False)
@_lake_option
def list_quarantine(quarters: str | None, lake: str) -> None:
    """Count the refused rows of QUARTERS (like 2025-Q1 or 2024-Q1..2025-Q1; all unless said) by table and rule."""
    from pipeline.validate.refused import refused_counts, refused_rows

    place, chosen = lake_at(lake), quarter_range(quarters) if quarters else None
    counts = refused_counts(place, chosen)
    # Whole names, whatever the width of what it is printed to: unlike rich's tables.
    lines = [counts.columns, *(["" if value is None else str(value) for value in row] for row in counts.iter_rows())]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for *names, rows in lines if counts.height else []:
        aligned = "  ".join(name.ljust(width) for name, width in zip(names, widths, strict=False))
        click.echo(f"{aligned}  {rows.rjust(widths[-1])}")
    _console.print(f"{refused_rows(place, chosen)} rows refused")


@quarantine.command("export")
@click.argument("quarter")
@click.option("--table", "tables", multiple=True, help="Only this table; may be given again.")
@click.option(
    "--out", type=click.Path(file_okay=False), required=True, help="Folder to write to; its files are yours only."
)
@_sources_option
@_lake_option
@_landing_option
def export_quarantine(
    quarter: str, tables: tuple[str, ...], out: str, sources: str | None, lake: str, landing: str
) -> None:
    """Write the refused rows of a QUARTER as they were delivered, each with its reason, to be corrected and sent in again.

    The files hold personal data: only you can read them. Correct them, put them beside the table's other files in the
    landing folder, and run the quarter again.
    """
    from pipeline.access_log import append, entry
    from pipeline.extract.sources import load_sources
    from pipeline.extract.suggestions import did_you_mean
    from pipeline.validate.refused import export_refused
    from schemas.contract import TABLES

    for name in tables:
        if name not in TABLES:
            raise UsageError(f"--table {name}: the contract has no such table{did_you_mean(name, TABLES)}")
    settings = Settings.of(landing, lake, sources)
    chosen = [table for name, table in TABLES.items() if not tables or name in tables]
    config = load_sources(settings.sources)
    files = export_refused(chosen, Quarter.parse(quarter), settings.lake, settings.landing, config, Path(out))
    rows = {table.name: sum(file.rows for file in files if file.table == table.name) for table in chosen}
    exported = {name: number for name, number in rows.items() if number}
    if exported:
        append(settings.lake, [entry("asq quarantine export", "export", zone="landing folder", quarter=quarter,
                                     tables=list(exported), rows=sum(exported.values()))])  # fmt: skip
    for file in files:
        _console.print(f"{file.path}: {file.rows} rows of {file.origin_file}", markup=False)
        if file.has_header_of_its_own:
            _console.print(
                "  it has a header and three columns that sources.yaml does not expect: remove them", markup=False
            )
    _console.print(f"{sum(file.rows for file in files)} rows in {len(files)} files")


@main.command()
@click.option(
    "--older-than-days",
    type=click.IntRange(min=0),
    help="Days a quarter's records are kept after its last day [default: keep_days of retention.yaml in the lake, else 400].",
)
@click.option("--dry-run", is_flag=True, help="Say what would be removed, and remove nothing.")
@click.option("--reason", default="retention term over", show_default=True, help="What the access log says.")
@_lake_option
def purge(older_than_days: int | None, dry_run: bool, reason: str, lake: str) -> None:
    """Remove personal data whose retention term is over: landing snapshots, raw and accepted records.

    What was published stays, and so do the clean rows without personal data (complaints and safety incidents for ever) and the
    counts of refused rows. Each file removed is logged in log/access.jsonl of the lake. The landing folder is yours to clear.
    """
    import dataclasses

    from pipeline.purge import planned
    from pipeline.purge import purge as remove
    from pipeline.retention import read_retention

    place = lake_at(lake)
    if not place.root.is_dir():
        raise UsageError(f"{place.root}: no such folder")
    retention = read_retention(place)
    if older_than_days is not None:
        retention = dataclasses.replace(retention, keep_days=older_than_days)
    today = _today()
    if dry_run:
        done = planned(place, retention, today)
    else:
        _require_writable(place.root)
        done = remove(
            place,
            retention,
            today,
            command="asq purge",
            reason=reason,
            waiting=lambda: click.echo("asq: waiting for the runs under way to end", err=True),
        )
    _say_what_was_purged(done, retention.keep_days, "would be removed" if dry_run else "removed")


def _say_what_was_purged(done: Purge, keep_days: int, what: str) -> None:
    by_quarter: dict[str, list[Removal]] = {}
    for removal in done.removed:
        by_quarter.setdefault(removal.quarter.label if removal.quarter else "landing snapshots", []).append(removal)
    for label, removals in sorted(by_quarter.items()):
        rows = {zone: sum(removal.rows for removal in removals if removal.zone == zone) for zone in PERSONAL_STAGES}
        counts = ", ".join(f"{number} {zone}" for zone, number in rows.items() if number)
        _console.print(f"{label}: {len(removals)} files, rows: {counts or 'none'}", markup=False)
    for table, quarter, hold in done.held:
        _console.print(f"{quarter} {table}: held: {hold.reason} ({hold.author})", markup=False)
    _console.print(
        f"{len(done.removed)} files with {done.rows} rows and {done.bytes} bytes {what}, of quarters that ended more than "
        f"{keep_days} days ago"
    )


@main.group()
def privacy() -> None:
    """Prove that nothing personal can be read, and change the pseudonym key."""


@privacy.command("scan")
@click.argument("quarters", required=False)
@click.option("--plan", type=click.Path(), help="Evaluation plan whose privacy_exceptions hold.")
@click.option(
    "--log", "logs", multiple=True, type=click.Path(), help="Log file or folder to look at, too; may be repeated."
)
@click.option(
    "--known-values/--patterns-only",
    default=True,
    show_default=True,
    help="Also search for every personal value that the lake's raw zone holds.",
)
@_lake_option
def scan_privacy(quarters: str | None, plan: str | None, logs: tuple[str, ...], known_values: bool, lake: str) -> None:
    """Look for personal data in what was published of QUARTERS (all unless said), in logs and in Dagster's history.

    Tables, reports and the warehouse's views; dbt's log; where DAGSTER_HOME is set, runs, events and captured output. Findings are
    printed with their place and a masked excerpt. Exit code 1 where there are any.
    """
    from pipeline.evaluate.plan import EvaluationPlan
    from pipeline.marts.project import target_dir
    from pipeline.privacy.known_values import KnownValues
    from pipeline.privacy.scanner import scan
    from pipeline.privacy.subjects import dagster_subjects, log_subjects, published_subjects, warehouse_subject

    place = lake_at(lake)
    chosen = quarter_range(quarters) if quarters else place.published_quarters()
    for quarter in chosen:
        if not place.current(quarter).exists():
            raise UsageError(f"{quarter} has not been published in this lake: run `asq run {quarter}` first")
    for log in logs:
        if not Path(log).exists():
            raise UsageError(f"--log {log}: no such file or folder")
    exceptions = {(each.column, each.kind) for each in EvaluationPlan.read(plan).privacy_exceptions}
    own_logs = [path for path in (target_dir() / "dbt.log", place.root / "log") if path.exists()]
    subjects = [
        *(subject for quarter in chosen for subject in published_subjects(place.current(quarter).resolve())),
        *warehouse_subject(place),
        *log_subjects([*map(Path, logs), *own_logs]),
        *dagster_subjects(chosen if quarters else None),
    ]
    known = KnownValues.of_lake(place) if known_values else KnownValues()
    scanned = scan(subjects) + (scan(subjects, known.search) if len(known) else [])
    findings = [f for each in scanned for f in each.findings if (f.column, f.kind) not in exceptions]
    for finding in dict.fromkeys(map(str, findings)):
        click.echo(finding)
    for kind in dict.fromkeys(subject.kind for subject in subjects):
        of_kind = [each for each in scanned[: len(subjects)] if each.subject_kind == kind]
        _console.print(f"{kind}: {len(of_kind)} looked at, {sum(each.cells for each in of_kind):,} texts")
    if known_values and not len(known):
        _console.print("the raw zone holds no personal values: searched by patterns only")
    _console.print(f"{len(findings)} findings; {len(known):,} known values searched for")
    if findings:
        sys.exit(AsqError.exit_code)


@privacy.command("keys")
@_lake_option
def list_keys(lake: str) -> None:
    """Say with which pseudonym key, by its id, the clean files of each quarter were made."""
    from collections import defaultdict

    from pipeline.desensitize.rotation import clean_files_with_tokens

    found = defaultdict(list)
    for file in clean_files_with_tokens(lake_at(lake)):
        found[file.quarter, file.key_id].append(file)
    for (quarter, key_id), files in sorted(found.items()):
        lost = sum(not file.has_accepted for file in files)
        note = f", {lost} of them without accepted rows: they cannot be made again" if lost else ""
        click.echo(f"{quarter}  key {key_id}  {len(files)} tables{note}")
    _console.print(f"{len({key_id for _, key_id in found})} keys")


@privacy.command("rekey")
@click.option("--plan", type=click.Path(), help="Evaluation plan that names the pseudonym algorithm.")
@_lake_option
def rekey_lake(plan: str | None, lake: str) -> None:
    """Make the pseudonyms of all quarters again with the key that holds now.

    Published values stay as they are: they hold no pseudonyms. Afterwards the old key is not needed any more.
    """
    from pipeline.desensitize.keys import load_key
    from pipeline.desensitize.rotation import rekey
    from pipeline.evaluate.plan import EvaluationPlan

    key = load_key(EvaluationPlan.read(plan).pseudonym_algorithm)
    done = 0
    for file in rekey(lake_at(lake), key):
        done += 1
        _console.print(f"{file.quarter} {file.table.name}: key {file.key_id} → {key.key_id}", markup=False)
    _console.print(f"{done} files made again; all bear key {key.key_id}")


def _today() -> dt.date:
    from pipeline.extract.sources import TIME_ZONE

    return dt.datetime.now(zoneinfo.ZoneInfo(TIME_ZONE)).date()


def _evaluate(quarters: list[Quarter], settings: Settings) -> None:
    for quarter in quarters:
        # The partitions end with the quarter in progress, too.
        if quarter.first_day > _today():
            raise UsageError(f"{quarter} has not begun: its first day is {quarter.first_day}")
    _require_writable(settings.lake.root)
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


def _require_writable(folder: Path) -> None:
    """Make a folder if need be; raises UsageError when no file can be put into it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written to: {error.strerror}") from None


def _say_what_is_missing(settings: Settings) -> None:
    """A misspelt file name makes indicators no_data; nothing else would tell."""
    from pipeline.extract.files import undelivered
    from pipeline.extract.sources import load_sources

    beside = [file for file in (settings.corrections, settings.outlier_review) if file]
    tables, files = undelivered(settings.landing, load_sources(settings.sources), beside)
    for found, problem in ((tables, "tables not delivered"), (files, "files that feed no table")):
        if found:
            click.echo(f"asq: {problem}: {', '.join(found)}", err=True)


@contextmanager
def _progress(quarter: Quarter) -> Iterator[None]:
    """A status line on a terminal, one plain line a stage otherwise."""
    from pipeline.progress import listening

    if _console.is_terminal:
        with (
            _console.status(f"{quarter}: starting") as status,
            listening(lambda stage, detail: status.update(f"{quarter}: {stage} — {detail}")),
        ):
            yield
        _console.print(f"{quarter}: published")
        return
    seen: list[str] = []

    def say(stage: str, _detail: str) -> None:
        if not seen or seen[-1] != stage:
            seen.append(stage)
            _console.print(f"{quarter}: {stage}")

    with listening(say):
        yield
    _console.print(f"{quarter}: published")


def _warn(current: Path, quarter: Quarter) -> None:
    """Say on stderr what the run recorded as a warning: it stops nothing and should be looked at."""
    import polars as pl

    from pipeline.evaluate.run_info import WARNING

    run_info = pl.read_parquet(current / "run_info.parquet", hive_partitioning=False)
    for text in run_info.filter(pl.col("key") == WARNING)["value"]:
        click.echo(f"asq: {quarter}: warning: {text}", err=True)


def _show(current: Path, quarter: Quarter) -> None:
    from pipeline.report.score_table import score_table

    if not current.exists():
        raise UsageError(f"{quarter} has not been published in this lake: run `asq run {quarter}` first")
    _console.print(score_table(current, quarter))
    for path in sorted((current / "report").glob("*.html")):
        _console.print(f"report: {path}")
    page = current / "report" / "acceptance" / "index.html"
    if page.is_file():
        _console.print(f"acceptance: {page}")
