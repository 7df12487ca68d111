"""A hand-made survey round with flags and a population it is weighted to, with the plan and the files that say so.

Only what is delivered lives here; what it must evaluate to stands in ``test_survey``. Quarter under test is 2025-Q1.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from golden.landing import Row, at, minutes, request

W, U, M = "W", "U", "M"
SURVEY = "SV"
# M asks each customer for several answers; customer 2 answers a second round too. 3 of its requests came by phone, 1 online.
ITEMS = {
    "overall-1": ("O2-1", None),
    "overall-2": ("O2-1", None),
    "by-phone": ("O2-2", "phone"),
    "by-online": ("O2-2", "online"),
    "staff": ("O2-3", None),
    "resolution": ("O2-4", None),
}
MANY = (
    # round, customer, score of each item
    ("SM", 1, (5, 5, 5, 4, 5, 4)),
    ("SM", 2, (1, 2, 2, None, 3, 1)),
    ("SM", 3, (4, 4, None, 5, 4, 5)),
    ("SM", 4, (3, 5, 4, 3, None, 3)),
    ("SM", 5, (2, 2, 1, 2, 2, 2)),
    ("SM", 6, (5, 4, 5, 5, 4, None)),
    ("SM2", 2, (1, None, None, None, None, None)),
)
REQUESTS_OF_M = {"phone": 3, "online": 1}
# Respondents 1 to 20: region, channel of the request, overall satisfaction, satisfaction with the channel's touchpoint.
CELLS = (
    *[("N", "phone", 5, 5)] * 4,
    *[("N", "online", 4, 4)] * 6,
    *[("S", "phone", 3, 3)] * 8,
    ("S", "online", 1, 5),
    ("S", "online", 2, 5),
)
FILLERS = [f"filler-{number}" for number in range(1, 8)]

PLAN = """
survey:
  margins: population.csv
  invitations: sent.csv
  minimum_cell: 2
"""
POPULATION = """enterprise_id,region_code,channel,population
W,N,phone,200
W,N,online,300
W,S,phone,200
W,S,online,300
"""
SENT = """enterprise_id,survey_id,sent,delivered
W,SV,100,80
"""


def regions() -> Iterator[Row]:
    for enterprise in (W, U, M):
        for code in "NS":
            area: Row = {"area_km2": 1000, "urbanicity": "urban"}
            yield {"enterprise_id": enterprise, "region_code": code, "name": code, **area}


def service_requests() -> Iterator[Row]:
    for number, (region, channel, _, _) in enumerate(CELLS, start=1):
        more: Row = {"region_code": region, "channel": channel, "outlet_id": None, "staff_id": None}
        yield {**request(f"R{number:02d}", "2025-02-03T10:00:00", **more), "enterprise_id": W}
    yield {**request("R01", "2025-02-03T10:00:00", outlet_id=None, staff_id=None), "enterprise_id": U}
    for channel, number in REQUESTS_OF_M.items():
        for place in range(number):
            more = {"channel": channel, "outlet_id": None, "staff_id": None}
            yield {**request(f"{channel}-{place}", "2025-02-03T10:00:00", **more), "enterprise_id": M}


def survey_questions() -> Iterator[Row]:
    def row(
        name: str,
        measures: str | None,
        touchpoint: str | None = None,
        scale: tuple[int, int] = (1, 5),
        survey: str = SURVEY,
        kind: str = "satisfaction",
    ) -> Row:
        return {
            "survey_id": survey,
            "question_id": name,
            "survey_type": kind,
            "wording": name,
            "measures": measures,
            "touchpoint": touchpoint,
            "scale_min": scale[0],
            "scale_max": scale[1],
        }

    yield row("overall", "O2-1")
    yield row("phone", "O2-2", "phone")
    yield row("online", "O2-2", "online")
    yield row("staff", "O2-3")
    yield row("resolution", "O2-4")
    for name in FILLERS:
        yield row(name, None)
    # Everybody says yes: no level of a Likert scale, and no part of a straight line.
    yield row("yes_or_no", None, None, (0, 1))
    for survey in ("SM", "SM2"):
        for name, (measures, touchpoint) in ITEMS.items():
            yield row(name, measures, touchpoint, survey=survey, kind="pulse")


def survey_responses() -> Iterator[Row]:
    def row(response: str, customer: int, submitted: str, **more: Any) -> Row:
        return {
            "enterprise_id": W,
            "response_id": response,
            "survey_id": SURVEY,
            "customer_id": f"C{customer:02d}",
            "mode": "online",
            "submitted_at": at(submitted),
            "is_complete": True,
            **more,
        }

    taken = {7: 3.0, 8: 3.5, 12: 20.0}
    modes = {1: "onsite", 17: "phone", 18: "phone"}
    # 19 and 20 share a device; 17 and 18 were rung up, which says nothing of them.
    devices = {17: "call-centre", 18: "call-centre", 19: "one-pc", 20: "one-pc"}
    for number in range(1, 21):
        more: Row = {
            "request_id": f"R{number:02d}",
            "mode": modes.get(number, "online"),
            "device_token": devices.get(number, f"own-{number}"),
        }
        if number <= 15:
            more["started_at"] = at("2025-03-01T10:00:00") - minutes(taken.get(number, 10))
        yield row(f"V{number:02d}", number, "2025-03-01T10:00:00", **more)
    # Broke off and came back; broke off for good; began again after having finished.
    yield row("V10-before", 10, "2025-02-28T10:00:00", is_complete=False, device_token="own-10")
    yield row("V21", 21, "2025-03-01T10:00:00", is_complete=False)
    yield row("V09-after", 9, "2025-03-02T10:00:00", is_complete=False)
    # A second complete response: kept, flagged and not counted.
    yield row("V11-again", 11, "2025-03-02T10:00:00")
    yield {**row("V01", 1, "2025-03-01T10:00:00"), "enterprise_id": U}
    for survey, customer, _ in MANY:
        yield {**row(f"{survey}-{customer}", customer, "2025-03-01T10:00:00"), "enterprise_id": M, "survey_id": survey}


def survey_answers() -> Iterator[Row]:
    def row(response: str, question: str, score: int, enterprise: str = W) -> Row:
        return {
            "enterprise_id": enterprise,
            "response_id": response,
            "question_id": question,
            "score": score,
        }

    for number, (_, channel, overall, touchpoint) in enumerate(CELLS, start=1):
        response = f"V{number:02d}"
        yield row(response, "overall", overall)
        yield row(response, channel, touchpoint)
        yield row(response, "staff", 4)
        yield row(response, "resolution", 4)
        yield row(response, "yes_or_no", 1)
        # 5 answers 4 to eleven questions, 6 to nine; the others say 2 in between.
        for place, name in enumerate(FILLERS[:5] if number == 6 else FILLERS):
            yield row(response, name, 4 if number in (5, 6) or place % 2 else 2)
    for response in ("V10-before", "V21", "V09-after", "V11-again"):
        yield row(response, "overall", 3)
    yield row("V01", "overall", 3, U)
    for survey, customer, given in MANY:
        for name, score in zip(ITEMS, given, strict=True):
            if score is not None:
                yield row(f"{survey}-{customer}", name, score, M)


TABLES = {builder.__name__: builder for builder in (regions, service_requests, survey_questions, survey_responses, survey_answers)}


def write_plan(folder: Path) -> None:
    """Write evaluation.yaml and the two files it names into a landing folder."""
    for name, text in (("evaluation.yaml", PLAN), ("population.csv", POPULATION), ("sent.csv", SENT)):
        (folder / name).write_text(text, encoding="utf-8")
