"""What quarantine may show of a refused value: enough to find the fault, never the personal data in it.

Only for messages and quarantine files; the pseudonyms and masks of clean data are made by the desensitize stage. A value
may stand in the wrong column: what a column is meant to hold says little about what is in it.
"""

from __future__ import annotations

import polars as pl

from pipeline.redact import redaction, replacing
from schemas.contract import Table

SHOWN_CHARACTERS = 40

# What systems write: codes, ids, numbers and dates. Names, addresses and sentences are written otherwise.
_CODE = r"[A-Za-z0-9+\-_.:/#%,]+"
_MOMENT = r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4} [0-9:.+\-]+(?: ?(?:[AaPp][Mm]|UTC|GMT))?"
_EMAIL = r"[^\s@|]+@[^\s@|]+"
_HIDDEN = "*******"

_MOBILE = r"(?:(?:\+|00)?86-?|0)?1[3-9]\d[-. ]?\d{4}[-. ]?\d{4}"
_LANDLINE = r"0(?:10|2\d|[3-9]\d{2})[-. ]?[2-8]\d{2,3}[-. ]?\d{4}"
_PROVINCE = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"
_OLD_ID_NUMBER = rf"{_PROVINCE}\d{{6}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{{3}}"
_ID_NUMBER_OR_CARD = r"\d{17}[0-9Xx]|\d{16,19}"
# polars' regular expressions have no look-around: the neighbours are captured and put back.
_PERSONAL_NUMBER = rf"(^|[^0-9])(?:{_MOBILE}|{_LANDLINE}|{_OLD_ID_NUMBER}|{_ID_NUMBER_OR_CARD})($|[^0-9])"
# Of a value that is no key, longer numbers than an id's ten digits are hidden whatever they are; a date with an hour
# (2025-01-06 09:30) has ten before its colon.
_LONG_NUMBER = r"\d(?:[ -]?\d){10,}"
# Of what is written like a code, only such text can hold an account or a web address.
_MAY_BE_ACCOUNT = r"(?i)wx|vx|qq|wechat|weixin|www|://|\.[a-z]{2,4}(?:$|[^a-z])|o[a-z0-9_\-]{27}"

_TEXT = pl.col("text")


def masked_values(broken: pl.DataFrame, table: Table) -> pl.Series:
    """What quarantine shows of each broken rule's value.

    ``broken``: columns rule, column, value. Personal data show a shape: first and last character, or less of a short
    value, nothing of free text. Lines that did not fit the columns show only their size. Anything else is shown if it
    is written like a code, id, number or date, without numbers and accounts of people; of other text, which may be a
    name or an address in the wrong column, first character and length.
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
    )
    masked = broken.select(value_masked=shown.cast(pl.String)).to_series()
    # Values of several columns are joined like a key.
    is_joined = broken["column"].str.contains("|", literal=True).fill_null(False)
    is_other = (~is_joined & ~broken["column"].is_in(list(classes))).fill_null(False)
    for chosen, mask in ((is_joined, masked_keys), (is_other, _masked_texts)):
        if chosen.any():
            masked = masked.scatter(chosen.arg_true(), mask(broken["value"].filter(chosen)))
    return masked


def masked_keys(keys: pl.Series) -> pl.Series:
    """Row keys as delivered, part by part, but for numbers, accounts and names of people used as keys.

    A part that is not written like a code shows its first character.
    """
    parts = keys.rename("text").to_frame().with_row_index("row").with_columns(_TEXT.str.split("|")).explode("text")
    outline = _TEXT.str.head(1) + _TEXT.str.slice(1).str.replace_all(r"(?s).", "*")
    masked = parts.with_columns(_masked(parts["text"], _without_personal_numbers(_TEXT), outline))
    joined = masked.group_by("row", maintain_order=True).agg(_TEXT.str.join("|", ignore_nulls=False))
    return joined["text"].rename(keys.name)


def _masked_texts(texts: pl.Series) -> pl.Series:
    shown = _without_personal_numbers(_TEXT).str.replace_all(_LONG_NUMBER, _HIDDEN)
    return _masked(texts, shown, pl.format("{}*** ({} characters)", _TEXT.str.head(1), _TEXT.str.len_chars()))


def _masked(texts: pl.Series, shown: pl.Expr, outline: pl.Expr) -> pl.Series:
    """``shown`` of the texts written like a code, ``outline`` of all others and of accounts; nulls stay null."""
    # Full-width letters and digits are letters and digits; where nothing is hidden they are the fault to be seen.
    frame = texts.rename("given").to_frame().with_columns(text=pl.col("given").str.normalize("NFKC"))
    is_code = _TEXT.str.contains(rf"^(?:{_CODE}|{_MOMENT}|{_EMAIL})?$") & (_TEXT.str.len_chars() <= SHOWN_CHARACTERS)
    visible = pl.when(shown == _TEXT).then(pl.col("given")).otherwise(shown)
    masked = frame.select(text=pl.when(is_code).then(visible).otherwise(outline)).to_series()
    suspects = masked.str.contains(_MAY_BE_ACCOUNT).fill_null(False).arg_true()
    if len(suspects):
        redacted = redaction.redact_column(masked.gather(suspects))
        accounts = suspects.filter(redacted.str.contains_any([replacing.ACCOUNT, replacing.URL, replacing.EMAIL]))
        masked = masked.scatter(accounts, frame.select(outline).to_series().gather(accounts))
    return masked


def _without_personal_numbers(text: pl.Expr) -> pl.Expr:
    text = text.str.replace_all(_EMAIL, f"{_HIDDEN}@{_HIDDEN}")
    # Twice, for one character between two numbers is the neighbour of only one of them.
    for _ in range(2):
        text = text.str.replace_all(_PERSONAL_NUMBER, f"${{1}}{_HIDDEN}${{2}}")
    return text


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
