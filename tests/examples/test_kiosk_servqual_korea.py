"""The paired kiosk survey: means of expectation, perception and gap, and the pairs under their right items."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable

import pytest

pytestmark = pytest.mark.xdist_group("example_kiosk_servqual_korea")


@pytest.fixture(scope="module")
def kiosk(evaluate: Callable):
    return evaluate("kiosk_servqual_korea", "kiosk.csv")


@pytest.fixture(scope="module")
def people(kiosk) -> list[dict[str, str]]:
    """The records, read past the pipeline."""
    text = (kiosk.source / "kiosk.csv").read_bytes().decode("cp949")
    return list(csv.DictReader(io.StringIO(text)))


def test_every_answer_is_accounted_for(kiosk):
    # 211 people, of whom 207 answered 24 pairs and the overall question.
    assert kiosk.accounting() == {
        "survey_responses": (211, 211, 0),
        "survey_answers": (207 * 25, 207 * 25, 0),
        "survey_questions": (25, 25, 0),
    }
    assert kiosk.left_out("survey_answers") == {"where": 0, "latest_by": 0, "unpivot": 4 * 25}
    assert kiosk.rows("select count(*) filter (is_complete), count(*) from landed_survey_responses") == [(207, 211)]


def test_figures_of_the_readme(kiosk):
    # SOURCE.md: 207 people; expectation 5.974, perception 4.872, perception − expectation −1.102.
    assert kiosk.figures_of_readme() == [
        [
            ("expectation_outlet", 207, 82.897, 5.974),
            ("gap_outlet", 207, 18.368, 1.102),
            ("touchpoint_outlet", 207, 64.530, 4.872),
            ("valid_only_outlet", 207, 64.530, 4.872),
        ]
    ]


def test_each_pair_stands_under_its_item(kiosk, people):
    # Item numbers are part of the header; their order in the file is 1 … 7, 9, 8, 10 … 24.
    expected: dict[str, list[float]] = {}
    for header in people[0]:
        found = re.match(r"(\d+)-\d\..*\((기대|인지) 설문\)", header)
        if found:
            answers = [float(person[header]) for person in people if person[header]]
            expected.setdefault(f"q{int(found[1]):02d}", []).append(round(sum(answers) / len(answers), 9))
    assert len(expected) == 24
    means = kiosk.rows(
        "select question_id, round(avg(expectation), 9), round(avg(score), 9) from landed_survey_answers "
        "where question_id <> 'overall' group by all"
    )
    assert {question: [expectation, score] for question, expectation, score in means} == expected


def test_overall_satisfaction_is_its_own_question(kiosk, people):
    (header,) = [name for name in people[0] if name.startswith("1. ")]
    answers = [int(person[header]) for person in people if person[header]]
    # 5 points: (mean − 1) ÷ 4 × 100.
    assert kiosk.value("O2-1") == pytest.approx((sum(answers) / len(answers) - 1) / 4 * 100)
    assert round(kiosk.value("O2-1"), 2) == 74.15
    assert kiosk.value("O2-1", "sample_size") == len(answers) == 207


def test_a_touchpoint_without_requests_has_no_weight(kiosk):
    assert (kiosk.value("O2-2"), kiosk.value("O2-2", "status")) == (None, "no_data")


def test_the_date_is_the_stated_constant(kiosk):
    assert kiosk.rows("select distinct submitted_at::varchar from landed_survey_responses") == [("2019-09-08 00:00:00",)]
