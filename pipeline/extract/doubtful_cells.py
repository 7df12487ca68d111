"""Counts the values of a file that a spreadsheet or a copied page may have damaged, though they can be read.

Looks at codes only (keys, references, closed sets, numbers of parts and telephones), not at prose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.extract.readers.cleaning import hold_invisible
from pipeline.extract.readers.records import CellCounts, Doubt
from schemas.contract import Column, Table

_CODE = re.compile(r"merged_into|.*_(id|code|class|category|model|serial|number|phone|token)")
_EXPONENT = r"^[+-]?[0-9]+(\.[0-9]+)?[eE]\+[0-9]+$"
# A spreadsheet keeps fifteen digits and writes zeros for the others.
_LONG, _WITH_ZEROS = r"^[0-9]{16,}$", r"^[0-9]{15}0+$"
# A program that takes ids for quantities adds a fraction; a version (2.0) and a size (12.0) are shorter.
_FRACTION = r"^[0-9]{6,}\.0+$"
# A spreadsheet counts days from 1900: 20000 is in 1954, 79999 in 2119.
_DAY_NUMBER = r"^[2-7][0-9]{4}(\.[0-9]+)?$"
# Of so many numbers that all end in a zero, a chance of one in a thousand.
_ENOUGH = 3

_FIFTEEN = "a spreadsheet keeps 15 digits and may have lost the last ones; format the column as text at the source"


class DoubtfulCells:
    """The counts of one file, as far as its rows have been added."""

    def __init__(self, table: Table) -> None:
        self._codes = [column for column in table.columns if column.type == "string" and _is_code(column)]
        self._dates = [column.name for column in table.columns if column.type in ("date", "timestamp")]
        self._found: dict[tuple[str, str], tuple[int, int]] = {}

    def add(self, batch: pa.RecordBatch) -> None:
        """Count one batch of rows."""
        rows = batch.column("_origin_row")
        for column in self._codes:
            cells = batch.column(column.name)
            self._note("invisible", column.name, hold_invisible(cells), rows)
            # In a key they are refused.
            if not column.identifies and _holds_plus(cells):
                self._note("exponent", column.name, pc.match_substring_regex(cells, _EXPONENT), rows)
            self._note("fraction", column.name, pc.match_substring_regex(cells, _FRACTION), rows)
            if (pc.max(pc.binary_length(cells)).as_py() or 0) > 15:
                self._note("long", column.name, pc.match_substring_regex(cells, _LONG), rows)
                self._note("zeros", column.name, pc.match_substring_regex(cells, _WITH_ZEROS), rows)
        self._add_defects(batch.column("_defects"), rows)

    @property
    def found_any(self) -> bool:
        """Whether any such cell was added."""
        return bool(self._found)

    def doubts(
        self, long_numbers: CellCounts | None, dates: CellCounts | None, taken_as_text: Mapping[str, str]
    ) -> Iterator[Doubt]:
        """What was found; ``taken_as_text``: the source columns in which such cells matter → what they are called."""
        lost: set[str] = set()
        codes = {column.name for column in self._codes}
        for source, name in taken_as_text.items():
            if long_numbers and (found := long_numbers.of(source)):
                lost.add(name)
                yield self._doubt(name, found, "numbers of 16 digits or more", _FIFTEEN)
            if dates and name in codes and (found := dates.of(source)):
                cause = "a spreadsheet makes dates of numbers like 3-1; format the column as text at the source"
                yield self._doubt(name, found, "dates in a column of codes", cause)
        for (kind, name), found in sorted(self._found.items()):
            if kind == "exponent":
                yield self._doubt(name, found, "values written like 2.025E+13", "a spreadsheet has lost their last digits")
            elif kind == "fraction":
                why = "a program took them for quantities; they differ from those without .0, and digits after the 15th are lost"
                yield self._doubt(name, found, "values written like 202501.0", why)
            elif kind == "invisible":
                yield self._doubt(name, found, "values with an invisible character inside", "they differ from those without it")
            elif kind == "day":
                yield self._doubt(
                    name, found, "values like 45662.3 instead of a date", "format the cells as dates where the file is made"
                )
            elif kind == "zeros" and name not in lost and _ENOUGH <= found[0] == self._found["long", name][0]:
                yield self._doubt(name, found, "numbers of 16 digits or more, each with zeros from the 16th on", _FIFTEEN)

    @staticmethod
    def _doubt(name: str, found: tuple[int, int], what: str, why: str) -> Doubt:
        return Doubt(f"{found[0]} {what}, the first in row {found[1]}: {why}", found[0], name)

    def _add_defects(self, defects: pa.ListArray, rows: pa.Array) -> None:
        """Values that cannot be read, because of what is in them."""
        entries = pc.list_flatten(defects)
        if not len(entries):
            return
        of_row = rows.take(pc.list_parent_indices(defects))
        columns = pc.struct_field(entries, "column")
        values = pc.fill_null(pc.struct_field(entries, "value"), "")
        holds, are_days = hold_invisible(values), pc.match_substring_regex(values, _DAY_NUMBER)
        for name in pc.unique(columns).drop_null().to_pylist():
            is_here = pc.fill_null(pc.equal(columns, name), False)
            if holds is not None:
                self._note("invisible", name, pc.and_(holds, is_here), of_row)
            if name in self._dates:
                self._note("day", name, pc.and_(are_days, is_here), of_row)

    def _note(self, kind: str, name: str, is_one: pa.BooleanArray | None, rows: pa.Array) -> None:
        places = np.array([]) if is_one is None else np.flatnonzero(pc.fill_null(is_one, False).to_numpy(zero_copy_only=False))
        if places.size:
            count, first = self._found.get((kind, name), (0, rows[int(places[0])].as_py()))
            self._found[kind, name] = count + int(places.size), first


def _is_code(column: Column) -> bool:
    return bool(column.identifies or column.values or _CODE.fullmatch(column.name))


def _holds_plus(cells: pa.StringArray) -> bool:
    data = cells.buffers()[2]
    return data is not None and bool((np.frombuffer(data, dtype=np.uint8) == ord("+")).any())
