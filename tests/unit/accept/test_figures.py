"""What is measured of a delivery, on hand-made clean partitions: the arithmetic stands beside each expectation."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.accept.figures import Figure, measure, population_stability
from pipeline.calendar.quarters import Quarter
from pipeline.desensitize.quarter import clean_columns
from pipeline.lake.layout import Lake
from schemas.contract import TABLES
from schemas.standard.sample_size import required_answers

NUMBERS = {
    "survey_share_of_customers": 0.05,
    "survey_minimum_answers": 500.0,
    "mystery_rounds_per_year": 2.0,
    "mystery_outlets_per_round": 20.0,
}
Q1 = Quarter(2025, 1)


class Clean:
    """Writes clean partitions as the desensitize stage leaves them."""

    def __init__(self, root: Path) -> None:
        self.lake = Lake(root)

    def write(self, table: str, quarter: Quarter, rows: Sequence[dict[str, Any]], columns: set[str] | None = None) -> None:
        """Rows that name only some columns; the others are null. ``columns``: those delivered (those named)."""
        contract = TABLES[table]
        types = {column.name: column.polars_type for column in contract.columns if not column.pii}
        schema = {name: types.get(name, pl.String()) for name in clean_columns(contract)}
        named = columns if columns is not None else {name for row in rows for name in row}
        frame = pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema).with_columns(
            quarter=pl.lit(quarter.label)
        )
        path = self.lake.partition("clean", table, quarter)
        path.parent.mkdir(parents=True, exist_ok=True)
        marks = {
            "delivered": "true",
            "delivered_columns": json.dumps(sorted(named)),
            "fingerprint": f"{hash(str(rows))}",
            "parents": "-",
            "pseudonym_key": "k",
        }
        frame.write_parquet(path, metadata=marks)

    def measured(self, table: str, quarter: Quarter = Q1, enterprise: str = "E1") -> dict[str, Figure]:
        return measure(quarter, self.lake, NUMBERS, [table])[table][enterprise]


@pytest.fixture
def clean(tmp_path: Path) -> Clean:
    return Clean(tmp_path / "lake")


def _calls(quarter: Quarter, number: int, **values: Any) -> list[dict[str, Any]]:
    start = dt.datetime.combine(quarter.first_day, dt.time(9))
    return [
        {
            "enterprise_id": "E1",
            "call_id": f"{quarter}-{place}",
            "queued_at": start + dt.timedelta(hours=place),
            "outcome": "answered",
            "in_service_hours": True,
            **{name: value(place) if callable(value) else value for name, value in values.items()},
        }
        for place in range(number)
    ]


# --- volume ----------------------------------------------------------------------------------------------------------


def test_volume_is_compared_with_the_median_of_four_quarters(clean: Clean) -> None:
    for back, number in ((4, 40), (3, 50), (2, 60), (1, 200)):
        clean.write("hotline_calls", Q1.shift(-back), _calls(Q1.shift(-back), number))
    clean.write("hotline_calls", Q1, _calls(Q1, 22))
    # Median of 40, 50, 60, 200 is 55; 22 / 55 = 0.4.
    assert clean.measured("hotline_calls")["volume"] == Figure(0.4, "22 行，前 4 个季度中位数 55 行")


def test_an_enterprise_that_is_gone_has_volume_zero(clean: Clean) -> None:
    for back in (2, 1):
        clean.write("hotline_calls", Q1.shift(-back), _calls(Q1.shift(-back), 30))
    clean.write("hotline_calls", Q1, [row | {"enterprise_id": "E2"} for row in _calls(Q1, 5)])
    assert clean.measured("hotline_calls")["volume"].value == 0


@pytest.mark.parametrize(
    ("before", "why"),
    [
        ((), "nothing to compare with"),
        ((100,), "one quarter is no habit"),
        ((19, 19, 19, 19), "too few for a ratio"),
        ((160, 0, 160, 0), "what comes twice a year may be missing now"),
    ],
)
def test_volume_is_not_judged(clean: Clean, before: tuple[int, ...], why: str) -> None:
    for back, number in zip(range(len(before), 0, -1), before, strict=True):
        clean.write("hotline_calls", Q1.shift(-back), _calls(Q1.shift(-back), number))
        # Something else came in every quarter.
        clean.write("suggestions", Q1.shift(-back), [])
    clean.write("hotline_calls", Q1, _calls(Q1, 1))
    assert clean.measured("hotline_calls")["volume"].value is None, why


# --- missing values, delivered columns -------------------------------------------------------------------------------


def test_the_largest_rise_of_a_missing_share_is_named(clean: Clean) -> None:
    at = dt.datetime(2024, 12, 1)
    # Before: 10 of 100 calls without ended_at. Now: 30 of 50. 0.6 − 0.1 = 0.5. queue: 0 of 100, then 5 of 50: 0.1.
    clean.write(
        "hotline_calls",
        Q1.shift(-1),
        _calls(Q1.shift(-1), 100, ended_at=lambda place: None if place < 10 else at, queue="a"),
    )
    clean.write(
        "hotline_calls",
        Q1,
        _calls(Q1, 50, ended_at=lambda place: None if place < 30 else at, queue=lambda place: None if place < 5 else "a"),
    )
    assert clean.measured("hotline_calls")["missing"] == Figure(0.5, "ended_at：10.0% → 60.0%")


def test_a_column_that_is_no_longer_delivered_is_no_rise_but_an_incomplete_delivery(clean: Clean) -> None:
    clean.write("hotline_calls", Q1.shift(-1), _calls(Q1.shift(-1), 100, queue="a"))
    clean.write("hotline_calls", Q1, _calls(Q1, 100))
    figures = clean.measured("hotline_calls")
    assert figures["missing"].value == 0
    # Six columns came before: enterprise_id, call_id, queued_at, outcome, in_service_hours, queue. Five came now.
    assert figures["delivered"] == Figure(5 / 6, "queue")


# --- drift -----------------------------------------------------------------------------------------------------------


def test_population_stability_by_hand() -> None:
    # Half a case more a bucket: p = 50.5/101 = .5 and .5; q = 80.5/101 = .797030 and 20.5/101 = .202970.
    # (.5 − .797030)·ln(.5/.797030) = .138500; (.5 − .202970)·ln(.5/.202970) = .267787; together .406287.
    # By chance alone (2 − 1)·(1/100 + 1/100) = .02.
    assert population_stability({"a": 50, "b": 50}, {"a": 80, "b": 20}) == pytest.approx(0.386287, abs=5e-7)


def test_population_stability_of_one_population_is_zero() -> None:
    assert population_stability({"a": 30, "b": 70}, {"a": 300, "b": 700}) == 0


def test_rare_categories_count_as_one() -> None:
    """Product models that come and go: 99 of 100 cases are the same, whatever the models are called."""
    before = {"common": 9900, **{f"old {number}": 1 for number in range(100)}}
    now = {"common": 990, **{f"new {number}": 1 for number in range(10)}}
    assert population_stability(now, before) == 0


def test_drift_names_the_column(clean: Clean) -> None:
    clean.write("hotline_calls", Q1.shift(-1), _calls(Q1.shift(-1), 400))
    clean.write("hotline_calls", Q1, _calls(Q1, 400, outcome=lambda place: "abandoned" if place % 2 else "answered"))
    figure = clean.measured("hotline_calls")["drift"]
    assert figure.detail == "outcome"
    assert figure.value is not None
    assert figure.value > 0.25


# --- freshness, references, durations --------------------------------------------------------------------------------


def test_a_table_that_stops_before_the_others(clean: Clean) -> None:
    # 100 hourly calls end on January 5; suggestions go on until March 20.
    clean.write("hotline_calls", Q1, _calls(Q1, 100))
    suggestion = {
        "enterprise_id": "E1",
        "suggestion_id": "S",
        "source": "customer",
        "submitted_at": dt.datetime(2025, 3, 20),
    }
    clean.write("suggestions", Q1, [suggestion])
    # January 5 to March 20: 26 + 28 + 20 days.
    assert clean.measured("hotline_calls")["freshness"] == Figure(74.0, "最后一条记录 2025-01-05")
    # One suggestion in a quarter says nothing.
    assert clean.measured("suggestions")["freshness"].value is None


def test_references_are_looked_up_among_accepted_rows_of_all_quarters(clean: Clean) -> None:
    request = {"enterprise_id": "E1", "request_id": "R1", "requested_at": dt.datetime(2024, 12, 30)}
    clean.write("service_requests", Q1.shift(-1), [request])
    clean.write("service_requests", Q1, [request | {"request_id": "R2"}, request | {"request_id": "R3", "enterprise_id": "E2"}])
    referred = ["R1", "R2", "R2", "R3", "gone", None]
    clean.write("hotline_calls", Q1, _calls(Q1, 6, request_id=lambda place: referred[place]))
    # R3 is another enterprise's; a call without a request refers to nothing: 3 of 5.
    assert clean.measured("hotline_calls")["references"] == Figure(0.6, "request_id：3 / 5")


def test_zero_durations(clean: Clean) -> None:
    at = dt.datetime(2025, 1, 2, 9)
    ended = [at] * 10 + [at + dt.timedelta(seconds=5)] * 30 + [None] * 5
    clean.write("hotline_calls", Q1, _calls(Q1, 45, answered_at=at, ended_at=lambda place: ended[place]))
    assert clean.measured("hotline_calls")["zero_durations"].value == 0.25


# --- surveys and mystery visits --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("customers", "required"),
    [(300, 300), (500, 500), (8_000, 500), (10_000, 500), (10_001, 501), (10_000_000, 500_000)],
)
def test_answers_that_are_required(customers: int, required: int) -> None:
    """C-15: max(5 %, 500), and everybody where there are fewer than 500."""
    assert required_answers(customers, NUMBERS) == required


def test_sample_size_over_the_quarters_an_enterprise_was_served(clean: Clean) -> None:
    customer = {"enterprise_id": "E1", "registered_on": dt.date(2020, 1, 1)}
    clean.write("customers", Q1, [customer | {"customer_id": f"C{number}"} for number in range(400)])
    clean.write(
        "survey_questions",
        Q1,
        [{"survey_id": "S", "question_id": f"q{n}", "survey_type": "satisfaction"} for n in range(21)],
    )
    for quarter in (Q1.shift(-1), Q1):
        clean.write("service_requests", quarter, [{"enterprise_id": "E1", "request_id": f"R{quarter}"}])
        answer = {
            "enterprise_id": "E1",
            "survey_id": "S",
            "submitted_at": dt.datetime.combine(quarter.first_day, dt.time(8)),
        }
        people = [answer | {"customer_id": f"C{quarter.label}{number}"} for number in range(70)]
        complete = [
            person | {"response_id": f"{quarter}{number}", "is_complete": number < 60} for number, person in enumerate(people)
        ]
        # Who answers a survey again is not one more.
        complete += [people[0] | {"response_id": f"{quarter}again", "is_complete": True}]
        pulse = [people[0] | {"response_id": f"{quarter}p", "survey_id": "PULSE", "is_complete": True}]
        clean.write("survey_responses", quarter, complete + pulse)
    # 400 customers: all 400 a year, half of it for two quarters. 60 + 60 people have answered: 120 / 200.
    assert clean.measured("survey_responses")["sample_size"] == Figure(0.6, "120 份 / 200 份（顾客 400 人）")
    questions = clean.measured("survey_questions", enterprise="*")
    assert (questions["fewest_questions"], questions["most_questions"]) == (Figure(21, "S"), Figure(21, "S"))


def test_duplicate_answers_are_not_those_of_people_who_tick_one_column(clean: Clean) -> None:
    start = dt.datetime(2025, 2, 1, 9)
    # (seconds after the start, answers): two alike within ten minutes, one alike an hour later, and 40 straight lines.
    sent = [(0, (1, 5)), (600, (1, 5)), (4200, (1, 5))] + [(place, (3, 3)) for place in range(40)]
    responses, answers = [], []
    for number, (after, scores) in enumerate(sent):
        key = {"enterprise_id": "E1", "response_id": f"A{number}"}
        responses.append(key | {"survey_id": "S", "submitted_at": start + dt.timedelta(seconds=after), "is_complete": True})
        answers += [key | {"question_id": f"q{place}", "score": value} for place, value in enumerate(scores)]
    clean.write("survey_responses", Q1, responses)
    clean.write("survey_answers", Q1, answers)
    assert clean.measured("survey_responses")["duplicate_answers"] == Figure(2 / 43, "逐题相同：2 / 43")


def test_duplicate_answers_are_the_same_scores_of_the_same_questions_in_any_order(clean: Clean) -> None:
    sent_at = dt.datetime(2025, 2, 1, 9)
    # The second is the first in another order. The others differ: scores swapped, another question, a question more.
    sent = [
        *({"a": 1, "b": 5, "c": 2}, {"c": 2, "b": 5, "a": 1}),
        *({"a": 5, "b": 1, "c": 2}, {"a": 1, "b": 5, "d": 2}, {"a": 1, "b": 5, "c": 2, "d": 2}, {"a": 1, "b": 5}),
    ] + [{"a": 1, "b": place} for place in range(10, 40)]
    responses, answers = [], []
    for number, scores in enumerate(sent):
        key = {"enterprise_id": "E1", "response_id": f"A{number}"}
        responses.append(key | {"survey_id": "S", "submitted_at": sent_at, "is_complete": True})
        answers += [key | {"question_id": name, "score": value} for name, value in scores.items()]
    clean.write("survey_responses", Q1, responses)
    clean.write("survey_answers", Q1, answers)
    assert clean.measured("survey_responses")["duplicate_answers"] == Figure(2 / 36, "逐题相同：2 / 36")


def test_mystery_rounds_and_what_they_cover(clean: Clean) -> None:
    for back in range(4):
        clean.write("service_requests", Q1.shift(-back), [{"enterprise_id": "E1", "request_id": f"R{back}"}])
    outlets = [{"enterprise_id": "E1", "outlet_id": f"O{n}", "opened_on": dt.date(2020, 1, 1)} for n in range(25)]
    clean.write("outlets", Q1, [*outlets, outlets[0] | {"outlet_id": "closed", "closed_on": dt.date(2024, 1, 1)}])
    clean.write(
        "mystery_visits",
        Q1,
        [
            {
                "enterprise_id": "E1",
                "visit_id": f"V{n}",
                "round_id": "M1",
                "outlet_id": f"O{n}",
                "question_id": "q",
                "visited_at": dt.datetime(2025, 2, 1),
            }
            for n in range(15)
        ],
    )
    figures = clean.measured("mystery_visits")
    # One round in four quarters, two are asked; 15 of 20 outlets (25 are open).
    assert figures["rounds"] == Figure(0.5, "近 4 个季度 1 轮 / 2 轮")
    assert figures["coverage"] == Figure(0.75, "M1：15 / 20")


def test_of_three_quarters_whole_rounds_are_asked(clean: Clean) -> None:
    # Two a year: 2 × 3 ÷ 4 = 1.5, and one round each half-year leaves three quarters with one.
    for back in range(3):
        clean.write("service_requests", Q1.shift(-back), [{"enterprise_id": "E1", "request_id": f"R{back}"}])
    clean.write(
        "mystery_visits",
        Q1,
        [
            {
                "enterprise_id": "E1",
                "visit_id": "V1",
                "round_id": "M1",
                "outlet_id": "O1",
                "question_id": "q",
                "visited_at": dt.datetime(2025, 2, 1),
            }
        ],
    )
    assert clean.measured("mystery_visits")["rounds"] == Figure(1.0, "近 3 个季度 1 轮 / 1 轮")


# --- profiles are kept -----------------------------------------------------------------------------------------------


def test_a_profile_is_counted_anew_when_its_clean_partition_changes(clean: Clean) -> None:
    clean.write("hotline_calls", Q1, _calls(Q1, 10))
    clean.measured("hotline_calls")
    kept = clean.lake.partition("profile", "hotline_calls", Q1)
    first = kept.stat().st_ino
    clean.measured("hotline_calls")
    assert kept.stat().st_ino == first
    clean.write("hotline_calls", Q1, _calls(Q1, 12))
    assert clean.measured("hotline_calls")["volume"].detail == "12 行"
    assert kept.stat().st_ino != first
