"""The figures that need the rows of the clean tables: references, durations, questionnaires, samples, mystery visits.

One query each, in DuckDB. ``figures`` compares profiles of quarters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipeline.calendar.quarters import Quarter
from pipeline.lake.files import pinned
from pipeline.lake.inputs import clean_files, no_rows
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from pipeline.lake.sql import parquet, quoted
from pipeline.validate.delivered import hashed
from schemas.contract import TABLES, Table
from schemas.expectations.acceptance import ALL_ENTERPRISES, DURATIONS
from schemas.standard.sample_size import required_answers

# The earlier quarters to compare with: a year, so that every season is included.
TRAILING = 4
# With fewer rows a share says more about chance than about the delivery.
LEAST_ROWS = 30
# Two people do not give the same answers to every question within minutes of each other (PR-40).
_SAME_ANSWERS_SECONDS = 600


@dataclass(frozen=True)
class Figure:
    """One figure: its value (None: not checked), and details in words: which column, round or count."""

    value: float | None
    detail: str = ""


def measure_rows(
    table: Table, quarter: Quarter, lake: Lake, numbers: Mapping[str, float], connection: duckdb.DuckDBPyConnection
) -> dict[str, dict[str, Figure]]:
    """The figures of a table that need its rows, by check and enterprise; empty if it has no clean partition."""
    clean = lake.partition("clean", table.name, quarter)
    if not clean.is_file():
        return {}
    found: dict[str, dict[str, Figure]] = {}
    with _Reader(quarter, lake, connection) as reader:
        if table.references:
            found["references"] = _references(table, reader)
        if table.name in DURATIONS:
            found["zero_durations"] = _zero_durations(table.name, reader)
        if table.name == "service_requests":
            found["automatic_timestamps"] = _automatic_timestamps(reader)
        if table.name == "survey_questions":
            found["fewest_questions"], found["most_questions"] = _question_counts(reader)
        if table.name == "survey_responses":
            found["sample_size"] = _sample_size(reader, numbers)
            found["completion_minutes"] = _completion_minutes(reader)
            found["duplicate_answers"] = _duplicate_answers(reader)
        if table.name == "mystery_visits":
            found["rounds"] = _mystery_rounds(reader, numbers["mystery_rounds_per_year"])
            found["coverage"] = _mystery_coverage(reader, numbers["mystery_outlets_per_round"])
    return found


class _Reader:
    """Reads clean rows: of the quarter (``now``), of it and the three before (``year``), of all a run reads (``window``)."""

    def __init__(self, quarter: Quarter, lake: Lake, connection: duckdb.DuckDBPyConnection) -> None:
        self.quarter = quarter
        self.lake = lake
        self._connection = connection
        self._pinned = ExitStack()
        self._files: dict[tuple[str, str], list[Path]] = {}

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._pinned.close()

    def rows(self, query: str, **parameters: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, parameters or None).fetchall()

    def files(self, kind: str, table: str) -> list[Path]:
        if (kind, table) not in self._files:
            if kind == "window":
                found = clean_files(TABLES[table], self.quarter, self.lake)
            else:
                quarters = [self.quarter] if kind == "now" else [self.quarter.shift(-back) for back in range(TRAILING)]
                paths = (self.lake.partition("clean", table, each) for each in quarters)
                found = [path for path in paths if path.is_file()]
            self._files[kind, table] = self._pinned.enter_context(pinned(self.lake, found))
        return self._files[kind, table]

    def source(self, kind: str, table: str) -> str:
        """SQL that reads the table's rows; no rows without a file."""
        files = self.files(kind, table)
        if not files:
            return f"({no_rows(TABLES[table])})"
        return parquet(files)

    def keys(self, table: str, columns: tuple[str, ...]) -> str:
        """Name of a DuckDB table: ``hashed(columns)`` of all rows of the window, once each, for all tables that refer to it."""
        name = quoted("|".join(("keys", table, *columns)))
        rows = self.source("window", table)
        self._connection.execute(f"create temp table if not exists {name} as select distinct {hashed(columns)} as hash from {rows}")
        return name


def _references(table: Table, reader: _Reader) -> dict[str, Figure]:
    lowest: dict[str, Figure] = {}
    for column, (parent, parent_column) in table.references.items():
        files = reader.files("window", parent)
        if not files or all(read_metadata(file).get("delivered") == "false" for file in files):
            continue
        pairs = {column: parent_column}
        if "enterprise_id" in TABLES[parent].polars_schema:
            pairs = {"enterprise_id": "enterprise_id", **pairs}
        keys = reader.keys(parent, tuple(pairs.values()))
        given_and_found = f"""
            select enterprise_id, count(*), count(case when {hashed(tuple(pairs))} in (from {keys}) then 1 end)
            from {reader.source("now", table.name)} where {quoted(column)} is not null group by 1
            """
        for enterprise, given, found in reader.rows(given_and_found):
            share = found / given
            name = str(enterprise)
            if name not in lowest or share < (lowest[name].value or 0):
                lowest[name] = Figure(float(share), f"{column}：{found} / {given}")
    return lowest


def _zero_durations(table: str, reader: _Reader) -> dict[str, Figure]:
    start, end = DURATIONS[table]
    return {
        str(enterprise): _share(zero, both, f"{start} = {end}")
        for enterprise, zero, both in reader.rows(
            f"select enterprise_id, count(case when {start} = {end} then 1 end), "
            f"count(case when {start} is not null and {end} is not null then 1 end) "
            f"from {reader.source('now', table)} group by 1"
        )
    }


def _automatic_timestamps(reader: _Reader) -> dict[str, Figure]:
    return {
        str(enterprise): _share(system, stated, "timestamp_source = system")
        for enterprise, system, stated in reader.rows(
            "select enterprise_id, count(case when timestamp_source = 'system' then 1 end), count(timestamp_source) "
            f"from {reader.source('now', 'service_requests')} group by 1"
        )
    }


def _share(part: int, whole: int, words: str) -> Figure:
    return Figure(part / whole if whole >= LEAST_ROWS else None, f"{words}：{part} / {whole}")


def _satisfaction(reader: _Reader) -> str:
    """SQL of the satisfaction surveys (C-17: excludes pulses and mystery visits): survey_id, questions."""
    return (
        "(select survey_id, count(distinct question_id) as questions "
        f"from {reader.source('window', 'survey_questions')} where survey_type = 'satisfaction' group by 1)"
    )


def _question_counts(reader: _Reader) -> tuple[dict[str, Figure], dict[str, Figure]]:
    """For the surveys answered in the quarter; questions belong to no enterprise."""
    ((fewest, most, low, high),) = reader.rows(
        f"""
        select min(questions), max(questions), arg_min(survey_id, questions), arg_max(survey_id, questions)
        from {_satisfaction(reader)} as survey
        semi join {reader.source("now", "survey_responses")} as response using (survey_id)
        """
    )
    if fewest is None:
        return {}, {}
    return {ALL_ENTERPRISES: Figure(fewest, str(low))}, {ALL_ENTERPRISES: Figure(most, str(high))}


def _quarters_with_requests(reader: _Reader) -> dict[str, int]:
    """The number of quarters of the trailing year with service by an enterprise: yearly requirements are scaled to these."""
    return {
        str(enterprise): int(quarters)
        for enterprise, quarters in reader.rows(
            f"select enterprise_id, count(distinct quarter) from {reader.source('year', 'service_requests')} group by 1"
        )
    }


def _sample_size(reader: _Reader, numbers: Mapping[str, float]) -> dict[str, Figure]:
    quarters = _quarters_with_requests(reader)
    answers = dict(
        reader.rows(
            f"""
            select enterprise_id, count(distinct (customer_id, survey_id))
            from {reader.source("year", "survey_responses")} as response
            semi join {_satisfaction(reader)} as survey using (survey_id)
            where is_complete group by 1
            """
        )
    )
    found = {}
    for enterprise, customers in reader.rows(
        f"""
        select enterprise_id, count(distinct customer_id) from {reader.source("now", "customers")}
        where registered_on <= $day and (left_on is null or left_on > $day)
        group by 1
        """,
        day=reader.quarter.last_day,
    ):
        name, share = str(enterprise), quarters.get(str(enterprise), 0) / TRAILING
        required = required_answers(int(customers), numbers) * share
        given = int(answers.get(enterprise, 0))
        if required:
            found[name] = Figure(given / required, f"{given} 份 / {required:g} 份（顾客 {customers} 人）")
    return found


def _completion_minutes(reader: _Reader) -> dict[str, Figure]:
    return {
        str(enterprise): Figure(minutes if n >= LEAST_ROWS else None, f"{n} 份答卷")
        for enterprise, minutes, n in reader.rows(
            f"""
            select enterprise_id, quantile_cont(date_diff('second', started_at, submitted_at) / 60.0, 0.9), count(*)
            from {reader.source("now", "survey_responses")} as response
            semi join {_satisfaction(reader)} as survey using (survey_id)
            where started_at is not null and submitted_at is not null
            group by 1
            """
        )
    }


def _duplicate_answers(reader: _Reader) -> dict[str, Figure]:
    # Two sums over the hashes of its answers stand for all answers of a response, in any order: lists of them would be held in
    # memory for the whole quarter.
    return {
        str(enterprise): _share(same, responses, "逐题相同")
        for enterprise, same, responses in reader.rows(
            f"""
            with answered as (
                select enterprise_id, response_id,
                    (count(*), sum(hash(question_id, score)), bit_xor(hash(score, question_id))) as answers,
                    min(score) < max(score) as differ
                from {reader.source("now", "survey_answers")} where score is not null group by 1, 2
            ),
            response as (
                select enterprise_id, survey_id, submitted_at, answers, differ
                from {reader.source("now", "survey_responses")} join answered using (enterprise_id, response_id)
                where submitted_at is not null
            ),
            placed as (
                select enterprise_id, differ and least(
                    coalesce(date_diff('second', lag(submitted_at) over same, submitted_at), {_SAME_ANSWERS_SECONDS} + 1),
                    coalesce(date_diff('second', submitted_at, lead(submitted_at) over same), {_SAME_ANSWERS_SECONDS} + 1)
                ) <= {_SAME_ANSWERS_SECONDS} as is_repeated
                from response
                window same as (partition by enterprise_id, survey_id, answers order by submitted_at)
            )
            select enterprise_id, count(case when is_repeated then 1 end), count(*) from placed group by 1
            """
        )
    }


def _mystery_rounds(reader: _Reader, a_year: float) -> dict[str, Figure]:
    quarters = _quarters_with_requests(reader)
    rounds = dict(
        reader.rows(f"select enterprise_id, count(distinct round_id) from {reader.source('year', 'mystery_visits')} group by 1")
    )
    found = {}
    for enterprise, n in quarters.items():
        # Whole rounds: two a year at even intervals means one in three quarters. A requirement below one is none.
        required = max(1, math.floor(a_year * n / TRAILING))
        held = int(rounds.get(enterprise, 0))
        found[enterprise] = Figure(held / required, f"近 {n} 个季度 {held} 轮 / {required} 轮")
    return found


def _mystery_coverage(reader: _Reader, outlets: float) -> dict[str, Figure]:
    found: dict[str, Figure] = {}
    for enterprise, round_id, covered, active in reader.rows(
        f"""
        with active as (
            select enterprise_id, count(distinct outlet_id) as n from {reader.source("now", "outlets")}
            where opened_on <= $day and (closed_on is null or closed_on > $day) group by 1
        )
        select visit.enterprise_id, round_id,
            greatest(count(distinct outlet_id), count(distinct scenario)), coalesce(any_value(active.n), 0)
        from {reader.source("now", "mystery_visits")} as visit left join active using (enterprise_id)
        group by 1, 2 order by 1, 2
        """,
        day=reader.quarter.last_day,
    ):
        required = min(outlets, active) if active else outlets
        share = covered / required
        name = str(enterprise)
        if name not in found or share < (found[name].value or 0):
            found[name] = Figure(share, f"{round_id}：{covered} / {required:g}")
    return found
