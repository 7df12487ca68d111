"""One place opens DuckDB, and what it opens stays within the run's memory."""

from __future__ import annotations

import ast
from pathlib import Path

import duckdb
import pytest

import pipeline
from pipeline.errors import UsageError
from pipeline.lake.database import connected
from pipeline.lake.memory import MEMORY_VARIABLE, Memory, in_mebibytes

MIB = 1 << 20
PACKAGE = Path(pipeline.__file__).parent


# --- the setting -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "total"),
    [("3GiB", 3 << 30), ("3 gib", 3 << 30), ("3500MB", 3_500_000_000), ("2.5GB", 2_500_000_000), ("2097152KiB", 2 << 30)],
)
def test_memory_is_a_number_with_a_unit(written: str, total: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MEMORY_VARIABLE, written)
    assert Memory.of_run() == Memory(total)


@pytest.mark.parametrize("unset", ["", None])
def test_three_gibibytes_unless_set(unset: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(MEMORY_VARIABLE, raising=False)
    if unset is not None:
        monkeypatch.setenv(MEMORY_VARIABLE, unset)
    assert Memory.of_run().total == 3 << 30


@pytest.mark.parametrize("written", ["3", "GiB", "3 gigabytes", "-3GiB", "3,5GiB", "3GiB RAM", "1GiB"])
def test_anything_else_is_refused(written: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MEMORY_VARIABLE, written)
    with pytest.raises(UsageError, match=f"^{MEMORY_VARIABLE}={written}: "):
        Memory.of_run()


def test_duckdb_leaves_room_for_the_programs_and_for_batches() -> None:
    for total in (1536 * MIB, 3072 * MIB, 65536 * MIB):
        assert 0 < Memory(total).database <= (total - 700 * MIB) / 2


def test_threads_are_those_that_memory_is_enough_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 64)
    few, many = Memory(1536 * MIB), Memory(65536 * MIB)
    assert 1 <= few.threads() < 8
    assert few.threads(at_once=16) == 1
    assert many.threads() == 64


# --- connections -----------------------------------------------------------------------------------------------------


def _setting(connection: duckdb.DuckDBPyConnection, name: str) -> object:
    found = connection.execute(f"select current_setting('{name}')").fetchone()
    return found and found[0]


def test_a_connection_spills_to_a_folder_of_its_own_that_is_gone_with_it(tmp_path: Path) -> None:
    with connected(tmp_path) as one, connected(tmp_path) as other:
        folders = [Path(str(_setting(each, "temp_directory"))) for each in (one, other)]
        assert len(set(folders)) == 2
        assert all(folder.parent == tmp_path for folder in folders)
        one.execute("set memory_limit = '40MiB'")
        one.execute("create table numbers as select range as number, md5(range::varchar) as text from range(2_000_000)")
        assert list(folders[0].iterdir())
        assert not list(folders[1].iterdir())
    assert list(tmp_path.iterdir()) == []


def test_without_a_folder_nothing_is_spilled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with connected() as connection:
        connection.execute("set memory_limit = '20MiB'")
        with pytest.raises(duckdb.OutOfMemoryException):
            connection.execute("create table numbers as select range as number, md5(range::varchar) as text from range(2_000_000)")
    assert list(tmp_path.iterdir()) == []


def test_connections_that_work_at_the_same_time_share_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MEMORY_VARIABLE, "4GiB")
    whole = Memory.of_run().database
    limits = []
    for at_once in (1, 2):
        with connected(tmp_path, at_once=at_once) as connection:
            limits.append(_setting(connection, "memory_limit"))
    with duckdb.connect() as plain:
        for limit, share in zip(limits, (whole, whole // 2), strict=True):
            plain.execute(f"set memory_limit = '{in_mebibytes(share)}'")
            assert limit == _setting(plain, "memory_limit")


def test_files_have_the_limit_too(tmp_path: Path) -> None:
    file = tmp_path / "some.duckdb"
    with connected(file=file) as connection:
        connection.execute("create view one as select 1 as n")
    with connected(file=file, read_only=True) as connection:
        assert connection.execute("from one").fetchall() == [(1,)]
        with connected(tmp_path) as in_memory:
            assert _setting(connection, "memory_limit") == _setting(in_memory, "memory_limit")
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            connection.execute("create table two (n integer)")


def test_nothing_else_in_the_pipeline_connects() -> None:
    connecting = {
        path.relative_to(PACKAGE).as_posix()
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if _opens_duckdb(node)
    }
    assert connecting == {"lake/database.py"}


# Module functions that open a database or use the one that all of a process share, which has no limit.
_OPENING = ("connect", "default_connection", "execute", "executemany", "from_query", "query", "read_csv", "read_parquet", "sql")


def _opens_duckdb(node: ast.AST) -> bool:
    if isinstance(node, ast.ImportFrom):
        return node.module == "duckdb" and any(each.name in _OPENING for each in node.names)
    return (
        isinstance(node, ast.Attribute) and node.attr in _OPENING and isinstance(node.value, ast.Name) and node.value.id == "duckdb"
    )
