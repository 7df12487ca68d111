"""The words for values, tables and answers are read strictly, and belong to the contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.answer_scales import answer_scales
from schemas.contract import TABLES
from schemas.sheet import StandardDataError
from schemas.value_words import DURATION_NAMES, FILE, duration_names, table_names, value_words, words_of


def test_every_closed_set_has_words_for_its_values_themselves() -> None:
    for table in TABLES.values():
        for column in table.columns:
            if column.values:
                assert all(value in words for value, words in words_of(table, column).items())


def test_a_word_means_one_value_of_a_column() -> None:
    for name, values in value_words().items():
        words = [word for each in values.values() for word in each]
        # Channels differ by table: a letter is none of a request's.
        assert len(words) == len(set(words)), name


def test_every_table_and_scale_is_named() -> None:
    assert set(table_names()) == set(TABLES)
    assert {max(map(int, words.values())) for name, words in answer_scales().items() if name.endswith("_5")} == {5}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("status,gone,x", "'gone' is no value of 'status'"),
        ("status,open,x", "'open' is there twice"),
        ("urgency2,normal,x", "is no value of 'urgency2'"),
    ],
)
def test_faults_are_named(tmp_path: Path, line: str, problem: str) -> None:
    file = tmp_path / "value_words.csv"
    file.write_text(FILE.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(StandardDataError, match=problem):
        value_words(file)


def test_durations_lead_to_times_of_the_contract() -> None:
    found = duration_names()
    assert found["survey_responses.started_at"].is_before
    assert not found["hotline_calls.answered_at"].is_before
    # Not to the event itself, from which they are counted.
    assert "service_requests.requested_at" not in found


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("requested_at2,after,x", "no table has a time 'requested_at2'"),
        ("hotline_calls.ended_at,since,x", "must be before or after"),
        ("hotline_calls.answered_at,after,x", "is there twice"),
    ],
)
def test_faults_of_durations_are_named(tmp_path: Path, line: str, problem: str) -> None:
    file = tmp_path / "duration_names.csv"
    file.write_text(DURATION_NAMES.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(StandardDataError, match=problem):
        duration_names(file)
