"""Writes a sample to disk: landing files and the expected results.

Nothing is drawn here. The command line calls ``write_sample``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.sample.defects import SampleDelivery, answers_sent_again, plant
from pipeline.sample.generate import PLANTED, Block, Sample, generate, generate_blocks, quarter_start, sampled_profiles, whole
from pipeline.sample.plants import truth_of_plants
from pipeline.sample.tables import SAMPLED
from pipeline.sample.truth import true_values
from pipeline.sample.truth.surveys import true_surveys
from pipeline.sample.writer import Append, file_name, is_text, landing_file, remove_tables, write_table
from schemas.contract import TABLES, Table

TRUTH_FOLDER = "_truth"
NOTE = "README.md"
_TITLE = "# Sample landing data"
TRUTH_UP_TO = 200_000
"""Largest number of requests over all quarters for which the truth is counted by default: plain Python is slow."""

DEFECTS_SCHEMA = pl.Schema(
    {
        "table": pl.String,
        "quarter": pl.String,
        "origin_file": pl.String,
        "origin_row": pl.Int64,
        "rule": pl.String,
        "column": pl.String,
    }
)


@dataclass(frozen=True)
class SampleTruth:
    """The expected results of a sample, also written to ``<folder>/_truth``.

    ``indicators``: enterprise_id, quarter, indicator_id, numerator, denominator, value, n (see ``truth``; None if not counted).
    ``defects``: one row per planted fault and quarter whose partition contains it, as in quarantine. ``rows``: extracted,
    accepted and quarantined rows per table and quarter. ``surveys``: accepted and doubtful responses of each satisfaction
    round (None if the indicators were not counted).
    """

    folder: Path
    indicators: pl.DataFrame | None
    defects: pl.DataFrame
    rows: pl.DataFrame
    surveys: pl.DataFrame | None


def write_sample(
    folder: Path,
    quarters: Sequence[Quarter],
    requests: int,
    seed: int,
    enterprises: int = 3,
    file_format: str = "csv",
    defects: bool = True,
    truth: bool | None = None,
    plants: bool = True,
) -> SampleTruth:
    """Write landing files of every table into a folder: ``requests`` per quarter; same arguments, same bytes.

    ``file_format``: csv (one table each as GB18030, gzip, Parquet, folder of quarters; the others UTF-8 CSV) or parquet.
    ``plants``: with effects that analyses must find (written to ``_truth/plants.json``), or without any.
    ``truth``: whether to count the 68 values; by default up to 200,000 requests. Without truth and defects the rows are
    written as they are drawn: 10 million requests of one quarter take 2 GiB of memory. Files of an earlier sample in the
    folder are replaced. Raises UsageError for invalid arguments, and for a folder with tables that no sample wrote.
    """
    if file_format not in ("csv", "parquet"):
        raise UsageError(f"'{file_format}' is not a format of sample files: use csv or parquet")
    blocks = generate_blocks(quarters, requests, seed, enterprises, plants)
    _prepare(folder)
    if truth is None:
        truth = requests * len(quarters) <= TRUTH_UP_TO
    if defects or truth:
        written = _write_tables(folder, whole(blocks, quarters), seed, file_format, defects, truth)
    else:
        written = _write_blocks(folder, blocks, quarters, file_format)
    _write_truth(written, quarters, requests, seed, truth_of_plants(sampled_profiles(quarters, enterprises, plants), quarters))
    return written


def _write_tables(folder: Path, sample: Sample, seed: int, file_format: str, defects: bool, truth: bool) -> SampleTruth:
    """Write table by table: faults are planted into, and the truth is counted from, whole tables."""
    quarters = sample.clock.quarters
    accepted: dict[str, pl.DataFrame] = {}
    faults, rows = [], []
    again = pl.DataFrame()
    dated: dict[str, pl.DataFrame] = {}
    for name in sorted(SAMPLED, key=lambda table: table == "survey_answers"):
        # Each table is released once written, unless the truth is counted from it.
        clean = sample.tables.pop(name)
        if name == "survey_answers" and not again.is_empty():
            clean = pl.concat([clean, again])
        text = is_text(name, file_format)
        delivery = plant(SAMPLED[name], clean, quarters, seed, text) if defects else SampleDelivery(clean)
        if name == "survey_responses":
            again = answers_sent_again(delivery, sample.tables["survey_answers"])
        origins = write_table(folder, SAMPLED[name], delivery, quarters, file_format)
        dated[name] = _dated(SAMPLED[name], delivery, dated)
        of_quarters = _quarters_of(dated[name], quarters)
        faults.append(_defects(SAMPLED[name], delivery, origins, of_quarters))
        rows.append(_row_counts(SAMPLED[name], delivery, of_quarters, quarters))
        if truth:
            accepted[name] = clean
    values = true_values(accepted, quarters) if truth else None
    surveys = true_surveys(accepted) if truth else None
    return SampleTruth(folder, values, _by_table(pl.concat(faults)), _by_table(pl.concat(rows)), surveys)


def _write_blocks(folder: Path, blocks: Iterable[Block], quarters: Sequence[Quarter], file_format: str) -> SampleTruth:
    """Write the blocks as they are drawn; nothing is refused and no value is counted."""
    counts: Counter[tuple[str, str]] = Counter()
    with ExitStack() as opened:
        files: dict[str, Append] = {}
        for block in blocks:
            if block.table == PLANTED:
                continue
            name = file_name(block.table, block.quarter, file_format)
            if name not in files:
                files[name] = opened.enter_context(landing_file(folder / name, SAMPLED[block.table]))
            files[name](SampleDelivery(block.frame))
            for quarter in [block.quarter] if block.quarter else quarters:
                counts[block.table, quarter.label] += block.frame.height
    rows = pl.DataFrame(
        [(table, quarter.label, counts[table, quarter.label]) for table in SAMPLED for quarter in quarters],
        schema={"table": pl.String, "quarter": pl.String, "extracted": pl.Int64},
        orient="row",
    ).with_columns(accepted=pl.col("extracted"), quarantined=pl.lit(0, pl.Int64))
    return SampleTruth(folder, None, pl.DataFrame(schema=DEFECTS_SCHEMA), rows, None)


def planted_personal_data(
    quarters: Sequence[Quarter], requests: int, seed: int, enterprises: int = 3, plants: bool = True
) -> pl.DataFrame:
    """All personal data of the sample with these arguments: table, column, row_key, kind, value.

    Drawn again, never written to disk. ``row_key`` is enterprise_id|id; ``kind`` is the pii class of a whole cell, or of the
    value planted in free text (phone, phone_spoken, id_number, bank_card, plate, email, address, name); ``value`` is as
    written in the text.
    """
    sample = generate(quarters, requests, seed, enterprises, plants)
    cells = [
        frame.filter(pl.col(column.name).is_not_null()).select(
            table=pl.lit(table.name),
            column=pl.lit(column.name),
            row_key=pl.concat_str(table.key, separator="|"),
            kind=pl.lit(column.pii),
            value=pl.col(column.name),
        )
        for table in SAMPLED.values()
        for column in table.columns
        for frame in (sample.tables[table.name],)
        if column.pii and column.pii != "free_text"
    ]
    return pl.concat([*cells, sample.planted.select("table", "column", "row_key", "kind", "value")])


def _prepare(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / NOTE
    is_ours = note.is_file() and note.read_text(encoding="utf-8").startswith(_TITLE)
    if is_ours:
        remove_tables(folder, list(SAMPLED))
        return
    foreign = sorted(path.name for path in folder.iterdir() if path.name.split(".")[0] in TABLES)
    if foreign or note.exists():
        raise UsageError(f"{folder} holds {', '.join(foreign) or NOTE}, which no sample wrote: choose another folder")


def _dated(table: Table, delivery: SampleDelivery, dated: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The keys of every delivered row and the first day of its quarter (null in a register).

    A row with an unreadable date, or without a parent, comes after a row of its quarter.
    """
    keys = delivery.frame.select(table.key)
    parent = table.dated_by_parent
    if parent is not None:
        first = dated[parent.table].unique(parent.by, keep="first", maintain_order=True).select(*parent.by, "start")
        starts = keys.join(first, on=parent.by, how="left", maintain_order="left")["start"]
    else:
        start = quarter_start(table.name)
        if start is None:
            return keys.with_columns(start=pl.lit(None, pl.Date))
        starts = delivery.frame.select(start=start)["start"]
    return keys.with_columns(starts.forward_fill())


def _quarters_of(dated: pl.DataFrame, quarters: Sequence[Quarter]) -> pl.DataFrame:
    """quarter, position: every delivered row in each quarter whose partition contains it."""
    labels = pl.DataFrame(
        {"start": [quarter.first_day for quarter in quarters], "quarter": [quarter.label for quarter in quarters]}
    )
    positions = dated.select("start").with_row_index("position").cast({"position": pl.Int64})
    if dated["start"].is_null().all():
        return labels.select("quarter").join(positions.select("position"), how="cross")
    return positions.join(labels, on="start", how="inner", maintain_order="left").select("quarter", "position")


def _defects(table: Table, delivery: SampleDelivery, origins: pl.DataFrame, of_quarters: pl.DataFrame) -> pl.DataFrame:
    faulty = delivery.refused["position"]
    return (
        delivery.refused.with_columns(origins[faulty.to_list()])
        .join(of_quarters, on="position", how="inner")
        .select(pl.lit(table.name).alias("table"), *(name for name in DEFECTS_SCHEMA if name != "table"))
        .cast(dict(DEFECTS_SCHEMA))  # type: ignore[arg-type]
        .sort("quarter", "origin_file", "origin_row")
    )


def _row_counts(table: Table, delivery: SampleDelivery, of_quarters: pl.DataFrame, quarters: Sequence[Quarter]) -> pl.DataFrame:
    faulty = delivery.refused.select("position", refused=pl.lit(True)).unique()
    counted = (
        of_quarters.join(faulty, on="position", how="left")
        .group_by("quarter")
        .agg(extracted=pl.len(), quarantined=pl.col("refused").is_not_null().sum())
    )
    return (
        pl.DataFrame({"quarter": [quarter.label for quarter in quarters]})
        .join(counted, on="quarter", how="left", maintain_order="left")
        .with_columns(pl.col("extracted", "quarantined").fill_null(0).cast(pl.Int64))
        .select(
            pl.lit(table.name).alias("table"),
            "quarter",
            "extracted",
            accepted=pl.col("extracted") - pl.col("quarantined"),
            quarantined=pl.col("quarantined"),
        )
    )


def _by_table(frame: pl.DataFrame) -> pl.DataFrame:
    places = {name: place for place, name in enumerate(SAMPLED)}
    return frame.sort(pl.col("table").replace_strict(places, return_dtype=pl.Int64), maintain_order=True)


def _write_truth(written: SampleTruth, quarters: Sequence[Quarter], requests: int, seed: int, plants: list[dict[str, Any]]) -> None:
    folder = written.folder / TRUTH_FOLDER
    folder.mkdir(exist_ok=True)
    (folder / "plants.json").write_text(json.dumps(plants, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    written.defects.write_csv(folder / "defects.csv")
    written.rows.write_csv(folder / "rows.csv")
    for name, counted in (("indicators.csv", written.indicators), ("surveys.csv", written.surveys)):
        if counted is None:
            (folder / name).unlink(missing_ok=True)
        else:
            counted.write_csv(folder / name)
    (written.folder / NOTE).write_text(
        f"""{_TITLE}

Fictitious data, drawn by `asq sample` with seed {seed}: {requests} service requests a quarter, {quarters[0]} to {quarters[-1]}.
No person, phone number, address or company in it is real; all personal data may be shown to anybody.

`{TRUTH_FOLDER}/` says what an evaluation must find:

- `indicators.csv` — numerator, denominator, value and n of the 68 indicators per enterprise and quarter, counted from the rows
  that keep every rule (absent for very large samples; I2-3 is empty: which analyses ran is not a property of the data)
- `plants.json` — effects in the rows that analyses must find: where, how large, how they are seen (empty with `--plants none`)
- `defects.csv` — every planted fault by table, quarter, file, row, rule and column; rows of registers are in every quarter
- `rows.csv` — rows extracted, accepted and quarantined per table and quarter
- `surveys.csv` — accepted responses of each satisfaction round, and how many of them answer in a straight line, too fast or from a
  device that several customers used (absent for very large samples)
""",
        encoding="utf-8",
    )
