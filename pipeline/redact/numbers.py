"""Redacts numbers that belong to a person: telephones, identity and card numbers, orders, typed or read out.

Accounts and plates mix letters and digits; they are in ``net.py`` and ``plates.py``.
"""

from __future__ import annotations

import re

from pipeline.redact import lexicon
from pipeline.redact.replacing import BANK_CARD, ID_NUMBER, NUMBER, PHONE, Rule, substitute

# Separators that people and speech recognition put between the digits of one number; arrows, symbols and pictures come from
# chat messages.
_SYMBOLS = "\u2190-\u245f\u2500-\u27ff\u2900-\u2bff\U0001f000-\U0001faff"
_GAP_CHARACTERS = rf"\s\-‐‑‒–—―−_.·•・…*/()（）#|｜^&!！{_SYMBOLS}"
_GAP = f"[{_GAP_CHARACTERS}]"
_LIST_GAP = f"[{_GAP_CHARACTERS},，、~～+]"

_SEVEN_DIGITS = re.compile(rf"[0-9](?:{_LIST_GAP}{{0,3}}[0-9]){{6}}")
_FIFTEEN_DIGITS = re.compile(rf"[0-9](?:{_LIST_GAP}{{0,3}}[0-9]){{14}}")
# Looking behind only after the first digit lets the search jump from one 1 to the next.
_MOBILE = re.compile(rf"1(?<![0-9]1){_LIST_GAP}{{0,3}}[3-9](?:{_LIST_GAP}{{0,3}}[0-9]){{9}}(?![0-9])")
_PREFIXED_MOBILE = re.compile(
    rf"(?<![0-9])(?:[(（]?(?:\+|00)?86{_LIST_GAP}{{0,3}}|0)1{_LIST_GAP}{{0,3}}[3-9](?:{_LIST_GAP}{{0,3}}[0-9]){{9}}(?![0-9])"
)
# In the usual groups, with the same sign twice, whatever it is: 138:1234:5678.
_SIGNED_MOBILE = re.compile(
    r"(?<![0-9])1[3-9][0-9](?P<sign>[^0-9A-Za-z\u3400-\u4dbf\u4e00-\u9fff\[\]]{1,3})[0-9]{4}(?P=sign)[0-9]{4}(?![0-9])"
)
_LANDLINE = re.compile(
    rf"(?<![0-9])(?:(?:\+|00)86{_GAP}{{0,3}})?[(（\[]?0(?:10|2[0-9]|[3-9][0-9]{{2}})[)）\]]?{_LIST_GAP}{{0,3}}[2-8](?:{_LIST_GAP}{{0,2}}[0-9]){{6,7}}"
    rf"(?:{_GAP}?(?:转|分机|ext\.?|-)[\s:：]?[0-9]{{1,5}})?(?![0-9])",
    re.IGNORECASE,
)
# After the country code the area code often has no 0: 86 771 5312345.
_LANDLINE_FROM_ABROAD = re.compile(
    rf"(?<![0-9])(?:\+|00)?86{_GAP}{{0,3}}0?{_GAP}{{0,2}}(?:10|2[0-9]|[3-9][0-9]{{2}}){_GAP}{{0,3}}[2-8][0-9]{{2,3}}{_GAP}{{0,2}}[0-9]{{4}}"
    r"(?![0-9])"
)
_SERVICE_LINE = re.compile(rf"(?<![0-9])[48]00{_GAP}?(?:[0-9]{{3}}{_GAP}?[0-9]{{4}}|[0-9]{{4}}{_GAP}?[0-9]{{3}})(?![0-9])")
_FOREIGN_PHONE = re.compile(rf"(?<![0-9])(?:\+|00)[1-9][0-9]{{0,2}}(?:{_GAP}{{0,2}}[0-9]){{7,12}}(?![0-9])")
# A day in figures: 2025-01-03, 2025.1.3.
_DAY = r"(?:19|20)[0-9]{2}[-/.](?:0?[1-9]|1[0-2])[-/.](?:0?[1-9]|[12][0-9]|3[01])(?![0-9])"
# Seven or eight digits alone may be anything; after such a word they are a local number.
_LOCAL_PHONE = re.compile(
    r"((?:电话|電話|座机|固话|手机|手機|号码|號碼|联系方式|聯絡方式|致电|致電|拨打|撥打|回电|来电|tel|phone)[^0-9\[\]。；;]{0,8})"
    rf"(?!{_DAY})(?=[2-9](?:{_LIST_GAP}{{0,3}}[0-9]){{6,7}}(?!{_LIST_GAP}?[0-9]))[2-9][0-9]*(?:{_LIST_GAP}{{1,3}}[0-9]+){{0,3}}(?!{_GAP}?[0-9])",
    re.IGNORECASE,
)
# Right behind such a word, with a colon or beginning with 0 or a bracket, groups of digits are a number of whatever country.
_GROUPED_PHONE = re.compile(
    r"((?:电话|電話|座机|座機|固话|手机|手機|传真|傳真|联系方式|聯[絡繫]方式|(?<![A-Za-z])(?:tel|phone|mobile|fax))"
    r"(?:号码|號碼)?(?:\s?[:：=＝]\s?|\s?[是为為]?\s?(?=[(（0])))"
    rf"(?!{_DAY})([(（]?[0-9]{{2,5}}(?:[)）\s\-‐‑‒–—.]{{1,2}}[0-9]{{2,5}}){{1,3}})(?!{_GAP}?[0-9])",
    re.IGNORECASE,
)
_LONG_NUMBER = re.compile(r"(?<![0-9])[0-9]{15,19}(?:[Xx](?![0-9A-Za-z]))?(?![0-9])")
_GROUPS = re.compile(rf"(?<![0-9])[0-9]++(?:{_LIST_GAP}{{1,3}}[0-9]+)+(?:{_LIST_GAP}?[Xx](?![0-9A-Za-z]))?")
_GROUP = re.compile("[0-9]+")
_CARD_GROUPS = re.compile(r"[0-9]{4}(?:[^0-9]+[0-9]{4}){3}(?:[^0-9]+[0-9]{1,3})?|[0-9]{6}[^0-9]+[0-9]{10,13}")
# Other groupings need the card's check digit.
_LOOSE_CARD_GROUPS = re.compile(r"(?:[0-9]{4}(?:[^0-9]+[0-9]{4})*|[0-9]{6}|[0-9](?:[^0-9]+[0-9])*)[^0-9]+[0-9]+")
_ANNOUNCES_ID = re.compile("(?:身份证|身份證|证件|證件)[^0-9]{0,12}$")
_ID_GROUPS = re.compile(r"[0-9]{6}[^0-9]+(?:(?:[0-9]{8}|[0-9]{4}[^0-9]+[0-9]{4})[^0-9]+[0-9]{3}[0-9Xx]|[0-9]{6}[^0-9]+[0-9]{3})")
_SINGLE_DIGITS = re.compile(r"[0-9](?:[^0-9]+[0-9])+")
_YEARS = re.compile(r"(?:(?:19|20)[0-9]{2}[^0-9]*)+")
_BIRTH_DATE = re.compile(r"(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
_DIGIT_RUN = re.compile(r"[0-9]{8,}")
# A date written without separators. Only recent years: 19850312 is a birthday.
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
    # Foreigners' permanent residence since 2023: 9 before the province, the country, and the date of birth in the same place.
    is_foreigners = len(number) == 18 and number[0] == "9" and number[1:3] in lexicon.PROVINCE_CODES
    if not is_foreigners and number[:2] not in lexicon.PROVINCE_CODES:
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
    # A mistyped number still belongs to somebody.
    if is_id or (len(number) == 15 and _looks_like_id_number(number)):
        return ID_NUMBER
    if re.fullmatch(r"(?:(?:00)?86)?0?1[3-9][0-9]{9}|0(?:10|2[0-9]|[3-9][0-9]{2})[2-8][0-9]{6,7}", digits):
        return PHONE
    return NUMBER


def _decide_long_number(match: re.Match[str]) -> str | None:
    return _classify(match[0].upper())


def _redact_groups(text: str) -> str:
    """Numbers of 15 to 19 digits in groups: any run of groups may be one, the longest first."""
    pieces: list[str] = []
    done = 0
    for run in _GROUPS.finditer(text):
        groups = [(run.start() + group.start(), run.start() + group.end()) for group in _GROUP.finditer(run[0])]
        first = 0
        while first < len(groups):
            # A number has at most 19 digits, so at most as many groups.
            found = _longest(text, groups[first : first + 19], run.end())
            if found is None:
                first += 1
                continue
            end, label = found
            pieces += text[done : groups[first][0]], label
            done = end
            first = next((place for place, (start, _) in enumerate(groups) if start >= end), len(groups))
    return "".join((*pieces, text[done:])) if pieces else text


def _longest(text: str, groups: list[tuple[int, int]], end_of_run: int) -> tuple[int, str] | None:
    """The end and label of the longest number that begins with the first of these groups."""
    start = groups[0][0]
    before = text[max(0, start - 24) : start]
    ends = [end for _, end in groups]
    # The X of an identity number ends its run.
    if re.fullmatch(r"[^0-9]*[Xx]", text[ends[-1] : end_of_run]):
        ends.append(end_of_run)
    for end in reversed(ends):
        number = re.sub(r"[^0-9X]", "", text[start:end].upper())
        if 15 <= len(number) <= 19 and (label := _decide_grouped_number(text[start:end], number, before)):
            return end, label
    return None


def _decide_grouped_number(written: str, number: str, before: str) -> str | None:
    """Groups of digits are often dates and amounts: only a check digit, a word before or a card's grouping makes them a number."""
    if _looks_like_id_number(number):
        is_grouped_like_id = bool(_ID_GROUPS.fullmatch(written)) or bool(_ANNOUNCES_ID.search(before))
        if is_grouped_like_id or (len(number) == 18 and has_valid_check_digit(number)):
            return ID_NUMBER
    if "X" in number or _YEARS.fullmatch(written):
        return None
    if _CARD_GROUPS.fullmatch(written) or _SINGLE_DIGITS.fullmatch(written):
        return _classify(number)
    return BANK_CARD if len(number) >= 16 and passes_luhn(number) and _LOOSE_CARD_GROUPS.fullmatch(written) else None


def _decide_phone(match: re.Match[str]) -> str | None:
    # 119.01846, 53.51676: figures with fractions, one after another.
    is_of_figures = "." in match[0] and ("," in match[0] or "，" in match[0])
    return None if is_of_figures or _IP_ADDRESS.fullmatch(match[0]) else PHONE


def _decide_grouped_phone(match: re.Match[str]) -> str | None:
    groups = _GROUP.findall(match[2])
    # 01-05 02-09: days.
    is_phone = 7 <= sum(map(len, groups)) <= 12 and max(map(len, groups)) >= 3
    return match[1] + PHONE if is_phone else None


def _decide_digit_run(match: re.Match[str]) -> str | None:
    # To the end of the run: a part of a refused run must not be looked at again.
    # 55555555 stands for crying, 88888888 for good luck.
    return match[0] if _RECENT_DATE.fullmatch(match[0]) or len(set(match[0])) == 1 else NUMBER


def _redact_numbers(text: str) -> str:
    if _FIFTEEN_DIGITS.search(text):
        text = substitute(_LONG_NUMBER, _decide_long_number, text)
        text = _redact_groups(text)
    if "86" in text or "01" in text:
        text = substitute(_PREFIXED_MOBILE, _decide_phone, text)
    text = substitute(_MOBILE, _decide_phone, text)
    text = _SIGNED_MOBILE.sub(PHONE, text)
    # Most texts hold one number, and most numbers are mobiles.
    if not _SEVEN_DIGITS.search(text):
        return text
    text = substitute(_LANDLINE, _decide_phone, text)
    if "86" in text:
        text = _LANDLINE_FROM_ABROAD.sub(PHONE, text)
    text = _SERVICE_LINE.sub(PHONE, text)
    text = _FOREIGN_PHONE.sub(PHONE, text)
    text = _LOCAL_PHONE.sub(rf"\1{PHONE}", text)
    text = substitute(_GROUPED_PHONE, _decide_grouped_phone, text)
    return substitute(_DIGIT_RUN, _decide_digit_run, text)


# Digits read out: 幺 for 1 and 洞 for 0 on the telephone, 腰 and 妖 where speech recognition heard 幺.
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
# Seven in a row: the shortest telephone number, and longer than numbers written out in Chinese digits.
_SPOKEN = re.compile(rf"(?<![{_SPOKEN_WORDS}0-9]){_SPOKEN_UNIT}(?:{_SPOKEN_GAP}{_SPOKEN_UNIT}){{6,}}")
_SPOKEN_REPEAT = re.compile(rf"([两二三四五六七2-7])个([{_SPOKEN_WORDS}0-9])")


def _decide_spoken(match: re.Match[str]) -> str | None:
    spoken = _SPOKEN_REPEAT.sub(lambda repeat: repeat[2] * int(repeat[1].translate(_TO_DIGIT)), match[0])
    words = len(_SPOKEN_WORD.findall(spoken))
    label = _classify(re.sub(r"[^0-9]", "", spoken.translate(_TO_DIGIT)))
    # 周三 2025-01-03 is a weekday and a date: one or two words among written digits are not a number read out.
    if words and (words >= 3 or label == PHONE or not _SPOKEN_MARKERS.isdisjoint(spoken)):
        return label
    return match[0]


def _redact_spoken(text: str) -> str:
    return substitute(_SPOKEN, _decide_spoken, text)


def _redact_orders(text: str) -> str:
    return _ORDER.sub(rf"\1{NUMBER}", text)


RULES = (
    Rule(_redact_orders, r"(?:单号|流水号|合同号|发票号|会员号|序列号|编号)[码是为:：\s]*[A-Za-z0-9]"),
    # Before the written ones, which would leave the words of 一三八11482907.
    Rule(
        _redact_spoken,
        rf"[{_SPOKEN_WORDS}]个?(?:{_SPOKEN_GAP}{_SPOKEN_UNIT}){{3}}"
        rf"|{_SPOKEN_UNIT}(?:{_SPOKEN_GAP}{_SPOKEN_UNIT}){{2}}{_SPOKEN_GAP}[{_SPOKEN_WORDS}]",
    ),
    Rule(_redact_numbers, rf"{_SEVEN_DIGITS.pattern}|1[3-9][0-9][^0-9A-Za-z]{{1,3}}[0-9]{{4}}[^0-9A-Za-z]{{1,3}}[0-9]{{4}}"),
)
