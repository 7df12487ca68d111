"""Lakes and landing folders that take long to build and are only read: built once a session, by the first test that asks.

Workers of pytest-xdist share them. A test that changes such a folder takes a copy.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest


def built_once(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], Any]) -> tuple[Path, Any]:
    """The folder of that name, filled by ``build``, and what ``build`` returned, which must be JSON.

    ``folder, said = built_once(tmp_path_factory, "published", run_a_quarter)``
    """
    place = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        # The folder above is the one that the workers have in common.
        place = place.parent
    place = place / "built_once" / name
    place.mkdir(parents=True, exist_ok=True)
    folder, returned = place / name, place / "returned.json"
    # A second worker waits for the first. If that one failed, the second one fails, too, with the reason.
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not returned.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            returned.write_text(json.dumps(build(folder)), encoding="utf-8")
    return folder, json.loads(returned.read_text(encoding="utf-8"))
