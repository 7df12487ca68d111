"""Runs that are killed, read and run beside each other: readers see a whole publication at every moment.

What happens at each single step of the switch is in tests/unit/lake/test_run_folder.py.
"""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from runs import ASQ, asq, asq_run, environment

from pipeline.marts.project import target_dir

from .conftest import Published
from .lakes import OF_THE_LAKE, current, differing, leftovers, published_contents, without_run_id
from .landing import NEXT_QUARTER, QUARTER

pytestmark = pytest.mark.faults

_RUN_ID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

# The command line, with a signal sent to it the moment that a stage says it begins with something.
_SIGNALLED_AT = """
import os, sys
from pipeline.cli import main
from pipeline.stage.progress import listening
signal, moment = int(sys.argv.pop(1)), tuple(sys.argv.pop(1).split(": "))
with listening(lambda *said: os.kill(os.getpid(), signal) if said == moment else None):
    main()
"""

_KILLED_BEHIND_THE_SWITCH = """
import os, signal
from pipeline.lake import run_folder as publication
from pipeline.cli import main
publication.refresh_warehouse = lambda lake: os.kill(os.getpid(), signal.SIGKILL)
main()
"""

# Reads on and on, every query over several tables; says how many runs it saw of each quarter, and what failed.
_READER = """
import json, sys, time
from collections import Counter
import duckdb
answers = Counter()
query = '''
    select quarter, count(distinct run_id) as runs
    from (
        select quarter, run_id from row_accounting
        union all
        select substr(period, 1, 7), run_id from indicator_values
        union all
        select substr(period, 1, 7), run_id from scores
    )
    group by quarter
'''
while True:
    try:
        with duckdb.connect(sys.argv[1], read_only=True) as connection:
            for _ in range(2):
                for quarter, runs in connection.execute(query).fetchall():
                    answers[f"{quarter}: {runs}"] += 1
                time.sleep(0.02)
    except Exception as error:
        answers[f"{type(error).__name__}: {error}"] += 1
    print(json.dumps(answers), flush=True)
"""


@contextmanager
def reading(lake: Path) -> Iterator[Callable[[], dict[str, int]]]:
    """A process that keeps reading the warehouse; the block gets a function that says what it saw so far."""
    command = [sys.executable, "-c", _READER, str(lake / "warehouse.duckdb")]
    with (lake / "seen.txt").open("w+", encoding="utf-8") as seen, subprocess.Popen(command, stdout=seen) as reader:
        try:
            yield lambda: json.loads((lake / "seen.txt").read_text(encoding="utf-8").splitlines()[-1])
        finally:
            reader.kill()


def shown_runs(lake: Path) -> set[str]:
    """The runs whose scores the warehouse shows."""
    with duckdb.connect(str(lake / "warehouse.duckdb"), read_only=True) as connection:
        return {run_id for (run_id,) in connection.execute("select distinct run_id from scores").fetchall()}


def started(quarter: str, landing: Path, lake: Path) -> subprocess.Popen[str]:
    command = [ASQ, "run", quarter, "--landing", landing, "--lake", lake]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment())


def signalled_when_said(number: signal.Signals, moment: str, landing: Path, lake: Path) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-c", _SIGNALLED_AT, str(int(number)), moment]
    command = [*program, "run", QUARTER, "--landing", str(landing), "--lake", str(lake)]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, env=environment())


def kill_when_said(moment: str, landing: Path, lake: Path) -> None:
    died = signalled_when_said(signal.SIGKILL, moment, landing, lake)
    assert died.returncode == -signal.SIGKILL, died.stderr


def kill_during_dbt(landing: Path, lake: Path) -> str:
    """Kill a run from outside when dbt has built some of its models; returns the run's id."""
    run = started(QUARTER, landing, lake)
    try:
        deadline = time.monotonic() + 240
        while not (
            folders := [path for path in lake.glob("scratch/*") if (lake / f"published/runs/.building-{path.name}").is_dir()]
        ):
            assert run.poll() is None, run.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.05)
        # dbt needs seconds for its models.
        time.sleep(1)
    finally:
        run.kill()
        run.communicate()
    run_id = folders[0].name
    # dbt's own notes of the run lie beside the project, out of the lake's reach.
    shutil.rmtree(target_dir() / f"run-{run_id[:8]}", ignore_errors=True)
    return run_id


@pytest.mark.xdist_group("faults_killed")
def test_a_run_killed_at_any_moment_leaves_the_old_publication_and_the_next_one_tidies_up(
    published: Published, lake_copy: Path
) -> None:
    before = published_contents(lake_copy)
    warehouse = (lake_copy / "warehouse.duckdb").read_bytes()
    building = lake_copy / "published/runs"

    def nothing_changed_for_readers() -> bool:
        return published_contents(lake_copy) == before and (lake_copy / "warehouse.duckdb").read_bytes() == warehouse

    kill_when_said("extract: hotline_calls", published.landing, lake_copy)
    assert nothing_changed_for_readers()

    run_id = kill_during_dbt(published.landing, lake_copy)
    assert nothing_changed_for_readers()
    assert (building / f".building-{run_id}").is_dir()
    assert (lake_copy / "scratch" / run_id).is_dir()

    kill_when_said("publish: publish", published.landing, lake_copy)
    assert nothing_changed_for_readers()
    (unpublished,) = building.glob(".building-*")
    assert (unpublished / "report/E1/management.zh.html").is_file()
    # This run has removed what the one before it left.
    assert unpublished.name != f".building-{run_id}"
    assert not (lake_copy / "scratch" / run_id).exists()

    with reading(lake_copy) as seen:
        asq_run(QUARTER, published.landing, lake_copy)
        switched = current(lake_copy, QUARTER)
        time.sleep(0.5)
        answers = seen()
    assert answers.keys() == {f"{QUARTER}: 1"}, answers
    assert switched.name not in {path.split("/")[0] for path in before}
    assert leftovers(lake_copy) == []
    assert differing(without_run_id(switched), without_run_id(current(published.lake, QUARTER))) == []
    assert shown_runs(lake_copy) == {switched.name}


@pytest.mark.xdist_group("faults_interrupted")
@pytest.mark.parametrize("moment", ["validate: hotline_calls", "marts: dbt build", "publish: publish"])
def test_ctrl_c_ends_a_run_in_one_line_and_leaves_nothing_of_it(moment: str, published: Published, lake_copy: Path) -> None:
    before = published_contents(lake_copy)
    ended = signalled_when_said(signal.SIGINT, moment, published.landing, lake_copy)
    assert (ended.returncode, ended.stderr) == (130, "asq: interrupted; earlier publications are unchanged\n")
    assert published_contents(lake_copy) == before
    assert leftovers(lake_copy) == []


@pytest.mark.xdist_group("faults_interrupted")
def test_a_run_killed_between_its_switch_and_the_warehouse_is_shown_by_the_next_report(
    published: Published, lake_copy: Path
) -> None:
    command = [
        sys.executable,
        "-c",
        _KILLED_BEHIND_THE_SWITCH,
        "run",
        QUARTER,
        "--landing",
        published.landing,
        "--lake",
        lake_copy,
    ]
    died = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=300, env=environment())
    assert died.returncode == -signal.SIGKILL, died.stderr
    switched = current(lake_copy, QUARTER)
    assert shown_runs(lake_copy) == {current(published.lake, QUARTER).name} != {switched.name}
    assert asq("report", QUARTER, "--lake", lake_copy).returncode == 0
    assert shown_runs(lake_copy) == {switched.name}


@pytest.mark.xdist_group("faults_together")
def test_two_quarters_run_at_the_same_time_on_one_lake(published: Published, tmp_path: Path) -> None:
    """From nothing: each run prepares the other's quarter as its neighbour while the other is at it."""
    lake = tmp_path / "lake"
    runs = {quarter: started(quarter, published.landing, lake) for quarter in (QUARTER, NEXT_QUARTER)}
    try:
        said = {quarter: run.communicate(timeout=300) for quarter, run in runs.items()}
    finally:
        for run in runs.values():
            run.kill()
    for quarter, run in runs.items():
        assert run.returncode == 0, f"{quarter}: {said[quarter][1][-20_000:]}"
    # Nothing but the tables that this landing folder lacks (tests/orchestration/test_run.py), and the quarters not run so far.
    lacking, _ = published.finished.stderr.splitlines()
    for errors in (errors.splitlines() for _, errors in said.values()):
        assert (errors[0], len(errors)) == (lacking, 2)
        assert "rows belong to quarters that were not run: 2024-Q1 (7), 2024-Q4 (4)" in errors[1]
    assert leftovers(lake) == []
    alone = without_run_id(current(published.lake, QUARTER))
    # Whether the other quarter was run already when it was looked at depends on who is first.
    assert set(differing(without_run_id(current(lake, QUARTER)), alone)) <= set(OF_THE_LAKE)
    with duckdb.connect(str(lake / "warehouse.duckdb"), read_only=True) as connection:
        found = connection.execute('select quarter, "table", extracted from row_accounting where extracted > 0 order by all')
        assert found.fetchall() == [
            (QUARTER, "customers", 6),
            (QUARTER, "hotline_calls", 25),
            (QUARTER, "regions", 2),
            (QUARTER, "service_requests", 14),
            (NEXT_QUARTER, "customers", 6),
            (NEXT_QUARTER, "hotline_calls", 5),
            (NEXT_QUARTER, "regions", 2),
            (NEXT_QUARTER, "service_requests", 4),
        ]
