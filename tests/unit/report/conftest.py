"""The hand-made run folder, written once for all tests of the report stage."""

from __future__ import annotations

from pathlib import Path

import pytest
import report_run
from report_run.conclusions import write_conclusions
from report_run.reading import sections_of

from pipeline.report.document.blocks import Section
from pipeline.report.model.report import ReportModel
from pipeline.report.model.run_tables import build_report


@pytest.fixture(scope="session")
def run_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder nobody writes into."""
    return report_run.write_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="session")
def sections(report: ReportModel) -> tuple[Section, ...]:
    """The sections of that report in Chinese."""
    return sections_of(report)


@pytest.fixture(scope="session")
def report(run_path: Path) -> ReportModel:
    """The report of the enterprise that has every kind of value."""
    return build_report(run_path, report_run.QUARTER, "E1")


@pytest.fixture(scope="session")
def conclusions_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder with the analyses from which conclusions are drawn; nobody writes into it."""
    return write_conclusions(report_run.write_run(tmp_path_factory.mktemp("conclusions")))
