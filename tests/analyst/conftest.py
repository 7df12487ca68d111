"""Two quarters of the sample's three enterprises in one lake, for what analysts and readers do with a lake. To be read only."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from built_once import built_once
from runs import asq_run, environment

from pipeline.calendar.quarters import Quarter, quarter_range
from pipeline.sample.write import write_sample

QUARTER = Quarter.parse("2025-Q1")
_QUARTERS = quarter_range("2024-Q4..2025-Q1")
_REQUESTS, _SEED = 2_400, 1


@pytest.fixture(scope="session")
def sample_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake."""

    def run(folder: Path) -> None:
        write_sample(folder / "landing", _QUARTERS, _REQUESTS, _SEED)
        for quarter in _QUARTERS:
            asq_run(quarter.label, folder / "landing", folder / "lake")

    return built_once(tmp_path_factory, "sample_lake", run)[0] / "lake"


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands inside the test's process see what those of the command line see."""
    wanted = environment()
    for name in os.environ.keys() - wanted.keys():
        monkeypatch.delenv(name)
    for name, value in wanted.items():
        monkeypatch.setenv(name, value)
