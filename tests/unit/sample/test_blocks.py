"""A sample drawn and written in blocks has the same rows as one in memory, whatever the size of a block."""

from __future__ import annotations

import gzip
import hashlib
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal
from sample_rules import digests

from pipeline.calendar.quarters import Quarter, quarter_range
from pipeline.sample import write_sample
from pipeline.sample.generate import PLANTED, generate, generate_blocks, quarter_start
from schemas.contract import TABLES

# Two quarters, so that visits booked in one and made in the other are among the rows.
QUARTERS = quarter_range("2024-Q4..2025-Q1")
REQUESTS, SEED = 300, 4
BLOCK = 37

FINGERPRINTS = {
    "service_requests": "afa6617f7850cd79",
    "onsite_visits": "a9df97ae8b5a1697",
    "appointments": "8c637304aa49d1b7",
    "hotline_calls": "f9364e3c0cffacfd",
    "online_sessions": "94f692fbd73b2477",
    "complaints": "3fb7d5fbe32a42ce",
    "suggestions": "33279a2c9d10c95a",
    "survey_responses": "6e70c1a3534b79fa",
    "survey_answers": "264c1260287578c8",
    "survey_questions": "ec6b2ca977ad44c1",
    "mystery_visits": "8d2c628d425b6c4f",
    "parts_demands": "f48bfa15f72dc481",
    "parts_orders": "9ec0b36a50d5c453",
    "safety_incidents": "ef05679aa2930b9e",
    "safety_hazards": "825da8e0d5e6e746",
    "quality_inspections": "e4b89430be79882d",
    "training_records": "8fdfeaacadbac96d",
    "improvement_projects": "5ed722ad18b2556f",
    "regions": "1c1e14c1fa189b90",
    "outlets": "18af4c4e62d8b7ab",
    "staff": "4ce6b6fb2350e56c",
    "vehicles": "6f7095556d2be692",
    "equipment": "5b926cd8b156f24e",
    "customers": "40bfdfaef5113289",
    "process_steps": "fc8db2e700492ff4",
    "complaint_channels": "f79bc74fa6aaf02e",
    "price_items": "5060bef03558fb95",
    "checklist_items": "7ab2da9cab7a4053",
    "expert_judgements": "0af63fc50c972db3",
}
"""SHA-256 (first digits) of every table's files with planted faults, as versions before the blocks wrote them."""


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.sample.draws.BLOCK_ROWS", BLOCK)
    monkeypatch.setattr("pipeline.sample.writer.BLOCK_ROWS", BLOCK)


def test_a_seed_gives_the_rows_that_it_always_gave(tmp_path: Path) -> None:
    write_sample(tmp_path, QUARTERS, REQUESTS, SEED)
    assert {name: fingerprint(tmp_path, name) for name in TABLES} == FINGERPRINTS


def fingerprint(folder: Path, table: str) -> str:
    """Of the rows as text: bytes of gzip and Parquet may change with the libraries that write them."""
    found = hashlib.sha256()
    for path in sorted([*folder.glob(f"{table}.*"), *folder.glob(f"{table}/*")]):
        if path.suffix == ".parquet":
            found.update(pl.read_parquet(path).write_csv().encode())
        else:
            found.update(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
    return found.hexdigest()[:16]


def test_blocks_of_another_size_have_the_same_rows(small_blocks: None, monkeypatch: pytest.MonkeyPatch) -> None:
    small = generate(QUARTERS, REQUESTS, SEED)
    monkeypatch.undo()
    large = generate(QUARTERS, REQUESTS, SEED)
    for name in TABLES:
        assert_frame_equal(small.tables[name], large.tables[name])
    assert_frame_equal(small.planted, large.planted)


def test_tables_that_grow_with_the_requests_come_in_small_blocks(small_blocks: None) -> None:
    largest: dict[str, int] = {}
    for block in generate_blocks(QUARTERS, REQUESTS, SEED):
        largest[block.table] = max(largest.get(block.table, 0), block.frame.height)
    grown = ("service_requests", "hotline_calls", "online_sessions", "appointments", "onsite_visits", "survey_answers")
    assert {name: largest[name] for name in (*grown, "customers", "parts_demands", "parts_orders") if largest[name] > BLOCK} == {}


def test_the_rows_of_a_block_are_of_its_quarter() -> None:
    found: dict[str, list[Quarter]] = {}
    for block in generate_blocks(QUARTERS, REQUESTS, SEED):
        start = None if block.table == PLANTED else quarter_start(block.table)
        if start is None:
            continue
        assert block.quarter is not None
        assert set(block.frame.select(start.alias("start"))["start"]) <= {block.quarter.first_day}, block.table
        found.setdefault(block.table, []).append(block.quarter)
    assert all(quarters == sorted(quarters) for quarters in found.values())
    visits = generate(QUARTERS, REQUESTS, SEED).tables["onsite_visits"]
    made_later = visits.filter(pl.col("visit_id").str.starts_with("OV2024Q4"), pl.col("appointed_at").dt.year() == 2025)
    assert made_later.height > 0


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_files_written_block_by_block_are_those_written_whole(tmp_path: Path, small_blocks: None, file_format: str) -> None:
    in_blocks, whole = (
        write_sample(tmp_path / name, QUARTERS, REQUESTS, SEED, file_format=file_format, defects=False, truth=truth)
        for name, truth in (("in_blocks", False), ("whole", True))
    )
    assert_frame_equal(in_blocks.rows, whole.rows)
    assert_frame_equal(in_blocks.defects, whole.defects)
    counted = {"_truth/indicators.csv", "_truth/surveys.csv"}
    of_whole = digests(tmp_path / "whole")
    assert counted < of_whole.keys()
    assert digests(tmp_path / "in_blocks") == {name: digest for name, digest in of_whole.items() if name not in counted}


def test_only_a_sample_without_faults_and_truth_is_written_as_it_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the whole sample was put in memory")

    monkeypatch.setattr("pipeline.sample.write.whole", refuse)
    write_sample(tmp_path, QUARTERS, REQUESTS, SEED, defects=False, truth=False)
    for needs in ({"defects": True, "truth": False}, {"defects": False, "truth": True}):
        with pytest.raises(AssertionError, match="whole sample"):
            write_sample(tmp_path, QUARTERS, REQUESTS, SEED, **needs)


def test_row_groups_are_full_except_the_last(tmp_path: Path, small_blocks: None) -> None:
    write_sample(tmp_path, QUARTERS, REQUESTS, SEED, file_format="parquet", defects=False, truth=False)
    for name in ("service_requests", "onsite_visits", "customers", "price_items"):
        metadata = pq.read_metadata(tmp_path / f"{name}.parquet")
        rows = [metadata.row_group(place).num_rows for place in range(metadata.num_row_groups)]
        assert set(rows[:-1]) <= {BLOCK}, name
        assert 0 < rows[-1] <= BLOCK
