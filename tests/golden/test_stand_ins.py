"""Daily totals in place of calls (D-104), and flags of the source in place of times (D-105), in 2025-Q1.

The records are in ``stand_ins``.
"""

from __future__ import annotations

import pytest

from golden.published import Published

pytestmark = pytest.mark.xdist_group("golden")

TOTALS, REPORTED = "daily_totals", "as_reported_by_the_source"


def _basis(row: dict[str, object]) -> tuple[object, object, object]:
    return row["status"], row["status_reason"], row["basis"]


def _fraction(row: dict[str, object]) -> tuple[object, object, object]:
    return row["numerator"], row["denominator"], row["sample_size"]


def _variants(published: Published, enterprise: str, indicator: str) -> set[object]:
    query = (
        "select variant from indicator_variants where enterprise_id = ? and indicator_id = ? and period = '2025-Q1' "
        "and scope_type = 'enterprise'"
    )
    return {row["variant"] for row in published.rows(query, [enterprise, indicator])}


def test_totals_feed_the_numerators_and_denominators_of_calls(stand_ins: Published) -> None:
    # In service hours: (95 + 40 + 57 + 38) ÷ (100 + 50 + 60 + 40).
    row = stand_ins.check("P1-1", 230 / 250, 230, 250, 250, enterprise="TOTALS")
    assert _basis(row) == ("ok", None, TOTALS)
    # Outside: 4 ÷ 10. Short abandons are known of queue A on 2 January only: 95 ÷ (100 − 2); those within 10 s are others.
    assert _fraction(stand_ins.variant("P1-1", "out_of_hours", enterprise="TOTALS")) == (4, 10, 10)
    assert _fraction(stand_ins.variant("P1-1", "without_short_abandons", enterprise="TOTALS")) == (95, 98, 98)
    assert _fraction(stand_ins.variant("P1-1", TOTALS, enterprise="TOTALS")) == (230, 250, 250)


def test_a_count_within_another_limit_does_not_enter(stand_ins: Published) -> None:
    # Within 15 s: (80 + 30) ÷ (100 + 50 + 40). The 60 calls counted within 20 s are out; the 40 of which none was counted fail.
    row = stand_ins.check("P1-2", 110 / 190, 110, 190, 190, enterprise="TOTALS")
    assert _basis(row) == ("ok", None, TOTALS)
    # 110 ÷ (95 + 40 + 38)
    assert _fraction(stand_ins.variant("P1-2", "of_answered", enterprise="TOTALS")) == (110, 173, 173)
    row = stand_ins.check("P1-1", 30 / 40, 30, 40, 40, enterprise="LIMIT")
    assert row["basis"] == TOTALS
    row = stand_ins.value("P1-2", enterprise="LIMIT")
    assert (row["value"], row["score"], *_basis(row)) == (None, None, "no_data", "no_total_within_limit", None)


def test_days_without_a_total_are_counted(stand_ins: Published) -> None:
    # 2, 3 and 6 January of the 31 + 28 + 31 days of the quarter.
    row = stand_ins.variant("P1-1", "days_counted", enterprise="TOTALS")
    assert (row["value"], *_fraction(row)) == (pytest.approx(3 / 90), 3, 90, 90)
    # What is counted whole is subject to no chance.
    assert (row["ci_low"], row["ci_high"], row["ci_method"]) == (None, None, None)
    # One day of calls, one of totals.
    assert _fraction(stand_ins.variant("P1-1", "days_counted", enterprise="BOTH")) == (2, 90, 90)
    assert "days_counted" not in _variants(stand_ins, "FLAGS", "P1-1")


def test_totals_give_no_durations(stand_ins: Published) -> None:
    row = stand_ins.value("P2-1a", enterprise="TOTALS")
    assert (row["value"], *_basis(row)) == (None, "not_applicable", "no_cases_in_period", None)
    # Of the calls of BOTH alone: (16 × 10 s + 2 × 20 s) ÷ 18.
    row = stand_ins.check("P2-1a", 200 / 18, 200, 18, 18, "insufficient_sample", enterprise="BOTH")
    assert row["basis"] == "records"
    statistics = "select n from mart_duration_statistics where indicator_id = 'P2-1a' and period = '2025-Q1' and enterprise_id = ?"
    assert stand_ins.rows(statistics, ["BOTH"]) == [{"n": 18}]
    assert stand_ins.rows(statistics, ["TOTALS"]) == []
    assert stand_ins.rows("select 1 from outliers where enterprise_id in ('TOTALS', 'LIMIT') and quarter = '2025-Q1'") == []


def test_a_day_with_calls_and_totals_counts_its_calls(stand_ins: Published) -> None:
    # 18 of 20 single calls on the 7th, 25 of 30 in the totals of the 8th; the total of the 7th is refused.
    row = stand_ins.check("P1-1", 43 / 50, 43, 50, 50, enterprise="BOTH")
    assert _basis(row) == ("ok", None, f"records;{TOTALS}")
    assert _fraction(stand_ins.variant("P1-1", TOTALS, enterprise="BOTH")) == (25, 30, 30)
    # 16 calls within 15 s, 20 in the totals.
    stand_ins.check("P1-2", 36 / 50, 36, 50, 50, enterprise="BOTH")
    # 2 calls given up after 3 s, 1 in the totals.
    assert _fraction(stand_ins.variant("P1-1", "without_short_abandons", enterprise="BOTH")) == (43, 47, 47)
    refused = 'select row_key, rule, "column", value_masked from quarantine where "table" = \'hotline_daily_totals\''
    assert stand_ins.rows(refused) == [
        {
            "row_key": "BOTH|2025-01-07|A|true",
            "rule": "day_has_single_calls",
            "column": "called_on",
            "value_masked": "2025-01-07",
        }
    ]
    account = 'select extracted, accepted, quarantined, delivered from row_accounting where "table" = ? and quarter = ?'
    assert stand_ins.rows(account, ["hotline_daily_totals", "2025-Q1"]) == [
        {"extracted": 8, "accepted": 7, "quarantined": 1, "delivered": True}
    ]


def test_longer_periods_add_calls_and_totals(stand_ins: Published) -> None:
    # 27 of 30 calls in the quarter before.
    row = stand_ins.value("P1-1", enterprise="TOTALS", period="2025-Q1-TTM")
    assert _fraction(row) == (230 + 27, 250 + 30, 280)
    assert row["basis"] == f"records;{TOTALS}"
    # Of the quarter with totals only.
    assert _fraction(stand_ins.variant("P1-1", "days_counted", enterprise="TOTALS", period="2025-Q1-TTM")) == (3, 90, 90)


def test_flags_decide_where_no_record_has_the_time(stand_ins: Published) -> None:
    # Of 30 calls offered 28 were answered, 24 in time as the source says; a flag that is not set is not fulfilled.
    row = stand_ins.check("P1-2", 24 / 30, 24, 30, 30, enterprise="FLAGS")
    assert _basis(row) == ("ok", None, REPORTED)
    assert _fraction(stand_ins.variant("P1-2", "of_answered", enterprise="FLAGS")) == (24, 28, 28)
    row = stand_ins.check("P1-1", 28 / 30, 28, 30, 30, enterprise="FLAGS")
    assert row["basis"] == "records"
    for indicator, fulfilled, cases in (("P1-3", 27, 30), ("P1-4", 24, 30), ("P2-2", 25, 32), ("I1-2", 36, 40), ("O4-2", 3, 4)):
        row = stand_ins.check(indicator, fulfilled / cases, fulfilled, cases, cases, enterprise="FLAGS")
        assert (indicator, *_basis(row)) == (indicator, "ok", None, REPORTED)
        assert row["score"] is not None
        # Nothing else is made of the flags: neither other limits nor earlier and later than the tolerance.
        assert _variants(stand_ins, "FLAGS", indicator) == {REPORTED}, indicator


def test_means_take_no_flags(stand_ins: Published) -> None:
    row = stand_ins.value("P2-1a", enterprise="FLAGS")
    assert (row["value"], *_basis(row)) == (None, "no_data", "not_recorded", None)
    row = stand_ins.value("P2-1b", enterprise="FLAGS")
    assert _basis(row) == ("no_data", "column_not_delivered:online_sessions.first_human_reply_at", None)


def test_flags_decide_in_every_scope(stand_ins: Published) -> None:
    # All 10 complaints of the north in time, 26 of the 30 of the south.
    row = stand_ins.value("I1-2", enterprise="FLAGS", scope=("region", "N"))
    assert (*_fraction(row), row["basis"]) == (10, 10, 10, REPORTED)
    row = stand_ins.value("I1-2", enterprise="FLAGS", scope=("region", "S"))
    assert (*_fraction(row), row["basis"]) == (26, 30, 30, REPORTED)


def test_times_win_over_flags_and_contradictions_are_counted(stand_ins: Published) -> None:
    # 38 of 40 within 24 h by their times, whatever the flags say.
    row = stand_ins.check("I1-2", 38 / 40, 38, 40, 40, enterprise="TIMES")
    assert _basis(row) == ("ok", None, "records")
    # Two replied to in time and denied, one after 30 h and one without a reply affirmed.
    assert _fraction(stand_ins.variant("I1-2", "flags_contradicted", enterprise="TIMES")) == (4, 40, 40)
    # 10 urgent complaints, all replied to after 2 h: none within 15 minutes.
    assert _fraction(stand_ins.variant("I1-2", "urgent", enterprise="TIMES")) == (0, 10, 10)
    # Of the 18 answered calls of BOTH one was affirmed after 20 s.
    assert _fraction(stand_ins.variant("P1-2", "flags_contradicted", enterprise="BOTH")) == (1, 18, 18)


def test_flags_need_no_time_of_day(stand_ins: Published) -> None:
    row = stand_ins.check("I1-2", 30 / 40, 30, 40, 40, enterprise="DATES")
    assert _basis(row) == ("ok", None, REPORTED)


def test_without_times_and_flags_a_reply_is_missing_as_before(stand_ins: Published) -> None:
    row = stand_ins.check("I1-2", 0, 0, 30, 30, enterprise="NEITHER")
    assert row["basis"] == "records"


def test_no_record_says_what_its_times_do_not(stand_ins: Published) -> None:
    told = "select count(*) as n from fct_complaints where enterprise_id in ('FLAGS', 'DATES') and is_replied_in_time is not null"
    assert stand_ins.rows(told) == [{"n": 0}]
