"""Reads ``fishbone.csv`` and ``five_whys.csv``: what people found to be the causes of an indicator's shortfall.

Whether there are such an enterprise and such a value is known behind the evaluation (``analyse/cause_records.py``). Cells hold what
people write of people, so that no message repeats one.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from pipeline.lake.spreadsheets import restored
from pipeline.settings.documents import Document
from pipeline.settings.sheets import read_sheet
from pipeline.settings.suggestions import did_you_mean
from schemas.expectations.analyses import DIMENSIONS
from schemas.sheet import Row, Sheet
from schemas.standard.catalogue import catalogue_rows

FISHBONE, FIVE_WHYS = "fishbone", "five_whys"
CATEGORIES = ("人", "机", "料", "法", "环", "测")
"""人机料法环测: people, machines, materials, methods, environment, measurement (Ishikawa)."""
SUSPECTED, CONFIRMED, RULED_OUT = "suspected", "confirmed", "ruled_out"
OPEN, IN_PROGRESS, DONE = "open", "in_progress", "done"

_ABOUT = ("enterprise_id", "period", "indicator_id", "dimension", "member")
WHYS = tuple(f"why_{number}" for number in range(1, 6))
FISHBONE_COLUMNS = (*_ABOUT, "category", "cause", "evidence", "status", "owner_role")
FIVE_WHYS_COLUMNS = (*_ABOUT, "problem", *WHYS, "root_cause", "measure", "owner_role", "due_date", "status")
TEXTS = ("problem", "cause", *WHYS, "root_cause", "evidence", "measure", "owner_role")
"""The columns of both files in which people write sentences."""
# A row in which nobody has filled in any of these is a draft as it was written.
_FILLED_IN = {
    FISHBONE: ("category", "cause", "status", "owner_role"),
    FIVE_WHYS: (*WHYS, "root_cause", "measure", "owner_role", "due_date", "status"),
}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PERIOD = re.compile(r"[0-9]{4}-Q[1-4](-YTD|-TTM)?|[0-9]{4}")


@dataclass(frozen=True)
class CauseRecord:
    """One row: a cause of a fishbone diagram, or a chain of whys.

    dimension, member  the place or class of requests that it is about; None: the indicator as a whole
    texts              the columns of ``TEXTS`` that are filled in, as written
    line               where it stands in the file (1: the header)
    """

    method: str
    enterprise_id: str
    period: str
    indicator_id: str
    dimension: str | None
    member: str | None
    category: str | None
    status: str
    due_date: dt.date | None
    texts: Mapping[str, str] = field(repr=False)
    line: int


@dataclass(frozen=True)
class CauseFile:
    """A file as it was read; ``not_filled_in``: rows of a draft that nobody filled in, which are left out."""

    path: Path
    records: tuple[CauseRecord, ...]
    not_filled_in: int


def read_fishbone(given: Path | Document) -> CauseFile:
    """The causes of fishbone diagrams; raises UsageError naming file, row, column and rule of every fault."""
    return _read(given, FISHBONE, FISHBONE_COLUMNS, _fishbone)


def read_five_whys(given: Path | Document) -> CauseFile:
    """The chains of whys; raises UsageError naming file, row, column and rule of every fault."""
    return _read(given, FIVE_WHYS, FIVE_WHYS_COLUMNS, _five_whys)


def _read(
    given: Path | Document, method: str, columns: Sequence[str], read: Callable[[Row, dict[str, str]], tuple[str, str | None]]
) -> CauseFile:
    document = Document.of(given)
    # Of several versions the newest is the last.
    indicators = [each.indicator_id for each in catalogue_rows()]
    found, not_filled_in = [], 0
    with read_sheet(document, columns, read_cell=restored) as sheet:
        for row in sheet:
            if all(row.optional_text(name) is None for name in _FILLED_IN[method]):
                not_filled_in += 1
                continue
            record = _record(row, method, columns, read, indicators)
            if record is not None:
                found.append(record)
        _check_repeats(found, sheet)
    return CauseFile(document.path, tuple(found), not_filled_in)


def _record(
    row: Row,
    method: str,
    columns: Sequence[str],
    read: Callable[[Row, dict[str, str]], tuple[str, str | None]],
    indicators: Sequence[str],
) -> CauseRecord | None:
    texts = {name: text for name in TEXTS if name in columns and (text := row.optional_text(name)) is not None}
    indicator = row.text("indicator_id")
    if indicator and indicator not in indicators:
        row.fault("indicator_id", f"the catalogue has no such indicator{did_you_mean(indicator, indicators)}")
    period = row.text("period")
    if period and not _PERIOD.fullmatch(period):
        row.fault("period", "must be a period like 2025-Q1, 2025-Q1-YTD, 2025-Q1-TTM or 2025")
    dimension, member = row.optional_text("dimension"), row.optional_text("member")
    if dimension is not None and dimension not in DIMENSIONS:
        row.fault("dimension", f"must be one of {', '.join(DIMENSIONS)}, or empty{did_you_mean(dimension, DIMENSIONS)}")
    if (dimension is None) != (member is None):
        row.fault("dimension" if dimension is None else "member", "dimension and member must be given together, or neither")
    status, category = read(row, texts)
    found = CauseRecord(
        method=method,
        enterprise_id=row.text("enterprise_id"),
        period=period,
        indicator_id=indicator,
        dimension=dimension,
        member=member,
        category=category,
        status=status,
        due_date=_due_date(row) if "due_date" in columns else None,
        texts=texts,
        line=row.number_in_file,
    )
    return None if row.has_faults else found


def _fishbone(row: Row, texts: dict[str, str]) -> tuple[str, str | None]:
    """Status and category of a row; notes its faults."""
    category = _one_of(row, "category", CATEGORIES)
    row.text("cause")
    status = _one_of(row, "status", (SUSPECTED, CONFIRMED, RULED_OUT))
    if status in (CONFIRMED, RULED_OUT) and "evidence" not in texts:
        row.fault("evidence", f"must not be empty of a cause that is {status}")
    return status, category


def _five_whys(row: Row, texts: dict[str, str]) -> tuple[str, str | None]:
    """Status of a row; notes its faults."""
    row.text("problem")
    row.text(WHYS[0])
    for before, name in pairwise(WHYS):
        if name in texts and before not in texts:
            row.fault(before, f"must not be empty where {name} is filled in")
    status = _one_of(row, "status", (OPEN, IN_PROGRESS, DONE))
    if status in (IN_PROGRESS, DONE):
        for name in ("root_cause", "measure", "owner_role", "due_date"):
            if row.optional_text(name) is None:
                row.fault(name, f"must not be empty where the status is {status}")
    return status, None


def _one_of(row: Row, column: str, allowed: Sequence[str]) -> str:
    text = row.text(column)
    if text and text not in allowed:
        row.fault(column, f"must be one of {', '.join(allowed)}")
    return text


def _due_date(row: Row) -> dt.date | None:
    text = row.optional_text("due_date")
    if text is None:
        return None
    try:
        # The pattern first: fromisoformat also accepts week dates.
        if not _DAY.fullmatch(text):
            raise ValueError
        return dt.date.fromisoformat(text)
    except ValueError:
        row.fault("due_date", "must be a date like 2025-01-31")
        return None


def _check_repeats(found: Sequence[CauseRecord], sheet: Sheet) -> None:
    """No cause may be given twice."""
    first: dict[object, int] = {}
    for each in found:
        about = (each.enterprise_id, each.period, each.indicator_id, each.dimension, each.member)
        line = first.setdefault((about, each.category, tuple(each.texts.items())), each.line)
        if line != each.line:
            sheet.fault(each.line, "cause" if each.method == FISHBONE else "problem", f"row {line} says the same")
