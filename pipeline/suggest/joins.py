"""Dumps of a database: which file is looked up by which column of another, and what its words are called there.

A column of ids leads to a file whose key holds all of them and whose name says the same (``status_id`` and ``statuses``). The texts
of that file become columns of the file that refers to it, and are matched as if they had been delivered there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

import duckdb
import polars as pl

from pipeline.extract.files import without_kind
from pipeline.suggest.names import plain, table_likeness
from pipeline.suggest.profile import ColumnProfile, FileProfile, Join, profiled
from schemas.contract import TABLES

_MOST_LOOKED_UP = 20_000
# Ids of these are what the contract wants, not the names behind them.
_REGISTERS = ("staff", "customers", "outlets", "regions", "service_requests")
_PEOPLE = re.compile(r"\b(users?|persons?|people|contacts?|accounts?|agents?|owners?|members?|customers?)\b|用户|人员|联系人")
_SAYS_NAME = re.compile(r"(complete ?)?name|label|title|value|text|名称|名字|标签")
_ID = re.compile(r" ?(ids?|key|code)$| ?(编号|编码|代码)$")
_HAN = re.compile(r"[\u3400-\u9fff]")
_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*")
_MOST_LABELS = 3


def with_joins(files: Sequence[FileProfile], connection: duckdb.DuckDBPyConnection) -> list[FileProfile]:
    """The files, each with the columns of those that it looks up."""
    joined = (_with_lookups(_with_side_files(file, files, connection), files, connection) for file in files)
    return [replace(file, histories=tuple(_histories(file, files))) for file in joined]


def _histories(file: FileProfile, files: Iterable[FileProfile]) -> Iterator[str]:
    """Files with times in which keys of this one are repeated."""
    for other in _others(file, files):
        if not any(each.dates is not None for each in other.columns):
            continue
        referring = (each for each in other.columns if _ID.search(plain(each.name)) and not each.is_unique and each.distinct > 1)
        if any(_leads_to(own, key) for own in referring for key in _keys(file) if key.distinct > 1):
            yield other.parts[0].name


def _with_side_files(file: FileProfile, files: Iterable[FileProfile], connection: duckdb.DuckDBPyConnection) -> FileProfile:
    """Files that hold more columns of the same records: one row for each, and no times of their own."""
    for other in _others(file, files):
        if len(other.columns) >= len(file.columns) or any(each.dates is not None for each in other.columns):
            continue
        found = next(((key, own) for key in _keys(other) for own in _keys(file) if _is_same_key(file, own, key)), None)
        if found is None or not _leads_to(found[1], found[0]):
            continue
        labels = {each.name: each for each in other.columns if each.place != found[0].place and each.name not in file.names}
        if labels:
            file = _joined(file, other, found[1], found[0], labels, connection, is_side=True)
    return file


def _with_lookups(file: FileProfile, files: Iterable[FileProfile], connection: duckdb.DuckDBPyConnection) -> FileProfile:
    for other in _others(file, files):
        if any(join.other is other for join in file.joins) or other.rows > _MOST_LOOKED_UP or other.rows > file.rows * 20:
            continue
        for own in file.columns:
            key = next((key for key in _keys(other) if _refers(own, key, other) and _leads_to(own, key)), None)
            if key is None or (own.is_unique and own.filled > 20):
                continue
            labels = _labels(file, own, key, other)
            if labels:
                file = _joined(file, other, own, key, labels, connection)
                break
    return file


def _others(file: FileProfile, files: Iterable[FileProfile]) -> Iterator[FileProfile]:
    for other in files:
        name = _file_name(other)
        is_register = any(table_likeness(TABLES[table], name) >= 1 for table in _REGISTERS) or _PEOPLE.search(plain(name))
        if other is not file and other.parts != file.parts and not is_register and not other.is_cut:
            yield other


def _file_name(file: FileProfile) -> str:
    return without_kind(PurePosixPath(file.parts[0].name.partition("#")[0])).rpartition("/")[2]


def _keys(file: FileProfile) -> list[ColumnProfile]:
    """Columns by which a row may be found."""
    return [each for each in file.columns if each.is_unique and each.filled == file.rows and _ID.search(plain(each.name))]


def _is_same_key(file: FileProfile, own: ColumnProfile, key: ColumnProfile) -> bool:
    one, two = plain(own.name), plain(key.name)
    return (one == two != "id") or (one == "id" and _singular(_stem(two)) == _singular(plain(_file_name(file)).split()[-1]))


def _refers(own: ColumnProfile, key: ColumnProfile, other: FileProfile) -> bool:
    """Whether the names say that the column holds keys of the other file."""
    name, stem = plain(own.name), _stem(plain(own.name))
    if not stem or own.dates is not None:
        return False
    if plain(key.name) != "id" and name in (plain(key.name), _stem(plain(key.name))):
        return True
    if stem == name:
        return False
    words = plain(re.sub(r"\d+", " ", _file_name(other))).split()
    if not words:
        return False
    if _HAN.search(stem):
        return words[-1].endswith(stem)
    return _singular(stem.split()[-1]) == _singular(words[-1])


def _leads_to(own: ColumnProfile, key: ColumnProfile) -> bool:
    """Whether nearly every value is a key there; what is not (0 for none) may be one value."""
    if not own.filled:
        return False
    counts = own.cells.drop_nulls().value_counts()
    missing = counts.filter(~counts[own.cells.name].is_in(key.cells.drop_nulls().implode()))
    return missing.height <= 1 and counts.height > missing.height


def _stem(name: str) -> str:
    """What an id is of: ``status id`` is of a ``status``."""
    return _ID.sub("", name).strip()


def _one(word: str) -> str:
    """The singular of an English noun as databases name their tables."""
    for end, single in (("ies", "y"), ("xes", "x"), ("ches", "ch"), ("sses", "ss"), ("uses", "us")):
        if word.endswith(end) and len(word) > len(end) + 1:
            return word.removesuffix(end) + single
    return word.removesuffix("s") if len(word) > 3 and not word.endswith(("ss", "us", "is")) else word


def _singular(word: str) -> str:
    """A form that one and many have in common; not for people."""
    for end, single in (("ies", "y"), ("xes", "x"), ("ches", "ch"), ("ses", "s")):
        if word.endswith(end) and len(word) > len(end) + 1:
            return _singular(word.removesuffix(end) + single)
    return _singular(word[:-1]) if word.endswith("s") and len(word) > 3 else word


def _labels(file: FileProfile, own: ColumnProfile, key: ColumnProfile, other: FileProfile) -> dict[str, ColumnProfile]:
    """The texts of the other file by the names that they get here."""
    found: dict[str, ColumnProfile] = {}
    *first, last = _stem(plain(own.name)).split()
    stem = "_".join([*first, _one(last)])
    taken = {name.casefold() for name in file.names}
    for each in other.columns:
        is_text = each.dates is None and each.number_share < 0.5 and each.filled and each.mean_length >= 2
        if each.place == key.place or not is_text:
            continue
        names_it = _SAYS_NAME.fullmatch(plain(each.name)) is not None
        name = stem if names_it else each.name
        if name.casefold() in taken:
            name = f"{stem}_{'name' if names_it or plain(each.name) == plain(stem) else each.name}"
        if name.casefold() not in taken:
            taken.add(name.casefold())
            found[name] = each
    return dict(list(found.items())[:_MOST_LABELS])


def _joined(
    file: FileProfile,
    other: FileProfile,
    own: ColumnProfile,
    key: ColumnProfile,
    labels: dict[str, ColumnProfile],
    connection: duckdb.DuckDBPyConnection,
    is_side: bool = False,
) -> FileProfile:
    """The file with the labels as columns behind its own."""
    keys = pl.DataFrame({"key": key.cells, **{name: label.cells for name, label in labels.items()}})
    cells = pl.DataFrame({"key": own.cells}).join(keys, on="key", how="left", maintain_order="left").drop("key")
    added = tuple(replace(each, place=len(file.columns) + place) for place, each in enumerate(profiled(cells, connection)))
    join = Join(other, own.name, key.name, {name: label.name for name, label in labels.items()}, _sql_name(file, other), is_side)
    return replace(file, columns=(*file.columns, *added), joins=(*file.joins, join))


def _sql_name(file: FileProfile, other: FileProfile) -> str:
    name = plain(_file_name(other)).replace(" ", "_")
    used = {join.sql_name for join in file.joins} | {MAIN}
    return name if _IDENTIFIER.fullmatch(name) and name not in used else f"lookup_{len(file.joins) + 1}"


MAIN = "records"
"""What a query calls the file whose rows become rows of the table."""
