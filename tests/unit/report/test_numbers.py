from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report.document.blocks import Language
from pipeline.report.words.numbers import Numbers

ZH, EN = Numbers("zh"), Numbers("en")


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
    assert ZH.number(value, decimals) == text
    assert EN.number(value, decimals) == text


@pytest.mark.parametrize("nothing", [None, float("nan"), float("inf"), -float("inf")])
def test_null_and_what_is_no_number_are_a_dash(nothing: float | None) -> None:
    printed = {
        ZH.number(nothing),
        ZH.count(nothing),
        ZH.percent(nothing),
        ZH.bare(nothing, "s"),
        ZH.in_unit(nothing, "rate", "%"),
        ZH.limit(nothing, "ratio"),
        ZH.bound(nothing, "s", "lower", "秒"),
        ZH.interval(nothing, 1.0, "s", "秒"),
        ZH.interval(0.0, nothing, "s", "秒"),
        ZH.change(1.0, nothing, "rate"),
        ZH.change(nothing, 1.0, "rate"),
    }
    assert printed == {"—"}
    assert ZH.moment(None) == "—"


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(min_value=0, max_value=6))
def test_any_double_is_printed_as_the_decimal_library_rounds_it(value: float, decimals: int) -> None:
    with localcontext() as context:
        context.prec, context.rounding = 700, ROUND_HALF_EVEN
        expected = f"{round(Decimal(repr(value)), decimals):,f}"
    zero = expected.strip("-0.,") == ""
    assert ZH.number(value, decimals) == expected.replace("-", "" if zero else "−")


@pytest.mark.parametrize(
    ("value", "unit", "unit_zh", "text", "english"),
    [
        (0.95, "rate", "%", "95.00%", "95.00%"),
        # 0.123456 is 12.3456 %; 0.94125 is 94.125 %, a tie that goes down to the even 2.
        (0.123456, "rate", "%", "12.35%", "12.35%"),
        (0.94125, "rate", "%", "94.12%", "94.12%"),
        (627000 / 23749, "s", "秒", "26.40 秒", "26.40 s"),
        (80 / 16960, "ratio", "人/顾客", "1∶212", "1:212"),
        # 7 ÷ 1,500: one for 214.2857…
        (7 / 1500, "ratio", "人/顾客", "1∶214.29", "1:214.29"),
        (0.0, "ratio", "人/顾客", "0.00", "0.00"),
        (12.0, "persons", "人", "12 人", "12 people"),
        (1.0, "persons", "人", "1 人", "1 person"),
        (3.0, "channels", "种", "3 种", "3 channels"),
        (1.0, "incidents", "起", "1 起", "1 incident"),
        # What is counted decides how one code of a unit is called.
        (2.0, "projects", "项", "2 项", "2 projects"),
        (2.0, "projects", "次", "2 次", "2 projects"),
        (0.8, "per_10000_services", "起/万次服务", "0.80 起/万次服务", "0.80 per 10,000 services"),
        (83.25, "score", "分", "83.25 分", "83.25 points"),
        (83.25, "score", None, "83.25 分", "83.25 points"),
        (83.25, "score", "", "83.25", "83.25"),
        (2.5, "furlongs", "浪", "2.50 浪", "2.50 furlongs"),
    ],
)
def test_values_are_printed_in_their_unit(value: float, unit: str, unit_zh: str | None, text: str, english: str) -> None:
    assert ZH.in_unit(value, unit, unit_zh) == text
    assert EN.in_unit(value, unit, unit_zh) == english


@pytest.mark.parametrize(
    ("value", "unit", "direction", "unit_zh", "text", "english"),
    [
        (0.95, "rate", "higher", "%", "≥ 95%", "≥ 95%"),
        (1.0, "rate", "exact", "%", "= 100%", "= 100%"),
        # Nothing is above all and nothing below none.
        (1.0, "rate", "higher", "%", "= 100%", "= 100%"),
        (0.0, "per_10000_services", "lower", "起/万次服务", "= 0", "= 0"),
        (0.0, "rate", "lower", "%", "= 0", "= 0"),
        (1.0, "persons", "higher", "人", "≥ 1 人", "≥ 1 person"),
        (30.0, "s", "lower", "秒", "≤ 30 秒", "≤ 30 s"),
        (0.005, "ratio", "higher", "人/顾客", "≥ 1∶200", "≥ 1:200"),
        (11.25, "per_10000_km2", "higher", "", "≥ 11.25", "≥ 11.25"),
        (15.0, "per_10000_km2", "higher", "个/万平方公里", "≥ 15 个/万平方公里", "≥ 15 per 10,000 km²"),
        # A limit is what was agreed, so it is never rounded.
        (0.92345, "rate", "higher", "%", "≥ 92.345%", "≥ 92.345%"),
        (1000.0, "persons", "higher", "人", "≥ 1,000 人", "≥ 1,000 people"),
    ],
)
def test_limits_are_printed_as_they_were_set(
    value: float, unit: str, direction: str, unit_zh: str, text: str, english: str
) -> None:
    assert ZH.bound(value, unit, direction, unit_zh) == text
    assert EN.bound(value, unit, direction, unit_zh) == english


def test_intervals_name_their_unit_once() -> None:
    assert ZH.interval(0.9471, 0.9526, "rate", "%") == "94.71%–95.26%"
    assert ZH.interval(26.1, 26.7, "s", "秒") == "26.10–26.70 秒"
    assert ZH.interval(-0.05, 0.1, "rate", "%") == "−5.00% 至 10.00%"
    assert EN.interval(26.1, 26.7, "s", "秒") == "26.10–26.70 s"
    assert EN.interval(-0.05, 0.1, "rate", "%") == "−5.00% to 10.00%"


@pytest.mark.parametrize(
    ("now", "before", "unit", "text", "english"),
    [
        (0.94996, 0.94, "rate", "+1.00 个百分点", "+1.00 pp"),
        (0.88, 0.9012, "rate", "−2.12 个百分点", "−2.12 pp"),
        (0.95, 0.95, "rate", "0.00 个百分点", "0.00 pp"),
        # 0.3 − 0.1 is 0.19999999999999998 in binary; between the decimals it is 0.2.
        (0.3, 0.1, "score", "+0.20", "+0.20"),
        (5.0, 2.0, "persons", "+3", "+3"),
        # 1∶200 after 1∶250: 0.005 ÷ 0.004 − 1
        (0.005, 0.004, "ratio", "+25.00%", "+25.00%"),
        (0.005, 0.0, "ratio", "—", "—"),
    ],
)
def test_changes_are_signed(now: float, before: float, unit: str, text: str, english: str) -> None:
    assert ZH.change(now, before, unit) == text
    assert EN.change(now, before, unit) == english


def test_what_rounding_hides_is_marked() -> None:
    assert ZH.rounding_mark(0.94996, 0.95, "rate") == "−"
    assert ZH.rounding_mark(0.950001, 0.95, "rate") == "+"
    assert ZH.rounding_mark(0.95, 0.95, "rate") == ""
    assert ZH.rounding_mark(0.9499, 0.95, "rate") == ""
    assert ZH.rounding_mark(0.95, None, "rate") == ""
    # 0.00500001 is one for 199.9996: printed 200, really fewer customers a person, so the number shown is too large.
    assert ZH.rounding_mark(0.00500001, 0.005, "ratio") == "−"


def test_days_and_moments() -> None:
    assert ZH.date(dt.date(2025, 3, 31)) == "2025年3月31日"
    assert ZH.moment(dt.datetime(2025, 4, 29, 18, 2, 11, 500)) == "2025-04-29 18:02:11"
    assert ZH.count(20060) == "20,060"
    assert ZH.count(12.5) == "12.50"
    assert EN.date(dt.date(2025, 3, 31)) == "31 March 2025"
    assert EN.moment(dt.datetime(2025, 4, 29, 18, 2, 11)) == "2025-04-29 18:02:11"


def test_a_change_in_a_unit() -> None:
    assert ZH.change(83.5, 80.0, "score", "分") == "+3.50 分"
    assert EN.change(83.5, 80.0, "score", "分") == "+3.50 points"
    assert EN.change(2.0, 3.0, "incidents", "起") == "−1 incident"


@pytest.mark.parametrize(
    ("language", "code", "text"),
    [
        ("zh", "2025-Q1", "2025年第一季度"),
        ("zh", "2024-Q4-YTD", "2024年年初至第四季度末"),
        ("zh", "2024-Q3-TTM", "截至2024年第三季度的近四季度"),
        ("zh", "2024", "2024年"),
        ("en", "2025-Q1", "Q1 2025"),
        ("en", "2024-Q4-YTD", "2024 to the end of Q4"),
        ("en", "2024-Q3-TTM", "four quarters to Q3 2024"),
        ("en", "2024", "2024"),
        # What is no period is printed as it is.
        ("en", "2024-Q5", "2024-Q5"),
        ("zh", "2024-Q1-XYZ", "2024-Q1-XYZ"),
    ],
)
def test_periods_have_names(language: Language, code: str, text: str) -> None:
    assert Numbers(language).period(code) == text
