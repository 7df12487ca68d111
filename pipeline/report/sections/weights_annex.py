"""Annex on weights: from the experts' judgements to the weights that count, rounds and returned matrices."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.report.document.blocks import Block, Row, Section, Table
from pipeline.report.model.report import ReportModel
from pipeline.report.parts.scores import ReportNode
from pipeline.report.sections.writing import Writing, row
from pipeline.report.words.numbers import NOTHING


def parts(report: ReportModel, write: Writing) -> tuple[tuple[Block, ...], tuple[Section, ...]]:
    """The blocks and sections of the annex."""
    blocks: tuple[Block, ...] = (write.paragraph("weights.intro", "note"), _weights(report, write))
    if not report.rounds:
        return blocks, ()
    rounds = Section(
        anchor="weight-rounds",
        title=write.words("weights.rounds"),
        blocks=(write.paragraph("weights.rounds.note", "note"), _rounds(report, write)),
    )
    returned = Section(anchor="weight-returned", title=write.words("weights.returned"), blocks=(_returned(report, write),))
    return blocks, (rounds, returned)


def _weights(report: ReportModel, write: Writing) -> Table:
    def line(node: ReportNode) -> Row:
        bounds = NOTHING
        if node.weight_range:
            bounds = "–".join(write.numbers.limit(bound, "rate") for bound in node.weight_range)
        return row(
            write.text(f"{node.node_id} {node.name}"),
            write.text(bounds),
            write.percent(node.weight_raw),
            write.percent(node.weight),
            write.percent(node.weight_used),
            write.text(node.weight_method),
            write.number(node.consistency_index, 3),
            write.number(node.consistency_ratio, 3),
            write.number(node.dispersion),
            write.count(node.experts),
        )

    def rows() -> Iterator[Row]:
        for dimension in report.total.children:
            yield line(dimension)
            for node in dimension.children:
                yield line(node)

    note = ""
    if report.random_indices:
        note = write.words("weights.random_indices", names=write.joined(report.random_indices))
    return write.table(
        "weights-table",
        write.words("weights.caption"),
        (
            ("node", "text"),
            ("weight_range", "text"),
            ("weight_raw", "percent"),
            ("weight", "percent"),
            ("weight_used", "percent"),
            ("method", "text"),
            ("consistency_index", "number"),
            ("consistency_ratio", "number"),
            ("dispersion", "number"),
            ("experts", "count"),
        ),
        rows(),
        note=note,
    )


def _rounds(report: ReportModel, write: Writing) -> Table:
    return write.table(
        "rounds-table",
        write.words("weights.rounds"),
        (
            ("compared_below", "text"),
            ("round", "count"),
            ("accepted_matrices", "count"),
            ("returned_matrices", "count"),
            ("kendalls_w", "number"),
            ("chi_square", "number"),
            ("p_value", "number"),
        ),
        (
            row(
                write.text(_node(each.parent_id, report)),
                write.count(each.round),
                write.count(each.experts),
                write.count(each.returned),
                write.number(each.kendalls_w, 3),
                write.number(each.chi_square),
                write.number(each.p_value, 3),
            )
            for each in report.rounds
        ),
    )


def _returned(report: ReportModel, write: Writing) -> Block:
    if not report.returned:
        return write.paragraph("weights.none_returned")
    return write.table(
        "returned-table",
        write.words("weights.returned"),
        (("compared_below", "text"), ("round", "count"), ("consistency_ratio", "number"), ("reason", "text")),
        (
            row(
                write.text(_node(each.parent_id, report)),
                write.count(each.round),
                write.number(each.consistency_ratio, 3),
                write.text(each.reason),
            )
            for each in report.returned
        ),
    )


def _node(node_id: str, report: ReportModel) -> str:
    return f"{node_id} {report.names.get(node_id, '')}".strip()
