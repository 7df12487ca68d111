"""Dimension I, service improvement, counted from rows one indicator at a time.

The rulings' wording stands above each; nothing here knows how the marts count.
"""

from __future__ import annotations

import datetime as dt

from pipeline.sample.truth.facts import HOUR, UNKNOWN, Facts, Measured, Row, count, elapsed, enter_checklist, indicator, share
from pipeline.sample.truth.outcome import satisfaction_index

_ANALYSES_NAMED = 8


@indicator("I1-1")
def open_channels(facts: Facts) -> Measured:
    """Channels published and, in the quarter, with a passed probe or a complaint received."""
    used = {row["channel"] for row in facts.rows("complaints")}

    def works(row: Row) -> bool:
        probed = row["last_probe_passed_on"]
        return row["channel"] in used or (probed is not None and facts.first_day <= probed <= facts.last_day)

    return count(sum(row["published"] and works(row) for row in facts.register("complaint_channels")))


@indicator("I1-2")
def complaints_replied(facts: Facts) -> Measured:
    """Replied within 24 h ÷ complaints received, urgent ones included."""

    def in_time(row: Row) -> bool:
        wait = elapsed(row["received_at"], row["first_reply_at"])
        return wait is not None and wait <= 24 * HOUR

    return share(facts.rows("complaints"), in_time)


@indicator("I1-3")
def complaints_satisfied(facts: Facts) -> Measured:
    """4 and 5 ÷ answered, by received date."""
    return share(
        (row for row in facts.rows("complaints") if row["satisfaction"] is not None),
        lambda row: row["satisfaction"] >= 4,
    )


@indicator("I1-4")
def suggestions_adopted(facts: Facts) -> Measured:
    """Adopted ÷ evaluated customer suggestions, by submission date."""
    evaluated = [row for row in facts.rows("suggestions") if row["source"] == "customer" and row["evaluated_at"] is not None]
    return share(evaluated, lambda row: row["adopted"])


@indicator("I2-1")
def steps_monitored(facts: Facts) -> Measured:
    """Key steps monitored at the quarter's end ÷ key steps."""
    return share(
        (row for row in facts.register("process_steps") if row["is_key"]),
        lambda row: row["monitored_since"] is not None and row["monitored_since"] <= facts.last_day,
    )


@indicator("I2-2")
def months_inspected(facts: Facts) -> Measured:
    """Months with a full inspection ÷ months."""
    months = {row["inspected_on"].month for row in facts.rows("quality_inspections") if row["is_full"]}
    return Measured(len(months), 3, 3)


@indicator("I2-3")
def analysis_depth(facts: Facts) -> Measured:
    """Analyses that ran ÷ 8: a property of the run, not of the data."""
    return Measured(None, _ANALYSES_NAMED, _ANALYSES_NAMED)


@indicator("I3-1")
def innovations(facts: Facts) -> Measured:
    """Innovations effective in the year to date."""
    first = dt.date(facts.quarter.year, 1, 1)
    return count(
        sum(
            row["kind"] == "innovation" and row["effective_on"] is not None and first <= row["effective_on"] < facts.end_day
            for row in facts.every("improvement_projects")
        )
    )


@indicator("I3-3")
def process_optimisations(facts: Facts) -> Measured:
    """Process optimisations effective in the quarter."""
    return count(
        sum(row["kind"] == "process_optimisation" and row["effective_on"] is not None for row in facts.rows("improvement_projects"))
    )


def _change(now: float | None, before: float | None, n: int, is_reduction: bool = False) -> Measured:
    if now is None or not before:
        return UNKNOWN
    return Measured(before - now if is_reduction else now - before, before, n)


@indicator("I4-1")
def error_reduction(facts: Facts) -> Measured:
    """Error rate of the trailing 12 months against the 12 before; unknown unless all eight quarters are present."""
    now, before = facts.trailing_year(), facts.trailing_year(ending=4)
    if len(now) + len(before) < 8:
        return UNKNOWN
    rates = [share((row for past in year for row in past.requests), lambda row: row["has_service_error"]) for year in (now, before)]
    return _change(rates[0].value, rates[1].value, rates[0].n, is_reduction=True)


@indicator("I4-2")
def satisfaction_gain(facts: Facts) -> Measured:
    """Satisfaction index against the same quarter a year earlier."""
    before = facts.at(facts.quarter.shift(-4))
    if before is None:
        return UNKNOWN
    now = satisfaction_index(facts)
    return _change(now.value, satisfaction_index(before).value, now.n)


def resolved_per_staff_day(facts: Facts) -> Measured:
    """Requests resolved per service-staff working day, one per person and working day employed."""
    resolved = sum(row["resolved_at"] is not None for row in facts.requests)
    days = 0
    for row in facts.register("staff"):
        if row["is_service_staff"]:
            begin, end = max(row["hired_on"], facts.first_day), min(row["left_on"] or facts.end_day, facts.end_day)
            days += sum(facts.calendar.is_workday(begin + dt.timedelta(days=ahead)) for ahead in range((end - begin).days))
    return Measured(resolved, days, resolved)


@indicator("I4-3")
def efficiency_gain(facts: Facts) -> Measured:
    """Requests resolved per service-staff working day against the same quarter a year earlier."""
    before = facts.at(facts.quarter.shift(-4))
    if before is None:
        return UNKNOWN
    now = resolved_per_staff_day(facts)
    return _change(now.value, resolved_per_staff_day(before).value, now.n)


enter_checklist("I3-2")
