"""Cleans cells of text: takes off what cannot be seen around them, and makes them null where they are empty or mean "no value".

Works on Arrow arrays, column by column. Does not interpret the cells.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# From typing, spreadsheets and copied pages: every control, format and space character of Unicode (categories Cc, Cf, Zs, Zl, Zp),
# and the letters and the sign that are drawn as nothing (Hangul fillers, the empty Braille pattern).
_RANGES = (
    *((0x0, 0x20), (0x7F, 0xA0), (0xAD, 0xAD), (0x600, 0x605), (0x61C, 0x61C), (0x6DD, 0x6DD), (0x70F, 0x70F), (0x890, 0x891)),
    *((0x8E2, 0x8E2), (0x115F, 0x1160), (0x1680, 0x1680), (0x180E, 0x180E), (0x2000, 0x200F), (0x2028, 0x202F)),
    *((0x205F, 0x2064), (0x2066, 0x206F), (0x2800, 0x2800), (0x3000, 0x3000), (0x3164, 0x3164), (0xFEFF, 0xFEFF)),
    *((0xFFA0, 0xFFA0), (0xFFF9, 0xFFFB), (0x110BD, 0x110BD), (0x110CD, 0x110CD), (0x13430, 0x1343F), (0x1BCA0, 0x1BCA3)),
    *((0x1D173, 0x1D17A), (0xE0001, 0xE0001), (0xE0020, 0xE007F)),
)
BLANKS = "".join(chr(code) for first, last in _RANGES for code in range(first, last + 1))
"""The characters that are taken off in front of and behind a value."""

# They choose how the ideograph or sign before them is drawn (葛󠄀, ❤️). In front of a value, and behind a letter or digit of ASCII,
# they choose nothing.
_SELECTOR_RANGES = ((0x34F, 0x34F), (0x17B4, 0x17B5), (0x180B, 0x180D), (0x180F, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
SELECTORS = "".join(chr(code) for first, last in _SELECTOR_RANGES for code in range(first, last + 1))
"""Invisible characters that are part of the one before them, if that one has several forms."""

_IS_BLANK = np.zeros(0x110000, dtype=bool)
for _first, _last in (*_RANGES, *_SELECTOR_RANGES):
    _IS_BLANK[_first : _last + 1] = True
_IS_ASCII_BLANK = _IS_BLANK[:256] & (np.arange(256) < 0x80)
_BEGINS_WIDE_BLANK = np.zeros(256, dtype=bool)
_BEGINS_WIDE_BLANK[[blank.encode()[0] for blank in BLANKS + SELECTORS if not blank.isascii()]] = True
# A spreadsheet's ways to say that digits are text: ="00123", '00123 and '2025-01-05 8:03.
_MARKS = np.frombuffer(b"='", dtype=np.uint8)
_MARKED_TEXT = r"""^(?:="([^"]*)"|'([^'\s]+|[0-9][0-9 :./-]*))$"""


def clean_text(cells: pa.StringArray, null_values: Sequence[str]) -> pa.StringArray:
    """Trim every cell, also of selectors that select nothing; empty cells and those equal to one of ``null_values`` become null.

    ``="00123"`` and ``'00123`` become 00123.
    """
    if _may_need_trimming(cells):
        cells = _trimmed(cells)
    if _may_be_marked(cells):
        cells = pc.utf8_trim(pc.replace_substring_regex(cells, _MARKED_TEXT, r"\1\2"), characters=BLANKS)
    means_nothing = pc.is_in(cells, value_set=nothing(null_values)) if null_values else pc.equal(pc.binary_length(cells), 0)
    if not pc.any(means_nothing).as_py():
        return cells
    return pc.if_else(means_nothing, pa.scalar(None, pa.string()), cells)


def trim_cleaned(cells: pa.StringArray, null_values: Sequence[str]) -> pa.StringArray:
    """The same for cells whose untrimmed null values are already null: returns arrays without anything to clean as they are."""
    return clean_text(cells, null_values) if _may_need_trimming(cells) or _may_be_marked(cells) else cells


def nothing(null_values: Sequence[str]) -> pa.StringArray:
    """The texts that mean "no value"."""
    return pa.array(["", *null_values], pa.string())


def hold_invisible(cells: pa.StringArray) -> pa.BooleanArray | None:
    """Which cells hold an invisible character other than a space; None when it is quickly seen that none does."""
    _, _, data_buffer = cells.buffers()
    if data_buffer is None:
        return None
    offsets, data = _contents(cells)
    text = data[offsets[0] : offsets[-1]]
    if not _MAY_BE_INVISIBLE[text].any():
        return None
    return pc.fill_null(pc.match_substring_regex(cells, _INVISIBLE), False)


_MAY_BE_INVISIBLE = _BEGINS_WIDE_BLANK | (_IS_ASCII_BLANK & (np.arange(256) != 0x20))
_INVISIBLE = (
    "[" + "".join(f"\\x{{{first:X}}}-\\x{{{last:X}}}" for first, last in ((0, 0x1F), *_RANGES[1:], *_SELECTOR_RANGES)) + "]"
)


def _trimmed(cells: pa.StringArray) -> pa.StringArray:
    bare = pc.utf8_trim(cells, characters=BLANKS + SELECTORS)
    drawn = pc.utf8_rtrim(pc.utf8_ltrim(cells, characters=BLANKS + SELECTORS), characters=BLANKS)
    return pc.if_else(pc.match_substring_regex(bare, r"^$|[!-~]$"), bare, drawn)


def _contents(cells: pa.StringArray) -> tuple[np.ndarray, np.ndarray]:
    _, offsets_buffer, data_buffer = cells.buffers()
    offsets = np.frombuffer(offsets_buffer, dtype=np.int32)[cells.offset : cells.offset + len(cells) + 1]
    return offsets, np.frombuffer(data_buffer, dtype=np.uint8)


def _edges(cells: pa.StringArray) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """The bytes, and the positions of the first and the last one of every cell that has any."""
    _, _, data_buffer = cells.buffers()
    if data_buffer is None or data_buffer.size == 0:
        return None
    offsets, data = _contents(cells)
    filled = offsets[1:] > offsets[:-1]
    return data, offsets[:-1][filled], offsets[1:][filled] - 1


def _may_need_trimming(cells: pa.StringArray) -> bool:
    """Whether a cell may begin or end with a blank.

    Looks only at the outer characters: trimming a column costs ten times more, and few columns need it.
    """
    edges = _edges(cells)
    if edges is None:
        return False
    data, starts, ends = edges
    first, last = data[starts], data[ends]
    if _IS_ASCII_BLANK[first].any() or _IS_ASCII_BLANK[last].any():
        return True
    # Few characters begin with the byte that a blank begins with; Chinese ones do not.
    wide = [starts[_BEGINS_WIDE_BLANK[first]]]
    ends = ends[last >= 0x80]
    for _ in range(3):
        ends = ends - 1
        wide.append(ends[_BEGINS_WIDE_BLANK[data[ends]]])
    return any(_IS_BLANK[_characters(data, positions)].any() for positions in wide if positions.size)


def _characters(data: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """The code points of the characters, of more than one byte each, that begin at the positions."""
    lead = data[positions].astype(np.int64)
    following = [data[np.minimum(positions + step, data.size - 1)].astype(np.int64) & 0x3F for step in (1, 2, 3)]
    two = (lead & 0x1F) << 6 | following[0]
    three = (lead & 0x0F) << 12 | following[0] << 6 | following[1]
    four = (lead & 0x07) << 18 | following[0] << 12 | following[1] << 6 | following[2]
    return np.where(lead < 0xE0, two, np.where(lead < 0xF0, three, np.minimum(four, 0x10FFFF)))


def _may_be_marked(cells: pa.StringArray) -> bool:
    edges = _edges(cells)
    return edges is not None and bool(np.isin(edges[0][edges[1]], _MARKS).any())
