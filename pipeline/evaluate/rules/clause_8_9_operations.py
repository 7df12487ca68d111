"""Process rules about operations (clauses 八 and 九): records, disclosure, training, suggestions."""

from __future__ import annotations

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
    joined,
    number,
    share,
    yearly,
)
from schemas.standard.process_rules import ProcessRule

_TRAINING_KINDS = {"induction": "入职", "on_the_job": "在岗", "special_skill": "专项技能"}
_REQUEST_FIELDS = {
    "responded_at": "响应时间",
    "resolved_at": "解决时间",
    "staff_id": "服务人员",
    "parts_used": "使用备件",
}


def _complete_records(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent("service_requests", "service_requests.status"):
        return absent
    asked = {
        name: (case.counted(rule.rule_id, column), case.denominator(rule.rule_id, column))
        for column, name in _REQUEST_FIELDS.items()
        if case.denominator(rule.rule_id, column)
    }
    if not asked:
        return RuleFinding(NOT_APPLICABLE, f"{case.span}没有已办结的服务请求。")
    filled = "、".join(f"{name} {number(there)}/{number(total)}" for name, (there, total) in asked.items())
    return share(
        sum(there for there, _ in asked.values()),
        sum(total for _, total in asked.values()),
        f"{case.span}已办结请求的填写情况：{filled}；请求时间为必填。",
    )


def _system_timestamps(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent("service_requests", "service_requests.timestamp_source"):
        return absent
    total = case.denominator(rule.rule_id, "system")
    if not total:
        return RuleFinding(NOT_APPLICABLE, f"{case.span}没有服务请求。")
    system = case.counted(rule.rule_id, "system")
    return share(system, total, f"{case.span} {number(total)} 条服务请求中 {number(system)} 条的时间戳由系统自动记录。")


def _customer_files(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent("customers") or case.absent("service_requests", "service_requests.customer_id"):
        return absent
    served = case.denominator(rule.rule_id, "filed")
    if not served:
        return RuleFinding(NOT_APPLICABLE, f"{case.span}没有服务请求。")
    filed = case.counted(rule.rule_id, "filed")
    return share(
        filed,
        served,
        f"{case.span}接受服务的 {number(served)} 位顾客中 {number(filed)} 位有顾客档案，服务记录可按顾客追溯。",
    )


def _key_processes(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent("process_steps"):
        return absent
    steps = case.counted(rule.rule_id, "key_steps")
    if not steps:
        return RuleFinding(FAIL, "服务环节登记表中期末没有关键环节。")
    return RuleFinding(
        PARTIAL, f"期末登记的关键环节 {number(steps)} 个；各过程的输入、活动、输出、控制方法等要素文件尚未纳入数据。"
    )


def _disclosure(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent("checklist_items"):
        return absent
    weight = case.denominator(rule.rule_id, "disclosed")
    if not weight:
        return RuleFinding(NO_DATA, "服务标准公开透明度（P3-2）的检查表尚未评定。")
    achieved = case.counted(rule.rule_id, "disclosed")
    if not achieved:
        return RuleFinding(FAIL, f"公开事项检查表最近一次评定得 0/{number(weight)}。")
    return RuleFinding(
        PARTIAL,
        f"公开事项检查表最近一次评定得 {number(achieved)}/{number(weight)}；服务合同格式条款的审查记录尚未纳入数据。",
    )


def _evaluator_training(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent("training_records", "training_records.kind"):
        return absent
    people, enough = case.denominator(rule.rule_id, "trained_enough"), case.counted(rule.rule_id, "trained_enough")
    hours = number(case.run.numbers["evaluator_training_hours"])
    if not people:
        return RuleFinding(NO_DATA, "近八个季度没有评价人员培训记录。")
    done = f"近八个季度参加评价培训的 {number(people)} 人中 {number(enough)} 人累计不少于 {hours} 学时"
    return RuleFinding(PARTIAL if enough else FAIL, f"{done}；团队名册与培训内容尚未纳入数据。")


def _training_system(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent("training_records") or case.absent("staff"):
        return absent
    kinds = [name for kind, name in _TRAINING_KINDS.items() if case.counted(rule.rule_id, "trainings", kind)]
    staff, hours = case.denominator(rule.rule_id, "hours"), case.counted(rule.rule_id, "hours")
    asked = case.run.numbers["training_hours_per_year"]
    mean = hours / staff if staff else 0.0
    evidence = (
        f"{case.year_span}登记的培训种类：{joined(kinds) or '无'}，人均 {number(mean)} 学时；"
        f"要求{joined(_TRAINING_KINDS.values())}培训，全年人均不少于 {number(asked)} 学时"
    )
    # Compared without dividing: a mean of exactly 40 counts.
    is_long_enough = bool(staff) and hours >= asked * staff
    if is_long_enough and len(kinds) == len(_TRAINING_KINDS):
        return RuleFinding(PASS, f"{evidence}。")
    begun = bool(kinds) or hours > 0
    if not case.is_year_closed:
        return RuleFinding(PARTIAL if begun else NO_DATA, f"{evidence}（年度尚未结束）。")
    return RuleFinding(PARTIAL if kinds or is_long_enough else FAIL, f"{evidence}。")


def _customer_suggestions(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent("suggestions", "suggestions.source"):
        return absent
    made, evaluated = case.denominator(rule.rule_id, "evaluated"), case.counted(rule.rule_id, "evaluated")
    done = f"{case.span}顾客建议 {number(made)} 条，已评估 {number(evaluated)} 条；重要意见的采用记录尚未纳入数据。"
    return RuleFinding(PARTIAL if evaluated else NO_DATA, done)


def _employee_suggestions(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent("suggestions", "suggestions.source"):
        return absent
    made = case.counted(rule.rule_id, "suggestions")
    return yearly(case, made, 1, f"{case.year_span}员工建议 {number(made)} 条")


ASSESSORS: Mapping[str, Assessor] = {
    "PR-19": _complete_records,
    "PR-20": _system_timestamps,
    "PR-38": _evaluator_training,
    "PR-62": _customer_suggestions,
    "PR-65": _key_processes,
    "PR-68": _training_system,
    "PR-75": _employee_suggestions,
    "PR-83": _disclosure,
    "PR-89": _customer_files,
}
