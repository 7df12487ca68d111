"""A DuckDB that sees only the records passed to it, and the check of SQL from a configuration.

Expressions must not read files, the clock or random numbers: the same delivery must give the same rows, and a configuration
must not reach other data. ``select`` decides where expressions may be written.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
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
_CLOCKS = (
    *("now", "today", "current_date", "current_time", "current_timestamp", "current_localtime", "localtime", "localtimestamp"),
    *("current_localtimestamp", "get_current_time", "get_current_timestamp", "transaction_timestamp", "age", "ago"),
)
_OF_CHANCE = ("random", "setseed", "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "nextval", "currval", "reservoir_quantile")
_OF_THE_DATABASE = (
    *("getvariable", "current_setting", "query", "query_table", "current_query", "current_query_id", "current_transaction_id"),
    *("current_connection_id", "current_database", "current_schema", "current_schemas", "current_catalog", "current_role"),
    *("current_user", "session_user", "user", "in_search_path", "txid_current", "version", "stats", "write_log"),
    *("pg_postmaster_start_time", "pg_conf_load_time", "pg_my_temp_schema"),
)
# Without parentheses the parser takes these for columns, and DuckDB for the function unless there is such a column.
WITHOUT_PARENTHESES = frozenset(
    (
        *("current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "user", "current_user"),
        *("session_user", "current_role", "current_catalog", "current_schema"),
    )
)
OF_ROWS = ("unnest", "generate_subscripts", "regexp_split_to_table")
"""They make several rows of one."""
FORBIDDEN_FUNCTIONS = frozenset((*_CLOCKS, *_OF_CHANCE, *_OF_THE_DATABASE, *OF_ROWS, "error", "sleep_ms", "pg_sleep"))
"""Functions that do not depend on the records alone: what DuckDB calls volatile or the same within one query only, and more."""


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
    for part in parts(node["select_list"][0]):
        kind = part.get("class")
        if kind in _FORBIDDEN_CLASSES and not (windows and kind == "WINDOW"):
            raise ValueError(f"must not use {_FORBIDDEN_CLASSES[kind]}")
        if kind == "FUNCTION" and part.get("function_name", "").lower() in FORBIDDEN_FUNCTIONS:
            raise ValueError(f"must not use {part['function_name']}(): it does not depend on the record alone")
        if kind == "COLUMN_REF":
            names.update(part["column_names"])
    own = {name.casefold() for name in known}
    functions = {name for name in names if name.lower() in WITHOUT_PARENTHESES and name.casefold() not in own}
    if functions:
        raise ValueError(f"must not use {min(functions)}: it does not depend on the record alone")
    return names


def parts(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of a parsed query, the outer ones first."""
    if isinstance(tree, dict):
        yield tree
        for child in tree.values():
            yield from parts(child)
    elif isinstance(tree, list):
        for child in tree:
            yield from parts(child)
