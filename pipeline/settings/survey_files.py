"""Reads the two files about surveys that an evaluation plan may name: population margins and invitations.

Both are CSV files (UTF-8) beside the plan, read strictly: what a file says of a survey decides its weights and its response
rate. What is made of them is ``survey.py``'s business.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from pipeline.calendar.quarters import Quarter
from pipeline.settings.documents import Document
from pipeline.settings.sheets import quarter_in, read_sheet
from schemas.contract import TABLES
from schemas.sheet import Sheet

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


def read_margins(given: Path | Document) -> Margins:
    """Population counts by region and channel from a CSV file.

    Columns: enterprise_id, region_code, channel, population and, if wanted, quarter. Rows with region and channel are cells;
    rows with one of them are one-way margins, of which there may be those of regions, of channels, or both with one total.

    Raises UsageError naming file, row, column and rule of every fault.
    """
    found: dict[tuple[str, Quarter | None], dict[Cell, int]] = defaultdict(dict)
    first: dict[tuple[str, Quarter | None, Cell], int] = {}
    columns = ("enterprise_id", "region_code", "channel", "population")
    with read_sheet(Document.of(given), columns, optional=("quarter",)) as sheet:
        for row in sheet:
            enterprise, population = row.text("enterprise_id"), row.integer("population", 0)
            cell = (row.optional_text("region_code") or "", row.optional_text("channel") or "")
            if cell == ("", ""):
                row.fault("region_code", "a margin needs a region, a channel or both")
            if cell[1]:
                row.one_of("channel", _CHANNELS)
            quarter = quarter_in(row) if row.optional_text("quarter") else None
            if row.has_faults:
                continue
            before = first.setdefault((enterprise, quarter, cell), row.number_in_file)
            if before != row.number_in_file:
                row.fault("region_code", f"enterprise, quarter, region and channel are those of row {before}")
            found[enterprise, quarter][cell] = population
        if not sheet.faults:
            for (enterprise, quarter), cells in found.items():
                _check(cells, enterprise if quarter is None else f"{enterprise} {quarter}", sheet)
    return Margins(
        MappingProxyType({key: Population(MappingProxyType(dict(sorted(cells.items())))) for key, cells in found.items()})
    )


def read_invitations(given: Path | Document) -> Mapping[tuple[str, str], Invitations]:
    """Invitations by enterprise and survey round from a CSV file.

    Columns: enterprise_id, survey_id, sent and, if wanted, delivered. Raises UsageError naming file, row, column and rule of
    every fault.
    """
    found: dict[tuple[str, str], Invitations] = {}
    with read_sheet(Document.of(given), ("enterprise_id", "survey_id", "sent"), optional=("delivered",)) as sheet:
        for row in sheet:
            key = row.text("enterprise_id"), row.text("survey_id")
            sent = row.integer("sent", 1)
            delivered = row.integer("delivered", 1) if row.optional_text("delivered") else None
            if key in found:
                row.fault("survey_id", f"the round {key[1]} of {key[0]} stands in the file before")
            if delivered is not None and delivered > sent and not row.has_faults:
                row.fault("delivered", f"{delivered} is more than the {sent} sent")
            found[key] = Invitations(sent, delivered)
    return MappingProxyType(found)


def _check(cells: Mapping[Cell, int], whose: str, sheet: Sheet) -> None:
    kinds = {(bool(region), bool(channel)) for region, channel in cells}
    if (True, True) in kinds and len(kinds) > 1:
        rule = "rows with region and channel stand beside rows with one of them; give the cells or the one-way margins"
        sheet.fault(None, None, f"{whose}: {rule}")
        return
    totals = {
        name: sum(size for cell, size in cells.items() if cell[side])
        for name, side in ((BY_REGION, 0), (BY_CHANNEL, 1))
        if any(cell[side] for cell in cells)
    }
    if 0 in totals.values():
        sheet.fault(None, "population", f"{whose}: the margins hold nobody")
    elif len(set(totals.values())) > 1:
        held = f"the regions hold {totals[BY_REGION]} and the channels {totals[BY_CHANNEL]}"
        sheet.fault(None, "population", f"{whose}: {held}; margins of one population have one total")


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
