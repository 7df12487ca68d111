"""Sixty invented people in every text column of the contract, and a search for them that shares no code with the product.

The written forms are those of ``benchmarks/written_forms.py``. ``People`` draws what a person has in a form, ``deliver`` writes
landing folders, ``Search`` finds what was planted in any text, however it is written.
"""

from __future__ import annotations

import csv
import html
import json
import re
import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import polars as pl
from ahocorasick_rs import AhoCorasick

from benchmarks.written_forms import CLOSE, FORMS, OPEN, Form
from schemas.contract import TABLES, Column, Table

PEOPLE = 60
PREFERRED = {
    "name": ("name after a label", "Latin name", "name of a customer who speaks"),
    "phone": ("mobile", "landline"),
    "id_number": ("identity number, 18", "identity number, 15", "Chinese passport", "home return permit"),
    "email": ("e-mail",),
    "plate": ("plate",),
    "device": ("MAC", "IPv6"),
    "address": ("address",),
}
"""The kinds that belong into a personal column."""


@dataclass(frozen=True)
class Text:
    """What stands in a cell: the value of a form, alone or with the words of its sentence; ``needles`` must not be found."""

    form: Form
    value: str
    text: str
    needles: tuple[str, ...]


@cache
def text_of(person: int, place: int, is_bare: bool = False) -> Text:
    """What a person has in a form, the same each time. Alone only if its shape or check digit tells it."""
    form = FORMS[place % len(FORMS)]
    for attempt in count():
        rng = Random(f"person {person} {form.family} {form.name} {attempt}")
        drawn, frame = form.draw(rng), rng.choice(form.frames)
        values = re.findall(f"{OPEN}(.*?){CLOSE}", drawn) or [drawn]
        needles = [each if is_telling(each) else _with_words("{}" if is_bare else frame, drawn, each) for each in values]
        if all(needles):
            break
    value = drawn.replace(OPEN, "").replace(CLOSE, "")
    text = value if is_bare else frame.format(value)
    return Text(form, value, text.strip(), tuple(needle for needle in needles if needle))


def is_telling(value: str) -> bool:
    """Whether a value can be searched for by itself; shorter ones (3.12, 王伟) stand in every table by chance."""
    plain = _compact(value)
    is_of_han = len(re.findall("[\u3400-\u9fff]", plain)) >= 3
    return is_of_han or (plain.isascii() and (len(re.findall(r"\d", plain)) >= 7 or len(plain) >= 9)) or len(plain) >= 7


def _with_words(frame: str, drawn: str, value: str) -> str | None:
    """A short value with the words before it."""
    before = frame.partition("{}")[0] + drawn[: drawn.find(value)].replace(OPEN, "").replace(CLOSE, "")
    text = before[-6:] + value
    return text if len(_compact(text)) >= 4 and before else None


# --- the search -----------------------------------------------------------------------------------------------------------

_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u20e3\ufe00-\ufe0f\ufeff]")
_SEPARATORS = re.compile(r"[\s\-‐‑‒–—―_.·•・‧()（）]")


def _plain(text: str) -> str:
    return _UNSEEN.sub("", unicodedata.normalize("NFKC", text))


def _compact(text: str) -> str:
    return _SEPARATORS.sub("", _plain(text)).casefold()


class Search:
    """Finds planted values in texts: as they were written, in plain characters, and without separators."""

    _BREAK = "\0"

    def __init__(self, texts: Iterable[Text]) -> None:
        self._forms: dict[str, Form] = {}
        for text in texts:
            for needle in text.needles:
                for written in (needle, _plain(needle)):
                    self._forms.setdefault(written, text.form)
        self._compact = {_compact(needle): form for needle, form in self._forms.items() if len(_compact(needle)) >= 8}
        self._searches = [
            (write, list(needles), AhoCorasick(list(needles)), needles)
            for write, needles in ((str, self._forms), (_plain, self._forms), (_compact, self._compact))
        ]

    def found(self, texts: Iterable[str]) -> dict[tuple[str, Form], str]:
        """(needle, form) → a text that holds it."""
        unique = list(dict.fromkeys(texts))
        found: dict[tuple[str, Form], str] = {}
        for write, needles, search, forms in self._searches:
            written = [write(text) for text in unique]
            joined = self._BREAK.join(written)
            for number, start, end in search.find_matches_as_indexes(joined, overlapping=True):
                if self._stands_alone(joined, start, end):
                    line = joined[
                        joined.rfind(self._BREAK, 0, start) + 1 : (joined.find(self._BREAK, end) + 1 or len(joined) + 1) - 1
                    ]
                    found.setdefault((needles[number], forms[needles[number]]), line)
        return found

    @staticmethod
    def _stands_alone(text: str, start: int, end: int) -> bool:
        """Not inside a longer word or number, or a hash; IP203.0.113.7 is found."""
        inside = ((text[start - 1 : start], text[start]), (text[end : end + 1], text[end - 1]))
        return not any(_ALIKE.fullmatch(beside + edge) for beside, edge in inside)


_ALIKE = re.compile("[0-9a-f][0-9]|[A-Za-z]{2}")


# --- the landing folders --------------------------------------------------------------------------------------------------

LEFT_OUT = "left_out"
Row = dict[str, Any]


def text_columns(table: Table) -> list[Column]:
    """Free text, ids, codes and personal columns: all columns of a table that take any text."""
    return [column for column in table.columns if column.type == "string" and not column.values]


class Planting:
    """Rows with a person in every text column, and what was planted where.

    forms   written forms that each person has in each column
    """

    def __init__(self, forms: int) -> None:
        self.rows_of_table = PEOPLE * forms
        self.planted: dict[tuple[str, str], list[Text]] = {}
        self.others: list[Text] = []
        self._offsets = {
            (table.name, column.name): 11 * number
            for number, (table, column) in enumerate((table, column) for table in TABLES.values() for column in table.columns)
        }
        self._free = count()

    @property
    def texts(self) -> list[Text]:
        return [*(text for texts in self.planted.values() for text in texts), *self.others]

    @property
    def by_form(self) -> Counter[Form]:
        return Counter(text.form for text in self.texts)

    def anywhere(self) -> Text:
        """For a place that is no cell: a file's name, a setting."""
        number = next(self._free)
        text = next(text for place in count(17 * number) if (text := text_of(number % PEOPLE, place)).text.isprintable())
        self.others.append(text)
        return text

    def name_of(self, person: int) -> str:
        """A full name without any word beside it."""
        text = text_of(person, _places(("name of a customer who speaks",))[0], is_bare=True)
        self.others.append(text)
        return text.value

    def cell(self, table: str, column: Column, row: int) -> str:
        """The text of a cell: of one person, in one form."""
        person, turn = row % PEOPLE, row // PEOPLE
        place = turn + 5 * person + self._offsets[table, column.name]
        preferred = PREFERRED.get(column.pii or "")
        if preferred and row % 3:
            places = _places(preferred)
            place = places[place % len(places)]
        text = text_of(person, place, bool(preferred) and row % 3 > 0)
        self.planted.setdefault((table, column.name), []).append(text)
        return text.text

    def refused(self, table: Table) -> list[Row]:
        """Rows of which no column holds what it should; of every fourth not even the date."""
        rows = []
        for number in range(self.rows_of_table):
            row: Row = dict.fromkeys(table.dated_by, "2025-02-03") if number % 4 else {}
            row |= {column.name: self.cell(table.name, column, number) for column in table.columns if column.name not in row}
            rows.append(row)
        return rows

    def accepted(self, table: Table) -> list[Row]:
        """Rows that keep the rules: people in all text columns, keys and references among them, fitting values elsewhere."""
        names = {column.name for column in text_columns(table)}
        rows = []
        for number in range(self.rows_of_table):
            row: Row = {}
            for column in table.columns:
                if column.name == "enterprise_id" and number % 20:
                    # Not all are people: what is published of an enterprise is said under its name.
                    row[column.name] = "E01"
                elif column.name in names:
                    # The same person in a key and in what refers to it.
                    owner = "regions" if column.name == "enterprise_id" else column.references or table.name
                    of_owner = next(each for each in TABLES[owner].columns if each.name == column.name)
                    row[column.name] = self.cell(owner, of_owner, number)
                    self.planted.setdefault((table.name, column.name), []).append(self.planted[owner, column.name][-1])
                elif column.required:
                    row[column.name] = _fitting(column, number)
            rows.append(row)
        return rows


@cache
def _places(families: Sequence[str]) -> tuple[int, ...]:
    return tuple(place for place, form in enumerate(FORMS) if form.family in families)


def _fitting(column: Column, number: int) -> str:
    if column.values:
        return column.values[number % len(column.values)]
    if column.type == "boolean":
        return "true"
    if column.type == "date":
        return "2025-02-03"
    if column.type == "timestamp":
        return f"2025-02-{1 + number % 28:02d} 10:00:00"
    return "1" if column.name != "scale_max" else "5"


def write_rows(path: Path, rows: Sequence[Row], more: Sequence[str] = ()) -> None:
    """CSV with every column that a row has; ``more`` are columns that nothing reads."""
    names = [*dict.fromkeys(name for row in rows for name in row), *more]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, names, restval="")
        writer.writeheader()
        writer.writerows(rows)


def read_rows(folder: Path, table: str) -> list[Row]:
    """The sample's rows of a table, as texts."""
    paths = [path for path in (folder / f"{table}.csv", *sorted(folder.glob(f"{table}/*.csv"))) if path.is_file()]
    rows: list[Row] = []
    for path in paths:
        data = path.read_bytes()
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                text = data.decode(encoding)
                break
            except UnicodeDecodeError:
                continue
        rows += csv.DictReader(text.splitlines())
    return rows


# --- what can be read -----------------------------------------------------------------------------------------------------


def strings(value: Any) -> Iterator[str]:
    """All texts in a value; JSON is decoded too, because it writes Chinese with escapes."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        yield value
        if value[:1] in '{["' and "\\u" in value:
            try:
                yield from strings(json.loads(value))
            except ValueError:
                yield value.encode().decode("unicode_escape", "replace")
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from strings(key)
            yield from strings(item)
    elif isinstance(value, list | tuple | set):
        for item in value:
            yield from strings(item)


def files_under(folder: Path) -> list[Path]:
    """Every file but what SQLite keeps beside an open database, which goes when the database, read with it, is closed."""
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith((".db-shm", ".db-wal"))]


def texts_of(path: Path) -> list[str]:
    """Every text of a file: its name, of tables and databases the cells, else the lines, also as a browser shows them."""
    return [path.name, *_contents(path)]


def _contents(path: Path) -> Iterator[str]:
    if path.suffix == ".parquet":
        file = pl.read_parquet(path, hive_partitioning=False)
        yield from file.columns
        for column in file.get_columns():
            yield from (text for value in column.unique().to_list() for text in strings(value))
        # Names and marks of the file itself.
        yield from path.read_bytes()[-65536:].decode("utf-8", "replace").splitlines()
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as connection:
            for (sql,) in connection.execute("select sql from duckdb_views() where not internal").fetchall():
                yield sql
            for schema, name in connection.execute("select table_schema, table_name from information_schema.tables").fetchall():
                relation = f'"{schema}"."{name}"'
                for column, *_ in connection.execute(f"describe {relation}").fetchall():
                    found = connection.execute(f'select distinct "{column}"::varchar from {relation}').fetchall()
                    yield from (value for (value,) in found if value is not None)
    elif path.read_bytes()[:6] == b"SQLite":
        with sqlite3.connect(path) as connection:
            tables = [name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")]
            for table in tables:
                for row in connection.execute(f'select * from "{table}"'):
                    yield from strings(list(row))
    elif path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as handle:
            yield from (cell for row in csv.reader(handle) for cell in row)
    else:
        text = path.read_bytes().decode("utf-8", "replace")
        yield from text.splitlines()
        if path.suffix in {".html", ".svg"}:
            yield from html.unescape(text).splitlines()
            yield from html.unescape(re.sub("<[^>]*>", "", text)).splitlines()
        elif "\\u" in text:
            yield from (each for line in text.splitlines() for each in strings(line))
