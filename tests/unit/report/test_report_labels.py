"""Every code that can reach a report has a Chinese word; what has none is printed as it is."""

from __future__ import annotations

import re

import pytest
import report_run

from pipeline.evaluate.weights.ahp import RANDOM_INDICES
from pipeline.report.words import zh as labels
from pipeline.settings.plan import COMPOUND_METHODS, MODES, PSEUDONYM_ALGORITHMS, SCORE_METHODS
from schemas.contract import TABLES
from schemas.indicator_columns import STAND_INS
from schemas.standard.catalogue import DIRECTIONS, OBLIGATIONS, PERIOD_RULES

# Parts that only make up an indicator; the marts take them out before anything is published.
_INTERNAL = {
    ("I4-3", "working_days"),
    ("I4-3", "resolved"),
    ("O4-1", "services"),
    ("I3-1", "effective"),
    ("O2-2", "requests"),
}


def test_every_rule_of_the_contract_has_a_name() -> None:
    rules = {rule for table in TABLES.values() for rule, _ in table.rules}
    rules |= {rule for table in TABLES.values() for rule in table.table_rules}
    assert rules - set(labels.RULES) == set()


def test_every_variant_that_the_marts_name_has_a_label() -> None:
    project = report_run.REPO / "dbt_project"
    named = {
        found
        for folder in ("models", "macros")
        for path in (project / folder).rglob("*.sql")
        for found in re.findall(r"'id': '([^']+)', 'variant': '([^']+)'", path.read_text(encoding="utf-8"))
    }
    assert len(named) > 20
    unlabelled = {(indicator, code) for indicator, code in named if labels.variant(indicator, code).name == code}
    assert unlabelled - _INTERNAL == set()


def test_the_codes_of_catalogue_and_plan_have_names() -> None:
    assert set(OBLIGATIONS) <= set(labels.OBLIGATIONS)
    assert set(DIRECTIONS) <= set(labels.DIRECTIONS)
    assert set(PERIOD_RULES) <= set(labels.PERIOD_RULES)
    named = {
        "mode": MODES,
        "score_method": SCORE_METHODS,
        "compound_method": COMPOUND_METHODS,
        "random_index": RANDOM_INDICES,
        "pseudonym_algorithm": PSEUDONYM_ALGORITHMS,
    }
    for key, codes in named.items():
        for code in codes:
            assert labels.run_choice(key, code) != code


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("table_not_delivered:hotline_calls", "未提供数据表：热线电话（hotline_calls）"),
        ("column_not_delivered:outlets.service_radius_km", "未提供字段：服务网点.service_radius_km"),
        ("column_not_delivered:staff.a|customers.b", "未提供字段：服务人员.a 或 顾客.b"),
        ("below_minimum_n:30", "样本量低于最小值 30"),
        ("plan:只做远程服务：全部", "评价方案认定不适用：只做远程服务：全部"),
        ("no_records", "本企业没有相关记录"),
        ("no_total_within_limit", "日汇总未按标准的时限统计限时内接听数"),
        ("already_zero", "此前四季度差错率已为零，无可降低"),
        ("rose_from_zero", "此前四季度差错率为零，近四季度由零上升，降低幅度无从计算"),
        # 95 is the parameter improvement_ceiling_csi.
        ("ceiling_kept", "上年同期已达 95 分以上并保持，视为达标"),
        ("a_reason_of_tomorrow", "a_reason_of_tomorrow"),
        (None, ""),
    ],
)
def test_reasons_are_put_into_words(code: str | None, text: str) -> None:
    assert labels.reason(code) == text


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
    assert labels.basis(code) == text


def test_every_stand_in_has_a_name() -> None:
    assert set(labels.BASIS) == set(STAND_INS)


def test_touchpoint_readings_are_named_after_both() -> None:
    assert labels.variant("O2-2", "touchpoint_phone").name == "电话满意度"
    assert labels.variant("O2-2", "touchpoint_phone").is_beside
    share = labels.variant("O2-2", "top_two_box_onsite")
    assert (share.name, share.unit, share.is_beside) == ("上门前两级占比", "rate", False)


def test_variants_stand_in_a_sensible_order() -> None:
    codes = ["largest", "p95", "p50", "tomorrow", "customer_total_time", "p90", "smallest"]
    ordered = sorted(codes, key=lambda code: labels.variant_place("P2-3a", code))
    assert ordered == ["customer_total_time", "smallest", "p50", "p90", "p95", "largest", "tomorrow"]
