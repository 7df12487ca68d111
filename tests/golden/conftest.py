"""Runs the pipeline over the hand-made landing folders, as a user would, each once a session.

Records are in ``landing`` and ``edges``, expected values in the tests, reading what was published in ``published``.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from built_once import built_once
from runs import asq_here, first_environment

from golden import assumed as tickets_with_constants
from golden import edges as edges_of_rulings
from golden import stand_ins as totals_and_flags
from golden import surveyed as survey_with_population
from golden.landing import write_landing
from golden.planned import write_panel_and_plan
from golden.published import QUARTER, Published


def _run(folder: Path, command: list[str]) -> str:
    """Run ``asq`` with none of the developer's settings and a home for its key of its own; what it said on stderr."""
    places = ["--landing", str(folder / "landing"), "--lake", str(folder / "lake")]
    code, _, said = asq_here(*command, *places, environment=first_environment(folder), folder=folder)
    assert code == 0, f"asq {' '.join(command)} ended with {code}\n{said}"
    return said


def _of(folder: Path) -> Published:
    return Published(folder / "lake" / "analyst.duckdb")


@pytest.fixture(scope="session")
def golden(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """2024-Q4 and 2025-Q1 of the whole landing folder."""

    def build(folder: Path) -> None:
        write_landing(folder / "landing")
        _run(folder, ["backfill", f"2024-Q4..{QUARTER}"])

    return _of(built_once(tmp_path_factory, "golden", build)[0])


@pytest.fixture(scope="session")
def golden_reduced(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """2025-Q1 as it could be evaluated on 2025-04-03, without the hotline's calls and without one optional column."""

    def build(folder: Path) -> None:
        write_landing(
            folder / "landing",
            known_until="2025-04-03T12:00:00",
            without_tables=["hotline_calls"],
            without_columns=["service_requests.personalised_plan"],
        )
        _run(folder, ["run", QUARTER])

    return _of(built_once(tmp_path_factory, "golden_reduced", build)[0])


@pytest.fixture(scope="session")
def golden_planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Published, str, Path]:
    """2025-Q1 with an expert panel and an evaluation plan: what was published, what was said on stderr, the plan's file."""

    def build(folder: Path) -> tuple[str, str]:
        write_landing(folder / "landing")
        plan = write_panel_and_plan(folder / "landing")
        return _run(folder, ["run", QUARTER]), str(plan)

    folder, (said, plan) = built_once(tmp_path_factory, "golden_planned", build)
    return _of(folder), said, Path(plan)


@pytest.fixture(scope="session")
def edges(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """2025-Q1 of the landing folder of edges."""

    def build(folder: Path) -> None:
        write_landing(folder / "landing", edges_of_rulings.TABLES)
        _run(folder, ["run", QUARTER])

    return _of(built_once(tmp_path_factory, "edges", build)[0])


@pytest.fixture(scope="session")
def surveyed(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """2025-Q1 of a survey round with flags, weighted to a population."""

    def build(folder: Path) -> None:
        write_landing(folder / "landing", survey_with_population.TABLES)
        survey_with_population.write_plan(folder / "landing")
        _run(folder, ["run", QUARTER])

    return _of(built_once(tmp_path_factory, "surveyed", build)[0])


@pytest.fixture(scope="session")
def assumed(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """2025-Q1 of an export of tickets with constants, and a plan that names one indicator of one firm."""

    def build(folder: Path) -> None:
        tickets_with_constants.write_tickets(folder / "landing")
        _run(folder, ["run", QUARTER])

    return _of(built_once(tmp_path_factory, "assumed", build)[0])


@pytest.fixture(scope="session")
def stand_ins(tmp_path_factory: pytest.TempPathFactory) -> Published:
    """2024-Q4 and 2025-Q1 of daily totals in place of calls and flags in place of times."""

    def build(folder: Path) -> None:
        totals_and_flags.write_stand_ins(folder / "landing")
        _run(folder, ["backfill", f"2024-Q4..{QUARTER}"])

    return _of(built_once(tmp_path_factory, "stand_ins", build)[0])
