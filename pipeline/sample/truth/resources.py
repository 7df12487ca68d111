"""Dimension R, service resources, counted from rows one indicator at a time.

The rulings' wording stands above each; nothing here knows how the marts count.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict

from pipeline.sample.truth.facts import (
    HOUR,
    UNKNOWN,
    Facts,
    Measured,
    Row,
    count,
    elapsed,
    enter_checklist,
    in_force,
    indicator,
    mean,
    percentile,
    share,
)


@indicator("R1-1")
def outlet_density(facts: Facts) -> Measured:
    """Active outlets ÷ area of the enterprise's own regions × 10,000."""
    area = sum(row["area_km2"] for row in facts.register("regions"))
    return Measured(len(facts.outlets), area, len(facts.outlets), 10_000)


def _radius(facts: Facts, urbanicity: str) -> Measured:
    """P95 of the declared radius of active outlets of a kind."""
    radii = [row["service_radius_km"] for row in facts.outlets if row["urbanicity"] == urbanicity]
    radii = [radius for radius in radii if radius is not None]
    return Measured(percentile(radii, 0.95), 1, len(radii)) if radii else UNKNOWN


@indicator("R1-2a")
def urban_radius(facts: Facts) -> Measured:
    """P95 of the declared radius of active urban outlets, km."""
    return _radius(facts, "urban")


@indicator("R1-2b")
def suburban_radius(facts: Facts) -> Measured:
    """P95 of the declared radius of active suburban outlets, km."""
    return _radius(facts, "suburban")


@indicator("R1-3a")
def open_days(facts: Facts) -> Measured:
    """Active outlets with at least 6 days a week."""
    return share(facts.outlets, lambda row: row["open_days_per_week"] is not None and row["open_days_per_week"] >= 6)


@indicator("R1-3b")
def open_hours(facts: Facts) -> Measured:
    """Active outlets with at least 8 hours a day."""
    return share(facts.outlets, lambda row: row["open_hours_per_day"] is not None and row["open_hours_per_day"] >= 8)


@indicator("R2-1")
def dedicated_vehicles(facts: Facts) -> Measured:
    """Σ over the month-ends of dedicated vehicles ÷ Σ of service staff."""
    first_months = [facts.first_day.replace(month=facts.first_day.month + month) for month in (1, 2)]
    month_ends = [day - dt.timedelta(days=1) for day in (*first_months, facts.end_day)]
    fleet = [row for row in facts.register("vehicles") if row["is_dedicated"]]
    team = [row for row in facts.register("staff") if row["is_service_staff"]]
    cars = sum(in_force(row["in_service_on"], day, row["retired_on"]) for day in month_ends for row in fleet)
    staff = sum(in_force(row["hired_on"], day, row["left_on"]) for day in month_ends for row in team)
    return Measured(cars, staff, staff)


@indicator("R2-2")
def service_system(facts: Facts) -> Measured:
    """Active outlets with the service system."""
    return share(facts.outlets, lambda row: row["has_service_system"])


@indicator("R2-3")
def calibrated_equipment(facts: Facts) -> Measured:
    """Outlet × core-item pairs of active outlets with equipment calibrated through the quarter's end."""
    active = {row["outlet_id"] for row in facts.outlets}
    pairs = [row for row in facts.register("equipment") if row["outlet_id"] in active]
    return share(pairs, lambda row: row["calibrated_until"] is not None and row["calibrated_until"] >= facts.last_day)


@indicator("R3-1")
def staff_per_customer(facts: Facts) -> Measured:
    """Service staff at the quarter's end ÷ distinct customers with a request in the trailing 12 months."""
    customers = {row["customer_id"] for past in facts.trailing_year() for row in past.requests}
    return Measured(len(facts.service_staff), len(customers), len(customers))


@indicator("R3-2")
def certified(facts: Facts) -> Measured:
    """Service staff in posts that need a certificate, valid on every working day they were employed in the quarter."""
    in_post = [
        row
        for row in facts.register("staff")
        if row["is_service_staff"]
        and row["requires_certificate"]
        and row["hired_on"] < facts.end_day
        and (row["left_on"] is None or row["left_on"] > facts.first_day)
    ]

    def always_certified(row: Row) -> bool:
        first, until = row["certificate_valid_from"], row["certificate_valid_until"]
        if first is None and until is None:
            return False
        begin = max(row["hired_on"], facts.first_day)
        end = min(row["left_on"] or facts.end_day, facts.end_day)
        days = (begin + dt.timedelta(days=ahead) for ahead in range((end - begin).days))
        return all(
            (first is None or first <= day) and (until is None or day <= until) for day in days if facts.calendar.is_workday(day)
        )

    return share(in_post, always_certified)


@indicator("R3-3")
def technical_staff(facts: Facts) -> Measured:
    """Technical ones among the service staff at the quarter's end."""
    return share(facts.service_staff, lambda row: row["is_technical"])


@indicator("R3-4")
def training(facts: Facts) -> Measured:
    """Service staff with year-to-date hours ≥ 40 × months employed this year ÷ 12, partial months counting whole."""
    hours: dict[str, float] = defaultdict(float)
    for past in facts.year_to_date:
        for row in past.rows("training_records"):
            hours[row["staff_id"]] += row["hours"]

    def is_trained(row: Row) -> bool:
        first_month = row["hired_on"].month if row["hired_on"].year == facts.last_day.year else 1
        months = facts.last_day.month - first_month + 1
        return hours[row["staff_id"]] * 12 >= 40 * months

    return share(facts.service_staff, is_trained)


@indicator("R4-1")
def experts(facts: Facts) -> Measured:
    """Staff with the role expert at the quarter's end."""
    return count(
        sum(
            row["role"] == "expert" and in_force(row["hired_on"], facts.last_day, row["left_on"]) for row in facts.register("staff")
        )
    )


for _assessed in ("R4-2", "R4-3"):
    enter_checklist(_assessed)


@indicator("R5-1")
def common_parts_filled(facts: Facts) -> Measured:
    """Demand lines for common parts filled from stock."""
    return share((row for row in facts.rows("parts_demands") if row["is_common"]), lambda row: row["filled_from_stock"])


@indicator("R5-2")
def urgent_orders(facts: Facts) -> Measured:
    """Mean hours from order to dispatch of urgent orders."""
    urgent = [row for row in facts.rows("parts_orders") if row["is_urgent"]]
    return mean((elapsed(row["ordered_at"], row["shipped_at"]) for row in urgent), 1 / HOUR)


@indicator("R5-3")
def regular_orders(facts: Facts) -> Measured:
    """Mean whole working days from order to receipt of the other orders, order day = 0."""
    received = [row for row in facts.rows("parts_orders") if not row["is_urgent"] and row["received_at"] is not None]
    return mean(facts.calendar.workdays_between(row["ordered_at"].date(), row["received_at"].date()) for row in received)
