"""Record numbers and fields of delimited text are exact, whatever lies between the good records."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from thoroughness import examples

from pipeline.extract.errors import TruncatedFile, UnclosedQuote, UnreadableFile
from pipeline.extract.files import SourceFile
from pipeline.extract.readers.text_records import TextRecords
from pipeline.settings.sources import Format


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
    assert read(path, Format(names=("x", "y"))) == [(1, None, ("1", "2")), (2, None, ("3", "4"))]
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
    assert read(file('a\tb\n5" screen\t"open\n'), Format(delimiter="\t", quote="")) == [(2, None, ('5" screen', '"open'))]


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
    # Line 1000 of the records, counted from 0, behind a header.
    with pytest.raises(TruncatedFile, match="a quoted field that begins in row 1002"):
        read(file("a,b\n" + "\n".join(lines)))
    # Above the parser's block it is not read to the end.
    lines += [f"{number},x" for number in range(400_000)]
    with pytest.raises(UnclosedQuote, match="the quoted field that begins in row 1002 does not end"):
        read(file("a,b\n" + "\n".join(lines)))


def test_the_row_of_a_quote_that_never_closes_is_exact(file):
    # Row 3 is a misfit, row 4 blank, row 5 takes two lines: the quote opens in row 6.
    with pytest.raises(TruncatedFile, match=r"ends inside a quoted field that begins in row 6$"):
        read(file('a,b\n1,2\n1,2,3\n\n4,"x\ny"\n5,"z\n6,7\n'))


VEHICLES = "enterprise_id,vehicle_id,is_dedicated,in_service_on,plate_number"


@pytest.mark.parametrize(
    ("lines", "row"),
    [
        # Read leniently, rows 3 to 6 become one cell: x, line, ..., d"
        (['E,V1,1,2020-01-01,"x', "E,V2,1,2020-01-01,c", "E,V3,1,2020-01-01,c", 'E,V4,1,2020-01-01,"d"', "E,V5,1,2020-01-01,e"], 2),
        # Every cell is quoted, one closing quote is missing.
        (['"E","V1","1","2020-01-01","a"', '"E","V2,"1","2020-01-01","b"', '"E","V3","1","2020-01-01","c"'], 3),
        # A quote within a cell that is not doubled.
        (['E,V1,1,2020-01-01,"say "hi" to"', "E,V2,1,2020-01-01,"], 2),
        (['E,V1,1,2020-01-01,"a" ', "E,V2,1,2020-01-01,"], 2),
        # No text stands behind a closing quote, but two records stand within the cell.
        (["E,V1,1,2020-01-01,a", 'E,V2,1,2020-01-01,"x', "E,V3,1,2020-01-01,c", 'E,V4,1,2020-01-01,5"', "E,V5,1,2020-01-01,e"], 3),
        # The record before tells how a key looks when the first cell is the one that does not close.
        (["E7,V1,1,2020-01-01,a", '"E8,V2,1,2020-01-01,x', "E9,V3,1,2020-01-01,c", 'E9,V4,1,2020-01-01,5"'], 3),
    ],
)  # fmt: skip
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_quote_that_swallows_rows_refuses_the_file(file, lines, row, newline):
    with pytest.raises(UnclosedQuote, match=rf"suggestions: x\.csv: the quoted field that begins in row {row} "):
        read(file(newline.join([VEHICLES, *lines, ""])))


@pytest.mark.parametrize("far", [0, 50_000, 100_000])
def test_a_swallowed_row_is_found_anywhere_in_a_large_file(file, far):
    # 150,000 records of some 26 bytes are two blocks of the reader; the quote opens after `far` of them.
    lines = [f"E,V{number:06},1,2020-01-01,ab" for number in range(150_000)]
    lines[far] += '"'
    lines[far] = lines[far].replace("ab", '"ab').removesuffix('"')
    lines[far + 2] += '"'
    with pytest.raises(UnclosedQuote, match=f"begins in row {far + 2} holds lines"):
        read(file("\n".join([VEHICLES, *lines])))


@pytest.mark.parametrize(
    "comment",
    [
        "很好,但是,有点慢,下次,再来\n谢谢",
        "第一,\n很好,但是,有点慢,下次",
        "parts used:\n1,2020-01-01,seal,hose,ok\n2,2020-01-02,pump,,ok",
        "V1,V2\nV3,V4,V5,V6,V7",  # one more than a record has columns would do no harm either
        'he said ""go, now, please, or, else""\nand left',
        "E\nE\nE",
        "\n\n,,,,\n",
    ],
)
def test_comments_of_several_lines_with_commas_are_read(file, comment):
    good = [f'E,V1,1,2020-01-01,"{comment}"', "E,V2,1,2020-01-01,b", f'E,V3,1,2020-01-01,"{comment}"']
    assert [number for number, rule, _ in read(file("\n".join([VEHICLES, *good]))) if rule is None] == [2, 3, 4]


def test_a_numbered_list_below_a_numeric_key_is_no_record(file):
    text = 'id,comment\n17,"used:\n18,seal\n19,hose"\n20,b\n'
    assert read(file(text)) == [(2, None, ("17", "used:\n18,seal\n19,hose")), (3, None, ("20", "b"))]


def test_a_quote_within_an_unquoted_cell_is_a_character(file):
    text = 'a,b\n5" pipe,x""y\n1,"z"\n'
    assert read(file(text)) == [(2, None, ('5" pipe', 'x""y')), (3, None, ("1", "z"))]


@pytest.mark.parametrize(("contents", "problem"), [(b"", "is empty"), (b"\n\n", "is empty"), (b"PK\x03\x04abc", "ZIP archive")])
def test_files_that_are_no_tables(file, contents, problem):
    with pytest.raises(UnreadableFile, match=problem):
        read(file(contents))


@examples(60)
@given(
    st.lists(
        st.lists(st.text(alphabet='ab ,"\n\r张　', max_size=5), min_size=1, max_size=4).filter(lambda row: "".join(row).strip()),
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
