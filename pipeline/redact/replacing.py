"""What all redaction rules share: the labels, how a match is replaced, and what a rule is.

The patterns of personal data are in ``numbers.py``, ``net.py``, ``plates.py``, ``places.py`` and ``people.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

PHONE, ID_NUMBER, BANK_CARD, PLATE, EMAIL = "[电话]", "[证件号]", "[银行卡]", "[车牌]", "[邮箱]"
URL, ACCOUNT, ADDRESS, NAME, NUMBER = "[网址]", "[账号]", "[地址]", "[姓名]", "[号码]"
LABELS = (PHONE, ID_NUMBER, BANK_CARD, PLATE, EMAIL, URL, ACCOUNT, ADDRESS, NAME, NUMBER)

Step = Callable[[str], str]
Decision = Callable[[re.Match[str]], str | None]

HAN = "[\u3400-\u4dbf\u4e00-\u9fff]"

# Letters and digits typed in full width; punctuation stays as it is.
WIDE = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a＠＋－．／＿]")
NARROW = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
NARROW |= {ord(wide): ord(narrow) for wide, narrow in zip("＠＋－．／＿", "@+-./_", strict=True)}
NARROW_TEXT = {chr(wide): chr(narrow) if isinstance(narrow, int) else narrow for wide, narrow in NARROW.items()}


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
