"""What a report says of the process rules: counts in the data overview, all 97 in the annex, failed ones first."""

from __future__ import annotations

import datetime as dt
import re

import polars as pl
import pytest
import report_run

from pipeline.calendar.quarters import Quarter
from pipeline.report.formats.html import render
from pipeline.report.model.report import ReportModel
from pipeline.report.parts.process_rules import rule_sets


@pytest.fixture(scope="module")
def page(report: ReportModel) -> str:
    return render(report)


def words(markup: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", markup))


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


def test_the_data_overview_counts_the_results(page: str) -> None:
    overview = words(page[page.index("2.6 过程要求") : page.index('<section id="findings">')])
    assert "本季度（2025-Q1）97 条： 不符合 1 部分符合 1 符合 1 不适用 1 无数据 93" in overview


def test_the_annex_lists_every_rule_with_its_evidence(page: str) -> None:
    annex = page[page.index('<section id="rules">') : page.index("<footer>")]
    ids = re.findall(r"<td class=\"short\">(PR-\d\d)</td>", annex)
    assert ids[:4] == ["PR-14", "PR-85", "PR-11", "PR-01"]
    assert sorted(ids) == [f"PR-{number:02d}" for number in range(1, 98)]
    # What evidence says is text, whatever it looks like.
    assert "（&lt;15 题&gt;；要求 20–30 题）" in annex
    assert words(annex).count(report_run.NO_RECORD) == 92
    deadline = re.search(r"<td class=\"short\">PR-34</td>.*?</tr>", annex, re.S)
    assert deadline is not None
    assert "2025年4月22日" in deadline.group()
    assert "季度报告在季度结束后 15 个工作日内完成" in deadline.group()


def test_only_what_has_no_data_is_folded_at_first(page: str) -> None:
    folded = re.findall(r'<details class="rules" id="rules-2025-Q1-(\w+)"( open)?>', page)
    assert folded == [
        ("fail", " open"),
        ("partial", " open"),
        ("pass", " open"),
        ("not_applicable", " open"),
        ("no_data", ""),
    ]


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
    found = list(rule_sets(results, rules, Quarter.parse("2024-Q4")))
    assert [(each.period, each.name, each.results[0].evidence) for each in found] == [
        ("2024-Q4", "本季度", "季"),
        ("2024", "全年", "年"),
    ]
    assert found[0].results[0].due_on == dt.date(2025, 1, 22)
