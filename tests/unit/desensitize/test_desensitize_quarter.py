"""Accepted → clean for planted partitions: nothing personal gets through, everything else does, the same every time."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

from pipeline.calendar.quarters import Quarter
from pipeline.desensitize import quarter as stage
from pipeline.desensitize.keys import PseudonymKey
from pipeline.desensitize.quarter import CLEAN_SUFFIXES, clean_columns, desensitize_quarter
from pipeline.errors import DataRefused
from pipeline.lake.layout import Lake
from schemas.contract import TABLES, Table

QUARTER = Quarter(2025, 1)
ADDED = {"quarter": pl.String(), "_origin_file": pl.String(), "_origin_row": pl.Int64(), "_row_id": pl.Int64()}

NAME, PHONE, ID_NUMBER = "欧阳建国", "13800135678", "11010519491231002X"
STREET, ADDRESS = "民族大道100号", "广西南宁市青秀区民族大道100号航洋国际3栋501室"
EMAIL, PLATE, DEVICE = "jianguo.ouyang@example.com", "桂A12312", "a1b2c3d4e5f60718"
TEXT = f"{NAME}说空调不制冷，电话{PHONE}，或{PHONE[:3]} {PHONE[3:7]} {PHONE[7:]}，身份证{ID_NUMBER}，住{STREET}，找王师傅，{EMAIL}"
PLANTED = {
    "name": NAME,
    "phone": PHONE,
    "id_number": ID_NUMBER,
    "address": ADDRESS,
    "email": EMAIL,
    "plate": PLATE,
    "device": DEVICE,
    "free_text": TEXT,
}
# Every one of these would name somebody; pieces, so that a mask that shows too much is found as well.
SECRETS = (
    *(NAME, "建国", PHONE, PHONE[3:], "0013 5678", ID_NUMBER, ID_NUMBER[:8]),
    *(STREET, "航洋国际", "jianguo", "A12312", DEVICE[:8]),
)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def planted_row(table: Table, number: int, **values: object) -> dict[str, object]:
    """A row of the contract's types with personal data in every personal column."""
    plain: dict[str, object] = {
        "string": f"v{number}",
        "integer": number,
        "double": number / 4,
        "boolean": number % 2 == 0,
        "date": dt.date(2025, 1, 1) + dt.timedelta(days=number % 90),
        "timestamp": dt.datetime(2025, 1, 1, 8) + dt.timedelta(hours=number),
        "decimal(12,2)": number,
    }
    row = {column.name: PLANTED[column.pii] if column.pii else plain[column.type] for column in table.columns}
    added = {"quarter": "2025-Q1", "_origin_file": "files/a.csv", "_origin_row": number + 2, "_row_id": number}
    return row | added | values


def write_accepted(
    lake: Lake,
    table: Table,
    rows: Sequence[Mapping[str, object]],
    metadata: Mapping[str, str] | None = None,
    row_group_size: int | None = None,
) -> pl.DataFrame:
    schema: dict[str, Any] = {column.name: column.polars_type for column in table.columns} | ADDED
    frame = pl.DataFrame(list(rows), schema=schema, orient="row")
    path = lake.partition("accepted", table.name, QUARTER)
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.write_parquet(path, metadata=dict(metadata or {"delivered": "true"}), row_group_size=row_group_size)
    return frame


def clean_path(lake: Lake, table: Table) -> Path:
    return lake.partition("clean", table.name, QUARTER)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_no_personal_column_survives_and_no_other_changes(table: Table, lake: Lake, key: PseudonymKey) -> None:
    accepted = write_accepted(lake, table, [planted_row(table, number) for number in range(3)])
    result = desensitize_quarter(table, QUARTER, lake, key)
    clean = pl.read_parquet(clean_path(lake, table), hive_partitioning=False)

    personal = {column.name: column.pii for column in table.columns if column.pii}
    assert result.rows == len(clean) == 3
    assert set(result.columns) == set(personal)
    assert personal.keys().isdisjoint(clean.columns)
    assert clean.columns == [*clean_columns(table), *ADDED]
    expected = {name + suffix for name, pii in personal.items() for suffix in CLEAN_SUFFIXES[pii]}
    assert set(clean.columns) - set(accepted.columns) == expected
    assert all(clean.schema[name] == pl.String for name in expected)
    unchanged = [name for name in accepted.columns if name not in personal]
    assert_frame_equal(clean.select(unchanged), accepted.select(unchanged))
    # Every planted value was treated, and left something to read and, where the class has one, a token.
    assert all(clean[name].null_count() == 0 for name in expected)


def test_every_pii_class_of_the_contract_has_a_treatment() -> None:
    assert {column.pii for table in TABLES.values() for column in table.columns if column.pii} <= CLEAN_SUFFIXES.keys()


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_no_planted_value_is_in_the_clean_file(table: Table, lake: Lake, key: PseudonymKey) -> None:
    write_accepted(lake, table, [planted_row(table, number) for number in range(3)])
    result = desensitize_quarter(table, QUARTER, lake, key)
    raw = clean_path(lake, table).read_bytes()
    # Statistics stand in the file as they are, pages are compressed: once more without compression or dictionaries.
    plain = io.BytesIO()
    pq.write_table(pq.read_table(clean_path(lake, table)), plain, compression="none", use_dictionary=False)
    for secret in SECRETS:
        for content in (raw, plain.getvalue(), repr(result).encode()):
            assert secret.encode() not in content, (table.name, secret)
    assert key.secret not in raw
    assert key.hmac_key.encode() not in plain.getvalue()


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_empty_partition_has_the_same_columns_and_types(table: Table, lake: Lake, key: PseudonymKey) -> None:
    write_accepted(lake, table, [planted_row(table, 0)])
    desensitize_quarter(table, QUARTER, lake, key)
    filled = pq.read_schema(clean_path(lake, table))
    write_accepted(lake, table, [], {"delivered": "false"})
    assert desensitize_quarter(table, QUARTER, lake, key).rows == 0
    empty = pq.ParquetFile(clean_path(lake, table))
    assert empty.schema_arrow.equals(filled)
    assert empty.metadata.num_rows == 0
    assert empty.metadata.metadata[b"delivered"] == b"false"


def test_golden_row(lake: Lake, key: PseudonymKey) -> None:
    table = TABLES["service_requests"]
    nothing = {column.name: None for column in table.columns if column.pii}
    write_accepted(lake, table, [planted_row(table, 0), planted_row(table, 1, **nothing)])
    result = desensitize_quarter(table, QUARTER, lake, key)
    full, empty = pl.read_parquet(clean_path(lake, table)).to_dicts()
    prefix = f"v1:{key.key_id}:"
    assert full["customer_name_masked"] == "欧阳*"
    assert full["customer_phone_masked"] == "138****5678"
    assert full["customer_id_number_masked"] == "11****************"
    assert full["customer_address_masked"] == "广西南宁市青秀区***"
    assert (
        full["description_redacted"] == "[姓名]说空调不制冷，电话[电话]，或[电话]，身份证[证件号]，住[地址]，找[姓名]师傅，[邮箱]"
    )
    for column in ("customer_phone_token", "customer_id_number_token"):
        assert full[column].startswith(prefix)
        assert len(full[column]) == len(prefix) + 32
    personal = [name for name in clean_columns(table) if name.endswith(("_token", "_masked", "_redacted"))]
    assert [empty[name] for name in personal] == [None] * 7
    assert result.values == {"name": 1, "phone": 1, "id_number": 1, "address": 1, "free_text": 1}
    assert result.replaced == {"[电话]": 2, "[证件号]": 1, "[邮箱]": 1, "[地址]": 1, "[姓名]": 2}


def test_one_phone_has_one_token_in_every_table(lake: Lake, key: PseudonymKey) -> None:
    spellings = {
        ("customers", "phone"): "13800135678",
        ("hotline_calls", "caller_phone"): "+86 138-0013-5678",
        ("complaints", "customer_phone"): "１３８００１３５６７８",
        ("service_requests", "customer_phone"): "138 0013 5678",
        ("staff", "phone"): "008613800135678",
    }
    found = set()
    for (name, column), spelling in spellings.items():
        table = TABLES[name]
        write_accepted(lake, table, [planted_row(table, 0, **{column: spelling})])
        desensitize_quarter(table, QUARTER, lake, key)
        found.add(pl.read_parquet(clean_path(lake, table))[f"{column}_token"].item())
    assert len(found) == 1


def test_same_rows_give_the_same_bytes_whatever_the_row_groups(
    lake: Lake, key: PseudonymKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "_ROW_GROUP", 8)
    table = TABLES["service_requests"]
    rows = [planted_row(table, number, customer_phone=f"138{number:08d}") for number in range(37)]
    contents = []
    for row_group_size in (37, 5, 11, 37):
        accepted = write_accepted(lake, table, rows, row_group_size=row_group_size)
        desensitize_quarter(table, QUARTER, lake, key)
        contents.append(clean_path(lake, table).read_bytes())
        clean = pl.read_parquet(clean_path(lake, table))
        assert clean["_row_id"].to_list() == list(range(37))
        assert clean["request_id"].to_list() == accepted["request_id"].to_list()
        assert clean["customer_phone_masked"].to_list() == [f"138****{number:04d}" for number in range(37)]
    assert len(set(contents)) == 1
    layout = pq.read_metadata(clean_path(lake, table))
    assert [layout.row_group(group).num_rows for group in range(layout.num_row_groups)] == [8, 8, 8, 8, 5]


def test_whole_row_groups_leave_no_empty_one(lake: Lake, key: PseudonymKey, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stage, "_ROW_GROUP", 8)
    table = TABLES["staff"]
    write_accepted(lake, table, [planted_row(table, number) for number in range(16)])
    assert desensitize_quarter(table, QUARTER, lake, key).rows == 16
    assert pq.read_metadata(clean_path(lake, table)).num_row_groups == 2


def test_what_was_delivered_is_carried_over_and_no_more(lake: Lake, key: PseudonymKey) -> None:
    table = TABLES["staff"]
    marks = {"delivered": "true", "delivered_columns": '["staff_id", "name"]', "fingerprint": "f1"}
    # The accepted file may be the raw one, and that the landing snapshot.
    write_accepted(lake, table, [planted_row(table, 0)], marks | {"files": '["staff.csv"]', "rows": "1"})
    quarantine = lake.partition("quarantine", table.name, QUARTER)
    quarantine.parent.mkdir(parents=True)
    judged = {"fingerprint": "f1", "parents": "p1 p2"}
    pl.DataFrame({"rule": []}).write_parquet(quarantine, metadata=judged | {"accepted": "1", "quarantined": "4"})
    desensitize_quarter(table, QUARTER, lake, key)
    found = pq.read_metadata(clean_path(lake, table)).metadata
    # The key's id tells whether the pseudonyms of another run are the same ones.
    wanted = marks | judged | {"pseudonym_key": key.key_id, "treated": '{"name": 1, "phone": 1}'}
    assert found == {name.encode(): text.encode() for name, text in wanted.items()}


def test_duckdb_reads_the_contract_types(lake: Lake, key: PseudonymKey) -> None:
    table = TABLES["service_requests"]
    write_accepted(lake, table, [planted_row(table, 0)])
    desensitize_quarter(table, QUARTER, lake, key)
    with duckdb.connect() as connection:
        described = connection.execute("describe from read_parquet($1)", [str(clean_path(lake, table))]).fetchall()
    types = {name: type_ for name, type_, *_ in described}
    for column in table.columns:
        if not column.pii:
            assert types[column.name] == column.sql_type
    assert types["customer_phone_token"] == "VARCHAR"
    assert types["_row_id"] == "BIGINT"


def test_missing_partition_and_missing_column_are_refused(lake: Lake, key: PseudonymKey) -> None:
    table = TABLES["staff"]
    with pytest.raises(DataRefused, match=r"staff 2025-Q1.*validate comes first"):
        desensitize_quarter(table, QUARTER, lake, key)
    path = lake.partition("accepted", table.name, QUARTER)
    path.parent.mkdir(parents=True)
    pl.DataFrame({"staff_id": ["s1"], "name": [NAME]}).write_parquet(path)
    with pytest.raises(DataRefused, match="has no column phone"):
        desensitize_quarter(table, QUARTER, lake, key)
    assert not clean_path(lake, table).exists()


def test_lost_rows_stop_the_run_and_leave_the_old_file(lake: Lake, key: PseudonymKey, monkeypatch: pytest.MonkeyPatch) -> None:
    table = TABLES["staff"]
    write_accepted(lake, table, [planted_row(table, 0)])
    desensitize_quarter(table, QUARTER, lake, key)
    before = clean_path(lake, table).read_bytes()
    write_accepted(lake, table, [planted_row(table, number) for number in range(4)])
    whole = stage._clean_batches
    monkeypatch.setattr(stage, "_clean_batches", lambda *inputs: (batch.slice(1) for batch in whole(*inputs)))
    with pytest.raises(stage.RowsChanged, match="4 rows accepted, 3 to be written"):
        desensitize_quarter(table, QUARTER, lake, key)
    assert clean_path(lake, table).read_bytes() == before
    assert [path.name for path in clean_path(lake, table).parent.iterdir()] == ["data.parquet"]
