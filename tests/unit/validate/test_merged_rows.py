"""A request merged into nothing that counts is counted by itself, in whichever quarter it is; the rule names it."""

from __future__ import annotations

import tempfile
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.validate.corrections import Correction
from pipeline.validate.delivered import DeliveredKeys
from pipeline.validate.quarter import validate_quarter
from schemas.contract import TABLES

Q3, Q4, Q1 = Quarter(2024, 3), Quarter(2024, 4), Quarter(2025, 1)
REQUESTS = TABLES["service_requests"]
# Refused: no such status.
UNSOUND = {"status": "unheard-of"}


def request(writer, name: str, into: str | None = None, **changes: Any) -> dict[str, Any]:
    usual = {"request_id": name, "merged_into": into, "is_test": False, "enterprise_id": "E1"}
    row = {**writer.good("service_requests"), **usual, **changes}
    return {name: None if name in ("outlet_id", "staff_id") else value for name, value in row.items()}


def set_aside(writer, quarter: Quarter) -> set[str]:
    """The requests of which the claim was set aside: delivered with one, accepted without; the log has the same."""
    delivered = {row["request_id"] for row in writer.read("raw", "service_requests", quarter) if row["merged_into"]}
    found = {
        row["request_id"]
        for row in writer.read("accepted", "service_requests", quarter)
        if not row["merged_into"] and row["request_id"] in delivered
    }
    path = writer.lake.partition("corrected", "service_requests", quarter)
    logged = writer.read("corrected", "service_requests", quarter) if path.is_file() else []
    by_rule = [row for row in logged if row["correction"] == "merged_into_nothing"]
    assert {row["row_key"].split("|")[1] for row in by_rule} == found
    assert all((row["column"], row["author"], row["after_masked"]) == ("merged_into", "rule", None) for row in by_rule)
    return found


def run(writer, *quarters: Quarter) -> dict[str, set[str]]:
    for quarter in quarters:
        result = writer.validate("service_requests", quarter)
        assert result.corrections.set_aside.get("merged_into_nothing", 0) == len(set_aside(writer, quarter))
    return {quarter.label: set_aside(writer, quarter) for quarter in sorted(quarters)}


def test_circles_itself_and_nowhere_count_and_a_chain_to_a_counted_request_does_not(writer) -> None:
    rows = [
        *(request(writer, name, into) for name, into in (("a", "b"), ("b", "a"), ("itself", "itself"), ("lost", "nowhere"))),
        *(request(writer, name, into) for name, into in (("first", "second"), ("second", "counted"), ("counted", None))),
        # It leads into the circle, and to a request of another enterprise.
        *(request(writer, name, into) for name, into in (("tail", "a"), ("abroad", "foreign"))),
        request(writer, "foreign", enterprise_id="E2"),
    ]
    writer.raw("service_requests", rows)
    result = writer.validate("service_requests")
    assert (result.accepted, result.quarantined, result.corrections.set_aside) == (10, 0, {"merged_into_nothing": 6})
    assert set_aside(writer, Q1) == {"a", "b", "itself", "lost", "tail", "abroad"}
    assert {row["request_id"]: row["merged_into"] for row in writer.read("accepted", "service_requests") if row["merged_into"]} == {
        "first": "second",
        "second": "counted",
    }


def test_the_value_as_delivered_is_in_the_log_with_its_row(writer) -> None:
    writer.raw("service_requests", [request(writer, "kept"), request(writer, "lost", "W-7")])
    writer.validate("service_requests")
    (logged,) = writer.read("corrected", "service_requests")
    assert (logged["origin_row"], logged["_row_id"], logged["before_masked"]) == (3, 1, "W-7")
    assert "counts by itself" in logged["reason"]


def test_a_refused_or_test_request_does_not_count_for_those_merged_into_it(writer) -> None:
    rows = [
        request(writer, "refused", **UNSOUND),
        request(writer, "test", is_test=True),
        request(writer, "into-refused", "refused"),
        request(writer, "into-test", "test"),
        # A test that was itself merged into a counted request leads there.
        request(writer, "merged-test", "counted", is_test=True),
        request(writer, "through-the-test", "merged-test"),
        request(writer, "counted"),
    ]
    writer.raw("service_requests", rows)
    writer.validate("service_requests")
    assert set_aside(writer, Q1) == {"into-refused", "into-test"}


@pytest.mark.parametrize("quarters", list(permutations((Q3, Q4, Q1))))
def test_the_quarter_of_the_other_request_and_the_order_of_the_runs_do_not_matter(writer, quarters) -> None:
    rows = [
        (Q3, request(writer, "old")),
        (Q1, request(writer, "far", "old")),
        # Through another quarter and back.
        (Q1, request(writer, "out", "between")),
        (Q4, request(writer, "between", "home")),
        (Q1, request(writer, "home")),
        # The same key twice: only the first row is accepted, and it is a test.
        (Q3, request(writer, "twice", is_test=True)),
        (Q4, request(writer, "twice")),
        (Q1, request(writer, "into-twice", "twice")),
        # Refused in its own quarter.
        (Q4, request(writer, "broken", **UNSOUND)),
        (Q3, request(writer, "into-broken", "broken")),
        # A circle over two quarters.
        (Q3, request(writer, "x", "y")),
        (Q4, request(writer, "y", "x")),
    ]
    writer.deliver("service_requests", rows)
    assert run(writer, *quarters) == {"2024-Q3": {"into-broken", "x"}, "2024-Q4": {"y"}, "2025-Q1": {"into-twice"}}


def test_a_request_of_an_earlier_delivery_counts(writer) -> None:
    writer.deliver("service_requests", [(Q4, request(writer, "earlier"))], "f1")
    writer.validate("service_requests", Q4)
    writer.deliver("service_requests", [(Q1, request(writer, "later", "earlier")), (Q1, request(writer, "lost", "gone"))], "f2")
    assert run(writer, Q1) == {"2025-Q1": {"lost"}}


def test_a_correction_mends_the_claim_before_it_is_looked_at(lake_writer, tmp_path: Path) -> None:
    mended = Correction("service_requests", "E1|wrong", "merged_into", "nowhere", "right", "typo", "EX", Q1.last_day, "line 2")
    lake = Lake(tmp_path / "lake")
    with DeliveredKeys(lake, [mended], Q1) as keys:
        writer = lake_writer(lake, keys)
        rows = [request(writer, "wrong", "nowhere"), request(writer, "lost", "nowhere"), request(writer, "right")]
        writer.raw("service_requests", rows)
        validate_quarter(REQUESTS, Q1, lake, 1.0, keys)
        assert set_aside(writer, Q1) == {"lost"}
        assert len(writer.read("corrected", "service_requests")) == 2


_NAMES = st.sampled_from("abcdefgh")
_ROWS = st.lists(
    st.tuples(
        st.sampled_from((Q3, Q4, Q1)),
        st.sampled_from(("E1", "E2")),
        _NAMES,
        st.one_of(st.none(), _NAMES),
        st.booleans(),
        st.sampled_from((True, True, True, False)),
    ),
    min_size=1,
    max_size=14,
)


@given(rows=_ROWS, order=st.permutations((Q3, Q4, Q1)))
@settings(max_examples=25, deadline=None)
def test_any_delivery_as_one_walk_says(lake_writer, rows, order) -> None:
    # Independently: the first sound row of a key is accepted; from each, walk until an end or a row seen before.
    accepted: dict[tuple[str, str], tuple[str | None, bool, Quarter]] = {}
    for quarter, enterprise, name, into, is_test, is_sound in rows:
        if is_sound:
            accepted.setdefault((enterprise, name), (into, is_test, quarter))

    def leads_to_a_counted_one(key: tuple[str, str]) -> bool:
        seen = set()
        while key in accepted and key not in seen:
            seen.add(key)
            into, is_test, _ = accepted[key]
            if into is None:
                return not is_test
            key = (key[0], into)
        return False

    expected = {
        (enterprise, name)
        for (enterprise, name), (into, _, _) in accepted.items()
        if into is not None and not leads_to_a_counted_one((enterprise, into))
    }
    with tempfile.TemporaryDirectory() as folder, DeliveredKeys(Lake(Path(folder))) as keys:
        writer = lake_writer(Lake(Path(folder)), keys)
        delivered = []
        for quarter, enterprise, name, into, is_test, is_sound in rows:
            fault = {} if is_sound else UNSOUND
            delivered.append((quarter, request(writer, name, into, enterprise_id=enterprise, is_test=is_test, **fault)))
        writer.deliver("service_requests", delivered)
        found = set()
        for quarter in (each for each in order if each in {row[0] for row in rows}):
            result = writer.validate("service_requests", quarter)
            assert result.extracted == result.accepted + result.quarantined
            path = writer.lake.partition("corrected", "service_requests", quarter)
            if path.is_file():
                found |= {tuple(row["row_key"].split("|")) for row in writer.read("corrected", "service_requests", quarter)}
    assert found == expected
