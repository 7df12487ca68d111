"""Effective weights: cases worked by hand, in which the spread and what moves together are known."""

from __future__ import annotations

import itertools
import math

import numpy as np
import polars as pl
import pytest
from scipy import stats

from pipeline.analyse.effective_weights import effective_weights

NODES = ("A", "B", "C", "D")
# Sixteen enterprises: every combination of high and low, so that the four do not move together.
DESIGN = np.array(list(itertools.product((-1.0, 1.0), repeat=4)))


def scores(of_nodes: np.ndarray, weights: tuple[float, ...], period: str = "2025-Q1") -> pl.DataFrame:
    """A tree of one level: dimensions without anything below them, which are its indicators too."""
    rows = []
    for number, own in enumerate(of_nodes):
        key = {"enterprise_id": f"E{number:02d}", "period": period}
        total = float(own @ np.array(weights))
        rows.append(key | {"level": "total", "node_id": "ALL", "parent_id": None, "weight_nominal": 1.0, "score": total})
        for node, weight, score in zip(NODES, weights, own, strict=False):
            rows.append(
                key | {"level": "dimension", "node_id": node, "parent_id": "ALL", "weight_nominal": weight, "score": float(score)}
            )
    return pl.DataFrame(rows, schema_overrides={"parent_id": pl.String})


def found(table: pl.DataFrame, level: str = "dimension") -> dict[str, dict[str, object]]:
    return {row["node_id"]: row for row in table.filter(over="enterprises", level=level).iter_rows(named=True)}


def test_of_nodes_that_do_not_move_together_the_effect_is_weight_squared_times_variance() -> None:
    """Weights .4 .3 .2 .1, deviations 1, 2, 5, 5: w²σ² = .16, .36, 1, .25, of 1.77 in all."""
    rows = found(effective_weights(now := scores(80 + DESIGN * [1, 2, 5, 5], (0.4, 0.3, 0.2, 0.1)), now))
    expected = dict(zip(NODES, np.array([0.16, 0.36, 1, 0.25]) / 1.77, strict=True))
    assert {node: row["main_effect"] for node, row in rows.items()} == pytest.approx(expected, abs=1e-9)
    assert {node: row["effective_weight"] for node, row in rows.items()} == pytest.approx(expected, abs=1e-9)
    assert {node: row["nominal_weight"] for node, row in rows.items()} == pytest.approx(
        {"A": 0.4, "B": 0.3, "C": 0.2, "D": 0.1}, abs=1e-9
    )


def test_what_moves_with_another_counts_for_it_too() -> None:
    """A = u, B = u + v, equal weights ½: total = u + v/2. cov(A, total) = 1, cov(B, total) = 1.5; variances 1, 2 and 1.25.

    Main effects 1 ÷ 1.25 = 0.8 and 2.25 ÷ (2 · 1.25) = 0.9: shares 8/17 and 9/17. A node that is opposed has its square.
    """
    u, v = DESIGN[:, 0], DESIGN[:, 1]
    rows = found(effective_weights(now := scores(80 + np.column_stack([u, u + v]), (0.5, 0.5)), now))
    assert [rows[node]["main_effect"] for node in "AB"] == pytest.approx([0.8, 0.9], abs=1e-9)
    assert [rows[node]["effective_weight"] for node in "AB"] == pytest.approx([8 / 17, 9 / 17], abs=1e-9)
    interval = stats.pearsonr(u, u + v / 2).confidence_interval()
    assert rows["A"]["main_effect_low"] == pytest.approx(interval.low**2, abs=1e-9)
    assert rows["A"]["main_effect_high"] == pytest.approx(interval.high**2, abs=1e-9)
    # total = 0.2 · (−u) + 0.8 · (u + v): cov with −u is −0.6, variance 1; r = −0.6.
    opposed = found(effective_weights(now := scores(80 + np.column_stack([-u, u + v]), (0.2, 0.8)), now))
    assert (opposed["A"]["correlation"], opposed["A"]["main_effect"]) == pytest.approx((-0.6, 0.36), abs=1e-9)


def test_a_node_that_is_the_same_everywhere_has_a_weight_and_no_effect() -> None:
    rows = found(effective_weights(now := scores(80 + DESIGN * [0, 2, 3, 4], (0.4, 0.3, 0.2, 0.1)), now), "indicator")
    assert (rows["A"]["nominal_weight"], rows["A"]["effective_weight"], rows["A"]["status"]) == (0.4, 0, "constant")
    assert sum(float(str(row["effective_weight"])) for row in rows.values()) == pytest.approx(1, abs=1e-8)


def test_few_points_and_equal_totals_are_said() -> None:
    few = effective_weights(now := scores(80 + DESIGN[:9], (0.25,) * 4), now)
    assert few.filter(over="enterprises").select("n", "node_id", "status").rows() == [(9, None, "insufficient_sample")]
    # One quarter of each enterprise.
    assert set(few.filter(over="quarters")["status"]) == {"insufficient_sample"}
    alike = effective_weights(now := scores(np.full((12, 4), 80.0), (0.25,) * 4), now)
    assert alike.filter(over="enterprises")["status"].to_list() == ["no_variance"]


def test_a_node_that_is_rarely_scored_is_left_out_of_the_comparison() -> None:
    now = scores(80 + DESIGN * [1, 2, 5, 5], (0.4, 0.3, 0.2, 0.1))
    rarely = (pl.col("node_id") == "C") & (pl.col("enterprise_id") > "E08")
    never = pl.col("node_id") == "D"
    now = now.with_columns(score=pl.when(~rarely & ~never).then("score"))
    rows = found(effective_weights(now, now))
    assert rows.keys() == {"A", "B", "C"}
    assert (rows["C"]["n"], rows["C"]["status"], rows["C"]["nominal_weight"]) == (9, "insufficient_sample", None)
    assert rows["A"]["nominal_weight"] == pytest.approx(4 / 7, abs=1e-9)


def test_an_enterprise_is_compared_over_its_quarters() -> None:
    labels = [f"{year}-Q{number}" for year in (2022, 2023, 2024) for number in (1, 2, 3, 4)]
    generator = np.random.default_rng(3)
    own = 80 + generator.normal(size=(12, 4)) * [1, 2, 5, 5]
    weights = (0.4, 0.3, 0.2, 0.1)
    history = pl.concat(scores(own[[at]], weights, label) for at, label in enumerate(labels))
    table = effective_weights(history.filter(period=labels[-1]), history).filter(over="quarters", level="dimension")
    expected = [stats.pearsonr(own[:, at], own @ np.array(weights)).statistic ** 2 for at in range(4)]
    assert table["main_effect"].to_list() == pytest.approx(expected, abs=1e-9)
    assert table["effective_weight"].sum() == pytest.approx(1, abs=1e-8)
    assert set(table["n"]) == {12}
    assert not math.isclose(table["effective_weight"][0], 0.4, abs_tol=0.1)
