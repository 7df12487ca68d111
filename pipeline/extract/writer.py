"""Writes rows as they come into one owner-only Parquet file; the same rows give the same bytes.

Row groups are cut by count, so the file does not depend on the incoming batches.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.lake.files import private_path
from pipeline.lake.parquet import file_format
from schemas.contract import Table

DEFECTS = pa.list_(pa.struct([("rule", pa.string()), ("column", pa.string()), ("value", pa.string())]))
_ROW_GROUP = 122_880
_ARROW_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "decimal(12,2)": pa.decimal128(12, 2),
}


def row_schema(table: Table) -> pa.Schema:
    """The Arrow schema of a table's snapshot and raw partitions."""
    contract = [pa.field(column.name, _ARROW_TYPES[column.type]) for column in table.columns]
    added = [
        ("quarter", pa.string()),
        ("_origin_file", pa.string()),
        ("_origin_row", pa.int64()),
        ("_row_id", pa.int64()),
    ]
    return pa.schema([*contract, *added, ("_defects", DEFECTS)])


class RowWriter:
    """Takes batches without ``_row_id`` and numbers their rows from 0."""

    def __init__(self, parquet: pq.ParquetWriter, schema: pa.Schema, without: Collection[str] = ()) -> None:
        self._parquet, self._schema = parquet, schema
        self._without = pa.array(sorted(without), pa.string())
        self._waiting: list[pa.RecordBatch] = []
        self._waiting_rows = 0
        self.rows = 0
        self.passed_over = 0
        """Rows of the quarters to be left out."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Append rows except those of quarters to be left out; columns may come in any order."""
        if len(self._without):
            came = batch.num_rows
            batch = batch.filter(pc.invert(pc.is_in(batch.column("quarter"), self._without)))
            self.passed_over += came - batch.num_rows
        numbers = pa.array(np.arange(self.rows, self.rows + batch.num_rows, dtype=np.int64))
        columns = [numbers if name == "_row_id" else batch.column(name) for name in self._schema.names]
        self._waiting.append(pa.RecordBatch.from_arrays(columns, schema=self._schema))
        self._waiting_rows += batch.num_rows
        self.rows += batch.num_rows
        while self._waiting_rows >= _ROW_GROUP:
            self._flush(_ROW_GROUP)

    def finish(self, metadata: Mapping[str, Any]) -> None:
        """Write the remaining rows and the file metadata."""
        if self._waiting_rows or self.rows == 0:
            self._flush(self._waiting_rows)
        texts = {key: value if isinstance(value, str) else json.dumps(value) for key, value in metadata.items()}
        self._parquet.add_key_value_metadata(texts)

    def _flush(self, count: int) -> None:
        waiting = pa.Table.from_batches(self._waiting, schema=self._schema)
        self._parquet.write_table(waiting.slice(0, count), row_group_size=_ROW_GROUP)
        rest = waiting.slice(count)
        self._waiting, self._waiting_rows = rest.to_batches(), rest.num_rows


@contextmanager
def row_writer(path: Path, table: Table, without: Collection[str] = ()) -> Iterator[RowWriter]:
    """Write ``path`` completely or not at all, readable only by its owner; rows of the quarters ``without`` are left out."""
    schema = row_schema(table)
    with private_path(path) as temporary:
        # Owner-only from the first byte.
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        with pq.ParquetWriter(temporary, schema, **file_format(schema)) as parquet:
            yield RowWriter(parquet, schema, without)
