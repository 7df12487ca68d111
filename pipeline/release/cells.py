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
from collections.abc import Callable, Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

ENTERPRISE, REGION, OUTLET = "enterprise", "region", "outlet"
PARTITIONS = (REGION, OUTLET, "channel", "product_category", "touchpoint")
"""The scopes whose places add up to the enterprise, up to the records that name none."""


class Place(NamedTuple):
    """A scope of one enterprise; ``name`` None: the records of the enterprise that name no place of this type."""

    scope_type: str
    name: str | None


Part = TypeVar("Part", bound=Hashable)

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
class Line(Generic[Part]):
    """A total and its parts.

    rest          the part that no table shows, if there is one: withholding it costs nothing
    keeps_total   the total is never withheld for its parts' sake
    """

    total: Part
    parts: tuple[Part, ...]
    rest: Part | None = None
    keeps_total: bool = False


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
    withheld = withheld_parts(group, _lines(places, enterprise, limits.region_of), limits.enough, also)
    return frozenset(place for place in withheld if place.name is not None)


def withheld_parts(
    group: Mapping[str, Mapping[Part, int]],
    lines: Collection[Line[Part]],
    enough: Callable[[str, Part, int], bool],
    also: Iterable[Part] = (),
) -> set[Part]:
    """The parts and totals that are withheld for every name of a group, rests among them. The lines form a tree.

    group    counts by name; rests are computed
    enough   of a name, a part and its count: whether it is certainly of enough people
    """
    whole = {name: _with_rests(counts, lines) for name, counts in group.items()}
    withheld = {part for name, counts in whole.items() for part, count in counts.items() if count and not enough(name, part, count)}
    withheld |= set(also)
    while (more := _first_lacking(whole, lines, withheld, enough)) is not None:
        withheld.add(more)
    return withheld


def _lines(places: set[Place], enterprise: Place, region_of: Mapping[str, str]) -> list[Line[Place]]:
    by_type: dict[str, list[Place]] = defaultdict(list)
    by_region: dict[str, list[Place]] = defaultdict(list)
    for place in sorted(places, key=str):
        by_type[place.scope_type].append(place)
        if place.scope_type == OUTLET and place.name is not None and place.name in region_of:
            by_region[region_of[place.name]].append(place)
    lines = [
        Line(enterprise, (*by_type[scope], rest := Place(scope, None)), rest, keeps_total=True)
        for scope in PARTITIONS
        if by_type.get(scope)
    ]
    regions = {place.name: place for place in by_type.get(REGION, ())}
    return lines + [Line(regions[name], tuple(outlets)) for name, outlets in by_region.items() if name in regions]


def _with_rests(counts: Mapping[Part, int], lines: Iterable[Line[Part]]) -> dict[Part, int]:
    whole = dict(counts)
    for line in lines:
        if line.rest is not None and counts.get(line.total):
            named = sum(counts.get(part, 0) for part in line.parts if part != line.rest)
            whole[line.rest] = max(counts[line.total] - named, 0)
    return whole


def _first_lacking(
    group: Mapping[str, Mapping[Part, int]],
    lines: Collection[Line[Part]],
    withheld: set[Part],
    enough: Callable[[str, Part, int], bool],
) -> Part | None:
    """A part to be withheld in addition: of the first line that protects too little, the smallest shown one.

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
                few = len(hidden) == 1 or not enough(name, line.total, sum(counts[part] for part in hidden))
                is_safe = not hidden or not few
            if not is_safe and shown:
                own = line.rest
                return min(shown, key=lambda part: (part != own, (name, part) in told, counts[part], str(part)))
            if not is_safe and not line.keeps_total and any((name, part) in told for part in hidden):
                return line.total
    return None


def _all_of_shown_totals(counts: Mapping[Part, int], lines: Collection[Line[Part]], withheld: set[Part]) -> Iterator[Part]:
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
