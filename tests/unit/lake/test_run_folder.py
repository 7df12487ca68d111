from __future__ import annotations

import json
import re
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import duckdb
import polars as pl
import publication_steps
import pytest
from publication_steps import NEW, OLD, QUARTER, TABLES, fill

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.lake.files import atomic_path
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder, is_of_earlier_version, remove_abandoned
from pipeline.lake.sql import literal
from pipeline.lake.warehouse import refresh_stale_warehouse
from schemas.expectations.meanings import LATEST

EARLIER = Quarter(2024, 4)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "a lake's folder")


def publish(lake: Lake, run_id: str, quarter: Quarter = QUARTER) -> Path:
    return fill(RunFolder(lake, quarter, run_id).open()).publish(TABLES, TABLES)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def run_ids_seen(lake: Lake, warehouse: str | None = None) -> list[tuple[str, ...]]:
    """The run ids of each published table, through the warehouse."""
    with duckdb.connect(warehouse or str(lake.warehouse), read_only=True) as connection:
        return [
            tuple(row[0] for row in connection.execute(f"select run_id from {table} order by all").fetchall()) for table in TABLES
        ]


# --- what a publication is -------------------------------------------------------------------------------------------


def test_a_published_run_is_one_folder_that_the_quarter_links_to(lake: Lake) -> None:
    run = RunFolder(lake, QUARTER, NEW).open()
    assert not lake.current(QUARTER).exists()
    gathered, released = contents(fill(run).path), contents(run.released)
    link = run.publish(TABLES, TABLES)
    assert link == lake.current(QUARTER)
    assert link.resolve() == lake.runs / NEW
    assert contents(link) == released
    assert lake.analyst(QUARTER) == lake.analyst_runs / NEW
    # The lock is of no use to readers.
    assert contents(lake.analyst(QUARTER)) == {name: data for name, data in gathered.items() if name != ".lock"}
    assert [path.name for runs in (lake.runs, lake.analyst_runs) for path in runs.iterdir()] == [NEW, NEW]
    assert [path.name for path in link.parent.iterdir()] == [link.name]


def test_a_lake_can_be_moved_as_a_whole(lake: Lake, tmp_path: Path) -> None:
    publish(lake, NEW)
    moved = Lake(tmp_path / "elsewhere")
    lake.root.rename(moved.root)
    assert moved.current(QUARTER).resolve() == moved.runs / NEW
    assert run_ids_seen(moved) == [(NEW,)] * len(TABLES)


def test_the_next_run_takes_over_and_leaves_the_folder_of_the_last(lake: Lake) -> None:
    publish(lake, OLD)
    before = contents(lake.runs / OLD)
    publish(lake, NEW)
    assert lake.current(QUARTER).resolve() == lake.runs / NEW
    assert contents(lake.runs / OLD) == before


def test_what_a_run_does_not_make_anew_is_taken_over(lake: Lake) -> None:
    """Materializing one asset in the UI publishes its table beside the others' last ones."""
    publish(lake, OLD)
    before, released = contents(lake.analyst_runs / OLD), contents(lake.runs / OLD)
    run = RunFolder(lake, QUARTER, NEW).open()
    assert contents(run.path) == before | {".lock": b""}
    assert contents(run.released) == released
    with atomic_path(run.table("scores")) as path:
        duckdb.sql("select 'run-new' as run_id, 2 as x").write_parquet(str(path))
    anew = run.table("scores").read_bytes()
    run.publish(TABLES, TABLES)
    assert contents(lake.analyst(QUARTER)) == before | {"scores.parquet": anew}
    assert contents(lake.analyst_runs / OLD) == before
    assert contents(lake.current(QUARTER)) == contents(lake.runs / OLD) == released


def test_a_run_that_lacks_what_a_whole_run_makes_is_not_published(lake: Lake) -> None:
    """Materializing the publication alone, of a quarter that was never evaluated."""
    run = RunFolder(lake, QUARTER, NEW).open()
    message = "^2025-Q1 cannot be published: indicator_values, run_info, scores, report not made and never published before"
    with pytest.raises(UsageError, match=message):
        run.publish(TABLES, TABLES)
    fill(run).table("run_info").unlink()
    run.released_table("scores").unlink()
    with pytest.raises(UsageError, match=r"^2025-Q1 cannot be published: run_info, scores \(released\) not made"):
        run.publish(TABLES, TABLES)
    run.discard()
    assert lake.published_quarters() == []
    assert [*lake.runs.iterdir(), *lake.analyst_runs.iterdir()] == []
    assert not lake.warehouse.exists()


def test_a_table_written_in_parts_is_the_table_written_at_once(lake: Lake) -> None:
    run = RunFolder(lake, QUARTER, "r1").open()
    rows = pl.DataFrame({"key": ["a", "b", None], "number": [1, None, 3], "amount": [Decimal("1.50"), None, Decimal("2.25")]})
    with run.in_parts("parts") as add:
        add(rows[:2])
        add(rows[2:])
    run.write("whole", rows)
    assert pl.read_parquet(run.table("parts")).equals(pl.read_parquet(run.table("whole")))
    with pytest.raises(AttributeError), run.in_parts("parts") as add:
        add(None)  # type: ignore[arg-type]
    assert pl.read_parquet(run.table("parts")).height == 3
    run.discard()


def test_a_folder_is_opened_once_a_run(lake: Lake) -> None:
    publish(lake, OLD)
    run = fill(RunFolder(lake, QUARTER, NEW).open())
    gathered = contents(run.path)
    # Each asset of a run asks for the folder anew.
    assert contents(RunFolder(lake, QUARTER, NEW).open().path) == gathered
    run.discard()


def test_a_discarded_run_leaves_nothing(lake: Lake) -> None:
    publish(lake, OLD)
    before = contents(lake.root)
    fill(RunFolder(lake, QUARTER, NEW).open()).discard()
    assert {name: data for name, data in contents(lake.root).items() if not name.startswith("locks/")} == {
        name: data for name, data in before.items() if not name.startswith("locks/")
    }
    assert [path.name for path in lake.runs.iterdir()] == [OLD]


def test_a_run_that_never_opened_its_folder_can_be_discarded(lake: Lake) -> None:
    RunFolder(lake, QUARTER, NEW).discard()
    assert not lake.runs.exists()


# --- the warehouse ---------------------------------------------------------------------------------------------------


def test_the_warehouse_shows_each_quarter_s_current_run(lake: Lake) -> None:
    publish(lake, "run-earlier", EARLIER)
    publish(lake, OLD)
    publish(lake, NEW)
    assert run_ids_seen(lake) == [("run-earlier", NEW)] * len(TABLES)


def test_the_warehouse_takes_tables_that_gained_a_column(lake: Lake) -> None:
    publish(lake, "run-earlier", EARLIER)
    run = fill(RunFolder(lake, QUARTER, NEW).open())
    with atomic_path(run.released_table("scores")) as path:
        duckdb.sql("select 'run-new' as run_id, 7 as grade").write_parquet(str(path))
    run.publish(TABLES, TABLES)
    with duckdb.connect(str(lake.warehouse), read_only=True) as connection:
        rows = connection.execute("select run_id, x, grade from scores order by run_id").fetchall()
    assert rows == [("run-earlier", 1, None), ("run-new", None, 7)]


def test_the_warehouse_of_a_lake_below_a_folder_that_is_called_like_a_partition(tmp_path: Path) -> None:
    """The folder's name is no column: 2020-Q3 must not take the place of the quarter in the table, nor be one more."""
    lake = Lake(tmp_path / "quarter=2020-Q3" / "run_id=x" / "lake")
    run = fill(RunFolder(lake, QUARTER, NEW).open())
    with atomic_path(run.released_table("row_accounting")) as path:
        duckdb.sql("select '2025-Q1' as quarter, 7 as extracted, 'run-new' as run_id").write_parquet(str(path))
    run.publish(TABLES, (*TABLES, "row_accounting"))
    with duckdb.connect(str(lake.warehouse), read_only=True) as connection:
        assert connection.execute("select * from row_accounting").fetchall() == [("2025-Q1", 7, NEW)]
        assert connection.execute("select * from scores").fetchall() == [(NEW, 1)]


def test_the_warehouse_of_a_run_that_died_behind_its_switch_is_made_up_for(lake: Lake) -> None:
    publish(lake, OLD)
    before = lake.warehouse.read_bytes()
    publish(lake, NEW)
    lake.warehouse.write_bytes(before)
    assert run_ids_seen(lake) == [(OLD,)] * len(TABLES)
    refresh_stale_warehouse(lake)
    assert run_ids_seen(lake) == [(NEW,)] * len(TABLES)


@pytest.mark.parametrize("held", [b"no database", b"", None])
def test_a_warehouse_that_is_broken_or_gone_is_made_anew(held: bytes | None, lake: Lake) -> None:
    publish(lake, NEW)
    lake.warehouse.unlink()
    if held is not None:
        lake.warehouse.write_bytes(held)
    refresh_stale_warehouse(lake)
    assert run_ids_seen(lake) == [(NEW,)] * len(TABLES)


def only_run_says(lake: Lake, said: str) -> None:
    """Another content in the lake's only run, so that its files can be told from those of a copy."""
    for table in TABLES:
        path = lake.runs / NEW / f"{table}.parquet"
        path.unlink()
        duckdb.sql(f"select '{said}' as run_id, 1 as x").write_parquet(str(path))


@pytest.mark.parametrize("name", ["copy", "a copy's folder", "quarter=2020-Q3"])
def test_the_warehouse_of_a_copied_lake_shows_the_copy_s_own_files(name: str, lake: Lake, tmp_path: Path) -> None:
    publish(lake, "run-earlier", EARLIER)
    publish(lake, NEW)
    copy = Lake(shutil.copytree(lake.root, tmp_path / name, symlinks=True))
    only_run_says(lake, "original")
    assert run_ids_seen(copy) == [("run-earlier", NEW)] * len(TABLES)
    assert run_ids_seen(lake) == [("original", "run-earlier")] * len(TABLES)
    shutil.rmtree(lake.root)
    assert run_ids_seen(copy) == [("run-earlier", NEW)] * len(TABLES)


@pytest.mark.parametrize("opened", ["warehouse.duckdb", "./warehouse.duckdb", "../moved/warehouse.duckdb"])
def test_the_warehouse_of_a_moved_lake_is_opened_by_any_path(
    opened: str, lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(lake, NEW)
    moved = Lake(lake.root.rename(tmp_path / "moved"))
    monkeypatch.chdir(moved.root)
    assert run_ids_seen(moved, opened) == [(NEW,)] * len(TABLES)


def attached_run_ids(lake: Lake) -> list[tuple[str]]:
    with duckdb.connect() as connection:
        connection.execute(f"attach {literal(lake.warehouse)} as warehouse (read_only)")
        return connection.execute("select run_id from warehouse.scores").fetchall()


def test_an_attached_warehouse_of_a_moved_lake_names_the_missing_file_until_a_command_made_up_for_it(
    lake: Lake, tmp_path: Path
) -> None:
    publish(lake, NEW)
    assert attached_run_ids(lake) == [(NEW,)]
    moved = Lake(lake.root.rename(tmp_path / "moved"))
    with pytest.raises(duckdb.IOException, match=re.escape(f"{lake.runs}/{NEW}/scores.parquet")):
        attached_run_ids(moved)
    refresh_stale_warehouse(moved)
    assert attached_run_ids(moved) == [(NEW,)]


def test_a_warehouse_that_is_current_is_left_alone(lake: Lake) -> None:
    refresh_stale_warehouse(lake)
    assert not lake.root.exists()
    publish(lake, "run-earlier", EARLIER)
    publish(lake, NEW)
    before = lake.warehouse.stat().st_ino
    RunFolder(lake, QUARTER, "run-next").open().discard()
    assert lake.warehouse.stat().st_ino == before


def test_a_reader_s_transaction_sees_one_run_in_all_tables(lake: Lake) -> None:
    """A dashboard reads table after table: a run that is published meanwhile must not come in between."""
    publish(lake, OLD)
    with duckdb.connect(str(lake.warehouse), read_only=True) as connection:
        connection.begin()
        first = connection.execute("select run_id from scores").fetchall()
        publish(lake, NEW)
        second = connection.execute("select run_id from indicator_values").fetchall()
        connection.commit()
    assert first == second
    assert run_ids_seen(lake) == [(NEW,)] * len(TABLES)


# --- runs that died --------------------------------------------------------------------------------------------------


@contextmanager
def run_of_another_process(lake: Lake, run_id: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has opened a run's folder and works on; killed at the end."""
    script = (
        "import time; from pipeline.lake.layout import Lake; from pipeline.lake.run_folder import RunFolder; "
        "from pipeline.calendar.quarters import Quarter\n"
        f"RunFolder(Lake({str(lake.root)!r}), Quarter(2025, 1), {run_id!r}).open()\n"
        "print('opened', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "opened\n"
            yield process
        finally:
            process.kill()


def test_the_folder_of_a_run_under_way_stays_and_that_of_a_dead_one_goes(lake: Lake) -> None:
    scratch = lake.scratch / "run-there"
    scratch.mkdir(parents=True)
    with run_of_another_process(lake, "run-there") as process:
        mine = RunFolder(lake, QUARTER, "run-here").open()
        assert remove_abandoned(lake) == []
        assert (lake.runs / ".building-run-there").is_dir()
        process.kill()
        process.wait()
        assert remove_abandoned(lake) == ["run-there"]
        assert not scratch.exists()
        assert [path.name for path in lake.runs.iterdir()] == [".building-run-here"]
        mine.discard()


def test_opening_a_run_removes_what_dead_ones_left(lake: Lake) -> None:
    # Killed before it could lock its folder.
    abandoned = lake.runs / ".building-run-dead"
    abandoned.mkdir(parents=True)
    (abandoned / "scores.parquet").write_bytes(b"half")
    run = RunFolder(lake, QUARTER, NEW).open()
    assert [path.name for path in lake.runs.iterdir()] == [".building-run-new"]
    run.discard()


def test_runs_that_were_published_once_stay(lake: Lake) -> None:
    publish(lake, OLD)
    # A run that was killed just behind its switch leaves its lock file.
    (lake.analyst_runs / OLD / ".lock").touch()
    publish(lake, NEW)
    assert remove_abandoned(lake) == []
    assert {path.name for path in lake.runs.iterdir()} == {path.name for path in lake.analyst_runs.iterdir()} == {OLD, NEW}
    assert not (lake.analyst_runs / OLD / ".lock").exists()


def test_what_runs_left_that_died_before_their_switch_goes(lake: Lake) -> None:
    publish(lake, OLD)
    never_linked = lake.runs / "run-dead"
    for folder in (never_linked, lake.analyst_runs / "run-dead"):
        folder.mkdir()
    (lake.analyst_runs / "run-dead" / ".lock").touch()
    half_link = lake.current(QUARTER).with_name(".quarter=2025-Q1.run-dead")
    half_link.symlink_to(never_linked)
    assert remove_abandoned(lake) == ["run-dead"]
    assert [path.name for runs in (lake.runs, lake.analyst_runs) for path in runs.iterdir()] == [OLD, OLD]
    assert list(half_link.parent.iterdir()) == [lake.current(QUARTER)]


def test_opening_a_run_removes_personal_data_that_dead_ones_were_writing(lake: Lake) -> None:
    half_written = lake.partition("accepted", "customers", QUARTER).with_name(".data.parquet.0.tmp")
    half_written.parent.mkdir(parents=True)
    half_written.write_bytes(b"half")
    RunFolder(lake, QUARTER, NEW).open().discard()
    assert list(half_written.parent.iterdir()) == []


def test_a_lake_without_runs_has_none_to_remove(lake: Lake) -> None:
    assert remove_abandoned(lake) == []


def test_readers_no_longer_see_what_earlier_versions_published(lake: Lake) -> None:
    """They showed readers every table; the folder goes to the analysts' layer, and its quarter has to be run again."""
    publish(lake, OLD, EARLIER)
    publish(lake, NEW)
    for run_id in (OLD, NEW):
        shutil.rmtree(lake.analyst_runs / run_id)
        (lake.runs / run_id / ".released").unlink()
    assert is_of_earlier_version(lake, QUARTER)
    RunFolder(lake, QUARTER, "run-next").open().discard()
    assert lake.published_quarters() == []
    assert {path.name for path in lake.analyst_runs.iterdir()} == {OLD, NEW}
    assert list(lake.runs.iterdir()) == []
    assert stat.S_IMODE((lake.root / "analyst").stat().st_mode) == 0o700
    with duckdb.connect(str(lake.warehouse), read_only=True) as connection:
        assert connection.execute("show tables").fetchall() == []


def test_the_analysts_database_shows_all_tables_and_only_to_its_owner(lake: Lake) -> None:
    run = fill(RunFolder(lake, QUARTER, NEW).open())
    run.write("quarantine", pl.DataFrame({"row_key": ["E1;R1"]}))
    run.publish(TABLES, TABLES)
    with duckdb.connect(str(lake.analyst_warehouse), read_only=True) as connection:
        assert connection.execute("select row_key from quarantine").fetchall() == [("E1;R1",)]
    with duckdb.connect(str(lake.warehouse), read_only=True) as connection:
        shown = {name for (name,) in connection.execute("show tables").fetchall()}
        assert {name for name in shown if not name.startswith(LATEST)} == set(TABLES)
        assert {name.removeprefix(LATEST) for name in shown if name.startswith(LATEST)} <= set(TABLES)
    assert stat.S_IMODE(lake.analyst_warehouse.stat().st_mode) == 0o600
    assert stat.S_IMODE((lake.root / "analyst").stat().st_mode) == 0o700


# --- killed, raced, read at every moment -----------------------------------------------------------------------------


def _steps(mode: str, folder: Path) -> None:
    finished = subprocess.run(
        [sys.executable, publication_steps.__file__, mode, str(folder)], capture_output=True, text=True, timeout=120
    )
    assert finished.returncode == 0, finished.stderr


def test_killed_before_any_step_of_publishing_the_old_or_the_new_run_is_there_whole(tmp_path: Path) -> None:
    _steps("killed", tmp_path)
    lakes = [Lake(folder) for folder in tmp_path.iterdir()]
    published = []
    for lake in lakes:
        run_id = lake.current(QUARTER).resolve().name
        published.append(run_id)
        tables = {name for name in contents(lake.current(QUARTER)) if name.endswith(".parquet")}
        assert tables == {f"{name}.parquet" for name in TABLES}
        assert (lake.current(QUARTER) / "report/E1.html").read_text(encoding="utf-8") == run_id
        seen = run_ids_seen(lake)
        assert len(set(seen)) == 1
        assert seen[0] in {(OLD,), (NEW,)}
        # The next run finds its way and tidies up.
        run = RunFolder(lake, QUARTER, "run-next").open()
        assert [path.name for path in lake.runs.glob(".building-*")] == [".building-run-next"]
        assert contents(run.path) == contents(lake.analyst(QUARTER)) | {".lock": b""}
        assert contents(run.released) == contents(lake.current(QUARTER))
        # The warehouse has caught up, and of a run that was not published nothing is left.
        assert run_ids_seen(lake) == [(run_id,)] * len(TABLES)
        for runs in (lake.runs, lake.analyst_runs):
            assert {path.name for path in runs.iterdir()} == {OLD, run_id, ".building-run-next"}
        assert list(lake.current(QUARTER).parent.iterdir()) == [lake.current(QUARTER)]
        assert list(lake.root.glob(".*")) == []
        run.discard()
    # Both sides of the switch were met, and the last lake is the one where nothing was left to be killed at.
    assert set(published) == {OLD, NEW}
    assert len(lakes) > 5


def test_a_run_may_start_at_any_moment_of_another_s_publication(tmp_path: Path) -> None:
    _steps("joined", tmp_path)
    lake = Lake(tmp_path)
    assert lake.current(QUARTER).resolve() == lake.runs / NEW
    assert run_ids_seen(lake) == [(NEW,)] * len(TABLES)
    assert [path.name for path in lake.runs.iterdir()] == [NEW]


_READER = """
import json, sys, duckdb
from collections import Counter
answers = Counter()
query = "select run_id from scores union select run_id from indicator_values union select run_id from run_info"
while True:
    try:
        with duckdb.connect(sys.argv[1], read_only=True) as connection:
            for _ in range(3):
                answers[len(connection.execute(query).fetchall())] += 1
    except Exception as error:
        answers[f"{type(error).__name__}: {error}"] += 1
    print(json.dumps(answers), flush=True)
"""


def test_readers_see_one_run_however_often_it_changes(lake: Lake) -> None:
    publish(lake, "run-0")
    reader = subprocess.Popen([sys.executable, "-c", _READER, str(lake.warehouse)], stdout=subprocess.PIPE, text=True)
    try:
        assert reader.stdout is not None
        reader.stdout.readline()
        until = time.monotonic() + 3
        publications = 0
        while time.monotonic() < until:
            publications += 1
            publish(lake, f"run-{publications}")
    finally:
        reader.kill()
        answers = reader.communicate()[0].splitlines()[-1]
    assert json.loads(answers).keys() == {"1"}, f"{answers} in {publications} publications"
