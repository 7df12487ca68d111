"""Damaged files of the lake: found, named, set aside in ``damaged/``, and made anew from what they came from.

A run looks before its first stage. What it sets aside is missing then, and every stage makes what is missing: snapshots from the
landing folder, raw rows from snapshots, and so on. Where that would silently give fewer rows (the delivery is no longer in the
landing folder, the records were purged), the run stops and says what to do.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import read_quarters
from pipeline.lake import access_log, checksums
from pipeline.lake.faults import MachineFault
from pipeline.lake.files import make_private
from pipeline.lake.layout import STAGES, Lake
from pipeline.lake.parquet import open_parquet, read_metadata
from pipeline.lake.provenance import FINGERPRINT, PURGED, UNDATED, is_purged, undated_rows
from schemas.contract import TABLES

FOLDER = "damaged"
SET_ASIDE = "set aside"
"""The access log's action for a damaged file; its ``run_id`` is that of the run that makes it anew."""
_CHANGED = "does not hold what was written to it (its checksum differs)"
# What snapshots always say of themselves, and the other zones if it applies.
_MARKS_OF_SNAPSHOTS = {"delivered", "files", "fingerprint", "left_out", "rows", "rows_by_quarter"}
_MARKS: dict[type, tuple[str, ...]] = {
    int: ("rows", "undated", "extracted", "accepted", "quarantined"),
    list: ("files", "delivered_columns", "without"),
    dict: ("assumed_columns", "corrections", "landed_files", "left_out", "purged", "rows_by_quarter", "treated"),
}
# Columns that tell the files of two zones from all others.
_OWN_COLUMNS = {"quarantine": {"rule", "value_masked", "_row_id"}, "profile": {"fact", "bucket", "count"}}
_LAYERS = ("published", "analyst")
# Read from the publications of other quarters, by the scorecard's trend.
_READ_OF_OTHERS = "data_quality"


@dataclass(frozen=True)
class Damage:
    """A file of the lake that does not hold what was written to it."""

    path: Path
    """Within the lake, such as ``clean/staff/quarter=2025-Q1/data.parquet``."""
    problem: str

    @property
    def zone(self) -> str:
        return self.path.parts[0]

    @property
    def table(self) -> str:
        return self.path.stem if self.path.name != "data.parquet" else self.path.parts[1]

    @property
    def quarter(self) -> Quarter | None:
        """None: a snapshot, or a published table."""
        label = self.path.parent.name.removeprefix("quarter=")
        return Quarter.parse(label) if label != self.path.parent.name else None

    def __str__(self) -> str:
        return f"{self.path} {self.problem}"


def problem_of(path: Path) -> str | None:
    """What is wrong with a Parquet file, as far as reading all of it shows; None: nothing, or it is not there."""
    if problem := _problem_at_ends(path):
        return problem
    try:
        with open_parquet(path) as parquet:
            for _ in parquet.iter_batches(batch_size=1 << 16):
                pass
    except FileNotFoundError:
        return None
    except (OSError, pa.ArrowException, ValueError):
        return "is damaged: it cannot be read to its end"
    return None


def _problem_at_ends(path: Path) -> str | None:
    """What shows without a library, which may take any memory for a file that was changed."""
    if os.path.lexists(path) and not path.is_file():
        return "is no file"
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            head, _, tail = file.read(4), file.seek(max(0, size - 4)), file.read(4)
    except FileNotFoundError:
        return None
    if not size:
        return "is empty"
    if head != b"PAR1" and tail != b"PAR1":
        return "is no Parquet file"
    if tail != b"PAR1":
        return "is cut off"
    return None


def _footer_problem(path: Path) -> str | None:
    try:
        pq.read_metadata(path)
    except (OSError, pa.ArrowException):
        return problem_of(path)
    return None


def damaged_files(lake: Lake, quarter: Quarter | None = None, *, thoroughly: bool = False) -> list[Damage]:
    """The damaged files that a run of a quarter reads (None: all files of the lake), in the order of the stages.

    ``thoroughly``: also read what a run does not read before it writes it anew, and published tables to their end.
    """
    zones = [("landing", path) for path in sorted((lake.root / "landing").glob("*.parquet"))]
    read = None if quarter is None or thoroughly else {each.label for each in read_quarters(quarter)}
    for stage in STAGES:
        for path in sorted((lake.root / stage).glob("*/quarter=*/data.parquet")):
            # Keys are looked up in the raw rows of every quarter; registers that accumulate are read from the first quarter on.
            if read is None or stage == "raw" or path.parent.name.removeprefix("quarter=") in read:
                zones.append((stage, path))
    found = [Damage(path.relative_to(lake.root), problem) for stage, path in zones if (problem := _problem(path, stage))]
    return found + list(_published(lake, thoroughly))


def _problem(path: Path, zone: str) -> str | None:
    if not os.path.lexists(path):
        return None
    if problem := _problem_at_ends(path):
        return problem
    as_written = checksums.is_as_written(path)
    if as_written is not None:
        return None if as_written else _CHANGED
    problem = problem_of(path) or _problem_of_contents(path, zone)
    if problem is None:
        # Of a version that kept no checksums: from now on it counts as it is.
        checksums.keep(path)
    return problem


def _problem_of_contents(path: Path, zone: str) -> str | None:
    """What shows that a file that can be read is not the one that was written here."""
    footer = pq.read_metadata(path)
    marks, columns = read_metadata(path), set(pq.read_schema(path).names)
    if (footer.metadata and not marks) or not all(
        _is_written_as(kind, marks[name]) for kind, names in _MARKS.items() for name in names if name in marks
    ):
        return "is damaged: its metadata cannot be read"
    table = TABLES.get(path.stem if zone == "landing" else path.parents[1].name)
    own = _OWN_COLUMNS.get(zone) or set(table.key if table is not None and zone != "corrected" and PURGED not in marks else ())
    if own - columns or (zone == "landing" and _MARKS_OF_SNAPSHOTS - marks.keys()):
        return f"is not a file of {zone}/{table.name}" if table is not None else f"is not a file of {zone}"
    if zone == "landing" and int(marks["rows"]) != footer.num_rows:
        return f"has {footer.num_rows} rows, {marks['rows']} were written"
    if zone in ("raw", "accepted", "clean") and "quarter" in columns:
        quarter = path.parent.name.removeprefix("quarter=")
        others = set(pc.unique(pq.read_table(path, columns=["quarter"], partitioning=None)["quarter"]).to_pylist()) - {
            quarter,
            None,
        }
        if others:
            return f"is not a file of {quarter}"
    return None


def _is_written_as(kind: type, text: str) -> bool:
    try:
        found = json.loads(text)
    except ValueError:
        return False
    # A number of rows: of 64 bits.
    return type(found) is kind and (not isinstance(found, int) or 0 <= found < 1 << 63)


def _published(lake: Lake, thoroughly: bool) -> Iterator[Damage]:
    runs = [lake.current(quarter).resolve().name for quarter in lake.published_quarters()]
    for folder in (layer / run for layer in (lake.runs.resolve(), lake.analyst_runs.resolve()) for run in runs):
        for path in sorted(folder.glob("*.parquet")):
            problem = _problem_at_ends(path)
            if problem is None:
                known = checksums.is_as_published(lake.root, path)
                look = problem_of if thoroughly or path.stem == _READ_OF_OTHERS else _footer_problem
                problem = look(path) if known is None else None if known else _CHANGED
            if problem:
                yield Damage(path.relative_to(lake.root.resolve()), problem)


def make_sound(lake: Lake, quarter: Quarter, command: str, run_id: str, *, thoroughly: bool = False) -> list[str]:
    """Set the damaged files aside that a run of a quarter reads (``damaged_files``); returns a line about each, for the user.

    Raises MachineFault for records that were purged: what is left of them cannot be made anew.
    """
    found = damaged_files(lake, quarter, thoroughly=thoroughly)
    gone = [each for each in found if each.zone == "raw" and _was_purged(lake, each)]
    if gone:
        raise MachineFault(
            f"{listed(gone)}. Its records were purged, so it cannot be made anew: put the file back from a backup (with "
            f"{checksums.FOLDER}/), or deliver the quarter again after removing the file"
        )
    lines = [_set_aside(lake, each, command, run_id) for each in found]
    for each in found:
        # Once it is set aside itself, if it is damaged too.
        _require_validation(lake, each)
    return lines


def _was_purged(lake: Lake, damage: Damage) -> bool:
    """Whether only keys were left in a raw partition; its own mark may be unreadable."""
    quarter = damage.quarter
    assert quarter is not None
    if is_purged(lake.root / damage.path) or is_purged(lake.partition("accepted", damage.table, quarter)):
        return True
    return any(
        event.get("action") == "purge" and event.get("zone") == "raw" and event.get("table") == damage.table
        # Delivered again since.
        and event.get("quarter") == quarter.label and not _is_whole(lake, damage.table, quarter)
        for event in access_log.events(lake)
    )  # fmt: skip


def _is_whole(lake: Lake, table: str, quarter: Quarter) -> bool:
    accepted = lake.partition("accepted", table, quarter)
    return bool(read_metadata(accepted)) and not is_purged(accepted)


def _set_aside(lake: Lake, damage: Damage, command: str, run_id: str) -> str:
    path, kept = lake.root / damage.path, lake.root / FOLDER / damage.path
    number = 1
    while kept.exists():
        number += 1
        kept = kept.with_name(f"{damage.path.stem}.{number}.parquet")
    for folder in reversed([folder for folder in kept.parents if not folder.exists()]):
        make_private(folder)
    rows = _rows_of(lake, damage)
    access_log.append(
        lake,
        [
            access_log.entry(
                command, SET_ASIDE, zone=damage.zone, table=damage.table, quarter=damage.quarter and damage.quarter.label,
                file=str(damage.path), problem=damage.problem, kept=str(kept.relative_to(lake.root)), rows=rows, run_id=run_id,
            )
        ],
    )  # fmt: skip
    # Only its owner may enter what holds it, and the file itself stays as it is: it may be linked to another zone's.
    os.replace(path, kept)
    return f"{damage}: set aside as {kept.relative_to(lake.root)}, {_remedy(lake, damage)}"


def _require_validation(lake: Lake, damage: Damage) -> None:
    """Remove the marks that say that accepted rows exist which were set aside; validation writes both anew."""
    quarter = damage.quarter
    if (
        quarter is not None
        and damage.zone in ("accepted", "corrected")
        and not is_purged(lake.partition("raw", damage.table, quarter))
    ):
        lake.partition("quarantine", damage.table, quarter).unlink(missing_ok=True)


def _remedy(lake: Lake, damage: Damage) -> str:
    if damage.zone in _LAYERS:
        quarter = quarter_published(lake, damage.path)
        return f"run `asq run {quarter}` to publish it anew" if quarter else "no publication needs it"
    return {
        "landing": "made anew from the landing folder",
        "raw": "made anew from the delivery",
        "accepted": "made anew from the raw rows",
        "quarantine": "made anew from the raw rows",
        "corrected": f"made anew when {damage.quarter} is run",
        "clean": "made anew from the accepted rows",
        "profile": "counted anew when it is needed",
    }[damage.zone]


def quarter_published(lake: Lake, path: Path) -> Quarter | None:
    """The quarter whose publication a path in the lake belongs to."""
    return next((each for each in lake.published_quarters() if path.parent.name == lake.current(each).resolve().name), None)


def tables_set_aside(lake: Lake, quarter: Quarter) -> list[str]:
    """The tables that are missing from a quarter's publication because they were damaged."""
    run = lake.current(quarter).resolve().name
    kept = [lake.root / FOLDER / layer / "runs" / run for layer in _LAYERS]
    return sorted({path.name.partition(".")[0] for folder in kept for path in folder.glob("*.parquet")})


def files_set_aside(lake: Lake) -> Iterator[tuple[str, Quarter | None, Path]]:
    """Table, quarter and path of every file of records that was set aside; snapshots have no quarter."""
    for stage in STAGES:
        for path in sorted((lake.root / FOLDER / stage).rglob("*.parquet")):
            if not path.is_file():
                continue
            if stage == "landing":
                yield path.name.partition(".")[0], None, path
            else:
                yield path.parents[1].name, Quarter.parse(path.parent.name.removeprefix("quarter=")), path


def _rows_of(lake: Lake, damage: Damage) -> int | None:
    """The dated rows that a damaged raw partition had, as far as anything still says so."""
    if damage.zone != "raw" or damage.quarter is None:
        return None
    path, quarantine = lake.root / damage.path, lake.partition("quarantine", damage.table, damage.quarter)
    try:
        # The damaged file's own footer may say any number.
        marks = read_metadata(quarantine) if quarantine.is_file() and _problem(quarantine, "quarantine") is None else {}
        if "extracted" in marks and read_metadata(path).get(FINGERPRINT) in (None, marks.get(FINGERPRINT)):
            return int(marks["extracted"]) - int(marks.get(UNDATED, "0"))
        return pq.read_metadata(path).num_rows - undated_rows(path)
    except (OSError, pa.ArrowException, ValueError):
        return None


def to_be_made(lake: Lake, zone: str, table: str) -> list[Quarter]:
    """The quarters whose file of a zone was set aside and is not there again, in time order."""
    folders = (lake.root / FOLDER / zone / table).glob("quarter=*")
    quarters = sorted(Quarter.parse(folder.name.removeprefix("quarter=")) for folder in folders)
    return [quarter for quarter in quarters if not lake.partition(zone, table, quarter).exists()]


def require_source(lake: Lake, table: str, run_quarter: Quarter, rows_by_quarter: dict[str, int], rows: int) -> None:
    """Raise MachineFault when records of a table were set aside and nothing is left to make them anew.

    ``rows_by_quarter``, ``rows``: of the snapshot that was just taken of the landing folder. The quarter that is run takes what
    the landing folder holds, with or without damage.
    """
    lost = []
    for zone in ("raw", "clean"):
        for quarter in to_be_made(lake, zone, table):
            folder = lake.partition(f"{FOLDER}/{zone}", table, quarter).parent
            raw = lake.partition("raw", table, quarter)
            if quarter == run_quarter or (zone == "clean" and raw.exists() and not is_purged(raw)):
                continue
            needed = _needed(lake, table, quarter)
            held = rows_by_quarter.get(quarter.label, 0)
            if not TABLES[table].has_quarters:
                # A register may have lost entries since.
                held, needed = rows, None if needed is None else min(needed, 1)
            if held < (1 if needed is None else needed):
                lost.append((folder, quarter, needed, held))
    if lost:
        folder, quarter, needed, held = lost[0]
        had = "" if needed is None else f" of {needed} rows"
        raise MachineFault(
            f"{table} {quarter}: the damaged file{had} in {folder} cannot be made anew: the landing folder holds {held or 'no'} "
            f"rows of this quarter. Deliver the files of {quarter} again, or put the file back from a backup (with "
            f"{checksums.FOLDER}/); to go on without these rows, remove {folder}"
            + (f". The same goes for {', '.join(str(each[1]) for each in lost[1:])}" if lost[1:] else "")
        )


def _needed(lake: Lake, table: str, quarter: Quarter) -> int | None:
    """The rows that the last raw partition had that was set aside; None if nothing said so."""
    asked = (table, quarter.label)
    known = [
        event.get("rows")
        for event in access_log.events(lake)
        if event.get("action") == SET_ASIDE and event.get("zone") == "raw" and (event.get("table"), event.get("quarter")) == asked
    ]
    return known[-1] if known else None


def set_aside_in(lake: Lake, run_id: str) -> list[dict[str, object]]:
    """What was set aside for a run, as logged."""
    return [event for event in access_log.events(lake) if event.get("action") == SET_ASIDE and event.get("run_id") == run_id]


def listed(damages: Iterable[Damage], at_most: int = 3) -> str:
    """Some of the files by name, and how many more there are."""
    named = [str(each) for each in damages]
    more = f" (and {len(named) - at_most} more)" if len(named) > at_most else ""
    return "; ".join(named[:at_most]) + more
