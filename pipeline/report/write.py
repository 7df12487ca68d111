"""Writes the reports of a run: enterprises × editions × languages × formats, each file written completely or not at all.

What an edition says is in ``editions/``, how it looks in ``formats/``.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.calendar.quarters import Quarter
from pipeline.lake.files import atomic_path
from pipeline.report.document.blocks import Edition, Language
from pipeline.report.editions import document_of
from pipeline.report.formats import rendered
from pipeline.report.formats.drawings import Drawings
from pipeline.report.model.run_tables import RunTables
from pipeline.settings.plan import Reports

REPORT_FOLDER = "report"
_LAST_OF_YEAR = 4

# Unsafe in file names or file:// addresses: all but letters and digits of any script, -, _ and inner dots.
_UNFIT = re.compile(r"[^\w.-]+|^\.+|\.+$")
# File systems allow 255 bytes; temporary names are longer.
_LONGEST_BYTES = 120
# Device names reserved by Windows, with any suffix.
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


@dataclass(frozen=True)
class Wanted:
    """Which reports are written; ``enterprises``: None for all; ``periods``: None for the quarter, of a fourth also the year."""

    editions: tuple[Edition, ...]
    languages: tuple[Language, ...]
    formats: tuple[str, ...]
    enterprises: tuple[str, ...] | None = None
    periods: tuple[str, ...] | None = None

    def periods_of(self, quarter: Quarter) -> tuple[str, ...]:
        """The periods as published_periods names them."""
        if self.periods is not None:
            return self.periods
        return (quarter.label, str(quarter.year)) if quarter.number == _LAST_OF_YEAR else (quarter.label,)

    @classmethod
    def of_plan(cls, reports: Reports) -> Wanted:
        return cls(reports.editions, reports.languages, reports.formats)  # type: ignore[arg-type]


def write_reports(run_path: Path, quarter: Quarter, wanted: Wanted) -> list[Path]:
    """Write ``report/<enterprise>/<edition>.<language>.<format>`` into the run's folder; returns the paths by enterprise.

    Of another period than the quarter, its name comes after the edition's: ``management.2024.zh.html``.

    Those of other enterprises or forms (copied from an earlier publication) are removed. Raises ReportInputMissing, see
    build_report.
    """
    folder = run_path / REPORT_FOLDER
    folder.mkdir(exist_ok=True)
    paths = write_into(folder, RunTables.read(run_path, quarter), wanted)
    kept = set(paths)
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in kept:
            path.unlink()
    return paths


def write_into(folder: Path, tables: RunTables, wanted: Wanted) -> list[Path]:
    """Write reports into any folder, an enterprise a folder within it; returns their paths."""
    names = dict(zip(tables.enterprises, file_names(tables.enterprises), strict=True))
    paths = []
    for enterprise in tables.enterprises if wanted.enterprises is None else wanted.enterprises:
        place = folder / names[enterprise]
        place.mkdir(parents=True, exist_ok=True)
        for name, content in _files(tables, enterprise, wanted):
            with atomic_path(place / name) as temporary:
                temporary.write_bytes(content)
            paths.append(place / name)
    return paths


def write_no_reports(run_path: Path) -> None:
    """Leave the run's folder of reports empty: those of an earlier publication are not of this one."""
    folder = run_path / REPORT_FOLDER
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()


def _files(tables: RunTables, enterprise: str, wanted: Wanted) -> Iterator[tuple[str, bytes]]:
    drawings = Drawings()
    for language in wanted.languages:
        for period in wanted.periods_of(tables.quarter):
            for edition in wanted.editions:
                document = document_of(tables, enterprise, edition, language, period)
                of_period = "" if period == tables.quarter.label else f".{period}"
                drawn = {} if wanted.formats == ("json",) else drawings.of(document)
                for form in wanted.formats:
                    yield f"{edition}{of_period}.{language}.{form}", rendered(document, form, drawn)


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
