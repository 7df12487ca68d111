"""Lets every table have its turn before a stage stops: a refused table must not hide what is wrong with the next one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.errors import DataRefused


class Refusals:
    """Collects what was refused, and raises it together at the end."""

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
        """Raise what was collected: the error itself if it is one, else one DataRefused that lists them all."""
        if len(self._collected) == 1:
            raise self._collected[0]
        if self._collected:
            raise DataRefused("\n".join(str(error) for error in self._collected))
