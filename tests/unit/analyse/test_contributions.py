"""The change of an indicator by place: a worked case, the parts of every case at random, and scipy for the corrected tests."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analyse.contributions import FEW, NOT_ADDITIVE, UNASSIGNED, contributions
from pipeline.analyse.earlier import OVERLAPS
from pipeline.analyse.multiple_tests import corrected, two_sided

INDICATORS = pl.DataFrame(
    {
        "indicator_id": ["O1-1", "P2-3a", "R1-2a"],
        "method": ["rate", "mean", "percentile"],
        "unit_divisor": [1.0, 3600.0, 1.0],
        "multiplier": [1.0, 1.0, 1.0],
        "incomparable": [None, None, None],
    },
    schema_overrides={"incomparable": pl.String},
)
Cells = dict[str, tuple[float, float]]


def values(cells: Cells, whole: tuple[float, float] | None = None, indicator: str = "O1-1", scope: str = "region") -> pl.DataFrame:
    """Values of one enterprise: (numerator, denominator) by member, and of the whole, if that is not their sum."""
    total = whole or (sum(n for n, _ in cells.values()), sum(d for _, d in cells.values()))
    divisor = {"P2-3a": 3600.0}.get(indicator, 1.0)
    places = [("enterprise", "E1", total), *((scope, member, cell) for member, cell in cells.items())]
    return pl.DataFrame(
        [
            {
                "enterprise_id": "E1", "indicator_id": indicator, "scope_type": kind, "scope_id": name, "value": n / d / divisor,
                "numerator": float(n), "denominator": float(d), "ci_low": n / d / divisor - 0.1, "ci_high": n / d / divisor + 0.1,
            }
            for kind, name, (n, d) in places
        ]
    )  # fmt: skip


def by_member(before: pl.DataFrame, now: pl.DataFrame) -> dict[str, dict[str, float]]:
    return {row["member"]: row for row in contributions(before, now, INDICATORS).iter_rows(named=True)}


def test_every_rate_rises_and_the_total_falls() -> None:
    """n 900/100 → 500/500, rates .90/.50 → .92/.55: .860 → .735.

    Rate effects s̄·Δr: (.9 + .5)/2·.02 = .014 and (.1 + .5)/2·.05 = .015. Mix effects Δs·(r̄ − R̄), R̄ = .7975: −.4·(.91 − .7975) =
    −.045 and .4·(.525 − .7975) = −.109. Standard error of the first rate effect: .7·√(.9·.1/900 + .92·.08/500) =
    .7·.015723 = .011006.
    """
    found = by_member(values({"A": (810, 900), "B": (50, 100)}), values({"A": (460, 500), "B": (275, 500)}))
    assert [found[name]["rate_effect"] for name in "AB"] == pytest.approx([0.014, 0.015])
    assert [found[name]["mix_effect"] for name in "AB"] == pytest.approx([-0.045, -0.109])
    assert sum(row["effect"] for row in found.values()) == pytest.approx(0.735 - 0.860)
    assert found["A"]["rate_effect_high"] - found["A"]["rate_effect"] == pytest.approx(1.959964 * 0.0110064, rel=1e-4)
    assert [found[name]["rank"] for name in "AB"] == [2, 1]
    assert all(row["is_simpson"] for row in found.values())


def test_opposite_signs_by_chance_are_no_paradox() -> None:
    """Both members rise by a hundredth and the total falls, from shares of 50/50 to 47/53: χ² = .36 with one degree, p = .55."""
    before, now = {"A": (90, 100), "B": (50, 100)}, {"A": (85.54, 94), "B": (54.06, 106)}
    found = by_member(values(before), values(now))
    assert all(row["rate_effect"] > 0 > row["change"] for row in found.values())
    assert not any(row["is_simpson"] for row in found.values())
    ten_times = [{name: (10 * n, 10 * d) for name, (n, d) in cells.items()} for cells in (before, now)]
    # χ² = 3.6, p = .058; a hundred times as many: 36.
    assert not any(row["is_simpson"] for row in by_member(*map(values, ten_times)).values())
    hundred_times = [{name: (100 * n, 100 * d) for name, (n, d) in cells.items()} for cells in (before, now)]
    assert all(row["is_simpson"] for row in by_member(*map(values, hundred_times)).values())


def test_members_with_the_same_effect_are_in_the_order_of_their_names() -> None:
    cells = {"B": (50, 100), "A": (50, 100), "C": (50, 100)}
    for order in (["C", "A", "B"], ["B", "C", "A"]):
        found = by_member(values(cells), values(dict.fromkeys(order, (60, 100))))
        assert {name: row["rank"] for name, row in found.items()} == {"A": 1, "B": 2, "C": 3}


def test_a_member_that_only_one_period_has_is_mix() -> None:
    """50 of 100 → 50 of 100 and 90 of 100 of a new member: .5 → .7.

    The new one: mix .5·(.9 − .6) = .15, the old −.5·(.5 − .6) = .05.
    """
    found = by_member(values({"A": (50, 100)}), values({"A": (50, 100), "B": (90, 100)}))
    assert found["B"]["rate_effect"] == 0
    assert (found["B"]["mix_effect"], found["A"]["mix_effect"]) == pytest.approx((0.15, 0.05))
    assert not found["A"]["is_simpson"]


def test_cases_of_no_member_are_one_of_their_own() -> None:
    """Of 100 cases 40 have no region: they are what is left of the total, in the period without regions all of it."""
    found = by_member(values({}, (60, 100)), values({"A": (54, 60)}, (80, 100)))
    assert found[UNASSIGNED]["denominator_before"] == 100
    assert found[UNASSIGNED]["denominator"] == pytest.approx(40)
    assert sum(row["effect"] for row in found.values()) == pytest.approx(0.2)


def test_members_that_overlap_are_not_split() -> None:
    found = contributions(values({"A": (60, 80), "B": (50, 70)}, (90, 100)), values({"A": (60, 80)}, (90, 100)), INDICATORS)
    assert found.select("status", "effect").rows() == [(NOT_ADDITIVE, None)]


def test_percentiles_are_not_split_and_means_have_their_unit() -> None:
    assert contributions(values({"A": (9, 9)}, indicator="R1-2a"), values({"A": (8, 8)}, indicator="R1-2a"), INDICATORS).is_empty()
    hours = by_member(values({"A": (360_000, 50)}, indicator="P2-3a"), values({"A": (540_000, 50)}, indicator="P2-3a"))
    # 2 → 3 hours; both intervals ± .1, so the error is √2·.1/1.96 and the interval ± .1414.
    assert hours["A"]["rate_effect"] == pytest.approx(1)
    assert hours["A"]["rate_effect_high"] - 1 == pytest.approx(0.1 * 2**0.5)


def test_few_cases_have_effects_and_no_test() -> None:
    found = by_member(values({"A": (20, 29), "B": (30, 60)}), values({"A": (40, 60), "B": (30, 60)}))
    assert (found["A"]["status"], found["A"]["p_value"], found["A"]["q_value"]) == (FEW, None, None)
    assert found["B"]["p_value"] == pytest.approx(1)


def test_periods_that_share_quarters_are_not_tested() -> None:
    cells = values({"A": (50, 100)}), values({"A": (80, 100)})
    assert contributions(*cells, INDICATORS)["p_value"][0] < 0.001
    overlapping = contributions(*cells, INDICATORS.with_columns(incomparable=pl.lit(OVERLAPS)))
    assert overlapping.select("p_value", "effect", "status").rows() == [(None, pytest.approx(0.3), OVERLAPS)]


COUNTS = st.dictionaries(st.sampled_from("ABCDE"), st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=5)


@given(COUNTS, COUNTS, st.integers(0, 30), st.integers(1, 30), st.integers(0, 30), st.integers(1, 30))
def test_effects_add_up_to_the_change(before: Cells, now: Cells, n0: int, m0: int, n1: int, m1: int) -> None:
    sides = []
    for cells, met, missed in ((before, n0, m0), (now, n1, m1)):
        fit = {name: (float(hits), float(hits + misses)) for name, (hits, misses) in cells.items() if hits + misses}
        whole = sum(n for n, _ in fit.values()) + met, sum(d for _, d in fit.values()) + met + missed
        sides.append(values(fit, whole))
    found = contributions(*sides, INDICATORS)
    if found.height:
        assert found["effect"].sum() == pytest.approx(found["change"][0], abs=1e-9)


@given(st.lists(st.floats(0, 1), max_size=60))
def test_corrected_tests_equal_scipy_s(p_values: list[float]) -> None:
    if p_values:
        assert corrected(np.array(p_values)) == pytest.approx(scipy.stats.false_discovery_control(p_values), abs=1e-12)
    else:
        assert corrected(np.array([])).size == 0


def test_two_sided_tests_equal_scipy_s() -> None:
    z = np.array([0.0, 1.0, -1.959964, 3.5, 12.0])
    assert two_sided(z) == pytest.approx(2 * scipy.stats.norm.sf(np.abs(z)), rel=1e-9)
