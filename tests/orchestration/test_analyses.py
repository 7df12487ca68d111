"""The analyses of two published quarters: they add up to what was published, and readers see no more than they could compute."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from runs import Finished, asq_here, environment

from pipeline.lake.layout import Lake

from .conftest import Published, TwoQuarters
from .lakes import current, released
from .landing import EARLIER_QUARTER, QUARTER

pytestmark = pytest.mark.xdist_group("orchestration_two_quarters")

_ROW = ["enterprise_id", "period", "against"]
_SPLIT = [*_ROW, "indicator_id", "dimension"]
_PLACE = ["enterprise_id", "scope_type", "scope_id", "indicator_id"]


def table(lake: Path, name: str, quarter: str = QUARTER) -> pl.DataFrame:
    return pl.read_parquet(current(lake, quarter) / f"{name}.parquet")


def test_score_changes_are_those_of_the_two_publications_and_add_up(two_quarters: TwoQuarters) -> None:
    changes = table(two_quarters.lake, "score_changes").filter(period=QUARTER, against="previous")
    now = dict(table(two_quarters.lake, "scores").filter(period=QUARTER).select("node_id", "score").iter_rows())
    before = dict(
        table(two_quarters.lake, "scores", EARLIER_QUARTER).filter(period=EARLIER_QUARTER).select("node_id", "score").iter_rows()
    )
    compared = changes.filter(status="ok")
    assert compared.height > 10
    parts = table(two_quarters.lake, "score_change_parts").filter(period=QUARTER, against="previous")
    for row in compared.iter_rows(named=True):
        change = now[row["node_id"]] - before[row["node_id"]]
        split = [row[name] for name in ("value_points", "weight_points", "entry_points", "exit_points")]
        assert (row["change"], sum(split)) == pytest.approx((change, change), abs=1e-9), row["node_id"]
        of_node = parts.filter(node_id=row["node_id"])
        assert of_node["change_points"].sum() == pytest.approx(change, abs=1e-9), row["node_id"]
    # The others have no score in one of the two, and no change.
    others = changes.filter(pl.col("status") != "ok")
    assert others["change"].to_list() == [None] * others.height
    assert all(now[node] is None or before.get(node) is None for node in others["node_id"])


def test_what_is_not_published_is_not_compared_and_said(two_quarters: TwoQuarters) -> None:
    changes = table(two_quarters.lake, "score_changes").filter(against="year_before")
    assert changes.select("level", "status").unique().rows() == [("total", "not_published")]
    first = table(two_quarters.after_earlier, "score_changes", EARLIER_QUARTER)
    assert first["status"].unique().to_list() == ["not_published"]
    assert table(two_quarters.after_earlier, "analysis_comparison", EARLIER_QUARTER).is_empty()


def test_lost_points_are_the_distance_to_a_hundred(two_quarters: TwoQuarters) -> None:
    scores = table(two_quarters.lake, "scores")
    for (_, _), tree in scores.group_by("enterprise_id", "period"):
        leaves = tree.filter(~pl.col("node_id").is_in(tree["parent_id"].drop_nulls().implode()))
        (total,) = tree.filter(level="total")["score"]
        if total is not None:
            assert leaves["lost_points"].sum() == pytest.approx(100 - total, abs=1e-9)
        for parent, of_parent in tree.filter(pl.col("lost_points").is_not_null()).group_by("parent_id"):
            above = tree.filter(node_id=parent[0])["lost_points"].to_list()
            assert parent[0] is None or above == [None] or above == pytest.approx([of_parent["lost_points"].sum()], abs=1e-9)


def test_contributions_add_up_to_the_change_of_the_published_values(two_quarters: TwoQuarters) -> None:
    split = table(two_quarters.lake, "analysis_contributions").filter(period=QUARTER)
    values = {
        quarter: dict(
            table(two_quarters.lake, "indicator_values", quarter)
            .filter(period=quarter, scope_type="enterprise")
            .select("indicator_id", "value")
            .iter_rows()
        )
        for quarter in (QUARTER, EARLIER_QUARTER)
    }
    sums = split.filter(pl.col("status") != "not_additive").group_by(_SPLIT).agg(pl.col("effect").sum())
    assert sums.height > 10
    for row in sums.iter_rows(named=True):
        indicator = row["indicator_id"]
        change = values[QUARTER][indicator] - values[EARLIER_QUARTER][indicator]
        assert row["effect"] == pytest.approx(change, abs=1e-9), row


def test_readers_see_differences_of_what_they_see(two_quarters: TwoQuarters) -> None:
    """Every number of the released analyses can be computed from released values, by this test's own joins."""
    place = ["enterprise_id", "period", "indicator_id", "scope_type", "scope_id"]
    shown = pl.concat(
        pl.read_parquet(Lake(two_quarters.lake).root / "published" / "current" / f"quarter={quarter}" / "indicator_values.parquet")
        .filter(pl.col("withheld").is_null())
        .select(*place, "value", "denominator")
        for quarter in (QUARTER, EARLIER_QUARTER)
    )
    folder = released(current(two_quarters.lake, QUARTER))
    compared = pl.read_parquet(folder / "analysis_comparison.parquet")
    whole = table(two_quarters.lake, "analysis_comparison")
    assert 0 < compared.height < whole.height
    assert "staff" not in compared["scope_type"].to_list()
    for period, value in (("period", "value"), ("compared_period", "value_before")):
        on = [period if name == "period" else name for name in place]
        found = compared.join(shown.rename({"value": "shown_value"}), left_on=on, right_on=place)
        assert found.height == compared.height
        assert found[value].to_list() == found["shown_value"].to_list()
    split = pl.read_parquet(folder / "analysis_contributions.parquet")
    assert split.height < table(two_quarters.lake, "analysis_contributions").height
    assert "(unassigned)" not in split["member"].to_list()


def test_months_of_published_quarters_add_up_to_their_values(two_quarters: TwoQuarters) -> None:
    """Numerators and denominators are those of the quarter, and each month rests on its quarter's publication."""
    months = table(two_quarters.lake, "indicator_months")
    # The run reads records of another quarter too, which was never published.
    others = months.filter(~pl.col("quarter").is_in([QUARTER, EARLIER_QUARTER]))
    assert others.select("status", "value").unique().rows() == [("not_published", None)]
    parts = (
        table(two_quarters.lake, "mart_monthly_parts").group_by("quarter", *_PLACE).agg(pl.col("numerator", "denominator").sum())
    )
    for quarter in (QUARTER, EARLIER_QUARTER):
        values = table(two_quarters.lake, "indicator_values", quarter).filter(period=quarter)
        counted = parts.filter(quarter=quarter).join(values.filter(pl.col("value").is_not_null()), on=_PLACE)
        assert counted.height > 10
        assert counted["numerator"].cast(pl.Float64).to_list() == pytest.approx(counted["numerator_right"].to_list(), abs=1e-6)
        assert counted["denominator"].cast(pl.Float64).to_list() == counted["denominator_right"].to_list()
        without = values.filter(scope_type="enterprise", status="no_data").select("enterprise_id", "indicator_id")
        of_quarter = months.filter(quarter=quarter)
        assert of_quarter.join(without, on=without.columns, how="semi")["value"].drop_nulls().is_empty()
        assert not of_quarter["value"].drop_nulls().is_empty()


def test_readers_see_correlations_of_enough_people_only(two_quarters: TwoQuarters) -> None:
    """The landing folder has no surveys, so that there is nothing to correlate, and that is said."""
    whole = table(two_quarters.lake, "analysis_correlation")
    assert set(whole.filter(unit="requests")["status"]) == {"insufficient_sample"}
    shown = pl.read_parquet(released(current(two_quarters.lake, QUARTER)) / "analysis_correlation.parquet")
    assert "excluded" not in shown.columns
    assert set(shown["level"]) == {"enterprise"}
    assert shown.filter(pl.col("n") > 0)["n"].min() in (None, *range(30, 10**6))
    assert shown.filter(pl.col("withheld").is_not_null())["estimate"].drop_nulls().is_empty()


def test_the_command_says_what_was_not_compared_and_why(two_quarters: TwoQuarters, published: Published) -> None:
    finished = Finished(*asq_here("analyse", QUARTER, "--lake", two_quarters.lake, environment=environment()))
    assert finished.returncode == 0, finished.stderr
    # Too little is delivered for a total.
    assert f"against {EARLIER_QUARTER}, the period before: not compared: no_score" in finished.stdout
    assert "the year before: not compared: not_published" in finished.stdout
    alone = Finished(*asq_here("analyse", QUARTER, "--lake", published.lake, environment=environment()))
    assert alone.stdout.count("not compared: not_published") == 2
    unknown = Finished(
        *asq_here("analyse", QUARTER, "--lake", two_quarters.lake, "--period", "2025-Q1-TMT", environment=environment())
    )
    assert (unknown.returncode, unknown.stderr) == (2, "asq: 2025-Q1 has no period '2025-Q1-TMT'; did you mean '2025-Q1-TTM'?\n")


def test_robustness_is_about_the_published_scores(two_quarters: TwoQuarters) -> None:
    rows = table(two_quarters.lake, "analysis_robustness")
    scores = table(two_quarters.lake, "scores").filter(pl.col("level").is_in(["total", "dimension"]))
    keys = ["enterprise_id", "period", "node_id"]
    joined = rows.join(scores.select(*keys, "score", "total_min", "total_max"), on=keys, suffix="_published")
    assert joined.height == rows.height == 4 * scores.height
    assert joined.filter(pl.col("score").ne_missing(pl.col("score_published"))).is_empty()
    known = joined.filter(status="ok")
    assert known.filter(pl.col("score_low") > pl.col("score_high")).is_empty()
    assert known.height > 0
    assert known.filter(source="weights", level="dimension")["score_sd"].max() == 0
    assert rows.filter(pl.col("status") != "ok")["score_low"].null_count() == rows.filter(pl.col("status") != "ok").height
    info = dict(table(two_quarters.lake, "run_info").select("key", "value").iter_rows())
    assert {str(value) for value in rows["seed"].unique()} == {info["analyses_seed"]} == {"244"}
    assert {str(value) for value in known["draws"].unique()} == {info["analyses_draws"]}


def test_readers_do_not_learn_the_width_of_a_withheld_interval(two_quarters: TwoQuarters) -> None:
    folder = released(current(two_quarters.lake, QUARTER))
    values = pl.read_parquet(folder / "indicator_values.parquet").filter(scope_type="enterprise")
    keys = ["enterprise_id", "period", "node_id"]
    hidden = (
        values.filter(pl.col("withheld").is_not_null(), pl.col("score").is_not_null())
        .with_columns(node_id=pl.col("indicator_id").str.head(1))
        .select(keys)
        .unique()
    )
    rows = pl.read_parquet(folder / "analysis_robustness.parquet")
    whole = table(two_quarters.lake, "analysis_robustness").filter(status="ok")
    is_drawn = pl.col("source").is_in(["all", "values"])
    told = rows.join(hidden, on=keys).filter(is_drawn)
    assert told.height > 0
    assert set(told["status"]) == {"withheld"}
    assert told["score_sd"].null_count() == told.height
    others = rows.join(hidden, on=keys, how="anti").filter(status="ok")
    assert others.height == whole.join(hidden, on=keys, how="anti").filter(level="dimension").height
    assert "withheld" not in rows.filter(~is_drawn)["status"]


def test_what_if_says_what_was_published_and_what_would_be(two_quarters: TwoQuarters) -> None:
    scores = table(two_quarters.lake, "scores").filter(period=QUARTER, level="total")
    enterprise, score = scores.select("enterprise_id", "score").row(0)
    ask = ("what-if", QUARTER, "--lake", two_quarters.lake, "--enterprise", enterprise)
    code, said, error = asq_here(*ask, "--reach", "100", environment=environment())
    assert (code, error) == (0, "")
    # Too little is delivered for a total.
    assert score is None
    assert said.startswith(f"{enterprise} {QUARTER}: total not rateable → not rateable")
    assert "no indicator alone reaches 100" in said
    code, _, error = asq_here(*ask, "--value", "O1-11=0.5", environment=environment())
    assert code == 2
    assert error.startswith("asq: --value O1-11: no such indicator; did you mean 'O1-1'")


def test_trends_are_what_readers_saw_then_and_see_now(two_quarters: TwoQuarters) -> None:
    folder = released(current(two_quarters.lake, QUARTER))
    rows = pl.read_parquet(folder / "analysis_trends.parquet")
    assert rows["quarter"].n_unique() == 8
    assert set(rows.filter(status="not_published")["quarter"]) == set(rows["quarter"]) - {QUARTER, EARLIER_QUARTER}
    for quarter in (EARLIER_QUARTER, QUARTER):
        seen = released(current(two_quarters.lake, quarter))
        own = rows.filter(quarter=quarter)
        scores = pl.read_parquet(seen / "scores.parquet").filter(period=quarter)
        assert dict(own.select("node_id", "score").iter_rows()) == dict(scores.select("node_id", "score").iter_rows())
        values = pl.read_parquet(seen / "indicator_values.parquet").filter(period=quarter, scope_type="enterprise")
        columns = ("value", "ci_low", "ci_high", "sample_size", "requirement", "status")
        shown = own.filter(level="indicator").rename({"n": "sample_size"}).sort("node_id").select("node_id", *columns)
        assert shown.rows() == values.sort("indicator_id").select("indicator_id", *columns).rows()
    # Of a withheld part of this quarter, readers have none here either.
    hidden = pl.read_parquet(folder / "indicator_values.parquet").filter(
        pl.col("withheld").is_not_null(), period=QUARTER, scope_type="enterprise"
    )
    assert hidden.height > 0
    of_hidden = rows.filter(pl.col("node_id").is_in(hidden["indicator_id"].implode()), quarter=QUARTER)
    assert of_hidden["n"].to_list() == [None] * of_hidden.height
