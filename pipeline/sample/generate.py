"""Assembles the sample without faults: every table of single records, and the personal data planted in free text.

Faults are in ``defects``, expected results in ``truth``, files in ``writer``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.sample.clientele import build_clientele
from pipeline.sample.clock import Clock
from pipeline.sample.contacts import appointments, hotline_calls, online_sessions, onsite_visits
from pipeline.sample.experts import expert_judgements
from pipeline.sample.governance import checklist_items, complaint_channels, price_items, process_steps
from pipeline.sample.network import build_network, vehicles
from pipeline.sample.parts import parts_demands, parts_orders
from pipeline.sample.plants import in_season, with_plants, without_plants
from pipeline.sample.profiles import Profile, divide, profiles
from pipeline.sample.requests import Originals, draw_requests
from pipeline.sample.surveys import mystery_visits, survey_questions, survey_responses
from pipeline.sample.tables import SAMPLED
from pipeline.sample.upkeep import improvement_projects, quality_inspections, safety_hazards, safety_incidents
from pipeline.sample.voice import complaints, suggestions
from pipeline.sample.workforce import build_workforce, training_sessions

FEWEST_REQUESTS = 30
"""Fewest requests for meaningful shares of one enterprise and quarter."""


PLANTED = "planted"
"""Not a table of the contract: table, column, row_key, kind and value of the personal data planted in free text."""


@dataclass(frozen=True)
class Block:
    """Rows of a table in the contract's columns and types (or of ``PLANTED``), all of one quarter; None in a register."""

    table: str
    quarter: Quarter | None
    frame: pl.DataFrame


@dataclass(frozen=True)
class Sample:
    """Clean tables by name, in the contract's columns and types, and the personal data planted in free text (``PLANTED``)."""

    clock: Clock
    tables: dict[str, pl.DataFrame]
    planted: pl.DataFrame


def generate(quarters: Sequence[Quarter], requests: int, seed: int, enterprises: int = 3, plants: bool = True) -> Sample:
    """The sample of ``generate_blocks``, whole."""
    return whole(generate_blocks(quarters, requests, seed, enterprises, plants), quarters)


def whole(blocks: Iterable[Block], quarters: Sequence[Quarter]) -> Sample:
    """The tables that the blocks make."""
    parts: dict[str, list[pl.DataFrame]] = defaultdict(list)
    for block in blocks:
        parts[block.table].append(block.frame)
    # Each table is concatenated and its parts released, one after the other.
    tables = {name: pl.concat(parts.pop(name)) for name in SAMPLED}
    return Sample(Clock(tuple(quarters)), tables, pl.concat(parts.pop(PLANTED)))


def generate_blocks(
    quarters: Sequence[Quarter], requests: int, seed: int, enterprises: int = 3, plants: bool = True
) -> Iterator[Block]:
    """Draw a sample with ``requests`` per quarter over all enterprises; the same arguments give the same sample.

    ``plants``: with the effects of ``plants.py``, or without any effect to be found.

    The blocks of a table come in the order of its rows: those of an event table by quarter and enterprise, as an appending
    system would export them, those of a register and the survey answers by enterprise.

    At any time there are in memory one block, the numbers from which one enterprise's tables of a quarter are made, and
    the customers of every enterprise.

    Raises UsageError for no or unordered quarters, gaps between them, a negative seed, or fewer than 30 requests for an
    enterprise.
    """
    clock = Clock(_checked(quarters, seed, enterprises))
    chosen = sampled_profiles(clock.quarters, enterprises, plants)
    counts = divide(requests, chosen)
    if min(counts) < FEWEST_REQUESTS:
        raise UsageError(
            f"{requests} requests a quarter leave an enterprise with {max(min(counts), 0)}: "
            f"at least {FEWEST_REQUESTS} each are needed"
        )
    return _blocks(seed, clock, chosen, counts)


def sampled_profiles(quarters: Sequence[Quarter], enterprises: int, plants: bool) -> tuple[Profile, ...]:
    """The enterprises of a sample, with or without planted effects."""
    chosen = profiles(enterprises)
    return with_plants(chosen, quarters) if plants else without_plants(chosen)


def quarter_start(table: str) -> pl.Expr | None:
    """The first day of the quarter a row of the table belongs to; None for registers."""
    dated_by = SAMPLED[table].dated_by
    return pl.coalesce(dated_by).cast(pl.Date).dt.truncate("1q") if dated_by else None


def _checked(quarters: Sequence[Quarter], seed: int, enterprises: int) -> tuple[Quarter, ...]:
    if not quarters:
        raise UsageError("a sample needs at least one quarter")
    if any(later != earlier.shift(1) for earlier, later in pairwise(quarters)):
        raise UsageError("the quarters of a sample must follow each other without a gap")
    if seed < 0 or enterprises < 1:
        raise UsageError("the seed must not be negative, and there must be at least one enterprise")
    return tuple(quarters)


def _blocks(seed: int, clock: Clock, chosen: Sequence[Profile], counts: Sequence[int]) -> Iterator[Block]:
    yield Block("survey_questions", None, survey_questions(clock))
    yield Block("expert_judgements", None, expert_judgements(seed))
    first, last = clock.quarters[0], clock.quarters[-1]
    enterprises: dict[str, _Enterprise] = {}
    for quarter in clock.quarters:
        for profile, usual, count in zip(chosen, counts, in_season(counts, chosen, quarter), strict=True):
            if quarter == first:
                enterprises[profile.enterprise_id] = _Enterprise(seed, profile, clock, usual)
                yield from enterprises[profile.enterprise_id].registers()
            yield from enterprises[profile.enterprise_id].events(quarter, count)
            if quarter == last:
                # Released, because its customers and requests take hundreds of megabytes in a large sample.
                del enterprises[profile.enterprise_id]


class _Enterprise:
    """The tables of one enterprise: its registers, then its events quarter by quarter."""

    def __init__(self, seed: int, profile: Profile, clock: Clock, count: int) -> None:
        self._seed, self._profile, self._clock = seed, profile, clock
        self._network = build_network(seed, profile, clock, count)
        self._workforce = build_workforce(seed, profile, clock, self._network, count)
        self._clientele, self._customers = build_clientele(seed, profile, clock, self._network, count)
        self._before: Originals | None = None
        self._late: dict[str, list[pl.DataFrame]] = defaultdict(list)
        self._answers: list[tuple[Quarter, Iterator[pl.DataFrame]]] = []

    def registers(self) -> Iterator[Block]:
        subject = (self._seed, self._profile, self._clock)
        for name, table in {**self._network.tables, **self._workforce.tables}.items():
            yield Block(name, None, table)
        for frame in self._customers:
            yield Block("customers", None, frame)
        workforce = self._workforce
        service_staff = int(workforce.is_service[: len(workforce.successor)].sum())
        yield Block("vehicles", None, vehicles(*subject, self._network, service_staff))
        yield Block("process_steps", None, process_steps(*subject))
        yield Block("complaint_channels", None, complaint_channels(*subject))
        yield Block("price_items", None, price_items(*subject))
        yield Block("checklist_items", None, checklist_items(*subject))

    def events(self, quarter: Quarter, count: int) -> Iterator[Block]:
        for table, frames in self._drawn(quarter, count):
            if table == "survey_answers":
                # Read with those of the last quarter: the file's order is by enterprise.
                self._answers.append((quarter, iter(frames)))
                continue
            for frame in frames if table == PLANTED else self._of_quarter(table, quarter, frames):
                yield Block(table, quarter, frame)
        if quarter == self._clock.quarters[-1]:
            for answered, frames in self._answers:
                yield from (Block("survey_answers", answered, frame) for frame in frames)

    def _drawn(self, quarter: Quarter, count: int) -> Iterator[tuple[str, Iterable[pl.DataFrame]]]:
        """The tables of what was requested in a quarter; some bookings and visits are of a later one."""
        subject = (self._seed, self._profile, self._clock, quarter)
        network, workforce, clientele = self._network, self._workforce, self._clientele
        requests, rows, said = draw_requests(*subject, count, network, workforce, clientele, self._before)
        self._before = requests.originals()
        yield "service_requests", rows
        yield PLANTED, [said]
        yield "hotline_calls", hotline_calls(*subject, requests, workforce, clientele)
        yield "online_sessions", online_sessions(*subject, requests, workforce)
        yield "appointments", appointments(*subject, requests)
        yield "onsite_visits", onsite_visits(*subject, requests, network, workforce)
        table, said = complaints(*subject, requests, network, clientele)
        yield "complaints", [table]
        yield PLANTED, [said]
        table, said = suggestions(*subject, requests, network)
        yield "suggestions", [table]
        yield PLANTED, [said]
        table, answers, said = survey_responses(*subject, requests, network, clientele)
        yield "survey_responses", [table]
        yield "survey_answers", answers
        yield PLANTED, [said]
        yield "mystery_visits", [mystery_visits(*subject, network)]
        yield "parts_demands", parts_demands(*subject, requests, network)
        yield "parts_orders", parts_orders(*subject, requests)
        yield "safety_incidents", [safety_incidents(*subject, requests, network)]
        yield "safety_hazards", [safety_hazards(*subject)]
        yield "quality_inspections", [quality_inspections(*subject, network)]
        yield "training_records", [training_sessions(*subject, workforce)]
        yield "improvement_projects", [improvement_projects(*subject)]

    def _of_quarter(self, table: str, quarter: Quarter, frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        """The rows dated in the quarter, also those drawn with an earlier one; rows of later quarters wait for theirs."""
        day = pl.coalesce(SAMPLED[table].dated_by).cast(pl.Date)
        for frame in chain(self._late.pop(table, []), frames):
            is_late = frame.select(day >= quarter.end_day).to_series()
            yield frame.filter(~is_late)
            if is_late.any():
                self._late[table].append(frame.filter(is_late))
