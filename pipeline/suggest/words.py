"""Which value of a closed set the texts of a column mean. Words of ``schemas/value_words.csv``; nothing is guessed beyond them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from pipeline.suggest.names import plain
from pipeline.suggest.profile import ColumnProfile
from schemas.contract import TABLES, Column, Table
from schemas.value_words import words_of

_RANK = re.compile(r"^(?:[p]?\d{1,2}|[ivx]{1,3})\s+(?=\D)")
_HAN = re.compile(r"[\u3400-\u9fff]")
_NEGATIONS = ("未", "不", "非", "无", "not", "un", "non", "no")
# What casting reads without a map.
_READ = {"true", "false", "1", "0", "yes", "no", "y", "n", "t", "f", "是", "否", "1.0", "0.0"}
_MOST = 60


@dataclass(frozen=True)
class Mapped:
    """The texts of a column as values of a closed set."""

    values: Mapping[str, str]
    """Text → value, of those that need a map; only texts that are known words or may be shown."""
    share: float
    """Of the filled cells, how many have a value."""
    open_texts: tuple[str, ...] = ()
    """Without a known word, and may be shown; the most frequent first."""
    hidden: int = 0
    """How many distinct texts without a known word may not be shown."""
    reached: int = 0
    """How many values of the set occur."""


def mapped(profile: ColumnProfile, table: Table, column: Column) -> Mapped:
    """What the texts mean; a column of very many texts is no closed set."""
    if not profile.filled or profile.distinct > _MOST:
        return Mapped({}, 0.0)
    known = _meanings(table.name, column.name)
    values: dict[str, str] = {}
    open_texts: list[str] = []
    hidden, count_known, reached = 0, 0, set()
    for text, count in profile.counted:
        value, is_exact = _meaning(text, known)
        may_be_shown = is_exact or text in profile.categories
        if value is None or not may_be_shown:
            hidden += not may_be_shown
            open_texts += [text] if may_be_shown else []
            continue
        count_known += count
        reached.add(value)
        is_read = text.lower() in _READ if column.type == "boolean" else text == value
        if not is_read:
            values[text] = value
    return Mapped(values, count_known / profile.filled, tuple(open_texts), hidden, len(reached))


@lru_cache(maxsize=200)
def _meanings(table: str, column: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for value, words in words_of(TABLES[table], TABLES[table].column(column)).items():
        for word in words:
            # Signs such as √ have no letters.
            found.setdefault(plain(word) or word, value)
    return found


def _meaning(text: str, known: Mapping[str, str]) -> tuple[str | None, bool]:
    """The value, and whether the text is a known word itself or only holds one."""
    name = plain(text) or text.strip()
    for candidate in (name, _RANK.sub("", name)):
        if candidate in known:
            return known[candidate], True
    words = name.split()
    inside: dict[str, int] = {}
    for word, value in known.items():
        if _HAN.search(word):
            place = name.find(word) if len(word) >= 2 else -1
            fits = place >= 0 and not name[:place].endswith(_NEGATIONS[:4])
        else:
            of_word = word.split()
            places = [each for each in range(len(words)) if words[each : each + len(of_word)] == of_word]
            fits = len(word) >= 4 and any(not place or words[place - 1] not in _NEGATIONS for place in places)
        if fits:
            inside[value] = max(inside.get(value, 0), len(word))
    return (next(iter(inside)), False) if len(inside) == 1 else (None, False)
