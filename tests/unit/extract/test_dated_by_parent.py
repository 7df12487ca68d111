"""Survey answers belong to the quarter of their response, wherever that was delivered; without one, to none."""

from __future__ import annotations

import pyarrow.parquet as pq

RESPONSES = "enterprise_id,response_id,survey_id,customer_id,mode,submitted_at,is_complete"
ANSWERS = "enterprise_id,response_id,question_id,score"


def responses(*days: str, first: int = 1, enterprise: str = "A") -> str:
    lines = [f"{enterprise},R{n},S,C{n},online,{day},true" for n, day in enumerate(days, first)]
    return "\n".join([RESPONSES, *lines])


def answers(*numbers: int | str, enterprise: str = "A") -> str:
    return "\n".join([ANSWERS, *(f"{enterprise},R{number},Q{i},3" for i, number in enumerate(numbers))])


def partition(place, quarter: str) -> list[str]:
    found = pq.ParquetFile(place.extract("survey_answers", quarter).path).read().to_pylist()
    assert {row["quarter"] for row in found} <= {quarter, None}
    assert [row["_row_id"] for row in found] == list(range(len(found)))
    return [row["response_id"] for row in found]


def test_an_answer_is_in_the_quarter_of_its_response(place):
    place.deliver("survey_responses.csv", responses("2024-12-31 23:59", "2025-01-01", "2025-04-01"))
    place.deliver("survey_answers.csv", answers(2, 1, 3, 1, 2))
    snapshot = place.take("survey_answers")
    assert snapshot.rows_by_quarter == {"2024-Q4": 2, "2025-Q1": 2, "2025-Q2": 1}
    assert snapshot.rows == 5
    assert [partition(place, quarter) for quarter in ("2024-Q4", "2025-Q1", "2025-Q2", "2025-Q3")] == [
        ["R1", "R1"],
        ["R2", "R2"],
        ["R3"],
        [],
    ]


def test_rows_keep_their_order_origin_and_defects(place):
    place.deliver("survey_responses.csv", responses("2025-01-05", "2024-10-05"))
    place.deliver("survey_answers.csv", f"{ANSWERS}\nA,R1,Q1,three\nA,R2,Q1,4\nA,R1\nA,R1,Q2,5\n")
    found = place.rows("survey_answers")
    assert [(row["quarter"], row["_row_id"], row["_origin_row"], row["score"]) for row in found] == [
        ("2025-Q1", 0, 2, None),
        ("2024-Q4", 1, 3, 4),
        (None, 2, 4, None),  # a line that cannot be split has no response
        ("2025-Q1", 3, 5, 5),
    ]
    assert [row["_defects"] and row["_defects"][0]["rule"] for row in found] == ["type", [], "too_few_fields", []]


def test_the_same_response_id_of_another_enterprise_is_another_response(place):
    both = responses("2025-01-05") + "\n" + responses("2024-01-05", enterprise="B").split("\n", 1)[1]
    place.deliver("survey_responses.csv", both)
    place.deliver("survey_answers.csv", answers(1) + "\n" + answers(1, enterprise="B").split("\n", 1)[1])
    assert place.column("survey_answers", "quarter") == ["2025-Q1", "2024-Q1"]


def test_of_a_response_that_came_twice_the_first_one_decides(place):
    place.deliver("survey_responses.csv", f"{responses('2025-01-05')}\nA,R1,S,C1,online,2024-10-05,true\n")
    place.deliver("survey_answers.csv", answers(1))
    assert place.column("survey_answers", "quarter") == ["2025-Q1"]


def test_an_answer_without_response_or_to_one_without_a_date_is_in_no_quarter(place):
    place.deliver("survey_responses.csv", responses("2024-10-05", "2025-01-05", "?"))
    place.deliver("survey_answers/1.csv", answers("x", 1, "x", 2, 3))
    place.deliver("survey_answers/2.csv", answers("y", 1))
    assert place.column("survey_answers", "quarter") == [None, "2024-Q4", None, "2025-Q1", None, None, "2024-Q4"]
    assert place.take("survey_answers").rows_by_quarter == {"2024-Q4": 2, "2025-Q1": 1}
    assert place.extract("survey_answers", "2025-Q1").undated == 4


def test_responses_of_earlier_deliveries_are_found_in_the_lake(place):
    place.deliver("survey_responses.csv", responses("2024-10-05", "2024-11-05"))
    place.take("survey_responses")
    place.extract("survey_responses", "2024-Q4")
    # The next landing folder holds the new quarter's responses only, and a late answer to an old one.
    place.deliver("survey_responses.csv", responses("2025-01-05", first=3))
    place.deliver("survey_answers.csv", answers(3, 2, 3))
    assert place.column("survey_answers", "quarter") == ["2025-Q1", "2024-Q4", "2025-Q1"]


def test_a_response_that_the_landing_folder_no_longer_has_is_not_found_in_its_old_partition(place):
    place.deliver("survey_responses.csv", responses("2024-10-05"))
    place.take("survey_responses")
    place.extract("survey_responses", "2024-Q4")
    # As many rows of the quarter as before, so this folder speaks for it; R1 was answered in another quarter after all.
    place.deliver("survey_responses.csv", responses("2025-01-05", "2024-10-06"))
    place.deliver("survey_answers.csv", answers(1, 2))
    assert place.column("survey_answers", "quarter") == ["2025-Q1", "2024-Q4"]


def test_the_snapshot_is_taken_again_when_only_the_responses_changed(place):
    place.deliver("survey_responses.csv", responses("2024-10-05"))
    place.deliver("survey_answers.csv", answers(1))
    first = place.take("survey_answers")
    assert place.take("survey_answers").fingerprint == first.fingerprint
    place.deliver("survey_responses.csv", responses("2025-01-05"))
    second = place.take("survey_answers")
    assert second.fingerprint != first.fingerprint
    assert second.rows_by_quarter == {"2025-Q1": 1}


def test_more_rows_than_one_batch(place):
    place.deliver("survey_responses.csv", responses("2024-10-05", "2025-01-05"))
    numbers = [1 + i % 2 for i in range(150_000)]
    place.deliver("survey_answers.csv", answers(*numbers))
    assert place.take("survey_answers").rows_by_quarter == {"2024-Q4": 75_000, "2025-Q1": 75_000}
    assert place.column("survey_answers", "quarter")[-3:] == ["2025-Q1", "2024-Q4", "2025-Q1"]
