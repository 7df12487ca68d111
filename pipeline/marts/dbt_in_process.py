"""dbt inside the Dagster process: a prepared manifest, no second interpreter, tables in memory; saves tens of seconds.

Only how dbt is started belongs here. Names of dagster-dbt, dbt-core and dbt-duckdb that are not documented are leaned on, in this
file alone; the stock command-line resource of dagster-dbt does without (``ASQ_DBT=cli``, docs/upgrades.md).
"""

from __future__ import annotations

import json
import queue
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dagster as dg
import duckdb

from pipeline.marts.dbt_builder import DbtBuilder, MartsNotBuilt, selection_of
from pipeline.marts.project import PROJECT_DIR, parsed_manifest_bytes, target_dir

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest


class DbtInProcess(DbtBuilder):
    """Runs ``dbt build`` in this process and yields the same Dagster events as the command-line resource."""

    target: str = "memory"
    threads: int = 2

    def build(self, context: dg.AssetExecutionContext, variables: dict[str, Any]) -> Iterator[Any]:
        """Build the selected models and tests; yields materializations and check results, raises MartsNotBuilt on failure."""
        from dagster_dbt.asset_utils import (
            get_manifest_and_translator_from_dbt_assets,
            get_updated_cli_invocation_params_for_context,
        )
        from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner
        from google.protobuf.json_format import MessageToDict

        raw_manifest, translator, _ = get_manifest_and_translator_from_dbt_assets([context.assets_def])
        invocation = get_updated_cli_invocation_params_for_context(
            context=context, manifest=raw_manifest, dagster_dbt_translator=translator
        )
        run_target = target_dir() / f"run-{context.run.run_id[:8]}"
        run_target.mkdir(parents=True, exist_ok=True)
        messages: queue.Queue[dict[str, Any] | None] = queue.Queue()

        def on_event(message: Any) -> None:
            if message.info.name in {"LogModelResult", "LogSeedResult", "LogSnapshotResult", "LogTestResult"}:
                messages.put(MessageToDict(message, preserving_proto_field_name=True))

        arguments = [
            "build", *_with_upstream(invocation.selection_args, context), *self._common_arguments(variables, run_target),
        ]  # fmt: skip
        manifest = _prepared_manifest()
        outcome: dict[str, Any] = {}

        def work() -> None:
            try:
                outcome["result"] = dbtRunner(manifest=manifest, callbacks=[on_event]).invoke(arguments)
            except BaseException as error:  # handed over to the step's thread
                outcome["error"] = error
            finally:
                messages.put(None)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        try:
            while (message := messages.get()) is not None:
                events = DbtCoreCliEventMessage(raw_event=message, event_history_metadata={}).to_default_asset_events(
                    manifest=invocation.manifest,
                    dagster_dbt_translator=translator,
                    context=context,
                    target_path=run_target,
                    project=None,
                )
                yield from (event for event in events if _is_asked_for(event, context))
            thread.join()
        finally:
            shutil.rmtree(run_target, ignore_errors=True)
        if "result" in outcome and outcome["result"].success:
            return
        DuckDBConnectionManager.close_all_connections()
        if "error" in outcome:
            raise outcome["error"]
        raise MartsNotBuilt(_failed(outcome["result"]))

    def build_models(self, models: Sequence[str], variables: dict[str, Any], scratch: Path) -> None:
        """In this thread; ``tables`` then returns the database."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        arguments = ["build", *selection_of(models), *self._common_arguments(variables, scratch / "target")]
        result = dbtRunner(manifest=_prepared_manifest()).invoke(arguments)
        if not result.success:
            DuckDBConnectionManager.close_all_connections()
            raise MartsNotBuilt(_failed(result))

    def _common_arguments(self, variables: dict[str, Any], target: Path) -> list[str]:
        return [
            "--quiet", "--log-level-file", "none", "--no-write-json", "--no-populate-cache",
            "--vars", json.dumps(variables), "--target", self.target,
            "--project-dir", str(PROJECT_DIR), "--profiles-dir", str(PROJECT_DIR),
            "--target-path", str(target), "--log-path", str(target), "--threads", str(self.threads),
        ]  # fmt: skip

    @contextmanager
    def tables(self, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        """dbt's own connection: an in-memory database ends with it."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        try:
            yield DuckDBConnectionManager.env().handle().cursor()
        finally:
            DuckDBConnectionManager.close_all_connections()


def _failed(outcome: dbtRunnerResult) -> Iterator[str]:
    """What failed, in words: for a test its first comment, for a model DuckDB's message."""
    results: Any = outcome.result
    if outcome.exception is not None or not results:
        yield " ".join(str(outcome.exception).split())
        return
    for result in results:
        if result.status in ("fail", "error"):
            kind, comment = result.node.resource_type, _first_comment(result.node.raw_code)
            found = f"{result.failures} rows. {comment}" if result.status == "fail" else " ".join(str(result.message).split())
            yield f"{kind} {result.node.name}: {found}"


def _first_comment(sql: str) -> str:
    lines = takewhile(lambda line: line.startswith("--"), sql.splitlines())
    return " ".join(line.removeprefix("--").strip() for line in lines).rstrip(".")


def _prepared_manifest() -> Manifest:
    from dbt.contracts.graph.manifest import Manifest

    manifest = Manifest.from_msgpack(parsed_manifest_bytes())
    manifest.build_flat_graph()
    return manifest


def _with_upstream(selection: Sequence[str], context: dg.AssetExecutionContext) -> list[str]:
    """The selection with everything upstream: a run's scratch database starts empty."""
    if not context.is_subset:
        return list(selection)
    return [argument if argument.startswith("-") else " ".join(f"+{name}" for name in argument.split()) for argument in selection]


def _is_asked_for(event: Any, context: dg.AssetExecutionContext) -> bool:
    """Whether an event is about a selected asset; upstream models may have been built only to be read."""
    if isinstance(event, dg.Output):
        return event.output_name in context.op_execution_context.selected_output_names
    if isinstance(event, dg.AssetCheckResult):
        return any((key.asset_key, key.name) == (event.asset_key, event.check_name) for key in context.selected_asset_check_keys)
    return True
