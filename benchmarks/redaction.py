"""``python -m benchmarks.redaction COMMENTS…``: recall and precision of the free-text redaction on a labelled set.

The data are inserted in ``injection.py``, into real comments, one per line (plain or gzip). A span is found if all its letters,
digits and characters are gone. A removed piece is right if it overlaps a labelled span; in the strict figure every other piece is
wrong, in the adjusted one a piece of the comment's own text is also right if the independent scanner of ``pipeline/privacy``
finds personal data in it. For the figures see ``benchmarks/README.md``.
"""

from __future__ import annotations

import argparse
import gzip
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from benchmarks.injection import WORDINGS, Labelled, inject
from pipeline.privacy.patterns import find
from pipeline.redact.redaction import redact_column
from pipeline.redact.replacing import LABELS, plain

RECALL, PRECISION = 0.98, 0.95
_LABEL = re.compile("|".join(map(re.escape, LABELS)))
_EXAMPLES = 12


@dataclass
class Measured:
    """Counts over a labelled set; a piece is the text that one label replaces."""

    spans: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    pieces: int = 0
    labelled_pieces: int = 0
    personal_pieces: int = 0
    """Pieces of the comments' own text in which the independent scanner also finds personal data."""
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.found.total() / self.spans.total()

    @property
    def strict_precision(self) -> float:
        return self.labelled_pieces / self.pieces

    @property
    def precision(self) -> float:
        return (self.labelled_pieces + self.personal_pieces) / self.pieces

    @property
    def meets_bars(self) -> bool:
        return self.recall >= RECALL and self.precision >= PRECISION


def measure(labelled: Sequence[Labelled]) -> Measured:
    """Redact the texts like the desensitize stage, and compare with the labels."""
    texts = pl.Series([each.text for each in labelled], dtype=pl.String)
    names = pl.Series([each.name for each in labelled], dtype=pl.String)
    measured = Measured()
    for each, redacted in zip(labelled, redact_column(texts, names).to_list(), strict=True):
        _compare(each, removed_pieces(each.text, redacted), measured)
    return measured


def removed_pieces(text: str, redacted: str) -> list[list[tuple[int, int]]]:
    """The positions in the text that the labels of a redacted text replace, from the shortest first piece to the longest.

    A redacted text has its other characters as the engine reads them (``plain``): full-width ones as half-width ones, and marks
    without width not at all.
    """
    if text == redacted:
        return [[]]
    kept = [re.escape(piece) for piece in _LABEL.split(redacted)]
    # With a comma between two labels, the comma may be any of those removed: both extremes are compared.
    read = [(position, character) for position, written in enumerate(text) for character in plain(written)]
    places = [position for position, _ in read]
    alignments = []
    for some in (".+?", ".+"):
        match = re.fullmatch(f"({some})".join(kept), "".join(character for _, character in read), re.DOTALL)
        if match is None:
            raise ValueError("the redacted text is not the text with labels in it")
        spans = [match.span(number) for number in range(1, len(kept))]
        alignments.append([(places[start], places[end - 1] + 1) for start, end in spans])
    return alignments


def _compare(each: Labelled, alignments: list[list[tuple[int, int]]], measured: Measured) -> None:
    pieces = alignments[0]
    gone = [{position for start, end in aligned for position in range(start, end)} for aligned in alignments]
    for span in each.spans:
        measured.spans[span.kind] += 1
        # A remaining bracket or dash of the value discloses nothing.
        personal = [position for position in range(span.start, span.end) if each.text[position].isalnum()]
        if any(removed.issuperset(personal) for removed in gone):
            measured.found[span.kind] += 1
        else:
            measured.missed.append(f"{span.kind}: {each.text[max(0, span.start - 8) : span.end + 6]}")
    scanned = [(match.start, match.end) for match in find(each.text)] if pieces else []
    for start, end in pieces:
        measured.pieces += 1
        if any(start < span.end and span.start < end for span in each.spans):
            measured.labelled_pieces += 1
        elif any(start < stop and begin < end for begin, stop in scanned):
            measured.personal_pieces += 1
        else:
            measured.wrong.append(each.text[max(0, start - 6) : start] + "▸" + each.text[start:end] + "◂")


def read_comments(paths: Iterable[Path]) -> list[str]:
    """The distinct comments of text files, one per line, in their order."""
    lines: dict[str, None] = {}
    for path in paths:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        lines |= dict.fromkeys(line.strip() for line in content.decode("utf-8").splitlines() if line.strip())
    return list(lines)


def print_measured(title: str, measured: Measured) -> None:
    """One line per kind of personal data, then the totals."""
    print(f"{title}: {measured.spans.total():,} spans, {measured.pieces:,} pieces removed")
    for kind, spans in sorted(measured.spans.items()):
        print(f"  {kind:<16}{measured.found[kind]:>7,} of {spans:>6,}   recall {measured.found[kind] / spans:.4f}")
    print(f"  recall {measured.recall:.4f}   precision strict {measured.strict_precision:.4f}, adjusted {measured.precision:.4f}")


def main() -> None:
    """Measure the sets of wordings and print; exit code 1 if the held-out set misses a limit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.redaction", description=__doc__)
    parser.add_argument("comments", nargs="+", type=Path, help="text files of real comments, one a line, plain or .gz")
    parser.add_argument("--sample", type=int, default=12_000, help="comments taken at random (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same set (default: %(default)s)")
    parser.add_argument("--examples", choices=list(WORDINGS), help="print misses and wrong pieces of this set")
    parser.add_argument("--only", choices=list(WORDINGS), help="measure only this set")
    arguments = parser.parse_args()
    comments = read_comments(arguments.comments)
    chosen = random.Random(arguments.seed).sample(comments, min(arguments.sample, len(comments)))
    # Each set has different comments.
    results = {
        name: measure(inject(chosen[number :: len(WORDINGS)], wordings, seed=arguments.seed * 1000 + number))
        for number, (name, wordings) in enumerate(WORDINGS.items())
        if arguments.only in (None, name)
    }
    for name, measured in results.items():
        print_measured(name, measured)
        if arguments.examples == name:
            print(*(f"    missed {each}" for each in measured.missed[: _EXAMPLES * 5]), sep="\n")
            print(*(f"    wrong  {each}" for each in measured.wrong[: _EXAMPLES * 3]), sep="\n")
    untouched = pl.Series(comments, dtype=pl.String)
    changed = int((redact_column(untouched) != untouched).sum())
    print(f"of {len(comments):,} comments without anything put in, {changed:,} change ({changed / len(comments):.2%})")
    final = results.get("held out")
    if final is None:
        return
    print(f"{'met' if final.meets_bars else 'not met':<8} recall ≥ {RECALL}, precision ≥ {PRECISION} on the held-out set")
    sys.exit(0 if final.meets_bars else 1)


if __name__ == "__main__":
    main()
