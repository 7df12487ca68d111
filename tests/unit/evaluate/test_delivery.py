"""What a delivery can bear: assumed columns, customers that are none, times that are dates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.evaluate.inputs import examined_delivery, read_delivery
from pipeline.evaluate.values.delivery import Delivery
from pipeline.lake.layout import Lake
from schemas.contract import TABLES
from schemas.indicator_columns import RESTS_ON, TIME_OF_DAY, indicator_columns
from schemas.standard.catalogue import catalogue_rows

Q1 = Quarter.parse("2025-Q1")
DELIVERED = Delivery(
    dict.fromkeys(TABLES, True),
    {name: frozenset(column.name for column in table.columns) for name, table in TABLES.items()},
    assumed={"service_requests": {"contact_count": "constant", "product_category": "constant", "paused_seconds": "expression"}},
    all_different=frozenset({"E2"}),
    day_precision={"E2": frozenset({"complaints.received_at"})},
)


def test_the_first_assumed_column_is_the_reason() -> None:
    columns = ("service_requests.status", "service_requests.contact_count", "service_requests.paused_seconds")
    assert DELIVERED.assumption("E1", columns) == "assumed_constant:service_requests.contact_count"
    assert DELIVERED.assumption("E1", columns[2:]) == "assumed_expression:service_requests.paused_seconds"
    assert DELIVERED.assumption("E1", columns[:1]) is None


def test_of_alternatives_every_delivered_one_must_be_assumed() -> None:
    either = "service_requests.product_model|service_requests.product_category"
    assert DELIVERED.assumption("E1", [either]) is None
    only = Delivery({}, {"service_requests": frozenset({"product_category"})}, assumed=DELIVERED.assumed)
    assert only.assumption("E1", [either]) == f"assumed_constant:{either}"
    # What was not delivered at all is missing, not assumed.
    assert Delivery({}, {}, assumed=DELIVERED.assumed).assumption("E1", [either]) is None


def test_whoever_answers_a_survey_may_answer_once_but_not_all_be_the_same() -> None:
    # Of a constant customer one response counts; a response of its own customer is no assumption (see the mapping).
    surveyed = {row.indicator_id for row in catalogue_rows() if "survey_responses" in row.source_tables}
    assert surveyed == {name for name, columns in indicator_columns(RESTS_ON).items() if "survey_responses.customer_id" in columns}


def test_customers_and_dates_are_those_of_one_enterprise() -> None:
    assert DELIVERED.assumption("E1", ["service_requests.customer_id"]) is None
    assert DELIVERED.assumption("E2", ["service_requests.customer_id"]) == "assumed_unique_key:service_requests.customer_id"
    assert DELIVERED.only_dates("E1", ["complaints.received_at"]) is None
    assert DELIVERED.only_dates("E2", ["complaints.received_at"]) == "day_precision:complaints.received_at"


def _write(lake: Lake, table: str, rows: list[dict[str, object]], quarter: Quarter = Q1) -> None:
    path = lake.partition("clean", table, quarter)
    path.parent.mkdir(parents=True)
    pl.DataFrame(rows, schema=TABLES[table].polars_schema).write_parquet(path)


@pytest.fixture
def lake(lake_without_rows: Callable[[Quarter], Lake]) -> Lake:
    return lake_without_rows(Q1)


def test_customers_that_never_come_again_are_none(lake: Lake) -> None:
    def requests(enterprise: str, customers: list[int | None]) -> list[dict[str, object]]:
        return [
            {"enterprise_id": enterprise, "request_id": f"{number}", "customer_id": None if customer is None else f"C{customer}"}
            for number, customer in enumerate(customers)
        ]

    rows = [
        *requests("ALL_DIFFERENT", list(range(30))),
        *requests("TOO_FEW", list(range(29))),
        *requests("ONE_AGAIN", [0, *range(29)]),
        # Requests without a customer neither show nor hide it.
        *requests("SOME_EMPTY", [*range(30), None, None]),
        *requests("ALL_EMPTY", [None] * 40),
    ]
    _write(lake, "service_requests", [*rows, *requests("COMES_BACK", list(range(30)))])
    _write(lake, "service_requests", requests("COMES_BACK", [7]) + requests("ALL_DIFFERENT", [30]), Q1.shift(-3))
    assert examined_delivery(lake, Q1).all_different == {"ALL_DIFFERENT", "SOME_EMPTY"}


def test_times_are_dates_where_half_of_them_are_at_midnight(lake: Lake) -> None:
    midnight, morning = dt.datetime(2025, 2, 3), dt.datetime(2025, 2, 3, 9)

    def complaints(enterprise: str, received: list[dt.datetime], replied: list[dt.datetime | None]) -> list[dict[str, object]]:
        pairs = enumerate(zip(received, replied, strict=True))
        return [
            {"enterprise_id": enterprise, "complaint_id": f"{n}", "received_at": one, "first_reply_at": other}
            for n, (one, other) in pairs
        ]

    rows = [
        *complaints("DAYS", [midnight, midnight], [midnight, None]),
        *complaints("HALF", [midnight, morning], [morning, morning]),
        *complaints("TIMES", [midnight, morning, morning], [None, None, None]),
    ]
    _write(lake, "complaints", rows)
    assert examined_delivery(lake, Q1).day_precision == {
        "DAYS": {"complaints.received_at", "complaints.first_reply_at"},
        "HALF": {"complaints.received_at"},
        "TIMES": frozenset(),
    }


def test_marks_of_the_mapping_are_read_but_for_the_questionnaire(lake: Lake) -> None:
    for table in ("service_requests", "survey_questions"):
        marks = {"delivered": "true", "delivered_columns": "[]", "assumed_columns": '{"x": "constant"}'}
        pl.DataFrame({"enterprise_id": []}).write_parquet(lake.partition("raw", table, Q1), metadata=marks)
    found = read_delivery(lake, Q1).assumed
    assert {table: kinds for table, kinds in found.items() if kinds} == {"service_requests": {"x": "constant"}}


def test_limits_shorter_than_a_day_name_both_ends() -> None:
    timed = indicator_columns(TIME_OF_DAY)
    assert {len(columns) for columns in timed.values()} == {2}
    # Seconds, minutes and hours of the catalogue, and the shares within a limit of minutes or hours.
    by_unit = {row.indicator_id for row in catalogue_rows() if row.unit in ("s", "min", "h")}
    assert set(timed) == by_unit | {"P1-2", "P1-3", "P2-2", "I1-2"}


def test_no_column_is_named_twice_for_an_indicator() -> None:
    for row in catalogue_rows():
        named = {name for alternatives in row.source_columns for name in alternatives.split("|")}
        assert not named & set(indicator_columns(RESTS_ON).get(row.indicator_id, ())), row.indicator_id
