"""Annex on satisfaction surveys: by region and channel, validity and representativeness of responses, readings of satisfaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pipeline.report.document.blocks import Block, Cell, Column, Row, Section, Table, Tone
from pipeline.report.model.report import ReportModel
from pipeline.report.parts.survey import SurveyRound
from pipeline.report.parts.survey_cells import FIRM_FROM, SurveyCell
from pipeline.report.sections.writing import Writing, row


def parts(report: ReportModel, write: Writing) -> tuple[tuple[Block, ...], tuple[Section, ...]]:
    """The sections of the annex."""
    return (), (
        Section(anchor="survey-cells", title=write.words("survey.cells"), blocks=tuple(_cells(report, write))),
        Section(anchor="survey-validity", title=write.words("survey.validity"), blocks=tuple(_validity(report, write))),
    )


def _cells(report: ReportModel, write: Writing) -> Iterator[Block]:
    scopes = report.survey_scopes
    if scopes is None:
        yield write.paragraph("survey.cells.none")
        return
    hidden = write.words("survey.cells.hidden", count=scopes.hidden) if scopes.hidden else write.words("survey.cells.none_hidden")
    yield write.table(
        "survey-cells-table",
        write.words("survey.cells"),
        (("scope", "text"), ("scope_value", "text"), ("respondents", "count"), ("satisfaction", "points"), ("interval", "text")),
        (
            _cell(write.say.name("scope", "enterprise"), scopes.overall, write),
            *(_cell(each.name, cell, write) for each in scopes.breakdowns for cell in each.cells),
        ),
        note=write.words("survey.cells.note", k=report.fewest_people, hidden=hidden, firm=FIRM_FROM),
    )


def _cell(scope: str, cell: SurveyCell, write: Writing) -> Row:
    head = write.head(scope), write.head(cell.name)
    if cell.is_hidden:
        return row(*head, *(write.withheld() for _ in range(3)))
    tone: Tone = "neutral" if cell.is_firm else "soft"
    return row(
        *head,
        write.count(cell.respondents),
        Cell(text=write.numbers.number(cell.value), value=cell.value, tone=tone),
        write.text(write.numbers.interval(cell.ci_low, cell.ci_high, "score"), tone=tone),
    )


def _validity(report: ReportModel, write: Writing) -> Iterator[Block]:
    if not report.survey.rounds:
        yield write.paragraph("survey.none")
        return
    yield write.paragraph("survey.intro", "note")
    yield _rounds(report.survey.rounds, write)
    yield _readings(report, write)


def _rounds(rounds: tuple[SurveyRound, ...], write: Writing) -> Table:
    """A column a round: a figure below the other."""
    lines: list[tuple[str, Callable[[SurveyRound], Cell]]] = [
        ("sent", lambda each: write.count(each.sent)),
        ("delivered", lambda each: write.count(each.delivered)),
        ("response_rate", lambda each: _response_rate(each, write)),
        ("responses", lambda each: write.count(each.responses)),
        ("complete", lambda each: write.count(each.complete)),
        ("partial", lambda each: write.count(each.partial)),
        ("counted", lambda each: write.count(each.counted)),
        ("valid", lambda each: write.count(each.valid)),
    ]
    rows = [row(write.head(write.words(f"survey.{name}")), *(make(each) for each in rounds)) for name, make in lines]
    rows += [
        row(write.head(write.words("survey.mode", mode=mode)), *(write.count(each.modes[mode]) for each in rounds))
        for mode in rounds[0].modes
    ]
    for place, flag in enumerate(rounds[0].flags):
        rows.append(row(write.head(flag.name), *(write.count(each.flags[place].responses) for each in rounds)))
        share = write.words("survey.flag_share", flag=flag.name)
        rows.append(row(write.head(share), *(write.percent(each.flags[place].share) for each in rounds)))
    after: list[tuple[str, Callable[[SurveyRound], Cell]]] = [
        ("questions", lambda each: write.count(each.questions)),
        ("missing_items", lambda each: write.percent(each.missing_item_rate)),
        ("timed", lambda each: write.count(each.timed)),
        ("median_minutes", lambda each: write.number(each.median_minutes)),
        ("p90_minutes", lambda each: write.number(each.p90_minutes)),
        ("over_time", lambda each: write.count(each.over_time)),
        ("weighting", lambda each: write.text(_weighting(each, write))),
        ("largest_weight", lambda each: write.number(each.largest_weight)),
        ("merged_cells", lambda each: write.count(each.merged_cells)),
        ("capped", lambda each: write.count(each.capped)),
        ("outside_population", lambda each: write.count(each.outside_population)),
        ("largest_difference", lambda each: write.percent(each.largest_difference)),
        ("effective_n", lambda each: write.number(each.effective_n, 1)),
        ("design_effect", lambda each: write.number(each.design_effect)),
    ]
    rows += [row(write.head(write.words(f"survey.{name}")), *(make(each) for each in rounds)) for name, make in after]
    return Table(
        anchor="survey-rounds",
        caption=write.words("survey.rounds"),
        columns=(
            Column(label=write.words("column.survey_item")),
            *(Column(label=each.survey_id, kind="number") for each in rounds),
        ),
        rows=tuple(rows),
    )


def _response_rate(each: SurveyRound, write: Writing) -> Cell:
    if each.response_rate is None and each.response_rate_reason:
        return write.text(write.words("survey.unknown", reason=each.response_rate_reason))
    return write.percent(each.response_rate)


def _weighting(each: SurveyRound, write: Writing) -> str:
    if each.weighting:
        return each.weighting
    equal = write.words("survey.equal_weights")
    return write.words("survey.equal_because", weighting=equal, reason=each.weighting_reason) if each.weighting_reason else equal


def _readings(report: ReportModel, write: Writing) -> Table:
    survey = report.survey
    weighted = (("unweighted", "points"),) if survey.is_weighted else ()

    def rows() -> Iterator[Row]:
        for each in survey.satisfaction:
            own = each.indicator
            yield row(
                write.indicator(own),
                write.number(own.value),
                write.text(write.numbers.interval(own.ci_low, own.ci_high, own.unit, own.unit_zh)),
                *((write.number(each.unweighted),) if survey.is_weighted else ()),
                write.number(each.valid_only),
            )

    return write.table(
        "survey-readings",
        write.words("survey.readings.weighted" if survey.is_weighted else "survey.readings.equal"),
        (("indicator", "text"), ("value_points", "points"), ("interval", "text"), *weighted, ("valid_only", "points")),
        rows(),
    )
