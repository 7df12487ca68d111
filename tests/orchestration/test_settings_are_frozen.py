"""Settings are read once, when a run starts: whoever edits a file while the run goes on changes the next run.

Every file that users hand in is made unreadable as soon as the run announces its first stage. A stage that read one of them
again would stop the run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from pipeline.calendar.quarters import Quarter
from pipeline.errors import UsageError
from pipeline.flow import EXTRACT
from pipeline.runs import evaluate
from pipeline.settings.handed_in import FILES
from pipeline.settings.places import Settings
from pipeline.stage.progress import listening

from .lakes import current, differing, without_run_id
from .landing import QUARTER, write_landing
from .test_corrections import LINES, write_corrections

pytestmark = pytest.mark.xdist_group("orchestration_corrections")

PLAN = """
mode: third_party
expert_weights: {}
survey:
  margins: population.csv
  invitations: sent.csv
"""
FILES_OF_THE_PLAN = {
    "population.csv": "enterprise_id,region_code,channel,population\nE1,R1,,600\nE1,R2,,400\n",
    "sent.csv": "enterprise_id,survey_id,sent\nE1,S1,100\n",
}
SOURCES = "tables:\n  service_requests:\n    where: \"product_serial <> 'S4'\"\n"
BENCHMARKS = (
    "indicator_id,scope,value,n,source,source_date,licence,valid_from,valid_to,note\nP1-1,industry,0.9,,yearbook,2024-06-01,,,,\n"
)
CAUSES = {
    "fishbone.csv": "enterprise_id,period,indicator_id,dimension,member,category,cause,evidence,status,owner_role\n"
    f"E1,{QUARTER},P1-1,,,人,排班不足,,suspected,\n",
    "five_whys.csv": "enterprise_id,period,indicator_id,dimension,member,problem,why_1,why_2,why_3,why_4,why_5,root_cause,measure,"
    f"owner_role,due_date,status\nE1,{QUARTER},P1-1,,,接通率低,排班不足,,,,,,,,,open\n",
}
FAULTY = {
    "sources.yaml": "tables: {no_such_table: {}}",
    "evaluation.yaml": "no_such_key: 1",
    "outlier_review.csv": "no such column",
    "corrections.csv": "no such column",
    "benchmarks.csv": "no such column",
    "fishbone.csv": "no such column",
    "five_whys.csv": "no such column",
    "population.csv": "no such column",
    "sent.csv": "no such column",
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, Path, dict[str, str]]]:
    """A run that nobody disturbs, one whose files are all made faulty in its middle, and the hashes the files had."""
    folder = tmp_path_factory.mktemp("frozen")
    landing = write_landing(folder / "landing")
    write_corrections(landing, LINES[0])
    (landing / "sources.yaml").write_text(SOURCES, encoding="utf-8")
    (landing / "evaluation.yaml").write_text(PLAN, encoding="utf-8")
    for name, text in FILES_OF_THE_PLAN.items():
        (landing / name).write_text(text, encoding="utf-8")
    write_review(landing / "outlier_review.csv")
    (landing / "benchmarks.csv").write_text(BENCHMARKS, encoding="utf-8")
    for name, text in CAUSES.items():
        (landing / name).write_text(text, encoding="utf-8")
    hashes = {name: hashlib.sha256((landing / name).read_bytes()).hexdigest() for name in FAULTY}
    quarter = Quarter.parse(QUARTER)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASQ_PSEUDONYM_KEY", "5e" * 32)
        evaluate(quarter, Settings.of(landing, folder / "undisturbed"))
        announced: list[str] = []

        def disturb(stage: str, _detail: str) -> None:
            if not announced:
                for name, text in FAULTY.items():
                    (landing / name).write_text(text, encoding="utf-8")
            announced.append(stage)

        with listening(disturb):
            evaluate(quarter, Settings.of(landing, folder / "disturbed"))
        assert announced[0] == EXTRACT
        yield folder / "undisturbed", folder / "disturbed", hashes


def write_review(path: Path) -> None:
    from pipeline.settings.outlier_review import REVIEW_COLUMNS

    decided = {
        "quarter": QUARTER,
        "table": "service_requests",
        "row_key": "E1|request-2025-01-02",
        "measure": "response_minutes",
        "decision": "exclude",
        "reason": "a test call",
        "reviewer": "李工",
        "reviewed_on": "2025-04-02",
    }
    lines = [",".join(REVIEW_COLUMNS), ",".join(decided.get(name, "") for name in REVIEW_COLUMNS)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_every_kind_of_file_is_disturbed() -> None:
    assert {file.file for file in FILES} | FILES_OF_THE_PLAN.keys() == FAULTY.keys()


def test_a_run_uses_the_files_as_they_were_when_it_started(runs: tuple[Path, Path, dict[str, str]]) -> None:
    undisturbed, disturbed, _ = runs
    one, other = (without_run_id(current(lake, QUARTER)) for lake in (undisturbed, disturbed))
    assert one
    assert differing(one, other) == []
    gap = pl.read_parquet(current(disturbed, QUARTER) / "analysis_benchmarks.parquet").filter(period=QUARTER)
    assert gap.select("indicator_id", "benchmark", "source").rows() == [("P1-1", 0.9, "yearbook")]
    causes = pl.read_parquet(current(disturbed, QUARTER) / "analysis_cause_records.parquet")
    assert causes.select("method", "cause", "why_1").rows() == [("fishbone", "排班不足", None), ("five_whys", None, "排班不足")]


def test_the_run_names_the_files_that_it_used(runs: tuple[Path, Path, dict[str, str]]) -> None:
    _, disturbed, hashes = runs
    recorded = dict(pl.read_parquet(current(disturbed, QUARTER) / "run_info.parquet").select("key", "value").iter_rows())
    names = {"population.csv": "survey_margins", "sent.csv": "survey_invitations"} | {file.file: file.name for file in FILES}
    assert {name: recorded[f"{key}_sha256"] for name, key in names.items()} == hashes


def test_the_next_run_sees_the_edit(runs: tuple[Path, Path, dict[str, str]]) -> None:
    _, disturbed, _ = runs
    with pytest.raises(UsageError, match="no_such"):
        evaluate(Quarter.parse(QUARTER), Settings.of(disturbed.parent / "landing", disturbed))
