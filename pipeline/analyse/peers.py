"""One enterprise beside the others under code letters: what it may be given of them, and nothing that tells who they are."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping

import polars as pl

from pipeline.analyse.comparison import FEW
from pipeline.analyse.enterprises import INDICATOR, NO_OTHERS

FEWEST = 5
"""Fewer enterprises know each other: of four, three who put their files together know the fourth."""

# What counts people, projects or channels tells the size of an enterprise, and so do its score and rank; so does a rate of a few
# events among all services.
_TELLS_SIZE = ("count", "ratio")
# A rate with all its digits tells its denominator: 0.8333 are five of six.
_DIGITS = 2
_SCORE_DECIMALS = 1
SCHEMA = pl.Schema(
    {
        "period": pl.String,
        "kind": pl.String,
        "measure_id": pl.String,
        "enterprise": pl.String,
        "is_own": pl.Boolean,
        "value": pl.Float64,
        "score": pl.Float64,
        "rank": pl.Int64,
        "rank_low": pl.Int64,
        "rank_high": pl.Int64,
        "ranked": pl.Int64,
        "difference": pl.Float64,
        "difference_low": pl.Float64,
        "difference_high": pl.Float64,
        "finding": pl.String,
    }
)
_DIFFERENCES = ("difference", "difference_low", "difference_high")
_OF_OWN = ("rank_low", "rank_high", *_DIFFERENCES, "finding")
_MEASURE = ["kind", "measure_id"]


def letters(secret: str, quarter: str, period: str, recipient: str, others: Iterable[str]) -> dict[str, str]:
    """The code letters of the other enterprises in one file: A, B, … in the order of a keyed hash.

    The hash is of the quarter, the period, the recipient and the enterprise, so that the letters of two files have nothing to do
    with each other; who holds the key can compute them again.
    """

    def digest(name: str) -> str:
        message = "\0".join(("peers", quarter, period, recipient, name)).encode()
        return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()

    return {name: _letters(place) for place, name in enumerate(sorted(others, key=digest))}


def peers(table: pl.DataFrame, indicators: pl.DataFrame, recipient: str, codes: Mapping[str, str]) -> pl.DataFrame:
    """The file of one enterprise: ``SCHEMA``; by measure first its own row, then the others by letter.

    table       ``analysis_enterprises`` of one period
    indicators  the catalogue: indicator_id, method
    codes       by name of each other enterprise: its letters

    Measures that tell a size or have fewer than five enterprises are left out, and values of others with too few cases. Of others
    there are a value of two digits, a score of one decimal and a rank; neither numbers of cases nor intervals, which tell them.
    Differences have two digits, so that the mean of the others is no more exact than they are.
    """
    tells_size = indicators.filter(pl.col("method").is_in(_TELLS_SIZE))["indicator_id"]
    is_own, is_indicator = pl.col("enterprise_id") == recipient, pl.col("kind") == INDICATOR
    is_enough = is_own | ~pl.col("status").is_in([FEW, NO_OTHERS])
    known = table.filter(is_enough, ~(is_indicator & pl.col("measure_id").is_in(tells_size.implode())))
    shown = known.filter(pl.len().over(_MEASURE) >= FEWEST, is_own.any().over(_MEASURE)).with_columns(is_own=is_own)
    score = pl.col("score").round(_SCORE_DECIMALS)
    value = pl.when(is_indicator).then(_rounded("value")).otherwise(score)
    names = pl.col("enterprise_id").replace_strict({**codes, recipient: recipient}, return_dtype=pl.String)
    return (
        shown.with_columns(
            enterprise=names,
            value=pl.when("is_own").then("value").otherwise(value),
            score=pl.when("is_own").then("score").otherwise(score),
            **{name: _rounded(name) for name in _DIFFERENCES},
        )
        .with_columns(pl.when("is_own").then(name).alias(name) for name in _OF_OWN)
        .sort(*_MEASURE, ~pl.col("is_own"), pl.col("enterprise").str.len_chars(), "enterprise")
        .select(SCHEMA.names())
        .cast(SCHEMA)
    )


def _rounded(column: str) -> pl.Expr:
    return pl.col(column).round_sig_figs(_DIGITS)


def _letters(place: int) -> str:
    """A … Z, then AA, AB, …, as columns of a spreadsheet are called."""
    name = ""
    place += 1
    while place:
        place, letter = divmod(place - 1, 26)
        name = chr(ord("A") + letter) + name
    return name
