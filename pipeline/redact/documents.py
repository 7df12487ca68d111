"""Redacts numbers of papers and vehicles: passports, travel and residence permits, officers' and driving licences, VINs.

Resident identity numbers are in ``numbers.py``. Shapes are those of the issuing authorities: Chinese passports E, EA … and G;
permits of Hong Kong and Macao H, M, C, CA …, of Taiwan L and T; foreigners' permanent residence until 2023 (three letters,
twelve digits); VIN by GB 16735 (ISO 3779, check digit in place nine). Other numbers count behind the word for their paper.
"""

from __future__ import annotations

import re

from pipeline.redact import lexicon
from pipeline.redact.replacing import HAN, ID_NUMBER, VEHICLE, Rule, substitute

_GAP = r"[\s\-–—·._]{0,2}"
_SPACE = r"[ \-–—·\u3000]?"
_END = "(?![A-Za-z0-9])"
_CUT = "[ \\-–—·]{1,2}"

_PAPER = (
    "护照|護照|通行[证證]|回[乡鄉][证證卡]|[台臺]胞[证證]|居留(?:身份)?[证證卡]"
    "|居留(?:许可|許可)|居住[证證]|永居(?:身份)?[证證]|旅行[证證]|海[员員][证證]"
    "|[军軍警]官[证證]|士兵[证證]|军人[证證]|文[职職](?:干部)?[证證]|退役[军軍]人[证證]|[驾駕][驶駛]?[证證照]|身份[证證]|[证證]件|社保卡?|医保卡?|社会保障卡?|[学學]生[证證]|警察[证證]"
    "|(?i:passport|driver'?s?'? licen[cs]e|driving licen[cs]e|travel permit|residence permit|id card)"
)
_TO_NUMBER = (
    r"(?:上?的)?(?:[档檔]案)?(?:[编編]?[号號][码碼]?|(?i:\s?(?:no|number|num)(?![a-z])\.?))?"
    r"(?:[（(][^（()）0-9]{1,6}[)）])?(?:是|为|為|[:：=＝#（(【「“\"]|\s){0,4}"
)
# In the order in which they are tried: letters and a fixed number of digits, whatever is in one piece, digits in groups.
_NUMBER = (
    rf"(?:[A-Za-z](?:{_GAP}[0-9]){{8}}(?:(?:{_GAP}[0-9]){{2}})?{_END}|[A-Za-z]{_GAP}[A-Za-z](?:{_GAP}[0-9]){{7}}{_END}"
    rf"|[0-9]{{6}}{_CUT}(?:[0-9]{{6}}(?:[0-9]{{2}})?|[0-9]{{4}}{_CUT}[0-9]{{4}}){_CUT}[0-9]{{3}}[0-9Xx]?{_END}"
    rf"|(?=(?:[A-Za-z]*[0-9]){{5}})[A-Za-z0-9]{{6,18}}{_END}(?!{_CUT}(?!(?:19|20)[0-9]{{2}}[\-–./年])[0-9])"
    r"|(?!(?:19"
    rf"|20)[0-9]{{2}}[\-–.]?[01]?[0-9][\-–.])[0-9]{{3,6}}(?:[ \-–—·]{{1,2}}[0-9]{{2,6}}(?![0-9])){{1,4}}(?:[ \-]?[Xx])?{_END}"
    rf"|[0-9](?:[ \-–—·.][0-9]){{6,17}}(?:[ \-–—·.]?[Xx])?{_END})"
    r"(?:\s?[(（][A-Za-z0-9]{1,2}[)）])?"
)
_LABELLED = re.compile(rf"((?:{_PAPER}){_TO_NUMBER}){_NUMBER}")
# 军字第1234567号; behind its word any command's character.
_LABELLED_OFFICER = re.compile(
    rf"((?:[军軍警]官|士兵|军人|文[职職](?:干部)?)[证證]{_TO_NUMBER}){HAN}{{1,4}}字?第?\s?(?:{_GAP}[0-9]){{4,9}}\s?[号號]?"
)
_OFFICER = re.compile(rf"[军軍南北沈兰成济广海空参政后装联士武警]字第\s?[0-9](?:{_GAP}[0-9]){{5,7}}\s?[号號]")
# Without a word: in one piece, in two groups of four, or digit by digit. H and M may have two digits of renewals more.
_BARE = re.compile(
    rf"(?<![A-Za-z0-9À-ſ\-_./])(?:(?:[EGCHMWLT]{_SPACE}|[egchmwlt])(?P<eight>[0-9]{{8}}"
    rf"|[0-9]{{4}} [0-9]{{4}}|[0-9](?: [0-9]){{7}})(?: ?[0-9]{{2}})?"
    rf"|(?:[EC][A-HJ-NP-Z]{_SPACE}|[ec][a-hj-np-z])(?P<seven>[0-9]{{7}}|[0-9]{{3}} [0-9]{{4}}|[0-9](?: [0-9]){{6}}))(?![A-Za-z0-9]"
    r"|-[A-Za-z0-9])"
)
_RESIDENCE = re.compile(rf"(?<![A-Za-z0-9])[A-Za-z]{{3}}(?P<digits>(?:{_SPACE}[0-9]){{12}}){_END}")
_BIRTH = re.compile("[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])")
# Business licences of one person (个体工商户) begin with 92; other enterprises' codes are public.
_BUSINESS = re.compile(
    r"((?:信用代[码碼]|[税稅][号號]|[纳納][税稅]人(?:[识識][别別])?[号號])(?:[码碼]"
    rf"|是|为|為|[:：=＝]|\s){{0,4}})92(?:{_SPACE}[0-9A-Za-z]){{16}}{_END}"
)
_THING = re.compile(
    r"(?:型号|型號|序列|批号|批次|编码|物料|零件|配件|料号|货号|订单|单号|编号|(?i:s/?n|p/?n|model|serial|part))[^0-9A-Za-z]{0,4}$"
)
# Codes of things: with a date of today's years in them, or counted up from one.
_CODE_DATE = re.compile("20[1-3][0-9](?:0[1-9]|1[0-2])")


def _redact_documents(text: str) -> str:
    text = _LABELLED_OFFICER.sub(rf"\1{ID_NUMBER}", text)
    text = _LABELLED.sub(rf"\1{ID_NUMBER}", text)
    text = _BUSINESS.sub(rf"\1{ID_NUMBER}", text)
    text = _OFFICER.sub(ID_NUMBER, text)
    text = substitute(_RESIDENCE, _decide_residence, text)
    return substitute(_BARE, _decide_bare, text)


def _decide_residence(match: re.Match[str]) -> str | None:
    digits = re.sub("[^0-9]", "", match["digits"])
    return ID_NUMBER if digits[:2] in lexicon.PROVINCE_CODES and _BIRTH.fullmatch(digits[4:10]) else None


def _decide_bare(match: re.Match[str]) -> str | None:
    digits = re.sub("[^0-9]", "", match["eight"] or match["seven"])
    is_code = "000" in digits or _CODE_DATE.match(digits) or _THING.search(match.string, max(0, match.start() - 12), match.start())
    return None if is_code else ID_NUMBER


_VIN_CHARACTER = "[A-HJ-NPR-Za-hj-npr-z0-9]"
_VIN = re.compile(rf"(?<![A-Za-z0-9]){_VIN_CHARACTER}(?:{_SPACE}{_VIN_CHARACTER}){{16}}{_END}")
_VIN_WORD = (
    "[车車]架[号號]?|[车車]辆?[识識][别別](?:代?[号號码碼]|代[号號]|[号號][码碼])"
    "|[车車]輛識別(?:代)?號碼?|底[盘盤][号號]|大架[号號]|(?i:(?<![a-z])vin(?![a-z])|chassis)"
)
_LABELLED_VIN = re.compile(
    rf"((?:{_VIN_WORD})(?:[码碼号號]|是|为|為|(?i:\s?(?:no|number)(?![a-z])\.?)"
    rf"|[:：=＝#（(【「“\"]|\s){{0,5}})[A-Za-z0-9](?:{_SPACE}[A-Za-z0-9]){{16}}{_END}"
)
# ISO 3779: what each letter counts, and the weight of each place.
_VIN_VALUES = {
    **{str(digit): digit for digit in range(10)},
    **dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", [*range(1, 9), *range(1, 6), 7, 9, *range(2, 10)], strict=True)),
}
_VIN_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)


def _redact_vehicles(text: str) -> str:
    return substitute(_VIN, _decide_vin, _LABELLED_VIN.sub(rf"\1{VEHICLE}", text))


def _decide_vin(match: re.Match[str]) -> str | None:
    number = re.sub("[^0-9A-Z]", "", match[0].upper())
    return VEHICLE if is_vehicle_number(number) else None


def is_vehicle_number(number: str) -> bool:
    """Whether 17 capitals and digits are a VIN: a letter for the maker and one behind, four digits at the end, the check digit."""
    if number[:3].isdigit() or not number[-4:].isdigit() or number[3:].replace("X", "").isdigit():
        return False
    total = sum(_VIN_VALUES[character] * weight for character, weight in zip(number, _VIN_WEIGHTS, strict=True))
    return "0123456789X"[total % 11] == number[8]


_BARE_GUARD = rf"(?:[EGCHMWLTegchmwlt]|[ECec][A-Za-z]){_SPACE}[0-9] ?[0-9] ?[0-9] ?[0-9] ?[0-9] ?[0-9] ?[0-9]"
PAPERS = (
    Rule(
        _redact_documents,
        rf"(?:{_PAPER})|信用代|[税稅][号號]|[纳納][税稅]人|字第|{_BARE_GUARD}|[A-Za-z]{{3}}(?:{_SPACE}[0-9]){{12}}",
        rf"{_PAPER}|信用代|[税稅][号號]|[纳納][税稅]人|字第|[A-Za-z]{_SPACE}[0-9] ?[0-9] ?[0-9]",
    ),
)
VEHICLES = (
    Rule(
        _redact_vehicles,
        rf"(?:[A-Za-z0-9]{_SPACE}){{16}}[A-Za-z0-9]",
        rf"[A-Za-z0-9]{_SPACE}[0-9]{_SPACE}[0-9]{_SPACE}[0-9]{_SPACE}[0-9]|[车車]架|[识識][别別]|[底大][盘盤架]|(?i:vin|chassis)",
    ),
)
