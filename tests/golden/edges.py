"""A second hand-made landing folder: one small enterprise for each edge of a ruling, named after it.

Only records live here; what they must evaluate to stands in ``test_edges``. Quarter under test is 2025-Q1; what an
enterprise does not deliver is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from golden.landing import Row, at, minutes, request

# Each works in region N of 1000 km²; MERGED also in S, CLOSED also in S (3000 km²).
ENTERPRISES = (
    *("RENEWED", "POST", "LEAVER", "NEVER"),
    *("UNTESTED", "NOBODY", "UNREGISTERED", "CLOSED", "RADIUS", "VEHICLE", "SEVENS", "MIXED", "ITEMS", "TESTS"),
    *("PLANNED", "LATE", "OPEN", "DONE"),
    *("PARTIAL", "CALLS", "COUNTS"),
    *("TIMES", "UNTIMED"),
)
LATEST_EVENT = at("2025-05-20T12:00:00")


def regions() -> Iterator[Row]:
    def row(enterprise: str, code: str, km2: float) -> Row:
        return {"enterprise_id": enterprise, "region_code": code, "name": code, "area_km2": km2, "urbanicity": "urban"}

    for enterprise in ENTERPRISES:
        yield row(enterprise, "N", 1000)
    yield row("TESTS", "S", 1000)
    yield row("CLOSED", "S", 3000)


def outlets() -> Iterator[Row]:
    def row(enterprise: str, outlet: str, km: float, **more: Any) -> Row:
        return {
            "enterprise_id": enterprise,
            "outlet_id": outlet,
            "region_code": "N",
            "urbanicity": "urban",
            "service_radius_km": km,
            "opened_on": "2020-01-01",
            **more,
        }

    yield row("RENEWED", "O1", 3)
    yield row("RENEWED", "O2", 3)
    yield row("CLOSED", "O1", 3, closed_on="2025-01-15")
    yield row("RADIUS", "O1", 3.35)
    yield row("RADIUS", "O2", 4.85)


def staff() -> Iterator[Row]:
    def row(enterprise: str, staff_id: str, certificate: tuple[str, str] | None, **more: Any) -> Row:
        since, until = certificate or (None, None)
        return {
            "enterprise_id": enterprise,
            "staff_id": staff_id,
            "role": "technician",
            "is_service_staff": True,
            "is_technical": True,
            "requires_certificate": True,
            "certificate_valid_from": since,
            "certificate_valid_until": until,
            "hired_on": "2020-01-01",
            **more,
        }

    always = ("2020-01-01", "2030-01-01")
    # The certificate ran out on Monday 02-10 and its renewal came in with the next version, which also moved to O2.
    yield row("RENEWED", "A", ("2020-01-01", "2025-02-10"), valid_to="2025-02-11", outlet_id="O1")
    yield row("RENEWED", "A", ("2025-02-11", "2027-01-01"), valid_from="2025-02-11", outlet_id="O2")
    # Without a certificate on a post that needs one until Monday 02-17, from then on a post that needs none.
    yield row("POST", "A", None, valid_to="2025-02-17")
    yield row("POST", "A", None, valid_from="2025-02-17", requires_certificate=False, role="manager")
    yield row("POST", "B", always)
    # Left, and the register closed the version on that day.
    yield row("LEAVER", "A", None, left_on="2025-02-15", valid_to="2025-02-15")
    yield row("LEAVER", "B", always)
    # Came and went on one day; came and went over Saturday 03-29 and Sunday.
    yield row("NEVER", "A", None, hired_on="2025-02-10", left_on="2025-02-10")
    yield row("NEVER", "B", always)
    yield row("NEVER", "C", None, hired_on="2025-03-29", left_on="2025-03-31")
    yield row("NOBODY", "A", always, left_on="2025-03-01")
    yield row("VEHICLE", "A", always, hired_on="2025-01-01")
    yield row("PARTIAL", "A", always)
    yield row("CALLS", "A", always)


def vehicles() -> Iterator[Row]:
    yield {"enterprise_id": "VEHICLE", "vehicle_id": "V", "is_dedicated": True, "in_service_on": "2020-01-01"}


def checklist_items() -> Iterator[Row]:
    yield {
        "enterprise_id": "COUNTS",
        "indicator_id": "I3-2",
        "item": "item",
        "assessed_on": "2025-02-01",
        "weight": 1,
        "achieved": 0.5,
    }


def service_requests() -> Iterator[Row]:
    def of(enterprise: str, request_id: str, requested: str, **more: Any) -> Row:
        more = {"outlet_id": None, "staff_id": None, **more}
        return {**request(request_id, requested, **more), "enterprise_id": enterprise}

    repair: Row = {"service_type": "repair", "product_serial": "S", "issue_class": "motor"}
    for number in range(1, 11):  # five of ten repairs measured, none tested
        yield of(
            "UNTESTED",
            f"r{number}",
            f"2025-02-{9 + number}T09:00:00",
            **{**repair, "product_serial": f"S{number}", "performance_ratio": 0.5 if number <= 5 else None},
        )
    yield of("COUNTS", "tested", "2025-02-10T09:00:00", **repair, acceptance_passed=True)
    for enterprise in ("NOBODY", "UNREGISTERED"):
        for number in range(1, 4):
            yield of(enterprise, f"r{number}", f"2025-02-1{number}T09:00:00")
    for enterprise in ("SEVENS", "MIXED"):
        yield of(enterprise, "r1", "2025-02-10T09:00:00")
    # Forty that took two contacts; half of the notices they needed were sent.
    for number in range(1, 41):
        yield of(
            "ITEMS",
            f"r{number:02d}",
            f"2025-01-{1 + number % 28:02d}T09:00:00",
            contact_count=2,
            notices_required=1,
            notices_sent=number % 2,
        )
    yield of("TESTS", "base", "2025-02-10T09:00:00")
    yield of("TESTS", "test", "2025-02-10T09:00:00", is_test=True)
    yield of("TESTS", "merged", "2025-02-10T10:00:00", region_code="S", merged_into="base")
    # How far the records of each reach.
    yield of("PLANNED", "r1", "2025-03-30T09:00:00")
    yield of("LATE", "r1", "2025-03-20T10:00:00", resolve="2025-04-25T10:00:00", **repair)
    yield of("LATE", "r2", "2025-05-01T10:00:00")
    yield of("OPEN", "r1", "2025-02-01T09:00:00", resolve="2025-02-02T09:00:00", **repair)
    yield of("OPEN", "r2", "2025-02-03T09:00:00", status="open", resolve=None, **{**repair, "product_serial": "T"})
    yield of("OPEN", "r3", LATEST_EVENT.isoformat())
    yield of("DONE", "r1", "2025-03-10T09:00:00", resolve="2025-03-10T12:00:00", **repair)
    yield of("DONE", "r2", "2025-04-09T12:00:00")
    # A year earlier only in one quarter of the four; this year in each.
    yield of("PARTIAL", "r0", "2023-05-10T10:00:00", has_service_error=True)
    for quarter, day in enumerate(("2024-05-10", "2024-08-10", "2024-11-10", "2025-02-10"), start=1):
        yield of("PARTIAL", f"r{quarter}", f"{day}T10:00:00", has_service_error=quarter == 1)
    yield of("CALLS", "r1", "2025-02-10T10:00:00", has_service_error=True)


def hotline_calls() -> Iterator[Row]:
    def row(enterprise: str, queued: str, **more: Any) -> Row:
        queued_at = at(queued)
        return {
            "enterprise_id": enterprise,
            "call_id": f"call-{queued}",
            "queued_at": queued_at,
            "answered_at": queued_at + timedelta(seconds=5),
            "ended_at": queued_at + minutes(3),
            "outcome": "answered",
            "in_service_hours": True,
            **more,
        }

    quarters = ["2023-05-10", "2023-08-10", "2023-11-10", "2024-02-10", "2024-05-10", "2024-08-10", "2024-11-10"]
    for day in [*quarters, "2025-02-10"]:
        yield row("CALLS", f"{day}T10:00:00")
    for day in quarters[1:4]:
        yield row("PARTIAL", f"{day}T10:00:00")
    yield row("TESTS", "2025-02-10T09:00:00")
    yield row("TESTS", "2025-02-10T09:10:00", request_id="base")
    yield row("TESTS", "2025-02-10T09:20:00", request_id="test", outcome="abandoned", answered_at=None)
    gave_up = at("2025-02-10T09:00:00")
    yield row("ABANDON", "2025-02-10T08:00:00")
    for seconds in (4, 5):
        hung_up = {"outcome": "abandoned", "answered_at": None, "ended_at": gave_up + timedelta(seconds=seconds)}
        yield row("ABANDON", "2025-02-10T09:00:00", call_id=f"after {seconds} s", **hung_up)
    # Two of three answered calls, and none of two, have the time of their answer.
    yield row("TIMES", "2025-02-10T09:00:00")
    yield row("TIMES", "2025-02-10T09:10:00")
    yield row("TIMES", "2025-02-10T09:20:00", answered_at=None)
    yield row("UNTIMED", "2025-02-10T09:00:00", answered_at=None)
    yield row("UNTIMED", "2025-02-10T09:10:00", answered_at=None)
    yield row("UNTIMED", "2025-02-10T09:20:00", outcome="abandoned", answered_at=None)


def online_sessions() -> Iterator[Row]:
    def row(number: int, request_id: str | None, seconds: int) -> Row:
        opened = at("2025-02-10T09:00:00") + minutes(number)
        return {
            "enterprise_id": "TESTS",
            "session_id": f"s{number}",
            "kind": "chat",
            "is_live": True,
            "opened_at": opened,
            "first_human_reply_at": opened + timedelta(seconds=seconds),
            "request_id": request_id,
        }

    yield row(1, None, 60)
    yield row(2, "base", 120)
    yield row(3, "test", 7200)


def onsite_visits() -> Iterator[Row]:
    def row(enterprise: str, visit: str, request_id: str, appointed: str, late: float | None, outcome: str) -> Row:
        return {
            "enterprise_id": enterprise,
            "visit_id": visit,
            "request_id": request_id,
            "appointed_at": at(appointed),
            "arrived_at": None if late is None else at(appointed) + minutes(late),
            "outcome": outcome,
        }

    yield row("TESTS", "v1", "base", "2025-02-11T10:00:00", 0, "done")
    yield row("TESTS", "v2", "test", "2025-02-11T10:00:00", 300, "done")
    yield row("TESTS", "v3", "merged", "2025-02-11T10:00:00", 300, "done")
    # Planned beyond everything that is known.
    yield row("PLANNED", "v1", "r1", "2025-06-20T10:00:00", None, "cancelled_by_customer")


def appointments() -> Iterator[Row]:
    def row(name: str, request_id: str, offered: str | None) -> Row:
        return {
            "enterprise_id": "TESTS",
            "appointment_id": name,
            "request_id": request_id,
            "requested_at": at("2025-02-10T09:00:00"),
            "earliest_offered_on": offered,
        }

    yield row("a1", "base", "2025-02-11")
    yield row("a2", "test", None)
    yield row("a3", "merged", "2025-02-28")


SCORES = {
    # survey, scale, answers of each item of the index
    ("SEVENS", "S7"): ((1, 7), [6] * 36 + [7] * 4),
    # Two rounds with scales of other lengths.
    ("MIXED", "S7"): ((1, 7), [6] * 20 + [5] * 10),
    ("MIXED", "S4"): ((1, 4), [4] * 20 + [3] * 10),
}
INDEX_ITEMS = ("O2-1", "O2-2", "O2-3", "O2-4")
# Items that name indicators which no survey measures.
FOREIGN_ITEMS = ("I3-2", "P4-2", "I4-2")


def survey_questions() -> Iterator[Row]:
    scales = {survey: scale for (_, survey), (scale, _) in SCORES.items()}
    for survey, items, (low, high) in [
        *((survey, INDEX_ITEMS, scale) for survey, scale in scales.items()),
        ("FOREIGN", FOREIGN_ITEMS, (1, 5)),
    ]:
        for item in items:
            yield {
                "survey_id": survey,
                "question_id": f"{survey}-{item}",
                "survey_type": "satisfaction",
                "wording": item,
                "measures": item,
                "touchpoint": "phone" if item == "O2-2" else None,
                "scale_min": low,
                "scale_max": high,
            }


def survey_responses() -> Iterator[Row]:
    for enterprise, survey, count in [
        *((enterprise, survey, len(scores)) for (enterprise, survey), (_, scores) in SCORES.items()),
        ("ITEMS", "FOREIGN", 40),
    ]:
        for number in range(1, count + 1):
            yield {
                "enterprise_id": enterprise,
                "response_id": f"{survey}-{number}",
                "survey_id": survey,
                "customer_id": f"C-{number}",
                "mode": "online",
                "submitted_at": at("2025-03-01T10:00:00"),
                "is_complete": True,
            }


def survey_answers() -> Iterator[Row]:
    for (enterprise, survey), (_, scores) in SCORES.items():
        for number, score in enumerate(scores, start=1):
            for item in INDEX_ITEMS:
                yield _answer(enterprise, survey, number, item, score)
    for number in range(1, 41):
        for item in FOREIGN_ITEMS:
            yield _answer("ITEMS", "FOREIGN", number, item, 1)


def _answer(enterprise: str, survey: str, number: int, item: str, score: int) -> Row:
    return {
        "enterprise_id": enterprise,
        "response_id": f"{survey}-{number}",
        "question_id": f"{survey}-{item}",
        "score": score,
    }


def improvement_projects() -> Iterator[Row]:
    def row(enterprise: str, name: str, started: str, effective: str | None) -> Row:
        return {
            "enterprise_id": enterprise,
            "project_id": name,
            "kind": "process_optimisation",
            "started_on": started,
            "effective_on": effective,
        }

    yield row("COUNTS", "p1", "2024-06-01", "2025-01-01")
    yield row("COUNTS", "p2", "2024-06-01", "2025-02-01")
    yield row("COUNTS", "p3", "2024-06-01", "2025-03-31")
    yield row("PLANNED", "p1", "2025-06-25", None)  # planned


TABLES = {
    builder.__name__: builder
    for builder in (
        regions,
        outlets,
        staff,
        vehicles,
        checklist_items,
        service_requests,
        hotline_calls,
        online_sessions,
        onsite_visits,
        appointments,
        survey_questions,
        survey_responses,
        survey_answers,
        improvement_projects,
    )
}
