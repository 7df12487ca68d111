"""Service events: requests, visits, appointments, calls (one by one, or counted by day), online sessions.

Complaints are in ``voice_of_customer``; outlets, staff and equipment in ``registers``.
"""

from __future__ import annotations

from typing import ClassVar

from schemas.base import (
    Amount,
    Boolean,
    Date,
    Double,
    Integer,
    MergedInto,
    SourceTable,
    String,
    Timestamp,
    absent_when,
    column,
    not_above,
    not_before,
    not_negative,
    without_records,
)


class ServiceRequests(SourceTable):
    """One row per enterprise × service request (服务请求), from the request to its closing."""

    enterprise_id: String = column(
        key=True, required=True, meaning="企业 the enterprise being evaluated (third parties evaluate several)"
    )
    request_id: String = column(key=True, required=True, meaning="服务记录编号")
    customer_id: String = column(references="customers")
    product_category: String = column()
    product_model: String = column()
    product_serial: String = column(
        meaning="repeat repairs are found by serial + issue_class", expected_where="service_type = 'repair'"
    )
    issue_class: String = column(meaning="问题类别 fault group")
    service_type: String = column(
        values=(
            "installation",
            "guidance",
            "maintenance",
            "repair",
            "parts",
            "technical_support",
            "complaint",
            "return_exchange",
        ),
        meaning="四(一)",
    )
    channel: String = column(values=("phone", "online", "outlet", "onsite"), meaning="服务接触点 四(三)")
    region_code: String = column(references="regions")
    outlet_id: String = column(references="outlets")
    staff_id: String = column(references="staff", meaning="who handled it at that time")
    urgency: String = column(values=("normal", "urgent"), meaning="as of the request")
    complexity: String = column(values=("general", "complex"), meaning="as of the request")
    requested_at: Timestamp = column(event=True, required=True, meaning="服务请求时间 quarter of the record")
    responded_at: Timestamp = column(meaning="开始处理 四(四)", checks=[not_before("responded_before_requested", "requested_at")])
    resolved_at: Timestamp = column(
        meaning="实质性解决 四(五); the first one",
        expected_where="status in ('resolved', 'closed')",
        checks=[
            not_before("resolved_before_responded", "responded_at"),
            not_before("resolved_before_requested", "requested_at", only_without="responded_at"),
        ],
    )
    closed_at: Timestamp = column(
        checks=[
            not_before("closed_before_resolved", "resolved_at"),
            not_before("closed_before_requested", "requested_at", only_without="resolved_at"),
        ]
    )
    paused_seconds: Integer = column(unit="s", minimum=0, meaning="approved pauses between response and resolution")
    status: String = column(values=("open", "resolved", "closed", "cancelled"))
    contact_count: Integer = column(minimum=1, meaning="contacts needed until resolved")
    reopened_count: Integer = column(minimum=0)
    customer_confirmed: Boolean = column(meaning="customer said resolved / not resolved")
    personalised_plan: Boolean = column(meaning="P5-1")
    special_need: Boolean = column(meaning="P5-2")
    special_need_met: Boolean = column(meaning="P5-2", expected_where="special_need")
    notices_required: Integer = column(minimum=0, meaning="P4-2 required progress notices")
    notices_sent: Integer = column(minimum=0, meaning="P4-2 proactive notices made", expected_where="notices_required > 0")
    form_fields_required: Integer = column(minimum=0, meaning="P3-3")
    form_fields_valid: Integer = column(
        minimum=0,
        meaning="P3-3",
        expected_where="form_fields_required > 0",
        checks=[not_above("form_fields_valid_above_required", "form_fields_required")],
    )
    performance_ratio: Double = column(
        minimum=0,
        maximum=1.5,
        meaning="O1-4 measured / nominal performance after repair",
        expected_where="service_type = 'repair'",
    )
    acceptance_passed: Boolean = column(meaning="O1-4", expected_where="service_type = 'repair'")
    has_service_error: Boolean = column(meaning="I4-1 服务差错")
    quoted_amount: Amount = column(unit="CNY", meaning="O3-2", expected_where="charged_amount > 0", checks=[not_negative()])
    charged_amount: Amount = column(unit="CNY", meaning="O3-2", checks=[not_negative()])
    scope_change_signed: Boolean = column(meaning="O3-2 customer agreed to more work beforehand")
    parts_used: String = column(form="part ids joined by ;", meaning="使用备件 七")
    timestamp_source: String = column(values=("system", "manual"), meaning="七 automatic timestamps")
    merged_into: String = column(meaning="request_id it was merged into; a merged record is out of scope")
    is_test: Boolean = column(meaning="a test record is out of scope")
    customer_name: String = column(pii="name")
    customer_phone: String = column(pii="phone")
    customer_id_number: String = column(pii="id_number", meaning="居民身份证号")
    customer_address: String = column(pii="address")
    description: String = column(pii="free_text", meaning="may hold PII in running text")

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "service_requests"
        title = "服务请求"
        # D-99: a request merged into nothing that counts is counted by itself.
        metadata: ClassVar[dict[str, MergedInto]] = {
            "merged_into": MergedInto("merged_into_nothing", "merged_into", into="request_id", unless="is_test")
        }


class OnsiteVisits(SourceTable):
    """One row per enterprise × on-site visit (上门服务) that was appointed."""

    enterprise_id: String = column(key=True, required=True)
    visit_id: String = column(key=True, required=True)
    request_id: String = column(references="service_requests")
    staff_id: String = column(references="staff")
    outlet_id: String = column(references="outlets")
    appointed_at: Timestamp = column(event=True, required=True, meaning="约定时间")
    arrived_at: Timestamp = column(expected_where="outcome = 'done'")
    completed_at: Timestamp = column(checks=[not_before("completed_before_arrived", "arrived_at")])
    outcome: String = column(
        values=("done", "missed", "rescheduled_by_company", "rescheduled_by_customer", "cancelled_by_customer"),
        meaning="P2-2",
    )
    arrived_in_time: Boolean = column(
        in_place_of="arrived_at",
        meaning="P2-2 as reported by the source: arrived within the tolerance",
        expected_where="outcome = 'done'",
    )

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "onsite_visits"
        title = "上门服务"


class Appointments(SourceTable):
    """One row per enterprise × request for an appointment (服务预约)."""

    enterprise_id: String = column(key=True, required=True)
    appointment_id: String = column(key=True, required=True)
    request_id: String = column(references="service_requests")
    requested_at: Timestamp = column(event=True, required=True)
    earliest_offered_on: Date = column(meaning="P1-4; null = no slot offered")
    chosen_on: Date = column()
    offered_in_time: Boolean = column(
        in_place_of="earliest_offered_on", meaning="P1-4 as reported by the source: offered a slot within the limit"
    )

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "appointments"
        title = "服务预约"


class HotlineCalls(SourceTable):
    """One row per enterprise × call that reached the hotline (热线电话)."""

    enterprise_id: String = column(key=True, required=True)
    call_id: String = column(key=True, required=True)
    queue: String = column()
    caller_phone: String = column(pii="phone")
    queued_at: Timestamp = column(event=True, required=True, meaning="wait starts at queue entry")
    answered_at: Timestamp = column(
        meaning="by a person",
        expected_where="outcome = 'answered'",
        checks=[
            not_before("answered_before_queued", "queued_at"),
            absent_when("unanswered_call_with_answer_time", "outcome", ("abandoned", "self_service", "rejected")),
        ],
    )
    ended_at: Timestamp = column(
        checks=[
            not_before("ended_before_answered", "answered_at"),
            not_before("ended_before_queued", "queued_at", only_without="answered_at"),
        ]
    )
    outcome: String = column(
        required=True,
        values=("answered", "abandoned", "self_service", "rejected"),
        meaning=(
            "self_service is not offered to a person; rejected = refused by the system (queue full or busy) and counts as offered"
        ),
    )
    in_service_hours: Boolean = column(required=True)
    staff_id: String = column(references="staff")
    request_id: String = column(references="service_requests")
    answered_in_time: Boolean = column(
        in_place_of="answered_at",
        meaning="P1-2 as reported by the source: answered within the limit",
        expected_where="outcome = 'answered'",
    )

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "hotline_calls"
        title = "热线电话"


class HotlineDailyTotals(SourceTable):
    """One row per enterprise × day × queue × in or out of service hours: calls that a switchboard has counted (热线日汇总)."""

    enterprise_id: String = column(key=True, required=True)
    called_on: Date = column(
        key=True,
        event=True,
        required=True,
        meaning="day of queue entry; a day of an enterprise comes as single calls or as totals, not as both",
        checks=[without_records("day_has_single_calls")],
    )
    queue: String = column(key=True, required=True, meaning="line or skill group; a hotline without queues has one name for all")
    in_service_hours: Boolean = column(key=True, required=True)
    offered_calls: Integer = column(
        required=True, minimum=0, meaning="answered + abandoned + rejected; self-service is not offered to a person"
    )
    answered_calls: Integer = column(
        required=True, minimum=0, meaning="by a person", checks=[not_above("answered_above_offered", "offered_calls")]
    )
    answered_within_limit: Integer = column(
        minimum=0,
        meaning="answered after a wait from queue entry of at most answer_limit_seconds (P1-2)",
        checks=[not_above("within_limit_above_answered", "answered_calls")],
    )
    answer_limit_seconds: Integer = column(
        unit="s", above=0, meaning="limit of answered_within_limit; a count with another limit than that of P1-2 is not used"
    )
    short_abandoned_calls: Integer = column(
        minimum=0,
        meaning="abandoned sooner than short_abandon_seconds after queue entry (variant of P1-1)",
        checks=[not_above("short_abandons_above_unanswered", "offered_calls", less="answered_calls")],
    )
    short_abandon_seconds: Integer = column(unit="s", above=0, meaning="limit of short_abandoned_calls")

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "hotline_daily_totals"
        title = "热线日汇总"
        metadata: ClassVar[dict[str, str]] = {"totals_of": "hotline_calls"}


class OnlineSessions(SourceTable):
    """One row per enterprise × online conversation or message (在线服务)."""

    enterprise_id: String = column(key=True, required=True)
    session_id: String = column(key=True, required=True)
    kind: String = column(values=("chat", "mini_program", "email", "web_form"))
    is_live: Boolean = column(meaning="live channels count for P2-1b")
    opened_at: Timestamp = column(event=True, required=True)
    first_human_reply_at: Timestamp = column(
        meaning="bot replies do not count", checks=[not_before("replied_before_opened", "opened_at")]
    )
    closed_at: Timestamp = column(checks=[not_before("closed_before_opened", "opened_at")])
    staff_id: String = column(references="staff")
    request_id: String = column(references="service_requests")
    replied_in_time: Boolean = column(
        in_place_of="first_human_reply_at", meaning="P1-3 as reported by the source: first human reply within the limit"
    )

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "online_sessions"
        title = "在线服务"
