"""League tables: a case worked by hand, what is not ranked and why, and how often equal members are told apart."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.stats import binomtest, hypergeom, t

from pipeline.analyse.comparison import BETTER, FEW, NO_INTERVAL, OK, UNDECIDED, WORSE
from pipeline.analyse.league import BELOW, EXACT, RANDOM_EFFECT, WITHIN, league
from pipeline.evaluate.values.intervals import wilson

INDICATORS = pl.DataFrame(
    {
        "indicator_id": ["O1-1", "O1-2", "P3-3", "P2-3a", "R1-2a"],
        "method": ["rate", "rate", "rate", "mean", "percentile"],
        "direction": ["higher", "lower", "exact", "lower", "lower"],
        "requirement": [0.9, 0.03, 1.0, 4.0, 5.0],
        "unit_divisor": [1.0, 1.0, 1.0, 3600.0, 1.0],
        "multiplier": [1.0] * 5,
    }
)
Counts = dict[str, tuple[int, int]]


def row(kind: str, name: str, hits: float, cases: int, enterprise: str, indicator: str) -> dict[str, object]:
    interval = binomtest(int(hits), cases).proportion_ci(method="wilson")
    return {
        "enterprise_id": enterprise, "period": "2025-Q1", "indicator_id": indicator, "scope_type": kind, "scope_id": name,
        "value": hits / cases, "numerator": float(hits), "denominator": float(cases), "sample_size": cases, "ci_low": interval.low,
        "ci_high": interval.high, "ci_method": "wilson", "status": "ok",
    }  # fmt: skip


def rates(counts: Counts, indicator: str = "O1-1", enterprise: str = "E1", scope: str = "outlet") -> pl.DataFrame:
    """Rates of outlets, which together are the enterprise, with Wilson's interval by scipy."""
    whole = sum(hits for hits, _ in counts.values()), sum(cases for _, cases in counts.values())
    places = [("enterprise", enterprise, whole), *((scope, name, count) for name, count in counts.items())]
    return pl.DataFrame([row(kind, name, *count, enterprise, indicator) for kind, name, count in places])


def hours(samples: dict[str, np.ndarray]) -> pl.DataFrame:
    """Mean hours of outlets with t intervals by scipy; parts are seconds."""
    rows = []
    for kind, name, sample in [
        ("enterprise", "E1", np.concatenate(list(samples.values()))),
        *(("outlet", *each) for each in samples.items()),
    ]:
        low, high = t.interval(0.95, sample.size - 1, sample.mean(), sample.std(ddof=1) / sample.size**0.5)
        rows.append(
            row(kind, name, 0, sample.size, "E1", "P2-3a")
            | {"value": sample.mean(), "numerator": sample.sum() * 3600, "ci_low": low, "ci_high": high, "ci_method": "t"}
        )
    return pl.DataFrame(rows)


def by_member(values: pl.DataFrame) -> dict[str, dict[str, object]]:
    return {row["member"]: row for row in league(values, INDICATORS).iter_rows(named=True)}


def test_one_outlet_is_worse_than_the_rest() -> None:
    """A 60/100, B 95/100, C 94/100, D 9/10: 258 of 310. A against 198 of 210: −.342857, and below any limit."""
    found = by_member(rates({"A": (60, 100), "B": (95, 100), "C": (94, 100), "D": (9, 10)}))
    a = found["A"]
    assert a["difference"] == pytest.approx(0.6 - 198 / 210)
    own, rest = (binomtest(*count).proportion_ci(method="wilson") for count in ((60, 100), (198, 210)))
    assert a["difference_low"] == pytest.approx(0.6 - 198 / 210 - np.hypot(0.6 - own.low, rest.high - 198 / 210))
    assert a["difference_high"] == pytest.approx(0.6 - 198 / 210 + np.hypot(own.high - 0.6, 198 / 210 - rest.low))
    others = hypergeom(310, 258, 100)
    assert a["p_value"] == pytest.approx(2 * (others.cdf(59) + others.pmf(60) / 2), rel=1e-6)
    assert (a["finding"], a["flag"], a["limits_method"], a["status"]) == (WORSE, BELOW, EXACT, OK)
    assert (a["rank"], a["rank_low"], a["rank_high"]) == (3, 3, 3)
    # B and C are told from A, not from each other.
    assert [(found[name]["rank"], found[name]["rank_low"], found[name]["rank_high"]) for name in "BC"] == [(1, 1, 2), (2, 1, 2)]
    # Of ten cases there is a row, and nothing else.
    d = found["D"]
    assert (d["n"], d["value"], d["flag"], d["status"]) == (10, 0.9, FEW, FEW)
    assert {d[name] for name in ("rank", "rank_low", "difference", "p_value", "limit_low_95", "finding")} == {None}


def test_outlets_that_cannot_be_told_apart_have_no_rank() -> None:
    found = by_member(rates({"A": (90, 100), "B": (91, 100), "C": (92, 100)}))
    assert {(row["rank"], row["rank_low"], row["status"], row["finding"], row["flag"]) for row in found.values()} == {
        (None, None, UNDECIDED, UNDECIDED, WITHIN)
    }


def test_which_is_best_is_the_indicator_s() -> None:
    counts = {"A": (20, 100), "B": (80, 100)}
    best = {
        indicator: next(name for name, row in by_member(rates(counts, indicator)).items() if row["rank"] == 1)
        for indicator in ("O1-1", "O1-2", "P3-3")
    }
    assert best == {"O1-1": "B", "O1-2": "A", "P3-3": "B"}
    assert by_member(rates(counts, "O1-2"))["A"]["finding"] == BETTER


def test_means_have_their_unit_and_the_error_of_the_others() -> None:
    rng = np.random.Generator(np.random.PCG64(5))
    samples = {"A": rng.normal(6, 1, 50), "B": rng.normal(4, 1, 60), "C": rng.normal(4, 1, 60)}
    found = by_member(hours(samples))
    others = np.concatenate([samples["B"], samples["C"]])
    assert found["A"]["difference"] == pytest.approx(samples["A"].mean() - others.mean())
    assert (found["A"]["finding"], found["A"]["rank"], found["B"]["finding"]) == (WORSE, 3, BETTER)
    whole = np.concatenate(list(samples.values()))
    assert found["A"]["limit_high_95"] == pytest.approx(whole.mean() + 1.959964 * whole.std(ddof=1) / 50**0.5)


def test_values_without_interval_say_so_and_percentiles_are_left_out() -> None:
    without = rates({"A": (50, 100), "B": (60, 100)}).with_columns(ci_low=None, ci_high=None, ci_method=None)
    typed = without.cast({"ci_low": pl.Float64, "ci_high": pl.Float64, "ci_method": pl.String})
    assert league(typed, INDICATORS)["status"].unique().to_list() == [NO_INTERVAL]
    assert league(rates({"A": (50, 100)}, "R1-2a"), INDICATORS).is_empty()


def test_the_rest_is_less_than_thirty_cases() -> None:
    found = by_member(rates({"A": (20, 100), "B": (15, 20)}))
    assert (found["A"]["difference"], found["A"]["p_value"], found["A"]["finding"]) == (pytest.approx(0.2 - 0.75), None, None)


def test_members_that_differ_by_themselves_widen_the_limits() -> None:
    counts = {f"S{number:02}": (200 - 7 * number, 200) for number in range(12)}
    found = by_member(rates(counts))
    assert {row["limits_method"] for row in found.values()} == {RANDOM_EFFECT}
    assert {row["flag"] for row in found.values()} == {WITHIN}
    few = by_member(rates(dict(list(counts.items())[:6])))
    assert {row["limits_method"] for row in few.values()} == {EXACT}


def test_the_order_of_rows_does_not_matter() -> None:
    values = pl.concat([rates({"A": (60, 100), "B": (70, 100), "C": (80, 100)}), rates({"A": (5, 50), "B": (9, 60)}, "O1-2")])
    assert league(values, INDICATORS).equals(league(values.reverse(), INDICATORS))
    alone = league(values.filter(indicator_id="O1-2"), INDICATORS).select("member", "rank_low", "rank_high")
    assert alone.equals(league(values, INDICATORS).filter(indicator_id="O1-2").select("member", "rank_low", "rank_high"))


def test_equal_outlets_are_rarely_told_apart() -> None:
    """200 enterprises of 20 equal outlets at 92 %: at most 5 % have any finding, and 2 in a thousand outlets a flag."""
    rng = np.random.Generator(np.random.PCG64(11))
    cases = rng.integers(30, 400, (200, 20))
    hits = rng.binomial(cases, 0.92)
    names = [("enterprise", ""), *(("outlet", f"S{each:02}") for each in range(20))]
    counts = [np.column_stack([each.sum(axis=1), each]).ravel() for each in (hits, cases)]
    low, high = wilson(*counts)
    values = pl.DataFrame(
        {
            "enterprise_id": [f"E{number}" for number in range(200) for _ in names], "period": "2025-Q1", "indicator_id": "O1-1",
            "scope_type": [kind for kind, _ in names] * 200, "scope_id": [name for _, name in names] * 200,
            "value": counts[0] / counts[1], "numerator": counts[0].astype(float), "denominator": counts[1].astype(float),
            "sample_size": counts[1], "ci_low": low, "ci_high": high, "ci_method": "wilson", "status": "ok",
        }
    )  # fmt: skip
    found = league(values, INDICATORS)
    with_finding = found.filter(pl.col("finding").is_in([BETTER, WORSE]))["enterprise_id"].n_unique()
    # 5 % of 200 is 10, and two standard errors are 6.
    assert with_finding <= 16
    assert found.filter(pl.col("flag") != WITHIN).height <= 16
    # Nobody is best or worst for sure.
    assert found.filter(pl.col("rank_low") == pl.col("rank_high")).height <= 0.02 * found.height
