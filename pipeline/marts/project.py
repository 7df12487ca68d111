"""The dbt project on disk, and what dbt made of it: its manifest with compiled SQL, and a database of its seeds.

dbt compiles a version of the project once, because it takes longer than a small quarter. The SQL holds nothing of a run, so that
every run of that version uses it.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from pipeline.errors import AsqError
from pipeline.lake.memory import Memory, in_mebibytes
from pipeline.settings.environment import environment

PROJECT_DIR = Path(__file__).resolve().parents[2] / "dbt_project"
DBT = Path(sys.executable).with_name("dbt")
"""dbt of this environment, whatever the PATH."""
# As in dbt's profile; the compiled SQL contains the name.
DATABASE = "scratch"
DATABASE_FILE = f"{DATABASE}.duckdb"
# What dbt's profile reads.
_FOLDER_VARIABLE, _MEMORY_VARIABLE = "ASQ_SCRATCH_FOLDER", "ASQ_MARTS_MEMORY"
_MANIFEST, _SEEDS = "manifest.json", "seeds.duckdb"
_COMPILED_SUFFIXES = {".sql", ".yml", ".csv"}
_ANALYSIS = "analysis"
_COMPILERS = ("dbt-core", "dbt-duckdb")


def target_dir() -> Path:
    """The folder of what dbt compiled (``ASQ_DBT_TARGET``, else ``dbt_project/target``)."""
    return Path(os.environ.get("ASQ_DBT_TARGET", PROJECT_DIR / "target"))


def manifest_path() -> Path:
    """dbt's manifest of the project as it is now; compiles the project if that version has not been."""
    return _compiled(target_dir()) / _MANIFEST


def seeds_path() -> Path:
    """A DuckDB file with the project's seeds."""
    return _compiled(target_dir()) / _SEEDS


def nodes() -> dict[str, dict[str, Any]]:
    """The manifest's seeds, models and tests by unique id."""
    return {name: node for name, node in _nodes(manifest_path()).items() if node["resource_type"] != _ANALYSIS}


def analyses() -> dict[str, dict[str, Any]]:
    """The manifest's analyses by name: SQL that dbt compiles and no run builds."""
    return {node["name"]: node for node in _nodes(manifest_path()).values() if node["resource_type"] == _ANALYSIS}


def is_published(node: Mapping[str, Any]) -> bool:
    """Whether a seed or model of the manifest is exported: ``config: {meta: {published: true}}``."""
    return bool(node["config"].get("meta", {}).get("published"))


def published_tables() -> set[str]:
    """The names of all exported seeds and models."""
    return {node["name"] for node in nodes().values() if is_published(node)}


def scratch_environment(folder: Path) -> AbstractContextManager[None]:
    """dbt's profile puts its database into this folder and keeps to DuckDB's share of the run's memory."""
    return environment({_FOLDER_VARIABLE: str(folder), _MEMORY_VARIABLE: in_mebibytes(Memory.of_run().database)})


@cache
def _nodes(path: Path) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(path.read_bytes())["nodes"]
    return found


@cache
def _compiled(target: Path) -> Path:
    """The folder of the version that the project has when this process first asks."""
    folder = target / "compiled" / _version()
    folder.parent.mkdir(parents=True, exist_ok=True)
    # If two runs find a version that was never compiled, one compiles it and the other waits.
    with (target / ".compile.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            work = folder.with_suffix(".tmp")
            shutil.rmtree(work, ignore_errors=True)
            work.mkdir()
            _compile(work)
            for name in {path.name for path in work.iterdir()} - {_MANIFEST, _SEEDS}:
                shutil.rmtree(work / name) if (work / name).is_dir() else (work / name).unlink()
            work.rename(folder)
    return folder


def _version() -> str:
    digest = hashlib.sha256("".join(f"{name} {version(name)}\n" for name in _COMPILERS).encode())
    for path in sorted(PROJECT_DIR.rglob("*")):
        relative = path.relative_to(PROJECT_DIR)
        if path.suffix in _COMPILED_SUFFIXES and relative.parts[0] not in {"target", "logs"}:
            digest.update(str(relative).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _compile(folder: Path) -> None:
    """In processes of dbt's own, which have written the seeds out whole when they end."""
    with scratch_environment(folder):
        for command in ("seed", "compile"):
            finished = subprocess.run(
                [DBT, "--quiet", "--no-use-colors", command, "--project-dir", PROJECT_DIR, "--profiles-dir", PROJECT_DIR,
                 "--target-path", folder, "--log-path", folder],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", check=False,
            )  # fmt: skip
            if finished.returncode:
                raise AsqError(f"the dbt project cannot be compiled: {' '.join(finished.stdout.split())}")
    (folder / DATABASE_FILE).rename(folder / _SEEDS)
