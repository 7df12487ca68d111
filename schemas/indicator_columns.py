"""Columns that an indicator's value rests on, beside those without which there is no value (``source_columns``), and columns that
stand in where those were not delivered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from schemas.contract import TABLES
from schemas.sheet import SEEDS, Sheet
from schemas.standard.catalogue import INDICATOR_ID, catalogue_rows

RESTS_ON, TIME_OF_DAY = "rests_on", "time_of_day"
"""Uses: the value depends on the column, which may be required or missing; its limit is shorter than a day and runs from or to
the column's time.
"""
DAILY_TOTALS = "daily_totals"
"""Use: the column of a table of totals from which the indicator is counted where single records were not delivered (D-104)."""
REPORTED = "as_reported_by_the_source"
"""Use: the flag of the source that decides where no record has the time that would (D-105)."""
STAND_INS = (DAILY_TOTALS, REPORTED)
"""Uses of columns that stand in for the records' own."""

_COLUMN = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")


def rests_on(indicator_id: str) -> tuple[str, ...]:
    """The columns that an indicator's value depends on beside its ``source_columns``."""
    return (*indicator_columns(RESTS_ON).get(indicator_id, ()), *indicator_columns(TIME_OF_DAY).get(indicator_id, ()))


def stand_ins(indicator_id: str) -> Mapping[str, tuple[str, ...]]:
    """Use (``STAND_INS``) → the columns that stand in for an indicator's own where those were not delivered."""
    found = {use: indicator_columns(use).get(indicator_id, ()) for use in STAND_INS}
    return {use: columns for use, columns in found.items() if columns}


@lru_cache(maxsize=8)
def indicator_columns(use: str, seeds: Path = SEEDS) -> Mapping[str, tuple[str, ...]]:
    """Indicator → columns (``table.column``) with a use, in the file's order; raises StandardDataError."""
    sheet = Sheet(seeds / "indicator_columns.csv", ["indicator_id", "column_name", "use"])
    known = {indicator.indicator_id: indicator.source_tables for indicator in catalogue_rows(seeds)}
    found: dict[str, list[str]] = {}
    seen: set[tuple[str, str, str]] = set()
    for row in sheet:
        indicator = row.match("indicator_id", INDICATOR_ID, "an id like R1-1 or R1-2a")
        name = row.match("column_name", _COLUMN, "table.column")
        used = row.one_of("use", (RESTS_ON, TIME_OF_DAY, *STAND_INS))
        if row.has_faults:
            continue
        table, _, column = name.partition(".")
        columns = {each.name: each for each in TABLES[table].columns} if table in TABLES else {}
        counted = TABLES[table].totals_of if table in TABLES and used == DAILY_TOTALS else table
        if indicator not in known:
            row.fault("indicator_id", f"'{indicator}' is not in indicator_catalogue.csv")
        elif counted not in known[indicator]:
            of = "no table of totals of a table" if used == DAILY_TOTALS else "no table"
            row.fault("column_name", f"'{name}' is of {of} in the source_tables of {indicator}")
        elif column not in columns:
            row.fault("column_name", f"the contract has no column '{name}'")
        elif used == TIME_OF_DAY and columns[column].type != "timestamp":
            row.fault("column_name", f"'{name}' is a {columns[column].type} and has no time of day")
        elif used == REPORTED and columns[column].in_place_of is None:
            row.fault("column_name", f"'{name}' is no flag in place of a time")
        if (indicator, name, used) in seen:
            row.fault("column_name", f"'{name}' is there twice for {indicator}")
        seen.add((indicator, name, used))
        if used == use:
            found.setdefault(indicator, []).append(name)
    sheet.finish()
    return MappingProxyType({indicator: tuple(names) for indicator, names in found.items()})
