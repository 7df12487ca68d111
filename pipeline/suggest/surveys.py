"""Wide surveys: one row per answer sheet, one column per question. Finds the questions, their scales, and pairs of two ratings."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pipeline.suggest.names import plain
from pipeline.suggest.profile import ColumnProfile, FileProfile
from schemas.answer_scales import answer_scales

_FEWEST, _SHARE, _MANY = 5, 0.3, 15
_HIGHEST = 10
_SCALES = ((1, 5), (1, 7), (1, 10), (0, 10))
_EXPECTED = ("期望", "预期", "重要", "expect", "importan", "기대", "중요")
_PERCEIVED = ("感知", "实际", "满意", "表现", "perceiv", "perception", "performance", "satisf", "인지", "만족")
_QUESTION = re.compile(r".{6,}|[A-Za-z]{1,6}[ _.]?\d+.*|第?\d+.*")
_NUMBER = re.compile(r"^\W*[A-Za-z]{0,2}\d+([-_.]\d+)*\W*")
# Of the texts of a pair; the two halves of a question say nearly the same.
_ALIKE = 0.5


@dataclass(frozen=True)
class Item:
    """A question of the survey."""

    name: str
    """As ``question_id``."""
    score: ColumnProfile
    expectation: ColumnProfile | None
    scale: tuple[int, int]
    words: Mapping[str, int]
    """Texts of answers; empty: the answers are numbers."""
    is_full_scale: bool
    """Both ends of the scale were answered."""


@dataclass(frozen=True)
class Survey:
    """The questions of a file."""

    items: tuple[Item, ...]

    @property
    def columns(self) -> set[str]:
        return {column.name for item in self.items for column in (item.score, item.expectation) if column is not None}

    @property
    def words(self) -> dict[str, int]:
        return {text: score for item in self.items for text, score in item.words.items()}


def survey_of(file: FileProfile) -> Survey | None:
    """The survey that a file holds side by side; None if it holds none."""
    rated = [column for column in file.columns if _scale_words(column) is not None or _is_rated(column)]
    rated = [column for column in rated if _QUESTION.fullmatch(column.name)]
    if len(rated) < _FEWEST or (len(rated) < _SHARE * len(file.columns) and len(rated) < _MANY):
        return None
    scales = dict(_scales(rated))
    partners: dict[int, ColumnProfile] = {}
    for column in rated:
        other = _perceived_of(column, rated)
        if other is not None and other.place not in partners:
            partners[other.place] = column
    expected = {column.place for column in partners.values()}
    items = []
    for place, column in enumerate((each for each in rated if each.place not in expected), start=1):
        low, high = scales[column.place]
        numbers = column.numbers
        is_full = bool(_scale_words(column)) or (min(numbers) <= low and max(numbers) >= high)
        items.append(Item(f"q{place:02d}", column, partners.get(column.place), (low, high), _scale_words(column) or {}, is_full))
    return Survey(tuple(items))


def _is_rated(column: ColumnProfile) -> bool:
    if column.number_share < 0.95 or not column.is_whole or not 3 <= column.distinct <= _HIGHEST + 1:
        return False
    return min(column.numbers) >= 0 and 3 <= max(column.numbers) <= _HIGHEST


def _scale_words(column: ColumnProfile) -> dict[str, int] | None:
    """The scores of answers in words, where nearly all are of one scale."""
    if not 2 <= column.distinct <= 8:
        return None
    texts = column.values["text"].to_list()
    for words in _scales_in_words():
        found = {text: words[plain(text)] for text in texts if plain(text) in words}
        if len(found) >= 2 and column.share_of(set(found)) >= 0.9:
            return found
    return None


@lru_cache(maxsize=1)
def _scales_in_words() -> tuple[Mapping[str, int], ...]:
    """The scales of five, their words in plain writing: longer ones have the same words for other numbers."""
    return tuple(
        {plain(word): int(number) for word, number in scale.items()}
        for name, scale in answer_scales().items()
        if name.endswith("_5")
    )


def _scales(rated: list[ColumnProfile]) -> Iterator[tuple[int, tuple[int, int]]]:
    """Questions that stand side by side are asked on one scale: the smallest usual one that holds all their answers."""
    run: list[ColumnProfile] = []
    for column in [*rated, None]:
        if run and (
            column is None or column.place != run[-1].place + 1 or bool(_scale_words(column)) != bool(_scale_words(run[-1]))
        ):
            if _scale_words(run[0]):
                scale = (1, 5)
            else:
                low, high = min(min(each.numbers) for each in run), max(max(each.numbers) for each in run)
                scale = next((each for each in _SCALES if each[0] <= low and high <= each[1]), (0, _HIGHEST))
            yield from ((each.place, scale) for each in run)
            run = []
        if column is not None:
            run.append(column)


def _asks(name: str) -> str | None:
    """Whether a question asks what was expected or what was perceived, by the last word that says so."""
    text = name.lower()
    expected, perceived = (max(text.rfind(word) for word in words) for words in (_EXPECTED, _PERCEIVED))
    return None if expected == perceived else "expected" if expected > perceived else "perceived"


def _perceived_of(column: ColumnProfile, rated: list[ColumnProfile]) -> ColumnProfile | None:
    """The other half of a question that asks what was expected: beside it, and worded alike."""
    if _asks(column.name) != "expected":
        return None
    near = [each for each in rated if abs(each.place - column.place) == 1 and _asks(each.name) == "perceived"]
    likest = max(near, key=lambda each: _alike(column.name, each.name), default=None)
    return likest if likest is not None and _alike(column.name, likest.name) >= _ALIKE else None


def _alike(one: str, two: str) -> float:
    """How much two questions say the same; one number in front of both (1-1 and 1-2) says so, too."""
    numbers = [re.search(r"\d+", each[:6]) for each in (one, two)]
    has_same_number = numbers[0] is not None and numbers[1] is not None and numbers[0][0] == numbers[1][0]
    words = difflib.SequenceMatcher(None, _NUMBER.sub("", one), _NUMBER.sub("", two), autojunk=False)
    return words.ratio() + (0.2 if has_same_number else 0.0)
