"""Runs the Dagster job of one quarter in this process: ``asq run``, equal to materializing it in the UI.

No stage logic here; a failure is raised as the error of the stage that failed.
"""

from __future__ import annotations

import gc
import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.calendar.quarters import Quarter
from pipeline.errors import AsqError
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.places import Settings

_HOME_VARIABLE = "DAGSTER_HOME"


def evaluate(quarter: Quarter, settings: Settings) -> str:
    """Evaluate and publish a quarter; returns the run id.

    Raises the AsqError of the stage that refused the data, worded for the user; any other failure unchanged, and
    KeyboardInterrupt after Ctrl-C. If ``DAGSTER_HOME`` is set, the run is recorded there and shown in the UI; recording
    costs seconds per run.
    """
    with _lasting_objects():
        import dagster as dg

        from pipeline.definitions import defs
        from pipeline.unrecorded import unrecorded_instance

    run_id = str(uuid.uuid4())
    instance = dg.DagsterInstance.get() if os.environ.get(_HOME_VARIABLE) else unrecorded_instance()
    with instance, settings.in_environment():
        try:
            defs.resolve_job_def("evaluate_quarter").execute_in_process(
                partition_key=quarter.partition_key,
                instance=instance,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                run_id=run_id,
            )
        except BaseException as error:
            RunFolder(settings.lake, quarter, run_id).discard()
            if isinstance(error, dg.DagsterExecutionInterruptedError):
                raise KeyboardInterrupt from None
            cause = explained(error) if isinstance(error, Exception) else error
            if cause is error:
                raise
            raise cause from None
    return run_id


@contextmanager
def _lasting_objects() -> Iterator[None]:
    """Imported objects stay until the process ends: searching them for garbage costs a second per run."""
    if "pipeline.definitions" in sys.modules:
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def explained(error: BaseException) -> BaseException:
    """The project's own error inside Dagster's wrapping."""
    seen: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and cause not in seen:
        if isinstance(cause, AsqError):
            return cause
        seen.append(cause)
        cause = cause.__cause__ or cause.__context__
    return error
