"""Drafts of ``fishbone.csv`` and ``five_whys.csv``: what a publication's root causes point to, for people to fill in the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from pipeline.analyse.comparison import WORSE
from pipeline.errors import UsageError
from pipeline.lake.files import make_private, private_path
from pipeline.lake.spreadsheets import csv_writer, neutralised
from pipeline.settings.cause_files import FISHBONE_COLUMNS, FIVE_WHYS_COLUMNS
from pipeline.settings.handed_in import FISHBONE, FIVE_WHYS
from schemas.standard.catalogue import catalogue_rows

_PLACES_NAMED = 3
_FINDINGS = {
    "concentrated": "集中在个别处",
    "not_distinguishable": "各处无显著差异",
    "insufficient_sample": "样本量不足，无法区分各处",
    "not_additive": "该指标不能按处分解",
    "no_members": "该指标没有分处的数据",
    "withheld": "分处数据因人数过少不予显示",
}
_DIMENSIONS = {
    "region": "区域",
    "outlet": "网点",
    "channel": "渠道",
    "product_category": "产品类别",
    "complexity": "复杂程度",
    "urgency": "紧急程度",
}
_Line = Mapping[str, str]
_Rows = Sequence[dict[str, Any]]


def write_drafts(root_causes: pl.DataFrame, folder: Path) -> dict[str, int]:
    """Write both drafts into a folder; returns their rows by file name.

    root_causes  analysis_root_causes of one period, at least its released columns

    Raises UsageError where one of the files is there already, or cannot be written: then neither is.
    """
    drafts = {
        folder / FISHBONE.file: (FISHBONE_COLUMNS, list(fishbone_draft(root_causes))),
        folder / FIVE_WHYS.file: (FIVE_WHYS_COLUMNS, list(five_whys_draft(root_causes))),
    }
    for path in drafts:
        if path.exists() or path.is_symlink():
            raise UsageError(f"{path}: is there already and is not overwritten: name another folder, or move it away")
    try:
        if not folder.exists():
            make_private(folder)
        for path, (columns, lines) in drafts.items():
            # Spreadsheets recognise UTF-8 only by its byte order mark.
            with private_path(path.absolute()) as temporary, temporary.open("w", encoding="utf-8-sig", newline="") as handle:
                writer = csv_writer(handle)
                writer.writerow(columns)
                writer.writerows([neutralised(line.get(name, ""), is_text=True) for name in columns] for line in lines)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written to: {error.strerror}") from None
    return {path.name: len(lines) for path, (_, lines) in drafts.items()}


def fishbone_draft(root_causes: pl.DataFrame) -> Iterator[_Line]:
    """Of each missed indicator the members that are worse than the rest, those that lose most first; else one line without member.

    The evidence is what the data say. What kind of cause it is (人机料法环测) they do not say.
    """
    for about, rows in _indicators(root_causes):
        worse = _worst(rows)
        for row in worse:
            yield {**about, "dimension": row["dimension"], "member": row["member"], "evidence": _evidence(row)}
        if not worse:
            yield {**about, "evidence": _summary(rows)}


def five_whys_draft(root_causes: pl.DataFrame) -> Iterator[_Line]:
    """A line for each missed indicator: what is to be explained, and the member that loses most."""
    for about, rows in _indicators(root_causes):
        worst = _worst(rows)[:1]
        place = {"dimension": worst[0]["dimension"], "member": worst[0]["member"]} if worst else {}
        said = _evidence(worst[0]) if worst else _summary(rows)
        name = _names().get(about["indicator_id"], "")
        value = f"{rows[0]['total_value']:.4g}，要求 {rows[0]['requirement']:.4g}"
        yield {**about, **place, "problem": f"{name}未达到要求：{value}。{said}"}


def _indicators(root_causes: pl.DataFrame) -> Iterator[tuple[dict[str, str], _Rows]]:
    key = ["enterprise_id", "period", "indicator_id"]
    for names, rows in root_causes.sort([*key, "dimension", "member"], nulls_last=True).group_by(key, maintain_order=True):
        yield dict(zip(key, map(str, names), strict=True)), rows.to_dicts()


def _worst(rows: _Rows) -> list[dict[str, Any]]:
    worse = [row for row in rows if row["finding"] == WORSE]
    return sorted(worse, key=lambda row: (-row["lost"], row["dimension"], row["member"]))[:_PLACES_NAMED]


def _evidence(row: Mapping[str, Any]) -> str:
    share = "" if row["shortfall_share"] is None else f"占未达标差距的 {row['shortfall_share']:.0%}，"
    bounds = f"{row['difference_low']:+.3g} 至 {row['difference_high']:+.3g}"
    return (
        f"{_DIMENSIONS[row['dimension']]} {row['member']}：{row['value']:.4g}，与其余相差 {row['difference']:+.3g}"
        f"（95% 区间 {bounds}，q {row['q_value']:.2g}），{share}占样本的 {row['case_share']:.0%}"
    )


def _summary(rows: _Rows) -> str:
    finding = str(rows[0]["indicator_finding"])
    return f"{_FINDINGS.get(finding, finding)}。"


def _names() -> dict[str, str]:
    return {each.indicator_id: each.name_zh for each in catalogue_rows()}
