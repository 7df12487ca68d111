"""From what is missed to verdicts: limits and waivers of the plan, and the words of a refusal."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.accept.acceptance import DeliveryNotAcceptable, index_page
from pipeline.accept.figures import Figure
from pipeline.accept.gx_process import Missed
from pipeline.accept.verdicts import checks_for_run, verdicts
from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.settings.plan import EvaluationPlan
from schemas.contract import TABLES
from schemas.expectations.acceptance import Bounds, checks

Q1 = Quarter(2025, 1)


def _plan(**acceptance: object) -> EvaluationPlan:
    plan = EvaluationPlan.from_mapping({"acceptance": acceptance})
    plan.check_tables(TABLES)
    return plan


def _verdicts(missed: list[Missed], plan: EvaluationPlan | None = None) -> dict[tuple[str, str], str]:
    figures = {
        "suggestions": {
            enterprise: {check.name: Figure(None if check.name == "drift" else 0.05, "5 行") for check in checks()["suggestions"]}
            for enterprise in ("E1", "E2")
        }
    }
    acceptance = (plan or EvaluationPlan()).acceptance
    found = verdicts(Q1, figures, checks_for_run(acceptance, ["suggestions"]), missed, acceptance.waivers)
    return {(row["enterprise_id"], row["check"]): row["verdict"] for row in found.iter_rows(named=True)}


BOTH = [Missed("suggestions", "volume", kind, "E1") for kind in ("warn", "refuse")]


def test_each_enterprise_is_judged_by_itself() -> None:
    found = _verdicts([*BOTH, Missed("suggestions", "missing", "warn", "E2")])
    assert found["E1", "volume"] == "refuse"
    assert found["E2", "volume"] == "pass"
    assert found["E2", "missing"] == "warn"
    assert found["E1", "drift"] == "not_judged"


@pytest.mark.parametrize(
    ("waiver", "verdict"),
    [
        ({"enterprise_id": "E1"}, "waived"),
        ({}, "waived"),
        ({"enterprise_id": "E2"}, "refuse"),
        ({"quarter": "2025-Q2"}, "refuse"),
        ({"check": "missing"}, "refuse"),
        ({"table": "complaints"}, "refuse"),
    ],
)
def test_a_waiver_holds_for_what_it_names(waiver: dict[str, str], verdict: str) -> None:
    given = {
        "quarter": "2025-Q1",
        "table": "suggestions",
        "check": "volume",
        "reason": "停用",
        "author": "评价组",
    } | waiver
    assert _verdicts(BOTH, _plan(waivers=[given]))["E1", "volume"] == verdict


def test_limits_of_the_plan_go_before_those_of_the_project() -> None:
    plan = _plan(
        limits=[
            {"check": "volume", "expected": [0.2, None]},
            {"check": "volume", "table": "complaints", "required": [None, 5]},
        ]
    )
    found = checks_for_run(plan.acceptance, ["suggestions", "complaints"])
    volume = {table: next(check for check in of if check.name == "volume") for table, of in found.items()}
    assert (volume["suggestions"].expected, volume["suggestions"].required) == (Bounds(0.2, None), Bounds(0.1, 10))
    assert (volume["complaints"].expected, volume["complaints"].required) == (Bounds(0.5, 2), Bounds(None, 5))


@pytest.mark.parametrize(
    ("acceptance", "message"),
    [
        (
            {"limits": [{"check": "volum"}]},
            r"acceptance\.limits\[1\]\.check: no table has no check 'volum'; did you mean 'volume'\?",
        ),
        (
            {"limits": [{"check": "sample_size", "table": "complaints"}]},
            r"acceptance\.limits\[1\]\.check: complaints has no check 'sample_size'",
        ),
        (
            {"limits": [{"check": "volume", "expected": [3, 1]}]},
            r"limits\[1\]\.expected: the lower bound 3 lies above the upper 1",
        ),
        ({"limits": [{"check": "volume", "expected": [None, None]}]}, r"expected a lower and an upper bound"),
        (
            {"waivers": [{"quarter": "2025-Q1", "table": "complaints", "check": "volume", "author": "x"}]},
            r"acceptance\.waivers\[1\]: 'reason' is missing",
        ),
        (
            {"waivers": [{"quarter": "Q1", "table": "complaints", "check": "volume", "reason": "y", "author": "x"}]},
            r"waivers\[1\]\.quarter: expected a quarter like 2025-Q1",
        ),
        (
            {"waivers": [{"quarter": "2025-Q1", "table": "complaint", "check": "volume", "reason": "y", "author": "x"}]},
            r"unknown table 'complaint'; did you mean 'complaints'\?",
        ),
    ],
)
def test_faults_of_the_plan_are_named(acceptance: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        _plan(**acceptance)


def test_the_refusal_names_table_check_enterprise_figure_and_limit(tmp_path_factory: pytest.TempPathFactory) -> None:
    figures = {
        "suggestions": {"E1": {check.name: Figure(0.04, "4 行，前 4 个季度中位数 100 行") for check in checks()["suggestions"]}}
    }
    found = verdicts(Q1, figures, checks_for_run(EvaluationPlan().acceptance, ["suggestions"]), BOTH, ())
    error = DeliveryNotAcceptable.of(Q1, found, tmp_path_factory.getbasetemp() / "index.html")
    assert str(error).startswith(
        "2025-Q1: the delivery is not acceptable. suggestions volume of E1: 0.04 (4 行，前 4 个季度中位数 100 行), "
        "must be 0.1 … 10. All figures: "
    )
    page = index_page(Q1, found)
    assert "结论：不予验收（1 项不通过）" in page
    assert page.count("<tr><td>E1</td>") == found.height
    assert not pl.Series([page]).str.contains(r"https?://").any()
