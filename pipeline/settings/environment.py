"""Environment variables for the length of a block: what a run sets must not reach the next one in the same process."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


@contextmanager
def environment(variables: Mapping[str, str | None]) -> Iterator[None]:
    """Set these variables (None: unset); afterwards they are as they were."""
    before = {name: os.environ.pop(name) for name in variables if name in os.environ}
    os.environ.update({name: value for name, value in variables.items() if value is not None})
    try:
        yield
    finally:
        for name in variables:
            os.environ.pop(name, None)
        os.environ.update(before)
