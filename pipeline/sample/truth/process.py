"""Dimension P, service process, counted from rows one indicator at a time.

The rulings' wording stands above each; nothing here knows how the marts count.
"""

from __future__ import annotations

from pipeline.sample.truth.facts import (
    DAY,
    HOUR,
    Facts,
    Measured,
    Row,
    elapsed,
    enter_checklist,
    enter_survey_mean,
    indicator,
    mean,
    one_touch,
    share,
)


def _offered(facts: Facts) -> list[Row]:
    """Calls offered in service hours: answered, abandoned or rejected."""
    return [
        row
        for row in facts.rows("hotline_calls")
        if row["in_service_hours"] and row["outcome"] in ("answered", "abandoned", "rejected")
    ]


@indicator("P1-1")
def connected(facts: Facts) -> Measured:
    """Answered ÷ offered in service hours."""
    return share(_offered(facts), lambda row: row["outcome"] == "answered")


@indicator("P1-2")
def connected_at_once(facts: Facts) -> Measured:
    """Answered after at most 15 s ÷ offered in service hours."""

    def at_once(row: Row) -> bool:
        wait = elapsed(row["queued_at"], row["answered_at"])
        return row["outcome"] == "answered" and wait is not None and wait <= 15

    return share(_offered(facts), at_once)


@indicator("P1-3")
def online_replied(facts: Facts) -> Measured:
    """Online requests with a human reply within 30 minutes."""

    def in_time(row: Row) -> bool:
        wait = elapsed(row["opened_at"], row["first_human_reply_at"])
        return wait is not None and wait <= 30 * 60

    return share(facts.rows("online_sessions"), in_time)


@indicator("P1-4")
def bookable(facts: Facts) -> Measured:
    """Earliest offer at most 3 working days after the request day, or on a rest day before the 4th."""

    def soon(row: Row) -> bool:
        if row["earliest_offered_on"] is None:
            return False
        fourth = facts.calendar.add_workdays(row["requested_at"].date(), 4)
        return bool(row["earliest_offered_on"] < fourth)

    return share(facts.rows("appointments"), soon)


@indicator("P2-1a")
def phone_wait(facts: Facts) -> Measured:
    """Mean wait of all answered calls, s."""
    answered = [row for row in facts.rows("hotline_calls") if row["outcome"] == "answered"]
    return mean(elapsed(row["queued_at"], row["answered_at"]) for row in answered)


@indicator("P2-1b")
def live_reply(facts: Facts) -> Measured:
    """Mean first human reply of live sessions, min."""
    live = [row for row in facts.rows("online_sessions") if row["is_live"]]
    return mean((elapsed(row["opened_at"], row["first_human_reply_at"]) for row in live), 1 / 60)


@indicator("P2-1c")
def urgent_response(facts: Facts) -> Measured:
    """Mean request → response of urgent requests, min."""
    urgent = [row for row in facts.requests if row["urgency"] == "urgent"]
    return mean((elapsed(row["requested_at"], row["responded_at"]) for row in urgent), 1 / 60)


@indicator("P2-2")
def arrived_in_time(facts: Facts) -> Measured:
    """Within ±30 min ÷ (done + missed + rescheduled by the company)."""
    expected = [row for row in facts.rows("onsite_visits") if row["outcome"] in ("done", "missed", "rescheduled_by_company")]

    def in_time(row: Row) -> bool:
        late = elapsed(row["appointed_at"], row["arrived_at"])
        return late is not None and abs(late) <= 30 * 60

    return share(expected, in_time)


@indicator("P2-3a")
def general_resolution(facts: Facts) -> Measured:
    """Mean hours from response to resolution less pauses of general requests, natural clock."""

    def handling(row: Row) -> float | None:
        taken = elapsed(row["responded_at"], row["resolved_at"])
        return None if taken is None else taken - (row["paused_seconds"] or 0)

    return mean((handling(row) for row in facts.requests if row["complexity"] == "general"), 1 / HOUR)


@indicator("P2-3b")
def complex_resolution(facts: Facts) -> Measured:
    """Mean fractional working days between response and resolution less pauses ÷ 86,400 s, never below 0."""

    def handling(row: Row) -> float | None:
        if row["responded_at"] is None or row["resolved_at"] is None:
            return None
        worked = facts.calendar.working_seconds(row["responded_at"], row["resolved_at"])
        return max(worked - (row["paused_seconds"] or 0), 0.0)

    return mean((handling(row) for row in facts.requests if row["complexity"] == "complex"), 1 / DAY)


@indicator("P3-1")
def process_conformity(facts: Facts) -> Measured:
    """Cases conforming ÷ cases inspected."""
    rows = facts.rows("quality_inspections")
    inspected = sum(row["cases_inspected"] for row in rows)
    return Measured(sum(row["cases_conforming"] for row in rows), inspected, inspected)


@indicator("P3-3")
def forms_valid(facts: Facts) -> Measured:
    """Documents with all required fields valid ÷ documents."""
    documents = [row for row in facts.requests if (row["form_fields_required"] or 0) > 0]
    return share(documents, lambda row: (row["form_fields_valid"] or 0) >= row["form_fields_required"])


@indicator("P3-4")
def process_compliance(facts: Facts) -> Measured:
    """1 − violations ÷ cases inspected."""
    rows = facts.rows("quality_inspections")
    inspected = sum(row["cases_inspected"] for row in rows)
    return Measured(inspected - sum(row["violations"] for row in rows), inspected, inspected)


@indicator("P4-2")
def kept_informed(facts: Facts) -> Measured:
    """Enough notices ÷ requests that need one and were not solved at first contact."""
    waiting = [row for row in facts.requests if (row["notices_required"] or 0) > 0 and not one_touch(row)]
    return share(waiting, lambda row: (row["notices_sent"] or 0) >= row["notices_required"])


@indicator("P5-1")
def personal_plans(facts: Facts) -> Measured:
    """Personalised ÷ all requests in scope."""
    return share(facts.requests, lambda row: row["personalised_plan"])


@indicator("P5-2")
def special_needs(facts: Facts) -> Measured:
    """Needs met ÷ needs recorded."""
    return share((row for row in facts.requests if row["special_need"]), lambda row: row["special_need_met"])


for _asked in ("P4-1", "P4-3", "P4-4", "P5-3"):
    enter_survey_mean(_asked)

enter_checklist("P3-2")
