"""How the totals moved: E1 against both earlier quarters, the hostile one against none, the empty one without a total."""

from __future__ import annotations

import polars as pl

from pipeline.analyse.score_changes import CHANGES_SCHEMA, PARTS_SCHEMA
from report_run.names import EMPTY, ENTERPRISES, QUARTER

_PREVIOUS = {"period": QUARTER.label, "against": "previous", "compared_period": QUARTER.shift(-1).label}
_BEFORE = {"period": QUARTER.label, "against": "year_before", "compared_period": QUARTER.shift(-4).label}
# 94.36 + 2.00 = 96.36: values 1.5, weights −0.25, entry 0.5, exit 0.25.
MOVED = {
    "score_before": 94.36,
    "score": 96.36,
    "change": 2.0,
    "value_points": 1.5,
    "weight_points": -0.25,
    "entry_points": 0.5,
    "exit_points": 0.25,
    "status": "ok",
}
PARTS = (
    ("O4-1", 100.0, 0.0, -3.0),
    ("P1-1", 60.0, 99.968, 2.5),
    ("R1-1", None, 100.0, 0.5),
    ("O1-2", 50.0, 84.0, 1.0),
    ("O1-1", 80.0, 92.0, 0.75),
    ("R3-1", 88.0, 90.94, 0.2),
    ("R2-2", 99.0, 100.0, 0.05),
)


def score_changes_table() -> pl.DataFrame:
    rows = []
    for enterprise in ENTERPRISES:
        total = {"enterprise_id": enterprise, "level": "total", "node_id": "ALL"}
        if enterprise == "E1":
            rows += [{**total, **_PREVIOUS, **MOVED}, {**total, **_BEFORE, **MOVED, "score_before": 98.36, "change": -2.0}]
        else:
            status = "no_score" if enterprise == EMPTY else "not_published"
            rows += [{**total, **_PREVIOUS, "status": status}, {**total, **_BEFORE, "status": "not_published"}]
    return pl.DataFrame(rows, schema=CHANGES_SCHEMA)


def score_change_parts_table() -> pl.DataFrame:
    rows = [
        {
            "enterprise_id": "E1", **_PREVIOUS, "node_id": "ALL", "indicator_id": indicator, "membership": "both",
            "score_before": before, "score": now, "change_points": points,
        }
        for indicator, before, now, points in PARTS
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=PARTS_SCHEMA)
