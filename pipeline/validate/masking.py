"""What quarantine may show of a refused value: enough to find the fault, never the personal data in it.

Only for messages and quarantine files; the pseudonyms and masks of clean data are made by the desensitize stage.
"""

from __future__ import annotations

import polars as pl

from schemas.contract import Table

SHOWN_CHARACTERS = 40

# Seven digits in a row may be a telephone number, eleven also with blanks or hyphens between them; a date with an hour
# (2025-01-06 09:30) has ten before its colon.
_NUMBER = r"\d{7,}|\d(?:[ -]?\d){10,}"
_EMAIL = r"[^\s@|]+@[^\s@|]+"
_HIDDEN = "*******"

# polars' regular expressions have no look-around: the neighbours are captured and put back.
_MOBILE_IN_KEY = r"(^|[^0-9A-Za-z])(?:\+?86)?1[3-9]\d{9}($|[^0-9A-Za-z])"
_ID_NUMBER_IN_KEY = r"(^|[^0-9A-Za-z])\d{17}[0-9Xx]($|[^0-9A-Za-z])"


def masked_values(broken: pl.DataFrame, table: Table) -> pl.Series:
    """What quarantine shows of each broken rule's value.

    ``broken``: columns rule, column, value. Personal data show a shape: first and last character, or less of a short
    value, nothing of free text. Lines that did not fit the columns show only their size. Anything else shows its first
    40 characters without what may be a telephone or identity number and without e-mail addresses.
    """
    classes = {column.name: column.pii for column in table.columns if column.pii}
    personal = [name for name, pii in classes.items() if pii != "free_text"]
    free_text = [name for name, pii in classes.items() if pii == "free_text"]
    value = pl.col("value")
    shown = (
        pl.when(value.is_null())
        .then(None)
        .when(pl.col("column").is_null())
        .then(_line_size(value))
        .when(pl.col("column").is_in(free_text))
        .then(pl.lit("***"))
        .when(pl.col("column").is_in(personal))
        .then(_shape(value))
        .otherwise(_without_numbers(value))
    )
    return broken.select(value_masked=shown.cast(pl.String)).to_series()


def masked_keys(keys: pl.Series) -> pl.Series:
    """Row keys as delivered, but for mobile and identity numbers used as keys."""
    hidden = keys.str.replace_all(_ID_NUMBER_IN_KEY, f"${{1}}{_HIDDEN}${{2}}")
    hidden = hidden.str.replace_all(_MOBILE_IN_KEY, f"${{1}}{_HIDDEN}${{2}}")
    return hidden.str.replace_all(_EMAIL, f"{_HIDDEN}@{_HIDDEN}")


def _shape(value: pl.Expr) -> pl.Expr:
    length = value.str.len_chars()
    # Of a name of two characters, first and last would be all of it.
    short = value.str.head(1) + value.str.slice(1).str.replace_all(r"(?s).", "*")
    long = value.str.head(1) + value.str.slice(1, length - 2).str.replace_all(r"(?s).", "*") + value.str.tail(1)
    return pl.when(length == 1).then(pl.lit("*")).when(length <= 3).then(short).otherwise(long)


def _line_size(value: pl.Expr) -> pl.Expr:
    bare = value.str.replace_all(r'"[^"]*"', "")
    separators = pl.max_horizontal(bare.str.count_matches(mark, literal=True) for mark in (",", ";", "\t", "|"))
    return pl.format("{} fields, {} characters", separators + 1, value.str.len_chars())


def _without_numbers(value: pl.Expr) -> pl.Expr:
    hidden = value.str.replace_all(_EMAIL, f"{_HIDDEN}@{_HIDDEN}")
    return hidden.str.replace_all(_NUMBER, _HIDDEN).str.head(SHOWN_CHARACTERS)
