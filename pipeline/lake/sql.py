"""Names, texts and paths in SQL: the only module that knows how DuckDB quotes.

A path that cannot be a parameter (``copy … to``, the query of a view) goes through ``literal``, so that any folder name
works.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def quoted(name: str) -> str:
    """A SQL identifier (``round`` and ``left_item`` are SQL words or look like them)."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | Path | None) -> str:
    """A SQL text literal, or NULL."""
    return "NULL::VARCHAR" if text is None else "'" + str(text).replace("'", "''") + "'"


def parquet(
    files: str | Path | Iterable[Path], *, union_by_name: bool = False, filename: bool = False, row_number: bool = False
) -> str:
    """The rows of Parquet files as a relation: one file, several as one table by column name, or a parameter like ``$1``.

    A lake below a folder called quarter=2020-Q3 must not lend its tables a column of that name: partitions are never read
    from paths. Example: ``f"select count(*) from {parquet(path)}"``.
    """
    if isinstance(files, str):
        source = files
    elif isinstance(files, Path):
        source = literal(files)
    else:
        source, union_by_name = f"[{', '.join(map(literal, files))}]", True
    options = {"union_by_name": union_by_name, "filename": filename, "file_row_number": row_number}
    chosen = "".join(f", {name} = true" for name, is_on in options.items() if is_on)
    return f"read_parquet({source}, hive_partitioning = false{chosen})"
