"""Model cards: what every analysis is for, what it rests on, and against what it was validated (PR-45).

``model_cards.yaml`` is the only source: of the table ``model_cards``, of docs/model-cards.md
(``python -m pipeline.analyse.model_cards`` writes it), and of the check that no other method is used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import polars as pl
from pydantic import Field, model_validator

from pipeline.calendar.quarters import Quarter
from pipeline.errors import AsqError
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.documents import Document, SettingsModel, read_yaml, validated, wrong
from pipeline.settings.fields import Day, Flag, Text
from schemas.expectations.analyses import Analysis, analyses
from schemas.standard.edition import analyses as methods_of_the_standard

MODEL_CARDS = "model_cards"
CARDS = Path(__file__).with_name("model_cards.yaml")
PAGE = Path(__file__).resolve().parents[2] / "docs" / "model-cards.md"
CARDS_SCHEMA = pl.Schema(
    {
        "analysis_id": pl.String,
        "card_id": pl.String,
        "method_id": pl.String,
        "purpose": pl.String,
        "method": pl.String,
        "source": pl.String,
        "inputs": pl.String,
        "assumptions": pl.String,
        "limits": pl.String,
        "owner_role": pl.String,
        "is_validated": pl.Boolean,
        "validation": pl.Int64,
        "validated_against": pl.String,
        "validated_on": pl.Date,
        "metric": pl.String,
        "metric_value": pl.String,
    }
)
_SAID = ("purpose", "method", "source", "inputs", "assumptions", "limits", "owner_role")


class NotValidated(AsqError):
    """An analysis is used that has no card, or whose card does not say that it was validated: nothing is published."""


class Validation(SettingsModel):
    """Against what an analysis was validated, and how well it did."""

    against: Text = Field(description="Published figures, another library, a case by hand, or data of which the truth is known.")
    on: Day = Field(description="When.")
    metric: Text = Field(description="What was measured.")
    value: Text = Field(description="How large it was.")
    where: Text = Field(description="The tests that measure it.")


class ModelCard(SettingsModel):
    """The card of one analysis; ``version`` rises with what the method gives."""

    version: Text = Field(description="Of the method.")
    purpose: Text = Field(description="What question it answers.")
    method: Text = Field(description="How.")
    source: Text = Field(description="Paper or standard.")
    inputs: Text = Field(description="The tables and files it reads.")
    assumptions: Text = Field(description="What must hold.")
    limits: Text = Field(description="What it does not say.")
    owner_role: Text = Field(description="Who answers for it.")
    is_validated: Flag = Field(False, description="Whether it may be used.")
    validations: tuple[Validation, ...] = Field((), description="With date, metric and value.")

    @model_validator(mode="after")
    def _shown(self) -> ModelCard:
        if self.is_validated and not self.validations:
            raise wrong("is validated, but by no validation", "validations")
        return self

    def card_id(self, analysis_id: str) -> str:
        return f"{analysis_id}-{self.version}"


class _Cards(SettingsModel):
    cards: Mapping[Text, ModelCard] = Field(default_factory=dict, description="By analysis.")


@lru_cache(maxsize=8)
def model_cards(file: Path = CARDS) -> Mapping[str, ModelCard]:
    """The cards by analysis; raises UsageError naming file, line, key and rule of every fault."""
    return validated(_Cards, read_yaml(Document.read(file))).cards


def write_model_cards(run: RunFolder, file: Path = CARDS) -> int:
    """Write ``model_cards`` into the run's folder: one row per analysis and validation; returns its rows."""
    return run.write(MODEL_CARDS, pl.DataFrame(list(_rows(model_cards(file), analyses())), schema=CARDS_SCHEMA)).height


def _rows(cards: Mapping[str, ModelCard], known: Mapping[str, Analysis]) -> Iterator[dict[str, object]]:
    for analysis_id in sorted(cards.keys() & known.keys()):
        card = cards[analysis_id]
        own = {
            "analysis_id": analysis_id,
            "card_id": card.card_id(analysis_id),
            "method_id": known[analysis_id].method_id,
            "is_validated": card.is_validated,
            **{name: getattr(card, name) for name in _SAID},
        }
        if not card.validations:
            yield own
        for number, each in enumerate(card.validations, start=1):
            yield {
                **own,
                "validation": number,
                "validated_against": each.against,
                "validated_on": each.on,
                "metric": each.metric,
                "metric_value": each.value,
            }


def unvalidated(used: Collection[str], cards: Mapping[str, ModelCard]) -> list[str]:
    """What is wrong with the cards of the analyses used, a phrase each."""
    missing = [f"{name} has no card" for name in sorted(used) if name not in cards]
    return missing + [
        f"the card of {name} is not validated" for name in sorted(used) if name in cards and not cards[name].is_validated
    ]


def require_validated(quarter: Quarter, used: Collection[str], file: Path = CARDS) -> None:
    """Raise NotValidated, naming the analyses, unless the card of each says that it was validated."""
    cards = model_cards(file)
    found = unvalidated(used, cards)
    if found:
        names = sorted(name for name in used if name not in cards or not cards[name].is_validated)
        raise NotValidated(
            f"{quarter}: only validated methods are used (PR-45), so nothing is published. {'; '.join(found)}. What to do: "
            f"validate it and say so in {file.name}, or switch it off in the evaluation plan: "
            f"`analyses: {{switched_off: [{', '.join(names)}]}}`"
        )


def page(cards: Mapping[str, ModelCard]) -> str:
    """docs/model-cards.md."""
    names = {method.analysis_id: method.name_zh for method in methods_of_the_standard()}
    lines = [
        "# Model cards",
        "",
        "One card per analysis: 八 wants validated models and methods only (PR-45). A run in which an analysis is used that has no",
        "card, or whose card is not validated, publishes nothing. Made of `pipeline/analyse/model_cards.yaml` by",
        "`python -m pipeline.analyse.model_cards`; the same is in the table `model_cards`.",
    ]
    for name, analysis in analyses().items():
        if name not in cards:
            continue
        card = cards[name]
        method = names[analysis.method_id] if analysis.method_id else "beside the eight"
        lines += [
            "",
            f"## {card.card_id(name)}",
            "",
            f"{card.purpose}. Clause 七: {method}. Tables: {_listed(analysis.tables)}.",
            "",
        ]
        lines += [f"- **{said.replace('_', ' ').capitalize()}**: {getattr(card, said)}" for said in _SAID[1:]]
        lines += [f"- **Validated**: {'yes' if card.is_validated else 'no: not used'}"]
        if card.validations:
            lines += ["", "| validated against | on | metric | value | tests |", "|---|---|---|---|---|"]
            lines += [f"| {each.against} | {each.on} | {each.metric} | {each.value} | {each.where} |" for each in card.validations]
    return "\n".join(lines) + "\n"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    PAGE.write_text(page(model_cards()), encoding="utf-8")
