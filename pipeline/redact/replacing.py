"""What all redaction rules share: the labels, how a match is replaced, and what a rule is.

The patterns of personal data are in the module of their kind: ``documents.py``, ``numbers.py``, ``people.py`` ….
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

PHONE, ID_NUMBER, BANK_CARD, PLATE, EMAIL = "[电话]", "[证件号]", "[银行卡]", "[车牌]", "[邮箱]"
URL, ACCOUNT, ADDRESS, NAME, NUMBER = "[网址]", "[账号]", "[地址]", "[姓名]", "[号码]"
VEHICLE, NETWORK_ADDRESS, COORDINATES, BIRTH_DATE = "[车架号]", "[网络地址]", "[坐标]", "[出生日期]"
LABELS = (
    *(PHONE, ID_NUMBER, BANK_CARD, PLATE, EMAIL, URL, ACCOUNT, ADDRESS, NAME, NUMBER),
    *(VEHICLE, NETWORK_ADDRESS, COORDINATES, BIRTH_DATE),
)

Step = Callable[[str], str]
Decision = Callable[[re.Match[str]], str | None]

HAN = "[\u3400-\u4dbf\u4e00-\u9fff]"

# Punctuation that the patterns know as it is, and signs that mean nothing to them.
_KEPT = "！，：；？（）～％＝＜＞｛｜｝…℃\u3000\u2011\u2017\u222c\u222d\u222f\u2230\u2329\u232a\u3036"
# Fillers that look like nothing and are letters or symbols to Unicode.
_BLANK = "\u115f\u1160\u2800\u3164\uffa0"
# Ratio and other signs that are written for a colon.
_COLONS = "\u02d0\u2236\ua789\ufe30"
# Suzhou numerals, as on old price tags.
_TALLIES = "\u3021\u3022\u3023\u3024\u3025\u3026\u3027\u3028\u3029"
UNUSUAL = (
    # ASCII, Han, kana, punctuation, symbols and pictures: a text of these alone is plain as it is.
    "[^\x00-\x7f\u00b0\u00b7\u00d7\u2010-\u2023\u2026\u2103\u2190-\u2235\u2237-\u245f\u2500-\u2775\u2794-\u27ff\u3000-\u3020\u3030-\u3037"
    "\u303b-\u303f\u3041-\u3096\u30a1-\u30fe\u3400-\u4dbf\u4e00-\u9fff！，：；？（）～％＝＜＞｛｜｝\U0001f300-\U0001faff]"
)
"""A character that ``plain`` may change, for whole columns."""


class _PlainCharacters(dict[int, str]):
    """Each character as it is read: 138 in full width, in circles, in bold, or with an invisible mark between its digits.

    Worked out when it is first met. Marks without width, and marks over a letter, are nothing.
    """

    def __missing__(self, code: int) -> str:
        self[code] = read = self._read(chr(code))
        return read

    @staticmethod
    def _read(character: str) -> str:
        if character.isascii() or character in _KEPT:
            return character
        if character in _BLANK or unicodedata.category(character) in ("Cf", "Mn", "Me"):
            return ""
        if character in _COLONS:
            return "："
        if character in _TALLIES:
            return str(_TALLIES.index(character) + 1)
        digit = unicodedata.digit(character, None)
        return unicodedata.normalize("NFKC", character) if digit is None else str(digit)


_PLAIN = _PlainCharacters()


def plain(text: str) -> str:
    """The text as a reader sees it, which the patterns are written for; most punctuation stays as it is."""
    return text if text.isascii() else text.translate(_PLAIN)


def plain_texts(texts: pl.Series) -> pl.Series:
    """``plain`` for a whole column; only texts with an unusual character go through Python. Nulls stay null."""
    rows = texts.str.contains(UNUSUAL).fill_null(False).arg_true()
    if not len(rows):
        return texts
    return texts.clone().scatter(rows, pl.Series([plain(text) for text in texts.gather(rows)], dtype=pl.String))


@dataclass(frozen=True)
class Rule:
    """One step over a text, and a guard that says where the step is needed.

    The guard has no look-around (it runs over whole columns) and matches a superset of what the step's patterns match: without a
    guard match, the step changes nothing. A property test checks this for each rule.
    """

    step: Step
    guard: str
    coarse: str = ""
    """A wider guard without counted repeats and large alternations, for all texts; "" if the guard itself is small."""


def substitute(pattern: re.Pattern[str], decide: Decision, text: str, beginning: re.Pattern[str] | None = None) -> str:
    """Replace each match with the result of ``decide``; None refuses it, and the next character is tried."""
    pieces: list[str] = []
    done = start = 0
    while match := _find(pattern, text, start, beginning):
        replacement = decide(match)
        if replacement is None:
            start = match.start() + 1
            continue
        pieces += text[done : match.start()], replacement
        done = start = match.end()
    return "".join((*pieces, text[done:])) if pieces else text


def _find(pattern: re.Pattern[str], text: str, start: int, beginning: re.Pattern[str] | None) -> re.Match[str] | None:
    """The next match; ``beginning``, the plain words each match begins with, makes a large pattern fast."""
    if beginning is None:
        return pattern.search(text, start)
    while word := beginning.search(text, start):
        if match := pattern.match(text, word.start()):
            return match
        start = word.start() + 1
    return None


def keep_introduction(label: str) -> Callable[[re.Match[str]], str]:
    """A replacement that keeps the announcing words (a group of the match) and puts the label after them."""
    return lambda match: next((group for group in match.groups() if group is not None), "") + label
