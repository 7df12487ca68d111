from __future__ import annotations

import io
import shutil
from pathlib import Path

import polars as pl
import pytest
import report_run
from rich.console import Console

from pipeline.report.formats.terminal import EnterpriseScores, ScoreTable, terminal_scores
from pipeline.report.model.run_tables import ReportInputMissing


@pytest.fixture(scope="module")
def scores(run_path: Path) -> ScoreTable:
    return terminal_scores(run_path, report_run.QUARTER)


def test_one_row_per_enterprise(scores: ScoreTable) -> None:
    assert [row.enterprise_id for row in scores.rows] == [report_run.HOSTILE, "E1", report_run.EMPTY]
    assert list(scores.dimension_names) == ["R", "P", "O", "I"]


def test_a_plain_line_says_it_all(scores: ScoreTable) -> None:
    # R: (100 + 100 + 97.735 + 100) ÷ 4 = 99.43; P: (99.992 + 3 · 100) ÷ 4 = 99.998; total: the mean of the four, 96.36
    assert scores.lines()[1] == (
        "2025-Q1 E1: total 96.36 (95.56–96.86 over all legal weights), provisional, +2.00 against 2024-Q4; "
        "Service resources 99.43, Service process 100.00, Service outcome 86.00, Service improvement 100.00; coverage 59.06%; "
        "indicators: 38 met, 5 not met, 8 no data, 17 other"
    )
    assert scores.lines()[2].startswith("2025-Q1 Z0: total —; Service resources —,")


def test_a_total_that_lacks_targets_says_so() -> None:
    of = {"enterprise_id": "S", "total_range": None, "coverage": 0.0, "is_provisional": False, "dimensions": {}}
    lacking = {**of, "is_rateable": False}
    verdicts = {"met": 0, "not met": 0, "no data": 66, "other": 2}
    table = ScoreTable(report_run.QUARTER, {}, (EnterpriseScores(**lacking, total=None, verdicts=verdicts, without_target=2),))
    assert table.lines()[1] == (
        "2025-Q1 S: 2 indicators are measured and not scored: they have no target; set targets under `targets` in evaluation.yaml"
    )
    assert "set targets under `targets`" in " ".join(_print(table, force_terminal=True).split())
    scored = ScoreTable(
        report_run.QUARTER, {}, (EnterpriseScores(**of, is_rateable=True, total=80.0, verdicts=verdicts, without_target=2),)
    )
    assert len(scored.lines()) == 1


def test_what_rests_on_assumed_values_is_named() -> None:
    row = EnterpriseScores(
        enterprise_id="A", total=80.0, total_range=None, coverage=0.6, is_rateable=True, is_provisional=False, dimensions={},
        verdicts={}, without_target=0, assumed=("P1-1", "P1-2"),
    )  # fmt: skip
    said = "P1-1, P1-2 rest on assumed values: shown in the report, not scored unless `assumed` of evaluation.yaml names them"
    table = ScoreTable(report_run.QUARTER, {}, (row,))
    assert table.lines()[1:] == [f"2025-Q1 A: {said}"]
    assert said in " ".join(_print(table, force_terminal=True).split())


def test_too_little_scored_weight_gives_no_number(run_path: Path, tmp_path: Path) -> None:
    run = Path(shutil.copytree(run_path, tmp_path / "run"))
    low = pl.col("node_id").is_in(["ALL", "O"]) & (pl.col("enterprise_id") == "E1")
    pl.read_parquet(run / "scores.parquet").with_columns(
        score=pl.when(low & (pl.col("node_id") == "ALL")).then(None).otherwise(pl.col("score")),
        total_min=pl.when(low).then(None).otherwise(pl.col("total_min")),
        scored_coverage=pl.when(low).then(0.04).otherwise(pl.col("scored_coverage")),
        flags=pl.when(low).then(pl.lit(["low_coverage", "not_rateable"])).otherwise(pl.col("flags")),
    ).write_parquet(run / "scores.parquet")
    found = terminal_scores(run, report_run.QUARTER)
    assert found.lines()[1].startswith(
        "2025-Q1 E1: total not rateable; Service resources 99.43, Service process 100.00, Service outcome —, "
        "Service improvement 100.00; coverage 4.00%;"
    )
    printed = _print(found, force_terminal=True, width=80)
    assert max(len(line.rstrip()) for line in printed.splitlines()) <= 80
    assert "rateable" in printed


def test_verdicts_add_up(scores: ScoreTable) -> None:
    assert {sum(row.verdicts.values()) for row in scores.rows} == {68}


def test_a_terminal_gets_a_table_that_fits(scores: ScoreTable) -> None:
    printed = _print(scores, force_terminal=True, width=80)
    assert max(len(line.rstrip()) for line in printed.splitlines()) <= 80
    assert "…" not in printed
    assert "96.36*" in printed
    assert "95.56–96.86" in printed
    # An id is text, never markup.
    assert report_run.HOSTILE in printed


def test_a_pipe_gets_plain_lines(scores: ScoreTable) -> None:
    assert _print(scores, force_terminal=False).splitlines() == scores.lines()


def test_a_run_without_scores_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReportInputMissing, match="has not published this table"):
        terminal_scores(tmp_path, report_run.QUARTER)


def _print(scores: ScoreTable, force_terminal: bool, width: int = 80) -> str:
    # As the command line prints: long lines are not broken.
    target = io.StringIO()
    console = Console(file=target, highlight=False, soft_wrap=True, force_terminal=force_terminal, width=width, color_system=None)
    console.print(scores)
    return target.getvalue()
