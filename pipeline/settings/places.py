"""Where a run finds its landing files, lake, source mapping, evaluation plan, review of outliers and corrections.

Read from the environment (``ASQ_LANDING``, ``ASQ_LAKE``, ``ASQ_SOURCES``, ``ASQ_PLAN``, ``ASQ_OUTLIER_REVIEW``,
``ASQ_CORRECTIONS``), so that the command line and the Dagster UI start the same run. What the files mean is the stages' business.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.lake.layout import Lake

SOURCES_FILE = "sources.yaml"
FIRST_QUARTER_VARIABLE = "ASQ_FIRST_QUARTER"
DEFAULT_FIRST_QUARTER = "2023-Q1"
PLAN_FILE = "evaluation.yaml"
REVIEW_FILE = "outlier_review.csv"
CORRECTIONS_FILE = "corrections.csv"
# DuckDB and polars take a path that holds one of these for a pattern.
_PATTERN_CHARACTERS = "*?["


@dataclass(frozen=True)
class Settings:
    """The places of one run; all but ``landing`` and ``lake`` are None where there is no such file."""

    landing: Path
    lake: Lake
    sources: Path | None = None
    plan: Path | None = None
    outlier_review: Path | None = None
    corrections: Path | None = None

    @classmethod
    def of(
        cls,
        landing: str | Path,
        lake: str | Path,
        sources: str | Path | None = None,
        plan: str | Path | None = None,
        outlier_review: str | Path | None = None,
        corrections: str | Path | None = None,
    ) -> Settings:
        """Settle the places; files of the landing folder that are called as they should be are found.

        Raises UsageError for a file that is not there and for a lake whose path would be read as a pattern.
        """
        landing_path = Path(landing).absolute()
        return cls(
            landing=landing_path,
            lake=lake_at(lake),
            sources=chosen_sources(sources, landing_path),
            plan=_chosen(plan, landing_path / PLAN_FILE),
            outlier_review=chosen_review(outlier_review, landing_path),
            corrections=chosen_corrections(corrections, landing_path),
        )

    @classmethod
    def from_environment(cls) -> Settings:
        """The settings of the Dagster UI and of scheduled runs; raises UsageError when a place is not set."""
        missing = [name for name in ("ASQ_LANDING", "ASQ_LAKE") if not os.environ.get(name)]
        if missing:
            raise UsageError(f"set the environment variable {' and '.join(missing)} to a folder")
        return cls.of(
            os.environ["ASQ_LANDING"],
            os.environ["ASQ_LAKE"],
            os.environ.get("ASQ_SOURCES"),
            os.environ.get("ASQ_PLAN"),
            os.environ.get("ASQ_OUTLIER_REVIEW"),
            os.environ.get("ASQ_CORRECTIONS"),
        )

    def to_environment(self) -> None:
        """Make the runs that this process starts use these places."""
        os.environ["ASQ_LANDING"] = str(self.landing)
        os.environ["ASQ_LAKE"] = str(self.lake.root)
        for name, path in (
            ("ASQ_SOURCES", self.sources),
            ("ASQ_PLAN", self.plan),
            ("ASQ_OUTLIER_REVIEW", self.outlier_review),
            ("ASQ_CORRECTIONS", self.corrections),
        ):
            if path is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = str(path)


def lake_at(path: str | Path) -> Lake:
    """The lake at a path; raises UsageError where files of another lake could be read in its place (``lake*``)."""
    lake = Lake(path)
    found = [character for character in str(lake.root) if character in _PATTERN_CHARACTERS]
    if found:
        raise UsageError(
            f"{lake.root}: the path of a lake must not hold '{found[0]}', which would be read as a pattern: "
            "choose another folder"
        )
    return lake


def chosen_sources(given: str | Path | None, landing: Path) -> Path | None:
    """The source mapping that is given, else the ``sources.yaml`` of the landing folder, if there is one."""
    return _chosen(given, landing / SOURCES_FILE)


def chosen_review(given: str | Path | None, landing: Path) -> Path | None:
    """The review of outliers that is given, else the ``outlier_review.csv`` of the landing folder, if there is one."""
    return _chosen(given, landing / REVIEW_FILE)


def chosen_corrections(given: str | Path | None, landing: Path) -> Path | None:
    """The corrections file that is given, else the ``corrections.csv`` of the landing folder, if there is one."""
    return _chosen(given, landing / CORRECTIONS_FILE)


def _chosen(given: str | Path | None, default: Path) -> Path | None:
    if given is None:
        return default if default.is_file() else None
    path = Path(given).absolute()
    if not path.is_file():
        raise UsageError(f"{path}: no such file")
    return path
