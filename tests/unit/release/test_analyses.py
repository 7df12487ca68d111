"""What readers see of league tables and benchmarks: no more than they could compute of shown cells."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import polars as pl

from pipeline.analyse.benchmarks import SCHEMA as BENCHMARKS
from pipeline.analyse.league import EXACT, RANDOM_EFFECT
from pipeline.analyse.league import SCHEMA as LEAGUE
from pipeline.lake.run_folder import RunFolder
from pipeline.release.tables import Layer

_CELL = {"enterprise_id": "E1", "period": "2025-Q1", "indicator_id": "O1-1"}


class _Run:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def table(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"


def layer(folder: Path, table: str, rows: pl.DataFrame, *shown: tuple[str, str, str]) -> Layer:
    """A layer that shows these cells with their parts: indicator, scope and place."""
    rows.write_parquet(folder / f"{table}.parquet")
    made = Layer(cast(RunFolder, _Run(folder)), 5)
    cells = [{**_CELL, "indicator_id": indicator, "scope_type": scope, "scope_id": name} for indicator, scope, name in shown]
    # Which cells these are is tested elsewhere.
    made.__dict__["_with_parts"] = pl.DataFrame(cells)
    return made


def member(dimension: str, name: str, **given: object) -> dict[str, object]:
    numbers = dict.fromkeys((name for name, kind in LEAGUE.items() if kind == pl.Float64), 0.5)
    ranks = {"rank": 2, "rank_low": 1, "rank_high": 2}
    verdicts = {"limits_method": EXACT, "flag": "within", "finding": "better", "status": "ok"}
    return {**_CELL, "dimension": dimension, "member": name, **numbers, **ranks, **verdicts, **given}


def test_members_are_shown_with_their_cell_and_ranks_with_all_members(tmp_path: Path) -> None:
    unranked = {"rank": None, "rank_low": None, "rank_high": None, "status": "not_distinguishable"}
    rows = [
        *(member("region", name) for name in ("R1", "R2")),
        member("outlet", "S1"),
        member("outlet", "S2", **unranked),
        member("outlet", "S3"),
        *(member("channel", name, limits_method=RANDOM_EFFECT) for name in ("phone", "web")),
        member("staff", "token"),
        member("region", "R1", indicator_id="O1-3"),
    ]
    shown = [("O1-1", "enterprise", "E1"), ("O1-3", "region", "R1")]
    shown += [("O1-1", *place) for place in (("region", "R1"), ("region", "R2"), ("outlet", "S1"), ("outlet", "S2"))]
    shown += [("O1-1", "channel", "phone")]
    found = layer(tmp_path, "analysis_league", pl.DataFrame(rows, schema=LEAGUE), *shown).league()
    by_member = {row["member"]: row for row in found.to_dicts()}
    # S3 and web are withheld, O1-3 has no total that is shown, and staff is never shown.
    assert sorted(by_member) == ["R1", "R2", "S1", "S2", "phone"]
    assert found.height == 5
    assert [by_member[name]["rank"] for name in ("R1", "S1", "S2", "phone")] == [2, None, None, None]
    assert [by_member[name]["status"] for name in ("R1", "S1", "S2")] == ["ok", "rank_withheld", "rank_withheld"]
    assert (by_member["S1"]["dispersion"], by_member["S1"]["rank_high"], by_member["R1"]["dispersion"]) == (None, None, 0.5)
    assert (by_member["S1"]["limit_low_998"], by_member["S1"]["flag"], by_member["S1"]["difference"]) == (0.5, "within", 0.5)
    phone = by_member["phone"]
    assert {phone[name] for name in LEAGUE if name.startswith("limit")} | {phone["flag"]} == {None}


def test_gaps_of_withheld_enterprises_have_no_interval(tmp_path: Path) -> None:
    numbers = dict.fromkeys((name for name, kind in BENCHMARKS.items() if kind == pl.Float64), 0.5)
    rows = [{**_CELL, "indicator_id": indicator, **numbers, "finding": "better"} for indicator in ("O1-1", "O1-2")]
    found = layer(
        tmp_path,
        "analysis_benchmarks",
        pl.DataFrame(rows, schema=BENCHMARKS),
        ("O1-1", "enterprise", "E1"),
        ("O1-2", "region", "R1"),
    ).benchmarks()
    columns = ("value", "gap", "gap_low", "q_value", "finding")
    assert found.select(columns).rows() == [(0.5, 0.5, 0.5, 0.5, "better"), (0.5, 0.5, None, None, None)]
