"""The dbt project on disk and its prepared manifest.

dbt parses the project once; runs reuse the result, because a full parse for each quarter's variables costs seconds.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import AsqError

PROJECT_DIR = Path(__file__).resolve().parents[2] / "dbt_project"
_PARSED_SUFFIXES = {".sql", ".yml", ".csv"}


def target_dir() -> Path:
    """The folder of dbt's parsed project (``ASQ_DBT_TARGET``, else ``dbt_project/target``)."""
    return Path(os.environ.get("ASQ_DBT_TARGET", PROJECT_DIR / "target"))


def manifest_path() -> Path:
    """The manifest of the current project; parses the project if one of its files changed."""
    manifest = target_dir() / "manifest.json"
    stamp = target_dir() / "parsed_sources.sha256"
    fingerprint = _sources_fingerprint()
    target_dir().mkdir(parents=True, exist_ok=True)
    # If two runs find the project unparsed, one parses and the other waits.
    with (target_dir() / ".parse.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (manifest.exists() and stamp.exists() and stamp.read_text() == fingerprint):
            _parse()
            stamp.write_text(fingerprint)
    return manifest


def is_published(node: Mapping[str, Any]) -> bool:
    """Whether a seed or model of the manifest is exported: ``config: {meta: {published: true}}``."""
    return bool(node["config"].get("meta", {}).get("published"))


def published_tables() -> set[str]:
    """The names of all exported seeds and models."""
    nodes = json.loads(manifest_path().read_bytes())["nodes"].values()
    return {node["name"] for node in nodes if is_published(node)}


def parsed_manifest_bytes() -> bytes:
    """dbt's own serialised manifest, for ``Manifest.from_msgpack``."""
    manifest_path()
    return (target_dir() / "partial_parse.msgpack").read_bytes()


def _sources_fingerprint() -> str:
    digest = hashlib.sha256()
    for path in sorted(PROJECT_DIR.rglob("*")):
        relative = path.relative_to(PROJECT_DIR)
        if path.suffix in _PARSED_SUFFIXES and relative.parts[0] not in {"target", "logs"}:
            digest.update(str(relative).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _parse() -> None:
    from dbt.cli.main import dbtRunner

    target = target_dir()
    target.mkdir(parents=True, exist_ok=True)
    (target / "partial_parse.msgpack").unlink(missing_ok=True)
    result = dbtRunner().invoke(
        ["--quiet", "parse", "--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR),
         "--target-path", str(target), "--log-path", str(target)]
    )  # fmt: skip
    if not result.success:
        raise AsqError(f"the dbt project does not parse: {result.exception}")
