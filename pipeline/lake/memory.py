"""How much memory a run may use, and how it is divided among its parts: the one place that reads ``ASQ_MEMORY``.

DuckDB keeps its share by itself (``database``); Arrow and polars keep theirs because stages read in batches of a fixed size.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from pipeline.errors import UsageError

MEMORY_VARIABLE = "ASQ_MEMORY"
DEFAULT_MEMORY = "3GiB"
_KIB = 1 << 10
_UNITS = {
    "B": 1,
    **{f"{letter}B": 1000**power for power, letter in enumerate("KMGT", start=1)},
    **{f"{letter}IB": _KIB**power for power, letter in enumerate("KMGT", start=1)},
}
_WRITTEN = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([A-Za-z]+)\s*")
# The interpreter with its libraries, and the Great Expectations process: the same for any amount of data.
_RESIDENT = 800 * _KIB**2
# What DuckDB gets of the rest. Its limit leaves out some of what it allocates, and Arrow and polars hold batches beside it.
_DATABASE_SHARE = 0.5
# DuckDB asks for about this much per thread, else it spills all the time.
_PER_THREAD = 128 * _KIB**2
_LEAST = 1536 * _KIB**2

TABLES_AT_ONCE = 2
"""How many large tables a stage works on at the same time: they keep two cores busy, and each needs buffers of its own."""


@dataclass(frozen=True)
class Memory:
    """The memory of a run, all its processes together, in bytes.

    ``Memory.of_run().database`` is DuckDB's share; what neither it nor the programs need is left to Arrow and polars.
    """

    total: int

    @classmethod
    def of_run(cls) -> Memory:
        """As set in ``ASQ_MEMORY``; raises UsageError unless it is a number with a unit, and enough."""
        written = os.environ.get(MEMORY_VARIABLE) or DEFAULT_MEMORY
        match = _WRITTEN.fullmatch(written)
        unit = _UNITS.get(match[2].upper()) if match else None
        if match is None or unit is None:
            raise UsageError(f"{MEMORY_VARIABLE}={written}: write a number and a unit, for example {DEFAULT_MEMORY} or 3500MB")
        total = int(float(match[1]) * unit)
        if total < _LEAST:
            raise UsageError(f"{MEMORY_VARIABLE}={written}: a run needs at least {_LEAST // _KIB**2}MiB")
        return cls(total)

    @property
    def database(self) -> int:
        """DuckDB's, all connections that work at the same time together."""
        return int((self.total - _RESIDENT) * _DATABASE_SHARE)

    def threads(self, at_once: int = 1) -> int:
        """How many threads each of ``at_once`` connections may use: as many as there are processors, if memory allows."""
        return max(1, min(os.cpu_count() or 1, self.database // at_once // _PER_THREAD))


def in_mebibytes(size: int) -> str:
    """A number of bytes as DuckDB reads it, such as ``1100MiB``."""
    return f"{size // _KIB**2}MiB"
