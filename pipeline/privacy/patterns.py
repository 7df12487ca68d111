"""Patterns of personal data in text, the scanner's own, each with a validator that excludes figures and ids.

One text in, spans out. Written independently of ``pipeline/desensitize``, which removes such data. Telephone numbers follow
the numbering plan of mainland China, identity numbers GB 11643 (ISO 7064 MOD 11-2), bank cards ISO/IEC 7812, plates
GA 36-2018. Service lines (400, 800) are public and belong to no person. ``subjects.py`` finds the texts.
Papers and vehicles are in ``papers.py``, places of devices and dates of birth in ``positions.py``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from pipeline.privacy import papers, positions
from pipeline.privacy.matches import INVISIBLE, PROVINCES, Finder, Match, normalise

__all__ = ["INVISIBLE", "SEARCHES", "SURNAMES", "Finder", "Match", "find", "is_bank_card", "is_resident_id", "normalise"]


def _words(text: str) -> list[str]:
    return text.split()


def find(text: str, searches: Iterable[Finder] | None = None) -> list[Match]:
    """All personal data that the patterns find in a text, by position; spans of different kinds may overlap.

    searches   of ``SEARCHES``; default: all
    """
    plain = normalise(text)
    matches = {
        (match.kind, match.start, match.end): match
        for search in (SEARCHES if searches is None else searches)
        for match in search(plain)
        if match.text
    }
    return sorted(matches.values(), key=lambda match: (match.start, match.end, match.kind))


# --- numbers ------------------------------------------------------------------------------------------------------------

_BETWEEN = r"[\s\-‐‑‒–—―−_.·•・*/,，、()（）]"
_NUMBER = re.compile(rf"\d(?:{_BETWEEN}{{0,3}}\d)*(?:{_BETWEEN}?[Xx](?![0-9A-Za-z]))?", re.ASCII)
# A mobile is written in one piece, digit by digit, or in groups that begin with its network's three or four digits.
_FIRST_GROUPS = frozenset({3, 4, 5, 7})
_USUAL_GROUPS = frozenset({(3, 4, 4), (3, 8), (7, 4), (4, 3, 4), (4, 4, 3), (3, 3, 5), (5, 6)})
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
# City and county of an identity number; the digits after a decimal point are none.
_OLD_DISTRICT = re.compile("(?:0[1-9]|[1-6][0-9]|90)(?!00)[0-9]{2}")
_DECIMALS = re.compile("[0-9][.,]$")
_BIRTH = re.compile(r"(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", re.ASCII)
# UnionPay, Visa, MasterCard, JCB, and what Chinese banks issued before UnionPay's 62.
_CARD_PREFIX = re.compile(r"62|4|5[1-5]|35(?:2[89]|[3-8])|60|81|9558|68|69|10")
_AREA_CODE = r"0(?:10|2\d|[3-9]\d\d)"
_LANDLINE = re.compile(rf"{_AREA_CODE}[2-8]\d{{6,7}}", re.ASCII)
_WRITTEN_LANDLINE = re.compile(rf"{_AREA_CODE}{_BETWEEN}{{0,3}}[2-8]\d{{2,3}}{_BETWEEN}{{0,2}}\d{{4}}", re.ASCII)
# After the country code only separators within a number: 86,268.94–182.73 is an interval.
_GAP = r"[\s\-‐‑‒—―()（）]"
_FOREIGN_LANDLINE = re.compile(
    rf"(?:00)?86{_GAP}{{0,3}}0?{_GAP}{{0,2}}{_AREA_CODE[1:]}{_GAP}{{0,3}}[2-8]\d{{2,3}}{_GAP}{{0,2}}\d{{4}}", re.ASCII
)
# Separators that also separate figures: 12.5, 1,234, 3 / 4, 1–2.
_MARKS_OF_FIGURES = frozenset(".,，、/*–")
_ID_WORD = re.compile(r"身份证|证件")
_PHONE_WORD = re.compile(r"(?:电话|手机|座机|固话|致电|拨打|联系方式|(?i:tel|phone))[^\d。；;]{0,8}$")


def is_resident_id(number: str) -> bool:
    """Whether 18 characters are a resident identity number: province, date of birth and check character."""
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, number[:17], strict=True))
    return _is_like_id(number) and "10X98765432"[total % 11] == number[17].upper()


def is_bank_card(digits: str) -> bool:
    """Whether 16 to 19 digits begin like a bank card and satisfy Luhn (ISO/IEC 7812-1)."""
    if not 16 <= len(digits) <= 19 or not _CARD_PREFIX.match(digits) or len(set(digits)) < 2:
        return False
    doubled = (2 * int(digit) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(value - 9 * (value > 9) for value in doubled)) % 10 == 0


def _is_like_id(number: str) -> bool:
    # Foreigners' permanent residence since 2023: a 9, the province, the country, then the date of birth.
    is_in_china = number[:2] in PROVINCES or (number[0] == "9" and number[1:3] in PROVINCES)
    return is_in_china and bool(_BIRTH.fullmatch(number[6:14]))


def _numbers(text: str) -> Iterator[Match]:
    for match in _NUMBER.finditer(text):
        if len(match[0]) >= 7 and not _is_part_of_word(text, match.start(), match.end()):
            yield from _numbers_in(text, match)


def _is_part_of_word(text: str, start: int, end: int) -> bool:
    """Whether digits are inside a code or hexadecimal token, or after a decimal point, and so not a number of their own."""
    before, after = text[start - 1 : start], text[end : end + 1]
    is_code = any(character.isascii() and (character.isalnum() or character in "_:%") for character in (before, after) if character)
    return is_code and not (before == ":" and not text[start - 2 : start - 1].isdigit()) and after != "X"


def _numbers_in(text: str, match: re.Match[str]) -> Iterator[Match]:
    """The numbers in a run of digits and separators: they begin and end at the edges of digit groups."""
    groups = [(group.start(), group.end()) for group in re.finditer(r"[0-9]+[Xx]?|[Xx]", match[0])]
    offset, first = match.start(), 0
    while first < len(groups):
        for last in range(min(len(groups), first + 19), first, -1):
            start, end = offset + groups[first][0], offset + groups[last - 1][1]
            lengths = [stop - begin for begin, stop in groups[first:last]]
            kind = _kind_of_number(re.sub(r"[^0-9Xx]", "", text[start:end]), lengths, text, start, end)
            if kind:
                yield Match(kind, start, end, text[start:end])
                first = last - 1
                break
        first += 1


def _kind_of_number(number: str, lengths: list[int], text: str, start: int, end: int) -> str | None:
    """What one number is; ``lengths`` are those of its groups of digits."""
    digits = number.rstrip("Xx")
    separators = re.findall(r"(?<=[0-9])[^0-9]+(?=[0-9])", text[start:end])
    if len(number) == 18 and len(digits) >= 17 and not _is_of_figures(_marks(separators)):
        is_announced = bool(_ID_WORD.search(text, max(0, start - 12), start))
        if is_resident_id(number) or (_is_like_id(number) and (is_announced or lengths in ([6, 8, 4], [6, 4, 4, 4]))):
            return "id_number"
    if number != digits:
        return None
    if len(digits) == 15 and digits[:2] in PROVINCES and _BIRTH.fullmatch("19" + digits[6:12]):
        # The numbers in use until 2013 have no check digit: without their word, province, district, date and writing must be right.
        is_written_so = (
            _OLD_DISTRICT.fullmatch(digits[2:6]) and lengths in ([15], [6, 6, 3]) and not _DECIMALS.search(text, 0, start)
        )
        is_announced = bool(_ID_WORD.search(text, max(0, start - 12), start))
        return "id_number" if is_announced or (is_written_so and not _is_of_figures(_marks(separators))) else None
    if is_bank_card(digits) and _is_grouped_like_card(lengths):
        return "bank_card"
    if _is_mobile(digits, lengths, separators) or _is_landline(digits, text, start, end):
        return "phone"
    if len(lengths) <= 2 and re.fullmatch(r"[2-8]\d{6,7}", digits) and _PHONE_WORD.search(text, max(0, start - 14), start):
        return "phone"
    return None


def _marks(separators: Iterable[str]) -> set[str]:
    """The separators between groups of digits, except spaces and brackets; an empty separator counts as one too."""
    return {re.sub(r"[\s()（）]", "", separator) for separator in separators}


def _is_of_figures(marks: set[str]) -> bool:
    """Whether digits are several figures next to each other: separators of figures, and not always the same."""
    return len(marks) > 1 and bool(_MARKS_OF_FIGURES & set("".join(marks)))


def _is_grouped_like_card(lengths: list[int]) -> bool:
    is_regular = len(set(lengths[:-1])) == 1 and lengths[0] in (1, 4)
    return len(lengths) == 1 or is_regular or (len(lengths) == 2 and lengths[0] == 6)


def _is_mobile(digits: str, lengths: list[int], separators: list[str]) -> bool:
    number = re.sub(r"^(?:(?:00)?86|0)", "", digits) if len(digits) > 11 else digits
    if not re.fullmatch(r"1[3-9]\d{9}", number):
        return False
    own = _own_groups(lengths, len(number))
    if own is None:
        return False
    if len(own) == 1:
        return True
    marks = _marks(separators[-len(own) + 1 :])
    if set(own) == {1}:
        return len(set("".join(marks))) <= 1
    is_usual = tuple(own) in _USUAL_GROUPS
    if any(_MARKS_OF_FIGURES & set(mark) for mark in marks):
        # 135，88.44–92.81 is a count with its interval, 1938513 / 4459 a ratio.
        return is_usual and len(own) > 2 and len(marks) == 1
    return len(marks - {""}) <= 1 and (is_usual or (len(own) > 2 and own[0] in _FIRST_GROUPS and min(own) >= 2))


def _own_groups(lengths: list[int], wanted: int) -> list[int] | None:
    """The groups without country code or leading zero; None if the code ends inside a group."""
    extra = sum(lengths) - wanted
    own = list(lengths)
    while extra > 0 and own:
        taken = min(extra, own[0])
        own[0] -= taken
        extra -= taken
        if own[0] == 0:
            own.pop(0)
    return own or None


def _is_landline(digits: str, text: str, start: int, end: int) -> bool:
    number = text[start:end]
    return bool(_FOREIGN_LANDLINE.fullmatch(number)) or bool(_LANDLINE.fullmatch(digits) and _WRITTEN_LANDLINE.fullmatch(number))


_SPOKEN = {
    "0": "零〇○洞", "1": "一壹幺妖腰", "2": "二贰两", "3": "三叁", "4": "四肆", "5": "五伍", "6": "六陆", "7": "七柒拐",
    "8": "八捌", "9": "九玖勾",
}  # fmt: skip
_DIGIT_OF = {word: digit for digit, words in _SPOKEN.items() for word in words}
_WORDS = "".join(_DIGIT_OF)
_SPOKEN_UNIT = rf"(?:[两二三四五六2-6]个[{_WORDS}0-9]|[{_WORDS}0-9])"
_SPOKEN_RUN = re.compile(rf"{_SPOKEN_UNIT}(?:[\s,，、。.\-—…·]{{0,2}}{_SPOKEN_UNIT}){{6,}}")
_SPOKEN_TIMES = re.compile(rf"([两二三四五六2-6])个([{_WORDS}0-9])")
_SHORTEST_SPOKEN = 7


def _spoken(text: str) -> Iterator[Match]:
    """Numbers read out: mobiles, identity numbers and any seven digits or more, most of them words."""
    for match in _SPOKEN_RUN.finditer(text):
        expanded = _SPOKEN_TIMES.sub(lambda times: times[2] * int(_DIGIT_OF.get(times[1], times[1])), match[0])
        units = re.findall(rf"[{_WORDS}0-9]", expanded)
        digits = "".join(_DIGIT_OF.get(unit, unit) for unit in units)
        words = sum(unit in _DIGIT_OF for unit in units)
        steps = {int(b) - int(a) for a, b in pairwise(digits)}
        # 一、二、三、四、五、六、七 counts, 一一一一一一一 draws a line.
        if len(digits) < _SHORTEST_SPOKEN or steps in ({1}, {0}):
            continue
        is_mobile = bool(re.fullmatch(r"(?:0|86)?1[3-9]\d{9}", digits)) and (words >= 2 or "幺" in match[0])
        if is_mobile or words >= max(3, len(digits) - 2):
            yield Match("spoken_number", match.start(), match.end(), match[0])


# --- plates, e-mail, accounts -------------------------------------------------------------------------------------------

_PLATE = re.compile(
    r"[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][ ]?[A-HJ-NP-Za-hj-np-z][\s·.•・\-]{0,2}"
    r"(?P<body>[A-HJ-NP-Za-hj-np-z0-9](?:[ ]?[A-HJ-NP-Za-hj-np-z0-9]){3,5}[挂学警港澳]?)(?![A-Za-z0-9])"
)
_NEW_ENERGY = re.compile(r"[A-HJK][A-HJ-NP-Z0-9]\d{4}|\d{5}[A-HJK]", re.ASCII)
_ENDING = r"(?:com|cn|net|org|edu|gov|top|cc|vip|info|io|me|xyz|co|hk|tw)(?![A-Za-z0-9])"
_LOCAL = r"[A-Za-z0-9](?:[A-Za-z0-9._%+\-]{0,63})(?:[ ]?(?:点|下划线|横杠|中划线|减号)[ ]?[A-Za-z0-9_\-]{1,40}){0,2}"
_HOST = r"[A-Za-z0-9\-]+"
_AT = r"(?:[ ]?(?:@|艾特|圈a|小老鼠|[(\[{<【][ ]?(?:at?|@|艾特)[ ]?[)\]}>】])[ ]?)"
# Signs and words for a dot count before an ending that is known.
_SAID_DOT = r"(?:[。,、丶·]|[ (\[{【](?:dot|点)[ )\]}】])"
_EMAIL = re.compile(
    rf"{_LOCAL}(?:{_AT}{_HOST}(?:[ ]?(?:\.|点)[ ]?{_HOST}){{0,4}}[ ]?(?:(?:\.|点)[ ]?[A-Za-z]{{2,10}}|{_SAID_DOT}[ ]?{_ENDING})"
    rf"|{_AT}(?:qq|163|126|139|gmail|foxmail|sina|outlook|hotmail)(?:邮箱)?(?![A-Za-z0-9.])"
    rf"|[ (\[{{]at[ )\]}}]{_HOST}(?:(?:[ (\[{{]dot[ )\]}}]|[ ]?点[ ]?){_HOST}){{0,3}}(?:[ (\[{{]dot[ )\]}}]|[ ]?点[ ]?){_ENDING}"
    rf"|#(?:{_HOST}\.)+{_ENDING})"
    rf"|(?:邮箱|邮件|(?<![A-Za-z])e-?mail)(?:地址|是|为|[:\s]){{0,3}}[A-Za-z0-9._%+\-]+[ _]at[ _]{_HOST}(?:[ ]?[.点][ ]?{_HOST})+",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(
    r"(?:微信|薇信|威信|(?<![A-Za-z])(?:wechat|weixin|vx|wx|qq)|扣扣)(?:号码?|账号|id)?[\s:：是为]{1,4}"
    r"(?P<value>[A-Za-z][A-Za-z0-9_\-]{5,19}|[1-9]\d{4,11})(?![A-Za-z0-9_])"
    r"|(?P<id>wxid_[A-Za-z0-9]{6,})",
    re.IGNORECASE,
)


def _plates(text: str) -> Iterator[Match]:
    for match in _PLATE.finditer(text):
        body = match["body"].replace(" ", "").upper()
        digits = sum(map(str.isdigit, body))
        is_usual = len(body) == 5 and digits >= 3
        if is_usual or (len(body) == 6 and _NEW_ENERGY.fullmatch(body)):
            yield Match("plate", match.start(), match.end(), match[0])


def _emails(text: str) -> Iterator[Match]:
    return (Match("email", match.start(), match.end(), match[0]) for match in _EMAIL.finditer(text))


def _accounts(text: str) -> Iterator[Match]:
    for match in _ACCOUNT.finditer(text):
        group = "value" if match["value"] else "id"
        yield Match("account", match.start(group), match.end(group), match[group])


# --- addresses ----------------------------------------------------------------------------------------------------------

_HAN = "[\u3400-\u4dbf\u4e00-\u9fff]"
_COUNT = r"(?:\d{1,5}|[一二三四五六七八九十百零〇两]{1,5})"
_STREET = re.compile(
    rf"{_HAN}{{1,8}}(?:大道|大街|路|街|巷|弄|胡同|里)(?:[东西南北中])?(?:[一二三四五六七八九十]{{1,3}}[路街巷段里])?[段]?[\s,，]?"
    rf"(?:(?i:no)\.?[\s]?)?[甲乙丙丁]?{_COUNT}(?:[\s]?[-－–—之附][\s]?{_COUNT}){{0,2}}[\s]?(?:[号號](?![线码])|弄|#(?=\d{{3}}))"
    rf"|{_HAN}{{1,8}}(?:大道|大街|路|街|巷|里)[\s]?(?:{_COUNT}之{_COUNT}|\d{{1,4}}-\d{{1,3}}-\d{{3,4}}(?![\d\-]))"
)
_DOOR = re.compile(
    rf"(?:[A-Za-z]|{_COUNT})[\s]?(?:栋|幢|号楼|座)[\s\-,，]?(?:{_COUNT}[\s]?单元[\s\-,，]?)?(?:{_COUNT}[\s]?[层楼][\s\-,，]?)?"
    rf"(?:\d{{3,4}}(?![\d元块年台个次])|{_COUNT}[\s]?(?:室|号房|户))"
    rf"|{_COUNT}[\s]?单元[\s\-,，]?(?:{_COUNT}[\s]?[层楼])?[\s]?(?:\d{{3,4}}(?![\d元块年台个次])|{_COUNT}[\s]?(?:室|户))"
    rf"|(?:栋|幢|楼|小区|花园|公寓|苑|大厦|家园|新村|城|府|湾){_HAN}{{0,2}}[\s]?\d{{1,3}}[-－]\d{{1,3}}(?:[-－]\d{{1,4}})?(?!\d)"
)
_ESTATE = re.compile(
    rf"{_HAN}{{2,8}}(?:小区|花园|公寓|家园|新村|花苑|雅苑|佳园|华庭|公馆|山庄|大厦|宿舍)"
    rf"(?:{_HAN}?[区期])?[\s,，]?(?:[A-Za-z]|{_COUNT})[\s]?(?:栋|幢|号楼|座|单元|号)"
)
_VILLAGE = re.compile(
    rf"{_HAN}{{1,6}}(?:镇|乡|街道){_HAN}{{1,6}}(?:村|屯|社区)(?:{_HAN}{{0,4}}?{_COUNT}(?:组|队|号|社))"
    rf"|{_HAN}{{1,5}}村{_HAN}{{0,4}}?{_COUNT}(?:组|队|社|屯|号)"
)
_ANNOUNCED = re.compile(
    rf"(?:(?:住址|收货地址|家庭地址|地址)[是为]?[:：\s]|家住|住在|我家在|送到|寄到){_HAN}{{2,16}}?"
    r"(?:大道|大街|胡同|路|街|巷|小区|花园|公寓|家园|新村|苑|村|屯|宿舍|山庄)"
)


def _addresses(text: str) -> Iterator[Match]:
    for pattern in (_STREET, _DOOR, _ESTATE, _VILLAGE, _ANNOUNCED):
        yield from (Match("address", match.start(), match.end(), match[0]) for match in pattern.finditer(text))


# --- names --------------------------------------------------------------------------------------------------------------

# Nineteen of twenty people of mainland China have one of these; those that are mostly an ordinary word (于, 和, 时) count
# only if they stand alone and not inside a word.
SURNAMES = (
    "阎王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁宋唐许韩冯邓曹彭曾肖田董袁潘蒋蔡余杜叶苏魏吕丁沈姚卢姜崔钟谭陆汪范石廖贾"
    "夏韦付邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万覃武戴莫孔汤康施牛樊葛邢齐伍庞颜倪庄聂章鲁岳翟殷詹申欧耿焦俞柳甘"
    "祝包符阮柯纪梅童凌毕单裴霍涂苗曲翁骆辛管柴蒙鲍喻祁蒲滕饶尤阳穆农卓古吉缪简项芦褚娄戚岑冷晏卫柏瞿佟臧闵苟邬卞姬仇栾隋"
    "刁寇甄丛仲虞敖巩桑匡鞠荆郁谈楚冀鄢谌奚栗蔺萧傅屠郜揭习邝佘赖狄晁雍芮阙裘嵇茅昝荀尧郗扈庹濮琚檀禤邴"
)
_WORD_SURNAMES = "高谢程任方金白钱严常温文安易关左宁尚季成谷盛路游靳华房屈解艾司车连景党宫费卜席米宗桂全应边师"
_COMPOUND = "欧阳|上官|皇甫|令狐|诸葛|司徒|司马|夏侯|慕容|公孙|端木|东方|长孙|南宫|独孤|尉迟|澹台|呼延|宇文|赫连|申屠|闻人|钟离"
_PERSONAL = "先生|女士|小姐|太太|夫人|阿姨|大姐|大哥|大爷|大妈|大叔|同志|奶奶|爷爷"
_ROLE = "师傅|经理|老师|工程师|技师|主任|店长|老板|主管|组长|站长|医生|教授|律师|警官|队长|科长|总监"
# What may precede a name, so that a surname inside a word does not count: 找王先生, 给李师傅, 客户张女士.
_BEFORE_NAME = (
    rf"(?:(?<!{_HAN})|(?<=[找给和跟对与叫请是让问把被谢为向有由到让的])"
    r"|(?<=客户|用户|顾客|师傅|联系|感谢|先生|女士|反馈|投诉|名叫))"
)
_GIVEN = rf"(?:(?![的了我你他她它们这那没就也很还吗呢吧啊都在是有不给让去到上下说些]){_HAN})"
_BEFORE_PERSONAL = re.compile(
    rf"(?P<name>(?:{_COMPOUND}){_GIVEN}{{0,2}}|[{SURNAMES}]{_GIVEN}{{0,2}}|[{_WORD_SURNAMES}]{_GIVEN}{{1,2}})(?:{_PERSONAL})"
    rf"|{_BEFORE_NAME}(?P<short>[{_WORD_SURNAMES}])(?:{_PERSONAL})"
)
_BEFORE_ROLE = re.compile(
    rf"{_BEFORE_NAME}(?P<name>(?:{_COMPOUND}){_GIVEN}{{0,2}}|[{SURNAMES}{_WORD_SURNAMES}]{_GIVEN}{{0,2}})(?:{_ROLE})"
)
_AFTER_NAME = rf"(?=$|(?!{_HAN}).|很|态度|服务|上门|来|说|电话|手机|的|反映|反馈|投诉|报修|要求|表示|致电|维修|安装|地址|先生|女士)"
_AFTER_WORD = re.compile(
    rf"(?:{_PERSONAL}|师傅|工程师|技师|客服|客户|用户|顾客)[\s:：,，]?"
    rf"(?P<name>(?:{_COMPOUND}){_GIVEN}{{1,2}}|[{SURNAMES}]{_GIVEN}{{1,2}}?){_AFTER_NAME}"
)
_LABELLED = re.compile(
    r"(?:姓名|联系人|收货人|收件人|报修人|投诉人|来电人|户主|机主|车主|业主)[\s]?[:：是为][\s]?"
    rf"(?P<name>{_HAN}{{2,8}}(?:[·•・.‧∙⋅]{_HAN}{{1,10}})+|{_HAN}{{2,4}}"
    rf"|[A-ZÀ-ÞĐ][A-Za-zÀ-ſƠ-ưḀ-ỿ'’.\-]+(?:,? (?:[a-z]{{1,3}} ){{0,2}}[A-ZÀ-ÞĐ][A-Za-zÀ-ſƠ-ưḀ-ỿ'’.\-]*)*)"
    rf"|(?:我叫|名叫|我是|(?:客户|用户|顾客|业主)叫)[\s]?(?P<told>(?:{_COMPOUND}){_GIVEN}{{1,2}}|[{SURNAMES}]{_GIVEN}{{1,2}}?){_AFTER_NAME}"
)
# 客户…反映: who speaks in a note of a call, in any script; English labels with or without a colon.
_UPPER, _LATIN = "A-ZÀ-ÖØ-ÞĐ", "A-Za-zÀ-ÖØ-öø-ſƠ-ưḀ-ỿ"
_LATIN_FULL = (
    rf"[{_UPPER}][{_LATIN}'’.\-]+(?:,? (?:(?:d[aeio]s?|del|van|von|der|bin|al|el|la) ){{0,2}}[{_UPPER}][{_LATIN}'’.\-]*){{1,3}}"
)
_DOTTED = rf"{_HAN}{{2,8}}(?:[ ]?[·•・‧∙⋅][ ]?{_HAN}{{1,10}}){{1,4}}"
_SPEAKS = (
    r"(?:于|在|昨天|昨日|今天|今日|前天|上午|下午|再次|多次|刚才|刚刚|又|通过(?:电话|热线|微信|网络|网站|平台|APP)|先生"
    r"|女士|[0-9年月日号时分:\-/\s]{1,20}){0,3}(?:反映|反馈|来电|致电|投诉|报修|来访|来信|打来|咨询|要求|催|提出|表示|说|称)"
)
_CALLER = re.compile(
    r"(?:客户|用户|顾客|业主|机主|车主|房主|住户|租客|租户|买家|会员|来电人|投诉人|反映人|报修人)(?:叫|是)?[\s:(【「“\"]{0,2}"
    rf"(?:(?P<foreign>{_DOTTED}|{_LATIN_FULL}|[{_UPPER}][a-zß-öø-ÿ'’\-]{{2,20}})"
    rf"|(?P<strong>(?:{_COMPOUND}){_GIVEN}{{1,2}}|[{SURNAMES}]{_GIVEN}{{1,2}}?)"
    rf"|(?P<weak>[高谢程金白钱严温易左季谷盛靳屈艾宗桂]{_GIVEN}|[{_WORD_SURNAMES}于和向时应单管明童游]{_GIVEN}{{2}}))(?=[)】」”\"]?{_SPEAKS})"
)
_ENGLISH = re.compile(
    r"(?<![A-Za-z])(?:(?i:recipient|consignee|contact(?: person)?|customer(?: name)?|client|receiver|sender|caller"
    rf"|attn\.?|applicant|signed by|name)[ ]?[:=][ ]?(?P<name>{_LATIN_FULL}|{_HAN}{{2,4}}(?!{_HAN})|{_DOTTED})"
    # Not CUSTOMER BRING ITEM BACK.
    r"|(?:[Rr]ecipient|[Cc]onsignee|[Cc]ontact (?:person|name)|[Cc]ustomer(?: name)?|[Cc]lient"
    rf"|[Rr]eceiver|[Ss]ender|[Cc]aller|[Aa]ttn\.?|[Aa]pplicant|[Ss]igned by) (?P<full>{_LATIN_FULL}))"
    rf"|(?:姓名|联系人|收货人|收件人|寄件人|报修人|投诉人|来电人|户主|机主|车主|业主)[ ]?"
    rf"(?P<behind>{_LATIN_FULL}|{_DOTTED}|(?:{_COMPOUND}){_GIVEN}{{1,2}}"
    rf"|[{SURNAMES}]{_GIVEN}{{1,2}}?(?=$|(?!{_HAN}).|电话|手机|地址))"
    r"|(?:姓名|联系人|收货人|收件人|寄件人|报修人|投诉人|户主|机主|车主"
    rf"|业主)[ ]?:[ ]?(?P<spaced>[{SURNAMES}{_WORD_SURNAMES}][ ]{_HAN}(?:[ ]?{_HAN})?(?=$|(?!{_HAN}).))"
)
# Customer Service, Contact Us; 于 and 和 before what is no given name.
_THINGS = frozenset(
    _words(
        "Service Services Support Care Center Centre Team Department Satisfaction Experience "
        "Hotline Us Number Name Manager Phone Line Very Good Bad"
        " Great Not Request Report Feedback Complaint Id Code Address Email Tel Portal "
        "App Area Room Type Online Office Store Shop Company Inc Brand"
        " New Model Unit Please Is Was Has Had Said The This That Our Your My Air "
        "Relations Data Details Info Information Form Order Account"
    )
)
_GIVEN_CHARACTERS = frozenset(
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀英霞平刚桂兰玉华红建国志海燕春梅永晓文博子轩雨桐浩然欣怡梓涵思远嘉琪美玲俊龙凤淑珍振德胜雪佳慧宏立新卫东金少宇"
    "鸣若曦林峰鹏飞辉斌波宁莉莹璐瑶婷倩颖媛欢康健成虎清泉松柏云星月晨阳光岚芸萍菊莲蓉薇菲蕾琳祥福瑞民义仁礼智信诚忠孝良善贤哲睿聪彦彬才艺诺恩爱家兴旺荣富贵"
    "宝珠依彤青蓝紫翠碧素洁冰凡帆航凯旋坤雄威武毅坚恒长达通顺祖小大"
)
_FOREIGN = re.compile(
    rf"(?P<name>{_HAN}{{2,8}}(?:[·•・]{_HAN}{{1,10}})+|[A-Z][a-z'’]+(?:[ .][A-Z][a-z'’]+){{0,3}})[\s]?(?:{_PERSONAL})"
)
# Words that begin like a surname before a role but are not names: 高级工程师, 项目经理, 安装师傅.
_NO_NAMES = frozenset(
    _words(
        "高级 项目 安装 区域 应急 单位 程序 关键 全体 全部 全国 方案 文员 金牌 安全 安保 安检 管理 包装 "
        "房产 连锁 成本 华东 华南 华北 "
        "常务 常驻 景区 路政 车间 车队 边检 司机 游客 严格 简单 齐全 温馨 钱款 石油 石材 康复 施工 申请 "
        "申报 纪检 章程 单店 童装 欧洲 "
        "张口 张嘴 万般 万一 明天 明年 管子 单方 单位 周一 周二 周三 周四 周五 周六 周日 周天 周末 周内 周到 "
        "周年 何时 何种 何人 江苏 江西 江南 梅州 柳州 许多 顾客 苏州 苏宁 徐州 郑州 邵阳 沈阳 南京 余下 曾任 "
        "曾在 付费 马上 毕业 习惯 单个 "
        "农村 农机 管道 管家 包修 庄园 古镇 项下 简易 尤其 申诉 符合 纪要 焦急 牛奶 卫生 卫浴 卓越 汤池 "
        "武汉 贺州 石家庄 易损 任何 任意 "
        "任职 尚未 宁波 成都 白天 方便 时间"
    )
)


def _names(text: str) -> Iterator[Match]:
    for pattern in (_BEFORE_PERSONAL, _BEFORE_ROLE, _AFTER_WORD, _LABELLED, _FOREIGN, _CALLER, _ENGLISH):
        for match in pattern.finditer(text):
            group = next(name for name, value in match.groupdict().items() if value is not None)
            name = match[group]
            if group == "weak" and not _GIVEN_CHARACTERS.issuperset(name[1:]):
                continue
            if group in ("foreign", "full", "behind", "name") and not _THINGS.isdisjoint(re.split("[ ,]+", name)):
                continue
            # 周天宇 is a name although 周天 is a day.
            is_full = group in ("weak", "strong") and len(name) == 3 and _GIVEN_CHARACTERS.issuperset(name[1:])
            if is_full or (name[:2] not in _NO_NAMES and name not in _NO_NAMES and name not in _GREETINGS):
                yield Match("name", match.start(group), match.end(group), name)


_GREETINGS = frozenset(_words("Hi Hello Hey Dear Mr Mrs Ms Miss Dr Sir Madam The And Thanks Thank Sorry Ok OK"))

_CONTACT_GUARD = (
    "@|[A-Za-z0-9]#[A-Za-z0-9]|艾特|小老鼠"
    "|(?i:圈a|[ _({<【\\[]at?[_)}>】\\]]| at |wxid_|wechat|weixin|vx|wx|qq)|微信|薇信|威信|扣扣"
)

_SEVEN_DIGITS = rf"[0-9](?:{_BETWEEN}{{0,3}}[0-9]){{6}}"

SEARCHES: dict[Finder, tuple[str, ...]] = {
    _names: (
        f"{_PERSONAL}|{_ROLE}|客服|客户|用户|顾客|姓名|联系人|[收报投来][货件修诉电]人"
        "|户主|[机车业]主|我叫|名叫|我是|房主|住户|租客|租户|买家|会员"
        "|(?i:recipient|consignee|contact|person|customer|client|receiver|sender|caller|attn\\.?|applicant|signed by|name)"
        " ?[:=]? ?[A-ZÀ-Þ\u3400-\u9fff]",
    ),
    papers.papers: papers.PAPER_GUARDS,
    papers.vehicles: papers.VEHICLE_GUARDS,
    positions.network_addresses: positions.NETWORK_GUARDS,
    positions.coordinates: positions.COORDINATE_GUARDS,
    positions.births: positions.BIRTH_GUARDS,
    # Of a code's digits no number is read: SR2025Q1-035370.
    _numbers: (rf"(?:^|[^0-9A-Za-z_%]){_SEVEN_DIGITS}|{_SEVEN_DIGITS}X",),
    _plates: ("[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼] ?[A-Za-z]",),
    _emails: (_CONTACT_GUARD,),
    _accounts: (_CONTACT_GUARD,),
    _addresses: (
        rf"(?:[A-Za-z0-9]|{_COUNT})\s?(?:号|栋|幢|单元|座|號|弄|组|队|社|屯|#)"
        rf"|之[0-9一二三四五六七八九十]|{_HAN}\s?[0-9]{{1,4}}[-－][0-9]|地址|住址|家住|住在|我家在|送到|寄到",
    ),
    _spoken: (rf"{_SPOKEN_UNIT}(?:[\s,，、。.\-—…·]{{0,2}}{_SPOKEN_UNIT}){{6}}", f"[{_WORDS}]"),
}
"""Every search with a guard that a text must match for the search to run: for whole columns, without look-around."""
