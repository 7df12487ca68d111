"""A lake that is not there, or is no lake, is a wrong call for every command that looks at one, and never an empty good answer."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import main

COMMANDS = (
    ("report", "2025-Q1"),
    ("analyse", "2025-Q1"),
    ("quarantine", "list"),
    ("quarantine", "list", "2025-Q1"),
    ("quarantine", "export", "2025-Q1", "--landing", "landing", "--out", "out"),
    ("outliers", "list"),
    ("outliers", "export", "2025-Q1", "--out", "out.csv"),
    ("privacy", "scan"),
    ("privacy", "scan", "--patterns-only"),
    ("privacy", "keys"),
    ("privacy", "rekey"),
    ("purge",),
    ("purge", "--dry-run"),
)


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("kind", ["missing", "empty", "other", "begun"])
def test_no_lake_is_a_wrong_call(words: tuple[str, ...], kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``begun``: a run that ended before its first rows made the zones, and nothing in them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASQ_PSEUDONYM_KEY", "5e" * 32)
    (tmp_path / "landing").mkdir()
    lake = tmp_path / "nolake"
    if kind != "missing":
        lake.mkdir()
    if kind == "other":
        (lake / "photos").mkdir()
    if kind == "begun":
        if words[0] == "purge":
            pytest.skip("nothing to purge is an answer")
        for zone in ("raw", "clean", "quarantine", "published"):
            (lake / zone).mkdir()
    before = sorted(tmp_path.rglob("*"))
    said = CliRunner().invoke(main, [*words, "--lake", str(lake)])
    assert said.exit_code == 2, said.output
    (line,) = said.output.splitlines()
    assert line.startswith("asq: ")
    assert sorted(tmp_path.rglob("*")) == before


def test_a_check_says_that_no_earlier_delivery_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "landing").mkdir()
    said = CliRunner().invoke(main, ["check", "--landing", str(tmp_path / "landing"), "--lake", str(tmp_path / "nolake")])
    assert "nolake: no such folder, so that no earlier delivery is looked at" in said.output
