from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.lake.files import (
    WorkKind,
    atomic_path,
    in_use,
    make_private,
    narrow_rights,
    pinned,
    private_path,
    remove_temporary_files,
    work_folder,
)
from pipeline.lake.layout import PERSONAL_STAGES, PRIVATE_ZONES, STAGES, Lake

Q1, Q4 = Quarter(2025, 1), Quarter(2024, 4)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def _touch(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("whole", encoding="utf-8")
    return path


# --- where things lie ------------------------------------------------------------------------------------------------


def test_every_stage_has_one_file_per_table_and_quarter(lake: Lake) -> None:
    assert lake.partition("clean", "staff", Q1) == lake.root / "clean/staff/quarter=2025-Q1/data.parquet"
    assert lake.snapshot("staff") == lake.root / "landing/staff.parquet"
    assert lake.current(Q1) == lake.root / "published/current/quarter=2025-Q1"


def test_a_lake_stays_where_it_is_when_the_work_folder_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lake = Lake("lake")
    monkeypatch.chdir("/")
    assert lake.root == tmp_path / "lake"


def test_partitions_come_in_time_order_and_unfinished_files_are_none(lake: Lake) -> None:
    for quarter in (Q1, Q4, Quarter(2023, 2)):
        _touch(lake.partition("raw", "staff", quarter))
    _touch(lake.root / "raw/staff/quarter=2025-Q2/.data.parquet.1.tmp")
    assert list(lake.partitions("raw", "staff")) == [Quarter(2023, 2), Q4, Q1]
    assert lake.partitions("raw", "staff")[Q4] == lake.partition("raw", "staff", Q4)
    assert lake.partitions("clean", "staff") == {}


def test_published_quarters_are_those_with_a_link(lake: Lake) -> None:
    assert lake.published_quarters() == []
    for quarter in (Q1, Q4):
        lake.current(quarter).mkdir(parents=True)
    # A link that was being made when its process died.
    lake.current(Q1).with_name(".quarter=2025-Q2.some-run").mkdir()
    assert lake.published_quarters() == [Q4, Q1]


def test_a_strange_folder_among_the_partitions_is_named(lake: Lake) -> None:
    _touch(lake.root / "raw/staff/quarter=spring/data.parquet")
    with pytest.raises(UsageError, match="'spring' is not a quarter"):
        lake.partitions("raw", "staff")


# --- how a file gets there -------------------------------------------------------------------------------------------


def test_a_file_appears_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    target = tmp_path / "new/folder/data.parquet"
    with atomic_path(target) as temporary:
        assert temporary.parent == target.parent
        assert temporary.name.startswith(".")
        temporary.write_text("half", encoding="utf-8")
        assert not target.exists()
        temporary.write_text("whole", encoding="utf-8")
    assert target.read_text(encoding="utf-8") == "whole"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, SystemExit])
def test_a_failure_leaves_the_old_file(tmp_path: Path, error: type[BaseException]) -> None:
    target = _touch(tmp_path / "data.parquet")

    def fail_half_way() -> None:
        with atomic_path(target) as temporary:
            temporary.write_text("half", encoding="utf-8")
            raise error

    with pytest.raises(error):
        fail_half_way()
    assert target.read_text(encoding="utf-8") == "whole"
    assert list(tmp_path.iterdir()) == [target]


def test_a_writer_that_wrote_nothing_leaves_the_old_file(tmp_path: Path) -> None:
    target = _touch(tmp_path / "data.parquet")
    with pytest.raises(FileNotFoundError), atomic_path(target):
        pass
    assert target.read_text(encoding="utf-8") == "whole"


def test_a_replaced_file_leaves_other_links_to_it_alone(tmp_path: Path) -> None:
    """Publications share unchanged files by hard links: replacing one must not change the other."""
    target = _touch(tmp_path / "data.parquet")
    shared = tmp_path / "earlier.parquet"
    shared.hardlink_to(target)
    with atomic_path(target) as temporary:
        temporary.write_text("new", encoding="utf-8")
    assert (target.read_text(encoding="utf-8"), shared.read_text(encoding="utf-8")) == ("new", "whole")


def test_writers_of_one_file_do_not_meet(tmp_path: Path) -> None:
    target = tmp_path / "data.parquet"
    with atomic_path(target) as one, atomic_path(target) as other:
        assert one != other
        one.write_text("one", encoding="utf-8")
        other.write_text("other", encoding="utf-8")
    assert target.read_text(encoding="utf-8") == "one"


@contextmanager
def writer_of_another_process(target: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that is half way through writing a file."""
    script = (
        "import time; from pathlib import Path; from pipeline.lake.files import atomic_path\n"
        f"with atomic_path(Path({str(target)!r})) as temporary:\n"
        "    temporary.write_text('half'); print('writing', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "writing\n"
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_what_a_living_process_writes_stays_and_what_a_dead_one_wrote_goes(lake: Lake, umask: int) -> None:
    previous = os.umask(umask)
    try:
        target = lake.partition("accepted", "staff", Q1)
        _touch(lake.partition("accepted", "staff", Q4))
        with writer_of_another_process(target) as process:
            remove_temporary_files(lake)
            (half,) = target.parent.iterdir()
            assert half.read_text(encoding="utf-8") == "half"
            process.kill()
            process.wait()
            remove_temporary_files(lake)
            assert list(target.parent.iterdir()) == []
            assert lake.partition("accepted", "staff", Q4).exists()
    finally:
        os.umask(previous)


@pytest.mark.parametrize(
    "name",
    [
        *(f"{stage}/staff/quarter=2025-Q1/.data.parquet.0.tmp" for stage in STAGES if stage != "landing"),
        *("landing/.staff.parquet.0.tmp", ".warehouse.duckdb.0.tmp", ".warehouse.duckdb.0.tmp.wal"),
        *("scratch/spilled-0/duckdb_temp_block-1.block", "scratch/extract-0/duckdb_temp_block-1.block"),
        "scratch/duckdb_temp_storage_DEFAULT-0.tmp",
    ],
)
def test_half_written_files_are_found_wherever_they_lie(lake: Lake, name: str) -> None:
    half, whole = _touch(lake.root / name), _touch(lake.root / "landing/staff.parquet")
    with in_use(lake.scratch if half.parent.name.endswith("-0") else half.parent):
        remove_temporary_files(lake)
    assert half.exists()
    remove_temporary_files(lake)
    assert not half.exists()
    assert whole.exists()


# --- who may look in -------------------------------------------------------------------------------------------------


def test_stages_with_personal_data_end_before_quarantine() -> None:
    assert PERSONAL_STAGES == ("landing", "raw", "accepted")
    assert set(STAGES) - set(PERSONAL_STAGES) == {"quarantine", "corrected", "clean", "profile"}


def test_a_private_folder_is_its_owner_s_even_if_it_was_open(tmp_path: Path) -> None:
    folder = tmp_path / "lake/raw"
    previous = os.umask(0o000)
    try:
        make_private(folder)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        folder.chmod(0o755)
        make_private(folder)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    finally:
        os.umask(previous)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o377])
def test_a_private_file_and_its_folders_are_the_owner_s_whatever_the_umask(lake: Lake, mask: int) -> None:
    make_private(lake.root / "clean")
    target = lake.partition("clean", "staff", Q1)
    previous = os.umask(mask)
    try:
        with private_path(target) as temporary:
            temporary.touch()
    finally:
        os.umask(previous)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in target.parents[:3]} == {0o700}


def test_wide_rights_of_private_zones_are_narrowed_and_no_others(lake: Lake, tmp_path: Path) -> None:
    outside = _touch(tmp_path / "outside.txt")
    private = [_touch(lake.root / zone / "staff/data.parquet") for zone in PRIVATE_ZONES]
    public = _touch(lake.root / "published/runs/1/scores.parquet")
    for path in (*private, public, outside):
        path.chmod(0o664)
        path.parent.chmod(0o775)
    (lake.root / "raw/link").symlink_to(outside)
    narrow_rights(lake)
    assert {stat.S_IMODE(path.stat().st_mode) for path in private} == {0o600}
    assert {stat.S_IMODE(path.parent.stat().st_mode) for path in private} == {0o700}
    assert [stat.S_IMODE(path.stat().st_mode) for path in (public, public.parent, outside)] == [0o664, 0o775, 0o664]


# --- locks -----------------------------------------------------------------------------------------------------------


def test_a_lock_has_one_holder_at_a_time(lake: Lake) -> None:
    entered = threading.Event()

    def second() -> None:
        with lake.lock("warehouse"):
            entered.set()

    with lake.lock("warehouse"):
        thread = threading.Thread(target=second)
        thread.start()
        assert not entered.wait(0.2)
        with lake.lock("another"):
            pass
    assert entered.wait(10)
    thread.join()


def test_a_lock_is_free_again_when_its_holder_is_killed(lake: Lake) -> None:
    script = (
        "import sys, time; from pipeline.lake.layout import Lake\n"
        f"with Lake({str(lake.root)!r}).lock('warehouse'):\n"
        "    print('held', flush=True); time.sleep(600)"
    )
    holder = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
    finally:
        holder.kill()
        holder.communicate()
    with lake.lock("warehouse"):
        assert (lake.root / "locks/warehouse.lock").exists()


# --- files that others replace while they are read -------------------------------------------------------------------


def test_a_pinned_file_stays_what_it_was_when_another_takes_its_place(lake: Lake) -> None:
    first, second = _touch(lake.partition("clean", "staff", Q4)), _touch(lake.partition("clean", "staff", Q1))
    with pinned(lake, [first, second]) as names:
        with atomic_path(second) as newer:
            newer.write_text("newer", encoding="utf-8")
        assert [name.read_text(encoding="utf-8") for name in names] == ["whole", "whole"]
        assert [name.suffix for name in names] == [".parquet", ".parquet"]
        assert stat.S_IMODE(names[0].parent.stat().st_mode) == 0o700
    assert second.read_text(encoding="utf-8") == "newer"
    assert list(lake.scratch.iterdir()) == []


def test_files_are_pinned_where_there_are_no_links(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    file = _touch(lake.partition("clean", "staff", Q1))
    with pinned(lake, [file]) as (name,):
        file.unlink()
        assert name.read_text(encoding="utf-8") == "whole"


@pytest.mark.parametrize("kind", get_args(WorkKind))
def test_a_work_folder_is_its_owner_s_and_one_of_a_dead_process_is_removed(lake: Lake, kind: WorkKind) -> None:
    with work_folder(lake.scratch, kind) as folder:
        assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IMODE(lake.scratch.stat().st_mode) == 0o700
        remove_temporary_files(lake)
        assert folder.is_dir()
    assert list(lake.scratch.iterdir()) == []
    abandoned = _touch(lake.scratch / f"{kind}-dead" / "0.parquet")
    remove_temporary_files(lake)
    assert not abandoned.parent.exists()
