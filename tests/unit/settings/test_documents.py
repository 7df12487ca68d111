"""The YAML dialect of settings files: texts as written until a field says otherwise, every mistake with line and path."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import Field

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.settings.documents import Document, SettingsModel, read_yaml, validated
from pipeline.settings.fields import (
    AnyText,
    Cell,
    Day,
    Flag,
    NullIsDefault,
    Number,
    Omissible,
    OneOrMore,
    QuarterLabel,
    Share,
    Text,
    one_of,
    whole_number,
)


class Part(SettingsModel):
    size: Number = 1.0
    colour: Annotated[str, one_of(("red", "green"))] = "red"


class Shop(SettingsModel):
    text: Omissible[Text] = None
    number: Omissible[Number] = None
    share: Share = 0.5
    whole: Annotated[int, whole_number(2)] = 5
    flag: Flag = False
    day: Day | None = None
    quarter: QuarterLabel | None = None
    several: OneOrMore[AnyText] = ()
    section: NullIsDefault[Part] = Field(default_factory=Part)
    cells: dict[str, Cell] = Field(default_factory=dict)
    parts: tuple[Part, ...] = ()


def read(text: str) -> Shop:
    return validated(Shop, read_yaml(Document(Path("shop.yaml"), text.encode())))


def refusals(text: str) -> list[str]:
    with pytest.raises(UsageError) as refused:
        read(text)
    return str(refused.value).splitlines()


# A row each: as written, as YAML 1.1 would have read it, and the number it is here (None: it is not a number).
SCALARS = [
    ("6:30", 390, None),
    ("010", 8, 10.0),
    ("NO", False, None),
    ("1_000", 1000, None),
    ("0x10", 16, None),
    ("1e3", "1e3", 1000.0),
    ("2025-01-01", "a date", None),
    ('"null"', "null", None),
    ("0.95", 0.95, 0.95),
    (".5", 0.5, 0.5),
    ("-3.", -3.0, -3.0),
    ("+1.5e-3", 0.0015, 0.0015),
    (".inf", float("inf"), None),
    ("1e999", float("inf"), None),
    ("\uff11\uff12", "full-width digits", None),
]


@pytest.mark.parametrize(("written", "number"), [(written, number) for written, _, number in SCALARS])
def test_a_scalar_is_text_until_a_field_says_otherwise(written: str, number: float | None) -> None:
    assert read(f"text: {written}\n").text == written.strip('"')
    assert read(f"cells: {{a: {written}}}\n").cells == {"a": written.strip('"')}
    assert type(read(f"text: {written}\n").text) is str
    if number is not None:
        assert read(f"number: {written}\n").number == number
        return
    found = "text ('null')" if written == '"null"' else f"'{written}'"
    assert refusals(f"number: {written}\n") == [f"shop.yaml: line 1: number: expected a number, found {found}"]


@pytest.mark.parametrize("nothing", ["~", "null", ""])
def test_only_null_is_null(nothing: str) -> None:
    assert read(f"cells: {{a: {nothing}}}\n").cells == {"a": None}
    assert read(f"section: {nothing}\n").section == Part()
    assert read(f"day: {nothing}\n").day is None
    assert refusals(f"text: {nothing}\n") == ["shop.yaml: line 1: text: expected text, found nothing"]
    assert refusals(f"number: {nothing}\n") == ["shop.yaml: line 1: number: expected a number, found nothing"]
    assert read("cells: {a: NULL, b: Null}\n").cells == {"a": "NULL", "b": "Null"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('number: "3"', "number: expected a number without quotes, found text ('3')"),
        ('whole: "3"', "whole: expected a whole number of at least 2 without quotes, found text ('3')"),
        ("whole: 3.0", "whole: expected a whole number of at least 2, found '3.0'"),
        ("whole: 1", "whole: expected a whole number of at least 2, found 1"),
        ("share: 1.5", "share: expected a share between 0 and 1, found 1.5"),
        ("flag: yes", "flag: expected true or false, found 'yes'"),
        ('flag: "true"', "flag: expected true or false, found text ('true')"),
        ("day: 20250101", "day: expected a date like 2025-03-31, found '20250101'"),
        ("day: 2025-02-30", "day: expected a date like 2025-03-31, found '2025-02-30'"),
        ("quarter: 2025Q1", "quarter: expected a quarter like 2025-Q1, found '2025Q1'"),
        ("quarter: 1066-Q4", "quarter: expected a quarter like 2025-Q1, found '1066-Q4'"),
        ("several: []", "several: expected text or a list of texts that is not empty, found a list"),
        ("several: [a, [b]]", "several[2]: expected text, found a list"),
        ("text: {a: b}", "text: expected text, found keys with values"),
        ("text: '  '", "text: expected text, found text ('  ')"),
        ("parts: [{colour: rde}]", "parts[1].colour: 'rde' is not one of red, green; did you mean 'red'?"),
        ("parts: [{color: red}]", "parts[1].color: unknown key; did you mean 'colour'? (known: size, colour)"),
        ("parts: {size: 1}", "parts: expected a list, found keys with values"),
        ("section: [1]", "section: expected keys with values, found a list"),
        ("- 1", "expected keys with values, found a list"),
        ("text: !!int 5", "the tag tag:yaml.org,2002:int is not supported: write the value without it"),
        ("parts: &a [*a]", "parts[1] refers to something that it is a part of"),
        ("<<: 5", "<< takes over the keys of another mapping: write <<: *name"),
        ("{[a]: b}", "a key must be a plain word"),
    ],
)
def test_what_would_be_right_is_said(text: str, said: str) -> None:
    assert refusals(text)[0] == f"shop.yaml: line 1: {said}"


def test_every_mistake_of_a_file_is_named_by_its_line() -> None:
    text = "text: a\nparts:\n  - size: big\n    colour: blue\n  - weight: 1\ntext: b\nnumbr: 1\nquarter: soon\n"
    assert refusals(text) == [
        "shop.yaml: line 6: text is given twice",
        "shop.yaml: line 3: parts[1].size: expected a number, found 'big'",
        "shop.yaml: line 4: parts[1].colour: 'blue' is not one of red, green",
        "shop.yaml: line 5: parts[2].weight: unknown key (known: size, colour)",
        "shop.yaml: line 7: numbr: unknown key; did you mean 'number'? (known: text, number, share, whole, flag, day, "
        "quarter, several, section, cells, parts)",
        "shop.yaml: line 8: quarter: expected a quarter like 2025-Q1, found 'soon'",
    ]


def test_values_of_the_other_kinds() -> None:
    shop = read("flag: true\nday: 2025-01-08\nquarter: ' 2025-Q1 '\nseveral: one\nwhole: 007\n")
    assert (shop.flag, shop.day and shop.day.isoformat(), shop.quarter) == (True, "2025-01-08", Quarter(2025, 1))
    assert (shop.several, shop.whole) == (("one",), 7)


def test_anchors_and_merged_keys() -> None:
    text = "parts:\n  - &small {size: 2, colour: green}\n  - <<: *small\n    size: 3\n  - {size: 4, <<: [*small]}\n"
    assert [(part.size, part.colour) for part in read(text).parts] == [(2, "green"), (3, "green"), (4, "green")]
    assert refusals(text.replace("size: 3", "size: x")) == ["shop.yaml: line 4: parts[2].size: expected a number, found 'x'"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"text: [", "is not YAML: "),
        ("text: 自".encode("gb18030"), "is not UTF-8 (byte 7)"),
        (b"a: 1\n---\nb: 2\n", "is not YAML"),
    ],
)
def test_what_is_not_yaml(content: bytes, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        validated(Shop, read_yaml(Document(Path("shop.yaml"), content)))
    assert str(refused.value).startswith(f"shop.yaml: {said}")


def test_a_document_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(UsageError, match="file: cannot be read: no such file"):
        Document.read(path)
    path.write_bytes(b"abc")
    document = Document.of(path)
    path.write_bytes(b"changed")
    # NIST's SHA-256 example: "abc"
    assert document.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert Document.of(document) is document


def test_models_do_not_change_and_are_equal_by_their_fields() -> None:
    shop: Any = read("text: a\n")
    assert shop == Shop(text="a")
    assert shop != Shop(text="b")
    with pytest.raises(ValueError, match="frozen"):
        shop.text = "b"
