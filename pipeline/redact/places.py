"""Redacts where a person lives: street, estate, building or village with a number, or after a word that announces an address."""

from __future__ import annotations

import re

from pipeline.redact.replacing import ADDRESS, HAN, Rule, keep_introduction

# Words before a street: a name never extends across them.
_NO_PLACE = "在住到于从從是址市区區县縣旗省去来來送寄至的了我你他她家个個及与與离離有说說就"
_PLACE_CHARACTER = rf"(?:(?![{_NO_PLACE}]){HAN})"
_COUNT = r"(?:[0-9]+|[一二三四五六七八九十百零〇两]+)"
_ESTATE = (
    "(?:[小社][区區]|花[园園]|公寓|大[厦廈]|新村|新城|家[园園]|花苑|雅苑|山[庄莊]|[别別]墅|[广廣][场場]|名都|[国國][际際]|中心|佳[园園]"
    "|[华華]庭|公[馆館]|宿舍|大院|苑|城|府|庭|[湾灣]|[园園]|居|院)"
)
_NUMBERED = "(?:[号號](?:[楼樓]|院)?|[栋棟]|幢)"
# Parts of a house number; 3-2-501 is building, unit, room.
_PART = (
    rf"(?:[A-Za-z]?{_COUNT}[A-Za-z]?\s?(?:{_NUMBERED}|[单單]元|[层層]|[楼樓]|室|房|[门門]|[户戶]|弄|梯|座)(?![线線店单單])|[A-Za-z]座"
    rf"|[A-Za-z]?[0-9]{{1,4}}(?:-[0-9]{{1,4}}){{1,3}}(?![0-9\-])|[0-9]{{1,3}}#-?[0-9]{{3,4}}(?![0-9]))"
)
_BUILDING_PART = rf"(?:[A-Za-z]?{_COUNT}[A-Za-z]?(?:[号號][楼樓]|[栋棟]|幢|[单單]元)|[0-9]{{1,3}}-[0-9]{{1,3}}-[0-9]{{1,4}})"
_PART_GAP = r"[\s,，、\-]?"
# The last number of an address often stands alone: 3栋2单元501.
_NO_UNIT = "(?![0-9元块塊年月日台臺个個次分秒小天件间間米公多余餘人家份号號点點时時热熱电電%:：.\\-])(?!\\s?[室房户戶])"
_ROOM = rf"(?:[0-9]{{3,4}}|[一二三四五六七八九零〇]{{3,4}}){_NO_UNIT}"
_PARTS = (
    rf"(?:{_PART_GAP}{_PART}(?:之{_COUNT}(?![0-9元]))?)*"
    rf"(?:(?<=[栋棟幢元楼樓座号號]){_PART_GAP}{_ROOM})?"
)
_STREET = (
    # 和平里8号 is a lane; 公里 and 这里 are not.
    "(?:大道|大街|街道|胡同|(?<![频管通轨渠])道|路|街|巷|(?<![公英海这那哪心家夜手眼店车房城屋])里)(?:延长线|延长段|支路|辅路)?"
    "(?:[东東西南北中]?[一二三四五六七八九十]+[路街巷段里]|[东東西南北中][段里巷]?)?"
)
_SUBNUMBER = rf"(?:\s?(?:[之\-–—]|附)\s?{_COUNT}){{0,2}}"
_STREET_NUMBER = re.compile(
    rf"{_PLACE_CHARACTER}{{1,8}}?{_STREET}{_PART_GAP}(?:(?i:no)\.?\s?)?[甲乙丙丁]?(?:{_COUNT}{_SUBNUMBER}\s?(?:{_NUMBERED}|弄|巷|(?<=[0-9])#)(?![线線])"
    # 30之7, 30-7-610: without 号.
    rf"|{_COUNT}之{_COUNT}(?![0-9一二三四五六七八九十])|[0-9]{{1,4}}-[0-9]{{1,3}}-[0-9]{{3,4}}(?![0-9\-]))"
    # 30号之7, 30号附2号, 12弄3支弄, 30之7号610.
    rf"(?:\s?[之附-]\s?{_COUNT}(?:[号號]|(?![0-9元年月日]))|{_COUNT}(?:支弄|衖)){{0,2}}"
    rf"(?:(?<=[号號院弄#0-9一二三四五六七八九十]){_PART_GAP}(?<![0-9]){_ROOM})?"
    # An estate with any name, if a building follows: 民族大道1号荣和山水3栋.
    rf"(?:{_PART_GAP}{_PLACE_CHARACTER}{{0,8}}?{_ESTATE}|{_PLACE_CHARACTER}{{1,8}}?(?={_BUILDING_PART}))?{_PARTS}"
)
_ESTATE_NUMBER = re.compile(
    rf"{_PLACE_CHARACTER}{{1,8}}?{_ESTATE}(?:[东東西南北A-Za-z一二三四五六]?[区區期])?{_PART_GAP}{_PART}{_PARTS}"
)
# 8号楼 alone is any building; with a second part, or as a room, it is a person's door.
_BUILDING = re.compile(
    rf"(?:[A-Za-z]?{_COUNT}[A-Za-z]?(?:[号號][楼樓]|[栋棟]|幢)|[A-Za-z]座)[\s\-]?(?:{_PART}|[0-9]{{3,4}}{_NO_UNIT}){_PARTS}"
    rf"|{_COUNT}[单單]元{_PARTS}|(?<![0-9.])[0-9]{{3,4}}室(?![内外温]){_PARTS}"
)
_VILLAGE = re.compile(
    rf"{_PLACE_CHARACTER}{{1,6}}(?:[镇鎮]|[乡鄉]|街道){_PLACE_CHARACTER}{{1,6}}(?:[村居]委[会會]|村|社[区區]|屯)"
    rf"(?:{_PLACE_CHARACTER}{{0,4}}?{_COUNT}?(?:[组組]|[队隊]|社|屯))?(?:{_PART_GAP}{_COUNT}[号號])?"
    rf"|{_PLACE_CHARACTER}{{1,5}}村{_COUNT}(?:[组組]|[队隊]|社|屯|[号號]){_PARTS}"
)
# Without a house number a street is found only after a word that announces an address.
_ANNOUNCES = "地址|住址|住在|家住|家在|我家是|送到|寄到|送[货貨]至"
# Without one of these the large pattern cannot match.
_STREET_WORD, _VILLAGE_WORD, _BUILDING_WORD = map(re.compile, ("[路道街巷同里]", "[村镇鎮乡鄉街]", "[栋棟幢楼樓座元室]"))
_ESTATE_WORD, _ANNOUNCES_WORD = re.compile(_ESTATE), re.compile(_ANNOUNCES)
_ANNOUNCED = re.compile(
    # Kept: province, city, county, district.
    rf"((?:{_ANNOUNCES})[是为在:：\s]*(?:{HAN}{{1,12}}?[省市县縣旗]|{HAN}{{1,4}}(?<![小社园園])[区區]){{0,3}}?)"
    rf"{_PLACE_CHARACTER}{{2,10}}?"
    r"(?:大道|大街|街道|胡同|路|街|巷|弄|小[区區]|花[园園]|公寓|大[厦廈]|新村|家[园園]|花苑|山[庄莊]|[别別]墅|[镇鎮]|[乡鄉]|村|屯|苑|宿舍|大院)"
    rf"(?![上口边]|[宾賓][馆館]|酒店|[饭飯]店){_ESTATE}?(?:{_PART_GAP}{_PLACE_CHARACTER}{{1,8}}?{_ESTATE})?{_PARTS}"
)


def _redact_places(text: str) -> str:
    if _STREET_WORD.search(text):
        text = _STREET_NUMBER.sub(ADDRESS, text)
    if _VILLAGE_WORD.search(text):
        text = _VILLAGE.sub(ADDRESS, text)
    if _ESTATE_WORD.search(text):
        text = _ESTATE_NUMBER.sub(ADDRESS, text)
    if _ANNOUNCES_WORD.search(text):
        text = _ANNOUNCED.sub(keep_introduction(ADDRESS), text)
    return _BUILDING.sub(ADDRESS, text) if _BUILDING_WORD.search(text) else text


_PART_GUARD = rf"{_COUNT}[A-Za-z]?\s?(?:[号號]|[栋棟]|幢|[单單]元|[层層]|[楼樓]|室|房|[门門]|[户戶]|弄|巷|梯|座)|[A-Za-z]座"
RULES = (
    Rule(
        _redact_places,
        rf"{_PART_GUARD}|[0-9]#|之[0-9一二三四五六七八九十]|(?:{HAN}\s?)(?i:no)\.?\s?[0-9]"
        rf"|村{_COUNT}[组組队隊社屯]|(?:[镇鎮]|[乡鄉]|街道){HAN}{{1,6}}(?:村|社[区區]|屯|居委[会會])"
        rf"|[0-9]-[0-9]|(?:{_ANNOUNCES})[^\]]",
        rf"{_PART_GUARD}|[0-9]#|之[0-9一二三四五六七八九十]|[村屯]|社[区區]|居委[会會]|[0-9]-[0-9]|{_ANNOUNCES}",
    ),
)
