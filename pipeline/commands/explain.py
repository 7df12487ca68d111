"""``asq explain``: how a published score came about, down to the SQL, the rows and, for the lake's owner, the records."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pipeline.calendar.quarters import Quarter
from pipeline.commands.options import lake_option
from pipeline.errors import DataRefused, UsageError
from pipeline.settings.places import lake_at

if TYPE_CHECKING:
    from pipeline.explain.walk import Asked
    from pipeline.lake.layout import Lake


@click.command()
@click.argument("quarter")
@click.argument("enterprise")
@click.argument("node", metavar="[INDICATOR|NODE]", required=False)
@lake_option
@click.option("--period", help="Like 2025-Q1-TTM: a period of the quarter's publication [default: the quarter].")
@click.option("--records", is_flag=True, help="List the records behind an indicator as CSV: for the lake's owner, logged.")
def explain(quarter: str, enterprise: str, node: str | None, lake: str, period: str | None, records: bool) -> None:
    """Explain a score of QUARTER and ENTERPRISE: of an INDICATOR or NODE, like P2-1c, P2 or R [default: the total].

    Of a node: its children, weight × score. Of an indicator: score, formula, value, numerator and denominator, the SQL that counts,
    the decisions behind it, and where the rows went. With --records every record that counted, whose clock was paused, or that was
    left out, by its key and with the reason; if numerator and denominator do not add up to those published, the exit code is 1.
    """
    from pipeline.explain.walk import Asked, Publication, explained

    place, asked_quarter = lake_at(lake), Quarter.parse(quarter)
    if asked_quarter not in place.published_quarters():
        raise UsageError(f"{lake}: {asked_quarter} was not published; run `asq run {asked_quarter}` first")
    publication = Publication(place.current(asked_quarter), asked_quarter)
    asked = Asked.checked(publication, enterprise, period, node, lake)
    if records:
        _list_records(place, asked_quarter, asked)
        return
    for line in explained(publication, asked):
        click.echo(line)


def _list_records(lake: Lake, quarter: Quarter, asked: Asked) -> None:
    import polars as pl

    from pipeline.explain.records import records_of
    from pipeline.lake.access_log import append, entry
    from pipeline.lake.spreadsheets import neutralised
    from schemas.standard.catalogue import catalogue

    indicator = catalogue(quarter.last_day).get(asked.node_id)
    if indicator is None:
        raise UsageError(f"{asked.node_id} is a node: records are of an indicator; `asq explain` shows which it is made of")
    tables = sorted({*indicator.source_tables})
    append(lake, [entry("asq explain", "query", zone="clean", quarter=quarter.label, tables=tables)])
    found = records_of(lake, quarter, asked.enterprise_id, asked.node_id, asked.period)
    texts = [name for name, kind in found.rows.schema.items() if kind == pl.String]
    neutral = {
        name: pl.Series(name, [each and neutralised(each, is_text=True) for each in found.rows[name]], pl.String) for name in texts
    }
    sys.stdout.write(found.rows.with_columns(**neutral).write_csv())
    wrong = []
    for total in found.totals:
        name = " ".join(filter(None, (total.indicator_id, total.part, total.role if total.role != "current" else "")))
        sums = f"numerator {total.numerator:.9g}, denominator {total.denominator:.9g}"
        click.echo(
            f"asq: {name}: {total.records:,} records counted; {sums}: {'as published' if total.agrees else 'NOT as published'}",
            err=True,
        )
        if not total.agrees:
            wrong.append(f"{name}: published are {total.published_numerator} and {total.published_denominator}, not {sums}")
    if wrong:
        raise DataRefused(
            f"{'; '.join(wrong)}. The clean rows have changed since {quarter} was published: run `asq run {quarter}` again"
        )
