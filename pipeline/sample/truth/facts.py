"""The accepted rows of one enterprise as of one quarter, and common ways to count values from them.

Shared readings of the rulings (scope, registers in force, repeats, counted survey answers); the indicators are in one module
per dimension.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.working_days import WorkingCalendar

Row = dict[str, Any]

HOUR, DAY = 3600, 86_400


@dataclass(frozen=True)
class Measured:
    """One value: its parts, number of cases, and the factor to the indicator's unit."""

    numerator: float | None
    denominator: float | None
    n: int
    factor: float = 1.0

    @property
    def value(self) -> float | None:
        """None without a denominator."""
        if self.numerator is None or not self.denominator:
            return None
        return self.numerator / self.denominator * self.factor


UNKNOWN = Measured(None, None, 0)


@dataclass(frozen=True)
class Book:
    """The accepted rows of one enterprise: by table, and for event tables also by quarter."""

    tables: Mapping[str, list[Row]]
    by_quarter: Mapping[tuple[str, Quarter], list[Row]]
    quarters: frozenset[Quarter]
    calendar: WorkingCalendar

    @cached_property
    def repeats(self) -> Repeats:
        return Repeats(row for row in self.tables["service_requests"] if self.in_scope(row))

    @cached_property
    def _requests_by_id(self) -> dict[str, Row]:
        return {row["request_id"]: row for row in self.tables["service_requests"]}

    def in_scope(self, request: Row) -> bool:
        """Whether a request counts: it is no test, and was merged into none that counts (D-99)."""
        if request["is_test"]:
            return False
        end: Row | None = request
        passed: set[str] = set()
        while end is not None and end["merged_into"] is not None and end["request_id"] not in passed:
            passed.add(end["request_id"])
            end = self._requests_by_id.get(end["merged_into"])
        return end is request or end is None or end["merged_into"] is not None or bool(end["is_test"])

    @cached_property
    def answers(self) -> Mapping[str, list[Row]]:
        """Survey answers by response."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.tables["survey_answers"]:
            found[row["response_id"]].append(row)
        return found


class Facts:
    """The accepted rows of one enterprise as of one quarter."""

    def __init__(self, book: Book, quarter: Quarter) -> None:
        self.book = book
        self.calendar = book.calendar
        self.quarter = quarter
        self.first_day, self.last_day, self.end_day = quarter.first_day, quarter.last_day, quarter.end_day

    def at(self, quarter: Quarter) -> Facts | None:
        """The same enterprise as of another quarter; None if it is not in the sample."""
        return Facts(self.book, quarter) if quarter in self.book.quarters else None

    def rows(self, table: str) -> list[Row]:
        """The table's rows of this quarter."""
        return self.book.by_quarter.get((table, self.quarter), [])

    def every(self, table: str) -> list[Row]:
        """The table's rows of all quarters."""
        return self.book.tables[table]

    def register(self, table: str) -> list[Row]:
        """The rows whose version is valid on the quarter's last day."""
        return [row for row in self.every(table) if in_force(row["valid_from"], self.last_day, row["valid_to"])]

    @cached_property
    def requests(self) -> list[Row]:
        """Requests of the quarter in scope: neither merged into another nor a test."""
        return [row for row in self.rows("service_requests") if self.book.in_scope(row)]

    @cached_property
    def repairs_resolved(self) -> list[Row]:
        return [row for row in self.requests if row["service_type"] == "repair" and row["resolved_at"] is not None]

    @cached_property
    def outlets(self) -> list[Row]:
        """Outlets active on the quarter's last day."""
        return [row for row in self.register("outlets") if in_force(row["opened_on"], self.last_day, row["closed_on"])]

    @cached_property
    def service_staff(self) -> list[Row]:
        """Service staff employed on the quarter's last day."""
        return [
            row
            for row in self.register("staff")
            if row["is_service_staff"] and in_force(row["hired_on"], self.last_day, row["left_on"])
        ]

    @cached_property
    def year_to_date(self) -> list[Facts]:
        """This year's quarters up to this one that are in the sample."""
        quarters = [Quarter(self.quarter.year, number) for number in range(1, self.quarter.number + 1)]
        return [facts for facts in map(self.at, quarters) if facts]

    def trailing_year(self, ending: int = 0) -> list[Facts]:
        """Four quarters ending ``ending`` quarters ago, those that are in the sample."""
        return [facts for facts in (self.at(self.quarter.shift(-ending - back)) for back in range(4)) if facts]

    @cached_property
    def survey_answers(self) -> list[Row]:
        """Answers with their question, of each customer's first complete response per round of the quarter."""
        return counted_answers(self)


def in_force(start: dt.date | None, day: dt.date, end: dt.date | None) -> bool:
    """start ≤ day < end; null is open."""
    return (start is None or start <= day) and (end is None or day < end)


def share(rows: Iterable[Row], fulfilled: Callable[[Row], Any]) -> Measured:
    """Fulfilling rows ÷ rows; null counts as not fulfilled."""
    members = list(rows)
    return Measured(sum(bool(fulfilled(row)) for row in members), len(members), len(members))


def mean(values: Iterable[float | None], factor: float = 1.0) -> Measured:
    """Mean without nulls."""
    known = [value for value in values if value is not None]
    return Measured(float(sum(known)), len(known), len(known), factor)


def count(number: int) -> Measured:
    """A plain count."""
    return Measured(number, 1, number)


def elapsed(start: dt.datetime | None, end: dt.datetime | None) -> float | None:
    """Seconds by the natural clock."""
    return None if start is None or end is None else (end - start).total_seconds()


def percentile(values: Sequence[float], at: float) -> float:
    """Linear interpolation between order statistics: position (n − 1)·p, counting from 0."""
    ordered = sorted(values)
    place = (len(ordered) - 1) * at
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def product_of(row: Row) -> tuple[str, str]:
    """The product of a repeat contact: serial, else model, else category."""
    for column in ("product_serial", "product_model", "product_category"):
        if row[column] is not None:
            return column, row[column]
    raise ValueError("a request without product category")


class Repeats:
    """Repeated requests of a customer, and repeated repairs."""

    def __init__(self, requests: Iterable[Row]) -> None:
        self._contacts: dict[tuple[Any, ...], list[dt.datetime]] = defaultdict(list)
        self._repairs: dict[tuple[Any, ...], list[dt.datetime]] = defaultdict(list)
        for row in requests:
            self._contacts[self._contact(row)].append(row["requested_at"])
            if row["service_type"] == "repair" and row["product_serial"] is not None:
                self._repairs[self._repair(row)].append(row["requested_at"])
        for times in (*self._contacts.values(), *self._repairs.values()):
            times.sort()

    @staticmethod
    def _contact(row: Row) -> tuple[Any, ...]:
        return row["customer_id"], product_of(row), row["issue_class"]

    @staticmethod
    def _repair(row: Row) -> tuple[Any, ...]:
        return row["product_serial"], row["issue_class"]

    def asked_again(self, row: Row, days: int) -> bool:
        """A later request of the same customer, product and issue class within days × 24 h of the request."""
        return self._follows(self._contacts[self._contact(row)], row["requested_at"], days)

    def repaired_again(self, row: Row, days: int) -> bool:
        """A repair of the same serial and issue class within days × 24 h of the resolution; never without serial."""
        if row["product_serial"] is None:
            return False
        return self._follows(self._repairs[self._repair(row)], row["resolved_at"], days)

    @staticmethod
    def _follows(times: list[dt.datetime], moment: dt.datetime, days: int) -> bool:
        place = bisect_right(times, moment)
        return place < len(times) and times[place] - moment <= dt.timedelta(days=days)


def counted_answers(facts: Facts) -> list[Row]:
    """Answers of the first complete response per customer and round, with pulses, without mystery rounds."""
    questions = {
        (row["survey_id"], row["question_id"]): row for row in facts.every("survey_questions") if row["survey_type"] != "mystery"
    }
    counted: dict[str, Row] = {}
    seen: set[tuple[str, str]] = set()
    complete = [row for row in facts.rows("survey_responses") if row["is_complete"]]
    for row in sorted(complete, key=lambda row: row["submitted_at"]):
        if (row["customer_id"], row["survey_id"]) not in seen:
            seen.add((row["customer_id"], row["survey_id"]))
            counted[row["response_id"]] = row
    answers = []
    for response_id, response in counted.items():
        for row in facts.book.answers.get(response_id, []):
            question = questions.get((response["survey_id"], row["question_id"]))
            if question is None or row["score"] is None:
                continue
            span = question["scale_max"] - question["scale_min"]
            answers.append(
                {
                    "measures": question["measures"],
                    "touchpoint": question["touchpoint"],
                    "of_100": (row["score"] - question["scale_min"]) / span * 100,
                }
            )
    return answers


def one_touch(row: Row) -> bool:
    """Solved at first contact as recorded at the time."""
    return row["status"] in ("resolved", "closed") and row["contact_count"] == 1


INDICATORS: dict[str, Callable[[Facts], Measured]] = {}


def indicator(*ids: str) -> Callable[[Callable[[Facts], Measured]], Callable[[Facts], Measured]]:
    """Register a function as the computation of these indicators."""

    def enter(function: Callable[[Facts], Measured]) -> Callable[[Facts], Measured]:
        for indicator_id in ids:
            INDICATORS[indicator_id] = function
        return function

    return enter


def enter_checklist(indicator_id: str) -> None:
    """Register an indicator: Σ weight·achieved ÷ Σ weight of the latest assessment on or before the quarter's end."""

    def compute(facts: Facts) -> Measured:
        rows = [
            row
            for row in facts.every("checklist_items")
            if row["indicator_id"] == indicator_id and row["assessed_on"] <= facts.last_day
        ]
        if not rows:
            return UNKNOWN
        latest = max(row["assessed_on"] for row in rows)
        rows = [row for row in rows if row["assessed_on"] == latest]
        return Measured(sum(row["weight"] * row["achieved"] for row in rows), sum(row["weight"] for row in rows), len(rows))

    INDICATORS[indicator_id] = compute


def enter_survey_mean(indicator_id: str) -> None:
    """Register an indicator: (mean − min) ÷ (max − min) × 100 over the items that measure it."""

    def compute(facts: Facts) -> Measured:
        return mean(answer["of_100"] for answer in facts.survey_answers if answer["measures"] == indicator_id)

    INDICATORS[indicator_id] = compute
