"""One small landing folder and one published lake for all of these tests: a run costs seconds, so nobody makes his own.

Whoever changes a lake takes a copy (``lake_copy``).
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from runs import Finished, asq, environment

from pipeline.lake.layout import Lake
from pipeline.lake.warehouse import refresh_warehouse

from .landing import QUARTER, write_landing


@dataclass(frozen=True)
class Published:
    """A lake with one published quarter, and what ``asq run`` said. To be read only."""

    landing: Path
    lake: Path
    finished: Finished


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The quarter run once by the command line; workers of pytest-xdist share it."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    folder = folder / "published"
    folder.mkdir(exist_ok=True)
    said = folder / "finished.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            finished = asq("run", QUARTER, "--landing", write_landing(folder / "landing"), "--lake", folder / "lake")
            assert finished.returncode == 0, finished.stderr
            said.write_text(json.dumps(asdict(finished)), encoding="utf-8")
    return Published(folder / "landing", folder / "lake", Finished(**json.loads(said.read_text(encoding="utf-8"))))


@pytest.fixture
def landing(published: Published, tmp_path: Path) -> Path:
    """The landing folder, to be changed."""
    return shutil.copytree(published.landing, tmp_path / "landing")


@pytest.fixture
def lake_copy(published: Published, tmp_path: Path) -> Path:
    """The published lake, to be changed."""
    copy = shutil.copytree(published.lake, tmp_path / "lake", symlinks=True)
    # The copied warehouse shows the files of the lake it came from.
    refresh_warehouse(Lake(copy))
    return copy


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs inside the test's process see what runs of the command line see, and leave no variable behind."""
    wanted = environment()
    for name in os.environ.keys() - wanted.keys():
        monkeypatch.delenv(name)
    for name, value in wanted.items():
        monkeypatch.setenv(name, value)
    # A run in this process sets these.
    files = ("ASQ_SOURCES", "ASQ_PLAN", "ASQ_OUTLIER_REVIEW", "ASQ_CORRECTIONS")
    for name in ("ASQ_LANDING", "ASQ_LAKE", *files, "ASQ_FIRST_QUARTER"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
