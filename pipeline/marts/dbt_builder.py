"""What the marts stage asks of the dbt project, whoever builds it: ``dbt_compiled`` or ``dbt_command_line``."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import takewhile
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb

from pipeline.errors import AsqError
from pipeline.marts.inputs import RunInputs

BUILDER_VARIABLE = "ASQ_DBT"
COMPILED, COMMAND_LINE = "compiled", "cli"
"""The two builders, as the variable names them (``builders`` chooses)."""


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


def first_comment(sql: str) -> str:
    """What a test says of itself: the comment at its head."""
    lines = takewhile(lambda line: line.startswith("--"), sql.splitlines())
    return " ".join(line.removeprefix("--").strip() for line in lines).rstrip(".")
