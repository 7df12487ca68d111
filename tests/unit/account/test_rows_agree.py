"""All accounts of rows agree, for random surveys unpivoted from wide records, with defects, undated and repeated rows.

Each enterprise of a delivery has its own random survey; the counts are compared with those of the rows as they were made.
"""

from __future__ import annotations

import datetime as dt
import os
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipeline.account.accounting import write_accounting
from pipeline.account.cleaning_log import write_cleaning_log
from pipeline.account.reconciliation import gaps, write_reconciliation
from pipeline.account.scorecard import rows_by_rule, score
from pipeline.calendar.quarters import Quarter
from pipeline.desensitize.keys import PseudonymKey
from pipeline.desensitize.quarter import desensitize_quarter
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from pipeline.validate.delivered import DeliveredKeys
from pipeline.validate.quarter import validate_quarter
from pipeline.validate.refused import refused_counts, refused_rows
from schemas.contract import TABLES

QUARTER = Quarter(2025, 1)
KEY = PseudonymKey(bytes(range(32)), "hmac-sha256")
DEFECTS = pl.List(pl.Struct({"rule": pl.String, "column": pl.String, "value": pl.String}))
ENTERPRISES = 20
# 25 deliveries of 20 enterprises are 500 random surveys.
DELIVERIES = int(os.environ.get("ASQ_RANDOM_DELIVERIES", "2"))
QUESTIONS = [f"Q{number}" for number in range(1, 10)]
SURVEY = ("survey_questions", "survey_responses", "survey_answers")

Rows = dict[str, list[dict[str, Any]]]


def write_raw(lake: Lake, name: str, rows: list[dict[str, Any]], delivered: bool = True) -> None:
    """As extract writes it: rows of one record share its origin; those without a date have no quarter."""
    table = TABLES[name]
    given = pl.DataFrame(
        rows, schema={**table.polars_schema, "record": pl.Int64, "undated": pl.Boolean, "_defects": DEFECTS}, orient="row"
    )
    frame = given.select(
        *table.polars_schema,
        pl.when("undated").then(None).otherwise(pl.lit(QUARTER.label)).alias("quarter"),
        pl.lit("survey.csv").alias("_origin_file"),
        pl.col("record").alias("_origin_row"),
        pl.int_range(pl.len(), dtype=pl.Int64).alias("_row_id"),
        "_defects",
    )
    path = lake.partition("raw", name, QUARTER)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    undated = int(given["undated"].sum() or 0)
    frame.write_parquet(path, metadata={"delivered": str(delivered).lower(), "undated": str(undated), "rows": str(len(rows))})


def treat(lake: Lake, *tables: str) -> None:
    with DeliveredKeys(lake) as keys:
        for name in tables:
            validate_quarter(TABLES[name], QUARTER, lake, 1.0, keys)
            desensitize_quarter(TABLES[name], QUARTER, lake, KEY)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake in which no table was delivered."""
    lake = Lake(tmp_path_factory.mktemp("empty") / "lake")
    for name in TABLES:
        write_raw(lake, name, [], delivered=False)
    treat(lake, *TABLES)
    return lake.root


def random_survey(draw: random.Random, enterprise: str, record: Iterator[int]) -> Rows:
    responses, answers = [], []
    for number in range(draw.randint(1, 4)):
        # Sent again as it was, by a customer who has answered already, without a date, or with answers that cannot be read.
        repeated, undated = draw.random() < 0.2, draw.random() < 0.2
        response = {
            "enterprise_id": enterprise,
            "response_id": f"{enterprise}-R{number - (repeated and number > 0)}",
            "survey_id": "S1",
            "customer_id": f"{enterprise}-C{draw.randint(1, 3)}",
            "submitted_at": None if undated else dt.datetime(2025, 1, 6, 9) + dt.timedelta(hours=draw.randint(0, 99)),
            "is_complete": draw.random() < 0.8,
            "mode": "online",
        }
        row = next(record)
        responses.append(response | {"record": row, "undated": undated, "_defects": []})
        for question in QUESTIONS:
            fault = draw.random()
            if fault < 0.15:
                continue
            unread = [{"rule": "type", "column": "score", "value": "?"}] if fault < 0.25 else []
            answers.append(
                {
                    "enterprise_id": enterprise,
                    "response_id": response["response_id"],
                    "question_id": "Q99" if 0.25 < fault < 0.3 else question,
                    "score": None if unread else 9 if 0.3 < fault < 0.4 else draw.randint(1, 5),
                    "record": row,
                    "undated": undated,
                    "_defects": unread,
                }
            )
    return {"survey_responses": responses, "survey_answers": answers}


def questions() -> list[dict[str, Any]]:
    asked = {"survey_id": "S1", "survey_type": "satisfaction", "wording": "?", "measures": "O2-1", "scale_min": 1, "scale_max": 5}
    return [asked | {"question_id": name, "record": 2, "undated": False, "_defects": []} for name in QUESTIONS]


def counted_in_marts(lake: Lake) -> pl.DataFrame:
    """What the marts count, by the ruling (C-41): the first complete response of a customer, and its answers to asked questions."""
    clean = {name: pl.read_parquet(lake.partition("clean", name, QUARTER)) for name in ("survey_responses", "survey_answers")}
    first = (
        clean["survey_responses"]
        .filter("is_complete")
        .sort("submitted_at", "_origin_row", "_row_id")
        .unique(["enterprise_id", "customer_id", "survey_id"], keep="first")
    )
    usable = clean["survey_answers"].filter(pl.col("question_id").is_in(QUESTIONS)).join(
        first, on=["enterprise_id", "response_id"], how="semi"
    )  # fmt: skip
    answered = first.join(usable, on=["enterprise_id", "response_id"], how="semi")
    names = ("survey_responses", "survey_answers", "survey_questions")
    return pl.DataFrame(
        {"table_name": names, "quarter": [QUARTER.label] * 3, "row_count": [len(answered), len(usable), len(QUESTIONS)]}
    )


@pytest.mark.parametrize("seed", range(DELIVERIES))
def test_every_account_has_the_same_rows(empty: Path, tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)
    lake = Lake(tmp_path / "lake")
    shutil.copytree(empty, lake.root)
    record = iter(range(2, 10_000))
    surveys = {f"E{number:02d}": random_survey(draw, f"E{number:02d}", record) for number in range(ENTERPRISES)}
    write_raw(lake, "survey_questions", questions())
    for name in ("survey_responses", "survey_answers"):
        write_raw(lake, name, [row for survey in surveys.values() for row in survey[name]])
    treat(lake, *SURVEY)
    run = RunFolder(lake, QUARTER, "run-1").open()
    counts = write_accounting(lake, QUARTER, run)
    counted_in_marts(lake).write_parquet(run.table("mart_counted_rows"))
    log = write_cleaning_log(lake, QUARTER, run)
    steps = write_reconciliation(lake, QUARTER, run, log)
    assert {name: found for name, of_table in steps.items() if (found := gaps(of_table))} == {}

    quarantine = pl.read_parquet(run.table("quarantine"))
    accounts = pl.read_parquet(run.table("row_accounting_by_enterprise"))
    full_log = pl.read_parquet(run.table("cleaning_log"))
    scorecard = score(accounts, quarantine.filter(pl.col("enterprise_id").is_not_null()), {}, {}, {}, QUARTER)
    by_rule = rows_by_rule(quarantine.filter(pl.col("enterprise_id").is_not_null()), QUARTER)
    listed = refused_counts(lake, [QUARTER])
    for name in ("survey_responses", "survey_answers"):
        came = [row for survey in surveys.values() for row in survey[name]]
        account, of_table = counts[name], pl.col("table") == name
        refused = quarantine.filter(of_table)
        assert account["extracted"] == len(came) == account["accepted"] + account["quarantined"]
        assert account["undated"] == sum(row["undated"] for row in came)
        assert refused["_row_id"].n_unique() == account["quarantined"]
        logged = full_log.filter(of_table, pl.col("action").is_in(["refused", "deduplicated"]))
        assert (logged["rows"].sum(), logged["_row_id"].n_unique()) == (account["quarantined"], account["quarantined"])
        assert -sum(step.rows for step in steps[name] if step.name == "refused") == account["quarantined"]
        # Each enterprise apart: of those that have an accepted row.
        by_enterprise = {row["enterprise_id"]: row for row in accounts.filter(of_table).iter_rows(named=True)}
        accepted = Counter(pl.read_parquet(lake.partition("accepted", name, QUARTER))["enterprise_id"].to_list())
        sent = {enterprise: len(survey[name]) for enterprise, survey in surveys.items()}
        assert {enterprise: row["extracted"] for enterprise, row in by_enterprise.items()} == {
            each: sent[each] for each in accepted
        }
        assert {enterprise: row["accepted"] for enterprise, row in by_enterprise.items()} == dict(accepted)
        # By rule: the raw rows that break it, whichever account counts them.
        broken = refused.select("_row_id", "rule").unique().group_by("rule").len().sort("rule")
        assert broken.rows() == listed.filter(of_table).group_by("rule").agg(pl.col("rows").sum()).sort("rule").rows()
        owned = refused.filter(pl.col("enterprise_id").is_not_null()).select("enterprise_id", "_row_id", "rule").unique()
        assert by_rule.filter(of_table)["rows"].sum() == len(owned)
        for row in scorecard.filter(of_table).iter_rows(named=True):
            of_enterprise = refused.filter(pl.col("enterprise_id") == row["enterprise_id"])
            invalid = of_enterprise.filter(pl.col("rule").is_in(["type", "score_outside_scale"]))["_row_id"].n_unique()
            assert row["validity"] == pytest.approx(1 - invalid / sent[row["enterprise_id"]])
    assert refused_rows(lake, [QUARTER]) == sum(account["quarantined"] for account in counts.values())
    # A customer's second complete response is kept, and said not to count (C-41).
    assert "duplicate_survey_response" not in quarantine["rule"]
    complete = pl.read_parquet(lake.partition("accepted", "survey_responses", QUARTER)).filter("is_complete")
    second = len(complete) - complete.select("enterprise_id", "customer_id", "survey_id").n_unique()
    assert len(full_log.filter(rule="duplicate_survey_response")) == second


def test_nine_cells_of_one_record_three_of_them_refused(empty: Path, tmp_path: Path) -> None:
    """Two records of nine cells: one with three scores off the scale. 18 = 15 + 3 everywhere, validity 1 − 3/18."""
    lake = Lake(tmp_path / "lake")
    shutil.copytree(empty, lake.root)
    write_raw(lake, "survey_questions", questions())
    usual = {"enterprise_id": "E1", "undated": False, "_defects": []}
    sent_at = dt.datetime(2025, 1, 6, 9)
    asked = {"survey_id": "S1", "submitted_at": sent_at, "is_complete": True, "mode": "online"}
    responses = [usual | asked | {"response_id": f"R{row}", "customer_id": f"C{row}", "record": row} for row in (2, 3)]
    cells = [(row, place, question) for row in (2, 3) for place, question in enumerate(QUESTIONS)]
    answers = [
        usual | {"response_id": f"R{row}", "question_id": question, "score": 9 if (row, place % 3) == (2, 0) else 4, "record": row}
        for row, place, question in cells
    ]
    write_raw(lake, "survey_responses", responses)
    write_raw(lake, "survey_answers", answers)
    treat(lake, *SURVEY)
    run = RunFolder(lake, QUARTER, "run-1").open()
    account = write_accounting(lake, QUARTER, run)["survey_answers"]
    assert (account["extracted"], account["accepted"], account["quarantined"]) == (18, 15, 3)
    accounts = pl.read_parquet(run.table("row_accounting_by_enterprise"))
    of_answers = accounts.filter(pl.col("table") == "survey_answers").select("extracted", "accepted", "quarantined")
    assert of_answers.rows() == [(18, 15, 3)]
    scorecard = score(accounts, pl.read_parquet(run.table("quarantine")), {}, {}, {}, QUARTER)
    assert scorecard.filter(pl.col("table") == "survey_answers")["validity"].to_list() == [pytest.approx(1 - 3 / 18)]
