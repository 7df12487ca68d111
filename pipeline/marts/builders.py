"""Chooses the dbt builder by environment variable."""

from __future__ import annotations

import os

from pipeline.errors import UsageError
from pipeline.marts.dbt_builder import BUILDER_VARIABLE, COMMAND_LINE, COMPILED, DbtBuilder


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
