"""Pareto tables: a case worked by hand, ties, what is merged, and how often nothing is found to have changed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
import scipy.stats

from pipeline.analyse.contributions import UNASSIGNED
from pipeline.analyse.pareto import COUNTS, SCHEMA, counts, pareto
from pipeline.calendar.quarters import Quarter

QUARTER = Quarter.parse("2025-Q1")
Classes = dict[str, int]


def cases(classes: Classes, kind: str = "fault", enterprise: str = "E1") -> pl.DataFrame:
    return pl.DataFrame([(enterprise, kind, name, count) for name, count in classes.items()], schema=COUNTS, orient="row")


def by_class(now: Classes, before: Classes | None, merged: str | None = None) -> dict[str, dict[str, object]]:
    table = pareto(cases(now), None if before is None else cases(before), QUARTER, merged)
    assert table.schema == SCHEMA
    return {row["class"]: row for row in table.iter_rows(named=True)}


def test_the_vital_few_make_eighty_per_cent() -> None:
    """Of 100 cases with a class: C 50, then A and B 20 each by name, D 10. Before B there are 70 of 80 needed, before D 90."""
    found = by_class({"B": 20, "D": 10, "C": 50, "A": 20, UNASSIGNED: 7}, None)
    assert list(found) == ["C", "A", "B", "D", UNASSIGNED]
    assert [found[name]["rank"] for name in "CABD"] == [1, 2, 3, 4]
    assert [found[name]["cumulative_share"] for name in "CABD"] == pytest.approx([0.5, 0.7, 0.9, 1.0])
    assert [found[name]["is_vital_few"] for name in "CABD"] == [True, True, True, False]
    # Wilson's interval of 50 of 100, Brown, Cai & DasGupta (2001): 0.404 to 0.596.
    assert (found["C"]["share_low"], found["C"]["share_high"]) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert (found[UNASSIGNED]["cases"], found[UNASSIGNED]["share"], found[UNASSIGNED]["rank"]) == (7, None, None)
    assert {row["change_status"] for row in found.values()} == {"not_published", "unassigned"}


def test_exactly_eighty_per_cent_is_enough() -> None:
    found = by_class({"A": 80, "B": 20}, None)
    assert (found["A"]["is_vital_few"], found["B"]["is_vital_few"]) == (True, False)


def test_changes_are_tested_against_the_quarter_before() -> None:
    """A from 20 of 100 to 60 of 120; B is gone, C is new. Fisher's mid-p from scipy: p of the table less half its probability."""
    found = by_class({"A": 60, "C": 60}, {"A": 20, "B": 80})
    assert {name: row["cases"] for name, row in found.items()} == {"A": 60, "C": 60, "B": 0}
    assert found["A"]["change"] == pytest.approx(0.5 - 0.2)
    one_sided = scipy.stats.hypergeom.sf(60, 220, 80, 120) + scipy.stats.hypergeom.pmf(60, 220, 80, 120) / 2
    assert found["A"]["p_value"] == pytest.approx(2 * one_sided, rel=1e-6)
    # Newcombe's hybrid interval from Wilson's of 60/120 (.4119 to .5881) and 20/100 (.1334 to .2888), by hand.
    low, high = 0.3 - np.hypot(0.5 - 0.41188, 0.28883 - 0.2), 0.3 + np.hypot(0.58812 - 0.5, 0.2 - 0.13337)
    assert (found["A"]["change_low"], found["A"]["change_high"]) == pytest.approx((low, high), abs=1e-4)
    assert [found[name]["finding"] for name in "ABC"] == ["more", "less", "more"]
    p_values = [float(str(found[name]["p_value"])) for name in "ABC"]
    assert [found[name]["q_value"] for name in "ABC"] == pytest.approx(scipy.stats.false_discovery_control(p_values))


def test_few_cases_are_said_and_not_tested() -> None:
    found = by_class({"A": 20, "B": 9}, {"A": 100})
    assert {row["status"] for row in found.values()} == {"insufficient_sample"}
    assert {row["change_status"] for row in found.values()} == {"insufficient_sample"}
    assert {row["p_value"] for row in found.values()} | {row["is_vital_few"] for row in found.values()} == {None}
    assert found["A"]["change"] == pytest.approx(20 / 29 - 1)
    none_before = pareto(cases({"A": 40}), cases({"A": 40}, kind="complaint"), QUARTER)
    assert none_before["change_status"].to_list() == ["no_cases_before"]


def test_what_is_merged_is_not_taken_for_nothing() -> None:
    """Of the quarter before D may be among the merged, and B now: neither has a change; A has."""
    found = by_class({"A": 60, "D": 40, "other": 20}, {"A": 60, "B": 40}, merged="other")
    assert list(found) == ["A", "D", "other"]
    assert [found[name]["change_status"] for name in found] == ["ok", "withheld", "merged"]
    assert (found["D"]["cases_before"], found["D"]["change"]) == (None, None)
    # Last whatever its size, and of no rank.
    assert (found["other"]["rank"], found["other"]["cumulative_share"], found["other"]["is_vital_few"]) == (None, 1.0, None)


def test_nothing_is_found_where_nothing_changed() -> None:
    """500 pairs of quarters of the same world: some finding in at most 5 % of them (+ 3 Monte Carlo errors)."""
    rng = np.random.default_rng(14)
    shares = np.array([0.3, 0.2, 0.15, 0.1, 0.08, 0.07, 0.05, 0.03, 0.02])
    draws = 500
    now, before = (
        pl.concat(
            cases({f"C{place}": int(count) for place, count in enumerate(rng.multinomial(size, shares))}, enterprise=f"E{draw}")
            for draw in range(draws)
        )
        for size in (300, 400)
    )
    table = pareto(now, before, QUARTER)
    found = table.group_by("enterprise_id").agg(pl.col("finding").is_in(["more", "less"]).any())["finding"].mean()
    assert 0 < float(str(found)) <= 0.05 + 3 * (0.05 * 0.95 / draws) ** 0.5


def test_cases_are_totals_of_classes_and_rows_by_rule(tmp_path: Path) -> None:
    cell = {"enterprise_id": "E1", "quarter": "2025-Q1", "most_rows": 1}
    given = [
        ("product_issue", None, "leak", 5), ("product_issue", "fridge", "leak", 3), ("product_issue", None, None, 6),
        ("product_issue", None, "", 1), ("region_issue", None, "leak", 5), ("region_cause", None, "delay", 2),
    ]  # fmt: skip
    rows = [{**cell, "cube": cube, "row_value": row, "column_value": column, "record_count": n} for cube, row, column, n in given]
    pl.DataFrame(rows).write_parquet(tmp_path / "mart_record_cells.parquet")
    refused = {"enterprise_id": "E1", "quarter": "2025-Q1", "table": "complaints"}
    faults = [
        *({**refused, "rule": rule, "_row_id": row} for rule, row in (("type", 1), ("type", 1), ("type", 2), ("required", 1))),
        {**refused, "enterprise_id": None, "rule": "too_few_fields", "_row_id": 3},
        {**refused, "quarter": "2024-Q4", "rule": "type", "_row_id": 4},
    ]
    pl.DataFrame(faults, schema_overrides={"enterprise_id": pl.String}).write_parquet(tmp_path / "quarantine.parquet")
    found = counts(lambda name: tmp_path / f"{name}.parquet", QUARTER)
    assert found.select("kind", "class", "cases").rows() == [
        ("complaint", "delay", 2),
        ("fault", UNASSIGNED, 1),
        ("fault", "leak", 5),
        ("refusal", "complaints.required", 1),
        ("refusal", "complaints.type", 2),
    ]
