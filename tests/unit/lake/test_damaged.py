"""Damaged files of the lake, found with and without the checksums of what was written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import click
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.commands.faults import fault_line
from pipeline.desensitize.keys import load_key
from pipeline.desensitize.quarter import desensitize_quarter
from pipeline.extract.tables import extract_tables
from pipeline.lake import checksums
from pipeline.lake.access_log import events
from pipeline.lake.damaged import damaged_files, make_sound
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import read_metadata
from pipeline.settings.plan import EvaluationPlan
from pipeline.settings.sources import SourceConfig
from pipeline.validate.tables import validate_tables
from schemas.contract import TABLES

EARLIER, QUARTER = Quarter.parse("2024-Q4"), Quarter.parse("2025-Q1")
NAMES = ("regions", "suggestions")


def _run(landing: Path, lake: Lake) -> None:
    """The stages up to desensitize, of two quarters."""
    tables, key = [TABLES[name] for name in NAMES], load_key(environment={"ASQ_PSEUDONYM_KEY": "5e" * 32})
    for quarter in (EARLIER, QUARTER):
        list(extract_tables(tables, quarter, landing, SourceConfig(), lake))
        list(validate_tables(tables, quarter, lake, EvaluationPlan(), ()))
        for table in tables:
            desensitize_quarter(table, quarter, lake, key)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Lake]:
    """A landing folder and its lake, to be read only."""
    landing, lake = tmp_path_factory.mktemp("landing"), Lake(tmp_path_factory.mktemp("lake"))
    days = ("2024-10-05", "2025-01-05", "2025-01-06")
    rows = "".join(f"E01,S{number},customer,{day} 08:00:00,好\n" for number, day in enumerate(days))
    (landing / "suggestions.csv").write_text(f"enterprise_id,suggestion_id,source,submitted_at,content\n{rows}", encoding="utf-8")
    (landing / "regions.csv").write_text(
        "enterprise_id,region_code,name,area_km2,urbanicity\nE01,R1,东,9,urban\n", encoding="utf-8"
    )
    _run(landing, lake)
    return landing, lake


@pytest.fixture
def landing(made: tuple[Path, Lake]) -> Path:
    return made[0]


@pytest.fixture
def lake(made: tuple[Path, Lake], tmp_path: Path) -> Lake:
    """The lake, to be changed."""
    return Lake(shutil.copytree(made[1].root, tmp_path / "lake"))


def _put(path: Path, contents: bytes) -> None:
    # Files of several zones may be one file.
    path.unlink()
    path.write_bytes(contents)


def _rewritten(path: Path, change: Callable[[pa.Table], pa.Table]) -> None:
    changed = change(pq.read_table(path, partitioning=None))
    path.unlink()
    pq.write_table(changed, path)


def _mark(name: bytes, value: bytes) -> Callable[[pa.Table], pa.Table]:
    return lambda table: table.replace_schema_metadata({**table.schema.metadata, name: value})


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def _link_to_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent / "nowhere.parquet")


def _flipped(path: Path) -> None:
    contents = bytearray(path.read_bytes())
    contents[len(contents) // 3] ^= 0x10
    _put(path, bytes(contents))


def _other_quarter(path: Path) -> None:
    _put(path, path.parents[1].joinpath(f"quarter={EARLIER}", "data.parquet").read_bytes())


def _other_table(path: Path) -> None:
    place = str(path).replace("suggestions", "regions")
    _put(path, Path(place).read_bytes())


def _without_marks(table: pa.Table) -> pa.Table:
    return table.replace_schema_metadata()


def _without_key(table: pa.Table) -> pa.Table:
    return table.drop_columns(["suggestion_id" if "suggestion_id" in table.column_names else "rule"])


ZONES = ("landing", "raw", "accepted", "quarantine", "clean")
READABLE: dict[str, tuple[str, Callable[[Path], None], tuple[str, ...]]] = {
    "a folder": ("is no file", _folder, ZONES),
    # In the other zones it is as if there were no file.
    "a link to nowhere": ("is no file", _link_to_nowhere, ("landing",)),
    "marks that are no text": ("metadata", lambda path: _rewritten(path, _mark(b"delivered", b"\xff\xfe")), ZONES),
    "marks that are no JSON": ("metadata", lambda path: _rewritten(path, _mark(b"rows_by_quarter", b'{"2025')), ("landing", "raw")),
    "marks of another kind": ("metadata", lambda path: _rewritten(path, _mark(b"rows_by_quarter", b"[1, null]")), ("landing",)),
    "marks that are no number": ("metadata", lambda path: _rewritten(path, _mark(b"rows", b"1e999")), ("landing",)),
    "no marks": ("is not a file of landing/suggestions", lambda path: _rewritten(path, _without_marks), ("landing",)),
    "fewer rows": ("rows, ", lambda path: _rewritten(path, lambda table: table.slice(0, 1)), ("landing",)),
    "no key": ("is not a file of ", lambda path: _rewritten(path, _without_key), ZONES),
    "another table": ("is not a file of ", _other_table, ("landing", "raw", "accepted", "clean")),
    "another quarter": ("is not a file of 2025-Q1", _other_quarter, ("raw", "accepted", "clean")),
}


def _file(lake: Lake, zone: str) -> Path:
    return lake.snapshot("suggestions") if zone == "landing" else lake.partition(zone, "suggestions", QUARTER)


@pytest.mark.parametrize("has_checksums", [True, False])
@pytest.mark.parametrize("kind", READABLE)
def test_files_that_can_be_read_but_are_not_what_was_written_are_set_aside(kind: str, has_checksums: bool, lake: Lake) -> None:
    problem, damage, zones = READABLE[kind]
    if not has_checksums:
        shutil.rmtree(lake.root / "checksums")
    for zone in zones:
        damage(_file(lake, zone))
    told = make_sound(lake, QUARTER, "test", "run")
    assert [line.partition("/")[0] for line in told] == list(zones)
    assert has_checksums or all(problem in line for line in told)
    assert not any(_file(lake, zone).exists() for zone in zones)
    assert damaged_files(lake) == []


def test_what_was_set_aside_is_made_anew(lake: Lake, landing: Path) -> None:
    before = {zone: pq.read_table(_file(lake, zone), partitioning=None) for zone in ZONES}
    shutil.rmtree(lake.root / "checksums")
    _link_to_nowhere(_file(lake, "landing"))
    _other_table(_file(lake, "raw"))
    _rewritten(_file(lake, "accepted"), _without_key)
    _rewritten(_file(lake, "quarantine"), _mark(b"delivered", b"\xff\xfe"))
    _folder(_file(lake, "clean"))
    assert len(make_sound(lake, QUARTER, "test", "run")) == len(ZONES)
    _run(landing, lake)
    assert {zone: pq.read_table(_file(lake, zone), partitioning=None) for zone in ZONES} == before


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.drop_columns(["content"]),
        lambda table: table.set_column(
            table.schema.get_field_index("submitted_at"), "submitted_at", pa.array(["z"] * table.num_rows)
        ),
    ],
    ids=["gone", "of another type"],
)
def test_a_snapshot_with_other_columns_is_taken_again(change: Callable[[pa.Table], pa.Table], lake: Lake, landing: Path) -> None:
    """Without a checksum nothing but its columns tells: any of them, not only those of the key."""
    before = pq.read_table(_file(lake, "landing"), partitioning=None)
    shutil.rmtree(lake.root / "checksums")
    _rewritten(_file(lake, "landing"), change)
    make_sound(lake, QUARTER, "test", "run")
    _run(landing, lake)
    assert pq.read_table(_file(lake, "landing"), partitioning=None) == before


def test_a_lake_without_checksums_counts_as_it_is(lake: Lake) -> None:
    shutil.rmtree(lake.root / "checksums")
    assert damaged_files(lake) == []
    assert checksums.is_as_written(_file(lake, "raw")) is True


def test_accepted_and_refused_rows_that_are_both_damaged_are_set_aside_together(lake: Lake, landing: Path) -> None:
    for zone in ("accepted", "quarantine", "clean"):
        _flipped(_file(lake, zone))
    assert len(make_sound(lake, QUARTER, "test", "run")) == 3
    assert not _file(lake, "quarantine").exists()
    _run(landing, lake)
    assert pq.read_metadata(_file(lake, "clean")).num_rows == 2


def test_the_rows_that_a_damaged_file_had_are_not_taken_from_its_own_footer(lake: Lake) -> None:
    _rewritten(_file(lake, "raw"), lambda table: pa.concat_tables([table] * 9))
    make_sound(lake, QUARTER, "test", "run")
    assert [event["rows"] for event in events(lake) if event["action"] == "set aside"] == [2]


def test_metadata_that_is_no_text_says_nothing(lake: Lake) -> None:
    path = _file(lake, "raw")
    _rewritten(path, _mark(b"purged", b"\xff"))
    assert read_metadata(path) == {}


@pytest.mark.parametrize("note", [b"\xff\xfe", b"", b"12345  scores.par"], ids=["no text", "empty", "half a line"])
def test_half_a_note_about_a_published_run_says_nothing(note: bytes, lake: Lake) -> None:
    run = lake.runs / "run"
    run.mkdir(parents=True)
    shutil.copyfile(_file(lake, "clean"), run / "scores.parquet")
    checksums.keep_published(lake.root, run)
    assert checksums.is_as_published(lake.root, run / "scores.parquet") is True
    (lake.root / "checksums" / "published" / "run.sha256").write_bytes(note)
    assert checksums.is_as_published(lake.root, run / "scores.parquet") is None


@pytest.mark.parametrize("error", [UnicodeDecodeError("utf-8", b"\xff", 0, 1, "invalid"), KeyError("rows"), TypeError("list")])
def test_whatever_fails_over_a_damaged_lake_is_explained_by_it(error: Exception, lake: Lake) -> None:
    assert fault_line(error, lake.root) is None
    assert fault_line(click.UsageError("wrong"), lake.root) is None
    _flipped(_file(lake, "raw"))
    said = fault_line(error, lake.root)
    assert said is not None
    assert "raw/suggestions/quarter=2025-Q1/data.parquet does not hold what was written to it" in said
    assert "`asq run 2025-Q1`" in said
