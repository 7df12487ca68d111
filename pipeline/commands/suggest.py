"""``asq suggest`` and ``asq init``: from files that nobody has described to a first ``sources.yaml``."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import click

from pipeline.commands.options import remember_output
from pipeline.errors import UsageError

_files = click.argument("files", nargs=-1, type=click.Path(path_type=Path))
_enterprise = click.option("--enterprise", help="Id of the enterprise whose files they are, if they do not name it.")


@click.command()
@_files
@_enterprise
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the sources.yaml to this new file.",
    callback=remember_output,
)
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
def suggest(files: tuple[Path, ...], enterprise: str | None, out: Path | None, as_json: bool) -> None:
    """Say which tables of the contract FILES resemble, and propose a sources.yaml for them.

    A folder stands for the files in it. Nothing is sent anywhere and no file is changed. Values are shown by their shape (9 for a
    digit, A and a for a letter); proposals are sure, likely or only possible.
    """
    from pipeline.lake.files import private_path
    from pipeline.suggest import rendering
    from pipeline.suggest.delivery import suggested

    paths, folder = _found(files)
    if not paths:
        raise UsageError("name the files to look at: asq suggest FILE…")
    if out is not None and out.exists():
        raise UsageError(f"{out}: is there already, and is not overwritten")
    delivery = suggested(paths, folder, enterprise)
    if as_json:
        click.echo(json.dumps(rendering.as_dict(delivery), ensure_ascii=False, indent=2))
    else:
        for line in rendering.lines(delivery):
            click.echo(line)
        if out is None:
            click.echo(f"\n# sources.yaml (for files under {folder})\n{rendering.sources_yaml(delivery)}", nl=False)
    if out is not None:
        with private_path(out) as temporary:
            temporary.write_text(rendering.sources_yaml(delivery), encoding="utf-8")


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@_files
@_enterprise
def init(folder: Path, files: tuple[Path, ...], enterprise: str | None) -> None:
    """Begin an evaluation in DIR: a sources.yaml and an evaluation.yaml for FILES, with next steps.

    Without FILES: those that lie in DIR. They are not copied or changed. No file that is there already is overwritten.
    """
    from pipeline.suggest.starting import start

    folder = folder.absolute()
    paths, landing = _found(files or ((folder,) if folder.is_dir() else ()))
    for line in start(folder, paths, landing if paths else folder, enterprise):
        click.echo(line)


def _found(given: Sequence[Path]) -> tuple[list[Path], Path]:
    """The files, folders replaced by the files of known kinds in them, and the folder that holds them all."""
    from pipeline.extract.files import is_known_kind

    paths: list[Path] = []
    folders: list[Path] = []
    for path in (each.absolute() for each in given):
        if path.is_dir():
            folders.append(path)
            paths += sorted(each for each in path.iterdir() if each.is_file() and is_known_kind(each) and each.name[0] not in "._~")
        elif path.is_file():
            folders.append(path.parent)
            paths.append(path)
        else:
            raise UsageError(f"{path}: no such file or folder")
    paths = list(dict.fromkeys(paths))
    return paths, Path(os.path.commonpath(folders)) if folders else Path.cwd()
