"""Clean partitions made by hand: the contract's columns, null unless a test says otherwise."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.desensitize.quarter import clean_columns
from pipeline.lake.layout import Lake
from schemas.contract import TABLES

QUARTER = Quarter.parse("2025-Q1")
Write = Callable[..., Lake]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a clean partition: ``write(table, rows, quarter)``; keys that a row lacks are made up."""
    lake = Lake(tmp_path / "lake")

    def written(table: str, rows: list[dict[str, Any]], quarter: Quarter = QUARTER) -> Lake:
        contract = TABLES[table]
        types = dict(contract.polars_schema)
        schema = {name: types.get(name, pl.String) for name in clean_columns(contract)}
        keys = [name for name in contract.key if name != "enterprise_id"]
        full = [{"enterprise_id": "E1", **{key: f"{key}-{n}" for key in keys}, **row} for n, row in enumerate(rows)]
        frame = pl.DataFrame(full, schema=schema, orient="row").with_columns(
            pl.lit(quarter.label).alias("quarter"), pl.int_range(pl.len(), dtype=pl.Int64).alias("_row_id")
        )
        path = lake.partition("clean", table, quarter)
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(path)
        return lake

    return written
