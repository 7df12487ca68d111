"""Takes what looks like personal data out of texts that say where something is: ids and codes quoted in messages and pages.

Free text of records is redacted by ``pipeline/redact``, refused values are masked by ``pipeline/validate/masking.py``.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from pipeline.privacy import patterns
from pipeline.privacy.matches import Match
from pipeline.privacy.scanner import by_patterns

_COLON = "："
# Replacing may join two pieces that match; every round removes something, and a text that still matches is left to the gate.
_ROUNDS = 8


def hide_findings(texts: pl.Series) -> pl.Series:
    """The texts with the first character and stars in place of what the scanner's patterns find; all others as they are.

    A value before a full-width colon is looked at by itself, too: to the patterns a number and a colon are the key of a figure.

    >>> hide_findings(pl.Series(["E01", "王小明女士 13800138000"])).to_list()
    ['E01', '王**女士 1**********']
    """
    unique = texts.drop_nulls().unique(maintain_order=True)
    parts = unique.str.split(_COLON)
    found = by_patterns(pl.concat([unique, parts.explode().drop_nulls()]).unique(maintain_order=True))
    if not found:
        return texts
    hidden = {
        text: hide(text)
        for text, of_text in zip(unique.to_list(), parts.to_list(), strict=True)
        if any(each in found for each in (text, *of_text))
    }
    rows = texts.is_in(list(hidden)).fill_null(False).arg_true()
    return texts.clone().scatter(rows, texts.gather(rows).replace_strict(hidden, return_dtype=pl.String))


def hide(text: str) -> str:
    """One text without what the patterns find in it."""
    return _COLON.join(map(_without_findings, _without_findings(text).split(_COLON)))


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
