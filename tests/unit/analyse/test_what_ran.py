"""Whether exactly the planned analyses gave something: a missing row stops the run, and so does one too many."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import polars as pl
import pytest

from pipeline.analyse.what_ran import RUNS_SCHEMA as SCHEMA
from pipeline.analyse.what_ran import NotAsPlanned, Produced, may_be_silent, produced, require_as_planned, status_of
from pipeline.calendar.quarters import Quarter
from pipeline.evaluate.analysis_plan import PLAN_SCHEMA
from pipeline.lake.layout import Lake
from schemas.expectations.analyses import analyses

QUARTER = Quarter.parse("2025-Q1")
LEAGUE, CHANGES, CORRELATION = (analyses()[name] for name in ("league", "score_changes", "correlation"))


def planned(*periods: str, reason: str | None = None, others: tuple[str, ...] = ()) -> pl.DataFrame:
    rows = [{"period": period, "is_planned": True} for period in periods]
    rows += [{"period": period, "is_planned": False, "reason": reason} for period in others]
    return pl.DataFrame([{"enterprise_id": "E1", **row} for row in rows], schema=PLAN_SCHEMA)


def made(statuses: dict[str, int] | None = None, **rows: int) -> Produced:
    return Produced({name.replace("_", "-"): count for name, count in rows.items()}, dict(statuses or {"ok": 1}))


def test_results_and_what_stands_for_them() -> None:
    here = planned("2025-Q1")
    assert status_of(LEAGUE, QUARTER, "E1", here, made({"ok": 1, "insufficient_sample": 9}, **{"2025_Q1": 10}), {}) == ("ok", None)
    few = made({"insufficient_sample": 2, "no_interval": 9}, **{"2025_Q1": 11})
    assert status_of(LEAGUE, QUARTER, "E1", here, few, {}) == ("insufficient_sample", None)
    without = made({"no_interval": 9}, **{"2025_Q1": 9})
    assert status_of(LEAGUE, QUARTER, "E1", here, without, {}) == ("not_applicable", "no_interval")
    first = made({"not_published": 2}, **{"2025_Q1": 2})
    assert status_of(CHANGES, QUARTER, "E1", here, first, {}) == ("insufficient_history", "not_published")


def test_a_planned_period_without_a_row_is_a_fault_unless_the_values_say_why() -> None:
    here = planned("2025-Q1", "2025-Q1-TTM")
    half = made(**{"2025_Q1": 4})
    assert status_of(LEAGUE, QUARTER, "E1", here, half, {}) == ("failed", "no_row: 2025-Q1-TTM")
    assert status_of(LEAGUE, QUARTER, "E1", here, half, {("E1", "2025-Q1-TTM"): "no_values"}) == ("ok", None)
    # Another enterprise's reason is not its own.
    assert status_of(LEAGUE, QUARTER, "E1", here, half, {("E2", "2025-Q1-TTM"): "no_values"})[0] == "failed"
    silent = {("E1", period): "not_published" for period in ("2025-Q1", "2025-Q1-TTM")}
    assert status_of(CHANGES, QUARTER, "E1", here, Produced(), silent) == ("insufficient_history", "not_published")


def test_what_was_not_planned_has_its_reason_and_no_row() -> None:
    off = planned(others=("2025-Q1",), reason="switched_off")
    assert status_of(LEAGUE, QUARTER, "E1", off, Produced(), {}) == ("switched_off", None)
    assert status_of(LEAGUE, QUARTER, "E1", off, made(**{"2025_Q1": 3}), {}) == ("failed", "not_planned: 2025-Q1")
    nothing = planned(others=("2025-Q1",), reason="no_data")
    assert status_of(LEAGUE, QUARTER, "E1", nothing, Produced(), {}) == ("not_applicable", "no_data")


def test_finding_nothing_is_a_result_only_where_it_is_declared() -> None:
    here = planned("2025-Q1", "2025-Q1-TTM")
    may = replace(LEAGUE, may_find_nothing=True)
    assert status_of(LEAGUE, QUARTER, "E1", here, Produced(), {})[0] == "failed"
    assert status_of(may, QUARTER, "E1", here, Produced(), {}) == ("nothing_found", None)
    # Rows that nobody planned are none.
    assert status_of(may, QUARTER, "E1", planned("2025-Q1"), made(**{"2025_Q1_TTM": 1}), {})[0] == "failed"


def test_earlier_publications_may_have_what_the_quarter_lacks() -> None:
    nothing = planned(others=("2025-Q1",), reason="no_data")
    assert status_of(CHANGES, QUARTER, "E1", nothing, made(**{"2025_Q1": 3}), {}) == ("not_applicable", "no_data")
    off = planned(others=("2025-Q1",), reason="switched_off")
    assert status_of(CHANGES, QUARTER, "E1", off, made(**{"2025_Q1": 3}), {})[0] == "failed"


def test_an_analysis_of_the_quarter_has_rows_of_the_quarter() -> None:
    """It is planned for every period, because each contains the quarter."""
    here = planned("2025-Q1", "2025-Q1-TTM", "2025-Q1-YTD")
    assert status_of(CORRELATION, QUARTER, "E1", here, made(**{"2025_Q1": 4}), {}) == ("ok", None)
    assert status_of(CORRELATION, QUARTER, "E1", here, Produced(), {}) == ("failed", "no_row: 2025-Q1")


def test_rows_are_counted_by_enterprise_and_those_of_nobody_are_everybodys(tmp_path: Path) -> None:
    table = tmp_path / "league.parquet"
    rows = [("E1", "2025-Q1", "ok", "better"), ("E1", "2025-Q1", "ok", "not_distinguishable"), ("E2", "2025-Q1", "x", None)]
    pl.DataFrame(rows, schema=["enterprise_id", "period", "status", "finding"], orient="row").write_parquet(table)
    found = produced(table, LEAGUE, QUARTER, ["E1", "E2"])
    assert (dict(found["E1"].rows), found["E1"].findings, dict(found["E2"].statuses)) == ({"2025-Q1": 2}, 1, {"x": 1})
    assert found["E2"].findings == 0
    pl.DataFrame({"quarter": ["2025-Q1"], "status": ["no_pair"]}).write_parquet(table)
    found = produced(table, analyses()["overlaps"], QUARTER, ["E1", "E2"])
    assert [dict(found[name].rows) for name in ("E1", "E2")] == [{"2025-Q1": 1}] * 2


def test_the_fault_names_enterprise_analysis_and_period() -> None:
    row = {"enterprise_id": "E2", "quarter": "2025-Q1", "analysis_id": "league", "status": "failed"}
    surplus = {**row, "analysis_id": "months", "reason": "not_planned: 2025-Q1"}
    runs = pl.DataFrame([{**row, "reason": "no_row: 2025-Q1-TTM"}, surplus], schema=SCHEMA)
    with pytest.raises(
        NotAsPlanned, match=r"E2: league was planned and has no row for 2025-Q1-TTM; .*months has rows that were not"
    ):
        require_as_planned(QUARTER, runs)
    require_as_planned(QUARTER, runs.with_columns(status=pl.lit("ok")))


@dataclass(frozen=True)
class Run:
    """A folder of tables."""

    folder: Path

    def table(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"


@pytest.mark.parametrize(
    ("total", "member", "scope", "is_silent"),
    [(0.9, 0.8, "outlet", False), (None, 0.8, "outlet", True), (0.9, None, "outlet", True), (0.9, 0.8, "warehouse", True)],
)
def test_a_league_table_may_be_silent_without_values(
    tmp_path: Path, total: float | None, member: float | None, scope: str, is_silent: bool
) -> None:
    """Cases were counted, but the indicator does not apply, say: then there is nothing to rank, and that is no fault."""
    key = {"enterprise_id": "E1", "period": "2025-Q1", "indicator_id": "O1-1", "denominator": 50.0}
    rows = [{**key, "scope_type": "enterprise", "value": total}, {**key, "scope_type": scope, "value": member}]
    pl.DataFrame(rows, schema_overrides={"value": pl.Float64}).write_parquet(tmp_path / "indicator_values.parquet")
    planned("2025-Q1").write_parquet(tmp_path / "analysis_plan.parquet")
    found = may_be_silent(Lake(tmp_path), QUARTER, Run(tmp_path), LEAGUE)  # type: ignore[arg-type]
    assert found == ({("E1", "2025-Q1"): "no_values"} if is_silent else {})
    # A correlation has a row for everybody, whatever there is.
    assert may_be_silent(Lake(tmp_path), QUARTER, Run(tmp_path), CORRELATION) == {}  # type: ignore[arg-type]
    # Nothing was published before.
    assert may_be_silent(Lake(tmp_path), QUARTER, Run(tmp_path), CHANGES) == {("E1", "2025-Q1"): "not_published"}  # type: ignore[arg-type]
