"""What one looks at first in a table of an analysis: how many rows, findings and statuses it has, and how sure the surest is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

NO_FINDINGS = ("not_distinguishable", "negligible")
"""Values of ``finding`` that say that nothing was found."""


def is_finding(column: str = "finding") -> pl.Expr:
    """Whether something was found, by the column that says what."""
    return pl.col(column).is_not_null() & ~pl.col(column).is_in(NO_FINDINGS)


def key_figures(table: Path) -> dict[str, Any]:
    """Metadata of a written table: rows and, if it has such columns, findings, rows by status and the smallest q."""
    rows = pl.scan_parquet(table)
    names = rows.collect_schema().names()
    figures: list[pl.Expr] = [pl.len().alias("dagster/row_count")]
    if "finding" in names:
        figures.append(is_finding().sum().alias("findings"))
    if "q_value" in names:
        figures.append(pl.col("q_value").min().alias("smallest q"))
    (found,) = rows.select(figures).collect().rows(named=True)
    if "status" in names:
        counted = rows.group_by("status").len().sort("status").collect()
        found |= {f"status {status}": rows for status, rows in counted.iter_rows()}
    return {name: value for name, value in found.items() if value is not None}
