"""The labelled set by form: made-up personal data of each kind in each way it is written, and ordinary text that looks like it.

Written independently of the patterns of ``pipeline/redact`` and ``pipeline/privacy``: values are built from the rules of their
issuers, and check digits are worked out here. Measuring is in ``forms.py``. Long because it is data.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

Draw = Callable[[random.Random], str]
Style = Callable[[str], str]

OPEN, CLOSE = "⟪", "⟫"
"""Around the personal parts of a value that also holds ordinary text; without them all of the value is personal."""


@dataclass(frozen=True)
class Form:
    """One written form of a kind: how values are drawn, and the sentences they stand in.

    ``is_fixed``   a check digit or a fixed shape tells the value; else a word beside it does
    """

    family: str
    name: str
    kinds: tuple[str, ...]
    is_fixed: bool
    draw: Draw
    frames: Sequence[str]


@dataclass(frozen=True)
class Ordinary:
    """Text in which nothing is personal; ``is_number``: redaction removes such numbers by design, only the scan is measured."""

    name: str
    draw: Draw
    is_number: bool = False


def _words(text: str) -> list[str]:
    return text.split()


# --- styles ---------------------------------------------------------------------------------------------------------------


def _as_is(text: str) -> str:
    return text


def _wide(text: str) -> str:
    return "".join(chr(ord(each) + 0xFEE0) if "!" <= each <= "~" else each for each in text)


def _lower(text: str) -> str:
    return text.lower()


def _keycaps(text: str) -> str:
    return "".join(f"{each}\ufe0f\u20e3" if each.isdigit() else each for each in text)


def _circled(text: str) -> str:
    return "".join("⓪①②③④⑤⑥⑦⑧⑨"[int(each)] if each.isdigit() else each for each in text)


def _unseen(text: str) -> str:
    return "\u200b".join(text)


def _each(sign: str) -> Style:
    return lambda text: sign.join(text)


def _cut(sign: str, *sizes: int) -> Style:
    def written(text: str) -> str:
        pieces, start = [], 0
        for size in sizes:
            pieces.append(text[start : start + size])
            start += size
        return sign.join([*pieces, text[start:]] if start < len(text) else pieces)

    return written


# --- values ---------------------------------------------------------------------------------------------------------------


def _digits(rng: random.Random, count: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(count))


def _date(rng: random.Random, first: int = 1945, last: int = 2006) -> tuple[int, int, int]:
    return rng.randint(first, last), rng.randint(1, 12), rng.randint(1, 28)


def _eight(rng: random.Random) -> str:
    return f"{rng.randint(1, 9)}{_digits(rng, 7)}"


_DISTRICTS = _words("110105 310115 440305 450103 450204 510107 330106 420111 350203 610113 130102 220104 530102 650103")


def _mod_11_2(first: str) -> str:
    """The check character of GB 11643 by the recursive form of ISO 7064."""
    product = 0
    for digit in first:
        product = (product + int(digit)) * 2 % 11
    return "0123456789X"[(12 - product) % 11]


def _identity(rng: random.Random) -> str:
    first = rng.choice(_DISTRICTS) + "{:04d}{:02d}{:02d}".format(*_date(rng)) + _digits(rng, 3)
    return first + _mod_11_2(first)


def _identity_old(rng: random.Random) -> str:
    year, month, day = _date(rng, 1930, 1985)
    return f"{rng.choice(_DISTRICTS)}{year % 100:02d}{month:02d}{day:02d}{_digits(rng, 3)}"


def _residence(rng: random.Random) -> str:
    """Since 2023: 9, the province, the country's number, date of birth, three digits, check character."""
    first = f"9{rng.choice(_DISTRICTS)[:2]}{rng.choice(('124', '840', '826', '392', '276'))}"
    first += "{:04d}{:02d}{:02d}".format(*_date(rng)) + _digits(rng, 3)
    return first + _mod_11_2(first)


def _residence_old(rng: random.Random) -> str:
    year, month, day = _date(rng, 1945, 1999)
    country = rng.choice(("USA", "GBR", "CAN", "JPN", "KOR", "DEU", "FRA"))
    return f"{country}{rng.choice(_DISTRICTS)[:4]}{year % 100:02d}{month:02d}{day:02d}{_digits(rng, 2)}"


_VIN_ALPHABET = "ABCDEFGHJKLMNPRSTUVWXYZ0123456789"
# The table of GB 16735, row by row.
_VIN_NUMBERS = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))


def _vin(rng: random.Random) -> str:
    maker = rng.choice(_words("LFV LSV LGB LBV LVS LHG LDC WBA WDD JTD KMH 1HG 5YJ"))
    described = "".join(rng.choice(_VIN_ALPHABET) for _ in range(5))
    year = rng.choice("ABCDEFGHJKLMNPRST")
    rest = year + rng.choice(_VIN_ALPHABET) + _digits(rng, 6)
    values = [int(_VIN_NUMBERS.get(each, each)) for each in maker + described + rest]
    weights = [8, 7, 6, 5, 4, 3, 2, 10, 9, 8, 7, 6, 5, 4, 3, 2]
    remainder = sum(value * weight for value, weight in zip(values, weights, strict=True)) % 11
    return maker + described + "0123456789X"[remainder] + rest


def _vin_mistyped(rng: random.Random) -> str:
    number = _vin(rng)
    return number[:8] + rng.choice([each for each in "0123456789X" if each != number[8]]) + number[9:]


def _card(rng: random.Random, length: int) -> str:
    first = rng.choice(("622202", "621700", "622848", "625957"))
    first += _digits(rng, length - 1 - len(first))
    total = 0
    for place, digit in enumerate(reversed(first)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value // 10 + value % 10
    return first + str(-total % 10)


def _mobile(rng: random.Random) -> str:
    return rng.choice(_words("138 139 150 177 186 199 158 133")) + _digits(rng, 8)


def _ipv4(rng: random.Random) -> str:
    """Of the networks for documentation (RFC 5737) and public ones."""
    if rng.random() < 0.5:
        return f"{rng.choice(('203.0.113', '198.51.100', '192.0.2'))}.{rng.randint(100, 254)}"
    return f"{rng.choice((36, 58, 61, 113, 117, 121, 180, 183, 202, 211, 218, 222))}." + ".".join(
        str(rng.randint(10, 254)) for _ in range(3)
    )


def _ipv4_private(rng: random.Random) -> str:
    return f"192.168.{rng.randint(0, 99)}.{rng.randint(2, 254)}"


def _ipv6(rng: random.Random) -> str:
    return "2001:db8:" + ":".join(f"{rng.randint(4096, 65535):x}" for _ in range(6))


def _ipv6_short(rng: random.Random) -> str:
    return f"2001:db8:{rng.randint(1, 65535):x}::{rng.randint(1, 65535):x}"


def _mac(rng: random.Random) -> str:
    return "".join(rng.choice("0123456789ABCDEF") for _ in range(10)) + rng.choice("ABCDEF") + rng.choice("0123456789")


def _pairs(sign: str) -> Style:
    return lambda text: sign.join(text[start : start + 2] for start in range(0, len(text), 2))


def _place(rng: random.Random, places: int = 6) -> tuple[str, str]:
    return f"{rng.uniform(18.2, 53.4):.{places}f}", f"{rng.uniform(73.6, 134.9):.{places}f}"


def _arcs(rng: random.Random) -> tuple[int, int, int, int, int, int]:
    return rng.randint(18, 53), rng.randint(0, 59), rng.randint(0, 59), rng.randint(74, 134), rng.randint(0, 59), rng.randint(0, 59)


_LOCALS = _words("lily wang.wei zhang_san tiger88 sunny2020 happy-moon chen66 leo.star max123 coco_1990")
_HOSTS = _words("example.com example.cn example.com.cn example.net example.org qq.com 163.com gmail.com")


def _mail(rng: random.Random, at: str = "@", dot: str = ".") -> str:
    return f"{rng.choice(_LOCALS)}{at}{rng.choice(_HOSTS).replace('.', dot)}"


def _landline(rng: random.Random) -> str:
    """Area code and number; of seven digits outside the largest cities."""
    if rng.random() < 0.3:
        return f"{rng.choice(_words('010 020 021 023'))}-{rng.choice('2345678')}{_digits(rng, 7)}"
    return f"{rng.choice(_words('0771 0772 0898 0591 0851'))}-{rng.choice('2345678')}{_digits(rng, 6)}"


_OF_PLATES = "ABCDEFGHJKLMNPQRSTUVWXYZ"


def _plate(rng: random.Random) -> str:
    return f"{rng.choice('桂粤京沪川鲁苏浙')}{rng.choice(_OF_PLATES[:10])}{_digits(rng, 4)}{rng.choice(_OF_PLATES)}"


def _plate_new_energy(rng: random.Random) -> str:
    return f"{rng.choice('桂粤京沪川鲁苏浙')}{rng.choice(_OF_PLATES[:10])}D{_digits(rng, 5)}"


def _account(rng: random.Random) -> str:
    return f"{rng.choice(_words('lily wang_wei tiger happy sunny leo_star coco'))}{_digits(rng, 4)}"


_SURNAMES = (
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡"
    "贾丁魏薛叶阎余潘杜戴夏汪田姜范石姚谭廖邹熊陆郝孔崔康毛邱秦顾侯邵孟龙段雷钱汤黎贺赖龚"
)
_COMPOUNDS = _words("欧阳 司徒 上官 诸葛 司马 慕容 皇甫 尉迟")
_WORD_SURNAMES = "于和向时应单管游童钟成文明"
_GIVEN = _words(
    "建国 志强 秀英 桂兰 丽华 晓燕 海涛 永红 春梅 小明 小红 娜娜 文博 子轩 雨桐 浩然 欣怡 思远 美玲 "
    "俊杰 雪梅 佳慧 宏伟 卫东 慧敏 天宇 若曦 伟 敏 静 强 磊 洋 艳 勇 杰 娟 涛"
)
_GIVEN_TWO = [each for each in _GIVEN if len(each) == 2]


def _han_name(rng: random.Random) -> str:
    return rng.choice(_SURNAMES) + rng.choice(_GIVEN)


_FIRST = _words(
    "阿卜杜拉 买买提 古丽娜尔 艾合买提 吐尔逊 阿依夏木 帕提古丽 艾尔肯 努尔兰 "
    "阿不都热依木 玛依拉 热孜万古丽 扎西 卓玛 木合塔尔 米热古丽"
)
_SECOND = _words("买买提 艾合买提江 吐尔逊 卡德尔 依明 玉素甫 阿卜杜拉 热合曼 多吉 次仁 哈力克 沙吾提 托合提 努尔买买提")


def _dotted(sign: str) -> Draw:
    return lambda rng: f"{rng.choice(_FIRST)}{sign}{rng.choice(_SECOND)}"


_WESTERN_FIRST = _words("John Maria Peter Anna Michael Sarah David Emma Carlos Sophie Hans Olga Tom Lucy José Zoë Jean-Luc")
_WESTERN_LAST = _words("Smith Silva Brown Müller García Johnson Novak Rossi Dubois Ivanov O'Brien McDonald Jensen Schmidt López")


def _western(rng: random.Random) -> str:
    return f"{rng.choice(_WESTERN_FIRST)} {rng.choice(_WESTERN_LAST)}"


def _western_particle(rng: random.Random) -> str:
    return (
        f"{rng.choice(_WESTERN_FIRST)} {rng.choice(('da', 'de', 'van', 'von', 'van der', 'del', 'bin', 'di'))} "
        f"{rng.choice(_WESTERN_LAST)}"
    )


_ROADS = _words("民族大道 中山路 人民东路 解放街 建设北路 友爱南路 长江路 朝阳巷 龙腾路 五一大道 文昌街 青山路 星光大道 和平里")
_LANES = _words("张江路 和平巷 长宁路 幸福巷 胜利路 明珠路 高科西路 朝阳巷")
_ESTATES = _words("阳光花园 翠湖小区 金色家园 碧水名苑 滨江公寓 幸福小区 紫荆苑 锦绣山庄")
_NUMERALS = "零一二三四五六七八九"


def _n(rng: random.Random, high: int = 300, low: int = 1) -> int:
    return rng.randint(low, high)


def _room(rng: random.Random) -> str:
    return f"{rng.randint(1, 28)}0{rng.randint(1, 9)}"


def _in_han(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else _NUMERALS[tens] + "十") + ("" if ones == 0 else _NUMERALS[ones])


def _date_in_han(rng: random.Random) -> str:
    year, month, day = _date(rng)
    return f"{''.join(_NUMERALS[int(digit)] for digit in str(year))}年{_in_han(month)}月{_in_han(day)}日"


# --- the forms ------------------------------------------------------------------------------------------------------------

_BARE = ("{}", "登记的是{}，请核实", "备注 {} 。", "（{}）", "填了{}没有反应")
_STYLES: dict[str, Style] = {
    "plain": _as_is,
    "full width": _wide,
    "keycaps": _keycaps,
    "circled": _circled,
    "unseen marks": _unseen,
}


def _written(draw: Draw, write: Style) -> Draw:
    return lambda rng: write(draw(rng))


def _family(
    family: str,
    kinds: Sequence[str],
    is_fixed: bool,
    values: dict[str, Draw],
    styles: dict[str, Style],
    frames: dict[str, Sequence[str]],
) -> list[Form]:
    return [
        Form(
            family,
            ", ".join(part for part in (value, style, frame) if part),
            tuple(kinds),
            is_fixed,
            _written(draw, write),
            sentences,
        )
        for value, draw in values.items()
        for style, write in styles.items()
        for frame, sentences in frames.items()
    ]


def _plainly(family: str, kinds: Sequence[str], is_fixed: bool, values: dict[str, Draw], frames: Sequence[str]) -> list[Form]:
    return _family(family, kinds, is_fixed, values, {"": _as_is}, {"": frames})


_PASSPORT_WORDS = ("护照{}", "护照号码：{}，", "我的护照是{}。", "护照号 {} 过期了", "Passport No. {} ")
_LETTER = lambda letters, digits: lambda rng: rng.choice(letters) + (_eight(rng) if digits == 8 else _eight(rng) + _digits(rng, 2))  # noqa: E731
_GROUPS_OF_LETTER = {"spaces": _cut(" ", 1, 4, 4), "dash": _cut("-", 1, 8), "lower case": _lower, "digit by digit": _each(" ")}


def _two_letters(first: str) -> Draw:
    return lambda rng: first + rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") + _eight(rng)[:7]


def _no_zeros(draw: Draw) -> Draw:
    """Without 000: a passport's number that looks counted up is told from a code only by its word."""

    def drawn(rng: random.Random) -> str:
        while "000" in (number := draw(rng)) or number[1:3] == "20":
            pass
        return number

    return drawn


FORMS: tuple[Form, ...] = (
    *_family(
        "Chinese passport",
        ("id_number",),
        True,
        {"E": _LETTER("E", 8), "EA": _two_letters("E"), "G": _LETTER("G", 8)},
        _STYLES | {"dash": _cut("-", 1, 8), "lower case": _lower},
        {"after its word": _PASSPORT_WORDS},
    ),
    *_family(
        "Chinese passport",
        ("id_number",),
        True,
        {"E": _no_zeros(_LETTER("E", 8)), "EA": _no_zeros(_two_letters("E"))},
        {"plain": _as_is, "full width": _wide, "keycaps": _keycaps},
        {"alone": _BARE},
    ),
    *_plainly(
        "foreign passport",
        ("id_number",),
        False,
        {
            "nine digits": lambda rng: _eight(rng) + _digits(rng, 1),
            "two letters": lambda rng: "".join(rng.choices("ABCDKLMNP", k=2)) + _digits(rng, 7),
            "letters between": lambda rng: f"C{_digits(rng, 2)}X{_digits(rng, 2)}T{_digits(rng, 2)}",
            "full width": lambda rng: _wide("M" + _digits(rng, 8)),
            "grouped": lambda rng: f"{_eight(rng)[:3]} {_digits(rng, 3)} {_digits(rng, 3)}",
        },
        _PASSPORT_WORDS,
    ),
    *_family(
        "permit for Hong Kong and Macao",
        ("id_number",),
        True,
        {"C": _LETTER("C", 8), "CA": _two_letters("C"), "W": _LETTER("W", 8)},
        {"plain": _as_is, "full width": _wide, "keycaps": _keycaps, "dash": _cut("-", 1, 8)},
        {"after its word": ("港澳通行证{}", "往来港澳通行证号码：{}，", "通行证号是{}。", "通行证 {} ")},
    ),
    *_family(
        "home return permit",
        ("id_number",),
        True,
        {"eight": _LETTER("HM", 8), "ten": _LETTER("HM", 10)},
        {"plain": _as_is, "full width": _wide, "keycaps": _keycaps, "spaces": _cut(" ", 1, 4, 4), "lower case": _lower},
        {"after its word": ("回乡证{}", "回乡证号码：{}，", "港澳居民来往内地通行证 {}", "回鄉證號碼：{}")},
    ),
    *_family(
        "home return permit", ("id_number",), True, {"eight": _no_zeros(_LETTER("HM", 8))}, {"plain": _as_is}, {"alone": _BARE}
    ),
    *_plainly(
        "Taiwan permit",
        ("id_number",),
        False,
        {
            "eight digits": _eight,
            "ten digits": lambda rng: f"{_eight(rng)}{_digits(rng, 2)}({rng.choice('ABD')})",
            "full width": lambda rng: _wide(_eight(rng)),
            "keycaps": lambda rng: _keycaps(_eight(rng)),
            "spaces": lambda rng: _cut(" ", 4, 4)(_eight(rng)),
            "dashes": lambda rng: _cut("-", 4, 4)("3" + _eight(rng)[:7]),
            "T": _LETTER("TL", 8),
        },
        ("台胞证{}", "台胞证号：{}，", "台湾居民来往大陆通行证 {}。", "臺胞證：{}"),
    ),
    *_family(
        "identity number, 18",
        ("id_number",),
        True,
        {"": _identity},
        _STYLES
        | {
            "6 8 4": _cut(" ", 6, 8, 4),
            "6-8-4": _cut("-", 6, 8, 4),
            "6 4 4 4": _cut(" ", 6, 4, 4, 4),
            "lower case": _lower,
            "digit by digit": _each(" "),
        },
        {"alone": _BARE, "after its word": ("身份证{}", "身份证号码：{}，", "证件号 {} ")},
    ),
    *_family(
        "identity number, 15",
        ("id_number",),
        True,
        {"": _identity_old},
        _STYLES | {"6 6 3": _cut(" ", 6, 6, 3), "6-6-3": _cut("-", 6, 6, 3)},
        {"alone": _BARE, "after its word": ("身份证{}", "老身份证号：{}，", "证件号 {} ")},
    ),
    *_family(
        "foreigner's permanent residence",
        ("id_number",),
        True,
        {"2023": _residence, "letters": _residence_old},
        {"plain": _as_is, "full width": _wide, "keycaps": _keycaps, "lower case": _lower},
        {"alone": _BARE, "after its word": ("外国人永久居留身份证{}", "永居证号：{}，", "永久居留证 {} ")},
    ),
    *_plainly(
        "foreigner's permanent residence",
        ("id_number",),
        True,
        {
            "2023, 6 8 4": lambda rng: _cut(" ", 6, 8, 4)(_residence(rng)),
            "letters, spaces": lambda rng: _cut(" ", 3, 4, 6, 2)(_residence_old(rng)),
        },
        ("外国人永久居留身份证{}", "永居证号：{}，"),
    ),
    *_plainly(
        "officer's licence",
        ("id_number",),
        False,
        {
            "plain": lambda rng: f"{rng.choice('军南北沈兰成济广海空')}字第{_eight(rng)[:7]}号",
            "without 第": lambda rng: f"{rng.choice('南北沈兰成济广海空')}字{_eight(rng)[:7]}号",
            "full width": lambda rng: f"{rng.choice('南北沈兰成济广海空')}字第{_wide(_eight(rng)[:7])}号",
            "keycaps": lambda rng: f"{rng.choice('南北沈兰成济广海空')}字第{_keycaps(_eight(rng)[:7])}号",
            "spaces": lambda rng: f"{rng.choice('南北沈兰成济广海空')}字第 {_cut(' ', 3, 4)(_eight(rng)[:7])} 号",
            "number": lambda rng: _eight(rng)[:7],
        },
        ("军官证{}", "军官证号：{}，", "士兵证 {} "),
    ),
    *_plainly(
        "officer's licence",
        ("id_number",),
        True,
        {"alone": lambda rng: f"{rng.choice('军南北沈兰成济广海空')}字第{_eight(rng)[:7]}号"},
        _BARE,
    ),
    *_plainly(
        "driving licence",
        ("id_number", "phone"),
        False,
        {
            "file number": lambda rng: rng.choice(_DISTRICTS)[:4] + _digits(rng, 8),
            "full width": lambda rng: _wide(rng.choice(_DISTRICTS)[:4] + _digits(rng, 8)),
            "spaces": lambda rng: _cut(" ", 4, 4, 4)(rng.choice(_DISTRICTS)[:4] + _digits(rng, 8)),
            "keycaps": lambda rng: _keycaps(rng.choice(_DISTRICTS)[:4] + _digits(rng, 8)),
            "identity number": _identity,
        },
        ("驾驶证档案编号{}", "驾照号：{}，", "驾驶证号码是{}。"),
    ),
    *_plainly(
        "business of one person",
        ("id_number",),
        False,
        {
            "plain": lambda rng: "92" + rng.choice(_DISTRICTS) + "MA" + _digits(rng, 7) + rng.choice("ABCDEFGH"),
            "full width": lambda rng: _wide("92" + rng.choice(_DISTRICTS) + "MA" + _digits(rng, 7) + "X"),
            "spaces": lambda rng: _cut(" ", 4, 4, 4, 4)("92" + rng.choice(_DISTRICTS) + "MA" + _digits(rng, 7) + "X"),
        },
        ("统一社会信用代码{}", "税号：{}，", "纳税人识别号是{}。"),
    ),
    *_family(
        "VIN",
        ("vehicle",),
        True,
        {"": _vin},
        {
            "plain": _as_is,
            "full width": _wide,
            "keycaps": _keycaps,
            "unseen marks": _unseen,
            "lower case": _lower,
            "3 6 8": _cut(" ", 3, 6, 8),
            "3-6-8": _cut("-", 3, 6, 8),
            "4 4 4 5": _cut(" ", 4, 4, 4, 5),
        },
        {"alone": _BARE, "after its word": ("车架号{}", "VIN：{}，", "车辆识别代号 {}。", "VIN码是{}。")},
    ),
    *_plainly(
        "VIN", ("vehicle",), False, {"mistyped, after its word": _vin_mistyped}, ("车架号{}", "VIN：{}，", "车辆识别代码为{}")
    ),
    *_family(
        "IPv4",
        ("network_address",),
        True,
        {"": _ipv4},
        {
            "plain": _as_is,
            "full width": _wide,
            "keycaps": _keycaps,
            "Chinese dots": lambda text: text.replace(".", "。"),
            "点": lambda text: text.replace(".", "点"),
            "spaces": lambda text: text.replace(".", " . "),
            "port": lambda text: text + ":8080",
            "prefix": lambda text: text + "/24",
        },
        {"alone": _BARE, "after its word": ("IP{}", "ip地址：{}，", "登录IP是{}。")},
    ),
    *_plainly(
        "IPv4",
        ("network_address",),
        False,
        {
            "private, after its word": _ipv4_private,
            "small numbers, after its word": lambda rng: ".".join(str(rng.randint(1, 9)) for _ in range(4)),
        },
        ("IP{}", "IP地址：{}，", "客户端地址 {} "),
    ),
    *_family(
        "IPv6",
        ("network_address",),
        True,
        {"full": _ipv6, "short": _ipv6_short},
        {"plain": _as_is, "capitals": str.upper, "full width": _wide},
        {"alone": _BARE},
    ),
    *_plainly(
        "IPv6",
        ("network_address",),
        True,
        {
            "link-local, zone": lambda rng: (
                f"fe80::{rng.randint(256, 65535):x}:{rng.randint(256, 65535):x}:{rng.randint(256, 65535):x}%eth0"
            ),
            "brackets, port": lambda rng: f"[{_ipv6(rng)}]:443",
            "prefix": lambda rng: _ipv6_short(rng) + "/64",
        },
        ("{}", "地址{}连不上", "IPv6 {} "),
    ),
    *_family(
        "MAC",
        ("network_address",),
        True,
        {"": _mac},
        {
            "colons": _pairs(":"),
            "dashes": _pairs("-"),
            "dots of four": lambda text: f"{text[:4]}.{text[4:8]}.{text[8:]}".lower(),
            "lower case": lambda text: _pairs(":")(text).lower(),
            "full width": lambda text: _wide(_pairs(":")(text)),
            "spaces": _pairs(" "),
            "keycaps": lambda text: _keycaps(_pairs(":")(text)),
        },
        {"alone": _BARE},
    ),
    *_plainly("MAC", ("network_address",), False, {"one piece": _mac}, ("MAC地址：{}，", "mac {} ", "蓝牙地址{}。", "BSSID={} ")),
    *_family(
        "coordinates",
        ("coordinates",),
        True,
        {
            "north east": lambda rng: "{}, {}".format(*_place(rng)),
            "east,north": lambda rng: "{},{}".format(*reversed(_place(rng))),
            "spaced": lambda rng: "{} {}".format(*_place(rng)),
            "four places": lambda rng: "{}, {}".format(*_place(rng, 4)),
            "Chinese comma": lambda rng: "{}，{}".format(*_place(rng)),
        },
        {"plain": _as_is, "full width": _wide},
        {"alone": _BARE},
    ),
    *_plainly(
        "coordinates",
        ("coordinates",),
        True,
        {
            "degrees before sides": lambda rng: "{}°{}′{}″N {}°{}′{}″E".format(*_arcs(rng)),
            "sides before degrees": lambda rng: "N{}°{}′{}″ E{}°{}′{}″".format(*_arcs(rng)),
            "straight quotes": lambda rng: "{}°{}'{}\"N, {}°{}'{}\"E".format(*_arcs(rng)),
            "北纬东经": lambda rng: "北纬{}°{}′{}″，东经{}°{}′{}″".format(*_arcs(rng)),
            "度分秒": lambda rng: "东经{3}度{4}分{5}秒，北纬{0}度{1}分{2}秒".format(*_arcs(rng)),
            "decimal sides": lambda rng: "{}°N, {}°E".format(*_place(rng, 4)),
            "N E": lambda rng: "N{} E{}".format(*_place(rng, 4)),
            "东经 decimal": lambda rng: "东经{1} 北纬{0}".format(*_place(rng, 4)),
        },
        _BARE,
    ),
    *_plainly(
        "coordinates",
        ("coordinates",),
        False,
        {
            "two places": lambda rng: "{}, {}".format(*_place(rng, 2)),
            "abroad": lambda rng: f"{rng.uniform(-60, 60):.4f}, {rng.uniform(-170, 170):.4f}",
        },
        ("坐标：{}，", "定位{}。", "经纬度 {} ", "GPS: {} "),
    ),
    *_plainly(
        "coordinates",
        ("coordinates",),
        False,
        {
            "query": lambda rng: "lat=⟪{}⟫&lng=⟪{}⟫".format(*_place(rng)),
            "经度纬度": lambda rng: "经度⟪{1}⟫，纬度：⟪{0}⟫".format(*_place(rng, 5)),
        },
        _BARE,
    ),
    *_plainly(
        "date of birth",
        ("birth_date",),
        False,
        {
            "1985-03-12": lambda rng: "{:04d}-{:02d}-{:02d}".format(*_date(rng)),
            "1985/3/12": lambda rng: "{}/{}/{}".format(*_date(rng)),
            "1985.03.12": lambda rng: "{:04d}.{:02d}.{:02d}".format(*_date(rng)),
            "19850312": lambda rng: "{:04d}{:02d}{:02d}".format(*_date(rng)),
            "1985年3月12日": lambda rng: "{}年{}月{}日".format(*_date(rng)),
            "85年3月12号": lambda rng: "{1}年{2}月{3}号".format(*(0, rng.randint(50, 99), *_date(rng)[1:])),
            "1985年3月": lambda rng: "{}年{}月".format(*_date(rng)),
            "1985-03": lambda rng: "{:04d}-{:02d}".format(*_date(rng)[:2]),
            "3.12": lambda rng: f"{_n(rng, 12)}.{_n(rng, 28)}",
            "1985年三月十二日": lambda rng: f"{_date(rng)[0]}年{_in_han(_n(rng, 12))}月{_in_han(_n(rng, 28))}日",
            "3月12日": lambda rng: "{1}月{2}日".format(*_date(rng)),
            "in Han": _date_in_han,
            "full width": lambda rng: _wide("{:04d}-{:02d}-{:02d}".format(*_date(rng))),
            "keycaps": lambda rng: _keycaps("{:04d}-{:02d}-{:02d}".format(*_date(rng))),
            "spaces": lambda rng: "{} 年 {} 月 {} 日".format(*_date(rng)),
            "850312": lambda rng: f"{rng.randint(50, 99)}{_date(rng)[1]:02d}{_date(rng)[2]:02d}",
        },
        ("出生日期{}，", "出生日期：{}。", "生日是{}，", "出生年月 {} ", "我生于{}。"),
    ),
    *_plainly(
        "date of birth",
        ("birth_date",),
        False,
        {
            "before 出生": lambda rng: "{}年{}月{}日".format(*_date(rng)),
            "before 出生, dashes": lambda rng: "{:04d}-{:02d}-{:02d}".format(*_date(rng)),
        },
        ("{}出生，", "本人{}出生的", "{}生，"),
    ),
    *_plainly(
        "date of birth",
        ("birth_date",),
        False,
        {
            "12/03/1985": lambda rng: "{2:02d}/{1:02d}/{0}".format(*_date(rng)),
            "March 12, 1985": lambda rng: (
                f"{rng.choice(['January', 'March', 'May', 'June', 'August', 'October'])} {_n(rng, 28)}, {_n(rng, 2005, 1950)}"
            ),
            "12 Mar 1985": lambda rng: (
                f"{_n(rng, 28)} {rng.choice(['Jan', 'Mar', 'May', 'Jun', 'Aug', 'Oct'])} {_n(rng, 2005, 1950)}"
            ),
            "1985-03-12 in English": lambda rng: "{:04d}-{:02d}-{:02d}".format(*_date(rng)),
        },
        ("DOB {} ", "DOB: {}, ", "Date of birth: {}. ", "born on {} ", "Birthday {} "),
    ),
    *_plainly(
        "date of birth",
        ("birth_date",),
        False,
        {
            "lunar": lambda rng: (
                f"{rng.choice('正二三四五六七八九十冬腊')}月{rng.choice(('初', '十', '廿'))}{rng.choice('一二三四五六七八九')}"
            )
        },
        ("生日农历{}，", "生日是阴历{}。"),
    ),
    *_plainly(
        "e-mail",
        ("email",),
        True,
        {
            "plain": _mail,
            "full width @": lambda rng: _mail(rng, at="＠"),
            "Chinese dot": lambda rng: _mail(rng, at="＠", dot="。"),
            "full width": lambda rng: _wide(_mail(rng)),
            "艾特": lambda rng: _mail(rng, at="艾特"),
            "艾特 点": lambda rng: _mail(rng, at="艾特", dot="点"),
            "艾特 点, spaces": lambda rng: _mail(rng, at=" 艾特 ", dot=" 点 "),
            "at dot": lambda rng: _mail(rng, at=" at ", dot=" dot "),
            "AT DOT": lambda rng: _mail(rng, at=" AT ", dot=" DOT "),
            "(at) (dot)": lambda rng: _mail(rng, at="(at)", dot="(dot)"),
            "[at] [dot]": lambda rng: _mail(rng, at="[at]", dot="[dot]"),
            "[at]": lambda rng: _mail(rng, at="[at]"),
            "{at}": lambda rng: _mail(rng, at="{at}"),
            "圈a": lambda rng: _mail(rng, at="圈a", dot="点"),
            "spaces": lambda rng: _mail(rng, at=" @ "),
            "comma": lambda rng: _mail(rng, dot=","),
            "capitals": lambda rng: _mail(rng).upper(),
            "下划线": lambda rng: _mail(rng).replace("_", "下划线"),
            "unseen marks": lambda rng: _unseen(_mail(rng)),
            "at, 点": lambda rng: _mail(rng, at=" at ", dot="点"),
            "provider": lambda rng: f"{rng.choice(_LOCALS)}@{rng.choice(('qq', '163', 'gmail'))}",
        },
        ("邮箱{}，", "邮箱：{}，", "发到{}。", "我的邮箱是{}，谢谢", "email: {} "),
    ),
    *_plainly(
        "e-mail",
        ("email",),
        False,
        {"at, behind its word": lambda rng: _mail(rng, at=" at "), "_at_, behind its word": lambda rng: _mail(rng, at="_at_")},
        ("邮箱{}，", "邮箱地址：{}，", "email: {} ", "我的邮箱是{}，谢谢"),
    ),
    *_plainly(
        "address",
        ("address",),
        False,
        {
            "路30之7号610": lambda rng: f"{rng.choice(_ROADS)}{_n(rng)}之{_n(rng, 9)}号{_room(rng)}",
            "路30-7号610室": lambda rng: f"{rng.choice(_ROADS)}{_n(rng)}-{_n(rng, 9)}号{_room(rng)}室",
            "路30号之7": lambda rng: f"{rng.choice(_ROADS)}{_n(rng)}号之{_n(rng, 9)}",
            "路30号610": lambda rng: f"{rng.choice(_ROADS)}{_n(rng)}号{_room(rng)}",
            "路30号610室": lambda rng: f"{rng.choice(_ROADS)}{_n(rng)}号{_room(rng)}室",
            "路30号": lambda rng: f"{rng.choice(_ROADS)}{_n(rng)}号",
            "路30号附2号": lambda rng: f"{rng.choice(_ROADS)}{_n(rng)}号附{_n(rng, 9)}号",
            "路30附2号": lambda rng: f"{rng.choice(_ROADS)}{_n(rng)}附{_n(rng, 9)}号",
            "路三十之七号六一零": lambda rng: f"{rng.choice(_ROADS)}{_in_han(_n(rng, 99))}之{_in_han(_n(rng, 9))}号六一零",
            "路30#610": lambda rng: f"{rng.choice(_ROADS)}{_n(rng)}#{_room(rng)}",
            "路No.30": lambda rng: f"{rng.choice(_ROADS)}No.{_n(rng)}号",
            "巷12弄3号楼": lambda rng: f"{rng.choice(_LANES)}{_n(rng, 900)}弄{_n(rng, 90)}号楼",
            "路12弄3号501室": lambda rng: f"{rng.choice(_LANES)}{_n(rng, 900)}弄{_n(rng, 90)}号{_room(rng)}室",
            "路12弄3支弄5号": lambda rng: f"{rng.choice(_LANES)}{_n(rng, 900)}弄{_n(rng, 9)}支弄{_n(rng, 90)}号",
            "full width": lambda rng: _wide(f"{rng.choice(_ROADS)}{_n(rng)}之{_n(rng, 9)}号{_room(rng)}"),
            "keycaps": lambda rng: _keycaps(f"{rng.choice(_ROADS)}{_n(rng)}号{_room(rng)}室"),
            "spaces": lambda rng: f"{rng.choice(_ROADS)} {_n(rng)} 号 {_room(rng)} 室",
            "路30之7": lambda rng: f"{rng.choice(_ROADS)}{_n(rng)}之{_n(rng, 9)}",
            "路30-7-610": lambda rng: f"{rng.choice(_ROADS)}{_n(rng)}-{_n(rng, 9)}-{_room(rng)}",
            "路12弄3号501": lambda rng: f"{rng.choice(_LANES)}{_n(rng, 900)}弄{_n(rng, 90)}号{_room(rng)}",
            "estate": lambda rng: f"{rng.choice(_ESTATES)}{_n(rng, 30)}栋{_n(rng, 4)}单元{_room(rng)}",
            "street and estate": lambda rng: (
                f"{rng.choice(_ROADS)}{_n(rng)}之{_n(rng, 9)}号{rng.choice(_ESTATES)}{_n(rng, 30)}栋{_room(rng)}"
            ),
            "traditional": lambda rng: f"中山路{_n(rng)}號之{_n(rng, 9)} {_n(rng, 20)}樓之{_n(rng, 9)}",
        },
        ("{}，", "地址：{}，", "住在{}", "我家在{}。", "请到{}来修"),
    ),
    *_plainly(
        "name after a label",
        ("name",),
        False,
        {
            "·": _dotted("·"),
            "•": _dotted("•"),
            "・": _dotted("・"),
            "‧": _dotted("‧"),
            ".": _dotted("."),
            "spaced ·": _dotted(" · "),
            "full width stop": _dotted("．"),
            "Han name, spaced": lambda rng: f"{rng.choice(_SURNAMES)} {rng.choice(_GIVEN_TWO)}",
            "one word": lambda rng: rng.choice([each for each in _FIRST if len(each) >= 2]),
        },
        ("姓名：{}，", "联系人：{}，", "收货人：{}。", "户主：{}", "报修人：{}，"),
    ),
    *_plainly(
        "Latin name",
        ("name",),
        False,
        {
            "two words": _western,
            "particle": _western_particle,
            "capitals": lambda rng: _western(rng).upper(),
            "initial": lambda rng: f"{rng.choice(_WESTERN_FIRST)} {rng.choice('ABCDEFG')}. {rng.choice(_WESTERN_LAST)}",
            "last, first": lambda rng: f"{rng.choice(_WESTERN_LAST)}, {rng.choice(_WESTERN_FIRST)}",
            "full width": lambda rng: _wide(f"{rng.choice(('John', 'Maria', 'Peter'))} {rng.choice(('Smith', 'Silva', 'Brown'))}"),
        },
        ("联系人：{}，", "姓名: {}。", "收件人：{}；", "Recipient: {}; ", "Customer name: {}; "),
    ),
    *_plainly(
        "Latin name",
        ("name",),
        False,
        {"two words, no colon": _western, "particle, no colon": _western_particle},
        ("联系人{}，", "收件人 {}。", "Recipient {}; ", "Contact person {}; ", "Consignee {}. "),
    ),
    *_plainly(
        "name of a customer who speaks",
        ("name",),
        False,
        {
            "Han": _han_name,
            "compound": lambda rng: rng.choice(_COMPOUNDS) + rng.choice(_GIVEN),
            "surname that is a word": lambda rng: rng.choice(_WORD_SURNAMES) + rng.choice(_GIVEN_TWO),
            "minority": _dotted("·"),
            "Latin": _western,
            "brackets": lambda rng: f"（⟪{_han_name(rng)}⟫）",
            "colon": lambda rng: f"：⟪{_han_name(rng)}⟫",
            "叫": lambda rng: f"叫⟪{_han_name(rng)}⟫",
            "full width space": lambda rng: f"　⟪{_han_name(rng)}⟫　",
        },
        ("客户{}反映漏水", "用户{}来电说不制冷", "客户{}投诉，", "顾客{}致电", "业主{}报修", "客户{}昨天反映", "用户{}再次来电"),
    ),
    *_family(
        "bank card",
        ("bank_card",),
        True,
        {"16": lambda rng: _card(rng, 16), "19": lambda rng: _card(rng, 19)},
        {
            "plain": _as_is,
            "full width": _wide,
            "keycaps": _keycaps,
            "fours": _cut(" ", 4, 4, 4, 4),
            "fours, dashes": _cut("-", 4, 4, 4, 4),
        },
        {"alone": _BARE},
    ),
    *_family(
        "mobile",
        ("phone",),
        True,
        {"": _mobile},
        _STYLES | {"3 4 4": _cut(" ", 3, 4, 4), "3-4-4": _cut("-", 3, 4, 4), "+86": lambda text: "+86 " + text},
        {"alone": _BARE},
    ),
    *_family(
        "landline",
        ("phone",),
        True,
        {"": _landline},
        {
            "dash": _as_is,
            "one piece": lambda text: text.replace("-", ""),
            "space": lambda text: text.replace("-", " "),
            "brackets": lambda text: "({}){}".format(*text.split("-")),
            "+86": lambda text: "+86-" + text[1:],
            "full width": _wide,
            "keycaps": _keycaps,
        },
        {"alone": _BARE},
    ),
    *_family(
        "plate",
        ("plate",),
        True,
        {"": _plate, "new energy": _plate_new_energy},
        {"plain": _as_is, "dot": _cut("·", 2), "space": _cut(" ", 2), "full width": _wide},
        {"alone": _BARE},
    ),
    *_plainly(
        "account",
        ("account",),
        False,
        {"plain": _account, "full width": lambda rng: _wide(_account(rng)), "capitals": lambda rng: _account(rng).upper()},
        ("微信：{}，", "微信号是{}。", "加我VX {} ", "wechat: {} "),
    ),
    *_plainly(
        "account",
        ("account",),
        False,
        {"QQ": lambda rng: rng.choice("123456789") + _digits(rng, 8), "QQ, full width": lambda rng: _wide("8" + _digits(rng, 8))},
        ("QQ号：{}，", "QQ：{}。", "qq {} "),
    ),
)


# --- ordinary text --------------------------------------------------------------------------------------------------------


def _day_of_service(rng: random.Random) -> tuple[int, int, int]:
    return _date(rng, 2018, 2026)


ORDINARY: tuple[Ordinary, ...] = (
    Ordinary(
        "model number", lambda rng: f"型号{rng.choice(('KFR', 'XQG', 'BCD'))}-{_n(rng, 99)}GW/{rng.choice('ABC')}{_n(rng, 9)}不制冷"
    ),
    Ordinary(
        "model number alone",
        lambda rng: f"{rng.choice(('KFR', 'MXG', 'EA', 'CA'))}{_n(rng, 999, 100)}{rng.choice('ABX')}{_n(rng, 99, 10)}坏了",
    ),
    Ordinary("part number", lambda rng: f"配件{rng.choice('ABCEGHM')}{_digits(rng, 3)}-{_digits(rng, 4)}缺货"),
    Ordinary("part number of two letters", lambda rng: f"换了零件{rng.choice(('EA', 'CB', 'EC'))}{_digits(rng, 4)}，正常"),
    Ordinary("version", lambda rng: f"固件版本{_n(rng, 9)}.{_n(rng, 20)}.{_n(rng, 9)}.{_n(rng, 9)}，升级后好了"),
    Ordinary(
        "version of large numbers", lambda rng: f"系统版本{_n(rng, 99, 10)}.{_n(rng, 200, 100)}.{_n(rng, 99, 10)}.{_n(rng, 99, 10)}"
    ),
    Ordinary("version v", lambda rng: f"升级到V{_n(rng, 9)}.{_n(rng, 9)}.{_n(rng, 9)}.{_n(rng, 99)}就黑屏"),
    Ordinary("paragraph", lambda rng: f"说明书{_n(rng, 9)}.{_n(rng, 9)}.{_n(rng, 9)}.{_n(rng, 9)}节写错了"),
    Ordinary("private network", lambda rng: f"{_ipv4_private(rng)}打不开"),
    Ordinary(
        "times",
        lambda rng: (
            f"{_n(rng, 12):02d}:{_n(rng, 59):02d}:{_n(rng, 59):02d}到{_n(rng, 23, 13)}:{_n(rng, 59):02d}:{_n(rng, 59):02d}没人"
        ),
    ),
    Ordinary(
        "date of service", lambda rng: "{:04d}-{:02d}-{:02d}上门，{}/{}/{}才来".format(*_day_of_service(rng), *_day_of_service(rng))
    ),
    Ordinary(
        "date of service in Han",
        lambda rng: "{}年{}月{}日报修，{}年{}月装的".format(*_day_of_service(rng), *_day_of_service(rng)[:2]),
    ),
    Ordinary("date of manufacture", lambda rng: "生产日期{:04d}-{:02d}-{:02d}，看不出生产地".format(*_day_of_service(rng))),
    Ordinary(
        "happened on", lambda rng: "故障发生于{:04d}-{:02d}-{:02d}，{}月{}日生效".format(*_day_of_service(rng), *_date(rng)[1:])
    ),
    Ordinary("birthday gift", lambda rng: "生日礼物，{:04d}-{:02d}-{:02d}买的".format(*_day_of_service(rng))),
    Ordinary("price", lambda rng: f"收费{_n(rng, 9999)}.{_digits(rng, 2)}元，报价{_n(rng, 99)},{_digits(rng, 3)}.00元"),
    Ordinary("measures", lambda rng: f"尺寸{rng.uniform(10, 99):.2f}×{rng.uniform(10, 99):.2f}×{rng.uniform(10, 99):.2f}厘米"),
    Ordinary(
        "two measures",
        lambda rng: (
            f"电压{rng.uniform(200, 240):.1f}, "
            f"电流{rng.uniform(1, 16):.2f}，温度{rng.uniform(18, 30):.1f}, "
            f"{rng.uniform(73, 99):.1f}"
        ),
    ),
    Ordinary("readings", lambda rng: f"读数 {rng.uniform(0, 9):.4f}, {rng.uniform(0, 9):.4f}"),
    Ordinary("list of fine figures", lambda rng: ", ".join(f"{rng.uniform(18, 130):.5f}" for _ in range(4))),
    Ordinary("angles", lambda rng: f"倾斜{_n(rng, 89)}°，转了{_n(rng, 359)}度，角度{_n(rng, 89)}.5°"),
    Ordinary("temperature", lambda rng: f"室外{_n(rng, 40)}℃，设定{_n(rng, 30, 16)}度，E{_n(rng, 9)}故障，N{_n(rng, 99)}"),
    Ordinary("position of a thing", lambda rng: f"安装位置偏了{_n(rng, 9)}.5厘米，定位孔{_n(rng, 9)}个"),
    Ordinary("error codes", lambda rng: f"报错{rng.choice('EFHP')}{_digits(rng, rng.randint(1, 5))}，代码{_digits(rng, 4)}"),
    Ordinary("ratio", lambda rng: f"{_n(rng, 50)}:{_n(rng, 50)}:{_n(rng, 50)}，{_n(rng, 9)}-{_n(rng, 9)}-{_n(rng, 9)}"),
    Ordinary("six pairs of digits", lambda rng: "水位 " + "-".join(f"{10 * each}" for each in range(1, 7))),
    Ordinary("service time", lambda rng: f"等了{_n(rng, 99)}分{_n(rng, 59)}秒，第{_n(rng, 9)}次，{_n(rng, 9)}号上门"),
    Ordinary("way to the outlet", lambda rng: f"网点离路口{_n(rng, 900)}米，走了{_n(rng, 9)}条街，开了{_n(rng, 9)}公里"),
    Ordinary("at home", lambda rng: f"looked at {rng.choice(('home', 'work', 'once'))}, {_n(rng, 9)} dots on the screen"),
    Ordinary(
        "customers without a name",
        lambda rng: (
            "客户"
            + rng.choice(_words("多次 经常 今天 强烈 再次 明确 于上午 向厂家 高度 家里 全家 周一 连续 方面 时常 应约 单方"))
            + "反映漏水"
        ),
    ),
    Ordinary(
        "users without a name",
        lambda rng: (
            "用户" + rng.choice(_words("昨天 主动 普遍 马上 张口 常年 白天 付费后 万般无奈 和师傅 都 也 没有 又")) + "来电说不好"
        ),
    ),
    Ordinary(
        "labels without a value",
        lambda rng: (
            rng.choice(
                (
                    "护照没带，",
                    "身份证复印件，",
                    "驾照过期了，",
                    "通行证在车上，",
                    "车架号看不清，",
                    "联系人电话不对，",
                    "IP地址冲突，",
                    "生日快到了，",
                )
            )
            + f"等了{_n(rng, 9)}天"
        ),
    ),
    Ordinary(
        "customer service",
        lambda rng: (
            rng.choice(("Customer Service Center", "Contact Us", "Customer Very Good", "Client Support Team", "Name Brand"))
            + " is slow"
        ),
    ),
    Ordinary("percent", lambda rng: f"{rng.uniform(0, 100):.2f}%，{rng.uniform(0, 100):.4f} %"),
    Ordinary("dimension of a screen", lambda rng: f"屏幕{_n(rng, 4000, 1000)}x{_n(rng, 3000, 1000)}，{_n(rng, 240, 30)}Hz"),
    Ordinary("order number", lambda rng: f"SO{_date(rng, 2018, 2026)[0]}-{_digits(rng, 4)}-{_digits(rng, 5)}", is_number=True),
    Ordinary("serial number", lambda rng: f"{rng.choice('ABDFJKNPR')}{rng.choice('ABDFJKNPR')}{_digits(rng, 10)}", is_number=True),
    Ordinary(
        "batch number", lambda rng: "批号{}{:04d}{:02d}{:02d}".format(rng.choice("ABCEGHM"), *_day_of_service(rng)), is_number=True
    ),
    Ordinary("code counted up", lambda rng: f"{rng.choice('ABCEGHM')}{_n(rng, 99999):08d}", is_number=True),
    Ordinary(
        "time stamp",
        lambda rng: "{:04d}{:02d}{:02d}".format(*_day_of_service(rng)) + f"{_n(rng, 23):02d}{_digits(rng, 4)}",
        is_number=True,
    ),
    Ordinary("fraction", lambda rng: f"0.{_digits(rng, 15)}", is_number=True),
    Ordinary("hexadecimal", lambda rng: "".join(rng.choice("0123456789abcdef") for _ in range(32)), is_number=True),
)
