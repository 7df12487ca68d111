"""Reasons, bases, readings and choices in words of both languages; a code without a word is printed as it is."""

from __future__ import annotations

import re

import pytest
import report_run

from pipeline.report.words.labels import labels
from pipeline.report.words.readings import reading_place

ZH, EN = labels("zh"), labels("en")

# Parts that only make up an indicator; the marts take them out before anything is published.
_INTERNAL = {
    ("I4-3", "working_days"),
    ("I4-3", "resolved"),
    ("O4-1", "services"),
    ("I3-1", "effective"),
    ("O2-2", "requests"),
}


def test_every_variant_that_the_marts_name_has_a_label() -> None:
    project = report_run.REPO / "dbt_project"
    named = {
        found
        for folder in ("models", "macros")
        for path in (project / folder).rglob("*.sql")
        for found in re.findall(r"'id': '([^']+)', 'variant': '([^']+)'", path.read_text(encoding="utf-8"))
    }
    assert len(named) > 20
    # Both languages have the same ids (test_catalogues).
    unlabelled = {(indicator, code) for indicator, code in named if ZH.reading(indicator, code).name == code}
    assert unlabelled - _INTERNAL == set()


@pytest.mark.parametrize(
    ("code", "text", "english"),
    [
        (
            "table_not_delivered:hotline_calls",
            "未提供数据表：热线电话（hotline_calls）",
            "table not delivered: Hotline calls (hotline_calls)",
        ),
        (
            "column_not_delivered:outlets.service_radius_km",
            "未提供字段：服务网点.service_radius_km",
            "column not delivered: Outlets.service_radius_km",
        ),
        (
            "column_not_delivered:staff.a|customers.b",
            "未提供字段：服务人员.a 或 顾客.b",
            "column not delivered: Staff.a or Customers.b",
        ),
        ("below_minimum_n:30", "样本量低于最小值 30", "fewer than the 30 cases needed"),
        (
            "plan:只做远程服务：全部",
            "评价方案认定不适用：只做远程服务：全部",
            "exempted by the evaluation plan: 只做远程服务：全部",
        ),
        ("no_records", "本企业没有相关记录", "the enterprise has no such records"),
        (
            "no_total_within_limit",
            "日汇总未按标准的时限统计限时内接听数",
            "daily totals do not count calls within the standard's limit",
        ),
        (
            "already_zero",
            "此前四季度差错率已为零，无可降低",
            "the error rate of the four quarters before was zero already: nothing to reduce",
        ),
        # 95 is the parameter improvement_ceiling_csi.
        ("ceiling_kept", "上年同期已达 95 分以上并保持，视为达标", "95 points or more a year before, and kept: counts as met"),
        (
            "assumed_constant:hotline_calls.outcome",
            "热线电话.outcome在数据映射中写成常数，并非测得",
            "Hotline calls.outcome is a constant in the data mapping, not measured",
        ),
        ("a_reason_of_tomorrow", "a_reason_of_tomorrow", "a_reason_of_tomorrow"),
        (None, "", ""),
    ],
)
def test_reasons_are_put_into_words(code: str | None, text: str, english: str) -> None:
    assert ZH.reason(code) == text
    assert EN.reason(code) == english


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("records", ""),
        (None, ""),
        ("daily_totals", "日汇总"),
        ("records;daily_totals", "逐条记录、日汇总"),
        ("as_reported_by_the_source", "来源系统自报的是否及时标记，并非由时间算出"),
    ],
)
def test_the_basis_is_told_where_it_is_not_records_alone(code: str | None, text: str) -> None:
    assert ZH.basis(code) == text


def test_touchpoint_readings_are_named_after_both() -> None:
    satisfaction = ZH.reading("O2-2", "touchpoint_phone")
    assert (satisfaction.name, satisfaction.reading.is_beside) == ("电话满意度", True)
    share = ZH.reading("O2-2", "top_two_box_onsite")
    assert (share.name, share.reading.unit, share.reading.is_beside) == ("上门前两级占比", "rate", False)
    assert EN.reading("O2-2", "top_two_box_onsite").name == "on site: top-two share"
    assert ZH.reading("O2-2", "unweighted_touchpoint_phone").name == "电话满意度（不加权）"
    assert EN.reading("O2-2", "unweighted_touchpoint_phone").name == "phone: satisfaction (unweighted)"
    assert not ZH.reading("O2-2", "unweighted_touchpoint_phone").reading.is_beside


def test_variants_stand_in_a_sensible_order() -> None:
    codes = ["largest", "p95", "p50", "tomorrow", "customer_total_time", "p90", "smallest"]
    ordered = sorted(codes, key=lambda code: reading_place("P2-3a", code))
    assert ordered == ["customer_total_time", "smallest", "p50", "p90", "p95", "largest", "tomorrow"]


@pytest.mark.parametrize(
    ("key", "label_zh", "text", "english"),
    [
        ("mode", "评价方式", "评价方式", "Kind of evaluation"),
        ("plan_sha256", "评价方案文件 SHA-256", "评价方案文件 SHA-256", "Evaluation plan, SHA-256"),
        ("target:O2-1@E1", "…", "评价方案设定的目标：O2-1", "Target set by the plan: O2-1"),
        ("refused_limits", "…", "拒收行占比上限", "Limit of the share of refused rows"),
        (
            "refused_limits:hotline_calls",
            "…",
            "拒收行占比上限：热线电话",
            "Limit of the share of refused rows: Hotline calls",
        ),
        (
            "conduct:2025-Q1:legal@E1",
            "…",
            "行为认定：2025-Q1 违反法律法规",
            "Findings of conduct: 2025-Q1 against laws",
        ),
        ("of_tomorrow", "明天的项目", "明天的项目", "of_tomorrow"),
        ("of_tomorrow", None, "of_tomorrow", "of_tomorrow"),
    ],
)
def test_what_a_run_says_of_itself_has_names(key: str, label_zh: str | None, text: str, english: str) -> None:
    assert ZH.choice(key, label_zh) == text
    assert EN.choice(key, label_zh) == english


def test_what_was_chosen_is_put_into_words() -> None:
    assert ZH.chosen("mode", "self_assessment", None) == "自我评价（无数据的指标退出计分）"
    assert EN.chosen("random_index", "saaty_1980", None) == "Saaty 1980 random indices"
    # A run says the same in both languages where a value alone is unclear.
    assert ZH.chosen("target:O2-1", "requirement 80", "要求值 80") == "要求值 80"
    assert EN.chosen("target:O2-1", "requirement 80", "要求值 80") == "requirement 80"


def test_grades_clauses_and_matrices() -> None:
    assert (ZH.grade("四星级"), EN.grade("四星级"), EN.grade(None)) == ("四星级", "Four stars", None)
    assert (ZH.clause("六-R1"), EN.clause("六-R1"), EN.clause("十二")) == ("六-R1", "6-R1", "12")
    assert ZH.reference("参照 GB/T 27922") == "参照 GB/T 27922"
    assert EN.reference("参照 GB/T 27922") == "after GB/T 27922"
    assert ZH.matrix_reason("not_judged:R|I;off_scale:P|O") == "未比较 R 与 I；P 与 O 的判断超出 1/9–9 标度"
    assert EN.matrix_reason("not_judged:R|I") == "R and I not compared"
