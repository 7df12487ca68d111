"""Workbooks of every format, compressed or not, one sheet or several; and what of their cells cannot be read as it looks."""

from __future__ import annotations

import gzip
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import Workbook

from pipeline.account.cleaning_log import NOTED, _of_extract
from pipeline.calendar.quarters import Quarter
from pipeline.extract.errors import PersonalName, TruncatedFile, UnreadableFile
from pipeline.extract.readers.workbook import cell_range
from pipeline.extract.readers.workbook_marks import workbook_marks
from pipeline.lake.provenance import landed_doubts
from schemas.contract import TABLES

HEADER = ["enterprise_id", "suggestion_id", "source", "submitted_at"]
JANUARY = Path(__file__).parent / "workbooks" / "january.xls"
"""Written by xlwt: a merged title, a number of 17 digits, an error cell, a date merged over two rows, a hidden sheet."""


def book_of(*sheets: tuple[str, list[list[object]]], hidden: str = "") -> bytes:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        sheet.sheet_state = "hidden" if name == hidden else "visible"
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def month(number: int) -> tuple[str, list[list[object]]]:
    """The sheet of a month with two suggestions."""
    rows = [["E01", f"S{number}-{day}", "customer", f"2025-0{number}-0{day}"] for day in (3, 4)]
    return f"{number}月", [HEADER, *rows]


def ods_of(*rows: str) -> bytes:
    """An OpenDocument workbook with one sheet of the given rows of XML."""
    spaces = {"office": "office", "table": "table", "text": "text"}
    names = " ".join(f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for prefix, name in spaces.items())
    calc = 'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"'
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"><manifest:file-entry '
            'manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>',
        )
        archive.writestr(
            "content.xml",
            f"<office:document-content {names} {calc}><office:body><office:spreadsheet>"
            f'<table:table table:name="一月">{"".join(f"<table:table-row>{row}</table:table-row>" for row in rows)}</table:table>'
            "</office:spreadsheet></office:body></office:document-content>",
        )
    return file.getvalue()


def ods_cell(text: str, more: str = "") -> str:
    return f'<table:table-cell office:value-type="string" {more}><text:p>{text}</text:p></table:table-cell>'


def warnings(place) -> list[str]:
    return [str(finding) for finding in place.checked() if finding.level == "warning"]


def doubts(place, table: str = "suggestions") -> list[str]:
    """What a run tells of the table's files."""
    place.take(table)
    return [": ".join(part for part in found if part) for found in landed_doubts(TABLES[table], place.lake)]


def origins(place) -> list[tuple[str, int, str]]:
    return [(row["_origin_file"], row["_origin_row"], row["suggestion_id"]) for row in place.rows("suggestions")]


@pytest.mark.parametrize(
    ("sheet", "read"),
    [
        ("[1月, 3月]", [1, 3]),
        ("['3', 1月, '1']", [3, 1]),
        ("all", [1, 2, 3]),
    ],
)
def test_several_sheets_feed_one_table(place, sheet, read):
    """Rows give sheet and row as their origin; `all` does not take the hidden sheet, which is named."""
    place.deliver("suggestions.xlsx", book_of(month(1), month(2), month(3), month(4), hidden="4月"))
    place.configure(f"tables: {{suggestions: {{format: {{sheet: {sheet}}}}}}}")
    assert origins(place) == [(f"suggestions.xlsx#{n}月", day - 1, f"S{n}-{day}") for n in read for day in (3, 4)]
    assert sum("hidden sheet '4月'" in text for text in warnings(place)) == 1


def test_all_sheets_are_those_with_cells(place):
    """Programs begin a workbook with empty sheets; one that is named must hold what it is named for."""
    place.deliver("suggestions.xlsx", book_of(month(1), ("Sheet2", []), month(2)))
    place.configure("tables: {suggestions: {format: {sheet: all}}}")
    assert [file for file, _, _ in origins(place)] == ["suggestions.xlsx#1月"] * 2 + ["suggestions.xlsx#2月"] * 2
    place.configure("tables: {suggestions: {format: {sheet: [1月, Sheet2]}}}")
    with pytest.raises(UnreadableFile, match="sheet 'Sheet2' has no header in row 1"):
        place.take("suggestions")


def test_a_sheet_with_personal_data_in_its_name_is_refused_without_saying_it(place):
    place.deliver("suggestions.xlsx", book_of(month(1), ("客户王小明13800138000", month(2)[1])))
    place.configure("tables: {suggestions: {format: {sheet: all}}}")
    with pytest.raises(PersonalName, match=r"suggestions\.xlsx#客户王\*\*1\*+: its name .* rename it") as refused:
        place.take("suggestions")
    assert "王小明" not in str(refused.value)


@pytest.mark.parametrize("sheet", ["2月", "'2'", "[2月]"])
def test_one_sheet_is_the_file(place, sheet):
    place.deliver("suggestions.xlsx", book_of(month(1), month(2)))
    place.configure(f"tables: {{suggestions: {{format: {{sheet: {sheet}}}}}}}")
    assert origins(place) == [("suggestions.xlsx", 2, "S2-3"), ("suggestions.xlsx", 3, "S2-4")]


def test_a_sheet_called_all_is_that_sheet(place):
    place.deliver("suggestions.xlsx", book_of(month(1), ("all", month(2)[1])))
    place.configure("tables: {suggestions: {format: {sheet: all}}}")
    assert [suggestion for _, _, suggestion in origins(place)] == ["S2-3", "S2-4"]


def test_a_sheet_that_is_not_there(place):
    place.deliver("suggestions.xlsx", book_of(month(1), month(2)))
    place.configure("tables: {suggestions: {format: {sheet: [1月, 5月]}}}")
    with pytest.raises(UnreadableFile, match=r"suggestions\.xlsx: has no sheet '5月' \(sheets: 1月, 2月\)"):
        place.take("suggestions")


def test_every_sheet_needs_the_columns(place):
    place.deliver("suggestions.xlsx", book_of(month(1), ("说明", [["这里写说明"], ["x"]])))
    place.configure("tables: {suggestions: {format: {sheet: all}}}")
    # No word of a delimiter, which a sheet does not have.
    problem = r"suggestions\.xlsx#说明: lacks the required columns enterprise_id, suggestion_id, submitted_at \(none of"
    with pytest.raises(Exception, match=problem):
        place.take("suggestions")


def test_a_hidden_sheet_that_is_read_is_named(place):
    place.deliver("suggestions.xlsx", book_of(month(1), month(2), hidden="1月"))
    assert "warning: suggestions: suggestions.xlsx: the sheet '1月', which is read, is hidden" in warnings(place)


def test_merged_cells_over_rows_are_named_with_their_range(place):
    """A title over the header loses nothing. In the ranges only the first cell holds a value: the others are empty."""
    book = Workbook()
    sheet = book.active
    for row in (["一季度建议"], HEADER, *month(1)[1][1:], *month(2)[1][1:]):
        sheet.append(row)
    sheet.merge_cells("A1:D1")
    sheet.merge_cells("C3:C5")
    sheet.merge_cells("A6:B6")
    book.save(place.landing / "suggestions.xlsx")
    place.configure("tables: {suggestions: {format: {header_row: 2}}}")
    told = (
        "suggestions.xlsx: 2 merged cells lie over the rows (C3:C5, A6:B6): "
        "the value is read in the first row and column of each, the rest is empty"
    )
    assert doubts(place) == [told]
    assert f"warning: suggestions: {told}" in warnings(place)
    assert place.column("suggestions", "source") == ["customer", None, None, "customer"]


def test_an_old_workbook_is_read_like_a_new_one(place):
    (place.landing / "suggestions.xls").write_bytes(JANUARY.read_bytes())
    place.configure("tables: {suggestions: {format: {header_row: 2}}}")
    rows = [
        (row["_origin_row"], row["suggestion_id"], str(row["submitted_at"]), row["_defects"]) for row in place.rows("suggestions")
    ]
    assert rows == [
        (3, "20250105000123456", "2025-01-05 08:03:00", [{"rule": "type", "column": "evaluated_at", "value": "#N/A"}]),
        (4, "S2", "2025-01-06 08:03:00", []),
        (5, "S3", "None", []),
    ]
    found = doubts(place)
    assert "1 merged cell lies over the rows (E4:E5)" in found[0]
    assert "1 cells hold an error of the spreadsheet (#N/A)" in found[1]
    assert "suggestion_id: 1 numbers of 16 digits or more, the first in row 3: a spreadsheet keeps 15 digits" in found[2]
    assert any("hidden sheet '二月' (A1:F1, 1 row)" in text for text in warnings(place))


def test_an_open_document_is_read_like_a_workbook(place):
    header = "".join(ods_cell(name) for name in (*HEADER, "evaluated_at"))
    date = '<table:table-cell office:value-type="date" office:date-value="2025-01-05T08:03:00"/>'
    error = ods_cell("#DIV/0!", 'office:string-value="" calcext:value-type="error"')
    spanned = ods_cell("customer", 'table:number-rows-spanned="2" table:number-columns-spanned="1"')
    rows = (
        header,
        f"{ods_cell('E01')}{ods_cell('S1')}{spanned}{date}{error}",
        f"{ods_cell('E01')}{ods_cell('S2')}<table:covered-table-cell/>{date}",
    )
    place.deliver("suggestions.ods", ods_of(*rows))
    found = [(row["_origin_row"], row["suggestion_id"], row["source"], len(row["_defects"])) for row in place.rows("suggestions")]
    assert found == [(2, "S1", "customer", 1), (3, "S2", None, 0)]
    assert [text.partition(": ")[2].partition(":")[0] for text in doubts(place)] == [
        "1 merged cell lies over the rows (C2",
        "1 cells hold an error of the spreadsheet (#DIV/0!)",
    ]


def test_a_format_whose_errors_cannot_be_found_says_so():
    """.xlsb holds its sheets in a binary form of which only the values are read."""
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("xl/workbook.bin", b"")
    assert workbook_marks(file, "s").is_blind


def test_a_compressed_workbook_is_read(place):
    place.deliver("suggestions.xlsx.gz", book_of(month(1)))
    assert origins(place) == [("suggestions.xlsx.gz", 2, "S1-3"), ("suggestions.xlsx.gz", 3, "S1-4")]


@pytest.mark.parametrize(
    ("name", "contents", "refused", "problem"),
    [
        ("suggestions.xlsx", b"PK\x03\x04 half", TruncatedFile, "ends too early or is damaged"),
        ("suggestions.xlsx.gz", book_of(month(1)), UnreadableFile, "is called .gz but is not gzip"),
        ("suggestions.xlsx.gz", gzip.compress(book_of(month(1)))[:-20], TruncatedFile, "the gzip stream ends too early"),
        ("suggestions.xls", b"<html><table><tr><td>1</td></tr></table></html>", UnreadableFile, "is a page of HTML or XML"),
        ("suggestions.xls", b"a,b\n1,2\n", UnreadableFile, "is not an Excel workbook"),
        ("suggestions.xls", JANUARY.read_bytes()[:3000], UnreadableFile, "is a damaged Excel workbook"),
        (
            "suggestions.csv",
            JANUARY.read_bytes(),
            UnreadableFile,
            r"a workbook of an old Excel or of WPS \(save it as",
        ),
        ("suggestions.parquet", gzip.compress(b"PAR1"), UnreadableFile, "is compressed as a whole, which a Parquet file is not"),
    ],
    ids=("half", "not_gzip", "half_gzip", "html", "text", "half_xls", "xls_as_csv", "gzip_of_parquet"),
)
def test_what_is_no_workbook_is_refused_by_what_it_is(place, name, contents, refused, problem):
    (place.landing / name).write_bytes(contents)
    with pytest.raises(UnreadableFile, match=problem) as error:
        place.take("suggestions")
    assert type(error.value) is refused


def test_an_archive_with_the_name_of_a_workbook(place):
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("suggestions.csv", "a,b\n")
    place.deliver("suggestions.xlsx", file.getvalue())
    with pytest.raises(UnreadableFile, match="is a ZIP archive, not a workbook: unpack it"):
        place.take("suggestions")


def test_a_workbook_with_the_name_of_another_format_is_read(place):
    place.deliver("suggestions.xls", book_of(month(1)))
    assert len(origins(place)) == 2


@pytest.mark.parametrize(
    ("first", "last", "text"), [((0, 0), (0, 0), "A1"), ((2, 25), (9, 26), "Z3:AA10"), ((0, 701), (0, 702), "ZZ1:AAA1")]
)
def test_ranges_are_written_as_a_spreadsheet_does(first, last, text):
    assert cell_range(first, last) == text


def test_what_is_doubtful_is_kept_in_the_cleaning_log(place):
    quarter = Quarter.parse("2025-Q1")
    place.deliver("suggestions.xlsx", book_of(("1月", [HEADER, ["E01", 202501050001234567, "customer", "2025-01-05"]])))
    place.take("suggestions")
    place.extract("suggestions", "2025-Q1")
    noted = [entry for entry in _of_extract(place.lake, quarter) if entry["action"] == NOTED]
    assert [(entry["origin_file"], entry["column"], entry["rows"]) for entry in noted] == [("suggestions.xlsx", "suggestion_id", 1)]
    assert noted[0]["rule"].startswith("1 numbers of 16 digits or more, the first in row 2")
