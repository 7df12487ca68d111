"""Survey weights that match a sample of responses to its population by region and channel.

Post-stratified where the full table of cells is known, raked where only its margins are. Pure functions of counts;
``weighting.py`` applies the weights, ``survey_files.py`` reads the population files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from pipeline.settings.survey_files import BY_CHANNEL, BY_REGION, CELLS, RAKED, Cell, Population

# Relative tolerance at which a margin is met. If the fit has not converged after this many rounds, its pattern of empty
# cells cannot be fitted by any weights (Deming and Stephan 1940; Bishop, Fienberg and Holland 1975).
_RAKED = 1e-12
_RAKING_ROUNDS = 10_000


@dataclass(frozen=True)
class Weighting:
    """The weights of one sample and their cost in precision.

    weights             by cell of the sample; a response outside the population weighs 1, the mean
    strata              by cell of the sample: the number of its merged cell, −1 outside the population
    cells               non-empty cells of the population; for raking, regions + channels
    merged              how many of these were merged because they had too few or no responses
    outside             responses outside the population
    capped              responses whose weight was cut to the cap
    largest_difference  between the shares of a merged cell in sample and population, 0–1; for raking, of a margin
    design_effect       n·Σw² ÷ (Σw)² (Kish 1965), 1 with equal weights
    effective_n         (Σw)² ÷ Σw²
    """

    method: str
    weights: Mapping[Cell, float]
    strata: Mapping[Cell, int]
    cells: int
    merged: int
    outside: int
    capped: int
    largest_difference: float
    design_effect: float
    effective_n: float


def weigh(sample: Mapping[Cell, int], population: Population, minimum: int, cap: float) -> Weighting | None:
    """Weights of the responses of a survey round, mean 1 over those inside the population.

    None if no response is in the population, or if no weights meet the raked margins.

    sample      responses by region and channel; '' if a response names none
    minimum     cells with fewer responses are merged with others, smallest first, within their region if possible
    cap         the largest weight, at least 1: the excess is cut and given to the others

    With N_h of N people and n_h of n responses in a cell, w = (N_h/N) ÷ (n_h/n). Raises ValueError for a cap below 1.
    """
    if cap < 1:
        raise ValueError("the cap must be at least 1, the mean weight")
    method = population.method
    known = {cell: size for cell, size in population.cells.items() if size > 0}
    inside = {cell: n for cell, n in sample.items() if n > 0 and _is_inside(cell, known, method)}
    if not inside:
        return None
    weighed = _raked(inside, known, minimum) if method == RAKED else _post_stratified(inside, known, method, minimum)
    if weighed is None:
        return None
    weights, strata, cells, merged, difference = weighed
    order = sorted(inside)
    counts = np.array([inside[cell] for cell in order], dtype=np.float64)
    cut, is_capped = _capped(counts, np.array([weights[cell] for cell in order]), cap)
    final = dict.fromkeys(sample, 1.0) | dict(zip(order, cut.tolist(), strict=True))
    effect, effective = design_effect([sample[cell] for cell in sample], [final[cell] for cell in sample])
    return Weighting(
        method=method,
        weights=final,
        strata={cell: strata.get(cell, -1) for cell in sample},
        cells=cells,
        merged=merged,
        outside=sum(sample.values()) - sum(inside.values()),
        capped=int(counts[is_capped].sum()),
        largest_difference=difference,
        design_effect=effect,
        effective_n=effective,
    )


def design_effect(counts: Sequence[int], weights: Sequence[float]) -> tuple[float, float]:
    """Kish's design effect n·Σw² ÷ (Σw)² and the effective n, n ÷ that; counts[i] responses have weights[i]."""
    n, w = np.asarray(counts, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    total, squares = float(n @ w), float(n @ w**2)
    return float(n.sum()) * squares / total**2, total**2 / squares


def rake(table: NDArray[np.float64], rows: NDArray[np.float64], columns: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Iterative proportional fitting: a table with the given row and column totals and the odds ratios of ``table``.

    Shape as given; None if no such table exists (the totals contradict its pattern of zeros).
    """
    fitted = table.astype(np.float64)
    for _ in range(_RAKING_ROUNDS):
        with np.errstate(divide="ignore", invalid="ignore"):
            fitted = fitted * np.nan_to_num(rows / fitted.sum(axis=1))[:, None]
            fitted = fitted * np.nan_to_num(columns / fitted.sum(axis=0))[None, :]
        if np.allclose(fitted.sum(axis=1), rows, rtol=_RAKED, atol=0):
            return fitted
    return None


_Weighed = tuple[dict[Cell, float], dict[Cell, int], int, int, float]


def _post_stratified(inside: Mapping[Cell, int], known: Mapping[Cell, int], method: str, minimum: int) -> _Weighed:
    counts = dict.fromkeys(known, 0)
    for cell, n in inside.items():
        counts[_key(cell, method)] += n
    groups = _merged(counts, minimum)
    people, responses = sum(known.values()), sum(counts.values())
    weights, strata, difference = {}, {}, 0.0
    for number, group in enumerate(groups):
        share = sum(known[key] for key in group) / people
        of_sample = sum(counts[key] for key in group) / responses
        difference = max(difference, abs(of_sample - share))
        for cell in inside:
            if _key(cell, method) in group:
                weights[cell], strata[cell] = share / of_sample, number
    return weights, strata, len(known), _merged_count(groups), difference


def _raked(inside: Mapping[Cell, int], known: Mapping[Cell, int], minimum: int) -> _Weighed | None:
    groups, shares, places, difference = [], [], [], 0.0
    responses = sum(inside.values())
    for side in (0, 1):
        sizes = {cell: size for cell, size in known.items() if cell[side]}
        counts = {key: sum(n for cell, n in inside.items() if cell[side] == key[side]) for key in sizes}
        # Regions are merged with regions, channels with channels.
        own = _merged(counts, minimum, within_region=False)
        people = sum(sizes.values())
        of_people = np.array([sum(sizes[key] for key in group) for group in own]) / people
        of_sample = np.array([sum(counts[key] for key in group) for group in own]) / responses
        difference = max(difference, float(np.abs(of_people - of_sample).max()))
        groups.append(own)
        shares.append(of_people)
        places.append({key[side]: number for number, group in enumerate(own) for key in group})
    table = np.zeros((len(groups[0]), len(groups[1])))
    for (region, channel), n in inside.items():
        table[places[0][region], places[1][channel]] += n
    fitted = rake(table, shares[0] * responses, shares[1] * responses)
    if fitted is None:
        return None
    weights, strata = {}, {}
    for cell in inside:
        place = places[0][cell[0]], places[1][cell[1]]
        weights[cell] = float(fitted[place] / table[place])
        strata[cell] = place[0] * table.shape[1] + place[1]
    return weights, strata, len(known), sum(map(_merged_count, groups)), difference


def _key(cell: Cell, method: str) -> Cell:
    """The population cell of a sample cell."""
    region, channel = cell
    return {CELLS: cell, BY_REGION: (region, ""), BY_CHANNEL: ("", channel)}[method]


def _is_inside(cell: Cell, known: Mapping[Cell, int], method: str) -> bool:
    if method == RAKED:
        return (cell[0], "") in known and ("", cell[1]) in known
    return _key(cell, method) in known


def _merged(counts: Mapping[Cell, int], minimum: int, within_region: bool = True) -> list[list[Cell]]:
    """Groups of cells with at least ``minimum`` responses each (and at least one), or one group of all.

    The two smallest cells of a region are merged until none is too small; a region that is too small as a whole is merged with
    the next larger one as a whole (D-70). Ties: first by code.
    """
    least = max(minimum, 1)
    regions: dict[str, list[list[Cell]]] = {}
    for cell in sorted(counts):
        regions.setdefault(cell[0] if within_region else "", []).append([cell])
    parts = {name: _without_small(own, counts, least) for name, own in regions.items()}
    whole = {name: sorted(chain.from_iterable(own)) for name, own in parts.items()}
    merged = _without_small(list(whole.values()), counts, least)
    groups: list[list[Cell]] = []
    for region in merged:
        own = next((name for name, cells in whole.items() if cells == region), None)
        groups += [region] if own is None else parts[own]
    return sorted(groups)


def _without_small(groups: list[list[Cell]], counts: Mapping[Cell, int], least: int) -> list[list[Cell]]:
    def size(group: list[Cell]) -> tuple[int, list[Cell]]:
        return sum(counts[cell] for cell in group), group

    groups = sorted(groups, key=size)
    while len(groups) > 1 and size(groups[0])[0] < least:
        groups = sorted([sorted(groups[0] + groups[1]), *groups[2:]], key=size)
    return groups


def _merged_count(groups: list[list[Cell]]) -> int:
    return sum(len(group) for group in groups if len(group) > 1)


def _capped(counts: NDArray[np.float64], weights: NDArray[np.float64], cap: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Cut weights of mean 1 to the cap and raise the rest in proportion so that the mean stays 1; also which were cut."""
    weights, is_capped = weights.copy(), np.zeros(len(weights), dtype=np.bool_)
    # A weight above the cap only by rounding is not cut.
    while np.any(above := ~is_capped & (weights > cap * (1 + 1e-9))):
        is_capped |= above
        rest = ~is_capped
        weights[is_capped] = cap
        if rest.any():
            weights[rest] *= (counts.sum() - cap * counts[is_capped].sum()) / (counts[rest] @ weights[rest])
    return weights, is_capped
