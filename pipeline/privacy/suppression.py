"""Which cells of a table with totals must be hidden so that no small group of people can be read or derived from it.

Cells and totals in, names of hidden cells out. The report fills the cells and prints hidden ones.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

# Entries of the totals are 0, 1 and -1: what is not zero in their null space is far above rounding.
_ZERO = 1e-9


@dataclass(frozen=True)
class Line:
    """A total and the parts that add up to it. A part may also be a part, or the total, of other lines."""

    total: Hashable
    parts: tuple[Hashable, ...]


def hidden_cells(
    people: Mapping[Hashable, int], lines: Sequence[Line], minimum: int, also: Collection[Hashable] = ()
) -> frozenset[Hashable]:
    """The cells to hide, totals among them.

    people   how many people each cell counts, totals included; a line's total is the sum of its parts
    minimum  a cell of fewer people is hidden; an empty cell counts nobody and is shown
    also     cells to hide whatever their number

    If a line shows its total, its hidden parts together must be more than one cell and count at least ``minimum`` people, so
    that subtraction never yields a smaller group than may be printed. No hidden cell follows from the shown ones by any
    combination of the lines. The cell hidden with a small cell is the smallest non-empty part of its line, of equals the first;
    a total comes last. Raises ValueError for a total that is not the sum of its parts.
    """
    for line in lines:
        if people[line.total] != sum(people[part] for part in line.parts):
            raise ValueError(f"the parts of {line.total!r} do not add up to it")
    hidden = {*also, *(cell for cell, count in people.items() if 0 < count < minimum)}
    while (weak := _first_weak_line(people, lines, hidden, minimum)) is not None:
        hidden.add(min(weak, key=people.__getitem__))
    return frozenset(hidden)


def derivable(hidden: frozenset[Hashable] | set[Hashable], lines: Sequence[Line]) -> frozenset[Hashable]:
    """The hidden cells whose count follows from the shown cells by adding and subtracting lines."""
    unknown = sorted(hidden, key=repr)
    if not unknown:
        return frozenset()
    place = {cell: number for number, cell in enumerate(unknown)}
    equations = np.zeros((len(lines), len(unknown)))
    for row, line in enumerate(lines):
        for cell, factor in ((line.total, -1.0), *((part, 1.0) for part in line.parts)):
            if cell in place:
                equations[row, place[cell]] += factor
    # A cell is free if some solution of "all totals unchanged" changes it.
    _, sizes, directions = np.linalg.svd(equations)
    free = directions[int((sizes > _ZERO).sum()) :]
    return frozenset(cell for cell, number in place.items() if not (np.abs(free[:, number]) > _ZERO).any())


def _first_weak_line(
    people: Mapping[Hashable, int], lines: Sequence[Line], hidden: set[Hashable], minimum: int
) -> Sequence[Hashable] | None:
    """The cells of which one more must be hidden, candidates in order of choice; None if nothing can be derived."""
    for line in lines:
        parts = [part for part in line.parts if part in hidden]
        is_open = line.total in hidden
        group_is_small = not is_open and 0 < sum(people[part] for part in parts) < minimum
        if len(parts) + is_open == 1 or group_is_small:
            candidates = _shown(people, line, hidden)
            if candidates:
                return candidates
    exposed = derivable(hidden, lines)
    for line in lines:
        if exposed & {line.total, *line.parts} and (candidates := _shown(people, line, hidden)):
            return candidates
    return None


def _shown(people: Mapping[Hashable, int], line: Line, hidden: set[Hashable]) -> Sequence[Hashable]:
    parts = [part for part in line.parts if part not in hidden and people[part] > 0]
    return parts or [cell for cell in (line.total,) if cell not in hidden and people[cell] > 0]
