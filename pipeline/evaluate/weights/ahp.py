"""The analytic hierarchy process: priorities from pairwise judgements, their consistency, and group aggregation.

Pure matrix arithmetic; which experts and rounds count is decided in ``panel.py``, the standard's ranges in
``weight_set.py``.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pipeline.errors import DataRefused, UsageError

Matrix = NDArray[np.float64]
Vector = NDArray[np.float64]

# Saaty's fundamental scale: 1 equal … 9 extreme importance, and the reciprocals (Saaty 1980, ch. 3).
SCALE_MAXIMUM = 9.0
# Experts write reciprocals with two decimals (1/3 as 0.33, 1/7 as 0.14, 1/9 as 0.11): values within half a unit of the second
# decimal are the same judgement; the addend allows for the binary form of decimals. The closest different judgements, 1/8 and
# 1/9, are 0.0139 apart.
RECIPROCAL_ROUNDING = 0.005 + 1e-9
# In a reciprocal matrix an element and its mirror multiply to 1 within this.
RECIPROCITY_TOLERANCE = 1e-9
# λ_max is rounded before the order is subtracted: its last bits depend on the linear-algebra library, and the small difference
# would carry them into the digits that are compared and published.
_EIGENVALUE_DECIMALS = 9


@dataclass(frozen=True)
class RandomIndex:
    """Mean consistency index of random reciprocal matrices by their order n, with the publication it comes from."""

    name: str
    source: str
    values: Mapping[int, float]

    def value(self, order: int) -> float:
        """The index of matrices of an order; raises UsageError beyond the published table (nothing is extrapolated)."""
        if order not in self.values:
            raise UsageError(f"'{self.name}' is published for {min(self.values)} to {max(self.values)} items, not {order}")
        return self.values[order]


def _table(name: str, source: str, *from_order_three: float) -> RandomIndex:
    values = {1: 0.0, 2: 0.0} | dict(enumerate(from_order_three, start=3))
    return RandomIndex(name, source, MappingProxyType(values))


RANDOM_INDICES: Mapping[str, RandomIndex] = MappingProxyType(
    {
        index.name: index
        for index in (
            # The table of Chinese textbooks; 12 (1.48) is below 11 (1.51) in the original, a rough simulation.
            _table(
                "saaty_1980",
                "Saaty, T. L. (1980) The Analytic Hierarchy Process, McGraw-Hill, p. 21",
                *(0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49, 1.51, 1.48, 1.56, 1.57, 1.59),
            ),
            # Same figures: Saaty (2005) Theory and Applications of the Analytic Network Process, p. 31.
            _table(
                "saaty_2007",
                "Saaty, T. L., Tran, L. T. (2007) Mathematical and Computer Modelling 46(7-8), 962-975",
                *(0.52, 0.89, 1.11, 1.25, 1.35, 1.40, 1.45, 1.49, 1.52, 1.54, 1.56, 1.58, 1.59),
            ),
            # Taken from the open-source library AHPy (d818996), which cites the paper; not checked against the paper.
            _table(
                "donegan_dodd_1991",
                "Donegan, H. A., Dodd, F. J. (1991) Mathematical and Computer Modelling 15(10), 135-137, as in AHPy",
                *(
                    0.4914,
                    0.8286,
                    1.0591,
                    1.1797,
                    1.2519,
                    1.3171,
                    1.3733,
                    1.4055,
                    1.4213,
                    1.4497,
                    1.4643,
                    1.4822,
                    1.4969,
                ),
            ),
        )
    }
)


class JudgementsRefused(DataRefused):
    """Judgements that do not form a matrix; ``codes`` gives each problem as ``code:items``, so reports can reword it."""

    def __init__(self, message: str, codes: Sequence[str]) -> None:
        super().__init__(message)
        self.codes = tuple(codes)


@dataclass(frozen=True)
class Judgement:
    """How many times the left item matters as much as the right one (Saaty scale, 1/9 to 9)."""

    left: str
    right: str
    ratio: float


@dataclass(frozen=True)
class Consistency:
    """How far a matrix is from transitive: λ_max ≥ n, CI = (λ_max − n)/(n − 1), CR = CI/RI (0 for n ≤ 2)."""

    order: int
    lambda_max: float
    index: float
    ratio: float
    random_index: str


def random_index(name: str) -> RandomIndex:
    """The published table of that name; raises UsageError for an unknown name."""
    if name not in RANDOM_INDICES:
        raise UsageError(f"'{name}' is not a random-index table: use one of {', '.join(RANDOM_INDICES)}")
    return RANDOM_INDICES[name]


def pairwise_matrix(judgements: Iterable[Judgement], items: Sequence[str], *, origin: str = "judgements") -> Matrix:
    """Build the reciprocal n × n matrix of the items, in their order.

    Each unordered pair must be judged once; a pair judged in both directions must be reciprocal within the rounding of
    two decimals, and the direction written as ≥ 1 counts because it is exact.

    origin   names expert, round and parent in messages, e.g. "expert E1, round 2, parent ALL"
    Raises JudgementsRefused that lists every missing, unknown, contradictory or off-scale pair.
    """
    position = {item: index for index, item in enumerate(items)}
    if len(position) != len(items):
        raise DataRefused(f"{origin}: the items to compare are not distinct: {', '.join(items)}")
    given: dict[tuple[str, str], float] = {}
    problems: list[str] = []
    codes: list[str] = []

    def problem(code: str, left: str, right: str, said: str) -> None:
        problems.append(f"pair {left} : {right}: {said}")
        codes.append(f"{code}:{left}|{right}")

    for judgement in judgements:
        left, right = pair = (judgement.left, judgement.right)
        foreign = [item for item in pair if item not in position]
        if foreign:
            problem("foreign_item", left, right, f"{', '.join(foreign)} is not one of {', '.join(items)}")
        elif left == right:
            problem("compared_with_itself", left, right, "an item is compared with itself")
        elif pair in given:
            problem("judged_twice", left, right, "judged twice")
        elif not _on_scale(judgement.ratio):
            problem("off_scale", left, right, f"ratio {judgement.ratio!r} is not on Saaty's scale of 1/9 to 9")
        else:
            given[pair] = float(judgement.ratio)

    matrix = np.ones((len(items), len(items)))
    for left, right in itertools.combinations(items, 2):
        forward, backward = given.get((left, right)), given.get((right, left))
        if forward is None and backward is None:
            problem("not_judged", left, right, "not judged")
            continue
        if forward is not None and backward is not None and not _are_reciprocal(forward, backward):
            problem("not_reciprocal", left, right, f"{forward:g} and the reverse {backward:g} are not reciprocal")
            continue
        ratio = _exact_direction(forward, backward)
        matrix[position[left], position[right]] = ratio
        matrix[position[right], position[left]] = 1 / ratio
    if problems:
        raise JudgementsRefused(f"{origin}: " + "; ".join(problems), codes)
    return matrix


def _on_scale(ratio: float) -> bool:
    return 1 / SCALE_MAXIMUM - RECIPROCAL_ROUNDING <= ratio <= SCALE_MAXIMUM + RECIPROCAL_ROUNDING


def _are_reciprocal(forward: float, backward: float) -> bool:
    exact, rounded = max(forward, backward), min(forward, backward)
    return abs(rounded - 1 / exact) <= RECIPROCAL_ROUNDING


def _exact_direction(forward: float | None, backward: float | None) -> float:
    if backward is None or (forward is not None and forward >= 1):
        assert forward is not None
        return forward
    return 1 / backward


def check_matrix(matrix: ArrayLike, *, origin: str = "matrix") -> Matrix:
    """The matrix as floats; raises DataRefused unless it is square, positive and reciprocal (1 on the diagonal)."""
    checked = np.asarray(matrix, dtype=np.float64)
    if checked.ndim != 2 or checked.shape[0] != checked.shape[1] or checked.shape[0] == 0:
        raise DataRefused(f"{origin}: a pairwise matrix must be square, this one is {' × '.join(map(str, checked.shape))}")
    if not np.all(np.isfinite(checked)) or np.any(checked <= 0):
        raise DataRefused(f"{origin}: every element of a pairwise matrix must be a positive number")
    off = np.abs(checked * checked.T - 1)
    if off.max() > RECIPROCITY_TOLERANCE:
        row, column = (int(i) for i in np.unravel_index(int(off.argmax()), off.shape))
        raise DataRefused(f"{origin}: elements ({row + 1}, {column + 1}) and ({column + 1}, {row + 1}) are not reciprocal")
    return checked


def eigenvector_priorities(matrix: Matrix) -> Vector:
    """The normalised principal right eigenvector (Saaty 1980), shape (n,)."""
    return _principal(matrix)[1]


def geometric_mean_priorities(matrix: Matrix) -> Vector:
    """Normalised geometric means of the rows (方根法; Crawford and Williams 1985), shape (n,)."""
    return _normalised(np.exp(np.log(matrix).mean(axis=1)))


def column_normalised_priorities(matrix: Matrix) -> Vector:
    """Row means after scaling the columns to sum 1 (和积法), shape (n,)."""
    return (matrix / matrix.sum(axis=0)).mean(axis=1)


PRIORITY_METHODS = MappingProxyType(
    {
        "eigenvector": eigenvector_priorities,
        "geometric_mean": geometric_mean_priorities,
        "column_normalised": column_normalised_priorities,
    }
)


def priorities(matrix: ArrayLike, method: str = "eigenvector") -> Vector:
    """Weights of the items, shape (n,), sum 1, by one of PRIORITY_METHODS; raises UsageError for an unknown method."""
    if method not in PRIORITY_METHODS:
        raise UsageError(f"'{method}' is not a priority method: use one of {', '.join(PRIORITY_METHODS)}")
    return PRIORITY_METHODS[method](check_matrix(matrix))


def lambda_max(matrix: ArrayLike, weights: ArrayLike | None = None) -> float:
    """The principal eigenvalue; with weights, the textbook estimate mean((A·w)ᵢ / wᵢ) for 方根法 and 和积法."""
    checked = check_matrix(matrix)
    if weights is None:
        return _principal(checked)[0]
    vector = np.asarray(weights, dtype=np.float64)
    return float(np.mean(checked @ vector / vector))


def consistency(matrix: ArrayLike, index: str = "saaty_1980", weights: ArrayLike | None = None) -> Consistency:
    """λ_max, CI and CR of a matrix against a named random-index table.

    With weights, λ_max is the textbook estimate (see lambda_max). CR is 0 for one or two items, which cannot contradict
    each other. Raises UsageError for an unknown table or an order beyond it.
    """
    checked = check_matrix(matrix)
    order = len(checked)
    if order <= 2:
        return Consistency(order, float(order), 0.0, 0.0, random_index(index).name)
    # λ_max ≥ n for every reciprocal matrix; the library may put a consistent one slightly below.
    largest = max(round(lambda_max(checked, weights), _EIGENVALUE_DECIMALS), float(order))
    deviation = (largest - order) / (order - 1)
    return Consistency(order, largest, deviation, deviation / random_index(index).value(order), index)


def aggregate_judgements(matrices: ArrayLike, weights: ArrayLike | None = None) -> Matrix:
    """The group's matrix: element-wise (weighted) geometric mean, which keeps reciprocity (Aczél and Saaty 1983).

    matrices   shape (m experts, n, n); weights   shape (m,), positive, need not sum to 1
    """
    stack = np.asarray(matrices, dtype=np.float64)
    return np.exp(np.tensordot(_shares(weights, len(stack)), np.log(stack), axes=1))


def aggregate_priorities(vectors: ArrayLike, weights: ArrayLike | None = None) -> Vector:
    """The group's weights from individual weight vectors (AIP): normalised (weighted) geometric mean, shape (n,).

    Aggregating judgements and aggregating priorities agree exactly for row geometric means and closely for eigenvectors
    of consistent experts (Forman and Peniwati 1998): a large gap means that the experts do not agree as a group.
    """
    stack = np.asarray(vectors, dtype=np.float64)
    return _normalised(np.exp(_shares(weights, len(stack)) @ np.log(stack)))


def geometric_dispersion(matrices: ArrayLike, weights: ArrayLike | None = None) -> Matrix:
    """Geometric standard deviation of the experts' judgements of each pair, shape (n, n).

    1 is unanimous, 2 a typical scatter by a factor of 2. Unbiased for reliability weights (m − 1 in the divisor when the
    weights are equal); NaN with fewer than two experts.
    """
    logs = np.log(np.asarray(matrices, dtype=np.float64))
    shares = _shares(weights, len(logs))
    freedom = 1 - float(np.sum(shares**2))
    if len(logs) < 2 or freedom <= 0:
        return np.full(logs.shape[1:], np.nan)
    centre = np.tensordot(shares, logs, axes=1)
    return np.exp(np.sqrt(np.tensordot(shares, (logs - centre) ** 2, axes=1) / freedom))


def _principal(matrix: Matrix) -> tuple[float, Vector]:
    values, vectors = np.linalg.eig(matrix)
    # Perron: the largest eigenvalue of a positive matrix is real with a positive eigenvector.
    largest = int(np.argmax(values.real))
    return float(values[largest].real), _normalised(np.abs(vectors[:, largest].real))


def _normalised(vector: Vector) -> Vector:
    return vector / vector.sum()


def _shares(weights: ArrayLike | None, count: int) -> Vector:
    if count == 0:
        raise DataRefused("a group needs at least one expert")
    shares = np.ones(count) if weights is None else np.asarray(weights, dtype=np.float64)
    if shares.shape != (count,) or not np.all(np.isfinite(shares)) or np.any(shares <= 0):
        raise UsageError("expert weights must be positive numbers, one per expert")
    return _normalised(shares)
