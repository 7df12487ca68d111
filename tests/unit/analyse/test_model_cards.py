"""Only validated methods: every analysis has a card that says against what it was validated, and without one a run stops."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.analyse.model_cards import CARDS, PAGE, NotValidated, model_cards, page, require_validated, unvalidated
from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from schemas.expectations.analyses import analyses

QUARTER = Quarter.parse("2025-Q1")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    copied = tmp_path / "model_cards.yaml"
    copied.write_text(CARDS.read_text(encoding="utf-8"), encoding="utf-8")
    return copied


def change(file: Path, old: str, new: str) -> Path:
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return file


def test_every_analysis_has_a_card_and_every_card_an_analysis() -> None:
    assert model_cards().keys() == analyses().keys()
    assert unvalidated(analyses().keys(), model_cards()) == []
    require_validated(QUARTER, analyses().keys())


def test_the_tests_that_the_cards_name_exist() -> None:
    root = PAGE.parents[1]
    named = {path for card in model_cards().values() for each in card.validations for path in each.where.split(", ")}
    assert [path for path in sorted(named) if not (root / path).is_file()] == []


def test_an_analysis_without_a_card_stops_the_run(file: Path) -> None:
    change(file, "  league:\n", "  leagues:\n")
    with pytest.raises(
        NotValidated, match=r"2025-Q1: only validated methods .*league has no card\. .*analyses: \{switched_off: \[league\]\}"
    ):
        require_validated(QUARTER, analyses().keys(), file)
    # What is switched off is not used.
    require_validated(QUARTER, analyses().keys() - {"league"}, file)


def test_a_card_that_is_not_validated_stops_the_run(file: Path) -> None:
    change(file, "is_validated: true", "is_validated: false")
    with pytest.raises(NotValidated, match="the card of score_changes is not validated"):
        require_validated(QUARTER, analyses().keys(), file)
    require_validated(QUARTER, {"league"}, file)


def test_validated_by_nothing_is_not_validated(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    start, end = text.index("    validations:"), text.index("  comparison:\n")
    file.write_text(text[:start] + text[end:], encoding="utf-8")
    with pytest.raises(UsageError, match=r"cards\.score_changes.*is validated, but by no validation"):
        model_cards(file)


def test_the_page_is_made_of_the_cards() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(model_cards()), "python -m pipeline.analyse.model_cards writes it anew"
