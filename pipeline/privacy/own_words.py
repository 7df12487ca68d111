"""The words that the project itself writes, so that a name which is one of them is not taken for a person on its pages.

A customer called 消费者 or 投诉人 (deliveries hold such placeholders) would stop every run, because each report says these words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import polars as pl

from pipeline.privacy.known_values import KnownValues
from pipeline.privacy.scanner import Scanned, Search, both
from schemas.sheet import SEEDS

_PIPELINE = Path(__file__).resolve().parent.parent
_SCHEMAS = _PIPELINE.parent / "schemas"
# Where the words of tables, reports and acceptance pages are written; not the names of the sample's invented people.
_PLACES = (SEEDS, _SCHEMAS, *(_PIPELINE / name for name in ("accept", "account", "evaluate", "report", "review", "validate")))
_SUFFIXES = frozenset((".py", ".csv", ".html", ".j2", ".css", ".svg"))


def own_words() -> Iterator[str]:
    """The lines of the project's files that hold words of tables and pages."""
    for place in _PLACES:
        for path in sorted(place.rglob("*")):
            if path.suffix in _SUFFIXES:
                yield from path.read_text(encoding="utf-8", errors="replace").splitlines()


def persons_among(known: KnownValues, texts: pl.Series) -> KnownValues:
    """Known values whose names are no words of the project's own; the same values if no text holds a name."""
    is_named = any(pii == "name" for found in known.search(texts).values() for pii, _ in found)
    return known.without_names_in(own_words()) if is_named else known


def told_apart(known: KnownValues, scan: Callable[[Search], list[Scanned]], patterns: Search) -> list[Scanned]:
    """The results of a scan by patterns and known values, in which no word of the project's own is a name.

    scan   searches everything with what it is given
    """
    scanned = scan(both(patterns, known.search))
    if any("name" in each.by_kind for each in scanned):
        persons = known.without_names_in(own_words())
        if len(persons) < len(known):
            return scan(both(patterns, persons.search))
    return scanned
