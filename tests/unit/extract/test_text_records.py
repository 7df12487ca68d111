"""Record numbers and fields of delimited text are exact, whatever lies between the good records."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.extract.errors import TruncatedFile, UnreadableFile
from pipeline.extract.files import SourceFile
from pipeline.extract.sources import Format
from pipeline.extract.text_records import TextRecords


def read(path: Path, form: Format | None = None, columns: list[str] | None = None) -> list[tuple]:
    """(record number, rule or None, cells) of every record; the raw line stands for the cells of a misfit."""
    records = TextRecords(SourceFile("suggestions", path, path.name, "csv"), form or Format())
    found = []
    for batch in records.batches(columns or records.schema.names):
        for number, rule, line, *cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
            found.append((number, rule, line if rule else tuple(cells)))
    return found


@pytest.fixture
def file(tmp_path: Path):
    def write(contents: str | bytes, name: str = "x.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(contents.encode() if isinstance(contents, str) else contents)
        return path

    return write


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_record_has_the_number_a_spreadsheet_shows(file, newline):
    lines = [
        "a,b,c",  # record 1
        f'1,"x{newline}y",3',  # 2: one record on two lines
        "",  # 3: blank
        "2,2,2,2",  # 4: too many
        "3,3",  # 5: too few
        "   ",  # 6: blank
        '4,"say ""hi""",4',  # 7
        '5,"q, z",5,5',  # 8: too many, one of them quoted
        ",,",  # 9: mere delimiters, as spreadsheets append them
        "6,,6",  # 10
    ]
    assert read(file(newline.join(lines))) == [
        (2, None, ("1", f"x{newline}y", "3")),
        (4, "too_many_fields", "2,2,2,2"),
        (5, "too_few_fields", "3,3"),
        (7, None, ("4", 'say "hi"', "4")),
        (8, "too_many_fields", '5,"q, z",5,5'),
        (10, None, ("6", None, "6")),
    ]


@pytest.mark.parametrize("end", ["", "\n", "\n\n\n"])
def test_the_end_of_the_file_adds_and_takes_nothing(file, end):
    assert read(file("a,b\n1,2\n3,4" + end)) == [(2, None, ("1", "2")), (3, None, ("3", "4"))]
    assert read(file("a,b\n1,2\n3" + end)) == [(2, None, ("1", "2")), (3, "too_few_fields", "3")]


def test_misfits_before_between_and_after_the_good_records_of_a_large_file(file):
    # 300,000 records span several of the reader's blocks; every 7th has a field too many, every 1,000th is blank.
    lines = ["a,b"]
    expected = []
    for number in range(2, 300_002):
        if number % 1_000 == 0:
            lines.append("")
        elif number % 7 == 0:
            lines.append(f"{number},y,z")
            expected.append((number, "too_many_fields"))
        else:
            lines.append(f"{number},yyyyyyyyyyyyyyyyyyyy")
            expected.append((number, None))
    found = read(file("\n".join(lines)))
    assert [(number, rule) for number, rule, _ in found] == expected
    assert all(cells[0] == str(number) for number, rule, cells in found if rule is None)


def test_header_on_several_lines_and_further_down(file):
    text = 'report of 2025,,\n\n"a\nb",c,d\n1,2,3\n4,5\n'
    assert read(file(text), Format(header_row=3)) == [(4, None, ("1", "2", "3")), (5, "too_few_fields", "4,5")]


def test_names_replace_a_header_or_stand_for_one(file):
    path = file("1,2\n3,4\n")
    assert read(path, Format(names=("x", "y"), header_row=None)) == [(1, None, ("1", "2")), (2, None, ("3", "4"))]
    assert read(path, Format(names=("x", "y"), header_row=1)) == [(2, None, ("3", "4"))]


def test_one_column(file):
    assert read(file("a\n1\n\n2")) == [(2, None, ("1",)), (4, None, ("2",))]


def test_byte_order_mark_before_a_quoted_header(file):
    path = file(b'\xef\xbb\xbf"a, b",c\n1,2\n')
    assert TextRecords(SourceFile("suggestions", path, "x.csv", "csv"), Format()).schema.names == ["a, b", "c"]
    assert read(path) == [(2, None, ("1", "2"))]


def test_header_only(file):
    assert read(file("a,b")) == []
    assert read(file("a,b\n")) == []


def test_tab_delimiter_by_name_and_other_quotes(file):
    assert read(file("a\tb\n1\t2,5\n", "x.tsv")) == [(2, None, ("1", "2,5"))]
    assert read(file("a|b\n'1|1'|2\n"), Format(delimiter="|", quote="'")) == [(2, None, ("1|1", "2"))]
    assert read(file('a\tb\n5" screen\t"open\n'), Format(delimiter="\t", quote="")) == [
        (2, None, ('5" screen', '"open'))
    ]


def test_white_space_and_null_values(file):
    text = "a,b,c\n  x ,\u3000全角\u3000, NULL \n\u00a0y\u00a0,?,\t\n、,（括号）,z\u3000z\n"
    assert read(file(text), Format(null_values=("NULL", "?"))) == [
        (2, None, ("x", "全角", None)),
        (3, None, ("y", None, None)),
        (4, None, ("、", "（括号）", "z\u3000z")),
    ]


@pytest.mark.parametrize("text", ['a,b\n1,"2\n3,4\n', 'a,b\n1,2\n3,"4', 'a,b\n1,2,"3\n4,5\n'])
def test_a_file_that_ends_inside_quotes_is_truncated(file, text):
    with pytest.raises(TruncatedFile, match=r"x\.csv: ends inside a quoted field"):
        read(file(text))


def test_a_quote_that_swallows_the_file_is_named_before_memory_ends(file):
    lines = [f"{number},x" for number in range(400_000)]
    lines[1000] = '1000,"x'
    with pytest.raises(UnreadableFile, match="a quoted field that begins after record"):
        read(file("a,b\n" + "\n".join(lines)))


@pytest.mark.parametrize(
    ("contents", "problem"), [(b"", "is empty"), (b"\n\n", "is empty"), (b"PK\x03\x04abc", "ZIP archive")]
)
def test_files_that_are_no_tables(file, contents, problem):
    with pytest.raises(UnreadableFile, match=problem):
        read(file(contents))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.text(alphabet='ab ,"\n\r张　', max_size=5), min_size=1, max_size=4).filter(
            lambda row: "".join(row).strip()
        ),
        max_size=12,
    )
)
def test_agrees_with_the_csv_module(tmp_path_factory, rows):
    """Rows that Python's csv module writes come back: those of the header's width as cells, others as misfits."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL)
    writer.writerows([["a", "b"], *rows])
    path = tmp_path_factory.mktemp("csv") / "x.csv"
    path.write_bytes(buffer.getvalue().encode())
    expected = []
    for number, row in enumerate(rows, start=2):
        if len(row) == 2:
            expected.append((number, None, tuple(cell.strip(" \t\r\n\u3000") or None for cell in row)))
        else:
            expected.append((number, "too_many_fields" if len(row) > 2 else "too_few_fields"))
    found = [entry if entry[1] is None else entry[:2] for entry in read(path)]
    assert found == expected
