"""What ``asq check`` says of a run is what the run does, up to acceptance: on landings with all kinds of faults.

The run is its stages themselves, in their order; one test holds that Dagster's run of them ends alike. 500 landings are checked
with ``ASQ_THOROUGH=1``, a few without.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings

from pipeline.calendar.quarters import Quarter
from pipeline.check.landing import check_landing
from pipeline.errors import AsqError
from pipeline.extract.tables import extract_tables
from pipeline.lake.layout import Lake
from pipeline.settings.frozen import HandedInFiles
from pipeline.settings.handed_in import CORRECTIONS, OUTLIER_REVIEW
from pipeline.settings.places import Settings, chosen_files
from pipeline.validate.corrections import known_corrections
from pipeline.validate.tables import validate_tables
from schemas.contract import TABLES
from tests.unit.check.mutated_landings import QUARTERS, Change, Landing, landings

EXAMPLES = int(os.environ.get("ASQ_CHECK_EXAMPLES", "500" if os.environ.get("ASQ_THOROUGH") else "4"))
REACHED = (0, None, set[str]())
_REFUSED = re.compile(r"(?m)^(\w+) \d{4}-Q\d: ")


def run_up_to_acceptance(landing: Path, quarter: Quarter, lake: Lake) -> tuple[int, str | None, set[str]]:
    """(exit code, stage that stopped, tables refused there) of the first two stages of a run."""
    stage = "extract"
    try:
        files = HandedInFiles.frozen(chosen_files(landing))
        delivered = [
            table
            for table, (snapshot, _) in extract_tables(list(TABLES.values()), quarter, landing, files.sources, lake)
            if snapshot.delivered
        ]
        stage = "validate"
        corrections = known_corrections(files.document(CORRECTIONS), files.document(OUTLIER_REVIEW))
        # Of a table that did not come, there is no row to refuse.
        list(validate_tables(delivered, quarter, lake, files.plan, corrections))
    except AsqError as error:
        return error.exit_code, stage, set(_REFUSED.findall(str(error))) & set(TABLES) if stage == "validate" else set()
    return REACHED


def checked(landing: Path, quarter: Quarter | None, lake: Lake | None = None) -> list[tuple[int, str | None, set[str]]]:
    """The same of every run that the check speaks of."""
    report = check_landing(landing, HandedInFiles.frozen(chosen_files(landing)), quarter, lake)
    assert report.exit_code == next((verdict.exit_code for verdict in report.verdicts if verdict.exit_code), 0)
    # Whatever stops a run is an error of the list, and nothing else is.
    assert any(finding.is_error for finding in report.findings) == any(verdict.stage for verdict in report.verdicts)
    return [
        (verdict.exit_code, verdict.stage, {name for reason in verdict.reasons if (name := reason.partition(":")[0]) in TABLES})
        if verdict.stage == "validate"
        else (verdict.exit_code, verdict.stage, set())
        for verdict in report.verdicts
    ]


@settings(max_examples=EXAMPLES)
@given(landing=landings())
@example(Landing([Change("cells", "complaints", "satisfaction", 0, 4, "0")]))
@example(Landing([Change("cells", "suggestions", "submitted_at", 0, 2, "待定")]))
@example(Landing([Change("cells", "suggestions", "submitted_at", 3, 1, "1970-01-01")]))
@example(Landing([Change("copies", "service_requests", "", 0, 2)]))
@example(Landing([Change("drop", "customers"), Change("cells", "survey_answers", "score", 0, 4, "99")]))
@example(
    Landing([Change("evaluation.yaml", value="targets: [{indicator_id: R4-9, acceptable: 1}]"), Change("encoding", "regions")])
)
@example(Landing([Change("evaluation.yaml", value="refused_limits: {tables: {complaints: 0.3}}"), Change("swap", "complaints")]))
def test_the_verdict_of_the_check_is_that_of_the_run(landing: Landing) -> None:
    with TemporaryDirectory() as folder:
        place = Path(folder) / "landing"
        place.mkdir()
        landing.write(place)
        for label in QUARTERS[: 1 if EXAMPLES < 50 else 2]:
            quarter = Quarter.parse(label)
            found = run_up_to_acceptance(place, quarter, Lake(Path(folder) / f"lake-{label}"))
            assert checked(place, quarter) == [found], (label, landing)


def test_the_delivery_without_a_change_reaches_acceptance_in_both_quarters(tmp_path: Path) -> None:
    Landing([]).write(tmp_path)
    assert checked(tmp_path, None) == [REACHED, REACHED]


def test_an_earlier_delivery_in_the_lake_counts(tmp_path: Path) -> None:
    """Customers of an earlier delivery are known, and its keys are taken; the lake stays as it was."""
    quarter, before, now, lake = Quarter.parse("2025-Q1"), tmp_path / "before", tmp_path / "now", Lake(tmp_path / "lake")
    before.mkdir()
    now.mkdir()
    Landing([]).write(before)
    assert run_up_to_acceptance(before, Quarter.parse("2024-Q4"), lake) == REACHED
    # Request Q0 came with the earlier delivery, in 2024-Q4; two of the three customers did not come again.
    (now / "customers.csv").write_text((before / "customers.csv").read_text().partition("E1,C1,")[0])
    requests = (before / "service_requests.csv").read_text().splitlines(keepends=True)
    (now / "service_requests.csv").write_text("".join([requests[0], *(line for line in requests if ",2025-0" in line)]))
    (now / "regions.csv").write_text((before / "regions.csv").read_text())
    kept = {path: path.stat().st_mtime_ns for path in lake.root.rglob("*.parquet")}
    assert checked(now, quarter) == [(1, "validate", {"service_requests"})]
    assert checked(now, quarter, lake) == [REACHED]
    assert {path: path.stat().st_mtime_ns for path in lake.root.rglob("*.parquet")} == kept
    again = requests[1].replace("2024-11-04", "2025-02-04")
    (now / "service_requests.csv").write_text("".join([requests[0], again, *requests[2:3]]))
    assert checked(now, quarter, lake) == [(1, "validate", {"service_requests"})] == [run_up_to_acceptance(now, quarter, lake)]


FAULTS = [
    [],
    [Change("cells", "complaints", "satisfaction", 0, 4, "0")],
    [Change("evaluation.yaml", value="targets: [{indicator_id: R4-9, acceptable: 1}]")],
    [Change("drop column", "complaints", "complaint_id")],
]


@pytest.mark.parametrize("changes", FAULTS, ids=["none", "range", "plan", "column"])
def test_the_run_by_dagster_ends_like_its_stages(changes: list[Change], tmp_path: Path) -> None:
    import dagster as dg

    from pipeline.extract.assets import extract
    from pipeline.runs import explained
    from pipeline.stage.resources import Places
    from pipeline.unrecorded import unrecorded_instance
    from pipeline.validate.assets import validate

    quarter, landing = Quarter.parse(QUARTERS[0]), tmp_path / "landing"
    landing.mkdir()
    Landing(changes).write(landing)
    places = Settings.of(landing, tmp_path / "lake")
    resource = Places(landing=str(landing), lake=str(places.lake.root), files={n: str(p) for n, p in places.files.items()})
    code = 0
    with unrecorded_instance() as instance:
        try:
            dg.materialize(
                [extract, validate],
                partition_key=quarter.partition_key,
                resources={"places": resource},
                instance=instance,
                run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            )
        except Exception as error:
            cause = explained(error)
            assert isinstance(cause, AsqError), cause
            code = cause.exit_code
    assert run_up_to_acceptance(landing, quarter, Lake(tmp_path / "other"))[0] == code
    assert [each[0] for each in checked(landing, quarter)] == [code]
