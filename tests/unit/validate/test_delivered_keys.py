"""Which files of a lake say what was delivered."""

from __future__ import annotations

from pipeline.calendar.quarters import Quarter


def values(writer, table: str, *columns: str) -> list[tuple]:
    relation = writer.delivered_keys.relation(table, columns)
    return sorted(writer.delivered_keys.cursor().execute(f"from {relation}").fetchall())


def test_snapshot_and_raw_partitions_of_all_quarters_count_once(writer) -> None:
    writer.snapshot("staff", [writer.good("staff", i) for i in (0, 1)])
    writer.raw("staff", [writer.good("staff", i) for i in (1, 2)])
    writer.raw("staff", [writer.good("staff", i) for i in (2, 3)], quarter=Quarter(2023, 4))
    assert values(writer, "staff", "enterprise_id", "staff_id") == [("E1", f"staff_id-{i}") for i in range(4)]


def test_a_table_that_never_came(writer) -> None:
    assert writer.delivered_keys.relation("staff", ("staff_id",)) is None
    writer.raw("staff", [], delivered=False)
    writer.snapshot("staff", [])
    assert writer.delivered_keys.relation("staff", ("staff_id",)) is None


def test_a_table_that_came_without_rows(writer) -> None:
    writer.raw("staff", [])
    assert values(writer, "staff", "staff_id") == []


def test_a_table_that_came_for_another_quarter_only(writer) -> None:
    writer.raw("staff", [], delivered=False)
    writer.raw("staff", [writer.good("staff")], quarter=Quarter(2024, 4))
    assert values(writer, "staff", "staff_id") == [("staff_id-0",)]


def test_what_was_read_is_kept_until_a_file_changes(writer) -> None:
    writer.raw("staff", [writer.good("staff", 0)])
    first = writer.delivered_keys.relation("staff", ("staff_id",))
    assert writer.delivered_keys.relation("staff", ("staff_id",)) == first
    writer.raw("staff", [writer.good("staff", 1)])
    assert writer.delivered_keys.relation("staff", ("staff_id",)) != first
    assert values(writer, "staff", "staff_id") == [("staff_id-1",)]
