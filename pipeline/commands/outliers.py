"""``asq outliers``: lists outliers, and exports the file in which people review them."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.calendar.quarters import Quarter, quarter_range
from pipeline.commands.options import lake_option, remember_output
from pipeline.errors import UsageError
from pipeline.settings.places import existing_lake


@click.group()
def outliers() -> None:
    """List outliers, and export them for review."""


@outliers.command("list")
@click.argument("quarters", required=False)
@lake_option
def list_outliers(quarters: str | None, lake: str) -> None:
    """Count the outliers of QUARTERS (like 2025-Q1 or 2024-Q1..2025-Q1; default: all published) by enterprise and measure."""
    from pipeline.review.export import outlier_counts

    place = existing_lake(lake, "published")
    if not place.published_quarters():
        raise UsageError(f"{place.root}: no quarter has been published in this lake: run one with `asq run`")
    counts = outlier_counts(place, quarter_range(quarters) if quarters else None)
    lines = [counts.columns, *([str(value) for value in row] for row in counts.iter_rows())]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines if counts.height else []:
        names, figures = line[:4], line[4:]
        aligned = [name.ljust(width) for name, width in zip(names, widths[:4], strict=True)]
        aligned += [figure.rjust(width) for figure, width in zip(figures, widths[4:], strict=True)]
        click.echo("  ".join(aligned))
    to_review, reviewed = int(counts["to_review"].sum()), int(counts["reviewed"].sum())
    click.echo(f"{to_review} points to review, {reviewed} reviewed")


@outliers.command("export")
@click.argument("quarter")
@click.option("--out", type=click.Path(dir_okay=False), required=True, help="File to write, in CSV.", callback=remember_output)
@lake_option
def export_outliers(quarter: str, out: str, lake: str) -> None:
    """Write a QUARTER's published outliers as the file in which reviewers decide, one per line, the most extreme first.

    Fill in decision (confirm, correct or exclude), reviewer, reviewed_on; for the last two also reason; for a correction also
    column and corrected_value. Put the file into the landing folder as outlier_review.csv and run the quarter again. Lines
    already decided are kept, also those of other quarters in OUT.
    """
    from pipeline.review.export import export_review

    exported = export_review(existing_lake(lake, "published"), Quarter.parse(quarter), Path(out))
    click.echo(f"{out}: {exported.open} points to review, {exported.decided} decided, {exported.kept} of other quarters")
