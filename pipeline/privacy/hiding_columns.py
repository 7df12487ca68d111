"""``hiding.hide`` for a column: only the texts in which the scanner finds something go through it."""

from __future__ import annotations

import polars as pl

from pipeline.privacy.hiding import COLON, hide
from pipeline.privacy.scanner import by_patterns


def hide_findings(texts: pl.Series) -> pl.Series:
    """The texts with the first character and stars in place of what the scanner's patterns find; all others as they are.

    >>> hide_findings(pl.Series(["E01", "王小明女士 13800138000"])).to_list()
    ['E01', '王**女士 1**********']
    """
    unique = texts.drop_nulls().unique(maintain_order=True)
    parts = unique.str.split(COLON)
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
