"""Agreement of the experts within one Delphi round: Kendall's coefficient of concordance W.

Only the statistic; rounds and experts are in ``panel.py``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

# Priorities that differ only by the rounding of an eigenvector are tied.
TIE_DECIMALS = 9


@dataclass(frozen=True)
class Concordance:
    """Kendall's W (0 no agreement … 1 unanimous) with χ² = m(n − 1)W on n − 1 degrees of freedom.

    The χ² approximation is rough for few experts and items (m < 7 or so): rely on W, take p as an indication.
    """

    w: float
    chi_square: float
    p_value: float
    experts: int
    items: int


def average_ranks(values: ArrayLike) -> NDArray[np.float64]:
    """Ranks 1 … n within each row, ties sharing their mean rank; shape as given, (m, n)."""
    rounded = np.round(np.asarray(values, dtype=np.float64), TIE_DECIMALS)
    smaller = (rounded[:, None, :] < rounded[:, :, None]).sum(axis=2)
    equal = (rounded[:, None, :] == rounded[:, :, None]).sum(axis=2)
    return smaller + (equal + 1) / 2


def kendalls_w(values: ArrayLike) -> Concordance | None:
    """Concordance of m experts on n items, corrected for ties (Kendall and Smith 1939; Siegel 1956, 9.5).

    values   shape (m, n): each expert's value of each item, on any scale that rises with importance
    None if W is undefined: fewer than two experts or two items, or every expert ties all items.
    """
    matrix = np.asarray(values, dtype=np.float64)
    if matrix.ndim != 2 or min(matrix.shape) < 2:
        return None
    experts, items = matrix.shape
    ranks = average_ranks(matrix)
    # A group of t tied items contributes t³ − t, that is t² − 1 per item.
    tied = (ranks[:, None, :] == ranks[:, :, None]).sum(axis=2)
    ties = int((tied**2 - 1).sum())
    spread = float(((ranks.sum(axis=0) - experts * (items + 1) / 2) ** 2).sum())
    possible = experts**2 * (items**3 - items) - experts * ties
    if possible <= 0:
        return None
    w = 12 * spread / possible
    chi_square = experts * (items - 1) * w
    # Nine digits: the last bits of the tail probability depend on the library's version.
    p_value = float(format(chdtrc(items - 1, chi_square), ".9g"))
    return Concordance(w, chi_square, p_value, experts, items)
