"""The personal values in the lake, and an exact search for them in what users see.

The raw zone holds every name, phone, identity number, address, e-mail, plate and device as delivered; none of them may appear in a
published text. Only for people who may read the raw zone. If it was purged, no values are known, and only the patterns of
``patterns.py`` apply.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import partial

import polars as pl

from pipeline.lake.database import connected
from pipeline.lake.layout import Lake
from pipeline.lake.sql import parquet
from pipeline.privacy.patterns import SURNAMES, normalise
from pipeline.privacy.scanner import Search
from schemas.contract import TABLES

# Free text holds whole sentences, most of which redaction keeps: the patterns search there.
_CLASSES = ("name", "phone", "id_number", "email", "plate", "device", "address")
_NUMBERS = frozenset({"phone", "id_number", "plate"})
_SEPARATORS = re.compile(r"(?<=[0-9A-Za-z])[\s\-‐‑‒–—―−_.·•・()（）]{1,3}(?=[0-9A-Za-z])")
_HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]")
# Shorter codes (a device called 12) occur in every text; names are shorter and have their own rules.
_SHORTEST = 6
_SHORTEST_LATIN_NAME = 4
_KEY = 8


class KnownValues:
    """Personal values by class, prepared for one search for all of them."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}
        # The lengths of the values that begin with a key of up to eight characters.
        self._lengths: dict[str, frozenset[int]] = {}

    def __len__(self) -> int:
        return len(self._values)

    @classmethod
    def of_lake(cls, lake: Lake) -> KnownValues:
        """All values in personal columns of the lake's raw partitions, of every quarter."""
        known = cls()
        with connected(lake.scratch) as connection:
            for table in TABLES.values():
                files = list(lake.partitions("raw", table.name).values())
                for column in table.columns if files else ():
                    if column.pii in _CLASSES:
                        rows = connection.execute(
                            f'select distinct "{column.name}" from {parquet(files)} where "{column.name}" is not null'
                        ).fetchall()
                        known.add(column.pii, (value for (value,) in rows))
        return known

    def add(self, pii: str, values: Iterable[str]) -> None:
        """Add values of a pii class, as delivered, except those too short or too common to be told from words."""
        for value in values:
            for written in _forms(pii, value):
                if _is_telling(pii, written):
                    self._values.setdefault(written, pii)
                    key = written[:_KEY]
                    self._lengths[key] = self._lengths.get(key, frozenset()) | {len(written)}

    @property
    def search(self) -> Search:
        """The search function for a scan."""
        return partial(_search, self)

    def found_in(self, text: str) -> list[tuple[str, str]]:
        """The class and a masked excerpt of every known value in a text."""
        plain = normalise(text)
        compact = _SEPARATORS.sub("", plain)
        found = {value for form in {plain, plain.lower(), compact, compact.upper()} for value in self._inside(form)}
        return [(self._values[value], value[0] + "*" * min(len(value) - 1, 20)) for value in sorted(found)]

    def _inside(self, text: str) -> set[str]:
        found: set[str] = set()
        for size in range(2, _KEY + 1):
            for start in range(len(text) - size + 1):
                for length in self._lengths.get(text[start : start + size], ()):
                    value = text[start : start + length]
                    pii = self._values.get(value) if length == size or size == _KEY else None
                    if pii and _stands_alone(text, start, start + length, pii):
                        found.add(value)
        return found


def _search(known: KnownValues, texts: pl.Series) -> dict[str, list[tuple[str, str]]]:
    return {text: found for text in texts.to_list() if (found := known.found_in(text))}


def _forms(pii: str, value: str) -> set[str]:
    """How a value may be written: as delivered, without spaces, and numbers also without separators."""
    plain = normalise(value).strip()
    forms = {plain, re.sub(r"\s", "", plain)}
    if pii in _NUMBERS:
        compact = _SEPARATORS.sub("", plain).upper().lstrip("+")
        forms |= {compact, re.sub(r"^(?:00)?86(?=1[3-9])", "", compact)}
    return {form.lower() if pii == "email" else form for form in forms}


def _is_telling(pii: str, value: str) -> bool:
    if pii != "name":
        return len(value) >= _SHORTEST
    if not _HAN.match(value):
        return len(value) >= _SHORTEST_LATIN_NAME
    # 未知 and 无名 are not names; a name of two characters counts only with a surname.
    return len(value) >= 3 or (len(value) == 2 and value[0] in SURNAMES)


def _stands_alone(text: str, start: int, end: int, pii: str) -> bool:
    """Whether a match is not inside a longer word or number, and a name of two characters not inside a sentence."""
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    edges = ((text[start], before), (text[end - 1], after))
    if any(mine.isascii() and mine.isalnum() and other.isascii() and other.isalnum() for mine, other in edges):
        return False
    is_short_name = pii == "name" and end - start == 2
    return not (is_short_name and (_HAN.match(before) or _HAN.match(after)))
