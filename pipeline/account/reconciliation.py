"""Reconciles delivered with counted records, step by step and exactly: the table ``row_reconciliation``.

Stocks are counted at their source (reader, Parquet files, marts), flows in the log; if a stock is not the previous one plus
the flows between, the run stops. Nothing is adjusted to make them agree.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl
import pyarrow.parquet as pq

from pipeline.account.cleaning_log import landed_files
from pipeline.calendar.quarters import Quarter
from pipeline.errors import AsqError
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from pipeline.lake.run_folder import RunFolder
from schemas.contract import TABLES

SCHEMA = {
    "table": pl.String,
    "quarter": pl.String,
    "place": pl.Int64,
    "step": pl.String,
    "rule": pl.String,
    "rows": pl.Int64,
    "is_stock": pl.Boolean,
}
_JUDGEMENTS = "expert_judgements"


class RowsUnreconciled(AsqError):
    """The log does not explain the difference in rows between two stages."""


@dataclass(frozen=True)
class Step:
    """A stock (how many rows there are at a stage), or a flow (how many join or leave, below zero) between two of them."""

    name: str
    rows: int
    is_stock: bool
    rule: str | None = None


def write_reconciliation(lake: Lake, quarter: Quarter, run: RunFolder, log: pl.DataFrame) -> dict[str, tuple[Step, ...]]:
    """Write every table's steps into the run's folder; returns them. Check them with ``require_reconciled``.

    ``log``: what ``write_cleaning_log`` returned.
    """
    counted = (
        pl.read_parquet(run.table("mart_counted_rows"))
        .filter(pl.col("quarter") == quarter.label)
        .group_by("table_name")
        .agg(pl.col("row_count").sum())
    )
    in_marts = dict(counted.iter_rows())
    steps = {
        name: tuple(_steps(lake, name, quarter, log.filter(pl.col("table") == name), int(in_marts.get(name, 0)))) for name in TABLES
    }
    rows = [
        (name, quarter.label, place, step.name, step.rule, step.rows, step.is_stock)
        for name, of_table in steps.items()
        for place, step in enumerate(of_table, start=1)
    ]
    run.write("row_reconciliation", pl.DataFrame(rows, schema=SCHEMA, orient="row"))
    return steps


def gaps(steps: tuple[Step, ...]) -> list[str]:
    """The differences in a table's steps, in words; empty if all add up."""
    found = []
    stock, balance = None, 0
    for step in steps:
        if not step.is_stock:
            balance += step.rows
            continue
        if stock is not None and stock.rows + balance != step.rows:
            found.append(f"{stock.rows} rows {stock.name} and {balance:+d} between are not {step.rows} rows {step.name}")
        stock, balance = step, 0
    return found


def require_reconciled(quarter: Quarter, steps: dict[str, tuple[Step, ...]]) -> None:
    """Raise RowsUnreconciled with all differences."""
    wrong = [f"{name} {quarter}: {gap}" for name, of_table in steps.items() for gap in gaps(of_table)]
    if wrong:
        raise RowsUnreconciled("; ".join(wrong))


def _steps(lake: Lake, name: str, quarter: Quarter, log: pl.DataFrame, counted: int) -> Iterator[Step]:
    yield from _landing_steps(lake, name, quarter)
    yield Step("extracted", _rows(lake, "raw", name, quarter), True)
    yield from _flows(log, "validate", ("refused", "deduplicated"), "refused")
    yield Step("accepted", _rows(lake, "accepted", name, quarter), True)
    yield Step("clean", _rows(lake, "clean", name, quarter), True)
    # Judgements are not read by the dbt project: the evaluate stage turns them into weights.
    step, counted = ("evaluate", _compared(lake, quarter)) if name == _JUDGEMENTS else ("marts", counted)
    yield from _flows(log, step, ("out_of_scope", "excluded"), "not counted")
    yield Step("counted", counted, True)


def _landing_steps(lake: Lake, name: str, quarter: Quarter) -> Iterator[Step]:
    """Steps of the whole delivery that the quarter was cut from; none if the raw partition does not record it."""
    files = landed_files(lake, name, quarter)
    if files is None:
        return
    marks = read_metadata(lake.partition("raw", name, quarter))
    delivered = sum(counts["records"] for counts in files.values())
    yield Step("delivered", delivered, True)
    taken = sum(counts.get("prepared", counts["records"]) for counts in files.values())
    if any("prepared" in counts for counts in files.values()):
        yield Step("made by the query", taken - delivered, False, "sources.yaml: prepare")
    for rule in ("where", "latest_by"):
        left_out = sum(counts["left_out"][rule] for counts in files.values())
        if left_out:
            yield Step("left out", -left_out, False, f"sources.yaml: {rule}")
    kept = taken - sum(counts["left_out"][rule] for counts in files.values() for rule in ("where", "latest_by"))
    rows = sum(counts["rows"] for counts in files.values())
    empty = sum(counts["left_out"]["unpivot"] for counts in files.values())
    if rows + empty != kept:
        yield Step("made of wide records", rows + empty - kept, False, "sources.yaml: unpivot")
    if empty:
        yield Step("left out", -empty, False, "sources.yaml: unpivot, entries without a value")
    # Rows of purged quarters are not extracted again (D-63).
    if rows > int(marks["rows"]):
        yield Step("left out", int(marks["rows"]) - rows, False, "of purged quarters")
    yield Step("read", int(marks["rows"]), True)
    by_quarter: dict[str, int] = json.loads(marks["rows_by_quarter"])
    ran = {each.label for each in lake.published_quarters()}
    for rule, is_one in (("run", ran.__contains__), ("never run", lambda label: label not in ran)):
        others = sum(count for label, count in by_quarter.items() if label != quarter.label and is_one(label))
        if others:
            yield Step("of other quarters", -others, False, rule)


def _flows(log: pl.DataFrame, step: str, actions: tuple[str, ...], called: str) -> Iterator[Step]:
    found = log.filter(pl.col("step") == step, pl.col("action").is_in(actions)).group_by("rule").agg(pl.col("rows").sum())
    for rule, rows in found.sort("rule").iter_rows():
        if rows:
            yield Step(called, -rows, False, rule)


def _compared(lake: Lake, quarter: Quarter) -> int:
    """The judgements that compare two items."""
    path = lake.partition("clean", _JUDGEMENTS, quarter)
    if not path.is_file():
        return 0
    return int(pl.scan_parquet(path).filter(pl.col("left_item") != pl.col("right_item")).select(pl.len()).collect().item())


def _rows(lake: Lake, stage: str, name: str, quarter: Quarter) -> int:
    path = lake.partition(stage, name, quarter)
    return int(pq.read_metadata(path).num_rows) if path.is_file() else 0
