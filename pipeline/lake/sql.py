"""Names, texts and paths in SQL: the only module that knows how DuckDB quotes.

A path that cannot be a parameter (``copy … to``, the query of a view) goes through ``literal``, so that any folder name
works.
"""

from __future__ import annotations

from pathlib import Path


def quoted(name: str) -> str:
    """A SQL identifier (``round`` and ``left_item`` are SQL words or look like them)."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | Path | None) -> str:
    """A SQL text literal, or NULL."""
    return "NULL::VARCHAR" if text is None else "'" + str(text).replace("'", "''") + "'"
