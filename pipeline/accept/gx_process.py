"""Client of the Great Expectations process (``worker``), which it keeps ready as long as this process lives.

Starts the process and talks to it; the caller decides what to check and what follows.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.accept.figures import Figures
from pipeline.errors import AsqError
from pipeline.lake.sql import quoted
from schemas.expectations.acceptance import ENTERPRISE, Check

_process: subprocess.Popen[str] | None = None
# The process that is still writing the pages of the last job.
_pages_of: subprocess.Popen[str] | None = None


class ChecksNotRun(AsqError):
    """Great Expectations gave no answer: a fault of the installation, never of the data."""


@dataclass(frozen=True)
class Missed:
    """An enterprise whose figure of a table is outside the expected (``warn``) or required (``refuse``) range."""

    table: str
    check: str
    kind: str
    enterprise: str


def start() -> None:
    """Start the process if it is not running: its imports take seconds."""
    _running()


def check(
    figures: Mapping[str, Figures], asked: Mapping[str, tuple[Check, ...]], label: str, work: Path, pages: Path
) -> list[Missed]:
    """Check the figures of every table; returns those out of range.

    ``label``: the quarter. ``work``: a folder for the figures' database, no longer needed when this returns. ``pages``: an existing
    folder for the Data Docs, which may be written after this returns (``finish_pages``). Raises ChecksNotRun if there is no
    answer or an expectation could not be evaluated.
    """
    global _pages_of
    with suppress(ChecksNotRun):
        # Pages of an earlier run that failed before it fetched them; their folder may be gone.
        finish_pages()
    # An expectation costs the same when there is nothing to check.
    checked = {
        table: some
        for table, of in asked.items()
        if (some := tuple(each for each in of if any(f[each.name].value is not None for f in figures[table].values())))
    }
    database = work / "figures.sqlite"
    write_figures(figures, checked, database)
    limits = {table: {each.name: _limits(each) for each in of} for table, of in checked.items()}
    process = _running()
    assert process.stdin is not None
    job = {"database": str(database), "limits": limits, "label": label, "pages": str(pages)}
    # A process that has ended takes no job: the missing answer is reported.
    with suppress(BrokenPipeError):
        process.stdin.write(json.dumps(job) + "\n")
        process.stdin.flush()
    found = _answer(process)["results"]
    _pages_of = process
    return [Missed(entry["table"], entry["check"], entry["kind"], enterprise) for entry in found for enterprise in entry["missed"]]


def finish_pages() -> None:
    """Wait until the Data Docs of the last job are written; raises ChecksNotRun if they could not be."""
    global _pages_of
    process, _pages_of = _pages_of, None
    if process is not None:
        _answer(process)


def _limits(check: Check) -> dict[str, list[float | None] | None]:
    return {
        "expected": [check.expected.lower, check.expected.upper],
        "required": [check.required.lower, check.required.upper] if check.required else None,
    }


def write_figures(figures: Mapping[str, Figures], asked: Mapping[str, tuple[Check, ...]], database: Path) -> None:
    """Write an SQLite file with one table per checked table: one row per enterprise, one column per check.

    Great Expectations reads SQLite by itself; for DuckDB it has no data source, and its general one for SQL gives DuckDB's
    connection back before the rows are fetched (its issues 10738, 11579).
    """
    database.unlink(missing_ok=True)
    with closing(sqlite3.connect(database)) as connection, connection:
        for table, of in asked.items():
            columns = ", ".join([f"{ENTERPRISE} text", *(f"{quoted(check.name)} real" for check in of)])
            connection.execute(f"create table {quoted(table)} ({columns})")
            connection.executemany(
                f"insert into {quoted(table)} values ({', '.join('?' * (len(of) + 1))})",
                [(name, *(found[check.name].value for check in of)) for name, found in figures[table].items()],
            )


def _running() -> subprocess.Popen[str]:
    global _process
    if _process is None or _process.poll() is not None:
        _process = subprocess.Popen(
            [sys.executable, "-m", "pipeline.accept.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            # Older versions of Great Expectations report usage to their makers.
            env={**os.environ, "GX_ANALYTICS_ENABLED": "false", "PYTHONUTF8": "1"},
        )
    return _process


def _answer(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise ChecksNotRun(f"Great Expectations ended without an answer (exit code {process.wait()})")
    answered: dict[str, Any] = json.loads(line)
    if "error" in answered:
        raise ChecksNotRun(f"Great Expectations could not check the delivery: {answered['error']}")
    return answered
