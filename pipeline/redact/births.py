"""Redacts dates of birth: behind 出生日期, 生日, 生于, DOB … or before 出生. Any other date is one of the service and stays."""

from __future__ import annotations

import re

from pipeline.redact.replacing import BIRTH_DATE, Rule

_WORD = (
    r"出生(?:日期|年月日?|时间|時間|日|于|於|在)?|[生][日辰](?:日期)?|(?<![发發产產])生[于於]"
    r"|(?i:(?<![a-z])(?:d\.?o\.?b\.?|date of birth|birth\s?dat[e]|birthday|born)(?![a-z]))"
)
_TO_DATE = r"(?:[（(][^（()）0-9]{1,6}[)）])?(?:是|为|為|在|于|於|(?i:\s?(?:is|on|in)(?![a-z]))|[:：=＝（(]|\s|[公阳陽][历曆]){0,4}"
_NUMERAL = "[〇○零一二三四五六七八九]"
_TENS = "(?:[一二三]?十[一二三四五六七八九]?|[一二三四五六七八九])"
_MONTH_NAME = (
    "(?i:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    "|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_SIGN = r"\s?[\-–—/.．·、]\s?"
_YEAR = "(?:(?:18|19|20)[0-9]{2}|[0-9]{2})"
_DATE = (
    rf"(?:{_YEAR}\s?年\s?(?:[01]?[0-9]|{_TENS})\s?月(?:\s?(?:[0-3]?[0-9]|{_TENS})\s?[日号號]?)?"
    rf"|{_NUMERAL}{{2,4}}年{_TENS}月(?:{_TENS}[日号號]?)?"
    rf"|(?:农历|農曆|阴历|陰曆)?(?:正|腊|臘|冬|{_TENS}|[01]?[0-9])月(?:初{_TENS}|廿{_NUMERAL}|{_TENS}|\s?[0-3]?[0-9])[日号號]?"
    rf"|(?:18|19|20)[0-9]{{2}}{_SIGN}[01]?[0-9](?:{_SIGN}[0-3]?[0-9])?(?![0-9])"
    rf"|[0-9]{{2}}{_SIGN}[01]?[0-9]{_SIGN}[0-3]?[0-9](?![0-9])"
    rf"|[0-3]?[0-9]{_SIGN}[0-3]?[0-9]{_SIGN}(?:19|20)[0-9]{{2}}(?![0-9])|[01]?[0-9][\-/.][0-3]?[0-9](?![0-9元块折])"
    r"|(?:18|19|20)[0-9]{2} [01]?[0-9] [0-3]?[0-9](?![0-9])"
    r"|(?:18|19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:[0-3][0-9])?(?![0-9])|[0-9]{2}(?:0[1-9]|1[0-2])[0-3][0-9](?![0-9])"
    rf"|{_MONTH_NAME}\.?\s?[0-3]?[0-9](?:st|nd|rd|th)?,?\s?(?:(?:19|20)[0-9]{{2}})?"
    rf"|[0-3]?[0-9](?:st|nd|rd|th)?[\s\-]?{_MONTH_NAME}\.?,?[\s\-]?(?:(?:19|20)[0-9]{{2}})?)"
)
_LABELLED = re.compile(rf"((?:{_WORD}){_TO_DATE})(?<![0-9]){_DATE}")
# 1985年3月12日出生, 1985-03-12生; not 生产, 生效.
_BEFORE_WORD = re.compile(
    rf"(?<![0-9])(?:{_YEAR}\s?年\s?[01]?[0-9]\s?月(?:\s?[0-3]?[0-9]\s?[日号號]?)?|{_NUMERAL}{{2,4}}年{_TENS}月(?:{_TENS}[日号號]?)?"
    rf"|(?:18|19|20)[0-9]{{2}}{_SIGN}[01]?[0-9]{_SIGN}[0-3]?[0-9]"
    rf"|(?:18|19|20)[0-9]{{6}})(?=\s?(?:出生(?![产產])|生(?:人|的(?!产)|日|(?=[，。,.;；!！)）\s]|$))))"
)
# 3月12日是我生日, 农历八月十五生日.
_BIRTHDAY = re.compile(
    rf"(?<![0-9])(?:农历|農曆|阴历|陰曆)?(?:正|腊|臘|冬|{_TENS}|[01]?[0-9])月(?:初{_TENS}|廿{_NUMERAL}|{_TENS}|[0-3]?[0-9])[日号號]?"
    r"(?=是?(?:我|他|她|本人|孩子)?的?生日)"
)


def _redact_births(text: str) -> str:
    text = _BEFORE_WORD.sub(BIRTH_DATE, _LABELLED.sub(rf"\1{BIRTH_DATE}", text))
    return _BIRTHDAY.sub(BIRTH_DATE, text) if "生日" in text else text


RULES = (
    Rule(
        _redact_births,
        r"出生|生[日辰于於]|[0-9日号號月]\s?生|(?i:d\.?o\.?b|birth|born)",
    ),
)
