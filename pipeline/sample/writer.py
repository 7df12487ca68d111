"""Writes landing files: each table in its delivery format, and the file and row of each of its rows.

The rows come from ``generate`` and ``defects``. The default sample uses the formats an enterprise would send, so that every
reader is exercised.
"""

from __future__ import annotations

import csv
import gzip
import io
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

import numpy as np
import polars as pl
import pyarrow.parquet as pq

from pipeline.calendar.quarters import Quarter
from pipeline.sample.defects import SampleDelivery
from pipeline.sample.draws import BLOCK_ROWS
from pipeline.sample.generate import quarter_start
from schemas.contract import Table

GB18030 = "complaints"
GZIPPED = "survey_answers"
PARQUET = "parts_orders"
FOLDER_OF_QUARTERS = "hotline_calls"
BYTE_ORDER_MARK = "staff"
OFFSET_TIMES = "online_sessions"
"""Written in UTC: the same moments, eight hours earlier on the clock, with an offset."""

_TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
_UTC_FORMAT = "%Y-%m-%dT%H:%M:%S+00:00"
Append = Callable[[SampleDelivery], None]
ORIGIN_SCHEMA = pl.Schema({"origin_file": pl.String, "origin_row": pl.Int64})


def is_text(table: str, file_format: str) -> bool:
    """Whether a table is written as CSV."""
    return file_format == "csv" and table != PARQUET


def file_name(table: str, quarter: Quarter | None, file_format: str) -> str:
    """The path in the landing folder of the file that takes the table's rows.

    ``quarter``: of the rows; only the folder of quarters has a file for each.
    """
    if not is_text(table, file_format):
        return f"{table}.parquet"
    if table == FOLDER_OF_QUARTERS:
        return f"{table}/{quarter}.csv"
    return f"{table}.csv.gz" if table == GZIPPED else f"{table}.csv"


@contextmanager
def landing_file(path: Path, table: Table) -> Iterator[Append]:
    """A file of the table that is being written; the function given appends rows to it.

    >>> with landing_file(Path("landing/staff.csv"), TABLES["staff"]) as append:
    ...     append(SampleDelivery(frame))
    """
    path.parent.mkdir(exist_ok=True)
    with _parquet_file(path) if path.suffix == ".parquet" else _csv_file(path, table) as append:
        yield append


def write_table(
    folder: Path, table: Table, delivery: SampleDelivery, quarters: Sequence[Quarter], file_format: str
) -> pl.DataFrame:
    """Write a table's file or files; returns the origin of every row (``ORIGIN_SCHEMA``, in the delivery's order).

    Rows of a CSV file are numbered by record with the header as 1, those of a Parquet file from 1.
    """
    origins = []
    for name, part in _files(table, delivery, quarters, file_format):
        with landing_file(folder / name, table) as append:
            append(part)
        origins.append(_origins(name, part.frame.height, first=2 if is_text(table.name, file_format) else 1))
    return pl.concat(origins)


def remove_tables(folder: Path, tables: Sequence[str]) -> None:
    """Delete the files of an earlier sample for these tables, in any format."""
    for table in tables:
        for suffix in (".csv", ".csv.gz", ".parquet"):
            (folder / f"{table}{suffix}").unlink(missing_ok=True)
        if (folder / table).is_dir():
            shutil.rmtree(folder / table)


def _files(
    table: Table, delivery: SampleDelivery, quarters: Sequence[Quarter], file_format: str
) -> Iterator[tuple[str, SampleDelivery]]:
    """The name of every file of the table, and its rows."""
    start = quarter_start(table.name)
    if not (is_text(table.name, file_format) and table.name == FOLDER_OF_QUARTERS) or start is None:
        yield file_name(table.name, None, file_format), delivery
        return
    # A row without a readable date comes after a row of its quarter.
    started = delivery.frame.select(start.forward_fill()).to_series()
    for quarter in quarters:
        rows = np.flatnonzero((started == quarter.first_day).to_numpy())
        first, end = (int(rows[0]), int(rows[-1]) + 1) if len(rows) else (0, 0)
        yield file_name(table.name, quarter, file_format), _part(delivery, first, end)


def _part(delivery: SampleDelivery, first: int, end: int) -> SampleDelivery:
    return SampleDelivery(
        frame=delivery.frame.slice(first, end - first),
        unreadable=tuple((place - first, column, text) for place, column, text in delivery.unreadable if first <= place < end),
        broken_lines=tuple((place - first, rule) for place, rule in delivery.broken_lines if first <= place < end),
    )


def _origins(file: str, rows: int, first: int) -> pl.DataFrame:
    return pl.DataFrame(
        {"origin_file": pl.Series([file]).new_from_index(0, rows), "origin_row": np.arange(first, first + rows)},
        schema=ORIGIN_SCHEMA,
    )


def _with_texts(delivery: SampleDelivery) -> pl.DataFrame:
    """The frame with its unreadable cells; columns with such a cell become text."""
    frame = delivery.frame
    for column in dict.fromkeys(column for _, column, _ in delivery.unreadable):
        cells = [(place, text) for place, name, text in delivery.unreadable if name == column]
        values = frame[column]
        texts = values.dt.strftime(_TIME_FORMAT) if values.dtype == pl.Datetime("us") else values.cast(pl.String)
        texts = texts.scatter([place for place, _ in cells], [text for _, text in cells])
        frame = frame.with_columns(texts.alias(column))
    return frame


@contextmanager
def _parquet_file(path: Path) -> Iterator[Append]:
    """Row groups of ``BLOCK_ROWS`` rows, except the last."""
    with ExitStack() as stack:
        writer: pq.ParquetWriter | None = None
        waiting: list[pl.DataFrame] = []

        def write(frame: pl.DataFrame) -> None:
            nonlocal writer
            rows = frame.to_arrow(compat_level=pl.CompatLevel.oldest())
            if writer is None:
                writer = stack.enter_context(pq.ParquetWriter(path, rows.schema, compression="zstd", write_statistics=False))
            writer.write_table(rows)

        def append(delivery: SampleDelivery) -> None:
            waiting.append(_with_texts(delivery))
            if sum(frame.height for frame in waiting) < BLOCK_ROWS:
                return
            *full, rest = pl.concat(waiting).iter_slices(BLOCK_ROWS)
            for frame in full:
                write(frame)
            waiting[:] = [rest]

        yield append
        write(pl.concat(waiting))


@contextmanager
def _csv_file(path: Path, table: Table) -> Iterator[Append]:
    with _opened(path, table.name) as handle:
        handle.write(_encoded(pl.DataFrame(schema=table.polars_schema), table.name, header=True))
        yield lambda delivery: _append_csv(handle, table, delivery)


def _append_csv(handle: BinaryIO, table: Table, delivery: SampleDelivery) -> None:
    frame = delivery.frame
    if table.name == OFFSET_TIMES:
        times = [column.name for column in table.columns if column.type == "timestamp"]
        frame = frame.with_columns(pl.col(times).dt.offset_by("-8h").dt.strftime(_UTC_FORMAT))
        delivery = SampleDelivery(frame, unreadable=delivery.unreadable, broken_lines=delivery.broken_lines)
    frame = _with_texts(delivery)
    begin = 0
    for place, rule in delivery.broken_lines:
        handle.write(_encoded(frame.slice(begin, place - begin), table.name))
        handle.write(_broken_line(frame.slice(place, 1), rule, table.name))
        begin = place + 1
    handle.write(_encoded(frame.slice(begin), table.name))


@contextmanager
def _opened(path: Path, table: str) -> Iterator[BinaryIO]:
    with path.open("wb") as raw:
        if table == GZIPPED:
            # No name or time in the header: the same rows give the same bytes.
            with gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=5, mtime=0) as packed:
                yield packed  # type: ignore[misc]
            return
        if table == BYTE_ORDER_MARK:
            raw.write("\ufeff".encode())
        yield raw


def _encoded(frame: pl.DataFrame, table: str, header: bool = False) -> bytes:
    buffer = io.BytesIO()
    if header or frame.height:
        frame.write_csv(buffer, include_header=header, datetime_format=_TIME_FORMAT)
    written = buffer.getvalue()
    return written.decode().encode("gb18030") if table == GB18030 else written


def _broken_line(row: pl.DataFrame, rule: str, table: str) -> bytes:
    """The row's line with an extra field, or cut off after its fourth field."""
    cells = next(csv.reader(io.StringIO(row.write_csv(include_header=False, datetime_format=_TIME_FORMAT))))
    cells = [*cells, "多余"] if rule == "too_many_fields" else cells[: min(4, len(cells) - 1)]
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue().encode("gb18030" if table == GB18030 else "utf-8")
