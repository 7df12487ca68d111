"""Redacts number plates, complete or after a word such as 车牌."""

from __future__ import annotations

import re

from pipeline.redact import lexicon
from pipeline.redact.replacing import PLATE, Rule, substitute

_PLATE = re.compile(
    rf"[{lexicon.PLATE_PROVINCES}]\s?[A-Za-z][\s·.•・\-—–]{{0,3}}([A-Za-z0-9](?:\s?[A-Za-z0-9]){{3,5}}[挂学警港澳]?)(?![A-Za-z0-9])"
)
# After its word a plate may lack the province, as people say it: 车牌号A12345.
_LABELLED_PLATE = re.compile(
    r"([车車]牌(?:[号號][码碼]?)?(?:是|为|為|[:：\s])*)([A-Za-z]?[\s·.•\-]?)([A-Za-z0-9]{5,6})(?![A-Za-z0-9])"
)
# GA 36-2018: five characters with at most two letters, or four and a special one; new energy: six, with the letter of the
# drive type first or last.
_PLATE_BODY = re.compile(r"[A-HJ-NP-Z0-9]{5}|[0-9A-HJ-NP-Z]{4}[挂学警港澳]|[A-HJK][A-HJ-NP-Z0-9][0-9]{4}|[0-9]{5}[A-HJK]")


def _redact_plates(text: str) -> str:
    if "车牌" in text or "車牌" in text:
        text = substitute(_LABELLED_PLATE, _decide_labelled_plate, text)
    return substitute(_PLATE, _decide_plate, text)


def _decide_plate(match: re.Match[str]) -> str | None:
    return PLATE if _is_plate_body(re.sub(r"\s", "", match[1]).upper()) else None


def _decide_labelled_plate(match: re.Match[str]) -> str | None:
    return match[1] + PLATE if _is_plate_body(match[3].upper()) else None


def _is_plate_body(body: str) -> bool:
    return bool(_PLATE_BODY.fullmatch(body)) and sum(map(str.isdigit, body)) >= 3


RULES = (Rule(_redact_plates, rf"[{lexicon.PLATE_PROVINCES}]\s?[A-Za-z]|[车車]牌[号號码碼是为為:：\s]*[A-Za-z0-9·.•\-]"),)
