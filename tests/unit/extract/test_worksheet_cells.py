"""Cells of worksheets that hold an error or a formula nobody computed."""

from __future__ import annotations

import datetime as dt
import zipfile
from io import BytesIO

import pytest
from openpyxl import Workbook

from pipeline.check.landing import check_landing
from pipeline.extract.readers.sheet_marks import sheet_marks

HEADER = "enterprise_id,suggestion_id,source,submitted_at,evaluated_at,adopted,content"


def test_error_cells_of_a_worksheet_are_no_empty_cells(place):
    """Rows 3 and 5 hold an error; the table begins in column C, and row 2 of the sheet is empty."""
    book = Workbook()
    sheet = book.active
    header = ["enterprise_id", "vehicle_id", "is_dedicated", "in_service_on", "retired_on", "plate_number"]
    rows = {
        1: header,
        3: ["A", "V1", True, "#REF!", None, None],
        4: ["A", "V2", "#DIV/0!", dt.date(2020, 1, 1), "#N/A", "#N/A"],
        5: ["#N/A"] * 6,
        7: ["A", "V3", True, dt.date(2021, 1, 1), None, None],
    }
    for row, cells in rows.items():
        for column, cell in enumerate(cells, start=3):
            sheet.cell(row, column).value = cell
    book.save(place.landing / "vehicles.xlsx")
    found = [
        (
            row["_origin_row"],
            row["vehicle_id"],
            row["plate_number"],
            [(d["rule"], d["column"], d["value"]) for d in row["_defects"]],
        )
        for row in place.rows("vehicles")
    ]
    assert found == [
        (3, "V1", None, [("type", "in_service_on", "#REF!")]),
        (4, "V2", "#N/A", [("type", "is_dedicated", "#DIV/0!"), ("type", "retired_on", "#N/A")]),
        (5, "#N/A", "#N/A", [("type", name, "#N/A") for name in ("is_dedicated", "in_service_on", "retired_on")]),
        (7, "V3", None, []),
    ]
    messages = [str(finding) for finding in check_landing(place.landing).findings]
    # 1 in row 3, 3 in row 4, 6 in row 5.
    assert "warning: vehicles: vehicles.xlsx: 10 cells hold an error of the spreadsheet (#DIV/0!, #N/A, #REF!)" in messages


def test_errors_may_be_declared_to_mean_nothing(place):
    book = Workbook()
    for row in (
        ["enterprise_id", "vehicle_id", "is_dedicated", "in_service_on", "retired_on"],
        ["A", "V1", True, "2020-01-01", "#N/A"],
    ):
        book.active.append(row)
    book.save(place.landing / "vehicles.xlsx")
    place.configure('defaults: {null_values: ["#N/A"]}')
    assert [(row["retired_on"], row["_defects"]) for row in place.rows("vehicles")] == [(None, [])]


def test_formulas_that_nobody_computed_are_told(place):
    book = Workbook()
    for row in (
        ["enterprise_id", "vehicle_id", "is_dedicated", "in_service_on", "retired_on"],
        ["A", '=A2&"x"', True, "=DATE(2020,1,1)", None],
        ["A", "V2", True, "2020-01-01", None],
    ):
        book.active.append(row)
    book.save(place.landing / "vehicles.xlsx")
    messages = [str(finding) for finding in check_landing(place.landing).findings]
    assert (
        "warning: vehicles: vehicles.xlsx: 2 formulas have no value: open the file in a spreadsheet program and save it" in messages
    )


@pytest.mark.parametrize("row", ["row", "x:row"])
def test_error_cells_are_found_in_whatever_way_the_xml_is_written(tmp_path, row):
    """References of rows and cells are optional, element names may have a prefix, a large sheet comes in pieces."""
    prefix = row.removesuffix("row")
    text = f"<{prefix}c><{prefix}v>1</{prefix}v></{prefix}c>"
    error = f"<{prefix}c s='1' t='e'><{prefix}f>1/0</{prefix}f><{prefix}v>#DIV/0!</{prefix}v></{prefix}c>"
    rows = [f"<{row}>{text * 20}{error if number % 3000 == 2 else text}{text}</{row}>" for number in range(1, 7001)]
    path = tmp_path / "x.xlsx"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("xl/workbook.xml", '<w xmlns:r="urn:r"><sheets><sheet name="s" r:id="r7"/></sheets></w>')
        book.writestr("xl/_rels/workbook.xml.rels", '<r><n Id="r7" Target="worksheets/one.xml"/></r>')
        book.writestr("xl/worksheets/one.xml", f"<w xmlns:x='urn:x'>{''.join(rows)}</w>")
    contents = BytesIO(path.read_bytes())
    assert sheet_marks(contents, "s").errors == {number: {20: "#DIV/0!"} for number in (2, 3002, 6002)}
    assert sheet_marks(contents, "s").uncomputed == 0
    assert sheet_marks(contents, "another").errors == {}
