"""Where an indicator moved: its change split over the members of a dimension into what they did and how many there were of each.

With shares s of the denominator and values r of the members, a change R₁ − R₀ is Σ s̄·Δr + Σ Δs·(r̄ − R̄), bars being means of the
two periods (Kitagawa 1955, J. Am. Stat. Assoc. 50, 1168–1194): the first is the rate effect of each member, the second its mix
effect. They add up exactly. A member that one period does not have has the other's value there, so that all it does is mix.
"""

from __future__ import annotations

import polars as pl
from scipy.special import chdtrc

from pipeline.analyse.earlier import values_compared
from pipeline.analyse.multiple_tests import Z, q_value, two_sided
from pipeline.analyse.request_classes import request_class_values
from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from schemas.expectations.analyses import ADDITIVE, DIMENSIONS, ENOUGH, REQUEST_CLASSES

UNASSIGNED = "(unassigned)"
"""The member of cases that belong to no member of a dimension: the total less all of them."""

_BY_CHANCE = 0.05

OK, FEW, NOT_ADDITIVE, NOT_PUBLISHED = "ok", "insufficient_sample", "not_additive", "dimension_not_published"
SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "period": pl.String,
        "against": pl.String,
        "compared_period": pl.String,
        "indicator_id": pl.String,
        "dimension": pl.String,
        "member": pl.String,
        "change": pl.Float64,
        "denominator_before": pl.Float64,
        "denominator": pl.Float64,
        "value_before": pl.Float64,
        "value": pl.Float64,
        "rate_effect": pl.Float64,
        "rate_effect_low": pl.Float64,
        "rate_effect_high": pl.Float64,
        "p_value": pl.Float64,
        "q_value": pl.Float64,
        "mix_effect": pl.Float64,
        "effect": pl.Float64,
        "rank": pl.Int64,
        "is_simpson": pl.Boolean,
        "status": pl.String,
    }
)
_WHOLE = ["enterprise_id", "indicator_id"]
_SPLIT = [*_WHOLE, "dimension"]
_MEMBER = [*_SPLIT, "member"]


def write_contributions(lake: Lake, quarter: Quarter, run: RunFolder) -> int:
    """Write ``analysis_contributions`` into the run's folder; returns its rows. Without an earlier publication there are none."""
    columns = [*_WHOLE, "scope_type", "scope_id", "value", "numerator", "denominator", "ci_low", "ci_high"]
    table = values_compared(lake, quarter, run, columns, SCHEMA, contributions, request_class_values)
    table = table.sort("enterprise_id", "period", "against", "indicator_id", "dimension", "rank", "member")
    run.write("analysis_contributions", table)
    return table.height


def contributions(before: pl.DataFrame, now: pl.DataFrame, indicators: pl.DataFrame) -> pl.DataFrame:
    """The change of every enterprise's indicator, by member of every dimension: ``SCHEMA`` without the names of the periods.

    before, now  indicator values of one period each: enterprise_id, indicator_id, scope_type, scope_id, value, numerator,
                 denominator, ci_low, ci_high
    indicators   the catalogue with comparability: indicator_id, method, unit_divisor, multiplier, incomparable

    Effects have the indicator's unit. The interval (95 %) and the test are of the rate effect: of a rate by its binomial error, of
    others by the errors of the two values; below 30 cases in either period, or where periods are not comparable, there are none.
    ``rank`` 1 is the member with the largest effect of its dimension. ``is_simpson``: all members that both periods have moved one
    way, and the total the other, because the shares changed by more than chance. A dimension of requests (complexity, urgency) that
    only one of the two publications has is one row with that status.
    """
    kinds = indicators.filter(pl.col("method").is_in(ADDITIVE)).select(
        "indicator_id", "method", "incomparable", scale=pl.col("multiplier") / pl.col("unit_divisor")
    )
    members_before, members_now = members_of(before, kinds), members_of(now, kinds)
    lacking = _lacking(members_before, members_now)
    members_before, members_now = (each.join(lacking, on=_SPLIT, how="anti") for each in (members_before, members_now))
    splits = pl.concat([members_before, members_now]).select(_SPLIT).unique()
    parts_before = with_rest(members_before, before, splits)
    members = parts_before.join(with_rest(members_now, now, splits), on=_MEMBER, how="full", coalesce=True, suffix="_now")
    totals = _totals(before).join(_totals(now), on=_WHOLE, suffix="_now")
    whole = (
        members.join(totals.rename({name: f"all_{name}" for name in totals.columns if name not in _WHOLE}), on=_WHOLE)
        .join(kinds, on="indicator_id")
        .with_columns(pl.col("numerator", "denominator", "numerator_now", "denominator_now").fill_null(0.0))
    )
    unfit = whole.filter(is_unfit("", "_now")).select(_SPLIT).unique()
    split = _effects(whole.join(unfit, on=_SPLIT, how="anti")).with_columns(status=_status()).sort(_MEMBER)
    tested = (
        _tested(split)
        .with_columns(rank=pl.col("effect").abs().rank("ordinal", descending=True).over(_SPLIT).cast(pl.Int64))
        .join(_is_simpson(split), on=_SPLIT, how="left", maintain_order="left")
    )
    left_out = (
        pl.concat([unfit.with_columns(status=pl.lit(NOT_ADDITIVE)), lacking.with_columns(status=pl.lit(NOT_PUBLISHED))])
        .join(totals, on=_WHOLE)
        .select(*_SPLIT, "status", change=pl.col("value_now") - pl.col("value"))
    )
    names = [name for name in SCHEMA.names() if name not in ("period", "against", "compared_period")]
    return pl.concat([tested, left_out], how="diagonal_relaxed").select(pl.col(name).cast(SCHEMA[name]) for name in names)


def _totals(values: pl.DataFrame) -> pl.DataFrame:
    return values.filter(pl.col("scope_type") == "enterprise", pl.col("denominator") > 0).select(
        *_WHOLE, "value", "numerator", "denominator"
    )


def members_of(values: pl.DataFrame, kinds: pl.DataFrame) -> pl.DataFrame:
    """The members of every dimension that have cases."""
    return (
        values.join(kinds.select("indicator_id"), on="indicator_id", how="semi")
        .filter(pl.col("scope_type").is_in(DIMENSIONS), pl.col("denominator") > 0)
        .rename({"scope_type": "dimension", "scope_id": "member"})
        .select(*_MEMBER, "numerator", "denominator", "ci_low", "ci_high")
    )


def _lacking(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """The splits by a class of requests of which one period has no member, such as one published before there were classes."""
    of_before, of_now = (each.filter(pl.col("dimension").is_in(REQUEST_CLASSES)).select(_SPLIT).unique() for each in (before, now))
    return pl.concat([of_now.join(of_before, on=_SPLIT, how="anti"), of_before.join(of_now, on=_SPLIT, how="anti")])


def with_rest(members: pl.DataFrame, values: pl.DataFrame, splits: pl.DataFrame) -> pl.DataFrame:
    """The members, and in each of the ``splits`` the cases of none of them."""
    assigned = members.group_by(_SPLIT).agg(assigned=pl.col("numerator").sum(), counted=pl.col("denominator").sum())
    rest = (
        splits.join(_totals(values), on=_WHOLE)
        .join(assigned, on=_SPLIT, how="left")
        .with_columns(pl.col("assigned", "counted").fill_null(0.0))
        .select(
            *_SPLIT,
            member=pl.lit(UNASSIGNED),
            numerator=_difference("numerator", "assigned"),
            denominator=_difference("denominator", "counted"),
            ci_low=pl.lit(None, pl.Float64),
            ci_high=pl.lit(None, pl.Float64),
        )
        .filter((pl.col("numerator") != 0) | (pl.col("denominator") != 0))
    )
    return pl.concat([members, rest])


def _difference(total: str, part: str) -> pl.Expr:
    """What is left; sums of decimals may come out a rounding error apart."""
    left = pl.col(total) - pl.col(part)
    return pl.when(left.abs() <= 1e-9 * pl.col(total).abs()).then(0.0).otherwise(left)


def is_unfit(*sides: str) -> pl.Expr:
    """Of a dimension's member: its parts are no share of the total, as where members overlap.

    sides  the suffixes of the columns numerator and denominator, one for each period
    """
    below = [pl.col(f"denominator{side}") < 0 for side in sides]
    # No cases cannot have a numerator; of a rate it is a part of them.
    for numerator, denominator in ((f"numerator{side}", f"denominator{side}") for side in sides):
        below.append((pl.col(denominator) == 0) & (pl.col(numerator) != 0))
        below.append((pl.col("method") == "rate") & ((pl.col(numerator) < 0) | (pl.col(numerator) > pl.col(denominator))))
    return pl.any_horizontal(below)


def _effects(whole: pl.DataFrame) -> pl.DataFrame:
    rate = pl.when(pl.col("denominator") > 0).then(pl.col("numerator") * pl.col("scale") / pl.col("denominator"))
    rate_now = pl.when(pl.col("denominator_now") > 0).then(pl.col("numerator_now") * pl.col("scale") / pl.col("denominator_now"))
    return (
        whole.with_columns(
            value_before=rate,
            value=rate_now,
            share=pl.col("denominator") / pl.col("all_denominator"),
            share_now=pl.col("denominator_now") / pl.col("all_denominator_now"),
            change=pl.col("all_value_now") - pl.col("all_value"),
        )
        .with_columns(r0=pl.coalesce("value_before", "value"), r1=pl.coalesce("value", "value_before"))
        .with_columns(mean_share=(pl.col("share") + pl.col("share_now")) / 2)
        .with_columns(
            rate_effect=pl.col("mean_share") * (pl.col("r1") - pl.col("r0")),
            mix_effect=(pl.col("share_now") - pl.col("share"))
            * ((pl.col("r0") + pl.col("r1")) / 2 - (pl.col("all_value") + pl.col("all_value_now")) / 2),
            error=pl.col("mean_share") * (_variance("") + _variance("_now")).sqrt(),
        )
        .with_columns(effect=pl.col("rate_effect") + pl.col("mix_effect"))
        .select(
            *_MEMBER,
            "change",
            "incomparable",
            "value_before",
            "value",
            "rate_effect",
            "mix_effect",
            "effect",
            "error",
            denominator_before="denominator",
            denominator="denominator_now",
        )
    )


def _variance(side: str) -> pl.Expr:
    """The squared standard error of a member's value: binomial for rates, else from its interval."""
    share = pl.col(f"numerator{side}") / pl.col(f"denominator{side}")
    binomial = share * (1 - share) * pl.col("scale") ** 2 / pl.col(f"denominator{side}")
    of_interval = ((pl.col(f"ci_high{side}") - pl.col(f"ci_low{side}")) / (2 * Z)) ** 2
    return pl.when(pl.col("method") == "rate").then(binomial).otherwise(of_interval)


def _status() -> pl.Expr:
    is_enough = (pl.col("denominator_before") >= ENOUGH) & (pl.col("denominator") >= ENOUGH)
    enough = pl.when(is_enough).then(pl.lit(OK)).otherwise(pl.lit(FEW))
    return pl.coalesce("incomparable", enough)


def _tested(split: pl.DataFrame) -> pl.DataFrame:
    """With intervals and tests, corrected over all members, dimensions and indicators of an enterprise."""
    has_test = (pl.col("status") == OK) & (pl.col("error") > 0)
    rows = split.with_columns(error=pl.when(has_test).then("error")).with_columns(
        rate_effect_low=pl.col("rate_effect") - Z * pl.col("error"),
        rate_effect_high=pl.col("rate_effect") + Z * pl.col("error"),
    )
    z = (rows["rate_effect"] / rows["error"]).to_numpy()
    return rows.with_columns(p_value=pl.Series(two_sided(z)).fill_nan(None)).with_columns(q_value=q_value(["enterprise_id"]))


def _is_simpson(split: pl.DataFrame) -> pl.DataFrame:
    """Simpson's paradox by split: what the members did, and what became of the total, have opposite signs.

    Said only of members with enough cases, and where the shares changed by more than chance (Pearson's χ² of the cases, p ≤ 0.05):
    two signs that differ are nothing.
    """
    is_in_both = pl.col("value").is_not_null() & pl.col("value_before").is_not_null()
    moved = pl.when(is_in_both).then(pl.col("rate_effect"))
    expected = (pl.col("denominator") + pl.col("denominator_before")) / (
        pl.col("denominator").sum() + pl.col("denominator_before").sum()
    )
    square = sum(
        (((pl.col(name) - expected * pl.col(name).sum()) ** 2) / (expected * pl.col(name).sum())).sum()
        for name in ("denominator", "denominator_before")
    )
    found = split.group_by(_SPLIT).agg(
        opposes=((moved.min() > 0) & (pl.col("change").first() < 0)) | ((moved.max() < 0) & (pl.col("change").first() > 0)),
        has_few=(is_in_both & (pl.col("status") == FEW)).any(),
        square=square,
        degrees=pl.len() - 1,
    )
    is_other_mix = chdtrc(found["degrees"].to_numpy(), found["square"].to_numpy()) <= _BY_CHANCE
    return found.select(*_SPLIT, is_simpson=pl.col("opposes").fill_null(False) & ~pl.col("has_few") & pl.Series(is_other_mix))
