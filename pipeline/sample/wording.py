"""Free texts in Chinese: fault descriptions, complaints, suggestions and comments, some with personal data.

``texts`` also returns the personal data planted in each row, so that tests can check that none survives. Values come from
``names`` and ``places``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipeline.sample.draws import Column, Ints, chance, choose, joined, numbered, take, where_text
from pipeline.sample.names import bank_cards, emails, id_numbers, landlines, mobiles, people, plates, spaced, spoken
from pipeline.sample.places import District, addresses

PLANTED_SCHEMA = pl.Schema({"position": pl.Int64, "kind": pl.String, "value": pl.String})
"""``position``: of the text; ``kind``: of personal data; ``value``: as written in the text."""


@dataclass(frozen=True)
class _Mention:
    """One way to plant personal data in a text: its share, the surrounding words, and how the value is drawn."""

    kind: str
    share: float
    before: str
    after: str
    draw: Callable[[np.random.Generator, tuple[District, ...], Ints], Column | pl.Series]


def _drawn_people(rng: np.random.Generator, _: tuple[District, ...], homes: Ints) -> Column:
    return people(rng, len(homes))


def _drawn_mobiles(rng: np.random.Generator, _: tuple[District, ...], homes: Ints) -> Column:
    return mobiles(rng, len(homes))


_MENTIONS = (
    _Mention("phone", 0.3, "，请联系", "", _drawn_mobiles),
    _Mention("phone", 0.1, "，电话 ", " 上门前打一下", lambda rng, places, homes: spaced(mobiles(rng, len(homes)).series())),
    _Mention("phone_spoken", 0.1, "，我的号码是", "，记一下", lambda rng, places, homes: spoken(mobiles(rng, len(homes)).series())),
    _Mention(
        "phone_spoken", 0.05, "，手机", "，谢谢",
        lambda rng, places, homes: spoken(mobiles(rng, len(homes)).series(), says_yao=False),
    ),
    _Mention(
        "phone", 0.06, "，座机", "",
        lambda rng, places, homes: landlines(rng, take([place.area_code for place in places], homes)),
    ),
    _Mention(
        "id_number", 0.06, "，身份证号", "，开发票用",
        lambda rng, places, homes: id_numbers(rng, take([place.code for place in places], homes)),
    ),
    _Mention("bank_card", 0.05, "，退款请打到卡号", "", lambda rng, places, homes: bank_cards(rng, len(homes))),
    _Mention(
        "plate", 0.04, "，师傅的车", "挡住了楼道",
        lambda rng, places, homes: plates(rng, take([place.plate for place in places], homes)),
    ),
    _Mention("email", 0.05, "，资料发到", "", lambda rng, places, homes: emails(rng, len(homes))),
    _Mention("address", 0.08, "，地址是", "", lambda rng, places, homes: addresses(rng, places, homes)),
    _Mention("name", 0.06, "，找", "先生就行", _drawn_people),
    _Mention("name", 0.05, "，上次来的是", "师傅", _drawn_people),
)  # fmt: skip

_NEUTRAL_ENDINGS = (
    "",
    "，请尽快处理",
    "，麻烦安排一下",
    "，已经重启过还是一样",
    "，谢谢",
    "，昨天开始的",
    "，在保修期内",
)

COMPLAINTS = (
    "约好的时间没有人来，打电话也没人接", "修了两次还是同样的问题", "收费和报价不一致，没有提前说明",
    "维修人员态度不好，说话不耐烦",
    "备件等了半个月还没有到", "安装不牢固，用了一周就松动", "客服一直转接，问题没有解决", "更换的零件不像是新的",
    "退款拖了很久没有到账", "上门弄脏了地板没有清理",
)  # fmt: skip
SUGGESTIONS = (
    "希望可以在小程序里看到师傅的位置", "建议晚上也能预约上门", "建议收费标准贴在网点门口", "希望客服电话少一些按键选择",
    "备件到货时请发短信通知", "建议增加周末的维修班次", "维修手册最好有视频版", "派工时请考虑路程远近",
    "建议给老用户做免费清洗", "工单系统希望支持语音录入",
)  # fmt: skip
COMMENTS = (
    "服务很好，师傅很专业", "总体满意", "等的时间有点长", "价格偏高但修得不错", "解释得很清楚", "希望下次准时", "还可以",
    "非常感谢，问题一次解决", "客服很耐心", "没有什么意见", "第二次才修好\n希望改进", "说的专业词听不太懂",
)  # fmt: skip


def texts(
    rng: np.random.Generator,
    openings: Column,
    districts: tuple[District, ...],
    homes: Ints,
    share: float,
) -> tuple[Column, pl.DataFrame]:
    """Each opening with an ending, which contains personal data in the given share of the texts.

    ``homes``: each writer's district by position. Returns the texts and the planted data (``PLANTED_SCHEMA``).
    """
    count = len(openings)
    ending = rng.integers(0, len(_NEUTRAL_ENDINGS), count)
    endings = [pl.Series(_NEUTRAL_ENDINGS)]
    telling = np.flatnonzero(chance(rng, share, count))
    mention = choose(rng, [mention.share for mention in _MENTIONS], len(telling))
    planted = [pl.DataFrame(schema=PLANTED_SCHEMA)]
    for place, way in enumerate(_MENTIONS):
        rows = telling[mention == place]
        drawn = way.draw(rng, districts, homes[rows])
        values = drawn.series() if isinstance(drawn, Column) else drawn
        ending[rows] = sum(map(len, endings)) + np.arange(len(rows))
        endings.append(joined(way.before, values, way.after).series())
        planted.append(
            pl.DataFrame({"position": rows, "value": values}).select("position", pl.lit(way.kind).alias("kind"), "value")
        )
    return joined(openings, take(pl.concat(endings), ending)), pl.concat(planted)


def located(planted: pl.DataFrame, table: str, column: str, enterprise_id: str, ids: Column) -> pl.DataFrame:
    """The personal data planted in the texts of a column: table, column, row_key (enterprise_id|id), kind, value."""
    keys = joined(f"{enterprise_id}|", ids[planted["position"].to_numpy()])
    return planted.select(
        pl.lit(table).alias("table"), pl.lit(column).alias("column"), keys.series().alias("row_key"), "kind", "value"
    )


def openings_of(rng: np.random.Generator, sentences: Sequence[str], count: int) -> Column:
    """A sentence for each text, some with an order number."""
    chosen = take(sentences, rng.integers(0, len(sentences), count))
    number = joined("工单", numbered("", rng.integers(10**7, 10**8, count), width=8), "，")
    return joined(where_text(chance(rng, 0.05, count), number, ""), chosen)
