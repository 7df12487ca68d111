"""How far a table's records are read ahead of its rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from pipeline.extract.files import find_files
from pipeline.extract.readers.parquet_records import ParquetRecords
from pipeline.extract.stream import open_table
from pipeline.settings.sources import SourceConfig
from schemas.contract import TABLES


def test_records_are_not_read_long_before_their_rows_are_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    count = 20 * (1 << 16)
    codes = pl.int_range(count, eager=True).cast(pl.String)
    regions = pl.DataFrame({"enterprise_id": "E1", "region_code": codes, "name": "N", "area_km2": 1.0, "urbanicity": "urban"})
    regions.write_parquet(tmp_path / "regions.parquet")
    read = [0]
    batches = ParquetRecords.batches

    def counted(self: ParquetRecords, columns: tuple[str, ...]) -> Iterator[pa.RecordBatch]:
        for batch in batches(self, columns):
            read[0] += batch.num_rows
            yield batch

    monkeypatch.setattr(ParquetRecords, "batches", counted)
    sources = SourceConfig()
    taken = 0
    with open_table(TABLES["regions"], find_files("regions", tmp_path, sources), sources, tmp_path / "scratch") as stream:
        for batch in stream.rows():
            taken += batch.num_rows
            assert read[0] - taken <= 4 * (1 << 16)
        assert stream.file_counts()["regions.parquet"].rows == taken == count
