"""二、数据概况: what data, how complete, what is provisional until when, what is not rated and why; the rest is in the annexes."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.report.document.blocks import Block, Figure, Figures, Row, Section, Table
from pipeline.report.model.report import ReportModel
from pipeline.report.parts.indicators import Indicator, Provisional
from pipeline.report.sections.writing import Writing, row
from pipeline.report.words.messages import Messages
from pipeline.report.words.numbers import NOTHING

ANCHOR = "data"


def overview(report: ReportModel, say: Messages) -> Section:
    """The section of one report."""
    write = Writing(say)
    return Section(anchor=ANCHOR, title=write.words("overview.title"), blocks=tuple(_blocks(report, write)))


def _blocks(report: ReportModel, write: Writing) -> Iterator[Block]:
    if report.head.is_draft_standard:
        yield write.paragraph("overview.draft", "notice")
    yield _subject(report, write)
    yield _figures(report, write)
    yield _periods(report, write)
    if report.provisional:
        yield _provisional(report, write)
    else:
        yield write.paragraph("overview.nothing_provisional")
    yield from not_rated(report, write)


def _subject(report: ReportModel, write: Writing) -> Block:
    head, numbers = report.head, write.numbers
    return write.paragraph(
        "overview.subject",
        "lead",
        enterprise=head.enterprise_id,
        period=numbers.period(head.quarter.label),
        first=numbers.date(head.quarter.first_day),
        last=numbers.date(head.quarter.last_day),
        as_of=numbers.date(head.data_as_of) if head.data_as_of else NOTHING,
        edition=head.edition_in_words,
    )


def _figures(report: ReportModel, write: Writing) -> Figures:
    numbers = write.numbers
    counted = [source for source in report.sources if source.extracted is not None]
    extracted, accepted, refused = (
        sum(getattr(source, name) or 0 for source in counted) for name in ("extracted", "accepted", "quarantined")
    )
    measured = sum(each.is_measured for each in report.indicators)
    provisional = sum(each.is_provisional for each in report.indicators)
    delivered = sum(source.is_delivered for source in report.sources)
    return Figures(
        items=(
            Figure(
                label=write.words("overview.tables"),
                text=f"{delivered} / {len(report.sources)}",
                value=delivered,
                note=_unless_all(delivered, len(report.sources), "tables", write),
            ),
            Figure(
                label=write.words("overview.rows"),
                text=numbers.count(extracted),
                value=extracted,
                note=write.words(
                    "overview.rows.note",
                    accepted=numbers.count(accepted),
                    refused=numbers.count(refused),
                    share=numbers.percent(refused / extracted if extracted else None),
                ),
            ),
            Figure(
                label=write.words("overview.measured"),
                text=f"{measured} / {len(report.indicators)}",
                value=measured,
                note=_unless_all(measured, len(report.indicators), "measured", write),
            ),
            Figure(
                label=write.words("column.coverage"),
                text=numbers.percent(report.total.coverage),
                value=report.total.coverage,
                note=write.words("overview.coverage.note"),
            ),
            Figure(
                label=write.words("overview.provisional"),
                text=numbers.count(provisional),
                value=provisional,
                note=_last_day(report, write),
                tone="open" if provisional else "neutral",
            ),
        )
    )


def _unless_all(there: int, asked: int, name: str, write: Writing) -> str:
    """What is not there, and where the annex says why; that nothing is missing."""
    if there == asked:
        return write.words(f"overview.{name}.all")
    return write.words(f"overview.{name}.note", missing=write.numbers.count(asked - there))


def _last_day(report: ReportModel, write: Writing) -> str:
    """When the last of the reasons ends."""
    if not report.provisional:
        return write.words("overview.nothing_provisional.short")
    days = [why.until for why in report.provisional]
    if None in days:
        return write.words("provisional.until_delivered")
    return write.words("provisional.until_day", day=write.numbers.date(max(day for day in days if day)))


def _periods(report: ReportModel, write: Writing) -> Table:
    totals = {total.period: total for total in report.window_totals}
    quarter = report.head.quarter.label

    def rows() -> Iterator[Row]:
        for window in report.coverage:
            total = totals.get(window.period)
            whole = window.quarters_covered >= window.quarters_expected
            held = f"{window.quarters_covered} / {window.quarters_expected}"
            score, coverage, is_rateable, is_provisional = (
                (report.total.score, report.total.coverage, report.total.is_rateable, report.total.is_provisional)
                if window.period == quarter
                else (total.score, total.coverage, total.is_rateable, total.is_provisional)
                if total
                else (None, None, True, False)
            )
            ends = _ends(report.indicators, window.kind)
            standing = write.words("not_rateable") if not is_rateable else ""
            if is_provisional and is_rateable:
                standing = write.words("provisional.badge_until", until=_latest(ends, write))
            yield row(
                write.head(window.name),
                write.text(write.numbers.period(window.period)),
                write.text(
                    write.words(
                        "overview.from_to", first=write.numbers.date(window.first_day), last=write.numbers.date(window.last_day)
                    )
                ),
                write.text(held if whole else write.words("overview.incomplete", held=held), tone="neutral" if whole else "open"),
                write.number(score),
                write.percent(coverage),
                write.text(standing or NOTHING, tone="open" if standing else "neutral"),
            )

    return write.table(
        "periods",
        write.words("overview.periods"),
        (
            ("period_kind", "text"),
            ("period", "text"),
            ("from_to", "text"),
            ("quarters_held", "text"),
            ("total", "points"),
            ("coverage", "percent"),
            ("standing", "text"),
        ),
        rows(),
        note=write.words("overview.periods.note"),
    )


def _ends(indicators: tuple[Indicator, ...], kind: str) -> list[Provisional]:
    """Why scored values of a window are provisional."""
    found: list[Provisional] = []
    for each in indicators:
        if kind == "quarter":
            found += each.provisional if each.score is not None else ()
        else:
            longer = each.year_to_date if kind == "year_to_date" else each.trailing_year
            found += longer.provisional if longer is not None else ()
    return found


def _latest(reasons: list[Provisional], write: Writing) -> str:
    """The last end of some reasons."""
    days = [why.until for why in reasons]
    if not days or None in days:
        return write.words("provisional.until_delivered")
    return write.words("provisional.until_day", day=write.numbers.date(max(day for day in days if day)))


def _provisional(report: ReportModel, write: Writing) -> Table:
    members: dict[str, list[Indicator]] = {}
    for each in report.indicators:
        for why in each.provisional:
            members.setdefault(why.reason, []).append(each)
    return write.table(
        "provisional",
        write.words("overview.provisional.caption"),
        (("reason", "text"), ("until", "text"), ("indicators_count", "count"), ("indicators", "text")),
        (
            row(
                write.head(why.reason),
                write.text(write.until(why)),
                write.count(count),
                write.text(write.indicator_names(members[why.reason])),
            )
            for why, count in report.provisional.items()
        ),
        note=write.words("overview.provisional.note"),
    )


def not_rated(report: ReportModel, write: Writing) -> Iterator[Block]:
    """Why there is no total or a dimension has none, and what would raise the scored coverage; nothing if all are rated."""
    total = report.total
    if total.score is None:
        because = write.clauses(report.no_total_because) or write.words("overview.nothing_scored")
        yield write.paragraph("overview.no_total", "notice", because=because)
    for dimension in total.children:
        if not dimension.is_rateable:
            yield write.paragraph(
                "overview.dimension_not_rateable",
                "notice",
                dimension=dimension.name,
                coverage=write.numbers.percent(dimension.coverage),
            )
    if report.lacking and (total.score is None or not all(each.is_rateable for each in total.children)):
        yield lacking(report, write)


def lacking(report: ReportModel, write: Writing) -> Table:
    """What keeps weight from being scored, the most weight first."""
    return write.table(
        "lacking",
        write.words("overview.lacking"),
        (("status", "text"), ("reason", "text"), ("weight", "percent"), ("indicators", "text")),
        (
            row(
                write.head(each.status_name),
                write.text(each.reason),
                write.percent(each.weight),
                write.text(write.indicator_names(each.indicators)),
            )
            for each in report.lacking
        ),
    )
