"""Dimension O, service outcome, counted from rows one indicator at a time.

The rulings' wording stands above each; nothing here knows how the marts count.
"""

from __future__ import annotations

from pipeline.sample.truth.facts import (
    INDICATORS,
    UNKNOWN,
    Facts,
    Measured,
    enter_checklist,
    enter_survey_mean,
    indicator,
    mean,
    one_touch,
    share,
)


@indicator("O1-1")
def first_contact_resolution(facts: Facts) -> Measured:
    """Resolved or closed, one contact, not reopened, not denied, no later request within 7 × 24 h ÷ all requests."""
    repeats = facts.book.repeats
    return share(
        facts.requests,
        lambda row: (
            one_touch(row)
            and row["reopened_count"] == 0
            and row["customer_confirmed"] is not False
            and not repeats.asked_again(row, 7)
        ),
    )


@indicator("O1-2")
def repeat_repairs(facts: Facts) -> Measured:
    """Repairs followed within 30 × 24 h of resolution by a repair of the same serial and issue ÷ repairs resolved."""
    repeats = facts.book.repeats
    return share(facts.repairs_resolved, lambda row: repeats.repaired_again(row, 30))


@indicator("O1-3")
def final_resolution(facts: Facts) -> Measured:
    """Closed requests not reopened, not denied, and not repeated within 30 × 24 h of the request ÷ closed requests."""
    repeats = facts.book.repeats
    return share(
        (row for row in facts.requests if row["status"] == "closed"),
        lambda row: row["reopened_count"] == 0 and row["customer_confirmed"] is not False and not repeats.asked_again(row, 30),
    )


@indicator("O1-4")
def recovery(facts: Facts) -> Measured:
    """Mean of min(ratio, 1) if at least 80 % of repairs have a measurement, else share of tested repairs that passed."""
    repairs = facts.repairs_resolved
    ratios = [min(row["performance_ratio"], 1.0) for row in repairs if row["performance_ratio"] is not None]
    if repairs and len(ratios) / len(repairs) >= 0.8:
        return mean(ratios)
    return share((row for row in repairs if row["acceptance_passed"] is not None), lambda row: row["acceptance_passed"])


for _asked in ("O2-1", "O2-3", "O2-4", "O3-1b", "O3-3"):
    enter_survey_mean(_asked)


@indicator("O2-2")
def touchpoints(facts: Facts) -> Measured:
    """Touchpoint means weighted by requests per channel."""
    weighted, weights, answers = 0.0, 0, 0
    for touchpoint in ("phone", "online", "outlet", "onsite"):
        scores = [
            answer["of_100"]
            for answer in facts.survey_answers
            if answer["measures"] == "O2-2" and answer["touchpoint"] == touchpoint
        ]
        requests = sum(row["channel"] == touchpoint for row in facts.requests)
        if scores and requests:
            weighted += requests * sum(scores) / len(scores)
            weights += requests
            answers += len(scores)
    return Measured(weighted, weights, answers) if weights else UNKNOWN


@indicator("O2-5")
def satisfaction_index(facts: Facts) -> Measured:
    """.4·O2-1 + .2·O2-2 + .2·O2-3 + .2·O2-4."""
    components = [INDICATORS[indicator_id](facts) for indicator_id in ("O2-1", "O2-2", "O2-3", "O2-4")]
    values = [component.value for component in components]
    if any(value is None for value in values):
        return UNKNOWN
    index = sum(weight * value for weight, value in zip((0.4, 0.2, 0.2, 0.2), values, strict=True) if value is not None)
    return Measured(index, 1, min(component.n for component in components))


@indicator("O3-1a")
def prices_published(facts: Facts) -> Measured:
    """Published ÷ chargeable items."""
    return share((row for row in facts.register("price_items") if row["is_chargeable"]), lambda row: row["is_published"])


@indicator("O3-2")
def extra_charges(facts: Facts) -> Measured:
    """Charged above the quote without a signed change ÷ paid requests."""
    paid = [row for row in facts.requests if row["charged_amount"] is not None and row["charged_amount"] > 0]
    return share(
        paid,
        lambda row: (
            row["quoted_amount"] is not None
            and row["charged_amount"] > row["quoted_amount"]
            and row["scope_change_signed"] is not True
        ),
    )


@indicator("O4-1")
def incidents(facts: Facts) -> Measured:
    """Incidents ÷ requests in scope × 10,000."""
    return Measured(len(facts.rows("safety_incidents")), len(facts.requests), len(facts.requests), 10_000)


@indicator("O4-2")
def hazards_fixed(facts: Facts) -> Measured:
    """Hazards due in the quarter fixed by their due date ÷ hazards due."""
    return share(
        facts.rows("safety_hazards"),
        lambda row: row["fixed_at"] is not None and row["fixed_at"].date() <= row["due_on"],
    )


enter_checklist("O4-3")
