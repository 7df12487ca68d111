"""k-anonymity and l-diversity of a record-level table: makes tables anonymous and measures published ones.

Works on DuckDB for any table; ``schemas/expectations/privacy.py`` declares the quasi-identifiers. Measuring shares no step with
making: it counts the classes of the finished rows.

Terms (GB/T 37964, GB/T 42460): rows that agree in all quasi-identifiers form an equivalence class; a table is k-anonymous when
each class has at least k rows, and l-diverse when the sensitive column has at least l different values in each class. A class
whose sensitive values are all withheld or absent discloses none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt
import polars as pl

from pipeline.lake.sql import literal, quoted
from pipeline.privacy.classes import ABSENT, LEFT_OUT, Codes, recode
from schemas.expectations.privacy import GENERALISED, SUPPRESSED, WITHHELD, RecordTable

_RECODING, _PART = "_recoding", "_recoded"
_PLACE = "place"
# Each takes some 150 bytes.
_ROWS_AT_ONCE = 1 << 20
_SMALLINTS = 1 << 15
_STAR = literal(WITHHELD)


@dataclass(frozen=True)
class Released:
    """A table made anonymous: the query of its rows in a fixed order, and the number left out by the values of ``within``."""

    query: str
    left_out: dict[tuple[str | None, ...], int]


@dataclass(frozen=True)
class Classes:
    """The equivalence classes of published rows with the same values of ``within``.

    ``smallest``: rows of the smallest class. ``least_diverse``: the smallest number of different values of a sensitive column in
    a class that discloses any; None if no class does. ``generalised``: rows that gave up some quasi-identifiers but not all;
    ``suppressed``: rows that gave up all.
    """

    within: tuple[str | None, ...]
    rows: int
    classes: int
    smallest: int
    least_diverse: int | None
    generalised: int
    suppressed: int


@contextmanager
def anonymised(
    connection: duckdb.DuckDBPyConnection, relation: str, declared: RecordTable, k: int, diversity: int
) -> Iterator[Released]:
    """Make the rows of a table k-anonymous and ``diversity``-diverse, giving up as little as the declared order allows.

    relation   a table without deleted rows, as written in SQL; not a view, because rows are identified by their position

    ``classes.recode`` does it. A value given up becomes ``*`` in a column that is then text; a column that follows becomes null.
    Two more columns say how many quasi-identifiers a row gave up and whether it gave up all. The query is valid as long as
    the context.
    """
    # Temporary rather than in Python: what memory has no room for is spilled.
    hidden = "".join(f", hides_{place} boolean" for place in range(len(declared.sensitive)))
    connection.execute(f"create temp table {_RECODING} ({_PLACE} bigint, level tinyint, class bigint{hidden})")
    try:
        first_class, is_left_out = 0, False
        for places, codes in _codes_by_group(connection, relation, declared):
            recoding = recode(
                [codes[name] for name in declared.within],
                [codes[name] for name in declared.quasi_identifiers],
                # 0 is not a code of a value.
                [np.where(codes[name] == 0, ABSENT, codes[name]) for name in declared.sensitive],
                k,
                diversity,
            )
            classes = recoding.classes + first_class
            first_class = int(classes.max(initial=first_class)) + 1
            hides = {f"hides_{place}": flags for place, flags in enumerate(recoding.hidden)}
            rows = pl.DataFrame({_PLACE: places, "level": recoding.levels, "class": classes, **hides})
            kept = rows.filter(pl.col("level") != LEFT_OUT)
            is_left_out |= len(kept) < len(rows)
            connection.register(_PART, kept.to_arrow())
            connection.execute(f"insert into {_RECODING} from {_PART}")
            connection.unregister(_PART)
        left_out = _left_out(connection, relation, declared) if is_left_out else {}
        yield Released(_query(connection, relation, declared), left_out)
    finally:
        connection.execute(f"drop table {_RECODING}")


def classes_of(connection: duckdb.DuckDBPyConnection, relation: str, declared: RecordTable) -> list[Classes]:
    """Measure a published table: its classes within each group of ``within``, sorted; groups without rows are absent."""
    groups = ", ".join(map(quoted, declared.within))
    keys = ", ".join(map(quoted, (*declared.within, *declared.quasi_identifiers)))
    different = [f"nullif(count(distinct nullif({quoted(name)}, {_STAR})), 0)" for name in declared.sensitive]
    rows = connection.execute(
        f"""
        with classes as (
            select {keys}, count(*) as n, {f"least({', '.join(different)})" if different else "null::bigint"} as diversity,
                count(*) filter (where {quoted(GENERALISED)} > 0 and not {quoted(SUPPRESSED)}) as generalised,
                count(*) filter (where {quoted(SUPPRESSED)}) as suppressed
            from {relation} group by {keys}
        )
        select {groups}, sum(n)::bigint, count(*), min(n), min(diversity), sum(generalised)::bigint, sum(suppressed)::bigint
        from classes group by {groups} order by {groups}
        """
    ).fetchall()
    size = len(declared.within)
    return [Classes(tuple(row[:size]), *row[size:]) for row in rows]


def _codes_by_group(
    connection: duckdb.DuckDBPyConnection, relation: str, declared: RecordTable
) -> Iterator[tuple[npt.NDArray[np.int64], dict[str, Codes]]]:
    """The positions of rows and their ``_codes``: whole groups of ``within`` in their order, about ``_ROWS_AT_ONCE`` rows at a
    time, at least once.
    """
    codes = _codes(connection, relation, (*declared.within, *declared.quasi_identifiers, *declared.sensitive), declared.sensitive)
    within = ", ".join(map(quoted, declared.within))
    by_text = ", ".join(f"{quoted(name)}::varchar nulls first" for name in declared.within)
    parts = connection.execute(
        f"select distinct part from (select (sum(n) over (order by {by_text}) - n) // {_ROWS_AT_ONCE} as part "
        f"from (select {within}, count(*) as n from {relation} group by all)) order by part"
    ).fetchall()
    same = " and ".join(f"records.{quoted(name)} is not distinct from chosen.{quoted(name)}" for name in declared.within)
    for (part,) in parts or [(0,)]:
        found = connection.execute(
            f"""
            with chosen as (
                select {within} from (
                    select {within}, (sum(n) over (order by {by_text}) - n) // {_ROWS_AT_ONCE} as part
                    from (select {within}, count(*) as n from {relation} group by all)
                ) where part = $part
            )
            select records.rowid as {_PLACE}, {codes} from {relation} as records semi join chosen on {same}
            """,
            {"part": part},
        ).fetchnumpy()
        # Threads may return the rows in any order. One column after the other, so that no two copies of all are held.
        by_place = np.argsort(found[_PLACE], kind="stable")
        ordered = {name: np.asarray(found.pop(name))[by_place] for name in list(found)}
        yield ordered.pop(_PLACE), ordered


def _codes(connection: duckdb.DuckDBPyConnection, relation: str, names: Sequence[str], without_stars: Sequence[str]) -> str:
    """SQL: columns as numbers in the order of their values, without 0.

    without_stars   columns in which the source's own ``*`` is not a value: it discloses nothing, like those put there later
    """
    texts = {
        name: f"nullif({quoted(name)}::varchar, {_STAR})" if name in without_stars else f"{quoted(name)}::varchar" for name in names
    }
    # All columns in one pass.
    lists = ", ".join(f"list_sort(coalesce(list(distinct {text}) filter ({text} is not null), []))" for text in texts.values())
    found = connection.execute(f"select {lists} from {relation}").fetchone() or ()
    chosen = []
    for (name, text), values in zip(texts.items(), found, strict=True):
        enum = f"enum({', '.join(map(literal, values))})" if values else "enum('')"
        kind = "smallint" if len(values) < _SMALLINTS else "integer"
        chosen.append(f"coalesce(enum_code({text}::{enum})::integer + 1, 0)::{kind} as {quoted(name)}")
    return ", ".join(chosen)


def _left_out(connection: duckdb.DuckDBPyConnection, relation: str, declared: RecordTable) -> dict[tuple[str | None, ...], int]:
    names = ", ".join(map(quoted, declared.within))
    rows = connection.execute(
        f"select {names}, count(*) from {relation} as records anti join {_RECODING} as recoding on records.rowid = recoding.place "
        f"group by {names} order by {names}"
    ).fetchall()
    return {tuple(row[:-1]): row[-1] for row in rows}


def _query(connection: duckdb.DuckDBPyConnection, relation: str, declared: RecordTable) -> str:
    gives_up = {name: f"recoding.level > {place}" for place, name in enumerate(declared.quasi_identifiers)}
    gives_up |= {name: f"recoding.hides_{place}" for place, name in enumerate(declared.sensitive)}
    columns, others = [], []
    for name, *_ in connection.execute(f"describe {relation}").fetchall():
        column = f"records.{quoted(name)}"
        if name in gives_up:
            column = f"case when {gives_up[name]} then {_STAR} else {column}::varchar end"
        elif name in declared.follows:
            column = f"case when not {gives_up[declared.follows[name]]} then {column} end"
        if name not in (*declared.within, *declared.quasi_identifiers):
            others.append(column)
        columns.append(f"{column} as {quoted(name)}")
    # Within a class by a fingerprint of the rest: as fixed as an order by all columns, and much cheaper.
    # Rows that gave up more come first, as in the numbers of classes.
    order = ", ".join(["recoding.level desc", "recoding.class", *([f"hash({', '.join(others)})"] if others else [])])
    return (
        f"select {', '.join(columns)}, recoding.level::integer as {quoted(GENERALISED)}, "
        f"recoding.level = {len(declared.quasi_identifiers)} as {quoted(SUPPRESSED)} "
        f"from {relation} as records join {_RECODING} as recoding on records.rowid = recoding.place order by {order}"
    )


LEFT_OUT_MARK = "left_out"
"""Mark of a record-level Parquet file: JSON list of the rows that no class could hide, [enterprise, quarter, rows]."""
