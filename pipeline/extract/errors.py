"""What can be wrong with a delivery or with ``sources.yaml``, one class for each.

Messages name table, file, column and place, never a value of a record. Faulty rows raise no error here: they are kept
with their defects, and the validate stage refuses them.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from pipeline.errors import DataRefused
from pipeline.privacy.hiding import hide


class SourceRefused(DataRefused):
    """A delivered file cannot be accepted; ``table``, ``file`` and ``column`` say which.

    A header may be a record, where a file has none: what looks like personal data in it is not spelled out.
    """

    def __init__(self, problem: str, *, table: str, file: str | None = None, column: str | None = None) -> None:
        self.problem, self.table, self.file, self.column = hide(problem), table, file, column and hide(column)
        super().__init__(": ".join(part for part in (table, file, self.problem) if part))

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled with what it was made of: errors come from processes that read files apart."""
        return partial(type(self), table=self.table, file=self.file, column=self.column), (self.problem,)


class MissingRequiredColumn(SourceRefused):
    """A file lacks a column that the contract requires."""


class DuplicateColumn(SourceRefused):
    """A header names a contract column more than once."""


class UnreadableFile(SourceRefused):
    """A file is not what its name says, or is damaged."""


class TruncatedFile(UnreadableFile):
    """A file ends too early."""


class UnclosedQuote(UnreadableFile):
    """A quote in a text file does not close where it should: the cell would swallow rows."""


class WrongEncoding(SourceRefused):
    """The bytes of a text file do not fit its encoding."""


class PersonalName(SourceRefused):
    """The name of a file or sheet holds what looks like personal data."""


class DuplicateFile(SourceRefused):
    """The same contents were delivered twice for a table."""


class AmbiguousSource(SourceRefused):
    """Several places could be the delivery of a table."""


class NothingDelivered(DataRefused):
    """The landing folder holds no file of any known table."""
