"""The dbt project as dbt compiled it, run in this process: the SQL of ``manifest.json`` on a database in memory.

dbt compiles the project once per version (``project``); a run only sends its SQL to DuckDB. What dbt does beside that for
each model (rendering, logging, its artifacts) takes longer than a small quarter's counting. Relies on what dbt documents of its
manifest: compiled_code, depends_on, config, relation_name.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager, suppress
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
from pydantic import PrivateAttr

from pipeline.lake.database import connected
from pipeline.lake.sql import literal, quoted
from pipeline.marts import project
from pipeline.marts.dbt_builder import DbtBuilder, MartsNotBuilt, first_comment
from pipeline.marts.inputs import RunInputs
from pipeline.marts.project import DATABASE, seeds_path

_SEEDS = "seeds"
_AT_ONCE = 2
"""Models at once."""
# Bytes of clean files up to which a model is counted by one thread: handing over to others takes a quarter of such a run's time.
_SMALL = 64 * 2**20

Node = Mapping[str, Any]


class DbtCompiled(DbtBuilder):
    """Sends the project's compiled SQL to a DuckDB database in memory, which lasts until its tables were read."""

    _databases: dict[Path, tuple[ExitStack, duckdb.DuckDBPyConnection]] = PrivateAttr(default_factory=dict)

    def build(self, context: dg.AssetExecutionContext, inputs: RunInputs, scratch: Path) -> Iterator[Any]:
        """Build the selected models with everything upstream, and run their tests."""
        keys = {spec.key.path[-1]: spec.key for spec in context.assets_def.specs if spec.key in context.selected_asset_keys}
        checks = {key.name: key for key in context.selected_asset_check_keys}
        nodes = _with_upstream(keys.keys() | checks.keys())
        for node, failures in self._run(nodes, project.published_tables(), inputs, scratch):
            name = node["name"]
            if name in keys:
                yield dg.MaterializeResult(asset_key=keys[name])
            if name in checks:
                yield dg.AssetCheckResult(
                    passed=not failures, asset_key=checks[name].asset_key, check_name=name, metadata={"failures": failures}
                )

    def build_models(self, models: Sequence[str], inputs: RunInputs, scratch: Path) -> None:
        """In this process; ``tables`` then returns the database, with these models only, and what views among them read."""
        nodes = _with_upstream(set(models))
        for _ in self._run(nodes, _with_read(nodes, set(models)), inputs, scratch):
            pass

    @contextmanager
    def tables(self, scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        """The database in memory, which ends with this."""
        stack, connection = self._databases.pop(scratch)
        with stack:
            yield connection

    def _run(
        self, nodes: Mapping[str, Node], kept: Collection[str], inputs: RunInputs, scratch: Path
    ) -> Iterator[tuple[Node, int]]:
        """Run nodes, by unique id, in the order of their dependencies; yields each with its failures (0 for a model).

        Tables that are not ``kept``, by name, are dropped once nothing is left that reads them: they need not fit beside others.
        """
        stack, connection = self._databases[scratch] = _opened(scratch, inputs)
        failed: list[str] = []
        try:
            inputs.create(connection, DATABASE)
            order = TopologicalSorter({name: set(_upstream(node)) & nodes.keys() for name, node in nodes.items()})
            order.prepare()
            readers = Readers(nodes)
            ready: list[str] = []
            running: dict[Future[int], tuple[str, duckdb.DuckDBPyConnection]] = {}
            with ThreadPoolExecutor(_AT_ONCE) as pool, _interrupted(running):
                while order.is_active() and not (failed and not running):
                    ready += order.get_ready()
                    # The latest first: what reads a table comes before other tables are made.
                    while ready and len(running) < _AT_ONCE and not failed:
                        name, cursor = ready.pop(), connection.cursor()
                        running[pool.submit(_executed, nodes[name], cursor)] = name, cursor
                    for future in wait(running, return_when=FIRST_COMPLETED).done:
                        name, _ = running.pop(future)
                        try:
                            failures = future.result()
                        except duckdb.Error as error:
                            failed.append(_in_words(nodes[name], " ".join(str(error).split())))
                            continue
                        if failures:
                            failed.append(_in_words(nodes[name], f"{failures} rows. {first_comment(nodes[name]['raw_code'])}"))
                        order.done(name)
                        for unread in readers.done(name):
                            if _kind(nodes[unread]) == "table" and nodes[unread]["name"] not in kept:
                                connection.execute(f"drop table {nodes[unread]['relation_name']}")
                        yield nodes[name], failures
            if failed:
                raise MartsNotBuilt(failed)
        except BaseException:
            del self._databases[scratch]
            stack.close()
            raise


class Readers:
    """Which nodes are still to read a relation: directly, or through views, which read when they are read themselves.

    ``readers.done("model.a")`` says which relations nothing reads any more after this one was made.
    """

    def __init__(self, nodes: Mapping[str, Node]) -> None:
        self._nodes = nodes
        self._waiting: dict[str, set[str]] = {name: set() for name in nodes}
        for name in nodes:
            for upstream in self._read_by(name):
                self._waiting[upstream].add(name)

    def done(self, name: str) -> list[str]:
        """A node was run; returns the relations that it was the last to read."""
        if _kind(self._nodes[name]) == "view" and self._waiting[name]:
            return []
        unread = []
        for upstream in self._read_by(name):
            self._waiting[upstream].discard(name)
            if not self._waiting[upstream]:
                unread.append(upstream)
                if _kind(self._nodes[upstream]) == "view":
                    unread += self.done(upstream)
        return unread

    def _read_by(self, name: str) -> set[str]:
        return set(_upstream(self._nodes[name])) & self._nodes.keys()


def _opened(scratch: Path, inputs: RunInputs) -> tuple[ExitStack, duckdb.DuckDBPyConnection]:
    """The database, and what closes it."""
    with ExitStack() as stack:
        threads = 1 if inputs.size < _SMALL else None
        connection = stack.enter_context(connected(scratch, threads=threads, keeps_order=False))
        connection.execute(f"attach ':memory:' as {quoted(DATABASE)}")
        connection.execute(f"attach {literal(seeds_path())} as {quoted(_SEEDS)} (read_only)")
        return stack.pop_all(), connection


@contextmanager
def _interrupted(running: Mapping[Future[int], tuple[str, duckdb.DuckDBPyConnection]]) -> Iterator[None]:
    """Ctrl-C ends the queries too, which would otherwise be waited for."""
    try:
        yield
    except BaseException:
        for _, cursor in running.values():
            with suppress(duckdb.Error):
                cursor.interrupt()
        raise


def _with_upstream(names: Collection[str]) -> dict[str, Node]:
    """The nodes of these names with everything they are built from; a test does not ask for tests."""
    nodes = project.nodes()
    asked = [node["unique_id"] for node in nodes.values() if node["name"] in names]
    found: dict[str, Node] = {}
    while asked:
        unique_id = asked.pop()
        if unique_id in nodes and unique_id not in found:
            found[unique_id] = nodes[unique_id]
            asked += _upstream(nodes[unique_id])
    return found


def _with_read(nodes: Mapping[str, Node], names: set[str]) -> set[str]:
    """The names with those of the relations that views among them read."""
    asked = [node for node in nodes.values() if node["name"] in names]
    found = set(names)
    while asked:
        node = asked.pop()
        if _kind(node) == "view":
            read = [nodes[each] for each in _upstream(node) if each in nodes and nodes[each]["name"] not in found]
            found |= {each["name"] for each in read}
            asked += read
    return found


def _executed(node: Node, connection: duckdb.DuckDBPyConnection) -> int:
    """Create a node's relation, or count the rows that a test finds."""
    with connection:
        if node["resource_type"] == "test":
            counted = connection.execute(f"select count(*) from ({node['compiled_code']}) as failures").fetchone()
            return int(counted[0]) if counted else 0
        query = node.get("compiled_code")
        if node["resource_type"] == "seed":
            query = f"from {quoted(_SEEDS)}.{quoted(node['schema'])}.{quoted(node['alias'])}"
        connection.execute(f"create {_kind(node)} {node['relation_name']} as {query}")
        return 0


def _kind(node: Node) -> str:
    """What a node is in the database: a table or a view; a test is neither."""
    if node["resource_type"] == "test":
        return "test"
    return "view" if node["resource_type"] == "seed" or node["config"]["materialized"] == "view" else "table"


def _in_words(node: Node, found: str) -> str:
    return f"{node['resource_type']} {node['name']}: {found}"


def _upstream(node: Node) -> list[str]:
    # A seed depends on macros only.
    return list(node["depends_on"].get("nodes", []))
