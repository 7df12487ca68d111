"""A second look at redacted text: what the independent scanner still finds is replaced, too.

``pipeline/redact`` and the scanner of ``pipeline/privacy`` share no pattern, so each finds what the other misses. The redaction is
written to keep ordinary words and may leave a rare name; the last gate of a run may not find it in ``clean/`` (D-100). The same
holds for a name that only another row tells: the personal values that the gate searches for are replaced as well (D-122).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from pipeline.privacy import patterns
from pipeline.privacy.known_values import KnownValues
from pipeline.privacy.own_words import persons_among
from pipeline.privacy.scanner import by_patterns
from pipeline.redact.replacing import (
    ACCOUNT,
    ADDRESS,
    BANK_CARD,
    BIRTH_DATE,
    COORDINATES,
    EMAIL,
    ID_NUMBER,
    NAME,
    NETWORK_ADDRESS,
    NUMBER,
    PHONE,
    PLATE,
    VEHICLE,
)

_LABELS = {
    "name": NAME,
    "device": NUMBER,
    "phone": PHONE,
    "id_number": ID_NUMBER,
    "bank_card": BANK_CARD,
    "plate": PLATE,
    "email": EMAIL,
    "account": ACCOUNT,
    "address": ADDRESS,
    "spoken_number": NUMBER,
    "vehicle": VEHICLE,
    "network_address": NETWORK_ADDRESS,
    "coordinates": COORDINATES,
    "birth_date": BIRTH_DATE,
}
# Replacing may join two pieces that match; every round removes something, and a text that still matches is left to the scan.
_ROUNDS = 8


def replace_findings(texts: pl.Series) -> pl.Series:
    """The texts without what the scanner finds in them; a text in which it finds nothing stays as it is. Nulls stay null."""
    found = by_patterns(texts.drop_nulls().unique(maintain_order=True))
    if not found:
        return texts
    without = {text: _without_findings(text) for text in found}
    rows = texts.is_in(list(without)).fill_null(False).arg_true()
    return texts.clone().scatter(rows, texts.gather(rows).replace_strict(without, return_dtype=pl.String))


def replace_known(texts: pl.Series, known: KnownValues) -> pl.Series:
    """The texts without the personal values of ``known``, however they are written; other texts stay as they are, nulls too.

    A name that is a word of the project's own (消费者) is no person's, as for the scan.
    """
    unique = texts.drop_nulls().unique(maintain_order=True)
    persons = persons_among(known, unique)
    found = persons.search(unique)
    if not found:
        return texts
    without = {text: _without_known(text, persons) for text in found}
    rows = texts.is_in(list(without)).fill_null(False).arg_true()
    return texts.clone().scatter(rows, texts.gather(rows).replace_strict(without, return_dtype=pl.String))


def _without_known(text: str, known: KnownValues) -> str:
    for _ in range(_ROUNDS):
        plain = patterns.normalise(text)
        spans = sorted(known.places_in(plain), key=lambda span: (span[0], -span[1]))
        if not spans:
            break
        text = "".join(_replaced(plain, spans))
    return text


def _replaced(plain: str, spans: Iterable[tuple[int, int, str]]) -> Iterator[str]:
    done = 0
    # Of overlapping values the first and longest; what is left of the others is looked at again.
    for start, end, pii in spans:
        if start >= done:
            yield plain[done:start] + _LABELS[pii]
            done = end
    yield plain[done:]


def _without_findings(text: str) -> str:
    for _ in range(_ROUNDS):
        matches = patterns.find(text)
        if not matches:
            break
        plain = patterns.normalise(text)
        pieces: list[str] = []
        done = 0
        # Of overlapping matches the first; the others are found again, if anything of them is left.
        for match in matches:
            if match.start >= done:
                pieces += plain[done : match.start], _LABELS[match.kind]
                done = match.end
        text = "".join((*pieces, plain[done:]))
    return text
