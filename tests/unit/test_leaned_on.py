"""Names of other projects that are not public and are leaned on all the same: each is still there and does what it is used for.

Where one fails after an upgrade, its message names the way without it; docs/upgrades.md explains the ways.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from pipeline.errors import UsageError
from pipeline.unrecorded import INSTANCE_VARIABLE, unrecorded_instance

PIPELINE = Path(__file__).resolve().parents[2] / "pipeline"
# The versions with which each library was tried.
TRIED = {
    "dagster": "1.13.27",
    "dagster-dbt": "0.29.27",
    "dbt-core": "1.11.16",
    "dbt-duckdb": "1.11.1",
    "great-expectations": "1.24.1",
}
EPHEMERAL = "set ASQ_INSTANCE=ephemeral, which uses DagsterInstance.ephemeral()"
COMMAND_LINE = "set ASQ_DBT=cli, which uses DbtCliResource"
SITE = "build_data_docs() of a context writes such pages too, which load files from elsewhere and name the time"


@contextmanager
def leaned_on(library: str, name: str, way: str) -> Iterator[None]:
    """Fails with one sentence whatever is wrong inside."""
    try:
        yield
    except Exception as error:
        pytest.fail(
            f"{library} {version(library)} no longer has {name} as it is used here ({error!r}; tried with {TRIED[library]}): "
            f"{way}.",
            pytrace=False,
        )


def takes(function: Any, *names: str) -> bool:
    return set(names) <= set(inspect.signature(function).parameters)


def test_dagster_s_event_log_can_be_replaced_by_one_that_keeps_nothing() -> None:
    with (
        leaned_on("dagster", "InMemoryEventLogStorage or DagsterInstance._event_storage", EPHEMERAL),
        unrecorded_instance() as instance,
    ):
        assert instance.event_log_storage is instance._event_storage
        assert type(instance.event_log_storage).__name__ == "NoEvents"
        instance.report_runless_asset_event(dg.AssetMaterialization("a"))
        assert instance.fetch_materializations(dg.AssetKey("a"), limit=1).records == []
        assert instance.get_latest_materialization_event(dg.AssetKey("a")) is None
        assert dg.materialize([_asset], instance=instance).success


@dg.asset
def _asset() -> int:
    return 1


def test_dagster_s_own_ephemeral_instance_does_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(INSTANCE_VARIABLE, "ephemeral")
    with unrecorded_instance() as instance:
        instance.report_runless_asset_event(dg.AssetMaterialization("a"))
        assert len(instance.fetch_materializations(dg.AssetKey("a"), limit=1).records) == 1
    monkeypatch.setenv(INSTANCE_VARIABLE, "mine")
    with pytest.raises(UsageError, match=r"^ASQ_INSTANCE=mine: choose unrecorded or ephemeral$"):
        unrecorded_instance()


def test_dagster_dbt_says_what_a_step_selects() -> None:
    with leaned_on("dagster-dbt", "get_manifest_and_translator_from_dbt_assets", COMMAND_LINE):
        from dagster_dbt.asset_utils import get_manifest_and_translator_from_dbt_assets as manifest_of

        assert takes(manifest_of, "dbt_assets")
    with leaned_on("dagster-dbt", "get_updated_cli_invocation_params_for_context", COMMAND_LINE):
        from dagster_dbt.asset_utils import get_updated_cli_invocation_params_for_context as parameters_of

        assert takes(parameters_of, "context", "manifest", "dagster_dbt_translator")


def test_dagster_dbt_makes_events_of_dbt_s_messages() -> None:
    with leaned_on("dagster-dbt", "DbtCoreCliEventMessage.to_default_asset_events", COMMAND_LINE):
        from dagster_dbt.core.dbt_cli_event import DbtCoreCliEventMessage

        assert takes(DbtCoreCliEventMessage, "raw_event", "event_history_metadata")
        names = ("manifest", "dagster_dbt_translator", "context", "target_path", "project")
        assert takes(DbtCoreCliEventMessage.to_default_asset_events, *names)


def test_dbt_takes_a_manifest_that_was_prepared() -> None:
    with leaned_on("dbt-core", "Manifest.from_msgpack", COMMAND_LINE):
        from dbt.contracts.graph.manifest import Manifest

        prepared = Manifest.from_msgpack(Manifest().to_msgpack())
        prepared.build_flat_graph()
        assert prepared.flat_graph["nodes"] == {}


@pytest.mark.parametrize("name", ["LogModelResult", "LogSeedResult", "LogSnapshotResult", "LogTestResult"])
def test_dbt_calls_its_results_by_these_names(name: str) -> None:
    with leaned_on("dbt-core", name, COMMAND_LINE):
        from dbt.events import types

        assert inspect.isclass(getattr(types, name))


def test_dbt_duckdb_hands_its_connection_over() -> None:
    with leaned_on("dbt-duckdb", "DuckDBConnectionManager.env().handle().cursor()", COMMAND_LINE):
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.adapters.duckdb.environments import Environment

        assert takes(Environment.handle, "self")
        DuckDBConnectionManager.close_all_connections()
        assert callable(DuckDBConnectionManager.env)


def test_great_expectations_renders_a_page_of_one_result() -> None:
    with leaned_on("great-expectations", "ValidationResultsPageRenderer or DefaultJinjaPageView", SITE):
        from great_expectations.render.renderer import ValidationResultsPageRenderer
        from great_expectations.render.view import DefaultJinjaPageView

        assert takes(ValidationResultsPageRenderer().render, "validation_results")
        assert takes(DefaultJinjaPageView().render, "document")
    with leaned_on("great-expectations", "ProgressBarsConfig", "leave the progress bars on, which go to standard error"):
        from great_expectations.data_context.types.base import ProgressBarsConfig

        assert ProgressBarsConfig(globally=False).globally is False


def test_a_name_that_is_gone_fails_with_one_sentence() -> None:
    said = f"^dbt-core {version('dbt-core')} no longer has x as it is used here .*tried with 1.11.16.*: set ASQ_DBT=cli, .*\\.$"
    with pytest.raises(pytest.fail.Exception, match=said), leaned_on("dbt-core", "x", COMMAND_LINE):
        raise ImportError("gone")


# --- nothing else, and in one place ------------------------------------------------------------------------------------

PUBLIC = {
    "dagster",
    "dagster_dbt",
    "dbt.cli.main",
    "great_expectations",
    "great_expectations.core",
    "great_expectations.expectations",
    "great_expectations.expectations.metadata_types",
}
LEANED_ON = {
    "dagster._core.storage.event_log": "unrecorded.py",
    "dagster_dbt.asset_utils": "marts/dbt_in_process.py",
    "dagster_dbt.core.dbt_cli_event": "marts/dbt_in_process.py",
    "dbt.adapters.duckdb.connections": "marts/dbt_in_process.py",
    "dbt.contracts.graph.manifest": "marts/dbt_in_process.py",
    "great_expectations.data_context.types.base": "accept/worker.py",
    "great_expectations.render.renderer": "accept/worker.py",
    "great_expectations.render.view": "accept/worker.py",
}


def test_every_module_that_is_leaned_on_is_listed_and_used_in_one_file() -> None:
    libraries = ("dagster", "dagster_dbt", "dagster_shared", "dbt", "great_expectations")
    found = {
        (name, path.relative_to(PIPELINE).as_posix())
        for path in PIPELINE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
        if name.split(".")[0] in libraries and name not in PUBLIC
    }
    assert found == set(LEANED_ON.items())
