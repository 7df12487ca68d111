"""Tables of two attributes, such as region × fault class: which cells readers see.

A table with its totals is a graph: rows and columns are its nodes, withheld cells its edges. A withheld cell follows from the
shown ones just if its edge is a bridge (Gusfield, A graph theoretic approach to statistical data security, SIAM J. Comput. 17,
1988). So cells are withheld until no line has a single one or too few people, and no bridge is left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

TOTAL = None
"""In place of a row's or column's name: all of them together."""

OTHER = "other"
"""Takes the place of codes, hours and months that too few people share."""


class Cell(NamedTuple):
    """A cell of the table, or a total of a row, of a column, or of all."""

    row: str | None
    column: str | None


@dataclass(frozen=True)
class Table:
    """``counts``: records by cell, with totals; ``most``: of them those of the k − 1 people with the most."""

    counts: Mapping[Cell, int]
    most: Mapping[Cell, int]

    def has_enough(self, cell: Cell, fewest: int) -> bool:
        """Whether a cell's records are certainly of at least ``fewest`` people."""
        return self.counts[cell] > max(fewest - 1, self.most[cell])

    @property
    def is_line(self) -> bool:
        """Whether there is only one row, or one column, so that the cells are totals."""
        inner = [cell for cell in self.counts if _is_inner(cell)]
        return len({cell.row for cell in inner}) < 2 or len({cell.column for cell in inner}) < 2

    def with_few_rows_merged(self, fewest: int) -> Table:
        """The same for rows."""
        return self._turned().with_few_columns_merged(fewest)._turned()

    def with_few_columns_merged(self, fewest: int) -> Table:
        """The columns of too few people as one, ``OTHER``; the smallest others with them until it has enough."""
        totals = {cell.column: cell for cell in self.counts if cell.row is TOTAL and cell.column is not TOTAL}
        by_size = sorted(totals, key=lambda name: (self.counts[totals[name]], str(name)))
        merged: set[str | None] = {name for name in by_size if not self.has_enough(totals[name], fewest)}
        while merged:
            table = self._merged(merged)
            rest = [name for name in by_size if name not in merged]
            if not rest or table.has_enough(Cell(TOTAL, OTHER), fewest):
                return table
            merged.add(rest[0])
        return self

    def with_empty_cells(self) -> Table:
        """With a cell for each row and column: where a row has few cells, an empty one must be able to hide another."""
        rows, columns = dict.fromkeys(cell.row for cell in self.counts), dict.fromkeys(cell.column for cell in self.counts)
        empty = {Cell(row, column): 0 for row in rows for column in columns}
        return Table({**empty, **self.counts}, {**empty, **self.most})

    def _turned(self) -> Table:
        """With rows as columns."""
        counts, most = ({Cell(column, row): count for (row, column), count in each.items()} for each in (self.counts, self.most))
        return Table(counts, most)

    def _merged(self, columns: Collection[str | None]) -> Table:
        counts: dict[Cell, int] = defaultdict(int)
        most: dict[Cell, int] = defaultdict(int)
        for cell, count in self.counts.items():
            named = Cell(cell.row, OTHER) if cell.column in columns and cell.column is not TOTAL else cell
            counts[named] += count
            # Of people who share several codes, at most all of their records.
            most[named] += self.most[cell]
        return Table(counts, most)


def withheld_cells(table: Table, fewest: int, totals: Collection[Cell] = ()) -> frozenset[Cell]:
    """The cells without a shown number, some of them empty. Totals are not shown, but other tables show all except ``totals``."""
    table = table.with_empty_cells()
    hidden = {cell for cell, count in table.counts.items() if count and _is_inner(cell) and not table.has_enough(cell, fewest)}
    hidden |= {cell for cell in totals if cell in table.counts}
    lines = list(_lines(table.counts))
    while more := _lacking(table, lines, hidden, fewest) or _bridged(lines, hidden, table.counts):
        hidden |= more
    return frozenset(cell for cell in hidden if _is_inner(cell))


def _is_inner(cell: Cell) -> bool:
    return cell.row is not TOTAL and cell.column is not TOTAL


@dataclass(frozen=True)
class _Line:
    total: Cell
    parts: tuple[Cell, ...]


def _lines(counts: Mapping[Cell, int]) -> Iterator[_Line]:
    parts: dict[Cell, list[Cell]] = defaultdict(list)
    for cell in sorted(counts, key=str):
        if cell.column is not TOTAL:
            parts[Cell(cell.row, TOTAL)].append(cell)
        if cell.row is not TOTAL:
            parts[Cell(TOTAL, cell.column)].append(cell)
    # The grand total stands in two lines: one of row totals, one of column totals.
    for total, cells in parts.items():
        if total == (TOTAL, TOTAL):
            yield _Line(total, tuple(cell for cell in cells if cell.row is TOTAL))
            yield _Line(total, tuple(cell for cell in cells if cell.column is TOTAL))
        else:
            yield _Line(total, tuple(cells))


def _lacking(table: Table, lines: list[_Line], hidden: set[Cell], fewest: int) -> set[Cell]:
    """For each line that protects too little, its smallest shown cell."""
    more = set()
    for line in lines:
        parts = [cell for cell in line.parts if cell in hidden]
        is_open = line.total in hidden
        alone = len(parts) + is_open == 1
        people = sum(table.counts[cell] for cell in parts)
        too_few = (
            bool(parts) and not is_open and people <= max(fewest - 1, min(table.most[line.total], table.counts[line.total] - 1))
        )
        shown = [cell for cell in line.parts if cell not in hidden and _is_inner(cell)]
        if (alone or too_few) and shown:
            more.add(min(shown, key=lambda cell: _cost(cell, table.counts)))
    return more


def _cost(cell: Cell, counts: Mapping[Cell, int]) -> tuple[bool, int, str]:
    """Small cells first, empty ones last: they protect the least."""
    return counts[cell] == 0, counts[cell], str(cell)


def _bridged(lines: list[_Line], hidden: set[Cell], counts: Mapping[Cell, int]) -> set[Cell]:
    """For the first withheld cell that follows from shown ones, a shown cell of its lines to be withheld with it."""
    ends: dict[Cell, list[int]] = defaultdict(list)
    for number, line in enumerate(lines):
        for cell in (line.total, *line.parts):
            if cell in hidden:
                ends[cell].append(number)
    for cell in sorted(_bridges(ends), key=str):
        candidates = [part for number in ends[cell] for part in lines[number].parts if part not in hidden and _is_inner(part)]
        if candidates and _is_inner(cell):
            return {min(candidates, key=lambda part: _cost(part, counts))}
    return set()


def _bridges(ends: Mapping[Cell, list[int]]) -> set[Cell]:
    """The cells whose edge is on no circle."""
    neighbours: dict[int, list[tuple[int, Cell]]] = defaultdict(list)
    for cell, nodes in ends.items():
        one, other = (nodes[0], nodes[-1])
        if one != other:
            neighbours[one].append((other, cell))
            neighbours[other].append((one, cell))
    found: set[Cell] = {cell for cell, nodes in ends.items() if len(nodes) == 1}
    order: dict[int, int] = {}
    lowest: dict[int, int] = {}
    for start in neighbours:
        if start in order:
            continue
        order[start] = lowest[start] = len(order)
        path: list[tuple[int, Cell | None, Iterator[tuple[int, Cell]]]] = [(start, None, iter(neighbours[start]))]
        while path:
            node, came_by, rest = path[-1]
            for other, cell in rest:
                if cell == came_by:
                    continue
                if other in order:
                    lowest[node] = min(lowest[node], order[other])
                else:
                    order[other] = lowest[other] = len(order)
                    path.append((other, cell, iter(neighbours[other])))
                    break
            else:
                path.pop()
                if path:
                    above = path[-1][0]
                    lowest[above] = min(lowest[above], lowest[node])
                    if lowest[node] > order[above] and came_by is not None:
                        found.add(came_by)
    return found
