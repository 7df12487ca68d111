"""The report says whether the total rose or fell, against which quarters, and which indicators did it."""

from __future__ import annotations

from pathlib import Path

import pytest
import report_run
from report_run.reading import line, sections_of, table, words

from pipeline.report.model.run_tables import build_report
from pipeline.report.parts.changes import Change


@pytest.fixture(scope="module")
def changes(run_path: Path) -> tuple[Change, ...]:
    return build_report(run_path, report_run.QUARTER, "E1").changes


def said(run_path: Path, enterprise: str) -> str:
    return words(*sections_of(build_report(run_path, report_run.QUARTER, enterprise)))


def test_five_indicators_are_named_and_the_rest_is_a_sum(changes: tuple[Change, ...]) -> None:
    previous = changes[0]
    assert [(each.indicator_id, each.points) for each in previous.causes] == [
        ("O4-1", -3.0), ("P1-1", 2.5), ("O1-2", 1.0), ("O1-1", 0.75), ("R1-1", 0.5),
    ]  # fmt: skip
    assert (previous.others, previous.others_points) == (2, pytest.approx(0.25))
    assert sum(each.points for each in previous.causes) + previous.others_points == pytest.approx(previous.change)
    assert previous.membership_points == 0.75


def test_the_section_concludes_in_words(run_path: Path) -> None:
    text = said(run_path, "E1")
    assert "较上一季度（2024-Q4，94.36 分）上升 2.00 分：指标得分变化 +1.50，权重变化 −0.25，指标进入或退出计分 +0.75。" in text
    assert "较上年同期（2024-Q1，98.36 分）下降 2.00 分：" in text
    causes = table("causes-2024-Q4", *sections_of(build_report(run_path, report_run.QUARTER, "E1")))
    assert causes.caption == "与上一季度（2024-Q4）相比对总分影响最大的 5 项"
    assert causes.note == "其余 2 项合计 +0.25 分。"
    assert line(causes, "O4-1")[1:] == ("100.00", "0.00", "−3.00")


def test_the_section_says_why_there_is_no_comparison(run_path: Path) -> None:
    assert "与上一季度（2024-Q4）未比较：本期没有总分。" in said(run_path, report_run.EMPTY)
    assert "与上年同期（2024-Q1）未比较：该季度的评价结果尚未发布。" in said(run_path, report_run.HOSTILE)
