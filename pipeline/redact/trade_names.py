"""Names of outlets that may be the name of a person: those of one-person businesses (个体工商户), called after their owner.

Names that some other table knows are replaced before (``redaction``, known values); here nobody knows the person.
"""

from __future__ import annotations

import re

import polars as pl

from pipeline.redact import lexicon
from pipeline.redact.replacing import LABELS, plain

# Organisations are hardly ever called after a person; shops are.
_ORGANISATION = re.compile("公司|集团|工厂|网点|服务站|服务中心|服务处|客服中心|售后中心")
_NAMED_PLACES = sorted({*lexicon.PROVINCES, *lexicon.MUNICIPALITIES, *lexicon.CITIES, *lexicon.REGIONS}, key=len, reverse=True)
_KIND_OF_PLACE = "特别行政区|自治区|自治州|自治县|自治旗|省|市|州|盟|地区|县|旗|区|街道|镇|乡"
_PLACE = re.compile(f"^(?:(?:{'|'.join(_NAMED_PLACES)})(?:{_KIND_OF_PLACE})?|[\u4e00-\u9fff]{{2,8}}?(?:{_KIND_OF_PLACE}))")
_SURNAMES = lexicon.SURNAMES | lexicon.RARE_SURNAMES | lexicon.TRADITIONAL_SURNAMES
_COMPOUND = lexicon.COMPOUND_SURNAMES | lexicon.RARE_COMPOUND_SURNAMES
_HAN_START = re.compile("[\u3400-\u9fff]{2}")
_LATIN_NAME = re.compile(r"^(?!(?:The|New|Best|Smart|Home|Service|City)\b)[A-Z][a-z]+(?: [A-Z][a-z]+)?['’]s\b")


def may_name_a_person(name: str) -> bool:
    """Whether the name of an outlet may hold that of its owner: a label of redaction, or a surname where owners' names stand.

    Takes a shop that is called by a word which is a surname, too, for a person's: its readers see the outlet's code.

    >>> may_name_a_person("南宁市青秀区王小明家电维修部")
    True
    >>> may_name_a_person("南宁市青秀区第2服务网点")
    False
    """
    if any(label in name for label in LABELS):
        return True
    text = plain(name).strip()
    if _LATIN_NAME.match(text):
        return True
    if _ORGANISATION.search(text):
        return False
    while place := _PLACE.match(text):
        if _begins_with_surname(text[place.end() :]):
            return True
        text = text[place.end() :]
    return _begins_with_surname(text)


def _begins_with_surname(text: str) -> bool:
    if not _HAN_START.match(text) or text[:2] in lexicon.ORDINARY_WORDS | lexicon.JOB_WORDS:
        return False
    return text[:2] in _COMPOUND or text[0] in _SURNAMES


def without_persons(names: pl.Series) -> pl.Series:
    """The names of outlets, null where they may name a person."""
    known = {name: may_name_a_person(name) for name in names.drop_nulls().unique()}
    return pl.Series(names.name, [None if name is None or known[name] else name for name in names], dtype=pl.String)
