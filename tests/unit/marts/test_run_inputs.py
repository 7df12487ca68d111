"""What a run gives to the SQL of the marts: its files table by table, its quarter, periods and days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter, quarter_range
from pipeline.lake.inputs import clean_files
from pipeline.lake.layout import Lake
from pipeline.marts.inputs import RunInputs, latest_by_key, without_excluded
from schemas.contract import TABLES

NO_FILES: dict[str, Sequence[Path]] = {name: [] for name in TABLES}


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


def created(files: Mapping[str, Sequence[Path]], excluded: Mapping[str, Path] | None = None) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("attach ':memory:' as scratch")
    RunInputs(Quarter(2025, 1), NO_FILES | files, excluded or {}).create(connection, "scratch")
    return connection


def test_the_quarter_its_periods_and_its_days() -> None:
    with created({}) as connection:
        assert connection.execute("select scratch.run.quarter(), scratch.run.first_day(), scratch.run.last_day()").fetchone() == (
            "2025-Q1",
            dt.date(2025, 1, 1),
            dt.date(2025, 3, 31),
        )
        # Seven quarters back: the twelve months before the trailing twelve.
        assert connection.execute("select min(quarter), max(quarter), count(*) from scratch.run.quarters").fetchone() == (
            "2023-Q2",
            "2025-Q1",
            8,
        )
        periods = connection.execute(
            "select period_role, first_day, last_day, end_day, measured_from from scratch.run.periods "
            "where window_kind = 'trailing_year' order by period_role"
        ).fetchall()
        assert periods == [
            ("current", dt.date(2024, 4, 1), dt.date(2025, 3, 31), dt.date(2025, 4, 1), dt.date(2024, 4, 1)),
            ("previous", dt.date(2023, 4, 1), dt.date(2024, 3, 31), dt.date(2024, 4, 1), dt.date(2023, 4, 1)),
        ]
        # From the first quarter read to the end of the quarter after the next.
        days = connection.execute("select min(date_day), max(date_day), count(*) from scratch.run.days").fetchone()
        assert days == (dt.date(2023, 4, 1), dt.date(2025, 10, 1), (dt.date(2025, 10, 1) - dt.date(2023, 4, 1)).days + 1)


def test_the_days_reach_to_the_last_that_a_clock_looks_up(tmp_path: Path) -> None:
    late = tmp_path / "late.parquet"
    moments = {"responded_at": [dt.datetime(2025, 1, 2, 9)], "resolved_at": [dt.datetime(2026, 2, 3, 17, 30)]}
    pl.DataFrame(moments).write_parquet(late)
    with created({"service_requests": [late]}) as connection:
        assert connection.execute("select max(date_day) from scratch.run.days").fetchone() == (dt.date(2026, 2, 3),)


def test_files_that_differ_in_columns_are_read_by_name(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("old's.parquet", "new.parquet")]
    pl.DataFrame({"suggestion_id": ["1"], "source": ["a"]}).write_parquet(files[0])
    pl.DataFrame({"added": [0.5], "source": ["b"], "suggestion_id": ["2"]}).write_parquet(files[1])
    with created({"suggestions": files}) as connection:
        found = connection.execute("select suggestion_id, source, added from scratch.clean.suggestions order by 1").fetchall()
        assert found == [("1", "a", None), ("2", "b", 0.5)]


def test_a_table_without_files_has_its_columns_and_no_rows() -> None:
    with created({}) as connection:
        for name, table in TABLES.items():
            found = connection.execute(f"from scratch.clean.{name}")
            assert {column.name for column in table.columns} <= {column for column, *_ in found.description or []}
            assert found.fetchall() == []


def test_of_each_key_the_latest_quarter_s_row_is_read() -> None:
    given = (
        "select * from (values ('S1', 'Q1', '2024-Q4', 'as it was'), ('S1', 'Q1', '2025-Q1', 'as it is'), "
        "('S1', 'Q1', '2023-Q3', 'once'), ('S1', 'Q2', '2024-Q4', 'not repeated'), ('S2', 'Q1', '2025-Q1', 'new')) "
        "as given (survey_id, question_id, quarter, wording)"
    )
    found = duckdb.sql(f"from ({latest_by_key(given, ('survey_id', 'question_id'))}) order by all").fetchall()
    assert [(survey, question, wording) for survey, question, _, wording in found] == [
        ("S1", "Q1", "as it is"),
        ("S1", "Q2", "not repeated"),
        ("S2", "Q1", "new"),
    ]


def test_excluded_records_are_left_out_by_quarter_and_place(tmp_path: Path) -> None:
    """Row 0 of 2025-Q1 is excluded, not that of 2024-Q4; row 7 of 2024-Q4 is not there."""
    excluded = tmp_path / "excluded's.parquet"
    pl.DataFrame({"quarter": ["2025-Q1", "2024-Q4"], "_row_id": [0, 7]}).write_parquet(excluded)
    rows = (
        "select * from (values ('2024-Q4', 0, 'a'), ('2024-Q4', 1, 'b'), ('2025-Q1', 0, 'c'), ('2025-Q1', 1, 'd')) "
        "as given (quarter, _row_id, name)"
    )
    assert duckdb.sql(f"from ({without_excluded(rows, excluded)}) order by name").fetchall() == [
        ("2024-Q4", 0, "a"),
        ("2024-Q4", 1, "b"),
        ("2025-Q1", 1, "d"),
    ]
