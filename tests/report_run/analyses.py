"""Tables of analyses for E1, from which figures are made: trends, league tables, cells, classes and recorded causes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from pipeline.analyse.league import SCHEMA as LEAGUE
from pipeline.analyse.trends import SCHEMA as TRENDS
from report_run.names import QUARTER

QUARTERS = [QUARTER.shift(-back).label for back in range(7, -1, -1)]
# The fourth quarter was not published; the ranges of the last two overlap.
TOTALS: list[tuple[float, float, float] | None] = [
    (88.0, 86.0, 90.0), (89.5, 87.0, 91.0), (90.0, 88.0, 92.0), None,
    (93.0, 91.0, 94.0), (94.0, 92.5, 95.0), (94.36, 93.0, 96.0), (96.36, 95.0, 97.0),
]  # fmt: skip
# First contact resolution: value, interval, cases.
RESOLVED = [(0.78, 0.77, 0.79, 18000 + place) for place in range(7)] + [(0.82, 0.814616, 0.825258, 20000)]
# Members of O1-1 by outlet: n, value, interval, rank, flag, finding.
OUTLETS: list[tuple[str, float, float, float, float, str | None, str | None, str]] = [
    ("W1", 400.0, 0.90, 0.87, 0.93, "above", "better", "ok"),
    ("W2", 300.0, 0.83, 0.78, 0.87, "within", "not_distinguishable", "ok"),
    ("W3", 200.0, 0.70, 0.63, 0.76, "below", "worse", "ok"),
    ("W4", 12.0, 0.75, 0.47, 0.91, "insufficient_sample", None, "insufficient_sample"),
]
# Requests by month and hour; None is withheld.
HOURS: dict[tuple[str, str], int | None] = {
    ("2025-01", "09"): 12, ("2025-01", "10"): 30, ("2025-01", "other"): None,
    ("2025-02", "09"): 0, ("2025-02", "10"): 25, ("2025-02", "other"): None,
}  # fmt: skip
CLASSES = [("漏水", 60, True), ("噪音大", 30, True), ("other", 10, False)]
CAUSES = [("人", "confirmed"), ("人", "suspected"), ("法", "ruled_out")]


def write_analyses(folder: Path) -> Path:
    """Write the tables into a run's folder, beside those of ``write_run``; the values get regions."""
    _trends().write_parquet(folder / "analysis_trends.parquet")
    _league().write_parquet(folder / "analysis_league.parquet")
    _cells().write_parquet(folder / "record_cells.parquet")
    _classes().write_parquet(folder / "analysis_pareto.parquet")
    _causes().write_parquet(folder / "analysis_cause_records.parquet")
    values = pl.read_parquet(folder / "indicator_values.parquet")
    pl.concat([values, _regions(values)]).write_parquet(folder / "indicator_values.parquet")
    return folder


def _trends() -> pl.DataFrame:
    base = {"enterprise_id": "E1", "period": QUARTER.label, "is_provisional": False}
    rows: list[dict[str, Any]] = []
    for quarter, total, resolved in zip(QUARTERS, TOTALS, RESOLVED, strict=True):
        of_quarter = {**base, "quarter": quarter}
        for level, node in (("total", "ALL"), ("dimension", "O")):
            if total is None:
                rows.append({**of_quarter, "level": level, "node_id": node, "status": "not_published"})
            else:
                names = dict(zip(("score", "score_low", "score_high"), total, strict=True))
                rows.append({**of_quarter, "level": level, "node_id": node, "status": "ok", **names})
        own = {**of_quarter, "level": "indicator", "node_id": "O1-1"}
        if total is None:
            rows.append({**own, "status": "not_published"})
            continue
        value, low, high, n = resolved
        known = {"value": value, "ci_low": low, "ci_high": high, "n": n, "requirement": 0.85, "score": 92.0, "status": "ok"}
        rows.append({**own, **known})
    return pl.DataFrame(rows, schema=TRENDS)


def _league() -> pl.DataFrame:
    rows = []
    for place, (member, n, value, low, high, flag, finding, status) in enumerate(OUTLETS, start=1):
        row: dict[str, Any] = {
            "enterprise_id": "E1", "period": QUARTER.label, "indicator_id": "O1-1", "dimension": "outlet", "member": member,
            "n": n, "value": value, "ci_low": low, "ci_high": high, "flag": flag, "finding": finding, "status": status,
        }  # fmt: skip
        if status == "ok":
            row |= {"rank": place, "rank_low": place, "rank_high": place, "difference": value - 0.82}
            row |= {"limit_low_95": 0.78, "limit_high_95": 0.86, "limit_low_998": 0.75, "limit_high_998": 0.88}
        rows.append(row)
    return pl.DataFrame(rows, schema=LEAGUE)


def _cells() -> pl.DataFrame:
    rows = [
        {
            "enterprise_id": "E1", "quarter": QUARTER.label, "cube": "month_hour", "row_value": month, "column_value": hour,
            "record_count": count, "withheld": "cell" if count is None else None,
        }
        for (month, hour), count in HOURS.items()
    ]  # fmt: skip
    return pl.DataFrame(rows, schema_overrides={"record_count": pl.Int64, "withheld": pl.String})


def _classes() -> pl.DataFrame:
    whole = sum(cases for _, cases, _ in CLASSES)
    return pl.DataFrame(
        [
            {
                "enterprise_id": "E1", "period": QUARTER.label, "kind": "fault", "class": name, "cases": cases,
                "share": cases / whole, "share_low": cases / whole - 0.05, "share_high": cases / whole + 0.05, "rank": place,
                "is_vital_few": is_vital, "status": "ok",
            }
            for place, (name, cases, is_vital) in enumerate(CLASSES, start=1)
        ]
    )  # fmt: skip


def _causes() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "enterprise_id": "E1", "period": QUARTER.label, "indicator_id": "O1-1", "method": "fishbone", "record": line,
                "category": category, "status": status,
            }
            for line, (category, status) in enumerate(CAUSES, start=2)
        ]
    )  # fmt: skip


def _regions(values: pl.DataFrame) -> pl.DataFrame:
    """O1-1 and P1-1 by three regions: met, missed, undecided, withheld, without data."""
    own = values.filter(enterprise_id="E1", period=QUARTER.label, scope_type="enterprise")
    found = []
    for indicator, region, value, is_met, is_firm in (
        ("O1-1", "450102", 0.60, False, True),
        ("O1-1", "450103", 0.90, True, True),
        ("P1-1", "450102", 0.94, False, False),
        ("P1-1", "450103", None, None, None),
        ("P1-1", "450104", 0.96, True, True),
    ):
        row = own.filter(indicator_id=indicator).to_dicts()[0]
        row |= {"scope_type": "region", "scope_id": region, "value": value, "is_met": is_met, "is_distinguishable": is_firm}
        row |= {
            "sample_size": 80 if value else None,
            "status": "ok" if value else "withheld",
            "withheld": None if value else "cell",
        }
        found.append(row)
    return pl.DataFrame(found, schema=values.schema)
