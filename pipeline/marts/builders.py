"""Chooses the dbt builder by environment variable."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.marts.dbt_builder import DbtBuilder

BUILDER_VARIABLE = "ASQ_DBT"
COMPILED, COMMAND_LINE = "compiled", "cli"


def configured_name() -> str:
    """The name of the builder chosen by the environment; raises UsageError for an unknown one."""
    name = os.environ.get(BUILDER_VARIABLE, COMPILED)
    if name not in (COMPILED, COMMAND_LINE):
        raise UsageError(f"{BUILDER_VARIABLE}={name}: choose {COMPILED} or {COMMAND_LINE}")
    return name


def configured_builder() -> DbtBuilder:
    """The builder chosen by the environment; raises UsageError for an unknown one."""
    if configured_name() == COMMAND_LINE:
        from pipeline.marts.dbt_command_line import DbtCommandLine

        return DbtCommandLine()
    from pipeline.marts.dbt_compiled import DbtCompiled

    return DbtCompiled()
