"""Redacts where a device is: IP and MAC addresses in the network, coordinates on the map.

Addresses of private networks are the same in every home and stay, unless a word announces them; so do versions (``1.2.3.4``).
"""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address

from pipeline.redact.replacing import COORDINATES, NETWORK_ADDRESS, Rule, substitute

# --- IP and MAC -----------------------------------------------------------------------------------------------------------

_DOT = r"\s?[.。．点點]\s?"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = re.compile(
    rf"(?:(?<![0-9A-Za-z.])|(?<=[Ii][Pp]))(?P<value>{_OCTET}(?:{_DOT}{_OCTET}){{3}})(?![0-9]"
    rf"|\.[0-9])(?:[:：][0-9]{{2,5}}|/[0-9]{{1,2}})?(?![0-9])"
)
_IP_WORD = r"(?:(?<![A-Za-z])(?i:ip(?:v[46])?)(?![A-Za-z])|[网網][络絡]地址|[网網][关關]|[登客服来來][录錄户戶务務源][端器]?地址)"
_ANNOUNCED = re.compile(rf"{_IP_WORD}[^0-9。，；;]{{0,6}}$")
_VERSION_WORD = re.compile(
    r"(?:版本?|固件|[软軟]件|系[统統]|[升][级級]|更新|[驱驅][动動]"
    r"|(?i:(?<![a-z])v|ver|version|firmware|software|rev|build|app|android|ios))[^0-9。，；;]{0,6}$"
)
_NOBODYS = tuple(
    map(IPv4Network, ("0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3"))
)
# 1.2.3.4 may be a version or a paragraph.
_TELLING_DIGITS = 8
_IPV6 = re.compile(
    r"(?<![0-9A-Za-z:：.])\[?(?P<value>(?:[0-9A-Fa-f]{0,4}[:：]){2,7}(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9A-Fa-f]{0,4}))"
    r"(?:%[0-9A-Za-z]+)?(?:/[0-9]{1,3})?(?:\](?:[:：][0-9]{2,5})?)?(?![0-9A-Za-z:：])"
)
_TELLING_GROUPS = 3
_MAC = re.compile(
    r"(?<![0-9A-Za-z])(?<![0-9A-Fa-f][:：\-.])(?:(?P<pairs>[0-9A-Fa-f]{2}(?P<sign>\s?[:：\-–.]\s?"
    r"|\s)[0-9A-Fa-f]{2}(?:(?P=sign)[0-9A-Fa-f]{2}){4}(?:(?P=sign)[0-9A-Fa-f]{2}){0,2})"
    r"|(?P<fours>[0-9A-Fa-f]{4}(?P<mark>[.\-:：])[0-9A-Fa-f]{4}(?P=mark)[0-9A-Fa-f]{4}))(?![0-9A-Za-z]|[:：\-.][0-9A-Fa-f])"
)
_MAC_WORD = r"(?:(?<![A-Za-z])(?i:mac|bssid)(?![A-Za-z])|[蓝藍]牙地址|物理地址|硬件地址)"
_LABELLED_MAC = re.compile(
    rf"({_MAC_WORD}(?:地址|码|碼|(?i:\s?addr(?:ess)?)|是|为|為|[:：=＝#（(]"
    rf"|\s){{0,4}})[0-9A-Fa-f]{{2}}(?:[\s:：\-–.]{{0,2}}[0-9A-Fa-f]{{2}}){{5}}(?![0-9A-Za-z])"
)


def _redact_network(text: str) -> str:
    text = substitute(_IPV6, _decide_ipv6, text)
    text = _LABELLED_MAC.sub(rf"\1{NETWORK_ADDRESS}", text)
    text = substitute(_MAC, _decide_mac, text)
    return substitute(_IPV4, _decide_ipv4, text)


def _decide_mac(match: re.Match[str]) -> str | None:
    """Six pairs without a letter are figures (10-20-30-40-50-60), without a digit perhaps words."""
    has_sign = match["sign"] in (":", "：") or re.search("[0-9]", match[0])
    return NETWORK_ADDRESS if has_sign and re.search("[A-Fa-f]", match[0]) else None


def _decide_ipv4(match: re.Match[str]) -> str | None:
    start = match.start("value")
    before = match.string[max(0, start - 14) : start]
    if _ANNOUNCED.search(before):
        return NETWORK_ADDRESS
    value = re.sub(r"[^0-9]+", ".", match["value"])
    is_nobodys = any(IPv4Address(value) in network for network in _NOBODYS)
    is_telling = len(value) - 3 >= _TELLING_DIGITS
    return None if is_nobodys or not is_telling or _VERSION_WORD.search(before) else NETWORK_ADDRESS


def _decide_ipv6(match: re.Match[str]) -> str | None:
    written = match["value"].replace("：", ":")
    try:
        IPv6Address(written)
    except AddressValueError:
        return None
    return NETWORK_ADDRESS if sum(map(bool, written.split(":"))) >= _TELLING_GROUPS else None


# --- coordinates ----------------------------------------------------------------------------------------------------------

_DECIMAL = r"[-−]?[0-9]{1,3}\.[0-9]{2,}(?![0-9])(?:\s?[°度])?"
_FINE = r"(?P<{}>[0-9]{{2,3}}\.[0-9]{{4,}})(?![0-9])°?"
_BETWEEN = r"(?:\s?[,，、;；/|\s]\s?)"
_PAIR = re.compile(
    r"(?<![0-9.\-])(?<![0-9][,，、;；/|"
    rf" ])(?<![0-9][,，、;；] ){_FINE.format('first')}{_BETWEEN}{_FINE.format('second')}(?!{_BETWEEN}?[0-9.%]|%)"
)
_SIDE = "(?:[NSEWnsew]|[东東西南北][经經纬緯])"
_MINUTES = (
    r"[0-9]{1,3}\s?[°度º˚]\s?[0-9]{1,2}(?:\.[0-9]+)?(?:\s?[′'’‘分](?:\s?[0-9]{1,2}(?:\.[0-9]+)?\s?(?:[″\"”“秒]|[′'’‘]{2})?)?)?"
)
_DEGREES = rf"(?:{_MINUTES}|[0-9]{{1,3}}\.[0-9]{{2,}}\s?[°度º˚]?)"
_ONE = (
    rf"(?:[东東西南北][经經纬緯]\s?[:：]?\s?{_DEGREES}"
    rf"|(?<![A-Za-z])[NSEW]\s?{_DEGREES}(?![0-9A-Za-z])|{_DEGREES}\s?[NSEW](?![A-Za-z]))"
)
# Both, or one with its name: 北纬22°49′, N22.8170 E108.3669.
_WITH_SIDES = re.compile(rf"(?<![0-9.]){_ONE}(?:{_BETWEEN}{{0,2}}{_ONE})+|[东東西南北][经經纬緯]\s?[:：]?\s?{_DEGREES}")
_TWO_DEGREES = re.compile(rf"(?<![0-9.]){_MINUTES}{_BETWEEN}{_MINUTES}")
_PLACE_WORD = (
    r"(?:[经經][纬緯](?:度)?|[经經]度|[纬緯]度|坐[标標]|座[标標]|定位|位置"
    r"|(?<![A-Za-z])(?i:gps|lat(?:itude)?|lng|lon(?:g|gitude)?|geo|coordinates?|location|loc)(?![A-Za-z]))"
)
_TO_FIGURE = r"(?:点|點|信息|是|为|為|在|[:：=＝（(\[【\"'“]|\s){0,4}"
_LABELLED = re.compile(
    rf"({_PLACE_WORD}{_TO_FIGURE}){_DECIMAL}{_BETWEEN}{_DECIMAL}"
    rf"|((?:[经經纬緯]度|(?<![A-Za-z])(?i:lat(?:itude)?|lng|lon(?:g|gitude)?)){_TO_FIGURE})(?:{_DECIMAL}|{_MINUTES})"
)
# The map of China with its seas: degrees north and east.
_SOUTH, _NORTH, _WEST, _EAST = 3, 54, 73, 136


def _redact_coordinates(text: str) -> str:
    text = _WITH_SIDES.sub(COORDINATES, text)
    text = _TWO_DEGREES.sub(COORDINATES, text)
    text = _LABELLED.sub(lambda match: (match[1] or match[2]) + COORDINATES, text)
    return substitute(_PAIR, _decide_pair, text)


def _decide_pair(match: re.Match[str]) -> str | None:
    first, second = float(match["first"]), float(match["second"])
    return COORDINATES if _is_in_china(first, second) or _is_in_china(second, first) else None


def _is_in_china(north: float, east: float) -> bool:
    return _SOUTH <= north <= _NORTH and _WEST <= east <= _EAST


_DOT_GUARD = r"[0-9]\s?[.。．点點]\s?[0-9]"
RULES = (
    Rule(
        _redact_network,
        rf"{_DOT_GUARD}{{1,3}}\s?[.。．点點]\s?[0-9]{{1,3}}\s?[.。．点點]\s?[0-9]|[0-9A-Fa-f:：]\s?[:：][0-9A-Fa-f\s]{{0,6}}[:：]"
        r"|[0-9A-Fa-f]{2}\s?[\-–. ]\s?[0-9A-Fa-f]{2}\s?[\-–. ]\s?[0-9A-Fa-f]{2}\s?[\-–. ]\s?[0-9A-Fa-f]{2}\s?[\-–. ]"
        r"|[0-9A-Fa-f]{4}[.\-:：][0-9A-Fa-f]{4}[.\-:：]|(?i:mac|bssid)|(?:牙|物理|硬件)地址",
        rf"{_DOT_GUARD}|[0-9A-Fa-f:：]\s?[:：]|[0-9A-Fa-f]\s?[\-–. ]\s?[0-9A-Fa-f]|(?i:mac|bssid)|(?:牙|物理|硬件)地址",
    ),
    Rule(
        _redact_coordinates,
        r"[0-9]\.[0-9]{4}|[经經][纬緯]|[经經纬緯]度|[东東西南北][经經纬緯]"
        r"|(?:坐标|坐標|座标|座標|定位|位置)[^0-9\[]{0,6}[0-9]|[°度º˚]\s?[0-9]"
        r"|(?i:gps|lat|lng|lon|geo|coord|loc)[A-Za-z]*[^A-Za-z]{0,5}[0-9]"
        r"|[NSEWnsew]\s?[0-9]{1,3}\.[0-9]{2}|[0-9]{2}\s?[°度º˚]?\s?[NSEW]",
        # A degree, or a figure with a fraction.
        r"[0-9]\.[0-9][0-9]|[经經纬緯]度|[0-9]\s?[°度º˚]\s?[0-9]",
    ),
)
