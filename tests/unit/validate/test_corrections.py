"""The corrections file: what it must say, and that every fault is named by row, column and rule."""

from __future__ import annotations

import dataclasses
import datetime as dt
from pathlib import Path

import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.validate.corrections import Correction, corrections_fingerprint, examine_corrections, typed_texts
from schemas.contract import TABLES

HEADER = "table,key,column,before,after,reason,author,expires_on"


def write(folder: Path, *lines: str, header: str = HEADER) -> Path:
    path = folder / "corrections.csv"
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def faults(folder: Path, *lines: str) -> list[str]:
    return examine_corrections(write(folder, *lines))[1]


def correction(**changes: object) -> Correction:
    plain = Correction(
        table="service_requests",
        key=None,
        column="region_code",
        before="R1x",
        after="R1",
        reason="misspelt",
        author="Li",
        expires_on=dt.date(2025, 12, 31),
        origin="corrections.csv row 2",
    )
    return dataclasses.replace(plain, **changes)


def test_no_file_no_corrections():
    assert examine_corrections(None) == ([], [])


def test_a_correction_with_and_without_key(tmp_path):
    path = write(
        tmp_path,
        "service_requests,E1|SR1,resolved_at,,2025-01-06 09:30,clock of the terminal,李工,2025-03-31",
        "",
        "service_requests,, region_code ,R1x,R1,misspelt,Wang,2025-12-31",
        "service_requests,E1|SR2,staff_id,S9,,not of this house,Wang,2025-12-31",
    )
    first, second, third = examine_corrections(path)[0]
    assert (first.key, first.before, first.after) == ("E1|SR1", None, "2025-01-06 09:30")
    assert (first.author, first.expires_on, first.origin) == ("李工", dt.date(2025, 3, 31), "corrections.csv row 2")
    assert (second.key, second.column, second.origin) == (None, "region_code", "corrections.csv row 4")
    assert (third.before, third.after) == ("S9", None)


def test_the_columns_may_come_in_any_order_and_behind_a_byte_order_mark(tmp_path):
    path = tmp_path / "corrections.csv"
    header = "author,table,key,column,before,after,reason,expires_on"
    path.write_text(f"\ufeff{header}\nLi,regions,E1|R1|,name,,x,y,2025-01-01\n", encoding="utf-8")
    (found,) = examine_corrections(path)[0]
    assert (found.author, found.table, found.column) == ("Li", "regions", "name")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("request,,channel,a,phone,r,x,2025-01-01", "row 2, column table: the contract has no table 'request'"),
        (
            "service_requests,,chanel,a,phone,r,x,2025-01-01",
            "row 2, column column: service_requests has no column 'chanel'; did you mean 'channel'?",
        ),
        ("service_requests,,channel,a,phone,,x,2025-01-01", "row 2, column reason: must not be empty"),
        ("service_requests,,channel,a,phone,r, ,2025-01-01", "row 2, column author: must not be empty"),
        ("service_requests,,channel,a,phone,r,x,", "row 2, column expires_on: must not be empty"),
        (
            "service_requests,,channel,a,phone,r,x,31.12.2025",
            "row 2, column expires_on: '31.12.2025' is not a date like 2025-12-31",
        ),
        ("service_requests,,channel,a,phone,r,x,2025-02-30", "row 2, column expires_on: '2025-02-30' is not a date"),
        ("service_requests,,channel,a,phone,r,x", "row 2: has 7 cells, the header has 8"),
        ("service_requests,,channel,,phone,r,x,2025-01-01", "row 2, column before: must not be empty without a key"),
        (
            "service_requests,E1,channel,,phone,r,x,2025-01-01",
            "row 2, column key: must hold enterprise_id | request_id",
        ),
        ("service_requests,,channel,a,fone,r,x,2025-01-01", "row 2, column after: must be one of phone, online"),
        ("service_requests,,paused_seconds,a,5.5,r,x,2025-01-01", "row 2, column after: cannot be read as integer"),
        (
            "service_requests,E1|1,resolved_at,,25-01-02,r,x,2025-01-01",
            "row 2, column after: cannot be read as timestamp",
        ),
        (
            "service_requests,E1|1,request_id,,,r,x,2025-01-01",
            "row 2, column after: must not be empty, request_id is part of the key",
        ),
        (
            "service_requests,E1|1,requested_at,,,r,x,2025-01-01",
            "row 2, column after: must not be empty, requested_at is required",
        ),
        ("service_requests,,channel,phone,phone,r,x,2025-01-01", "row 2, column after: is the same as before"),
        (
            "survey_responses,E1|1,response_id,,2,r,x,2025-01-01",
            "response_id decides the quarter of survey_answers: correct it in the source",
        ),
    ],
)
def test_every_fault_is_named(tmp_path, line, said):
    (fault,) = faults(tmp_path, line)
    assert fault.startswith("corrections.csv row 2")
    assert said in fault


def test_all_faults_are_said_at_once(tmp_path):
    said = faults(tmp_path, "nothing,,x,a,b,r,x,2025-01-01", "service_requests,,channel,a,fone,r,x,2025-01-01")
    assert [line.split(",")[0] for line in said] == [
        "corrections.csv row 2",
        "corrections.csv row 3",
    ]


def test_personal_data_in_after_are_not_repeated(tmp_path):
    (fault,) = faults(tmp_path, "staff,E1|S1|2024-01-01,valid_from,,13800138000,r,x,2025-01-01")
    assert "13800138000" not in fault


def test_entries_about_the_same_cells(tmp_path):
    found = faults(
        tmp_path,
        "service_requests,E1|1,channel,,phone,r,x,2025-01-01",
        "service_requests,E1|1,channel,,online,r,x,2025-01-01",
        "service_requests,,paused_seconds,060,61,r,x,2025-01-01",
        "service_requests,,paused_seconds,60,61,r,x,2025-01-01",
        "service_requests,,channel,a,phone,r,x,2025-01-01",
        "service_requests,,channel,a,phone,r,x,2025-01-01",
    )
    # 060 and 60 are one number.
    assert found == [
        "corrections.csv row 3, column key: contradicts corrections.csv row 2",
        "corrections.csv row 5, column before: contradicts corrections.csv row 4",
        "corrections.csv row 7, column before: repeats corrections.csv row 6",
    ]


@pytest.mark.parametrize("header", ["table,key,column,before,after,reason,author", HEADER + ",note", "", "表,键"])
def test_a_wrong_header(tmp_path, header):
    (fault,) = examine_corrections(write(tmp_path, header=header))[1]
    assert "row 1: the columns must be table, key, column, before, after, reason, author, expires_on" in fault


def test_a_file_that_is_not_utf8(tmp_path):
    path = tmp_path / "corrections.csv"
    path.write_bytes((HEADER + "\nregions,,name,a,区,r,李,2025-01-01\n").encode("gb18030"))
    assert examine_corrections(path)[1] == ["corrections.csv is not UTF-8"]


def test_texts_are_read_as_extract_reads_them():
    corrections = [
        correction(column="requested_at", before="2025/1/6 8:03", after="2025-01-06T00:03:00Z"),
        correction(column="quoted_amount", before="n.a.", after="19.9"),
        correction(column="customer_confirmed", before="是", after="no"),
    ]
    # 00:03 UTC is 08:03 in Shanghai.
    assert [(texts.before, texts.after) for texts in typed_texts(corrections)] == [
        ("2025-01-06 08:03:00", "2025-01-06 08:03:00"),
        ("n.a.", "19.90"),
        ("true", "false"),
    ]


def test_a_correction_holds_for_quarters_that_begin_on_or_before_its_expiry():
    dated = correction(expires_on=dt.date(2025, 4, 1))
    assert dated.is_in_force(Quarter(2025, 2))
    assert not dataclasses.replace(dated, expires_on=dt.date(2025, 3, 31)).is_in_force(Quarter(2025, 2))


def test_the_fingerprint_follows_what_concerns_the_table_and_the_quarter():
    visits, quarter = TABLES["onsite_visits"], Quarter(2025, 1)
    own = correction(table="onsite_visits", column="result", before="x", after="ok")
    of_a_parent, of_another = correction(), correction(table="vehicles", column="kind")
    assert corrections_fingerprint(visits, quarter, []) == ""
    assert corrections_fingerprint(visits, quarter, [of_another]) == ""
    assert corrections_fingerprint(visits, quarter, [dataclasses.replace(own, expires_on=dt.date(2024, 1, 1))]) == ""
    one, both = (corrections_fingerprint(visits, quarter, given) for given in ([own], [own, of_a_parent]))
    assert len({one, both, ""}) == 3
    assert corrections_fingerprint(visits, quarter, [of_a_parent, own]) == both
    assert corrections_fingerprint(visits, quarter, [dataclasses.replace(own, origin="elsewhere")]) == one
    assert corrections_fingerprint(visits, quarter, [dataclasses.replace(own, reason="other")]) != one
