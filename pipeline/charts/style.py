"""What all charts have in common: size, colours, grid. Never colour alone: a second mark, a dash or a label says the same."""

from __future__ import annotations

from typing import Any

# Of Okabe and Ito's colours those with a contrast of 3 : 1 or more on white.
BLUE, ORANGE, GREEN, PURPLE, GREY, INK = "#0072B2", "#D55E00", "#007A5E", "#B0568C", "#526070", "#17212b"
BAND = "#0072B2"
WIDTH = 640
HEIGHT = 260

CONFIG: dict[str, Any] = {
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": GREY,
        "gridColor": "#e3e8ee",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "labelLimit": 260,
    },
    "axisX": {"labelAngle": 0},
    "legend": {"labelFontSize": 12, "titleFontSize": 12, "orient": "bottom", "labelLimit": 300},
    "text": {"fontSize": 12, "color": INK},
}


def finished(chart: Any, description: str) -> dict[str, Any]:
    """A chart's specification with the common looks; ``description`` becomes its text alternative."""
    specification: dict[str, Any] = chart.properties(description=description).configure(**CONFIG).to_dict()
    return specification
