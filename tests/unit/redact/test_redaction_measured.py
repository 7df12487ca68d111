"""Recall and precision of the redaction on made-up comments with made-up personal data put in: the bars of the project.

The same measurement on real comments is ``python -m benchmarks.redaction``. The comments here are written for this test; they hold
dates, prices, models and words that look like names, and nothing personal.
"""

from __future__ import annotations

import polars as pl
import pytest

from benchmarks import redaction as benchmark
from benchmarks.injection import WORDINGS, Labelled, Span, inject
from benchmarks.redaction import PRECISION, RECALL, measure, removed_pieces

COMMENTS = (
    "空调装好三天就不制冷了，打了两次热线才派人上门。",
    "师傅很专业，检查了二十分钟，换了电容，收费80元，合理。",
    "2025年1月6日报修，1月9日才来，等了72小时！",
    "洗衣机型号XQG100-B14126，脱水时噪音大，已经修了第3次。",
    "客服态度好，但是转接了四个部门，每次都要重新说一遍。",
    "安装师傅没有带工具，让我们自己去买支架，高级技师的水平真一般。",
    "网点离我家3.5公里，周六周日也上班，很方便。",
    "冰箱冷藏室温度一直在8到10度之间，冷冻没问题。",
    "维修费一共320.50元，配件180，上门费50，其余是人工。",
    "很满意，五星好评，谢谢师傅。",
    "说好上午九点到十一点来，结果下午三点才到，也没有提前通知。",
    "管道漏水，程序报错E4，重启之后正常，应该是主板的问题。",
    "订单显示已完成，可是根本没有人来过，希望尽快处理。",
    "热水器用了7年，保修期早过了，还是免费检查了一遍，赞。",
    "经理说可以换新，一直没有下文，投诉之后才有人联系。",
    "电视屏幕有一条竖线，第一次来的人说是排线，第二次说是屏，到底是什么？",
    "服务热线一直占线，等了十五分钟没人接，最后自己挂了。",
    "大堂经理和值班主任互相推，前台小姐态度还行。",
    "净水器滤芯更换及时，PP棉和RO膜都换了，TDS从180降到12。",
    "配件缺货等了21天，备件库存管理有问题。",
    "和上次的维修人员比，这次的工程师水平高多了。",
    "油烟机清洗得很干净，比价格表上写的贵了20%。",
    "预约系统太难用，选了3月15日，短信通知变成了16日。",
    "从南宁到柳州的网点都没有这个配件，从广州调货要一周。",
    "马上就要过年了，希望能在除夕之前修好。",
    "方便的话请晚上7点以后打电话，白天上班不方便接。",
    "师傅上门穿了鞋套，走的时候把地也拖了，安全又干净。",
    "同一个故障一年内出现4次，每次都说修好了，成本谁来承担？",
    "微波炉加热不均匀，检测结果说正常，我不认可。",
    "APP上的进度不更新，显示“处理中”已经一个星期。",
    "空调外机噪音超过60分贝，邻居有意见。",
    "电池鼓包，担心有安全隐患，要求退货，没有同意。",
    "关于收费标准，官网写的和现场说的不一样。",
    "老人不会用微信小程序，希望保留电话报修。",
    "这个牌子的售后一直不错，这是第二台了。",
)


@pytest.mark.parametrize("name", list(WORDINGS))
def test_the_bars_hold(name: str) -> None:
    """35 comments × 40, each with one to three pieces: some 2,300 spans."""
    measured = measure(inject(COMMENTS * 40, WORDINGS[name], seed=11))
    assert measured.spans.total() > 2000
    assert (measured.recall >= RECALL, measured.precision >= PRECISION) == (True, True), measured.missed[:20]
    # No real people are in these comments: strictly nothing but what was put in may go.
    assert measured.strict_precision >= PRECISION, measured.wrong[:20]


def test_a_redaction_that_finds_nothing_measures_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "redact_column", lambda texts, names: texts)
    measured = measure(inject(COMMENTS, WORDINGS["held out"], seed=11))
    assert (measured.found.total(), measured.pieces, measured.recall) == (0, 0, 0.0)


def test_a_redaction_that_takes_everything_measures_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    """One piece a comment: of two comments with a span and two without, half of the pieces are wrong."""
    monkeypatch.setattr(benchmark, "redact_column", lambda texts, names: pl.Series(["[号码]"] * len(texts)))
    labelled = [
        Labelled("一二", (Span("name", 0, 1),)),
        Labelled("三四", (Span("name", 1, 2),)),
        Labelled("五", ()),
        Labelled("六", ()),
    ]
    measured = measure(labelled)
    assert (measured.recall, measured.strict_precision, measured.precision) == (1.0, 0.5, 0.5)


def test_spans_say_where_the_values_stand() -> None:
    for each in inject(COMMENTS, WORDINGS["development"], seed=3):
        assert each.spans
        assert all(each.text[span.start : span.end].strip() for span in each.spans)
        own = [each.text[span.start : span.end] for span in each.spans if span.kind == "own name"]
        assert own == ([each.name] if each.name else [])


def test_the_same_seed_gives_the_same_set() -> None:
    first, again, other = (inject(COMMENTS, WORDINGS["held out"], seed) for seed in (5, 5, 6))
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("text", "redacted", "pieces"),
    [
        ("电话13812345678，谢谢", "电话[电话]，谢谢", {(2, 13)}),
        ("王先生和李女士", "[姓名]先生和[姓名]女士", {(0, 1), (4, 5)}),
        # Full-width digits left of the piece became half-width.
        ("１号王先生", "1号[姓名]先生", {(2, 3)}),
    ],
)
def test_pieces_are_found_again_in_the_text(text: str, redacted: str, pieces: set[tuple[int, int]]) -> None:
    assert [set(alignment) for alignment in removed_pieces(text, redacted)] == [pieces, pieces]
    assert removed_pieces(text, text) == [[]]


def test_of_two_pieces_with_a_comma_between_both_readings_are_given() -> None:
    # 一，二，三 → [电话]，[姓名]: the comma that stays may be the first or the second.
    assert removed_pieces("一，二，三", "[电话]，[姓名]") == [[(0, 1), (2, 5)], [(0, 3), (4, 5)]]
