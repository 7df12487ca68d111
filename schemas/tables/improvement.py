"""Improvement: training attended, improvement and innovation projects.

Suggestions are in ``voice_of_customer``.
"""

from __future__ import annotations

from typing import ClassVar

from schemas.base import Date, Double, SourceTable, String, column, not_before


class TrainingRecords(SourceTable):
    """One row per enterprise × training attended by one member of staff (培训记录)."""

    enterprise_id: String = column(key=True, required=True)
    training_id: String = column(key=True, required=True)
    staff_id: String = column(references="staff", required=True)
    trained_on: Date = column(event=True, required=True)
    hours: Double = column(required=True, unit="学时", above=0, meaning="R3-4")
    kind: String = column(values=("induction", "on_the_job", "special_skill", "evaluator"))

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "training_records"
        title = "培训记录"


class ImprovementProjects(SourceTable):
    """One row per enterprise × improvement project (改进与创新项目).

    It belongs to the quarter in which it takes effect, else to the one in which it started.
    """

    enterprise_id: String = column(key=True, required=True)
    project_id: String = column(key=True, required=True)
    kind: String = column(required=True, values=("innovation", "process_optimisation", "improvement"), meaning="I3-1 I3-3")
    started_on: Date = column(event=True, required=True)
    effective_on: Date = column(
        meaning="completed or in trial with evidence", checks=[not_before("effective_before_started", "started_on")]
    )
    title: String = column()

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "improvement_projects"
        title = "改进与创新项目"
        metadata: ClassVar[dict[str, tuple[str, ...]]] = {"dated_by": ("effective_on", "started_on")}
