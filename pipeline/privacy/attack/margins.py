"""What totals, parts and periods tell of withheld numbers: the least and the most that each can be.

All shown numbers of one enterprise and indicator are equations, over unknowns per quarter and place that are not negative; linear
programming gives the interval of each withheld number (Hundepool et al., Statistical Disclosure Control, 2012, ch. 4: the
auditing problem). Which equations hold is taken from the shown numbers.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csr_array

from pipeline.privacy.attack.cells import CUBE_TABLE, ENTERPRISE, Cell, Place, Series, quarters_of

REGION, OUTLET = "region", "outlet"

_NEAR = 1e-6
_TOLERANCE = 1e-9
# If a direction leaves more than this share of the cells narrow, some of them get programs of their own.
_ENOUGH_PROGRESS = 0.7
_EACH_ALONE = 8
_PASSES = 12
# Columns that count all people or records of their row, and rows enough to believe that one other column is below another.
_WHOLES = ("responses", "respondents", "sample_size", "n", "denominator", "rows")
_BORNE_OUT = 5


class Interval(NamedTuple):
    """The least and the most that a withheld number can be."""

    low: float
    high: float

    @property
    def width(self) -> float:
        return self.high - self.low


class Assumed(NamedTuple):
    """What is taken for certain: quarters add up to periods, places to the enterprise, and rows that are missing are nobody."""

    periods: bool = True
    places: bool = True
    missing: bool = True


# If these contradict the shown numbers, the attacker lets go of one after the other.
_LESS_AND_LESS = (Assumed(), Assumed(missing=False), Assumed(periods=False), Assumed(places=False, missing=False))


@dataclass(frozen=True)
class Known:
    """What the attacker has.

    numbers    shown numbers
    rows       all cells of which a row is shown, with or without its number
    targets    withheld cells
    counts     series that count people
    outlets    by enterprise and outlet: its region
    nobody     (enterprise, indicator or table, quarter) that is known to have no records
    """

    numbers: Mapping[Cell, float]
    rows: Collection[Cell]
    targets: frozenset[Cell]
    counts: frozenset[Series]
    outlets: Mapping[tuple[str, str], str]
    nobody: frozenset[tuple[str, str, str]]

    @cached_property
    def by_series(self) -> Mapping[Series, Mapping[Place, float]]:
        found: dict[Series, dict[Place, float]] = defaultdict(dict)
        for cell, number in self.numbers.items():
            found[cell.series][cell.place] = number
        return found

    @cached_property
    def groups(self) -> Mapping[tuple[str, tuple[str, ...], str], list[Cell]]:
        """Cells of counts by table, name and enterprise; only groups with a target."""
        wanted = {(cell.series.table, cell.series.name, cell.place.enterprise) for cell in self.targets}
        found: dict[tuple[str, tuple[str, ...], str], list[Cell]] = defaultdict(list)
        for cell in self.rows:
            if cell.series.table == CUBE_TABLE:
                continue
            key = (cell.series.table, cell.series.name, cell.place.enterprise)
            if key in wanted and cell.series in self.counts:
                found[key].append(cell)
        return {key: sorted(cells) for key, cells in sorted(found.items())}

    @cached_property
    def rows_by_series(self) -> Mapping[Series, list[Place]]:
        found: dict[Series, list[Place]] = defaultdict(list)
        for cell in self.rows:
            found[cell.series].append(cell.place)
        return found

    def numbers_of(self, series: Series) -> Mapping[Place, float]:
        return self.by_series.get(series, {})


def bounded(
    known: Known, with_values: bool = False, assumed: Assumed | None = None, is_bold: bool = False
) -> Iterator[tuple[Cell, Interval]]:
    """The targets that can be told to within one, with their intervals.

    with_values   also uses values shown without their parts: numerator = value × denominator
    assumed       just this; otherwise as much as the shown numbers allow
    is_bold       places add up to their total also where no shown total tells that they do
    """
    traits = Traits(known, is_bold)
    for (table, name, enterprise), cells in known.groups.items():
        wanted = [cell for cell in cells if cell in known.targets and cell not in known.numbers]
        if not wanted:
            continue
        for choice in (assumed,) if assumed else _LESS_AND_LESS:
            system = System(known, traits, table, name, enterprise, choice)
            system.state(cells, with_values)
            if is_bold and not system.is_guess:
                # The same as without guessing.
                break
            found = system.intervals(wanted)
            if found is not None:
                yield from found.items()
                break


def outlets_of(known: Known, enterprise: str) -> Mapping[str, list[str]]:
    """By region: its outlets."""
    found: dict[str, list[str]] = defaultdict(list)
    for (owner, outlet), region in known.outlets.items():
        if owner == enterprise:
            found[region].append(outlet)
    return found


class Traits:
    """What holds of a series on all its shown numbers, of all enterprises."""

    def __init__(self, known: Known, is_bold: bool = False) -> None:
        self.known = known
        self.is_bold = is_bold
        self._adds_up: dict[Series, bool] = {}
        self._lines: dict[tuple[Series, str], str] = {}
        self.guessed: set[tuple[Series, str]] = set()

    def quarters(self, series: Series, place: Place) -> tuple[str, ...]:
        """The quarters of a place's span that may have records."""
        keys = (series.name[0] if series.name else series.table, series.table)
        return tuple(
            quarter
            for quarter in quarters_of(place.span)
            if not any((place.enterprise, key, quarter) in self.known.nobody for key in keys)
        )

    def adds_up(self, series: Series) -> bool:
        """Whether the quarters add up to each longer period, wherever all of them are shown."""
        if series not in self._adds_up:
            numbers = self.known.numbers_of(series)
            self._adds_up[series] = all(
                _same(sum(parts), number)  # type: ignore[arg-type]
                for place, number in numbers.items()
                for parts in [[numbers.get(place._replace(span=quarter)) for quarter in self.quarters(series, place)]]
                if quarters_of(place.span) and None not in parts and place.span not in self.quarters(series, place)
            )
        return self._adds_up[series]

    def line(self, series: Series, scope_type: str) -> str:
        """``sum``, ``at most`` or ``no``: how the places of a type add up to their total, wherever all are shown."""
        key = series, scope_type
        if key not in self._lines:
            self._lines[key] = self._tested(series, scope_type)
        return self._lines[key]

    def _tested(self, series: Series, scope_type: str) -> str:
        shown = self.known.numbers_of(series)
        totals: dict[Place, list[float | None]] = defaultdict(list)
        for place in self.known.rows_by_series.get(series, ()):
            if place.scope_type == (OUTLET if scope_type == REGION + OUTLET else scope_type):
                total = self._total(place, scope_type)
                if total is not None:
                    totals[total].append(shown.get(place))
        exact, tested = True, False
        for total, parts in totals.items():
            if total not in shown:
                continue
            least = sum(part for part in parts if part is not None)
            if least > shown[total] + _NEAR:
                return "no"
            if None not in parts and shown[total]:
                tested = True
                exact &= _same(least, shown[total])
        if self.is_bold and not tested:
            self.guessed.add((series, scope_type))
            return "sum"
        return "sum" if tested and exact else "at most"

    def _total(self, place: Place, scope_type: str) -> Place | None:
        if scope_type != REGION + OUTLET:
            return place._replace(scope_type=ENTERPRISE, scope_id=place.enterprise)
        region = self.known.outlets.get((place.enterprise, place.scope_id))
        return None if region is None else place._replace(scope_type=REGION, scope_id=region)

    def is_at_most(self, one: Series, other: Series) -> bool:
        """Whether a number is at most the other, wherever both are shown.

        Once is enough for a column that counts all of its row; of two conditions one is by chance below the other in a few rows.
        """
        first, second = self.known.numbers_of(one), self.known.numbers_of(other)
        both = first.keys() & second.keys()
        if other.column not in _WHOLES and len(both) < _BORNE_OUT:
            return False
        return any(first[place] for place in both) and all(first[place] <= second[place] + _NEAR for place in both)

    def is_whole(self, series: Series) -> bool:
        return all(number == int(number) for number in self.known.numbers_of(series).values())

    def factor(self, value: Series, numerator: Series, denominator: Series) -> float | None:
        """value = factor × numerator / denominator, if one factor holds wherever all three are shown."""
        values, above, below = (self.known.numbers_of(series) for series in (value, numerator, denominator))
        found = [
            values[place] * below[place] / above[place]
            for place in values.keys() & above.keys() & below.keys()
            if above[place] and below[place] and values[place]
        ]
        return found[0] if found and all(_same(each, found[0]) for each in found) else None


class System:
    """The equations of one enterprise and indicator."""

    def __init__(self, known: Known, traits: Traits, table: str, name: tuple[str, ...], enterprise: str, assumed: Assumed) -> None:
        self.known, self.traits, self.assumed = known, traits, assumed
        self.table, self.name, self.enterprise = table, name, enterprise
        self._as: dict[Series, Series] = {}
        self.is_guess = False
        self.unknowns: dict[tuple[str, Place], int] = {}
        self.most: list[float] = []
        self.equal: list[tuple[dict[int, float], float]] = []
        self.at_most: list[tuple[dict[int, float], float]] = []

    def state(self, cells: Collection[Cell], with_values: bool) -> None:
        """Write the equations of the shown numbers."""
        self.columns = sorted({cell.series for cell in cells})
        self.spans = sorted({cell.place.span for cell in cells})
        self.places = sorted({(cell.place.scope_type, cell.place.scope_id) for cell in cells})
        rows = set(cells)
        # Columns that are at most each other are one.
        for one, other in itertools.combinations(self.columns, 2):
            if one not in self._as and self.traits.is_at_most(one, other) and self.traits.is_at_most(other, one):
                self._as[other] = self._as.get(one, one)
        for series, span, (scope_type, scope_id) in itertools.product(self.columns, self.spans, self.places):
            cell = Cell(series, Place(self.enterprise, span, scope_type, scope_id))
            if cell in self.known.numbers:
                self.equal.append((self.sum_of(cell), self.known.numbers[cell]))
            elif cell in rows:
                self.sum_of(cell)
            elif self.assumed.missing:
                self.equal.append((self.sum_of(cell), 0.0))
        if self.assumed.places:
            self._add_lines()
        self._compare_columns()
        if with_values:
            self._add_values()

    def sum_of(self, cell: Cell) -> dict[int, float]:
        """A cell as a sum of unknowns: those of its quarters, if they add up."""
        spans: tuple[str, ...] = (cell.place.span,)
        if self.assumed.periods and quarters_of(cell.place.span) and self.traits.adds_up(cell.series):
            spans = self.traits.quarters(cell.series, cell.place)
        return {self.unknown(cell.series, cell.place._replace(span=span)): 1.0 for span in spans}

    def unknown(self, series: Series, place: Place) -> int:
        key = self._as.get(series, series).column, place
        if key not in self.unknowns:
            self.unknowns[key] = len(self.most)
            # More than anything shown: what no equation limits stays open.
            self.most.append(10 + 10 * max(self.known.numbers_of(series).values(), default=100.0))
        return self.unknowns[key]

    def _slack(self, series: Series) -> int:
        self.most.append(10 + 10 * max(self.known.numbers_of(series).values(), default=100.0))
        return len(self.most) - 1

    def _add_lines(self) -> None:
        types = {scope_type for scope_type, _ in self.places}
        regions = outlets_of(self.known, self.enterprise)
        spans = sorted({place.span for _, place in self.unknowns})
        for series, span in itertools.product([each for each in self.columns if each not in self._as], spans):
            for scope_type in sorted(types - {ENTERPRISE}):
                parts = [name for own, name in self.places if own == scope_type]
                self._line(series, span, (ENTERPRISE, self.enterprise), [(scope_type, name) for name in parts], scope_type)
            if {REGION, OUTLET} <= types:
                for region, outlets in sorted(regions.items()):
                    parts = [name for name in outlets if (OUTLET, name) in self.places]
                    if parts and (REGION, region) in self.places:
                        self._line(series, span, (REGION, region), [(OUTLET, name) for name in parts], REGION + OUTLET)

    def _line(self, series: Series, span: str, total: tuple[str, str], parts: list[tuple[str, str]], scope_type: str) -> None:
        how = self.traits.line(series, scope_type)
        self.is_guess |= (series, scope_type) in self.traits.guessed
        column = self._as.get(series, series).column
        whole = (column, Place(self.enterprise, span, *total))
        single = [(column, Place(self.enterprise, span, *part)) for part in parts]
        if how == "no" or whole not in self.unknowns or not all(part in self.unknowns for part in single):
            return
        factors = {self.unknowns[part]: 1.0 for part in single}
        factors[self.unknowns[whole]] = -1.0
        if how == "at most":
            factors[self._slack(series)] = 1.0
        self.equal.append((factors, 0.0))

    def _compare_columns(self) -> None:
        for one, other in itertools.permutations(self.columns, 2):
            if one in self._as or other in self._as or not self.traits.is_at_most(one, other):
                continue
            for (column, place), unknown in list(self.unknowns.items()):
                if column == one.column and (beside := self.unknowns.get((other.column, place))) is not None:
                    self.at_most.append(({unknown: 1.0, beside: -1.0}, 0.0))

    def _add_values(self) -> None:
        value, numerator, denominator = (Series(self.table, self.name, name) for name in ("value", "numerator", "denominator"))
        if numerator not in self.columns or denominator not in self.columns:
            return
        factor = self.traits.factor(value, numerator, denominator)
        if factor is None:
            return
        for place, number in self.known.numbers_of(value).items():
            if place.enterprise == self.enterprise and place.span in self.spans and Cell(numerator, place) in self.known.targets:
                row = dict.fromkeys(self.sum_of(Cell(numerator, place)), factor)
                row |= dict.fromkeys(self.sum_of(Cell(denominator, place)), -number)
                self.equal.append((row, 0.0))

    # --- solving --------------------------------------------------------------------------------------------------------

    def intervals(self, wanted: list[Cell]) -> dict[Cell, Interval] | None:
        """By cell its interval, if that is at most one wide; None if the equations contradict each other.

        Every point that is found widens the intervals of all cells, so that few cells need programs of their own.
        """
        targets = _matrix([(self.sum_of(cell), 0.0) for cell in wanted], len(self.most))
        whole = np.array([self.traits.is_whole(cell.series) for cell in wanted])
        low, high = np.full(len(wanted), np.inf), np.full(len(wanted), -np.inf)
        random = np.random.default_rng(0)

        def explore(weights: npt.NDArray[np.float64]) -> bool:
            for sign in (1.0, -1.0):
                point = self._extreme(targets.T @ (sign * weights))
                if point is None:
                    return False
                np.minimum(low, targets @ point, out=low)
                np.maximum(high, targets @ point, out=high)
            return True

        def narrow() -> npt.NDArray[np.int64]:
            least, most = np.where(whole, np.ceil(low - _NEAR), low), np.where(whole, np.floor(high + _NEAR), high)
            return np.flatnonzero(most - least <= 1 + _NEAR)

        if not explore(random.uniform(0.1, 1.0, len(wanted))):
            return None
        least, most = self._outer_bounds()
        outer_low, outer_high = targets @ least, targets @ most
        outer_low = np.where(whole, np.ceil(outer_low - _NEAR), outer_low)
        outer_high = np.where(whole, np.floor(outer_high + _NEAR), outer_high)
        by_passing = set(np.flatnonzero(outer_high - outer_low <= 1 + _NEAR).tolist())
        # Numerators are withheld with their sizes, so that the same lines tell both; few of them follow from small totals alone.
        settled = by_passing | {number for number, cell in enumerate(wanted) if cell.series.column == "numerator"}
        while rest := [number for number in narrow() if number not in settled]:
            # The cell itself, and a little of all others that are still narrow, so that each point moves many.
            weights = np.zeros(len(wanted))
            weights[rest] = random.uniform(-1.0, 1.0, len(rest))
            if not explore(weights):
                return None
            if len(left := [number for number in rest if number in set(narrow())]) > _ENOUGH_PROGRESS * len(rest):
                for number in left[:_EACH_ALONE]:
                    alone = np.zeros(len(wanted))
                    alone[number] = 1.0
                    if not explore(alone):
                        return None
                    settled.add(number)
        found = {}
        for number in narrow():
            if wanted[number].series.column == "numerator" and number not in by_passing:
                continue
            if number in by_passing:
                lowest, highest = float(outer_low[number]), float(outer_high[number])
            else:
                lowest, highest = float(low[number]), float(high[number])
            if whole[number]:
                lowest, highest = float(np.ceil(lowest - _NEAR)), float(np.floor(highest + _NEAR))
            found[wanted[number]] = Interval(lowest, highest)
        return found

    def _outer_bounds(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Bounds of the unknowns by passing them on from equation to equation: no tighter than the intervals, and much cheaper."""
        rows = [(row, number, number) for row, number in self.equal] + [(row, -np.inf, number) for row, number in self.at_most]
        matrix = _matrix([(row, 0.0) for row, *_ in rows], len(self.most)).toarray()
        floor, ceiling = (np.array([row[side] for row in rows])[:, None] for side in (1, 2))
        up, down, used = np.maximum(matrix, 0), np.minimum(matrix, 0), matrix != 0
        low, high = np.zeros(len(self.most)), np.array(self.most)
        with np.errstate(divide="ignore", invalid="ignore"):
            for _ in range(_PASSES):
                # What the other unknowns of the row leave for each.
                others_low = (up @ low + down @ high)[:, None] - (up * low + down * high)
                others_high = (up @ high + down @ low)[:, None] - (up * high + down * low)
                one, other = (floor - others_high) / matrix, (ceiling - others_low) / matrix
                is_up = matrix > 0
                lowest = np.where(used, np.where(is_up, one, other), -np.inf).max(axis=0, initial=-np.inf)
                highest = np.where(used, np.where(is_up, other, one), np.inf).min(axis=0, initial=np.inf)
                tighter = np.maximum(low, lowest), np.minimum(high, highest)
                if np.allclose(tighter[0], low) and np.allclose(tighter[1], high):
                    break
                low, high = tighter
        return low, high

    def _extreme(self, costs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64] | None:
        """The point at which the costs are least; None if there is no point."""
        solved = linprog(costs, **self._constraints, bounds=self._bounds, method="highs")
        return solved.x if solved.status == 0 else None

    @cached_property
    def _bounds(self) -> npt.NDArray[np.float64]:
        return np.column_stack([np.zeros(len(self.most)), self.most])

    @cached_property
    def _constraints(self) -> dict[str, object]:
        found: dict[str, object] = {}
        for rows, name in ((self.equal, "eq"), (self.at_most, "ub")):
            if rows:
                found[f"A_{name}"] = _matrix(rows, len(self.most))
                found[f"b_{name}"] = np.array([number for _, number in rows])
        return found


def _matrix(rows: list[tuple[dict[int, float], float]], width: int) -> csr_array:
    places = [(number, unknown, factor) for number, (row, _) in enumerate(rows) for unknown, factor in row.items()]
    numbers, unknowns, factors = zip(*places, strict=True) if places else ((), (), ())
    return csr_array((factors, (numbers, unknowns)), shape=(len(rows), width), dtype=float)


def _same(one: float, other: float) -> bool:
    return abs(one - other) <= _TOLERANCE * max(1.0, abs(one), abs(other))
