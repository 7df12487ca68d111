"""Seeded random draws and small column builders for every subject of the sample.

Knowledge about subjects (requests, staff) does not belong here, and nothing is written to disk.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from schemas.contract import TABLES

Ints = NDArray[np.int64]
Floats = NDArray[np.floating[Any]]
Flags = NDArray[np.bool_]
Times = NDArray[Any]
"""datetime64[s], naive Asia/Shanghai wall time; NaT where nothing happened."""
Days = NDArray[Any]
"""datetime64[D]."""

SECOND = np.timedelta64(1, "s")
DAY = np.timedelta64(1, "D")
NEVER = np.datetime64("NaT", "s")


def stream(seed: int, *subject: object) -> np.random.Generator:
    """A separate random stream per subject, so that one subject's draws never change another's."""
    return np.random.default_rng([seed, *(zlib.crc32(str(part).encode()) for part in subject)])


def lognormal(rng: np.random.Generator, median: float | Floats, sigma: float, count: int) -> Floats:
    """Skewed durations in the unit of ``median``; their mean is ``median``·exp(sigma²/2)."""
    return np.asarray(median * np.exp(rng.normal(0.0, sigma, count)), dtype=np.float64)


def chance(rng: np.random.Generator, probability: float | Floats, count: int) -> Flags:
    """True with the given probability, independently."""
    return np.asarray(rng.random(count) < probability)


def choose(rng: np.random.Generator, weights: Sequence[float] | Floats, count: int) -> Ints:
    """Positions drawn with the given weights (they need not sum to 1)."""
    bounds = np.cumsum(np.asarray(weights, dtype=np.float64))
    drawn = np.searchsorted(bounds, rng.random(count) * bounds[-1], side="right")
    return np.minimum(drawn, len(bounds) - 1).astype(np.int64)


def choose_numbers(rng: np.random.Generator, weights: Mapping[float, float], count: int) -> Floats:
    """Numbers drawn with the given weights."""
    return np.asarray(list(weights), dtype=np.float64)[choose(rng, list(weights.values()), count)]


def choose_words(rng: np.random.Generator, weights: Mapping[str, float], count: int) -> pl.Series:
    """Words drawn with the given weights."""
    return take(list(weights), choose(rng, list(weights.values()), count))


def take(words: Sequence[str] | pl.Series, positions: Ints) -> pl.Series:
    """The words at the given positions; a negative position gives null."""
    series = words if isinstance(words, pl.Series) else pl.Series(words, dtype=pl.String)
    if len(series) == 0 or not len(positions):
        return pl.Series([None] * len(positions), dtype=series.dtype)
    taken = series.gather(np.maximum(positions, 0))
    return only(taken, positions >= 0)


def only(values: pl.Series | NDArray[Any], where: Flags) -> pl.Series:
    """The values where ``where`` holds, null elsewhere."""
    series = values if isinstance(values, pl.Series) else pl.Series(values)
    return series.set(pl.Series(~where), None)


def numbered(prefix: str, numbers: Ints, width: int = 6) -> pl.Series:
    """Identifiers such as ``SR-000012``."""
    return pl.select(pl.lit(prefix) + pl.Series(numbers).cast(pl.String).str.zfill(width)).to_series()


def joined(*parts: pl.Series | str) -> pl.Series:
    """The parts concatenated row by row."""
    expressions = [pl.lit(part) for part in parts]
    return pl.select(pl.concat_str(expressions)).to_series()


def seconds(durations: Floats) -> NDArray[np.timedelta64]:
    """Durations in seconds as whole-second time spans."""
    return np.rint(durations).astype("timedelta64[s]")


def day_of(times: Times) -> Days:
    """The calendar day of each moment."""
    return times.astype("datetime64[D]")


def hour_of(times: Times) -> Ints:
    """The hour (0–23) of each moment; meaningless for NaT."""
    return ((times - day_of(times)) // np.timedelta64(3600, "s")).astype(np.int64)


def where_time(condition: Flags, times: Times, otherwise: Times | np.datetime64 = NEVER) -> Times:
    """The time where the condition holds, else ``otherwise`` (null by default)."""
    return np.where(condition, times, otherwise).astype("datetime64[s]")


def conform(table: str, columns: Mapping[str, Any], rows: int) -> pl.DataFrame:
    """A frame with the contract's columns and types; columns not given are null, unknown ones raise KeyError."""
    schema = TABLES[table].polars_schema
    unknown = sorted(set(columns) - set(schema))
    if unknown:
        raise KeyError(f"{table} has no column {', '.join(unknown)}")
    made = []
    for name, kind in schema.items():
        values = columns.get(name)
        if values is None:
            series = pl.Series(name, [None], dtype=kind).new_from_index(0, rows)
        elif isinstance(values, str | bool | int | float):
            series = pl.Series(name, [values]).new_from_index(0, rows)
        elif isinstance(values, pl.Series):
            series = values
        else:
            array = np.asarray(values)
            if array.dtype == np.dtype("datetime64[s]"):
                array = array.astype("datetime64[us]")
            series = pl.Series(name, array)
        made.append(series.alias(name).cast(kind))
    return pl.DataFrame(made)
