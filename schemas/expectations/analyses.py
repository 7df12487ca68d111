"""The analyses of the stage ``analyse``: which method of clause 七 each belongs to, its tables, what it needs. Declarations only.

``analyses.csv`` has one line per analysis. A new one is a line there, a card in ``pipeline/analyse/model_cards.yaml`` and an asset.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from schemas.sheet import SEEDS, Sheet
from schemas.standard.edition import analyses as methods_of_the_standard
from schemas.standard.validity import FIELD_NAME

_FILE = Path(__file__).with_name("analyses.csv")
_COLUMNS = ("analysis_id", "method_id", "tables", "needs", "unit", "compares_earlier", "may_find_nothing")
_MART = "mart_"
_YES_OR_NO = re.compile("yes|no")

EVALUATION, INPUTS, MEMBERS, BENCHMARKS = "evaluation", "inputs", "members", "benchmarks"
MEMBERS_OR_CLASSES = "members_or_classes"
PARTS_OF_QUARTER, PAIRS = "parts_of_quarter", "pairs"
NEEDS: Mapping[str, str] = {
    EVALUATION: "every enterprise that is evaluated",
    INPUTS: "cases of any indicator in the period",
    MEMBERS: "regions, outlets, channels, product categories or staff with cases of an indicator whose parts add up",
    MEMBERS_OR_CLASSES: "regions, outlets, channels, product categories or classes of requests with cases of such an indicator",
    BENCHMARKS: "benchmarks in force",
    PARTS_OF_QUARTER: "cases of a rate, mean or score in the quarter",
    PAIRS: "every enterprise that is evaluated; a result takes enough cases of a pair",
}
"""What an analysis may need. The name of a mart: that the enterprise has rows in it (of the period, where it has periods)."""

PERIOD, QUARTER = "period", "quarter"
"""What an analysis has rows for: every published period, or the quarter alone."""

PLACES = ("region", "outlet", "channel", "product_category")
"""The scopes whose members make up an enterprise."""

REQUEST_CLASSES = ("complexity", "urgency")
"""Classes of requests, by which nothing is evaluated, only analysed."""

DIMENSIONS = (*PLACES, *REQUEST_CLASSES)

ADDITIVE = ("rate", "mean", "score", "share_of_max", "ratio")
"""Methods of values that are numerator ÷ denominator, with parts that add up over the members of a dimension."""

MONTHLY_METHODS = ("rate", "mean", "score")
"""Methods of values that are described, also by month."""

ENOUGH = 30
"""The fewest cases of which an analysis says more than how many there are."""


@dataclass(frozen=True)
class Analysis:
    """One analysis.

    method_id         of the eight in the standard's analyses.csv; None: beyond them
    tables            what it writes; the first has a row for every enterprise (and period) for which it is planned
    needs             a name of ``NEEDS``, or a mart
    unit              period | quarter: what it has rows for
    compares_earlier  with earlier publications, so that it may have nothing to compare
    may_find_nothing  no row for an enterprise is a result, such as no requirement that was missed
    """

    analysis_id: str
    method_id: str | None
    tables: tuple[str, ...]
    needs: str
    unit: str
    compares_earlier: bool
    may_find_nothing: bool

    @property
    def mart(self) -> str | None:
        """The mart in which an enterprise must have rows."""
        return self.needs if self.needs.startswith(_MART) else None


@lru_cache(maxsize=8)
def analyses(file: Path = _FILE, seeds: Path = SEEDS) -> Mapping[str, Analysis]:
    """The analyses by id, in the order of the file; raises StandardDataError."""
    methods = [method.analysis_id for method in methods_of_the_standard(seeds)]
    sheet = Sheet(file, list(_COLUMNS))
    found: dict[str, Analysis] = {}
    for row in sheet:
        method = row.optional_text("method_id")
        if method is not None and method not in methods:
            row.fault("method_id", f"'{method}' is not one of {', '.join(methods)}")
        needs = row.text("needs")
        if needs not in NEEDS and not needs.startswith(_MART):
            row.fault("needs", f"'{needs}' is neither a mart nor one of {', '.join(NEEDS)}")
        tables = row.names("tables", FIELD_NAME, "names of tables, separated by ;")
        if not tables:
            row.fault("tables", "must not be empty")
        entry = Analysis(
            analysis_id=row.match("analysis_id", FIELD_NAME, "lower case letters, digits and _"),
            method_id=method,
            tables=tables,
            needs=needs,
            unit=row.one_of("unit", (PERIOD, QUARTER)),
            compares_earlier=row.match("compares_earlier", _YES_OR_NO, "yes or no") == "yes",
            may_find_nothing=row.match("may_find_nothing", _YES_OR_NO, "yes or no") == "yes",
        )
        if entry.analysis_id in found:
            row.fault("analysis_id", f"'{entry.analysis_id}' is there twice")
        found[entry.analysis_id] = entry
    sheet.finish()
    return found


def not_offered(seeds: Path = SEEDS) -> tuple[str, ...]:
    """The methods of the standard to which no analysis belongs, in its order."""
    offered = {analysis.method_id for analysis in analyses(seeds=seeds).values()}
    return tuple(method.analysis_id for method in methods_of_the_standard(seeds) if method.analysis_id not in offered)
