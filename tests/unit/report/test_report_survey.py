"""What a report says of the satisfaction surveys: flags and shares, response rate, weights, satisfaction in its readings."""

from __future__ import annotations

import pytest
import report_run
from report_run.reading import line, sections_of, table, words

from pipeline.report.document.blocks import Section
from pipeline.report.model.report import ReportModel
from pipeline.report.model.run_tables import RunTables


@pytest.fixture(scope="module")
def annex(sections: tuple[Section, ...]) -> Section:
    return next(each for each in sections if each.anchor == "survey")


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


def test_counts_shares_weights_and_minutes_are_printed(annex: Section) -> None:
    found = table("survey-rounds", annex)
    # What a survey is called is text, whatever it looks like.
    assert [column.label for column in found.columns] == ["项目", "SAT-<1>"]
    shown = {row.cells[0].text: row.cells[1].text for row in found.rows}
    # 9 of 540
    assert (shown["直线作答"], shown["直线作答占比"]) == ("9", "1.67%")
    assert (shown["回收的答卷"], shown["其中完整"], shown["其中中途退出"]) == ("540", "512", "28")
    assert (shown["参与计算的答卷"], shown["其中无标记"]) == ("500", "476")
    assert (shown["作答用时中位数（分钟）"], shown["作答用时 P90（分钟）"]) == ("7.25", "11.50")
    assert (shown["有开始时间的答卷"], shown["超时的答卷"]) == ("490", "3")
    assert shown["有效回收率"] == "—（未提供问卷发放登记）"
    assert (shown["最大权重"], shown["合并的组"], shown["截断权重的答卷"]) == ("5.00", "2", "7")
    assert shown["总体构成以外的答卷（权重为 1）"] == "45"
    assert shown["与总体构成的最大差异"] == "6.20%"
    assert (shown["有效样本量"], shown["设计效应"]) == ("400.0", "1.25")
    assert (shown["调查方式：在线"], shown["加权"]) == ("360", "按区域×渠道事后分层")


def test_satisfaction_stands_in_three_readings(report: ReportModel, annex: Section) -> None:
    assert [each.indicator.indicator_id for each in report.survey.satisfaction] == [f"O2-{n}" for n in range(1, 6)]
    assert report.survey.is_weighted
    first = report.survey.satisfaction[0]
    assert (first.unweighted, first.valid_only) == (82.4, 81.7)
    readings = table("survey-readings", annex)
    assert readings.caption.endswith("计分的口径按总体构成加权")
    assert line(readings, "O2-1")[3:] == ("82.40", "81.70")


def test_an_enterprise_without_a_survey_says_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    run = report_run.write_run(tmp_path_factory.mktemp("no_survey"))
    model = RunTables.read(run, report_run.QUARTER).report(report_run.EMPTY)
    assert model.survey.rounds == ()
    assert "本季度没有本企业的满意度调查。" in words(*sections_of(model))
