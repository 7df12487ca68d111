"""Where an indicator misses its requirement: its shortfall over the members of every dimension, and which differ from the others.

With requirement T, values r and cases n the shortfall is Σ n·(T − r), so that each member has a share of it, by its size and by how
far it is from T. ``lost`` takes the size out: what the member would not have lost had it been as the rest of the enterprise.
"""

from __future__ import annotations

import polars as pl

from pipeline.analyse.comparison import BETTER, FALSE_FINDINGS, FEW, OK, UNDECIDED, WORSE
from pipeline.analyse.contributions import NOT_ADDITIVE, UNASSIGNED, is_unfit, members_of, with_rest
from pipeline.analyse.league import against_rest
from pipeline.analyse.multiple_tests import q_value
from pipeline.analyse.request_classes import request_class_values
from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import published_periods
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.indicators import catalogue_frame
from schemas.expectations.analyses import ADDITIVE, DIMENSIONS

CONCENTRATED, NO_MEMBERS = "concentrated", "no_members"
SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "period": pl.String,
        "indicator_id": pl.String,
        "total_value": pl.Float64,
        "requirement": pl.Float64,
        "shortfall": pl.Float64,
        "dimension": pl.String,
        "member": pl.String,
        "n": pl.Float64,
        "value": pl.Float64,
        "case_share": pl.Float64,
        "shortfall_share": pl.Float64,
        "difference": pl.Float64,
        "difference_low": pl.Float64,
        "difference_high": pl.Float64,
        "lost": pl.Float64,
        "p_value": pl.Float64,
        "q_value": pl.Float64,
        "finding": pl.String,
        "rank": pl.Int64,
        "indicator_finding": pl.String,
        "status": pl.String,
    }
)
_WHOLE = ["enterprise_id", "period", "indicator_id"]
_SPLIT = ["enterprise_id", "indicator_id", "dimension"]
_MEMBER = [*_SPLIT, "member"]
_VALUES = ("value", "numerator", "denominator", "sample_size", "ci_low", "ci_high", "ci_method", "status")


def write_root_causes(quarter: Quarter, run: RunFolder) -> int:
    """Write ``analysis_root_causes`` into the run's folder; returns its rows."""
    columns = [*_WHOLE, "scope_type", "scope_id", *_VALUES]
    values = pl.read_parquet(run.table("indicator_values"), columns=[*columns, "requirement", "is_met"])
    classes = request_class_values(run.table, quarter).select(columns)
    members = pl.concat([values.select(columns), classes])
    catalogue = catalogue_frame(quarter)
    table = pl.concat(
        root_causes(members.filter(period=each.period), missed(values.filter(period=each.period)), catalogue)
        for each in published_periods(quarter)
        if each.role == "current"
    ).sort(*_WHOLE, "rank", "dimension", "member", nulls_last=True)
    run.write("analysis_root_causes", table)
    return table.height


def missed(values: pl.DataFrame) -> pl.DataFrame:
    """enterprise_id, period, indicator_id, total_value, requirement of the values of enterprises that miss their requirement."""
    return values.filter(pl.col("scope_type") == "enterprise", ~pl.col("is_met"), pl.col("value").is_not_null()).select(
        *_WHOLE, "requirement", total_value="value"
    )


def root_causes(values: pl.DataFrame, shortfalls: pl.DataFrame, indicators: pl.DataFrame) -> pl.DataFrame:
    """Every member of every dimension of the values that miss their requirement: ``SCHEMA``, in no order.

    values      of one period, all scopes: enterprise_id, period, indicator_id, scope_type, scope_id, value, numerator, denominator,
                sample_size, ci_low, ci_high, ci_method, status
    shortfalls  what ``missed`` finds in them
    indicators  the catalogue: indicator_id, method, direction, requirement, unit_divisor, multiplier

    shortfall, lost   of rates in cases, else in the indicator's unit × cases
    shortfall_share   the shares of a dimension add up to 1; that of a member that keeps the requirement is below 0
    difference        from the other members together, with interval and p as in ``analysis_league``; q corrected over the members,
                      dimensions and indicators of an enterprise
    rank              1 is the member that is worse than the rest and loses most; then those that cannot be told from it
    indicator_finding concentrated: some member is worse; not_distinguishable: spread evenly as far as can be told

    An indicator whose parts do not add up over members, or without members, has one row with that status.
    """
    kinds = indicators.filter(pl.col("method").is_in(ADDITIVE)).select(
        "indicator_id", "method", scale=pl.col("multiplier") / pl.col("unit_divisor")
    )
    own = values.join(shortfalls, on=_WHOLE, how="semi")
    members = members_of(own, kinds)
    with_others = with_rest(members, own, members.select(_SPLIT).unique()).join(kinds, on="indicator_id")
    unfit = with_others.filter(is_unfit("")).select(_SPLIT).unique()
    totals = own.filter(pl.col("scope_type") == "enterprise").select("enterprise_id", "indicator_id", all_n="denominator")
    fit = (
        with_others.join(unfit, on=_SPLIT, how="anti")
        .join(shortfalls, on=["enterprise_id", "indicator_id"])
        .join(totals, on=["enterprise_id", "indicator_id"])
    )
    tests = against_rest(own.join(unfit.select("enterprise_id", "indicator_id", scope_type="dimension"), on=[
        "enterprise_id", "indicator_id", "scope_type"
    ], how="anti"), indicators, DIMENSIONS)  # fmt: skip
    rows = _located(fit.join(tests.drop("period"), on=_MEMBER, how="left"))
    left_out = unfit.with_columns(status=pl.lit(NOT_ADDITIVE)).join(shortfalls, on=["enterprise_id", "indicator_id"])
    is_additive = pl.col("indicator_id").is_in(kinds["indicator_id"].implode())
    without = shortfalls.join(pl.concat([rows.select(_WHOLE), left_out.select(_WHOLE)]), on=_WHOLE, how="anti").with_columns(
        status=pl.when(is_additive).then(pl.lit(NO_MEMBERS)).otherwise(pl.lit(NOT_ADDITIVE))
    )
    silent = pl.concat([left_out, without], how="diagonal_relaxed").join(
        rows.select(*_WHOLE, "indicator_finding").unique(), on=_WHOLE, how="left"
    )
    silent = silent.with_columns(pl.col("indicator_finding").fill_null(pl.col("status")))
    return pl.concat([rows, silent], how="diagonal_relaxed").select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())


def located() -> pl.Expr:
    """Of the members of a value, by their finding: whether its shortfall is concentrated, spread, or cannot be located."""
    return (
        pl.when((pl.col("finding") == WORSE).any().over(_WHOLE))
        .then(pl.lit(CONCENTRATED))
        .when(pl.col("finding").is_not_null().any().over(_WHOLE))
        .then(pl.lit(UNDECIDED))
        .otherwise(pl.lit(FEW))
    )


def _located(rows: pl.DataFrame) -> pl.DataFrame:
    # The way of the requirement: whatever the indicator's direction, the value lies on the wrong side of it.
    sign = (pl.col("requirement") - pl.col("total_value")).sign()
    unit = pl.when(pl.col("method") == "rate").then(pl.col("scale")).otherwise(1.0)
    is_member = pl.col("member") != UNASSIGNED
    measured = rows.with_columns(
        n=pl.col("denominator"),
        value=pl.when(pl.col("denominator") > 0).then(pl.col("numerator") * pl.col("scale") / pl.col("denominator")),
        case_share=pl.col("denominator") / pl.col("all_n"),
        shortfall=(pl.col("requirement") - pl.col("total_value")).abs() * pl.col("all_n") / unit,
        own=sign * (pl.col("requirement") * pl.col("denominator") - pl.col("numerator") * pl.col("scale")) / unit,
        lost=-sign * pl.col("difference") * pl.col("denominator") / unit,
        status=pl.col("status").fill_null("unassigned"),
    ).with_columns(
        shortfall_share=pl.when(pl.col("shortfall") > 0).then(pl.col("own") / pl.col("shortfall")),
        q_value=q_value(["enterprise_id"]),
    )
    found = measured.with_columns(finding=_finding()).with_columns(indicator_finding=located())
    order = [is_member.not_(), (pl.col("finding") == WORSE).fill_null(False).not_(), -pl.col("lost")]
    return found.sort([*_WHOLE, *order, "dimension", "member"], nulls_last=True).with_columns(
        rank=pl.when(is_member).then(pl.int_range(1, pl.len() + 1).over(_WHOLE))
    )


def _finding() -> pl.Expr:
    return (
        pl.when(pl.col("q_value").is_null() | (pl.col("status") != OK))
        .then(None)
        .when(pl.col("q_value") > FALSE_FINDINGS)
        .then(pl.lit(UNDECIDED))
        .when(pl.col("lost") > 0)
        .then(pl.lit(WORSE))
        .otherwise(pl.lit(BETTER))
    )
