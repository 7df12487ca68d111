"""``asq check`` says what is wrong before a run, by file, table and column, and shows nobody's data."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import pytest

from pipeline.errors import UsageError

HEADER = "enterprise_id,suggestion_id,source,submitted_at,evaluated_at,adopted,content"


def test_a_good_delivery_has_no_errors(place):
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,yes,x\nA,S2,employee,2025-05-03,,,y\n")
    report = place.check()
    assert [str(finding) for finding in report.findings] == ["info: suggestions: 2 rows read, of 2025-Q1 to 2025-Q2"]
    assert report.lines()[-3:] == [
        "asq run 2025-Q1 would reach acceptance: 1 of 1 rows accepted",
        "asq run 2025-Q2 would reach acceptance: 1 of 1 rows accepted",
        "0 errors, 2 notes",
    ]
    assert report.exit_code == 0


def test_what_is_not_delivered_is_one_line(place):
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,yes,x\n")
    report = place.check()
    (line,) = [line for line in report.lines() if "not delivered" in line]
    assert line.startswith("info: not delivered: 28 tables (service_requests, ")
    # I1-4 is counted from suggestions, which are here; I1-2 from complaints, which are not.
    assert "I1-2" in report.undelivered.tables["complaints"]
    assert "suggestions" not in report.undelivered.tables


TOTALS = "enterprise_id,called_on,queue,in_service_hours,offered_calls,answered_calls"


def test_totals_and_flags_take_the_place_of_what_is_not_delivered(place):
    place.deliver("hotline_daily_totals.csv", f"{TOTALS}\nA,2025-02-03,all,yes,40,38\n")
    place.deliver("complaints.csv", "enterprise_id,complaint_id,received_at,replied_in_time\nA,C1,2025-02-03,yes\n")
    undelivered = place.check().undelivered
    # P1-2 needs the count within the limit, and the limit.
    assert undelivered.tables["hotline_calls"] == ("P1-2", "P2-1a")
    assert undelivered.columns == {"complaints.satisfaction": ("I1-3",)}


def test_without_totals_nothing_more_is_missing(place):
    place.deliver("complaints.csv", "enterprise_id,complaint_id,received_at\nA,C1,2025-02-03\n")
    undelivered = place.check().undelivered
    assert undelivered.tables["hotline_calls"] == ("P1-1", "P1-2", "P2-1a")
    assert "hotline_daily_totals" not in undelivered.tables
    assert undelivered.columns == {"complaints.first_reply_at": ("I1-2",), "complaints.satisfaction": ("I1-3",)}


def test_a_limit_that_the_export_does_not_name_is_an_assumption(place):
    (place.landing / "sources.yaml").write_text(
        "tables: {hotline_daily_totals: {columns: {answer_limit_seconds: {constant: 15}}}}\n"
    )
    place.deliver("hotline_daily_totals.csv", f"{TOTALS},answered_within_limit\nA,2025-02-03,all,yes,40,38,35\n")
    (found,) = [text for text in place.messages("info") if "is not measured" in text]
    assert "answer_limit_seconds" in found
    assert found.endswith("P1-2 shown, not scored, unless the plan names them")


def test_a_day_with_calls_and_totals_is_told(place):
    calls = "enterprise_id,call_id,queued_at,outcome,in_service_hours"
    place.deliver("hotline_calls.csv", f"{calls}\nA,1,2025-02-03 09:00:00,answered,yes\n")
    place.deliver("hotline_daily_totals.csv", f"{TOTALS}\nA,2025-02-03,all,yes,40,38\nA,2025-02-04,all,yes,40,38\n")
    (found,) = [text for text in place.messages("error") if "day_has_single_calls" in text]
    assert "hotline_daily_totals.csv" in found
    assert "called_on" in found
    assert place.check().exit_code == 1


def test_an_optional_column_without_which_an_indicator_has_no_value(place):
    place.deliver("outlets.csv", "enterprise_id,outlet_id,region_code,urbanicity,opened_on\nA,O1,R1,urban,2020-01-01\n")
    assert place.check().undelivered.columns["outlets.service_radius_km"] == ("R1-2a", "R1-2b")


@pytest.mark.parametrize(("model", "resting"), [("", "O1-1, O1-3"), (",product_model", None)])
def test_a_constant_that_is_the_only_one_of_alternatives_is_named(place, model, resting):
    # O1-1 and O1-3 know a product by its serial number, its model or its category.
    (place.landing / "sources.yaml").write_text("defaults: {product_category: washer}\n")
    value = ",X1" if model else ""
    place.deliver("service_requests.csv", f"enterprise_id,request_id,requested_at{model}\nA,1,2025-02-03 10:00:00{value}\n")
    found = [text for text in place.messages("info") if "product_category: is not measured" in text]
    assert [resting in text for text in found] == ([True] if resting else [])


def test_mistakes_of_the_configuration_do_not_hide_those_of_the_files(place):
    (place.landing / "sources.yaml").write_text("tables:\n  sugestions: {}\n  staff: {files: [hr*.csv]}\n")
    place.deliver("suggestions.csv", "enterprise_id,sugestion_id,source,submitted_at\nA,S1,customer,2025-02-03\n")
    assert place.messages("error") == [
        "error: sources.yaml: line 2: tables.sugestions: the contract has no such table; did you mean 'suggestions'?",
        "error: suggestions: suggestions.csv: suggestion_id: lacks the required column suggestion_id; did you mean "
        "'sugestion_id'? (columns found: enterprise_id, sugestion_id, source, submitted_at)",
        "error: sources.yaml: line 3: tables.staff.files: no file in the landing folder matches 'hr*.csv'",
    ]


def test_every_file_of_a_folder_is_looked_at(place):
    place.deliver("suggestions/1.csv", b"enterprise_id\n\xff\xff\n")
    (place.landing / "suggestions" / "2.csv.gz").write_bytes(gzip.compress(b"a,b\n" * 2000)[:-9])
    place.deliver("suggestions/3.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,,甲\n", "gb18030")
    assert [text.split(" ", 3)[:3] for text in place.messages()] == [
        ["error:", "suggestions:", "suggestions/1.csv:"],
        ["error:", "suggestions:", "suggestions/2.csv.gz:"],
        ["info:", "suggestions:", "suggestions/3.csv:"],
        ["info:", "suggestions:", "1"],
    ]


def test_the_rows_of_sound_files_are_checked_beside_a_damaged_one(place):
    place.deliver("suggestions/1.csv", b"enterprise_id\n\xff\xff\n")
    place.deliver("suggestions/2.csv", f"{HEADER}\nA,S1,guest,2025-02-03,,,x\n")
    report = place.check()
    assert {finding.rule for finding in report.findings} >= {None, "allowed_values"}
    assert [(verdict.stage, verdict.exit_code) for verdict in report.verdicts] == [("extract", 1)]


def test_duplicates_ambiguity_and_files_nobody_reads(place):
    place.deliver("suggestions/1.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,,\n")
    place.deliver("suggestions/2.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,,\n")
    place.deliver("staff.csv", "x")
    place.deliver("staff/a.csv", "y")
    place.deliver("complaint.csv", "z")
    found = place.messages()
    assert (
        "error: suggestions: suggestions/1.csv: has the same contents as suggestions/2.csv; its records would count twice" in found
    )
    assert any(text.startswith("error: staff: delivered in several places: staff/, staff.csv") for text in found)
    assert "warning: complaint.csv: feeds no table; did you mean 'complaints'?" in found


@pytest.mark.parametrize("name", ["outlets.et", "outlets.json", "Outlet.JSON"])
def test_a_table_of_a_kind_that_is_not_read(place, name):
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,,\n")
    place.deliver(name, "x")
    place.deliver("photo.jpg", "x")
    assert place.messages("warning") == [
        f"warning: {name}: feeds no table: it is not one of the known kinds "
        "(.csv, .tsv, .txt, .parquet, .xlsx, .xlsm, .xlsb, .xls, .ods)"
    ]


def test_files_of_a_table_that_is_refused_are_not_said_to_feed_none(place):
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,,\n")
    place.deliver("outlets.csv", "x")
    place.deliver("outlets/a.csv", "y")
    place.deliver("staff/1.csv", "a\n1\n")
    place.deliver("staff/2.json", "y")
    assert place.messages("warning") == []
    assert [text.split(": ")[1] for text in place.messages("error")] == ["outlets", "staff"]


def test_a_required_column_left_empty_is_one_error(place):
    (place.landing / "sources.yaml").write_text("tables: {suggestions: {columns: {submitted_at: null}}}")
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,,\n")
    assert place.messages("error") == [
        "error: sources.yaml: line 1: tables.suggestions.columns.submitted_at: the contract requires this column, "
        "it cannot be left empty"
    ]


def test_a_pattern_without_a_match_beside_one_that_matches(place):
    (place.landing / "sources.yaml").write_text('tables: {suggestions: {files: ["a*.csv", "b*.csv"]}}')
    place.deliver("a1.csv", f"{HEADER}\n")
    assert place.messages("warning") == ["warning: suggestions: no file matches 'b*.csv'"]


def test_what_would_be_refused_is_counted_by_column(place):
    lines = [f"A,S{number},customer,2025-02-03,,,x" for number in range(88)]
    lines += ["A,T1,Kunde,2025-02-03,,maybe,x"] * 6 + ["A,T2,,03.02.2025,,,x"] * 4 + ["A,T3,customer,2025-02-03,,,x,y", "A,T4"]
    place.deliver("suggestions.csv", "\n".join([HEADER, *lines]))
    # Most costly first; of what is alike in cost, what comes first in the file.
    assert place.messages() == [
        "error: suggestions: suggestions.csv: source: 6 values are not one of customer|employee (6.0% of 100 rows): "
        "'Kunde' ×6, first in row 90",
        "error: suggestions: suggestions.csv: adopted: 6 values cannot be read as boolean (6.0% of 100 rows): "
        "'maybe' ×6, first in row 90",
        "error: suggestions: suggestions.csv: submitted_at: 4 values cannot be read as timestamp (4.0% of 100 rows): "
        "99.99.9999 ×4, first in row 96. With this in sources.yaml they are read: tables: {suggestions: {columns: "
        "{submitted_at: {from: submitted_at, date_format: [iso, '%d.%m.%Y']}}}}",
        "error: suggestions: suggestions.csv: 1 lines have too many fields (1.0% of 100 rows): first in row 100",
        "error: suggestions: suggestions.csv: 1 lines have too few fields (1.0% of 100 rows): first in row 101",
        "warning: suggestions: submitted_at: 6 rows have no readable date: they cannot be put into a quarter; they are refused in "
        "every quarter, first in suggestions.csv row 96",
        "info: suggestions: 100 rows read, of 2025-Q1",
    ]


def test_names_and_numbers_in_the_wrong_column_are_not_shown(place):
    lines = [f"A,S{number},张伟{number},2025-02-03,,,x" for number in range(40)]
    lines += ["A,T,13800138000,2025-02-03,,,x"] * 20
    place.deliver("suggestions.csv", "\n".join([HEADER, *lines]))
    text = "\n".join(place.messages())
    assert "文文99 ×30, first in row 12; 99999999999 ×20, first in row 42; 文文9 ×10, first in row 2" in text
    assert "张伟" not in text
    assert "138" not in text


def test_where_a_table_is_lost_and_nothing_is_dated_no_quarter_is_named(place):
    place.deliver("suggestions.csv", "enterprise_id,submitted_at\nA,2025-02-03\n")
    (verdict,) = place.check().verdicts
    assert verdict.quarter is None
    assert str(verdict).startswith("asq run would stop in extract")
    assert place.check("2025-Q1").verdicts[0].quarter == "2025-Q1"


def test_dates_that_are_never_read(place):
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,23/02/2025,,,\n")
    report = place.check()
    assert report.findings[0].problem.endswith(
        "the landing folder " + str(place.landing) + " holds no row of this quarter; its files hold no dated row and 1 row "
        f"without a readable date: deliver the files of {report.verdicts[0].quarter}"
    )
    assert report.exit_code == 2
    assert report.findings[1].proposal == (
        "tables: {suggestions: {columns: {submitted_at: {from: submitted_at, date_format: '%d/%m/%Y'}}}}"
    )


def test_years_that_are_not_read_are_named(place):
    """Their shape is that of any date."""
    dates = ["0001-01-01", "9999-12-31 00:00:00", "1899/12/30", "2025-02-30", "03.02.2025", *["2025-02-03"] * 95]
    place.deliver("suggestions.csv", "\n".join([HEADER, *(f"A,S{n},customer,{date},,,x" for n, date in enumerate(dates))]))
    (text,) = [text for text in place.messages("warning") if "cannot be read" in text]
    assert "5 values cannot be read as timestamp (5.0% of 100 rows); 3 of them before 1900 or after 2099, which is not read" in text


def test_corrections_that_no_run_applies_are_told(place):
    """One of another quarter than the run's is applied there, so it is not told."""
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,,x\nA,S2,customer,2025-05-03,,,x\n")
    lines = [
        "table,key,column,before,after,reason,author,expires_on",
        "suggestions,A|S1,source,customer,employee,r,Li,2025-12-31",
        "suggestions,A|S2,source,employee,customer,r,Li,2025-12-31",
        "suggestions,A|S9,source,customer,employee,r,Li,2025-12-31",
        "suggestions,A|S2,adopted,,yes,r,Li,2024-12-31",
    ]
    place.deliver("corrections.csv", "\n".join(lines))
    assert [text for text in place.messages("warning") if "not applied" in text] == [
        "warning: suggestions: 1 corrections not applied, expired: corrections.csv row 5",
        "warning: suggestions: 1 corrections not applied, no such row: corrections.csv row 4",
        "warning: suggestions: 1 corrections not applied, before differs: corrections.csv row 3",
    ]
    assert place.check().exit_code == 0


def test_a_faulty_benchmark_stops_the_run_before_it_validates(place):
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,,x\n")
    header = "indicator_id,scope,value,n,source,source_date,licence,valid_from,valid_to,note"
    place.deliver("benchmarks.csv", f"{header}\nI1-4,industry,0.3,,,2024-06-30,,,,\n")
    said = f"{place.landing / 'benchmarks.csv'}: row 2, column source: must not be empty"
    assert [text for text in place.messages("error") if "benchmarks" in text] == [f"error: {said}"]
    place.deliver("fishbone.csv", "enterprise_id\n")
    assert any("fishbone.csv: row 1: column 'cause' is missing" in text for text in place.messages("error"))
    (verdict,) = place.check("2025-Q1").verdicts
    assert str(verdict).startswith("asq run 2025-Q1 would stop in validate")
    assert place.check().exit_code == 2


def test_columns_that_are_not_read(place):
    place.deliver("suggestions.csv", f"{HEADER},mood,extra\nA,S1,customer,2025-02-03,,,,happy,1\n")
    assert "info: suggestions: columns that are not read: mood, extra" in place.messages()


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
    found = place.messages("error")
    assert found == [
        "error: sources.yaml: line 5: tables.suggestions.columns.content.expression: suggestions.csv: has no column 'txt' "
        "(columns found: enterprise_id, suggestion_id, source, submitted_at, evaluated_at, adopted, content)",
        "error: survey_questions: sources.yaml: scale_min: 1 values cannot be read as integer (100.0% of 1 rows): "
        "aaa ×1, first in row 1",
    ]


def test_an_empty_landing_folder_and_none(place):
    (said,) = place.messages()
    assert said.startswith(f"error: {place.landing}: no table of the contract was delivered; found nothing")
    assert place.check().exit_code == 1
    place.landing.rmdir()
    with pytest.raises(UsageError, match="does not exist"):
        place.check()


def test_nothing_is_written(place, tmp_path, monkeypatch):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,,\nA,S2,guest,2025-02-03,,,\n")
    before = sorted(tmp_path.rglob("*"))
    place.check()
    assert sorted(tmp_path.rglob("*")) == before


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
    text = "\n".join(place.messages())
    assert "'Direct opening' ×" in text
    assert "24918 rows read, of 2016-Q1 to 2017-Q1" in text
    # 141,712 events of 24,918 incidents.
    assert "116794 rows are left out, as configured: latest_by 116794" in text
    assert "resolved_at: {from: resolved_at, date_format: '%d/%m/%Y %H:%M'}" in text
    assert "the days do not decide" not in text


def test_rows_that_the_configuration_leaves_out_are_counted(place):
    (place.landing / "sources.yaml").write_text("tables: {suggestions: {where: \"suggestion_id <> 'S2'\"}}")
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,,\nA,S2,customer,2025-02-03,,,\n")
    assert "info: suggestions: 1 rows are left out, as configured: where 1" in place.messages()


def test_rows_outside_the_time_of_the_delivery(place):
    dates = ["2025-01-05 08:00"] * 40 + ["1970-01-01 08:00", "2052-02-05 10:00", "待定"]
    lines = [f"E01,S{number},customer,{date},,,x" for number, date in enumerate(dates)]
    place.deliver("suggestions.csv", "\n".join([HEADER, *lines]))
    report = place.check()
    assert place.messages("warning")[0] == (
        "warning: suggestions: submitted_at: 2 rows are dated outside the delivery's time, more than a year from all others: "
        "1970-Q1 (1, first in suggestions.csv row 42), 2052-Q1 (1, first in suggestions.csv row 43)"
    )
    assert any("1 rows have no readable date" in text for text in place.messages("warning"))
    # 1 of 43 delivered rows is undated: below the limit. Nobody runs 1970 or 2052.
    assert [(verdict.quarter, verdict.stage, verdict.rows, verdict.refused) for verdict in report.verdicts] == [
        ("2025-Q1", None, 41, 1)
    ]


def test_what_only_the_row_rules_see(place):
    """A value out of range, times in the wrong order, a key twice, a parent that did not come."""
    place.deliver("customers.csv", "enterprise_id,customer_id,registered_on\nE,C1,2020-01-01\n")
    header = "enterprise_id,complaint_id,customer_id,channel,is_urgent,received_at,first_reply_at,closed_at,satisfaction"
    good = "E,P{},C1,phone,false,2025-02-02 08:00,2025-02-02 09:00,2025-02-02 18:00,5"
    lines = [good.format(number) for number in range(20)]
    lines += [
        good.format(20)[:-1] + "0",
        good.format(21).replace("02 09:00", "01 09:00"),
        good.format(1),
        good.format(22).replace("C1", "C9"),
    ]
    place.deliver("complaints.csv", "\n".join([header, *lines]))
    report = place.check()
    assert {(finding.rule, finding.count, finding.seen[0].row) for finding in report.findings if finding.is_error} == {
        ("range", 1, 22),
        ("first_reply_before_received", 1, 23),
        ("unique_key", 1, 24),
        ("foreign_key", 1, 25),
    }
    assert report.lines()[-2] == (
        "asq run 2025-Q1 would stop in validate (exit code 1): complaints: 4 of 24 rows refused (16.7%), the limit is 5.0%"
    )
    place.deliver("evaluation.yaml", "refused_limits: {tables: {complaints: 0.2}}")
    assert place.check().exit_code == 0


def test_requests_merged_into_nothing_are_named(place):
    """Into each other and into nothing; one into a request that counts. A run counts the first three by themselves (D-99)."""
    header = "enterprise_id,request_id,requested_at,merged_into"
    rows = [("SR1", "2025-02-03", "SR2"), ("SR2", "2025-05-03", "SR1"), ("SR3", "2025-02-04", "SR9"), ("SR4", "2025-02-05", "SR5")]
    lines = [f"E,{request},{day} 09:00,{into}" for request, day, into in [*rows, ("SR5", "2025-02-06", "")]]
    place.deliver("service_requests.csv", "\n".join([header, *lines]))
    assert place.messages("warning") == [
        "warning: service_requests: service_requests.csv: merged_into: 3 rows are merged into a record that does not count "
        "(merged_into_nothing): they count by themselves: first in row 2"
    ]
    assert place.check().exit_code == 0


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        ("targets: [{indicator_id: R4-9, acceptable: 1}]", "no such indicator 'R4-9'"),
        ("acceptance: {waivers: [{quarter: 2025-Q1, table: complaint, check: volume, reason: r, author: a}]}", "unknown table"),
        ("acceptance: {waivers: [{quarter: 2025-Q1, table: complaints, check: volum, reason: r, author: a}]}", "no check 'volum'"),
        ("refused_limits: {tables: {sugestions: 0.2}}", "unknown table 'sugestions'"),
    ],
)
def test_a_plan_that_a_run_would_not_take(place, plan, said):
    place.deliver("suggestions.csv", f"{HEADER}\nA,S1,customer,2025-02-03,,,\n")
    place.deliver("evaluation.yaml", plan)
    report = place.check()
    assert [said in finding.problem for finding in report.findings if finding.is_error] == [True]
    assert [(verdict.stage, verdict.exit_code) for verdict in report.verdicts] == [("validate", 2)]
