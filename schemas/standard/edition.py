"""The edition of the standard, the fingerprint of its seed files, and the analyses named in clause 七."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from schemas.sheet import SEEDS, Fault, Sheet
from schemas.standard.validity import FIELD_NAME


@dataclass(frozen=True)
class Analysis:
    """One row of analyses.csv: an analysis that clause 七 names (I2-3 is the share of them that are run)."""

    analysis_id: str
    name_zh: str
    name_en: str
    clause: str
    methods_zh: str


def standard_fingerprint(seeds: Path = SEEDS) -> str:
    """First 12 hex digits of the SHA-256 over the seed files: reveals an edit without a higher version.

    Line ends are ignored, so that a checkout on another system has the same fingerprint.
    """
    digest = hashlib.sha256()
    for path in sorted(seeds.glob("*.csv")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()[:12]


@lru_cache(maxsize=8)
def analyses(seeds: Path = SEEDS) -> tuple[Analysis, ...]:
    """The analyses clause 七 names, in its order; raises StandardDataError."""
    sheet = Sheet(seeds / "analyses.csv", list(Analysis.__dataclass_fields__))
    found: dict[str, Analysis] = {}
    for row in sheet:
        entry = Analysis(
            analysis_id=row.match("analysis_id", FIELD_NAME, "lower case letters, digits and _"),
            name_zh=row.text("name_zh"),
            name_en=row.text("name_en"),
            clause=row.text("clause"),
            methods_zh=row.text("methods_zh"),
        )
        if entry.analysis_id in found:
            row.fault("analysis_id", f"'{entry.analysis_id}' is there twice")
        found[entry.analysis_id] = entry
    sheet.finish()
    return tuple(found.values())


@lru_cache(maxsize=8)
def standard_edition(seeds: Path = SEEDS) -> str:
    """The edition in every published row and report (C-25): number, stage and the first 12 hex digits of the text's
    SHA-256; raises StandardDataError.
    """
    sheet = Sheet(seeds / "standard_edition.csv", ["number", "title_zh", "title_en", "stage", "text_sha256", "note"])
    editions = [
        f"{row.text('number')} ({row.text('stage')}, "
        f"sha256 {row.match('text_sha256', re.compile('[0-9a-f]{64}'), '64 hex digits')[:12]})"
        for row in sheet
    ]
    if len(editions) != 1:
        sheet.faults.append(Fault(None, None, "must have exactly one row: the edition evaluated against"))
    sheet.finish()
    return editions[0]
