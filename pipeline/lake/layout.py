"""Where everything lies in the lake, and how a file gets there whole.

Paths, rights, atomic writes and locks only; what the files hold is the stages' business. Zones that hold records of
people are their owner's only, whatever the umask (docs/privacy.md).
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from pipeline.calendar.quarters import Quarter

PERSONAL_STAGES = ("landing", "raw", "accepted")
STAGES = (*PERSONAL_STAGES, "quarantine", "corrected", "clean", "profile")
PRIVATE_ZONES = (*STAGES, "scratch", "log")
"""Folders of the lake that nobody but its owner may enter. Clean rows are among them: their pseudonyms can be linked."""


class Lake:
    """The lake folder: ``<root>/<stage>/<table>/quarter=2025-Q1/data.parquet`` and the published marts beside it."""

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root).absolute()

    def partition(self, stage: str, table: str, quarter: Quarter) -> Path:
        """The one Parquet file of a stage, table and quarter."""
        return self.root / stage / table / f"quarter={quarter.label}" / "data.parquet"

    def snapshot(self, table: str) -> Path:
        """Everything that came for a table, all quarters, in the contract's types."""
        return self.root / "landing" / f"{table}.parquet"

    def partitions(self, stage: str, table: str) -> dict[Quarter, Path]:
        """The quarters a stage holds for a table, in time order."""
        folder = self.root / stage / table
        found = {
            Quarter.parse(path.parent.name.removeprefix("quarter=")): path
            for path in folder.glob("quarter=*/data.parquet")
        }
        return dict(sorted(found.items()))

    @property
    def scratch(self) -> Path:
        """Work folders of runs under way; never read by users."""
        return self.root / "scratch"

    @property
    def warehouse(self) -> Path:
        """What users and BI tools open: views over the published Parquet."""
        return self.root / "warehouse.duckdb"

    @property
    def runs(self) -> Path:
        """One folder per published run."""
        return self.root / "published" / "runs"

    def current(self, quarter: Quarter) -> Path:
        """The link to the run that is published for a quarter."""
        return self.root / "published" / "current" / f"quarter={quarter.label}"

    def published_quarters(self) -> list[Quarter]:
        """The quarters that have a published run, in time order."""
        return sorted(
            Quarter.parse(path.name.removeprefix("quarter="))
            for path in (self.root / "published" / "current").glob("quarter=????-Q?")
        )

    @contextmanager
    def lock(self, name: str, *, shared: bool = False, waiting: Callable[[], None] | None = None) -> Iterator[None]:
        """Hold the named lock of this lake across processes; the kernel frees it when a process dies.

        ``shared``: beside others who share it; ``waiting`` is called where somebody else holds it.
        """
        path = self.root / "locks" / f"{name}.lock"
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        with path.open("w") as handle:
            try:
                fcntl.flock(handle, kind | fcntl.LOCK_NB)
            except BlockingIOError:
                if waiting is not None:
                    waiting()
                fcntl.flock(handle, kind)
            yield

    def using_records(self) -> AbstractContextManager[None]:
        """Hold off ``removing_records`` as long as a run goes on: it reads between its steps what was there before."""
        return self.lock("records", shared=True)

    def removing_records(self, waiting: Callable[[], None] | None = None) -> AbstractContextManager[None]:
        """Wait for the runs under way to end, and let none begin meanwhile."""
        return self.lock("records", waiting=waiting)
