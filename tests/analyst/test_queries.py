"""docs/analyst-queries.md: every query runs on a lake and answers; three answers are checked by another route."""

from __future__ import annotations

import re
from pathlib import Path

import duckdb
import polars as pl
import pytest
from runs import asq_here, environment

from pipeline.lake.layout import Lake

from .conftest import QUARTER

pytestmark = pytest.mark.xdist_group("analyst_sample_lake")

PAGE = Path(__file__).resolve().parents[2] / "docs" / "analyst-queries.md"
SECTIONS = dict(re.findall(r"^## (\d+\. .*?)\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE))
LABEL = QUARTER.label


def query_of(number: int) -> str:
    (body,) = [text for title, text in SECTIONS.items() if title.startswith(f"{number}. ")]
    (query,) = re.findall(r"```sql\n(.*?)```", body, re.DOTALL)
    return query


def answer(lake: Path, number: int) -> pl.DataFrame:
    query = query_of(number)
    database = "analyst" if "analyst.duckdb" in query else "warehouse"
    with duckdb.connect(str(lake / f"{database}.duckdb"), read_only=True) as connection:
        return connection.execute(query).pl()


def released(lake: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(Lake(lake).current(QUARTER) / f"{name}.parquet")


def test_there_are_twelve_questions() -> None:
    assert len(SECTIONS) == 12


@pytest.mark.parametrize("number", range(1, 13))
def test_each_query_gives_rows(sample_lake: Path, number: int) -> None:
    assert answer(sample_lake, number).height > 0


def test_the_trend_by_region_is_what_was_published_quarter_by_quarter(sample_lake: Path) -> None:
    found = answer(sample_lake, 1)
    names = dict(released(sample_lake, "dim_region").filter(enterprise_id="E01").select("region_code", "region_name").iter_rows())
    expected = []
    for quarter in Lake(sample_lake).published_quarters():
        rows = pl.read_parquet(Lake(sample_lake).current(quarter) / "indicator_values.parquet")
        own = rows.filter(indicator_id="O1-1", scope_type="region", period=quarter.label, enterprise_id="E01")
        expected += [(quarter.label, names[region], value) for region, value in own.select("scope_id", "value").iter_rows()]
    assert len(expected) > 10
    own = found.filter(enterprise_id="E01").select("period", "region", "value")
    assert sorted(own.iter_rows(), key=str) == sorted(expected, key=str)
    # Regions are named, not numbered.
    assert all(name.startswith("广西壮族自治区") for name in own["region"])


def test_the_causes_add_up_to_the_change_of_the_total(sample_lake: Path) -> None:
    sums = dict(answer(sample_lake, 3).group_by("enterprise_id").agg(pl.col("change_points").sum()).iter_rows())
    changes = released(sample_lake, "score_changes").filter(period=LABEL, against="previous", level="total")
    assert len(sums) == 3
    assert sums == pytest.approx(dict(changes.select("enterprise_id", "change").iter_rows()), abs=1e-9)


def test_the_other_weight_gives_what_the_what_if_gives(sample_lake: Path) -> None:
    found = answer(sample_lake, 12)
    assert found.height == 3
    for enterprise, total, other in found.iter_rows():
        published = released(sample_lake, "scores").filter(enterprise_id=enterprise, period=LABEL, level="total")["score"].item()
        assert total == pytest.approx(published, abs=1e-9)
        call = ("what-if", LABEL, "--enterprise", enterprise, "--weight", "P=0.4", "--lake", sample_lake)
        code, said, complained = asq_here(*call, environment=environment())
        assert code == 0, complained
        assert f"{other:.2f}" in said, said
