"""Cleans cells of text: trims them, and makes them null where they are empty or mean "no value".

Works on Arrow arrays, column by column. Does not interpret the cells.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

# White space from typing, spreadsheets and copied web pages: ASCII, no-break space, ideographic space, zero-width space, and
# a byte order mark in mid-file.
_BLANKS = " \t\n\v\f\r\u00a0\u3000\u200b\ufeff"
_FIRST_BYTES = np.zeros(256, dtype=bool)
_FIRST_BYTES[[*range(0x21), *(blank.encode()[0] for blank in _BLANKS)]] = True
_LAST_BYTES = np.zeros(256, dtype=bool)
_LAST_BYTES[[*range(0x21), *(blank.encode()[-1] for blank in _BLANKS)]] = True
_WIDE = [blank.encode() for blank in _BLANKS if not blank.isascii()]


def clean_text(cells: pa.StringArray, null_values: Sequence[str]) -> pa.StringArray:
    """Trim every cell; empty cells and those equal to one of ``null_values`` become null."""
    if _may_need_trimming(cells):
        cells = pc.utf8_trim(cells, characters=_BLANKS)
    means_nothing = pc.is_in(cells, value_set=nothing(null_values)) if null_values else pc.equal(pc.binary_length(cells), 0)
    if not pc.any(means_nothing).as_py():
        return cells
    return pc.if_else(means_nothing, pa.scalar(None, pa.string()), cells)


def trim_cleaned(cells: pa.StringArray, null_values: Sequence[str]) -> pa.StringArray:
    """The same for cells whose untrimmed null values are already null: returns arrays without anything to trim as they are."""
    return clean_text(cells, null_values) if _may_need_trimming(cells) else cells


def nothing(null_values: Sequence[str]) -> pa.StringArray:
    """The texts that mean "no value"."""
    return pa.array(["", *null_values], pa.string())


def _may_need_trimming(cells: pa.StringArray) -> bool:
    """Whether a cell may begin or end with a blank.

    Looks only at the outer bytes: trimming a column costs ten times more, and few columns need it.
    """
    _, offsets_buffer, data_buffer = cells.buffers()
    if data_buffer is None or data_buffer.size == 0:
        return False
    offsets = np.frombuffer(offsets_buffer, dtype=np.int32)[cells.offset : cells.offset + len(cells) + 1]
    data = np.frombuffer(data_buffer, dtype=np.uint8)
    filled = offsets[1:] > offsets[:-1]
    starts, ends = offsets[:-1][filled], offsets[1:][filled]
    first = starts[_FIRST_BYTES[data[starts]]]
    last = ends[_LAST_BYTES[data[ends - 1]]]
    if first.size == 0 and last.size == 0:
        return False
    if (data[first] <= 0x20).any() or (data[last - 1] <= 0x20).any():
        return True
    # Chinese characters share bytes with the wide blanks, so whole blanks are compared.
    return any(_holds(data, first, blank) or _holds(data, last - len(blank), blank) for blank in _WIDE)


def _holds(data: np.ndarray, positions: np.ndarray, blank: bytes) -> bool:
    positions = positions[(positions >= 0) & (positions + len(blank) <= data.size)]
    found = np.ones(positions.size, dtype=bool)
    for index, byte in enumerate(blank):
        found &= data[positions + index] == byte
    return bool(found.any())
