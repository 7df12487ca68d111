"""What a delivery as a whole seems to be: which file becomes which table, and what has no source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from pipeline.check.findings import Undelivered
from pipeline.check.undelivered import undelivered
from pipeline.errors import UsageError
from pipeline.extract.errors import SourceRefused
from pipeline.lake.database import connected
from pipeline.suggest.layout import Part, parts_of
from pipeline.suggest.matching import TableMatch, table_match, table_matches
from pipeline.suggest.profile import FileProfile, profiles
from pipeline.suggest.rows import Rows, with_key
from pipeline.suggest.surveys import Survey, survey_of
from schemas.contract import TABLES

_SURVEY_SCORE = 0.5
# Below, a file resembles a table too little to be proposed for it.
_PROPOSED_SCORE = 0.4
_OF_SURVEY = ("survey_answers", "survey_questions")


@dataclass(frozen=True)
class Proposal:
    """A file with the table that it seems to be."""

    file: FileProfile
    match: TableMatch | None
    """None: it resembles no table enough, or another file resembles it more."""
    others: tuple[TableMatch, ...] = ()
    """Other tables that it resembles, the likeliest first."""
    rows: Rows | None = None
    survey: Survey | None = None
    taken_by: str | None = None
    """The file that is proposed for the table that this one resembles most."""


@dataclass(frozen=True)
class Delivery:
    """All files with what is proposed for them."""

    proposals: tuple[Proposal, ...]
    unread: tuple[tuple[str, str], ...] = ()
    """Files that cannot be read, and why."""
    enterprise: str | None = None
    missing: Undelivered = field(default_factory=lambda: Undelivered({}, {}))

    @property
    def proposed(self) -> list[Proposal]:
        return [each for each in self.proposals if each.match is not None]


def suggested(files: Sequence[Path], folder: Path, enterprise: str | None = None) -> Delivery:
    """Look at files and propose what they are. ::

        suggested([Path("工单.csv")], Path(".")).proposed[0].match.table.name

    folder      what ``files:`` of ``sources.yaml`` is relative to
    enterprise  the id of the enterprise whose files they are, if they do not name it

    Raises UsageError where a file is not there, of an unknown kind, or outside the folder.
    """
    parts: list[Part] = []
    unread: list[tuple[str, str]] = []
    for path in files:
        if not path.is_relative_to(folder):
            raise UsageError(f"{path}: is not in {folder}")
        try:
            parts += parts_of(path, folder)
        except SourceRefused as error:
            unread.append((path.relative_to(folder).as_posix(), error.problem))
    with connected() as connection:
        found = _profiled(parts, connection, unread)
        proposals = _without_rivals([_proposal(file) for file in found])
    return Delivery(tuple(proposals), tuple(unread), enterprise, undelivered(_lacking(proposals)))


def _profiled(parts: list[Part], connection: duckdb.DuckDBPyConnection, unread: list[tuple[str, str]]) -> list[FileProfile]:
    """All profiles; a file that its reader refuses is left out with the reason."""
    while parts:
        try:
            return list(profiles(parts, connection))
        except SourceRefused as error:
            unread.append((error.file or "", error.problem))
            parts = [part for part in parts if part.file.name != error.file]
    return []


def _proposal(file: FileProfile) -> Proposal:
    survey = survey_of(file)
    likeliest = table_matches(file, without=survey.columns if survey else ())
    if survey is not None and (not likeliest or likeliest[0].score < _SURVEY_SCORE or likeliest[0].table.name.startswith("survey")):
        match = table_match(file, TABLES["survey_responses"], without=survey.columns)
        return Proposal(file, match, survey=survey)
    if survey is not None:
        likeliest = table_matches(file)
    if not likeliest:
        return Proposal(file, None)
    if likeliest[0].score < _PROPOSED_SCORE:
        return Proposal(file, None, tuple(likeliest[:3]))
    keyed, rows = with_key(likeliest[0])
    return Proposal(file, keyed, tuple(likeliest[1:3]), rows)


def _without_rivals(proposals: list[Proposal]) -> list[Proposal]:
    """A table comes from one proposal: that which resembles it most; the others keep their next table, if it is free."""
    taken: dict[str, Proposal] = {}
    settled: dict[int, Proposal] = {}

    # A wide survey is three tables, whatever else resembles one of them.
    def rank(place: int) -> tuple[bool, float]:
        found = proposals[place].match
        return proposals[place].survey is None, -(found.score if found else 0.0)

    order = sorted(range(len(proposals)), key=rank)
    for place in order:
        proposal = proposals[place]
        if proposal.match is None:
            settled[place] = proposal
            continue
        first = taken.get(proposal.match.table.name)
        if first is None:
            for name in (proposal.match.table.name, *(_OF_SURVEY if proposal.survey else ())):
                taken[name] = proposal
            settled[place] = proposal
        else:
            winner = first.file.parts[0].name
            settled[place] = Proposal(proposal.file, None, (proposal.match, *proposal.others), taken_by=winner)
    return [settled[place] for place in range(len(proposals))]


def _lacking(proposals: Iterable[Proposal]) -> dict[str, set[str] | None]:
    """The contract columns of each table without a source; None: no file is proposed for the table."""
    found: dict[str, set[str] | None] = dict.fromkeys(TABLES)
    for proposal in proposals:
        if proposal.match is None:
            continue
        made = set(proposal.rows.made) if proposal.rows else set()
        columns = {column.name for column in proposal.match.table.columns}
        found[proposal.match.table.name] = columns - proposal.match.active().keys() - made - {"enterprise_id"}
        if proposal.survey is not None:
            is_paired = any(item.expectation is not None for item in proposal.survey.items)
            found["survey_answers"] = set() if is_paired else {"expectation"}
            found["survey_questions"] = {"measures", "touchpoint"}
    return found
