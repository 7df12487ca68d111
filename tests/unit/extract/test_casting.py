"""What is read into each contract type; a value that cannot be read becomes null, never another value."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from thoroughness import examples

from pipeline.extract.mapping.casting import Style, Value, accepted, reading
from schemas.contract import TABLES

SERVICE_REQUESTS = TABLES["service_requests"]
INTEGER, DOUBLE, BOOLEAN, AMOUNT, MOMENT = (
    SERVICE_REQUESTS.column(name) for name in ("paused_seconds", "performance_ratio", "is_test", "quoted_amount", "resolved_at")
)
DATE = TABLES["staff"].column("left_on")
CONNECTION = duckdb.connect()
ISO = Style()


def cast(value: Any, column, style: Style = ISO, type_: str = "VARCHAR", table=SERVICE_REQUESTS) -> Any:
    return cast_each([value], column, style, type_, table)[0]


def cast_each(values: list[Any], column, style: Style = ISO, type_: str = "VARCHAR", table=SERVICE_REQUESTS) -> list[Any]:
    """By one query: planning it takes longer than reading hundreds of values."""
    given_value = Value("x", type_)
    step = f"SELECT x, {reading(given_value, column, style)} AS t FROM (SELECT unnest(?::{type_}[]) AS x)"
    return [
        found
        for (found,) in CONNECTION.execute(f"SELECT {accepted('t', given_value, column, table)} FROM ({step})", [values]).fetchall()
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("5", 5),
        ("5.0", 5),
        ("5.000", 5),
        ("5.", 5),
        ("-7", -7),
        ("+7", 7),
        ("007", 7),
        ("9223372036854775807", 2**63 - 1),
    ],
)
def test_integers(text, value):
    assert cast(text, INTEGER) == value


@pytest.mark.parametrize("text", ["5.7", "1,000", "1_000", "0x1F", "1e3", "five", "5 ", "９", "9223372036854775808", "-", "."])
def test_no_integers(text):
    assert cast(text, INTEGER) is None


@pytest.mark.parametrize(("text", "value"), [("0.95", 0.95), ("1", 1.0), ("-.5", -0.5), ("1e-3", 0.001)])
def test_doubles(text, value):
    assert cast(text, DOUBLE) == value


@pytest.mark.parametrize("text", ["95%", "1,000.5", "1_0.5", "nan", "inf", "-Infinity", "1e400", "0,95"])
def test_no_doubles(text):
    assert cast(text, DOUBLE) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12.34", "12.34"),
        ("12", "12.00"),
        ("-0.5", "-0.50"),
        ("9999999999.99", "9999999999.99"),
        ("12.340", "12.34"),
        ("12.3400000", "12.34"),
        ("1e3", "1000.00"),
        ("0.30000000000000004", "0.30"),  # 0.1 + 0.2 in binary fractions
    ],
)
def test_amounts(text, value):
    assert cast(text, AMOUNT) == Decimal(value)


@pytest.mark.parametrize("text", ["12.345", "12.344", "0.005", "-0.001", "1e-3", "9999999999.991", "1.0001"])
def test_an_amount_finer_than_a_fen_is_not_rounded(text):
    assert cast(text, AMOUNT) is None


@pytest.mark.parametrize("text", ["1,234.50", "￥12", "12元", "10000000000", "1_2"])
def test_no_amounts(text):
    assert cast(text, AMOUNT) is None


@pytest.mark.parametrize("text", ["true", "TRUE", "1", "1.0", "yes", "Y", "t", "T", "是"])
def test_true(text):
    assert cast(text, BOOLEAN) is True


@pytest.mark.parametrize("text", ["false", "False", "0", "0.0", "no", "n", "F", "否"])
def test_false(text):
    assert cast(text, BOOLEAN) is False


@pytest.mark.parametrize("text", ["2", "on", "有", "1.5", "2.0", "tru"])
def test_no_boolean(text):
    assert cast(text, BOOLEAN) is None


NOON = dt.datetime(2025, 1, 5, 8, 3)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2025-01-05T08:03:00", NOON),
        ("2025-01-05 08:03", NOON),
        ("2025-01-05T08:03:00.250", NOON.replace(microsecond=250_000)),
        ("2025-01-05", NOON.replace(hour=0, minute=0)),
        ("2025/1/5 8:03", NOON),
        ("2025/1/5 8:03:00", NOON),
        ("2025-1-5 8:3:0", NOON),
        ("2025/10/5", dt.datetime(2025, 10, 5)),
        # With an offset: 8 hours ahead of UTC all year.
        ("2025-01-05T00:03:00Z", NOON),
        ("2025-01-05T00:03Z", NOON),
        ("2025-01-05t00:03:00z", NOON),
        ("2025-01-05T08:03:00+08:00", NOON),
        ("2025-01-05 08:03:00 +0800", NOON),
        ("2025-01-05 08:03+08", NOON),
        ("2025-01-04T19:03:00-05:00", NOON),
        ("2025-01-04T19:03:00.5-05:00", NOON.replace(microsecond=500_000)),
        ("2025-1-4 19:03-05:00", NOON),
        ("2025-01-05 00:03:00 UTC", NOON),
        ("2025-01-05 00:03 utc", NOON),
        ("2025-01-05T00:03:00UTC", NOON),
        ("2025-01-05 00:03:00.000 GMT", NOON),
        ("2025/1/5 0:03 gmt", NOON),
    ],
)
def test_moments(text, value):
    assert cast(text, MOMENT) == value


@pytest.mark.parametrize(
    "text",
    ["05/01/2025", "2025-13-01", "2025-02-30", "2025-01-05 25:00", "20250105", "infinity", "epoch", "today",
     "2025-01-05 (BC)", "99999-01-01", "2025-01-05 08:03:00 Asia/Tokyo", "2025年1月5日", "45662.33", "2025-01-05 08", "now"],
)  # fmt: skip
def test_no_moments(text):
    assert cast(text, MOMENT) is None


def test_no_word_behind_a_time_is_swallowed():
    """Canary: DuckDB's cast ignores the word UTC; should it ever ignore another one, a wall time would be invented."""
    shanghai = zoneinfo.ZoneInfo("Asia/Shanghai")
    words = ["Am", "PM", "h", "x", "CET", "EST", "CST", *sorted(zoneinfo.available_timezones())]
    words = [word for word in words if word.upper() not in ("UTC", "GMT")]
    for word, found in zip(words, cast_each([f"2025-01-05 08:03:00 {word}" for word in words], MOMENT), strict=True):
        if found is not None:
            assert found == NOON.replace(tzinfo=zoneinfo.ZoneInfo(word)).astimezone(shanghai).replace(tzinfo=None), word


@pytest.mark.parametrize("text", ["25-03-01", "25/3/1", "5-1-2", "0025-03-01", "025-03-01", "1899-12-31", "0001-01-01"])
def test_a_year_has_four_digits_and_is_no_earlier_than_1900(text):
    assert cast(text, DATE) is None
    assert cast(text, MOMENT) is None
    assert cast(f"{text} 08:03", MOMENT) is None
    assert cast(f"{text} 08:03Z", MOMENT) is None
    assert cast(text, TABLES["outlets"].column("opened_on"), table=TABLES["outlets"]) is None


def test_a_declared_format_reads_two_digits_only_where_it_says_so():
    assert cast("25-03-01", DATE, Style(date_formats=("%Y-%m-%d",))) is None
    assert cast("25-03-01", DATE, Style(date_formats=("%y-%m-%d",))) == dt.date(2025, 3, 1)


def test_the_first_and_the_last_day_that_can_be_read():
    assert cast("1900-01-01", DATE) == dt.date(1900, 1, 1)
    assert cast("9999-12-31", DATE) == dt.date(9999, 12, 31)
    assert cast("9999-12-31T23:59:59", MOMENT) == dt.datetime(9999, 12, 31, 23, 59, 59)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
@pytest.mark.parametrize(
    "text", ["294247-01-10 00:00:00", "290000-01-01T00:00:00Z", "290000-01-01T00:00:00+14:00", "infinity", "-infinity"]
)
def test_an_instant_beyond_every_calendar_is_no_error(text, zone):
    assert cast(text, MOMENT, Style(zone=zone)) is None
    assert cast(text, DATE, Style(zone=zone)) is None


def test_an_event_far_from_our_time_cannot_be_read():
    # Its quarter would never be run, so nobody would ever see the row; elsewhere 9999-12-31 is a way to write "open".
    event = SERVICE_REQUESTS.event
    for text in ("0205-01-05", "1899-12-31", "2100-01-01", "9999-12-31"):
        assert cast(text, event) is None
    assert cast("2099-12-31 23:59:59", event) == dt.datetime(2099, 12, 31, 23, 59, 59)
    assert cast("9999-12-31", TABLES["staff"].column("valid_to"), table=TABLES["staff"]) == dt.date(9999, 12, 31)
    hazards = TABLES["safety_hazards"]
    assert cast("9999-12-31", hazards.column("due_on"), table=hazards) is None


def test_dates():
    assert cast("2025-01-05", DATE) == dt.date(2025, 1, 5)
    assert cast("2025/1/5 23:59", DATE) == dt.date(2025, 1, 5)
    assert cast("2025-01-05T20:00:00Z", DATE) == dt.date(2025, 1, 6)
    assert cast("2025-01-05 8", DATE) is None
    # A day is nobody's time zone.
    assert cast("2025-01-05", DATE, Style(zone="America/New_York")) == dt.date(2025, 1, 5)


def test_a_ratio_may_be_a_fraction():
    judgements = TABLES["expert_judgements"]
    ratio = next(column for column in judgements.columns if column.name == "ratio")
    assert cast_each(["1/3", "1 / 9", "0.33", "1/0", "1/x", "1//3"], ratio, table=judgements) == [
        1 / 3,
        1 / 9,
        0.33,
        None,
        None,
        None,
    ]
    assert cast("1/3", DOUBLE) is None


def test_declared_formats_in_order():
    style = Style(date_formats=("%d/%m/%Y %H:%M", "%y%m%d"))
    assert cast("29/2/2016 01:16", MOMENT, style) == dt.datetime(2016, 2, 29, 1, 16)
    assert cast("990201", MOMENT, style) == dt.datetime(1999, 2, 1)
    # Neither is 2016-02-01 the first of February nor the second of January: it is not what was declared.
    assert cast("2016-02-01", MOMENT, style) is None
    assert cast("05.01.25 07:03 +0700", MOMENT, Style(date_formats=("%d.%m.%y %H:%M %z",))) == NOON


@pytest.mark.parametrize(
    ("written", "type_", "form"),
    [
        # 2025-01-05 08:03 in Shanghai is 00:03 UTC: 20,093 days of 86,400 s after 1970-01-01, and 180 s.
        ("1736035380", "VARCHAR", "epoch"),
        ("1736035380.0", "VARCHAR", "epoch"),
        (1736035380, "BIGINT", "epoch"),
        ("1736035380000", "VARCHAR", "epoch_ms"),
        (1736035380000, "BIGINT", "epoch_ms"),
        # 45,662 days after 1899-12-30, and 483 of 1,440 minutes.
        ("45662.335416666668", "VARCHAR", "excel"),
        (45662 + 483 / 1440, "DOUBLE", "excel"),
        ("2025年1月5日 8:03", "VARCHAR", "%Y年%m月%d日 %H:%M"),
        ("2025/1/5 上午8:03", "VARCHAR", "%Y/%m/%d %p%I:%M"),
        ("2025年1月5日 上午 8:03", "VARCHAR", "%Y年%m月%d日 %p %I:%M"),
    ],
)
def test_moments_that_are_counted_or_written_in_chinese(written, type_, form):
    assert cast(written, MOMENT, Style(date_formats=(form,)), type_) == NOON


def test_halves_of_a_day():
    style = Style(date_formats=("%Y/%m/%d %p%I:%M",))
    texts = ["2025/1/5 上午12:05", "2025/1/5 下午12:05", "2025/1/5 下午3:08", "2025/1/5 晚上8:08"]
    read = [dt.datetime(2025, 1, 5, 0, 5), dt.datetime(2025, 1, 5, 12, 5), dt.datetime(2025, 1, 5, 15, 8), None]
    assert cast_each(texts, MOMENT, style) == read


def test_counted_moments_of_another_zone():
    # Seconds since 1970 count from midnight in UTC everywhere; a spreadsheet's days are those of its author's calendar.
    zone = "America/New_York"
    assert cast("1736035380", MOMENT, Style(("epoch",), zone)) == NOON
    assert cast("45662.335416666668", MOMENT, Style(("excel",), zone)) == dt.datetime(2025, 1, 5, 21, 3)


@pytest.mark.parametrize("text", ["-1736035380", "1.7e9", "1736035380s", "999999999999", "0x67", "", "45662,3", "nan"])
def test_no_counts_of_seconds(text):
    assert cast(text, MOMENT, Style(("epoch",))) is None


def test_days_that_a_spreadsheet_counts_wrongly_are_not_read():
    # 60 is its 29 February 1900, which never was; 61 the first day that it counts rightly.
    assert cast_each(["60", "61", "2958466"], DATE, Style(("excel",))) == [None, dt.date(1900, 3, 1), None]


def test_real_dates_of_a_worksheet_pass_beside_declared_formats():
    style = Style(date_formats=("%d/%m/%Y",), iso_beside_formats=True)
    assert cast("05/01/2025", MOMENT, style) == dt.datetime(2025, 1, 5)
    assert cast("2025-01-05T08:03:00", MOMENT, style) == NOON
    assert cast("2025-01-05", DATE, style) == dt.date(2025, 1, 5)
    assert cast("2025-01-05 08:03", MOMENT, style) is None


def test_times_of_another_zone():
    # New York is 13 hours behind Shanghai in January, 12 in July.
    style = Style(zone="America/New_York")
    assert cast("2025-01-05 08:03", MOMENT, style) == dt.datetime(2025, 1, 5, 21, 3)
    assert cast("2025-07-05 08:03", MOMENT, style) == dt.datetime(2025, 7, 5, 20, 3)
    assert cast("2025-01-05T00:03:00Z", MOMENT, style) == NOON
    assert cast(NOON, MOMENT, style, "TIMESTAMP") == dt.datetime(2025, 1, 5, 21, 3)


@pytest.mark.parametrize(
    ("value", "type_", "column", "expected"),
    [
        (5, "INTEGER", INTEGER, 5),
        (5.0, "DOUBLE", INTEGER, 5),
        (5.5, "DOUBLE", INTEGER, None),
        (Decimal("5.00"), "DECIMAL(9,2)", INTEGER, 5),
        (True, "BOOLEAN", BOOLEAN, True),
        (1, "TINYINT", BOOLEAN, True),
        (0.0, "DOUBLE", BOOLEAN, False),
        (2, "INTEGER", BOOLEAN, None),
        (3, "SMALLINT", DOUBLE, 3.0),
        (12.345, "DOUBLE", AMOUNT, None),
        (12.34, "DOUBLE", AMOUNT, Decimal("12.34")),
        (0.1 + 0.2, "DOUBLE", AMOUNT, Decimal("0.30")),
        (1234.56, "FLOAT", AMOUNT, Decimal("1234.56")),
        (1234.567, "FLOAT", AMOUNT, None),
        (Decimal("12.345"), "DECIMAL(10,3)", AMOUNT, None),
        (Decimal("12.340"), "DECIMAL(10,3)", AMOUNT, Decimal("12.34")),
        (12, "INTEGER", AMOUNT, Decimal("12.00")),
        (NOON, "TIMESTAMP_NS", MOMENT, NOON),
        (NOON, "TIMESTAMP_S", MOMENT, NOON),
        (NOON.date(), "DATE", MOMENT, dt.datetime(2025, 1, 5)),
        (NOON, "TIMESTAMP", DATE, NOON.date()),
        (20250105, "INTEGER", DATE, None),
        (13800138000, "BIGINT", SERVICE_REQUESTS.column("customer_phone"), "13800138000"),
        (13800138000.0, "DOUBLE", SERVICE_REQUESTS.column("customer_phone"), "13800138000"),
        (0.5, "DOUBLE", SERVICE_REQUESTS.column("product_model"), "0.5"),
        (NOON.date(), "DATE", SERVICE_REQUESTS.column("product_model"), "2025-01-05"),
    ],
)
def test_native_types(value, type_, column, expected):
    assert cast(value, column, type_=type_) == expected


def test_instants_become_shanghai_wall_time():
    instant = dt.datetime(2025, 1, 5, 0, 3, tzinfo=dt.UTC)
    assert cast(instant, MOMENT, type_="TIMESTAMP WITH TIME ZONE") == NOON
    assert cast(instant, SERVICE_REQUESTS.column("description"), type_="TIMESTAMP WITH TIME ZONE") == "2025-01-05 08:03:00"


@examples(200)
@given(
    st.datetimes(min_value=dt.datetime(1901, 1, 1), max_value=dt.datetime(2099, 12, 31)),
    st.sampled_from([None, -720, -210, -60, 0, 330, 480, 840]),
    st.sampled_from(["T", " "]),
)
def test_any_iso_text_is_read_as_python_reads_it(moment, minutes, separator):
    zone = None if minutes is None else dt.timezone(dt.timedelta(minutes=minutes))
    text = moment.replace(tzinfo=zone).isoformat(sep=separator)
    shanghai = dt.timezone(dt.timedelta(hours=8))
    # Shanghai kept other offsets until 1992; Python's own zone data says which.
    if zone is not None and moment.year > 1991:
        assert cast(text, MOMENT) == moment.replace(tzinfo=zone).astimezone(shanghai).replace(tzinfo=None)
    elif zone is None:
        assert cast(text, MOMENT) == moment


def test_amount_of_a_parquet_decimal_is_exact():
    column = pa.array([Decimal("0.10"), Decimal("1234567.89")], pa.decimal128(18, 2))
    assert [cast(value, AMOUNT, type_="DECIMAL(18,2)") for value in column.to_pylist()] == [
        Decimal("0.10"),
        Decimal("1234567.89"),
    ]
