"""Damaged files, full disks, missing rights: no traceback, nothing half, and the next run finds its way."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from runs import asq_here, asq_run, environment

from pipeline.calendar.quarters import Quarter
from pipeline.lake.access_log import events
from pipeline.lake.layout import Lake

from .conftest import TwoQuarters
from .lakes import OF_THE_LAKE, current, differing, leftovers, without_run_id
from .landing import EARLIER_QUARTER, QUARTER

pytestmark = pytest.mark.faults

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
    ]


@pytest.fixture(scope="module")
def sound(two_quarters: TwoQuarters, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """What the quarter's run publishes in the same lake without damage."""
    lake = shutil.copytree(two_quarters.lake, tmp_path_factory.mktemp("sound") / "lake", symlinks=True)
    asq_run(QUARTER, two_quarters.landing, lake)
    return without_run_id(current(lake, QUARTER))


@pytest.mark.parametrize("breaking", BREAKINGS.values(), ids=BREAKINGS.keys())
def test_a_damaged_file_in_every_zone_is_named_set_aside_and_made_anew(
    breaking: Breaking, two_quarters: TwoQuarters, sound: dict[str, bytes], tmp_path: Path
) -> None:
    lake = Lake(shutil.copytree(two_quarters.lake, tmp_path / "lake", symlinks=True))
    broken = _zone_files(lake)
    for path in broken:
        breaking(path)
    names = {str(path.relative_to(lake.root)) for path in broken}
    finished = asq_run(QUARTER, two_quarters.landing, lake.root)
    # Everything but the published table of a quarter that was not run is there again.
    missing = [path.relative_to(lake.root) for path in broken if not path.exists()]
    assert missing == [path.relative_to(lake.root) for path in broken[-2:]]
    assert {str(event["file"]) for event in events(lake) if event["action"] == "set aside"} == names
    assert all((lake.root / "damaged" / name).is_file() for name in names)
    for name in names:
        assert f"asq: {QUARTER}: {name} " in finished.stderr
    published = without_run_id(current(lake.root, QUARTER))
    assert set(differing(published, sound)) <= {"run_info.parquet", *OF_THE_LAKE, "report/E1.html", "data_quality.parquet"}
    record = pl.read_parquet(current(lake.root, QUARTER) / "run_info.parquet")
    assert {f"damaged:{name}" for name in names} <= set(record["key"])
    assert leftovers(lake.root) == []
    # The next run has nothing to say of it.
    assert "set aside" not in asq_run(QUARTER, two_quarters.landing, lake.root).stderr
    assert asq_here("report", EARLIER_QUARTER, "--lake", lake.root, environment=environment())[0] == 0
