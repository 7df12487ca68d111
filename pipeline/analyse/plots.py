"""Pictures of the analyses for Dagster's pages: of each table the chart that tells most of it, for those who operate the runs.

The page shows an image in Markdown only as a data URI; as SVG in an image it can neither run a script nor load anything. Drawn only
where the run is recorded: of an unrecorded one nobody sees the metadata. No member with fewer than 30 cases is in a picture, and no
person.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
import polars as pl

from pipeline.charts import drawing
from pipeline.charts.funnel import Member, funnel
from pipeline.charts.heatmap import SEQUENTIAL, Cell, Shade, heatmap
from pipeline.charts.ranked import Member as Ranked
from pipeline.charts.ranked import ranked
from pipeline.charts.trend import Panel, Point, panels
from pipeline.charts.waterfall import Step, waterfall
from schemas.expectations.privacy import PERSON_SCOPE

PLOT = "plot"
_MOST_STEPS, _MOST_ROWS, _MOST_PANELS = 10, 15, 6
_FLAGS = ("above", "below")
Specification = dict[str, Any]


def plot_metadata(instance: dg.DagsterInstance, quarter: str, *tables: Path) -> dict[str, dg.MarkdownMetadataValue]:
    """The picture of the first of ``tables``, the others being what it is made from too; nothing in a run that is not recorded."""
    if instance.is_ephemeral:
        return {}
    specification = plot_of(quarter, *tables)
    if specification is None:
        return {}
    encoded = base64.b64encode(drawing.svg(specification).encode()).decode()
    alternative = str(specification["description"]).translate({ord(mark): " " for mark in "[]()\n"})
    return {PLOT: dg.MetadataValue.md(f"![{alternative}](data:image/svg+xml;base64,{encoded})")}


def plot_of(quarter: str, *tables: Path) -> Specification | None:
    """The chart of a table by its name; of one without a chart of its own, how many rows have which finding or status."""
    first, *others = (pl.read_parquet(table) for table in tables)
    make = _CHARTS.get(tables[0].stem)
    found = None if make is None or first.is_empty() else make(quarter, first, *others)
    return found or _outcomes(tables[0].stem, first)


def _score_changes(quarter: str, changes: pl.DataFrame, parts: pl.DataFrame) -> Specification | None:
    """The change of the total of the enterprise whose changed most."""
    of_total = changes.filter(pl.col("change").is_not_null(), level="total", against="previous", period=quarter)
    if of_total.is_empty():
        return None
    row = of_total.sort(pl.col("change").abs(), "enterprise_id", descending=[True, False]).row(0, named=True)
    own = parts.filter(enterprise_id=row["enterprise_id"], period=quarter, against="previous", node_id=row["node_id"]).sort(
        pl.col("change_points").abs(), "indicator_id", descending=[True, False]
    )
    steps = [_total(row["compared_period"], row["score_before"])]
    at = row["score_before"]
    for name, points in own.head(_MOST_STEPS).select("indicator_id", "change_points").iter_rows():
        steps.append(_step(name, at, points))
        at += points
    rest = own["change_points"].slice(_MOST_STEPS)
    if len(rest):
        steps.append(_step(f"{len(rest)} others", at, float(rest.sum())))
    steps.append(_total(quarter, row["score"]))
    described = f"{row['enterprise_id']}: {row['score_before']:.2f} in {row['compared_period']}, {row['score']:.2f} in {quarter}"
    return waterfall(steps, described, axis=f"Total of {row['enterprise_id']}", names={"good": "gain", "bad": "loss"})


def _total(period: str, score: float) -> Step:
    return Step(f"total {period}", score, score, f"{score:.2f}", f"total {period}: {score:.2f}")


def _step(name: str, start: float, points: float) -> Step:
    return Step(name, start, start + points, f"{points:+.2f}", f"{name}: {points:+.2f}")


def _trends(quarter: str, rows: pl.DataFrame) -> Specification | None:
    """The totals of all enterprises, or of the first few, over eight quarters."""
    totals = rows.filter(level="total", period=quarter)
    drawn = []
    for enterprise in totals["enterprise_id"].unique().sort().head(_MOST_PANELS):
        line = totals.filter(enterprise_id=enterprise).sort("quarter")
        if line["score"].count():
            drawn.append(Panel(enterprise, tuple(_point(row) for row in line.iter_rows(named=True))))
    described = f"totals of {', '.join(panel.name for panel in drawn)} over eight quarters with 95 % ranges"
    return panels(drawn, described, highest=100.0) if drawn else None


def _point(row: Mapping[str, Any]) -> Point:
    score = row["score"]
    label = f"{row['quarter']}: {'—' if score is None else format(score, '.2f')}"
    return Point(row["quarter"], score, row["score_low"], row["score_high"], label, None, bool(row["is_provisional"]))


def _robustness(quarter: str, rows: pl.DataFrame) -> Specification | None:
    """The ranges of the totals."""
    totals = rows.filter(pl.col("score").is_not_null(), level="total", period=quarter).sort("enterprise_id", "source")
    return _ranked(
        [
            (f"{row['enterprise_id']} · {row['source']}", row["score"], row["score_low"], row["score_high"])
            for row in totals.head(_MOST_ROWS).iter_rows(named=True)
        ],
        "Total, with its range over draws",
    )


def _sensitivity(quarter: str, rows: pl.DataFrame) -> Specification | None:
    """What makes the variance of the total of the enterprise whose varies most."""
    known = rows.filter(pl.col("total_order").is_not_null(), period=quarter)
    if known.is_empty():
        return None
    enterprise = known.sort("score_variance", "enterprise_id", descending=[True, False])["enterprise_id"][0]
    own = known.filter(enterprise_id=enterprise).sort("total_order", "source", descending=[True, False])
    return _ranked(
        [
            (f"{row['source_kind']} · {row['source']}", row["total_order"], row["total_order_low"], row["total_order_high"])
            for row in own.head(_MOST_ROWS).iter_rows(named=True)
        ],
        f"Share of the variance of the total of {enterprise} (total order)",
    )


def _correlation(quarter: str, rows: pl.DataFrame) -> Specification | None:
    """The correlations that are firm enough to be given, the strongest first."""
    known = rows.filter(pl.col("estimate").is_not_null(), pl.col("ci_low").is_not_null(), period=quarter)
    order = known.sort(pl.col("estimate").abs(), "enterprise_id", "x_measure", "y_measure", descending=[True, False, False, False])
    return _ranked(
        [(_pair(row), row["estimate"], row["ci_low"], row["ci_high"]) for row in order.head(_MOST_ROWS).iter_rows(named=True)],
        "Correlation with 95 % interval",
    )


def _pair(row: Mapping[str, Any]) -> str:
    whose = row["enterprise_id"] or "all"
    return f"{whose} {row['level']}: {row['x_measure']} × {row['y_measure']}, n={row['n']} {row['method']}"


def _ranked(members: list[tuple[str, float, float | None, float | None]], axis: str) -> Specification | None:
    if not members:
        return None
    drawn = [Ranked(name, value, low, high, "plain", f"{value:.3g}", f"{name}: {value:.4g}") for name, value, low, high in members]
    return ranked(drawn, axis, axis=axis, names={"plain": "estimate"})


def _league(quarter: str, rows: pl.DataFrame, values: pl.DataFrame) -> Specification | None:
    """The funnel of the indicator and dimension in which most members are outside the limits."""
    split = ["enterprise_id", "indicator_id", "dimension"]
    limited = rows.filter(
        pl.col("limit_low_95").is_not_null(),
        pl.col("dimension") != PERSON_SCOPE,
        pl.col("difference").is_not_null(),
        period=quarter,
    )
    if limited.is_empty():
        return None
    most = limited.group_by(split).agg(outside=pl.col("flag").is_in(_FLAGS).sum(), members=pl.len())
    enterprise, indicator, dimension = most.sort("outside", "members", *split, descending=[True, True, False, False, False]).row(0)[
        :3
    ]
    own = limited.filter(enterprise_id=enterprise, indicator_id=indicator, dimension=dimension)
    whole = values.filter(enterprise_id=enterprise, indicator_id=indicator, scope_type="enterprise", period=quarter)
    target = float(whole["value"].item())
    members = [
        Member(
            row["member"], row["n"], row["value"], row["limit_low_95"], row["limit_high_95"], row["limit_low_998"],
            row["limit_high_998"], "bad" if row["flag"] in _FLAGS else "open", row["flag"] in _FLAGS,
            f"{row['member']}: {row['value']:.4g}, n = {row['n']:g}, {row['flag']}",
        )
        for row in own.iter_rows(named=True)
    ]  # fmt: skip
    outside = sum(member.is_named for member in members)
    return funnel(
        members,
        target,
        f"{enterprise} {indicator} by {dimension}: {outside} of {len(members)} outside the 99.8 % limits",
        axis=f"{enterprise} {indicator} by {dimension}",
        size_axis="cases",
        names={"bad": "outside", "open": "within"},
        line_names=("middle", "95 %", "99.8 %"),
    )


def _outcomes(name: str, rows: pl.DataFrame) -> Specification | None:
    """Rows by enterprise and what became of them."""
    column = next((each for each in ("finding", "status") if each in rows.columns), None)
    if column is None or rows.is_empty():
        return None
    by = "enterprise_id" if "enterprise_id" in rows.columns else "quarter"
    counts = rows.group_by(pl.col(by).fill_null("all"), pl.col(column).fill_null("none")).len().sort(by, column)
    lines, columns = (counts[each].unique().sort().to_list() for each in (by, column))
    most = int(counts["len"].max())  # type: ignore[arg-type]
    size = max(-(-most // len(SEQUENTIAL)), 1)
    shades = [Shade(f"up to {size * (place + 1):,}", colour) for place, colour in enumerate(SEQUENTIAL)]
    cells = [
        Cell(line, kind, shades[(number - 1) // size].name, f"{number:,}", f"{line} {kind}: {number:,} rows")
        for line, kind, number in counts.iter_rows()
    ]
    return heatmap(cells, lines, columns, shades, f"{name}: rows by {column}", width=150)


_CHARTS: Mapping[str, Callable[..., Specification | None]] = {
    "score_changes": _score_changes,
    "analysis_trends": _trends,
    "analysis_robustness": _robustness,
    "analysis_sensitivity": _sensitivity,
    "analysis_correlation": _correlation,
    "analysis_league": _league,
}
