"""The service network of an enterprise: regions, outlets, equipment and vehicles.

Staff are in ``workforce``. Versions of register rows begin on any day; rulings read the one in force on the period's last
day.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from pipeline.sample.clock import Clock
from pipeline.sample.draws import (
    DAY,
    Days,
    Flags,
    Ints,
    chance,
    choose,
    choose_numbers,
    conform,
    day_of,
    lognormal,
    numbered,
    only,
    stream,
    take,
)
from pipeline.sample.names import plates
from pipeline.sample.places import PROVINCES, District
from pipeline.sample.profiles import Profile

_MOST_OUTLETS_PER_KM2 = 17 / 10_000


@dataclass(frozen=True)
class Network:
    """The regions and outlets of one enterprise, in arrays by position, and its register rows."""

    districts: tuple[District, ...]
    outlet_ids: pl.Series
    outlet_region: Ints
    opened: Days
    closed: Days
    tables: dict[str, pl.DataFrame]

    @property
    def region_codes(self) -> pl.Series:
        """Codes by region position."""
        return pl.Series([district.code for district in self.districts])

    def outlets_at(self, rng: np.random.Generator, regions: Ints, times: np.ndarray) -> Ints:
        """An outlet in each region that is open at the time; every region's first outlet is always open."""
        order = np.argsort(self.outlet_region, kind="stable")
        first = np.searchsorted(self.outlet_region[order], np.arange(len(self.districts)))
        count = np.bincount(self.outlet_region, minlength=len(self.districts))
        drawn = order[first[regions] + (rng.random(len(regions)) * count[regions]).astype(np.int64)]
        days = day_of(times)
        is_open = (self.opened[drawn] <= days) & (np.isnat(self.closed[drawn]) | (days < self.closed[drawn]))
        return np.asarray(np.where(is_open, drawn, order[first[regions]]), dtype=np.int64)


def build_network(seed: int, profile: Profile, clock: Clock, requests: int) -> Network:
    """Regions, outlets and equipment of an enterprise with that many requests a quarter."""
    rng = stream(seed, profile.enterprise_id, "network")
    quarter = clock.quarters[0]
    density = profile.between("network", quarter, 11.5, 17) / 10_000
    home = PROVINCES[profile.province]
    size = max(requests / (1200 * profile.share), 1.0) ** 0.25
    wanted = min(round(profile.outlets * size), int(sum(district.area_km2 for district in home) * _MOST_OUTLETS_PER_KM2))
    districts: list[District] = []
    for district in home:
        if districts and sum(taken.area_km2 for taken in districts) >= wanted / density:
            break
        districts.append(district)
    count = max(wanted, len(districts))
    region = _outlets_by_region(rng, districts, count)
    return _outlets(rng, profile, clock, tuple(districts), region)


def _outlets_by_region(rng: np.random.Generator, districts: list[District], count: int) -> Ints:
    drawn_to = {"urban": 3.0, "suburban": 1.2, "rural": 0.5}
    weights = [district.area_km2**0.5 * drawn_to[district.urbanicity] for district in districts]
    more = choose(rng, weights, count - len(districts))
    return np.sort(np.concatenate([np.arange(len(districts)), more]))


def _outlets(rng: np.random.Generator, profile: Profile, clock: Clock, districts: tuple[District, ...], region: Ints) -> Network:
    count, quarter = len(region), clock.quarters[0]
    start, end = clock.start.astype("datetime64[D]"), clock.end.astype("datetime64[D]")
    is_anchor = np.append(True, region[1:] != region[:-1])
    span = int((end - start).astype(np.int64))
    opened = start - rng.integers(200, 4000, count).astype("timedelta64[D]")
    opens_late = ~is_anchor & chance(rng, 0.1, count)
    opened = np.where(opens_late, start + rng.integers(1, span, count).astype("timedelta64[D]"), opened)
    closes = ~is_anchor & ~opens_late & chance(rng, 0.05, count)
    closed = np.where(closes, start + rng.integers(1, span, count).astype("timedelta64[D]"), np.datetime64("NaT", "D"))
    kind = np.array([district.urbanicity for district in districts])[region]
    p95 = np.where(kind == "urban", profile.between("network", quarter, 7.5, 4.7), profile.between("network", quarter, 24, 17))
    p95 = np.where(kind == "rural", 38.0, p95)
    radius = np.minimum(np.round(lognormal(rng, p95 / 1.55, 0.27, count), 1), np.round(p95 * 1.1, 1))
    short_week = chance(rng, profile.between("network", quarter, 0.1, 0.0), count)
    days = np.where(short_week, 5.0, choose_numbers(rng, {7.0: 0.7, 6.0: 0.3}, count))
    short_day = chance(rng, profile.between("network", quarter, 0.1, 0.0), count)
    hours = np.where(short_day, 7.5, choose_numbers(rng, {8.0: 0.2, 9.0: 0.4, 9.5: 0.2, 10.0: 0.2}, count))
    ids = numbered("W", np.arange(1, count + 1), width=3).series()
    changed = (start + DAY * (span // 2)).astype("datetime64[D]")
    versioned = ~is_anchor & ~closes & (opened < changed) & chance(rng, 0.12, count)
    columns = {
        "enterprise_id": profile.enterprise_id,
        "outlet_id": ids,
        "name": _names(districts, region),
        "region_code": take([district.code for district in districts], region),
        "urbanicity": pl.Series(kind.tolist()),
        "service_radius_km": only(radius, ~chance(rng, 0.02, count)),
        "open_days_per_week": days,
        "open_hours_per_day": hours,
        "has_service_system": chance(rng, profile.between("facilities", quarter, 0.93, 1.0), count),
        "opened_on": opened,
        "closed_on": closed,
        "valid_to": np.where(versioned, changed, np.datetime64("NaT", "D")),
    }
    first_versions = conform("outlets", columns, count)
    # Second versions have longer hours and the service system.
    second_versions = first_versions.filter(pl.Series(versioned)).with_columns(
        valid_from=pl.lit(changed.item()),
        valid_to=pl.lit(None, dtype=pl.Date),
        open_hours_per_day=pl.lit(10.0),
        has_service_system=pl.lit(True),
    )
    tables = {
        "regions": _regions(profile, districts, changed),
        "outlets": pl.concat([first_versions, second_versions]),
        "equipment": _equipment(rng, profile, clock, ids),
    }
    return Network(districts, ids, region, opened, closed, tables)


def _names(districts: tuple[District, ...], region: Ints) -> pl.Series:
    """By outlet: its city and district, with a number from the second of a district on."""
    met: Counter[int] = Counter()
    names = []
    for place in region.tolist():
        met[place] += 1
        ordinal = f"第{met[place]}" if met[place] > 1 else ""
        names.append(f"{districts[place].city}{districts[place].name}{ordinal}服务网点")
    return pl.Series(names)


def _regions(profile: Profile, districts: tuple[District, ...], changed: np.datetime64) -> pl.DataFrame:
    """One row per district; the last one's committed area grew on the day of change."""
    rows: list[dict[str, Any]] = [
        {
            "enterprise_id": profile.enterprise_id,
            "enterprise_name": profile.name,
            "region_code": district.code,
            "name": district.full_name,
            "area_km2": float(district.area_km2),
            "urbanicity": district.urbanicity,
        }
        for district in districts
    ]
    smaller = {**rows[-1], "area_km2": round(rows[-1]["area_km2"] * 0.9, 1), "valid_to": changed.item()}
    rows[-1] = {**rows[-1], "valid_from": changed.item()}
    names = conform("regions", {}, 0).schema
    return pl.DataFrame([*rows[:-1], smaller, rows[-1]], schema=names)


def _equipment(rng: np.random.Generator, profile: Profile, clock: Clock, outlet_ids: pl.Series) -> pl.DataFrame:
    """Each outlet × core item: one version per calibration year, sometimes calibrated too late or missing."""
    late = profile.between("facilities", clock.quarters[0], 0.12, 0.01)
    years = range(clock.quarters[0].year - 1, clock.quarters[-1].year + 1)
    rows: list[dict[str, object]] = []
    for outlet_id in outlet_ids:
        for item in profile.core_items:
            if rng.random() > 0.85:
                continue
            if rng.random() < late / 6:
                rows.append({"outlet_id": outlet_id, "core_item": item})
                continue
            due_day = int(rng.integers(0, 330))
            for year in years:
                begins = np.datetime64(f"{year}-01-01") + due_day
                lapses = rng.random() < late
                until = np.datetime64(f"{year + 1}-01-01") + due_day + (-60 if lapses else 5)
                rows.append(
                    {
                        "outlet_id": outlet_id,
                        "core_item": item,
                        "calibrated_until": until.item(),
                        "valid_from": None if year == years[0] else begins.item(),
                        "valid_to": None if year == years[-1] else (np.datetime64(f"{year + 1}-01-01") + due_day).item(),
                    }
                )
    schema = conform("equipment", {}, 0).schema
    return pl.DataFrame(rows, schema=schema).with_columns(enterprise_id=pl.lit(profile.enterprise_id))


def vehicles(seed: int, profile: Profile, clock: Clock, network: Network, service_staff: int) -> pl.DataFrame:
    """Vehicles for that many service staff: dedicated and shared ones, some retired and replaced, a few re-registered."""
    rng = stream(seed, profile.enterprise_id, "vehicles")
    dedicated = max(2, round(service_staff * profile.between("facilities", clock.quarters[0], 0.22, 0.36)))
    shared = max(2, round(dedicated * 0.25))
    count = dedicated + shared
    start, end = clock.start.astype("datetime64[D]"), clock.end.astype("datetime64[D]")
    span = int((end - start).astype(np.int64))
    in_service = start - rng.integers(30, 2500, count).astype("timedelta64[D]")
    retires = chance(rng, 0.15, count)
    retired = np.where(retires, start + rng.integers(1, span, count).astype("timedelta64[D]"), np.datetime64("NaT", "D"))
    is_dedicated = np.arange(count) < dedicated
    replaced = int(retires.sum())
    cities = [district.plate for district in network.districts[:2]]
    changed = (start + DAY * (span // 3)).astype("datetime64[D]")
    versioned = np.concatenate([~retires & chance(rng, 0.08, count), np.zeros(replaced, dtype=np.bool_)])
    total = count + replaced
    first_versions = conform(
        "vehicles",
        {
            "enterprise_id": profile.enterprise_id,
            "vehicle_id": numbered("V", np.arange(1, total + 1), width=4),
            "plate_number": plates(rng, take(cities, rng.integers(0, len(cities), total))),
            "is_dedicated": np.concatenate([is_dedicated, is_dedicated[retires]]),
            "in_service_on": np.concatenate([in_service, retired[retires]]),
            "retired_on": np.concatenate([retired, np.full(replaced, np.datetime64("NaT", "D"))]),
            "valid_to": np.where(versioned, changed, np.datetime64("NaT", "D")),
        },
        total,
    )
    moved: Flags = versioned
    second_versions = first_versions.filter(pl.Series(moved)).with_columns(
        valid_from=pl.lit(changed.item()),
        valid_to=pl.lit(None, dtype=pl.Date),
        plate_number=plates(rng, take(cities, rng.integers(0, len(cities), int(moved.sum())))).series(),
    )
    return pl.concat([first_versions, second_versions])
