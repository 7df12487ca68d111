"""Golden values below the enterprise, the named variants, the states without a value, and the other enterprise.

The records are in ``landing``.
"""

from __future__ import annotations

import pytest

from golden.published import Published

pytestmark = pytest.mark.xdist_group("golden")

SMALL = "insufficient_sample"


# --- scopes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("region", "outlets", "km2"),
    [
        ("N", 5, 4000),  # O1 O2 O3 O9 O12
        ("S", 4, 3000),  # O4 O5 O6 O11
        ("W", 1, 1000),  # O7
    ],
)
def test_outlet_density_of_regions(golden: Published, region: str, outlets: int, km2: int) -> None:
    golden.check("R1-1", outlets / km2 * 10000, outlets, km2, scope=("region", region))


def test_regions(golden: Published) -> None:
    # W: F27 … F32, all resolved at once.
    golden.check("O1-1", 6 / 6, 6, 6, 6, SMALL, scope=("region", "W"))
    # S: complaints 1 and 2, both in time.
    golden.check("I1-2", 2 / 2, 2, 2, 2, SMALL, scope=("region", "S"))
    # S: the first eight respondents 5 5 5 5 4 4 3 2 = 33 ÷ 8 = 4.125 → 78.125 (their pulses were in N)
    golden.check("O2-1", 78.125, n=8, status=SMALL, scope=("region", "S"))


def test_outlets(golden: Published) -> None:
    # O1: (19 + 18) ÷ 40
    golden.check("P3-1", 37 / 40, 37, 40, 40, scope=("outlet", "O1"))
    # O2: one of four demands from stock
    golden.check("R5-1", 1 / 4, 1, 4, 4, SMALL, scope=("outlet", "O2"))
    # O4: F21 … F26, 2 h each
    golden.check("P2-3a", 2, 6 * 7200, 6, 6, SMALL, within=1, scope=("outlet", "O4"))


def test_staff(golden: Published) -> None:
    # S2 handled PA1 (8 h) and PN1 (4 h).
    golden.check("P2-3a", 6, 12 * 3600, 2, 2, SMALL, within=1 / 2, scope=("staff", "S2"))
    # S5 handled the urgent ones: 5, 15, 40 min, and the one unanswered.
    golden.check("P2-1c", 20, 3600, 3, 3, SMALL, within=2 / 4, scope=("staff", "S5"))
    # S6 answered two calls after 50 s.
    golden.check("P2-1a", 50, 100, 2, 2, SMALL, within=0, scope=("staff", "S6"))
    # S3 made visits 1–4.
    golden.check("P2-2", 2 / 4, 2, 4, 4, SMALL, scope=("staff", "S3"))


def test_channels(golden: Published) -> None:
    # Online: F13 … F20 (8), R1b, R2a, R2b, R4a, R4b, R5a, R5b = 15; not R1a (repeated), N1 … N4 (two contacts).
    golden.check("O1-1", 15 / 20, 15, 20, 20, SMALL, scope=("channel", "online"))
    # On site: 12 repairs resolved, MT1, F27 … F32 = 19; not RP14 (open).
    golden.check("O1-1", 19 / 20, 19, 20, 20, SMALL, scope=("channel", "onsite"))


def test_product_categories(golden: Published) -> None:
    # Fridges: all repairs.
    golden.check("O1-2", 2 / 12, 2, 12, 12, SMALL, scope=("product_category", "fridge"))
    # Air conditioners: C1 3, C2 1, C3 0, C4 0, C5 8 → 12 ÷ 5; within 3 days 4 of 6 (C6 unresolved)
    golden.check("P2-3b", 2.4, 12 * 86400, 5, 5, SMALL, within=4 / 6, scope=("product_category", "aircon"))
    # Dryers: R8b and R9b.
    golden.check("O1-1", 2 / 2, 2, 2, 2, SMALL, scope=("product_category", "dryer"))


# --- variants ------------------------------------------------------------------------------------------------------------


def _variant(golden: Published, indicator: str, variant: str, expected: float, **where: tuple[str, str]) -> None:
    row = golden.variant(indicator, variant, **where)  # type: ignore[arg-type]
    assert row["value"] == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_connect_rates(golden: Published) -> None:
    # Within 15 s 29 of the 30 answered in service hours.
    _variant(golden, "P1-2", "of_answered", 29 / 30)
    # Without the one that hung up after 3 s: 30 of 34.
    _variant(golden, "P1-1", "without_short_abandons", 30 / 34)
    # Outside service hours: 2 answered, 3 abandoned, 1 rejected.
    _variant(golden, "P1-1", "out_of_hours", 2 / 6)


def test_first_contact_resolution_versions(golden: Published) -> None:
    # Online, nobody denied or reopened: one contact and resolved, whatever came after: all but N1 … N4.
    _variant(golden, "O1-1", "one_touch", 16 / 20, scope=("channel", "online"))
    # At the outlet everybody was asked: F21 … F26 and D2 confirmed, D1 denied.
    _variant(golden, "O1-1", "survey_confirmed", 7 / 8, scope=("channel", "outlet"))


def test_total_customer_time(golden: Published) -> None:
    # Online all waited 10 min and were helped for 2 h, without a pause.
    _variant(golden, "P2-3a", "customer_total_time", 2 + 1 / 6, scope=("channel", "online"))


def test_percentiles(golden: Published) -> None:
    # 32 waits: 0, 24 × 10, 4 × 15, 16, 2 × 50. P50 at 15.5 → 10; P90 at 27.9 → between the 28th and 29th value, 15;
    # P95 at 29.45 → 16 + .45 × (50 − 16) = 31.3
    _variant(golden, "P2-1a", "p50", 10)
    _variant(golden, "P2-1a", "p90", 15)
    _variant(golden, "P2-1a", "p95", 31.3)
    # Trailing year: 5 more of 10 s. 37 values: 0, 29 × 10, 4 × 15, 16, 2 × 50: P95 at 34.2 → 16 + .2 × 34 = 22.8
    row = golden.variant("P2-1a", "p95", period="2025-Q1-TTM")
    assert row["value"] == pytest.approx(22.8)


def test_other_readings_beside_the_value(golden: Published) -> None:
    # Of two urgent complaints one was answered within 15 min (10, 16).
    _variant(golden, "I1-2", "urgent", 1 / 2)
    # 10 + 9.5 + 0 + 12 + 7 + 6.5 + 8 + 10 + 4 + 3.5 = 70.5 h for 10 people (S4 has left)
    _variant(golden, "R3-4", "mean_hours", 7.05)
    # Working days employed: S1 S2 S3 59 each, S4 28, S7 31, S8 37, S15 1 = 274; of them certified: S1 59, S2 28 (until
    # Friday 02-14), S3 0, S4 28, S7 31, S8 36, S15 1 = 183
    _variant(golden, "R3-2", "person_days", 183 / 274)
    # Open days: 7 6 6 6 5 6 7 6 6 6 = 61; hours: 10 8 8.5 8 8 7.5 9 8 8 12 = 87; the smallest 5 days and 7.5 h
    _variant(golden, "R1-3a", "mean", 6.1)
    _variant(golden, "R1-3b", "mean", 8.7)
    _variant(golden, "R1-3a", "smallest", 5)
    _variant(golden, "R1-3b", "smallest", 7.5)
    # Of three tested repairs two passed.
    _variant(golden, "O1-4", "acceptance_passed", 2 / 3)
    # 2 extra charges in 100 requests
    _variant(golden, "O3-2", "of_all_requests", 2 / 100)
    # The mystery visit's only score is 1.
    _variant(golden, "O2-1", "mystery", 0)
    # Two full inspections in three months.
    _variant(golden, "I2-2", "inspections_per_month", 2 / 3)
    # No share: there may be several a month.
    assert golden.variant("I2-2", "inspections_per_month")["ci_low"] is None


def test_none_is_a_number_of_incidents(golden: Published) -> None:
    # The only incident of the quarter has no outlet, and nobody died.
    assert golden.variant("O4-1", "incidents")["value"] == 1
    assert golden.variant("O4-1", "incidents", scope=("region", "S"))["value"] == 0
    assert golden.variant("O4-1", "fatal_incidents")["value"] == 0


def test_timeliness_goes_by_the_date_of_the_quarter(golden: Published) -> None:
    found = golden.rows("select * from data_quality where enterprise_id = 'A' and quarter = '2025-Q1'")
    last = {row["table"]: str(row["last_record_on"]) for row in found}
    # H3 is due on the last day, two projects take effect on it; projects began as early as 2024-11.
    assert (last["safety_hazards"], last["improvement_projects"]) == ("2025-03-31", "2025-03-31")
    assert all(row["timeliness"] is None or 0 <= row["timeliness"] <= 1 for row in found)


# --- states ---------------------------------------------------------------------------------------------------------------


def test_nothing_of_the_kind_happened(golden: Published) -> None:
    # B had requests, none urgent.
    row = golden.value("P2-1c", enterprise="B")
    assert (row["value"], row["status"], row["status_reason"]) == (None, "not_applicable", "no_cases_in_period")


@pytest.mark.parametrize("indicator", ["P1-1", "P1-2", "P2-1a"])
def test_a_table_that_was_not_delivered(golden_reduced: Published, indicator: str) -> None:
    row = golden_reduced.value(indicator)
    assert (row["value"], row["status"]) == (None, "no_data")
    assert row["status_reason"] == "table_not_delivered:hotline_calls"


def test_a_column_that_was_not_delivered(golden_reduced: Published) -> None:
    row = golden_reduced.value("P5-1")
    assert (row["value"], row["status"]) == (None, "no_data")
    assert row["status_reason"] == "column_not_delivered:service_requests.personalised_plan"
    # The rest goes on.
    golden_reduced.check("P3-1", 47 / 50, 47, 50, 50)


def test_before_the_windows_close(golden_reduced: Published) -> None:
    # Known until 04-03 12:00. R3b (04-03 10:00) is known, so O1-1 is 79 of 100 already; RP10 (04-10) is not: only
    # RP1 of 12 is repeated. Open windows make the values provisional.
    first_contact = golden_reduced.check("O1-1", 79 / 100, 79, 100, 100)
    repeat = golden_reduced.check("O1-2", 1 / 12, 1, 12, 12, SMALL)
    final = golden_reduced.check("O1-3", 85 / 93, 85, 93, 93)
    for row in (first_contact, repeat, final):
        assert row["is_provisional"]
        assert "look_ahead" in row["provisional_reason"]
    assert not golden_reduced.value("P3-1")["is_provisional"]


# --- two enterprises --------------------------------------------------------------------------------------------------------


def test_enterprises_do_not_mix(golden: Published) -> None:
    where = {"enterprise": "B"}
    golden.check("R1-1", 20, 1, 500, **where)  # 1 outlet ÷ 500 km² × 10,000
    golden.check("R1-2a", 50, n=1, within=0, **where)
    golden.check("R1-3a", 0, 0, 1, 1, **where)
    golden.check("R3-1", 1 / 2, 1, 2, **where)  # C-F03, C-RP12
    golden.check("R3-4", 0, 0, 1, 1, **where)  # 1 h of 10
    golden.check("R4-2", 0, 0, 9, **where)
    golden.check("R5-1", 0, 0, 1, 1, SMALL, **where)
    golden.check("R5-2", 240, 240 * 3600, 1, 1, SMALL, within=0, **where)
    golden.check("P1-1", 0, 0, 1, 1, SMALL, **where)
    golden.check("P1-3", 0, 0, 1, 1, SMALL, **where)
    golden.check("P1-4", 0, 0, 1, 1, SMALL, **where)
    golden.check("P2-2", 0, 0, 1, 1, SMALL, **where)
    golden.check("P3-1", 0, 0, 10, 10, SMALL, **where)
    golden.check("O1-1", 1 / 2, 1, 2, 2, SMALL, **where)  # RP12 took two contacts
    golden.check("O1-2", 0, 0, 1, 1, SMALL, **where)
    golden.check("O1-4", 0.5, 0.5, 1, 1, SMALL, **where)
    golden.check("O2-1", 0, 0, 1, 1, SMALL, **where)
    golden.check("O3-1a", 0, 0, 1, 1, **where)
    golden.check("O4-1", 2 / 2 * 10000, 2, 2, **where)
    golden.check("O4-2", 0, 0, 1, 1, **where)
    golden.check("I1-1", 1, **where)  # letter: published, probed
    golden.check("I1-2", 0, 0, 1, 1, SMALL, **where)
    golden.check("I1-3", 0, 0, 1, 1, SMALL, **where)
    golden.check("I1-4", 0, 0, 1, 1, SMALL, **where)
    golden.check("I2-1", 0, 0, 1, 1, **where)
    golden.check("I2-2", 1 / 3, 1, 3, **where)
    golden.check("I3-1", 1, **where)


def test_a_repeated_key_is_in_quarantine_and_a_repeated_answer_is_not(golden: Published) -> None:
    found = golden.rows(
        """select "table", rule, row_key from quarantine where quarter = '2025-Q1' order by "table", rule, row_key"""
    )
    assert [(row["table"], row["rule"]) for row in found if row["table"] != "survey_answers"] == [
        ("hotline_calls", "unique_key"),
    ]
    assert {row["row_key"] for row in found} >= {"A|T001"}
    # Kept, flagged, not counted (C-41).
    flagged = golden.rows("select row_key, action, step from cleaning_log where rule = 'duplicate_survey_response'")
    assert flagged == [{"row_key": "A|V01-again", "action": "out_of_scope", "step": "marts"}]
