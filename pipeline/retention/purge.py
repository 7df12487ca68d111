"""Removes records of quarters whose term is over from the zones with personal data: landing snapshots, raw, accepted.

An evaluated quarter keeps each row's keys, which later quarters are validated against (does this parent exist, was this key
delivered before), and the marks of its delivery. Its clean rows, its quarantine and everything published are not touched.
``policy`` decides which quarters these are. Every step switches one file at once, so the next purge finishes one that was
killed.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.calendar.quarters import Quarter
from pipeline.extract.partition import extract_quarter
from pipeline.lake import access_log
from pipeline.lake.access_log import Entry
from pipeline.lake.damaged import FOLDER as DAMAGED
from pipeline.lake.damaged import files_set_aside
from pipeline.lake.digest import sha256_of
from pipeline.lake.files import private_path, remove_temporary_files
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import file_format, open_parquet, read_metadata
from pipeline.lake.provenance import CORRECTIONS, FINGERPRINT, PARENTS, PURGED, delivery_marks, is_purged, landed, validated_with
from pipeline.retention.policy import Hold, Retention
from pipeline.validate.delivered import looked_up_columns
from pipeline.validate.masking import masked_keys
from schemas.contract import TABLES

KEYS, NOTHING = "keys", "nothing"
"""What a purge leaves of a file."""

_STAGES = ("raw", "accepted")
# Where a row came from; kept with its keys.
_ORIGIN = ("quarter", "_origin_file", "_origin_row", "_row_id")
_BATCH_ROWS = 1 << 16


@dataclass(frozen=True)
class Removal:
    """One file whose records are removed."""

    zone: str
    table: str
    quarter: Quarter | None
    """None: a landing snapshot, which holds the quarters of a whole delivery."""
    path: Path
    rows: int
    bytes: int
    left: str
    """``KEYS`` or ``NOTHING``."""


@dataclass(frozen=True)
class Purge:
    """What was or would be removed, and what only a hold keeps."""

    removed: tuple[Removal, ...]
    held: tuple[tuple[str, Quarter, Hold], ...]

    @property
    def rows(self) -> int:
        return sum(removal.rows for removal in self.removed)

    @property
    def bytes(self) -> int:
        return sum(removal.bytes for removal in self.removed)


def planned(lake: Lake, retention: Retention, today: dt.date) -> Purge:
    """What a purge would remove today; changes nothing."""
    removed: list[Removal] = []
    held: list[tuple[str, Quarter, Hold]] = []
    for name in _tables(lake):
        gone: set[Quarter] = set()
        for quarter in _quarters(name, lake):
            if not retention.is_over(quarter, today):
                continue
            files = [(stage, lake.partition(stage, name, quarter)) for stage in _STAGES]
            present = [(stage, path) for stage, path in files if path.is_file() and not is_purged(path)]
            hold = retention.hold(name, quarter)
            if hold is not None:
                held += [(name, quarter, hold)] if present else []
                continue
            gone.add(quarter)
            left = KEYS if _is_evaluated(name, quarter, lake) else NOTHING
            removed += [_removal(stage, name, quarter, path, left) for stage, path in present]
        snapshot = lake.snapshot(name)
        if snapshot.is_file() and _is_snapshot_over(name, gone, lake, retention, today):
            removed.append(_removal("landing", name, None, snapshot, NOTHING))
    for name, of, path in files_set_aside(lake):
        if of is None or (retention.is_over(of, today) and not retention.hold(name, of)):
            removed.append(Removal(DAMAGED, name, of, path, 0, path.stat().st_size, NOTHING))
    return Purge(tuple(removed), tuple(held))


def purge(
    lake: Lake,
    retention: Retention,
    today: dt.date,
    *,
    command: str,
    reason: str,
    waiting: Callable[[], None] | None = None,
) -> Purge:
    """Remove what is planned and log each file with its size and SHA-256; waits until running evaluations end.

    ``command`` and ``reason`` go into the log; ``waiting`` is called when it has to wait.
    """
    with lake.removing_records(waiting):
        remove_temporary_files(lake)
        logged = {_identity(event) for event in access_log.events(lake) if event.get("action") == "purge"}
        # A purge killed between a switch and its log line left its log entry in the file.
        said = [json.loads(read_metadata(path)[PURGED]) for path in _purged(lake)]
        access_log.append(lake, [event for event in said if _identity(event) not in logged])
        plan = planned(lake, retention, today)
        for removal in plan.removed:
            event = _event(removal, command, reason)
            if removal.left == KEYS:
                _keep_keys(removal, lake, event)
                access_log.append(lake, [event])
                continue
            if removal.zone == "landing":
                _keep_held(removal, lake, retention)
            if _identity(event) not in logged:
                access_log.append(lake, [event])
            removal.path.unlink(missing_ok=True)
    return plan


def _tables(lake: Lake) -> list[str]:
    """The contract's tables, and those an earlier contract left in the lake."""
    found = {path.name for stage in _STAGES for path in (lake.root / stage).glob("*") if path.is_dir()}
    found |= {path.stem for path in (lake.root / "landing").glob("*.parquet")}
    return [*TABLES, *sorted(found - TABLES.keys())]


def _quarters(name: str, lake: Lake) -> list[Quarter]:
    return sorted({quarter for stage in _STAGES for quarter in lake.partitions(stage, name)})


def _purged(lake: Lake) -> Iterator[Path]:
    for name in _tables(lake):
        for stage in _STAGES:
            yield from (path for path in lake.partitions(stage, name).values() if is_purged(path))


def _is_evaluated(name: str, quarter: Quarter, lake: Lake) -> bool:
    """Whether the clean rows were made from exactly these records: then only the keys are still needed.

    Records that were never evaluated, or not since they were delivered again, keep no keys: the quarter stays open, and a run
    that needs it reads the landing folder again.
    """
    if name not in TABLES:
        return False
    marks = validated_with(TABLES[name], quarter, lake)
    raw, clean = (read_metadata(lake.partition(stage, name, quarter)) for stage in ("raw", "clean"))
    has_accepted = lake.partition("accepted", name, quarter).is_file()
    is_made_from = all(mark in marks and marks[mark] == clean.get(mark) for mark in (FINGERPRINT, PARENTS))
    is_made_from = is_made_from and marks.get(CORRECTIONS) == clean.get(CORRECTIONS)
    return has_accepted and is_made_from and raw.get(FINGERPRINT) == marks[FINGERPRINT]


def _is_snapshot_over(name: str, gone: set[Quarter], lake: Lake, retention: Retention, today: dt.date) -> bool:
    """Whether a snapshot holds rows of a quarter whose term is over; if rows have no quarter, whether all quarters are over.

    A snapshot saves the next run from reading the landing folder; removing it loses nothing else.
    """
    if name not in TABLES:
        return True
    now = landed(TABLES[name], lake)
    labels = [Quarter.parse(label) for label in now.rows_by_quarter] if now else []
    if any(retention.is_over(quarter, today) and not retention.hold(name, quarter) for quarter in labels):
        return True
    cut = {quarter for quarter, path in lake.partitions("raw", name).items() if not is_purged(path)}
    return not labels and bool(gone) and cut <= gone


def _removal(zone: str, name: str, quarter: Quarter | None, path: Path, left: str) -> Removal:
    return Removal(zone, name, quarter, path, pq.read_metadata(path).num_rows, path.stat().st_size, left)


def _event(removal: Removal, command: str, reason: str) -> Entry:
    digest = sha256_of(removal.path)
    return access_log.entry(
        command,
        "purge",
        zone=removal.zone,
        table=removal.table,
        quarter=removal.quarter.label if removal.quarter else None,
        rows=removal.rows,
        bytes=removal.bytes,
        sha256=digest,
        left=removal.left,
        reason=reason,
    )


def _identity(event: Entry) -> tuple[object, ...]:
    return tuple(event.get(name) for name in ("zone", "table", "quarter", "sha256"))


def _keep_held(removal: Removal, lake: Lake, retention: Retention) -> None:
    """Cut the held quarters that exist nowhere else out of a snapshot."""
    table = TABLES.get(removal.table)
    now = landed(table, lake) if table else None
    if table is None or now is None:
        return
    for label in now.rows_by_quarter:
        quarter = Quarter.parse(label)
        if retention.hold(table.name, quarter) and not lake.partition("raw", table.name, quarter).is_file():
            extract_quarter(table, quarter, lake)


def _keep_keys(removal: Removal, lake: Lake, event: Entry) -> None:
    """Replace a partition with a file of its rows' keys."""
    table, quarter = TABLES[removal.table], removal.quarter
    assert quarter is not None
    is_accepted = np.ones(removal.rows, dtype=bool)
    if removal.zone == "raw":
        is_accepted[:] = False
        numbers = pq.read_table(lake.partition("accepted", table.name, quarter), columns=["_row_id"], partitioning=None)
        is_accepted[numbers.column("_row_id").to_numpy()] = True
    with open_parquet(removal.path) as source, private_path(removal.path) as temporary:
        kept = [*looked_up_columns(table), *_ORIGIN]
        schema = pa.schema([source.schema_arrow.field(name) for name in kept])
        with pq.ParquetWriter(temporary, schema, **file_format(schema)) as parquet:
            written = 0
            for batch in source.iter_batches(batch_size=_BATCH_ROWS, columns=[*kept, "_defects"]):
                refused = ~is_accepted[written : written + batch.num_rows]
                written += batch.num_rows
                keys = _keys_of_refused(batch, refused) if refused.any() else batch
                parquet.write_table(pa.Table.from_batches([keys.select(kept).cast(schema)]))
            if not written:
                parquet.write_table(schema.empty_table())
            parquet.add_key_value_metadata(delivery_marks(removal.path) | {PURGED: json.dumps(event, ensure_ascii=False)})


def _keys_of_refused(batch: pa.RecordBatch, refused: np.ndarray) -> pa.RecordBatch:
    """The batch with null for parts of a refused row's keys that quarantine would hide: they may hold anything.

    Keys of accepted rows are in the clean rows too, so they are not hidden.
    """
    frame = pl.DataFrame(pa.Table.from_batches([batch])).with_columns(_refused=pl.Series(refused))
    is_line = pl.col("_defects").list.eval(pl.element().struct.field("column").is_null()).list.any().fill_null(False)
    frame = frame.with_columns(_is_line=is_line)
    for name, kind in frame.schema.items():
        if kind != pl.String or name in _ORIGIN:
            continue
        shown = masked_keys(frame[name]) == frame[name]
        hidden = pl.Series(refused) & (~shown.fill_null(True) | frame["_is_line"])
        frame = frame.with_columns(pl.when(hidden).then(None).otherwise(pl.col(name)).alias(name))
    for name in frame.columns:
        if name in batch.schema.names and name != "_defects" and frame.schema[name] == pl.String:
            place = batch.schema.get_field_index(name)
            batch = batch.set_column(place, batch.schema.field(name), frame[name].to_arrow().cast(pa.string()))
    return batch
