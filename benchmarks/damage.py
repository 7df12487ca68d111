"""Damage at random to the bytes of files, to what Parquet files and workbooks say of themselves, and to settings.

The same ``random.Random`` makes the same damage. ``fuzz.py`` asks what comes of it.
"""

from __future__ import annotations

import gzip
import io
import random
import re
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

# No file grows beyond it, however often a part of it is doubled.
_LARGEST = 8 << 20
# Signs, letters and blanks; bytes of other encodings; marks of formats, numbers and dates.
_BYTES = (
    *(sign.encode() for sign in "\0\r\n\t\u3000\x85';\\=\",\ufeff\u202e售𠮷"),
    *(b"\r\n", b'""', b"\xff", b"\xfe\xff", "售".encode("gb18030"), b"PK\3\4", b"PAR1", b"\x1f\x8b", b"\xd0\xcf\x11\xe0"),
    *b"99999999999999999999 -1 1e999 NaN 2025-13-45 1048576 XFD1048576 4294967295".split(),
)


def _split(text: str) -> list[str]:
    return text.split()


# Signs of YAML and SQL; names and values that mean something in settings.
_WORDS = (
    *"|>{}[]'\"#~*();0\t\u202e",
    *_split("*a null true -1 1e999 .inf 2025-01-01 999999999999999999999 %Y-%m-%d ../x /etc/passwd ** [a [["),
    *_split("base64 utf-16 idna gb18030 \\0 now() random() 1/0 x' Asia/Nowhere E01 tables: columns:"),
    *("售后", "&a ", "<<: *a", "? ", "- ", ": ", "!!binary ", "!!python/object:os.system ", "select 1"),
    *("repeat('x', 9999)", "list_transform(range(1, 9000), lambda a: repeat('x', 9000))"),
)


def damage_file(path: Path, chance: random.Random) -> None:
    """Damage the bytes of a file, those of a part of an archive, or a number that a Parquet file or a workbook says of itself."""
    contents, kind = path.read_bytes(), path.suffix
    if kind == ".parquet" and chance.random() < 0.6:
        contents = chance.choice((_with_number_in_footer, _with_number_in_page))(contents, chance)
    elif kind == ".xls" and chance.random() < 0.6:
        contents = _with_claim(contents, _XLS_CLAIMS, chance)
    elif zipfile.is_zipfile(path) and chance.random() < 0.7:
        contents = _with_damaged_part(contents, kind, chance)
    elif kind == ".gz" and chance.random() < 0.6:
        contents = gzip.compress(damaged(gzip.decompress(contents), chance), mtime=0)
    else:
        contents = damaged(contents, chance)
    path.write_bytes(contents)


def damage_of_lake(path: Path, others: list[Path], chance: random.Random) -> None:
    """Damage a Parquet file of the lake: its bytes, its numbers, marks, columns or rows, or put another's contents in its place."""
    change = chance.choice((_with_other_marks, _with_other_columns, None, None, None))
    try:
        contents = path.read_bytes() if change is None else change(pq.read_table(path, partitioning=None), chance)
    except pa.ArrowException:
        contents = b""
    if change is None and chance.random() < 0.2:
        contents = chance.choice([b"", b"PAR1", chance.randbytes(len(contents)), chance.choice(others).read_bytes()])
    # Files of several zones may be one file.
    path.unlink()
    path.write_bytes(contents)
    if change is None and contents:
        damage_file(path, chance)


def _with_damaged_part(contents: bytes, kind: str, chance: random.Random) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(contents)) as before, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as after:
        chosen = chance.choice(before.namelist())
        for name in before.namelist():
            part = before.read(name)
            if name == chosen:
                claims = kind == ".xlsb" and chance.random() < 0.6
                part = _with_claim(part, _XLSB_CLAIMS, chance) if claims else damaged(part, chance)
            after.writestr(name, part)
        if chance.random() < 0.1:
            # What unpacks to far more than it is: a mebibyte of zeros takes a kibibyte.
            after.writestr(f"{chosen}x" if chance.random() < 0.3 else chosen, bytes(chance.choice((1, 64)) << 20))
    return packed.getvalue()


def damaged(contents: bytes, chance: random.Random) -> bytes:
    """The bytes with a few changes of one sort."""
    change = chance.choice((_flipped, _cut, _inserted, _doubled, _removed, _swapped))
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        contents = change(contents, chance)
    return contents


def _at(contents: bytes, chance: random.Random) -> int:
    return chance.randrange(len(contents) + 1)


def _flipped(contents: bytes, chance: random.Random) -> bytes:
    at = _at(contents, chance)
    return contents[:at] + bytes([chance.randrange(256)]) + contents[at + 1 :]


def _cut(contents: bytes, chance: random.Random) -> bytes:
    return contents[: _at(contents, chance)]


def _inserted(contents: bytes, chance: random.Random) -> bytes:
    at = _at(contents, chance)
    return contents[:at] + chance.choice(_BYTES) * chance.choice((1, 1, 1, 3, 5_000)) + contents[at:]


def _doubled(contents: bytes, chance: random.Random) -> bytes:
    first, last = sorted((_at(contents, chance), _at(contents, chance)))
    times = min(chance.choice((1, 2, 50)), _LARGEST // len(contents)) if contents else 0
    return contents[:last] + contents[first:last] * times + contents[last:]


def _removed(contents: bytes, chance: random.Random) -> bytes:
    first = _at(contents, chance)
    return contents[:first] + contents[first + chance.choice((1, 2, 16, 200)) :]


def _swapped(contents: bytes, chance: random.Random) -> bytes:
    """Digits for others: numbers of sizes, of rows and of places."""
    places = [place for place, byte in enumerate(contents) if chr(byte).isdigit()]
    if not places:
        return contents
    at = chance.choice(places)
    return contents[:at] + str(chance.choice((0, 9, 65_536, 1_048_576, 2**31, 2**63))).encode() + contents[at + 1 :]


# Numbers that Parquet files and workbooks say of themselves

_HUGE = (0, 1, 2**15, 2**31 - 1, 2**31, 2**40, 2**62)
# A field of a number in Thrift's compact protocol, and the number in pieces of seven bits.
_NUMBER = re.compile(rb"[\x14-\x16\x24-\x26][\x80-\xff]{0,8}[\x00-\x7f]", re.DOTALL)
# Records by how they begin, and how far behind that the number is: used range, row, shared strings, length of a string.
_XLS_CLAIMS = ((b"\x00\x02\x0e\x00", 4), (b"\x08\x02\x10\x00", 0), (b"\xfc\x00", 2), (b"\xfc\x00", 6), (b"\x85\x00", 2))
_XLSB_CLAIMS = (
    (b"\x94\x01\x10", 4),
    (b"\x94\x01\x10", 12),
    (b"\x00\x19", 0),
    (b"\x9f\x01\x08", 0),
    (b"\x9f\x01\x08", 4),
    (b"\x13", 2),
)


def _with_number_in_footer(contents: bytes, chance: random.Random) -> bytes:
    """Another number of rows, values, bytes or places, in a footer whose length is right."""
    size = int.from_bytes(contents[-8:-4], "little")
    footer = _with_number(contents[-8 - size : -8], chance)
    return contents[: -8 - size] + footer + struct.pack("<I", len(footer)) + contents[-4:]


def _with_number_in_page(contents: bytes, chance: random.Random) -> bytes:
    end = len(contents) - 8 - int.from_bytes(contents[-8:-4], "little")
    return _with_number(contents[:end], chance) + contents[end:]


def _with_number(contents: bytes, chance: random.Random) -> bytes:
    places = [found.span() for found in _NUMBER.finditer(contents)]
    if not places:
        return contents
    first, last = chance.choice(places)
    number, pieces = chance.choice(_HUGE) << 1, bytearray()
    while number >= 0x80:
        pieces.append(number & 0x7F | 0x80)
        number >>= 7
    return contents[: first + 1] + bytes([*pieces, number]) + contents[last:]


def _with_claim(contents: bytes, claims: tuple[tuple[bytes, int], ...], chance: random.Random) -> bytes:
    """A record that says it has some other number of rows, columns or strings."""
    start, offset = chance.choice(claims)
    places = [found.end() + offset for found in re.finditer(re.escape(start), contents)]
    if not places:
        return damaged(contents, chance)
    at = chance.choice(places)
    return contents[:at] + struct.pack("<I", min(chance.choice(_HUGE), 2**32 - 1)) + contents[at + 4 :]


def _with_other_marks(table: pa.Table, chance: random.Random) -> bytes:
    """Metadata that is gone, is no text, is no JSON or is some other JSON."""
    marks = {name: value for name, value in (table.schema.metadata or {}).items() if name != b"ARROW:schema"}
    if marks:
        name = chance.choice(sorted(marks))
        marks[name] = chance.choice((b"{", b"\xff\xfe{", b"[1, null]", b"99999999999999999999", b"{}", b"null"))
        if chance.random() < 0.2:
            del marks[name]
    return _written(table.replace_schema_metadata(marks))


def _with_other_columns(table: pa.Table, chance: random.Random) -> bytes:
    """A column that is gone, renamed, empty or of another type; or half of the rows, or all of them twice."""
    at = chance.randrange(table.num_columns)
    field = table.schema.field(at)
    changed: list[Callable[[], pa.Table]] = [
        lambda: table.remove_column(at),
        lambda: table.rename_columns([*table.schema.names[:at], "x", *table.schema.names[at + 1 :]]),
        lambda: table.set_column(at, field.name, pa.array(["z"] * table.num_rows)),
        lambda: table.set_column(at, field.name, pa.nulls(table.num_rows, field.type)),
        lambda: table.slice(0, table.num_rows // 2),
        lambda: pa.concat_tables([table, table]),
    ]
    return _written(chance.choice(changed)().replace_schema_metadata(table.schema.metadata))


def _written(table: pa.Table) -> bytes:
    file = pa.BufferOutputStream()
    pq.write_table(table, file)
    return bytes(file.getvalue().to_pybytes())


# Settings


def damaged_text(text: str, chance: random.Random) -> bytes:
    """Settings with words of their language in the wrong place."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        change: Callable[[str, random.Random], str] = chance.choice((_with_word, _without_line, _with_line_moved, _with_value))
        text = change(text, chance)
    return damaged(text.encode(), chance) if chance.random() < 0.2 else text.encode()


def _with_word(text: str, chance: random.Random) -> str:
    at = chance.randrange(len(text) + 1)
    return text[:at] + chance.choice(_WORDS) * chance.choice((1, 1, 1, 200)) + text[at:]


def _without_line(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    del lines[chance.randrange(len(lines) or 1) : chance.randrange(len(lines) or 1) + 1]
    return "".join(lines)


def _with_line_moved(text: str, chance: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    if lines:
        lines.insert(chance.randrange(len(lines)), chance.choice(lines))
    return "".join(lines)


def _with_value(text: str, chance: random.Random) -> str:
    """Another value behind a colon."""
    places = [place for place, letter in enumerate(text) if letter == ":"]
    if not places:
        return text
    at = chance.choice(places) + 1
    end = min((found for mark in "\n,}" if (found := text.find(mark, at)) >= 0), default=len(text))
    return f"{text[:at]} {chance.choice(_WORDS)}{text[end:]}"
