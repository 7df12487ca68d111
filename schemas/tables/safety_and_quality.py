"""Safety incidents and hazards, and the enterprise's own quality inspections.

Assessments by checklist are in ``assessment``.
"""

from __future__ import annotations

from typing import ClassVar

from schemas.base import Boolean, Date, Integer, SourceTable, String, Timestamp, column, not_above, not_before


class SafetyIncidents(SourceTable):
    """One row per enterprise × safety incident (安全事故)."""

    enterprise_id: String = column(key=True, required=True)
    incident_id: String = column(key=True, required=True)
    occurred_at: Timestamp = column(event=True, required=True)
    severity: String = column(required=True, values=("minor", "major", "fatal"))
    outlet_id: String = column(references="outlets")

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "safety_incidents"
        title = "安全事故"


class SafetyHazards(SourceTable):
    """One row per enterprise × safety hazard (安全隐患); it belongs to the quarter in which its repair is due."""

    enterprise_id: String = column(key=True, required=True)
    hazard_id: String = column(key=True, required=True)
    found_at: Timestamp = column(event=True, required=True)
    due_on: Date = column(required=True, checks=[not_before("due_before_found", "found_at", by_day=True)])
    fixed_at: Timestamp = column(meaning="O4-2", checks=[not_before("fixed_before_found", "found_at")])
    fixed_in_time: Boolean = column(in_place_of="fixed_at", meaning="O4-2 as reported by the source: fixed by the due date")

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "safety_hazards"
        title = "安全隐患"
        metadata: ClassVar[dict[str, tuple[str, ...]]] = {"dated_by": ("due_on",)}


class QualityInspections(SourceTable):
    """One row per enterprise × quality inspection (质量检查)."""

    enterprise_id: String = column(key=True, required=True)
    inspection_id: String = column(key=True, required=True)
    inspected_on: Date = column(event=True, required=True)
    is_full: Boolean = column(required=True, meaning="全面检查 I2-2")
    outlet_id: String = column(references="outlets")
    cases_inspected: Integer = column(required=True, minimum=0, meaning="P3-1")
    cases_conforming: Integer = column(
        required=True, minimum=0, meaning="P3-1", checks=[not_above("conforming_above_inspected", "cases_inspected")]
    )
    violations: Integer = column(required=True, minimum=0, meaning="P3-4")

    class Config(SourceTable.Config):
        """Names of the table."""

        name = "quality_inspections"
        title = "质量检查"
