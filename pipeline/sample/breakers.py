"""Makes a good row break one rule of the contract, and no other.

One entry per rule name; ``defects`` chooses the rows and places the broken copies.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from schemas.contract import Column, Table

Row = dict[str, Any]

UNREADABLE = {
    "timestamp": "2025-13-45 25:61",
    "date": "不详",
    "integer": "三",
    "double": "约12",
    "boolean": "可能",
    "decimal(12,2)": "面议",
}
"""A text per contract type that no reader accepts as a value."""

_NOT_A_VALUE = "未知"
_NOT_A_KEY = "UNKNOWN-0001"
# Kinds that always break another rule too: a negative number of cases inspected is also below the number conforming.
_NEVER_ALONE = {("quality_inspections", "range", "cases_inspected")}
# Cells emptied because another rule compares them with the one out of range.
_COMPARED_WITH = {"form_fields_required": "form_fields_valid"}


def can_break(table: Table, rule: str, column: str) -> bool:
    """Whether the rule can be broken on that column without breaking another one."""
    return (table.name, rule, column) not in _NEVER_ALONE


def break_rule(table: Table, rule: str, column: str, row: Row) -> Row:
    """A copy of a good row that breaks the rule on the column; raises KeyError for an unknown rule."""
    broken = dict(row)
    if rule == "required":
        broken[column] = None
    elif rule == "allowed_values":
        broken[column] = _NOT_A_VALUE
    elif rule == "foreign_key":
        broken[column] = _NOT_A_KEY
    elif rule == "range":
        broken[column] = _out_of_range(table.column(column))
        if column in _COMPARED_WITH:
            broken[_COMPARED_WITH[column]] = None
    else:
        _ROW_LOGIC[rule](broken, column)
    return broken


def _out_of_range(column: Column) -> float | int:
    if column.maximum is not None:
        beyond = float(column.maximum) + 1
    elif column.minimum is not None:
        beyond = float(column.minimum) - 1
    else:
        beyond = float(column.above) if column.above is not None else -1.0
    return int(beyond) if column.type == "integer" else beyond


def _hours(moment: dt.datetime, hours: float) -> dt.datetime:
    return moment + dt.timedelta(hours=hours)


def _days(day: dt.date, days: int) -> dt.date:
    return day + dt.timedelta(days=days)


def _steps(start: str, steps: dict[str, float | None]) -> Callable[[Row, str], None]:
    """Sets times to the given hours after the start; None: null."""

    def set_times(row: Row, _: str) -> None:
        for name, hours in steps.items():
            row[name] = None if hours is None else _hours(row[start], hours)

    return set_times


def _call(outcome: str, steps: dict[str, float | None]) -> Callable[[Row, str], None]:
    set_times = _steps("queued_at", steps)

    def break_call(row: Row, column: str) -> None:
        row["outcome"] = outcome
        set_times(row, column)

    return break_call


def _closed_before_opened(row: Row, column: str) -> None:
    if column == "closed_on":
        row["closed_on"] = _days(row["opened_on"], -1)
    else:
        row["first_human_reply_at"], row["closed_at"] = None, _hours(row["opened_at"], -1)


def _complaint_step(row: Row, column: str) -> None:
    """Puts the column's step an hour before the previous one; later steps become null."""
    steps = ("received_at", "investigated_at", "negotiated_at", "fed_back_at", "closed_at")
    place = steps.index(column)
    for ahead, step in enumerate(steps[1:], start=1):
        row[step] = _hours(row["received_at"], 24 * ahead) if ahead < place else None
    row[column] = _hours(row[steps[place - 1]], -1)


def _set(**values: object) -> Callable[[Row, str], None]:
    def set_values(row: Row, _: str) -> None:
        row.update(values)

    return set_values


def _empty_version(row: Row, _: str) -> None:
    row["valid_from"] = row["valid_to"] = row["valid_from"] or row["valid_to"] or dt.date(2024, 1, 1)


def _day_before(column: str, earlier: str) -> Callable[[Row, str], None]:
    def set_day(row: Row, _: str) -> None:
        row[earlier] = row[earlier] or dt.date(2020, 1, 1)
        row[column] = _days(row[earlier], -1)

    return set_day


def _effective_before_started(row: Row, _: str) -> None:
    # The effective day decides the quarter, so the start is moved.
    row["effective_on"] = row["effective_on"] or row["started_on"]
    row["started_on"] = _days(row["effective_on"], 5)


def _due_before_found(row: Row, _: str) -> None:
    row["found_at"], row["fixed_at"] = dt.datetime.combine(_days(row["due_on"], 1), dt.time(9)), None


def _compared_with_itself(row: Row, _: str) -> None:
    row["right_item"] = row["left_item"]
    # With 1 it would be a cell of the diagonal, which is no fault.
    if float(row["ratio"]) == 1:
        row["ratio"] = 2.0


def _single_point_scale(row: Row, _: str) -> None:
    row["scale_max"] = row["scale_min"]


def _above_scale(row: Row, column: str) -> None:
    row[column] = 9


_ROW_LOGIC: dict[str, Callable[[Row, str], None]] = {
    "responded_before_requested": _steps("requested_at", {"responded_at": -1, "resolved_at": None, "closed_at": None}),
    "resolved_before_responded": _steps("requested_at", {"responded_at": 2, "resolved_at": 1, "closed_at": None}),
    "resolved_before_requested": _steps("requested_at", {"responded_at": None, "resolved_at": -1, "closed_at": None}),
    "closed_before_resolved": _steps("requested_at", {"responded_at": 1, "resolved_at": 3, "closed_at": 2}),
    "closed_before_requested": _steps("requested_at", {"responded_at": None, "resolved_at": None, "closed_at": -1}),
    "form_fields_valid_above_required": _set(form_fields_required=10, form_fields_valid=12),
    "completed_before_arrived": _steps("appointed_at", {"arrived_at": 0.1, "completed_at": -1}),
    "answered_before_queued": _call("answered", {"answered_at": -0.01, "ended_at": 0.1}),
    "unanswered_call_with_answer_time": _call("abandoned", {"answered_at": 0.01, "ended_at": 0.1}),
    "ended_before_answered": _call("answered", {"answered_at": 0.02, "ended_at": 0.01}),
    "ended_before_queued": _call("abandoned", {"answered_at": None, "ended_at": -0.01}),
    "replied_before_opened": _steps("opened_at", {"first_human_reply_at": -1, "closed_at": 1}),
    "closed_before_opened": _closed_before_opened,
    "first_reply_before_received": _steps("received_at", {"first_reply_at": -1}),
    "complaint_step_out_of_order": _complaint_step,
    "evaluated_before_submitted": _steps("submitted_at", {"evaluated_at": -24}),
    "submitted_before_started": _steps("submitted_at", {"started_at": 1}),
    "score_outside_scale": _above_scale,
    "no_indicator_id": _set(measures="满意度"),
    "scale_max_not_above_scale_min": _single_point_scale,
    "shipped_before_ordered": _steps("ordered_at", {"shipped_at": -1, "received_at": None}),
    "received_before_shipped": _steps("ordered_at", {"shipped_at": 5, "received_at": 2}),
    "received_before_ordered": _steps("ordered_at", {"shipped_at": None, "received_at": -1}),
    "due_before_found": _due_before_found,
    "fixed_before_found": _steps("found_at", {"fixed_at": -1}),
    "conforming_above_inspected": _set(cases_inspected=10, cases_conforming=11),
    "effective_before_started": _effective_before_started,
    "valid_to_not_after_valid_from": _empty_version,
    "certificate_ends_before_it_begins": _day_before("certificate_valid_until", "certificate_valid_from"),
    "left_before_hired": _day_before("left_on", "hired_on"),
    "retired_before_in_service": _day_before("retired_on", "in_service_on"),
    "item_compared_with_itself": _compared_with_itself,
}
