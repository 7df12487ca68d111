"""Sentences that a run publishes in Chinese (evidence of process rules, details of checks), in English.

They are put into English as they were released, so that a number withheld in Chinese is withheld in English too. ``sentences.csv``
has each sentence, clause and term in both languages; in ``{braces}`` stands what differs: ``{n…}`` a number or code, ``{s…}`` and
``{t…}`` a clause or term of its own, ``{l…}`` a list of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from schemas.contract import TABLES
from schemas.sheet import Sheet

FILE = Path(__file__).resolve().with_suffix(".csv")

_PLACE = re.compile(r"\{(\w+)\}")
_HAN = r"\u3000-\u303f\u3400-\u9fff\uff00-\uffef"
_IS_CHINESE = re.compile(f"[{_HAN}]")
_FEW = "不足"
_PATTERNS = {"n": rf"(?:{_FEW} )?[^{_HAN}]+?", "s": r"[^；，。：]+?", "t": r".+?", "l": r".+?"}


@dataclass(frozen=True)
class Sentence:
    """One sentence, clause or term: how it is recognised, and its English."""

    pattern: re.Pattern[str]
    english: str


def is_chinese(text: str) -> bool:
    """Whether a text has a Chinese character or full-width sign."""
    return _IS_CHINESE.search(text) is not None


def in_english(text: str, table: Callable[[str], str]) -> str:
    """A published sentence in English; people's own words and sentences that the file lacks are left as they are.

    table   the English name of a contract table
    """
    return _said(text.strip(), {TABLES[name].title: table(name) for name in TABLES}) or text


def _said(text: str, tables: dict[str, str]) -> str | None:
    if not is_chinese(text):
        return text
    if text in tables:
        return tables[text]
    for sentence in sentences():
        if found := sentence.pattern.fullmatch(text):
            parts = {name: _part(name, part.strip(), tables) for name, part in found.groupdict().items()}
            if all(part is not None for part in parts.values()):
                return _capital(sentence.english.format(**parts), is_sentence=text.endswith("。"))
    return None


def _part(name: str, text: str, tables: dict[str, str]) -> str | None:
    if not name.startswith("l"):
        return _said(text, tables)
    whole = _said(text, tables)
    if whole is not None:
        return whole
    items = [_said(item, tables) for item in re.split("[、，]", text)]
    return None if None in items else ", ".join(item for item in items if item is not None)


def _capital(text: str, is_sentence: bool) -> str:
    return text[:1].upper() + text[1:] if is_sentence else text


@lru_cache(maxsize=1)
def sentences(file: Path = FILE) -> tuple[Sentence, ...]:
    """The sentences, those with fewer open places first; raises StandardDataError."""
    sheet = Sheet(file, ["zh", "en"])
    found = []
    for row in sheet:
        chinese, english = row.text("zh"), row.text("en")
        places = _PLACE.findall(chinese)
        if sorted(places) != sorted(_PLACE.findall(english)) or not all(place[0] in _PATTERNS for place in places):
            row.fault("en", "must have the places of zh, each beginning with n, s, t or l")
            continue
        if is_chinese(english):
            row.fault("en", "must be English")
        found.append((len(places), Sentence(re.compile("".join(_pieces(chinese))), english)))
    sheet.finish()
    return tuple(sentence for _, sentence in sorted(found, key=lambda each: each[0]))


def _pieces(chinese: str) -> Iterator[str]:
    for index, piece in enumerate(_PLACE.split(chinese)):
        yield f"(?P<{piece}>{_PATTERNS[piece[0]]})" if index % 2 else re.escape(piece)
