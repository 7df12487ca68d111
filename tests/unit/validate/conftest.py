"""A lake whose raw partitions a test writes itself, row by row, the way extract writes them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.validate.delivered import DeliveredKeys
from pipeline.validate.quarter import ValidationResult, validate_quarter
from schemas.contract import TABLES, Column, Table

Row = dict[str, Any]
DEFECTS = pl.List(pl.Struct({"rule": pl.String, "column": pl.String, "value": pl.String}))
QUARTER = Quarter(2025, 1)
MONDAY = dt.datetime(2025, 1, 6, 9)


def _good_value(table: Table, column: Column, place: int, number: int) -> Any:
    special = {
        "scale_min": 1,
        "scale_max": 5,
        "valid_from": None,
        "valid_to": None,
        "is_complete": False,
        # As many calls were answered as offered.
        "short_abandoned_calls": 0,
        "measures": "O2-1",
        # It must name a request that counts (D-99); a test that wants one delivers that request, too.
        "merged_into": None,
    }
    if column.name in special:
        return special[column.name]
    if column.name == "enterprise_id":
        # A key that is a closed set of values beside the enterprise has only so many rows in one enterprise.
        has_open_key = any(not table.column(name).values for name in table.key if name != "enterprise_id")
        return "E1" if has_open_key else f"E{number}"
    if column.references:
        return f"{column.name}-{number if column.is_key else 0}"
    if column.name in table.key and column.type == "string" and not column.values:
        return f"{column.name}-{number}"
    if column.name in table.key and column.type == "date":
        return MONDAY.date() + dt.timedelta(days=number)
    if column.name in table.key and column.type == "integer":
        return number + 1
    if column.values:
        return column.values[number % len(column.values)] if column.is_key else column.values[0]
    values: dict[str, Any] = {
        "string": f"{column.name} {number}",
        "integer": 3,
        "double": 1.0,
        "boolean": True,
        "date": MONDAY.date() + dt.timedelta(days=place),
        "timestamp": MONDAY + dt.timedelta(hours=place),
        "decimal(12,2)": Decimal("19.90"),
    }
    return values[column.type]


def _make_room(path: Path) -> None:
    """As extract does, a new file takes the old one's place: an accepted partition may be a link to the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)


def _as_structs(defects: list[tuple[str, str | None, str]]) -> list[dict[str, str | None]]:
    return [{"rule": rule, "column": column, "value": value} for rule, column, value in defects]


class LakeWriter:
    """Writes raw partitions and reads what validate made of them."""

    def __init__(self, lake: Lake, delivered_keys: DeliveredKeys) -> None:
        self.lake = lake
        self.delivered_keys = delivered_keys

    @staticmethod
    def good(table_name: str, number: int = 0, **changes: Any) -> Row:
        """A row that keeps every rule: times an hour (dates a day) apart in the contract's order."""
        table = TABLES[table_name]
        row = {column.name: _good_value(table, column, place, number) for place, column in enumerate(table.columns)}
        return row | changes

    def raw(
        self,
        table: str,
        rows: list[Row],
        quarter: Quarter = QUARTER,
        *,
        defects: dict[int, list[tuple[str, str | None, str]]] | None = None,
        delivered: bool = True,
        file: str = "delivery.csv",
    ) -> Path:
        """Write a raw partition; ``defects``: row number → (rule, column, value). Row 0 is row 2 of its file."""
        frame = pl.DataFrame(rows, schema=TABLES[table].polars_schema, orient="row").with_columns(
            pl.lit(quarter.label).alias("quarter"),
            pl.lit(file).alias("_origin_file"),
            pl.Series("_origin_row", range(2, len(rows) + 2), dtype=pl.Int64),
            pl.Series("_row_id", range(len(rows)), dtype=pl.Int64),
            pl.Series("_defects", [_as_structs((defects or {}).get(i, [])) for i in range(len(rows))], dtype=DEFECTS),
        )
        path = self.lake.partition("raw", table, quarter)
        _make_room(path)
        frame.write_parquet(path, metadata={"delivered": str(delivered).lower()})
        return path

    def deliver(self, table: str, rows: list[tuple[Quarter, Row]], fingerprint: str = "f1") -> None:
        """Write a landing snapshot as extract does, and cut a raw partition of each quarter from it."""
        labels = [quarter.label for quarter, _ in rows]
        marks = {
            "delivered": "true",
            "fingerprint": fingerprint,
            "rows_by_quarter": json.dumps({label: labels.count(label) for label in sorted(set(labels))}),
        }
        frame = pl.DataFrame([row for _, row in rows], schema=TABLES[table].polars_schema, orient="row").with_columns(
            pl.Series("quarter", labels, dtype=pl.String),
            pl.lit("delivery.csv").alias("_origin_file"),
            pl.Series("_origin_row", range(2, len(rows) + 2), dtype=pl.Int64),
            pl.Series("_row_id", range(len(rows)), dtype=pl.Int64),
            pl.Series("_defects", [[] for _ in rows], dtype=DEFECTS),
        )
        path = self.lake.snapshot(table)
        path.parent.mkdir(parents=True, exist_ok=True)
        frame.write_parquet(path, metadata=marks, row_group_size=3)
        for quarter in {quarter for quarter, _ in rows}:
            path = self.lake.partition("raw", table, quarter)
            _make_room(path)
            cut = frame.filter(pl.col("quarter") == quarter.label)
            cut.with_columns(_row_id=pl.int_range(pl.len(), dtype=pl.Int64)).write_parquet(path, metadata=marks)

    def snapshot(self, table: str, rows: list[Row]) -> None:
        """Write a landing snapshot."""
        path = self.lake.snapshot(table)
        path.parent.mkdir(parents=True, exist_ok=True)
        pl.DataFrame(rows, schema=TABLES[table].polars_schema, orient="row").write_parquet(path)

    def parents(self, table: str, quarter: Quarter = QUARTER, count: int = 1) -> None:
        """Deliver the first ``count`` rows of every table that ``table`` refers to."""
        for parent, _ in TABLES[table].references.values():
            if not self.lake.partition("raw", parent, quarter).exists():
                self.raw(parent, [self.good(parent, i) for i in range(count)], quarter)

    def validate(self, table: str, quarter: Quarter = QUARTER, limit: float = 1.0) -> ValidationResult:
        return validate_quarter(TABLES[table], quarter, self.lake, limit, self.delivered_keys)

    def read(self, stage: str, table: str, quarter: Quarter = QUARTER) -> list[Row]:
        """The rows of a partition, in its order."""
        path = self.lake.partition(stage, table, quarter)
        found = duckdb.execute("from read_parquet($1, hive_partitioning = false)", [str(path)]).pl()
        return found.to_dicts()

    def refused(self, table: str, quarter: Quarter = QUARTER) -> list[tuple[int, str, str | None]]:
        """(row number, rule, column) of every line in quarantine."""
        return [(row["origin_row"] - 2, row["rule"], row["column"]) for row in self.read("quarantine", table, quarter)]


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[LakeWriter]:
    lake = Lake(tmp_path / "lake")
    with DeliveredKeys(lake) as delivered_keys:
        yield LakeWriter(lake, delivered_keys)


@pytest.fixture(scope="session")
def lake_writer() -> type[LakeWriter]:
    """To write several lakes in one test, or one with corrections."""
    return LakeWriter
