"""``asq privacy scan`` and its like say what they could not look at, and do not call that clean."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from runs import Finished, asq_here, environment

from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake

from .lakes import current, released
from .landing import QUARTER


def asq(*words: str | Path) -> Finished:
    return Finished(*asq_here(*words, environment=environment()))


def scan(lake: Path, *words: str | Path) -> Finished:
    return asq("privacy", "scan", "--lake", lake, *words)


def test_a_lake_as_it_was_published_is_clean(lake_copy: Path) -> None:
    finished = scan(lake_copy)
    assert (finished.returncode, finished.stderr) == (0, "")
    assert finished.stdout.splitlines()[-1].startswith("0 findings; ")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("published/scores.parquet", "not looked at: table scores (is damaged or of another format)"),
        ("clean/service_requests", "not looked at: clean service_requests 2025-Q1 (is damaged or of another format)"),
        ("raw/customers", "data.parquet (is damaged, its values were not searched for)"),
        ("warehouse.duckdb", "not looked at: warehouse warehouse.duckdb (is damaged or of another format)"),
    ],
)
def test_a_damaged_file_is_named_and_the_rest_is_scanned(lake_copy: Path, name: str, told: str) -> None:
    zone, _, table = name.partition("/")
    damaged = {
        "published": current(lake_copy, QUARTER) / table,
        "warehouse.duckdb": lake_copy / "warehouse.duckdb",
    }.get(zone, Lake(lake_copy).partition(zone, table, Quarter.parse(QUARTER)))
    damaged.unlink()
    damaged.write_bytes(b"no more")
    (released(current(lake_copy, QUARTER)) / "report" / "E1.html").write_text("<p>电话13812345678</p>", encoding="utf-8")
    finished = scan(lake_copy)
    assert finished.returncode == 2
    assert told in finished.stderr
    assert "report report/E1.html: page, line 1: phone 1**********" in finished.stdout


@pytest.mark.parametrize("zone", ["clean", "raw"])
def test_a_zone_that_cannot_be_listed_is_named(lake_copy: Path, zone: str) -> None:
    shutil.rmtree(lake_copy / zone)
    (lake_copy / zone).write_bytes(b"")
    finished = scan(lake_copy)
    assert finished.returncode == 2
    assert f"not looked at: {lake_copy / zone} (cannot be listed)" in finished.stderr


def test_known_values_that_are_not_there_are_not_none(lake_copy: Path) -> None:
    shutil.rmtree(lake_copy / "raw")
    finished = scan(lake_copy)
    assert finished.returncode == 2
    assert "--patterns-only" in finished.stderr
    assert scan(lake_copy, "--patterns-only").returncode == 0


def test_a_log_that_is_not_text_was_not_looked_at(lake_copy: Path, tmp_path: Path) -> None:
    log = tmp_path / "run.log.gz"
    log.write_bytes(b"\x1f\x8b\0\0" + b"13812345678")
    finished = scan(lake_copy, "--log", log)
    assert (finished.returncode, f"not looked at: log {log} (is not text)" in finished.stderr) == (2, True)


@pytest.mark.parametrize("words", [("privacy", "keys"), ("quarantine", "list")])
def test_a_damaged_file_is_not_an_answer(lake_copy: Path, words: tuple[str, ...]) -> None:
    zone, table = {"privacy": ("clean", "customers"), "quarantine": ("quarantine", "hotline_calls")}[words[0]]
    Lake(lake_copy).partition(zone, table, Quarter.parse(QUARTER)).write_bytes(b"no more")
    finished = asq(*words, "--lake", lake_copy)
    assert (finished.returncode, "cannot be read" in finished.stderr) == (2, True)
    (line,) = finished.stderr.splitlines()
    assert line.startswith("asq: ")
