"""Pareto tables: which classes of faults, complaints and refused rows make most of the cases, and which became more or fewer.

``kind`` and where its classes come from: ``fault`` service_requests.issue_class, ``complaint`` complaints.cause_class, ``refusal``
the rules by which rows of a delivery were refused.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl

from pipeline.analyse.comparison import FALSE_FINDINGS, FEW, OK, UNDECIDED
from pipeline.analyse.contributions import UNASSIGNED
from pipeline.analyse.earlier import Earlier
from pipeline.analyse.multiple_tests import q_value
from pipeline.analyse.rest import fisher_mid_p, mover
from pipeline.calendar.quarters import Quarter
from pipeline.evaluate.values.intervals import wilson
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from schemas.expectations.analyses import ENOUGH

FAULT, COMPLAINT, REFUSAL = "fault", "complaint", "refusal"
CUBE_OF: dict[str, str] = {FAULT: "product_issue", COMPLAINT: "region_cause"}
"""The table of two attributes of ``mart_record_cells`` whose column totals are the cases of a kind."""
MORE, LESS = "more", "less"
MERGED, WITHHELD = "merged", "withheld"
NOT_PUBLISHED, NO_CASES_BEFORE = "not_published", "no_cases_before"
SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "period": pl.String,
        "kind": pl.String,
        "class": pl.String,
        "cases": pl.Int64,
        "share": pl.Float64,
        "share_low": pl.Float64,
        "share_high": pl.Float64,
        "rank": pl.Int64,
        "cumulative_share": pl.Float64,
        "is_vital_few": pl.Boolean,
        "status": pl.String,
        "compared_period": pl.String,
        "cases_before": pl.Int64,
        "share_before": pl.Float64,
        "change": pl.Float64,
        "change_low": pl.Float64,
        "change_high": pl.Float64,
        "p_value": pl.Float64,
        "q_value": pl.Float64,
        "finding": pl.String,
        "change_status": pl.String,
    }
)
COUNTS = pl.Schema({"enterprise_id": pl.String, "kind": pl.String, "class": pl.String, "cases": pl.Int64})
_OF_KIND = ["enterprise_id", "kind"]
_KEY = [*_OF_KIND, "class"]
# The vital few make 8 of 10 cases.
_FEW, _OF = 8, 10
_OF_CHANGE = ("share_before", "change", "change_low", "change_high", "p_value")


def write_pareto(lake: Lake, quarter: Quarter, run: RunFolder) -> int:
    """Write ``analysis_pareto`` into the run's folder; returns its rows."""
    previous = quarter.shift(-1)
    earlier = Earlier.of(lake, previous)
    before = None if earlier is None else counts(earlier.path, previous)
    table = pareto(counts(run.table, quarter), before, quarter)
    run.write("analysis_pareto", table)
    return table.height


def counts(table: Callable[[str], Path], quarter: Quarter) -> pl.DataFrame:
    """Cases of the quarter by enterprise, kind and class, from a run's tables by name; refused rows once per broken rule."""
    cells = pl.read_parquet(table("mart_record_cells")).filter(
        pl.col("row_value").is_null(), pl.col("column_value").is_not_null(), quarter=quarter.label
    )
    kind_of = {cube: kind for kind, cube in CUBE_OF.items()}
    records = cells.filter(pl.col("cube").is_in(list(kind_of))).select(
        "enterprise_id",
        pl.col("cube").replace_strict(kind_of, return_dtype=pl.String).alias("kind"),
        pl.col("column_value").replace("", UNASSIGNED).alias("class"),
        pl.col("record_count").alias("cases"),
    )
    refused = (
        pl.read_parquet(table("quarantine"), columns=["enterprise_id", "quarter", "table", "rule", "_row_id"])
        .filter(pl.col("enterprise_id").is_not_null(), quarter=quarter.label)
        .group_by("enterprise_id", pl.lit(REFUSAL).alias("kind"), pl.concat_str("table", "rule", separator=".").alias("class"))
        .agg(cases=pl.col("_row_id").n_unique())
    )
    return pl.concat([records.cast(COUNTS), refused.cast(COUNTS)]).sort(_KEY)


def pareto(now: pl.DataFrame, before: pl.DataFrame | None, quarter: Quarter, merged: str | None = None) -> pl.DataFrame:
    """The classes of each kind, most cases first, ties by name: ``SCHEMA``, sorted.

    now, before  cases by enterprise_id, kind and class, of the quarter and of the one before; None: not published
    merged       the class that stands for classes that are not given singly; what is then missing may be among them

    Shares are of the cases that have a class. ``share_low``, ``share_high``: Wilson, 95 %. ``is_vital_few``: of the fewest classes
    that make 80 % of the cases. ``change``: share less the share before, with Newcombe's interval; Fisher's mid-p, corrected over
    the classes and kinds of an enterprise. Below 30 cases there are neither vital few nor tests.
    """
    rows = _with_before(now, before, merged).filter(pl.col("n") > 0)
    is_last = pl.col("class") == (merged or "")
    ordered = rows.sort([*_OF_KIND, is_last, -pl.col("cases"), "class"]).with_columns(
        reached=pl.col("cases").cum_sum().over(_OF_KIND), rank=pl.int_range(1, pl.len() + 1).over(_OF_KIND)
    )
    is_few = pl.col("n") < ENOUGH
    low, high = wilson(ordered["cases"].cast(pl.Float64).to_numpy(), ordered["n"].cast(pl.Float64).to_numpy())
    ranked = ordered.with_columns(
        share=pl.col("cases") / pl.col("n"),
        share_low=pl.Series(low),
        share_high=pl.Series(high),
        cumulative_share=pl.col("reached") / pl.col("n"),
        rank=pl.when(~is_last).then("rank"),
        is_vital_few=pl.when(~is_few & ~is_last).then((pl.col("reached") - pl.col("cases")) * _OF < pl.col("n") * _FEW),
        status=pl.when(is_last).then(pl.lit(MERGED)).when(is_few).then(pl.lit(FEW)).otherwise(pl.lit(OK)),
        change_status=_change_status(is_last, before is not None),
        period=pl.lit(quarter.label),
        compared_period=pl.lit(quarter.shift(-1).label),
    )
    found = _with_tests(ranked)
    unassigned = now.filter(pl.col("class") == UNASSIGNED).with_columns(
        period=pl.lit(quarter.label), status=pl.lit("unassigned"), change_status=pl.lit("unassigned")
    )
    return (
        pl.concat([found, unassigned], how="diagonal_relaxed")
        .select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())
        .sort([*_OF_KIND, pl.col("status") == "unassigned", "rank", "class"], nulls_last=True)
    )


def _with_before(now: pl.DataFrame, before: pl.DataFrame | None, merged: str | None) -> pl.DataFrame:
    """The classes that have cases in either quarter, with ``n`` and ``n_before``, the cases of their kind."""
    given, given_before = (
        pl.DataFrame(schema=COUNTS) if each is None else each.filter(pl.col("class") != UNASSIGNED) for each in (now, before)
    )
    rows = given.join(given_before, on=_KEY, how="full", coalesce=True, suffix="_before")
    is_merged = (pl.col("class") == (merged or "")).any().over(_OF_KIND)
    return (
        rows.with_columns(
            n=pl.col("cases").sum().over(_OF_KIND), n_before=pl.col("cases_before").sum().over(_OF_KIND), is_merged=is_merged
        )
        .filter(pl.col("cases").is_not_null() | ~pl.col("is_merged"))
        .with_columns(
            pl.col("cases").fill_null(0),
            pl.when("is_merged").then("cases_before").otherwise(pl.col("cases_before").fill_null(0)).alias("cases_before"),
        )
    )


def _change_status(is_last: pl.Expr, is_published: bool) -> pl.Expr:
    if not is_published:
        return pl.lit(NOT_PUBLISHED)
    return (
        pl.when(is_last)
        .then(pl.lit(MERGED))
        .when(pl.col("n_before") == 0)
        .then(pl.lit(NO_CASES_BEFORE))
        .when(pl.col("cases_before").is_null())
        .then(pl.lit(WITHHELD))
        .when(pl.min_horizontal("n", "n_before") < ENOUGH)
        .then(pl.lit(FEW))
        .otherwise(pl.lit(OK))
    )


def _with_tests(rows: pl.DataFrame) -> pl.DataFrame:
    names = ("cases", "n", "cases_before", "n_before")
    is_tested = (rows["change_status"] == OK).to_numpy()
    hits, cases, hits_before, cases_before = (rows[name].cast(pl.Float64).fill_null(np.nan).to_numpy()[is_tested] for name in names)
    share, share_before = hits / cases, hits_before / cases_before
    (low, high), (before_low, before_high) = wilson(hits, cases), wilson(hits_before, cases_before)
    change = share - share_before
    change_low, change_high = mover(change, (share - low, high - share), (share_before - before_low, before_high - share_before))
    p_values = fisher_mid_p(hits, cases, hits + hits_before, cases + cases_before)
    columns = {}
    for name, numbers in zip(_OF_CHANGE, (share_before, change, change_low, change_high, p_values), strict=True):
        column = np.full(rows.height, np.nan)
        column[is_tested] = numbers
        columns[name] = pl.Series(column, dtype=pl.Float64).fill_nan(None)
    is_known = pl.col("change_status").is_in([OK, FEW])
    finding = (
        pl.when(pl.col("q_value").is_null())
        .then(None)
        .when(pl.col("q_value") > FALSE_FINDINGS)
        .then(pl.lit(UNDECIDED))
        .otherwise(pl.when(pl.col("change") > 0).then(pl.lit(MORE)).otherwise(pl.lit(LESS)))
    )
    return (
        rows.with_columns(**columns)
        .with_columns(q_value=q_value(["enterprise_id"]))
        .with_columns(
            finding=finding,
            cases_before=pl.when(is_known).then("cases_before"),
            share_before=pl.when(is_known).then(pl.col("cases_before") / pl.col("n_before")),
            change=pl.when(is_known).then(pl.col("share") - pl.col("cases_before") / pl.col("n_before")),
        )
    )
