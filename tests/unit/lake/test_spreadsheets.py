"""No cell that people open in a spreadsheet is run, and each comes back as it was."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.lake.spreadsheets import csv_writer, neutralised, restored

# fmt: off
RUN = ("=1+1", "=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\rx", "\tx", "  =1",
       "\u3000＝1", "＋1", "－1-1", "＠a", "\u200b=1",
       "-", "=", "'=1", "''=1", "-1-1", "+8613800138000")
# fmt: on
HARMLESS = ("", "S1", "-5", "-5.25", "-1,200", "-3e-5", "-12%", "'tis", "''", "a=b", "1-2", "5+5", "a@b.cn", "2025-01-05", ">=1")


@pytest.mark.parametrize("text", RUN)
def test_what_would_be_run_is_a_text(text: str) -> None:
    cell = neutralised(text)
    assert cell == f"'{text}"
    assert restored(cell) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_everything_else_stays(text: str) -> None:
    assert neutralised(text) == text == restored(text)


def test_numbers_are_judged_by_their_column() -> None:
    assert [neutralised("-5", is_text=is_text) for is_text in (True, False, None)] == ["'-5", "-5", "-5"]
    assert [neutralised("+5", is_text=is_text) for is_text in (True, False, None)] == ["'+5", "+5", "'+5"]
    assert neutralised("-2+3", is_text=False) == "'-2+3"


TEXTS = st.text(st.sampled_from("'=+-@＝－ \t\r\u3000\u200b\u00001a王\",;")) | st.text()


@given(TEXTS, st.sampled_from((True, False, None)))
def test_every_text_comes_back_as_it_was(text: str, is_text: bool | None) -> None:
    """Also through a file, and for every kind of column: the reader does not know it."""
    cell = neutralised(text, is_text=is_text)
    assert restored(cell) == text
    written = io.StringIO()
    csv_writer(written).writerow([cell, "x"])
    assert next(csv.reader(io.StringIO(written.getvalue(), newline="")))[0] == cell
