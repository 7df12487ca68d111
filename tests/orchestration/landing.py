"""The smallest landing folder a run is worth starting for: four tables, some sixty rows, one of them faulty.

What the rows evaluate to is no business of these tests: they compare runs with each other.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Row = dict[str, Any]

QUARTER = "2025-Q1"
EARLIER_QUARTER = "2024-Q4"
NEXT_QUARTER = "2025-Q2"
REFUSED_CALL = "call-2025-01-05"
EVENT_TABLES = ("service_requests", "hotline_calls")

# The quarter itself, the one before, the one a year before and the look-ahead: first day and rows of each event table.
_REQUESTS = {"2024-01-08": 4, "2024-10-08": 4, "2025-01-02": 14, "2025-04-07": 4}
_CALLS = {"2024-01-08": 3, "2025-01-02": 25, "2025-04-07": 5}


def regions() -> Iterator[Row]:
    for code, km2, urbanicity in (("R1", 865, "urban"), ("R2", 3210.5, "rural")):
        yield {
            "enterprise_id": "E1",
            "region_code": code,
            "name": f"区{code}",
            "area_km2": km2,
            "urbanicity": urbanicity,
        }


def customers() -> Iterator[Row]:
    for number, name in enumerate(("王小明", "李雷", "韩梅梅", "欧阳娜娜", "张伟", "刘洋"), 1):
        yield {
            "enterprise_id": "E1",
            "customer_id": f"C{number}",
            "region_code": f"R{1 + number % 2}",
            "registered_on": "2022-05-01",
            "name": name,
            "phone": f"1380013800{number}",
        }


def service_requests() -> Iterator[Row]:
    for first, count in _REQUESTS.items():
        for number in range(count):
            requested = dt.datetime.fromisoformat(f"{first} 09:30:00") + dt.timedelta(days=number, minutes=7 * number)
            responded = requested + dt.timedelta(minutes=11 + 13 * number)
            resolved = responded + dt.timedelta(hours=3 + 5 * number, seconds=number)
            yield {
                "enterprise_id": "E1",
                "request_id": f"request-{requested.date()}",
                "customer_id": f"C{1 + number % 6}",
                "product_category": ("空调", "冰箱", "洗衣机")[number % 3],
                "product_serial": f"S{number % 5}",
                "issue_class": ("不制冷", "噪音大")[number % 2],
                "service_type": ("repair", "maintenance")[number % 2],
                "channel": ("phone", "online", "outlet", "onsite")[number % 4],
                "region_code": f"R{1 + number % 2}",
                "urgency": "urgent" if number % 5 == 0 else "normal",
                "complexity": "complex" if number % 4 == 3 else "general",
                "requested_at": requested,
                "responded_at": responded,
                "resolved_at": resolved,
                "paused_seconds": 60 * number,
                "status": "resolved",
                "contact_count": 1 + (number % 3 == 2),
                "reopened_count": 0,
                "notices_required": 2,
                "notices_sent": 2 - number % 2,
                "has_service_error": "true" if number == 3 else "false",
                "description": f"请回电13912345{number:03d}，谢谢",
            }


def hotline_calls() -> Iterator[Row]:
    for first, count in _CALLS.items():
        for number in range(count):
            queued = dt.datetime.fromisoformat(f"{first} 10:00:00") + dt.timedelta(days=number)
            is_answered = number % 6 != 5
            call = f"call-{queued.date()}"
            yield {
                "enterprise_id": "E1",
                "call_id": call,
                "caller_phone": f"1370013{number:04d}",
                "queued_at": queued,
                "answered_at": queued + dt.timedelta(seconds=4 + number) if is_answered else None,
                "ended_at": queued + dt.timedelta(seconds=90 + number),
                # One row of the quarter breaks a rule: 1 of 25 is 4 %, below the limit of 5 %.
                "outcome": "hung_up" if call == REFUSED_CALL else "answered" if is_answered else "abandoned",
                "in_service_hours": "true",
            }


def write_landing(folder: Path) -> Path:
    """One CSV file a table."""
    for table in (regions, customers, service_requests, hotline_calls):
        write_csv(folder / f"{table.__name__}.csv", list(table()))
    return folder


def write_landing_in_parts(folder: Path) -> Path:
    """The same rows, each event table as a folder of two files."""
    for table in (regions, customers):
        write_csv(folder / f"{table.__name__}.csv", list(table()))
    for table in (service_requests, hotline_calls):
        rows = list(table())
        cut = len(rows) // 2
        write_csv(folder / table.__name__ / "part_1.csv", rows[:cut])
        write_csv(folder / table.__name__ / "part_2.csv", rows[cut:])
    return folder


def write_csv(path: Path, rows: list[Row]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
