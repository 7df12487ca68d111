"""Chooses the reader for a file by its kind, and names the file where a reader fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.errors import AsqError
from pipeline.extract import apart, limits
from pipeline.extract.errors import UnreadableFile
from pipeline.extract.files import SourceFile
from pipeline.extract.readers.parquet_records import ParquetRecords
from pipeline.extract.readers.records import Records
from pipeline.extract.readers.sheet_records import sheets_of
from pipeline.extract.readers.text_records import TextRecords


def open_records(file: SourceFile) -> Iterator[tuple[str, Records]]:
    """Open a file and read its header: its records, each with the name that rows give as their origin.

    One for a file, several for a workbook of which several sheets are read. Raises UnreadableFile, TruncatedFile, WrongEncoding.
    """
    apart.at(apart.Place.reading(file))
    with named(file.table, file.name):
        for name, records in _opened(file):
            if len(records.schema) > limits.COLUMNS:
                problem = f"has {len(records.schema):,} columns; a file may have {limits.COLUMNS:,}"
                raise UnreadableFile(problem, table=file.table, file=name)
            yield name, records


@contextmanager
def named(table: str, file: str) -> Iterator[None]:
    """Refuse the file by name where its reader fails in a way that it does not explain itself.

    What a damaged file leads a library to is not foreseen: any error of reading is one of the file.
    """
    try:
        yield
    except (AsqError, MemoryError, ConnectionError):
        raise
    except Exception as error:
        problem = f"is damaged: reading it fails ({type(error).__name__})"
        raise UnreadableFile(problem, table=table, file=file) from error


def _opened(file: SourceFile) -> Iterator[tuple[str, Records]]:
    if file.kind == "parquet":
        yield file.name, ParquetRecords(file, file.form)
    elif file.kind == "xlsx":
        yield from sheets_of(file, file.form)
    else:
        yield file.name, TextRecords(file, file.form)
