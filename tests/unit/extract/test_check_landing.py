"""``asq check`` says what is wrong before a run, by file, table and column, and shows nobody's data."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.extract.check import Notice, check_landing

HEADER = "enterprise_id,suggestion_id,source,submitted_at,evaluated_at,adopted,content"


def check(place) -> list[Notice]:
    path = place.landing / "sources.yaml"
    return check_landing(place.landing, path if path.exists() else None)


def messages(findings: list[Notice], level: str | None = None) -> list[str]:
    """Findings as printed, without what was not delivered."""
    return [
        str(finding) for finding in findings if finding.level in (level or finding.level) and "not delivered" not in finding.problem
    ]


def test_a_good_delivery_has_no_errors(place):
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,yes,x\nA,S2,employee,2025-05-03,,,y\n")
    findings = check(place)
    assert not any(finding.is_error for finding in findings)
    assert messages(findings) == ["info: suggestions: 2 rows read, from 2025-Q1 to 2025-Q2"]
    # I1-4 is counted from suggestions, which are here; I1-2 from complaints, which are not.
    missing = {finding.table: finding.problem for finding in findings if "not delivered" in finding.problem}
    assert "I1-2" in missing["complaints"]
    assert "suggestions" not in missing


def test_an_optional_column_without_which_an_indicator_has_no_value(place):
    place.deliver("outlets.csv", "enterprise_id,outlet_id,region_code,urbanicity,opened_on\nA,O1,R1,urban,2020-01-01\n")
    found = [finding for finding in check(place) if finding.table == "outlets" and finding.column == "service_radius_km"]
    assert [finding.problem for finding in found] == ["not delivered; no_data for R1-2a, R1-2b"]


def test_mistakes_of_the_configuration_do_not_hide_those_of_the_files(place):
    (place.landing / "sources.yaml").write_text("tables:\n  sugestions: {}\n  staff: {files: [hr*.csv]}\n")
    place.deliver("suggestions.csv", "enterprise_id,sugestion_id,source,submitted_at\nA,S1,customer,2025-02-03\n")
    assert messages(check(place), "error") == [
        "error: sources.yaml: line 2: tables.sugestions: the contract has no such table; did you mean 'suggestions'?",
        "error: suggestions: suggestions.csv: suggestion_id: lacks the required column suggestion_id; did you mean "
        "'sugestion_id'? (columns found: enterprise_id, sugestion_id, source, submitted_at)",
        "error: sources.yaml: line 3: tables.staff.files: no file in the landing folder matches 'hr*.csv'",
    ]


def test_every_file_of_a_folder_is_looked_at(place):
    place.deliver("suggestions/1.csv", b"enterprise_id\n\xff\xff\n")
    (place.landing / "suggestions" / "2.csv.gz").write_bytes(gzip.compress(b"a,b\n" * 2000)[:-9])
    place.deliver("suggestions/3.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,,甲\n", "gb18030")
    assert [text.split(" ", 3)[:3] for text in messages(check(place))] == [
        ["error:", "suggestions:", "suggestions/1.csv:"],
        ["error:", "suggestions:", "suggestions/2.csv.gz:"],
        ["info:", "suggestions:", "suggestions/3.csv:"],
        ["info:", "suggestions:", "1"],
    ]


def test_duplicates_ambiguity_and_files_nobody_reads(place):
    place.deliver("suggestions/1.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,,\n")
    place.deliver("suggestions/2.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,,\n")
    place.deliver("staff.csv", "x")
    place.deliver("staff/a.csv", "y")
    place.deliver("complaint.csv", "z")
    found = messages(check(place))
    assert (
        "error: suggestions: suggestions/1.csv: has the same contents as suggestions/2.csv; its records would count twice" in found
    )
    assert any(text.startswith("error: staff: delivered in several places: staff/, staff.csv") for text in found)
    assert "warning: complaint.csv: feeds no table; did you mean 'complaints'?" in found


@pytest.mark.parametrize("name", ["outlets.xls", "outlets.xlsm", "outlets.json", "Outlet.JSON"])
def test_a_table_of_a_kind_that_is_not_read(place, name):
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,,\n")
    place.deliver(name, "x")
    place.deliver("photo.jpg", "x")
    assert messages(check(place), "warning") == [
        f"warning: {name}: feeds no table: it is not one of the known kinds (.csv, .tsv, .txt, .parquet, .xlsx)"
    ]


def test_files_of_a_table_that_is_refused_are_not_said_to_feed_none(place):
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,,\n")
    place.deliver("outlets.csv", "x")
    place.deliver("outlets/a.csv", "y")
    place.deliver("staff/1.csv", "a\n1\n")
    place.deliver("staff/2.xls", "y")
    assert messages(check(place), "warning") == []
    assert [text.split(": ")[1] for text in messages(check(place), "error")] == ["outlets", "staff"]


def test_a_required_column_left_empty_is_one_error(place):
    (place.landing / "sources.yaml").write_text("tables: {suggestions: {columns: {suggestion_id: null}}}")
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,,\n")
    assert messages(check(place), "error") == [
        "error: sources.yaml: line 1: tables.suggestions.columns.suggestion_id: the contract requires this column, it cannot "
        "be left empty"
    ]


def test_a_pattern_without_a_match_beside_one_that_matches(place):
    (place.landing / "sources.yaml").write_text('tables: {suggestions: {files: ["a*.csv", "b*.csv"]}}')
    place.deliver("a1.csv", f"{HEADER}\n")
    assert messages(check(place), "warning") == ["warning: suggestions: no file matches 'b*.csv'"]


def test_what_would_be_refused_is_counted_by_column(place):
    lines = [f"A,S{number},customer,2025-02-03,,,x" for number in range(88)]
    lines += (
        ["A,T1,Kunde,2025-02-03,,maybe,x"] * 6 + ["A,,customer,03.02.2025,,,x"] * 4 + ["A,T3,customer,2025-02-03,,,x,y", "A,T4"]
    )
    place.deliver("suggestions.csv", "\n".join([HEADER, *lines]))
    assert messages(check(place)) == [
        "warning: suggestions: 1 lines have too many fields (1.0% of 100 rows)",
        "warning: suggestions: 1 lines have too few fields (1.0% of 100 rows)",
        "warning: suggestions: suggestion_id: 4 rows have no value, which the contract requires (4.0% of 100 rows)",
        "error: suggestions: source: 6 values are not one of customer|employee: 'Kunde' × 6 (6.0% of 100 rows)",
        "warning: suggestions: submitted_at: 4 values cannot be read as timestamp (4.0% of 100 rows)",
        "error: suggestions: adopted: 6 values cannot be read as boolean (6.0% of 100 rows)",
        "info: suggestions: 100 rows read, from 2025-Q1",
    ]


def test_names_and_numbers_in_the_wrong_column_are_not_shown(place):
    lines = [f"A,S{number},张伟{number},2025-02-03,,,x" for number in range(40)]
    lines += ["A,T,13800138000,2025-02-03,,,x"] * 20
    place.deliver("suggestions.csv", "\n".join([HEADER, *lines]))
    text = "\n".join(messages(check(place)))
    assert "60 values are not one of customer|employee: 41 rare values not shown" in text
    assert "张伟" not in text
    assert "138" not in text


def test_dates_that_are_never_read(place):
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,03/02/2025,,,\n")
    assert "error: suggestions: no row has a readable date" in messages(check(place))


def test_columns_that_are_not_read(place):
    place.deliver("suggestions.csv", f"{HEADER},mood,extra\nA,S1,customer,2025-02-03,,,,happy,1\n")
    assert "info: suggestions: columns that are not read: mood, extra" in messages(check(place))


def test_rows_of_the_configuration_and_expressions(place):
    (place.landing / "sources.yaml").write_text(
        """
tables:
  survey_questions:
    rows: [{survey_id: K1, question_id: q1, survey_type: satisfaction, wording: w, scale_min: one, scale_max: 7}]
  suggestions: {columns: {content: {expression: "lower(txt)"}}}
"""
    )
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,,\n")
    found = messages(check(place), "error")
    assert found == [
        "error: sources.yaml: line 5: tables.suggestions.columns.content.expression: suggestions.csv: has no column 'txt' "
        "(columns found: enterprise_id, suggestion_id, source, submitted_at, evaluated_at, adopted, content)",
        "error: survey_questions: scale_min: 1 values cannot be read as integer (100.0% of 1 rows)",
    ]


def test_an_empty_landing_folder_and_none(place):
    assert messages(check(place)) == ["error: no table of the contract was delivered"]
    place.landing.rmdir()
    with pytest.raises(UsageError, match="does not exist"):
        check(place)


def test_only_a_sample_is_read(place, monkeypatch):
    monkeypatch.setattr("pipeline.extract.check.SAMPLE_ROWS", 70_000)
    place.deliver("suggestions.csv", "\n".join([HEADER, *(f"A,S{i},customer,2025-02-03,,,x" for i in range(150_000))]))
    (count,) = [finding.count for finding in check(place) if "rows read" in finding.problem]
    assert 70_000 <= count < 150_000


def test_nothing_is_written(place):
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,,\n")
    before = sorted(place.landing.rglob("*"))
    check(place)
    assert sorted(place.landing.rglob("*")) == before
    assert not place.lake.root.exists()


def test_real_incidents_with_a_value_that_was_not_mapped(place, shared_data: Path):
    shutil.copy(shared_data / "uci_incident_log" / "incident_event_log.csv.gz", place.landing)
    (place.landing / "sources.yaml").write_text(
        """
defaults: {enterprise_id: UCI, null_values: ["?"]}
tables:
  service_requests:
    files: "*.csv.gz"
    latest_by: {key: [number], order_by: [sys_mod_count]}
    columns:
      request_id: number
      customer_id: caller_id
      product_category: category
      issue_class: subcategory
      service_type: {constant: technical_support}
      channel: {from: contact_type, values: {Phone: phone, Email: online, Self service: online}}
      region_code: location
      urgency: {constant: normal}
      complexity: {constant: general}
      requested_at: {from: opened_at, date_format: "%d/%m/%Y %H:%M"}
      status: {constant: closed}
      contact_count: {constant: 1}
      reopened_count: reopen_count
"""
    )
    text = "\n".join(messages(check(place)))
    assert "'Direct opening' × " in text
    assert "141712 rows read, from 2016-Q1 to 2017-Q1" in text
