"""Acceptance as users meet it: a delivery that is stopped and says why, a waiver, pages, checks in Dagster, and no socket."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pytest
from report_pages import operations_page
from runs import Finished, asq_here, asq_run, environment

from pipeline.accept.figures import Figure
from pipeline.accept.gx_process import ChecksNotRun, check, finish_pages, write_figures
from schemas.expectations.acceptance import Bounds, checks

pytestmark = pytest.mark.xdist_group("acceptance")
QUARTER = "2025-Q1"
# What loads something when a page is opened; a link does not.
_LOADING = re.compile(r"<(?:script|link|img|iframe)\b[^>]*>|url\(|@import", re.IGNORECASE)


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three quarters of one enterprise; of the last one nearly all calls are missing."""
    folder = tmp_path_factory.mktemp("acceptance") / "landing"
    asked = ("--quarters", "2024-Q3..2025-Q1", "--requests", "240", "--enterprises", "1")
    code, _, said = asq_here("sample", folder, *asked, environment=environment())
    assert code == 0, said
    file = folder / "hotline_calls" / "2025-Q1.csv"
    lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
    file.write_text("".join(lines[:5]), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def stopped(landing: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """(lake, Dagster's folder, what was said) of the run that the missing calls stop."""
    folder = tmp_path_factory.mktemp("stopped")
    home = folder / "dagster"
    home.mkdir()
    places = ("--landing", landing, "--lake", folder / "lake")
    code, printed, said = asq_here("run", QUARTER, *places, environment=environment(DAGSTER_HOME=str(home)))
    assert code == 1, printed
    return folder / "lake", home, said


def test_a_delivery_that_lacks_nearly_all_calls_stops_the_quarter_and_says_why(stopped: tuple[Path, Path, str]) -> None:
    lake, _, said = stopped
    assert re.search(r"2025-Q1: the delivery is not acceptable\. hotline_calls volume of E01: 0\.0\d+ \(\d 行", said), said
    assert "must be 0.1 … 10" in said
    assert "Traceback" not in said
    page = Path(re.search(r"All figures: (\S+index\.html)", said)[1])  # type: ignore[index]
    assert page.is_file()
    text = page.read_text(encoding="utf-8")
    assert "结论：不予验收" in text
    assert (page.parent / "hotline_calls.html").is_file()
    assert not (lake / "published" / "current" / f"quarter={QUARTER}").exists()
    # Nothing of the marts was begun.
    assert list((lake / "published" / "runs").glob("*")) == []


def test_dagster_shows_the_checks_with_their_figures_and_nothing_downstream(stopped: tuple[Path, Path, str]) -> None:
    _, home, _ = stopped
    with dg.DagsterInstance.from_config(str(home)) as instance:
        (run,) = instance.get_runs()
        records = instance.get_records_for_run(run.run_id).records
        evaluations = [
            record.event_log_entry.dagster_event.asset_check_evaluation_data
            for record in records
            if record.event_log_entry.dagster_event
            and record.event_log_entry.dagster_event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION
        ]
        made = {
            record.event_log_entry.dagster_event.asset_key.to_user_string()
            for record in records
            if record.event_log_entry.dagster_event
            and record.event_log_entry.dagster_event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION
        }
    found = {(each.asset_key.to_user_string(), each.check_name): each for each in evaluations}
    assert set(found) >= {(f"clean/{table}", "acceptance") for table in checks()}
    calls = found["clean/hotline_calls", "acceptance"]
    assert (calls.passed, calls.severity, calls.blocking) == (False, dg.AssetCheckSeverity.ERROR, True)
    assert calls.metadata["refuse"].value == 1
    figures = {record.data["check"]: record.data for record in calls.metadata["figures"].records}
    assert figures.keys() == {check.name for check in checks()["hotline_calls"]}
    assert figures["volume"]["verdict"] == "refuse"
    assert figures["volume"]["required"] == "0.1 … 10"
    assert found["clean/service_requests", "acceptance"].passed
    assert {"clean/hotline_calls", "clean/service_requests"} <= made
    assert {
        name for name in made if name.startswith(("int_", "mart_", "report/")) or name in ("scores", "acceptance_results")
    } == set()


@pytest.fixture(scope="module")
def waived(landing: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Finished]:
    """(landing, lake, what was said) of the same delivery, let through by the plan."""
    folder = tmp_path_factory.mktemp("waived")
    own = shutil.copytree(landing, folder / "landing")
    (own / "evaluation.yaml").write_text(
        "acceptance:\n  waivers:\n"
        "    - {quarter: 2025-Q1, table: hotline_calls, check: volume, reason: 热线并入在线客服, author: 评价组}\n",
        encoding="utf-8",
    )
    return own, folder / "lake", asq_run(QUARTER, own, folder / "lake")


def test_a_waiver_lets_the_quarter_through_and_is_shown(waived: tuple[Path, Path, Finished]) -> None:
    _, lake, finished = waived
    page = Path(re.search(r"acceptance: (\S+)", finished.stdout)[1])  # type: ignore[index]
    assert "热线并入在线客服（评价组）" in page.read_text(encoding="utf-8")
    with duckdb.connect(str(lake / "warehouse.duckdb"), read_only=True) as connection:
        shown = connection.execute(
            """select enterprise_id, "table", "check", reason, author from acceptance_results where verdict = 'waived'"""
        ).fetchall()
        quality = connection.execute(
            "select count(*), min(validity), max(validity) from data_quality where extracted > 0"
        ).fetchone()
        counted = connection.execute(
            """select sum(quarantined) = (select sum(quarantined) from row_accounting_by_enterprise) from data_quality"""
        ).fetchone()
    assert shown == [("E01", "hotline_calls", "volume", "热线并入在线客服", "评价组")]
    assert quality is not None
    assert quality[0] > 15
    assert 0.9 < quality[1] < quality[2] == 1
    assert counted == (True,)
    report = operations_page(lake / f"published/current/quarter={QUARTER}", QUARTER, "E01")
    assert "热线并入在线客服（评价组）" in report
    for file in page.parent.glob("*.html"):
        assert _LOADING.findall(file.read_text(encoding="utf-8")) == [], file.name


# --- Great Expectations itself ---------------------------------------------------------------------------------------


def _job(tmp_path: Path) -> dict[str, object]:
    database = tmp_path / "figures.sqlite"
    figures = {"E1": (0.05, None), "E2": (1.0, 0.2), "E3": (None, 0.9)}
    some = tuple(check for check in checks()["complaints"] if check.name in ("volume", "references"))
    named = {name: dict(zip(("volume", "references"), map(Figure, values), strict=True)) for name, values in figures.items()}
    write_figures({"complaints": named}, {"complaints": some}, database)
    limits = {
        "complaints": {
            "volume": {"expected": [0.5, 2], "required": [0.1, 10]},
            "references": {"expected": [0.99, None], "required": [0.5, None]},
        }
    }
    return {"database": str(database), "limits": limits, "label": QUARTER, "pages": str(tmp_path)}


def test_no_socket_is_opened(tmp_path: Path) -> None:
    """Python itself tells of every socket; the hook is installed before anything is imported."""
    watched = (
        "import sys\n"
        "def hook(event, arguments):\n"
        "    if event.startswith('socket.'):\n"
        "        sys.stderr.write(f'SOCKET {event} {arguments}\\n')\n"
        "sys.addaudithook(hook)\n"
        "from pipeline.accept.worker import main\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", watched],
        input=json.dumps(_job(tmp_path)) + "\n",
        capture_output=True,
        text=True,
        timeout=300,
        env=environment(),
    )
    results, pages = map(json.loads, done.stdout.splitlines())
    assert "SOCKET" not in done.stderr, done.stderr[-2000:]
    assert pages == {"pages": ["complaints"]}
    assert {(each["check"], each["kind"]): each["missed"] for each in results["results"]} == {
        ("volume", "warn"): ["E1"],
        ("volume", "refuse"): ["E1"],
        ("references", "warn"): ["E2", "E3"],
        ("references", "refuse"): ["E2"],
    }
    # The hook does see sockets: a canary.
    canary = watched.replace("from pipeline.accept.worker import main\nmain()\n", "import socket\nsocket.socket().close()\n")
    seen = subprocess.run([sys.executable, "-c", canary], capture_output=True, text=True, timeout=60)
    assert "SOCKET socket.__new__" in seen.stderr


def test_pages_are_the_same_each_time_and_load_nothing(tmp_path: Path) -> None:
    figures = {"complaints": {"E1": {check.name: Figure(0.05) for check in checks()["complaints"]}}}
    texts = []
    for name in ("one", "two"):
        pages = tmp_path / name
        pages.mkdir()
        check(figures, {"complaints": checks()["complaints"]}, QUARTER, tmp_path, pages)
        finish_pages()
        texts.append((pages / "complaints.html").read_text(encoding="utf-8"))
    assert texts[0] == texts[1]
    assert _LOADING.findall(texts[0]) == []
    assert "数据量 0.5 … 2（倍）" in texts[0]


def test_what_cannot_be_evaluated_is_no_finding(tmp_path: Path) -> None:
    """A question about a column that is not there must not pass as an answer."""
    (volume, *_) = (check for check in checks()["complaints"] if check.name == "volume")
    broken = type(volume)('vol"ume', "", "", "", "", expected=Bounds(upper=1))
    with pytest.raises((ChecksNotRun, KeyError)):
        check({"complaints": {"E1": {'vol"ume': Figure(2.0)}}}, {"complaints": (broken,)}, QUARTER, tmp_path, tmp_path)


def test_the_trend_of_the_scorecard_reaches_over_quarters(waived: tuple[Path, Path, Finished], tmp_path: Path) -> None:
    from pipeline.account.scorecard import trend
    from pipeline.calendar.quarters import Quarter
    from pipeline.lake.layout import Lake

    landing, lake = waived[0], shutil.copytree(waived[1], tmp_path / "lake", symlinks=True)
    asq_run("2024-Q4", landing, lake)
    quarters = [Quarter(2024, 4), Quarter(2025, 1)]
    scorecard = pl.read_parquet(Lake(lake).current(quarters[1]) / "data_quality.parquet", hive_partitioning=False)
    shares = trend(Lake(lake), quarters[1], scorecard)
    assert shares["quarter"].to_list() == ["2024-Q4", "2025-Q1"]
    # By hand: accepted shares of all rows bound every dimension from below.
    accounted = pl.concat(
        pl.read_parquet(Lake(lake).current(quarter) / "row_accounting_by_enterprise.parquet", hive_partitioning=False)
        for quarter in quarters
    )
    sums = accounted.group_by("quarter").agg(pl.col("extracted", "quarantined").sum()).sort("quarter")
    assert shares.select("quarter", "extracted", "quarantined").equals(sums)
    assert (shares["validity"] >= 1 - sums["quarantined"] / sums["extracted"]).all()
    assert os.environ.get("DAGSTER_HOME") is None
