"""A correction of one value of one record: what a person says was recorded wrongly, and what is right.

Only what a correction is stands here; validate applies it between raw and the rules.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True)
class Correction:
    """One value that a person corrects.

    key         the values of the table's unique key, in its order, as text; empty where the key's value is null
    before      the value that was recorded, as text; None where nothing was
    after       the right value, as text in the contract's form
    expires_on  the first day on which the correction no longer holds; None: it has no end
    origin      the file and row that say so
    """

    table: str
    key: tuple[str, ...]
    column: str
    before: str | None
    after: str
    reason: str
    author: str
    expires_on: dt.date | None
    origin: str
