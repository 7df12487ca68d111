"""What customers and employees say: complaints and suggestions.

Surveys and mystery visits are in ``surveys``.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.sample.clientele import Clientele
from pipeline.sample.clock import Clock, quarter_code
from pipeline.sample.contentment import Contentment, contentment
from pipeline.sample.draws import (
    chance,
    choose,
    choose_words,
    conform,
    lognormal,
    numbered,
    only,
    seconds,
    stream,
    take,
    where_time,
)  # fmt: skip
from pipeline.sample.effects import BURST_SHARE
from pipeline.sample.grammar import BURST_CAUSE, CAUSES, causes_of, complaint_texts, suggestion_texts
from pipeline.sample.network import Network
from pipeline.sample.profiles import Profile
from pipeline.sample.requests import Requests
from pipeline.sample.wording import COMPLAINT_ENDINGS, PLAIN_ENDINGS, located, texts, with_order_numbers


def complaints(
    seed: int,
    profile: Profile,
    clock: Clock,
    quarter: Quarter,
    requests: Requests,
    network: Network,
    clientele: Clientele,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Complaints received in a quarter with their handling steps; also the personal data planted in their texts."""
    rng = stream(seed, profile.enterprise_id, quarter, "complaints")
    open_rows = np.flatnonzero(requests.is_open)
    count = max(6, round(len(requests.requested) * profile.between("complaints", quarter, 0.045, 0.022)))
    drawn = rng.choice(open_rows, min(len(open_rows), count * 3), replace=False)
    felt = contentment(rng, requests, drawn) if profile.effects.has_drivers else None
    # The least content customers complain.
    chosen = np.argsort(felt.overall, kind="stable")[:count] if felt else np.arange(min(count, len(drawn)))
    who, count = drawn[chosen], len(chosen)
    causes = causes_of(rng, Contentment(felt.aspects[chosen]) if felt else None, count)
    received = requests.requested[who] + seconds(lognormal(rng, 2 * 86_400, 1.0, count) + 900)
    end = np.datetime64(quarter.end_day, "s")
    received = np.where(received < end, received, requests.requested[who] + (end - requests.requested[who]) // 2)
    order = np.argsort(received, kind="stable")
    who, received, causes = who[order], received[order].astype("datetime64[s]"), causes[order]
    if profile.effects.burst_month is not None:
        in_burst = received.astype("datetime64[M]") == np.datetime64(profile.effects.burst_month, "M")
        causes = np.where(in_burst & chance(rng, BURST_SHARE, count), list(CAUSES).index(BURST_CAUSE), causes)
    urgent = chance(rng, 0.1, count)
    wait = lognormal(rng, np.where(urgent, profile.between("complaints", quarter, 1500, 400), 9000.0), 1.0, count)
    ignored = chance(rng, profile.between("complaints", quarter, 0.08, 0.0), count)
    replied = clock.known(where_time(~chance(rng, 0.01, count), received + seconds(wait + ignored * 90_000)))
    investigated = clock.known(received + seconds(wait + lognormal(rng, 20 * 3600, 0.7, count)))
    negotiated = clock.known(investigated + seconds(lognormal(rng, 24 * 3600, 0.6, count)))
    fed_back = clock.known(negotiated + seconds(lognormal(rng, 8 * 3600, 0.6, count)))
    closed = clock.known(fed_back + seconds(rng.uniform(600, 80_000, count)))
    answered = ~np.isnat(closed) & chance(rng, 0.7, count)
    liked = profile.between("complaints", quarter, 0.6, 0.93)
    score = choose(rng, (0.3 * (1 - liked), 0.3 * (1 - liked), 0.4 * (1 - liked), liked * 0.45, liked * 0.55), count) + 1
    openings = with_order_numbers(rng, complaint_texts(rng, causes))
    content, planted = texts(rng, openings, network.districts, requests.region[who], 0.2, COMPLAINT_ENDINGS)
    linked = chance(rng, 0.75, count)
    ids = numbered(f"CP{quarter_code(quarter)}-", np.arange(1, count + 1))
    table = conform(
        "complaints",
        {
            "enterprise_id": profile.enterprise_id,
            "complaint_id": ids,
            "customer_id": take(clientele.customer_ids, requests.customer[who]),
            "request_id": only(take(requests.ids, who), linked),
            "region_code": take(network.region_codes, requests.region[who]),
            "outlet_id": only(take(network.outlet_ids, requests.outlet[who]), linked),
            "channel": choose_words(rng, {"phone": 0.5, "online": 0.33, "letter": 0.02, "onsite": 0.1, "other": 0.05}, count),
            "is_urgent": urgent,
            "cause_class": take(list(CAUSES), causes),
            "received_at": received,
            "first_reply_at": replied,
            "investigated_at": investigated,
            "negotiated_at": negotiated,
            "fed_back_at": fed_back,
            "closed_at": closed,
            "satisfaction": only(score, answered),
            "escalated": only(chance(rng, 0.3, count), answered & (score <= 2)),
            "alternative_offered": only(chance(rng, 0.6, count), answered & (score <= 2)),
            "customer_phone": take(clientele.phones, requests.customer[who]),
            "content": content,
        },
        count,
    )
    return table, located(planted, "complaints", "content", profile.enterprise_id, ids)


def suggestions(
    seed: int, profile: Profile, clock: Clock, quarter: Quarter, requests: Requests, network: Network
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A quarter's suggestions by customers and employees; also the personal data planted in their texts."""
    rng = stream(seed, profile.enterprise_id, quarter, "suggestions")
    count = 8 + min(round(len(requests.requested) * 0.01), 2000)
    submitted = np.sort(clock.contact_times(rng, quarter, choose(rng, (0.0, 1.0), count), profile.effects))
    customer = chance(rng, 0.65, count)
    evaluated = clock.known(where_time(chance(rng, 0.85, count), submitted + seconds(lognormal(rng, 8 * 86_400, 0.7, count))))
    homes = rng.integers(0, len(network.districts), count)
    content, planted = texts(
        rng, with_order_numbers(rng, suggestion_texts(rng, count)), network.districts, homes, 0.12, PLAIN_ENDINGS
    )
    ids = numbered(f"SG{quarter_code(quarter)}-", np.arange(1, count + 1))
    table = conform(
        "suggestions",
        {
            "enterprise_id": profile.enterprise_id,
            "suggestion_id": ids,
            "source": take(["employee", "customer"], customer.astype(np.int64)),
            "submitted_at": submitted,
            "evaluated_at": evaluated,
            "adopted": only(chance(rng, profile.between("suggestions", quarter, 0.2, 0.55), count), ~np.isnat(evaluated)),
            "content": content,
        },
        count,
    )
    return table, located(planted, "suggestions", "content", profile.enterprise_id, ids)
