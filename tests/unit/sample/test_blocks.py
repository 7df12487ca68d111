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
from pipeline.sample.generate import PLANTED, Block, generate, generate_blocks, quarter_start, whole
from pipeline.sample.tables import SAMPLED

# Two quarters, so that visits booked in one and made in the other are among the rows.
QUARTERS = quarter_range("2024-Q4..2025-Q1")
REQUESTS, SEED = 300, 4
# The fewest that three enterprises may have, and several blocks of each table that grows with them.
FEW_REQUESTS, BLOCK = 200, 23

FINGERPRINTS = {
    "service_requests": "01665c1497dd5e7e",
    "onsite_visits": "78cb5a65852582ff",
    "appointments": "f90a4bf146adc5de",
    "hotline_calls": "fb96a819f193e296",
    "online_sessions": "02bc032edc699b84",
    "complaints": "75f683c53f0551ee",
    "suggestions": "0fd933bc8da7297c",
    "survey_responses": "b4bde0dae2150fb0",
    "survey_answers": "d53b6d477903d839",
    "survey_questions": "ec6b2ca977ad44c1",
    "mystery_visits": "8d2c628d425b6c4f",
    "parts_demands": "ae7a6dc15f850010",
    "parts_orders": "f7203af55a2026f3",
    "safety_incidents": "ef05679aa2930b9e",
    "safety_hazards": "825da8e0d5e6e746",
    "quality_inspections": "e4b89430be79882d",
    "training_records": "8fdfeaacadbac96d",
    "improvement_projects": "f47eb82896e95f74",
    "regions": "ee5f83e4bd6e0ba5",
    "outlets": "e336a86a9e87bb11",
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
"""SHA-256 (first digits) of every table's files with planted faults and effects, since the effects came (D-129)."""


def make_small_blocks(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("pipeline.sample.draws.BLOCK_ROWS", BLOCK)
    patch.setattr("pipeline.sample.writer.BLOCK_ROWS", BLOCK)


@pytest.fixture(scope="module")
def small_blocks() -> list[Block]:
    with pytest.MonkeyPatch.context() as patch:
        make_small_blocks(patch)
        return list(generate_blocks(QUARTERS, REQUESTS, SEED))


def test_a_seed_gives_the_rows_that_it_always_gave(tmp_path: Path) -> None:
    write_sample(tmp_path, QUARTERS, REQUESTS, SEED)
    assert {name: fingerprint(tmp_path, name) for name in SAMPLED} == FINGERPRINTS


def fingerprint(folder: Path, table: str) -> str:
    """Of the rows as text: bytes of gzip and Parquet may change with the libraries that write them."""
    found = hashlib.sha256()
    for path in sorted([*folder.glob(f"{table}.*"), *folder.glob(f"{table}/*")]):
        if path.suffix == ".parquet":
            found.update(pl.read_parquet(path).write_csv().encode())
        else:
            found.update(gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes())
    return found.hexdigest()[:16]


def test_blocks_of_another_size_have_the_same_rows(small_blocks: list[Block]) -> None:
    small, large = whole(small_blocks, QUARTERS), generate(QUARTERS, REQUESTS, SEED)
    for name in SAMPLED:
        assert_frame_equal(small.tables[name], large.tables[name])
    assert_frame_equal(small.planted, large.planted)


def test_tables_that_grow_with_the_requests_come_in_small_blocks(small_blocks: list[Block]) -> None:
    grown = {
        "customers", "service_requests", "hotline_calls", "online_sessions", "appointments", "onsite_visits", "survey_answers",
        "parts_demands", "parts_orders",
    }  # fmt: skip
    assert {block.table for block in small_blocks if block.frame.height > BLOCK}.isdisjoint(grown)


def test_the_rows_of_a_block_are_of_its_quarter(small_blocks: list[Block]) -> None:
    found: dict[str, list[Quarter]] = {}
    for block in small_blocks:
        start = None if block.table == PLANTED else quarter_start(block.table)
        if start is None:
            continue
        assert block.quarter is not None
        assert set(block.frame.select(start.alias("start"))["start"]) <= {block.quarter.first_day}, block.table
        found.setdefault(block.table, []).append(block.quarter)
    assert all(quarters == sorted(quarters) for quarters in found.values())
    visits = whole(small_blocks, QUARTERS).tables["onsite_visits"]
    made_later = visits.filter(pl.col("visit_id").str.starts_with("OV2024Q4"), pl.col("appointed_at").dt.year() == 2025)
    assert made_later.height > 0


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_files_written_block_by_block_are_those_written_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file_format: str
) -> None:
    make_small_blocks(monkeypatch)
    in_blocks, whole = (
        write_sample(tmp_path / name, QUARTERS, FEW_REQUESTS, SEED, file_format=file_format, defects=False, truth=truth)
        for name, truth in (("in_blocks", False), ("whole", True))
    )
    assert_frame_equal(in_blocks.rows, whole.rows)
    assert_frame_equal(in_blocks.defects, whole.defects)
    counted = {"_truth/indicators.csv", "_truth/surveys.csv"}
    of_whole = digests(tmp_path / "whole")
    assert counted < of_whole.keys()
    assert digests(tmp_path / "in_blocks") == {name: digest for name, digest in of_whole.items() if name not in counted}
    if file_format == "parquet":
        for name in ("service_requests", "onsite_visits", "customers", "price_items"):
            metadata = pq.read_metadata(tmp_path / "in_blocks" / f"{name}.parquet")
            *full, last = (metadata.row_group(place).num_rows for place in range(metadata.num_row_groups))
            assert set(full) == {BLOCK}, name
            assert 0 < last <= BLOCK, name


def test_only_a_sample_without_faults_and_truth_is_written_as_it_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the whole sample was put in memory")

    monkeypatch.setattr("pipeline.sample.write.whole", refuse)
    write_sample(tmp_path, QUARTERS, FEW_REQUESTS, SEED, defects=False, truth=False)
    for needs in ({"defects": True, "truth": False}, {"defects": False, "truth": True}):
        with pytest.raises(AssertionError, match="whole sample"):
            write_sample(tmp_path, QUARTERS, FEW_REQUESTS, SEED, **needs)
