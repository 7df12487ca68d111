"""The staff of an enterprise: posts, their successive holders, certificates, and training.

The requests they handle are in ``requests``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.sample.clock import Clock, quarter_code
from pipeline.sample.draws import (
    DAY,
    Days,
    Flags,
    Ints,
    Times,
    chance,
    choose,
    choose_numbers,
    conform,
    day_of,
    numbered,
    only,
    stream,
    take,
)
from pipeline.sample.names import mobiles, people
from pipeline.sample.network import Network
from pipeline.sample.profiles import Profile

_NO_DAY = np.datetime64("NaT", "D")
_TURNOVER_A_YEAR = 0.14


@dataclass(frozen=True)
class Workforce:
    """Staff of one enterprise in arrays by position: the first holder of every post, then the successors."""

    staff_ids: pl.Series
    hired: Days
    left: Days
    is_service: Flags
    successor: Ints
    """Staff position of each post's second holder; -1 if the first one stayed."""
    agents: Ints
    """Posts that answer calls and messages."""
    technicians: Ints
    """Posts that repair and visit, ordered by outlet."""
    technicians_from: Ints
    technicians_count: Ints
    """Each outlet's first position in ``technicians``, and its number of technicians."""
    tables: dict[str, pl.DataFrame]

    def holder(self, posts: Ints, times: Times) -> Ints:
        """The holder of each post at the time."""
        after = (self.successor[posts] >= 0) & (day_of(times) >= self.left[posts])
        return np.asarray(np.where(after, self.successor[posts], posts), dtype=np.int64)

    def some_agent(self, rng: np.random.Generator, times: Times) -> Ints:
        """An agent on a call post at the time."""
        return self.holder(self.agents[rng.integers(0, len(self.agents), len(times))], times)

    def some_technician(self, rng: np.random.Generator, outlets: Ints, times: Times) -> Ints:
        """A technician of the outlet at the time; of another outlet if it has none."""
        inside = self.technicians_from[outlets] + (rng.random(len(outlets)) * self.technicians_count[outlets]).astype(np.int64)
        anywhere = rng.integers(0, len(self.technicians), len(outlets))
        chosen = np.where(self.technicians_count[outlets] > 0, inside, anywhere)
        return self.holder(self.technicians[chosen], times)


def build_workforce(seed: int, profile: Profile, clock: Clock, network: Network, requests: int) -> Workforce:
    """The staff of an enterprise with that many requests a quarter: about one per 200 customers a year, with a minimum."""
    rng = stream(seed, profile.enterprise_id, "workforce")
    quarter = clock.quarters[0]
    customers = requests * min(len(clock.quarters), 4) * 0.8
    wanted = customers / 200 * profile.between("staffing", quarter, 0.95, 1.5)
    count = max(profile.staff, round(wanted))
    roles = list(profile.roles)
    # Role shares as exact as whole numbers allow, so that a small team has every role.
    role = np.sort(np.searchsorted(np.cumsum(list(profile.roles.values())), (np.arange(count) + 0.5) / count))
    role = np.minimum(role, len(roles) - 1)
    is_role = {name: role == place for place, name in enumerate(roles)}
    is_local = is_role["field"] | is_role["technician"] | (is_role["manager"] & chance(rng, 0.6, count))
    outlet = np.where(is_local, rng.integers(0, len(network.outlet_ids), count), -1)
    # The first posts are spread over the outlets, so that as many as possible are staffed.
    local = np.flatnonzero(is_role["field"] | is_role["technician"])
    outlet[local] = np.arange(len(local)) % len(network.outlet_ids)
    start, end = clock.start.astype("datetime64[D]"), clock.end.astype("datetime64[D]")
    span = int((end - start).astype(np.int64))
    leaves = chance(rng, min(_TURNOVER_A_YEAR * span / 365, 0.6), count)
    change = clock.add_workdays(
        start + rng.integers(5, max(span - 10, 6), count).astype("timedelta64[D]"), np.ones(count, np.int64)
    )
    left = np.where(leaves, change, _NO_DAY)
    seconds = np.flatnonzero(leaves)
    successor = np.full(count, -1)
    successor[seconds] = count + np.arange(len(seconds))
    hired = np.concatenate([start - rng.integers(60, 4000, count).astype("timedelta64[D]"), change[seconds]])
    role, outlet = np.concatenate([role, role[seconds]]), np.concatenate([outlet, outlet[seconds]])
    left = np.concatenate([left, np.full(len(seconds), _NO_DAY)])
    total = len(role)
    is_role = {name: role == place for place, name in enumerate(roles)}
    is_service = ~is_role["manager"] | chance(rng, 0.25, total)
    technical_field = chance(rng, profile.between("staffing", quarter, 0.05, 0.4), total)
    is_technical = is_role["technician"] | is_role["expert"] | (is_role["field"] & technical_field)
    needs_certificate = is_role["technician"] | is_role["field"]
    certificate_from, certificate_until = _certificates(rng, profile, clock, hired, needs_certificate)
    ids = numbered("S", np.arange(1, total + 1), width=5).series()
    outlet_ids = take(network.outlet_ids, outlet)
    moved_on = (start + DAY * (span // 2 + 20)).astype("datetime64[D]")
    moves = (outlet >= 0) & (hired < moved_on) & (np.isnat(left) | (left > moved_on + 100 * DAY)) & chance(rng, 0.06, total)
    first_versions = conform(
        "staff",
        {
            "enterprise_id": profile.enterprise_id,
            "staff_id": ids,
            "outlet_id": outlet_ids,
            "role": take(roles, role),
            "is_service_staff": is_service,
            "is_technical": is_technical,
            "requires_certificate": needs_certificate,
            "certificate_valid_from": certificate_from,
            "certificate_valid_until": certificate_until,
            "hired_on": hired,
            "left_on": left,
            "name": people(rng, total),
            "phone": only(mobiles(rng, total), ~chance(rng, 0.05, total)),
            "valid_to": np.where(moves, moved_on, _NO_DAY),
        },
        total,
    )
    # Second version: another outlet and an additional qualification.
    second_versions = first_versions.filter(pl.Series(moves)).with_columns(
        outlet_id=take(network.outlet_ids, rng.integers(0, len(network.outlet_ids), int(moves.sum()))).series(),
        is_technical=pl.lit(True),
        valid_from=pl.lit(moved_on.item()),
        valid_to=pl.lit(None, dtype=pl.Date),
    )
    posts = np.arange(count)
    at_work = posts[is_role["field"][:count] | is_role["technician"][:count]]
    at_work = at_work[np.argsort(outlet[at_work], kind="stable")]
    places = np.arange(len(network.outlet_ids))
    return Workforce(
        staff_ids=ids,
        hired=hired,
        left=left,
        is_service=is_service,
        successor=successor,
        agents=posts[is_role["agent"][:count]],
        technicians=at_work,
        technicians_from=np.searchsorted(outlet[at_work], places),
        technicians_count=np.bincount(outlet[at_work], minlength=len(places)),
        tables={"staff": pl.concat([first_versions, second_versions])},
    )


def _certificates(rng: np.random.Generator, profile: Profile, clock: Clock, hired: Days, needed: Flags) -> tuple[Days, Days]:
    """First and last day of each certificate: mostly from hiring to beyond the sample, sometimes expired or never issued."""
    count, quarter = len(hired), clock.quarters[0]
    start, end = clock.start.astype("datetime64[D]"), clock.end.astype("datetime64[D]")
    span = int((end - start).astype(np.int64))
    begins = hired - rng.integers(1, 900, count).astype("timedelta64[D]")
    until = end + rng.integers(60, 1500, count).astype("timedelta64[D]")
    careless = profile.between("certificates", quarter, 0.12, 0.0)
    expires = chance(rng, careless, count)
    until = np.where(expires, np.maximum(start, begins) + rng.integers(1, span + 300, count).astype("timedelta64[D]"), until)
    none = ~needed | chance(rng, careless / 6, count)
    unlimited = chance(rng, 0.05, count)
    return np.where(none, _NO_DAY, begins), np.where(none | unlimited, _NO_DAY, until)


def training_sessions(seed: int, profile: Profile, clock: Clock, quarter: Quarter, workforce: Workforce) -> pl.DataFrame:
    """Training attended in a quarter: planned sessions that most attend, and induction for new staff."""
    rng = stream(seed, profile.enterprise_id, quarter, "training")
    first, end = np.datetime64(quarter.first_day), np.datetime64(quarter.end_day)
    there = np.flatnonzero((workforce.hired < end) & (np.isnat(workforce.left) | (workforce.left > first)))
    diligent = chance(
        stream(seed, profile.enterprise_id, "diligence"),
        profile.between("staffing", quarter, 0.8, 0.99),
        len(workforce.hired),
    )
    sessions = np.repeat(there, np.where(diligent[there], 2, 1))
    day = first + rng.integers(0, 85, len(sessions)).astype("timedelta64[D]")
    day = clock.add_workdays(day, np.ones(len(sessions), np.int64))
    hours = choose_numbers(rng, {5.5: 0.35, 6.0: 0.35, 8.0: 0.25, 4.0: 0.05}, len(sessions))
    kind = choose(rng, (0.7, 0.27, 0.03), len(sessions))
    new = there[workforce.hired[there] >= first]
    sessions, day = np.concatenate([sessions, new]), np.concatenate([day, workforce.hired[new] + 2 * DAY])
    hours = np.concatenate([hours, np.full(len(new), 16.0)])
    kind = np.concatenate([kind, np.full(len(new), 3)])
    employed = (day >= workforce.hired[sessions]) & (np.isnat(workforce.left[sessions]) | (day < workforce.left[sessions]))
    kept = np.flatnonzero(employed & (day < end))
    return conform(
        "training_records",
        {
            "enterprise_id": profile.enterprise_id,
            "training_id": numbered(f"TR{quarter_code(quarter)}-", np.arange(1, len(kept) + 1), width=5),
            "staff_id": take(workforce.staff_ids, sessions[kept]),
            "trained_on": day[kept],
            "hours": hours[kept],
            "kind": take(["on_the_job", "special_skill", "evaluator", "induction"], kind[kept]),
        },
        len(kept),
    )
