"""Process rules about surveys of customers (clause 七): sources, answers, modes, questions, rounds, opinion channels."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.evaluate.rules.facts import (
    FAIL,
    MODES,
    NO_DATA,
    NOT_APPLICABLE,
    PARTIAL,
    PASS,
    SURVEY,
    Assessor,
    Case,
    RuleFinding,
    joined,
    number,
    part,
    record_missing,
    share,
    yearly,
)
from schemas.standard.process_rules import ProcessRule
from schemas.standard.sample_size import required_answers

_SOURCES = {
    "顾客调查": ("survey_responses", "mystery_visits"),
    "过程数据": ("service_requests", "onsite_visits", "appointments", "hotline_calls", "hotline_daily_totals", "online_sessions"),
    "运营数据": ("outlets", "staff", "parts_demands", "parts_orders", "vehicles", "training_records"),
}
_FEEDS = {
    "服务网点": ("outlets",),
    "人员": ("staff",),
    "备件": ("parts_demands", "parts_orders"),
    "服务车辆": ("vehicles",),
    "培训记录": ("training_records",),
}


def _five_levels(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent(*SURVEY):
        return absent
    figures = case.items(rule.rule_id, "five_level_items").values()
    five, items = sum(each.numerator for each in figures), sum(each.denominator or 0 for each in figures)
    if not items:
        return RuleFinding(NO_DATA, f"{case.span}没有含满意度题的满意度调查。")
    low, high = (number(case.run.numbers[f"satisfaction_scale_{end}"]) for end in ("min", "max"))
    return share(five, items, f"{case.span}满意度调查的 {number(items)} 道满意度题中 {number(five)} 道采用 {low}–{high} 级量表。")


def _several_sources(rule: ProcessRule, case: Case) -> RuleFinding:
    return _groups_present(rule, case, _SOURCES, f"{case.span}")


def _feeds(rule: ProcessRule, case: Case) -> RuleFinding:
    return _groups_present(rule, case, _FEEDS, "近四季度")


def _groups_present(rule: ProcessRule, case: Case, groups: Mapping[str, tuple[str, ...]], span: str) -> RuleFinding:
    present = [name for name, tables in groups.items() if any(case.counted(rule.rule_id, "rows", table) for table in tables)]
    if not present:
        return RuleFinding(NO_DATA, f"{span}没有{joined(groups)}。")
    lacking = [name for name in groups if name not in present]
    rest = f"，没有{joined(lacking)}" if lacking else ""
    return share(len(present), len(groups), f"{span}已提供{joined(present)}{rest}。")


def _surveys_each_quarter(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent(*SURVEY):
        return absent
    rounds, asked = case.counted(rule.rule_id, "fewest_rounds"), case.run.numbers["survey_rounds_per_quarter"]
    done = f"各季满意度调查最少 {number(rounds)} 次" if case.is_year else f"本季满意度调查 {number(rounds)} 次"
    return RuleFinding(PASS if rounds >= asked else FAIL, f"{done}；要求每季至少 {number(asked)} 次。")


def _answers_of_the_year(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent(*SURVEY) or case.absent("customers"):
        return absent
    customers = int(case.counted(rule.rule_id, "customers"))
    if not customers:
        return RuleFinding(NO_DATA, "期末没有在册顾客，样本量无从要求。")
    required, answers = required_answers(customers, case.run.numbers), case.counted(rule.rule_id, "valid_answers")
    # Flags delete nothing (C-41): flagged responses are reported and still count towards the required number.
    flagged = sum(each.numerator for each in case.items(rule.rule_id, "flagged").values())
    doubts = f"（{case.span}有 {number(flagged)} 份带作答质量标记：直线作答、过快或多名顾客共用设备）" if flagged else ""
    return yearly(
        case,
        answers,
        required,
        f"{case.year_span}有效答卷 {number(answers)} 份{doubts}；{number(customers)} 位顾客全年要求 {number(required)} 份",
    )


def _modes(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent(*SURVEY):
        return absent
    counts = {name: case.counted(rule.rule_id, "answers", mode) for mode, name in MODES.items()}
    if not any(counts.values()):
        return RuleFinding(NO_DATA, f"{case.span}没有有效的满意度答卷。")
    answers = f"{case.span}有效答卷：{'、'.join(f'{name} {number(count)} 份' for name, count in counts.items())}"
    weighted = case.items(rule.rule_id, "weighted")
    compared = case.items(rule.rule_id, "population")
    if not compared:
        return RuleFinding(PARTIAL, f"{answers}；未提供总体的区域、渠道构成，样本代表性无从核对。")
    tolerance = case.run.numbers["survey_margin_tolerance"]
    difference = max(each.numerator for each in compared.values())
    within = sum(each.numerator <= tolerance for each in compared.values())
    checked = (
        f"{len(weighted)} 次调查中 {len(compared)} 次与总体的区域、渠道构成核对，{within} 次占比相差不超过 {tolerance:.0%}"
        f"（最大 {difference:.1%}）"
    )
    effective = sum(each.numerator for name, each in weighted.items() if name in compared)
    total = sum(each.denominator or 0 for name, each in weighted.items() if name in compared)
    result = PASS if len(compared) == len(weighted) else PARTIAL
    return RuleFinding(
        result,
        f"{answers}；{checked}，均已按总体加权，有效样本量 {number(round(effective, 1))}（实际 {number(total)} 份）。",
    )


def _distribution(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent(*SURVEY):
        return absent
    returned, sent = case.items(rule.rule_id, "returned"), case.items(rule.rule_id, "sent")
    if not returned:
        return RuleFinding(NO_DATA, f"{case.span}没有满意度调查。")
    came = sum(each.numerator for each in returned.values())
    counted = sum(each.denominator or 0 for each in returned.values())
    if not sent:
        return RuleFinding(
            NO_DATA,
            f"{case.span}回收满意度问卷 {number(came)} 份，其中有效 {number(counted)} 份；未提供问卷发放登记，回收率无从计算。",
        )
    registered = [returned[name] for name in sent if name in returned]
    reached = sum(each.denominator or each.numerator for each in sent.values())
    rate = sum(each.denominator or 0 for each in registered) / reached
    delivered = sum(each.denominator or 0 for each in sent.values())
    of_these = f"、送达 {number(delivered)} 份" if delivered else ""
    figures = (
        f"{case.span} {len(returned)} 次满意度调查中 {len(sent)} 次有发放登记：发放 "
        f"{number(sum(each.numerator for each in sent.values()))} 份{of_these}，"
        f"回收 {number(sum(each.numerator for each in registered))} 份"
    )
    if rate > 1:
        return RuleFinding(FAIL, f"{figures}；有效答卷多于发放的问卷，登记与回收不符。")
    return share(len(sent), len(returned), f"{figures}，有效回收率 {rate:.1%}。")


def _question_counts(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent(*SURVEY):
        return absent
    counts = [each.numerator for each in case.items(rule.rule_id, "questions").values()]
    if not counts:
        return RuleFinding(NO_DATA, f"{case.span}没有满意度调查。")
    low, high = (case.run.numbers[f"survey_questions_{end}"] for end in ("min", "max"))
    fitting = sum(low <= count <= high for count in counts)
    found = f"{number(min(counts))} 题" if min(counts) == max(counts) else f"{number(min(counts))} 至 {number(max(counts))} 题"
    return share(
        fitting,
        len(counts),
        f"{case.span} {len(counts)} 次满意度调查中 {fitting} 次题数符合（{found}；要求 {number(low)}–{number(high)} 题）。",
    )


def _completion_time(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent(*SURVEY, "survey_responses.started_at"):
        return absent
    timed = case.denominator(rule.rule_id, "median_minutes")
    if not timed:
        return RuleFinding(NO_DATA, f"{case.span}满意度答卷没有开始作答时间。")
    median, p90 = (case.counted(rule.rule_id, name) for name in ("median_minutes", "p90_minutes"))
    limit = case.run.numbers["survey_minutes_max"]
    result = PASS if p90 <= limit else PARTIAL if median <= limit else FAIL
    return RuleFinding(
        result,
        f"{case.span} {number(timed)} 份满意度答卷用时中位数 {number(median)} 分钟、P90 {number(p90)} 分钟；"
        f"要求不超过 {number(limit)} 分钟。",
    )


def _mystery_rounds(_: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent("mystery_visits"):
        return absent
    rounds, asked = len(case.items("PR-17", "outlets")), case.run.numbers["mystery_rounds_per_year"]
    return yearly(case, rounds, asked, f"{case.year_span}神秘顾客调查 {rounds} 次；要求每年不少于 {number(asked)} 次")


def _mystery_coverage(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent("mystery_visits"):
        return absent
    outlets, scenes = case.items(rule.rule_id, "outlets"), case.items(rule.rule_id, "scenes")
    if not outlets:
        return RuleFinding(NOT_APPLICABLE, f"{case.year_span}没有神秘顾客调查。")
    asked = case.run.numbers["mystery_outlets_per_round"]
    # An enterprise with fewer outlets must visit all of them; the number of scenes is not limited.
    active = case.counted(rule.rule_id, "active_outlets")
    outlets_asked = min(asked, active) if active else asked
    wide = sum(figure.numerator >= outlets_asked or scenes[name].numerator >= asked for name, figure in outlets.items())
    fewest = min(max(figure.numerator, scenes[name].numerator) for name, figure in outlets.items())
    return share(
        wide,
        len(outlets),
        f"{case.year_span} {len(outlets)} 次神秘顾客调查中 {wide} 次覆盖面符合（最少覆盖 {number(fewest)} 个网点或场景；"
        f"要求 {number(asked)} 个，在营网点不足的覆盖全部 {number(active)} 个）。"
        if outlets_asked < asked
        else f"{case.year_span} {len(outlets)} 次神秘顾客调查中 {wide} 次覆盖面符合（最少覆盖 {number(fewest)} 个网点或场景；"
        f"要求 {number(asked)} 个）。",
    )


def _duplicates(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent(*SURVEY):
        return absent
    if not case.counted("PR-13", "answers", "online"):
        return RuleFinding(NOT_APPLICABLE, f"{case.span}没有在线的有效满意度答卷。")
    customers, devices = (case.items(rule.rule_id, name).values() for name in ("same_customer", "same_device"))
    came, again = sum(each.denominator or 0 for each in customers), sum(each.numerator for each in customers)
    shared = sum(each.numerator for each in devices)
    repeated = f"同一顾客重复 {number(again)} 份（{part(again, came)}，同一顾客同一轮只计第一份）"
    counted = f"{case.span} {number(came)} 份满意度答卷中{repeated}"
    if case.run.delivery.missing((), ("survey_responses.device_token",)):
        return RuleFinding(PARTIAL, f"{counted}；未提供填写设备标识，填写时的防重复机制无从查证。")
    return RuleFinding(
        PASS, f"{counted}，多名顾客共用设备 {number(shared)} 份（{part(shared, came)}，已标记）；填写设备标识已记录。"
    )


def _survey_by(mode: str) -> Assessor:
    def assess(rule: ProcessRule, case: Case) -> RuleFinding:
        if absent := case.absent(*SURVEY):
            return absent
        if not any(each.numerator for each in case.items("PR-13", "answers").values()):
            return RuleFinding(NO_DATA, f"{case.span}没有有效的满意度答卷。")
        if not case.counted("PR-13", "answers", mode):
            return RuleFinding(NOT_APPLICABLE, f"{case.span}满意度调查没有采用{MODES[mode]}。")
        return record_missing(rule, case)

    return assess


def _opinion_channels(rule: ProcessRule, case: Case) -> RuleFinding:
    if absent := case.absent(*SURVEY):
        return absent
    answers = sum(each.numerator for each in case.items("PR-13", "answers").values())
    pulses = case.counted(rule.rule_id, "pulses")
    if not answers + pulses:
        return RuleFinding(NO_DATA, f"{case.span}没有满意度答卷和实时反馈。")
    return RuleFinding(
        PARTIAL,
        f"{case.span}满意度答卷 {number(answers)} 份、实时反馈 {number(pulses)} 份；社交媒体监测记录尚未纳入数据。",
    )


ASSESSORS: Mapping[str, Assessor] = {
    "PR-09": _five_levels,
    "PR-10": _several_sources,
    "PR-11": _surveys_each_quarter,
    "PR-12": _answers_of_the_year,
    "PR-13": _modes,
    "PR-14": _question_counts,
    "PR-15": _completion_time,
    "PR-16": _mystery_rounds,
    "PR-17": _mystery_coverage,
    "PR-22": _feeds,
    "PR-39": _distribution,
    "PR-40": _duplicates,
    "PR-41": _survey_by("phone"),
    "PR-42": _survey_by("onsite"),
    "PR-61": _opinion_channels,
}
