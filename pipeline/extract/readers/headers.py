"""Names of source columns: one canonical form for every file kind, and the search for a wanted name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from pipeline.extract.readers.cleaning import BLANKS, SELECTORS

SEQUENCE, ORIGIN_FILE, ORIGIN_ROW = "_sequence", "_origin_file", "_origin_row"
RESERVED = (SEQUENCE, ORIGIN_FILE, ORIGIN_ROW, "_field_rule", "_raw_line")
"""Columns that the readers add to every record."""


_INVISIBLE = {ord(blank): None for blank in BLANKS + SELECTORS if not blank.isspace()}
_MARKED_TEXT = re.compile('="([^"]*)"')


def canonical_name(text: str) -> str:
    """The name without invisible characters, trimmed, with runs of white space made one space; ``="x"`` is x."""
    name = " ".join(text.translate(_INVISIBLE).split())
    marked = _MARKED_TEXT.fullmatch(name)
    return marked[1].strip() if marked else name


def canonical_names(header: Iterable[object]) -> tuple[str, ...]:
    """The names of a header's columns, unique regardless of case.

    A column without a name is ``column 5``; a repeated name becomes ``name (2)``.
    """
    names: list[str] = []
    used = {name.casefold() for name in RESERVED}
    for position, cell in enumerate(header, start=1):
        base = canonical_name("" if cell is None else str(cell)) or f"column {position}"
        name, count = base, 1
        while name.casefold() in used:
            count += 1
            name = f"{base} ({count})"
        used.add(name.casefold())
        names.append(name)
    return tuple(names)


def find_name(wanted: str, names: Sequence[str]) -> str | None:
    """The column called ``wanted``: exact match first, then ignoring case; None when there is none."""
    name = canonical_name(wanted)
    if name in names:
        return name
    return next((known for known in names if known.casefold() == name.casefold()), None)


def is_repeated(name: str, names: Sequence[str]) -> bool:
    """Whether the header has this name more than once."""
    return f"{name} (2)".casefold() in {known.casefold() for known in names}
