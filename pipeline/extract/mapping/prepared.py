"""The query of ``prepare``: one SELECT over delivered files, in a database that sees nothing but their records.

Checks the query, runs it, and gives its rows as records that mapping reads like those of a file. ``engine`` closes the database;
``stream`` opens the files. A query must give the same rows for the same files: it runs on one thread, and rows that it does not
order itself are ordered by where they come from and by their values.
"""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa

from pipeline.extract import limits
from pipeline.extract.mapping.casting import Value, as_text, is_native
from pipeline.extract.mapping.engine import OF_ROWS, WITHOUT_PARENTHESES, check_size, forbidden_functions, parts
from pipeline.extract.readers.cleaning import clean_text
from pipeline.extract.readers.headers import ORIGIN_FILE, ORIGIN_ROW, RESERVED, SEQUENCE, canonical_names
from pipeline.extract.readers.records import RECORD_FIELDS, Records
from pipeline.lake.sql import literal, quoted
from pipeline.settings.sources import Format

_READABLE = ("BASE_TABLE", "SUBQUERY", "JOIN", "TABLE_FUNCTION", "EMPTY", "EXPRESSION_LIST")
_QUERIES = ("SELECT_NODE", "SET_OPERATION_NODE", "CTE_NODE")
# Names under which DuckDB shows its own state, and the tables made here; a query must not take them for its own either.
_NOT_FOR_QUERIES = ("duckdb_", "pragma_", "pg_", "sqlite_", "information_schema", "_")
_BATCH, _MISFITS, _RESULT, _PLACE = "_delivered", "_prepared_misfits", "_prepared_rows", SEQUENCE
_BATCH_ROWS = 1 << 16
# What sqlglot takes for a parameter or an operator when it is told the columns of a file.
_NOT_A_NAME = re.compile(r"[?$:@;{}\[\]\"'\\\\]")


@dataclass
class Relation:
    """Delivered files under one name: each with its origin and its records."""

    files: list[tuple[str, Records]] = field(default_factory=list)

    @property
    def columns(self) -> list[str]:
        """The columns of all files; a name counts once, however it is written."""
        names: dict[str, str] = {}
        for _, records in self.files:
            for name in records.schema.names:
                names.setdefault(name.casefold(), name)
        return list(names.values())


@dataclass
class PreparedRecords:
    """The rows of the query that come from one origin; ``Records``."""

    schema: pa.Schema
    connection: duckdb.DuckDBPyConnection
    origin: str
    null_values: tuple[str, ...]

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        names = ", ".join([*(field.name for field in RECORD_FIELDS), *map(quoted, columns)])
        # A cursor of its own: mapping asks the connection while it takes records from here.
        with self.connection.cursor() as cursor:
            found = cursor.execute(f"SELECT {names} FROM {_RESULT} WHERE {ORIGIN_FILE} = ? ORDER BY {_PLACE}", [self.origin])
            for batch in found.to_arrow_reader(_BATCH_ROWS):
                cells = [
                    clean_text(column.cast(pa.string()), self.null_values) if is_text else column
                    for column, is_text in zip(
                        batch.columns[len(RECORD_FIELDS) :],
                        [pa.types.is_string(self.schema.field(name).type) for name in columns],
                        strict=True,
                    )
                ]
                yield pa.RecordBatch.from_arrays(
                    [*batch.columns[: len(RECORD_FIELDS)], *cells],
                    schema=pa.schema([*RECORD_FIELDS, *(self.schema.field(name) for name in columns)]),
                )


@dataclass(frozen=True)
class Prepared:
    """What a query made of the delivered files."""

    records: Mapping[str, PreparedRecords]
    """By origin: a delivered file, or the query itself for rows that do not say where they come from."""
    delivered: Mapping[str, int]
    """Records read, by file."""
    rows: Mapping[str, int]
    """Rows made, by origin."""
    unmeasured: frozenset[str]
    """Columns that rest on no column of a delivered file and on no number of records."""


class NotOneQuery(ValueError):
    """The query is not what ``prepare`` takes, or fails; worded for the user, without a value of a record."""


def prepared(
    select: str,
    relations: Mapping[str, Relation],
    connection: duckdb.DuckDBPyConnection,
    called: str,
    form: Format,
) -> Prepared:
    """Run the query.

    called    the origin of rows that give none
    form      the table's: texts of the result that mean no value, and the time zone of moments
    Raises NotOneQuery, and what reading the files raises.
    """
    try:
        node = _checked(select, relations, connection)
    except RecursionError:
        raise NotOneQuery("is nested too deeply") from None
    delivered: dict[str, int] = {}
    connection.execute(
        f"CREATE TABLE {_MISFITS} ({ORIGIN_FILE} VARCHAR, {', '.join(f'{each.name} {_sql_type(each)}' for each in RECORD_FIELDS)})"
    )
    for name, relation in relations.items():
        _load(name, relation, form.timezone, delivered, connection)
    with _limited(connection):
        names = _run(select, _is_ordered(node), connection)
    _origins(relations, called, connection)
    schema = _schema(connection)
    rows = dict(connection.execute(f"SELECT {ORIGIN_FILE}, count(*) FROM {_RESULT} GROUP BY ALL ORDER BY ALL").fetchall())
    records = {origin: PreparedRecords(schema, connection, origin, form.null_values) for origin in rows or [called]}
    columns = {name: relation.columns for name, relation in relations.items()}
    return Prepared(records, delivered, rows, frozenset(_unmeasured(select, columns, names)))


def _checked(select: str, relations: Mapping[str, Relation], connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The parsed query; raises NotOneQuery unless it reads the relations alone and gives the same every time."""
    found = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [select]).fetchone()
    tree = json.loads(found[0]) if found else {"error": True}
    if tree.get("error"):
        if tree.get("error_type") != "parser":
            raise NotOneQuery("must be one SELECT")
        line = select.count("\n", 0, int(tree.get("position", 0))) + 1
        raise NotOneQuery(f"is not SQL in its line {line}: {tree.get('error_message', '')}")
    if len(tree["statements"]) != 1:
        raise NotOneQuery("must be one SELECT")
    node: dict[str, Any] = tree["statements"][0]["node"]
    known = {name.casefold() for name in relations}
    own = {entry["key"].casefold() for part in parts(node) for entry in _common_tables(part)}
    for name in sorted(own | known):
        if name.startswith(_NOT_FOR_QUERIES):
            raise NotOneQuery(f"must not call anything {name}: the database has such names")
    forbidden = forbidden_functions(connection) - {*OF_ROWS}
    for part in parts(node):
        _check_part(part, known | own, forbidden)
    try:
        check_size(node, forbidden)
    except ValueError as error:
        raise NotOneQuery(str(error)) from None
    return node


def _common_tables(part: Mapping[str, Any]) -> list[dict[str, Any]]:
    tables = part.get("cte_map")
    found = tables.get("map", []) if isinstance(tables, dict) else []
    return [*found, *([{"key": part["cte_name"]}] if part.get("cte_name") else [])]


def _check_part(part: Mapping[str, Any], known: set[str], forbidden: frozenset[str]) -> None:
    kind, class_ = part.get("type"), part.get("class")
    if isinstance(kind, str) and kind.endswith("_NODE") and kind not in _QUERIES:
        raise NotOneQuery("must not be recursive" if "RECURSIVE" in kind else f"must not use a {kind}")
    if part.get("sample"):
        raise NotOneQuery("must not take a sample: it would differ every time")
    if class_ in ("PARAMETER", "POSITIONAL_REFERENCE"):
        raise NotOneQuery("must not use a parameter or the position of a column")
    if part.get("at_clause"):
        raise NotOneQuery("must not ask for a version of a table")
    function = str(part.get("function_name", "")).lower() if class_ in ("FUNCTION", "WINDOW") else ""
    if function in forbidden:
        raise NotOneQuery(f"must not use {function}(): it does not depend on the records alone")
    if class_ == "COLUMN_REF" and len(part["column_names"]) == 1:
        name = str(part["column_names"][0]).casefold()
        if name in WITHOUT_PARENTHESES:
            raise NotOneQuery(f"must not use {name}, which may be a function: write the column with its relation, x.{name}")
    if part.get("setop_type") == "UNION_BY_NAME":
        raise NotOneQuery("must not use UNION BY NAME: name the columns of both SELECTs in the same order")
    if part.get("ref_type") == "NATURAL":
        raise NotOneQuery("must not use NATURAL JOIN, which would join by file and row too: name the columns with USING")
    if isinstance(kind, str) and class_ is None and _is_source(part):
        _check_source(part, kind, known)


def _is_source(part: Mapping[str, Any]) -> bool:
    """Whether a part of the tree is what a FROM names."""
    return "alias" in part and "sample" in part


def _check_source(part: Mapping[str, Any], kind: str, known: set[str]) -> None:
    if kind not in _READABLE:
        raise NotOneQuery(f"must not read a {kind}")
    if kind == "TABLE_FUNCTION" and str(part.get("function", {}).get("function_name", "")).lower() != "unnest":
        raise NotOneQuery("must read its files by name only, by no function")
    if kind == "BASE_TABLE":
        name = str(part["table_name"])
        if part.get("schema_name") or part.get("catalog_name") or name.casefold() not in known:
            raise NotOneQuery(f"reads '{name}', which prepare.files does not name")


def _load(name: str, relation: Relation, zone: str, delivered: dict[str, int], connection: duckdb.DuckDBPyConnection) -> None:
    """Fill a table with the records of a relation's files, every column as text, and count them in ``delivered``.

    A file of several relations is counted once, and so are its lines that do not fit the header.
    """
    columns = relation.columns
    shape = ", ".join([*(f"{quoted(column)} VARCHAR" for column in columns), f"{ORIGIN_FILE} VARCHAR", f"{ORIGIN_ROW} BIGINT"])
    connection.execute(f"CREATE TABLE {quoted(name)} ({shape})")
    for file, records in relation.files:
        own = {column.casefold(): column for column in records.schema.names}
        is_first, count = file not in delivered, 0
        for batch in records.batches(records.schema.names):
            count += batch.num_rows
            connection.register(_BATCH, pa.Table.from_batches([batch]))
            types = dict(row[:2] for row in connection.execute(f"DESCRIBE {_BATCH}").fetchall())
            texts = [_text(found, types, zone) if (found := own.get(column.casefold())) else "NULL" for column in columns]
            cells = ", ".join([*texts, literal(file), ORIGIN_ROW])
            connection.execute(f"INSERT INTO {quoted(name)} SELECT {cells} FROM {_BATCH} WHERE _field_rule IS NULL")
            if is_first:
                fields = ", ".join(each.name for each in RECORD_FIELDS)
                connection.execute(
                    f"INSERT INTO {_MISFITS} SELECT {literal(file)}, {fields} FROM {_BATCH} WHERE _field_rule IS NOT NULL"
                )
            connection.unregister(_BATCH)
        delivered.setdefault(file, count)


def _text(column: str, types: Mapping[str, str], zone: str) -> str:
    """A cell as text; moments in ISO 8601, which is read beside any declared format."""
    text = as_text(Value(quoted(column), types[column]), zone)
    return f"replace({text}, ' ', 'T')" if types[column].startswith("TIMESTAMP") else text


def _run(select: str, is_ordered: bool, connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Make the table of the result; returns its columns → what the query calls them."""
    query = re.sub(r"[;\s]+$", "", select)
    try:
        described = [row[:2] for row in connection.execute(f"DESCRIBE (\n{query}\n)").fetchall()]
        for name, count in Counter(name.casefold() for name, _ in described).items():
            if count > 1:
                raise NotOneQuery(f"gives the column '{name}' more than once (to change one of a star: * replace (… as {name}))")
        given = {name.casefold() for name, _ in described}
        columns = [(name, type_) for name, type_ in described if name.casefold() not in RESERVED]
        if not columns:
            raise NotOneQuery("gives no column")
        names = dict(zip(canonical_names(name for name, _ in columns), (name for name, _ in columns), strict=True))
        file = f"{ORIGIN_FILE}::VARCHAR" if ORIGIN_FILE in given else "NULL::VARCHAR"
        row = f"{ORIGIN_ROW}::BIGINT" if ORIGIN_ROW in given else "NULL::BIGINT"
        kept = [
            f"{quoted(name)}{'' if is_native(type_) or type_ == 'VARCHAR' else '::VARCHAR'} AS {quoted(to)}"
            for (name, type_), to in zip(columns, names, strict=True)
        ]
        fields = [
            f"{file} AS {ORIGIN_FILE}",
            f"{row} AS {ORIGIN_ROW}",
            "NULL::VARCHAR AS _field_rule",
            "NULL::VARCHAR AS _raw_line",
        ]
        rows = f"SELECT {', '.join([*fields, *kept])} FROM (\n{query}\n)"
        if not is_ordered:
            rows += f" ORDER BY {', '.join([ORIGIN_FILE, ORIGIN_ROW, *map(quoted, names)])}"
        connection.execute(f"CREATE TABLE {_RESULT} AS SELECT row_number() OVER () AS {_PLACE}, * FROM ({rows})")
        return names
    except (duckdb.BinderException, duckdb.ParserException, duckdb.CatalogException) as error:
        raise NotOneQuery(f"DuckDB says: {str(error).partition(chr(10))[0]}") from None
    except duckdb.OutOfMemoryException:
        raise NotOneQuery("fails: it needs more memory than ASQ_MEMORY gives") from None
    except duckdb.InterruptException:
        said = f"takes longer than {limits.seconds():g} seconds"
        raise NotOneQuery(f"{said}: let it make less, or set {limits.SECONDS_VARIABLE} to more") from None
    except duckdb.Error as error:
        # DuckDB's message may quote a value.
        raise NotOneQuery(
            f"fails ({type(error).__name__}): where a value may be unreadable, use try_cast or try_strptime"
        ) from None


def _is_ordered(node: Mapping[str, Any]) -> bool:
    return any(modifier["type"] == "ORDER_MODIFIER" for modifier in node.get("modifiers", []))


@contextmanager
def _limited(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    timer = threading.Timer(limits.seconds(), connection.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _origins(relations: Mapping[str, Relation], called: str, connection: duckdb.DuckDBPyConnection) -> None:
    """Hold the origins that the query gives against the files, name those it does not give, and add lines that fit no header."""
    known = " UNION ALL ".join(f"SELECT {ORIGIN_FILE}, {ORIGIN_ROW} FROM {quoted(name)}" for name in relations)
    unknown = connection.execute(
        f"SELECT count(*) FROM {_RESULT} AS made WHERE {ORIGIN_FILE} IS NOT NULL AND {ORIGIN_ROW} IS NOT NULL AND NOT EXISTS ("
        f"SELECT 1 FROM ({known}) AS came WHERE came.{ORIGIN_FILE} = made.{ORIGIN_FILE} AND came.{ORIGIN_ROW} = made.{ORIGIN_ROW})"
    ).fetchone()
    if unknown and unknown[0]:
        raise NotOneQuery(f"gives {unknown[0]} rows an {ORIGIN_FILE} and {ORIGIN_ROW} of which its files have no record")
    connection.execute(
        f"UPDATE {_RESULT} SET {ORIGIN_FILE} = {literal(called)}, {ORIGIN_ROW} = {_PLACE} "
        f"WHERE {ORIGIN_FILE} IS NULL OR {ORIGIN_ROW} IS NULL"
    )
    last = f"(SELECT coalesce(max({_PLACE}), 0) FROM {_RESULT})"
    connection.execute(f"INSERT INTO {_RESULT} BY NAME SELECT {last} + row_number() OVER () AS {_PLACE}, * FROM {_MISFITS}")


def _schema(connection: duckdb.DuckDBPyConnection) -> pa.Schema:
    """The result's own columns."""
    given = connection.execute(f"SELECT * FROM {_RESULT} LIMIT 0").to_arrow_table().schema
    return pa.schema([each for each in given if each.name not in RESERVED])


def _unmeasured(select: str, columns: Mapping[str, Sequence[str]], names: Mapping[str, str]) -> Iterator[str]:
    """The result's columns in whose making no delivered column and no number of records has a part.

    Where that cannot be found out, the column is one of them: an assumed value must not pass for a measured one. The number of a
    record says nothing.

    names    the result's columns → what the query calls them
    """
    # Only needed here, and slow to import.
    from sqlglot import exp
    from sqlglot.errors import SqlglotError
    from sqlglot.lineage import lineage

    schema = {
        name: {column: "text" for column in (*of_relation, ORIGIN_FILE, ORIGIN_ROW) if not _NOT_A_NAME.search(column)}
        for name, of_relation in columns.items()
    }
    for name, in_query in names.items():
        try:
            nodes = list(lineage(in_query, select, schema=schema, dialect="duckdb").walk())
        except (SqlglotError, TypeError, ValueError, RecursionError):
            yield name
            continue
        reads = any(isinstance(node.source, exp.Table) and node.name.rpartition(".")[2].casefold() != ORIGIN_ROW for node in nodes)
        counts = any(node.expression.find(exp.Count, exp.Sum) is not None for node in nodes)
        if not reads and not counts:
            yield name


def _sql_type(column: pa.Field) -> str:
    return "BIGINT" if pa.types.is_integer(column.type) else "VARCHAR"
