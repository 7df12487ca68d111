"""The linkage attack on released layers: nothing withheld is recovered but what docs/privacy.md says is not covered."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest
from built_once import built_once
from click.testing import CliRunner
from runs import asq_run
from thoroughness import times

from pipeline.calendar.quarters import Quarter
from pipeline.cli import main
from pipeline.lake.layout import Lake
from pipeline.privacy.attack.attack import attack
from schemas.expectations.release import column_classes

from .landing import EARLIER_QUARTER, QUARTER

Row = dict[str, Any]
REQUESTS = 300


def _alone_in_an_outlet(rows: list[Row]) -> None:
    """One person has all requests of one outlet, and one outlet has one request."""
    outlets = sorted({row["outlet_id"] for row in rows if row["outlet_id"]})
    customer = rows[0]["customer_id"]
    for row in rows:
        if row["outlet_id"] == outlets[0]:
            row["customer_id"] = customer
    kept = next(row for row in rows if row["outlet_id"] == outlets[1])
    for row in rows:
        if row["outlet_id"] == outlets[1] and row is not kept:
            row["outlet_id"] = ""


def _alone_everywhere(rows: list[Row]) -> None:
    """One request is the only one of its channel and product, and a customer with thirty requests has most of an outlet."""
    rows[0] |= {"channel": "onsite", "product_category": "扫地机"}
    for row in rows[1:]:
        row["channel"] = "phone" if row["channel"] == "onsite" else row["channel"]
    outlet = next(row["outlet_id"] for row in rows if row["outlet_id"])
    for row in rows[1:31]:
        row |= {"customer_id": rows[0]["customer_id"], "outlet_id": outlet}


_PLANTED: dict[int, Callable[[list[Row]], None] | None] = {1: None, 2: _alone_in_an_outlet, 3: _alone_everywhere}


@pytest.fixture(params=sorted(_PLANTED))
def attacked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of the sample (thoroughly: of two quarters), or of one quarter with planted people who are alone."""
    seed: int = request.param

    def build(folder: Path) -> None:
        landing = folder / "landing"
        # Two quarters take the attack three times as long.
        quarters = [EARLIER_QUARTER, QUARTER] if _PLANTED[seed] is None and times(100) == 100 else [QUARTER]
        arguments = ["--quarters", f"{quarters[0]}..{QUARTER}", "--requests", str(REQUESTS), "--seed", str(seed), "--no-defects"]
        done = CliRunner().invoke(main, ["sample", str(landing), *arguments])
        assert done.exit_code == 0, done.output
        if plant := _PLANTED[seed]:
            _change(landing / "service_requests.csv", plant)
        for quarter in quarters:
            asq_run(quarter, landing, folder / "lake")

    folder, _ = built_once(tmp_path_factory, f"attacked_{seed}", build)
    return folder / "lake"


def _change(path: Path, plant: Callable[[list[Row]], None]) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    of_enterprise = [row for row in rows if row["enterprise_id"] == rows[0]["enterprise_id"]]
    plant(of_enterprise)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_nothing_withheld_is_recovered(attacked: Path) -> None:
    results = attack(Lake(attacked))
    assert all(result.tried for result in results if not result.is_stated)
    assert [str(finding) for result in results if not result.is_stated for finding in result.findings] == []


def test_files_of_readers_tell_nothing_beside_their_rows(published: Any) -> None:
    folder = Lake(published.lake).current(Quarter.parse(QUARTER))
    for path in folder.glob("*.parquet"):
        file = pq.read_metadata(path)
        # A digest or a mark of a file that readers do not have would confirm a guess at it.
        assert set(file.metadata or {}) <= {b"ARROW:schema"}, path.name
        if "people" in column_classes()[path.stem].values():
            columns = [
                file.row_group(group).column(column) for group in range(file.num_row_groups) for column in range(file.num_columns)
            ]
            assert not any(column.is_stats_set for column in columns), path.name
            keys = [name for name, kind in column_classes()[path.stem].items() if kind == "key"]
            rows = pl.read_parquet(path, columns=keys)
            # In the order of its keys, one of them first: the order of rows says nothing of records.
            assert any(rows[key].is_sorted() for key in keys), path.name
    scanned = pl.read_parquet(folder / "privacy_scan.parquet")
    sizes = dict(scanned.select("subject", "cells_scanned").iter_rows())
    assert sizes["scores"] or sizes["released scores"]
    assert [sizes[name] for name in ("quarantine", "fct_service_requests", f"complaints {QUARTER}")] == [None] * 3
    assert any(subject.startswith("report/") and cells for subject, cells in sizes.items())


def test_no_page_or_table_of_readers_gives_the_moment_of_a_record(published: Any) -> None:
    lake = Lake(published.lake)
    folder, whole = lake.current(Quarter.parse(QUARTER)), lake.analyst(Quarter.parse(QUARTER))
    (newest,) = pl.read_parquet(whole / "scores.parquet")["data_as_of"].unique()
    texts = [path.read_text(encoding="utf-8") for path in folder.rglob("*.html")]
    texts += [pl.read_parquet(path).write_json() for path in folder.glob("*.parquet")]
    assert not any(f"{newest:%H:%M:%S}" in text for text in texts)


def test_the_command_names_what_it_tried(published: Any) -> None:
    done = CliRunner().invoke(main, ["privacy", "attack", "--lake", str(published.lake)])
    assert "tried" in done.output
    assert "withheld numbers recovered beyond what is stated" in done.output


def test_the_command_needs_a_publication(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["privacy", "attack", "--lake", str(tmp_path)])
    assert done.exit_code != 0
