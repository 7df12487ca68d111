"""What quarantine shows of a value."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.validate.masking import masked_keys, masked_values
from schemas.contract import TABLES

CUSTOMERS, REQUESTS = TABLES["customers"], TABLES["service_requests"]


def shown(column: str | None, value: str | None, table=CUSTOMERS) -> str | None:
    broken = pl.DataFrame(
        {"rule": ["type"], "column": [column], "value": [value]},
        schema={"rule": pl.String, "column": pl.String, "value": pl.String},
    )
    return masked_values(broken, table)[0]


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("phone", "13812345678", "1*********8"),
        ("name", "张三", "张*"),  # the last character as well would be the whole name
        ("name", "张", "*"),
        ("name", "欧阳建国", "欧**国"),
        ("email", "li@qq.com", "l*******m"),
        ("address", "青秀区民族大道1号", "青*******号"),
        ("address", "two\nlines", "t*******s"),
        ("name", None, None),
        ("customer_type", "unheard-of", "unheard-of"),
        ("customer_type", "x" * 50, "x" * 40),
        ("customer_type", "x" * 38 + "13812345678", "x" * 38 + "**"),
        ("registered_on", "2025-02-30 10:00:00", "2025-02-30 10:00:00"),
        ("customer_id", "C-123456", "C-123456"),
        ("customer_id", "C-1234567", "C-*******"),
        ("customer_type", "call 138 1234 5678", "call *******"),
        ("customer_type", "0771-551-2345", "*******"),
        ("customer_type", "１３８１２３４５６７８", "*******"),  # full-width digits
        ("customer_type", "to li@qq.com", "to *******@*******"),
    ],
)
def test_value(column: str, value: str | None, expected: str | None) -> None:
    assert shown(column, value) == expected


def test_free_text_shows_nothing() -> None:
    assert shown("description", "张三 13812345678", REQUESTS) == "***"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a,b,c", "3 fields, 5 characters"),
        ('a,"b,b,b",c', "3 fields, 11 characters"),
        ("a;b;c;d", "4 fields, 7 characters"),
        ("a\tb", "2 fields, 3 characters"),
        ("张三", "1 fields, 2 characters"),
    ],
)
def test_line(line: str, expected: str) -> None:
    assert shown(None, line) == expected


@settings(deadline=None)
@given(st.text(min_size=2), st.sampled_from([c.name for c in REQUESTS.columns if c.pii and c.pii != "free_text"]))
def test_a_shape_shows_at_most_first_and_last_character(value: str, column: str) -> None:
    mask = shown(column, value, REQUESTS)
    assert mask is not None
    assert len(mask) == len(value)
    assert set(mask[1:-1]) <= {"*"}
    assert mask != value or set(value[1:]) == {"*"}


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("E1|SR-20250106000123", "E1|SR-20250106000123"),
        ("E1|13812345678", "E1|*******"),
        ("E1|+8613812345678", "E1|*******"),
        ("E1|110105199001011237", "E1|*******"),
        ("E1|li@qq.com", "E1|*******@*******"),
        ("", ""),
    ],
)
def test_keys_stay_readable_unless_they_are_numbers_of_people(key: str, expected: str) -> None:
    assert masked_keys(pl.Series([key])).to_list() == [expected]
