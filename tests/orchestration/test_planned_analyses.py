"""Exactly the planned analyses give something: what is switched off is empty, and a row that is missing stops the run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from pipeline.analyse.model_cards import NotValidated
from pipeline.analyse.what_ran import NotAsPlanned
from pipeline.calendar.quarters import Quarter
from pipeline.lake.run_folder import RunFolder
from schemas.expectations.analyses import analyses

from .conftest import Published, TwoQuarters
from .lakes import current, published_contents, released
from .landing import EARLIER_QUARTER, QUARTER
from .test_materialize import materialize, metadata_of

pytestmark = pytest.mark.xdist_group("orchestration_materialize")

CHECKED = ("analysis_descriptive", "analysis_runs", "model_cards")
TABLES = {table: name for name, each in analyses().items() for table in each.tables}


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as ephemeral:
        yield ephemeral


def table(lake: Path, name: str, quarter: str = QUARTER) -> pl.DataFrame:
    return pl.read_parquet(current(lake, quarter) / f"{name}.parquet")


def planned(lake: Path, quarter: str = QUARTER) -> set[tuple[str, str]]:
    rows = table(lake, "analysis_plan", quarter).filter("is_planned")
    return set(rows.select("analysis_id", "period").iter_rows())


def test_the_plan_does_not_depend_on_what_was_published(published: Published, two_quarters: TwoQuarters) -> None:
    """The quarter alone in its lake, and after the publication of the quarter before: the same plan, the same I2-3 (D-132)."""
    alone, after = (table(lake, "analysis_plan").drop("run_id") for lake in (published.lake, two_quarters.lake))
    assert alone.equals(after)
    assert not alone.is_empty()
    depth = [
        table(lake, "indicator_values").filter(indicator_id="I2-3")["numerator"].to_list()
        for lake in (published.lake, two_quarters.lake)
    ]
    assert depth[0] == depth[1]
    # Whatever the plan counts is what I2-3 says.
    counted = alone.filter("is_counted").group_by("enterprise_id", "period").agg(pl.col("method_id").drop_nulls().n_unique())
    own = table(published.lake, "indicator_values").filter(indicator_id="I2-3")
    assert dict(counted.select("period", "method_id").iter_rows()) == dict(own.select("period", "numerator").iter_rows())


def test_what_became_of_every_analysis(published: Published, two_quarters: TwoQuarters) -> None:
    runs = {quarter: table(two_quarters.lake, "analysis_runs", quarter) for quarter in (EARLIER_QUARTER, QUARTER)}
    assert all(set(of["analysis_id"]) >= analyses().keys() for of in runs.values())
    status = {quarter: dict(of.select("analysis_id", "status").iter_rows()) for quarter, of in runs.items()}
    compared = [name for name, each in analyses().items() if each.compares_earlier]
    assert {status[EARLIER_QUARTER][name] for name in compared} == {"insufficient_history"}
    # The landing folder is small: changes of scores need no number of cases.
    assert status[QUARTER]["score_changes"] == "ok"
    assert {status[QUARTER][name] for name in compared if name != "run_charts"} <= {"ok", "insufficient_sample"}
    # Two quarters have six months, a run chart needs twelve.
    assert status[QUARTER]["run_charts"] == "insufficient_history"
    assert status[QUARTER]["text"] == "not_offered"
    assert status[QUARTER]["benchmarks"] == "not_applicable"
    # The rows counted are those of the analysis's first table.
    rows = dict(runs[QUARTER].select("analysis_id", "rows").iter_rows())
    assert rows["comparison"] == table(two_quarters.lake, "analysis_comparison").height > 0
    shown = pl.read_parquet(released(current(two_quarters.lake, QUARTER)) / "analysis_runs.parquet")
    assert shown.columns == [name for name in runs[QUARTER].columns if name not in ("rows", "findings")]


def test_with_all_switched_off_the_tables_are_empty_and_have_their_columns(
    published: Published, lake_copy: Path, instance: dg.DagsterInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {name: table(lake_copy, name) for name in TABLES}
    plan = tmp_path / "evaluation.yaml"
    plan.write_text(f"analyses:\n  switched_off: [{', '.join(analyses())}]\n", encoding="utf-8")
    monkeypatch.setenv("ASQ_PLAN", str(plan))
    result = materialize(instance, published.landing, lake_copy, monkeypatch)
    assert result.success
    after = {name: table(lake_copy, name) for name in TABLES}
    assert {name: of.schema for name, of in after.items()} == {name: of.schema for name, of in before.items()}
    assert sum(of.height for of in before.values()) > 0 == sum(of.height for of in after.values())
    runs = table(lake_copy, "analysis_runs").filter(pl.col("analysis_id").is_in(list(analyses())))
    assert runs.select("status", "rows").unique().rows() == [("switched_off", 0)]
    assert planned(lake_copy) == set()
    assert set(table(lake_copy, "indicator_values").filter(indicator_id="I2-3")["value"]) == {0.0}


def test_an_analysis_that_forgets_an_enterprise_stops_the_run(
    published: Published, lake_copy: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = metadata_of(materialize(instance, published.landing, lake_copy, monkeypatch, *CHECKED))
    assert said["analysis_descriptive"]["dagster/row_count"] == table(lake_copy, "analysis_descriptive").height
    assert any(name.startswith("status ") for name in said["analysis_descriptive"])
    monkeypatch.setattr(
        "pipeline.analyse.descriptive.write_descriptive",
        lambda quarter, run: run.write(
            "analysis_descriptive", pl.read_parquet(run.table("analysis_descriptive")).drop("run_id").clear()
        ),
    )
    was = published_contents(lake_copy)
    with pytest.raises(NotAsPlanned, match=rf"{QUARTER}: .*E1: descriptive was planned and has no row for {QUARTER}"):
        materialize(instance, published.landing, lake_copy, monkeypatch, *CHECKED, "released_tables")
    assert published_contents(lake_copy) == was


def test_rows_that_nobody_planned_stop_the_run(
    published: Published, lake_copy: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_league(quarter: Quarter, run: RunFolder, *_: object) -> pl.DataFrame:
        is_league = pl.col("analysis_id") == "league"
        plan = pl.read_parquet(run.table("analysis_plan")).drop("run_id")
        return run.write("analysis_plan", plan.with_columns(is_planned=pl.col("is_planned") & ~is_league))

    monkeypatch.setattr("pipeline.evaluate.assets.write_analysis_plan", without_league)
    with pytest.raises(NotAsPlanned, match="E1: league has rows that were not planned"):
        materialize(instance, published.landing, lake_copy, monkeypatch, "analysis_plan", "analysis_runs", "model_cards")


def test_a_method_that_is_not_validated_stops_the_run(
    published: Published, lake_copy: Path, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.analyse import assets, model_cards

    cards = dict(model_cards.model_cards())
    del cards["league"]
    monkeypatch.setattr(model_cards, "model_cards", lambda *_: cards)
    monkeypatch.setattr(assets, "model_cards", lambda: cards)
    with pytest.raises(NotValidated, match="league has no card"):
        materialize(instance, published.landing, lake_copy, monkeypatch, "analysis_runs", "model_cards")
