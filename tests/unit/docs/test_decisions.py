"""docs/decisions: every id stands in one file, the index leads to it, and every id that is cited exists."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from schemas.standard.catalogue import catalogue_rows
from schemas.standard.parameters import parameters
from schemas.standard.process_rules import process_rules

REPO = Path(__file__).resolve().parents[3]
DECISIONS = REPO / "docs" / "decisions"
INDEX = DECISIONS / "README.md"
FILES = sorted(path for path in DECISIONS.glob("*.md") if path != INDEX)

HEADING = re.compile(r"^## ([CD]-\d{2,3}) (.+)$", re.MULTILINE)
INDEX_LINE = re.compile(r"^\| ([CD]-\d{2,3}) \| (.+) \| \[(\w+\.md)\]\((\w+\.md)\) \|$", re.MULTILINE)
CITATION = re.compile(r"(?<![\w|-])[CD]-\d{2,3}(?![\w-])")

# Where decisions are cited: the repository's text, without what a run or a build writes.
CITING_FOLDERS = ("benchmarks", "dbt_project", "docs", "examples", "pipeline", "schemas", "tests")
CITING_SUFFIXES = {".csv", ".html", ".j2", ".md", ".py", ".sql", ".yaml", ".yml"}
WRITTEN_BY_RUNS = {"dbt_packages", "logs", "target", "__pycache__"}


def entries() -> list[tuple[str, str, str]]:
    """Id, title and file name of every entry, in the order of the files."""
    return [(number, title, path.name) for path in FILES for number, title in HEADING.findall(path.read_text(encoding="utf-8"))]


def place(number: str) -> tuple[str, int]:
    """Sorts D-99 before D-100."""
    letter, _, count = number.partition("-")
    return letter, int(count)


def known_ids() -> set[str]:
    return {number for number, _, _ in entries()}


def never_given() -> set[str]:
    """The ids that the index names as never given."""
    (sentence,) = re.findall(r"[^.]*\bwere never given\.", INDEX.read_text(encoding="utf-8"))
    return set(CITATION.findall(sentence))


def text_of_entries() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in FILES)


def citing_files() -> list[Path]:
    found = [path for path in REPO.iterdir() if path.is_file() and path.suffix in CITING_SUFFIXES]
    for folder in CITING_FOLDERS:
        found += [
            path
            for path in (REPO / folder).rglob("*")
            if path.suffix in CITING_SUFFIXES and path.is_file() and not WRITTEN_BY_RUNS & set(path.relative_to(REPO).parts)
        ]
    return sorted(found)


def test_every_id_stands_in_exactly_one_file() -> None:
    assert [number for number, times in Counter(number for number, _, _ in entries()).items() if times > 1] == []


def test_every_second_level_heading_is_an_entry() -> None:
    # an entry with a mistyped id would otherwise be missed by all the tests here
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert len(re.findall(r"^##+ ", text, re.MULTILINE)) == len(HEADING.findall(text)), path.name


def test_entries_of_a_file_stand_in_the_order_of_their_ids() -> None:
    for path in FILES:
        numbers = [number for number, _ in HEADING.findall(path.read_text(encoding="utf-8"))]
        assert numbers == sorted(numbers, key=place), path.name


def test_the_index_lists_every_entry_with_its_title_and_file() -> None:
    lines = INDEX_LINE.findall(INDEX.read_text(encoding="utf-8"))
    assert all(shown == linked for _, _, shown, linked in lines)
    assert [(number, title, file) for number, title, file, _ in lines] == sorted(entries(), key=lambda entry: place(entry[0]))


def test_the_index_describes_every_file() -> None:
    subjects = re.findall(r"^\| \[(\w+\.md)\]\((\w+\.md)\) \|", INDEX.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(linked for _, linked in subjects) == [path.name for path in FILES]
    assert all(shown == linked for shown, linked in subjects)


def test_the_numbers_run_through_except_those_named_as_never_given() -> None:
    for letter in "CD":
        numbers = {number for number in known_ids() | never_given() if number.startswith(letter)}
        assert numbers == {f"{letter}-{n:02d}" for n in range(1, len(numbers) + 1)}
    assert not never_given() & known_ids()


def test_all_44_questions_of_the_text_are_there() -> None:
    assert {number for number in known_ids() if number.startswith("C")} == {f"C-{n:02d}" for n in range(1, 45)}


def test_every_decision_cited_in_the_repository_exists() -> None:
    known = known_ids()
    unknown = {}
    for path in citing_files():
        cited = set(CITATION.findall(path.read_text(encoding="utf-8")))
        if path == INDEX:
            cited -= never_given()
        if cited - known:
            unknown[str(path.relative_to(REPO))] = sorted(cited - known)
    assert unknown == {}


def test_every_decision_named_in_the_data_exists() -> None:
    named = {decision for row in catalogue_rows() for decision in row.decisions}
    named |= {entry.decision for entry in parameters().values() if entry.decision}
    named |= {decision for rule in process_rules().values() for decision in rule.decisions}
    assert named
    assert named <= known_ids()


def test_every_parameter_is_explained_in_an_entry() -> None:
    text = text_of_entries()
    assert [name for name, entry in parameters().items() if entry.decision and f"`{name}`" not in text] == []
