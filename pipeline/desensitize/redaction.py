"""Free text without the people in it: what a comment says about the service stays, who and where they are goes.

Every kind of personal data of close-reading §4.2 has its pattern here and becomes a label such as ``[电话]``. Columns
that hold one value of a known class are handled in ``tokens.py`` and ``masks.py``. Patterns find what has a form, a
title or a label; a bare name in the middle of a sentence is found only when the record itself names the person.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import polars as pl

from pipeline.desensitize import lexicon

PHONE, ID_NUMBER, BANK_CARD, PLATE, EMAIL = "[电话]", "[证件号]", "[银行卡]", "[车牌]", "[邮箱]"
URL, ACCOUNT, ADDRESS, NAME, NUMBER = "[网址]", "[账号]", "[地址]", "[姓名]", "[号码]"
LABELS = (PHONE, ID_NUMBER, BANK_CARD, PLATE, EMAIL, URL, ACCOUNT, ADDRESS, NAME, NUMBER)

Step = Callable[[str], str]
Decision = Callable[[re.Match[str]], str | None]

HAN = "[\u3400-\u4dbf\u4e00-\u9fff]"

# Letters and digits people type in full width; punctuation stays as it is.
_WIDE = re.compile("[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a＠＋－．／＿]")
_NARROW = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
_NARROW |= {ord(wide): ord(narrow) for wide, narrow in zip("＠＋－．／＿", "@+-./_", strict=True)}
_NARROW_TEXT = {chr(wide): chr(narrow) if isinstance(narrow, int) else narrow for wide, narrow in _NARROW.items()}


def redact(text: str, names: Sequence[str] = ()) -> str:
    """Replace the personal data in ``text`` by labels; text without any comes back as it was.

    ``names`` are the people the record itself names: they go wherever they stand. ``redact(redact(x)) == redact(x)``.
    In a text that is changed, full-width letters and digits become half-width.
    """
    narrow = text.translate(_NARROW)
    redacted = narrow
    for name in names:
        redacted = _redact_record_name(redacted, name)
    # What one label replaces may bring two pieces together that another pattern knows; every round takes something
    # away, so the rounds end.
    while (once := _apply(redacted, _ALL_RULES)) != redacted:
        redacted = once
    return text if redacted == narrow else redacted


def redact_column(texts: pl.Series, names: pl.Series | None = None) -> pl.Series:
    """``redact`` for a whole column; ``names`` is the record's own name column, in the same order. Nulls stay null.

    The rules' guards tell in one fast pass which texts may hold what; only those go through Python, only by the rules
    that may apply, and once per distinct text.
    """
    rows = _suspects(texts)
    work = pl.DataFrame({"row": rows, "text": texts.gather(rows).str.replace_many(_NARROW_TEXT)})
    if names is not None:
        named = _redact_record_names(texts, names)
        work = pl.concat([work.join(named, on="row", how="anti"), named])
    finished: list[pl.DataFrame] = []
    while len(work):
        flags = _flags(work["text"])
        known: dict[str, str] = {}
        once = pl.Series(
            "text",
            [
                known.get(text) or known.setdefault(text, _apply(text, flag)) if flag else text
                for text, flag in zip(work["text"].to_list(), flags.to_list(), strict=True)
            ],
            dtype=pl.String,
        )
        changed = once != work["text"]
        finished.append(work.filter(~changed))
        work = pl.DataFrame({"row": work["row"], "text": once}).filter(changed)
    if not finished:
        return texts
    done = pl.concat(finished)
    # A text in which nothing was found keeps its full-width letters.
    before = texts.gather(done["row"])
    done = done.filter(done["text"] != before.str.replace_many(_NARROW_TEXT))
    return texts.clone().scatter(done["row"], done["text"]) if len(done) else texts


def _substitute(pattern: re.Pattern[str], decide: Decision, text: str, beginning: re.Pattern[str] | None = None) -> str:
    """Replace each match by what ``decide`` makes of it; None refuses it, and the next character is tried."""
    pieces: list[str] = []
    done = start = 0
    while match := _find(pattern, text, start, beginning):
        replacement = decide(match)
        if replacement is None:
            start = match.start() + 1
            continue
        pieces += text[done : match.start()], replacement
        done = start = match.end()
    return "".join((*pieces, text[done:])) if pieces else text


def _find(pattern: re.Pattern[str], text: str, start: int, beginning: re.Pattern[str] | None) -> re.Match[str] | None:
    """The next match; ``beginning``, the plain words that each one begins with, makes a large pattern fast."""
    if beginning is None:
        return pattern.search(text, start)
    while word := beginning.search(text, start):
        if match := pattern.match(text, word.start()):
            return match
        start = word.start() + 1
    return None


# --- numbers ---------------------------------------------------------------------------------------------------------

# What people and speech recognition put between the digits of one number; zero-width characters and keycaps come from
# copied chat messages.
_GAP_CHARACTERS = r"\s\-‐‑‒–—―−_.·•・*/()（）\u200b-\u200d\u2060\ufeff\ufe0f\u20e3"
_GAP = f"[{_GAP_CHARACTERS}]"
_LIST_GAP = f"[{_GAP_CHARACTERS},，、]"

_SEVEN_DIGITS = re.compile(rf"[0-9](?:{_LIST_GAP}{{0,2}}[0-9]){{6}}")
_FIFTEEN_DIGITS = re.compile(rf"[0-9](?:{_GAP}{{0,2}}[0-9]){{14}}")
# Looking behind only after the first digit lets the search run from one 1 to the next.
_MOBILE = re.compile(rf"1(?<![0-9]1){_LIST_GAP}{{0,2}}[3-9](?:{_LIST_GAP}{{0,2}}[0-9]){{9}}(?![0-9])")
_PREFIXED_MOBILE = re.compile(
    rf"(?<![0-9])(?:[(（]?(?:\+|00)?86{_GAP}{{0,2}}|0)1{_LIST_GAP}{{0,2}}[3-9](?:{_LIST_GAP}{{0,2}}[0-9]){{9}}(?![0-9])"
)
_LANDLINE = re.compile(
    rf"(?<![0-9])[(（]?0(?:10|2[0-9]|[3-9][0-9]{{2}})[)）]?{_GAP}{{0,2}}[2-8][0-9]{{2,3}}{_GAP}?[0-9]{{4}}"
    rf"(?:{_GAP}?(?:转|分机|ext\.?|-)[\s:：]?[0-9]{{1,5}})?(?![0-9])",
    re.IGNORECASE,
)
_SERVICE_LINE = re.compile(
    rf"(?<![0-9])[48]00{_GAP}?(?:[0-9]{{3}}{_GAP}?[0-9]{{4}}|[0-9]{{4}}{_GAP}?[0-9]{{3}})(?![0-9])"
)
_FOREIGN_PHONE = re.compile(rf"(?<![0-9])(?:\+|00)[1-9][0-9]{{0,2}}(?:{_GAP}{{0,2}}[0-9]){{7,12}}(?![0-9])")
# Seven or eight digits alone may be anything; behind such a word they are a number of the same town.
_LOCAL_PHONE = re.compile(
    r"((?:电话|座机|固话|手机|号码|联系方式|致电|拨打|回电|来电|tel)[^0-9\[\]。；;]{0,6})"
    rf"[2-9][0-9]{{2,3}}{_GAP}?[0-9]{{4}}(?![0-9元块.])",
    re.IGNORECASE,
)
_LONG_NUMBER = re.compile(r"(?<![0-9])[0-9]{15,19}(?:[Xx](?![0-9A-Za-z]))?(?![0-9])")
_GROUPED_NUMBER = re.compile(rf"(?<![0-9])[1-9](?:{_GAP}{{0,2}}[0-9]){{14,18}}(?:{_GAP}?[Xx](?![0-9A-Za-z]))?(?![0-9])")
_CARD_GROUPS = re.compile(r"[0-9]{4}(?:[^0-9]+[0-9]{4}){3}(?:[^0-9]+[0-9]{1,3})?|[0-9]{6}[^0-9]+[0-9]{10,13}")
_ID_GROUPS = re.compile(r"[0-9]{6}[^0-9]+(?:[0-9]{8}|[0-9]{4}[^0-9]+[0-9]{4})[^0-9]+[0-9]{3}[0-9Xx]")
_SINGLE_DIGITS = re.compile(r"[0-9](?:[^0-9]+[0-9])+")
_YEARS = re.compile(r"(?:(?:19|20)[0-9]{2}[^0-9]*)+")
_BIRTH_DATE = re.compile(r"(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_DIGIT_RUN = re.compile(r"[0-9]{8,}")
# A date written in one piece. Only recent years: 19850312 is somebody's birthday.
_RECENT_DATE = re.compile(r"20[1-3][0-9](?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_IP_ADDRESS = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
_ORDER = re.compile(
    r"((?:订单号|单号|工单号|运单号|流水号|合同号|发票号|会员号|序列号|编号)(?:码|是|为|[:：\s])*)"
    r"(?=(?:[A-Za-z\-]*[0-9]){4})[A-Za-z0-9][A-Za-z0-9\-]{5,}"
)


def has_valid_check_digit(number: str) -> bool:
    """Whether 18 characters end in the check character of GB 11643 (ISO 7064 MOD 11-2)."""
    total = sum(int(digit) * (2 ** (17 - position) % 11) for position, digit in enumerate(number[:17]))
    return "10X98765432"[total % 11] == number[17]


def passes_luhn(digits: str) -> bool:
    """Whether a bank card number satisfies the Luhn check (ISO/IEC 7812-1)."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + position % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _looks_like_id_number(number: str) -> bool:
    if number[:2] not in lexicon.PROVINCE_CODES:
        return False
    if len(number) == 18:
        return bool(_BIRTH_DATE.fullmatch(number[6:14]))
    return len(number) == 15 and bool(_BIRTH_DATE.fullmatch("19" + number[6:12]))


def _classify(number: str) -> str:
    """The label of one number without gaps."""
    digits = number.rstrip("X")
    is_id = len(number) == 18 and _looks_like_id_number(number)
    if is_id and has_valid_check_digit(number):
        return ID_NUMBER
    if number == digits and 16 <= len(digits) <= 19 and passes_luhn(digits):
        return BANK_CARD
    # A mistyped number is still somebody's.
    if is_id or (len(number) == 15 and _looks_like_id_number(number)):
        return ID_NUMBER
    if re.fullmatch(r"(?:(?:00)?86)?0?1[3-9][0-9]{9}|0(?:10|2[0-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}", digits):
        return PHONE
    return NUMBER


def _decide_long_number(match: re.Match[str]) -> str | None:
    return _classify(match[0].upper())


def _decide_grouped_number(match: re.Match[str]) -> str | None:
    """Groups of digits are often dates and amounts: a check digit, or a card's grouping, must speak for a number."""
    number = re.sub(r"[^0-9X]", "", match[0].upper())
    is_grouped_like_id = bool(_ID_GROUPS.fullmatch(match[0]))
    if len(number) == 18 and _looks_like_id_number(number) and (is_grouped_like_id or has_valid_check_digit(number)):
        return ID_NUMBER
    grouped_like_card = _CARD_GROUPS.fullmatch(match[0]) or _SINGLE_DIGITS.fullmatch(match[0])
    if not grouped_like_card or _YEARS.fullmatch(match[0]):
        return None
    return _classify(number)


def _decide_mobile(match: re.Match[str]) -> str | None:
    return None if _IP_ADDRESS.fullmatch(match[0]) else PHONE


def _decide_digit_run(match: re.Match[str]) -> str | None:
    # Left to the end of the run: a part of a refused run must not be looked at again.
    # 55555555 is crying, 88888888 good luck.
    return match[0] if _RECENT_DATE.fullmatch(match[0]) or len(set(match[0])) == 1 else NUMBER


def _redact_numbers(text: str) -> str:
    if _FIFTEEN_DIGITS.search(text):
        text = _substitute(_LONG_NUMBER, _decide_long_number, text)
        text = _substitute(_GROUPED_NUMBER, _decide_grouped_number, text)
    if "86" in text or "01" in text:
        text = _PREFIXED_MOBILE.sub(PHONE, text)
    text = _substitute(_MOBILE, _decide_mobile, text)
    # Most texts hold one number, and most numbers are mobiles.
    if not _SEVEN_DIGITS.search(text):
        return text
    text = _LANDLINE.sub(PHONE, text)
    text = _SERVICE_LINE.sub(PHONE, text)
    text = _FOREIGN_PHONE.sub(PHONE, text)
    text = _LOCAL_PHONE.sub(rf"\1{PHONE}", text)
    return _substitute(_DIGIT_RUN, _decide_digit_run, text)


# Digits as they are read out: 幺 for 1 and 洞 for 0 on the telephone, 腰 and 妖 where speech recognition heard 幺.
_SPOKEN_DIGITS = {
    "0": "零〇○洞", "1": "一壹幺妖腰么", "2": "二贰两", "3": "三叁", "4": "四肆",
    "5": "五伍", "6": "六陆", "7": "七柒拐", "8": "八捌", "9": "九玖勾",
}  # fmt: skip
_TO_DIGIT = {ord(word): digit for digit, words in _SPOKEN_DIGITS.items() for word in words}
_SPOKEN_WORDS = "".join(_SPOKEN_DIGITS.values())
_SPOKEN_WORD = re.compile(f"[{_SPOKEN_WORDS}]")
_SPOKEN_MARKERS = frozenset("幺洞拐勾")
# 三个零 stands for 000.
_SPOKEN_UNIT = rf"(?:[两二三四五六七2-7]个[{_SPOKEN_WORDS}0-9]|[{_SPOKEN_WORDS}0-9])"
_SPOKEN_GAP = r"[\s,，、。.\-—…·]{0,2}"
# Seven in a row: the shortest telephone number, and more than any number that is written out in Chinese digits.
_SPOKEN = re.compile(rf"(?<![{_SPOKEN_WORDS}0-9]){_SPOKEN_UNIT}(?:{_SPOKEN_GAP}{_SPOKEN_UNIT}){{6,}}")
_SPOKEN_REPEAT = re.compile(rf"([两二三四五六七2-7])个([{_SPOKEN_WORDS}0-9])")


def _decide_spoken(match: re.Match[str]) -> str | None:
    spoken = _SPOKEN_REPEAT.sub(lambda repeat: repeat[2] * int(repeat[1].translate(_TO_DIGIT)), match[0])
    words = len(_SPOKEN_WORD.findall(spoken))
    label = _classify(re.sub(r"[^0-9]", "", spoken.translate(_TO_DIGIT)))
    # 周三 2025-01-03 is a weekday and a date: one or two words among written digits are no number read out.
    if words and (words >= 3 or label == PHONE or not _SPOKEN_MARKERS.isdisjoint(spoken)):
        return label
    return match[0]


def _redact_spoken(text: str) -> str:
    return _substitute(_SPOKEN, _decide_spoken, text)


# --- accounts, addresses of the net, plates --------------------------------------------------------------------------

# Visible ASCII without the brackets of the labels.
_URL_CHARACTERS = r"[!-Z\\^-~]"
_URL = re.compile(rf"(?:https?://|www\.){_URL_CHARACTERS}+", re.IGNORECASE)
_DOMAIN = re.compile(
    r"(?<![A-Za-z0-9@.\-])(?:[A-Za-z0-9\-]+\.)+(?:com|cn|net|org|top|cc|vip|shop|info|io|me|tv|xyz|gov|edu)(?![A-Za-z0-9])"
    rf"(?:[/?:]{_URL_CHARACTERS}*)?",
    re.IGNORECASE,
)
_EMAIL = re.compile(
    # Only from the start of a word: a long text without @ would be read again from each of its letters.
    r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]+(?:\s?@\s?|\s?艾特\s?|\(at\))"
    r"[A-Za-z0-9\-]+(?:(?:\.|点)[A-Za-z0-9\-]+)+",
    re.IGNORECASE,
)
_CHAT = r"(?<![A-Za-z])(?:微信|薇信|威信|wechat|weixin|vx|wx|v信|qq|扣扣)(?:号码?|账号|帐号|id)?"
_CHAT_ACCOUNT = re.compile(
    # With 号 or a colon anything may follow; without, only what is no ordinary word: 微信 Android 版 is none.
    rf"({_CHAT}\s?(?:(?<=号)|(?<=号码)|(?<=id)|是|为|叫|[:：=])[是为叫:：=\s]*)"
    r"(?:[A-Za-z][A-Za-z0-9_\-]{5,19}|[1-9][0-9]{4,11})(?![0-9A-Za-z_元块万])"
    rf"|({_CHAT}\s?)(?:(?=[A-Za-z_\-]*[0-9_])[A-Za-z][A-Za-z0-9_\-]{{5,19}}|[1-9][0-9]{{5,11}})(?![0-9A-Za-z_元块万])",
    re.IGNORECASE,
)
_CHAT_ID = re.compile(r"wxid_[A-Za-z0-9]+|(?<![A-Za-z0-9_\-])o[A-Za-z0-9_\-]{27}(?![A-Za-z0-9_\-])")
_OTHER_ACCOUNT = re.compile(
    r"((?:抖音|快手|支付宝|淘宝|旺旺|微博|小红书|用户名|会员名|账号|帐号|账户|登录名|昵称)(?:号|账号|帐号|id|名)?"
    r"(?:是|为|叫|[:：=])+\s*)[A-Za-z0-9_\-]{4,30}",
    re.IGNORECASE,
)
_PLATE = re.compile(
    rf"[{lexicon.PLATE_PROVINCES}][A-Za-z][\s·.•\-]{{0,2}}([A-Za-z0-9]{{4,6}}[挂学警港澳]?)(?![A-Za-z0-9])"
)
# GA 36-2018: five characters with at most two letters, or four and a special one; new energy six, the letter of the
# kind of drive first or last.
_PLATE_BODY = re.compile(
    r"[A-HJ-NP-Z0-9]{5}|[0-9A-HJ-NP-Z]{4}[挂学警港澳]|[A-HJK][A-HJ-NP-Z0-9][0-9]{4}|[0-9]{5}[A-HJK]"
)


def _redact_net(text: str) -> str:
    if "://" in text or "w" in text or "W" in text:
        text = _URL.sub(URL, text)
    if "@" in text or "艾特" in text or "(at)" in text or "(AT)" in text:
        text = _EMAIL.sub(EMAIL, text)
    return _DOMAIN.sub(URL, text) if "." in text else text


def _redact_orders(text: str) -> str:
    return _ORDER.sub(rf"\1{NUMBER}", text)


def _redact_plates(text: str) -> str:
    return _substitute(_PLATE, _decide_plate, text)


def _keep_introduction(label: str) -> Callable[[re.Match[str]], str]:
    return lambda match: next((group for group in match.groups() if group is not None), "") + label


def _decide_plate(match: re.Match[str]) -> str | None:
    body = match[1].upper()
    return PLATE if _PLATE_BODY.fullmatch(body) and sum(map(str.isdigit, body)) >= 3 else None


def _redact_accounts(text: str) -> str:
    text = _CHAT_ID.sub(ACCOUNT, text)
    text = _CHAT_ACCOUNT.sub(_keep_introduction(ACCOUNT), text)
    return _OTHER_ACCOUNT.sub(_keep_introduction(ACCOUNT), text)


# --- places ----------------------------------------------------------------------------------------------------------

# Words in front of a street: a name never runs across them.
_NO_PLACE = "在住到于从是址市区县旗省去来送寄至的了我你他她家个及与离有说就"
_PLACE_CHARACTER = rf"(?:(?![{_NO_PLACE}]){HAN})"
_COUNT = r"(?:[0-9]+|[一二三四五六七八九十百零〇两]+)"
_ESTATE = (
    "(?:小区|社区|花园|公寓|大厦|新村|新城|家园|花苑|雅苑|山庄|别墅|广场|名都|国际|中心|佳园|华庭|公馆|宿舍|大院"
    "|苑|城|府|庭|湾|园|居|院)"
)
# Parts of a house number; 3-2-501 is building, unit, room.
_PART = (
    rf"(?:[A-Za-z]?{_COUNT}[A-Za-z]?\s?(?:号楼|号院|栋|幢|单元|层|楼|室|房|门|户|弄|梯|号|座)(?![线店单])|[A-Za-z]座"
    rf"|[A-Za-z]?[0-9]{{1,4}}(?:-[0-9]{{1,4}}){{1,3}}(?![0-9\-]))"
)
_BUILDING_PART = rf"(?:[A-Za-z]?{_COUNT}[A-Za-z]?(?:号楼|栋|幢|单元)|[0-9]{{1,3}}-[0-9]{{1,3}}-[0-9]{{1,4}})"
_PART_GAP = r"[\s,，、\-]?"
# The last number of an address often stands alone: 3栋2单元501.
_NO_UNIT = "(?![0-9元块年月日台个次分秒小天件间])"
_PARTS = (
    rf"(?:{_PART_GAP}{_PART})*"
    rf"(?:(?<=[栋幢元楼座]){_PART_GAP}(?:[0-9]{{3,4}}|[一二三四五六七八九十零〇]{{3,4}}){_NO_UNIT})?"
)
_STREET = "(?:大道|大街|街道|胡同|(?<![频管通轨渠])道|路|街|巷)(?:[东西南北中]段?|[一二三四五六七八九十]+[路街巷段里])?"
_STREET_NUMBER = re.compile(
    rf"{_PLACE_CHARACTER}{{1,8}}?{_STREET}{_PART_GAP}{_COUNT}(?:-[0-9]+)?\s?(?:号楼|号院|号|弄|巷|栋|幢)(?![线])"
    rf"(?:之[一二三四五六七八九十0-9]+)?"
    # An estate by any name, when a building follows: 民族大道1号荣和山水3栋.
    rf"(?:{_PART_GAP}{_PLACE_CHARACTER}{{0,8}}?{_ESTATE}|{_PLACE_CHARACTER}{{1,8}}?(?={_BUILDING_PART}))?{_PARTS}"
)
_ESTATE_NUMBER = re.compile(
    rf"{_PLACE_CHARACTER}{{1,8}}?{_ESTATE}(?:[东西南北A-Za-z一二三四五六]?[区期])?{_PART_GAP}{_PART}{_PARTS}"
)
# 8号楼 alone is any building; with a second part, or as a room, it is somebody's door.
_BUILDING = re.compile(
    rf"(?:[A-Za-z]?{_COUNT}[A-Za-z]?(?:号楼|栋|幢)|[A-Za-z]座)[\s\-]?(?:{_PART}|[0-9]{{3,4}}{_NO_UNIT}){_PARTS}"
    rf"|{_COUNT}单元{_PARTS}|(?<![0-9.])[0-9]{{3,4}}室(?![内外温]){_PARTS}"
)
_VILLAGE = re.compile(
    rf"{_PLACE_CHARACTER}{{1,6}}(?:镇|乡|街道){_PLACE_CHARACTER}{{1,6}}(?:村委会|居委会|村|社区|屯)"
    rf"(?:{_PLACE_CHARACTER}{{0,4}}?{_COUNT}?(?:组|队|社|屯))?(?:{_PART_GAP}{_COUNT}号)?"
    rf"|{_PLACE_CHARACTER}{{1,5}}村{_COUNT}(?:组|队|社|屯|号){_PARTS}"
)
# Without a house number a street is found behind a word that announces an address.
_ANNOUNCES = "地址|住址|住在|家住|家在|我家是|送到|寄到|送货至"
# Without one of these there is nothing for the large pattern to find.
_STREET_WORD, _VILLAGE_WORD, _BUILDING_WORD = map(re.compile, ("[路道街巷同]", "[村镇乡街]", "[栋幢楼座元室]"))
_ESTATE_WORD, _ANNOUNCES_WORD = re.compile(_ESTATE), re.compile(_ANNOUNCES)
_ANNOUNCED = re.compile(
    # What stays: province, city, county, district.
    rf"((?:{_ANNOUNCES})[是为在:：\s]*(?:{HAN}{{1,12}}?[省市县旗]|{HAN}{{1,4}}(?<![小社园])区){{0,3}}?)"
    rf"{_PLACE_CHARACTER}{{2,10}}?"
    r"(?:大道|大街|街道|胡同|路|街|巷|弄|小区|花园|公寓|大厦|新村|家园|花苑|山庄|别墅|镇|乡|村|屯|苑|宿舍|大院)"
    rf"(?![上口边]|宾馆|酒店|饭店){_ESTATE}?(?:{_PART_GAP}{_PLACE_CHARACTER}{{1,8}}?{_ESTATE})?{_PARTS}"
)


def _redact_places(text: str) -> str:
    if _STREET_WORD.search(text):
        text = _STREET_NUMBER.sub(ADDRESS, text)
    if _VILLAGE_WORD.search(text):
        text = _VILLAGE.sub(ADDRESS, text)
    if _ESTATE_WORD.search(text):
        text = _ESTATE_NUMBER.sub(ADDRESS, text)
    if _ANNOUNCES_WORD.search(text):
        text = _ANNOUNCED.sub(_keep_introduction(ADDRESS), text)
    return _BUILDING.sub(ADDRESS, text) if _BUILDING_WORD.search(text) else text


# --- people ----------------------------------------------------------------------------------------------------------

_COMPOUND = lexicon.COMPOUND_SURNAMES | lexicon.RARE_COMPOUND_SURNAMES
_STRONG = lexicon.SURNAMES - lexicon.WEAK_SURNAMES


def _surname(single: Iterable[str]) -> str:
    return f"(?:{'|'.join(sorted(_COMPOUND))}|[{''.join(sorted(single))}])"


_ANY_SURNAME = _surname(lexicon.SURNAMES)
_LIKELY_SURNAME = _surname(lexicon.SURNAMES - lexicon.PARTICLE_SURNAMES)
_STRONG_SURNAME = _surname(_STRONG)

# Titles only a person has behind the name, then titles that stand just as often without one (安装师傅).
_PERSONAL_TITLE = "先生|女士|小姐|太太|夫人|阿姨|大姐|大哥|大爷|大妈|大叔|叔叔|同志|老伯|奶奶|爷爷"
_ROLE_TITLE = (
    "师傅|师父|经理|老师|工程师|技师|技术员|主任|店长|老板|主管|组长|站长|班长|医生|教授|律师|警官|队长|科长|处长|局长"
    "|总监"
)
# 王总, 李工, 张姐: only behind a surname that is no word part, and not at the start of another word.
_SHORT_TITLE = (
    "总(?![理统监共是体的之额价算会能要结归得数部线站公觉在不有])"
    "|工(?![作程具业人资序艺钱期单厂地号时费])|姐(?!妹)|哥(?!们)"
)
_TITLE = re.compile(f"{_PERSONAL_TITLE}|{_ROLE_TITLE}|{_SHORT_TITLE}")
_KIND_OF_TITLE = dict.fromkeys(_PERSONAL_TITLE.split("|"), "personal") | dict.fromkeys(_ROLE_TITLE.split("|"), "role")
_NO_GIVEN_NAME = frozenset("的了我你他她您它们这那没就也很还吗呢吧啊呀么都被把")
_NO_GIVEN_NAME_BEFORE_ROLE = _NO_GIVEN_NAME | frozenset(
    "是在有不给让去到上下个位从与或及什怎哦请找叫对跟等说打约派换修装拆洗送拿买卖付退些种每次前后"
)
# What stands in front of a name, so that 找王总 is told from 施工 and 大师姐.
_INTRODUCES = frozenset("找给和跟对与叫请是让问系的位向由被把，谢")
_HAN_CHARACTER = re.compile(HAN)
_HAN_TAIL = re.compile(f"{HAN}{{1,4}}$")


def _name_before(text: str, end: int, kind: str) -> int:
    """How many characters before a title are a name; 0 where none is."""
    tail = _HAN_TAIL.search(text, max(0, end - 4), end)
    if tail is None or tail[0][-2:] in lexicon.JOB_WORDS or text.startswith("班主任", end - 1):
        return 0
    before = tail[0]
    if kind == "short":
        introduced = len(before) == 1 or before[-2] in _INTRODUCES
        return int(introduced and before[-1] in _STRONG and text[end - 1 : end + 1] != "施工")
    excluded = _NO_GIVEN_NAME if kind == "personal" else _NO_GIVEN_NAME_BEFORE_ROLE
    weak = 0
    for length in range(len(before), 0, -1):
        candidate = before[-length:]
        surname = candidate[:2] if candidate[:2] in _COMPOUND else candidate[:1]
        given = candidate[len(surname) :]
        if len(given) > 2 or (len(surname) == 1 and surname not in lexicon.SURNAMES) or not excluded.isdisjoint(given):
            continue
        if candidate[:2] in lexicon.ORDINARY_WORDS and (kind == "role" or surname in lexicon.WEAK_SURNAMES):
            continue
        if surname not in lexicon.WEAK_SURNAMES:
            return length
        preceding = text[end - length - 1 : end - length]
        if preceding + surname in lexicon.WORDS_INTO_SURNAMES:
            continue
        if surname in lexicon.PARTICLE_SURNAMES and preceding not in _INTRODUCES and _HAN_CHARACTER.match(preceding):
            continue
        weak = weak or length
    return weak


def _redact_titled(text: str) -> str:
    if "·" in text or "•" in text or "・" in text:
        text = _DOTTED_BEFORE_TITLE.sub(NAME, text)
    pieces: list[str] = []
    done = 0
    for match in _TITLE.finditer(text):
        length = _name_before(text, match.start(), _KIND_OF_TITLE.get(match[0], "short"))
        if length and match.start() - length >= done:
            pieces += text[done : match.start() - length], NAME
            done = match.start()
    return "".join((*pieces, text[done:])) if pieces else text


# What may follow a name: nothing, anything but Han script, or a word that begins the rest of the sentence.
_AFTER_NAME = (
    rf"(?=$|(?!{HAN}).|很|非常|特别|态度|服务|技术|人|来|上门|说|电话|手机|的|给|帮|为|号码|联系|地址|住|身份|先生|女士"
    r"|小姐|太太|师傅|经理|老师|和|与|在|是|从|于|也|都|就|今|昨|明|反映|反馈|投诉|报修|要求|表示|致电|已|未|不|没|维修"
    r"|安装|检|处理|接|打|到|回|做|负责|耐心|认真|热情|专业|干|真|太|挺|比|最|让|把|将|被|用|要|想|问|答|拆|换|清|动作|及"
    r"|同)"
)
_LABEL = (
    "姓名|联系人|收货人|收件人|签收人|经办人|负责人|投诉人|报修人|来电人|户主|户名|机主|业主|车主|法人|我叫|名叫|叫做"
    "|名字是|名字叫"
)
# Names of other peoples in Han script: 买买提·艾力.
_DOTTED_NAME = rf"{HAN}{{2,8}}(?:[·•・]{HAN}{{1,10}})+"
# Behind a label with a colon stands a name, whatever its surname; behind 我叫 and the like it needs a surname.
_LABELLED_NAME = re.compile(
    rf"((?:{_LABEL})\s?[:：]\s?)"
    rf"(?:{_DOTTED_NAME}|{HAN}{{2,4}}?{_AFTER_NAME}|{HAN}{{2,4}}|[A-Za-z][A-Za-z .'’]{{1,30}})"
    rf"|((?:{_LABEL})(?:是|为|叫)?\s?)(?:{_DOTTED_NAME}|[A-Z][a-z]+(?: [A-Z][a-z]+)*"
    rf"|(?P<name>{_ANY_SURNAME}{HAN}{{1,2}}?{_AFTER_NAME}|{_STRONG_SURNAME}{HAN}{{2}}))"
)
_DOTTED_BEFORE_TITLE = re.compile(rf"{_DOTTED_NAME}(?=(?:{_PERSONAL_TITLE}|{_ROLE_TITLE}))")
_ROLE = "师傅|师父|工程师|技师|技术员|维修员|维修工|安装工|客服|客户|用户|顾客|经理|老师|专员|同事|快递员|本人|我是|叫"
_NAME_BEHIND_ROLE = re.compile(
    rf"((?:{_ROLE.replace('|我是', '')})[是为叫:：\s]?)({_LIKELY_SURNAME}{HAN}{{1,2}}?){_AFTER_NAME}"
    # 我是严歌苓的读者 says who she reads, not who she is.
    rf"|(我是)({_STRONG_SURNAME}{HAN}{{1,2}})(?=$|[，。,.!！;；、\s])"
)
# 张三反映空调不制冷: who begins a sentence and speaks is a person.
_SPEAKS = "来电|致电|反映|反馈|报修|投诉|要求|表示|说|称"
_SPEAKER = re.compile(rf"(?<!{HAN})({_STRONG_SURNAME}{HAN}{{1,2}}?)(?=(?:今天|昨天|上午|下午|再次|多次)?(?:{_SPEAKS}))")
_LABEL_WORD, _ROLE_WORD = re.compile(_LABEL), re.compile(_ROLE)
_FAMILY_NAME = re.compile(rf"((?<![百同])姓)({_ANY_SURNAME})(?!名|氏)")


def _decide_labelled(match: re.Match[str]) -> str | None:
    name = match["name"]
    goes_on = _HAN_CHARACTER.match(match.string, match.end())
    if name and goes_on and (name[:2] in lexicon.ORDINARY_WORDS or not _NO_GIVEN_NAME.isdisjoint(name[1:])):
        return None
    return (match[1] or match[2]) + NAME


def _decide_behind_role(match: re.Match[str]) -> str | None:
    introduction, name = match[1] or match[3], match[2] or match[4]
    if name[:2] in lexicon.ORDINARY_WORDS or not _NO_GIVEN_NAME_BEFORE_ROLE.isdisjoint(name[1:]):
        return None
    return introduction + NAME


def _decide_speaker(match: re.Match[str]) -> str | None:
    name = match[1]
    is_word = name[:2] in lexicon.ORDINARY_WORDS or not _NO_GIVEN_NAME_BEFORE_ROLE.isdisjoint(name[1:])
    return None if is_word else NAME


def _redact_labelled(text: str) -> str:
    return _substitute(_LABELLED_NAME, _decide_labelled, text, _LABEL_WORD)


def _redact_behind_role(text: str) -> str:
    return _substitute(_NAME_BEHIND_ROLE, _decide_behind_role, text, _ROLE_WORD)


def _redact_speakers(text: str) -> str:
    return _substitute(_SPEAKER, _decide_speaker, text)


def _redact_family_name(text: str) -> str:
    return _FAMILY_NAME.sub(rf"\1{NAME}", text)


def _redact_record_name(text: str, name: str) -> str:
    """The record's own name, as written and without spaces; one character alone would hit ordinary words."""
    narrow = name.translate(_NARROW)
    for written in (narrow.strip(), re.sub(r"\s", "", narrow)):
        if len(written) >= 2 and written in text and not any(written in label for label in LABELS):
            text = text.replace(written, NAME)
    return text


def _redact_record_names(texts: pl.Series, names: pl.Series) -> pl.DataFrame:
    """The rows whose text holds the record's own name, as (row, text) with the name replaced."""
    pairs = pl.DataFrame({"text": texts, "name": names}).with_row_index("row").drop_nulls()
    text = pl.col("text")
    written = (pl.col("name").str.strip_chars(), pl.col("name").str.replace_all(r"\s", ""))
    held = pl.any_horizontal((name.str.len_chars() >= 2) & text.str.contains(name, literal=True) for name in written)
    # What is in full-width letters is compared after narrowing.
    wide = pl.any_horizontal(pl.col("text", "name").str.contains(_WIDE.pattern))
    hits = pairs.filter(held | wide)
    replaced = [_redact_record_name(text.translate(_NARROW), name) for _, text, name in hits.iter_rows()]
    return pl.DataFrame({"row": hits["row"], "text": pl.Series(replaced, dtype=pl.String)})


# --- the rules, and the guards in front of them ----------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """One step over a text, and the guard that says where it is worth the time.

    The guard has no look-around (whole columns go through it) and finds a superset of what the step's patterns find:
    where it finds nothing, the step changes nothing. A property test holds each rule to that.
    """

    step: Step
    guard: str


_PART_GUARD = rf"{_COUNT}[A-Za-z]?\s?(?:号|栋|幢|单元|层|楼|室|房|门|户|弄|巷|梯|座)|[A-Za-z]座"
_TOP_DOMAINS = "com|cn|net|org|top|cc|vip|shop|info|io|me|tv|xyz|gov|edu"
RULES = (
    Rule(_redact_net, rf"@|艾特|(?i:\(at\)|www\.|://)|[A-Za-z0-9\-]\.(?i:{_TOP_DOMAINS})"),
    Rule(
        _redact_accounts,
        r"(?i:微信|薇信|威信|wechat|weixin|vx|wx|v信|qq|扣扣)[号码账帐iIdD是为叫:：=\s]*[A-Za-z1-9_]|o[A-Za-z0-9_\-]{27}"
        r"|(?i:抖音|快手|支付宝|淘宝|旺旺|微博|小红书|用户名|会员名|账号|帐号|账户|登录名|昵称)[号账帐名iIdD]*[是为叫:：=]",
    ),
    Rule(_redact_orders, r"(?:单号|流水号|合同号|发票号|会员号|序列号|编号)[码是为:：\s]*[A-Za-z0-9]"),
    Rule(_redact_numbers, _SEVEN_DIGITS.pattern),
    # Of seven in a row with a word among them, four in a row begin or end with the word.
    Rule(
        _redact_spoken,
        rf"[{_SPOKEN_WORDS}]个?(?:{_SPOKEN_GAP}{_SPOKEN_UNIT}){{3}}"
        rf"|{_SPOKEN_UNIT}(?:{_SPOKEN_GAP}{_SPOKEN_UNIT}){{2}}{_SPOKEN_GAP}[{_SPOKEN_WORDS}]",
    ),
    Rule(_redact_plates, rf"[{lexicon.PLATE_PROVINCES}][A-Za-z]"),
    Rule(
        _redact_places,
        rf"{_PART_GUARD}|村{_COUNT}[组队社屯]|(?:镇|乡|街道){HAN}{{1,6}}(?:村|社区|屯|居委会)"
        rf"|[0-9]-[0-9]|(?:{_ANNOUNCES})[^\]]",
    ),
    # Not the label [姓名] itself.
    Rule(_redact_labelled, rf"(?:{_LABEL})[^\]]"),
    Rule(
        _redact_titled,
        rf"{HAN}(?:{_PERSONAL_TITLE})|{_ANY_SURNAME}{HAN}{{0,2}}(?:{_ROLE_TITLE})|[·•・]{HAN}{{1,10}}(?:{_ROLE_TITLE})"
        rf"|[{''.join(sorted(_STRONG))}][总工姐哥]",
    ),
    Rule(_redact_behind_role, rf"(?:{_ROLE})[是为叫:：\s]?{_LIKELY_SURNAME}{HAN}"),
    Rule(_redact_speakers, rf"{_STRONG_SURNAME}{HAN}{{1,2}}(?:今天|昨天|上午|下午|再次|多次|{_SPEAKS})"),
    Rule(_redact_family_name, rf"姓{_ANY_SURNAME}"),
)
_ALL_RULES = (1 << len(RULES)) - 1

# For all texts: one automaton small enough for its cache. The large alternations of surnames, and counted repeats of
# Han characters, only see what it lets through.
_LARGE_GUARDS = (_redact_titled, _redact_behind_role, _redact_speakers, _redact_family_name, _redact_places)
_COARSE_GUARD = "|".join(
    (
        _WIDE.pattern,
        *(rule.guard for rule in RULES if rule.step not in _LARGE_GUARDS),
        rf"{_PART_GUARD}|[村屯]|社区|居委会|[0-9]-[0-9]|{_ANNOUNCES}",
        f"{_PERSONAL_TITLE}|{_ROLE_TITLE}|{_ROLE}|{_SPEAKS}|姓|[总工姐哥]",
    )
)


def _suspects(texts: pl.Series) -> pl.Series:
    """The row numbers of the texts that some rule may change."""
    rows = texts.str.contains(_COARSE_GUARD).fill_null(False).arg_true()
    chosen = texts.gather(rows)
    return rows.filter((_flags(chosen) > 0) | chosen.str.contains(_WIDE.pattern))


def _flags(texts: pl.Series) -> pl.Series:
    """For each text the rules that may apply, bit by bit."""
    bits = (
        pl.col("text").str.contains(rule.guard).cast(pl.UInt16) * pl.lit(1 << position, dtype=pl.UInt16)
        for position, rule in enumerate(RULES)
    )
    return texts.alias("text").to_frame().select(pl.sum_horizontal(bits)).to_series()


def _apply(text: str, rules: int) -> str:
    """One round of the rules whose bits are set."""
    for step in _steps(rules):
        text = step(text)
    return text


@cache
def _steps(rules: int) -> tuple[Step, ...]:
    return tuple(rule.step for position, rule in enumerate(RULES) if rules >> position & 1)
