"""Types of the fields of settings files: what is read from the text as written, and what an editor may find there.

Every type says in its message what would be right. Keys and defaults belong to the models that use these types. ::

    class Shop(SettingsModel):
        opened_on: Day
        discount: Share = Field(0.0, description="Off every price.")
        size: Annotated[str, one_of(("small", "large"))] = Field("small", description="Of the shop.")
        landlord: Omissible[Text] = Field(None, description="Left out where it owns the house.")

https://docs.pydantic.dev/latest/concepts/types/#custom-types
"""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Iterable
from types import NoneType
from typing import Annotated, Any, TypeVar, get_args

from pydantic import BeforeValidator, GetCoreSchemaHandler, PlainValidator, WithJsonSchema
from pydantic_core import CoreSchema, PydanticUseDefault

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.settings.documents import Plain, expected, wrong
from pipeline.settings.suggestions import did_you_mean, listed

# Editors know no "text as written": they take an unquoted word for what it looks like.
SCALAR = {"type": ["string", "number", "boolean"]}
# 0.95, .5, -3 and 1e-3; not 0x10, 1_000, 6:30 or .inf. Leading zeros mean nothing.
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_WHOLE = re.compile(r"[+-]?[0-9]{1,15}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FLAGS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


def reads(read: Callable[[Any], Any], schema: dict[str, Any]) -> PlainValidator:
    """Marks a type with the function that reads it from a document, and with its JSON Schema."""
    return PlainValidator(read, json_schema_input_type=Annotated[Any, WithJsonSchema(schema)])


def text(
    what: str = "text",
    holds: Callable[[str], object] = str.strip,
    read: Callable[[str], Any] = str,
    schema: dict[str, Any] = SCALAR,
    kind: type[Any] | None = None,
) -> PlainValidator:
    """A text for which ``holds`` is true and that ``read`` can read; ``what`` says which these are."""

    def validate(value: object) -> Any:
        if kind is not None and type(value) is kind:
            return value
        if not isinstance(value, str) or not holds(value):
            raise expected(what, value)
        try:
            return read(str(value))
        except (ValueError, LookupError, UsageError):
            raise expected(what, value) from None

    return reads(validate, schema)


def one_of(names: Iterable[str]) -> PlainValidator:
    """One of several words."""
    known = tuple(names)

    def read(value: object) -> str:
        if not isinstance(value, str) or not value.strip():
            raise expected("text", value)
        if value.strip() not in known:
            raise wrong(f"'{value}' is not one of {listed(known)}{did_you_mean(value, known)}")
        return value.strip()

    return reads(read, {"enum": list(known)})


def decimal(value: object, what: str = "a number", notation: re.Pattern[str] = _DECIMAL) -> float:
    """A finite number, written without quotes in decimal notation."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number or (isinstance(value, Plain) and notation.fullmatch(value)):
        found = float(value)  # type: ignore[arg-type]
        if math.isfinite(found):
            return found
    is_quoted = isinstance(value, str) and not isinstance(value, Plain) and notation.fullmatch(value)
    raise expected(f"{what} without quotes" if is_quoted else what, value)


def number(rule: str, holds: Callable[[float], bool], **schema: float) -> PlainValidator:
    """A number for which ``holds`` is true; ``rule`` says which these are."""

    def read(value: object) -> float:
        found = decimal(value)
        if not holds(found):
            raise wrong(f"expected {rule}, found {found:g}")
        return found

    return reads(read, {"type": "number", **schema})


def whole_number(least: int) -> PlainValidator:
    """A whole number of at least ``least``, written in digits."""
    rule = f"a whole number of at least {least}"

    def read(value: object) -> int:
        found = decimal(value, rule, _WHOLE)
        if found != int(found) or found < least:
            raise wrong(f"expected {rule}, found {found:g}")
        return int(found)

    return reads(read, {"type": "integer", "minimum": least})


def _flag(value: object) -> bool:
    if isinstance(value, bool):
        return value
    if not isinstance(value, Plain) or value not in _FLAGS:
        raise expected("true or false", value)
    return _FLAGS[value]


def _cell(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise expected("text or null", value)
    return value and str(value)


Number = Annotated[float, reads(decimal, {"type": "number"})]
Share = Annotated[float, number("a share between 0 and 1", lambda share: 0 <= share <= 1, minimum=0, maximum=1)]
Positive = Annotated[float, number("a number above 0", lambda found: found > 0, exclusiveMinimum=0)]
AtLeastOne = Annotated[float, number("a number of at least 1", lambda found: found >= 1, minimum=1)]
Flag = Annotated[bool, reads(_flag, {"type": "boolean"})]
_DATE, _LABEL = {"type": "string", "format": "date"}, {"type": "string", "pattern": "^[0-9]{4}-Q[1-4]$"}
Day = Annotated[dt.date, text("a date like 2025-03-31", _DAY.fullmatch, dt.date.fromisoformat, _DATE, dt.date)]
QuarterLabel = Annotated[Quarter, text("a quarter like 2025-Q1", read=Quarter.parse, schema=_LABEL, kind=Quarter)]
Text = Annotated[str, text(read=str.strip)]
"""Words: not empty, without white space around them."""
Written = Annotated[str, text()]
"""Not empty, white space around it included."""
AnyText = Annotated[str, text(holds=lambda _: True)]
"""Also an empty one."""
Cell = Annotated[str | None, reads(_cell, {"type": ["string", "number", "boolean", "null"]})]
"""A value of a table: text as written, or null."""


class _Omissible:
    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        (inner,) = (each for each in get_args(source) if each is not NoneType)
        return handler.generate_schema(inner)


def _default_for_null(value: object) -> object:
    if value is None:
        raise PydanticUseDefault
    return value


def _listed(value: object) -> object:
    if not isinstance(value, str | list | tuple) or value == []:
        raise expected("text or a list of texts that is not empty", value)
    return [value] if isinstance(value, str) else value


_ONE_OR_MORE = {"anyOf": [SCALAR, {"type": "array", "items": SCALAR, "minItems": 1}]}
Value = TypeVar("Value")
Omissible = Annotated[Value | None, _Omissible()]
"""May be left out, and then is None; null is not a value of it."""
NullIsDefault = Annotated[Value, BeforeValidator(_default_for_null)]
"""Null means that it is left out."""
OneOrMore = Annotated[
    tuple[Value, ...], BeforeValidator(_listed, json_schema_input_type=Annotated[Any, WithJsonSchema(_ONE_OR_MORE)])
]
"""A text stands for a list of one."""
