"""``asq schema``: the JSON Schema of a settings file, for editors that complete keys and mark mistakes, and of JSON reports."""

from __future__ import annotations

from pathlib import Path

import click

from pipeline.commands.options import remember_output


@click.command()
@click.argument("file", type=click.Choice(("evaluation", "sources", "report")))
@click.option(
    "--out", type=click.Path(dir_okay=False), help="Write it to this file instead of the screen.", callback=remember_output
)
def schema(file: str, out: str | None) -> None:
    """Print the JSON Schema of evaluation.yaml, of sources.yaml or of reports in JSON.

    Editors with a YAML language server use it for a file whose first line is, for example,

    \b
    # yaml-language-server: $schema=evaluation.schema.json
    """
    import json

    from pipeline.lake.files import private_path
    from pipeline.report.document.blocks import Document
    from pipeline.settings.documents import SettingsModel, json_schema
    from pipeline.settings.plan import EvaluationPlan
    from pipeline.settings.sources import SourcesFile

    models: dict[str, type[SettingsModel]] = {"evaluation": EvaluationPlan, "sources": SourcesFile}
    found = Document.model_json_schema() if file == "report" else json_schema(models[file])
    text = json.dumps(found, indent=2, ensure_ascii=False)
    if out is None:
        click.echo(text)
    else:
        with private_path(Path(out)) as temporary:
            temporary.write_text(f"{text}\n", encoding="utf-8")
