"""Golden values of dimension R 服务资源保障 in 2025-Q1: registers, staff, parts.

Registers are read on 2025-03-31 (start ≤ day < end). The records are in ``landing``.
"""

from __future__ import annotations

import pytest

from golden.published import Published

pytestmark = pytest.mark.xdist_group("golden")


def test_r1_1_outlet_density(golden: Published) -> None:
    # Active on 03-31: O1 O2 O3 O4 O5 O6 O7 O9 O11 O12 = 10 (O8 closed that day, O10 opens the day after).
    # Area: N 4000 (since 01-01) + S 3000 + W 1000 = 8000 km². 10 ÷ 8000 × 10,000 = 12.5
    golden.check("R1-1", 12.5, 10, 8000)


def test_r1_2a_urban_radius(golden: Published) -> None:
    # Urban: O1 3, O2 5, O3 8, O9 4, O12 6 (urban by the version of 03-31) → 3 4 5 6 8.
    # P95 at 0.95 × 4 = 3.8 → 6 + 0.8 × (8 − 6) = 7.6; within 5 km: 3 4 5 = 3 of 5
    golden.check("R1-2a", 7.6, n=5, within=3 / 5)


def test_r1_2b_suburban_radius(golden: Published) -> None:
    # Suburban: O4 12 (25 until New Year), O5 20, O6 30, O11 10 → 10 12 20 30.
    # P95 at 0.95 × 3 = 2.85 → 20 + 0.85 × 10 = 28.5; within 20 km: 3 of 4
    golden.check("R1-2b", 28.5, n=4, within=3 / 4)


def test_r1_3a_open_days(golden: Published) -> None:
    # All of the 10 but O5 (5 days).
    golden.check("R1-3a", 9 / 10, 9, 10, 10)


def test_r1_3b_open_hours(golden: Published) -> None:
    # All of the 10 but O6 (7.5 h).
    golden.check("R1-3b", 9 / 10, 9, 10, 10)


def test_r2_1_vehicles(golden: Published) -> None:
    # Dedicated vehicles: 01-31 V1 V2 V3, 02-28 V1 V2 (V3 retired that day), 03-31 V1 V2 V5 → 3 + 2 + 3 = 8
    # (V4 is not dedicated, V6 no longer).
    # Service staff: 01-31 S1 S2 S3 S4 S5 S9 S11 S13 = 8;
    # 02-28 S1 S2 S3 S5 S6 S7 S8 S9 S11 S13 = 10; 03-31 the same with S15 for S13 = 10 → 28
    golden.check("R2-1", 8 / 28, 8, 28)


def test_r2_2_service_system(golden: Published) -> None:
    # All of the 10 but O6, whose flag is empty.
    golden.check("R2-2", 9 / 10, 9, 10, 10)


def test_r2_3_test_equipment(golden: Published) -> None:
    # Pairs: O1 ×2, O2 ×2, O3, O4, O5, O9, O11 = 9 (O8 inactive; O12's ended on 03-31, O7's begins on 04-01).
    # Not: O2 diagnosis (03-30), O2 leak test (none) → 7
    golden.check("R2-3", 7 / 9, 7, 9, 9)


def test_r3_1_staff_per_customer(golden: Published) -> None:
    # Staff on 03-31: S1 S2 S3 S5 S6 S7 S8 S9 S11 S15 = 10.
    # Customers with a request in scope 2024-04-01 … 2025-03-31: 2025-Q1 has 100 requests, of which 11 pairs
    # (R1 R2 R4 … R12) and RP5/RP6 share a customer → 100 − 12 = 88; 2024-Q2 and Q3 the same 10 customers;
    # 2024-Q4 39 (E3's customer is E2's) → 137. Not: customers of test records, of 2024-Q1, of B.
    golden.check("R3-1", 10 / 137, 10, 137)


def test_r3_2_certified(golden: Published) -> None:
    # Service staff employed in the quarter in posts that need one: S1 S2 S3 S4 S7 S8 S15 = 7
    # (S14 left on 01-01, S12 is no service staff). Valid on every working day employed: S1, S4 (left before it
    # expired), S7 (from Monday, hired on a plain Saturday), S15. Not S2 (expired 02-15), S3 (none),
    # S8 (hired on make-up Saturday 02-08, certified from 02-10).
    golden.check("R3-2", 4 / 7, 4, 7, 7)


def test_r3_3_technical_staff(golden: Published) -> None:
    # Of the 10: S1 S2 S7 S8 S9 S11
    golden.check("R3-3", 6 / 10, 6, 10, 10)


def test_r3_4_training(golden: Published) -> None:
    # Needed by 03-31: 40 × 3/12 = 10 h; hired in February 40 × 2/12 = 6.67 h; hired in March 40 × 1/12 = 3.33 h.
    # S1 6 + 4 = 10 yes, S2 9.5 no, S3 0 no, S5 12 yes, S6 (Feb) 7 yes, S7 (Feb) 6.5 no, S8 (Feb) 8 yes,
    # S9 5 + 5 = 10 yes, S11 4 no (40 h more on 04-01), S15 (Mar) 3.5 yes → 6 of 10
    golden.check("R3-4", 6 / 10, 6, 10, 10)


def test_r4_1_experts(golden: Published) -> None:
    # S9 and S11 (expert since New Year); S10 is hired the day after.
    golden.check("R4-1", 2)


@pytest.mark.parametrize(
    ("indicator", "numerator", "denominator"),
    [
        ("R4-2", 2 * 1 + 2 * 0.5, 2 + 2),  # of 03-31, the last day itself, not of November: 0.75
        ("R4-3", 1 * 0.5 + 3 * 1, 1 + 3),  # of 02-01, without the item dropped since, and not of 04-02: 0.875
    ],
)
def test_checklists(golden: Published, indicator: str, numerator: float, denominator: float) -> None:
    golden.check(indicator, numerator / denominator, numerator, denominator)


def test_r5_1_common_spares(golden: Published) -> None:
    # Common: PD01 … PD40, of which PD38 PD39 PD40 were not in stock (PD41, PD42 not common, PD43 of 04-01).
    golden.check("R5-1", 37 / 40, 37, 40, 40)


def test_r5_2_urgent_orders(golden: Published) -> None:
    # Shipped after 12, 24 and 54 h: 90 h ÷ 3 = 30 h; U4 never shipped: not in the mean, and not within 24 h (2 of 4).
    golden.check("R5-2", 30, (12 + 24 + 54) * 3600, 3, 3, "insufficient_sample", within=2 / 4)


def test_r5_3_lead_time(golden: Published) -> None:
    # Whole working days: R1 6, R2 10, R3 0, R4 1, R5 8, R7 0 = 25 ÷ 6 (counted out in ``landing``);
    # R6 was never received. Within 7: R1 R3 R4 R7 = 4 of 7. R8 was ordered in 2024-Q4.
    golden.check("R5-3", 25 / 6, 25, 6, 6, "insufficient_sample", within=4 / 7)
