"""The linkage attack on released layers: nothing withheld is recovered but what docs/privacy.md says is not covered."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from built_once import built_once
from click.testing import CliRunner
from runs import asq_run
from thoroughness import times

from pipeline.cli import main
from pipeline.lake.layout import Lake
from pipeline.privacy.attack.attack import attack

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


def test_the_command_names_what_it_tried(published: Any) -> None:
    done = CliRunner().invoke(main, ["privacy", "attack", "--lake", str(published.lake)])
    assert "tried" in done.output
    assert "withheld numbers recovered beyond what is stated" in done.output


def test_the_command_needs_a_publication(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["privacy", "attack", "--lake", str(tmp_path)])
    assert done.exit_code != 0
