"""What ``asq analyse`` says of a publication made by hand: 60 became 74, and the causes are named with their points."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner

from pipeline.analyse.comparison import SCHEMA as COMPARISON
from pipeline.analyse.contributions import SCHEMA as CONTRIBUTIONS
from pipeline.analyse.enterprises import SCHEMA as ENTERPRISES
from pipeline.analyse.league import SCHEMA as LEAGUE
from pipeline.analyse.score_changes import CHANGES_SCHEMA, PARTS_SCHEMA
from pipeline.analyse.what_ran import RUNS_SCHEMA
from pipeline.cli import main

_KEY = {"enterprise_id": "E1", "period": "2025-Q1", "against": "previous", "compared_period": "2024-Q4"}


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A lake with one publication: O1-1 rose from 40 to 80 at weights of .5 and .7, O1-3 from 80 to 60."""
    run = tmp_path / "lake" / "published" / "runs" / "r1"
    run.mkdir(parents=True)
    current = tmp_path / "lake" / "published" / "current"
    current.mkdir()
    (current / "quarter=2025-Q1").symlink_to("../runs/r1")
    node = {"enterprise_id": "E1", "period": "2025-Q1"}
    scores = [
        {**node, "level": "total", "node_id": "ALL", "parent_id": None, "score": 74.0, "lost_points": 26.0},
        {**node, "level": "indicator", "node_id": "O1-1", "parent_id": "ALL", "score": 80.0, "lost_points": 14.0},
        {**node, "level": "indicator", "node_id": "O1-3", "parent_id": "ALL", "score": 60.0, "lost_points": 12.0},
    ]
    # .6 · 40 = 24 and .4 · (−20) = −8; .2 · (60 − 67) = −1.4 and −.2 · (70 − 67) = −.6.
    parts: list[dict[str, Any]] = [
        {"indicator_id": "O1-1", "score_before": 40.0, "score": 80.0, "value_points": 24.0, "weight_points": -1.4},
        {"indicator_id": "O1-3", "score_before": 80.0, "score": 60.0, "value_points": -8.0, "weight_points": -0.6},
    ]
    total = {
        **_KEY, "level": "total", "node_id": "ALL", "score_before": 60.0, "score": 74.0, "change": 14.0, "value_points": 16.0,
        "weight_points": -2.0, "entry_points": 0.0, "exit_points": 0.0, "status": "ok",
    }  # fmt: skip
    unpublished = {**_KEY, "against": "year_before", "compared_period": "2024-Q1", "level": "total", "status": "not_published"}
    compared = {
        **_KEY, "scope_type": "region", "scope_id": "R1", "indicator_id": "O1-1", "value_before": 0.5, "value": 0.9,
        "q_value": 0.001, "finding": "better", "status": "ok",
    }  # fmt: skip
    place = {
        **_KEY, "indicator_id": "O1-1", "dimension": "region", "member": "R1", "change": 0.25, "rate_effect": 0.2,
        "rate_effect_low": 0.1, "rate_effect_high": 0.3, "q_value": 0.001, "status": "ok",
    }  # fmt: skip
    for name, table in {
        "scores": pl.DataFrame(scores),
        "score_changes": pl.DataFrame([total, unpublished], schema=CHANGES_SCHEMA),
        "score_change_parts": pl.DataFrame(
            [{**_KEY, "node_id": "ALL", **part, "change_points": part["value_points"] + part["weight_points"]} for part in parts],
            schema=PARTS_SCHEMA,
        ),
        "analysis_comparison": pl.DataFrame(
            [compared, compared | {"scope_id": "R2", "finding": "not_distinguishable"}], schema=COMPARISON
        ),
        "analysis_contributions": pl.DataFrame([place], schema=CONTRIBUTIONS),
    }.items():
        table.write_parquet(run / f"{name}.parquet")
    return tmp_path / "lake"


def test_the_causes_are_told_with_their_points(lake: Path) -> None:
    result = CliRunner().invoke(main, ["analyse", "2025-Q1", "--lake", str(lake)])
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "E1 2025-Q1: total 74.00",
        "  costs 14.00 points: O1-1 首次解决率 (score 80.0)",
        "  costs 12.00 points: O1-3 问题彻底解决率 (score 60.0)",
        "  against 2024-Q4, the period before: 60.00 +14.00 (values +16.00, weights -2.00, came +0.00, left +0.00)",
        "    +22.60 points: O1-1 首次解决率 (40.0 → 80.0)",
        "      region R1: +0.2 of +0.25 (+0.1 to +0.3, q 0.001)",
        "     -8.60 points: O1-3 问题彻底解决率 (80.0 → 60.0)",
        "    better region R1: O1-1 首次解决率 0.5 → 0.9 (q 0.001)",
        "    2 differences were tested; at most 5 % of the findings are expected to be false",
        "  against 2024-Q1, the year before: not compared: not_published",
    ]


def test_a_publication_without_analyses_is_to_be_run_again(lake: Path) -> None:
    (lake / "published" / "runs" / "r1" / "score_changes.parquet").unlink()
    result = CliRunner().invoke(main, ["analyse", "2025-Q1", "--lake", str(lake)])
    assert result.exit_code == 2
    assert "published by a version without analyses: run it again" in result.output


def test_members_that_differ_from_the_rest_are_named(lake: Path) -> None:
    member = {
        "enterprise_id": "E1", "period": "2025-Q1", "indicator_id": "O1-1", "dimension": "outlet", "member": "S2", "value": 0.6,
        "difference": -0.3, "difference_low": -0.4, "difference_high": -0.2, "q_value": 0.001, "flag": "below", "finding": "worse",
    }  # fmt: skip
    others = [
        {"member": f"S{place}", "finding": "better", "flag": "within", "q_value": 0.01 + place / 100} for place in range(3, 9)
    ]
    undecided = {"member": "S9", "finding": "not_distinguishable"}
    pl.DataFrame(
        [member, *(member | other for other in others), member | undecided, member | {"finding": None}], schema=LEAGUE
    ).write_parquet(lake / "published" / "runs" / "r1" / "analysis_league.parquet")
    lines = CliRunner().invoke(main, ["analyse", "2025-Q1", "--lake", str(lake)]).output.splitlines()
    assert lines[3] == (
        "  worse than the rest: outlet S2: O1-1 首次解决率 0.6, -0.3 (-0.4 to -0.2, q 0.001), below the funnel limits"
    )
    assert lines[4] == "  better than the rest: outlet S3: O1-1 首次解决率 0.6, -0.3 (-0.4 to -0.2, q 0.04)"
    assert lines[9:11] == [
        "  and 1 more better than the rest",
        "  8 values of members were compared with the rest; at most 5 % of the findings are expected to be false",
    ]


# --- one enterprise beside the others ------------------------------------------------------------------------------------

_PEERS = ("analyse", "2025-Q1", "--enterprise", "E1", "--peers")


def with_enterprises(lake: Path, number: int) -> Path:
    """The lake, whose analysts' layer has so many enterprises with a total each."""
    rows = [
        {
            "enterprise_id": f"E{at}", "period": "2025-Q1", "kind": "node", "measure_id": "ALL", "value": 70.04 + at,
            "score": 70.04 + at, "rank": number - at + 1, "ranked": number, "status": "ok",
        }
        for at in range(1, number + 1)
    ]  # fmt: skip
    run = lake / "analyst" / "runs" / "r1"
    run.mkdir(parents=True)
    pl.DataFrame(rows, schema=ENTERPRISES).write_parquet(run / "analysis_enterprises.parquet")
    return lake


@pytest.fixture
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASQ_PSEUDONYM_KEY", "5e" * 32)


@pytest.mark.usefixtures("_key")
def test_a_file_for_one_enterprise_has_letters_for_the_others(lake: Path, tmp_path: Path) -> None:
    file = tmp_path / "out" / "peers.csv"
    result = CliRunner().invoke(main, [*_PEERS, str(file), "--lake", str(with_enterprises(lake, 5))])
    assert (result.exit_code, result.output) == (
        0, f"{file}: E1 beside 4 others by 1 measure; their letters are of this file only\n"
    )  # fmt: skip
    written = pl.read_csv(file)
    assert written["enterprise"].to_list() == ["E1", "A", "B", "C", "D"]
    assert sorted(written["value"].to_list()) == [71.04, 72.0, 73.0, 74.0, 75.0]
    assert file.stat().st_mode & 0o077 == 0
    read = (lake / "log" / "access.jsonl").read_text(encoding="utf-8")
    assert '"analysis_enterprises"' in read


@pytest.mark.usefixtures("_key")
def test_fewer_than_five_enterprises_are_refused(lake: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, [*_PEERS, str(tmp_path / "peers.csv"), "--lake", str(with_enterprises(lake, 4))])
    assert result.exit_code == 2
    assert "2025-Q1 has 4 enterprises: under code letters they would know each other" in result.output
    assert not (tmp_path / "peers.csv").exists()


def test_the_file_needs_a_recipient_and_a_publication(lake: Path, tmp_path: Path) -> None:
    file = str(tmp_path / "peers.csv")
    result = CliRunner().invoke(main, ["analyse", "2025-Q1", "--peers", file, "--lake", str(lake)])
    assert (result.exit_code, "--peers: for which enterprise? Name it by --enterprise" in result.output) == (2, True)
    result = CliRunner().invoke(main, [*_PEERS, file, "--lake", str(lake)])
    assert (result.exit_code, "2025-Q1 has no analysis_enterprises" in result.output) == (2, True)
    unknown = ["analyse", "2025-Q1", "--enterprise", "E11", "--peers", file, "--lake", str(with_enterprises(lake, 5))]
    result = CliRunner().invoke(main, unknown)
    assert (result.exit_code, "2025-Q1 has no enterprise 'E11'; did you mean 'E1'?" in result.output) == (2, True)


def test_what_ran_and_what_did_not_is_said_with_the_reason(lake: Path) -> None:
    ran = {"enterprise_id": "E1", "quarter": "2025-Q1", "status": "ok"}
    runs = [
        {**ran, "analysis_id": "score_changes"},
        {**ran, "analysis_id": "comparison", "status": "insufficient_history", "reason": "not_published"},
        {**ran, "analysis_id": "league", "status": "switched_off"},
        {**ran, "analysis_id": "text", "status": "not_offered"},
        {**ran, "analysis_id": "cluster", "status": "not_offered"},
        {**ran, "analysis_id": "months", "enterprise_id": "E2"},
    ]
    pl.DataFrame(runs, schema=RUNS_SCHEMA).write_parquet(lake / "published" / "runs" / "r1" / "analysis_runs.parquet")
    result = CliRunner().invoke(main, ["analyse", "2025-Q1", "--lake", str(lake)])
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[-4:] == [
        "  analyses with a result: score_changes",
        "  no result: comparison: nothing published before",
        "  no result: cluster, text: not offered by this version",
        "  no result: league: switched off in the evaluation plan",
    ]
