"""docs/architecture.md and the READMEs describe the tree and the flow that are there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from pipeline import flow

REPO = Path(__file__).resolve().parents[3]
ARCHITECTURE = REPO / "docs" / "architecture.md"
READMES = [REPO / "README.md", REPO / "README.zh-CN.md"]
PAGES = [*READMES, *sorted((REPO / "docs").glob("*.md")), *sorted((REPO / "docs" / "decisions").glob("*.md"))]

FOLDERS = ("benchmarks", "dbt_project", "docs", "examples", "pipeline", "schemas", "tests")
REPOSITORY_PATH = re.compile(rf"`((?:{'|'.join(FOLDERS)})/[^`\s]*)`")
MODEL = re.compile(r"`((?:stg|int|mart|fct|dim)_\w+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def section(page: Path, heading: str) -> str:
    """What stands under a second-level heading."""
    _, _, rest = text_of(page).partition(f"\n## {heading}\n")
    assert rest, f"{page.name} has no section {heading}"
    return rest.split("\n## ")[0]


def rows(text: str) -> list[list[str]]:
    """The cells of a section's table, without its header."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[2:]]


def fenced(text: str) -> str:
    (block,) = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    return block


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text_of(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_stage_table_quotes_the_flow_word_for_word() -> None:
    assert rows(section(ARCHITECTURE, "The stages")) == [[stage.name, stage.does, stage.reads] for stage in flow.STAGES]


def test_the_floors_are_those_of_the_import_contract() -> None:
    settings = tomllib.loads(text_of(REPO / "pyproject.toml"))
    (layers,) = [each["layers"] for each in settings["tool"]["importlinter"]["contracts"] if each["type"] == "layers"]
    assert fenced(section(ARCHITECTURE, "The floors")).splitlines() == layers


def test_the_folders_with_assets_are_the_stages() -> None:
    assert {path.parent.name for path in (REPO / "pipeline").glob("*/assets.py")} == set(flow.NAMES)


def test_every_other_folder_stands_beside_the_stages() -> None:
    packages = {path.parent.name for path in (REPO / "pipeline").glob("*/__init__.py")}
    described = {name for name, _ in rows(section(ARCHITECTURE, "Beside the stages"))}
    assert described == {f"`pipeline/{name}/`" for name in packages - set(flow.NAMES)} | {
        "`schemas/`",
        "`dbt_project/`",
    }


def test_the_walk_passes_every_stage_in_order() -> None:
    steps = [step for step, *_ in rows(section(ARCHITECTURE, "One record from cell to report")) if step]
    assert steps == list(flow.NAMES)


@pytest.mark.parametrize(("readme", "heading"), [(READMES[0], "The flow"), (READMES[1], "流程")], ids=["English", "Chinese"])
def test_the_readme_shows_every_stage_in_order(readme: Path, heading: str) -> None:
    flow_section = section(readme, heading)
    assert re.findall(r"^- \*\*(\w+)\*\*", flow_section, re.MULTILINE) == list(flow.NAMES)
    assert re.findall(rf"\b({'|'.join(flow.NAMES)})\b", fenced(flow_section)) == list(flow.NAMES)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPO)))
def test_every_path_on_the_page_exists(page: Path) -> None:
    # `pipeline/<stage>/` stands for all of them
    named = [path for path in REPOSITORY_PATH.findall(text_of(page)) if "<" not in path]
    assert [path for path in named if not any(REPO.glob(path.rstrip("/")))] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPO)))
def test_every_link_on_the_page_leads_somewhere(page: Path) -> None:
    broken = []
    for link in LINK.findall(text_of(page)):
        if "://" in link:
            continue
        target, _, anchor = link.partition("#")
        found = (page.parent / target).resolve() if target else page
        if not found.exists() or (anchor and anchor not in anchors(found)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPO)))
def test_every_dbt_model_on_the_page_exists(page: Path) -> None:
    models = {path.stem for path in (REPO / "dbt_project" / "models").rglob("*.sql")}
    assert set(MODEL.findall(text_of(page))) <= models
