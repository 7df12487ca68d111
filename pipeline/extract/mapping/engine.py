"""A DuckDB that sees only the records passed to it, and the check of SQL from a configuration.

Expressions must not read files, the clock or random numbers: the same delivery must give the same rows, and a configuration
must not reach other data. ``select`` decides where expressions may be written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
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
_FORBIDDEN_FUNCTIONS = {
    *("now", "today", "current_date", "current_time", "current_timestamp", "current_localtime"),
    *(
        "localtime",
        "localtimestamp",
        "current_localtimestamp",
        "get_current_time",
        "get_current_timestamp",
        "transaction_timestamp",
        "age",
    ),
    *("random", "setseed", "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "nextval", "currval"),
    *("unnest", "getvariable", "current_setting", "query", "query_table", "error"),
}


@contextmanager
def engine(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection without access to files, settings or Python variables; it spills to ``scratch``."""
    with connected(scratch, at_once=TABLES_AT_ONCE, settings={"python_enable_replacements": "false"}) as connection:
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


def columns_of_expression(connection: duckdb.DuckDBPyConnection, expression: str, windows: bool = False) -> set[str]:
    """The column names a scalar expression refers to; ``windows``: it may look at other records of the file.

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
    for part in _parts(node["select_list"][0]):
        kind = part.get("class")
        if kind in _FORBIDDEN_CLASSES and not (windows and kind == "WINDOW"):
            raise ValueError(f"must not use {_FORBIDDEN_CLASSES[kind]}")
        if kind == "FUNCTION" and part.get("function_name", "").lower() in _FORBIDDEN_FUNCTIONS:
            raise ValueError(f"must not use {part['function_name']}(): it does not depend on the record alone")
        if kind == "COLUMN_REF":
            names.update(part["column_names"])
    # Written without parentheses, the parser takes these for columns and DuckDB for the clock.
    clocks = {name for name in names if name.lower() in _FORBIDDEN_FUNCTIONS}
    if clocks:
        raise ValueError(f"must not use {min(clocks)}: it does not depend on the record alone")
    return names


def _parts(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
        for child in tree.values():
            yield from _parts(child)
    elif isinstance(tree, list):
        for child in tree:
            yield from _parts(child)
