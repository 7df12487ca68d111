"""Refused rows are counted, taken out as they were delivered, corrected and delivered again."""

from __future__ import annotations

import csv
import datetime as dt
import stat
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner, Result
from openpyxl import Workbook

from pipeline.calendar.quarters import Quarter
from pipeline.cli import main
from pipeline.errors import UsageError
from pipeline.extract.partition import extract_quarter
from pipeline.extract.snapshot import take_snapshot
from pipeline.lake.access_log import events
from pipeline.lake.layout import Lake
from pipeline.settings.sources import SourceConfig, load_sources
from pipeline.validate.quarter import TooManyRefusedRows, validate_quarter
from pipeline.validate.refused import REASON_COLUMNS, export_refused, refused_counts, refused_rows
from schemas.contract import TABLES

Q1 = Quarter(2025, 1)
# Row 3 has no date that can be read, row 4 an unknown source, row 5 a field too few, row 6 breaks two rules.
SUGGESTIONS = """\
enterprise_id,suggestion_id,source,submitted_at
A,S1,customer,2025-02-03
A,S2,customer,3rd of March
A,S3,passer-by,2025-02-04
A,S4,customer
A,,dealer,2025-02-05
"""


class Round:
    """A landing folder, its lake, and the first two stages of a run over them."""

    def __init__(self, folder: Path) -> None:
        self.landing, self.lake, self.out = folder / "landing", Lake(folder / "lake"), folder / "out"
        self.landing.mkdir()

    def deliver(self, name: str, text: str, encoding: str = "utf-8") -> Path:
        path = self.landing / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode(encoding))
        return path

    def sources(self) -> SourceConfig:
        config = self.landing / "sources.yaml"
        return load_sources(config if config.exists() else None)

    def validate(self, table: str = "suggestions", limit: float = 1.0) -> tuple[int, int]:
        """Accepted and refused rows."""
        self.lake.scratch.mkdir(parents=True, exist_ok=True)
        take_snapshot(TABLES[table], self.landing, self.sources(), self.lake)
        extract_quarter(TABLES[table], Q1, self.lake)
        result = validate_quarter(TABLES[table], Q1, self.lake, limit)
        return result.accepted, result.quarantined

    def export(self, table: str = "suggestions") -> list[Path]:
        exported = export_refused([TABLES[table]], Q1, self.lake, self.landing, self.sources(), self.out)
        return [file.path for file in exported]


@pytest.fixture
def delivery(tmp_path: Path) -> Round:
    return Round(tmp_path)


def asq(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def read(path: Path, encoding: str = "utf-8-sig", delimiter: str = ",") -> list[list[str]]:
    with path.open(encoding=encoding, newline="") as handle:
        return list(csv.reader(handle, delimiter=delimiter))


def test_refused_rows_come_out_as_they_were_delivered_with_every_reason(delivery: Round) -> None:
    delivery.deliver("suggestions.csv", SUGGESTIONS)
    assert delivery.validate() == (1, 4)
    (path,) = delivery.export()
    header, *rows = read(path)
    assert header == ["enterprise_id", "suggestion_id", "source", "submitted_at", *REASON_COLUMNS]
    assert rows == [
        ["A", "S2", "customer", "3rd of March", "suggestions.csv", "3", "type on submitted_at"],
        ["A", "S3", "passer-by", "2025-02-04", "suggestions.csv", "4", "allowed_values on source"],
        # Nobody knows which of its fields is missing: the line itself.
        ["A,S4,customer", "", "", "", "suggestions.csv", "5", "too_few_fields"],
        [
            "A",
            "",
            "dealer",
            "2025-02-05",
            "suggestions.csv",
            "6",
            "required on suggestion_id; allowed_values on source",
        ],
    ]


def test_they_are_counted_by_rule_and_once_a_row(delivery: Round) -> None:
    delivery.deliver("suggestions.csv", SUGGESTIONS)
    delivery.validate()
    assert refused_counts(delivery.lake).rows() == [
        ("2025-Q1", "suggestions", "allowed_values", "source", 2),
        ("2025-Q1", "suggestions", "required", "suggestion_id", 1),
        ("2025-Q1", "suggestions", "too_few_fields", None, 1),
        ("2025-Q1", "suggestions", "type", "submitted_at", 1),
    ]
    assert refused_rows(delivery.lake) == 4
    assert refused_rows(delivery.lake, [Quarter(2024, 4)]) == 0
    listed = asq("quarantine", "list", "2025-Q1", "--lake", delivery.lake.root)
    assert listed.exit_code == 0
    assert listed.output.splitlines() == [
        "quarter  table        rule            column         rows",
        "2025-Q1  suggestions  allowed_values  source            2",
        "2025-Q1  suggestions  required        suggestion_id     1",
        "2025-Q1  suggestions  too_few_fields                    1",
        "2025-Q1  suggestions  type            submitted_at      1",
        "4 rows refused",
    ]
    unknown = asq("quarantine", "list", "2024-Q3..2025-Q1", "--lake", delivery.lake.root)
    assert unknown.exit_code == 2
    assert "2024-Q3, 2024-Q4: not run in this lake" in unknown.output


# Of row 3 every text would be run by a spreadsheet; rows 4 and 5 hold what a mark could be taken for.
RUN_BY_SPREADSHEETS = """\
enterprise_id,suggestion_id,source,submitted_at,content,=link
A,S1,customer,2025-02-03,x,
A,=S2,passer-by,2025-02-04,"=HYPERLINK(""http://a"",""b"")",-1
A,'=1 S3,passer-by,2025-02-05,\u3000＝1 2,-2+3
A,''S4,passer-by,2025-02-06,'tis so,@x
=A,S5,customer
"""


def test_no_cell_is_run_by_a_spreadsheet_and_each_comes_back_as_it_was(delivery: Round) -> None:
    first = delivery.deliver("suggestions/first.csv", RUN_BY_SPREADSHEETS)
    assert delivery.validate() == (1, 4)
    raw = pl.read_parquet(delivery.lake.partition("raw", "suggestions", Q1), hive_partitioning=False)
    (path,) = delivery.export()
    header, *rows = read(path)
    assert header == ["enterprise_id", "suggestion_id", "source", "submitted_at", "content", "'=link", *REASON_COLUMNS]
    assert [row[:6] for row in rows] == [
        ["A", "'=S2", "passer-by", "2025-02-04", '\'=HYPERLINK("http://a","b")', "-1"],
        ["A", "''=1 S3", "passer-by", "2025-02-05", "'＝1 2", "'-2+3"],
        ["A", "''S4", "passer-by", "2025-02-06", "'tis so", "'@x"],
        ["'=A,S5,customer", "", "", "", "", ""],
    ]
    first.write_text("enterprise_id,suggestion_id,source,submitted_at,content,=link\nA,S1,customer,2025-02-03,x,\n", "utf-8")
    text = (
        path.read_text("utf-8-sig")
        .replace("passer-by", "customer")
        .replace('"\'=A,S5,customer",,,,,', "A,S5,customer,2025-02-07,,")
    )
    (first.parent / path.name).write_text(text, "utf-8")
    assert delivery.validate() == (5, 0)
    again = pl.read_parquet(delivery.lake.partition("accepted", "suggestions", Q1), hive_partitioning=False)
    wanted = raw.filter(pl.col("suggestion_id").is_not_null()).select("suggestion_id", "content")
    assert again.head(4).select("suggestion_id", "content").rows() == wanted.rows()
    assert wanted["suggestion_id"].to_list() == ["S1", "=S2", "'=1 S3", "''S4"]


def test_rows_that_come_back_wrong_are_exported_again(delivery: Round, tmp_path: Path) -> None:
    first = delivery.deliver("suggestions/first.csv", RUN_BY_SPREADSHEETS)
    delivery.validate()
    (path,) = delivery.export()
    first.unlink()
    path.rename(first.parent / path.name)
    delivery.out = tmp_path / "again"
    assert delivery.validate() == (0, 4)
    (path,) = delivery.export()
    header, *rows = read(path)
    assert header[5:] == ["'=link", *REASON_COLUMNS]
    assert [row[1] for row in rows[:3]] == ["'=S2", "''=1 S3", "''S4"]


def test_only_their_owner_may_read_them(delivery: Round) -> None:
    delivery.deliver("suggestions.csv", SUGGESTIONS)
    delivery.validate()
    (path,) = delivery.export()
    assert (stat.S_IMODE(path.stat().st_mode), stat.S_IMODE(path.parent.stat().st_mode)) == (0o600, 0o700)


def test_the_corrected_file_is_delivered_beside_the_first_one(delivery: Round) -> None:
    first = delivery.deliver("suggestions/first.csv", SUGGESTIONS)
    delivery.validate()
    (path,) = delivery.export()
    corrected = path.read_text("utf-8-sig").replace("3rd of March", "2025-03-03").replace("passer-by", "customer")
    corrected = corrected.replace('"A,S4,customer",,,,', "A,S4,customer,2025-03-04,").replace("A,,dealer", "A,S5,customer")
    (first.parent / path.name).write_text(corrected, "utf-8")
    # The four rows as they came first are still refused; nothing is taken away from what was delivered.
    assert delivery.validate() == (5, 4)
    accepted = pl.read_parquet(delivery.lake.partition("accepted", "suggestions", Q1), hive_partitioning=False)
    assert accepted["suggestion_id"].to_list() == ["S1", "S2", "S3", "S4", "S5"]
    days = [moment.date() for moment in accepted["submitted_at"]]
    assert days[1:4] == [dt.date(2025, 3, 3), dt.date(2025, 2, 4), dt.date(2025, 3, 4)]


def test_columns_encoding_and_delimiter_are_the_source_s_own(delivery: Round) -> None:
    delivery.deliver(
        "sources.yaml",
        """
tables:
  suggestions:
    files: 建议*.csv
    format: {encoding: gb18030, delimiter: ";"}
    columns:
      enterprise_id: {constant: A}
      suggestion_id: {from: 编号}
      source: {from: 来源, values: {客户: customer}}
      submitted_at: {from: 日期}
""",
    )
    delivery.deliver("建议.csv", "编号;来源;日期\nS1;客户;2025-02-03\nS2;路人;2025-02-04\n", "gb18030")
    assert delivery.validate() == (1, 1)
    (path,) = delivery.export()
    header, row = read(path, "gb18030", ";")
    assert header == ["编号", "来源", "日期", *REASON_COLUMNS]
    assert row[:5] == ["S2", "路人", "2025-02-04", "建议.csv", "3"]
    (delivery.landing / "建议-corrected.csv").write_bytes(
        path.read_bytes().replace("路人".encode("gb18030"), "客户".encode("gb18030"))
    )
    assert delivery.validate() == (2, 1)


def test_typed_values_are_written_as_text_that_is_read_again(delivery: Round) -> None:
    folder = delivery.landing / "parts_orders"
    folder.mkdir()
    orders = pl.DataFrame(
        {
            "enterprise_id": ["A", "A"],
            "order_id": ["O1", None],
            "part_id": ["P", "P"],
            "is_urgent": [True, False],
            "ordered_at": [dt.datetime(2025, 1, 5, 8, 30), dt.datetime(2025, 1, 6, 9, 0, 0, 500_000)],
        }
    )
    orders.write_parquet(folder / "orders.parquet")
    accepted, refused = delivery.validate("parts_orders")
    (path,) = delivery.export("parts_orders")
    rows = [dict(zip(*pair, strict=True)) for pair in ((read(path)[0], row) for row in read(path)[1:])]
    assert refused == len(rows)
    assert rows[-1]["ordered_at"] == "2025-01-06 09:00:00.500000"
    assert rows[-1]["is_urgent"] == "false"
    (folder / path.name).write_text(path.read_text("utf-8-sig").replace("A,,P", "A,O2,P"), "utf-8")
    assert delivery.validate("parts_orders")[0] == accepted + 1


def test_rows_of_several_sheets_come_out_by_sheet(delivery: Round) -> None:
    """The second sheet has a row of an unknown source, the third, whose name holds the sign before it, a key without its digits."""
    book = Workbook()
    book.remove(book.active)
    header = ["enterprise_id", "suggestion_id", "source", "submitted_at"]
    rows = {"一月": ["S1", "customer"], "二月": ["S2", "dealer"], "三#月": ["2.025E+13", "customer"]}
    for name, cells in rows.items():
        sheet = book.create_sheet(name)
        sheet.append(header)
        sheet.append(["A", *cells, "2025-02-03"])
    book.save(delivery.landing / "suggestions.xlsx")
    delivery.deliver("sources.yaml", "tables: {suggestions: {format: {sheet: all}}}")
    assert delivery.validate() == (1, 2)
    exported = export_refused([TABLES["suggestions"]], Q1, delivery.lake, delivery.landing, delivery.sources(), delivery.out)
    assert [(each.origin_file, read(each.path)[1]) for each in exported] == [
        (
            "suggestions.xlsx#三#月",
            ["A", "2.025E+13", "customer", "2025-02-03", "suggestions.xlsx#三#月", "2", "digits_lost on suggestion_id"],
        ),
        ("suggestions.xlsx#二月", ["A", "S2", "dealer", "2025-02-03", "suggestions.xlsx#二月", "2", "allowed_values on source"]),
    ]


def test_a_table_refused_as_a_whole_can_be_taken_out(delivery: Round) -> None:
    delivery.deliver("suggestions.csv", SUGGESTIONS)
    with pytest.raises(TooManyRefusedRows):
        delivery.validate(limit=0.05)
    (path,) = delivery.export()
    assert len(read(path)) == 1 + 4


def test_another_delivery_than_the_one_that_was_judged_is_not_searched(delivery: Round) -> None:
    delivery.deliver("suggestions.csv", SUGGESTIONS)
    delivery.validate()
    delivery.deliver("suggestions.csv", SUGGESTIONS.replace("A,S1,customer,2025-02-03\n", ""))
    with pytest.raises(UsageError, match=r"suggestions 2025-Q1: .* no longer holds the delivery .* `asq run 2025-Q1`"):
        delivery.export()
    assert not delivery.out.exists()


def test_corrections_that_somebody_has_begun_are_not_overwritten(delivery: Round) -> None:
    delivery.deliver("suggestions.csv", SUGGESTIONS)
    delivery.validate()
    (path,) = delivery.export()
    path.write_text("half done")
    words = ("--landing", delivery.landing, "--lake", delivery.lake.root, "--out", delivery.out)
    again = asq("quarantine", "export", "2025-Q1", *words)
    assert (again.exit_code, path.read_text()) == (2, "half done")
    assert f"asq: {path} already exists and may hold corrections: choose another folder" in again.output


def test_the_command_says_what_it_wrote(delivery: Round, tmp_path: Path) -> None:
    delivery.deliver("suggestions.csv", SUGGESTIONS)
    delivery.validate()
    words = ("--landing", delivery.landing, "--lake", delivery.lake.root, "--out", tmp_path / "out")
    done = asq("quarantine", "export", "2025-Q1", *words)
    assert done.exit_code == 0, done.output
    assert done.output.splitlines() == [
        f"{tmp_path}/out/suggestions/suggestions.csv.2025-Q1.csv: 4 rows of suggestions.csv",
        "4 rows in 1 files",
    ]
    # Records have left the lake: the access log says which.
    (event,) = events(delivery.lake)
    facts = [event[name] for name in ("command", "action", "quarter", "tables", "rows")]
    assert facts == ["asq quarantine export", "export", "2025-Q1", ["suggestions"], 4]
    misspelt = asq("quarantine", "export", "2025-Q1", "--table", "suggestion", *words)
    assert misspelt.exit_code == 2
    assert "the contract has no such table; did you mean 'suggestions'?" in misspelt.output


def test_rows_that_come_of_no_delivered_record_are_said(delivery: Round, tmp_path: Path) -> None:
    delivery.deliver("in.csv", "id,kind\nS1,customer\nS2,dealer\nS3,passer-by\n")
    query = "select id as suggestion_id, kind as source, '2025-02-03' as submitted_at from r where id <> 'S0'"
    delivery.deliver("sources.yaml", "defaults: {enterprise_id: A}\ntables: {suggestions: {prepare: {files: {r: in.csv}, select: "
                     f'"{query}"' "}}}")  # fmt: skip
    assert delivery.validate() == (1, 2)
    words = ("--landing", delivery.landing, "--lake", delivery.lake.root, "--out", tmp_path / "out")
    assert asq("quarantine", "export", "2025-Q1", *words).output.splitlines() == [
        "2 rows of suggestions come of sources.yaml#suggestions and of no delivered record: correct them there",
        "0 rows in 0 files",
    ]
    delivery.deliver("sources.yaml", "defaults: {enterprise_id: A}\ntables: {suggestions: {prepare: {files: {r: in.csv}, select: "
                     f'"{query.replace("select", "select _origin_file, _origin_row,")}"' "}}}")  # fmt: skip
    assert delivery.validate() == (1, 2)
    (path,) = delivery.export()
    assert [row[:2] for row in read(path)[1:]] == [["S2", "dealer"], ["S3", "passer-by"]]
