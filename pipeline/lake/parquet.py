"""The format of the lake's Parquet files of records, and their file metadata."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def file_format(schema: pa.Schema) -> dict[str, Any]:
    """Options of pyarrow's ``ParquetWriter`` for the lake's files of records.

    Readers scan whole files; only extract looks for a quarter's row groups. Dictionaries of other types than text, and large
    ones, cost time and save nothing. The Arrow schema is not stored, because DuckDB, polars and Spark read the same types
    without it.
    """
    return {
        "compression": "zstd",
        "compression_level": 1,
        "write_statistics": ["quarter"],
        "use_dictionary": [field.name for field in schema if pa.types.is_string(field.type)],
        "dictionary_pagesize_limit": 1 << 18,
        "store_schema": False,
    }


def open_parquet(path: Path) -> pq.ParquetFile:
    """Open a file to be read batch by batch. As pyarrow opens it by itself, it keeps all that it has read until it is closed."""
    return pq.ParquetFile(path, pre_buffer=False)


def read_metadata(path: Path) -> dict[str, str]:
    """The metadata of a file; empty if the file does not exist or cannot be read."""
    try:
        stat = path.stat()
    except OSError:
        return {}
    # Partitions are replaced, never changed in place: another file has another inode, size or time.
    return dict(_metadata(path, stat.st_ino, stat.st_size, stat.st_mtime_ns))


def is_readable(path: Path) -> bool:
    """Whether a file is there and is Parquet; ``read_metadata`` says nothing of one that is not."""
    try:
        pq.read_metadata(path)
    except (OSError, pa.ArrowException):
        return False
    return True


@lru_cache(maxsize=4096)
def _metadata(path: Path, *_which: int) -> dict[str, str]:
    try:
        found = pq.read_metadata(path).metadata or {}
        return {key.decode(): value.decode() for key, value in found.items()}
    except (OSError, pa.ArrowException, UnicodeDecodeError):
        return {}
