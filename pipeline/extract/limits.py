"""How much one delivered file may take: the one place that says so, and the settings that change it.

What is beyond is refused by name, with the figure. The limits bound hostile and damaged files; real deliveries stay far below.
Files that are not text are read in a process of their own (``apart``), which ends at these limits whatever a library does.
"""

from __future__ import annotations

import os

from pipeline.errors import UsageError
from pipeline.lake.memory import TABLES_AT_ONCE, Memory

SECONDS_VARIABLE = "ASQ_FILE_SECONDS"
DEFAULT_SECONDS = 900

COLUMNS = 16_384
"""Of one file: as many as a worksheet has."""
HEADER_BYTES = 1 << 21
"""Within which a text file's header must end."""
UNPACKED_TIMES, UNPACKED_BYTES = 200, 1 << 30
"""A compressed text may be so many times as large as it is stored, and so large in any case; tables shrink to a fiftieth."""
# What a cell of a worksheet takes in memory until it is a row, without the text it may hold.
_BYTES_OF_A_CELL = 40


def seconds() -> float:
    """How long reading one file, or running one query over files, may take; raises UsageError unless it is a number above 0."""
    written = os.environ.get(SECONDS_VARIABLE) or str(DEFAULT_SECONDS)
    try:
        found = float(written)
    except ValueError:
        found = 0.0
    if not 0 < found < float("inf"):
        raise UsageError(f"{SECONDS_VARIABLE}={written}: write a number of seconds above 0, for example {DEFAULT_SECONDS}")
    return found


def memory() -> int:
    """Bytes that reading one file in a process of its own may take: a share of ASQ_MEMORY, because several are read at once."""
    return Memory.of_run().total // TABLES_AT_ONCE


def cells() -> int:
    """Cells of a worksheet's used range, the empty ones among them: all of them are held in memory."""
    return memory() // _BYTES_OF_A_CELL


def unpacked_workbook() -> int:
    """Bytes of a workbook's parts, which are compressed in its file."""
    return Memory.of_run().total
