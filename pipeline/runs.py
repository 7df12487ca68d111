"""Runs the Dagster job of quarters in this process: ``asq run``, equal to materializing them in the UI.

No stage logic here; a failure is raised as the error of the stage that failed.
"""

from __future__ import annotations

import gc
import os
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from pipeline.calendar.quarters import Quarter
from pipeline.errors import AsqError
from pipeline.lake.damaged import make_sound
from pipeline.lake.faults import Kind, MachineFault, explained_fault, fault_of
from pipeline.lake.files import temporary_files_in
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.places import Settings
from pipeline.stage.progress import listening, tell

# Bytes of the tables and reports of a small quarter.
_PUBLICATION = 4 << 20
_HOME_VARIABLE = "DAGSTER_HOME"


@contextmanager
def evaluator(settings: Settings) -> Iterator[Callable[[Quarter], str]]:
    """Gives a function that evaluates and publishes a quarter and returns the run id.

    It raises the AsqError of the stage that refused the data, worded for the user; MachineFault for a full disk and the like, with
    the stage; any other failure unchanged, and KeyboardInterrupt after Ctrl-C. A run that fails over a damaged file of the lake is
    started once more without that file, which the stages make anew. If ``DAGSTER_HOME`` is set, the runs are recorded there and
    shown in the UI. Quarters of one evaluator share what Dagster prepares for the first.
    """
    with _lasting_objects():
        import dagster as dg

        from pipeline.definitions import defs
        from pipeline.unrecorded import unrecorded_instance

    job = defs.resolve_job_def("evaluate_quarter")

    def evaluate_one(quarter: Quarter) -> str:
        run_id = str(uuid.uuid4())
        try:
            execute(quarter, run_id)
        except _MayBeDamaged as failure:
            run_id = str(uuid.uuid4())
            found = make_sound(settings.lake, quarter, "evaluate_quarter", run_id, thoroughly=True)
            if not found:
                raise failure.error from None
            for line in found:
                tell(line)
            try:
                execute(quarter, run_id)
            except _MayBeDamaged as again:
                raise again.error from None
        return run_id

    def execute(quarter: Quarter, run_id: str) -> None:
        stage = "start"

        def follow(name: str, _detail: str) -> None:
            nonlocal stage
            stage = name

        try:
            with listening(follow):
                job.execute_in_process(
                    partition_key=quarter.partition_key,
                    instance=instance,
                    run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
                    run_id=run_id,
                )
        except BaseException as error:
            # Before what the run gathered is removed, which makes room.
            cause = _cause(error, quarter, run_id, stage, settings)
            RunFolder(settings.lake, quarter, run_id).discard()
            if isinstance(error, dg.DagsterExecutionInterruptedError):
                raise KeyboardInterrupt from None
            if cause is error:
                raise
            raise cause from None

    with ExitStack() as stack:
        stack.enter_context(temporary_files_in(settings.lake))
        instance = dg.DagsterInstance.get() if os.environ.get(_HOME_VARIABLE) else unrecorded_instance()
        stack.enter_context(instance)
        stack.enter_context(settings.in_environment())
        yield evaluate_one


class _MayBeDamaged(Exception):
    """A failure that a damaged file of the lake may have caused."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


def _cause(error: BaseException, quarter: Quarter, run_id: str, stage: str, settings: Settings) -> BaseException:
    """What to raise for a failure of a run's stage."""
    if not isinstance(error, Exception):
        return error
    cause = explained(error)
    fault = fault_of(cause)
    if fault is not None and fault.kind is not Kind.UNREADABLE:
        line = explained_fault(fault, settings.lake.root, _bytes_needed(settings, quarter))
        is_published = settings.lake.current(quarter).resolve().name == run_id
        outcome = (
            "The quarter is published; the next `asq run` or `asq report` shows it in warehouse.duckdb"
            if is_published
            else "Nothing was published; earlier publications are unchanged"
        )
        return MachineFault(f"{quarter}: {stage}: {line}. {outcome}")
    return cause if isinstance(cause, AsqError) else _MayBeDamaged(cause)


def _bytes_needed(settings: Settings, quarter: Quarter) -> int:
    """About what a run writes in all: what the fullest quarter of the lake takes, at least twice the delivery and a publication."""
    by_quarter: Counter[str] = Counter()
    for path in settings.lake.root.glob("*/*/quarter=*/data.parquet"):
        by_quarter[path.parent.name] += path.stat().st_size
    delivered = sum(path.stat().st_size for path in settings.landing.rglob("*") if path.is_file())
    return max(2 * delivered, *by_quarter.values(), 0) + _PUBLICATION


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
