"""A table's files are found by name, told apart by contents, and refused when it is unclear which ones count."""

from __future__ import annotations

import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.errors import DataRefused, UsageError
from pipeline.extract.errors import AmbiguousSource, DuplicateFile, NothingDelivered, PersonalName, UnreadableFile
from pipeline.extract.files import find_files, unused_files
from pipeline.extract.tables import extract_tables
from pipeline.settings.sources import SourceConfigError
from schemas.contract import TABLES


def names(place, table: str) -> list[str]:
    return [file.name for file in find_files(table, place.landing, place.sources)]


@pytest.mark.parametrize(
    "name",
    [
        *("staff.csv", "staff.csv.gz", "staff.tsv", "staff.txt", "staff.txt.gz", "staff.parquet", "Staff.CSV"),
        *("staff.xlsx", "staff.xlsx.gz", "staff.xlsm", "staff.xlsb", "staff.xls", "staff.ods"),
    ],
)
def test_one_file_called_like_the_table(place, name):
    place.deliver(name, "x")
    assert names(place, "staff") == [name]
    assert names(place, "staff") == [name]


def test_a_folder_is_read_recursively_by_name_without_hidden_files(place):
    for name in (
        "staff/b.csv",
        "staff/2024/a.csv.gz",
        "staff/.hidden.csv",
        "staff/.git/x.csv",
        "staff/~$b.xlsx",
        "staff/README.md",
    ):
        place.deliver(name, f"contents of {name}")
    place.deliver("staffing.csv", "another file")
    assert names(place, "staff") == ["staff/2024/a.csv.gz", "staff/b.csv"]


def test_nothing_came_for_a_table(place):
    place.deliver("staff.csv", "x")
    (place.landing / "outlets").mkdir()
    assert names(place, "outlets") == []
    assert names(place, "vehicles") == []


def test_two_places_are_ambiguous(place):
    place.deliver("staff.csv", "x")
    place.deliver("staff/a.csv", "y")
    with pytest.raises(AmbiguousSource, match=r"staff: delivered in several places: staff/, staff\.csv; keep one"):
        names(place, "staff")


def test_two_kinds_are_ambiguous(place):
    place.deliver("staff.csv", "x")
    place.deliver("staff.parquet", "y")
    with pytest.raises(AmbiguousSource, match=r"staff\.csv, staff\.parquet"):
        names(place, "staff")


def test_one_name_twice_in_a_folder_is_ambiguous(place):
    place.deliver("staff/q1.csv", "x")
    place.deliver("staff/q1.csv.gz", "x")
    with pytest.raises(AmbiguousSource, match=r"staff/q1\.csv, staff/q1\.csv\.gz"):
        names(place, "staff")


def test_the_same_contents_twice(place):
    place.deliver("staff/q1.csv", "a,b\n1,2\n")
    place.deliver("staff/q1 (copy).csv", "a,b\n1,2\n")
    with pytest.raises(DuplicateFile, match=r"staff/q1 \(copy\)\.csv: has the same contents as staff/q1\.csv") as refused:
        names(place, "staff")
    assert isinstance(refused.value, DataRefused)
    assert refused.value.exit_code == 1


def test_headers_without_records_may_be_equal(place):
    place.deliver("staff/q1.csv", "a,b\n")
    place.deliver("staff/q2.csv", "a,b\n")
    assert names(place, "staff") == ["staff/q1.csv", "staff/q2.csv"]


def test_an_unknown_kind_in_a_tables_folder_is_not_overlooked(place):
    place.deliver("staff/q1.csv", "a,b\n1,2\n")
    place.deliver("staff/q2.et", "binary")
    with pytest.raises(UnreadableFile, match=r"staff: staff/q2\.et: is not one of the known kinds"):
        names(place, "staff")


def test_patterns_of_sources_yaml(place):
    place.configure('tables: {staff: {files: ["hr/*.dat", "extra.csv"]}}')
    for name in ("hr/b.dat", "hr/a.dat", "extra.csv", "staff.csv"):
        place.deliver(name, f"contents of {name}")
    assert names(place, "staff") == ["extra.csv", "hr/a.dat", "hr/b.dat"]
    used = [file.path for file in find_files("staff", place.landing, place.sources)]
    assert [path.name for path in unused_files(place.landing, used)] == ["staff.csv"]


def test_a_pattern_that_matches_nothing(place):
    place.configure('tables:\n  staff:\n    files: ["hr*.csv"]\n')
    place.deliver("outlets.csv", "x")
    message = r"sources\.yaml: line 3: tables\.staff\.files: no file in the landing folder matches 'hr\*\.csv'"
    with pytest.raises(SourceConfigError, match=message):
        names(place, "staff")


def test_a_name_longer_than_any_file_s_matches_nothing(place):
    place.configure(f'tables:\n  staff:\n    files: ["hr{"x" * 300}.csv"]\n')
    place.deliver("outlets.csv", "x")
    with pytest.raises(SourceConfigError, match="no file in the landing folder matches 'hrx"):
        names(place, "staff")


def test_no_landing_folder(place):
    place.landing.rmdir()
    with pytest.raises(UsageError, match="the landing folder does not exist") as wrong:
        names(place, "staff")
    assert wrong.value.exit_code == 2


def test_a_landing_folder_without_a_single_table(place):
    place.deliver("incidents.csv", "a\n1\n")
    (place.landing / "old").mkdir()
    with pytest.raises(NothingDelivered, match=r"no table of the contract was delivered; found incidents\.csv, old/"):
        place.take("staff")


def test_a_run_names_the_faults_of_all_tables(place):
    """A folder with a file that is not read does not hide what is wrong with the tables after it."""
    place.deliver("suggestions/1.json", "[]")
    place.deliver("customers.csv", "enterprise_id,customer_id\nA,C1\n")
    with pytest.raises(DataRefused) as refused:
        list(extract_tables(list(TABLES.values()), Quarter.parse("2025-Q1"), place.landing, place.sources, place.lake))
    assert [line.split(": ")[:2] for line in str(refused.value).splitlines()] == [
        ["suggestions", "suggestions/1.json"],
        ["customers", "customers.csv"],
    ]


@pytest.mark.parametrize(
    "name", ["staff/客户王小明13800138000.csv", "staff/11010519491231002X/may.csv", "staff/Recipient Maria Silva.csv"]
)
def test_a_file_with_personal_data_in_its_name_is_refused_without_saying_it(place, name):
    place.deliver(name, "x")
    with pytest.raises(PersonalName, match=r"staff: staff/.*\*\*.*rename it") as refused:
        names(place, "staff")
    assert not any(piece in str(refused.value) for piece in ("王小明", "13800138000", "11010519491231002X", "Maria Silva"))


@pytest.mark.parametrize(
    "name", ["staff/export_20250331_120000.csv", "staff/热线-2025年3月.csv", "staff/E01_2025-01-01_2025-03-31.csv"]
)
def test_usual_names_of_files_are_no_personal_data(place, name):
    place.deliver(name, "x")
    assert names(place, "staff") == [name]
