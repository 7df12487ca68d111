"""Golden values of other periods: 2024-Q4, the calendar year 2024, the year to date, the trailing year.

The records are in ``landing``. Registers are read on the period's last day.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from golden.published import Published

pytestmark = pytest.mark.xdist_group("golden")


# --- 2024-Q4: as it was ----------------------------------------------------------------------------------------------


def test_registers_stay_as_they_were(golden: Published) -> None:
    # On 2024-12-31 active: O1 … O8, O11, O12 = 10; N still had 6000 km²: 10 ÷ 10,000 × 10,000
    golden.check("R1-1", 10, 10, 10000, period="2024-Q4")
    # Urban O1 3, O2 5, O3 8, O8 9: P95 at 2.85 → 8 + .85 × 1; O12 was suburban.
    golden.check("R1-2a", 8.85, n=4, within=2 / 4, period="2024-Q4")
    # Suburban O4 25 (old version), O5 20, O6 30, O11 10, O12 6 → 6 10 20 25 30: P95 at 3.8 → 25 + .8 × 5
    golden.check("R1-2b", 29, n=5, within=3 / 5, period="2024-Q4")
    # S9 only: S11 was a technician.
    golden.check("R4-1", 1, period="2024-Q4")
    # Chargeable: P1 … P20, P22 = 21; unpublished: P19 (old version), P20, P22.
    golden.check("O3-1a", 18 / 21, 18, 21, 21, period="2024-Q4")
    # Dedicated V1 V3 V6 at each month-end = 9; staff S1 S2 S3 S4 S5 S9 S11 S13 S14 = 9, three times 27.
    golden.check("R2-1", 9 / 27, 9, 27, period="2024-Q4")
    # Assessments of 11-15 and 06-30: (2 × .5 + 1) ÷ 3, (1 + 0 + 2) ÷ 4
    golden.check("R4-2", 2 / 3, 2, 3, period="2024-Q4")
    golden.check("R4-3", 3 / 4, 3, 4, period="2024-Q4")


def test_a_repeat_one_second_and_one_quarter_later(golden: Published) -> None:
    # 39 + E3; E3 (12-31 23:59:59) is repeated by E2 (01-01 00:00:00).
    golden.check("O1-1", 39 / 40, 39, 40, 40, period="2024-Q4")
    golden.check("O1-3", 39 / 40, 39, 40, 40, period="2024-Q4")


def test_o1_4_by_acceptance_tests(golden: Published) -> None:
    # Only 3 of 5 repairs (60 %) were measured: share of the 4 tested repairs that passed.
    row = golden.check("O1-4", 3 / 4, 3, 4, 4, "insufficient_sample", period="2024-Q4")
    assert row["part"] == "acceptance_passed"


def test_year_to_date_indicators_of_the_last_quarter(golden: Published) -> None:
    # Innovations effective 2024-02-01 (an earlier quarter of the year) and 12-31.
    golden.check("I3-1", 2, period="2024-Q4")
    # Optimisations of the quarter itself: 12-31.
    golden.check("I3-3", 1, period="2024-Q4")
    # 40 h over the year: S1 20 + 20, S5 48; S2 has 39, S9's were of 2023 → 2 of 9
    golden.check("R3-4", 2 / 9, 2, 9, 9, period="2024-Q4")


def test_year_on_year_of_the_last_quarter(golden: Published) -> None:
    # 40 resolved by 9 staff in 62 working days against 8 resolved by 9 in 62: 5-fold. (S14 left on 2025-01-01.)
    golden.check("I4-3", 4.0, period="2024-Q4")
    # (1 + 1 + 1 + 2) errors ÷ (14 + 10 + 10 + 40) against (2 + 1 + 0 + 0) ÷ (12 + 8 + 8 + 8)
    before, now = Fraction(3, 36), Fraction(5, 74)
    golden.check("I4-1", float((before - now) / before), period="2024-Q4")


def test_no_comparison_without_the_year_before(golden: Published) -> None:
    row = golden.value("I4-2", period="2024-Q4")  # nobody was asked in 2024-Q4 or 2023-Q4
    assert row["value"] is None
    assert row["status"] not in ("ok", "insufficient_sample")


# --- the calendar year -------------------------------------------------------------------------------------------------


def test_calendar_year_sums_its_quarters(golden: Published) -> None:
    # 14 + 10 + 10 + 39 of 74
    golden.check("O1-1", 73 / 74, 73, 74, 74, period="2024")
    # (10 + 9 + 10 + 8) of 40 cases
    golden.check("P3-1", 37 / 40, 37, 40, 40, period="2024")
    # January, May (twice) and October of twelve months
    golden.check("I2-2", 3 / 12, 3, 12, period="2024")
    # One incident (12-31 23:59:59) in 74 requests
    golden.check("O4-1", 1 / 74 * 10000, 1, 74, period="2024")


def test_calendar_year_of_registers_and_counts(golden: Published) -> None:
    golden.check("R1-1", 10, 10, 10000, period="2024")  # on 12-31
    golden.check("R1-2a", 8.85, n=4, period="2024")
    golden.check("I3-1", 2, period="2024")  # 02-01, 12-31
    golden.check("I3-3", 2, period="2024")  # 05-01, 12-31
    golden.check("R3-4", 2 / 9, 2, 9, period="2024")
    # 9 ÷ distinct customers of 2024: P01 … P14, H01 … H10 (twice), Q01 … Q39, E3's = 14 + 10 + 39 + 1 = 64
    golden.check("R3-1", 9 / 64, 9, 64, period="2024")
    before, now = Fraction(3, 36), Fraction(5, 74)
    golden.check("I4-1", float((before - now) / before), period="2024")


# --- year to date and trailing year ------------------------------------------------------------------------------------


@pytest.mark.parametrize("indicator", ["R3-4", "P1-1", "P2-3b", "O1-1", "O2-5", "I1-2", "I3-1", "I3-3", "I4-1"])
def test_year_to_date_of_the_first_quarter_is_the_quarter(golden: Published, indicator: str) -> None:
    quarter, to_date = golden.value(indicator), golden.value(indicator, period="2025-Q1-YTD")
    for column in ("value", "numerator", "denominator", "sample_size", "within_limit_rate", "status"):
        assert to_date[column] == quarter[column]


def test_trailing_year(golden: Published) -> None:
    # 2024-Q2 … 2025-Q1: 10 + 10 + 39 + 79 of 160
    golden.check("O1-1", 138 / 160, 138, 160, 160, period="2025-Q1-TTM")
    # Calls of 2024-Q4 (5 answered, 5 abandoned) and 2025-Q1
    golden.check("P1-1", 35 / 45, 35, 45, 45, period="2025-Q1-TTM")
    golden.check("P2-1a", (416 + 50) / 37, 466, 37, 37, within=35 / 37, period="2025-Q1-TTM")
    # 2024-Q2 19 of 20, Q4 8 of 10, 2025-Q1 47 of 50
    golden.check("P3-1", 74 / 80, 74, 80, 80, period="2025-Q1-TTM")
    # May, October, January, March of twelve months
    golden.check("I2-2", 4 / 12, 4, 12, period="2025-Q1-TTM")
    # Registers as of 03-31, distinct customers of the twelve months: as in the quarter.
    golden.check("R1-2a", 7.6, n=5, period="2025-Q1-TTM")
    golden.check("R3-1", 10 / 137, 10, 137, period="2025-Q1-TTM")


def test_last_quarter_to_date_is_the_year(golden: Published) -> None:
    for indicator in ("O1-1", "I2-2", "R1-1", "R3-1", "I3-1", "I3-3"):
        year, to_date = golden.value(indicator, period="2024"), golden.value(indicator, period="2024-Q4-YTD")
        assert (indicator, to_date["value"]) == (indicator, year["value"])
