"""Dagster resources: where a run reads and writes.

Only the translation from Dagster's configuration to ``Settings``; the places themselves are described there.
"""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager

import dagster as dg

from pipeline.calendar.quarters import Quarter
from pipeline.errors import AsqError, UsageError
from pipeline.lake.files import narrow_rights
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from pipeline.review.decisions import Review, all_corrections
from pipeline.review.listing import review_limits
from pipeline.review.outliers import Limits
from pipeline.settings.places import Settings, lake_at
from pipeline.settings.plan import EvaluationPlan
from pipeline.validate.corrections import Correction
from schemas.contract import TABLES


class LakePlace(dg.ConfigurableResource):
    """The lake alone, for jobs that evaluate nothing; not given, it comes from the environment."""

    path: str | None = None

    def lake(self) -> Lake:
        """The lake; raises UsageError when it is neither configured nor in the environment."""
        path = self.path or os.environ.get("ASQ_LAKE")
        if not path:
            raise UsageError("set the environment variable ASQ_LAKE to a folder")
        return lake_at(path)


class Places(dg.ConfigurableResource):
    """Landing folder, lake, mapping, evaluation plan, review of outliers and corrections; what is not given comes from the
    environment.

    As long as a run has it, no records are removed from the lake; its private zones are made so where they are not.
    """

    landing: str | None = None
    lake: str | None = None
    sources: str | None = None
    plan: str | None = None
    outlier_review_file: str | None = None
    corrections: str | None = None

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Generator[Places, None, None]:
        """Once a run, around all its steps."""
        try:
            lake = self.settings().lake
        except AsqError:
            # The first step that asks for the settings explains it.
            yield self
            return
        narrow_rights(lake)
        with lake.using_records():
            yield self

    def settings(self) -> Settings:
        """The settings of this run; raises UsageError when a place is neither configured nor in the environment."""
        if self.landing and self.lake:
            return Settings.of(
                self.landing, self.lake, self.sources, self.plan, self.outlier_review_file, self.corrections
            )
        return Settings.from_environment()

    def evaluation_plan(self) -> EvaluationPlan:
        """The evaluation plan of this run; raises UsageError where it cannot be read or names a table there is not."""
        plan = EvaluationPlan.read(self.settings().plan)
        plan.check_tables(TABLES)
        return plan

    def outlier_review(self) -> Review:
        """The reviewers' decisions of this run; raises UsageError where the file cannot be read."""
        return Review.read(self.settings().outlier_review)

    def review_limits(self) -> Limits:
        """Beyond what a data point is flagged in this run, and by which methods it needs review."""
        return review_limits(self.evaluation_plan().outlier_methods)

    def known_corrections(self) -> list[Correction]:
        """The corrections that hold for this run: of their file, and those that reviewers of outliers decided on.

        Raises UsageError with every fault of the files, and where the two contradict each other.
        """
        found, faults = all_corrections(self.settings().corrections, self.settings().outlier_review)
        if faults:
            raise UsageError("\n".join(faults))
        return found

    def run_folder(self, quarter: Quarter, run_id: str) -> RunFolder:
        """The folder in which this run gathers what it publishes."""
        return RunFolder(self.settings().lake, quarter, run_id).open()
