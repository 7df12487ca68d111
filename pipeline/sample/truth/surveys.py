"""Expected numbers of doubtful responses per satisfaction round, counted from the accepted rows in plain Python.

An independent oracle from the readings of decision D-69; it uses nothing of the marts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from statistics import median
from typing import Any

import polars as pl

from pipeline.calendar.quarters import Quarter

SURVEYS_SCHEMA = pl.Schema(
    {
        "enterprise_id": pl.String,
        "quarter": pl.String,
        "survey_id": pl.String,
        **dict.fromkeys(("accepted", "complete", "straight_liners", "speeders", "shared_devices", "flagged", "valid"), pl.Int64),
    }
)
_FEWEST_ITEMS, _SHARE_OF_MEDIAN = 10, 0.33


def true_surveys(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Responses and flags of every enterprise, quarter and satisfaction round (``SURVEYS_SCHEMA``)."""
    questions = tables["survey_questions"].filter(pl.col("survey_type") == "satisfaction")
    rounds = set(questions["survey_id"])
    scores: dict[tuple[str, str], list[int]] = defaultdict(list)
    for row in tables["survey_answers"].iter_rows(named=True):
        if row["score"] is not None:
            scores[row["enterprise_id"], row["response_id"]].append(row["score"])
    by_round: dict[tuple[str, str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in tables["survey_responses"].iter_rows(named=True):
        if row["survey_id"] in rounds:
            key = row["enterprise_id"], Quarter.of(row["submitted_at"]).label, row["survey_id"]
            by_round[key].append(row)
    found = [
        dict(zip(("enterprise_id", "quarter", "survey_id"), key, strict=True)) | _counts(rows, scores)
        for key, rows in sorted(by_round.items())
    ]
    return pl.DataFrame(found, schema=SURVEYS_SCHEMA)


def _counts(rows: list[dict[str, Any]], scores: Mapping[tuple[str, str], list[int]]) -> dict[str, int]:
    times = {
        row["response_id"]: (row["submitted_at"] - row["started_at"]).total_seconds()
        for row in rows
        if row["is_complete"] and row["started_at"] is not None
    }
    too_fast = _SHARE_OF_MEDIAN * median(times.values()) if times else 0
    owners: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row["mode"] == "online" and row["device_token"] is not None:
            owners[row["device_token"]].add(row["customer_id"])
    straight, fast, shared, repeated = set(), set(), set(), set()
    finished: set[str] = set()
    for row in sorted(rows, key=lambda row: row["submitted_at"]):
        response = row["response_id"]
        given = scores.get((row["enterprise_id"], response), [])
        if len(given) >= _FEWEST_ITEMS and len(set(given)) == 1:
            straight.add(response)
        if times.get(response, too_fast) < too_fast:
            fast.add(response)
        if row["mode"] == "online" and len(owners.get(row["device_token"], ())) > 1:
            shared.add(response)
        if row["customer_id"] in finished:
            repeated.add(response)
        if row["is_complete"]:
            finished.add(row["customer_id"])
    flagged = straight | fast | shared | repeated
    complete = {row["response_id"] for row in rows if row["is_complete"]}
    return {
        "accepted": len(rows),
        "complete": len(complete),
        "straight_liners": len(straight),
        "speeders": len(fast),
        "shared_devices": len(shared),
        "flagged": len(flagged),
        "valid": len(complete - flagged),
    }
