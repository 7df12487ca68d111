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
    "great-expectations": "1.24.1",
}
EPHEMERAL = "set ASQ_INSTANCE=ephemeral, which uses DagsterInstance.ephemeral()"
OWN_EVENT_LOG = "leave event_log_storage out of dagster.yaml, then Dagster keeps its own event log"
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


def test_dagster_s_event_log_asks_for_its_connections_in_one_place(tmp_path: Path) -> None:
    with leaned_on("dagster", "SqliteEventLogStorage._connect and _initdb", OWN_EVENT_LOG):
        from pipeline.event_log import SqliteEventLog

        own = SqliteEventLog.__mro__[1]
        assert takes(own._connect, "shard")
        assert takes(own._initdb, "engine")
        asked: list[str] = []

        class Watched(SqliteEventLog):
            @contextmanager
            def _connect(self, shard: str) -> Iterator[Any]:
                asked.append(shard)
                with super()._connect(shard) as connection:
                    yield connection

        log = Watched(str(tmp_path))
        assert log.get_logs_for_run("a run") == []
        assert log.all_asset_keys() == []
        assert set(asked) == {"a run", "index"}
        log.dispose()


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
    said = rf"^dagster {version('dagster')} no longer has x as it is used here .*tried with {TRIED['dagster']}\): {EPHEMERAL}.*\.$"
    with pytest.raises(pytest.fail.Exception, match=said.replace("()", r"\(\)")), leaned_on("dagster", "x", EPHEMERAL):
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
    ("dagster._core.storage.event_log", "event_log.py"),
    ("dagster._core.storage.event_log", "unrecorded.py"),
    ("dagster._serdes", "event_log.py"),
    ("great_expectations.data_context.types.base", "accept/worker.py"),
    ("great_expectations.render.renderer", "accept/worker.py"),
    ("great_expectations.render.view", "accept/worker.py"),
}


def test_every_module_that_is_leaned_on_is_listed_with_the_files_that_use_it() -> None:
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
    assert found == LEANED_ON
