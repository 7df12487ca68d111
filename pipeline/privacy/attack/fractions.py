"""What a value tells of the number of people behind it, if that number is known to be small."""

from __future__ import annotations

from fractions import Fraction

_TOLERANCE = 1e-9


def denominators(value: float, most: int, factor: float = 1.0) -> list[int]:
    """The numbers of people, up to ``most``, of whom a whole number gives the value factor × numerator / denominator.

    By the continued fraction of the value (Hardy and Wright, An Introduction to the Theory of Numbers, ch. 10): a value that
    differs from a fraction with a small denominator by rounding only is that fraction, or one that reduces to it.
    """
    if most < 1 or not factor:
        return []
    ratio = value / factor
    reduced = Fraction(ratio).limit_denominator(most)
    if abs(float(reduced) - ratio) > _TOLERANCE * max(1.0, abs(ratio)):
        return []
    return list(range(reduced.denominator, most + 1, reduced.denominator))
