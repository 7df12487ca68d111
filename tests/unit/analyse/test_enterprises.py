"""Enterprises beside each other: ranks, differences from the others, and what of it one of them may be given."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
import pytest

from pipeline.analyse.enterprises import enterprises
from pipeline.analyse.peers import FEWEST, letters, peers
from pipeline.analyse.robustness import ROBUSTNESS_SCHEMA
from pipeline.evaluate.values.intervals import wilson

CATALOGUE = pl.DataFrame(
    {
        "indicator_id": ["O1-1", "O1-2", "O2-1", "R4-1", "O4-1"],
        "direction": ["higher", "lower", "higher", "higher", "lower"],
        "method": ["rate", "rate", "score", "count", "ratio"],
        "requirement": [0.85, 0.05, None, 5.0, 0.0],
        "minimum_n": [30, 30, 30, 1, 1],
    }
)
VALUES = {
    **dict.fromkeys(("value", "score", "ci_low", "ci_high", "numerator", "denominator"), pl.Float64),
    "sample_size": pl.Int64,
    "ci_method": pl.String,
}
NO_NODES = pl.DataFrame(schema=ROBUSTNESS_SCHEMA)


def rate(enterprise: str, hits: int, cases: int, indicator: str = "O1-1", **others: Any) -> dict[str, Any]:
    low, high = wilson([hits], [cases])
    key = {"enterprise_id": enterprise, "period": "2025-Q1", "indicator_id": indicator, "status": "ok", "ci_method": "wilson"}
    numbers = {"value": hits / cases, "score": 100 * hits / cases, "ci_low": low[0], "ci_high": high[0]}
    return key | numbers | {"numerator": hits, "denominator": cases, "sample_size": cases} | others


def mean(enterprise: str, value: float, half: float, **others: Any) -> dict[str, Any]:
    bounds = {"value": value, "score": value, "ci_low": value - half, "ci_high": value + half, "ci_method": "t"}
    return rate(enterprise, 50, 100, "O2-1", **bounds) | others


def node(enterprise: str, score: float, source: str, low: float, high: float, rank: int = 1) -> dict[str, Any]:
    key = {"enterprise_id": enterprise, "period": "2025-Q1", "level": "dimension", "node_id": "O", "source": source}
    ranks = {"rank": rank, "rank_low": 1, "rank_high": 2, "ranked": 2}
    return key | {"score": score, "score_low": low, "score_high": high, "status": "ok"} | ranks


def beside(*rows: dict[str, Any], nodes: pl.DataFrame = NO_NODES) -> pl.DataFrame:
    return enterprises(pl.DataFrame(list(rows), schema_overrides=VALUES), nodes, CATALOGUE)


def test_an_enterprise_differs_from_the_mean_of_the_others() -> None:
    """80 against the mean of 70 and 74; half widths 3, 2 and 4: that of the mean √(4 + 16) ÷ 2, of the difference √(9 + 5)."""
    found = beside(mean("E1", 80, 3), mean("E2", 70, 2), mean("E3", 74, 4))
    row = found.row(by_predicate=pl.col("enterprise_id") == "E1", named=True)
    half = math.sqrt(9 + 20 / 4)
    assert (row["mean_of_others"], row["difference"]) == (72, 8)
    assert (row["difference_low"], row["difference_high"]) == pytest.approx((8 - half, 8 + half), abs=1e-9)
    assert row["p_value"] == row["q_value"] == pytest.approx(math.erfc(1.959964 * 8 / half / math.sqrt(2)), abs=1e-7)
    assert row["finding"] == "better"
    assert (row["rank"], row["rank_low"], row["ranked"]) == (1, 1, 3)
    assert found["rank"].to_list() == [1, 3, 2]


def test_less_is_better_where_the_indicator_says_so() -> None:
    found = beside(rate("E1", 20, 1000, "O1-2"), rate("E2", 90, 1000, "O1-2"), rate("E3", 95, 1000, "O1-2"))
    assert found["finding"].to_list() == ["better", "worse", "worse"]
    assert found.select("rank", "rank_low", "rank_high").rows() == [(1, 1, 1), (2, 2, 3), (3, 2, 3)]


def test_few_cases_have_no_rank_and_are_none_of_the_others() -> None:
    found = beside(mean("E1", 80, 3), mean("E2", 70, 2), mean("E3", 10, 9, status="insufficient_sample"))
    first, _, few = found.rows(named=True)
    assert (first["mean_of_others"], first["ranked"]) == (70, 2)
    assert (few["status"], few["rank"], few["finding"], few["mean_of_others"]) == ("insufficient_sample", None, None, 75)
    alone = beside(mean("E1", 80, 3))
    assert alone.select("status", "rank", "difference").row(0) == ("no_others", None, None)


def test_what_is_counted_completely_has_a_rank_and_no_test() -> None:
    counts = [rate(name, 1, 1, "R4-1", value=value, ci_method=None) for name, value in (("E1", 9.0), ("E2", 4.0), ("E3", 9.0))]
    found = beside(*counts)
    assert found.select("rank", "rank_low", "rank_high", "difference", "finding", "status").rows() == [
        (1, 1, 1, 2.5, None, "no_interval"), (3, 3, 3, -5, None, "no_interval"), (1, 1, 1, 2.5, None, "no_interval"),
    ]  # fmt: skip


def test_a_score_has_the_range_over_its_values_and_the_rank_over_all_draws() -> None:
    """90 within 86 to 92 against 80 within 77 to 84: √(4² + 4²) below the difference, √(2² + 3²) above."""
    drawn = [
        *(node("E1", 90, source, low, high) for source, low, high in (("all", 60, 99), ("values", 86, 92))),
        *(node("E2", 80, source, low, high, 2) for source, low, high in (("all", 50, 99), ("values", 77, 84))),
    ]
    (one, two) = enterprises(pl.DataFrame(schema=beside_schema()), pl.DataFrame(drawn, schema=ROBUSTNESS_SCHEMA), CATALOGUE).rows(
        named=True
    )
    assert (one["kind"], one["measure_id"], one["value"], one["rank"], two["rank"]) == ("node", "O", 90, 1, 2)
    assert (one["difference_low"], one["difference_high"]) == pytest.approx((10 - math.sqrt(32), 10 + math.sqrt(13)), abs=1e-9)
    assert (one["finding"], two["finding"]) == ("better", "worse")


def beside_schema() -> dict[str, Any]:
    return dict.fromkeys(("enterprise_id", "period", "indicator_id", "status"), pl.String) | VALUES


def test_equal_enterprises_are_rarely_told_apart() -> None:
    """Six alike, by 20 rates of 200 cases: 50 draws, so 300 families; a false finding in at most 5 % of them, and three errors."""
    catalogue = pl.DataFrame(
        {"indicator_id": [f"X-{at:02d}" for at in range(20)]}
        | {"direction": "higher", "method": "rate", "requirement": 0.9, "minimum_n": 30}
    )
    rng = np.random.default_rng(7)
    rows = []
    for draw in range(50):
        truth = rng.uniform(0.5, 0.97, 20)
        for enterprise in range(6):
            hits = rng.binomial(200, truth)
            low, high = wilson(hits, np.full(20, 200))
            for at in range(20):
                rows.append((f"E{enterprise}", f"D{draw}", f"X-{at:02d}", hits[at] / 200, low[at], high[at], float(hits[at])))
    columns = ["enterprise_id", "period", "indicator_id", "value", "ci_low", "ci_high", "numerator"]
    values = pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        score=pl.lit(None, pl.Float64), denominator=pl.lit(200.0), sample_size=pl.lit(200), ci_method=pl.lit("wilson"),
        status=pl.lit("ok"),
    )  # fmt: skip
    found = enterprises(values, NO_NODES, catalogue)
    families = found.group_by("enterprise_id", "period").agg(false=pl.col("finding").is_in(["better", "worse"]).any())
    assert families.height == 300
    share = float(np.mean(families["false"].to_numpy()))
    assert 0 < share <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 300)
    # And the best of equals may have nearly every rank.
    assert (found["rank_high"] - found["rank_low"]).mean() > 3  # type: ignore[operator]


# --- the file of one enterprise ---------------------------------------------------------------------------------------

NAMES = [f"E{number}" for number in range(1, 8)]


def seven() -> pl.DataFrame:
    """Seven enterprises by a rate, a count and a rate of events; of the first three by another rate too."""
    return beside(
        *(rate(name, 80 + at, 97 + 7 * at) for at, name in enumerate(NAMES)),
        *(rate(name, 1, 1, "R4-1", value=10.0 + at, ci_method=None) for at, name in enumerate(NAMES)),
        *(rate(name, 1, 300 + at, "O4-1", value=1e4 / (300 + at)) for at, name in enumerate(NAMES)),
        *(rate(name, 5 + at, 100, "O1-2") for at, name in enumerate(NAMES[:3])),
    )


def file_of(recipient: str, secret: str = "key", table: pl.DataFrame | None = None) -> pl.DataFrame:
    codes = letters(secret, "2025-Q1", "2025-Q1", recipient, [name for name in NAMES if name != recipient])
    return peers(seven() if table is None else table, CATALOGUE, recipient, codes)


def test_the_file_names_its_own_enterprise_and_no_other() -> None:
    found = file_of("E3")
    text = found.write_csv()
    assert "E3" in text
    assert not [name for name in NAMES if name != "E3" and name in text]
    for _, measure in found.group_by("measure_id"):
        assert measure["is_own"].to_list() == [True, *[False] * 6]
        assert measure["enterprise"].to_list() == ["E3", *"ABCDEF"]
    # Three enterprises have the other rate; people and incidents tell how large an enterprise is.
    assert set(found["measure_id"]) == {"O1-1"}


def test_the_file_tells_no_size_of_others() -> None:
    found = file_of("E3")
    assert not {"n", "ci_low", "ci_high", "numerator", "denominator"} & set(found.columns)
    others = found.filter(~pl.col("is_own"))
    # 80 of 97 are 0.8247, and are said as 0.82.
    assert all(value == round(value, 2) for value in others["value"])
    assert all(score == round(score, 1) for score in others["score"])
    assert others.select("rank_low", "rank_high", "difference", "finding").null_count().row(0) == (others.height,) * 4
    (own,) = found.filter(is_own=True, measure_id="O1-1").rows(named=True)
    assert own["value"] == 82 / 111
    assert (own["difference"], own["rank_low"]) != (None, None)
    assert float(f"{own['difference']:.2g}") == own["difference"]


def test_values_of_too_few_cases_are_not_shown_to_others() -> None:
    table = beside(
        *(rate(name, 80, 100, status="insufficient_sample" if name in ("E1", "E2") else "ok") for name in NAMES),
        *(rate(name, 5, 100, "O1-2", status="insufficient_sample" if name < "E4" else "ok") for name in NAMES),
    )
    # Five have enough, and the recipient is one of them; of E1's own file it is the sixth.
    assert [file_of(name, table=table).filter(measure_id="O1-1").height for name in ("E3", "E1")] == [5, 6]
    assert file_of("E4", table=table).filter(measure_id="O1-2").is_empty()
    assert file_of("E1", table=table).filter(measure_id="O1-2").height == FEWEST


def test_letters_of_two_files_have_nothing_to_do_with_each_other() -> None:
    others = [f"X{number}" for number in range(30)]
    first = letters("key", "2025-Q1", "2025-Q1", "E1", others)
    assert first == letters("key", "2025-Q1", "2025-Q1", "E1", reversed(others))
    assert sorted(first.values(), key=lambda name: (len(name), name))[24:] == ["Y", "Z", "AA", "AB", "AC", "AD"]
    for other in (
        letters("other", "2025-Q1", "2025-Q1", "E1", others),
        letters("key", "2025-Q2", "2025-Q2", "E1", others),
        letters("key", "2025-Q1", "2025-Q1-TTM", "E1", others),
        letters("key", "2025-Q1", "2025-Q1", "E2", others),
    ):
        # Of 30 letters in another order one stays in its place on average.
        assert sum(first[name] == other[name] for name in others) <= 5
