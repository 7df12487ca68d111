"""Takes what looks like personal data out of a text that says where something is: an id, a header, a file's name in a message.

Free text of records is redacted by ``pipeline/redact``, refused values are masked by ``pipeline/validate/masking.py``; columns of
ids are in ``hiding_columns.py``, which needs polars.
"""

from __future__ import annotations

from collections.abc import Callable

from pipeline.privacy import patterns
from pipeline.privacy.matches import Match

COLON = "："
"""Between a name and its figures. To the patterns a number and a colon are the key of a figure: each side is looked at alone."""

# Replacing may join two pieces that match; every round removes something, and a text that still matches is left to the gate.
_ROUNDS = 8


def hide(text: str) -> str:
    """The text with the first character and stars in place of what the scanner's patterns find.

    >>> hide("热线/客户王小明13800138000.csv")
    '热线/客户王**1**********.csv'
    """
    return COLON.join(map(_without_findings, _without_findings(text).split(COLON)))


def _without_findings(text: str) -> str:
    return replace_matches(text, lambda match: match.masked)


def replace_matches(text: str, write: Callable[[Match], str]) -> str:
    """The text with what ``write`` says of each match of the patterns in its place; without a match it stays as it is."""
    for _ in range(_ROUNDS):
        matches = patterns.find(text)
        if not matches:
            break
        plain = patterns.normalise(text)
        pieces: list[str] = []
        done = 0
        # Of overlapping matches the first; the others are found again, if anything of them is left.
        for match in matches:
            if match.start >= done:
                pieces += plain[done : match.start], write(match)
                done = match.end
        text = "".join((*pieces, plain[done:]))
    return text
