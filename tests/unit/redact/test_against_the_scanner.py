"""What the independent scanner finds, redaction has replaced: marks, digits in other forms, signs, groups and labels."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.privacy import patterns
from pipeline.redact.redaction import redact, redact_column
from pipeline.redact.replacing import UNUSUAL, plain

EVERY_CHARACTER = [chr(code) for code in range(0x110000) if not 0xD800 <= code < 0xE000]
PHONE = "13812345678"


def test_every_mark_that_the_scanner_drops_redaction_drops() -> None:
    dropped = [character for character in EVERY_CHARACTER if patterns.normalise(f"1{character}2") == "12"]
    assert len(dropped) > 40
    assert [hex(ord(character)) for character in dropped if plain(f"1{character}2") != "12"] == []


def test_every_digit_of_the_scanner_is_a_digit_of_the_redaction() -> None:
    digits = [each for each in EVERY_CHARACTER if patterns.normalise(each) in list("0123456789")]
    assert len(digits) > 100
    assert [each for each in digits if plain(each) != patterns.normalise(each)] == []


def test_a_character_that_is_not_unusual_is_plain_already() -> None:
    usual = pl.Series(EVERY_CHARACTER).filter(~pl.Series(EVERY_CHARACTER).str.contains(UNUSUAL))
    assert [hex(ord(character)) for character in usual if plain(character) != character] == []


def test_ordinary_text_with_unusual_characters_stays_as_written() -> None:
    texts = ["空调２６℃，①不制冷②噪音大，30m² ❤️", "服务态度👍🏻很好\u200b！", "㎡ № ½"]
    assert [redact(text) for text in texts] == texts
    assert redact_column(pl.Series(texts)).to_list() == texts


_FORMS = ("0123456789", "０１２３４５６７８９", "⓪①②③④⑤⑥⑦⑧⑨", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗", "₀₁₂₃₄₅₆₇₈₉", "⓿❶❷❸❹❺❻❼❽❾", "٠١٢٣٤٥٦٧٨٩")
_MARKS = ("", "\u00ad", "\u200b", "\u200e", "\u2060", "\ufeff", "\u202d", "\u2066", "\ufe0f", "\u20e3", "\u034f")
_SIGNS = ("", " ", "-", "－", "—", "·", ".", "、", "/", "📞", "★", "#", "|", "…", "( ", ") ", "→", "_", "\u3000")


def _written(draw: Any, number: str, groups: tuple[int, ...]) -> str:
    form, mark, sign = draw(st.sampled_from(_FORMS)), draw(st.sampled_from(_MARKS)), draw(st.sampled_from(_SIGNS))
    pieces, start = [], 0
    for length in groups:
        pieces.append(mark.join(form[int(digit)] if digit.isdigit() else digit for digit in number[start : start + length]))
        start += length
    return f"{sign}{mark}".join(pieces)


@st.composite
def numbers(draw: Any) -> str:
    digits = "".join(map(str, draw(st.lists(st.integers(0, 9), min_size=9, max_size=9))))
    kind = draw(st.sampled_from(("mobile", "abroad", "landline", "identity", "card")))
    if kind == "mobile":
        number = f"1{draw(st.sampled_from('3456789'))}{digits}"
        return _written(draw, number, draw(st.sampled_from(((11,), (3, 4, 4), (3, 8), (7, 4), (4, 3, 4), (1,) * 11))))
    if kind == "abroad":
        return _written(draw, f"861{draw(st.sampled_from('3456789'))}{digits}", draw(st.sampled_from(((2, 11), (2, 3, 4, 4)))))
    if kind == "landline":
        return _written(draw, f"07715{digits[:6]}", draw(st.sampled_from(((4, 7), (4, 3, 4)))))
    if kind == "identity":
        first = f"45010319{draw(st.integers(50, 99))}0{draw(st.integers(1, 9))}1{draw(st.integers(0, 9))}{digits[:3]}"
        total = sum(int(digit) * (2 ** (17 - place) % 11) for place, digit in enumerate(first))
        return _written(draw, first + "10X98765432"[total % 11], draw(st.sampled_from(((18,), (6, 8, 4), (6, 4, 4, 4)))))
    first = f"622202{digits}"
    total = sum(sum(divmod(int(digit) * (2 - place % 2), 10)) for place, digit in enumerate(reversed(first)))
    return _written(draw, f"{first}{-total % 10}", draw(st.sampled_from(((16,), (4, 4, 4, 4), (6, 10), (4, 12)))))


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(("", "回电", "手机", "身份证号：", "卡号 ", "打")),
    numbers(),
    st.sampled_from(("", "，80元", "。", "找我", " 2025年")),
)
def test_no_number_is_left_that_the_scanner_finds(before: str, number: str, after: str) -> None:
    text = f"{before}{number}{after}"
    assert patterns.find(redact(text)) == [], (text, redact(text))
    assert redact_column(pl.Series([text])).to_list() == [redact(text)]


_LABELS = (
    *("姓名", "联系人", "联络人", "收货人", "收件人", "寄件人", "报修人", "户主", "车主", "发票抬头", "抬头", "开票名称", "付款人"),
    *("客户名", "签名", "聯絡人", "聯繫人", "收貨人", "發票抬頭", "報修人", "業主", "戶名"),
)


@pytest.mark.parametrize("label", _LABELS)
@pytest.mark.parametrize("between", ["：", ":", " : ", "：\u200b"])
@pytest.mark.parametrize("name", ["陈大文", "陳大文", "张小凡", "欧阳建国", "李雷"])
def test_a_name_after_a_label_goes(label: str, between: str, name: str) -> None:
    redacted = redact(f"请开票，{label}{between}{name}，谢谢")
    assert name not in redacted
    assert redacted.endswith("[姓名]，谢谢")
    assert patterns.find(redacted) == []


@pytest.mark.parametrize("label", ["取件者", "家属", "当事人", "維修員", "客戶", "購買方", "名稱", "司機", "顧客", "师傅"])
@pytest.mark.parametrize("between", ["：", ":", " ： ", "︰", "∶", "꞉", "＝", "：「", "1：", "（女士）：", "、电话："])
def test_a_known_surname_after_any_word_for_a_person_goes(label: str, between: str) -> None:
    assert redact(f"{label}{between}陳大文，急") == f"{label}{plain(between)}[姓名]，急"


@pytest.mark.parametrize(
    "label", ["Name", "customer", "Contact person", "RECIPIENT", "Invoice title", "Bill to", "Attn.", "Signed by"]
)
@pytest.mark.parametrize("between", [": ", "：", ":", " ： ", "： “"])
@pytest.mark.parametrize("name", ["Li Lei", "WANG Xiaoming", "O'Brien, Jean-Luc", "陳大文", "阿古拉"])
def test_a_name_after_a_label_in_english_goes(label: str, between: str, name: str) -> None:
    assert redact(f"Broken, {label}{between}{name}, thanks") == f"Broken, {label}{between}[姓名], thanks"


def test_the_second_of_a_list_goes() -> None:
    assert redact("收件人：张三、李四和欧阳建国") == "收件人：[姓名]、[姓名]和[姓名]"


@pytest.mark.parametrize(
    "written", ["138:1234:5678", "138📞1234📞5678", "138☎1234☎5678", "138'1234'5678", "138=1234=5678", "138★★1234★★5678"]
)
def test_a_phone_with_any_sign_between_its_groups_goes(written: str) -> None:
    assert redact(f"回电{written}，急") == "回电[电话]，急"


@pytest.mark.parametrize(
    "text",
    [
        "13:58到15:12，16:20到17:40都没人",
        "2025/01/06 09:30、2025/01/07 10:30",
        "尺寸 138×1234×567",
        "抬头一看灯没亮，签名太小",
        "师傅：马上到，客服人员：高兴处理，建议方：安装要快，名称：金属支架",
        "Model name: Haier, Customer: Very good work, Engineer: The pump leaks, size 3：4",
        "报价1,380、1,234、5,678元",
        "温度：18|20|22|24|26",
    ],
)
def test_figures_and_words_like_labels_stay(text: str) -> None:
    assert redact(text) == text
