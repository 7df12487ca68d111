"""``asq init`` writes what ``asq check`` passes, or what says what is open; it touches nothing that is there."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from click.testing import CliRunner, Result

from pipeline.cli import main

WRITTEN = [".gitignore", "README.md", "evaluation.schema.json", "evaluation.yaml", "sources.schema.json", "sources.yaml"]


def asq(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def check(landing: Path, folder: Path) -> Result:
    return asq("check", "--landing", landing, "--sources", folder / "sources.yaml", "--plan", folder / "evaluation.yaml")


@pytest.mark.parametrize("given", ["repair_shop", "event_log", "change_log"])
def test_check_passes(given: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    path: Path = request.getfixturevalue(given)
    before = path.read_bytes()
    folder = tmp_path / "evaluation"
    result = asq("init", folder, path, "--enterprise", "ACME")
    assert result.exit_code == 0, result.output
    assert sorted(each.name for each in folder.iterdir()) == WRITTEN
    assert path.read_bytes() == before
    checked = check(path.parent, folder)
    assert checked.exit_code == 0, checked.output
    assert "0 errors" in checked.output


def test_check_says_what_is_open(wide_survey: Path, tmp_path: Path) -> None:
    assert asq("init", tmp_path / "evaluation", wide_survey, "--enterprise", "ACME").exit_code == 0
    checked = check(wide_survey.parent, tmp_path / "evaluation")
    assert checked.exit_code == 1
    for column in ("customer_id", "is_complete"):
        assert column in checked.output
        assert f"# open: {column} is required" in (tmp_path / "evaluation" / "sources.yaml").read_text(encoding="utf-8")


def test_nothing_is_overwritten(repair_shop: Path, tmp_path: Path) -> None:
    folder = tmp_path / "evaluation"
    folder.mkdir()
    (folder / "evaluation.yaml").write_text("mode: third_party\n")
    result = asq("init", folder, repair_shop)
    assert result.exit_code == 2
    assert "evaluation.yaml is there already; nothing was written" in result.output
    assert [each.name for each in folder.iterdir()] == ["evaluation.yaml"]
    assert (folder / "evaluation.yaml").read_text() == "mode: third_party\n"


def test_files_in_the_folder_are_described_without_naming_them(repair_shop: Path) -> None:
    landing = repair_shop.parent
    assert asq("init", landing, "--enterprise", "ACME").exit_code == 0
    assert "工单导出.csv" in (landing / "sources.yaml").read_text(encoding="utf-8")
    checked = asq("check", "--landing", landing)
    assert checked.exit_code == 0, checked.output


def test_an_empty_folder_gets_files_to_begin_with(tmp_path: Path) -> None:
    assert asq("init", tmp_path / "new").exit_code == 0
    assert yaml.safe_load((tmp_path / "new" / "sources.yaml").read_text(encoding="utf-8"))["tables"] == {}


def test_editors_are_told_the_schema(repair_shop: Path, tmp_path: Path) -> None:
    folder = tmp_path / "evaluation"
    asq("init", folder, repair_shop)
    for name in ("sources", "evaluation"):
        text = (folder / f"{name}.yaml").read_text(encoding="utf-8")
        assert text.startswith(f"# yaml-language-server: $schema={name}.schema.json\n")
        schema = json.loads((folder / f"{name}.schema.json").read_text(encoding="utf-8"))
        assert schema == json.loads(asq("schema", name).output)
        jsonschema.validate(yaml.safe_load(text) or {}, schema)
    # The files do not name the enterprise, and nobody invents one.
    assert "# open: the id of the enterprise" in (folder / "sources.yaml").read_text(encoding="utf-8")
