"""Golden results of process rules, counted by the SQL and judged: 2025-Q1 and the calendar year 2024 of A, and B's own.

The records are in ``landing``; rules that no table can answer are in the unit tests.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest

from golden import landing
from golden.published import QUARTER, Published

pytestmark = pytest.mark.xdist_group("golden")


def check(golden: Published, rule: str, result: str, *figures: str, enterprise: str = "A", period: str = QUARTER) -> None:
    (row,) = golden.rows(
        "select result, evidence from rule_results where enterprise_id = ? and period = ? and rule_id = ?",
        [enterprise, period, rule],
    )
    assert (rule, row["result"]) == (rule, result)
    for figure in figures:
        assert figure in row["evidence"]


def test_every_enterprise_has_97_results_a_quarter_and_97_a_year(golden: Published) -> None:
    rows = golden.rows(
        "select enterprise_id, period, count(distinct rule_id) as rules, count(*) as n from rule_results group by all"
    )
    assert {(row["enterprise_id"], row["period"]): (row["rules"], row["n"]) for row in rows} == {
        (enterprise, period): (97, 97) for enterprise in "AB" for period in ("2024", "2024-Q4", "2025-Q1")
    }


def test_surveys(golden: Published) -> None:
    # One round in the quarter; the answer of 04-01 belongs to the next one.
    check(golden, "PR-11", "pass", "本季满意度调查 1 次")
    # Customers 1 … 32, the first of them once. Fewer than 500 customers: all of them are asked.
    customers = sum(row["enterprise_id"] == "A" for row in landing.customers())
    assert customers < 500
    check(golden, "PR-12", "partial", "有效答卷 32 份", f"全年要求 {customers} 份", "年度尚未结束")
    check(golden, "PR-13", "partial", "在线问卷 29 份、电话访谈 3 份、现场访问 0 份", "样本代表性无从核对")
    # 32 that count, one refused, two broken off; how many were sent is not known.
    check(golden, "PR-39", "no_data", "回收满意度问卷 35 份，其中有效 32 份")
    check(golden, "PR-41", "no_data")
    check(golden, "PR-42", "not_applicable")
    # 15 questions; the pulse's one and the mystery visit's one are no satisfaction survey's.
    check(golden, "PR-14", "fail", "（15 题；")
    # overall, four touchpoints, staff and resolution are 1–5; what is 0–10 (value for money) measures no satisfaction.
    check(golden, "PR-09", "pass", "7 道满意度题中 7 道")
    # 10, 11 … 20 minutes: the middle of eleven is the sixth, 15; P90 lies 9 of the 10 steps up, 19.
    check(golden, "PR-15", "partial", "11 份满意度答卷用时中位数 15 分钟、P90 19 分钟")
    # V01-again; that nobody noted a device leaves the mechanism itself open.
    check(golden, "PR-40", "partial", "35 份满意度答卷中同一顾客重复 1 份", "无从查证")
    check(golden, "PR-61", "partial", "满意度答卷 32 份、实时反馈 4 份")


def test_mystery_visits(golden: Published) -> None:
    check(golden, "PR-16", "partial", "神秘顾客调查 1 次")
    # One outlet of the ten that are active (O1 … O7, O9, O11, O12).
    check(golden, "PR-17", "fail", "最少覆盖 1 个网点", "覆盖全部 10 个")


def test_service_records(golden: Published) -> None:
    # 100 requests: five open, K1 cancelled; nobody is named at D5, whose times were typed in.
    check(golden, "PR-19", "partial", "响应时间 94/94、解决时间 94/94、服务人员 93/94；")
    check(golden, "PR-20", "partial", "100 条服务请求中 99 条")
    served = {
        row["customer_id"]
        for row in landing.service_requests()
        if row["enterprise_id"] == "A"
        and dt.datetime(2025, 1, 1) <= row["requested_at"] < dt.datetime(2025, 4, 1)
        and not row.get("merged_into")
        and not row.get("is_test")
    }
    check(golden, "PR-89", "pass", f"{len(served)} 位顾客中 {len(served)} 位有顾客档案")
    check(golden, "PR-10", "pass")
    check(golden, "PR-22", "pass")


def test_complaints(golden: Published) -> None:
    check(golden, "PR-18", "pass", "8 件投诉")
    check(golden, "PR-84", "partial", "电话、在线、信函、现场中的 3 种")  # on site nobody is told of
    # As I1-2; of the urgent ones CO05 waited 10 minutes and CO06 16.
    check(golden, "PR-85", "partial", "8 件投诉中 5 件在 24 小时内响应", "紧急投诉 2 件中 1 件")
    # Fed back: CO01, CO02, CO03; nobody investigated CO03, CO02 has no cause.
    check(golden, "PR-86", "partial", "3 件已办结投诉中 2 件")
    check(golden, "PR-88", "partial", "3 件已办结投诉中 1 件")
    # Below 4 answered CO03 and CO05; CO05 was escalated.
    check(golden, "PR-87", "partial", "2 件处理结果不满意的投诉中 1 件")


def test_training_and_suggestions(golden: Published) -> None:
    # As evaluators: S2 20 学时 at the end of 2024, S5 12 in January.
    check(golden, "PR-38", "partial", "2 人中 1 人")
    # (10 + 9.5 + 12 + 7 + 6.5 + 8 + 10 + 4 + 3.5) ÷ 10 members of service staff, S3 without any
    check(golden, "PR-68", "partial", "登记的培训种类：入职、在岗，人均 7.05 学时")
    check(golden, "PR-75", "pass", "员工建议 1 条")  # SU7
    check(golden, "PR-62", "partial", "顾客建议 6 条，已评估 4 条")  # SU1 … SU6
    check(golden, "PR-65", "partial", "关键环节 10 个")
    check(golden, "PR-83", "partial", "1.2/2")  # 1 × 1 + 1 × .2 of 2


def test_the_calendar_year_is_judged_by_its_end(golden: Published) -> None:
    # One survey in the first quarter of 2024, five answers, none later; no mystery visit, no suggestion of an employee.
    check(golden, "PR-11", "fail", "最少 0 次", period="2024")
    check(golden, "PR-12", "fail", "全年有效答卷 5 份", period="2024")
    check(golden, "PR-16", "fail", "全年神秘顾客调查 0 次", period="2024")
    check(golden, "PR-75", "fail", period="2024")
    # The quarter sees the year to date, which has ended; its own surveys were none.
    check(golden, "PR-12", "fail", "全年有效答卷 5 份", period="2024-Q4")
    check(golden, "PR-14", "no_data", period="2024-Q4")
    check(golden, "PR-14", "fail", "（5 题；", period="2024")
    # CO10 came one second before the year's end and was never answered.
    check(golden, "PR-85", "fail", "1 件投诉中 0 件", "没有紧急投诉", period="2024")


def test_b_has_its_own_results(golden: Published) -> None:
    check(golden, "PR-85", "fail", "1 件投诉中 0 件", enterprise="B")
    check(golden, "PR-13", "partial", "在线问卷 1 份、电话访谈 0 份", enterprise="B")
    # Its letter channel is published.
    check(golden, "PR-84", "partial", "中的 1 种", enterprise="B")
    check(golden, "PR-16", "no_data", "本企业没有", enterprise="B")


def test_deadlines(golden: Published) -> None:
    rows = golden.rows("select enterprise_id, period, rule_id, due_on from rule_results where due_on is not null")
    of_a = {(row["period"], row["rule_id"]): row["due_on"] for row in rows if row["enterprise_id"] == "A"}
    # Close reading §5.2
    assert of_a == {
        ("2024-Q4", "PR-34"): dt.date(2025, 1, 22),
        ("2024-Q4", "PR-35"): dt.date(2025, 2, 18),
        ("2024", "PR-35"): dt.date(2025, 2, 18),
        ("2025-Q1", "PR-34"): dt.date(2025, 4, 22),
        ("2025-Q1", "PR-35"): dt.date(2026, 2, 12),
    }
    assert Counter(row["enterprise_id"] for row in rows) == {"A": 5, "B": 5}


def test_what_was_not_delivered(golden_reduced: Published) -> None:
    # Without calls P1-1, P1-2 and P2-1a, without its column P5-1: 68 − 4
    check(golden_reduced, "PR-03", "partial", "其中 64 项")
    check(golden_reduced, "PR-06", "no_data", "未提供数据表：专家判断")


def test_every_row_names_its_versions(golden: Published) -> None:
    (row,) = golden.rows(
        "select count(*) as n from rule_results join indicator_values using (enterprise_id, period)"
        " where indicator_id = 'O1-1' and scope_type = 'enterprise'"
        " and (rule_results.standard_edition, rule_results.catalogue_version, rule_results.weights_version,"
        " rule_results.data_as_of, rule_results.run_id) = (indicator_values.standard_edition,"
        " indicator_values.catalogue_version, indicator_values.weights_version, indicator_values.data_as_of,"
        " indicator_values.run_id)"
    )
    assert row["n"] == 2 * 3 * 97
