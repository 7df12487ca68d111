"""Which values a message may show as they are: those that are categories and nobody's name or number.

All others are shown by their shape (``pipeline/privacy/shapes.py``).
"""

from __future__ import annotations

import re

import polars as pl

from pipeline.redact import lexicon, redaction

PLACEHOLDERS = frozenset(
    [
        *("待定", "未知", "不明", "不详", "无", "暂无", "空", "未填", "未填写", "没有", "无数据", "(空)", "(空白)", "[空]"),
        "(跳过)",
        *("-", "--", "—", "——", "/", "//", "\\", ".", "..", "?", "？", "*", "#"),
        *("N/A", "n/a", "NA", "#N/A", "NULL", "null", "Null", "(null)", "<NULL>", "\\N", "None", "none", "NaN", "nan", "nil"),
        *("TBD", "tbd", "TBC", "unknown", "Unknown", "UNKNOWN"),
    ]
)
"""Texts that people and systems write for "no value"."""

# A rarer text, or one of very many, may be a person's name in the wrong column.
_FEWEST, _SHARE, _LONGEST = 3, 0.2, 40
_SURNAMES = lexicon.SURNAMES | lexicon.RARE_SURNAMES
_COMPOUND = lexicon.COMPOUND_SURNAMES | lexicon.RARE_COMPOUND_SURNAMES
_HAN_NAME = re.compile(r"[\u3400-\u9fff]{2,4}")
_LATIN_NAME = re.compile(r"[A-Z][A-Za-z'-]+[ ,·]+(?:[A-Z]\.? ?)*[A-Z][A-Za-z'-]+")
_LONG_NUMBER = re.compile(r"\d{5}")


def categories(values: pl.DataFrame) -> set[str]:
    """The texts of ``values`` (columns text, count) that may be shown."""
    total = int(values["count"].sum())
    are_few = values.height <= max(_SHARE * total, 1)
    frequent = values.filter(pl.col("count") >= _FEWEST)["text"].to_list() if are_few else []
    candidates = [text for text in frequent if len(text) <= _LONGEST and not _is_like_a_person(text)]
    redacted = redaction.redact_column(pl.Series(candidates, dtype=pl.String)) if candidates else candidates
    shown = {text for text, after in zip(candidates, redacted, strict=True) if text == after}
    return shown | (PLACEHOLDERS & set(values["text"]))


def _is_like_a_person(text: str) -> bool:
    bare = text.strip()
    is_han_name = _HAN_NAME.fullmatch(bare) is not None and (bare[0] in _SURNAMES or bare[:2] in _COMPOUND)
    return is_han_name or _LATIN_NAME.fullmatch(bare) is not None or _LONG_NUMBER.search(bare) is not None
