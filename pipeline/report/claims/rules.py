"""The rules of conclusions, ``rules.yaml``: when something is said, in which edition and section, and in which words.

A rule that names a fact outside the closed list of ``facts.py``, or in one language only, is refused when it is read.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.report.claims.facts import FACTS, ITEMS, UNWORDED, About, CodeOrNumber, Fact
from pipeline.report.document.blocks import Edition, Language, Tone

Operator = Literal["is", "is not", "in", "at least", "at most", "known", "unknown"]
Place = Literal["summary", "findings", "analysis", "conclusion"]

# Readers of the public edition see no place that is smaller than the enterprise, and no other enterprise.
_NEVER_PUBLIC: Mapping[str, frozenset[str]] = {
    "member": frozenset(FACTS["member"]),
    "indicator": frozenset(name for name in FACTS["indicator"] if name.startswith("place") or name == "is_placed"),
}


class Condition(BaseModel):
    """A fact, an operator and what it is compared with; ``known`` and ``unknown`` compare with nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fact: str
    operator: Operator
    value: CodeOrNumber | tuple[CodeOrNumber, ...] = None

    @model_validator(mode="before")
    @classmethod
    def _of_list(cls, written: Any) -> Any:
        if not isinstance(written, list):
            return written
        if not 2 <= len(written) <= 3:
            raise ValueError(f"a condition is [fact, operator, value], not {written}")
        return dict(zip(("fact", "operator", "value"), written, strict=False))

    def holds(self, facts: Mapping[str, Fact]) -> bool:
        """Whether it holds; a comparison with a fact that is not known does not."""
        fact = facts.get(self.fact)
        value = None if fact is None else (fact.items or fact.value)
        is_known = value is not None
        match self.operator:
            case "known" | "unknown":
                return is_known == (self.operator == "known")
            case "in":
                return isinstance(self.value, tuple) and value in self.value
            case "is" | "is not":
                return is_known and (value == self.value) == (self.operator == "is")
        if not isinstance(value, int | float) or not isinstance(self.value, int | float):
            return False
        return value >= self.value if self.operator == "at least" else value <= self.value


class Rule(BaseModel):
    """A conclusion: it is drawn of every subject of which all conditions hold, of ``at_most`` so many."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    claim_id: str = Field(pattern=r"^[a-z_]+(\.[a-z_]+)+$")
    about: About
    editions: tuple[Edition, ...] = Field(min_length=1)
    section: Place
    sentence: str = ""
    """Conclusions of one sentence stand together."""
    when: tuple[Condition, ...] = ()
    at_most: int = Field(default=1, ge=1)
    by: str = ""
    """The fact by which subjects are ordered, ascending; none: as they come."""
    tone: Tone = "neutral"
    zh: str
    en: str
    item: dict[Language, str] = Field(default_factory=dict)
    """How each item of the list in the sentence is worded."""

    @model_validator(mode="after")
    def _uses_known_facts(self) -> Rule:
        known = FACTS[self.about]
        named = {condition.fact for condition in self.when} | ({self.by} if self.by else set())
        if strange := sorted((named | self.worded) - known.keys()):
            raise ValueError(f"{self.claim_id}: no facts of {self.about}: {', '.join(strange)}")
        if _names(self.zh) != _names(self.en):
            raise ValueError(f"{self.claim_id}: zh and en name different facts")
        if unworded := sorted(name for name in self.worded if known[name] in UNWORDED):
            raise ValueError(f"{self.claim_id}: for conditions only: {', '.join(unworded)}")
        lists = [name for name in self.worded if known[name] == "list"]
        if len(lists) > 1 or bool(lists) != (self.item.keys() == {"zh", "en"}):
            raise ValueError(f"{self.claim_id}: one list needs one item in both languages")
        if lists and (strange := sorted({each for text in self.item.values() for each in _names(text)} - ITEMS[lists[0]].keys())):
            raise ValueError(f"{self.claim_id}: no facts of an item of {lists[0]}: {', '.join(strange)}")
        if "public" in self.editions and (told := sorted((named | self.worded) & _NEVER_PUBLIC.get(self.about, frozenset()))):
            raise ValueError(f"{self.claim_id}: not for the public edition: {', '.join(told)}")
        return self

    @property
    def worded(self) -> frozenset[str]:
        """The facts in its sentence."""
        return frozenset(_names(self.zh))


class RuleBook(BaseModel):
    """All rules of one version, in the order in which they are said."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: str
    claims: tuple[Rule, ...]

    @model_validator(mode="after")
    def _names_each_once(self) -> RuleBook:
        names = [rule.claim_id for rule in self.claims]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"claim ids twice: {', '.join(twice)}")
        return self


@lru_cache(maxsize=1)
def rule_book() -> RuleBook:
    """The rules; raises ValueError (pydantic) for one that breaks the form."""
    text = files(__package__).joinpath("rules.yaml").read_text(encoding="utf-8")
    return RuleBook.model_validate(yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))


def _names(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
