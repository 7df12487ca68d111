"""Report section on what moved: the total against the quarter before and the year before, and the indicators that did it.

The analyse stage split the change; published rows are only chosen, worded and ordered here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.report.words.labels import Labels

_COMPARED = "ok"
# How many indicators a change names.
_NAMED = 5
# Points below are rounding errors of the split.
_NOTHING = 1e-9


@dataclass(frozen=True)
class Cause:
    """An indicator and its points of the change of the total; a score is None where it was not scored."""

    indicator_id: str
    name: str
    score_before: float | None
    score: float | None
    points: float


@dataclass(frozen=True)
class Change:
    """The total against an earlier quarter; without a comparison there is only the reason, in words."""

    against: str
    compared_period: str
    reason: str
    score_before: float | None = None
    change: float | None = None
    value_points: float = 0.0
    weight_points: float = 0.0
    membership_points: float = 0.0
    causes: tuple[Cause, ...] = ()
    others: int = 0
    others_points: float = 0.0

    @property
    def is_compared(self) -> bool:
        return self.change is not None


def changes_of(
    changes: pl.DataFrame, parts: pl.DataFrame, period: str, catalogue: Mapping[str, Mapping[str, Any]], words: Labels
) -> Iterator[Change]:
    """The comparisons of one enterprise's total.

    changes, parts  its rows of score_changes and score_change_parts
    catalogue       the indicators in force by id
    """
    for row in changes.filter(level="total", period=period).iter_rows(named=True):
        against = words.name("against", row["against"])
        if row["status"] != _COMPARED:
            reason = words.name("not_compared", row["status"])
            yield Change(against, row["compared_period"], reason)
            continue
        moved = parts.filter(
            pl.col("change_points").abs() > _NOTHING, period=period, against=row["against"], node_id=row["node_id"]
        ).sort(pl.col("change_points").abs(), "indicator_id", descending=[True, False])
        yield Change(
            against=against,
            compared_period=row["compared_period"],
            reason="",
            score_before=row["score_before"],
            change=row["change"],
            value_points=row["value_points"],
            weight_points=row["weight_points"],
            membership_points=row["entry_points"] + row["exit_points"],
            causes=tuple(
                Cause(
                    each["indicator_id"],
                    words.of(catalogue.get(each["indicator_id"], {})),
                    each["score_before"],
                    each["score"],
                    each["change_points"],
                )
                for each in moved.head(_NAMED).iter_rows(named=True)
            ),
            others=max(moved.height - _NAMED, 0),
            others_points=sum(moved["change_points"].slice(_NAMED)),
        )
