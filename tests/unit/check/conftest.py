"""A landing folder and a short way to check it."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.check.findings import Report
from pipeline.check.landing import check_landing
from pipeline.lake.layout import Lake
from pipeline.settings.frozen import HandedInFiles
from pipeline.settings.places import chosen_files


@dataclass
class Delivered:
    """One landing folder."""

    landing: Path

    def deliver(self, name: str, contents: str | bytes, encoding: str = "utf-8") -> None:
        """Put a file into the landing folder; a name in .gz is compressed."""
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = contents.encode(encoding) if isinstance(contents, str) else contents
        path.write_bytes(gzip.compress(raw, mtime=0) if name.endswith(".gz") else raw)

    def check(self, quarter: str | None = None, lake: Lake | None = None) -> Report:
        """Check it with the files beside the data that lie in it."""
        files = HandedInFiles.frozen(chosen_files(self.landing))
        return check_landing(self.landing, files, None if quarter is None else Quarter.parse(quarter), lake)

    def messages(self, level: str | None = None) -> list[str]:
        """The findings as printed, without what was not delivered and how runs would end."""
        return [str(finding) for finding in self.check().findings if finding.level == (level or finding.level)]


@pytest.fixture
def place(tmp_path: Path) -> Delivered:
    landing = tmp_path / "landing"
    landing.mkdir()
    return Delivered(landing)
