"""Annexes on the data: rows by table, quarantine, missing values, quality and acceptance, cleaning; outliers; anonymity."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.report.document.blocks import Block, Cell, Column, Row, Section, Table
from pipeline.report.model.report import ReportModel
from pipeline.report.parts.outliers import Effect
from pipeline.report.parts.quality import QualityFinding
from pipeline.report.parts.sources import SourceTable
from pipeline.report.sections.writing import Writing, row, row_anchor
from pipeline.report.words.numbers import NOTHING
from schemas.expectations.quality import DIMENSIONS

Parts = tuple[tuple[Block, ...], tuple[Section, ...]]


def parts(report: ReportModel, write: Writing) -> Parts:
    """The sections on where the values come from."""
    return (), (
        Section(anchor="source-rows", title=write.words("sources.rows"), blocks=tuple(_rows(report, write))),
        Section(anchor="quarantine", title=write.words("sources.quarantine"), blocks=tuple(_quarantine(report, write))),
        Section(anchor="absences", title=write.words("sources.absences"), blocks=(_absences(report, write),)),
        Section(anchor="data-quality", title=write.words("quality.title"), blocks=tuple(_quality(report, write))),
        Section(anchor="cleaning", title=write.words("cleaning.title"), blocks=tuple(_cleaning(report, write))),
    )


def _rows(report: ReportModel, write: Writing) -> Iterator[Block]:
    several = write.words("sources.other_enterprises") if report.head.enterprises_in_run > 1 else ""
    yield write.paragraph("sources.rows.intro", "note", others=several)
    counted = [source for source in report.sources if source.extracted is not None]
    extracted, accepted, refused = (
        sum(getattr(source, name) or 0 for source in counted) for name in ("extracted", "accepted", "quarantined")
    )
    total = Row(
        cells=(
            write.text(write.words("total_of_rows")),
            write.count(extracted),
            write.count(accepted),
            write.count(refused),
            write.percent(refused / extracted if extracted else None),
            write.text(""),
        ),
        role="total",
    )
    yield write.table(
        "source-rows-table",
        write.words("sources.rows"),
        (
            ("table", "text"),
            ("extracted", "count"),
            ("accepted", "count"),
            ("quarantined", "count"),
            ("quarantined_share", "percent"),
            ("quarters_held", "text"),
        ),
        (*(_source(source, write) for source in report.sources), total),
    )


def _source(source: SourceTable, write: Writing) -> Row:
    head = write.text(_table_name(source.name, source.table, write))
    quarters = source.quarters[0] if source.quarters else ""
    if len(source.quarters) > 1:
        quarters = write.words("sources.quarters", first=quarters, last=source.quarters[-1], count=len(source.quarters))
    if source.extracted is None:
        why = write.words("sources.not_delivered" if not source.is_delivered else "sources.shared")
        return row(head, *(write.text("") for _ in range(4)), write.text(write.clauses([why, quarters]), tone="soft"))
    share = (source.quarantined or 0) / source.extracted if source.extracted else None
    numbers = (write.count(source.extracted), write.count(source.accepted), write.count(source.quarantined), write.percent(share))
    return row(head, *numbers, write.text(quarters))


def _quarantine(report: ReportModel, write: Writing) -> Iterator[Block]:
    if not report.quarantined:
        yield write.paragraph("sources.none_quarantined")
        return
    failures = write.numbers.count(sum(each.failures for each in report.quarantined))
    yield write.paragraph("sources.quarantine.intro", kinds=len(report.quarantined), failures=failures)
    yield write.table(
        "quarantine-table",
        write.words("sources.quarantine"),
        (("table", "text"), ("field", "text"), ("broken_rule", "text"), ("failures", "count"), ("rows", "count")),
        (
            row(
                write.text(_table_name(each.table_name, each.table, write)),
                write.text(each.column or write.words("sources.whole_row")),
                write.text(_table_name(each.rule_name, each.rule, write)),
                write.count(each.failures),
                write.count(each.rows),
            )
            for each in report.quarantined
        ),
        is_folded=True,
    )


def _absences(report: ReportModel, write: Writing) -> Block:
    if not report.absences:
        return write.paragraph("sources.none_absent")
    return write.table(
        "absences-table",
        write.words("sources.absences"),
        (("status", "text"), ("reason", "text"), ("indicators_count", "count"), ("indicators", "text")),
        (
            row(
                write.head(each.status_name),
                write.text(each.reason),
                write.count(len(each.indicators)),
                write.text(write.indicator_names(each.indicators)),
            )
            for each in report.absences
        ),
    )


def _quality(report: ReportModel, write: Writing) -> Iterator[Block]:
    quality = report.quality
    counts = write.joined(write.words("rules.count", result=name, count=count) for name, count in quality.counts.items())
    yield write.paragraph("quality.intro", "note", counts=counts)
    yield Table(
        anchor="quality-table",
        caption=write.words("quality.caption"),
        columns=(
            Column(label=write.words("column.table")),
            Column(label=write.words("column.rows"), kind="count"),
            *(Column(label=write.say.name("quality", name), kind="percent") for name in DIMENSIONS),
            Column(label=write.words("column.filled_rate"), kind="percent"),
        ),
        rows=tuple(
            row(
                write.text(_table_name(each.name, each.table, write)),
                write.count(each.extracted),
                *(write.percent(each.shares[name]) for name in DIMENSIONS),
                write.percent(each.filled_rate),
            )
            for each in quality.tables
        ),
    )
    if quality.findings:
        yield write.table(
            "acceptance-table",
            write.words("quality.findings"),
            (
                ("table", "text"),
                ("check", "text"),
                ("figure", "number"),
                ("expected", "text"),
                ("detail", "text"),
                ("verdict", "text"),
            ),
            (_finding(each, write) for each in quality.findings),
        )


def _finding(each: QualityFinding, write: Writing) -> Row:
    verdict = each.verdict_name
    if each.reason:
        verdict = write.words("quality.verdict", verdict=verdict, reason=each.reason, author=each.author or NOTHING)
    return row(
        write.text(_table_name(each.name, each.table, write)),
        write.text(each.check),
        write.withheld() if each.value is None else Cell(text=_figure(each.value, each.unit), value=each.value),
        write.text(each.expected),
        write.text(each.detail or NOTHING),
        write.text(verdict),
    )


def _figure(value: float, unit: str) -> str:
    """A figure of a check by its leading digits: its checks are shares, multiples and counts of all sizes."""
    return f"{value:.3g} {unit}".strip()


def _cleaning(report: ReportModel, write: Writing) -> Iterator[Block]:
    if not report.cleaning:
        yield write.paragraph("cleaning.none")
        return
    total = write.numbers.count(sum(each.rows for each in report.cleaning))
    yield write.paragraph("cleaning.intro", "note", kinds=len(report.cleaning), total=total)
    yield write.table(
        "cleaning-table",
        write.words("cleaning.title"),
        (("treatment", "text"), ("table", "text"), ("rule_or_author", "text"), ("rows_or_values", "count")),
        (
            row(write.head(each.action), write.text(each.table), write.text(each.rule), write.count(each.rows))
            for each in report.cleaning
        ),
        is_folded=True,
    )


def outlier_parts(report: ReportModel, write: Writing) -> Parts:
    """The review of outliers: counts by measure, and what the excluded records changed."""
    return tuple(_outliers(report, write)), ()


def _outliers(report: ReportModel, write: Writing) -> Iterator[Block]:
    outliers = report.outliers
    yield write.paragraph("outliers.intro", "note")
    if not outliers.measures:
        yield write.paragraph("outliers.none")
    else:
        count = {name: outliers.count(name) for name in ("to_review", "reviewed", "confirmed", "corrected", "excluded")}
        said = {name: write.numbers.count(number) for name, number in count.items()}
        yield write.paragraph("outliers.counts", **said, open=write.numbers.count(count["to_review"] - count["reviewed"]))
        yield write.table(
            "outliers-table",
            write.words("annex.outliers"),
            (
                ("measure", "text"),
                ("groups", "count"),
                ("too_small", "count"),
                ("values", "count"),
                ("flagged_z", "count"),
                ("flagged_z_log", "count"),
                ("flagged_z_mad", "count"),
                ("to_review", "count"),
                ("reviewed", "count"),
                ("excluded", "count"),
            ),
            (
                row(
                    write.head(write.words("outliers.measure", name=each.name, table=each.table_name, unit=each.unit)),
                    *(
                        write.count(getattr(each, name))
                        for name in ("groups", "too_small", "n", "flagged_z", "flagged_z_log", "flagged_z_mad")
                    ),
                    *(write.count(getattr(each, name)) for name in ("to_review", "reviewed", "excluded")),
                )
                for each in outliers.measures
            ),
        )
    if outliers.effects:
        yield from _effects(report, write)
    elif outliers.count("excluded"):
        yield write.paragraph("outliers.no_effect")


def _effects(report: ReportModel, write: Writing) -> Iterator[Block]:
    withheld = write.words("outliers.withheld", k=report.fewest_people) if report.outliers.has_withheld_effects else ""
    yield write.paragraph("outliers.effects.intro", "note", withheld=withheld)
    yield write.table(
        "outlier-effects",
        write.words("outliers.effects"),
        (
            ("indicator", "text"),
            ("period", "text"),
            ("value_with", "number"),
            ("value_without", "number"),
            ("score_with", "points"),
            ("score_without", "points"),
            ("verdict", "text"),
        ),
        (_effect(each, write) for each in report.outliers.effects),
    )


def _effect(each: Effect, write: Writing) -> Row:
    verdict = NOTHING if each.is_total else write.words("outliers.unchanged")
    if each.is_verdict_changed:
        verdict = write.words("outliers.changed")

    def shown(cell: Cell) -> Cell:
        return write.withheld() if each.is_withheld else cell

    nothing = write.text(NOTHING)
    return row(
        write.head(write.words("total")) if each.is_total else write.text(each.indicator_id, link=row_anchor(each.indicator_id)),
        write.text(write.numbers.period(each.period)),
        nothing if each.is_total else shown(write.in_unit(each.value_with, each.unit, each.unit_zh)),
        nothing if each.is_total else shown(write.in_unit(each.value_without, each.unit, each.unit_zh)),
        shown(write.number(each.score_with)),
        shown(write.number(each.score_without)),
        write.text(verdict),
    )


def anonymity_parts(report: ReportModel, write: Writing) -> Parts:
    """How far the published tables are anonymous."""
    return tuple(_anonymity(report, write)), ()


def _anonymity(report: ReportModel, write: Writing) -> Iterator[Block]:
    anonymity = report.anonymity
    if anonymity.layer_level:
        yield write.paragraph(
            "anonymity.layer",
            k=report.fewest_people,
            people=write.numbers.count(anonymity.layer_k),
            level=anonymity.layer_level,
        )
    if anonymity.released:
        yield write.paragraph("anonymity.records")
        yield write.table(
            "anonymity-table",
            write.words("annex.anonymity"),
            (
                ("record_table", "text"),
                ("released", "count"),
                ("generalised", "count"),
                ("suppressed", "count"),
                ("left_out", "count"),
                ("k_required", "count"),
                ("k_reached", "count"),
                ("l_required", "count"),
                ("l_reached", "count"),
                ("risk", "percent"),
                ("level", "count"),
            ),
            (
                row(
                    write.text(_table_name(each.name, each.table, write)),
                    *(write.count(getattr(each, name)) for name in ("rows", "generalised", "suppressed", "left_out")),
                    *(write.count(getattr(each, name)) for name in ("k_required", "k_reached", "l_required", "l_reached")),
                    write.percent(each.risk),
                    write.count(each.level),
                )
                for each in anonymity.released
            ),
        )
    else:
        yield write.paragraph("anonymity.no_records")
    yield write.paragraph("anonymity.levels", "note", aggregates=anonymity.aggregates)
    if anonymity.aggregates_of_persons:
        names = write.joined(anonymity.aggregates_of_persons)
        yield write.paragraph("anonymity.persons", "note", count=len(anonymity.aggregates_of_persons), names=names)
    if anonymity.internal:
        yield write.paragraph("anonymity.internal", "note", names=write.joined(anonymity.internal))


def _table_name(name: str, table: str, write: Writing) -> str:
    return name if name == table else write.words("with_code", name=name, code=table)
