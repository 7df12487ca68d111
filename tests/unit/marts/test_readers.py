"""Which relations of the marts nothing reads any more: those are dropped, so a mistake here would lose a table too early."""

from __future__ import annotations

from typing import Any

from pipeline.marts.dbt_compiled import Readers


def node(kind: str, *upstream: str) -> dict[str, Any]:
    """A node of dbt's manifest: a table, a view or a test."""
    resource = "test" if kind == "test" else "model"
    return {"resource_type": resource, "config": {"materialized": kind}, "depends_on": {"nodes": list(upstream)}}


def test_a_table_is_unread_after_its_last_reader() -> None:
    readers = Readers({"a": node("table"), "b": node("table", "a"), "c": node("test", "a")})
    assert readers.done("a") == []
    assert readers.done("b") == []
    assert readers.done("c") == ["a"]


def test_what_reads_a_view_reads_the_tables_behind_it() -> None:
    readers = Readers(
        {
            "a": node("table"),
            "seen": node("view", "a"),
            "seen_again": node("view", "seen"),
            "b": node("table", "seen"),
            "c": node("table", "seen_again"),
        }
    )
    assert [readers.done(name) for name in ("a", "seen", "seen_again", "b")] == [[], [], [], []]
    assert readers.done("c") == ["seen_again", "seen", "a"]


def test_a_view_that_nothing_reads_keeps_no_table() -> None:
    readers = Readers({"a": node("table"), "seen": node("view", "a"), "b": node("table", "a")})
    assert readers.done("b") == []
    assert readers.done("seen") == ["a"]


def test_nodes_that_are_not_built_are_not_waited_for() -> None:
    readers = Readers({"b": node("table", "source.a"), "c": node("table", "b")})
    assert readers.done("b") == []
    assert readers.done("c") == ["b"]
