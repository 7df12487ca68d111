"""The draft plan: the five fields of clause 八, from rules, for what is clearly missed."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
import report_run

from pipeline.report.claims.gather import Gathered
from pipeline.report.measures.draft import Measure, draft_plan, improvement_projects, plan_table, recipes
from pipeline.report.model.run_tables import RunTables
from pipeline.report.words.messages import messages
from pipeline.report.words.sentences import is_chinese
from schemas.standard.catalogue import catalogue_rows
from schemas.standard.tree import nodes
from schemas.tables.improvement import ImprovementProjects

QUARTER = report_run.QUARTER


@pytest.fixture(scope="module")
def measures(conclusions_path: Path) -> tuple[Measure, ...]:
    return draft_plan(Gathered(RunTables.read(conclusions_path, QUARTER), "E1", QUARTER.label))


def test_every_sub_dimension_has_a_measure_in_both_languages() -> None:
    known = {
        *(row.indicator_id for row in catalogue_rows()),
        *(name for name, node in nodes().items() if node.level == "subdimension"),
    }
    assert {name for name, node in nodes().items() if node.level == "subdimension"} <= recipes().measures.keys() <= known
    for recipe in recipes().measures.values():
        assert is_chinese(recipe.zh)
        assert is_chinese(recipe.owner_zh)
        assert not is_chinese(recipe.en + recipe.owner_en)
        for language in ("zh", "en"):
            assert messages(language).text(f"edition.measure.{recipe.type}")  # type: ignore[arg-type]


def test_a_measure_gains_what_the_indicator_costs(measures: tuple[Measure, ...], conclusions_path: Path) -> None:
    scores = pl.read_parquet(conclusions_path / "scores.parquet").filter(enterprise_id="E1", period=QUARTER.label)
    lost = dict(scores.select("node_id", "lost_points").iter_rows())
    assert [each.indicator.subject_id for each in measures][:2] == ["O4-1", "O1-2"]
    assert len(measures) == 4
    assert [each.effect for each in measures] == [lost[each.indicator.subject_id] for each in measures]


def test_a_plan_has_the_five_fields_and_is_a_draft(measures: tuple[Measure, ...]) -> None:
    plan = plan_table(measures)
    # 目标, 措施, 责任主体, 时间节点, 预期成果 (PR-53)
    fields = ("goal", "measure_zh", "owner_zh", "due_on", "expected_points")
    assert plan.select(fields).null_count().sum_horizontal().item() == 0
    first = plan.row(0, named=True)
    assert (first["state"], first["measure_type"], first["measure_id"]) == ("draft", "process", "DRAFT-2025-Q1-O4-1")
    # The report of the first quarter plans for the second.
    assert (first["starts_on"], first["due_on"]) == (dt.date(2025, 4, 1), dt.date(2025, 6, 30))


def test_rows_fit_the_source_table_and_count_nothing_yet(measures: tuple[Measure, ...]) -> None:
    rows = improvement_projects(measures)
    assert rows.columns == list(ImprovementProjects.to_schema().columns)
    assert set(rows["kind"]) <= {"process_optimisation", "improvement"}
    assert rows["effective_on"].null_count() == rows.height == len(measures)
    assert all(title.startswith("草案：") for title in rows["title"])


def test_nothing_missed_makes_an_empty_plan(conclusions_path: Path) -> None:
    gathered = Gathered(RunTables.read(conclusions_path, QUARTER), report_run.EMPTY, QUARTER.label)
    assert draft_plan(gathered) == ()
    assert plan_table(()).height == improvement_projects(()).height == 0
    assert plan_table(()).columns == plan_table(draft_plan(Gathered(gathered.tables, "E1", QUARTER.label))).columns
