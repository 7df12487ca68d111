"""Which paths of a landing folder may be read: regular files that can be read, and lie in the folder itself.

Says why not, by name, before anything is opened: a named pipe would be waited for, and a link may lead to any file of the machine.
Which table a file is for is decided in ``files``.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.lake.layout import is_lake

LINKS_VARIABLE = "ASQ_LINKS"
FOLLOW = "follow"

_KINDS = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


def follows_links() -> bool:
    """Whether links out of the landing folder are followed; raises UsageError for a setting that is not known."""
    written = os.environ.get(LINKS_VARIABLE, "")
    if written not in ("", FOLLOW):
        raise UsageError(f"{LINKS_VARIABLE}={written}: write '{FOLLOW}', or unset it to refuse links out of the landing folder")
    return written == FOLLOW


def shown(path: Path, landing: Path) -> str:
    """The path inside the landing folder as one line of text that any terminal and file can hold."""
    name = path.relative_to(landing).as_posix().encode("utf-8", "backslashreplace").decode()
    return "".join(letter.encode("unicode_escape").decode() if is_control(letter) else letter for letter in name)


def is_control(letter: str) -> bool:
    """Whether a character ends a line or is an instruction to a terminal."""
    return unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp")


def fault(path: Path, landing: Path) -> str | None:
    """Why a path in the landing folder, a file or a folder, must not be read; None: nothing is wrong with it."""
    if shown(path, landing) != path.relative_to(landing).as_posix():
        return "its name holds a character that cannot be written: rename it"
    try:
        if leads := _link_fault(path, landing):
            return leads
        mode = path.stat().st_mode
    except (OSError, RuntimeError) as error:
        return _unreachable(error)
    for is_kind, name in _KINDS:
        if is_kind(mode):
            return f"is {name}, not a file: move it away"
    if not os.access(path, os.R_OK | (os.X_OK if stat.S_ISDIR(mode) else 0)):
        return "cannot be read: permission denied"
    return None


def walk(folder: Path, landing: Path) -> Iterator[Path]:
    """Everything below a folder that is no folder, in order, and folders that cannot be entered.

    Folders that ``fault`` finds nothing wrong with are entered, also through a link, each once. A lake is not: it may lie in the
    landing folder, and what runs made of a delivery is no delivery.
    """
    entered: set[tuple[int, int]] = set()
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        found = here.stat()
        if (found.st_dev, found.st_ino) in entered:
            continue
        entered.add((found.st_dev, found.st_ino))
        folders = []
        for path in sorted(here.iterdir()):
            if not path.is_dir() or fault(path, landing):
                yield path
            elif not is_lake(path):
                folders.append(path)
        waiting += reversed(folders)


def is_in_lake(folder: Path, landing: Path) -> bool:
    """Whether a folder is, or lies in, a lake that is itself in the landing folder."""
    return any(is_lake(each) for each in (folder, *folder.parents) if each != landing and each.is_relative_to(landing))


def _link_fault(path: Path, landing: Path) -> str | None:
    """What is wrong with the links that a path goes through."""
    if follows_links():
        path.resolve(strict=True)
        return None
    here = landing
    for part in path.relative_to(landing).parts:
        here = here / part
        if here.is_symlink() and not here.resolve(strict=True).is_relative_to(landing.resolve()):
            word = "is" if here == path else f"lies behind {part}, which is"
            return f"{word} a link that leads out of the landing folder: copy the file there, or set {LINKS_VARIABLE}={FOLLOW}"
    return None


def _unreachable(error: OSError | RuntimeError) -> str:
    if isinstance(error, FileNotFoundError):
        return "is a link that leads nowhere"
    # Earlier versions of Python raise RuntimeError for links in a circle.
    if isinstance(error, RuntimeError) or "symbolic links" in (error.strerror or ""):
        return "is a link that leads back to itself"
    return f"cannot be read: {(error.strerror or str(error)).lower()}"
