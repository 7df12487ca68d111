"""One table's quarter, accepted → clean: replaces the columns that the contract marks as personal; the rest stays.

Reads, replaces and writes in batches. ``tokens.py``, ``masks.py`` and ``redaction.py`` treat the values; the contract says
which columns are personal. Does not validate or drop rows.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.calendar.quarters import Quarter
from pipeline.desensitize import masks, tokens
from pipeline.desensitize.keys import PseudonymKey
from pipeline.desensitize.second_look import replace_findings, replace_known
from pipeline.errors import AsqError, DataRefused
from pipeline.lake.files import make_private, private_path
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import file_format, open_parquet, read_metadata
from pipeline.lake.provenance import PSEUDONYM_KEY, TREATED, delivery_marks, is_purged, validated_with
from pipeline.privacy.known_values import KnownValues
from pipeline.redact import redaction
from pipeline.redact.replacing import LABELS
from schemas.contract import Column, Table

# Row groups of a fixed size, independent of the accepted file's: the same rows give the same bytes.
_ROW_GROUP = 122_880
# What extract could not read; empty in accepted rows.
_DEFECTS = "_defects"
# What each pii class leaves of a column ``c``: ``c_token`` to join on, ``c_masked`` or ``c_redacted`` to read.
_TOKEN, _MASKED, _REDACTED = "_token", "_masked", "_redacted"
CLEAN_SUFFIXES: dict[str, tuple[str, ...]] = {
    "name": (_MASKED,),
    "phone": (_TOKEN, _MASKED),
    "id_number": (_TOKEN, _MASKED),
    "email": (_TOKEN, _MASKED),
    "plate": (_TOKEN, _MASKED),
    "device": (_TOKEN, _MASKED),
    "address": (_MASKED,),
    "free_text": (_REDACTED,),
}


class RowsChanged(AsqError):
    """The clean partition would have a different number of rows than the accepted one."""


@dataclass(frozen=True)
class DesensitizeResult:
    """What was done to one table's quarter: figures only, never values."""

    rows: int
    columns: tuple[str, ...]
    """The personal columns that were replaced, by their names in the contract."""
    values: dict[str, int]
    """Values treated (not null), by pii class."""
    replaced: dict[str, int]
    """Pieces of free text replaced, by label."""


def clean_columns(table: Table) -> tuple[str, ...]:
    """The contract's columns as named in the clean partition, in the contract's order.

    ``quarter``, ``_origin_file``, ``_origin_row`` and ``_row_id`` follow them, as in the accepted partition.
    """
    return tuple(name for column in table.columns for name in clean_names(column))


def desensitize_quarter(
    table: Table, quarter: Quarter, lake: Lake, key: PseudonymKey, known: KnownValues | None = None
) -> DesensitizeResult:
    """Write the clean partition of a table's quarter from its accepted partition; rows, order and other columns stay.

    ``known``: the personal values of all tables that the run reads, which are replaced in free text, too.

    Streams: a few hundred thousand rows are in memory at a time. If the records were purged, the clean partition stays.
    Raises DataRefused when the accepted partition is missing or lacks a personal column, or was purged and its clean rows
    have pseudonyms of another key; RowsChanged when the row counts differ.
    """
    accepted = lake.partition("accepted", table.name, quarter)
    if not accepted.is_file():
        raise DataRefused(f"{table.name} {quarter}: there is no accepted partition at {accepted}: validate comes first")
    classes = {column.name: column.pii for column in table.columns if column.pii}
    if is_purged(accepted):
        return _standing(table, quarter, lake, key, tuple(classes))
    with open_parquet(accepted) as source:
        missing = sorted(classes.keys() - set(source.schema_arrow.names))
        if missing:
            raise DataRefused(f"{table.name} {quarter}: {accepted} has no column {', '.join(missing)}")
        kept = [name for name in source.schema_arrow.names if name != _DEFECTS]
        schema = _clean_schema(source.schema_arrow, kept, classes)
        rows = source.metadata.num_rows
        counted = _Counts()
        make_private(lake.root / "clean")
        with private_path(lake.partition("clean", table.name, quarter)) as temporary:
            marks = delivery_marks(accepted) | validated_with(table, quarter, lake) | {PSEUDONYM_KEY: key.key_id}
            batches = _clean_batches(source, kept, schema, classes, key, known or KnownValues(), counted)
            written = _write(temporary, schema, marks, batches, counted)
            if written != rows:
                raise RowsChanged(f"{table.name} {quarter}: {rows} rows accepted, {written} to be written as clean")
    return DesensitizeResult(rows, tuple(classes), dict(counted.values), dict(counted.replaced))


def _standing(table: Table, quarter: Quarter, lake: Lake, key: PseudonymKey, columns: tuple[str, ...]) -> DesensitizeResult:
    clean = lake.partition("clean", table.name, quarter)
    if not clean.is_file():
        raise DataRefused(f"{table.name} {quarter}: its records were purged and there are no clean rows: deliver them again")
    made_with = read_metadata(clean).get(PSEUDONYM_KEY)
    if columns and made_with != key.key_id:
        raise DataRefused(
            f"{table.name} {quarter}: its records were purged, and its clean rows have pseudonyms of the key {made_with}, not of "
            f"{key.key_id}: they cannot be joined. Evaluate it with the key of that time, or deliver the records again"
        )
    return DesensitizeResult(pq.read_metadata(clean).num_rows, columns, {}, {})


class _Counts:
    def __init__(self) -> None:
        self.values: Counter[str] = Counter()
        self.replaced: Counter[str] = Counter()
        self.columns: Counter[str] = Counter()


def clean_names(column: Column) -> tuple[str, ...]:
    """Names of a contract column in the clean partition: one, or one for each way it was changed."""
    return _clean_names(column.name, column.pii)


def _clean_names(column: str, pii: str | None) -> tuple[str, ...]:
    return (column,) if pii is None else tuple(column + suffix for suffix in CLEAN_SUFFIXES[pii])


def _clean_schema(accepted: pa.Schema, kept: list[str], classes: dict[str, str]) -> pa.Schema:
    fields = [
        pa.field(name, field.type if field.name == name else pa.string())
        for field in map(accepted.field, kept)
        for name in _clean_names(field.name, classes.get(field.name))
    ]
    names = [field.name for field in fields]
    if len(set(names)) != len(names) or not classes.keys().isdisjoint(names):
        raise ValueError(f"a clean column would have the name of a personal or another column: {sorted(names)}")
    return pa.schema(fields)


def _clean_batches(
    source: pq.ParquetFile,
    kept: list[str],
    schema: pa.Schema,
    classes: dict[str, str],
    key: PseudonymKey,
    known: KnownValues,
    counted: _Counts,
) -> Iterator[pa.Table]:
    for batch in source.iter_batches(batch_size=_ROW_GROUP, columns=kept):
        # Columns without personal data pass through as Arrow read them; nothing converts or copies them.
        replaced = _desensitize(batch.select(list(classes)), classes, key, known, counted) if classes else {}
        columns = [replaced[name] if name in replaced else batch.column(name) for name in schema.names]
        yield pa.Table.from_arrays(columns, schema=schema)


def _desensitize(
    batch: pa.RecordBatch, classes: dict[str, str], key: PseudonymKey, known: KnownValues, counted: _Counts
) -> dict[str, pa.Array]:
    frame = pl.DataFrame(pa.Table.from_batches([batch]))
    expressions = []
    for name, pii in classes.items():
        counted.values[pii] += len(frame) - frame[name].null_count()
        if pii != "free_text":
            counted.columns[name] += len(frame) - frame[name].null_count()
        for suffix in CLEAN_SUFFIXES[pii]:
            if suffix == _TOKEN:
                expressions.append(tokens.token(pl.col(name), pii, key).alias(name + suffix))
            elif suffix == _MASKED:
                expressions.append(masks.mask(pl.col(name), pii).alias(name + suffix))
    treated = frame.select(expressions).get_columns()
    # The record's own name helps to find it in the record's free text.
    own_name = next((frame[name] for name, pii in classes.items() if pii == "name"), None)
    for name, pii in classes.items():
        if pii == "free_text":
            redacted = replace_known(replace_findings(redaction.redact_column(frame[name], own_name)), known)
            counted.replaced.update(_labels_added(frame[name], redacted))
            counted.columns[name] += int((frame[name] != redacted).sum())
            treated.append(redacted.alias(name + _REDACTED))
    return {column.name: column.to_arrow().cast(pa.string()) for column in treated}


def _labels_added(before: pl.Series, after: pl.Series) -> dict[str, int]:
    changed = (before != after).fill_null(False)
    if not changed.any():
        return {}
    texts = pl.DataFrame({"before": before.filter(changed), "after": after.filter(changed)})
    added = texts.select(
        (
            pl.col("after").str.count_matches(label, literal=True).cast(pl.Int64)
            - pl.col("before").str.count_matches(label, literal=True).cast(pl.Int64)
        )
        .sum()
        .alias(label)
        for label in LABELS
    )
    return {label: count for label, count in added.row(0, named=True).items() if count}


def _write(path: Path, schema: pa.Schema, marks: dict[str, str], batches: Iterator[pa.Table], counted: _Counts) -> int:
    """Write the batches in row groups of a fixed size, preparing the next while one is written; returns the row count."""
    written = 0
    waiting = schema.empty_table()
    with (
        pq.ParquetWriter(path, schema, **file_format(schema)) as parquet,
        ThreadPoolExecutor(max_workers=1) as writer,
    ):
        pending: Future[None] | None = None
        for batch in batches:
            waiting = pa.concat_tables([waiting, batch])
            while waiting.num_rows >= _ROW_GROUP:
                if pending is not None:
                    pending.result()
                pending = writer.submit(parquet.write_table, waiting.slice(0, _ROW_GROUP), row_group_size=_ROW_GROUP)
                waiting = waiting.slice(_ROW_GROUP)
                written += _ROW_GROUP
        if pending is not None:
            pending.result()
        if waiting.num_rows or not written:
            parquet.write_table(waiting, row_group_size=_ROW_GROUP)
            written += waiting.num_rows
        parquet.add_key_value_metadata(marks | {TREATED: json.dumps(dict(counted.columns))})
    return written
