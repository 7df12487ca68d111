"""The judging of process rules, by hand: what passes, what fails, what is partial, and what nothing can be said of.

Long because there are 97 rules and one way to ask for a finding: a case and a line or two for each kind of judgement.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.working_days import working_calendar
from pipeline.evaluate.rules.facts import Case, Figure, OutlierReview, PublishedWeight, RuleFinding, RunFacts
from pipeline.evaluate.rules.register import assess_rules
from pipeline.evaluate.values.delivery import Delivery
from pipeline.settings.plan import EvaluationPlan, PrivacyException
from schemas.contract import TABLES
from schemas.standard.catalogue import catalogue
from schemas.standard.process_rules import process_rules
from schemas.standard.sample_size import required_answers
from schemas.standard.tree import nodes

RULES = process_rules()
EVERYTHING = Delivery(
    dict.fromkeys(TABLES, True),
    {name: frozenset(column.name for column in table.columns) for name, table in TABLES.items()},
)


def without(*names: str) -> Delivery:
    """Everything but the tables, or columns like ``complaints.escalated``, named."""
    columns = {
        table: frozenset(column for column in there if f"{table}.{column}" not in names)
        for table, there in EVERYTHING.columns.items()
    }
    return Delivery({name: name not in names for name in TABLES}, columns)


@pytest.fixture
def run(parameters: dict[str, float]) -> RunFacts:
    return RunFacts(
        quarter=Quarter.parse("2025-Q1"),
        numbers=parameters,
        plan=EvaluationPlan(),
        calendar=working_calendar(),
        edition="T/GXDSL 244—2025 (征求意见稿, sha256 f2a9da42d238)",
        delivery=EVERYTHING,
        indicators=catalogue(dt.date(2025, 3, 31)),
        nodes=nodes(),
    )


def find(
    run: RunFacts,
    rule: str,
    figures: dict[tuple[str, str], Any] | None = None,
    *,
    is_year: bool = False,
    recorded: frozenset[str] | None = None,
    **changes: Any,
) -> RuleFinding:
    """The finding of one rule; a figure is (numerator, denominator), a number, or such by item."""

    def figure(value: Any) -> Figure:
        return Figure(*value) if isinstance(value, tuple) else Figure(value)

    found = {
        key: {item: figure(each) for item, each in value.items()} if isinstance(value, dict) else {"": figure(value)}
        for key, value in (figures or {}).items()
    }
    tables = frozenset(TABLES) if recorded is None else recorded
    case = Case("E1", is_year, dataclasses.replace(run, **changes), found, tables)
    return assess_rules(RULES, case)[rule]


def test_every_rule_gets_a_finding_and_nothing_passes_unseen(run: RunFacts) -> None:
    findings = assess_rules(RULES, Case("E1", False, run))
    assert list(findings) == list(RULES)
    assert all(each.evidence.endswith("。") for each in findings.values())
    # The catalogue covers the tree, what its indicators need was delivered, and only scanned runs are published (D-73); all
    # else has to be shown.
    assert [name for name, each in findings.items() if each.result == "pass"] == ["PR-02", "PR-03", "PR-29"]


# --- nothing to judge by --------------------------------------------------------------------------------------------------


def test_a_rule_whose_record_no_table_holds_has_no_data(run: RunFacts) -> None:
    assert find(run, "PR-77") == RuleFinding("no_data", "所需记录尚未纳入数据：管理评审记录。")


def test_an_optional_table_that_was_not_delivered_is_named(run: RunFacts) -> None:
    found = find(run, "PR-16", delivery=without("mystery_visits"))
    assert found == RuleFinding("no_data", f"未提供数据表：{TABLES['mystery_visits'].title}（mystery_visits）。")


def test_an_optional_column_that_was_not_delivered_is_named(run: RunFacts) -> None:
    figures = {("PR-20", "system"): (0, 10)}
    found = find(run, "PR-20", figures, delivery=without("service_requests.timestamp_source"))
    assert found == RuleFinding("no_data", "未提供字段：service_requests.timestamp_source。")
    # Of two alternatives one will do.
    unhappy = {("PR-87", "offered"): (1, 1)}
    assert find(run, "PR-87", unhappy, delivery=without("complaints.escalated")).result == "pass"
    both = without("complaints.escalated", "complaints.alternative_offered")
    assert find(run, "PR-87", unhappy, delivery=both).result == "no_data"


def test_an_enterprise_without_any_record_of_a_delivered_table_has_no_data(run: RunFacts) -> None:
    found = find(run, "PR-85", recorded=frozenset({"service_requests"}))
    assert found == RuleFinding("no_data", "本企业没有“顾客投诉”记录。")


def test_replies_within_hours_need_a_time_of_day(run: RunFacts) -> None:
    times = frozenset({"complaints.received_at", "complaints.first_reply_at"})
    figures = {("PR-85", "in_time"): (3, 3), ("PR-85", "urgent_in_time"): (0, 0)}
    assert find(run, "PR-85", figures).result == "pass"
    assert find(run, "PR-85", figures, delivery=dataclasses.replace(EVERYTHING, day_precision={"E1": times})).result == "no_data"
    # Those of another enterprise do not matter.
    assert find(run, "PR-85", figures, delivery=dataclasses.replace(EVERYTHING, day_precision={"E9": times})).result == "pass"


def test_rules_about_requests_need_the_columns_that_requests_may_lack(run: RunFacts) -> None:
    figures = {("PR-19", "staff_id"): (3, 3), ("PR-89", "filed"): (3, 3)}
    assert [find(run, rule, figures).result for rule in ("PR-19", "PR-89")] == ["pass", "pass"]
    bare = without("service_requests.status", "service_requests.customer_id")
    assert [find(run, rule, figures, delivery=bare).result for rule in ("PR-19", "PR-89")] == ["no_data", "no_data"]


# --- a duty in every case: all, some, none -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "measure", "figure", "result"),
    [
        ("PR-20", "system", (10, 10), "pass"),
        ("PR-20", "system", (9, 10), "partial"),
        ("PR-20", "system", (0, 10), "fail"),
        ("PR-20", "system", (0, 0), "not_applicable"),
        ("PR-86", "all_steps", (3, 3), "pass"),
        ("PR-86", "all_steps", (2, 3), "partial"),
        ("PR-86", "all_steps", (0, 3), "fail"),
        ("PR-86", "all_steps", (0, 0), "not_applicable"),
        ("PR-87", "offered", (0, 0), "not_applicable"),
        ("PR-87", "offered", (1, 2), "partial"),
        ("PR-87", "offered", (0, 2), "fail"),
        ("PR-89", "filed", (88, 88), "pass"),
        ("PR-89", "filed", (87, 88), "partial"),
        ("PR-84", "channels", 4, "pass"),
        ("PR-84", "channels", 3, "partial"),
        ("PR-84", "channels", 0, "fail"),
        # The second half of these rules is in no table yet: at best partial.
        ("PR-88", "complete", (3, 3), "partial"),
        ("PR-88", "complete", (0, 3), "fail"),
        ("PR-38", "trained_enough", (2, 2), "partial"),
        ("PR-38", "trained_enough", (0, 2), "fail"),
        ("PR-38", "trained_enough", (0, 0), "no_data"),
        ("PR-65", "key_steps", 10, "partial"),
        ("PR-65", "key_steps", 0, "fail"),
        ("PR-62", "evaluated", (4, 6), "partial"),
        ("PR-62", "evaluated", (0, 6), "no_data"),
        ("PR-83", "disclosed", (2, 2), "partial"),
        ("PR-83", "disclosed", (0, 2), "fail"),
        ("PR-83", "disclosed", (0, 0), "no_data"),
        ("PR-18", "complaints", 8, "pass"),
        ("PR-18", "complaints", 0, "not_applicable"),
    ],
)
def test_all_some_none(run: RunFacts, rule: str, measure: str, figure: Any, result: str) -> None:
    assert find(run, rule, {(rule, measure): figure}).result == result


def test_complaints_within_24_hours_and_urgent_ones_at_once(run: RunFacts) -> None:
    in_time, urgent = ("PR-85", "in_time"), ("PR-85", "urgent_in_time")
    assert find(run, "PR-85", {in_time: (8, 8), urgent: (0, 0)}) == RuleFinding(
        "pass", "本季 8 件投诉中 8 件在 24 小时内响应；没有紧急投诉。"
    )
    # All within a day is not enough where one of two urgent ones waited longer than a quarter of an hour.
    assert find(run, "PR-85", {in_time: (8, 8), urgent: (1, 2)}) == RuleFinding(
        "partial", "本季 8 件投诉中 8 件在 24 小时内响应；紧急投诉 2 件中 1 件在 15 分钟内响应。"
    )
    assert find(run, "PR-85", {in_time: (0, 8), urgent: (0, 2)}).result == "fail"
    assert find(run, "PR-85", {in_time: (0, 0), urgent: (0, 0)}).result == "not_applicable"


def test_service_records_are_complete_where_every_cell_that_can_be_asked_for_is_filled(run: RunFacts) -> None:
    figures = {("PR-19", name): (94, 94) for name in ("responded_at", "resolved_at", "staff_id")}
    # No request for parts: nothing is asked of parts_used.
    figures["PR-19", "parts_used"] = (0, 0)
    assert find(run, "PR-19", figures).result == "pass"
    figures["PR-19", "staff_id"] = (93, 94)
    found = find(run, "PR-19", figures)
    assert found.result == "partial"
    assert "响应时间 94/94、解决时间 94/94、服务人员 93/94；" in found.evidence


# --- the year -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("customers", "required"),
    [
        (0, 0),
        (300, 300),  # fewer than 500 customers: all of them
        (500, 500),
        (9_999, 500),  # 5 % are 499.95, so the 500 rule
        (10_000, 500),
        (10_001, 501),  # ⌈500.05⌉
        (20_000, 1_000),  # exactly 1,000, although 0.05 × 20,000 may come out a little above in binary
        (10_000_000, 500_000),
    ],
)
def test_answers_required_of_a_year(parameters: dict[str, float], customers: int, required: int) -> None:
    assert required_answers(customers, parameters) == required


def answers(count: int, customers: int = 10_000) -> dict[tuple[str, str], Any]:
    return {("PR-12", "valid_answers"): count, ("PR-12", "customers"): customers}


def test_a_year_can_only_fail_at_its_end(run: RunFacts) -> None:
    # 10,000 customers: 500 answers.
    assert find(run, "PR-12", answers(500)).result == "pass"
    assert find(run, "PR-12", answers(499)) == RuleFinding(
        "partial", "年初至今有效答卷 499 份；10,000 位顾客全年要求 500 份（年度尚未结束）。"
    )
    assert find(run, "PR-12", answers(0)).result == "no_data"
    assert find(run, "PR-12", answers(0, customers=0)).result == "no_data"
    fourth = Quarter.parse("2025-Q4")
    assert find(run, "PR-12", answers(499), quarter=fourth) == RuleFinding(
        "fail", "全年有效答卷 499 份；10,000 位顾客全年要求 500 份。"
    )
    assert find(run, "PR-12", answers(500), quarter=fourth, is_year=True).result == "pass"
    assert find(run, "PR-12", answers(0), quarter=fourth, is_year=True).result == "fail"


def rounds(*outlets: int, scenes: int = 0, active: int = 50) -> dict[tuple[str, str], Any]:
    return {
        ("PR-17", "outlets"): {f"round {number}": count for number, count in enumerate(outlets)},
        ("PR-17", "scenes"): {f"round {number}": scenes for number, _ in enumerate(outlets)},
        ("PR-17", "active_outlets"): active,
    }


def test_mystery_rounds(run: RunFacts) -> None:
    assert find(run, "PR-16", rounds(20, 20)).result == "pass"
    assert find(run, "PR-16", rounds(20)).result == "partial"
    assert find(run, "PR-16", rounds(20), quarter=Quarter.parse("2025-Q4")).result == "fail"
    assert find(run, "PR-16").result == "no_data"


def test_coverage_of_mystery_rounds(run: RunFacts) -> None:
    assert find(run, "PR-17", rounds(20, 31)).result == "pass"
    assert find(run, "PR-17", rounds(19, 20)).result == "partial"
    assert find(run, "PR-17", rounds(19)).result == "fail"
    # Scenes count as outlets do.
    assert find(run, "PR-17", rounds(1, scenes=20)).result == "pass"
    # Ten outlets in all: all of them, or 20 scenes; ten scenes are not ten outlets.
    assert find(run, "PR-17", rounds(10, active=10)).result == "pass"
    assert find(run, "PR-17", rounds(9, active=10)).result == "fail"
    assert find(run, "PR-17", rounds(1, scenes=10, active=10)).result == "fail"
    # How many outlets there are is not known: 20.
    assert find(run, "PR-17", rounds(10, active=0)).result == "fail"
    assert find(run, "PR-17").result == "not_applicable"


def test_suggestions_of_employees(run: RunFacts) -> None:
    assert find(run, "PR-75", {("PR-75", "suggestions"): 1}).result == "pass"
    assert find(run, "PR-75").result == "no_data"
    assert find(run, "PR-75", quarter=Quarter.parse("2025-Q4")).result == "fail"


def training(hours: float, *kinds: str, staff: int = 10) -> dict[tuple[str, str], Any]:
    return {("PR-68", "hours"): (hours, staff), ("PR-68", "trainings"): dict.fromkeys(kinds, 1)}


def test_training_system(run: RunFacts) -> None:
    all_kinds = ("induction", "on_the_job", "special_skill")
    # 400 hours of ten people are 40 each.
    assert find(run, "PR-68", training(400, *all_kinds)).result == "pass"
    assert find(run, "PR-68", training(399, *all_kinds)).result == "partial"
    assert find(run, "PR-68", training(0)).result == "no_data"
    fourth = Quarter.parse("2025-Q4")
    assert find(run, "PR-68", training(399, *all_kinds), quarter=fourth).result == "partial"
    assert find(run, "PR-68", training(400), quarter=fourth).result == "partial"
    assert find(run, "PR-68", training(399), quarter=fourth).result == "fail"
    # The training of evaluators is not one of the three kinds.
    assert find(run, "PR-68", training(399, "evaluator"), quarter=fourth).result == "fail"
    assert "人均 39.9 学时" in find(run, "PR-68", training(399, *all_kinds)).evidence


# --- surveys ------------------------------------------------------------------------------------------------------------


def test_one_survey_each_quarter(run: RunFacts) -> None:
    assert find(run, "PR-11", {("PR-11", "fewest_rounds"): 1}) == RuleFinding("pass", "本季满意度调查 1 次；要求每季至少 1 次。")
    assert find(run, "PR-11", {("PR-11", "fewest_rounds"): 0}).result == "fail"
    year = find(run, "PR-11", {("PR-11", "fewest_rounds"): 0}, is_year=True)
    assert year == RuleFinding("fail", "各季满意度调查最少 0 次；要求每季至少 1 次。")


def test_questions_of_a_satisfaction_survey(run: RunFacts) -> None:
    def questions(*counts: int) -> dict[tuple[str, str], Any]:
        return {("PR-14", "questions"): {f"survey {number}": count for number, count in enumerate(counts)}}

    assert find(run, "PR-14", questions(20, 30)).result == "pass"
    assert find(run, "PR-14", questions(19, 30)).result == "partial"
    assert find(run, "PR-14", questions(31)).result == "fail"
    assert find(run, "PR-14").result == "no_data"


def test_completion_time(run: RunFacts) -> None:
    def minutes(median: float, p90: float) -> dict[tuple[str, str], Any]:
        return {("PR-15", "median_minutes"): (median, 40), ("PR-15", "p90_minutes"): (p90, 40)}

    assert find(run, "PR-15", minutes(9, 15)).result == "pass"
    assert find(run, "PR-15", minutes(15, 15.01)).result == "partial"
    assert find(run, "PR-15", minutes(15.01, 22)).result == "fail"
    assert find(run, "PR-15").result == "no_data"


def test_five_level_scale(run: RunFacts) -> None:
    def items(*counts: tuple[int, int]) -> dict[tuple[str, str], Any]:
        return {("PR-09", "five_level_items"): {str(number): count for number, count in enumerate(counts)}}

    assert find(run, "PR-09", {("PR-09", "five_level_items"): (7, 7)}).result == "pass"
    assert find(run, "PR-09", items((7, 7), (0, 3))).result == "partial"
    assert find(run, "PR-09", items((0, 3))).result == "fail"
    assert find(run, "PR-09", items((0, 0))).result == "no_data"


MODES = {("PR-13", "answers"): {"online": 29, "phone": 3}}


def test_modes_of_a_survey(run: RunFacts) -> None:
    assert find(run, "PR-13", MODES) == RuleFinding(
        "partial",
        "本季有效答卷：在线问卷 29 份、电话访谈 3 份、现场访问 0 份；未提供总体的区域、渠道构成，样本代表性无从核对。",
    )
    assert find(run, "PR-13").result == "no_data"
    # By phone: the script is in no table. Nobody was visited: there is no uniform to look at.
    assert find(run, "PR-41", MODES).result == "no_data"
    assert find(run, "PR-42", MODES).result == "not_applicable"
    assert find(run, "PR-42").result == "no_data"


def test_a_sample_is_held_against_its_population(run: RunFacts) -> None:
    def rounds(**differences: float) -> dict[tuple[str, str], Any]:
        weighted = {name: (24.5, 32) if name in differences else (32, 32) for name in ("S1", "S2")}
        return MODES | {("PR-13", "weighted"): weighted, ("PR-13", "population"): differences}

    both = find(run, "PR-13", rounds(S1=0.05, S2=0.051))
    assert both.result == "pass"
    assert "2 次调查中 2 次与总体的区域、渠道构成核对，1 次占比相差不超过 5%（最大 5.1%）" in both.evidence
    assert "有效样本量 49（实际 64 份）" in both.evidence
    assert find(run, "PR-13", rounds(S1=0.2)).result == "partial"


def test_distribution_and_return_are_registered(run: RunFacts) -> None:
    returned = {("PR-39", "returned"): {"S1": (30, 25), "S2": (20, 18)}}
    assert find(run, "PR-39").result == "no_data"
    assert find(run, "PR-39", returned) == RuleFinding(
        "no_data", "本季回收满意度问卷 50 份，其中有效 43 份；未提供问卷发放登记，回收率无从计算。"
    )
    # Of S1 it is known how many arrived, of S2 only how many were sent: (25 + 18)/(80 + 90)
    both = find(run, "PR-39", returned | {("PR-39", "sent"): {"S1": (100, 80), "S2": 90}})
    assert (both.result, "有效回收率 25.3%" in both.evidence) == ("pass", True)
    one = find(run, "PR-39", returned | {("PR-39", "sent"): {"S1": (100, 80)}})
    assert one == RuleFinding(
        "partial", "本季 2 次满意度调查中 1 次有发放登记：发放 100 份、送达 80 份，回收 30 份，有效回收率 31.2%。"
    )
    assert find(run, "PR-39", returned | {("PR-39", "sent"): {"S1": 20}}).result == "fail"


def test_flagged_answers_are_told_and_count(run: RunFacts) -> None:
    figures = {("PR-12", "valid_answers"): 600, ("PR-12", "customers"): 10_000, ("PR-12", "flagged"): {"S": (7, 600)}}
    found = find(run, "PR-12", figures)
    assert (found.result, "有效答卷 600 份（本季有 7 份带作答质量标记" in found.evidence) == ("pass", True)


def test_the_mechanism_against_answering_twice(run: RunFacts) -> None:
    figures = MODES | {("PR-40", "same_customer"): {"S": (1, 40)}, ("PR-40", "same_device"): {"S": (6, 40)}}
    found = find(run, "PR-40", figures)
    assert found.result == "pass"
    assert "本季 40 份满意度答卷中同一顾客重复 1 份（2.5%" in found.evidence
    assert "多名顾客共用设备 6 份（15.0%" in found.evidence
    assert find(run, "PR-40", figures, delivery=without("survey_responses.device_token")).result == "partial"
    assert find(run, "PR-40", {("PR-13", "answers"): {"phone": 3}}).result == "not_applicable"


# --- sources and checks ---------------------------------------------------------------------------------------------------


def test_sources_of_the_period(run: RunFacts) -> None:
    def rows(*tables: str) -> dict[tuple[str, str], Any]:
        return {("PR-10", "rows"): dict.fromkeys(tables, 5)}

    assert find(run, "PR-10", rows("mystery_visits", "hotline_calls", "staff")).result == "pass"
    assert find(run, "PR-10", rows("hotline_calls", "staff")) == RuleFinding(
        "partial", "本季已提供过程数据、运营数据，没有顾客调查。"
    )
    # Complaints are none of the three by themselves.
    assert find(run, "PR-10", rows("complaints")).result == "no_data"


def test_feeds_of_operations(run: RunFacts) -> None:
    def rows(*tables: str) -> dict[tuple[str, str], Any]:
        return {("PR-22", "rows"): dict.fromkeys(tables, 5)}

    four = ("outlets", "staff", "vehicles", "training_records")
    assert find(run, "PR-22", rows(*four, "parts_orders")).result == "pass"
    assert find(run, "PR-22", rows(*four)) == RuleFinding("partial", "近四季度已提供服务网点、人员、服务车辆、培训记录，没有备件。")
    assert find(run, "PR-22").result == "no_data"


def test_refused_rows_by_the_kind_of_check(run: RunFacts) -> None:
    facts: dict[str, Any] = {
        "extracted": {"service_requests": 1_000, "complaints": 200},
        "refused": {
            # One row that breaks two rules is one row.
            ("service_requests", 2): frozenset({"responded_before_requested", "closed_before_resolved"}),
            ("service_requests", 3): frozenset({"required"}),
            ("complaints", 2): frozenset({"complaint_step_out_of_order", "range"}),
            ("complaints", 3): frozenset({"foreign_key"}),
            ("complaints", 4): frozenset({"type"}),
        },
    }
    for rule, rows in {"PR-23": 2, "PR-24": 1, "PR-25": 1}.items():
        found = find(run, rule, **facts)
        assert (rule, found.result) == (rule, "pass")
        assert "提取的 1,200 行" in found.evidence
        assert f"不符的 {rows} 行已隔离" in found.evidence
    found = find(run, "PR-27", **facts)
    assert (found.result, "隔离的 5 行" in found.evidence) == ("partial", True)
    found = find(run, "PR-27", **facts, logged={"corrected": 3, "out_of_scope": 1200}, reconciled=29)
    assert found.result == "pass"
    assert "按更正文件更正 3 个值，不计入统计 1,200 行；29 张表从落地到统计的行数逐步核对一致" in found.evidence
    # Without the column that the clause gives as its example nothing was checked.
    assert find(run, "PR-23", delivery=without("service_requests.responded_at"), **facts).result == "no_data"
    no_scores = without("survey_answers.score", "complaints.satisfaction")
    assert find(run, "PR-24", delivery=no_scores, **facts).result == "no_data"
    assert find(run, "PR-25").result == "no_data"


def test_personal_data(run: RunFacts) -> None:
    # A run whose scan finds personal data is not published, so that nobody reads its results (D-73).
    assert find(run, "PR-29").result == "pass"
    exception = PrivacyException(column="scope_id", kind="phone", reason="staff numbers", approved_by="A. Auditor")
    plan = EvaluationPlan(privacy_exceptions=(exception,))
    excepted = find(run, "PR-29", plan=plan)
    assert (excepted.result, "1 项扫描例外" in excepted.evidence) == ("partial", True)
    nothing_personal = without(
        *(f"{table.name}.{column.name}" for table in TABLES.values() for column in table.columns if column.pii)
    )
    assert find(run, "PR-29", delivery=nothing_personal).result == "not_applicable"


# --- the evaluation itself ------------------------------------------------------------------------------------------------


def test_independence_is_asked_of_third_parties(run: RunFacts) -> None:
    assert find(run, "PR-01").result == "not_applicable"
    found = find(run, "PR-01", plan=EvaluationPlan(mode="third_party"))
    assert found == RuleFinding("no_data", "所需记录尚未纳入数据：独立性与利益冲突声明。")


def test_catalogue(run: RunFacts) -> None:
    assert find(run, "PR-02") == RuleFinding("pass", "4 个维度的 18 个子维度中 18 个有现行指标。")
    assert find(run, "PR-03").result == "pass"
    without_i3 = {name: each for name, each in run.indicators.items() if each.subdimension_id != "I3"}
    assert find(run, "PR-02", indicators=without_i3).result == "partial"
    # P1-1, P1-2 and P2-1a are counted from calls: 68 − 3. The first two are counted from daily totals as well.
    assert "其中 67 项所需的数据已提供" in find(run, "PR-03", delivery=without("hotline_calls")).evidence
    found = find(run, "PR-03", delivery=without("hotline_calls", "hotline_daily_totals"))
    assert found.result == "partial"
    assert "其中 65 项所需的数据已提供" in found.evidence


def test_tailoring_of_the_plan(run: RunFacts) -> None:
    assert find(run, "PR-04").result == "not_applicable"
    entry = {
        "indicator_id": "R2-1",
        "reason": "只做远程服务",
        "approved_by": "评审组",
        "approved_on": dt.date(2025, 1, 6),
    }
    for enterprise, result in (("E1", "pass"), ("E2", "not_applicable")):
        plan = EvaluationPlan.from_mapping({"not_applicable": [{"enterprise_id": enterprise, **entry}]})
        assert find(run, "PR-04", plan=plan).result == result


PARENTS = {"ALL": "RPOI", "R": ["R1"], "P": ["P1"], "O": ["O1"], "I": ["I1"]}


def weights(method: str = "eigenvector", ratio: float | None = 0.05, **dimensions: float) -> tuple[PublishedWeight, ...]:
    chosen = {"R": 0.2, "P": 0.35, "O": 0.35, "I": 0.1} | dimensions
    above = [
        PublishedWeight(parent, node, chosen.get(node, 1.0), chosen.get(node, 1.0), method, ratio, 5)
        for parent, children in PARENTS.items()
        for node in children
    ]
    # Indicators weigh equally, whatever experts say of the nodes above them.
    return (*above, PublishedWeight("R1", "R1-1", 1.0, 1.0, "equal", None, 0))


def test_weights_by_experts(run: RunFacts) -> None:
    assert find(run, "PR-06", weights=weights()) == RuleFinding(
        "pass", "5 组权重中 5 组由专家判断经层次分析法得出，最大一致性比率 0.050（须小于 0.1），专家 5 名。"
    )
    # A ratio of exactly the limit goes back to the expert.
    assert find(run, "PR-06", weights=weights(ratio=0.1)).result == "fail"
    assert find(run, "PR-06", weights=weights("default", None)).result == "fail"
    mixed = (*weights()[:4], *weights("equal", None)[4:])
    assert find(run, "PR-06", weights=mixed).result == "partial"
    assert find(run, "PR-06", weights=weights(), delivery=without("expert_judgements")).result == "no_data"


def test_weights_within_the_ranges_of_the_standard(run: RunFacts) -> None:
    # The ends of the ranges are inside: .20 + .35 + .35 + .10 = 1
    assert find(run, "PR-07", weights=weights()).result == "pass"
    # .20 + .30 + .41 + .09 = 1, but outcome above .40 and improvement below .10
    found = find(run, "PR-07", weights=weights(P=0.3, O=0.41, I=0.09))
    assert found == RuleFinding("fail", "4 个维度中 2 个权重在标准区间内，权重合计为 1，投影前 2 个在区间外。")
    # .20 + .30 + .35 + .10 = .95
    assert find(run, "PR-07", weights=weights(P=0.3)).result == "fail"


def test_deadlines_count_working_days(run: RunFacts) -> None:
    # Close reading §5.2: 2025-Q1 is due on 2025-04-22, the year 2025 on 2026-02-12.
    quarter = find(run, "PR-34")
    assert (quarter.result, quarter.due_on) == ("no_data", dt.date(2025, 4, 22))
    assert find(run, "PR-35").due_on == dt.date(2026, 2, 12)
    # 2025-Q3 lies before the holidays of October: 10-28, not 10-21.
    assert find(run, "PR-34", quarter=Quarter.parse("2025-Q3")).due_on == dt.date(2025, 10, 28)
    year = Quarter.parse("2024-Q4")
    assert find(run, "PR-34", quarter=year, is_year=True).result == "not_applicable"
    assert find(run, "PR-35", quarter=year, is_year=True).due_on == dt.date(2025, 2, 18)
    # The notice for 2027 is not out yet.
    assert "暂定" in find(run, "PR-34", quarter=Quarter.parse("2026-Q4")).evidence
    assert "暂定" not in quarter.evidence


def test_the_edition_has_no_date_to_count_its_review_from(run: RunFacts) -> None:
    found = find(run, "PR-97")
    assert found.result == "partial"
    assert "sha256 f2a9da42d238" in found.evidence


@pytest.mark.parametrize(
    ("review", "result", "said"),
    [
        (None, "no_data", "没有足以计算 Z 分数的数据组"),
        (OutlierReview(tested=0, to_review=0, reviewed=0), "no_data", "每组至少 11 个值"),
        (OutlierReview(tested=3, to_review=0, reviewed=0), "pass", "检验 3 个数据组，没有 Z 分数绝对值超过 3 的数据点"),
        (OutlierReview(tested=3, to_review=4, reviewed=0), "fail", "数据点 4 个（Z 分数绝对值超过 3），已复核 0 个"),
        (OutlierReview(3, 4, 3, confirmed=2, excluded=1), "partial", "已复核 3 个：确认 2、更正 0、排除 1"),
        (OutlierReview(3, 4, 4, 2, 1, 1), "pass", "已复核 4 个：确认 2、更正 1、排除 1"),
    ],
)
def test_outliers_are_reviewed_before_release(run: RunFacts, review: OutlierReview | None, result: str, said: str) -> None:
    found = find(run, "PR-26", outliers={"E1": review} if review else {})
    assert found.result == result
    assert said in found.evidence
