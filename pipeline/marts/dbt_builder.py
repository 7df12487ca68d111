"""How the marts stage runs dbt: in this process by default, by dbt's command line with ``ASQ_DBT=cli``."""

from __future__ import annotations

import json
import sys
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtCliRuntimeError, DbtCliResource

from pipeline.errors import AsqError, UsageError
from pipeline.lake.database import connected
from pipeline.marts.project import PROJECT_DIR, manifest_path

BUILDER_VARIABLE = "ASQ_DBT"
# As in dbt's profile; the prepared manifest contains the database's name.
_DATABASE_FILE = "scratch.duckdb"


class MartsNotBuilt(AsqError):
    """A test or a model of the dbt project failed; nothing of the run was published."""

    def __init__(self, failed: Iterable[str]) -> None:
        super().__init__(
            f"the marts could not be built: {'; '.join(failed)}. Nothing was published, and the publication before stays. "
            "The counts contradict each other: report it with this message, the data need not be changed"
        )


class DbtBuilder(dg.ConfigurableResource):
    """Builds the dbt project with a run's variables."""

    @abstractmethod
    def build(self, context: dg.AssetExecutionContext, variables: dict[str, Any]) -> Iterator[Any]:
        """Build the selected models and tests; yields Dagster events, raises MartsNotBuilt when one fails."""

    @abstractmethod
    def build_models(self, models: Sequence[str], variables: dict[str, Any], scratch: Path) -> None:
        """Build models with everything upstream, without tests and Dagster events; raises MartsNotBuilt."""

    @abstractmethod
    def tables(self, scratch: Path) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """The database that ``build`` filled, for the run's scratch folder; released at the end."""


class DbtCommandLine(DbtBuilder):
    """The stock resource of dagster-dbt: slower by seconds per quarter, but only public functions."""

    def build(self, context: dg.AssetExecutionContext, variables: dict[str, Any]) -> Iterator[Any]:
        if context.is_subset:
            raise UsageError(f"{BUILDER_VARIABLE}=cli builds the whole project; materialize all marts, or use in_process")
        manifest_path()
        try:
            yield from _command_line().cli(["build", "--vars", json.dumps(variables)], context=context).stream()
        except DagsterDbtCliRuntimeError as error:
            raise MartsNotBuilt([" ".join((error.description or "dbt build failed").split())]) from error

    def build_models(self, models: Sequence[str], variables: dict[str, Any], scratch: Path) -> None:
        """In a separate process, which leaves a database file."""
        _command_line().cli(
            ["build", *selection_of(models), "--vars", json.dumps(variables)], target_path=scratch / "target"
        ).wait()

    def tables(self, scratch: Path) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """The database file of dbt's process."""
        return connected(scratch, file=scratch / _DATABASE_FILE, read_only=True)


def selection_of(models: Sequence[str]) -> list[str]:
    """dbt's arguments for models with everything upstream, without tests."""
    return ["--select", " ".join(f"+{name}" for name in models), "--exclude-resource-type", "test"]


def _command_line() -> DbtCliResource:
    return DbtCliResource(
        project_dir=str(PROJECT_DIR),
        profiles_dir=str(PROJECT_DIR),
        # dbt of this environment, whatever the PATH
        dbt_executable=str(Path(sys.executable).with_name("dbt")),
    )
