"""The review file and the counts, from published tables made by hand."""

from __future__ import annotations

import csv
import datetime as dt
from pathlib import Path

import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from pipeline.review.export import export_review, outlier_counts
from pipeline.review.listing import write_outliers
from pipeline.review.outliers import Limits
from pipeline.settings.outlier_review import REVIEW_COLUMNS, Decision, Review

from .conftest import QUARTER, Write

LIMITS = Limits(z=3.0, z_modified=3.5)
AT = dt.datetime(2025, 1, 2, 9)


def calls(*far: tuple[int, int]) -> list[dict[str, object]]:
    """Thirty ordinary calls (wait, talk in seconds), and those that are far: C30 …"""
    return [
        {
            "call_id": f"C{number}", "queued_at": AT, "outcome": "answered", "in_service_hours": True,
            "answered_at": AT + dt.timedelta(seconds=wait), "ended_at": AT + dt.timedelta(seconds=wait + talk),
        }
        for number, (wait, talk) in enumerate([*[(5 + n % 3, 60 + n % 5) for n in range(30)], *far])
    ]  # fmt: skip


def publish(lake: Lake, *decisions: Decision) -> None:
    run = RunFolder(lake, QUARTER, f"run-{len(decisions)}").open()
    write_outliers(lake, QUARTER, run, Review(decisions), LIMITS)
    run.reports.mkdir(exist_ok=True)
    run.publish(["outliers", "outlier_groups", "outlier_decisions"], [])


def lines_of(out: Path) -> list[dict[str, str]]:
    with out.open(encoding="utf-8-sig", newline="") as handle:
        return list(csv.DictReader(handle))


def test_one_line_a_point_with_what_was_recorded(write: Write, tmp_path: Path) -> None:
    lake = write("hotline_calls", calls((900, 62)))
    publish(lake)
    out = tmp_path / "review.csv"
    exported = export_review(lake, QUARTER, out)
    assert (exported.open, exported.decided, exported.kept) == (1, 0, 0)
    (line,) = lines_of(out)
    assert tuple(line) == REVIEW_COLUMNS
    assert (line["row_key"], line["measure"], line["value"], line["unit"]) == ("E1|C30", "wait_seconds", "900.0", "s")
    assert line["recorded"] == "queued_at=2025-01-02 09:00:00;answered_at=2025-01-02 09:15:00"
    # As it is, it can be read: nothing is decided yet.
    assert Review.read(out).decisions == ()


def test_decisions_and_other_quarters_are_kept(write: Write, tmp_path: Path) -> None:
    lake = write("hotline_calls", calls((900, 4000)))
    publish(lake)
    out = tmp_path / "review.csv"
    export_review(lake, QUARTER, out)
    wait, talk = lines_of(out)
    wait |= {"decision": "confirm", "reviewer": "QA", "reviewed_on": "2025-04-10", "reason": "=1+1, 属实"}
    old = wait | {"quarter": "2024-Q4", "row_key": "E1|C9"}
    with out.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, REVIEW_COLUMNS)
        writer.writeheader()
        writer.writerows([talk, wait, old])
    exported = export_review(lake, QUARTER, out)
    assert (exported.open, exported.decided, exported.kept) == (1, 1, 1)
    # A spreadsheet would run the reason; readers of the file see it as it was written.
    marked = {"reason": "'=1+1, 属实"}
    assert lines_of(out) == [old | marked, wait | marked, talk]
    assert {each.reason for each in Review.read(out).decisions} == {"=1+1, 属实"}


def test_an_excluded_record_is_exported_as_decided(write: Write, tmp_path: Path) -> None:
    lake = write("hotline_calls", calls((900, 4000)))
    excluded = Decision(
        QUARTER,
        "hotline_calls",
        "E1|C30",
        "talk_seconds",
        "exclude",
        "QA",
        dt.date(2025, 4, 1),
        "演练",
        "",
        "",
        None,
        2,
    )
    publish(lake, excluded)
    out = tmp_path / "review.csv"
    assert export_review(lake, QUARTER, out).open == 0
    assert [(each.measure, each.decision, each.reason) for each in Review.read(out).decisions] == [
        ("wait_seconds", "exclude", "演练"),
        ("talk_seconds", "exclude", "演练"),
    ]


def test_a_file_that_is_none_is_left_alone(write: Write, tmp_path: Path) -> None:
    lake = write("hotline_calls", calls((900, 62)))
    publish(lake)
    out = tmp_path / "notes.csv"
    out.write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match=r"notes\.csv: row 1: column 'quarter' is missing"):
        export_review(lake, QUARTER, out)
    assert out.read_text() == "a,b\n1,2\n"


def test_counts_by_measure(write: Write) -> None:
    lake = write("hotline_calls", calls((900, 4000)))
    publish(lake)
    counts = outlier_counts(lake)
    assert counts.select("quarter", "measure", "n", "flagged_z", "to_review", "reviewed").rows() == [
        ("2025-Q1", "wait_seconds", 31, 1, 1, 0),
        ("2025-Q1", "talk_seconds", 31, 1, 1, 0),
    ]
    assert outlier_counts(lake, [QUARTER]).equals(counts)


def test_a_quarter_that_is_not_published(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="2024-Q1 has no published outliers in this lake: run `asq run 2024-Q1` first"):
        export_review(Lake(tmp_path), Quarter(2024, 1), tmp_path / "out.csv")
    assert outlier_counts(Lake(tmp_path)).is_empty()
