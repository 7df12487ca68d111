"""Formats numbers: the only place that rounds, separates thousands, adds units and marks rounded equality.

Full values in, text out. Whether a requirement is met was decided before, on the full value (GB/T 8170, full-value
comparison): never compare formatted numbers.
"""

from __future__ import annotations

import datetime as dt
import math
from decimal import ROUND_HALF_EVEN, Context, Decimal

NOTHING = "—"
MINUS = "−"
DECIMALS = 2

# Wide enough for the largest double, so that quantize never fails and never rounds twice.
_CONTEXT = Context(prec=400, rounding=ROUND_HALF_EVEN)

_PERCENT = "rate"
_ONE_TO_N = "ratio"
_COUNTED = ("persons", "projects", "channels", "incidents")

Number = float | int | None


def number(value: Number, decimals: int = DECIMALS) -> str:
    """A number with thousands separators, rounded once, half to even; ``—`` for null and NaN.

    A double is rounded as its shortest decimal form, as shown in the published tables: 0.125 and 2.675 are ties, although
    the binary form of 2.675 is slightly smaller.
    """
    exact = _exact(value)
    return NOTHING if exact is None else _text(exact, decimals)


def count(value: Number) -> str:
    """A whole number with thousands separators; two decimals if it is not whole (sums of weights)."""
    exact = _exact(value)
    if exact is None:
        return NOTHING
    return _text(exact, 0 if _is_whole(exact) else DECIMALS)


def percent(value: Number, decimals: int = DECIMALS) -> str:
    """A rate 0–1 as percent: 0.95 → ``95.00%``."""
    exact = _exact(value)
    return NOTHING if exact is None else f"{_text(exact.scaleb(2, _CONTEXT), decimals)}%"


def bare(value: Number, unit: str) -> str:
    """A value in its indicator's unit without the unit's name, for tables that name it once.

    Rates keep their percent sign and staff per customer is ``1∶n``: both are part of the number.
    """
    exact = _exact(value)
    if exact is None:
        return NOTHING
    if unit == _PERCENT:
        return percent(value)
    if unit == _ONE_TO_N:
        return _one_to(exact)
    return count(value) if unit in _COUNTED else number(value)


def in_unit(value: Number, unit: str, unit_zh: str) -> str:
    """A value with its unit: ``95.00%``, ``1∶200``, ``26.40 秒``."""
    text = bare(value, unit)
    return text if text == NOTHING else f"{text}{_name(unit, unit_zh)}"


def limit(value: Number, unit: str, unit_zh: str = "") -> str:
    """A requirement, acceptable limit or objective as it was set: unrounded, without trailing zeros."""
    exact = _exact(value)
    if exact is None:
        return NOTHING
    if unit == _PERCENT:
        return f"{_text(exact.scaleb(2, _CONTEXT), None)}%"
    if unit == _ONE_TO_N:
        return _one_to(exact)
    return f"{_text(exact, None)}{_name(unit, unit_zh)}"


def bound(value: Number, unit: str, direction: str, unit_zh: str = "") -> str:
    """A requirement with its direction: ``≥ 95%``, ``≤ 30 秒``, ``= 100%``; ``—`` if none is set."""
    sign = {"higher": "≥", "lower": "≤", "exact": "="}[direction]
    text = limit(value, unit, unit_zh)
    return text if text == NOTHING else f"{sign} {text}"


def interval(low: Number, high: Number, unit: str, unit_zh: str = "") -> str:
    """A confidence interval: ``94.10%–95.90%``, ``25.10–26.30 秒``; ``—`` without one."""
    first, last = bare(low, unit), bare(high, unit)
    if NOTHING in (first, last):
        return NOTHING
    # A dash next to a minus sign is hard to read.
    dash = " 至 " if MINUS in first + last else "–"
    return f"{first}{dash}{last}{_name(unit, unit_zh)}"


def signed(value: Number, decimals: int = DECIMALS) -> str:
    """A number with its sign, for points gained or lost; nothing before zero."""
    exact = _exact(value)
    return NOTHING if exact is None else _signed(_text(exact, decimals))


def change(now: Number, before: Number, unit: str, unit_zh: str = "") -> str:
    """A signed change: rates in 个百分点, staff per customer in percent of before, others in their unit.

    The difference of the full values, rounded once; ``—`` if either side is missing.
    """
    exact, earlier = _exact(now), _exact(before)
    if exact is None or earlier is None:
        return NOTHING
    gap = _CONTEXT.subtract(exact, earlier)
    if unit == _PERCENT:
        return f"{_signed(_text(gap.scaleb(2, _CONTEXT), DECIMALS))} 个百分点"
    if unit == _ONE_TO_N:
        if earlier == 0:
            return NOTHING
        return f"{_signed(_text(_CONTEXT.divide(gap, earlier).scaleb(2, _CONTEXT), DECIMALS))}%"
    return f"{_signed(_text(gap, 0 if unit in _COUNTED and _is_whole(gap) else DECIMALS))}{_name(unit, unit_zh)}"


def rounding_mark(value: Number, limit_value: Number, unit: str) -> str:
    """``+`` or ``−`` if a printed value equals the printed limit but is larger or smaller, else nothing.

    The notation of GB/T 8170: 16.50(+) was rounded down, 16.50(−) was rounded up. Without it, 94.996 % would be printed
    as 95.00 % beside "not met" of ≥ 95 %.
    """
    exact, against = _exact(value), _exact(limit_value)
    if exact is None or against is None or exact == against or bare(value, unit) != bare(limit_value, unit):
        return ""
    # Staff per customer is printed as its inverse, so the sign is reversed.
    return "+" if (exact > against) != (unit == _ONE_TO_N) else MINUS


def date(day: dt.date) -> str:
    """``2025年3月31日``."""
    return f"{day.year}年{day.month}月{day.day}日"


def moment(when: dt.datetime | None) -> str:
    """``2025-04-29 18:02:11``, wall time as stored; ``—`` for null."""
    return NOTHING if when is None else when.isoformat(sep=" ", timespec="seconds")


def _name(unit: str, unit_zh: str) -> str:
    return f" {unit_zh}" if unit_zh and unit not in (_PERCENT, _ONE_TO_N) else ""


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


def _one_to(exact: Decimal) -> str:
    if exact <= 0:
        return _text(exact, DECIMALS)
    served = _CONTEXT.divide(Decimal(1), exact)
    # Rounded to two decimals like other numbers, without trailing zeros: 1∶212, not 1∶212.00.
    return f"1∶{_text(served.quantize(Decimal(1).scaleb(-DECIMALS), context=_CONTEXT), None)}"


def _signed(text: str) -> str:
    return text if text.startswith(MINUS) or not text.strip("0.,") else f"+{text}"
