"""dbt's own command line builds the marts (``ASQ_DBT=cli``): only public functions, slower by tens of seconds per quarter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from dagster_dbt import DagsterDbtCliRuntimeError, DbtCliResource

from pipeline.errors import UsageError
from pipeline.lake.database import connected
from pipeline.marts.dbt_builder import BUILDER_VARIABLE, COMMAND_LINE, COMPILED, DbtBuilder, MartsNotBuilt
from pipeline.marts.inputs import RunInputs
from pipeline.marts.project import DATABASE, DATABASE_FILE, DBT, PROJECT_DIR


class DbtCommandLine(DbtBuilder):
    """The stock resource of dagster-dbt: dbt renders, runs and logs every model; slower by tens of seconds per quarter."""

    def build(self, context: dg.AssetExecutionContext, inputs: RunInputs, scratch: Path) -> Iterator[Any]:
        if context.is_subset:
            raise UsageError(
                f"{BUILDER_VARIABLE}={COMMAND_LINE} builds the whole project; materialize all marts, or use {COMPILED}"
            )
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
        return connected(scratch, file=scratch / DATABASE_FILE, read_only=True)


def _create_inputs(inputs: RunInputs, scratch: Path) -> None:
    with connected(scratch, file=scratch / DATABASE_FILE) as connection:
        inputs.create(connection, DATABASE)


def _command_line() -> DbtCliResource:
    return DbtCliResource(
        project_dir=str(PROJECT_DIR),
        profiles_dir=str(PROJECT_DIR),
        dbt_executable=str(DBT),
    )
