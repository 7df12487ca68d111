"""What a run withholds: by quarter and by published period, the places of each indicator that readers do not see.

Reads the run's additive parts and the rows of its most frequent customers; ``cells.py`` decides line by line.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from pipeline.calendar.quarters import Quarter
from pipeline.calendar.windows import published_periods
from pipeline.errors import AsqError
from pipeline.release.cells import ENTERPRISE, PARTITIONS, Limits, Place, linked, withheld_places
from schemas.expectations.release import CELL, COMPOSED, PEOPLE_OF, SIZED_BY, SIZED_BY_PEOPLE, STAFF, SUBJECTS, SURVEY, THINGS

if TYPE_CHECKING:
    from pipeline.lake.run_folder import RunFolder

SCOPES = (ENTERPRISE, *PARTITIONS)
"""The scope types of the released layer; rows about one service person are in the analysts' layer only."""

_KEY = ["enterprise_id", "span", "indicator_id", "scope_type", "scope_id"]


class UndeclaredIndicator(AsqError):
    """An indicator of the run of which nobody has said whose records it counts: a fault of the project, never of the data."""


@dataclass(frozen=True)
class Withholding:
    """What is withheld, one row each.

    cells         enterprise_id, period (published periods and all counted quarters), indicator_id, scope_type, scope_id
    before        the same for the published periods a year earlier, under the names of the periods of this year
    respondents   enterprise_id, period, scope_type, scope_id: the people who answered
    """

    cells: pl.DataFrame
    before: pl.DataFrame
    respondents: pl.DataFrame


def subject_of(indicator_id: str) -> str:
    """Whose records an indicator counts; raises UndeclaredIndicator."""
    if indicator_id not in SUBJECTS:
        raise UndeclaredIndicator(
            f"{indicator_id}: schemas/expectations/release.py does not say whose records it counts; its values cannot be released"
        )
    return SUBJECTS[indicator_id]


def withholding(run: RunFolder, k: int) -> Withholding:
    """What the run withholds if nothing shown may be about fewer than ``k`` people."""
    counts = _counts(run)
    limits = _Limits.read(run, k)
    groups = _groups(counts)
    earlier = _withheld_before(run)
    by_span: dict[tuple[str, str], dict[str, dict[Place, int]]] = defaultdict(lambda: defaultdict(dict))
    for enterprise, span, name, scope_type, scope_id, n in counts.select(*_KEY, "n").iter_rows():
        by_span[enterprise, span][name][Place(scope_type, scope_id)] = n
    found: list[tuple[str, str, str, str, str | None]] = []
    for (enterprise, span), counted in by_span.items():
        for group in groups:
            members = {name: counted[name] for name in sorted(group) if name in counted}
            names = {_indicator_of(name) for name in group}
            before = {place for name in names for place in earlier.get((enterprise, span, name), ())}
            if members or before:
                places = withheld_places(members, limits.of(enterprise, span), before)
                found += ((enterprise, span, name, *place) for name in sorted(names) for place in places)
    spans = pl.DataFrame(found, schema=dict.fromkeys(_KEY, pl.String), orient="row")
    cells = _over_periods(spans, run.quarter, "current")
    own = pl.concat([spans.rename({"span": "period"}).select(cells.columns), cells]).unique().sort(cells.columns)
    is_people = pl.col("indicator_id") == _RESPONDENTS
    return Withholding(
        cells=own.filter(~is_people),
        before=_over_periods(spans, run.quarter, "previous"),
        respondents=own.filter(is_people).drop("indicator_id"),
    )


# --- counts -------------------------------------------------------------------------------------------------------------

_RESPONDENTS = "respondents"
"""The people who answered a survey, beside the indicators."""

_INDICATOR_SIZED_BY = {subject: indicator for indicator, subject in SIZED_BY_PEOPLE.items()}

_NAME_OF_VARIANT = pl.concat_str("indicator_id", "variant", separator=" ")


def _counts(run: RunFolder) -> pl.DataFrame:
    """Records by indicator and place: of each counted quarter, and of staff in each period. No rows without records.

    An indicator without records of its own, which takes one of several variants, has rows under the name of each: their sizes
    add up, the smallest of them does not. One whose parts share people has the people of all its parts.
    """
    in_scope = pl.col("scope_type").is_in(SCOPES)
    quarters = pl.scan_parquet(run.table("mart_indicator_inputs")).filter(in_scope).rename({"quarter": "span"})
    periods = (
        pl.scan_parquet(run.table("mart_period_inputs"))
        .filter(in_scope, pl.col("period_role") == "current")
        .rename({"period": "span"})
    )
    own = pl.scan_parquet(run.table("mart_survey_respondents"))
    respondents = own.rename({"quarter": "span", "respondents": "n"}).with_columns(indicator_id=pl.lit(_RESPONDENTS))
    people = (
        pl.scan_parquet(run.table("mart_people_rows"))
        .rename({"quarter": "span", "people": "n"})
        .with_columns(indicator_id=pl.col("subject").replace_strict(_INDICATOR_SIZED_BY, default=None))
        .drop_nulls("indicator_id")
    )
    names = {name for frame in (quarters, periods) for name in frame.select("indicator_id").unique().collect()["indicator_id"]}
    of_staff = [name for name in names if subject_of(name) == STAFF]
    of_things = [name for name in names if subject_of(name) == THINGS]
    sized = pl.col("indicator_id").replace_strict(SIZED_BY, default="")
    has_own_part = (pl.col("variant") == "").any().over("indicator_id") | pl.col("indicator_id").is_in(list(SIZED_BY))
    main = (pl.col("variant") == sized) | ~has_own_part
    sizes = [
        frame.filter(main)
        .group_by(*_KEY, "variant")
        .agg(pl.col("n").max())
        .filter(pl.col("n") > 0)
        .with_columns(indicator_id=pl.when(pl.col("variant") == sized).then("indicator_id").otherwise(_NAME_OF_VARIANT))
        .select(*_KEY, "n")
        for frame in (
            quarters.filter(~pl.col("indicator_id").is_in([*of_staff, *of_things, *SIZED_BY_PEOPLE])),
            periods.filter(pl.col("indicator_id").is_in(of_staff)),
        )
    ]
    counted = [each.select(*_KEY, "n").filter(pl.col("n") > 0) for each in (people, respondents)]
    return pl.concat([*sizes, *counted]).sort(_KEY).collect()


def _indicator_of(name: str) -> str:
    """The indicator of a name in ``_counts``."""
    return name.partition(" ")[0]


def _size_subject(indicator: str) -> str:
    return SURVEY if indicator == _RESPONDENTS else subject_of(indicator)


def people_of(indicator: str) -> str:
    """The records of ``mart_people_rows`` among which those of the indicator are."""
    return PEOPLE_OF.get(indicator) or _size_subject(indicator)


def _groups(counts: pl.DataFrame) -> list[frozenset[str]]:
    """Indicators that tell each other's cells: those that count alike, and those of which one is composed."""
    vectors: dict[str, dict[tuple[object, ...], int]] = defaultdict(dict)
    variants: dict[str, set[str]] = defaultdict(set)
    for enterprise, span, name, scope_type, scope_id, n in counts.select(*_KEY, "n").iter_rows():
        vectors[name][enterprise, span, scope_type, scope_id] = n
        variants[_indicator_of(name)].add(name)
    subjects = {name: _size_subject(_indicator_of(name)) for name in vectors}
    together = [*COMPOSED, *(frozenset(names) for names in variants.values() if len(names) > 1)]
    groups: list[frozenset[str]] = []
    for subject in sorted(set(subjects.values())):
        groups += linked({name: vector for name, vector in vectors.items() if subjects[name] == subject}, together)
    return groups


# --- limits -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Limits:
    """``most_rows``: by subject, enterprise, quarter and place the rows of the k − 1 people with the most."""

    k: int
    most_rows: Mapping[tuple[str, str, str], Mapping[Place, int]]
    region_of: Mapping[str, Mapping[str, str]]

    @classmethod
    def read(cls, run: RunFolder, k: int) -> _Limits:
        rows: dict[tuple[str, str, str], dict[Place, int]] = defaultdict(dict)
        columns = ("subject", "enterprise_id", "quarter", "scope_type", "scope_id", "most_rows")
        for subject, enterprise, quarter, scope_type, scope_id, most in (
            pl.read_parquet(run.table("mart_people_rows")).select(columns).iter_rows()
        ):
            rows[subject, enterprise, quarter][Place(scope_type, scope_id)] = most
        regions: dict[str, dict[str, str]] = defaultdict(dict)
        outlets = pl.read_parquet(run.table("dim_outlet")).filter(pl.col("region_code").is_not_null())
        for enterprise, outlet, region in outlets.select("enterprise_id", "outlet_id", "region_code").iter_rows():
            regions[enterprise][outlet] = region
        return cls(k, rows, regions)

    def of(self, enterprise: str, span: str) -> Limits:
        def enough(name: str, place: Place, count: int) -> bool:
            most = self.most_rows.get((people_of(_indicator_of(name)), enterprise, span), {})
            # Records that name no place: as if the most frequent customers were among them.
            named = Place(ENTERPRISE, enterprise) if place.name is None else place
            return count > max(self.k - 1, most.get(named, 0))

        return Limits(enough, self.region_of.get(enterprise, {}))


# --- periods and earlier publications -----------------------------------------------------------------------------------


def _over_periods(spans: pl.DataFrame, quarter: Quarter, role: str) -> pl.DataFrame:
    """What is withheld in a quarter is withheld in every period with it, or the period's other quarters would tell it."""
    periods = [period for period in published_periods(quarter) if period.role == role]
    rows = {(each.period, span) for each in periods for span in _quarters(each.first_quarter, each.last_quarter)}
    if role == "current":
        # Staff are counted by period. Few come or go, so that one period would tell another.
        rows |= {(each.period, other.period) for each in periods for other in periods}
    of_period = pl.DataFrame(sorted(rows), schema={"period": pl.String, "span": pl.String}, orient="row")
    return spans.join(of_period, on="span").drop("span").unique().sort(pl.all())


def _quarters(first: Quarter, last: Quarter) -> list[str]:
    labels = []
    while first <= last:
        labels.append(first.label)
        first = first.shift(1)
    return labels


def _withheld_before(run: RunFolder) -> dict[tuple[str, str, str], set[Place]]:
    """What publications of the counted quarters withhold: shown now, it would tell what their other numbers were about."""
    found: dict[tuple[str, str, str], set[Place]] = defaultdict(set)
    for quarter in run.lake.published_quarters():
        for table, indicator in (("indicator_values", None), ("mart_survey_respondents", _RESPONDENTS)):
            path = run.lake.current(quarter) / f"{table}.parquet"
            if quarter > run.quarter or not path.is_file():
                continue
            span = "period" if indicator is None else "quarter"
            rows = pl.scan_parquet(path).filter(pl.col(span) == quarter.label, pl.col("withheld") == CELL)
            name = pl.col("indicator_id") if indicator is None else pl.lit(indicator)
            for enterprise, each, scope_type, scope_id in (
                rows.select("enterprise_id", name.alias("indicator"), "scope_type", "scope_id").collect().iter_rows()
            ):
                found[enterprise, quarter.label, each].add(Place(scope_type, scope_id))
    return found
