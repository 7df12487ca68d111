"""What quarantine may show of a refused value: enough to find the fault, never the personal data in it.

Only for messages and quarantine files; the desensitize stage makes the pseudonyms and masks of clean data. A value may be
in the wrong column, so the column's purpose says little about its content.
"""

from __future__ import annotations

import polars as pl

from pipeline.privacy.scanner import by_patterns
from pipeline.redact import redaction, replacing
from schemas.contract import Table

SHOWN_CHARACTERS = 40

# What systems write: codes, ids, numbers and dates. Names, addresses and sentences look different.
_CODE = r"[A-Za-z0-9+\-_.:/#%,]+"
_MOMENT = r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4} [0-9:.+\-]+(?: ?(?:[AaPp][Mm]|UTC|GMT))?"
_EMAIL = r"[^\s@|]+@[^\s@|]+"
_HIDDEN = "*******"

_MOBILE = r"(?:(?:\+|00)?86-?|0)?1[3-9]\d[-. ]?\d{4}[-. ]?\d{4}"
_LANDLINE = r"0(?:10|2\d|[3-9]\d{2})[-. ]?[2-8]\d{2,3}[-. ]?\d{4}"
_PROVINCE = r"(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3])"
_OLD_ID_NUMBER = rf"{_PROVINCE}\d{{6}}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{{3}}"
_ID_NUMBER_OR_CARD = r"\d{17}[0-9Xx]|\d{16,19}"
# polars' regular expressions have no look-around: the characters on both sides are captured and put back.
_PERSONAL_NUMBER = rf"(^|[^0-9])(?:{_MOBILE}|{_LANDLINE}|{_OLD_ID_NUMBER}|{_ID_NUMBER_OR_CARD})($|[^0-9])"
# In a value that is not a key, numbers longer than an id's ten digits are always hidden; a date with an hour
# (2025-01-06 09:30) has ten before its colon.
_LONG_NUMBER = r"\d(?:[ -]?\d){10,}"
# Among texts written like a code, only these can hold an account or a web address.
_MAY_BE_ACCOUNT = r"(?i)wx|vx|qq|wechat|weixin|www|://|\.[a-z]{2,4}(?:$|[^a-z])|o[a-z0-9_\-]{27}"

_TEXT = pl.col("text")


def masked_values(broken: pl.DataFrame, table: Table) -> pl.Series:
    """What quarantine shows of each broken rule's value.

    ``broken``: columns rule, column, value. Personal data show a shape: first and last character, less of a short value,
    nothing of free text. Lines that did not fit the columns show only their size. Anything else is shown if it is written like
    a code, id, number or date, without numbers and accounts of people. Other text, which may be a name or an address in the
    wrong column, shows first character and length.
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
    """Row keys as delivered, part by part, without numbers, accounts and names of people used as keys.

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
    """``shown`` for texts written like a code, ``outline`` for all others and for accounts; nulls stay null."""
    # Full-width letters and digits count as letters and digits; if nothing is hidden they show as they are, being the fault.
    frame = texts.rename("given").to_frame().with_columns(text=pl.col("given").str.normalize("NFKC"))
    is_code = _TEXT.str.contains(rf"^(?:{_CODE}|{_MOMENT}|{_EMAIL})?$") & (_TEXT.str.len_chars() <= SHOWN_CHARACTERS)
    visible = pl.when(shown == _TEXT).then(pl.col("given")).otherwise(shown)
    masked = frame.select(text=pl.when(is_code).then(visible).otherwise(outline)).to_series()
    suspects = masked.str.contains(_MAY_BE_ACCOUNT).fill_null(False).arg_true()
    if len(suspects):
        redacted = redaction.redact_column(masked.gather(suspects))
        accounts = suspects.filter(redacted.str.contains_any([replacing.ACCOUNT, replacing.URL, replacing.EMAIL]))
        masked = masked.scatter(accounts, frame.select(outline).to_series().gather(accounts))
    # Papers, vehicles, places and the like, which are written like codes: what the last gate would stop the run for.
    if found := by_patterns(masked.drop_nulls().unique(maintain_order=True)):
        rows = masked.is_in(list(found)).fill_null(False).arg_true()
        masked = masked.scatter(rows, frame.select(outline).to_series().gather(rows))
    return masked


def _without_personal_numbers(text: pl.Expr) -> pl.Expr:
    text = text.str.replace_all(_EMAIL, f"{_HIDDEN}@{_HIDDEN}")
    # Twice, because a character between two numbers is matched with only one of them.
    for _ in range(2):
        text = text.str.replace_all(_PERSONAL_NUMBER, f"${{1}}{_HIDDEN}${{2}}")
    return text


def _shape(value: pl.Expr) -> pl.Expr:
    length = value.str.len_chars()
    # First and last character would be all of a name of two characters.
    short = value.str.head(1) + value.str.slice(1).str.replace_all(r"(?s).", "*")
    long = value.str.head(1) + value.str.slice(1, length - 2).str.replace_all(r"(?s).", "*") + value.str.tail(1)
    return pl.when(length == 1).then(pl.lit("*")).when(length <= 3).then(short).otherwise(long)


def _line_size(value: pl.Expr) -> pl.Expr:
    bare = value.str.replace_all(r'"[^"]*"', "")
    separators = pl.max_horizontal(bare.str.count_matches(mark, literal=True) for mark in (",", ";", "\t", "|"))
    return pl.format("{} fields, {} characters", separators + 1, value.str.len_chars())
