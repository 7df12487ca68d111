"""``asq check`` and ``asq contract``: problems of landing files before a run, and what they may hold."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipeline.commands.options import console, handed_in_options, landing_option
from pipeline.errors import AsqError, UsageError
from pipeline.settings.handed_in import CORRECTIONS, OUTLIER_REVIEW, SOURCES
from pipeline.settings.places import chosen_files


@click.command()
@landing_option
@handed_in_options
def check(landing: str, **files: str | None) -> None:
    """Report problems of landing files and the files beside them before a run: mapping, corrections, review, plan."""
    from pipeline.extract.check import check_landing
    from pipeline.settings.frozen import HandedInFiles
    from pipeline.validate.corrections import all_corrections

    folder = Path(landing).absolute()
    handed_in = HandedInFiles.frozen(chosen_files(folder, **files))
    _, faults = all_corrections(handed_in.document(CORRECTIONS), handed_in.document(OUTLIER_REVIEW))
    findings = check_landing(folder, handed_in.document(SOURCES), handed_in.paths(), faults)
    for finding in findings:
        console.print(str(finding), markup=False)
    errors = sum(finding.is_error for finding in findings)
    console.print(f"{errors} errors, {len(findings) - errors} notes")
    if errors:
        sys.exit(UsageError.exit_code if any(finding.is_configuration for finding in findings) else AsqError.exit_code)


@click.command()
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
