"""One quarter's acceptance from figures to pages: measured, checked, written into the run's folder.

Orders the steps and their files; each step is a module of its own.
"""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

import polars as pl
from jinja2 import Environment, PackageLoader, StrictUndefined

from pipeline.accept import gx_process
from pipeline.accept.figures import measure
from pipeline.accept.verdicts import NOT_JUDGED, REFUSED, VERDICTS, checks_for_run, explain, shown, verdicts, what_to_do
from pipeline.calendar.quarters import Quarter
from pipeline.errors import DataRefused
from pipeline.lake.files import atomic_path, work_folder
from pipeline.lake.layout import Lake
from pipeline.lake.run_folder import RunFolder
from pipeline.settings.plan import Acceptance
from schemas.contract import TABLES
from schemas.standard.edition import standard_edition
from schemas.standard.parameters import parameters

RESULTS = "acceptance_results"
INDEX = "index.html"
# If a delivery is refused, this many causes are named; the page has them all.
_CAUSES_NAMED = 3
VERDICTS_ZH = {"pass": "通过", "warn": "提示", "refuse": "不通过", "waived": "豁免", "not_judged": "不判定"}


class DeliveryNotAcceptable(DataRefused):
    """A figure of the quarter's delivery is outside its required range: nobody could sign for numbers made from it."""

    @classmethod
    def of(cls, quarter: Quarter, found: pl.DataFrame, page: Path) -> DeliveryNotAcceptable:
        refused = found.filter(pl.col("verdict") == REFUSED)
        causes = [explain(row) for row in refused.head(_CAUSES_NAMED).iter_rows(named=True)]
        remedies = dict.fromkeys(what_to_do(row) for row in refused.iter_rows(named=True))
        more = f"; and {refused.height - _CAUSES_NAMED} more" if refused.height > _CAUSES_NAMED else ""
        return cls(
            f"{quarter}: the delivery is not acceptable. {'; '.join(causes)}{more}. All figures: {page}. What to do: "
            f"{'; '.join(remedies)}; or waive the check in the evaluation plan with a reason (acceptance.waivers)"
        )


def accept_quarter(lake: Lake, quarter: Quarter, run: RunFolder, acceptance: Acceptance, tables: list[str]) -> pl.DataFrame:
    """Measure and check the tables; writes ``acceptance_results`` and its pages, and returns the verdicts as they may be shown.

    The Data Docs may still be in the making when this returns; ``finish_pages`` waits for them. Raises ChecksNotRun if
    Great Expectations gives no answer.
    """
    gx_process.start()
    numbers = {name: parameter.value for name, parameter in parameters().items()}
    delivered = [name for name in tables if lake.partition("clean", name, quarter).is_file()]
    figures = measure(quarter, lake, numbers, delivered)
    questions = checks_for_run(acceptance, delivered)
    pages = run.acceptance_pages
    shutil.rmtree(pages, ignore_errors=True)
    pages.mkdir(parents=True)
    with work_folder(lake.scratch, "checked") as work:
        missed = gx_process.check(figures, questions, quarter.label, work, pages)
    found = verdicts(quarter, figures, questions, missed, acceptance.waivers)
    run.write(RESULTS, found)
    found = shown(found)
    with atomic_path(pages / INDEX) as path:
        path.write_text(index_page(quarter, found), encoding="utf-8", newline="\n")
    return found


def keep_pages(lake: Lake, quarter: Quarter, run: RunFolder) -> Path:
    """Keep the pages of a stopped quarter, whose run folder will be discarded; returns the page to read.

    A later run replaces them.
    """
    gx_process.finish_pages()
    kept = lake.root / "refused" / f"quarter={quarter.label}"
    kept.parent.mkdir(parents=True, exist_ok=True)
    fresh = kept.with_name(f".{kept.name}.{uuid.uuid4().hex}.tmp")
    shutil.copytree(run.acceptance_pages, fresh)
    with lake.lock("refused"):
        shutil.rmtree(kept, ignore_errors=True)
        fresh.rename(kept)
    return kept / INDEX


def index_page(quarter: Quarter, found: pl.DataFrame) -> str:
    """The page that a person signs: every figure with its limits and verdict, and room for three signatures."""
    environment = Environment(
        loader=PackageLoader("pipeline.accept"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    counts = {verdict: found.filter(pl.col("verdict") == verdict).height for verdict in VERDICTS}
    tables = [
        {
            "name": name,
            "title": TABLES[name].title,
            "rows": rows.to_dicts(),
            "has_page": bool(set(rows["verdict"]) - {NOT_JUDGED}),
        }
        for (name,), rows in found.group_by(["table"], maintain_order=True)
    ]
    return environment.get_template("acceptance.html.j2").render(
        quarter=quarter.label, edition=standard_edition(), counts=counts, words=VERDICTS_ZH, tables=tables
    )
