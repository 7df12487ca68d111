"""Tokens: published vectors of both algorithms, normal forms, and that equal values meet across tables."""

from __future__ import annotations

import hashlib
import hmac
import string

import polars as pl
import polars_hash  # noqa: F401
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.desensitize import tokens
from pipeline.desensitize.keys import PseudonymKey


def normalised(pii: str, *values: str | None) -> list[str | None]:
    frame = pl.DataFrame({"value": values}, schema={"value": pl.String})
    return frame.select(tokens.NORMALISERS[pii](pl.col("value"))).to_series().to_list()


def tokenised(key: PseudonymKey, pii: str, *values: str | None) -> list[str | None]:
    frame = pl.LazyFrame({"value": values}, schema={"value": pl.String})
    return frame.select(tokens.token(pl.col("value"), pii, key)).collect(engine="streaming").to_series().to_list()


# RFC 4231 §4.2, §4.3 and §4.5; polars-hash takes keys as text, so these are the cases whose key bytes are ASCII.
@pytest.mark.parametrize(
    ("key", "data", "digest"),
    [
        (b"\x0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (b"Jefe", b"what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (bytes(range(1, 26)), b"\xcd" * 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"),
    ],
    ids=["case 1", "case 2", "case 4"],
)
def test_hmac_sha256_of_rfc_4231(key: bytes, data: bytes, digest: str) -> None:
    frame = pl.DataFrame({"data": [data]}, schema={"data": pl.Binary})
    assert frame.select(pl.col("data").chash.hmac_sha256(key=key.decode())).item() == digest  # type: ignore[attr-defined]


@pytest.mark.parametrize("length", [1, 63, 64, 65, 128, 131])
def test_hmac_sha256_of_keys_around_the_block_length(length: int) -> None:
    key, values = "k" * length, ["", "13800138000", "电话", "x" * 200]
    frame = pl.DataFrame({"value": values})
    found = frame.select(pl.col("value").chash.hmac_sha256(key=key)).to_series().to_list()  # type: ignore[attr-defined]
    assert found == [hmac.new(key.encode(), value.encode(), "sha256").hexdigest() for value in values]


needs_sm3 = pytest.mark.skipif("sm3" not in hashlib.algorithms_available, reason="this OpenSSL has no SM3")


def sm3(data: bytes) -> bytes:
    return hashlib.new("sm3", data).digest()


@needs_sm3
def test_sm3_of_the_standard() -> None:
    # GB/T 32905-2016, annex A.1.
    assert sm3(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"


@needs_sm3
@pytest.mark.parametrize("length", [1, 32, 64, 65, 131])
def test_hmac_sm3_is_the_nested_hash_of_rfc_2104(length: int) -> None:
    key = bytes(index % 256 for index in range(length))
    # A key longer than SM3's block of 64 bytes is hashed, then padded: H(k ^ opad || H(k ^ ipad || m)).
    block = (sm3(key) if length > 64 else key).ljust(64, b"\0")
    inner, outer = bytes(byte ^ 0x36 for byte in block), bytes(byte ^ 0x5C for byte in block)
    values = ["abc", None, "", "电话", "abc"]
    expected = [None if value is None else sm3(outer + sm3(inner + value.encode())).hex() for value in values]
    assert tokens.hmac_sm3(pl.Series(values, dtype=pl.String), key).to_list() == expected


@needs_sm3
def test_token_is_version_key_id_and_half_the_digest(key: PseudonymKey) -> None:
    digest = hmac.new(key.secret.hex().encode(), b"phone|13800138000", key.algorithm.removeprefix("hmac-"))
    assert tokenised(key, "phone", "+86 138-0013-8000") == [f"v1:{key.key_id}:{digest.hexdigest()[:32]}"]


def test_long_keys_work(key: PseudonymKey) -> None:
    long_key = PseudonymKey(bytes(range(100)), key.algorithm)
    digest = hmac.new(long_key.secret.hex().encode(), b"device|Ab1", key.algorithm.removeprefix("hmac-")).hexdigest()
    assert tokenised(long_key, "device", "Ab1") == [f"v1:{long_key.key_id}:{digest[:32]}"]


def test_same_phone_meets_whatever_the_spelling(key: PseudonymKey) -> None:
    spellings = ("13800138000", "138 0013 8000", "138-0013-8000", "+8613800138000", "(0086)138 0013 8000")
    spellings += ("１３８００１３８０００",)
    assert len(set(tokenised(key, "phone", *spellings))) == 1
    assert tokenised(key, "phone", "13800138001") != tokenised(key, "phone", "13800138000")


def test_domains_keys_and_algorithms_separate(key: PseudonymKey) -> None:
    other = PseudonymKey(bytes(32), key.algorithm)
    found = {
        *tokenised(key, "phone", "13800138000"),
        *tokenised(key, "device", "13800138000"),
        *tokenised(other, "phone", "13800138000"),
    }
    assert len(found) == 3
    sha, sm3_key = PseudonymKey(key.secret), PseudonymKey(key.secret, "hmac-sm3")
    assert tokenised(sha, "phone", "13800138000") != tokenised(sm3_key, "phone", "13800138000")


def test_nothing_has_no_token(key: PseudonymKey) -> None:
    # '无' in every second record must not join those customers to one person.
    assert tokenised(key, "phone", None, "", " ", "无", "12", "未知") == [None] * 6
    assert tokenised(key, "email", None, "", "无", "@") == [None] * 4
    assert tokenised(key, "plate", None, "", "无") == [None] * 3
    assert tokenised(key, "id_number", None, "", "未提供") == [None] * 3
    assert tokenised(key, "device", None, "", "  ") == [None] * 3


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("13800138000", "13800138000"),
        (" 138 0013 8000 ", "13800138000"),
        ("+86-138-0013-8000", "13800138000"),
        ("008613800138000", "13800138000"),
        ("86 13800138000", "13800138000"),
        ("013800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("138\u200b0013\u200b8000", "13800138000"),
        ("13800138000/13900139000", "13800138000"),
        ("13800138000（王女士）", "13800138000"),
        ("0771-5312345", "07715312345"),
        ("（0771）5312345", "07715312345"),
        ("+86 771 5312345", "07715312345"),
        ("+86-0771-5312345", "07715312345"),
        ("+86 10 6512 3456", "01065123456"),
        ("0771-5312345转801", "07715312345801"),
        ("400-820-8820", "4008208820"),
        ("+86 400 820 8820", "4008208820"),
        ("+852 9123 4567", "85291234567"),
        ("5312345", "5312345"),
        # Banks and airlines have numbers of five digits; shorter ones are no subscriber's.
        ("9-5588", "95588"),
        ("9558", None),
    ],
)
def test_normal_form_of_phones(written: str, expected: str | None) -> None:
    assert normalised("phone", written) == [expected]


@pytest.mark.parametrize(
    ("pii", "written", "expected"),
    [
        ("id_number", "45010319900101123x", "45010319900101123X"),
        ("id_number", "450103 19900101 123x", "45010319900101123X"),
        ("id_number", "４５０１０３１９９００１０１１２３Ｘ", "45010319900101123X"),
        ("id_number", "g12345678", "G12345678"),
        ("plate", "桂a·12312", "桂A12312"),
        ("plate", "桂A D12345", "桂AD12345"),
        ("plate", "桂Ａ-１２３１２", "桂A12312"),
        ("email", " Zhang.San@Example.COM ", "zhang.san@example.com"),
        ("email", "a＠b.cn", "a@b.cn"),
        ("device", "  Ab-12 ", "Ab-12"),
    ],
)
def test_normal_form_of_the_others(pii: str, written: str, expected: str) -> None:
    assert normalised(pii, written) == [expected]


@given(st.sampled_from(sorted(tokens.NORMALISERS)), st.lists(st.one_of(st.none(), st.text(max_size=30)), max_size=5))
def test_normal_forms_stay(pii: str, values: list[str | None]) -> None:
    once = normalised(pii, *values)
    assert normalised(pii, *once) == once


@given(st.lists(st.text(alphabet=string.digits + "+-() ０９转/", max_size=24), max_size=6))
def test_normal_phones_are_digits_and_do_not_depend_on_their_neighbours(values: list[str]) -> None:
    found = normalised("phone", *values)
    assert all(value is None or (value.isascii() and value.isdigit()) for value in found)
    assert found == [normalised("phone", value)[0] for value in values]


def test_key_shows_in_no_plan_of_a_query(key: PseudonymKey) -> None:
    expression = tokens.token(pl.col("value"), "phone", key)
    plan = pl.LazyFrame({"value": ["13800138000"]}).select(expression)
    for text in (str(expression), repr(expression), plan.explain(), plan.explain(optimized=False)):
        assert key.hmac_key not in text
