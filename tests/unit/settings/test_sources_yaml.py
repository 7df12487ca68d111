"""sources.yaml is validated strictly: every mistake is named by line and path, all of them at once."""

from __future__ import annotations

import pytest

from pipeline.settings.documents import Document
from pipeline.settings.sources import ColumnSource, Format, SourceConfigError, load_sources, read_sources


@pytest.fixture
def load(tmp_path):
    def write_and_load(text: str):
        path = tmp_path / "sources.yaml"
        path.write_text(text, encoding="utf-8")
        return load_sources(path)

    return write_and_load


def test_nothing_configured():
    config = load_sources(None)
    assert config.table("staff").files is None
    assert config.table("staff").format == Format()


def test_scalars_stay_the_text_that_was_written(load):
    config = load(
        """
defaults: {enterprise_id: 007, null_values: [NULL, "null", No, ""]}
tables:
  suggestions:
    columns:
      source: {from: k, values: {01: customer, No: employee, 1.0: customer, ~: null}, otherwise: null}
      content: {constant: yes}
"""
    )
    source = config.table("suggestions")
    assert source.defaults == {"enterprise_id": "007"}
    assert source.format.null_values == ("NULL", "null", "No", "")
    assert source.columns["source"].values == {"01": "customer", "No": "employee", "1.0": "customer", "~": None}
    assert source.columns["source"].has_otherwise
    assert source.columns["content"] == ColumnSource(constant="yes")


def test_a_tables_format_goes_before_the_defaults(load):
    config = load(
        """
defaults: {encoding: gbk, delimiter: ";", timezone: Asia/Tokyo, null_values: ["-"]}
tables:
  staff: {format: {encoding: cp949, null_values: ["?"], names: [a, b], sheet: 2024, quote: ""}}
  outlets: {format: {names: [a], header_row: 2}}
"""
    )
    staff = config.table("staff").format
    assert (staff.encoding, staff.delimiter, staff.timezone, staff.null_values) == ("cp949", ";", "Asia/Tokyo", ("?",))
    assert (staff.names, staff.header_row, staff.sheet, staff.quote) == (("a", "b"), None, ("2024",), "")
    assert config.table("outlets").format.header_row == 2
    assert config.table("regions").format.encoding == "gbk"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("table: {}", r"line 1: table: unknown key; did you mean 'tables'\?"),
        ("tables:\n  stafff: {}", r"line 2: tables\.stafff: the contract has no such table; did you mean 'staff'\?"),
        ("tables: {staff: {column: {}}}", r"tables\.staff\.column: unknown key; did you mean 'columns'"),
        ("tables: {staff: {columns: {rolle: x}}}", r"staff\.columns\.rolle: staff has no such column; did you mean 'role'"),
        ("tables: {staff: {columns: {role: {form: x}}}}", r"columns\.role\.form: unknown key; did you mean 'from'"),
        ("tables: {staff: {columns: {role: null}}}", r"columns\.role: the contract requires this column"),
        ("tables: {staff: {columns: {role: {from: x, constant: agent}}}}", r"columns\.role: takes one of from, constant"),
        ("tables: {staff: {columns: {role: {constant: agnet}}}}", r"role\.constant: 'agnet' is none of .*mean 'agent'"),
        ("tables: {staff: {columns: {role: {values: {A: boss}}}}}", r"role\.values\.A: 'boss' is none of the values of role"),
        ("tables: {staff: {columns: {role: {from: x, otherwise: agent}}}}", r"role: otherwise goes with values"),
        ("tables: {staff: {columns: {role: {from: x, date_format: '%Y'}}}}", r"role\.date_format: role is a string"),
        (
            "tables: {staff: {columns: {left_on: {from: x, date_format: YYYY-MM-DD}}}}",
            r"left_on\.date_format: expected a strptime format such as %Y-%m-%d %H:%M:%S, or iso, epoch, epoch_ms, excel",
        ),
        (
            "tables: {staff: {columns: {left_on: {from: x, date_format: ['%d/%m/%Y', '%m/%d/%Y']}}}}",
            r"left_on\.date_format: %d/%m/%Y and %m/%d/%Y read 1/5 as two days: name the one order in which this column is written",
        ),
        ("tables: {staff: {files: .}}", r"expected a file or a pattern inside the landing folder"),
        (
            "tables: {staff: {columns: {left_on: {from: x, date_format: [epoch, excel]}}}}",
            r"left_on\.date_format: epoch and excel read the same numbers: name one of them",
        ),
        (
            "tables: {staff: {columns: {left_on: {from: x, date_format: ['%d/%m/%Y', '%-m/%-d/%Y']}}}}",
            r"left_on\.date_format: %d/%m/%Y and %m/%d/%Y read 1/5 as two days",
        ),
        (
            "tables: {staff: {prepare: {files: {a: {files: x, format: {timezone: UTC}}}, select: select 1}}}",
            r"prepare\.files\.a\.format: the times of the result are read in the timezone of the table",
        ),
        ("tables: {staff: {unpivot: {name: q}}}", r"unpivot: takes one of rows and columns"),
        ("tables: {staff: {unpivot: {name: q, columns: a, rows: {b: {v: c}}}}}", r"unpivot: takes one of rows and columns"),
        ("tables: {staff: {unpivot: {name: q, value: v, rows: {b: {v: c}}}}}", r"unpivot: value goes with columns"),
        ("tables: {staff: {files: a.csv, headers: {files: a.csv, columns: q}}}", r"headers: names its own files: leave out files"),
        ("tables: {staff: {files: a.csv, prepare: {files: {a: a.csv}, select: select 1}}}", r"prepare: names its own files"),
        ("tables: {staff: {prepare: {files: {a-b: a.csv}, select: select 1}}}", r"prepare\.files: 'a-b' is no name for SQL"),
        ("tables: {staff: {prepare: {files: {a: a.csv, A: b.csv}, select: select 1}}}", r"two names differ by case only"),
        ("tables: {staff: {columns: {role: {from: x, scale: satisfaction_9}}}}", r"'satisfaction_9' is not one of satisfaction_5"),
        ("tables: {staff: {columns: {role: {constant: agent, scale: satisfaction_5}}}}", r"a constant takes no values, scale"),
        ("tables: {staff: {columns: [role]}}", r"staff\.columns: expected keys with values, found a list"),
        ("tables: {staff: {files: []}}", r"staff\.files: expected text or a list of texts that is not empty"),
        ("tables: {staff: {files: ../x.csv}}", r"staff\.files: expected a file .*inside the landing folder, found '\.\./x"),
        ("tables: {staff: {files: /etc/passwd}}", r"staff\.files: expected a file .*inside the landing folder, found '/etc"),
        ("tables: {staff: {format: {encoding: utf-9}}}", r"format\.encoding: expected an encoding Python knows .*, found 'utf-9'"),
        ("tables: {staff: {format: {delimiter: '||'}}}", r"format\.delimiter: expected one ASCII char.*found text \('\|\|'\)"),
        ("tables: {staff: {format: {type: xml}}}", r"format\.type: 'xml' is not one of csv, parquet, xlsx"),
        ("tables: {staff: {format: {header_row: first}}}", r"header_row: expected a whole number of at least 1, found 'first'"),
        ("tables: {staff: {format: {header_row: 0}}}", r"format\.header_row: expected a whole number of at least 1, found 0"),
        ("defaults: {timezone: Shanghai}", r"defaults\.timezone: expected a time zone name .*, found 'Shanghai'"),
        ("defaults: {enterprise: ACME}", r"defaults\.enterprise: no such column; did you mean 'enterprise_id'"),
        ("defaults: {null_values: [null]}", r"defaults\.null_values\[1\]: expected text, found nothing"),
        ("tables: {staff: {latest_by: {key: id}}}", r"latest_by: 'order_by' is missing"),
        ("tables: {staff: {unpivot: {name: q, rows: {a: {}}}}}", r"unpivot\.rows\.a: must have at least one entry"),
        ("tables: {staff: {rows: [{rolle: x}]}}", r"staff\.rows\[1\]\.rolle: staff has no such column"),
        ("tables: {staff: {rows: [{role: boss}]}}", r"staff\.rows\[1\]\.role: 'boss' is none of"),
        ("tables: {staff: {rows: [], files: x.csv}}", r"staff\.files: rows are written here"),
        ("tables: {staff: {where: x, where: y}}", r"line 1: tables\.staff\.where is given twice"),
        ("tables: {staff: [", r"is not YAML"),
        ("tables: 5", r"tables: expected keys with values, found '5'"),
    ],
)  # fmt: skip
def test_mistakes(load, text, message):
    with pytest.raises(SourceConfigError, match=message) as wrong:
        load(text)
    assert wrong.value.exit_code == 2


def test_all_mistakes_at_once_and_the_rest_is_read(tmp_path):
    path = tmp_path / "sources.yaml"
    path.write_text("tables:\n  stafff: {}\n  outlets:\n    files: o.csv\n    columns:\n      opend_on: x\n")
    config = read_sources(path)
    assert len(config.problems) == 2
    assert config.table("outlets").files == ("o.csv",)
    with pytest.raises(SourceConfigError) as wrong:
        load_sources(path)
    assert str(wrong.value).splitlines() == [f"sources.yaml: {problem}" for problem in config.problems]


def test_a_missing_file_and_another_encoding(tmp_path):
    with pytest.raises(SourceConfigError, match="no such file"):
        load_sources(tmp_path / "sources.yaml")
    (tmp_path / "sources.yaml").write_bytes("# 配置".encode("gb18030"))
    with pytest.raises(SourceConfigError, match=r"is not UTF-8 \(byte 3\)"):
        load_sources(tmp_path / "sources.yaml")


def test_known_issues_and_their_old_name(load):
    for key in ("known_issues", "known_dirt"):
        source = load(f"tables: {{staff: {{{key}: {{nobody: role is null}}}}}}").table("staff")
        assert (source.known_issues, source.issues_key) == ({"nobody": "role is null"}, key)
        assert source.described()["known_issues"] == {"nobody": "role is null"}
    both = "tables:\n  staff:\n    known_issues: {}\n    known_dirt: {a: b}\n"
    with pytest.raises(SourceConfigError, match=r"line 4: tables\.staff\.known_dirt: is the old name of known_issues"):
        load(both)


def test_a_mapping_without_an_origin_is_of_the_column_of_the_same_name(load):
    columns = load("tables: {staff: {columns: {role: {values: {a: agent}}, outlet_id: null, name: wer}}}").table("staff").columns
    assert [columns[name].sources for name in ("role", "outlet_id", "name")] == [("role",), None, ("wer",)]
    assert columns["outlet_id"].is_empty


def test_the_configuration_is_described_by_what_it_says(load):
    text = "defaults: {enterprise_id: A}\ntables: {staff: {files: a.csv, latest_by: {key: id, order_by: [n, {expression: m}]}}}\n"
    described = load(text).table("staff").described()
    assert described["latest_by"]["order_by"] == [
        {"column": "n", "expression": None},
        {"column": None, "expression": "m"},
    ]
    assert described["defaults"] == {"enterprise_id": "A"}
    assert load(f"# a comment\n{text}").table("staff").described() == described
    assert load(text.replace("expression: m", "expression: n")).table("staff").described() != described


def test_a_document_that_was_read_before(tmp_path):
    path = tmp_path / "sources.yaml"
    path.write_text("tables: {staff: {files: a.csv}}", encoding="utf-8")
    document = Document.read(path)
    path.unlink()
    config = load_sources(document)
    assert config.document is document
    assert config.table("staff").files == ("a.csv",)
    assert load_sources(None).document is None
