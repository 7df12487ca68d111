"""Reads the two files about surveys that an evaluation plan may name: population margins and invitations.

Both are CSV files (UTF-8) beside the plan, read strictly: what a file says of a survey decides its weights and its response
rate. What is made of them is ``survey.py``'s business.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from types import MappingProxyType

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.settings.documents import Document
from schemas.contract import TABLES

_CHANNELS = next(column.values for column in TABLES["service_requests"].columns if column.name == "channel") or ()


@dataclass(frozen=True)
class Invitations:
    """How many customers a survey round was sent to, and how many of these it reached (None: not recorded)."""

    sent: int
    delivered: int | None = None


@dataclass(frozen=True)
class Margins:
    """Population margins by enterprise and quarter; a quarter of None holds for every quarter without its own."""

    populations: Mapping[tuple[str, Quarter | None], Population] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, enterprise_id: str, quarter: Quarter) -> Population | None:
        return self.populations.get((enterprise_id, quarter)) or self.populations.get((enterprise_id, None))

    @property
    def enterprises(self) -> list[str]:
        return sorted({enterprise for enterprise, _ in self.populations})


@dataclass(frozen=True)
class _Line:
    """One record of a file; every message names file, row (the header is row 1), column and rule."""

    file: Path
    number: int
    cells: Mapping[str, str]

    def refuse(self, column: str, rule: str) -> UsageError:
        return UsageError(f"{self.file} row {self.number}, column {column}: {rule}")

    def text(self, column: str) -> str:
        if not self.cells[column]:
            raise self.refuse(column, "must not be empty")
        return self.cells[column]

    def whole(self, column: str, least: int) -> int:
        text = self.cells[column]
        if not (text.isascii() and text.isdigit()) or int(text) < least:
            raise self.refuse(column, f"expected a whole number of at least {least}, found '{text}'")
        return int(text)


def read_margins(source: Path | Document) -> Margins:
    """Population counts by region and channel from a CSV file.

    Columns: enterprise_id, region_code, channel, population and, if wanted, quarter. Rows with region and channel are cells;
    rows with one of them are one-way margins, of which there may be those of regions, of channels, or both with one total.

    Raises UsageError naming file, row, column and rule.
    """
    document = Document.of(source)
    seen: dict[tuple[str, Quarter | None, Cell], int] = {}
    rows: list[tuple[str, Quarter | None, Cell, int]] = []
    for line in _lines(document, ("enterprise_id", "region_code", "channel", "population"), ("quarter",)):
        enterprise, cell = line.text("enterprise_id"), (line.cells["region_code"], line.cells["channel"])
        if cell == ("", ""):
            raise line.refuse("region_code", "a margin needs a region, a channel or both")
        if cell[1] and cell[1] not in _CHANNELS:
            raise line.refuse("channel", f"'{cell[1]}' is not one of {', '.join(_CHANNELS)}")
        quarter = _quarter(line)
        first = seen.setdefault((enterprise, quarter, cell), line.number)
        if first != line.number:
            raise line.refuse("region_code", f"enterprise, quarter, region and channel are those of row {first}")
        rows.append((enterprise, quarter, cell, line.whole("population", 0)))
    rows.sort(key=lambda row: (row[0], "" if row[1] is None else row[1].label, row[2]))
    populations = {}
    for (enterprise, quarter), group in groupby(rows, key=lambda row: (row[0], row[1])):
        cells = {cell: size for _, _, cell, size in group}
        where = f"{document.path}: {enterprise}{'' if quarter is None else f' {quarter}'}"
        _check(cells, where)
        populations[enterprise, quarter] = Population(MappingProxyType(cells))
    return Margins(MappingProxyType(populations))


def read_invitations(source: Path | Document) -> Mapping[tuple[str, str], Invitations]:
    """Invitations by enterprise and survey round from a CSV file.

    Columns: enterprise_id, survey_id, sent and, if wanted, delivered. Raises UsageError naming file, row, column and rule.
    """
    document = Document.of(source)
    found: dict[tuple[str, str], Invitations] = {}
    for line in _lines(document, ("enterprise_id", "survey_id", "sent"), ("delivered",)):
        key = line.text("enterprise_id"), line.text("survey_id")
        if key in found:
            raise line.refuse("survey_id", f"the round {key[1]} of {key[0]} stands in the file before")
        sent = line.whole("sent", 1)
        delivered = line.whole("delivered", 1) if line.cells.get("delivered") else None
        if delivered is not None and delivered > sent:
            raise line.refuse("delivered", f"{delivered} is more than the {sent} sent")
        found[key] = Invitations(sent, delivered)
    return MappingProxyType(found)


def _check(cells: Mapping[Cell, int], where: str) -> None:
    kinds = {(bool(region), bool(channel)) for region, channel in cells}
    if (True, True) in kinds and len(kinds) > 1:
        raise UsageError(
            f"{where}: rows with region and channel stand beside rows with one of them; "
            "give the cells or the one-way margins"
        )
    totals = {
        name: sum(size for cell, size in cells.items() if cell[side])
        for name, side in ((BY_REGION, 0), (BY_CHANNEL, 1))
        if any(cell[side] for cell in cells)
    }
    if 0 in totals.values():
        raise UsageError(f"{where}: column population: the margins hold nobody")
    if len(set(totals.values())) > 1:
        raise UsageError(
            f"{where}: column population: the regions hold {totals[BY_REGION]} and the channels {totals[BY_CHANNEL]}; "
            "margins of one population have one total"
        )


def _quarter(line: _Line) -> Quarter | None:
    if not line.cells.get("quarter"):
        return None
    try:
        return Quarter.parse(line.cells["quarter"])
    except UsageError as error:
        raise line.refuse("quarter", f"expected a quarter like 2025-Q1, found '{line.cells['quarter']}'") from error


def _lines(document: Document, required: tuple[str, ...], optional: tuple[str, ...]) -> Iterator[_Line]:
    path = document.path
    try:
        text = document.content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path}: the file that the evaluation plan names cannot be read as UTF-8 text ({error})"
        ) from error
    try:
        records = list(csv.reader(text.splitlines(), strict=True))
    except csv.Error as error:
        raise UsageError(f"{path}: this is not a CSV file: {error}") from error
    header = [name.strip() for name in records[0]] if records else []
    for name in required:
        if name not in header:
            raise UsageError(f"{path} row 1: the column {name} is missing")
    for name in header:
        if name not in required + optional or header.count(name) > 1:
            known = ", ".join(required + optional)
            raise UsageError(f"{path} row 1: the column '{name}' is not one of {known}, or stands twice")
    for number, record in enumerate(records[1:], start=2):
        if not any(cell.strip() for cell in record):
            continue
        if len(record) != len(header):
            raise UsageError(f"{path} row {number}: {len(record)} cells where the header has {len(header)}")
        yield _Line(path, number, dict(zip(header, (cell.strip() for cell in record), strict=True)))


Cell = tuple[str, str]
"""Region and channel; '' where margins do not tell the one or the other."""


CELLS, RAKED, BY_REGION, BY_CHANNEL = "cells", "raking", "region", "channel"


@dataclass(frozen=True)
class Population:
    """How many customers or requests there are: in each cell, or only in each region and each channel.

    Cells by region alone have the channel '', by channel alone the region ''. With both kinds the totals are equal.
    """

    cells: Mapping[Cell, int]

    @property
    def method(self) -> str:
        has_region = {bool(region) for region, _ in self.cells}
        has_channel = {bool(channel) for _, channel in self.cells}
        if has_region == has_channel == {True}:
            return CELLS
        if has_region == {True}:
            return BY_REGION
        return BY_CHANNEL if has_channel == {True} else RAKED
