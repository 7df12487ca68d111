"""Publishes a run step by step, with something happening before each step; started as a program by the tests.

``python publication_steps.py killed <folder>`` publishes a second run in lake after lake, killed before its 1st, 2nd …
step of publishing, until none is left. ``python publication_steps.py joined <folder>`` opens and publishes one run, and
another process starts a run in the same lake before each step. Steps are what changes the file system, by Python's
audit events.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from pipeline.lake.warehouse import refresh_warehouse

QUARTER = Quarter(2025, 1)
TABLES = ("scores", "indicator_values", "run_info")
OLD, NEW, OTHER = "run-old", "run-new", "run-other"

_CHANGES = {"os.rename", "os.remove", "os.symlink", "os.link", "os.mkdir", "os.rmdir", "shutil.rmtree"}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def fill(run: RunFolder) -> RunFolder:
    """Every table of both layers, one row with the run's id, and a report; files shared with an earlier run stay as they are."""
    with duckdb.connect() as connection:
        for table in (file for name in TABLES for file in (run.table(name), run.released_table(name))):
            table.unlink(missing_ok=True)
            target = str(table).replace("'", "''")
            connection.execute(f"copy (select '{run.run_id}' as run_id, 1 as x) to '{target}' (format parquet)")
    page = run.reports / "E1.html"
    page.parent.mkdir(exist_ok=True)
    page.unlink(missing_ok=True)
    page.write_text(run.run_id, encoding="utf-8")
    return run


def killed(folder: Path) -> None:
    """Only child processes use DuckDB, whose threads would make forking unsafe."""
    template = Lake(folder / ".template")
    in_child(lambda: fill(RunFolder(template, QUARTER, OLD).open()).publish(TABLES, TABLES))
    is_killed = True
    step = 0
    while is_killed:
        step += 1
        lake = Lake(folder / f"killed-before-step-{step}")
        shutil.copytree(template.root, lake.root, symlinks=True)
        is_killed = in_child(partial(publish_until, lake, step))
    shutil.rmtree(template.root)


def publish_until(lake: Lake, step: int) -> None:
    # Its views still show the template.
    refresh_warehouse(lake)
    run = fill(RunFolder(lake, QUARTER, NEW).open())
    before_each_step(lambda number: os.kill(os.getpid(), signal.SIGKILL) if number == step else None)
    run.publish(TABLES, TABLES)


def in_child(work: Callable[[], object]) -> bool:
    """Do the work in a forked process; returns whether it was killed, and fails where it failed."""
    child = os.fork()
    if child == 0:
        try:
            work()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status) and os.WEXITSTATUS(status):
        sys.exit(1)
    return os.WIFSIGNALED(status)


def joined(folder: Path) -> None:
    lake = Lake(folder)
    program = [sys.executable, __file__, "others", str(lake.root)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        pipe_in, pipe_out = process.stdin, process.stdout

        def start_another(_step: int) -> None:
            pipe_in.write(b"start\n")
            pipe_in.flush()
            # No answer means that it waits for a lock which this process holds: so it should, and this one goes on.
            if select.select([pipe_out], [], [], 0.3)[0]:
                pipe_out.readline()

        run = RunFolder(lake, QUARTER, NEW)
        before_each_step(start_another)
        fill(run.open()).publish(TABLES, TABLES)
        pipe_in.close()
        pipe_out.read()
    sys.exit(process.returncode)


def others(folder: Path) -> None:
    """For each line that comes, do what every run does as it starts."""
    for number, _line in enumerate(sys.stdin):
        RunFolder(Lake(folder), QUARTER, f"{OTHER}-{number}").open().discard()
        print("started and gone", flush=True)


def before_each_step(act: Callable[[int], None]) -> None:
    """Call ``act`` with 1, 2, … before each change of the file system from now on."""
    taken = 0
    is_acting = False

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal taken, is_acting
        is_change = event in _CHANGES or (event == "open" and arguments[2] & _WRITING)
        if is_change and not is_acting:
            taken += 1
            is_acting = True
            act(taken)
            is_acting = False

    sys.addaudithook(watch)


if __name__ == "__main__":
    {"killed": killed, "joined": joined, "others": others}[sys.argv[1]](Path(sys.argv[2]))
