"""The command line called inside the process of the tests.

Dagster, dbt and Great Expectations take as long to start as a small quarter takes to run. What only a process shows (signals, exit
codes, output while it works) is tested with one; a test that asks what a run published need not start one.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import chdir, contextmanager
from pathlib import Path

from click.testing import CliRunner

from pipeline.cli import main


def asq_here(
    *arguments: str | Path, environment: Mapping[str, str], folder: Path | None = None
) -> tuple[int, str, str]:
    """(exit code, standard output, standard error) of a command, called from a folder with just these variables.

    An error that the command line does not explain is raised.
    """
    with _only(environment), chdir(folder or Path.cwd()):
        done = CliRunner().invoke(main, list(map(str, arguments)), prog_name="asq")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.stdout, done.stderr


@contextmanager
def _only(environment: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    try:
        os.environ.clear()
        os.environ.update(environment)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
