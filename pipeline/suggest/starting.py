"""The files with which an evaluation begins: ``sources.yaml``, ``evaluation.yaml``, their schemas, next steps, ``.gitignore``.

Writes new files only.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.settings.documents import SettingsModel, json_schema
from pipeline.settings.plan import EvaluationPlan
from pipeline.settings.sources import SourcesFile
from pipeline.suggest import rendering
from pipeline.suggest.delivery import Delivery, suggested

_SCHEMA_LINE = "# yaml-language-server: $schema={name}.schema.json\n"
_PLAN = """\
# What client and evaluator agree on before anybody looks at the numbers. Every key is optional; these lines are comments, so
# that the defaults hold. All keys: docs/evaluation-plan.md

# mode: third_party              # self_assessment (default) or third_party
# score_method: efficacy         # efficacy (default), threshold or proportional

# targets:                       # for the indicators that the standard names without a number
#   - indicator_id: R4-1
#     requirement: 6
#     acceptable: 3

# not_applicable:                # what the enterprise does not offer; reason and approval are required
#   - enterprise_id: E001
#     indicator_id: R2-1
#     reason: no service vehicles, all service is remote
#     approved_by: evaluation group
#     approved_on: 2025-01-08

# refused_limits:                # share of refused rows above which a table stops a run; default 0.05
#   service_requests: 0.02
"""
_IGNORED = """\
# Delivered files and what is computed from them hold personal data and stay out of version control.
*.csv
*.tsv
*.txt
*.gz
*.parquet
*.xls
*.xlsx
*.xlsm
*.xlsb
*.ods
/lake/
/refused/
"""


def start(folder: Path, files: Sequence[Path], landing: Path, enterprise: str | None = None) -> list[str]:
    """Write the files; returns what to tell.

    folder    where they are written; made if it is not there
    files     the delivered files to describe; may be none
    landing   the folder that holds them

    Raises UsageError, and writes nothing, where one of the files is there already or the folder cannot be written to.
    """
    delivery = suggested(files, landing, enterprise)
    models: dict[str, type[SettingsModel]] = {"sources": SourcesFile, "evaluation": EvaluationPlan}
    contents = {
        "sources.yaml": _SCHEMA_LINE.format(name="sources") + rendering.sources_yaml(delivery),
        "evaluation.yaml": _SCHEMA_LINE.format(name="evaluation") + _PLAN,
        **{
            f"{name}.schema.json": json.dumps(json_schema(each), indent=2, ensure_ascii=False) + "\n"
            for name, each in models.items()
        },
        "README.md": _next_steps(folder, landing, delivery),
        ".gitignore": _IGNORED,
    }
    present = [name for name in contents if (folder / name).exists() or (folder / name).is_symlink()]
    if present:
        raise UsageError(
            f"{folder}: {', '.join(present)} {'is' if len(present) == 1 else 'are'} there already; nothing was written"
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_all(folder, contents)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written to: {error.strerror}") from None
    grades = ", ".join(f"{count} {grade}" for grade, count in rendering.counts(delivery).items())
    return [
        *(f"wrote {folder / name}" for name in contents),
        f"tables proposed: {', '.join(rendering.table_titles(delivery)) or 'none'}; columns: {grades}",
        *(f"{name} cannot be read: {problem}" for name, problem in delivery.unread),
        f"next: read sources.yaml, then {_call('check', folder, landing)}",
    ]


def _write_all(folder: Path, contents: Mapping[str, str]) -> None:
    """Write new files, or none of them."""
    begun: list[Path] = []
    try:
        for name, text in contents.items():
            with (folder / name).open("x", encoding="utf-8") as file:
                begun.append(folder / name)
                file.write(text)
    except OSError:
        for path in begun:
            path.unlink(missing_ok=True)
        raise


def _call(command: str, folder: Path, landing: Path) -> str:
    words = ["asq", *command.split(), "--landing", str(landing)]
    if folder != landing:
        words += ["--sources", str(folder / "sources.yaml"), "--plan", str(folder / "evaluation.yaml")]
    if command.startswith("run"):
        words += ["--lake", str(folder / "lake")]
    return shlex.join(words)


def _next_steps(folder: Path, landing: Path, delivery: Delivery) -> str:
    files = [part.name for proposal in delivery.proposals for part in proposal.file.parts]
    described = "\n".join(f"- `{name}`" for name in files) or "- none yet: put them here, and run `asq suggest` on them"
    return f"""\
# Next steps

Begun by `asq init`. The files described by `sources.yaml`, in `{landing}`:

{described}

1. Read `sources.yaml`. Lines marked *sure* and *likely* are in force; what is *possible* or *open* is a comment: decide it, and
   delete what is wrong. Nothing there is a constant that would be measured; do not add one, leave the column out instead.
   If the files do not name the enterprise, write its id under `defaults`.
2. Check, until nothing is left that stops a run:

   ```
   {_call("check", folder, landing)}
   ```

3. Agree on targets and on what does not apply, in `evaluation.yaml`.
4. Set `ASQ_PSEUDONYM_KEY` (docs/privacy.md), and evaluate a quarter:

   ```
   {_call("run 2025-Q1", folder, landing)}
   ```

The delivered files hold personal data: `.gitignore` keeps them and the lake out of version control.
"""
