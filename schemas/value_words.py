"""What people write for the values of closed sets and for tables, in Chinese and English.

Words only, for proposals of ``asq suggest``: no run reads them. What a column may hold is declared in ``tables/``. A row of
``value_words.csv`` holds for every column of that name, or for ``table.column``; ``boolean`` for every yes or no. A row of
``duration_names.csv`` says what people call the time between the event of a row and a time of the contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from schemas.contract import TABLES, Column, Table
from schemas.sheet import Row, Sheet

_HERE = Path(__file__).resolve().parent
FILE, TABLE_NAMES, DURATION_NAMES = (_HERE / f"{name}.csv" for name in ("value_words", "table_names", "duration_names"))
_BOOLEAN = "boolean"


@dataclass(frozen=True)
class DurationNames:
    """What the time between the event of a row and one of its other times is called."""

    is_before: bool
    """The other time is before the event."""
    other_names: tuple[str, ...]


def words_of(table: Table, column: Column) -> Mapping[str, tuple[str, ...]]:
    """Value of a closed set → words for it, the value itself among them; empty for columns without a closed set. ::

    words_of(TABLES["hotline_calls"], TABLES["hotline_calls"].column("outcome"))["abandoned"]
    """
    known = value_words()
    if column.type == _BOOLEAN:
        return known[_BOOLEAN]
    found = known.get(f"{table.name}.{column.name}") or known.get(column.name) or {}
    return {value: (value.replace("_", " "), value, *found.get(value, ())) for value in column.values or ()}


@lru_cache(maxsize=1)
def value_words(file: Path = FILE) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
    """Column → value → words; raises StandardDataError."""
    sheet = Sheet(file, ["column_name", "value", "words"])
    sets = {f"{table.name}.{column.name}": column.values for table in TABLES.values() for column in table.columns if column.values}
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in sheet:
        name, value = row.text("column_name"), row.text("value")
        named = [values for each, values in sets.items() if name in (each, each.partition(".")[2])]
        if name == _BOOLEAN:
            named = [("true", "false")]
        if not any(value in values for values in named):
            row.fault("value", f"'{value}' is no value of '{name}'")
        if value in found.setdefault(name, {}):
            row.fault("value", f"'{value}' is there twice")
        found[name][value] = _words(row, "words")
    sheet.finish()
    return MappingProxyType(found)


@lru_cache(maxsize=1)
def table_names(file: Path = TABLE_NAMES) -> Mapping[str, tuple[str, ...]]:
    """Table → what people call its files; raises StandardDataError."""
    sheet = Sheet(file, ["table_name", "other_names"])
    found: dict[str, tuple[str, ...]] = {}
    for row in sheet:
        name = row.text("table_name")
        if name not in TABLES or name in found:
            row.fault("table_name", f"'{name}' is no table of the contract, or there twice")
        found[name] = _words(row, "other_names")
    for name in TABLES.keys() - found:
        sheet.fault(None, "table_name", f"'{name}' of the contract is missing")
    sheet.finish()
    return MappingProxyType(found)


@lru_cache(maxsize=1)
def duration_names(file: Path = DURATION_NAMES) -> Mapping[str, DurationNames]:
    """``table.column`` of a time → names of the duration up to it; raises StandardDataError."""
    sheet = Sheet(file, ["column_name", "counted", "other_names"])
    found: dict[str, DurationNames] = {}
    for row in sheet:
        name, counted = row.text("column_name"), row.text("counted")
        times = [
            f"{table.name}.{column.name}"
            for table in TABLES.values()
            for column in table.columns
            if table.dated_by and column.type == "timestamp" and column.name not in table.dated_by
        ]
        named = [each for each in times if name in (each, each.partition(".")[2])]
        if not named:
            row.fault("column_name", f"no table has a time '{name}' beside its event")
        if counted not in ("before", "after"):
            row.fault("counted", "must be before or after")
        for each in named:
            if each in found:
                row.fault("column_name", f"'{each}' is there twice")
            found[each] = DurationNames(counted == "before", _words(row, "other_names"))
    sheet.finish()
    return MappingProxyType(found)


def _words(row: Row, column: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in row.text(column).split(";"))
    if len(set(words)) < len(words) or not all(words):
        row.fault(column, "must be different words, separated by semicolons")
    return words
