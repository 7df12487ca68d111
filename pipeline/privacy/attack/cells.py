"""The numbers of a published run as cells: one number of one table, of an enterprise, period and place.

Reads any folder of Parquet tables, so that the released layer and the analysts' layer give cells with the same keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import published_periods
from pipeline.lake.layout import Lake
from schemas.expectations.release import COUNTED_ELSEWHERE, WITHHELD_COLUMN, column_classes

ENTERPRISE = "enterprise"
CUBE_TABLE = "record_cells"
"""Tables of two attributes; ``cubes.py`` solves them."""
_PLACES = ("enterprise_id", "period", "quarter", "scope_type", "scope_id")
# Name a run or a round, and differ from quarter to quarter.
_NOT_NAMES = ("weights_version", "window_kind", "survey_id")
_NUMBERS = ("people", "condition", "value", "things")
_TARGETS = ("people", "condition", "value")
_COUNTS = ("people", "condition")
# Follow from the others of their row, or from the calendar.
_LEFT_OUT = ("ci_low", "ci_high", "within_limit_rate", "quarters_covered", "quarters_expected")
_IN_TEXT = re.compile(r"\d+(?:\.\d+)?")


class Series(NamedTuple):
    """A column of a table, for one indicator, variant, rule and so on; ``name`` has the values of these further keys."""

    table: str
    name: tuple[str, ...]
    column: str

    def __str__(self) -> str:
        return " ".join((self.table, *filter(None, self.name), self.column))


class Place(NamedTuple):
    """Where and when: ``span`` is a period's label, ``2025-Q1`` or ``2025-Q1-TTM``."""

    enterprise: str
    span: str
    scope_type: str
    scope_id: str


class Cell(NamedTuple):
    """One number of one series."""

    series: Series
    place: Place


@dataclass(frozen=True)
class Layer:
    """The numbers of one published run.

    run        the name of its folder
    quarter    the quarter that it evaluated
    numbers    by cell; None: the row is there, the number is not
    targets    cells without a number in rows that say they are withheld
    counts     series that count people; all other numbers are values, or count things
    outlets    by enterprise and outlet: its region
    sources    by indicator: the tables that it rests on
    """

    run: str
    quarter: str
    numbers: Mapping[Cell, float | None]
    targets: frozenset[Cell]
    counts: frozenset[Series]
    outlets: Mapping[tuple[str, str], str]
    sources: Mapping[str, tuple[str, ...]]


def published_runs(lake: Lake, quarters: list[Quarter] | None = None) -> list[tuple[str, Path]]:
    """(quarter, folder) of every released run in the lake, superseded ones first, each quarter's current one last."""
    chosen = {quarter.label for quarter in quarters} if quarters else None
    current = {lake.current(quarter).resolve().name for quarter in lake.published_quarters()}
    found = []
    for folder in lake.runs.glob("[!.]*"):
        quarter = _quarter_of(folder)
        if quarter is not None and (chosen is None or quarter in chosen):
            found.append((folder.name in current, folder.stat().st_mtime_ns, quarter, folder))
    return [(quarter, folder) for *_, quarter, folder in sorted(found)]


def _quarter_of(folder: Path) -> str | None:
    path = folder / "run_info.parquet"
    if not path.is_file():
        return None
    quarters = pl.read_parquet(path, columns=["quarter"])["quarter"].drop_nulls()
    return str(quarters[0]) if len(quarters) else None


def read_layer(folder: Path, quarter: str) -> Layer:
    """The cells of all tables in a folder that are declared in ``released_columns.csv``."""
    numbers: dict[Cell, float | None] = {}
    targets: set[Cell] = set()
    counts: set[Series] = set()
    for table, classes in column_classes().items():
        path = folder / f"{table}.parquet"
        if table == CUBE_TABLE and not path.is_file():
            # The analysts' layer has it with totals, and with codes that few people share.
            path = folder / f"mart_{table}.parquet"
        if path.is_file():
            rows = pl.read_parquet(path)
            if table == CUBE_TABLE:
                rows = rows.drop_nulls(["row_value", "column_value"])
            for cell, number, is_withheld, kind in _cells(table, rows, classes):
                if number is not None or cell not in numbers:
                    numbers[cell] = number
                if is_withheld and number is None and kind in _TARGETS and not _is_counted_elsewhere(cell.series):
                    targets.add(cell)
                if kind in _COUNTS:
                    counts.add(cell.series)
    return Layer(
        run=folder.name,
        quarter=quarter,
        numbers=numbers,
        targets=frozenset(targets),
        counts=frozenset(counts),
        outlets=_outlets(folder / "dim_outlet.parquet"),
        sources=_sources(folder / "indicator_catalogue.parquet"),
    )


def _is_counted_elsewhere(series: Series) -> bool:
    return bool(series.name) and (series.name[0], series.column) in COUNTED_ELSEWHERE


def _outlets(path: Path) -> dict[tuple[str, str], str]:
    if not path.is_file():
        return {}
    rows = pl.read_parquet(path, columns=["enterprise_id", "outlet_id", "region_code"]).drop_nulls()
    return {(enterprise, outlet): region for enterprise, outlet, region in rows.iter_rows()}


def _sources(path: Path) -> dict[str, tuple[str, ...]]:
    if not path.is_file():
        return {}
    rows = pl.read_parquet(path, columns=["indicator_id", "source_tables"]).drop_nulls()
    return {indicator: tuple(tables.split(";")) for indicator, tables in rows.iter_rows()}


def _cells(table: str, rows: pl.DataFrame, classes: Mapping[str, str]) -> Iterator[tuple[Cell, float | None, bool, str]]:
    names = [name for name, kind in classes.items() if kind == "key" and name in rows.columns and name not in _PLACES + _NOT_NAMES]
    numeric = [
        (name, kind)
        for name, kind in classes.items()
        if kind in _NUMBERS and name in rows.columns and name not in _LEFT_OUT and rows[name].dtype.is_numeric()
    ]
    texts = [name for name, kind in classes.items() if kind == "text" and name in rows.columns]
    if not numeric and not texts:
        return
    has_mark = WITHHELD_COLUMN in rows.columns
    for row in rows.iter_rows(named=True):
        name = tuple(str(row[key]) if row[key] is not None else "" for key in names)
        enterprise = row.get("enterprise_id") or ""
        span = row.get("period") or row.get("quarter") or ""
        place = Place(enterprise, span, row.get("scope_type") or ENTERPRISE, row.get("scope_id") or enterprise)
        is_withheld = has_mark and row[WITHHELD_COLUMN] is not None
        for column, kind in numeric:
            if column == "previous_value":
                cell = Cell(Series(table, name, "value"), place._replace(span=a_year_earlier(span)))
            else:
                cell = Cell(Series(table, name, column), place)
            yield cell, _number(row, column), is_withheld, kind
        for column in texts:
            for position, found in enumerate(_IN_TEXT.findall(row[column] or "")):
                yield Cell(Series(table, name, f"{column}[{position}]"), place), float(found), False, "text"


def _number(row: Mapping[str, Any], column: str) -> float | None:
    number = row[column]
    if number is None and column in ("numerator", "denominator") and row.get("sample_size") == 0:
        # Nobody: the row says so.
        return 0.0
    return None if number is None else float(number)


def a_year_earlier(span: str) -> str:
    """The label of the same span a year earlier."""
    return f"{int(span[:4]) - 1}{span[4:]}"


@lru_cache(maxsize=4096)
def quarters_of(span: str) -> tuple[str, ...]:
    """The quarters of a span, by its label; none for a label that is no period."""
    for number in (int(span[6]),) if re.match(r"\d{4}-Q[1-4]", span) else (4,):
        if not span[:4].isdigit():
            return ()
        for period in published_periods(Quarter(int(span[:4]), number)):
            if period.period == span and period.role == "current":
                labels = []
                quarter = period.first_quarter
                while quarter <= period.last_quarter:
                    labels.append(quarter.label)
                    quarter = quarter.shift(1)
                return tuple(labels)
    return ()
