"""A score asked about is what a run with these settings and values publishes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from scored_publication import Publication, plausible, publish

from pipeline.analyse.what_if import Changes, WhatIf
from pipeline.cli import main
from pipeline.errors import UsageError
from pipeline.settings.plan import EvaluationPlan


def asked(published: Publication, enterprise: str = "E1") -> WhatIf:
    plan = published.plan
    choices = {
        "mode": plan.mode, "score_method": plan.score_method, "compound_method": plan.compound_method,
        "not_rateable_above": "0.2", "rateable_from": f"{plan.rateable_from:g}",
    }  # fmt: skip
    own = {"enterprise_id": enterprise}
    return WhatIf.of(published.scores.filter(**own), published.values.filter(**own), choices, published.indicators)


def scores_of(what: WhatIf) -> dict[str, float | None]:
    return {node.node_id: node.score for node in what.tree().walk()}


def published_scores(published: Publication) -> dict[str, float | None]:
    return dict(published.scores.select("node_id", "score").iter_rows())


def same(found: dict[str, float | None], expected: dict[str, float | None]) -> None:
    assert found.keys() == expected.keys()
    for name, score in expected.items():
        assert found[name] == (None if score is None else pytest.approx(score, abs=1e-9)), name


def dropped(name: str) -> dict[str, str]:
    return {"enterprise_id": "E1", "indicator_id": name, "reason": "x", "approved_by": "y", "approved_on": "2025-01-08"}


@pytest.mark.parametrize(
    "plan",
    [
        {},
        {"mode": "third_party", "score_method": "proportional"},
        {"compound_method": "minimum", "score_method": "threshold"},
        {"rateable_from": 0.99},
        {"not_applicable": [dropped("R1-2")]},
    ],
)  # fmt: skip
def test_without_changes_it_is_what_was_published(plan: dict[str, Any]) -> None:
    some = plausible(1)
    for name in ("P1-1", "O2-5"):
        del some[name]
    published = publish({"E1": some}, EvaluationPlan.from_mapping(plan))
    same(scores_of(asked(published)), published_scores(published))


def test_values_are_scored_like_measured_ones() -> None:
    """One that was measured, one without data."""
    some = plausible(2)
    del some["P1-1"]
    found = asked(publish({"E1": some})).changed(Changes(values={"P1-1": 0.93, "O1-2": 0.06}))
    same(scores_of(found), published_scores(publish({"E1": {**some, "P1-1": 0.93, "O1-2": 0.06}})))


def test_targets_are_those_of_a_plan() -> None:
    some = {**plausible(3), "R4-1": 5.0}
    targets = [
        {"indicator_id": "R4-1", "requirement": 6, "acceptable": 3},
        {"indicator_id": "P1-1", "acceptable": 0.7},
    ]
    found = asked(publish({"E1": some})).changed(Changes(targets={"R4-1": (6.0, 3.0), "P1-1": (0.95, 0.7)}))
    same(scores_of(found), published_scores(publish({"E1": some}, EvaluationPlan.from_mapping({"targets": targets}))))


@pytest.mark.parametrize("name", ["R5-1", "R1-2"])
def test_dropped_is_not_applicable(name: str) -> None:
    entry = {"enterprise_id": "E1", "indicator_id": name, "reason": "x", "approved_by": "y", "approved_on": "2025-01-08"}
    found = asked(publish({"E1": plausible(4)})).changed(Changes(drops=(name,)))
    same(
        scores_of(found), published_scores(publish({"E1": plausible(4)}, EvaluationPlan.from_mapping({"not_applicable": [entry]})))
    )


def test_weights_of_siblings_keep_their_shares_of_the_rest() -> None:
    """R .214…, P .309…, I .119… share what O = .5 leaves: they halve what they have of 1 − .357…: total Σ w·s."""
    what = asked(publish({"E1": plausible(5)}))
    changed = what.changed(Changes(weights={"O": 0.5}))
    before = {edge.node_id: edge.weight for edge in what.scored.dimensions}
    after = {edge.node_id: edge.weight for edge in changed.scored.dimensions}
    for name in "RPI":
        assert after[name] == pytest.approx(before[name] * 0.5 / (1 - before["O"]))
    scores = scores_of(what)
    assert changed.tree().score == pytest.approx(sum(after[name] * (scores[name] or 0) for name in "RPOI"))
    # R, P and I weigh at least .20, .30 and .10 by clause 六, .60 together: beside .50 no weights are legal.
    assert [line[0] for line in changed.illegal_weights()] == ["R", "P", "O", "I"]
    assert what.illegal_weights() == []


def test_weights_stay_legal_where_they_can() -> None:
    """O = .40 leaves .60, all of it the minima of the others: .20, .30 and .10."""
    changed = asked(publish({"E1": plausible(5)})).changed(Changes(weights={"O": 0.4}))
    assert {edge.node_id: edge.weight for edge in changed.scored.dimensions} == pytest.approx(
        {"R": 0.2, "P": 0.3, "O": 0.4, "I": 0.1}
    )
    assert changed.illegal_weights() == []


def test_what_an_indicator_needs_reaches_the_total_and_no_worse_value_does() -> None:
    some = plausible(6)
    del some["P4-2"]
    what = asked(publish({"E1": some}))
    score = what.tree().score
    assert score is not None
    needed = list(what.needed(score + 0.4))
    enough = [each for each in needed if each.value is not None]
    assert enough
    assert len(enough) < len(needed)
    for each in needed:
        rule = what.rules[each.indicator_id]
        assert rule.requirement is not None
        at_requirement = what.changed(Changes(values={each.indicator_id: rule.requirement})).tree().score
        assert each.best == pytest.approx(at_requirement)
        assert (each.value is None) == (each.best < score + 0.4)
    for each in enough:
        assert each.value is not None
        assert what.changed(Changes(values={each.indicator_id: each.value})).tree().score == pytest.approx(score + 0.4, abs=1e-6)
        if each.now is not None:
            worse = each.value + (each.now - each.value) * 0.01
            assert (what.changed(Changes(values={each.indicator_id: worse})).tree().score or 0) < score + 0.4


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (Changes(values={"P1-11": 0.9}), "no such indicator; did you mean 'P1-1'"),
        (Changes(targets={"p1-1": (0.9, None)}), "did you mean 'P1-1'"),
        (Changes(drops=("R6",)), "did you mean 'R"),
        (Changes(weights={"X": 0.4}), "no such node"),
        (Changes(weights={"O": 0.7, "P": 0.6}), "of the children of ALL sum to 1"),
        (Changes(weights={"R": 0.2, "P": 0.2, "O": 0.2, "I": 0.2}), "must sum to 1"),
        (Changes(values={"P1-1": 95}), "expected a share between 0 and 1"),
        (Changes(values={"P2-1a": -3}), "at least 0"),
        (Changes(values={"R4-1": 5}), "no requirement"),
        (Changes(targets={"R4-1": (6, None)}), "give one: --target R4-1=6:LIMIT"),
        (Changes(targets={"P1-1": (0.85, None)}), "must be worse than the requirement"),
        (Changes(targets={"O4-1": (1, 2)}), "zero tolerance"),
        (Changes(values={"R5-1": 0.9}, drops=("R5",)), "R5-1 cannot be dropped"),
    ],
)
def test_what_cannot_be_asked_is_refused(changes: Changes, said: str) -> None:
    what = asked(publish({"E1": {**plausible(7), "R4-1": 5.0}}))
    with pytest.raises(UsageError, match=said):
        what.changed(changes)


def test_a_target_does_not_score_what_its_value_does_not() -> None:
    """I3-1 of an open year has neither score nor verdict; an indicator without data has none either."""
    some = plausible(8)
    del some["P1-1"]
    published = publish({"E1": some})
    what = asked(published).changed(Changes(targets={"P1-1": (0.9, 0.5)}))
    same(scores_of(what), published_scores(published))


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    """A lake in which two enterprises are published, E2 with better values than E1."""
    folder = tmp_path / "lake" / "published" / "runs" / "r1"
    folder.mkdir(parents=True)
    current = tmp_path / "lake" / "published" / "current"
    current.mkdir()
    (current / "quarter=2025-Q1").symlink_to("../runs/r1")
    some = plausible(10)
    better = {name: (value[0], value[0], value[0]) for name, value in some.items()} | {"P1-1": (0.95,) * 3, "P1-2": (0.85,) * 3}
    published = publish({"E1": {**some, "P1-1": 0.91, "P1-2": 0.75}, "E2": better})
    info = {"mode": "self_assessment", "score_method": "efficacy", "compound_method": "mean", "not_rateable_above": "0.2"}
    published.scores.write_parquet(folder / "scores.parquet")
    published.values.write_parquet(folder / "indicator_values.parquet")
    rows = [{"key": key, "value": value} for key, value in {**info, "rateable_from": "0.5"}.items()]
    pl.DataFrame(rows).write_parquet(folder / "run_info.parquet")
    return tmp_path / "lake"


def said(lake: Path, *options: str, enterprise: str | None = "E1") -> tuple[int, str]:
    whose = [] if enterprise is None else ["--enterprise", enterprise]
    done = CliRunner().invoke(main, ["what-if", "2025-Q1", "--lake", str(lake), *whose, *options])
    return done.exit_code, done.output


def test_the_command_says_total_rank_and_what_would_reach_more(lake: Path) -> None:
    code, before = said(lake)
    assert code == 0
    total = float(before.split("total ")[1].split(" ")[0])
    assert f"E1 2025-Q1: total {total:.2f} → {total:.2f} (+0.00), rank 2 of 2 → 2 of 2" in before
    code, after = said(
        lake, "--value", "P1-1=0.96", "--value", "P1-2=0.9", "--value", "P2-1c=1", "--drop", "R1-2", "--reach", "99.9"
    )
    assert code == 0
    assert "rank 2 of 2 → 1 of 2" in after
    assert "no indicator alone reaches 99.9" in after
    code, reached = said(lake, "--reach", f"{total + 0.2:.4f}")
    assert (code, "P1-1 服务热线接通率: 0.91 → 0.9" in reached) == (0, True)
    assert "is reached already" in said(lake, "--reach", "10")[1]
    code, illegal = said(lake, "--weight", "O=0.5")
    assert (code, "outside the standard's ranges" in illegal) == (0, True)
    code, dropped = said(lake, "--drop", "P")
    assert "→ not rateable" in dropped
    assert "  P  " in dropped
    assert "no total: 31% of the weight does not apply" in dropped


@pytest.mark.parametrize(
    ("options", "enterprise", "words"),
    [
        ((), None, "asq: --enterprise: whose score? 2025-Q1 has E1, E2"),
        ((), "E3", "asq: 2025-Q1 has no enterprise 'E3'"),
        (("--period", "2025-Q1-TMT"), "E1", "asq: 2025-Q1 has no period '2025-Q1-TMT'"),
        (("--value", "P1-1"), "E1", "asq: --value P1-1: expected a name and a number like P1-1=0.97"),
        (("--value", "P1-1=97%"), "E1", "asq: --value P1-1: expected a number, found '97%'"),
        (("--value", "P1-1=0.9", "--value", "P1-1=0.8"), "E1", "P1-1 is given twice"),
        (("--target", "P1-1=0.9:x"), "E1", "asq: --target P1-1: expected a number, found 'x'"),
        (("--reach", "nan"), "E1", "asq: --reach: expected a number, found 'nan'"),
        (("--drop", "P9"), "E1", "asq: --drop P9: no such indicator or node; did you mean 'P"),
    ],
)
def test_a_wrong_call_is_one_line_that_says_what_is_wrong(
    lake: Path, options: tuple[str, ...], enterprise: str | None, words: str
) -> None:
    code, output = said(lake, *options, enterprise=enterprise)
    assert code == 2
    assert words in output
    assert len(output.splitlines()) == 1


def test_without_a_publication_it_says_what_to_do(lake: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["what-if", "2025-Q2", "--lake", str(lake)])
    assert (done.exit_code, "2025-Q2 was not published; run `asq run 2025-Q2` first" in done.output) == (2, True)
    assert CliRunner().invoke(main, ["what-if", "2025-Q1", "--lake", str(tmp_path / "none")]).exit_code == 2
