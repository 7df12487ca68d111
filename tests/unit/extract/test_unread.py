"""What no table reads is named: files of any kind, and sheets of workbooks with the range of their cells."""

from __future__ import annotations

import pytest
from openpyxl import Workbook

from pipeline.extract.unread import Unread
from schemas.contract import TABLES

HEADER = ["enterprise_id", "suggestion_id", "source", "submitted_at"]


def unread(place) -> Unread:
    return Unread.of(place.landing, place.sources)


def warnings(place) -> list[str]:
    return [str(finding) for finding in place.checked() if finding.level == "warning"]


def deliver_months(place, *months: str, hidden: str = "") -> None:
    """A workbook with a sheet a month, two suggestions in each."""
    book = Workbook()
    book.remove(book.active)
    for number, month in enumerate(months, start=1):
        sheet = book.create_sheet(month)
        sheet.append(HEADER)
        for day in (3, 4):
            sheet.append(["E01", f"S{number}{day}", "customer", f"2025-0{number}-0{day}"])
        sheet.sheet_state = "hidden" if month == hidden else "visible"
    book.create_sheet("Sheet9")
    book.save(place.landing / "suggestions.xlsx")


def test_names_that_are_not_known(place):
    place.configure("tables: {regions: {rows: [{region_code: R1}]}, vehicles: {files: cars.csv}}")
    for name in (
        *("staff.csv", "cars.csv", "mistery_visits.csv", "old/staff.csv", "outlets.et", "outlets.pdf"),
        *("notes.pdf", "a/photo.JPG", "README.md", "Thumbs.db", ".hidden.csv", "~$b.xlsx", "_later.csv", "_spark/part-0.csv"),
        # The review of outliers is read, though it is no table; a copy elsewhere is read by nobody.
        *("outlier_review.csv", "old/outlier_review.csv"),
    ):
        place.deliver(name, f"contents of {name}")
    found = unread(place)
    # 30 tables, without staff, regions and vehicles; totals that did not come are missed by nobody, for calls are named.
    came = ("staff", "regions", "vehicles")
    assert found.missing == tuple(name for name in TABLES if name not in (*came, "hotline_daily_totals"))
    assert len(found.missing) == 26
    assert tuple(found.files) == (
        *(
            "_later.csv",
            "_spark/part-0.csv",
            "mistery_visits.csv",
            "old/outlier_review.csv",
            "old/staff.csv",
            "outlets.et",
            "outlets.pdf",
        ),
    )
    assert found.pages == {".jpg": 1, ".pdf": 1}


def test_the_table_of_which_only_totals_came_is_missing(place):
    place.deliver("hotline_daily_totals.csv", "enterprise_id")
    assert unread(place).missing == tuple(name for name in TABLES if name != "hotline_daily_totals")
    assert next(iter(unread(place).told())).startswith(
        "tables not delivered: service_requests, onsite_visits, appointments, hotline_calls,"
    )


def test_a_table_of_unclear_files_hides_nothing_else(place):
    """A run that stops for it goes on to name what else is not read; the table itself is in its error."""
    for name in ("suggestions/1.csv", "suggestions/2.json", "staff.csv", "staff/2025.csv", "stray.json"):
        place.deliver(name, f"contents of {name}")
    found = unread(place)
    assert list(found.files) == ["stray.json"]
    assert not {"suggestions", "staff"} & set(found.missing)


@pytest.mark.parametrize(
    "kind", ["et", "zip", "rar", "7z", "json", "jsonl", "xml", "mdb", "dbf", "numbers", "xls.bak", "xlsx.bz2", "dat"]
)
def test_a_month_of_a_kind_that_is_not_read(place, kind):
    place.configure('tables: {suggestions: {files: "台账*.csv"}}')
    place.deliver("台账1月.csv", ",".join(HEADER) + "\nE01,S1,customer,2025-01-05\n")
    place.deliver(f"台账2月.{kind}", "x")
    assert list(unread(place).files) == [f"台账2月.{kind}"]
    assert [text for text in warnings(place) if text.startswith(f"warning: 台账2月.{kind}: feeds no table: it is not one of")]


@pytest.mark.parametrize("kind", ["xls", "ods", "xlsx.gz", "tsv"])
def test_a_month_of_a_kind_that_no_pattern_names(place, kind):
    place.configure('tables: {suggestions: {files: "台账*.csv"}}')
    place.deliver("台账1月.csv", ",".join(HEADER) + "\nE01,S1,customer,2025-01-05\n")
    place.deliver(f"台账2月.{kind}", "x")
    why = "only its kind differs from the files of suggestions in sources.yaml: '台账*.csv'"
    assert unread(place).files == {f"台账2月.{kind}": why}
    assert f"warning: 台账2月.{kind}: feeds no table: {why}" in warnings(place)
    assert f"files that feed no table: 台账2月.{kind} ({why})" in unread(place).told()


def test_sheets_that_are_not_read_are_named_with_their_cells(place):
    deliver_months(place, "1月", "2月", "3月", hidden="3月")
    told = [
        "suggestions.xlsx: sheet '2月' (A1:D3, 3 rows) is not read: name it in sources.yaml if it holds records",
        "suggestions.xlsx: hidden sheet '3月' (A1:D3, 3 rows) is not read: name it in sources.yaml if it holds records",
    ]
    # The empty Sheet9 holds nothing that could be lost.
    assert [str(sheet) for sheet in unread(place).sheets] == told
    assert warnings(place) == [f"warning: {text}" for text in told]


def test_a_sheet_that_another_table_reads_is_read(place):
    deliver_months(place, "1月", "2月", "3月")
    place.configure(
        "tables:\n  suggestions: {format: {sheet: 1月}}\n  complaints: {files: suggestions.xlsx, format: {sheet: ['3']}}\n"
    )
    assert [sheet.sheet for sheet in unread(place).sheets] == ["2月"]


def test_a_workbook_that_is_refused_names_no_sheets(place):
    place.deliver("suggestions.xlsx", b"PK\x03\x04 half a workbook")
    assert unread(place).sheets == ()


def test_a_lake_in_the_landing_folder_is_no_delivery(place):
    """As ``asq init`` proposes where the files lie in the folder above."""
    row = ",".join(HEADER) + "\nE01,S1,customer,2025-01-03\n"
    place.deliver("january.csv", row)
    place.deliver("evaluation/lake/accepted/suggestions/quarter=2025-Q1/data.csv", row.replace("S1", "S2"))
    place.deliver("evaluation/lake/outlets.csv", row)
    for folder in ("locks", "scratch"):
        (place.landing / "evaluation/lake" / folder).mkdir()
    place.configure("tables: {suggestions: {files: '**/*.csv'}}")
    assert place.take("suggestions").rows == 1
    assert unread(place).files == {}
    assert warnings(place) == []
