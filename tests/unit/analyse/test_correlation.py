"""Correlations from sums and counts against scipy on the rows, published figures, and what chance finds."""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal

import numpy as np
import polars as pl
import pytest
from scipy import stats

from pipeline.analyse.correlation import (
    ALL,
    CONSTANT,
    ENTERPRISE,
    FEW,
    NEGATIVE,
    NEGLIGIBLE,
    POINT_BISERIAL,
    POOLED,
    POSITIVE,
    SPEARMAN,
    UNDECIDED,
    WITHIN,
    Moments,
    correlations,
    fisher_interval,
    p_value,
    rank_correlation,
)
from pipeline.marts.project import PROJECT_DIR
from schemas.expectations.pairs import REQUEST_MEASURES

PAIR = ("requests", "response_seconds", "satisfaction")
# Anscombe 1973, Am. Stat. 27, 17-21, data set I.
ANSCOMBE_X = [10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5]
ANSCOMBE_Y = [8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68]
Numbers = np.ndarray | list[float]


def sums(x: Numbers, y: Numbers, enterprise: str = "E1", pair: tuple[str, str, str] = PAIR) -> dict[str, object]:
    """The row of mart_pair_moments that these cases make, from their first six decimals."""
    xs, ys = ([round(Decimal(float(value)), 6) for value in values] for values in (x, y))
    row = {"enterprise_id": enterprise, **dict(zip(("unit", "x_measure", "y_measure"), pair, strict=True)), "n": len(xs)}
    return row | {
        "sum_x": sum(xs), "sum_y": sum(ys), "sum_xx": sum(a * a for a in xs), "sum_yy": sum(b * b for b in ys),
        "sum_xy": sum(a * b for a, b in zip(xs, ys, strict=True)), "excluded": 3,
    }  # fmt: skip


def counted(x: Numbers, y: Numbers, enterprise: str = "E1", pair: tuple[str, str, str] = PAIR) -> list[dict[str, object]]:
    """The rows of mart_pair_cells, in bins of a fiftieth and of one."""
    cells = Counter(zip(np.round(np.asarray(x) * 50).astype(int).tolist(), np.round(y).astype(int).tolist(), strict=True))
    key = {"enterprise_id": enterprise, **dict(zip(("unit", "x_measure", "y_measure"), pair, strict=True))}
    return [key | {"x_bin": a, "y_bin": b, "n": n} for (a, b), n in cells.items()]


def correlated(cases: dict[str, tuple[Numbers, Numbers]], pair: tuple[str, str, str] = PAIR) -> pl.DataFrame:
    moments = pl.DataFrame([sums(*each, name, pair) for name, each in cases.items()])
    cells = pl.DataFrame([row for name, each in cases.items() for row in counted(*each, name, pair)])
    return correlations(list(cases), [pair], moments, cells, 0.1)


def drawn(seed: int, n: int, slope: float) -> tuple[Numbers, Numbers]:
    """Logarithms of skewed times, and scores of five levels that go with them."""
    rng = np.random.default_rng(seed)
    times = rng.lognormal(6, 1, n)
    scores = np.clip(np.round(3 + slope * (np.log(times) - 6) + rng.normal(0, 1, n)), 1, 5) * 25 - 25
    return np.log1p(times), scores


def test_anscombe_s_first_data_set() -> None:
    r = Moments.of([sums(ANSCOMBE_X, ANSCOMBE_Y)]).correlation
    assert r == pytest.approx(0.8164205, abs=5e-8)
    assert fisher_interval(r, 11) == pytest.approx((0.424391, 0.950693), abs=5e-7)
    assert p_value(r, 9) == pytest.approx(0.00217, abs=5e-6)


@pytest.mark.parametrize("slope", [0.0, -0.3, 0.8])
def test_coefficients_are_scipy_s_on_the_rows(slope: float) -> None:
    x, y = drawn(7, 800, slope)
    found = {row["method"]: row for row in correlated({"E1": (x, y)}).iter_rows(named=True)}
    expected = stats.pearsonr(x, y)
    interval = expected.confidence_interval()
    pearson = found["pearson"]
    assert pearson["estimate"] == pytest.approx(expected.statistic, abs=1e-6)
    assert (pearson["ci_low"], pearson["ci_high"]) == pytest.approx((interval.low, interval.high), abs=1e-6)
    assert pearson["p_value"] == pytest.approx(expected.pvalue, rel=1e-4, abs=1e-12)
    # Times lie in bins of two per cent.
    ranked = stats.spearmanr(x, y)
    assert found[SPEARMAN]["estimate"] == pytest.approx(ranked.statistic, abs=1e-3)
    in_bins = stats.spearmanr(np.round(x * 50), y)
    assert found[SPEARMAN]["estimate"] == pytest.approx(in_bins.statistic, abs=1e-12)
    assert found[SPEARMAN]["p_value"] == pytest.approx(in_bins.pvalue, rel=1e-9, abs=1e-12)
    # Bonett & Wright 2000.
    r = in_bins.statistic
    half = stats.norm.ppf(0.975) * np.sqrt((1 + r * r / 2) / 797)
    assert found[SPEARMAN]["ci_high"] == pytest.approx(np.tanh(np.arctanh(r) + half), abs=1e-12)
    assert {row["n"] for row in found.values()} == {800}


def test_a_figure_that_is_0_or_1_gives_the_point_biserial_correlation() -> None:
    rng = np.random.default_rng(3)
    repeated = rng.integers(0, 2, 300)
    scores = rng.integers(0, 5, 300) * 25 - 10 * repeated
    (row,) = (
        correlated({"E1": (repeated, scores)}, ("requests", "is_repeated", "satisfaction")).filter(method=POINT_BISERIAL).to_dicts()
    )
    assert row["estimate"] == pytest.approx(stats.pointbiserialr(repeated, scores).statistic, abs=1e-9)


def test_ranks_by_hand() -> None:
    """x 1 1 2, y 1 2 3: midranks 1.5 1.5 3 and 1 2 3; Σ = 1.5, Σ² = 1.5 and 2: 1.5 / √3."""
    assert rank_correlation([1, 1, 2], [1, 2, 3], [1, 1, 1]) == pytest.approx(0.8660254, abs=1e-7)
    assert rank_correlation([2, 1], [30, 10], [5, 4]) == 1
    assert rank_correlation([1, 1], [1, 2], [5, 5]) is None


def test_a_finding_is_certain_and_large_enough() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(10, 2, 4000)
    cases = {
        "none": (x[:100], rng.normal(50, 9, 100)),
        "rises": (x, 5 * x + rng.normal(0, 9, 4000)),
        "falls": (x, -5 * x + rng.normal(0, 9, 4000)),
        "small": (x, 0.35 * x + rng.normal(0, 9, 4000)),
    }
    found = correlated(cases).filter(level=ENTERPRISE, method="pearson")
    findings = dict(found.select("enterprise_id", "finding").iter_rows())
    assert findings == {"none": UNDECIDED, "rises": POSITIVE, "falls": NEGATIVE, "small": NEGLIGIBLE}


def test_too_few_cases_and_equal_figures_have_no_coefficient() -> None:
    x, y = drawn(5, 60, 0.5)
    cases = {"few": (x[:29], y[:29]), "equal": (x, np.full(60, 75.0))}
    found = correlated(cases).filter(level=ENTERPRISE)
    assert dict(found.select("enterprise_id", "status").unique().iter_rows()) == {"few": FEW, "equal": CONSTANT}
    assert found.select("estimate", "p_value", "finding").null_count().row(0) == (4, 4, 4)
    nothing = correlations(["E1"], [PAIR], pl.DataFrame([sums(x, y, "E9")]), pl.DataFrame(counted(x, y, "E9")), 0.1)
    assert nothing.select("n", "status").unique().rows() == [(0, FEW)]


def test_a_difference_between_enterprises_is_no_correlation_within_them() -> None:
    """Two enterprises, one slow and liked, one quick and disliked; within each nothing goes together."""
    rng = np.random.default_rng(2)
    cases = {name: (rng.normal(level, 1, 500), rng.normal(10 * level, 9, 500)) for name, level in (("A", 5), ("B", 9))}
    found = correlated(cases).filter(enterprise_id=ALL)
    pooled = {row["level"]: row for row in found.filter(method="pearson").iter_rows(named=True)}
    together = [np.concatenate([cases[name][place] for name in "AB"]) for place in (0, 1)]
    assert pooled[POOLED]["estimate"] == pytest.approx(stats.pearsonr(*together).statistic, abs=1e-6)
    assert pooled[POOLED]["finding"] == POSITIVE
    centred = [np.concatenate([cases[name][place] - cases[name][place].mean() for name in "AB"]) for place in (0, 1)]
    assert pooled[WITHIN]["estimate"] == pytest.approx(stats.pearsonr(*centred).statistic, abs=1e-6)
    assert pooled[WITHIN]["finding"] == UNDECIDED


def test_chance_finds_what_it_may() -> None:
    """400 quarters of four pairs where nothing goes together: findings in at most 5 % of them, and three standard errors."""
    pairs = [("requests", "response_seconds", name) for name in ("satisfaction", "visits", "is_repeated", "resolution_seconds")]
    rng = np.random.default_rng(11)
    false = 0
    for _ in range(400):
        draws = [(rng.normal(6, 1, 40), np.round(rng.uniform(0, 4, 40)) * 25) for _ in pairs]
        moments = pl.DataFrame([sums(*each, "E1", pair) for each, pair in zip(draws, pairs, strict=True)])
        cells = pl.DataFrame([row for each, pair in zip(draws, pairs, strict=True) for row in counted(*each, "E1", pair)])
        found = correlations(["E1"], pairs, moments, cells, 0.0)
        assert found["p_value"].null_count() == 0
        false += found["finding"].is_in([POSITIVE, NEGATIVE]).any()
    assert 0 < false / 400 <= 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5


def test_the_sql_has_the_declared_figures() -> None:
    text = (PROJECT_DIR / "macros" / "pairs.sql").read_text(encoding="utf-8")
    assert re.findall(r"^        \('(\w+)',", text, re.MULTILINE) == list(REQUEST_MEASURES)
