"""Which look-back and look-ahead quarters a run takes through a stage again, and which it leaves as they are."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.desensitize.look_back import quarters_to_desensitize
from pipeline.extract.look_back import quarters_to_extract
from pipeline.lake.layout import Lake
from pipeline.validate.look_back import quarters_to_validate
from schemas.contract import TABLES

QUARTER, BEFORE, AHEAD = Quarter(2025, 1), Quarter(2024, 4), Quarter(2025, 2)
COMPLAINTS = TABLES["complaints"]
KEY = "0123abcd"
# complaints refer to customers, outlets, regions and service_requests, of which there are no snapshots here.
NO_PARENTS = "- - - -"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def write(path: Path, rows: int, **marks: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame({"complaint_id": [f"C{i}" for i in range(rows)]}).write_parquet(path, metadata=marks)


def land(lake: Lake, fingerprint: str, rows: dict[str, int], table: str = "complaints") -> None:
    write(lake.snapshot(table), sum(rows.values()), fingerprint=fingerprint, rows_by_quarter=json.dumps(rows))


def hold(lake: Lake, stage: str, quarter: Quarter, rows: int = 3, **marks: str) -> None:
    write(lake.partition(stage, "complaints", quarter), rows, **marks)


class TestExtract:
    def test_what_the_lake_does_not_have_is_taken(self, lake: Lake) -> None:
        land(lake, "f1", {"2023-Q1": 1, "2023-Q2": 1, "2024-Q4": 3, "2025-Q1": 5, "2025-Q2": 1, "2025-Q3": 1})
        # Seven quarters back, one ahead, never the quarter itself.
        found = quarters_to_extract(COMPLAINTS, QUARTER, lake)
        assert found == [Quarter(2023, 2), BEFORE, AHEAD]

    def test_what_was_cut_from_the_same_snapshot_is_not_taken_twice(self, lake: Lake) -> None:
        land(lake, "f1", {"2024-Q4": 3})
        hold(lake, "raw", BEFORE, rows=3, fingerprint="f1")
        assert quarters_to_extract(COMPLAINTS, QUARTER, lake) == []

    @pytest.mark.parametrize(("landed", "held", "taken"), [(4, 3, True), (3, 3, True), (2, 3, False), (0, 3, False)])
    def test_a_newer_folder_counts_where_it_holds_as_many_rows(self, lake: Lake, landed: int, held: int, taken: bool) -> None:
        land(lake, "f2", {"2025-Q1": 9} | ({"2024-Q4": landed} if landed else {}))
        hold(lake, "raw", BEFORE, rows=held, fingerprint="f1")
        assert quarters_to_extract(COMPLAINTS, QUARTER, lake) == ([BEFORE] if taken else [])

    def test_a_published_quarter_is_no_exception(self, lake: Lake) -> None:
        land(lake, "f2", {"2024-Q4": 3})
        hold(lake, "raw", BEFORE, rows=3, fingerprint="f1")
        lake.current(BEFORE).mkdir(parents=True)
        assert lake.published_quarters() == [BEFORE]
        assert quarters_to_extract(COMPLAINTS, QUARTER, lake) == [BEFORE]

    def test_registers_have_no_neighbours(self, lake: Lake) -> None:
        land(lake, "f1", {}, table="outlets")
        assert quarters_to_extract(TABLES["outlets"], QUARTER, lake) == []

    def test_answers_follow_the_same_rule(self, lake: Lake) -> None:
        land(lake, "f1", {"2024-Q4": 3}, table="survey_answers")
        assert quarters_to_extract(TABLES["survey_answers"], QUARTER, lake) == [BEFORE]

    def test_without_a_snapshot_there_is_nothing_to_take(self, lake: Lake) -> None:
        assert quarters_to_extract(COMPLAINTS, QUARTER, lake) == []


class TestValidate:
    def _stale(self, lake: Lake, **judged: str) -> bool:
        land(lake, "f1", {"2024-Q4": 3})
        hold(lake, "raw", BEFORE, fingerprint="f1")
        # The accepted partition may be the raw file itself: what it was judged with stands in the quarantine file.
        hold(lake, "accepted", BEFORE, fingerprint="f1")
        hold(lake, "quarantine", BEFORE, rows=0, **judged)
        return quarters_to_validate(COMPLAINTS, QUARTER, lake) == [BEFORE]

    def test_raw_rows_never_judged(self, lake: Lake) -> None:
        hold(lake, "raw", BEFORE, fingerprint="f1")
        assert quarters_to_validate(COMPLAINTS, QUARTER, lake) == [BEFORE]

    def test_nothing_to_judge(self, lake: Lake) -> None:
        hold(lake, "quarantine", BEFORE, fingerprint="f1")
        assert quarters_to_validate(COMPLAINTS, QUARTER, lake) == []

    def test_judged_as_they_are(self, lake: Lake) -> None:
        assert not self._stale(lake, fingerprint="f1", parents=NO_PARENTS)

    def test_a_run_killed_after_extract(self, lake: Lake) -> None:
        assert self._stale(lake, fingerprint="f0", parents=NO_PARENTS)

    def test_a_judgement_that_does_not_say_of_which_rows(self, lake: Lake) -> None:
        assert self._stale(lake)

    def test_parents_that_came_anew(self, lake: Lake) -> None:
        assert self._stale(lake, fingerprint="f1", parents="p1 - - -")

    def test_rows_of_an_earlier_delivery_keep_their_judgement(self, lake: Lake) -> None:
        land(lake, "f2", {"2025-Q1": 9})
        hold(lake, "raw", BEFORE, fingerprint="f1")
        hold(lake, "quarantine", BEFORE, fingerprint="f1", parents="p1 - - -")
        assert quarters_to_validate(COMPLAINTS, QUARTER, lake) == []


class TestDesensitize:
    @pytest.mark.parametrize(
        ("clean", "stale"),
        [
            ({"fingerprint": "f1", "parents": "p1", "pseudonym_key": KEY}, False),
            ({"fingerprint": "f0", "parents": "p1", "pseudonym_key": KEY}, True),  # killed after validate
            ({"fingerprint": "f1", "parents": "p0", "pseudonym_key": KEY}, True),
            ({"fingerprint": "f1", "parents": "p1", "pseudonym_key": "another1"}, True),
            ({"fingerprint": "f1", "parents": "p1"}, True),
        ],
    )
    def test_clean_rows_are_those_of_the_accepted_rows_and_the_key(self, lake: Lake, clean: dict[str, str], stale: bool) -> None:
        hold(lake, "accepted", BEFORE)
        hold(lake, "quarantine", BEFORE, fingerprint="f1", parents="p1")
        hold(lake, "clean", BEFORE, **clean)
        assert quarters_to_desensitize(COMPLAINTS, QUARTER, lake, KEY) == ([BEFORE] if stale else [])

    def test_accepted_rows_never_cleaned(self, lake: Lake) -> None:
        hold(lake, "accepted", AHEAD, fingerprint="f1")
        assert quarters_to_desensitize(COMPLAINTS, QUARTER, lake, KEY) == [AHEAD]

    def test_a_clean_partition_outlives_its_accepted_one(self, lake: Lake) -> None:
        hold(lake, "clean", BEFORE, fingerprint="f1", pseudonym_key="another1")
        assert quarters_to_desensitize(COMPLAINTS, QUARTER, lake, KEY) == []
