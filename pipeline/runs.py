"""Runs the Dagster job of quarters in this process: ``asq run``, equal to materializing them in the UI.

No stage logic here; a failure is raised as the error of the stage that failed.
"""

from __future__ import annotations

import gc
import os
import sys
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from pipeline.calendar.quarters import Quarter
from pipeline.errors import AsqError
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.places import Settings

_HOME_VARIABLE = "DAGSTER_HOME"


@contextmanager
def evaluator(settings: Settings) -> Iterator[Callable[[Quarter], str]]:
    """Gives a function that evaluates and publishes a quarter and returns the run id.

    It raises the AsqError of the stage that refused the data, worded for the user; any other failure unchanged, and
    KeyboardInterrupt after Ctrl-C. If ``DAGSTER_HOME`` is set, the runs are recorded there and shown in the UI. Quarters of one
    evaluator share what Dagster prepares for the first.
    """
    with _lasting_objects():
        import dagster as dg

        from pipeline.definitions import defs
        from pipeline.unrecorded import unrecorded_instance

    job = defs.resolve_job_def("evaluate_quarter")

    def evaluate_one(quarter: Quarter) -> str:
        run_id = str(uuid.uuid4())
        try:
            job.execute_in_process(
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

    instance = dg.DagsterInstance.get() if os.environ.get(_HOME_VARIABLE) else unrecorded_instance()
    with instance, settings.in_environment():
        yield evaluate_one


def evaluate(quarter: Quarter, settings: Settings) -> str:
    """Evaluate and publish one quarter; see ``evaluator``."""
    with evaluator(settings) as evaluate_one:
        return evaluate_one(quarter)


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
