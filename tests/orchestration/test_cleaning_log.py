"""The cleaning log and the reconciliation of a delivery that ``sources.yaml`` filters, dedupes, unpivots and maps.

Every figure is counted by hand from the rows written here.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.runs import evaluate
from pipeline.settings.places import Settings

from .lakes import current
from .landing import QUARTER, customers, hotline_calls, regions, service_requests, write_csv

pytestmark = pytest.mark.xdist_group("orchestration_cleaning_log")

SOURCES = """
tables:
  hotline_calls:
    where: "call_id <> 'phantom'"
    latest_by: {key: [call_id], order_by: [version]}
    columns:
      outcome: {values: {picked_up: answered}}
  survey_answers:
    unpivot: {name: question_id, rows: {overall: {score: q1}, courtesy: {score: q2}}}
"""


def write(folder: Path) -> Path:
    write_csv(folder / "regions.csv", list(regions()))
    write_csv(folder / "customers.csv", list(customers()))
    requests = list(service_requests())
    # Of the quarter's 14 requests one is a test and one was merged into another.
    of_quarter = [row for row in requests if row["requested_at"].isoformat() < "2025-04" and row["requested_at"].year == 2025]
    for row in requests:
        row |= {"is_test": "false", "merged_into": ""}
    of_quarter[0]["is_test"], of_quarter[1]["merged_into"] = "true", of_quarter[2]["request_id"]
    write_csv(folder / "service_requests.csv", requests)
    # 33 calls, 25 of them of the quarter; one of the quarter's belongs to the test request.
    calls = [row | {"version": 1, "request_id": ""} for row in hotline_calls()]
    this_quarter = [row for row in calls if row["queued_at"].year == 2025 and row["queued_at"].month < 4]
    for row in this_quarter:
        if row["outcome"] == "answered":
            row["outcome"] = "picked_up"
    this_quarter[1]["request_id"] = of_quarter[0]["request_id"]
    # Two calls came in an older state as well, and three phantoms.
    older = [this_quarter[number] | {"version": 0} for number in (4, 6)]
    phantoms = [this_quarter[0] | {"call_id": "phantom"}] * 3
    write_csv(folder / "hotline_calls.csv", [*older, *calls, *phantoms])
    question = {"survey_id": "S", "survey_type": "satisfaction", "wording": "w", "scale_min": 1, "scale_max": 5}
    write_csv(
        folder / "survey_questions.csv",
        [question | {"question_id": name, "measures": "O2-1"} for name in ("overall", "courtesy")],
    )
    responses = [
        {
            "enterprise_id": "E1", "response_id": f"A{number}", "survey_id": "S", "customer_id": f"C{number + 1}",
            "mode": "online", "submitted_at": f"2025-02-0{number + 1}", "is_complete": "false" if number == 4 else "true",
        }
        for number in range(5)
    ]  # fmt: skip
    write_csv(folder / "survey_responses.csv", responses)
    # Five wide records; A0 has no answer to the second question and A3 no answer at all.
    answers = [
        {
            "enterprise_id": "E1",
            "response_id": f"A{number}",
            "q1": "" if number == 3 else 4,
            "q2": "" if number in (0, 3) else 5,
        }
        for number in range(5)
    ]
    write_csv(folder / "survey_answers.csv", answers)
    (folder / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cleaning")
    evaluate(Quarter.parse(QUARTER), Settings.of(write(folder / "landing"), folder / "lake"))
    return current(folder / "lake", QUARTER)


def steps(published: Path, table: str) -> list[tuple[str, str | None, int]]:
    found = pl.read_parquet(published / "row_reconciliation.parquet").filter(pl.col("table") == table).sort("place")
    return found.select("step", "rule", "rows").rows()


def test_calls_are_filtered_deduplicated_and_judged(published: Path) -> None:
    # 2 older states + 33 calls + 3 phantoms; 33 read, 8 of other quarters; of 25 one has an unknown outcome and one is a test's.
    assert steps(published, "hotline_calls") == [
        ("delivered", None, 38),
        ("left out", "sources.yaml: where", -3),
        ("left out", "sources.yaml: latest_by", -2),
        ("read", None, 33),
        ("of other quarters", "never run", -8),
        ("extracted", None, 25),
        ("refused", "allowed_values", -1),
        ("accepted", None, 24),
        ("clean", None, 24),
        ("not counted", "of_test_request", -1),
        ("counted", None, 23),
    ]


def test_requests_that_are_tests_or_merged_are_not_counted(published: Path) -> None:
    # 4 + 4 + 14 + 4 requests, 12 of other quarters.
    assert steps(published, "service_requests") == [
        ("delivered", None, 26),
        ("read", None, 26),
        ("of other quarters", "never run", -12),
        ("extracted", None, 14),
        ("accepted", None, 14),
        ("clean", None, 14),
        ("not counted", "merged_request", -1),
        ("not counted", "test_request", -1),
        ("counted", None, 12),
    ]


def test_wide_answers_become_rows(published: Path) -> None:
    # 5 records with 2 entries each: 10, of which 3 are empty; the 2 answers of the incomplete response A4 do not count.
    assert steps(published, "survey_answers") == [
        ("delivered", None, 5),
        ("made of wide records", "sources.yaml: unpivot", 5),
        ("left out", "sources.yaml: unpivot, entries without a value", -3),
        ("read", None, 7),
        ("extracted", None, 7),
        ("accepted", None, 7),
        ("clean", None, 7),
        ("not counted", "response_not_counted", -2),
        ("counted", None, 5),
    ]
    # A4 is not complete, A3 answered nothing.
    assert steps(published, "survey_responses")[-3:] == [
        ("not counted", "incomplete_response", -1),
        ("not counted", "no_usable_answer", -1),
        ("counted", None, 3),
    ]


def test_the_log_has_one_entry_per_decision_and_one_per_mapped_column(published: Path) -> None:
    log = pl.read_parquet(published / "cleaning_log.parquet")
    # Of the 25 calls of the quarter every sixth is abandoned (4) and one was hung up: 20 were picked up.
    mapped = log.filter(pl.col("action") == "mapped")
    assert mapped.select("table", "column", "rows", "counted_over").rows() == [("hotline_calls", "outcome", 20, "delivery")]
    out = log.filter(pl.col("action") == "out_of_scope", pl.col("table") == "service_requests").sort("rule")
    assert out.select("rule", "rows", "row_key").rows() == [
        ("merged_request", 1, "E1|request-2025-01-03"),
        ("test_request", 1, "E1|request-2025-01-02"),
    ]
    assert log["run_id"].unique().to_list() == [published.name]
    shown = log.select(pl.concat_str(pl.col(pl.String).fill_null(""), separator=" ").str.join(" ")).item()
    assert not any(text in shown for text in ("王小明", "1380013800", "1370013"))
