"""Acceptance of a quarter's delivery: the checks as data, and the Great Expectations suites built from them.

A check tests one figure of a table, measured per enterprise by ``pipeline/accept``. Rules for rows are in the contract's
classes. Great Expectations takes seconds to import, so ``suite`` imports it when called.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from schemas.contract import TABLES, Table
from schemas.standard.parameters import parameters

if TYPE_CHECKING:
    from great_expectations import ExpectationSuite

ENTERPRISE = "enterprise_id"
"""The column with the enterprise of a figure."""
ALL_ENTERPRISES = "*"
"""Used in place of the enterprise for tables without an enterprise column."""
WARN, REFUSE = "warn", "refuse"
_CONSEQUENCE = {WARN: "不满足时提示复核。", REFUSE: "不满足时本季度停止评价。"}


@dataclass(frozen=True)
class Bounds:
    """A closed interval; None: no bound."""

    lower: float | None = None
    upper: float | None = None

    def holds(self, value: float) -> bool:
        return (self.lower is None or value >= self.lower) and (self.upper is None or value <= self.upper)

    def missed(self, column: str) -> str:
        """SQL that is true where a column is outside the bounds; not true for null."""
        bounds = [f'"{column}" < {self.lower}'] if self.lower is not None else []
        return " or ".join(bounds + ([f'"{column}" > {self.upper}'] if self.upper is not None else []))

    def __str__(self) -> str:
        if self.lower is None:
            return f"≤ {self.upper:g}"
        return f"≥ {self.lower:g}" if self.upper is None else f"{self.lower:g} … {self.upper:g}"


@dataclass(frozen=True)
class Check:
    """One check of a delivered table.

    ``name``: of the check and its figure. ``asks``: describes the figure to readers of a page.
    ``clause``: of the standard, else the process rule. ``expected``: the run warns outside of it. ``required``: the quarter
    stops before the marts outside of it; None: never.
    """

    name: str
    title: str
    asks: str
    clause: str
    unit: str
    expected: Bounds
    required: Bounds | None = None

    def with_limits(self, expected: Bounds | None, required: Bounds | None) -> Check:
        """The same check with other limits (evaluation plan); None: unchanged."""
        return Check(
            self.name,
            self.title,
            self.asks,
            self.clause,
            self.unit,
            expected or self.expected,
            required or self.required,
        )


DELIVERED = Check(
    "delivered",
    "提交完整性",
    "前四个季度提交过的字段中本期提交的比例；整表未提交为 0",
    "七（完整性校验）; PR-22",
    "比例",
    expected=Bounds(lower=1),
)
# Half or twice the usual volume can be seasonal; a tenth or ten times is another population or a broken export.
VOLUME = Check(
    "volume",
    "数据量",
    "本期行数 ÷ 前四个季度行数的中位数",
    "八（数据及时更新）; PR-44",
    "倍",
    expected=Bounds(0.5, 2),
    required=Bounds(0.1, 10),
)
MISSING = Check(
    "missing",
    "缺失率上升",
    "各字段缺失率较前四个季度上升的最大值",
    "七（完整性校验）; PR-25",
    "比例",
    expected=Bounds(upper=0.10),
    required=Bounds(upper=0.50),
)
# 0.25 is the usual mark of a shifted population (Siddiqi 2006, Credit Risk Scorecards, ch. 8).
DRIFT = Check(
    "drift",
    "分布漂移",
    "各字段群体稳定性指数（PSI，扣除抽样误差）相对前四个季度的最大值",
    "七（数据准确性）; PR-43",
    "PSI",
    expected=Bounds(upper=0.25),
)
FRESHNESS = Check(
    "freshness",
    "新鲜度",
    "最后一条记录距本期末（或全部数据的最后一天）的天数",
    "八（运营数据定期报送）; PR-44",
    "天",
    expected=Bounds(upper=7),
    required=Bounds(upper=31),
)
REFERENCES = Check(
    "references",
    "引用完整性",
    "各外键中能在已接受数据中找到的比例的最小值",
    "七（逻辑校验）; PR-23",
    "比例",
    expected=Bounds(lower=0.99),
    required=Bounds(lower=0.50),
)
UNFINISHED = Check(
    "unfinished",
    "季度覆盖",
    "全部记录的最后一天距季度末的天数；大于 0 表示结果为阶段性结果",
    "七（数据真实、准确、完整）; PR-44",
    "天",
    expected=Bounds(upper=3),
)
ZERO_DURATIONS = Check(
    "zero_durations",
    "零时长",
    "两个节点时间戳完全相同的记录比例",
    "七（自动记录关键服务节点时间戳）; PR-20",
    "比例",
    expected=Bounds(upper=0.05),
    required=Bounds(upper=0.50),
)
AUTOMATIC_TIMESTAMPS = Check(
    "automatic_timestamps",
    "自动时间戳",
    "时间戳由系统自动记录的服务请求比例",
    "七（自动记录关键服务节点时间戳）; PR-20",
    "比例",
    expected=Bounds(lower=0.95),
)
DUPLICATE_ANSWERS = Check(
    "duplicate_answers",
    "重复答卷",
    "与同一轮次、十分钟内另一份答卷逐题相同（且非全部同分）的答卷比例",
    "八（防重复填写机制）; PR-40",
    "比例",
    expected=Bounds(upper=0.02),
)


def _of_the_standard() -> dict[str, tuple[Check, ...]]:
    """The checks with numbers of the standard itself (parameters.csv), by table."""
    number = {name: parameter.value for name, parameter in parameters().items()}
    return {
        "survey_questions": (
            Check(
                "fewest_questions",
                "最少题数",
                "本期满意度调查各轮次题数的最小值",
                "七（问题数量 20-30 个）; PR-14, C-17",
                "题",
                expected=Bounds(lower=number["survey_questions_min"]),
            ),
            Check(
                "most_questions",
                "最多题数",
                "本期满意度调查各轮次题数的最大值",
                "七（问题数量 20-30 个）; PR-14, C-17",
                "题",
                expected=Bounds(upper=number["survey_questions_max"]),
            ),
        ),
        "survey_responses": (
            Check(
                "sample_size",
                "样本量",
                "近四个季度有效答卷数 ÷ 要求数（顾客总数的 5% 与 500 份取大，不超过顾客总数；不足四个季度按比例）",
                "七（年度总有效样本量）; PR-12, C-15",
                "倍",
                expected=Bounds(lower=1),
            ),
            Check(
                "completion_minutes",
                "完成时间",
                "满意度调查完成时间的 P90",
                "七（完成时间不超过 15 分钟）; PR-15, C-17",
                "分钟",
                expected=Bounds(upper=number["survey_minutes_max"]),
            ),
        ),
        "mystery_visits": (
            Check(
                "rounds",
                "神秘顾客轮次",
                "近四个季度的神秘顾客轮次（不足四个季度按比例，取整轮）÷ 每年要求的次数",
                "七（每年不少于 2 次）; PR-16",
                "倍",
                expected=Bounds(lower=1),
            ),
            Check(
                "coverage",
                "神秘顾客覆盖",
                "本期各轮次覆盖的网点或场景数 ÷ 要求数（20，营业网点不足时为其总数）的最小值",
                "七（每次覆盖不少于 20 个服务网点或场景）; PR-17",
                "倍",
                expected=Bounds(lower=1),
            ),
        ),
    }


# Pairs of timestamps that automatic recording never puts in the same second.
DURATIONS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "service_requests": ("responded_at", "resolved_at"),
        "onsite_visits": ("arrived_at", "completed_at"),
        "hotline_calls": ("answered_at", "ended_at"),
        "online_sessions": ("opened_at", "first_human_reply_at"),
    }
)


@lru_cache(maxsize=1)
def checks() -> Mapping[str, tuple[Check, ...]]:
    """The checks of every table of the contract, in page order."""
    of_the_standard = _of_the_standard()
    return MappingProxyType({name: (*_general(table), *of_the_standard.get(name, ())) for name, table in TABLES.items()})


def _general(table: Table) -> Iterator[Check]:
    yield DELIVERED
    yield VOLUME
    yield MISSING
    if table.has_quarters:
        yield DRIFT
    if table.event:
        yield FRESHNESS
    if table.references:
        yield REFERENCES
    if table.name in DURATIONS:
        yield ZERO_DURATIONS
    if table.name == "service_requests":
        yield UNFINISHED
        yield AUTOMATIC_TIMESTAMPS
    if table.name == "survey_responses":
        yield DUPLICATE_ANSWERS


def suite(table: str, asked: tuple[Check, ...]) -> ExpectationSuite:
    """The Great Expectations suite of a table: ``expected`` limits as warnings, ``required`` ones as critical.

    ``asked``: the table's checks with this run's limits. A figure that could not be measured is null and meets every
    expectation.
    """
    import great_expectations as gx
    from great_expectations.expectations import UnexpectedRowsExpectation
    from great_expectations.expectations.metadata_types import FailureSeverity

    expectations = [
        UnexpectedRowsExpectation(
            unexpected_rows_query=f'select {ENTERPRISE}, "{check.name}" from {{batch}} where {bounds.missed(check.name)}',
            description=f"{check.title} {bounds}（{check.unit}）：{check.asks}。依据：{check.clause}。{_CONSEQUENCE[kind]}",
            severity=severity,
            meta={"check": check.name, "kind": kind},
        )
        for check in asked
        for severity, kind, bounds in (
            (FailureSeverity.WARNING, WARN, check.expected),
            (FailureSeverity.CRITICAL, REFUSE, check.required),
        )
        if bounds is not None
    ]
    return gx.ExpectationSuite(name=f"{table} — {TABLES[table].title}", expectations=expectations)
