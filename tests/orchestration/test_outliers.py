"""A planted outlier from the first run to the report: flagged, exported, decided in the file, left out, and accounted for.

The landing folder's answered calls of 2025-Q1 wait 4 + n seconds for n = 0, 1, 2, 4, 6 … 10, 12 … 16, 18 … 22, 24 (call 3 is
refused, every sixth abandoned): 20 calls, the n add up to 241. Call 1 is made to wait 1000 s instead of 5.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from report_pages import operations_page
from runs import Finished, asq_here, asq_run, environment

from .lakes import current, differing, leftovers, released, without_run_id
from .landing import QUARTER, hotline_calls, write_csv, write_landing

pytestmark = pytest.mark.xdist_group("orchestration_outliers")

CALL, KEY = "call-2025-01-03", "E1|call-2025-01-03"
# 241 − 1 + 19 · 4 = 316 s of the other 19 calls; with the planted one 1316 s of 20.
WITHOUT, WITH = 316 / 19, 1316 / 20
# Offered are 24 calls (25 less the refused one), 20 of them answered.
CONNECTED_WITHOUT, CONNECTED_WITH = 19 / 23, 20 / 24


@dataclass(frozen=True)
class Reviewed:
    """The folders before and after the review, and the file that was filled in between."""

    landing: Path
    lake: Path
    first: Path
    second: Path
    exported: str
    listed: Finished


def asq(*words: str | Path) -> Finished:
    finished = Finished(*asq_here(*words, environment=environment()))
    assert finished.returncode == 0, finished.stderr
    return finished


def run_here(landing: Path, lake: Path) -> Path:
    asq_run(QUARTER, landing, lake)
    return current(lake, QUARTER)


def planted(folder: Path) -> Path:
    write_landing(folder)
    # Requests and calls alone are a tenth of the weight; the total is to be compared, too.
    (folder / "evaluation.yaml").write_text("rateable_from: 0.1\n", encoding="utf-8")
    calls = list(hotline_calls())
    (call,) = (call for call in calls if call["call_id"] == CALL)
    call |= {"answered_at": "2025-01-03 10:16:40", "ended_at": "2025-01-03 10:17:40"}
    write_csv(folder / "hotline_calls.csv", calls)
    return folder


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> Reviewed:
    folder = tmp_path_factory.mktemp("outliers")
    landing, lake = planted(folder / "landing"), folder / "lake"
    first = run_here(landing, lake)
    listed = asq("outliers", "list", QUARTER, "--lake", lake)
    review = folder / "review.csv"
    asq("outliers", "export", QUARTER, "--lake", lake, "--out", review)
    exported = review.read_text(encoding="utf-8-sig")
    lines = list(csv.DictReader(exported.splitlines()))
    for line in lines:
        if line["measure"] == "wait_seconds":
            line |= {
                "decision": "exclude",
                "reason": "演练呼叫，联系人张伟 13800138000",
                "reviewer": "QA-1",
                "reviewed_on": "2025-04-10",
            }
    write_csv(landing / "outlier_review.csv", lines)
    second = run_here(landing, lake)
    return Reviewed(landing, lake, first, second, exported, listed)


def table(run: Path, name: str, **where: str) -> list[dict[str, Any]]:
    found = pl.read_parquet(run / f"{name}.parquet").filter(**where)
    return list(found.iter_rows(named=True))


def value(run: Path, indicator: str, period: str = QUARTER) -> dict[str, Any]:
    (row,) = table(run, "indicator_values", indicator_id=indicator, period=period, scope_type="enterprise")
    return row


def test_the_planted_point_is_the_farthest(reviewed: Reviewed) -> None:
    (point,) = table(reviewed.first, "outliers", measure="wait_seconds")
    assert (point["row_key"], point["value"], point["n"], point["flags"]) == (KEY, 1000, 20, "z;z_log;z_mad")
    assert point["mean"] == pytest.approx(WITH)
    assert point["decision"] is None
    assert "  wait_seconds " in reviewed.listed.stdout
    (rule,) = table(reviewed.first, "rule_results", rule_id="PR-26", period=QUARTER)
    assert rule["result"] == "fail"


def test_the_review_file_shows_what_was_recorded(reviewed: Reviewed) -> None:
    (line,) = (line for line in csv.DictReader(reviewed.exported.splitlines()) if line["measure"] == "wait_seconds")
    assert (line["row_key"], line["value"], line["unit"]) == (KEY, "1000.0", "s")
    assert line["recorded"] == "queued_at=2025-01-03 10:00:00;answered_at=2025-01-03 10:16:40"
    assert (line["decision"], line["reviewer"]) == ("", "")


def test_the_excluded_record_leaves_the_indicators_as_computed_by_hand(reviewed: Reviewed) -> None:
    for period in (QUARTER, f"{QUARTER}-YTD", f"{QUARTER}-TTM"):
        assert value(reviewed.first, "P2-1a", period)["value"] == pytest.approx(WITH, abs=1e-9)
        assert value(reviewed.second, "P2-1a", period)["value"] == pytest.approx(WITHOUT, abs=1e-9)
    row = value(reviewed.second, "P2-1a")
    assert (row["numerator"], row["denominator"], row["sample_size"]) == (316, 19, 19)
    assert value(reviewed.second, "P1-1")["value"] == pytest.approx(CONNECTED_WITHOUT, abs=1e-9)


def test_nothing_else_changes(reviewed: Reviewed) -> None:
    def others(run: Path) -> pl.DataFrame:
        touched = pl.col("indicator_id").is_in(["P1-1", "P1-2", "P2-1a"])
        return pl.read_parquet(run / "indicator_values.parquet").drop("run_id").filter(~touched)

    assert others(reviewed.first).equals(others(reviewed.second))


def test_the_effects_are_the_difference_of_the_two(reviewed: Reviewed) -> None:
    assert table(reviewed.first, "outlier_effects") == []
    effects = {row["indicator_id"]: row for row in table(reviewed.second, "outlier_effects", period=QUARTER)}
    assert set(effects) == {"P1-1", "P1-2", "P2-1a", "total"}
    wait = effects["P2-1a"]
    assert (wait["value_with"], wait["value_without"]) == (pytest.approx(WITH), pytest.approx(WITHOUT))
    assert wait["difference"] == pytest.approx(WITHOUT - WITH)
    # 65.8 s are above the 30 s asked for, 16.6 s are not.
    assert (wait["is_met_with"], wait["is_met_without"], wait["is_verdict_changed"]) == (False, True, True)
    assert effects["P1-1"]["difference"] == pytest.approx(CONNECTED_WITHOUT - CONNECTED_WITH)
    for name, row in effects.items():
        if name != "total":
            assert row["value_with"] == value(reviewed.first, name)["value"]
            assert row["score_with"] == value(reviewed.first, name)["score"]
            assert row["value_without"] == value(reviewed.second, name)["value"]
    totals = [table(run, "scores", level="total", period=QUARTER)[0]["score"] for run in (reviewed.first, reviewed.second)]
    assert [effects["total"]["score_with"], effects["total"]["score_without"]] == totals


def test_the_decision_is_logged_without_personal_data(reviewed: Reviewed) -> None:
    (logged,) = table(reviewed.second, "outlier_decisions")
    assert (logged["row_key"], logged["decision"], logged["status"]) == (KEY, "exclude", "in_force")
    assert (logged["reviewer"], str(logged["reviewed_on"])) == ("QA-1", "2025-04-10")
    assert logged["reason"].startswith("演练呼叫")
    assert "13800138000" not in logged["reason"]
    assert "张伟" not in logged["reason"]
    groups = table(reviewed.second, "outlier_groups", measure="wait_seconds")
    assert [(row["to_review"], row["reviewed"], row["excluded"]) for row in groups] == [(1, 1, 1)]
    (rule,) = table(reviewed.second, "rule_results", rule_id="PR-26", period=QUARTER)
    assert rule["result"] == "pass"
    (key,) = table(reviewed.second, "run_info", key="outlier_review_sha256")
    assert len(key["value"]) == 64


def test_the_report_says_so(reviewed: Reviewed) -> None:
    page = operations_page(released(reviewed.second), QUARTER, "E1")
    section = page[page.index("附录 H") :]
    assert "排除记录对结果的影响" in section
    assert CALL not in page


def test_what_was_decided_is_kept_by_the_next_export(reviewed: Reviewed, tmp_path: Path) -> None:
    out = tmp_path / "again.csv"
    for _ in range(2):
        asq("outliers", "export", QUARTER, "--lake", reviewed.lake, "--out", out)
        lines = list(csv.DictReader(out.read_text(encoding="utf-8-sig").splitlines()))
        assert {line["decision"] for line in lines} == {"exclude"}
    assert leftovers(reviewed.lake) == []


def test_without_the_file_all_is_as_before(reviewed: Reviewed, tmp_path: Path) -> None:
    """And with it twice: the same bytes."""
    landing = planted(tmp_path / "landing")
    assert differing(without_run_id(run_here(landing, tmp_path / "lake")), without_run_id(reviewed.first)) == []
    (landing / "outlier_review.csv").write_bytes((reviewed.landing / "outlier_review.csv").read_bytes())
    assert differing(without_run_id(run_here(landing, tmp_path / "lake")), without_run_id(reviewed.second)) == []
