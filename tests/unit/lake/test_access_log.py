"""The log of who read and removed personal data: whole lines, whoever else is writing, for its owner only."""

from __future__ import annotations

import datetime as dt
import getpass
import os
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.lake.access_log import access_log, append, entry, events, log_reading
from pipeline.lake.layout import Lake


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def test_an_event_says_who_when_and_what(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    user = getpass.getuser()
    # Anybody can set it.
    monkeypatch.setenv("LOGNAME", "somebody else")
    monkeypatch.delenv("USER", raising=False)
    log_reading(lake, "evaluate_quarter", "raw", Quarter(2025, 1), ["staff"], "run-1")
    (event,) = events(lake)
    at = dt.datetime.fromisoformat(event.pop("at"))
    assert abs(dt.datetime.now(dt.UTC) - at) < dt.timedelta(minutes=1)
    assert event == {
        "user": user,
        "command": "evaluate_quarter",
        "action": "read",
        "zone": "raw",
        "quarter": "2025-Q1",
        "tables": ["staff"],
        "run_id": "run-1",
    }


def test_only_its_owner_may_read_it(lake: Lake) -> None:
    previous = os.umask(0)
    try:
        append(lake, [entry("test", "read")])
    finally:
        os.umask(previous)
    path = access_log(lake)
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)


def test_writers_beside_each_other_write_whole_lines(lake: Lake) -> None:
    script = (
        "import sys; from pipeline.lake.access_log import append, entry; from pipeline.lake.layout import Lake\n"
        "for number in range(100):\n"
        f"    append(Lake({str(lake.root)!r}), [entry('test', 'read', writer=sys.argv[1], number=number, tables=['t'*3000])])"
    )
    writers = [subprocess.Popen([sys.executable, "-c", script, str(number)]) for number in range(3)]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    lines = access_log(lake).read_text(encoding="utf-8").splitlines()
    found = [(event["writer"], event["number"]) for event in events(lake)]
    assert len(lines) == 300
    assert sorted(found) == sorted((str(writer), number) for writer in range(3) for number in range(100))


def test_half_a_line_of_a_killed_process_spoils_no_other(lake: Lake) -> None:
    append(lake, [entry("test", "read", number=1)])
    with access_log(lake).open("a", encoding="utf-8") as handle:
        handle.write('{"at": "2025-')
    append(lake, [entry("test", "read", number=2)])
    assert [event["number"] for event in events(lake)] == [1, 2]


def test_duckdb_reads_it_as_documented(lake: Lake) -> None:
    append(lake, [entry("asq purge", "purge", zone="raw", quarter="2024-Q1", table="staff", rows=7)])
    append(lake, [entry("evaluate_quarter", "read", zone="raw", tables=["staff"])])
    query = "select quarter, sum(rows)::bigint from read_json($1) where action = 'purge' group by quarter"
    assert duckdb.execute(query, [str(access_log(lake))]).fetchall() == [("2024-Q1", 7)]
