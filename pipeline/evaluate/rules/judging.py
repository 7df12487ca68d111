"""Judges the process rules PR-01 … PR-97: from counted figures to pass, fail, partial, not applicable or no data.

Pure functions, one a rule; what is counted is in ``mart_rule_evidence``, what is asked in ``process_rules.csv`` and
``parameters.csv``, files and tables are ``rule_results.py``'s business. A number that must be reached is reached or not;
a duty in every case, or of several elements, is partial where some of them are fulfilled; what a year asks can only
fail at its end (decision log, D-50). Evidence is a sentence of figures without personal data.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.working_days import WorkingCalendar
from pipeline.evaluate.values.status import Delivery
from pipeline.evaluate.weights.ahp import PRIORITY_METHODS
from pipeline.settings.plan import EvaluationPlan
from schemas.contract import TABLES
from schemas.standard.catalogue import Indicator, Node
from schemas.standard.process_rules import ProcessRule

PASS, FAIL, PARTIAL, NOT_APPLICABLE, NO_DATA = "pass", "fail", "partial", "not_applicable", "no_data"
RESULTS = (PASS, PARTIAL, FAIL, NOT_APPLICABLE, NO_DATA)

# The rows that validation refuses, by the three kinds of check that clause 七 names; what is left of the contract's
# rules of a row compares columns with each other, which is the clause's 逻辑校验.
_RANGE_RULES = frozenset({"range", "allowed_values", "score_outside_scale"})
_COMPLETENESS_RULES = frozenset({"required"})
_LOGIC_RULES = (
    frozenset(rule for table in TABLES.values() for rule, _ in table.rules)
    - _RANGE_RULES
    - _COMPLETENESS_RULES
    - {"type", "foreign_key"}
)
# What the cleaning log holds beside refused rows, in its own words and units.
_LOGGED_ACTIONS = (
    ("left_out", "按配置不取", "条"),
    ("superseded", "被较新状态取代", "条"),
    ("noted", "已知问题", "条"),
    ("mapped", "取值映射", "个值"),
    ("corrected", "按更正文件更正", "个值"),
    ("pseudonymized", "假名化", "个值"),
    ("masked", "掩码", "个值"),
    ("redacted", "脱敏文本", "段"),
    ("out_of_scope", "不计入统计", "行"),
    ("excluded", "复核后剔除", "行"),
)

_MODES = {"online": "在线问卷", "phone": "电话访谈", "onsite": "现场访问"}
_TRAINING_KINDS = {"induction": "入职", "on_the_job": "在岗", "special_skill": "专项技能"}
_SOURCES = {
    "顾客调查": ("survey_responses", "mystery_visits"),
    "过程数据": ("service_requests", "onsite_visits", "appointments", "hotline_calls", "online_sessions"),
    "运营数据": ("outlets", "staff", "parts_demands", "parts_orders", "vehicles", "training_records"),
}
_FEEDS = {
    "服务网点": ("outlets",),
    "人员": ("staff",),
    "备件": ("parts_demands", "parts_orders"),
    "服务车辆": ("vehicles",),
    "培训记录": ("training_records",),
}
_REQUEST_FIELDS = {
    "responded_at": "响应时间",
    "resolved_at": "解决时间",
    "staff_id": "服务人员",
    "parts_used": "使用备件",
}
# Weights are stored with 15 digits.
_WEIGHT_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Finding:
    """What became of a rule: one of RESULTS, the figures in one Chinese sentence, and a deadline where there is one."""

    result: str
    evidence: str
    due_on: dt.date | None = None


@dataclass(frozen=True)
class Figure:
    """One figure of mart_rule_evidence."""

    numerator: float
    denominator: float | None = None


@dataclass(frozen=True)
class PublishedWeight:
    """One row of the published table weights, as far as rules ask about it."""

    parent_id: str
    node_id: str
    weight: float
    weight_raw: float
    method: str
    consistency_ratio: float | None
    experts: int


@dataclass(frozen=True)
class OutlierReview:
    """What became of an enterprise's data points with |Z| > 3 in the quarter.

    judged   groups with enough values for |Z| to exceed the limit
    """

    judged: int
    to_review: int
    reviewed: int
    confirmed: int = 0
    corrected: int = 0
    excluded: int = 0


@dataclass(frozen=True)
class RunFacts:
    """What holds for every enterprise of the run.

    numbers           parameters.csv
    refused           distinct refused rows of the quarter per set of rules: {(table, file, row): rules}
    extracted         rows that came, per table
    outliers          the review of outliers, per enterprise
    logged            rows of the cleaning log per action
    reconciled        tables whose rows were reconciled from landing to marts
    """

    quarter: Quarter
    numbers: Mapping[str, float]
    plan: EvaluationPlan
    calendar: WorkingCalendar
    edition: str
    delivery: Delivery
    indicators: Mapping[str, Indicator] = field(default_factory=dict)
    nodes: Mapping[str, Node] = field(default_factory=dict)
    weights: tuple[PublishedWeight, ...] = ()
    refused: Mapping[tuple[str, str, int], frozenset[str]] = field(default_factory=dict)
    extracted: Mapping[str, int] = field(default_factory=dict)
    outliers: Mapping[str, OutlierReview] = field(default_factory=dict)
    logged: Mapping[str, int] = field(default_factory=dict)
    reconciled: int = 0

    def refused_rows(self, rules: Iterable[str], table: str | None = None) -> int:
        """Refused rows that break one of the rules, of all tables or of one."""
        wanted = frozenset(rules)
        return sum(
            not wanted.isdisjoint(broken) for (name, _, _), broken in self.refused.items() if table in (None, name)
        )


@dataclass(frozen=True)
class Case:
    """One enterprise in one period: the quarter, or the calendar year that ends with it.

    figures   (rule, measure) → item → figure; a figure that is not there is zero
    recorded  the tables that hold a record of the enterprise in any quarter the run read
    """

    enterprise_id: str
    is_year: bool
    run: RunFacts
    figures: Mapping[tuple[str, str], Mapping[str, Figure]] = field(default_factory=dict)
    recorded: frozenset[str] = frozenset()

    @property
    def span(self) -> str:
        return "本年" if self.is_year else "本季"

    @property
    def is_year_closed(self) -> bool:
        return self.is_year or self.run.quarter.number == 4

    @property
    def year_span(self) -> str:
        return "全年" if self.is_year_closed else "年初至今"

    def items(self, rule: str, measure: str) -> Mapping[str, Figure]:
        return self.figures.get((rule, measure), {})

    def counted(self, rule: str, measure: str, item: str = "") -> float:
        figure = self.items(rule, measure).get(item)
        return figure.numerator if figure else 0.0

    def of(self, rule: str, measure: str, item: str = "") -> float:
        """The figure's denominator."""
        figure = self.items(rule, measure).get(item)
        return (figure.denominator if figure else None) or 0.0

    def absent(self, *needed: str) -> Finding | None:
        """No data where one of the tables or columns (``table.column``, alternatives by ``|``) was not delivered, or
        where the first table holds no record of the enterprise.
        """
        tables = tuple(dict.fromkeys(name for name in needed if "." not in name))
        missing = self.run.delivery.missing(tables, tuple(name for name in needed if "." in name))
        if missing:
            kind, _, name = missing.partition(":")
            if kind == "table_not_delivered":
                return Finding(NO_DATA, f"未提供数据表：{_title(name)}（{name}）。")
            return Finding(NO_DATA, f"未提供字段：{name.replace('|', ' 或 ')}。")
        if tables and tables[0] not in self.recorded:
            return Finding(NO_DATA, f"本企业没有“{_title(tables[0])}”记录。")
        return None


Judge = Callable[[ProcessRule, Case], Finding]


def judge_rules(rules: Mapping[str, ProcessRule], case: Case) -> dict[str, Finding]:
    """Every rule's finding by id, in the rules' order; a rule whose evidence is no table's has no data."""
    return {name: _JUDGES.get(name, _record_missing)(rule, case) for name, rule in rules.items()}


def required_answers(customers: int, numbers: Mapping[str, float]) -> int:
    """Valid answers asked of a year: min(N, max(⌈5 % of N⌉, 500)) for N customers (C-15)."""
    # Decimal: 0.05 × 20,000 is 1,000 and not a little more.
    share = math.ceil(Decimal(repr(numbers["survey_share_of_customers"])) * customers)
    return min(customers, max(share, math.ceil(numbers["survey_minimum_answers"])))


# --- the evaluation itself: catalogue, plan, weights, edition -----------------------------------------------------------


def _independence(rule: ProcessRule, case: Case) -> Finding:
    if case.run.plan.mode != "third_party":
        return Finding(NOT_APPLICABLE, "本次为自我评价，不是第三方评价。")
    return _record_missing(rule, case)


def _coverage(_: ProcessRule, case: Case) -> Finding:
    nodes = case.run.nodes
    subdimensions = [name for name, node in nodes.items() if node.level == "subdimension"]
    used = {indicator.subdimension_id for indicator in case.run.indicators.values()}
    covered = sum(name in used for name in subdimensions)
    dimensions = sum(node.level == "dimension" for node in nodes.values())
    return _share(
        covered, len(subdimensions), f"{dimensions} 个维度的 {len(subdimensions)} 个子维度中 {covered} 个有现行指标。"
    )


def _measurable(_: ProcessRule, case: Case) -> Finding:
    indicators = case.run.indicators.values()
    available = sum(case.run.delivery.missing(each.source_tables, each.source_columns) is None for each in indicators)
    return _share(
        available,
        len(indicators),
        f"{len(indicators)} 项指标值均有定义、计算方法和数据来源说明，其中 {available} 项所需的数据已提供。",
    )


def _tailoring(_: ProcessRule, case: Case) -> Finding:
    own = sum(entry.enterprise_id == case.enterprise_id for entry in case.run.plan.not_applicable)
    if own:
        return Finding(PASS, f"评价方案认定 {own} 项指标不适用，均载明理由、批准人和日期。")
    return Finding(NOT_APPLICABLE, "评价方案未对本企业作裁剪，按全部指标评价。")


def _expert_weights(_: ProcessRule, case: Case) -> Finding:
    missing = case.run.delivery.missing(("expert_judgements",), ())
    if missing:
        return Finding(NO_DATA, f"未提供数据表：{_title('expert_judgements')}（expert_judgements），采用默认权重。")
    numbers, plan = case.run.numbers, case.run.plan
    limit = numbers["consistency_ratio_max"] if plan.consistency_limit is None else plan.consistency_limit
    compared = {name for name, node in case.run.nodes.items() if node.level != "subdimension"}
    groups = {weight.parent_id: weight for weight in case.run.weights if weight.parent_id in compared}
    judged = [each for each in groups.values() if each.method in PRIORITY_METHODS]
    ratios = [each.consistency_ratio for each in judged if each.consistency_ratio is not None]
    consistent = sum(ratio < limit for ratio in ratios)
    figures = (
        f"，最大一致性比率 {max(ratios):.3f}（须小于 {limit:g}），专家 {max(each.experts for each in judged)} 名"
        if ratios
        else ""
    )
    return _share(
        consistent, len(groups), f"{len(groups)} 组权重中 {consistent} 组由专家判断经层次分析法得出{figures}。"
    )


def _weight_ranges(_: ProcessRule, case: Case) -> Finding:
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
    return Finding(
        PASS if held else FAIL, f"{len(weights)} 个维度中 {inside} 个权重在标准区间内，权重{total}{before}。"
    )


def _edition(_: ProcessRule, case: Case) -> Finding:
    years = _n(case.run.numbers["standard_review_years"])
    return Finding(
        PARTIAL, f"所用版本已核对：{case.run.edition}；文本无发布日期，不超过 {years} 年的复审周期无从起算。"
    )


# --- customers' surveys -----------------------------------------------------------------------------------------------

_SURVEY = ("survey_responses", "survey_answers", "survey_questions")


def _five_levels(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent(*_SURVEY):
        return absent
    figures = case.items(rule.rule_id, "five_level_items").values()
    five, items = sum(each.numerator for each in figures), sum(each.denominator or 0 for each in figures)
    if not items:
        return Finding(NO_DATA, f"{case.span}没有含满意度题的满意度调查。")
    low, high = (_n(case.run.numbers[f"satisfaction_scale_{end}"]) for end in ("min", "max"))
    return _share(
        five, items, f"{case.span}满意度调查的 {_n(items)} 道满意度题中 {_n(five)} 道采用 {low}–{high} 级量表。"
    )


def _several_sources(rule: ProcessRule, case: Case) -> Finding:
    return _groups_present(rule, case, _SOURCES, f"{case.span}")


def _feeds(rule: ProcessRule, case: Case) -> Finding:
    return _groups_present(rule, case, _FEEDS, "近四季度")


def _groups_present(rule: ProcessRule, case: Case, groups: Mapping[str, tuple[str, ...]], span: str) -> Finding:
    present = [
        name for name, tables in groups.items() if any(case.counted(rule.rule_id, "rows", table) for table in tables)
    ]
    if not present:
        return Finding(NO_DATA, f"{span}没有{_and(groups)}。")
    lacking = [name for name in groups if name not in present]
    rest = f"，没有{_and(lacking)}" if lacking else ""
    return _share(len(present), len(groups), f"{span}已提供{_and(present)}{rest}。")


def _surveys_each_quarter(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent(*_SURVEY):
        return absent
    rounds, asked = case.counted(rule.rule_id, "fewest_rounds"), case.run.numbers["survey_rounds_per_quarter"]
    done = f"各季满意度调查最少 {_n(rounds)} 次" if case.is_year else f"本季满意度调查 {_n(rounds)} 次"
    return Finding(PASS if rounds >= asked else FAIL, f"{done}；要求每季至少 {_n(asked)} 次。")


def _answers_of_the_year(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent(*_SURVEY) or case.absent("customers"):
        return absent
    customers = int(case.counted(rule.rule_id, "customers"))
    if not customers:
        return Finding(NO_DATA, "期末没有在册顾客，样本量无从要求。")
    required, answers = required_answers(customers, case.run.numbers), case.counted(rule.rule_id, "valid_answers")
    # Flags delete nothing (C-41): what they are on is told, and the number that is asked for counts it.
    flagged = sum(each.numerator for each in case.items(rule.rule_id, "flagged").values())
    doubts = f"（{case.span}有 {_n(flagged)} 份带作答质量标记：直线作答、过快或多名顾客共用设备）" if flagged else ""
    return _yearly(
        case,
        answers,
        required,
        f"{case.year_span}有效答卷 {_n(answers)} 份{doubts}；{_n(customers)} 位顾客全年要求 {_n(required)} 份",
    )


def _modes(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent(*_SURVEY):
        return absent
    counts = {name: case.counted(rule.rule_id, "answers", mode) for mode, name in _MODES.items()}
    if not any(counts.values()):
        return Finding(NO_DATA, f"{case.span}没有有效的满意度答卷。")
    answers = f"{case.span}有效答卷：{'、'.join(f'{name} {_n(count)} 份' for name, count in counts.items())}"
    weighted = case.items(rule.rule_id, "weighted")
    compared = case.items(rule.rule_id, "population")
    if not compared:
        return Finding(PARTIAL, f"{answers}；未提供总体的区域、渠道构成，样本代表性无从核对。")
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
    return Finding(
        result, f"{answers}；{checked}，均已按总体加权，有效样本量 {_n(round(effective, 1))}（实际 {_n(total)} 份）。"
    )


def _distribution(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent(*_SURVEY):
        return absent
    returned, sent = case.items(rule.rule_id, "returned"), case.items(rule.rule_id, "sent")
    if not returned:
        return Finding(NO_DATA, f"{case.span}没有满意度调查。")
    came = sum(each.numerator for each in returned.values())
    counted = sum(each.denominator or 0 for each in returned.values())
    if not sent:
        return Finding(
            NO_DATA,
            f"{case.span}回收满意度问卷 {_n(came)} 份，其中有效 {_n(counted)} 份；未提供问卷发放登记，回收率无从计算。",
        )
    registered = [returned[name] for name in sent if name in returned]
    reached = sum(each.denominator or each.numerator for each in sent.values())
    rate = sum(each.denominator or 0 for each in registered) / reached
    delivered = sum(each.denominator or 0 for each in sent.values())
    of_these = f"、送达 {_n(delivered)} 份" if delivered else ""
    figures = (
        f"{case.span} {len(returned)} 次满意度调查中 {len(sent)} 次有发放登记：发放 "
        f"{_n(sum(each.numerator for each in sent.values()))} 份{of_these}，"
        f"回收 {_n(sum(each.numerator for each in registered))} 份"
    )
    if rate > 1:
        return Finding(FAIL, f"{figures}；有效答卷多于发放的问卷，登记与回收不符。")
    return _share(len(sent), len(returned), f"{figures}，有效回收率 {rate:.1%}。")


def _question_counts(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent(*_SURVEY):
        return absent
    counts = [each.numerator for each in case.items(rule.rule_id, "questions").values()]
    if not counts:
        return Finding(NO_DATA, f"{case.span}没有满意度调查。")
    low, high = (case.run.numbers[f"survey_questions_{end}"] for end in ("min", "max"))
    fitting = sum(low <= count <= high for count in counts)
    found = f"{_n(min(counts))} 题" if min(counts) == max(counts) else f"{_n(min(counts))} 至 {_n(max(counts))} 题"
    return _share(
        fitting,
        len(counts),
        f"{case.span} {len(counts)} 次满意度调查中 {fitting} 次题数符合（{found}；要求 {_n(low)}–{_n(high)} 题）。",
    )


def _completion_time(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent(*_SURVEY, "survey_responses.started_at"):
        return absent
    timed = case.of(rule.rule_id, "median_minutes")
    if not timed:
        return Finding(NO_DATA, f"{case.span}满意度答卷没有开始作答时间。")
    median, p90 = (case.counted(rule.rule_id, name) for name in ("median_minutes", "p90_minutes"))
    limit = case.run.numbers["survey_minutes_max"]
    result = PASS if p90 <= limit else PARTIAL if median <= limit else FAIL
    return Finding(
        result,
        f"{case.span} {_n(timed)} 份满意度答卷用时中位数 {_n(median)} 分钟、P90 {_n(p90)} 分钟；要求不超过 {_n(limit)} 分钟。",
    )


def _mystery_rounds(_: ProcessRule, case: Case) -> Finding:
    if absent := case.absent("mystery_visits"):
        return absent
    rounds, asked = len(case.items("PR-17", "outlets")), case.run.numbers["mystery_rounds_per_year"]
    return _yearly(case, rounds, asked, f"{case.year_span}神秘顾客调查 {rounds} 次；要求每年不少于 {_n(asked)} 次")


def _mystery_coverage(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent("mystery_visits"):
        return absent
    outlets, scenes = case.items(rule.rule_id, "outlets"), case.items(rule.rule_id, "scenes")
    if not outlets:
        return Finding(NOT_APPLICABLE, f"{case.year_span}没有神秘顾客调查。")
    asked = case.run.numbers["mystery_outlets_per_round"]
    # An enterprise with fewer outlets visits all of them; scenes it can have as many as it likes.
    active = case.counted(rule.rule_id, "active_outlets")
    outlets_asked = min(asked, active) if active else asked
    wide = sum(figure.numerator >= outlets_asked or scenes[name].numerator >= asked for name, figure in outlets.items())
    fewest = min(max(figure.numerator, scenes[name].numerator) for name, figure in outlets.items())
    return _share(
        wide,
        len(outlets),
        f"{case.year_span} {len(outlets)} 次神秘顾客调查中 {wide} 次覆盖面符合（最少覆盖 {_n(fewest)} 个网点或场景；"
        f"要求 {_n(asked)} 个，在营网点不足的覆盖全部 {_n(active)} 个）。"
        if outlets_asked < asked
        else f"{case.year_span} {len(outlets)} 次神秘顾客调查中 {wide} 次覆盖面符合（最少覆盖 {_n(fewest)} 个网点或场景；"
        f"要求 {_n(asked)} 个）。",
    )


def _duplicates(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent(*_SURVEY):
        return absent
    if not case.counted("PR-13", "answers", "online"):
        return Finding(NOT_APPLICABLE, f"{case.span}没有在线的有效满意度答卷。")
    customers, devices = (case.items(rule.rule_id, name).values() for name in ("same_customer", "same_device"))
    came, again = sum(each.denominator or 0 for each in customers), sum(each.numerator for each in customers)
    shared = sum(each.numerator for each in devices)
    counted = f"{case.span} {_n(came)} 份满意度答卷中同一顾客重复 {_n(again)} 份（{_part(again, came)}，同一顾客同一轮只计第一份）"
    if case.run.delivery.missing((), ("survey_responses.device_token",)):
        return Finding(PARTIAL, f"{counted}；未提供填写设备标识，填写时的防重复机制无从查证。")
    return Finding(
        PASS, f"{counted}，多名顾客共用设备 {_n(shared)} 份（{_part(shared, came)}，已标记）；填写设备标识已记录。"
    )


def _survey_by(mode: str) -> Judge:
    def judge(rule: ProcessRule, case: Case) -> Finding:
        if absent := case.absent(*_SURVEY):
            return absent
        if not any(each.numerator for each in case.items("PR-13", "answers").values()):
            return Finding(NO_DATA, f"{case.span}没有有效的满意度答卷。")
        if not case.counted("PR-13", "answers", mode):
            return Finding(NOT_APPLICABLE, f"{case.span}满意度调查没有采用{_MODES[mode]}。")
        return _record_missing(rule, case)

    return judge


def _opinion_channels(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent(*_SURVEY):
        return absent
    answers = sum(each.numerator for each in case.items("PR-13", "answers").values())
    pulses = case.counted(rule.rule_id, "pulses")
    if not answers + pulses:
        return Finding(NO_DATA, f"{case.span}没有满意度答卷和实时反馈。")
    return Finding(
        PARTIAL, f"{case.span}满意度答卷 {_n(answers)} 份、实时反馈 {_n(pulses)} 份；社交媒体监测记录尚未纳入数据。"
    )


# --- service records and operations -------------------------------------------------------------------------------------


def _complete_records(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent("service_requests"):
        return absent
    asked = {
        name: (case.counted(rule.rule_id, column), case.of(rule.rule_id, column))
        for column, name in _REQUEST_FIELDS.items()
        if case.of(rule.rule_id, column)
    }
    if not asked:
        return Finding(NOT_APPLICABLE, f"{case.span}没有已办结的服务请求。")
    filled = "、".join(f"{name} {_n(there)}/{_n(total)}" for name, (there, total) in asked.items())
    return _share(
        sum(there for there, _ in asked.values()),
        sum(total for _, total in asked.values()),
        f"{case.span}已办结请求的填写情况：{filled}；请求时间与处理状态为必填。",
    )


def _system_timestamps(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent("service_requests", "service_requests.timestamp_source"):
        return absent
    total = case.of(rule.rule_id, "system")
    if not total:
        return Finding(NOT_APPLICABLE, f"{case.span}没有服务请求。")
    system = case.counted(rule.rule_id, "system")
    return _share(system, total, f"{case.span} {_n(total)} 条服务请求中 {_n(system)} 条的时间戳由系统自动记录。")


def _customer_files(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent("customers") or case.absent("service_requests"):
        return absent
    served = case.of(rule.rule_id, "filed")
    if not served:
        return Finding(NOT_APPLICABLE, f"{case.span}没有服务请求。")
    filed = case.counted(rule.rule_id, "filed")
    return _share(
        filed, served, f"{case.span}接受服务的 {_n(served)} 位顾客中 {_n(filed)} 位有顾客档案，服务记录可按顾客追溯。"
    )


def _key_processes(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent("process_steps"):
        return absent
    steps = case.counted(rule.rule_id, "key_steps")
    if not steps:
        return Finding(FAIL, "服务环节登记表中期末没有关键环节。")
    return Finding(
        PARTIAL, f"期末登记的关键环节 {_n(steps)} 个；各过程的输入、活动、输出、控制方法等要素文件尚未纳入数据。"
    )


def _disclosure(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent("checklist_items"):
        return absent
    weight = case.of(rule.rule_id, "disclosed")
    if not weight:
        return Finding(NO_DATA, "服务标准公开透明度（P3-2）的检查表尚未评定。")
    achieved = case.counted(rule.rule_id, "disclosed")
    if not achieved:
        return Finding(FAIL, f"公开事项检查表最近一次评定得 0/{_n(weight)}。")
    return Finding(
        PARTIAL, f"公开事项检查表最近一次评定得 {_n(achieved)}/{_n(weight)}；服务合同格式条款的审查记录尚未纳入数据。"
    )


# --- training and suggestions -------------------------------------------------------------------------------------------


def _evaluator_training(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent("training_records", "training_records.kind"):
        return absent
    people, enough = case.of(rule.rule_id, "trained_enough"), case.counted(rule.rule_id, "trained_enough")
    hours = _n(case.run.numbers["evaluator_training_hours"])
    if not people:
        return Finding(NO_DATA, "近八个季度没有评价人员培训记录。")
    done = f"近八个季度参加评价培训的 {_n(people)} 人中 {_n(enough)} 人累计不少于 {hours} 学时"
    return Finding(PARTIAL if enough else FAIL, f"{done}；团队名册与培训内容尚未纳入数据。")


def _training_system(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent("training_records") or case.absent("staff"):
        return absent
    kinds = [name for kind, name in _TRAINING_KINDS.items() if case.counted(rule.rule_id, "trainings", kind)]
    staff, hours = case.of(rule.rule_id, "hours"), case.counted(rule.rule_id, "hours")
    asked = case.run.numbers["training_hours_per_year"]
    mean = hours / staff if staff else 0.0
    evidence = (
        f"{case.year_span}登记的培训种类：{_and(kinds) or '无'}，人均 {_n(mean)} 学时；"
        f"要求{_and(_TRAINING_KINDS.values())}培训，全年人均不少于 {_n(asked)} 学时"
    )
    # Compared without dividing: a mean of exactly 40 counts.
    is_long_enough = bool(staff) and hours >= asked * staff
    if is_long_enough and len(kinds) == len(_TRAINING_KINDS):
        return Finding(PASS, f"{evidence}。")
    begun = bool(kinds) or hours > 0
    if not case.is_year_closed:
        return Finding(PARTIAL if begun else NO_DATA, f"{evidence}（年度尚未结束）。")
    return Finding(PARTIAL if kinds or is_long_enough else FAIL, f"{evidence}。")


def _customer_suggestions(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent("suggestions"):
        return absent
    made, evaluated = case.of(rule.rule_id, "evaluated"), case.counted(rule.rule_id, "evaluated")
    done = f"{case.span}顾客建议 {_n(made)} 条，已评估 {_n(evaluated)} 条；重要意见的采用记录尚未纳入数据。"
    return Finding(PARTIAL if evaluated else NO_DATA, done)


def _employee_suggestions(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent("suggestions"):
        return absent
    made = case.counted(rule.rule_id, "suggestions")
    return _yearly(case, made, 1, f"{case.year_span}员工建议 {_n(made)} 条")


# --- complaints ---------------------------------------------------------------------------------------------------------


def _complaints_used(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent("complaints"):
        return absent
    complaints = case.counted(rule.rule_id, "complaints")
    if not complaints:
        return _no_complaint(case)
    return Finding(PASS, f"{case.span} {_n(complaints)} 件投诉已纳入评价（指标 I1-2、I1-3）。")


def _channels(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent("complaint_channels"):
        return absent
    published, asked = case.counted(rule.rule_id, "channels"), case.run.numbers["complaint_channels_named"]
    return _share(
        published, asked, f"期末公布的投诉渠道含电话、在线、信函、现场中的 {_n(published)} 种；要求 {_n(asked)} 种。"
    )


def _replies(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent("complaints", "complaints.first_reply_at"):
        return absent
    total, urgent = case.of(rule.rule_id, "in_time"), case.of(rule.rule_id, "urgent_in_time")
    if not total:
        return _no_complaint(case)
    in_time, at_once = (case.counted(rule.rule_id, name) for name in ("in_time", "urgent_in_time"))
    hours, minutes = (
        _n(case.run.numbers[name]) for name in ("complaint_reply_hours", "urgent_complaint_reply_minutes")
    )
    of_urgent = f"紧急投诉 {_n(urgent)} 件中 {_n(at_once)} 件在 {minutes} 分钟内响应" if urgent else "没有紧急投诉"
    return _share(
        in_time + at_once,
        total + urgent,
        f"{case.span} {_n(total)} 件投诉中 {_n(in_time)} 件在 {hours} 小时内响应；{of_urgent}。",
    )


_STEPS = ("complaints.investigated_at", "complaints.negotiated_at", "complaints.fed_back_at")


def _steps(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent("complaints", *_STEPS):
        return absent
    finished, stepped = case.of(rule.rule_id, "all_steps"), case.counted(rule.rule_id, "all_steps")
    if not finished:
        return _no_finished_complaint(case)
    return _share(
        stepped,
        finished,
        f"{case.span} {_n(finished)} 件已办结投诉中 {_n(stepped)} 件有调查核实、协商处理、结果反馈各环节时间，先后有序。",
    )


def _escalation(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent(
        "complaints", "complaints.satisfaction", "complaints.escalated|complaints.alternative_offered"
    ):
        return absent
    unhappy, offered = case.of(rule.rule_id, "offered"), case.counted(rule.rule_id, "offered")
    if not unhappy:
        return Finding(NOT_APPLICABLE, f"{case.span}没有对处理结果表示不满意的投诉人。")
    return _share(
        offered,
        unhappy,
        f"{case.span} {_n(unhappy)} 件处理结果不满意的投诉中 {_n(offered)} 件已升级处理或提供其他方案。",
    )


def _complaint_records(rule: ProcessRule, case: Case) -> Finding:
    if absent := case.absent("complaints"):
        return absent
    finished, complete = case.of(rule.rule_id, "complete"), case.counted(rule.rule_id, "complete")
    if not finished:
        return _no_finished_complaint(case)
    return Finding(
        PARTIAL if complete else FAIL,
        f"{case.span} {_n(finished)} 件已办结投诉中 {_n(complete)} 件记录完整（响应、各环节、原因、办结）；"
        "系统性问题的分析记录尚未纳入数据。",
    )


def _no_complaint(case: Case) -> Finding:
    return Finding(NOT_APPLICABLE, f"{case.span}没有投诉。")


def _no_finished_complaint(case: Case) -> Finding:
    return Finding(NOT_APPLICABLE, f"{case.span}没有已办结的投诉。")


# --- data quality and deadlines -----------------------------------------------------------------------------------------


def _logic(_: ProcessRule, case: Case) -> Finding:
    missing = case.run.delivery.missing(("service_requests",), ("service_requests.responded_at",))
    if missing:
        return Finding(NO_DATA, "未提供服务请求的响应时间，逻辑校验没有对象。")
    return _checked(case, _LOGIC_RULES, "逻辑校验（如响应早于请求）")


def _range(_: ProcessRule, case: Case) -> Finding:
    if case.run.delivery.missing((), ("survey_answers.score|complaints.satisfaction",)):
        return Finding(NO_DATA, "未提供满意度分值，范围校验没有对象。")
    return _checked(case, _RANGE_RULES, "范围校验（取值范围、量表、取值集合）")


def _completeness(_: ProcessRule, case: Case) -> Finding:
    return _checked(case, _COMPLETENESS_RULES, "完整性校验（必填项）")


def _checked(case: Case, rules: Iterable[str], name: str) -> Finding:
    came, refused = sum(case.run.extracted.values()), case.run.refused_rows(rules)
    if not came:
        return _nothing_came(case)
    return Finding(PASS, f"{case.run.quarter.label} 提取的 {came:,} 行均经{name}，不符的 {refused:,} 行已隔离。")


def _nothing_came(case: Case) -> Finding:
    return Finding(NO_DATA, f"{case.run.quarter.label} 没有提取到记录。")


def _outlier_review(_: ProcessRule, case: Case) -> Finding:
    if case.is_year:
        return Finding(NOT_APPLICABLE, "年度期间不适用，见各季度。")
    limit, quarter = _n(case.run.numbers["outlier_z_score"]), case.run.quarter.label
    found = case.run.outliers.get(case.enterprise_id)
    if found is None or not (found.judged or found.to_review):
        return Finding(NO_DATA, f"{quarter} 没有足以计算 Z 分数的数据组（每组至少 11 个值）。")
    if not found.to_review:
        return Finding(PASS, f"{quarter} 检验 {_n(found.judged)} 个数据组，没有 Z 分数绝对值超过 {limit} 的数据点。")
    return _share(
        found.reviewed,
        found.to_review,
        f"{quarter} 检验 {_n(found.judged)} 个数据组，须复核的数据点 {_n(found.to_review)} 个（Z 分数绝对值超过 {limit}），"
        f"已复核 {_n(found.reviewed)} 个：确认 {_n(found.confirmed)}、更正 {_n(found.corrected)}、排除 {_n(found.excluded)}。",
    )


def _cleaning_log(_: ProcessRule, case: Case) -> Finding:
    if not sum(case.run.extracted.values()):
        return _nothing_came(case)
    said = f"{case.run.quarter.label} 隔离的 {len(case.run.refused):,} 行均有规则、字段、来源行号和运行编号"
    if not case.run.reconciled:
        return Finding(PARTIAL, f"{said}；没有清洗日志，行数未从落地到统计逐步核对。")
    counts = "，".join(
        f"{label} {case.run.logged[action]:,} {unit}"
        for action, label, unit in _LOGGED_ACTIONS
        if case.run.logged.get(action)
    )
    logged = f"清洗日志另记有{counts}；" if counts else ""
    return Finding(PASS, f"{said}；{logged}{case.run.reconciled} 张表从落地到统计的行数逐步核对一致。")


def _masking(_: ProcessRule, case: Case) -> Finding:
    personal = sum(
        column.name in case.run.delivery.columns.get(table.name, frozenset())
        for table in TABLES.values()
        for column in table.columns
        if column.pii
    )
    if not personal:
        return Finding(NOT_APPLICABLE, "没有提供个人信息字段。")
    treated = f"提供的 {personal} 个个人信息字段在统计之前已假名化、掩码或去除"
    # A run is published only where the scan of all its tables and reports, this one among them, finds nothing (D-73):
    # whoever reads this result reads a scanned run.
    scanned = "发布前对全部结果表和报告扫描个人信息，有发现即不发布，记录见 privacy_scan"
    if exceptions := len(case.run.plan.privacy_exceptions):
        return Finding(PARTIAL, f"{treated}；{scanned}；评价方案另有 {exceptions} 项扫描例外。")
    return Finding(PASS, f"{treated}；{scanned}。")


def _quarterly_report(_: ProcessRule, case: Case) -> Finding:
    if case.is_year:
        return Finding(NOT_APPLICABLE, "年度期间不适用，见各季度。")
    return _due(case, case.run.quarter.last_day, "quarterly_report_working_days", "季度报告")


def _annual_report(_: ProcessRule, case: Case) -> Finding:
    return _due(case, dt.date(case.run.quarter.year, 12, 31), "annual_report_working_days", "年度报告")


def _due(case: Case, last_day: dt.date, parameter: str, name: str) -> Finding:
    days = int(case.run.numbers[parameter])
    due_on = case.run.calendar.deadline(last_day, days)
    is_provisional = case.run.calendar.span_status(last_day, due_on) == "provisional"
    note = "（涉及尚未公布的节假日安排，暂定）" if is_provisional else ""
    return Finding(
        NO_DATA,
        f"{name}应不晚于 {due_on} 完成（期末后 {days} 个工作日）{note}；尚无发布登记，是否按期无从判定。",
        due_on,
    )


# --- what several rules share -------------------------------------------------------------------------------------------


def _record_missing(rule: ProcessRule, _: Case) -> Finding:
    return Finding(NO_DATA, f"所需记录尚未纳入数据：{_and(rule.records)}。")


def _share(fulfilled: float, asked: float, evidence: str) -> Finding:
    """All is a pass, none a fail, anything between partial."""
    return Finding(PASS if fulfilled >= asked > 0 else PARTIAL if fulfilled > 0 else FAIL, evidence)


def _yearly(case: Case, done: float, asked: float, evidence: str) -> Finding:
    """A number asked of a year: once reached a pass; short of it a fail at the year's end, before it not yet judged."""
    if done >= asked:
        return Finding(PASS, f"{evidence}。")
    if case.is_year_closed:
        return Finding(FAIL, f"{evidence}。")
    return Finding(PARTIAL if done else NO_DATA, f"{evidence}（年度尚未结束）。")


def _part(part: float, whole: float) -> str:
    return f"{part / whole:.1%}" if whole else "0%"


def _title(table: str) -> str:
    return TABLES[table].title


def _and(names: Iterable[str]) -> str:
    return "、".join(names)


def _n(value: float) -> str:
    """A figure as the sentence prints it: whole numbers with separators, others with up to two decimals."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}".rstrip("0").rstrip(".")


_JUDGES: Mapping[str, Judge] = {
    "PR-01": _independence,
    "PR-02": _coverage,
    "PR-03": _measurable,
    "PR-04": _tailoring,
    "PR-06": _expert_weights,
    "PR-07": _weight_ranges,
    "PR-09": _five_levels,
    "PR-10": _several_sources,
    "PR-11": _surveys_each_quarter,
    "PR-12": _answers_of_the_year,
    "PR-13": _modes,
    "PR-14": _question_counts,
    "PR-15": _completion_time,
    "PR-16": _mystery_rounds,
    "PR-17": _mystery_coverage,
    "PR-18": _complaints_used,
    "PR-19": _complete_records,
    "PR-20": _system_timestamps,
    "PR-22": _feeds,
    "PR-23": _logic,
    "PR-24": _range,
    "PR-25": _completeness,
    "PR-26": _outlier_review,
    "PR-27": _cleaning_log,
    "PR-29": _masking,
    "PR-34": _quarterly_report,
    "PR-35": _annual_report,
    "PR-38": _evaluator_training,
    "PR-39": _distribution,
    "PR-40": _duplicates,
    "PR-41": _survey_by("phone"),
    "PR-42": _survey_by("onsite"),
    "PR-61": _opinion_channels,
    "PR-62": _customer_suggestions,
    "PR-65": _key_processes,
    "PR-68": _training_system,
    "PR-75": _employee_suggestions,
    "PR-83": _disclosure,
    "PR-84": _channels,
    "PR-85": _replies,
    "PR-86": _steps,
    "PR-87": _escalation,
    "PR-88": _complaint_records,
    "PR-89": _customer_files,
    "PR-97": _edition,
}
JUDGED_BY_DATA = frozenset(_JUDGES)
