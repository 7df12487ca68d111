"""The files that users hand in, read once: an edit during a run affects the next run only.

Every file is kept as the bytes that were read, with their SHA-256; what they mean is read from these bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from pipeline.errors import AsqError, UsageError
from pipeline.settings.benchmarks import Benchmark, read_benchmarks
from pipeline.settings.cause_files import CauseFile, read_fishbone, read_five_whys
from pipeline.settings.documents import Document
from pipeline.settings.handed_in import BENCHMARKS, FISHBONE, FIVE_WHYS, OUTLIER_REVIEW, PLAN, SOURCES, HandedIn
from pipeline.settings.outlier_review import Review
from pipeline.settings.plan import EvaluationPlan
from pipeline.settings.sources import SourceConfig, load_sources
from schemas.contract import TABLES


@dataclass(frozen=True)
class HandedInFiles:
    """The files as they were read; a faulty one raises UsageError whenever it is used."""

    documents: Mapping[str, Document]

    @classmethod
    def frozen(cls, files: Mapping[str, Path], **places: Any) -> Self:
        """Read every file, by name, and those that the plan names; raises UsageError for one that cannot be read."""
        found = cls({name: Document.read(path) for name, path in files.items()}, **places)
        # The stage that asks for a faulty plan explains it.
        with suppress(AsqError):
            _ = found.plan
        return found

    def document(self, file: HandedIn) -> Document | None:
        """A file as it was when it was read; None where there is none."""
        return self.documents.get(file.name)

    @cached_property
    def plan(self) -> EvaluationPlan:
        """The evaluation plan; raises UsageError where it cannot be read or names a table there is not."""
        plan = EvaluationPlan.read(self.document(PLAN))
        plan.check_tables(TABLES)
        return plan

    @cached_property
    def sources(self) -> SourceConfig:
        """The source mapping; raises SourceConfigError that lists every mistake."""
        return load_sources(self.document(SOURCES))

    @cached_property
    def review(self) -> Review:
        """The reviewers' decisions; raises UsageError where the file cannot be read."""
        return Review.read(self.document(OUTLIER_REVIEW))

    @cached_property
    def benchmarks(self) -> tuple[Benchmark, ...]:
        """The values of others to compare with; raises UsageError that names every fault of the file."""
        return read_benchmarks(self.document(BENCHMARKS))

    @cached_property
    def cause_files(self) -> tuple[CauseFile, ...]:
        """The causes that people found; raises UsageError that names every fault of both files."""
        found, faults = [], []
        for file, read in ((FISHBONE, read_fishbone), (FIVE_WHYS, read_five_whys)):
            document = self.document(file)
            if document is not None:
                try:
                    found.append(read(document))
                except UsageError as error:
                    faults.append(str(error))
        if faults:
            raise UsageError("\n".join(faults))
        return tuple(found)

    def paths(self) -> Iterable[Path]:
        """Where the files lie, those that the plan names among them: no table is made of them."""
        return [document.path for _, document in self._all()]

    def fingerprints(self) -> dict[str, str]:
        """SHA-256 of every file by name; those that the plan names are ``survey_margins`` and ``survey_invitations``."""
        return {name: document.sha256 for name, document in self._all()}

    def _all(self) -> Iterator[tuple[str, Document]]:
        yield from self.documents.items()
        yield from ((f"survey_{name}", document) for name, document in self.plan.survey.files.items())
