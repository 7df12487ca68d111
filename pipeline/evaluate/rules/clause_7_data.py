"""Process rules about data quality (clause 七): logic, ranges, completeness, outliers, cleaning log, masking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.evaluate.rules.facts import NO_DATA, NOT_APPLICABLE, PARTIAL, PASS, Assessor, Case, RuleFinding, number, share
from schemas.contract import TABLES
from schemas.standard.process_rules import ProcessRule

# The contract's row rules by clause 七's three kinds of check; the remaining ones compare columns, the clause's 逻辑校验.
_RANGE_RULES = frozenset({"range", "allowed_values", "score_outside_scale"})
_COMPLETENESS_RULES = frozenset({"required"})
_LOGIC_RULES = (
    frozenset(rule for table in TABLES.values() for rule, _ in table.rules)
    - _RANGE_RULES
    - _COMPLETENESS_RULES
    - {"type", "foreign_key"}
)
# Actions of the cleaning log other than refusals, with their unit.
_LOGGED_ACTIONS = (
    ("left_out", "按配置不取", "条"),
    ("superseded", "被较新状态取代", "条"),
    ("noted", "已知问题", "条"),
    ("mapped", "取值映射", "个值"),
    ("corrected", "按更正文件更正", "个值"),
    ("set_aside", "不予采信", "个值"),
    ("pseudonymized", "假名化", "个值"),
    ("masked", "掩码", "个值"),
    ("redacted", "脱敏文本", "段"),
    ("out_of_scope", "不计入统计", "行"),
    ("excluded", "复核后剔除", "行"),
)


def _logic(_: ProcessRule, case: Case) -> RuleFinding:
    missing = case.run.delivery.missing(("service_requests",), ("service_requests.responded_at",))
    if missing:
        return RuleFinding(NO_DATA, "未提供服务请求的响应时间，逻辑校验没有对象。")
    return _checked(case, _LOGIC_RULES, "逻辑校验（如响应早于请求）")


def _range(_: ProcessRule, case: Case) -> RuleFinding:
    if case.run.delivery.missing((), ("survey_answers.score|complaints.satisfaction",)):
        return RuleFinding(NO_DATA, "未提供满意度分值，范围校验没有对象。")
    return _checked(case, _RANGE_RULES, "范围校验（取值范围、量表、取值集合）")


def _completeness(_: ProcessRule, case: Case) -> RuleFinding:
    return _checked(case, _COMPLETENESS_RULES, "完整性校验（必填项）")


def _checked(case: Case, rules: Iterable[str], name: str) -> RuleFinding:
    came, refused = sum(case.run.extracted.values()), case.run.refused_rows(rules)
    if not came:
        return _nothing_came(case)
    return RuleFinding(PASS, f"{case.run.quarter.label} 提取的 {came:,} 行均经{name}，不符的 {refused:,} 行已隔离。")


def _nothing_came(case: Case) -> RuleFinding:
    return RuleFinding(NO_DATA, f"{case.run.quarter.label} 没有提取到记录。")


def _outlier_review(_: ProcessRule, case: Case) -> RuleFinding:
    if case.is_year:
        return RuleFinding(NOT_APPLICABLE, "年度期间不适用，见各季度。")
    limit, quarter = number(case.run.numbers["outlier_z_score"]), case.run.quarter.label
    found = case.run.outliers.get(case.enterprise_id)
    if found is None or not (found.tested or found.to_review):
        return RuleFinding(NO_DATA, f"{quarter} 没有足以计算 Z 分数的数据组（每组至少 11 个值）。")
    if not found.to_review:
        return RuleFinding(PASS, f"{quarter} 检验 {number(found.tested)} 个数据组，没有 Z 分数绝对值超过 {limit} 的数据点。")
    return share(
        found.reviewed,
        found.to_review,
        f"{quarter} 检验 {number(found.tested)} 个数据组，须复核的数据点 {number(found.to_review)} 个（Z 分数绝对值超过 {limit}），"
        f"已复核 {number(found.reviewed)} 个：确认 {number(found.confirmed)}、更正 {number(found.corrected)}、"
        f"排除 {number(found.excluded)}。",
    )


def _cleaning_log(_: ProcessRule, case: Case) -> RuleFinding:
    if not sum(case.run.extracted.values()):
        return _nothing_came(case)
    said = f"{case.run.quarter.label} 隔离的 {len(case.run.refused):,} 行均有规则、字段、来源行号和运行编号"
    if not case.run.reconciled:
        return RuleFinding(PARTIAL, f"{said}；没有清洗日志，行数未从落地到统计逐步核对。")
    counts = "，".join(
        f"{label} {case.run.logged[action]:,} {unit}" for action, label, unit in _LOGGED_ACTIONS if case.run.logged.get(action)
    )
    logged = f"清洗日志另记有{counts}；" if counts else ""
    return RuleFinding(PASS, f"{said}；{logged}{case.run.reconciled} 张表从落地到统计的行数逐步核对一致。")


def _masking(_: ProcessRule, case: Case) -> RuleFinding:
    personal = sum(
        column.name in case.run.delivery.columns.get(table.name, frozenset())
        for table in TABLES.values()
        for column in table.columns
        if column.pii
    )
    if not personal:
        return RuleFinding(NOT_APPLICABLE, "没有提供个人信息字段。")
    treated = f"提供的 {personal} 个个人信息字段在统计之前已假名化、掩码或去除"
    # A run is published only if the scan of all its tables and reports, including this one, finds nothing (D-73): every
    # published result comes from a scanned run.
    scanned = "发布前对全部结果表和报告扫描个人信息，有发现即不发布，记录见 privacy_scan"
    if exceptions := len(case.run.plan.privacy_exceptions):
        return RuleFinding(PARTIAL, f"{treated}；{scanned}；评价方案另有 {exceptions} 项扫描例外。")
    return RuleFinding(PASS, f"{treated}；{scanned}。")


ASSESSORS: Mapping[str, Assessor] = {
    "PR-23": _logic,
    "PR-24": _range,
    "PR-25": _completeness,
    "PR-26": _outlier_review,
    "PR-27": _cleaning_log,
    "PR-29": _masking,
}
