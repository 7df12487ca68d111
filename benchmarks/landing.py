"""The landing files of the benchmarks: made once per size from the project's sample, without planted defects.

The sizes are chosen in ``measurements``.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import duckdb

from benchmarks.processes import Cost, measured

_COST_FILE = "sample-cost.json"


def asq() -> str:
    """The command line of this environment."""
    return str(Path(sys.executable).with_name("asq"))


def landing_folder(
    cache: Path, quarters: str, requests: int, file_format: str, environment: Mapping[str, str], calls: int = 0
) -> Path:
    """The landing folder of a size, made on first use; ``quarters``: one or a range, ``requests``: of each quarter.

    ``calls`` is the minimum number of hotline calls.
    """
    folder = cache / f"landing-{quarters}-{requests}-{file_format}"
    if not folder.exists():
        fresh = folder.with_name(f"{folder.name}.making")
        shutil.rmtree(fresh, ignore_errors=True)
        options = ["--quarters", quarters, "--requests", str(requests), "--format", file_format, "--no-defects"]
        cost = measured([asq(), "sample", str(fresh / "files"), *options], environment)
        if calls:
            fill_calls(fresh / "files" / "hotline_calls.parquet", calls)
        (fresh / _COST_FILE).write_text(json.dumps(asdict(cost)))
        fresh.rename(folder)
    return folder / "files"


def sample_cost(files: Path) -> Cost:
    """The cost of making the sample of a landing folder."""
    return Cost(**json.loads((files.parent / _COST_FILE).read_text()))


def fill_calls(path: Path, wanted: int) -> int:
    """Repeat the first calls of a Parquet file under new ids until there are ``wanted``; returns how many were added.

    The sample makes about 95 calls for 100 requests.
    """
    fresh = path.with_suffix(".filled")
    with duckdb.connect() as connection:
        calls = connection.read_parquet(str(path))
        missing = max(wanted - calls.shape[0], 0)
        again = calls.order("queued_at, enterprise_id, call_id").limit(missing)
        calls.union(again.project("* replace (call_id || '-again' as call_id)")).write_parquet(str(fresh), compression="zstd")
    fresh.replace(path)
    return missing
