"""Does a stage's work for several tables at once: one large table keeps one core busy, the small ones fill the other.

Threads suffice, because Arrow, DuckDB and polars let go of the interpreter while they work. What is done is the stages'
business.
"""

from __future__ import annotations

import contextvars
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from pipeline.stage.progress import announce
from pipeline.stage.refusals import Refusals
from schemas.contract import Table

# Memory sets this bound: each table streams, with buffers of its own.
_TABLES_AT_ONCE = 2

Result = TypeVar("Result")


def for_each_table(
    stage: str, tables: Sequence[Table], work: Callable[[Table], Result]
) -> Iterator[tuple[Table, Result]]:
    """Yield every table with what ``work`` returned, in the order of ``tables``.

    Raises what ``work`` raises; refused data only when every table has had its turn.
    """
    refusals = Refusals()

    def announced(table: Table) -> Result:
        announce(stage, table.name)
        return work(table)

    with ThreadPoolExecutor(min(_TABLES_AT_ONCE, os.cpu_count() or 1)) as pool:
        try:
            # A thread has a context of its own; pandera keeps its settings there.
            waiting = [(table, pool.submit(contextvars.copy_context().run, announced, table)) for table in tables]
            for table, future in waiting:
                result = None
                with refusals.collected():
                    result = (future.result(),)
                if result is not None:
                    yield table, result[0]
        finally:
            pool.shutdown(cancel_futures=True)
    refusals.raise_collected()
