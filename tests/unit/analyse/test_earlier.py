"""Which published quarters rest on scores of an earlier quarter that were replaced since."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.analyse.earlier import Earlier, outdated
from pipeline.analyse.score_changes import CHANGES_SCHEMA
from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake

EARLIER, LATER, YEAR_LATER = Quarter(2024, 4), Quarter(2025, 1), Quarter(2025, 4)
TOTAL = {"enterprise_id": "E1", "level": "total"}


def publish(lake: Lake, quarter: Quarter, total: float | None, compared: list[dict[str, Any]]) -> None:
    folder = lake.runs / quarter.label
    folder.mkdir(parents=True)
    pl.DataFrame([{**TOTAL, "period": quarter.label, "score": total}], schema_overrides={"score": pl.Float64}).write_parquet(
        folder / "scores.parquet"
    )
    rows = [{**TOTAL, "period": quarter.label, "against": "previous", **row} for row in compared]
    pl.DataFrame(rows, schema=CHANGES_SCHEMA).write_parquet(folder / "score_changes.parquet")
    link = lake.current(quarter)
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(folder)


@pytest.mark.parametrize(
    ("now", "compared", "expected"),
    [
        (80.0, 80.0, []),
        (80.0, 79.9, [LATER, YEAR_LATER]),
        # The later quarters were published first.
        (80.0, None, [LATER, YEAR_LATER]),
        (None, None, []),
    ],
)
def test_later_quarters_are_outdated_where_the_score_is_another(
    tmp_path: Path, now: float | None, compared: float | None, expected: list[Quarter]
) -> None:
    lake = Lake(tmp_path)
    publish(lake, EARLIER, now, [])
    row = {"compared_period": EARLIER.label, "score_before": compared}
    publish(lake, LATER, 85.0, [row])
    publish(lake, YEAR_LATER, 90.0, [row | {"against": "year_before"}])
    assert outdated(lake, EARLIER) == expected
    assert outdated(lake, LATER) == []


def test_a_lake_without_the_analysts_layer_has_no_earlier_tables(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    publish(lake, EARLIER, 80.0, [])
    assert Earlier.of(lake, EARLIER) is None
    assert Earlier.of(lake, LATER) is None
