"""A guard may let through too much, never too little: what a search finds, its guards match."""

import random

import polars as pl
import pytest

from pipeline.privacy import patterns
from pipeline.privacy.scanner import by_patterns, plain_texts

_PIECES = [
    *"0123456789012345678901234567890123456789",
    *"XxAEGTabe:_%-. /,，()·－号栋之路街里湾 \n",
    *(
        "13812345678",
        "010-62345678",
        "0755 26123456",
        "11010519491231002X",
        "110105194912310",
        "6222021234567890128",
        "电话",
        "SR2025Q1-0",
    ),
    *(
        "EA1234567",
        "E12345678",
        "C8765 4321",
        "G 1234 5678",
        "护照",
        "XYZ110105491231",
        "某某路",
        "幸福小区",
        "栋3-12",
        "城12-3",
        "街12-3-456",
    ),
    *("2025-01-06 09:30:00", "=2025-01-06", "|2025-01-06", "12345678X", "1-2-3-4-5-6-7", "字第123456号", "座机", "家住幸福里"),
]


@pytest.mark.parametrize("search", patterns.SEARCHES, ids=lambda search: search.__name__)
def test_what_a_search_finds_its_guards_let_through(search: patterns.Finder) -> None:
    draw = random.Random(7)
    texts = ["".join(draw.choices(_PIECES, k=draw.randint(1, 12))) for _ in range(3_000)]
    found = [text for text in texts if any(match.text for match in search(patterns.normalise(text)))]
    plain = plain_texts(pl.Series(found, dtype=pl.String))
    for guard in patterns.SEARCHES[search]:
        assert plain.filter(~plain.str.contains(guard)).to_list() == []


def test_enough_is_found_for_the_guards_to_be_tried() -> None:
    draw = random.Random(7)
    texts = ["".join(draw.choices(_PIECES, k=draw.randint(1, 12))) for _ in range(3_000)]
    kinds = {match.kind for text in texts for match in patterns.find(text)}
    assert {"phone", "id_number", "address"} <= kinds


@pytest.mark.parametrize(
    "text", ["13812345678", "A:13812345678", "AB13812345678X1", "2025-01-0613812345678", "x=2025-01-06 13812345678"]
)
def test_the_column_search_finds_what_the_text_search_finds(text: str) -> None:
    whole = [match.kind for match in patterns.find(text)]
    assert [kind for kind, _ in by_patterns(pl.Series([text])).get(text, [])] == whole
