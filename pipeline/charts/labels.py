"""Places labels of points so that they cover neither each other nor a point; which have no room are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

# Of a text of 12 pixels: the width of a Chinese and of another character, and the height of a line.
_WIDE, _NARROW, _LINE = 12.0, 6.8, 14.0
_FIRST_WIDE = 0x2E80
_AWAY = 9.0


class Box(NamedTuple):
    """A rectangle in pixels, y downward."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        return self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom


@dataclass(frozen=True)
class Placed:
    """A label at the point from which its text runs: to the right, or to the left if ``is_left``. Its middle is at y."""

    x: float
    y: float
    text: str
    is_left: bool


def text_width(text: str) -> float:
    """The width of a text of 12 pixels, about."""
    return sum(_WIDE if ord(character) >= _FIRST_WIDE else _NARROW for character in text)


def placed(
    wanted: Sequence[tuple[float, float, str]], points: Sequence[tuple[float, float]], width: float, height: float
) -> list[Placed]:
    """Labels of points, the most important first, right of them, left, above or below.

    wanted  x, y and text of the points that should have one, in pixels
    points  all points that no label may cover
    """
    taken = [Box(x - 4, y - 4, x + 4, y + 4) for x, y in points]
    found = []
    for x, y, text in wanted:
        own = Box(x - 4, y - 4, x + 4, y + 4)
        for label, box in _candidates(x, y, text):
            is_inside = box.left >= 0 and box.right <= width and box.top >= 0 and box.bottom <= height
            if is_inside and not any(box.overlaps(other) for other in taken if other != own):
                taken.append(box)
                found.append(label)
                break
    return found


def _candidates(x: float, y: float, text: str) -> list[tuple[Placed, Box]]:
    length, half = text_width(text), _LINE / 2
    made = []
    for down in (0.0, -11.0, 11.0, -18.0, 18.0, -26.0, 26.0):
        away = _AWAY if abs(down) < half + 2 else 3.0
        right, left = x + away, x - away
        made.append((Placed(right, y + down, text, False), Box(right, y + down - half, right + length, y + down + half)))
        made.append((Placed(left, y + down, text, True), Box(left - length, y + down - half, left, y + down + half)))
    return made
