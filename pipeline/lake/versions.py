"""Versions of register entries: where they begin and end if a delivery has only one of the two columns that say so (D-93).

Only SQL expressions; which versions may stand beside each other is a rule of ``validate``.
"""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from pipeline.lake.sql import quoted


def bounds_given(rows: str, connection: duckdb.DuckDBPyConnection) -> tuple[bool, bool]:
    """Whether any row of a relation has a ``valid_from``, and any a ``valid_to``."""
    found = connection.execute(f"select count(valid_from) > 0, count(valid_to) > 0 from {rows}").fetchone()
    assert found is not None
    return bool(found[0]), bool(found[1])


def implied_bounds(key: Sequence[str], has_starts: bool, has_ends: bool) -> tuple[str, str]:
    """SQL of a version's start and end: a version without an end ends where the next one begins, and the other way round.

    Bounds are implied only where the whole column is missing or empty: next to given ones, a null is open.
    """
    entry = ", ".join(map(quoted, key))
    if has_starts and not has_ends:
        return "valid_from", f"lead(valid_from) over (partition by {entry} order by valid_from nulls first)"
    if has_ends and not has_starts:
        return f"lag(valid_to) over (partition by {entry} order by valid_to nulls last)", "valid_to"
    return "valid_from", "valid_to"
