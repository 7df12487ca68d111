"""The standard as data, read as plain tables."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

SEEDS = Path(__file__).resolve().parents[2] / "dbt_project" / "seeds"


def read_seed(name: str) -> pl.DataFrame:
    return pl.read_csv(SEEDS / f"{name}.csv", infer_schema_length=None)


@pytest.fixture(scope="session")
def catalogue() -> pl.DataFrame:
    return read_seed("indicator_catalogue")


@pytest.fixture(scope="session")
def nodes() -> pl.DataFrame:
    return read_seed("evaluation_nodes")


@pytest.fixture(scope="session")
def grades() -> pl.DataFrame:
    return read_seed("grades")


@pytest.fixture(scope="session")
def parameters() -> dict[str, float]:
    return {str(name): float(value) for name, value in read_seed("parameters").select("parameter", "value").iter_rows()}
