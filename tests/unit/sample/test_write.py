"""A sample on disk: its forms, its bytes, and the truth files beside it."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import polars as pl
import pytest
from sample_rules import Written, digests

from pipeline.calendar.quarters import Quarter, quarter_range
from pipeline.errors import UsageError
from pipeline.sample import planted_personal_data, write_sample
from pipeline.sample.breakers import UNREADABLE
from pipeline.sample.tables import SAMPLED
from schemas.contract import TABLES
from schemas.standard.catalogue import catalogue_rows

ONE_QUARTER = [Quarter(2024, 2)]


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_the_same_arguments_give_the_same_bytes(tmp_path: Path, file_format: str) -> None:
    for name in ("one", "two"):
        write_sample(tmp_path / name, ONE_QUARTER, 200, 4, file_format=file_format)
    assert digests(tmp_path / "one") == digests(tmp_path / "two")
    write_sample(tmp_path / "other", ONE_QUARTER, 200, 5, file_format=file_format)
    assert digests(tmp_path / "one") != digests(tmp_path / "other")


def test_every_table_is_delivered_once_in_its_form(written: Written) -> None:
    delivered = {path.name.split(".")[0]: path for path in written.folder.iterdir() if path.name not in ("_truth", "README.md")}
    assert set(delivered) == set(SAMPLED)
    forms = {name: "".join(path.suffixes) for name, path in delivered.items()}
    assert {name: form for name, form in forms.items() if form != ".csv"} == {
        "hotline_calls": "",
        "survey_answers": ".csv.gz",
        "parts_orders": ".parquet",
    }
    assert sorted(path.name for path in delivered["hotline_calls"].iterdir()) == [f"{quarter}.csv" for quarter in written.quarters]


def test_the_sample_has_single_records_with_their_times(written: Written) -> None:
    assert set(TABLES) - set(SAMPLED) == {"hotline_daily_totals"}
    left_out = {
        f"{name}.{column.name}"
        for name, table in SAMPLED.items()
        for column in TABLES[name].columns
        if column.name not in table.polars_schema
    }
    assert left_out == {
        *("hotline_calls.answered_in_time", "online_sessions.replied_in_time", "appointments.offered_in_time"),
        *("onsite_visits.arrived_in_time", "complaints.replied_in_time", "safety_hazards.fixed_in_time"),
    }


def lines_of(path: Path) -> list[list[str]]:
    """The records of a CSV file as the bytes tell, header first."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    text = data.decode("gb18030" if path.name == "complaints.csv" else "utf-8-sig")
    return list(csv.reader(text.splitlines(keepends=True)))


def test_one_table_is_gb18030_and_one_has_a_byte_order_mark(written: Written) -> None:
    with pytest.raises(UnicodeDecodeError):
        (written.folder / "complaints.csv").read_bytes().decode("utf-8")
    header, *records = lines_of(written.folder / "complaints.csv")
    assert {record[header.index("cause_class")] for record in records if len(record) == len(header)} >= {
        "维修质量",
        "收费争议",
    }
    assert (written.folder / "staff.csv").read_bytes().startswith(b"\xef\xbb\xbf")


def test_headers_name_every_column_of_the_contract(written: Written) -> None:
    for name, table in SAMPLED.items():
        columns = [column.name for column in table.columns]
        if name == "parts_orders":
            assert pl.read_parquet_schema(written.folder / "parts_orders.parquet").names() == columns
            continue
        paths = [path for pattern in (f"{name}.csv*", f"{name}/*.csv") for path in written.folder.glob(pattern)]
        assert paths
        assert all(lines_of(path)[0] == columns for path in paths)


def test_faults_stand_where_the_truth_says(written: Written) -> None:
    defects = written.truth.defects.unique(["origin_file", "origin_row"]).filter(~pl.col("origin_file").str.ends_with(".parquet"))
    for (file,), faults in defects.group_by("origin_file"):
        records = lines_of(written.folder / str(file))
        header = records[0]
        for row, rule, column in faults.select("origin_row", "rule", "column").rows():
            # Row 1 is the header.
            record = records[row - 1]
            if rule == "too_many_fields":
                assert len(record) == len(header) + 1
            elif rule == "too_few_fields":
                assert len(record) < len(header)
            elif rule == "type":
                assert record[header.index(column)] in UNREADABLE.values()
            elif rule == "required":
                assert record[header.index(column)] == ""
            elif rule in ("allowed_values", "foreign_key"):
                assert record[header.index(column)] in ("未知", "UNKNOWN-0001")
            else:
                assert len(record) == len(header)


def test_a_column_with_an_unreadable_cell_is_text_in_parquet(written: Written) -> None:
    faults = written.truth.defects.filter(pl.col("table") == "parts_orders", pl.col("rule") == "type")
    orders = pl.read_parquet(written.folder / "parts_orders.parquet")
    for row, column in faults.select("origin_row", "column").rows():
        # Rows of a Parquet file are counted from 1.
        assert orders[column][row - 1] in UNREADABLE.values()
    assert faults.height > 0


def test_row_counts_add_up_and_cover_every_table_and_quarter(written: Written) -> None:
    rows = written.truth.rows
    assert rows.height == len(SAMPLED) * len(written.quarters)
    assert (rows["extracted"] == rows["accepted"] + rows["quarantined"]).all()
    refused = written.truth.defects.unique(["table", "quarter", "origin_file", "origin_row"]).group_by("table", "quarter").len()
    joined = rows.join(refused, on=["table", "quarter"], how="left")
    assert (joined["quarantined"] == joined["len"].fill_null(0)).all()


def test_what_is_on_disk_is_what_was_returned(written: Written) -> None:
    truth = written.folder / "_truth"
    assert pl.read_csv(truth / "rows.csv").equals(written.truth.rows)
    assert pl.read_csv(truth / "defects.csv", infer_schema_length=None).height == written.truth.defects.height
    assert written.truth.indicators is not None
    assert pl.read_csv(truth / "indicators.csv").height == written.truth.indicators.height == 3 * 5 * len(catalogue_rows())
    assert "Fictitious" in (written.folder / "README.md").read_text(encoding="utf-8")


def test_without_defects_nothing_is_refused(tmp_path: Path) -> None:
    truth = write_sample(tmp_path, ONE_QUARTER, 300, 4, defects=False)
    assert truth.defects.is_empty()
    assert truth.rows["quarantined"].sum() == 0


def test_faults_do_not_move_the_truth(tmp_path: Path) -> None:
    with_faults = write_sample(tmp_path / "faulty", ONE_QUARTER, 300, 4)
    without = write_sample(tmp_path / "clean", ONE_QUARTER, 300, 4, defects=False, file_format="parquet")
    assert with_faults.indicators is not None
    assert with_faults.indicators.equals(without.indicators)


def test_truth_is_counted_on_demand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.sample.write.TRUTH_UP_TO", 100)
    assert write_sample(tmp_path, ONE_QUARTER, 300, 4).indicators is None
    assert not (tmp_path / "_truth" / "indicators.csv").exists()
    assert write_sample(tmp_path, ONE_QUARTER, 300, 4, truth=True).indicators is not None


def test_a_sample_replaces_an_earlier_one_whole(tmp_path: Path) -> None:
    write_sample(tmp_path, quarter_range("2024-Q1..2024-Q2"), 300, 4)
    write_sample(tmp_path, ONE_QUARTER, 200, 4, file_format="parquet")
    assert {path.suffix for path in tmp_path.iterdir() if path.name not in ("_truth", "README.md")} == {".parquet"}


def test_other_peoples_tables_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "staff.csv").write_text("enterprise_id,staff_id\n")
    with pytest.raises(UsageError, match=r"staff\.csv"):
        write_sample(tmp_path, ONE_QUARTER, 300, 4)
    assert (tmp_path / "staff.csv").read_text() == "enterprise_id,staff_id\n"


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="xlsx"):
        write_sample(tmp_path, ONE_QUARTER, 200, 4, file_format="xlsx")


def test_planted_personal_data_are_those_of_the_files(tmp_path: Path) -> None:
    write_sample(tmp_path, ONE_QUARTER, 300, 4, defects=False, file_format="parquet")
    personal = planted_personal_data(ONE_QUARTER, 300, 4)
    assert {"name", "phone", "id_number", "address", "email", "plate", "device", "phone_spoken", "bank_card"} <= set(
        personal["kind"]
    )
    for (table, column), values in personal.group_by("table", "column"):
        written = pl.read_parquet(tmp_path / f"{table}.parquet", columns=[str(column)])[str(column)].drop_nulls()
        text = "\n".join(written)
        assert all(value in text for value in values["value"])
