"""Draws the conclusions of an enterprise and period: every rule on every subject, worded in both languages.

The same conclusions are the sentences of the editions and the table ``claims`` (PR-46).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from pipeline.report.claims.facts import FACTS, ITEMS, Fact, Kind, Source, Subject
from pipeline.report.claims.gather import Gathered
from pipeline.report.claims.rules import Place, Rule, rule_book
from pipeline.report.claims.wording import Wording
from pipeline.report.document.blocks import Edition, Language, Tone


@dataclass(frozen=True)
class Used:
    """A fact in a sentence: its name (``causes[1].points`` within a list), the fact, and its words."""

    name: str
    kind: Kind
    fact: Fact
    texts: Mapping[Language, str]


@dataclass(frozen=True)
class Claim:
    """A conclusion about one subject."""

    claim_id: str
    subject_id: str
    section: Place
    sentence: str
    tone: Tone
    texts: Mapping[Language, str]
    used: tuple[Used, ...]

    @property
    def sources(self) -> tuple[Source, ...]:
        """The rows that it rests on, each once."""
        found: dict[tuple[str, tuple[tuple[str, object], ...]], Source] = {}
        for each in self.used:
            if source := each.fact.source:
                found.setdefault((source.table, tuple(source.keys.items())), source)
        return tuple(found.values())


def claims_of(gathered: Gathered, edition: Edition, wordings: Mapping[Language, Wording]) -> tuple[Claim, ...]:
    """The conclusions of an edition, in the order of the rules."""
    subjects = tuple(gathered.subjects())
    drawn = [(rule, subject) for rule in rule_book().claims if edition in rule.editions for subject in _chosen(rule, subjects)]
    return tuple(_claim(rule, subject, wordings) for rule, subject in sorted(drawn, key=_place))


def _place(drawn: tuple[Rule, Subject]) -> tuple[int, int]:
    """The order of the rules; among those of one sentence, that of their subjects."""
    rule, subject = drawn
    names = [each.sentence or each.claim_id for each in rule_book().claims]
    return names.index(rule.sentence or rule.claim_id), subject.order(rule.by) if rule.sentence else 0


def _chosen(rule: Rule, subjects: Iterable[Subject]) -> list[Subject]:
    """The subjects of which the rule's conditions hold and all worded facts are known."""
    found = [each for each in subjects if each.about == rule.about and _applies(rule, each.facts)]
    if rule.by:
        found.sort(key=lambda each: each.order(rule.by))
    return found[: rule.at_most]


def _applies(rule: Rule, facts: Mapping[str, Fact]) -> bool:
    is_known = all(name in facts and (facts[name].value is not None or facts[name].items) for name in rule.worded)
    return is_known and all(condition.holds(facts) for condition in rule.when)


def _claim(rule: Rule, subject: Subject, wordings: Mapping[Language, Wording]) -> Claim:
    kinds = FACTS[rule.about]
    used: list[Used] = []
    filled: dict[Language, dict[str, str]] = {language: {} for language in wordings}
    for name in sorted(rule.worded):
        fact = subject.facts[name]
        if kinds[name] == "list":
            items = [tuple(_items(name, place, item, wordings)) for place, item in enumerate(fact.items, start=1)]
            used += [each for item in items for each in item]
            for language, wording in wordings.items():
                named = ({each.name.rpartition(".")[2]: each.texts[language] for each in item} for item in items)
                filled[language][name] = wording.say.text("claim.list").join(rule.item[language].format(**each) for each in named)
        else:
            worded = _used(name, kinds[name], fact, wordings)
            used.append(worded)
            for language in wordings:
                filled[language][name] = worded.texts[language]
    judged = {condition.fact for condition in rule.when} - rule.worded
    used += [
        _used(name, "word", subject.facts[name], wordings)
        for name in sorted(judged & subject.facts.keys())
        if subject.facts[name].source is not None and subject.facts[name].value is not None and kinds[name] == "word"
    ]
    texts: dict[Language, str] = {
        language: {"zh": rule.zh, "en": rule.en}[language].format(**filled[language]) for language in wordings
    }
    return Claim(rule.claim_id, subject.subject_id, rule.section, rule.sentence, rule.tone, texts, tuple(used))


def _items(name: str, place: int, item: Mapping[str, Fact], wordings: Mapping[Language, Wording]) -> Iterator[Used]:
    for key, fact in item.items():
        yield _used(f"{name}[{place}].{key}", ITEMS[name][key], fact, wordings)


def _used(name: str, kind: Kind, fact: Fact, wordings: Mapping[Language, Wording]) -> Used:
    return Used(name, kind, fact, {language: wording.fact(kind, fact) for language, wording in wordings.items()})
