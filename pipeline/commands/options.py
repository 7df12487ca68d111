"""Shared by several commands: the options that name places, and the console."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import click
from rich.console import Console

from pipeline.errors import UsageError
from pipeline.lake.files import open_folder
from pipeline.settings.handed_in import FILES, HandedIn
from pipeline.settings.places import LAKE_VARIABLE, LANDING_VARIABLE

Command = Callable[..., Any]

console = Console(highlight=False, soft_wrap=True)

_IN_USE = f"{__name__}.lake"
_OUTPUT = f"{__name__}.output"


def remember_lake(context: click.Context, _parameter: click.Parameter, lake: str | None) -> str | None:
    """Callback of options that name the lake, for ``lake_in_use``."""
    context.meta[_IN_USE] = lake
    return lake


def lake_in_use(context: click.Context) -> Path | None:
    """The lake that the command was called with; None if it has none."""
    lake = context.meta.get(_IN_USE)
    return Path(lake).absolute() if lake else None


def remember_output(context: click.Context, _parameter: click.Parameter, path: Any) -> Any:
    """Callback of parameters that name what the command writes outside a lake, for ``output_in_use``."""
    context.meta[_OUTPUT] = path
    return path


def output_in_use(context: click.Context) -> Path | None:
    """The file or folder that the command was told to write; None if it has none."""
    path = context.meta.get(_OUTPUT)
    return Path(path).absolute() if path else None


lake_option = click.option(
    "--lake",
    type=click.Path(file_okay=False),
    envvar=LAKE_VARIABLE,
    required=True,
    help="Lake folder.",
    callback=remember_lake,
)
landing_option = click.option(
    "--landing", type=click.Path(file_okay=False), envvar=LANDING_VARIABLE, required=True, help="Landing folder."
)


def handed_in_option(file: HandedIn) -> Callable[[Command], Command]:
    """The option for a file that users submit with the data."""
    return click.option(
        file.option,
        type=click.Path(),
        envvar=file.variable,
        help=f"{file.title} [default: {file.file} in the landing folder].",
    )


def handed_in_options(command: Command) -> Command:
    """The options for all such files; the command gets them by name."""
    for file in reversed(FILES):
        command = handed_in_option(file)(command)
    return command


def require_writable(folder: Path, *, for_readers: bool = False) -> None:
    """Make a folder if needed; raises UsageError when no file can be written to it.

    for_readers   whether others than its owner may enter what is made (``open_folder``)
    """
    try:
        if for_readers:
            open_folder(folder)
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written to: {error.strerror}") from None
