"""The pseudonym key changes between two runs: the same values, other pseudonyms, never two keys in one window."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest
from runs import Finished, asq_here, asq_run, environment

from pipeline.lake.layout import Lake

from .conftest import TwoQuarters
from .lakes import OF_THE_LAKE, current, differing, without_run_id
from .landing import EARLIER_QUARTER as EARLIER
from .landing import QUARTER, hotline_calls, service_requests, write_csv

pytestmark = pytest.mark.xdist_group("orchestration_rotation")

# The lake of two quarters was made with the old key.
OLD, NEW = environment()["ASQ_PSEUDONYM_KEY"], "a7" * 32


def asq(*arguments: str | Path, **variables: str) -> Finished:
    return Finished(*asq_here(*arguments, environment=environment(**variables)))


def key_ids(lake: Path) -> set[str]:
    said = asq("privacy", "keys", "--lake", lake).stdout
    return {line.split()[2] for line in said.splitlines() if "  key " in line}


def tokens(lake: Path) -> set[str]:
    found: set[str] = set()
    for path in Lake(lake).root.glob("clean/**/*.parquet"):
        frame = pl.read_parquet(path, hive_partitioning=False)
        for column in frame.columns:
            if column.endswith("_token"):
                found |= set(frame[column].drop_nulls().to_list())
    return found


def copy_of(lake: Path, target: Path) -> Path:
    return shutil.copytree(lake, target, symlinks=True)


def test_after_rekey_the_old_key_is_gone_and_every_value_the_same(two_quarters: TwoQuarters, tmp_path: Path) -> None:
    lake = copy_of(two_quarters.lake, tmp_path / "lake")
    before, published = tokens(lake), without_run_id(current(lake, QUARTER))
    (old_id,) = key_ids(lake)
    done = asq("privacy", "rekey", "--lake", lake, ASQ_PSEUDONYM_KEY=NEW)
    assert done.returncode == 0, done.stderr
    (new_id,) = key_ids(lake)
    assert new_id != old_id
    after = tokens(lake)
    assert (len(after), before & after) == (len(before), set())
    assert all(token.split(":")[1] == new_id for token in after)
    # From here on only the new key is known. Both quarters' values come out as they were, byte for byte. When the earlier one
    # was run first, the other was not run yet.
    for quarter, of_the_lake in ((EARLIER, OF_THE_LAKE), (QUARTER, [])):
        was = without_run_id(current(lake, quarter))
        asq_run(quarter, two_quarters.landing, lake, ASQ_PSEUDONYM_KEY=NEW)
        assert differing(was, without_run_id(current(lake, quarter))) == of_the_lake
    assert differing(published, without_run_id(current(lake, QUARTER))) == []
    assert tokens(lake) == after


def test_a_run_with_a_new_key_brings_its_window_to_it(two_quarters: TwoQuarters, tmp_path: Path) -> None:
    """Without rekey: the run makes its own look-back quarters again from their accepted rows."""
    lake = copy_of(two_quarters.lake, tmp_path / "lake")
    published = without_run_id(current(lake, QUARTER))
    asq_run(QUARTER, two_quarters.landing, lake, ASQ_PSEUDONYM_KEY=NEW)
    assert differing(published, without_run_id(current(lake, QUARTER))) == []


def test_two_keys_in_one_window_are_refused(two_quarters: TwoQuarters, tmp_path: Path) -> None:
    """The accepted rows of the quarter before are gone, so that its pseudonyms cannot be made again."""
    lake = copy_of(two_quarters.lake, tmp_path / "lake")
    for stage in ("raw", "accepted", "quarantine"):
        for table in ("service_requests", "hotline_calls"):
            for quarter in (EARLIER, "2024-Q1"):
                shutil.rmtree(lake / stage / table / f"quarter={quarter}", ignore_errors=True)
    landing = tmp_path / "landing"
    shutil.copytree(two_quarters.landing, landing)
    of_quarter = [row for row in service_requests() if str(row["requested_at"]).startswith("2025-0")]
    write_csv(landing / "service_requests.csv", of_quarter)
    write_csv(landing / "hotline_calls.csv", [row for row in hotline_calls() if str(row["queued_at"]).startswith("2025-0")])
    # With the old key the window is whole.
    asq_run(QUARTER, landing, lake, ASQ_PSEUDONYM_KEY=OLD)
    published = without_run_id(current(lake, QUARTER))
    refused = asq("run", QUARTER, "--landing", landing, "--lake", lake, ASQ_PSEUDONYM_KEY=NEW)
    assert refused.returncode == 1
    assert "pseudonyms of 2 keys" in refused.stderr
    assert "service_requests 2024-Q4" in refused.stderr
    assert differing(published, without_run_id(current(lake, QUARTER))) == []
    # And they cannot be brought to the new key either: all or nothing.
    not_done = asq("privacy", "rekey", "--lake", lake, ASQ_PSEUDONYM_KEY=NEW)
    assert (not_done.returncode, "nothing was changed" in not_done.stderr) == (1, True)
