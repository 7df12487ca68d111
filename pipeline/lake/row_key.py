"""The key of a record as one text, as written in the cleaning log, the review of outliers and corrections."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.lake.sql import quoted
from schemas.contract import Table

_SEPARATOR, _ESCAPE = "|", "\\"


def row_key_expression(table: Table, rows: str = "rows") -> str:
    """SQL over ``rows``: the values of the table's unique key as one text, separated by ``|`` (inside a value: ``\\|``).

    A null value is empty.
    """
    parts = (
        f"replace(replace(coalesce(cast({rows}.{quoted(name)} as varchar), ''), '{_ESCAPE}', '{_ESCAPE * 2}'), "
        f"'{_SEPARATOR}', '{_ESCAPE}{_SEPARATOR}')"
        for name in table.unique_key
    )
    return f" || '{_SEPARATOR}' || ".join(parts)


def joined_values(columns: Iterable[str], rows: str | None = None) -> str:
    """SQL: values of a row as one text as people write a key, ``|`` between them and nothing escaped.

    Two rows may have the same text: for texts that are shown, or compared with what a person wrote. ``rows``: the relation
    whose columns are meant, where several are in reach.
    """
    prefix = f"{rows}." if rows else ""
    parts = (f"coalesce(cast({prefix}{quoted(name)} as varchar), '')" for name in columns)
    return f"concat_ws('{_SEPARATOR}', {', '.join(parts)})"


def key_parts(row_key: str) -> tuple[str, ...]:
    """The values from which a row key was made."""
    parts: list[str] = []
    current, escaped = "", False
    for character in row_key:
        if escaped or character not in (_ESCAPE, _SEPARATOR):
            current, escaped = current + character, False
        elif character == _ESCAPE:
            escaped = True
        else:
            parts, current = [*parts, current], ""
    return (*parts, current)
