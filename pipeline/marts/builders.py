"""Chooses the dbt builder by environment variable."""

from __future__ import annotations

import os

from pipeline.errors import UsageError
from pipeline.marts.dbt_builder import BUILDER_VARIABLE, DbtBuilder, DbtCommandLine


def configured_builder() -> DbtBuilder:
    """The builder chosen by the environment; raises UsageError for an unknown name."""
    from pipeline.marts.dbt_in_process import DbtInProcess

    name = os.environ.get(BUILDER_VARIABLE, "in_process")
    if name == "in_process":
        return DbtInProcess()
    if name == "cli":
        return DbtCommandLine()
    raise UsageError(f"{BUILDER_VARIABLE}={name}: choose in_process or cli")
