"""Cuts one quarter of a snapshot out as the raw partition. Does not read delivered files or cast."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.extract.writer import row_schema, row_writer
from pipeline.lake.files import linked, make_private
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import open_parquet, read_metadata
from pipeline.lake.provenance import DELIVERY_MARKS, FINGERPRINT, LANDED_MARKS, UNDATED, is_purged, landed, undated_rows
from pipeline.settings.suggestions import listed
from schemas.contract import TABLES, Table

_BATCH_ROWS = 1 << 16


@dataclass(frozen=True)
class ExtractResult:
    """What a raw partition holds."""

    table: str
    quarter: Quarter
    delivered: bool
    rows: int
    """Those of the quarter, and those of no quarter."""
    undated: int
    """Those of no quarter: without a readable date."""
    fingerprint: str
    """The snapshot's."""
    path: Path
    is_purged: bool = False
    """The records were purged and not delivered again: only the keys of each row are left."""


def extract_quarter(table: Table, quarter: Quarter, lake: Lake) -> ExtractResult:
    """Write a quarter's raw partition: its rows, or all rows of a register; numbered from 0 in file order.

    Rows without a readable date are in every quarter's, to be refused and counted there (D-14); their column ``quarter`` is null.
    A partition whose records were purged stays if the snapshot has nothing to replace it. Raises UsageError when no snapshot
    was taken.
    """
    path = lake.partition("raw", table.name, quarter)
    make_private(lake.root / "raw")
    # The lock keeps the snapshot from being replaced while it is read.
    with lake.lock(f"landing-{table.name}"):
        snapshot = lake.snapshot(table.name)
        about = read_metadata(snapshot)
        if "fingerprint" not in about:
            raise UsageError(f"{table.name}: no snapshot of the landing folder was taken yet")
        if is_purged(path) and not _brings_rows(table, quarter, about):
            return _standing(table, quarter, path)
        if json.loads(about["rows_by_quarter"]) == {quarter.label: int(about["rows"])} and linked(snapshot, path):
            rows = int(about["rows"])
        else:
            rows = _cut(table, quarter, snapshot, path, about)
    return ExtractResult(
        table=table.name,
        quarter=quarter,
        delivered=about["delivered"] == "true",
        rows=rows,
        undated=undated_rows(path),
        fingerprint=about["fingerprint"],
        path=path,
    )


def require_some_row(quarter: Quarter, landing: Path, results: Iterable[ExtractResult], lake: Lake) -> None:
    """Raise UsageError when tables with quarters were delivered but none has a row of this quarter.

    ``results``: of every table. A quarter with purged records or with rows from an earlier delivery in the lake has rows.
    """
    dated = [result for result in results if TABLES[result.table].has_quarters]
    if any(result.rows > result.undated or result.is_purged for result in dated) or not any(result.delivered for result in dated):
        return
    held = sorted({label for result in dated if (now := landed(TABLES[result.table], lake)) for label in now.rows_by_quarter})
    undated = sum(result.undated for result in dated)
    without = f" and {undated} {'row' if undated == 1 else 'rows'} without a readable date" if undated else ""
    found = (
        f"it holds rows of {listed(held)}{without}: choose one of these, or" if held else f"its files hold no dated row{without}:"
    )
    raise UsageError(
        f"{quarter}: the landing folder {landing} holds no row of this quarter; {found} deliver the files of {quarter}"
    )


def _brings_rows(table: Table, quarter: Quarter, about: dict[str, str]) -> bool:
    return bool(json.loads(about["rows_by_quarter"]).get(quarter.label)) if table.has_quarters else int(about["rows"]) > 0


def _standing(table: Table, quarter: Quarter, path: Path) -> ExtractResult:
    marks = read_metadata(path)
    return ExtractResult(
        table=table.name,
        quarter=quarter,
        delivered=marks.get("delivered") == "true",
        rows=pq.read_metadata(path).num_rows,
        undated=undated_rows(path),
        fingerprint=marks.get(FINGERPRINT, ""),
        path=path,
        is_purged=True,
    )


def _cut(table: Table, quarter: Quarter, snapshot: Path, path: Path, about: dict[str, str]) -> int:
    with row_writer(path, table) as writer, open_parquet(snapshot) as parquet:
        groups = [group for group in range(parquet.num_row_groups) if _may_hold(parquet, group, table, quarter)]
        undated = 0
        for batch in parquet.iter_batches(batch_size=_BATCH_ROWS, row_groups=groups):
            undated += batch.column("quarter").null_count if table.has_quarters else 0
            writer.write(_of_quarter(batch, table, quarter))
        carried = {name: about[name] for name in (*DELIVERY_MARKS, *LANDED_MARKS) if name in about}
        writer.finish(carried | {UNDATED: str(undated)})
        return writer.rows


def _of_quarter(batch: pa.RecordBatch, table: Table, quarter: Quarter) -> pa.RecordBatch:
    position = batch.schema.get_field_index("quarter")
    if table.has_quarters:
        column = batch.column(position)
        return batch.filter(pc.or_kleene(pc.equal(column, quarter.label), pc.is_null(column)))
    label = pa.repeat(pa.scalar(quarter.label), batch.num_rows)
    return batch.set_column(position, pa.field("quarter", pa.string()), label)


def _may_hold(parquet: pq.ParquetFile, group: int, table: Table, quarter: Quarter) -> bool:
    """Whether the row group's statistics allow for a row of the quarter."""
    if not table.has_quarters:
        return True
    statistics = parquet.metadata.row_group(group).column(row_schema(table).get_field_index("quarter")).statistics
    if statistics is None or not statistics.has_min_max or statistics.null_count:
        return True
    return bool(statistics.min <= quarter.label <= statistics.max)
