"""Reports how far a run has come to its listeners: the command line shows it; Dagster has its own event log.

No logging and nothing about records, only stage and table names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline.flow import NAMES

Listener = Callable[[str, str], None]
_listeners: list[Listener] = []


def announce(stage: str, detail: str) -> None:
    """Announce that ``stage`` (a name of ``pipeline/flow.py``, else ValueError) now works on ``detail``."""
    if stage not in NAMES:
        raise ValueError(f"'{stage}' is not a stage: {', '.join(NAMES)}")
    for listener in _listeners:
        listener(stage, detail)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Call ``listener(stage, detail)`` for every announcement inside the block."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)
