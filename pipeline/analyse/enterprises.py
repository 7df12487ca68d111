"""Several enterprises side by side: every score and value with its rank, and its difference from the mean of the others.

For analysts. ``peers.py`` makes the anonymised file for one of them.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.analyse.comparison import FEW, OK, TESTED, compare
from pipeline.analyse.direction import way
from pipeline.analyse.multiple_tests import Z
from pipeline.analyse.ranks import draws_of_rates, noise, rank_intervals, ranks
from pipeline.analyse.robustness import ALL as ALL_DRAWS
from pipeline.analyse.robustness import VALUES
from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import published_periods
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.indicators import catalogue_frame

NODE, INDICATOR = "node", "indicator"
NO_OTHERS = "no_others"
SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "period": pl.String,
        "kind": pl.String,
        "measure_id": pl.String,
        "value": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "n": pl.Int64,
        "score": pl.Float64,
        "rank": pl.Int64,
        "rank_low": pl.Int64,
        "rank_high": pl.Int64,
        "ranked": pl.Int64,
        "mean_of_others": pl.Float64,
        **TESTED,
    }
)
_MEASURE = ["period", "kind", "measure_id"]
_RANK = ["rank", "rank_low", "rank_high", "ranked"]
_TESTS = [name for name in TESTED if name != "status"]
# Libraries may add in another order.
_DECIMALS = 9


def write_enterprises(quarter: Quarter, run: RunFolder) -> int:
    """Write ``analysis_enterprises`` into the run's folder; returns its rows."""
    periods = [each.period for each in published_periods(quarter) if each.role == "current"]
    values = pl.read_parquet(run.table("indicator_values")).filter(
        pl.col("period").is_in(periods), pl.col("scope_type") == "enterprise"
    )
    nodes = pl.read_parquet(run.table("analysis_robustness")).filter(pl.col("period").is_in(periods))
    table = enterprises(values, nodes, catalogue_frame(quarter))
    run.write("analysis_enterprises", table)
    return table.height


def enterprises(values: pl.DataFrame, nodes: pl.DataFrame, catalogue: pl.DataFrame) -> pl.DataFrame:
    """Every enterprise by period and measure: ``SCHEMA``, sorted.

    values     of enterprises: enterprise_id, period, indicator_id, value, score, ci_low, ci_high, ci_method, numerator,
               denominator, sample_size, status
    nodes      ``analysis_robustness``: of the total and the dimensions
    catalogue  indicator_id, direction, method, requirement, minimum_n

    kind, measure_id
        ``node`` with a node's id: its value is its score, with the range over draws of the values; or ``indicator``
    rank, rank_low, rank_high, ranked
        1 is best of the ranked; between the ranks that 95 % of the draws give: of nodes those of analysis_robustness, over values,
        weights and choices; of indicators 2,000 from the intervals. What is counted completely has no other value. Without an
        interval, or with too few cases, there is no rank
    mean_of_others, difference, its interval and test, finding
        from the mean of the other enterprises, each counting once, whatever its size; corrected over an enterprise's measures of a
        period
    """
    rows = pl.concat([_of_nodes(nodes), _of_indicators(values, catalogue)], how="diagonal_relaxed")
    better = catalogue.select(pl.lit(INDICATOR).alias("kind"), pl.col("indicator_id").alias("measure_id"), way())
    rows = _beside_others(rows).join(better, on=["kind", "measure_id"], how="left", maintain_order="left")
    found = [pl.DataFrame(schema=SCHEMA)]
    for _, own in rows.sort("period").group_by("period", maintain_order=True):
        tested = own.join(_tested(own), on=["enterprise_id", "kind", "measure_id"], how="left", maintain_order="left")
        status = pl.coalesce(pl.when(pl.col("mean_of_others").is_null()).then(pl.lit(NO_OTHERS)), "test_status")
        found.append(tested.with_columns(status=status).select(SCHEMA.names()).cast(SCHEMA))
    return pl.concat(found).with_columns(pl.col("mean_of_others", *_TESTS[:-1]).round(_DECIMALS)).sort("enterprise_id", *_MEASURE)


def _of_nodes(nodes: pl.DataFrame) -> pl.DataFrame:
    key = ["enterprise_id", "period", "node_id"]
    has_range = pl.col("ci_low") < pl.col("ci_high")
    of_values = nodes.filter(source=VALUES).select(*key, ci_low="score_low", ci_high="score_high")
    return (
        nodes.filter(pl.col("score").is_not_null(), source=ALL_DRAWS)
        .join(of_values, on=key, how="left", maintain_order="left")
        .select(
            "enterprise_id",
            "period",
            pl.lit(NODE).alias("kind"),
            pl.col("node_id").alias("measure_id"),
            pl.col("score").alias("value"),
            # Without draws that differ nothing is known of how far another score lies. Scores end at 100, so that the published one
            # may lie at the edge of the draws, or beyond.
            pl.when(has_range).then(pl.min_horizontal("ci_low", "score")).alias("ci_low"),
            pl.when(has_range).then(pl.max_horizontal("ci_high", "score")).alias("ci_high"),
            "score",
            *_RANK,
            pl.lit(OK).alias("own_status"),
        )
    )


def _of_indicators(values: pl.DataFrame, catalogue: pl.DataFrame) -> pl.DataFrame:
    """Values with ranks; those that are counted completely have no interval."""
    kinds = catalogue.select("indicator_id", way(), is_complete=(pl.col("minimum_n") == 1) & (pl.col("method") != "change"))
    rows = (
        values.filter(pl.col("value").is_not_null())
        .join(kinds, on="indicator_id", maintain_order="left")
        .sort("period", "indicator_id", "enterprise_id")
        .with_columns(pl.when(~pl.col("is_complete")).then(name).alias(name) for name in ("ci_low", "ci_high"))
        .with_columns(is_ranked=(pl.col("is_complete") | pl.col("ci_low").is_not_null()) & (pl.col("status") == OK))
    )
    key = ["enterprise_id", "period", "indicator_id"]
    given = [pl.DataFrame(schema=dict.fromkeys(key, pl.String) | dict.fromkeys(_RANK, pl.Int64))]
    given += [_ranked(part) for _, part in rows.filter("is_ranked").group_by("period", "indicator_id", maintain_order=True)]
    return rows.join(pl.concat(given), on=key, how="left", maintain_order="left").select(
        "enterprise_id",
        "period",
        pl.lit(INDICATOR).alias("kind"),
        pl.col("indicator_id").alias("measure_id"),
        "value",
        "ci_low",
        "ci_high",
        pl.col("sample_size").alias("n"),
        "score",
        *_RANK,
        pl.when(pl.col("status") == OK).then(pl.lit(OK)).otherwise(pl.lit(FEW)).alias("own_status"),
    )


def _ranked(rows: pl.DataFrame) -> pl.DataFrame:
    """The ranks of enterprises by one indicator of one period; none of a single one, or where no direction is better."""
    key = rows.select("enterprise_id", "period", "indicator_id")
    sign = rows["way"][0]
    if rows.height < 2 or not sign:
        return key.with_columns(pl.lit(None, pl.Int64).alias(name) for name in _RANK)
    numbers = {
        name: rows[name].cast(pl.Float64).fill_null(np.nan).to_numpy()
        for name in ("value", "ci_low", "ci_high", "numerator", "denominator")
    }
    z = noise(rows.height, *key.select("period", "indicator_id").row(0))
    half = np.nan_to_num((numbers["ci_high"] - numbers["ci_low"]) / (2 * Z))
    drawn = numbers["value"] + z * half
    if (rows["ci_method"] == "wilson").all() and not rows["is_complete"].any():
        drawn = draws_of_rates(numbers["numerator"] / numbers["denominator"], numbers["denominator"], z)
    rank, (low, high) = ranks(sign * numbers["value"]), rank_intervals(sign * drawn)
    if rows["is_complete"].all():
        low = high = rank
    return key.with_columns(
        rank=pl.Series(rank),
        rank_low=pl.Series(np.minimum(low, rank)),
        rank_high=pl.Series(np.maximum(high, rank)),
        ranked=pl.lit(rows.height, pl.Int64),
    )


def _beside_others(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with the mean of the others that have enough cases, and how far its interval reaches on both sides.

    The squares of the errors of independent means add up.
    """
    is_enough = pl.col("own_status") == OK

    def of_others(number: pl.Expr) -> pl.Expr:
        counted = pl.when(is_enough).then(number).otherwise(0)
        return counted.sum().over(_MEASURE) - counted

    count = of_others(pl.lit(1))
    others = {"mean_of_others": of_others(pl.col("value")) / count}
    for bound in ("low", "high"):
        square = (pl.col("value") - pl.col(f"ci_{bound}")).pow(2)
        lacking = of_others(square.is_null().cast(pl.Int64))
        others[f"half_{bound}"] = pl.when(lacking == 0).then(of_others(square.fill_null(0)).clip(0).sqrt() / count)
    return rows.with_columns(pl.when(count > 0).then(each).alias(name) for name, each in others.items())


def _tested(rows: pl.DataFrame) -> pl.DataFrame:
    """The differences of one period, as ``compare`` has them between two: now the enterprise, before the mean of the others."""
    place = [pl.col("enterprise_id"), pl.col("kind").alias("scope_type"), pl.lit("").alias("scope_id")]
    own = rows.select(*place, "value", "ci_low", "ci_high", indicator_id="measure_id", status="own_status")
    others = rows.select(
        *place,
        indicator_id="measure_id",
        value="mean_of_others",
        ci_low=pl.col("mean_of_others") - pl.col("half_low"),
        ci_high=pl.col("mean_of_others") + pl.col("half_high"),
        status=pl.lit(OK),
    )
    # Of nodes more is better.
    direction = pl.col("way").fill_null(1).replace_strict({1: "higher", -1: "lower", 0: "exact"}, return_dtype=pl.String)
    kinds = rows.select(direction.alias("direction"), indicator_id="measure_id", incomparable=pl.lit(None, pl.String)).unique()
    return compare(others, own, kinds).select(
        "enterprise_id", *_TESTS, kind="scope_type", measure_id="indicator_id", test_status="status"
    )
