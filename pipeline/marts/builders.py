"""Chooses the dbt builder by environment variable."""

from __future__ import annotations

import os

from pipeline.errors import UsageError
from pipeline.marts.dbt_builder import BUILDER_VARIABLE, DbtBuilder, DbtCommandLine


def configured_builder() -> DbtBuilder:
    """The builder chosen by the environment; raises UsageError for an unknown name."""
    from pipeline.marts.dbt_compiled import DbtCompiled

    name = os.environ.get(BUILDER_VARIABLE, "compiled")
    if name == "compiled":
        return DbtCompiled()
    if name == "cli":
        return DbtCommandLine()
    raise UsageError(f"{BUILDER_VARIABLE}={name}: choose compiled or cli")
