"""Which clean files the SQL of a run may read, table by table."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.calendar.quarters import Quarter, quarter_range
from pipeline.lake.inputs import clean_files
from pipeline.lake.layout import Lake
from schemas.contract import TABLES


@pytest.mark.parametrize(
    ("table", "quarters"),
    [
        # Seven quarters back and one ahead.
        ("service_requests", quarter_range("2023-Q2..2025-Q2")),
        ("survey_answers", quarter_range("2023-Q2..2025-Q2")),
        ("outlets", [Quarter(2025, 1)]),
        # A later delivery must not change what a past quarter asked.
        ("survey_questions", quarter_range("2023-Q2..2025-Q1")),
    ],
)
def test_files_in_time_order(table: str, quarters: list[Quarter], tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    for quarter in quarter_range("2022-Q4..2025-Q4"):
        path = lake.partition("clean", table, quarter)
        path.parent.mkdir(parents=True)
        path.touch()
    found = clean_files(TABLES[table], Quarter(2025, 1), lake)
    assert found == [lake.partition("clean", table, quarter) for quarter in quarters]


def test_only_files_that_are_there(tmp_path: Path) -> None:
    assert clean_files(TABLES["survey_questions"], Quarter(2025, 1), Lake(tmp_path)) == []
