"""A lake of a quarter in which every table came without a column or a row; tests put their own tables in its place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from schemas.contract import TABLES


@pytest.fixture
def lake_without_rows(tmp_path: Path) -> Callable[[Quarter], Lake]:
    def made(quarter: Quarter) -> Lake:
        lake = Lake(tmp_path)
        for table in TABLES:
            path = lake.partition("raw", table, quarter)
            path.parent.mkdir(parents=True)
            pl.DataFrame({"enterprise_id": []}).write_parquet(path, metadata={"delivered": "true", "delivered_columns": "[]"})
        return lake

    return made
