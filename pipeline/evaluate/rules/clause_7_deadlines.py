"""Process rules about the deadlines of quarterly and annual reports (clause 七)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from pipeline.evaluate.rules.facts import NO_DATA, NOT_APPLICABLE, Assessor, Case, RuleFinding
from schemas.standard.process_rules import ProcessRule


def _quarterly_report(_: ProcessRule, case: Case) -> RuleFinding:
    if case.is_year:
        return RuleFinding(NOT_APPLICABLE, "年度期间不适用，见各季度。")
    return _due(case, case.run.quarter.last_day, "quarterly_report_working_days", "季度报告")


def _annual_report(_: ProcessRule, case: Case) -> RuleFinding:
    return _due(case, dt.date(case.run.quarter.year, 12, 31), "annual_report_working_days", "年度报告")


def _due(case: Case, last_day: dt.date, parameter: str, name: str) -> RuleFinding:
    days = int(case.run.numbers[parameter])
    due_on = case.run.calendar.deadline(last_day, days)
    is_provisional = case.run.calendar.span_status(last_day, due_on) == "provisional"
    note = "（涉及尚未公布的节假日安排，暂定）" if is_provisional else ""
    return RuleFinding(
        NO_DATA,
        f"{name}应不晚于 {due_on} 完成（期末后 {days} 个工作日）{note}；尚无发布登记，是否按期无从判定。",
        due_on,
    )


ASSESSORS: Mapping[str, Assessor] = {
    "PR-34": _quarterly_report,
    "PR-35": _annual_report,
}
