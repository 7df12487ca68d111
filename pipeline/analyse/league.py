"""League tables with funnel limits: every member of a dimension beside the others, its rank and how firm that rank is.

The statistics are in ``ranks.py``, ``rest.py`` and ``funnel.py``; this module says what is compared with what.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from scipy.special import stdtrit

from pipeline.analyse import funnel
from pipeline.analyse.comparison import BETTER, FALSE_FINDINGS, FEW, NO_INTERVAL, OK, UNDECIDED, WORSE
from pipeline.analyse.direction import way
from pipeline.analyse.multiple_tests import Z, q_value
from pipeline.analyse.ranks import draws_of_rates, noise, rank_intervals, ranks
from pipeline.analyse.rest import fisher_mid_p, mean_error, mover, rest_error, welch_p
from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import published_periods
from pipeline.evaluate.values.intervals import wilson
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.indicators import catalogue_frame
from schemas.expectations.analyses import ADDITIVE, ENOUGH, PLACES
from schemas.expectations.privacy import PERSON_SCOPE

ABOVE, BELOW, WITHIN = "above", "below", "within"
EXACT, NORMAL, RANDOM_EFFECT = "exact_binomial", "normal", "random_effect"
SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "period": pl.String,
        "indicator_id": pl.String,
        "dimension": pl.String,
        "member": pl.String,
        "n": pl.Float64,
        "value": pl.Float64,
        "ci_low": pl.Float64,
        "ci_high": pl.Float64,
        "rank": pl.Int64,
        "rank_low": pl.Int64,
        "rank_high": pl.Int64,
        "difference": pl.Float64,
        "difference_low": pl.Float64,
        "difference_high": pl.Float64,
        "p_value": pl.Float64,
        "q_value": pl.Float64,
        "limit_low_95": pl.Float64,
        "limit_high_95": pl.Float64,
        "limit_low_998": pl.Float64,
        "limit_high_998": pl.Float64,
        "limits_method": pl.String,
        "dispersion": pl.Float64,
        "flag": pl.String,
        "finding": pl.String,
        "status": pl.String,
    }
)
# One family of tests: an enterprise's of one period, over all dimensions and indicators.
_FAMILY = ["enterprise_id", "period"]
_WHOLE = [*_FAMILY, "indicator_id"]
_SPLIT = [*_WHOLE, "dimension"]
_PARTS = ("value", "numerator", "denominator", "sample_size", "ci_low", "ci_high")
_OF_TESTS = ("difference", "difference_low", "difference_high", "p_value")
# Of the two sides together: 5 % and 0.2 %.
_TAILS = {"95": 0.025, "998": 0.001}
# Values and limits that are equal may come out a rounding error apart.
_SAME = 1e-12

Array = funnel.Array
Columns = dict[str, Array]


def write_league(quarter: Quarter, run: RunFolder) -> int:
    """Write ``analysis_league`` into the run's folder; returns its rows."""
    columns = [*_WHOLE, "scope_type", "scope_id", *_PARTS, "ci_method", "status"]
    periods = [each.period for each in published_periods(quarter) if each.role == "current"]
    values = pl.read_parquet(run.table("indicator_values"), columns=columns).filter(pl.col("period").is_in(periods))
    table = league(values, catalogue_frame(quarter))
    run.write("analysis_league", table)
    return table.height


def league(values: pl.DataFrame, indicators: pl.DataFrame) -> pl.DataFrame:
    """Every member of every dimension by enterprise, period and indicator: ``SCHEMA``, sorted by its first five columns.

    values      enterprise_id, period, indicator_id, scope_type, scope_id, value, numerator, denominator, sample_size, ci_low,
                ci_high, ci_method (wilson: a rate | t: a mean), status
    indicators  the catalogue: indicator_id, method, direction (higher | lower | exact), requirement, unit_divisor, multiplier

    ``n`` is the denominator. Values, differences and limits have the indicator's unit.

    rank, rank_low, rank_high
        1 is best by the indicator's direction, between the ranks that 95 % of 2,000 draws from the intervals of all members give;
        no rank where they give every one (status ``not_distinguishable``)
    difference, its interval and tests, finding
        from the others together, the enterprise's total less the member (MOVER; Fisher's mid-p, Welch's t); better or worse if
        among the enterprise's findings of the period at most 5 % are expected to be false
    limits, flag
        funnel limits (95 % and 99.8 %) round the enterprise's value; above, below or within those of 99.8 %
    dispersion
        φ, the spread of the members' values as a multiple of chance; above 1.2, with ten members or more, limits leave room for a
        random effect

    Members with fewer than 30 cases have neither rank, test nor limits.
    """
    rows = _members(values, indicators, [*PLACES, PERSON_SCOPE])
    is_compared = (rows["status"] == OK).to_numpy()
    compared = {**_ranked(rows.filter(is_compared)), **_tested(rows.filter(is_compared)), **_limited(rows.filter(is_compared))}
    found = pl.concat(
        [
            rows.filter(is_compared).with_columns(**compared),
            rows.filter(~is_compared).with_columns(flag=pl.when(pl.col("status") == FEW).then(pl.lit(FEW))),
        ],
        how="diagonal_relaxed",
    )
    return (
        found.with_columns(pl.col(name).fill_nan(None) for name, kind in found.schema.items() if kind == pl.Float64)
        .pipe(_with_findings)
        .select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
        .sort([*_SPLIT, "member"])
    )


def against_rest(values: pl.DataFrame, indicators: pl.DataFrame, dimensions: Sequence[str]) -> pl.DataFrame:
    """Each member beside the others of its enterprise together, as in ``league``: its names, status, difference with interval, p.

    Members without a comparison have a status other than ok.
    """
    rows = _members(values, indicators, dimensions)
    is_compared = (rows["status"] == OK).to_numpy()
    compared = rows.filter(is_compared)
    found = pl.concat([compared.with_columns(**_tested(compared)), rows.filter(~is_compared)], how="diagonal_relaxed")
    return found.select(*_SPLIT, "member", "status", *_OF_TESTS).with_columns(pl.col(_OF_TESTS).fill_nan(None))


def _members(values: pl.DataFrame, indicators: pl.DataFrame, dimensions: Sequence[str]) -> pl.DataFrame:
    """The members that have cases, each beside its enterprise (``all_…``), with scale, way (``direction.py``) and status."""
    kinds = indicators.filter(pl.col("method").is_in(ADDITIVE)).select(
        "indicator_id", way(), scale=pl.col("multiplier") / pl.col("unit_divisor")
    )
    has_cases = values.join(kinds, on="indicator_id").filter(pl.col("denominator") > 0, pl.col("value").is_not_null())
    whole = has_cases.filter(pl.col("scope_type") == "enterprise")
    parts = has_cases.filter(pl.col("scope_type").is_in(dimensions))
    is_few = (pl.min_horizontal("denominator", "sample_size") < ENOUGH) | (pl.col("status") == FEW)
    unknown = pl.any_horizontal(pl.col(name).is_null() for name in ("ci_low", "ci_high", "all_ci_low", "all_ci_high"))
    is_known = (pl.col("ci_method").is_in(["wilson", "t"]) & (pl.col("ci_method") == pl.col("all_ci_method"))).fill_null(False)
    status = pl.when(is_few).then(pl.lit(FEW)).when(unknown | ~is_known).then(pl.lit(NO_INTERVAL)).otherwise(pl.lit(OK))
    return (
        parts.rename({"scope_type": "dimension", "scope_id": "member"})
        .join(whole.select(*_WHOLE, *(pl.col(name).alias(f"all_{name}") for name in (*_PARTS, "ci_method"))), on=_WHOLE)
        .with_columns(n=pl.col("denominator"), status=status, is_rate=pl.col("ci_method") == "wilson")
        .sort([*_SPLIT, "member"])
    )


def _columns(rows: pl.DataFrame) -> Columns:
    names = ["scale", *_PARTS, *(f"all_{name}" for name in _PARTS)]
    return {name: rows[name].cast(pl.Float64).fill_null(np.nan).to_numpy() for name in names}


def _splits(rows: pl.DataFrame) -> Iterator[tuple[tuple[str, ...], slice]]:
    """The names of each dimension of each indicator, and its rows, which stand together."""
    start = 0
    for *names, size in rows.group_by(_SPLIT, maintain_order=True).len().iter_rows():
        yield tuple(names), slice(start, start + size)
        start += size


def _ranked(rows: pl.DataFrame) -> dict[str, pl.Series]:
    of, ways, is_rate = _columns(rows), rows["way"].to_numpy(), rows["is_rate"].to_numpy()
    found = np.zeros((3, rows.height), dtype=np.int64)
    status = np.full(rows.height, OK, dtype=object)
    rate, half = of["numerator"] / of["denominator"], (of["ci_high"] - of["ci_low"]) / (2 * Z)
    for names, part in _splits(rows):
        sign = ways[part][0]
        if not sign:
            continue
        z = noise(part.stop - part.start, *names)
        if is_rate[part].all():
            drawn = draws_of_rates(rate[part], of["denominator"][part], z)
        else:
            drawn = of["value"][part] + z * half[part]
        rank, (low, high) = ranks(sign * of["value"][part]), rank_intervals(sign * drawn)
        low, high = np.minimum(low, rank), np.maximum(high, rank)
        is_ranked = (low > 1) | (high < z.shape[1])
        found[:, part] = np.where(is_ranked, [rank, low, high], 0)
        status[part] = np.where(is_ranked, OK, UNDECIDED)
    ranked = {
        name: pl.Series(numbers).replace(0, None) for name, numbers in zip(("rank", "rank_low", "rank_high"), found, strict=True)
    }
    return {**ranked, "status": pl.Series(status.tolist(), dtype=pl.String)}


def _tested(rows: pl.DataFrame) -> dict[str, pl.Series]:
    of, is_rate = _columns(rows), rows["is_rate"].to_numpy()
    cases, hits = of["all_denominator"] - of["denominator"], of["all_numerator"] - of["numerator"]
    people = of["all_sample_size"] - of["sample_size"]
    is_enough = np.minimum(cases, people) >= ENOUGH
    is_rate_there = is_enough & is_rate & (hits >= 0) & (hits <= cases)
    with np.errstate(divide="ignore", invalid="ignore"):
        other = np.where(cases > 0, hits * of["scale"] / cases, np.nan)
    low, high = np.full((2, rows.height), np.nan)
    p_values = np.full(rows.height, np.nan)
    rate = np.flatnonzero(is_rate_there)
    low[rate], high[rate] = of["scale"][rate] * np.array(wilson(hits[rate], cases[rate]))
    p_values[rate] = fisher_mid_p(*(of[name][rate] for name in ("numerator", "denominator", "all_numerator", "all_denominator")))
    mean = np.flatnonzero(is_enough & ~is_rate)
    of_means = {name: column[mean] for name, column in of.items()}
    error, whole_error = (
        mean_error(of_means[f"{whole}ci_low"], of_means[f"{whole}ci_high"], of_means[f"{whole}sample_size"])
        for whole in ("", "all_")
    )
    others = rest_error(
        (of_means["value"], error, of_means["sample_size"]),
        (of_means["all_value"], whole_error, of_means["all_sample_size"]),
        (other[mean], people[mean]),
    )
    half = stdtrit(people[mean] - 1, 0.975) * others
    low[mean], high[mean] = other[mean] - half, other[mean] + half
    p_values[mean] = welch_p(of_means["value"] - other[mean], error, of_means["sample_size"], others, people[mean])
    difference = of["value"] - other
    difference_low, difference_high = mover(
        difference, (of["value"] - of["ci_low"], of["ci_high"] - of["value"]), (other - low, high - other)
    )
    found = {
        "difference": difference, "difference_low": difference_low, "difference_high": difference_high, "p_value": p_values,
    }  # fmt: skip
    return {name: pl.Series(numbers, dtype=pl.Float64) for name, numbers in found.items()}


def _limited(rows: pl.DataFrame) -> dict[str, pl.Series]:
    of, is_rate = _columns(rows), rows["is_rate"].to_numpy()
    cases, scale = of["denominator"], of["scale"]
    target = of["all_numerator"] / of["all_denominator"]
    # The spread of single values: of rates as the whole has them, of means from its interval.
    spread = mean_error(of["all_ci_low"], of["all_ci_high"], of["all_sample_size"]) * np.sqrt(of["all_sample_size"]) / scale
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.where(is_rate, np.sqrt(target * (1 - target) / cases), spread / np.sqrt(of["sample_size"]))
        z = (of["value"] / scale - target) / error
    z[is_rate] = funnel.z_of_rates(of["numerator"][is_rate], cases[is_rate], target[is_rate])
    phi, extra = np.full(rows.height, np.nan), np.zeros(rows.height)
    for _, part in _splits(rows):
        if part.stop - part.start >= funnel.FEWEST_MEMBERS and (error[part] > 0).all():
            phi[part] = measured = funnel.dispersion(z[part])
            if measured > funnel.OVERDISPERSED:
                extra[part] = funnel.random_effect(measured, error[part])
    is_exact = is_rate & (extra == 0)
    found: dict[str, pl.Series] = {}
    for level, tail in _TAILS.items():
        low, high = funnel.normal_limits(target, np.sqrt(error**2 + extra), tail)
        low[is_rate], high[is_rate] = np.maximum(low[is_rate], 0), np.minimum(high[is_rate], 1)
        low[is_exact], high[is_exact] = funnel.rate_limits(cases[is_exact], target[is_exact], tail)
        found |= {f"limit_low_{level}": pl.Series(low * scale), f"limit_high_{level}": pl.Series(high * scale)}
    method = np.where(extra > 0, RANDOM_EFFECT, np.where(is_rate, EXACT, NORMAL))
    rounding = _SAME * np.abs(of["all_value"])
    is_below, is_above = of["value"] < low * scale - rounding, of["value"] > high * scale + rounding
    flag = np.where(is_below, BELOW, np.where(is_above, ABOVE, WITHIN))
    return {
        **found,
        "limits_method": pl.Series(method.tolist(), dtype=pl.String),
        "dispersion": pl.Series(phi),
        "flag": pl.Series(flag.tolist(), dtype=pl.String),
    }


def _with_findings(rows: pl.DataFrame) -> pl.DataFrame:
    finding = (
        pl.when(pl.col("q_value").is_null() | (pl.col("way") == 0))
        .then(None)
        .when(pl.col("q_value") > FALSE_FINDINGS)
        .then(pl.lit(UNDECIDED))
        .when(pl.col("difference") * pl.col("way") > 0)
        .then(pl.lit(BETTER))
        .otherwise(pl.lit(WORSE))
    )
    return rows.with_columns(q_value=q_value(_FAMILY)).with_columns(finding=finding)
