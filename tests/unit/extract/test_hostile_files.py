"""Files made to bring a run down: each is refused by name, in time, and the run goes on."""

from __future__ import annotations

import gzip
import os
import re
import struct
import zipfile
from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.extract import apart, limits
from pipeline.extract.errors import SourceRefused, UnreadableFile
from pipeline.extract.files import SourceFile
from pipeline.settings.landing_paths import LINKS_VARIABLE
from pipeline.settings.sources import SourceConfigError
from schemas.contract import TABLES

HEADER = "enterprise_id,suggestion_id,source,submitted_at,evaluated_at,adopted,content"
ROW = "E01,S1,customer,2025-01-05 08:00:00,,,x"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def workbook(path: Path, rows: str) -> Path:
    """An .xlsx with nothing but a sheet of these rows."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" '
            'ContentType="application/xml"/></Types>',
        )
        book.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>",
        )
        book.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{PACKAGE}"><Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
            "</Relationships>",
        )
        book.writestr("xl/worksheets/sheet1.xml", f'<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>')
    return path


def refused(place, table="suggestions") -> str:
    with pytest.raises(SourceRefused) as error:
        place.take(table)
    return str(error.value)


# Workbooks


def test_a_small_workbook_with_two_far_cells_is_refused_by_its_range(place):
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    path = workbook(place.landing / "suggestions.xlsx", far)
    assert path.stat().st_size < 2_000
    said = refused(place)
    assert said.startswith("suggestions: suggestions.xlsx: sheet 'S' reaches to XFD1048576, 17,179,869,184 cells")
    assert f"{limits.cells():,}" in said
    assert any(finding.file == "suggestions.xlsx" and "XFD1048576" in finding.problem for finding in place.checked())


def spreadsheet(path: Path, *rows: str) -> None:
    """An .ods with a sheet of these rows of XML and an empty one."""
    spaces = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text", "manifest")
    )
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", kind)
        entry = f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{kind}"/>'
        book.writestr("META-INF/manifest.xml", f"<manifest:manifest {spaces}>{entry}</manifest:manifest>")
        tables = f'<table:table table:name="S">{"".join(rows)}</table:table><table:table table:name="E"/>'
        body = f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
        book.writestr("content.xml", f"<office:document-content {spaces}>{body}</office:document-content>")


def ods_row(*texts: str, repeated: str = "") -> str:
    cells = "".join(f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>' for text in texts)
    return f"<table:table-row>{repeated}{cells}</table:table-row>"


EMPTY_CELLS = '<table:table-cell table:number-columns-repeated="16383"/>'
EMPTY_ROWS = f'<table:table-row table:number-rows-repeated="1048574">{EMPTY_CELLS}</table:table-row>'


def test_an_open_document_with_a_far_cell_is_refused_by_its_range(place):
    spreadsheet(place.landing / "suggestions.ods", ods_row("a"), EMPTY_ROWS, ods_row("x", repeated=EMPTY_CELLS))
    assert "suggestions.ods: sheet 'S' reaches to XFD1048576, 17,179,869,184 cells" in refused(place)


def test_an_open_document_that_repeats_a_value_is_refused_by_its_range(place):
    repeats = 'office:value-type="string" table:number-columns-repeated="16384"'
    many = f'<table:table-row table:number-rows-repeated="9999"><table:table-cell {repeats}/></table:table-row>'
    spreadsheet(place.landing / "suggestions.ods", ods_row("a"), many)
    assert "suggestions.ods: sheet 'S' reaches to XFD10000, 163,840,000 cells" in refused(place)


def test_an_open_document_that_repeats_empty_cells_is_read(place):
    rows = [ods_row(*HEADER.split(",")), ods_row(*ROW.split(",")), EMPTY_ROWS]
    spreadsheet(place.landing / "suggestions.ods", *rows)
    assert place.take("suggestions").rows == 1


def record(kind: int, contents: bytes = b"") -> bytes:
    """A short record of an .xlsb, [MS-XLSB] 2.1.4."""
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return head + bytes([len(contents)]) + contents


def binary_workbook(path: Path, cells: dict[tuple[int, int], str]) -> None:
    """An .xlsb with nothing but a sheet of these texts, by (row, column) from 0."""

    def text(value: str) -> bytes:
        return struct.pack("<I", len(value)) + value.encode("utf-16-le")

    rows = b"".join(
        record(0, struct.pack("<I", row) + bytes(13)) + record(6, struct.pack("<II", column, 0) + text(value))
        for (row, column), value in cells.items()
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        sheet = record(156, struct.pack("<II", 0, 1) + text("r1") + text("S"))
        book.writestr("xl/workbook.bin", record(131) + record(143) + sheet + record(144) + record(132))
        target = f'<Relationship Id="r1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.bin"/>'
        book.writestr("xl/_rels/workbook.bin.rels", f'<Relationships xmlns="{PACKAGE}">{target}</Relationships>')
        size = record(148, struct.pack("<IIII", 0, 0, 0, 0))
        book.writestr("xl/worksheets/sheet1.bin", record(129) + size + record(145) + rows + record(146) + record(130))


def test_a_binary_workbook_with_a_far_cell_is_refused_by_its_range(place):
    binary_workbook(place.landing / "suggestions.xlsb", {(0, 0): "a", (1048575, 16383): "x"})
    assert "suggestions.xlsb: sheet 'S' reaches to XFD1048576, 17,179,869,184 cells" in refused(place)


def test_a_binary_workbook_is_read(place):
    rows = [HEADER.split(","), ROW.split(",")]
    cells = {(row, column): text for row, texts in enumerate(rows) for column, text in enumerate(texts)}
    binary_workbook(place.landing / "suggestions.xlsb", cells)
    assert place.take("suggestions").rows == 1


def test_a_workbook_that_unpacks_to_more_than_the_memory_of_a_run_is_refused(place, monkeypatch):
    monkeypatch.setattr(limits, "unpacked_workbook", lambda: 1 << 20)
    monkeypatch.setattr(apart, "call_if", lambda _, work, *given: work(*given))
    workbook(place.landing / "suggestions.xlsx", " " * (2 << 20))
    assert "unpacks to 2MiB; a workbook may unpack to 1MiB" in refused(place)


# Text


def test_a_text_that_unpacks_to_far_more_than_is_stored_is_refused(place, monkeypatch):
    monkeypatch.setattr(limits, "UNPACKED_BYTES", 1 << 20)
    (place.landing / "suggestions.csv.gz").write_bytes(gzip.compress(f"{HEADER}\n".encode() + f"{ROW}\n".encode() * 200_000))
    assert re.search(r"unpacks to more than 4,\d{3},\d{3} bytes, 200 times what is stored", refused(place))


def test_a_text_that_is_not_read_in_time_is_refused(place, monkeypatch):
    monkeypatch.setenv(limits.SECONDS_VARIABLE, "0.000001")
    place.deliver("suggestions.csv", f"{HEADER}\n{ROW}\n")
    assert "takes longer than 1e-06 seconds" in refused(place)


@pytest.mark.parametrize("written", ["0", "-1", "soon", "nan", "inf"])
def test_seconds_that_are_no_limit_are_refused(monkeypatch, written):
    monkeypatch.setenv(limits.SECONDS_VARIABLE, written)
    with pytest.raises(UsageError, match=f"{limits.SECONDS_VARIABLE}={written}: write a number of seconds"):
        limits.seconds()


def test_a_header_of_very_many_columns_is_refused(place):
    place.deliver("suggestions.csv", "x," * 20_000 + "\n1\n")
    assert "has 20,001 columns; a file may have 16,384" in refused(place)


def test_a_header_without_end_is_refused(place):
    place.deliver("suggestions.csv", '"' + "x\n" * 2_000_000)
    assert "header" in refused(place)


def test_a_record_larger_than_a_block_is_refused_or_kept_as_a_misfit(place):
    place.deliver("suggestions.csv", f"{HEADER}\n{ROW}\nE01,S2,customer,2025-01-05 08:00:00,,,{'x' * 9_000_000}\n")
    assert "suggestions.csv" in refused(place)


def test_a_line_without_end_is_refused(place):
    path = place.deliver("suggestions.csv", f"{HEADER}\n{ROW}\nE01,S2,customer,")
    with path.open("ab") as file:
        for _ in range(300):
            file.write(b"x" * (1 << 20))
    assert "suggestions.csv" in refused(place)


# Processes of their own


def _ends(file: SourceFile) -> None:
    apart.at(apart.Place.reading(file))
    os.abort()


def _takes(file: SourceFile) -> int:
    apart.at(apart.Place.reading(file))
    return len(bytearray(64 << 30))


def _loops(file: SourceFile) -> None:
    apart.at(apart.Place.reading(file))
    while True:
        pass


def _answers(file: SourceFile) -> str:
    return file.name


@pytest.fixture
def file(place) -> SourceFile:
    return SourceFile("suggestions", place.deliver("suggestions.csv", f"{HEADER}\n"), "suggestions.csv", "csv")


@pytest.mark.parametrize(("work", "said"), [(_ends, r"is damaged: the library .*SIGABRT"), (_takes, "takes more than .*MiB")])
def test_a_library_that_ends_its_process_costs_one_file(file, work, said):
    with pytest.raises(UnreadableFile, match=rf"suggestions: suggestions\.csv: {said}"):
        apart.call(work, file)
    # It is remembered, and the next work has a process.
    with pytest.raises(UnreadableFile, match=said):
        apart.call(_answers, file)
    os.utime(file.path, (1, 1))
    assert apart.call(_answers, file) == "suggestions.csv"


def test_a_library_that_does_not_come_back_is_ended(file, monkeypatch):
    monkeypatch.setenv(limits.SECONDS_VARIABLE, "0.2")
    with pytest.raises(UnreadableFile, match=r"takes longer than 0\.2 seconds: .*ASQ_FILE_SECONDS"):
        apart.call(_loops, file)


# Expressions


@pytest.mark.parametrize(
    "expression",
    [
        *("now()", "random()", "uuid()", "nextval('x')", "version()", "current_user", "txid_current()", "current_database()"),
        *("user", "pg_typeof(content)", "pg_backend_pid()", "has_schema_privilege('x', 'y')", "getvariable('x')"),
        *("current_setting('threads')", "ago(interval 1 day)", "age(submitted_at::timestamp)", "read_text('/etc/passwd')"),
        *("getenv('HOME')", "list_aggregate([1], 'ran' || 'dom')", "session_user", "inet_client_addr()"),
    ],
)
def test_what_does_not_rest_on_the_record_is_refused(place, expression):
    place.deliver("suggestions.csv", f"{HEADER}\n{ROW}\n")
    place.configure(f'tables: {{suggestions: {{columns: {{content: {{expression: "{expression}"}}}}}}}}')
    with pytest.raises(SourceConfigError, match=r"tables\.suggestions\.columns\.content\.expression"):
        place.take("suggestions")


def test_an_expression_that_grows_without_end_is_ended_by_name(place, monkeypatch):
    monkeypatch.setenv(limits.SECONDS_VARIABLE, "4")
    place.deliver("suggestions.csv", f"{HEADER}\n{ROW}\n")
    grown = "content"
    for _ in range(14):
        grown = f"replace({grown}, 'x', 'xxxxxxxxxx')"
    place.configure(f'tables: {{suggestions: {{columns: {{content: {{expression: "{grown}"}}}}}}}}')
    with pytest.raises(UsageError, match=r"sources\.yaml: line 1: tables\.suggestions.*(memory|seconds|Error)"):
        place.take("suggestions")


# Paths


def outside(place) -> Path:
    path = place.landing.parent / "outside.csv"
    path.write_text(f"{HEADER}\n{ROW}\n")
    return path


def test_a_link_out_of_the_landing_folder_is_refused_unless_it_is_asked_for(place, monkeypatch):
    (place.landing / "suggestions.csv").symlink_to(outside(place))
    assert "suggestions.csv: is a link that leads out of the landing folder" in refused(place)
    monkeypatch.setenv(LINKS_VARIABLE, "follow")
    assert place.take("suggestions").rows == 1
    monkeypatch.setenv(LINKS_VARIABLE, "yes")
    with pytest.raises(UsageError, match="ASQ_LINKS=yes: write 'follow'"):
        place.take("suggestions")


def test_a_link_inside_the_landing_folder_is_a_file(place):
    place.deliver("exports/1.csv", f"{HEADER}\n{ROW}\n")
    (place.landing / "suggestions.csv").symlink_to(place.landing / "exports" / "1.csv")
    assert place.take("suggestions").rows == 1


def test_folders_and_globs_do_not_lead_out_either(place):
    folder = outside(place).parent / "others"
    folder.mkdir()
    (folder / "1.csv").write_text(f"{HEADER}\n{ROW}\n")
    (place.landing / "suggestions").symlink_to(folder)
    assert "suggestions: suggestions: is a link that leads out" in refused(place)
    place.configure("tables: {suggestions: {files: suggestions/*.csv}}")
    assert "lies behind suggestions, which is a link that leads out" in refused(place)


def test_a_folder_linked_within_a_table_is_read_once(place):
    place.deliver("suggestions/1.csv", f"{HEADER}\n{ROW}\n")
    (place.landing / "suggestions" / "again").symlink_to(place.landing / "suggestions")
    assert place.take("suggestions").rows == 1


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (os.mkfifo, "is a named pipe, not a file"),
        (lambda path: path.symlink_to(path), "is a link that leads back to itself"),
        (lambda path: path.symlink_to(path.parent / "nowhere"), "is a link that leads nowhere"),
        (lambda path: path.mkdir(), "is a folder that is called like a file: call it suggestions"),
    ],
    ids=["pipe", "circle", "nowhere", "folder"],
)
def test_what_is_no_file_is_named(place, make, said):
    make(place.landing / "suggestions.csv")
    assert f"suggestions: suggestions.csv: {said}" in refused(place)


@pytest.mark.parametrize("name", [b"a\nb.csv", b"\xff.csv", b"a\x1b[2J.csv"])
def test_names_that_cannot_be_written_are_told_in_writing(place, name):
    place.deliver("suggestions/1.csv", f"{HEADER}\n{ROW}\n")
    Path(os.fsdecode(os.fsencode(place.landing / "suggestions") + b"/" + name)).write_text(f"{HEADER}\n")
    said = refused(place)
    assert "its name holds a character that cannot be written" in said
    assert said.isprintable()


def test_settings_that_are_no_files_are_refused(place):
    os.mkfifo(place.landing / "sources.yaml")
    with pytest.raises(UsageError, match=r"sources\.yaml: is a named pipe"):
        place.checked()


# Many small files


def test_files_of_one_layout_are_mapped_together_with_accounts_of_their_own(place):
    for number in range(5):
        rows = [f"E01,S{number}-{row},customer,2025-01-0{row + 1} 08:00:00,,,x" for row in range(number)]
        place.deliver(f"suggestions/{number}.csv", "\n".join([HEADER, *rows, "E01,too few"]) + "\n")
    place.deliver("suggestions/other.csv", "suggestion_id,enterprise_id,source,submitted_at\nT1,E01,customer,2025-01-01\n")
    where = "where: \"suggestion_id <> 'S4-0'\""
    place.configure(f"tables: {{suggestions: {{{where}, columns: {{source: {{values: {{customer: customer}}}}}}}}}}")
    rows = [(row["_origin_file"], row["_origin_row"], row["suggestion_id"]) for row in place.rows("suggestions")]
    expected = [
        (f"suggestions/{number}.csv", row + 2, f"S{number}-{row}" if row < number else None)
        for number in range(5)
        for row in range(number + 1)
        if (number, row) != (4, 0)
    ]
    assert rows == [*expected, ("suggestions/other.csv", 2, "T1")]
    assert TABLES["suggestions"].name in str(place.take("suggestions").path)
