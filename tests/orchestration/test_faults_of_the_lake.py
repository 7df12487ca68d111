"""Damaged files, full disks, missing rights: no traceback, nothing half, and the next run finds its way."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import polars as pl
import pytest
from runs import asq_here, asq_run, environment

from pipeline.calendar.quarters import Quarter
from pipeline.errors import DataRefused
from pipeline.flow import NAMES as STAGES
from pipeline.lake.access_log import events
from pipeline.lake.damaged import damaged_files, make_sound
from pipeline.lake.faults import MachineFault
from pipeline.lake.layout import Lake
from pipeline.stage.progress import listening

from .conftest import Published, TwoQuarters
from .lakes import OF_THE_LAKE, current, differing, leftovers, published_contents, released, without_run_id
from .landing import EARLIER_QUARTER, QUARTER

pytestmark = pytest.mark.faults

_NOBODY = 65534

Breaking = Callable[[Path], None]


def _replaced(path: Path, content: bytes) -> None:
    # Files of several zones may be one file.
    path.unlink()
    path.write_bytes(content)


def _cut(path: Path) -> None:
    _replaced(path, path.read_bytes()[:-20])


def _emptied(path: Path) -> None:
    _replaced(path, b"")


def _flipped(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 0x10
    _replaced(path, bytes(content))


def _flipped_page(path: Path) -> None:
    """A byte of the first data pages, behind the magic bytes and the first page's header."""
    _flipped(path, min(60, path.stat().st_size // 3))


def _flipped_footer(path: Path) -> None:
    _flipped(path, path.stat().st_size - 30)


def _text(path: Path) -> None:
    _replaced(path, "订单号,客户\n1,2\n".encode())


def _other_table(path: Path) -> None:
    path.unlink()
    pl.DataFrame({"something": ["else"]}).write_parquet(path)


BREAKINGS: dict[str, Breaking] = {
    "cut off": _cut,
    "empty": _emptied,
    "a flipped byte in a data page": _flipped_page,
    "a flipped byte in the footer": _flipped_footer,
    "text": _text,
    "the Parquet file of another table": _other_table,
}


def _zone_files(lake: Lake) -> list[Path]:
    """A file of every zone, none of them the source of another."""
    earlier, quarter = Quarter.parse(EARLIER_QUARTER), Quarter.parse(QUARTER)
    return [
        lake.snapshot("service_requests"),
        lake.partition("raw", "service_requests", earlier),
        lake.partition("raw", "customers", quarter),
        lake.partition("accepted", "service_requests", earlier),
        lake.partition("quarantine", "hotline_calls", quarter),
        lake.partition("quarantine", "customers", earlier),
        lake.partition("clean", "service_requests", earlier),
        lake.partition("clean", "hotline_calls", quarter),
        lake.partition("profile", "service_requests", earlier),
        lake.current(earlier).resolve() / "data_quality.parquet",
        lake.current(quarter).resolve() / "scores.parquet",
        lake.analyst(quarter) / "quarantine.parquet",
    ]


@pytest.fixture(scope="module")
def sound(two_quarters: TwoQuarters, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the quarter's run publishes in the same lake without damage."""
    lake = shutil.copytree(two_quarters.lake, tmp_path_factory.mktemp("sound") / "lake", symlinks=True)
    asq_run(QUARTER, two_quarters.landing, lake)
    return without_run_id(current(lake, QUARTER))


def _copy(lake: Path, folder: Path) -> Lake:
    return Lake(shutil.copytree(lake, folder / "lake", symlinks=True))


@pytest.mark.parametrize("breaking", BREAKINGS.values(), ids=BREAKINGS.keys())
def test_every_kind_of_damage_is_found_in_every_zone(breaking: Breaking, two_quarters: TwoQuarters, tmp_path: Path) -> None:
    lake = _copy(two_quarters.lake, tmp_path)
    assert damaged_files(lake, Quarter.parse(QUARTER)) == []
    broken = [str(path.relative_to(lake.root)) for path in _zone_files(lake)]
    for name in broken:
        breaking(lake.root / name)
    assert {str(damage.path) for damage in damaged_files(lake, Quarter.parse(QUARTER))} == set(broken)
    told = make_sound(lake, Quarter.parse(QUARTER), "test", "run")
    assert [line.split()[0] for line in told] == [str(event["file"]) for event in events(lake) if event["action"] == "set aside"]
    assert {line.split()[0] for line in told} == set(broken)
    assert not any((lake.root / name).exists() for name in broken)
    assert all((lake.root / "damaged" / name).is_file() for name in broken)
    assert damaged_files(lake, Quarter.parse(QUARTER)) == []


def test_damaged_files_of_all_zones_are_made_anew_by_the_next_run(
    two_quarters: TwoQuarters, sound: dict[str, bytes], tmp_path: Path
) -> None:
    lake = _copy(two_quarters.lake, tmp_path)
    broken = _zone_files(lake)
    for path, breaking in zip(broken, cycle(BREAKINGS.values()), strict=False):
        breaking(path)
    names = {str(path.relative_to(lake.root)) for path in broken}
    finished = asq_run(QUARTER, two_quarters.landing, lake.root)
    # Everything but published tables of other runs is there again.
    assert {path for path in broken if not path.exists()} == set(broken[-3:])
    for name in names:
        assert f"asq: {QUARTER}: {name} " in finished.stderr
    published = without_run_id(current(lake.root, QUARTER))
    assert set(differing(published, sound)) <= {
        "run_info.parquet",
        "released/run_info.parquet",
        *OF_THE_LAKE,
    }
    record = pl.read_parquet(current(lake.root, QUARTER) / "run_info.parquet")
    assert {f"damaged:{name}" for name in names} <= set(record["key"])
    assert leftovers(lake.root) == []
    assert damaged_files(lake, thoroughly=True) == []


def test_a_run_stops_where_nothing_is_left_to_make_a_file_anew_and_goes_on_once_it_is_delivered(
    two_quarters: TwoQuarters, tmp_path: Path
) -> None:
    lake, earlier = _copy(two_quarters.lake, tmp_path), Quarter.parse(EARLIER_QUARTER)
    landing = shutil.copytree(two_quarters.landing, tmp_path / "landing")
    requests = landing / "service_requests.csv"
    header, *rows = requests.read_text(encoding="utf-8").splitlines(keepends=True)
    requests.write_text("".join([header, *(row for row in rows if "request-2024-10" not in row)]), encoding="utf-8")
    before = current(lake.root, QUARTER)
    raw = lake.partition("raw", "service_requests", earlier)
    _cut(raw)
    arguments = ("run", QUARTER, "--landing", landing, "--lake", lake.root)
    # Again and again, until somebody acts.
    for _ in range(2):
        code, _, said = asq_here(*arguments, environment=environment())
        assert code == MachineFault.exit_code
        assert f"service_requests {EARLIER_QUARTER}: the damaged file" in said
        assert f"Deliver the files of {EARLIER_QUARTER} again" in said
        assert current(lake.root, QUARTER) == before
        assert leftovers(lake.root) == []
    asq_run(QUARTER, two_quarters.landing, lake.root)
    assert raw.is_file()


def test_reading_commands_name_a_damaged_table(two_quarters: TwoQuarters, tmp_path: Path) -> None:
    lake = _copy(two_quarters.lake, tmp_path)
    of_analysts = current(lake.root, QUARTER)
    for command, layer, table in (
        (["report", QUARTER], released(of_analysts), "scores"),
        (["indicators", "--quarter", QUARTER], released(of_analysts), "indicator_values"),
        (["outliers", "list"], of_analysts, "outlier_groups"),
    ):
        folder = layer.relative_to(lake.root)
        whole = (lake.root / folder / f"{table}.parquet").read_bytes()
        for breaking in (_cut, _emptied, _text):
            breaking(lake.root / folder / f"{table}.parquet")
            code, _, said = asq_here(*command, "--lake", lake.root, environment=environment())
            assert code == MachineFault.exit_code
            assert f"{folder}/{table}.parquet is" in said
            assert f"`asq run {QUARTER}`" in said
        (lake.root / folder / f"{table}.parquet").write_bytes(whole)
    _flipped_footer(lake.partition("quarantine", "hotline_calls", Quarter.parse(QUARTER)))
    code, _, said = asq_here("quarantine", "list", "--lake", lake.root, environment=environment())
    assert code == MachineFault.exit_code
    assert "quarantine/hotline_calls/quarter=2025-Q1/data.parquet: cannot be read" in said


@contextmanager
def _mounted(folder: Path, *arguments: str) -> Iterator[Path]:
    """A file system of its own; skips where that is not permitted."""
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.which("mount") is None or subprocess.run(["mount", *arguments, str(folder)], capture_output=True).returncode:
        pytest.skip("file systems cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def _read_only(lake: Path, folder: Path) -> Iterator[Path]:
    """The lake, mounted read-only at another place."""
    with _mounted(folder, "--bind", str(lake)):
        subprocess.run(["mount", "-o", "remount,ro,bind", str(folder)], check=True)
        yield folder


def test_a_read_only_lake_at_another_place_can_be_read_and_says_why_it_cannot_be_run(published: Published, tmp_path: Path) -> None:
    with _read_only(published.lake, tmp_path / "elsewhere") as lake:
        for command in (
            ["report", QUARTER],
            ["quarantine", "list"],
            ["indicators"],
            ["outliers", "list"],
            ["outliers", "export", QUARTER, "--out", str(tmp_path / "review.csv")],
            ["privacy", "scan", QUARTER],
            ["purge", "--dry-run"],
        ):
            code, _, said = asq_here(*command, "--lake", lake, environment=environment())
            assert (code, said) == (0, ""), command
        with duckdb.connect(str(lake / "warehouse.duckdb"), read_only=True) as connection:
            assert connection.execute("select count(*) from scores").fetchone() != (0,)
        for command in (["run", QUARTER, "--landing", str(published.landing)], ["purge"]):
            code, _, said = asq_here(*command, "--lake", lake, environment=environment())
            assert code == MachineFault.exit_code
            assert said == f"asq: {lake}: cannot be written to: Read-only file system\n"


def _fill(ballast: Path) -> None:
    """Write until there is no room for another byte."""
    with ballast.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while True:
                    file.write(bytes(size))


@pytest.fixture(scope="module")
def small_disk(published: Published, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lake]:
    """A published lake on a disk of its own."""
    with _mounted(tmp_path_factory.mktemp("disk"), "-t", "tmpfs", "-o", "size=64m", "tmpfs") as disk:
        yield Lake(shutil.copytree(published.lake, disk / "lake", symlinks=True))


@pytest.mark.parametrize("stage", STAGES)
def test_a_disk_that_is_full_at_any_stage_is_named_and_nothing_half_is_left(
    stage: str, small_disk: Lake, published: Published
) -> None:
    lake, ballast, before = small_disk, small_disk.root.parent / "ballast", published_contents(small_disk.root)

    def fill(said: str, _detail: str) -> None:
        # Again and again, because what fails makes room.
        if said == stage or ballast.exists():
            _fill(ballast)

    try:
        with listening(fill):
            code, _, said = asq_here("run", QUARTER, "--landing", published.landing, "--lake", lake.root, environment=environment())
    finally:
        ballast.unlink(missing_ok=True)
    assert code == MachineFault.exit_code
    line = said.splitlines()[0]
    named = re.match(rf"asq: {QUARTER}: (\w+): the disk is full .*: {re.escape(str(lake.root))} has [\d,]+ bytes .*free, "
                     r"and about [\d,]+ bytes .* are needed", line)  # fmt: skip
    assert named, line
    # A stage whose files fit into the last block goes through.
    assert named[1] in STAGES[STAGES.index(stage) :]
    assert "Nothing was published; earlier publications are unchanged" in line
    assert published_contents(lake.root) == before
    assert leftovers(lake.root) == []
    assert damaged_files(lake, thoroughly=True) == []


def test_the_next_run_after_full_disks_publishes(small_disk: Lake, published: Published) -> None:
    asq_run(QUARTER, published.landing, small_disk.root)
    changed = differing(without_run_id(current(small_disk.root, QUARTER)), without_run_id(current(published.lake, QUARTER)))
    assert set(changed) <= set(OF_THE_LAKE)


@contextmanager
def _as_nobody(*folders: Path) -> Iterator[None]:
    """The folders belong to a user without rights to anything else, and this process is that user's."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody else")
    for folder in folders:
        for path in [folder, *folder.rglob("*")]:
            os.chown(path, _NOBODY, _NOBODY, follow_symlinks=False)
    os.seteuid(_NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def test_files_without_rights_are_named(published: Published) -> None:
    with TemporaryDirectory() as name:
        # The folders of the tests are root's alone.
        os.chmod(name, 0o755)
        lake = Lake(shutil.copytree(published.lake, Path(name, "lake"), symlinks=True))
        landing = shutil.copytree(published.landing, Path(name, "landing"))
        run = ("run", QUARTER, "--landing", landing, "--lake", lake.root)
        # Whatever is imported late is imported now.
        assert asq_here(*run, environment=environment())[0] == 0
        no_right, unreadable = "no right to read or write it", "cannot be read"
        quarantine = lake.partition("quarantine", "hotline_calls", Quarter.parse(QUARTER))
        closed = {
            # A file of the delivery is the deliverer's to mend, as any other that cannot be read.
            landing / "customers.csv": (run, DataRefused.exit_code, f"customers.csv: {unreadable}: permission denied"),
            quarantine: (("quarantine", "list", "--lake", lake.root), MachineFault.exit_code, unreadable),
            lake.current(Quarter.parse(QUARTER)) / "scores.parquet": (
                ("report", QUARTER, "--lake", lake.root),
                MachineFault.exit_code,
                no_right,
            ),
        }
        with _as_nobody(lake.root, landing):
            for path, (command, expected, words) in closed.items():
                before = published_contents(lake.root)
                path.chmod(0)
                code, _, said = asq_here(*command, environment=environment())
                path.chmod(0o600)
                assert code == expected, said
                assert path.name in said
                assert words in said
                assert published_contents(lake.root) == before
