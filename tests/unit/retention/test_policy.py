"""The lake's own choices of what is kept for how long, and what is said of a file that is not understood."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.lake.layout import Lake
from pipeline.retention.policy import DEFAULT_KEEP_DAYS, Hold, Retention, read_retention


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path)


def write(lake: Lake, text: str) -> None:
    (lake.root / "retention.yaml").write_text(text, encoding="utf-8")


def test_without_a_file_and_with_an_empty_one_the_default_holds(lake: Lake) -> None:
    assert read_retention(lake) == Retention(keep_days=400, holds=())
    write(lake, "")
    assert read_retention(lake).keep_days == DEFAULT_KEEP_DAYS


def test_a_hold_covers_a_table_a_quarter_or_both(lake: Lake) -> None:
    write(
        lake,
        "keep_days: 30\nholds:\n"
        "  - {table: complaints, reason: a, author: b}\n"
        "  - {quarter: 2024-Q1, table: staff, reason: c, author: d}\n",
    )
    found = read_retention(lake)
    q1, q2 = Quarter(2024, 1), Quarter(2024, 2)
    assert (found.keep_days, found.holds[1]) == (30, Hold(reason="c", author="d", table="staff", quarter=q1))
    assert found.hold("complaints", q2) is found.holds[0]
    assert found.hold("staff", q1) is found.holds[1]
    assert found.hold("staff", q2) is None
    assert found.hold("customers", q1) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "keep_days: a year\n",
            r"retention\.yaml: line 1: keep_days: expected a whole number of at least 0, found 'a year'",
        ),
        ("keep_days: -1\n", r": line 1: keep_days: expected a whole number of at least 0, found -1"),
        ("\nkeepdays: 30\n", r": line 2: keepdays: unknown key; did you mean 'keep_days'"),
        ("holds: complaints\n", r": line 1: holds: expected a list, found 'complaints'"),
        ("holds:\n  - table: complaints\n    author: b\n", r": line 2: holds\[1\]: 'reason' is missing"),
        ("holds:\n  - reason: a\n    author: b\n", r": line 2: holds\[1\]: must name a table, a quarter, or both"),
        (
            "holds:\n  - table: complaint\n    reason: a\n    author: b\n",
            r": line 2: holds\[1\]\.table: 'complaint' is not one of .*; did you mean 'complaints'",
        ),
        (
            "holds:\n  - quarter: 2024-Q5\n    reason: a\n    author: b\n",
            r": line 2: holds\[1\]\.quarter: expected a quarter like 2025-Q1, found '2024-Q5'",
        ),
        ("keep_days: 30\nkeep_days: 40\n", "given twice"),
        ("- 3\n", "expected keys with values, found a list"),
    ],
)
def test_a_file_that_is_not_understood_removes_nothing(lake: Lake, text: str, said: str) -> None:
    write(lake, text)
    with pytest.raises(UsageError, match=said):
        read_retention(lake)
