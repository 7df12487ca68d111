"""Reads ``outlier_review.csv``: the file that ``asq outliers export`` wrote, with the reviewers' decisions filled in.

Checks every cell; whether a decision concerns a flagged record is checked in ``standing.py``. A line without a decision is
undecided.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from pipeline.calendar.quarters import Quarter
from pipeline.lake.row_key import key_parts
from pipeline.lake.spreadsheets import restored
from pipeline.settings.documents import Document
from pipeline.settings.sheets import quarter_in, read_sheet
from schemas.contract import TABLES, Column
from schemas.expectations.outliers import MEASURES, Measure
from schemas.sheet import Row, Sheet

CONFIRM, CORRECT, EXCLUDE = "confirm", "correct", "exclude"
DECISIONS = (CONFIRM, CORRECT, EXCLUDE)
REVIEW_COLUMNS = (
    *("quarter", "table", "row_key", "measure", "group", "value", "unit", "n", "mean", "sd", "z", "z_log", "z_mad", "flags"),
    *("recorded", "decision", "column", "corrected_value", "reason", "reviewer", "reviewed_on"),
)  # fmt: skip
"""The columns of the review file; those from ``decision`` on are the reviewer's."""
_FILLED_IN = ("column", "corrected_value", "reason", "reviewer", "reviewed_on")
_PAIR, _BETWEEN = "=", ";"


@dataclass(frozen=True)
class Decision:
    """What a reviewer decided about one data point.

    column, corrected_value   of a correction: the column that was wrong and its right value, as the contract writes it
    before                    what was recorded in that column when the point was listed; None where nothing was
    line                      where it stands in the file (1: the header)
    """

    quarter: Quarter
    table: str
    row_key: str
    measure: str
    decision: str
    reviewer: str
    reviewed_on: dt.date
    reason: str
    column: str
    corrected_value: str
    before: str | None
    line: int

    @property
    def point(self) -> tuple[str, str, str, str]:
        """What it is about: quarter, table, record, measure."""
        return self.quarter.label, self.table, self.row_key, self.measure


@dataclass(frozen=True)
class Review:
    """All decisions of a review file, in the file's order; none without a file."""

    decisions: tuple[Decision, ...] = ()
    document: Document | None = None

    @classmethod
    def read(cls, given: Path | Document | None) -> Review:
        """Read a review file; raises UsageError naming file, row, column and rule of every fault."""
        if given is None:
            return cls()
        document = Document.of(given)
        with read_sheet(document, REVIEW_COLUMNS, read_cell=restored) as sheet:
            found = [decision for row in sheet if (decision := _decision(row)) is not None]
            _check_together(found, sheet)
        return cls(tuple(found), document)

    @property
    def sha256(self) -> str | None:
        """Hash of the file, so that a published number names the decisions it was made by."""
        return None if self.document is None else self.document.sha256

    def of(self, table: str, quarter: Quarter, decision: str | None = None) -> tuple[Decision, ...]:
        """The decisions about a table's quarter, of one kind or all."""
        return tuple(
            each for each in self.decisions if (each.table, each.quarter) == (table, quarter) and decision in (None, each.decision)
        )


def recorded_text(values: dict[str, str | None]) -> str:
    """What was recorded in the columns a measure rests on, as the file shows it: ``requested_at=…;responded_at=…``."""
    return _BETWEEN.join(f"{name}{_PAIR}{'' if value is None else value}" for name, value in values.items())


def _decision(row: Row) -> Decision | None:
    cells = {name: row.optional_text(name) or "" for name in REVIEW_COLUMNS}
    if not cells["decision"]:
        for name in _FILLED_IN:
            if cells[name]:
                row.fault("decision", f"must not be empty where '{name}' is filled in: confirm, correct or exclude")
                break
        return None
    decision = row.one_of("decision", DECISIONS)
    quarter = quarter_in(row)
    table = row.one_of("table", list(TABLES))
    measure = MEASURES.get(row.one_of("measure", list(MEASURES)))
    if measure is not None and table in TABLES and measure.table != table:
        row.fault("measure", f"'{measure.id}' is measured in {measure.table}, not in {table}")
        measure = None
    row_key = row.text("row_key")
    if table in TABLES and row_key and len(key_parts(row_key)) != len(TABLES[table].unique_key):
        row.fault("row_key", f"is not a key of {table}: {' | '.join(TABLES[table].unique_key)}")
    reviewer, reviewed_on = row.text("reviewer"), row.date("reviewed_on")
    reason = row.text("reason") if decision in (CORRECT, EXCLUDE) else cells["reason"]
    before = None
    if decision == CORRECT:
        before = _check_correction(row, measure, cells)
    else:
        for name in ("column", "corrected_value"):
            if cells[name]:
                row.fault(name, f"must be empty where the decision is {cells['decision']}")
    if row.has_faults or quarter is None:
        return None
    return Decision(
        quarter=quarter,
        table=table,
        row_key=row_key,
        measure=cells["measure"],
        decision=decision,
        reviewer=reviewer,
        reviewed_on=reviewed_on,
        reason=reason,
        column=cells["column"],
        corrected_value=cells["corrected_value"],
        before=before,
        line=row.number_in_file,
    )


def _check_correction(row: Row, measure: Measure | None, cells: dict[str, str]) -> str | None:
    """Check column and new value; returns what was recorded in the column before."""
    column, value = row.text("column"), row.text("corrected_value")
    if measure is None or not column:
        return None
    if column not in measure.columns:
        row.fault("column", f"'{column}' is not a column that {measure.id} rests on: {', '.join(measure.columns)}")
        return None
    described = TABLES[measure.table].column(column)
    if value and not _fits(value, described):
        row.fault("corrected_value", f"'{value}' is not a {described.type} as the contract writes it")
    pairs = dict(pair.split(_PAIR, 1) for pair in cells["recorded"].split(_BETWEEN) if _PAIR in pair)
    if column not in pairs:
        row.fault("recorded", f"does not say what '{column}' held: leave the cell as it was exported")
    return pairs.get(column) or None


def _fits(text: str, column: Column) -> bool:
    try:
        return _READERS[column.type](text)
    except (ValueError, InvalidOperation):
        return False


def _is_amount(text: str) -> bool:
    amount = Decimal(text)
    return amount.is_finite() and amount == round(amount, 2) and abs(amount) < 10**10


_READERS: dict[str, Callable[[str], bool]] = {
    "integer": lambda text: int(text) is not None,
    "double": lambda text: math.isfinite(float(text)),
    "decimal(12,2)": _is_amount,
    "date": lambda text: len(text) == len("2025-01-31") and dt.date.fromisoformat(text) is not None,
    # Without an offset it is wall time, as in landing files.
    "timestamp": lambda text: text[4:5] == "-" and len(text) > 10 and dt.datetime.fromisoformat(text) is not None,
}


def _check_together(decisions: list[Decision], sheet: Sheet) -> None:
    """Nothing may be decided twice, and no record corrected that is excluded."""
    points: dict[tuple[str, ...], Decision] = {}
    excluded = {(each.quarter, each.table, each.row_key): each.line for each in decisions if each.decision == EXCLUDE}
    corrected: dict[tuple[object, ...], Decision] = {}
    for each in decisions:
        if each.point in points:
            sheet.fault(each.line, "decision", f"this point is decided in row {points[each.point].line} already")
        points.setdefault(each.point, each)
        if each.decision != CORRECT:
            continue
        record = (each.quarter, each.table, each.row_key)
        if record in excluded:
            sheet.fault(each.line, "decision", f"row {excluded[record]} excludes the whole record")
        other = corrected.setdefault((*record, each.column), each)
        if other.corrected_value != each.corrected_value:
            sheet.fault(each.line, "corrected_value", f"row {other.line} corrects '{each.column}' to another value")
