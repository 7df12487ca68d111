"""The contract read out of the classes is the contract that was agreed."""

from __future__ import annotations

import csv
from pathlib import Path

import duckdb
import pandera.polars as pa
import polars as pl
import pytest

from schemas import base
from schemas.contract import TABLES, Column, Table

DESIGN = Path(__file__).resolve().parents[4] / "shared" / "design"


# Agreed as required and optional since: only what identifies and dates a request is (ruling of 2026-11-29, D-94).
OPTIONAL_SINCE = {
    "service_requests": {
        *("customer_id", "product_category", "issue_class", "service_type", "channel", "region_code"),
        *("urgency", "complexity", "status", "contact_count", "reopened_count"),
    },
    "onsite_visits": {"request_id", "outcome"},
    "online_sessions": {"kind", "is_live"},
    "complaints": {"customer_id", "channel", "is_urgent"},
    "suggestions": {"source"},
    "parts_demands": {"part_id", "is_common", "filled_from_stock"},
    "parts_orders": {"part_id", "is_urgent"},
}


# Tables and columns that no delivery must have came after the agreement (D-104, D-105, D-137).
ADDED_SINCE: dict[str, set[str] | None] = {
    "hotline_daily_totals": None,
    "onsite_visits": {"arrived_in_time"},
    "appointments": {"offered_in_time"},
    "hotline_calls": {"answered_in_time"},
    "online_sessions": {"replied_in_time"},
    "complaints": {"replied_in_time"},
    "safety_hazards": {"fixed_in_time"},
    "regions": {"enterprise_name"},
    "outlets": {"name"},
}


def was_added(table: Table, column: Column) -> bool:
    """Whether a column, or (None) its whole table, came after the agreement; a required one only with its table."""
    added = ADDED_SINCE.get(table.name, set())
    return added is None or (column.name in added and not column.required)


def as_agreed(table: Table, column: Column) -> dict[str, str]:
    """A column in the words of source_tables.csv."""
    key = ("pk" if column.is_key else "", f"fk {column.references}" if column.references else "")
    return {
        "table": table.name,
        "column": column.name,
        "type": column.type,
        "key": "; ".join(part for part in (*key, "event" if column.is_event else "") if part),
        "required": "yes" if column.required else "no",
        "pii": column.pii or "",
        "values_or_unit": column.values_or_unit or "",
        "meaning": column.meaning or "",
    }


def test_the_classes_say_what_was_agreed_field_by_field() -> None:
    agreed = DESIGN / "source_tables.csv"
    if not agreed.is_file():
        pytest.skip(f"the agreed contract is not at {agreed}")
    with agreed.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        if row["column"] in OPTIONAL_SINCE.get(row["table"], ()):
            row["required"] = "no"
    found = [as_agreed(table, column) for table in TABLES.values() for column in table.columns if not was_added(table, column)]
    assert found == rows


def test_every_table_has_a_class_a_title_and_a_grain() -> None:
    assert len(TABLES) == 30
    for name, table in TABLES.items():
        assert table.name == name
        assert issubclass(table.model, base.SourceTable)
        assert table.title.isascii() is False, "the Chinese name"
        assert table.grain.startswith("One row per ")
        assert list(table.schema.columns) == [column.name for column in table.columns] == list(table.polars_schema)


@pytest.mark.parametrize("name", OPTIONAL_SINCE)
def test_a_record_needs_no_more_than_its_key_and_its_date(name: str) -> None:
    table = TABLES[name]
    assert table.event is not None
    assert [column.name for column in table.columns if column.required] == [*table.key, table.event.name]


def test_keys_are_required_but_for_the_version() -> None:
    for table in TABLES.values():
        assert table.key
        assert all(table.column(name).required for name in table.key)
        versioned = {"valid_from", "valid_to"} <= set(table.polars_schema)
        assert table.is_versioned is versioned
        assert table.unique_key == (*table.key, "valid_from") if versioned else table.key


def test_totals_are_of_a_table_of_records_with_the_same_enterprises_and_days() -> None:
    totals = {name: table.totals_of for name, table in TABLES.items() if table.totals_of}
    assert totals == {"hotline_daily_totals": "hotline_calls"}
    for name, records in totals.items():
        table = TABLES[name]
        assert TABLES[records].event is not None
        assert table.event is not None
        assert table.event.type == "date"
        assert {"enterprise_id", table.event.name} <= set(table.key)
        assert table.looks_up == (records,)
        # The rule that keeps a day from being counted twice is looked up in what came.
        assert ("day_has_single_calls", table.event.name) in table.rules


def test_references_lead_to_a_key_of_the_parent() -> None:
    for table in TABLES.values():
        for column, (parent, parent_column) in table.references.items():
            assert column == parent_column
            assert TABLES[parent].column(parent_column).is_key


def test_the_registers_with_versions() -> None:
    assert {name for name, table in TABLES.items() if table.is_versioned} == {
        *("regions", "outlets", "staff", "vehicles", "equipment", "customers"),
        *("process_steps", "complaint_channels", "price_items"),
    }


@pytest.mark.parametrize(
    ("table", "values", "quarter"),
    [
        ("service_requests", "timestamp '2025-03-31 23:59:59' as requested_at", "2025-Q1"),
        ("service_requests", "null::timestamp as requested_at", None),
        ("quality_inspections", "date '2024-10-01' as inspected_on", "2024-Q4"),
        # Found in one quarter, due in the next: a hazard counts when it is due.
        ("safety_hazards", "timestamp '2025-03-31' as found_at, date '2025-04-01' as due_on", "2025-Q2"),
        ("improvement_projects", "date '2025-01-01' as started_on, date '2025-06-30' as effective_on", "2025-Q2"),
        ("improvement_projects", "date '2025-01-01' as started_on, null::date as effective_on", "2025-Q1"),
    ],
)
def test_the_quarter_of_a_row(table: str, values: str, quarter: str | None) -> None:
    assert duckdb.sql(f"select {TABLES[table].quarter_expression} from (select {values})").fetchall() == [(quarter,)]


def test_registers_have_no_quarter() -> None:
    assert TABLES["staff"].quarter_expression is None
    assert TABLES["staff"].event is None


def test_answers_have_the_quarter_of_their_response() -> None:
    dated = {name: table.dated_by_parent for name, table in TABLES.items() if table.dated_by_parent}
    assert dated == {"survey_answers": base.DatedByParent("survey_responses", ("enterprise_id", "response_id"))}
    answers = TABLES["survey_answers"]
    assert answers.has_quarters
    assert answers.quarter_expression is None


def test_a_row_is_dated_by_a_parent_that_has_a_date_and_is_read_before() -> None:
    names = list(TABLES)
    for name, table in TABLES.items():
        if table.dated_by_parent:
            parent = TABLES[table.dated_by_parent.table]
            assert parent.quarter_expression is not None
            assert table.dated_by_parent.by == parent.key
            assert set(parent.key) <= set(table.polars_schema)
            assert names.index(parent.name) < names.index(name)


def test_the_tables_that_stand_in_every_quarter() -> None:
    assert [name for name, table in TABLES.items() if not table.has_quarters] == [
        *("survey_questions", "regions", "outlets", "staff", "vehicles", "equipment", "customers", "process_steps"),
        *("complaint_channels", "price_items", "checklist_items", "expert_judgements"),
    ]
    assert [name for name, table in TABLES.items() if table.accumulates] == ["survey_questions"]


def test_types_are_the_same_in_every_tool() -> None:
    for table in TABLES.values():
        columns = ", ".join(f'null::{column.sql_type} as "{column.name}"' for column in table.columns)
        assert duckdb.sql(f"select {columns}").pl().schema == table.polars_schema


def test_every_check_carries_the_name_of_its_rule() -> None:
    for table in TABLES.values():
        for column in table.schema.columns.values():
            assert all(check.error for check in column.checks), f"{table.name}.{column.name}"


def test_a_class_of_personal_data_must_be_known() -> None:
    with pytest.raises(ValueError, match="is not a class of personal data"):
        base.column(pii="shoe_size")


def test_the_contract_holds_for_a_class_not_listed_here() -> None:
    class Extra(base.SourceTable):
        """One row per test."""

        amount: base.Amount = base.column(above=0, unit="CNY")

    with pytest.raises(pa.errors.SchemaErrors) as caught:
        Extra.validate(pl.LazyFrame({"amount": ["0.00", "0.01"]}).cast(pl.Decimal(12, 2)), lazy=True)
    assert caught.value.failure_cases.select("column", "check", "index").rows() == [("amount", "range", 0)]
