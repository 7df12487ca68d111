"""Reads the files that users hand in so that every mistake can be named by where it stands: path and line, row and column.

Scalars of YAML stay the text that was written (``010``, ``No`` and ``1.0`` are not turned into 8, false and 1.0); only null
is null. What keys and columns mean is the reader's business.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from schemas.sheet import Row, Sheet, StandardDataError

YamlPath = tuple[str, ...]
_NULL = "tag:yaml.org,2002:null"


@dataclass(frozen=True)
class Document:
    """A file that users handed in, as it was when it was read: later edits of the file do not change it."""

    path: Path
    content: bytes = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> Document:
        """Read a file; raises UsageError where it cannot be read."""
        try:
            return cls(path, path.read_bytes())
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {error.strerror}") from None

    @classmethod
    def of(cls, given: Path | Document) -> Document:
        """The document itself, or the file at a path."""
        return given if isinstance(given, Document) else cls.read(given)

    @cached_property
    def sha256(self) -> str:
        """Hash of the bytes, so that a published number names the very file it was made by."""
        return hashlib.sha256(self.content).hexdigest()


@contextmanager
def read_sheet(document: Document, columns: Sequence[str], optional: Sequence[str] = ()) -> Iterator[Sheet]:
    """A CSV file, read strictly; raises UsageError that names every fault noted by the end by path, row, column and rule."""
    try:
        sheet = Sheet(document.path, columns, document.content, optional=optional, shown=str(document.path))
        yield sheet
        sheet.finish()
    except StandardDataError as error:
        raise UsageError(str(error)) from None


def quarter_in(row: Row, column: str = "quarter") -> Quarter | None:
    """The quarter that a cell names; None, and a fault of the row, where it names none."""
    text = row.text(column)
    try:
        return Quarter.parse(text)
    except UsageError as error:
        if text:
            row.fault(column, str(error))
    return None


@dataclass
class LocatedYaml:
    """The document as dicts, lists, text and None; the line of every path; and what is wrong with its form."""

    document: Any = None
    lines: dict[YamlPath, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def line(self, path: YamlPath) -> int | None:
        """The line of a path, or of its nearest parent that is written in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)


class _PlainLoader(yaml.SafeLoader):
    """Resolves nothing but ``null``, ``~`` and nothing at all; ``NULL`` is a text that some systems write."""


_PlainLoader.yaml_implicit_resolvers = {first: [(_NULL, re.compile("^(?:~|null|)$"))] for first in ("~", "n", "")}


def dotted(path: YamlPath) -> str:
    """``tables.staff.columns.name``, with list positions as ``[2]``."""
    text = ""
    for part in path:
        text += part if part.startswith("[") or not text else f".{part}"
    return text


def read_yaml(given: Path | Document) -> LocatedYaml:
    """Read one YAML file; a file that is no YAML at all gives a problem and no document."""
    result = LocatedYaml()
    try:
        root = yaml.compose(Document.of(given).content.decode("utf-8-sig"), Loader=_PlainLoader)
    except UnicodeDecodeError as error:
        result.problems.append(f"is not UTF-8 (byte {error.start + 1})")
        return result
    except yaml.YAMLError as error:
        result.problems.append("is not YAML: " + " ".join(str(error).split()))
        return result
    if root is not None:
        result.document = _plain(root, (), result)
    return result


def _plain(node: yaml.Node, path: YamlPath, result: LocatedYaml) -> Any:
    result.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                result.problems.append(f"line {key_node.start_mark.line + 1}: a key must be a plain word")
                continue
            key = str(key_node.value)
            if key in mapping:
                result.problems.append(f"line {key_node.start_mark.line + 1}: {dotted((*path, key))} is given twice")
            result.lines[(*path, key)] = key_node.start_mark.line + 1
            mapping[key] = _plain(value_node, (*path, key), result)
        return mapping
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*path, f"[{index}]"), result) for index, child in enumerate(node.value, start=1)]
    return None if node.tag == _NULL else str(node.value)
