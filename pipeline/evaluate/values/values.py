"""From additive parts to values: numerator ÷ denominator in the indicator's unit, with a 95 % interval.

The catalogue's ``method`` says how an indicator is computed; ``status.py`` decides whether a value may be shown or is
provisional, ``scoring.py`` whether it is met.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from pipeline.evaluate.values.changes import EFFICIENCY_CHANGE, ERROR_RATE, INDEX_CHANGE, rate_reduction, relative_change
from pipeline.evaluate.values.parts import PLACE, VALUE_SCHEMA, Comparison, measure
from pipeline.evaluate.values.satisfaction import INDEX, covariances_by_respondent, values_of


def compare(inputs: pl.DataFrame, catalogue: pl.DataFrame, parameters: Mapping[str, float], pairs: pl.DataFrame) -> Comparison:
    """Values of every place × indicator in both roles; the current ones include changes (I4-…).

    inputs      mart_period_inputs
    catalogue   indicator_id, method, unit_divisor, multiplier, …
    parameters  the weights of the composite index
    pairs       mart_survey_pairs, for the errors of satisfaction values that are composed of several
    """
    roles = {}
    for role in ("current", "previous"):
        parts = inputs.filter((pl.col("period_role") == role) & (pl.col("variant") == ""))
        roles[role] = values_of(parts, catalogue, parameters, covariances_by_respondent(pairs, role, ""))
    current, previous = roles["current"], roles["previous"]
    changing = [ERROR_RATE, EFFICIENCY_CHANGE]
    changes = [
        rate_reduction(current, previous),
        relative_change(current, previous, INDEX, INDEX_CHANGE),
        relative_change(current, previous, EFFICIENCY_CHANGE, EFFICIENCY_CHANGE),
    ]
    return Comparison(
        current=pl.concat([current.filter(~pl.col("indicator_id").is_in(changing)), *changes]),
        previous=previous.filter(~pl.col("indicator_id").is_in(changing)),
    )


def variants(inputs: pl.DataFrame, statistics: pl.DataFrame, catalogue: pl.DataFrame, undelivered: pl.DataFrame) -> pl.DataFrame:
    """All other published readings: named variants and order statistics.

    undelivered   enterprise_id, period, indicator_id of indicators whose table or column was not delivered: only their
                  means are shown, because a share counts missing records as not fulfilled
    """
    keys = [*PLACE, "indicator_id", "variant"]
    is_named = (pl.col("variant") != "") & (pl.col("part") == "")
    is_touchpoint = (pl.col("indicator_id") == "O2-2") & (pl.col("part") != "")
    recorded = (
        inputs.filter((pl.col("period_role") == "current") & (is_named | is_touchpoint))
        .join(undelivered.with_columns(is_undelivered=True), on=undelivered.columns, how="left", maintain_order="left")
        .filter(pl.col("is_undelivered").is_null() | pl.col("sum_squares").is_not_null())
    )
    named = measure(recorded.filter(is_named), catalogue, keys)
    touchpoints = recorded.filter(is_touchpoint)
    by_touchpoint = measure(
        touchpoints.with_columns(
            variant=pl.when(pl.col("variant") == "").then(pl.lit("touchpoint")).otherwise(pl.col("variant")) + "_" + pl.col("part")
        ),
        catalogue,
        keys,
    )
    ordered = statistics.unpivot(
        on=["smallest", "p50", "p90", "p95", "largest"],
        index=[*PLACE, "indicator_id", "n"],
        variable_name="variant",
        value_name="value",
    ).select(
        *keys,
        *(
            pl.col("n").cast(kind).alias(name)
            if name in ("sample_size", "cases")
            else (pl.col(name) if name == "value" else pl.lit(None, dtype=kind).alias(name))
            for name, kind in VALUE_SCHEMA.items()
        ),
    )
    return pl.concat([named, by_touchpoint, ordered])
