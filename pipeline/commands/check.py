"""``asq check`` and ``asq contract``: what is wrong with landing files before a run, and what they may hold."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from pipeline.commands.options import (
    console,
    corrections_option,
    landing_option,
    review_option,
    sources_option,
)
from pipeline.errors import AsqError, UsageError
from pipeline.settings.places import (
    PLAN_FILE,
    chosen_corrections,
    chosen_review,
    chosen_sources,
)


@click.command()
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
    beside = [*(file.path for file in plan.survey.files.values()), *filter(None, (review, mended_by))]
    findings = check_landing(folder, chosen_sources(sources, folder), beside, faults)
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
