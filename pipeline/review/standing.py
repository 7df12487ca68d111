"""Determines which decisions are in force: only those about a flagged point are applied.

Statistics include excluded records, so that excluding a record neither unflags it nor flags the next. Reading the file
belongs to ``settings/outlier_review.py``, leaving records out to the marts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import read_quarters
from pipeline.lake.database import connected
from pipeline.lake.files import atomic_path
from pipeline.lake.layout import Lake
from pipeline.lake.row_key import row_key_expression
from pipeline.lake.sql import parquet, quoted
from pipeline.review.outliers import Found, Limits, find_outliers
from pipeline.settings.outlier_review import CORRECT, EXCLUDE, Decision, Review
from schemas.contract import TABLES
from schemas.expectations.outliers import MEASURED_TABLES, MEASURES

IN_FORCE, PENDING, STALE = "in_force", "pending", "stale"
"""A decision in force; a correction that the record does not show; a decision about a point that is not flagged."""

DECISION_SCHEMA = {
    "enterprise_id": pl.String,
    "quarter": pl.String,
    "table": pl.String,
    "row_key": pl.String,
    "measure": pl.String,
    "decision": pl.String,
    "column": pl.String,
    "corrected_value": pl.String,
    "reason": pl.String,
    "reviewer": pl.String,
    "reviewed_on": pl.Date,
    "status": pl.String,
    "status_reason": pl.String,
    "_row_id": pl.Int64,
}


def decisions_with_status(
    review: Review,
    quarter: Quarter,
    lake: Lake,
    limits: Limits,
    kind: str | None = None,
    looked_at: Mapping[str, Found] | None = None,
) -> pl.DataFrame:
    """Every decision about a quarter that a run of ``quarter`` reads, in the file's order, with its status.

    kind        only decisions of this kind
    looked_at   outliers already found in the run's own quarter, including the decided points; missing tables are searched

    DECISION_SCHEMA; ``_row_id`` is the record's position in its clean partition, null if there is no such record.
    """
    rows = []
    for name in MEASURED_TABLES:
        table = TABLES[name]
        for each in read_quarters(quarter) if table.has_quarters else [quarter]:
            decisions = review.of(name, each, kind)
            if not decisions:
                continue
            if looked_at is not None and each == quarter:
                found = looked_at[name]
            else:
                measures = [MEASURES[id_] for id_ in dict.fromkeys(decision.measure for decision in decisions)]
                found = find_outliers(table, each, lake, limits, measures, decided_keys(decisions))
            points = {(point["row_key"], point["measure"]): point for point in found.points.iter_rows(named=True)}
            held = _corrected_already(decisions, lake) if found.groups.height else set()
            rows += [
                (
                    decision.line,
                    *_with_status(decision, points.get((decision.row_key, decision.measure)), decision in held),
                )
                for decision in decisions
            ]
    decided = pl.DataFrame(rows, schema={"line": pl.Int64, **DECISION_SCHEMA}, orient="row")
    return decided.sort("line").drop("line")


def decided_keys(decisions: Iterable[Decision]) -> list[str]:
    """The records that decisions are about."""
    return sorted({decision.row_key for decision in decisions})


def write_excluded(review: Review, quarter: Quarter, lake: Lake, limits: Limits, folder: Path) -> dict[str, Path]:
    """Write the records that a run of ``quarter`` leaves out, one Parquet file per table; returns table → path.

    Columns quarter, _row_id (together the record's position in the clean zone) and row_key. Without exclusions nothing is
    searched.
    """
    excluded = decisions_with_status(review, quarter, lake, limits, EXCLUDE).filter(pl.col("status") == IN_FORCE)
    files: dict[str, Path] = {}
    for (name,), rows in excluded.group_by("table", maintain_order=True):
        files[str(name)] = folder / "excluded" / f"{name}.parquet"
        with atomic_path(files[str(name)]) as path:
            rows.select("quarter", "_row_id", "row_key").unique().sort("quarter", "_row_id").write_parquet(path)
    return files


def _with_status(decision: Decision, point: Mapping[str, object] | None, is_corrected: bool) -> tuple[object, ...]:
    status, why = IN_FORCE, None
    if point is None:
        status, why = STALE, "no_such_record"
    elif decision.decision == CORRECT and not is_corrected:
        status, why = (PENDING, "not_yet_corrected") if point["is_listed"] else (STALE, "not_flagged")
    elif decision.decision != CORRECT and not point["is_listed"]:
        status, why = STALE, "not_flagged"
    return (
        point["enterprise_id"] if point else decision.row_key.partition("|")[0],
        *decision.point,
        decision.decision,
        decision.column or None,
        decision.corrected_value or None,
        decision.reason or None,
        decision.reviewer,
        decision.reviewed_on,
        status,
        why,
        point["_row_id"] if point else None,
    )


def _corrected_already(decisions: Iterable[Decision], lake: Lake) -> set[Decision]:
    """The corrections whose record already has the corrected value."""
    held = set()
    with connected(lake.scratch) as connection:
        for each in decisions:
            if each.decision != CORRECT:
                continue
            table = TABLES[each.table]
            column = table.column(each.column)
            found = connection.execute(
                f"select coalesce(bool_or({quoted(column.name)} = cast($value as {column.sql_type})), false) from "
                f"{parquet(lake.partition('clean', each.table, each.quarter))} "
                f"as rows where {row_key_expression(table)} = $key",
                {"value": each.corrected_value, "key": each.row_key},
            ).fetchone()
            if found and found[0]:
                held.add(each)
    return held
