"""Contacts and visits: calls, online sessions, appointments, on-site visits.

Requests are drawn in ``requests``; contacts without one (questions answered at once, abandoned calls) are added here.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.sample.clientele import Clientele
from pipeline.sample.clock import Clock, at_night, in_service_hours, next_morning, quarter_code
from pipeline.sample.draws import (
    DAY,
    Floats,
    Ints,
    Times,
    chance,
    choose,
    choose_words,
    day_of,
    hour_of,
    in_blocks,
    lognormal,
    numbered,
    only,
    places_in,
    seconds,
    stream,
    take,
    where_text,
    where_time,
)  # fmt: skip
from pipeline.sample.effects import DUPLICATED_SHARE, PROJECT_KEEPS
from pipeline.sample.names import mobiles
from pipeline.sample.network import Network
from pipeline.sample.profiles import Profile
from pipeline.sample.requests import ONLINE, PHONE, Requests
from pipeline.sample.workforce import Workforce

ANSWERED, ABANDONED = 0, 1
_HALF_HOUR = np.timedelta64(1800, "s")
_MINUTE = np.timedelta64(60, "s")
_SHORT_VISIT = 6 * _MINUTE


def hotline_calls(
    seed: int,
    profile: Profile,
    clock: Clock,
    quarter: Quarter,
    requests: Requests,
    workforce: Workforce,
    clientele: Clientele,
) -> Iterator[pl.DataFrame]:
    """Calls of a quarter in blocks: one per request by phone, and about as many that led to no request."""
    rng = stream(seed, profile.enterprise_id, quarter, "calls")
    linked = np.flatnonzero((requests.channel == PHONE) & requests.in_scope)
    more = max(5, round(len(requests.requested) * 0.55))
    count = len(linked) + more
    first = np.datetime64(quarter.first_day, "s")
    wait = lognormal(rng, profile.between("hotline", quarter, 9.5, 4.5), 0.95, count)
    alone = clock.contact_times(rng, quarter, np.full(more, PHONE), profile.effects)
    reason = choose(rng, _call_outcomes(profile, quarter, len(linked) / more), more)
    if profile.effects.project_from is not None:
        helped = (alone >= np.datetime64(profile.effects.project_from)) & ~chance(rng, PROJECT_KEEPS, more)
        reason = np.where((reason == ABANDONED) & helped, ANSWERED, reason)
    answered = np.concatenate([np.ones(len(linked), dtype=np.bool_), reason == ANSWERED])
    # The request was recorded a minute or two into the call.
    started = requests.requested[linked] - seconds(wait[: len(linked)] + rng.uniform(30, 150, len(linked)))
    queued = np.concatenate([np.maximum(started, first), alone])
    # On a Monday morning everybody calls.
    crowded = (
        profile.effects.has_calendar & np.isin(hour_of(queued), (9, 10, 15)) & ((day_of(queued).astype(np.int64) + 3) % 7 == 0)
    )
    wait = np.where(crowded, wait * 1.8, wait)
    answered_at = where_time(answered, queued + seconds(wait))
    talk = lognormal(rng, 170, 0.7, count)
    patience = lognormal(rng, 35, 0.9, count)
    refused_after = rng.uniform(0, 4, count)
    outcome = np.concatenate([np.zeros(len(linked), dtype=np.int64), reason])
    ended = np.where(answered, answered_at + seconds(talk), queued + seconds(np.where(outcome == 3, refused_after, patience)))
    who = workforce.some_agent(rng, queued)
    request = np.concatenate([linked, np.full(more, -1)])
    customer = np.concatenate([requests.customer[linked], np.full(more, -1)])
    stranger = mobiles(rng, count)
    order = np.argsort(queued, kind="stable")
    return in_blocks(
        "hotline_calls",
        {
            "enterprise_id": profile.enterprise_id,
            "call_id": numbered(f"HC{quarter_code(quarter)}-", places_in(order) + 1),
            "queue": choose_words(rng, {"售后": 0.7, "咨询": 0.2, "投诉": 0.1}, count),
            "caller_phone": where_text(request >= 0, take(clientele.phones, customer), stranger),
            "queued_at": queued,
            "answered_at": answered_at,
            "ended_at": only(ended.astype("datetime64[us]"), ~chance(rng, 0.01, count)),
            "outcome": take(["answered", "abandoned", "self_service", "rejected"], outcome),
            "in_service_hours": in_service_hours(queued),
            "staff_id": only(take(workforce.staff_ids, who), answered),
            "request_id": take(requests.ids, request),
        },
        order,
    )


def _call_outcomes(profile: Profile, quarter: Quarter, linked_to_alone: float) -> Floats:
    """Weights of answered, abandoned, self-service and rejected among calls that led to no request."""
    self_service = 0.3
    offered = linked_to_alone + 1 - self_service
    abandoned = profile.abandoned_share(quarter) * offered
    rejected = profile.between("hotline", quarter, 0.025, 0.004) * offered
    return np.array([max(1 - self_service - abandoned - rejected, 0.05), abandoned, self_service, rejected])


def online_sessions(
    seed: int, profile: Profile, clock: Clock, quarter: Quarter, requests: Requests, workforce: Workforce
) -> Iterator[pl.DataFrame]:
    """Chats, mini-program messages, e-mails and web forms in blocks: one per online request, and some without a request."""
    rng = stream(seed, profile.enterprise_id, quarter, "sessions")
    linked = np.flatnonzero((requests.channel == ONLINE) & requests.in_scope)
    more = max(4, round(len(requests.requested) * 0.1))
    count = len(linked) + more
    alone = clock.contact_times(rng, quarter, np.full(more, ONLINE), profile.effects)
    opened = np.concatenate([requests.requested[linked], alone])
    kind = choose(rng, (0.5, 0.3, 0.08, 0.12), count)
    live = (kind == 0) | ((kind == 1) & chance(rng, 0.6, count))
    median = np.where(live, profile.between("online", quarter, 330, 120), profile.between("online", quarter, 700, 360))
    reply = seconds(lognormal(rng, median, 0.85, count))
    # Nobody answers mail at night, and a chat only if somebody is on duty.
    overnight = at_night(opened) & ~live & chance(rng, 0.8, count)
    reply = np.where(overnight, next_morning(opened, rng.uniform(0, 3600, count)) - opened, reply)
    silent = chance(rng, profile.between("online", quarter, 0.03, 0.006), count)
    replied = clock.known(where_time(~silent, opened + reply))
    closed = clock.known(np.where(silent, opened, replied) + seconds(lognormal(rng, 540, 0.8, count)))
    order = np.argsort(opened, kind="stable")
    return in_blocks(
        "online_sessions",
        {
            "enterprise_id": profile.enterprise_id,
            "session_id": numbered(f"OS{quarter_code(quarter)}-", places_in(order) + 1),
            "kind": take(["chat", "mini_program", "email", "web_form"], kind),
            "is_live": live,
            "opened_at": opened,
            "first_human_reply_at": replied,
            "closed_at": closed,
            "staff_id": only(take(workforce.staff_ids, workforce.some_agent(rng, opened)), ~np.isnat(replied)),
            "request_id": take(requests.ids, np.concatenate([linked, np.full(more, -1)])),
        },
        order,
    )


def appointments(seed: int, profile: Profile, clock: Clock, quarter: Quarter, requests: Requests) -> Iterator[pl.DataFrame]:
    """One booking per request that needs a visit, in blocks: the earliest slot offered, and the one chosen."""
    rng = stream(seed, profile.enterprise_id, quarter, "appointments")
    booked_at = requests.requested + seconds(rng.uniform(120, 1500, len(requests.requested)))
    rows = np.flatnonzero(requests.needs_visit & (booked_at < clock.end))
    booked_at, count = booked_at[rows], len(rows)
    late = profile.between("booking", quarter, 0.06, 0.002)
    ahead = choose(rng, (0.3, 0.42, 0.2, 0.08 - late, late * 0.7, late * 0.3), count)
    # A slot on the request day itself, or working days ahead; now and then on the rest day that follows.
    offered = np.where(ahead == 0, day_of(booked_at), clock.add_workdays(day_of(booked_at), ahead)).astype("datetime64[D]")
    next_day = offered + DAY
    on_rest_day = (ahead > 0) & ~clock.is_workday(next_day) & chance(rng, 0.3, count)
    offered = np.where(on_rest_day, next_day, offered).astype("datetime64[D]")
    none = chance(rng, profile.between("booking", quarter, 0.02, 0.0), count)
    chosen = offered + choose(rng, (0.7, 0.2, 0.1), count).astype("timedelta64[D]")
    return in_blocks(
        "appointments",
        {
            "enterprise_id": profile.enterprise_id,
            "appointment_id": numbered(f"AP{quarter_code(quarter)}-", np.arange(1, count + 1)),
            "request_id": only(take(requests.ids, rows), ~chance(rng, 0.03, count)),
            "requested_at": booked_at,
            "earliest_offered_on": only(offered, ~none),
            "chosen_on": only(chosen, ~none & ~chance(rng, 0.05, count)),
        },
        count,
    )


def onsite_visits(
    seed: int,
    profile: Profile,
    clock: Clock,
    quarter: Quarter,
    requests: Requests,
    network: Network,
    workforce: Workforce,
) -> Iterator[pl.DataFrame]:
    """Visits of a quarter's requests in blocks: the one that solved it, and failed or rescheduled ones before."""
    rng = stream(seed, profile.enterprise_id, quarter, "visits")
    solved = np.flatnonzero(requests.needs_visit & ~np.isnat(requests.resolved))
    appointed, arrived = _solving_visits(rng, profile, quarter, requests, solved)
    failed = solved[chance(rng, 0.1, len(solved))]
    # A failed visit was appointed between the start of handling and the solving visit.
    last = appointed[np.searchsorted(solved, failed)]
    before = _on_half_hours(requests.responded[failed] + (last - requests.responded[failed]) // 2)
    earlier = np.maximum(before, requests.responded[failed])
    missed = profile.between("arrival", quarter, 0.35, 0.06)
    moved = profile.between("arrival", quarter, 0.2, 0.08)
    reason = 1 + choose(rng, (missed, moved, 0.45, 0.12), len(failed))
    twice = _entered_twice(rng, profile, requests, solved)
    nothing = np.full(len(failed), np.datetime64("NaT", "s"))
    rows = np.concatenate([solved, failed, twice])
    appointed = np.concatenate([appointed, earlier, _on_half_hours(requests.resolved[twice] - _SHORT_VISIT)])
    appointed = np.maximum(appointed, requests.responded[rows])
    arrived = np.concatenate([arrived, nothing, requests.resolved[twice] - _SHORT_VISIT])
    completed = np.concatenate([requests.resolved[solved], nothing, requests.resolved[twice]])
    outcome = np.concatenate([np.zeros(len(solved), dtype=np.int64), reason, np.zeros(len(twice), dtype=np.int64)])
    kept = np.flatnonzero(appointed < clock.end)
    kept = kept[np.argsort(appointed[kept], kind="stable")]
    rows, appointed, count = rows[kept], appointed[kept], len(kept)
    outlet = requests.outlet[rows]
    words = ["done", "missed", "rescheduled_by_company", "rescheduled_by_customer", "cancelled_by_customer"]
    return in_blocks(
        "onsite_visits",
        {
            "enterprise_id": profile.enterprise_id,
            "visit_id": numbered(f"OV{quarter_code(quarter)}-", np.arange(1, count + 1)),
            "request_id": take(requests.ids, rows),
            "staff_id": take(workforce.staff_ids, workforce.some_technician(rng, outlet, appointed)),
            "outlet_id": take(network.outlet_ids, outlet),
            "appointed_at": appointed,
            "arrived_at": arrived[kept],
            "completed_at": completed[kept],
            "outcome": take(words, outcome[kept]),
        },
        count,
    )


def _entered_twice(rng: np.random.Generator, profile: Profile, requests: Requests, solved: Ints) -> Ints:
    """The requests whose solving visit an outlet enters a second time, as a visit of six minutes."""
    if profile.effects.gaming_outlet is None:
        return solved[:0]
    own = solved[requests.outlet[solved] == profile.effects.gaming_outlet]
    return own[chance(rng, DUPLICATED_SHARE, len(own))]


def _solving_visits(
    rng: np.random.Generator, profile: Profile, quarter: Quarter, requests: Requests, rows: Ints
) -> tuple[Times, Times]:
    """Appointment and arrival times of the solving visits."""
    count = len(rows)
    resolved, responded = requests.resolved[rows], requests.responded[rows]
    appointed = _on_half_hours(resolved - seconds(rng.uniform(2400, 7200, count)))
    appointed = np.where(appointed < responded, responded, appointed).astype("datetime64[s]")
    scatter = np.where(
        chance(rng, profile.between("arrival", quarter, 0.12, 0.015), count),
        rng.uniform(31, 90, count) * np.where(chance(rng, 0.85, count), 1, -1),
        np.clip(rng.normal(2, 11, count), -29, 29),
    )
    arrived = np.minimum(appointed + seconds(scatter * 60), resolved - 5 * _MINUTE)
    # A handful of arrivals were never recorded.
    return appointed, where_time(~chance(rng, 0.005, count), arrived.astype("datetime64[s]"))


def _on_half_hours(times: Times) -> Times:
    into_half_hour = (times - day_of(times)) % _HALF_HOUR
    return np.asarray(times - into_half_hour)
