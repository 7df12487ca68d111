"""The snapshot: all that came, typed, in file order, with origin, defects and quarter; taken again only when needed."""

from __future__ import annotations

import datetime as dt
import os
import stat
from decimal import Decimal

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from pipeline.check.landing import check_landing
from pipeline.extract.errors import UnreadableFile
from pipeline.extract.writer import row_schema
from pipeline.settings.frozen import HandedInFiles
from pipeline.settings.places import chosen_files
from schemas.contract import TABLES

HEADER = "enterprise_id,suggestion_id,source,submitted_at,evaluated_at,adopted,content"


def test_a_row_has_types_quarter_origin_and_no_defects(suggestions):
    rows = suggestions("ACME,S1,customer,2025-02-03 10:00,,是,希望延长服务时间")
    assert rows == [
        {
            "enterprise_id": "ACME",
            "suggestion_id": "S1",
            "source": "customer",
            "submitted_at": dt.datetime(2025, 2, 3, 10),
            "evaluated_at": None,
            "adopted": True,
            "content": "希望延长服务时间",
            "quarter": "2025-Q1",
            "_origin_file": "suggestions.csv",
            "_origin_row": 2,
            "_row_id": 0,
            "_defects": [],
        }
    ]


@pytest.mark.parametrize("name", list(TABLES))
def test_every_table_has_the_contracts_columns_and_types_even_undelivered(place, name):
    place.deliver("regions.csv", "enterprise_id,region_code,name,area_km2,urbanicity\nA,R1,东城,41.9,urban\n")
    snapshot = place.take(name)
    assert snapshot.delivered is (name == "regions")
    table = TABLES[name]
    found = pl.read_parquet_schema(snapshot.path)
    assert {column: found[column] for column in table.polars_schema} == dict(table.polars_schema)
    assert list(found)[len(table.columns) :] == ["quarter", "_origin_file", "_origin_row", "_row_id", "_defects"]
    described = duckdb.execute(f"describe select * from '{snapshot.path}'").fetchall()
    assert [row[1] for row in described[: len(table.columns)]] == [column.sql_type for column in table.columns]
    assert described[-1][1] == 'STRUCT("rule" VARCHAR, "column" VARCHAR, "value" VARCHAR)[]'


def test_what_cannot_be_read_is_null_and_a_defect(suggestions):
    rows = suggestions("ACME,S1,customer,2025-02-03 10:00,soon,maybe,x")
    assert rows[0]["evaluated_at"] is None
    assert rows[0]["adopted"] is None
    assert rows[0]["_defects"] == [
        {"rule": "type", "column": "evaluated_at", "value": "soon"},
        {"rule": "type", "column": "adopted", "value": "maybe"},
    ]


def test_lines_that_do_not_fit_are_kept_in_their_place_without_cells(suggestions):
    rows = suggestions(
        "ACME,S1,customer,2025-02-03,,,x",
        "ACME,S2,customer,2025-02-03,,,a comma, unquoted",
        "ACME,S3,customer",
        "",
        "ACME,S4,customer,2025-05-03,,,x",
    )
    assert [(row["_origin_row"], row["_row_id"], row["suggestion_id"], row["quarter"]) for row in rows] == [
        (2, 0, "S1", "2025-Q1"),
        (3, 1, None, None),
        (4, 2, None, None),
        (6, 3, "S4", "2025-Q2"),
    ]
    assert rows[1]["_defects"] == [
        {"rule": "too_many_fields", "column": None, "value": "ACME,S2,customer,2025-02-03,,,a comma, unquoted"}
    ]
    assert rows[2]["_defects"] == [{"rule": "too_few_fields", "column": None, "value": "ACME,S3,customer"}]


def test_rows_without_a_readable_date_belong_to_no_quarter(place, suggestions):
    rows = suggestions(
        "ACME,S1,customer,?,,,",
        "ACME,S2,customer,,,,",
        "ACME,S3,customer,2025-02-03,,,",
        "ACME,S4,customer,yesterday,,,",
        "ACME,S5,customer,2024-11-03,,,",
        "ACME,S6,customer,0205-11-03,,,",
    )
    assert [row["quarter"] for row in rows] == [None, None, "2025-Q1", None, "2024-Q4", None]
    snapshot = place.take("suggestions")
    assert (snapshot.rows, snapshot.rows_by_quarter) == (6, {"2024-Q4": 1, "2025-Q1": 1})


def test_a_sentinel_date_takes_no_row_along(place, suggestions):
    days = ("2025-01-05", "1970-01-01 08:00", "", "unknown", "2052-02-05", "2025-03-05")
    rows = suggestions(*(f"ACME,S{number},customer,{day},,," for number, day in enumerate(days)))
    assert [row["quarter"] for row in rows] == ["2025-Q1", "1970-Q1", None, None, "2052-Q1", "2025-Q1"]


def test_a_delivery_without_any_date_is_in_no_quarter(suggestions, place):
    assert [row["quarter"] for row in suggestions("A,S1,customer,x,,,", "A,S2,customer,,,,")] == [None, None]
    snapshot = place.take("suggestions")
    assert (snapshot.rows, snapshot.rows_by_quarter) == (2, {})


def test_registers_have_no_quarter(place):
    place.deliver("regions.csv", "enterprise_id,region_code,name,area_km2,urbanicity\nA,R1,东城,41.9,urban\n")
    assert place.column("regions", "quarter") == [None]


def test_hazards_and_projects_have_quarters_of_their_own(place):
    place.deliver(
        "safety_hazards.csv",
        "enterprise_id,hazard_id,found_at,due_on,fixed_at\nA,H1,2025-03-30 08:00,2025-04-02,\nA,H2,2025-03-30,,\n",
    )
    place.deliver(
        "improvement_projects.csv",
        "enterprise_id,project_id,kind,started_on,effective_on\n"
        "A,P1,innovation,2024-11-01,2025-02-01\nA,P2,innovation,2024-11-01,\n",
    )
    assert place.column("safety_hazards", "quarter") == ["2025-Q2", None]
    assert place.column("improvement_projects", "quarter") == ["2025-Q1", "2024-Q4"]


def test_header_names_match_exactly_then_whatever_their_case_and_order(place):
    place.deliver(
        "suggestions.csv",
        "\ufeff Submitted_At ,SOURCE,suggestion_id , enterprise_id,extra\n2025-02-03,customer,S1,A,ignored\n",
    )
    row = place.rows("suggestions")[0]
    assert (row["suggestion_id"], row["source"], row["content"]) == ("S1", "customer", None)
    assert row["submitted_at"] == dt.datetime(2025, 2, 3)


def test_files_of_a_folder_may_differ_in_columns_order_and_kind(place):
    place.deliver("suggestions/a.csv.gz", f"{HEADER}\nA,S1,customer,2025-02-03,,,甲\n", encoding="gb18030")
    place.deliver("suggestions/b.tsv", "source\tenterprise_id\tsuggestion_id\tsubmitted_at\nemployee\tA\tS2\t2025-02-04\n")
    table = pa.table(
        {"enterprise_id": ["A"], "suggestion_id": [3], "source": pa.array(["customer"]).dictionary_encode(),
         "submitted_at": pa.array([dt.datetime(2025, 2, 5)], pa.timestamp("ns"))}
    )  # fmt: skip
    pq.write_table(table, place.landing / "suggestions" / "c.parquet")
    rows = place.rows("suggestions")
    assert [(row["suggestion_id"], row["content"], row["_origin_file"], row["_origin_row"], row["_row_id"]) for row in rows] == [
        ("S1", "甲", "suggestions/a.csv.gz", 2, 0),
        ("S2", None, "suggestions/b.tsv", 2, 1),
        ("3", None, "suggestions/c.parquet", 1, 2),
    ]


def test_parquet_keeps_types_and_reads_what_it_can(place):
    pq.write_table(
        pa.table(
            {
                "enterprise_id": ["A", "A", " A "],
                "request_id": pa.array([1, 2, 3], pa.int32()),
                "quoted_amount": pa.array([Decimal("12.30"), None, Decimal("99999999999.99")], pa.decimal128(18, 2)),
                "performance_ratio": [0.5, float("nan"), float("inf")],
                "is_test": pa.array([0.0, 1.0, None]),
                "contact_count": pa.array([1.0, 2.5, None]),
                "requested_at": pa.array([dt.datetime(2025, 1, 5, 0, 3, tzinfo=dt.UTC)] * 3),
                "closed_at": ["2025-01-06", "", "later"],
                **{name: ["x"] * 3 for name in ("customer_id", "product_category", "issue_class", "service_type", "channel")},
                **{name: ["x"] * 3 for name in ("region_code", "urgency", "complexity", "status", "reopened_count")},
            }
        ),
        place.landing / "service_requests.parquet",
    )
    rows = place.rows("service_requests")
    assert [row["enterprise_id"] for row in rows] == ["A", "A", "A"]
    assert [row["request_id"] for row in rows] == ["1", "2", "3"]
    assert [row["quoted_amount"] for row in rows] == [Decimal("12.30"), None, None]
    assert [row["performance_ratio"] for row in rows] == [0.5, None, None]
    assert [row["is_test"] for row in rows] == [False, True, None]
    assert [row["contact_count"] for row in rows] == [1, None, None]
    assert rows[0]["requested_at"] == dt.datetime(2025, 1, 5, 8, 3)
    assert [row["closed_at"] for row in rows] == [dt.datetime(2025, 1, 6), None, None]
    defects = [[(defect["column"], defect["value"]) for defect in row["_defects"]] for row in rows]
    # reopened_count is "x" in every row; not-a-number is how data frames write "no value".
    assert defects == [
        [("reopened_count", "x")],
        [("contact_count", "2.5"), ("reopened_count", "x")],
        [
            ("closed_at", "later"),
            ("reopened_count", "x"),
            ("performance_ratio", "inf"),
            ("quoted_amount", "99999999999.99"),
        ],
    ]


def test_worksheets_with_real_dates_numbers_and_empty_rows(place):
    book = Workbook()
    sheet = book.active
    sheet.append(["report"])
    sheet.append([])
    sheet.append(
        [
            "enterprise_id",
            "response_id",
            "survey_id",
            "customer_id",
            "mode",
            "submitted_at",
            "is_complete",
            "device_token",
        ]
    )
    sheet.append(["A", 1, "K1", 13800138000, "phone", dt.datetime(2025, 1, 5, 8, 3, 30), True, 0.5])
    sheet.append([])
    sheet.append(["A", "R2", "K1", "C2", "online", dt.date(2025, 1, 6), "否", None])
    sheet.append(["A", "R3", "K1", "C3", "online", "2025/1/7 9:05", 0, None])
    book.save(place.landing / "survey_responses.xlsx")
    place.configure("tables: {survey_responses: {format: {header_row: 3}}}")
    rows = place.rows("survey_responses")
    assert [row["_origin_row"] for row in rows] == [4, 6, 7]
    assert [row["response_id"] for row in rows] == ["1", "R2", "R3"]
    assert rows[0]["customer_id"] == "13800138000"
    assert [row["submitted_at"] for row in rows] == [
        dt.datetime(2025, 1, 5, 8, 3, 30),
        dt.datetime(2025, 1, 6),
        dt.datetime(2025, 1, 7, 9, 5),
    ]
    assert [row["is_complete"] for row in rows] == [True, False, False]
    assert rows[0]["device_token"] == "0.5"
    assert all(row["_defects"] == [] for row in rows)


# Counted from 1970 in days, milliseconds, microseconds and nanoseconds; Parquet has no seconds.
@pytest.mark.parametrize(
    ("type_", "far"),
    [
        (pa.date32(), 2**31 - 5),
        (pa.timestamp("ms"), 2**63 - 2),
        (pa.timestamp("us"), 2**63 - 2),
        (pa.timestamp("ms", "UTC"), 2**63 - 2),
        (pa.timestamp("us", "UTC"), 2**63 - 2),
    ],
)
@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York"])
def test_a_parquet_date_beyond_the_calendar_is_a_defect_of_its_row(place, type_, far, zone):
    place.configure(f"defaults: {{timezone: {zone}}}")
    numbers = pa.array([far, -far, 0, None], pa.int32() if type_ == pa.date32() else pa.int64())
    pq.write_table(
        pa.table(
            {"enterprise_id": ["A"] * 4, "vehicle_id": ["1", "2", "3", "4"], "is_dedicated": [True] * 4}
            | {"in_service_on": numbers.view(type_), "retired_on": numbers.view(type_)}
        ),
        place.landing / "vehicles.parquet",
    )
    rows = place.rows("vehicles")
    # Midnight of 1970-01-01 in UTC or New York is the morning or afternoon of the same day in Shanghai.
    assert [row["in_service_on"] for row in rows] == [None, None, dt.date(1970, 1, 1), None]
    assert [[(d["rule"], d["column"]) for d in row["_defects"]] for row in rows] == [
        [("type", "in_service_on"), ("type", "retired_on")],
        [("type", "in_service_on"), ("type", "retired_on")],
        [],
        [],
    ]
    check_landing(place.landing, HandedInFiles.frozen(chosen_files(place.landing)))


def test_the_last_day_that_parquet_and_contract_share(place):
    days = [dt.date(9999, 12, 31), dt.date(1900, 1, 1), dt.date(1899, 12, 31)]
    pq.write_table(
        pa.table(
            {
                "enterprise_id": ["A"] * 3,
                "vehicle_id": ["1", "2", "3"],
                "is_dedicated": [True] * 3,
                "in_service_on": days,
            }
        ),
        place.landing / "vehicles.parquet",
    )
    assert place.column("vehicles", "in_service_on") == [*days[:2], None]


def test_zero_width_characters_around_an_id_are_white_space(place):
    place.deliver(
        "vehicles.csv",
        "enterprise_id,\u200bvehicle_id,is_dedicated,in_service_on\n"
        "A,V1\u200b,1,2020-01-01\nA,\ufeff\u200bV2 \u200b,1,2020-01-01\nA,\u200b,1,2020-01-01\nA,V\u200b3,1,2020-01-01\n",
    )
    assert place.column("vehicles", "vehicle_id") == ["V1", "V2", None, "V\u200b3"]


def test_a_declared_utf16_file(place):
    place.configure("tables: {suggestions: {format: {encoding: utf-16}}}")
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,,甲\nA,S2\n", encoding="utf-16")
    rows = place.rows("suggestions")
    assert [(row["content"], row["_origin_row"], len(row["_defects"])) for row in rows] == [("甲", 2, 0), (None, 3, 1)]


def test_parquet_damaged_in_the_middle(place):
    pq.write_table(pa.table({name: ["x"] * 100_000 for name in HEADER.split(",")}), place.landing / "suggestions.parquet")
    path = place.landing / "suggestions.parquet"
    raw = bytearray(path.read_bytes())
    raw[4:400] = b"\xff" * 396
    path.write_bytes(raw)
    with pytest.raises(UnreadableFile, match=r"suggestions\.parquet: is damaged after row 0"):
        place.take("suggestions")


def test_taken_again_only_when_contents_configuration_or_names_change(place, suggestions):
    suggestions("A,S1,customer,2025-02-03,,,x")
    path = place.lake.snapshot("suggestions")

    def is_new() -> bool:
        before = path.stat().st_ino
        place.take("suggestions")
        return path.stat().st_ino != before

    assert not is_new()
    delivered = place.landing / "suggestions.csv"
    os.utime(delivered, ns=(1, 1))
    assert not is_new()
    stamp = delivered.stat()
    delivered.write_text(delivered.read_text().replace("S1", "S2"))
    os.utime(delivered, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert is_new(), "same size and time, other contents"
    place.configure("defaults: {null_values: ['x']}")
    assert is_new()
    assert not is_new()
    delivered.rename(place.landing / "Suggestions.csv")
    assert is_new()
    path.write_bytes(path.read_bytes()[:-10])
    assert is_new(), "a damaged snapshot is taken again"


def test_the_same_delivery_gives_the_same_bytes(place, tmp_path):
    lines = [f"A,S{i},customer,2025-0{1 + i % 9}-03,{'x' if i % 50 == 0 else ''},{i % 2},text {i}" for i in range(150_000)]
    lines[77_777] += ",too many"
    place.deliver("suggestions.csv", "\n".join([HEADER, *lines]))
    first = place.take("suggestions").path.read_bytes()
    place.lake.snapshot("suggestions").unlink()
    assert place.take("suggestions").path.read_bytes() == first
    assert pq.read_metadata(place.lake.snapshot("suggestions")).num_row_groups == 2


def test_what_the_snapshot_says_about_itself(place):
    place.deliver("suggestions/1.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,,\n")
    place.deliver("suggestions/2.csv", f"{HEADER}\nA,S2,customer,2025-05-03,,,\n")
    snapshot = place.take("suggestions")
    assert snapshot == place.take("suggestions")
    assert snapshot.files == ("suggestions/1.csv", "suggestions/2.csv")
    assert (snapshot.delivered, snapshot.rows) == (True, 2)
    assert snapshot.rows_by_quarter == {"2025-Q1": 1, "2025-Q2": 1}
    metadata = pq.read_metadata(snapshot.path).metadata
    assert metadata[b"fingerprint"].decode() == snapshot.fingerprint
    assert metadata[b"delivered"] == b"true"


def test_personal_data_are_for_the_owner_only(place, suggestions):
    previous = os.umask(0o000)
    try:
        suggestions("A,S1,customer,2025-02-03,,,x")
        place.extract("suggestions", "2025-Q1")
    finally:
        os.umask(previous)
    for folder in ("landing", "raw", "scratch"):
        assert stat.S_IMODE((place.lake.root / folder).stat().st_mode) == 0o700
    for file in place.lake.root.rglob("*.parquet"):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_all_rows_are_there_and_in_order_across_batches(place):
    count = 200_000
    lines = [f"A,S{i},customer,2025-02-03,,,{'长文本' * (i % 30)}" for i in range(count)]
    place.deliver("suggestions.csv", "\n".join([HEADER, *lines]))
    table = pq.read_table(place.take("suggestions").path, columns=["suggestion_id", "_origin_row", "_row_id"])
    assert table.column("_row_id").to_pylist() == list(range(count))
    assert table.column("_origin_row").to_pylist() == list(range(2, count + 2))
    assert table.column("suggestion_id").to_pylist() == [f"S{i}" for i in range(count)]


def test_the_snapshot_schema_is_the_writers(place):
    place.deliver("regions.csv", "enterprise_id,region_code,name,area_km2,urbanicity\n")
    assert pq.read_schema(place.take("regions").path).remove_metadata().names == row_schema(TABLES["regions"]).names
