"""Chooses the reader of a file by its kind; nothing else."""

from __future__ import annotations

from pipeline.extract.files import SourceFile
from pipeline.extract.parquet_records import ParquetRecords
from pipeline.extract.records import Records
from pipeline.extract.sheet_records import SheetRecords
from pipeline.extract.sources import Format
from pipeline.extract.text_records import TextRecords


def open_records(file: SourceFile, form: Format) -> Records:
    """Open a file and read its header; raises UnreadableFile, TruncatedFile, WrongEncoding."""
    if file.kind == "parquet":
        return ParquetRecords(file, form)
    if file.kind == "xlsx":
        return SheetRecords(file, form)
    return TextRecords(file, form)
