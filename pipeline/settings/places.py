"""Where a run finds its landing folder, its lake and the files that users hand in beside the data.

Read from the command line or the environment, so that ``asq`` and the Dagster UI start the same run. What the files mean is
read elsewhere: ``plan.py``, ``sources.py``, ``outlier_review.py``, ``validate/corrections.py``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from pipeline.errors import UsageError
from pipeline.lake.files import unlisted
from pipeline.lake.layout import STAGES, Lake
from pipeline.settings.environment import environment
from pipeline.settings.handed_in import FILES

FIRST_QUARTER_VARIABLE = "ASQ_FIRST_QUARTER"
DEFAULT_FIRST_QUARTER = "2023-Q1"
LANDING_VARIABLE, LAKE_VARIABLE = "ASQ_LANDING", "ASQ_LAKE"
NO_REPORTS_VARIABLE = "ASQ_NO_REPORTS"
"""If it is set, runs write no reports; ``asq report`` makes them of the publication."""
# DuckDB and polars take a path that holds one of these for a pattern.
_PATTERN_CHARACTERS = "*?["


@dataclass(frozen=True)
class Settings:
    """The places of one run; ``files`` holds those of ``FILES`` that there are, by name."""

    landing: Path
    lake: Lake
    files: Mapping[str, Path] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, landing: str | Path, lake: str | Path, **given: str | Path | None) -> Settings:
        """Settle the places; files of the landing folder that are called as they should be are found.

        ``Settings.of("landing", "lake", plan="evaluation.yaml")``. Raises UsageError for a file that is not there and for a
        lake whose path would be read as a pattern.
        """
        return cls(Path(landing).absolute(), lake_at(lake), chosen_files(landing, **given))

    @classmethod
    def from_environment(cls) -> Settings:
        """The settings of the Dagster UI and of scheduled runs; raises UsageError when a place is not set."""
        missing = [name for name in (LANDING_VARIABLE, LAKE_VARIABLE) if not os.environ.get(name)]
        if missing:
            raise UsageError(f"set the environment variable {' and '.join(missing)} to a folder")
        given = {each.name: os.environ.get(each.variable) for each in FILES}
        return cls.of(os.environ[LANDING_VARIABLE], os.environ[LAKE_VARIABLE], **given)

    def in_environment(self) -> AbstractContextManager[None]:
        """The runs that this process starts use these places; afterwards the environment is as it was."""
        files = {each.variable: str(self.files[each.name]) if each.name in self.files else None for each in FILES}
        return environment({LANDING_VARIABLE: str(self.landing), LAKE_VARIABLE: str(self.lake.root), **files})


def chosen_files(landing: str | Path, **given: str | Path | None) -> Mapping[str, Path]:
    """The files that are given or lie in the landing folder, by name; raises UsageError for one that is not there."""
    folder = Path(landing).absolute()
    found = {each.name: each.chosen(given.get(each.name), folder) for each in FILES}
    return MappingProxyType({name: path for name, path in found.items() if path is not None})


def lake_at(path: str | Path) -> Lake:
    """The lake at a path; raises UsageError where files of another lake could be read in its place (``lake*``)."""
    lake = Lake(path)
    found = [character for character in str(lake.root) if character in _PATTERN_CHARACTERS]
    if found:
        raise UsageError(
            f"{lake.root}: the path of a lake must not hold '{found[0]}', which would be read as a pattern: choose another folder"
        )
    return lake


def existing_lake(path: str | Path, *zones: str) -> Lake:
    """``lake_at`` for commands that only look at a lake: raises UsageError where none is, which would look like an empty one.

    zones   folders of the lake that the command looks at: UsageError too if one of them cannot be listed
    """
    lake = lake_at(path)
    if not lake.root.is_dir():
        raise UsageError(f"{lake.root}: there is no lake: no such folder")
    if unlisted(lake.root) == [lake.root]:
        raise UsageError(f"{lake.root}: cannot be read")
    if not any((lake.root / name).exists() for name in (*STAGES, "published")):
        raise UsageError(f"{lake.root}: is not a lake: it has none of the folders that a run makes (raw, clean, published …)")
    closed = [str(folder) for zone in zones for folder in unlisted(lake.root / zone)]
    if closed:
        raise UsageError(f"{', '.join(closed)}: cannot be read, so that nothing can be said about the lake")
    return lake
