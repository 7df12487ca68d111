"""The process in which Great Expectations runs: checks the figures of a quarter and writes its Data Docs.

A separate process, because the import takes seconds and hundreds of megabytes; it starts while other stages work. Reads one
JSON job per line from standard input; for each, writes a line of results to standard output as soon as they are known, and
another when the pages are written. Only checks: the figures come measured, and the caller decides what follows.
"""

from __future__ import annotations

import gc
import importlib.util
import json
import re
import socket
import sys
from contextlib import chdir
from pathlib import Path
from types import ModuleType
from typing import IO, TYPE_CHECKING, Any

from schemas.expectations.acceptance import ENTERPRISE, Bounds, Check, checks, suite

if TYPE_CHECKING:
    from great_expectations.core import ExpectationSuiteValidationResult

STYLE = Path(__file__).with_name("data_docs.css")
_TEMPLATES = Path(__file__).parent / "templates" / "data_docs"
# What of the pages needs scripts, or leads to the maker of Great Expectations.
_LEFT_OUT = ("page_action_card.j2", "top_navbar.j2", "js_script_imports.j2", "favicon.j2", "cloud-footer.j2", "cta_footer.j2")
_POLICY = "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
# What the pages would load from elsewhere when opened, including a picture that reports the opening.
_LOADED = re.compile(
    r"<script\b.*?</script>|<style\b.*?</style>|<link\b[^>]*>|<nav class=\"navbar.*?</nav>\s*</div>\s*</nav>", re.DOTALL
)
_LINKS = re.compile(r"<a\b[^>]*href=\"(?!#)[^\"]*\"[^>]*>(.*?)</a>", re.DOTALL)
_WHEN = re.compile(r"\d{8}T\d{6}\.\d+Z")
# Two expectations draw charts and compute entropies with these; none here does. A quarter of the import's time.
_ONLY_FOR_SOME_EXPECTATIONS = ("altair", "scipy.stats")
_RANDOM_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def main() -> None:
    """Answer jobs until standard input ends."""
    answers, sys.stdout = sys.stdout, sys.stderr
    validator = Validator()
    for line in sys.stdin:
        answer(validator, json.loads(line), answers)


def answer(validator: Validator, job: dict[str, Any], answers: IO[str]) -> None:
    """Do one job: ``database`` (an SQLite file with one table per checked table), ``limits`` (by table, the checks with the
    limits of this run), ``label`` (the quarter) and ``pages`` (an existing folder).
    """
    try:
        database = Path(job["database"])
        # Great Expectations refuses addresses with spaces or "$" in them, so it gets the file's name only.
        with chdir(database.parent):
            found = validator.validate(database.name, {table: _checks(table, of) for table, of in job["limits"].items()})
        results = [entry for table, result in found.items() for entry in _entries(table, result)]
        _say(answers, {"results": results})
        for table, result in found.items():
            (Path(job["pages"]) / f"{table}.html").write_text(validator.page(table, result, job["label"]), encoding="utf-8")
        _say(answers, {"pages": sorted(found)})
    except Exception as error:
        _say(answers, {"error": f"{type(error).__name__}: {error}"})


def _say(answers: IO[str], message: dict[str, Any]) -> None:
    answers.write(json.dumps(message, ensure_ascii=False) + "\n")
    answers.flush()


class Validator:
    """Great Expectations, imported and ready."""

    def __init__(self) -> None:
        # urllib3 binds a local socket during import to test for IPv6; nothing here uses a network.
        socket.has_ipv6 = False

        # What is imported stays until the process ends; searching it for garbage takes as long as checking a table.
        gc.disable()
        for name in _ONLY_FOR_SOME_EXPECTATIONS:
            _import_when_used(name)
        import great_expectations as gx
        from great_expectations.data_context.types.base import ProgressBarsConfig
        from great_expectations.render.renderer import ValidationResultsPageRenderer
        from great_expectations.render.view import DefaultJinjaPageView
        from jinja2 import ChoiceLoader, DictLoader, FileSystemLoader

        self._context = gx.get_context(mode="ephemeral")
        self._context.variables.progress_bars = ProgressBarsConfig(globally=False)
        self._renderer = ValidationResultsPageRenderer()
        # One for all pages: each compiles its templates again.
        self._view = DefaultJinjaPageView()
        standing = self._view.env.loader
        assert standing is not None
        ours = [DictLoader(dict.fromkeys(_LEFT_OUT, "")), FileSystemLoader(_TEMPLATES)]
        self._view.env.loader = ChoiceLoader([*ours, standing])
        self._jobs = 0
        gc.freeze()
        gc.enable()

    def validate(self, database: str, asked: dict[str, tuple[Check, ...]]) -> dict[str, ExpectationSuiteValidationResult]:
        """The validation result of every table of an SQLite file, in the given order, listing each figure out of range."""
        self._jobs += 1
        source = self._context.data_sources.add_sqlite(
            name=f"acceptance-{self._jobs}", connection_string=f"sqlite:///{database}", create_temp_table=False
        )
        found = {}
        for table, of in asked.items():
            batch = source.add_table_asset(name=table, table_name=table).add_batch_definition_whole_table("quarter").get_batch()
            found[table] = batch.validate(suite(table, of), result_format="COMPLETE")
        source.get_engine().dispose()
        return found

    def page(self, table: str, result: ExpectationSuiteValidationResult, label: str) -> str:
        """The Data Docs page of a table's result, which loads nothing, runs nothing and is the same every time."""
        text = self._view.render(self._renderer.render(result))
        text = _LINKS.sub(r"\1", _LOADED.sub("", text))
        ids: dict[str, str] = {}
        text = _RANDOM_ID.sub(lambda found: ids.setdefault(found[0], f"id-{len(ids) + 1}"), text)
        text = _WHEN.sub(label, text)
        # The policy comes first: it governs what follows.
        text = re.sub(r"<head>", f"<head>\n{_POLICY}", text, count=1)
        head = f"<title>{label} {table}</title>\n<style>\n{STYLE.read_text(encoding='utf-8')}</style>\n</head>"
        return re.sub(r"<title>.*?</title>", "", text, flags=re.DOTALL).replace("</head>", head, 1)


def _import_when_used(name: str) -> None:
    """Put a module into ``sys.modules`` that is imported when something of it is asked for.

    ``importlib.util.LazyLoader`` does not serve: on Python 3.11 the second import statement already loads the module.
    """
    stand_in = ModuleType(name)
    stand_in.__spec__ = importlib.util.find_spec(name)

    def attribute(asked: str) -> Any:
        if asked.startswith("__"):
            raise AttributeError(asked)
        if sys.modules.get(name) is stand_in:
            del sys.modules[name]
        return getattr(importlib.import_module(name), asked)

    stand_in.__getattr__ = attribute  # type: ignore[method-assign]
    sys.modules[name] = stand_in


def _checks(table: str, limits: dict[str, Any]) -> tuple[Check, ...]:
    known = {check.name: check for check in checks()[table]}
    return tuple(
        known[name].with_limits(Bounds(*of["expected"]), Bounds(*of["required"]) if of["required"] else None)
        for name, of in limits.items()
    )


def _entries(table: str, result: ExpectationSuiteValidationResult) -> list[dict[str, Any]]:
    entries = []
    for each in result.results:
        config = each.expectation_config
        assert config is not None
        if each.exception_info.get("raised_exception") or "raised_exception" not in each.exception_info:
            # An expectation that could not be evaluated is not a finding about the data.
            raise RuntimeError(f"{table}.{config.meta['check']}: {each.exception_info}")
        missed = each.result["details"]["unexpected_rows"] or []
        entries.append(
            {
                "table": table,
                "check": config.meta["check"],
                "kind": config.meta["kind"],
                "missed": [entry[ENTERPRISE] for entry in missed],
            }
        )
    return entries


if __name__ == "__main__":
    main()
