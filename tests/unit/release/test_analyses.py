"""What readers see of the analyses of places and classes: no more than they could compute of shown cells."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import polars as pl

from pipeline.analyse.benchmarks import SCHEMA as BENCHMARKS
from pipeline.analyse.league import EXACT, RANDOM_EFFECT
from pipeline.analyse.league import SCHEMA as LEAGUE
from pipeline.analyse.pareto import SCHEMA as PARETO
from pipeline.analyse.root_causes import SCHEMA as ROOT_CAUSES
from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
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


def root_cause(dimension: str | None, name: str | None, **given: object) -> dict[str, object]:
    numbers = dict.fromkeys((name for name, kind in ROOT_CAUSES.items() if kind == pl.Float64), 0.5)
    return {**_CELL, "dimension": dimension, "member": name, **numbers, "rank": 1, "status": "ok", **given}


def test_root_causes_are_those_of_shown_members(tmp_path: Path) -> None:
    """The worse outlet of O1-1 is withheld: of what is shown nothing is worse. Of O1-3 and O3-2 no member is shown."""
    rows = [
        root_cause("outlet", "S1", finding="worse", indicator_finding="concentrated"),
        root_cause("outlet", "S2", finding="not_distinguishable", indicator_finding="concentrated"),
        root_cause("outlet", "(unassigned)", indicator_finding="concentrated", rank=None),
        root_cause("urgency", "urgent", finding="worse", indicator_finding="concentrated"),
        root_cause("outlet", "S2", indicator_id="O1-3", finding="worse", indicator_finding="concentrated"),
        root_cause("region", "R1", indicator_id="O3-2", finding="better", indicator_finding="not_distinguishable"),
        root_cause(None, None, indicator_id="R1-2a", indicator_finding="not_additive", status="not_additive"),
    ]
    shown = [("O1-1", "enterprise", "E1"), ("O1-1", "outlet", "S2"), ("O1-3", "outlet", "S2"), ("O3-2", "enterprise", "E1")]
    found = layer(tmp_path, "analysis_root_causes", pl.DataFrame(rows, schema=ROOT_CAUSES), *shown).root_causes()
    assert found.select("indicator_id", "member", "total_value", "value", "indicator_finding", "status").rows() == [
        ("O1-1", "S2", 0.5, 0.5, "not_distinguishable", "ok"),
        ("O1-3", None, 0.5, None, "withheld", "withheld"),
        ("O3-2", None, 0.5, None, "withheld", "withheld"),
        ("R1-2a", None, 0.5, 0.5, "not_additive", "not_additive"),
    ]


def test_classes_of_few_people_are_merged_and_compared_with_what_was_shown(tmp_path: Path) -> None:
    """k = 5: leak and noise are of enough people, dust's 9 requests of four, smoke's 3 of three: these two are merged.
    Of complaints there are 4 in all: nothing. Before, dust was shown and noise merged: only leak has a change.
    """
    run = RunFolder(Lake(tmp_path / "lake"), Quarter.parse("2025-Q1"), "run-1").open()
    key = {"enterprise_id": "E1", "quarter": "2025-Q1", "row_value": None}
    given = [
        *(("product_issue", name, count, most) for name, count, most in (("leak", 40, 8), ("noise", 30, 6), ("dust", 9, 9))),
        *(("product_issue", "smoke", 3, 2), ("product_issue", None, 82, 20), ("region_cause", "delay", 4, 4)),
    ]
    cells = [{**key, "cube": cube, "column_value": name, "record_count": n, "most_rows": most} for cube, name, n, most in given]
    pl.DataFrame(cells, schema_overrides={"row_value": pl.String}).write_parquet(run.table("mart_record_cells"))
    about = {"enterprise_id": "E1", "period": "2025-Q1"}
    rows = [
        {**about, "kind": "refusal", "class": "complaints.type", "cases": 1},
        {**about, "kind": "fault", "class": "smoke", "cases": 3},
    ]
    pl.DataFrame(rows, schema=PARETO).write_parquet(run.table("analysis_pareto"))
    earlier = run.lake.current(Quarter.parse("2024-Q4"))
    earlier.mkdir(parents=True)
    before = [{**about, "kind": "fault", "class": name, "cases": n} for name, n in (("leak", 60), ("dust", 30), ("other", 20))]
    pl.DataFrame(before, schema=PARETO).write_parquet(earlier / "analysis_pareto.parquet")
    found = Layer(run, 5).pareto()
    assert found.select("kind", "class", "cases", "rank", "change_status").rows() == [
        ("fault", "leak", 40, 1, "ok"),
        ("fault", "noise", 30, 2, "withheld"),
        ("fault", "other", 12, None, "merged"),
        ("refusal", "complaints.type", 1, 1, "no_cases_before"),
    ]
    assert found.filter(pl.col("class") == "leak").select("share", "share_before").row(0) == (40 / 82, 60 / 110)
