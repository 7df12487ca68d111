"""What a delivery as a whole seems to be: which file becomes which table, and what has no source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath

import duckdb

from pipeline.check.findings import Undelivered
from pipeline.check.undelivered import undelivered
from pipeline.errors import UsageError
from pipeline.extract.errors import SourceRefused
from pipeline.lake.database import connected
from pipeline.suggest.durations import with_durations
from pipeline.suggest.joins import with_joins
from pipeline.suggest.layout import Part, parts_of
from pipeline.suggest.matching import TableMatch, table_match, table_matches
from pipeline.suggest.names import plain, table_likeness
from pipeline.suggest.profile import ColumnProfile, FileProfile, Join, profiles
from pipeline.suggest.rows import Rows, incoming, with_key
from pipeline.suggest.surveys import Survey, single_rating, survey_of, with_comment
from schemas.contract import TABLES

_SURVEY_SCORE, _MOSTLY_QUESTIONS = 0.5, 0.4
# Below, a file resembles a table too little to be proposed for it.
_PROPOSED_SCORE = 0.4
_OF_CUSTOMERS = ("organization", "organisation", "company", "company name", "account", "account name", "公司", "单位")
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
    where: str | None = None
    """The condition for rows of the table, where the file holds others too."""
    taken_by: str | None = None
    """The file that is proposed for the table that this one resembles most."""
    looked_up_by: str | None = None
    """The file that looks its keys up in this one."""
    history_of: str | None = None
    """The file to whose records the events of this one happened."""

    @property
    def joins(self) -> tuple[Join, ...]:
        """Those of the file that lead to a column that is proposed."""
        if self.match is None:
            return ()
        used = {source for found in self.match.matches.values() for source in found.sources}
        found: list[Join] = []
        for join in reversed(self.file.joins):
            if used & set(join.columns):
                used.add(join.own)
                found.insert(0, join)
        return tuple(found)

    def looks_up(self, file: FileProfile) -> bool:
        return any(join.other.parts == file.parts for join in self.joins)


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
        found = with_joins(_profiled(parts, connection, unread), connection)
        proposals = _with_references(_without_rivals([_proposal(file) for file in found]))
    if enterprise is not None:
        proposals = _without_enterprise(proposals)
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
    if survey is not None and (
        not likeliest
        or likeliest[0].score < _SURVEY_SCORE
        or likeliest[0].table.name.startswith("survey")
        or len(survey.columns) >= _MOSTLY_QUESTIONS * len(file.columns)
    ):
        match = table_match(file, TABLES["survey_responses"], without=survey.columns)
        return Proposal(file, with_comment(with_durations(match), survey), survey=survey)
    if survey is not None:
        likeliest = table_matches(file)
    if not likeliest:
        return Proposal(file, None)
    if likeliest[0].score < _PROPOSED_SCORE:
        return Proposal(file, None, tuple(likeliest[:3]))
    if likeliest[0].table.name == "survey_responses" and (rating := single_rating(file)) is not None:
        match = table_match(file, likeliest[0].table, without=rating.columns)
        return Proposal(file, with_durations(match), tuple(likeliest[1:3]), survey=rating)
    keyed, rows = with_key(with_durations(likeliest[0]))
    where = incoming(file) if keyed.table.name == "hotline_calls" else None
    if rows is not None and rows.prepare is not None and file.joins:
        # One query makes rows of events, or looks words up.
        return _proposal(file.without_joins)
    return Proposal(file, keyed, tuple(likeliest[1:3]), rows, where=where)


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
        by = next((each for each in settled.values() if each.match is not None and each.looks_up(proposal.file)), None)
        if by is not None:
            settled[place] = Proposal(proposal.file, None, looked_up_by=by.file.parts[0].name)
            continue
        if proposal.match is None:
            settled[place] = proposal
            continue
        told = next((each for each in settled.values() if each.match is not None and _tells_of(proposal, each)), None)
        if told is not None:
            settled[place] = Proposal(proposal.file, None, history_of=told.file.parts[0].name)
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


def _tells_of(proposal: Proposal, other: Proposal) -> bool:
    """Whether a file is the history of another one's records, and its name says nothing else."""
    name = proposal.file.parts[0].name
    called = PurePosixPath(name.partition("#")[0]).stem
    assert proposal.match is not None
    return name in other.file.histories and proposal.survey is None and not table_likeness(proposal.match.table, called)


def _without_enterprise(proposals: list[Proposal]) -> list[Proposal]:
    """The enterprise is given: an organization or company in the files is a customer's."""
    found = []
    for proposal in proposals:
        match = proposal.match
        named = match.matches.get("enterprise_id") if match is not None else None
        if match is not None and named is not None and plain(named.source.name) in _OF_CUSTOMERS:
            match = match.having({name: each for name, each in match.matches.items() if name != "enterprise_id"})
        found.append(replace(proposal, match=match))
    return found


def _with_references(proposals: list[Proposal]) -> list[Proposal]:
    """References to a row by an id that is not the key proposed for it lead nowhere as they are."""
    keyed = []
    for each in proposals:
        for name in each.match.table.key if each.match else ():
            if each.match is not None and name.endswith("_id") and name in each.match.matches:
                keyed.append((each, each.match.matches[name].source))
    found = []
    for proposal in proposals:
        match = proposal.match
        for name, reference in match.matches.items() if match else ():
            if match is None or name in match.table.key or not name.endswith("_id"):
                continue
            for other, key in keyed:
                if other.match is None or other is proposal or not _is_by_another_id(reference.source, key, other.file):
                    continue
                note = f"holds another id of {other.file.parts[0].name} than {key.name}: look {key.name} up with `prepare`"
                fit = replace(reference.fit, notes=(*reference.fit.notes, note))
                match = match.improved(name, confidence=min(reference.confidence, 0.85), fit=fit)
                break
        found.append(replace(proposal, match=match))
    return found


def _is_by_another_id(reference: ColumnProfile, key: ColumnProfile, file: FileProfile) -> bool:
    """Whether a column's values are those of a file's other id, and hardly of its key."""
    texts = set(reference.cells.drop_nulls())
    others = (each for each in file.columns if each.is_unique and each.place != key.place and each.dates is None)
    return bool(texts) and not texts <= set(key.cells) and any(texts <= set(other.cells) for other in others)


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
