"""Pictures of the analyses: drawn for those who see them, of no person, and none where there is nothing."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import dagster as dg
import polars as pl

from pipeline.analyse.league import SCHEMA as LEAGUE
from pipeline.analyse.plots import PLOT, plot_metadata, plot_of
from pipeline.analyse.score_changes import CHANGES_SCHEMA, PARTS_SCHEMA
from schemas.expectations.privacy import PERSON_SCOPE

_RECORDED = cast(dg.DagsterInstance, SimpleNamespace(is_ephemeral=False))
_UNRECORDED = cast(dg.DagsterInstance, SimpleNamespace(is_ephemeral=True))
_PERIOD = "2025-Q1"


def changes(folder: Path) -> tuple[Path, Path]:
    own = {"period": _PERIOD, "against": "previous", "compared_period": "2024-Q4", "level": "total", "node_id": "ALL"}
    rows = [
        {**own, "enterprise_id": name, "score_before": 90.0, "score": 90.0 + change, "change": change, "status": "ok"}
        for name, change in (("E1", 1.0), ("E2", -4.0))
    ]
    parts = [
        {**own, "enterprise_id": name, "indicator_id": "O1-1", "change_points": change}
        for name, change in (("E1", 1.0), ("E2", -4.0))
    ]
    first, second = folder / "score_changes.parquet", folder / "score_change_parts.parquet"
    pl.DataFrame(rows, schema=CHANGES_SCHEMA).write_parquet(first)
    pl.DataFrame([{name: row[name] for name in row if name != "level"} for row in parts], schema=PARTS_SCHEMA).write_parquet(second)
    return first, second


def test_a_recorded_run_shows_the_largest_change(tmp_path: Path) -> None:
    found = plot_metadata(_RECORDED, _PERIOD, *changes(tmp_path))[PLOT].value
    assert found is not None
    alternative, encoded = cast(re.Match[str], re.fullmatch(r"!\[(.*)\]\(data:image/svg\+xml;base64,(.*)\)", found)).groups()
    assert alternative == "E2: 90.00 in 2024-Q4, 86.00 in 2025-Q1"
    drawn = base64.b64decode(encoded).decode()
    assert drawn.startswith("<svg")
    assert "O1-1: -4.00" in drawn


def test_of_an_unrecorded_run_nothing_is_drawn(tmp_path: Path) -> None:
    assert plot_metadata(_UNRECORDED, _PERIOD, *changes(tmp_path)) == {}


def league(folder: Path, *dimensions: str) -> tuple[Path, Path]:
    rows: list[dict[str, Any]] = []
    for dimension in dimensions:
        for member, n in (("a", 40.0), ("b", 60.0)):
            limits = {"limit_low_95": 0.7, "limit_high_95": 0.9, "limit_low_998": 0.6, "limit_high_998": 0.95}
            own = {
                "enterprise_id": "E1",
                "period": _PERIOD,
                "indicator_id": "O1-1",
                "dimension": dimension,
                "member": f"{dimension}-{member}",
            }
            rows.append({**own, "n": n, "value": 0.5, "difference": -0.3, "flag": "below", "status": "ok", **limits})
    first, second = folder / "analysis_league.parquet", folder / "indicator_values.parquet"
    pl.DataFrame(rows, schema=LEAGUE).write_parquet(first)
    own = {"enterprise_id": "E1", "period": _PERIOD, "indicator_id": "O1-1", "scope_type": "enterprise", "value": 0.8}
    pl.DataFrame([own]).write_parquet(second)
    return first, second


def test_no_person_is_in_a_picture(tmp_path: Path) -> None:
    drawn = str(plot_of(_PERIOD, *league(tmp_path, PERSON_SCOPE, "outlet")))
    assert "outlet-a" in drawn
    assert f"{PERSON_SCOPE}-a" not in drawn
    # Where there are only persons, rows are counted.
    counted = str(plot_of(_PERIOD, *league(tmp_path, PERSON_SCOPE)))
    assert f"{PERSON_SCOPE}-a" not in counted


def test_an_empty_table_has_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "analysis_league.parquet"
    pl.DataFrame(schema=LEAGUE).write_parquet(path)
    assert plot_of(_PERIOD, path) is None
    assert plot_metadata(_RECORDED, _PERIOD, path) == {}
