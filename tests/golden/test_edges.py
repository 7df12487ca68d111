"""Golden values at the edges of the rulings in 2025-Q1: who counts, what is no data, what is still provisional.

The records are in ``edges``, one enterprise for each edge.
"""

from __future__ import annotations

import pytest
from scipy import stats

from golden.edges import LATEST_EVENT
from golden.published import Published

pytestmark = pytest.mark.xdist_group("golden_edges")

SMALL = "insufficient_sample"


def _state(edges: Published, indicator: str, enterprise: str) -> tuple[float | None, str, str | None]:
    row = edges.value(indicator, enterprise=enterprise)
    return row["value"], row["status"], row["status_reason"]


def _provisional(edges: Published, indicator: str, enterprise: str) -> str | None:
    row = edges.value(indicator, enterprise=enterprise)
    assert row["value"] is not None
    assert row["is_provisional"] == (row["provisional_reason"] is not None)
    reason: str | None = row["provisional_reason"]
    return reason


# --- certified on post -------------------------------------------------------------------------------------------------


def test_a_renewed_certificate_in_a_new_version(edges: Published) -> None:
    edges.check("R3-2", 1 / 1, 1, 1, 1, enterprise="RENEWED")
    # The person is counted where the last version puts him.
    edges.check("R3-2", 1 / 1, 1, 1, 1, enterprise="RENEWED", scope=("outlet", "O2"))
    elsewhere = "select 1 from indicator_values where enterprise_id = 'RENEWED' and indicator_id = 'R3-2' and scope_id = 'O1'"
    assert edges.rows(elsewhere) == []


def test_a_post_left_before_the_period_ends(edges: Published) -> None:
    # A was without a certificate on the post; B has one.
    edges.check("R3-2", 1 / 2, 1, 2, 2, enterprise="POST")
    # Working days: A January 19 and February 1–16: 5 6 7 8 10 11 12 13 14 = 28, none certified; B 19 + 19 + 21 = 59.
    row = edges.variant("R3-2", "person_days", enterprise="POST")
    assert (row["numerator"], row["denominator"]) == (59, 87)


def test_a_leaver_whose_version_was_closed(edges: Published) -> None:
    edges.check("R3-2", 1 / 2, 1, 2, 2, enterprise="LEAVER")


def test_never_a_working_day_on_post(edges: Published) -> None:
    # Not A (start ≤ day < end holds no day), not C (a week-end).
    edges.check("R3-2", 1 / 1, 1, 1, 1, enterprise="NEVER")


# --- nothing there, nobody there ---------------------------------------------------------------------------------------


def test_repairs_neither_measured_enough_nor_tested(edges: Published) -> None:
    assert _state(edges, "O1-4", "UNTESTED") == (None, "no_data", "not_recorded")
    edges.check("O1-4", 1 / 1, 1, 1, 1, SMALL, enterprise="COUNTS")


def test_nobody_employed_at_the_end(edges: Published) -> None:
    # A left on 03-01; three customers.
    edges.check("R3-1", 0 / 3, 0, 3, 3, enterprise="NOBODY")
    edges.check("R4-1", 0, 0, 1, 1, enterprise="NOBODY")
    # Without any record of staff nothing is known.
    assert _state(edges, "R3-1", "UNREGISTERED") == (None, "no_data", "no_records")


def test_density_is_a_census_of_regions(edges: Published) -> None:
    # No outlet is active any more: 0 in N (1000 km²) and S (3000 km²).
    edges.check("R1-1", 0, 0, 4000, 2, enterprise="CLOSED")
    edges.check("R1-1", 0, 0, 3000, 1, enterprise="CLOSED", scope=("region", "S"))


def test_vehicles_of_quarters_without_staff(edges: Published) -> None:
    # One vehicle at 12 month-ends of the trailing year, one person at the three since New Year.
    edges.check("R2-1", 12 / 3, 12, 3, period="2025-Q1-TTM", enterprise="VEHICLE")
    edges.check("R2-1", 3 / 3, 3, 3, enterprise="VEHICLE")


def test_counts_are_one_observation(edges: Published) -> None:
    edges.check("I3-3", 3, 3, 1, 1, enterprise="COUNTS")
    edges.check("I3-3", 0, 0, 1, 1, enterprise="DONE")


# --- exact numbers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("indicator", ["O2-1", "O2-2", "O2-3", "O2-4", "O2-5"])
def test_a_mean_of_sevens_that_equals_the_requirement(edges: Published, indicator: str) -> None:
    # (36 × 5 + 4 × 6) steps of 6: 204 ÷ 6 ÷ 40 = .85
    row = edges.value(indicator, enterprise="SEVENS")
    assert (row["value"], row["sample_size"]) == (85, 40)
    if indicator == "O2-5":
        assert (row["requirement"], row["is_met"], row["score"]) == (85, True, 100)


def test_the_interval_of_sevens(edges: Published) -> None:
    row = edges.value("O2-1", enterprise="SEVENS")
    interval = stats.ttest_1samp([500 / 6] * 36 + [100] * 4, 0).confidence_interval(0.95)
    assert (row["ci_low"], row["ci_high"]) == (
        pytest.approx(interval.low, abs=1e-9),
        pytest.approx(interval.high, abs=1e-9),
    )


def test_scales_of_several_lengths(edges: Published) -> None:
    # Sevens: (20 × 5 + 10 × 4) ÷ 6 = 140/6; fours: (20 × 3 + 10 × 2) ÷ 3 = 80/3; (140/6 + 80/3) ÷ 60 = 50/60
    # Thirty people answered both rounds: 60 answers, n 30.
    edges.check("O2-1", 5000 / 60, 5000, 60, 30, enterprise="MIXED")


def test_one_percentile_has_one_value(edges: Published) -> None:
    # 3.35 and 4.85 km: 3.35 + .95 × 1.5 = 4.775
    assert edges.value("R1-2a", enterprise="RADIUS")["value"] == 4.775
    assert edges.variant("R1-2a", "p95", enterprise="RADIUS")["value"] == 4.775


# --- what does not count -----------------------------------------------------------------------------------------------


def test_survey_items_that_name_another_indicator(edges: Published) -> None:
    # Half of the notices were sent, whatever the forty answers say.
    edges.check("P4-2", 20 / 40, 20, 40, 40, enterprise="ITEMS")
    assert _state(edges, "I3-2", "ITEMS") == (None, "no_data", "no_records")
    assert edges.rows("select 1 from indicator_variants where enterprise_id = 'ITEMS' and indicator_id in ('I3-2', 'I4-2')") == []


def test_what_belongs_to_a_test_request(edges: Published) -> None:
    # Visits of base (on time) and merged (five hours late); the merged one in its own region S.
    edges.check("P2-2", 1 / 2, 1, 2, 2, SMALL, enterprise="TESTS")
    edges.check("P2-2", 0, 0, 1, 1, SMALL, enterprise="TESTS", scope=("region", "S"))
    # Appointments of base (the next day) and merged (after 02-28: 14 working days).
    edges.check("P1-4", 1 / 2, 1, 2, 2, SMALL, enterprise="TESTS")
    edges.check("P1-4", 0, 0, 1, 1, SMALL, enterprise="TESTS", scope=("region", "S"))
    # Calls without a request and of base; both answered after 5 s.
    edges.check("P1-1", 2 / 2, 2, 2, 2, SMALL, enterprise="TESTS")
    edges.check("P1-2", 2 / 2, 2, 2, 2, SMALL, enterprise="TESTS")
    edges.check("P2-1a", 5, 10, 2, 2, SMALL, within=1, enterprise="TESTS")
    # Sessions without a request (1 min) and of base (2 min).
    edges.check("P1-3", 2 / 2, 2, 2, 2, SMALL, enterprise="TESTS")
    edges.check("P2-1b", 1.5, 180, 2, 2, SMALL, within=1, enterprise="TESTS")


def test_a_call_given_up_at_the_limit_is_no_short_one(edges: Published) -> None:
    # One answered, one given up after 4 s, one after 5 s. Shorter than 5 s is the first of these two only: 1 of 2.
    edges.check("P1-1", 1 / 3, 1, 3, 3, SMALL, enterprise="ABANDON")
    row = edges.variant("P1-1", "without_short_abandons", enterprise="ABANDON")
    assert (row["value"], row["numerator"], row["denominator"]) == (1 / 2, 1, 2)


def test_answered_calls_without_the_time_of_the_answer(edges: Published) -> None:
    # Counted in P1-1, failed in P1-2, left out of the mean: waits of 5 s and 5 s.
    edges.check("P1-1", 3 / 3, 3, 3, 3, SMALL, enterprise="TIMES")
    edges.check("P1-2", 2 / 3, 2, 3, 3, SMALL, enterprise="TIMES")
    edges.check("P2-1a", 5, 10, 2, 2, SMALL, enterprise="TIMES")
    # Without any time nothing is known of waits, and the connect rate is: 2 of 3.
    edges.check("P1-1", 2 / 3, 2, 3, 3, SMALL, enterprise="UNTIMED")
    assert _state(edges, "P1-2", "UNTIMED") == (None, "no_data", "not_recorded")
    assert _state(edges, "P2-1a", "UNTIMED") == (None, "no_data", "not_recorded")
    refused = "select 1 from quarantine where \"table\" = 'hotline_calls'"
    assert edges.rows(refused) == []


# --- provisional -------------------------------------------------------------------------------------------------------


def test_plans_are_not_known_events(edges: Published) -> None:
    # The visit appointed for 06-20 and the project that starts on 06-25 have not happened.
    assert edges.value("O1-1", enterprise="PLANNED")["data_as_of"] == LATEST_EVENT


def test_each_enterprise_closes_its_own_windows(edges: Published) -> None:
    # The newest request of PLANNED is of 03-30, LATE's of 05-01: past 04-08 and 04-30.
    assert _provisional(edges, "O1-1", "PLANNED") == "look_ahead"
    assert _provisional(edges, "O1-3", "PLANNED") == "look_ahead"
    assert _provisional(edges, "O1-1", "LATE") is None
    assert _provisional(edges, "O1-3", "LATE") is None


def test_repeat_repairs_wait_for_thirty_days_after_the_last_resolution(edges: Published) -> None:
    # Resolved 04-25, known until 05-01.
    assert _provisional(edges, "O1-2", "LATE") == "look_ahead"
    # r2 was never resolved, however far the records reach (05-20).
    assert _provisional(edges, "O1-2", "OPEN") == "look_ahead"
    # Resolved 03-10 12:00, known until 04-09 12:00, exactly 30 × 24 h later; O1-3 closes on 04-30.
    assert _provisional(edges, "O1-2", "DONE") is None
    assert _provisional(edges, "O1-3", "DONE") == "look_ahead"


def test_staff_per_customer_of_less_than_twelve_months(edges: Published) -> None:
    # Requests in one of four quarters, though calls in all of them.
    assert _provisional(edges, "R3-1", "CALLS") == "incomplete_period"
    # Requests in each of the four.
    assert _provisional(edges, "R3-1", "PARTIAL") is None


@pytest.mark.parametrize("indicator", ["I4-1", "I4-3"])
@pytest.mark.parametrize("enterprise", ["PARTIAL", "CALLS"])
def test_both_sides_of_a_comparison_must_hold_requests(edges: Published, indicator: str, enterprise: str) -> None:
    # PARTIAL: a year earlier requests in one quarter of four, calls in the others; CALLS: only calls.
    assert _state(edges, indicator, enterprise) == (None, "no_data", "no_comparison_period")
