"""Golden values of dimension I 服务持续改进 in 2025-Q1: feedback, monitoring, innovation, improvement.

The records are in ``landing``.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from golden.published import Published

pytestmark = pytest.mark.xdist_group("golden")


def test_i1_1_complaint_channels(golden: Published) -> None:
    # phone (probe of 02-10) and online (a complaint in the quarter); letter had neither, on-site is not published,
    # "other" had neither.
    golden.check("I1-1", 2)


def test_i1_2_complaints_24_h(golden: Published) -> None:
    # Received: CO01 … CO08. Within 24 h: 1, 2 (exactly), 5, 6, 8; not 3 (a second more), 4 (never), 7 (42 h, week-end).
    golden.check("I1-2", 5 / 8, 5, 8, 8, "insufficient_sample")


def test_i1_3_complaints_satisfied(golden: Published) -> None:
    # Answered: 1, 2, 3, 5, 6, 7; with 4 or 5: 1, 2, 6, 7.
    golden.check("I1-3", 4 / 6, 4, 6, 6, "insufficient_sample")


def test_i1_4_suggestions_adopted(golden: Published) -> None:
    # Customers' and evaluated: SU1 … SU4; adopted: SU1, SU2 (SU4's flag is empty).
    golden.check("I1-4", 2 / 4, 2, 4, 4, "insufficient_sample")


def test_i2_1_key_steps(golden: Published) -> None:
    # 10 key steps; not K3 (from 04-01), K4 (never).
    golden.check("I2-1", 8 / 10, 8, 10, 10)


def test_i2_2_full_inspections(golden: Published) -> None:
    # January and March; February's was not a full one.
    golden.check("I2-2", 2 / 3, 2, 3)


def test_i2_3_analysis_depth(golden: Published) -> None:
    # description: rates, means and percentiles of the quarter's records (1)
    # comparison: two outlets and more with cases of one indicator, and records of 2024-Q4 to compare with (1)
    # correlation: fewer than 30 requests with response time and satisfaction, fewer than 30 people with a certificate to hold (0)
    # root cause: cases of indicators, of which any may miss its requirement (1)
    # regression, text, cluster, forecast: not offered (0)
    assert golden.rows("select 1 from indicator_variants where period = '2025-Q1' and variant = 'p90' limit 1")
    assert golden.value("P2-2", scope=("staff", "S3"))["value"] is not None
    (most,) = golden.rows("select max(n) as n from mart_pair_moments where quarter = '2025-Q1'")
    assert 0 < most["n"] < 30
    planned = "select distinct is_planned, is_counted, reason from analysis_plan where analysis_id = 'correlation'"
    assert golden.rows(planned) == [{"is_planned": True, "is_counted": False, "reason": "insufficient_sample"}]
    golden.check("I2-3", 3 / 8, 3, 8)


def test_i3_1_innovations(golden: Published) -> None:
    # Effective 02-15 and 03-31; not 04-01, not the one without effect, not those of 2024.
    golden.check("I3-1", 2)


def test_i3_2_new_technology(golden: Published) -> None:
    # (1 + 1 + 0 + .5 + 0 + 0) ÷ 6
    golden.check("I3-2", 2.5 / 6, 2.5, 6)


def test_i3_3_process_optimisations(golden: Published) -> None:
    # Effective 01-01 and 03-31.
    golden.check("I3-3", 2)


def test_i4_1_error_rate(golden: Published) -> None:
    # 2024-Q2 … 2025-Q1: (1 + 1 + 2 + 4) errors ÷ (10 + 10 + 40 + 100) requests = 8/160 = .05
    # 2023-Q2 … 2024-Q1: (1 + 0 + 0 + 1) ÷ (8 + 8 + 8 + 14) = 2/38
    # (2/38 − .05) ÷ (2/38) = 1 − .95 = .05
    before, now = Fraction(2, 38), Fraction(8, 160)
    assert (before - now) / before == Fraction(5, 100)
    golden.check("I4-1", 0.05)


def test_i4_2_satisfaction(golden: Published) -> None:
    # O2-5 of 2024-Q1: overall 4 → 75; phone 4, online 4 → 75; staff 5 → 100; resolution (5 + 4 × 4) ÷ 5 = 4.2 → 80
    # .4 × 75 + .2 × 75 + .2 × 100 + .2 × 80 = 81. (81.9 − 81) ÷ 81
    golden.check("I4-2", 0.9 / 81)


def test_i4_3_efficiency(golden: Published) -> None:
    # Resolved in 2025-Q1: 100 − 5 open − K1 = 94. Working days of 2025-Q1: 19 + 19 + 21 = 59.
    # Staff days: S1 S2 S3 S5 S9 S11 59 each = 354, S4 28 (until 02-14), S6 31, S7 31, S8 37, S13 58, S15 1 → 540
    # 2024-Q1: 14 resolved; 61 working days × 9 (S1 … S5, S9, S11, S13, S14) = 549
    change = (Fraction(94, 540) - Fraction(14, 549)) / Fraction(14, 549)
    golden.check("I4-3", float(change))
