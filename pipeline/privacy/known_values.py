"""The personal values in the lake, and an exact search for them in what users see.

The raw zone holds every name, phone, identity number, address, e-mail, plate and device as delivered; none of them may appear in a
published text or in the clean rows. A run searches for those of its own quarter and of those it looks back on; the command for
those of the whole lake. If the records were purged, no values are known, and only the patterns of ``patterns.py`` apply.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cached_property, reduce
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
from ahocorasick_rs import AhoCorasick

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import counted_quarters, read_quarters
from pipeline.lake.database import connected
from pipeline.lake.layout import Lake
from pipeline.lake.parquet import is_readable, read_metadata
from pipeline.lake.provenance import CORRECTIONS, is_purged
from pipeline.lake.sql import parquet, quoted
from pipeline.privacy.patterns import SURNAMES, normalise
from pipeline.privacy.scanner import Search, plain_texts
from schemas.contract import TABLES, Table

# Free text holds whole sentences, most of which redaction keeps: the patterns search there.
_CLASSES = ("name", "phone", "id_number", "email", "plate", "device", "address")
_NUMBERS = ("phone", "id_number", "plate")
# Between two letters or digits. Twice, because the second of two neighbours has none before it: 1-2-3.
_SEPARATOR = r"[\s\-‐‑‒–—―−_.·•・()（）]"
_SEPARATORS = (rf"([0-9A-Za-z]){_SEPARATOR}{{1,3}}([0-9A-Za-z])",) * 2
_BETWEEN = rf"{_SEPARATOR}{{0,3}}"
_COUNTRY_CODE = r"^(?:00)?86(1[3-9])"
_HAN = "[\u3400-\u4dbf\u4e00-\u9fff]"
# Shorter codes (a device called 12) occur in every text; names are shorter and have their own rules.
_SHORTEST = 6
_SHORTEST_LATIN_NAME = 4
# No text holds it, so no match reaches from one text into the next.
_BOUNDARY = "\0"
_FORM = pl.col("form")


class KnownValues:
    """Personal values by class, prepared for one search for all of them.

    >>> known = KnownValues()
    >>> known.add("phone", ["138 0013 8000"])
    >>> known.found_in("电话13800138000")
    [('phone', '1**********')]
    """

    def __init__(self) -> None:
        self._frames: list[pl.DataFrame] = []
        self.unread: list[Path] = []

    def __len__(self) -> int:
        return self._values.height

    @classmethod
    def of_lake(cls, lake: Lake) -> KnownValues:
        """All values in personal columns of the lake's raw partitions, of every quarter."""
        return cls._of({table: list(lake.partitions("raw", table.name).values()) for table in TABLES.values()}, lake)

    @classmethod
    def of_run(cls, lake: Lake, quarter: Quarter) -> KnownValues:
        """The values of the quarters that a run of ``quarter`` reads, refused rows included, as delivered and as corrected."""
        files: dict[Table, list[Path]] = {}
        for table in TABLES.values():
            if table.has_quarters:
                quarters = read_quarters(quarter)
            else:
                quarters = counted_quarters(quarter) if table.accumulates else [quarter]
            accepted = [lake.partition("accepted", table.name, each) for each in quarters]
            files[table] = [
                *(path for each in quarters if (path := lake.partition("raw", table.name, each)).is_file()),
                *(path for path in accepted if read_metadata(path).get(CORRECTIONS)),
            ]
        return cls._of(files, lake)

    @classmethod
    def _of(cls, files: dict[Table, list[Path]], lake: Lake) -> KnownValues:
        known = cls()
        with connected(lake.scratch) as connection:
            for table, paths in files.items():
                known.unread += [path for path in paths if not is_readable(path)]
                # A purged partition has the rows' keys and no personal columns.
                present = [path for path in paths if path not in known.unread and not is_purged(path)]
                for column in table.columns if present else ():
                    if column.pii in _CLASSES:
                        name = quoted(column.name)
                        query = f"select distinct {name} from {parquet(present)} where {name} is not null"
                        known.add(column.pii, connection.execute(query).pl().to_series())
        return known

    def add(self, pii: str, values: Iterable[str] | pl.Series) -> None:
        """Add values of a pii class, as delivered, except those too short or too common to be told from words."""
        given = values if isinstance(values, pl.Series) else pl.Series(list(values), dtype=pl.String)
        forms = _forms(pii, given).unique(maintain_order=True)
        self._frames.append(forms.to_frame("form").filter(_is_telling(pii)).select(value="form", pii=pl.lit(pii)))
        self.__dict__.pop("_values", None)
        self.__dict__.pop("_windows", None)

    def without_names_in(self, texts: Iterable[str]) -> KnownValues:
        """These values without the names that stand in given texts of the project's own: a customer called 消费者."""
        words = {value for matches in self._matches(pl.Series(list(texts), dtype=pl.String)).values() for value, _ in matches}
        rest = KnownValues()
        rest.unread = self.unread
        is_word = (pl.col("pii") == "name") & pl.col("value").is_in(list(words))
        rest._frames = [self._values.filter(~is_word)]
        return rest

    @property
    def search(self) -> Search:
        """The search function for a scan."""
        return self._search

    def found_in(self, text: str) -> list[tuple[str, str]]:
        """The class and a masked excerpt of every known value in a text."""
        return self._search(pl.Series([text])).get(text, [])

    def places_in(self, texts: pl.Series) -> dict[str, list[tuple[int, int, str]]]:
        """(start, end, class) of every known value in each text that holds one, counted in the text of plain characters.

        >>> known = KnownValues()
        >>> known.add("phone", ["13800138000"])
        >>> known.places_in(pl.Series(["电话138 0013 8000"]))
        {'电话138 0013 8000': [(2, 15, 'phone')]}
        """
        places = {}
        for text, matches in self._matches(texts).items():
            plain = normalise(text)
            places[text] = [
                (found.start(), found.end(), pii)
                for value, pii in sorted(matches)
                for found in re.finditer(_BETWEEN.join(map(re.escape, value)), plain, re.IGNORECASE)
                if _stands_alone(plain, found.start(), found.end(), pii)
            ]
        return places

    @cached_property
    def _values(self) -> pl.DataFrame:
        """value, pii; a value of two classes has the first."""
        empty = pl.DataFrame(schema={"value": pl.String, "pii": pl.String})
        return pl.concat([empty, *self._frames]).unique("value", keep="first", maintain_order=True)

    @cached_property
    def _windows(self) -> tuple[_Window, ...]:
        values = self._values["value"]
        return _Window.of(values, 6, shorter_than=8), _Window.of(values, 8)

    def _search(self, texts: pl.Series) -> dict[str, list[tuple[str, str]]]:
        return {
            text: [(pii, value[0] + "*" * min(len(value) - 1, 20)) for value, pii in sorted(matches)]
            for text, matches in self._matches(texts).items()
        }

    def _matches(self, texts: pl.Series) -> dict[str, set[tuple[str, str]]]:
        """(value, class) found in each text."""
        if not len(self) or texts.is_empty():
            return {}
        forms = _written_forms(texts)
        everything = forms["form"].str.join(_BOUNDARY).item()
        values = self._values.filter(self._may_be_in(everything))
        if values.is_empty():
            return {}
        wanted, classes = values["value"].to_list(), values["pii"].to_list()
        lengths = np.asarray(forms["form"].str.len_chars().to_numpy(), dtype=np.int64)
        starts = np.concatenate([[0], np.cumsum(lengths + len(_BOUNDARY))])
        owners = forms["text"].to_list()
        found: dict[str, set[tuple[str, str]]] = {}
        for number, start, end in AhoCorasick(wanted).find_matches_as_indexes(everything, overlapping=True):
            if _stands_alone(everything, start, end, classes[number]):
                text = owners[int(np.searchsorted(starts, start, side="right")) - 1]
                found.setdefault(text, set()).add((wanted[number], classes[number]))
        return found

    def _may_be_in(self, everything: str) -> pl.Series:
        """Which values may occur, by their first and last bytes; few of millions do, and only those are searched for."""
        written = np.frombuffer(everything.encode(), dtype=np.uint8)
        may_be_in = np.ones(len(self), dtype=bool)
        for window in self._windows:
            window.narrow(may_be_in, written)
        return pl.Series(may_be_in)


class _Window:
    """The first and the last bytes of values of some lengths, as hashes of a few bits."""

    _BITS = 24
    _FACTOR = np.uint64(0x9E3779B97F4A7C15)

    def __init__(
        self, size: int, places: npt.NDArray[np.int64], first: npt.NDArray[np.uint32], last: npt.NDArray[np.uint32]
    ) -> None:
        self._size, self._places, self._first, self._last = size, places, first, last

    @classmethod
    def of(cls, values: pl.Series, size: int, shorter_than: int | None = None) -> _Window:
        """Of the values with at least ``size`` bytes, and fewer than another number."""
        lengths = np.asarray(values.str.len_bytes().to_numpy(), dtype=np.int64)
        places = np.flatnonzero((lengths >= size) & (shorter_than is None or lengths < shorter_than))
        data = np.frombuffer(values.str.join("").item().encode() + b"\0" * 8, dtype=np.uint8)
        ends = np.cumsum(lengths)[places]
        first, last = (cls._hashed(_words(data, starts), size) for starts in (ends - lengths[places], ends - size))
        return cls(size, places, first, last)

    def narrow(self, may_be_in: npt.NDArray[np.bool_], written: npt.NDArray[np.uint8]) -> None:
        """Set to False the values whose bytes do not occur."""
        if not len(self._places):
            return
        occurs = np.zeros(1 << self._BITS, dtype=bool)
        padded = np.concatenate([written, np.zeros(16, dtype=np.uint8)])
        for offset in range(8):
            count = (len(padded) - offset) // 8
            occurs[self._hashed(padded[offset : offset + 8 * count].view(np.uint64), self._size)] = True
        begun = np.flatnonzero(occurs[self._first])
        may_be_in[self._places] = False
        may_be_in[self._places[begun[occurs[self._last[begun]]]]] = True

    @classmethod
    def _hashed(cls, words: npt.NDArray[np.uint64], size: int) -> npt.NDArray[np.uint32]:
        # The first bytes are the low ones of a word in memory.
        kept = words & np.uint64((1 << (8 * size)) - 1) if size < 8 else words
        return ((kept * cls._FACTOR) >> np.uint64(64 - cls._BITS)).astype(np.uint32)


def _words(data: npt.NDArray[np.uint8], places: npt.NDArray[np.int64]) -> npt.NDArray[np.uint64]:
    """The eight bytes from each place on, as one number."""
    found = np.zeros(len(places), dtype=np.uint64)
    for offset in range(8):
        found |= data[places + offset].astype(np.uint64) << np.uint64(8 * offset)
    return found


def _written_forms(texts: pl.Series) -> pl.DataFrame:
    """text, form: every text as it is, in small letters, without separators, and without them in capitals."""
    plain = plain_texts(texts)
    compact = _without_separators(plain)
    forms = [plain, plain.str.to_lowercase(), compact, compact.str.to_uppercase()]
    frames = [pl.DataFrame({"text": texts, "form": forms[0]})]
    frames += [pl.DataFrame({"text": texts, "form": form}).filter(form != forms[0]) for form in forms[1:]]
    return pl.concat(frames)


def _without_separators(texts: pl.Series) -> pl.Series:
    return reduce(lambda found, pattern: found.str.replace_all(pattern, "$1$2"), _SEPARATORS, texts)


def _forms(pii: str, values: pl.Series) -> pl.Series:
    """How values may be written: as delivered, without spaces, and numbers also without separators."""
    plain = plain_texts(values).str.strip_chars()
    forms = [plain, _spaced(plain).str.replace_all(r"\s", "")]
    if pii in _NUMBERS:
        # Most are digits already.
        marked = plain.filter(plain.str.contains("[^0-9A-Z]"))
        compact = _without_separators(marked).str.to_uppercase().str.strip_chars_start("+")
        # Of a mobile number without its country code.
        whole = pl.concat([plain, compact])
        forms += [compact, whole.filter(whole.str.contains(_COUNTRY_CODE)).str.replace(_COUNTRY_CODE, "$1")]
    found: pl.Series = pl.concat([form.rename("form") for form in forms])
    if pii == "email":
        return found.str.to_lowercase()
    if pii == "name":
        # MARIA SILVA, too; of one word, which may be an ordinary one, only as delivered.
        found = pl.concat([found, found.filter(found.str.contains(r"^\p{Latin}.*\s")).str.to_lowercase()])
    return found


def _spaced(values: pl.Series) -> pl.Series:
    return values.filter(values.str.contains(r"\s"))


def _is_telling(pii: str) -> pl.Expr:
    length = _FORM.str.len_chars()
    if pii != "name":
        return length >= _SHORTEST
    # 未知 and 无名 are not names; a name of two characters counts only with a surname.
    of_han = (length >= 3) | ((length == 2) & _FORM.str.contains(f"^[{SURNAMES}]"))
    return pl.when(_FORM.str.contains(f"^{_HAN}")).then(of_han).otherwise(length >= _SHORTEST_LATIN_NAME)


def _stands_alone(text: str, start: int, end: int, pii: str) -> bool:
    """Whether a match is not inside a longer word or number, and a name of two characters not inside a sentence."""
    before, after = text[max(0, start - 1) : start], text[end : end + 1]
    edges = ((text[start], before), (text[end - 1], after))
    if any(mine.isascii() and mine.isalnum() and other.isascii() and other.isalnum() for mine, other in edges):
        return False
    is_short_name = pii == "name" and end - start == 2
    return not (is_short_name and (_is_han(before) or _is_han(after)))


def _is_han(character: str) -> bool:
    return "\u3400" <= character <= "\u4dbf" or "\u4e00" <= character <= "\u9fff"
