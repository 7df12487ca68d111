"""Longer periods rest on earlier quarters: what was assumed, or dated by the day, in one of them is so in the whole period."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter, quarter_range
from pipeline.calendar.windows import published_periods
from pipeline.evaluate.inputs import examined_delivery
from pipeline.evaluate.values.delivery import Delivery, EarlierQuarter
from pipeline.evaluate.values.parts import PLACE, VALUE_SCHEMA, Comparison
from pipeline.evaluate.values.status import assign_status
from pipeline.lake.layout import Lake
from pipeline.settings.indicators import catalogue_frame
from pipeline.settings.plan import EvaluationPlan
from schemas.contract import TABLES

Q2 = Quarter(2025, 2)
PERIODS = ("2025-Q2", "2025-Q2-YTD", "2025-Q2-TTM")
# Column of one indicator each, by its period_rule.
O1_1, I1_2, R3_1, I4_1, I4_3 = (
    "service_requests.contact_count",
    "complaints.received_at",
    "service_requests.customer_id",
    "service_requests.has_service_error",
    "service_requests.resolved_at",
)


def _statuses(indicator: str, then: Quarter, earlier: EarlierQuarter) -> list[str | None]:
    """The status of the indicator in the three periods of 2025-Q2, with everything delivered and one special quarter."""
    columns = {name: frozenset(column.name for column in table.columns) for name, table in TABLES.items()}
    delivery = Delivery(dict.fromkeys(TABLES, True), columns, earlier={then: earlier})
    periods = published_periods(Q2)
    coverage = pl.DataFrame(
        {
            "enterprise_id": "E1",
            "period": each.period,
            "period_role": each.role,
            "window_kind": each.window_kind,
            "first_day": each.first_day,
            "last_day": each.last_day,
            "quarters_expected": len(quarter_range(f"{each.first_quarter}..{each.last_quarter}")),
            "quarters_covered": 1,
        }
        for each in periods
    )
    rows = [
        dict(zip(PLACE, ("E1", period, "enterprise", "E1"), strict=True))
        | dict.fromkeys(VALUE_SCHEMA)
        | {"indicator_id": indicator, "value": 1.0, "numerator": 40.0, "denominator": 40.0, "sample_size": 40, "cases": 40}
        for period in PERIODS
    ]
    current = pl.DataFrame(rows, schema=dict.fromkeys([*PLACE, "indicator_id"], pl.String) | VALUE_SCHEMA)
    catalogue = catalogue_frame(Q2).filter(pl.col("indicator_id") == indicator)
    tables = catalogue["source_tables"][0].to_list()
    quarters = [Q2.shift(-back).label for back in range(8)]
    recorded = pl.DataFrame(
        [{"enterprise_id": "E1", "table_name": table, "quarter": label, "row_count": 9} for table in tables for label in quarters]
    )
    comparison = Comparison(current, current.clear())
    found = assign_status(comparison, catalogue, coverage, recorded, delivery, EvaluationPlan())
    return [status if status in ("assumed", "no_data") else None for status in found.sort("period")["status"].gather([0, 2, 1])]


def _assumed(column: str) -> EarlierQuarter:
    table, _, name = column.partition(".")
    return EarlierQuarter(assumed={table: {name: "constant"}})


@pytest.mark.parametrize(
    ("indicator", "column", "quarters_back", "expected"),
    [
        ("O1-1", O1_1, 1, [None, "assumed", "assumed"]),  # 2025-Q1 is in the year to date and in the trailing year
        ("O1-1", O1_1, 2, [None, None, "assumed"]),
        ("O1-1", O1_1, 4, [None, None, None]),
        ("R3-1", R3_1, 3, ["assumed", "assumed", "assumed"]),  # the customers of twelve months, whatever the period
        ("R3-1", R3_1, 4, [None, None, None]),
        ("I4-1", I4_1, 7, ["assumed", "assumed", "assumed"]),  # two trailing years
    ],
)
def test_a_constant_of_an_earlier_quarter(indicator: str, column: str, quarters_back: int, expected: list[str | None]) -> None:
    assert _statuses(indicator, Q2.shift(-quarters_back), _assumed(column)) == expected


def test_a_change_rests_on_both_periods() -> None:
    # 2024-Q2 is what 2025-Q2 is compared with; 2024-Q4 is in neither.
    assert _statuses("I4-3", Q2.shift(-4), _assumed(I4_3))[0] == "assumed"
    assert _statuses("I4-3", Q2.shift(-2), _assumed(I4_3))[0] is None


def test_dates_of_an_earlier_quarter() -> None:
    earlier = EarlierQuarter(day_precision={"E1": frozenset({I1_2}), "E2": frozenset({"complaints.first_reply_at"})})
    assert _statuses("I1-2", Q2.shift(-1), earlier) == [None, "no_data", "no_data"]
    other = EarlierQuarter(day_precision={"E2": frozenset({I1_2})})
    assert _statuses("I1-2", Q2.shift(-1), other) == [None, None, None]


def test_earlier_quarters_are_read_from_the_lake(lake_without_rows: Callable[[Quarter], Lake]) -> None:
    lake = lake_without_rows(Q2)
    before = Q2.shift(-3)
    raw, clean = (lake.partition(zone, "complaints", before) for zone in ("raw", "clean"))
    for path in (raw, clean):
        path.parent.mkdir(parents=True)
    marks = {"delivered": "true", "delivered_columns": "[]", "assumed_columns": '{"satisfaction": "constant"}'}
    pl.DataFrame({"enterprise_id": []}).write_parquet(raw, metadata=marks)
    row = {"enterprise_id": "E1", "complaint_id": "1", "received_at": dt.datetime(2024, 8, 1)}
    pl.DataFrame([row], schema=TABLES["complaints"].polars_schema).write_parquet(clean)
    earlier = examined_delivery(lake, Q2).earlier
    assert earlier[before].assumed["complaints"] == {"satisfaction": "constant"}
    assert earlier[before].day_precision == {"E1": {"complaints.received_at"}}
    assert not any(each.day_precision for quarter, each in earlier.items() if quarter != before)
