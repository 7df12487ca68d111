"""Which decisions hold, what is left out, and how points and groups count them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from pipeline.review.listing import Reviewed, write_outliers
from pipeline.review.outliers import Limits
from pipeline.review.standing import decisions_with_status, write_excluded
from pipeline.settings.outlier_review import Decision, Review

from .conftest import QUARTER, Write

LIMITS = Limits(z=3.0, z_modified=3.5)
BEFORE = Quarter(2024, 4)


def decision(row_key: str, kind: str, quarter: Quarter = QUARTER, value: str = "", line: int = 2) -> Decision:
    return Decision(
        quarter=quarter,
        table="training_records",
        row_key=row_key,
        measure="training_hours",
        decision=kind,
        reviewer="QA",
        reviewed_on=dt.date(2025, 4, 10),
        reason="",
        column="hours" if kind == "correct" else "",
        corrected_value=value,
        before="100.0" if kind == "correct" else None,
        line=line,
    )


def trainings(*far: float) -> list[dict[str, Any]]:
    """Forty ordinary trainings of 7, 8 and 9 hours, and those that are far: ``far-0`` …"""
    ordinary = [{"hours": float(7 + number % 3), "kind": "on_the_job"} for number in range(40)]
    return [
        *ordinary,
        *({"hours": hours, "kind": "on_the_job", "training_id": f"far-{n}"} for n, hours in enumerate(far)),
    ]


def statuses(lake: Lake, *decisions: Decision) -> list[tuple[str, str, str | None]]:
    judged = decisions_with_status(Review(decisions), QUARTER, lake, LIMITS)
    return judged.select("row_key", "status", "status_reason").rows()


def test_a_decision_holds_where_its_point_is_flagged(write: Write) -> None:
    lake = write("training_records", trainings(100.0))
    write("training_records", trainings(90.0), BEFORE)
    assert statuses(
        lake,
        decision("E1|far-0", "exclude", line=2),
        decision("E1|training_id-0", "exclude", line=3),
        decision("E1|nobody", "confirm", line=4),
        # Look-back quarters are read by the run too; the one after the look-ahead is not.
        decision("E1|far-0", "confirm", BEFORE, line=5),
        decision("E1|far-0", "confirm", Quarter(2025, 3), line=6),
    ) == [
        ("E1|far-0", "in_force", None),
        ("E1|training_id-0", "stale", "not_flagged"),
        ("E1|nobody", "stale", "no_such_record"),
        ("E1|far-0", "in_force", None),
    ]


def test_a_correction_holds_once_the_record_shows_it(write: Write) -> None:
    lake = write("training_records", trainings(100.0))
    wanted = decision("E1|far-0", "correct", value="8")
    assert statuses(lake, wanted) == [("E1|far-0", "pending", "not_yet_corrected")]
    write("training_records", trainings(8.0))
    assert statuses(lake, wanted) == [("E1|far-0", "in_force", None)]
    write("training_records", trainings(9.0))
    assert statuses(lake, wanted) == [("E1|far-0", "stale", "not_flagged")]


def test_only_flagged_records_are_left_out(write: Write, tmp_path: Path) -> None:
    lake = write("training_records", trainings(100.0))
    write("training_records", trainings(90.0, 80.0), BEFORE)
    decisions = (
        decision("E1|far-0", "exclude"),
        decision("E1|far-1", "exclude", BEFORE, line=3),
        decision("E1|far-0", "confirm", BEFORE, line=4),
        decision("E1|training_id-3", "exclude", line=5),
    )
    files = write_excluded(Review(decisions), QUARTER, lake, LIMITS, tmp_path)
    assert list(files) == ["training_records"]
    assert pl.read_parquet(files["training_records"]).rows() == [
        ("2024-Q4", 41, "E1|far-1"),
        ("2025-Q1", 40, "E1|far-0"),
    ]
    assert write_excluded(Review(), QUARTER, lake, LIMITS, tmp_path / "none") == {}
    assert not (tmp_path / "none").exists()


def test_an_exclusion_does_not_flag_the_next_record(write: Write) -> None:
    """Beside 1000 h, 40 h are not far; they would be if 1000 h were taken out, and the list would never end."""
    lake = write("training_records", trainings(1000.0, 40.0))
    assert statuses(lake, decision("E1|far-0", "exclude"), decision("E1|far-1", "exclude", line=3)) == [
        ("E1|far-0", "in_force", None),
        ("E1|far-1", "stale", "not_flagged"),
    ]


def published(lake: Lake, tmp_path: Path, *decisions: Decision) -> tuple[Reviewed, pl.DataFrame, dict[str, Any]]:
    run = RunFolder(lake, QUARTER, "run").open()
    try:
        counts = write_outliers(lake, QUARTER, run, Review(decisions), LIMITS)
        points, groups = (pl.read_parquet(run.table(name)) for name in ("outliers", "outlier_groups"))
    finally:
        run.discard()
    (group,) = groups.rows(named=True)
    return counts, points, group


def test_points_are_ranked_and_decisions_counted(write: Write, tmp_path: Path) -> None:
    # Of 42: |Z| of 60 and of 70 h is above 3 on the plain scale; the farther one comes first.
    lake = write("training_records", trainings(60.0, 70.0))
    counts, points, group = published(lake, tmp_path, decision("E1|far-1", "exclude"))
    assert points.select("row_key", "needs_review", "decision").rows() == [
        ("E1|far-1", True, "exclude"),
        ("E1|far-0", True, None),
    ]
    assert counts == Reviewed(to_review=2, reviewed=1, excluded=1, corrected=0, stale=0)
    assert counts.open == 1
    names = ("n", "flagged_z", "to_review", "reviewed", "confirmed", "corrected", "excluded")
    assert [group[name] for name in names] == [42, 2, 2, 1, 0, 0, 1]


def test_a_corrected_record_stays_in_the_list(write: Write, tmp_path: Path) -> None:
    lake = write("training_records", trainings(8.0))
    counts, points, group = published(lake, tmp_path, decision("E1|far-0", "correct", value="8"))
    assert points.select("row_key", "value", "flags", "needs_review", "decision").rows() == [("E1|far-0", 8.0, "", True, "correct")]
    assert (group["flagged_z"], group["to_review"], group["corrected"]) == (0, 1, 1)
    assert counts == Reviewed(to_review=1, reviewed=1, excluded=0, corrected=1, stale=0)


def test_stale_decisions_decide_nothing(write: Write, tmp_path: Path) -> None:
    lake = write("training_records", trainings(100.0))
    counts, points, _ = published(lake, tmp_path, decision("E1|training_id-1", "exclude"))
    assert points.select("row_key", "decision").rows() == [("E1|far-0", None)]
    assert (counts.stale, counts.reviewed, counts.excluded) == (1, 0, 0)


def test_an_excluded_record_is_decided_in_all_its_points(write: Write, tmp_path: Path) -> None:
    at = dt.datetime(2025, 1, 2, 9)
    calls = [
        {
            "call_id": f"C{number}", "queued_at": at, "outcome": "answered", "in_service_hours": True,
            "answered_at": at + dt.timedelta(seconds=wait), "ended_at": at + dt.timedelta(seconds=wait + talk),
        }
        for number, (wait, talk) in enumerate([*[(5 + n % 3, 60 + n % 5) for n in range(30)], (900, 4000)])
    ]  # fmt: skip
    lake = write("hotline_calls", calls)
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
    run = RunFolder(lake, QUARTER, "run").open()
    counts = write_outliers(lake, QUARTER, run, Review((excluded,)), LIMITS)
    points = pl.read_parquet(run.table("outliers"))
    run.discard()
    assert points.select("measure", "decision", "reason").rows() == [
        ("wait_seconds", "exclude", "演练"),
        ("talk_seconds", "exclude", "演练"),
    ]
    assert counts.open == 0
