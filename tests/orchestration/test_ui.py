"""The Dagster UI does what ``asq run`` does, and shows the stages as one lineage.

``dagster dev`` is started once, with processes of its own that are surely ended.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from runs import environment

from pipeline.flow import NAMES

from .conftest import Published
from .lakes import current, differing, leftovers, without_run_id
from .landing import QUARTER

pytestmark = pytest.mark.xdist_group("orchestration_ui")

REPO = Path(__file__).resolve().parents[2]
CHROMIUM = Path("/usr/bin/chromium")
JOB = {"repositoryName": "__repository__", "repositoryLocationName": "after_sales_quality"}
PARTITION = "2025-01-01"
_START_SECONDS, _RUN_SECONDS, _STOP_SECONDS = 180, 240, 15

_PARTITION_TAGS = """query ($job: PipelineSelector!, $partition: String!) {
    pipelineOrError(params: $job) { ... on Pipeline { partition(partitionName: $partition, selectedAssetKeys: []) {
        tagsOrError { ... on PartitionTags { results { key value } } }
    } } } }"""
_LAUNCH = """mutation ($launch: ExecutionParams!) { launchRun(executionParams: $launch) {
    __typename ... on LaunchRunSuccess { run { runId } } ... on PythonError { message } } }"""
_RUN = """query ($run: ID!) { runOrError(runId: $run) { ... on Run { status tags { key value } } } }"""
_NUX = "query { shouldShowNux }"
_ASSETS = """query { assetNodes {
    assetKey { path } groupName description kinds owners { ... on TeamAssetOwner { team } }
    dependencyKeys { path } partitionDefinition { type } } }"""


@dataclass(frozen=True)
class Ui:
    """A ``dagster dev`` that answers."""

    address: str
    lake: Path

    def ask(self, query: str, **variables: Any) -> Any:
        """The data of a GraphQL query."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        request = urllib.request.Request(f"{self.address}/graphql", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as response:
            answer = json.load(response)
        assert "errors" not in answer, answer
        return answer["data"]


@pytest.fixture(scope="module")
def ui(published: Published, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ui]:
    folder = tmp_path_factory.mktemp("ui")
    home = folder / "home"
    home.mkdir()
    shutil.copy(REPO / "pipeline/dagster.yaml", home)
    places = {"ASQ_LANDING": published.landing, "ASQ_LAKE": folder / "lake", "DAGSTER_HOME": home}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [Path(sys.executable).with_name("dagster"), "dev", "-w", REPO / "workspace.yaml"]
    with (folder / "log.txt").open("w") as log:
        process = subprocess.Popen(
            [*command, "-h", "127.0.0.1", "-p", str(port)],
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=REPO,
            env=environment(**{name: str(path) for name, path in places.items()}),
            start_new_session=True,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            assert _answers(address, process), (folder / "log.txt").read_text(encoding="utf-8")
            yield Ui(address, folder / "lake")
        finally:
            _end(process, home)


def _answers(address: str, process: subprocess.Popen[bytes]) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with (
            suppress(urllib.error.URLError, ConnectionError),
            urllib.request.urlopen(f"{address}/server_info", timeout=10),
        ):
            return True
        time.sleep(0.5)
    return False


def _end(process: subprocess.Popen[bytes], home: Path) -> None:
    """Ask the whole process group to stop, then make it; then whoever left the group."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for remaining in _started_with(home):
        with suppress(ProcessLookupError):
            os.kill(remaining, signal.SIGKILL)


def _started_with(home: Path) -> list[int]:
    """The processes that have this test's Dagster home in their environment: nobody else's."""
    mine = f"DAGSTER_HOME={home}\0".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mine in path.read_bytes() + b"\0":
                found.append(int(path.parent.name))
    return found


# --- a run launched in the UI ----------------------------------------------------------------------------------------


def test_the_job_of_a_partition_publishes_what_the_command_line_does(ui: Ui, published: Published) -> None:
    # The UI asks for the partition's tags and launches with them.
    job = ui.ask(_PARTITION_TAGS, job={**JOB, "pipelineName": "evaluate_quarter"}, partition=PARTITION)
    tags = job["pipelineOrError"]["partition"]["tagsOrError"]["results"]
    launched = ui.ask(
        _LAUNCH,
        launch={
            "selector": {**JOB, "jobName": "evaluate_quarter"},
            "mode": "default",
            "runConfigData": {},
            "executionMetadata": {"tags": tags},
        },
    )["launchRun"]
    assert launched["__typename"] == "LaunchRunSuccess", launched
    run_id = launched["run"]["runId"]
    deadline = time.monotonic() + _RUN_SECONDS
    while (run := ui.ask(_RUN, run=run_id)["runOrError"])["status"] not in ("SUCCESS", "FAILURE", "CANCELED"):
        assert time.monotonic() < deadline, run
        time.sleep(0.5)
    assert run["status"] == "SUCCESS"
    carried = {tag["key"]: tag["value"] for tag in run["tags"]}
    assert (carried["quarter"], carried["dagster/partition"]) == (QUARTER, PARTITION)

    here = current(ui.lake, QUARTER)
    assert here.name == run_id
    assert differing(without_run_id(here), without_run_id(current(published.lake, QUARTER))) == []
    assert leftovers(ui.lake) == []


# --- what the UI shows -----------------------------------------------------------------------------------------------


def test_every_asset_arrives_with_group_description_owner_and_kinds(ui: Ui) -> None:
    assets = ui.ask(_ASSETS)["assetNodes"]
    keys = {"/".join(asset["assetKey"]["path"]) for asset in assets}
    assert {asset["groupName"] for asset in assets} == set(NAMES)
    for asset in assets:
        assert all(asset[what] for what in ("description", "kinds", "owners")), asset["assetKey"]
        assert asset["partitionDefinition"]["type"] == "TIME_WINDOW"
        assert {"/".join(key["path"]) for key in asset["dependencyKeys"]} <= keys


def test_the_first_visit_opens_no_dialog(ui: Ui) -> None:
    assert ui.ask(_NUX)["shouldShowNux"] is False


@pytest.mark.browser
def test_a_browser_shows_the_lineage(ui: Ui) -> None:
    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed (apt-get install chromium)")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": 1600, "height": 1000})
        page.set_default_timeout(60_000)
        # Nothing is asked of any other host.
        page.route(lambda address: not address.startswith(ui.address), lambda route: route.abort())

        page.goto(f"{ui.address}/asset-groups", wait_until="domcontentloaded")
        for stage in NAMES:
            page.get_by_text(stage, exact=True).first.wait_for()

        page.goto(f"{ui.address}/assets/indicator_values?view=lineage", wait_until="domcontentloaded")
        for name in ("indicator_values", "mart_period_inputs", "parameters", "released_tables"):
            page.get_by_text(name, exact=True).first.wait_for()

        # The checks of a delivery stand on the table they are about.
        page.goto(f"{ui.address}/assets/clean/hotline_calls?view=checks", wait_until="domcontentloaded")
        page.get_by_text("acceptance", exact=True).first.click()
        for name in ("volume", "missing", "drift", "freshness", "references", "zero_durations"):
            page.get_by_text(name, exact=True).first.wait_for()
        browser.close()
