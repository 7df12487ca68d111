"""Which table of the contract a file resembles, and which of its columns each column of the table.

Name and values make a score for every pair; the assignment with the highest sum wins
(https://docs.scipy.org/doc/scipy/reference/generated/scipy.optimize.linear_sum_assignment.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import polars as pl

from pipeline.extract.files import without_kind
from pipeline.suggest.content import NO_FIT, Fit, fit_of
from pipeline.suggest.names import is_id_of, likeness, plain, table_likeness
from pipeline.suggest.profile import ColumnProfile, FileProfile
from pipeline.suggest.words import mapped
from schemas.contract import TABLES, Column, Table

SURE, LIKELY, POSSIBLE = "sure", "likely", "possible"
_LIMITS = {SURE: 0.9, LIKELY: 0.7, POSSIBLE: 0.45}
# Nearer than this, another column may be meant as well.
_NEAR, _AT_MOST_LIKELY = 0.08, 0.85
# Values of a closed set speak for themselves, but another column may hold the same words.
_BY_VALUES_ALONE, _VALUES_SHARE = 0.5, 0.95
_LEAST_TABLE = 0.3
# Without a key or a date, a file of many columns may resemble anything.
_WITHOUT_CORE = 0.6
_NAMES_BESIDE_IDS = 0.8
_DURATION = re.compile(r"\b(minutes|mins?|hours?|hrs|seconds|secs?|days)\b|分钟|小时|时长|秒|天数")
_NAMED_ALIKE = 0.55
_IS_NUMBER = re.compile(r"\b(number|no|key|display id|reference)$|编号$|单号$")
_CALLED_KEY = re.compile(r"\b(id|ids|number|no|code|ref|reference|key|uuid)\b|(id|ref|no)$|编号|编码|单号|流水|序号|号码?$")
_ONLY_KEY, _REFERENCE, _FEWEST_KEYS = 0.72, 0.85, 10
_SAYS_FIRST = re.compile(r"\bfirst\b|首次|首")
_IDS_BESIDE_NUMBERS = 0.75
# Columns that say when what the row is about began.
_BEGINNINGS = ("requested_at", "queued_at", "received_at", "opened_at")
_SPEAKING, _SPEAKING_SHARE, _WORDS_OF_ANOTHER = 0.04, 0.6, 0.6
_ANYTHING = ("region_code", "outlet_id", "product_category", "issue_class", "cause_class")
_LATER, _NEVER, _FEWEST_TIMES = 0.8, 0.98, 5
_ISO = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d")
Pairs = dict[tuple[int, int], tuple[float, str, Fit]]


@dataclass(frozen=True)
class ColumnMatch:
    """A source column proposed for a column of the contract."""

    column: Column
    source: ColumnProfile
    confidence: float
    reasons: tuple[str, ...]
    fit: Fit

    @property
    def grade(self) -> str:
        return next((grade for grade, limit in _LIMITS.items() if self.confidence >= limit), POSSIBLE)

    @property
    def sources(self) -> tuple[str, ...]:
        return self.fit.sources or (self.source.name,)

    @property
    def is_open(self) -> bool:
        """There are several readings, or too little speaks for it: people decide."""
        return self.grade == POSSIBLE or bool(self.fit.readings)

    @property
    def written(self) -> Any:
        """The right side of ``columns`` in ``sources.yaml``."""
        return _written(self.source.name, self.fit.written)

    @property
    def readings(self) -> list[Any]:
        """All of them, where the values do not decide."""
        return [_written(self.source.name, each) for each in self.fit.readings] or [self.written]


@dataclass(frozen=True)
class TableMatch:
    """A table of the contract for a file."""

    table: Table
    file: FileProfile
    score: float
    reasons: tuple[str, ...]
    matches: Mapping[str, ColumnMatch] = field(default_factory=dict)
    """By column of the contract."""

    def active(self) -> dict[str, ColumnMatch]:
        """Those that are proposed as they are."""
        return {name: match for name, match in self.matches.items() if not match.is_open}

    def having(self, found: Mapping[str, ColumnMatch]) -> TableMatch:
        """The same with these matches, in the contract's order."""
        return replace(self, matches={column.name: found[column.name] for column in self.table.columns if column.name in found})

    def improved(self, name: str, **changes: Any) -> TableMatch:
        """The same with one column's match changed."""
        return replace(self, matches={**self.matches, name: replace(self.matches[name], **changes)})


def table_matches(file: FileProfile, without: Iterable[str] = ()) -> list[TableMatch]:
    """Tables that the file may be, the likeliest first; none if it resembles no table. ``without``: as ``table_match``."""
    found = [table_match(file, table, without) for table in TABLES.values()]
    # Of two that are as near, the first of the contract, which is what most records are.
    return sorted((each for each in found if each.score >= _LEAST_TABLE), key=lambda each: -round(each.score, 2))


def table_match(file: FileProfile, table: Table, without: Iterable[str] = ()) -> TableMatch:
    """How a file would be read as a table; ``without``: columns of the file that something else takes."""
    taken = set(without)
    sources = [column for column in file.columns if column.name not in taken]
    pairs = _pairs(sources, table, file)
    scores = np.zeros((len(sources), len(table.columns)))
    for (row, place), (score, _, _) in pairs.items():
        scores[row, place] = score
    matches: dict[str, ColumnMatch] = {}
    for row, place in _assigned(scores):
        if scores[row, place] < _LIMITS[POSSIBLE]:
            continue
        column, (score, reason, fit) = table.columns[place], pairs[row, place]
        rival = _rival(scores, row, place)
        if rival is not None and score > _AT_MOST_LIKELY:
            score, reason = _AT_MOST_LIKELY, f"{reason}, but '{rival_name(rival, sources, table)}' is as near"
        duration = _duration_of(column, sources, table) if column.type == "timestamp" else None
        if duration is not None:
            score, note = min(score, _AT_MOST_LIKELY), f"{duration} may say it better: a duration, to be added to its beginning"
            fit = replace(fit, notes=(*fit.notes, note))
        if column.in_place_of:
            score, reason = min(score, _BY_VALUES_ALONE), f"{reason}, but whether within the standard's limit only people know"
        matches[column.name] = ColumnMatch(column, sources[row], score, tuple(filter(None, (reason, fit.reason))), fit)
    _doubt_last_resolution(matches, file)
    score, reasons = _table_score(file, table, matches)
    return TableMatch(table, file, score, reasons, {}).having(matches)


def _doubt_last_resolution(matches: dict[str, ColumnMatch], file: FileProfile) -> None:
    """Where reopenings are counted or told, the one time of resolution of a record may be that of the last one."""
    found = matches.get("resolved_at")
    is_reopened = "reopened_count" in matches or bool(file.histories)
    if found is not None and is_reopened and not _SAYS_FIRST.search(plain(found.source.name)):
        note = f"{found.source.name} may be the last resolution of what was reopened; the contract wants the first one"
        fit = replace(found.fit, notes=(*found.fit.notes, note))
        matches["resolved_at"] = replace(found, confidence=min(found.confidence, _AT_MOST_LIKELY), fit=fit)


def _duration_of(column: Column, sources: list[ColumnProfile], table: Table) -> str | None:
    """A column of numbers that is called like one of times, with a unit."""
    for source in sources:
        is_duration = _DURATION.search(plain(source.name)) and source.amount_share >= 0.9
        if is_duration and likeness(table.name, column.name, source.name).score >= _NAMED_ALIKE:
            return source.name
    return None


def rival_name(rival: tuple[int, int], sources: list[ColumnProfile], table: Table) -> str:
    """What the nearest other pair adds: its source, or its column of the contract."""
    row, place = rival
    return sources[row].name if row >= 0 else table.columns[place].name


def _assigned(scores: np.ndarray) -> list[tuple[int, int]]:
    # Slow to import, and only needed here.
    from scipy.optimize import linear_sum_assignment

    # A power, so that one good match counts for more than two doubtful ones.
    rows, places = linear_sum_assignment(scores**4, maximize=True)
    return list(zip(rows.tolist(), places.tolist(), strict=True))


def _pairs(sources: list[ColumnProfile], table: Table, file: FileProfile) -> Pairs:
    found: Pairs = {}
    for row, source in enumerate(sources):
        for place, column in enumerate(table.columns):
            if source.name in file.looked_up and not column.name.endswith("_id"):
                # What the key stands for is a column of its own.
                found[row, place] = (0.0, "", NO_FIT)
                continue
            named = likeness(table.name, column.name, source.name)
            if named.score >= _LIMITS[POSSIBLE]:
                fit = fit_of(source, table, column, file)
                found[row, place] = _scored(named.score * fit.share, source, table, column), named.reason, fit
            elif column.values and 2 <= source.distinct <= len(column.values) * 3:
                words = mapped(source, table, column)
                if words.share >= _VALUES_SHARE and words.reached >= 2:
                    found[row, place] = _BY_VALUES_ALONE, "the values, not the name", fit_of(source, table, column, file)
            found.setdefault((row, place), (0.0, "", NO_FIT))
    _prefer_ids(found, sources, table)
    _prefer_keys(found, sources, table, file)
    _prefer_numbers(found, sources, table)
    _prefer_the_beginning(found, sources, table, file)
    return found


def _scored(score: float, source: ColumnProfile, table: Table, column: Column) -> float:
    """Words of a closed set speak for it, and against a column that may hold anything."""
    if column.values:
        words = mapped(source, table, column)
        return min(score + _SPEAKING, 1.0) if score and words.share >= _SPEAKING_SHARE and words.reached >= 2 else score
    if column.name in _ANYTHING and "status" in (each.name for each in table.columns) and column.name != "status":
        words = mapped(source, table, table.column("status"))
        return score * _WORDS_OF_ANOTHER if words.share >= _SPEAKING_SHARE and words.reached >= 2 else score
    return score


def _prefer_keys(found: Pairs, sources: list[ColumnProfile], table: Table, file: FileProfile) -> None:
    """A column that is different in every row is the key rather than a reference, and may be it without a name of one."""
    keys = [name for name in table.key if name != "enterprise_id"]
    if len(keys) != 1 or file.rows < _FEWEST_KEYS:
        return
    place = next(place for place, column in enumerate(table.columns) if column.name == keys[0])
    unique = [row for row, source in enumerate(sources) if source.is_unique and source.filled == file.rows]
    for row in unique:
        if found[row, place][0] >= _LIMITS[POSSIBLE]:
            for other, column in enumerate(table.columns):
                if other != place and column.name.endswith("_id"):
                    score, reason, fit = found[row, other]
                    found[row, other] = score * _REFERENCE, reason, fit
    best = {row: max(found[row, other][0] for other in range(len(table.columns)) if other != place) for row in range(len(sources))}
    if not any(found[row, place][0] >= max(_LIMITS[POSSIBLE], best[row]) for row in range(len(sources))):
        called = [row for row in unique if _CALLED_KEY.search(plain(sources[row].name)) and sources[row].dates is None]
        free = [row for row in called if best[row] < _LIMITS[LIKELY]]
        if len(free) == 1:
            fit = fit_of(sources[free[0]], table, table.columns[place], file)
            found[free[0], place] = _ONLY_KEY * fit.share, "the only number or code that is different in every row", fit


def _prefer_numbers(found: Pairs, sources: list[ColumnProfile], table: Table) -> None:
    """Where a file has both the number that people are told and the id that only the system knows, the number is meant.

    Both tell rows apart, so that neither is sure.
    """
    keys = [name for name in table.key if name != "enterprise_id"]
    if len(keys) != 1:
        return
    place = next(place for place, column in enumerate(table.columns) if column.name == keys[0])
    keyed = [row for row, source in enumerate(sources) if source.is_unique and found[row, place][0] >= _LIMITS[POSSIBLE]]
    numbers = [row for row in keyed if _IS_NUMBER.search(plain(sources[row].name))]
    for row in keyed if len(keyed) > 1 else ():
        score, reason, fit = found[row, place]
        others = ", ".join(sources[other].name for other in keyed if other != row)
        if numbers and row not in numbers:
            found[row, place] = score * _IDS_BESIDE_NUMBERS, reason, fit
        elif row in numbers:
            found[row, place] = _AT_MOST_LIKELY, f"{reason}, rather than {others}", fit


def _prefer_the_beginning(found: Pairs, sources: list[ColumnProfile], table: Table, file: FileProfile) -> None:
    """Of several times that may be that of the row, the one with a time of day and the earliest of each row is meant."""
    if len(table.dated_by) != 1 or table.dated_by[0] not in _BEGINNINGS:
        return
    place = next(place for place, column in enumerate(table.columns) if column.name == table.dated_by[0])
    named = [row for row in range(len(sources)) if found[row, place][0] >= _LIMITS[POSSIBLE]]
    for row in named:
        score, reason, fit = found[row, place]
        own = sources[row]
        for other in named:
            if other == row:
                continue
            if _has_time(sources[other]) and not _has_time(own):
                found[row, place] = score * _LATER, f"{reason}, but {sources[other].name} has the time of day", fit
            elif _has_time(sources[other]) == _has_time(own) and is_later(own, sources[other]):
                found[row, place] = min(score, _LIMITS[LIKELY]) * _LATER, f"{reason}, but later than {sources[other].name}", fit


def _has_time(column: ColumnProfile) -> bool:
    return column.dates is not None and column.dates.has_time


def is_later(one: ColumnProfile, other: ColumnProfile) -> bool:
    """Whether a time is never before another one in the same row, and mostly after it."""
    both = pl.DataFrame({"one": _moments(one), "other": _moments(other)}).drop_nulls()
    if both.height < _FEWEST_TIMES or both.height < 0.5 * min(one.filled, other.filled):
        return False
    never_before = both.filter(pl.col("one") >= pl.col("other")).height >= _NEVER * both.height
    return never_before and both.filter(pl.col("one") > pl.col("other")).height >= 0.5 * both.height


def _moments(column: ColumnProfile) -> pl.Series:
    dates = column.dates
    if dates is None or dates.is_open or dates.is_bare or any("%" not in each[0] for each in dates.formats):
        return pl.Series([None] * len(column.cells), dtype=pl.Datetime("us"))
    if dates.formats:
        return column.cells.str.to_datetime(dates.formats[0][0], strict=False, time_unit="us", ambiguous="null")
    written = column.cells.str.replace_all("/", "-", literal=True).str.replace("T", " ", literal=True).str.slice(0, 19)
    found = [written.str.to_datetime(each, strict=False, time_unit="us") for each in _ISO]
    return pl.select(pl.coalesce(*found)).to_series()


def _prefer_ids(found: Pairs, sources: list[ColumnProfile], table: Table) -> None:
    """Where a file has both names and ids of something, the ids are meant."""
    named = [(row, other) for row, one in enumerate(sources) for other, two in enumerate(sources) if is_id_of(one.name, two.name)]
    for place, column in enumerate(table.columns):
        for ids, names in named if column.name.endswith("_id") else ():
            score, reason, fit = found[names, place]
            if score > 0 and found[ids, place][2].share >= 0.5:
                found[ids, place] = max(found[ids, place][0], score), f"the ids of {sources[names].name}", found[ids, place][2]
                found[names, place] = score * _NAMES_BESIDE_IDS, reason, fit


def _rival(scores: np.ndarray, row: int, place: int) -> tuple[int, int] | None:
    """Another source for the column, or another column for the source, that fits as well and is not better used."""
    limit = scores[row, place] - _NEAR
    for other in np.argsort(-scores[:, place]):
        if other != row and scores[other, place] >= limit and scores[other].max() <= scores[other, place] + _NEAR / 4:
            return int(other), -1
    for other in np.argsort(-scores[row]):
        if other != place and scores[row, other] >= scores[row, place] - _NEAR / 4 and scores[:, other].max() <= scores[row, other]:
            return -1, int(other)
    return None


def _table_score(file: FileProfile, table: Table, matches: Mapping[str, ColumnMatch]) -> tuple[float, tuple[str, ...]]:
    weights = {
        column.name: 2.0 if column.is_key or column.name in table.dated_by else 1.0
        for column in table.columns
        if column.required and column.name != "enterprise_id"
    }
    confidence = {name: match.confidence for name, match in matches.items()}
    required = sum(weight * confidence.get(name, 0.0) for name, weight in weights.items()) / sum(weights.values())
    explained = sum(confidence.values()) / max(len(file.columns), 1)
    # A long file has columns of its own kind beside those of the contract.
    matched = min(sum(confidence.values()) / 8, 1.0)
    named = max(table_likeness(table, _called(part.name)) for part in file.parts)
    score = 0.35 * required + 0.15 * min(explained, 1.0) + 0.2 * matched + 0.3 * named
    core = [*(name for name in table.key if name != "enterprise_id"), *table.dated_by]
    if max((confidence.get(name, 0.0) for name in core), default=0.0) < _LIMITS[LIKELY]:
        score *= _WITHOUT_CORE
    found = [name for name in weights if confidence.get(name, 0.0) >= _LIMITS[LIKELY]]
    reasons = [f"{len(found)} of its {len(weights)} required columns"] if found else []
    reasons += [f"{len(matches)} of {len(table.columns)} columns in all"]
    reasons += ["the file's name"] if named else []
    return score, tuple(reasons)


def _called(name: str) -> str:
    from pathlib import PurePosixPath

    file, _, sheet = name.partition("#")
    return f"{without_kind(PurePosixPath(file)).rpartition('/')[2]} {sheet}".strip()


def _written(source: str, written: Mapping[str, Any]) -> Any:
    if "expression" in written:
        return dict(written)
    return {"from": source, **written} if written else source
