"""Dagster resources: where a run reads and writes, and the settings it was started with.

Only translates Dagster's configuration and decides when to read; ``settings/places.py`` describes the places,
``settings/frozen.py`` the files.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import dagster as dg
from pydantic import Field, PrivateAttr

from pipeline.calendar.quarters import Quarter
from pipeline.errors import AsqError, UsageError
from pipeline.lake.checksums import keep_published
from pipeline.lake.damaged import make_sound
from pipeline.lake.files import narrow_rights, open_folder, private_files
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.frozen import HandedInFiles
from pipeline.settings.places import LAKE_VARIABLE, Settings, lake_at
from pipeline.stage.partitions import quarter_of
from pipeline.stage.progress import announce, tell


class LakePlace(dg.ConfigurableResource):
    """The lake alone, for jobs that evaluate nothing; taken from the environment if not configured."""

    path: str | None = None

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator[LakePlace, None, None]:
        """Once per run, around all its steps."""
        with private_files():
            yield self

    def lake(self) -> Lake:
        """The lake; raises UsageError when it is neither configured nor in the environment."""
        path = self.path or os.environ.get(LAKE_VARIABLE)
        if not path:
            raise UsageError(f"set the environment variable {LAKE_VARIABLE} to a folder")
        return lake_at(path)


@dataclass(frozen=True)
class RunSettings(HandedInFiles):
    """The settings of a run as they were when it started."""

    landing: Path
    lake: Lake

    @classmethod
    def at_start(cls, places: Settings) -> RunSettings:
        """Read all files now."""
        return cls.frozen(places.files, landing=places.landing, lake=places.lake)


@dataclass(frozen=True)
class Step:
    """What a step needs: its quarter, the run's settings, and the folder in which the run gathers tables."""

    quarter: Quarter
    settings: RunSettings
    run_id: str

    @property
    def lake(self) -> Lake:
        return self.settings.lake

    @cached_property
    def run(self) -> RunFolder:
        """The folder in which this run gathers what it publishes."""
        return RunFolder(self.lake, self.quarter, self.run_id).open()


class Places(dg.ConfigurableResource):
    """Landing folder, lake, and the files that users submit, by name (``settings/handed_in.py``); defaults come from the
    environment.

    Everything is read once, when the run starts; damaged files of the lake are set aside then. While a run holds it, no records
    are removed from the lake; its private zones get their permissions.
    """

    landing: str | None = None
    lake: str | None = None
    files: dict[str, str] = Field(default_factory=dict)

    _settings: RunSettings | None = PrivateAttr(default=None)
    _fault: Exception | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator[Places, None, None]:
        """Once per run, around all its steps."""
        try:
            self._settings = RunSettings.at_start(self._places())
        except AsqError:
            # The first step that asks for the settings reports the error.
            yield self
            return
        lake = self._settings.lake
        with private_files():
            open_folder(lake.root)
            narrow_rights(lake)
            with lake.using_records():
                self._make_sound(context, lake)
                yield self
                run = context.run
                for quarter in lake.published_quarters():
                    if run is not None and lake.analyst(quarter).name == run.run_id:
                        for folder in (lake.analyst(quarter), lake.current(quarter).resolve()):
                            keep_published(lake.root, folder)

    def _make_sound(self, context: dg.InitResourceContext, lake: Lake) -> None:
        """Set damaged files aside, so that the stages make them anew; a fault that stops the run is raised by its first step."""
        run = context.run
        key = None if run is None else run.tags.get("dagster/partition")
        if run is None or key is None:
            return
        try:
            lines = make_sound(lake, Quarter.from_partition_key(key), run.job_name, run.run_id)
        except (AsqError, OSError) as error:
            self._fault = error
            return
        for line in lines:
            context.log.warning(line) if context.log else None
            tell(line)

    def settings(self) -> RunSettings:
        """The settings of this run.

        Raises UsageError when a place is neither configured nor in the environment, MachineFault when the lake has a damaged file
        that cannot be made anew.
        """
        if self._fault is not None:
            raise self._fault
        if self._settings is None:
            self._settings = RunSettings.at_start(self._places())
        return self._settings

    def begin(self, context: dg.AssetExecutionContext | dg.AssetCheckExecutionContext, stage: str, detail: str) -> Step:
        """Announce a step and return what it works with."""
        quarter = quarter_of(context)
        announce(stage, detail)
        return Step(quarter, self.settings(), context.run.run_id)

    def _places(self) -> Settings:
        if self.landing and self.lake:
            return Settings.of(self.landing, self.lake, **self.files)
        return Settings.from_environment()
