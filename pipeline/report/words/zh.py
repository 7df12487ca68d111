"""Chinese words for the codes in the published tables: states, reasons, rules, variants, choices.

Names of indicators, dimensions and source tables come from the catalogue and the contract, numbers from ``numbers.py``.
An unknown code is printed as it is, never dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from schemas.contract import TABLES
from schemas.standard.parameters import parameter

VERDICTS = {
    "met": "达标",
    "not_met": "未达标",
    "undecided": "暂不判定",
    "no_requirement": "未设要求值",
    "no_data": "无数据",
    "assumed": "设定值",
    "not_applicable": "不适用",
}

NO_REQUIREMENT = "标准未给出数值要求，评价方案也未设定"

AGAINST = {"previous": "上一季度", "year_before": "上年同期"}

NOT_COMPARED = {
    "not_published": "该季度的评价结果尚未发布",
    "enterprise_not_evaluated": "该季度没有本企业的评价结果",
    "no_score": "本期没有总分",
    "no_score_before": "该季度没有总分",
    "no_common_indicator": "两期没有共同计分的指标",
}

TRENDS = {"better": "向好", "worse": "向差", "same": "持平"}

STATUS = {
    "ok": "有效",
    "insufficient_sample": "样本不足",
    "not_applicable": "不适用",
    "no_data": "无数据",
    "assumed": "设定值，不计分",
}

PROVISIONAL = {
    "look_ahead": "观察窗口尚未结束",
    "incomplete_period": "统计期内有季度缺少数据",
    "calendar": "涉及尚未公布的节假日安排",
}

FLAGS = {
    "no_data": "含无数据的指标",
    "assumed": "含依据设定值的指标",
    "insufficient_sample": "含样本不足的指标",
    "not_applicable": "不适用",
    "not_scored": "未计分",
    "not_rateable": "不适用权重超过上限，不予计分",
    "low_coverage": "计分覆盖低于下限，不予评分",
    "veto:deductions_without_grade": "特别扣分达到不予评级的项数",
    "veto:fatal_incident": "发生致人死亡的安全事故",
    "veto:falsified_data": "数据造假",
}

WINDOWS = {"quarter": "本季度", "year_to_date": "年初至今", "trailing_year": "近四季度", "calendar_year": "全年"}

OBLIGATIONS = {"shall": "应", "should": "宜（建议）", "example": "示例（“如”“可包括”）"}

# Results of a process rule, failed first.
PROCESS_RESULTS = {
    "fail": "不符合",
    "partial": "部分符合",
    "pass": "符合",
    "not_applicable": "不适用",
    "no_data": "无数据",
}
PROCESS_OBLIGATIONS = {"shall": "应", "should": "宜（建议）", "may": "可（鼓励）"}

DIRECTIONS = {"higher": "越高越好", "lower": "越低越好", "exact": "须等于要求值"}

PERIOD_RULES = {
    "period": "统计期内",
    "period_end": "统计期末",
    "year_to_date": "年初至今累计",
    "trailing_year": "近四季度与此前四季度相比",
    "year_on_year": "与上年同期相比",
}

INTERVALS = {
    "wilson": "Wilson 区间",
    "t": "t 区间",
    "normal": "正态近似区间",
    "katz_log": "比率之比的 Katz 对数区间",
    "delta": "delta 法区间",
    "t_weighted": "加权均值的 t 区间（自由度按有效样本量）",
}

SURVEY_MODES = {"online": "在线", "phone": "电话", "onsite": "现场"}

# Flags of survey_validity, reasons for unknown figures of a survey, and weighting methods.
SURVEY_FLAGS = {
    "straight_liners": "直线作答",
    "speeders": "过快作答",
    "duplicate_customers": "同一顾客重复",
    "duplicate_devices": "多名顾客共用设备",
}
SURVEY_REASONS = {
    "no_distribution_register": "未提供问卷发放登记",
    "more_responses_than_invitations": "有效答卷多于发放的问卷",
    "no_margins": "未提供总体构成",
    "margins_do_not_fit": "答卷与总体构成无法匹配",
}
SURVEY_WEIGHTINGS = {
    "cells": "按区域×渠道事后分层",
    "raking": "按区域、渠道分别迭代加权",
    "region": "按区域事后分层",
    "channel": "按渠道事后分层",
}

WEIGHT_METHODS = {
    "eigenvector": "层次分析法（特征向量法）",
    "geometric_mean": "层次分析法（几何平均法）",
    "column_normalised": "层次分析法（列归一平均法）",
    "default": "默认权重（标准区间中值归一）",
    "equal": "等权",
}

RANDOM_INDICES = {
    "saaty_1980": "Saaty 1980 随机一致性指标表",
    "saaty_2007": "Saaty 与 Tran 2007 随机一致性指标表",
    "donegan_dodd_1991": "Donegan 与 Dodd 1991 随机一致性指标表",
}

# What a value rests on, beside single records.
BASIS = {"daily_totals": "日汇总", "as_reported_by_the_source": "来源系统自报的是否及时标记，并非由时间算出"}

PARTS = {"measured_ratio": "实测值与标称值之比的均值", "acceptance_passed": "验收测试通过率"}

RULES = {
    "type": "无法读成约定的类型",
    "digits_lost": "电子表格以科学计数法改写，末尾数字已丢失",
    "too_many_fields": "字段数多于表头",
    "too_few_fields": "字段数少于表头",
    "required": "必填项为空",
    "allowed_values": "不在允许的取值内",
    "range": "超出允许范围",
    "foreign_key": "关联的记录不存在",
    "unique_key": "主键重复",
    "version_overlap": "登记表版本的有效期重叠",
    "duplicate_survey_response": "同一顾客同一轮调查重复作答",
    "score_outside_scale": "评分超出题目量表",
    "no_indicator_id": "不是指标编号",
    "responded_before_requested": "响应早于请求",
    "resolved_before_responded": "解决早于响应",
    "resolved_before_requested": "解决早于请求",
    "closed_before_requested": "关闭早于请求",
    "closed_before_resolved": "关闭早于解决",
    "complaint_step_out_of_order": "投诉处理步骤先后颠倒",
    "first_reply_before_received": "首次答复早于收到投诉",
    "answered_before_queued": "接听早于进入排队",
    "unanswered_call_with_answer_time": "未接通的来电有接听时间",
    "ended_before_answered": "结束早于接听",
    "ended_before_queued": "结束早于进入排队",
    "replied_before_opened": "回复早于会话开始",
    "completed_before_arrived": "完工早于到达",
    "submitted_before_started": "提交早于开始作答",
    "evaluated_before_submitted": "评估早于提交",
    "shipped_before_ordered": "发货早于下单",
    "received_before_ordered": "收货早于下单",
    "received_before_shipped": "收货早于发货",
    "due_before_found": "整改期限早于发现",
    "fixed_before_found": "整改早于发现",
    "effective_before_started": "见效早于开始",
    "left_before_hired": "离职早于入职",
    "retired_before_in_service": "停用早于启用",
    "closed_before_opened": "停业早于开业",
    "certificate_ends_before_it_begins": "证书失效早于生效",
    "valid_to_not_after_valid_from": "有效期止不晚于有效期起",
    "conforming_above_inspected": "符合数多于检查数",
    "form_fields_valid_above_required": "填写有效项多于应填项",
    "scale_max_not_above_scale_min": "量表上限不高于下限",
    "day_has_single_calls": "当日已提供逐条通话记录，日汇总不再计入",
    "answered_above_offered": "接听数多于请求人工数",
    "within_limit_above_answered": "限时内接听数多于接听数",
    "short_abandons_above_unanswered": "快速放弃数多于未接听数",
    "item_compared_with_itself": "判断矩阵元素与自身比较",
}

_REASONS = {
    "no_records": "本企业没有相关记录",
    "no_cases_in_period": "本期没有属于该指标口径的业务",
    "not_measured": "本期未开展相应的测量（调查、检查表评定或质量检查）",
    "not_recorded": "有相关业务，但所需内容未记录",
    "no_comparison_period": "缺少可比的上年同期数据",
    "already_zero": "此前四季度差错率已为零，无可降低",
    "rose_from_zero": "此前四季度差错率为零，近四季度由零上升，降低幅度无从计算",
    "component_missing": "组成指标缺少数据",
    "no_total_within_limit": "日汇总未按标准的时限统计限时内接听数",
}

# Why a value does not rest on a measurement.
_ASSUMED = {
    "assumed_constant": "{}在数据映射中写成常数，并非测得",
    "assumed_expression": "{}由不含来源列的表达式得出，并非测得",
    "assumed_unique_key": "{}逐单不同，看不出同一顾客",
}

_SWITCHES = {"on": "启用", "off": "未启用"}

# Why a judgement matrix was returned or does not count; codes of weight_judgements.reason.
_MATRIX_REASONS = {
    "not_judged": "未比较 {}",
    "not_reciprocal": "{} 的正反判断不互为倒数",
    "off_scale": "{} 的判断超出 1/9–9 标度",
    "judged_twice": "{} 重复判断",
    "compared_with_itself": "{} 与自身比较",
    "foreign_item": "{} 不属于所比较的项目",
    "consistency_ratio": "一致性比率不低于上限 {}",
    "superseded": "该专家第 {} 轮的判断取而代之",
}

# Names of the choices recorded in run_info; other keys (versions, counts) are printed as recorded.
_CHOICES: dict[str, dict[str, str]] = {
    "mode": {"self_assessment": "自我评价（无数据的指标退出计分）", "third_party": "第三方评价（无数据的指标计 0 分）"},
    "score_method": {
        "efficacy": "功效系数法（要求值 100 分、可接受限值 60 分）",
        "threshold": "达标法（达标 100 分，否则 0 分）",
        "proportional": "比例法",
    },
    "compound_method": {"mean": "等权平均", "minimum": "取最低分"},
    "ahp_method": WEIGHT_METHODS,
    "random_index": RANDOM_INDICES,
    "pseudonym_algorithm": {"hmac-sha256": "HMAC-SHA256", "hmac-sm3": "HMAC-SM3"},
    "overlay_grade": _SWITCHES,
    "overlay_veto": _SWITCHES,
    "plan_sha256": {"none": "没有评价方案文件，各项取默认值"},
    "survey_margins_sha256": {"none": "未提供，答卷等权"},
    "survey_invitations_sha256": {"none": "未提供"},
}

TOUCHPOINTS = {"phone": "电话", "online": "在线", "outlet": "网点", "onsite": "上门", "other": "其他接触点"}


@dataclass(frozen=True)
class VariantLabel:
    """Name and unit of another reading of an indicator (unit None: as the indicator).

    ``is_beside``: shown beside the value; the others only in the indicator's details.
    """

    name: str
    unit: str | None = None
    unit_zh: str | None = None
    is_beside: bool = True


@dataclass(frozen=True)
class ComparedLabel:
    """What a change indicator compares, and over which periods; ``is_reduction``: its difference is before − now."""

    name: str
    unit: str
    unit_zh: str
    before: str
    now: str
    is_reduction: bool = False


COMPARED = {
    "I4-1": ComparedLabel("服务差错率", "rate", "%", "此前四季度", "近四季度", is_reduction=True),
    "I4-2": ComparedLabel("综合满意度指数", "score", "分", "上年同期", "本期"),
    "I4-3": ComparedLabel("每人每工作日办结请求", "per_staff_day", "件", "上年同期", "本期"),
}


def _rate(name: str, is_beside: bool = True) -> VariantLabel:
    return VariantLabel(name, "rate", "%", is_beside)


def _days(name: str, is_beside: bool = True) -> VariantLabel:
    return VariantLabel(name, "days", "天", is_beside)


def _hours(name: str, is_beside: bool = True) -> VariantLabel:
    return VariantLabel(name, "h", "小时", is_beside)


# Readings that several indicators share.
_COMMON_VARIANTS = {
    "smallest": VariantLabel("最小值", is_beside=False),
    "p50": VariantLabel("中位数"),
    "p90": VariantLabel("P90", is_beside=False),
    "p95": VariantLabel("P95"),
    "largest": VariantLabel("最大值", is_beside=False),
    "touchpoint": VariantLabel("满意度"),
    "top_two_box": _rate("前两级占比"),
    "expectation": VariantLabel("顾客期望", is_beside=False),
    "gap": VariantLabel("期望减感知"),
    "mystery": VariantLabel("神秘顾客检查"),
    "mystery_top_two_box": _rate("神秘顾客检查前两级占比", is_beside=False),
    "mystery_expectation": VariantLabel("神秘顾客检查的期望", is_beside=False),
    "mystery_gap": VariantLabel("神秘顾客检查的期望减感知", is_beside=False),
    "valid_only": VariantLabel("剔除带标记的答卷", is_beside=False),
    "unweighted": VariantLabel("不加权"),
    "five_point_ratio": VariantLabel("按 x÷5 换算", is_beside=False),
    "daily_totals": VariantLabel("其中按日汇总计算的部分"),
    "as_reported_by_the_source": VariantLabel("其中按来源系统自报标记计算的部分"),
    "flags_contradicted": _rate("来源系统自报标记与时间不符的比例"),
}

# Prefix of equally weighted readings of an indicator whose value is weighted.
_UNWEIGHTED = "unweighted_"
_VARIANTS = {
    ("R1-2a", "mean"): VariantLabel("平均半径"),
    ("R1-2b", "mean"): VariantLabel("平均半径"),
    ("R1-3a", "mean"): _days("平均每周营业"),
    ("R1-3a", "smallest"): _days("最少"),
    ("R1-3a", "p50"): _days("每周营业天数中位数", is_beside=False),
    ("R1-3a", "p90"): _days("每周营业天数P90", is_beside=False),
    ("R1-3a", "p95"): _days("每周营业天数P95", is_beside=False),
    ("R1-3a", "largest"): _days("最多", is_beside=False),
    ("R1-3b", "mean"): _hours("平均每天营业"),
    ("R1-3b", "smallest"): _hours("最少"),
    ("R1-3b", "p50"): _hours("每天营业小时数中位数", is_beside=False),
    ("R1-3b", "p90"): _hours("每天营业小时数P90", is_beside=False),
    ("R1-3b", "p95"): _hours("每天营业小时数P95", is_beside=False),
    ("R1-3b", "largest"): _hours("最多", is_beside=False),
    ("R2-1", "field_staff"): VariantLabel("以外勤人员数为分母"),
    ("R3-1", "registered_customers"): VariantLabel("以登记顾客数为分母"),
    ("R3-2", "person_days"): VariantLabel("按人日计"),
    ("R3-4", "mean_hours"): VariantLabel("人均", "academic_hours", "学时"),
    ("P1-1", "without_short_abandons"): VariantLabel("剔除快速放弃的来电"),
    ("P1-1", "out_of_hours"): VariantLabel("服务时间外来电"),
    ("P1-1", "days_counted"): _rate("有通话记录或日汇总的天数占本期天数"),
    ("P1-2", "of_answered"): VariantLabel("以已接通来电为分母"),
    ("P1-3", "service_hours"): VariantLabel("按服务时间计时"),
    ("P2-2", "too_early"): VariantLabel("早到超出容差"),
    ("P2-2", "too_late"): VariantLabel("迟到超出容差"),
    ("P2-3a", "service_hours"): VariantLabel("按服务时间计时"),
    ("P2-3a", "customer_total_time"): VariantLabel("顾客总历时（响应＋解决）"),
    ("P2-3a", "customer_total_time_all_requests"): VariantLabel("全部请求的顾客总历时", is_beside=False),
    ("P2-3b", "natural_days"): _days("按自然日计"),
    ("P2-3b", "customer_total_time"): _days("顾客总历时（响应＋解决）"),
    ("O1-1", "one_touch"): VariantLabel("一次接触即解决"),
    ("O1-1", "survey_confirmed"): VariantLabel("经顾客确认"),
    ("O1-1", "without_onsite"): VariantLabel("不含需上门的请求"),
    ("O1-4", "measured_ratio"): VariantLabel(PARTS["measured_ratio"]),
    ("O1-4", "acceptance_passed"): VariantLabel(PARTS["acceptance_passed"]),
    ("O3-2", "of_all_requests"): VariantLabel("以全部请求为分母"),
    ("O4-1", "incidents"): VariantLabel("事故", "incidents", "起"),
    ("O4-1", "fatal_incidents"): VariantLabel("其中致人死亡", "incidents", "起"),
    ("I1-2", "urgent"): VariantLabel("紧急投诉按紧急时限"),
    ("I1-3", "answered"): VariantLabel("回访应答率"),
    ("I1-3", "silence_as_dissatisfied"): VariantLabel("未应答按不满意计"),
    ("I1-4", "employees"): VariantLabel("员工建议采纳率"),
    ("I2-2", "inspections_per_month"): VariantLabel("月均全面检查", "per_month", "次"),
}


def variant(indicator_id: str, code: str) -> VariantLabel:
    """The label of a variant; touchpoint readings (``gap_phone``) are named after both."""
    found = _VARIANTS.get((indicator_id, code)) or _COMMON_VARIANTS.get(code)
    if found:
        return found
    if code.startswith(_UNWEIGHTED):
        base = variant(indicator_id, code.removeprefix(_UNWEIGHTED))
        return replace(base, name=f"{base.name}（不加权）", is_beside=False)
    reading, _, touchpoint = code.rpartition("_")
    if reading in _COMMON_VARIANTS and touchpoint in TOUCHPOINTS:
        base = _COMMON_VARIANTS[reading]
        return replace(base, name=f"{TOUCHPOINTS[touchpoint]}{base.name}", is_beside=reading == "touchpoint")
    return VariantLabel(code, is_beside=False)


def variant_place(indicator_id: str, code: str) -> tuple[int, str]:
    """Sort key of a variant: as in the tables above, unknown ones last, touchpoints by reading."""
    names = [*_VARIANTS, *_COMMON_VARIANTS]
    for name in ((indicator_id, code), code, code.rpartition("_")[0]):
        if name in names:
            return names.index(name), code
    return len(names), code


def table(name: str) -> str:
    """A source table's Chinese name with its name in the contract: ``热线电话（hotline_calls）``."""
    return f"{TABLES[name].title}（{name}）" if name in TABLES else name


def reason(code: str | None) -> str:
    """``status_reason`` in words: why there is no value, too few cases, or not applicable; empty without a reason."""
    if not code:
        return ""
    kind, _, detail = code.partition(":")
    if kind == "table_not_delivered":
        return f"未提供数据表：{table(detail)}"
    if kind == "column_not_delivered":
        return f"未提供字段：{' 或 '.join(_column(name) for name in detail.split('|'))}"
    if kind == "column_empty":
        return f"字段没有任何值：{' 或 '.join(_column(name) for name in detail.split('|'))}"
    if kind == "day_precision":
        return f"{_column(detail)}只有日期，没有时刻，无法与以小时、分钟或秒计的时限比较"
    if kind in _ASSUMED:
        return _ASSUMED[kind].format(" 或 ".join(_column(name) for name in detail.split("|")))
    if kind == "below_minimum_n":
        return f"样本量低于最小值 {detail}"
    if kind == "ceiling_kept":
        return f"上年同期已达 {parameter('improvement_ceiling_csi'):g} 分以上并保持，视为达标"
    if kind == "plan":
        return f"评价方案认定不适用：{detail}"
    return _REASONS.get(kind, code)


def basis(codes: str | None) -> str:
    """``basis`` in words, where a value does not rest on single records alone; else empty."""
    names = (codes or "").split(";")
    if not set(names) & set(BASIS):
        return ""
    return "、".join(BASIS.get(name, "逐条记录") for name in names)


def matrix_reason(codes: str | None) -> str:
    """``weight_judgements.reason`` in words, e.g. of ``not_judged:R|I;off_scale:P|O``."""
    found = []
    for code in (codes or "").split(";"):
        kind, _, detail = code.partition(":")
        found.append(_MATRIX_REASONS.get(kind, code).format(detail.replace("|", " 与 ")))
    return "；".join(found)


def run_choice(key: str, value: str) -> str:
    """The value of a ``run_info`` row, in words if it is a code."""
    return _CHOICES.get(key, {}).get(value, value)


def _column(name: str) -> str:
    table_name, _, column = name.partition(".")
    return f"{TABLES[table_name].title}.{column}" if table_name in TABLES else name
