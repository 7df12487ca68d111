"""Which cells are withheld: those about too few people, and enough others that no subtraction tells them.

A cell is a place (the enterprise, a region, an outlet, a channel, a product category) in a quarter; a *group* is a set of
indicators that count the same records, so that one tells the other. Counts in, withheld places out; ``tables.py`` applies it.

Primary suppression by people, complementary suppression line by line (Hundepool et al., Statistical Disclosure Control, 2012,
ch. 4). Places form a tree (enterprise, regions, outlets) with two further partitions beside it, so a withheld place is safe once
each line with a shown total has at least two withheld parts, and each withheld total has a withheld part: the amounts can then
be shifted along the withheld places without changing a shown number. Longer periods are withheld wherever one of their quarters
is, which keeps that shift possible over time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

ENTERPRISE, REGION, OUTLET = "enterprise", "region", "outlet"
PARTITIONS = (REGION, OUTLET, "channel", "product_category", "touchpoint")
"""The scopes whose places add up to the enterprise, up to the records that name none."""


class Place(NamedTuple):
    """A scope of one enterprise; ``name`` None: the records of the enterprise that name no place of this type."""

    scope_type: str
    name: str | None


Counts = Mapping[Place, int]
"""Records by place of one indicator, enterprise and quarter; places without records are missing."""


@dataclass(frozen=True)
class Limits:
    """When records are of enough people.

    enough        of an indicator, a place and a number of its records: whether they are certainly of at least k people
    region_of     the region of each outlet
    """

    enough: Callable[[str, Place, int], bool]
    region_of: Mapping[str, str]


@dataclass(frozen=True)
class _Line:
    """A total and its parts; the rest of the total names none of the parts."""

    total: Place
    parts: tuple[Place, ...]
    has_rest: bool


def withheld_places(group: Mapping[str, Counts], limits: Limits, also: Iterable[Place] = ()) -> frozenset[Place]:
    """The places of one enterprise and quarter that are withheld for every indicator of a group.

    group   counts by indicator
    also    places withheld for another reason, such as an earlier publication

    The enterprise itself is withheld only if it is too small; its parts then are too.
    """
    places = {place for counts in group.values() for place, count in counts.items() if count}
    enterprise = next((place for place in places if place.scope_type == ENTERPRISE), None)
    if enterprise is None:
        return frozenset(place for place in also if place.name is not None)
    lines = _lines(places, enterprise, limits.region_of)
    whole = {name: _with_rests(counts, lines) for name, counts in group.items()}
    withheld = {
        place
        for name, counts in whole.items()
        for place, count in counts.items()
        if count and not limits.enough(name, place, count)
    }
    withheld |= set(also)
    while more := _first_lacking(whole, lines, withheld, limits):
        withheld.add(more)
    return frozenset(place for place in withheld if place.name is not None)


def _lines(places: set[Place], enterprise: Place, region_of: Mapping[str, str]) -> list[_Line]:
    by_type: dict[str, list[Place]] = defaultdict(list)
    by_region: dict[str, list[Place]] = defaultdict(list)
    for place in sorted(places, key=str):
        by_type[place.scope_type].append(place)
        if place.scope_type == OUTLET and place.name is not None and place.name in region_of:
            by_region[region_of[place.name]].append(place)
    lines = [_Line(enterprise, (*by_type[scope], Place(scope, None)), has_rest=True) for scope in PARTITIONS if by_type.get(scope)]
    regions = {place.name: place for place in by_type.get(REGION, ())}
    return lines + [_Line(regions[name], tuple(outlets), has_rest=False) for name, outlets in by_region.items() if name in regions]


def _with_rests(counts: Counts, lines: Iterable[_Line]) -> dict[Place, int]:
    whole = dict(counts)
    for line in lines:
        if line.has_rest and counts.get(line.total):
            *parts, rest = line.parts
            whole[rest] = max(counts[line.total] - sum(counts.get(part, 0) for part in parts), 0)
    return whole


def _first_lacking(group: Mapping[str, Counts], lines: Collection[_Line], withheld: set[Place], limits: Limits) -> Place | None:
    """A place to be withheld in addition: of the first line that protects too little, the smallest shown part.

    A part that is all of its shown total, such as the only outlet of a region, is told by it: it is taken only if there is no
    other, and its total with it.
    """
    told = {(name, part) for name, counts in group.items() for part in _all_of_shown_totals(counts, lines, withheld)}
    for line in lines:
        for name, counts in group.items():
            hidden = [part for part in line.parts if part in withheld and counts.get(part)]
            shown = [part for part in line.parts if part not in withheld and counts.get(part)]
            if line.total in withheld:
                # A total is told by its parts if all of them are shown.
                is_safe = bool(hidden) or not counts.get(line.total)
            else:
                few = len(hidden) == 1 or not limits.enough(name, line.total, sum(counts[part] for part in hidden))
                is_safe = not hidden or not few
            if not is_safe and shown:
                # Records that name no place are shown nowhere: withholding them costs nothing.
                return min(shown, key=lambda part: (part.name is not None, (name, part) in told, counts[part], str(part)))
            if not is_safe and line.total.scope_type != ENTERPRISE and any((name, part) in told for part in hidden):
                return line.total
    return None


def _all_of_shown_totals(counts: Counts, lines: Collection[_Line], withheld: set[Place]) -> Iterator[Place]:
    for line in lines:
        parts = [part for part in line.parts if counts.get(part)]
        if line.total not in withheld and len(parts) == 1 and counts[parts[0]] == counts.get(line.total):
            yield parts[0]


def linked(
    vectors: Mapping[str, Mapping[tuple[object, ...], int]], composed: Iterable[frozenset[str]] = ()
) -> list[frozenset[str]]:
    """Indicators in groups that count alike: in every place and quarter in which both have records, the same number of them.

    vectors    by indicator: records by (enterprise, quarter, place). Such indicators tell each other's withheld cells.
    composed   sets of indicators of which one is computed from the others, and tells them
    """
    groups: list[set[str]] = [set(names) for names in composed if names & vectors.keys()]
    for name in sorted(vectors):
        like = [
            group
            for group in groups
            if name in group or any(other in vectors and _alike(vectors[name], vectors[other]) for other in group)
        ]
        groups = [group for group in groups if group not in like] + [{name}.union(*like)]
    return [frozenset(group) for group in groups]


_ENOUGH_TO_TELL = 3


def _alike(one: Mapping[tuple[object, ...], int], other: Mapping[tuple[object, ...], int]) -> bool:
    both = one.keys() & other.keys()
    return len(both) >= _ENOUGH_TO_TELL and all(one[key] == other[key] for key in both)
