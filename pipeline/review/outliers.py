"""Finds the outliers of each group in a table's quarter, in DuckDB.

The measures are in ``schemas/expectations/outliers.py``, reviewers' decisions in ``settings/outlier_review.py``. Nothing is
changed here.

Every group (enterprise × the measure's columns, within the quarter) is aggregated once, then its rows are scored once:

- Z = (x − mean) ÷ standard deviation of the sample (n − 1), the text's own rule: |Z| > 3. With the sample's deviation |Z|
  cannot exceed (n − 1) ÷ √n, so groups of ten or fewer can have no such point (C-38): they are too small.
- The same on natural logarithms, of positive values only.
- The modified Z score 0.6745 · (x − median) ÷ MAD, above 3.5. If half the values are equal MAD is 0, and the mean absolute
  deviation from the median replaces it: (x − median) ÷ (1.253314 · MeanAD). Iglewicz and Hoaglin, How to Detect and Handle
  Outliers, ASQC 1993.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.calendar.quarters import Quarter
from pipeline.lake.database import connected
from pipeline.lake.layout import Lake
from pipeline.lake.memory import TABLES_AT_ONCE
from pipeline.lake.row_key import row_key_expression
from pipeline.lake.sql import parquet, quoted
from schemas.contract import Table
from schemas.expectations.outliers import ENTERPRISE, Measure, Z, measures_of

# In a normal distribution the MAD is 0.6745 standard deviations, the mean absolute deviation 1 / 1.253314.
_MAD_PER_DEVIATION = 0.6745
_DEVIATION_PER_MEAN_AD = 1.253314
# For queries whose result does not depend on the order of rows.
_THREADS = 2

POINT_SCHEMA = {
    "enterprise_id": pl.String,
    "quarter": pl.String,
    "table": pl.String,
    "row_key": pl.String,
    "_row_id": pl.Int64,
    "measure": pl.String,
    "group": pl.String,
    "value": pl.Float64,
    "n": pl.Int64,
    "mean": pl.Float64,
    "sd": pl.Float64,
    "z": pl.Float64,
    "z_log": pl.Float64,
    "z_mad": pl.Float64,
    "flags": pl.String,
    "needs_review": pl.Boolean,
    "is_listed": pl.Boolean,
}
GROUP_SCHEMA = {
    "enterprise_id": pl.String,
    "quarter": pl.String,
    "table": pl.String,
    "measure": pl.String,
    "group": pl.String,
    "n": pl.Int64,
    "mean": pl.Float64,
    "sd": pl.Float64,
    "median": pl.Float64,
    "mad": pl.Float64,
    "too_small": pl.Boolean,
    "flagged_z": pl.Int64,
    "flagged_z_log": pl.Int64,
    "flagged_z_mad": pl.Int64,
    "to_review": pl.Int64,
}


@dataclass(frozen=True)
class Limits:
    """Thresholds above which a point is flagged, and the methods whose flags require review.

    z           |Z| and |Z| of the logarithms (parameter outlier_z_score)
    z_modified  |modified Z| (parameter outlier_modified_z_score)
    methods     of schemas.expectations.outliers.METHODS: a point flagged by one of them needs review; the text requires Z
    """

    z: float
    z_modified: float
    methods: tuple[str, ...] = (Z,)


@dataclass(frozen=True)
class Found:
    """The outliers of one table's quarter.

    points  POINT_SCHEMA: points that need review, points of groups too small for Z that the modified Z score flags, and
            points requested by key
    groups  GROUP_SCHEMA: every group with a value
    """

    points: pl.DataFrame
    groups: pl.DataFrame


def find_outliers(
    table: Table,
    quarter: Quarter,
    lake: Lake,
    limits: Limits,
    measures: Sequence[Measure] | None = None,
    also: Collection[str] = (),
) -> Found:
    """Find the outliers of a table's quarter in its clean partition, measure by measure; a missing table has no groups.

    measures   None means all measures of the table
    also       row keys whose points are returned even if they are not flagged

    One thread and a fixed row order, because floating-point sums depend on both: the same rows give the same bytes.
    Memory: eight bytes per value of one measure.
    """
    path = lake.partition("clean", table.name, quarter)
    points, groups = [pl.DataFrame(schema=POINT_SCHEMA)], [pl.DataFrame(schema=GROUP_SCHEMA)]
    if path.is_file() and pq.read_metadata(path).num_rows:
        with connected(lake.scratch, at_once=TABLES_AT_ONCE, threads=1) as connection:
            # A view's query cannot have parameters.
            rows = f"select * from {parquet(path)}"
            if table.is_versioned:
                rows += (
                    f" where coalesce(valid_from, date '{quarter.first_day}') < date '{quarter.end_day}'"
                    f" and coalesce(valid_to, date '{quarter.end_day}') > date '{quarter.first_day}'"
                )
            connection.execute(f"create view rows as {rows}")
            connection.execute("create table asked (_row_id bigint)")
            if also:
                connection.execute(
                    f"insert into asked select _row_id from rows where list_contains($keys, {row_key_expression(table)})",
                    {"keys": sorted(also)},
                )
            connection.execute(_SCORES)
            for measure in measures_of(table.name) if measures is None else measures:
                groups.append(_look_at(connection, table, quarter, measure, limits, bool(also)))
            connection.execute(f"set threads = {_THREADS}")
            points.append(_points(connection, table, quarter))
    return Found(
        pl.concat(points).sort("measure", "enterprise_id", "row_key", maintain_order=True),
        pl.concat(groups).sort("measure", "enterprise_id", "group", maintain_order=True),
    )


_SCORES = """
create table scores (
    measure varchar, _row_id bigint, "group" varchar, value double, n bigint, mean double, sd double, z double, z_log double,
    z_mad double, flags varchar, needs_review boolean, is_listed boolean
)
"""


def _look_at(
    connection: duckdb.DuckDBPyConnection,
    table: Table,
    quarter: Quarter,
    measure: Measure,
    limits: Limits,
    with_asked: bool,
) -> pl.DataFrame:
    """Add a measure's points to ``scores``; returns its groups."""
    keys = [ENTERPRISE, *measure.groups]
    columns = ", ".join(map(quoted, keys))
    same_group = " and ".join(f"points.{quoted(key)} is not distinct from stats.{quoted(key)}" for key in keys)
    logarithm = "case when value > 0 then ln(value) end" if measure.has_log else "cast(null as double)"
    label = " || ';' || ".join(f"'{name}=' || coalesce(cast({quoted(name)} as varchar), '')" for name in measure.groups)
    connection.execute(
        f"""
        create or replace temp view points as
        select * from (
            select _row_id, {columns}, cast({measure.expression} as double) as value
            from rows where {measure.population or "true"}
        ) as measured
        where value is not null
        """
    )
    # Floating-point sums: one thread, see above.
    connection.execute("set threads = 1")
    connection.execute(
        f"""
        create or replace temp table stats as
        select {columns}, {label or "''"} as "group", count(*) as n, avg(value) as mean, stddev_samp(value) as sd,
            median(value) as median, mad(value) as mad, avg({logarithm}) as log_mean, stddev_samp({logarithm}) as log_sd,
            cast(null as double) as mean_ad, (count(*) - 1) / sqrt(count(*)) <= {limits.z!r} as too_small
        from points group by {columns}
        """
    )
    connection.execute(
        f"""
        update stats set mean_ad = deviations.mean_ad
        from (
            select {", ".join(f"points.{quoted(key)}" for key in keys)}, avg(abs(value - median)) as mean_ad
            from points inner join stats on {same_group} where mad = 0 group by all
        ) as deviations
        where {same_group.replace("points.", "deviations.")}
        """
    )
    connection.execute(f"set threads = {_THREADS}")
    # Most points lie within the bounds of all three rules; only the others are scored. The bounds are slightly narrower
    # than the rules, which decide.
    connection.execute(
        f"""
        create or replace temp table bounds as
        select *, low + 1e-6 * abs(low) as low_enough, high - 1e-6 * abs(high) as high_enough
        from (
            select *,
                greatest(
                    case when sd > 0 then mean - {limits.z!r} * sd end,
                    case when log_sd > 0 then exp(log_mean - {limits.z!r} * log_sd) end,
                    median - {limits.z_modified!r} * spread
                ) as low,
                least(
                    case when sd > 0 then mean + {limits.z!r} * sd end,
                    case when log_sd > 0 then exp(log_mean + {limits.z!r} * log_sd) end,
                    median + {limits.z_modified!r} * spread
                ) as high
            from (
                select *, row_number() over () as group_id,
                    case
                        when mad > 0 then mad / {_MAD_PER_DEVIATION}
                        when mean_ad > 0 then mean_ad * {_DEVIATION_PER_MEAN_AD}
                    end as spread
                from stats
            ) as spreads
        ) as exact_bounds
        """
    )
    connection.execute(
        f"""
        create or replace temp table hits as
        with scored as (
            select points._row_id, points.value, stats.group_id, (value - mean) / nullif(sd, 0) as z,
                ({logarithm} - log_mean) / nullif(log_sd, 0) as z_log, (value - median) / spread as z_mad
            from points inner join bounds as stats on {same_group}
            where value <= low_enough or value >= high_enough
                {"or points._row_id in (select _row_id from asked)" if with_asked else ""}
        ),
        compared as (
            select *, coalesce(abs(z) > {limits.z!r}, false) as by_z, coalesce(abs(z_log) > {limits.z!r}, false) as by_z_log,
                coalesce(abs(z_mad) > {limits.z_modified!r}, false) as by_z_mad
            from scored
        )
        select *, {" or ".join(f"by_{method}" for method in limits.methods)} as needs_review
        from compared
        """
    )
    connection.execute(
        f"""
        insert into scores
        select '{measure.id}', _row_id, "group", value, n, mean, sd, z, z_log, z_mad,
            concat_ws(
                ';', case when by_z then 'z' end, case when by_z_log then 'z_log' end, case when by_z_mad then 'z_mad' end
            ),
            needs_review, needs_review or (too_small and by_z_mad)
        from hits inner join bounds using (group_id)
        where needs_review or (too_small and by_z_mad) or _row_id in (select _row_id from asked)
        """
    )
    found = connection.execute(
        f"""
        select enterprise_id, '{quarter.label}' as quarter, '{table.name}' as "table", '{measure.id}' as measure,
            "group", n, mean, sd, median, mad, too_small, coalesce(flagged_z, 0) as flagged_z,
            coalesce(flagged_z_log, 0) as flagged_z_log, coalesce(flagged_z_mad, 0) as flagged_z_mad,
            coalesce(to_review, 0) as to_review
        from bounds
        left join (
            select group_id, count(case when by_z then 1 end) as flagged_z, count(case when by_z_log then 1 end) as flagged_z_log,
                count(case when by_z_mad then 1 end) as flagged_z_mad, count(case when needs_review then 1 end) as to_review
            from hits group by group_id
        ) as counts using (group_id)
        """
    ).to_arrow_table()
    return _frame(found, GROUP_SCHEMA)


def _points(connection: duckdb.DuckDBPyConnection, table: Table, quarter: Quarter) -> pl.DataFrame:
    """The rows of ``scores`` with row keys, looked up once for all measures of the table."""
    found = connection.execute(
        f"""
        select rows.enterprise_id, '{quarter.label}' as quarter, '{table.name}' as "table",
            {row_key_expression(table)} as row_key, scores.*
        from scores inner join rows on scores._row_id = rows._row_id
        """
    ).to_arrow_table()
    return _frame(found, POINT_SCHEMA)


def _frame(found: pa.Table, schema: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(found).select(list(schema)).cast(schema)  # type: ignore[arg-type]
