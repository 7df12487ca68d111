"""Assembles the sample without faults: every table of the contract, and the personal data planted in free text.

Faults are in ``defects``, expected results in ``truth``, files in ``writer``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

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
from pipeline.sample.profiles import Profile, divide, profiles
from pipeline.sample.requests import Requests, draw_requests
from pipeline.sample.surveys import mystery_visits, survey_questions, survey_responses
from pipeline.sample.upkeep import improvement_projects, quality_inspections, safety_hazards, safety_incidents
from pipeline.sample.voice import complaints, suggestions
from pipeline.sample.wording import PLANTED_SCHEMA
from pipeline.sample.workforce import build_workforce, training_sessions
from schemas.contract import TABLES

FEWEST_REQUESTS = 30
"""Fewest requests for meaningful shares of one enterprise and quarter."""


@dataclass(frozen=True)
class Sample:
    """Clean tables by name, in the contract's columns and types, and the personal data planted in free text.

    ``planted``: table, column, row_key, kind, value.
    """

    clock: Clock
    tables: dict[str, pl.DataFrame]
    planted: pl.DataFrame


def generate(quarters: Sequence[Quarter], requests: int, seed: int, enterprises: int = 3) -> Sample:
    """Draw a sample with ``requests`` per quarter over all enterprises; the same arguments give the same sample.

    Raises UsageError for no or unordered quarters, gaps between them, a negative seed, or fewer than 30 requests for an
    enterprise.
    """
    clock = Clock(_checked(quarters, seed, enterprises))
    chosen = profiles(enterprises)
    counts = divide(requests, chosen)
    if min(counts) < FEWEST_REQUESTS:
        raise UsageError(
            f"{requests} requests a quarter leave an enterprise with {max(min(counts), 0)}: "
            f"at least {FEWEST_REQUESTS} each are needed"
        )
    parts: dict[str, list[pl.DataFrame]] = defaultdict(list)
    planted: list[pl.DataFrame] = []
    for profile, count in zip(chosen, counts, strict=True):
        _add_enterprise(parts, planted, profile, clock, seed, count)
    parts["survey_questions"].append(survey_questions(clock))
    parts["expert_judgements"].append(expert_judgements(seed))
    # Each table is concatenated and its parts released, one after the other.
    tables = {name: _in_order(name, pl.concat(parts.pop(name))) for name in TABLES}
    return Sample(clock, tables, pl.concat(planted))


def _checked(quarters: Sequence[Quarter], seed: int, enterprises: int) -> tuple[Quarter, ...]:
    if not quarters:
        raise UsageError("a sample needs at least one quarter")
    if any(later != earlier.shift(1) for earlier, later in pairwise(quarters)):
        raise UsageError("the quarters of a sample must follow each other without a gap")
    if seed < 0 or enterprises < 1:
        raise UsageError("the seed must not be negative, and there must be at least one enterprise")
    return tuple(quarters)


def _add_enterprise(
    parts: dict[str, list[pl.DataFrame]],
    planted: list[pl.DataFrame],
    profile: Profile,
    clock: Clock,
    seed: int,
    count: int,
) -> None:
    network = build_network(seed, profile, clock, count)
    workforce = build_workforce(seed, profile, clock, network, count)
    clientele = build_clientele(seed, profile, clock, network, count)
    for tables in (network.tables, workforce.tables, clientele.tables):
        for name, table in tables.items():
            parts[name].append(table)
    parts["vehicles"].append(vehicles(seed, profile, clock, network, int(workforce.is_service[: len(workforce.successor)].sum())))
    parts["training_records"].append(training_sessions(seed, profile, clock, workforce))
    parts["process_steps"].append(process_steps(seed, profile, clock))
    parts["complaint_channels"].append(complaint_channels(seed, profile, clock))
    parts["price_items"].append(price_items(seed, profile, clock))
    parts["checklist_items"].append(checklist_items(seed, profile, clock))
    before: Requests | None = None
    for quarter in clock.quarters:
        requests = draw_requests(seed, profile, clock, quarter, count, network, workforce, clientele, before)
        before = requests
        parts["service_requests"].append(requests.frame)
        planted.append(_located("service_requests", "description", requests.planted))
        parts["hotline_calls"].append(hotline_calls(seed, profile, clock, quarter, requests, workforce, clientele))
        parts["online_sessions"].append(online_sessions(seed, profile, clock, quarter, requests, workforce))
        parts["appointments"].append(appointments(seed, profile, clock, quarter, requests))
        parts["onsite_visits"].append(onsite_visits(seed, profile, clock, quarter, requests, network, workforce))
        table, said = complaints(seed, profile, clock, quarter, requests, network, clientele)
        parts["complaints"].append(table)
        planted.append(_located("complaints", "content", said))
        table, said = suggestions(seed, profile, clock, quarter, requests, network)
        parts["suggestions"].append(table)
        planted.append(_located("suggestions", "content", said))
        table, answers, said = survey_responses(seed, profile, clock, quarter, requests, network, clientele)
        parts["survey_responses"].append(table)
        parts["survey_answers"].append(answers)
        planted.append(_located("survey_responses", "comment", said))
        parts["mystery_visits"].append(mystery_visits(seed, profile, clock, quarter, network))
        parts["parts_demands"].append(parts_demands(seed, profile, clock, quarter, requests, network))
        parts["parts_orders"].append(parts_orders(seed, profile, clock, quarter, requests))
        parts["safety_incidents"].append(safety_incidents(seed, profile, clock, quarter, requests, network))
        parts["safety_hazards"].append(safety_hazards(seed, profile, clock, quarter))
        parts["quality_inspections"].append(quality_inspections(seed, profile, clock, quarter, network))
        parts["improvement_projects"].append(improvement_projects(seed, profile, clock, quarter))


def _located(table: str, column: str, said: pl.DataFrame) -> pl.DataFrame:
    """The personal data planted in the texts of a column, by row key."""
    return said.select(
        pl.lit(table).alias("table"),
        pl.lit(column).alias("column"),
        pl.col("row_key"),
        *(name for name in PLANTED_SCHEMA if name != "position"),
    )


def _in_order(name: str, table: pl.DataFrame) -> pl.DataFrame:
    """Sorts event tables by quarter, as an appending system would export them, and registers by key."""
    date = quarter_start(name)
    return table if date is None else table.sort(date, maintain_order=True)


def quarter_start(table: str) -> pl.Expr | None:
    """The first day of the quarter a row of the table belongs to; None for registers."""
    dated_by = TABLES[table].dated_by
    return pl.coalesce(dated_by).cast(pl.Date).dt.truncate("1q") if dated_by else None
