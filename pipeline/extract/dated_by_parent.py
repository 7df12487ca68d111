"""The quarter of rows without a date of their own: that of their parent row, wherever it was delivered.

Looks up a whole snapshot at once, out of core. It does not date parent rows: their own snapshot does.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from pipeline.calendar.quarters import Quarter
from pipeline.extract.writer import RowWriter
from pipeline.lake.database import connected
from pipeline.lake.layout import Lake
from pipeline.lake.memory import TABLES_AT_ONCE
from pipeline.lake.parquet import open_parquet, read_metadata
from pipeline.lake.provenance import FINGERPRINT, earlier_partitions
from pipeline.lake.sql import parquet, quoted
from schemas.base import DatedByParent
from schemas.contract import TABLES, Table

_BATCH_ROWS = 1 << 16
_UNKNOWN = -1


@dataclass(frozen=True)
class Parents:
    """Where the parent rows of a table are: in their snapshot, and in partitions of earlier deliveries."""

    declared: DatedByParent
    snapshot: Path
    earlier: tuple[Path, ...]

    @classmethod
    def of(cls, table: Table, lake: Lake) -> Parents | None:
        """The parents of a table as the lake has them now; None for a table that needs none."""
        declared = table.dated_by_parent
        if declared is None:
            return None
        parent = TABLES[declared.table]
        return cls(declared, lake.snapshot(parent.name), tuple(earlier_partitions(parent, lake).values()))

    def described(self) -> list[object]:
        """Changes whenever a quarter that is looked up could change."""
        now, *earlier = (read_metadata(path).get(FINGERPRINT) for path in (self.snapshot, *self.earlier))
        # Purged partitions cut from the same delivery give the same quarters as the snapshot did before.
        return [self.declared.table, self.declared.by, [now, *(each for each in earlier if each != now)]]


def write_dated(undated: Path, parents: Parents, writer: RowWriter, scratch: Path) -> dict[str, int]:
    """Write the rows of ``undated`` with the quarters of their parents; returns the rows per quarter.

    A row whose parent is not found, or has no quarter, has none (D-14, D-40).
    """
    with open_parquet(undated) as source:
        numbers = _looked_up(undated, source.metadata.num_rows, parents, scratch)
        found, counts = np.unique(numbers, return_counts=True)
        labels = [_label(number) for number in found.tolist()]
        places = np.searchsorted(found, numbers).astype(np.int32)
        position = 0
        for batch in source.iter_batches(batch_size=_BATCH_ROWS):
            of_batch = pa.array(places[position : position + batch.num_rows])
            quarters = pa.array(labels, pa.string()).take(of_batch)
            writer.write(batch.set_column(batch.schema.get_field_index("quarter"), "quarter", quarters))
            position += batch.num_rows
    return {label: count for label, count in zip(labels, counts.tolist(), strict=True) if label}


def _looked_up(undated: Path, rows: int, parents: Parents, scratch: Path) -> np.ndarray:
    """The number of each row's quarter, in file order.

    If a parent came twice, the first one with a date counts; this delivery comes first.
    """
    by = ", ".join(map(quoted, parents.declared.by))
    sources = " union all ".join(
        f"select {by}, quarter, {place} * 1000000000000 + _row_id as place "
        f"from {parquet(f'$file{place}')} where quarter is not null"
        for place in range(1, len(parents.earlier) + 2)
    )
    files = {f"file{place}": str(path) for place, path in enumerate((parents.snapshot, *parents.earlier), start=1)}
    numbers = np.full(rows, _UNKNOWN, dtype=np.int32)
    with connected(scratch, at_once=TABLES_AT_ONCE) as connection:
        found = connection.execute(
            f"""
            with parents as (select {by}, arg_min(quarter, place) as quarter from ({sources}) group by {by})
            select rows._row_id as row_id,
                cast(parents.quarter[1:4] as integer) * 4 + cast(parents.quarter[7:7] as integer) - 1 as number
            from {parquet("$rows")} as rows join parents using ({by})
            """,
            files | {"rows": str(undated)},
        )
        for batch in found.to_arrow_reader(_BATCH_ROWS):
            numbers[batch.column("row_id").to_numpy()] = batch.column("number").to_numpy()
    return numbers


def _label(number: int) -> str | None:
    return None if number == _UNKNOWN else Quarter(number // 4, number % 4 + 1).label
