"""One fact weighed twice: pairs of indicators that move together."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scored_publication import QUARTER, plausible, publish

from pipeline.analyse.overlaps import ENOUGH, FEW, NONE, overlaps
from schemas.standard.catalogue import catalogue


def values_of(n: int) -> pl.DataFrame:
    """O1-2 falls as O1-3 rises, O1-1 does as it likes; P1-1, of another dimension, is O1-3."""
    generator = np.random.default_rng(2)
    rows = []
    for place in range(n):
        thorough, first = generator.uniform(0.8, 1.0, 2)
        repeated = 1 - thorough + generator.normal(0, 0.005)
        rows += [
            {"enterprise_id": f"E{place % 2}", "period": f"{2020 + place // 2}-Q1", "indicator_id": name, "value": float(value)}
            for name, value in (("O1-1", first), ("O1-2", repeated), ("O1-3", thorough), ("P1-1", thorough))
        ]
    return pl.DataFrame(rows)


def test_pairs_of_one_sub_dimension_with_their_weight() -> None:
    """O1 has four indicators of .25, O four sub-dimensions of .25, and O weighs .357…: the pair weighs 2·.25·.25·.357…."""
    values = values_of(20)
    (row,) = overlaps(values, publish({"E1": plausible(1)}).scores, QUARTER).rows(named=True)
    assert (row["indicator_a"], row["indicator_b"], row["n"], row["status"]) == ("O1-2", "O1-3", 20, "ok")
    wide = values.pivot("indicator_id", index=["enterprise_id", "period"], values="value")
    assert row["correlation"] == pytest.approx(np.corrcoef(wide["O1-2"], wide["O1-3"])[0, 1])
    assert sum(each.subdimension_id == "O1" for each in catalogue(QUARTER.last_day).values()) == 4
    assert row["global_weight"] == pytest.approx(0.357142857142857 * 0.25 * 0.25 * 2)


def test_what_is_not_scored_weighs_nothing() -> None:
    some = plausible(1)
    del some["O1-2"]
    found = overlaps(values_of(20), publish({"E1": some}).scores, QUARTER)
    # Enough values and no pair is said too: an empty table would be one that nobody made.
    assert found.select("indicator_a", "n", "status").rows() == [(None, 20, NONE)]


def test_too_few_values_are_said() -> None:
    found = overlaps(values_of(ENOUGH - 1), publish({"E1": plausible(1)}).scores, QUARTER)
    assert found.select("quarter", "indicator_a", "n", "status").rows() == [("2025-Q1", None, 7, FEW)]
    assert overlaps(values_of(ENOUGH), publish({"E1": plausible(1)}).scores, QUARTER)["status"].to_list() == ["ok"]
