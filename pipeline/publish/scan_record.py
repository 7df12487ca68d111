"""The published record of a scan, ``privacy_scan``, and the check that exactly the scanned files are published.

One row per table, report or clean table × kind of personal data. What is searched for, and where, is decided in ``scanner.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

import polars as pl
import pyarrow.parquet as pq

from pipeline.calendar.windows import read_quarters
from pipeline.errors import DataRefused, UsageError
from pipeline.lake.digest import sha256_of
from pipeline.lake.files import atomic_path
from pipeline.lake.parquet import read_metadata
from pipeline.lake.run_folder import RunFolder
from pipeline.privacy.known_values import KnownValues
from pipeline.privacy.own_words import told_apart
from pipeline.privacy.scanner import Scanned, Sighting, by_patterns, scan
from pipeline.privacy.subjects import RELEASED, REPORT, TABLE, clean_subjects, published_subjects, released_subjects
from schemas.expectations.privacy import KINDS
from schemas.expectations.release import released_tables

SCAN_TABLE = "privacy_scan"
_SCHEMA = {
    "quarter": pl.String,
    "subject_kind": pl.String,
    "subject": pl.String,
    "columns_scanned": pl.Int64,
    "cells_scanned": pl.Int64,
    "distinct_texts": pl.Int64,
    "kind": pl.String,
    "finding_count": pl.Int64,
    "excepted_count": pl.Int64,
    "run_id": pl.String,
}
# Metadata key for the digests of the scanned files.
_DIGESTS = "scanned_files"
_SHOWN = 50


def scan_run(run: RunFolder, exceptions: frozenset[tuple[str, str]]) -> tuple[list[Scanned], list[Sighting]]:
    """Scan a run's tables and reports, and the clean rows it rests on, as ``asq privacy scan`` does; write ``privacy_scan``.

    Searched for are the patterns and the personal values of the quarters that the run reads. Returns what was scanned, and the
    findings. Of the clean files it reads those of its own quarter, and of other quarters that no published run has scanned. Raises
    UsageError where one of them cannot be read.

    exceptions   (column, kind) where matches are not personal data; counted separately, not as findings
    """
    for record in (run.table(SCAN_TABLE), run.released_table(SCAN_TABLE)):
        record.unlink(missing_ok=True)
    known = KnownValues.of_run(run.lake, run.quarter)
    made = [*published_subjects(run.path), *released_subjects(run.released, run.path)]
    subjects = [*made, *clean_subjects(run.lake, [run.quarter])]
    scanned = told_apart(known, lambda search: scan(subjects, search), by_patterns)
    _write(run, scanned, exceptions)
    # Not in the record, which says the same whichever quarters ran before.
    unscanned = set(read_quarters(run.quarter)) - {run.quarter, *run.lake.published_quarters()}
    others = clean_subjects(run.lake, sorted(unscanned))
    scanned += told_apart(known, lambda search: scan(others, search), by_patterns)
    unread = [f"{each.subject_kind} {each.subject} ({each.unread})" for each in scanned if each.unread]
    unread += [f"the values of {path} (is damaged)" for path in known.unread]
    if unread:
        run.table(SCAN_TABLE).unlink(missing_ok=True)
        named = ", ".join(unread[:_SHOWN])
        raise UsageError(f"not scanned for personal data, so nothing is published: {named}")
    return scanned, [finding for each in scanned for finding in each.findings if _key(finding) not in exceptions]


def refuse(findings: Sequence[Sighting]) -> DataRefused:
    """The error that prevents publication: a line for each column and kind, the first ones; of both layers one."""
    places: dict[tuple[str, str, str, str], list[Sighting]] = {}
    for finding in findings:
        places.setdefault((finding.subject_kind, finding.subject, finding.column, finding.kind), []).append(finding)
    for key in list(places):
        subject_kind, subject, column, kind = key
        if subject.startswith(RELEASED) and (subject_kind, subject.removeprefix(RELEASED), column, kind) in places:
            del places[key]
    lines = [_told(of_place) for of_place in places.values()]
    more = [f"… and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    return DataRefused(
        "\n".join(
            (
                f"the results or the clean rows they rest on contain what looks like personal data in {len(lines)} columns, "
                "so nothing is published:",
                *(f"  {line}" for line in (*lines[:_SHOWN], *more)),
                "Map the column in sources.yaml, or correct the values at the source. If they are not personal data, have that "
                "approved in evaluation.yaml, by column and kind (docs/privacy.md, Proof): "
                f"privacy_exceptions: [{{column: {findings[0].column}, kind: {findings[0].kind}, reason: …, approved_by: …}}]",
            )
        )
    )


def _told(findings: Sequence[Sighting]) -> str:
    rows = sum(finding.rows for finding in findings)
    return f"{findings[0]}{f' ({rows:,} rows in all)' if len(findings) > 1 else ''}"


def require_scanned(run: RunFolder) -> None:
    """Raise UsageError if a file to be published was not scanned, or was changed since."""
    record = run.table(SCAN_TABLE)
    seen = json.loads(read_metadata(record).get(_DIGESTS, "{}")) if record.is_file() else {}
    unseen = sorted(name for name, digest in _digests(run).items() if seen.get(name) != digest)
    if unseen:
        raise UsageError(
            f"{run.quarter} cannot be published: {', '.join(unseen)} not scanned for personal data in this state. "
            f"Evaluate the whole quarter: `asq run {run.quarter}`, or materialize {SCAN_TABLE} as well"
        )


def _key(finding: Sighting) -> tuple[str, str]:
    return finding.column, finding.kind


def _write(run: RunFolder, scanned: Iterable[Scanned], exceptions: frozenset[tuple[str, str]]) -> None:
    rows = []
    for each in scanned:
        excepted = [finding.kind for finding in each.findings if _key(finding) in exceptions]
        for kind in KINDS:
            numbers = (each.columns, each.cells, each.distinct_texts, kind, each.by_kind[kind] - excepted.count(kind))
            rows.append((run.quarter.label, each.subject_kind, each.subject, *numbers, excepted.count(kind), run.run_id))
    table = pl.DataFrame(rows, schema=_SCHEMA, orient="row").to_arrow()
    marks = {_DIGESTS: json.dumps(_digests(run), ensure_ascii=False, sort_keys=True)}
    with atomic_path(run.table(SCAN_TABLE)) as path, pq.ParquetWriter(path, table.schema, compression="zstd") as file:
        file.add_key_value_metadata(marks)
        file.write_table(table)
    with atomic_path(run.released_table(SCAN_TABLE)) as path:
        _for_readers(run, pl.DataFrame(table)).write_parquet(path, compression="zstd", statistics=False)


def _for_readers(run: RunFolder, record: pl.DataFrame) -> pl.DataFrame:
    """The record without how much there was to scan in files that readers do not see.

    Nor has it their digests, by which a guess at what they hold could be confirmed.
    """
    as_released = pl.col("subject").str.starts_with(RELEASED)
    own = set(record.filter(as_released)["subject"].str.strip_prefix(RELEASED))
    shared = [name for name in released_tables() if name not in own and run.released_table(name).is_file()]
    reports = [path.relative_to(run.released).as_posix() for path in run.released.rglob("*.html")]
    is_seen = (
        as_released
        | ((pl.col("subject_kind") == TABLE) & pl.col("subject").is_in(shared))
        | ((pl.col("subject_kind") == REPORT) & pl.col("subject").is_in(reports))
    )
    return record.with_columns(pl.when(is_seen).then(name).alias(name) for name in ("cells_scanned", "distinct_texts"))


def _digests(run: RunFolder) -> dict[str, str]:
    """SHA-256 of every file to be published, of both layers, except the record itself."""
    return {
        f"{layer}/{path.relative_to(folder).as_posix()}": sha256_of(path)
        for layer, folder in (("analyst", run.path), ("released", run.released))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".") and path != folder / f"{SCAN_TABLE}.parquet"
    }
