"""Values that a spreadsheet or a copied page has damaged are read rightly, refused by a rule of their own, or told."""

from __future__ import annotations

import datetime as dt
import sys
import unicodedata

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from pipeline.extract.errors import WrongEncoding
from pipeline.extract.readers.cleaning import BLANKS, clean_text, hold_invisible
from pipeline.lake.provenance import landed_doubts
from schemas.contract import TABLES

HEADER = "enterprise_id,suggestion_id,source,submitted_at"
LOST = "a spreadsheet keeps 15 digits and may have lost the last ones; format the column as text at the source"


def told(place, table: str = "suggestions") -> list[str]:
    """What a run tells of the table's files; a check tells the same."""
    place.take(table)
    found = [": ".join(part for part in doubt if part) for doubt in landed_doubts(TABLES[table], place.lake)]
    messages = [str(finding) for finding in place.checked()]
    assert all(f"warning: {table}: {text}" in messages for text in found)
    return found


def defects(place, table: str = "suggestions") -> list[list[tuple[str, str, str]]]:
    return [[(d["rule"], d["column"], d["value"]) for d in row["_defects"]] for row in place.rows(table)]


# Invisible characters

INVISIBLE = [
    chr(code) for code in range(sys.maxunicode + 1) if unicodedata.category(chr(code)) in ("Cc", "Cf", "Zs", "Zl", "Zp")
] + ["\u3164", "\uffa0", "\u115f", "\u1160", "\u2800"]


def test_every_invisible_character_is_taken_off():
    """Unicode's own list, one cell for each: in front, behind, and doubled around a Chinese and a Latin value."""
    assert set(INVISIBLE) <= set(BLANKS)
    for blank in INVISIBLE:
        cells = pa.array([f"{blank}S1", f"S1{blank}", f"{blank}\u200b空调 S1{blank}{blank}", f"空{blank}", "S1"])
        assert clean_text(cells, []).to_pylist() == ["S1", "S1", "空调 S1", "空", "S1"], hex(ord(blank))
        # One at a time, because a column is trimmed as a whole if it seems to need it.
        for cell in (f"{blank}空", f"调{blank}"):
            assert clean_text(pa.array(["x", cell, "y"]), [])[1].as_py() == cell.strip(blank)


@pytest.mark.parametrize("text", ["空调。", "，é", "😀ー", "葛\U000e0100", "❤\ufe0f", "한글", "ａ"])
def test_what_can_be_seen_stays(text):
    assert clean_text(pa.array([text, f" {text} "]), []).to_pylist() == [text, text]


@pytest.mark.parametrize("mark", ["\ufe0f", "\U000e0100", "\u034f", "\u180b"])
def test_a_variation_selector_that_selects_nothing_is_taken_off(place, mark):
    """In front of a value, and behind a letter or digit of ASCII; behind an ideograph it belongs to the name."""
    assert clean_text(pa.array([f"{mark}S1 {mark}", f"{mark}葛{mark}", mark]), []).to_pylist() == ["S1", f"葛{mark}", None]
    marked = [f"{mark}{value}{mark}" for value in ("E01", "S1", "customer", "2025-01-02 08:00")]
    place.deliver("suggestions.csv", "\n".join([HEADER.replace("source", f"source{mark}"), ",".join(marked)]))
    (row,) = place.rows("suggestions")
    assert (row["enterprise_id"], row["suggestion_id"], row["source"], row["_defects"]) == ("E01", "S1", "customer", [])
    assert told(place) == []
    place.deliver("suggestions.csv", "\n".join([HEADER, f"E01,S{mark}1,customer,2025-01-02"]))
    (problem,) = told(place)
    assert problem.startswith("suggestions.csv: suggestion_id: 1 values with an invisible character inside")


def test_keys_dates_and_codes_are_read_without_them(place):
    """The marks of copied pages (bidirectional, joiners, narrow spaces), of terminals, and of a byte order in mid-file."""
    marks = ["\u202d", "\u200e", "\u200d", "\u2060", "\x1f", "\u2009", "\ufeff", "\u202f", "\u00ad", "\u2063", "\x7f", "\u00a0"]
    lines = [f"{m}E01{m},{m}S{n}{m},{m}customer{m},{m}2025-01-02 08:00:00{m}" for n, m in enumerate(marks)]
    place.deliver("suggestions.csv", "\n".join([HEADER.replace("source", "\u2060so\u200burce\u202c"), *lines]))
    rows = place.rows("suggestions")
    assert [(row["enterprise_id"], row["suggestion_id"], row["source"]) for row in rows] == [
        ("E01", f"S{n}", "customer") for n in range(len(marks))
    ]
    assert {str(row["submitted_at"]) for row in rows} == {"2025-01-02 08:00:00"}
    assert [row["_defects"] for row in rows] == [[]] * len(marks)
    assert told(place) == []


def test_those_inside_a_value_are_told(place):
    lines = ["E01,S\u200b1,customer,2025-01-02", "E01,S\u00a02,customer,2025-01\u200e-02", "E01,S 3,cust\u00adomer,2025-01-02"]
    place.deliver("suggestions.csv", "\n".join([HEADER, *lines]))
    why = "they differ from those without it"
    assert told(place) == [
        f"suggestions.csv: source: 1 values with an invisible character inside, the first in row 4: {why}",
        f"suggestions.csv: submitted_at: 1 values with an invisible character inside, the first in row 3: {why}",
        f"suggestions.csv: suggestion_id: 2 values with an invisible character inside, the first in row 2: {why}",
    ]
    assert place.column("suggestions", "suggestion_id") == ["S\u200b1", "S\u00a02", "S 3"]


def test_prose_may_hold_them(place):
    place.deliver("suggestions.csv", f"{HEADER},content\nE01,S1,customer,2025-01-02,a\u200bb\u00a0c\n")
    assert told(place) == []


def test_a_slice_of_a_column_is_looked_at_where_it_lies():
    cells = pa.array(["a\u200bb", "空\u00a0", "x", "\u2060y"]).slice(1)
    assert hold_invisible(cells).to_pylist() == [True, False, True]
    assert clean_text(cells, []).to_pylist() == ["空", "x", "y"]


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_character_that_no_file_may_hold_is_refused_wherever_it_stands(place, encoding):
    """Beyond the four megabytes that are read at once: 60,000 lines of at least 90 bytes."""
    lines = [f"E01,S{n},customer,2025-01-02,{'空调 ' * 15}" for n in range(60_000)]
    lines[-2] += "\0"
    place.deliver("suggestions.csv", "\n".join([f"{HEADER},content", *lines]), encoding)
    with pytest.raises(WrongEncoding, match=r"byte \d{7} in line 60000 is NUL"):
        place.take("suggestions")


def test_a_declared_wide_encoding_refuses_it_too(place):
    place.configure("tables: {suggestions: {format: {encoding: utf-16}}}")
    place.deliver("suggestions.csv", f"{HEADER}\nE01,S1,customer,2025-01-02\nE01,S\0002,customer,2025-01-02\n", "utf-16")
    with pytest.raises(WrongEncoding, match="is not utf-16: a character in line 3 is NUL"):
        place.take("suggestions")


# Text written as a formula


@pytest.mark.parametrize("cell", ['="00123"', '"=""00123"""', "'00123", '="00123\u200b"', ' ="00123"\t', '=" 00123"'])
def test_digits_marked_as_text_are_those_digits(place, cell):
    place.deliver("suggestions.csv", f'{HEADER}\n="E01",{cell},customer,="2025-01-02"\n')
    (row,) = place.rows("suggestions")
    assert (row["enterprise_id"], row["suggestion_id"], str(row["submitted_at"])) == ("E01", "00123", "2025-01-02 00:00:00")
    assert row["_defects"] == []


@pytest.mark.parametrize("moment", ["2025-01-02 08:30", "2025/1/2 8:30"])
def test_a_time_marked_as_text_is_that_time(place, moment):
    place.deliver("suggestions.csv", f"{HEADER}\n'E01,'1,'customer,'{moment}\n")
    assert [str(each) for each in place.column("suggestions", "submitted_at")] == ["2025-01-02 08:30:00"]


def test_a_header_marked_as_text(place):
    place.deliver(
        "suggestions.csv", "\n".join([",".join(f'="{name}"' for name in HEADER.split(",")), "E01,S1,customer,2025-01-02"])
    )
    assert place.column("suggestions", "suggestion_id") == ["S1"]


@pytest.mark.parametrize("text", ["=1+2", "'quoted'", "'tis so", '="a" & "b"', "it's", "5' pipe"])
def test_other_texts_with_such_signs_stay(text):
    assert clean_text(pa.array([text]), []).to_pylist() == [text]


def test_a_mark_around_nothing_is_no_value():
    assert clean_text(pa.array(['=""', '="-"', "x"]), ["-"]).to_pylist() == [None, None, "x"]


# Digits that are lost


def deliver_sheet(place, *rows: list[object]) -> None:
    book = Workbook()
    for row in ([*HEADER.split(",")], *rows):
        book.active.append(row)
    book.save(place.landing / "suggestions.xlsx")


def test_long_numbers_of_a_worksheet_are_plain_and_told(place):
    """16 digits and more: 15 is what a spreadsheet keeps. 999999999999999 has 15, 10**15 has 16."""
    numbers = [13800138000, 999999999999999, 10**15, 9007199254740992, 2.02501050001234e17, 2.5e22]
    deliver_sheet(place, *(["E01", number, "customer", "2025-01-02"] for number in numbers))
    assert place.column("suggestions", "suggestion_id") == [
        *("13800138000", "999999999999999", "1000000000000000", "9007199254740992"),
        *("202501050001234000", "25000000000000000000000"),
    ]
    assert told(place) == [f"suggestions.xlsx: suggestion_id: 4 numbers of 16 digits or more, the first in row 4: {LOST}"]


def test_long_numbers_that_an_expression_takes_are_told_by_the_source_column(place):
    deliver_sheet(place, ["E01", 2.02501050001234e17, "customer", "2025-01-02"])
    place.configure("tables: {suggestions: {columns: {suggestion_id: {expression: \"'S' || suggestion_id\"}}}}")
    place.take("suggestions")
    ((_, column, problem),) = landed_doubts(TABLES["suggestions"], place.lake)
    assert (column, problem.partition(",")[0]) == ("suggestion_id", "1 numbers of 16 digits or more")
    assert place.column("suggestions", "suggestion_id") == ["S202501050001234000"]


def test_fractions_of_a_parquet_file_are_plain_and_told(place):
    """A data frame that had an empty cell keeps its keys as fractions."""
    columns = {
        "enterprise_id": ["E01"] * 4,
        "suggestion_id": [123.0, 2025010500012345.0, 2.02501050001234e17, None],
        "source": ["customer"] * 4,
        "submitted_at": ["2025-01-02"] * 4,
    }
    pq.write_table(pa.table(columns), place.landing / "suggestions.parquet")
    ids = place.column("suggestions", "suggestion_id")
    assert ids[:2] == ["123", "2025010500012345"]
    assert ids[2].isdecimal()
    assert float(ids[2]) == 2.02501050001234e17
    assert told(place) == [f"suggestions.parquet: suggestion_id: 2 numbers of 16 digits or more, the first in row 2: {LOST}"]


def test_dates_in_a_column_of_keys_are_told(place):
    """3-1 typed into a cell becomes the first of March; in the column of dates it is one."""
    deliver_sheet(place, *(["E01", key, "customer", dt.datetime(2025, 1, 2)] for key in ("3-2", dt.datetime(2025, 3, 1), "3-3")))
    (found,) = told(place)
    cause = "a spreadsheet makes dates of numbers like 3-1; format the column as text at the source"
    assert found == f"suggestions.xlsx: suggestion_id: 1 dates in a column of codes, the first in row 3: {cause}"


def test_amounts_and_counts_have_no_digits_to_lose(place):
    book = Workbook()
    book.active.append(["enterprise_id", "region_code", "name", "area_km2", "urbanicity"])
    book.active.append(["E01", "R1", "东", 1e16, "urban"])
    book.save(place.landing / "regions.xlsx")
    assert told(place, "regions") == []


def test_long_numbers_of_a_text_file_that_all_end_in_zeros(place):
    """One number of 18 digits may end in 000; three of them were written by a spreadsheet."""
    ids = ["202501050001234000", "202501050001235000", "202501050001236000", "S4"]
    place.deliver("suggestions.csv", "\n".join([HEADER, *(f"E01,{each},customer,2025-01-02" for each in ids)]))
    (found,) = told(place)
    what = "3 numbers of 16 digits or more, each with zeros from the 16th on, the first in row 2"
    assert found == f"suggestions.csv: suggestion_id: {what}: {LOST}"
    place.deliver(
        "suggestions.csv", "\n".join([HEADER, *(f"E01,{each},customer,2025-01-02" for each in [*ids, "202501050001234567"])])
    )
    assert told(place) == []


def test_ids_written_with_a_fraction_are_told(place):
    """pandas writes a column of ids with a gap as 20250101.0; a product's version 2.0 is one."""
    ids = ["202501050001234567.0", "20250101.0", "2.0", "20250102"]
    place.deliver("suggestions.csv", "\n".join([HEADER, *(f"E01,{each},customer,2025-01-02" for each in ids)]))
    (found,) = told(place)
    assert found.startswith(
        "suggestions.csv: suggestion_id: 2 values written like 202501.0, the first in row 2: a program took them"
    )
    assert place.column("suggestions", "suggestion_id") == ids


@pytest.mark.parametrize("text", ["2.025E+13", "2.02501E+17", "1e+05", "-1.5E+20", '="2.025E+13"'])
def test_a_key_with_an_exponent_is_refused_by_a_rule_of_its_own(place, text):
    place.deliver(
        "suggestions.csv",
        f"{HEADER}\nE01,{text},customer,2025-01-02\n" + "".join(f"E01,S{n},customer,2025-01-02\n" for n in range(30)),
    )
    value = text.strip('="')
    assert defects(place) == [[("digits_lost", "suggestion_id", value)], *[[]] * 30]
    problem = "1 values are written like 2.025E+13: a spreadsheet has lost their last digits (3.2% of 31 rows)"
    said = f"warning: suggestions: suggestions.csv: suggestion_id: {problem}: "
    assert [str(found) for found in place.checked() if str(found).startswith(said)]


@pytest.mark.parametrize("text", ["2E13", "E+13", "SR2.025E+13", "2.025E-13", "13E+"])
def test_other_keys_with_an_e_are_keys(place, text):
    place.deliver("suggestions.csv", f"{HEADER}\nE01,{text},customer,2025-01-02\n")
    assert defects(place) == [[]]


def test_a_reference_with_an_exponent_is_refused_too_and_another_number_is_told(place):
    header = "enterprise_id,call_id,queue,caller_phone,queued_at,outcome,staff_id,in_service_hours"
    place.deliver("hotline_calls.csv", f"{header}\nE01,C1,q,1.38E+10,2025-01-02 08:00,answered,2.025E+13,1\n")
    assert defects(place, "hotline_calls") == [[("digits_lost", "staff_id", "2.025E+13")]]
    (found,) = told(place, "hotline_calls")
    what = "caller_phone: 1 values written like 2.025E+13, the first in row 2"
    assert found == f"hotline_calls.csv: {what}: a spreadsheet has lost their last digits"


def test_numbers_of_days_are_told_as_the_cause(place):
    """45662.335 is 2025-01-05 08:02 in a spreadsheet that shows the cell as a number."""
    place.deliver("suggestions.csv", f"{HEADER}\nE01,S1,customer,45662.335\nE01,S2,customer,45662\nE01,S3,customer,soon\n")
    assert told(place) == [
        "suggestions.csv: submitted_at: 2 values like 45662.3 instead of a date, the first in row 2: "
        "format the cells as dates where the file is made"
    ]
