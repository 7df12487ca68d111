"""Columns that tell each other: equal ones, and ones that are the sum of two others, over all cells shown in all of them.

Every pair of released tables is joined on what they share (enterprise, period, place). What holds on all shown cells is taken to
hold on the withheld ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.privacy.attack.cells import Cell, Place, Series

ENOUGH_CELLS = 8
"""The cells on which two columns must agree before the attacker believes it."""

_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Relation:
    """``series`` is the sum of ``parts`` on ``cells`` shown cells; one part: it is equal to it."""

    series: Series
    parts: tuple[Series, ...]
    cells: int
    fills: Mapping[Cell, float]
    """The withheld cells that it tells."""


def relations(numbers: Mapping[Cell, float], targets: frozenset[Cell], counts: frozenset[Series]) -> Iterator[Relation]:
    """All relations that tell at least one target.

    numbers   everything shown
    targets   what is withheld
    counts    series that may be added up
    """
    table = _Table(numbers, targets)
    yield from table.equal()
    yield from table.sums(counts)


class _Table:
    def __init__(self, numbers: Mapping[Cell, float], targets: frozenset[Cell]) -> None:
        self.series = sorted({cell.series for cell in numbers} | {cell.series for cell in targets})
        self.places = sorted({cell.place for cell in numbers} | {cell.place for cell in targets})
        row, column = {s: i for i, s in enumerate(self.series)}, {p: i for i, p in enumerate(self.places)}
        self.shown: npt.NDArray[np.float64] = np.full((len(self.series), len(self.places)), np.nan)
        for cell, number in numbers.items():
            self.shown[row[cell.series], column[cell.place]] = number
        self.targets: dict[int, list[int]] = defaultdict(list)
        for cell in targets:
            self.targets[row[cell.series]].append(column[cell.place])

    def equal(self) -> Iterator[Relation]:
        rows = np.flatnonzero((~np.isnan(self.shown)).sum(axis=1) >= ENOUGH_CELLS)
        for one, wanted in sorted(self.targets.items()):
            own = np.flatnonzero(~np.isnan(self.shown[one]))
            if len(own) < ENOUGH_CELLS:
                continue
            values, others = self.shown[one, own], self.shown[np.ix_(rows, own)]
            both = ~np.isnan(others)
            agree = np.abs(others - values) <= _TOLERANCE * np.maximum(1.0, np.abs(values))
            is_equal = (agree | ~both).all(axis=1) & (both.sum(axis=1) >= ENOUGH_CELLS)
            is_equal[rows == one] = False
            for number in np.flatnonzero(is_equal):
                if np.ptp(values[both[number]]) == 0:
                    continue
                other = int(rows[number])
                if fills := self._fills(one, wanted, self.shown[other]):
                    yield Relation(self.series[one], (self.series[other],), int(both[number].sum()), fills)

    def sums(self, counts: frozenset[Series]) -> Iterator[Relation]:
        """Total = part + part, and the part told by it; looked for by the cells that all countable series show."""
        rows = [row for row, series in enumerate(self.series) if series in counts and np.nanmax(self.shown[row], initial=0) > 0]
        rows = self._distinct(rows)
        if not rows:
            return
        block = self.shown[rows]
        anchors = np.argsort(-(~np.isnan(block)).sum(axis=0), kind="stable")[:_ANCHORS]
        keyed: dict[tuple[float, ...], list[int]] = defaultdict(list)
        complete = [number for number in range(len(rows)) if not np.isnan(block[number, anchors]).any()]
        for number in complete:
            keyed[tuple(block[number, anchors])].append(number)
        for total in complete:
            for first in complete:
                if first == total:
                    continue
                for second in keyed.get(tuple(block[total, anchors] - block[first, anchors]), ()):
                    if second < first or total in (first, second):
                        continue
                    yield from self._sum(rows[total], rows[first], rows[second])

    def _distinct(self, rows: list[int]) -> list[int]:
        """Rows of which no earlier one shows the same numbers."""
        seen: set[bytes] = set()
        found = []
        for row in rows:
            key = np.nan_to_num(self.shown[row], nan=-1.0).tobytes()
            if key not in seen:
                seen.add(key)
                found.append(row)
        return found

    def _sum(self, total: int, first: int, second: int) -> Iterator[Relation]:
        whole, one, other = self.shown[total], self.shown[first], self.shown[second]
        both = ~np.isnan(whole + one + other)
        # Where a part is nobody, the sum says no more than that two columns are equal.
        says = both & (one > 0) & (other > 0)
        if says.sum() < ENOUGH_CELLS or np.abs(whole - one - other)[both].max() > _TOLERANCE * np.abs(whole[both]).max():
            return
        for row, parts, told in (
            (total, (first, second), one + other),
            (first, (total, second), whole - other),
            (second, (total, first), whole - one),
        ):
            if row in self.targets and (fills := self._fills(row, self.targets[row], told)):
                yield Relation(self.series[row], tuple(self.series[part] for part in parts), int(says.sum()), fills)

    def _fills(self, row: int, wanted: list[int], told: npt.NDArray[np.float64]) -> dict[Cell, float]:
        series = self.series[row]
        return {
            Cell(series, self._place(column)): float(told[column])
            for column in wanted
            if not np.isnan(told[column]) and np.isnan(self.shown[row, column])
        }

    def _place(self, column: int) -> Place:
        return self.places[column]


_ANCHORS = 3
