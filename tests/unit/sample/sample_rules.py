"""What the tests of the sample share: the written sample, and the contract's row rules run over a frame."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from pandera.config import ValidationDepth, config_context
from pandera.errors import SchemaErrors

from pipeline.calendar.quarters import Quarter
from pipeline.sample import SampleTruth
from schemas.contract import TABLES, Table


@dataclass(frozen=True)
class Written:
    folder: Path
    truth: SampleTruth
    quarters: list[Quarter]


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every file of a folder by its path in it."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def broken_rules(table: Table, rows: pl.DataFrame) -> dict[int, set[tuple[str, str]]]:
    """(rule, column) of every row rule that a row breaks, by its position; columns that the sample leaves out have no values."""
    left_out = [column for column in TABLES[table.name].columns if column.name not in rows.columns]
    rows = rows.with_columns(pl.lit(None, column.polars_type).alias(column.name) for column in left_out)
    try:
        # Said here because pandera reads its environment once, and may have been imported before schemas/ set it.
        with config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA):
            table.schema.validate(rows.lazy(), lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases.select("index", pl.col("check").replace("not_nullable", "required"), "column")
        found: dict[int, set[tuple[str, str]]] = {}
        for place, rule, column in cases.rows():
            found.setdefault(int(place), set()).add((rule, column))
        return dict(sorted(found.items()))
    return {}
