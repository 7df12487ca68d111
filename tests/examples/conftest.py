"""Runs the examples as their README says: its command in a shell's stead, its SQL in DuckDB, in an empty working folder."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from runs import asq_process, first_environment

REPO = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Evaluated:
    """What an example's command published."""

    readme: str
    folder: Path
    """The working folder: ``landing/…``, ``lake/…`` and ``examples`` as in the repository."""
    lake: Path
    quarter: str
    printed: str
    source: Path
    """The data set as it was delivered."""

    def rows(self, sql: str) -> list[tuple]:
        """Query the analysts' tables by name and the snapshots as ``landed_<table>``."""
        with self._connection() as connection:
            for path in self._current.glob("*.parquet"):
                self._view(connection, path.stem, path)
            for path in (self.lake / "landing").glob("*.parquet"):
                self._view(connection, f"landed_{path.stem}", path)
            return connection.execute(sql).fetchall()

    def figures_of_readme(self) -> list[list[tuple]]:
        """The results of the README's SQL, block by block."""
        with self._connection() as connection:
            return [connection.execute(sql).fetchall() for sql in re.findall(r"```sql\n(.*?)```", self.readme, re.DOTALL)]

    def left_out(self, table: str) -> dict[str, int]:
        """The records that the configuration left out of a table, by the key that did."""
        metadata = pq.read_metadata(self.lake / "landing" / f"{table}.parquet").metadata
        return json.loads(metadata[b"left_out"])

    def accounting(self) -> dict[str, tuple[int, int, int]]:
        """Extracted, accepted and quarantined rows of the tables that came, in the quarter of the run."""
        found = self.rows('select "table", extracted, accepted, quarantined from row_accounting where delivered')
        return {table: (extracted, accepted, quarantined) for table, extracted, accepted, quarantined in found}

    def value(self, indicator_id: str, column: str = "value") -> object:
        """A column of an indicator's row, for the one enterprise of the lake and the quarter of the run."""
        return self._one("indicator_values", f"indicator_id = '{indicator_id}'", column)

    def variant(self, indicator_id: str, variant: str, column: str = "value") -> object:
        return self._one("indicator_variants", f"indicator_id = '{indicator_id}' and variant = '{variant}'", column)

    def _one(self, table: str, condition: str, column: str) -> object:
        place = f"scope_type = 'enterprise' and period = '{self.quarter}'"
        found = self.rows(f"select {column} from {table} where {place} and {condition}")
        assert len(found) == 1, f"{table} has {len(found)} rows where {condition}"
        return found[0][0]

    @property
    def _current(self) -> Path:
        released = (self.lake / "published" / "current" / f"quarter={self.quarter}").resolve()
        return self.lake / "analyst" / "runs" / released.name

    def _connection(self) -> duckdb.DuckDBPyConnection:
        return duckdb.connect(config={"file_search_path": str(self.folder)})

    @staticmethod
    def _view(connection: duckdb.DuckDBPyConnection, name: str, path: Path) -> None:
        # The folder is called quarter=…: without the option its name would replace the column of that name.
        connection.execute(f"create view {name} as from read_parquet('{path}', hive_partitioning = false)")


@pytest.fixture(scope="module")
def evaluate(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Callable[..., Evaluated]:
    """Run the command of an example's README; skips where the data set is absent."""

    def run(example: str, *patterns: str) -> Evaluated:
        source = shared_data / example
        files = [path for pattern in patterns for path in sorted(source.glob(pattern))] if source.is_dir() else []
        if not files:
            pytest.skip(f"the data set {example} is not in {shared_data}")
        readme = (REPO / "examples" / example / "README.md").read_text(encoding="utf-8")
        (command,) = re.findall(r"```console\n(.*?)```", readme, re.DOTALL)
        program, *arguments = shlex.split(command)
        assert program == "asq"
        folder = tmp_path_factory.mktemp(example)
        (folder / "examples").symlink_to(REPO / "examples")
        landing = folder / arguments[arguments.index("--landing") + 1]
        landing.mkdir(parents=True)
        for path in files:
            shutil.copyfile(path, landing / path.name)
        done = asq_process(*arguments, environment=first_environment(folder), folder=folder)
        assert done.returncode == 0, done.stdout + done.stderr
        lake = folder / arguments[arguments.index("--lake") + 1]
        return Evaluated(readme, folder, lake, arguments[1], done.stdout, source)

    return run
