"""Every feature of sources.yaml does what is said of it; a configuration that does not fit its file is named."""

from __future__ import annotations

import datetime as dt
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.extract.errors import MissingRequiredColumn
from pipeline.lake.parquet import read_metadata
from pipeline.settings.sources import SourceConfigError


def take(place, config: str, contents: str, table: str = "suggestions", name: str = "in.csv", encoding: str = "utf-8"):
    place.configure(config)
    place.deliver(name, contents, encoding)
    return place.rows(table)


BASE = """
defaults: {enterprise_id: ACME}
tables:
  suggestions:
    files: in.csv
    columns:
      suggestion_id: id
      source: {constant: customer}
      submitted_at: at
"""


def test_rename_constant_and_default(place):
    rows = take(place, BASE, "ID,at,content\n7,2025-02-03,x\n")
    row = rows[0]
    assert (row["enterprise_id"], row["suggestion_id"], row["source"], row["content"]) == ("ACME", "7", "customer", "x")


def test_a_default_stands_in_only_where_the_files_lack_the_column(place):
    rows = take(place, BASE, "id,at,enterprise_id\n7,2025-02-03,OTHER\n8,2025-02-03,\n")
    assert [row["enterprise_id"] for row in rows] == ["OTHER", None]


def test_values_otherwise_and_the_empty_cell(place):
    config = BASE.replace(
        "{constant: customer}",
        '{from: who, values: {C: customer, E: employee, "": customer}, otherwise: employee}',
    )
    rows = take(place, config, "id,at,who\n1,2025-02-03,C\n2,2025-02-03, E \n3,2025-02-03,\n4,2025-02-03,boss\n")
    assert [row["source"] for row in rows] == ["customer", "employee", "customer", "employee"]


def test_unmapped_values_stay_and_mapped_ones_may_become_nothing(place):
    config = BASE + "      adopted: {from: result, values: {采纳: true, 未采纳: false, 待定: null}}\n"
    lines = ["1,2025-02-03,采纳", "2,2025-02-03,未采纳", "3,2025-02-03,待定", "4,2025-02-03,也许"]
    rows = take(place, config, "\n".join(["id,at,result", *lines]))
    assert [row["adopted"] for row in rows] == [True, False, None, None]
    assert [[defect["value"] for defect in row["_defects"]] for row in rows] == [[], [], [], ["也许"]]


def test_values_of_numbers_in_parquet(place):
    place.configure(
        BASE.replace("in.csv", "in.parquet").replace("{constant: customer}", "{from: who, values: {1: customer, 2: employee}}")
    )
    pq.write_table(pa.table({"id": [1, 2], "at": ["2025-02-03"] * 2, "who": [1, 2]}), place.landing / "in.parquet")
    assert place.column("suggestions", "source") == ["customer", "employee"]


def test_left_empty_on_purpose(place):
    rows = take(place, BASE + "      content: null\n", "id,at,content\n1,2025-02-03,private\n")
    assert rows[0]["content"] is None


def test_date_formats(place):
    config = BASE.replace("submitted_at: at", 'submitted_at: {from: at, date_format: ["%d/%m/%Y %H:%M", "%Y%m%d"]}')
    rows = take(place, config, "id,at\n1,3/2/2025 9:05\n2,20250204\n3,2025-02-05\n")
    assert [row["submitted_at"] for row in rows] == [dt.datetime(2025, 2, 3, 9, 5), dt.datetime(2025, 2, 4), None]
    assert rows[2]["_defects"] == [{"rule": "type", "column": "submitted_at", "value": "2025-02-05"}]


def test_dates_and_texts_in_one_mapping(place):
    names = 'submitted_at: {from: [moment, day, text], date_format: "%d/%m/%Y %H:%M"}'
    place.configure(BASE.replace("in.csv", "in.parquet").replace("submitted_at: at", names))
    moments, days = [dt.datetime(2025, 2, 3, 9, 5), None, None, None], [None, dt.date(2025, 2, 4), None, None]
    texts = [None, None, "5/2/2025 9:07", "2025-02-06 10:00"]
    table = {"id": [1, 2, 3, 4], "moment": pa.array(moments, pa.timestamp("ms")), "day": days, "text": texts}
    pq.write_table(pa.table(table), place.landing / "in.parquet")
    expected = [dt.datetime(2025, 2, 3, 9, 5), dt.datetime(2025, 2, 4), dt.datetime(2025, 2, 5, 9, 7), None]
    assert place.column("suggestions", "submitted_at") == expected


def test_timezone(place):
    config = "defaults: {enterprise_id: ACME, timezone: Europe/London}\n" + BASE.split("\n", 2)[2]
    # London is 8 hours behind Shanghai in February.
    assert take(place, config, "id,at\n1,2025-02-03 09:00\n")[0]["submitted_at"] == dt.datetime(2025, 2, 3, 17)


def test_null_values_and_encoding(place):
    config = BASE.replace("files: in.csv", 'files: in.csv\n    format: {null_values: ["-", NULL], encoding: cp949}')
    rows = take(place, config, "id,at,content,adopted\n1,2025-02-03,NULL,-\n2,2025-02-03,불편,1\n", encoding="cp949")
    assert [(row["content"], row["adopted"]) for row in rows] == [(None, None), ("불편", True)]


def test_expressions_see_trimmed_text_and_the_origin(place):
    config = BASE + (
        "      content: {expression: \"concat_ws('/', upper(note), coalesce(other, '-'), _origin_row, _origin_file)\"}\n"
        '      adopted: {expression: "score::int >= 3"}\n'
    )
    rows = take(place, config, "id,at,note,other,score\n1,2025-02-03,  abc ,  ,4\n2,2025-02-03,d,e,1\n")
    assert [row["content"] for row in rows] == ["ABC/-/2/in.csv", "D/e/3/in.csv"]
    assert [row["adopted"] for row in rows] == [True, False]


def test_expressions_see_parquet_as_text_too(place):
    config = (
        BASE.replace("in.csv", "in.parquet")
        + "      content: {expression: \"case when code like '1%' then 'first' else code end\"}\n"
    )
    place.configure(config)
    pq.write_table(pa.table({"id": [1, 2], "at": ["2025-02-03"] * 2, "code": [12.0, 3.5]}), place.landing / "in.parquet")
    assert place.column("suggestions", "content") == ["first", "3.5"]


def test_an_expression_with_values_and_a_timestamp_from_two_columns(place):
    config = BASE.replace(
        "submitted_at: at", "submitted_at: {expression: \"strptime(day || ' ' || time, '%y%m%d %H:%M:%S')\"}"
    ).replace("{constant: customer}", '{expression: "left(who, 1)", values: {c: customer}, otherwise: employee}')
    rows = take(place, config, "id,day,time,who\n1,250203,7:02:47,client\n2,250203,17:02:47,staff\n")
    assert [row["submitted_at"] for row in rows] == [
        dt.datetime(2025, 2, 3, 7, 2, 47),
        dt.datetime(2025, 2, 3, 17, 2, 47),
    ]
    assert [row["source"] for row in rows] == ["customer", "employee"]


def test_where_leaves_rows_out_and_counts_them(place):
    config = BASE.replace("files: in.csv", "files: in.csv\n    where: \"kind <> 'PHANTOM'\"")
    rows = take(place, config, "id,at,kind\n1,2025-02-03,A\n2,2025-02-03,PHANTOM\n3,2025-02-03,\n4,5\n")
    # A row of unknown kind, and one that does not fit the header, are not left out: they are judged later.
    assert [(row["suggestion_id"], row["_origin_row"]) for row in rows] == [("1", 2), ("3", 4), (None, 5)]
    assert place.take("suggestions").left_out == {"where": 1, "latest_by": 0, "unpivot": 0}


LATEST = BASE.replace("files: in.csv", 'files: "*.csv"\n    latest_by: {key: [id], order_by: [seq]}')


def test_latest_by_orders_numbers_as_numbers_over_all_files(place):
    place.configure(LATEST)
    place.deliver(
        "a.csv",
        "id,at,seq,content\n1,2025-02-03,9,old\n2,2025-02-03,x,text\n1,2025-02-03,10,new\n3,2025-02-03,1,tie one\n",
    )
    place.deliver(
        "b.csv",
        "id,at,seq,content\n1,2025-02-03,,none\n3,2025-02-03,1,tie two\n2,2025-02-03,99,number\n"
        ",2025-02-03,1,no key\n,2025-02-03,2,no key\n",
    )
    rows = place.rows("suggestions")
    assert [(row["suggestion_id"], row["content"], row["_origin_file"], row["_origin_row"]) for row in rows] == [
        ("2", "text", "a.csv", 3),
        ("1", "new", "a.csv", 4),
        ("3", "tie two", "b.csv", 3),
        (None, "no key", "b.csv", 5),
        (None, "no key", "b.csv", 6),
    ]
    assert place.take("suggestions").left_out == {"where": 0, "latest_by": 4, "unpivot": 0}


def test_where_comes_before_latest_by_and_an_order_may_be_an_expression(place):
    config = LATEST.replace(
        "order_by: [seq]}",
        "order_by: [{expression: \"try_strptime(seq, '%d/%m/%Y')\"}]}\n    where: \"content <> 'no'\"",
    )
    lines = [
        "1,2025-02-03,9/1/2025,a",
        "1,2025-02-03,1/2/2025,b",
        "1,2025-02-03,?,c",
        "1,2025-02-03,1/3/2025,no",
        "1,x",
    ]
    lines += ["2,2025-02-03,?,d", "2,2025-02-03,?,e"]
    rows = take(place, config, "\n".join(["id,at,seq,content", *lines]))
    assert [row["content"] for row in rows] == ["b", None, "e"]
    assert rows[1]["_defects"][0]["rule"] == "too_few_fields"
    assert place.take("suggestions").left_out == {"where": 1, "latest_by": 3, "unpivot": 0}


WIDE = """
defaults: {enterprise_id: ACME}
tables:
  survey_answers:
    files: in.csv
    where: "used = 'yes'"
    unpivot:
      name: item
      rows:
        q1: {expected: "1-1. must be  fast", got: "1-2. is fast"}
        q2: {expected: "2-1. must be kind", got: "2-2. is kind"}
        q3: {got: "overall"}
    columns:
      response_id: {expression: "'R' || (_origin_row - 1)"}
      question_id: item
      score: got
      expectation: expected
"""


def test_unpivot_pairs_two_blocks_of_columns(place):
    header = '"1-1. must be fast","1-2.  is  fast",used,2-1. must be kind,2-2. is kind,overall'
    lines = ["5,4,yes,3,?,2", "5,5,no,5,5,5", "7,6,yes,,,1", "1,2"]
    rows = take(place, WIDE, "\n".join([header, *lines]), table="survey_answers")
    found = [(row["response_id"], row["question_id"], row["score"], row["expectation"], row["_origin_row"]) for row in rows]
    assert found == [
        ("R1", "q1", 4, 5, 2),
        ("R1", "q2", None, 3, 2),
        ("R1", "q3", 2, None, 2),
        ("R3", "q1", 6, 7, 4),
        ("R3", "q3", 1, None, 4),
        (None, None, None, None, 5),
    ]
    assert rows[1]["_defects"] == [{"rule": "type", "column": "score", "value": "?"}]
    assert rows[-1]["_defects"][0]["rule"] == "too_few_fields"
    # One record left out by where; R3 gave no answer to q2.
    assert place.take("survey_answers").left_out == {"where": 1, "latest_by": 0, "unpivot": 1}


def test_rows_in_the_configuration_itself(place):
    place.configure(
        """
tables:
  survey_questions:
    rows:
      - {survey_id: K1, question_id: q1, survey_type: pulse, wording: 快？, measures: O2-1, scale_min: 1, scale_max: 7}
      - {survey_id: K1, question_id: q2, survey_type: pulse, wording: 好吗？, scale_min: 1, scale_max: seven}
"""
    )
    rows = place.rows("survey_questions")
    assert [(row["question_id"], row["measures"], row["scale_max"]) for row in rows] == [
        ("q1", "O2-1", 7),
        ("q2", None, None),
    ]
    assert [(row["_origin_file"], row["_origin_row"]) for row in rows] == [("sources.yaml", 1), ("sources.yaml", 2)]
    assert rows[1]["_defects"] == [{"rule": "type", "column": "scale_max", "value": "seven"}]
    snapshot = place.take("survey_questions")
    assert (snapshot.delivered, snapshot.files) == (True, ("sources.yaml",))


def test_one_file_feeds_two_tables_and_names_stand_for_a_header(place):
    place.configure(
        """
defaults: {enterprise_id: ACME}
tables:
  customers:
    files: in.txt
    format: {names: [id, who, day], delimiter: "|"}
    columns: {customer_id: who, registered_on: day}
  suggestions:
    files: in.txt
    format: {names: [id, who, day], delimiter: "|"}
    columns: {suggestion_id: id, source: {constant: customer}, submitted_at: day}
"""
    )
    place.deliver("in.txt", "S1|C1|2025-02-03\nS2|C2|2025-02-04\n")
    assert place.column("customers", "customer_id") == ["C1", "C2"]
    assert place.column("customers", "registered_on") == [dt.date(2025, 2, 3), dt.date(2025, 2, 4)]
    assert place.column("suggestions", "_origin_row") == [1, 2]


def test_a_repeated_header_is_called_by_its_second_name(place):
    rows = take(place, BASE + '      content: "note (2)"\n', "id,at,note,Note\n1,2025-02-03,first,second\n")
    assert rows[0]["content"] == "second"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("at\n", "att\n"), r"lacks the required column submitted_at \('att' by sources\.yaml\); did you mean 'at'"),
        (("suggestion_id: id", "content: {constant: x}"), "lacks the required column suggestion_id"),
    ],
)
def test_a_required_column_that_the_configuration_does_not_find(place, change, message):
    with pytest.raises(MissingRequiredColumn, match=message):
        take(place, BASE.replace(*change), "id,at\n1,2025-02-03\n")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("content: note", r"line 9: tables\.suggestions\.columns\.content: in\.csv: has no column 'note'"),
        ('content: {expression: "upper(kin)"}', r"content\.expression: in\.csv: has no column 'kin'; did you mean 'kind'\?"),
        ('content: {expression: "upper(kind"}', r"content\.expression: in\.csv: is not a SQL expression: syntax error"),
        ('content: {expression: "uper(kind)"}', r"content\.expression: in\.csv: DuckDB says: .*uper"),
        ('content: {expression: "sum(kind::int)"}', r"content\.expression: in\.csv: DuckDB says: .*GROUP BY"),
        ('content: {expression: "(select 1)"}', r"must not use a subquery"),
        ('content: {expression: "row_number() over ()"}', r"must not use a window function"),
        ('content: {expression: "now()::varchar"}', r"must not use now\(\)"),
        ('content: {expression: "current_date::varchar"}', r"must not use current_date"),
        ("content: {expression: \"kind) from read_text('/etc/passwd') --\"}", r"is not a SQL expression"),
        ('content: {expression: "kind, id"}', r"must be one SQL expression"),
        ("content: {expression: \"(select content from read_text('/etc/passwd'))\"}", r"must not use a subquery"),
        ('evaluated_at: {from: at, date_format: "%Q"}', r"'%Q' is not a strptime format"),
        ("adopted: {constant: maybe}", r"columns\.adopted: the constant cannot be read as boolean"),
    ],
)  # fmt: skip
def test_a_configuration_that_does_not_fit_the_file(place, line, message):
    with pytest.raises(SourceConfigError, match=message) as wrong:
        take(place, BASE.lstrip() + f"      {line}\n", "id,at,kind\n1,2025-02-03,x\n")
    assert wrong.value.exit_code == 2


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("where: \"kind\"", r"suggestions\.where: in\.csv: must be true or false for a row, it is a VARCHAR"),
        ("where: \"knd = 'x'\"", r"suggestions\.where: in\.csv: has no column 'knd'; did you mean 'kind'"),
        ("latest_by: {key: [idd], order_by: [at]}", r"latest_by\.key: in\.csv: has no column 'idd'; did you mean 'id'"),
        ("latest_by: {key: [id], order_by: [x]}", r"latest_by\.order_by\[1\]: in\.csv: has no column 'x'"),
        ("unpivot: {name: q, rows: {a: {v: kinds}}}", r"unpivot\.rows\.a\.v: in\.csv: has no column 'kinds'"),
        ("unpivot: {name: kind, rows: {a: {v: at}}}", r"unpivot: in\.csv: already has a column 'kind'"),
        ("known_issues: {odd: \"knd = 'x'\"}", r"known_issues\.odd: in\.csv: has no column 'knd'; did you mean 'kind'"),
        ("known_issues: {odd: kind}", r"known_issues\.odd: in\.csv: must be true or false for a record, it is a VARCHAR"),
        ("known_issues: {odd: \"random() > 0.5\"}", r"known_issues\.odd: in\.csv: must not use random\(\)"),
        ("known_issues: {odd: \"kind in (select 1)\"}", r"known_issues\.odd: in\.csv: must not use a subquery"),
        ("known_issues: {odd: \"kind::int > 3\"}", r"known_issues: fails on a record of in\.csv \(ConversionException\)"),
    ],
)  # fmt: skip
def test_the_other_keys_are_checked_against_the_file_too(place, key, message):
    with pytest.raises(SourceConfigError, match=message):
        take(place, BASE.replace("files: in.csv", f"files: in.csv\n    {key}"), "id,at,kind\n1,2025-02-03,x\n")


def test_known_issues_are_counted_over_the_file_as_it_came_and_change_nothing(place):
    config = BASE.replace(
        "files: in.csv",
        """files: in.csv
    where: kind <> 'test'
    latest_by: {key: [id], order_by: [at]}
    known_issues:
      kind missing: kind is null
      sent again: row_number() over (partition by id order by _origin_row) > 1
      never: id = '9'""",
    )
    rows = take(place, config, "id,at,kind\n1,2025-02-03,x\n1,2025-02-04,\n1,2025-02-05,test\n2,2025-02-03,x\n")
    # The test record is counted as well: three of record 1, two of them sent again, one without a kind.
    marks = read_metadata(place.take("suggestions").path)
    (file,) = json.loads(marks["landed_files"]).values()
    assert file["known_issues"] == {"kind missing": 1, "sent again": 2, "never": 0}
    assert [(row["suggestion_id"], row["_origin_row"]) for row in rows] == [("1", 3), ("2", 5)]


def test_an_expression_that_fails_on_a_record_is_named_without_its_value(place):
    config = BASE + '      adopted: {expression: "note::int > 3"}\n'
    with pytest.raises(
        SourceConfigError, match=r"columns\.adopted\.expression: fails on a record of in\.csv: Conversion Error"
    ) as wrong:
        take(place, config, "id,at,note\n1,2025-02-03,5\n2,2025-02-03,13800138000x\n")
    assert "13800138000" not in str(wrong.value)
    assert "try_cast" in str(wrong.value)


@pytest.mark.parametrize(
    ("expression", "error"),
    [
        # What DuckDB quotes may hold quotes and line breaks itself.
        ("note::int > 3", "Conversion Error"),
        ("strptime(note, '%Y-%m-%d') > date '2025-01-01'", "Invalid Input Error"),
    ],
)
@pytest.mark.parametrize("cell", ["it's 王小明 '13800138000", '"say ""王小明""\n13800138000"', "\"王小明\n'13800138000'\n\""])
def test_nothing_of_a_cell_is_told_with_a_failing_expression(place, expression, error, cell):
    with pytest.raises(SourceConfigError) as wrong:
        take(place, BASE + f'      adopted: {{expression: "{expression}"}}\n', f"id,at,note\n1,2025-02-03,{cell}\n")
    assert str(wrong.value) == (
        f"sources.yaml: line {BASE.count(chr(10)) + 1}: tables.suggestions.columns.adopted.expression: fails on a record of "
        f"in.csv: {error} in expression {expression}; where a value may be unreadable, use try_cast or try_strptime"
    )


@pytest.mark.parametrize(
    ("sql", "problem"),
    [
        ("unnamed_subquery::varchar", "must name columns, not the record as a whole"),
        ("len(range(100000000000))", r"must use range\(\) with a number up to 10000"),
        ("length(repeat(repeat('x', 9999), 9999))", r"must not use repeat\(\) of a text or list"),
        ("len([[1 for b in range(9999)] for a in range(9999)])", "more than one list of numbers"),
        ("format('{:1000000000}', 1)", r"must not use format\(\) to make a long text"),
        ("abs(" * 900 + "1" + ")" * 900, "deep"),
        ("sleep_ms(10)", r"must not use sleep_ms\(\)"),
    ],
    ids=("record", "range", "repeat", "lists", "format", "deep", "sleep"),
)
def test_an_expression_makes_no_value_without_measure(place, sql, problem):
    with pytest.raises(SourceConfigError, match=problem):
        take(place, BASE + f'      content: {{expression: "{sql}"}}\n', "id,at\n1,2025-02-03\n")


def test_a_method_reads_its_column(place):
    rows = take(place, BASE + '      content: {expression: "kind.upper()"}\n', "id,at,kind\n1,2025-02-03,a\n")
    assert rows[0]["content"] == "A"


def test_an_expression_cannot_read_files_or_variables(place):
    secret = place.deliver("secret.txt", "secret")
    for sql in (f"read_text('{secret}')", "getvariable('x')", "current_setting('temp_directory')", "getenv('HOME')"):
        with pytest.raises(SourceConfigError):
            take(place, BASE + f'      content: {{expression: "{sql}"}}\n', "id,at\n1,2025-02-03\n")


REQUESTS = """
defaults: {enterprise_id: ACME, channel: phone, region_code: R1}
tables:
  service_requests:
    files: in*.csv
    columns:
      request_id: id
      requested_at: at
      reopened_count: {expression: "greatest(0, 1 - 1)"}
      contact_count: {constant: 1}
      status: {from: state, values: {a: closed, b: closed}, otherwise: closed}
      urgency: {from: state, values: {a: urgent}, otherwise: normal}
      complexity: {expression: "case when state = 'a' then 'complex' else 'general' end"}
      product_category: {expression: "'row ' || _origin_row"}
      product_model: {expression: "split_part(_origin_file, '.', 1)"}
      customer_id: {from: id}
"""


def test_columns_that_measure_nothing_are_marked_with_the_reason(place):
    take(place, REQUESTS, "id,at,state\n7,2025-02-03,a\n8,2025-02-03,b\n", "service_requests")
    extracted = place.extract("service_requests", "2025-Q1")
    for path in (place.take("service_requests").path, extracted.path):
        assert json.loads(read_metadata(path)["assumed_columns"]) == {
            "customer_id": "unique_key",
            "product_category": "expression",
            "channel": "constant",
            "region_code": "constant",
            "status": "constant",
            "contact_count": "constant",
            "reopened_count": "expression",
        }


@pytest.mark.parametrize(
    ("values", "cells", "is_constant"),
    [
        ("{'': 0}", (",", ","), True),
        ("{'': 0}", (",", ",2"), False),
        ("{'': 0, twice: 2}", (",", ",twice"), False),
        ("{twice: 2}", (",", ","), False),
    ],
)
def test_an_empty_column_that_is_filled_is_a_constant(place, values, cells, is_constant):
    columns = f"reopened_count: {{from: again, values: {values}}}"
    sources = REQUESTS.replace('reopened_count: {expression: "greatest(0, 1 - 1)"}', columns)
    rows = "".join(f"{number},2025-02-03,a{cell}\n" for number, cell in enumerate(cells))
    take(place, sources, f"id,at,state,again\n{rows}", "service_requests")
    assumed = json.loads(read_metadata(place.take("service_requests").path)["assumed_columns"])
    assert ("reopened_count" in assumed) is is_constant


def test_a_constant_of_one_of_several_files_marks_the_column(place):
    # A default stands in for the file without the column; keys are never measured.
    place.deliver("in2.csv", "id,at,state,channel\n9,2025-02-03,a,online\n")
    take(place, REQUESTS, "id,at,state\n7,2025-02-03,a\n", "service_requests")
    assumed = json.loads(read_metadata(place.take("service_requests").path)["assumed_columns"])
    assert assumed["channel"] == "constant"
    assert not {"enterprise_id", "request_id", "requested_at"} & assumed.keys()


@pytest.mark.parametrize(("customer", "kind"), [("id", None), ("{constant: anonymous}", "constant")])
def test_a_response_of_its_own_customer_is_measured_and_one_customer_for_all_is_not(place, customer, kind):
    sources = f"""
defaults: {{enterprise_id: ACME, survey_id: S1, mode: online, is_complete: true}}
tables:
  survey_responses: {{files: in.csv, columns: {{response_id: id, submitted_at: at, customer_id: {customer}}}}}
"""
    take(place, sources, "id,at\n7,2025-02-03\n8,2025-02-03\n", "survey_responses")
    assumed = json.loads(read_metadata(place.take("survey_responses").path)["assumed_columns"])
    assert assumed.get("customer_id") == kind


def test_what_is_measured_has_no_mark(place):
    take(place, BASE.replace("{constant: customer}", "who"), "id,at,who\n7,2025-02-03,customer\n")
    assert "assumed_columns" not in read_metadata(place.take("suggestions").path)
    place.configure("""
tables:
  regions:
    rows:
      - {enterprise_id: A, region_code: R1, name: R1, area_km2: 431, urbanicity: urban}
""")
    assert "assumed_columns" not in read_metadata(place.take("regions").path)


def two_files(place, columns: str):
    place.configure(f"defaults: {{enterprise_id: ACME}}\ntables: {{suggestions: {{files: 's*.csv', columns: {{{columns}}}}}}}\n")
    place.deliver("s1.csv", "suggestion_id,source,submitted_at,content\n1,customer,2025-02-03 09:00,甲\n")
    place.deliver("s2.csv", "suggestion_id,source,提交时间,内容\n2,customer,2025-02-04 09:00,乙\n")
    return [(row["submitted_at"].day, row["content"]) for row in place.rows("suggestions")]


def test_a_column_that_was_renamed_is_taken_from_either_name(place):
    assert two_files(place, "submitted_at: [submitted_at, 提交时间], content: {from: [内容, content]}") == [(3, "甲"), (4, "乙")]


def test_an_expression_may_read_the_names_of_all_files_of_the_table(place):
    read = two_files(place, "submitted_at: {expression: 'coalesce(提交时间, submitted_at)'}, content: [content, 内容]")
    assert read == [(3, "甲"), (4, "乙")]
    assert {
        (finding.file, finding.problem)
        for finding in place.checked()
        if "lacks" in finding.problem or "other files" in finding.problem
    } == {
        ("s1.csv", "has no column '提交时间', which other files of the table have: expressions read it as empty"),
        ("s2.csv", "has no column 'submitted_at', which other files of the table have: expressions read it as empty"),
    }


def test_of_two_names_in_one_file_the_first_with_a_value_counts(place):
    config = BASE.replace("submitted_at: at", "submitted_at: [new, at]\n      content: [first, second]")
    rows = take(place, config, "id,at,new,first,second\n1,2025-02-03,,,b\n2,2025-02-03,2025-02-04,a,b\n")
    assert [(row["submitted_at"].day, row["content"]) for row in rows] == [(3, "b"), (4, "a")]


def test_a_file_with_none_of_the_names_is_named(place):
    with pytest.raises(
        MissingRequiredColumn, match=r"in\.csv: lacks the required column submitted_at \('提交' or '时间' by sources"
    ):
        take(place, BASE.replace("submitted_at: at", "submitted_at: [提交, 时间]"), "id,at\n1,2025-02-03\n")
    place.configure(
        "defaults: {enterprise_id: ACME}\ntables: {suggestions: {files: 's*.csv', columns: {content: {expression: 'upper(a)'}}}}"
    )
    place.deliver("s1.csv", "suggestion_id,source,submitted_at,a\n1,customer,2025-02-03,x\n")
    place.deliver("s2.csv", "suggestion_id,source,submitted_at,b\n2,customer,2025-02-03,x\n")
    with pytest.raises(SourceConfigError, match=r"s2\.csv: has no column 'a'"):
        place.rows("suggestions")


LIKERT = """\
序号,时间,1、总体,2、电话,3、上门,4、意见
1,2025-02-03,非常满意,满意,一般,很好
2,2025-02-04,不满意,,Very dissatisfied,
3,2025-02-04,5,超级满意,,
"""
SURVEY = """
defaults: {enterprise_id: ACME}
tables:
  survey_answers:
    files: 问卷.csv
    unpivot: {name: question, columns: COLUMNS, value: answer}
    columns: {response_id: 序号, question_id: question, score: {from: answer, scale: satisfaction_5, values: {超级满意: 5}}}
  survey_questions:
    headers: {files: 问卷*.csv, columns: COLUMNS}
    columns:
      survey_id: {constant: S1}
      question_id: {from: position, values: {}}
      survey_type: {constant: satisfaction}
      wording: header
      measures: {from: header, values: {1、总体: O2-1}, otherwise: O2-2}
      scale_min: {constant: 1}
      scale_max: {constant: 5}
"""


@pytest.mark.parametrize("columns", ["1、总体..3、上门", "['1*', '2*', 3、上门]", "'[1-3]、*'"])
def test_a_wide_survey_in_words_is_one_line_and_its_headers_are_its_questions(place, columns):
    place.deliver("问卷.csv", LIKERT)
    place.configure(SURVEY.replace("COLUMNS", columns))
    answers = [(row["response_id"], row["question_id"], row["score"], row["_origin_row"]) for row in place.rows("survey_answers")]
    assert answers == [
        *(("1", "1、总体", 5.0, 2), ("1", "2、电话", 4.0, 2), ("1", "3、上门", 3.0, 2)),
        *(("2", "1、总体", 2.0, 3), ("2", "3、上门", 1.0, 3)),
        *(("3", "1、总体", 5.0, 4), ("3", "2、电话", 5.0, 4)),
    ]
    # Two cells were empty.
    assert place.take("survey_answers").left_out["unpivot"] == 2
    questions = [
        (row["question_id"], row["wording"], row["measures"], row["_origin_row"]) for row in place.rows("survey_questions")
    ]
    assert questions == [("3", "1、总体", "O2-1", 1), ("4", "2、电话", "O2-2", 1), ("5", "3、上门", "O2-2", 1)]


def test_a_word_that_the_scale_does_not_know_is_no_number(place):
    place.deliver("问卷.csv", LIKERT.replace("超级满意", "还行"))
    place.configure(SURVEY.replace("COLUMNS", "1、总体..3、上门"))
    row = place.rows("survey_answers")[-1]
    assert (row["score"], [defect["value"] for defect in row["_defects"]]) == (None, ["还行"])


def test_a_header_in_several_files_is_one_question(place):
    place.deliver("问卷1.csv", "序号,1、总体\n1,5\n")
    place.deliver("问卷2.csv", "序号,1、总体,1、新题\n1,5,4\n")
    place.configure(SURVEY.replace("COLUMNS", "'1*'"))
    read = [(row["wording"], row["_origin_file"]) for row in place.rows("survey_questions")]
    assert read == [("1、总体", "问卷1.csv"), ("1、新题", "问卷2.csv")]


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ("5、*", "问卷.csv: has no column '5、\\*'"),
        ("1、总休", "has no column '1、总休'; did you mean '1、总体'"),
        ("3、上门..1、总体", "'1、总体' stands before '3、上门'"),
    ],
)
def test_columns_that_are_not_there_are_named(place, columns, problem):
    place.deliver("问卷.csv", LIKERT)
    place.configure(SURVEY.replace("COLUMNS", f"'{columns}'"))
    for table, key in (("survey_answers", "unpivot"), ("survey_questions", "headers")):
        with pytest.raises(SourceConfigError, match=rf"tables\.{table}\.{key}\.columns: .*{problem}"):
            place.rows(table)
