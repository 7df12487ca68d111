"""Names of source columns: one canonical form for every file kind, and the search for a wanted name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

SEQUENCE, ORIGIN_FILE, ORIGIN_ROW = "_sequence", "_origin_file", "_origin_row"
RESERVED = (SEQUENCE, ORIGIN_FILE, ORIGIN_ROW, "_field_rule", "_raw_line")
"""Columns that the readers add to every record."""


def canonical_name(text: str) -> str:
    """The name without byte order mark and zero-width spaces, trimmed, with runs of white space made one space."""
    return " ".join(text.replace("\ufeff", "").replace("\u200b", "").split())


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
