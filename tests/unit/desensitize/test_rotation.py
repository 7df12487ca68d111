"""One key for all that a run reads: a mixture is seen and refused, and all quarters are brought to a new key or none."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.desensitize.keys import PseudonymKey
from pipeline.desensitize.quarter import desensitize_quarter
from pipeline.desensitize.rotation import clean_files_with_tokens, has_tokens, rekey, require_one_key
from pipeline.errors import DataRefused
from pipeline.lake.layout import Lake
from schemas.contract import TABLES

CALLS, REGIONS = TABLES["hotline_calls"], TABLES["regions"]
BEFORE, AFTER = Quarter(2024, 4), Quarter(2025, 1)
OLD, NEW = PseudonymKey(bytes(range(32))), PseudonymKey(bytes(range(1, 33)))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Two quarters of calls by the same two people, pseudonyms made with the old key."""
    lake = Lake(tmp_path / "lake")
    for quarter in (BEFORE, AFTER):
        path = lake.partition("accepted", CALLS.name, quarter)
        path.parent.mkdir(parents=True)
        schema = {column.name: column.polars_type for column in CALLS.columns}
        rows = [{"call_id": f"c{number}", "caller_phone": phone} for number, phone in enumerate(("13812345678", "13900001111"))]
        pl.DataFrame(rows, schema=schema).write_parquet(path)
        desensitize_quarter(CALLS, quarter, lake, OLD)
    return lake


def tokens(lake: Lake, quarter: Quarter) -> list[str]:
    return pl.read_parquet(lake.partition("clean", CALLS.name, quarter))["caller_phone_token"].to_list()


def files(lake: Lake) -> dict[str, list[str]]:
    return {CALLS.name: [str(lake.partition("clean", CALLS.name, quarter)) for quarter in (BEFORE, AFTER)]}


def test_one_key_is_let_through_and_two_are_refused_by_name(lake: Lake) -> None:
    require_one_key(files(lake))
    desensitize_quarter(CALLS, AFTER, lake, NEW)
    assert set(tokens(lake, BEFORE)).isdisjoint(tokens(lake, AFTER))
    with pytest.raises(DataRefused, match=r"pseudonyms of 2 keys") as refused:
        require_one_key(files(lake))
    message = str(refused.value)
    assert all(key.key_id in message for key in (OLD, NEW))
    assert "hotline_calls 2024-Q4" in message or "hotline_calls 2025-Q1" in message


def test_tables_without_pseudonyms_have_no_say(lake: Lake, tmp_path: Path) -> None:
    """A region has nothing that a key could change."""
    assert not has_tokens(REGIONS)
    path = tmp_path / "quarter=2025-Q1" / "data.parquet"
    path.parent.mkdir()
    pl.DataFrame({"region_code": ["R1"]}).write_parquet(path)
    require_one_key(files(lake) | {REGIONS.name: [str(path)]})


def test_all_quarters_get_the_new_key_and_people_can_be_followed_again(lake: Lake) -> None:
    before = tokens(lake, BEFORE)
    done = list(rekey(lake, NEW))
    assert [(file.table.name, file.quarter, file.key_id) for file in done] == [
        ("hotline_calls", BEFORE, OLD.key_id),
        ("hotline_calls", AFTER, OLD.key_id),
    ]
    assert {file.key_id for file in clean_files_with_tokens(lake)} == {NEW.key_id}
    assert tokens(lake, BEFORE) == tokens(lake, AFTER)
    assert set(before).isdisjoint(tokens(lake, BEFORE))
    assert list(rekey(lake, NEW)) == []


def test_nothing_changes_where_one_quarter_cannot_follow(lake: Lake) -> None:
    lake.partition("accepted", CALLS.name, BEFORE).unlink()
    kept = tokens(lake, AFTER)
    with pytest.raises(DataRefused, match=r"nothing was changed: no accepted rows are left of hotline_calls 2024-Q4"):
        list(rekey(lake, NEW))
    assert tokens(lake, AFTER) == kept
