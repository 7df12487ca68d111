"""How the lake's Parquet files of records are written, and their file metadata."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def file_format(schema: pa.Schema) -> dict[str, Any]:
    """How the lake's files of records are written: options of pyarrow's ``ParquetWriter``.

    Readers scan whole files, and only extract looks for a quarter's row groups; dictionaries of anything but texts, and
    large ones, cost time and save nothing. The Arrow schema is not stored beside Parquet's own: DuckDB, polars and Spark
    read the same types without it.
    """
    return {
        "compression": "zstd",
        "compression_level": 1,
        "write_statistics": ["quarter"],
        "use_dictionary": [field.name for field in schema if pa.types.is_string(field.type)],
        "dictionary_pagesize_limit": 1 << 18,
        "store_schema": False,
    }


def read_metadata(path: Path) -> dict[str, str]:
    """What a file says about itself; empty when it is not there or cannot be read."""
    try:
        found = pq.read_metadata(path).metadata or {}
    except (OSError, pa.ArrowException):
        return {}
    return {key.decode(): value.decode() for key, value in found.items()}
