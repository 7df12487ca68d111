"""Wide surveys: one row per answer sheet, one column per question. Finds the questions, their scales, and pairs of two ratings."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pipeline.suggest.content import Fit
from pipeline.suggest.matching import ColumnMatch, TableMatch
from pipeline.suggest.names import likeness, plain
from pipeline.suggest.profile import ColumnProfile, FileProfile
from schemas.answer_scales import answer_scales

_FEWEST, _SHARE, _MANY = 5, 0.3, 15
_HIGHEST = 10
_SCALES = ((1, 5), (1, 7), (1, 10), (0, 10))
_EXPECTED = ("期望", "预期", "重要", "expect", "importan", "기대", "중요")
_PERCEIVED = ("感知", "实际", "满意", "表现", "perceiv", "perception", "performance", "satisf", "인지", "만족")
_QUESTION = re.compile(r".{6,}|[A-Za-z]{1,6}[ _.]?\d+.*|第?\d+.*")
# Names that nothing but a question has: Q3_1, 3、…, one with a question mark.
_PLAINLY_ASKED = re.compile(r"[Qq]\d+.*|第?\d+[题、.．)）].*|.*[?？]")
_MOST_ASKED = 0.6
# Several words.
_SENTENCE = re.compile(r"\w+\W+\w+\W+\w+|[\u3400-\u9fff\uac00-\ud7a3]{4}")
# What platforms write where a question was not put or not answered.
_SKIPPED = re.compile(r"-(1|2|3|9|99)")
_MOST_SKIPPED = 0.5
# A single rating, as service desks ask for after each request.
_ONE_RATING = 0.6
_FREE_TEXT = 0.72
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
        """The source columns of all questions."""
        return {column.name for item in self.items for column in (item.score, item.expectation) if column is not None}

    @property
    def skips(self) -> list[str]:
        """Numbers that are no answers."""
        return sorted({text for item in self.items for text in skipped(item.score)})

    @property
    def words(self) -> dict[str, int]:
        """Texts of answers with their scores."""
        return {text: score for item in self.items for text, score in item.words.items()}


def survey_of(file: FileProfile) -> Survey | None:
    """The survey that a file holds side by side; None if it holds none."""
    rated = [column for column in file.columns if _scale_words(column) is not None or _is_rated(column)]
    rated = [column for run in _runs(rated) for column in run if _is_question(column, run)]
    is_most = len(rated) >= _SHARE * len(file.columns) or len(rated) >= _MANY
    asked = sum(_PLAINLY_ASKED.fullmatch(column.name) is not None for column in rated)
    if len(rated) < _FEWEST or not (is_most or asked >= _MOST_ASKED * len(rated)):
        return None
    return _survey(rated)


def single_rating(file: FileProfile) -> Survey | None:
    """The one rating of a file whose rows are answers to a request for feedback; None if there is none, or several."""
    found = [
        column
        for column in file.columns
        if (_scale_words(column) is not None or _is_rated(column))
        and likeness("survey_answers", "score", column.name).score >= _ONE_RATING
    ]
    return _survey(found) if len(found) == 1 else None


def _survey(rated: list[ColumnProfile]) -> Survey:
    seven = _seven_points(rated)
    scales = {place: (1, 7) if seven and words else scale for place, scale, words in _scales(rated)}
    partners: dict[int, ColumnProfile] = {}
    for column in rated:
        other = _perceived_of(column, rated)
        if other is not None and other.place not in partners:
            partners[other.place] = column
    expected = {column.place for column in partners.values()}
    items = []
    for place, column in enumerate((each for each in rated if each.place not in expected), start=1):
        low, high = scales[column.place]
        numbers = _answers(column)
        is_full = bool(_scale_words(column)) or (min(numbers) <= low and max(numbers) >= high)
        words = _scale_words(column) or {}
        if seven and words:
            words = {text: seven[plain(text)] for text in words}
        items.append(Item(f"q{place:02d}", column, partners.get(column.place), (low, high), words, is_full))
    return Survey(tuple(items))


def with_comment(match: TableMatch, survey: Survey) -> TableMatch:
    """The match with the question that is answered in free text, where no name says which it is."""
    if "comment" in match.active():
        return match
    asked = {column.place for item in survey.items for column in (item.score, item.expectation) if column is not None}
    used = {source for found in match.matches.values() for source in found.sources} | survey.columns
    free = [each for each in match.file.columns if each.place > min(asked) and each.name not in used and _is_free(each)]
    if len(free) != 1:
        return match
    fit = Fit(1.0, "texts of their own behind the questions")
    found = ColumnMatch(match.table.column("comment"), free[0], _FREE_TEXT, ("the only question answered in words",), fit)
    return match.having({**match.matches, "comment": found})


def _is_free(column: ColumnProfile) -> bool:
    return column.filled > 0 and column.dates is None and column.number_share < 0.5 and column.distinct > 0.5 * column.filled


def _runs(rated: list[ColumnProfile]) -> Iterator[list[ColumnProfile]]:
    """Columns that stand side by side."""
    run: list[ColumnProfile] = []
    for column in rated:
        if run and column.place != run[-1].place + 1:
            yield run
            run = []
        run.append(column)
    if run:
        yield run


def _is_question(column: ColumnProfile, run: list[ColumnProfile]) -> bool:
    """By its name; between other questions it may have a short code."""
    named = sum(_QUESTION.fullmatch(each.name) is not None for each in run)
    if len(run) == 1 and not _PLAINLY_ASKED.fullmatch(column.name) and not _SENTENCE.search(column.name):
        return False
    return _QUESTION.fullmatch(column.name) is not None or (len(run) >= _FEWEST and named >= _MOST_ASKED * len(run))


def _answers(column: ColumnProfile) -> list[float]:
    """The numbers that are answers."""
    return [number for number in column.numbers if number >= 0]


def skipped(column: ColumnProfile) -> list[str]:
    """The numbers that say that a question was not put or not answered."""
    return [text for text, _ in column.counted if _SKIPPED.fullmatch(text)]


def _is_rated(column: ColumnProfile) -> bool:
    if column.number_share < 0.95 or not column.is_whole or (column.is_unique and column.filled > _HIGHEST):
        return False
    codes, answers = skipped(column), _answers(column)
    if len(answers) + len(codes) < len(column.values) or column.share_of(set(codes)) > _MOST_SKIPPED:
        return False
    # Of a few sheets, two answers may be all that was given.
    fewest = 2 if column.filled <= 2 * _HIGHEST else 3
    return fewest <= len(answers) <= _HIGHEST + 1 and 3 <= max(answers) <= _HIGHEST


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


def _seven_points(rated: list[ColumnProfile]) -> Mapping[str, int] | None:
    """A scale of seven, where two answers to the questions are one and the same on the scale of five. Few answers show it."""
    texts = {plain(text) for column in rated for text in (_scale_words(column) or {})}
    scales = {name: {plain(word): int(number) for word, number in scale.items()} for name, scale in answer_scales().items()}
    for name, seven in scales.items():
        five = scales.get(name.replace("_7", "_5"), {}) if name.endswith("_7") else {}
        if texts and texts <= seven.keys() & five.keys() and _told_apart(texts, seven) > _told_apart(texts, five):
            return seven
    return None


def _told_apart(texts: set[str], scale: Mapping[str, int]) -> int:
    return len({scale[text] for text in texts})


@lru_cache(maxsize=1)
def _scales_in_words() -> tuple[Mapping[str, int], ...]:
    """The scales of five, their words in plain writing: longer ones have the same words for other numbers."""
    return tuple(
        {plain(word): int(number) for word, number in scale.items()}
        for name, scale in answer_scales().items()
        if name.endswith("_5")
    )


def _scales(rated: list[ColumnProfile]) -> Iterator[tuple[int, tuple[int, int], bool]]:
    """Questions that stand side by side are asked on one scale: the smallest usual one that holds all their answers."""
    run: list[ColumnProfile] = []
    for column in [*rated, None]:
        if run and (
            column is None or column.place != run[-1].place + 1 or bool(_scale_words(column)) != bool(_scale_words(run[-1]))
        ):
            if _scale_words(run[0]):
                scale = (1, 5)
            else:
                low, high = min(min(_answers(each)) for each in run), max(max(_answers(each)) for each in run)
                scale = next((each for each in _SCALES if each[0] <= low and high <= each[1]), (0, _HIGHEST))
            yield from ((each.place, scale, bool(_scale_words(each))) for each in run)
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
