"""Inserts made-up personal data in many written forms into comments at random places, with the spans they occupy.

Measuring is in ``redaction.py``. Written independently of the redaction engine's patterns and tests: values are drawn here,
wording and separators are what people type into forms, chats and call notes. ``FIRST`` to ``SIXTH`` were used to improve the
engine; ``HELD_OUT`` has other templates and separators, is for the final figure only, and becomes the next development set once
the engine is changed because of it. In the first five, unusual forms are as frequent as plain ones; in the last two every other
value is written plainly, as most people do.

Long because most of it is data: templates and written forms, one set after another.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


def _words(text: str) -> list[str]:
    return text.split()


_DIGITS = "0123456789"
_WIDE = {ord(digit): chr(ord(digit) + 0xFEE0) for digit in _DIGITS}


@dataclass(frozen=True)
class Span:
    """The position of personal data of a kind in a comment."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Labelled:
    """A comment with its inserted data; ``name`` is the value of the record's own name column, if any."""

    text: str
    spans: tuple[Span, ...]
    name: str | None = None


Draw = Callable[[random.Random], str]


@dataclass(frozen=True)
class Wording:
    """The texts around the values of a kind ({} is the value) and the written forms of the values."""

    kind: str
    templates: Sequence[str]
    values: Sequence[Draw]


# --- values ---------------------------------------------------------------------------------------------------------------

_SURNAMES = _words(
    "王 李 张 刘 陈 杨 黄 赵 吴 周 徐 孙 马 朱 胡 郭 何 林 罗 梁 宋 郑 谢 韩 唐 冯 于 董 萧 程 曹 袁 "
    "邓 许 傅 沈 曾 彭 吕 苏 卢 蒋 蔡 贾 丁 魏 薛 "
    "叶 阎 余 潘 杜 戴 夏 钟 汪 田 任 姜 范 方 石 姚 谭 廖 邹 熊 金 陆 郝 孔 白 崔 康 毛 邱 秦 江 史 "
    "顾 侯 邵 孟 龙 万 段 雷 钱 汤 尹 黎 易 常 武 乔 "
    "贺 赖 龚 文 韦 覃 莫 农 欧阳 司徒 上官 诸葛"
)
_GIVEN = _words(
    "建国 志强 秀英 桂兰 丽华 晓燕 海涛 永红 春梅 玉兰 国庆 文博 子轩 雨桐 浩然 欣怡 梓涵 思远 嘉琪 "
    "美玲 俊杰 小龙 凤霞 伟 敏 静 强 磊 洋 艳 勇 军 杰 "
    "娟 涛 超 明 刚 平 辉 玲 桂英 淑珍 振华 德胜 雪梅 佳慧 宏伟 立新 卫东 金凤 少华 慧敏 天宇 一鸣 若曦"
)
_PREFIXES = _words(
    "130 131 132 133 135 136 137 138 139 147 150 151 152 155 157 158 159 166 170 173 175 176 177 178 "
    "180 182 185 186 187 188 189 191 195 198 199"
)
_AREA_CODES = _words("010 020 021 022 023 025 027 028 0755 0771 0772 0773 0371 0531 0571 0591 0731 0851 0871")
_REGION_CODES = _words("110105 310115 440305 450103 450204 510107 330106 420111 350203 610113")
_CARD_PREFIXES = ("622202", "621700", "622848", "621661", "622588", "625957", "436742")
_PLATES = _words("桂A 桂B 桂K 粤B 粤A 京A 沪C 浙A 苏E 川A 湘A 鄂A 豫A 鲁B 闽D 渝A")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_DOMAINS = _words("qq.com 163.com 126.com gmail.com example.cn sina.com.cn outlook.com foxmail.com hotmail.com 139.com")
_WORDS = _words("sunny lily wang zhang tiger moon happy coco max lucky leo star summer river")
_STREETS = _words(
    "民族大道 中山路 人民东路 解放街 建设北路 友爱南路 长江路 朝阳巷 龙腾路 五一大道 文昌街 青山路 "
    "金湖南路 星光大道 滨河东路 和平里"
)
_ESTATES = _words("阳光花园 翠湖小区 金色家园 碧水名苑 荣和新城 滨江公寓 幸福小区 盛天国际 东方华庭 紫荆苑 水岸豪庭 锦绣山庄")
_DISTRICTS = _words("南宁市青秀区 广西柳州市城中区 广东省深圳市南山区 上海市浦东新区 北京市朝阳区 杭州市西湖区 成都市武侯区")
_VILLAGES = ("良庆镇那黄村", "双桥镇平福村", "新圩乡大塘村", "石埠街道老口村", "吴圩镇那德村", "南阳镇施厚村")
_ID_WEIGHTS = [2**power % 11 for power in range(17, 0, -1)]


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice(_DIGITS) for _ in range(count))


def name(rng: random.Random) -> str:
    """A full name."""
    return rng.choice(_SURNAMES) + rng.choice(_GIVEN)


def _surname(rng: random.Random) -> str:
    return rng.choice(_SURNAMES)


def _mobile(rng: random.Random) -> str:
    return rng.choice(_PREFIXES) + _digits(rng, 8)


def _landline(rng: random.Random) -> tuple[str, str]:
    area = rng.choice(_AREA_CODES)
    return area, rng.choice("2345678") + _digits(rng, 7 if area in _AREA_CODES[:12] else 6)


def _id_number(rng: random.Random) -> str:
    born = f"{rng.randint(1945, 2006)}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"
    body = rng.choice(_REGION_CODES) + born + _digits(rng, 3)
    total = sum(int(digit) * weight for digit, weight in zip(body, _ID_WEIGHTS, strict=True))
    return body + "10X98765432"[total % 11]


def _card(rng: random.Random) -> str:
    body = rng.choice(_CARD_PREFIXES)
    body += _digits(rng, rng.choice((16, 19)) - 1 - len(body))
    total = sum(sum(divmod(int(digit) * (2 if place % 2 == 0 else 1), 10)) for place, digit in enumerate(reversed(body)))
    return body + str(-total % 10)


def _plate(rng: random.Random) -> str:
    body = _digits(rng, 5) if rng.random() < 0.5 else rng.choice(_LETTERS) + _digits(rng, 4)
    return rng.choice(_PLATES) + body


def _green_plate(rng: random.Random) -> str:
    return rng.choice(_PLATES) + rng.choice("DF") + _digits(rng, 5)


def _email(rng: random.Random) -> str:
    local = rng.choice(_WORDS) + rng.choice(("", ".", "_")) + rng.choice((rng.choice(_WORDS), _digits(rng, 3)))
    return f"{local}@{rng.choice(_DOMAINS)}"


def _handle(rng: random.Random) -> str:
    return rng.choice(_WORDS) + rng.choice(("_", "-", "")) + _digits(rng, rng.randint(3, 6))


def _grouped(number: str, sizes: Sequence[int], separator: str) -> str:
    pieces, start = [], 0
    for size in sizes:
        pieces.append(number[start : start + size])
        start += size
    return separator.join([*pieces, *([number[start:]] if start < len(number) else [])])


def _wide(text: str) -> str:
    return text.translate(_WIDE)


def _spoken(number: str, rng: random.Random, one: str, zero: str = "零", two: str = "二") -> str:
    words = dict(zip(_DIGITS, [zero, one, two, *"三四五六七八九"], strict=True))
    return "".join(words[digit] for digit in number)


def _door(rng: random.Random) -> str:
    return f"{rng.randint(1, 30)}栋{rng.randint(1, 4)}单元{rng.randint(1, 28)}0{rng.randint(1, 6)}"


# --- wording --------------------------------------------------------------------------------------------------------------

# The part of an address that stays, province to district, is outside the braces' span: only the rest is personal.
FIRST: tuple[Wording, ...] = (
    Wording(
        "name",
        (
            "{}先生反映",
            "联系人：{}，",
            "师傅{}很负责，",
            "我叫{}，",
            "客户{}来电，",
            "{}女士说",
            "收货人{}。",
            "要投诉{}师傅，",
        ),
        (name,),
    ),
    Wording("surname", ("{}师傅", "{}女士", "找{}经理", "谢谢{}工", "{}老师", "{}阿姨", "联系{}主任"), (_surname,)),
    Wording(
        "mobile",
        ("电话{}", "请回电{}", "打{}找我", "手机号是{}，", "{}这个号", "联系方式 {} ", "我的号码:{}", "（{}）"),
        (
            _mobile,
            lambda rng: _grouped(_mobile(rng), (3, 4, 4), rng.choice("- ")),
            lambda rng: _wide(_mobile(rng)),
            lambda rng: "+86 " + _mobile(rng),
            lambda rng: _grouped(_mobile(rng), (3, 3, 5), " "),
            lambda rng: " ".join(_mobile(rng)),
        ),
    ),
    Wording(
        "landline",
        ("座机{}", "请打{}", "店里电话{}没人接", "拨{}都占线"),
        (
            lambda rng: "-".join(_landline(rng)),
            lambda rng: "".join(_landline(rng)),
            lambda rng: "({}){}".format(*_landline(rng)),
            lambda rng: "{} {}".format(*_landline(rng)),
        ),
    ),
    Wording(
        "spoken digits",
        ("电话是{}，", "打{}这个号码", "号码{}", "记一下，{}，"),
        (
            lambda rng: _spoken(_mobile(rng), rng, "幺"),
            lambda rng: _spoken(_mobile(rng), rng, "一"),
            lambda rng: _grouped(_spoken(_mobile(rng), rng, "幺"), (3, 4, 4), "，"),
            lambda rng: _spoken("".join(_landline(rng)), rng, "幺"),
        ),
    ),
    Wording(
        "id number",
        ("身份证{}", "身份证号：{}，", "证件号码是{}", "登记的是{}"),
        (
            _id_number,
            lambda rng: _id_number(rng).lower(),
            lambda rng: _grouped(_id_number(rng), (6, 8, 4), " "),
            lambda rng: _wide(_id_number(rng)),
        ),
    ),
    Wording(
        "bank card",
        ("退款到{}", "卡号{}，", "银行卡：{}", "打到{}上"),
        (_card, lambda rng: _grouped(_card(rng), (4, 4, 4, 4), " "), lambda rng: _wide(_card(rng))),
    ),
    Wording(
        "plate",
        ("车牌{}", "开{}的师傅", "{}这辆车", "服务车{}，"),
        (_plate, _green_plate, lambda rng: _grouped(_plate(rng), (2,), "·"), lambda rng: _plate(rng).lower()),
    ),
    Wording(
        "e-mail",
        ("邮箱{}", "发到{}，", "请邮件{}联系", "{}收不到"),
        (_email, lambda rng: _email(rng).replace("@", " @ "), lambda rng: _email(rng).upper()),
    ),
    Wording(
        "account",
        ("微信号{}", "加我微信：{}，", "QQ：{}，", "wx:{} "),
        (_handle, lambda rng: rng.choice("123456789") + _digits(rng, rng.randint(7, 9))),
    ),
    Wording(
        "address",
        ("地址：{}", "住在{}，", "送到{}没人收", "上门到{}", "安装地址是{}。", "我家{}"),
        (
            lambda rng: f"{rng.choice(_STREETS)}{rng.randint(1, 300)}号",
            lambda rng: f"{rng.choice(_STREETS)}{rng.randint(1, 300)}号{rng.choice(_ESTATES)}{_door(rng)}",
            lambda rng: f"{rng.choice(_ESTATES)}{_door(rng)}室",
            lambda rng: f"{rng.choice(_VILLAGES)}{rng.randint(1, 12)}组",
            lambda rng: f"{rng.choice(_DISTRICTS)}|{rng.choice(_STREETS)}{rng.randint(1, 300)}号",
        ),
    ),
)

SECOND: tuple[Wording, ...] = (
    Wording(
        "name",
        (
            "业主{}先生家",
            "报修人:{} ",
            "安装工{}没带工具，",
            "本人{}，",
            "用户{}反馈",
            "{}小姐接的电话",
            "签收人{}，",
            "{}大姐态度好",
            "{}工程师来的",
            "姓名 {}，",
        ),
        (name,),
    ),
    Wording(
        "surname",
        ("{}先生", "{}师傅上门", "麻烦{}总", "{}小姐", "请{}店长处理", "姓{}的师傅", "{}大叔", "跟{}技师约好"),
        (_surname,),
    ),
    Wording(
        "mobile",
        (
            "打电话给{}",
            "call我{}",
            "改成{}吧",
            "微信同号{}",
            "tel:{} ",
            "有事找{}谢谢",
            "留的{}",
            "短信发{}",
            "【{}】",
            "机主{}，",
        ),
        (
            _mobile,
            lambda rng: _grouped(_mobile(rng), (3, 4, 4), rng.choice(("—", "·", ".", "_", " - "))),
            lambda rng: _wide(_grouped(_mobile(rng), (3, 4, 4), "－")),
            lambda rng: "0086-" + _mobile(rng),
            lambda rng: "86" + _mobile(rng),
            lambda rng: _grouped(_mobile(rng), (3, 8), " "),
            lambda rng: _grouped(_mobile(rng), (4, 3, 4), "-"),
            lambda rng: "-".join(_mobile(rng)),
            lambda rng: _grouped(_mobile(rng), (7, 4), "\u200b"),
        ),
    ),
    Wording(
        "landline",
        ("固话是{}", "家里{}", "回拨{}", "门店{}一直忙", "致电{}无果"),
        (
            lambda rng: "—".join(_landline(rng)),
            lambda rng: "（{}）{}".format(*_landline(rng)),
            lambda rng: _wide("－".join(_landline(rng))),
            lambda rng: "-".join(_landline(rng)) + f"转{rng.randint(1, 899)}",
            lambda rng: "+86-{}-{}".format(_landline(rng)[0].lstrip("0"), _landline(rng)[1]),
            lambda rng: "{}-{}".format(*(lambda area, number: (area, number[:4] + " " + number[4:]))(*_landline(rng))),
        ),
    ),
    Wording(
        "spoken digits",
        ("您记一下{}", "回我{}", "他报的号是{}。", "尾号不对应该是{}", "手机{}哈"),
        (
            lambda rng: _spoken(_mobile(rng), rng, "幺", two="两"),
            lambda rng: _grouped(_spoken(_mobile(rng), rng, "幺", zero="洞"), (3, 4, 4), " "),
            lambda rng: _mobile(rng)[:3] + _spoken(_mobile(rng)[3:], rng, "幺"),
            lambda rng: "、".join(_grouped(_spoken(_mobile(rng), rng, "一", zero="〇"), (3, 4, 4), "|").split("|")),
            lambda rng: " ".join(_spoken(_mobile(rng), rng, "幺")),
        ),
    ),
    Wording(
        "id number",
        ("id是{}", "我的身份证为{}", "实名信息{}不对", "证件：{}。", "开户人{}"),
        (
            _id_number,
            lambda rng: _grouped(_id_number(rng), (6, 4, 4, 4), "-"),
            lambda rng: _grouped(_id_number(rng), (6, 8, 4), "—"),
            lambda rng: _grouped(_id_number(rng), (3, 3, 4, 4, 4), " "),
            lambda rng: " ".join(_id_number(rng)),
        ),
    ),
    Wording(
        "bank card",
        ("账户{}", "工行{}户名是我", "退回原卡{}", "建行卡 {} ", "请转{}"),
        (
            _card,
            lambda rng: _grouped(_card(rng), (4, 4, 4, 4), "-"),
            lambda rng: _grouped(_card(rng), (6,), " "),
            lambda rng: _wide(_grouped(_card(rng), (4, 4, 4, 4), " ")),
            lambda rng: " ".join(_card(rng)),
        ),
    ),
    Wording(
        "plate",
        ("车号{}", "停了一辆{}", "司机车牌是{}，", "{}挡住门口", "牌照 {} "),
        (
            _plate,
            _green_plate,
            lambda rng: _grouped(_green_plate(rng), (2,), "·"),
            lambda rng: _grouped(_plate(rng), (2,), "-"),
            lambda rng: _grouped(_plate(rng), (2,), " "),
        ),
    ),
    Wording(
        "e-mail",
        ("e-mail: {}", "资料发{}谢谢", "我邮箱是{}，", "抄送{}", "电子邮件：{}。"),
        (
            _email,
            lambda rng: _email(rng).replace("@", "＠"),
            lambda rng: _email(rng).replace("@", "(at)"),
            lambda rng: _email(rng).replace("@", "艾特").replace(".", "点"),
        ),
    ),
    Wording(
        "account",
        ("微信{}加一下，", "VX：{}，", "扣扣号{}，", "薇信号是{}，", "支付宝账号：{}，"),
        (_handle, lambda rng: _handle(rng).replace("-", "_")),
    ),
    Wording(
        "address",
        ("家住{}", "寄到{}，", "我在{}等了一天", "住址是{}，", "请到{}来修", "收货地址:{}", "维修点在{}"),
        (
            lambda rng: f"{rng.choice(_STREETS)}{rng.randint(1, 300)}-{rng.randint(1, 20)}号",
            lambda rng: (
                f"{rng.choice(_STREETS)} {rng.randint(1, 300)} 号 {rng.choice(_ESTATES)} "
                f"{rng.randint(1, 30)} 号楼 {rng.randint(2, 28)}0{rng.randint(1, 6)} 室"
            ),
            lambda rng: f"{rng.choice(_ESTATES)}{rng.choice('ABCD')}座{rng.randint(2, 28)}0{rng.randint(1, 6)}",
            lambda rng: f"{rng.choice(_ESTATES)}{rng.randint(1, 30)}-{rng.randint(1, 4)}-{rng.randint(2, 28)}0{rng.randint(1, 6)}",
            lambda rng: f"{rng.choice(_VILLAGES)}{rng.choice('一二三四五六')}队{rng.randint(1, 90)}号",
            lambda rng: (
                f"{rng.choice(_DISTRICTS)}|{rng.choice(_STREETS)}{rng.randint(1, 300)}号{rng.choice(_ESTATES)}{_door(rng)}室"
            ),
        ),
    ),
)

THIRD: tuple[Wording, ...] = (
    Wording(
        "name",
        (
            "投诉人{}。",
            "{}太太在家等",
            "经理{}答应退款，",
            "感谢维修师傅{}，",
            "{}师傅修了两次",
            "来电人：{}，",
            "户主{}，",
            "{}老师很耐心",
            "快递员{}，",
            "{}店长给的说法",
        ),
        (name,),
    ),
    Wording(
        "surname",
        (
            "{}大哥",
            "感谢{}师傅",
            "{}太太",
            "前台{}小姐",
            "{}经理说不行",
            "让{}主管回我",
            "和{}师父说过",
            "你们{}工程师",
        ),
        (_surname,),
    ),
    Wording(
        "mobile",
        (
            "找我{}",
            "请联络{}，",
            "我是{}的机主",
            "打了{}没人",
            "Tel {} ",
            "预留电话为{}，",
            "({}）",
            "下单用的{}",
            "手机:{}",
            "尾数{}",
        ),
        (
            _mobile,
            lambda rng: _grouped(_mobile(rng), (3, 4, 4), rng.choice(("--", "  ", " . ", "–", "/"))),
            lambda rng: _wide(_grouped(_mobile(rng), (3, 4, 4), " ")),
            lambda rng: "(+86)" + _mobile(rng),
            lambda rng: "+86-" + _grouped(_mobile(rng), (3, 4, 4), "-"),
            lambda rng: _grouped(_mobile(rng), (3, 2, 2, 2, 2), " "),
            lambda rng: _grouped(_mobile(rng), (5, 6), "-"),
            lambda rng: "0" + _mobile(rng),
            lambda rng: ".".join(_mobile(rng)),
        ),
    ),
    Wording(
        "landline",
        ("办公室{}", "可以打我座机{}，", "联系电话：{}，", "售后{}打不通", "电话号码是{} "),
        (
            lambda rng: "/".join(_landline(rng)),
            lambda rng: "({}) {}".format(*_landline(rng)),
            lambda rng: " - ".join(_landline(rng)),
            lambda rng: _wide("".join(_landline(rng))),
            lambda rng: "-".join(_landline(rng)) + f"-{rng.randint(100, 8999)}",
            lambda rng: "86 {} {}".format(_landline(rng)[0].lstrip("0"), _landline(rng)[1]),
        ),
    ),
    Wording(
        "spoken digits",
        ("我的手机{}，", "请拨{}，", "联系我{}", "他说是{}对吧", "打这个{}，"),
        (
            lambda rng: _grouped(_spoken(_mobile(rng), rng, "幺"), (3, 4, 4), "-"),
            lambda rng: _spoken(_mobile(rng), rng, "一", zero="〇", two="两"),
            lambda rng: _spoken(_mobile(rng)[:7], rng, "幺") + _digits(rng, 4),
            lambda rng: "，".join(_spoken(_mobile(rng), rng, "幺")),
            lambda rng: _spoken(_mobile(rng), rng, "腰"),
            lambda rng: _grouped(_spoken("".join(_landline(rng)), rng, "一"), (4,), "，"),
        ),
    ),
    Wording(
        "id number",
        ("公民身份号码{}，", "我证件是{}", "办卡留的{}", "核对{}之后", "ID：{}，"),
        (
            _id_number,
            lambda rng: _grouped(_id_number(rng), (6, 8, 4), "-"),
            lambda rng: _grouped(_id_number(rng), (6, 4, 4, 4), " "),
            lambda rng: _wide(_id_number(rng)).lower(),
            lambda rng: _grouped(_id_number(rng), (6, 12), " "),
            lambda rng: _grouped(_id_number(rng), (14, 4), "-"),
        ),
    ),
    Wording(
        "bank card",
        ("招行{}，", "借记卡号为{}", "钱没退到{}", "收款账号：{}。", "信用卡 {} "),
        (
            _card,
            lambda rng: _grouped(_card(rng), (4, 4, 4, 4), "  "),
            lambda rng: _grouped(_card(rng), (4, 4, 4, 4), "—"),
            lambda rng: _wide(_card(rng)),
            lambda rng: _grouped(_card(rng), (4, 4, 4, 4), "·"),
        ),
    ),
    Wording(
        "plate",
        ("师傅的车{}，", "车牌为{}", "{}停我家门口", "面包车（{}）", "牌号:{} "),
        (
            _plate,
            _green_plate,
            lambda rng: _green_plate(rng).lower(),
            lambda rng: _grouped(_plate(rng), (2,), "•"),
            lambda rng: _wide(_plate(rng)),
            lambda rng: _grouped(_plate(rng), (2,), " · "),
        ),
    ),
    Wording(
        "e-mail",
        ("mail:{} ", "发票寄{}，", "邮箱（{}）", "写信到{}没回", "Email是{}，"),
        (
            _email,
            lambda rng: _email(rng).title(),
            lambda rng: _email(rng).replace("@", "@ "),
            lambda rng: _email(rng).replace("@", "（at）"),
            lambda rng: _email(rng).replace("@", "艾特"),
        ),
    ),
    Wording(
        "account",
        ("我微信是{}，", "WeChat：{}，", "加QQ号{}，", "威信{}，", "抖音号：{}，", "v信：{}，"),
        (_handle, lambda rng: "wxid_" + _handle(rng).replace("-", "")),
    ),
    Wording(
        "address",
        ("住{}，", "送货地址为{}，", "到{}安装", "发到{}了", "师傅来{}看过", "家庭住址:{} ", "{}的住户"),
        (
            lambda rng: f"{rng.choice(_STREETS)}{rng.randint(1, 300)}号院{rng.randint(1, 30)}号楼",
            lambda rng: f"{rng.choice(_STREETS)}甲{rng.randint(1, 99)}号",
            lambda rng: (
                f"{rng.choice(_STREETS)}{rng.randint(1, 300)}弄{rng.randint(1, 60)}号{rng.randint(2, 28)}0{rng.randint(1, 6)}室"
            ),
            lambda rng: f"{rng.choice(_ESTATES)}{rng.randint(1, 30)}幢{rng.randint(2, 28)}0{rng.randint(1, 6)}室",
            lambda rng: f"{rng.choice(_ESTATES)}{rng.choice('一二三')}期{rng.randint(1, 30)}号楼{rng.randint(1, 4)}单元",
            lambda rng: f"{rng.choice(_VILLAGES)}{rng.randint(1, 90)}号",
            lambda rng: (
                f"{rng.choice(_DISTRICTS)}|{rng.choice(_ESTATES)}{rng.randint(1, 30)}栋{rng.randint(2, 28)}0{rng.randint(1, 6)}"
            ),
        ),
    ),
)

FOURTH: tuple[Wording, ...] = (
    Wording(
        "name",
        (
            "{}同志",
            "收件人 {}，",
            "派来的{}师傅",
            "联系人为{}，",
            "叫{}的",
            "{}经理接待的",
            "我是{}，",
            "用户：{}，",
            "{}先生本人",
            "服务工程师{}，",
        ),
        (name,),
    ),
    Wording(
        "surname",
        ("{}阿姨开的门", "{}姓师傅", "请找{}女士", "{}总监", "问{}站长", "{}先生电话不通", "联系{}工", "转给{}班长"),
        (_surname,),
    ),
    Wording(
        "mobile",
        (
            "拨打{}即可",
            "{}（同微信）",
            "号{}",
            "备用{}，",
            "{}找我本人",
            "记错了是{}",
            "电话：{}/",
            "要打{}，",
            "咨询{}。",
            "电话号码{}，",
        ),
        (
            _mobile,
            lambda rng: _grouped(_mobile(rng), (3, 4, 4), rng.choice(("_", "−", "　", ",", "、"))),
            lambda rng: _grouped(_mobile(rng), (3,), " "),
            lambda rng: (lambda number: f"{number[:3]} {number[3:7]}-{number[7:]}")(_mobile(rng)),
            lambda rng: (lambda number: f"+86({number[:3]}){number[3:]}")(_mobile(rng)),
            lambda rng: (lambda number: _wide(number[:3]) + " " + number[3:])(_mobile(rng)),
            lambda rng: _grouped(_mobile(rng), (3, 3, 5), "-"),
            lambda rng: _grouped(_mobile(rng), (6, 5), " "),
        ),
    ),
    Wording(
        "landline",
        ("客服座机{}", "有事打{}，", "号码 {} ", "家里电话{}", "{}一直占线"),
        (
            lambda rng: (lambda area, number: f"{area} {number[:4]} {number[4:]}")(*_landline(rng)),
            lambda rng: ".".join(_landline(rng)),
            lambda rng: (lambda area, number: f"（{area}）{number[:4]}-{number[4:]}")(*_landline(rng)),
            lambda rng: "+86 {}{}".format(*_landline(rng)),
            lambda rng: "－".join(_landline(rng)),
            lambda rng: "_".join(_landline(rng)),
        ),
    ),
    Wording(
        "spoken digits",
        ("麻烦打{}", "我电话{}", "是{}，", "{}，记住了吗", "客户报{}"),
        (
            lambda rng: _grouped(_spoken(_mobile(rng), rng, "幺"), (3, 4, 4), rng.choice(("。", "…", "  "))),
            lambda rng: (lambda number: number[:3] + _spoken(number[3:], rng, "一"))(_mobile(rng)),
            lambda rng: (lambda number: number[:7] + _spoken(number[7:], rng, "幺"))(_mobile(rng)),
            lambda rng: _mobile(rng).translate(dict(zip(map(ord, _DIGITS), "零壹贰叁肆伍陆柒捌玖", strict=True))),
            lambda rng: _spoken(rng.choice(_PREFIXES), rng, "幺") + "三个零" + _spoken(_digits(rng, 5), rng, "幺"),
            lambda rng: _spoken(_id_number(rng)[:17].replace("X", "0") + "8", rng, "一"),
        ),
    ),
    Wording(
        "id number",
        ("登记证件{}，", "身份证号码 {} ", "本人{}", "录的是{}，", "（{}）"),
        (
            _id_number,
            lambda rng: _grouped(_id_number(rng), (4, 4, 4, 4), " "),
            lambda rng: _grouped(_id_number(rng), (6, 8, 4), "_"),
            lambda rng: _grouped(_id_number(rng), (6, 8), " "),
            lambda rng: _wide(_grouped(_id_number(rng), (6, 8, 4), "－")),
        ),
    ),
    Wording(
        "bank card",
        ("尾款打{}，", "账号：{}，", "卡{}，", "退到农行{}", "银行账户 {} "),
        (
            _card,
            lambda rng: _grouped(_card(rng), (4, 4, 4, 4), "_"),
            lambda rng: _grouped(_card(rng), (6,), "-"),
            lambda rng: _grouped(_card(rng), (4, 4, 4, 4), "/"),
            lambda rng: _grouped(_card(rng), (4, 4, 4, 4), "."),
        ),
    ),
    Wording(
        "plate",
        ("{}的货车", "车牌号码：{}，", "看到{}开走", "乘{}来的", "工程车{}，"),
        (
            _plate,
            _green_plate,
            lambda rng: _grouped(_green_plate(rng), (2,), "-"),
            lambda rng: _grouped(_plate(rng), (1,), " "),
            lambda rng: _grouped(_plate(rng), (2,), "."),
            lambda rng: _wide(_green_plate(rng).lower()),
        ),
    ),
    Wording(
        "e-mail",
        ("电邮{}，", "请回复{}", "联系邮箱:{} ", "发送至{}。", "E-MAIL：{}，"),
        (
            _email,
            lambda rng: _email(rng).replace("@", "＠").replace(".", "．"),
            lambda rng: _email(rng).replace("@", " @"),
            lambda rng: _email(rng).replace("@", "[at]"),
            lambda rng: "点".join(_email(rng).rsplit(".", 1)),
        ),
    ),
    Wording(
        "account",
        ("微信id:{}，", "加微信号码{}，", "qq是{}，", "微博：{}，", "小红书号：{}，", "QQ号码：{}，", "Vx {} "),
        (_handle, lambda rng: _handle(rng).upper()),
    ),
    Wording(
        "address",
        ("地址在{}，", "送货至{}，", "上门地址 {} ", "{}这户", "住户在{}，", "装在{}", "现场是{}。"),
        (
            lambda rng: f"{rng.choice(_STREETS)}{rng.randint(1, 300)}号附{rng.randint(1, 20)}号",
            lambda rng: f"{rng.choice(_STREETS)}{rng.randint(1, 300)}号之{rng.choice('一二三')}",
            lambda rng: f"{rng.choice(_STREETS)}{rng.randint(1, 300)}号{rng.randint(2, 9)}楼",
            lambda rng: f"{rng.choice(_ESTATES)}{rng.randint(1, 30)}#{rng.randint(2, 28)}0{rng.randint(1, 6)}",
            lambda rng: (
                f"{rng.choice(_ESTATES)}{rng.randint(1, 30)}栋{rng.choice('AB')}座{rng.randint(2, 28)}0{rng.randint(1, 6)}房"
            ),
            lambda rng: f"{rng.choice(_VILLAGES)}第{rng.randint(1, 12)}组",
            lambda rng: (
                f"{rng.choice(_DISTRICTS)}|{rng.choice(_STREETS)}{rng.randint(1, 300)}号"
                f"{rng.choice(_ESTATES)}{rng.randint(1, 30)}号楼"
            ),
        ),
    ),
)

FIFTH: tuple[Wording, ...] = (
    Wording(
        "name",
        (
            "报修客户{}，",
            "{}女士催单",
            "负责人：{} ",
            "姓名:{}，",
            "技师{}态度差",
            "{}师傅水平高",
            "名叫{}的",
            "{}小姐登记的",
            "顾客{}要求退货",
            "收件人：{}；",
        ),
        (name,),
    ),
    Wording(
        "surname",
        ("{}大妈", "{}师傅没来", "给{}老板打电话", "{}先生很满意", "和{}女士约的", "{}队长", "我姓{}，", "{}技术员"),
        (_surname,),
    ),
    Wording(
        "mobile",
        (
            "来电{}",
            "联系号码{}，",
            "{}已停机",
            "加{}好友",
            "给{}发短信",
            "手机{}/",
            "叫他打{}",
            "({})",
            "登记手机号:{}",
            "换成{}了",
        ),
        (
            _mobile,
            lambda rng: _grouped(_mobile(rng), (3, 4, 4), rng.choice(("\u00a0", "-", "‑", "*", "～"))),
            lambda rng: _grouped(_mobile(rng), (3,), "-"),
            lambda rng: "+86 " + _grouped(_mobile(rng), (3, 4, 4), "-"),
            lambda rng: _grouped(_mobile(rng), (7,), "-"),
            lambda rng: (lambda number: f"({number[:3]}){number[3:]}")(_mobile(rng)),
            lambda rng: "，".join(_grouped(_mobile(rng), (3, 4, 4), "|").split("|")),
            lambda rng: _wide("+86") + _wide(_mobile(rng)),
        ),
    ),
    Wording(
        "landline",
        ("单位电话{}，", "座机号{}", "前台{}", "转接{}", "有问题拨{}"),
        (
            lambda rng: "–".join(_landline(rng)),
            lambda rng: "  ".join(_landline(rng)),
            lambda rng: "0086-{}-{}".format(_landline(rng)[0].lstrip("0"), _landline(rng)[1]),
            lambda rng: "-".join(_landline(rng)) + f"分机{rng.randint(10, 899)}",
            lambda rng: (lambda area, number: f"{area}-{number[:4]}-{number[4:]}")(*_landline(rng)),
            lambda rng: _wide("{}{}".format(*_landline(rng))),
        ),
    ),
    Wording(
        "spoken digits",
        ("就是{}，", "您拨{}试试", "留个电话{}", "{}，谢谢", "号码报一下{}"),
        (
            lambda rng: _grouped(_spoken(_mobile(rng), rng, "一", two="两"), (3, 4, 4), " "),
            lambda rng: _grouped(_spoken(_mobile(rng), rng, "幺", zero="洞"), (3, 3, 5), "，"),
            lambda rng: (lambda number: _spoken(number[:3], rng, "幺") + number[3:7] + _spoken(number[7:], rng, "幺"))(
                _mobile(rng)
            ),
            lambda rng: _mobile(rng)[:7] + "四个" + rng.choice("零八六幺"),
            lambda rng: "-".join(_spoken(_mobile(rng), rng, "幺")),
        ),
    ),
    Wording(
        "id number",
        ("身份证号是{}，", "拿{}查的", "实名{}", "身份证:{}/", "持证人{}，"),
        (
            _id_number,
            lambda rng: _grouped(_id_number(rng), (6, 8, 4), "·"),
            lambda rng: _grouped(_id_number(rng), (3, 3, 8, 4), " "),
            lambda rng: _wide(_grouped(_id_number(rng), (6, 8, 4), " ")),
            lambda rng: "-".join(_id_number(rng)),
        ),
    ),
    Wording(
        "bank card",
        ("交行{}，", "还款卡{}", "转账到{}", "扣了{}的钱", "卡号是：{} "),
        (
            _card,
            lambda rng: _grouped(_card(rng), (4, 4, 4, 4), "–"),
            lambda rng: _wide(_grouped(_card(rng), (4, 4, 4, 4), "－")),
            lambda rng: _grouped(_card(rng), (4, 4, 4, 4), "\u00a0"),
            lambda rng: _grouped(_card(rng), (6,), "  "),
        ),
    ),
    Wording(
        "plate",
        ("车牌：{}，", "跟着{}的车", "一辆{}的金杯", "{}送来的", "来车{}。"),
        (
            _plate,
            _green_plate,
            lambda rng: _grouped(_plate(rng).lower(), (2,), "·"),
            lambda rng: _grouped(_green_plate(rng), (2,), " "),
            lambda rng: _grouped(_green_plate(rng), (2,), "."),
            lambda rng: _grouped(_plate(rng), (2, 2), " "),
        ),
    ),
    Wording(
        "e-mail",
        ("我的邮箱{}，", "投递到{}", "邮箱号:{}，", "{}，发这里", "回信给{}。"),
        (
            _email,
            lambda rng: _wide(_email(rng)),
            lambda rng: _email(rng).replace("@", " 艾特 "),
            lambda rng: _email(rng).replace("@", "【at】"),
            lambda rng: _email(rng).replace("@", "(AT)"),
        ),
    ),
    Wording(
        "account",
        ("微信账号：{}，", "微信：{}，", "Q Q：{}，", "加V：{}，", "淘宝账号是{}，", "wechat id: {}，"),
        (_handle, lambda rng: _handle(rng).replace("-", "_")),
    ),
    Wording(
        "address",
        ("上门地点{}，", "家在{}，", "搬到{}了", "{}，三楼没电梯", "地址为{}，", "寄至{}。", "服务地址:{}"),
        (
            lambda rng: (
                f"{rng.choice(_STREETS)}{rng.randint(1, 300)}号{rng.randint(1, 30)}栋{rng.randint(2, 28)}0{rng.randint(1, 6)}"
            ),
            lambda rng: f"{rng.choice(_STREETS)}{rng.randint(1, 300)}号{rng.choice(_ESTATES)}",
            lambda rng: f"{rng.choice(_ESTATES)}{rng.randint(1, 30)}-{rng.randint(2, 28)}0{rng.randint(1, 6)}",
            lambda rng: f"{rng.choice(_ESTATES)}{rng.randint(1, 30)}号楼{rng.randint(1, 4)}单元{rng.randint(2, 28)}层",
            lambda rng: f"{rng.choice(_STREETS)}{rng.choice('一二三四五六七八九')}十{rng.choice('一二三')}号",
            lambda rng: f"{rng.choice(_VILLAGES)}{rng.choice('一二三四五')}组{rng.randint(1, 90)}号",
            lambda rng: f"{rng.choice(_DISTRICTS)}|{rng.choice(_ESTATES)}{_door(rng)}",
        ),
    ),
)


def _half_plain(plain: Draw, *others: Draw) -> tuple[Draw, ...]:
    return (plain,) * len(others) + others


SIXTH: tuple[Wording, ...] = (
    Wording(
        "name",
        (
            "用户名字是{}，",
            "保修登记人{}先生",
            "安排{}师傅上门",
            "{}阿姨一个人在家",
            "跟{}经理反映过",
            "联系人 {}，",
            "客服{}说的",
            "机主叫{}，",
            "业主{}反映",
            "我叫{}。",
        ),
        (name,),
    ),
    Wording(
        "surname",
        (
            "给{}师傅点赞",
            "{}女士家的空调",
            "{}先生您好",
            "找{}总投诉",
            "那个{}经理",
            "{}大姐很热心",
            "是{}工修的",
            "前台的{}小姐",
        ),
        (_surname,),
    ),
    Wording(
        "mobile",
        (
            "联系{}",
            "我电话{}，",
            "麻烦打{}",
            "微信手机同号：{}，",
            "拨打{}没人接",
            "她的号{}",
            "{}关机",
            "请加{}",
            "紧急联系人{}",
            "tel {}，",
        ),
        _half_plain(
            _mobile,
            lambda rng: _grouped(_mobile(rng), (3, 4, 4), rng.choice(("-", " ", "－", "——", "・"))),
            lambda rng: _wide(_mobile(rng)),
            lambda rng: "+86" + _mobile(rng),
            lambda rng: "86-" + _grouped(_mobile(rng), (3, 4, 4), " "),
            lambda rng: _grouped(_mobile(rng), (4, 4, 3), " "),
            lambda rng: "  ".join(_mobile(rng)),
        ),
    ),
    Wording(
        "landline",
        ("电话{}", "打他们座机{}，", "维修点{}", "固定电话：{}，", "{}没人接"),
        _half_plain(
            lambda rng: "-".join(_landline(rng)),
            lambda rng: "{}　{}".format(*_landline(rng)),
            lambda rng: "[{}]{}".format(*_landline(rng)),
            lambda rng: "+86{}{}".format(_landline(rng)[0].lstrip("0"), _landline(rng)[1]),
            lambda rng: (lambda area, number: f"{area} {number[:3]} {number[3:]}")(*_landline(rng)),
        ),
    ),
    Wording(
        "spoken digits",
        ("打我手机{}", "电话号码是{}，", "我说一下，{}，", "联系{}就行", "他号码{}"),
        _half_plain(
            lambda rng: _spoken(_mobile(rng), rng, "幺"),
            lambda rng: _grouped(_spoken(_mobile(rng), rng, "幺"), (3, 4, 4), "、"),
            lambda rng: _spoken(_mobile(rng), rng, "一", zero="零", two="两"),
            lambda rng: (lambda number: _spoken(number[:3], rng, "一") + number[3:])(_mobile(rng)),
            lambda rng: _grouped(_spoken(_mobile(rng), rng, "幺", zero="洞"), (3, 4, 4), "　"),
        ),
    ),
    Wording(
        "id number",
        ("身份证号{}，", "证件号{}", "用身份证{}登记", "本人证号{}。", "号码为{}"),
        _half_plain(
            _id_number,
            lambda rng: _grouped(_id_number(rng), (6, 8, 4), "  "),
            lambda rng: _grouped(_id_number(rng), (6, 4, 4, 4), "·"),
            lambda rng: _wide(_id_number(rng)).replace("X", "Ｘ"),
        ),
    ),
    Wording(
        "bank card",
        ("我的卡号{}，", "款项退至{}", "中行{}，", "尾号不对，应为{}", "开户账号 {} "),
        _half_plain(
            _card,
            lambda rng: _grouped(_card(rng), (4, 4, 4, 4), " "),
            lambda rng: _grouped(_card(rng), (4, 4, 4, 4), "　"),
            lambda rng: _grouped(_card(rng), (4, 4, 4, 4), "-"),
        ),
    ),
    Wording(
        "plate",
        ("车牌号{}，", "{}占了车位", "那辆{}", "维修车{}来过", "坐{}走的"),
        _half_plain(
            _plate,
            _green_plate,
            lambda rng: _grouped(_green_plate(rng), (2,), "·"),
            lambda rng: _grouped(_plate(rng), (2,), "—"),
            lambda rng: _wide(_plate(rng)),
        ),
    ),
    Wording(
        "e-mail",
        ("邮箱是{}，", "发邮件到{}", "电子邮箱 {} ", "{}没收到回复", "我的mail：{}，"),
        _half_plain(
            _email,
            lambda rng: _email(rng).replace("@", "[AT]"),
            lambda rng: _email(rng).replace("@", "@　"),
            lambda rng: _email(rng).replace("@", "艾特").replace(".", "点"),
        ),
    ),
    Wording(
        "account",
        ("微信号是{}，", "微信{}，", "QQ{}，", "加微信{}聊", "扣扣：{}，", "wx号{}，", "快手号：{}，"),
        (lambda rng: _handle(rng).replace("-", "_"),),
    ),
    Wording(
        "address",
        ("地址{}，", "住在{}", "上门到{}修", "我家在{}，", "送到{}去", "安装地点：{}，", "家庭地址 {}。"),
        _half_plain(
            lambda rng: f"{rng.choice(_STREETS)}{rng.randint(1, 300)}号{rng.choice(_ESTATES)}{_door(rng)}",
            lambda rng: f"{rng.choice(_STREETS)}{rng.randint(1, 300)}号",
            lambda rng: f"{rng.choice(_ESTATES)}{rng.randint(1, 30)}号楼{rng.randint(2, 28)}0{rng.randint(1, 6)}室",
            lambda rng: f"{rng.choice(_ESTATES)}{rng.randint(1, 30)}栋{rng.randint(2, 28)}0{rng.randint(1, 6)}号",
            lambda rng: f"{rng.choice(_STREETS)}{rng.randint(1, 300)}弄{rng.randint(2, 28)}0{rng.randint(1, 6)}室",
            lambda rng: f"{rng.choice(_VILLAGES)}{rng.randint(1, 12)}队",
            lambda rng: f"{rng.choice(_DISTRICTS)}|{rng.choice(_STREETS)}{rng.randint(1, 300)}号{_door(rng)}",
        ),
    ),
)

HELD_OUT: tuple[Wording, ...] = (
    Wording(
        "name",
        (
            "{}先生预约的",
            "师傅叫{}，",
            "回访{}女士",
            "对{}师傅不满",
            "负责人是{}，",
            "{}经理给我打的",
            "业主：{}，",
            "姓名是{}。",
            "用户{}投诉",
            "工程师{}，",
        ),
        (name,),
    ),
    Wording(
        "surname",
        (
            "{}师傅准时",
            "和{}先生沟通",
            "是{}女士接待",
            "{}经理承诺",
            "夸夸{}师傅",
            "请{}主任来",
            "{}老板人好",
            "{}阿姨，",
        ),
        (_surname,),
    ),
    Wording(
        "mobile",
        (
            "回电话{}",
            "致电{}，",
            "我手机{}",
            "请发短信到{}",
            "{}是我的号",
            "紧急打{}",
            "新号{}，",
            "微信和电话都是{}",
            "联系方式：{}。",
            "Mobile: {} ",
        ),
        _half_plain(
            _mobile,
            lambda rng: _grouped(_mobile(rng), (3, 4, 4), rng.choice(("–", ".", "　", "_"))),
            lambda rng: _wide(_grouped(_mobile(rng), (3, 4, 4), "-")),
            lambda rng: "+86　" + _mobile(rng),
            lambda rng: "（" + _mobile(rng) + "）",
            lambda rng: _grouped(_mobile(rng), (3, 3, 3), " "),
            lambda rng: "，".join(_mobile(rng)),
        ),
    ),
    Wording(
        "landline",
        ("服务站电话{}", "座机：{}，", "我打了{}", "总台{}", "办公电话{}没通"),
        _half_plain(
            lambda rng: "-".join(_landline(rng)),
            lambda rng: "{}){}".format(*_landline(rng)),
            lambda rng: _wide("（{}）{}".format(*_landline(rng))),
            lambda rng: "0086 {} {}".format(_landline(rng)[0].lstrip("0"), _landline(rng)[1]),
            lambda rng: (lambda area, number: f"{area}-{number[:-4]} {number[-4:]}")(*_landline(rng)),
        ),
    ),
    Wording(
        "spoken digits",
        ("回拨{}", "手机尾号念全是{}，", "您记{}", "电话报的{}。", "打{}问我"),
        _half_plain(
            lambda rng: _spoken(_mobile(rng), rng, "幺"),
            lambda rng: _grouped(_spoken(_mobile(rng), rng, "幺"), (3, 4, 4), "—"),
            lambda rng: _spoken(_mobile(rng), rng, "一", zero="洞"),
            lambda rng: (lambda number: number[:3] + _spoken(number[3:7], rng, "幺") + number[7:])(_mobile(rng)),
            lambda rng: _grouped(_spoken("".join(_landline(rng)), rng, "幺"), (4, 4), "，"),
        ),
    ),
    Wording(
        "id number",
        ("我的身份证{}，", "身份证号码为{}", "证件登记{}", "身份信息{}。", "输入{}报错"),
        _half_plain(
            _id_number,
            lambda rng: _grouped(_id_number(rng), (6, 8, 4), "–"),
            lambda rng: _grouped(_id_number(rng), (6, 4, 4, 4), "  "),
            lambda rng: _wide(_id_number(rng)).replace("X", "ｘ"),
        ),
    ),
    Wording(
        "bank card",
        ("银行卡号{}，", "退我{}", "浦发{}，", "卡{}被扣款", "收款卡：{} "),
        _half_plain(
            _card,
            lambda rng: _grouped(_card(rng), (4, 4, 4, 4), "・"),
            lambda rng: _wide(_grouped(_card(rng), (4, 4, 4, 4), "　")),
            lambda rng: _grouped(_card(rng), (6,), " "),
        ),
    ),
    Wording(
        "plate",
        ("车牌号为{}，", "看见{}", "车子{}，", "送货车{}撞了门", "师傅开{}来"),
        _half_plain(
            _plate,
            _green_plate,
            lambda rng: _grouped(_plate(rng), (2,), "・"),
            lambda rng: _green_plate(rng).lower(),
            lambda rng: _grouped(_green_plate(rng), (2,), "　"),
        ),
    ),
    Wording(
        "e-mail",
        ("邮箱：{}，", "寄电子版到{}", "email {} ", "{}退信了", "发我邮箱{}，"),
        _half_plain(
            _email,
            lambda rng: _email(rng).replace("@", "（AT）"),
            lambda rng: _wide(_email(rng)).upper(),
            lambda rng: _email(rng).replace(".", "点"),
        ),
    ),
    Wording(
        "account",
        ("微信：{}，", "加微信号{}，", "QQ号{}，", "我的微信号是{}，", "wechat:{}，", "支付宝账号{}，"),
        (lambda rng: _handle(rng).replace("-", "_"),),
    ),
    Wording(
        "address",
        ("住址{}，", "家在{}", "送货到{}，", "我们{}的", "到{}修空调", "安装地址：{}，", "地址是{}。"),
        _half_plain(
            lambda rng: f"{rng.choice(_STREETS)}{rng.randint(1, 300)}号{rng.choice(_ESTATES)}{_door(rng)}",
            lambda rng: f"{rng.choice(_STREETS)}{rng.randint(1, 300)}号{rng.randint(1, 30)}号楼",
            lambda rng: (
                f"{rng.choice(_ESTATES)}{rng.choice('一二三四五六七八九')}栋{rng.choice('一二三')}单元"
                f"{rng.randint(2, 28)}0{rng.randint(1, 6)}"
            ),
            lambda rng: f"{rng.choice(_ESTATES)}{rng.randint(1, 30)}座{rng.randint(2, 28)}0{rng.randint(1, 6)}室",
            lambda rng: f"{rng.choice(_STREETS)}{rng.randint(1, 300)}号　{rng.randint(1, 30)}栋",
            lambda rng: f"{rng.choice(_VILLAGES)}{rng.choice('一二三四五六七')}社",
            lambda rng: f"{rng.choice(_DISTRICTS)}|{rng.choice(_ESTATES)}{rng.randint(1, 30)}栋{rng.randint(1, 4)}单元",
        ),
    ),
)

# Names without announcing words; by docs/privacy.md they are found only if the record names the person.
NAMES_OF_THE_RECORD = ("{}说好今天来，", "问问{}吧，", "上次是{}接的", "{}不在家，", "这事{}知道")
WORDINGS: Mapping[str, tuple[Wording, ...]] = {
    "development": (*FIRST, *SECOND, *THIRD, *FOURTH, *FIFTH, *SIXTH),
    "held out": HELD_OUT,
}


# --- putting them in ------------------------------------------------------------------------------------------------------


def inject(comments: Sequence[str], wordings: Sequence[Wording], seed: int) -> list[Labelled]:
    """Insert one to three pieces of personal data into each comment; the same seed gives the same texts.

    All kinds are equally frequent. One comment in twelve names the record's own person without a title, with its name
    column set. Pieces are at the beginning, at the end or after punctuation, one in five anywhere.
    """
    rng = random.Random(seed)
    return [_injected(comment, wordings, rng) for comment in comments]


def _injected(comment: str, wordings: Sequence[Wording], rng: random.Random) -> Labelled:
    pieces = [_piece(rng.choice(wordings), rng) for _ in range(rng.choice((1, 1, 1, 2, 2, 3)))]
    own_name = None
    if rng.random() < 1 / 12:
        own_name = name(rng)
        template = rng.choice(NAMES_OF_THE_RECORD)
        start = template.index("{}")
        pieces = [(template.format(own_name), Span("own name", start, start + len(own_name)))]
    places = sorted(_place(comment, rng) for _ in pieces)
    text, spans, done = "", [], 0
    for place, (piece, span) in zip(places, pieces, strict=True):
        text += comment[done:place]
        spans.append(Span(span.kind, len(text) + span.start, len(text) + span.end))
        text, done = text + piece, place
        # The beginning of the next piece must not become part of this one.
        text += "" if piece[-1] in "，。：:） 】" else "，"
    return Labelled(text + comment[done:], tuple(spans), own_name)


def _piece(wording: Wording, rng: random.Random) -> tuple[str, Span]:
    template, value = rng.choice(wording.templates), rng.choice(wording.values)(rng)
    before, after = template.split("{}")
    kept, separator, personal = value.partition("|")
    if not separator:
        kept, personal = "", value
    start = len(before) + len(kept)
    return before + kept + personal + after, Span(wording.kind, start, start + len(personal))


def _place(comment: str, rng: random.Random) -> int:
    if rng.random() < 0.2:
        # Not inside a number or a Latin word, which would change both values.
        return rng.choice([place for place in range(len(comment) + 1) if not _splits_word(comment, place)])
    ends = [
        number
        for number, character in enumerate(comment, 1)
        if character in "，。！？；,.!?;~… " and not _splits_word(comment, number)
    ]
    return rng.choice([0, len(comment), *ends])


def _splits_word(comment: str, place: int) -> bool:
    around = comment[max(0, place - 1) : place + 1]
    return 0 < place < len(comment) and all(c.isascii() and not c.isspace() for c in around) and any(c.isalnum() for c in around)
