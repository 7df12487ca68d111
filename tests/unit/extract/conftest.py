"""A landing folder, a lake and short ways to deliver a file and to look at the rows that came of it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.check.findings import Finding
from pipeline.check.landing import check_landing
from pipeline.extract.partition import ExtractResult, extract_quarter
from pipeline.extract.snapshot import Snapshot, take_snapshot
from pipeline.lake.layout import Lake
from pipeline.settings.frozen import HandedInFiles
from pipeline.settings.places import chosen_files
from pipeline.settings.sources import SourceConfig, load_sources
from schemas.contract import TABLES


@dataclass
class Place:
    """One landing folder and its lake."""

    landing: Path
    lake: Lake
    sources: SourceConfig

    def deliver(self, name: str, contents: str | bytes, encoding: str = "utf-8") -> Path:
        """Put a file into the landing folder; a name in .gz is compressed."""
        path = self.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        raw = contents.encode(encoding) if isinstance(contents, str) else contents
        path.write_bytes(gzip.compress(raw, mtime=0) if name.endswith(".gz") else raw)
        return path

    def configure(self, text: str) -> SourceConfig:
        """Use this sources.yaml from now on."""
        path = self.landing / "sources.yaml"
        path.write_text(text, encoding="utf-8")
        self.sources = load_sources(path)
        return self.sources

    def checked(self) -> list[Finding]:
        """What a check finds, with the files beside the data that lie in the landing folder."""
        return list(check_landing(self.landing, HandedInFiles.frozen(chosen_files(self.landing))).findings)

    def take(self, table: str) -> Snapshot:
        return take_snapshot(TABLES[table], self.landing, self.sources, self.lake)

    def rows(self, table: str) -> list[dict[str, Any]]:
        """Take the snapshot and read its rows."""
        return pq.read_table(self.take(table).path).to_pylist()

    def column(self, table: str, name: str) -> list[Any]:
        return [row[name] for row in self.rows(table)]

    def extract(self, table: str, quarter: str) -> ExtractResult:
        return extract_quarter(TABLES[table], Quarter.parse(quarter), self.lake)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    landing = tmp_path / "landing"
    landing.mkdir()
    return Place(landing, Lake(tmp_path / "lake"), load_sources(None))


@pytest.fixture
def suggestions(place: Place) -> Callable[..., list[dict[str, Any]]]:
    """Deliver lines of suggestions.csv under the contract's header and read the rows of its snapshot."""

    def deliver(*lines: str, newline: str = "\n", end: str = "\n") -> list[dict[str, Any]]:
        header = "enterprise_id,suggestion_id,source,submitted_at,evaluated_at,adopted,content"
        place.deliver("suggestions.csv", newline.join([header, *lines]) + end)
        return place.rows("suggestions")

    return deliver
