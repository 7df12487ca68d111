"""Report section on outliers: how many points were flagged, reviewed and excluded, and what the exclusions changed.

Finding and deciding belong to the review stage; published rows are only worded and ordered here. No report names records.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from pipeline.report.words.labels import Labels
from schemas.expectations.outliers import MEASURES
from schemas.expectations.release import WITHHELD_COLUMN

TOTAL = "total"
_COUNTS = (
    "n",
    "flagged_z",
    "flagged_z_log",
    "flagged_z_mad",
    "to_review",
    "reviewed",
    "confirmed",
    "corrected",
    "excluded",
)


@dataclass(frozen=True)
class MeasureReview:
    """One measure of the enterprise in the quarter, over all its groups.

    groups   number of groups; ``too_small`` of them have too few values for |Z| to exceed the limit
    n        values; the other counts are data points
    """

    measure: str
    name: str
    table_name: str
    unit: str
    groups: int
    too_small: int
    n: int
    flagged_z: int
    flagged_z_log: int
    flagged_z_mad: int
    to_review: int
    reviewed: int
    confirmed: int
    corrected: int
    excluded: int


@dataclass(frozen=True)
class Effect:
    """An indicator, or the total score, with and without the excluded records."""

    indicator_id: str
    period: str
    unit: str
    unit_zh: str
    value_with: float | None
    value_without: float | None
    score_with: float | None
    score_without: float | None
    is_verdict_changed: bool
    is_met_with: bool | None
    is_met_without: bool | None
    is_withheld: bool

    @property
    def is_total(self) -> bool:
        return self.indicator_id == TOTAL


@dataclass(frozen=True)
class OutlierReport:
    """The review of outliers of one enterprise and quarter."""

    measures: tuple[MeasureReview, ...]
    effects: tuple[Effect, ...]

    @property
    def has_withheld_effects(self) -> bool:
        """Whether the figures of effects are withheld, because too few records were excluded."""
        return any(each.is_withheld for each in self.effects)

    def count(self, name: str) -> int:
        """The sum of a count over all measures."""
        return sum(getattr(each, name) for each in self.measures)


def outlier_report(
    groups: pl.DataFrame, effects: pl.DataFrame, catalogue: Mapping[str, Mapping[str, Any]], words: Labels
) -> OutlierReport:
    """The section of one enterprise.

    groups      its rows of outlier_counts
    effects     its rows of outlier_effects
    catalogue   the indicators in force by id, in the standard's order
    """
    counted = {
        row["measure"]: row
        for row in groups.group_by("measure", "table")
        .agg(pl.col(name).sum() for name in ("groups", "too_small", *_COUNTS))
        .iter_rows(named=True)
    }
    # A run of another version may have other measures.
    names = [*(name for name in MEASURES if name in counted), *sorted(counted.keys() - MEASURES.keys())]
    order = {name: place for place, name in enumerate((TOTAL, *catalogue))}
    rows = sorted(effects.iter_rows(named=True), key=lambda row: (order.get(row["indicator_id"], len(order)), row["period"]))
    return OutlierReport(
        measures=tuple(_measure(counted[name], words) for name in names),
        effects=tuple(_effect(row, catalogue.get(row["indicator_id"], {})) for row in rows),
    )


def _measure(row: Mapping[str, Any], words: Labels) -> MeasureReview:
    known = MEASURES.get(row["measure"])
    return MeasureReview(
        measure=row["measure"],
        name=words.name("measure", row["measure"]),
        table_name=words.table(row["table"]),
        unit=words.numbers.unit(known.unit, known.unit_zh) if known else "",
        groups=row["groups"],
        too_small=row["too_small"],
        **{name: row[name] for name in _COUNTS},
    )


def _effect(row: Mapping[str, Any], indicator: Mapping[str, Any]) -> Effect:
    return Effect(
        indicator_id=row["indicator_id"],
        period=row["period"],
        unit=indicator.get("unit", ""),
        unit_zh=indicator.get("unit_zh", ""),
        value_with=row["value_with"],
        value_without=row["value_without"],
        score_with=row["score_with"],
        score_without=row["score_without"],
        is_verdict_changed=row["is_verdict_changed"],
        is_met_with=row["is_met_with"],
        is_met_without=row["is_met_without"],
        is_withheld=row[WITHHELD_COLUMN] is not None,
    )
