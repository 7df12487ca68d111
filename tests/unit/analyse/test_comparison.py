"""Differences with their intervals against published ones, and which periods are compared."""

from __future__ import annotations

import polars as pl
import pytest
from scipy.stats import binomtest

from pipeline.analyse.comparison import BETTER, FEW, NO_INTERVAL, OK, UNDECIDED, WORSE, compare
from pipeline.analyse.earlier import OTHER_LENGTH, OVERLAPS, with_comparability
from pipeline.calendar.comparisons import PREVIOUS, YEAR_BEFORE, comparisons
from pipeline.calendar.quarters import Quarter

INDICATORS = pl.DataFrame(
    {
        "indicator_id": ["O1-1", "O1-2", "R1-1", "R3-4", "I4-1"],
        "direction": ["higher", "lower", "exact", "higher", "higher"],
        "period_rule": ["period", "period", "period_end", "year_to_date", "trailing_year"],
        "incomparable": [None] * 5,
    },
    schema_overrides={"incomparable": pl.String},
)


def rates(counts: dict[str, tuple[int, int]], indicator: str = "O1-1", status: str = "ok") -> pl.DataFrame:
    """Rates of places with Wilson's interval by scipy."""
    rows = []
    for place, (hits, cases) in counts.items():
        interval = binomtest(hits, cases).proportion_ci(method="wilson")
        rows.append(
            {
                "enterprise_id": "E1", "scope_type": "region", "scope_id": place, "indicator_id": indicator, "value": hits / cases,
                "ci_low": interval.low, "ci_high": interval.high, "status": status,
            }
        )  # fmt: skip
    return pl.DataFrame(rows)


# Newcombe 1998, Stat. Med. 17, 873-890, table II, method 10.
@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((0, 10), (0, 10), -0.2775, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_intervals_of_differences_of_rates_are_newcombe_s(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    (row,) = compare(rates({"A": second}), rates({"A": first}), INDICATORS).rows(named=True)
    assert (row["difference_low"], row["difference_high"]) == pytest.approx((low, high), abs=5e-5)
    # The test and the interval agree.
    assert (row["p_value"] < 0.05) == (low > 0 or high < 0)


def test_one_test_that_just_fails_alone_is_no_finding_among_many() -> None:
    """p = 0.0067 of 56/70 against 48/80 is a finding alone, and of eleven places none: q = 11 · 0.0067 > 0.05."""
    alone = compare(rates({"A": (48, 80)}), rates({"A": (56, 70)}), INDICATORS)
    assert alone["finding"].to_list() == [BETTER]
    others = {f"B{n}": (50, 100) for n in range(10)}
    among = compare(rates({"A": (48, 80), **others}), rates({"A": (56, 70), **others}), INDICATORS)
    assert among["finding"].unique().to_list() == [UNDECIDED]
    assert among.filter(scope_id="A")["q_value"][0] == pytest.approx(11 * alone["p_value"][0])


def test_which_way_is_better_is_the_indicator_s() -> None:
    before, now = {"A": (200, 1000)}, {"A": (400, 1000)}
    found = {
        indicator: compare(rates(before, indicator), rates(now, indicator), INDICATORS)["finding"][0]
        for indicator in ("O1-1", "O1-2", "R1-1")
    }
    assert found == {"O1-1": BETTER, "O1-2": WORSE, "R1-1": None}


def test_what_cannot_be_compared_says_why() -> None:
    now = rates({"A": (9, 10), "B": (900, 1000), "C": (90, 100)})
    before = pl.concat([rates({"A": (1, 10)}, status=FEW), rates({"B": (500, 1000)})])
    assert compare(before, now, INDICATORS).select("scope_id", "status").rows() == [("A", FEW), ("B", OK)]
    without = now.with_columns(ci_low=None, ci_high=None).cast({"ci_low": pl.Float64, "ci_high": pl.Float64})
    assert compare(before, without, INDICATORS)["status"].to_list() == [FEW, NO_INTERVAL]
    reasons = INDICATORS.with_columns(incomparable=pl.lit(OVERLAPS))
    (row,) = compare(before, now, reasons).filter(scope_id="B").rows(named=True)
    assert (row["status"], row["difference"], row["p_value"], row["finding"]) == (OVERLAPS, pytest.approx(0.4), None, None)


def test_each_period_has_its_counterparts() -> None:
    found = {
        (each.period, each.against): (each.compared_period, each.quarter.label, each.overlaps)
        for each in comparisons(Quarter(2024, 4))
    }
    assert found == {
        ("2024-Q4", PREVIOUS): ("2024-Q3", "2024-Q3", False),
        ("2024-Q4", YEAR_BEFORE): ("2023-Q4", "2023-Q4", False),
        ("2024-Q4-YTD", YEAR_BEFORE): ("2023-Q4-YTD", "2023-Q4", False),
        ("2024-Q4-TTM", PREVIOUS): ("2024-Q3-TTM", "2024-Q3", True),
        ("2024-Q4-TTM", YEAR_BEFORE): ("2023-Q4-TTM", "2023-Q4", False),
        ("2024", YEAR_BEFORE): ("2023", "2023-Q4", False),
    }


def test_counts_since_new_year_and_trailing_years_do_not_compare_with_the_quarter_before() -> None:
    found = {
        (each.window_kind, each.against): dict(
            with_comparability(INDICATORS, each).select("indicator_id", "incomparable").iter_rows()
        )
        for each in comparisons(Quarter(2025, 1))
    }
    nothing = dict.fromkeys(INDICATORS["indicator_id"])
    assert found["quarter", PREVIOUS] == nothing | {"R3-4": OTHER_LENGTH, "I4-1": OVERLAPS}
    assert found["quarter", YEAR_BEFORE] == nothing
    assert set(found["trailing_year", PREVIOUS].values()) == {OVERLAPS}
