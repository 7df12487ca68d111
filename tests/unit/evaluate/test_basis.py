"""What a value rests on: missing records do not settle what totals or flags have decided, and what of these is assumed counts."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.evaluate.values.basis import stand_in_parts
from pipeline.evaluate.values.delivery import Delivery
from pipeline.evaluate.values.parts import PLACE, VALUE_SCHEMA, Comparison
from pipeline.evaluate.values.status import assign_status
from pipeline.settings.indicators import catalogue_frame
from pipeline.settings.plan import EvaluationPlan
from schemas.contract import TABLES
from schemas.indicator_columns import DAILY_TOTALS, REPORTED, stand_ins

Q1 = Quarter(2025, 1)
E1 = {"enterprise_id": "E1", "period": "2025-Q1"}
COLUMNS = {name: frozenset(column.name for column in table.columns) for name, table in TABLES.items()}


def inputs(indicator: str, **variants: tuple[int, int]) -> pl.DataFrame:
    """Rows of mart_period_inputs by variant: n, cases."""
    place = {**E1, "period_role": "current", "scope_type": "enterprise", "scope_id": "E1", "indicator_id": indicator}
    return pl.DataFrame([{**place, "variant": name, "n": n, "cases": cases} for name, (n, cases) in variants.items()])


def settled(indicator: str, delivery: Delivery, n: int, cases: int, **variants: tuple[int, int]) -> dict[str, Any]:
    """The row of a rate of n cases, of which the variants say what comes from where; n = 0: no value."""
    value = {"value": 0.5, "numerator": n / 2, "denominator": float(n)} if n else {}
    row = dict.fromkeys(VALUE_SCHEMA) | {**E1, "scope_type": "enterprise", "scope_id": "E1", "indicator_id": indicator}
    row |= value | {"sample_size": n, "cases": cases}
    current = pl.DataFrame([row], schema=dict.fromkeys([*PLACE, "indicator_id"], pl.String) | VALUE_SCHEMA)
    coverage = pl.DataFrame(
        [
            {**E1, "period_role": "current", "window_kind": "quarter", "first_day": Q1.first_day, "last_day": Q1.last_day}
            | {"quarters_expected": 1, "quarters_covered": 1}
        ]
    )
    catalogue = catalogue_frame(Q1).filter(pl.col("indicator_id") == indicator)
    recorded = pl.DataFrame([{"enterprise_id": "E1", "table_name": "complaints", "quarter": Q1.label, "row_count": 9}])
    used = stand_in_parts(inputs(indicator, **variants)) if variants else None
    found = assign_status(
        Comparison(current, current.clear()), catalogue, coverage, recorded, delivery, EvaluationPlan(), None, used
    )
    return found.row(0, named=True)


def told(row: dict[str, Any]) -> tuple[Any, Any, Any]:
    return row["status"], row["status_reason"], row["basis"]


def delivered(*without: str, **marks: Any) -> Delivery:
    """Everything but the named tables and columns (``table.column``)."""
    columns = {name: frozenset(each for each in there if f"{name}.{each}" not in without) for name, there in COLUMNS.items()}
    return Delivery({name: name not in without for name in TABLES}, columns, **marks)


def test_a_value_of_records_says_so() -> None:
    row = settled("I1-2", delivered(), 40, 40)
    assert told(row) == ("ok", None, "records")


def test_totals_stand_in_for_a_table_that_was_not_delivered() -> None:
    row = settled("P1-1", delivered("hotline_calls"), 40, 40, daily_totals=(40, 40))
    assert (row["value"], *told(row)) == (0.5, "ok", None, DAILY_TOTALS)
    row = settled("P1-1", delivered("hotline_calls"), 0, 0)
    assert told(row) == ("no_data", "table_not_delivered:hotline_calls", None)


def test_totals_of_another_quarter_do_not_stand_in_for_this_one() -> None:
    row = settled("P1-1", delivered("hotline_calls", "hotline_daily_totals"), 40, 40, daily_totals=(40, 40))
    assert (row["value"], *told(row)) == (None, "no_data", "table_not_delivered:hotline_calls", None)


def test_totals_within_another_limit_give_no_value() -> None:
    row = settled("P1-2", delivered("hotline_calls"), 0, 40, daily_totals=(0, 40))
    assert told(row) == ("no_data", "no_total_within_limit", None)


@pytest.mark.parametrize(("n", "basis"), [(40, DAILY_TOTALS), (60, f"records;{DAILY_TOTALS}")])
def test_part_of_a_value_may_come_from_totals(n: int, basis: str) -> None:
    assert told(settled("P1-1", delivered(), n, n, daily_totals=(40, 40))) == ("ok", None, basis)


def test_what_the_mapping_made_up_of_the_totals_is_assumed_where_it_entered() -> None:
    made_up = delivered("hotline_calls", assumed={"hotline_daily_totals": {"answer_limit_seconds": "constant"}})
    row = settled("P1-2", made_up, 40, 40, daily_totals=(40, 40))
    assert told(row) == ("assumed", "assumed_constant:hotline_daily_totals.answer_limit_seconds", DAILY_TOTALS)
    # P1-1 does not rest on the limit; a value of calls rests on nothing of the totals.
    assert told(settled("P1-1", made_up, 40, 40, daily_totals=(40, 40)))[0] == "ok"
    beside = delivered(assumed={"hotline_daily_totals": {"answer_limit_seconds": "constant"}})
    assert told(settled("P1-2", beside, 40, 40)) == ("ok", None, "records")


def test_what_the_mapping_made_up_of_the_calls_is_not_assumed_of_totals() -> None:
    made_up = delivered(assumed={"hotline_calls": {"in_service_hours": "constant"}})
    assert told(settled("P1-1", made_up, 40, 40, daily_totals=(40, 40))) == ("ok", None, DAILY_TOTALS)
    both = settled("P1-1", made_up, 60, 60, daily_totals=(40, 40))
    assert told(both) == ("assumed", "assumed_constant:hotline_calls.in_service_hours", f"records;{DAILY_TOTALS}")


def test_flags_stand_in_for_a_time_that_was_not_delivered() -> None:
    without = delivered("complaints.first_reply_at")
    assert told(settled("I1-2", without, 40, 40, as_reported_by_the_source=(40, 40))) == ("ok", None, REPORTED)
    # Nobody set a flag: the time is missing.
    assert told(settled("I1-2", without, 40, 40)) == ("no_data", "column_not_delivered:complaints.first_reply_at", None)
    constant = delivered("complaints.first_reply_at", assumed={"complaints": {"replied_in_time": "constant"}})
    row = settled("I1-2", constant, 40, 40, as_reported_by_the_source=(40, 40))
    assert told(row) == ("assumed", "assumed_constant:complaints.replied_in_time", REPORTED)


def test_dates_decide_nothing_unless_all_cases_are_decided_otherwise() -> None:
    dates = delivered(day_precision={"E1": frozenset({"complaints.received_at"})})
    assert told(settled("I1-2", dates, 40, 40, as_reported_by_the_source=(40, 40))) == ("ok", None, REPORTED)
    row = settled("I1-2", dates, 60, 60, as_reported_by_the_source=(40, 40))
    assert told(row) == ("no_data", "day_precision:complaints.received_at", None)


def test_every_rate_with_a_limit_of_time_has_a_flag_and_no_mean_has_one() -> None:
    catalogue = {row["indicator_id"]: row for row in catalogue_frame(Q1).iter_rows(named=True)}
    flagged = {name for name in catalogue if REPORTED in stand_ins(name)}
    assert flagged == {"P1-2", "P1-3", "P1-4", "P2-2", "I1-2", "O4-2"}
    assert {catalogue[name]["method"] for name in flagged} == {"rate"}
    flags = {f"{table.name}.{column.name}" for table in TABLES.values() for column in table.columns if column.in_place_of}
    assert {column for name in flagged for column in stand_ins(name)[REPORTED]} == flags
    for name in flags:
        table, _, column = name.partition(".")
        time = TABLES[table].column(str(TABLES[table].column(column).in_place_of))
        assert TABLES[table].column(column).type == "boolean"
        assert time.type in ("timestamp", "date")
