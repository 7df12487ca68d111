"""Scans everything readable of a run for personal data, and reports the places, never the values.

A guard runs over whole columns of distinct texts, the patterns only where it matches. ``patterns.py`` defines personal data,
``subjects.py`` what is scanned; what a finding means for a run is not decided here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import and_

import duckdb
import polars as pl
import pyarrow as pa

from pipeline.privacy import patterns
from pipeline.privacy.subjects import Part, Subject, Unreadable

# Columns are searched together up to this number of texts, because each search costs the same for a text as for a thousand.
_TEXTS_AT_ONCE = 100_000

# The search result for one text: kind of personal data and a masked excerpt.
Search = Callable[[pl.Series], dict[str, list[tuple[str, str]]]]


@dataclass(frozen=True)
class Sighting:
    """Likely personal data at a place, in so many rows; ``masked`` shows the first character and the length."""

    subject_kind: str
    subject: str
    column: str
    place: str
    kind: str
    masked: str
    rows: int = 1

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject}: {self.column}, {self.place}: {self.kind} {self.masked}"


# A date or time that is a value of its own: requested_at=2025-01-06 09:30:00. Within a number it stays: 110105-1949-12-31-002X.
_MOMENT = r"(^|[=;|])(?:19|20)\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:[ T][0-2]\d:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?)?"


@dataclass(frozen=True)
class Scanned:
    """What was scanned in one subject, and what was found."""

    subject_kind: str
    subject: str
    columns: int
    cells: int
    distinct_texts: int
    findings: tuple[Sighting, ...] = field(default=())
    unread: str | None = None
    """Why it, or what is left of it, could not be looked at; None: all of it was."""

    @property
    def by_kind(self) -> Counter[str]:
        return Counter(finding.kind for finding in self.findings)


def scan(subjects: Iterable[Subject], search: Search | None = None) -> list[Scanned]:
    """Scan subjects; ``search`` defaults to the patterns. One that cannot be read is returned with the reason."""
    progress: list[_Progress] = []
    together: list[tuple[_Progress, Part]] = []
    waiting = 0
    for subject in subjects:
        progress.append(_Progress(subject))
        for part in progress[-1].parts():
            together.append((progress[-1], part))
            waiting += len(part.texts)
            if waiting >= _TEXTS_AT_ONCE:
                _search_parts(together, search or by_patterns)
                together, waiting = [], 0
    _search_parts(together, search or by_patterns)
    return [each.scanned() for each in progress]


def both(one: Search, other: Search) -> Search:
    """What either of two searches finds; what both find counts once."""

    def search(texts: pl.Series) -> dict[str, list[tuple[str, str]]]:
        found = one(texts)
        for text, matches in other(texts).items():
            found[text] = list(dict.fromkeys([*found.get(text, ()), *matches]))
        return found

    return search


def plain_texts(texts: pl.Series) -> pl.Series:
    """``patterns.normalise`` for a column."""
    return texts.str.normalize("NFKC").str.replace_all(patterns.INVISIBLE, "")


def by_patterns(texts: pl.Series) -> dict[str, list[tuple[str, str]]]:
    """The texts of a column with a match, each with kind and masked excerpt of every match."""
    # The outliers of a large quarter alone list hundreds of thousands of times and keys.
    plain = plain_texts(texts).str.replace_all(_MOMENT, "$1").rename("plain").to_frame()
    suspects = plain.select(
        reduce(and_, map(pl.col("plain").str.contains, guards)).alias(str(place))
        for place, guards in enumerate(patterns.SEARCHES.values())
    )
    worthwhile: dict[str, list[patterns.Finder]] = {}
    for search, suspected in zip(patterns.SEARCHES, suspects.iter_columns(), strict=True):
        for text in texts.filter(suspected).to_list():
            worthwhile.setdefault(text, []).append(search)
    found = {text: [(match.kind, match.masked) for match in patterns.find(text, searches)] for text, searches in worthwhile.items()}
    return {text: matches for text, matches in found.items() if matches}


class _Progress:
    """What was read of a subject so far, and found in it."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.findings: list[Sighting] = []
        self._columns = self._cells = self._distinct = 0
        self._unread: str | None = None

    def parts(self) -> Iterator[Part]:
        """The subject's parts as far as they can be read."""
        try:
            for part in self.subject.parts():
                self._columns, self._cells, self._distinct = (
                    self._columns + 1,
                    self._cells + part.cells,
                    self._distinct + len(part.texts),
                )
                yield part
        except (OSError, pa.ArrowException, duckdb.Error, Unreadable) as error:
            # Messages of libraries may quote what they read.
            reason = str(error) if isinstance(error, Unreadable) else getattr(error, "strerror", None)
            self._unread = reason or "is damaged or of another format"

    def scanned(self) -> Scanned:
        figures = self._columns, self._cells, self._distinct
        return Scanned(self.subject.kind, self.subject.name, *figures, tuple(self.findings), self._unread)


def _search_parts(parts: Sequence[tuple[_Progress, Part]], search: Search) -> None:
    if not parts:
        return
    matching = search(pl.concat([part.texts for _, part in parts]).unique(maintain_order=True))
    for progress, part in parts if matching else ():
        progress.findings += _sightings(progress.subject, part, matching)


def _sightings(subject: Subject, part: Part, matching: Mapping[str, list[tuple[str, str]]]) -> Iterator[Sighting]:
    found = part.texts.filter(part.texts.is_in(list(matching))).to_list()
    places = part.locate(found) if found else {}
    for text in found:
        place, rows = places[text]
        for kind, masked in matching[text]:
            yield Sighting(subject.kind, subject.name, part.column, place, kind, masked, rows)
