"""The evaluation plan: what a client and an evaluator agree on before the numbers are looked at (``evaluation.yaml``).

Reading and checking the plan belongs here; every choice is applied where its stage is. The plan is optional: without a
file each key has its default. docs/evaluation-plan.md explains every key.
"""

from __future__ import annotations

import datetime as dt
import difflib
import math
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import polars as pl
import yaml

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.settings.documents import Document
from pipeline.settings.survey_files import Invitations, Margins, read_invitations, read_margins
from schemas.expectations.acceptance import Bounds
from schemas.expectations.acceptance import checks as acceptance_checks
from schemas.expectations.outliers import METHODS, Z
from schemas.expectations.privacy import KINDS as PERSONAL_DATA_KINDS

MODES = ("self_assessment", "third_party")
SCORE_METHODS = ("efficacy", "threshold", "proportional")
PRIORITY_METHODS = ("eigenvector", "geometric_mean", "column_normalised")
RANDOM_INDICES = ("saaty_1980", "saaty_2007", "donegan_dodd_1991")
COMPOUND_METHODS = ("mean", "minimum")
PSEUDONYM_ALGORITHMS = ("hmac-sha256", "hmac-sm3")
# What the veto overlay asks of an enterprise's conduct: four grounds of a special deduction, and falsified data.
FALSIFIED_DATA = "falsified_data"
CONDUCT_KINDS = ("legal", "own_rule", "industry_rule", "system_effect", FALSIFIED_DATA)
# The scoring class whose requirement admits no miss, so that there is nothing acceptable beside it.
ZERO_TOLERANCE_CLASS = "f"


@dataclass(frozen=True)
class Target:
    """What the plan asks of an indicator: the requirement scores 100, the acceptable limit 60 (natural units)."""

    indicator_id: str
    acceptable: float
    requirement: float | None = None
    objective: float | None = None
    enterprise_id: str | None = None


@dataclass(frozen=True)
class NotApplicable:
    """An indicator that does not concern an enterprise, with the reason and who approved it when."""

    enterprise_id: str
    indicator_id: str
    reason: str
    approved_by: str
    approved_on: dt.date


@dataclass(frozen=True)
class ConductFinding:
    """A finding about an enterprise's conduct in a quarter, with the reason and who approved it: what a veto looks at."""

    enterprise_id: str
    period: Quarter
    kind: str
    reason: str
    approved_by: str


@dataclass(frozen=True)
class PrivacyException:
    """A column in which what looks like personal data of a kind is none, with the reason and who approved it (D-73)."""

    column: str
    kind: str
    reason: str
    approved_by: str


@dataclass(frozen=True)
class Overlays:
    """Presentations beside the score, in the manner of GB/T 27922 and no part of T/GXDSL 244: off by default."""

    grade: bool = False
    veto: bool = False


@dataclass(frozen=True)
class RefusedLimits:
    """The largest share of refused rows a table may have before its run stops."""

    default: float = 0.05
    tables: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, table: str) -> float:
        return self.tables.get(table, self.default)


@dataclass(frozen=True)
class AcceptanceLimit:
    """Other limits for a check of a delivery (``schemas/expectations/acceptance.py``); None: as they are. ``table`` None:
    of every table."""

    check: str
    table: str | None = None
    expected: Bounds | None = None
    required: Bounds | None = None


@dataclass(frozen=True)
class Waiver:
    """A check of a quarter's delivery that need not be kept, with the reason and who signs for it."""

    quarter: Quarter
    table: str
    check: str
    reason: str
    author: str
    enterprise_id: str | None = None


@dataclass(frozen=True)
class Acceptance:
    """What the plan changes about the acceptance of deliveries."""

    limits: tuple[AcceptanceLimit, ...] = ()
    waivers: tuple[Waiver, ...] = ()


@dataclass(frozen=True)
class PrivacyLimits:
    """What record-level tables keep before they are published: rows a class (k) and different sensitive values a class (l)."""

    k: int = 5
    diversity: int = 2


@dataclass(frozen=True)
class SurveyChoices:
    """What is known of the surveys beside their answers, read from the files that the plan names.

    margins          population counts, from which responses get weights; none: all weigh the same
    invitations      by enterprise and survey round
    minimum_cell     fewest responses of a cell that is weighted by itself
    largest_weight   of a response, as a multiple of the mean weight
    files            the files read, by key of the plan
    """

    margins: Margins = field(default_factory=Margins)
    invitations: Mapping[tuple[str, str], Invitations] = field(default_factory=lambda: MappingProxyType({}))
    minimum_cell: float | None = None
    largest_weight: float | None = None
    files: Mapping[str, Document] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True)
class EvaluationPlan:
    """One evaluation's choices; None where the project's parameters (seeds/parameters.csv) decide."""

    mode: str = "self_assessment"
    score_method: str = "efficacy"
    compound_method: str = "mean"
    not_rateable_above: float | None = None
    targets: tuple[Target, ...] = ()
    not_applicable: tuple[NotApplicable, ...] = ()
    conduct: tuple[ConductFinding, ...] = ()
    expert_weights: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    random_index: str = "saaty_1980"
    ahp_method: str = "eigenvector"
    consistency_limit: float | None = None
    overlays: Overlays = Overlays()
    survey: SurveyChoices = SurveyChoices()
    refused_limits: RefusedLimits = RefusedLimits()
    pseudonym_algorithm: str = "hmac-sha256"
    acceptance: Acceptance = Acceptance()
    privacy: PrivacyLimits = PrivacyLimits()
    outlier_methods: tuple[str, ...] = (Z,)
    privacy_exceptions: tuple[PrivacyException, ...] = ()
    file: Document | None = field(default=None, compare=False)

    @classmethod
    def read(cls, given: str | Path | Document | None) -> EvaluationPlan:
        """Read a plan from a YAML file, with the files it names beside it; no path means the defaults.

        Raises UsageError naming file, key and rule for an absent file, YAML that cannot be read, an unknown or repeated
        key and every value outside its rule; for the files that it names also row and column.
        """
        if given is None:
            return cls()
        document = given if isinstance(given, Document) else Document.read(Path(given))
        file = document.path
        try:
            text = document.content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise UsageError(f"{file}: the evaluation plan cannot be read as UTF-8 text ({error})") from error
        try:
            content = yaml.load(text, Loader=_UniqueKeyLoader)
        except yaml.YAMLError as error:
            raise UsageError(f"{file}: this is not valid YAML: {error}") from error
        plan = cls.from_mapping({} if content is None else content, source=str(file), folder=file.absolute().parent)
        return replace(plan, file=document)

    @classmethod
    def from_mapping(
        cls, content: object, *, source: str = "evaluation plan", folder: Path | None = None
    ) -> EvaluationPlan:
        """Build a plan from parsed YAML; raises UsageError, see read. All keys are optional.

        folder   where the files lie that the plan names; None: it must not name any
        """
        reader = _Reader(source, folder)
        plan = reader.mapping(content, "", _PLAN_KEYS)
        for key, read in _PLAN_KEYS.items():
            if key in plan:
                plan[key] = read(reader, plan[key], key)
        checked = cls(**plan)
        reader.distinct([(t.indicator_id, t.enterprise_id) for t in checked.targets], "targets")
        reader.distinct([(n.indicator_id, n.enterprise_id) for n in checked.not_applicable], "not_applicable")
        findings = [(f"{c.period} {c.kind} ({c.reason})", c.enterprise_id) for c in checked.conduct]
        reader.distinct(findings, "conduct")
        return checked

    def check_catalogue(self, indicators: pl.DataFrame, *, source: str = "evaluation plan") -> None:
        """Raise UsageError for an unknown indicator, a requirement of the standard that is moved, a misplaced limit.

        indicators   the catalogue: indicator_id, named_indicator_id, target_source, direction, scoring_class,
                     requirement
        """
        catalogue = {row["indicator_id"]: row for row in indicators.iter_rows(named=True)}
        named = {row["named_indicator_id"] for row in catalogue.values()}
        for number, target in enumerate(self.targets, start=1):
            where = f"{source}: targets[{number}] {target.indicator_id}"
            if target.indicator_id not in catalogue:
                raise UsageError(f"{where}: no such indicator{_suggest(target.indicator_id, catalogue)}")
            row = catalogue[target.indicator_id]
            if row["scoring_class"] == ZERO_TOLERANCE_CLASS:
                raise UsageError(
                    f"{where}: acceptable: zero tolerance (class {ZERO_TOLERANCE_CLASS}) has no acceptable limit, "
                    "whatever is beyond the requirement scores 0"
                )
            if row["target_source"] == "standard" and target.requirement is not None:
                raise UsageError(
                    f"{where}: the standard sets this requirement ({row['requirement']:g}); "
                    "a plan may set its acceptable limit only"
                )
            if row["target_source"] != "standard" and target.requirement is None:
                raise UsageError(
                    f"{where}: the standard sets no requirement, so the plan must give requirement and acceptable"
                )
            requirement = row["requirement"] if target.requirement is None else target.requirement
            check_anchors(requirement, target.acceptable, row["direction"], where)
        for number, entry in enumerate(self.not_applicable, start=1):
            if entry.indicator_id not in catalogue and entry.indicator_id not in named:
                raise UsageError(
                    f"{source}: not_applicable[{number}] {entry.indicator_id}: no such indicator"
                    f"{_suggest(entry.indicator_id, catalogue)}"
                )

    def enterprises_named(self) -> dict[str, list[str]]:
        """The enterprises that entries of the plan are about, each with the keys that name it, in the plan's order."""
        named: dict[str, list[str]] = {}
        entries = {key: getattr(self, key) for key in ("targets", "not_applicable", "conduct")}
        for key, of in (entries | {"acceptance.waivers": self.acceptance.waivers}).items():
            for entry in of:
                if entry.enterprise_id is not None and key not in named.setdefault(entry.enterprise_id, []):
                    named[entry.enterprise_id].append(key)
        invited = sorted({enterprise for enterprise, _ in self.survey.invitations})
        for key, enterprises in (("margins", self.survey.margins.enterprises), ("invitations", invited)):
            for enterprise in enterprises:
                named.setdefault(enterprise, []).append(f"survey.{key}")
        return named

    def check_tables(self, tables: Iterable[str], *, source: str = "evaluation plan") -> None:
        """Raise UsageError where refused_limits or acceptance name a table the contract, or a check the table, does not have."""
        known = list(tables)
        for number, limit in enumerate(self.acceptance.limits, start=1):
            self._check_acceptance(f"{source}: acceptance.limits[{number}]", limit.table, limit.check, known)
        for number, waiver in enumerate(self.acceptance.waivers, start=1):
            self._check_acceptance(f"{source}: acceptance.waivers[{number}]", waiver.table, waiver.check, known)
        for name in self.refused_limits.tables:
            if name not in known:
                raise UsageError(f"{source}: refused_limits.tables: unknown table '{name}'{_suggest(name, known)}")

    @staticmethod
    def _check_acceptance(where: str, table: str | None, check: str, known: list[str]) -> None:
        if table is not None and table not in known:
            raise UsageError(f"{where}: unknown table '{table}'{_suggest(table, known)}")
        names = {each.name for name, of in acceptance_checks().items() if table in (None, name) for each in of}
        if check not in names:
            raise UsageError(f"{where}: {table or 'no table'} has no check '{check}'{_suggest(check, sorted(names))}")


def check_anchors(requirement: float, acceptable: float, direction: str, where: str) -> None:
    """Raise UsageError unless the acceptable limit lies on the worse side of the requirement."""
    wrong_side = {
        "higher": acceptable >= requirement,
        "lower": acceptable <= requirement,
        "exact": acceptable == requirement,
    }
    if wrong_side[direction]:
        raise UsageError(
            f"{where}: the acceptable limit {acceptable:g} must be worse than the requirement {requirement:g} "
            f"(direction {direction})"
        )


class _UniqueKeyLoader(yaml.SafeLoader):
    """YAML keeps the last of two equal keys without a word; a plan that says two things must not be read."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key}' stands twice", key_node.start_mark
                )
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


class _Reader:
    """Turns parsed YAML into checked values; every message names source and key."""

    def __init__(self, source: str, folder: Path | None = None) -> None:
        self.source = source
        self.folder = folder

    def refuse(self, key: str, rule: str) -> UsageError:
        return UsageError(f"{self.source}: {key + ': ' if key else ''}{rule}")

    def mapping(self, value: object, key: str, known: Iterable[str] | None = None) -> dict[str, Any]:
        if not isinstance(value, Mapping):
            raise self.refuse(key, f"expected keys with values, found {_kind(value)}")
        for name in value:
            if not isinstance(name, str):
                raise self.refuse(key, f"the key {name!r} must be text (put it in quotes)")
            if known is not None and name not in known:
                raise self.refuse(key, f"unknown key '{name}'{_suggest(name, known)}")
        return dict(value)

    def records(self, value: object, key: str) -> list[tuple[str, object]]:
        if not isinstance(value, list):
            raise self.refuse(key, f"expected a list, found {_kind(value)}")
        return [(f"{key}[{number}]", item) for number, item in enumerate(value, start=1)]

    def record(
        self, value: object, key: str, required: tuple[str, ...], optional: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        entry = self.mapping(value, key, (*required, *optional))
        for name in required:
            if entry.get(name) is None:
                raise self.refuse(key, f"'{name}' is missing")
        return entry

    def text(self, value: object, key: str) -> str:
        if not isinstance(value, str) or not value.strip():
            raise self.refuse(key, f"expected text, found {_kind(value)}")
        return value.strip()

    def number(self, value: object, key: str) -> float:
        # bool is a number to Python, and YAML reads a bare "yes" as one.
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.refuse(key, f"expected a number, found {_kind(value)}")
        return float(value)

    def share(self, value: object, key: str) -> float:
        number = self.number(value, key)
        if not 0 <= number <= 1:
            raise self.refuse(key, f"expected a share between 0 and 1, found {number:g}")
        return number

    def positive(self, value: object, key: str) -> float:
        number = self.number(value, key)
        if number <= 0:
            raise self.refuse(key, f"expected a number above 0, found {number:g}")
        return number

    def whole(self, value: object, key: str, at_least: int) -> int:
        number = self.number(value, key)
        if number != int(number) or number < at_least:
            raise self.refuse(key, f"expected a whole number of at least {at_least}, found {number:g}")
        return int(number)

    def file(self, value: object, key: str) -> Path:
        """A file beside the plan, or anywhere by a path of its own."""
        name = self.text(value, key)
        if self.folder is None:
            raise self.refuse(key, "a plan that is no file has no folder in which the file could lie")
        path = self.folder / name
        if not path.is_file():
            raise self.refuse(key, f"no such file: {path}")
        return path

    def flag(self, value: object, key: str) -> bool:
        if not isinstance(value, bool):
            raise self.refuse(key, f"expected true or false, found {_kind(value)}")
        return value

    def date(self, value: object, key: str) -> dt.date:
        if isinstance(value, str):
            try:
                return dt.date.fromisoformat(value)
            except ValueError:
                pass
        elif isinstance(value, dt.date) and not isinstance(value, dt.datetime):
            return value
        raise self.refuse(key, f"expected a date like 2025-03-31, found {_kind(value)}")

    def quarter(self, value: object, key: str) -> Quarter:
        try:
            return Quarter.parse(self.text(value, key))
        except UsageError as error:
            raise self.refuse(key, f"expected a quarter like 2025-Q1, found {_kind(value)}") from error

    def distinct(self, keys: Sequence[tuple[str, str | None]], key: str) -> None:
        for indicator, enterprise in {entry for entry in keys if keys.count(entry) > 1}:
            raise self.refuse(key, f"{indicator} stands twice for {enterprise or 'all enterprises'}")


def _choice(allowed: Iterable[str]) -> Callable[[_Reader, object, str], str]:
    options = tuple(allowed)

    def read(reader: _Reader, value: object, key: str) -> str:
        text = reader.text(value, key)
        if text not in options:
            raise reader.refuse(key, f"'{text}' is not one of {', '.join(options)}")
        return text

    return read


def _targets(reader: _Reader, value: object, key: str) -> tuple[Target, ...]:
    targets = []
    for where, item in reader.records(value, key):
        entry = reader.record(
            item, where, ("indicator_id", "acceptable"), ("requirement", "objective", "enterprise_id")
        )
        given = {name: content for name, content in entry.items() if content is not None}
        read = {"indicator_id": reader.text, "enterprise_id": reader.text}
        targets.append(Target(**{n: read.get(n, reader.number)(v, f"{where}.{n}") for n, v in given.items()}))  # type: ignore[arg-type]
    return tuple(targets)


def _not_applicable(reader: _Reader, value: object, key: str) -> tuple[NotApplicable, ...]:
    entries = []
    for where, item in reader.records(value, key):
        entry = reader.record(item, where, ("enterprise_id", "indicator_id", "reason", "approved_by", "approved_on"))
        entries.append(
            NotApplicable(
                enterprise_id=reader.text(entry["enterprise_id"], f"{where}.enterprise_id"),
                indicator_id=reader.text(entry["indicator_id"], f"{where}.indicator_id"),
                reason=reader.text(entry["reason"], f"{where}.reason"),
                approved_by=reader.text(entry["approved_by"], f"{where}.approved_by"),
                approved_on=reader.date(entry["approved_on"], f"{where}.approved_on"),
            )
        )
    return tuple(entries)


def _conduct(reader: _Reader, value: object, key: str) -> tuple[ConductFinding, ...]:
    findings = []
    for where, item in reader.records(value, key):
        entry = reader.record(item, where, ("enterprise_id", "period", "kind", "reason", "approved_by"))
        findings.append(
            ConductFinding(
                enterprise_id=reader.text(entry["enterprise_id"], f"{where}.enterprise_id"),
                period=reader.quarter(entry["period"], f"{where}.period"),
                kind=_choice(CONDUCT_KINDS)(reader, entry["kind"], f"{where}.kind"),
                reason=reader.text(entry["reason"], f"{where}.reason"),
                approved_by=reader.text(entry["approved_by"], f"{where}.approved_by"),
            )
        )
    return tuple(findings)


def _privacy_exceptions(reader: _Reader, value: object, key: str) -> tuple[PrivacyException, ...]:
    exceptions = []
    for where, item in reader.records(value, key):
        entry = reader.record(item, where, ("column", "kind", "reason", "approved_by"))
        exceptions.append(
            PrivacyException(
                column=reader.text(entry["column"], f"{where}.column"),
                kind=_choice(PERSONAL_DATA_KINDS)(reader, entry["kind"], f"{where}.kind"),
                reason=reader.text(entry["reason"], f"{where}.reason"),
                approved_by=reader.text(entry["approved_by"], f"{where}.approved_by"),
            )
        )
    return tuple(exceptions)


def _expert_weights(reader: _Reader, value: object, key: str) -> Mapping[str, float]:
    weights = {
        expert: reader.positive(weight, f"{key}.{expert}") for expert, weight in reader.mapping(value, key).items()
    }
    return MappingProxyType(weights)


def _overlays(reader: _Reader, value: object, key: str) -> Overlays:
    entry = reader.mapping(value, key, ("grade", "veto"))
    return Overlays(**{name: reader.flag(content, f"{key}.{name}") for name, content in entry.items()})


def _refused_limits(reader: _Reader, value: object, key: str) -> RefusedLimits:
    entry = reader.mapping(value, key, ("default", "tables"))
    tables = reader.mapping(entry.get("tables", {}), f"{key}.tables")
    return RefusedLimits(
        default=reader.share(entry.get("default", RefusedLimits().default), f"{key}.default"),
        tables=MappingProxyType({name: reader.share(limit, f"{key}.tables.{name}") for name, limit in tables.items()}),
    )


def _acceptance(reader: _Reader, value: object, key: str) -> Acceptance:
    entry = reader.mapping(value, key, ("limits", "waivers"))
    limits = []
    for where, item in reader.records(entry.get("limits", []), f"{key}.limits"):
        given = reader.record(item, where, ("check",), ("table", "expected", "required"))
        limits.append(
            AcceptanceLimit(
                check=reader.text(given["check"], f"{where}.check"),
                table=reader.text(given["table"], f"{where}.table") if given.get("table") is not None else None,
                expected=_bounds(reader, given.get("expected"), f"{where}.expected"),
                required=_bounds(reader, given.get("required"), f"{where}.required"),
            )
        )
    waivers = []
    for where, item in reader.records(entry.get("waivers", []), f"{key}.waivers"):
        given = reader.record(item, where, ("quarter", "table", "check", "reason", "author"), ("enterprise_id",))
        enterprise = given.get("enterprise_id")
        waivers.append(
            Waiver(
                quarter=reader.quarter(given["quarter"], f"{where}.quarter"),
                **{
                    name: reader.text(given[name], f"{where}.{name}") for name in ("table", "check", "reason", "author")
                },
                enterprise_id=reader.text(enterprise, f"{where}.enterprise_id") if enterprise is not None else None,
            )
        )
    return Acceptance(tuple(limits), tuple(waivers))


def _bounds(reader: _Reader, value: object, key: str) -> Bounds | None:
    """Two numbers, the lower and the upper; null: no bound."""
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2 or value == [None, None]:
        raise reader.refuse(key, f"expected a lower and an upper bound like [0.5, null], found {_kind(value)}")
    lower, upper = (None if end is None else reader.number(end, key) for end in value)
    if lower is not None and upper is not None and lower > upper:
        raise reader.refuse(key, f"the lower bound {lower:g} lies above the upper {upper:g}")
    return Bounds(lower, upper)


def _privacy(reader: _Reader, value: object, key: str) -> PrivacyLimits:
    entry = reader.mapping(value, key, ("k", "l"))
    default = PrivacyLimits()
    # k = 1 would be no protection at all; l = 1 asks nothing of the sensitive columns.
    return PrivacyLimits(
        k=reader.whole(entry.get("k", default.k), f"{key}.k", 2),
        diversity=reader.whole(entry.get("l", default.diversity), f"{key}.l", 1),
    )


def _survey(reader: _Reader, value: object, key: str) -> SurveyChoices:
    entry = reader.mapping(value, key, ("margins", "invitations", "minimum_cell", "largest_weight"))
    files = {
        name: Document.read(reader.file(entry[name], f"{key}.{name}"))
        for name in ("margins", "invitations")
        if entry.get(name) is not None
    }
    limits: dict[str, float] = {}
    for name in ("minimum_cell", "largest_weight"):
        if entry.get(name) is not None:
            limits[name] = reader.number(entry[name], f"{key}.{name}")
            if limits[name] < 1:
                raise reader.refuse(f"{key}.{name}", f"expected a number of at least 1, found {limits[name]:g}")
    return SurveyChoices(
        margins=read_margins(files["margins"]) if "margins" in files else Margins(),
        invitations=read_invitations(files["invitations"]) if "invitations" in files else MappingProxyType({}),
        files=MappingProxyType(files),
        **limits,
    )


def _outlier_methods(reader: _Reader, value: object, key: str) -> tuple[str, ...]:
    chosen = [_choice(METHODS)(reader, item, where) for where, item in reader.records(value, key)]
    if Z not in chosen:
        raise reader.refuse(key, f"'{Z}' must be among the methods: the standard asks for it")
    return tuple(method for method in METHODS if method in chosen)


_PLAN_KEYS: Mapping[str, Callable[[_Reader, Any, str], Any]] = {
    "mode": _choice(MODES),
    "score_method": _choice(SCORE_METHODS),
    "compound_method": _choice(COMPOUND_METHODS),
    "not_rateable_above": _Reader.share,
    "targets": _targets,
    "not_applicable": _not_applicable,
    "conduct": _conduct,
    "expert_weights": _expert_weights,
    "random_index": _choice(RANDOM_INDICES),
    "ahp_method": _choice(PRIORITY_METHODS),
    "consistency_limit": _Reader.positive,
    "overlays": _overlays,
    "survey": _survey,
    "refused_limits": _refused_limits,
    "pseudonym_algorithm": _choice(PSEUDONYM_ALGORITHMS),
    "acceptance": _acceptance,
    "privacy": _privacy,
    "outlier_methods": _outlier_methods,
    "privacy_exceptions": _privacy_exceptions,
}


def _suggest(name: str, known: Iterable[str]) -> str:
    options = list(known)
    close = difflib.get_close_matches(name, options, n=1)
    if close:
        return f" (did you mean '{close[0]}'?)"
    return f" (known: {', '.join(options)})" if len(options) <= 20 else ""


def _kind(value: object) -> str:
    if value is None:
        return "nothing"
    names = {
        bool: "true/false",
        int: "a number",
        float: "a number",
        str: "text",
        list: "a list",
        dict: "keys with values",
    }
    kind = names.get(type(value), type(value).__name__)
    return f"{kind} ({value!r})" if isinstance(value, bool | int | float | str) else kind
