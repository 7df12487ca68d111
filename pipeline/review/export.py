"""Exports outliers for reviewers: counts by measure, and the review file of a published quarter.

A line shows the recorded values of its measure's columns, read again from the clean zone, which holds no personal data.
Reading a filled-in file belongs to ``settings/outlier_review.py``.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.lake.database import connected
from pipeline.lake.files import private_path
from pipeline.lake.layout import Lake
from pipeline.lake.row_key import row_key_expression
from pipeline.lake.spreadsheets import csv_writer, neutralised, restored
from pipeline.lake.sql import parquet, quoted
from pipeline.settings.outlier_review import REVIEW_COLUMNS, Review, recorded_text
from schemas.contract import TABLES
from schemas.expectations.outliers import MEASURES

_COUNT_SCHEMA = {
    "quarter": pl.String,
    "enterprise_id": pl.String,
    "table": pl.String,
    "measure": pl.String,
    **dict.fromkeys(("n", "flagged_z", "flagged_z_log", "flagged_z_mad", "to_review", "reviewed", "excluded"), pl.Int64),
}
_LINE = tuple[str, ...]
_NUMBERS = frozenset(("value", "n", "mean", "sd", "z", "z_log", "z_mad", "corrected_value"))


@dataclass(frozen=True)
class Exported:
    """Lines of a review file by kind: without a decision, with one, of other quarters."""

    open: int
    decided: int
    kept: int


def outlier_counts(lake: Lake, quarters: Sequence[Quarter] | None = None) -> pl.DataFrame:
    """Per quarter, enterprise and measure: values, points flagged by each method, to be reviewed, reviewed, excluded.

    ``quarters``: None means all published ones. Raises UsageError for a quarter that is not published.
    """
    # Quarters published by an earlier version have no outliers.
    chosen = [
        quarter
        for quarter in (lake.published_quarters() if quarters is None else quarters)
        if quarters is not None or (lake.analyst(quarter) / "outlier_groups.parquet").is_file()
    ]
    frames = [_published(lake, quarter, "outlier_groups") for quarter in chosen]
    figures = [name for name, dtype in _COUNT_SCHEMA.items() if dtype == pl.Int64]
    places = {name: place for place, name in enumerate(MEASURES)}
    return (
        pl.concat([pl.DataFrame(schema=_COUNT_SCHEMA), *(frame.select(list(_COUNT_SCHEMA)) for frame in frames)])
        .group_by("quarter", "enterprise_id", "table", "measure")
        .agg(pl.col(name).sum() for name in figures)
        .sort("quarter", "enterprise_id", pl.col("measure").replace_strict(places, default=len(places)))
    )


def export_review(lake: Lake, quarter: Quarter, out: Path) -> Exported:
    """Write the review file of a published quarter: decided points with their decision, then the others, farthest first.

    Lines of other quarters in ``out`` are kept, and so are this quarter's decisions that no run has applied yet. Raises
    UsageError if the quarter is not published, or ``out`` exists and is not a review file or cannot be written.
    """
    points = _published(lake, quarter, "outliers").filter(pl.col("quarter") == quarter.label)
    decisions = _published(lake, quarter, "outlier_decisions").filter(pl.col("quarter") == quarter.label)
    told = {(row["quarter"], row["table"], row["row_key"], row["measure"]): row for row in decisions.iter_rows(named=True)}
    present = _lines_of(out) if out.exists() else []
    kept = [line for line in present if line["quarter"] != quarter.label]
    here = {
        (line["quarter"], line["table"], line["row_key"], line["measure"]): line
        for line in present
        if line["quarter"] == quarter.label and line["decision"]
    }
    lines = []
    recorded = _recorded(points, quarter, lake)
    for row in points.iter_rows(named=True):
        key = row["quarter"], row["table"], row["row_key"], row["measure"]
        if key in here:
            lines.append(here.pop(key))
            continue
        decision = told.get(key, {})
        cells = {name: row.get(name) for name in REVIEW_COLUMNS} | {
            "unit": MEASURES[row["measure"]].unit,
            "recorded": recorded[row["table"], row["measure"], row["row_key"]],
            # A record excluded for one of its points is excluded for all of them.
            **{name: decision.get(name) for name in ("column", "corrected_value")},
        }
        lines.append({name: "" if cells[name] is None else str(cells[name]) for name in REVIEW_COLUMNS})
    # Decisions about points that are no longer flagged: the reviewer may want to withdraw them.
    lines = [*here.values(), *sorted(lines, key=lambda line: not line["decision"])]
    _write(out, [*kept, *lines])
    decided = sum(bool(line["decision"]) for line in lines)
    return Exported(open=len(lines) - decided, decided=decided, kept=len(kept))


def _published(lake: Lake, quarter: Quarter, table: str) -> pl.DataFrame:
    path = lake.analyst(quarter) / f"{table}.parquet"
    if not path.is_file():
        raise UsageError(f"{quarter} has no published outliers in this lake: run `asq run {quarter}` first")
    return pl.read_parquet(path)


def _recorded(points: pl.DataFrame, quarter: Quarter, lake: Lake) -> dict[tuple[str, str, str], str]:
    """The recorded values of the measure's columns, by table, measure and row key."""
    found: dict[tuple[str, str, str], str] = {}
    for (table, measure), rows in points.group_by("table", "measure", maintain_order=True):
        columns = MEASURES[str(measure)].columns
        path = lake.partition("clean", str(table), quarter)
        if not path.is_file():
            raise UsageError(f"{path}: the records of {quarter} are gone: run `asq run {quarter}` again")
        with connected(lake.scratch) as connection:
            connection.register("wanted", rows.select("row_key").unique().to_arrow())
            texts = ", ".join(f"cast(rows.{quoted(name)} as varchar)" for name in columns)
            for key, *values in connection.execute(
                f"select {row_key_expression(TABLES[str(table)])} as row_key, {texts} "
                f"from {parquet(path)} as rows "
                f"where {row_key_expression(TABLES[str(table)])} in (select row_key from wanted)"
            ).fetchall():
                found[str(table), str(measure), key] = recorded_text(dict(zip(columns, values, strict=True)))
    return found


def _lines_of(file: Path) -> list[dict[str, str]]:
    """The lines of a review file unchanged; raises UsageError if it is not one or a decision in it is not valid."""
    Review.read(file)
    with file.open(encoding="utf-8-sig", newline="") as handle:
        return [
            {name.strip(): restored(text or "").strip() for name, text in line.items()}
            for line in csv.DictReader(handle)
            if any((text or "").strip() for text in line.values())
        ]


def _write(out: Path, lines: list[dict[str, str]]) -> None:
    def cells() -> Iterator[_LINE]:
        yield REVIEW_COLUMNS
        yield from (tuple(neutralised(line[name], is_text=name not in _NUMBERS) for name in REVIEW_COLUMNS) for line in lines)

    try:
        with (
            private_path(out.absolute()) as temporary,
            # Spreadsheets recognise UTF-8 only by its byte order mark.
            temporary.open("w", encoding="utf-8-sig", newline="") as handle,
        ):
            csv_writer(handle).writerows(cells())
    except OSError as error:
        raise UsageError(f"{out}: cannot be written to: {error.strerror}") from None
