"""Names of source columns: one canonical form for every file kind, and the search for a wanted name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from pipeline.extract.readers.cleaning import BLANKS, SELECTORS
from pipeline.settings.suggestions import did_you_mean

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
    last: dict[str, int] = {}
    for position, cell in enumerate(header, start=1):
        base = canonical_name("" if cell is None else str(cell)) or f"column {position}"
        name, count = base, last.get(base.casefold(), 1)
        while name.casefold() in used:
            count += 1
            name = f"{base} ({count})"
        last[base.casefold()] = count
        used.add(name.casefold())
        names.append(name)
    return tuple(names)


def find_name(wanted: str, names: Sequence[str]) -> str | None:
    """The column called ``wanted``: exact match first, then ignoring case; None when there is none."""
    name = canonical_name(wanted)
    if name in names:
        return name
    return next((known for known in names if known.casefold() == name.casefold()), None)


def chosen_names(wanted: Iterable[str], names: Sequence[str]) -> list[str]:
    """The columns that names, patterns (``Q*``) and ranges (``Q1..Q9``, in the order of the file) choose, each once.

    Raises ValueError, worded for the user, for one that chooses none.
    """
    found: dict[str, None] = {}
    for each in wanted:
        first, is_range, last = each.partition("..")
        ends = [find_name(end, names) for end in (first, last)] if is_range else []
        if (own := find_name(each, names)) is not None:
            found[own] = None
        elif len(ends) == 2 and None not in ends:
            start, end = (names.index(str(name)) for name in ends)
            found |= dict.fromkeys(names[start : end + 1])
            if end < start:
                raise ValueError(f"'{last}' stands before '{first}'")
        else:
            matching = [name for name in names if fnmatchcase(name.casefold(), canonical_name(each).casefold())]
            if not matching:
                raise ValueError(f"has no column '{each}'{did_you_mean(each, names)}")
            found |= dict.fromkeys(matching)
    return list(found)


def is_repeated(name: str, names: Sequence[str]) -> bool:
    """Whether the header has this name more than once."""
    return f"{name} (2)".casefold() in {known.casefold() for known in names}
