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

    def improved(self, name: str, **changes: Any) -> TableMatch:
        """The same with one column's match changed."""
        return replace(self, matches={**self.matches, name: replace(self.matches[name], **changes)})


def table_matches(file: FileProfile, without: Iterable[str] = ()) -> list[TableMatch]:
    """Tables that the file may be, the likeliest first; none if it resembles no table. ``without``: as ``table_match``."""
    found = [table_match(file, table, without) for table in TABLES.values()]
    return sorted((each for each in found if each.score >= _LEAST_TABLE), key=lambda each: -each.score)


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
    score, reasons = _table_score(file, table, matches)
    ordered = {column.name: matches[column.name] for column in table.columns if column.name in matches}
    return TableMatch(table, file, score, reasons, ordered)


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

    # Squared, so that one good match counts for more than two doubtful ones.
    rows, places = linear_sum_assignment(scores**2, maximize=True)
    return list(zip(rows.tolist(), places.tolist(), strict=True))


def _pairs(sources: list[ColumnProfile], table: Table, file: FileProfile) -> dict[tuple[int, int], tuple[float, str, Fit]]:
    found: dict[tuple[int, int], tuple[float, str, Fit]] = {}
    for row, source in enumerate(sources):
        for place, column in enumerate(table.columns):
            named = likeness(table.name, column.name, source.name)
            if named.score >= _LIMITS[POSSIBLE]:
                fit = fit_of(source, table, column, file)
                found[row, place] = named.score * fit.share, named.reason, fit
            elif column.values and 2 <= source.distinct <= len(column.values) * 3:
                words = mapped(source, table, column)
                if words.share >= _VALUES_SHARE and words.reached >= 2:
                    found[row, place] = _BY_VALUES_ALONE, "the values, not the name", fit_of(source, table, column, file)
            found.setdefault((row, place), (0.0, "", NO_FIT))
    _prefer_ids(found, sources, table)
    return found


def _prefer_ids(found: dict[tuple[int, int], tuple[float, str, Fit]], sources: list[ColumnProfile], table: Table) -> None:
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
