"""The scorecard by hand: shares of delivered rows by dimension, and what its picture shows."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from pipeline.account.scorecard import markdown, plot, rows_by_rule, score
from pipeline.calendar.quarters import Quarter
from schemas.contract import TABLES
from schemas.expectations.quality import DIMENSIONS, dimension_of

Q1 = Quarter(2025, 1)
ACCOUNTS = pl.DataFrame(
    {
        "enterprise_id": ["E1", "E1", "E2"],
        "table": ["hotline_calls", "service_requests", "service_requests"],
        "extracted": [50, 200, 10],
        "accepted": [50, 193, 10],
        "quarantined": [0, 7, 0],
    }
)
# Row 2 breaks two rules of consistency, row 3 one of consistency and one of validity; rows 4 to 8 one each.
REFUSED = pl.DataFrame(
    [
        ("E1", "service_requests", "resolved_before_responded", 2),
        ("E1", "service_requests", "foreign_key", 2),
        ("E1", "service_requests", "foreign_key", 3),
        ("E1", "service_requests", "allowed_values", 3),
        ("E1", "service_requests", "required", 4),
        ("E1", "service_requests", "unique_key", 5),
        ("E1", "service_requests", "unique_key", 9),
        ("E1", "service_requests", "type", 7),
        ("E1", "service_requests", "range", 8),
    ],
    schema=["enterprise_id", "table", "rule", "_row_id"],
    orient="row",
)


def test_shares_by_hand() -> None:
    found = score(
        ACCOUNTS,
        REFUSED,
        {("E1", "service_requests"): 0.75},
        {("E1", "service_requests"): dt.date(2025, 1, 30), ("E1", "hotline_calls"): dt.date(2025, 2, 14)},
        {"E1": dt.date(2025, 2, 14)},
        Q1,
    )
    requests = found.row(by_predicate=(pl.col("table") == "service_requests") & (pl.col("enterprise_id") == "E1"), named=True)
    assert requests["completeness"] == 1 - 1 / 200  # row 4
    assert requests["validity"] == 1 - 3 / 200  # rows 3, 7, 8
    assert requests["consistency"] == 1 - 2 / 200  # rows 2, 3
    assert requests["uniqueness"] == 1 - 2 / 200  # row 5 of two files
    assert requests["timeliness"] == pytest.approx(30 / 45)  # January 1 to 30, of January 1 to February 14
    assert requests["filled_rate"] == 0.75
    calls = found.row(by_predicate=pl.col("table") == "hotline_calls", named=True)
    assert (calls["validity"], calls["timeliness"], calls["filled_rate"]) == (1.0, 1.0, None)
    # The contract's order, not the alphabet's.
    assert found.filter(pl.col("enterprise_id") == "E1")["table"].to_list() == ["service_requests", "hotline_calls"]


def test_rows_by_rule() -> None:
    found = rows_by_rule(REFUSED, Q1)
    assert {row["rule"]: (row["dimension"], row["rows"]) for row in found.iter_rows(named=True)} == {
        "allowed_values": ("validity", 1),
        "foreign_key": ("consistency", 2),
        "range": ("validity", 1),
        "required": ("completeness", 1),
        "resolved_before_responded": ("consistency", 1),
        "type": ("validity", 1),
        "unique_key": ("uniqueness", 2),
    }


def test_rules_between_columns_speak_for_consistency() -> None:
    rules = {rule for table in TABLES.values() for rule, _ in table.rules}
    assert {dimension_of(rule) for rule in rules if "_before_" in rule or "_above_" in rule} == {"consistency"}
    assert {dimension_of(rule) for rule in ("version_overlap", "unique_key")} == {"uniqueness"}


def test_the_picture_shows_every_dimension_over_the_quarters() -> None:
    shares = pl.DataFrame(
        {
            "quarter": ["2024-Q4", "2025-Q1"],
            **{name: [0.95, 0.96 + number / 100] for number, name in enumerate(DIMENSIONS)},
        }
    )
    picture = plot(shares)
    assert picture.count("<polyline") == len(DIMENSIONS)
    assert all(f"{title} {0.96 + number / 100:.2%}" in picture for number, title in enumerate(DIMENSIONS.values()))
    assert "2024-Q4" in picture
    assert "| 2025-Q1 | 96.00% |" in markdown(shares.select("quarter", "completeness"))
