"""Known source errors mended by ``corrections.csv``: what the next run accepts, logs and says of what did not apply."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from runs import Finished, asq_here, asq_run, environment

from .lakes import current
from .landing import QUARTER, REFUSED_CALL, write_landing

pytestmark = pytest.mark.xdist_group("orchestration_corrections")

HEADER = "table,key,column,before,after,reason,author,expires_on"
LINES = (
    f"hotline_calls,E1|{REFUSED_CALL},outcome,hung_up,answered,the exchange has its own word,李工,2025-12-31",
    "customers,E1|C1|,phone,13800138001,13900139001,number changed,李工,2025-12-31",
    "customers,E1|C2|,name,,李磊,asked by the customer,李工,2025-12-31",
    "service_requests,E1|request-2025-01-02,channel,online,outlet,wrongly booked,王工,2025-12-31",
    "service_requests,E1|nowhere,channel,,outlet,wrongly booked,王工,2025-12-31",
    "service_requests,,channel,phone,online,until the new exchange came,王工,2024-12-31",
)


def write_corrections(landing: Path, *lines: str) -> None:
    (landing / "corrections.csv").write_text("\n".join([HEADER, *lines]) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def corrected(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a published run with the corrections, and what it said on stderr."""
    folder = tmp_path_factory.mktemp("corrected")
    landing = write_landing(folder / "landing")
    write_corrections(landing, *LINES)
    finished = asq_run(QUARTER, landing, folder / "lake")
    return folder / "lake", finished.stderr


def test_the_refused_row_is_accepted(corrected):
    run = current(corrected[0], QUARTER)
    accounts = pl.read_parquet(run / "row_accounting.parquet").filter(pl.col("table") == "hotline_calls").to_dicts()
    assert (accounts[0]["extracted"], accounts[0]["accepted"], accounts[0]["quarantined"]) == (25, 25, 0)
    assert pl.read_parquet(run / "quarantine.parquet").is_empty()


def test_the_cleaning_log_holds_every_corrected_value(corrected):
    log = pl.read_parquet(current(corrected[0], QUARTER) / "cleaning_log.parquet")
    found = log.filter(pl.col("action") == "corrected").sort("table", "column")
    names = ("table", "enterprise_id", "origin_row", "column", "before_masked", "after_masked", "author", "rows")
    assert found.select(names).rows() == [
        ("customers", "E1", 3, "name", "李*", "李*", "李工", 1),
        ("customers", "E1", 2, "phone", "1*********1", "1*********1", "李工", 1),
        ("hotline_calls", "E1", 8, "outcome", "hung_up", "answered", "李工", 1),
    ]
    assert found["reason"].to_list() == ["asked by the customer", "number changed", "the exchange has its own word"]


def test_the_run_says_what_did_not_apply(corrected):
    stderr = corrected[1]
    assert "service_requests: 1 corrections not applied, expired: corrections.csv row 7" in stderr
    assert "service_requests: 1 corrections not applied, before differs: corrections.csv row 5" in stderr
    assert "service_requests: 1 corrections not applied, no such row: corrections.csv row 6" in stderr
    assert "files that feed no table" not in stderr


def test_a_faulty_file_stops_the_run_and_is_found_by_check(landing: Path, tmp_path: Path):
    write_corrections(landing, "hotline_call,,outcome,hung_up,abandoned,word,李工,2025-12-31")
    said = "corrections.csv row 2, column table: the contract has no table 'hotline_call'"
    places = ("--landing", landing, "--lake", tmp_path / "new lake")
    finished = Finished(*asq_here("run", QUARTER, *places, environment=environment()))
    assert finished.returncode == 2
    assert said in finished.stderr
    checked = Finished(*asq_here("check", "--landing", landing, environment=environment()))
    assert checked.returncode == 2
    assert said in checked.stdout
    assert "feeds no table" not in checked.stdout


def test_a_file_elsewhere(landing: Path, lake_copy: Path, tmp_path: Path):
    write_corrections(tmp_path, LINES[0])
    asq_run(QUARTER, landing, lake_copy, ASQ_CORRECTIONS=str(tmp_path / "corrections.csv"))
    assert pl.read_parquet(current(lake_copy, QUARTER) / "quarantine.parquet").is_empty()
