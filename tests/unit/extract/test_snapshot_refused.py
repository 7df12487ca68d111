"""Files of which no snapshot is taken: columns that are missing or there twice, damage, types that are no text."""

from __future__ import annotations

import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.extract.errors import DuplicateColumn, MissingRequiredColumn, TruncatedFile, UnreadableFile, WrongEncoding

HEADER = "enterprise_id,suggestion_id,source,submitted_at,evaluated_at,adopted,content"


def test_a_missing_required_column_is_named_with_its_likely_name(place):
    place.deliver("suggestions.csv", "enterprise_id,sugestion_id,source,submitted_at\nA,S1,customer,2025-02-03\n")
    message = r"suggestions: suggestions\.csv: lacks the required column suggestion_id; did you mean 'sugestion_id'\?"
    with pytest.raises(MissingRequiredColumn, match=message):
        place.take("suggestions")
    assert not place.lake.snapshot("suggestions").exists()


def test_a_missing_enterprise_says_what_to_do(place):
    place.deliver("suggestions.csv", "suggestion_id,source,submitted_at\nS1,customer,2025-02-03\n")
    with pytest.raises(MissingRequiredColumn, match=r"defaults: \{enterprise_id"):
        place.take("suggestions")


def test_a_file_without_header_does_not_show_its_first_record(place):
    place.deliver("suggestions.csv", "A,S1,customer,2025-02-03,,,张伟 13800138000\n")
    with pytest.raises(MissingRequiredColumn, match=r"none of its 7 columns is known: is its first row the header\?") as refused:
        place.take("suggestions")
    assert "13800138000" not in str(refused.value)


def test_a_wrong_delimiter_is_suspected(place):
    place.deliver("suggestions.csv", HEADER.replace(",", ";") + "\n")
    with pytest.raises(MissingRequiredColumn, match="is the delimiter right"):
        place.take("suggestions")


def test_a_repeated_column_is_not_guessed(place):
    place.deliver("suggestions.csv", "enterprise_id,suggestion_id,source,submitted_at,Source\nA,S1,customer,2025-02-03,x\n")
    with pytest.raises(DuplicateColumn, match="names column 'source' more than once"):
        place.take("suggestions")


@pytest.mark.parametrize(
    ("name", "contents", "error"),
    [
        ("staff.csv.gz", gzip.compress(b"a,b\n" * 5000, mtime=0)[:-20], TruncatedFile),
        ("staff.csv", b"enterprise_id,staff_id\n\xff\xfe,1\n", WrongEncoding),
        ("staff.csv", b"", UnreadableFile),
        (
            "staff.csv",
            b'enterprise_id,staff_id,role,is_service_staff,is_technical,requires_certificate,hired_on\nA,"1',
            TruncatedFile,
        ),
        ("staff.parquet", b"PAR1 some bytes", TruncatedFile),
        ("staff.parquet", b"not parquet", UnreadableFile),
        ("staff.parquet", b"PAR1" + b"x" * 40 + b"PAR1", UnreadableFile),
        ("staff.xlsx", b"PK\x03\x04 half a workbook", TruncatedFile),
        ("staff.xlsx", b"not a workbook", UnreadableFile),
        ("staff.xlsx", b"", UnreadableFile),
    ],
)
def test_damaged_files_stop_their_table_and_leave_the_old_snapshot(place, name, contents, error):
    path = place.lake.snapshot("staff")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"the old one")
    place.deliver(name, contents) if not name.endswith(".gz") else (place.landing / name).write_bytes(contents)
    with pytest.raises(error) as refused:
        place.take("staff")
    assert type(refused.value) is error
    assert refused.value.exit_code == 1
    assert f"staff: {name}: " in str(refused.value)
    assert path.read_bytes() == b"the old one"
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    assert list(place.lake.scratch.iterdir()) == [] if place.lake.scratch.exists() else True


def test_parquet_column_that_is_no_text(place):
    table = pa.table({**{name: ["x"] for name in HEADER.split(",")[:-1]}, "content": [{"a": 1}]})
    pq.write_table(table, place.landing / "suggestions.parquet")
    with pytest.raises(
        UnreadableFile, match=r"column content is of type struct<a: int64>, which cannot be read as text"
    ) as refused:
        place.take("suggestions")
    assert refused.value.column == "content"
