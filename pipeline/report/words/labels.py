"""The words of the codes in the published tables: states, reasons, rules, choices, names of tables and measures.

Words come from the catalogues, names of indicators and nodes from the tables themselves. An unknown code is printed as it is, never
dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pipeline.report.document.blocks import Language
from pipeline.report.words.messages import Messages, messages
from pipeline.report.words.numbers import Numbers
from pipeline.report.words.readings import ComparedLevels, Reading, base_of, compared_levels, reading_of
from pipeline.report.words.sentences import in_english
from pipeline.settings.handed_in import FILES
from schemas.contract import TABLES
from schemas.sheet import SEEDS, Sheet
from schemas.standard.parameters import parameter

WINDOWS = ("quarter", "year_to_date", "trailing_year", "calendar_year")
PROCESS_RESULTS = ("fail", "partial", "pass", "not_applicable", "no_data")
"""Results of a process rule, failed first."""

_CODES_OF_TABLES = ("table_not_delivered", "column_not_delivered", "column_empty", "day_precision")
_ASSUMED = ("assumed_constant", "assumed_expression", "assumed_unique_key")
# What stands in for single records, or beside them.
_STAND_INS = ("daily_totals", "as_reported_by_the_source")
_NUMERALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_NUMERAL = re.compile("十[一二]|[一二三四五六七八九十]")
# As seeds/grades.csv begins where its rules come from.
_REFERENCE = "参照"
# Keys of run_info that name what they are about after a colon, and for whom after an @.
_ABOUT = re.compile(r"(?P<kind>\w+):(?P<detail>[^@]*)(@.*)?", re.DOTALL)


@dataclass(frozen=True)
class ReadingLabel:
    """Name and unit of another reading of an indicator (unit None: as the indicator)."""

    name: str
    reading: Reading


@dataclass(frozen=True)
class ComparedLabel:
    """What a change indicator compares, and over which periods."""

    name: str
    before: str
    now: str
    levels: ComparedLevels


@dataclass(frozen=True)
class Labels:
    """The words of one language for codes.

    >>> labels("en").reason("below_minimum_n:30")
    'fewer than the 30 cases needed'
    """

    language: Language
    say: Messages
    numbers: Numbers

    def name(self, group: str, code: str | None) -> str:
        """The name of a code of a group (``status``, ``ok``); empty without a code."""
        return self.say.name(group, code) if code else ""

    def of(self, row: Mapping[str, Any], field: str = "name") -> str:
        """A field of a published row that has it in both languages: ``name_zh``, ``name_en``."""
        return row.get(f"{field}_{self.language}") or row.get(f"{field}_zh") or ""

    def joined(self, names: Iterable[str]) -> str:
        """Names as a list."""
        return self.say.text("list").join(names)

    def table(self, name: str) -> str:
        """The name of a source table: its Chinese title, in English the words of its name in the contract."""
        if name not in TABLES:
            return name
        return TABLES[name].title if self.language == "zh" else name.replace("_", " ").capitalize()

    def table_with_code(self, name: str) -> str:
        """A source table's name with its name in the contract: ``热线电话（hotline_calls）``, ``Hotline calls (hotline_calls)``."""
        if name not in TABLES:
            return name
        return f"{self.table(name)}（{name}）" if self.language == "zh" else f"{self.table(name)} ({name})"

    def reason(self, code: str | None) -> str:
        """``status_reason`` in words: why there is no value, too few cases, or not applicable; empty without a reason."""
        if not code:
            return ""
        kind, _, detail = code.partition(":")
        if kind == "table_not_delivered":
            return self.say.text(f"reason.{kind}", names=self.table_with_code(detail))
        if kind in (*_CODES_OF_TABLES, *_ASSUMED):
            names = self.say.text("or").join(self._column(name) for name in detail.split("|"))
            return self.say.text(f"reason.{kind}", names=names)
        if kind == "below_minimum_n":
            return self.say.text("reason.below_minimum_n", number=detail)
        if kind == "ceiling_kept":
            return self.say.text("reason.ceiling_kept", number=f"{parameter('improvement_ceiling_csi'):g}")
        if kind == "plan":
            return self.say.text("reason.plan", text=detail)
        return self.name("reason", code)

    def basis(self, codes: str | None) -> str:
        """``basis`` in words, where a value does not rest on single records alone; else empty."""
        names = (codes or "").split(";")
        if not set(names) & set(_STAND_INS):
            return ""
        return self.joined(self.name("basis", name) for name in names)

    def matrix_reason(self, codes: str | None) -> str:
        """``weight_judgements.reason`` in words, e.g. of ``not_judged:R|I;off_scale:P|O``."""
        found = []
        for code in filter(None, (codes or "").split(";")):
            kind, _, detail = code.partition(":")
            known = self.say.by_id.get(f"matrix_reason.{kind}", code)
            found.append(known.replace("{items}", self.say.text("and").join(detail.split("|"))))
        return self.say.text("clauses").join(found)

    def reading(self, indicator_id: str, code: str) -> ReadingLabel:
        """The label of another reading; those of a touchpoint (``gap_phone``) are named after both."""
        reading = reading_of(indicator_id, code)
        for message in (f"variant.{indicator_id}.{code}", f"variant.{code}"):
            if message in self.say.by_id:
                return ReadingLabel(self.say.text(message), reading)
        base, touchpoint = base_of(code)
        if base is None:
            return ReadingLabel(code, reading)
        if touchpoint is None:
            return ReadingLabel(self.say.text("variant.without_weights", name=self.reading(indicator_id, base).name), reading)
        name, place = self.say.text(f"variant.{base}"), self.name("touchpoint", touchpoint)
        return ReadingLabel(self.say.text("variant.of_touchpoint", touchpoint=place, name=name), reading)

    def compared(self, indicator_id: str) -> ComparedLabel | None:
        """What a change compares; None for other values."""
        levels = compared_levels(indicator_id)
        if levels is None:
            return None
        message = f"compared.{indicator_id}"
        name, before, now = (self.say.text(f"{message}{end}") for end in ("", ".before", ".now"))
        return ComparedLabel(name, before, now, levels)

    def choice(self, key: str, label_zh: str | None) -> str:
        """The name of a row of ``run_info``; of a key that the catalogues lack, in Chinese the row's own."""
        if f"choice.{key}" in self.say.by_id:
            return self.say.text(f"choice.{key}", detail="")
        for file in FILES:
            if key == f"{file.name}_sha256":
                return self.say.text("choice.file_sha256", file=file.title_zh if self.language == "zh" else file.title)
        if found := _ABOUT.fullmatch(key):
            detail = " ".join(self._about(found["kind"], part) for part in found["detail"].split(":") if part)
            for message in (f"choice.{found['kind']}.of", f"choice.{found['kind']}"):
                if message in self.say.by_id:
                    return self.say.text(message, detail=detail)
        return (label_zh or key) if self.language == "zh" else key

    def chosen(self, key: str, value: str, value_zh: str | None) -> str:
        """The value of a row of ``run_info``, in words if it is a code."""
        if self.language == "zh" and value_zh:
            return value_zh
        group = {"ahp_method": "weight_method", "random_index": "random_index"}.get(key)
        return self.name(group, value) if group else self.say.by_id.get(f"choice_value.{key}.{value}") or self.sentence(value)

    def grade(self, name_zh: str | None) -> str | None:
        """The name of a grade; ``scores`` has the Chinese one."""
        return name_zh if name_zh is None or self.language == "zh" else _grades_in_english().get(name_zh, name_zh)

    def clause(self, clause: str) -> str:
        """A clause of the standard: ``六-R1``, in English ``6-R1``."""
        return clause if self.language == "zh" else _NUMERAL.sub(lambda found: str(_NUMERALS.index(found[0]) + 1), clause)

    def reference(self, text: str | None) -> str:
        """Where grades come from (``参照 GB/T 27922``): the number of the standard in words."""
        return self.say.text("reference", standard=(text or "").removeprefix(_REFERENCE).strip()) if text else ""

    def cleaning_rule(self, rule: str) -> str:
        """The rule of a cleaning action: one of its own, or of the contract."""
        own = self.say.by_id.get(f"cleaning_rule.{rule}")
        return own or self.name("rule", rule)

    def sentence(self, text: str) -> str:
        """A sentence that the run published in Chinese, in words of this language."""
        return text if self.language == "zh" else in_english(text, self.table)

    def _about(self, kind: str, part: str) -> str:
        if part in TABLES:
            return self.table(part)
        return self.name("conduct", part) if kind == "conduct" else self.name("check", part)

    def _column(self, name: str) -> str:
        table_name, _, column = name.partition(".")
        return f"{self.table(table_name)}.{column}" if table_name in TABLES else name


@lru_cache(maxsize=2)
def labels(language: Language) -> Labels:
    """The words of a language."""
    return Labels(language, messages(language), Numbers(language))


@lru_cache(maxsize=1)
def _grades_in_english() -> dict[str, str]:
    sheet = Sheet(SEEDS / "grades.csv", ["rule_id", "kind", "name_zh", "name_en", "value", "unit", "reference"])
    found = {row.text("name_zh"): row.text("name_en") for row in sheet}
    sheet.finish()
    return found
