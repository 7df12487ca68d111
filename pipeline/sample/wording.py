"""Free texts in Chinese: fault descriptions, and sentences of ``grammar``, with an ending, some with personal data.

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

FAULT_ENDINGS = (
    "",
    "，请尽快处理",
    "，麻烦安排一下",
    "，已经重启过还是一样",
    "，谢谢",
    "，昨天开始的",
    "，在保修期内",
)
COMPLAINT_ENDINGS = ("", "。", "，请尽快处理", "，麻烦安排一下", "，谢谢")
PLAIN_ENDINGS = ("", "。")


_FAULT_LEADS = ("", "你好，", "您好，", "急，", "麻烦看一下，", "又出问题了，", "新买不久，", "用了几年，", "昨晚发现", "早上发现")
_FAULT_SINCE = ("", "，断断续续的", "，越来越严重", "，刚出现", "，一直这样", "，每天都有几次", "，偶尔会好", "，换了插座也没用")


def descriptions(rng: np.random.Generator, faults: Column) -> Column:
    """Fault descriptions around the given faults."""
    count = len(faults)
    leads, since = rng.integers(0, len(_FAULT_LEADS), count), rng.integers(0, len(_FAULT_SINCE), count)
    return joined(take(_FAULT_LEADS, leads), faults, take(_FAULT_SINCE, since))


def texts(
    rng: np.random.Generator,
    openings: Column,
    districts: tuple[District, ...],
    homes: Ints,
    share: float,
    neutral_endings: Sequence[str],
) -> tuple[Column, pl.DataFrame]:
    """Each opening with an ending, which contains personal data in the given share of the texts.

    ``homes``: each writer's district by position. Returns the texts and the planted data (``PLANTED_SCHEMA``).
    """
    count = len(openings)
    ending = rng.integers(0, len(neutral_endings), count)
    endings = [pl.Series(neutral_endings)]
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


def with_order_numbers(rng: np.random.Generator, sentences: Column) -> Column:
    """The sentences, some of them after an order number."""
    count = len(sentences)
    number = joined("工单", numbered("", rng.integers(10**7, 10**8, count), width=8), "，")
    return joined(where_text(chance(rng, 0.05, count), number, ""), sentences)
