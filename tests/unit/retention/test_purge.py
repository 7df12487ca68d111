"""Records of quarters past their term go, what later quarters need of them stays; legal holds, killed purges, running runs."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from pipeline.calendar.quarters import Quarter
from pipeline.cli import main
from pipeline.desensitize.keys import PseudonymKey
from pipeline.desensitize.look_back import quarters_to_desensitize
from pipeline.desensitize.quarter import desensitize_quarter
from pipeline.errors import DataRefused
from pipeline.evaluate.inputs import purged_records
from pipeline.evaluate.run_info import Purged
from pipeline.extract.look_back import quarters_to_extract
from pipeline.extract.partition import extract_quarter
from pipeline.extract.snapshot import take_snapshot
from pipeline.lake import access_log
from pipeline.lake.layout import Lake
from pipeline.lake.provenance import is_purged
from pipeline.retention.policy import Hold, Retention
from pipeline.retention.purge import Purge, planned, purge
from pipeline.settings.sources import load_sources
from pipeline.validate.look_back import quarters_to_validate
from pipeline.validate.quarter import ValidationResult, validate_quarter
from schemas.contract import TABLES

Q1, Q2, Q3 = Quarter(2024, 1), Quarter(2024, 2), Quarter(2024, 3)
KEY = PseudonymKey(bytes(range(32)), "hmac-sha256")
# Of the delivery below only 2024-Q1 ended more than 100 days before: on 31 March, 101 days; 2024-Q2 on 30 June, 10 days.
TODAY, TERM = dt.date(2024, 7, 10), Retention(keep_days=100)
PERSONAL = ("13812345678", "王建国")

COMPLAINTS = """\
enterprise_id,complaint_id,customer_id,channel,is_urgent,received_at,customer_phone,content
A,K1,C1,phone,false,2024-01-08 09:00:00,13812345678,王建国先生投诉安装延误
A,K2,C2,phone,false,2024-02-08 09:00:00,13900000001,噪音
A,13812345678,C3,telepathy,false,2024-02-09 09:00:00,13900000002,重复
A,K4,C3,telepathy,false,2024-02-10 09:00:00,13900000002,重复
A,K5,C1,phone,false,2024-04-08 09:00:00,13812345678,漏水
"""
INCIDENTS = """\
enterprise_id,incident_id,occurred_at,severity
A,I1,2024-01-20 10:00:00,major
A,I2,2024-03-02 10:00:00,fatal
A,I3,2024-05-02 10:00:00,minor
"""


class Deliveries:
    """A landing folder and its lake, taken through the stages that see personal data."""

    def __init__(self, folder: Path) -> None:
        self.landing, self.lake = folder / "landing", Lake(folder / "lake")
        self.landing.mkdir(exist_ok=True)

    def deliver(self, **tables: str) -> None:
        for file in self.landing.iterdir():
            file.unlink()
        for name, text in tables.items():
            (self.landing / f"{name}.csv").write_text(text, encoding="utf-8")

    def run(self, quarter: Quarter, *tables: str, key: PseudonymKey = KEY) -> dict[str, ValidationResult]:
        """What a run of a quarter does until its records are clean; no look-back quarters."""
        self.lake.scratch.mkdir(parents=True, exist_ok=True)
        results = {}
        for table in (TABLES[name] for name in tables or ("complaints", "safety_incidents")):
            take_snapshot(table, self.landing, load_sources(None), self.lake, quarter)
            extract_quarter(table, quarter, self.lake)
            results[table.name] = validate_quarter(table, quarter, self.lake, 1.0)
            desensitize_quarter(table, quarter, self.lake, key)
        return results

    def purge(self, retention: Retention = TERM, today: dt.date = TODAY) -> Purge:
        return purge(self.lake, retention, today, command="test", reason="term over")

    def read(self, stage: str, quarter: Quarter = Q1, table: str = "complaints") -> pl.DataFrame:
        return pl.read_parquet(self.lake.partition(stage, table, quarter), hive_partitioning=False)

    def everything(self, *zones: str) -> str:
        """All values in the Parquet files of these zones."""
        files = sorted(path for zone in zones for path in (self.lake.root / zone).rglob("*.parquet"))
        return "\n".join(pl.read_parquet(file, hive_partitioning=False).write_ndjson() for file in files)


@pytest.fixture(scope="module")
def two_quarters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A landing folder and its lake with two quarters. To be read only."""
    folder = tmp_path_factory.mktemp("two_quarters")
    made = Deliveries(folder)
    made.deliver(complaints=COMPLAINTS, safety_incidents=INCIDENTS)
    made.run(Q1)
    made.run(Q2)
    return folder


@pytest.fixture
def deliveries(two_quarters: Path, tmp_path: Path) -> Deliveries:
    shutil.copytree(two_quarters, tmp_path, symlinks=True, dirs_exist_ok=True)
    return Deliveries(tmp_path)


def bytes_of(lake: Lake, *zones: str) -> dict[Path, bytes]:
    return {path: path.read_bytes() for zone in zones for path in (lake.root / zone).rglob("*.parquet")}


# --- what goes, what stays -------------------------------------------------------------------------------------------


def test_only_keys_are_left_of_a_quarter_past_its_term(deliveries: Deliveries) -> None:
    before = deliveries.read("raw", Q2)
    deliveries.purge()
    origin = ["quarter", "_origin_file", "_origin_row", "_row_id"]
    for stage in ("raw", "accepted"):
        assert deliveries.read(stage).columns == ["enterprise_id", "complaint_id", *origin]
    assert deliveries.read("accepted")["complaint_id"].to_list() == ["K1", "K2"]
    # A refused row's key stays where it is written like a code; a phone in its place does not.
    assert deliveries.read("raw")["complaint_id"].to_list() == ["K1", "K2", None, "K4"]
    assert deliveries.read("raw")["_row_id"].to_list() == [0, 1, 2, 3]
    assert deliveries.read("raw", Q2).equals(before)
    # The snapshot held rows of the first quarter: the next run takes it again.
    assert not deliveries.lake.snapshot("complaints").exists()


def test_no_personal_data_of_the_quarter_are_left_in_the_lake(deliveries: Deliveries) -> None:
    zones = ("landing", "raw", "accepted", "quarantine", "clean")
    assert all(value in deliveries.everything(*zones) for value in PERSONAL)
    deliveries.purge(today=dt.date(2024, 12, 31))  # 2024-Q2 ended 184 days before
    found = deliveries.everything(*zones) + access_log.access_log(deliveries.lake).read_text(encoding="utf-8")
    assert [value for value in PERSONAL if value in found] == []


def test_complaints_and_major_incidents_stay_de_identified_for_ever(deliveries: Deliveries) -> None:
    before = bytes_of(deliveries.lake, "clean", "quarantine")
    deliveries.purge(today=dt.date(2124, 7, 10))
    assert bytes_of(deliveries.lake, "clean", "quarantine") == before
    assert deliveries.read("clean")["complaint_id"].to_list() == ["K1", "K2"]
    assert deliveries.read("clean", table="safety_incidents")["severity"].to_list() == ["major", "fatal"]


def test_the_term_ends_the_day_after_its_last(deliveries: Deliveries) -> None:
    # 31 March 2024 + 100 days = 9 July (30 of April, 31 of May, 30 of June, 9 of July).
    assert planned(deliveries.lake, TERM, dt.date(2024, 7, 9)).removed == ()
    assert planned(deliveries.lake, TERM, dt.date(2024, 7, 10)).removed != ()


def test_a_dry_run_says_the_same_and_changes_nothing(deliveries: Deliveries) -> None:
    zones = ("landing", "raw", "accepted")
    before = bytes_of(deliveries.lake, *zones)
    plan = planned(deliveries.lake, TERM, TODAY)
    assert bytes_of(deliveries.lake, *zones) == before
    assert not access_log.access_log(deliveries.lake).exists()
    assert deliveries.purge() == plan
    # raw 4 and accepted 2 complaints, 2 + 2 incidents; snapshots of 5 complaints and 3 incidents
    assert plan.rows == 4 + 2 + 2 + 2 + 5 + 3


def test_the_quarter_in_progress_is_never_removed(deliveries: Deliveries) -> None:
    done = deliveries.purge(Retention(keep_days=0), dt.date(2024, 6, 30))
    assert {removal.quarter for removal in done.removed if removal.quarter} == {Q1}


def test_records_never_evaluated_are_removed_whole_and_can_come_again(deliveries: Deliveries) -> None:
    deliveries.lake.partition("clean", "complaints", Q1).unlink()
    done = deliveries.purge()
    assert {removal.left for removal in done.removed if removal.table == "complaints"} == {"nothing"}
    assert not deliveries.lake.partition("raw", "complaints", Q1).exists()
    take_snapshot(TABLES["complaints"], deliveries.landing, load_sources(None), deliveries.lake, Q2)
    assert quarters_to_extract(TABLES["complaints"], Q2, deliveries.lake) == [Q1]


# --- later quarters --------------------------------------------------------------------------------------------------

NEXT = "A,{key},C9,phone,false,2024-07-08 09:00:00,13700000000,漏水\n"


@pytest.mark.parametrize("is_purged_before", [False, True])
@pytest.mark.parametrize("whole", [False, True])
def test_a_key_of_a_purged_quarter_is_still_taken(deliveries: Deliveries, is_purged_before: bool, whole: bool) -> None:
    if is_purged_before:
        deliveries.purge()
    text = (COMPLAINTS if whole else COMPLAINTS.splitlines(keepends=True)[0]) + NEXT.format(key="K1")
    deliveries.deliver(complaints=text + NEXT.format(key="K9"))
    result = deliveries.run(Q3, "complaints")["complaints"]
    assert (result.accepted, result.rule_counts) == (1, {"unique_key": 1})
    assert deliveries.read("accepted", Q3)["complaint_id"].to_list() == ["K9"]


def test_parents_of_a_purged_quarter_are_still_found(deliveries: Deliveries) -> None:
    header = (
        "enterprise_id,request_id,customer_id,product_category,issue_class,service_type,channel,region_code,urgency,complexity,"
        "requested_at,status,contact_count,reopened_count\n"
    )
    parents = header + "A,R1,C1,空调,噪音,repair,phone,R1,normal,general,2024-01-08 09:00:00,open,1,0\n"
    deliveries.deliver(service_requests=parents)
    deliveries.run(Q1, "service_requests")
    deliveries.purge()
    appointments = "enterprise_id,appointment_id,request_id,requested_at\n"
    deliveries.deliver(
        service_requests=header,
        appointments=f"{appointments}A,P1,R1,2024-07-08 09:00:00\nA,P2,R2,2024-07-08 09:00:00\n",
    )
    # As in a run, the snapshot of the parents comes first: it has none of the quarter any more.
    take_snapshot(TABLES["service_requests"], deliveries.landing, load_sources(None), deliveries.lake, Q3)
    result = deliveries.run(Q3, "appointments")["appointments"]
    assert result.rule_counts == {"foreign_key": 1}
    assert deliveries.read("raw", table="service_requests").columns[:2] == ["enterprise_id", "request_id"]


def test_a_purged_quarter_is_closed_to_runs_of_others(deliveries: Deliveries) -> None:
    deliveries.purge()
    table, lake = TABLES["complaints"], deliveries.lake
    late = COMPLAINTS + "A,K8,C1,phone,false,2024-03-08 09:00:00,13812345678,迟到\n" + NEXT.format(key="K9")
    deliveries.deliver(complaints=late)
    deliveries.run(Q3, "complaints")
    assert is_purged(lake.partition("raw", "complaints", Q1))
    assert quarters_to_extract(table, Q3, lake) == [Q2]
    assert Q1 not in quarters_to_validate(table, Q3, lake)
    assert quarters_to_desensitize(table, Q3, lake, "another key") == [Q2]
    # Nor does the snapshot of the whole delivery hold its rows.
    assert pl.read_parquet(lake.snapshot("complaints"))["quarter"].to_list() == ["2024-Q2", "2024-Q3"]


# --- the purged quarter itself ---------------------------------------------------------------------------------------


def test_run_again_without_its_files_it_stands(deliveries: Deliveries) -> None:
    first = validate_quarter(TABLES["complaints"], Q1, deliveries.lake, 1.0)
    desensitize_quarter(TABLES["complaints"], Q1, deliveries.lake, KEY)
    deliveries.purge()
    before = bytes_of(deliveries.lake, "raw", "accepted", "quarantine", "clean")
    deliveries.deliver(complaints=COMPLAINTS.splitlines(keepends=True)[0] + NEXT.format(key="K9"))
    assert deliveries.run(Q1, "complaints")["complaints"] == first
    assert bytes_of(deliveries.lake, "raw", "accepted", "quarantine", "clean") == before


def test_run_again_with_its_files_it_is_taken_anew(deliveries: Deliveries) -> None:
    raw, clean = deliveries.read("raw"), deliveries.read("clean")
    deliveries.purge()
    deliveries.run(Q1, "complaints")
    assert deliveries.read("raw").equals(raw)
    assert deliveries.read("clean").equals(clean)
    assert not is_purged(deliveries.lake.partition("accepted", "complaints", Q1))


def test_run_again_with_another_key_it_is_refused_rather_than_mixed(deliveries: Deliveries) -> None:
    deliveries.purge()
    deliveries.deliver(complaints=COMPLAINTS.splitlines(keepends=True)[0])
    with pytest.raises(DataRefused, match=r"pseudonyms of the key .* they cannot be joined"):
        deliveries.run(Q1, "complaints", key=PseudonymKey(bytes(32), "hmac-sha256"))


def test_pseudonyms_that_can_be_made_no_more_are_told(deliveries: Deliveries) -> None:
    other = PseudonymKey(bytes(32), "hmac-sha256")
    deliveries.purge()
    assert purged_records(deliveries.lake, Q1) == Purged(("complaints", "safety_incidents"), ())
    assert purged_records(deliveries.lake, Q2) == Purged()
    deliveries.run(Q2, "complaints", key=other)
    assert quarters_to_desensitize(TABLES["complaints"], Q2, deliveries.lake, other.key_id) == []
    assert purged_records(deliveries.lake, Q2) == Purged((), (Q1,))


# --- holds -----------------------------------------------------------------------------------------------------------


def test_a_hold_exempts_what_it_names(deliveries: Deliveries) -> None:
    hold = Hold(reason="court order 2024-17", author="legal", table="complaints", quarter=Q1)
    before = bytes_of(deliveries.lake, "raw/complaints", "accepted/complaints")
    done = deliveries.purge(Retention(keep_days=100, holds=(hold,)))
    assert done.held == (("complaints", Q1, hold),)
    assert {removal.table for removal in done.removed} == {"safety_incidents"}
    assert bytes_of(deliveries.lake, "raw/complaints", "accepted/complaints") == before


def test_held_rows_that_lie_in_a_snapshot_only_are_cut_out_before_it_goes(deliveries: Deliveries) -> None:
    for stage in ("raw", "accepted", "quarantine", "clean"):
        deliveries.lake.partition(stage, "complaints", Q2).unlink()
    hold = Hold(reason="court order", author="legal", quarter=Q2)
    deliveries.purge(Retention(keep_days=100, holds=(hold,)), dt.date(2024, 12, 31))
    assert not deliveries.lake.snapshot("complaints").exists()
    assert deliveries.read("raw", Q2)["customer_phone"].to_list() == ["13812345678"]


def test_the_command_reads_the_lake_s_own_choices(deliveries: Deliveries) -> None:
    (deliveries.lake.root / "retention.yaml").write_text(
        "keep_days: 30\nholds:\n  - table: safety_incidents\n    reason: inquiry\n    author: 李工\n", encoding="utf-8"
    )
    done = CliRunner().invoke(main, ["purge", "--lake", str(deliveries.lake.root)])
    assert done.exit_code == 0, done.output
    assert "2024-Q1 safety_incidents: held: inquiry (李工)" in done.output
    assert "of quarters that ended more than 30 days ago" in done.output
    assert is_purged(deliveries.lake.partition("raw", "complaints", Q2))
    assert not is_purged(deliveries.lake.partition("raw", "safety_incidents", Q2))


# --- the log, and purges that are killed -----------------------------------------------------------------------------


def removals_logged(lake: Lake) -> list[tuple[object, ...]]:
    names = ("zone", "table", "quarter", "rows", "left")
    return [tuple(event.get(name) for name in names) for event in access_log.events(lake) if event["action"] == "purge"]


def test_every_file_removed_is_logged_with_its_hash(deliveries: Deliveries) -> None:
    digest = hashlib.sha256(deliveries.lake.partition("raw", "complaints", Q1).read_bytes()).hexdigest()
    size = deliveries.lake.partition("raw", "complaints", Q1).stat().st_size
    deliveries.purge()
    assert removals_logged(deliveries.lake) == [
        ("raw", "complaints", "2024-Q1", 4, "keys"),
        ("accepted", "complaints", "2024-Q1", 2, "keys"),
        ("landing", "complaints", None, 5, "nothing"),
        ("raw", "safety_incidents", "2024-Q1", 2, "keys"),
        ("accepted", "safety_incidents", "2024-Q1", 2, "keys"),
        ("landing", "safety_incidents", None, 3, "nothing"),
    ]
    first = next(access_log.events(deliveries.lake))
    assert (first["sha256"], first["bytes"], first["reason"]) == (digest, size, "term over")
    assert deliveries.purge().removed == ()
    assert len(removals_logged(deliveries.lake)) == 6


class Killed(BaseException):
    """Stands for a process that ends between two steps."""


@pytest.mark.parametrize("killed_at", range(1, 7))
@pytest.mark.parametrize("is_logged", [False, True])
def test_a_purge_that_ends_between_two_steps_is_finished_by_the_next(
    deliveries: Deliveries, monkeypatch: pytest.MonkeyPatch, killed_at: int, is_logged: bool
) -> None:
    append, logged = access_log.append, 0

    def dying(lake: Lake, given: Iterable[access_log.Entry]) -> None:
        nonlocal logged
        found = list(given)
        logged += bool(found)
        if logged < killed_at or is_logged:
            append(lake, found)
        if logged == killed_at:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(access_log, "append", dying)
        with pytest.raises(Killed):
            deliveries.purge()
    assert_finished_by_the_next(deliveries)


def test_a_purge_that_is_killed_while_it_writes_is_finished_by_the_next(deliveries: Deliveries) -> None:
    script = f"""
import os, datetime as dt
from pipeline.retention import purge
from pipeline.lake.layout import Lake
from pipeline.retention.policy import Retention
marks = purge.delivery_marks
def dying(path):
    if path.parts[-4] == "accepted":
        os.kill(os.getpid(), 9)
    return marks(path)
purge.delivery_marks = dying
purge.purge(Lake({str(deliveries.lake.root)!r}), Retention(keep_days=100), dt.date(2024, 7, 10), command="test", reason="term over")
"""
    killed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=120)
    assert killed.returncode == -9, killed.stderr
    assert len(list(deliveries.lake.root.rglob(".*.tmp"))) == 1
    assert_finished_by_the_next(deliveries)
    assert list(deliveries.lake.root.rglob(".*.tmp")) == []


def assert_finished_by_the_next(deliveries: Deliveries) -> None:
    """Everything is removed, and every removal stands in the log once."""
    deliveries.purge()
    logged = removals_logged(deliveries.lake)
    assert len(logged) == 6
    assert len(set(logged)) == 6
    assert deliveries.purge().removed == ()
    assert deliveries.read("raw")["complaint_id"].to_list() == ["K1", "K2", None, "K4"]


# --- beside runs -----------------------------------------------------------------------------------------------------


@pytest.fixture
def run_under_way(deliveries: Deliveries) -> Iterator[subprocess.Popen[str]]:
    script = (
        "import sys; from pipeline.lake.layout import Lake\n"
        f"with Lake({str(deliveries.lake.root)!r}).using_records():\n"
        "    print('running', flush=True); sys.stdin.readline()"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "running\n"
        yield process
        process.kill()


def test_a_purge_waits_for_the_runs_under_way(deliveries: Deliveries, run_under_way: subprocess.Popen[str]) -> None:
    waiting, done = threading.Event(), threading.Event()

    def remove() -> None:
        purge(deliveries.lake, TERM, TODAY, command="test", reason="", waiting=waiting.set)
        done.set()

    thread = threading.Thread(target=remove)
    thread.start()
    assert waiting.wait(30)
    assert not done.wait(0.3)
    assert deliveries.read("raw")["customer_phone"][0] == "13812345678"
    # Two runs beside each other do not wait.
    with deliveries.lake.using_records():
        pass
    run_under_way.communicate("end\n", timeout=30)
    assert done.wait(60)
    thread.join()
    assert is_purged(deliveries.lake.partition("raw", "complaints", Q1))


def test_marks_of_a_purged_file_say_when_who_and_why(deliveries: Deliveries) -> None:
    from pipeline.lake.parquet import read_metadata

    marks = read_metadata(deliveries.lake.partition("raw", "complaints", Q1))
    deliveries.purge()
    after = read_metadata(deliveries.lake.partition("raw", "complaints", Q1))
    said = json.loads(after.pop("purged"))
    assert {"at", "user", "reason", "sha256"} <= said.keys()
    assert after == {name: marks[name] for name in ("delivered", "delivered_columns", "fingerprint")}
