"""The records behind a value: counted, paused, without a value or outside its population, by the SQL that counted them.

For the lake's owner: record keys of the clean rows, no names and numbers of people. Built from the clean rows as they are now,
without the records that the publication excluded; that they add up to what was published is checked, not assumed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import duckdb
import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.explain.sums import PREVIOUS, Sum, counted_in, is_percentile, sums_of
from pipeline.lake.database import connected
from pipeline.lake.files import atomic_path
from pipeline.lake.layout import Lake
from pipeline.lake.row_key import joined_values, row_key_expression
from pipeline.lake.sql import literal, parquet, quoted
from pipeline.marts import project
from pipeline.marts.dbt_compiled import DbtCompiled
from pipeline.marts.inputs import RunInputs, pinned_clean_files
from pipeline.marts.project import DATABASE
from pipeline.marts.scratch import scratch_folder
from pipeline.review.standing import IN_FORCE
from pipeline.settings.outlier_review import EXCLUDE
from pipeline.validate.masking import masked_keys
from schemas.contract import TABLES
from schemas.indicator_columns import stand_ins
from schemas.standard.catalogue import catalogue, catalogue_rows

SCHEMA = {
    "indicator_id": pl.String,
    "period": pl.String,
    "role": pl.String,
    "part": pl.String,
    "table": pl.String,
    "quarter": pl.String,
    "record": pl.String,
    "status": pl.String,
    "reason": pl.String,
    "numerator": pl.Float64,
    "denominator": pl.Float64,
    "paused_seconds": pl.Float64,
}
"""One row per record and sum. ``status``: counted; not counted: no_value, unknown, not_of_population, …; or, with the rule as
reason, out_of_scope, excluded, refused, deduplicated. ``paused_seconds``: time in which the clock of a counted record stood."""

COUNTED = "counted"
_PAUSED = ("P2-3a", "P2-3b")
_LEFT_OUT = ("out_of_scope", "excluded", "refused", "deduplicated")
# The percentile of R1-2.
_PERCENTILE = 0.95
# Sums of decimals of nine places, read as floats.
_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Total:
    """What the records of a sum add up to, and what was published of it."""

    indicator_id: str
    role: str
    part: str
    records: int
    numerator: float
    denominator: float
    published_numerator: float | None
    published_denominator: float | None

    @property
    def agrees(self) -> bool:
        """Whether both are what was published; a sum that lacks one of the two is not published."""
        if self.published_numerator is None:
            return self.numerator == 0 or self.denominator == 0
        return all(
            abs(found - (published or 0.0)) <= _TOLERANCE * max(1.0, abs(found))
            for found, published in (
                (self.numerator, self.published_numerator),
                (self.denominator, self.published_denominator),
            )
        )


@dataclass(frozen=True)
class Records:
    """The rows (``SCHEMA``) and the totals of an indicator."""

    rows: pl.DataFrame
    totals: tuple[Total, ...]


def records_of(lake: Lake, quarter: Quarter, enterprise_id: str, indicator_id: str, period: str) -> Records:
    """The records of an enterprise's value in a period that ``quarter`` published.

    Raises UsageError if the analysts' layer of the quarter is not there, or for an indicator that counts no records.
    """
    folder = lake.analyst(quarter)
    if not (folder / "mart_period_inputs.parquet").is_file():
        raise UsageError(f"{lake.root}: the analysts' layer of {quarter} is not in this lake, and records are only there")
    indicator = catalogue(quarter.last_day)[indicator_id]
    values = pl.read_parquet(folder / "indicator_values.parquet").filter(
        enterprise_id=enterprise_id, period=period, scope_type="enterprise", indicator_id=indicator_id
    )
    part = str(values["part"].item() or "") if values.height else ""
    sums = list(sums_of(indicator, part))
    names = sorted({name for each in sums for name in _analyses_of(each.indicator_id)})
    if not names:
        raise UsageError(f"{indicator_id} counts no records: {indicator.definition_en}")
    inputs = pl.read_parquet(folder / "mart_period_inputs.parquet").filter(
        enterprise_id=enterprise_id, period=period, scope_type="enterprise"
    )
    rows: list[pl.DataFrame] = []
    totals: list[Total] = []
    with _counted(lake, quarter, names) as tables:
        for each in sums:
            own = _rows_of(tables, each, enterprise_id, period, quarter)
            rows.append(own)
            totals += _totals(own, each, inputs)
    left_out = _left_out(lake, quarter, enterprise_id, sums, period)
    return Records(pl.concat([*rows, left_out]), tuple(totals))


def _analyses_of(indicator_id: str) -> list[str]:
    return [name for name, node in project.analyses().items() if indicator_id in node["config"]["meta"]["indicators"]]


@contextmanager
def _counted(lake: Lake, quarter: Quarter, names: Sequence[str]) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with the records of analyses, as tables of their names, and the clean rows."""
    builder = DbtCompiled()
    nodes = [project.analyses()[name] for name in names]
    models = sorted(
        {each.rpartition(".")[2] for node in nodes for each in node["depends_on"]["nodes"] if each.startswith("model.")}
    )
    with scratch_folder(lake, f"explain-{uuid4()}") as scratch, pinned_clean_files(quarter, lake) as files:
        builder.build_models(models, RunInputs(quarter, files, _excluded(lake, quarter, files, scratch)), scratch)
        with builder.tables(scratch) as tables:
            for node in nodes:
                tables.execute(f"create table {DATABASE}.main.{quoted(node['name'])} as {node['compiled_code']}")
            yield tables


def _excluded(lake: Lake, quarter: Quarter, files: Mapping[str, Sequence[Path]], folder: Path) -> dict[str, Path]:
    """The records that the publication left out by decisions of reviewers, as a run gives them to the marts."""
    path = lake.analyst(quarter) / "outlier_decisions.parquet"
    decisions = pl.read_parquet(path).filter(decision=EXCLUDE, status=IN_FORCE).select("table", "quarter", "row_key").unique()
    found = {}
    for (name,), rows in decisions.group_by("table", maintain_order=True):
        table = TABLES[str(name)]
        found[table.name] = folder / "excluded" / f"{table.name}.parquet"
        with connected() as connection, atomic_path(found[table.name]) as excluded:
            connection.register("decided", rows.to_arrow())
            connection.execute(
                f"copy (select rows.quarter, rows._row_id, decided.row_key from {parquet(list(files[table.name]))} as rows "
                f"inner join decided on rows.quarter = decided.quarter and {row_key_expression(table)} = decided.row_key) "
                f"to {literal(excluded)} (format parquet)"
            )
    return found


def _rows_of(tables: duckdb.DuckDBPyConnection, each: Sum, enterprise_id: str, period: str, quarter: Quarter) -> pl.DataFrame:
    """The records of one sum; a variant that makes the numerator only has no denominator, and the other way round."""
    quarters = ", ".join(literal(of.label) for of in counted_in(each.indicator_id, period, each.role, quarter))
    # What is counted by period or as of its last day has no year before.
    by_period = "false" if each.role == PREVIOUS else f"period in ('*', {literal(period)})"
    variants = " ".join(f"when {literal(name)} then {literal(makes)}" for name, makes in each.variants)
    queries = [
        f"""
        select indicator_id, {literal(period)} as period, {literal(each.role)} as role, part, source_table, quarter, _row_id,
            record, status, counted_where as reason,
            case when makes in ('both', 'numerator') then numerator else 0 end as numerator,
            case when makes in ('both', 'denominator') then denominator else 0 end as denominator
        from (select *, case variant {variants} end as makes from {DATABASE}.main.{quoted(name)})
        where indicator_id = {literal(each.indicator_id)} and enterprise_id = {literal(enterprise_id)} and makes is not null
            and (case when period is null then quarter in ({quarters}) else {by_period} end)
        """
        for name in _analyses_of(each.indicator_id)
    ]
    tables.execute(f"create or replace temp table found as {' union all '.join(queries)}")
    sources = [
        name for (name,) in tables.execute("select distinct source_table from found where source_table is not null").fetchall()
    ]
    wanted = set(sources) & {*_source_tables(each.indicator_id)}
    keyed = [_keyed(tables, name, each.indicator_id in _PAUSED) for name in sorted(wanted)]
    keyed.append(_CONSTANT)
    rows = tables.execute(f"{' union all '.join(keyed)} order by all").pl()
    return _as_rows(rows)


_COLUMNS = "found.indicator_id, found.period, found.role, found.part, found.source_table, found.quarter"
_CONSTANT = (
    f"select {_COLUMNS}, null as record, status, reason, numerator, denominator, null as paused_seconds "
    "from found where source_table is null"
)


def _source_tables(indicator_id: str) -> set[str]:
    stand_in = {column.partition(".")[0] for columns in stand_ins(indicator_id).values() for column in columns}
    return {name for row in catalogue_rows() if row.indicator_id == indicator_id for name in row.source_tables} | stand_in


def _keyed(tables: duckdb.DuckDBPyConnection, name: str, is_paused: bool) -> str:
    """SQL: the found rows of a table with their key, and the time in which their clock stood."""
    table = TABLES[name]
    paused = "cast(clean.paused_seconds as double)" if is_paused and name == "service_requests" else "null"
    # A request that is still open has no pause to count.
    return (
        f"select {_COLUMNS}, coalesce(found.record, {joined_values(table.key, 'clean')}) as record, found.status, found.reason, "
        f"found.numerator, found.denominator, case when found.status = '{COUNTED}' then {paused} end as paused_seconds "
        f"from found left join {DATABASE}.clean.{quoted(name)} as clean "
        f"on found.quarter = clean.quarter and found._row_id = clean._row_id where found.source_table = {literal(name)}"
    )


def _as_rows(rows: pl.DataFrame) -> pl.DataFrame:
    named = rows.rename({"source_table": "table"}).with_columns(
        reason=pl.when((pl.col("status") == COUNTED) & pl.col("table").is_not_null()).then(None).otherwise("reason"),
        record=masked_keys(rows["record"].fill_null("")).replace("", None),
    )
    return named.select(list(SCHEMA)).cast(SCHEMA)  # type: ignore[arg-type]


def _totals(rows: pl.DataFrame, each: Sum, inputs: pl.DataFrame) -> Iterator[Total]:
    published = inputs.filter(indicator_id=each.indicator_id, variant="", period_role=each.role)
    parts = sorted({*rows["part"].unique(), *published["part"].unique()}) if each.parted else [None]
    for part in parts:
        own = rows if part is None else rows.filter(part=part)
        of_part = published if part is None else published.filter(part=part)
        counted = own.filter(status=COUNTED)
        numerator, denominator = float(counted["numerator"].sum()), float(counted["denominator"].sum())
        if is_percentile(each.indicator_id):
            found = counted["numerator"].quantile(_PERCENTILE, "linear")
            numerator, denominator = float(found or 0.0), float(counted.height > 0)
        yield Total(
            each.indicator_id,
            each.role,
            part or "",
            counted.filter(pl.col("table").is_not_null()).height,
            numerator,
            denominator,
            float(of_part["numerator"].item()) if of_part.height else None,
            float(of_part["denominator"].item()) if of_part.height else None,
        )


def _left_out(lake: Lake, quarter: Quarter, enterprise_id: str, sums: Sequence[Sum], period: str) -> pl.DataFrame:
    """Rows of the source tables that never reached the counting, with the rule, by each quarter's own publication."""
    found = []
    for each in sums:
        for of in counted_in(each.indicator_id, period, each.role, quarter):
            log = lake.analyst(of) / "cleaning_log.parquet"
            if not log.is_file():
                continue
            found.append(
                pl.scan_parquet(log)
                .filter(
                    pl.col("enterprise_id") == enterprise_id,
                    pl.col("table").is_in(sorted(_source_tables(each.indicator_id))),
                    pl.col("action").is_in(_LEFT_OUT),
                    pl.col("quarter") == of.label,
                )
                .select(
                    indicator_id=pl.lit(each.indicator_id),
                    period=pl.lit(period),
                    role=pl.lit(each.role),
                    part=pl.lit(""),
                    table="table",
                    quarter="quarter",
                    record="row_key",
                    status="action",
                    reason="rule",
                    numerator=pl.lit(0.0),
                    denominator=pl.lit(0.0),
                    paused_seconds=pl.lit(None, pl.Float64),
                )
                .collect()
            )
    empty = pl.DataFrame(schema=SCHEMA)
    return (
        pl.concat([empty, *found]).unique(maintain_order=True).sort("indicator_id", "role", "table", "quarter", "record", "reason")
    )
