"""Chooses the reader for a file by its kind, and for an export of refused rows that comes back corrected; nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.extract.files import SourceFile
from pipeline.extract.readers.export_records import ExportRecords
from pipeline.extract.readers.parquet_records import ParquetRecords
from pipeline.extract.readers.records import Records
from pipeline.extract.readers.sheet_records import sheets_of
from pipeline.extract.readers.text_records import TextRecords
from pipeline.lake.spreadsheets import is_export


def open_records(file: SourceFile) -> Iterator[tuple[str, Records]]:
    """Open a file and read its header: its records, each with the name that rows give as their origin.

    One for a file, several for a workbook of which several sheets are read. Raises UnreadableFile, TruncatedFile, WrongEncoding.
    """
    for origin, records in _opened(file):
        yield origin, ExportRecords(records) if is_export(records.schema.names) else records


def _opened(file: SourceFile) -> Iterator[tuple[str, Records]]:
    if file.kind == "parquet":
        yield file.name, ParquetRecords(file, file.form)
    elif file.kind == "xlsx":
        yield from sheets_of(file, file.form)
    else:
        yield file.name, TextRecords(file, file.form)
