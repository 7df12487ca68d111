"""Numbers of the standard, or of a reading of it, other than indicator targets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

from schemas.sheet import SEEDS, Fault, Sheet, StandardDataError
from schemas.standard.validity import DECISION, FIELD_NAME


@dataclass(frozen=True)
class Parameter:
    """One row of parameters.csv: a number of the standard or of a reading of it, other than an indicator's targets."""

    parameter: str
    value: float
    unit: str
    clause: str
    meaning: str
    meaning_zh: str
    decision: str


def parameter(name: str, seeds: Path = SEEDS) -> float:
    """The value of a parameter in its own unit; raises StandardDataError for a name that is not in the file."""
    try:
        return parameters(seeds)[name].value
    except KeyError:
        fault = Fault(None, "parameter", f"there is no parameter '{name}'")
        raise StandardDataError("parameters.csv", [fault]) from None


@lru_cache(maxsize=8)
def parameters(seeds: Path = SEEDS) -> Mapping[str, Parameter]:
    """The parameters by name; raises StandardDataError."""
    sheet = Sheet(seeds / "parameters.csv", list(Parameter.__dataclass_fields__))
    found: dict[str, Parameter] = {}
    for row in sheet:
        entry = Parameter(
            parameter=row.match("parameter", FIELD_NAME, "lower case letters, digits and _"),
            value=row.number("value"),
            unit=row.text("unit"),
            clause=row.text("clause"),
            meaning=row.text("meaning"),
            meaning_zh=row.text("meaning_zh"),
            decision=row.optional_text("decision") or "",
        )
        if entry.value < 0:
            row.fault("value", "must not be negative")
        if entry.decision and not DECISION.fullmatch(entry.decision):
            row.fault("decision", f"'{entry.decision}' is not an entry of the decision log like C-07")
        if entry.parameter in found:
            row.fault("parameter", f"'{entry.parameter}' is there twice")
        found[entry.parameter] = entry
    weights = [entry.value for name, entry in found.items() if name.startswith("csi_weight_")]
    if weights and not math.isclose(sum(weights), 1, abs_tol=1e-9):
        sheet.faults.append(Fault(None, "value", "the csi_weight_… parameters must sum to 1"))
    sheet.finish()
    return MappingProxyType(found)
