"""Other readings of indicators: their units, which stand beside the value, and their order. Their names are in the catalogues."""

from __future__ import annotations

from dataclasses import dataclass, replace

TOUCHPOINTS = ("phone", "online", "outlet", "onsite", "other")
# Prefix of equally weighted readings of an indicator whose value is weighted.
_UNWEIGHTED = "unweighted_"


@dataclass(frozen=True)
class Reading:
    """Another reading of an indicator (unit None: as the indicator).

    ``is_beside``: shown beside the value; the others only in the indicator's details.
    """

    unit: str | None = None
    unit_zh: str | None = None
    is_beside: bool = True


@dataclass(frozen=True)
class ComparedLevels:
    """The unit of the two levels that a change indicator compares; ``is_reduction``: its difference is before − now."""

    unit: str
    unit_zh: str
    is_reduction: bool = False


_COMPARED = {
    "I4-1": ComparedLevels("rate", "%", is_reduction=True),
    "I4-2": ComparedLevels("score", "分"),
    "I4-3": ComparedLevels("per_staff_day", "件"),
}

_RATE, _RATE_IN_DETAILS = Reading("rate", "%"), Reading("rate", "%", is_beside=False)
_DAYS, _DAYS_IN_DETAILS = Reading("days", "天"), Reading("days", "天", is_beside=False)
_HOURS, _HOURS_IN_DETAILS = Reading("h", "小时"), Reading("h", "小时", is_beside=False)
_BESIDE, _IN_DETAILS = Reading(), Reading(is_beside=False)

# Readings that several indicators share.
_COMMON = {
    "smallest": _IN_DETAILS,
    "p50": _BESIDE,
    "p90": _IN_DETAILS,
    "p95": _BESIDE,
    "largest": _IN_DETAILS,
    "touchpoint": _BESIDE,
    "top_two_box": _RATE,
    "expectation": _IN_DETAILS,
    "gap": _BESIDE,
    "mystery": _BESIDE,
    "mystery_top_two_box": _RATE_IN_DETAILS,
    "mystery_expectation": _IN_DETAILS,
    "mystery_gap": _IN_DETAILS,
    "valid_only": _IN_DETAILS,
    "unweighted": _BESIDE,
    "five_point_ratio": _IN_DETAILS,
    "daily_totals": _BESIDE,
    "as_reported_by_the_source": _BESIDE,
    "flags_contradicted": _RATE,
}
_OWN = {
    ("R1-2a", "mean"): _BESIDE,
    ("R1-2b", "mean"): _BESIDE,
    ("R1-3a", "mean"): _DAYS,
    ("R1-3a", "smallest"): _DAYS,
    ("R1-3a", "p50"): _DAYS_IN_DETAILS,
    ("R1-3a", "p90"): _DAYS_IN_DETAILS,
    ("R1-3a", "p95"): _DAYS_IN_DETAILS,
    ("R1-3a", "largest"): _DAYS_IN_DETAILS,
    ("R1-3b", "mean"): _HOURS,
    ("R1-3b", "smallest"): _HOURS,
    ("R1-3b", "p50"): _HOURS_IN_DETAILS,
    ("R1-3b", "p90"): _HOURS_IN_DETAILS,
    ("R1-3b", "p95"): _HOURS_IN_DETAILS,
    ("R1-3b", "largest"): _HOURS_IN_DETAILS,
    ("R2-1", "field_staff"): _BESIDE,
    ("R3-1", "registered_customers"): _BESIDE,
    ("R3-2", "person_days"): _BESIDE,
    ("R3-4", "mean_hours"): Reading("academic_hours", "学时"),
    ("P1-1", "without_short_abandons"): _BESIDE,
    ("P1-1", "out_of_hours"): _BESIDE,
    ("P1-1", "days_counted"): _RATE,
    ("P1-2", "of_answered"): _BESIDE,
    ("P1-3", "service_hours"): _BESIDE,
    ("P2-2", "too_early"): _BESIDE,
    ("P2-2", "too_late"): _BESIDE,
    ("P2-3a", "service_hours"): _BESIDE,
    ("P2-3a", "customer_total_time"): _BESIDE,
    ("P2-3a", "customer_total_time_all_requests"): _IN_DETAILS,
    ("P2-3b", "natural_days"): _DAYS,
    ("P2-3b", "customer_total_time"): _DAYS,
    ("O1-1", "one_touch"): _BESIDE,
    ("O1-1", "survey_confirmed"): _BESIDE,
    ("O1-1", "without_onsite"): _BESIDE,
    ("O1-4", "measured_ratio"): _BESIDE,
    ("O1-4", "acceptance_passed"): _BESIDE,
    ("O3-2", "of_all_requests"): _BESIDE,
    ("O4-1", "incidents"): Reading("incidents", "起"),
    ("O4-1", "fatal_incidents"): Reading("incidents", "起"),
    ("I1-2", "urgent"): _BESIDE,
    ("I1-3", "answered"): _BESIDE,
    ("I1-3", "silence_as_dissatisfied"): _BESIDE,
    ("I1-4", "employees"): _BESIDE,
    ("I2-2", "inspections_per_month"): Reading("per_month", "次"),
}


def reading_of(indicator_id: str, code: str) -> Reading:
    """A reading; one of a touchpoint (``gap_phone``) stands beside the value if it is the satisfaction there."""
    found = _OWN.get((indicator_id, code)) or _COMMON.get(code)
    if found:
        return found
    base, touchpoint = base_of(code)
    if base is None:
        return _IN_DETAILS
    return replace(reading_of(indicator_id, base), is_beside=touchpoint is not None and base == "touchpoint")


def base_of(code: str) -> tuple[str | None, str | None]:
    """The reading that a code varies, and the touchpoint it is of; (None, None): it varies none that is known."""
    if code.startswith(_UNWEIGHTED):
        return code.removeprefix(_UNWEIGHTED), None
    base, _, touchpoint = code.rpartition("_")
    return (base, touchpoint) if base in _COMMON and touchpoint in TOUCHPOINTS else (None, None)


def reading_place(indicator_id: str, code: str) -> tuple[int, str]:
    """Sort key of a reading: as in the tables above, unknown ones last, touchpoints by reading."""
    names = [*_OWN, *_COMMON]
    for name in ((indicator_id, code), code, code.rpartition("_")[0]):
        if name in names:
            return names.index(name), code
    return len(names), code


def compared_levels(indicator_id: str) -> ComparedLevels | None:
    """The levels that a change indicator compares; None for other indicators."""
    return _COMPARED.get(indicator_id)
