"""How content customers are with a request: with its timeliness, its resolution and the attitude of staff.

Surveys ask for it, complaints come from its lack. Texts are in ``grammar``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.sample.draws import Floats, Ints
from pipeline.sample.requests import Requests

TIMELINESS, RESOLUTION, ATTITUDE = range(3)
WEIGHTS = (0.15, 0.24, 0.3)
"""Points of overall satisfaction per standard deviation of each aspect."""
EXPECTED_CORRELATIONS = {"response_time": -0.255, "solved_at_once": 0.17, "attitude_item": 0.275}
"""Of overall satisfaction (S01), on average over many samples: Spearman with the response time, and Pearson with
whether the request was solved in one contact and with the rating of staff's attitude (S07)."""


@dataclass(frozen=True)
class Contentment:
    """Of each of some customers: standardised contentment by aspect (rows × 3)."""

    aspects: Floats

    @property
    def overall(self) -> Floats:
        """The weighted sum of the aspects, in points of a five-point scale around 0."""
        return np.asarray(self.aspects @ np.array(WEIGHTS))


def contentment(rng: np.random.Generator, requests: Requests, rows: Ints) -> Contentment:
    """The contentment of those who made the requests at the given positions.

    A slow response costs timeliness and some attitude, a slow resolution timeliness and resolution, a second contact resolution.
    The aspects are correlated by that. Times count by rank among the rows, so that their distribution does not matter.
    """
    slow = _standardised_ranks(requests.responded[rows] - requests.requested[rows])
    long = _standardised_ranks(requests.resolved[rows] - requests.responded[rows])
    held = requests.held[rows].astype(np.float64)
    held = (held - held.mean()) / max(float(held.std()), 0.1) if len(rows) else held
    own = rng.standard_normal((len(rows), 3))
    return Contentment(
        np.column_stack(
            [
                -0.6 * slow - 0.15 * long + 0.76 * own[:, TIMELINESS],
                0.5 * held - 0.25 * long + 0.82 * own[:, RESOLUTION],
                -0.25 * slow + 0.96 * own[:, ATTITUDE],
            ]
        )
    )


def _standardised_ranks(durations: np.ndarray) -> Floats:
    """Ranks with mean 0 and standard deviation 1; a duration not known comes last."""
    count = len(durations)
    ranks = np.empty(count)
    ranks[np.argsort(durations, kind="stable")] = np.arange(count)
    return np.asarray((ranks - (count - 1) / 2) / max(count / 12**0.5, 1.0))
