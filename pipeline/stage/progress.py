"""Reports how far a run has come, and what a user should know at once: the command line shows it; Dagster has its own event log.

No logging and nothing about records, only stage and table names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline.flow import NAMES

Listener = Callable[[str, str], None]
_listeners: list[Listener] = []
_hearers: list[Callable[[str], None]] = []


def announce(stage: str, detail: str) -> None:
    """Announce that ``stage`` (a name of ``pipeline/flow.py``, else ValueError) now works on ``detail``."""
    if stage not in NAMES:
        raise ValueError(f"'{stage}' is not a stage: {', '.join(NAMES)}")
    for listener in _listeners:
        listener(stage, detail)


def tell(line: str) -> None:
    """Tell the user at once what stops nothing: a sentence without values of records."""
    for hear in _hearers:
        hear(line)


@contextmanager
def hearing(hear: Callable[[str], None]) -> Iterator[None]:
    """Call ``hear(line)`` for everything that is told inside the block."""
    _hearers.append(hear)
    try:
        yield
    finally:
        _hearers.remove(hear)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Call ``listener(stage, detail)`` for every announcement inside the block."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
