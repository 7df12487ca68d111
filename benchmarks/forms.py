"""``python -m benchmarks.forms``: recall by written form, and precision, of redaction and scan on the set of ``written_forms.py``.

A case is found by the redaction if no letter or digit of its personal part is left, by the scan if it has a match of its kind. The
precision of the redaction is the share of removed pieces that overlap a labelled value, over all forms and ordinary texts; that of
the scan is the share of texts with a match that hold one.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from benchmarks.redaction import removed_pieces
from benchmarks.written_forms import CLOSE, FORMS, OPEN, ORDINARY, Form, Ordinary
from pipeline.privacy.scanner import by_patterns
from pipeline.redact.redaction import redact_column

FIXED, OTHER, PRECISION = 0.98, 0.95, 0.95
"""Recall of each form with a check digit or a fixed shape, of each other form, and precision."""


@dataclass(frozen=True)
class Case:
    """A text and the positions of its personal parts."""

    text: str
    spans: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class FormResult:
    """What was found of one form's cases, and the first that were missed."""

    form: Form
    cases: int
    redacted: int
    scanned: int
    left_for_the_scan: int
    pieces: int
    right_pieces: int
    missed: tuple[str, ...]
    unseen: tuple[str, ...]

    @property
    def bar(self) -> float:
        return FIXED if self.form.is_fixed else OTHER

    @property
    def meets_bar(self) -> bool:
        return min(self.redacted, self.scanned) / self.cases >= self.bar and self.left_for_the_scan <= (1 - self.bar) * self.cases


@dataclass(frozen=True)
class OrdinaryResult:
    """How many ordinary texts of one sort redaction changes and the scan stops at, and examples."""

    ordinary: Ordinary
    texts: int
    pieces: int
    changed: tuple[str, ...]
    stopped: tuple[str, ...]


@dataclass(frozen=True)
class Results:
    """All forms and all ordinary texts."""

    forms: tuple[FormResult, ...]
    ordinary: tuple[OrdinaryResult, ...]

    @property
    def precision(self) -> float:
        """Of the redaction."""
        right = sum(each.right_pieces for each in self.forms)
        return right / (sum(each.pieces for each in self.forms) + sum(each.pieces for each in self.ordinary))

    @property
    def scan_precision(self) -> float:
        right = sum(each.scanned for each in self.forms)
        return right / (right + sum(len(each.stopped) for each in self.ordinary))

    @property
    def missed(self) -> list[str]:
        """One line for each bar that is not met."""
        lines = [
            f"{each.form.family}, {each.form.name}: redaction {each.redacted}, scan "
            f"{each.scanned} of {each.cases}, after redaction "
            f"{each.left_for_the_scan}: {[*each.missed[:3], *each.unseen[:3]]}"
            for each in self.forms
            if not each.meets_bar
        ]
        lines += [
            f"{each.ordinary.name}: redaction changes {len(each.changed)}, the scan stops at {len(each.stopped)} of {each.texts}: "
            f"{[*each.changed[:3], *each.stopped[:3]]}"
            for each in self.ordinary
            if max(len(each.changed), len(each.stopped)) > (1 - PRECISION) * each.texts
        ]
        totals = (("redaction", self.precision), ("scan", self.scan_precision))
        return lines + [f"precision of the {name} {figure:.4f}" for name, figure in totals if figure < PRECISION]


def measure(cases: int, seed: int = 1, forms: Sequence[Form] = FORMS, ordinary: Sequence[Ordinary] = ORDINARY) -> Results:
    """Measure ``cases`` texts of each form and of each sort of ordinary text; the same seed gives the same texts."""
    return Results(
        tuple(_measure_form(form, cases, random.Random(f"{seed} {form.family} {form.name}")) for form in forms),
        tuple(_measure_ordinary(each, cases, random.Random(f"{seed} {each.name}")) for each in ordinary),
    )


def make_case(form: Form, rng: random.Random) -> Case:
    """One text of a form."""
    value = form.draw(rng)
    before, after = rng.choice(form.frames).split("{}")
    marked = f"{before}{value if OPEN in value else OPEN + value + CLOSE}{after}"
    text, spans, start = "", [], 0
    for character in marked:
        if character == OPEN:
            start = len(text)
        elif character == CLOSE:
            spans.append((start, len(text)))
        else:
            text += character
    return Case(text, tuple(spans))


def _measure_form(form: Form, count: int, rng: random.Random) -> FormResult:
    cases = [make_case(form, rng) for _ in range(count)]
    redacted = redact_column(pl.Series([case.text for case in cases], dtype=pl.String)).to_list()
    seen = by_patterns(pl.Series([case.text for case in cases], dtype=pl.String).unique())
    left = len(by_patterns(pl.Series(redacted, dtype=pl.String).unique()))
    missed, unseen = [], []
    pieces = right = 0
    for case, after in zip(cases, redacted, strict=True):
        alignments = removed_pieces(case.text, after)
        personal = {place for start, end in case.spans for place in range(start, end) if case.text[place].isalnum()}
        if not any(personal <= {place for start, end in each for place in range(start, end)} for each in alignments):
            missed.append(f"{case.text} → {after}")
        pieces += len(alignments[0])
        right += sum(any(start < end_ and start_ < end for start_, end_ in case.spans) for start, end in alignments[0])
        if not any(kind in form.kinds for kind, _ in seen.get(case.text, ())):
            unseen.append(case.text)
    return FormResult(form, count, count - len(missed), count - len(unseen), left, pieces, right, tuple(missed), tuple(unseen))


def _measure_ordinary(ordinary: Ordinary, count: int, rng: random.Random) -> OrdinaryResult:
    texts = [ordinary.draw(rng) for _ in range(count)]
    found = by_patterns(pl.Series(texts, dtype=pl.String).unique())
    stopped = tuple(text for text in texts if text in found)
    if ordinary.is_number:
        return OrdinaryResult(ordinary, count, 0, (), stopped)
    redacted = redact_column(pl.Series(texts, dtype=pl.String)).to_list()
    changed = tuple(f"{text} → {after}" for text, after in zip(texts, redacted, strict=True) if text != after)
    pieces = sum(len(removed_pieces(text, after)[0]) for text, after in zip(texts, redacted, strict=True))
    return OrdinaryResult(ordinary, count, pieces, changed, stopped)


def print_results(results: Results) -> None:
    """One line per form, one per sort of ordinary text, and the totals."""
    print(f"{'form':<72}{'redaction':>10}{'scan':>8}{'bar':>7}")
    for each in results.forms:
        name = f"{each.form.family}: {each.form.name}"
        print(
            f"{name:<72}{each.redacted / each.cases:>10.3f}{each.scanned / each.cases:>8.3f}{each.bar:>7.2f}"
            f"{'' if each.meets_bar else '  missed'}"
        )
    print(f"{'ordinary text':<72}{'changed':>10}{'stopped':>8}")
    for other in results.ordinary:
        changed = "" if other.ordinary.is_number else f"{len(other.changed) / other.texts:.3f}"
        print(f"{other.ordinary.name:<72}{changed:>10}{len(other.stopped) / other.texts:>8.3f}")
    families = len({each.form.family for each in results.forms})
    print(
        f"{len(results.forms)} forms of {families} kinds; precision of the redaction "
        f"{results.precision:.4f}, of the scan {results.scan_precision:.4f}"
    )


def main() -> None:
    """Measure and print the table; exit code 1 if a form or the precision misses its bar."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.forms", description=__doc__)
    parser.add_argument("--cases", type=int, default=200, help="texts of each form (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same set (default: %(default)s)")
    arguments = parser.parse_args()
    results = measure(arguments.cases, arguments.seed)
    print_results(results)
    print(*results.missed, sep="\n")
    sys.exit(1 if results.missed else 0)


if __name__ == "__main__":
    main()
