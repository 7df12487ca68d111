"""Settings files: one YAML dialect, read so that every mistake is named by file, line and path.

Scalars stay the text that was written (``010``, ``No`` and ``6:30`` are not turned into 8, false and 390); only ``null``,
``~`` and nothing are null. What a text means is decided by the field that takes it (``fields.py``). A model of the file
(pydantic) turns the document into values; which keys there are belongs to the modules with the models. ::

    class Shop(SettingsModel):
        name: Text
        discount: Share = Field(0.0, description="Off every price.")

    shop = validated(Shop, read_yaml(Document.read(Path("shop.yaml"))))

https://docs.pydantic.dev/latest/concepts/models/
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from pipeline.errors import UsageError
from pipeline.settings.suggestions import did_you_mean, listed

YamlPath = tuple[str, ...]
"""Keys, and positions of lists as ``[2]``, counted from 1."""
Problem = tuple[YamlPath, str]
_NULL = "tag:yaml.org,2002:null"
_KNOWN_TAGS = {_NULL, *(f"tag:yaml.org,2002:{name}" for name in ("map", "seq", "str"))}
_LONGEST_SHOWN = 80
# Far more than any settings file needs: what is written to exhaust the reader ends here.
_LARGEST, _DEEPEST, _MOST_REPEATED = 8 << 20, 50, 10_000


@dataclass(frozen=True)
class Document:
    """A file as it was read: nobody reads it a second time for its hash."""

    path: Path
    content: bytes = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> Document:
        """Read a file; raises UsageError where that is not possible."""
        try:
            return cls(path, path.read_bytes())
        except OSError as error:
            raise UsageError(f"{path}: cannot be read: {(error.strerror or str(error)).lower()}") from None

    @classmethod
    def of(cls, source: Path | str | Document) -> Document:
        """The document itself, or the one at a path."""
        return source if isinstance(source, Document) else cls.read(Path(source))

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


class Plain(str):
    """A scalar that stands without quotes, so that a field may read a number from it."""

    __slots__ = ()


@dataclass
class LocatedYaml:
    """The content as dicts, lists, texts and None; the line of every path; and what is wrong with its form."""

    name: str = ""
    """What messages call the file."""
    content: Any = None
    lines: dict[YamlPath, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    def line(self, path: YamlPath) -> int | None:
        """The line of a path, or of its nearest parent that is written in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path)

    def placed(self, path: YamlPath, problem: str) -> str:
        """``line 12: targets[2].acceptable: expected a number, found 'abc'``."""
        line = self.line(path)
        return (f"line {line}: " if line else "") + (f"{dotted(path)}: " if path else "") + problem

    def all_placed(self, problems: Iterable[Problem]) -> list[str]:
        """What is wrong with the form, then these problems in the order of their lines."""
        return self.problems + [self.placed(*each) for each in sorted(problems, key=lambda one: self.line(one[0]) or 0)]

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Raise UsageError if anything is wrong, one problem a line with the name of the file."""
        if placed := self.all_placed(problems):
            raise UsageError("\n".join(f"{self.name}: {problem}" for problem in placed))


def dotted(path: YamlPath) -> str:
    """``tables.staff.columns.name``, with list positions as ``[2]``."""
    return "".join(part if part.startswith("[") else f".{part}" for part in path).removeprefix(".")


# Reading


class _PlainLoader(yaml.SafeLoader):
    """Resolves nothing but ``null``, ``~`` and nothing at all; ``NULL`` is a text that some systems write."""


_PlainLoader.yaml_implicit_resolvers = {first: [(_NULL, re.compile("^(?:~|null|)$"))] for first in ("~", "n", "")}


def read_yaml(document: Document, name: str | None = None) -> LocatedYaml:
    """Read one YAML file; a file that is not YAML at all gives a problem and no content.

    name   what messages call the file; None: its path
    """
    result = LocatedYaml(str(document.path) if name is None else name)
    if len(document.content) > _LARGEST:
        result.problems.append(f"holds {len(document.content):,} bytes; a settings file may hold {_LARGEST:,}")
        return result
    try:
        root = yaml.compose(document.content.decode("utf-8-sig"), Loader=_PlainLoader)
        result.content = None if root is None else _Nodes(result).content(root, ())
    except UnicodeDecodeError as error:
        result.problems.append(f"is not UTF-8 (byte {error.start + 1})")
    except RecursionError:
        result.problems.append(_TOO_DEEP)
    except _TooMuch as error:
        result.problems.append(str(error))
    # Dates, numbers and characters that there are not are no errors of YAML's own.
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        result.problems.append("is not YAML: " + " ".join(str(error).split()))
    return result


_TOO_DEEP = f"is nested too deeply: write it with at most {_DEEPEST} levels"


class _TooMuch(Exception):
    """The file stands for more values than it may."""


class _Nodes:
    """Turns YAML's nodes into values; what is wrong with them goes to the problems of ``result``."""

    def __init__(self, result: LocatedYaml) -> None:
        self._result = result
        self._open: list[yaml.Node] = []
        self._seen: set[int] = set()
        self._repeated = 0

    def content(self, node: yaml.Node, path: YamlPath) -> Any:
        if len(self._open) > _DEEPEST:
            raise _TooMuch(f"line {node.start_mark.line + 1}: {_TOO_DEEP}")
        self._repeated += id(node) in self._seen
        self._seen.add(id(node))
        if self._repeated > _MOST_REPEATED:
            raise _TooMuch(f"line {node.start_mark.line + 1}: the aliases (*name) stand for more than {_MOST_REPEATED:,} values")
        self._result.lines.setdefault(path, node.start_mark.line + 1)
        if node.tag not in _KNOWN_TAGS:
            return self._wrong(node, f"the tag {node.tag} is not supported: write the value without it")
        if node in self._open:
            return self._wrong(node, f"{dotted(path)} refers to something that it is a part of")
        if isinstance(node, yaml.ScalarNode):
            return None if node.tag == _NULL else str(node.value) if node.style else Plain(node.value)
        self._open.append(node)
        if isinstance(node, yaml.MappingNode):
            content: Any = self._mapping(node, path)
        else:
            content = [self.content(child, (*path, f"[{place}]")) for place, child in enumerate(node.value, start=1)]
        self._open.pop()
        return content

    def _mapping(self, node: yaml.MappingNode, path: YamlPath) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        # "<<: *name" takes over keys, of which those that the mapping has itself go first.
        for merged in [value for key, value in node.value if _is_merge(key)]:
            for other in reversed(merged.value) if isinstance(merged, yaml.SequenceNode) else [merged]:
                if isinstance(other, yaml.MappingNode):
                    mapping |= self.content(other, path) or {}
                else:
                    self._wrong(other, "<< takes over the keys of another mapping: write <<: *name")
        own: set[str] = set()
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                self._wrong(key_node, "a key must be a plain word")
            elif not _is_merge(key_node):
                key = str(key_node.value)
                if key in own:
                    self._wrong(key_node, f"{dotted((*path, key))} is given twice")
                own.add(key)
                self._result.lines[*path, key] = key_node.start_mark.line + 1
                mapping[key] = self.content(value_node, (*path, key))
        return mapping

    def _wrong(self, node: yaml.Node, problem: str) -> None:
        self._result.problems.append(f"line {node.start_mark.line + 1}: {problem}")


def _is_merge(key: yaml.Node) -> bool:
    return isinstance(key, yaml.ScalarNode) and key.value == "<<" and not key.style


# Validating


class SettingsModel(BaseModel):
    """Base of every part of a settings file: a key is a field; nothing but its fields is accepted, nothing changes later."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    def __eq__(self, other: object) -> bool:
        """Equal where all fields are, whatever file they were read from."""
        return type(self) is type(other) and vars(self) == vars(other)


# A default that another field decides, which is wrong itself.
_FOLLOWS = "default_factory_not_called"
Model = TypeVar("Model", bound=SettingsModel)


def validated(model: type[Model], located: LocatedYaml, context: object = None) -> Model:
    """The values of a document; an empty one is a model of defaults.

    context   handed to the model's validators (``ValidationInfo.context``)

    Raises UsageError that names every mistake by file, line and path.
    """
    value, problems = attempted(model, located.content, context)
    located.refuse(problems)
    assert value is not None
    return value


def attempted(model: type[Model], content: Any, context: object = None) -> tuple[Model | None, list[Problem]]:
    """The values of a document's content, or every mistake in it."""
    try:
        return model.model_validate({} if content is None else content, context=context), []
    except ValidationError as error:
        return None, [_problem(each, model, content) for each in error.errors(include_url=False) if each["type"] != _FOLLOWS]


def json_schema(model: type[SettingsModel]) -> dict[str, Any]:
    """The JSON Schema of a file, with which editors complete keys and mark mistakes."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | model.model_json_schema()


def wrong(problem: str, *at: int | str) -> PydanticCustomError:
    """What a validator raises: the problem, in words that follow the path; ``at`` leads on from the value to its place."""
    return PydanticCustomError("settings", "{problem}", {"problem": problem, "at": at})


def expected(what: str, value: object) -> PydanticCustomError:
    """``expected a number, found 'abc'``."""
    return wrong(f"expected {what}, found {_shown(value)}")


def _shown(value: object) -> str:
    text = str(value) if isinstance(value, str) else repr(value)
    text = text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
    if isinstance(value, Plain):
        return f"'{text}'"
    kinds = {
        str: f"text ('{text}')",
        bool: f"true/false ({text})",
        int: f"a number ({text})",
        float: f"a number ({text})",
    }
    kinds |= {type(None): "nothing", dict: "keys with values", list: "a list"}
    return kinds.get(type(value), type(value).__name__)


def _problem(error: ErrorDetails, model: type[SettingsModel], content: Any) -> Problem:
    """Where in a document pydantic found something wrong, and what would be right."""
    path: list[str] = []
    *parents, last = location = ("", *error["loc"], *error.get("ctx", {}).get("at", ()))
    for part in location:
        if isinstance(content, dict) and part in content:
            path.append(str(part))
            content = content[part]
        elif isinstance(content, list) and isinstance(part, int) and part < len(content):
            path.append(f"[{part + 1}]")
            content = content[part]
    said, kind = error["msg"], error["type"]
    if kind == "missing":
        said = f"'{last}' is missing"
    elif kind == "extra_forbidden":
        known = _known_keys(model, parents)
        said = f"unknown key{did_you_mean(str(last), known)} (known: {listed(known, 30)})"
    elif kind == "too_short":
        said = "must have at least one entry"
    elif last == "[key]":
        said = f"the key {error['input']!r} must be text"
    elif kind.endswith("_type"):
        what = "a list" if kind in ("list_type", "tuple_type") else "keys with values"
        said = f"expected {what}, found {_shown(error['input'])}"
    return tuple(path), said


def _known_keys(model: type[SettingsModel], location: Iterable[int | str]) -> list[str]:
    """The keys of the part of a file that a location leads to."""
    for part in location:
        for name, each in model.model_fields.items():
            if part == (each.alias or name):
                model = next(_models(each.annotation), model)
                break
    return [each.alias or name for name, each in model.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[SettingsModel]]:
    if isinstance(annotation, type) and issubclass(annotation, SettingsModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)
