"""Runs a stage's work for several tables at once: one large table keeps one core busy, the small ones fill the other.

Threads suffice, because Arrow, DuckDB and polars release the interpreter while they work. The stages define the work.
"""

from __future__ import annotations

import contextvars
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from pipeline.errors import DataRefused
from pipeline.lake.memory import TABLES_AT_ONCE
from pipeline.stage.progress import announce
from schemas.contract import Table

Result = TypeVar("Result")


def for_each_table(stage: str, tables: Sequence[Table], work: Callable[[Table], Result]) -> Iterator[tuple[Table, Result]]:
    """Yield every table with what ``work`` returned, in the order of ``tables``.

    Raises what ``work`` raises; refused data only after every table was processed.
    """
    refusals = Refusals()

    def announced(table: Table) -> Result:
        announce(stage, table.name)
        return work(table)

    with ThreadPoolExecutor(min(TABLES_AT_ONCE, os.cpu_count() or 1)) as pool:
        try:
            # A thread has its own context, in which pandera keeps its settings.
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


class Refusals:
    """Collects refusals so that every table is processed, and raises them together at the end."""

    def __init__(self) -> None:
        self._collected: list[DataRefused] = []

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Keep a DataRefused raised inside the block for later."""
        try:
            yield
        except DataRefused as error:
            self._collected.append(error)

    def raise_collected(self) -> None:
        """Raise what was collected: a single error itself, several as one DataRefused that lists them."""
        if len(self._collected) == 1:
            raise self._collected[0]
        if self._collected:
            raise DataRefused("\n".join(str(error) for error in self._collected))
