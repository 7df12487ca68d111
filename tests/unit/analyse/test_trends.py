"""Trends: eight quarters of what was released, gaps as rows, and this quarter as it is released now."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from pipeline.analyse.robustness import ROBUSTNESS_SCHEMA
from pipeline.analyse.trends import Publication, released_trends, trends
from pipeline.calendar.quarters import Quarter

QUARTER = Quarter.parse("2025-Q1")
_VERSIONS = {"weights_version": "w", "catalogue_version": "c"}
_SCORES = {
    **dict.fromkeys(("enterprise_id", "period", "level", "node_id", "weights_version", "catalogue_version"), pl.String),
    "score": pl.Float64,
    "is_provisional": pl.Boolean,
    "flags": pl.List(pl.String),
}
_VALUES = {
    **dict.fromkeys(("enterprise_id", "period", "scope_type", "indicator_id", "status"), pl.String),
    **dict.fromkeys(("value", "ci_low", "ci_high", "requirement"), pl.Float64),
    "sample_size": pl.Int64,
}


def publication(quarter: Quarter, score: float | None, value: float | None, *enterprises: str, **given: Any) -> Publication:
    """Of each enterprise a total and the indicator O1-1; other periods and places are there, too, and must not be taken."""
    scores, values, ranges = [], [], []
    for enterprise in enterprises:
        for period, number in ((quarter.label, score), (f"{quarter.label}-TTM", 1.0)):
            own = {
                "enterprise_id": enterprise,
                "period": period,
                "is_provisional": False,
                "flags": given.get("flags", []),
                **_VERSIONS,
            }
            scores.append({**own, "level": "total", "node_id": "ALL", "score": number})
            scores.append({**own, "level": "indicator", "node_id": "O1-1", "score": number})
            for scope, single in (("enterprise", value), ("region", 0.1)):
                size = given.get("size", 100)
                values.append(
                    {
                        "enterprise_id": enterprise, "period": period, "scope_type": scope, "indicator_id": "O1-1",
                        "status": "ok" if value is not None else "no_data", "value": single, "sample_size": size,
                        "ci_low": None if size is None else 0.7, "ci_high": None if size is None else 0.9, "requirement": 0.85,
                    }
                )  # fmt: skip
            for source, low in (("all", 20.0), ("values", 80.0)):
                ranges.append(
                    {
                        "enterprise_id": enterprise, "period": period, "level": "total", "node_id": "ALL", "source": source,
                        "score": number, "score_low": low if size is not None else None, "score_high": 95.0,
                    }
                )  # fmt: skip
    return Publication(
        pl.DataFrame(scores, schema=_SCORES), pl.DataFrame(values, schema=_VALUES), pl.DataFrame(ranges, schema=ROBUSTNESS_SCHEMA)
    )


def test_eight_quarters_with_gaps() -> None:
    rows = trends(
        QUARTER,
        {
            QUARTER: publication(QUARTER, 90.0, 0.8, "E1", "E2"),
            QUARTER.shift(-1): publication(QUARTER.shift(-1), 88.0, 0.75, "E1"),
            QUARTER.shift(-7): publication(QUARTER.shift(-7), None, None, "E1", "E2"),
            # Too old to be shown.
            QUARTER.shift(-8): publication(QUARTER.shift(-8), 1.0, 0.1, "E1"),
        },
    )
    assert rows.height == 2 * 2 * 8
    total = rows.filter(enterprise_id="E1", node_id="ALL")
    assert total["quarter"].to_list() == [QUARTER.shift(-back).label for back in range(7, -1, -1)]
    assert total["score"].to_list() == [None] * 6 + [88.0, 90.0]
    assert total["status"].to_list() == ["no_score", *["not_published"] * 5, "ok", "ok"]
    # The range of draws from the values' intervals, not of other choices.
    assert total.select("score_low", "score_high").rows()[-1] == (80.0, 95.0)
    value = rows.filter(enterprise_id="E1", node_id="O1-1").tail(2)
    assert value.select("value", "ci_low", "ci_high", "n", "requirement", "status").rows() == [
        (0.75, 0.7, 0.9, 100, 0.85, "ok"),
        (0.80, 0.7, 0.9, 100, 0.85, "ok"),
    ]
    other = rows.filter(enterprise_id="E2", node_id="ALL")
    assert other["status"].to_list()[-2:] == ["enterprise_not_evaluated", "ok"]
    assert rows["period"].unique().to_list() == [QUARTER.label]


def test_a_node_that_the_tree_did_not_have() -> None:
    before = publication(QUARTER.shift(-1), 88.0, 0.75, "E1")
    before = Publication(before.scores.filter(node_id="ALL"), before.values, before.robustness)
    rows = trends(QUARTER, {QUARTER: publication(QUARTER, 90.0, 0.8, "E1"), QUARTER.shift(-1): before})
    assert rows.filter(node_id="O1-1")["status"].to_list()[-2:] == ["not_in_tree", "ok"]


def test_a_score_that_is_not_rateable_is_said() -> None:
    rows = trends(QUARTER, {QUARTER: publication(QUARTER, 90.0, 0.8, "E1", flags=["not_rateable"])})
    assert rows.filter(node_id="ALL")["status"].to_list()[-1] == "not_rateable"


def test_readers_see_of_this_quarter_what_is_released_of_it() -> None:
    earlier = publication(QUARTER.shift(-1), 88.0, 0.75, "E1")
    whole = trends(QUARTER, {QUARTER: publication(QUARTER, 90.0, 0.8, "E1"), QUARTER.shift(-1): earlier})
    shown = released_trends(whole, QUARTER, publication(QUARTER, 90.0, 0.8, "E1", size=None))
    value = shown.filter(node_id="O1-1")
    assert value.select("value", "ci_low", "n").rows()[-2:] == [(0.75, 0.7, 100), (0.8, None, None)]
    assert shown.filter(node_id="ALL")["score_low"].to_list()[-2:] == [80.0, None]
    assert shown.columns == whole.columns
    assert shown.height == whole.height
    # What was released then stays as it was.
    is_earlier = pl.col("quarter") != QUARTER.label
    assert shown.filter(is_earlier).equals(whole.filter(is_earlier))


def test_the_same_publications_give_the_same_rows() -> None:
    made = [
        trends(
            QUARTER,
            {
                QUARTER: publication(QUARTER, 90.0, 0.8, *names),
                QUARTER.shift(-1): publication(QUARTER.shift(-1), 88.0, 0.7, *names),
            },
        )
        for names in (("E1", "E2"), ("E2", "E1"))
    ]
    assert made[0].equals(made[1])


@pytest.mark.parametrize("quarters", [1, 8])
def test_a_first_publication_has_itself_alone(quarters: int) -> None:
    given = {QUARTER.shift(-back): publication(QUARTER.shift(-back), 90.0, 0.8, "E1") for back in range(quarters)}
    rows = trends(QUARTER, given).filter(node_id="ALL")
    assert rows["score"].count() == quarters
    assert rows.height == 8
