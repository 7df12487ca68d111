"""The oracle itself: small cases counted by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.sample.draws import conform
from pipeline.sample.tables import SAMPLED
from pipeline.sample.truth import true_values
from pipeline.sample.truth.facts import INDICATORS, percentile
from schemas.standard.catalogue import catalogue_rows

QUARTER = Quarter(2025, 1)
Row = dict[str, Any]


def at(day: int, hour: float = 9, month: int = 1) -> dt.datetime:
    return dt.datetime(2025, month, day) + dt.timedelta(hours=hour)


def request(number: int, **given: Any) -> Row:
    """A repair of 3 January 2025 (a Friday), solved within two hours."""
    return {
        "enterprise_id": "E1",
        "request_id": f"R{number}",
        "customer_id": "C1",
        "product_category": "空调",
        "product_serial": "S1",
        "issue_class": "漏水",
        "service_type": "repair",
        "channel": "phone",
        "urgency": "normal",
        "complexity": "general",
        "requested_at": at(3),
        "responded_at": at(3, 10),
        "resolved_at": at(3, 12),
        "closed_at": at(3, 15),
        "status": "closed",
        "contact_count": 1,
        "reopened_count": 0,
    } | given


def measured(quarters: tuple[Quarter, ...] = (QUARTER,), **tables: list[Row]) -> dict[str, tuple[Any, Any, Any]]:
    """numerator, denominator and value of every indicator in the last of the quarters, from a few rows."""
    given = {"service_requests": [request(1)], **tables}
    frames = {
        name: pl.DataFrame([{**{"enterprise_id": "E1"}, **row} for row in given[name]], schema=table.polars_schema)
        if "enterprise_id" in table.polars_schema and given.get(name)
        else pl.DataFrame(given.get(name, []), schema=conform(name, {}, 0).schema)
        for name, table in SAMPLED.items()
    }
    values = true_values(frames, quarters).filter(pl.col("quarter") == quarters[-1].label)
    return {row["indicator_id"]: (row["numerator"], row["denominator"], row["value"]) for row in values.to_dicts()}


def test_the_oracle_knows_every_indicator_of_the_catalogue() -> None:
    assert set(INDICATORS) == {row.indicator_id for row in catalogue_rows()}


def test_percentiles_interpolate_linearly() -> None:
    # Position (4 − 1) · 0.95 = 2.85 among 1, 2, 3, 5: 3 + 0.85 · 2 = 4.7.
    assert percentile([5, 1, 3, 2], 0.95) == pytest.approx(4.7)
    assert percentile([7], 0.95) == 7


def test_repeats_count_within_their_windows_to_the_second() -> None:
    second = dt.timedelta(seconds=1)
    week = at(3) + dt.timedelta(days=7)
    # A: asked again exactly 7 × 24 h later: not first contact. B: one second later than that: it is.
    rows = [
        request(1),
        request(2, requested_at=week, responded_at=week, resolved_at=week + second, closed_at=None, status="resolved"),
        request(3, customer_id="C2", product_serial="S2"),
        request(
            4, customer_id="C2", product_serial="S2", requested_at=week + second, responded_at=None, resolved_at=None,
            closed_at=None, status="open",
        ),
    ]  # fmt: skip
    values = measured(service_requests=rows)
    # 2 and 3 of four; 1 was repeated, 4 is open.
    assert values["O1-1"] == (2, 4, 0.5)
    # Closed are 1 and 3, both repeated within 30 days.
    assert values["O1-3"] == (0, 2, 0.0)
    # Resolved repairs: 1, 2, 3. 1 and 3 were followed by a repair of the same serial within 30 days of resolution.
    assert values["O1-2"] == (2, 3, pytest.approx(2 / 3))


def test_a_repair_asked_for_before_the_first_was_solved_does_not_follow_it() -> None:
    rows = [request(1), request(2, requested_at=at(3, 11), responded_at=at(3, 11.5), resolved_at=at(3, 12))]
    assert measured(service_requests=rows)["O1-2"] == (0, 2, 0.0)


def test_the_product_of_a_repeat_is_serial_else_model_else_category() -> None:
    later = {"requested_at": at(5), "responded_at": None, "resolved_at": None, "closed_at": None, "status": "open"}
    rows = [
        request(1, product_serial=None, product_model="M1"),
        request(2, product_serial="S9", product_model="M1", **later),
        request(3, customer_id="C2", product_serial=None),
        request(4, customer_id="C2", product_serial=None, **later),
    ]
    # 2 names a serial that 1 does not: another product. 4 repeats 3 by category. Repairs without serial never repeat.
    values = measured(service_requests=rows)
    assert values["O1-1"] == (1, 4, 0.25)
    assert values["O1-2"] == (0, 2, 0.0)


def test_merged_and_test_requests_count_nowhere_and_cancelled_ones_do() -> None:
    rows = [
        request(1),
        request(2, customer_id="C2", merged_into="R1"),
        request(3, customer_id="C3", is_test=True),
        request(4, customer_id="C4", is_test=False, status="cancelled", responded_at=None, resolved_at=None, closed_at=None),
    ]
    values = measured(service_requests=rows)
    assert values["O1-1"] == (1, 2, 0.5)
    assert values["O1-3"] == (1, 1, 1.0)


def test_resolution_times_leave_out_pauses_and_rest_days() -> None:
    rows = [
        request(1, paused_seconds=1800),
        # Friday 3 January 10:00 to Tuesday 7 January 10:00: Saturday and Sunday do not count, two working days.
        request(2, complexity="complex", resolved_at=at(7, 10), closed_at=None, status="resolved", customer_id="C2"),
        # Paused for longer than the working time between: never below 0.
        request(3, complexity="complex", resolved_at=at(3, 11), paused_seconds=7200, customer_id="C3"),
        request(
            4,
            complexity="general",
            responded_at=None,
            resolved_at=None,
            closed_at=None,
            status="open",
            customer_id="C4",
        ),
    ]
    values = measured(service_requests=rows)
    # 2 h less 30 min.
    assert values["P2-3a"] == (5400, 1, 1.5)
    assert values["P2-3b"] == (2 * 86_400, 2, 1.0)


def test_notices_are_asked_of_requests_not_solved_at_first_contact() -> None:
    rows = [
        request(1, notices_required=2, notices_sent=0),
        request(2, contact_count=2, notices_required=2, notices_sent=2, customer_id="C2"),
        request(3, contact_count=2, notices_required=1, notices_sent=None, customer_id="C3"),
        request(4, contact_count=2, notices_required=0, customer_id="C4"),
    ]
    assert measured(service_requests=rows)["P4-2"] == (1, 2, 0.5)


def test_recovery_takes_the_mean_ratio_only_where_four_of_five_are_measured() -> None:
    ratios = [
        {"performance_ratio": 1.2},
        {"performance_ratio": 0.9},
        {"performance_ratio": 0.8},
        {"performance_ratio": 1.0},
    ]
    rows = [request(number, customer_id=f"C{number}", **more) for number, more in enumerate([*ratios, {}], start=1)]
    # (1 + 0.9 + 0.8 + 1) ÷ 4: 1.2 counts as 1.
    assert measured(service_requests=rows)["O1-4"] == (pytest.approx(3.7), 4, pytest.approx(0.925))
    rows += [
        request(6, customer_id="C6", acceptance_passed=True),
        request(7, customer_id="C7", acceptance_passed=False),
    ]
    # Now 4 of 7 are measured: of the two that were tested one passed.
    assert measured(service_requests=rows)["O1-4"] == (1, 2, 0.5)


def test_extra_charges_without_a_signature() -> None:
    amounts = [
        ("100.00", "100.00", None),
        ("100.00", "120.00", True),
        ("100.00", "120.00", None),
        ("100.00", "0.00", None),
    ]
    rows = [
        request(number, customer_id=f"C{number}", quoted_amount=quoted, charged_amount=charged, scope_change_signed=signed)
        for number, (quoted, charged, signed) in enumerate(amounts, start=1)
    ]
    from decimal import Decimal

    for row in rows:
        row["quoted_amount"], row["charged_amount"] = Decimal(row["quoted_amount"]), Decimal(row["charged_amount"])
    assert measured(service_requests=rows)["O3-2"] == (1, 3, pytest.approx(1 / 3))


def call(number: int, outcome: str, wait: float | None, **given: Any) -> Row:
    queued = at(6)
    answered = None if wait is None else queued + dt.timedelta(seconds=wait)
    return {
        "call_id": f"H{number}",
        "queued_at": queued,
        "answered_at": answered,
        "outcome": outcome,
        "in_service_hours": True,
    } | given


def test_calls_offered_are_those_meant_for_a_person_in_service_hours() -> None:
    calls = [
        call(1, "answered", 15),
        call(2, "answered", 16),
        call(3, "abandoned", None),
        call(4, "rejected", None),
        call(5, "self_service", None),
        call(6, "answered", 5, in_service_hours=False),
    ]
    values = measured(hotline_calls=calls)
    assert values["P1-1"] == (2, 4, 0.5)
    assert values["P1-2"] == (1, 4, 0.25)
    # All answered calls, whenever: (15 + 16 + 5) ÷ 3.
    assert values["P2-1a"] == (36, 3, 12.0)


def test_bookings_three_working_days_ahead_and_the_rest_days_after_them() -> None:
    # Asked on Thursday 2 January 2025: the working days after it are 3, 6, 7 and, the fourth, 8 January.
    offers = [dt.date(2025, 1, 7), dt.date(2025, 1, 8), None]
    bookings = [{"appointment_id": f"A{day}", "requested_at": at(2), "earliest_offered_on": day} for day in offers]
    # Asked on Wednesday 22 January: 23, 24 and the make-up Sunday 26 are the three, Saturday 25 lies among them.
    bookings.append({"appointment_id": "A4", "requested_at": at(22), "earliest_offered_on": dt.date(2025, 1, 26)})
    # Asked on Tuesday 21 January: 22, 23, 24; the 25th is a rest day before the fourth, the make-up Sunday 26.
    bookings.append({"appointment_id": "A5", "requested_at": at(21), "earliest_offered_on": dt.date(2025, 1, 25)})
    assert measured(appointments=bookings)["P1-4"] == (3, 5, 0.6)


def test_visits_count_by_what_the_company_did() -> None:
    def visit(number: int, outcome: str, minutes: float | None) -> Row:
        arrived = None if minutes is None else at(6) + dt.timedelta(minutes=minutes)
        return {
            "visit_id": f"V{number}",
            "request_id": "R1",
            "appointed_at": at(6),
            "arrived_at": arrived,
            "outcome": outcome,
        }

    visits = [
        visit(1, "done", 30),
        visit(2, "done", -31),
        visit(3, "missed", None),
        visit(4, "rescheduled_by_company", None),
        visit(5, "rescheduled_by_customer", None),
        visit(6, "cancelled_by_customer", None),
    ]
    assert measured(onsite_visits=visits)["P2-2"] == (1, 4, 0.25)


def test_certificates_must_cover_every_working_day_in_post() -> None:
    def member(number: int, **given: Any) -> Row:
        return {
            "staff_id": f"S{number}",
            "role": "field",
            "is_service_staff": True,
            "is_technical": False,
            "requires_certificate": True,
            "certificate_valid_from": dt.date(2024, 1, 1),
            "certificate_valid_until": dt.date(2025, 12, 31),
            "hired_on": dt.date(2024, 6, 3),
        } | given

    staff = [
        member(1),
        # Valid until Friday 28 March: Monday 31 March is not covered.
        member(2, certificate_valid_until=dt.date(2025, 3, 28)),
        # Left on Monday 31 March (exclusive): the last working day was Friday the 28th.
        member(3, certificate_valid_until=dt.date(2025, 3, 28), left_on=dt.date(2025, 3, 31)),
        member(4, certificate_valid_from=None, certificate_valid_until=None),
        member(5, requires_certificate=False),
        member(6, hired_on=dt.date(2025, 4, 1)),
    ]
    values = measured(staff=staff)
    assert values["R3-2"] == (2, 4, 0.5)
    # At the quarter's end: 1, 2, 4 and 5; none of them technical.
    assert values["R3-3"] == (0, 4, 0.0)


def test_training_is_asked_for_by_months_begun() -> None:
    def member(number: int, hired: dt.date) -> Row:
        return {
            "staff_id": f"S{number}", "role": "agent", "is_service_staff": True, "is_technical": False,
            "requires_certificate": False, "hired_on": hired,
        }  # fmt: skip

    # Three months ask for 10 hours, one begun in March for 40 ÷ 12 = 3.33.
    staff = [member(1, dt.date(2020, 1, 6)), member(2, dt.date(2025, 3, 28)), member(3, dt.date(2025, 3, 3))]
    training = [("S1", 10.0), ("S2", 3.5), ("S3", 3.0)]
    records = [
        {"training_id": f"T{number}", "staff_id": staff_id, "trained_on": dt.date(2025, 3, 31), "hours": hours}
        for number, (staff_id, hours) in enumerate(training)
    ]
    assert measured(staff=staff, training_records=records)["R3-4"] == (2, 3, pytest.approx(2 / 3))


def test_registers_are_read_in_the_version_of_the_last_day() -> None:
    outlet = {
        "outlet_id": "W1",
        "region_code": "1",
        "urbanicity": "urban",
        "opened_on": dt.date(2020, 1, 1),
        "service_radius_km": 3.0,
    }
    outlets = [
        {**outlet, "open_days_per_week": 5.0, "valid_to": dt.date(2025, 3, 31)},
        {**outlet, "open_days_per_week": 7.0, "valid_from": dt.date(2025, 3, 31)},
        # Closed on the last day: no longer active on it.
        {**outlet, "outlet_id": "W2", "closed_on": dt.date(2025, 3, 31)},
        {**outlet, "outlet_id": "W3", "opened_on": dt.date(2025, 3, 31), "open_days_per_week": None},
    ]
    regions = [{"region_code": "1", "name": "青秀区", "area_km2": 800.0, "urbanicity": "urban"}]
    values = measured(outlets=outlets, regions=regions)
    # Two outlets on 800 km²: 25 per 10,000 km².
    assert values["R1-1"] == (2, 800, 25.0)
    assert values["R1-3a"] == (1, 2, 0.5)


def test_scores_lie_on_0_to_100_and_touchpoints_weigh_by_requests() -> None:
    questions = [
        {
            "survey_id": "SV", "question_id": name, "survey_type": "satisfaction", "wording": "?", "measures": measures,
            "touchpoint": touchpoint, "scale_min": 1, "scale_max": 5,
        }
        for name, measures, touchpoint in (
            ("Q1", "O2-1", None), ("Q2", "O2-2", "phone"), ("Q3", "O2-2", "online"), ("Q4", "O2-3", None), ("Q5", "O2-4", None),
        )
    ]  # fmt: skip
    responses = [
        {
            "response_id": f"A{number}",
            "survey_id": "SV",
            "customer_id": customer,
            "submitted_at": at(day),
            "is_complete": complete,
        }
        for number, (customer, day, complete) in enumerate([("C1", 9, False), ("C1", 10, True), ("C1", 11, True), ("C2", 12, True)])
    ]
    scores = {"A0": [1, 1, 1, 1, 1], "A1": [5, 5, None, 4, 3], "A2": [1, 1, 1, 1, 1], "A3": [4, 3, 2, 4, 3]}
    answers = [
        {"response_id": response, "question_id": f"Q{number}", "score": score}
        for response, given in scores.items()
        for number, score in enumerate(given, start=1)
    ]
    requests = [request(1), request(2, customer_id="C2"), request(3, customer_id="C3", channel="online")]
    values = measured(service_requests=requests, survey_questions=questions, survey_responses=responses, survey_answers=answers)
    # Counted are A1 and A3: 5 and 4 are 100 and 75.
    assert values["O2-1"] == (175, 2, 87.5)
    # Phone (100 + 50) ÷ 2 = 75 for two requests, online 25 for one: (150 + 25) ÷ 3.
    assert values["O2-2"] == (175, 3, pytest.approx(175 / 3))
    # .4 · 87.5 + .2 · 58.33 + .2 · 75 + .2 · 50.
    assert values["O2-5"][2] == pytest.approx(35 + 35 / 3 + 15 + 10)


def test_complaint_channels_are_open_if_published_and_used_or_probed() -> None:
    channels = [
        ("phone", True, dt.date(2025, 3, 31)),
        ("online", True, dt.date(2024, 12, 31)),
        ("letter", False, dt.date(2025, 2, 1)),
        ("onsite", True, None),
    ]
    register = [{"channel": name, "published": published, "last_probe_passed_on": day} for name, published, day in channels]
    complaints = [
        {
            "complaint_id": "K1", "customer_id": "C1", "channel": "onsite", "is_urgent": True, "received_at": at(6),
            "first_reply_at": at(7), "satisfaction": 4,
        },
        {
            "complaint_id": "K2", "customer_id": "C1", "channel": "onsite", "is_urgent": False, "received_at": at(6),
            "first_reply_at": at(7) + dt.timedelta(seconds=1), "satisfaction": None,
        },
    ]  # fmt: skip
    values = measured(complaint_channels=register, complaints=complaints)
    assert values["I1-1"][2] == 2
    # Exactly 24 hours are in time.
    assert values["I1-2"] == (1, 2, 0.5)
    assert values["I1-3"] == (1, 1, 1.0)


def test_year_on_year_values_need_the_quarters_they_look_back_on() -> None:
    values = measured()
    assert [values[name][2] for name in ("I4-1", "I4-2", "I4-3", "I2-3")] == [None] * 4
    years = tuple(Quarter(2023, 2).shift(back) for back in range(8))
    before = [
        request(number, customer_id=f"C{number}", requested_at=dt.datetime(2024, 2, 1), has_service_error=True) for number in (1, 2)
    ]
    rows = [*before, request(3, has_service_error=True), request(4, customer_id="C4", has_service_error=None)]
    # All of the requests a year ago had an error, half of this year's: the rate fell by half.
    assert measured(years, service_requests=rows)["I4-1"] == (0.5, 1.0, 0.5)
