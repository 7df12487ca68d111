"""Reads ``benchmarks.csv``: values of others, such as an industry's, that an enterprise is compared with, each with its source."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from pipeline.calendar.quarters import Quarter
from pipeline.settings.documents import Document
from pipeline.settings.sheets import read_sheet
from pipeline.settings.suggestions import did_you_mean
from schemas.sheet import Row, Sheet
from schemas.standard.catalogue import Indicator, catalogue_rows

BENCHMARK_COLUMNS = (
    *("indicator_id", "scope", "value", "n", "source", "source_date", "licence", "valid_from", "valid_to", "note"),
)  # fmt: skip


@dataclass(frozen=True)
class Benchmark:
    """One value of others.

    scope        whom it is about, in the user's words
    value        in the indicator's unit; n: the cases behind it, None where the source does not say
    source_date  the day of the source, by which it grows old
    valid_from, valid_to  it holds on valid_from ≤ day < valid_to; None is open
    line         where it stands in the file (1: the header)
    """

    indicator_id: str
    scope: str
    value: float
    n: int | None
    source: str
    source_date: dt.date
    licence: str | None
    valid_from: dt.date | None
    valid_to: dt.date | None
    note: str | None
    line: int

    def is_in_force(self, quarter: Quarter) -> bool:
        """Whether it holds on the quarter's last day; today's date does not matter."""
        day = quarter.last_day
        return (self.valid_from or day) <= day < (self.valid_to or dt.date.max)


def read_benchmarks(given: Path | Document | None) -> tuple[Benchmark, ...]:
    """The benchmarks of a file, in its order; raises UsageError naming file, row, column and rule of every fault."""
    if given is None:
        return ()
    # Of several versions the newest is the last.
    indicators = {each.indicator_id: each for each in catalogue_rows()}
    with read_sheet(Document.of(given), BENCHMARK_COLUMNS) as sheet:
        found = [each for row in sheet if (each := _benchmark(row, indicators)) is not None]
        _check_together(found, sheet)
    return tuple(found)


def _benchmark(row: Row, indicators: dict[str, Indicator]) -> Benchmark | None:
    identifier = row.text("indicator_id")
    indicator = indicators.get(identifier)
    if identifier and indicator is None:
        row.fault("indicator_id", f"the catalogue has no indicator '{identifier}'{did_you_mean(identifier, indicators)}")
    value = row.number("value")
    if indicator is not None and indicator.method == "rate" and not 0 <= value <= 1:
        row.fault("value", f"'{row.text('value')}' is not a share from 0 to 1 (95 % is written 0.95)")
    days = row.optional_date("valid_from"), row.optional_date("valid_to")
    row.check_validity(*days)
    found = Benchmark(
        indicator_id=identifier,
        scope=row.text("scope"),
        value=value,
        n=None if row.optional_text("n") is None else row.integer("n", at_least=1),
        source=row.text("source"),
        source_date=row.date("source_date"),
        licence=row.optional_text("licence"),
        valid_from=days[0],
        valid_to=days[1],
        note=row.optional_text("note"),
        line=row.number_in_file,
    )
    return None if row.has_faults else found


def _check_together(found: list[Benchmark], sheet: Sheet) -> None:
    """No source may give two values of the same at once."""
    for place, each in enumerate(found):
        for other in found[:place]:
            is_same = (each.indicator_id, each.scope, each.source) == (other.indicator_id, other.scope, other.source)
            starts, ends = (each.valid_from or dt.date.min, other.valid_from or dt.date.min), (each.valid_to, other.valid_to)
            if is_same and starts[0] < (ends[1] or dt.date.max) and starts[1] < (ends[0] or dt.date.max):
                sheet.fault(
                    each.line, "indicator_id", f"row {other.line} has a value of the same scope and source for the same days"
                )
                break
