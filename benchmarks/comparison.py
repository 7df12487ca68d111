"""Compares what the hand-written scripts computed with what the pipeline published: the two share no step that counts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pipeline.calendar.quarters import Quarter
from pipeline.desensitize import tokens
from pipeline.desensitize.quarter import clean_names
from pipeline.lake.layout import Lake
from pipeline.lake.sql import parquet, quoted
from schemas.contract import TABLES, Table
from schemas.expectations.privacy import RECORD_TABLES

TOLERANCE = 1e-9
# Sums of squares are exact in the marts and floating-point numbers in the script.
INTERVAL_TOLERANCE = 1e-6

_VALUE_KEY = ("enterprise_id", "period", "scope_type", "scope_id", "indicator_id", "variant")
_EXAMPLES = 10


@dataclass(frozen=True)
class Agreement:
    """How many results were compared, and how many differ; some of these in words."""

    name: str
    compared: int
    different: int
    examples: tuple[str, ...] = ()

    def lines(self) -> list[str]:
        """What is printed: one line, and one for each example."""
        return [f"{self.name}: {self.compared:,} compared, {self.different:,} differ", *(f"    {each}" for each in self.examples)]


def compare(lake: Lake, quarter: Quarter, handwritten: Path) -> Agreement:
    """Every published value and share within the limit, and those of a script; one on one side only counts as different."""
    with duckdb.connect() as connection:
        return _compare_values(connection, lake, quarter, handwritten)


def compare_full(lake: Lake, quarter: Quarter, output: Path) -> list[Agreement]:
    """Everything that ``handwritten_full`` and a run of the pipeline both give, one agreement per kind of result."""
    published = lake.analyst(quarter)
    with duckdb.connect() as connection:
        return [
            _compare_values(connection, lake, quarter, output / "values.parquet"),
            _numbers(connection, "intervals", *_intervals(published, output), INTERVAL_TOLERANCE),
            _rows(connection, "refused rows", *_refused(lake, quarter, output)),
            *(_checksums(connection, f"clean {table.name}", *_clean(table, lake, quarter, output)) for table in TABLES.values()),
            _rows(connection, "profile", *_profiles(lake, quarter, output)),
            _numbers(connection, "acceptance figures", *_acceptance(published, output)),
            _numbers(connection, "outlier groups", *_outlier_groups(published, output)),
            _numbers(connection, "outliers", *_outliers(published, output)),
            *(_checksums(connection, name, *_records(name, published, output)) for name in RECORD_TABLES),
            _rows(connection, "rows generalised, suppressed and left out", *_anonymity(published, output)),
        ]


def _compare_values(connection: duckdb.DuckDBPyConnection, lake: Lake, quarter: Quarter, script: Path) -> Agreement:
    columns = f"{_listed(_VALUE_KEY)}, value, within_limit_rate"
    return _numbers(
        connection,
        "values",
        f"select {columns} from {_published_values(lake.analyst(quarter))} where value is not null",
        f"select {columns} from {parquet(script)}",
        _VALUE_KEY,
        ("value", "within_limit_rate"),
    )


def _intervals(published: Path, output: Path) -> tuple[str, str, Sequence[str], Sequence[str]]:
    key, numbers = (*_VALUE_KEY, "ci_method"), ("ci_low", "ci_high")
    ours, theirs = (
        f"select {_listed((*key, *numbers))} from {source} where ci_low is not null"
        for source in (_published_values(published), parquet(output / "values.parquet"))
    )
    return ours, theirs, key, numbers


def _published_values(published: Path) -> str:
    values, variants = (parquet(published / f"indicator_{kind}.parquet") for kind in ("values", "variants"))
    return f"(select '' as variant, * from {values} union all by name select * from {variants})"


def _refused(lake: Lake, quarter: Quarter, output: Path) -> tuple[str, str]:
    columns = '"table", origin_file, origin_row, row_key, rule, "column", _row_id'
    files = [path for name in TABLES if (path := lake.partition("quarantine", name, quarter)).is_file()]
    return f"select {columns} from {parquet(files)}", f"select {columns} from {parquet(output / 'refused.parquet')}"


def _clean(table: Table, lake: Lake, quarter: Quarter, output: Path) -> tuple[str, str]:
    """A pseudonym has the name of the column that it replaces in the script's files."""
    ours = [quoted(name) for column in table.columns for name in clean_names(column)]
    theirs = [
        quoted(column.name if column.pii in tokens.NORMALISERS and name == f"{column.name}_token" else name)
        for column in table.columns
        for name in clean_names(column)
    ]
    clean = lake.partition("clean", table.name, quarter)
    return (
        f"select {', '.join(ours)}, _row_id from {parquet(clean)}",
        f"select {', '.join(theirs)}, _row_id from {parquet(output / 'clean' / f'{table.name}.parquet')}",
    )


def _profiles(lake: Lake, quarter: Quarter, output: Path) -> tuple[str, str]:
    columns = 'enterprise_id, fact, "column", bucket, count'
    files = {name: path for name in TABLES if (path := lake.partition("profile", name, quarter)).is_file()}
    ours = " union all ".join(f"select '{name}' as \"table\", {columns} from {parquet(path)}" for name, path in files.items())
    return ours, f'select "table", {columns} from {parquet(output / "profile.parquet")}'


def _acceptance(published: Path, output: Path) -> tuple[str, str, Sequence[str], Sequence[str]]:
    key = ("table", "enterprise_id", "check", "verdict")
    ours, theirs = (
        f"select {_listed((*key, 'value'))} from {parquet(path)}"
        for path in (published / "acceptance_results.parquet", output / "acceptance.parquet")
    )
    return ours, theirs, key, ("value",)


_GROUP_NUMBERS = ("n", "mean", "sd", "median", "mad", "flagged_z", "flagged_z_log", "flagged_z_mad")
_POINT_NUMBERS = ("value", "z", "z_log", "z_mad")


def _outlier_groups(published: Path, output: Path) -> tuple[str, str, Sequence[str], Sequence[str]]:
    key = ("enterprise_id", "table", "measure", "group")
    return (*_same_file("outlier_groups", published, output, (*key, *_GROUP_NUMBERS)), key, _GROUP_NUMBERS)


def _outliers(published: Path, output: Path) -> tuple[str, str, Sequence[str], Sequence[str]]:
    key = ("enterprise_id", "table", "measure", "group", "row_key", "flags")
    return (*_same_file("outliers", published, output, (*key, *_POINT_NUMBERS)), key, _POINT_NUMBERS)


def _records(name: str, published: Path, output: Path) -> tuple[str, str]:
    names = [row[0] for row in duckdb.sql(f"describe from {parquet(published / f'{name}.parquet')}").fetchall()]
    return _same_file(name, published, output, names)


def _anonymity(published: Path, output: Path) -> tuple[str, str]:
    columns = ("table", "enterprise_id", "rows", "k_reached", "generalised", "suppressed", "left_out")
    ours, theirs = _same_file("anonymity", published, output, columns)
    return f"{ours} where kind = 'released_records'", theirs


def _same_file(name: str, published: Path, output: Path, columns: Sequence[str]) -> tuple[str, str]:
    ours, theirs = (f"select {_listed(columns)} from {parquet(folder / f'{name}.parquet')}" for folder in (published, output))
    return ours, theirs


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(map(quoted, columns))


def _numbers(
    connection: duckdb.DuckDBPyConnection,
    name: str,
    ours: str,
    theirs: str,
    key: Sequence[str],
    numbers: Sequence[str],
    tolerance: float = TOLERANCE,
) -> Agreement:
    """Rows with the same key whose numbers agree within the tolerance, relative above 1."""
    same_key = " and ".join(f"ours.{quoted(each)} is not distinct from theirs.{quoted(each)}" for each in key)
    differ = " or ".join(
        f"(ours.{each} is null) <> (theirs.{each} is null) "
        f"or abs(ours.{each} - theirs.{each}) > {tolerance} * greatest(1, abs(theirs.{each}))"
        for each in map(quoted, numbers)
    )
    shown = ", ".join(
        (
            *(f"coalesce(ours.{quoted(each)}, theirs.{quoted(each)})" for each in key),
            *(f"ours.{quoted(each)}, theirs.{quoted(each)}" for each in numbers),
        )
    )
    query = f"""
        select *, ours.is_here is null or theirs.is_here is null or ({differ}) as is_different, concat_ws(' ', {shown}) as example
        from (select *, true as is_here from ({ours})) as ours
        full join (select *, true as is_here from ({theirs})) as theirs on {same_key}
    """
    ((compared, different, examples),) = connection.execute(
        "select count(*), count_if(is_different), list(example order by example) filter (where is_different)"
        f"[:{_EXAMPLES}] from ({query})"
    ).fetchall()
    return Agreement(name, compared, different, tuple(examples or ()))


def _rows(connection: duckdb.DuckDBPyConnection, name: str, ours: str, theirs: str) -> Agreement:
    """The same rows on both sides, each as often."""
    ((compared,),) = connection.execute(f"select count(*) from ({theirs})").fetchall()
    missing = f"(from ({ours})) except all (from ({theirs}))", f"(from ({theirs})) except all (from ({ours}))"
    different = [row for query in missing for row in connection.execute(query).fetchall()]
    return Agreement(name, compared, len(different), tuple(" ".join(map(str, row)) for row in different[:_EXAMPLES]))


def _checksums(connection: duckdb.DuckDBPyConnection, name: str, ours: str, theirs: str) -> Agreement:
    """The same rows on both sides by column: cheap for millions of rows. A column with a difference counts as one."""
    found = [list(_column_sums(connection, query)) for query in (ours, theirs)]
    different = [f"column {column}" for (column, mine), (_, other) in zip(*found, strict=True) if mine != other]
    ((rows,),) = connection.execute(f"select count(*) from ({theirs})").fetchall()
    return Agreement(name, rows, len(different), tuple(different[:_EXAMPLES]))


def _column_sums(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple[str, tuple[int, int]]]:
    names = [row[0] for row in connection.execute(f"describe {query}").fetchall()]
    sums = ", ".join(f"count({quoted(name)}), sum(hash({quoted(name)}::varchar)::hugeint)" for name in names)
    (found,) = connection.execute(f"select {sums} from ({query})").fetchall()
    return ((name, (found[2 * place], found[2 * place + 1])) for place, name in enumerate(names))
