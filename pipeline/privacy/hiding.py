"""Takes what looks like personal data out of texts that say where something is: ids and codes quoted in messages and pages.

Free text of records is redacted by ``pipeline/redact``, refused values are masked by ``pipeline/validate/masking.py``.
"""

from __future__ import annotations

import polars as pl

from pipeline.privacy import patterns
from pipeline.privacy.scanner import by_patterns

_ROUNDS = 8


def hide_findings(texts: pl.Series) -> pl.Series:
    """The texts with the first character and stars in place of what the scanner's patterns find; all others as they are.

    >>> hide_findings(pl.Series(["E01", "王小明女士 13800138000"])).to_list()
    ['E01', '王**女士 1**********']
    """
    found = by_patterns(texts.drop_nulls().unique(maintain_order=True))
    if not found:
        return texts
    hidden = {text: _without_findings(text) for text in found}
    rows = texts.is_in(list(hidden)).fill_null(False).arg_true()
    return texts.clone().scatter(rows, texts.gather(rows).replace_strict(hidden, return_dtype=pl.String))


def _without_findings(text: str) -> str:
    for _ in range(_ROUNDS):
        matches = patterns.find(text)
        if not matches:
            break
        plain = patterns.normalise(text)
        match = matches[0]
        text = plain[: match.start] + match.masked + plain[match.end :]
    return text
