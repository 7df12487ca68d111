"""Chooses the reader for a file by its kind; nothing else."""

from __future__ import annotations

from pipeline.extract.files import SourceFile
from pipeline.extract.readers.parquet_records import ParquetRecords
from pipeline.extract.readers.records import Records
from pipeline.extract.readers.sheet_records import SheetRecords
from pipeline.extract.readers.text_records import TextRecords
from pipeline.settings.sources import Format


def open_records(file: SourceFile, form: Format) -> Records:
    """Open a file and read its header; raises UnreadableFile, TruncatedFile, WrongEncoding."""
    if file.kind == "parquet":
        return ParquetRecords(file, form)
    if file.kind == "xlsx":
        return SheetRecords(file, form)
    return TextRecords(file, form)
