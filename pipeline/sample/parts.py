"""Spare parts: demands at the counter, and orders to the warehouse.

Parts used by a repair are a column of its request.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.sample.clock import Clock, quarter_code
from pipeline.sample.draws import chance, choose, day_of, in_blocks, lognormal, numbered, only, seconds, stream, take, where_time
from pipeline.sample.network import Network
from pipeline.sample.profiles import Profile
from pipeline.sample.requests import OUTLET, Requests


def parts_demands(
    seed: int, profile: Profile, clock: Clock, quarter: Quarter, requests: Requests, network: Network
) -> Iterator[pl.DataFrame]:
    """Demand lines of a quarter in blocks: four out of five for common parts, most of them filled from stock."""
    rng = stream(seed, profile.enterprise_id, quarter, "demands")
    count = max(10, round(len(requests.requested) * 0.22))
    names = [name for product in profile.products for name in product.parts]
    part = choose(rng, 1 / (1 + np.arange(len(names))), count)
    # Common parts come first.
    common = part < max(1, len(names) * 2 // 3)
    filled = chance(rng, np.where(common, profile.between("spares", quarter, 0.9, 0.985), 0.6), count)
    asked = np.sort(clock.contact_times(rng, quarter, np.full(count, OUTLET), profile.effects))
    return in_blocks(
        "parts_demands",
        {
            "enterprise_id": profile.enterprise_id,
            "demand_id": numbered(f"PD{quarter_code(quarter)}-", np.arange(1, count + 1)),
            "part_id": take(names, part),
            "outlet_id": only(
                take(network.outlet_ids, network.outlets_at(rng, _regions(rng, network, count), asked)),
                ~chance(rng, 0.02, count),
            ),
            "is_common": common,
            "requested_at": asked,
            "filled_from_stock": filled,
        },
        count,
    )


def parts_orders(seed: int, profile: Profile, clock: Clock, quarter: Quarter, requests: Requests) -> Iterator[pl.DataFrame]:
    """Orders of a quarter in blocks: urgent ones shipped within hours, regular ones received within working days."""
    rng = stream(seed, profile.enterprise_id, quarter, "orders")
    count = max(10, round(len(requests.requested) * 0.08))
    names = [name for product in profile.products for name in product.parts]
    ordered = np.sort(clock.contact_times(rng, quarter, np.full(count, OUTLET), profile.effects))
    urgent = chance(rng, 0.3, count)
    rush = lognormal(rng, profile.between("spares", quarter, 24, 11), 0.6, count) * 3600
    packing = lognormal(rng, 30, 0.6, count) * 3600
    shipped = clock.known(where_time(~chance(rng, 0.01, count), ordered + seconds(np.where(urgent, rush, packing))))
    days = np.maximum(np.rint(lognormal(rng, profile.between("spares", quarter, 7.5, 4.0), 0.45, count)), 1).astype(np.int64)
    arrival = clock.add_workdays(day_of(ordered), np.minimum(days, 40)) + np.timedelta64(10 * 3600, "s")
    arrival = np.where(urgent, shipped + seconds(rng.uniform(8, 40, count) * 3600), arrival)
    arrival = np.maximum(arrival + seconds(rng.uniform(0, 6 * 3600, count)), shipped + np.timedelta64(3600, "s"))
    lost = chance(rng, 0.01, count)
    return in_blocks(
        "parts_orders",
        {
            "enterprise_id": profile.enterprise_id,
            "order_id": numbered(f"PO{quarter_code(quarter)}-", np.arange(1, count + 1)),
            "part_id": take(names, rng.integers(0, len(names), count)),
            "is_urgent": urgent,
            "ordered_at": ordered,
            "shipped_at": shipped,
            "received_at": clock.known(where_time(~lost, arrival.astype("datetime64[s]"))),
        },
        count,
    )


def _regions(rng: np.random.Generator, network: Network, count: int) -> np.ndarray:
    return network.outlet_region[rng.integers(0, len(network.outlet_region), count)]
