"""Sixty invented people with thirty written forms each, in every text column of every table: nobody can be read afterwards.

Two runs. Of the first all may be published: people stand in the personal columns and free text of accepted rows, and in
every column of refused and left-out rows, in settings and headers. The second has them in codes and keys of accepted rows, too: it
must be refused, and say whom it found where without naming anybody. Both are searched by code of the tests alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from runs import Finished, asq_here, asq_in_turn, environment
from thoroughness import times

from benchmarks.written_forms import FORMS, Form
from pipeline.lake.layout import Lake
from schemas.contract import TABLES

from .landing import QUARTER
from .planted import LEFT_OUT, PEOPLE, Planting, Search, files_under, read_rows, text_columns, texts_of, write_rows

pytestmark = pytest.mark.xdist_group("orchestration_planted_people")

# In every column; a person has more forms than this in all columns together. The full number takes minutes.
FORMS_OF_A_PERSON = max(1, 30 * (times(100) == 100))
# Whose rows these folders hold as delivered, for their owner only.
RECORDS = ("landing", "raw", "accepted")
# The clean rows of a run that was stopped because of them stay for their owner, and what is counted of them by value.
OF_STOPPED_RUN = tuple(f"bad lake/{zone}/" for zone in ("clean", "profile", "corrected"))


@dataclass(frozen=True)
class Planted:
    """A Dagster home and two lakes after the two runs, and what was planted for each."""

    folder: Path
    home: Path
    good: Planting
    bad: Planting
    published: Finished
    refused: Finished
    said: tuple[Finished, ...]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    folder = tmp_path_factory.mktemp("people")
    home = folder / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    size = ("--requests", "60", "--enterprises", "1", "--no-defects")
    assert asq_here("sample", folder / "sample", "--quarters", QUARTER, *size, environment=environment())[0] == 0
    good, bad = Planting(FORMS_OF_A_PERSON), Planting(FORMS_OF_A_PERSON)
    write_good(folder / "good", folder / "sample", good)
    write_bad(folder / "bad", folder / "sample", bad)
    good_lake, bad_lake = (("--lake", folder / name) for name in ("good lake", "bad lake"))
    calls = [
        ("check", QUARTER, "--landing", folder / "good"),
        ("run", QUARTER, "--landing", folder / "good", *good_lake),
        ("quarantine", "list", *good_lake),
        ("run", QUARTER, "--landing", folder / "bad", *bad_lake),
    ]
    said = asq_in_turn(*calls, DAGSTER_HOME=str(home))
    return Planted(folder, home, good, bad, said[1], said[3], tuple(said))


def write_good(folder: Path, sample: Path, planting: Planting) -> None:
    """The sample with people where they belong, and rows that do not count with people everywhere."""
    header = planting.anywhere().text
    for table in TABLES.values():
        rows = [dict(row) for row in read_rows(sample, table.name)]
        for number, row in enumerate(rows):
            is_named = number % 4 == 0
            for column in table.columns:
                if column.pii == "free_text" and is_named:
                    # Only the register of customers tells that this is a name.
                    row[column.name] = f"问问{planting.name_of(number // 4 % PEOPLE)}吧"
                elif (table.name, column.name) == ("customers", "name"):
                    row[column.name] = planting.name_of(number % PEOPLE)
                elif column.pii:
                    row[column.name] = planting.cell(table.name, column, number)
        left_out = [row | {LEFT_OUT: "yes"} for row in planting.refused(table)]
        write_rows(folder / f"{table.name}.csv", [*rows, *planting.refused(table), *left_out], (LEFT_OUT, header))
    comment, word = planting.anywhere().text.replace("\n", " "), planting.anywhere().text
    channels = ("phone", "online", "letter", "onsite", "other")
    sources = {table: {"where": f"{LEFT_OUT} is distinct from 'yes'"} for table in TABLES}
    sources["complaints"] |= {
        "columns": {"channel": {"from": "channel", "values": {word: "phone"} | {each: each for each in channels}}}
    }
    text = yaml.safe_dump({"tables": sources}, allow_unicode=True)
    (folder / "sources.yaml").write_text(f"# {comment}\n{text}", encoding="utf-8")
    (folder / "evaluation.yaml").write_text(f"# {comment}\nrefused_limits: {{default: 1}}\n", encoding="utf-8")


def write_bad(folder: Path, sample: Path, planting: Planting) -> None:
    """The sample and rows that keep the rules, with people in the text of every column."""
    for table in TABLES.values():
        write_rows(folder / f"{table.name}.csv", [*read_rows(sample, table.name), *planting.accepted(table)])
    # Keys of enterprises and surveys are people here, so that references across tables may fail.
    plan = {"refused_limits": {"default": 1}, "acceptance": {"limits": [{"check": "references", "required": [0, None]}]}}
    (folder / "evaluation.yaml").write_text(yaml.safe_dump(plan), encoding="utf-8")


# --- what was planted -----------------------------------------------------------------------------------------------------


def test_every_text_column_holds_sixty_people(planted: Planted) -> None:
    """A new column of the contract is planted, too, or this fails."""
    wanted = {(table.name, column.name) for table in TABLES.values() for column in text_columns(table)}
    for planting in (planted.good, planted.bad):
        assert wanted <= set(planting.planted)
        people = {place: len({text.value for text in planting.planted[place]}) for place in wanted}
        # A value of two people, such as a day of birth, counts once. Of the enterprises with accepted rows, few are people.
        of_all = [place for place in wanted if planting is planted.good or place[1] != "enterprise_id"]
        assert [place for place in of_all if people[place] < 0.8 * PEOPLE * FORMS_OF_A_PERSON] == []
        assert set(planting.by_form) == set(FORMS)


def test_the_search_finds_everybody_in_the_landing_files(planted: Planted) -> None:
    """Otherwise nothing below would say anything."""
    for planting, folder in ((planted.good, "good"), (planted.bad, "bad")):
        files = files_under(planted.folder / folder)
        found = Search(planting.texts).found(text for path in files for text in texts_of(path))
        wanted = {needle for text in planting.texts for needle in text.needles}
        assert wanted - {needle for needle, _ in found} == set()


# --- and cannot be read ---------------------------------------------------------------------------------------------------


def figures(planting: Planting, found: Iterable[tuple[str, Form]]) -> str:
    """form, planted, found: one line each."""
    by_form = Counter(form for _, form in found)
    rows = sorted((form.family, form.name, number, by_form[form]) for form, number in planting.by_form.items())
    return "\n".join(f"{family}: {name}".ljust(70) + f"{number:>8}{seen:>8}" for family, name, number, seen in rows)


def readable(planted: Planted) -> dict[str, list[str]]:
    """Whatever is not a record as delivered, by where it is: files, cells, Dagster's history, what was said."""
    lakes = [planted.folder / f"{name} lake" for name in ("good", "bad")]
    files = [
        *(path for lake in lakes for path in files_under(lake) if path.relative_to(lake).parts[0] not in RECORDS),
        *files_under(planted.home),
    ]
    assert {Lake(lakes[0]).warehouse, Lake(lakes[0]).analyst_warehouse} <= set(files)
    found = {str(path.relative_to(planted.folder)): texts_of(path) for path in files}
    for number, finished in enumerate(planted.said):
        found[f"output of command {number}"] = (finished.stdout + finished.stderr).splitlines()
    return found


def test_the_runs_ended_as_planned(planted: Planted) -> None:
    assert planted.published.returncode == 0, planted.published.stderr
    assert planted.refused.returncode == 1
    assert "nothing is published" in planted.refused.stderr
    assert len(list((planted.folder / "good lake" / "published" / "runs").iterdir())) == 1
    assert not (planted.folder / "bad lake" / "published" / "current").exists()


@pytest.mark.parametrize("which", ["good", "bad"])
def test_nobody_can_be_read(planted: Planted, which: str) -> None:
    planting: Planting = getattr(planted, which)
    search = Search(planting.texts)
    everything: set[tuple[str, Form]] = set()
    places: Counter[str] = Counter()
    examples: list[str] = []
    for place, texts in readable(planted).items():
        if place.startswith(OF_STOPPED_RUN):
            continue
        found = search.found(texts)
        everything |= set(found)
        places[place] += len(found)
        examples += [f"{place}: {form.family}, {form.name}: {needle!r} in {text[:160]!r}" for (needle, form), text in found.items()]
    message = "\n".join(("found:", *(f"{n:>6} {p}" for p, n in places.most_common() if n), *examples[:200]))
    assert not everything, f"{figures(planting, everything)}\n{message}"
