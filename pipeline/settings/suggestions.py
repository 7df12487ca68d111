"""“Did you mean …?”: the nearest known word to one that is unknown. Wording only."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from itertools import islice

# Likeness takes the product of two lengths: what is no name is compared with nothing.
_LONGEST, _MOST = 200, 2_000


def did_you_mean(word: str, known: Iterable[str], likeness: float = 0.6) -> str:
    """A sentence that starts with a semicolon, or nothing when no known word is near."""
    if len(word) > _LONGEST:
        return ""
    by_lower = {name.lower(): name for name in islice(known, _MOST) if len(name) <= _LONGEST}
    near = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=likeness)
    return f"; did you mean '{by_lower[near[0]]}'?" if near else ""


def hint(word: str, known: Iterable[str]) -> str:
    """The nearest known word, else the known words if they are few."""
    names = list(known)
    return did_you_mean(word, names) or (f" (known: {listed(names, 20)})" if len(names) <= 20 else "")


def listed(names: Iterable[str], limit: int = 12) -> str:
    """Names joined by commas, the rest counted."""
    every = list(names)
    rest = f" and {len(every) - limit} more" if len(every) > limit else ""
    return ", ".join(every[:limit]) + rest
