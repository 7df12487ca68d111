"""Hand-made daily totals of a hotline, and flags of sources that keep no times, beside records that have both.

Only records live here; what they must evaluate to stands in ``test_stand_ins``. Quarter under test is 2025-Q1.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from golden.landing import Row, at, minutes, write_landing

# One of the eight totals is refused on purpose.
PLAN = """
refused_limits:
  tables: {hotline_daily_totals: 0.2}
"""


def hotline_daily_totals() -> Iterator[Row]:
    """TOTALS counts by queue; BOTH has a total for a day with single calls; LIMIT counted within 20 s."""
    rows: tuple[tuple[str, date, str, bool, int, int, int | None, int | None, int | None, int | None], ...] = (
        ("TOTALS", date(2025, 1, 2), "A", True, 100, 95, 80, 15, 2, 5),
        ("TOTALS", date(2025, 1, 2), "B", True, 50, 40, 30, 15, None, None),
        # Within 20 s: answered in time, perhaps, but not counted as the standard does.
        ("TOTALS", date(2025, 1, 3), "A", True, 60, 57, 50, 20, 3, 10),
        ("TOTALS", date(2025, 1, 3), "A", False, 10, 4, None, None, None, None),
        # Not counted although the limit is said.
        ("TOTALS", date(2025, 1, 6), "A", True, 40, 38, None, 15, None, None),
        ("BOTH", date(2025, 1, 7), "A", True, 20, 18, 18, 15, None, None),
        ("BOTH", date(2025, 1, 8), "A", True, 30, 25, 20, 15, 1, 5),
        ("LIMIT", date(2025, 1, 2), "A", True, 40, 30, 25, 20, None, None),
    )
    columns = (
        *("enterprise_id", "called_on", "queue", "in_service_hours", "offered_calls", "answered_calls"),
        *("answered_within_limit", "answer_limit_seconds", "short_abandoned_calls", "short_abandon_seconds"),
    )
    for row in rows:
        yield dict(zip(columns, row, strict=True))


def hotline_calls() -> Iterator[Row]:
    """BOTH has single calls on one day, TOTALS in the quarter before, FLAGS without the time of the answer."""

    def call(firm: str, number: int, queued: str, wait: float | None, flag: bool | None, **given: object) -> Row:
        queued_at = at(queued) + timedelta(minutes=number)
        return {
            "enterprise_id": firm,
            "call_id": f"{firm}{number:02d}",
            "queued_at": queued_at,
            "answered_at": None if wait is None else queued_at + timedelta(seconds=wait),
            "ended_at": queued_at + timedelta(seconds=600 if wait is not None else 3),
            "outcome": "abandoned" if wait is None else "answered",
            "in_service_hours": True,
            "answered_in_time": flag,
            **given,
        }

    for number in range(20):
        # 16 after 10 s, 2 after 20 s, 2 given up after 3 s. The source says of one of the 20 s that it was in time.
        wait = 10 if number < 16 else 20 if number < 18 else None
        flag = None if wait is None else number < 17
        yield call("BOTH", number, "2025-01-07T09:00:00", wait, flag)
    for number in range(30):
        yield call("TOTALS", number, "2024-12-30T09:00:00", 10 if number < 27 else None, None)
    for number in range(30):
        # 28 answered, of which 24 in time, 3 not, of 1 it is not said.
        flag = True if number < 24 else False if number < 27 else None
        outcome = "answered" if number < 28 else "abandoned"
        yield call("FLAGS", number, "2025-01-09T09:00:00", None, flag, outcome=outcome)


def complaints() -> Iterator[Row]:
    def complaint(firm: str, number: int, received: str, hours: float | None, flag: bool | None) -> Row:
        received_at = at(received) + timedelta(days=number)
        return {
            "enterprise_id": firm,
            "complaint_id": f"{firm}{number:02d}",
            "region_code": "N" if number < 10 else "S",
            "is_urgent": number % 4 == 0,
            "received_at": received_at,
            "first_reply_at": None if hours is None else received_at + minutes(hours * 60),
            "replied_in_time": flag,
        }

    for number in range(40):
        # 36 in time, 3 not, of 1 it is not said.
        yield complaint("FLAGS", number, "2025-01-06T09:00:00", None, True if number < 36 else False if number < 39 else None)
    for number in range(40):
        # 38 after 2 h, one after 30 h, one never. The source denies 2 of the 38 and affirms both others.
        hours = 2 if number < 38 else 30 if number == 38 else None
        yield complaint("TIMES", number, "2025-01-06T09:00:00", hours, number not in (0, 1))
    for number in range(40):
        # Known by the day only: 30 in time, 10 not.
        yield complaint("DATES", number, "2025-01-06T00:00:00", None, number < 30)
    for number in range(30):
        yield complaint("NEITHER", number, "2025-01-06T09:00:00", None, None)


def online_sessions() -> Iterator[Row]:
    for number in range(30):
        yield {
            "enterprise_id": "FLAGS",
            "session_id": f"S{number:02d}",
            "is_live": True,
            "opened_at": at("2025-02-03T09:00:00") + minutes(number),
            "replied_in_time": number < 27,
        }


def appointments() -> Iterator[Row]:
    for number in range(30):
        yield {
            "enterprise_id": "FLAGS",
            "appointment_id": f"A{number:02d}",
            "requested_at": at("2025-02-03T09:00:00") + minutes(number),
            "offered_in_time": number < 24,
        }


def onsite_visits() -> Iterator[Row]:
    # 30 done, of which 25 in time; a missed one is never in time, and one that the customer put off does not count.
    outcomes = ["done"] * 30 + ["missed"] * 2 + ["rescheduled_by_customer"]
    for number, outcome in enumerate(outcomes):
        yield {
            "enterprise_id": "FLAGS",
            "visit_id": f"V{number:02d}",
            "appointed_at": at("2025-02-03T09:00:00") + minutes(number),
            "outcome": outcome,
            "arrived_in_time": number < 25 or outcome == "missed",
        }


def safety_hazards() -> Iterator[Row]:
    for number in range(4):
        yield {
            "enterprise_id": "FLAGS",
            "hazard_id": f"H{number}",
            "found_at": at("2025-02-03T09:00:00"),
            "due_on": date(2025, 2, 10),
            "fixed_in_time": number < 3,
        }


TABLES = {
    builder.__name__: builder
    for builder in (
        hotline_daily_totals,
        hotline_calls,
        complaints,
        online_sessions,
        appointments,
        onsite_visits,
        safety_hazards,
    )
}


def write_stand_ins(folder: Path) -> None:
    write_landing(folder, TABLES)
    (folder / "evaluation.yaml").write_text(PLAN, encoding="utf-8")
