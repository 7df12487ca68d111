"""Values by class of requests: the parts of the period's quarters, added up; what was published without classes is not guessed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from pipeline.analyse.contributions import NOT_PUBLISHED, contributions
from pipeline.analyse.request_classes import class_values, request_class_values
from pipeline.calendar.quarters import Quarter

QUARTER = Quarter.parse("2025-Q1")
CATALOGUE = pl.DataFrame(
    {
        "indicator_id": ["O1-1", "P2-3a"],
        "method": ["rate", "mean"],
        "unit_divisor": [1.0, 3600.0],
        "multiplier": [1.0, 1.0],
        "minimum_n": [30, 30],
        "incomparable": [None, None],
    },
    schema_overrides={"incomparable": pl.String},
)
_SUMS = {
    **{name: pl.Decimal(38, 9) for name in ("numerator", "denominator", "sum_squares", "sum_products")},
    **dict.fromkeys(("n", "cases", "within_limit", "count_squares"), pl.Int64),
}


def parts(*rows: tuple[str, str, str, float, int, float | None]) -> pl.DataFrame:
    """Quarter, urgency, indicator, numerator, denominator and sum of squares, as the mart has them."""
    return pl.DataFrame(
        [
            {
                "enterprise_id": "E1", "quarter": quarter, "scope_type": "urgency", "scope_id": member, "indicator_id": indicator,
                "numerator": Decimal(str(top)), "denominator": Decimal(n), "n": n, "cases": n, "within_limit": None,
                "sum_squares": None if squares is None else Decimal(str(squares)), "sum_products": None, "count_squares": None,
            }
            for quarter, member, indicator, top, n, squares in rows
        ],
        schema_overrides=_SUMS,
    )  # fmt: skip


def test_a_trailing_year_adds_its_quarters() -> None:
    """Rates 30/40 and 60/60 make 90/100; hours 1, 3 and 2, 6 have mean 3 and Σx² = 50 h², s = √((50 − 36)/3) = 2.1602."""
    rows = parts(
        ("2025-Q1", "urgent", "O1-1", 30, 40, None),
        ("2024-Q2", "urgent", "O1-1", 60, 60, None),
        # Before the trailing year.
        ("2024-Q1", "urgent", "O1-1", 1, 99, None),
        ("2025-Q1", "normal", "P2-3a", 4 * 3600, 2, 10 * 3600**2),
        ("2024-Q4", "normal", "P2-3a", 8 * 3600, 2, 40 * 3600**2),
    )
    found = {(row["period"], row["indicator_id"]): row for row in class_values(rows, CATALOGUE, QUARTER).to_dicts()}
    assert (found["2025-Q1", "O1-1"]["value"], found["2025-Q1", "O1-1"]["status"]) == (0.75, "ok")
    year = found["2025-Q1-TTM", "O1-1"]
    assert (year["value"], year["numerator"], year["denominator"], year["ci_method"]) == (0.9, 90.0, 100.0, "wilson")
    mean = found["2025-Q1-TTM", "P2-3a"]
    # t with 3 degrees of freedom: 3.18245 · 2.1602 / √4.
    assert (mean["value"], mean["ci_method"], mean["status"]) == (pytest.approx(3), "t", "insufficient_sample")
    assert mean["ci_high"] - mean["value"] == pytest.approx(3.18245 * 2.160247 / 2, rel=1e-5)


def values(member_counts: dict[str, tuple[float, float]]) -> pl.DataFrame:
    rows = [("enterprise", "E1", (80.0, 100.0)), *(("urgency", name, cell) for name, cell in member_counts.items())]
    return pl.DataFrame(
        [
            {
                "enterprise_id": "E1", "indicator_id": "O1-1", "scope_type": kind, "scope_id": name, "value": top / n,
                "numerator": top, "denominator": n, "ci_low": 0.1, "ci_high": 0.9,
            }
            for kind, name, (top, n) in rows
        ]
    )  # fmt: skip


def test_a_publication_without_classes_is_said() -> None:
    members = {"normal": (40.0, 50.0), "urgent": (40.0, 50.0)}
    for before, now in ((values({}), values(members)), (values(members), values({}))):
        (row,) = contributions(before, now, CATALOGUE).to_dicts()
        assert (row["dimension"], row["member"], row["effect"], row["status"]) == ("urgency", None, None, NOT_PUBLISHED)
    found = contributions(values(members), values(members), CATALOGUE)
    assert found["status"].to_list() == ["ok", "ok"]


def test_a_run_of_an_earlier_version_has_no_classes(tmp_path: Path) -> None:
    place = ["enterprise_id", "period", "scope_type", "scope_id", "indicator_id"]
    numbers = ["value", "numerator", "denominator", "ci_low", "ci_high"]
    schema = {
        **dict.fromkeys([*place, "ci_method", "status"], pl.String),
        **dict.fromkeys(numbers, pl.Float64),
        "sample_size": pl.Int64,
    }
    pl.DataFrame(schema=schema).write_parquet(tmp_path / "indicator_values.parquet")
    found = request_class_values(lambda name: tmp_path / f"{name}.parquet", QUARTER)
    assert found.is_empty()
    assert set(found.columns) == set(schema)
