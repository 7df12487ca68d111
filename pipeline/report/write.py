"""Writes the reports of a run: one page per enterprise, each written completely or not at all.

The content is in ``model/``, the appearance in ``formats/html.py``.
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

# Unsafe in file names or file:// addresses: all but letters and digits of any script, -, _ and inner dots.
_UNFIT = re.compile(r"[^\w.-]+|^\.+|\.+$")
# File systems allow 255 bytes; temporary names are longer.
_LONGEST_BYTES = 120
# Device names reserved by Windows, with any suffix.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def write_reports(run_path: Path, quarter: Quarter) -> list[Path]:
    """Write ``report/<enterprise>.html`` into the run's folder for every enterprise; returns the paths by enterprise.

    Pages of other enterprises (copied from an earlier publication) are removed. Raises ReportInputMissing, see
    build_report.
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
    """A file name without suffix for each enterprise: its id if every file system can store it.

    If characters were removed, or two names differ only in case, the first 8 hex digits of the id's SHA-256 are appended.
    """
    ids = list(enterprises)
    fit = [_UNFIT.sub("_", name).encode()[:_LONGEST_BYTES].decode(errors="ignore") for name in ids]
    taken = Counter(name.casefold() for name in fit)
    return [
        name if name == own and name and taken[name.casefold()] == 1 and not _RESERVED.fullmatch(name) else f"{name}-{_digest(own)}"
        for own, name in zip(ids, fit, strict=True)
    ]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
