"""A process killed at any moment leaves nothing outside the lake, and the next one removes what it left inside."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from runs import environment

from pipeline.lake.layout import Lake

from .conftest import Published
from .lakes import leftovers
from .landing import QUARTER

pytestmark = pytest.mark.faults

# The command line, killed with all its children the moment a stage says it begins.
_KILLED_AT = """
import os, signal, sys
from pipeline.cli import main
from pipeline.stage.progress import listening
stage = sys.argv.pop(1)
with listening(lambda said, _: os.killpg(0, signal.SIGKILL) if said == stage else None):
    main()
"""
_KILLED_IN_A_CHECK = """
import os, signal, sys
from pipeline.cli import main
from pipeline.check import landing
landing.require_some_table = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
main()
"""


def _outside(folder: Path) -> dict[str, Path]:
    places = {name: folder / name for name in ("tmp", "home", "cwd")}
    for place in places.values():
        place.mkdir()
    return places


def _run(script: str, *arguments: str | Path, places: dict[str, Path]) -> int:
    variables = environment(TMPDIR=str(places["tmp"]), HOME=str(places["home"]), XDG_CONFIG_HOME=str(places["home"]))
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, env=variables, cwd=places["cwd"], start_new_session=True, capture_output=True).returncode


def _found(places: dict[str, Path]) -> list[str]:
    return sorted(str(path.relative_to(place)) for place in places.values() for path in place.rglob("*"))


def test_a_run_killed_with_its_children_leaves_nothing_outside_the_lake(published: Published, tmp_path: Path) -> None:
    places, lake = _outside(tmp_path), Lake(tmp_path / "lake")
    arguments = ("run", QUARTER, "--landing", published.landing, "--lake", lake.root)
    for stage in ("extract", "accept", "publish"):
        assert _run(_KILLED_AT, stage, *arguments, places=places) == -signal.SIGKILL
        assert _found(places) == []
        assert [path.name for path in lake.scratch.iterdir() if path.name.startswith("process-")]
    # The next run removes what they left in the lake.
    assert _run("from pipeline.cli import main; main()", *arguments, places=places) == 0
    assert _found(places) == []
    assert leftovers(lake.root) == []


def test_the_folder_of_a_killed_check_is_recognised_and_removed_by_the_next(published: Published, tmp_path: Path) -> None:
    places = _outside(tmp_path)
    assert _run(_KILLED_IN_A_CHECK, "check", "--landing", published.landing, places=places) == -signal.SIGKILL
    (left,) = places["tmp"].iterdir()
    assert left.name.startswith("asq-check-")
    # That of a process that works on stays.
    other = places["tmp"] / f"asq-check-{os.getpid()}-working"
    other.mkdir()
    assert _run("from pipeline.cli import main; main()", "check", "--landing", published.landing, places=places) in (0, 1)
    assert list(places["tmp"].iterdir()) == [other]
