"""One table's quarter divided: nothing lost, nothing personal shown, nothing replaced that should stay."""

from __future__ import annotations

import datetime as dt
import random
import stat
from pathlib import Path
from typing import ClassVar

import polars as pl
import pytest
from pandera.config import ValidationDepth, config_context

from pipeline.calendar.quarters import Quarter
from pipeline.errors import DataRefused
from pipeline.validate.quarter import RowsLost, TooManyRefusedRows, _write_accepted, validate_quarter
from pipeline.validate.row_rules import BROKEN_SCHEMA, UnfitRawPartition
from schemas.contract import TABLES

Q1 = Quarter(2025, 1)
BEFORE_THE_ORDER = dt.datetime(2025, 1, 1)


def bytes_of(writer, stage: str, table: str) -> bytes:
    path: Path = writer.lake.partition(stage, table, Q1)
    return path.read_bytes()


class TestAccounting:
    @pytest.mark.parametrize("seed", range(8))
    def test_every_row_is_accepted_or_quarantined_whatever_is_wrong_with_it(self, writer, seed: int) -> None:
        chance = random.Random(seed)
        faults = [
            {},
            {"shipped_at": BEFORE_THE_ORDER},
            {"order_id": "the same again"},
            {"order_id": None, "ordered_at": None},
            {"shipped_at": None, "received_at": None},
        ]
        rows = [writer.good("parts_orders", i) | chance.choice(faults) for i in range(60)]
        defects = {i: [("type", "is_urgent", "?")] for i in chance.sample(range(60), 5)}
        writer.raw("parts_orders", rows, defects=defects)
        result = writer.validate("parts_orders")
        accepted = {row["_row_id"] for row in writer.read("accepted", "parts_orders")}
        refused = {row for row, _, _ in writer.refused("parts_orders")}
        assert accepted | refused == set(range(60))
        assert not accepted & refused
        assert (result.extracted, result.accepted, result.quarantined) == (60, len(accepted), len(refused))
        assert result.rule_counts["type"] == 5
        assert result.delivered

    def test_accepted_rows_are_the_raw_rows_unchanged_in_their_order(self, writer) -> None:
        writer.parents("service_requests")
        rows = [writer.good("service_requests", i, status="unheard-of" if i in (0, 3) else "open") for i in range(6)]
        rows[1]["is_test"], rows[2]["merged_into"] = False, rows[1]["request_id"]
        raw = writer.raw("service_requests", rows)
        writer.validate("service_requests")
        kept = pl.read_parquet(raw, hive_partitioning=False).filter(~pl.col("_row_id").is_in([0, 3]))
        accepted = pl.read_parquet(writer.lake.partition("accepted", "service_requests", Q1), hive_partitioning=False)
        assert accepted.equals(kept)
        assert accepted.schema == kept.schema

    def test_a_line_of_quarantine(self, writer) -> None:
        writer.parents("service_requests")
        rows = [writer.good("service_requests", i) for i in range(2)]
        rows[1]["channel"] = "pigeon"
        writer.raw("service_requests", rows, file="requests/january.csv")
        writer.validate("service_requests")
        assert writer.read("quarantine", "service_requests") == [
            {
                "table": "service_requests",
                "quarter": "2025-Q1",
                "origin_file": "requests/january.csv",
                "origin_row": 3,
                "row_key": "E1|request_id-1",
                "rule": "allowed_values",
                "column": "channel",
                "value_masked": "pigeon",
                "_row_id": 1,
            }
        ]

    def test_the_numbers_stand_in_the_quarantine_file(self, writer) -> None:
        writer.raw("parts_orders", [writer.good("parts_orders", i % 3) for i in range(4)])
        writer.validate("parts_orders")
        metadata = pl.read_parquet_metadata(writer.lake.partition("quarantine", "parts_orders", Q1))
        facts = {key: metadata[key] for key in ("delivered", "extracted", "accepted", "quarantined")}
        assert facts == {"delivered": "true", "extracted": "4", "accepted": "3", "quarantined": "1"}

    def test_where_nothing_is_refused_the_accepted_partition_is_the_raw_file(self, writer) -> None:
        raw = writer.raw("parts_orders", [writer.good("parts_orders", i) for i in range(3)])
        writer.validate("parts_orders")
        accepted = writer.lake.partition("accepted", "parts_orders", Q1)
        assert accepted.samefile(raw)
        # A new delivery replaces the raw file; what was accepted before is not touched by it.
        before = accepted.read_bytes()
        writer.raw("parts_orders", [writer.good("parts_orders", i % 3) for i in range(4)])
        assert accepted.read_bytes() == before
        writer.validate("parts_orders")
        assert not accepted.samefile(raw)
        assert [row["_row_id"] for row in writer.read("accepted", "parts_orders")] == [0, 1, 2]

    def test_a_file_system_without_links_gets_a_copy(self, writer, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*paths: object) -> None:
            raise OSError("no links here")

        raw = writer.raw("parts_orders", [writer.good("parts_orders", i) for i in range(3)])
        monkeypatch.setattr("os.link", refuse)
        writer.validate("parts_orders")
        accepted = writer.lake.partition("accepted", "parts_orders", Q1)
        assert not accepted.samefile(raw)
        assert len(writer.read("accepted", "parts_orders")) == 3

    @pytest.mark.parametrize("table", TABLES)
    def test_a_table_that_did_not_come_gets_empty_partitions(self, writer, table: str) -> None:
        raw = writer.raw(table, [], delivered=False)
        result = writer.validate(table, limit=0.0)
        assert (result.extracted, result.accepted, result.quarantined, result.delivered) == (0, 0, 0, False)
        accepted = pl.read_parquet(writer.lake.partition("accepted", table, Q1), hive_partitioning=False)
        assert accepted.schema == pl.read_parquet(raw, hive_partitioning=False).schema
        assert writer.read("quarantine", table) == []

    def test_the_same_rows_give_the_same_bytes(self, writer) -> None:
        rows = [writer.good("parts_orders", i if i % 7 else 0) for i in range(200)]
        files = []
        for _ in range(3):
            writer.raw("parts_orders", rows)
            writer.validate("parts_orders")
            files.append((bytes_of(writer, "accepted", "parts_orders"), bytes_of(writer, "quarantine", "parts_orders")))
        assert files[0] == files[1] == files[2]

    def test_an_accepted_file_that_lost_rows_is_never_put_in_place(self, writer) -> None:
        raw = writer.raw("parts_orders", [writer.good("parts_orders", i) for i in range(3)])
        path = writer.lake.partition("accepted", "parts_orders", Q1)
        connection = writer.delivered_keys.cursor()
        connection.execute("create temp table refused as select 0 as _row_id")
        with pytest.raises(RowsLost, match=r"4 rows were extracted and 1 refused, but 2 were to be written as accepted"):
            _write_accepted(TABLES["parts_orders"], Q1, raw, 4, 1, pl.DataFrame(schema=BROKEN_SCHEMA), path, connection)
        assert list(path.parent.iterdir()) == []

    def test_it_needs_no_shared_connection(self, writer) -> None:
        writer.raw("parts_orders", [writer.good("parts_orders", i) for i in range(3)])
        assert validate_quarter(TABLES["parts_orders"], Q1, writer.lake, 0.05).accepted == 3

    @pytest.mark.parametrize("stage", ["accepted", "quarantine"])
    def test_rows_lie_in_a_folder_of_their_owner(self, writer, stage: str) -> None:
        writer.raw("parts_orders", [writer.good("parts_orders")])
        writer.validate("parts_orders")
        assert stat.S_IMODE((writer.lake.root / stage).stat().st_mode) == 0o700


class TestLimit:
    def _deliver(self, writer, bad: int, good: int) -> None:
        rows = [writer.good("parts_orders", i) for i in range(bad + good)]
        for row in rows[:bad]:
            row["shipped_at"] = BEFORE_THE_ORDER
        writer.raw("parts_orders", rows, file="orders.csv")

    def test_a_share_at_the_limit_passes(self, writer) -> None:
        self._deliver(writer, bad=29, good=71)
        assert writer.validate("parts_orders", limit=0.29).quarantined == 29

    def test_a_share_above_the_limit_stops_the_table(self, writer) -> None:
        self._deliver(writer, bad=0, good=10)
        writer.validate("parts_orders")
        before = bytes_of(writer, "accepted", "parts_orders")
        rows = [writer.good("parts_orders", i) for i in range(20)]
        rows[4]["shipped_at"] = rows[5]["shipped_at"] = BEFORE_THE_ORDER
        rows[7]["order_id"] = None
        writer.raw("parts_orders", rows, file="orders.csv")

        with pytest.raises(TooManyRefusedRows) as caught:
            writer.validate("parts_orders", limit=0.05)

        quarantine = writer.lake.partition("quarantine", "parts_orders", Q1)
        assert str(caught.value) == (
            "parts_orders 2025-Q1: 3 of 20 rows refused (15.0%), the limit is 5.0%. "
            "2 × shipped_before_ordered on shipped_at (e.g. orders.csv row 6); 1 × required on order_id (e.g. orders.csv row 9). "
            f"All of them: {quarantine}"
        )
        assert isinstance(caught.value, DataRefused)
        assert len(writer.refused("parts_orders")) == 3, "the refused rows are there to be looked at"
        assert bytes_of(writer, "accepted", "parts_orders") == before, "the accepted rows stay as they were"
        marks = pl.read_parquet_metadata(writer.lake.partition("quarantine", "parts_orders", Q1))
        assert "fingerprint" not in marks, "the next run must not take the accepted rows for these"

    def test_only_the_most_frequent_causes_are_named(self, writer) -> None:
        faults = [
            *({name: None} for name in ("ordered_at", "order_id", "enterprise_id")),
            *({name: BEFORE_THE_ORDER} for name in ("shipped_at", "received_at")),
        ]
        writer.raw("parts_orders", [writer.good("parts_orders", i, **fault) for i, fault in enumerate(faults)])
        with pytest.raises(TooManyRefusedRows, match=r"; and 2 further causes\. All of them: "):
            writer.validate("parts_orders", limit=0.5)


class TestPersonalData:
    PERSON: ClassVar[dict[str, str]] = {
        "customer_name": "诸葛青云",
        "customer_phone": "13798765432",
        "customer_id_number": "450102198811223344",
        "customer_address": "南宁市青秀区滨湖路46号",
        "description": "诸葛青云说空调不制冷，电话13798765432",
    }

    def test_none_in_quarantine_nor_in_the_error(self, writer) -> None:
        rows = [writer.good("service_requests", i, **self.PERSON) for i in range(4)]
        rows[0]["status"] = "please call 13798765432"  # a line whose columns slipped
        rows[1]["requested_at"] = None
        rows[2]["request_id"] = "13798765432"
        rows[2]["contact_count"] = 0
        defects = {
            1: [("type", "requested_at", "450102198811223344")] + [("type", name, value) for name, value in self.PERSON.items()],
            3: [("too_many_fields", None, ",".join(self.PERSON.values()))],
        }
        writer.raw("service_requests", rows, defects=defects)
        with pytest.raises(TooManyRefusedRows) as caught:
            writer.validate("service_requests", limit=0.0)
        table = str(writer.read("quarantine", "service_requests"))
        for text in (table, str(caught.value), bytes_of(writer, "quarantine", "service_requests").decode("latin1")):
            for value in (*self.PERSON.values(), "诸葛", "青云", "13798765432", "滨湖路", "电话"):
                assert value not in text
                assert value.encode().decode("latin1") not in text
        assert caught.value.__context__ is None, "pandera's own error, full of values, must not be shown with ours"

    def test_none_in_the_error_about_an_unfit_partition(self, writer) -> None:
        raw = writer.raw("service_requests", [writer.good("service_requests", 0, status="x", **self.PERSON)])
        pl.read_parquet(raw, hive_partitioning=False).with_columns(contact_count=pl.lit("诸葛青云")).write_parquet(raw)
        with pytest.raises(UnfitRawPartition) as caught:
            writer.validate("service_requests")
        assert "column contact_count has the type String" in str(caught.value)
        assert "诸葛" not in str(caught.value)
        assert caught.value.__context__ is None


class TestUnfitRawPartitions:
    def test_no_partition(self, writer) -> None:
        with pytest.raises(UnfitRawPartition, match="extract the quarter first"):
            writer.validate("regions")

    @pytest.mark.parametrize("column", ["area_km2", "_row_id", "_defects"])
    def test_a_missing_column(self, writer, column: str) -> None:
        raw = writer.raw("regions", [writer.good("regions")])
        pl.read_parquet(raw, hive_partitioning=False).drop(column).write_parquet(raw)
        with pytest.raises(UnfitRawPartition, match=f"regions 2025-Q1: .* has no column {column}: extract it again"):
            writer.validate("regions")

    def test_a_wrong_type(self, writer) -> None:
        raw = writer.raw("regions", [writer.good("regions")])
        pl.read_parquet(raw, hive_partitioning=False).with_columns(area_km2=pl.lit(5)).write_parquet(raw)
        with pytest.raises(UnfitRawPartition, match="column area_km2 has the type Int32"):
            writer.validate("regions")

    def test_rows_out_of_order(self, writer) -> None:
        raw = writer.raw("regions", [writer.good("regions", i) for i in range(3)])
        pl.read_parquet(raw, hive_partitioning=False).reverse().write_parquet(raw)
        with pytest.raises(UnfitRawPartition, match="not numbered in file order"):
            writer.validate("regions")


def test_no_table_is_ever_loaded_whole(writer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Canary: whatever polars materializes is a column or two wide, so memory does not grow with the table's width."""
    rows = [writer.good("service_requests", i, status="unheard-of" if i % 10 == 0 else "open") for i in range(100)]
    writer.raw("service_requests", rows)
    sizes = []
    collect = pl.LazyFrame.collect

    def watched(frame: pl.LazyFrame, *args, **kwargs):
        collected = collect(frame, *args, **kwargs)
        if isinstance(collected, pl.DataFrame):
            sizes.append(collected.shape)
        return collected

    def refuse(*args, **kwargs):
        raise AssertionError("a whole file was read into memory")

    monkeypatch.setattr(pl.LazyFrame, "collect", watched)
    monkeypatch.setattr(pl, "read_parquet", refuse)
    assert writer.validate("service_requests").quarantined == 10
    assert any(height == 100 for height, _ in sizes), "the checks ran on the data"
    assert max(width for height, width in sizes if height > 10) <= 2


def test_the_data_are_checked_even_if_pandera_was_told_not_to(writer) -> None:
    """Canary: the process may have imported pandera with other settings before the contract was."""
    writer.raw("parts_orders", [writer.good("parts_orders", 0), writer.good("parts_orders", 1, shipped_at=BEFORE_THE_ORDER)])
    with config_context(validation_enabled=False, validation_depth=ValidationDepth.SCHEMA_ONLY):
        assert writer.validate("parts_orders").quarantined == 1
