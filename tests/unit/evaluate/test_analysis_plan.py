"""Which analyses are planned, why not, and the share of clause 七's eight methods that counts, by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.evaluate.analysis_plan import Counts, analysis_plan, depth_inputs
from pipeline.settings.benchmarks import Benchmark
from pipeline.settings.plan import Analyses, EvaluationPlan
from schemas.expectations.analyses import Analysis, analyses, not_offered

QUARTER = Quarter.parse("2025-Q1")
PERIODS = ("2025-Q1", "2025-Q1-YTD", "2025-Q1-TTM")
_EMPTY: dict[str, pl.Schema] = {
    "mart_period_inputs": pl.Schema(
        {
            **dict.fromkeys(("enterprise_id", "period", "period_role", "scope_type", "scope_id"), pl.String),
            **dict.fromkeys(("indicator_id", "variant", "part"), pl.String),
            "denominator": pl.Decimal(38, 9),
        }
    ),
    "mart_indicator_inputs": pl.Schema(dict.fromkeys(("enterprise_id", "quarter", "indicator_id", "variant", "part"), pl.String)),
    "mart_request_class_parts": pl.Schema(
        {
            **dict.fromkeys(("enterprise_id", "quarter", "scope_type", "scope_id", "indicator_id"), pl.String),
            "denominator": pl.Float64,
        }
    ),
    "mart_monthly_parts": pl.Schema(dict.fromkeys(("enterprise_id", "quarter", "scope_type"), pl.String)),
    "mart_pair_moments": pl.Schema(
        {**dict.fromkeys(("enterprise_id", "quarter", "unit", "x_measure", "y_measure"), pl.String), "n": pl.Int64}
    ),
}


def part(scope_type: str, scope_id: str, indicator: str = "O1-1", period: str = "2025-Q1", role: str = "current") -> dict[str, Any]:
    return {
        "enterprise_id": "E1", "period": period, "period_role": role, "scope_type": scope_type, "scope_id": scope_id,
        "indicator_id": indicator, "variant": "", "part": "", "denominator": 5,
    }  # fmt: skip


PARTS = {"enterprise_id": "E1", "quarter": "2025-Q1", "indicator_id": "O1-1", "variant": "", "part": ""}
PAIR = {
    "enterprise_id": "E1", "quarter": "2025-Q1", "unit": "requests", "x_measure": "response_seconds", "y_measure": "satisfaction",
}  # fmt: skip


def month(quarter: str) -> dict[str, str]:
    return {"enterprise_id": "E1", "quarter": quarter, "scope_type": "enterprise"}


class Marts:
    """The marts of one enterprise, E1, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write()

    def write(self, **tables: list[dict[str, Any]]) -> Marts:
        for name, schema in _EMPTY.items():
            pl.DataFrame(tables.get(name, []), schema=schema).write_parquet(self.folder / f"{name}.parquet")
        return self

    def plan(self, settings: Analyses | None = None, benchmarks: tuple[Benchmark, ...] = ()) -> pl.DataFrame:
        places = pl.DataFrame([("E1", period) for period in sorted(PERIODS)], schema=["enterprise_id", "period"], orient="row")
        counts = Counts(lambda name: self.folder / f"{name}.parquet", QUARTER, settings or Analyses(), benchmarks, places)
        return analysis_plan(counts)


@pytest.fixture
def marts(tmp_path: Path) -> Marts:
    return Marts(tmp_path)


def of(plan: pl.DataFrame, analysis: str, period: str = "2025-Q1") -> tuple[bool, bool, str | None]:
    (row,) = plan.filter(analysis_id=analysis, period=period).select("is_planned", "is_counted", "reason").rows()
    return row


def depth(plan: pl.DataFrame) -> dict[str, tuple[int, int]]:
    rows = depth_inputs(plan).select("period", pl.col("numerator", "denominator").cast(pl.Int64)).rows()
    return {period: (numerator, denominator) for period, numerator, denominator in rows}


def test_an_enterprise_without_records(marts: Marts) -> None:
    """It is evaluated, so its scores are looked at; but nothing can come of it, and none of the eight methods counts."""
    plan = marts.plan()
    assert plan.height == 3 * (len(analyses()) + len(not_offered()))
    assert of(plan, "descriptive") == (False, False, "no_data")
    assert of(plan, "league") == (False, False, "no_data")
    assert of(plan, "benchmarks") == (False, False, "no_benchmarks")
    assert of(plan, "score_changes") == (True, False, "no_earlier_records")
    assert of(plan, "correlation") == (True, False, "insufficient_sample")
    assert of(plan, "robustness") == (True, True, None)
    assert {name: of(plan, name) for name in ("regression", "text", "cluster", "forecast")} == dict.fromkeys(
        ("regression", "text", "cluster", "forecast"), (False, False, "not_offered")
    )
    assert depth(plan) == dict.fromkeys(PERIODS, (0, 8))


def test_four_of_eight_methods(marts: Marts) -> None:
    """Description by cases of a rate (1), comparison by two regions (1), root causes by cases of an indicator (1), correlation by
    30 requests with both figures (1).
    """
    marts.write(
        mart_indicator_inputs=[PARTS],
        mart_period_inputs=[part("enterprise", "E1"), part("region", "R1"), part("region", "R2")],
        mart_pair_moments=[PAIR | {"n": 30}],
    )
    plan = marts.plan()
    assert of(plan, "league") == of(plan, "correlation") == of(plan, "descriptive") == (True, True, None)
    # The trailing year has no regions here. Description and correlation are of the quarter, which it contains.
    assert depth(plan) == {"2025-Q1": (4, 8), "2025-Q1-TTM": (2, 8), "2025-Q1-YTD": (2, 8)}


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([part("region", "R1")], (True, False, "nothing_to_compare")),
        # Another member, but of another indicator or dimension: there is nothing beside it.
        ([part("region", "R1"), part("region", "R2", "O1-2"), part("outlet", "S1")], (True, False, "nothing_to_compare")),
        ([part("staff", "W1"), part("staff", "W2")], (True, True, None)),
        # The year before is not this one, and percentiles do not add up over regions.
        ([part("region", "R1", role="previous"), part("region", "R2", role="previous")], (False, False, "no_data")),
        ([part("region", "R1", "P2-1d")], (False, False, "no_data")),
    ],
)
def test_a_league_table_needs_members(marts: Marts, parts: list[dict[str, Any]], expected: tuple[bool, bool, str | None]) -> None:
    assert of(marts.write(mart_period_inputs=parts).plan(), "league") == expected


def test_contributions_need_members_or_classes_of_requests(marts: Marts) -> None:
    """Requests of two urgencies can be split although nobody says where they were; a league table has nobody to rank."""
    request = {"enterprise_id": "E1", "quarter": "2025-Q1", "scope_type": "urgency", "indicator_id": "O1-1", "denominator": 5.0}
    both = [request | {"scope_id": "urgent"}, request | {"scope_id": "normal"}]
    plan = marts.write(mart_request_class_parts=both, mart_monthly_parts=[month("2024-Q4")]).plan()
    assert of(plan, "contributions") == (True, True, None)
    assert of(plan, "league") == (False, False, "no_data")
    assert of(marts.write(mart_request_class_parts=[both[0] | {"indicator_id": "P2-1d"}]).plan(), "contributions")[0] is False


def test_what_compares_with_earlier_publications_counts_by_the_records_that_the_quarter_reads(marts: Marts) -> None:
    """It is run whatever was published; whether it counts depends on records of a period it is compared with."""
    assert of(marts.write(mart_monthly_parts=[month("2025-Q1")]).plan(), "comparison") == (True, False, "no_earlier_records")
    plan = marts.write(mart_monthly_parts=[month("2025-Q1"), month("2024-Q4")]).plan()
    # The trailing year to 2024-Q4 has that quarter too; the year to date has only 2024-Q1 to compare with.
    assert [of(plan, "comparison", period)[1] for period in PERIODS] == [True, False, True]
    plan = marts.write(mart_monthly_parts=[month("2024-Q1")]).plan()
    assert [of(plan, "score_changes", period)[1] for period in PERIODS] == [True, True, True]
    # 2023-Q2 is part of the trailing year before, and of nothing else.
    plan = marts.write(mart_monthly_parts=[month("2023-Q2")]).plan()
    assert [of(plan, "score_changes", period)[1] for period in PERIODS] == [False, False, True]


@pytest.mark.parametrize(
    ("n", "measure", "is_counted"), [(29, "satisfaction", False), (30, "satisfaction", True), (99, "visits", False)]
)
def test_a_correlation_counts_from_thirty_cases_of_a_pair_that_is_wanted(
    marts: Marts, n: int, measure: str, is_counted: bool
) -> None:
    plan = marts.write(mart_pair_moments=[PAIR | {"n": n, "y_measure": measure}]).plan()
    assert of(plan, "correlation") == (True, is_counted, None if is_counted else "insufficient_sample")


def test_benchmarks_are_those_in_force(marts: Marts) -> None:
    given = Benchmark("O1-1", "industry", 0.9, None, "survey", dt.date(2024, 1, 1), None, None, None, None, 2)
    marts.write(mart_period_inputs=[part("enterprise", "E1")])
    assert of(marts.plan(benchmarks=(given,)), "benchmarks") == (True, True, None)
    assert of(marts.plan(benchmarks=(given,)), "benchmarks", "2025-Q1-TTM") == (True, False, "no_data")
    over = Benchmark("O1-1", "industry", 0.9, None, "survey", dt.date(2024, 1, 1), None, None, dt.date(2025, 1, 1), None, 2)
    assert of(marts.plan(benchmarks=(over,)), "benchmarks") == (False, False, "no_benchmarks")


def test_what_is_switched_off_neither_runs_nor_counts(marts: Marts) -> None:
    marts.write(
        mart_indicator_inputs=[PARTS], mart_period_inputs=[part("region", "R1"), part("region", "R2")],
        mart_pair_moments=[PAIR | {"n": 30}],
    )  # fmt: skip
    off = EvaluationPlan.from_mapping({"analyses": {"switched_off": ["league", "correlation"]}}).analyses
    plan = marts.plan(off)
    assert of(plan, "league") == of(plan, "correlation") == (False, False, "switched_off")
    # Of comparison only the league table counted: nothing earlier was delivered. Description and root causes are left.
    assert depth(plan)["2025-Q1"] == (2, 8)
    all_off = EvaluationPlan.from_mapping({"analyses": {"switched_off": list(analyses())}}).analyses
    assert not marts.plan(all_off)["is_planned"].any()
    assert depth(marts.plan(all_off)) == dict.fromkeys(PERIODS, (0, 8))


@pytest.mark.parametrize(("needs", "planned_in"), [("inputs", {"2025-Q1-TTM"}), ("mart_monthly_parts", set(PERIODS))])
def test_an_analysis_is_added_by_a_line(marts: Marts, monkeypatch: pytest.MonkeyPatch, needs: str, planned_in: set[str]) -> None:
    """It needs cases of the period, or rows of a mart, which here has no periods; its method is then counted with the others."""
    line = Analysis("root_causes", "root_cause", ("analysis_root_causes",), needs, "period", False, True)
    monkeypatch.setattr("pipeline.evaluate.analysis_plan.analyses", lambda: {"root_causes": line})
    marts.write(mart_period_inputs=[part("staff", "W1", period="2025-Q1-TTM")], mart_monthly_parts=[month("2024-Q2")])
    plan = marts.plan()
    assert set(plan.filter("is_planned", "is_counted", analysis_id="root_causes")["period"]) == planned_in
    assert depth(plan) == {period: (int(period in planned_in), 8) for period in PERIODS}
