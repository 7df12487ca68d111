"""Sensitivity indices against published ones."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.analyse.sobol import indices_of, variance_of


def ishigami(x: np.ndarray) -> np.ndarray:
    return np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def taking(first: np.ndarray, second: np.ndarray, *columns: int) -> np.ndarray:
    mixed = first.copy()
    mixed[:, columns] = second[:, columns]
    return mixed


def test_ishigami() -> None:
    """Saltelli et al. 2008, Global Sensitivity Analysis: The Primer, for a = 7, b = 0.1: S and ST of the three inputs."""
    generator = np.random.default_rng(7)
    first, second = (generator.uniform(-np.pi, np.pi, (1 << 16, 3)) for _ in range(2))
    of_first, of_second = ishigami(first), ishigami(second)
    # V = a²/8 + bπ⁴/5 + b²π⁸/18 + 1/2
    assert variance_of(of_first, of_second) == pytest.approx(13.845, rel=0.02)
    for column, (alone, together) in enumerate([(0.3139, 0.5576), (0.4424, 0.4424), (0.0, 0.2437)]):
        found = indices_of(of_first, of_second, ishigami(taking(first, second, column)))
        assert found is not None
        assert (found.first.estimate, found.total.estimate) == pytest.approx((alone, together), abs=0.015)
        assert found.first.low <= alone <= found.first.high
        assert found.total.low <= together <= found.total.high


def test_a_group_of_inputs() -> None:
    """x + 2y + 3z of equal variances: y and z together make (4 + 9)/14 of it, alone as well as with others."""
    generator = np.random.default_rng(3)
    first, second = (generator.normal(size=(1 << 14, 3)) for _ in range(2))
    coefficients = np.array([1.0, 2.0, 3.0])
    found = indices_of(first @ coefficients, second @ coefficients, taking(first, second, 1, 2) @ coefficients)
    assert found is not None
    assert (found.first.estimate, found.total.estimate) == pytest.approx((13 / 14, 13 / 14), abs=0.04)


def test_what_does_not_vary_has_no_indices() -> None:
    same = np.full(10, 95.1)
    assert indices_of(same, same + 1e-13, same) is None


def test_intervals_cover_the_index() -> None:
    """x + y: half each. Of 200 samples of 256 about 95 % have it in their interval."""
    generator = np.random.default_rng(11)
    covered = 0
    for _ in range(200):
        first, second = (generator.normal(size=(256, 2)) for _ in range(2))
        found = indices_of(first.sum(axis=1), second.sum(axis=1), taking(first, second, 0).sum(axis=1))
        assert found is not None
        covered += found.total.low <= 0.5 <= found.total.high
    assert 180 <= covered <= 200
