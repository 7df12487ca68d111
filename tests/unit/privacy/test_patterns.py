"""What the scanner takes for personal data and what not; every value is made up, check digits worked out beside it."""

from __future__ import annotations

import random

import polars as pl
import pytest
from thoroughness import times

from pipeline.privacy.patterns import Match, find, is_bank_card, is_resident_id
from pipeline.privacy.scanner import by_patterns

# The example of GB 11643: weighted sum 167 = 15 × 11 + 2, remainder 2, check character X.
RESIDENT_ID = "11010519491231002X"
# 4111 1111 1111 1111, everyone's test card: doubled digits 8+2+2+2+2+2+2+2 = 22, others 8, sum 30.
CARD = "4111111111111111"
# Begins like a UnionPay card; of its ten last digits one satisfies Luhn.
UNIONPAY = "6222020000000009"


def luhn_sum(digits: str) -> int:
    """The other way round than the scanner: from the left, position by position."""
    total = 0
    for place, digit in enumerate(digits):
        value = int(digit) * (2 if (len(digits) - place) % 2 == 0 else 1)
        total += value // 10 + value % 10
    return total


PERSONAL = [
    ("王师傅修好了", "name", "王"),
    ("客户李小红女士来电", "name", "李小红"),
    ("欧阳先生不在家", "name", "欧阳"),
    ("师傅王建国很好", "name", "王建国"),
    ("姓名：买买提·艾力", "name", "买买提·艾力"),
    ("我叫张三丰，", "name", "张三丰"),
    ("联系人：李雷", "name", "李雷"),
    ("Whitmore先生", "name", "Whitmore"),
    ("电话13812345678", "phone", "13812345678"),
    ("138 1234 5678", "phone", "138 1234 5678"),
    ("１３８-１２３４-５６７８", "phone", "138-1234-5678"),
    ("1 3 8 1 2 3 4 5 6 7 8", "phone", "1 3 8 1 2 3 4 5 6 7 8"),
    ("008613812345678", "phone", "008613812345678"),
    ("138.1234.5678", "phone", "138.1234.5678"),
    ("1381234 5678", "phone", "1381234 5678"),
    ("(0771)531-2345", "phone", "0771)531-2345"),
    ("+86 771 586 7123", "phone", "86 771 586 7123"),
    ("0086-10-58671234", "phone", "0086-10-58671234"),
    ("+86（0771）5867123", "phone", "86(0771)5867123"),
    ("座机 5312345", "phone", "5312345"),
    (f"证件{RESIDENT_ID}", "id_number", RESIDENT_ID),
    ("110105 19491231 002X", "id_number", "110105 19491231 002X"),
    ("身份证号110105491231002", "id_number", "110105491231002"),
    (CARD, "bank_card", CARD),
    ("4111 1111 1111 1111", "bank_card", "4111 1111 1111 1111"),
    ("桂A12345", "plate", "桂A12345"),
    ("粤B·D12345", "plate", "粤B·D12345"),
    ("zhang.san@example.com", "email", "zhang.san@example.com"),
    ("zhang3艾特example点com", "email", "zhang3艾特example点com"),
    ("微信号：wang_2020x", "account", "wang_2020x"),
    ("民族大道131号", "address", "民族大道131号"),
    ("3栋2单元501", "address", "3栋2单元501"),
    ("良庆镇那黄村5组", "address", "良庆镇那黄村5组"),
    ("幺三八零零一三八零零零", "spoken_number", "幺三八零零一三八零零零"),
    ("一三八，一二三四，五六七八", "spoken_number", "一三八,一二三四,五六七八"),
    ("一三九三个零五六七八九", "spoken_number", "一三九三个零五六七八九"),
]

FIGURES_AND_CODES = [
    "1735689600.123456",  # seconds since 1970
    "13812345-6789-4abc-9def-123456789012",  # a run id
    "v1:9f8e7d6c:13812345678901234567890123456789",  # a token
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "0.1381234567812",
    "1,234,567,890,123",
    "13,812,345,678",
    "1234567890123",
    "20250331123456",
    "2025-03-31 12:00:00",
    "2024-12-31 2025-03-31 2025-06-30",
    "n＝135，88.44–92.81 分",
    "n＝8,610，87.92–88.42 分",  # 86 10 8792 8842: the country code, Peking, a number
    "86,268.94–182.73",
    "86.10 28.31–55.4123",
    "008 57,780 86,407",
    "1938513 / 4459",
    "14526–925105",
    "143 634,692 82",
    "1452 9251055",
    "REQ13812345678",
    "一、二、三、四、五、六、七",
    "二〇二五年三月三十一日",
    "高级工程师",
    "安装师傅",
    "项目经理",
    "T/GXDSL 244—2025",
    "138****5678",
    "张*",
    "a***@example.cn",
    "桂A·***12",
    "45****************",
    "广西南宁市青秀区***",
    "[姓名]女士的电话[电话]",
]


@pytest.mark.parametrize(("text", "kind", "value"), PERSONAL)
def test_personal_data_are_seen(text: str, kind: str, value: str) -> None:
    assert (kind, value) in {(match.kind, match.text) for match in find(text)}


@pytest.mark.parametrize("text", FIGURES_AND_CODES)
def test_figures_codes_tokens_and_masks_are_not(text: str) -> None:
    assert find(text) == []


def test_figures_as_reports_write_them_are_none_of_it() -> None:
    draw = random.Random(244)

    def count() -> str:
        return f"{draw.randint(0, 10 ** draw.randint(1, 7)):,}"

    def value() -> str:
        return f"{draw.uniform(0, 10 ** draw.randint(0, 5)):,.2f}"

    for _ in range(times(5_000)):
        for text in (
            f"{count()} ÷ {count()} ＝ {value()} 分，n＝{count()}，95% t 区间 {value()}–{value()} 分",
            f"顾客期望 {value()} 分（n＝{count()}，{value()}–{value()} 分）",
            f"{value()} ({value()}–{value()} over all legal weights)",
            f"{count()} / {count()}",
            f"{count()} {value()} {value()} {count()}",
        ):
            assert find(text) == [], text


def test_the_guard_for_whole_columns_lets_all_of_it_through() -> None:
    texts = [text for text, _, _ in PERSONAL]
    assert sorted(by_patterns(pl.Series(texts))) == sorted(texts)


def test_moments_hide_nothing_beside_them() -> None:
    texts = [
        "requested_at=2025-01-06 09:30:00;responded_at=2025-01-06 09:31:00",
        "requested_at=2025-01-06 09:30:00;13812345678",
        "2025-01-06 13812345678",
        "110105-1949-12-31-002X",
        "2025-01-06T09:30:00.5 王师傅",
    ]
    assert sorted(by_patterns(pl.Series(texts))) == sorted(texts[1:])


def test_check_digits_are_looked_at() -> None:
    assert is_resident_id(RESIDENT_ID)
    assert not is_resident_id(RESIDENT_ID[:-1] + "1")
    # A right check character does not make a number with a month of 13.
    assert not is_resident_id("110105194913310027")
    assert [luhn_sum(CARD) % 10, luhn_sum(CARD[:-1] + "2") % 10] == [0, 1]
    assert is_bank_card(CARD)
    assert not is_bank_card(CARD[:-1] + "2")
    for last in range(10):
        number = UNIONPAY[:-1] + str(last)
        assert is_bank_card(number) == (luhn_sum(number) % 10 == 0)


def test_an_excerpt_shows_one_character() -> None:
    assert Match("phone", 0, 11, "13812345678").masked == "1**********"
    assert Match("name", 0, 1, "王").masked == "王"
