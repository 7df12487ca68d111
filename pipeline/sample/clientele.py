"""The customers of an enterprise, and the products they own.

Their requests are in ``requests``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np
import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.sample.clock import Clock
from pipeline.sample.draws import (
    DAY,
    Column,
    Flags,
    Ints,
    Times,
    chance,
    choose,
    conform,
    in_blocks,
    joined,
    numbered,
    only,
    stream,
    take,
    where_text,
)
from pipeline.sample.effects import HARD_DEMAND
from pipeline.sample.names import emails, mobiles, people
from pipeline.sample.network import Network
from pipeline.sample.places import addresses
from pipeline.sample.profiles import Profile

_COMPANIES = [
    "鼎盛",
    "恒通",
    "华信",
    "联创",
    "博远",
    "天源",
    "中创",
    "瑞丰",
    "金桥",
    "海纳",
    "云帆",
    "智联",
    "新奥",
    "德胜",
    "宏达",
    "众合",
]
_TRADES = ["科技", "贸易", "物业管理", "餐饮管理", "电子商务", "酒店管理", "物流", "医疗器械"]


@dataclass(frozen=True)
class Clientele:
    """Customers and their products in arrays by position; products are ordered by category."""

    customer_ids: Column
    region: Ints
    names: Column
    phones: Column
    addresses: Column
    owner: Ints
    category: Ints
    model: Column
    serial: Column
    category_from: Ints
    category_count: Ints

    def products_in_demand(self, rng: np.random.Generator, profile: Profile, quarter: Quarter, times: Times) -> Ints:
        """A product for each request of the quarter, by demand in that month."""
        months = (times.astype("datetime64[M]").astype(np.int64) % 12).astype(np.int8)
        effects = profile.effects
        seasons = [product.months if effects.has_seasonal_products else (1.0,) * 12 for product in profile.products]
        weights = np.array([np.asarray(season) * product.share for season, product in zip(seasons, profile.products, strict=True)])
        if quarter == effects.mix_shift:
            is_hard = np.array([effects.is_hard(place) for place in range(len(profile.products))])
            weights[is_hard] *= HARD_DEMAND
        weights = np.where(self.category_count[:, None] > 0, weights, 0)
        bounds = np.cumsum(weights / weights.sum(axis=0), axis=0)
        drawn = rng.random(len(times))
        category = np.zeros(len(times), dtype=np.int8)
        # The last product's bound is 1, give or take the rounding.
        for bound in bounds[:-1]:
            category += drawn >= bound[months]
        within = (rng.random(len(times)) * self.category_count[category]).astype(np.int32)
        return np.asarray(self.category_from[category] + within, dtype=np.int32)


def build_clientele(
    seed: int, profile: Profile, clock: Clock, network: Network, requests: int
) -> tuple[Clientele, Iterator[pl.DataFrame]]:
    """Enough customers for that many requests a quarter, and their register in blocks."""
    rng = stream(seed, profile.enterprise_id, "clientele")
    count = max(40, round(requests * len(clock.quarters) * (0.15 if profile.business_share > 0.5 else 0.6)))
    drawn_to = {"urban": 3.0, "suburban": 1.3, "rural": 0.6}
    weights = [district.area_km2**0.5 * drawn_to[district.urbanicity] for district in network.districts]
    region = choose(rng, weights, count)
    is_business = chance(rng, profile.business_share, count)
    names = _names(rng, is_business)
    phones, places = mobiles(rng, count), addresses(rng, network.districts, region)
    ids = numbered("C", np.arange(1, count + 1), width=7)
    start, end = clock.start.astype("datetime64[D]"), clock.end.astype("datetime64[D]")
    changed = (start + (end - start) // 2).astype("datetime64[D]")
    moves = chance(rng, 0.01, count)
    columns = {
        "enterprise_id": profile.enterprise_id,
        "customer_id": ids,
        "region_code": only(take(network.region_codes, region), ~chance(rng, 0.01, count)),
        "customer_type": take(["consumer", "dealer", "business"], np.where(is_business, 1 + chance(rng, 0.7, count), 0)),
        "is_key_customer": is_business & chance(rng, 0.3, count),
        "registered_on": start - rng.integers(1, 3000, count).astype("timedelta64[D]"),
        "left_on": np.where(chance(rng, 0.004, count), end - 10 * DAY, np.datetime64("NaT", "D")),
        "name": names,
        "phone": phones,
        "email": only(emails(rng, count), chance(rng, 0.35, count)),
        "address": places,
        "valid_to": np.where(moves, changed, np.datetime64("NaT", "D")),
    }
    second_versions = conform("customers", columns, np.flatnonzero(moves)).with_columns(
        valid_from=pl.lit(changed.item()),
        valid_to=pl.lit(None, dtype=pl.Date),
        address=addresses(rng, network.districts, region[moves]).series(),
        phone=mobiles(rng, int(moves.sum())).series(),
    )
    owner = np.concatenate([np.arange(count), rng.integers(0, count, count // 4)]).astype(np.int32)
    category = np.sort(choose(rng, [product.share for product in profile.products], len(owner)))
    owner = rng.permutation(owner)
    category_count = np.bincount(category, minlength=len(profile.products))
    models = [model for product in profile.products for model in product.models]
    model = [rng.integers(0, len(product.models), made) for product, made in zip(profile.products, category_count, strict=True)]
    first_model = np.cumsum([0, *(len(product.models) for product in profile.products)])[category]
    codes = take([product.code for product in profile.products], category)
    clientele = Clientele(
        customer_ids=ids,
        region=region,
        names=names,
        phones=phones,
        addresses=places,
        owner=owner,
        category=category,
        model=take(models, first_model + np.concatenate(model)),
        serial=joined(codes, numbered("", rng.permutation(len(owner)) + 10_000_000, width=8)),
        category_from=np.searchsorted(category, np.arange(len(profile.products))),
        category_count=category_count,
    )
    return clientele, chain(in_blocks("customers", columns, count), [second_versions])


def _names(rng: np.random.Generator, is_business: Flags) -> Column:
    count = len(is_business)
    company = joined(
        take(_COMPANIES, rng.integers(0, len(_COMPANIES), count)),
        take(_TRADES, rng.integers(0, len(_TRADES), count)),
        "有限公司",
    )
    return where_text(is_business, company, people(rng, count))
