"""What the scanner still finds in redacted text is replaced; whatever its patterns match, nothing is left."""

from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.desensitize.second_look import replace_findings
from pipeline.privacy import patterns
from pipeline.redact.redaction import redact_column

# The words by which the scanner knows names, addresses, accounts and numbers, and characters to go with them.
WORDS = """
    先生 女士 大姐 师傅 经理 店长 老师 客服 客户 用户 姓名 联系人： 户主是 业主: 我叫 名叫 找 感谢 大道 路 街 里 弄 号 栋
    单元 室 小区 花园 家园 府 镇 村 组 地址： 住在 家住 送到 微信 QQ 扣扣： wxid_ 账号 @ 艾特 (at) .com 点 电话 身份证
    138 1234 5678 0771 86 62 110105 1949 1231 002X 桂 A 12345 幺三八 两个零 三 十 张 王 李 文 连 成 欧阳 建国 小明
    买买提 · John Smith 3 12 501 - ， 。 : 很好 反映 说 ２ ①
"""
PIECES = [*WORDS.split(), " ", "\u200b"]
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join)


def test_only_what_is_found_is_replaced() -> None:
    texts = pl.Series("text", ["客户文大姐来电", None, "空调２６度不制冷", "感谢维修师傅钟建国，", "客户文大姐来电"])
    replaced = replace_findings(texts)
    assert replaced.to_list() == ["客户[姓名]大姐来电", None, "空调２６度不制冷", "感谢维修师傅[姓名],", "客户[姓名]大姐来电"]
    assert texts[0] == "客户文大姐来电"


def test_texts_without_findings_are_the_same_object() -> None:
    texts = pl.Series("text", ["很好", None])
    assert replace_findings(texts) is texts


@settings(max_examples=150, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=20))
def test_nothing_is_left_of_what_the_scanner_finds(texts: list[str]) -> None:
    left = replace_findings(redact_column(pl.Series("text", texts, dtype=pl.String)))
    assert [patterns.find(text) for text in left] == [[] for _ in texts], left.to_list()
