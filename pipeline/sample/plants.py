"""Who gets which planted effect, and what an analysis must find of it.

The first enterprise has a failing region and an outlet that games its numbers; the second (or the only one) a burst of
complaints and a project that works, the second also a mix shift. Drivers and calendar are in all of them, opposite seasons in the
first two. Without plants the same enterprises have steady levels, even demand and answers that depend on nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pipeline.calendar.quarters import Quarter
from pipeline.sample import effects
from pipeline.sample.clock import HOLIDAY, MAKEUP_DAY, SPRING_FESTIVAL, WEEKDAYS, season_of
from pipeline.sample.contentment import EXPECTED_CORRELATIONS
from pipeline.sample.effects import Effects
from pipeline.sample.grammar import BURST_CAUSE, CAUSES
from pipeline.sample.places import PROVINCES
from pipeline.sample.profiles import Profile

_AMPLITUDE = 0.15
_FAILING_REGION = 1
_GAMING_OUTLET = 0
"""The first outlet of the first region, which is open throughout."""


def with_plants(chosen: Sequence[Profile], quarters: Sequence[Quarter]) -> tuple[Profile, ...]:
    """The enterprises with their effects."""
    common = Effects(has_calendar=True, has_seasonal_products=True, has_drivers=True)
    planted = {profile.enterprise_id: common for profile in chosen}
    first, second = chosen[0], chosen[min(1, len(chosen) - 1)]
    planted[first.enterprise_id] = replace(common, failing_region=_FAILING_REGION, gaming_outlet=_GAMING_OUTLET)
    planted[second.enterprise_id] = replace(
        planted[second.enterprise_id],
        burst_month=_middle_month(quarters[-1]),
        project_from=_middle(quarters),
        # The first enterprise's categories have seasons, in which a shift of the mix would be lost.
        mix_shift=quarters[-1] if len(quarters) > 1 and len(chosen) > 1 else None,
    )
    if len(chosen) > 1:
        # Opposite waves, so that all enterprises together have the requests asked for in every quarter.
        for profile, season in ((first, _AMPLITUDE), (second, -_AMPLITUDE * first.share / second.share)):
            planted[profile.enterprise_id] = replace(planted[profile.enterprise_id], season=season)
    return tuple(replace(profile, effects=planted[profile.enterprise_id]) for profile in chosen)


def without_plants(chosen: Sequence[Profile]) -> tuple[Profile, ...]:
    """The enterprises as they are in their first year, for ever."""
    return tuple(replace(profile, effects=Effects(), improvement=0.0) for profile in chosen)


def in_season(counts: Sequence[int], chosen: Sequence[Profile], quarter: Quarter) -> list[int]:
    """The requests of a quarter by enterprise, given those of an average one; their sum stays."""
    seasonal = list(counts)
    if chosen[0].effects.season and len(chosen) > 1:
        days = np.arange(np.datetime64(quarter.first_day), np.datetime64(quarter.end_day))
        more = round(counts[0] * (float(season_of(days, chosen[0].effects.season).mean()) - 1))
        seasonal[0] += more
        seasonal[1] -= more
    return seasonal


def truth_of_plants(chosen: Sequence[Profile], quarters: Sequence[Quarter]) -> list[dict[str, Any]]:
    """Every plant: its name, where it is, its size and how it is seen; an empty list without plants.

    Sizes are those of the process that the rows are drawn from; a sample's own figures scatter around them.
    """
    found: list[dict[str, Any]] = []
    for profile in chosen:
        planted, where = profile.effects, {"enterprise_id": profile.enterprise_id}
        if planted.has_drivers:
            found.append(_drivers(where))
        if planted.has_calendar:
            found.append(_calendar(where))
        if planted.season:
            found.append(_season(where, planted.season))
        if planted.failing_region is not None:
            found.append(_failing_region(where, profile, planted.failing_region, quarters))
        if planted.gaming_outlet is not None:
            found.append(_gaming_outlet(where, planted.gaming_outlet))
        if planted.burst_month is not None:
            found.append(_burst(where, planted.burst_month))
        if planted.project_from is not None:
            found.append(_project(where, profile, planted.project_from, quarters))
        if planted.mix_shift is not None:
            found.append(_mix_shift(where, profile, planted.mix_shift))
    return found


def _middle_month(quarter: Quarter) -> dt.date:
    return quarter.first_day.replace(month=quarter.first_day.month + 1)


def _middle(quarters: Sequence[Quarter]) -> dt.date:
    """The first day of the middle quarter; of a single quarter a day in its middle."""
    if len(quarters) > 1:
        return quarters[len(quarters) // 2].first_day
    return quarters[0].first_day + dt.timedelta(days=45)


def _drivers(where: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "satisfaction_drivers",
        "where": {**where, "questions": "S01 … S24 of the satisfaction rounds (SAT-…)"},
        "size": EXPECTED_CORRELATIONS,
        "how_to_see": "Spearman correlations over complete responses of a round, joined with their request: S01 with the time from "
        "requested_at to responded_at; with contact_count = 1 and reopened_count = 0; with S07 (attitude). The common questions "
        "load on three factors: timeliness (S11, S19, S20), attitude (S07-S09, S15-S18), resolution (S10, S12-S14, S21-S24).",
    }


def _calendar(where: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": "calendar",
        "where": where,
        "size": {
            "saturday_to_midweek": WEEKDAYS[5],
            "sunday_to_midweek": WEEKDAYS[6],
            "makeup_day_to_midweek": MAKEUP_DAY,
            "holiday_to_midweek": HOLIDAY,
            "spring_festival_to_midweek": SPRING_FESTIVAL,
        },
        "how_to_see": "requests a day of each kind of day (holiday_notices.csv) ÷ requests on a usual Wednesday or Thursday of "
        "the quarter",
    }


def _season(where: dict[str, Any], season: float) -> dict[str, Any]:
    return {
        "name": "season",
        "where": where,
        "size": {"amplitude": round(season, 4), "day_of_year": effects.PEAK_DAY},
        "how_to_see": "within a quarter requests a day follow 1 + amplitude × cos(2π × (day of the year − day_of_year) / 365.25), "
        "times the calendar; quarters follow its mean. Two enterprises with opposite seasons: compare their shares by month",
    }


def _failing_region(where: dict[str, Any], profile: Profile, region: int, quarters: Sequence[Quarter]) -> dict[str, Any]:
    usual = [profile.more_contacts_share(quarter) for quarter in quarters]
    return {
        "name": "failing_region",
        "where": {**where, "region_code": PROVINCES[profile.province][region].code},
        "size": {
            "one_contact_rate": effects.FAILING_ONE_TOUCH,
            "one_contact_rate_elsewhere": round(1 - sum(usual) / len(usual), 4),
            "response_time_ratio": effects.FAILING_RESPONSE,
            "resolution_time_ratio": effects.FAILING_RESOLUTION,
        },
        "how_to_see": "contact_count = 1 among resolved requests, by region; ratio of geometric mean response times of a channel",
    }


def _gaming_outlet(where: dict[str, Any], outlet: int) -> dict[str, Any]:
    return {
        "name": "gaming_outlet",
        "where": {**where, "outlet_id": f"W{outlet + 1:03d}"},
        "size": {"late_requests_closed_at_limit": effects.GAMED_SHARE, "visits_entered_twice": effects.DUPLICATED_SHARE},
        "how_to_see": "general requests resolved 3 h 50 min to 4 h after the response, against those later than 3 h 50 min; visits "
        "with outcome done and six minutes on site, per request visited",
    }


def _burst(where: dict[str, Any], month: dt.date) -> dict[str, Any]:
    usual = CAUSES[BURST_CAUSE]
    return {
        "name": "complaint_burst",
        "where": {**where, "month": f"{month:%Y-%m}", "cause_class": BURST_CAUSE, "words": ["小程序", "预约"]},
        "size": {"share": round(effects.BURST_SHARE + (1 - effects.BURST_SHARE) * usual, 4), "share_otherwise": usual},
        "how_to_see": "share of the topic among complaints received in the month, against the other months",
    }


def _project(where: dict[str, Any], profile: Profile, day: dt.date, quarters: Sequence[Quarter]) -> dict[str, Any]:
    after = [quarter for quarter in quarters if quarter.end_day > day]
    before = [quarter for quarter in quarters if quarter.first_day < day]
    abandoned = [profile.abandoned_share(quarter) for quarter in before]
    kept = [profile.abandoned_share(quarter) * effects.PROJECT_KEEPS for quarter in after]
    shares = sum(abandoned) / len(abandoned), sum(kept) / len(kept)
    return {
        "name": "improvement_project",
        "where": {**where, "effective_on": day.isoformat(), "title": effects.PROJECT_TITLE, "indicator_id": "P1-1"},
        "size": {
            "abandoned_before": round(shares[0], 4),
            "abandoned_after": round(shares[1], 4),
            "effect_on_connection_rate": round(shares[0] - shares[1], 4),
        },
        "how_to_see": "abandoned ÷ (answered + abandoned + rejected) calls before and from effective_on; other enterprises compare",
    }


def _mix_shift(where: dict[str, Any], profile: Profile, quarter: Quarter) -> dict[str, Any]:
    shares = {product.name: product.share for product in profile.products}
    is_hard = [profile.effects.is_hard(place) for place in range(len(shares))]
    names = {
        kind: [name for name, hard in zip(shares, is_hard, strict=True) if hard == (kind == "hard")] for kind in ("easy", "hard")
    }
    hard = sum(shares[name] for name in names["hard"]) / sum(shares.values())
    hard_then = effects.HARD_DEMAND * hard / (effects.HARD_DEMAND * hard + 1 - hard)
    totals = [
        (1 - share) * easy_rate + share * hard_rate
        for share, easy_rate, hard_rate in zip((hard, hard_then), effects.EASY_ONE_TOUCH, effects.HARD_ONE_TOUCH, strict=True)
    ]
    return {
        "name": "mix_shift",
        "where": {
            **where,
            "quarter": quarter.label,
            "against": quarter.shift(-1).label,
            "easy": names["easy"],
            "hard": names["hard"],
        },
        "size": {
            "easy_one_contact_rate": list(effects.EASY_ONE_TOUCH),
            "hard_one_contact_rate": list(effects.HARD_ONE_TOUCH),
            "hard_share": [round(hard, 4), round(hard_then, 4)],
            "total_one_contact_rate": [round(total, 4) for total in totals],
        },
        "how_to_see": "contact_count = 1 among resolved requests by product category in both quarters: every category rises, the "
        "total falls",
    }
