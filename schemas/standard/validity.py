"""Shared by several seed files: validity periods of rows, and the form of names and decision ids."""

from __future__ import annotations

import datetime as dt
import re
from typing import Protocol

FIELD_NAME = re.compile(r"[a-z][a-z0-9_]*")
DECISION = re.compile(r"[CD]-\d{2}")


class Versioned(Protocol):
    """A row in force from one day until before another; None is open."""

    @property
    def valid_from(self) -> dt.date | None: ...

    @property
    def valid_to(self) -> dt.date | None: ...


def in_force(valid_from: dt.date | None, valid_to: dt.date | None, day: dt.date) -> bool:
    """Whether a version is in force on a day: ``valid_from <= day < valid_to``, None is open (the lake's convention)."""
    return (valid_from is None or valid_from <= day) and (valid_to is None or day < valid_to)


def overlap(one: Versioned, other: Versioned) -> bool:
    """Whether there is a day on which both are in force."""
    first = max(one.valid_from or dt.date.min, other.valid_from or dt.date.min)
    end = min(one.valid_to or dt.date.max, other.valid_to or dt.date.max)
    return first < end
