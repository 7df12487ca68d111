"""Number formats of a report's language."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.report.document.blocks import Language
from pipeline.report.words import numbers as chinese

_PERIOD = re.compile(r"(\d{4})-Q([1-4])")
_UNITS = {
    "s": "s", "min": "min", "h": "h", "km": "km", "working_days": "working days", "score": "points", "persons": "people",
    "projects": "projects", "channels": "channels", "per_10000_services": "per 10,000 services", "per_10000_km2": "per 10,000 km²",
}  # fmt: skip
_NAMELESS = ("rate", "ratio")


@dataclass(frozen=True)
class Numbers:
    """The number formats of one language."""

    language: Language

    def number(self, value: chinese.Number, decimals: int = chinese.DECIMALS) -> str:
        return chinese.number(value, decimals)

    def count(self, value: chinese.Number) -> str:
        return chinese.count(value)

    def percent(self, value: chinese.Number, decimals: int = chinese.DECIMALS) -> str:
        return chinese.percent(value, decimals)

    def signed(self, value: chinese.Number, decimals: int = chinese.DECIMALS) -> str:
        return chinese.signed(value, decimals)

    def bare(self, value: chinese.Number, unit: str) -> str:
        return self._own(chinese.bare(value, unit))

    def unit(self, unit: str, unit_zh: str) -> str:
        return unit_zh if self.language == "zh" else _UNITS.get(unit, unit)

    def in_unit(self, value: chinese.Number, unit: str, unit_zh: str) -> str:
        return self._own(chinese.in_unit(value, unit, self.unit(unit, unit_zh)))

    def bound(self, value: chinese.Number, unit: str, direction: str, unit_zh: str) -> str:
        return self._own(chinese.bound(value, unit, direction, self.unit(unit, unit_zh)))

    def interval(self, low: chinese.Number, high: chinese.Number, unit: str, unit_zh: str) -> str:
        return self._own(chinese.interval(low, high, unit, self.unit(unit, unit_zh)))

    def period(self, code: str) -> str:
        found = _PERIOD.fullmatch(code)
        if found is None:
            return code
        year, number = found.groups()
        return f"{year}年第{'一二三四'[int(number) - 1]}季度" if self.language == "zh" else f"Q{number} {year}"

    def _own(self, text: str) -> str:
        return text if self.language == "zh" else text.replace("∶", ":").replace(" 至 ", " to ")
