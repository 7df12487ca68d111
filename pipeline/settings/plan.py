"""The evaluation plan (``evaluation.yaml``): what a client and an evaluator agree on before they look at the numbers.

Reading and checking the plan belongs here; every choice is applied where its stage is. The plan is optional: without a
file each key has its default. A key is one field of ``EvaluationPlan``; docs/evaluation-plan.md explains every key. ::

    plan = EvaluationPlan.read(Path("evaluation.yaml"))
    plan.mode, plan.refused_limits.of("hotline_calls")
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import Field, PrivateAttr, SkipValidation, ValidationInfo, WithJsonSchema, field_validator
from pydantic_core import PydanticUseDefault

from pipeline.errors import UsageError
from pipeline.settings.documents import Document, LocatedYaml, Problem, SettingsModel, expected, read_yaml, validated, wrong
from pipeline.settings.fields import (
    SCALAR,
    AtLeastOne,
    Day,
    Flag,
    Number,
    Omissible,
    Positive,
    QuarterLabel,
    Share,
    Text,
    decimal,
    one_of,
    reads,
    whole_number,
)
from pipeline.settings.suggestions import hint
from pipeline.settings.survey_files import Invitations, Margins, read_invitations, read_margins
from schemas.expectations.acceptance import Bounds
from schemas.expectations.acceptance import checks as acceptance_checks
from schemas.expectations.analyses import analyses as offered_analyses
from schemas.expectations.outliers import METHODS, Z
from schemas.expectations.pairs import ALWAYS, REQUEST_MEASURES
from schemas.expectations.pairs import Pair as Names
from schemas.expectations.privacy import KINDS as PERSONAL_DATA_KINDS
from schemas.expectations.reports import EDITIONS, LANGUAGES, OF_EVERY_RUN
from schemas.expectations.reports import FORMATS as REPORT_FORMATS

if TYPE_CHECKING:
    import polars as pl

MODES = ("self_assessment", "third_party")
SCORE_METHODS = ("efficacy", "threshold", "proportional")
COMPOUND_METHODS = ("mean", "minimum")
PSEUDONYM_ALGORITHMS = ("hmac-sha256", "hmac-sm3")
# What is done under these names is in pipeline/evaluate/weights/ahp.py; a test holds the names against its tables.
AHP_METHODS = ("eigenvector", "geometric_mean", "column_normalised")
RANDOM_INDEX_TABLES = ("saaty_1980", "saaty_2007", "donegan_dodd_1991")
# What the veto overlay asks of an enterprise's conduct: four grounds of a special deduction, and falsified data.
FALSIFIED_DATA = "falsified_data"
CONDUCT_KINDS = ("legal", "own_rule", "industry_rule", "system_effect", FALSIFIED_DATA)
# The scoring class whose requirement admits no miss, so that there is nothing acceptable beside it.
ZERO_TOLERANCE_CLASS = "f"

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class _Origin:
    """Where a plan comes from, and the files read for it."""

    located: LocatedYaml
    document: Document | None = None
    files: dict[str, Document] = field(default_factory=dict)

    def beside(self, name: str) -> Document:
        """A file beside the plan, or anywhere by a path of its own."""
        if self.document is None:
            raise UsageError("the plan was not read from a file, so there is no folder in which the file could lie")
        path = self.document.path.absolute().parent / name
        if not path.is_file():
            raise UsageError(f"no such file: {path}")
        return Document.read(path)


class Target(SettingsModel):
    """What the plan asks of an indicator: the requirement scores 100, the acceptable limit 60 (natural units)."""

    indicator_id: Text = Field(description="The indicator, for example R4-1.")
    acceptable: Number = Field(description="Scores 60 points; must be worse than the requirement.")
    requirement: Number | None = Field(None, description="Scores 100 points; needed where the standard sets none.")
    objective: Number | None = Field(None, description="What the enterprise aims at; shown, not scored.")
    enterprise_id: Text | None = Field(None, description="This enterprise only; it goes before the entry for all.")


class NotApplicable(SettingsModel):
    """An indicator that does not apply to an enterprise, with the reason, who approved it and when."""

    enterprise_id: Text = Field(description="Whom the indicator does not concern.")
    indicator_id: Text = Field(description="A measured indicator (R1-2b), or a named one with all its values (R1-2).")
    reason: Text = Field(description="Why it does not apply.")
    approved_by: Text = Field(description="Who approved it.")
    approved_on: Day = Field(description="When it was approved, for example 2025-01-08.")


class Assumption(SettingsModel):
    """An indicator that is scored although it rests on assumed values, with the reason and who answers for it."""

    indicator_id: Text = Field(description="A measured indicator (P2-1a), or a named one with all its values (P2-1).")
    reason: Text = Field(description="Why the assumed value is true.")
    author: Text = Field(description="Who answers for it.")
    enterprise_id: Text | None = Field(None, description="Of this enterprise only; left out: of all.")


class ConductFinding(SettingsModel):
    """A finding about an enterprise's conduct in a quarter, with the reason and who approved it: what a veto looks at."""

    enterprise_id: Text = Field(description="Whose conduct it is.")
    period: QuarterLabel = Field(description="The quarter of the finding, for example 2025-Q1.")
    kind: Annotated[str, one_of(CONDUCT_KINDS)] = Field(description="Of the finding; read by the overlay veto.")
    reason: Text = Field(description="What was found.")
    approved_by: Text = Field(description="Who approved the finding.")


class PrivacyException(SettingsModel):
    """A column whose values look like personal data but are not, with the reason and who approved it (D-73)."""

    column: Text = Field(description="A column of any published table; page: the reports.")
    kind: Annotated[str, one_of(PERSONAL_DATA_KINDS)] = Field(description="What the values look like.")
    reason: Text = Field(description="Why they are not personal data.")
    approved_by: Text = Field(description="Who approved it.")


class Overlays(SettingsModel):
    """Presentations beside the score, in the manner of GB/T 27922 and no part of T/GXDSL 244: off by default."""

    grade: Flag = Field(False, description="Show the grade beside the score.")
    veto: Flag = Field(False, description="Show special deductions and vetoes beside the score.")


class RefusedLimits(SettingsModel):
    """The largest share of refused rows a table may have before its run stops."""

    default: Share = Field(0.05, description="Of every table that is not listed under tables.")
    tables: Mapping[Text, Share] = Field(default_factory=dict, description="Other limits by table.")

    def of(self, table: str) -> float:
        return self.tables.get(table, self.default)


def _bounds(value: Any) -> Bounds | None:
    """Two numbers, the lower and the upper; null: no bound."""
    if value is None or isinstance(value, Bounds):
        return value
    if not isinstance(value, list) or len(value) != 2 or value == [None, None]:
        raise expected("a lower and an upper bound like [0.5, null]", value)
    lower, upper = (None if end is None else decimal(end) for end in value)
    if lower is not None and upper is not None and lower > upper:
        raise wrong(f"the lower bound {lower:g} lies above the upper {upper:g}")
    return Bounds(lower, upper)


_ENDS = {"type": "array", "items": {"type": ["number", "null"]}, "minItems": 2, "maxItems": 2}
Interval = Annotated[Bounds | None, reads(_bounds, {"anyOf": [_ENDS, {"type": "null"}]})]


class AcceptanceLimit(SettingsModel):
    """Other limits for a check of a delivery (``schemas/expectations/acceptance.py``)."""

    check: Text = Field(description="The name of the check, for example volume.")
    table: Text | None = Field(None, description="Of this table only; left out: of every table.")
    expected: Interval = Field(None, description="[lower, upper], null is no bound: outside of it the run warns.")
    required: Interval = Field(None, description="[lower, upper]: outside of it the quarter stops before the marts.")


class Waiver(SettingsModel):
    """A check that a quarter's delivery may fail, with the reason and who signs for it."""

    quarter: QuarterLabel = Field(description="Of this quarter's delivery, for example 2025-Q1.")
    table: Text = Field(description="Of this table.")
    check: Text = Field(description="The check that need not be kept.")
    reason: Text = Field(description="Why.")
    author: Text = Field(description="Who signs for it.")
    enterprise_id: Text | None = Field(None, description="Of this enterprise only; left out: of all.")


class Acceptance(SettingsModel):
    """What the plan changes about the acceptance of deliveries."""

    limits: tuple[AcceptanceLimit, ...] = Field((), description="Other limits for checks.")
    waivers: tuple[Waiver, ...] = Field((), description="Checks that need not be kept.")


class PrivacyLimits(SettingsModel):
    """What record-level tables keep before they are published: rows a class (k) and different sensitive values a class (l)."""

    # k = 1 would be no protection at all; l = 1 asks nothing of the sensitive columns.
    k: Annotated[int, whole_number(2)] = Field(5, description="Fewest rows of an equivalence class.")
    diversity: Annotated[int, whole_number(1)] = Field(2, alias="l", description="Fewest sensitive values of a class.")


class SurveyChoices(SettingsModel):
    """What is known about surveys besides their answers, read from the files that the plan names."""

    margins: Annotated[Margins, SkipValidation, WithJsonSchema(dict(SCALAR))] = Field(
        default_factory=Margins,
        description="CSV file beside the plan: population counts, from which responses get weights.",
    )
    invitations: Annotated[Mapping[tuple[str, str], Invitations], SkipValidation, WithJsonSchema(dict(SCALAR))] = Field(
        default_factory=lambda: MappingProxyType({}),
        description="CSV file beside the plan: how many invitations each enterprise's survey round sent.",
    )
    minimum_cell: AtLeastOne | None = Field(None, description="Fewest responses of a cell that is weighted by itself.")
    largest_weight: AtLeastOne | None = Field(None, description="Of a response, as a multiple of the mean weight.")
    _files: Mapping[str, Document] = PrivateAttr(default_factory=lambda: MappingProxyType({}))

    @property
    def files(self) -> Mapping[str, Document]:
        """The files read, by key of the plan."""
        return self._files

    @field_validator("margins", "invitations", mode="before")
    @classmethod
    def _read_file(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(info.context, _Origin) or info.field_name is None:
            return value
        if value is None:
            raise PydanticUseDefault
        if not isinstance(value, str) or not value.strip():
            raise expected("a file name", value)
        try:
            document = info.context.files[info.field_name] = info.context.beside(value.strip())
            return read_margins(document) if info.field_name == "margins" else read_invitations(document)
        except UsageError as error:
            raise wrong(str(error)) from None

    def model_post_init(self, context: Any) -> None:
        if isinstance(context, _Origin):
            self._files = MappingProxyType(context.files)


class Pair(SettingsModel):
    """Two figures of a request whose correlation is wanted."""

    x: Annotated[str, one_of(REQUEST_MEASURES)] = Field(description="One figure, for example resolution_seconds.")
    y: Annotated[str, one_of(REQUEST_MEASURES)] = Field(description="The other, for example satisfaction.")


class Analyses(SettingsModel):
    """What the analyses look at; the same seed gives the same draws."""

    # Fewer would not tell the ends of a 95 % range.
    draws: Annotated[int, whole_number(2_000)] = Field(2_048, description="How often the scores are drawn.")
    seed: Annotated[int, whole_number(0)] = Field(244, description="Where the random numbers start.")
    pairs: tuple[Pair, ...] = Field((), description="Correlated beside response time and satisfaction.")
    smallest_correlation: Share = Field(0.1, description="A correlation closer to 0 is no finding, however certain.")
    switched_off: tuple[Annotated[str, one_of(offered_analyses())], ...] = Field((), description="Analyses that are not run.")

    @field_validator("pairs", mode="after")
    @classmethod
    def _of_two(cls, pairs: tuple[Pair, ...]) -> tuple[Pair, ...]:
        for place, pair in enumerate(pairs):
            if pair.x == pair.y:
                raise wrong(f"{pair.x} is paired with itself", place)
        return pairs

    @property
    def all_pairs(self) -> tuple[Names, ...]:
        """The pairs of every run and those declared here, each once whatever its order."""
        found: dict[frozenset[str], Names] = {}
        for names in (*ALWAYS, *((pair.x, pair.y) for pair in self.pairs)):
            found.setdefault(frozenset(names), names)
        return tuple(found.values())


class Reports(SettingsModel):
    """What every run writes of reports; other forms are made of a publication when somebody asks for them (`asq report`)."""

    editions: tuple[Annotated[str, one_of(EDITIONS)], ...] = Field(OF_EVERY_RUN, description="Whom they are for.")
    languages: tuple[Annotated[str, one_of(LANGUAGES)], ...] = Field(("zh",), description="In which languages.")
    formats: tuple[Annotated[str, one_of(REPORT_FORMATS)], ...] = Field(("html",), description="In which formats.")


class EvaluationPlan(SettingsModel):
    """One evaluation's choices; None where the project's parameters (seeds/parameters.csv) decide."""

    mode: Annotated[str, one_of(MODES)] = Field("self_assessment", description="What an indicator without data means.")
    score_method: Annotated[str, one_of(SCORE_METHODS)] = Field("efficacy", description="How values become points.")
    compound_method: Annotated[str, one_of(COMPOUND_METHODS)] = Field(
        "mean", description="How the values of a named indicator become one."
    )
    not_rateable_above: Omissible[Share] = Field(None, description="Above this share of the weight there is no total score.")
    rateable_from: Share = Field(0.5, description="Share of the weight that must be measured and scored for a score.")
    targets: tuple[Target, ...] = Field((), description="What is asked of indicators.")
    not_applicable: tuple[NotApplicable, ...] = Field((), description="What is not asked of an enterprise.")
    assumed: tuple[Assumption, ...] = Field((), description="What is scored although it rests on assumed values.")
    conduct: tuple[ConductFinding, ...] = Field((), description="Findings that the veto overlay looks at.")
    expert_weights: Mapping[Text, Positive] = Field(
        default_factory=dict, description="By expert, how much a judgement counts; else 1."
    )
    random_index: Annotated[str, one_of(RANDOM_INDEX_TABLES)] = Field("saaty_1980", description="Table of the indices.")
    ahp_method: Annotated[str, one_of(AHP_METHODS)] = Field("eigenvector", description="How weights come of judgements.")
    consistency_limit: Omissible[Positive] = Field(None, description="A matrix with a ratio as large as this goes back.")
    overlays: Overlays = Field(default_factory=Overlays, description="Presentations beside the score.")
    survey: SurveyChoices = Field(default_factory=SurveyChoices, description="Who the respondents stand for.")
    refused_limits: RefusedLimits = Field(default_factory=RefusedLimits, description="Share of refused rows that stops a run.")
    pseudonym_algorithm: Annotated[str, one_of(PSEUDONYM_ALGORITHMS)] = Field("hmac-sha256", description="How pseudonyms are made.")
    acceptance: Acceptance = Field(default_factory=Acceptance, description="Of a quarter's delivery as a whole.")
    privacy: PrivacyLimits = Field(default_factory=PrivacyLimits, description="Of published record-level tables.")
    outlier_methods: tuple[Annotated[str, one_of(METHODS)], ...] = Field(
        (Z,), description=f"What makes a point need review; {Z} must be one."
    )
    analyses: Analyses = Field(default_factory=Analyses, description="What the analyses look at.")
    reports: Reports = Field(default_factory=Reports, description="What is written of reports.")
    privacy_exceptions: tuple[PrivacyException, ...] = Field((), description="Looks like personal data, is none.")
    _origin: _Origin = PrivateAttr(default_factory=lambda: _Origin(LocatedYaml("evaluation plan")))

    @classmethod
    def read(cls, source: Path | str | Document | None) -> EvaluationPlan:
        """Read a plan from a YAML file, with the files it names beside it; None means the defaults.

        Raises UsageError naming file, line, key and rule for an absent file, YAML that cannot be read, an unknown or
        repeated key and every value outside its rule; for the files that it names also row and column.
        """
        if source is None:
            return cls()
        document = Document.of(source)
        located = read_yaml(document)
        return validated(cls, located, _Origin(located, document))

    @classmethod
    def from_mapping(cls, content: object, *, source: str = "evaluation plan") -> EvaluationPlan:
        """Build a plan from values as Python has them; raises UsageError, see read. It must not name any file."""
        located = LocatedYaml(source, content)
        return validated(cls, located, _Origin(located))

    @property
    def file(self) -> Document | None:
        """What the plan was read from; None: it was not read from a file."""
        return self._origin.document

    def model_post_init(self, context: Any) -> None:
        if isinstance(context, _Origin):
            self._origin = context

    @field_validator("targets", "not_applicable", "assumed", "conduct", mode="after")
    @classmethod
    def _distinct(cls, entries: tuple[Any, ...]) -> tuple[Any, ...]:
        subjects = [_subject(entry) for entry in entries]
        for place, (what, enterprise) in enumerate(subjects):
            if (what, enterprise) in subjects[:place]:
                raise wrong(f"{what} stands twice for {enterprise or 'all enterprises'}", place)
        return entries

    @field_validator("outlier_methods", mode="after")
    @classmethod
    def _with_z(cls, chosen: tuple[str, ...]) -> tuple[str, ...]:
        if Z not in chosen:
            raise wrong(f"'{Z}' must be among the methods: the standard asks for it")
        return tuple(method for method in METHODS if method in chosen)

    def enterprises_named(self) -> dict[str, list[str]]:
        """The enterprises that entries of the plan are about, each with the keys that name it, in the plan's order."""
        named: dict[str, list[str]] = {}
        entries: dict[str, tuple[Any, ...]] = {
            "targets": self.targets,
            "not_applicable": self.not_applicable,
            "assumed": self.assumed,
            "conduct": self.conduct,
            "acceptance.waivers": self.acceptance.waivers,
        }
        for key, of in entries.items():
            for entry in of:
                if entry.enterprise_id is not None and key not in named.setdefault(entry.enterprise_id, []):
                    named[entry.enterprise_id].append(key)
        invited = sorted({enterprise for enterprise, _ in self.survey.invitations})
        for key, enterprises in (("margins", self.survey.margins.enterprises), ("invitations", invited)):
            for enterprise in enterprises:
                named.setdefault(enterprise, []).append(f"survey.{key}")
        return named

    def scores_assumed(self, enterprise: str, *indicators: str) -> bool:
        """Whether the plan lets one of the indicators be scored for an enterprise although it rests on assumed values."""
        return any(entry.indicator_id in indicators and entry.enterprise_id in (None, enterprise) for entry in self.assumed)

    def check_catalogue(self, indicators: pl.DataFrame) -> None:
        """Raise UsageError for an unknown indicator, a requirement of the standard that is moved, a misplaced limit.

        indicators   the catalogue: indicator_id, named_indicator_id, target_source, direction, scoring_class,
                     requirement
        """
        catalogue = {row["indicator_id"]: row for row in indicators.iter_rows(named=True)}
        applicable = catalogue.keys() | {row["named_indicator_id"] for row in catalogue.values()}
        self._origin.located.refuse(
            [
                *_problems_of("targets", self.targets, lambda target: _target_problems(target, catalogue)),
                *_problems_of("not_applicable", self.not_applicable, lambda entry: _unknown(entry, applicable)),
                *_problems_of("assumed", self.assumed, lambda entry: _unknown(entry, applicable)),
            ]
        )

    def check_tables(self, tables: Iterable[str]) -> None:
        """Raise UsageError if refused_limits or acceptance name an unknown table, or a check that the table does not have."""
        known = list(tables)
        limits, waivers = self.acceptance.limits, self.acceptance.waivers
        self._origin.located.refuse(
            [
                *_problems_of("acceptance.limits", limits, lambda limit: _check_problems(limit.table, limit.check, known)),
                *_problems_of("acceptance.waivers", waivers, lambda each: _check_problems(each.table, each.check, known)),
                *(
                    (("refused_limits", "tables", name), f"unknown table '{name}'{hint(name, known)}")
                    for name in self.refused_limits.tables
                    if name not in known
                ),
            ]
        )


def _subject(entry: Target | NotApplicable | Assumption | ConductFinding) -> tuple[str, str | None]:
    """The subject of an entry; no two entries may share one."""
    if isinstance(entry, ConductFinding):
        return f"{entry.period} {entry.kind} ({entry.reason})", entry.enterprise_id
    return entry.indicator_id, entry.enterprise_id


def _problems_of(key: str, entries: Sequence[Entry], problems: Callable[[Entry], Iterable[Problem]]) -> Iterator[Problem]:
    """The problems of a list's entries, each with the path of its entry before its own."""
    for place, entry in enumerate(entries, start=1):
        for path, problem in problems(entry):
            yield (*key.split("."), f"[{place}]", *path), problem


def _unknown(entry: Target | NotApplicable | Assumption, known: Collection[str]) -> Iterator[Problem]:
    if entry.indicator_id not in known:
        yield ("indicator_id",), f"no such indicator '{entry.indicator_id}'{hint(entry.indicator_id, sorted(known))}"


def _target_problems(target: Target, catalogue: Mapping[str, Mapping[str, Any]]) -> Iterator[Problem]:
    name, row = target.indicator_id, catalogue.get(target.indicator_id)
    if row is None:
        yield from _unknown(target, catalogue)
    elif row["scoring_class"] == ZERO_TOLERANCE_CLASS:
        yield (
            ("acceptable",),
            f"{name}: zero tolerance (class {ZERO_TOLERANCE_CLASS}) has no acceptable limit, whatever is beyond the "
            "requirement scores 0",
        )
    elif row["target_source"] == "standard" and target.requirement is not None:
        yield (
            ("requirement",),
            f"{name}: the standard sets this requirement ({row['requirement']:g}); a plan may set its acceptable limit only",
        )
    elif row["target_source"] != "standard" and target.requirement is None:
        yield (), f"{name}: the standard sets no requirement, so the plan must give requirement and acceptable"
    else:
        requirement = row["requirement"] if target.requirement is None else target.requirement
        try:
            check_anchors(requirement, target.acceptable, row["direction"], name)
        except UsageError as error:
            yield ("acceptable",), str(error)


def _check_problems(table: str | None, check: str, known: list[str]) -> Iterator[Problem]:
    if table is not None and table not in known:
        yield ("table",), f"unknown table '{table}'{hint(table, known)}"
        return
    names = {each.name for name, of in acceptance_checks().items() if table in (None, name) for each in of}
    if check not in names:
        yield ("check",), f"{table or 'no table'} has no check '{check}'{hint(check, sorted(names))}"


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
