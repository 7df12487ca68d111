"""Process rules about complaints (clause 十): channels, replies, steps, escalation, records."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.evaluate.rules.facts import FAIL, NOT_APPLICABLE, PARTIAL, PASS, Assessor, Case, RuleFinding, number, share
from schemas.standard.process_rules import ProcessRule


def _complaints_used(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent("complaints"):
        return absent
    complaints = case.counted(rule.rule_id, "complaints")
    if not complaints:
        return _no_complaint(case)
    return RuleFinding(PASS, f"{case.span} {number(complaints)} 件投诉已纳入评价（指标 I1-2、I1-3）。")


def _channels(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent("complaint_channels"):
        return absent
    published, asked = case.counted(rule.rule_id, "channels"), case.run.numbers["complaint_channels_named"]
    return share(
        published,
        asked,
        f"期末公布的投诉渠道含电话、在线、信函、现场中的 {number(published)} 种；要求 {number(asked)} 种。",
    )


def _replies(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent("complaints", "complaints.first_reply_at"):
        return absent
    if dates := case.only_dates("complaints.received_at", "complaints.first_reply_at"):
        return dates
    total, urgent = case.denominator(rule.rule_id, "in_time"), case.denominator(rule.rule_id, "urgent_in_time")
    if not total:
        return _no_complaint(case)
    in_time, at_once = (case.counted(rule.rule_id, name) for name in ("in_time", "urgent_in_time"))
    hours, minutes = (number(case.run.numbers[name]) for name in ("complaint_reply_hours", "urgent_complaint_reply_minutes"))
    of_urgent = f"紧急投诉 {number(urgent)} 件中 {number(at_once)} 件在 {minutes} 分钟内响应" if urgent else "没有紧急投诉"
    return share(
        in_time + at_once,
        total + urgent,
        f"{case.span} {number(total)} 件投诉中 {number(in_time)} 件在 {hours} 小时内响应；{of_urgent}。",
    )


_STEPS = ("complaints.investigated_at", "complaints.negotiated_at", "complaints.fed_back_at")


def _steps(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent("complaints", *_STEPS):
        return absent
    finished, stepped = case.denominator(rule.rule_id, "all_steps"), case.counted(rule.rule_id, "all_steps")
    if not finished:
        return _no_finished_complaint(case)
    return share(
        stepped,
        finished,
        f"{case.span} {number(finished)} 件已办结投诉中 {number(stepped)} 件有调查核实、协商处理、结果反馈各环节时间，先后有序。",
    )


def _escalation(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent("complaints", "complaints.satisfaction", "complaints.escalated|complaints.alternative_offered"):
        return absent
    unhappy, offered = case.denominator(rule.rule_id, "offered"), case.counted(rule.rule_id, "offered")
    if not unhappy:
        return RuleFinding(NOT_APPLICABLE, f"{case.span}没有对处理结果表示不满意的投诉人。")
    return share(
        offered,
        unhappy,
        f"{case.span} {number(unhappy)} 件处理结果不满意的投诉中 {number(offered)} 件已升级处理或提供其他方案。",
    )


def _complaint_records(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent("complaints"):
        return absent
    finished, complete = case.denominator(rule.rule_id, "complete"), case.counted(rule.rule_id, "complete")
    if not finished:
        return _no_finished_complaint(case)
    return RuleFinding(
        PARTIAL if complete else FAIL,
        f"{case.span} {number(finished)} 件已办结投诉中 {number(complete)} 件记录完整（响应、各环节、原因、办结）；"
        "系统性问题的分析记录尚未纳入数据。",
    )


def _no_complaint(case: Case) -> RuleFinding:
    return RuleFinding(NOT_APPLICABLE, f"{case.span}没有投诉。")


def _no_finished_complaint(case: Case) -> RuleFinding:
    return RuleFinding(NOT_APPLICABLE, f"{case.span}没有已办结的投诉。")


ASSESSORS: Mapping[str, Assessor] = {
    "PR-18": _complaints_used,
    "PR-84": _channels,
    "PR-85": _replies,
    "PR-86": _steps,
    "PR-87": _escalation,
    "PR-88": _complaint_records,
}
