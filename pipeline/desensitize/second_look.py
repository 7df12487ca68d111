"""A second look at redacted text: what the independent scanner still finds is replaced, too.

``pipeline/redact`` and the scanner of ``pipeline/privacy`` share no pattern, so each finds what the other misses. The redaction is
written to keep ordinary words and may leave a rare name; the last gate of a run may not find it in ``clean/`` (D-100). The same
holds for a name that only another row tells: the personal values that the gate searches for are replaced as well (D-122).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import polars as pl

from pipeline.privacy import patterns
from pipeline.privacy.hiding import replace_matches
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
    without = {text: replace_matches(text, lambda match: _LABELS[match.kind]) for text in found}
    rows = texts.is_in(list(without)).fill_null(False).arg_true()
    return texts.clone().scatter(rows, texts.gather(rows).replace_strict(without, return_dtype=pl.String))


def replace_known(texts: pl.Series, known: KnownValues) -> pl.Series:
    """The texts without the personal values of ``known``, however they are written; other texts stay as they are, nulls too.

    A name that is a word of the project's own (消费者) is no person's, as for the scan.
    """
    unique = texts.drop_nulls().unique(maintain_order=True)
    persons = persons_among(known, unique)
    without: dict[str, str] = {}
    waiting = {text: text for text in unique.to_list()}
    for _ in range(_ROUNDS):
        # One search for all: it costs the same for a text as for a thousand.
        places = persons.places_in(pl.Series(list(dict.fromkeys(waiting.values())), dtype=pl.String))
        waiting = {text: "".join(_replaced(now, places[now])) for text, now in waiting.items() if places.get(now)}
        if not waiting:
            break
        without |= waiting
    if not without:
        return texts
    rows = texts.is_in(list(without)).fill_null(False).arg_true()
    return texts.clone().scatter(rows, texts.gather(rows).replace_strict(without, return_dtype=pl.String))


def _replaced(text: str, places: Iterable[tuple[int, int, str]]) -> Iterator[str]:
    plain, done = patterns.normalise(text), 0
    # Of overlapping values the first and longest; what is left of the others is looked at again.
    for start, end, pii in sorted(places, key=lambda place: (place[0], -place[1])):
        if start >= done:
            yield plain[done:start] + _LABELS[pii]
            done = end
    yield plain[done:]
