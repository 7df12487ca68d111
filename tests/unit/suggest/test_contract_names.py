"""A delivery in the contract's own names, and in names that exports give them: proposed as it is, and nobody is shown."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner
from made_deliveries import proposal_of

from pipeline.calendar.quarters import Quarter
from pipeline.cli import main
from pipeline.sample.write import write_sample
from pipeline.suggest import rendering
from schemas.column_labels import column_label
from schemas.contract import TABLES

DELIVERED = ("complaints", "customers", "service_requests", "staff", "training_records")
_ENCODINGS = ("utf-8", "gb18030")


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """Some tables of the sample, as text."""
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder, [Quarter(2025, 1)], 200, seed=1, defects=False)
    found = {}
    for name in DELIVERED:
        content = (folder / f"{name}.csv").read_bytes()
        for encoding in _ENCODINGS:
            try:
                found[name] = pl.read_csv(content.decode(encoding).encode(), infer_schema=False)
                break
            except UnicodeDecodeError:
                continue
    return found


def test_the_contracts_own_names_are_taken_and_check_passes(sample: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    for name, frame in sample.items():
        frame.write_csv(landing / f"{name}.csv")
    delivery = proposal_of(*sorted(landing.iterdir()), enterprise=None)
    for proposal in delivery.proposals:
        assert proposal.match is not None
        assert proposal.file.parts[0].name == f"{proposal.match.table.name}.csv"
        assert {name: match.sources for name, match in proposal.match.active().items()} == {
            name: (name,) for name in proposal.file.names
        }
    result = CliRunner().invoke(main, ["init", str(landing)])
    assert result.exit_code == 0, result.output
    checked = CliRunner().invoke(main, ["check", "--landing", str(landing), "--json"])
    found = json.loads(checked.output)
    # References to tables that did not come are no faults of the mapping.
    assert [each["problem"] for each in found["findings"] if each["level"] == "error" and each["rule"] != "foreign_key"] == []
    shutil.rmtree(landing)


@pytest.mark.parametrize("which", [0, -1])
def test_names_of_exports_are_understood(sample: dict[str, pl.DataFrame], which: int, tmp_path: Path) -> None:
    """First the Chinese names, then English ones; the files' names say nothing."""
    for place, (name, frame) in enumerate(sample.items()):
        called: dict[str, str] = {}
        for column in frame.columns:
            free = [other for other in column_label(name, column).other_names if other not in called.values()]
            called[column] = free[which] if free else column
        path = tmp_path / f"file_{'abcdefgh'[place]}.csv"
        frame.rename(called).write_csv(path)
        (proposal,) = proposal_of(path).proposals
        assert proposal.match is not None
        assert proposal.match.table.name == name
        found = {column: match for column, match in proposal.match.matches.items() if column in called}
        wrong = {column: match.sources for column, match in found.items() if called[column] not in match.sources}
        assert wrong == {}
        assert len(found) >= 0.8 * len(called)


def test_no_personal_value_is_printed(sample: dict[str, pl.DataFrame], tmp_path: Path) -> None:
    paths = []
    for name, frame in sample.items():
        paths.append(tmp_path / f"{name}.csv")
        frame.write_csv(paths[-1])
    delivery = proposal_of(*paths)
    said = (
        "\n".join(rendering.lines(delivery))
        + rendering.sources_yaml(delivery)
        + json.dumps(rendering.as_dict(delivery), ensure_ascii=False)
    )
    personal = {
        value
        for name, frame in sample.items()
        for column in TABLES[name].columns
        if column.pii and column.name in frame.columns
        for value in frame[column.name].drop_nulls()
        if len(value) >= 3
    }
    assert len(personal) > 100
    assert [value for value in personal if value in said] == []
