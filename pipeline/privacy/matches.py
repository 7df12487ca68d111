"""What the scanner's searches share: a match, how a text is read, and the word list helper. No patterns of personal data."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Match:
    """A piece of text that looks like personal data of ``kind``; start and end count in the normalised text."""

    kind: str
    start: int
    end: int
    text: str

    @property
    def masked(self) -> str:
        """The first character and the length: enough to find it at its place, never the value."""
        return self.text[0] + "*" * min(len(self.text) - 1, 20)


Finder = Callable[[str], Iterator[Match]]

# Characters without width in copied chat messages and web pages, and the enclosing keycap: ignored between digits.
INVISIBLE = "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\u20e3\ufe00-\ufe0f\ufeff]"
_INVISIBLE = re.compile(INVISIBLE)

# First two digits of a resident identity number (GB/T 2260).
_CODES = "11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83"
PROVINCES = frozenset(_CODES.split())


def normalise(text: str) -> str:
    """Full-width and enclosed characters as plain ones (NFKC), without invisible characters."""
    return _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))


def found(kind: str, match: re.Match[str], group: str | int = 0) -> Match:
    """The group of a regular expression's match as personal data of a kind."""
    return Match(kind, match.start(group), match.end(group), match[group])
