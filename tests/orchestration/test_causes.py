"""The whole round: a run, drafts of what its root causes point to, filled in by people, a run again, published."""

from __future__ import annotations

import csv
from pathlib import Path

import polars as pl
import pytest
from runs import asq_here, asq_run, environment

from .lakes import current, released
from .landing import QUARTER

pytestmark = pytest.mark.xdist_group("orchestration_published")


def filled(path: Path, to: Path, **given: str) -> dict[str, str]:
    """A draft copied with its first row filled in; returns that row."""
    with path.open(encoding="utf-8-sig", newline="") as handle:
        lines = list(csv.DictReader(handle))
    assert len(lines) > 1
    lines[0] |= given
    with to.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, list(lines[0]))
        writer.writeheader()
        writer.writerows(lines)
    return lines[0]


def test_drafts_that_people_fill_in_are_published(landing: Path, lake_copy: Path, tmp_path: Path) -> None:
    ask = ("analyse", QUARTER, "--lake", lake_copy, "--drafts", tmp_path / "drafts")
    code, said, error = asq_here(*ask, environment=environment())
    assert (code, error) == (0, "")
    assert "fishbone.csv: " in said
    assert "five_whys.csv: " in said
    code, _, error = asq_here(*ask, environment=environment())
    assert code == 2
    assert "is there already and is not overwritten" in error
    cause = filled(
        tmp_path / "drafts" / "fishbone.csv",
        landing / "fishbone.csv",
        category="料",
        cause="备件不足，可致电 13912345678",
        status="suspected",
        owner_role="备件主管",
    )
    chain = filled(tmp_path / "drafts" / "five_whys.csv", landing / "five_whys.csv", why_1="没有安全库存", status="open")
    asq_run(QUARTER, landing, lake_copy)
    whole = pl.read_parquet(current(lake_copy, QUARTER) / "analysis_cause_records.parquet")
    by_method = {row["method"]: row for row in whole.iter_rows(named=True)}
    assert whole.height == 2
    assert by_method["fishbone"]["indicator_id"] == cause["indicator_id"]
    assert by_method["fishbone"]["cause"] == "备件不足，可致电 [电话]"
    assert by_method["fishbone"]["evidence"] == cause["evidence"]
    assert (by_method["five_whys"]["problem"], by_method["five_whys"]["why_1"]) == (chain["problem"], "没有安全库存")
    values = pl.read_parquet(current(lake_copy, QUARTER) / "indicator_values.parquet").filter(
        period=QUARTER, scope_type="enterprise", indicator_id=cause["indicator_id"]
    )
    explained = by_method["fishbone"]
    assert values.select("value", "requirement", "is_met").row(0) == (explained["value"], explained["requirement"], False)
    shown = pl.read_parquet(released(current(lake_copy, QUARTER)) / "analysis_cause_records.parquet")
    assert shown.select("method", "category", "status").rows() == [("fishbone", "料", "suspected"), ("five_whys", None, "open")]
    assert not {"cause", "evidence", "problem", "member", "owner_role"} & set(shown.columns)


def test_the_command_says_which_requirements_are_missed(lake_copy: Path) -> None:
    code, said, error = asq_here("analyse", QUARTER, "--lake", lake_copy, environment=environment())
    assert (code, error) == (0, "")
    values = pl.read_parquet(released(current(lake_copy, QUARTER)) / "indicator_values.parquet")
    missed = values.filter(~pl.col("is_met"), period=QUARTER, scope_type="enterprise").height
    assert missed > 1
    assert f"{missed} indicators miss their requirement" in said


def test_a_cause_of_an_enterprise_there_is_not_stops_the_publication(landing: Path, tmp_path: Path) -> None:
    (landing / "fishbone.csv").write_text(
        "enterprise_id,period,indicator_id,dimension,member,category,cause,evidence,status,owner_role\n"
        f"E11,{QUARTER},O1-1,,,人,排班不足,,suspected,\n",
        encoding="utf-8",
    )
    code, _, error = asq_here("run", QUARTER, "--landing", landing, "--lake", tmp_path / "lake", environment=environment())
    assert code == 2
    assert "fishbone.csv: row 2, column enterprise_id: no such enterprise was evaluated; did you mean 'E1'?" in error
    assert not list((tmp_path / "lake" / "published" / "current").glob("*"))
