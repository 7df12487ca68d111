"""The scanner's search for numbers of papers and vehicles: passports, permits, licences, business codes of one person, VINs.

Resident identity numbers are in ``patterns.py``. Without the word for the paper only fixed shapes count: a Chinese passport, a
permit for or from Hong Kong and Macao, a foreigner's residence, a VIN with its check digit (GB 16735, ISO 3779).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.privacy.matches import PROVINCES, Match, found

_WORD = (
    "护照|護照|通行证|通行證|回乡证|回乡卡|回鄉證|台胞证|臺胞證|台胞證|居留证|居留身份证|居留許可|居留许可|居住证|居住證|永居证"
    "|旅行证|海员证|军官证|警官证|警察证|士兵证|军人证|文职证|文职干部证|驾驶证|駕駛證|驾照|駕照|身份证|身份證|证件|證件"
    "|社保卡?|医保卡?|社会保障卡?|学生证|學生證|(?i:passport|licen[cs]e|permit|id card)"
)
_BEFORE = (
    rf"(?:{_WORD})(?:的|上)?(?:档案)?(?:编?号码?|編?號碼?"
    rf"|(?i:[ ]?(?:no|number)(?![a-z])\.?))?(?:\([^()0-9]{{1,6}}\))?[\s:=#是为為(【「“\"]{{0,4}}"
)
_GAP = r"[\s\-–—·._]{0,2}"
_ANNOUNCED = re.compile(
    rf"{_BEFORE}(?P<number>[A-Za-z](?:{_GAP}[A-Za-z])?(?:{_GAP}\d){{7,10}}|[A-Za-z\d]{{6,18}}"
    rf"|\d{{3,6}}(?:[ \-–—·]\d{{2,6}}){{1,4}}(?:[ \-]?[Xx])?|\d(?:[ \-–—·.]\d){{6,17}}"
    r"|[\u4e00-\u9fff]{1,4}字?第?\s?\d(?:[ \-]?\d){4,8})(?![A-Za-z\d])",
    re.ASCII,
)
_OFFICER = re.compile(rf"[军南北沈兰成济广海空参政后装联士武警]字第\s?\d(?:{_GAP}\d){{5,7}}\s?号", re.ASCII)
_FIXED = re.compile(
    r"(?<![A-Za-z0-9À-ſ_\-./])(?:(?:[EGCHM][ \-–—·]?|[egchm])(?:\d{8}|\d{4} \d{4}|\d(?: \d){7})(?:[ ]?\d\d)?"
    r"|(?:[EC][A-HJ-NP-Z][ \-–—·]?|[ec][a-hj-np-z])(?:\d{7}|\d{3} \d{4}|\d(?: \d){6}))"
    r"(?![A-Za-z0-9]|-[A-Za-z0-9])",
    re.ASCII,
)
_THING = re.compile(
    r"(?:型号|序列|批号|批次|编码|物料|零件|配件|料号|货号|订单|单号|编号|(?i:s/?n|p/?n|model|serial|part))[^0-9A-Za-z]{0,4}$"
)
_RESIDENCE = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{3}[ \-]?(?P<digits>\d(?:[ \-]?\d){11})(?![A-Za-z0-9])", re.ASCII)
_DAY = re.compile(r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])", re.ASCII)
_BUSINESS = re.compile(
    r"(?:信用代码|税号|稅號|纳税人识别号|纳税人号)(?:号|是|为|[:=\s]){0,4}(?P<number>92(?:[ \-]?[0-9A-Za-z]){16})(?![A-Za-z0-9])"
)


def papers(text: str) -> Iterator[Match]:
    """Numbers of papers other than resident identity numbers."""
    for match in _ANNOUNCED.finditer(text):
        if sum(map(str.isdigit, match["number"])) >= 5 and not re.match(r"(?:19|20)\d\d[-.]", match["number"]):
            yield found("id_number", match, "number")
    yield from (found("id_number", match, "number") for match in _BUSINESS.finditer(text))
    yield from (found("id_number", match) for match in _OFFICER.finditer(text))
    for match in _RESIDENCE.finditer(text):
        digits = re.sub(r"\D", "", match["digits"])
        if digits[:2] in PROVINCES and _DAY.fullmatch(digits[4:10]):
            yield found("id_number", match)
    for match in _FIXED.finditer(text):
        digits = re.sub(r"\D", "", match[0])
        # Codes count up from zero or hold a date.
        is_code = "000" in digits or re.match(r"20[1-3]\d(?:0[1-9]|1[0-2])", digits)
        if not is_code and not _THING.search(text, max(0, match.start() - 12), match.start()):
            yield found("id_number", match)


_CHARACTER = "[A-HJ-NPR-Za-hj-npr-z0-9]"
_VIN = re.compile(rf"(?<![A-Za-z0-9]){_CHARACTER}(?:[ \-–—·]?{_CHARACTER}){{16}}(?![A-Za-z0-9])")
_ANNOUNCED_VIN = re.compile(
    r"(?:车架号?|車架號?|识别代号|识别代码|识别号|识别码|底盘号|大架号"
    r"|(?i:(?<![a-z])vin(?![a-z])|chassis))[\s:=#是为码号(【「“\"]{0,4}(?i:no\.?\s?|number\s?)?"
    r"[\s:=#]{0,2}(?P<number>[A-Za-z0-9](?:[ \-–—·]?[A-Za-z0-9]){16})(?![A-Za-z0-9])"
)
_GROUPINGS = frozenset({(17,), (3, 6, 8), (3, 5, 9), (4, 4, 4, 5), (9, 8), (11, 6), (3, 14), (1,) * 17})
_LETTERS = {
    letter: value
    for value, letters in enumerate(("", "AJ", "BKS", "CLT", "DMU", "ENV", "FW", "GPX", "HY", "RZ"))
    for letter in letters
}


def vehicles(text: str) -> Iterator[Match]:
    """Vehicle identification numbers: with their check digit, or behind their word."""
    yield from (found("vehicle", match, "number") for match in _ANNOUNCED_VIN.finditer(text))
    start = 0
    # A match may begin in the word before the number.
    while match := _VIN.search(text, start):
        start = match.start() + 1
        groups = tuple(map(len, re.findall("[A-Za-z0-9]+", match[0])))
        if groups in _GROUPINGS and is_vin(re.sub("[^A-Za-z0-9]", "", match[0]).upper()):
            yield found("vehicle", match)
            start = match.end()


def is_vin(number: str) -> bool:
    """Whether 17 capitals and digits are a VIN: a letter in the maker's part and behind it, four last digits, the check digit."""
    if number[:3].isdigit() or not number[-4:].isdigit() or not re.search("[A-WYZ]", number[3:]):
        return False
    weights = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
    total = sum(weight * (int(each) if each.isdigit() else _LETTERS[each]) for weight, each in zip(weights, number, strict=True))
    return number[8] == ("X" if total % 11 == 10 else str(total % 11))


PAPER_GUARDS = (
    rf"{_WORD}|信用代码|税号|稅號|纳税人|字第"
    r"|(?:^|[^A-Za-z0-9À-ſ_\-./])(?:[EGCHMegchm][ \-–—·]?[0-9](?: ?[0-9]){7}"
    r"|[ECec][A-HJ-NP-Za-hj-np-z][ \-–—·]?[0-9](?: ?[0-9]){6})"
    r"|[A-Za-z]{3}(?:[ \-]?[0-9]){12}",
    "[0-9]",
)
VEHICLE_GUARDS = (
    r"[A-Za-z0-9][ \-–—·]?[0-9][ \-–—·]?[0-9][ \-–—·]?[0-9][ \-–—·]?[0-9]|[车車]架|识别|底盘|大架|(?i:vin|chassis)",
    r"(?:[A-Za-z0-9][ \-–—·]?){16}[A-Za-z0-9]",
)
