"""Values of months, and the description of a quarter, worked by hand and against scipy."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from pipeline.analyse.descriptive import described
from pipeline.analyse.months import ASSUMED, FEW, NO_DATA, NOT_PUBLISHED, OK, SCHEMA, months, months_as_published
from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder

CATALOGUE = pl.DataFrame(
    {
        "indicator_id": ["O1-1", "P2-1c", "O2-1", "O2-5"],
        "method": ["rate", "mean", "score", "composite"],
        "unit_divisor": [1.0, 60.0, 1.0, 1.0],
        "multiplier": [1.0, 1.0, 1.0, 1.0],
        "minimum_n": [30, 30, 30, 30],
    }
)
PARTS = {
    **dict.fromkeys(("numerator", "denominator", "sum_squares", "sum_products"), pl.Decimal(38, 9)),
    **dict.fromkeys(("n", "cases", "within_limit", "count_squares"), pl.Int64),
}


def part(indicator: str, numerator: float, n: int, quarter: str = "2025-Q1", **others: object) -> dict[str, object]:
    place = {"enterprise_id": "E1", "quarter": quarter, "month": "2025-01", "scope_type": "enterprise", "scope_id": "E1"}
    absent = dict.fromkeys(("within_limit", "sum_squares", "sum_products", "count_squares"))
    counts = {"numerator": Decimal(str(numerator)), "denominator": Decimal(n), "n": n, "cases": n}
    return {**place, "indicator_id": indicator, **absent, **counts, **others}


def of(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema_overrides=PARTS)


def published(**statuses: str) -> pl.DataFrame:
    rows = [("E1", "2025-Q1", indicator.replace("_", "-"), status) for indicator, status in statuses.items()]
    return pl.DataFrame(rows, schema=["enterprise_id", "quarter", "indicator_id", "quarter_status"], orient="row")


WAITS = [30.0, 45.5, 61.25, 90.0, 120.0, 15.75] * 6


def test_a_month_has_the_value_interval_and_deviation_of_its_cases() -> None:
    seconds = np.array(WAITS)
    counted = of(
        part("O1-1", 81, 100),
        part("P2-1c", seconds.sum(), len(WAITS), sum_squares=Decimal(str((seconds**2).sum()))),
        part("O2-5", 80, 100),
    )
    found = {row["indicator_id"]: row for row in months(counted, CATALOGUE, published(O1_1="ok", P2_1c="ok")).iter_rows(named=True)}
    # Composed values have no months.
    assert found.keys() == {"O1-1", "P2-1c"}
    rate, mean = found["O1-1"], found["P2-1c"]
    wilson = stats.binomtest(81, 100).proportion_ci(method="wilson")
    assert (rate["value"], rate["ci_low"], rate["ci_high"]) == pytest.approx((0.81, wilson.low, wilson.high), abs=1e-12)
    # √(0.81 · 0.19)
    assert rate["standard_deviation"] == pytest.approx(0.3923009, abs=1e-7)
    minutes = seconds / 60
    interval = stats.t.interval(0.95, 35, minutes.mean(), stats.sem(minutes))
    assert (mean["value"], mean["ci_low"], mean["ci_high"]) == pytest.approx((minutes.mean(), *interval), abs=1e-12)
    assert mean["standard_deviation"] == pytest.approx(minutes.std(ddof=1), abs=1e-12)
    assert {row["status"] for row in found.values()} == {OK}


def test_where_people_give_several_answers_there_is_no_deviation_of_answers() -> None:
    """Two people, three answers: 80 and 90 of one, 70 of the other; their sums are 170 and 70.

    Cluster-robust error: residuals 170 − 2·80 and 70 − 80, √(2/1 · (10² + 10²)) ÷ 3 = 20/3; t with one degree is 12.706.
    """
    several = {"sum_squares": Decimal(170**2 + 70**2), "sum_products": Decimal(2 * 170 + 70), "count_squares": 5}
    counted = part("O2-1", 240, 3, **several) | {"n": 2}
    (row,) = months(of(counted), CATALOGUE, published(O2_1="ok")).rows(named=True)
    assert (row["value"], row["standard_deviation"], row["n"]) == (80, None, 2)
    assert row["ci_high"] == pytest.approx(80 + 12.7062 * 20 / 3, abs=1e-3)


@pytest.mark.parametrize(
    ("statuses", "n", "status", "has_value"),
    [
        ({"O1_1": "ok"}, 30, OK, True),
        ({"O1_1": "ok"}, 29, FEW, True),
        # The quarter had enough, its month has not; and the other way round nothing is hidden.
        ({"O1_1": "insufficient_sample"}, 29, FEW, True),
        ({"O1_1": "assumed"}, 50, ASSUMED, True),
        # A column that was not delivered makes every case a miss.
        ({"O1_1": "no_data"}, 50, NO_DATA, False),
        ({"O1_1": "not_applicable"}, 50, "not_applicable", False),
        ({}, 50, NOT_PUBLISHED, False),
        ({"O1_1": "ok"}, 0, NO_DATA, False),
    ],
)
def test_a_month_rests_on_what_its_quarter_had(statuses: dict[str, str], n: int, status: str, has_value: bool) -> None:
    statuses = statuses or {"P2_1c": "ok"}
    (row,) = months(of(part("O1-1", 0, n, cases=5)), CATALOGUE, published(**statuses)).rows(named=True)
    assert (row["status"], row["value"] is not None, row["n"]) == (status, has_value, n)


def test_a_quarter_is_described_in_the_indicator_s_unit() -> None:
    seconds = np.array(WAITS)
    rows = of(
        part("O1-1", 81, 100, variant="", part=""),
        part("P2-1c", seconds.sum(), len(WAITS), sum_squares=Decimal(str((seconds**2).sum())), variant="", part=""),
        part("O2-1", 3200, 40, sum_squares=Decimal(260000), sum_products=Decimal(3200), count_squares=40, variant="", part=""),
        part("O2-1", 25, 40, variant="top_two_box", part=""),
        part("O2-1", 10, 40, variant="expectation", part=""),
    )
    place = {"enterprise_id": "E1", "period": "2025-Q1", "scope_type": "enterprise", "scope_id": "E1"}
    statistics = pl.DataFrame([place | {"indicator_id": "P2-1c", "n": 36, "p50": 0.9, "p90": 2.0, "p95": 2.0}])
    statuses = pl.DataFrame([place | {"indicator_id": name, "status": "ok"} for name in ("O1-1", "P2-1c", "O2-1")])
    found = {
        row["indicator_id"]: row
        for row in described(rows.drop("month").rename({"quarter": "period"}), statistics, statuses, CATALOGUE).iter_rows(
            named=True
        )
    }
    assert (found["O1-1"]["mean"], found["O1-1"]["frequency"], found["O1-1"]["median"]) == (0.81, 81, None)
    assert found["P2-1c"]["standard_deviation"] == pytest.approx((seconds / 60).std(ddof=1), abs=1e-12)
    assert [found["P2-1c"][name] for name in ("median", "p90", "p95", "frequency")] == [0.9, 2.0, 2.0, None]
    # Σ² = 260,000 of forty with the mean 80: √((260000 − 40 · 6400) ÷ 39)
    assert (found["O2-1"]["mean"], found["O2-1"]["frequency"]) == (80, 25)
    assert found["O2-1"]["standard_deviation"] == pytest.approx(10.1274, abs=1e-4)
    hidden = statuses.with_columns(status=pl.lit("no_data"))
    empty = described(rows.drop("month").rename({"quarter": "period"}), statistics, hidden, CATALOGUE)
    assert empty.select("mean", "standard_deviation", "median", "frequency").null_count().row(0) == (3, 3, 3, 3)


def test_events_have_a_rate_and_no_deviation() -> None:
    """Three incidents of 6,000 services are 5 per 10,000: Wilson's interval of the share, on that scale."""
    catalogue = pl.DataFrame(
        {"indicator_id": ["O4-1"], "method": ["ratio"], "unit_divisor": [1.0], "multiplier": [1e4], "minimum_n": [1]}
    )
    (row,) = months(of(part("O4-1", 3, 6000)), catalogue, published(O4_1="ok")).rows(named=True)
    wilson = stats.binomtest(3, 6000).proportion_ci(method="wilson")
    assert (row["value"], row["ci_low"], row["ci_high"]) == pytest.approx((5, 1e4 * wilson.low, 1e4 * wilson.high), abs=1e-9)
    assert (row["n"], row["status"], row["standard_deviation"]) == (6000, OK, None)


def test_each_quarter_s_months_are_those_it_published_itself(tmp_path: Path) -> None:
    """2024-Q3 was published without months; 2024-Q4 with its own, and with months of 2024-Q3 that nobody should read."""
    lake = Lake(tmp_path)
    run = RunFolder(lake, Quarter.parse("2025-Q1"), "now")
    for quarter, values in {
        "2024-Q3": None,
        "2024-Q4": {"2024-Q3": 1.0, "2024-Q4": 2.0},
        "2025-Q1": {"2024-Q4": 3.0, "2025-Q1": 4.0},
    }.items():
        folder = run.path if quarter == "2025-Q1" else lake.analyst_runs / quarter
        folder.mkdir(parents=True)
        if folder != run.path:
            (lake.runs / quarter).mkdir(parents=True)
            link = lake.current(Quarter.parse(quarter))
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(lake.runs / quarter)
        if values is not None:
            rows = [{"enterprise_id": "E1", "quarter": name, "month": name, "value": value} for name, value in values.items()]
            pl.DataFrame(rows, schema=SCHEMA).write_parquet(folder / "indicator_months.parquet")

    def found(quarters_back: int) -> list[tuple[str, float]]:
        return months_as_published(lake, Quarter.parse("2025-Q1"), run, quarters_back).select("month", "value").rows()

    assert found(2) == [("2025-Q1", 4.0), ("2024-Q4", 2.0)]
    assert found(0) == [("2025-Q1", 4.0)]
