"""The encoding of a text file is proven over the whole file, and a wrong one is named by byte and line."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from thoroughness import examples

from pipeline.extract.errors import TruncatedFile, UnreadableFile, WrongEncoding
from pipeline.extract.files import SourceFile
from pipeline.extract.readers.encoding import find_encoding

# 700 kB of text in each encoding: several of the reader's chunks once repeated.
CHINESE = "客户反映设备无法启动，希望尽快上门处理；单号 00417。\n"


@pytest.fixture
def found(tmp_path: Path):
    def find(contents: bytes, declared: str | None = None, name: str = "staff.csv") -> str:
        path = tmp_path / name
        path.write_bytes(contents)
        return find_encoding(SourceFile("staff", path, name, "csv"), declared)

    return find


@pytest.mark.parametrize("repeat", [1, 120_000])
def test_utf8_and_gb18030_are_told_apart(found, repeat):
    text = "a,b\n" + CHINESE * repeat
    assert found(text.encode()) == "utf-8"
    assert found(b"\xef\xbb\xbf" + text.encode()) == "utf-8"
    assert found(text.encode("gb18030")) == "gb18030"
    assert found(gzip.compress(text.encode("gb18030")), name="staff.csv.gz") == "gb18030"


def test_short_gb18030_texts(found):
    # 联通 is famous for being valid UTF-8 byte by byte when written in GBK: one word is not enough to tell.
    for word in ("张", "北京市", "已完成", "\U00020000", "€"):
        assert found(f"a\n{word}\n".encode("gb18030")) == "gb18030"


def test_four_byte_characters_at_a_chunk_boundary(found):
    for shift in range(5):
        assert found(b"x" * ((1 << 22) - shift) + "😀张é".encode()) == "utf-8"


def test_ascii_is_utf8(found):
    assert found(b"a,b\n1,2\n") == "utf-8"


def test_one_bad_byte_in_chinese_utf8_is_not_taken_for_gb18030(found):
    text = ("a,b\n" + CHINESE * 1000).encode()
    at = text.index("启动".encode(), 50_000)
    broken = text[:at] + b"\xff" + text[at + 1 :]
    line = broken[:at].count(b"\n") + 1
    with pytest.raises(WrongEncoding, match=rf"staff\.csv: is neither UTF-8 nor GB18030: byte {at + 1} in line {line} "):
        found(broken)


def test_bad_byte_far_into_the_file(found):
    text = b"abcdefgh\n" * 600_000 + b"\xff\xff\n"
    with pytest.raises(WrongEncoding, match=r"byte 5400001 in line 600001 does not fit"):
        found(text)


def test_a_file_cut_inside_a_character_is_truncated(found):
    with pytest.raises(TruncatedFile, match=r"byte 39 in line 3 ends inside a character"):
        # "a,b\n" has 4 bytes, ten characters 30, a newline 1, 客 3: 户 begins at byte 39 and lacks its last.
        found("a,b\n客户反映设备无法启动\n客户".encode()[:40])


def test_utf16_is_recognised_in_the_message_and_read_when_declared(found):
    text = "a,b\n张,2\n"
    for codec in ("utf-16", "utf-16-be"):
        bom = b"" if codec == "utf-16" else b"\xfe\xff"
        with pytest.raises(WrongEncoding, match="looks like UTF-16"):
            found(bom + text.encode(codec))
    assert found(text.encode("utf-16"), declared="utf-16") == "utf-16"


@pytest.mark.parametrize("text", ["a,b\n1,2\n", "企业,建议\n甲,2025-01-02\n乙,2025-01-02\n"])
@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_byte_order_mark_is_named_too(found, text, codec):
    with pytest.raises(WrongEncoding, match=f"is NUL; it looks like UTF-16: declare 'encoding: {codec}' in sources.yaml"):
        found(text.encode(codec))
    assert found(text.encode(codec), declared=codec) == codec


@pytest.mark.parametrize("codec", ["utf-8", "gb18030"])
def test_a_single_nul_is_no_other_encoding(found, codec):
    text = "a,b\n" + CHINESE * 5 + "S\0001,2\n"
    with pytest.raises(WrongEncoding, match="in line 7 is NUL; no text holds this character: the file is damaged"):
        found(text.encode(codec))


@pytest.mark.parametrize(
    ("inner", "what"),
    [
        (gzip.compress(b"a,b\n", mtime=0), "another gzip file"),
        (b"PK\x03\x04\x14\0", "a ZIP archive or a workbook"),
        (b"PAR1\x15\x04", "a Parquet file"),
    ],
)
def test_what_a_compressed_text_really_holds_is_named(found, inner, what):
    with pytest.raises(UnreadableFile, match=rf"staff\.csv\.gz: holds {what}, not text"):
        found(gzip.compress(inner), name="staff.csv.gz")


def test_a_declared_encoding_is_kept_to(found):
    korean = "이용,도움\n".encode("cp949")
    assert found(korean, declared="cp949") == "cp949"
    with pytest.raises(WrongEncoding, match=r"is not cp949: byte 5 in line 2"):
        found(b"a,b\n\xff\xff\n", declared="cp949")
    with pytest.raises(WrongEncoding, match=r"is not UTF-8: byte 5 in line 2"):
        found("a,b\n张\n".encode("gb18030"), declared="utf-8")


def test_truncated_and_damaged_gzip(found):
    whole = gzip.compress(("a,b\n" + CHINESE * 5000).encode())
    with pytest.raises(TruncatedFile, match=r"staff\.csv\.gz: the gzip stream ends too early"):
        found(whole[: len(whole) // 2], name="staff.csv.gz")
    with pytest.raises(UnreadableFile, match="the gzip stream is damaged"):
        found(whole[:-8] + b"\0\0\0\0" + whole[-4:], name="staff.csv.gz")
    with pytest.raises(UnreadableFile, match=r"is called \.gz but is not gzip"):
        found(b"a,b\n", name="staff.csv.gz")


@examples(200)
@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=4))
def test_any_chinese_text_in_utf8_is_utf8(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "utf8.csv"
    path.write_text(text, encoding="utf-8")
    assert find_encoding(SourceFile("staff", path, "utf8.csv", "csv"), None) == "utf-8"
