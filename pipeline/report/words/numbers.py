"""Formats numbers: the only place that rounds, separates thousands, adds units and marks rounded equality.

Full values in, text out. Whether a requirement is met was decided before, on the full value (GB/T 8170, full-value
comparison): never compare formatted numbers.

House form, both languages: ``95.00%`` without a space, thousands by commas, the minus sign −, ``—`` for no number, a limit as it
was set (``≥ 95%``) and one at the end of its scale as an equality (``= 0``, ``= 100%``). Chinese: 个百分点, ``1∶200``,
2025年3月31日. English: pp, ``1:200``, 31 March 2025.
"""

from __future__ import annotations

import datetime as dt
import math
import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal

from pipeline.report.document.blocks import Language
from schemas.units import unit_name

NOTHING = "—"
MINUS = "−"
DECIMALS = 2

# Wide enough for the largest double, so that quantize never fails and never rounds twice.
_CONTEXT = Context(prec=400, rounding=ROUND_HALF_EVEN)

_PERCENT = "rate"
_ONE_TO_N = "ratio"
_COUNTED = ("persons", "projects", "channels", "incidents", "count")
# Whose name is part of the number, or is said by its form.
_UNNAMED = (_PERCENT, _ONE_TO_N)

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_QUARTERS_ZH = "一二三四"
_PERIOD = re.compile(r"(?P<year>\d{4})(-Q(?P<quarter>[1-4])(-(?P<window>YTD|TTM))?)?")

Number = float | int | None


@dataclass(frozen=True)
class Numbers:
    """The number formats of one language.

    ``unit_zh`` is the unit's Chinese name as the tables have it (the catalogue's column of that name), in both languages: the
    English name is that of ``schemas/units.csv``. Empty: the number without its unit's name; None: the unit's usual name.

    >>> Numbers("en").in_unit(26.4, "s")
    '26.40 s'
    """

    language: Language

    def number(self, value: Number, decimals: int = DECIMALS) -> str:
        """A number with thousands separators, rounded once, half to even; ``—`` for null and NaN.

        A double is rounded as its shortest decimal form, as shown in the published tables: 0.125 and 2.675 are ties, although
        the binary form of 2.675 is slightly smaller.
        """
        exact = _exact(value)
        return NOTHING if exact is None else _text(exact, decimals)

    def count(self, value: Number) -> str:
        """A whole number with thousands separators; two decimals if it is not whole (sums of weights)."""
        exact = _exact(value)
        if exact is None:
            return NOTHING
        return _text(exact, 0 if _is_whole(exact) else DECIMALS)

    def percent(self, value: Number, decimals: int = DECIMALS) -> str:
        """A rate 0–1 as percent: 0.95 → ``95.00%``."""
        exact = _exact(value)
        return NOTHING if exact is None else f"{_text(exact.scaleb(2, _CONTEXT), decimals)}%"

    def bare(self, value: Number, unit: str) -> str:
        """A value in its indicator's unit without the unit's name, for tables that name it once.

        Rates keep their percent sign and staff per customer is ``1∶n``: both are part of the number.
        """
        exact = _exact(value)
        if exact is None:
            return NOTHING
        if unit == _PERCENT:
            return self.percent(value)
        if unit == _ONE_TO_N:
            return self._one_to(exact)
        return self.count(value) if unit in _COUNTED else self.number(value)

    def in_unit(self, value: Number, unit: str, unit_zh: str | None = None) -> str:
        """A value with its unit: ``95.00%``, ``1∶200``, ``26.40 秒``."""
        text = self.bare(value, unit)
        return text if text == NOTHING else f"{text}{self._name(unit, unit_zh, text)}"

    def limit(self, value: Number, unit: str, unit_zh: str | None = "") -> str:
        """A requirement, acceptable limit or objective as it was set: unrounded, without trailing zeros."""
        exact = _exact(value)
        if exact is None:
            return NOTHING
        if unit == _PERCENT:
            return f"{_text(exact.scaleb(2, _CONTEXT), None)}%"
        if unit == _ONE_TO_N:
            return self._one_to(exact)
        text = _text(exact, None)
        return f"{text}{self._name(unit, unit_zh, text)}"

    def bound(self, value: Number, unit: str, direction: str, unit_zh: str | None = "") -> str:
        """A requirement with its direction: ``≥ 95%``, ``≤ 30 秒``, ``= 100%``, ``= 0``; ``—`` if none is set.

        At the end of the scale only equality meets it: a rate of at least 100 %, a count of at most none.
        """
        text = self.limit(value, unit, unit_zh)
        if text == NOTHING:
            return text
        is_end = value == 0 if direction == "lower" else value == 1 and unit == _PERCENT
        sign = "=" if is_end else {"higher": "≥", "lower": "≤", "exact": "="}[direction]
        return f"{sign} {'0' if value == 0 and direction == 'lower' else text}"

    def interval(self, low: Number, high: Number, unit: str, unit_zh: str | None = "") -> str:
        """A confidence interval: ``94.10%–95.90%``, ``25.10–26.30 秒``; ``—`` without one."""
        first, last = self.bare(low, unit), self.bare(high, unit)
        if NOTHING in (first, last):
            return NOTHING
        # A dash next to a minus sign is hard to read.
        dash = {"zh": " 至 ", "en": " to "}[self.language] if MINUS in first + last else "–"
        return f"{first}{dash}{last}{self._name(unit, unit_zh, last)}"

    def signed(self, value: Number, decimals: int = DECIMALS) -> str:
        """A number with its sign, for points gained or lost; nothing before zero."""
        exact = _exact(value)
        return NOTHING if exact is None else _signed(_text(exact, decimals))

    def change(self, now: Number, before: Number, unit: str, unit_zh: str | None = "") -> str:
        """A signed change: rates in percentage points, staff per customer in percent of before, others in their unit.

        The difference of the full values, rounded once; ``—`` if either side is missing.
        """
        exact, earlier = _exact(now), _exact(before)
        if exact is None or earlier is None:
            return NOTHING
        gap = _CONTEXT.subtract(exact, earlier)
        if unit == _PERCENT:
            points = {"zh": "个百分点", "en": "pp"}[self.language]
            return f"{_signed(_text(gap.scaleb(2, _CONTEXT), DECIMALS))} {points}"
        if unit == _ONE_TO_N:
            if earlier == 0:
                return NOTHING
            return f"{_signed(_text(_CONTEXT.divide(gap, earlier).scaleb(2, _CONTEXT), DECIMALS))}%"
        text = _signed(_text(gap, 0 if unit in _COUNTED and _is_whole(gap) else DECIMALS))
        return f"{text}{self._name(unit, unit_zh, text)}"

    def rounding_mark(self, value: Number, limit_value: Number, unit: str) -> str:
        """``+`` or ``−`` if a printed value equals the printed limit but is larger or smaller, else nothing.

        The notation of GB/T 8170: 16.50(+) was rounded down, 16.50(−) was rounded up. Without it, 94.996 % would be printed
        as 95.00 % beside "not met" of ≥ 95 %.
        """
        exact, against = _exact(value), _exact(limit_value)
        if exact is None or against is None or exact == against or self.bare(value, unit) != self.bare(limit_value, unit):
            return ""
        # Staff per customer is printed as its inverse, so the sign is reversed.
        return "+" if (exact > against) != (unit == _ONE_TO_N) else MINUS

    def date(self, day: dt.date) -> str:
        """``2025年3月31日``, ``31 March 2025``."""
        if self.language == "zh":
            return f"{day.year}年{day.month}月{day.day}日"
        return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"

    def moment(self, when: dt.datetime | None) -> str:
        """``2025-04-29 18:02:11``, wall time as stored; ``—`` for null."""
        return NOTHING if when is None else when.isoformat(sep=" ", timespec="seconds")

    def period(self, code: str) -> str:
        """A period of the tables: ``2025-Q1`` → ``2025年第一季度``, ``Q1 2025``; also ``-YTD``, ``-TTM`` and a year.

        An unknown code is printed as it is.
        """
        found = _PERIOD.fullmatch(code)
        if found is None:
            return code
        year, quarter, window = found["year"], found["quarter"], found["window"]
        if quarter is None:
            return f"{year}年" if self.language == "zh" else year
        if self.language == "zh":
            named = f"{year}年第{_QUARTERS_ZH[int(quarter) - 1]}季度"
            to_date = f"{year}年年初至第{_QUARTERS_ZH[int(quarter) - 1]}季度末"
            return {None: named, "YTD": to_date, "TTM": f"截至{named}的近四季度"}[window]
        named = f"Q{quarter} {year}"
        return {None: named, "YTD": f"{year} to the end of Q{quarter}", "TTM": f"four quarters to {named}"}[window]

    def unit(self, unit: str, unit_zh: str | None = None, is_one: bool = False) -> str:
        """A unit's name; one that ``schemas/units.csv`` does not have is its Chinese name, or in English its code."""
        found = unit_name(unit, unit_zh)
        if self.language == "zh":
            return unit_zh or (found.zh if found else unit)
        found = found or unit_name(unit)
        return unit if found is None else found.en_one if is_one else found.en

    def _name(self, unit: str, unit_zh: str | None, text: str) -> str:
        """The unit's name after a number, with the space before it; empty for a unit that is part of the number."""
        if unit in _UNNAMED or unit_zh == "":
            return ""
        is_one = text.strip("+" + MINUS) == "1"
        return f" {self.unit(unit, unit_zh, is_one)}"

    def _one_to(self, exact: Decimal) -> str:
        if exact <= 0:
            return _text(exact, DECIMALS)
        served = _CONTEXT.divide(Decimal(1), exact)
        # Rounded to two decimals like other numbers, without trailing zeros: 1∶212, not 1∶212.00.
        text = _text(served.quantize(Decimal(1).scaleb(-DECIMALS), context=_CONTEXT), None)
        return f"1{'∶' if self.language == 'zh' else ':'}{text}"


def _exact(value: Number) -> Decimal | None:
    if value is None or not math.isfinite(value):
        return None
    return Decimal(value) if isinstance(value, int) else Decimal(repr(float(value)))


def _is_whole(exact: Decimal) -> bool:
    return exact == exact.to_integral_value()


def _text(exact: Decimal, decimals: int | None) -> str:
    """With a fixed number of decimals; None: as many as the number has."""
    if decimals is not None:
        rounded = exact.quantize(Decimal(1).scaleb(-decimals), context=_CONTEXT)
    elif _is_whole(exact):
        rounded = exact.quantize(Decimal(1), context=_CONTEXT)
    else:
        rounded = exact.normalize(_CONTEXT)
    # Decimal keeps the sign of zero, which would be printed as −0.00.
    return f"{abs(rounded) if rounded == 0 else rounded:,f}".replace("-", MINUS)


def _signed(text: str) -> str:
    return text if text.startswith(MINUS) or not text.strip("0.,") else f"+{text}"
