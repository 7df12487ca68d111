"""Dagster resources: where a run reads and writes.

Only the translation from Dagster's configuration to ``Settings``; the places themselves are described there.
"""

from __future__ import annotations

import dagster as dg

from pipeline.corrections import Correction, read_corrections
from pipeline.evaluate.plan import EvaluationPlan
from pipeline.publication import RunFolder
from pipeline.quarters import Quarter
from pipeline.settings import Settings
from schemas.contract import TABLES


class Places(dg.ConfigurableResource):
    """Landing folder, lake, source mapping, evaluation plan and corrections; what is not given comes from the environment."""

    landing: str | None = None
    lake: str | None = None
    sources: str | None = None
    plan: str | None = None
    corrections: str | None = None

    def settings(self) -> Settings:
        """The settings of this run; raises UsageError when a place is neither configured nor in the environment."""
        if self.landing and self.lake:
            return Settings.of(self.landing, self.lake, self.sources, self.plan, self.corrections)
        return Settings.from_environment()

    def evaluation_plan(self) -> EvaluationPlan:
        """The evaluation plan of this run; raises UsageError where it cannot be read or names a table there is not."""
        plan = EvaluationPlan.read(self.settings().plan)
        plan.check_tables(TABLES)
        return plan

    def known_corrections(self) -> list[Correction]:
        """The corrections that hold for this run; raises UsageError with every fault of their file."""
        return read_corrections(self.settings().corrections)

    def run_folder(self, quarter: Quarter, run_id: str) -> RunFolder:
        """The folder in which this run gathers what it publishes."""
        return RunFolder(self.settings().lake, quarter, run_id).open()
