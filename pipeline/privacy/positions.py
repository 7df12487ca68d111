"""The scanner's search for what places a person or a device: IP and MAC addresses, coordinates, dates of birth.

Versions, times, sizes and lists of figures are none of it. Addresses of private networks and dates count behind their word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_address

from pipeline.privacy.matches import Match, found

# --- network ------------------------------------------------------------------------------------------------------------

_FOUR = re.compile(r"(?:(?<![0-9A-Za-z.])|(?<=[Ii][Pp]))\d{1,3}(?:\s?[.。点點]\s?\d{1,3}){3}(?![0-9]|\.[0-9])", re.ASCII)
_IP_WORD = re.compile(
    r"(?:(?<![A-Za-z])(?i:ip(?:v[46])?)(?![A-Za-z])|网络地址|网关|(?:登录|客户端|服务器|来源)地址)[^0-9。,;]{0,6}$"
)
_VERSION = re.compile(
    r"(?:版本?|固件|软件|系统|升级|更新|驱动"
    r"|(?i:(?<![a-z])v|ver|version|firmware|software|rev|build|app|android|ios))[^0-9。,;]{0,6}$"
)
_LOCAL = re.compile(r"(?:0|10|127|169\.254|172\.(?:1[6-9]|2\d|3[01])|192\.168|22[4-9]|2[345]\d)\.", re.ASCII)
_COLONS = re.compile(
    r"(?<![0-9A-Za-z:.])[0-9A-Fa-f:]*:[0-9A-Fa-f:]*:(?:[0-9A-Fa-f]*|\d{1,3}(?:\.\d{1,3}){3})(?![0-9A-Za-z:])", re.ASCII
)
_PAIRS = re.compile(
    r"(?<![0-9A-Za-z])(?<![0-9A-Fa-f][:\-.])[0-9A-Fa-f]{2}(?:([:\-–.]"
    r"|\s)[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?:(?:\1[0-9A-Fa-f]{2}){2})?(?![0-9A-Za-z]|[:\-.][0-9A-Fa-f])"
    r"|(?<![0-9A-Za-z])(?<![0-9A-Fa-f][:\-.])[0-9A-Fa-f]{4}([.\-:])[0-9A-Fa-f]{4}\2[0-9A-Fa-f]{4}(?![0-9A-Za-z]|[:\-.][0-9A-Fa-f])"
)
_MAC_WORD = re.compile(
    r"(?:(?<![A-Za-z])(?i:mac|bssid)(?![A-Za-z])|蓝牙地址|物理地址|硬件地址)(?:地址|码|[\s:=#是为(]|(?i:addr(?:ess)?)){0,4}"
    r"(?P<value>[0-9A-Fa-f]{2}(?:[\s:\-–.]{0,2}[0-9A-Fa-f]{2}){5})(?![0-9A-Za-z])"
)


def network_addresses(text: str) -> Iterator[Match]:
    """Addresses of devices: IPv4 and IPv6 (RFC 4291), MAC (IEEE 802)."""
    for match in _FOUR.finditer(text):
        if _is_someones_ipv4(text, match):
            yield found("network_address", match)
    for match in _COLONS.finditer(text):
        if sum(map(bool, match[0].split(":"))) >= 3 and _is_ip(match[0]):
            yield found("network_address", match)
    for match in _PAIRS.finditer(text):
        if re.search("[A-Fa-f]", match[0]) and (match[1] == ":" or re.search("[0-9]", match[0])):
            yield found("network_address", match)
    yield from (found("network_address", match, "value") for match in _MAC_WORD.finditer(text))


def _is_someones_ipv4(text: str, match: re.Match[str]) -> bool:
    value = ".".join(re.findall(r"\d+", match[0]))
    if not _is_ip(value):
        return False
    before = text[max(0, match.start() - 14) : match.start()]
    if _IP_WORD.search(before):
        return True
    # Versions have small numbers.
    return len(value) >= 11 and not _LOCAL.match(value) and not _VERSION.search(before)


def _is_ip(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return True


# --- coordinates --------------------------------------------------------------------------------------------------------

_FIGURE = r"\d{2,3}\.\d{4,}"
_COMMA = r"(?:\s?[,、;|\s]\s?)"
_PAIR = re.compile(
    r"(?<![0-9.\-])(?<![0-9][,、;|"
    rf" ])(?<![0-9][,、;] )(?P<one>{_FIGURE})°?{_COMMA}(?P<other>{_FIGURE})(?![0-9.%])(?!{_COMMA}-?[0-9])",
    re.ASCII,
)
_SIDE_WORD = "(?:东经|西经|北纬|南纬|東經|西經|北緯|南緯)"
_ARC = r"(?:\d{1,3}\s?[°度]\s?\d{1,2}(?:\.\d+)?(?:\s?['′’分](?:\s?\d{1,2}(?:\.\d+)?\s?[\"″′'’”秒]{0,2})?)?|\d{1,3}\.\d{2,}\s?°?)"
_SIDED = re.compile(
    rf"{_SIDE_WORD}[\s:]{{0,2}}{_ARC}"
    rf"|(?<![A-Za-z0-9.])(?:[NS]\s?{_ARC}{_COMMA}{{0,2}}[EW]\s?{_ARC}|[EW]\s?{_ARC}{_COMMA}{{0,2}}[NS]\s?{_ARC})"
    rf"|(?<![0-9.]){_ARC}\s?[NS]{_COMMA}{{0,2}}{_ARC}\s?[EW]|(?<![0-9.]){_ARC}\s?[EW]{_COMMA}{{0,2}}{_ARC}\s?[NS]",
    re.ASCII,
)
_PLACED = re.compile(
    r"(?:经纬度?|經緯度?|坐标|座标|坐標|定位|位置"
    r"|(?<![A-Za-z])(?i:gps|geo|coordinates?|location|loc)(?![A-Za-z]))(?:点|信息|[\s:=是为在(\[【\"'“]){0,4}"
    rf"(?P<pair>-?\d{{1,3}}\.\d{{2,}}°?{_COMMA}-?\d{{1,3}}\.\d{{2,}})"
    r"|(?:经度|纬度|經度|緯度|(?<![A-Za-z])(?i:lat(?:itude)?|lng"
    r"|lon(?:g|gitude)?)(?![A-Za-z]))(?:[\s:=是为(\"'“]){0,4}(?P<single>-?\d{1,3}(?:\.\d{2,}|[°度]\d))",
    re.ASCII,
)


def coordinates(text: str) -> Iterator[Match]:
    """Degrees of latitude and longitude: a fine pair within China, degrees with their side, or figures behind their word."""
    yield from (found("coordinates", match) for match in _SIDED.finditer(text))
    yield from (found("coordinates", match, "pair" if match["pair"] else "single") for match in _PLACED.finditer(text))
    for match in _PAIR.finditer(text):
        low, high = sorted((float(match["one"]), float(match["other"])))
        if 3 <= low <= 54 and 73 <= high <= 136:
            yield found("coordinates", match)


# --- dates of birth -----------------------------------------------------------------------------------------------------

_NUMERALS = "[〇○零一二三四五六七八九十廿初正腊冬]"
_MONTHS = "(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[A-Za-z]*"
_DATE = (
    rf"(?:(?:\d{{2,4}}\s?年\s?)?(?:\d{{1,2}}|{_NUMERALS}{{1,3}})\s?月(?:\s?(?:\d{{1,2}}|{_NUMERALS}{{1,3}})\s?[日号號]?)?"
    rf"|(?:{_NUMERALS}{{2,4}}年)?{_NUMERALS}{{1,3}}月(?:{_NUMERALS}{{1,3}}[日号號]?)?"
    r"|\d{1,4}\s?[\-–—/.·]\s?\d{1,2}(?:\s?[\-–—/.·]\s?\d{1,4})?(?!\d)"
    r"|(?:18|19|20)\d\d \d{1,2} \d{1,2}(?!\d)|(?:18|19|20)\d{4}(?:\d\d)?(?!\d)|\d{6}(?!\d)"
    rf"|{_MONTHS}\.?\s?\d{{1,2}}[a-z]{{0,2}}(?:,?\s?(?:19|20)\d\d)?"
    rf"|\d{{1,2}}[a-z]{{0,2}}[\s\-]?{_MONTHS}\.?,?[\s\-]?(?:(?:19|20)\d\d)?)"
)
_BIRTH = re.compile(
    r"(?:出生(?:日期|年月日?|时间|日|于|在)?|[生][日辰](?:日期)?|(?<![发產产])[生][于於]"
    r"|(?<![A-Za-z])(?i:d\.?o\.?b\.?|date of birth|birth\s?date|birthday|born)(?![A-Za-z]))"
    rf"(?:\([^()0-9]{{1,6}}\))?(?:[\s:=是为在于(]|公历|阳历|农历|阴历|(?i:is|on|in)(?![A-Za-z])){{0,4}}(?P<date>{_DATE})",
    re.ASCII,
)
_BORN = re.compile(
    rf"(?<![0-9])(?P<date>(?:\d{{2,4}}\s?年\s?|{_NUMERALS}{{2,4}}年)(?:\d{{1,2}}"
    rf"|{_NUMERALS}{{1,3}})\s?月(?:\s?(?:\d{{1,2}}|{_NUMERALS}{{1,3}})\s?[日号]?)?"
    r"|(?:18|19|20)\d\d[\-/.]\d{1,2}[\-/.]\d{1,2}|(?:18|19|20)\d{6})\s?(?:出生(?!产)|生(?:人|日|的(?!产)|(?=[,。.;!)\s]|$)))",
    re.ASCII,
)


_BIRTHDAY = re.compile(
    rf"(?<![0-9])(?P<date>(?:\d{{1,2}}|{_NUMERALS}{{1,2}})月(?:\d{{1,2}}|{_NUMERALS}{{1,3}})[日号]?)是?(?:我|他|她|本人|孩子)?的?生日",
    re.ASCII,
)


def births(text: str) -> Iterator[Match]:
    """Dates beside a word for birth; no other date is one of a person."""
    for pattern in (_BIRTH, _BORN, _BIRTHDAY):
        yield from (found("birth_date", match, "date") for match in pattern.finditer(text))


NETWORK_GUARDS = (
    r"[0-9]\s?[.。点點]\s?[0-9]{1,3}\s?[.。点點]\s?[0-9]{1,3}\s?[.。点點]\s?[0-9]"
    r"|[0-9A-Fa-f:]:[0-9A-Fa-f]{0,4}:|[0-9A-Fa-f]{2}[\-–. ][0-9A-Fa-f]{2}[\-–. ][0-9A-Fa-f]{2}[\-–. ]"
    r"|[0-9A-Fa-f]{4}[.\-:][0-9A-Fa-f]{4}[.\-:]|(?i:mac|bssid)|(?:牙|物理|硬件)地址",
)
COORDINATE_GUARDS = (
    r"[0-9]\.[0-9]{4}|[东西南北東][经纬經緯]|[经纬經緯]度|经纬|經緯|坐标|座标|坐標|定位|位置|[°度]\s?[0-9]"
    r"|(?i:gps|lat|lng|lon|geo|coord|loc)[A-Za-z]*[^A-Za-z]{0,5}[0-9]|[NSEW]\s?[0-9]{1,3}(?:\.[0-9]{2}|\s?[°度])"
    r"|(?:\.[0-9]{2,}\s?°?|[°度′'’分″\"”秒])\s?[NSEW]",
    r"[0-9]",
)
BIRTH_GUARDS = (r"出生|(?:^|[=;|日号月0-9])\s?生|生[日辰于於]|(?i:d\.?o\.?b|birth|born)",)
