"""Every rule of every table, each broken by one row among good ones."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from pipeline.calendar.quarters import Quarter
from schemas.contract import TABLES, Table

NINE = dt.datetime(2025, 1, 6, 9)
EIGHT, TEN, ELEVEN, NOON = (NINE + dt.timedelta(hours=hours) for hours in (-1, 1, 2, 3))
DAY = dt.date(2025, 1, 6)
DAY_BEFORE = dt.date(2025, 1, 5)
DAY_WITH_CALLS = dt.date(2025, 3, 31)
_Q4 = Quarter(2024, 4)

# table → rule → column → (changes to a good row, the value quarantine shows)
Case = tuple[dict[str, Any], str | None]
CASES: dict[str, dict[tuple[str, str], Case]] = {
    "service_requests": {
        ("responded_before_requested", "responded_at"): (
            {"requested_at": NINE, "responded_at": EIGHT},
            "2025-01-06 08:00:00.000000",
        ),
        ("resolved_before_responded", "resolved_at"): (
            {"requested_at": NINE, "responded_at": ELEVEN, "resolved_at": TEN},
            "2025-01-06 10:00:00.000000",
        ),
        ("resolved_before_requested", "resolved_at"): (
            {"requested_at": NINE, "responded_at": None, "resolved_at": EIGHT},
            "2025-01-06 08:00:00.000000",
        ),
        ("closed_before_resolved", "closed_at"): (
            {"requested_at": NINE, "responded_at": NINE, "resolved_at": ELEVEN, "closed_at": TEN},
            "2025-01-06 10:00:00.000000",
        ),
        ("closed_before_requested", "closed_at"): (
            {"requested_at": NINE, "responded_at": None, "resolved_at": None, "closed_at": EIGHT},
            "2025-01-06 08:00:00.000000",
        ),
        ("form_fields_valid_above_required", "form_fields_valid"): (
            {"form_fields_required": 3, "form_fields_valid": 4},
            "4",
        ),
        ("range", "paused_seconds"): ({"paused_seconds": -1}, "-1"),
        ("range", "contact_count"): ({"contact_count": 0}, "0"),
        ("range", "reopened_count"): ({"reopened_count": -1}, "-1"),
        ("range", "notices_required"): ({"notices_required": -1}, "-1"),
        ("range", "notices_sent"): ({"notices_sent": -1}, "-1"),
        ("range", "form_fields_required"): ({"form_fields_required": -1, "form_fields_valid": None}, "-1"),
        ("range", "form_fields_valid"): ({"form_fields_valid": -1}, "-1"),
        ("range", "performance_ratio"): ({"performance_ratio": 1.6}, "1.6"),
        ("range", "quoted_amount"): ({"quoted_amount": Decimal("-0.01")}, "-0.01"),
        ("range", "charged_amount"): ({"charged_amount": Decimal("-19.90")}, "-19.90"),
    },
    "onsite_visits": {
        ("completed_before_arrived", "completed_at"): (
            {"arrived_at": TEN, "completed_at": NINE},
            "2025-01-06 09:00:00.000000",
        ),
    },
    "hotline_calls": {
        ("answered_before_queued", "answered_at"): (
            {"queued_at": TEN, "answered_at": NINE},
            "2025-01-06 09:00:00.000000",
        ),
        ("unanswered_call_with_answer_time", "answered_at"): (
            {"outcome": "rejected", "queued_at": NINE, "answered_at": NINE},
            "2025-01-06 09:00:00.000000",
        ),
        ("ended_before_answered", "ended_at"): (
            {"queued_at": EIGHT, "answered_at": TEN, "ended_at": NINE},
            "2025-01-06 09:00:00.000000",
        ),
        ("ended_before_queued", "ended_at"): (
            {"outcome": "abandoned", "queued_at": TEN, "answered_at": None, "ended_at": NINE},
            "2025-01-06 09:00:00.000000",
        ),
    },
    "online_sessions": {
        ("replied_before_opened", "first_human_reply_at"): (
            {"opened_at": TEN, "first_human_reply_at": NINE},
            "2025-01-06 09:00:00.000000",
        ),
        ("closed_before_opened", "closed_at"): (
            {"opened_at": TEN, "first_human_reply_at": TEN, "closed_at": NINE},
            "2025-01-06 09:00:00.000000",
        ),
    },
    "complaints": {
        ("first_reply_before_received", "first_reply_at"): (
            {"received_at": TEN, "first_reply_at": NINE},
            "2025-01-06 09:00:00.000000",
        ),
        ("complaint_step_out_of_order", "investigated_at"): (
            {"received_at": TEN, "investigated_at": NINE},
            "2025-01-06 09:00:00.000000",
        ),
        # Not investigated: the step before negotiation is then the receipt.
        ("complaint_step_out_of_order", "negotiated_at"): (
            {"received_at": TEN, "investigated_at": None, "negotiated_at": NINE},
            "2025-01-06 09:00:00.000000",
        ),
        ("complaint_step_out_of_order", "fed_back_at"): (
            {"received_at": EIGHT, "investigated_at": TEN, "negotiated_at": None, "fed_back_at": NINE},
            "2025-01-06 09:00:00.000000",
        ),
        ("complaint_step_out_of_order", "closed_at"): (
            {
                "received_at": EIGHT,
                "investigated_at": None,
                "negotiated_at": None,
                "fed_back_at": TEN,
                "closed_at": NINE,
            },
            "2025-01-06 09:00:00.000000",
        ),
        ("range", "satisfaction"): ({"satisfaction": 6}, "6"),
    },
    "suggestions": {
        ("evaluated_before_submitted", "evaluated_at"): (
            {"submitted_at": TEN, "evaluated_at": NINE},
            "2025-01-06 09:00:00.000000",
        ),
    },
    "survey_responses": {
        ("submitted_before_started", "submitted_at"): (
            {"started_at": TEN, "submitted_at": NINE, "is_complete": False},
            "2025-01-06 09:00:00.000000",
        ),
    },
    "survey_answers": {
        ("score_outside_scale", "score"): ({"score": 6}, "6"),
        ("score_outside_scale", "expectation"): ({"expectation": 0}, "0"),
    },
    "survey_questions": {
        ("scale_max_not_above_scale_min", "scale_max"): ({"scale_min": 5, "scale_max": 5}, "5"),
        ("no_indicator_id", "measures"): ({"measures": "O2-1 "}, "O*** (5 characters)"),
    },
    "mystery_visits": {("range", "score"): ({"score": 0}, "0")},
    "parts_orders": {
        ("shipped_before_ordered", "shipped_at"): (
            {"ordered_at": TEN, "shipped_at": NINE, "received_at": NOON},
            "2025-01-06 09:00:00.000000",
        ),
        ("received_before_shipped", "received_at"): (
            {"ordered_at": EIGHT, "shipped_at": TEN, "received_at": NINE},
            "2025-01-06 09:00:00.000000",
        ),
        ("received_before_ordered", "received_at"): (
            {"ordered_at": TEN, "shipped_at": None, "received_at": NINE},
            "2025-01-06 09:00:00.000000",
        ),
    },
    "safety_hazards": {
        ("due_before_found", "due_on"): ({"found_at": NINE, "due_on": DAY_BEFORE}, "2025-01-05"),
        ("fixed_before_found", "fixed_at"): (
            {"found_at": NINE, "due_on": DAY, "fixed_at": EIGHT},
            "2025-01-06 08:00:00.000000",
        ),
    },
    "quality_inspections": {
        ("conforming_above_inspected", "cases_conforming"): ({"cases_inspected": 3, "cases_conforming": 4}, "4"),
        ("range", "cases_inspected"): ({"cases_inspected": -1, "cases_conforming": 0}, "-1"),
        ("range", "cases_conforming"): ({"cases_conforming": -1}, "-1"),
        ("range", "violations"): ({"violations": -1}, "-1"),
    },
    "hotline_daily_totals": {
        ("day_has_single_calls", "called_on"): ({"called_on": DAY_WITH_CALLS}, "2025-03-31"),
        ("range", "offered_calls"): (
            {"offered_calls": -1, "answered_calls": 0, "answered_within_limit": None, "short_abandoned_calls": None},
            "-1",
        ),
        ("range", "answered_calls"): ({"answered_calls": -1, "answered_within_limit": None}, "-1"),
        ("range", "answered_within_limit"): ({"answered_within_limit": -1}, "-1"),
        ("range", "answer_limit_seconds"): ({"answer_limit_seconds": 0}, "0"),
        ("range", "short_abandoned_calls"): ({"short_abandoned_calls": -1}, "-1"),
        ("range", "short_abandon_seconds"): ({"short_abandon_seconds": 0}, "0"),
        ("answered_above_offered", "answered_calls"): (
            {"offered_calls": 3, "answered_calls": 4, "answered_within_limit": 4, "short_abandoned_calls": None},
            "4",
        ),
        ("within_limit_above_answered", "answered_within_limit"): ({"answered_calls": 3, "answered_within_limit": 4}, "4"),
        # 5 offered, 3 answered: 2 were not, of which no 3 can have been abandoned.
        ("short_abandons_above_unanswered", "short_abandoned_calls"): (
            {"offered_calls": 5, "answered_calls": 3, "short_abandoned_calls": 3},
            "3",
        ),
    },
    "training_records": {("range", "hours"): ({"hours": 0.0}, "0.0")},
    "improvement_projects": {
        ("effective_before_started", "effective_on"): ({"started_on": DAY, "effective_on": DAY_BEFORE}, "2025-01-05"),
    },
    "regions": {("range", "area_km2"): ({"area_km2": 0.0}, "0.0")},
    "outlets": {
        ("range", "service_radius_km"): ({"service_radius_km": -0.5}, "-0.5"),
        ("range", "open_days_per_week"): ({"open_days_per_week": 7.5}, "7.5"),
        ("range", "open_hours_per_day"): ({"open_hours_per_day": 25.0}, "25.0"),
        ("closed_before_opened", "closed_on"): ({"opened_on": DAY, "closed_on": DAY_BEFORE}, "2025-01-05"),
    },
    "staff": {
        ("certificate_ends_before_it_begins", "certificate_valid_until"): (
            {"certificate_valid_from": DAY, "certificate_valid_until": DAY_BEFORE},
            "2025-01-05",
        ),
        ("left_before_hired", "left_on"): ({"hired_on": DAY, "left_on": DAY_BEFORE}, "2025-01-05"),
    },
    "vehicles": {
        ("retired_before_in_service", "retired_on"): ({"in_service_on": DAY, "retired_on": DAY_BEFORE}, "2025-01-05"),
    },
    "checklist_items": {
        ("range", "weight"): ({"weight": 0.0}, "0.0"),
        ("range", "achieved"): ({"achieved": 1.01}, "1.01"),
    },
    "expert_judgements": {
        ("range", "round"): ({"round": 0}, "0"),
        ("range", "ratio"): ({"ratio": 0.1}, "0.1"),
        ("item_compared_with_itself", "right_item"): ({"left_item": "R", "right_item": "R", "ratio": 2.0}, "R"),
    },
}

# Where breaking one rule cannot but break another: of fewer than no cases, none can conform.
ALSO_BROKEN = {
    ("quality_inspections", "range", "cases_inspected"): ("conforming_above_inspected", "cases_conforming", "0"),
    ("hotline_daily_totals", "range", "offered_calls"): ("answered_above_offered", "answered_calls", "0"),
}


def cases_of(table: Table) -> dict[tuple[str, str], Case]:
    """The cases written above, and those that follow from the kind of rule alone."""
    cases = dict(CASES.get(table.name, {}))
    for rule, column in table.rules:
        if rule == "required":
            cases[rule, column] = ({column: None}, None)
        elif rule == "allowed_values":
            cases[rule, column] = ({column: "unheard-of"}, "unheard-of")
        elif rule == "foreign_key":
            cases[rule, column] = ({column: "never-came"}, "never-came")
        elif rule == "valid_to_not_after_valid_from":
            cases[rule, column] = ({"valid_from": DAY, "valid_to": DAY}, "2025-01-06")
    return cases


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.name)
def test_each_rule_refuses_its_row_and_no_other(writer, table: Table) -> None:
    cases = cases_of(table)
    assert set(cases) == set(table.rules), "a rule without a case, or a case without its rule"
    writer.parents(table.name, count=2 * len(cases) + 1)
    if table.totals_of:
        called_at = dt.datetime.combine(DAY_WITH_CALLS, dt.time(23, 59))
        writer.raw(table.totals_of, [writer.good(table.totals_of, queued_at=called_at)])
    rows, expected = [writer.good(table.name)], []
    for number, ((rule, column), (changes, shown)) in enumerate(cases.items()):
        expected.append((len(rows), rule, column, shown))
        if also := ALSO_BROKEN.get((table.name, rule, column)):
            expected.append((len(rows), *also))
        rows += [writer.good(table.name, 2 * number + 1, **changes), writer.good(table.name, 2 * number + 2)]
    writer.raw(table.name, rows)

    result = writer.validate(table.name)

    lines = writer.read("quarantine", table.name)
    found = [(line["origin_row"] - 2, line["rule"], line["column"], line["value_masked"]) for line in lines]
    assert sorted(found, key=str) == sorted(expected, key=str)
    assert (result.extracted, result.accepted, result.quarantined) == (len(rows), len(rows) - len(cases), len(cases))
    refused = {number for number, *_ in expected}
    accepted = [row["_row_id"] for row in writer.read("accepted", table.name)]
    assert accepted == [number for number in range(len(rows)) if number not in refused]


@pytest.mark.parametrize("name", ["service_requests", "survey_answers"])
def test_rows_are_found_in_whatever_part_of_the_table_they_are(writer, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.validate.row_rules._ROWS_AT_ONCE", 3)
    test_each_rule_refuses_its_row_and_no_other(writer, TABLES[name])


class TestWhatIsNotRefused:
    """Rules refuse what is plainly impossible, and nothing that is only odd."""

    @pytest.mark.parametrize(
        ("table", "changes"),
        [
            # Paused for longer than the whole request took: odd, but the clocks of two systems may differ.
            (
                "service_requests",
                {"requested_at": NINE, "responded_at": NINE, "resolved_at": TEN, "paused_seconds": 7200},
            ),
            ("service_requests", {"requested_at": NINE, "responded_at": NINE, "resolved_at": NINE, "closed_at": NINE}),
            ("service_requests", {"notices_required": 1, "notices_sent": 5}),
            ("service_requests", {"form_fields_required": None, "form_fields_valid": 4}),
            (
                "service_requests",
                {"outlet_id": None, "staff_id": None, "customer_phone": None, "merged_into": "elsewhere"},
            ),
            ("onsite_visits", {"outcome": "missed", "arrived_at": None, "completed_at": NINE}),
            ("onsite_visits", {"appointed_at": TEN, "arrived_at": NINE, "completed_at": NINE}),  # early, P2-2 judges it
            ("hotline_calls", {"outcome": "abandoned", "queued_at": NINE, "answered_at": None, "ended_at": NINE}),
            ("complaints", {"received_at": TEN, "first_reply_at": NOON, "investigated_at": ELEVEN}),
            ("survey_answers", {"score": None, "expectation": None}),
            ("expert_judgements", {"ratio": 0.11}),  # 1/9 as people write it
            ("expert_judgements", {"ratio": 1 / 9}),
            ("expert_judgements", {"ratio": 9.0}),
            ("expert_judgements", {"left_item": "R", "right_item": "R", "ratio": 1.0}),  # the diagonal of a full matrix
            ("safety_hazards", {"found_at": NINE, "due_on": DAY, "fixed_at": None}),
            ("checklist_items", {"achieved": 0.1 + 0.2 + 0.7}),  # 1.0000000000000002 in floating point
            ("outlets", {"opened_on": DAY, "closed_on": DAY}),
        ],
    )
    def test_row_is_accepted(self, writer, table: str, changes: dict[str, Any]) -> None:
        writer.parents(table)
        writer.raw(table, [writer.good(table, **changes)])
        assert writer.validate(table).accepted == 1, writer.refused(table)

    @pytest.mark.parametrize(("value", "column"), [(float("nan"), "open_days_per_week"), (float("inf"), "service_radius_km")])
    def test_a_number_that_is_none_is_out_of_range(self, writer, value: float, column: str) -> None:
        writer.parents("outlets")
        writer.raw("outlets", [writer.good("outlets", 0), writer.good("outlets", 1, **{column: value})])
        writer.validate("outlets")
        assert writer.refused("outlets") == [(1, "range", column)]


class TestUnreadableCells:
    """What extract could not read (``_defects``) becomes a rule of its own, and the only one for that cell or line."""

    def test_an_unreadable_cell_is_refused_once(self, writer) -> None:
        rows = [
            writer.good("quality_inspections", 0),
            writer.good("quality_inspections", 1, inspected_on=None),
            writer.good("quality_inspections", 2, violations=None),
        ]
        writer.raw("quality_inspections", rows, defects={1: [("type", "inspected_on", "2025-02-30")]})
        writer.validate("quality_inspections")
        lines = [
            (line["origin_row"], line["rule"], line["column"], line["value_masked"])
            for line in writer.read("quarantine", "quality_inspections")
        ]
        assert lines == [(3, "type", "inspected_on", "2025-02-30"), (4, "required", "violations", None)]

    def test_two_defects_of_a_row_are_two_lines_and_one_refused_row(self, writer) -> None:
        writer.raw(
            "parts_orders",
            [writer.good("parts_orders", 0, is_urgent=None, shipped_at=None), writer.good("parts_orders", 1)],
            defects={0: [("type", "shipped_at", "soon"), ("type", "is_urgent", "maybe")]},
        )
        result = writer.validate("parts_orders")
        assert writer.refused("parts_orders") == [(0, "type", "is_urgent"), (0, "type", "shipped_at")]
        assert (result.quarantined, result.rule_counts) == (1, {"type": 1})

    def test_a_line_that_does_not_fit_the_columns_shows_its_size_only(self, writer) -> None:
        line = 'E1,Q9,"Nanning, Guangxi",张三,13812345678,extra'
        nothing = dict.fromkeys(TABLES["parts_orders"].polars_schema)
        writer.raw(
            "parts_orders",
            [writer.good("parts_orders", 0), nothing, nothing | {"enterprise_id": "张三"}],
            defects={1: [("too_many_fields", None, line)], 2: [("too_few_fields", None, "E1;Q9")]},
        )
        writer.validate("parts_orders")
        lines = [
            (row["origin_row"], row["row_key"], row["rule"], row["column"], row["value_masked"])
            for row in writer.read("quarantine", "parts_orders")
        ]
        # 6 fields: E1 | Q9 | "Nanning, Guangxi" | 张三 | 13812345678 | extra
        assert lines == [
            (3, None, "too_many_fields", None, f"6 fields, {len(line)} characters"),
            (4, None, "too_few_fields", None, "2 fields, 5 characters"),
        ]


class TestForeignKeys:
    def test_a_refused_parent_does_not_drag_its_children_down(self, writer) -> None:
        writer.parents("service_requests")
        writer.raw("service_requests", [writer.good("service_requests", 0, status="unheard-of")])
        assert writer.validate("service_requests").quarantined == 1
        writer.raw("staff", [writer.good("staff", 0)])
        writer.raw("onsite_visits", [writer.good("onsite_visits", i) for i in range(2)])
        assert writer.validate("onsite_visits").accepted == 2

    def test_a_parent_may_have_come_in_another_quarter(self, writer) -> None:
        writer.raw("service_requests", [writer.good("service_requests", 7)], quarter=_Q4)
        writer.raw("appointments", [writer.good("appointments", 0, request_id="request_id-7")])
        assert writer.validate("appointments").accepted == 1

    def test_a_parent_may_be_known_from_the_snapshot_alone(self, writer) -> None:
        writer.snapshot("service_requests", [writer.good("service_requests", 7)])
        writer.raw(
            "appointments",
            [writer.good("appointments", i, request_id=f"request_id-{key}") for i, key in enumerate((7, 8))],
        )
        writer.validate("appointments")
        assert writer.refused("appointments") == [(1, "foreign_key", "request_id")]

    def test_a_key_of_another_enterprise_is_no_parent(self, writer) -> None:
        writer.raw("service_requests", [writer.good("service_requests", 0)])
        writer.raw("appointments", [writer.good("appointments", 0), writer.good("appointments", 1, enterprise_id="E2")])
        writer.validate("appointments")
        assert writer.refused("appointments") == [(1, "foreign_key", "request_id")]

    def test_nothing_is_refused_when_the_parent_table_never_came(self, writer) -> None:
        writer.raw("service_requests", [], delivered=False)
        writer.snapshot("service_requests", [])
        writer.raw("appointments", [writer.good("appointments", 0, request_id="anything")])
        assert writer.validate("appointments").accepted == 1

    def test_a_parent_table_that_came_empty_has_no_keys(self, writer) -> None:
        writer.raw("service_requests", [])
        writer.raw("appointments", [writer.good("appointments", 0), writer.good("appointments", 1, request_id=None)])
        writer.validate("appointments")
        assert writer.refused("appointments") == [(0, "foreign_key", "request_id")]

    def test_parents_that_come_later_are_seen_by_the_same_connection(self, writer) -> None:
        writer.raw("service_requests", [writer.good("service_requests", 0)])
        writer.raw("appointments", [writer.good("appointments", 0, request_id="request_id-1")])
        assert writer.validate("appointments").quarantined == 1
        writer.raw("service_requests", [writer.good("service_requests", i) for i in range(2)])
        assert writer.validate("appointments").quarantined == 0


class TestScaleOfAnswers:
    def _deliver(self, writer, scales: dict[tuple[str, str], tuple[int, int]], surveys: dict[str, str]) -> None:
        questions = [
            writer.good("survey_questions", 0, survey_id=survey, question_id=question, scale_min=low, scale_max=high)
            for (survey, question), (low, high) in scales.items()
        ]
        writer.raw("survey_questions", questions)
        writer.raw(
            "survey_responses",
            [writer.good("survey_responses", 0, response_id=key, survey_id=survey) for key, survey in surveys.items()],
        )

    def _answers(self, writer, *answers: tuple[str, str, int]) -> list[tuple[int, str, str | None]]:
        rows = [
            writer.good("survey_answers", 0, response_id=response, question_id=question, score=score, expectation=None)
            for response, question, score in answers
        ]
        writer.raw("survey_answers", rows)
        writer.validate("survey_answers")
        return writer.refused("survey_answers")

    def test_each_survey_has_its_own_scale_for_the_same_question(self, writer) -> None:
        self._deliver(writer, {("S5", "q"): (1, 5), ("S10", "q"): (0, 10)}, {"r5": "S5", "r10": "S10"})
        refused = self._answers(writer, ("r5", "q", 6), ("r10", "q", 6), ("r10", "q2", 6))
        assert refused == [(0, "score_outside_scale", "score"), (2, "foreign_key", "question_id")]

    def test_the_scale_of_another_survey_may_begin_lower(self, writer) -> None:
        self._deliver(writer, {("S5", "q"): (1, 5), ("S10", "q"): (0, 10)}, {"r5": "S5", "r10": "S10"})
        assert self._answers(writer, ("r5", "q", 0), ("r10", "q", 0)) == [(0, "score_outside_scale", "score")]

    def test_without_the_response_the_widest_scale_counts(self, writer) -> None:
        self._deliver(writer, {("S5", "q"): (1, 5), ("S10", "q"): (0, 10)}, {"r5": "S5"})
        refused = self._answers(writer, ("gone", "q", 10), ("gone", "q", 11))
        assert refused == [
            (0, "foreign_key", "response_id"),
            (1, "foreign_key", "response_id"),
            (1, "score_outside_scale", "score"),
        ]

    def test_a_scale_without_extent_is_no_scale(self, writer) -> None:
        self._deliver(writer, {("S5", "q"): (5, 5)}, {"r5": "S5"})
        assert self._answers(writer, ("r5", "q", 1)) == []

    def test_without_questions_no_score_is_judged(self, writer) -> None:
        assert self._answers(writer, ("r", "q", 99)) == []
