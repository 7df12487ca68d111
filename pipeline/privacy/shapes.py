"""The shape of a value: how it is written, without what it says. ``2025年3月4日 9:05`` has the shape ``9999年9月9日 9:99``.

A shape is no personal data, so messages may show it. Whether a value itself may be shown is decided elsewhere.
"""

from __future__ import annotations

import polars as pl

LONGEST = 40
"""Characters shown of a shape."""

# What stands behind a number in a date or time. Elsewhere these characters may be a name: 郝日月.
_UNITS = "年月日号號时時点點分秒"
_HALVES = ("上午", "下午", "中午", "凌晨", "晚上")
# Kept characters pass the replacement of letters as characters of the private use area.
_KEPT = {text: chr(0xE000 + place) for place, text in enumerate((*_UNITS, *_HALVES))}


def shapes(texts: pl.Series) -> pl.Series:
    """The shape of every text: digits become 9, Latin letters A or a, others 文; other characters stay. Null stays null.

    Units of dates and times stay behind a digit, words such as 上午 beside one.
    """
    text = pl.col("text").str.replace_all(r"\p{Co}", "文").str.replace_all("[０-９]", "９").str.replace_all(r"[\p{Nd}--９]", "9")
    for unit in _UNITS:
        for digit in "9９":
            text = text.str.replace_all(digit + unit, digit + _KEPT[unit], literal=True)
    for half in _HALVES:
        text = text.str.replace_all(rf"{half}( *[9９])", f"{_KEPT[half]}${{1}}")
    text = (
        text.str.replace_all(r"[\p{Latin}&&\p{Lu}]", "A")
        .str.replace_all(r"[\p{Latin}&&\p{Ll}]", "a")
        .str.replace_all(r"[[\p{L}\p{M}\p{No}\p{Nl}\p{Cn}]--[Aa]]", "文")
        .str.replace_all(r"\p{Cc}|\p{Cf}|[\u2028\u2029]", " ")
    )
    for kept, mark in _KEPT.items():
        text = text.str.replace_all(mark, kept, literal=True)
    long = text.str.len_chars() > LONGEST
    return texts.rename("text").to_frame().select(pl.when(long).then(text.str.head(LONGEST) + "…").otherwise(text))["text"]
