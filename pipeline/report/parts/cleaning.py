"""Report section on the cleaning log: how many rows and values of the enterprise were treated, by action, table and rule.

The account stage writes the log; its rows are only counted and named here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from pipeline.report.words.labels import Labels

ACTIONS = ("corrected", "set_aside", "deduplicated", "refused", "out_of_scope", "excluded")
"""Actions on records of one enterprise, in report order."""


@dataclass(frozen=True)
class Cleaned:
    """One line: what one rule (for corrections: one author) did to rows of a table."""

    table: str
    action: str
    rule: str
    rows: int


def cleaning_counts(log: pl.LazyFrame) -> pl.DataFrame:
    """enterprise_id, table, action, rule and rows of all enterprises.

    log   cleaning_counts of the quarter
    """
    return (
        log.filter(pl.col("enterprise_id").is_not_null(), pl.col("action").is_in(list(ACTIONS)))
        .group_by("enterprise_id", "table", "action", "rule")
        .agg(pl.col("rows").sum())
        .filter(pl.col("rows") > 0)
        .collect()
    )


def cleaning_of(counts: pl.DataFrame, enterprise_id: str, words: Labels) -> Iterator[Cleaned]:
    """The lines of one enterprise by action, table and rule.

    counts   result of ``cleaning_counts``
    """
    order = {action: place for place, action in enumerate(ACTIONS)}
    lines = counts.filter(pl.col("enterprise_id") == enterprise_id).sort(
        pl.col("action").replace_strict(order, return_dtype=pl.Int64), "table", "rule"
    )
    for table, action, name, rows in lines.select("table", "action", "rule", "rows").iter_rows():
        yield Cleaned(table, words.name("cleaning", action), words.cleaning_rule(name), rows)
