"""Writes the review stage's tables of a quarter: the listed points, their groups, and the log of decisions.

``outliers.py`` flags points, ``standing.py`` decides which decisions are in force; both are joined here.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.lake.memory import TABLES_AT_ONCE
from pipeline.lake.run_folder import RunFolder
from pipeline.redact.redaction import redact_column
from pipeline.review.outliers import Found, Limits, find_outliers
from pipeline.review.standing import IN_FORCE, STALE, decided_keys, decisions_with_status
from pipeline.settings.outlier_review import CONFIRM, CORRECT, EXCLUDE, Review
from pipeline.settings.plan import EvaluationPlan
from schemas.contract import TABLES
from schemas.expectations.outliers import MEASURED_TABLES, MEASURES
from schemas.standard.parameters import parameters

_POINT = ("quarter", "table", "row_key", "measure")
_RECORD = ("quarter", "table", "row_key")
_GROUP = ("enterprise_id", "quarter", "table", "measure", "group")
_DECIDED = ("decision", "reviewer", "reviewed_on", "reason")


@dataclass(frozen=True)
class Reviewed:
    """How many points of the quarter need review, have a decision, and belong to excluded records."""

    to_review: int
    reviewed: int
    excluded: int
    corrected: int
    stale: int

    @property
    def open(self) -> int:
        return self.to_review - self.reviewed


def review_limits(plan: EvaluationPlan) -> Limits:
    """The limits of parameters.csv, with the evaluation plan's methods that require review."""
    numbers = parameters()
    return Limits(numbers["outlier_z_score"].value, numbers["outlier_modified_z_score"].value, plan.outlier_methods)


def write_outliers(lake: Lake, quarter: Quarter, run: RunFolder, review: Review, limits: Limits) -> Reviewed:
    """Write ``outliers``, ``outlier_groups`` and ``outlier_decisions`` into the run's folder."""

    def look(name: str) -> Found:
        return find_outliers(TABLES[name], quarter, lake, limits, also=decided_keys(review.of(name, quarter)))

    with ThreadPoolExecutor(TABLES_AT_ONCE) as pool:
        found = dict(zip(MEASURED_TABLES, pool.map(look, MEASURED_TABLES), strict=True))
    decisions = decisions_with_status(review, quarter, lake, limits, looked_at=found)
    decisions = decisions.with_columns(reason=redact_column(decisions["reason"]))
    points = reviewed_points(pl.concat([each.points for each in found.values()]), decisions)
    groups = counted_groups(pl.concat([each.groups for each in found.values()]), points)
    tables = {
        "outliers": points,
        "outlier_groups": groups,
        "outlier_decisions": decisions.drop("_row_id").sort("quarter", "table", "measure", "row_key"),
    }
    for name, table in tables.items():
        run.write(name, table)
    return Reviewed(
        to_review=int(groups["to_review"].sum()),
        reviewed=int(groups["reviewed"].sum()),
        excluded=int(groups["excluded"].sum()),
        corrected=int(groups["corrected"].sum()),
        stale=decisions.filter(pl.col("status") == STALE).height,
    )


def reviewed_points(points: pl.DataFrame, decisions: pl.DataFrame) -> pl.DataFrame:
    """The listed points with their decisions, ranked: more methods first, then the larger |Z|.

    A corrected point stays in the list even if it is no longer flagged. An exclusion applies to the whole record: its other
    points get that decision too, unless they have their own.
    """
    holding = decisions.filter(pl.col("status") != STALE)
    # At most one decision per point: other files are refused.
    own = holding.select(*_POINT, *_DECIDED, "status")
    whole = holding.filter(pl.col("decision") == EXCLUDE).unique(_RECORD, keep="first", maintain_order=True)
    joined = points.join(own, on=_POINT, how="left", maintain_order="left").join(
        whole.select(*_RECORD, *_DECIDED), on=_RECORD, how="left", suffix="_of_record", maintain_order="left"
    )
    is_corrected = (pl.col("decision") == CORRECT) & (pl.col("status") == IN_FORCE)
    places = {name: place for place, name in enumerate(MEASURES)}
    return (
        joined.filter(pl.col("is_listed") | is_corrected.fill_null(False))
        .with_columns(
            *(
                pl.when(pl.col("decision").is_null()).then(pl.col(f"{name}_of_record")).otherwise(pl.col(name)).alias(name)
                for name in _DECIDED
            ),
            needs_review=pl.col("needs_review") | is_corrected.fill_null(False),
        )
        .with_columns(
            place=pl.col("measure").replace_strict(places, return_dtype=pl.Int64),
            methods=pl.when(pl.col("flags") == "").then(0).otherwise(pl.col("flags").str.split(";").list.len().cast(pl.Int64)),
        )
        .sort(
            [pl.col("enterprise_id"), pl.col("place"), -pl.col("methods"), -pl.col("z").abs(), pl.col("row_key")],
            nulls_last=True,
        )
        .select(
            "enterprise_id",
            *_POINT,
            *("group", "value", "n", "mean", "sd", "z", "z_log", "z_mad", "flags", "needs_review"),
            *_DECIDED,
        )
    )


def counted_groups(groups: pl.DataFrame, points: pl.DataFrame) -> pl.DataFrame:
    """Every group with the number of its points that need review and of those with each decision.

    ``to_review`` includes corrected points although they are no longer flagged: they were reviewed.
    """
    wanted = pl.col("needs_review")
    counts = points.group_by(_GROUP).agg(
        to_review=wanted.sum().cast(pl.Int64),
        reviewed=(wanted & pl.col("decision").is_not_null()).sum().cast(pl.Int64),
        **{
            name: (wanted & (pl.col("decision") == decision)).fill_null(False).sum().cast(pl.Int64)
            for name, decision in (("confirmed", CONFIRM), ("corrected", CORRECT), ("excluded", EXCLUDE))
        },
    )
    return (
        groups.drop("to_review")
        .join(counts, on=_GROUP, how="left", maintain_order="left")
        .with_columns(pl.col("to_review", "reviewed", "confirmed", "corrected", "excluded").fill_null(0))
    )
