"""Does one thing go with another: declared pairs of figures of requests, and of service people, from sums and counts.

Pearson's r is of moments, with Fisher's interval (1921, Metron 1, 3–32); of a pair with a figure that is 0 or 1 it is the
point-biserial correlation, of two such figures phi. Spearman's is r of the midranks of a table of counts, with the interval of
Bonett & Wright (2000, Psychometrika 65, 23–28). Times are logarithms (``schemas/expectations/pairs.py``), because on raw times the
interval of r does not hold what it says. With many cases every correlation is certain, so that a finding also has a least size.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import polars as pl
from scipy.special import stdtr

from pipeline.analyse.multiple_tests import Z, q_value
from pipeline.calendar.quarters import Quarter
from pipeline.lake.run_folder import RunFolder
from schemas.expectations.analyses import ENOUGH
from schemas.expectations.pairs import BINARY, OF_STAFF, REQUESTS, STAFF, Pair

PEARSON, POINT_BISERIAL, PHI, SPEARMAN = "pearson", "point_biserial", "phi", "spearman"
ENTERPRISE, POOLED, WITHIN = "enterprise", "pooled", "pooled_within"
ALL = "(all)"
"""The enterprise_id of rows about all enterprises of a run."""

OK, FEW, CONSTANT = "ok", "insufficient_sample", "constant"
POSITIVE, NEGATIVE, NEGLIGIBLE, UNDECIDED = "positive", "negative", "negligible", "not_distinguishable"
_FALSE_FINDINGS = 0.05
SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "period": pl.String,
        "level": pl.String,
        "unit": pl.String,
        "x_measure": pl.String,
        "y_measure": pl.String,
        "method": pl.String,
        "n": pl.Int64,
        "excluded": pl.Int64,
        "estimate": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "p_value": pl.Float64,
        "q_value": pl.Float64,
        "smallest_effect": pl.Float64,
        "finding": pl.String,
        "status": pl.String,
    }
)
_PAIR = ["unit", "x_measure", "y_measure"]


@dataclass(frozen=True)
class Moments:
    """Exact sums of squares and products about the mean, over the ``n`` cases that have both figures.

    excluded   cases that have one figure only
    groups     how many means were taken out
    """

    n: int
    xx: Fraction
    yy: Fraction
    xy: Fraction
    excluded: int
    groups: int = 1

    @classmethod
    def of(cls, rows: Iterable[dict[str, Any]]) -> Moments:
        """About the mean of all rows."""
        rows = list(rows)
        names = ("n", "sum_x", "sum_y", "sum_xx", "sum_yy", "sum_xy", "excluded")
        n, x, y, xx, yy, xy, excluded = (sum((Fraction(row[name]) for row in rows), Fraction(0)) for name in names)
        if not n:
            return cls(0, Fraction(0), Fraction(0), Fraction(0), int(excluded))
        return cls(int(n), xx - x * x / n, yy - y * y / n, xy - x * y / n, int(excluded))

    @classmethod
    def within(cls, rows: Iterable[dict[str, Any]]) -> Moments:
        """About the mean of each row: differences between rows do not count."""
        each = [cls.of([row]) for row in rows]
        used = [moments for moments in each if moments.n]
        return cls(
            sum(moments.n for moments in used),
            sum((moments.xx for moments in used), Fraction(0)),
            sum((moments.yy for moments in used), Fraction(0)),
            sum((moments.xy for moments in used), Fraction(0)),
            sum(moments.excluded for moments in each),
            max(len(used), 1),
        )

    @property
    def correlation(self) -> float | None:
        """None of a figure that is the same for all."""
        if not self.n or self.xx <= 0 or self.yy <= 0:
            return None
        return max(-1.0, min(1.0, float(self.xy) / (math.sqrt(float(self.xx)) * math.sqrt(float(self.yy)))))


def rank_correlation(x_bins: Sequence[int], y_bins: Sequence[int], counts: Sequence[int]) -> float | None:
    """Spearman's correlation of a table of counts, cells in any order; None of a figure that is the same for all."""
    weights = np.asarray(counts, dtype=np.float64)
    ranks = []
    for bins in (x_bins, y_bins):
        _, place = np.unique(np.asarray(bins), return_inverse=True)
        sizes = np.bincount(place, weights=weights)
        midranks = np.cumsum(sizes) - (sizes - 1) / 2
        ranks.append(midranks[place] - (weights.sum() + 1) / 2)
    x, y = ranks
    spread = float(weights @ (x * x)) * float(weights @ (y * y))
    if spread <= 0:
        return None
    return max(-1.0, min(1.0, float(weights @ (x * y)) / math.sqrt(spread)))


def fisher_interval(r: float, n: int, factor: float = 1.0) -> tuple[float, float]:
    """The 95 % interval tanh(artanh r ± z·√(factor ÷ (n − 3))), n > 3."""
    if abs(r) == 1:
        return r, r
    centre, half = math.atanh(r), Z * math.sqrt(factor / (n - 3))
    return math.tanh(centre - half), math.tanh(centre + half)


def p_value(r: float, freedom: int) -> float:
    """Two-sided, of no correlation, by Student's t."""
    if abs(r) == 1:
        return 0.0
    return float(2 * stdtr(freedom, -abs(r) * math.sqrt(freedom / (1 - r * r))))


def write_correlation(quarter: Quarter, run: RunFolder, pairs: Sequence[Pair], smallest: float) -> int:
    """Write ``analysis_correlation`` into the run's folder; returns its rows.

    pairs      the pairs of figures of requests that were asked for
    smallest   a correlation closer to 0 is no finding
    """
    enterprises = pl.read_parquet(run.table("mart_period_coverage"), columns=["enterprise_id"])["enterprise_id"].unique().sort()
    wanted = [(REQUESTS, *pair) for pair in pairs] + [(STAFF, *OF_STAFF)]
    moments = pl.read_parquet(run.table("mart_pair_moments"))
    cells = pl.read_parquet(run.table("mart_pair_cells"))
    table = correlations(enterprises.to_list(), wanted, moments, cells, smallest).with_columns(period=pl.lit(quarter.label))
    run.write("analysis_correlation", table.select(SCHEMA.names()))
    return table.height


def correlations(
    enterprises: Sequence[str], pairs: Sequence[tuple[str, str, str]], moments: pl.DataFrame, cells: pl.DataFrame, smallest: float
) -> pl.DataFrame:
    """The correlations of every pair: ``SCHEMA`` without the period, sorted.

    pairs     (requests | staff, x, y): each has rows for every enterprise, also where there are no cases
    moments   mart_pair_moments
    cells     mart_pair_cells

    ``level``: enterprise; of several enterprises also pooled (all cases alike) and pooled_within (Pearson's r of differences from
    the enterprise's own mean, so that no difference between enterprises is taken for a correlation). ``finding``: positive or
    negative at q ≤ 0.05 (Benjamini & Hochberg, over an enterprise's correlations) and |r| ≥ ``smallest``; negligible where it is
    certain and smaller.
    """
    found = []
    for pair in pairs:
        key = dict(zip(_PAIR, pair, strict=True))
        sums, counts = moments.filter(**key).sort("enterprise_id").to_dicts(), cells.filter(**key)
        of = {row["enterprise_id"]: (row,) for row in sums}
        method = (PEARSON, POINT_BISERIAL, PHI)[len(BINARY & set(pair[1:]))]
        rows: list[tuple[str, str, Moments, pl.DataFrame | None]] = [
            (name, ENTERPRISE, Moments.of(of.get(name, ())), counts.filter(enterprise_id=name)) for name in enterprises
        ]
        if len(enterprises) > 1:
            rows += [(ALL, POOLED, Moments.of(sums), counts), (ALL, WITHIN, Moments.within(sums), None)]
        for enterprise, level, both, table in rows:
            place = {"enterprise_id": enterprise, "level": level, **key, "n": both.n, "excluded": both.excluded}
            found.append(place | _estimated(both.correlation, both, method))
            if table is not None and method != PHI:
                ranked = rank_correlation(*(table[name].to_list() for name in ("x_bin", "y_bin", "n"))) if both.n else None
                found.append(place | _estimated(ranked, both, SPEARMAN))
    names = [name for name in SCHEMA.names() if name != "period"]
    untested = {name: SCHEMA[name] for name in names if name not in ("q_value", "smallest_effect", "finding")}
    table = pl.DataFrame(found, schema=untested)
    return (
        table.with_columns(q_value=q_value(["enterprise_id"]), smallest_effect=pl.lit(smallest, pl.Float64))
        .with_columns(finding=_finding())
        .select(names)
        .sort("enterprise_id", "level", *_PAIR, "method")
    )


def _estimated(r: float | None, of: Moments, method: str) -> dict[str, Any]:
    """Estimate, interval and test; none of too few cases or of a figure that does not vary."""
    n = of.n - of.groups + 1
    status = FEW if n < ENOUGH else CONSTANT if r is None else OK
    if status != OK or r is None:
        return {"method": method, "status": status, "estimate": None, "ci_low": None, "ci_high": None, "p_value": None}
    low, high = fisher_interval(r, n, 1 + r * r / 2 if method == SPEARMAN else 1.0)
    return {"method": method, "status": status, "estimate": r, "ci_low": low, "ci_high": high, "p_value": p_value(r, n - 2)}


def _finding() -> pl.Expr:
    return (
        pl.when(pl.col("q_value").is_null())
        .then(None)
        .when(pl.col("q_value") > _FALSE_FINDINGS)
        .then(pl.lit(UNDECIDED))
        .when(pl.col("estimate").abs() < pl.col("smallest_effect"))
        .then(pl.lit(NEGLIGIBLE))
        .when(pl.col("estimate") > 0)
        .then(pl.lit(POSITIVE))
        .otherwise(pl.lit(NEGATIVE))
    )
