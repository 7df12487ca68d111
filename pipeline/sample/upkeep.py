"""Safety and quality: incidents, hazards, quality inspections, improvement projects.

Assessments by checklist are in ``governance``.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.sample.clock import Clock, quarter_code
from pipeline.sample.draws import DAY, chance, choose, conform, lognormal, numbered, only, seconds, stream, take, where_time
from pipeline.sample.effects import PROJECT_TITLE
from pipeline.sample.network import Network
from pipeline.sample.profiles import Profile
from pipeline.sample.requests import OUTLET, Requests

_TITLES = {
    "innovation": ("智能派工系统", "远程诊断平台", "服务小程序", "知识图谱客服", "预测性维护试点"),
    "process_optimisation": ("报修流程简化", "备件调拨流程优化", "投诉闭环流程", "上门预约流程", "结算流程简化"),
    "improvement": (
        "降低重复维修率",
        "缩短备件到货时间",
        "提高接通率",
        "规范单据填写",
        "改善网点环境",
        "技能比武",
        "清洁工具更换",
        "话术更新",
    ),
}


def safety_incidents(
    seed: int, profile: Profile, clock: Clock, quarter: Quarter, requests: Requests, network: Network
) -> pl.DataFrame:
    """Incidents of a quarter: usually none, sometimes one or two, at least one if safety is poor."""
    rng = stream(seed, profile.enterprise_id, quarter, "incidents")
    expected = len(requests.requested) * profile.between("safety", quarter, 4e-4, 0.2e-4) + profile.between(
        "safety", quarter, 0.3, 0.02
    )
    count = int(rng.poisson(expected))
    if quarter == clock.quarters[0] and profile.level("safety", quarter) < 0.6:
        # So that every sample has an incident.
        count = max(count, 1)
    occurred = np.sort(clock.contact_times(rng, quarter, np.full(count, OUTLET), profile.effects))
    outlet = rng.integers(0, len(network.outlet_ids), count)
    return conform(
        "safety_incidents",
        {
            "enterprise_id": profile.enterprise_id,
            "incident_id": numbered(f"SI{quarter_code(quarter)}-", np.arange(1, count + 1), width=3),
            "occurred_at": occurred,
            "severity": take(["minor", "major", "fatal"], choose(rng, (0.9, 0.095, 0.005), count)),
            "outlet_id": only(take(network.outlet_ids, outlet), chance(rng, 0.7, count)),
        },
        count,
    )


def safety_hazards(seed: int, profile: Profile, clock: Clock, quarter: Quarter) -> pl.DataFrame:
    """Hazards due in a quarter; most are fixed by their due day, some late, a few not yet."""
    rng = stream(seed, profile.enterprise_id, quarter, "hazards")
    count = 9 + int(rng.poisson(3))
    due = np.sort(
        np.datetime64(quarter.first_day)
        + rng.integers(0, (quarter.end_day - quarter.first_day).days, count).astype("timedelta64[D]")
    )
    span = rng.integers(3, 30, count).astype("timedelta64[D]")
    found = (due - span) + seconds(rng.uniform(8 * 3600, 18 * 3600, count))
    deadline = due + DAY
    early = found + seconds(rng.uniform(0.1, 0.95, count) * ((deadline - found) / np.timedelta64(1, "s")))
    late = deadline + seconds(lognormal(rng, 3 * 86_400, 0.8, count))
    in_time = chance(rng, profile.between("safety", quarter, 0.8, 1.0), count)
    fixed = clock.known(where_time(in_time | chance(rng, 0.8, count), np.where(in_time, early, late).astype("datetime64[s]")))
    return conform(
        "safety_hazards",
        {
            "enterprise_id": profile.enterprise_id,
            "hazard_id": numbered(f"SH{quarter_code(quarter)}-", np.arange(1, count + 1), width=3),
            "found_at": found.astype("datetime64[s]"),
            "due_on": due,
            "fixed_at": fixed,
        },
        count,
    )


def quality_inspections(seed: int, profile: Profile, clock: Clock, quarter: Quarter, network: Network) -> pl.DataFrame:
    """Inspections of a quarter: a full one most months, and each outlet once on working days."""
    rng = stream(seed, profile.enterprise_id, quarter, "inspections")
    first = np.datetime64(quarter.first_day)
    months = np.array([first.astype("datetime64[M]") + month for month in range(3)]).astype("datetime64[D]")
    full = months[chance(rng, profile.between("monitoring", quarter, 0.75, 1.0), 3)]
    outlets = np.arange(len(network.outlet_ids))
    span = (quarter.end_day - quarter.first_day).days - 15
    day = np.concatenate([full + rng.integers(3, 15, len(full)), first + rng.integers(0, span, len(outlets))])
    day = clock.add_workdays(day.astype("datetime64[D]"), np.ones(len(day), dtype=np.int64))
    outlet = np.concatenate([np.full(len(full), -1), outlets])
    is_full = outlet < 0
    open_then = is_full | ((network.opened[outlet] <= day) & (np.isnat(network.closed[outlet]) | (day < network.closed[outlet])))
    kept = np.flatnonzero(open_then)
    kept = kept[np.argsort(day[kept], kind="stable")]
    day, outlet, is_full, count = day[kept], outlet[kept], is_full[kept], len(kept)
    inspected = np.where(is_full, rng.integers(60, 120, count), rng.integers(10, 31, count))
    conforming = rng.binomial(inspected, profile.between("inspection", quarter, 0.92, 0.985))
    violations = rng.binomial(inspected, profile.between("inspection", quarter, 0.03, 0.004))
    return conform(
        "quality_inspections",
        {
            "enterprise_id": profile.enterprise_id,
            "inspection_id": numbered(f"QI{quarter_code(quarter)}-", np.arange(1, count + 1), width=4),
            "inspected_on": day,
            "is_full": is_full,
            "outlet_id": take(network.outlet_ids, outlet),
            "cases_inspected": inspected,
            "cases_conforming": conforming,
            "violations": violations,
        },
        count,
    )


def improvement_projects(seed: int, profile: Profile, clock: Clock, quarter: Quarter) -> pl.DataFrame:
    """Projects that take effect in a quarter, and those begun in it and not yet in effect."""
    rng = stream(seed, profile.enterprise_id, quarter, "projects")
    numbers = {
        "innovation": int(rng.poisson(profile.between("innovation", quarter, 0.2, 0.9))),
        "process_optimisation": int(rng.poisson(profile.between("innovation", quarter, 0.8, 2.2))),
        "improvement": 5 + int(rng.poisson(2)),
    }
    kinds = [kind for kind, number in numbers.items() for _ in range(number)]
    rows = []
    for number, kind in enumerate([*kinds, "innovation", "improvement"], start=1):
        is_under_way = number > len(kinds)
        day = quarter.first_day + dt.timedelta(days=int(rng.integers(0, (quarter.end_day - quarter.first_day).days)))
        rows.append(
            {
                "enterprise_id": profile.enterprise_id,
                "project_id": f"IP{quarter_code(quarter)}-{number:03d}",
                "kind": kind,
                "started_on": day if is_under_way else day - dt.timedelta(days=int(rng.integers(20, 240))),
                "effective_on": None if is_under_way else day,
                "title": str(rng.choice(_TITLES[kind])),
            }
        )
    works_from = profile.effects.project_from
    if works_from is not None and quarter == Quarter.of(works_from):
        rows.append(
            {
                "enterprise_id": profile.enterprise_id,
                "project_id": f"IP{quarter_code(quarter)}-{len(rows) + 1:03d}",
                "kind": "improvement",
                "started_on": works_from - dt.timedelta(days=60),
                "effective_on": works_from,
                "title": PROJECT_TITLE,
            }
        )
    return pl.DataFrame(rows, schema=conform("improvement_projects", {}, 0).schema)
