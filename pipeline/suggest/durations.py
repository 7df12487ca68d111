"""Times that a file has as a duration: minutes until the first reply, seconds in the queue, what it took to answer a survey."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.lake.sql import literal, quoted
from pipeline.suggest.content import Fit
from pipeline.suggest.matching import SURE, ColumnMatch, TableMatch
from pipeline.suggest.names import plain
from pipeline.suggest.profile import ColumnProfile
from schemas.contract import Column
from schemas.value_words import DurationNames, duration_names

_UNITS = {
    "seconds": re.compile(r"\b(s|secs?|seconds?)\b|秒"),
    "minutes": re.compile(r"\b(m|mins?|minutes?)\b|分钟|分"),
    "hours": re.compile(r"\b(h|hrs?|hours?)\b|小时"),
}
_BESIDE_THE_NAME = re.compile(r"\b(in|of|s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?)\b|秒数?|分钟数?|小时数?")
_WITH_UNIT = re.compile(r"\d+(\.\d+)?\s*(\D{1,7})")
# Times with an offset are another's wall time until they are read.
_HAS_OFFSET = re.compile(r"9(Z|[+]99| ?(A{3}|UTC))")
_FIRST = re.compile(r"\bfirst\b|首次|首")
_NAMED, _AT_ITS_END, _UNCERTAIN = 0.85, 0.75, 0.6


def with_durations(match: TableMatch) -> TableMatch:
    """The match with times reckoned from durations, where no column says them as well."""
    event = next((match.matches[name] for name in match.table.dated_by if name in match.matches), None)
    if event is None or event.is_open or any(_HAS_OFFSET.search(shape) for shape in event.source.top_shapes):
        return match
    used = {source for found in match.matches.values() if found.grade == SURE for source in found.sources}
    for name, known in _of_table(match):
        column, present = match.table.column(name), match.matches.get(name)
        confidence, source, unit = max(
            ((*_named(each, known), each.place) for each in match.file.columns if each.name not in used and _is_amount(each)),
            key=lambda each: (each[0], -each[3]),
            default=(0.0, None, "", 0),
        )[:3]
        if source is None or not confidence or (present is not None and not _is_better(source, present)):
            continue
        found = _reckoned(match, column, event, source, unit, known, confidence)
        kept = {other: each for other, each in match.matches.items() if other == name or source.name not in each.sources}
        match = match.having(kept | {name: found})
    return match


def moment_of(event: ColumnMatch) -> str:
    """The SQL that reads a time of a record."""
    if "expression" in event.fit.written:
        return str(event.fit.written["expression"])
    source = quoted(event.source.name)
    dates = event.source.dates
    tried = [
        f"try_cast({source} as timestamp)" if each == "iso" else f"try_strptime({source}, {literal(each)})"
        for each in (dates.written if dates is not None else [])
        if each == "iso" or "%" in each
    ] or [f"try_cast({source} as timestamp)"]
    return f"coalesce({', '.join(tried)})" if len(tried) > 1 else tried[0]


def _of_table(match: TableMatch) -> Iterator[tuple[str, DurationNames]]:
    for name, known in duration_names().items():
        table, _, column = name.partition(".")
        if table == match.table.name:
            yield column, known


def _is_amount(column: ColumnProfile) -> bool:
    return column.filled > 0 and column.dates is None and (column.number_share >= 0.95 or _unit_of_values(column) is not None)


def _unit_of_values(column: ColumnProfile) -> str | None:
    """The unit that is written behind each number, if it is the same everywhere."""
    units = set()
    for text, _ in column.counted:
        found = _WITH_UNIT.fullmatch(text.strip())
        units.add(_unit(found[2].lower()) if found else None)
    return units.pop() if len(units) == 1 else None


def _unit(text: str) -> str | None:
    return next((unit for unit, words in _UNITS.items() if words.search(text)), None)


def _named(column: ColumnProfile, known: DurationNames) -> tuple[float, ColumnProfile, str]:
    """How surely the column is this duration, and its unit; 0 without a unit."""
    name = plain(column.name)
    unit = _unit_of_values(column) or _unit(name)
    bare = " ".join(_BESIDE_THE_NAME.sub(" ", name).split())
    if unit is None:
        return 0.0, column, ""
    if bare in known.other_names:
        return _NAMED, column, unit
    is_at_end = any(bare.endswith(other) for other in known.other_names)
    return (_AT_ITS_END if is_at_end else 0.0), column, unit


def _is_better(source: ColumnProfile, present: ColumnMatch) -> bool:
    """A first reply or solution is better than one that may be a later one; else a time is better than a duration."""
    if source.name in present.sources:
        return True
    says_first, present_says = (_FIRST.search(plain(name)) is not None for name in (source.name, present.source.name))
    return says_first and not present_says


def _reckoned(
    match: TableMatch,
    column: Column,
    event: ColumnMatch,
    source: ColumnProfile,
    unit: str,
    known: DurationNames,
    confidence: float,
) -> ColumnMatch:
    text = quoted(source.name)
    digits = text if source.number_share >= 0.95 else f"regexp_extract({text}, '[0-9.]+')"
    number = f"try_cast({digits} as double)"
    factor = {"seconds": "", "minutes": " * 60", "hours": " * 3600"}[unit]
    expression = f"{moment_of(event)} {'-' if known.is_before else '+'} to_seconds({number}{factor})"
    notes: list[str] = []
    sources: tuple[str, ...] = (event.source.name, source.name)
    outcome = match.matches.get("outcome")
    if match.table.name == "hotline_calls" and column.name == "answered_at":
        texts = [] if outcome is None or outcome.is_open else _meaning_answered(outcome)
        if outcome is not None and texts:
            expression = f"case when {quoted(outcome.source.name)} in ({', '.join(map(literal, texts))}) then {expression} end"
            sources = (*sources, outcome.source.name)
        else:
            confidence = min(confidence, _UNCERTAIN)
            notes.append("a call that nobody answered has no such time: add the condition")
    reason = f"{unit} {'before' if known.is_before else 'after'} {event.source.name}"
    fit = Fit(1.0, reason, {"expression": expression}, tuple(notes), (), sources)
    return ColumnMatch(column, source, confidence, ("the name of a duration", reason), fit)


def _meaning_answered(outcome: ColumnMatch) -> list[str]:
    values = outcome.fit.written.get("values", {})
    return [text for text, _ in outcome.source.counted if values.get(text, text) == "answered"]
