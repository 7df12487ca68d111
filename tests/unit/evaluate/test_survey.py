"""Weighted means and their errors, which periods are weighted, the change of the weighted index, response rates: by hand."""

from __future__ import annotations

from decimal import Decimal
from math import sqrt
from typing import Any

import polars as pl
import pytest
from scipy.stats import t

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import published_periods
from pipeline.evaluate.survey.weighting import (
    COVARIANCE_SCHEMA,
    WEIGHTED_SCHEMA,
    validity_table,
    weigh_rounds,
    weighted_parts,
)
from pipeline.evaluate.values.parts import VALUE_SCHEMA, Comparison
from pipeline.evaluate.values.satisfaction import with_weights
from pipeline.settings.plan import SurveyChoices
from pipeline.settings.survey_files import Cell, Invitations, Margins, Population

QUARTER = Quarter.parse("2025-Q1")
NUMBERS = {"survey_cell_minimum": 1.0, "survey_weight_cap": 100.0}
DECIMAL = pl.Decimal(38, 9)


def cells(*rows: tuple[str, str | None, str | None, int], quarter: str = "2025-Q1") -> pl.DataFrame:
    """survey, region, channel, responses"""
    return pl.DataFrame(
        [("E", quarter, *row) for row in rows],
        schema={
            **dict.fromkeys(("enterprise_id", "quarter", "survey_id", "region_code", "channel"), pl.String),
            "responses": pl.Int64,
        },
        orient="row",
    )


def scores(
    *rows: tuple[str, str | None, str | None, list[int]],
    quarter: str = "2025-Q1",
    indicator: str = "O2-1",
    part: str = "",
) -> pl.DataFrame:
    """survey, region, channel, points of each answer"""
    found = [
        {
            "enterprise_id": "E",
            "quarter": quarter,
            "survey_id": survey,
            "region_code": region,
            "channel": channel,
            "indicator_id": indicator,
            "part": part,
            "numerator": Decimal(sum(points)),
            "n": len(points),
            "cases": len(points),
            "sum_squares": Decimal(sum(each**2 for each in points)),
            # One answer each.
            "respondents": len(points),
            "sum_products": Decimal(sum(points)),
            "count_squares": len(points),
        }
        for survey, region, channel, points in rows
    ]
    return pl.DataFrame(found, schema_overrides=dict.fromkeys(("numerator", "sum_squares", "sum_products"), DECIMAL))


def choices(population: dict[Cell, int], quarter: Quarter | None = None) -> SurveyChoices:
    return SurveyChoices(margins=Margins({("E", quarter): Population(population)}))


def measured(of: pl.DataFrame, answers: pl.DataFrame, chosen: SurveyChoices, **where: str) -> dict[str, Any]:
    place = {"period": "2025-Q1", "period_role": "current", "scope_type": "enterprise"} | where
    found = weighted_parts(answers, weigh_rounds(of, chosen, NUMBERS), published_periods(QUARTER))
    rows = found.filter(*(pl.col(name) == value for name, value in place.items())).to_dicts()
    assert len(rows) == 1, rows
    return dict(rows[0])


TWO = [("S", "A", "phone", [100, 75]), ("S", "B", "phone", [50, 50, 75, 25])]
TWO_CELLS = [("S", "A", "phone", 2), ("S", "B", "phone", 4)]
SIXTY_FORTY: dict[Cell, int] = {("A", "phone"): 60, ("B", "phone"): 40}


def test_a_post_stratified_mean_and_its_error() -> None:
    row = measured(cells(*TWO_CELLS), scores(*TWO), choices(SIXTY_FORTY))
    # W = .6 and .4, means 87.5 and 50
    assert row["value"] == pytest.approx(0.6 * 87.5 + 0.4 * 50)
    # s² = 12.5² + 12.5² = 312.5 over 2 answers; (25² + 25²)/3 over 4
    error = sqrt(0.36 * 312.5 / 2 + 0.16 * 1250 / 3 / 4)
    assert row["standard_error"] == pytest.approx(error)
    # Weights .6/(2/6) = 1.8 and .6: (2·1.8 + 4·.6)²/(2·3.24 + 4·.36) = 36/7.92 effective answers
    reach = float(t.ppf(0.975, 36 / 7.92 - 1))
    assert (row["ci_low"], row["ci_high"]) == pytest.approx((72.5 - reach * error, 72.5 + reach * error))
    assert (row["n"], row["denominator"]) == (6, pytest.approx(6))


def test_who_skips_the_question_takes_the_weight_along() -> None:
    # Of B only one of four answers: (1.8·175 + .6·50)/(3.6 + .6)
    row = measured(cells(*TWO_CELLS), scores(TWO[0], ("S", "B", "phone", [50])), choices(SIXTY_FORTY))
    assert row["value"] == pytest.approx((1.8 * 175 + 0.6 * 50) / 4.2)
    # One answer tells nothing of its spread: A's 312.5 stands for it.
    assert row["standard_error"] == pytest.approx(sqrt(3.6**2 * 312.5 / 2 + 0.6**2 * 312.5) / 4.2)


def test_one_answer_a_cell_has_no_interval() -> None:
    row = measured(
        cells(("S", "A", "phone", 1), ("S", "B", "phone", 1)),
        scores(("S", "A", "phone", [100]), ("S", "B", "phone", [0])),
        choices(SIXTY_FORTY),
    )
    assert (row["value"], row["standard_error"], row["ci_low"]) == (pytest.approx(60), None, None)


def test_merged_cells_are_one_stratum() -> None:
    # Two cells of one answer each, merged by the minimum of 2: their spread is that of the two.
    of = cells(("S", "A", "phone", 1), ("S", "A", "online", 1), ("S", "B", "phone", 2))
    answers = scores(("S", "A", "phone", [100]), ("S", "A", "online", [50]), ("S", "B", "phone", [25, 25]))
    chosen = SurveyChoices(
        margins=Margins({("E", None): Population({("A", "phone"): 10, ("A", "online"): 50, ("B", "phone"): 40})}),
        minimum_cell=2,
    )
    row = measured(of, answers, chosen)
    assert row["value"] == pytest.approx(0.6 * 75 + 0.4 * 25)
    assert row["standard_error"] == pytest.approx(0.6 * sqrt(1250 / 2))


def test_raked_answers_are_spread_about_the_whole_mean() -> None:
    # The margins are those of the sample, so all weigh 1: the error of the plain mean, s/√n.
    of = cells(("S", "A", "phone", 1), ("S", "A", "online", 1), ("S", "B", "phone", 1), ("S", "B", "online", 1))
    answers = scores(("S", "A", "phone", [100]), ("S", "A", "online", [50]), ("S", "B", "phone", [50]), ("S", "B", "online", [0]))
    row = measured(of, answers, choices({("A", ""): 5, ("B", ""): 5, ("", "phone"): 5, ("", "online"): 5}))
    # s² = (50² + 50²)/3
    assert (row["value"], row["standard_error"]) == (pytest.approx(50), pytest.approx(sqrt(5000 / 3 / 4)))


def test_a_mean_of_equal_answers_equals_them_exactly() -> None:
    # 85 points: a fifth above 4 on a scale of 1 to 5 with decimals; the weights are thirds and sevenths.
    of = cells(("S", "A", "phone", 7), ("S", "B", "phone", 3), ("S", "C", "phone", 11))
    answers = scores(("S", "A", "phone", [85] * 7), ("S", "B", "phone", [85] * 3), ("S", "C", "phone", [85] * 11))
    row = measured(of, answers, choices({("A", "phone"): 17, ("B", "phone"): 23, ("C", "phone"): 31}))
    assert row["value"] == 85.0


def test_equal_answers_have_no_spread_after_raking() -> None:
    # Weights of thirds and sevenths must not leave a spread of rounding errors.
    of = cells(("S", "A", "phone", 7), ("S", "A", "online", 3), ("S", "B", "phone", 11), ("S", "B", "online", 13))
    answers = scores(*((*cell, [100] * n) for *cell, n in of.drop("enterprise_id", "quarter").rows()))
    row = measured(of, answers, choices({("A", ""): 17, ("B", ""): 19, ("", "phone"): 23, ("", "online"): 29}))
    assert (row["value"], row["ci_low"], row["ci_high"]) == (100.0, 100.0, 100.0)


def test_several_answers_of_a_respondent_are_one_observation() -> None:
    # Two respondents of A say 100 twice and 75 twice: as one answer each, 312.5/2 and not (4·12.5²/3)/4.
    twice = scores(("S", "A", "phone", [100, 100, 75, 75]), TWO[1]).with_columns(
        respondents=pl.Series([2, 4]),
        sum_squares=pl.Series([Decimal(200**2 + 150**2), Decimal(50**2 * 2 + 75**2 + 25**2)], dtype=DECIMAL),
        sum_products=pl.Series([Decimal(2 * 200 + 2 * 150), Decimal(200)], dtype=DECIMAL),
        count_squares=pl.Series([8, 4]),
    )
    row = measured(cells(*TWO_CELLS), twice, choices(SIXTY_FORTY))
    # Weights 1.8 and .6: (1.8·350 + .6·200) ÷ (1.8·4 + .6·4)
    assert row["value"] == pytest.approx(750 / 9.6)
    # Of A: 2/(2 − 1)·(25² + 25²) about 87.5 a value; of B: 4/3·1250.
    assert row["standard_error"] == pytest.approx(sqrt(1.8**2 * 2 * 1250 + 0.6**2 * 4 / 3 * 1250) / 9.6)
    assert row["n"] == 6


def test_regions_and_channels_have_means_of_their_own() -> None:
    of = cells(*TWO_CELLS, ("S", None, None, 1))
    answers = scores(*TWO, ("S", None, None, [0]))
    row = measured(of, answers, choices(SIXTY_FORTY), scope_type="region", scope_id="B")
    assert row["value"] == pytest.approx(50)
    # The answer without a request weighs 1 among six: (1.8·175 + .6·200)/7
    assert measured(of, answers, choices(SIXTY_FORTY))["value"] == pytest.approx((1.8 * 175 + 0.6 * 200) / 7)


def test_a_period_with_a_round_without_weights_is_not_weighted() -> None:
    earlier = "2024-Q3"
    of = pl.concat([cells(*TWO_CELLS), cells(*TWO_CELLS, quarter=earlier)])
    answers = pl.concat([scores(*TWO), scores(*TWO, quarter=earlier)])
    periods = published_periods(QUARTER)

    def weighted(chosen: SurveyChoices) -> set[str]:
        found = weighted_parts(answers, weigh_rounds(of, chosen, NUMBERS), periods)
        return set(found.filter(pl.col("period_role") == "current")["period"])

    assert weighted(choices(SIXTY_FORTY, QUARTER)) == {"2025-Q1", "2025-Q1-YTD"}
    assert weighted(choices(SIXTY_FORTY)) == {"2025-Q1", "2025-Q1-YTD", "2025-Q1-TTM"}
    assert weighted(SurveyChoices()) == set()


def test_what_became_of_a_round_is_told() -> None:
    nobody = weigh_rounds(cells(("S", None, None, 3)), choices(SIXTY_FORTY), NUMBERS).rounds.row(0, named=True)
    assert (nobody["weighting"], nobody["weighting_reason"], nobody["effective_n"]) == (None, "margins_do_not_fit", 3)
    without = weigh_rounds(cells(*TWO_CELLS), SurveyChoices(), NUMBERS).rounds.row(0, named=True)
    assert without["weighting_reason"] == "no_margins"


# --- weighted values among the others ----------------------------------------------------------------------------------

INDEX_WEIGHTS = {"csi_weight_o2_1": 0.4, "csi_weight_o2_2": 0.2, "csi_weight_o2_3": 0.2, "csi_weight_o2_4": 0.2}
PLACE = {"enterprise_id": "E", "period": "2025-Q1", "scope_type": "enterprise", "scope_id": "E"}


def values(**by_indicator: float) -> pl.DataFrame:
    rows = [PLACE | {"indicator_id": name.replace("_", "-"), "value": value} for name, value in by_indicator.items()]
    schema = dict.fromkeys((*PLACE, "indicator_id"), pl.String) | VALUE_SCHEMA
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema)


def weighted_rows(role: str, points: float) -> list[dict[str, Any]]:
    """Every component of the index has as many points."""
    return [
        dict.fromkeys(WEIGHTED_SCHEMA)
        | PLACE
        | {"period_role": role, "indicator_id": indicator, "part": part, "value": points, "standard_error": 1.0, "n": 9}
        | {"cases": 9, "numerator": points, "denominator": 1.0}
        for indicator, part in (("O2-1", ""), ("O2-2", "phone"), ("O2-3", ""), ("O2-4", ""))
    ]


@pytest.mark.parametrize("is_year_before_weighted", [True, False])
def test_the_index_changes_by_like_and_like(is_year_before_weighted: bool) -> None:
    plain = Comparison(values(O2_1=70.0, O2_5=70.0, I4_2=0.4, R1_1=3.0), values(O2_1=50.0, O2_5=50.0, R1_1=2.0))
    rows = weighted_rows("current", 60.0) + (weighted_rows("previous", 48.0) if is_year_before_weighted else [])
    requests = pl.DataFrame(
        [
            PLACE | {"indicator_id": "O2-2", "variant": "", "part": "phone", "period_role": role, "weight": 10, "n": 8}
            for role in ("current", "previous")
        ]
    )
    weighted = pl.DataFrame(rows, schema=WEIGHTED_SCHEMA)
    compared, unweighted = with_weights(plain, requests, weighted, pl.DataFrame(schema=COVARIANCE_SCHEMA), INDEX_WEIGHTS)
    touchpoints = unweighted.filter(pl.col("variant") != "unweighted")
    assert touchpoints.select("variant", "value").rows() == [("touchpoint_phone", 60.0)]
    unweighted = unweighted.filter(pl.col("variant") == "unweighted")
    now = dict(compared.current.select("indicator_id", "value").iter_rows())
    before = dict(compared.previous.select("indicator_id", "value").iter_rows())
    beside = dict(unweighted.select("indicator_id", "value").iter_rows())
    assert (now["O2-5"], now["R1-1"]) == (pytest.approx(60), 3)
    if is_year_before_weighted:
        # 60/48 − 1
        assert now["I4-2"] == pytest.approx(0.25)
        assert (before["O2-5"], before["R1-1"]) == (pytest.approx(48), 2)
        assert beside == {"O2-1": 70, "O2-5": 70, "I4-2": 0.4}
    else:
        # 70/50 − 1 of the unweighted ones; nothing of a year earlier stands beside a weighted value.
        assert now["I4-2"] == 0.4
        assert before == {"R1-1": 2}
        assert beside == {"O2-1": 70, "O2-5": 70}


# --- response rates ------------------------------------------------------------------------------------------------------


def round_of(survey: str, counted: int) -> pl.DataFrame:
    zero = (
        *("straight_liners", "speeders", "shared_devices", "flagged", "over_time", "timed"),
        *("online", "phone", "onsite"),
    )
    row: dict[str, Any] = {"enterprise_id": "E", "quarter": "2025-Q1", "survey_id": survey, "questions": 20}
    row |= {"responses": counted + 10, "complete": counted + 10, "repeated_customers": 10, "repeated_complete": 10}
    row |= {"counted": counted, "valid": counted, **dict.fromkeys(zero, 0)}
    row |= {"answered_items": 15 * counted, "asked_items": 20 * counted, "median_minutes": None, "p90_minutes": None}
    return pl.DataFrame([row])


@pytest.mark.parametrize(
    ("invitations", "rate", "reason"),
    [
        (Invitations(100, 80), 40 / 80, None),
        (Invitations(100), 40 / 100, None),
        (Invitations(100, 30), None, "more_responses_than_invitations"),
        (None, None, "no_distribution_register"),
    ],
)
def test_a_response_rate_is_of_those_reached(invitations: Invitations | None, rate: float | None, reason: str | None) -> None:
    chosen = SurveyChoices(invitations={} if invitations is None else {("E", "S"): invitations})
    counted = round_of("S", 40)
    rounds = weigh_rounds(cells(("S", "A", "phone", 40)), chosen, NUMBERS).rounds
    (row,) = validity_table(counted, rounds, chosen).to_dicts()
    assert (row["response_rate"], row["response_rate_reason"]) == (rate, reason)
    # Ten second responses do not count: 50 came.
    assert (row["responses"], row["complete"], row["counted"], row["duplicate_customers"]) == (50, 50, 40, 10)
    assert (row["duplicate_customers_rate"], row["missing_item_rate"]) == (10 / 50, 0.25)
