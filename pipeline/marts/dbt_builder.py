"""How the marts stage runs the dbt project: its compiled SQL by default, dbt's command line with ``ASQ_DBT=cli``."""

from __future__ import annotations

import sys
from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import takewhile
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtCliRuntimeError, DbtCliResource

from pipeline.errors import AsqError, UsageError
from pipeline.marts.inputs import RunInputs
from pipeline.marts.project import DATABASE, DATABASE_FILE, PROJECT_DIR, manifest_path

BUILDER_VARIABLE = "ASQ_DBT"


class MartsNotBuilt(AsqError):
    """A test or a model of the dbt project failed; nothing of the run was published."""

    def __init__(self, failed: Iterable[str]) -> None:
        super().__init__(
            f"the marts could not be built: {'; '.join(failed)}. Nothing was published, and the publication before stays. "
            "The counts contradict each other: report it with this message, the data need not be changed"
        )


class DbtBuilder(dg.ConfigurableResource):
    """Builds the dbt project from a run's inputs in a run's scratch folder."""

    @abstractmethod
    def build(self, context: dg.AssetExecutionContext, inputs: RunInputs, scratch: Path) -> Iterator[Any]:
        """Build the selected models and tests; yields Dagster events, raises MartsNotBuilt when one fails."""

    @abstractmethod
    def build_models(self, models: Sequence[str], inputs: RunInputs, scratch: Path) -> None:
        """Build models with everything upstream, without tests and Dagster events; raises MartsNotBuilt."""

    @abstractmethod
    def tables(self, scratch: Path) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """The database that was built in the scratch folder; released at the end."""


class DbtCommandLine(DbtBuilder):
    """The stock resource of dagster-dbt: dbt renders, runs and logs every model; slower by tens of seconds per quarter."""

    def build(self, context: dg.AssetExecutionContext, inputs: RunInputs, scratch: Path) -> Iterator[Any]:
        if context.is_subset:
            raise UsageError(f"{BUILDER_VARIABLE}=cli builds the whole project; materialize all marts, or use compiled")
        manifest_path()
        _create_inputs(inputs, scratch)
        try:
            yield from _command_line().cli(["build"], context=context).stream()
        except DagsterDbtCliRuntimeError as error:
            raise MartsNotBuilt([" ".join((error.description or "dbt build failed").split())]) from error

    def build_models(self, models: Sequence[str], inputs: RunInputs, scratch: Path) -> None:
        _create_inputs(inputs, scratch)
        selection = ["--select", " ".join(f"+{name}" for name in models), "--exclude-resource-type", "test"]
        _command_line().cli(["build", *selection], target_path=scratch / "target").wait()

    def tables(self, scratch: Path) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
        """The database file of dbt's process."""
        return duckdb.connect(str(scratch / DATABASE_FILE), read_only=True)


def first_comment(sql: str) -> str:
    """What a test says of itself: the comment at its head."""
    lines = takewhile(lambda line: line.startswith("--"), sql.splitlines())
    return " ".join(line.removeprefix("--").strip() for line in lines).rstrip(".")


def _create_inputs(inputs: RunInputs, scratch: Path) -> None:
    with duckdb.connect(str(scratch / DATABASE_FILE)) as connection:
        inputs.create(connection, DATABASE)


def _command_line() -> DbtCliResource:
    return DbtCliResource(
        project_dir=str(PROJECT_DIR),
        profiles_dir=str(PROJECT_DIR),
        # dbt of this environment, whatever the PATH
        dbt_executable=str(Path(sys.executable).with_name("dbt")),
    )
