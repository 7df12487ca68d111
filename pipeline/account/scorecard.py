"""The data-quality scorecard: completeness, validity, consistency, uniqueness and timeliness per table and enterprise.

Shares of delivered rows, counted from the output of the stages; whether a share is acceptable is decided in
``pipeline/accept``.
"""

from __future__ import annotations

import datetime as dt

import polars as pl

from pipeline.accept.figures import data_until, delivered_columns
from pipeline.accept.profile import LAST_DATED, MISSING, ROWS, profile
from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from pipeline.privacy.hiding_columns import hide_findings
from schemas.contract import TABLES, Table
from schemas.expectations.quality import COMPLETENESS, CONSISTENCY, DIMENSIONS, TIMELINESS, UNIQUENESS, VALIDITY, dimension_of

_Looks = list[tuple[Table, pl.DataFrame]]
SCORECARD, BY_RULE = "data_quality", "data_quality_rules"
_OF_ROWS = (COMPLETENESS, VALIDITY, CONSISTENCY, UNIQUENESS)
SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "quarter": pl.String,
        "table": pl.String,
        "extracted": pl.Int64,
        "accepted": pl.Int64,
        "quarantined": pl.Int64,
        **dict.fromkeys((*_OF_ROWS, TIMELINESS), pl.Float64),
        "filled_rate": pl.Float64,
        "last_record_on": pl.Date,
    }
)
"""Shares 0–1. ``completeness`` … ``uniqueness``: share of delivered rows that break no rule of the dimension.
``timeliness``: share of the days from the quarter's first to the enterprise's last record that the table's records reach, by the
date that puts them into the quarter (null: a register, or no record). ``filled_rate``: share of the cells of accepted rows in
delivered columns, including optional ones, that have a value."""


def write_scorecard(lake: Lake, quarter: Quarter, run: RunFolder) -> pl.DataFrame:
    """Write ``data_quality`` and ``data_quality_rules`` into the run's folder; returns the former.

    Reads the run's ``row_accounting_by_enterprise`` and ``quarantine``; leaves out rows whose enterprise cannot be read.
    """
    accounts = pl.read_parquet(run.table("row_accounting_by_enterprise")).filter(pl.col("quarter") == quarter.label)
    refused = pl.read_parquet(run.table("quarantine")).filter(
        (pl.col("quarter") == quarter.label) & pl.col("enterprise_id").is_not_null()
    )
    by_rule = rows_by_rule(refused, quarter)
    looks = [(table, look) for table in TABLES.values() if (look := profile(table, quarter, lake)) is not None]
    filled, last = _filled(looks, lake, quarter), _last_records(looks)
    scorecard = score(accounts, refused, filled, last, data_until(quarter, lake), quarter)
    for name, table in ((SCORECARD, scorecard), (BY_RULE, by_rule)):
        run.write(name, table)
    return scorecard


def rows_by_rule(refused: pl.DataFrame, quarter: Quarter) -> pl.DataFrame:
    """One row per enterprise × table × rule: the rule's dimension, and the number of delivered rows that break it."""
    return (
        refused.group_by("enterprise_id", "table", "rule")
        .agg(rows=pl.col("_row_id").n_unique().cast(pl.Int64))
        .with_columns(quarter=pl.lit(quarter.label), dimension=pl.col("rule").map_elements(dimension_of, return_dtype=pl.String))
        .select("enterprise_id", "quarter", "table", "dimension", "rule", "rows")
        .sort("enterprise_id", "table", "rule")
    )


def score(
    accounts: pl.DataFrame,
    refused: pl.DataFrame,
    filled: dict[tuple[str, str], float],
    last: dict[tuple[str, str], dt.date],
    until: dict[str, dt.date],
    quarter: Quarter,
) -> pl.DataFrame:
    """The scorecard (``SCHEMA``), tables in the contract's order.

    accounts   enterprise_id, table, extracted, accepted, quarantined
    refused    enterprise_id, table, rule, _row_id: one row per broken rule
    filled     (enterprise, table): share of filled cells
    last       (enterprise, table): day of the last record
    until      enterprise: the last day of the quarter with any record
    """
    broken = {
        (enterprise, table, dimension): rows
        for enterprise, table, dimension, rows in refused.with_columns(
            dimension=pl.col("rule").map_elements(dimension_of, return_dtype=pl.String)
        )
        .group_by("enterprise_id", "table", "dimension")
        .agg(pl.col("_row_id").n_unique())
        .iter_rows()
    }
    rows = []
    for account in accounts.iter_rows(named=True):
        enterprise, table, extracted = account["enterprise_id"], account["table"], account["extracted"]
        on = last.get((enterprise, table))
        rows.append(
            {
                "enterprise_id": enterprise,
                "quarter": quarter.label,
                "table": table,
                **{name: account[name] for name in ("extracted", "accepted", "quarantined")},
                **{name: 1 - broken.get((enterprise, table, name), 0) / extracted if extracted else None for name in _OF_ROWS},
                TIMELINESS: _timeliness(on, until.get(enterprise), quarter),
                "filled_rate": filled.get((enterprise, table)),
                "last_record_on": on,
            }
        )
    place = {name: number for number, name in enumerate(TABLES)}
    return pl.DataFrame(rows, schema=SCHEMA).sort("enterprise_id", pl.col("table").replace_strict(place, return_dtype=pl.Int64))


def _timeliness(last: dt.date | None, until: dt.date | None, quarter: Quarter) -> float | None:
    if last is None or until is None:
        return None
    reached = ((last - quarter.first_day).days + 1) / ((until - quarter.first_day).days + 1)
    return min(1.0, max(0.0, reached))


def _filled(looks: _Looks, lake: Lake, quarter: Quarter) -> dict[tuple[str, str], float]:
    shares = {}
    for table, look in looks:
        columns = delivered_columns(table, quarter, lake) & {column.name for column in table.columns}
        if not columns:
            continue
        missing = look.filter((pl.col("fact") == MISSING) & pl.col("column").is_in(sorted(columns)))
        for enterprise, rows in look.filter(pl.col("fact") == ROWS).select("enterprise_id", "count").iter_rows():
            if rows:
                empty = missing.filter(pl.col("enterprise_id") == enterprise)["count"].sum()
                shares[enterprise, table.name] = 1 - empty / (rows * len(columns))
    return shares


def _last_records(looks: _Looks) -> dict[tuple[str, str], dt.date]:
    return {
        (enterprise, table.name): dt.date.fromisoformat(day)
        for table, look in looks
        for enterprise, day in look.filter(pl.col("fact") == LAST_DATED).select("enterprise_id", "bucket").iter_rows()
        if day
    }


def trend(lake: Lake, quarter: Quarter, scorecard: pl.DataFrame, quarters: int = 8) -> pl.DataFrame:
    """Per quarter, oldest first: delivered rows and the share that passes each dimension, over all tables.

    At most ``quarters`` quarters including this one, the earlier ones as published; timeliness is the mean over tables.
    """
    earlier = [each for each in lake.published_quarters() if each < quarter][-(quarters - 1) :]
    files = [lake.current(each).resolve() / f"{SCORECARD}.parquet" for each in earlier]
    parts = [pl.read_parquet(file).select(SCHEMA.names()) for file in files if file.is_file()]
    rows = pl.col("extracted").sum()
    return (
        pl.concat([*parts, scorecard.select(SCHEMA.names())])
        .group_by("quarter")
        .agg(
            rows.alias("extracted"),
            pl.col("quarantined").sum(),
            *((pl.col(name) * pl.col("extracted")).sum().truediv(rows).alias(name) for name in _OF_ROWS),
            pl.col(TIMELINESS).mean(),
        )
        .sort("quarter")
    )


def plot(shares: pl.DataFrame) -> str:
    """An SVG of the trend: one line per dimension, labelled with its last value, from 90 % (or the minimum) to 100 %."""
    names = list(DIMENSIONS)
    quarters = shares["quarter"].to_list()
    lowest = min([0.9, *(value for name in names for value in shares[name].drop_nulls())])
    width, height, left, top = 640, 260, 50, 16
    step = (width - left - 150) / max(1, len(quarters) - 1)

    def y(value: float) -> float:
        return top + (1 - value) / (1 - lowest) * (height - 60) if lowest < 1 else top

    colours = ("#1a4f8b", "#b3261e", "#217a3c", "#946200", "#5b3f8c")
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#fff"/>',
    ]
    for share in (lowest, (1 + lowest) / 2, 1.0):
        parts.append(f'<path d="M{left} {y(share):.1f}H{width - 140}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 6}" y="{y(share) + 4:.1f}" text-anchor="end">{share:.1%}</text>')
    for place, quarter in enumerate(quarters):
        parts.append(f'<text x="{left + place * step:.1f}" y="{height - 10}" text-anchor="middle">{quarter}</text>')
    ends: list[float] = []
    for colour, name in zip(colours, names, strict=True):
        points = [(left + place * step, y(value)) for place, value in enumerate(shares[name]) if value is not None]
        if not points:
            continue
        line = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        parts.append(f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{px:.1f}" cy="{py:.1f}" r="3" fill="{colour}"/>' for px, py in points]
        label = points[-1][1] + 4
        while any(abs(label - other) < 13 for other in ends):
            label += 13
        ends.append(label)
        value = shares[name].drop_nulls()[-1]
        parts.append(f'<text x="{width - 132}" y="{label:.1f}" fill="{colour}">{DIMENSIONS[name]} {value:.2%}</text>')
    return "".join([*parts, "</svg>"])


def markdown(table: pl.DataFrame) -> str:
    """A frame as a Markdown table; shares in percent. Ids that are personal data are not spelled out: Dagster keeps it."""
    table = table.with_columns(hide_findings(table[name]).alias(name) for name, kind in table.schema.items() if kind == pl.String)

    def cell(value: object) -> str:
        if value is None:
            return "—"
        return f"{value:.2%}" if isinstance(value, float) else str(value)

    lines = [table.columns, ["---"] * table.width, *([cell(value) for value in row] for row in table.iter_rows())]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
