"""The figures for checking a delivery: one row per table and enterprise, one column per check.

Measured here, from profiles and clean rows; ``schemas/expectations/acceptance.py`` holds the limits. A figure is null if
nothing can be said: no earlier quarter to compare with, or too few rows.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import statistics
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import duckdb
import polars as pl

from pipeline.accept.profile import LAST_DATED, LAST_DAY, MISSING, ROWS, SCHEMA, VALUE, profile
from pipeline.accept.row_figures import LEAST_ROWS, TRAILING, Figure, measure_rows
from pipeline.calendar.quarters import Quarter
from pipeline.lake.database import connected
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from schemas.contract import TABLES, Table
from schemas.expectations.acceptance import checks

# With fewer rows a share or a ratio says more about chance than about the delivery.
_LEAST_MEDIAN_ROWS, _LEAST_VALUES, _LEAST_EVENTS, _LEAST_QUARTERS = 20, 200, 90, 2
# Rarer categories are counted together: new product models come and go every quarter.
_LEAST_SHARE = 0.02
Figures = dict[str, dict[str, Figure]]
"""Figures of one table, by enterprise and check."""


@dataclass(frozen=True)
class _Seen:
    """A table's profile now, and those of the trailing quarters in the lake."""

    now: pl.DataFrame
    before: Mapping[Quarter, pl.DataFrame] = field(default_factory=dict)

    def rows(self, enterprise: str) -> int:
        return _rows(self.now, enterprise)

    def rows_before(self, enterprise: str) -> list[int]:
        """Rows of each trailing quarter, from the first one in which the enterprise had any."""
        counts = [_rows(look, enterprise) for look in self.before.values()]
        first = next((place for place, count in enumerate(counts) if count), len(counts))
        return counts[first:]

    @property
    def enterprises(self) -> list[str]:
        names = {
            *self.now["enterprise_id"].unique(),
            *(name for look in self.before.values() for name in look["enterprise_id"]),
        }
        return sorted(name for name in names if name is not None)


def measure(quarter: Quarter, lake: Lake, numbers: Mapping[str, float], tables: Iterable[str]) -> dict[str, Figures]:
    """The figures of the existing tables, by table.

    ``numbers``: the standard's parameters by name. Every table of a result has all its checks for each of its enterprises.
    """
    wanted = [TABLES[name] for name in tables]
    with connected(lake.scratch) as connection:
        return {table.name: figures for table, figures in _measured(quarter, lake, numbers, wanted, connection)}


def _measured(
    quarter: Quarter,
    lake: Lake,
    numbers: Mapping[str, float],
    wanted: list[Table],
    connection: duckdb.DuckDBPyConnection,
) -> Iterator[tuple[Table, Figures]]:
    seen = {table.name: _seen(table, quarter, lake, connection) for table in wanted}
    until = data_until(quarter, lake, connection)
    for table in wanted:
        look = seen[table.name]
        measured = _from_profiles(table, quarter, lake, look, until)
        for check, figures in measure_rows(table, quarter, lake, numbers, connection).items():
            for enterprise in look.enterprises:
                measured[enterprise][check] = figures.get(enterprise, Figure(None))
        names = [check.name for check in checks()[table.name]]
        figures_of = {
            enterprise: {name: figures.get(name, Figure(None)) for name in names} for enterprise, figures in measured.items()
        }
        yield table, figures_of


def _seen(table: Table, quarter: Quarter, lake: Lake, connection: duckdb.DuckDBPyConnection) -> _Seen:
    trailing = [quarter.shift(-back) for back in range(1, TRAILING + 1)]
    looks = {each: profile(table, each, lake, connection) for each in (quarter, *trailing)}
    # A quarter known to the lake from another table had no rows of this one. The registers of an earlier quarter depend on whether
    # it was ever run, and the verdict must not.
    known = {each for each in trailing if _has_records(each, lake)} if table.has_quarters else set()
    nothing = pl.DataFrame(schema=SCHEMA)
    now, *_ = (look if look is not None else nothing for look in looks.values())
    return _Seen(now, {each: look if (look := looks[each]) is not None else nothing for each in sorted(known)})


def _has_records(quarter: Quarter, lake: Lake) -> bool:
    return any(lake.partition("clean", table.name, quarter).is_file() for table in TABLES.values() if table.has_quarters)


def _rows(look: pl.DataFrame, enterprise: str) -> int:
    return int(look.filter((pl.col("fact") == ROWS) & (pl.col("enterprise_id") == enterprise))["count"].sum())


def data_until(quarter: Quarter, lake: Lake, connection: duckdb.DuckDBPyConnection | None = None) -> dict[str, dt.date]:
    """The last day of the quarter with a record of the enterprise; the quarter's end if the next quarter has some."""
    until: dict[str, dt.date] = {}
    for table in TABLES.values():
        if not table.event:
            continue
        for each, is_next in ((quarter, False), (quarter.shift(1), True)):
            look = profile(table, each, lake, connection)
            if look is None:
                continue
            for enterprise, day in look.filter(pl.col("fact") == LAST_DAY).select("enterprise_id", "bucket").iter_rows():
                if day:
                    last = quarter.last_day if is_next else min(dt.date.fromisoformat(day), quarter.last_day)
                    until[enterprise] = max(until.get(enterprise, last), last)
    return until


def _from_profiles(
    table: Table, quarter: Quarter, lake: Lake, look: _Seen, until: Mapping[str, dt.date]
) -> dict[str, dict[str, Figure]]:
    delivered, columns = _delivered(table, quarter, lake), delivered_columns(table, quarter, lake)
    found: dict[str, dict[str, Figure]] = {}
    for enterprise in look.enterprises:
        figures = {"delivered": delivered, "volume": _volume(look, enterprise)}
        if delivered.value == 0:
            # The table did not come, so nothing else can be measured.
            figures["volume"] = Figure(None, "本期未提交")
        figures["missing"] = _missing(columns, look, enterprise)
        figures["drift"] = _drift(look, enterprise)
        if table.event:
            figures["freshness"] = _freshness(look, enterprise, until)
        if table.name == "service_requests" and enterprise in until:
            days = (quarter.last_day - until[enterprise]).days
            figures["unfinished"] = Figure(days, f"记录截至 {until[enterprise]}")
        found[enterprise] = figures
    return found


def _delivered(table: Table, quarter: Quarter, lake: Lake) -> Figure:
    if not table.has_quarters:
        return Figure(None)
    now = delivered_columns(table, quarter, lake)
    before = set().union(*(delivered_columns(table, quarter.shift(-back), lake) for back in range(1, TRAILING + 1)))
    if not before:
        return Figure(None)
    missing = [column.name for column in table.columns if column.name in before - now]
    return Figure(len(before & now) / len(before), "、".join(missing) if now else "本期未提交")


def delivered_columns(table: Table, quarter: Quarter, lake: Lake) -> set[str]:
    """The columns delivered for a profiled quarter; empty if the table did not come."""
    marks = read_metadata(lake.partition("profile", table.name, quarter))
    return set(json.loads(marks.get("delivered_columns", "[]"))) if marks.get("delivered") == "true" else set()


def _volume(look: _Seen, enterprise: str) -> Figure:
    before, now = look.rows_before(enterprise), look.rows(enterprise)
    if not before:
        return Figure(None, f"{now} 行")
    median = statistics.median(before)
    detail = f"{now} 行，前 {len(before)} 个季度中位数 {median:g} 行"
    # Data that do not come every quarter (mystery visits, say) may be missing in this one.
    is_comparable = len(before) >= _LEAST_QUARTERS and min(before) > 0 and median >= _LEAST_MEDIAN_ROWS
    return Figure(now / median if is_comparable else None, detail)


def _missing(delivered: set[str], look: _Seen, enterprise: str) -> Figure:
    now_rows, before_rows = look.rows(enterprise), sum(look.rows_before(enterprise))
    if now_rows < LEAST_ROWS or before_rows < LEAST_ROWS:
        return Figure(None)
    now, before = _missing_counts([look.now], enterprise), _missing_counts(look.before.values(), enterprise)
    rises = {name: now.get(name, 0) / now_rows - before.get(name, 0) / before_rows for name in before if name in delivered}
    if not rises:
        return Figure(None)
    worst = max(rises, key=lambda name: (rises[name], name))
    shares = f"{before[worst] / before_rows:.1%} → {now.get(worst, 0) / now_rows:.1%}"
    return Figure(max(rises[worst], 0.0), f"{worst}：{shares}")


def _missing_counts(profiles: Iterable[pl.DataFrame], enterprise: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for look in profiles:
        rows = look.filter((pl.col("fact") == MISSING) & (pl.col("enterprise_id") == enterprise))
        for column, count in rows.select("column", "count").iter_rows():
            counts[column] = counts.get(column, 0) + count
    return counts


def _drift(look: _Seen, enterprise: str) -> Figure:
    if not look.before:
        return Figure(None)
    now = _value_counts([look.now], enterprise)
    before = _value_counts(look.before.values(), enterprise)
    moved = {
        column: population_stability(now[column], counts)
        for column, counts in before.items()
        if column in now and min(sum(now[column].values()), sum(counts.values())) >= _LEAST_VALUES
    }
    if not moved:
        return Figure(None)
    worst = max(moved, key=lambda name: (moved[name], name))
    return Figure(moved[worst], worst)


def _value_counts(profiles: Iterable[pl.DataFrame], enterprise: str) -> dict[str, dict[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for look in profiles:
        rows = look.filter((pl.col("fact") == VALUE) & (pl.col("enterprise_id") == enterprise))
        for column, bucket, count in rows.select("column", "bucket", "count").iter_rows():
            of_column = counts.setdefault(column, {})
            of_column[bucket] = of_column.get(bucket, 0) + count
    return counts


def population_stability(now: Mapping[str, int], before: Mapping[str, int]) -> float:
    """The population stability index Σ (p − q)·ln(p ÷ q) of two counted distributions, minus the effect of chance.

    ``now``, ``before``: counts by bucket, each with at least one value; buckets below 2 % in both count as one. Half a case is
    added to every bucket, so that an empty one counts without a division by zero. For samples of one population the index has
    the mean (buckets − 1)·(1/n + 1/m) (Yurdakul 2018, Statistical Properties of Population Stability Index); below that it
    is 0.
    """
    sizes = sum(now.values()), sum(before.values())
    rare = {
        bucket for bucket in {*now, *before} if max(now.get(bucket, 0) / sizes[0], before.get(bucket, 0) / sizes[1]) < _LEAST_SHARE
    }
    now, before = _merged(now, rare), _merged(before, rare)
    buckets = sorted({*now, *before})
    totals = sizes[0] + len(buckets) / 2, sizes[1] + len(buckets) / 2
    index = math.fsum(
        (p - q) * math.log(p / q)
        for p, q in (((now.get(bucket, 0) + 0.5) / totals[0], (before.get(bucket, 0) + 0.5) / totals[1]) for bucket in buckets)
    )
    return max(0.0, index - (len(buckets) - 1) * (1 / sizes[0] + 1 / sizes[1]))


def _merged(counts: Mapping[str, int], rare: set[str]) -> dict[str, int]:
    others = sum(count for bucket, count in counts.items() if bucket in rare)
    common = {bucket: count for bucket, count in counts.items() if bucket not in rare}
    return common | ({"": others} if others else {})


def _freshness(look: _Seen, enterprise: str, until: Mapping[str, dt.date]) -> Figure:
    found = look.now.filter((pl.col("fact") == LAST_DATED) & (pl.col("enterprise_id") == enterprise))["bucket"].to_list()
    days = [dt.date.fromisoformat(day) for day in found if day]
    if not days or enterprise not in until:
        return Figure(None)
    last = max(days)
    detail = f"最后一条记录 {last}"
    # Rare events may pause for weeks.
    is_comparable = look.rows(enterprise) >= _LEAST_EVENTS
    return Figure(float(max(0, (until[enterprise] - last).days)) if is_comparable else None, detail)
