"""Personal values that only another row's column tells are replaced in free text, and ordinary text stays."""

from __future__ import annotations

import polars as pl
import pytest

from pipeline.desensitize.second_look import replace_known
from pipeline.privacy.known_values import KnownValues


@pytest.fixture(scope="module")
def known() -> KnownValues:
    values = KnownValues()
    values.add("name", ["覃桂芳", "覃宁", "消费者", "Maria Silva", "农建华"])
    values.add("phone", ["138 1234 5678"])
    values.add("email", ["Mo88@Example.org"])
    values.add("address", ["民族大道131号荣和山水3栋2单元501"])
    values.add("device", ["device-8f3a77c1d2"])
    return values


@pytest.mark.parametrize(
    ("text", "without"),
    [
        ("问问覃桂芳吧", "问问[姓名]吧"),
        ("覃桂芳和农建华都来了，覃桂芳态度好", "[姓名]和[姓名]都来了,[姓名]态度好"),
        ("上次：覃宁，这次不知道", "上次:[姓名],这次不知道"),
        ("来自覃宁路的师傅", "来自覃宁路的师傅"),
        ("要维护消费者权益", "要维护消费者权益"),
        ("signed by MARIA SILVA today", "signed by [姓名] today"),
        ("打138-1234-5678", "打[电话]"),
        ("写信到mo88@example.ORG", "写信到[邮箱]"),
        ("送民族大道131号荣和山水3栋2单元501", "送[地址]"),
        ("设备 device-8f3a77c1d2 离线", "设备 [号码] 离线"),
        ("空调不制冷，２楼", "空调不制冷，２楼"),
    ],
)
def test_known_values_are_replaced(known: KnownValues, text: str, without: str) -> None:
    assert replace_known(pl.Series([text, None]), known).to_list() == [without, None]


def test_nothing_known_changes_nothing() -> None:
    texts = pl.Series(["问问覃桂芳吧", None])
    assert replace_known(texts, KnownValues()) is texts
