"""Every library's own error for the same fault of the machine, as the library really raises it."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from pipeline.accept.gx_process import ChecksNotRun
from pipeline.cli import main
from pipeline.errors import DataRefused, UsageError
from pipeline.lake.faults import Kind, explained_fault, fault_of, in_words
from pipeline.marts.dbt_builder import MartsNotBuilt

_NOBODY = 65534


def _raised(work: Callable[[], object]) -> Exception:
    try:
        work()
    except Exception as error:
        return error
    pytest.fail("nothing was raised")


def _python(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        file.write(b"1")


def _pyarrow(path: Path) -> None:
    pq.write_table(pa.table({"x": list(range(1000))}), path)


def _polars(path: Path) -> None:
    pl.DataFrame({"x": list(range(1000))}).write_parquet(path)


def _duckdb(path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"copy (select range as x from range(1000)) to '{path}' (format csv)")


WRITERS = [_python, _pyarrow, _polars, _duckdb]


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A small file system of its own without any room; skips where none can be mounted."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        with suppress(OSError), (folder / "ballast").open("wb", buffering=0) as ballast:
            while True:
                ballast.write(bytes(4096))
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@pytest.mark.parametrize("write", WRITERS)
def test_a_full_disk_is_recognised_whoever_writes(write: Callable[[Path], None], full_disk: Path) -> None:
    fault = fault_of(_raised(lambda: write(full_disk / "file.parquet")))
    assert fault is not None
    assert fault.kind is Kind.FULL
    line = explained_fault(fault, full_disk, needed=3 << 20)
    assert line is not None
    assert f"the disk is full (or a quota or limit is reached): {full_disk} has 0 bytes free" in line
    assert "about 3,145,728 bytes (3.0 MiB) are needed" in line


@pytest.mark.parametrize("write", WRITERS)
def test_a_folder_that_is_gone_is_named(write: Callable[[Path], None], tmp_path: Path) -> None:
    fault = fault_of(_raised(lambda: write(tmp_path / "gone" / "file.parquet")))
    assert fault is not None
    assert fault.kind is Kind.MISSING
    assert str(tmp_path / "gone") in (explained_fault(fault, tmp_path / "gone") or "")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can take rights away from itself")
@pytest.mark.parametrize("write", WRITERS)
def test_missing_rights_are_recognised_whoever_writes(write: Callable[[Path], None], tmp_path: Path) -> None:
    os.seteuid(_NOBODY)
    try:
        fault = fault_of(_raised(lambda: write(Path("/asq-of-nobody.parquet"))))
    finally:
        os.seteuid(0)
    assert fault is not None
    assert fault.kind is Kind.NO_RIGHTS
    line = explained_fault(fault, tmp_path)
    assert line is not None
    assert "no right to read or write it" in line


def test_what_child_processes_and_tests_of_the_marts_say_is_recognised() -> None:
    """They pass on nothing but the text."""
    said = "Great Expectations could not check the delivery: OSError: [Errno 28] No space left on device"
    for error in (
        ChecksNotRun(said),
        MartsNotBuilt(['model a: IO Error: Could not write file "/lake/x": No space left on device']),
        sqlite3.OperationalError("database or disk is full"),
        duckdb.OutOfMemoryException("failed to offload data block of size 256.0 KiB (1.0 GiB/1.0 GiB used)."),
    ):
        fault = fault_of(error)
        assert fault is not None
        assert fault.kind is Kind.FULL


def test_the_fault_is_found_inside_the_wrapping_of_others() -> None:
    try:
        try:
            raise OSError(28, "No space left on device", "/lake/clean/x")
        except OSError as error:
            raise dg.Failure("a step failed") from error
    except dg.Failure as error:
        fault = fault_of(error)
    assert fault is not None
    assert (fault.kind, fault.path) == (Kind.FULL, Path("/lake/clean/x"))


def test_what_is_already_explained_is_left_alone() -> None:
    """What people wrote may say anything."""
    for kind in (DataRefused, UsageError):
        error = kind("the plan says: Permission denied")
        error.__cause__ = OSError(28, "No space left on device")
        assert fault_of(error) is None
    assert fault_of(KeyError("a fault of the program")) is None


@pytest.mark.parametrize("read", [pl.read_parquet, pq.read_table, pq.read_metadata])
def test_a_file_that_cannot_be_read_asks_for_a_look_at_the_files(read: Callable[[Path], object], tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    path.write_bytes(b"PAR1 and no more")
    fault = fault_of(_raised(lambda: read(path)))
    assert fault is not None
    assert fault.kind is Kind.UNREADABLE
    assert explained_fault(fault, tmp_path) is None


def test_bytes_in_words() -> None:
    assert [in_words(size) for size in (0, 1023, 1536, 5 << 30)] == [
        "0 bytes",
        "1,023 bytes",
        "1,536 bytes (1.5 KiB)",
        "5,368,709,120 bytes (5.0 GiB)",
    ]


@pytest.mark.parametrize(
    "command",
    [
        "schema sources --out {disk}/sources.schema.json",
        "suggest {data} --out {disk}/sources.yaml",
        "init {disk}/evaluation {data}",
        "sample {disk}/sample --quarters 2025-Q1 --requests 300",
    ],
)
def test_a_command_names_the_full_disk_that_it_writes_to_and_leaves_no_half_file(command, full_disk, tmp_path):
    data = tmp_path / "suggestions.csv"
    data.write_text("enterprise_id,suggestion_id,source,submitted_at\nE01,S1,customer,2025-01-03\n")
    said = CliRunner().invoke(main, command.format(disk=full_disk, data=data).split())
    assert said.exit_code == 2, said.output
    assert str(full_disk) in said.output
    assert [path.name for path in full_disk.rglob("*.yaml")] + [path.name for path in full_disk.rglob("*.json")] == []
