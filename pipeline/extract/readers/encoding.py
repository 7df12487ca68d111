"""Finds the encoding of a text file and checks it over the whole file before any record is read.

Tries strict UTF-8, then strict GB18030; a declared encoding is the only one tried. ``Utf8Stream`` decodes while reading.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa

from pipeline.extract.errors import TruncatedFile, WrongEncoding
from pipeline.extract.files import SourceFile

_CHUNK = 1 << 22
# Enough of a file to see its separators, of which a record of any language has more than one in a hundred bytes.
_SAMPLE, _RARE_NUL = 1 << 12, 100

END_OF_FILE = "\x00end of file\x00"
"""A record appended after the last one, so that Arrow never meets a file without records; readers drop it."""


def find_encoding(file: SourceFile, declared: str | None) -> str:
    """The codec that fits the whole file (``utf-8`` includes a byte order mark).

    Raises WrongEncoding with the byte offset and line of the first bytes that do not fit, TruncatedFile when the file
    ends inside a character, and what ``SourceFile.open_text`` raises.
    """
    if declared is not None and declared not in ("utf-8", "utf-8-sig"):
        misfit = _first_misfit(file, declared)
        if misfit is None:
            return declared
        raise WrongEncoding(f"is not {declared}: {misfit}", table=file.table, file=file.name)
    if _is_utf8(file):
        return "utf-8"
    misfit = _first_misfit(file, "utf-8") or "it holds NUL characters"
    if declared is not None:
        raise WrongEncoding(f"is not UTF-8: {misfit}", table=file.table, file=file.name)
    if _looks_like_damaged_utf8(file):
        if misfit.endswith("ends inside a character"):
            raise TruncatedFile(misfit, table=file.table, file=file.name)
    else:
        of_chinese = _first_misfit(file, "gb18030")
        if of_chinese is None:
            return "gb18030"
        if of_chinese.endswith("is NUL"):
            misfit = of_chinese
    if codec := _wide_codec(file):
        hint = f"it looks like UTF-16: declare 'encoding: {codec}' in sources.yaml"
    elif misfit.endswith("NUL"):
        hint = "no text holds this character: the file is damaged, or is not text"
    else:
        hint = "if it has another encoding, declare it in sources.yaml"
    problem = f"is neither UTF-8 nor GB18030: {misfit}; {hint}"
    raise WrongEncoding(problem, table=file.table, file=file.name)


class Utf8Stream(io.RawIOBase):
    """A text file as UTF-8 bytes, with ``END_OF_FILE`` as its last record."""

    def __init__(self, handle: BinaryIO, encoding: str) -> None:
        self._handle, self._at_end = handle, False
        self._decoder = None if encoding == "utf-8" else codecs.getincrementaldecoder(encoding)()
        self._rest = b""

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """``size`` bytes, fewer only at the end: Arrow makes a short read a separate block."""
        wanted = size if size > 0 else _CHUNK
        while len(self._rest) < wanted and not self._at_end:
            raw = self._handle.read(wanted)
            self._at_end = not raw
            text = raw if self._decoder is None else self._decoder.decode(raw, final=self._at_end).encode()
            self._rest += text + (b"\n" + END_OF_FILE.encode() if self._at_end else b"")
        part, self._rest = self._rest[:wanted], self._rest[wanted:]
        return part


def _wide_codec(file: SourceFile) -> str | None:
    """UTF-16 by its byte order mark or, without one, by the NULs of its commas and digits: all at even or all at odd places."""
    with file.open_text() as handle:
        start = handle.read(_SAMPLE)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    first, second = start[::2].count(0), start[1::2].count(0)
    if max(first, second) * _RARE_NUL < len(start) or min(first, second):
        return None
    return "utf-16-be" if first else "utf-16-le"


def _chunks(file: SourceFile) -> Iterator[bytes]:
    with file.open_text() as handle:
        while chunk := handle.read(_CHUNK):
            yield chunk


def _is_utf8(file: SourceFile) -> bool:
    """Arrow checks UTF-8 several times faster than Python decodes it."""
    rest = b""
    for chunk in _chunks(file):
        # UTF-16 of Latin text is valid UTF-8 full of NUL characters.
        if b"\0" in chunk:
            return False
        text = rest + chunk
        whole = len(text) - _bytes_of_open_character(text)
        rest = text[whole:]
        if not _fits_utf8(text[:whole]):
            return False
    return not rest


def _bytes_of_open_character(text: bytes) -> int:
    """How many bytes at the end begin a character that continues in the next chunk."""
    for back in range(1, min(4, len(text) + 1)):
        byte = text[-back]
        if byte >= 0xC0:
            length = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            return back if length > back else 0
        if byte < 0x80:
            return 0
    return 0


def _fits_utf8(text: bytes) -> bool:
    offsets = pa.py_buffer(len(text).to_bytes(4, "little").rjust(8, b"\0"))
    try:
        pa.StringArray.from_buffers(1, offsets, pa.py_buffer(text)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _first_misfit(file: SourceFile, encoding: str) -> str | None:
    """Position of the first bytes that do not fit (NUL does not fit either); None when all fit."""
    decoder = codecs.getincrementaldecoder(encoding)()
    is_wide = encoding.startswith(("utf-16", "utf-32"))
    offset, line, pending = 0, 1, 0
    for chunk in _chunks(file):
        if b"\0" in chunk and not is_wide:
            at = chunk.index(b"\0")
            line += chunk.count(b"\n", 0, at)
            return f"byte {offset + at + 1} in line {line} is NUL"
        try:
            text = decoder.decode(chunk)
        except UnicodeDecodeError as error:
            # The error position includes bytes the decoder kept from the previous chunk.
            at = error.start - pending
            line += chunk.count(b"\n", 0, max(at, 0))
            return f"byte {offset + at + 1} in line {line} does not fit"
        # Some codecs say no more: without its mark, the order of the bytes of UTF-16 is not known.
        except UnicodeError as error:
            return f"in line {line}: {error}"
        if is_wide and "\0" in text:
            return f"a character in line {line + text.count(chr(10), 0, text.index(chr(0)))} is NUL"
        pending = len(decoder.getstate()[0])
        offset += len(chunk)
        line += chunk.count(b"\n")
    try:
        decoder.decode(b"", final=True)
    except UnicodeError:
        return f"byte {offset - pending + 1} in line {line} ends inside a character"
    return None


def _looks_like_damaged_utf8(file: SourceFile) -> bool:
    """Chinese in UTF-8 with a few bad bytes would usually pass as GB18030, as nonsense.

    Decoded as UTF-8, such a file has more Chinese characters than bad bytes; a GB18030 file has hardly any.
    """
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    good = bad = 0
    for chunk in _chunks(file):
        text = decoder.decode(chunk)
        bad += text.count("\ufffd")
        good += len(text) - len(text.encode("ascii", "ignore")) - text.count("\ufffd")
    return good > bad
