"""Four real record systems are expressible in sources.yaml; counts and means are those of their SOURCE.md."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
import pytest

from pipeline.extract.snapshot import Snapshot, take_snapshot
from pipeline.lake.layout import Lake
from pipeline.settings.sources import load_sources
from schemas.contract import TABLES


@pytest.fixture
def taken(tmp_path: Path, shared_data: Path):
    def take(folder: str, table: str, config: str) -> Snapshot:
        path = tmp_path / "sources.yaml"
        path.write_text(config, encoding="utf-8")
        return take_snapshot(TABLES[table], shared_data / folder, load_sources(path), Lake(tmp_path / "lake"))

    return take


def one(snapshot: Snapshot, select: str) -> tuple:
    return duckdb.sql(f"select {select} from read_parquet('{snapshot.path}')").fetchone()


INCIDENTS = """
defaults: {enterprise_id: UCI, null_values: ["?"]}
tables:
  service_requests:
    files: incident_event_log.csv.gz
    latest_by: {key: [number], order_by: [sys_mod_count]}
    columns:
      request_id: number
      customer_id: caller_id
      product_category: category
      issue_class: subcategory
      service_type: {constant: technical_support}
      channel: {from: contact_type, values: {Phone: phone, IVR: phone, Direct opening: phone}, otherwise: online}
      region_code: location
      staff_id: resolved_by
      urgency: {from: priority, values: {1 - Critical: urgent}, otherwise: normal}
      complexity: {constant: general}
      requested_at: {from: opened_at, date_format: "%d/%m/%Y %H:%M"}
      resolved_at: {from: resolved_at, date_format: "%d/%m/%Y %H:%M"}
      closed_at: {from: closed_at, date_format: "%d/%m/%Y %H:%M"}
      status: {from: incident_state, values: {Closed: closed, Resolved: resolved}, otherwise: open}
      contact_count: {expression: "reassignment_count::int + 1"}
      reopened_count: reopen_count
"""


def test_incident_log_one_row_per_incident_from_its_last_event(taken):
    snapshot = taken("uci_incident_log", "service_requests", INCIDENTS)
    # SOURCE.md: 141,712 events of 24,918 incidents; 23,362 resolved after 178.17 h on average; 270 critical; 275
    # reopened.
    assert (snapshot.rows, snapshot.left_out["latest_by"]) == (24_918, 141_712 - 24_918)
    hours = "avg(epoch(resolved_at - requested_at)) / 3600"
    assert one(snapshot, f"count(resolved_at), round({hours}, 2), count(distinct request_id)") == (
        23_362,
        178.17,
        24_918,
    )
    reopened = "count(*) filter (where reopened_count > 0)"
    assert one(snapshot, f"count(*) filter (where urgency = 'urgent'), {reopened}") == (270, 275)
    assert one(snapshot, "min(requested_at)::date::varchar, max(requested_at)::date::varchar") == (
        "2016-02-29",
        "2017-02-16",
    )
    channels = "count(*) filter (where channel = 'phone'), count(*) filter (where channel = 'online')"
    # Phone 24,688 + IVR 9 + Direct opening 4; Self service 158 + Email 59. (SOURCE.md counts the channels of each
    # incident's first row: 24,684, 9, 3, 161 and 61; every other figure there is of the last.)
    assert one(snapshot, channels) == (24_701, 217)
    assert one(snapshot, "count(*) filter (where len(_defects) > 0)") == (0,)


CALLS = """
defaults: {enterprise_id: BANK}
tables:
  hotline_calls:
    files: data_anonymous_bank_february.txt.gz
    format: {delimiter: "\\t", quote: ""}
    where: "outcome <> 'PHANTOM'"
    columns:
      call_id: {expression: "\\"vru+line\\" || '-' || call_id || '-' || _origin_row"}
      queue: type
      # Without a queue the call goes straight from the voice unit to an agent: q_start is then 0:00:00.
      queued_at:
        expression: >-
          strptime("date" || ' ' || case when q_start = '0:00:00' then vru_exit else q_start end, '%y%m%d %H:%M:%S')
      answered_at:
        expression: >-
          case when outcome = 'AGENT' then
          strptime("date" || ' ' || case when q_start = '0:00:00' then vru_exit else q_start end, '%y%m%d %H:%M:%S')
          + to_seconds(q_time::int) end
      outcome: {values: {AGENT: answered, HANG: abandoned}}
      in_service_hours: {constant: true}
      staff_id: {from: server, values: {NO_SERVER: null}}
"""


def test_call_log_with_two_digit_years_and_a_tab(taken):
    snapshot = taken("callcentre_anonymous_bank", "hotline_calls", CALLS)
    # SOURCE.md: 33,344 calls, 278 phantoms; 27,162 answered, 5,904 abandoned; 15,400 answered within 15 s.
    assert (snapshot.rows, snapshot.left_out["where"]) == (33_344 - 278, 278)
    assert snapshot.rows_by_quarter == {"1999-Q1": 33_066}
    answered = "count(*) filter (where outcome = 'answered')"
    within = "count(*) filter (where answered_at - queued_at <= interval 15 seconds)"
    assert one(snapshot, f"{answered}, count(*) filter (where outcome = 'abandoned'), {within}") == (
        27_162,
        5_904,
        15_400,
    )
    assert one(snapshot, "count(distinct call_id), count(*) filter (where len(_defects) > 0)") == (33_066, 0)


REPAIRS = """
defaults: {enterprise_id: ORA}
tables:
  service_requests:
    files: OpenRepairData_*.csv.gz
    columns:
      request_id: id
      customer_id: group_identifier
      product_category: product_category
      issue_class: {expression: "coalesce(partner_product_category, 'unknown')"}
      service_type: {constant: repair}
      channel: {constant: outlet}
      region_code: country
      urgency: {constant: normal}
      complexity: {constant: general}
      requested_at: event_date
      resolved_at: {expression: "case when repair_status = 'Fixed' then event_date end"}
      status: {from: repair_status, values: {Fixed: resolved, End of life: closed}, otherwise: open}
      contact_count: {constant: 1}
      reopened_count: {constant: 0}
      description: problem
"""


def test_repair_records_of_seven_files(taken):
    snapshot = taken("openrepair", "service_requests", REPAIRS)
    assert (snapshot.rows, len(snapshot.files)) == (98_644, 7)
    found = duckdb.sql(
        "select split_part(_origin_file, '_', 3), count(*), count(*) filter (where status = 'resolved') "
        f"from read_parquet('{snapshot.path}') group by 1 order by 2 desc"
    ).fetchall()
    assert found == [
        ("RepairCafeDenmark", 29_929, 19_638),
        ("RestartProject", 23_940, 12_409),
        ("RepairCafeWales", 20_190, 10_474),
        ("anstiftung", 15_100, 8_398),
        ("RepairCafeToronto", 5_567, 1_132),
        ("RepairConnects", 2_885, 1_592),
        ("FixitClinic", 1_033, 413),
    ]
    assert sum(snapshot.rows_by_quarter.values()) == snapshot.rows


def kiosk_config(folder: Path) -> str:
    """The survey's 24 pairs stand side by side: expectation first, perception second."""
    with io.StringIO((folder / "kiosk.csv").read_bytes().decode("cp949")) as text:
        header = next(csv.reader(text))
    pairs = [f'        q{1 + (at - 3) // 2}: {{expectation: "{header[at]}", score: "{header[at + 1]}"}}' for at in range(3, 51, 2)]
    return (
        "defaults: {enterprise_id: KIOSK}\ntables:\n  survey_answers:\n    files: kiosk.csv\n"
        "    format: {encoding: cp949}\n    unpivot:\n      name: question_id\n      rows:\n"
        + "\n".join(pairs)
        + "\n    columns:\n      response_id: {expression: \"'K' || (_origin_row - 1)\"}\n"
    )


def test_paired_survey_from_wide_to_long(taken, shared_data):
    snapshot = taken("kiosk_servqual_korea", "survey_answers", kiosk_config(shared_data / "kiosk_servqual_korea"))
    # 211 people, of whom 4 used no kiosk and answered nothing; 24 pairs each.
    assert (snapshot.rows, snapshot.left_out["unpivot"]) == ((211 - 4) * 24, 4 * 24)
    assert one(snapshot, "count(distinct response_id), count(distinct question_id)") == (207, 24)
    assert one(snapshot, "count(*) filter (where len(_defects) > 0)") == (0,)
    # Means over everybody who answered, before the authors' cleaning: taken from the file by hand below.
    rows = list(csv.reader(io.StringIO((shared_data / "kiosk_servqual_korea" / "kiosk.csv").read_bytes().decode("cp949"))))[1:]
    expected = [float(row[at]) for row in rows for at in range(3, 51, 2) if row[at]]
    perceived = [float(row[at]) for row in rows for at in range(4, 52, 2) if row[at]]
    means = one(snapshot, "avg(expectation), avg(score)")
    assert means == pytest.approx((sum(expected) / len(expected), sum(perceived) / len(perceived)))


def test_a_named_sheet_of_the_korean_workbook(taken, shared_data):
    snapshot = taken(
        "kiosk_servqual_korea",
        "survey_responses",
        """
defaults: {enterprise_id: KIOSK}
tables:
  survey_responses:
    files: survey_raw.xlsx
    format: {sheet: 전체}
    columns:
      response_id: {expression: "'K' || _origin_row"}
      survey_id: {constant: K1}
      customer_id: {expression: "'K' || _origin_row"}
      mode: {constant: online}
      submitted_at: 타임스탬프
      is_complete: {constant: true}
""",
    )
    assert snapshot.rows == 200
    assert snapshot.rows_by_quarter == {"2019-Q3": 200}
    assert one(snapshot, "min(submitted_at)::varchar, min(_origin_row)") == ("2019-08-27 18:29:47.138", 2)
