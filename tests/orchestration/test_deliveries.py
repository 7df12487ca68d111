"""Deliveries that follow each other into one lake, and rows that come twice: what the runs then publish.

A landing folder may hold all quarters or only the new one; whichever quarters were run before, the numbers are the same.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.runs import evaluate
from pipeline.settings.places import Settings

from .conftest import Published, TwoQuarters
from .lakes import OF_EARLIER_PUBLICATIONS, OF_THE_LAKE, contents, current, differing, without_run_id
from .landing import EARLIER_QUARTER as BEFORE
from .landing import QUARTER, Row, customers, hotline_calls, regions, service_requests, write_csv

pytestmark = pytest.mark.xdist_group("orchestration_deliveries")

ANSWERED = ["2024-11-04", "2025-02-03"]  # first day of the answers to the round of each quarter


def run(quarter: str, landing: Path, lake: Path) -> Path:
    evaluate(Quarter.parse(quarter), Settings.of(landing, lake))
    return current(lake, quarter)


def value(run_folder: Path, period: str, indicator: str) -> tuple[float | None, int]:
    """(value, sample size) of the enterprise."""
    ((found, size),) = (
        pl.read_parquet(run_folder / "indicator_values.parquet")
        .filter((pl.col("period") == period) & (pl.col("indicator_id") == indicator) & (pl.col("scope_type") == "enterprise"))
        .select("value", "sample_size")
        .rows()
    )
    return found, size


def accounts(run_folder: Path, table: str) -> tuple[int, int, int]:
    """(extracted, accepted, quarantined) of a table."""
    (found,) = pl.read_parquet(run_folder / "row_accounting.parquet").filter(pl.col("table") == table).to_dicts()
    return found["extracted"], found["accepted"], found["quarantined"]


def stage_files(lake: Path) -> dict[str, int]:
    """When each partition of the stages was written."""
    return {
        path.relative_to(lake).as_posix(): path.stat().st_mtime_ns
        for stage in ("raw", "accepted", "quarantine", "clean")
        for path in (lake / stage).rglob("*.parquet")
    }


# --- surveys of one quarter after the other --------------------------------------------------------------------------


def write_round(folder: Path, number: int, count: int = 40) -> None:
    """The survey of one quarter, ``count`` answers: 3 of 5 (50 points) in 2024-Q4, 5 of 5 (100 points) in 2025-Q1."""
    survey, score, first = f"S{number}", (3, 5)[number], dt.date.fromisoformat(ANSWERED[number])
    question = {"survey_id": survey, "question_id": "overall", "survey_type": "satisfaction", "wording": "总体满意度"}
    question |= {"measures": "O2-1", "scale_min": 1, "scale_max": 5}
    write_csv(folder / "survey_questions" / f"{survey}.csv", [question])
    responses = [
        {
            "enterprise_id": "E1",
            "response_id": f"{survey}-{i}",
            "survey_id": survey,
            "customer_id": f"C{i}",
            "mode": "online",
            "submitted_at": first + dt.timedelta(days=i % 20),
            "is_complete": "true",
        }
        for i in range(count)
    ]
    write_csv(folder / "survey_responses" / f"{survey}.csv", responses)
    answers = [
        {"enterprise_id": "E1", "response_id": f"{survey}-{i}", "question_id": "overall", "score": score} for i in range(count)
    ]
    write_csv(folder / "survey_answers" / f"{survey}.csv", answers)


def write_registers(folder: Path) -> Path:
    write_csv(folder / "regions.csv", list(regions()))
    people = [{"enterprise_id": "E1", "customer_id": f"C{i}", "registered_on": "2022-05-01"} for i in range(40)]
    write_csv(folder / "customers.csv", people)
    return folder


@pytest.fixture(scope="module")
def new_quarters_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake into which each quarter came by a landing folder of its own; one answer has no response."""
    folder = tmp_path_factory.mktemp("quarter_by_quarter")
    for number, quarter in enumerate((BEFORE, QUARTER)):
        landing = write_registers(folder / quarter)
        write_round(landing, number)
        if quarter == QUARTER:
            stray = {"enterprise_id": "E1", "response_id": "nowhere", "question_id": "overall", "score": 1}
            write_csv(landing / "survey_answers" / "stray.csv", [stray])
        run(quarter, landing, folder / "lake")
    return folder / "lake"


def test_answers_and_questions_of_earlier_deliveries_count_in_the_trailing_year(new_quarters_only: Path) -> None:
    published = current(new_quarters_only, QUARTER)
    assert value(published, "2025-Q1", "O2-1") == (100, 40)
    # 40 × 50 and 40 × 100 points: 75 over 80 answers of 40 customers.
    assert value(published, "2025-Q1-TTM", "O2-1") == (75, 40)


def test_each_answer_is_accounted_for_in_one_quarter(new_quarters_only: Path) -> None:
    assert accounts(current(new_quarters_only, BEFORE), "survey_answers") == (40, 40, 0)
    published = current(new_quarters_only, QUARTER)
    assert accounts(published, "survey_answers") == (41, 40, 1)
    (refused,) = pl.read_parquet(published / "quarantine.parquet").to_dicts()
    assert (refused["table"], refused["rule"], refused["row_key"]) == (
        "survey_answers",
        "foreign_key",
        "E1|nowhere|overall",
    )


def test_one_landing_folder_with_both_quarters_gives_the_same(new_quarters_only: Path, tmp_path: Path) -> None:
    landing = write_registers(tmp_path / "landing")
    write_round(landing, 0)
    write_round(landing, 1)
    published = run(QUARTER, landing, tmp_path / "lake")
    assert value(published, "2025-Q1-TTM", "O2-1") == (75, 40)
    assert accounts(published, "survey_answers") == (40, 40, 0)
    accepted = {
        quarter.label: pl.read_parquet(path, hive_partitioning=False).height
        for quarter, path in Lake(tmp_path / "lake").partitions("accepted", "survey_answers").items()
    }
    assert accepted == {BEFORE: 40, QUARTER: 40}


def test_a_question_that_comes_again_replaces_the_earlier_one(new_quarters_only: Path, tmp_path: Path) -> None:
    landing = write_registers(tmp_path / "landing")
    write_round(landing, 1)
    # The scale of the earlier round was 1–3 after all: 3 is the best of it, 100 points instead of 50.
    corrected = {"survey_id": "S0", "question_id": "overall", "survey_type": "satisfaction", "wording": "总体满意度"}
    corrected |= {"measures": "O2-1", "scale_min": 1, "scale_max": 3}
    write_csv(landing / "survey_questions" / "S0.csv", [corrected])
    lake = shutil.copytree(new_quarters_only, tmp_path / "lake", symlinks=True)
    assert value(run(QUARTER, landing, lake), "2025-Q1-TTM", "O2-1") == (100, 40)


# --- look-back quarters that come again ------------------------------------------------------------------------------


def as_known_then(rows: Iterator[Row]) -> list[Row]:
    """The rows without what happened from 2025 on, and with a request and a call of 2024-Q4 still unsolved."""
    known = []
    for row in rows:
        moment = row.get("requested_at") or row["queued_at"]
        if moment >= dt.datetime(2025, 1, 1):
            continue
        if row.get("request_id") == "request-2024-10-08":
            row = row | {"resolved_at": None, "status": "open"}
        known.append(row)
    return known


@pytest.fixture(scope="module")
def fresh(published: Published) -> dict[str, bytes]:
    """2025-Q1 in a lake of its own."""
    return without_run_id(current(published.lake, QUARTER))


def test_a_published_look_back_quarter_is_read_again_from_a_newer_folder(
    published: Published, fresh: dict[str, bytes], tmp_path: Path
) -> None:
    then = tmp_path / "then"
    for table in (regions, customers):
        write_csv(then / f"{table.__name__}.csv", list(table()))
    for table in (service_requests, hotline_calls):
        write_csv(then / f"{table.__name__}.csv", as_known_then(table()))
    published_before = run(BEFORE, then, tmp_path / "lake")
    unsolved = contents(published_before)
    found = without_run_id(run(QUARTER, published.landing, tmp_path / "lake"))
    assert differing(found, fresh) == sorted({*OF_THE_LAKE, *OF_EARLIER_PUBLICATIONS})
    # What was published for the quarter itself stays until it is run again.
    assert current(tmp_path / "lake", BEFORE) == published_before
    assert contents(published_before) == unsolved


def test_another_order_of_runs_over_one_folder_gives_the_same_and_does_nothing_twice(
    two_quarters: TwoQuarters, fresh: dict[str, bytes]
) -> None:
    before, after = stage_files(two_quarters.after_earlier), stage_files(two_quarters.lake)
    assert differing(without_run_id(current(two_quarters.lake, QUARTER)), fresh) == sorted({*OF_THE_LAKE, *OF_EARLIER_PUBLICATIONS})
    written = {name for name, moment in after.items() if before.get(name) != moment}
    # 2025-Q1 was the look-ahead of the run before; the look-back and what is new to it are 2025-Q1's own and 2025-Q2.
    assert {name.split("/")[2] for name in written} == {"quarter=2025-Q1", "quarter=2025-Q2"}


def test_a_folder_with_the_new_quarter_only_leaves_the_look_back_quarters(
    two_quarters: TwoQuarters, fresh: dict[str, bytes], tmp_path: Path
) -> None:
    lake = shutil.copytree(two_quarters.after_earlier, tmp_path / "lake", symlinks=True)
    landing = tmp_path / "new"
    for table in (regions, customers):
        write_csv(landing / f"{table.__name__}.csv", list(table()))
    for table, column in ((service_requests, "requested_at"), (hotline_calls, "queued_at")):
        rows = [row for row in table() if row[column] >= dt.datetime(2025, 1, 1)]
        write_csv(landing / f"{table.__name__}.csv", rows)
    published = run(QUARTER, landing, lake)
    # Everything but the place in the files, which moved: quarantine and cleaning log name the row; and the rows of the
    # landing folder, which are fewer.
    of_the_rows = [
        "cleaning_log.parquet",
        "quarantine.parquet",
        "released/row_reconciliation.parquet",
        "row_reconciliation.parquet",
    ]
    assert differing(without_run_id(published), fresh) == sorted({*of_the_rows, *OF_EARLIER_PUBLICATIONS})


# --- one key in two quarters -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("run_before", [None, BEFORE])
def test_a_request_delivered_for_two_quarters_counts_once(run_before: str | None, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    for table in (regions, customers):
        write_csv(landing / f"{table.__name__}.csv", list(table()))
    requests = list(service_requests())
    (twice,) = [row for row in requests if row["request_id"] == "request-2025-01-02"]
    earlier = dt.timedelta(days=3)
    times = ("requested_at", "responded_at", "resolved_at")
    write_csv(landing / "service_requests.csv", [*requests, twice | {name: twice[name] - earlier for name in times}])
    visits = [
        {
            "enterprise_id": "E1",
            "visit_id": f"V{number}",
            "request_id": f"request-2025-01-0{2 + number}",
            "appointed_at": dt.datetime(2025, 1, 10 + number, 9),
            "arrived_at": dt.datetime(2025, 1, 10 + number, 9) if number == 0 else None,
            "outcome": "done" if number == 0 else "missed",
        }
        for number in range(4)
    ]
    write_csv(landing / "onsite_visits.csv", visits)
    # 2024-Q4 has five requests, the refused one among them: a fifth.
    (landing / "evaluation.yaml").write_text("refused_limits: {default: 0.25}\n", encoding="utf-8")
    if run_before:
        assert accounts(run(run_before, landing, tmp_path / "lake"), "service_requests") == (5, 4, 1)
    published = run(QUARTER, landing, tmp_path / "lake")
    # One visit of four came in time; joined to both rows of its request it would be two of five.
    ((numerator, denominator),) = (
        pl.read_parquet(published / "indicator_values.parquet")
        .filter((pl.col("period") == QUARTER) & (pl.col("indicator_id") == "P2-2") & (pl.col("scope_type") == "enterprise"))
        .select("numerator", "denominator")
        .rows()
    )
    assert (numerator, denominator) == (1, 4)
    assert accounts(published, "service_requests") == (14, 14, 0)
    quarantine = pl.read_parquet(Lake(tmp_path / "lake").partition("quarantine", "service_requests", Quarter(2024, 4)))
    assert quarantine.select("rule", "row_key").rows() == [("unique_key", "E1|request-2025-01-02")]
