"""The quantities checked for outliers (clause 七: Z 分数超过 3 的数据点需复核确认), one row each, as data.

Declares each quantity, the rows that have it and the groups it is compared within; ``pipeline/review/`` finds the outliers.
Yes-or-no facts, scores of a bounded scale and counts that are only compared with zero do not belong here: even their
extreme values are ordinary.
"""

from __future__ import annotations

from dataclasses import dataclass

CLAUSE = "七"
ENTERPRISE = "enterprise_id"

Z, Z_LOG, Z_MAD = "z", "z_log", "z_mad"
METHODS = (Z, Z_LOG, Z_MAD)
"""The text's own Z score, the same on logarithms, and the modified Z score by median and MAD (C-38)."""


@dataclass(frozen=True)
class Measure:
    """One quantity of a table's rows.

    columns     the columns it is computed from; a reviewer may correct them
    expression  SQL (DuckDB) over the row's columns, a number in ``unit``; null if the row does not have the quantity
    groups      the columns that rows are compared within, besides enterprise and quarter
    has_log     whether its logarithm is checked too: multiplicative quantities (times, amounts) that cannot be negative
    population  SQL over the row's columns: the rows that have the quantity; None means all
    indicators  the indicators or process rules that use it
    """

    id: str
    name_zh: str
    table: str
    columns: tuple[str, ...]
    expression: str
    unit: str
    unit_zh: str
    groups: tuple[str, ...]
    has_log: bool
    indicators: tuple[str, ...]
    population: str | None = None
    clause: str = CLAUSE


def _elapsed(start: str, end: str, seconds: float = 1, less: str = "") -> str:
    """Time between two timestamps in units of ``seconds``, minus ``less`` seconds."""
    micros = f"date_diff('microsecond', {start}, {end})"
    return f"({micros}{f' - 1000000 * {less}' if less else ''}) / {1e6 * seconds:.1f}"


_MINUTE, _HOUR, _DAY = 60, 3600, 86400
# Test requests and merged ones are not counted (D-43), so they need no review.
_COUNTED_REQUESTS = "merged_into is null and not coalesce(is_test, false)"

_ALL = (
    Measure(
        "response_minutes", "响应时间", "service_requests", ("requested_at", "responded_at"),
        _elapsed("requested_at", "responded_at", _MINUTE), "min", "分钟", ("channel", "urgency"), True, ("P2-1c",),
        _COUNTED_REQUESTS,
    ),
    Measure(
        "resolution_hours", "解决时间（扣除暂停）", "service_requests",
        ("responded_at", "resolved_at", "paused_seconds"),
        _elapsed("responded_at", "resolved_at", _HOUR, less="coalesce(paused_seconds, 0)"), "h", "小时",
        ("complexity",), True, ("P2-3a", "P2-3b"), _COUNTED_REQUESTS,
    ),
    Measure(
        "charged_amount", "实收金额", "service_requests", ("charged_amount",), "charged_amount", "CNY", "元",
        ("service_type",), True, ("O3-2",), f"{_COUNTED_REQUESTS} and charged_amount > 0",
    ),
    Measure(
        "quoted_amount", "报价金额", "service_requests", ("quoted_amount",), "quoted_amount", "CNY", "元",
        ("service_type",), True, ("O3-2",), f"{_COUNTED_REQUESTS} and quoted_amount > 0",
    ),
    Measure(
        "contact_count", "联系次数", "service_requests", ("contact_count",), "contact_count", "count", "次",
        ("complexity",), True, ("O1-1",), _COUNTED_REQUESTS,
    ),
    Measure(
        "performance_ratio", "维修后性能恢复比", "service_requests", ("performance_ratio",), "performance_ratio",
        "ratio", "倍", ("service_type",), False, ("O1-4",), _COUNTED_REQUESTS,
    ),
    Measure(
        "wait_seconds", "热线等待时间", "hotline_calls", ("queued_at", "answered_at"),
        _elapsed("queued_at", "answered_at"), "s", "秒", ("in_service_hours",), True, ("P1-2", "P2-1a"),
    ),
    Measure(
        "talk_seconds", "热线通话时间", "hotline_calls", ("answered_at", "ended_at"),
        _elapsed("answered_at", "ended_at"), "s", "秒", ("in_service_hours",), True, (),
    ),
    Measure(
        "abandoned_after_seconds", "放弃前等待时间", "hotline_calls", ("queued_at", "ended_at"),
        _elapsed("queued_at", "ended_at"), "s", "秒", ("in_service_hours",), True, ("P1-1",), "outcome = 'abandoned'",
    ),
    Measure(
        "first_reply_minutes", "在线首次人工回复时间", "online_sessions", ("opened_at", "first_human_reply_at"),
        _elapsed("opened_at", "first_human_reply_at", _MINUTE), "min", "分钟", ("kind", "is_live"), True,
        ("P1-3", "P2-1b"),
    ),
    Measure(
        "arrival_deviation_minutes", "上门到达时间偏差", "onsite_visits", ("appointed_at", "arrived_at"),
        _elapsed("appointed_at", "arrived_at", _MINUTE), "min", "分钟", (), False, ("P2-2",), "outcome = 'done'",
    ),
    Measure(
        "offered_after_days", "可预约时段间隔", "appointments", ("requested_at", "earliest_offered_on"),
        "date_diff('day', cast(requested_at as date), earliest_offered_on)", "d", "天", (), False, ("P1-4",),
    ),
    Measure(
        "ship_hours", "备件发货时间", "parts_orders", ("ordered_at", "shipped_at"),
        _elapsed("ordered_at", "shipped_at", _HOUR), "h", "小时", ("is_urgent",), True, ("R5-2",),
    ),
    Measure(
        "lead_time_days", "备件到货时间", "parts_orders", ("ordered_at", "received_at"),
        _elapsed("ordered_at", "received_at", _DAY), "d", "天", ("is_urgent",), True, ("R5-3",),
    ),
    Measure(
        "complaint_first_reply_hours", "投诉首次回复时间", "complaints", ("received_at", "first_reply_at"),
        _elapsed("received_at", "first_reply_at", _HOUR), "h", "小时", ("is_urgent",), True, ("I1-2", "PR-85"),
    ),
    Measure(
        "completion_minutes", "问卷完成时间", "survey_responses", ("started_at", "submitted_at"),
        _elapsed("started_at", "submitted_at", _MINUTE), "min", "分钟", ("survey_id", "mode"), True, ("PR-15",),
        "is_complete",
    ),
    Measure(
        "training_hours", "培训学时", "training_records", ("hours",), "hours", "学时", "学时", ("kind",), True, ("R3-4",),
    ),
    Measure(
        "cases_inspected", "检查件数", "quality_inspections", ("cases_inspected",), "cases_inspected", "count", "件",
        ("is_full",), True, ("P3-1",),
    ),
    Measure(
        "violations", "违规次数", "quality_inspections", ("violations",), "violations", "count", "次", ("is_full",),
        False, ("P3-4",),
    ),
    Measure(
        "service_radius_km", "服务半径", "outlets", ("service_radius_km",), "service_radius_km", "km", "千米",
        ("urbanicity",), True, ("R1-2a", "R1-2b"),
    ),
    Measure(
        "open_hours_per_day", "每日营业时间", "outlets", ("open_hours_per_day",), "open_hours_per_day", "h", "小时",
        ("urbanicity",), False, ("R1-3b",),
    ),
    Measure(
        "open_days_per_week", "每周营业天数", "outlets", ("open_days_per_week",), "open_days_per_week", "d", "天",
        ("urbanicity",), False, ("R1-3a",),
    ),
    Measure(
        "area_km2", "服务区域面积", "regions", ("area_km2",), "area_km2", "km2", "平方千米", ("urbanicity",), True,
        ("R1-1",),
    ),
)  # fmt: skip

MEASURES: dict[str, Measure] = {measure.id: measure for measure in _ALL}
"""Every measure by id, by table in the contract's order."""


def measures_of(table: str) -> tuple[Measure, ...]:
    """The measures of a table, in order."""
    return tuple(measure for measure in _ALL if measure.table == table)


MEASURED_TABLES = tuple(dict.fromkeys(measure.table for measure in _ALL))
"""The tables that have measures, in the contract's order."""
