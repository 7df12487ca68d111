"""Runs every kind of attack on the released layer of a lake, and judges it against the analysts' layer.

The truth is used for judging only: no attack sees it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.privacy.attack.cells import (
    CUBE_TABLE,
    Cell,
    Layer,
    Series,
    published_runs,
    quarters_of,
    read_layer,
)
from pipeline.privacy.attack.cubes import bounded_cubes, merged_truth
from pipeline.privacy.attack.fractions import denominators
from pipeline.privacy.attack.margins import Assumed, Known, Traits, bounded
from pipeline.privacy.attack.relations import relations
from schemas.expectations.privacy import RELEASED_LAYER
from schemas.expectations.release import SUBJECTS, THINGS

PUBLICATIONS = "another publication"
EQUAL = "equal columns"
SUMS = "a column that is the sum of others"
PERIODS = "differences of periods"
PLACES = "totals and parts"
MARGINS = "periods, totals and parts together"
CUBES = "tables of two attributes"
SHOWN = "longer periods of shown quarters"
NONE_OR_ALL = "conditions of people of unknown number"
FRACTIONS = "an enterprise's value without its parts"
CHANGES = "changes between publications"
READINGS = "how many people other readings of an enterprise count"

KINDS = (PUBLICATIONS, EQUAL, SUMS, PERIODS, PLACES, MARGINS, CUBES, SHOWN, NONE_OR_ALL, FRACTIONS, READINGS, CHANGES)
STATED: Mapping[str, str] = {
    SHOWN: "a later publication withholds a longer period all quarters of which earlier ones showed: it adds nothing to them",
    NONE_OR_ALL: "of the withheld places of a total, people of unknown number, it is known how many have something",
    FRACTIONS: "the value of an enterprise stands because the score rests on it; some values are told by one small number only",
    READINGS: "a reading of an enterprise counts as many people, k or more, as another one, or what two of them differ by, "
    "or as many meet its condition as readers are shown of the indicator itself",
    CHANGES: "who keeps two publications of a quarter sees what was delivered in between",
}
"""What docs/privacy.md says is not covered, by kind. Anything else that is recovered is a fault."""

_NEAR = 1e-6
_ONE = 1 + _NEAR


class Told(NamedTuple):
    """What the attacker says about a withheld number."""

    kind: str
    cell: Cell
    low: float
    high: float
    how: str = ""


class Finding(NamedTuple):
    """What the attacker says, and the truth; None where nobody can tell (a lake without the analysts' layer)."""

    told: Told
    truth: float | None

    @property
    def is_exact(self) -> bool:
        return self.told.high - self.told.low <= _NEAR * max(1.0, abs(self.told.high))

    def __str__(self) -> str:
        series, place, told = self.told.cell.series, self.told.cell.place, self.told
        between = f"{told.low:g}" if self.is_exact else f"{told.low:g} to {told.high:g}"
        where = (
            " ".join((place.enterprise, place.scope_type, place.scope_id))
            if place.scope_id != place.enterprise
            else place.enterprise
        )
        return f"{told.kind}: {series}, {where}, {place.span}: {between}{f' ({told.how})' if told.how else ''}"


@dataclass
class Result:
    """How one kind of attack went: cells tried, recovered exactly, bounded within one."""

    kind: str
    tried: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def recovered(self) -> int:
        return sum(finding.is_exact for finding in self.findings)

    @property
    def bounded(self) -> int:
        return len(self.findings) - self.recovered

    @property
    def is_stated(self) -> bool:
        return self.kind in STATED


def attack(lake: Lake, quarters: list[Quarter] | None = None) -> list[Result]:
    """Attack what is published of the quarters (default: all), superseded publications too; one result per kind of attack."""
    runs = published_runs(lake, quarters)
    return judged(
        [read_layer(folder, quarter) for quarter, folder in runs],
        [
            read_layer(lake.analyst_runs / folder.name, quarter) if (lake.analyst_runs / folder.name).is_dir() else None
            for quarter, folder in runs
        ],
        min((k for _, folder in runs if (k := _k(folder)) is not None), default=1),
    )


def _k(folder: Path) -> int | None:
    """The k that the layer says it has."""
    path = folder / "anonymity.parquet"
    if not path.is_file():
        return None
    found = pl.read_parquet(path).filter(pl.col("kind") == RELEASED_LAYER)["k_required"].drop_nulls()
    return int(found[0]) if len(found) else None


def judged(layers: list[Layer], truths: list[Layer | None], k: int) -> list[Result]:
    """Attack the layers, the newest last, and judge each by its truth. k: the fewest people a shown number is about."""
    truth: dict[Cell, float] = {}
    for layer in truths:
        if layer is not None:
            truth |= {cell: number for cell, number in layer.numbers.items() if number is not None}
    truth |= merged_truth((cell for layer in layers for cell in layer.numbers), truth)
    has_truth = all(layer is not None for layer in truths)
    results = {kind: Result(kind) for kind in KINDS}
    said: set[Cell] = set()
    for kind, tried, told in _attacks(layers, k):
        result = results[kind]
        result.tried += tried
        for each in told:
            if _is_of_reading(each, k):
                each = each._replace(kind=READINGS)
            real = truth.get(each.cell)
            if each.kind != CHANGES:
                if each.cell in said or (has_truth and not _is_right(each, real, truth)):
                    continue
                said.add(each.cell)
            results[each.kind].findings.append(Finding(each, real))
    for result in list(results.values()):
        of_remainder = [finding for finding in result.findings if _is_of_remainder(finding.told, said)]
        result.findings = [finding for finding in result.findings if finding not in of_remainder]
        results[NONE_OR_ALL].findings += [
            finding._replace(told=finding.told._replace(kind=NONE_OR_ALL)) for finding in of_remainder
        ]
    return [results[kind] for kind in KINDS]


def _is_of_reading(told: Told, k: int) -> bool:
    """Whether other columns tell what a reading of an enterprise counts: at least k people, the difference of two, or a numerator.

    A numerator counts who of at least k people meets a condition; as a copy of one that is shown it tells nothing more.
    """
    series = told.cell.series
    is_count = series.table == "indicator_variants" and series.column in (*_SIZES, _NUMERATOR)
    return is_count and (told.kind == SUMS or (told.kind == EQUAL and (told.low >= k or series.column == _NUMERATOR)))


def _is_right(told: Told, real: float | None, truth: Mapping[Cell, float]) -> bool:
    """Whether something is told: the number is within what the attacker says, and it is a number of somebody."""
    if real is None or not told.low - _NEAR <= real <= told.high + _NEAR * max(1.0, abs(told.high)):
        return False
    size = next((truth.get(_beside(told.cell, name)) for name in ("sample_size", "n") if _beside(told.cell, name) in truth), real)
    return bool(size)


def _beside(cell: Cell, column: str) -> Cell:
    return cell._replace(series=cell.series._replace(column=column))


# --- the attacks --------------------------------------------------------------------------------------------------------


def _attacks(layers: list[Layer], k: int) -> Iterator[tuple[str, int, list[Told]]]:
    """(kind, cells tried, what is told) of each attack, in turn; what one tells, the next ones know."""
    known, changes = _joined(layers)
    others = {cell: known.numbers[cell] for cell in known.targets if cell in known.numbers}
    yield PUBLICATIONS, len(known.targets), [Told(PUBLICATIONS, cell, number, number) for cell, number in sorted(others.items())]
    yield CHANGES, len(changes), [each for each in changes if _of_few(each, k)]
    values = _of_same_quarters(known)
    told = _related(values)
    for kind in (EQUAL, SUMS, PERIODS):
        yield kind, len(values.targets - others.keys()), [each for each in told if each.kind == kind]
    yield from _by_margins(known, k)
    of_cubes = [cell for cell in known.targets if cell.series.table == CUBE_TABLE and cell not in known.numbers]
    yield CUBES, len(of_cubes), [Told(CUBES, cell, *interval) for cell, interval in bounded_cubes(known)]


def _joined(layers: list[Layer]) -> tuple[Known, list[Told]]:
    """Everything that the layers show, put together, and the numbers that two publications of a quarter show differently."""
    numbers: dict[Cell, float] = {}
    rows: set[Cell] = set()
    targets: set[Cell] = set()
    changes = []
    outlets: dict[tuple[str, str], str] = {}
    sources: dict[str, tuple[str, ...]] = {}
    for layer in layers:
        for cell, number in layer.numbers.items():
            rows.add(cell)
            if number is None:
                continue
            before = numbers.get(cell)
            if before is not None and abs(before - number) > _NEAR and cell.series in layer.counts and _of_people(cell.series):
                changes.append(Told(CHANGES, cell, number - before, number - before, f"{before:g}, then {number:g}"))
            numbers[cell] = number
        targets |= layer.targets
        outlets |= layer.outlets
        sources |= layer.sources
    counts = frozenset(series for layer in layers for series in layer.counts) - _divisors(numbers)
    return Known(numbers, rows, frozenset(targets), counts, outlets, _nobody(numbers, rows, sources)), changes


def _divisors(numbers: Mapping[Cell, float]) -> set[Series]:
    """Columns that are 1 wherever they are shown count nobody: the value is its own numerator."""
    found: dict[Series, set[float]] = defaultdict(set)
    for cell, number in numbers.items():
        found[cell.series].add(number)
    return {series for series, shown in found.items() if shown <= {0.0, 1.0} and 1.0 in shown and series.column == "denominator"}


def _of_people(series: Series) -> bool:
    return not series.name or SUBJECTS.get(series.name[0]) != THINGS


def _of_few(change: Told, k: int) -> bool:
    return change.cell.series.column in ("sample_size", "n", "respondents") and 0 < abs(change.low) < k


def _nobody(
    numbers: Mapping[Cell, float], rows: Collection[Cell], sources: Mapping[str, tuple[str, ...]]
) -> frozenset[tuple[str, str, str]]:
    """What had no records at all in a quarter, by the counts of counted rows."""
    counted: dict[tuple[str, str], set[str]] = defaultdict(set)
    quarters: set[str] = set()
    for cell in rows:
        quarters |= set(quarters_of(cell.place.span))
        if cell.series.table == "mart_counted_rows" and numbers.get(cell):
            counted[cell.place.enterprise, cell.series.name[0]].add(cell.place.span)
    enterprises = {enterprise for enterprise, _ in counted}
    of = dict(sources) | {"mart_survey_respondents": ("survey_responses",)}
    return frozenset(
        (enterprise, name, quarter)
        for enterprise in enterprises
        for name, tables in of.items()
        for quarter in quarters
        if not any(quarter in counted[enterprise, table] for table in tables)
    )


def _of_same_quarters(known: Known) -> Known:
    """With each number also under other labels of the same quarters (Q1 and its year to date), if no such pair differs."""
    labels: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for cell in known.rows:
        if quarters := quarters_of(cell.place.span):
            labels[quarters].add(cell.place.span)
    same = {span: spans - {span} for spans in labels.values() for span in spans if len(spans) > 1}
    differing: set[Series] = set()
    further: dict[Cell, float] = {}
    for cell, number in known.numbers.items():
        for span in same.get(cell.place.span, ()):
            other = cell._replace(place=cell.place._replace(span=span))
            if other in known.numbers and abs(known.numbers[other] - number) > _NEAR:
                differing.add(cell.series)
            further[other] = number
    kept = {cell: number for cell, number in further.items() if cell.series not in differing and cell in known.rows}
    return replace(known, numbers=kept | dict(known.numbers))


def _related(known: Known) -> list[Told]:
    found = [
        Told(PERIODS, cell, number, number, "the same quarters under another label")
        for cell, number in known.numbers.items()
        if cell in known.targets
    ]
    for relation in relations(known.numbers, known.targets, known.counts):
        how = f"as {' and '.join(map(str, relation.parts))} in {relation.cells} cells"
        kind = EQUAL if len(relation.parts) == 1 else SUMS
        found += [Told(kind, cell, number, number, how) for cell, number in relation.fills.items()]
    return found


def _by_margins(known: Known, k: int) -> Iterator[tuple[str, int, list[Told]]]:
    counted = [
        cell
        for cell in known.targets
        if cell.series in known.counts and cell.series.table != CUBE_TABLE and cell not in known.numbers
    ]
    shown = _of_shown_quarters(known, counted)
    yield SHOWN, len(counted), shown
    known = replace(known, numbers={**{each.cell: each.low for each in shown}, **known.numbers})
    # First what the shown numbers bear out, then what they only do not contradict.
    guesses = [dict(bounded(known, is_bold=is_bold)) for is_bold in (False, True)]
    found = guesses[1] | guesses[0]
    told = []
    for guess, is_bold in zip(guesses, (False, True), strict=True):
        of_guess = replace(known, targets=frozenset(guess))
        by_periods = dict(bounded(of_guess, assumed=Assumed(places=False)))
        by_places = dict(bounded(of_guess, assumed=Assumed(periods=False), is_bold=is_bold))
        for cell, interval in sorted(guess.items()):
            kind = PERIODS if cell in by_periods else PLACES if cell in by_places else MARGINS
            told.append(Told(kind, cell, *interval))
    for kind in (PERIODS, PLACES, MARGINS):
        yield kind, len(counted), [each for each in told if each.kind == kind]
    yield NONE_OR_ALL, sum(cell.series.column == _NUMERATOR for cell in counted), []
    told = _by_values(known, found, k)
    yield FRACTIONS, sum(_value(cell) in known.numbers for cell in counted), told


def _of_shown_quarters(known: Known, counted: list[Cell]) -> list[Told]:
    """Periods of which every quarter with records is shown, by one publication or another."""
    traits = Traits(known)
    told = []
    for cell in sorted(counted):
        quarters = traits.quarters(cell.series, cell.place)
        parts = [known.numbers.get(cell._replace(place=cell.place._replace(span=quarter))) for quarter in quarters]
        if quarters and cell.place.span not in quarters and None not in parts and traits.adds_up(cell.series):
            number = sum(part for part in parts if part is not None)
            told.append(Told(SHOWN, cell, number, number))
    return told


_NUMERATOR, _SIZES = "numerator", ("denominator", "sample_size")


def _is_of_remainder(told: Told, said: Collection[Cell]) -> bool:
    """Whether it is told how many of withheld people have something, few in all of them, while nobody knows how many they are."""
    is_open = not any(_beside(told.cell, size) in said for size in _SIZES)
    return told.kind in (PERIODS, PLACES, MARGINS) and told.cell.series.column == _NUMERATOR and is_open


def _value(cell: Cell) -> Cell:
    return _beside(cell, "value")


def _by_values(known: Known, found: Collection[Cell], k: int) -> list[Told]:
    """What enterprises' values tell: of themselves as fractions of a small number, and of periods as mixtures of others."""
    told = []
    more = dict(bounded(replace(known, targets=known.targets - set(found)), with_values=True))
    traits = Traits(known)
    for cell in sorted(known.targets):
        value = known.numbers.get(_value(cell))
        if cell in more:
            told.append(Told(FRACTIONS, cell, *more[cell], "as a mixture of values"))
        elif value is not None and cell.series.column in (_NUMERATOR, *_SIZES) and cell not in known.numbers:
            series = cell.series
            factor = traits.factor(*(series._replace(column=name) for name in ("value", _NUMERATOR, "denominator")))
            sizes = denominators(value, k - 1, factor or 1.0)
            if len(sizes) == 1:
                number = value / (factor or 1.0) * sizes[0] if series.column == _NUMERATOR else sizes[0]
                told.append(Told(FRACTIONS, cell, number, number, f"{value:g} of fewer than {k}"))
    return told
