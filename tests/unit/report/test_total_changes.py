"""The report says whether the total rose or fell, against which quarters, and which indicators did it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import report_run

from pipeline.report.formats.html import render
from pipeline.report.model.run_tables import build_report
from pipeline.report.parts.changes import Change


@pytest.fixture(scope="module")
def changes(run_path: Path) -> tuple[Change, ...]:
    return build_report(run_path, report_run.QUARTER, "E1").changes


def page(run_path: Path, enterprise: str) -> str:
    text = re.sub(r"<[^>]+>", "", render(build_report(run_path, report_run.QUARTER, enterprise)))
    return re.sub(r"\s+", "", text)


def test_five_indicators_are_named_and_the_rest_is_a_sum(changes: tuple[Change, ...]) -> None:
    previous = changes[0]
    assert [(each.indicator_id, each.points) for each in previous.causes] == [
        ("O4-1", -3.0), ("P1-1", 2.5), ("O1-2", 1.0), ("O1-1", 0.75), ("R1-1", 0.5),
    ]  # fmt: skip
    assert (previous.others, previous.others_points) == (2, pytest.approx(0.25))
    assert sum(each.points for each in previous.causes) + previous.others_points == pytest.approx(previous.change)
    assert previous.membership_points == 0.75


def test_the_page_concludes_in_words(run_path: Path) -> None:
    text = page(run_path, "E1")
    assert "较上一季度（2024-Q4，94.36分）上升2.00分：指标得分变化+1.50，权重变化−0.25，指标进入或退出计分+0.75。" in text
    assert "较上年同期（2024-Q1，98.36分）下降2.00分：" in text
    assert "与上一季度相比对总分影响最大的5项；其余2项合计+0.25分" in text


def test_the_page_says_why_there_is_no_comparison(run_path: Path) -> None:
    assert "与上一季度（2024-Q4）未比较：本期没有总分。" in page(run_path, report_run.EMPTY)
    assert "与上年同期（2024-Q1）未比较：该季度的评价结果尚未发布。" in page(run_path, report_run.HOSTILE)
