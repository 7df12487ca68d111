"""Places labels of points so that they cover neither each other nor a point; which have no room are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

# Of a text of 12 pixels: the width of a Chinese and of another character, and the height of a line.
_WIDE, _NARROW, _LINE = 12.0, 6.8, 14.0
_FIRST_WIDE = 0x2E80
_AWAY = 4.0


class Box(NamedTuple):
    """A rectangle in pixels, y downward."""

    left: float
    top: float
    right: float
    bottom: float

    def overlaps(self, other: Box) -> bool:
        return self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom


class Mark(NamedTuple):
    """A mark on the drawing: its middle and its radius."""

    x: float
    y: float
    radius: float


class Wanted(NamedTuple):
    """A mark that should have a label: its texts, of which the first that has room is taken."""

    mark: Mark
    texts: tuple[str, ...]


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


def placed(wanted: Sequence[Wanted], marks: Sequence[Mark], width: float, height: float) -> list[Placed]:
    """Labels of marks, the most important first, right of them, left, above or below. Sizes are pixels.

    marks  all marks that no label may cover
    """
    taken = [_around(mark) for mark in marks]
    found = []
    for mark, texts in wanted:
        own = _around(mark)
        for label, box in (each for text in texts for each in _candidates(mark, text)):
            is_inside = box.left >= 0 and box.right <= width and box.top >= 0 and box.bottom <= height
            if is_inside and not any(box.overlaps(other) for other in taken if other != own):
                taken.append(box)
                found.append(label)
                break
    return found


def _around(mark: Mark) -> Box:
    return Box(mark.x - mark.radius, mark.y - mark.radius, mark.x + mark.radius, mark.y + mark.radius)


def _candidates(mark: Mark, text: str) -> list[tuple[Placed, Box]]:
    length, half, beside = text_width(text), _LINE / 2, mark.radius + _AWAY
    over = mark.radius + half + 1
    made = []
    for down in (0.0, -half, half, -over, over, -over - _LINE, over + _LINE):
        away = beside if abs(down) < over else 0.0
        right, left, y = mark.x + away, mark.x - away, mark.y + down
        made.append((Placed(right, y, text, False), Box(right, y - half, right + length, y + half)))
        made.append((Placed(left, y, text, True), Box(left - length, y - half, left, y + half)))
    return made
