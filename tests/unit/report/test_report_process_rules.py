"""What a report says of the process rules: counts in the data overview, all 97 in the annex, failed ones first."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest
import report_run
from report_run.reading import blocks, line, table, words

from pipeline.calendar.quarters import Quarter
from pipeline.report.document.blocks import Section, Table
from pipeline.report.model.report import ReportModel
from pipeline.report.parts.process_rules import rule_sets
from pipeline.report.words.labels import labels


@pytest.fixture(scope="module")
def annex(sections: tuple[Section, ...]) -> Section:
    return next(each for each in sections if each.anchor == "rules")


def test_the_results_are_grouped_failed_ones_first(report: ReportModel) -> None:
    (rules,) = report.rule_sets
    assert (rules.period, rules.name) == ("2025-Q1", "本季度")
    # 97 rules, five of them with a result of their own; PR-34 is one of the 93 without data.
    assert {code: len(members) for code, members in rules.groups.items()} == {
        "fail": 1,
        "partial": 1,
        "pass": 1,
        "not_applicable": 1,
        "no_data": 93,
    }
    assert list(rules.groups) == ["fail", "partial", "pass", "not_applicable", "no_data"]


def test_the_annex_counts_the_results(annex: Section) -> None:
    assert annex.sections[0].title == "本季度（2025年第一季度）"
    assert "97 条：不符合 1、部分符合 1、符合 1、不适用 1、无数据 93。" in words(annex)


def test_the_annex_lists_every_rule_with_its_evidence(annex: Section) -> None:
    tables = [each for each in blocks(annex) if isinstance(each, Table)]
    ids = [row.cells[0].text[:5] for each in tables for row in each.rows]
    assert ids[:4] == ["PR-14", "PR-85", "PR-11", "PR-01"]
    assert sorted(ids) == [f"PR-{number:02d}" for number in range(1, 98)]
    assert "（<15 题>；要求 20–30 题）" in line(tables[0], "PR-14")[3]
    assert words(annex).count(report_run.NO_RECORD) == 92
    deadline = line(table("rules-2025-Q1-no_data", annex), "PR-34")
    assert deadline[1:3] == ("季度报告在季度结束后 15 个工作日内完成", "七，应")
    assert deadline[4] == "2025年4月22日"


def test_only_what_has_no_data_is_folded_at_first(annex: Section) -> None:
    folded = [(each.anchor.rpartition("-")[2], each.is_folded) for each in blocks(annex) if isinstance(each, Table)]
    assert folded == [("fail", False), ("partial", False), ("pass", False), ("not_applicable", False), ("no_data", True)]


def test_a_fourth_quarter_also_has_the_rules_of_the_year() -> None:
    rules = pl.read_csv(report_run.SEEDS / "process_rules.csv").head(1)
    results = pl.DataFrame(
        {
            "period": ["2024", "2024-Q4", "2023"],
            "rule_id": ["PR-01"] * 3,
            "result": ["pass"] * 3,
            "evidence": ["年", "季", "前年"],
            "due_on": pl.Series([None, dt.date(2025, 1, 22), None], dtype=pl.Date),
        }
    )
    found = list(rule_sets(results, rules, Quarter.parse("2024-Q4"), labels("zh")))
    assert [(each.period, each.name, each.results[0].evidence) for each in found] == [
        ("2024-Q4", "本季度", "季"),
        ("2024", "全年", "年"),
    ]
    assert found[0].results[0].due_on == dt.date(2025, 1, 22)
