"""A fishbone diagram (Ishikawa) as SVG: a problem, and what people found as its causes under six headings.

Drawn here, because Vega-Lite has no such chart: whole SVG with plain attributes, which browsers, typst and vl-convert read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from pipeline.charts.drawing import FONT_STACK
from pipeline.charts.labels import text_width
from pipeline.charts.style import BLUE, GREY, INK, PAPER

_WIDTH, _HEAD = 960, 190
_LINE, _TEXT = 17, 13
_MARGIN, _BOX, _GAP = 12, 26, 9
# How far a bone leans from its heading to the spine.
_LEAN = 46


@dataclass(frozen=True)
class Cause:
    """A cause as people wrote it; its mark is filled if it ``is_confirmed``; ``label`` is what is told of it."""

    text: str
    is_confirmed: bool
    label: str


@dataclass(frozen=True)
class Bone:
    """A heading with its causes, in their order; one without causes says ``empty``."""

    name: str
    causes: tuple[Cause, ...]
    empty: str = "—"


def fishbone(problem: str, bones: Sequence[Bone], description: str) -> str:
    """The SVG; half of the bones stand above the spine, half below. Long texts go over as many lines as they need."""
    half = (len(bones) + 1) // 2
    above, below = bones[:half], bones[half:]
    column = (_WIDTH - _HEAD - 2 * _MARGIN) / max(half, 1)
    up, down = (max((_height(bone, column) for bone in side), default=0.0) for side in (above, below))
    spine = _MARGIN + up + 14
    height = spine + 14 + down + _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height:g}" viewBox="0 0 {_WIDTH} {height:g}" '
        f'role="img" aria-label="{escape(description)}" font-family="{escape(FONT_STACK)}" font-size="{_TEXT}">',
        f'<rect width="{_WIDTH}" height="{height:g}" fill="{PAPER}"/>',
        f'<path d="M{_MARGIN} {spine:g}H{_WIDTH - _HEAD - _MARGIN}" stroke="{INK}" stroke-width="3" fill="none"/>',
    ]
    parts += _problem(problem, spine)
    for side, is_above in ((above, True), (below, False)):
        for place, bone in enumerate(side):
            parts += _bone(bone, _MARGIN + place * column, column, spine, up if is_above else down, is_above)
    return "".join([*parts, "</svg>"])


def wrapped(text: str, width: float) -> list[str]:
    """Lines of at most ``width`` pixels: Chinese breaks between characters, other words stay whole if they fit a line."""
    lines, line = [], ""
    for word in _words(text):
        if line and text_width(line + word.rstrip()) * _TEXT / 12 > width:
            lines.append(line.rstrip())
            line = ""
        while text_width(word.rstrip()) * _TEXT / 12 > width:
            fits = next(count for count in range(len(word), 0, -1) if count == 1 or text_width(word[:count]) * _TEXT / 12 <= width)
            lines.append(word[:fits])
            word = word[fits:]
        line += word
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def _words(text: str) -> list[str]:
    """Where a line may break: behind spaces and Chinese characters, never before a closing mark."""
    words = [""]
    for character in " ".join(text.split()):
        is_wide = ord(character) >= 0x2E80
        is_closing = character in "，。；：、？！）》」』”’,.;:)!?"
        last = words[-1][-1:]
        if not is_closing and last and (last == " " or ord(last) >= 0x2E80 or is_wide) and last not in "（《「『“‘(":
            words.append("")
        words[-1] += character
    return words


def _height(bone: Bone, column: float) -> float:
    lines = sum(len(wrapped(cause.text, _room(column))) for cause in bone.causes) or 1
    return _BOX + _GAP + lines * _LINE + max(len(bone.causes) - 1, 0) * 5 + _GAP


def _room(column: float) -> float:
    return column - _LEAN - 26


def _problem(problem: str, spine: float) -> list[str]:
    lines = wrapped(problem, _HEAD - 2 * _MARGIN)
    box = len(lines) * _LINE + 2 * _GAP
    left = _WIDTH - _HEAD
    return [
        f'<rect x="{left - _MARGIN}" y="{spine - box / 2:g}" width="{_HEAD}" height="{box:g}" fill="{PAPER}" stroke="{INK}" '
        f'stroke-width="2" rx="4"/>',
        *(
            f'<text x="{left}" y="{spine - box / 2 + _GAP + _TEXT + place * _LINE:g}" fill="{INK}" font-weight="bold">'
            f"{escape(line)}</text>"
            for place, line in enumerate(lines)
        ),
    ]


def _bone(bone: Bone, left: float, column: float, spine: float, reach: float, is_above: bool) -> list[str]:
    head = spine - 14 - reach if is_above else spine + 14 + reach - _BOX
    end = left + column - 10
    start_y = head + _BOX if is_above else head
    wide = min(text_width(bone.name) * _TEXT / 12 + 20, column - _LEAN)
    middle = end - _LEAN
    parts = [
        f'<path d="M{middle:g} {start_y:g}L{end:g} {spine:g}" stroke="{GREY}" stroke-width="2" fill="none"/>',
        f'<rect x="{middle - wide / 2:g}" y="{head:g}" width="{wide:g}" height="{_BOX}" fill="{BLUE}" rx="4"/>',
        f'<text x="{middle:g}" y="{head + 18:g}" fill="{PAPER}" text-anchor="middle" font-weight="bold">{escape(bone.name)}</text>',
    ]
    x, y = left + 16, (head + _BOX + _GAP if is_above else spine + 14)
    if not bone.causes:
        return [*parts, f'<text x="{x:g}" y="{y + _TEXT:g}" fill="{GREY}">{escape(bone.empty)}</text>']
    for cause in bone.causes:
        lines = wrapped(cause.text, _room(column))
        fill = INK if cause.is_confirmed else PAPER
        parts.append(f'<g role="img" aria-label="{escape(cause.label)}" aria-roledescription="cause">')
        parts.append(f'<circle cx="{x - 9:g}" cy="{y + _TEXT - 5:g}" r="3.5" fill="{fill}" stroke="{INK}" stroke-width="1.3"/>')
        for line in lines:
            parts.append(f'<text x="{x:g}" y="{y + _TEXT:g}" fill="{INK}">{escape(line)}</text>')
            y += _LINE
        parts.append("</g>")
        y += 5
    return parts
