"""Redacts people's names: before titles, after labels and roles, at the start of a sentence, and the record's own.

A bare name in mid-sentence is found only if the record itself names the person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import polars as pl

from pipeline.redact import lexicon
from pipeline.redact.replacing import HAN, LABELS, NAME, UNUSUAL, Rule, plain, substitute

_COMPOUND = lexicon.COMPOUND_SURNAMES | lexicon.RARE_COMPOUND_SURNAMES
_STRONG = (lexicon.SURNAMES - lexicon.WEAK_SURNAMES) | lexicon.TRADITIONAL_SURNAMES


def _surname(single: Iterable[str]) -> str:
    return f"(?:{'|'.join(sorted(_COMPOUND))}|[{''.join(sorted(single))}])"


_KNOWN = lexicon.SURNAMES | lexicon.RARE_SURNAMES | lexicon.TRADITIONAL_SURNAMES
_ANY_SURNAME = _surname(_KNOWN)
_TITLED_SURNAME = _surname(_KNOWN | lexicon.RARE_WORD_SURNAMES)
_LIKELY_SURNAME = _surname(_KNOWN - lexicon.PARTICLE_SURNAMES)
_STRONG_SURNAME = _surname(_STRONG)

# Titles that always follow a name, then titles that just as often stand alone (安装师傅).
_PERSONAL_TITLE = "先生|女士|小姐|太太|夫人|阿姨|大姐|大哥|大爷|大妈|大叔|叔叔|同志|老伯|奶奶|爷爷"
_ROLE_TITLE = (
    "师傅|师父|经理|老师|工程师|技师|技术员|主任|店长|老板|主管|组长|站长|班长|医生|教授|律师|警官|队长|科长|处长|局长|总监"
    "|師傅|經理|老師|工程師|技師|店長|老闆|組長|站長|醫生|律師"
)
# 王总, 李工, 张姐: only after a surname that is not part of a word, and not at the start of another word.
_SHORT_TITLE = (
    "总(?![理统监共是体的之额价算会能要结归得数部线站公觉在不有])|工(?![作程具业人资序艺钱期单厂地号时费])|姐(?!妹)|哥(?!们)"
)
_TITLE = re.compile(f"{_PERSONAL_TITLE}|{_ROLE_TITLE}|{_SHORT_TITLE}")
_KIND_OF_TITLE = dict.fromkeys(_PERSONAL_TITLE.split("|"), "personal") | dict.fromkeys(_ROLE_TITLE.split("|"), "role")
_NO_GIVEN_NAME = frozenset("的了我你他她您它们这那没就也很还吗呢吧啊呀么都被把")
_NO_GIVEN_NAME_BEFORE_ROLE = _NO_GIVEN_NAME | frozenset(
    "是在有不给让去到上下个位从与或及什怎哦请找叫对跟等说打约派换修装拆洗送拿买卖付退些种每次前后"
)
# What precedes a name: tells 找王总 from 施工 and 大师姐.
_INTRODUCES = frozenset("找给和跟对与叫请是让问系的位向由被把，谢烦诉个")
# After these, a surname that is also an ordinary word is a surname if nothing follows its title: 谢谢程工，not 谢谢全工厂.
_ADDRESSES_SOMEBODY = re.compile("(?:谢谢|感谢|麻烦|联系|投诉|找|问)$")
_GOES_ON = re.compile(f"(?!{HAN})|投诉|反映|处理|说|要|来|修|上门|帮|聊|谈")
_HAN_CHARACTER = re.compile(HAN)
# Surnames that are ordinary words, but hardly ever the first of three characters that are not words.
_FULL_NAMED = lexicon.WEAK_SURNAMES - (lexicon.PARTICLE_SURNAMES - lexicon.NAMED_PARTICLES)
_HAN_TAIL = re.compile(f"{HAN}{{1,4}}$")


def _name_before(text: str, end: int, kind: str) -> int:
    """The number of characters before a title that are a name; 0 for none."""
    tail = _HAN_TAIL.search(text, max(0, end - 4), end)
    if tail is None or tail[0][-2:] in lexicon.JOB_WORDS or text.startswith("班主任", end - 1):
        return 0
    # 师傅和李女士: the name begins after the previous title.
    before = _THROUGH_TITLE.sub("", tail[0])
    if not before:
        return 0
    if kind == "short":
        if before[-2:] in _COMPOUND:
            return 2
        introduced = len(before) == 1 or before[-2] in _INTRODUCES
        if introduced and before[-1] in _STRONG:
            return int(text[end - 1 : end + 1] != "施工")
        is_addressed = before[-1] in _KNOWN and _ADDRESSES_SOMEBODY.search(before[:-1])
        return int(bool(is_addressed) and bool(_GOES_ON.match(text, end + 1)))
    excluded = _NO_GIVEN_NAME if kind == "personal" else _NO_GIVEN_NAME_BEFORE_ROLE
    weak = 0
    for length in range(len(before), 0, -1):
        candidate = before[-length:]
        surname = candidate[:2] if candidate[:2] in _COMPOUND else candidate[:1]
        given = candidate[len(surname) :]
        is_rare_word = surname in lexicon.RARE_WORD_SURNAMES
        is_known = len(surname) == 2 or surname in _KNOWN or (is_rare_word and _may_be_a_name(given, kind))
        if len(given) > 2 or not is_known or not excluded.isdisjoint(given):
            continue
        if candidate[:2] in lexicon.ORDINARY_WORDS and (kind == "role" or surname in lexicon.WEAK_SURNAMES):
            continue
        if surname not in lexicon.WEAK_SURNAMES and not is_rare_word:
            return length
        preceding = text[end - length - 1 : end - length]
        if preceding + surname in lexicon.WORDS_INTO_SURNAMES:
            continue
        # 石玉兰女士: without a word in front all of it is the name, although 兰 is a surname too.
        if len(given) == 2 and surname in _FULL_NAMED and (not _HAN_CHARACTER.match(preceding) or preceding in "诉户"):
            return length
        is_particle = is_rare_word or surname in lexicon.PARTICLE_SURNAMES
        if is_particle and preceding not in _INTRODUCES and _HAN_CHARACTER.match(preceding):
            continue
        weak = weak or length
    return weak


def _may_be_a_name(given: str, kind: str) -> bool:
    """Whether the given name may follow a surname that is an ordinary word: 山东师傅 and 门窗师傅 are not names."""
    return not given or (kind == "personal" and len(given) == 2 and given[-1] not in lexicon.WORKPLACE_ENDINGS)


def _redact_titled(text: str) -> str:
    if "·" in text or "•" in text or "・" in text:
        text = _DOTTED_BEFORE_TITLE.sub(NAME, text)
    text = _TRANSLITERATED_BEFORE_TITLE.sub(NAME, text)
    text = _LATIN_BEFORE_TITLE.sub(NAME, text)
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
    r"|小姐|太太|师傅|经理|老师|和|与|在|是|从|于|也|都|就|今[天日早晚年]|昨[天日晚]|明[天日早晚年确显]|反映|反馈|投诉|报修|要求|表示|致电|已|未|不|没|维修"
    r"|安装|检|处理|接|打|到|回|做|负责|耐心|认真|热情|专业|干|真|太|挺|比|最|让|把|将|被|用|要|想|问|答|拆|换|清|动作|及"
    r"|同)"
)
# At the end of a name these characters are part of it, although they begin words such as 明天 and 安装.
_GIVEN = rf"(?:{HAN}[明今为為同真清想和安维](?=$|(?!{HAN}).)|{HAN}{{1,2}}?{_AFTER_NAME})"
_LABEL = (
    "姓名|联系人|联络人|收货人|收件人|寄件人|签收人|经办人|经手人|负责人|投诉人|报修人|来电人|申请人|委托人|户主|户名|机主|业主|车主"
    "|房主|法人|聯繫人|聯絡人|收貨人|簽收人|經辦人|經手人|負責人|投訴人|報修人|來電人|申請人|戶主|戶名|機主|業主|車主|我叫|名叫|叫做"
    "|名字是|名字叫|发票抬头|發票抬頭"
)
# Words that are labels only with a colon: 抬头, 称呼.
_COLON_LABEL = (
    "抬头|抬頭|[发發开開]票名[称稱]|[开開]票人|付款人|收款人|[发發]件人|下[单單]人|[购購]買?买?人|[购購][货貨]人|客户名称?|客戶名稱?"
    "|[顾顧]客名|用户名称|用戶名稱|[签簽]名|[签簽]字|署名|落款|称呼|稱呼|持卡人|[监監][护護]人|受理人|接待人|[预預][约約]人|登[记記]人|代[办辦]人"
    "|名字|紧急联络|緊急聯絡"
)
# In forms their characters are set apart, as wide as those of the longest one: 姓　名：.
_SPACED_LABEL = "|".join("[ \u3000]{1,4}".join(word) for word in _LABEL.split("|") if "叫" not in word and "是" not in word)
# With a colon and a known surname, any word for a person is a label: 取件者, 家属, 维修员.
_PERSON_LABEL = (
    f"{HAN}(?:人|人[员員]|者|[员員]|方|[户戶])|房[东東]|租客|[顾顧]客|[师師][傅父]|(?:工程|技)[师師]|[签簽]收|同[学學]|[学學]生"
    "|配偶|丈夫|妻子|老公|老婆|父[亲親]|母[亲親]|[儿兒]子|女[儿兒]|家[属屬]|家[长長]|司机|司機|乘客|旅客|法定代表人?|法人代表|名[称稱]"
)
_ENGLISH_LABEL = (
    "(?i:name|customer|client|contact(?: person)?|recipient|receiver|sender|consignee|invoice title"
    "|(?:invoiced?|billed|bill|ship) to|pay(?:er|ee)|owner|caller|attn\\.?|signed(?: by)?|signature|applicant"
    "|(?:card|account)\\s?holder|reported by|technician|engineer)"
)
# With a full name also without a colon.
_ENGLISH_PERSON = (
    "(?i:recipient|consignee|contact (?:person|name)|customer(?: name)?|client(?: "
    "name)?|receiver|sender|caller|owner|attn\\.?|attention"
    "|applicant|signed by|reported by|technician|engineer|name is|full name|surname|card\\s?holder)"
)
_ENGLISH_TITLE = r"(?i:my name is|(?:mr|mrs|ms|miss|dr)\.?)\s"
# model name: Haier is nobody's.
_THINGS = ("model", "product", "file", "brand", "company", "store", "shop", "app", "item")
_NO_PERSONS = "".join(f"(?<!(?i:{word}) )" for word in _THINGS)
# Names of other ethnic groups in Han script: 买买提·艾力.
_NAME_DOT = "[·•・‧∙⋅･]"
_DOTTED_NAME = rf"{HAN}{{2,8}}(?:\s?{_NAME_DOT}\s?{HAN}{{1,10}}){{1,4}}"
_LABELLED_DOTTED_NAME = rf"{HAN}{{2,8}}(?:\s?{_NAME_DOT}\s?{HAN}{{1,10}}|[.．]{HAN}{{2,10}}){{1,4}}"
# 王 小明, 王 小 明: after a label.
_SPACED_NAME = rf"{_ANY_SURNAME}[ \u3000](?!电话|手机|先生|女士|地址|联系|師傅|师傅){HAN}(?:[ \u3000]?{HAN})?(?=$|(?!{HAN}).)"
# Other signs for the dot, or none, only where all characters write sounds: 阿卜杜拉.买买提.
_SYLLABLES = f"[{lexicon.NAME_SYLLABLES}]"
_TRANSLITERATED_NAME = rf"{_SYLLABLES}{{2,8}}(?:\s?[.．。\-—_/ ]\s?{_SYLLABLES}{{2,8}}){{1,2}}(?!{HAN})|{_SYLLABLES}{{5,10}}"
# Customer: John Smith called, but not Customer: Very good work.
_CAPITAL, _LETTER = "A-ZÀ-ÖØ-ÞĀĐŁŚŠŽŐ", "A-Za-zÀ-ÖØ-öø-ſƠ-ưḀ-ỿ"
_LATIN_WORD = rf"[{_CAPITAL}][{_LETTER}'’.\-]*+(?![0-9])"
_PARTICLE = "(?:d[aeiou]s?|del|della|la|le|van|von|der|den|ten|ter|bin|binti|ibn|al|el|y|af|zu) "
_FULL_LATIN_NAME = rf"{_LATIN_WORD}(?:,? (?:{_PARTICLE}){{0,2}}{_LATIN_WORD}){{1,3}}"
_LATIN_NAME = rf"(?:{_FULL_LATIN_NAME}|(?:{_PARTICLE}){{1,2}}{_LATIN_WORD}|{_LATIN_WORD}(?! [a-z]))"
# 联系人1：, 联系人（先生）：, 联系人、电话：“
_OPENING = r"[\s【「『“”‘’\"'(（<]{0,8}"
_TO_NAME = rf"(?:[0-9一二三]|[（(][^（()）:：]{{1,6}}[)）]|[、/及和]?(?:电话|電話|手机|手機))?\s{{0,8}}[:：=＝]{_OPENING}"
# After a label with a colon comes a name with any surname; after 我叫 and the like a known surname is required.
_LABELLED_NAME = re.compile(
    rf"((?:{_LABEL}|{_COLON_LABEL}|{_SPACED_LABEL}){_TO_NAME})"
    rf"(?:{_LABELLED_DOTTED_NAME}|{_SPACED_NAME}|{_TRANSLITERATED_NAME}|{HAN}{_GIVEN}"
    rf"|{HAN}{{2,4}}?{_AFTER_NAME}|{HAN}{{2,4}}|{_FULL_LATIN_NAME}|[{_LETTER}][{_LETTER} .'’\-]{{1,30}})"
    rf"|((?:{_LABEL})\s?(?:是|为|為|叫)?[\s\-—=＝|｜(（【「】」）)]{{0,3}})(?:{_DOTTED_NAME}"
    rf"|{_TRANSLITERATED_NAME}|{_FULL_LATIN_NAME}|[A-Z][a-z]+"
    rf"|(?P<name>{_ANY_SURNAME}{_GIVEN}|{_STRONG_SURNAME}{HAN}{{2}}))"
)
_LABELLED_PERSON = re.compile(rf"((?:{_PERSON_LABEL}){_TO_NAME})({_ANY_SURNAME}{_GIVEN})")
# 姓名：张三、李四: the second of a list.
_LISTED_NAME = re.compile(rf"((?<=[:：=＝]){_OPENING}(?:\[姓名\][、/和及与與])+)({_ANY_SURNAME}{_GIVEN})")
_LABELLED_IN_ENGLISH = re.compile(
    rf"(?P<announced>(?<![A-Za-z]){_NO_PERSONS}{_ENGLISH_PERSON} )(?P<full>{_FULL_LATIN_NAME})"
    rf"|((?<![A-Za-z]){_NO_PERSONS}{_ENGLISH_LABEL}(?i: name)?{_TO_NAME}|(?<![A-Za-z]){_ENGLISH_TITLE})"
    rf"(?:(?P<latin>{_LATIN_NAME})|{_DOTTED_NAME}|{_TRANSLITERATED_NAME}|{HAN}{_GIVEN}|{HAN}{{2,4}}?{_AFTER_NAME}|{HAN}{{2,4}})"
)
# 客户…反映: between a customer and what only people do stands a name, in any script.
_CUSTOMER = (
    "客[户戶]|用[户戶]|[顾顧]客|[业業]主|[机機]主|[车車]主|房主|住[户戶]|租[户戶客]|[买買]家"
    "|[会會]员|[来來][电電](?:人|者|客[户戶])|投[诉訴](?:人|者)|反映人|[报報]修人|机主|家[属屬]"
)
_WHEN = (
    r"(?:[于於在]?(?:昨[天日晚]|今[天日早晚]|前[天日]|[0-9年月日号时時点點分:：\-/\s]{1,20})"
    r"|[刚剛][刚剛才]|[上下中]午|早上|晚上|再次|多次|又|首次|[第]?[一二两三四五六0-9]+次"
    r"|[强強]烈|一直|反[复復]|通[过過](?:[电電][话話]|[热熱][线線]|微信|[网網][络絡站]|APP|平台)"
    r"|本人|[亲親]自|先生|女士|[拨撥]?打[电電][话話]|\s){0,4}"
)
_ACTS = (
    "反映|反应|反應|反[馈饋]|[来來][电電访訪函信]|致[电電]|投[诉訴]|[报報]修|要求"
    "|表示|[说說]|[称稱]|咨[询詢]|[询詢][问問]|催|提出|告知|[预預][约約]|[举舉][报報]"
    "|希望|[认認][为為]|打[来來进進]|[电電][话話]"
)
_CUSTOMER_OPENING = r"(?:名叫|叫做|叫|是|[:：\s（(【「“\"‘]){0,3}"
_CALLER = re.compile(
    rf"(?P<before>(?:{_CUSTOMER}){_CUSTOMER_OPENING})(?:(?P<foreign>{_DOTTED_NAME}"
    rf"|{_SYLLABLES}{{3,10}}|{_LATIN_WORD}(?:,? (?:{_PARTICLE}){{0,2}}{_LATIN_WORD}){{0,3}})"
    rf"|(?P<name>{_TITLED_SURNAME}{HAN}{{1,2}}?))(?=[)）】」”\"’]?{_WHEN}(?:{_ACTS}))"
)
_SHORT_NAMED = lexicon.NAMED_PARTICLES | {"于", "向"}
_CUSTOMER_WORD = re.compile(_CUSTOMER)
_DOTTED_BEFORE_TITLE = re.compile(rf"{_DOTTED_NAME}(?=(?:{_PERSONAL_TITLE}|{_ROLE_TITLE}))")
_TRANSLITERATED_BEFORE_TITLE = re.compile(rf"[{lexicon.TRANSLITERATED_SYLLABLES}]{{3,10}}(?=(?:{_PERSONAL_TITLE}))")
_LATIN_BEFORE_TITLE = re.compile(
    rf"(?<![A-Za-z])(?!(?:{'|'.join(sorted(lexicon.GREETINGS))})(?![A-Za-z]))"
    rf"[A-Z][a-z'’]+(?:[ .][A-Z][a-z'’]+){{0,3}}(?=\s?(?:{_PERSONAL_TITLE}))"
)
_ROLE = "师傅|师父|工程师|技师|技术员|维修员|维修工|安装工|客服|客户|用户|顾客|经理|老师|专员|同事|快递员|本人|我是|叫"
_FORM_OF_ADDRESS = "先生|女士|小姐"
_NAME_BEHIND_ROLE = re.compile(
    rf"((?:{_ROLE.replace('|我是', '')})[是为叫:：\s]?)({_LIKELY_SURNAME}{_GIVEN})"
    # 我是严歌苓的读者 says whom she reads, not who she is; 王先生周末来 says when.
    rf"|((?:我是|{_FORM_OF_ADDRESS})[:：\s]?)({_STRONG_SURNAME}{HAN}{{1,2}})(?=$|[，。,.!！;；、\s])"
    rf"|((?:{_FORM_OF_ADDRESS})[:：\s]?)({_STRONG_SURNAME}{HAN}{{2}}){_AFTER_NAME}"
    # 客户钟晓燕来电: a surname that is also a word, before something only a person does.
    rf"|((?:客户|用户|顾客|业主)[:：\s]?)([{''.join(sorted(lexicon.NAMED_PARTICLES))}]{HAN}{{2}})(?=来电|致电|反映|反馈|报修)"
)
# 张三反映空调不制冷: the speaker at the start of a sentence is a person.
_SPEAKS = "来电|致电|反映|反馈|报修|投诉|要求|表示|说|称"
_SPEAKER = re.compile(
    rf"(?:(?<!{HAN})|(?<=接到|收到|接听|回访))({_STRONG_SURNAME}{HAN}{{1,2}}?)(?=(?:今天|昨天|上午|下午|再次|多次)?(?:{_SPEAKS}))"
)
_DOTTED_SPEAKER = re.compile(rf"{_DOTTED_NAME}(?=\s?(?:今天|昨天|上午|下午|再次|多次)?(?:来电|致电|反映|反馈|报修|投诉))")
_LABEL_WORD = re.compile(f"{_LABEL}|{_COLON_LABEL}|{_SPACED_LABEL}")
_ROLE_WORD = re.compile(f"{_ROLE}|{_FORM_OF_ADDRESS}|业主")
_ENGLISH_WORD = re.compile(f"{_ENGLISH_LABEL}|{_ENGLISH_TITLE}|{_ENGLISH_PERSON}")
_TO_VALUE = re.compile("[:：=＝]")
_LATIN_LETTERS = re.compile("[A-Za-z]{2}")
_THROUGH_TITLE = re.compile(f"^.*(?:{_PERSONAL_TITLE}|{_ROLE_TITLE})")
_TITLE_WORDS = frozenset((*_PERSONAL_TITLE.split("|"), *_ROLE_TITLE.split("|")))
_FAMILY_NAME = re.compile(rf"((?<![百同])姓)({_ANY_SURNAME})(?!名|氏)")


def _decide_labelled(match: re.Match[str]) -> str | None:
    name = match["name"]
    goes_on = _HAN_CHARACTER.match(match.string, match.end())
    if name and name[:2] in _TITLE_WORDS:
        return None
    if name and goes_on and (name[:2] in lexicon.ORDINARY_WORDS or not _NO_GIVEN_NAME.isdisjoint(name[1:])):
        return None
    return (match[1] or match[2]) + NAME


def _decide_labelled_person(match: re.Match[str]) -> str | None:
    return match[1] + NAME if _is_name(match[2]) else None


def _decide_labelled_in_english(match: re.Match[str]) -> str | None:
    if match["full"]:
        # CUSTOMER BRING ITEM: a sentence in capitals.
        is_thing = match["announced"].isupper() or not lexicon.LATIN_THINGS.isdisjoint(re.split("[ ,]+", match["full"]))
        return None if is_thing else match["announced"] + NAME
    return None if match["latin"] and match["latin"].split(" ")[0] in lexicon.GREETINGS else match[3] + NAME


def _decide_behind_role(match: re.Match[str]) -> str | None:
    introduction, name = match[1] or match[3] or match[5] or match[7], match[2] or match[4] or match[6] or match[8]
    return introduction + NAME if _is_name(name) else None


def _decide_caller(match: re.Match[str]) -> str | None:
    name = match["name"]
    if name is None:
        is_thing = match["foreign"] in lexicon.GREETINGS or not lexicon.LATIN_THINGS.isdisjoint(re.split("[ ,]+", match["foreign"]))
        return None if is_thing or (match["foreign"].isupper() and len(match["foreign"]) <= 3) else match["before"] + NAME
    surname = name[:2] if name[:2] in _COMPOUND else name[:1]
    given = name[len(surname) :]
    is_word = surname in lexicon.PARTICLE_SURNAMES or surname in lexicon.RARE_WORD_SURNAMES
    if is_word and ((len(given) < 2 and surname not in _SHORT_NAMED) or not lexicon.GIVEN_NAME_CHARACTERS.issuperset(given)):
        return None
    # 周天宇 is a name although 周天 is a day.
    is_name = _is_name(name) or (len(given) == 2 and lexicon.GIVEN_NAME_CHARACTERS.issuperset(given))
    return match["before"] + NAME if is_name else None


def _decide_speaker(match: re.Match[str]) -> str | None:
    return NAME if _is_name(match[1]) else None


def _is_name(found: str) -> bool:
    """Whether a text with a leading surname is neither an ordinary word nor a title: 师 is a surname, 师傅 is not."""
    is_word = found[:2] in lexicon.ORDINARY_WORDS or found[:2] in _TITLE_WORDS
    return not is_word and _NO_GIVEN_NAME_BEFORE_ROLE.isdisjoint(found[1:])


def _redact_labelled(text: str) -> str:
    text = substitute(_LABELLED_NAME, _decide_labelled, text, _LABEL_WORD)
    if _TO_VALUE.search(text):
        text = substitute(_LABELLED_PERSON, _decide_labelled_person, text)
    if NAME in text:
        text = substitute(_LISTED_NAME, _decide_labelled_person, text)
    if not _LATIN_LETTERS.search(text):
        return text
    return substitute(_LABELLED_IN_ENGLISH, _decide_labelled_in_english, text, _ENGLISH_WORD)


def _redact_behind_role(text: str) -> str:
    return substitute(_NAME_BEHIND_ROLE, _decide_behind_role, text, _ROLE_WORD)


def _redact_callers(text: str) -> str:
    return substitute(_CALLER, _decide_caller, text, _CUSTOMER_WORD)


def _redact_speakers(text: str) -> str:
    if "·" in text or "•" in text or "・" in text:
        text = _DOTTED_SPEAKER.sub(NAME, text)
    return substitute(_SPEAKER, _decide_speaker, text)


def _redact_family_name(text: str) -> str:
    return _FAMILY_NAME.sub(rf"\1{NAME}", text)


def redact_record_name(text: str, name: str) -> str:
    """The record's own name, as written and without spaces; a single character would match ordinary words."""
    read = plain(name)
    for written in (read.strip(), re.sub(r"\s", "", read)):
        if len(written) >= 2 and written in text and not any(written in label for label in LABELS):
            text = text.replace(written, NAME)
    return text


def redact_record_names(texts: pl.Series, names: pl.Series) -> pl.DataFrame:
    """The rows whose text holds the record's own name, as (row, text) with the name replaced."""
    pairs = pl.DataFrame({"text": texts, "name": names}).with_row_index("row").drop_nulls()
    text = pl.col("text")
    written = (pl.col("name").str.strip_chars(), pl.col("name").str.replace_all(r"\s", ""))
    held = pl.any_horizontal((name.str.len_chars() >= 2) & text.str.contains(name, literal=True) for name in written)
    # Letters in other forms are compared as plain ones.
    unusual = pl.any_horizontal(pl.col("text", "name").str.contains(UNUSUAL))
    hits = pairs.filter(held | unusual)
    replaced = [redact_record_name(plain(text), name) for _, text, name in hits.iter_rows()]
    return pl.DataFrame({"row": hits["row"], "text": pl.Series(replaced, dtype=pl.String)})


RULES = (
    # Not the label [姓名] itself.
    Rule(_redact_labelled, rf"(?:{_LABEL})[^\]]|[:：=＝]|{_ENGLISH_TITLE}|{_ENGLISH_PERSON} [{_CAPITAL}]"),
    Rule(_redact_callers, rf"(?:{_CUSTOMER}){_CUSTOMER_OPENING}(?:{HAN}|[{_CAPITAL}])", _CUSTOMER),
    Rule(
        _redact_titled,
        rf"(?:{HAN}|[a-z'’]\s?)(?:{_PERSONAL_TITLE})|{_TITLED_SURNAME}{HAN}{{0,2}}(?:{_ROLE_TITLE})|[·•・]{HAN}{{1,10}}(?:{_ROLE_TITLE})"
        rf"|{_ANY_SURNAME}[总工姐哥]",
        f"{_PERSONAL_TITLE}|{_ROLE_TITLE}|[总工姐哥]",
    ),
    Rule(
        _redact_behind_role,
        rf"(?:{_ROLE}|{_FORM_OF_ADDRESS}|业主)[是为叫:：\s]?{_ANY_SURNAME}{HAN}",
        f"{_ROLE}|{_FORM_OF_ADDRESS}|业主",
    ),
    Rule(
        _redact_speakers,
        rf"{_STRONG_SURNAME}{HAN}{{1,2}}(?:今天|昨天|上午|下午|再次|多次|{_SPEAKS})"
        rf"|{_NAME_DOT}\s?{HAN}{{1,10}}\s?(?:今天|昨天|上午|下午|再次|多次|{_SPEAKS})",
        _SPEAKS,
    ),
    Rule(
        _redact_family_name,
        rf"姓{_ANY_SURNAME}",
        "姓",
    ),
)
