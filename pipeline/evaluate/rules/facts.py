"""Inputs of a rule's assessment (facts of a run, figures of a case), and helpers that word findings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.working_days import WorkingCalendar
from pipeline.evaluate.values.delivery import Delivery
from pipeline.settings.plan import EvaluationPlan
from schemas.contract import TABLES
from schemas.standard.catalogue import Indicator
from schemas.standard.process_rules import ProcessRule
from schemas.standard.tree import TreeNode

PASS, FAIL, PARTIAL, NOT_APPLICABLE, NO_DATA = "pass", "fail", "partial", "not_applicable", "no_data"
RESULTS = (PASS, PARTIAL, FAIL, NOT_APPLICABLE, NO_DATA)
MODES = {"online": "在线问卷", "phone": "电话访谈", "onsite": "现场访问"}


@dataclass(frozen=True)
class RuleFinding:
    """The outcome of a rule: one of RESULTS, the figures in one Chinese sentence, and a deadline if there is one."""

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
    """One row of the published table ``weights``, with the columns that rules need."""

    parent_id: str
    node_id: str
    weight: float
    weight_raw: float
    method: str
    consistency_ratio: float | None
    experts: int


@dataclass(frozen=True)
class OutlierReview:
    """Counts of an enterprise's data points with |Z| > 3 in the quarter, by outcome of their review.

    tested   groups with enough values for |Z| to exceed the limit
    """

    tested: int
    to_review: int
    reviewed: int
    confirmed: int = 0
    corrected: int = 0
    excluded: int = 0


@dataclass(frozen=True)
class RunFacts:
    """Facts common to every enterprise of the run.

    numbers           parameters.csv
    refused           distinct refused rows of the quarter per set of rules: {(table, _row_id): rules}
    extracted         delivered rows per table
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
    nodes: Mapping[str, TreeNode] = field(default_factory=dict)
    weights: tuple[PublishedWeight, ...] = ()
    refused: Mapping[tuple[str, int], frozenset[str]] = field(default_factory=dict)
    extracted: Mapping[str, int] = field(default_factory=dict)
    outliers: Mapping[str, OutlierReview] = field(default_factory=dict)
    logged: Mapping[str, int] = field(default_factory=dict)
    reconciled: int = 0

    def refused_rows(self, rules: Iterable[str], table: str | None = None) -> int:
        """Refused rows that break one of the rules, of all tables or of one."""
        wanted = frozenset(rules)
        return sum(not wanted.isdisjoint(broken) for (name, _), broken in self.refused.items() if table in (None, name))


@dataclass(frozen=True)
class Case:
    """One enterprise in one period: the quarter, or the calendar year that ends with it.

    figures   (rule, measure) → item → figure; a missing figure is zero
    recorded  the tables with a record of the enterprise in any quarter the run read
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

    def denominator(self, rule: str, measure: str, item: str = "") -> float:
        """The figure's denominator."""
        figure = self.items(rule, measure).get(item)
        return (figure.denominator if figure else None) or 0.0

    def absent(self, *needed: str) -> RuleFinding | None:
        """No data if one of the tables or columns (``table.column``, alternatives by ``|``) was not delivered, or if the
        first table has no record of the enterprise.
        """
        tables = tuple(dict.fromkeys(name for name in needed if "." not in name))
        missing = self.run.delivery.missing(tables, tuple(name for name in needed if "." in name))
        if missing:
            kind, _, name = missing.partition(":")
            if kind == "table_not_delivered":
                return RuleFinding(NO_DATA, f"未提供数据表：{title(name)}（{name}）。")
            return RuleFinding(NO_DATA, f"未提供字段：{name.replace('|', ' 或 ')}。")
        if tables and tables[0] not in self.recorded:
            return RuleFinding(NO_DATA, f"本企业没有“{title(tables[0])}”记录。")
        return None

    def only_dates(self, *times: str) -> RuleFinding | None:
        """No data if one of the times (``table.column``) of the enterprise is a date: limits of hours need a time of day (D-95)."""
        reason = self.run.delivery.only_dates(self.enterprise_id, times)
        if reason is None:
            return None
        return RuleFinding(NO_DATA, f"{reason.partition(':')[2]} 只有日期，没有时刻，无法与以小时或分钟计的时限比较。")


Assessor = Callable[[ProcessRule, Case], RuleFinding]
SURVEY = ("survey_responses", "survey_answers", "survey_questions")


def record_missing(rule: ProcessRule, _: Case) -> RuleFinding:
    """The finding of a rule whose evidence is not in the contract's tables."""
    return RuleFinding(NO_DATA, f"所需记录尚未纳入数据：{joined(rule.records)}。")


def share(fulfilled: float, asked: float, evidence: str) -> RuleFinding:
    """All fulfilled is a pass, none a fail, anything in between partial."""
    return RuleFinding(PASS if fulfilled >= asked > 0 else PARTIAL if fulfilled > 0 else FAIL, evidence)


def yearly(case: Case, done: float, asked: float, evidence: str) -> RuleFinding:
    """A number required per year: a pass once reached, else a fail at the year's end and open before it."""
    if done >= asked:
        return RuleFinding(PASS, f"{evidence}。")
    if case.is_year_closed:
        return RuleFinding(FAIL, f"{evidence}。")
    return RuleFinding(PARTIAL if done else NO_DATA, f"{evidence}（年度尚未结束）。")


def part(part: float, whole: float) -> str:
    """A share as the sentence prints it."""
    return f"{part / whole:.1%}" if whole else "0%"


def title(table: str) -> str:
    """The Chinese name of a table."""
    return TABLES[table].title


def joined(names: Iterable[str]) -> str:
    """Names as a Chinese list."""
    return "、".join(names)


def number(value: float) -> str:
    """A figure as the sentence prints it: whole numbers with separators, others with up to two decimals."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}".rstrip("0").rstrip(".")
