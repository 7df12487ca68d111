"""``asq contract`` and ``asq indicators`` say what the contract and the catalogue say, and what was published."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result

from pipeline.cli import main
from schemas.column_labels import FILE, column_labels
from schemas.contract import TABLES
from schemas.sheet import StandardDataError
from schemas.standard.catalogue import catalogue_rows


def asq(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def publication(lake: Path, quarter: str, *rows: dict[str, object]) -> None:
    base = {"scope_type": "enterprise", "period": quarter, "value": None, "numerator": None, "denominator": None}
    base |= {"sample_size": None, "status_reason": None}
    folder = lake / "published" / "current" / f"quarter={quarter}"
    folder.mkdir(parents=True)
    pl.DataFrame([base | row for row in rows], infer_schema_length=None).write_parquet(folder / "indicator_values.parquet")


def test_the_whole_contract_is_csv_as_before():
    rows = list(csv.DictReader(io.StringIO(asq("contract").output)))
    assert len(rows) == sum(len(table.columns) for table in TABLES.values())
    assert rows[1] | {"meaning": ""} == {
        **{"table": "service_requests", "column": "request_id", "type": "string", "key": "pk", "required": "yes", "pii": ""},
        **{"values_or_unit": "", "meaning": ""},
    }


@pytest.mark.parametrize("table", TABLES)
def test_every_table_is_told_in_words(table):
    said = asq("contract", table).output
    assert said.splitlines()[0] == f"{table}  {TABLES[table].title}"
    for column in TABLES[table].columns:
        assert f"\n  {column.name}  " in said
        assert not column.values or f"    one of: {', '.join(column.values)}\n" in said


def test_a_column_says_what_needs_it():
    said = asq("contract", "hotline_calls").output
    answered = said[said.index("\n  answered_at  接听时间") :].split("\n\n")[0]
    assert "exports call it: 接通时间, 应答时间, answered at" in answered
    assert "needed by: P1-2, P2-1a" in answered


def test_every_column_of_the_contract_has_a_label_and_names():
    labels = column_labels()
    assert set(labels) == {f"{table.name}.{column.name}" for table in TABLES.values() for column in table.columns}
    assert labels["service_requests.request_id"].label_zh != labels["complaints.request_id"].label_zh


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("no_such_column,甲,a", "row 212, column column_name: the contract has no column 'no_such_column'"),
        ("staff_id,甲,a", "'staff_id' is there twice"),
        ("outlets.staff_id,甲,a", "the contract has no column 'outlets.staff_id'"),
        ("staff.phone,甲,a;;b", "other_names: must be different names"),
        ("staff.phone,,a", "label_zh: must not be empty"),
    ],
)
def test_faults_of_the_labels_are_named(tmp_path, line, problem):
    file = tmp_path / "column_labels.csv"
    file.write_text(FILE.read_text(encoding="utf-8") + line + "\n", encoding="utf-8")
    with pytest.raises(StandardDataError, match=problem.replace("(", r"\(")):
        column_labels(file)


def test_every_indicator_is_listed_once():
    lines = asq("indicators").output.splitlines()
    assert [line.split()[0] for line in lines] == list(dict.fromkeys(each.indicator_id for each in catalogue_rows()))
    assert len(lines) == 68


def test_an_indicator_is_explained():
    said = asq("indicators", "P2-1a").output
    assert "接听" in said or "热线" in said
    for text in ("formula: sum of values ÷ cases", "tables: hotline_calls", "no value without: hotline_calls.answered_at"):
        assert text in said


def test_what_was_published_is_shown_with_its_reason(tmp_path):
    publication(tmp_path, "2024-Q4", {"enterprise_id": "A", "indicator_id": "P1-1", "status": "ok", "value": 1.0})
    publication(
        tmp_path,
        "2025-Q1",
        {"enterprise_id": "B", "indicator_id": "P1-1", "status": "no_data", "status_reason": "table_not_delivered:hotline_calls"},
        {
            **{"enterprise_id": "A", "indicator_id": "P1-1", "status": "ok", "value": 0.875, "numerator": 1750.0},
            **{"denominator": 2000.0, "sample_size": 2000},
        },
        {"enterprise_id": "A", "indicator_id": "P1-2", "status": "ok", "value": 1.0},
        {"enterprise_id": "A", "indicator_id": "P1-1", "status": "ok", "value": 0.1, "scope_type": "region"},
    )
    said = asq("indicators", "P1-1", "--lake", tmp_path).output
    assert said[said.index("published") :].splitlines() == [
        "published for 2025-Q1:",
        "  A P1-1: ok value 0.875 = 1,750 ÷ 2,000 (n 2000)",
        "  B P1-1: no_data because table_not_delivered:hotline_calls",
    ]
    assert "published for 2024-Q4:" in asq("indicators", "--lake", tmp_path, "--quarter", "2024-Q4").output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["contract", "stff"], "the contract has no table 'stff'; did you mean 'staff'"),
        (["indicators", "P1-9"], "there is no indicator 'P1-9'"),
        (["indicators", "--lake", "here"], "nothing was published yet"),
    ],
)
def test_what_is_not_there_is_said(words, message, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    result = asq(*words)
    assert (result.exit_code, message in result.output) == (2, True)


def test_a_quarter_that_was_not_published_is_said(tmp_path):
    publication(tmp_path, "2025-Q1", {"enterprise_id": "A", "indicator_id": "P1-1", "status": "ok"})
    result = asq("indicators", "--lake", tmp_path, "--quarter", "2025-Q2")
    assert (result.exit_code, "2025-Q2 was not published; published are 2025-Q1" in result.output) == (2, True)
