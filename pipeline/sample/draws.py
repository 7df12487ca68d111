"""Seeded random draws, and columns that are made from them block by block, for every subject of the sample.

Knowledge about subjects (requests, staff) does not belong here, and nothing is written to disk.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipeline.sample.tables import SAMPLED

Ints = NDArray[np.integer[Any]]
Floats = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]
Times = NDArray[Any]
"""datetime64[s], naive Asia/Shanghai wall time; NaT where nothing happened."""
Days = NDArray[Any]
"""datetime64[D]."""
Rows = slice | Ints
"""Positions of rows."""

SECOND = np.timedelta64(1, "s")
DAY = np.timedelta64(1, "D")
NEVER = np.datetime64("NaT", "s")
BLOCK_ROWS = 122_880
"""Most rows of a block: DuckDB's size of a row group, some 100 MB of the widest table."""


def stream(seed: int, *subject: object) -> np.random.Generator:
    """A separate random stream per subject, so that one subject's draws never change another's."""
    return np.random.default_rng([seed, *(zlib.crc32(str(part).encode()) for part in subject)])


def lognormal(rng: np.random.Generator, median: float | Floats, sigma: float, count: int, shared: Floats | None = None) -> Floats:
    """Skewed durations in the unit of ``median``; their mean is ``median``·exp(sigma²/2).

    ``shared``: standard normal numbers that the logarithms correlate with at 0.5, so that those of two durations do at 0.25.
    """
    spread = rng.normal(0.0, sigma, count)
    if shared is not None:
        spread = (spread * 0.75**0.5) + (0.5 * sigma) * shared
    return np.asarray(median * np.exp(spread), dtype=np.float64)


def chance(rng: np.random.Generator, probability: float | Floats, count: int) -> Flags:
    """True with the given probability, independently."""
    return np.asarray(rng.random(count) < probability)


def choose(rng: np.random.Generator, weights: Sequence[float] | Floats, count: int) -> Ints:
    """Positions drawn with the given weights (they need not sum to 1), in two bytes each."""
    bounds = np.cumsum(np.asarray(weights, dtype=np.float64))
    drawn = np.searchsorted(bounds, rng.random(count) * bounds[-1], side="right")
    return np.minimum(drawn, len(bounds) - 1).astype(np.int16)


def choose_numbers(rng: np.random.Generator, weights: Mapping[float, float], count: int) -> Floats:
    """Numbers drawn with the given weights."""
    return np.asarray(list(weights), dtype=np.float64)[choose(rng, list(weights.values()), count)]


def choose_words(rng: np.random.Generator, weights: Mapping[str, float], count: int) -> Column:
    """Words drawn with the given weights."""
    return take(list(weights), choose(rng, list(weights.values()), count))


class Column:
    """A column whose values are made when rows are asked for: ``column[rows]``.

    The text of millions of rows takes gigabytes, the numbers that it is made from one to eight bytes a row.

    >>> numbered("SR-", np.arange(1, 10_000_001))[slice(2)].to_list()
    ['SR-000001', 'SR-000002']

    ``length``: number of rows; ``make``: the values of the given rows, in their order.
    """

    def __init__(self, length: int, make: Callable[[Rows], pl.Series]) -> None:
        self._length = length
        self._make = make

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, rows: Rows) -> pl.Series:
        return self._make(rows)

    def series(self) -> pl.Series:
        """All rows."""
        return self[slice(self._length)]


def take(words: Sequence[str] | pl.Series | Column, positions: Ints) -> Column:
    """The words at the given positions; a negative position gives null."""
    known = words if isinstance(words, pl.Series | Column) else pl.Series(words, dtype=pl.String)
    places = _narrowed(positions, len(known))

    def taken(rows: Rows) -> pl.Series:
        here = places[rows]
        if len(known) == 0:
            return pl.Series([None], dtype=pl.String).new_from_index(0, len(here))
        return _only(known[np.maximum(here, 0)], here >= 0)

    return Column(len(places), taken)


def only(values: Column | pl.Series | NDArray[Any], where: Flags) -> Column:
    """The values where ``where`` holds, null elsewhere."""
    return Column(len(where), lambda rows: _only(_as_series(values[rows]), where[rows]))


def where_text(condition: Flags, texts: Column, otherwise: Column | str) -> Column:
    """The text where the condition holds, else ``otherwise``."""

    def chosen(rows: Rows) -> pl.Series:
        other = pl.Series([otherwise]) if isinstance(otherwise, str) else otherwise[rows]
        return texts[rows].zip_with(pl.Series(condition[rows]), other)

    return Column(len(condition), chosen)


def numbered(prefix: str, numbers: Ints, width: int = 6) -> Column:
    """Identifiers such as ``SR-000012``."""
    kept = _narrowed(numbers, int(np.max(numbers, initial=0)))

    def made(rows: Rows) -> pl.Series:
        return pl.select(pl.lit(prefix) + pl.Series(kept[rows]).cast(pl.String).str.zfill(width)).to_series()

    return Column(len(kept), made)


def joined(*parts: Column | pl.Series | str) -> Column:
    """The parts concatenated row by row; null where one of them is null."""

    def made(rows: Rows) -> pl.Series:
        return pl.select(pl.concat_str([pl.lit(part if isinstance(part, str) else part[rows]) for part in parts])).to_series()

    return Column(max(len(part) for part in parts if not isinstance(part, str)), made)


def seconds(durations: Floats) -> NDArray[np.timedelta64]:
    """Durations in seconds as whole-second time spans."""
    return np.rint(durations).astype("timedelta64[s]")


def day_of(times: Times) -> Days:
    """The calendar day of each moment."""
    return times.astype("datetime64[D]")


def hour_of(times: Times) -> Ints:
    """The hour (0–23) of each moment; meaningless for NaT."""
    return ((times - day_of(times)) // np.timedelta64(3600, "s")).astype(np.int64)


def places_in(order: Ints) -> Ints:
    """Where each row comes in the order: the inverse of ``argsort``."""
    places = np.empty(len(order), dtype=np.int32)
    places[order] = np.arange(len(order), dtype=np.int32)
    return places


def where_time(condition: Flags, times: Times, otherwise: Times | np.datetime64 = NEVER) -> Times:
    """The time where the condition holds, else ``otherwise`` (null by default)."""
    return np.where(condition, times, otherwise).astype("datetime64[s]")


def conform(table: str, columns: Mapping[str, Any], rows: int | Rows) -> pl.DataFrame:
    """A frame with the contract's columns and types; columns not given are null, unknown ones raise KeyError.

    ``columns``: arrays, series or ``Column`` of equal length, or one value for all rows. ``rows``: their number, or the
    positions that are wanted.
    """
    schema = SAMPLED[table].polars_schema
    unknown = sorted(set(columns) - set(schema))
    if unknown:
        raise KeyError(f"{table} has no column {', '.join(unknown)}")
    wanted = slice(rows) if isinstance(rows, int) else rows
    count = wanted.stop - (wanted.start or 0) if isinstance(wanted, slice) else len(wanted)
    made = []
    for name, kind in schema.items():
        values = columns.get(name)
        if values is None or isinstance(values, str | bool | int | float):
            series = pl.Series([values], dtype=None if values is not None else kind).new_from_index(0, count)
        else:
            series = _as_series(values[wanted])
        made.append(series.alias(name).cast(kind))
    return pl.DataFrame(made)


def in_blocks(table: str, columns: Mapping[str, Any], order: int | Ints) -> Iterator[pl.DataFrame]:
    """The frame of ``conform`` in blocks of at most ``BLOCK_ROWS`` rows, at least one.

    ``order``: the number of rows, or the positions in the order wanted.
    """
    count = order if isinstance(order, int) else len(order)
    for first in range(0, max(count, 1), BLOCK_ROWS):
        rows = slice(first, min(first + BLOCK_ROWS, count))
        yield conform(table, columns, rows if isinstance(order, int) else order[rows])


def _narrowed(numbers: Ints, largest: int) -> Ints:
    """The numbers (-1 to ``largest``) in as few bytes as hold them."""
    return numbers.astype(np.min_scalar_type(-largest - 1), copy=False)


def _only(values: pl.Series, where: Flags) -> pl.Series:
    return values if where.all() else values.set(pl.Series(~where), None)


def _as_series(values: pl.Series | NDArray[Any]) -> pl.Series:
    if isinstance(values, pl.Series):
        return values
    return pl.Series(values.astype("datetime64[us]") if values.dtype == np.dtype("datetime64[s]") else values)
