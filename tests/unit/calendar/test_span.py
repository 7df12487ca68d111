"""The time that a delivery covers: sentinels and slips lie outside it, growth, gaps and small tables do not."""

from __future__ import annotations

import pytest

from pipeline.calendar.span import far_quarters


@pytest.mark.parametrize(
    ("rows", "far"),
    [
        ({}, ()),
        ({"2025-Q1": 1}, ()),
        # The case of two sentinels: the middle row of five is of 2025.
        ({"1970-Q1": 1, "2025-Q1": 2, "2052-Q1": 1}, ("1970-Q1", "2052-Q1")),
        # A quarter without rows, and a whole year without any, are gaps of a delivery; more is not.
        ({"2023-Q1": 5, "2023-Q3": 9, "2024-Q3": 50, "2025-Q1": 60}, ()),
        ({"2023-Q1": 5, "2024-Q2": 9, "2024-Q3": 50, "2025-Q1": 60}, ("2023-Q1",)),
        # Years counted off by a century, and everything before them too.
        ({"1900-Q4": 1, "1925-Q1": 2, "2024-Q4": 40, "2025-Q1": 41}, ("1900-Q4", "1925-Q1")),
        # As many sentinels as dates: half of all rows is not the middle's doing, so the earlier half is taken for the delivery's.
        ({"1970-Q1": 3, "2025-Q1": 3}, ("2025-Q1",)),
        ({"1970-Q1": 3, "2025-Q1": 4}, ("1970-Q1",)),
        # No row, no place.
        ({"1970-Q1": 0, "2025-Q1": 4}, ()),
    ],
)
def test_quarters_more_than_a_year_from_all_others(rows: dict[str, int], far: tuple[str, ...]) -> None:
    assert far_quarters(rows) == far
