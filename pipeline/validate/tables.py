"""The validate stage of one run: every table's quarter, and those around it that have changed.

``assets.py`` connects it to Dagster.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pipeline import flow
from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.settings.indicators import catalogue_frame
from pipeline.settings.plan import EvaluationPlan
from pipeline.stage.per_table import for_each_table
from pipeline.validate.corrections import Correction
from pipeline.validate.delivered import DeliveredKeys
from pipeline.validate.look_back import damaged_quarters, quarters_to_validate
from pipeline.validate.quarter import ValidationResult, validate_quarter
from schemas.contract import Table


def validate_tables(
    tables: Sequence[Table], quarter: Quarter, lake: Lake, plan: EvaluationPlan, corrections: Sequence[Correction]
) -> Iterator[tuple[Table, ValidationResult]]:
    """Yield each table with its result, in the order of ``tables``.

    Raises UsageError for a plan that does not fit the catalogue: the stage that needs it comes after minutes of work.
    Raises what ``validate_quarter`` does.
    """
    plan.check_catalogue(catalogue_frame(quarter))
    with DeliveredKeys(lake, corrections, quarter) as keys:

        def divide(table: Table) -> ValidationResult:
            for other in quarters_to_validate(table, quarter, lake, corrections) + damaged_quarters(table, quarter, lake):
                validate_quarter(table, other, lake, 1.0, keys)
            return validate_quarter(table, quarter, lake, plan.refused_limits.of(table.name), keys)

        yield from for_each_table(flow.VALIDATE, tables, divide)
