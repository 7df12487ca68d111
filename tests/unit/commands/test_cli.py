"""The command line explains what is wrong with a call: a message and the exit code, never a traceback."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pipeline.calendar.quarters import Quarter
from pipeline.cli import main
from pipeline.commands.run import _warn_undelivered
from pipeline.settings.outlier_review import REVIEW_COLUMNS
from pipeline.settings.places import Settings

SUGGESTIONS = "enterprise_id,suggestion_id,source,submitted_at\nA,S1,customer,2025-02-03\n"


def asq(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    folder = tmp_path / "landing"
    folder.mkdir()
    (folder / "suggestions.csv").write_text(SUGGESTIONS)
    return folder


@pytest.fixture
def unwritable(tmp_path: Path) -> list[Path]:
    """Folders that cannot be made: below a file, and where not even root may write."""
    (tmp_path / "file").write_text("x")
    return [tmp_path / "file" / "below", Path("/proc/below")]


def test_a_lake_that_cannot_be_written_to(landing: Path, unwritable: list[Path]) -> None:
    for lake in unwritable:
        result = asq("run", "2025-Q1", "--landing", landing, "--lake", lake)
        assert result.exit_code == 2, result.output
        assert f"asq: {lake}: cannot be written to: " in result.output


def test_a_sample_folder_that_cannot_be_written_to(unwritable: list[Path]) -> None:
    for folder in unwritable:
        result = asq("sample", folder, "--quarters", "2025-Q1")
        assert result.exit_code == 2, result.output
        assert f"asq: {folder}: cannot be written to: " in result.output


@pytest.mark.parametrize("label", ["0000-Q1", "9999-Q4", "2100-Q1"])
def test_a_quarter_far_from_our_time(landing: Path, tmp_path: Path, label: str) -> None:
    result = asq("run", label, "--landing", landing, "--lake", tmp_path / "lake")
    assert (result.exit_code, result.output) == (2, f"asq: '{label}' is not a quarter of the years 1900 to 2099\n")


@pytest.mark.parametrize("command", ["run", "backfill"])
def test_a_quarter_that_has_not_begun(landing: Path, tmp_path: Path, command: str) -> None:
    coming = Quarter.of(dt.date.today() + dt.timedelta(days=2)).shift(1)
    asked = coming.label if command == "run" else f"2025-Q1..{coming.label}"
    result = asq(command, asked, "--landing", landing, "--lake", tmp_path / "lake")
    assert result.exit_code == 2
    assert result.output.endswith(f" has not begun: its first day is {coming.first_day}\n")
    assert not (tmp_path / "lake").exists()


@pytest.mark.parametrize(
    ("sources", "contents", "code"),
    [
        ("tables: {sugestions: {}}", SUGGESTIONS, 2),
        ("tables: {suggestions: {files: x*.csv}}", SUGGESTIONS, 2),
        ("tables: {suggestions: {columns: {content: {from: note}}}}", SUGGESTIONS, 2),
        ("", SUGGESTIONS.replace("suggestion_id", "id"), 1),
        ("", SUGGESTIONS, 0),
    ],
)
def test_check_tells_a_wrong_configuration_from_wrong_data(landing: Path, sources: str, contents: str, code: int) -> None:
    (landing / "sources.yaml").write_text(sources)
    (landing / "suggestions.csv").write_text(contents)
    assert asq("check", "--landing", landing).exit_code == code


def test_check_as_json_and_of_one_quarter(landing: Path) -> None:
    (landing / "suggestions.csv").write_text(SUGGESTIONS + "A,S2,guest,2025-02-03\nA,S3,customer,2024-12-31\n")
    result = asq("check", "2025-Q1", "--landing", landing, "--json")
    said = json.loads(result.stdout)
    assert (result.exit_code, said["exit_code"]) == (1, 1)
    assert [(run["quarter"], run["stage"], run["rows"], run["refused"]) for run in said["runs"]] == [("2025-Q1", "validate", 2, 1)]
    (found,) = [finding for finding in said["findings"] if finding["level"] == "error"]
    assert {name: found[name] for name in ("table", "file", "column", "rule", "count")} == {
        "table": "suggestions", "file": "suggestions.csv", "column": "source", "rule": "allowed_values", "count": 1,
    }  # fmt: skip
    assert found["seen"] == [{"text": "aaaaa", "count": 1, "file": "suggestions.csv", "row": 3}]
    assert "I1-2" in said["not_delivered"]["tables"]["complaints"]
    assert asq("check", "2024-Q4", "--landing", landing).exit_code == 0
    assert asq("check", "2024-Q3", "--landing", landing).exit_code == 2
    assert asq("check", "2024-13", "--landing", landing).exit_code == 2


def test_names_that_no_table_has_are_told_after_a_run(landing: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (landing / "mistery_visits.csv").write_text("x")
    _warn_undelivered(Settings.of(landing, tmp_path / "lake"))
    missing, unused = capsys.readouterr().err.splitlines()
    assert missing.startswith("asq: tables not delivered: ")
    assert " mystery_visits" in missing
    assert "suggestions" not in missing
    assert unused == "asq: files that feed no table: mistery_visits.csv"


def test_check_reads_the_plan_and_the_files_it_names(landing: Path) -> None:
    population = landing / "survey_margins.csv"
    population.write_text("enterprise_id,region_code,channel,population\nA,N,phone,5\n")
    assert "survey_margins.csv: feeds no table" in asq("check", "--landing", landing).output
    (landing / "evaluation.yaml").write_text("survey: {margins: survey_margins.csv}\n")
    result = asq("check", "--landing", landing)
    assert (result.exit_code, "survey_margins.csv" in result.output) == (0, False), result.output
    population.write_text("enterprise_id,region_code,channel,population\nA,N,fax,5\n")
    result = asq("check", "--landing", landing)
    assert result.exit_code == 2
    assert "survey_margins.csv: row 2, column channel: 'fax' is not one of" in result.output


def test_check_reads_corrections_and_review_wherever_it_is_called_from(landing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(landing.parent)
    (landing / "corrections.csv").write_text(
        "table,key,column,before,after,reason,author,expires_on\nsuggestions,,source,client,customer,old word,Li,2025-12-31\n"
    )
    review = {"quarter": "2025-Q1", "table": "service_requests", "row_key": "A|R1", "measure": "response_minutes"}
    columns = ",".join(REVIEW_COLUMNS)
    (landing / "outlier_review.csv").write_text(columns + "\n" + _line(review) + "\n")
    result = asq("check", "--landing", "landing")
    assert (result.exit_code, "feeds no table" in result.output, "outlier_review" in result.output) == (0, False, False)
    # The landing folder has no row with this word.
    assert "suggestions: 1 corrections not applied, no such row: corrections.csv row 2" in result.output
    (landing / "outlier_review.csv").write_text(columns + "\n" + _line(review | {"decision": "exclude"}) + "\n")
    result = asq("check", "--landing", "landing")
    assert result.exit_code == 2
    assert "outlier_review.csv: row 2, column reason: must not be empty" in result.output
    result = asq("check", "--landing", "landing", "--outlier-review", "landing/none.csv")
    assert result.exit_code == 2
    assert "none.csv" in result.output


def _line(cells: dict[str, str]) -> str:
    return ",".join(cells.get(name, "") for name in REVIEW_COLUMNS)
