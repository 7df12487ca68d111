"""Process rules about the evaluation itself (clauses 五 and 六): catalogue, plan, weights, edition."""

from __future__ import annotations

import math
from collections.abc import Mapping

from pipeline.evaluate.rules.facts import (
    FAIL,
    NO_DATA,
    NOT_APPLICABLE,
    PARTIAL,
    PASS,
    Assessor,
    Case,
    RuleFinding,
    number,
    record_missing,
    share,
    title,
)
from pipeline.evaluate.weights.ahp import PRIORITY_METHODS
from schemas.indicator_columns import stand_ins
from schemas.standard.process_rules import ProcessRule

# Weights are stored with 15 digits.
_WEIGHT_TOLERANCE = 1e-9


def _independence(rule: ProcessRule, case: Case) -> RuleFinding:
    if case.run.plan.mode != "third_party":
        return RuleFinding(NOT_APPLICABLE, "本次为自我评价，不是第三方评价。")
    return record_missing(rule, case)


def _coverage(_: ProcessRule, case: Case) -> RuleFinding:
    nodes = case.run.nodes
    subdimensions = [name for name, node in nodes.items() if node.level == "subdimension"]
    used = {indicator.subdimension_id for indicator in case.run.indicators.values()}
    covered = sum(name in used for name in subdimensions)
    dimensions = sum(node.level == "dimension" for node in nodes.values())
    return share(covered, len(subdimensions), f"{dimensions} 个维度的 {len(subdimensions)} 个子维度中 {covered} 个有现行指标。")


def _measurable(_: ProcessRule, case: Case) -> RuleFinding:
    indicators = case.run.indicators.values()
    delivery = case.run.delivery
    available = sum(
        delivery.missing(each.source_tables, each.source_columns) is None
        or any(delivery.has(columns) for columns in stand_ins(each.indicator_id).values())
        for each in indicators
    )
    return share(
        available,
        len(indicators),
        f"{len(indicators)} 项指标值均有定义、计算方法和数据来源说明，其中 {available} 项所需的数据已提供。",
    )


def _tailoring(_: ProcessRule, case: Case) -> RuleFinding:
    own = sum(entry.enterprise_id == case.enterprise_id for entry in case.run.plan.not_applicable)
    if own:
        return RuleFinding(PASS, f"评价方案认定 {own} 项指标不适用，均载明理由、批准人和日期。")
    return RuleFinding(NOT_APPLICABLE, "评价方案未对本企业作裁剪，按全部指标评价。")


def _expert_weights(_: ProcessRule, case: Case) -> RuleFinding:
    missing = case.run.delivery.missing(("expert_judgements",), ())
    if missing:
        return RuleFinding(NO_DATA, f"未提供数据表：{title('expert_judgements')}（expert_judgements），采用默认权重。")
    numbers, plan = case.run.numbers, case.run.plan
    limit = numbers["consistency_ratio_max"] if plan.consistency_limit is None else plan.consistency_limit
    compared = {name for name, node in case.run.nodes.items() if node.level != "subdimension"}
    groups = {weight.parent_id: weight for weight in case.run.weights if weight.parent_id in compared}
    by_experts = [each for each in groups.values() if each.method in PRIORITY_METHODS]
    ratios = [each.consistency_ratio for each in by_experts if each.consistency_ratio is not None]
    consistent = sum(ratio < limit for ratio in ratios)
    figures = (
        f"，最大一致性比率 {max(ratios):.3f}（须小于 {limit:g}），专家 {max(each.experts for each in by_experts)} 名"
        if ratios
        else ""
    )
    return share(consistent, len(groups), f"{len(groups)} 组权重中 {consistent} 组由专家判断经层次分析法得出{figures}。")


def _weight_ranges(_: ProcessRule, case: Case) -> RuleFinding:
    dimensions = {name for name, node in case.run.nodes.items() if node.level == "dimension"}
    weights = [each for each in case.run.weights if each.node_id in dimensions]
    inside = outside_before = 0
    for each in weights:
        node = case.run.nodes[each.node_id]
        low, high = node.weight_min or 0.0, 1.0 if node.weight_max is None else node.weight_max
        inside += low - _WEIGHT_TOLERANCE <= each.weight <= high + _WEIGHT_TOLERANCE
        outside_before += not low - _WEIGHT_TOLERANCE <= each.weight_raw <= high + _WEIGHT_TOLERANCE
    sums_to_one = math.isclose(sum(each.weight for each in weights), 1, abs_tol=_WEIGHT_TOLERANCE)
    total = "合计为 1" if sums_to_one else "合计不为 1"
    before = f"，投影前 {outside_before} 个在区间外" if outside_before else ""
    held = bool(weights) and inside == len(weights) and sums_to_one
    return RuleFinding(PASS if held else FAIL, f"{len(weights)} 个维度中 {inside} 个权重在标准区间内，权重{total}{before}。")


def _edition(_: ProcessRule, case: Case) -> RuleFinding:
    years = number(case.run.numbers["standard_review_years"])
    return RuleFinding(PARTIAL, f"所用版本已核对：{case.run.edition}；文本无发布日期，不超过 {years} 年的复审周期无从起算。")


ASSESSORS: Mapping[str, Assessor] = {
    "PR-01": _independence,
    "PR-02": _coverage,
    "PR-03": _measurable,
    "PR-04": _tailoring,
    "PR-06": _expert_weights,
    "PR-07": _weight_ranges,
    "PR-97": _edition,
}
