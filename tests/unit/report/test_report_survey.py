"""What a report says of the satisfaction surveys: flags and shares, response rate, weights, satisfaction in its readings."""

from __future__ import annotations

import re

import pytest
import report_run

from pipeline.report.formats.html import render
from pipeline.report.model.report import ReportModel
from pipeline.report.model.run_tables import RunTables

HEADING = "满意度调查的有效性与代表性"


@pytest.fixture(scope="module")
def part(report: ReportModel) -> str:
    page = render(report)
    return page[page.index(HEADING) : page.index('<section id="findings">')]


def words(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", markup))


def test_the_round_is_told_in_words(report: ReportModel) -> None:
    (found,) = report.survey.rounds
    assert [(flag.name, flag.responses) for flag in found.flags] == [
        ("直线作答", 9),
        ("过快作答", 4),
        ("同一顾客重复", 12),
        ("多名顾客共用设备", 6),
    ]
    assert found.flags[0].share == 9 / 540
    assert found.modes == {"在线": 360, "电话": 100, "现场": 40}
    assert found.weighting == "按区域×渠道事后分层"
    assert found.response_rate_reason == "未提供问卷发放登记"


def test_counts_shares_weights_and_minutes_are_printed(part: str) -> None:
    said = words(part)
    # What a survey is called is text, whatever it looks like.
    assert "SAT-&lt;1&gt;" in part
    # 9 of 540
    assert "直线作答 9 1.67%" in said
    assert "完整 512，中途退出 28" in said
    assert "500 其中无标记 476" in said
    assert "中位数 7.25，P90 11.50 490 份有开始时间，3 份超时" in said
    assert "有效回收率 — 未提供问卷发放登记" in said
    assert "最大权重 5.00，合并的组 2 个，截断 7 份，总体构成以外 45 份（权重为 1）" in said
    assert "与总体构成的最大差异 6.20%" in said
    assert "400.0 设计效应 1.25" in said


def test_satisfaction_stands_in_three_readings(report: ReportModel, part: str) -> None:
    assert [each.indicator.indicator_id for each in report.survey.satisfaction] == [f"O2-{n}" for n in range(1, 6)]
    assert report.survey.is_weighted
    first = report.survey.satisfaction[0]
    assert (first.unweighted, first.valid_only) == (82.4, 81.7)
    assert "计分的口径按总体构成加权" in part
    row = words(re.findall(r'<tr><th scope="row"><a href="#row-O2-1">.*?</tr>', part, re.S)[0])
    assert re.search(r"82\.40\s+81\.70", row)


def test_an_enterprise_without_a_survey_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    run = report_run.write_run(tmp_path_factory.mktemp("no_survey"))
    model = RunTables.read(run, report_run.QUARTER).report(report_run.EMPTY)
    assert model.survey.rounds == ()
    page = render(model)
    assert "本季度没有本企业的满意度调查。" in page[page.index(HEADING) :]
