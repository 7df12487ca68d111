from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.words import numbers as formats


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        # GB/T 8170: a five at the end goes to the even neighbour.
        (0.5, 0, "0"),
        (1.5, 0, "2"),
        (2.5, 0, "2"),
        (-2.5, 0, "−2"),
        (0.125, 2, "0.12"),
        (0.135, 2, "0.14"),
        # In binary 2.675 is 2.67499…; people see the tie 2.675 and round it to the even 8.
        (2.675, 2, "2.68"),
        # Rounded once: 2.4449 is not first 2.445 and then 2.44 or 2.45.
        (2.4449, 2, "2.44"),
        (2.4451, 2, "2.45"),
        (1234567.891, 2, "1,234,567.89"),
        (-0.001, 2, "0.00"),
        (1e22, 0, "10,000,000,000,000,000,000,000"),
    ],
)
def test_a_number_is_rounded_once_half_to_even(value: float, decimals: int, text: str) -> None:
    assert formats.number(value, decimals) == text


@pytest.mark.parametrize("nothing", [None, float("nan"), float("inf"), -float("inf")])
def test_null_and_what_is_no_number_are_a_dash(nothing: float | None) -> None:
    printed = {
        formats.number(nothing),
        formats.count(nothing),
        formats.percent(nothing),
        formats.bare(nothing, "s"),
        formats.in_unit(nothing, "rate", "%"),
        formats.limit(nothing, "ratio"),
        formats.bound(nothing, "s", "lower", "秒"),
        formats.interval(nothing, 1.0, "s", "秒"),
        formats.interval(0.0, nothing, "s", "秒"),
        formats.change(1.0, nothing, "rate"),
        formats.change(nothing, 1.0, "rate"),
    }
    assert printed == {"—"}
    assert formats.moment(None) == "—"


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(min_value=0, max_value=6))
def test_any_double_is_printed_as_the_decimal_library_rounds_it(value: float, decimals: int) -> None:
    with localcontext() as context:
        context.prec, context.rounding = 700, ROUND_HALF_EVEN
        expected = f"{round(Decimal(repr(value)), decimals):,f}"
    zero = expected.strip("-0.,") == ""
    assert formats.number(value, decimals) == expected.replace("-", "" if zero else "−")


@pytest.mark.parametrize(
    ("value", "unit", "unit_zh", "text"),
    [
        (0.95, "rate", "%", "95.00%"),
        # 0.123456 is 12.3456 %; 0.94125 is 94.125 %, a tie that goes down to the even 2.
        (0.123456, "rate", "%", "12.35%"),
        (0.94125, "rate", "%", "94.12%"),
        (627000 / 23749, "s", "秒", "26.40 秒"),
        (80 / 16960, "ratio", "人/顾客", "1∶212"),
        # 7 ÷ 1,500: one for 214.2857…
        (7 / 1500, "ratio", "人/顾客", "1∶214.29"),
        (0.0, "ratio", "人/顾客", "0.00"),
        (12.0, "persons", "人", "12 人"),
        (3.0, "channels", "种", "3 种"),
        (0.8, "per_10000_services", "起/万次服务", "0.80 起/万次服务"),
        (83.25, "score", "分", "83.25 分"),
    ],
)
def test_values_are_printed_in_their_unit(value: float, unit: str, unit_zh: str, text: str) -> None:
    assert formats.in_unit(value, unit, unit_zh) == text


@pytest.mark.parametrize(
    ("value", "unit", "direction", "unit_zh", "text"),
    [
        (0.95, "rate", "higher", "%", "≥ 95%"),
        (1.0, "rate", "exact", "%", "= 100%"),
        (30.0, "s", "lower", "秒", "≤ 30 秒"),
        (0.005, "ratio", "higher", "人/顾客", "≥ 1∶200"),
        (11.25, "per_10000_km2", "higher", "", "≥ 11.25"),
        # A limit is what was agreed, so it is never rounded.
        (0.92345, "rate", "higher", "%", "≥ 92.345%"),
        (0.0, "per_10000_services", "lower", "起/万次服务", "≤ 0 起/万次服务"),
        (1000.0, "persons", "higher", "人", "≥ 1,000 人"),
    ],
)
def test_limits_are_printed_as_they_were_set(value: float, unit: str, direction: str, unit_zh: str, text: str) -> None:
    assert formats.bound(value, unit, direction, unit_zh) == text


def test_intervals_name_their_unit_once() -> None:
    assert formats.interval(0.9471, 0.9526, "rate", "%") == "94.71%–95.26%"
    assert formats.interval(26.1, 26.7, "s", "秒") == "26.10–26.70 秒"
    assert formats.interval(-0.05, 0.1, "rate", "%") == "−5.00% 至 10.00%"


@pytest.mark.parametrize(
    ("now", "before", "unit", "text"),
    [
        (0.94996, 0.94, "rate", "+1.00 个百分点"),
        (0.88, 0.9012, "rate", "−2.12 个百分点"),
        (0.95, 0.95, "rate", "0.00 个百分点"),
        # 0.3 − 0.1 is 0.19999999999999998 in binary; between the decimals it is 0.2.
        (0.3, 0.1, "score", "+0.20"),
        (5.0, 2.0, "persons", "+3"),
        # 1∶200 after 1∶250: 0.005 ÷ 0.004 − 1
        (0.005, 0.004, "ratio", "+25.00%"),
        (0.005, 0.0, "ratio", "—"),
    ],
)
def test_changes_are_signed(now: float, before: float, unit: str, text: str) -> None:
    assert formats.change(now, before, unit) == text


def test_what_rounding_hides_is_marked() -> None:
    assert formats.rounding_mark(0.94996, 0.95, "rate") == "−"
    assert formats.rounding_mark(0.950001, 0.95, "rate") == "+"
    assert formats.rounding_mark(0.95, 0.95, "rate") == ""
    assert formats.rounding_mark(0.9499, 0.95, "rate") == ""
    assert formats.rounding_mark(0.95, None, "rate") == ""
    # 0.00500001 is one for 199.9996: printed 200, really fewer customers a person, so the number shown is too large.
    assert formats.rounding_mark(0.00500001, 0.005, "ratio") == "−"


def test_days_and_moments() -> None:
    assert formats.date(dt.date(2025, 3, 31)) == "2025年3月31日"
    assert formats.moment(dt.datetime(2025, 4, 29, 18, 2, 11, 500)) == "2025-04-29 18:02:11"
    assert formats.count(20060) == "20,060"
    assert formats.count(12.5) == "12.50"
