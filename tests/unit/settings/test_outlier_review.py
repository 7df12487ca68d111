"""The review file: what is read of it, and how every fault in it is told."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.settings.outlier_review import REVIEW_COLUMNS, Review
from pipeline.validate.corrections import Correction, corrections_of

LINE = {
    "quarter": "2025-Q1",
    "table": "hotline_calls",
    "row_key": "E1|C1",
    "measure": "wait_seconds",
    "recorded": "queued_at=2025-01-03 10:00:00;answered_at=2025-01-03 10:16:40",
    "decision": "confirm",
    "reviewer": "李工",
    "reviewed_on": "2025-04-10",
}
CORRECT = LINE | {
    "decision": "correct",
    "column": "answered_at",
    "corrected_value": "2025-01-03 10:00:40",
    "reason": "系统时钟错误",
}
EXCLUDE = LINE | {"decision": "exclude", "reason": "演练呼叫"}


def written(folder: Path, *lines: dict[str, str], columns: tuple[str, ...] = REVIEW_COLUMNS) -> Path:
    path = folder / "outlier_review.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as handle:
        writer = csv.DictWriter(handle, columns, restval="")
        writer.writeheader()
        writer.writerows(lines)
    return path


def test_decisions_in_the_file_s_order(tmp_path: Path) -> None:
    undecided = {name: LINE[name] for name in ("quarter", "table", "row_key", "measure", "recorded")}
    other = EXCLUDE | {"row_key": "E1|C2"}
    review = Review.read(written(tmp_path, undecided | {"row_key": "E1|C0"}, LINE, other))
    assert [(each.decision, each.row_key, each.line) for each in review.decisions] == [
        ("confirm", "E1|C1", 3),
        ("exclude", "E1|C2", 4),
    ]
    first = review.decisions[0]
    assert (first.quarter, first.reviewer, first.reviewed_on) == (Quarter(2025, 1), "李工", dt.date(2025, 4, 10))
    assert first.point == ("2025-Q1", "hotline_calls", "E1|C1", "wait_seconds")


def test_no_file_no_decisions() -> None:
    assert Review.read(None) == Review()
    assert Review().sha256 is None
    assert corrections_of(Review()) == []


def test_corrections_for_validate(tmp_path: Path) -> None:
    review = Review.read(written(tmp_path, EXCLUDE | {"row_key": "E1|C9"}, CORRECT))
    assert corrections_of(review) == [
        Correction(
            table="hotline_calls",
            key="E1|C1",
            column="answered_at",
            before="2025-01-03 10:16:40",
            after="2025-01-03 10:00:40",
            reason="系统时钟错误",
            author="李工",
            # The first day of the quarter that was reviewed.
            expires_on=dt.date(2025, 1, 1),
            origin="outlier_review.csv row 3",
        )
    ]


@pytest.mark.parametrize(
    ("line", "column", "rule"),
    [
        (LINE | {"decision": "delete"}, "decision", "'delete' is not one of confirm, correct, exclude"),
        (LINE | {"decision": ""}, "decision", "must not be empty where 'reviewer' is filled in"),
        (LINE | {"reviewer": ""}, "reviewer", "must not be empty"),
        (LINE | {"reviewed_on": ""}, "reviewed_on", "must not be empty"),
        (LINE | {"reviewed_on": "2025/4/10"}, "reviewed_on", "'2025/4/10' is not a date like 2025-01-31"),
        (LINE | {"quarter": "2025Q1"}, "quarter", "'2025Q1' is not a quarter"),
        (LINE | {"table": "calls"}, "table", "'calls' is not one of"),
        (LINE | {"measure": "wait"}, "measure", "'wait' is not one of"),
        (LINE | {"measure": "training_hours"}, "measure", "'training_hours' is measured in training_records, not in"),
        (LINE | {"row_key": "C1"}, "row_key", "is not a key of hotline_calls: enterprise_id | call_id"),
        (LINE | {"column": "answered_at"}, "column", "must be empty where the decision is confirm"),
        (EXCLUDE | {"corrected_value": "3"}, "corrected_value", "must be empty where the decision is exclude"),
        (EXCLUDE | {"reason": ""}, "reason", "must not be empty"),
        (CORRECT | {"reason": ""}, "reason", "must not be empty"),
        (CORRECT | {"column": ""}, "column", "must not be empty"),
        (CORRECT | {"column": "call_id"}, "column", "'call_id' is not a column that wait_seconds rests on: queued_at"),
        (CORRECT | {"corrected_value": ""}, "corrected_value", "must not be empty"),
        (CORRECT | {"corrected_value": "40"}, "corrected_value", "'40' is not a timestamp as the contract writes it"),
        (CORRECT | {"recorded": ""}, "recorded", "does not say what 'answered_at' held"),
    ],
)
def test_every_fault_names_file_row_column_and_rule(line: dict[str, str], column: str, rule: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        Review.read(written(tmp_path, EXCLUDE | {"row_key": "E1|C9"}, line))
    assert f"outlier_review.csv: row 3, column {column}: {rule}" in str(refused.value)
    assert refused.value.exit_code == 2


@pytest.mark.parametrize(
    ("measure", "table", "column", "good", "bad"),
    [
        ("contact_count", "service_requests", "contact_count", "2", "2.5"),
        ("charged_amount", "service_requests", "charged_amount", "12.50", "12.505"),
        ("training_hours", "training_records", "hours", "7.5", "nan"),
        ("offered_after_days", "appointments", "earliest_offered_on", "2025-01-31", "2025-02-30"),
    ],
)
def test_corrected_values_are_of_the_column_s_type(
    measure: str, table: str, column: str, good: str, bad: str, tmp_path: Path
) -> None:
    line = CORRECT | {"measure": measure, "table": table, "column": column, "recorded": f"{column}=1"}
    (decision,) = Review.read(written(tmp_path, line | {"corrected_value": good})).decisions
    assert (decision.corrected_value, decision.before) == (good, "1")
    with pytest.raises(UsageError, match=f"column corrected_value: '{bad}' is not a"):
        Review.read(written(tmp_path, line | {"corrected_value": bad}))


def test_nothing_is_decided_twice(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="row 3, column decision: this point is decided in row 2 already"):
        Review.read(written(tmp_path, LINE, EXCLUDE))
    talk = EXCLUDE | {"measure": "talk_seconds"}
    with pytest.raises(UsageError, match="row 2, column decision: row 3 excludes the whole record"):
        Review.read(written(tmp_path, CORRECT, talk))
    other = CORRECT | {
        "measure": "talk_seconds", "recorded": "answered_at=x;ended_at=y", "corrected_value": "2025-01-03 10:00:41",
    }  # fmt: skip
    with pytest.raises(UsageError, match="row 3, column corrected_value: row 2 corrects 'answered_at' to another value"):
        Review.read(written(tmp_path, CORRECT, other))


def test_all_faults_come_to_light_in_one_go(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as refused:
        Review.read(written(tmp_path, LINE | {"reviewer": ""}, EXCLUDE | {"reason": "", "quarter": ""}))
    assert len(str(refused.value).splitlines()) == 3


def test_a_file_that_is_no_review_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"outlier_review\.csv: row 1: column 'decision' is missing"):
        Review.read(written(tmp_path, columns=tuple(name for name in REVIEW_COLUMNS if name != "decision")))
    path = tmp_path / "gbk.csv"
    path.write_bytes("原因".encode("gbk"))
    with pytest.raises(UsageError, match=r"gbk\.csv: is not UTF-8"):
        Review.read(path)
