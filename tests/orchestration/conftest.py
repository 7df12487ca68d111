"""One small landing folder and two published lakes for all of these tests: a run costs seconds, so nobody makes his own.

Whoever changes a lake takes a copy (``lake_copy``).
"""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
from built_once import built_once
from runs import Finished, asq, asq_run, environment

from pipeline.lake.layout import Lake
from pipeline.lake.warehouse import refresh_warehouse

from .landing import EARLIER_QUARTER, QUARTER, write_landing


@dataclass(frozen=True)
class Published:
    """A lake with one published quarter, and what ``asq run`` said. To be read only."""

    landing: Path
    lake: Path
    finished: Finished


@dataclass(frozen=True)
class TwoQuarters:
    """2024-Q4 and then 2025-Q1 of the same landing folder in one lake: how it was after each of the two runs. To be read only."""

    landing: Path
    after_earlier: Path
    lake: Path


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """The quarter run once by the command line."""

    def run(folder: Path) -> dict[str, Any]:
        finished = asq("run", QUARTER, "--landing", write_landing(folder / "landing"), "--lake", folder / "lake")
        assert finished.returncode == 0, finished.stderr
        return asdict(finished)

    folder, said = built_once(tmp_path_factory, "published", run)
    return Published(folder / "landing", folder / "lake", Finished(**said))


@pytest.fixture(scope="session")
def two_quarters(published: Published, tmp_path_factory: pytest.TempPathFactory) -> TwoQuarters:
    """The quarter before, then the quarter, run in the process of the tests."""

    def run(folder: Path) -> None:
        asq_run(EARLIER_QUARTER, published.landing, folder / "lake")
        shutil.copytree(folder / "lake", folder / "after_earlier", symlinks=True)
        asq_run(QUARTER, published.landing, folder / "lake")

    folder, _ = built_once(tmp_path_factory, "two_quarters", run)
    return TwoQuarters(published.landing, folder / "after_earlier", folder / "lake")


@pytest.fixture
def landing(published: Published, tmp_path: Path) -> Path:
    """The landing folder, to be changed."""
    return shutil.copytree(published.landing, tmp_path / "landing")


@pytest.fixture
def lake_copy(published: Published, tmp_path: Path) -> Path:
    """The published lake, to be changed."""
    copy = shutil.copytree(published.lake, tmp_path / "lake", symlinks=True)
    # As the next command would: the views also name where the lake is, for databases that they are attached to.
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
    files = ("ASQ_SOURCES", "ASQ_PLAN", "ASQ_OUTLIER_REVIEW", "ASQ_CORRECTIONS", "ASQ_BENCHMARKS", "ASQ_FISHBONE", "ASQ_FIVE_WHYS")
    for name in ("ASQ_LANDING", "ASQ_LAKE", *files, "ASQ_FIRST_QUARTER"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
