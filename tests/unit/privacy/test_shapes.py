"""A shape shows how a value is written and nothing of what it says."""

from __future__ import annotations

import unicodedata

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.privacy.shapes import LONGEST, shapes


def shape(text: str | None) -> str | None:
    return shapes(pl.Series([text], dtype=pl.String))[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2025年3月4日 9:05", "9999年9月9日 9:99"),
        ("2025-03-04T09:05:00Z", "9999-99-99A99:99:99A"),
        ("上午9:05", "上午9:99"),
        ("4-Mar-2025", "9-Aaa-9999"),
        ("张伟", "文文"),
        # Units are kept behind a digit only: these are names.
        ("郝日月", "文文文"),
        ("时分秒", "文文文"),
        ("5号王伟", "9号文文"),
        ("Jürgen Ömer", "Aaaaaa Aaaa"),
        ("Ярослав", "文文文文文文文"),
        # Full-width digits are the fault itself.
        ("２０２５-03", "９９９９-99"),
        ("二〇二五年", "文文文文文"),
        ("a\nb\u200bc", "a a a"),
        (None, None),
        ("x" * 60, "a" * LONGEST + "…"),
    ],
)
def test_shapes(text: str | None, expected: str | None) -> None:
    assert shape(text) == expected


@given(st.text())
def test_no_letter_or_digit_of_a_value_is_left(text: str) -> None:
    found = shape(text) or ""
    # Only these may remain of what unicodedata calls letters, marks and numbers.
    kept = set("9９Aa文") | set("年月日号號时時点點分秒") | set("上下中午凌晨晚")
    assert all(character in kept or unicodedata.category(character)[0] in "PSZ" for character in found)
    assert len(found) <= LONGEST + 1
