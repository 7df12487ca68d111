"""The names of units in Chinese and English: data of ``units.csv``, beside the catalogue, which has the Chinese ones.

A unit of a table is a code (``h``) with its Chinese name (小时); one code may be called differently where other things are counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from schemas.sheet import Sheet

FILE = Path(__file__).resolve().parent / "units.csv"


@dataclass(frozen=True)
class UnitName:
    """What a unit is called; ``en_one``: of exactly one."""

    zh: str
    en: str
    en_one: str


@lru_cache(maxsize=1)
def unit_names(file: Path = FILE) -> Mapping[str, tuple[UnitName, ...]]:
    """Unit → its names, the usual one first; raises StandardDataError."""
    found: dict[str, tuple[UnitName, ...]] = {}
    sheet = Sheet(file, ["unit", "unit_zh", "unit_en", "unit_en_one"])
    for row in sheet:
        unit, english = row.text("unit"), row.text("unit_en")
        name = UnitName(row.text("unit_zh"), english, row.optional_text("unit_en_one") or english)
        if name.zh in [each.zh for each in found.get(unit, ())]:
            row.fault("unit_zh", f"'{unit}' is called '{name.zh}' twice")
        found[unit] = (*found.get(unit, ()), name)
    sheet.finish()
    return found


def unit_name(unit: str, unit_zh: str | None = None) -> UnitName | None:
    """The name of a unit that is called so in Chinese (None: its usual name); None for an unknown unit."""
    names = unit_names().get(unit, ())
    return next((name for name in names if unit_zh in (None, name.zh)), None)
