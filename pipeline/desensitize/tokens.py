"""Keyed pseudonyms: the same phone, e-mail, plate, device or ID number gives the same token in every table.

Only normalises and hashes, as polars expressions that stream. ``keys.py`` loads the key; ``masks.py`` makes the readable
masks. A token is ``v1:<key id>:<32 hex>``: the first 16 bytes of HMAC(key, ``<domain>|<normalised value>``), where the
domain is the contract's pii class.
"""

from __future__ import annotations

from collections.abc import Callable

import polars as pl
import polars_hash  # noqa: F401  (registers the `chash` namespace on expressions)
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import hmac as crypto_hmac

from pipeline.desensitize.keys import PseudonymKey

TOKEN_VERSION = "v1"
TOKEN_HEX_DIGITS = 32

# Spaces of every kind, zero-width characters, dashes, dots, brackets, underscores: what people put between digits.
SEPARATORS = r"[\s\u{200b}-\u{200d}\u{2060}\u{feff}\-‐‑‒–—―−_.·•・()\[\]（）【】]"


def normalise_phone(value: pl.Expr) -> pl.Expr:
    """Digits of a subscriber number: a mobile as 11 digits, a landline with its area code, others as they are.

    Full-width digits become half-width; +86, 0086 and the 0 formerly dialled before a mobile are dropped; of several numbers
    in one field the first mobile counts. Fewer than 5 digits are not a subscriber number: null, so that 'none' joins
    nothing.
    """
    return _unless(value, r"^(?:1[3-9][0-9]{9}|0(?:10|[2-9][0-9])[0-9]{7,9})$", _rewrite_phone)


def _rewrite_phone(value: pl.Expr) -> pl.Expr:
    compact = value.str.normalize("NFKC").str.replace_all(SEPARATORS, "")
    mobile = compact.str.extract(r"^(?:(?:\+|00)?86|0)?(1[3-9][0-9]{9})(?:[^0-9]|$)", 1)
    # After a country code the area code has no 0 (+86 771 5312345); 400 and 800 numbers never have one.
    domestic = (
        compact.str.replace(r"^(?:\+|00)86", "+")
        .str.replace(r"^\+([48]00[0-9]{7})$", "$1")
        .str.replace(r"^\+([1-9][0-9]{8,10})($|[^0-9])", "0$1$2")
    )
    is_chinese = compact.str.contains(r"^(?:\+|00)86")
    digits = pl.when(is_chinese).then(domestic).otherwise(compact).str.replace_all(r"[^0-9]", "")
    return pl.coalesce(mobile, pl.when(digits.str.len_bytes() >= 5).then(digits))


def normalise_id_number(value: pl.Expr) -> pl.Expr:
    """Upper case, half-width, without spaces and dashes; with fewer than 6 letters and digits: null."""
    return _unless(value, r"^[0-9]{15,17}[0-9X]?$", _rewrite_id_number)


def _rewrite_id_number(value: pl.Expr) -> pl.Expr:
    compact = value.str.normalize("NFKC").str.replace_all(SEPARATORS, "").str.to_uppercase()
    return pl.when(compact.str.contains(r"[0-9A-Z]{6,}")).then(compact)


def normalise_plate(value: pl.Expr) -> pl.Expr:
    """Upper case, half-width, without dots, spaces and dashes; with fewer than 5 characters: null."""
    compact = value.str.normalize("NFKC").str.replace_all(SEPARATORS, "").str.to_uppercase()
    return pl.when(compact.str.len_chars() >= 5).then(compact)


def normalise_email(value: pl.Expr) -> pl.Expr:
    """Lower case, half-width, without spaces; without an @: null."""
    return _unless(value, r"^[a-z0-9._+-]+@[a-z0-9.-]+$", _rewrite_email)


def _rewrite_email(value: pl.Expr) -> pl.Expr:
    compact = value.str.normalize("NFKC").str.replace_all(r"\s", "").str.to_lowercase()
    return pl.when(compact.str.contains(r"[^@]@[^@]")).then(compact)


def normalise_device(value: pl.Expr) -> pl.Expr:
    """Trimmed, otherwise as it is (device ids may be case-sensitive); blank is null."""
    trimmed = value.str.strip_chars()
    return pl.when(trimmed.str.len_bytes() > 0).then(trimmed)


# The pii classes that get a token. Names are never a join key; addresses and free text are only masked or redacted.
NORMALISERS: dict[str, Callable[[pl.Expr], pl.Expr]] = {
    "phone": normalise_phone,
    "id_number": normalise_id_number,
    "plate": normalise_plate,
    "email": normalise_email,
    "device": normalise_device,
}


def token(value: pl.Expr, pii: str, key: PseudonymKey) -> pl.Expr:
    """The token of a string column of pii class ``pii``; null for null and for values that normalise to nothing.

    ``pii`` is one of ``NORMALISERS`` (KeyError otherwise). The expression is elementwise and streams.
    """
    message = pl.concat_str(pl.lit(f"{pii}|"), NORMALISERS[pii](value))
    prefix = pl.lit(f"{TOKEN_VERSION}:{key.key_id}:")
    return pl.concat_str(prefix, _digest(message, key).str.slice(0, TOKEN_HEX_DIGITS))


def _unless(value: pl.Expr, usual: str, rewrite: Callable[[pl.Expr], pl.Expr]) -> pl.Expr:
    """Rewrite only values not yet in the usual form: most are, and the check is ten times as fast."""

    def apply(batch: pl.Series) -> pl.Series:
        unusual = (~batch.str.contains(usual)).fill_null(False)
        if not unusual.any():
            return batch
        rewritten = batch.filter(unusual).to_frame("value").select(rewrite(pl.col("value"))).to_series()
        return batch.clone().scatter(unusual.arg_true(), rewritten)

    return value.map_batches(apply, return_dtype=pl.String, is_elementwise=True)


def _digest(message: pl.Expr, key: PseudonymKey) -> pl.Expr:
    if key.algorithm == "hmac-sm3":
        secret = key.hmac_key.encode("ascii")
        return message.map_batches(lambda batch: hmac_sm3(batch, secret), return_dtype=pl.String, is_elementwise=True)
    digest: pl.Expr = message.chash.hmac_sha256(key=key.hmac_key)  # type: ignore[attr-defined]
    return digest


def hmac_sm3(messages: pl.Series, key: bytes) -> pl.Series:
    """HMAC-SM3 (GB/T 32905-2016, GB/T 15852.2) of each string as 64 hex digits; nulls stay null.

    Each distinct value is hashed once per batch: about 0.6 million a second and core.
    """
    # The keyed state is made once and copied for each value: half the work of a fresh HMAC.
    keyed = crypto_hmac.HMAC(key, hashes.SM3())
    distinct = messages.unique().drop_nulls()
    digests = []
    for value in distinct.to_list():
        state = keyed.copy()
        state.update(value.encode("utf-8"))
        digests.append(state.finalize().hex())
    return messages.replace_strict(distinct, pl.Series(digests, dtype=pl.String), default=None, return_dtype=pl.String)
