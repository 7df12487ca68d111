"""Golden values of dimension O 服务结果表现 in 2025-Q1: resolution, satisfaction, economy, safety.

The records are in ``landing``; 100 requests are in scope.
"""

from __future__ import annotations

from math import sqrt

import pytest
from scipy import stats

from golden.landing import ANSWERS, SCORES
from golden.published import Published

pytestmark = pytest.mark.xdist_group("golden")


def test_o1_1_first_contact_resolution(golden: Published) -> None:
    # Not resolved: K1 (cancelled), W1 W2 U4 C6 RP14 (open) = 6; more than one contact: N1 … N8, D4 = 9;
    # D1 (denied), D3 (reopened) = 2; repeated within 7 × 24 h: R1a (exactly), R3a (in 2025-Q2), R6a (same serial),
    # R8a (same model) = 4. 100 − 21 = 79.
    # Not repeated: R2a (one second late), R4a (issue), R5a (model), R7a (serial), R9a (category), R10 (same moment),
    # F01 (by merged M1), F02 (by test X1), F03 (by a request of B).
    row = golden.check("O1-1", 79 / 100, 79, 100, 100)
    interval = stats.binomtest(79, 100).proportion_ci(method="wilson")
    assert (row["ci_low"], row["ci_high"]) == (pytest.approx(interval.low, abs=1e-9), pytest.approx(interval.high))
    assert not row["is_provisional"]  # records reach past 2025-04-07 and 04-30


def test_o1_2_repeat_repairs(golden: Published) -> None:
    # Resolved: RP1 … RP9, RP11 RP12 RP13 = 12 (RP14 open, MT1 no repair, RP10 of 2025-Q2, M2 merged).
    # Repeated: RP1 (by RP2, exactly 30 × 24 h after it was resolved), RP9 (by RP10, next quarter).
    # Not: RP3 (a second late), RP5 (no serial), RP7 (issue), RP11 (maintenance), RP12 (B's), RP13 (merged).
    golden.check("O1-2", 2 / 12, 2, 12, 12, "insufficient_sample")


def test_o1_3_final_resolution(golden: Published) -> None:
    # Closed: 100 − 5 open − K1 − D5 (resolved only) = 93. Not: D1, D3, and repeated within 30 days R1a R2a R3a R6a R8a
    # R11a (exactly 30 × 24 h; R12a a second later is not) → 93 − 8 = 85
    golden.check("O1-3", 85 / 93, 85, 93, 93)


def test_o1_4_performance(golden: Published) -> None:
    # 11 of the 12 repairs resolved (13 in all) are measured, at least 80 %: mean of the ratios, capped at 1:
    # 1 (1.2) + 1 + .95 + .9 + 1 + .98 + .99 + 1 + .85 + 1 (1.1) + .93 = 10.60 ÷ 11; RP13 is not measured.
    row = golden.check("O1-4", 10.6 / 11, 10.6, 11, 11, "insufficient_sample")
    assert row["part"] == "measured_ratio"


def test_o2_1_overall(golden: Published) -> None:
    # Survey: 18 × 5 + 8 × 4 + 3 × 3 + 2 × 2 + 1 × 1 = 136 (32 answers); pulse: 5 + 4 + 4 + 4 = 17 (4 answers).
    # 153 ÷ 36 = 4.25 → 3.25 ÷ 4 × 100 = 81.25. Not: the second answer of customer 1, broken-off answers, the mystery
    # visit, the answer of 04-01, B's.
    # 36 answers of 32 people: customers 1 to 4 answered both.
    row = golden.check("O2-1", 81.25, 81.25 * 36, 36, 32)
    answers = [[(SCORES[given] - 1) * 25] for given in ANSWERS["SV25Q1"]["overall"] if given != "."]
    for of_customer, pulse in zip(answers, [5, 4, 4, 4], strict=False):
        of_customer.append((pulse - 1) * 25)
    assert (len(answers), sum(map(len, answers))) == (32, 36)
    # Each person's answers about the mean: √(32/31 · Σ(Σ points − 81.25 · answers)²) ÷ 36
    error = sqrt(32 / 31 * sum((sum(points) - 81.25 * len(points)) ** 2 for points in answers)) / 36
    reach = float(stats.t.ppf(0.975, 31)) * error
    assert (row["ci_low"], row["ci_high"]) == (pytest.approx(81.25 - reach, abs=1e-8), pytest.approx(81.25 + reach, abs=1e-8))


def test_o2_2_touchpoints(golden: Published) -> None:
    # phone 6 × 5 + 6 × 4 = 54 ÷ 12 = 4.5 → 87.5;  online 2 × 5 + 4 × 4 + 4 × 3 = 38 ÷ 10 = 3.8 → 70;
    # outlet 5 + 5 + 4 + 4 + 2 = 20 ÷ 5 = 4 → 75;  on site 4 × 5 + 4 = 24 ÷ 5 = 4.8 → 95
    # requests by channel: 52, 20, 8, 20 → (52 × 87.5 + 20 × 70 + 8 × 75 + 20 × 95) ÷ 100 = 84.5
    golden.check("O2-2", 84.5, 52 * 87.5 + 20 * 70 + 8 * 75 + 20 * 95, 100, 32)


def test_o2_3_staff(golden: Published) -> None:
    # 20 × 5 + 8 × 4 + 4 × 3 = 144 ÷ 32 = 4.5
    golden.check("O2-3", 87.5, 87.5 * 32, 32, 32)


def test_o2_4_resolution(golden: Published) -> None:
    # 12 × 5 + 12 × 4 + 4 × 3 + 4 × 2 = 128 ÷ 32 = 4
    golden.check("O2-4", 75, 75 * 32, 32, 32)


def test_o2_5_index(golden: Published) -> None:
    # .4 × 81.25 + .2 × 84.5 + .2 × 87.5 + .2 × 75 = 32.5 + 16.9 + 17.5 + 15
    golden.check("O2-5", 81.9)


def test_o3_1a_prices_published(golden: Published) -> None:
    # Chargeable and in force on 03-31: P1 … P20 = 20 (P21 is free, P22 ended that day); unpublished: P20.
    golden.check("O3-1a", 19 / 20, 19, 20, 20)


def test_o3_1b_price_transparency(golden: Published) -> None:
    # 16 × 4 + 16 × 5 → mean 4.5
    golden.check("O3-1b", 87.5, 87.5 * 32, 32, 32)


def test_o3_2_extra_charges(golden: Published) -> None:
    # Paid: F01 … F05, F08 … F22 = 20 (F06, F07 paid nothing, M1 is out of scope).
    # Above the quote and not signed for: F03, F04 (flag empty); F02 was signed for.
    golden.check("O3-2", 2 / 20, 2, 20, 20, "insufficient_sample")


def test_o3_3_value_for_money(golden: Published) -> None:
    # On a scale of 0–10: 16 × 8 + 8 × 10 + 8 × 5 = 248 ÷ 32 = 7.75 → 77.5
    golden.check("O3-3", 77.5, 77.5 * 32, 32, 32)


def test_o4_1_incidents(golden: Published) -> None:
    # 1 (02-02; not 12-31 23:59:59, not 04-01 00:00) ÷ 100 requests × 10,000
    golden.check("O4-1", 100, 1, 100)


def test_o4_2_hazards(golden: Published) -> None:
    # Due in the quarter: H1 H2 H3 H4 and 36 others = 40; not fixed by the due date: H2 (midnight after), H3 (never).
    golden.check("O4-2", 38 / 40, 38, 40, 40)


def test_o4_3_protection(golden: Published) -> None:
    # The latest assessment is of 2024-12-31: (5 × 1 + 3 × .4) ÷ 8
    golden.check("O4-3", 6.2 / 8, 6.2, 8)
