"""Writes the reports of a run as files: one page per enterprise, each whole or not at all.

What a report says is in ``model.py``, what it looks like in ``html.py``; further editions and formats are written here.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from pipeline.calendar.quarters import Quarter
from pipeline.lake.files import atomic_path
from pipeline.report.formats.html import render
from pipeline.report.model.run_tables import RunTables

REPORT_FOLDER = "report"
_SUFFIX = ".html"

# Letters and digits of any script, - and _, dots inside: fit for every file system and for file:// addresses.
_UNFIT = re.compile(r"[^\w.-]+|^\.+|\.+$")
# File systems take 255 bytes; a temporary name beside it is longer.
_LONGEST_BYTES = 120
# Names that Windows keeps for devices, whatever the suffix.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def write_reports(run_path: Path, quarter: Quarter) -> list[Path]:
    """Write ``report/<enterprise>.html`` into the run's folder for every enterprise; returns the paths by enterprise.

    Pages of enterprises that this run does not have (taken over from an earlier publication) are removed. Raises
    ReportInputMissing, see build_report.
    """
    tables = RunTables.read(run_path, quarter)
    folder = run_path / REPORT_FOLDER
    folder.mkdir(exist_ok=True)
    paths = [folder / f"{name}{_SUFFIX}" for name in file_names(tables.enterprises)]
    for enterprise, path in zip(tables.enterprises, paths, strict=True):
        with atomic_path(path) as temporary:
            temporary.write_text(render(tables.report(enterprise)), encoding="utf-8", newline="\n")
    for stale in set(folder.glob(f"*{_SUFFIX}")) - set(paths):
        stale.unlink()
    return paths


def file_names(enterprises: Iterable[str]) -> list[str]:
    """A file name without suffix for each enterprise: its id where that is fit for any file system.

    Where characters had to go, or where two names differ in case only, the first 8 hex digits of the id's SHA-256 keep
    names apart.
    """
    ids = list(enterprises)
    fit = [_UNFIT.sub("_", name).encode()[:_LONGEST_BYTES].decode(errors="ignore") for name in ids]
    taken = Counter(name.casefold() for name in fit)
    return [
        name
        if name == own and name and taken[name.casefold()] == 1 and not _RESERVED.fullmatch(name)
        else f"{name}-{_digest(own)}"
        for own, name in zip(ids, fit, strict=True)
    ]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
