"""The scan of a run's folder: what it reads, what it says, and that every planted value is found."""

from __future__ import annotations

import re
from pathlib import Path

import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.errors import DataRefused, UsageError
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from pipeline.privacy.known_values import KnownValues
from pipeline.privacy.scanner import scan
from pipeline.privacy.subjects import log_subjects, published_subjects
from pipeline.publish.scan_record import SCAN_TABLE, refuse, require_scanned, scan_run
from schemas.contract import TABLES

PHONE = "13812345678"
QUARTER = Quarter(2025, 1)


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    """A gathered run with one table and one report, nothing personal in them."""
    run = RunFolder(Lake(tmp_path / "lake"), QUARTER, "run-1").open()
    pl.DataFrame({"scope_id": ["S1", "S2", "S1"], "value": [1.0, 2.0, 3.0]}).write_parquet(run.table("scores"))
    run.reports.mkdir()
    (run.reports / "E1.html").write_text("<p>total <b>79.34</b></p>\n<path d='M13 812 345 678 L1 2'/>", encoding="utf-8")
    return run


def places(run: RunFolder) -> list[str]:
    subjects = [*published_subjects(run.path), *published_subjects(run.released)]
    return [str(finding) for each in scan(subjects) for finding in each.findings]


def test_a_clean_run_has_no_findings_and_a_record(run: RunFolder) -> None:
    _, findings = scan_run(run, frozenset())
    assert findings == []
    record = pl.read_parquet(run.table(SCAN_TABLE))
    # Of the table: its column names and marks (2 names) and scope_id (3 cells); fourteen kinds of personal data each.
    assert record.filter(pl.col("subject") == "scores").select("columns_scanned", "finding_count").unique().rows() == [(2, 0)]
    assert record.group_by("subject").len().sort("subject").rows() == [("report/E1.html", 14), ("scores", 14)]
    require_scanned(run)


def test_a_finding_names_table_column_and_row_and_not_the_value(run: RunFolder) -> None:
    pl.DataFrame({"scope_id": ["S1", PHONE, "S2", PHONE]}).write_parquet(run.table("scores"))
    assert places(run) == ["table scores: scope_id, row 2 and 1 more: phone 1**********"]


def test_every_kind_of_column_is_read(run: RunFolder) -> None:
    pl.DataFrame(
        {
            "flags": [["a", PHONE], ["b"]],
            "facts": [{"who": "x"}, {"who": f"电话{PHONE}"}],
            "kind": pl.Series([PHONE, "y"], dtype=pl.Categorical),
            "raw": pl.Series([b"x", PHONE.encode()], dtype=pl.Binary),
            "count": [13812345678, 1],
        }
    ).write_parquet(run.table("scores"))
    assert places(run) == [
        f"table scores: {column}, row {row}: phone 1**********"
        for column, row in (("flags", 1), ("facts", 2), ("kind", 1), ("raw", 2))
    ]


def test_names_and_marks_of_a_file_are_read(run: RunFolder) -> None:
    pl.DataFrame({f"tel:{PHONE}": [1]}).write_parquet(run.table("scores"))
    assert places(run) == ["table scores: column names and file marks, scores.parquet: phone 1**********"]


@pytest.mark.parametrize(
    "page",
    [
        f"<p>电话{PHONE}</p>",
        f"<p title='{PHONE}'>x</p>",
        f"<!-- {PHONE} -->",
        "<p>电话138&#49;2345678</p>",
        f"<script>const x = '{PHONE}'</script>",
        "<p>138<b>1234</b>5678</p>",
    ],
)
def test_pages_are_read_as_readers_and_browsers_do(run: RunFolder, page: str) -> None:
    (run.reports / "E1.html").write_text(f"<h1>x</h1>\n{page}", encoding="utf-8")
    assert places(run) == ["report report/E1.html: page, line 2: phone 1**********"]


def test_cells_side_by_side_are_no_number(run: RunFolder) -> None:
    (run.reports / "E1.html").write_text("<table><tr><td>138</td><td>12345678</td></tr></table>", encoding="utf-8")
    assert places(run) == []


def test_logs_are_read_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "dbt.log").write_text(f"fine\nfailed on {PHONE}\n", encoding="utf-8")
    (tmp_path / "data.db").write_bytes(b"SQLite\0" + PHONE.encode())
    findings = [str(f) for each in scan(log_subjects([tmp_path])) for f in each.findings]
    assert findings == [f"log {tmp_path / 'dbt.log'}: lines, line 2: phone 1**********"]


def test_a_column_full_of_personal_data_is_told_shortly(run: RunFolder) -> None:
    pl.DataFrame({"scope_id": [f"138{number:08d}" for number in range(2000)]}).write_parquet(run.table("scores"))
    _, findings = scan_run(run, frozenset())
    assert len(findings) == 2000
    # Which row is named first is not fixed; a row may have the number 138.
    message = re.sub(r"\brow \d+", "row", str(refuse(findings)))
    assert isinstance(refuse(findings), DataRefused)
    assert message.splitlines()[1:-1] == ["  table scores: scope_id, row: phone 1********** (2,000 rows in all)"]
    assert "138" not in message


def test_an_approved_exception_is_counted_and_stops_nothing(run: RunFolder) -> None:
    pl.DataFrame({"scope_id": [PHONE], "note": [PHONE]}).write_parquet(run.table("scores"))
    _, findings = scan_run(run, frozenset({("scope_id", "phone")}))
    assert [finding.column for finding in findings] == ["note"]
    record = pl.read_parquet(run.table(SCAN_TABLE)).filter(pl.col("subject") == "scores", pl.col("kind") == "phone")
    assert record.select("finding_count", "excepted_count").rows() == [(1, 1)]


def test_what_was_not_scanned_is_not_published(run: RunFolder) -> None:
    with pytest.raises(UsageError, match=r"analyst/scores\.parquet, released/report/E1\.html not scanned"):
        require_scanned(run)
    scan_run(run, frozenset())
    pl.DataFrame({"scope_id": [PHONE]}).write_parquet(run.table("scores"))
    with pytest.raises(UsageError, match=r"published: analyst/scores\.parquet not scanned"):
        require_scanned(run)


def write_clean(lake: Lake, quarter: Quarter, text: str, **columns: str) -> None:
    path = lake.partition("clean", "suggestions", quarter)
    path.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame({"suggestion_id": ["S1"], "content_redacted": [text]} | {n: [v] for n, v in columns.items()}).write_parquet(path)


def test_clean_rows_are_scanned_before_the_publication(run: RunFolder) -> None:
    write_clean(run.lake, QUARTER, "回电①③⑧-1234-5678", region_code=PHONE, customer_phone_token=f"v1:{'0' * 8}:{PHONE:0<32}")
    scanned, findings = scan_run(run, frozenset())
    # A pseudonym is no number, whatever its digits.
    assert [str(finding) for finding in findings] == [
        "clean suggestions 2025-Q1: content_redacted, row 1: phone 1************",
        "clean suggestions 2025-Q1: region_code, row 1: phone 1**********",
    ]
    assert "clean rows" in str(refuse(findings))
    assert [each.cells for each in scanned if each.subject_kind == "clean"] == [4]
    assert "suggestions 2025-Q1" in pl.read_parquet(run.table(SCAN_TABLE))["subject"].to_list()
    assert [f.column for f in scan_run(run, frozenset({("content_redacted", "phone")}))[1]] == ["region_code"]


def test_a_column_of_pseudonyms_may_hold_nothing_else(run: RunFolder) -> None:
    write_clean(run.lake, QUARTER, "x", customer_phone_token=PHONE)
    assert [finding.column for finding in scan_run(run, frozenset())[1]] == ["customer_phone_token"]


def write_raw(lake: Lake, table: str, quarter: Quarter, **columns: list[str]) -> None:
    path = lake.partition("raw", table, quarter)
    path.parent.mkdir(parents=True, exist_ok=True)
    names = [column.name for column in TABLES[table].columns if column.pii]
    rows = len(next(iter(columns.values())))
    pl.DataFrame({name: columns.get(name, [None] * rows) for name in names}, schema=dict.fromkeys(names, pl.String)).write_parquet(
        path
    )


def test_a_run_searches_for_the_values_of_the_quarters_that_it_reads(run: RunFolder) -> None:
    """A bare name has no form: only who was delivered tells it."""
    write_raw(run.lake, "staff", QUARTER, name=["王小明"])
    write_raw(run.lake, "service_requests", QUARTER.shift(-7), customer_name=["李建军"])
    write_raw(run.lake, "service_requests", QUARTER.shift(-8), customer_name=["赵小兵"])
    write_clean(run.lake, QUARTER, "x", region_code="赵小兵", channel="王小明", issue_class="原因：李建军")
    (run.reports / "E1.html").write_text("<p>问问王小明吧</p>", encoding="utf-8")
    _, findings = scan_run(run, frozenset())
    assert [(f.subject, f.column, f.kind) for f in findings] == [
        ("report/E1.html", "page", "name"),
        ("suggestions 2025-Q1", "channel", "name"),
        ("suggestions 2025-Q1", "issue_class", "name"),
    ]
    message = str(refuse(findings))
    assert "clean suggestions 2025-Q1: channel, row 1: name 王**" in message
    assert not any(name in message for name in ("王小明", "李建军"))


def test_what_patterns_and_known_values_both_find_counts_once(run: RunFolder) -> None:
    write_raw(run.lake, "staff", QUARTER, phone=[PHONE])
    pl.DataFrame({"scope_id": [PHONE]}).write_parquet(run.table("scores"))
    assert len(scan_run(run, frozenset())[1]) == 1


def test_a_name_that_every_report_says_is_no_person(run: RunFolder) -> None:
    """Deliveries hold placeholders for names; without this no run with one could be published."""
    write_raw(run.lake, "staff", QUARTER, name=["消费者", "王小明"])
    (run.reports / "E1.html").write_text("<p>消费者满意度</p>", encoding="utf-8")
    assert scan_run(run, frozenset())[1] == []
    (run.reports / "E1.html").write_text("<p>消费者王小明</p>", encoding="utf-8")
    assert [finding.masked for finding in scan_run(run, frozenset())[1]] == ["王**"]


@pytest.mark.parametrize("name", ["scores", "clean", "raw"])
def test_what_cannot_be_read_is_not_published(run: RunFolder, name: str) -> None:
    write_clean(run.lake, QUARTER, "x")
    write_raw(run.lake, "staff", QUARTER, name=["王小明"])
    damaged = {
        "scores": run.table("scores"),
        "clean": run.lake.partition("clean", "suggestions", QUARTER),
        "raw": run.lake.partition("raw", "staff", QUARTER),
    }
    damaged[name].write_bytes(b"PAR1 no more")
    with pytest.raises(UsageError, match="not scanned for personal data, so nothing is published"):
        scan_run(run, frozenset())
    with pytest.raises(UsageError, match="not scanned"):
        require_scanned(run)


def test_texts_of_quarters_that_no_run_has_scanned_are_too(run: RunFolder) -> None:
    before, long_ago = QUARTER.shift(-1), QUARTER.shift(-40)
    write_clean(run.lake, before, f"回电{PHONE}")
    write_clean(run.lake, long_ago, f"回电{PHONE}")
    _, findings = scan_run(run, frozenset())
    assert [finding.subject for finding in findings] == ["suggestions 2024-Q4"]
    # The record of this run is the same whichever quarters ran before.
    assert pl.read_parquet(run.table(SCAN_TABLE))["finding_count"].sum() == 0


def test_known_values_are_found_in_any_writing() -> None:
    known = KnownValues()
    known.add("name", ["王小明", "李雷", "未知", "John Smith"])
    known.add("phone", ["+86 138-0013-8000", "0771-5312345", "无"])
    known.add("id_number", ["11010519491231002x"])
    known.add("address", ["民族大道131号"])
    known.add("plate", ["桂A·12345"])
    known.add("device", ["12", "DEV-889911"])
    found = {
        text: sorted({kind for kind, _ in known.found_in(text)})
        for text in ("问问王小明吧", "李雷", "桃李雷同", "未知", "电话１３８００１３８０００", "138 0013 8000", "07715312345",
                     "11010519491231002X", "住民族大道131号", "桂A12345", "row 12", "xDEV-8899110", "DEV-889911", "john smith",
                     "9138001380001")
    }  # fmt: skip
    assert {text: kinds for text, kinds in found.items() if kinds} == {
        "问问王小明吧": ["name"],
        "李雷": ["name"],
        "电话１３８００１３８０００": ["phone"],
        "138 0013 8000": ["phone"],
        "07715312345": ["phone"],
        "11010519491231002X": ["id_number"],
        "住民族大道131号": ["address"],
        "桂A12345": ["plate"],
        "DEV-889911": ["device"],
        "john smith": ["name"],
    }


def test_known_values_are_found_in_long_columns_and_only_there() -> None:
    """Every place of a value in many texts, against a search one text at a time."""
    known = KnownValues()
    names = [f"{surname}{given}" for surname in "王李张" for given in ("小明", "建军", "秀英", "磊")]
    known.add("name", names)
    known.add("phone", [f"1380013{number:04d}" for number in range(0, 10000, 7)])
    texts = [f"row {number} 1380013{number:04d} {names[number % len(names)]}来电" for number in range(0, 10000, 3)]
    found = known.search(pl.Series(texts))
    for number, text in zip(range(0, 10000, 3), texts, strict=True):
        name = names[number % len(names)]
        # A name of two characters counts only where it stands alone.
        expected = {"phone"} & ({"phone"} if number % 7 == 0 else set()) | ({"name"} if len(name) == 3 else set())
        assert {kind for kind, _ in found.get(text, [])} == expected, text
