"""Reads delimited text: quoted fields with newlines; LF, CRLF or CR; blank lines get a record number but give no record.

A line with too many or too few fields becomes a record without cells, with the broken rule and the raw line: none of its
cells can be trusted to be in the right column. Arrow parses, because it gives good and bad records exact numbers; DuckDB's
lenient reader silently drops surplus fields and does not number good rows.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from pipeline.extract import limits
from pipeline.extract.errors import UnreadableFile
from pipeline.extract.files import GZIP, SourceFile
from pipeline.extract.readers.cleaning import nothing, trim_cleaned
from pipeline.extract.readers.encoding import END_OF_FILE, Utf8Stream, find_encoding
from pipeline.extract.readers.headers import canonical_names
from pipeline.extract.readers.quotes import QuoteCheckedStream
from pipeline.extract.readers.records import RECORD_FIELDS, batch_of
from pipeline.settings.sources import Format

TOO_MANY_FIELDS, TOO_FEW_FIELDS = "too_many_fields", "too_few_fields"

# A record must fit into a block: far larger than real records, small enough to notice a quote that never closes.
_BLOCK_BYTES = 1 << 21
_SMALL_BYTES = 1 << 15
# In UTF-8, of a character that may be one byte in the file.
_MOST_BYTES_OF_A_CHARACTER = 4
# How much of a line that does not fit the header is kept: enough to find it.
_RAW_LINE_CHARACTERS = 2_000


class TextRecords:
    """An opened text file; raises UnreadableFile, UnclosedQuote, TruncatedFile and WrongEncoding."""

    def __init__(self, file: SourceFile, form: Format) -> None:
        self._file, self._form = file, form
        is_tsv = file.name.lower().removesuffix(".gz").endswith(".tsv")
        self.delimiter = form.delimiter or ("\t" if is_tsv else ",")
        self.encoding = find_encoding(file, form.encoding)
        self._header_records = form.header_row or 0
        header, self._header_lines = self._read_header()
        self.schema = pa.schema([(name, pa.string()) for name in canonical_names(form.names or header)])

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        wanted = [self.schema.get_field_index(name) for name in columns]
        numbering = _Numbering(self._header_records, self._header_lines)
        with self._file.open_text() as handle:
            for parsed in self._parsed(handle, numbering):
                if len(self.schema) == 1:
                    parsed = numbering.without_end(parsed)
                numbers = numbering.of_next(parsed.num_rows)
                cells = [trim_cleaned(parsed.column(index), self._form.null_values) for index in wanted]
                filled = _filled_rows(parsed)
                if filled is not None:
                    numbers, cells = numbers[filled], [column.filter(pa.array(filled)) for column in cells]
                yield _in_order(batch_of(pa.array(numbers), cells, columns), numbering.misfits_until_now())
        no_cells = [pa.nulls(0, pa.string()) for _ in columns]
        yield _in_order(batch_of(pa.array([], pa.int64()), no_cells, columns), numbering.misfits)

    def _read_header(self) -> tuple[list[str], int]:
        """The header's cells, and the number of lines before the first data record."""
        record: list[str] = []
        is_cut = False
        with self._file.open_text() as handle:
            raw = handle.read(limits.HEADER_BYTES)
            is_all = len(raw) < limits.HEADER_BYTES
            encoding = "utf-8-sig" if self.encoding == "utf-8" else self.encoding
            text = io.StringIO(codecs.getincrementaldecoder(encoding)().decode(raw, final=is_all), newline="")
            reader = csv.reader(
                text,
                delimiter=self.delimiter,
                quotechar=self._form.quote or None,
                quoting=csv.QUOTE_MINIMAL if self._form.quote else csv.QUOTE_NONE,
            )
            try:
                for _ in range(self._header_records):
                    record = next(reader)
                    is_cut = not is_all and text.tell() == len(text.getvalue())
                    if len(record) > limits.COLUMNS or is_cut:
                        break
            except StopIteration:
                raise self._unreadable(f"ends before record {self._header_records}, its header") from None
            except csv.Error as error:
                raise self._unreadable(f"has no readable header: {error}") from None
        if len(record) > limits.COLUMNS:
            raise self._unreadable(f"has {len(record):,} columns; a file may have {limits.COLUMNS:,}: is the delimiter right?")
        if self._header_records and is_cut:
            raise self._unreadable(f"has no header that ends within its first {limits.HEADER_BYTES:,} bytes")
        if self._header_records and not any(cell.strip() for cell in record):
            raise self._unreadable(f"record {self._header_records}, where the header should be, is empty")
        return record, reader.line_num

    def _parsed(self, handle: BinaryIO, numbering: _Numbering) -> Iterator[pa.RecordBatch]:
        names = [str(index) for index in range(len(self.schema))]
        quote = self._form.quote
        text = Utf8Stream(handle, self.encoding)
        checked = QuoteCheckedStream(text, self._file, quote, self.delimiter, len(self.schema)) if quote else text
        try:
            yield from pyarrow.csv.open_csv(
                checked,
                # Only the serial reader numbers its records.
                read_options=pyarrow.csv.ReadOptions(
                    use_threads=False, block_size=self._block_bytes(), column_names=names, skip_rows=self._header_lines
                ),
                parse_options=pyarrow.csv.ParseOptions(
                    delimiter=self.delimiter,
                    quote_char=quote or False,
                    newlines_in_values=bool(quote),
                    ignore_empty_lines=False,
                    invalid_row_handler=numbering.keep_misfit,
                ),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types=dict.fromkeys(names, pa.string()),
                    null_values=nothing(self._form.null_values).to_pylist(),
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=True,
                ),
            )
        except pa.ArrowInvalid:
            raise self._unreadable(f"cannot be parsed after record {numbering.last}") from None

    def _block_bytes(self) -> int:
        """Less for a small file, of which there may be thousands: a block is allocated whole."""
        with self._file.opened() as handle:
            is_small = len(start := handle.read(_SMALL_BYTES)) < _SMALL_BYTES and not start.startswith(GZIP)
        return _SMALL_BYTES * _MOST_BYTES_OF_A_CHARACTER if is_small else _BLOCK_BYTES

    def _unreadable(self, problem: str) -> UnreadableFile:
        return UnreadableFile(problem, table=self._file.table, file=self._file.name)


class _Numbering:
    """Gives good records the numbers that misfits leave free."""

    def __init__(self, header_records: int, header_lines: int) -> None:
        self.last = header_records
        """Number of the last good record so far."""
        self.misfits: list[tuple[int, str, str]] = []
        """Number, rule and raw line of the misfits not yet in a batch."""
        # Arrow counts the header's lines, which may be more than its records.
        self._shift = header_records - header_lines
        self._taken: list[int] = []

    def keep_misfit(self, row: Any) -> str:
        """Arrow calls this for every line that does not fit, in file order."""
        if row.text == END_OF_FILE:
            return "skip"
        number = row.number + self._shift
        self._taken.append(number)
        if row.text.strip():
            rule = TOO_MANY_FIELDS if row.actual_columns > row.expected_columns else TOO_FEW_FIELDS
            self.misfits.append((number, rule, row.text[:_RAW_LINE_CHARACTERS]))
        return "skip"

    def without_end(self, parsed: pa.RecordBatch) -> pa.RecordBatch:
        """In a file with one column, the end marker parses as a record; this drops it."""
        if parsed.num_rows and parsed.column(0)[-1].as_py() == END_OF_FILE:
            return parsed.slice(0, parsed.num_rows - 1)
        return parsed

    def of_next(self, count: int) -> np.ndarray:
        """The numbers of the next ``count`` good records."""
        if count == 0:
            return np.array([], dtype=np.int64)
        free = np.arange(self.last + 1, self.last + 1 + count + len(self._taken), dtype=np.int64)
        if self._taken:
            free = free[~np.isin(free, self._taken)]
        numbers = free[:count]
        self.last = int(numbers[-1])
        self._taken = [number for number in self._taken if number > self.last]
        return numbers

    def misfits_until_now(self) -> list[tuple[int, str, str]]:
        """Take the misfits before the last good record."""
        taken = [misfit for misfit in self.misfits if misfit[0] < self.last]
        del self.misfits[: len(taken)]
        return taken


def _filled_rows(parsed: pa.RecordBatch) -> np.ndarray | None:
    """Mask of records that hold a value, None when all do: blank lines and rows of delimiters only are not records."""
    blank = parsed.column(0).is_null()
    for column in parsed.columns[1:]:
        if not pc.any(blank).as_py():
            return None
        blank = pc.and_(blank, column.is_null())
    return np.invert(blank.to_numpy(zero_copy_only=False)) if pc.any(blank).as_py() else None


def _in_order(good: pa.RecordBatch, misfits: list[tuple[int, str, str]]) -> pa.RecordBatch:
    """Good records and misfits together, by record number."""
    if not misfits:
        return good
    numbers, rules, lines = zip(*misfits, strict=True)
    cells = [pa.nulls(len(misfits), column.type) for column in good.columns[len(RECORD_FIELDS) :]]
    bad = pa.RecordBatch.from_arrays([pa.array(numbers, pa.int64()), pa.array(rules), pa.array(lines), *cells], schema=good.schema)
    both = pa.Table.from_batches([good, bad])
    return both.take(pc.sort_indices(both.column(0))).combine_chunks().to_batches()[0]
