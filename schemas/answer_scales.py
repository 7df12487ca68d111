"""Named scales of survey answers: the number behind each word (非常满意 is 5), in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from schemas.sheet import Sheet

FILE = Path(__file__).resolve().with_suffix(".csv")


@lru_cache(maxsize=1)
def answer_scales(file: Path = FILE) -> Mapping[str, Mapping[str, str]]:
    """Scale → word → its number as text; English words also as they begin a cell or a title. Raises StandardDataError. ::

    answer_scales()["satisfaction_5"]["非常满意"] == answer_scales()["satisfaction_5"]["Very satisfied"] == "5"
    """
    sheet = Sheet(file, ["scale", "value", "words"])
    found: dict[str, dict[str, str]] = {}
    for row in sheet:
        scale = found.setdefault(row.text("scale"), {})
        number = str(row.integer("value", at_least=1, at_most=10))
        for word in (word.strip() for word in row.text("words").split(";")):
            if not word or word in scale:
                row.fault("words", f"'{word}' is there twice" if word else "must be words, separated by semicolons")
            scale |= dict.fromkeys((word, word.capitalize(), word.title(), word.upper()), number)
    sheet.finish()
    return MappingProxyType({name: MappingProxyType(words) for name, words in found.items()})
