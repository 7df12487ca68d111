"""A DuckDB that sees only the records passed to it, and the check of SQL from a configuration.

Expressions must not read files, the clock or random numbers: the same delivery must give the same rows, and a configuration
must not reach other data. ``select`` decides where expressions may be written.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from pipeline.calendar.quarters import TIME_ZONE
from pipeline.lake.database import connected
from pipeline.lake.memory import TABLES_AT_ONCE

_FORBIDDEN_CLASSES = {
    "SUBQUERY": "a subquery",
    "WINDOW": "a window function",
    "STAR": "a star",
    "PARAMETER": "a parameter",
    "POSITIONAL_REFERENCE": "a column position",
}
# What depends on more than the records, and DuckDB's catalogue does not say so: the clock, in words of SQL and as age() of one
# moment; the release, the connection and chance.
_NOT_IN_THE_CATALOGUE = (
    *("current_time", "current_timestamp", "current_localtime", "localtime", "localtimestamp", "current_localtimestamp", "age"),
    *("version", "getvariable", "current_setting", "query", "query_table", "reservoir_quantile"),
)
# Without parentheses the parser takes these for columns, and DuckDB for the function unless there is such a column.
WITHOUT_PARENTHESES = frozenset(
    (
        *("current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "user", "current_user"),
        *("session_user", "current_role", "current_catalog", "current_schema"),
    )
)
_GROWING = ("range", "generate_series", "repeat", "lpad", "rpad", "bitstring")
_LISTS_OF_NUMBERS = ("range", "generate_series")
_AT_MOST = 10_000
"""To such a length a text or list of numbers may be made: DuckDB does not stop within one."""
_WIDE = re.compile(r"\d{5,}")
OF_ROWS = ("unnest", "generate_subscripts", "regexp_split_to_table")
"""They make several rows of one."""
_FORBIDDEN = """
    SELECT lower(function_name) AS name, function_type = 'macro' AS is_macro, lower(coalesce(macro_definition, '')) AS definition,
           CASE function_type
               WHEN 'macro' THEN schema_name = 'pg_catalog' OR len(parameters) = 0
               WHEN 'scalar' THEN schema_name = 'pg_catalog' OR has_side_effects OR stability <> 'CONSISTENT'
               WHEN 'aggregate' THEN schema_name = 'pg_catalog' OR has_side_effects OR stability <> 'CONSISTENT'
               ELSE lower(function_name) NOT IN (
                   SELECT lower(function_name) FROM duckdb_functions() WHERE function_type IN ('scalar', 'aggregate', 'macro')
               )
           END AS is_forbidden
    FROM duckdb_functions()
"""
_WORDS = re.compile(r"[a-z_][a-z0-9_]*")
_forbidden: frozenset[str] | None = None


def forbidden_functions(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The functions that do not depend on the records alone, by DuckDB's own account of them. ::

        "now" in forbidden_functions(connection)

    They change something, differ within a query or from one to the next, ask the database about itself, read files, or take nothing
    at all; or they are macros that call such. https://duckdb.org/docs/stable/sql/meta/duckdb_table_functions
    """
    global _forbidden
    if _forbidden is None:
        functions = connection.execute(_FORBIDDEN).fetchall()
        found = {name for name, _, _, is_forbidden in functions if is_forbidden} | {*_NOT_IN_THE_CATALOGUE, *OF_ROWS}
        macros = [(name, set(_WORDS.findall(definition))) for name, is_macro, definition, _ in functions if is_macro]
        # A macro that refuses a value with error() depends on the value alone.
        while more := {name for name, words in macros if words & (found - {"error"}) or "select" in words} - found:
            found |= more
        _forbidden = frozenset(found)
    return _forbidden


@contextmanager
def engine(scratch: Path, threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection without access to files, settings or Python variables; it spills to ``scratch``."""
    with connected(
        scratch, at_once=TABLES_AT_ONCE, threads=threads, settings={"python_enable_replacements": "false"}
    ) as connection:
        for setting in (
            f"TimeZone = '{TIME_ZONE}'",
            "streaming_buffer_size = '32MB'",
            "autoinstall_known_extensions = false",
            "autoload_known_extensions = false",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            connection.execute(f"SET {setting}")
        yield connection


def columns_of_expression(
    connection: duckdb.DuckDBPyConnection, expression: str, known: Collection[str], windows: bool = False
) -> set[str]:
    """The column names a scalar expression refers to.

    known    names of columns, in any case
    windows  it may look at other records of the file

    Raises ValueError, worded for the user, unless the text is one expression over one record's columns.
    """
    # The line break keeps a comment at the end from swallowing the parenthesis.
    statement = f"SELECT (\n{expression}\n)"
    found = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [statement]).fetchone()
    tree = json.loads(found[0]) if found else {"error": True}
    if tree.get("error"):
        raise ValueError(f"is not a SQL expression: {tree.get('error_message', '')}")
    statements = tree["statements"]
    node = statements[0]["node"]
    is_one_value = (
        len(statements) == 1
        and node["type"] == "SELECT_NODE"
        and len(node["select_list"]) == 1
        and node["from_table"]["type"] == "EMPTY"
        and not any(node.get(part) for part in ("where_clause", "having", "qualify", "group_expressions", "modifiers"))
        and node["select_list"][0].get("function_name") != "row"
    )
    if not is_one_value:
        raise ValueError("must be one SQL expression")
    names: set[str] = set()
    forbidden = forbidden_functions(connection)
    check_size(node["select_list"][0], forbidden)
    for part in parts(node["select_list"][0]):
        kind = part.get("class")
        if kind in _FORBIDDEN_CLASSES and not (windows and kind == "WINDOW"):
            raise ValueError(f"must not use {_FORBIDDEN_CLASSES[kind]}")
        if kind == "FUNCTION" and part.get("function_name", "").lower() in forbidden:
            raise ValueError(f"must not use {part['function_name']}(): it does not depend on the record alone")
        if kind == "COLUMN_REF":
            names.update(part["column_names"])
        # name.upper() is read as a function of a schema.
        if kind == "FUNCTION" and part.get("schema") not in (None, "", "main"):
            names.add(part["schema"])
    if any(name.casefold().startswith("unnamed_subquery") for name in names):
        raise ValueError("must name columns, not the record as a whole")
    own = {name.casefold() for name in known}
    functions = {name for name in names if name.lower() in WITHOUT_PARENTHESES and name.casefold() not in own}
    if functions:
        raise ValueError(f"must not use {min(functions)}: it does not depend on the record alone")
    return names


def check_size(tree: Any, forbidden: frozenset[str]) -> None:
    """Raise ValueError for functions that make texts or lists of any length, or of very many numbers.

    DuckDB can be interrupted between blocks of records, not within one value.
    """
    lists = 0
    for part in parts(tree):
        if part.get("class") != "FUNCTION":
            continue
        name, arguments = str(part["function_name"]).lower(), part.get("children", [])
        if name in _GROWING:
            # lpad(text, 3, '0'): the length; range(1, 9): every number.
            lengths = arguments if name in _LISTS_OF_NUMBERS else arguments[1:2]
            if not lengths or not all(_is_small(each) for each in lengths):
                raise ValueError(f"must use {name}() with a number up to {_AT_MOST} written there")
            lists += name in _LISTS_OF_NUMBERS
            if any(inner.get("function_name", "") in _GROWING for each in arguments for inner in parts(each)):
                raise ValueError(f"must not use {name}() of a text or list that was made longer")
        constants = [str(each["value"].get("value")) for each in arguments if each.get("class") == "CONSTANT"]
        if name in ("printf", "format") and any(map(_WIDE.search, constants)):
            raise ValueError(f"must not use {name}() to make a long text")
        is_by_name = name.startswith(("list_aggr", "array_aggr"))
        if is_by_name and (len(constants) < len(arguments) - 1 or not forbidden.isdisjoint(map(str.lower, constants))):
            raise ValueError(f"must not use {name}() for what does not depend on the records alone")
    if lists > 1:
        raise ValueError("must not make more than one list of numbers")


def _is_small(argument: Mapping[str, Any]) -> bool:
    if argument.get("class") == "FUNCTION" and argument.get("function_name") == "-" and len(argument["children"]) == 1:
        argument = argument["children"][0]
    if argument.get("class") != "CONSTANT":
        return False
    value = argument["value"].get("value")
    return isinstance(value, int) and abs(value) <= _AT_MOST


def parts(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of a parsed query, the outer ones first."""
    if isinstance(tree, dict):
        yield tree
        for child in tree.values():
            yield from parts(child)
    elif isinstance(tree, list):
        for child in tree:
            yield from parts(child)
