"""Refused rows for people: their number by rule, and the rows themselves as delivered.

The lake's quarantine holds no personal data, so rows are read again from their original file, which must be the one that was
validated. The output is for correcting and delivering again; the caller decides who may see it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.extract.files import find_files
from pipeline.extract.readers.open_records import open_records
from pipeline.extract.readers.records import RECORD_FIELDS, Records
from pipeline.extract.snapshot import landing_fingerprint
from pipeline.lake.files import atomic_path, make_private
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from pipeline.lake.provenance import FINGERPRINT, validated_with
from pipeline.lake.spreadsheets import REASON_COLUMNS, csv_writer, neutralised
from pipeline.settings.sources import Format, SourceConfig
from schemas.contract import TABLES, Table

_COUNTS_SCHEMA = {"quarter": pl.String, "table": pl.String, "rule": pl.String, "column": pl.String, "rows": pl.Int64}


@dataclass(frozen=True)
class Exported:
    """One file of refused rows."""

    path: Path
    table: str
    origin_file: str
    rows: int
    has_header_of_its_own: bool
    """Whether ``sources.yaml`` reads the table's files without a header in the first line, which this file has."""


def refused_counts(lake: Lake, quarters: Sequence[Quarter] | None = None) -> pl.DataFrame:
    """quarter, table, rule, column and rows that break it, by quarter and table, the most frequent first.

    ``quarters``: None means all in the lake. Raises UsageError for a quarter that was not run, and where none was.
    """
    found = [
        _quarantined(path)
        .group_by("quarter", "table", "rule", "column")
        .agg(pl.col("_row_id").n_unique().cast(pl.Int64).alias("rows"))
        .select(pl.col(name).cast(kind) for name, kind in _COUNTS_SCHEMA.items())
        for _, path in _validated(lake, quarters)
    ]
    place = {name: number for number, name in enumerate(TABLES)}
    return pl.concat([pl.DataFrame(schema=_COUNTS_SCHEMA), *found]).sort(
        "quarter",
        pl.col("table").replace_strict(place, return_dtype=pl.Int64),
        pl.col("rows").neg(),
        "rule",
        "column",
        nulls_last=True,
    )


def refused_rows(lake: Lake, quarters: Sequence[Quarter] | None = None) -> int:
    """The number of refused rows; a row that breaks several rules counts once."""
    return sum(int(read_metadata(path).get("quarantined", 0)) for _, path in _quarantines(lake, quarters))


def export_refused(
    tables: Sequence[Table], quarter: Quarter, lake: Lake, landing: Path, sources: SourceConfig, folder: Path
) -> list[Exported]:
    """Write the refused rows of a quarter, one owner-only CSV file per file of origin; none if nothing was refused.

    The files have the source's own columns and ``REASON_COLUMNS``, with the delimiter and encoding of the table's
    configuration, else commas and UTF-8 with a byte order mark. A line that does not fit its header is in the first
    column as a whole. No cell is one that a spreadsheet runs; the reader of the corrected file undoes what that takes.

    Raises UsageError if the quarter was not run, if the landing folder no longer holds the validated files, and instead of
    replacing a file.
    """
    _validated(lake, [quarter])
    exported: list[Exported] = []
    for table in tables:
        quarantine = lake.partition("quarantine", table.name, quarter)
        if not quarantine.is_file():
            continue
        reasons = _reasons(quarantine)
        if reasons.is_empty():
            continue
        # A table refused as a whole was never accepted: its raw partition has the marks.
        marks = validated_with(table, quarter, lake) or read_metadata(lake.partition("raw", table.name, quarter))
        files = find_files(table.name, landing, sources)
        if marks.get(FINGERPRINT) != landing_fingerprint(table, landing, sources, lake):
            raise UsageError(
                f"{table.name} {quarter}: {landing} no longer holds the delivery whose rows were refused: "
                f"run `asq run {quarter}` and export again"
            )
        origins = tuple(reasons["origin_file"].unique())
        # A workbook of which several sheets are read is the origin of each of them.
        refused = [file for file in files if any(origin == file.name or origin.startswith(f"{file.name}#") for origin in origins)]
        records_of = {origin: (records, file.form) for file in refused for origin, records in open_records(file)}
        for (origin,), of_file in reasons.group_by("origin_file", maintain_order=True):
            # Rows written in sources.yaml itself are corrected there.
            if opened := records_of.get(str(origin)):
                records, form = opened
                # A second export of rows that came back corrected has these columns already.
                names = [name for name in records.schema.names if name not in REASON_COLUMNS]
                found = _records(records.batches(names), of_file, names)
                path = folder / table.name / f"{str(origin).replace('/', '__')}.{quarter.label}.csv"
                rows = _write(path, found, [*names, *REASON_COLUMNS], form, [_is_text(table, records, name) for name in names])
                exported.append(Exported(path, table.name, str(origin), rows, form.header_row != 1 or bool(form.names)))
    return exported


def refused_without_record(
    tables: Sequence[Table], quarter: Quarter, lake: Lake, exported: Sequence[Exported]
) -> dict[tuple[str, str], int]:
    """(table, origin) → refused rows that come of no delivered record: written in ``sources.yaml``, or made by its query."""
    found: dict[tuple[str, str], int] = {}
    for table in tables:
        quarantine = lake.partition("quarantine", table.name, quarter)
        written = {each.origin_file for each in exported if each.table == table.name}
        reasons = _reasons(quarantine) if quarantine.is_file() else pl.DataFrame(schema={"origin_file": pl.String})
        for origin, rows in reasons["origin_file"].value_counts(sort=True).iter_rows():
            if origin not in written:
                found[table.name, origin] = rows
    return found


def _validated(lake: Lake, quarters: Sequence[Quarter] | None) -> list[tuple[Quarter, Path]]:
    """``_quarantines``; raises UsageError for a quarter without any, because even a quarter without refused rows has them."""
    found = list(_quarantines(lake, quarters))
    missing = sorted(set(quarters or ()) - {quarter for quarter, _ in found})
    if missing:
        raise UsageError(f"{', '.join(each.label for each in missing)}: not run in this lake, so that nothing is known of its rows")
    if not found:
        raise UsageError(f"{lake.root}: no quarter was run in this lake, so that nothing is known of refused rows")
    return found


def _quarantined(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError):
        raise UsageError(f"{path}: cannot be read") from None


def _quarantines(lake: Lake, quarters: Sequence[Quarter] | None) -> Iterator[tuple[Quarter, Path]]:
    for name in TABLES:
        for quarter, path in lake.partitions("quarantine", name).items():
            if quarters is None or quarter in quarters:
                yield quarter, path


def _reasons(quarantine: Path) -> pl.DataFrame:
    """origin_file, origin_row and every broken rule in words, in file order; with the key of each of several rows of a record."""
    broken = pl.col("rule") + pl.when(pl.col("column").is_null()).then(pl.lit("")).otherwise(" on " + pl.col("column"))
    of_row = (
        _quarantined(quarantine)
        .group_by("origin_file", "origin_row", "_row_id", "row_key", maintain_order=True)
        .agg(broken.unique(maintain_order=True).str.join("; ").alias("reason"))
    )
    is_one_of_several = pl.len().over("origin_file", "origin_row") > 1
    named = pl.when(is_one_of_several).then(pl.concat_str(pl.col("row_key").fill_null("?"), pl.lit(": "), "reason"))
    return (
        of_row.with_columns(reason=named.otherwise("reason"))
        .group_by("origin_file", "origin_row", maintain_order=True)
        .agg(pl.col("reason").str.join("; "))
        .sort("origin_file", "origin_row")
    )


def _records(batches: Iterator[pa.RecordBatch], reasons: pl.DataFrame, names: Sequence[str]) -> Iterator[list[str | None]]:
    """The refused records of a file, as texts, each with its reason."""
    number, line = RECORD_FIELDS[0].name, RECORD_FIELDS[2].name
    wanted = dict(reasons.select("origin_row", "reason").iter_rows())
    origin = reasons["origin_file"][0]
    for batch in batches:
        frame = pl.DataFrame(pa.Table.from_batches([batch])).filter(pl.col(number).is_in(list(wanted)))
        texts = frame.select(number, line, *(_text(frame[name]).alias(f"={name}") for name in names))
        for row, raw, *cells in texts.iter_rows():
            if raw is not None:
                cells = [raw, *[None] * (len(names) - 1)]
            yield [*cells, origin, str(row), wanted[row]]


def _text(column: pl.Series) -> pl.Series:
    if column.dtype == pl.Datetime:
        return column.dt.to_string("iso:strict").str.replace("T", " ")
    return column.cast(pl.String)


def _is_text(table: Table, records: Records, name: str) -> bool | None:
    """Whether a column of a file is for texts; None where only ``sources.yaml`` could tell."""
    if not pa.types.is_string(records.schema.field(name).type):
        return False
    return next((column.type == "string" for column in table.columns if column.name == name), None)


def _write(path: Path, rows: Iterator[list[str | None]], header: list[str], form: Format, are_texts: list[bool | None]) -> int:
    make_private(path.parent)
    if path.exists():
        raise UsageError(f"{path} already exists and may hold corrections: choose another folder")
    written = 0
    with (
        atomic_path(path) as temporary,
        open(
            os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600),
            "w",
            encoding=form.encoding or "utf-8-sig",
            newline="",
        ) as handle,
    ):
        # Written like the table's files, so that the corrected file can be delivered with them.
        writer = csv_writer(handle, delimiter=form.delimiter or ",", quotechar=form.quote or '"')
        writer.writerow(map(neutralised, header))
        # The reasons hold names that others chose.
        are_texts = [*are_texts, *[True] * len(REASON_COLUMNS)]
        for row in rows:
            cells = zip(row, are_texts, strict=True)
            writer.writerow([None if cell is None else neutralised(cell, is_text=is_text) for cell, is_text in cells])
            written += 1
    return written
