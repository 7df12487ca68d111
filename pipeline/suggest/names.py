"""How much the name of a source column says that it is a column of the contract, from 0 to 1. Words only, no values."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from schemas.column_labels import column_label
from schemas.contract import TABLES, Table
from schemas.value_words import table_names

EXACT, KNOWN = 1.0, 0.95
# A name that holds a known one as its last word says more about what the column is than one that merely begins with it.
_HEAD, _PART, _CUT = 0.62, 0.5, 0.6
_NEAR, _SHORTEST_NEAR, _LONGEST = 0.86, 5, 40
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BRACKETS = re.compile(r"[（(\[【].*?[)）\]】]")
_QUESTION_NUMBER = re.compile(r"^\s*(Q|第)?\d+\s*[、.．:：)）题]\s*")
_HAN = re.compile(r"[\u3400-\u9fff]")
# Words that say nothing about what a column holds.
# Alone they may mean many things.
_VAGUE_NAMES = frozenset(
    [
        *(
            "id",
            "number",
            "key",
            "type",
            "name",
            "date",
            "state",
            "group",
            "source",
            "from",
            "value",
            "title",
            "text",
            "code",
            "item",
        ),
        *(
            "case",
            "call",
            "reason",
            "contact",
            "user",
            "account",
            "kind",
            "reference",
            "issue type",
            "organization",
            "organisation",
            "company",
            "公司",
            "category",
            "类别",
            "序号",
            "进度",
            "编号",
            "类型",
            "名称",
            "日期",
            "来源",
            "内容",
        ),
        # All calls abandoned, of which the contract wants those given up soon.
        *("放弃", "放弃量", "放弃数", "放弃数量", "abandoned", "abandons", "abandoned calls"),
    ]
)
_VAGUE = 0.86
# Nothing but a time: that of what the row is about.
_MOMENTS = frozenset(
    [
        "时间",
        "日期",
        "date",
        "time",
        "timestamp",
        "date time",
        "datetime",
        "event time",
        "event date",
        "event timestamp",
        "事件时间",
    ]
)
_MOMENT = 0.8
# They say that a column names something, not what: group identifier, 网点代码.
_NAMING = re.compile(r"(?<=\w)(?: (?:id|identifier|code|number|no|num|name)|编号|编码|代码|号|名称)$")
_NAMED = 0.89
_EMPTY_WORDS = {"the", "a", "of", "in", "u", "sys", "fld", "col", "field", "custom"}


@dataclass(frozen=True)
class Named:
    """A score with its reason."""

    score: float
    reason: str


NOTHING = Named(0.0, "")


@lru_cache(maxsize=50_000)
def plain(name: str) -> str:
    """Lower case, words apart, without punctuation: ``openedAt``, ``Opened-at`` and ``opened_at`` are ``opened at``."""
    text = _CAMEL.sub(" ", unicodedata.normalize("NFKC", name))
    return " ".join(re.sub(r"[^\w]|_", " ", text).lower().split())


@lru_cache(maxsize=2_000)
def _known_names(table: str, column: str) -> Mapping[str, float]:
    label = column_label(table, column)
    names = {plain(other): KNOWN - min(place, 30) * 0.001 for place, other in reversed([*enumerate(label.other_names)])}
    return {name: score for name, score in names.items() if name} | {plain(label.label_zh): EXACT, plain(column): EXACT}


@lru_cache(maxsize=200_000)
def likeness(table: str, column: str, source: str) -> Named:
    """How much ``source`` is a name of the table's column. ::

    likeness("service_requests", "requested_at", "登记时间").score
    """
    if len(source) > 3 * _LONGEST:
        return NOTHING
    found = _likeness(table, column, plain(source))
    asked = _QUESTION_NUMBER.sub("", source)
    if asked != source and plain(asked):
        found = max(found, _likeness(table, column, plain(asked)), key=lambda each: each.score)
    inside = _BRACKETS.search(source)
    if inside is not None:
        for variant in (_BRACKETS.sub("", source), inside[0][1:-1]):
            if plain(variant):
                found = max(found, _likeness(table, column, plain(variant)), key=lambda each: each.score)
    return found


def _likeness(table: str, column: str, name: str) -> Named:
    known = _known_names(table, column)
    if name in _VAGUE_NAMES and known.get(name, EXACT) < EXACT:
        return Named(known[name] - KNOWN + _VAGUE, f"a usual name of {column}, and of much else")
    if name in known:
        return Named(known[name], "the name itself" if known[name] == EXACT else f"a usual name of {column}")
    if name in _MOMENTS:
        return Named(_MOMENT, "the time of the row") if column in TABLES[table].dated_by else NOTHING
    tight = {each.replace(" ", ""): score for each, score in reversed(list(known.items()))}
    if name.replace(" ", "") in tight:
        return Named(tight[name.replace(" ", "")] - 0.005, f"a usual name of {column}")
    best = NOTHING
    bare = _NAMING.sub("", name)
    if bare != name and known.get(bare, 0) and len(bare) >= 2:
        best = Named(_NAMED * known[bare], f"a name of '{bare}'")
    elif name not in _VAGUE_NAMES and (longer := next((each for each in known if _NAMING.sub("", each) == name), None)):
        best = Named(_NAMED * known[longer], f"like '{longer}'")
    words = [word for word in name.split() if word not in _EMPTY_WORDS]
    for each, worth in known.items():
        score = _contained(words, name, each) * min(worth / KNOWN, 1.0)
        if score > best.score:
            best = Named(score, f"like '{each}'")
        if best.score < _NEAR and len(each) >= _SHORTEST_NEAR and abs(len(each) - len(name)) <= 3 and len(name) <= _LONGEST:
            ratio = difflib.SequenceMatcher(None, each, name).ratio()
            if ratio >= _NEAR and ratio * 0.85 > best.score:
                best = Named(ratio * 0.85, f"spelt almost like '{each}'")
    return best


def _contained(words: list[str], name: str, known: str) -> float:
    """A known name inside the name, or the name inside a known one."""
    if _HAN.search(known):
        if len(known) < 2 or len(name) < 2 or not _HAN.search(name):
            return 0.0
        if known in name:
            share = len(known) / len(name)
            return (_HEAD + 0.33 * share) if name.endswith(known) else (_PART + 0.2 * share)
        if name in _VAGUE_NAMES:
            return 0.0
        return (_CUT + 0.3 * len(name) / len(known)) if known.endswith(name) else 0.0
    of_known = known.split()
    if not words or not of_known or (len(of_known) == 1 and len(known) < 4):
        return 0.0
    if set(of_known) <= set(words):
        share = len(of_known) / len(words)
        return (_HEAD + 0.33 * share) if words[-len(of_known) :] == of_known else (_PART + 0.2 * share)
    if (
        name not in _VAGUE_NAMES
        and set(words) <= set(of_known)
        and len(words) < len(of_known)
        and len(words[-1]) >= 4
        and words[-1] == of_known[-1]
    ):
        return _CUT + 0.2 * len(words) / len(of_known)
    return 0.0


def is_id_of(name: str, other: str) -> bool:
    """Whether a column holds the ids of what another column names: ``Requester id`` beside ``Requester``."""
    one, two = plain(name), plain(other)
    return one != two and _NAMING.sub("", one) == two and not one.endswith(("name", "名称"))


def table_likeness(table: Table, file: str) -> float:
    """How much a file's name says that it holds the table, from 0 to 1."""
    name = plain(re.sub(r"\d+", " ", file))
    if not name:
        return 0.0
    words = name.split()
    best = 0.0
    for known in (plain(table.name), plain(table.title), *map(plain, table_names()[table.name])):
        if known == name:
            return 1.0
        if _HAN.search(known):
            fits = known in name
        else:
            of_known = known.split()
            fits = any(words[place : place + len(of_known)] == of_known for place in range(len(words)))
        best = max(best, 0.6 + 0.4 * len(known) / len(name)) if fits else best
    return best
