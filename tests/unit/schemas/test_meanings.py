"""The data dictionary: nothing published lacks a meaning, and the page says what the declarations say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from schemas.expectations.dictionary_page import dictionary_page
from schemas.expectations.meanings import column_comment, column_meaning, described_columns, table_comment, table_meanings
from schemas.expectations.release import column_classes, released_tables

PAGE = Path(__file__).resolve().parents[3] / "docs" / "data-dictionary.md"
HAN = re.compile("[\u3400-\u9fff]")
# Names of the standard's clauses and nothing else may stand in English.
CLAUSE = re.compile("clause [五六七八九十]")
COLUMNS = [(table, column) for table, columns in column_classes().items() for column in columns]


def test_every_published_column_has_a_meaning_in_both_languages() -> None:
    lacking = [name for name in COLUMNS if column_meaning(*name) is None]
    assert lacking == []
    for table, column in COLUMNS:
        meaning = column_meaning(table, column)
        assert meaning is not None
        assert HAN.search(meaning.zh), (table, column)
        assert meaning.en.strip(), (table, column)
        assert not HAN.search(CLAUSE.sub("", meaning.en)), (table, column, meaning.en)
        assert bool(meaning.unit_zh) == bool(meaning.unit_en)


def test_what_null_means_is_said_last_and_in_both_languages() -> None:
    for table, column in COLUMNS:
        meaning = column_meaning(table, column)
        assert meaning is not None
        (zh, said_zh, _), (en, said_en, _) = meaning.zh.partition("；空为"), meaning.en.partition("; null")
        assert bool(said_zh) == bool(said_en), (table, column, meaning)
        assert "为空" not in zh, (table, column, meaning.zh)
        assert not re.search(r"\bnull\b", en), (table, column, meaning.en)


def test_every_table_has_a_meaning_and_a_grain_in_both_languages() -> None:
    assert table_meanings().keys() == column_classes().keys()
    for table, meaning in table_meanings().items():
        assert HAN.search(meaning.zh), table
        assert HAN.search(meaning.unit_zh), table
        assert meaning.en, table
        assert meaning.unit_en, table
        assert not HAN.search(meaning.en + meaning.unit_en), table


def test_no_line_is_about_a_column_that_nobody_publishes() -> None:
    published = {column for _, column in COLUMNS}
    stale = [
        (table, column)
        for table, column in described_columns()
        if (column not in published if table == "*" else (table, column) not in COLUMNS)
    ]
    assert stale == []


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == dictionary_page(), "asq warehouse dictionary > docs/data-dictionary.md"


@pytest.mark.parametrize("table", ["scores", "latest_scores"])
def test_comments_say_meaning_unit_and_grain_in_both_languages(table: str) -> None:
    comment = column_comment(table, "score")
    assert comment == "得分（分，0–100）；空为没有得分\nscore (points, 0–100); null for none"
    of_table = table_comment(table)
    assert of_table is not None
    assert "每行：企业 × 期间 × 节点" in of_table
    assert "One row per enterprise × period × node." in of_table
    assert ("newest quarter" in of_table) is table.startswith("latest_")


def test_what_nobody_declared_has_no_comment() -> None:
    assert table_comment("no_such_table") is None
    assert column_comment("scores", "no_such_column") is None
    assert "scores" in released_tables()
