"""``asq contract`` and ``asq indicators``: what may be delivered, what is measured, and what a publication made of it."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from pipeline.calendar.quarters import Quarter
from pipeline.commands.options import remember_lake
from pipeline.errors import UsageError
from pipeline.settings.places import LAKE_VARIABLE, lake_at
from pipeline.settings.suggestions import did_you_mean

if TYPE_CHECKING:
    from schemas.contract import Column, Table
    from schemas.standard.catalogue import Indicator

# A share or a score has up to four decimals, hours and days two.
_DECIMALS = 4


@click.command()
@click.argument("table", required=False)
def contract(table: str | None) -> None:
    """Print the input contract: every TABLE and column that landing files may hold.

    Without TABLE: all of it, as CSV. With one: its columns in words, in Chinese and English, with the names that exports give them
    and the indicators that need them.
    """
    from schemas.contract import TABLES

    if table is None:
        _as_csv()
        return
    if table not in TABLES:
        raise UsageError(f"the contract has no table '{table}'{did_you_mean(table, TABLES)}")
    for line in _in_words(TABLES[table]):
        click.echo(line)


@click.command()
@click.argument("indicator", required=False)
@click.option(
    "--lake",
    envvar=LAKE_VARIABLE,
    type=click.Path(file_okay=False),
    help="Lake folder: show what was published.",
    callback=remember_lake,
)
@click.option("--quarter", help="Like 2025-Q1: the publication to show [default: the latest].")
def indicators(indicator: str | None, lake: str | None, quarter: str | None) -> None:
    """List the indicators of clause 六, or explain one INDICATOR (like P2-1a).

    Definition, formula, tables and columns it needs, and limits; with --lake also its status, value, numerator, denominator and
    reason in a published quarter, per enterprise.
    """
    from schemas.standard.catalogue import catalogue_rows

    # Of several versions the newest is the last.
    known = {each.indicator_id: each for each in catalogue_rows()}
    if indicator is not None and indicator not in known:
        raise UsageError(f"there is no indicator '{indicator}'{did_you_mean(indicator, known)}")
    for line in _list(known.values()) if indicator is None else _explained(known[indicator]):
        click.echo(line)
    if lake is not None:
        for line in _published(lake, quarter, indicator):
            click.echo(line)


def _as_csv() -> None:
    from pipeline.lake.spreadsheets import neutralised
    from schemas.contract import TABLES

    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(["table", "column", "type", "key", "required", "pii", "values_or_unit", "meaning"])
    for table in TABLES.values():
        for column in table.columns:
            required = "yes" if column.required else "no"
            cells = (
                table.name,
                column.name,
                column.type,
                _key(column),
                required,
                column.pii,
                column.values_or_unit,
                column.meaning,
            )
            writer.writerow([neutralised(cell or "") for cell in cells])


def _key(column: Column) -> str:
    keys = [*(["pk"] if column.is_key else []), *([f"fk {column.references}"] if column.references else [])]
    return "; ".join([*keys, *(["event"] if column.is_event else [])])


def _in_words(table: Table) -> Iterator[str]:
    from schemas.column_labels import column_label

    needing = _needing(table.name)
    yield f"{table.name}  {table.title}"
    yield f"  one row per {' × '.join(table.key)}; {sum(column.required for column in table.columns)} columns are required"
    for column in table.columns:
        label = column_label(table.name, column.name)
        notes = [column.type, *(["required"] if column.required else [])]
        notes += ["key"] if column.is_key else []
        notes += ["its date decides the quarter"] if column.is_event else []
        notes += [f"of {column.references}"] if column.references else []
        notes += [f"personal data: {column.pii}"] if column.pii else []
        notes += [f"used where {column.in_place_of} is not delivered"] if column.in_place_of else []
        yield ""
        yield f"  {column.name}  {label.label_zh}"
        yield f"    {', '.join(notes)}"
        if column.values:
            yield f"    one of: {', '.join(column.values)}"
        elif column.values_or_unit:
            yield f"    {column.values_or_unit}"
        if column.meaning:
            yield f"    {column.meaning}"
        yield f"    exports call it: {', '.join(label.other_names)}"
        if needing.get(column.name):
            yield f"    needed by: {', '.join(needing[column.name])}"


def _needing(table: str) -> dict[str, list[str]]:
    """Column → indicators without a value, or with another one, if it is missing; also as a stand-in for other columns."""
    from schemas.indicator_columns import rests_on, stand_ins
    from schemas.standard.catalogue import catalogue_rows

    found: dict[str, list[str]] = {}
    for each in {indicator.indicator_id: indicator for indicator in catalogue_rows()}.values():
        names = {name for needed in (*each.source_columns, *rests_on(each.indicator_id)) for name in needed.split("|")}
        names.update(*stand_ins(each.indicator_id).values())
        for name in names:
            of_table, _, column = name.partition(".")
            if of_table == table:
                found.setdefault(column, []).append(each.indicator_id)
    return found


def _list(known: Iterable[Indicator]) -> Iterator[str]:
    for each in known:
        yield f"{each.indicator_id:<6} {each.name_zh}  {each.name_en}  [{each.unit_zh}]  {', '.join(each.source_tables)}"


def _explained(each: Indicator) -> Iterator[str]:
    from schemas.indicator_columns import rests_on, stand_ins

    yield f"{each.indicator_id} {each.name_zh}  {each.name_en}  ({each.clause}, {each.obligation})"
    yield f"  {each.definition_zh}"
    yield f"  {each.definition_en}"
    yield f"  formula: {_formula(each)}; {each.period_rule.replace('_', ' ')}, at least {each.minimum_n} cases"
    limits = {"requirement": each.requirement, "acceptable": each.acceptable, "objective": each.objective}
    given = [f"{name} {limit:g}" for name, limit in limits.items() if limit is not None]
    targets = ", ".join(given) or "no limit: the enterprise sets targets in evaluation.yaml"
    yield f"  limits: {targets} ({each.unit}, {each.unit_zh}; {each.direction} is better)"
    yield f"  tables: {', '.join(each.source_tables)}"
    yield f"  no value without: {', '.join(name.replace('|', ' or ') for name in each.source_columns) or 'no optional column'}"
    if resting := rests_on(each.indicator_id):
        yield f"  depends on too: {', '.join(dict.fromkeys(resting))}"
    for use, columns in stand_ins(each.indicator_id).items():
        yield f"  if those were not delivered: {', '.join(columns)} (basis {use})"
    yield f"  decisions: {', '.join(each.decisions)} (docs/decisions)"


def _formula(each: Indicator) -> str:
    words = {
        "rate": "fulfilled cases ÷ cases",
        "mean": "sum of values ÷ cases",
        "ratio": "numerator ÷ denominator",
        "count": "count",
        "percentile": "percentile of the values",
        "score": "mean score of the respondents' answers, 0 to 100",
        "weighted_score": "mean of the touchpoints' scores, weighted by their requests",
        "composite": "weighted sum of other indicators",
        "change": "change from the year before",
        "share_of_max": "achieved ÷ achievable weight",
    }
    scaled = [f"÷ {each.unit_divisor:g}"] if each.unit_divisor != 1 else []
    scaled += [f"× {each.multiplier:g}"] if each.multiplier != 1 else []
    return " ".join([words[each.method], *scaled])


def _published(lake: str, label: str | None, indicator: str | None) -> Iterator[str]:
    import polars as pl

    place = lake_at(lake)
    quarters = place.published_quarters()
    if not quarters:
        raise UsageError(f"{lake}: nothing was published yet; run `asq run` first")
    quarter = quarters[-1] if label is None else Quarter.parse(label)
    if quarter not in quarters:
        raise UsageError(f"{lake}: {quarter} was not published; published are {', '.join(each.label for each in quarters)}")
    values = pl.read_parquet(place.current(quarter) / "indicator_values.parquet").filter(
        pl.col("scope_type") == "enterprise", pl.col("period") == quarter.label
    )
    if indicator is not None:
        values = values.filter(pl.col("indicator_id") == indicator)
    yield ""
    yield f"published for {quarter}:"
    for row in values.sort("enterprise_id", "indicator_id").iter_rows(named=True):
        shown = [f"{row['enterprise_id']} {row['indicator_id']}: {row['status']}"]
        if row["value"] is not None:
            shown.append(f"value {_number(row['value'])}")
        if row["numerator"] is not None:
            shown.append(f"= {_number(row['numerator'])} ÷ {_number(row['denominator'])} (n {row['sample_size']})")
        if row.get("basis") not in (None, "records"):
            shown.append(f"from {row['basis'].replace(';', ' and ')}")
        if row["status_reason"]:
            shown.append(f"because {row['status_reason']}")
        yield "  " + " ".join(shown)


def _number(value: float | None) -> str:
    return "—" if value is None else f"{round(value, _DECIMALS):,.{_DECIMALS}f}".rstrip("0").rstrip(".")
