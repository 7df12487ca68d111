"""Facts that are weighed twice: pairs of indicators of one sub-dimension that move together (C-43), for the review of weights.

The correlation is over enterprises and quarters, this one and those published before it; a run changes no weight by it.
"""

from __future__ import annotations

import polars as pl

from pipeline.analyse.earlier import Earlier
from pipeline.analyse.scored import Scored
from pipeline.calendar.quarters import Quarter
from pipeline.evaluate.weights.weight_set import overlapping_indicators
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder

OK, FEW, NONE = "ok", "insufficient_sample", "no_pair"
# Nearly the same fact: four fifths of the variance of one are that of the other. Of fewer values such a correlation is often chance
# (with 8, P(|r| ≥ 0.9) = 0.002 for independent ones).
LIMIT, ENOUGH = 0.9, 8
# Older quarters were other circumstances.
_QUARTERS_BACK = 11
SCHEMA = pl.Schema(
    {
        "quarter": pl.String,
        "indicator_a": pl.String,
        "indicator_b": pl.String,
        "correlation": pl.Float64,
        "n": pl.Int64,
        "global_weight": pl.Float64,
        "status": pl.String,
    }
)
_COLUMNS = ["enterprise_id", "period", "indicator_id", "value"]
# Libraries may add in another order.
_DECIMALS = 9


def write_overlaps(lake: Lake, quarter: Quarter, run: RunFolder) -> int:
    """Write ``analysis_overlaps`` into the run's folder; returns its rows.

    One row per pair, strongest first. If there is none, or too few enterprises and quarters for any, one row without pair says so.
    """
    found = [_of_enterprises(pl.read_parquet(run.table("indicator_values"), columns=[*_COLUMNS, "scope_type"]), quarter)]
    for back in range(1, _QUARTERS_BACK + 1):
        earlier = Earlier.of(lake, quarter.shift(-back))
        if earlier is not None:
            found.append(_of_enterprises(earlier.table("indicator_values"), quarter.shift(-back)))
    scores = pl.read_parquet(run.table("scores")).filter(period=quarter.label)
    table = overlaps(pl.concat(found), scores, quarter)
    run.write("analysis_overlaps", table)
    return table.height


def overlaps(values: pl.DataFrame, scores: pl.DataFrame, quarter: Quarter) -> pl.DataFrame:
    """The rows of ``analysis_overlaps``.

    values   of enterprises in quarters: enterprise_id, period, indicator_id, value
    scores   the table ``scores`` of the quarter; the weights are those of any enterprise, for all have the same
    """
    known = values.drop_nulls("value").select("enterprise_id", "period").n_unique()
    if scores.is_empty() or known < ENOUGH:
        return pl.DataFrame([{"quarter": quarter.label, "n": known, "status": FEW}], schema=SCHEMA)
    one = scores.filter(enterprise_id=scores["enterprise_id"].min())
    # What is not scored has no weight.
    of_scored = values.filter(pl.col("indicator_id").is_in(scores.filter(pl.col("score").is_not_null())["node_id"].implode()))
    pairs = overlapping_indicators(of_scored, Scored.of(one.iter_rows(named=True)).weight_set, limit=LIMIT, minimum_n=ENOUGH)
    if pairs.is_empty():
        return pl.DataFrame([{"quarter": quarter.label, "n": known, "status": NONE}], schema=SCHEMA)
    return pairs.with_columns(
        pl.col("correlation", "global_weight").round(_DECIMALS), quarter=pl.lit(quarter.label), status=pl.lit(OK)
    ).select(SCHEMA.names())


def _of_enterprises(values: pl.DataFrame, quarter: Quarter) -> pl.DataFrame:
    return values.filter(scope_type="enterprise", period=quarter.label).select(_COLUMNS)
