"""``asq privacy``: scans for readable personal data, attacks the released layer, and changes the pseudonym key."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipeline.calendar.quarters import quarter_range
from pipeline.commands.options import console, lake_option
from pipeline.errors import AsqError, UsageError
from pipeline.settings.places import existing_lake


@click.group()
def privacy() -> None:
    """Check that no personal data can be read or worked out, and change the pseudonym key."""


@privacy.command("scan")
@click.argument("quarters", required=False)
@click.option("--plan", type=click.Path(), help="Evaluation plan with privacy_exceptions.")
@click.option("--log", "logs", multiple=True, type=click.Path(), help="Log file or folder to scan too; may be repeated.")
@click.option(
    "--known-values/--patterns-only",
    default=True,
    show_default=True,
    help="Also search for every personal value in the lake's raw zone.",
)
@lake_option
def scan_privacy(quarters: str | None, plan: str | None, logs: tuple[str, ...], known_values: bool, lake: str) -> None:
    """Scan everything published of QUARTERS (default: all), logs and Dagster's history for personal data.

    Scans tables, reports, clean rows, the warehouse's views and dbt's log; if DAGSTER_HOME is set, also runs, events and
    captured output. Findings are printed with their place and a masked excerpt. Exit code 1 if there are any, 2 if anything
    could not be looked at.
    """
    from pipeline.lake.files import unlisted
    from pipeline.marts.project import target_dir
    from pipeline.privacy.known_values import KnownValues
    from pipeline.privacy.own_words import told_apart
    from pipeline.privacy.scanner import by_patterns, scan
    from pipeline.privacy.subjects import (
        clean_subjects,
        dagster_subjects,
        log_subjects,
        portal_subjects,
        published_subjects,
        released_subjects,
        warehouse_subject,
    )
    from pipeline.settings.plan import EvaluationPlan

    place = existing_lake(lake)
    chosen = quarter_range(quarters) if quarters else place.published_quarters()
    if not chosen:
        raise UsageError(f"{place.root}: no quarter has been published in this lake, so that there is nothing to scan")
    for quarter in chosen:
        if not place.current(quarter).exists():
            raise UsageError(f"{quarter} has not been published in this lake: run `asq run {quarter}` first")
    for log in logs:
        if not Path(log).exists():
            raise UsageError(f"--log {log}: no such file or folder")
    exceptions = {(each.column, each.kind) for each in EvaluationPlan.read(plan).privacy_exceptions}
    own_logs = [path for path in (target_dir() / "dbt.log", place.root / "log") if path.exists()]
    subjects = [
        *(subject for quarter in chosen for subject in published_subjects(place.analyst(quarter))),
        *(subject for quarter in chosen for subject in released_subjects(place.current(quarter).resolve(), place.analyst(quarter))),
        *clean_subjects(place, chosen),
        *warehouse_subject(place),
        *portal_subjects(place),
        *log_subjects([*map(Path, logs), *own_logs]),
        *dagster_subjects(chosen if quarters else None),
    ]
    zones = ("published", "analyst", "clean", *(("raw",) if known_values else ()))
    unread = [f"{folder} (cannot be listed)" for zone in zones for folder in unlisted(place.root / zone)]
    known = KnownValues()
    if known_values:
        known = KnownValues.of_lake(place)
        unread += [f"{path} (is damaged, its values were not searched for)" for path in known.unread]
        if not place.has_partitions("raw"):
            unread.append(
                f"{place.root / 'raw'} (not there, so that no known values were searched for; --patterns-only if that is meant)"
            )
    scanned = told_apart(known, lambda search: scan(subjects, search), by_patterns)
    unread += [f"{each.subject_kind} {each.subject} ({each.unread})" for each in scanned if each.unread]
    findings = [f for each in scanned for f in each.findings if (f.column, f.kind) not in exceptions]
    for finding in dict.fromkeys(map(str, findings)):
        click.echo(finding)
    for kind in dict.fromkeys(subject.kind for subject in subjects):
        of_kind = [each for each in scanned if each.subject_kind == kind]
        console.print(f"{kind}: {len(of_kind)} scanned, {sum(each.cells for each in of_kind):,} texts")
    if known_values and not len(known):
        console.print("the raw zone holds no personal values: searched by patterns only")
    for what in unread:
        click.echo(f"asq: not looked at: {what}", err=True)
    console.print(f"{len(findings)} findings; {len(known):,} known values searched for")
    if unread:
        sys.exit(UsageError.exit_code)
    if findings:
        sys.exit(AsqError.exit_code)


# So many findings are named; the figures count all.
_NAMED = 20


@privacy.command("attack")
@click.argument("quarters", required=False)
@lake_option
def attack_release(quarters: str | None, lake: str) -> None:
    """Try to work out what the released layer of QUARTERS (default: all) withholds, as a reader of it could.

    Joins tables, subtracts periods, places and publications, solves for what is withheld, and reads fractions. The analysts'
    layer, if there is one, only tells which guesses are right. Exit code 1 if anything is recovered but what docs/privacy.md
    says is not covered.
    """
    from pipeline.privacy.attack.attack import STATED, attack

    place = existing_lake(lake, "published")
    chosen = quarter_range(quarters) if quarters else place.published_quarters()
    for quarter in chosen:
        if not place.current(quarter).exists():
            raise UsageError(f"{quarter} has not been published in this lake: run `asq run {quarter}` first")
    if not chosen:
        raise UsageError("nothing has been published in this lake: run `asq run` first")
    results = attack(place, chosen)
    click.echo(f"{'kind':44}{'tried':>9}{'recovered':>11}{'within one':>12}")
    for result in results:
        note = "  stated, not covered" if result.is_stated else ""
        click.echo(f"{result.kind:44}{result.tried:>9,}{result.recovered:>11,}{result.bounded:>12,}{note}")
    faults = [finding for result in results if not result.is_stated for finding in result.findings]
    for finding in faults[:_NAMED]:
        click.echo(str(finding))
    if len(faults) > _NAMED:
        click.echo(f"… and {len(faults) - _NAMED} more")
    for kind in (result.kind for result in results if result.is_stated and result.findings):
        console.print(f"{kind}: {STATED[kind]}", markup=False)
    console.print(f"{len(faults)} withheld numbers recovered beyond what is stated")
    if faults:
        sys.exit(AsqError.exit_code)


@privacy.command("keys")
@lake_option
def list_keys(lake: str) -> None:
    """List the pseudonym key, by its id, with which the clean files of each quarter were made."""
    from collections import defaultdict

    from pipeline.desensitize.rotation import clean_files_with_tokens

    found = defaultdict(list)
    for file in clean_files_with_tokens(existing_lake(lake, "clean", "accepted")):
        found[file.quarter, file.key_id].append(file)
    for (quarter, key_id), files in sorted(found.items()):
        lost = sum(not file.has_accepted for file in files)
        note = f", {lost} of them without accepted rows: they cannot be made again" if lost else ""
        click.echo(f"{quarter}  key {key_id}  {len(files)} tables{note}")
    console.print(f"{len({key_id for _, key_id in found})} keys")


@privacy.command("rekey")
@click.option("--plan", type=click.Path(), help="Evaluation plan that names the pseudonym algorithm.")
@lake_option
def rekey_lake(plan: str | None, lake: str) -> None:
    """Make the pseudonyms of all quarters again with the current key.

    Published values do not change, because they hold no pseudonyms. Afterwards the old key is not needed any more.
    """
    from pipeline.desensitize.keys import load_key
    from pipeline.desensitize.rotation import rekey
    from pipeline.settings.plan import EvaluationPlan

    key = load_key(EvaluationPlan.read(plan).pseudonym_algorithm)
    done = 0
    for file in rekey(existing_lake(lake, "clean", "accepted"), key):
        done += 1
        console.print(f"{file.quarter} {file.table.name}: key {file.key_id} → {key.key_id}", markup=False)
    console.print(f"{done} files made again; all have key {key.key_id}")
