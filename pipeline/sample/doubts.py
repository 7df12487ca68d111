"""Plants doubtful responses into a satisfaction round: straight lines, speeders, a device shared by several customers.

Drawn from a separate stream, so that the rest of the sample does not change. All responses that must be flagged are counted
in ``truth/surveys.py``.
"""

from __future__ import annotations

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.sample.draws import Ints, stream

STRAIGHT_LINERS, SPEEDERS, ON_ONE_DEVICE = 3, 3, 4
"""How many responses of each enterprise's round are planted; no response twice."""


def plant_doubts(
    seed: int, enterprise_id: str, quarter: Quarter, survey_id: str, responses: pl.DataFrame
) -> tuple[pl.DataFrame, pl.Expr]:
    """The responses of a quarter, some of the round's complete ones made doubtful, and the scores of all their answers."""
    rng = stream(seed, enterprise_id, quarter, "survey_doubts")
    of_round = responses.filter(pl.col("is_complete"), pl.col("survey_id") == survey_id)
    online = of_round.filter(pl.col("mode") == "online")["response_id"].to_numpy()
    chosen = rng.permutation(online)[: STRAIGHT_LINERS + SPEEDERS + ON_ONE_DEVICE].tolist()
    straight, hasty = chosen[:STRAIGHT_LINERS], chosen[STRAIGHT_LINERS : STRAIGHT_LINERS + SPEEDERS]
    shared = chosen[STRAIGHT_LINERS + SPEEDERS :]
    # 24 questions in at most a minute and a half; others take seven minutes.
    taken = _by_response(hasty, rng.integers(45, 90, len(hasty)))
    level = _by_response(straight, rng.integers(3, 6, len(straight)))
    device = f"{int(rng.integers(0, 2**62)):016x}"
    started = pl.col("submitted_at") - pl.duration(seconds=taken)
    return (
        responses.with_columns(
            pl.coalesce(started, "started_at").cast(responses.schema["started_at"]).alias("started_at"),
            pl.when(pl.col("response_id").is_in(shared))
            .then(pl.lit(device))
            .otherwise(pl.col("device_token"))
            .alias("device_token"),
        ),
        pl.when(pl.col("score").is_not_null()).then(pl.coalesce(level, "score")).alias("score"),
    )


def _by_response(ids: list[str], numbers: Ints) -> pl.Expr:
    """The number of each of the responses, null for the others."""
    return pl.col("response_id").replace_strict(pl.Series(ids, dtype=pl.String), pl.Series(numbers, dtype=pl.Int64), default=None)
