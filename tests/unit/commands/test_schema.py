"""``asq schema``: what editors are told fits the documented examples and refuses a misspelt key, as the readers do."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner
from pydantic import ValidationError

from pipeline.cli import main
from pipeline.settings.documents import json_schema
from pipeline.settings.plan import EvaluationPlan
from pipeline.settings.sources import SourcesFile

ROOT = Path(__file__).resolve().parents[3]


def schema_of(file: str) -> dict[str, Any]:
    result = CliRunner().invoke(main, ["schema", file])
    assert result.exit_code == 0, result.output
    described: dict[str, Any] = json.loads(result.output)
    jsonschema.Draft202012Validator.check_schema(described)
    return described


def as_an_editor_reads(text: str) -> Any:
    """YAML as JSON has it: dates are texts, keys too."""
    return json.loads(json.dumps(yaml.safe_load(text), default=str))


def faults(file: str, text: str) -> list[str]:
    validator = jsonschema.Draft202012Validator(schema_of(file))
    return [error.message for error in validator.iter_errors(as_an_editor_reads(text))]


def examples(file: str) -> list[str]:
    page = {"evaluation": "evaluation-plan.md", "sources": "bring-your-own-data.md"}[file]
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / page).read_text(encoding="utf-8"), re.DOTALL)
    # The others show a part of the file.
    whole = blocks[:1] if file == "evaluation" else [text for text in blocks if text.startswith("defaults:")]
    delivered = [path.read_text(encoding="utf-8") for path in sorted(ROOT.glob(f"examples/**/{file}.yaml"))]
    assert whole
    assert delivered
    return whole + delivered


@pytest.mark.parametrize("file", ["evaluation", "sources"])
def test_the_documented_examples_fit(file: str) -> None:
    for text in examples(file):
        assert faults(file, text) == []


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        ("evaluation", "modes: third_party", "'modes' was unexpected"),
        ("evaluation", "overlays: {grades: true}", "'grades' was unexpected"),
        ("evaluation", "mode: audit", "'audit' is not one of ['self_assessment', 'third_party']"),
        ("evaluation", "not_rateable_above: 20", "20 is greater than the maximum of 1"),
        ("evaluation", "not_rateable_above: 6:30", "390 is greater than the maximum of 1"),
        ("evaluation", "targets: [{indicator_id: R4-1}]", "'acceptable' is a required property"),
        ("evaluation", "privacy: {diversity: 2}", "'diversity' was unexpected"),
        ("evaluation", "survey: {margins: [a.csv]}", "is not of type"),
        ("sources", "default: {}", "'default' was unexpected"),
        ("sources", "defaults: {enterprise: ACME}", "'enterprise' is not one of"),
        ("sources", "tables: {stafff: {}}", "'stafff' was unexpected"),
        ("sources", "tables: {staff: {column: {}}}", "'column' was unexpected"),
        ("sources", "tables: {staff: {columns: {rolle: x}}}", "'rolle' is not one of"),
        ("sources", "tables: {staff: {columns: {role: {form: x}}}}", "is not valid under any of the given schemas"),
        ("sources", "tables: {staff: {defaults: {}}}", "'defaults' was unexpected"),
        ("sources", "tables: {staff: {format: {sheets: 1}}}", "'sheets' was unexpected"),
    ],
)
def test_mistakes_are_marked(file: str, text: str, fault: str) -> None:
    assert any(fault in each for each in faults(file, text)), faults(file, text)


@pytest.mark.parametrize(
    "name", ["calls", "通话", "calls_2024", "Calls", "_calls", "2024", "daily calls", "a-b", "a.b", "a'b", "", "通话（旧）"]
)
def test_names_of_prepared_files_are_those_that_are_read(name: str) -> None:
    text = yaml.safe_dump(
        {"tables": {"staff": {"prepare": {"files": {name: "a.csv"}, "select": "select 1"}, "columns": {"role": "x"}}}},
        allow_unicode=True,
    )
    try:
        SourcesFile.model_validate(yaml.safe_load(text))
        is_read = True
    except ValidationError:
        is_read = False
    # Marks outside of ASCII are only found when the file is read.
    assert (faults("sources", text) == []) == is_read or name == "通话（旧）"


def test_texts_may_look_like_numbers_and_words_like_flags() -> None:
    text = "defaults: {enterprise_id: 007}\ntables: {staff: {format: {sheet: 2024}, columns: {role: {values: {1: no}}}}}\n"
    assert faults("sources", text) == []


@pytest.mark.parametrize("model", [EvaluationPlan, SourcesFile])
def test_every_key_is_described(model: Any) -> None:
    described = json_schema(model)
    parts = [described, *described["$defs"].values()]
    keys = [(part.get("title"), key, value) for part in parts for key, value in part.get("properties", {}).items()]
    assert len(keys) > 20
    assert [(part, key) for part, key, value in keys if not value.get("description")] == []


def test_the_schema_goes_to_a_file(tmp_path: Path) -> None:
    out = tmp_path / "evaluation.schema.json"
    assert CliRunner().invoke(main, ["schema", "evaluation", "--out", str(out)]).output == ""
    assert json.loads(out.read_text(encoding="utf-8")) == schema_of("evaluation")
