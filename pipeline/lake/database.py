"""Opens DuckDB, with the run's memory limit and a spill folder: the only module that connects.

What is asked of the database belongs to the stages. dbt connects by itself, with the settings in
``dbt_project/profiles.yml``. https://duckdb.org/docs/stable/configuration/overview
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import MappingProxyType

import duckdb

from pipeline.lake.files import can_work_in, work_folder
from pipeline.lake.memory import Memory, in_mebibytes

IN_MEMORY = ":memory:"


@contextmanager
def connected(
    scratch: Path | None = None,
    *,
    file: Path | str = IN_MEMORY,
    read_only: bool = False,
    at_once: int = 1,
    threads: int | None = None,
    keeps_order: bool = True,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database, in memory unless it is a ``file``, and close it at the end.

    scratch      the lake's scratch folder, in which data that memory has no room for go to a folder of their own; None, or one
                 that cannot be written to: nothing is spilled
    at_once      how many connections work at the same time: they share the run's memory
    threads      instead of those of the machine
    keeps_order  False: rows may come in another order than they were read, which takes less memory
    settings     more of DuckDB's settings

    ``with connected(lake.scratch) as connection: connection.execute("…")``
    """
    memory = Memory.of_run()
    with ExitStack() as stack:
        # A folder for each connection: two databases must not spill into one.
        can_spill = scratch is not None and can_work_in(scratch)
        spilled = str(stack.enter_context(work_folder(scratch, "spilled"))) if scratch is not None and can_spill else ""
        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": in_mebibytes(memory.database // at_once),
            "temp_directory": spilled,
            "threads": threads or memory.threads(at_once),
            "preserve_insertion_order": keeps_order,
            **settings,
        }
        yield stack.enter_context(duckdb.connect(str(file), read_only=read_only, config=config))
