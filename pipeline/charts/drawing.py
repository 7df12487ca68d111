"""Draws a Vega-Lite specification as SVG or PNG, in this process and without a network (vl-convert).

The libraries are imported when the first chart is drawn: a run without charts does not pay for them.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from pipeline.errors import AsqError

FONTS = ("Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "PingFang SC", "Microsoft YaHei", "SimHei")
"""Families with the characters of Simplified Chinese, the preferred one first."""
FONT_STACK = ", ".join([*FONTS, "sans-serif"])

_PIXELS_PER_UNIT = 2.0
# Attributes that say where and how large a mark is.
_PLACES = re.compile(r'(\s(?:transform|d|x|y|x1|x2|y1|y2|width|height|cx|cy|r|points)=")([^"]*)(")')
_LONG = re.compile(r"-?\d+\.\d{3,}(?:e-\d+)?")


class NoChineseFont(AsqError):
    """No installed font has the characters of Simplified Chinese, so charts and PDF would show boxes."""


def svg(specification: dict[str, Any]) -> str:
    """The chart as SVG; the same specification gives the same text. Whoever shows it needs one of ``FONTS``."""
    import vl_convert

    return _rounded(str(vl_convert.vegalite_to_svg(_with_font(specification, FONT_STACK), vl_version=_version())))


@lru_cache(maxsize=64)
def png(drawing: str) -> bytes:
    """A drawing as PNG, at twice its size, for formats that cannot hold SVG. Raises NoChineseFont."""
    import vl_convert

    font_family()
    return bytes(vl_convert.svg_to_png(drawing, scale=_PIXELS_PER_UNIT))


def font_family() -> str:
    """The installed family that charts and pages are set in.

    Raises NoChineseFont if there is none: with a missing font, renderers silently take another one.
    """
    installed = _installed_families()
    found = next((family for family in FONTS if family in installed), None)
    if found is None:
        raise NoChineseFont(
            "no font for Chinese is installed, so charts and PDF would be unreadable; "
            f"install one of {', '.join(FONTS)} (Debian: fonts-noto-cjk)"
        )
    return found


def _rounded(drawing: str) -> str:
    """With places to a hundredth: fifteen digits show no more, weigh twice as much and look like telephone numbers to a scan."""
    return _PLACES.sub(
        lambda place: f"{place[1]}{_LONG.sub(lambda number: f'{float(number[0]):.2f}', place[2])}{place[3]}", drawing
    )


def _with_font(specification: dict[str, Any], font: str) -> dict[str, Any]:
    return {**specification, "config": {**specification.get("config", {}), "font": font}}


@lru_cache(maxsize=1)
def _installed_families() -> frozenset[str]:
    import typst

    return frozenset(typst.Fonts(include_embedded_fonts=False).families())


@lru_cache(maxsize=1)
def _version() -> str:
    """The version of Vega-Lite that Altair writes, as vl-convert knows it."""
    import altair
    import vl_convert

    wanted = ".".join(altair.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    known = list(vl_convert.get_vegalite_versions())
    return wanted if wanted in known else known[-1]
