"""Owner-only zones, and records purged from a lake of real runs: what readers see does not change, in any quarter."""

from __future__ import annotations

import datetime as dt
import fcntl
import shutil
import stat
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from runs import Finished, asq_run, umask

from pipeline.calendar.quarters import Quarter
from pipeline.lake import access_log
from pipeline.lake.layout import PRIVATE_ZONES, Lake
from pipeline.lake.provenance import is_purged
from pipeline.lake.warehouse import refresh_warehouse
from pipeline.retention.policy import Retention
from pipeline.retention.purge import purge
from schemas.contract import TABLES

from .conftest import Published
from .lakes import OF_THE_LAKE, current, differing, published_contents, without_run_id
from .landing import EVENT_TABLES, NEXT_QUARTER, QUARTER, customers, regions, write_csv

pytestmark = pytest.mark.xdist_group("orchestration_retention")

# The quarter ended two days before, the next one has begun.
TODAY = dt.date(2025, 4, 2)


def copied(published: Published, folder: Path) -> Path:
    copy = shutil.copytree(published.lake, folder, symlinks=True)
    refresh_warehouse(Lake(copy))
    return copy


def purged_lake(published: Published, folder: Path) -> Path:
    """A copy of the published lake in which nothing but keys is left of the records up to the quarter."""
    lake = copied(published, folder)
    purge(Lake(lake), Retention(keep_days=0), TODAY, command="test", reason="term over")
    return lake


@pytest.fixture(scope="module")
def unpurged(published: Published, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake made by a version with wide rights, in which the next quarter was run under umask 000."""
    lake = copied(published, tmp_path_factory.mktemp("unpurged") / "lake")
    for path in lake.rglob("*"):
        if not path.is_symlink():
            path.chmod(0o777 if path.is_dir() else 0o666)
    with umask(0):
        asq_run(NEXT_QUARTER, published.landing, lake)
    return lake


def test_no_umask_and_no_earlier_rights_open_a_private_zone(unpurged: Path) -> None:
    wide = [
        f"{path.relative_to(unpurged)} {stat.S_IMODE(path.stat().st_mode):o}"
        for zone in PRIVATE_ZONES
        # There is no correction in this delivery.
        if zone != "corrected"
        for path in (unpurged / zone, *(unpurged / zone).rglob("*"))
        if stat.S_IMODE(path.stat().st_mode) != (0o700 if path.is_dir() else 0o600)
    ]
    assert wide == []
    # Everything else is for readers: these are all the folders there are.
    others = {path.name for path in unpurged.iterdir() if path.is_dir()} - set(PRIVATE_ZONES)
    assert others == {"published", "locks"}


def test_a_run_logs_which_records_it_read(unpurged: Path) -> None:
    read = [event for event in access_log.events(Lake(unpurged)) if event["quarter"] == NEXT_QUARTER]
    assert [(event["action"], event["zone"]) for event in read] == [("read", zone) for zone in ("landing", "raw", "accepted")]
    assert {event["run_id"] for event in read} == {current(unpurged, NEXT_QUARTER).name}
    assert all(event["tables"] == list(TABLES) for event in read)


def test_after_a_purge_the_next_quarter_has_the_same_numbers(published: Published, unpurged: Path, tmp_path: Path) -> None:
    lake = purged_lake(published, tmp_path / "lake")
    assert differing(published_contents(lake), published_contents(published.lake)) == []
    asq_run(NEXT_QUARTER, published.landing, lake)
    # The account of the landing folder says which rows were not taken again, and two tables count the lines of that account.
    assert differing(without_run_id(current(lake, NEXT_QUARTER)), without_run_id(current(unpurged, NEXT_QUARTER))) == OF_THE_LAKE
    place, quarter = Lake(lake), Quarter.parse(QUARTER)
    for name in EVENT_TABLES:
        assert is_purged(place.partition("raw", name, quarter))
        # The landing folder holds all quarters; the snapshot of the run does not.
        assert pl.read_parquet(place.snapshot(name))["quarter"].unique().to_list() == [NEXT_QUARTER]


def _rerun(lake: Path, landing: Path) -> tuple[Finished, dict[str, bytes]]:
    finished = asq_run(QUARTER, landing, lake)
    return finished, without_run_id(current(lake, QUARTER))


def test_a_purged_quarter_is_evaluated_again_from_its_clean_rows_or_its_files(published: Published, tmp_path: Path) -> None:
    lake, before = purged_lake(published, tmp_path / "lake"), without_run_id(current(published.lake, QUARTER))
    new_only = tmp_path / "landing"
    for register in (regions, customers):
        write_csv(new_only / f"{register.__name__}.csv", list(register()))
    finished, again = _rerun(lake, new_only)
    assert "the records were purged and not delivered again; evaluated from their clean rows: service_requests" in (finished.stderr)
    # The run says so in its record, which the report shows; the accounts begin with the extracted rows, as there are no files;
    # and two tables count the rows of these. No other table differs.
    told = [
        "cleaning_log.parquet",
        "released/cleaning_counts.parquet",
        "released/run_info.parquet",
        "run_info.parquet",
    ]
    assert differing(again, before) == sorted([*OF_THE_LAKE, *told])
    assert is_purged(Lake(lake).partition("raw", "service_requests", Quarter.parse(QUARTER)))
    finished, again = _rerun(lake, published.landing)
    assert "purged" not in finished.stderr
    # Rows of the quarters that stay closed are a line of their own in the account of the landing folder.
    assert differing(again, before) == OF_THE_LAKE
    assert not is_purged(Lake(lake).partition("raw", "service_requests", Quarter.parse(QUARTER)))


# --- Dagster ---------------------------------------------------------------------------------------------------------


def test_the_job_does_what_the_command_does(lake_copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipeline.definitions import defs

    monkeypatch.setenv("ASQ_LAKE", str(lake_copy))
    job = defs.resolve_job_def("purge_personal_data")
    config = {"ops": {"remove_records": {"config": {"older_than_days": 0, "reason": "asked for"}}}}
    with dg.DagsterInstance.ephemeral() as instance:
        result = job.execute_in_process(run_config=config, instance=instance)
    assert result.success
    (output,) = (event for event in result.all_events if event.event_type_value == "STEP_OUTPUT")
    shown = {name: value.value for name, value in output.step_output_data.metadata.items()}
    logged = [event for event in access_log.events(Lake(lake_copy)) if event["action"] == "purge"]
    assert shown["keep_days"] == 0
    assert QUARTER in shown["quarters"]
    assert (shown["files"], shown["rows"]) == (len(logged), sum(event["rows"] for event in logged))
    assert {(event["command"], event["reason"]) for event in logged} == {("purge_personal_data", "asked for")}


def test_the_schedule_is_off_and_starts_one_run_a_night() -> None:
    from pipeline.definitions import defs

    (schedule,) = defs.get_repository_def().schedule_defs
    assert (schedule.default_status, schedule.job_name) == (dg.DefaultScheduleStatus.STOPPED, "purge_personal_data")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 3 * * *", "Asia/Shanghai")
    with dg.build_schedule_context(scheduled_execution_time=dt.datetime(2025, 4, 2, 19, tzinfo=dt.UTC)) as context:
        (request,) = schedule.evaluate_tick(context).run_requests
    assert request.run_config == {}


def test_a_run_holds_off_the_purge_from_its_first_step_to_its_last(tmp_path: Path) -> None:
    from pipeline.stage.resources import Places

    @dg.op(required_resource_keys={"places"})
    def a_step() -> None:
        with (tmp_path / "lake/locks/records.lock").open("w") as handle, pytest.raises(BlockingIOError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    @dg.job(resource_defs={"places": Places(landing=str(tmp_path), lake=str(tmp_path / "lake"))})
    def two_steps() -> None:
        a_step()
        a_step.alias("another_step")()

    with dg.DagsterInstance.ephemeral() as instance:
        assert two_steps.execute_in_process(instance=instance).success
    with (tmp_path / "lake/locks/records.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
