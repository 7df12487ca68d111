"""Scans everything readable of a run for personal data, and reports the places, never the values.

A guard runs over whole columns of distinct texts, the patterns only where it matches. ``patterns.py`` defines personal data,
``subjects.py`` what is scanned; what a finding means for a run is not decided here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import islice
from operator import and_

import polars as pl

from pipeline.privacy import patterns
from pipeline.privacy.subjects import Part, Subject

_LOCATED = 20
# Columns are searched together up to this number of texts, because each search costs the same for a text as for a thousand.
_TEXTS_AT_ONCE = 20_000

# The search result for one text: kind of personal data and a masked excerpt.
Search = Callable[[pl.Series], dict[str, list[tuple[str, str]]]]


@dataclass(frozen=True)
class Sighting:
    """Likely personal data at a place; ``masked`` shows the first character and the length."""

    subject_kind: str
    subject: str
    column: str
    place: str
    kind: str
    masked: str

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

    @property
    def by_kind(self) -> Counter[str]:
        return Counter(finding.kind for finding in self.findings)


def scan(subjects: Iterable[Subject], search: Search | None = None) -> list[Scanned]:
    """Scan subjects one by one; ``search`` defaults to the patterns."""
    return [_scan_subject(subject, search or by_patterns) for subject in subjects]


def by_patterns(texts: pl.Series) -> dict[str, list[tuple[str, str]]]:
    """The texts of a column with a match, each with kind and masked excerpt of every match."""
    # The outliers of a large quarter alone list hundreds of thousands of times and keys.
    plain = texts.str.normalize("NFKC").str.replace_all(patterns.INVISIBLE, "").str.replace_all(_MOMENT, "$1")
    worthwhile: dict[str, list[patterns.Finder]] = {}
    for search, guards in patterns.SEARCHES.items():
        suspects = reduce(and_, map(plain.str.contains, guards))
        for text in texts.filter(suspects).to_list():
            worthwhile.setdefault(text, []).append(search)
    found = {text: [(match.kind, match.masked) for match in patterns.find(text, searches)] for text, searches in worthwhile.items()}
    return {text: matches for text, matches in found.items() if matches}


def _scan_subject(subject: Subject, search: Search) -> Scanned:
    findings: list[Sighting] = []
    columns = cells = distinct = 0
    together: list[Part] = []
    for part in subject.parts():
        columns, cells, distinct = columns + 1, cells + part.cells, distinct + len(part.texts)
        together.append(part)
        if sum(len(each.texts) for each in together) >= _TEXTS_AT_ONCE:
            findings += _findings(subject, together, search)
            together = []
    findings += _findings(subject, together, search)
    return Scanned(subject.kind, subject.name, columns, cells, distinct, tuple(findings))


def _findings(subject: Subject, parts: Sequence[Part], search: Search) -> list[Sighting]:
    if not parts:
        return []
    matching = search(pl.concat([part.texts for part in parts]).unique(maintain_order=True))
    return [sighting for part in parts for sighting in _sightings(subject, part, matching)] if matching else []


def _sightings(subject: Subject, part: Part, matching: Mapping[str, list[tuple[str, str]]]) -> Iterator[Sighting]:
    found = part.texts.filter(part.texts.is_in(list(matching))).to_list()
    # If a whole column is personal, the first rows are enough to see it.
    places = {text: part.locate(text) for text in islice(found, _LOCATED)}
    for text in found:
        for kind, masked in matching[text]:
            yield Sighting(subject.kind, subject.name, part.column, places.get(text, "further on"), kind, masked)
