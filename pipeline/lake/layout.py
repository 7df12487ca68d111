"""Where everything is in the lake: paths, zones and locks.

The stages decide what the files hold; ``files`` writes them. Only the owner may enter zones with records of people, whatever
the umask (docs/privacy.md).
"""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from pipeline.calendar.quarters import Quarter

PERSONAL_STAGES = ("landing", "raw", "accepted")
STAGES = (*PERSONAL_STAGES, "quarantine", "corrected", "clean", "profile")
PRIVATE_ZONES = (*STAGES, "analyst", "scratch", "log", "checksums")
"""Folders of the lake that only its owner may enter: clean rows, whose pseudonyms can be linked, and all that runs made."""


class Lake:
    """The lake folder: ``<root>/<stage>/<table>/quarter=2025-Q1/data.parquet``, and beside it what runs made, in two layers.

    The analysts' layer has every table of a run, the released layer what readers may see of them (docs/privacy.md).
    """

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
        found = {Quarter.parse(path.parent.name.removeprefix("quarter=")): path for path in folder.glob("quarter=*/data.parquet")}
        return dict(sorted(found.items()))

    def has_partitions(self, stage: str) -> bool:
        """Whether a stage holds any table's quarter."""
        return any((self.root / stage).glob("*/quarter=*/data.parquet"))

    @property
    def scratch(self) -> Path:
        """Work folders of running processes; never read by users."""
        return self.root / "scratch"

    @property
    def warehouse(self) -> Path:
        """The database for readers and BI tools: views over the released Parquet."""
        return self.root / "warehouse.duckdb"

    @property
    def analyst_warehouse(self) -> Path:
        """The database for the owner's analysts: views over all tables of the published runs."""
        return self.root / "analyst.duckdb"

    @property
    def runs(self) -> Path:
        """One folder per published run: what of it is released."""
        return self.root / "published" / "runs"

    @property
    def analyst_runs(self) -> Path:
        """One folder per published run: everything that it made."""
        return self.root / "analyst" / "runs"

    def current(self, quarter: Quarter) -> Path:
        """The link to what is released of the published run of a quarter."""
        return self.root / "published" / "current" / f"quarter={quarter.label}"

    def analyst(self, quarter: Quarter) -> Path:
        """The folder of everything that the published run of a quarter made; there is none if nothing is published."""
        return self.analyst_runs / self.current(quarter).resolve().name

    def published_quarters(self) -> list[Quarter]:
        """The quarters that have a published run, in time order."""
        return sorted(
            Quarter.parse(path.name.removeprefix("quarter="))
            for path in (self.root / "published" / "current").glob("quarter=????-Q?")
        )

    @contextmanager
    def lock(self, name: str, *, shared: bool = False, waiting: Callable[[], None] | None = None) -> Iterator[None]:
        """Hold the named lock of this lake across processes; the kernel frees it when a process dies.

        ``shared``: together with other sharers; ``waiting`` is called if the lock is taken.
        """
        path = self.root / "locks" / f"{name}.lock"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
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
        """Block ``removing_records`` during a run, because later steps read what earlier steps found."""
        return self.lock("records", shared=True)

    def removing_records(self, waiting: Callable[[], None] | None = None) -> AbstractContextManager[None]:
        """Wait until active runs end, and keep new ones from starting."""
        return self.lock("records", waiting=waiting)


def is_lake(folder: Path) -> bool:
    """Whether a folder is the lake of some run, whatever its name: it has the folders with which a run begins."""
    return (folder / "locks").is_dir() and (folder / "scratch").is_dir()
