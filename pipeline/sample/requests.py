"""Service requests: customer, product, time, duration and outcome.

Visits, calls and messages of a request are in ``contacts``, complaints and suggestions in ``voice``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.sample.clientele import Clientele
from pipeline.sample.clock import Clock, at_night, next_morning, quarter_code
from pipeline.sample.draws import (
    Column,
    Flags,
    Floats,
    Ints,
    Times,
    chance,
    choose,
    day_of,
    in_blocks,
    joined,
    lognormal,
    numbered,
    only,
    seconds,
    stream,
    take,
    where_text,
    where_time,
)  # fmt: skip
from pipeline.sample.effects import (
    EASY_ONE_TOUCH,
    FAILING_ONE_TOUCH,
    FAILING_RESOLUTION,
    FAILING_RESPONSE,
    GAMED_SHARE,
    HARD_ONE_TOUCH,
)  # fmt: skip
from pipeline.sample.names import id_numbers
from pipeline.sample.network import Network
from pipeline.sample.profiles import (
    CHANNELS,
    COMPLAINT,
    GUIDANCE,
    INSTALLATION,
    MAINTENANCE,
    REPAIR,
    SERVICE_TYPES,
    Profile,
)  # fmt: skip
from pipeline.sample.wording import FAULT_ENDINGS, descriptions, located, texts
from pipeline.sample.workforce import Workforce
from schemas.standard.catalogue import catalogue_rows

PHONE, ONLINE, OUTLET, ONSITE = range(4)
_OTHER_ISSUES = {INSTALLATION: "安装调试", GUIDANCE: "使用咨询", COMPLAINT: "服务投诉"}
_OPENINGS = {
    "不制冷": "开机半小时还是不制冷",
    "漏水": "机器下面一直漏水",
    "噪音大": "运行时噪音很大",
    "显示故障代码": "面板显示故障代码E4",
    "遥控失灵": "遥控器按了没有反应",
    "结冰": "冷藏室后壁结冰",
    "门封不严": "门关不严",
    "不脱水": "到脱水就停了",
    "不进水": "按了启动不进水",
    "不点火": "打开热水不点火",
    "水温不稳": "水温忽冷忽热",
    "屏幕碎裂": "屏幕摔碎了",
    "电池不耐用": "充满电半天就没了",
    "无法开机": "按电源键没有反应",
    "信号差": "在家里没有信号",
    "系统卡顿": "用一会儿就卡",
    "键盘失灵": "键盘有几个键按不动",
    "黑屏": "有声音没有图像",
    "无声音": "有图像没有声音",
    "花屏": "屏幕上有条纹",
    "出水慢": "出水越来越慢",
    "宕机": "服务器半夜宕机",
    "硬盘告警": "硬盘指示灯变黄",
    "性能下降": "业务高峰时很慢",
    "网络中断": "整层楼断网",
    "丢包": "视频会议一直丢包",
    "无法登录": "提示密码错误登录不了",
    "报表错误": "月报数据对不上",
    "安装调试": "新买的机器，预约安装",
    "使用咨询": "想问一下怎么设置",
    "服务投诉": "对上次的服务不满意",
}
_JUST_BEFORE = np.timedelta64(600, "s")
TEST_DESCRIPTION = "测试单，请忽略"


@dataclass(frozen=True)
class Originals:
    """The requests of a quarter that repeat none, in time order; those of the next quarter may repeat them."""

    requested: Times
    product: Ints
    issue: Ints
    service_type: Ints


@dataclass(frozen=True)
class Requests:
    """The requests of one enterprise and quarter in arrays by position (in time order)."""

    ids: Column
    requested: Times
    responded: Times
    resolved: Times
    customer: Ints
    product: Ints
    issue: Ints
    service_type: Ints
    channel: Ints
    outlet: Ints
    region: Ints
    is_original: Flags
    in_scope: Flags
    is_open: Flags
    """Neither merged, nor a test, nor cancelled: it is handled."""
    needs_visit: Flags
    held: Flags
    """Solved in one contact and not opened again."""

    def originals(self) -> Originals:
        """Those that repeat no other request."""
        own = self.is_original
        return Originals(self.requested[own], self.product[own], self.issue[own], self.service_type[own])


@dataclass(frozen=True)
class _Subjects:
    """Customer, product and issue of each request; a follower repeats an earlier request."""

    product: Ints
    issue: Ints
    service_type: Ints
    is_original: Flags
    earlier: Ints
    """Position in the quarter of the repeated request; -1 without one or if it is in the quarter before."""


def draw_requests(
    seed: int, profile: Profile, clock: Clock, quarter: Quarter, count: int,
    network: Network, workforce: Workforce, clientele: Clientele, before: Originals | None,
) -> tuple[Requests, Iterator[pl.DataFrame], pl.DataFrame]:  # fmt: skip
    """The given number of requests of a quarter, their rows in blocks, and the personal data planted in their texts.

    Some requests repeat one of ``before``, the previous quarter's requests.
    """
    rng = stream(seed, profile.enterprise_id, quarter, "requests")
    issues = issue_classes(profile)
    channel = choose(rng, profile.channels, count)
    requested = clock.contact_times(rng, quarter, channel, profile.effects)
    order = np.argsort(requested, kind="stable")
    requested, channel = requested[order], channel[order]
    subjects = _subjects(rng, profile, quarter, requested, clientele, issues, before)
    service_type, product = subjects.service_type, subjects.product
    customer = clientele.owner[product]
    region = clientele.region[customer]
    urgent = chance(rng, 0.08, count)
    # Repairs are more often complex than questions.
    is_complex = chance(rng, np.where(service_type == REPAIR, 1.5, 0.7) * profile.complex_share, count)
    merged = (subjects.earlier >= 0) & chance(rng, 0.15, count)
    test = ~merged & chance(rng, 0.004, count)
    cancelled = ~merged & ~test & chance(rng, 0.022, count)
    is_open = ~(merged | test | cancelled)
    needs_visit = is_open & _needs_visit(rng, profile, service_type, channel)
    outlet = np.where(needs_visit | (channel == OUTLET) | (channel == ONSITE), network.outlets_at(rng, region, requested), -1)
    staff = np.where(
        outlet >= 0,
        workforce.some_technician(rng, np.maximum(outlet, 0), requested),
        workforce.some_agent(rng, requested),
    )
    answered = is_open | (cancelled & chance(rng, 0.6, count))
    # A busy day delays both response and resolution.
    load = rng.standard_normal(count) if profile.effects.has_drivers else None
    fails = region == (-1 if profile.effects.failing_region is None else profile.effects.failing_region)
    wait = _response(rng, profile, quarter, channel, urgent, requested, np.where(fails, FAILING_RESPONSE, 1.0), load)
    responded = clock.known(where_time(answered, requested + wait))
    hopeless = chance(rng, 0.006, count)
    resolved, paused = _resolution(
        rng, profile, clock, quarter, responded, is_complex, np.where(fails, FAILING_RESOLUTION, 1.0), load
    )
    if profile.effects.gaming_outlet is not None:
        resolved, paused = _closed_at_limit(
            rng, responded, resolved, paused, (outlet == profile.effects.gaming_outlet) & ~is_complex
        )
    resolved = clock.known(where_time(is_open & ~hopeless & ~np.isnat(responded), resolved))
    is_resolved = ~np.isnat(resolved)
    closed = where_time(is_resolved & ~chance(rng, 0.06, count), resolved + seconds(lognormal(rng, 9 * 3600, 1.0, count)))
    closed = where_time(cancelled | merged, requested + seconds(rng.uniform(600, 20_000, count)), closed)
    closed = clock.known(where_time(test, requested + seconds(rng.uniform(60, 600, count)), closed))
    status = np.where(is_resolved, 1, 0)
    status = np.where(cancelled, 3, np.where((is_resolved | merged | test) & ~np.isnat(closed), 2, status))
    unsolved = _needs_more_contacts(rng, profile, quarter, clientele.category[product], fails, is_resolved)
    contacts = 1 + np.where(unsolved, 1 + rng.poisson(0.5, count), 0)
    reopened = np.where(is_resolved & chance(rng, profile.between("first_contact", quarter, 0.03, 0.006), count), 1, 0)
    reopened += reopened * chance(rng, 0.1, count)
    asked = (status == 2) & is_open & chance(rng, 0.45, count)
    confirmed = chance(rng, profile.between("first_contact", quarter, 0.93, 0.985), count) & (reopened == 0)
    special = chance(rng, 0.06, count)
    wants_notice = is_open & (needs_visit | (contacts > 1) | is_complex)
    notices = np.where(wants_notice, rng.integers(1, 4, count), 0)
    kept_posted = chance(rng, profile.between("notices", quarter, 0.78, 0.97), count)
    sent = np.where(kept_posted, notices + rng.integers(0, 2, count), np.maximum(notices - 1, 0))
    has_form = is_resolved & (needs_visit | (channel == OUTLET))
    fields = rng.integers(10, 19, count)
    valid = np.where(chance(rng, profile.between("forms", quarter, 0.94, 0.999), count), fields, fields - rng.integers(1, 4, count))
    repaired = is_resolved & (service_type == REPAIR)
    measured = repaired & chance(rng, profile.measured_share, count)
    performance = np.round(np.clip(rng.normal(profile.between("recovery", quarter, 0.97, 0.995), 0.02, count), 0.5, 1.2), 4)
    tested = repaired & chance(rng, 0.9, count)
    passed = chance(rng, profile.between("recovery", quarter, 0.94, 0.995), count)
    errors = chance(rng, profile.between("errors", quarter, 0.05, 0.012), count)
    quoted, charged, signed = _charges(rng, profile, quarter, is_resolved, count)
    held = is_resolved & (contacts == 1) & (reopened == 0)
    said = descriptions(rng, take([_OPENINGS[name] for name in issues], subjects.issue))
    description, planted = texts(rng, said, network.districts, region, 0.08, FAULT_ENDINGS)
    silent = ~test & chance(rng, 0.1, count)
    described = only(where_text(~test, description, TEST_DESCRIPTION), ~silent)
    ids = numbered(f"SR{quarter_code(quarter)}-", np.arange(1, count + 1))
    has_serial, has_model = ~chance(rng, 0.1, count), ~chance(rng, 0.15, count)
    columns = {
        "enterprise_id": profile.enterprise_id,
        "request_id": ids,
        "customer_id": take(clientele.customer_ids, customer),
        "product_category": take([made.name for made in profile.products], clientele.category[product]),
        "product_model": only(take(clientele.model, product), has_serial | has_model),
        "product_serial": only(take(clientele.serial, product), has_serial),
        "issue_class": take(issues, subjects.issue),
        "service_type": take(SERVICE_TYPES, service_type),
        "channel": take(CHANNELS, channel),
        "region_code": take(network.region_codes, region),
        "outlet_id": take(network.outlet_ids, outlet),
        "staff_id": only(take(workforce.staff_ids, staff), ~np.isnat(responded)),
        "urgency": take(["normal", "urgent"], urgent.astype(np.int64)),
        "complexity": take(["general", "complex"], is_complex.astype(np.int64)),
        "requested_at": requested,
        "responded_at": responded,
        "resolved_at": resolved,
        "closed_at": closed,
        "paused_seconds": only(np.rint(paused).astype(np.int64), is_resolved & ((paused > 0) | chance(rng, 0.5, count))),
        "status": take(["open", "resolved", "closed", "cancelled"], status),
        "contact_count": contacts,
        "reopened_count": reopened,
        "customer_confirmed": only(confirmed, asked),
        "personalised_plan": only(chance(rng, profile.between("personal", quarter, 0.08, 0.35), count), is_open),
        "special_need": special,
        "special_need_met": only(chance(rng, profile.between("personal", quarter, 0.75, 0.98), count), special & is_resolved),
        "notices_required": only(notices, wants_notice),
        "notices_sent": only(sent, wants_notice),
        "form_fields_required": only(fields, has_form),
        "form_fields_valid": only(valid, has_form),
        "performance_ratio": only(performance, measured),
        "acceptance_passed": only(passed, tested),
        "has_service_error": only(errors, ~chance(rng, 0.01, count)),
        "quoted_amount": only(quoted, charged > 0),
        "charged_amount": only(charged, is_resolved),
        "scope_change_signed": only(signed, charged > quoted),
        "parts_used": only(_parts_used(rng, profile, clientele.category[product]), repaired & chance(rng, 0.55, count)),
        "timestamp_source": take(["system", "manual"], chance(rng, 0.03, count).astype(np.int64)),
        "merged_into": take(ids, np.where(merged, subjects.earlier, -1)),
        "is_test": only(test, test | chance(rng, 0.6, count)),
        "customer_name": take(clientele.names, customer),
        "customer_phone": take(clientele.phones, customer),
        "customer_id_number": _identity_numbers(rng, network, region, chance(rng, 0.03, count)),
        "customer_address": only(take(clientele.addresses, customer), needs_visit),
        "description": described,
    }
    written = planted.filter(pl.Series(~(test | silent)).gather(planted["position"]))
    drawn = Requests(
        ids, requested, responded, resolved, customer, product, subjects.issue, service_type, channel, outlet, region,
        subjects.is_original, ~(merged | test), is_open, needs_visit, held,
    )  # fmt: skip
    return (
        drawn,
        in_blocks("service_requests", columns, count),
        located(written, "service_requests", "description", profile.enterprise_id, ids),
    )


def issue_classes(profile: Profile) -> list[str]:
    """The issue classes of an enterprise: the faults of its products, and other topics."""
    faults = [fault for product in profile.products for fault in product.faults]
    return list(dict.fromkeys([*faults, *_OTHER_ISSUES.values()]))


def _subjects(
    rng: np.random.Generator, profile: Profile, quarter: Quarter, requested: Times, clientele: Clientele, issues: list[str],
    before: Originals | None,
) -> _Subjects:  # fmt: skip
    count = len(requested)
    product = clientele.products_in_demand(rng, profile, quarter, requested)
    service_type = choose(rng, profile.service_types, count)
    issue = np.zeros(count, dtype=np.int16)
    for place, made in enumerate(profile.products):
        here = clientele.category[product] == place
        fault = np.array([issues.index(name) for name in made.faults])
        issue[here] = fault[choose(rng, list(made.faults.values()), int(here.sum()))]
    for kind, name in _OTHER_ISSUES.items():
        issue[service_type == kind] = issues.index(name)
    follows = chance(rng, profile.between("repair", quarter, 0.085, 0.03), count)
    # A follower repeats the nearest original at least the drawn delay earlier.
    delay = seconds(lognormal(rng, 5 * 86_400, 1.3, count) + 600)
    originals = np.flatnonzero(~follows)
    asked_at, asked = requested[originals], (product[originals], issue[originals], service_type[originals])
    if before is not None:
        asked_at = np.concatenate([before.requested, asked_at])
        past = (before.product, before.issue, before.service_type)
        asked = tuple(np.concatenate(pair) for pair in zip(past, asked, strict=True))  # type: ignore[assignment]
    shift = len(asked_at) - len(originals)
    followers = np.flatnonzero(follows)
    found = np.searchsorted(asked_at, requested[followers] - delay[followers], side="right") - 1
    followers, found = followers[found >= 0], found[found >= 0]
    for mine, theirs in zip((product, issue, service_type), asked, strict=True):
        mine[followers] = theirs[found]
    is_original = np.ones(count, dtype=np.bool_)
    is_original[followers] = False
    earlier = np.full(count, -1)
    within = found >= shift
    earlier[followers[within]] = originals[found[within] - shift]
    return _Subjects(product, issue, service_type, is_original, earlier)


def _needs_visit(rng: np.random.Generator, profile: Profile, service_type: Ints, channel: Ints) -> Flags:
    at_home = np.isin(service_type, (INSTALLATION, MAINTENANCE, REPAIR)) & (channel != OUTLET)
    return (channel == ONSITE) | (at_home & chance(rng, profile.visit_share, len(channel)))


def _needs_more_contacts(
    rng: np.random.Generator, profile: Profile, quarter: Quarter, category: Ints, fails: Flags, is_resolved: Flags
) -> Flags:
    """Whether each request takes more than one contact.

    With a mix shift each category has its share among the resolved requests, to the nearest request, so that it rises in
    small samples too.
    """
    effects = profile.effects
    more = chance(rng, np.where(fails, 1 - FAILING_ONE_TOUCH, profile.more_contacts_share(quarter)), len(category))
    if effects.mix_shift is None:
        return more
    then = int(quarter == effects.mix_shift)
    for place in range(len(profile.products)):
        rows = rng.permutation(np.flatnonzero(is_resolved & (category == place) & ~fails))
        solved = (HARD_ONE_TOUCH if effects.is_hard(place) else EASY_ONE_TOUCH)[then]
        more[rows] = False
        more[rows[: round((1 - solved) * len(rows))]] = True
    return more


def _response(
    rng: np.random.Generator, profile: Profile, quarter: Quarter, channel: Ints, urgent: Flags, requested: Times,
    slower: Floats, load: Floats | None,
) -> np.ndarray:  # fmt: skip
    """Seconds from request to start of handling: minutes, longer at night unless it is urgent."""
    count = len(channel)
    median = np.array([90.0, 420.0, 480.0, 2400.0])[channel] * slower
    spread = lognormal(rng, median, 0.9, count, load)
    hurried = lognormal(rng, profile.between("response", quarter, 960, 420) * slower, 0.7, count, load)
    wait = np.where(urgent, hurried, spread)
    overnight = ~urgent & (channel == ONLINE) & at_night(requested) & chance(rng, 0.5, count)
    morning = next_morning(requested, wait) - requested
    return np.where(overnight, morning, seconds(wait))


def _resolution(
    rng: np.random.Generator, profile: Profile, clock: Clock, quarter: Quarter, responded: Times, is_complex: Flags,
    slower: Floats, load: Floats | None,
) -> tuple[Times, Floats]:  # fmt: skip
    """Resolution time of each request (hours for general, working days for complex) and seconds of approved pauses."""
    count = len(responded)
    handled = np.where(np.isnat(responded), clock.start, responded).astype("datetime64[s]")
    hours = lognormal(rng, profile.between("resolution", quarter, 4.4, 1.5) * slower, 0.95, count, load)
    soon = handled + seconds(np.minimum(hours, 60) * 3600 + 60)
    days = np.minimum(lognormal(rng, profile.between("resolution", quarter, 4.2, 1.7) * slower, 0.6, count, load), 15)
    whole = np.floor(days).astype(np.int64)
    late_day = clock.add_workdays(day_of(handled), whole) + np.timedelta64(9, "h").astype("timedelta64[s]")
    later = late_day + seconds(rng.uniform(0, 9 * 3600, count))
    later = np.maximum(later, handled + seconds((days - whole + 0.05) * 8 * 3600))
    resolved = np.where(is_complex, later, soon).astype("datetime64[s]")
    # Night-time resolutions move to the morning, and most such pauses are approved.
    waits = at_night(resolved) & ((resolved - handled) > np.timedelta64(3600, "s"))
    morning = next_morning(resolved, rng.uniform(0, 5400, count))
    paused = np.where(waits & chance(rng, 0.7, count), (morning - resolved) / np.timedelta64(1, "s") * 0.95, 0.0)
    paused = np.where(
        is_complex & chance(rng, 0.1, count),
        np.maximum(paused, ((resolved - handled) / np.timedelta64(1, "s")) * 0.15),
        paused,
    )
    return np.where(waits, morning, resolved).astype("datetime64[s]"), paused


def _closed_at_limit(
    rng: np.random.Generator, responded: Times, resolved: Times, paused: Floats, here: Flags
) -> tuple[Times, Floats]:
    """The times of the outlet that closes most late requests within the ten minutes before the limit."""
    count = len(responded)
    required = next(row.requirement for row in catalogue_rows() if row.indicator_id == "P2-3a")
    limit = responded + np.timedelta64(round(float(required or 0) * 3600), "s")
    closes = here & (resolved > limit - _JUST_BEFORE) & chance(rng, GAMED_SHARE, count)
    at_limit = limit - seconds(rng.uniform(10, 590, count))
    return np.where(closes, at_limit, resolved).astype("datetime64[s]"), np.where(closes, 0.0, paused)


def _charges(
    rng: np.random.Generator, profile: Profile, quarter: Quarter, is_resolved: Flags, count: int
) -> tuple[Floats, Floats, Flags]:
    quoted = np.round(lognormal(rng, 180, 0.8, count), 2)
    outcome = choose(rng, (0.88, 0.06, profile.between("price", quarter, 0.14, 0.03)), count)
    factor = np.array([1.0, 0.9, 1.0])[outcome] + (outcome == 2) * rng.uniform(0.05, 0.5, count)
    paid = is_resolved & chance(rng, 0.24, count)
    charged = np.where(paid, np.round(quoted * factor, 2), 0.0)
    return quoted, charged, chance(rng, 0.35, count)


def _parts_used(rng: np.random.Generator, profile: Profile, category: Ints) -> Column:
    """One or two parts of the product's category, joined by ``;``."""
    names = [name for product in profile.products for name in product.parts]
    first = np.cumsum([0, *(len(product.parts) for product in profile.products)])
    number = np.array([len(product.parts) for product in profile.products])
    count = len(category)
    one = (rng.random(count) * number[category]).astype(np.int64)
    two = (one + 1) % number[category]
    single = take(names, first[category] + one)
    both = joined(single, ";", take(names, first[category] + two))
    return where_text(chance(rng, 0.2, count) & (two != one), both, single)


def _identity_numbers(rng: np.random.Generator, network: Network, region: Ints, given: Flags) -> Column:
    rows = np.flatnonzero(given)
    places = np.full(len(region), -1)
    places[rows] = np.arange(len(rows))
    codes = take([district.code for district in network.districts], region[rows])
    return take(id_numbers(rng, codes), places)
