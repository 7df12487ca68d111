"""Values that rest on constants, dates in place of times, and a total on next to no weight, in 2025-Q1.

The records are in ``assumed``.
"""

from __future__ import annotations

import pytest

from golden.published import Published

pytestmark = pytest.mark.xdist_group("golden")


def _status(row: dict[str, object]) -> tuple[object, object, object, object]:
    return row["status"], row["status_reason"], row["score"], row["is_met"]


def test_a_value_on_a_constant_is_shown_and_not_scored(assumed: Published) -> None:
    # 40 closed tickets, one contact each, no client asks again about the same product: 40 ÷ 40.
    row = assumed.check("O1-1", 40 / 40, 40, 40, 40, "assumed", enterprise="CLOSED")
    assert _status(row) == ("assumed", "assumed_constant:service_requests.contact_count", None, None)
    row = assumed.check("O1-3", 40 / 40, 40, 40, 40, "assumed", enterprise="CLOSED")
    assert _status(row) == ("assumed", "assumed_constant:service_requests.reopened_count", None, None)


def test_an_expression_that_reads_nothing_is_a_constant(assumed: Published) -> None:
    # Every ticket answered after 10 minutes.
    row = assumed.check("P2-1c", 10, 40 * 600, 40, 40, "assumed", enterprise="CLOSED")
    assert _status(row) == ("assumed", "assumed_expression:service_requests.urgency", None, None)


def test_a_column_that_is_left_out_refuses_no_row(assumed: Published) -> None:
    row = assumed.value("P2-3a", enterprise="CLOSED")
    assert (row["value"], row["status"]) == (None, "no_data")
    assert row["status_reason"] == "column_not_delivered:service_requests.complexity"
    accounts = "select accepted, quarantined from row_accounting where \"table\" = 'service_requests'"
    assert assumed.rows(accounts) == [{"accepted": 100, "quarantined": 0}]


def test_the_plan_scores_what_it_names(assumed: Published) -> None:
    row = assumed.check("O1-1", 1, 40, 40, 40, "ok", enterprise="NAMED")
    assert (row["score"], row["is_met"]) == (100, True)
    assert assumed.value("O1-3", enterprise="NAMED")["status"] == "assumed"
    noted = assumed.rows("select value, enterprise_id from run_info where key = 'assumed:O1-1@NAMED'")
    assert noted == [{"value": "工单系统只登记一次接触即解决的请求 (评价组)", "enterprise_id": "NAMED"}]


def test_hours_are_not_measured_on_dates(assumed: Published) -> None:
    row = assumed.value("I1-2", enterprise="CLOSED")
    assert (row["value"], *_status(row)) == (None, "no_data", "day_precision:complaints.received_at", None, None)
    variants = "select 1 from indicator_variants where enterprise_id = 'CLOSED' and indicator_id = 'I1-2' and period = '2025-Q1'"
    assert assumed.rows(variants) == []
    assumed.check("I1-2", 40 / 40, 40, 40, 40, enterprise="NAMED")


def test_a_request_without_a_client_leaves_what_it_cannot_decide(assumed: Published) -> None:
    # 10 closed tickets, 4 without a client: whether these were repeated is unknown.
    assumed.check("O1-3", 6 / 6, 6, 6, 6, "assumed", enterprise="GAPS")
    row = assumed.value("O1-3", enterprise="NOBODY")
    assert (row["value"], row["status"], row["status_reason"]) == (None, "no_data", "not_recorded")


def test_records_that_do_not_say_what_they_are_refuse_nothing_and_decide_nothing(assumed: Published) -> None:
    small = {"status": "insufficient_sample", "enterprise": "GAPS"}
    assumed.check("P2-1b", 3, 2 * 180, 2, 2, **small)  # the two live ones
    assumed.check("P1-3", 2 / 4, 2, 4, 4, **small)  # within 30 minutes, live or not
    assumed.check("R5-2", 12, 12 * 3600, 1, 1, **small)
    assumed.check("R5-1", 1 / 1, 1, 1, 1, **small)  # known to be common, and whether it was there
    assumed.check("P2-2", 1 / 2, 1, 2, 2, **small)  # done, missed
    assumed.check("I1-4", 1 / 1, 1, 1, 1, **small)  # the customer's
    assumed.check("I1-2", 2 / 2, 2, 2, 2, **small)  # without customer, channel and urgency
    row = assumed.value("R5-2", enterprise="NOBODY")
    assert (row["value"], row["status"], row["status_reason"]) == (None, "no_data", "not_recorded")
    refused = assumed.rows("select sum(quarantined) as refused from row_accounting")
    assert refused == [{"refused": 0}]


def test_no_total_on_next_to_no_weight(assumed: Published) -> None:
    # CLOSED has one scored indicator, I1-3: a quarter of I1, which is a quarter of I, which weighs .125/1.05 (C-18).
    total = assumed.score("ALL", enterprise="CLOSED")
    assert total["scored_coverage"] == pytest.approx(0.125 / 1.05 / 16)
    assert (total["score"], total["total_min"], total["total_max"]) == (None, None, None)
    assert {"not_rateable", "low_coverage", "assumed"} <= set(total["flags"])
    assert assumed.score("ALL", enterprise="CLOSED", period="2025-Q1-TTM")["score"] is None
