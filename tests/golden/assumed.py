"""A hand-made export of tickets with constants in place of what it does not hold, and complaints dated by the day.

Only records live here; what they must evaluate to stands in ``test_assumed``. Quarter under test is 2025-Q1.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from golden.landing import Row, at, minutes, write_landing

SOURCES = """
tables:
  service_requests:
    files: tickets.csv
    columns:
      enterprise_id: firm
      request_id: ticket
      customer_id: client
      product_category: product
      issue_class: fault
      service_type: kind
      requested_at: opened
      responded_at: answered
      resolved_at: done
      status: state
      urgency: {expression: "'urgent'"}
      contact_count: {constant: 1}
      reopened_count: {constant: 0}
"""
PLAN = """
assumed:
  - indicator_id: O1-1
    enterprise_id: NAMED
    reason: 工单系统只登记一次接触即解决的请求
    author: 评价组
"""


def tickets() -> Iterator[Row]:
    """Closed tickets of a client about two products each; GAPS leaves four clients of ten out, NOBODY all."""

    def row(firm: str, number: int, client: str | None) -> Row:
        opened = at("2025-01-06T09:00:00") + timedelta(days=number)
        return {
            "firm": firm,
            "ticket": f"T{number:02d}",
            "client": client,
            "product": ("washer", "fridge")[number % 2],
            "fault": "noise",
            "kind": "guidance",
            "opened": opened,
            "answered": opened + minutes(10),
            "done": opened + minutes(130),
            "state": "closed",
        }

    for firm in ("CLOSED", "NAMED"):
        yield from (row(firm, number, f"C{number // 2}") for number in range(40))
    yield from (row("GAPS", number, None if number < 4 else f"C{number}") for number in range(10))
    yield from (row("NOBODY", number, None) for number in range(10))


def complaints() -> Iterator[Row]:
    """CLOSED notes days: 30 replies on the same one, 10 on the next. NAMED notes times: all replies after two hours."""

    def row(firm: str, number: int, received: str, reply_after: timedelta) -> Row:
        return {
            "enterprise_id": firm,
            "complaint_id": f"K{number:02d}",
            "customer_id": f"C{number // 2}",
            "channel": "phone",
            "is_urgent": False,
            "received_at": at(received),
            "first_reply_at": at(received) + reply_after,
            "satisfaction": 5,
        }

    for number in range(40):
        yield row("CLOSED", number, "2025-02-03T00:00:00", timedelta(days=0 if number < 30 else 1))
        yield row("NAMED", number, "2025-02-03T10:00:00", timedelta(hours=2))

    for number in range(2):
        made = row("GAPS", number, "2025-02-03T10:00:00", timedelta(hours=2))
        yield made | dict.fromkeys(("customer_id", "channel", "is_urgent"))


def online_sessions() -> Iterator[Row]:
    """Two live ones answered after 3 minutes, two after an hour that do not say whether they were live."""
    for number, live in enumerate((True, True, None, None)):
        opened = at("2025-02-03T10:00:00")
        yield {
            "enterprise_id": "GAPS",
            "session_id": f"S{number}",
            "is_live": live,
            "opened_at": opened,
            "first_human_reply_at": opened + minutes(3 if live else 60),
        }


def parts_orders() -> Iterator[Row]:
    """Sent after 12 hours if urgent, after 100 if that is unknown; NOBODY never says."""
    for firm, number, urgent in (("GAPS", 1, True), ("GAPS", 2, None), ("NOBODY", 1, None)):
        ordered = at("2025-02-03T10:00:00")
        yield {
            "enterprise_id": firm,
            "order_id": f"P{number}",
            "is_urgent": urgent,
            "ordered_at": ordered,
            "shipped_at": ordered + timedelta(hours=12 if urgent else 100),
        }


def parts_demands() -> Iterator[Row]:
    for number, (common, filled) in enumerate(((True, True), (True, None), (None, False), (False, False))):
        yield {
            "enterprise_id": "GAPS",
            "demand_id": f"D{number}",
            "is_common": common,
            "requested_at": at("2025-02-03T10:00:00"),
            "filled_from_stock": filled,
        }


def onsite_visits() -> Iterator[Row]:
    for number, outcome in enumerate(("done", "missed", None)):
        yield {
            "enterprise_id": "GAPS",
            "visit_id": f"V{number}",
            "appointed_at": at("2025-02-03T10:00:00"),
            "arrived_at": None if outcome == "missed" else at("2025-02-03T10:05:00"),
            "outcome": outcome,
        }


def suggestions() -> Iterator[Row]:
    for number, (source, adopted) in enumerate((("customer", True), (None, False))):
        yield {
            "enterprise_id": "GAPS",
            "suggestion_id": f"G{number}",
            "source": source,
            "submitted_at": at("2025-02-03T10:00:00"),
            "evaluated_at": at("2025-02-04T10:00:00"),
            "adopted": adopted,
        }


TABLES = {
    "tickets": tickets,
    "complaints": complaints,
    "online_sessions": online_sessions,
    "parts_orders": parts_orders,
    "parts_demands": parts_demands,
    "onsite_visits": onsite_visits,
    "suggestions": suggestions,
}


def write_tickets(folder: Path) -> None:
    write_landing(folder, TABLES)
    (folder / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    (folder / "evaluation.yaml").write_text(PLAN, encoding="utf-8")
