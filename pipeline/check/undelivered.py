"""What a landing folder lacks, and which of its files nobody reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.check.findings import INFO, WARNING, Finding, Undelivered
from pipeline.extract.files import called, pages_and_pictures, unused_files
from pipeline.extract.unread import pages_told, unread_because
from pipeline.privacy.hiding import hide
from pipeline.settings.landing_paths import shown
from pipeline.settings.sources import SourceConfig
from pipeline.settings.suggestions import did_you_mean
from schemas.contract import TABLES
from schemas.indicator_columns import stand_ins
from schemas.standard.catalogue import catalogue_rows


def overlooked(landing: Path, sources: SourceConfig, used: set[Path], unclear: set[str]) -> Iterator[Finding]:
    """Files that feed no table. ``unclear``: the tables of which it is not known which files are theirs."""
    for path in unused_files(landing, used):
        name = called(path, landing)
        # The problem with the delivery of these tables is reported already.
        if name.lower() in unclear:
            continue
        reason = unread_because(path, landing, sources)
        problem = f"feeds no table: {reason}" if reason else f"feeds no table{did_you_mean(name, TABLES)}"
        yield Finding(WARNING, problem, file=hide(shown(path, landing)))
    if pages := pages_and_pictures(landing, used):
        yield Finding(INFO, f"pages and pictures are not read: {pages_told(pages)}", count=sum(pages.values()))


def undelivered(empty: Mapping[str, set[str] | None]) -> Undelivered:
    """Undelivered tables and optional columns, with the indicators that have no data without them.

    ``empty``: the contract columns of each table without a source; None: the table did not come. A table of totals that did not
    come is not named: it stands in for single records.
    """
    newest = {indicator.indicator_id: indicator for indicator in catalogue_rows()}
    indicators = [indicator for indicator in newest.values() if not _has_stand_in(indicator.indicator_id, empty)]
    tables = {
        table: tuple(indicator.indicator_id for indicator in indicators if indicator.source_tables[:1] == (table,))
        for table, columns in empty.items()
        if columns is None and TABLES[table].totals_of is None
    }
    lacking: dict[str, list[str]] = defaultdict(list)
    for indicator in indicators:
        for alternatives in indicator.source_columns:
            places = [place.split(".") for place in alternatives.split("|")]
            lacks = [None if (columns := empty[table]) is None else column in columns for table, column in places]
            # A table that was not delivered at all is named above.
            if True in lacks and False not in lacks:
                lacking[alternatives.replace("|", " or ")].append(indicator.indicator_id)
    return Undelivered(tables, {name: tuple(without) for name, without in lacking.items()})


def _has_stand_in(indicator_id: str, empty: Mapping[str, set[str] | None]) -> bool:
    """Whether all columns of something that stands in for the indicator's own have a source."""
    places = ([name.split(".") for name in columns] for columns in stand_ins(indicator_id).values())
    return any(
        all((columns := empty.get(table)) is not None and column not in columns for table, column in place) for place in places
    )
