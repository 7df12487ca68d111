"""Trends: the scores and values of every node over the last eight quarters, as readers saw them.

Earlier quarters come from the released layer of their publications, so a trend shows nothing that was withheld then. Of the quarter
itself the release leaves what it shows (``released_trends``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from pipeline.analyse.earlier import Earlier
from pipeline.analyse.robustness import ROBUSTNESS_SCHEMA, VALUES
from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder

QUARTERS = 8
OK, NO_SCORE, NOT_RATEABLE = "ok", "no_score", "not_rateable"
NOT_PUBLISHED, NOT_EVALUATED, NOT_IN_TREE = "not_published", "enterprise_not_evaluated", "not_in_tree"
SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "period": pl.String,
        "level": pl.String,
        "node_id": pl.String,
        "quarter": pl.String,
        "score": pl.Float64,
        "score_low": pl.Float64,
        "score_high": pl.Float64,
        "value": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "n": pl.Int64,
        "requirement": pl.Float64,
        "is_provisional": pl.Boolean,
        "weights_version": pl.String,
        "catalogue_version": pl.String,
        "status": pl.String,
    }
)
_NODE = ["enterprise_id", "node_id"]
_INDICATOR, _ENTERPRISE = "indicator", "enterprise"
_OF_SCORES = [
    "enterprise_id",
    "period",
    "level",
    "node_id",
    "score",
    "is_provisional",
    "flags",
    "weights_version",
    "catalogue_version",
]
_OF_VALUES = ["value", "ci_low", "ci_high", "sample_size", "requirement", "status"]
_OF_POINT = [name for name in SCHEMA.names() if name not in ("enterprise_id", "period", "level", "node_id", "quarter")]


@dataclass(frozen=True)
class Publication:
    """The tables of one quarter that a trend needs: ``scores``, ``indicator_values`` and ``analysis_robustness``."""

    scores: pl.DataFrame
    values: pl.DataFrame
    robustness: pl.DataFrame

    @classmethod
    def of(cls, earlier: Earlier) -> Publication:
        """Of an earlier run; versions before D-127 had no ranges of scores."""
        has_ranges = (earlier.folder / "analysis_robustness.parquet").is_file()
        ranges = earlier.table("analysis_robustness") if has_ranges else pl.DataFrame(schema=ROBUSTNESS_SCHEMA)
        return cls(earlier.table("scores"), earlier.table("indicator_values"), ranges)


def write_trends(lake: Lake, quarter: Quarter, run: RunFolder) -> int:
    """Write ``analysis_trends`` into the run's folder; returns its rows."""
    own = Publication(*(pl.read_parquet(run.table(name)) for name in ("scores", "indicator_values", "analysis_robustness")))
    publications = {quarter: own}
    for back in range(1, QUARTERS):
        earlier = Earlier.as_released(lake, quarter.shift(-back))
        if earlier is not None:
            publications[quarter.shift(-back)] = Publication.of(earlier)
    table = trends(quarter, publications)
    run.write("analysis_trends", table)
    return table.height


def trends(quarter: Quarter, publications: Mapping[Quarter, Publication]) -> pl.DataFrame:
    """Every node of the quarter's trees with its eight quarters: ``SCHEMA``, sorted by its keys.

    publications  the quarter's own and those of the quarters before that are published

    score_low, score_high  of the total and the dimensions: where 95 % of the draws from the values' intervals lie (D-127)
    ci_low, ci_high        of an indicator's value, in its unit; ``n`` its sample size
    status                 of an indicator that of its value; ok, no_score or not_rateable of another node. Quarters without a point
                           are there, too: not_published, enterprise_not_evaluated, not_in_tree
    """
    nodes = publications[quarter].scores.filter(period=quarter.label).select("enterprise_id", "level", "node_id")
    found = [pl.DataFrame(schema=SCHEMA)]
    for back in range(QUARTERS):
        each = quarter.shift(-back)
        rows = nodes.with_columns(period=pl.lit(quarter.label), quarter=pl.lit(each.label))
        publication = publications.get(each)
        if publication is None:
            found.append(_without(rows, NOT_PUBLISHED))
            continue
        points = points_of(each, publication)
        is_known = pl.col("enterprise_id").is_in(points["enterprise_id"].unique().implode())
        joined = rows.filter(is_known).join(points, on=_NODE, how="left", maintain_order="left")
        found.append(joined.with_columns(pl.col("status").fill_null(NOT_IN_TREE)).select(SCHEMA.names()).cast(SCHEMA))
        found.append(_without(rows.filter(~is_known), NOT_EVALUATED))
    return pl.concat(found).sort("enterprise_id", "period", "node_id", "quarter")


def points_of(quarter: Quarter, publication: Publication) -> pl.DataFrame:
    """What a publication says of each enterprise and node of its quarter: ``_NODE`` and the columns of a point."""
    label = quarter.label
    draws = publication.robustness.filter(period=label, source=VALUES).select(*_NODE, "score_low", "score_high")
    values = publication.values.filter(period=label, scope_type=_ENTERPRISE).select(
        "enterprise_id", pl.col("indicator_id").alias("node_id"), *_OF_VALUES
    )
    is_indicator = pl.col("level") == _INDICATOR
    of_node = (
        pl.when(pl.col("score").is_null())
        .then(pl.lit(NO_SCORE))
        .when(pl.col("flags").list.contains(NOT_RATEABLE))
        .then(pl.lit(NOT_RATEABLE))
        .otherwise(pl.lit(OK))
    )
    return (
        publication.scores.filter(period=label)
        .select(_OF_SCORES)
        .join(draws, on=_NODE, how="left", maintain_order="left")
        .join(values, on=_NODE, how="left", maintain_order="left")
        .with_columns(n="sample_size", status=pl.when(is_indicator).then("status").otherwise(of_node))
        .select(*_NODE, *_OF_POINT)
    )


def released_trends(rows: pl.DataFrame, quarter: Quarter, shown: Publication) -> pl.DataFrame:
    """The trends of a run with the points of its quarter as its own released tables show them.

    rows   ``analysis_trends`` of the run, of which earlier quarters are what was released then
    shown  the released tables of the run
    """
    is_own = pl.col("quarter") == quarter.label
    own = rows.filter(is_own).drop(_OF_POINT).join(points_of(quarter, shown), on=_NODE, how="left", maintain_order="left")
    return pl.concat([rows.filter(~is_own), own.select(rows.columns)]).sort("enterprise_id", "period", "node_id", "quarter")


def _without(rows: pl.DataFrame, status: str) -> pl.DataFrame:
    """Rows of a quarter of which there is nothing."""
    return rows.with_columns(pl.lit(None).alias(name) for name in _OF_POINT if name != "status").select(
        pl.lit(status).alias(name) if name == "status" else pl.col(name).cast(kind) for name, kind in SCHEMA.items()
    )
