"""Which quasi-identifiers each record must give up for k-anonymity and l-diversity, on numbered values.

Arrays in, arrays out; tables, columns and SQL are in ``anonymity.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.signedinteger]
Flags = npt.NDArray[np.bool_]

_LARGEST_KEY = 2**62

ABSENT = -1
"""Code of an absent sensitive value."""

LEFT_OUT = -1
"""Level of a row that no class can hide."""


@dataclass(frozen=True)
class Recoding:
    """``levels``: how many quasi-identifiers a row gives up, in the declared order; LEFT_OUT: it is not published.

    ``classes``: rows of one class have one number, ascending with the values. ``hidden``: for each sensitive column, the rows that
    withhold it.
    """

    levels: npt.NDArray[np.int8]
    classes: npt.NDArray[np.int64]
    hidden: tuple[Flags, ...]


def recode(groups: Sequence[Codes], values: Sequence[Codes], sensitive: Sequence[Codes], k: int, diversity: int) -> Recoding:
    """Local recoding: rows of classes that are large and diverse enough stay; the others give up the next value.

    groups     at least one column; rows that differ in any of them are never in one class. Codes are 0, 1, 2 …
    values     one column per quasi-identifier, in the order in which they are given up; equal codes are equal values
    sensitive  one column each; a class is diverse with at least ``diversity`` different values or with none at all

    At each level the open rows are classed by their remaining values, apart from the rows that stayed. Open rows at the end form
    one class per group. With fewer than k rows it is joined by the class that gave up most (among these the smallest, then the
    first by its values); if there is none, it is left out. If a group, or that last class, has too few different sensitive
    values, they are withheld. The order of the rows does not matter.
    """
    order = _order([*groups, *reversed(values)])
    hidden = [np.zeros(len(order), dtype=bool) for _ in sensitive]
    shown = [column[order].copy() for column in sensitive]
    # Rows that agree in the groups, and in the groups and the last, the last two … values
    runs = _runs(len(order), (column[order] for column in (*groups, *reversed(values))))[len(groups) - 1 :]
    everything = np.ones(len(order), dtype=bool)
    for column, flags in zip(shown, hidden, strict=True):
        uniform = ~_diverse(runs[0], column, everything, diversity)[runs[0]] & (column != ABSENT)
        flags |= uniform
        column[uniform] = ABSENT

    levels = np.full(len(order), LEFT_OUT, dtype=np.int8)
    steps = len(values)
    for level in range(steps + 1):
        run = runs[steps - level]
        is_open = levels == LEFT_OUT
        enough = np.bincount(run, weights=is_open) >= k
        for column in shown:
            enough &= _diverse(run, column, is_open, diversity)
        levels[is_open & enough[run]] = level

    _settle_the_rest(levels, runs, steps, k)
    last = levels == steps
    for column, flags in zip(shown, hidden, strict=True):
        flags |= last & ~_diverse(runs[0], column, last, diversity)[runs[0]] & (column != ABSENT)

    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    return Recoding(levels[back], _class_numbers(levels, runs, steps)[back], tuple(flags[back] for flags in hidden))


def _order(columns: Sequence[Codes]) -> npt.NDArray[np.int64]:
    """The positions of the rows sorted by the columns, the first column first."""
    # Packs columns into as few numbers as possible: sorting by one is several times as fast as by ten.
    keys: list[npt.NDArray[np.int64]] = []
    span = 1
    for column in columns:
        size = int(column.max(initial=0)) + 1
        if not keys or span * size > _LARGEST_KEY:
            keys.append(column.astype(np.int64))
            span = size
        else:
            keys[-1] = keys[-1] * size + column
            span *= size
    return np.lexsort(keys[::-1])


def _runs(rows: int, digits: Iterable[Codes]) -> list[npt.NDArray[np.int32]]:
    """For sorted rows, the number of the run of rows that agree in the first 1, 2, 3 … columns."""
    found = []
    starts = np.zeros(rows, dtype=bool)
    for column in digits:
        starts[1:] |= column[1:] != column[:-1]
        found.append(np.cumsum(starts, dtype=np.int32))
    return found


def _diverse(run: npt.NDArray[np.int32], column: Codes, counted: Flags, diversity: int) -> Flags:
    """For each run: whether its counted rows have at least that many different values of the column, or none at all."""
    there = counted & (column != ABSENT)
    # A pair as one number: sorting pairs takes ten times as long.
    size = int(column.max(initial=0)) + 1
    pairs = run[there].astype(np.int64)
    pairs *= size
    pairs += column[there]
    different = np.bincount(np.unique(pairs) // size, minlength=int(run[-1]) + 1 if len(run) else 0)
    return np.asarray((different == 0) | (different >= diversity))


def _settle_the_rest(levels: npt.NDArray[np.int8], runs: Sequence[npt.NDArray[np.int32]], steps: int, k: int) -> None:
    """Give open rows their last level if they are at least k or find a class to join; the others stay LEFT_OUT."""
    group = runs[0]
    remaining = np.bincount(group, weights=levels == LEFT_OUT)
    for each in np.flatnonzero(remaining):
        members = np.flatnonzero(group == each)
        if remaining[each] < k:
            helper = next(_smallest_classes(levels[members], [run[members] for run in runs], steps), None)
            if helper is None:
                continue
            levels[members[helper]] = steps
        levels[members[levels[members] == LEFT_OUT]] = steps


def _smallest_classes(levels: npt.NDArray[np.int8], runs: Sequence[npt.NDArray[np.int32]], steps: int) -> Iterator[Flags]:
    """The rows of a group's classes: the most generalised first, among these the smallest, then the first."""
    for level in range(steps, LEFT_OUT, -1):
        at_level = levels == level
        numbers, counts = np.unique(runs[steps - level][at_level], return_counts=True)
        for number in numbers[np.argsort(counts, kind="stable")]:
            yield at_level & (runs[steps - level] == number)


def _class_numbers(levels: npt.NDArray[np.int8], runs: Sequence[npt.NDArray[np.int32]], steps: int) -> npt.NDArray[np.int64]:
    """One number per class: the position of its run among all possible runs, level by level."""
    numbers = np.full(len(levels), LEFT_OUT, dtype=np.int64)
    first = 0
    for level in range(steps, LEFT_OUT, -1):
        run = runs[steps - level]
        numbers[levels == level] = run[levels == level].astype(np.int64) + first
        first += int(run[-1]) + 1 if len(run) else 0
    return numbers
