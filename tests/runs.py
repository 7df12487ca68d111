"""The command line, started with a clean environment: in a process of its own, or inside the process of the tests.

Dagster, dbt and Great Expectations take as long to start as a small quarter takes to run. What only a process shows (signals, exit
codes, output while it works) is tested with one; a test that asks what a run published need not start one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from pipeline.cli import main

ASQ = Path(sys.executable).with_name("asq")
_OWN_VARIABLES = ("ASQ_", "DAGSTER_", "DBT_")
_KEPT_VARIABLES = ("ASQ_DBT_TARGET",)
# A busy machine takes many times as long as a quiet one.
_SECONDS = 1_800


@dataclass(frozen=True)
class Finished:
    """What a command said and how it ended."""

    returncode: int
    stdout: str
    stderr: str


def environment(**more: str) -> dict[str, str]:
    """The environment of a run: none of the developer's own settings, a fixed pseudonym key, plain text output."""
    return _clean() | {"ASQ_PSEUDONYM_KEY": "5e" * 32, **more}


def first_environment(folder: Path) -> dict[str, str]:
    """That of a user at the first run: no key yet, and a configuration folder of their own."""
    return _clean() | {"XDG_CONFIG_HOME": str(folder / "config")}


def _clean() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OWN_VARIABLES) or name in _KEPT_VARIABLES}
    return kept | {"PYTHONUTF8": "1", "DO_NOT_TRACK": "1", "DAGSTER_DISABLE_TELEMETRY": "yes"}


def asq(*arguments: str | Path, **variables: str) -> Finished:
    """Run the command line to its end, in a process of its own."""
    return asq_process(*arguments, environment=environment(**variables))


def asq_process(*arguments: str | Path, environment: Mapping[str, str], folder: Path | None = None) -> Finished:
    """``asq`` with just these variables, called from a folder."""
    command = [ASQ, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, env=environment, cwd=folder)
    return Finished(done.returncode, done.stdout, done.stderr)


# Libraries whose import takes a tenth of a second or more.
_SLOW = (
    "altair", "dagster", "dagster_dbt", "dbt", "duckdb", "great_expectations", "jinja2", "numpy", "pandas", "pandera", "polars",
    "pyarrow", "scipy", "scipy.stats", "sklearn", "sqlalchemy", "statsmodels", "vl_convert",
)  # fmt: skip
MODEL_LIBRARIES = {"altair", "scipy.stats", "sklearn", "statsmodels", "vl_convert"}
"""Those of them that only the analysis imports that uses them."""
TABLE_LIBRARIES = {"duckdb", "numpy", "pandas", "pandera", "polars", "pyarrow"}
"""Those of them that read and check tables."""

# The command line, which says on a last line what it has imported.
_SAYING_IMPORTS = """
import json, sys
from pipeline.cli import main
try:
    main(sys.argv[1:], standalone_mode=False)
except SystemExit as end:
    if end.code:
        raise
print(json.dumps(sorted(sys.modules)))
"""


def imported_with(module: str, *, environment: Mapping[str, str]) -> set[str]:
    """The slow libraries that importing a module imports, in a process of its own."""
    saying = f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", saying], capture_output=True, text=True, timeout=_SECONDS, env=environment)
    assert done.returncode == 0, done.stderr
    return set(_SLOW) & set(json.loads(done.stdout.splitlines()[-1]))


def slow_imports(*arguments: str | Path, environment: Mapping[str, str]) -> tuple[Finished, set[str]]:
    """A command that succeeds in a process of its own, and the slow libraries that it has imported when it ends."""
    command = [sys.executable, "-c", _SAYING_IMPORTS, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, env=environment)
    assert done.returncode == 0, done.stderr
    *said, modules = done.stdout.splitlines(keepends=True)
    return Finished(done.returncode, "".join(said), done.stderr), set(_SLOW) & set(json.loads(modules))


# The command line called several times; before each call a line is printed that divides what is said.
_IN_TURN = """
import json, os, sys
from pipeline.cli import main
dividing, *calls = json.loads(sys.argv[1])
for arguments in calls:
    for stream in (1, 2):
        os.write(stream, dividing.encode())
    try:
        main(arguments)
    except SystemExit as end:
        print(dividing + str(end.code or 0), end="", flush=True)
    sys.stdout.flush()
    sys.stderr.flush()
"""
_DIVIDING = "\n—— asq ——\n"


def asq_in_turn(*calls: Sequence[str | Path], **variables: str) -> list[Finished]:
    """Several command lines one after the other in one process of their own, so that all they print is heard.

    ``first, second = asq_in_turn(["run", "2025-Q1"], ["report", "2025-Q1"], ASQ_LAKE="lake", ASQ_LANDING="landing")``
    """
    asked = json.dumps([_DIVIDING, *([str(word) for word in call] for call in calls)])
    command = [sys.executable, "-c", _IN_TURN, asked]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, env=environment(**variables))
    assert done.returncode == 0, done.stderr
    said, complained = done.stdout.split(_DIVIDING)[1:], done.stderr.split(_DIVIDING)[1:]
    codes = [int(code) for code in said[1::2]]
    return [Finished(*each) for each in zip(codes, said[::2], complained, strict=True)]


def asq_run(quarter: str, landing: Path, lake: Path, **variables: str) -> Finished:
    """``asq run`` that must succeed, in this process."""
    places = ("--landing", landing, "--lake", lake)
    finished = Finished(*asq_here("run", quarter, *places, environment=environment(**variables)))
    assert finished.returncode == 0, finished.stderr
    return finished


def asq_here(*arguments: str | Path, environment: Mapping[str, str], folder: Path | None = None) -> tuple[int, str, str]:
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


@contextmanager
def umask(mask: int) -> Iterator[None]:
    previous = os.umask(mask)
    try:
        yield
    finally:
        os.umask(previous)
