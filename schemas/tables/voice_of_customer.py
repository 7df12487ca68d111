"""What customers say: complaints, suggestions, surveys and mystery visits.

The service events are in ``service``.
"""

from __future__ import annotations

from typing import ClassVar

from schemas.base import (
    Boolean,
    CountsOnce,
    DatedByParent,
    Integer,
    SourceTable,
    String,
    Timestamp,
    after,
    column,
    not_before,
    within_scale,
    written_as,
)
from schemas.standard.catalogue import INDICATOR_ID


class Complaints(SourceTable):
    """One row per enterprise × complaint (顾客投诉), with the time of each handling step (clause 十)."""

    enterprise_id: String = column(key=True, required=True)
    complaint_id: String = column(key=True, required=True)
    customer_id: String = column(references="customers")
    request_id: String = column(references="service_requests")
    region_code: String = column(references="regions")
    outlet_id: String = column(references="outlets")
    channel: String = column(values=("phone", "online", "letter", "onsite", "other"), meaning="十")
    is_urgent: Boolean = column()
    cause_class: String = column()
    received_at: Timestamp = column(event=True, required=True, meaning="受理登记")
    first_reply_at: Timestamp = column(meaning="human reply", checks=[not_before("first_reply_before_received", "received_at")])
    investigated_at: Timestamp = column(meaning="调查核实", checks=[not_before("complaint_step_out_of_order", "received_at")])
    negotiated_at: Timestamp = column(
        meaning="协商处理", checks=[not_before("complaint_step_out_of_order", "investigated_at", "received_at")]
    )
    fed_back_at: Timestamp = column(
        meaning="结果反馈",
        checks=[not_before("complaint_step_out_of_order", "negotiated_at", "investigated_at", "received_at")],
    )
    closed_at: Timestamp = column(
        checks=[not_before("complaint_step_out_of_order", "fed_back_at", "negotiated_at", "investigated_at", "received_at")]
    )
    satisfaction: Integer = column(minimum=1, maximum=5, meaning="I1-3; null = did not answer")
    escalated: Boolean = column()
    alternative_offered: Boolean = column()
    replied_in_time: Boolean = column(
        in_place_of="first_reply_at", meaning="I1-2 as reported by the source: first human reply within the limit"
    )
    customer_phone: String = column(pii="phone")
    content: String = column(pii="free_text")

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "complaints"
        title = "顾客投诉"


class Suggestions(SourceTable):
    """One row per enterprise × suggestion (改进建议) of a customer or an employee."""

    enterprise_id: String = column(key=True, required=True)
    suggestion_id: String = column(key=True, required=True)
    source: String = column(values=("customer", "employee"))
    submitted_at: Timestamp = column(event=True, required=True)
    evaluated_at: Timestamp = column(checks=[not_before("evaluated_before_submitted", "submitted_at")])
    adopted: Boolean = column(meaning="I1-4", expected_where="evaluated_at is not null")
    content: String = column(pii="free_text")

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "suggestions"
        title = "改进建议"


class SurveyResponses(SourceTable):
    """One row per enterprise × survey response (调查答卷), complete or not."""

    enterprise_id: String = column(key=True, required=True)
    response_id: String = column(key=True, required=True)
    survey_id: String = column(references="survey_questions", required=True, meaning="one survey round")
    customer_id: String = column(references="customers", required=True)
    request_id: String = column(references="service_requests")
    region_code: String = column(references="regions")
    mode: String = column(required=True, values=("online", "phone", "onsite"))
    started_at: Timestamp = column()
    submitted_at: Timestamp = column(event=True, required=True, checks=[not_before("submitted_before_started", "started_at")])
    is_complete: Boolean = column(required=True)
    device_token: String = column(pii="device", meaning="anti-duplicate signal")
    comment: String = column(pii="free_text", meaning="开放题")

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "survey_responses"
        title = "调查答卷"
        # C-41: the first complete answer per customer and survey round counts; later ones are flagged, not refused.
        metadata: ClassVar[dict[str, CountsOnce]] = {
            "counts_once": CountsOnce(
                rule="duplicate_survey_response",
                per=("enterprise_id", "customer_id", "survey_id"),
                where="is_complete",
                first_by="submitted_at",
            )
        }


class SurveyAnswers(SourceTable):
    """One row per enterprise × survey response × question (调查答案); it belongs to the quarter of its response."""

    enterprise_id: String = column(key=True, required=True)
    response_id: String = column(key=True, references="survey_responses", required=True)
    question_id: String = column(key=True, references="survey_questions", required=True)
    score: Integer = column(form="scale_min..scale_max", meaning="感知; 1..5 on the Likert scale", checks=[within_scale()])
    expectation: Integer = column(form="scale_min..scale_max", meaning="期望; service quality gap 四(八)", checks=[within_scale()])

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "survey_answers"
        title = "调查答案"
        metadata: ClassVar[dict[str, DatedByParent]] = {
            "dated_by_parent": DatedByParent(table="survey_responses", by=("enterprise_id", "response_id"))
        }


class SurveyQuestions(SourceTable):
    """One row per survey round × question (调查问题); shared by all enterprises."""

    survey_id: String = column(key=True, required=True)
    question_id: String = column(key=True, required=True)
    survey_type: String = column(
        required=True,
        values=("satisfaction", "pulse", "mystery"),
        meaning="20-30 questions and 15 min apply to satisfaction",
    )
    wording: String = column(required=True)
    measures: String = column(
        form="indicator id", meaning="e.g. O2-1 P4-1 O3-3", checks=[written_as("no_indicator_id", INDICATOR_ID)]
    )
    touchpoint: String = column(values=("phone", "online", "outlet", "onsite"), meaning="O2-2", expected_where="measures = 'O2-2'")
    scale_min: Integer = column(required=True)
    scale_max: Integer = column(required=True, checks=[after("scale_max_not_above_scale_min", "scale_min")])

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "survey_questions"
        title = "调查问题"
        # A trailing year needs the questions of earlier rounds, which a new delivery may not repeat.
        metadata: ClassVar[dict[str, bool]] = {"accumulates": True}


class MysteryVisits(SourceTable):
    """One row per enterprise × mystery visit × question (神秘顾客检查)."""

    enterprise_id: String = column(key=True, required=True)
    visit_id: String = column(key=True, required=True)
    round_id: String = column(required=True, meaning="神秘顾客 round; >=2 a year")
    outlet_id: String = column(references="outlets")
    scenario: String = column()
    visited_at: Timestamp = column(event=True, required=True)
    survey_id: String = column(references="survey_questions", required=True)
    question_id: String = column(key=True, references="survey_questions", required=True)
    score: Integer = column(minimum=1, maximum=5)

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "mystery_visits"
        title = "神秘顾客检查"
