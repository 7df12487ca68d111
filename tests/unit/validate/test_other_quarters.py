"""A key is judged over all quarters of a delivery, and beside earlier ones."""

from __future__ import annotations

import datetime as dt
from itertools import permutations
from typing import Any

import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.validate.quarter import validate_quarter
from schemas.contract import TABLES

Q3, Q4, Q1 = Quarter(2024, 3), Quarter(2024, 4), Quarter(2025, 1)
KEY = ("unique_key", "enterprise_id|order_id")
BEFORE_THE_ORDER = dt.datetime(2024, 7, 1)
TABLES_WITH_QUARTERS = [name for name, table in TABLES.items() if table.has_quarters]


def refused(writer, table: str, *quarters: Quarter) -> dict[str, list[tuple[int, str, str | None]]]:
    """Validate the quarters in this order; (row of the delivery, rule, column) by quarter."""
    for quarter in quarters:
        writer.validate(table, quarter)
    return {quarter.label: writer.refused(table, quarter) for quarter in sorted(quarters)}


def order(writer, order_id: str | None, **changes: Any) -> dict[str, Any]:
    return writer.good("parts_orders", 0, order_id=order_id, **changes)


class TestKeys:
    @pytest.mark.parametrize("table", TABLES_WITH_QUARTERS)
    def test_the_second_row_is_refused_in_its_own_quarter_in_every_table(self, writer, table: str) -> None:
        writer.parents(table, count=3)
        same, other = writer.good(table, 0), writer.good(table, 1)
        writer.deliver(table, [(Q1, other), (Q1, same), (Q4, same)])
        key = "|".join(TABLES[table].unique_key)
        assert refused(writer, table, Q1, Q4) == {"2024-Q4": [(2, "unique_key", key)], "2025-Q1": []}
        assert len(writer.read("accepted", table, Q1)) == 2
        assert writer.read("accepted", table, Q4) == []

    @pytest.mark.parametrize("quarters", list(permutations((Q3, Q4, Q1))))
    def test_the_order_in_which_quarters_are_run_does_not_matter(self, writer, quarters) -> None:
        rows = [(Q4, "a"), (Q1, "b"), (Q3, "a"), (Q1, "a"), (Q4, "b"), (Q4, "c"), (Q3, "c"), (Q3, "d"), (Q1, "b")]
        writer.deliver("parts_orders", [(quarter, order(writer, name)) for quarter, name in rows])
        # a: row 0 of Q4 stands, 2 and 3 do not; b: row 1 of Q1, not 4 and 8; c: row 5 of Q4, not 6; d is alone.
        assert refused(writer, "parts_orders", *quarters) == {
            "2024-Q3": [(2, *KEY), (6, *KEY)],
            "2024-Q4": [(4, *KEY)],
            "2025-Q1": [(3, *KEY), (8, *KEY)],
        }

    @pytest.mark.parametrize("quarters", list(permutations((Q4, Q1))))
    def test_a_row_that_breaks_a_rule_of_its_own_takes_no_key(self, writer, quarters) -> None:
        rows = [(Q4, order(writer, "a", shipped_at=BEFORE_THE_ORDER)), (Q1, order(writer, "a")), (Q4, order(writer, "a"))]
        writer.deliver("parts_orders", rows)
        assert refused(writer, "parts_orders", *quarters) == {
            "2024-Q4": [(0, "shipped_before_ordered", "shipped_at"), (2, *KEY)],
            "2025-Q1": [],
        }

    def test_a_row_whose_parent_never_came_takes_no_key(self, writer) -> None:
        writer.parents("training_records")
        orphan, sound = (
            writer.good("training_records", 0, **more) for more in ({"staff_id": "nobody"}, {"staff_id": "staff_id-0"})
        )
        writer.deliver("training_records", [(Q4, orphan), (Q1, sound)])
        assert refused(writer, "training_records", Q1)["2025-Q1"] == []

    def test_the_same_key_in_two_enterprises_is_two_keys(self, writer) -> None:
        rows = [(quarter, order(writer, "a", enterprise_id=name)) for quarter, name in ((Q4, "E1"), (Q1, "E2"))]
        writer.deliver("parts_orders", rows)
        assert refused(writer, "parts_orders", Q4, Q1) == {"2024-Q4": [], "2025-Q1": []}

    def test_rows_without_a_key_are_no_rows_of_one_key(self, writer) -> None:
        rows = [(quarter, order(writer, None)) for quarter in (Q4, Q1)]
        writer.deliver("parts_orders", rows)
        assert refused(writer, "parts_orders", Q1)["2025-Q1"] == [(1, "required", "order_id")]

    def test_many_row_groups(self, writer) -> None:
        rows = [(Q1 if i % 2 else Q4, order(writer, f"o{i}")) for i in range(20)]
        rows += [(Q4, order(writer, f"o{i}")) for i in (1, 7, 19)] + [(Q1, order(writer, "o8"))]
        writer.deliver("parts_orders", rows)
        assert refused(writer, "parts_orders", Q1, Q4) == {
            "2024-Q4": [(20, *KEY), (21, *KEY), (22, *KEY)],
            "2025-Q1": [(23, *KEY)],
        }

    def test_a_register_is_judged_by_its_own_partition_alone(self, writer) -> None:
        writer.raw("regions", [writer.good("regions")], Q4)
        writer.raw("regions", [writer.good("regions")], Q1)
        for quarter in (Q4, Q1):
            assert writer.validate("regions", quarter).quarantined == 0

    def test_it_needs_no_shared_connection(self, writer) -> None:
        writer.deliver("parts_orders", [(Q4, order(writer, "a")), (Q1, order(writer, "a"))])
        assert validate_quarter(TABLES["parts_orders"], Q1, writer.lake, 1.0).quarantined == 1

    def test_nothing_is_left_in_the_scratch_folder(self, writer) -> None:
        writer.deliver("parts_orders", [(Q4, order(writer, "a")), (Q1, order(writer, "a"))])
        writer.validate("parts_orders", Q1)
        # The files that keys were looked up in, and the database's folder to spill into, are held as long as keys are.
        left = {path.name.partition("-")[0]: [*path.iterdir()] for path in writer.lake.scratch.iterdir()}
        assert left.keys() <= {"pinned", "spilled"}
        assert left["spilled"] == []
        writer.delivered_keys.close()
        assert list(writer.lake.scratch.iterdir()) == []


class TestEarlierDeliveries:
    def _earlier(self, writer, *names: str) -> None:
        """A delivery of Q4, validated; its partition stays when the next folder has fewer rows of Q4."""
        writer.deliver("parts_orders", [(Q4, order(writer, name)) for name in names], fingerprint="f1")
        writer.validate("parts_orders", Q4)

    def test_what_was_accepted_before_came_first(self, writer) -> None:
        self._earlier(writer, "a", "b")
        writer.deliver("parts_orders", [(Q1, order(writer, "a")), (Q1, order(writer, "c"))], fingerprint="f2")
        assert refused(writer, "parts_orders", Q1)["2025-Q1"] == [(0, *KEY)]

    def test_what_was_refused_before_took_no_key(self, writer) -> None:
        writer.deliver("parts_orders", [(Q4, order(writer, "b")), (Q4, order(writer, "x", shipped_at=BEFORE_THE_ORDER))], "f1")
        writer.validate("parts_orders", Q4)
        writer.deliver("parts_orders", [(Q1, order(writer, "x"))], fingerprint="f2")
        assert refused(writer, "parts_orders", Q1)["2025-Q1"] == []

    def test_a_folder_with_as_many_rows_replaces_the_earlier_delivery(self, writer) -> None:
        self._earlier(writer, "a", "b")
        # Q4 holds c and b now: nothing of the new delivery has the key a twice.
        rows = [(Q1, "a"), (Q4, "c"), (Q4, "b")]
        writer.deliver("parts_orders", [(quarter, order(writer, name)) for quarter, name in rows], fingerprint="f2")
        assert refused(writer, "parts_orders", Q1)["2025-Q1"] == []

    def test_a_late_quarter_yields_to_what_was_accepted_before(self, writer) -> None:
        writer.deliver("parts_orders", [(Q1, order(writer, "a"))], fingerprint="f1")
        writer.validate("parts_orders", Q1)
        writer.deliver("parts_orders", [(Q4, order(writer, "a"))], fingerprint="f2")
        assert refused(writer, "parts_orders", Q4)["2024-Q4"] == [(0, *KEY)]
        # Judged again, the row that stands still stands.
        assert refused(writer, "parts_orders", Q1)["2025-Q1"] == []


@pytest.mark.parametrize("quarters", list(permutations((Q4, Q1))))
def test_repeated_survey_responses_are_accepted_in_every_quarter(writer, quarters) -> None:
    """The marts count the first by time (C-41); nothing of the delivery is wrong."""
    writer.raw("customers", [writer.good("customers", 0)])
    standard = {"started_at": None, "request_id": None, "region_code": None, "is_complete": True}
    rows = [
        (quarter, writer.good("survey_responses", 0, response_id=name, submitted_at=dt.datetime.fromisoformat(day), **standard))
        for quarter, name, day in ((Q1, "a", "2025-01-02"), (Q4, "b", "2024-12-30"), (Q4, "c", "2024-12-31"))
    ]
    writer.deliver("survey_responses", rows)
    assert refused(writer, "survey_responses", *quarters) == {"2024-Q4": [], "2025-Q1": []}


def test_deliveries_that_repeat_nothing_cost_one_aggregate(writer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is looked at row by row, and what was found is used for every quarter of the run."""
    writer.deliver("parts_orders", [(quarter, order(writer, quarter.label)) for quarter in (Q3, Q4, Q1)])
    made: list[str] = []
    kept = writer.delivered_keys._kept

    def watched(what: tuple[str, ...], files: list, query: str) -> str:
        name = kept(what, files, query)
        made.append(name)
        return name

    monkeypatch.setattr(writer.delivered_keys, "_kept", watched)
    monkeypatch.setattr("pipeline.validate.other_quarters._find_own_rows", None)
    for quarter in (Q3, Q4, Q1):
        assert writer.validate("parts_orders", quarter).quarantined == 0
    assert len(made) == 3
    assert len(set(made)) == 1
