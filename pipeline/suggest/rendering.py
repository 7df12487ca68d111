"""Words and ``sources.yaml`` for what a delivery seems to be.

Values of cells are shown by their shape; the texts of closed sets only where they are known words or may be shown (D-98).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from pipeline.lake.sql import literal, quoted
from pipeline.settings.suggestions import listed
from pipeline.suggest.delivery import Delivery, Proposal
from pipeline.suggest.durations import moment_of
from pipeline.suggest.joins import MAIN
from pipeline.suggest.layout import Part
from pipeline.suggest.matching import LIKELY, POSSIBLE, SURE, ColumnMatch, TableMatch
from pipeline.suggest.profile import ColumnProfile, FileProfile, Join
from pipeline.suggest.surveys import Item, Survey
from schemas.contract import TABLES

_SATISFACTION = ("满意", "satisf", "만족")
_OPEN_ENTERPRISE = "# open: the id of the enterprise, which not every file names: defaults: {enterprise_id: ...} (--enterprise ID)"


# sources.yaml


def sources_yaml(delivery: Delivery) -> str:
    """The file, with what is doubtful or open as comments."""
    lines = [
        "# How the delivered files become tables: proposed by `asq suggest`, to be read by someone who knows the files.",
        "# sure and likely lines are in force; what is only possible, or open, is a comment. Keys: docs/bring-your-own-data.md",
        "",
        *_defaults(delivery),
        "",
        "tables:" if delivery.proposed else "tables: {}",
    ]
    for proposal in delivery.proposals:
        lines += _of_proposal(proposal, delivery)
    for name, problem in delivery.unread:
        lines.append(f"  # {_commented(name)} cannot be read: {_commented(problem)}")
    missing = [name for name, indicators in delivery.missing.tables.items() if indicators]
    if missing:
        lines += ["", f"# Without a file (their indicators become no_data): {', '.join(missing)}"]
    return "\n".join(lines) + "\n"


def _defaults(delivery: Delivery) -> list[str]:
    is_needed = any("enterprise_id" not in each.match.active() for each in delivery.proposed if each.match is not None)
    if not is_needed and delivery.enterprise is None:
        return ["defaults: {}"]
    if delivery.enterprise is not None:
        return ["defaults:", f"  enterprise_id: {_flow(delivery.enterprise)}"]
    return [_OPEN_ENTERPRISE, "defaults: {}"]


def _of_proposal(proposal: Proposal, delivery: Delivery) -> Iterator[str]:
    names = listed([_commented(part.name) for part in proposal.file.parts], 4)
    if proposal.match is None:
        yield f"  # {names} {_commented(_why_not(proposal))}"
        return
    match = proposal.match
    yield ""
    yield f"  # {names}: {_commented(', '.join(match.reasons))}"
    if proposal.file.histories:
        histories = _commented(listed(list(proposal.file.histories), 4))
        yield f"  # What happened to each is in {histories}: `prepare` can count it, or take the first."
    yield f"  {match.table.name}:"
    yield from _source_lines(proposal)
    if proposal.survey is not None:
        yield from _responses(proposal, proposal.survey, delivery)
        yield from _answers(proposal, proposal.survey)
        yield from _questions(proposal, proposal.survey, delivery)
        return
    yield "    columns:"
    yield from _column_lines(proposal, match, delivery)


def _source_lines(proposal: Proposal) -> Iterator[str]:
    """Where the rows come from and how the files are written."""
    parts, rows = proposal.file.parts, proposal.rows
    form = _format(proposal)
    if rows is not None:
        yield f"    # {_commented(rows.reason)}"
    if rows is not None and rows.prepare is not None:
        yield "    prepare:"
        files: Any = _patterns(parts)
        yield f"      files: {_flow({'events': {'files': files, 'format': form} if form else files})}"
        yield "      select: |"
        yield from (f"        {line}" for line in rows.prepare["select"].splitlines())
        return
    if proposal.joins:
        yield from _join_lines(proposal, form)
    else:
        yield f"    files: {_flow(_patterns(parts))}"
    for note in dict.fromkeys(note for part in parts for note in part.notes):
        yield f"    # {note}"
    if form and not proposal.joins:
        yield f"    format: {_flow(form)}"
    if proposal.where is not None:
        yield "    # Calls that went out were not offered to the hotline."
        yield f"    where: {_flow(proposal.where)}"
    if rows is not None and rows.latest_by is not None:
        yield f"    latest_by: {_flow(rows.latest_by)}"


def _join_lines(proposal: Proposal, form: dict[str, Any]) -> Iterator[str]:
    """The query that looks keys up in other files."""
    joins = proposal.joins
    names = {MAIN: (proposal.file.parts, form), **{join.sql_name: (join.other.parts, _format_of(join.other)) for join in joins}}
    yield "    # Keys are looked up in other files; a key that is not there leaves the word empty."
    yield "    prepare:"
    yield "      files:"
    for name, (parts, written) in names.items():
        files: Any = _patterns(parts)
        yield f"        {name}: {_flow({'files': files, 'format': written} if written else files)}"
    columns = [f"{join.sql_name}.{quoted(own)} as {quoted(name)}" for join in joins for name, own in join.columns.items()]
    yield "      select: |"
    yield "        select"
    yield f"          {MAIN}.*,"
    yield from (f"          {column}{',' if place < len(columns) else ''}" for place, column in enumerate(columns, start=1))
    yield f"        from {MAIN}"
    owners = {name: join.sql_name for join in joins for name in join.columns}
    for join in joins:
        own = f"{owners.get(join.own, MAIN)}.{quoted(_own_name(join.own, joins))}"
        yield f"        left join {join.sql_name} on {join.sql_name}.{quoted(join.key)} = {own}"


def _own_name(name: str, joins: Iterable[Join]) -> str:
    """What a column is called in the file that it comes from."""
    return next((join.columns[name] for join in joins if name in join.columns), name)


def _column_lines(proposal: Proposal, match: TableMatch, delivery: Delivery, but: Iterable[str] = ()) -> Iterator[str]:
    made = set(proposal.rows.made) if proposal.rows else set()
    lines: list[str] = []
    for name, found in match.matches.items():
        if name not in but:
            lines += _column(name, found, is_made=name in made)
    is_empty = not but and all(line.lstrip().startswith("#") for line in lines)
    if is_empty:
        lines.insert(0, "      {}")
    yield from lines
    sources = {source.casefold(): source for source in proposal.file.names}
    absent = [column for column in match.table.columns if column.name not in {*match.active(), *made, *but, "enterprise_id"}]
    for column in absent:
        if column.required:
            if column.name not in match.matches:
                yield f"      # open: {column.name} is required, and no column seems to be it"
                yield from _hint(proposal, match, column.name)
        elif column.name in sources and not is_empty:
            # Left out, it would be taken from the column of its own name.
            yield f"      {column.name}: null  # open: the column of this name holds something else, or in several readings"
    optional = [column.name for column in absent if not column.required]
    costs = {name for column in optional for name in delivery.missing.columns.get(f"{match.table.name}.{column}", ())}
    if optional:
        yield f"      # no source: {', '.join(optional)}"
    if costs:
        yield f"      # no_data for want of them: {', '.join(sorted(costs))}"


def _hint(proposal: Proposal, match: TableMatch, name: str) -> Iterator[str]:
    """What may be said of a required column that no file has; people decide whether it is true of theirs."""
    event = next((match.active()[each] for each in match.table.dated_by if each in match.active()), None)
    if name == "in_service_hours" and event is not None and event.source.dates is not None and event.source.dates.has_time:
        yield "      # By your own hours of service, here from 8:00 to 18:00 every day:"
        yield f"      # {name}: {_flow({'expression': f'hour({moment_of(event)}) between 8 and 17'})}"
    if match.table.name != "survey_responses":
        return
    if name == "customer_id":
        key = match.active().get("response_id")
        sheet = quoted(key.source.name) if key is not None and not key.fit.sources else "_origin_row"
        separator = " "
        yield "      # If nobody knows who answered, every sheet counts as another customer:"
        yield f"      # {name}: {_flow({'expression': f'{literal(_survey_id(proposal) + separator)} || {sheet}'})}"
    if name == "is_complete" and proposal.survey is not None:
        last = proposal.survey.items[-1].score.name
        yield "      # If only what was submitted is in the file, an answer to the last question tells:"
        yield f"      # {name}: {_flow({'expression': f'{quoted(last)} is not null'})}"
    if name == "mode":
        yield "      # The same for the whole survey: online, phone or onsite"
        yield f"      # {name}: {_flow({'constant': 'online'})}"


def _column(name: str, found: ColumnMatch, is_made: bool = False) -> Iterator[str]:
    reasons = _commented("; ".join(found.reasons))
    for note in found.fit.notes:
        yield f"      # {'' if found.is_open else 'check '}{name}: {_commented(note)}"
    if not found.is_open:
        written = found.written
        if is_made:
            values = found.fit.written.get("values") if found.column.type not in ("timestamp", "date") else None
            if not values:
                return
            written = {"from": name, "values": values}
        yield f"      {name}: {_flow(written)}  # {found.grade}: {reasons}"
        return
    several = " one of these" if len(found.readings) > 1 else ""
    yield f"      # open: {name} ({found.grade}):{several} {reasons}"
    for reading in found.readings:
        yield f"      # {name}: {_flow(reading)}"


def _responses(proposal: Proposal, survey: Survey, delivery: Delivery) -> Iterator[str]:
    assert proposal.match is not None
    yield "    columns:"
    but = ["survey_id"]
    if "response_id" not in proposal.match.active():
        but.append("response_id")
        yield "      # No column identifies a sheet; its row does, as long as the file keeps its order."
        yield f"      response_id: {_flow(_response_id(proposal))}  # likely"
    if "survey_id" in proposal.match.active():
        but.remove("survey_id")
    else:
        yield "      # The file is one survey: give it the name of your round."
        yield f"      survey_id: {_flow({'constant': _survey_id(proposal)})}"
    yield from _column_lines(proposal, proposal.match, delivery, but)


def _answers(proposal: Proposal, survey: Survey) -> Iterator[str]:
    yield ""
    yield f"  # {len(survey.items)} questions side by side; the texts are those of the header."
    yield "  survey_answers:"
    yield from _source_lines(proposal)
    yield "    unpivot:"
    yield "      name: question_id"
    yield "      rows:"
    for item in survey.items:
        sides = {"score": item.score.name} | ({} if item.expectation is None else {"expectation": item.expectation.name})
        yield f"        {item.name}: {_flow(sides)}"
    yield "    columns:"
    yield f"      response_id: {_flow(_response_id(proposal))}"
    if survey.words:
        yield f"      score: {_flow({'from': 'score', 'values': survey.words})}"


def _questions(proposal: Proposal, survey: Survey, delivery: Delivery) -> Iterator[str]:
    yield ""
    yield "  # `measures` (the indicator that a question is about) and `touchpoint` are yours to add; without, there is no score."
    measured = delivery.missing.columns.get("survey_questions.measures", ())
    if measured:
        yield f"  # measures is one of {', '.join(measured)}: `asq indicators` has their names."
    yield "  survey_questions:"
    yield "    rows:"
    is_satisfaction = _is_about_satisfaction(proposal, survey)
    if not is_satisfaction:
        yield "      # open: survey_type of every row (satisfaction, pulse or mystery), which nothing here says"
    for item in survey.items:
        row: dict[str, Any] = {"survey_id": _survey_id(proposal), "question_id": item.name}
        if is_satisfaction:
            row["survey_type"] = "satisfaction"
        low, high = item.scale
        note = "" if item.is_full_scale else "  # check the scale: not both of its ends were answered"
        yield f"      - {_flow(row | {'wording': item.score.name, 'scale_min': low, 'scale_max': high})}{note}"


def _is_about_satisfaction(proposal: Proposal, survey: Survey) -> bool:
    texts = [*proposal.file.names, *(part.name for part in proposal.file.parts), *survey.words]
    return any(word in text.lower() for text in texts for word in _SATISFACTION)


def _response_id(proposal: Proposal) -> Any:
    assert proposal.match is not None
    found = proposal.match.active().get("response_id")
    if found is not None:
        return found.written
    return {"expression": "_origin_row" if len(proposal.file.parts) == 1 else "_origin_file || '-' || _origin_row"}


def _survey_id(proposal: Proposal) -> str:
    name = proposal.file.parts[0].name.rpartition("/")[2]
    return name.partition(".")[0]


def _format(proposal: Proposal) -> dict[str, Any]:
    return _format_of(proposal.file, proposal.survey.skips if proposal.survey else ())


def _format_of(file: FileProfile, more_marks: Iterable[str] = ()) -> dict[str, Any]:
    marks = [*file.null_marks, *more_marks]
    return {**file.parts[0].written, **({"null_values": marks} if marks else {})}


def _patterns(parts: Iterable[Part]) -> list[str] | str:
    names = [re.sub(r"([\[*?])", r"[\1]", part.file.name) for part in parts]
    return names[0] if len(names) == 1 else names


def _flow(value: Any) -> str:
    """A value on one line."""
    text: str = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=float("inf"))
    return text.strip().removesuffix("...").strip()


def _commented(text: str) -> str:
    """On one line, for a comment."""
    return " ".join(text.split())


def _why_not(proposal: Proposal) -> str:
    """Why no table is proposed for a file."""
    if proposal.looked_up_by is not None:
        return f"is looked up by {proposal.looked_up_by}"
    if proposal.history_of is not None:
        return f"says what happened to the records of {proposal.history_of}: join them with `prepare`"
    if not proposal.others:
        return "resembles no table of the contract"
    table = proposal.others[0].table.name
    if proposal.taken_by is None:
        return f"resembles {table} a little ({proposal.others[0].score:.0%}), too little to be proposed"
    return f"resembles {table}, for which {proposal.taken_by} is proposed; if both belong to it, join them with `prepare`"


# Text


def lines(delivery: Delivery) -> Iterator[str]:
    """What was found, in words."""
    for proposal in delivery.proposals:
        yield from _about(proposal)
        yield ""
    for name, problem in delivery.unread:
        yield f"{name}: cannot be read: {problem}"
    tables = {name: indicators for name, indicators in delivery.missing.tables.items() if indicators}
    if delivery.missing.columns:
        yield "columns without a source, and the indicators that are no_data without them:"
        yield from (f"  {name}: {', '.join(indicators)}" for name, indicators in delivery.missing.columns.items())
    if tables:
        yield "tables without a file, and the indicators that are no_data without them:"
        yield from (f"  {name}: {', '.join(indicators)}" for name, indicators in tables.items())


def _about(proposal: Proposal) -> Iterator[str]:
    file, match = proposal.file, proposal.match
    names = listed([part.name for part in file.parts], 4)
    size = f"{file.rows:,} rows{' or more' if file.is_cut else ''}, {len(file.columns)} columns"
    if match is None:
        yield f"{names} {_why_not(proposal)} ({size})"
    else:
        yield f"{names}: {match.table.name} {match.table.title} ({match.score:.0%}: {', '.join(match.reasons)}; {size})"
    if proposal.others and not proposal.taken_by:
        yield f"  resembles too: {', '.join(f'{each.table.name} {each.score:.0%}' for each in proposal.others)}"
    form = _format(proposal)
    if form:
        yield f"  written with: {_flow(form)[1:-1]}" if len(_flow(form)) < 200 else f"  written with: {', '.join(form)}"
    for note in dict.fromkeys(note for part in file.parts for note in part.notes):
        yield f"  {note}"
    if proposal.where is not None:
        yield f"  calls that went out are left out: where {proposal.where}"
    for join in proposal.joins:
        yield f"  {join.own} is looked up in {join.other.parts[0].name}: {', '.join(join.columns)}"
    if file.histories:
        yield f"  what happened to each is in {listed(list(file.histories), 4)}: `prepare` can count it, or take the first"
    if proposal.rows is not None:
        yield f"  {proposal.rows.reason}"
        if proposal.rows.made:
            yield f"  made by the query: {', '.join(proposal.rows.made)}"
    if proposal.survey is not None:
        paired = sum(item.expectation is not None for item in proposal.survey.items)
        scales = sorted({item.scale for item in proposal.survey.items})
        yield (
            f"  a wide survey: {len(proposal.survey.items)} questions"
            + (f", {paired} of them with expectation and rating" if paired else "")
            + f", on scales {', '.join(f'{low} to {high}' for low, high in scales)}: unpivot"
        )
    used = set(proposal.survey.columns) if proposal.survey else set()
    if match is not None:
        width = max((len(name) for name in match.matches), default=0)
        for name, found in match.matches.items():
            used |= set(found.sources)
            several = f" [{len(found.readings)} readings]" if len(found.readings) > 1 else ""
            yield (
                f"  {name:<{width}}  {found.grade:<8} {found.confidence:.2f}  {' + '.join(found.sources)}{several}: "
                f"{'; '.join(found.reasons)}  e.g. {_shapes(found.source)}"
            )
            if values := found.fit.written.get("values"):
                yield f"  {'':<{width}}  {_flow(values)}"
            yield from (f"  {'':<{width}}  check: {note}" for note in found.fit.notes)
        required = [column.name for column in match.table.columns if column.required and column.name not in match.active()]
        if missing := [name for name in required if name != "enterprise_id"]:
            yield f"  open, and required: {', '.join(missing)}"
    rest = [column for column in file.columns if column.name not in used]
    if rest:
        yield f"  not used: {listed([f'{column.name} ({column.kind}, {_shapes(column)})' for column in rest], 40)}"
    if candidates := [column.name for column in file.columns if column.is_unique and column.mean_length <= 40 and file.rows > 1]:
        yield f"  different in every row: {listed(candidates, 6)}"


def _shapes(column: ColumnProfile) -> str:
    return " | ".join(column.top_shapes[:2]) or "empty"


# JSON


def as_dict(delivery: Delivery) -> dict[str, Any]:
    """The same for machines."""
    return {
        "files": [_proposal(each) for each in delivery.proposals],
        "unread": [{"file": name, "problem": problem} for name, problem in delivery.unread],
        "missing_tables": {name: list(indicators) for name, indicators in delivery.missing.tables.items()},
        "missing_columns": {name: list(indicators) for name, indicators in delivery.missing.columns.items()},
        "sources_yaml": sources_yaml(delivery),
    }


def _proposal(proposal: Proposal) -> dict[str, Any]:
    match, file = proposal.match, proposal.file
    return {
        "files": [part.name for part in file.parts],
        "rows": file.rows,
        "is_cut": file.is_cut,
        "format": _format(proposal),
        "table": match and match.table.name,
        "score": match and round(match.score, 3),
        "resembles_too": {each.table.name: round(each.score, 3) for each in proposal.others},
        "several_rows_per_key": proposal.rows and proposal.rows.reason,
        "questions": [_question(item) for item in proposal.survey.items] if proposal.survey else [],
        "columns": [_match(name, found) for name, found in (match.matches.items() if match else ())],
        "profile": [_profile(column) for column in file.columns],
    }


def _match(name: str, found: ColumnMatch) -> dict[str, Any]:
    return {
        "column": name,
        "sources": list(found.sources),
        "confidence": round(found.confidence, 3),
        "class": found.grade,
        "is_open": found.is_open,
        "readings": found.readings,
        "reasons": list(found.reasons),
        "notes": list(found.fit.notes),
    }


def _question(item: Item) -> dict[str, Any]:
    expectation = None if item.expectation is None else item.expectation.name
    return {"question_id": item.name, "score": item.score.name, "expectation": expectation, "scale": list(item.scale)}


def _profile(column: ColumnProfile) -> dict[str, Any]:
    return {
        "name": column.name,
        "kind": column.kind,
        "filled_share": round(column.filled_share, 4),
        "distinct": column.distinct,
        "shapes": column.top_shapes,
        "date_formats": [list(each) for each in column.dates.formats] if column.dates else [],
        "null_marks": list(column.null_marks),
    }


def counts(delivery: Delivery) -> Mapping[str, int]:
    """How many columns are proposed, by class."""
    found = dict.fromkeys((SURE, LIKELY, POSSIBLE), 0)
    for proposal in delivery.proposed:
        for match in proposal.match.matches.values() if proposal.match else ():
            found[match.grade] += 1
    return found


def table_titles(delivery: Delivery) -> list[str]:
    """The proposed tables, with their Chinese names."""
    return [f"{name} {TABLES[name].title}" for name in dict.fromkeys(p.match.table.name for p in delivery.proposed if p.match)]
