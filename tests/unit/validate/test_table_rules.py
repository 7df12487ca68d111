"""Rules between the rows of a partition: keys, versions in time, answers that count once."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.validate.table_rules import _overlapping
from schemas.contract import TABLES

NINE = dt.datetime(2025, 1, 6, 9)


def day(number: int | None) -> dt.date | None:
    """Day ``number`` of January 2025."""
    return None if number is None else dt.date(2025, 1, number)


class TestUniqueKey:
    @pytest.mark.parametrize("table", TABLES)
    def test_the_second_row_of_a_key_is_refused_in_every_table(self, writer, table: str) -> None:
        writer.parents(table, count=3)
        writer.raw(table, [writer.good(table, number) for number in (0, 1, 0, 2, 0)])
        result = writer.validate(table)
        key = "|".join(TABLES[table].unique_key)
        assert writer.refused(table) == [(2, "unique_key", key), (4, "unique_key", key)]
        assert (result.extracted, result.accepted, result.quarantined) == (5, 3, 2)
        assert result.rule_counts == {"unique_key": 2}

    def test_the_line_in_quarantine_names_the_key(self, writer) -> None:
        writer.raw("parts_orders", [writer.good("parts_orders", order_id="PO-7") for _ in range(2)])
        writer.validate("parts_orders")
        (line,) = writer.read("quarantine", "parts_orders")
        assert (line["row_key"], line["value_masked"]) == ("E1|PO-7", "E1|PO-7")

    def test_a_corrected_row_takes_the_place_of_its_refused_original(self, writer) -> None:
        rows = [
            writer.good("quality_inspections", 0, violations=None),  # refused: incomplete
            writer.good("quality_inspections", 0, violations=5),  # corrected
            writer.good("quality_inspections", 0, violations=6),  # corrected once more, refused: the key is taken by now
        ]
        writer.raw("quality_inspections", rows)
        writer.validate("quality_inspections")
        assert writer.refused("quality_inspections") == [
            (0, "required", "violations"),
            (2, "unique_key", "enterprise_id|inspection_id"),
        ]
        assert [row["violations"] for row in writer.read("accepted", "quality_inspections")] == [5]

    def test_the_same_key_in_two_enterprises_is_two_keys(self, writer) -> None:
        writer.raw("parts_orders", [writer.good("parts_orders", 0, enterprise_id=name) for name in ("E1", "E2")])
        assert writer.validate("parts_orders").accepted == 2


class TestVersionOverlap:
    def _refused(self, writer, *versions: tuple[int | None, int | None]) -> list[tuple[int, str, str | None]]:
        rows = [
            writer.good("regions", 0, valid_from=day(start), valid_to=day(end), area_km2=float(i + 1))
            for i, (start, end) in enumerate(versions)
        ]
        writer.raw("regions", [*rows, writer.good("regions", 1)])
        writer.validate("regions")
        return writer.refused("regions")

    @pytest.mark.parametrize(
        "versions",
        [
            ((None, 10), (10, 20), (20, None)),  # each begins on the day the one before it ends: half-open
            ((20, None), (None, 10), (10, 20)),
            ((1, 2), (5, 6)),
            ((None, None),),
        ],
    )
    def test_versions_that_follow_each_other_are_accepted(self, writer, versions) -> None:
        assert self._refused(writer, *versions) == []

    @pytest.mark.parametrize(
        ("versions", "refused"),
        [
            (((1, 10), (9, 20)), [1]),
            (((1, None), (5, 9)), [1]),  # beside given ends, an open one reaches over everything later
            (((None, None), (5, 6)), [1]),
            (((9, 20), (1, 10)), [1]),  # the first in file order, not in time, is accepted
            (((1, 10), (5, 15), (10, 20)), [1]),  # what a refused version covered is free
            (((1, 3), (5, 8), (2, 6), (3, 5)), [2]),
        ],
    )
    def test_the_later_row_of_two_overlapping_versions_is_refused(self, writer, versions, refused) -> None:
        assert self._refused(writer, *versions) == [(row, "version_overlap", "valid_from|valid_to") for row in refused]

    def test_the_interval_is_shown(self, writer) -> None:
        self._refused(writer, (1, None), (5, 9))
        (line,) = writer.read("quarantine", "regions")
        assert line["value_masked"] == "2025-01-05|2025-01-09"

    def test_two_versions_from_the_same_day_are_one_key_twice(self, writer) -> None:
        assert self._refused(writer, (1, 5), (1, 9), (None, 1), (None, 1)) == [
            (1, "unique_key", "enterprise_id|region_code|valid_from"),
            (3, "unique_key", "enterprise_id|region_code|valid_from"),
        ]

    @given(
        st.lists(
            st.tuples(st.integers(0, 2), st.integers(0, 30), st.none() | st.integers(1, 10)).map(
                lambda drawn: (drawn[0], drawn[1] or None, drawn[2] and drawn[1] + drawn[2])
            ),
            max_size=25,
        )
    )
    def test_as_if_every_pair_were_compared(self, drawn: list[tuple[int, int | None, int | None]]) -> None:
        far = 10**6
        accepted: list[tuple[int, int, int]] = []
        refused = []
        for row_id, (entry, start, end) in enumerate(drawn):
            low, high = -far if start is None else start, far if end is None else end
            if any(entry == other and low < other_high and other_low < high for other, other_low, other_high in accepted):
                refused.append(row_id)
            else:
                accepted.append((entry, low, high))
        versions = [(entry, row_id, start, end) for row_id, (entry, start, end) in enumerate(drawn)]
        assert _overlapping(versions) == refused


class TestRepeatedSurveyResponses:
    def test_second_answers_of_a_customer_are_no_fault(self, writer) -> None:
        # C-41: the marts count the first; 20 second answers among 231 customers must not stop a quarter (limit 5 %).
        writer.raw("customers", [writer.good("customers", i) for i in range(3)])
        rows = [
            writer.good("survey_responses", i, started_at=None, request_id=None, region_code=None, customer_id="customer_id-0")
            | {"survey_id": "round", "is_complete": True, "submitted_at": NINE + dt.timedelta(days=i)}
            for i in range(3)
        ]
        writer.raw("survey_responses", rows)
        writer.validate("survey_responses")
        assert writer.refused("survey_responses") == []


class TestVersionsWithOneBound:
    """A register that has only starts, or only ends, says the same as one with both (D-93)."""

    def _refused(self, writer, *versions: tuple[int | None, int | None]) -> list[tuple[int, str, str | None]]:
        days = [(start and dt.date(2025, 1, start), end and dt.date(2025, 1, end)) for start, end in versions]
        rows = [writer.good("regions", 0, valid_from=start, valid_to=end) for start, end in days]
        writer.raw("regions", rows)
        writer.validate("regions")
        return writer.refused("regions")

    def test_without_ends(self, writer) -> None:
        assert self._refused(writer, (None, None), (5, None), (9, None)) == []

    def test_without_starts(self, writer) -> None:
        assert self._refused(writer, (None, 5), (None, 9), (None, None)) == []

    def test_the_same_version_twice_is_still_a_repeated_key(self, writer) -> None:
        assert self._refused(writer, (5, None), (5, None)) == [(1, "unique_key", "enterprise_id|region_code|valid_from")]

    def test_beside_given_bounds_an_open_version_overlaps(self, writer) -> None:
        assert self._refused(writer, (1, 5), (5, None), (9, None)) == [(2, "version_overlap", "valid_from|valid_to")]
