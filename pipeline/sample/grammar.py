"""Sentences in Chinese, put together from parts: complaints, suggestions and comments.

Personal data and endings are added in ``wording``. No part contains a name, a number or a place, and none ends in a surname before
a title.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.sample.contentment import ATTITUDE, RESOLUTION, TIMELINESS, Contentment
from pipeline.sample.draws import Column, Flags, Floats, Ints, joined, take, where_text

BURST_CAUSE = "线上预约"
CAUSES = {
    "上门不及时": 0.26, "维修质量": 0.26, "收费争议": 0.14, "服务态度": 0.12, "备件短缺": 0.12, "其他": 0.07, BURST_CAUSE: 0.03,
}  # fmt: skip
"""Cause classes of complaints with their share."""
_ASPECT_OF_CAUSE = {"上门不及时": TIMELINESS, "备件短缺": TIMELINESS, "维修质量": RESOLUTION, "服务态度": ATTITUDE}

_COMPLAINED = {
    "上门不及时": (
        "约好的时间没有人来", "上门时间改了又改", "等了一整天没有人上门", "说好上午到，结果傍晚才到", "预约以后一直没有人联系",
        "上门迟到很久也不提前说", "改约以后又没有来", "排队排了好几天",
    ),
    "维修质量": (
        "修了两次还是同样的问题", "修好没几天又坏了", "更换的零件不像是新的", "安装不牢固，用了一周就松动",
        "修完以后出现新的毛病",
        "检查半天没有找到原因", "只是重启了一下就说修好了", "同一个故障反复出现",
    ),
    "收费争议": (
        "收费和报价不一致", "没有提前说明就加了钱", "保修期内还要收检测费", "零件的价格比网上高很多", "收了费却不给开发票",
        "上门费收了两次", "收费明细看不明白", "说是免费最后又要收钱",
    ),
    "服务态度": (
        "维修人员态度不好，说话不耐烦", "客服说话很冲", "提问题就被打断", "没有穿鞋套就进门，还不让说", "一直推卸责任",
        "话没说完就挂了电话", "对老人没有耐心", "问什么都说不知道",
    ),
    "备件短缺": (
        "备件等了半个月还没有到", "一直说缺货没有零件", "配件发错了型号", "订的零件迟迟不发货", "仓库说没有库存",
        "等零件等得太久", "零件到了却没有人通知", "换下来的零件没有新的可以换",
    ),
    "其他": (
        "客服一直转接，问题没有解决", "退款拖了很久没有到账", "上门弄脏了地板没有清理", "登记的信息总是要重新说一遍",
        "回访的电话太多",
        "没有人告诉我处理结果", "工单被关掉了，问题还在", "资料要反复提交",
    ),
    BURST_CAUSE: (
        "小程序里预约一直失败", "小程序打不开预约页面", "预约提交以后小程序闪退", "小程序显示预约成功，后台却没有记录",
        "更新以后小程序约不了时间", "小程序的预约时间选不了", "预约验证码收不到，小程序报错", "小程序预约总是提示系统繁忙",
    ),
}  # fmt: skip
_COMPLAINT_LEADS = (
    "", "我要投诉，", "反映一个情况，", "这已经是第三次说了，", "实在没有办法才来投诉，", "买的时候说得很好，",
    "对这次服务很失望，",
    "家里人都很着急，", "店里说找你们，", "打了几次电话了，", "请领导看一下，", "上个月就报过，",
)  # fmt: skip
_SINCE = (
    "，前后拖了一个星期", "，已经耽误了好几天", "，从月初一直到现在", "，影响了正常使用", "，家里没有办法用", "，生意都受了影响",
    "，白白请了半天假", "，老人孩子都不方便", "，找谁都没有结果", "，客服也说不清楚", "，没有一个准信", "，之前从来没有这样",
)  # fmt: skip
_DEMANDS = (
    "，要求给个说法", "，希望尽快解决", "，请给我退款", "，要求重新处理", "，请换一个人来", "，希望有人负责", "，要求道歉",
    "，请主管回电",
)  # fmt: skip

_SPEAKERS = ("", "作为老用户，", "网点的同事都说，", "跑了几年现场，", "用过几次以后，", "大家商量了一下，")
_WISHES = (
    "建议", "希望", "能不能", "最好可以", "请考虑", "盼望能", "觉得应该", "提个建议，", "如果可以的话，", "下次改版时请",
)  # fmt: skip
_MEASURES = (
    "在小程序里看到上门人员的位置", "晚上也能预约上门", "把收费标准贴在网点门口", "减少客服电话的按键选择",
    "备件到货时发短信通知",
    "增加周末的维修班次", "给维修手册配上视频", "派工时考虑路程远近", "给老用户做免费清洗", "让工单系统支持语音录入",
    "把预约时段分得细一些", "上门前半小时来个电话", "让网点备一些常用零件", "每个月公布一次处理进度", "给年纪大的用户留人工通道",
    "维修以后留一张检查单", "把保修政策写得简单一些", "让同一个人跟进到底",
)  # fmt: skip
_REASONS = (
    "，这样大家都方便", "，可以少跑一趟", "，能省不少时间", "，免得来回打电话", "，别的品牌已经有了", "，一线同事也省力",
    "，顾客会更放心",
    "，现在经常弄错", "，高峰的时候特别需要", "，成本应该不高", "", "，我们小区很多人都这么说",
)  # fmt: skip

_COMMENT_LEADS = (
    "", "这次", "总的来说，", "实话说，", "用下来，", "家里老人报的修，", "公司这边反馈，", "刚处理完，", "周末报的修，",
    "节后报的修，",
    "头一回用，", "第二回了，",
)  # fmt: skip
_ASPECTS = ("timeliness", "resolution", "attitude", "price", "general")
_PRAISED: dict[str, tuple[str, ...]] = {
    "timeliness": ("来得很快", "响应很及时", "约的时间很准", "当天就上门了", "没怎么等就有人接", "很快就安排好了"),
    "resolution": ("问题一次解决", "修得很彻底", "修好以后一直正常", "技术很专业", "找原因找得很准", "处理得干净利落"),
    "attitude": ("态度很好", "客服很耐心", "说话很客气", "上门人员很热情", "解释得很清楚", "服务很周到"),
    "price": ("收费合理", "价格很清楚", "没有乱收费", "报价和实际一致", "零件价格公道", "性价比不错"),
    "general": ("总体满意", "服务很好", "非常感谢", "没有什么意见", "值得推荐", "比以前有进步"),
}
_BLAMED: dict[str, tuple[str, ...]] = {
    "timeliness": ("等的时间太长", "响应太慢了", "约好的时间没有准时", "拖了好几天", "电话一直打不通", "催了几次才来"),
    "resolution": ("第二次才修好", "问题没有解决", "修完没几天又坏了", "原因没有查出来", "还是老样子", "处理得很敷衍"),
    "attitude": ("态度不耐烦", "客服说话生硬", "不愿意听我说", "说的专业词听不太懂", "问什么都不解释", "服务很冷淡"),
    "price": ("价格偏高", "收费不透明", "零件太贵", "报价和实际不一样", "收费没有明细", "不值这个价"),
    "general": ("不太满意", "体验很差", "希望改进", "有点失望", "还差得远", "不会再推荐"),
}
_THEN_PRAISED = (
    "，家里人都说好", "，比想象中顺利", "，下次还找你们", "，给个好评", "，继续保持", "，放心了", "，省心", "", "，心里踏实",
    "，辛苦了",
)  # fmt: skip
_THEN_BLAMED = (
    "，很影响使用", "，希望下次准时", "，白跑了一趟", "，不知道该找谁", "\n希望改进", "，和宣传的不一样", "，心里不舒服", "",
    "，家里人也有意见", "，给个差评",
)  # fmt: skip


def causes_of(rng: np.random.Generator, felt: Contentment | None, count: int) -> Ints:
    """A cause of each complaint (position in ``CAUSES``): the aspect that disappointed most is the likeliest.

    The topic of the burst has its share whatever is felt.
    """
    pull = np.zeros((count, len(CAUSES)))
    if felt is not None:
        for place, cause in enumerate(CAUSES):
            if cause in _ASPECT_OF_CAUSE:
                pull[:, place] = -0.8 * felt.aspects[:, _ASPECT_OF_CAUSE[cause]]
    burst = list(CAUSES).index(BURST_CAUSE)
    pull[:, burst] = -np.inf
    causes = _drawn(rng, np.log(list(CAUSES.values())) + pull)
    return np.where(rng.random(count) < CAUSES[BURST_CAUSE], burst, causes)


def complaint_texts(rng: np.random.Generator, causes: Ints) -> Column:
    """What complaints with the given causes say."""
    count, each = len(causes), len(_COMPLAINED[BURST_CAUSE])
    clauses = [clause for cause in CAUSES for clause in _COMPLAINED[cause]]
    return joined(
        _some(rng, _COMPLAINT_LEADS, count),
        take(clauses, causes * each + rng.integers(0, each, count)),
        _some(rng, _SINCE, count),
        _some(rng, _DEMANDS, count),
    )


def suggestion_texts(rng: np.random.Generator, count: int) -> Column:
    """Suggestions: who speaks, a wish, a measure and a reason."""
    return joined(
        _some(rng, _SPEAKERS, count), _some(rng, _WISHES, count), _some(rng, _MEASURES, count), _some(rng, _REASONS, count)
    )


def comment_texts(rng: np.random.Generator, felt: Contentment | None, count: int) -> Column:
    """Comments on surveys: about the aspect that stood out, in praise or blame as it was felt; without feelings at random."""
    weights = np.tile(np.log([0.25, 0.25, 0.25, 0.1, 0.15]), (count, 1))
    if felt is None:
        aspect = _drawn(rng, weights)
        praises = rng.random(count) < 0.65
    else:
        weights[:, :3] += 0.8 * np.abs(felt.aspects)
        aspect = _drawn(rng, weights)
        overall = felt.overall / max(float(felt.overall.std()), 1e-9) if count else felt.overall
        about = np.where(aspect < 3, np.take_along_axis(felt.aspects, np.minimum(aspect, 2)[:, None], axis=1)[:, 0], overall)
        praises = about + rng.normal(0, 0.4, count) > -0.4
    good, bad = (
        joined(_some(rng, _COMMENT_LEADS, count), _clauses(rng, said, aspect), _some(rng, after, count))
        for said, after in ((_PRAISED, _THEN_PRAISED), (_BLAMED, _THEN_BLAMED))
    )
    return where_text(np.asarray(praises), good, bad)


def _clauses(rng: np.random.Generator, said: dict[str, tuple[str, ...]], aspect: Ints) -> Column:
    """One clause about each aspect, or two different ones."""
    count, each = len(aspect), len(said["general"])
    clauses = [clause for name in _ASPECTS for clause in said[name]]
    first = rng.integers(0, each, count)
    second = (first + rng.integers(1, each, count)) % each
    one, other = (take(clauses, aspect * each + place) for place in (first, second))
    return where_text(_half(rng, count), joined(one, "，", other), one)


def _half(rng: np.random.Generator, count: int) -> Flags:
    return np.asarray(rng.random(count) < 0.5)


def _some(rng: np.random.Generator, words: Sequence[str], count: int) -> Column:
    return take(words, rng.integers(0, len(words), count))


def _drawn(rng: np.random.Generator, logits: Floats) -> Ints:
    """A position in each row with probability ∝ exp(logit), by the largest of logit + Gumbel noise."""
    return np.asarray(np.argmax(logits + rng.gumbel(size=logits.shape), axis=1))
