"""A file that users hand in is one entry of ``FILES``: options, variables and hashes follow from it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from pipeline.commands.check import check
from pipeline.commands.run import backfill, run
from pipeline.errors import UsageError
from pipeline.extract.files import unused_files
from pipeline.settings.frozen import HandedInFiles
from pipeline.settings.handed_in import FILES, HandedIn
from pipeline.settings.places import Settings

EVERY = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)


@EVERY
def test_the_commands_have_an_option_for_it(file: HandedIn) -> None:
    for command in (run, backfill, check):
        (option,) = (each for each in command.params if each.name == file.name)
        assert file.option in option.opts
        assert option.envvar == file.variable
        assert file.file in (option.help or "")  # type: ignore[attr-defined]


@EVERY
def test_it_is_found_in_the_landing_folder_and_where_it_is_given(file: HandedIn, tmp_path: Path) -> None:
    landing, elsewhere = tmp_path / "landing", tmp_path / "elsewhere"
    landing.mkdir()
    elsewhere.write_text("elsewhere")
    assert Settings.of(landing, tmp_path / "lake").files == {}
    (landing / file.file).write_text("here")
    assert Settings.of(landing, tmp_path / "lake").files == {file.name: landing / file.file}
    assert Settings.of(landing, tmp_path / "lake", **{file.name: elsewhere}).files == {file.name: elsewhere}
    with pytest.raises(UsageError, match="nowhere: no such file"):
        Settings.of(landing, tmp_path / "lake", **{file.name: tmp_path / "nowhere"})


@EVERY
def test_the_environment_names_it(file: HandedIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / file.file
    path.write_text("")
    for other in FILES:
        monkeypatch.delenv(other.variable, raising=False)
    monkeypatch.setenv("ASQ_LANDING", "")
    monkeypatch.setenv("ASQ_LAKE", "")
    before = {name: os.environ.get(name) for name in ("ASQ_LANDING", "ASQ_LAKE", *(other.variable for other in FILES))}
    settings = Settings.of(tmp_path, tmp_path / "lake")
    with settings.in_environment():
        assert Settings.from_environment().files == settings.files == {file.name: path}
        with Settings.of(tmp_path / "empty", tmp_path / "lake").in_environment():
            assert Settings.from_environment().files == {}
        assert Settings.from_environment().files == {file.name: path}
    assert {name: os.environ.get(name) for name in before} == before


@EVERY
def test_it_is_kept_as_it_was_when_it_was_read(file: HandedIn, tmp_path: Path) -> None:
    path = tmp_path / file.file
    path.write_bytes(b"")
    frozen = HandedInFiles.frozen({file.name: path})
    path.write_text("edited")
    assert frozen.fingerprints() == {file.name: hashlib.sha256(b"").hexdigest()}
    assert [*frozen.paths()] == [path]


@EVERY
def test_no_table_is_expected_of_it(file: HandedIn, tmp_path: Path) -> None:
    (tmp_path / file.file).write_text("")
    assert unused_files(tmp_path, []) == []
