"""What tables of two attributes tell: with the totals that other tables show, and with each other where they share an attribute."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from pipeline.privacy.attack.cells import CUBE_TABLE, ENTERPRISE, Cell, Place, Series
from pipeline.privacy.attack.margins import Assumed, Interval, Known, System, Traits
from schemas.expectations.release import CUBES

_SIZE = "sample_size"
_KINDS = {"issue": "fault", "cause": "complaint"}
MERGED = "other"
"""The column that stands for all codes that too few people share."""


class _Line(NamedTuple):
    """All cells of a cube with one value of one attribute; ``total`` names that value, or the whole enterprise."""

    cube: str
    side: str
    total: tuple[str, str]


def bounded_cubes(known: Known) -> Iterator[tuple[Cell, Interval]]:
    """The withheld cells of tables of two attributes that can be told to within one, with their intervals.

    Lines add up to their totals if they do wherever all is shown; where nothing is, they are taken to add up, and if that
    contradicts what is shown, to add up to at most their total.
    """
    by_place: dict[Place, list[Cell]] = defaultdict(list)
    for cell in known.rows:
        if cell.series.table == CUBE_TABLE and cell.series in known.counts:
            by_place[cell.place].append(cell)
    exact = _exact(known, by_place)
    for place, cells in sorted(by_place.items()):
        wanted = [cell for cell in sorted(cells) if cell in known.targets and cell not in known.numbers]
        for guess in (True, False) if wanted else ():
            found = _CubeSystem(known, place, cells, exact, guess).intervals(wanted)
            if found is not None:
                yield from found.items()
                break


def merged_truth(shown: Iterable[Cell], truth: Mapping[Cell, float]) -> dict[Cell, float]:
    """The true numbers of cells whose row or column stands for several: those of all that are not shown by their own names."""
    named: dict[tuple[Place, str], tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    lacking = []
    for cell in shown:
        if cell.series.table == CUBE_TABLE:
            cube, *values = cell.series.name
            for names, value in zip(named[cell.place, cube], values, strict=True):
                names.add(value)
            lacking += [cell] if MERGED in values and cell not in truth else []
    merged: dict[tuple[Place, str, str, str], float] = defaultdict(float)
    for cell, number in truth.items():
        if cell.series.table == CUBE_TABLE:
            cube, row, column = cell.series.name
            rows, columns = named[cell.place, cube]
            merged[cell.place, cube, row if row in rows else MERGED, column if column in columns else MERGED] += number
    return {cell: merged[cell.place, *cell.series.name] for cell in lacking}  # type: ignore[index]


def _lines(cell: Cell) -> Iterator[_Line]:
    cube, row, column = cell.series.name
    rows, columns, _ = CUBES[cube]
    first, _, second = cube.partition("_")
    yield _Line(cube, "row", (rows if rows != "codes" else first, row))
    yield _Line(cube, "column", (columns if columns != "codes" else second, column))
    yield _Line(cube, "all", (ENTERPRISE, cell.place.enterprise))


def _total(known: Known, line: _Line, place: Place) -> float | None:
    """The shown total of a line, by its indicator's table or, of a code, by the Pareto table."""
    scope, name = line.total
    if scope in _KINDS:
        series = Series("analysis_pareto", (_KINDS[scope], name or "(unassigned)"), "cases")
        return known.numbers.get(Cell(series, place))
    series = Series("indicator_values", (CUBES[line.cube][2], ""), _SIZE)
    return known.numbers.get(Cell(series, place._replace(scope_type=scope, scope_id=name)))


def _exact(known: Known, by_place: Mapping[Place, list[Cell]]) -> dict[tuple[str, str], bool]:
    """By cube and side: whether its lines add up to their totals, wherever both are shown; missing: nowhere."""
    found: dict[tuple[str, str], bool] = {}
    for place, cells in by_place.items():
        parts: dict[_Line, list[float | None]] = defaultdict(list)
        for cell in cells:
            for line in _lines(cell):
                parts[line].append(known.numbers.get(cell))
        for line, numbers in parts.items():
            total = _total(known, line, place)
            if total is not None and None not in numbers:
                adds_up = sum(number for number in numbers if number is not None) == total
                found[line.cube, line.side] = found.get((line.cube, line.side), True) and adds_up
    return found


class _CubeSystem(System):
    """The equations of all tables of two attributes of one enterprise and quarter."""

    def __init__(self, known: Known, place: Place, cells: list[Cell], exact: Mapping[tuple[str, str], bool], guess: bool) -> None:
        super().__init__(known, Traits(known), CUBE_TABLE, (), place.enterprise, Assumed())
        self._totals: dict[tuple[str, tuple[str, str]], int] = {}
        parts: dict[_Line, dict[int, float]] = defaultdict(dict)
        self._most = 10 + 10 * max((known.numbers[cell] for cell in cells if cell in known.numbers), default=100.0)
        for cell in cells:
            unknown = self.unknown(cell.series._replace(column=" ".join(cell.series.name)), place)
            if cell in known.numbers:
                self.equal.append(({unknown: 1.0}, known.numbers[cell]))
            for line in _lines(cell):
                parts[line][unknown] = 1.0
        for line, factors in parts.items():
            row = dict(factors)
            if not exact.get((line.cube, line.side), guess):
                row[self.slack()] = 1.0
            total = _total(known, line, place)
            if total is None:
                # Cubes of the same records share their attributes' totals, also those that nobody shows.
                key = CUBES[line.cube][2], line.total
                if key not in self._totals:
                    self._totals[key] = self.slack()
                row[self._totals[key]] = -1.0
            self.equal.append((row, total or 0.0))

    def sum_of(self, cell: Cell) -> dict[int, float]:
        return {self.unknown(cell.series._replace(column=" ".join(cell.series.name)), cell.place): 1.0}

    def slack(self) -> int:
        self.most.append(100 * self._most)
        return len(self.most) - 1
