"""The hand-made landing folder of the golden tests: what two enterprises, A and B, deliver.

Only records live here; what they must evaluate to stands in the tests. B reuses A's ids on purpose: nothing may mix.
Quarter under test is 2025-Q1; older quarters serve look-backs, 2025-Q2 the look-ahead.

Long because it is one delivery: the tables refer to each other, and who counts by hand turns from one to the next.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

Row = dict[str, Any]

A, B = "A", "B"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


# --- registers ------------------------------------------------------------------------------------------------------


def regions() -> Iterator[Row]:
    def row(code: str, km2: float, urbanicity: str, **more: Any) -> Row:
        return {
            "enterprise_id": A,
            "region_code": code,
            "name": code,
            "area_km2": km2,
            "urbanicity": urbanicity,
            **more,
        }

    # The committed area of N shrank on New Year's day: 2024-Q4 still sees 6000.
    yield row("N", 6000, "urban", valid_to="2025-01-01")
    yield row("N", 4000, "urban", valid_from="2025-01-01")
    yield row("S", 3000, "suburban")
    yield row("W", 1000, "rural")
    yield {**row("N", 500, "urban"), "enterprise_id": B}


def outlets() -> Iterator[Row]:
    def row(outlet: str, region: str, urbanicity: str, km: float, days: float, hours: float, **more: Any) -> Row:
        return {
            "enterprise_id": A,
            "outlet_id": outlet,
            "region_code": region,
            "urbanicity": urbanicity,
            "service_radius_km": km,
            "open_days_per_week": days,
            "open_hours_per_day": hours,
            "has_service_system": True,
            "opened_on": "2020-01-01",
            **more,
        }

    yield row("O1", "N", "urban", 3, 7, 10)
    yield row("O2", "N", "urban", 5, 6, 8)  # exactly at all three limits
    yield row("O3", "N", "urban", 8, 6, 8.5)
    yield row("O4", "S", "suburban", 25, 6, 8, valid_to="2025-01-01")
    yield row("O4", "S", "suburban", 12, 6, 8, valid_from="2025-01-01")
    yield row("O5", "S", "suburban", 20, 5, 8)  # five days: too few
    yield row("O6", "S", "suburban", 30, 6, 7.5, has_service_system=None)  # unknown flag: not fulfilled
    yield row("O7", "W", "rural", 60, 7, 9)  # rural: no radius limit
    yield row("O8", "N", "urban", 9, 6, 8, closed_on="2025-03-31")  # closed on the last day: not active on it
    yield row("O9", "N", "urban", 4, 6, 8, opened_on="2025-03-31")  # opened on the last day: active
    yield row("O10", "S", "suburban", 99, 1, 1, opened_on="2025-04-01")  # not yet
    yield row("O11", "S", "suburban", 10, 6, 8, closed_on="2025-04-01")  # still active on 03-31
    yield row("O12", "N", "suburban", 6, 6, 12, valid_to="2025-03-31")
    yield row("O12", "N", "urban", 6, 6, 12, valid_from="2025-03-31")  # this version is in force on 03-31
    yield {**row("O1", "N", "urban", 50, 3, 3, has_service_system=False), "enterprise_id": B}


def staff() -> Iterator[Row]:
    def row(staff_id: str, role: str, hired: str, *, technical: bool = False, **more: Any) -> Row:
        return {
            "enterprise_id": A,
            "staff_id": staff_id,
            "outlet_id": "O1",
            "role": role,
            "is_service_staff": True,
            "is_technical": technical,
            "requires_certificate": False,
            "hired_on": hired,
            **more,
        }

    def certified(since: str | None, until: str | None) -> Row:
        return {"requires_certificate": True, "certificate_valid_from": since, "certificate_valid_until": until}

    yield row("S1", "technician", "2020-01-01", technical=True, **certified("2023-01-01", "2026-12-31"))
    # Expires on Saturday 02-15, employed on: no certificate from Monday 02-17.
    yield row("S2", "technician", "2020-01-01", technical=True, **certified("2020-06-01", "2025-02-15"))
    yield row("S3", "field", "2021-01-01", **certified(None, None))
    # Left on 02-15; the certificate outlived the employment.
    yield row("S4", "field", "2020-01-01", technical=True, left_on="2025-02-15", **certified("2022-01-01", "2025-02-20"))
    yield row("S5", "agent", "2022-01-01")
    yield row("S6", "agent", "2025-02-17")
    # Hired on Saturday 02-15, a rest day; certified from Monday 02-17: certified on every working day.
    yield row("S7", "technician", "2025-02-15", technical=True, **certified("2025-02-17", "2026-12-31"))
    # Hired on Saturday 02-08, a make-up working day; certified from Monday 02-10: one working day without.
    yield row("S8", "technician", "2025-02-08", technical=True, **certified("2025-02-10", "2026-12-31"))
    yield row("S9", "expert", "2020-01-01", technical=True)
    yield row("S10", "expert", "2025-04-01", technical=True)  # not yet
    yield row("S11", "technician", "2019-01-01", technical=True, valid_to="2025-01-01")
    yield row("S11", "expert", "2019-01-01", technical=True, valid_from="2025-01-01")  # promoted
    # No service staff: neither counted nor asked for the certificate.
    yield row("S12", "manager", "2020-01-01", is_service_staff=False, **certified(None, None))
    yield row("S13", "field", "2020-01-01", left_on="2025-03-31")  # 03-30 was the last day
    yield row("S14", "technician", "2020-01-01", technical=True, left_on="2025-01-01", **certified(None, None))
    yield row("S15", "technician", "2025-03-31", **certified("2020-01-01", "2030-12-31"))
    yield {**row("S1", "agent", "2020-01-01"), "enterprise_id": B}


def vehicles() -> Iterator[Row]:
    def row(vehicle: str, since: str, *, dedicated: bool = True, **more: Any) -> Row:
        return {"enterprise_id": A, "vehicle_id": vehicle, "is_dedicated": dedicated, "in_service_on": since, **more}

    yield row("V1", "2020-01-01")
    yield row("V2", "2025-01-31")  # counts on the very month-end
    yield row("V3", "2020-01-01", retired_on="2025-02-28")  # no longer on 02-28
    yield row("V4", "2020-01-01", dedicated=False)
    yield row("V5", "2025-03-15")
    yield row("V6", "2020-01-01", valid_to="2025-01-01")
    yield row("V6", "2020-01-01", dedicated=False, valid_from="2025-01-01")
    yield {**row("V1", "2020-01-01"), "enterprise_id": B}


def equipment() -> Iterator[Row]:
    def row(outlet: str, item: str, until: str | None, **more: Any) -> Row:
        return {"enterprise_id": A, "outlet_id": outlet, "core_item": item, "calibrated_until": until, **more}

    yield row("O1", "diagnosis", "2025-12-31")
    yield row("O1", "leak_test", "2025-03-31")  # valid through the last day
    yield row("O2", "diagnosis", "2025-03-30")  # one day short
    yield row("O2", "leak_test", None)  # no equipment
    yield row("O3", "diagnosis", "2026-01-01")
    yield row("O4", "diagnosis", "2024-12-31", valid_to="2025-01-01")
    yield row("O4", "diagnosis", "2025-12-31", valid_from="2025-01-01")
    yield row("O5", "diagnosis", "2027-01-01")
    yield row("O8", "diagnosis", "2027-01-01")  # the outlet is closed
    yield row("O9", "diagnosis", "2027-01-01")
    yield row("O11", "diagnosis", "2027-01-01")
    yield row("O12", "diagnosis", "2024-01-01", valid_to="2025-03-31")  # no longer offered on 03-31
    yield row("O7", "diagnosis", "2024-01-01", valid_from="2025-04-01")  # not offered yet
    yield {**row("O1", "diagnosis", "2020-01-01"), "enterprise_id": B}


def process_steps() -> Iterator[Row]:
    def row(step: str, since: str | None, *, key: bool = True) -> Row:
        return {"enterprise_id": A, "step_id": step, "name": step, "is_key": key, "monitored_since": since}

    yield row("K1", "2023-01-01")
    yield row("K2", "2025-03-31")  # from the last day on
    yield row("K3", "2025-04-01")  # one day late
    yield row("K4", None)
    for number in range(5, 11):
        yield row(f"K{number}", "2023-01-01")
    yield row("N1", None, key=False)
    yield {**row("K1", None), "enterprise_id": B}


def complaint_channels() -> Iterator[Row]:
    def row(channel: str, probed: str | None, *, published: bool = True) -> Row:
        return {"enterprise_id": A, "channel": channel, "published": published, "last_probe_passed_on": probed}

    yield row("phone", "2025-02-10")
    yield row("online", "2024-12-20")  # probed before the quarter, but a complaint came through it
    yield row("letter", "2024-11-01")  # neither
    yield row("onsite", "2025-02-10", published=False)  # works, but nobody is told
    yield row("other", None)
    yield {**row("letter", "2025-02-10"), "enterprise_id": B}


def price_items() -> Iterator[Row]:
    def row(item: str, *, chargeable: bool = True, published: bool = True, **more: Any) -> Row:
        return {
            "enterprise_id": A,
            "item_id": item,
            "is_chargeable": chargeable,
            "is_published": published,
            **more,
        }

    for number in range(1, 19):
        yield row(f"P{number}")
    yield row("P19", published=False, valid_to="2025-01-01")
    yield row("P19", valid_from="2025-01-01")
    yield row("P20", published=False)
    yield row("P21", chargeable=False, published=False)  # free of charge: no price to publish
    yield row("P22", published=False, valid_to="2025-03-31")  # out of the list on the last day
    yield {**row("P1", published=False), "enterprise_id": B}


# --- service requests -----------------------------------------------------------------------------------------------


def request(
    request_id: str,
    requested: str | datetime,
    *,
    customer: str | None = None,
    respond: str | float | None = 10,
    resolve: str | float | None = 2,
    status: str = "closed",
    **columns: Any,
) -> Row:
    """A request of A: answered after 10 minutes, resolved 2 hours later, closed then; everything else must be said.

    ``respond``: minutes after the request, or a time; ``resolve``: hours after the response, or a time.
    """
    requested = at(requested) if isinstance(requested, str) else requested
    responded = at(respond) if isinstance(respond, str) else None if respond is None else requested + minutes(respond)
    resolved: datetime | None = None
    if isinstance(resolve, str):
        resolved = at(resolve)
    elif resolve is not None and responded is not None:
        resolved = responded + minutes(60 * resolve)
    return {
        "enterprise_id": A,
        "request_id": request_id,
        "customer_id": customer or f"C-{request_id}",
        "product_category": "washer",
        "product_model": None,
        "product_serial": None,
        "issue_class": "noise",
        "service_type": "guidance",
        "channel": "phone",
        "region_code": "N",
        "outlet_id": "O1",
        "staff_id": "S1",
        "urgency": "normal",
        "complexity": "general",
        "requested_at": requested,
        "responded_at": responded,
        "resolved_at": resolved,
        "closed_at": resolved if status == "closed" else None,
        "paused_seconds": 0,
        "status": status,
        "contact_count": 1,
        "reopened_count": 0,
        "timestamp_source": "system",
        **columns,
    }


OPEN: Row = {"status": "open", "resolve": None}
ONLINE: Row = {"channel": "online"}
OUTLET: Row = {"channel": "outlet", "customer_confirmed": True}
ONSITE: Row = {"channel": "onsite"}


def plain_requests() -> Iterator[Row]:
    """F01 … F33, one every second day from 2025-01-03: each resolved at the first contact, never heard of again."""
    extra: dict[int, Row] = {number: {} for number in range(1, 34)}
    for number in range(13, 21):
        extra[number] |= ONLINE
    for number in range(21, 27):
        extra[number] |= {**OUTLET, "region_code": "S", "outlet_id": "O4"}
    for number in range(27, 33):
        extra[number] |= {**ONSITE, "region_code": "W", "outlet_id": "O7"}
    # P3-3: 21 documents, 19 of them right.
    for number in range(1, 20):
        extra[number] |= {"form_fields_required": 12, "form_fields_valid": 12}
    extra[20] |= {"form_fields_required": 12, "form_fields_valid": 11}
    extra[21] |= {"form_fields_required": 12, "form_fields_valid": None}
    # P4-2: needs notices, but was solved at the first contact: not asked for.
    extra[22] |= {"notices_required": 2, "notices_sent": 0}
    # P5-1, P5-2.
    for number in range(1, 9):
        extra[number] |= {"personalised_plan": True}
    extra[9] |= {"personalised_plan": False}
    extra[1] |= {"special_need": True, "special_need_met": True}
    extra[2] |= {"special_need": True, "special_need_met": True}
    extra[3] |= {"special_need": True, "special_need_met": False}
    extra[4] |= {"special_need": True, "special_need_met": None}  # unknown: not met
    extra[5] |= {"special_need": False}
    # O3-2: 20 paid requests, 2 of them dearer than agreed.
    extra[1] |= {"quoted_amount": "100.00", "charged_amount": "100.00"}
    extra[2] |= {"quoted_amount": "100.00", "charged_amount": "100.01", "scope_change_signed": True}
    extra[3] |= {"quoted_amount": "100.00", "charged_amount": "120.00", "scope_change_signed": False}
    extra[4] |= {"quoted_amount": "100.00", "charged_amount": "101.00", "scope_change_signed": None}  # not signed
    extra[5] |= {"quoted_amount": "100.00", "charged_amount": "90.00"}
    extra[6] |= {"quoted_amount": "0.00", "charged_amount": "0.00"}  # not paid
    extra[7] |= {"quoted_amount": "50.00", "charged_amount": "0.00"}  # waived: not paid
    for number in range(8, 23):
        extra[number] |= {"quoted_amount": "80.00", "charged_amount": "80.00"}
    # I4-1: four service errors in the quarter.
    for number in range(10, 14):
        extra[number] |= {"has_service_error": True}
    first = at("2025-01-03T09:00:00")
    for number, columns in extra.items():
        yield request(f"F{number:02d}", first + timedelta(days=2 * (number - 1)), **columns)


def requests_out_of_scope() -> Iterator[Row]:
    bad: Row = {
        "urgency": "urgent",
        "respond": 600,
        "charged_amount": "500.00",
        "quoted_amount": "1.00",
        "form_fields_required": 12,
        "form_fields_valid": 0,
        "personalised_plan": True,
        "special_need": True,
        "special_need_met": False,
        "has_service_error": True,
        "notices_required": 3,
        "notices_sent": 0,
        "contact_count": 3,
    }
    # The day after F01 and F02, same customer, product and issue: repeats, were they in scope.
    yield request("M1", "2025-01-04T09:00:00", customer="C-F01", merged_into="F01", **bad)
    yield request("X1", "2025-01-06T09:00:00", customer="C-F02", is_test=True, **bad)
    # A customer known from a test record only is no customer.
    yield request("X2", "2025-01-06T09:00:00", customer="C-TEST", is_test=True, **bad)
    # Follows repair RP13 with the same serial and issue, but was merged into it.
    yield request(
        "M2",
        "2025-02-12T09:00:00",
        merged_into="RP13",
        service_type="repair",
        product_category="fridge",
        product_serial="S-700",
        issue_class="motor",
        channel="onsite",
        performance_ratio=0.1,
    )


def repeat_contacts() -> Iterator[Row]:
    def pair(name: str, first: str, second: str, left: Row | None = None, right: Row | None = None) -> Iterator[Row]:
        yield request(f"{name}a", first, customer=f"C-{name}", **(left or {}))
        yield request(f"{name}b", second, customer=f"C-{name}", **(right or left or {}))

    # Exactly 7 × 24 h: within the window.
    yield from pair("R1", "2025-01-06T09:00:00", "2025-01-13T09:00:00", ONLINE)
    # One second later: outside it (but inside 30 days).
    yield from pair("R2", "2025-01-06T09:00:00", "2025-01-13T09:00:01", ONLINE)
    # The repeat falls into the next quarter: R3b belongs to 2025-Q2, R3a fails in 2025-Q1.
    yield from pair("R3", "2025-03-30T10:00:00", "2025-04-03T10:00:00")
    # Another issue, another model: no repeats.
    yield from pair("R4", "2025-01-20T09:00:00", "2025-01-21T09:00:00", ONLINE, {**ONLINE, "issue_class": "leak"})
    yield from pair(
        "R5",
        "2025-01-20T09:00:00",
        "2025-01-21T09:00:00",
        {**ONLINE, "product_model": "WM-1"},
        {**ONLINE, "product_model": "WM-2"},
    )
    # One serial written under two models: the serial decides, a repeat.
    yield from pair(
        "R6",
        "2025-01-20T09:00:00",
        "2025-01-21T09:00:00",
        {"product_model": "WM-1", "product_serial": "SN-1"},
        {"product_model": "WM-2", "product_serial": "SN-1"},
    )
    # Two machines of one model: no repeat.
    yield from pair(
        "R7",
        "2025-01-20T09:00:00",
        "2025-01-21T09:00:00",
        {"product_model": "WM-1", "product_serial": "SN-2"},
        {"product_model": "WM-1", "product_serial": "SN-3"},
    )
    # One model filed under two categories, no serial: the model decides, a repeat.
    yield from pair(
        "R8",
        "2025-01-20T09:00:00",
        "2025-01-21T09:00:00",
        {"product_model": "WM-1"},
        {"product_model": "WM-1", "product_category": "dryer"},
    )
    # Neither serial nor model, two categories: no repeat.
    yield from pair("R9", "2025-01-20T09:00:00", "2025-01-21T09:00:00", {}, {"product_category": "dryer"})
    # Twins of one moment: neither is later than the other.
    yield from pair("R10", "2025-02-20T09:00:00", "2025-02-20T09:00:00")
    # Exactly 30 × 24 h (repeated for O1-3), and one second more (not).
    yield from pair("R11", "2025-01-10T08:00:00", "2025-02-09T08:00:00")
    yield from pair("R12", "2025-01-10T08:00:00", "2025-02-09T08:00:01")


def awkward_requests() -> Iterator[Row]:
    yield request("K1", "2025-02-03T09:00:00", respond=None, status="cancelled")  # cancelled: stays in
    yield request("W1", "2025-02-03T10:00:00", **OPEN)  # open: stays in
    # The two edges of the quarter. E3 and E2 are one customer's, one second and one quarter apart.
    yield request("E1", "2025-03-31T23:59:59")
    yield request("E2", "2025-01-01T00:00:00", customer="C-E")
    yield request("E3", "2024-12-31T23:59:59", customer="C-E")
    yield request("E4", "2025-04-01T00:00:00")
    # The customer's word.
    yield request("D1", "2025-02-10T09:00:00", channel="outlet", customer_confirmed=False)
    yield request("D2", "2025-02-10T09:00:00", channel="outlet", customer_confirmed=True)
    yield request("D3", "2025-02-10T09:00:00", reopened_count=1)
    yield request("D4", "2025-02-10T09:00:00", contact_count=2, notices_required=0, notices_sent=0)
    yield request("D5", "2025-02-10T09:00:00", status="resolved", staff_id=None, timestamp_source="manual")
    # Urgent ones: 5, 15 and 40 minutes, and one nobody has answered.
    urgent: Row = {"urgency": "urgent", "staff_id": "S5"}
    yield request("U1", "2025-03-03T22:00:00", respond=5, resolve=1, **urgent)
    yield request("U2", "2025-03-04T09:45:00", respond=15, resolve=24, complexity="complex", **urgent)
    yield request("U3", "2025-03-08T03:00:00", respond=40, resolve=3, **urgent)
    yield request("U4", "2025-03-09T03:00:00", respond=None, **OPEN, **urgent)
    # 30 h, of which 22 h were paused; 4 h without a word on pauses.
    yield request("PA1", "2025-02-24T09:00:00", resolve=30, paused_seconds=22 * 3600, staff_id="S2")
    yield request("PN1", "2025-02-25T09:00:00", resolve=4, paused_seconds=None, staff_id="S2")
    # Progress notices: eight that took two contacts, and an open one.
    for number, (required, sent) in enumerate([(2, 2), (2, 3), (2, 1), (2, None), (1, 1), (1, 1), (1, 1), (1, 1)], start=1):
        yield request(
            f"N{number}",
            f"2025-02-{10 + number}T11:00:00",
            channel="online" if number <= 4 else "phone",
            contact_count=2,
            notices_required=required,
            notices_sent=sent,
        )
    yield request("W2", "2025-02-20T11:00:00", contact_count=2, notices_required=1, notices_sent=1, **OPEN)
    # Look-ahead has closed: records reach past 2025-04-30.
    yield request("Z1", "2025-05-15T09:00:00")


def complex_requests() -> Iterator[Row]:
    def row(name: str, responded: str, resolved: str | None, paused: int = 0) -> Row:
        return request(
            name,
            at(responded) - minutes(10),
            respond=responded,
            resolve=resolved,
            status="closed" if resolved else "open",
            paused_seconds=paused,
            complexity="complex",
            product_category="aircon",
        )

    # Friday noon before the Spring Festival to Wednesday noon after it; Sunday 01-26 is a make-up working day.
    yield row("C1", "2025-01-24T12:00:00", "2025-02-05T12:00:00")
    # Over Saturday 02-08, a make-up working day; half a day paused.
    yield row("C2", "2025-02-07T18:00:00", "2025-02-10T06:00:00", 12 * 3600)
    # Over a plain week-end, with a pause longer than the working time in it.
    yield row("C3", "2025-03-14T12:00:00", "2025-03-17T12:00:00", 2 * 86400)
    # Inside a week-end.
    yield row("C4", "2025-03-15T08:00:00", "2025-03-16T20:00:00")
    yield row("C5", "2025-03-18T00:00:00", "2025-03-28T00:00:00")
    yield row("C6", "2025-03-20T09:00:00", None)


def repairs() -> Iterator[Row]:
    def repair(name: str, requested: str, resolved: str | None, serial: str | None, ratio: float | None, **more: Any) -> Row:
        return request(
            name,
            requested,
            respond=10 if resolved is None else str(at(resolved) - minutes(120)),
            resolve=resolved,
            **{
                "status": "closed" if resolved else "open",
                "service_type": "repair",
                "product_category": "fridge",
                "product_serial": serial,
                "issue_class": "motor",
                "channel": "onsite",
                "performance_ratio": ratio,
                **more,
            },
        )

    # Again exactly 30 × 24 h after it was resolved: a repeat repair (of another owner by then; the serial decides).
    yield repair("RP1", "2025-01-07T08:00:00", "2025-01-08T09:00:00", "S-100", 1.2, acceptance_passed=True)
    yield repair("RP2", "2025-02-07T09:00:00", "2025-02-07T12:00:00", "S-100", 1.0, acceptance_passed=True)
    # One second later: none.
    yield repair("RP3", "2025-01-07T08:00:00", "2025-01-08T09:00:00", "S-200", 0.95, acceptance_passed=False)
    yield repair("RP4", "2025-02-07T09:00:01", "2025-02-07T12:00:00", "S-200", 0.9)
    # No serial: 25 days after RP5 was resolved (35 after it was requested), and cannot be told to be the same machine.
    yield repair("RP5", "2025-01-10T10:00:00", "2025-01-20T10:00:00", None, 1.0, customer="C-RP5")
    yield repair("RP6", "2025-02-14T10:00:00", "2025-02-14T13:00:00", None, 0.98, customer="C-RP5")
    # Another issue class.
    yield repair("RP7", "2025-02-10T10:00:00", "2025-02-10T13:00:00", "S-300", 0.99)
    yield repair("RP8", "2025-02-15T10:00:00", "2025-02-15T13:00:00", "S-300", 1.0, issue_class="door")
    # Repeated in the next quarter.
    yield repair("RP9", "2025-03-20T10:00:00", "2025-03-20T13:00:00", "S-400", 0.85)
    yield repair("RP10", "2025-04-10T10:00:00", "2025-04-10T13:00:00", "S-400", 1.0)
    # Followed by a maintenance, which is no repair.
    yield repair("RP11", "2025-02-10T10:00:00", "2025-02-10T13:00:00", "S-500", 1.1)
    yield repair("MT1", "2025-02-15T10:00:00", "2025-02-15T13:00:00", "S-500", None, service_type="maintenance")
    # Followed by a repair of enterprise B with the same serial (see ``requests_of_b``).
    yield repair("RP12", "2025-02-10T10:00:00", "2025-02-10T13:00:00", "S-600", 0.93)
    # Followed by M2, which was merged into it; not measured.
    yield repair("RP13", "2025-02-10T10:00:00", "2025-02-10T13:00:00", "S-700", None)
    # Not resolved.
    yield repair("RP14", "2025-03-25T10:00:00", None, "S-800", None)


def earlier_requests() -> Iterator[Row]:
    """The look-backs: plain requests, a few with a service error."""
    # quarter, first day, prefix, how many, with an error, customers
    for first, prefix, number, errors, customers in [
        ("2023-01-09", "A", 12, 2, "P"),
        ("2023-04-10", "B", 8, 1, "P"),
        ("2023-07-10", "C", 8, 0, "P"),
        ("2023-10-09", "D", 8, 0, "P"),
        ("2024-01-08", "G", 14, 1, "P"),
        ("2024-04-08", "H", 10, 1, "H"),
        ("2024-07-08", "J", 10, 1, "H"),  # the same ten customers, three months later
        ("2024-10-08", "Q", 39, 2, "Q"),
    ]:
        for index in range(1, number + 1):
            yield request(
                f"{prefix}{index:02d}",
                datetime.combine(date.fromisoformat(first) + timedelta(days=index), at("2024-01-01T10:00:00").time()),
                customer=f"C-{customers}{index:02d}",
                has_service_error=True if index <= errors else None,
                # 2024-Q1 half by phone, half online: the weights of its touchpoints.
                channel="online" if prefix == "G" and index > 7 else "phone",
                **(
                    # Five repairs in 2024-Q4, three of them measured, four tested.
                    {
                        "service_type": "repair",
                        "product_serial": f"SQ-{index}",
                        "performance_ratio": [0.9, 0.8, 1.0, None, None][index - 1],
                        "acceptance_passed": [True, True, False, True, None][index - 1],
                    }
                    if prefix == "Q" and index <= 5
                    else {}
                ),
            )


def requests_of_b() -> Iterator[Row]:
    # Ids, customers, products and issues of A: the day after F03, and five days after repair RP12.
    yield {**request("F03", "2025-01-08T09:00:00", has_service_error=True), "enterprise_id": B}
    yield {
        **request(
            "RP12",
            "2025-02-15T10:00:00",
            service_type="repair",
            product_category="fridge",
            product_serial="S-600",
            issue_class="motor",
            channel="onsite",
            performance_ratio=0.5,
            contact_count=2,
        ),
        "enterprise_id": B,
    }


def service_requests() -> Iterator[Row]:
    yield from plain_requests()
    yield from requests_out_of_scope()
    yield from repeat_contacts()
    yield from awkward_requests()
    yield from complex_requests()
    yield from repairs()
    yield from earlier_requests()
    yield from requests_of_b()


def onsite_visits() -> Iterator[Row]:
    def row(number: int, appointed: str, late: float | None, outcome: str = "done", staff_id: str = "S1") -> Row:
        return {
            "enterprise_id": A,
            "visit_id": f"VI{number:02d}",
            "request_id": "F27",
            "staff_id": staff_id,
            "outlet_id": "O1",
            "appointed_at": at(appointed),
            "arrived_at": None if late is None else at(appointed) + minutes(late),
            "outcome": outcome,
        }

    yield row(1, "2025-02-10T10:00:00", -30, staff_id="S3")  # exactly half an hour early
    yield row(2, "2025-02-10T14:00:00", 30, staff_id="S3")  # exactly half an hour late
    yield row(3, "2025-02-11T10:00:00", -31, staff_id="S3")  # too early
    yield row(4, "2025-02-11T14:00:00", 30 + 1 / 60, staff_id="S3")  # one second too late
    yield row(5, "2025-02-12T10:00:00", None, "missed")
    yield row(6, "2025-02-12T14:00:00", None, "rescheduled_by_company")
    yield row(7, "2025-02-13T10:00:00", None, "rescheduled_by_customer")
    yield row(8, "2025-02-13T14:00:00", None, "cancelled_by_customer")
    yield row(9, "2025-02-14T10:00:00", None)  # done, but nobody noted when
    for number in range(10, 41):
        yield row(number, f"2025-03-{number - 9:02d}T10:00:00", 5)
    yield row(41, "2025-03-31T23:50:00", 25)  # arrived in the next quarter: 04-01 00:15
    yield row(42, "2025-04-01T00:00:00", 90)  # the next quarter's
    yield {**row(1, "2025-02-10T10:00:00", 300), "enterprise_id": B, "request_id": "RP12"}


def appointments() -> Iterator[Row]:
    def row(number: int, requested: str, offered: str | None, chosen: str | None = None) -> Row:
        return {
            "enterprise_id": A,
            "appointment_id": f"AP{number}",
            "requested_at": at(requested),
            "earliest_offered_on": offered,
            "chosen_on": chosen,
        }

    # Thursday 01-23: working days 1–3 are 24, 26 (make-up), 27; the 4th is Wednesday 02-05.
    yield row(1, "2025-01-23T10:00:00", "2025-02-04")  # a rest day before the 4th
    yield row(2, "2025-01-23T10:00:00", "2025-02-05")  # the 4th: too late
    yield row(3, "2025-01-24T10:00:00", "2025-02-05")  # Friday: 26, 27, 02-05 is the 3rd
    yield row(4, "2025-02-08T10:00:00", "2025-02-13")  # make-up Saturday: 10, 11, 12; the 13th is the 4th
    yield row(5, "2025-03-08T10:00:00", "2025-03-12")  # plain Saturday: 10, 11, 12 is the 3rd
    yield row(6, "2025-03-10T10:00:00", None)  # nothing offered
    yield row(7, "2025-03-28T10:00:00", "2025-04-02", "2025-04-20")  # 31, 1, 2; the customer chose to wait
    yield row(8, "2025-03-11T10:00:00", "2025-03-11")  # the same day
    yield row(9, "2025-03-31T23:59:59", "2025-04-06")  # 1, 2, 3; 4–6 is 清明; the 4th would be 04-07
    yield row(10, "2025-04-01T00:00:00", None)  # the next quarter's
    yield {**row(1, "2025-01-23T10:00:00", None), "enterprise_id": B}


def hotline_calls() -> Iterator[Row]:
    clock = iter(at("2025-02-10T09:00:00") + minutes(5 * step) for step in range(100))
    number = 0

    def row(wait: float | None, outcome: str = "answered", *, in_hours: bool = True, **more: Any) -> Row:
        nonlocal number
        number += 1
        queued = more.pop("queued_at", None) or next(clock)
        is_answered = outcome == "answered"
        return {
            "enterprise_id": A,
            "call_id": f"T{number:03d}",
            "queued_at": queued,
            "answered_at": queued + timedelta(seconds=wait) if is_answered else None,
            "ended_at": None if wait is None else queued + timedelta(seconds=wait + (180 if is_answered else 0)),
            "outcome": outcome,
            "in_service_hours": in_hours,
            "staff_id": "S5" if is_answered else None,
            **more,
        }

    for _ in range(23):
        yield row(10)
    yield row(10, queued_at=at("2025-03-31T23:59:50"))  # answered as the next quarter begins
    for _ in range(4):
        yield row(15)  # exactly at the limit
    yield row(16)
    yield row(0)
    yield row(3, "abandoned")  # hung up at once
    yield row(40, "abandoned")
    yield row(60, "abandoned")
    yield row(None, "rejected")
    yield row(None, "rejected")
    for _ in range(5):
        yield row(30, "self_service")  # never asked for a person
    # Outside service hours.
    for _ in range(2):
        yield row(50, in_hours=False, staff_id="S6")
    for _ in range(3):
        yield row(20, "abandoned", in_hours=False)
    yield row(None, "rejected", in_hours=False)
    # The key of the first call once more: the first row in file order stays.
    yield {**row(90, "abandoned"), "call_id": "T001"}
    # Other quarters.
    yield row(100, "abandoned", queued_at=at("2025-04-01T00:00:00"))
    for index in range(1, 6):
        yield row(10, queued_at=at(f"2024-11-0{index}T10:00:00"))
        yield row(30, "abandoned", queued_at=at(f"2024-11-0{index}T11:00:00"))
    yield {**row(99, "abandoned"), "enterprise_id": B, "call_id": "T002"}


def online_sessions() -> Iterator[Row]:
    def row(number: int, kind: str, live: bool, seconds: int | None) -> Row:
        opened = at(f"2025-02-{number:02d}T20:00:00")
        return {
            "enterprise_id": A,
            "session_id": f"ON{number:02d}",
            "kind": kind,
            "is_live": live,
            "opened_at": opened,
            "first_human_reply_at": None if seconds is None else opened + timedelta(seconds=seconds),
        }

    yield row(1, "chat", True, 60)
    yield row(2, "chat", True, 180)
    yield row(3, "chat", True, 300)  # exactly 5 min
    yield row(4, "mini_program", True, 1860)
    yield row(5, "chat", True, None)  # nobody replied
    yield row(6, "email", False, 1800)  # exactly 30 min
    yield row(7, "email", False, 1801)
    yield row(8, "web_form", False, None)
    yield row(9, "mini_program", False, 60)  # left as a message: not live
    yield row(10, "chat", True, 0)
    yield {**row(1, "chat", True, 7200), "enterprise_id": B}


# --- what customers say ---------------------------------------------------------------------------------------------


def complaints() -> Iterator[Row]:
    def row(number: int, channel: str, received: str, reply: str | None, answer: int | None, **more: Any) -> Row:
        return {
            "enterprise_id": A,
            "complaint_id": f"CO{number:02d}",
            "customer_id": "C-F01",
            "region_code": "N",
            "channel": channel,
            "is_urgent": False,
            "received_at": at(received),
            "first_reply_at": None if reply is None else at(reply),
            "satisfaction": answer,
            **more,
        }

    def steps(investigated: str | None, negotiated: str, fed_back: str) -> Row:
        names = ("investigated_at", "negotiated_at", "fed_back_at", "closed_at")
        days = (investigated, negotiated, fed_back, fed_back)
        return {name: None if day is None else at(f"{day}T18:00:00") for name, day in zip(names, days, strict=True)}

    full = {**steps("2025-01-14", "2025-01-15", "2025-01-16"), "cause_class": "delay"}
    without_cause = steps("2025-01-14", "2025-01-14", "2025-01-14")  # all steps on one day are in order
    yield row(1, "phone", "2025-01-10T10:00:00", "2025-01-10T11:00:00", 5, region_code="S", **full)
    # exactly 24 h
    yield row(2, "online", "2025-01-11T10:00:00", "2025-01-12T10:00:00", 4, region_code="S", **without_cause)
    # one second more; nobody investigated
    not_investigated = {**steps(None, "2025-01-15", "2025-01-16"), "cause_class": "price"}
    yield row(3, "phone", "2025-01-12T10:00:00", "2025-01-13T10:00:01", 3, **not_investigated)
    yield row(4, "online", "2025-02-10T10:00:00", None, None)
    yield row(5, "onsite", "2025-02-11T10:00:00", "2025-02-11T10:10:00", 2, is_urgent=True, escalated=True)
    yield row(6, "phone", "2025-02-12T10:00:00", "2025-02-12T10:16:00", 5, is_urgent=True)
    yield row(7, "phone", "2025-03-28T18:00:00", "2025-03-30T12:00:00", 4)  # Friday to Sunday: 42 natural hours
    yield row(8, "phone", "2025-03-31T23:59:59", "2025-04-01T08:00:00", None)
    yield row(9, "letter", "2025-04-01T00:00:00", None, 1)  # the next quarter's
    yield row(10, "letter", "2024-12-31T23:59:59", None, 1)  # the last one's, though answered never
    yield {**row(1, "phone", "2025-01-10T10:00:00", None, 1), "enterprise_id": B, "customer_id": "C-F03"}


def suggestions() -> Iterator[Row]:
    def row(number: int, submitted: str, evaluated: str | None, adopted: bool | None, source: str = "customer") -> Row:
        return {
            "enterprise_id": A,
            "suggestion_id": f"SU{number}",
            "source": source,
            "submitted_at": at(submitted),
            "evaluated_at": None if evaluated is None else at(evaluated),
            "adopted": adopted,
        }

    yield row(1, "2025-01-05T10:00:00", "2025-02-05T10:00:00", True)
    yield row(2, "2025-03-31T23:59:59", "2025-04-05T10:00:00", True)  # evaluated in the next quarter
    yield row(3, "2025-02-05T10:00:00", "2025-02-06T10:00:00", False)
    yield row(4, "2025-02-05T11:00:00", "2025-02-06T10:00:00", None)  # unknown: not adopted
    yield row(5, "2025-02-05T12:00:00", None, None)  # not evaluated
    yield row(6, "2025-02-05T13:00:00", None, None)
    yield row(7, "2025-02-05T14:00:00", "2025-02-06T10:00:00", True, "employee")  # no customer's
    yield row(8, "2024-12-30T10:00:00", "2025-01-10T10:00:00", True)  # submitted in the last quarter
    yield {**row(1, "2025-01-05T10:00:00", "2025-02-05T10:00:00", False), "enterprise_id": B}


QUESTIONS = [
    # survey, question, type, measures, touchpoint, scale
    ("SV25Q1", "overall", "satisfaction", "O2-1", None, (1, 5)),
    ("SV25Q1", "phone", "satisfaction", "O2-2", "phone", (1, 5)),
    ("SV25Q1", "online", "satisfaction", "O2-2", "online", (1, 5)),
    ("SV25Q1", "outlet", "satisfaction", "O2-2", "outlet", (1, 5)),
    ("SV25Q1", "onsite", "satisfaction", "O2-2", "onsite", (1, 5)),
    ("SV25Q1", "staff", "satisfaction", "O2-3", None, (1, 5)),
    ("SV25Q1", "resolution", "satisfaction", "O2-4", None, (1, 5)),
    ("SV25Q1", "explained_plan", "satisfaction", "P4-1", None, (1, 5)),
    ("SV25Q1", "explained_cost", "satisfaction", "P4-1", None, (1, 5)),
    ("SV25Q1", "terms", "satisfaction", "P4-3", None, (1, 5)),
    ("SV25Q1", "listening", "satisfaction", "P4-4", None, (1, 5)),
    ("SV25Q1", "flexibility", "satisfaction", "P5-3", None, (1, 5)),
    ("SV25Q1", "price", "satisfaction", "O3-1b", None, (1, 5)),
    ("SV25Q1", "value", "satisfaction", "O3-3", None, (0, 10)),
    ("SV25Q1", "small_talk", "satisfaction", None, None, (1, 5)),
    ("PU25Q1", "overall", "pulse", "O2-1", None, (1, 5)),
    ("MY25Q1", "overall", "mystery", "O2-1", None, (1, 5)),
    ("SV24Q1", "overall", "satisfaction", "O2-1", None, (1, 5)),
    ("SV24Q1", "phone", "satisfaction", "O2-2", "phone", (1, 5)),
    ("SV24Q1", "online", "satisfaction", "O2-2", "online", (1, 5)),
    ("SV24Q1", "staff", "satisfaction", "O2-3", None, (1, 5)),
    ("SV24Q1", "resolution", "satisfaction", "O2-4", None, (1, 5)),
]

SCORES = {"-": None, "X": 10} | {str(score): score for score in range(10)}

ANSWERS = {
    # One character a respondent, 1 to 32: a score ("X" is 10), "." = question not put, "-" = put and left blank.
    "SV25Q1": {
        "overall": "55554432" + "5" * 14 + "4" * 6 + "3" * 2 + "21",
        "phone": "5" * 6 + "4" * 6 + "." * 20,
        "online": "." * 12 + "5544443333" + "." * 10,
        "outlet": "." * 22 + "55442" + "." * 5,
        "onsite": "." * 27 + "55554",
        "staff": "5" * 20 + "4" * 8 + "3" * 4,
        "resolution": "5" * 12 + "4" * 12 + "3" * 4 + "2" * 4,
        "explained_plan": "5" * 16 + "4" * 16,
        "explained_cost": "5" * 8 + "4" * 8 + "3" * 16,
        "terms": "4" * 32,
        "listening": "3" * 16 + "5" * 16,
        "flexibility": "5" * 10 + "1" * 10 + "-" * 12,
        "price": "4" * 16 + "5" * 16,
        "value": "8" * 16 + "X" * 8 + "5" * 8,
        "small_talk": "1" * 32,
    },
    "SV24Q1": {
        "overall": "44444",
        "phone": "444..",
        "online": "...44",
        "staff": "55555",
        "resolution": "54444",
    },
}


def survey_questions() -> Iterator[Row]:
    for survey, question, kind, measures, touchpoint, (low, high) in QUESTIONS:
        yield {
            "survey_id": survey,
            "question_id": f"{survey}-{question}",
            "survey_type": kind,
            "wording": question,
            "measures": measures,
            "touchpoint": touchpoint,
            "scale_min": low,
            "scale_max": high,
        }


def survey_responses() -> Iterator[Row]:
    def row(response: str, survey: str, customer: int, submitted: str, *, complete: bool = True, **more: Any) -> Row:
        return {
            "enterprise_id": A,
            "response_id": response,
            "survey_id": survey,
            "customer_id": f"C-V{customer:02d}",
            "region_code": "N",
            "mode": "online",
            "submitted_at": at(submitted),
            "is_complete": complete,
            **more,
        }

    # Customer 1 answers the round twice; the later answer stands first in the file, the earlier one counts.
    yield row("V01-again", "SV25Q1", 1, "2025-03-12T10:00:00")
    # Customer 2 gave up once before; customer 33 for good.
    yield row("V02-broken", "SV25Q1", 2, "2025-02-20T10:00:00", complete=False)
    yield row("V33-broken", "SV25Q1", 33, "2025-03-01T10:00:00", complete=False)
    for number in range(1, 33):
        # Three answered by phone, and eleven said when they began: 10, 11 … 20 minutes before.
        more: Row = {"region_code": "S" if number <= 8 else "N", "mode": "phone" if number <= 3 else "online"}
        if number >= 22:
            more["started_at"] = at("2025-03-01T10:00:00") - minutes(number - 12)
        yield row(f"V{number:02d}", "SV25Q1", number, "2025-03-01T10:00:00", **more)
    # The same round, submitted after the quarter: the next quarter's.
    yield row("V34-late", "SV25Q1", 34, "2025-04-01T00:00:00")
    # Four customers also answered a pulse: another round, so both count.
    for number in range(1, 5):
        yield row(f"PU{number:02d}", "PU25Q1", number, "2025-03-05T10:00:00")
    for number in range(1, 6):
        yield row(f"Y{number:02d}", "SV24Q1", number, "2024-03-01T10:00:00")
    yield {**row("V01", "SV25Q1", 1, "2025-03-01T10:00:00"), "enterprise_id": B, "customer_id": "C-F03"}


def survey_answers() -> Iterator[Row]:
    def row(response: str, survey: str, question: str, score: int | None, enterprise: str = A) -> Row:
        return {
            "enterprise_id": enterprise,
            "response_id": response,
            "question_id": f"{survey}-{question}",
            "score": score,
        }

    for survey, prefix in (("SV25Q1", "V"), ("SV24Q1", "Y")):
        for question, scores in ANSWERS[survey].items():
            for number, character in enumerate(scores, start=1):
                if character != ".":
                    yield row(f"{prefix}{number:02d}", survey, question, SCORES[character])
    for number, score in enumerate([5, 4, 4, 4], start=1):
        yield row(f"PU{number:02d}", "PU25Q1", "overall", score)
    for response in ("V01-again", "V02-broken", "V33-broken", "V34-late"):
        yield row(response, "SV25Q1", "overall", 1)
    yield row("V01", "SV25Q1", "overall", 1, B)


def mystery_visits() -> Iterator[Row]:
    yield {
        "enterprise_id": A,
        "visit_id": "MV1",
        "round_id": "2025-1",
        "outlet_id": "O1",
        "visited_at": at("2025-02-20T10:00:00"),
        "survey_id": "MY25Q1",
        "question_id": "MY25Q1-overall",
        "score": 1,
    }


# --- parts, safety, inspections, improvement --------------------------------------------------------------------------


def parts_demands() -> Iterator[Row]:
    def row(number: int, requested: str, filled: bool, *, common: bool = True, outlet: str = "O1") -> Row:
        return {
            "enterprise_id": A,
            "demand_id": f"PD{number:02d}",
            "part_id": f"part-{number}",
            "outlet_id": outlet,
            "is_common": common,
            "requested_at": at(requested),
            "filled_from_stock": filled,
        }

    for number in range(1, 36):
        yield row(number, "2025-02-10T10:00:00", True)
    yield row(36, "2025-03-31T23:59:59", True)
    yield row(37, "2025-02-10T10:00:00", True, outlet="O2")
    for number in (38, 39, 40):
        yield row(number, "2025-02-11T10:00:00", False, outlet="O2")
    yield row(41, "2025-02-11T10:00:00", False, common=False)
    yield row(42, "2025-02-11T10:00:00", False, common=False)
    yield row(43, "2025-04-01T00:00:00", False)  # the next quarter's
    yield {**row(1, "2025-02-10T10:00:00", False), "enterprise_id": B}


def parts_orders() -> Iterator[Row]:
    def row(name: str, ordered: str, shipped: str | None, received: str | None, *, urgent: bool = False) -> Row:
        return {
            "enterprise_id": A,
            "order_id": name,
            "part_id": "part-1",
            "is_urgent": urgent,
            "ordered_at": at(ordered),
            "shipped_at": None if shipped is None else at(shipped),
            "received_at": None if received is None else at(received),
        }

    yield row("U1", "2025-01-10T08:00:00", "2025-01-10T20:00:00", "2025-03-01T08:00:00", urgent=True)  # 12 h
    yield row("U2", "2025-01-28T08:00:00", "2025-01-29T08:00:00", None, urgent=True)  # 24 h over New Year's Eve
    yield row("U3", "2025-02-01T08:00:00", "2025-02-03T14:00:00", None, urgent=True)  # 54 h, holidays or not
    yield row("U4", "2025-03-31T23:59:59", None, None, urgent=True)  # never shipped
    # Working days after the order day up to the day of receipt:
    yield row("R1", "2025-01-24T10:00:00", None, "2025-02-08T09:00:00")  # 26, 27, 02-05, 06, 07, 08 = 6
    yield row("R2", "2025-02-10T23:59:00", None, "2025-02-24T00:01:00")  # 11–14, 17–21, 24 = 10
    yield row("R3", "2025-03-07T18:00:00", None, "2025-03-09T09:00:00")  # Friday to Sunday = 0
    yield row("R4", "2025-03-08T10:00:00", None, "2025-03-10T10:00:00")  # Saturday to Monday = 1
    yield row("R5", "2025-03-28T10:00:00", None, "2025-04-10T10:00:00")  # 31, 1–3, (清明) 7–10 = 8
    yield row("R6", "2025-03-10T10:00:00", "2025-03-11T10:00:00", None)  # never received
    yield row("R7", "2025-03-11T08:00:00", None, "2025-03-11T18:00:00")  # the order day = 0
    yield row("R8", "2024-12-31T23:59:59", None, "2025-02-28T10:00:00")  # ordered in the last quarter
    yield {**row("U1", "2025-01-10T08:00:00", "2025-01-20T08:00:00", None, urgent=True), "enterprise_id": B}


def safety_incidents() -> Iterator[Row]:
    for name, occurred in [
        ("I1", "2025-02-02T10:00:00"),
        ("I2", "2025-04-01T00:00:00"),
        ("I3", "2024-12-31T23:59:59"),
    ]:
        yield {"enterprise_id": A, "incident_id": name, "occurred_at": at(occurred), "severity": "minor"}
    for name in ("I1", "I2"):
        yield {"enterprise_id": B, "incident_id": name, "occurred_at": at("2025-02-02T10:00:00"), "severity": "minor"}


def safety_hazards() -> Iterator[Row]:
    def row(name: str, found: str, due: str, fixed: str | None) -> Row:
        return {
            "enterprise_id": A,
            "hazard_id": name,
            "found_at": at(found),
            "due_on": due,
            "fixed_at": None if fixed is None else at(fixed),
        }

    yield row("H1", "2024-12-01T10:00:00", "2025-01-10", "2025-01-10T17:00:00")  # found last quarter, due in this one
    yield row("H2", "2025-01-05T10:00:00", "2025-02-01", "2025-02-02T00:00:00")  # one moment late
    yield row("H3", "2025-03-01T10:00:00", "2025-03-31", None)
    yield row("H4", "2025-03-01T10:00:00", "2025-03-31", "2025-03-31T23:59:59")
    yield row("H5", "2025-03-01T10:00:00", "2025-04-10", None)  # due next quarter
    yield row("H6", "2024-12-01T10:00:00", "2024-12-31", None)  # was due last quarter
    for number in range(7, 43):
        yield row(f"H{number}", "2025-02-01T10:00:00", "2025-02-20", "2025-02-10T10:00:00")
    yield {**row("H1", "2025-01-01T10:00:00", "2025-01-10", None), "enterprise_id": B}


def quality_inspections() -> Iterator[Row]:
    def row(name: str, on: str, full: bool, outlet: str, inspected: int, conforming: int, violations: int) -> Row:
        return {
            "enterprise_id": A,
            "inspection_id": name,
            "inspected_on": on,
            "is_full": full,
            "outlet_id": outlet,
            "cases_inspected": inspected,
            "cases_conforming": conforming,
            "violations": violations,
        }

    yield row("QI1", "2025-01-15", True, "O1", 20, 19, 1)
    yield row("QI2", "2025-02-11", False, "O2", 10, 10, 0)
    yield row("QI3", "2025-03-31", True, "O1", 20, 18, 3)
    yield row("QI4", "2025-04-01", True, "O1", 20, 0, 9)
    yield row("QI5", "2024-01-20", True, "O1", 10, 10, 0)
    yield row("QI6", "2024-05-05", True, "O1", 10, 9, 1)
    yield row("QI7", "2024-05-25", True, "O1", 10, 10, 0)  # a second one in May
    yield row("QI8", "2024-10-31", True, "O1", 10, 8, 1)
    yield {**row("QI1", "2025-02-15", True, "O1", 10, 0, 10), "enterprise_id": B}


def training_records() -> Iterator[Row]:
    # PR-38, PR-68: what the trainings were for; of the others the source does not say.
    kinds = {"TR01": "on_the_job", "TR05": "evaluator", "TR06": "induction", "TR17": "evaluator"}
    for number, (staff_id, on, hours) in enumerate(
        [
            # 2025, by 03-31
            ("S1", "2025-01-15", 6),
            ("S1", "2025-02-15", 4),
            ("S2", "2025-03-15", 9.5),
            ("S4", "2025-01-15", 15),  # left before the quarter's end
            ("S5", "2025-01-15", 12),
            ("S6", "2025-03-15", 7),
            ("S7", "2025-03-15", 6.5),
            ("S8", "2025-03-15", 8),
            ("S9", "2025-01-01", 5),
            ("S9", "2025-03-31", 5),
            ("S11", "2025-01-15", 4),
            ("S15", "2025-03-31", 3.5),
            # after it
            ("S11", "2025-04-01", 40),
            # 2024
            ("S1", "2024-02-15", 20),
            ("S1", "2024-11-15", 20),
            ("S2", "2024-05-15", 19),
            ("S2", "2024-12-31", 20),
            ("S5", "2024-01-01", 48),
            ("S9", "2023-12-31", 48),  # another year's
        ],
        start=1,
    ):
        yield {
            "enterprise_id": A,
            "training_id": f"TR{number:02d}",
            "staff_id": staff_id,
            "trained_on": on,
            "hours": hours,
            "kind": kinds.get(f"TR{number:02d}"),
        }
    yield {"enterprise_id": B, "training_id": "TR01", "staff_id": "S1", "trained_on": "2025-01-15", "hours": 1}


def improvement_projects() -> Iterator[Row]:
    for number, (kind, started, effective) in enumerate(
        [
            ("innovation", "2025-01-10", "2025-02-15"),
            ("innovation", "2024-11-01", "2025-03-31"),
            ("innovation", "2025-01-10", "2025-04-01"),  # one day late
            ("innovation", "2025-01-10", None),  # without effect so far
            ("innovation", "2023-06-01", "2024-02-01"),  # counts for 2024, not for its last quarter alone
            ("innovation", "2024-06-01", "2024-12-31"),
            ("process_optimisation", "2024-11-01", "2025-01-01"),
            ("process_optimisation", "2025-01-10", "2025-03-31"),
            ("process_optimisation", "2025-02-01", None),
            ("process_optimisation", "2024-02-01", "2024-05-01"),
            ("process_optimisation", "2024-11-01", "2024-12-31"),
            ("improvement", "2025-01-10", "2025-02-15"),  # neither of the two kinds
        ],
        start=1,
    ):
        yield {
            "enterprise_id": A,
            "project_id": f"PJ{number:02d}",
            "kind": kind,
            "started_on": started,
            "effective_on": effective,
        }
    yield {
        "enterprise_id": B,
        "project_id": "PJ01",
        "kind": "innovation",
        "started_on": "2025-01-10",
        "effective_on": "2025-02-15",
    }


def checklist_items() -> Iterator[Row]:
    for indicator, on, items in [
        ("R4-2", "2024-11-15", [(2, 0.5), (1, 1)]),
        ("R4-2", "2025-03-31", [(2, 1), (2, 0.5)]),
        ("R4-3", "2024-06-30", [(1, 1), (1, 0), (2, 1)]),
        ("R4-3", "2025-02-01", [(1, 0.5), (3, 1)]),  # the third item was dropped
        ("R4-3", "2025-04-02", [(1, 0), (3, 0)]),  # after the quarter
        ("P3-2", "2025-01-10", [(1, 1), (1, 0.2)]),
        ("O4-3", "2024-12-31", [(5, 1), (3, 0.4)]),  # none since: still the latest
        ("I3-2", "2025-03-01", [(1, 1), (1, 1), (1, 0), (1, 0.5), (1, 0), (1, 0)]),
    ]:
        for number, (weight, achieved) in enumerate(items, start=1):
            yield {
                "enterprise_id": A,
                "indicator_id": indicator,
                "item": f"item-{number}",
                "assessed_on": on,
                "weight": weight,
                "achieved": achieved,
            }
    yield {
        "enterprise_id": B,
        "indicator_id": "R4-2",
        "item": "item-1",
        "assessed_on": "2025-03-31",
        "weight": 9,
        "achieved": 0,
    }


def customers() -> Iterator[Row]:
    used = {(row["enterprise_id"], row["customer_id"]) for row in [*service_requests(), *survey_responses()]}
    for enterprise, customer in sorted(used):
        yield {"enterprise_id": enterprise, "customer_id": customer, "registered_on": "2020-01-01"}


TABLES = {
    builder.__name__: builder
    for builder in (
        regions,
        outlets,
        staff,
        vehicles,
        equipment,
        process_steps,
        complaint_channels,
        price_items,
        customers,
        service_requests,
        onsite_visits,
        appointments,
        hotline_calls,
        online_sessions,
        complaints,
        suggestions,
        survey_questions,
        survey_responses,
        survey_answers,
        mystery_visits,
        parts_demands,
        parts_orders,
        safety_incidents,
        safety_hazards,
        quality_inspections,
        training_records,
        improvement_projects,
        checklist_items,
    )
}


def write_landing(
    folder: Path,
    tables: Mapping[str, Callable[[], Iterator[Row]]] = TABLES,
    *,
    without_tables: Iterable[str] = (),
    without_columns: Iterable[str] = (),
    known_until: str | None = None,
) -> None:
    """Write one UTF-8 CSV file a table, or a delivery that lacks something.

    ``without_columns`` takes names like ``service_requests.personalised_plan``. ``known_until`` leaves out whatever
    happened later: records of later events, and later times within earlier records.
    """
    folder.mkdir(parents=True, exist_ok=True)
    left_out = set(without_columns)
    for table in [name for name in tables if name not in set(without_tables)]:
        rows = list(tables[table]())
        if known_until is not None:
            rows = list(_known_until(at(known_until), rows))
        names = dict.fromkeys(name for row in rows for name in row if f"{table}.{name}" not in left_out)
        with (folder / f"{table}.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, list(names), extrasaction="ignore")
            writer.writeheader()
            writer.writerows({name: _text(value) for name, value in row.items()} for row in rows)


def _known_until(moment: datetime, rows: list[Row]) -> Iterator[Row]:
    """The event of a record is the first of its times, so a record without it has not happened yet."""
    for row in rows:
        times = [name for name, value in row.items() if isinstance(value, datetime)]
        later = {name for name in times if row[name] > moment}
        if times and times[0] in later:
            continue
        yield {name: None if name in later else value for name, value in row.items()}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return str(value)
