"""The tables of the editions: dimensions, indicators, places, cases and the draft plan. Numbers are shown, none is made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from pipeline.report.claims.facts import Subject
from pipeline.report.claims.gather import BETTER, IN_DOUBT, MET, MISSED, WORSE, place_of
from pipeline.report.claims.gather import DIMENSIONS as DIVISIONS
from pipeline.report.document.blocks import Cell, Column, Figure, Figures, Kind, Row, Table, Tone, Value
from pipeline.report.editions.content import DIMENSIONS, PLACES, PRIORITIES, Content
from pipeline.report.parts.scores import is_rateable

MOST_PRIORITIES = 8
# Of a long list of outlets the ends are read.
_MOST_MEMBERS, _MOST_INDICATORS = 12, 6
_TONES: dict[str, Tone] = {MET: "good", MISSED: "bad", IN_DOUBT: "open", BETTER: "good", WORSE: "bad"}
_NOTHING = "—"


def data_figures(content: Content) -> Figures:
    """What the evaluation rests on, in a few numbers."""
    facts, numbers = content.gathered.enterprise.facts, content.wording.numbers
    measured = len(content.gathered.indicators)
    all_of = content.tables.catalogue.height
    accepted, extracted = facts["accepted"].value, facts["extracted"].value
    coverage = facts["coverage"].value
    return Figures(
        items=(
            Figure(
                label=content.text("figure.rows"),
                text=numbers.count(_number(accepted)),
                value=_number(accepted),
                note=content.text("figure.rows_note", extracted=numbers.count(_number(extracted))),
            ),
            Figure(
                label=content.text("figure.indicators"),
                text=numbers.count(measured),
                value=measured,
                note=content.text("figure.indicators_note", all=numbers.count(all_of)),
            ),
            Figure(
                label=content.text("figure.coverage"),
                text=numbers.percent(_number(coverage)),
                value=_number(coverage),
                note=content.text("figure.coverage_note"),
            ),
            Figure(
                label=content.text("figure.provisional"),
                text=numbers.count(_number(facts["provisional"].value)),
                value=_number(facts["provisional"].value),
                tone="open" if facts["provisional"].value else "neutral",
            ),
        )
    )


def dimension_table(content: Content) -> Table:
    """The four dimensions and the total, with what each costs and how far chance may move it."""
    numbers, rows = content.wording.numbers, []
    ranges = {
        row["node_id"]: row
        for row in content.tables.released("analysis_robustness")
        .filter(enterprise_id=content.enterprise_id, period=content.period, source="values")
        .iter_rows(named=True)
    }
    scores = content.tables.scores.filter(enterprise_id=content.enterprise_id, period=content.period)
    nodes = [row for row in scores.iter_rows(named=True) if row["level"] in ("total", "dimension")]
    for row in sorted(nodes, key=lambda each: (each["level"] == "total", place_of(each))):
        score = row["score"] if is_rateable(row) else None
        chance = ranges.get(row["node_id"], {})
        is_withheld = chance.get("status") == "withheld"
        rows.append(
            Row(
                cells=(
                    Cell(text=content.text("total") if row["level"] == "total" else content.wording.node(row["node_id"])),
                    Cell(text=numbers.number(score), value=score),
                    Cell(
                        text=_NOTHING if is_withheld else numbers.interval(chance.get("score_low"), chance.get("score_high"), ""),
                        is_withheld=is_withheld,
                    ),
                    Cell(text=numbers.percent(row["weight_nominal"]), value=row["weight_nominal"]),
                    Cell(text=numbers.number(row["lost_points"]), value=row["lost_points"]),
                    Cell(text=numbers.percent(row["scored_coverage"]), value=row["scored_coverage"]),
                ),
                role="total" if row["level"] == "total" else "row",
            )
        )
    names: tuple[tuple[str, Kind], ...] = (
        *(("dimension", "text"), ("score", "points"), ("range", "text")),
        *(("weight", "percent"), ("lost", "points"), ("coverage", "percent")),
    )
    return Table(anchor=DIMENSIONS, caption=content.text("dimensions"), columns=_columns(content, names), rows=tuple(rows))


def priority_table(content: Content, at_most: int = MOST_PRIORITIES) -> Table | None:
    """What is clearly missed, by lost points; None where nothing is."""
    chosen = content.gathered.priorities[:at_most]
    if not chosen:
        return None
    names: list[tuple[str, Kind]] = [("indicator", "text"), ("value", "number"), ("n", "count"), ("requirement", "number")]
    names += [("lost", "points"), ("where", "text")]
    rows = tuple(
        Row(
            cells=(
                *_indicator_cells(content, each),
                _points(content, each),
                Cell(text=_where(content, each)),
            )
        )
        for each in chosen
    )
    return Table(
        anchor=PRIORITIES,
        caption=content.text("priorities"),
        columns=_columns(content, names),
        rows=rows,
        note=content.text("priorities_note"),
    )


def indicator_table(content: Content) -> Table:
    """Every measured indicator with its requirement and what can be said of it, by dimension."""
    names: tuple[tuple[str, Kind], ...] = (
        *(("indicator", "text"), ("value", "number"), ("n", "count"), ("requirement", "number")),
        *(("verdict", "text"), ("lost", "points")),
    )
    rows: list[Row] = []
    last = None
    for each in content.gathered.indicators:
        dimension = content.tables.catalogue_by_id[each.subject_id]["dimension_id"]
        if dimension != last:
            last = dimension
            rows.append(_group(content.wording.node(dimension), len(names)))
        verdict = str(each.facts["verdict"].value)
        word = "no_requirement" if each.facts["requirement"].value is None else verdict
        rows.append(
            Row(
                cells=(
                    *_indicator_cells(content, each),
                    Cell(text=content.text(f"verdict.{word}"), tone=_TONES.get(verdict, "soft")),
                    _points(content, each),
                )
            )
        )
    return Table(
        anchor="indicators",
        caption=content.text("indicators"),
        columns=_columns(content, names),
        rows=tuple(rows),
        note=content.text("indicators_note"),
    )


def place_tables(content: Content) -> Iterator[Table]:
    """Members of each division in the indicators where they differ, or that cost most: value, n, interval, ranks, finding."""
    league = content.tables.released("analysis_league").filter(enterprise_id=content.enterprise_id, period=content.period)
    for dimension in DIVISIONS:
        rows = league.filter(dimension=dimension).to_dicts()
        chosen = _chosen_indicators(content, rows)
        shown: list[Row] = []
        left_out = 0
        for name in chosen:
            members = [row for row in rows if row["indicator_id"] == name]
            shown.append(_group(content.wording.indicator(name), 6))
            ends = _ends(content, members)
            left_out += len(members) - len(ends)
            shown += [_member(content, row) for row in ends]
        if shown:
            names: tuple[tuple[str, Kind], ...] = (
                *(("place", "text"), ("value", "number"), ("n", "count"), ("interval", "text")),
                *(("ranks", "text"), ("finding", "text")),
            )
            yield Table(
                anchor=place_anchor(dimension),
                caption=content.text(f"places.{dimension}"),
                columns=_columns(content, names),
                rows=tuple(shown),
                note=content.text("places_note", count=left_out) if left_out else content.text("places_note_all"),
            )


def place_anchor(dimension: str) -> str:
    """Where the table of a division stands; evidence leads to the first of them."""
    return PLACES if dimension == DIVISIONS[0] else f"{PLACES}-{dimension}"


def case_table(content: Content) -> Table:
    """Where the cases behind a finding are listed: how many there are, and the command of the owner's analysts."""
    numbers = content.wording.numbers
    doubtful = [each for each in content.gathered.indicators if each.facts["verdict"].value == IN_DOUBT]
    rows = []
    values = content.gathered.values
    for each in (*content.gathered.priorities, *doubtful):
        name = each.subject_id
        row, entry = values[name], content.tables.catalogue_by_id[name]
        cases = _failed(row, entry)
        if cases:
            command = f"asq explain {content.quarter.label} {content.enterprise_id} {name} --records --lake LAKE"
            rows.append(_case_row(content.wording.indicator(name), numbers.count(cases), cases, command))
    own = {"enterprise_id": content.enterprise_id}
    to_review = int(content.tables.outlier_counts.filter(**own)["to_review"].sum())
    quarantined = content.gathered.enterprise.facts["quarantined"].value
    for label, count, command in (
        ("outliers", to_review, f"asq outliers list {content.quarter.label} --lake LAKE"),
        ("quarantine", _number(quarantined), f"asq quarantine list {content.quarter.label} --lake LAKE"),
    ):
        if count:
            rows.append(_case_row(content.text(f"case.{label}"), numbers.count(count), count, command))
    names: tuple[tuple[str, Kind], ...] = (("case", "text"), ("cases", "count"), ("command", "text"))
    return Table(
        anchor="cases",
        caption=content.text("cases"),
        columns=_columns(content, names),
        rows=tuple(rows),
        note=content.text("cases_note"),
    )


def plan_block(content: Content) -> Table | None:
    """The draft plan; None where nothing is clearly missed."""
    if not content.measures:
        return None
    numbers = content.wording.numbers
    rows = []
    for each in content.measures:
        recipe = each.recipe
        measure, owner = (recipe.zh, recipe.owner_zh) if content.language == "zh" else (recipe.en, recipe.owner_en)
        goal = content.wording.fact("bound", each.indicator.facts["requirement"])
        where = _where(content, each.indicator)
        told = content.text("measure", type=content.text(f"measure.{recipe.type}"), measure=measure)
        rows.append(
            Row(
                cells=(
                    Cell(
                        text=told if where == _NOTHING else content.text("measure_at", measure=told, where=where), value=recipe.type
                    ),
                    Cell(text=content.wording.indicator(each.indicator.subject_id)),
                    Cell(text=goal, value=_number(each.indicator.facts["requirement"].value)),
                    Cell(text=owner),
                    Cell(text=numbers.date(each.due_on), value=each.due_on.isoformat()),
                    Cell(text=content.text("at_most", points=numbers.number(each.effect)), value=each.effect),
                )
            )
        )
    names: tuple[tuple[str, Kind], ...] = (
        *(("measure", "text"), ("indicator", "text"), ("goal", "number")),
        *(("owner", "text"), ("due", "date"), ("effect", "points")),
    )
    return Table(
        anchor="plan",
        caption=content.text("plan"),
        columns=_columns(content, names),
        rows=tuple(rows),
        note=content.text("plan_note"),
    )


# --- cells --------------------------------------------------------------------------------------------------------------


def _indicator_cells(content: Content, each: Subject) -> tuple[Cell, Cell, Cell, Cell]:
    facts, wording = each.facts, content.wording
    value, n, requirement = (_number(facts[name].value) for name in ("value", "n", "requirement"))
    # The interval and size of a value are withheld together.
    is_withheld = content.gathered.values[each.subject_id]["withheld"] is not None
    return (
        Cell(text=wording.indicator(each.subject_id)),
        Cell(text=wording.in_unit(value, each.subject_id), value=value),
        Cell(text=wording.numbers.count(n), value=n, is_withheld=n is None and is_withheld),
        Cell(text=_NOTHING if requirement is None else wording.bound(requirement, each.subject_id), value=requirement),
    )


def _points(content: Content, each: Subject) -> Cell:
    lost = _number(each.facts["lost"].value)
    return Cell(text=content.wording.numbers.number(lost), value=lost)


def _where(content: Content, each: Subject) -> str:
    facts = each.facts
    if "place" not in facts:
        return _NOTHING
    return content.text(
        "where",
        place=content.wording.fact("place", facts["place"]),
        value=content.wording.fact("value", facts["place_value"]),
        n=content.wording.fact("count", facts["place_n"]),
    )


def _member(content: Content, row: dict[str, Any]) -> Row:
    wording, name = content.wording, row["indicator_id"]
    finding = row["finding"]
    ranks = _NOTHING
    if row["rank_low"] is not None:
        ranks = content.text("ranks", rank=row["rank"], low=row["rank_low"], high=row["rank_high"])
    return Row(
        cells=(
            Cell(text=wording.place(row["dimension"], row["member"]), value=row["member"]),
            Cell(text=wording.in_unit(row["value"], name), value=row["value"]),
            Cell(text=wording.numbers.count(row["n"]), value=row["n"]),
            Cell(text=wording.interval(row["ci_low"], row["ci_high"], name)),
            Cell(text=ranks, is_withheld=row["status"] == "rank_withheld"),
            Cell(text=content.text(f"finding.{finding}"), tone=_TONES.get(finding, "soft")),
        )
    )


def _case_row(label: str, text: str, count: Value, command: str) -> Row:
    return Row(cells=(Cell(text=label), Cell(text=text, value=count), Cell(text=command)))


def _group(title: str, width: int) -> Row:
    return Row(cells=(Cell(text=title), *(Cell(text=""),) * (width - 1)), role="group")


def _columns(content: Content, names: Iterable[tuple[str, Kind]]) -> tuple[Column, ...]:
    return tuple(Column(label=content.text(f"column.{name}"), kind=kind) for name, kind in names)


# --- choices ------------------------------------------------------------------------------------------------------------


def _chosen_indicators(content: Content, rows: Sequence[dict[str, Any]]) -> list[str]:
    """Indicators in which a member differs from the rest first, then those that cost most and have members to compare."""
    told = [row["indicator_id"] for row in sorted(rows, key=lambda row: row["q_value"] or 0.0) if row["finding"] in (BETTER, WORSE)]
    tested = [row["indicator_id"] for row in rows if row["finding"]]
    costly = [each.subject_id for each in content.gathered.priorities if tested.count(each.subject_id) > 1]
    return list(dict.fromkeys((*told, *costly)))[:_MOST_INDICATORS]


def _ends(content: Content, members: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Members with enough cases, from the worst value up; of many, those that differ from the rest and the worst of the others."""
    tested = [row for row in members if row["finding"]]
    is_lower_better = bool(tested) and content.tables.catalogue_by_id[tested[0]["indicator_id"]]["direction"] == "lower"
    ordered = sorted(tested, key=lambda row: (-row["value"] if is_lower_better else row["value"], row["member"]))
    told = [row for row in ordered if row["finding"] in (BETTER, WORSE)]
    others = [row for row in ordered if row not in told][: max(_MOST_MEMBERS - len(told), 0)]
    kept = {row["member"] for row in (*told, *others)}
    return [row for row in ordered if row["member"] in kept]


def _failed(row: Mapping[str, Any], entry: Mapping[str, Any]) -> int | None:
    """The cases that a rate counts against the enterprise; None for what is no rate, or whose parts are withheld."""
    if entry["method"] != "rate" or row["numerator"] is None or row["denominator"] is None:
        return None
    return round(row["numerator"] if entry["direction"] == "lower" else row["denominator"] - row["numerator"])


def _number(value: object) -> float | int | None:
    return value if isinstance(value, int | float) else None
