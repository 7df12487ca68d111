"""The pseudonym key: where it comes from, who may read it, and the short id that names it in every token.

Only loading and storing the key belongs here; ``tokens.py`` computes with it. Nothing here prints, logs or pickles the
key, and no message contains a part of it.
"""

from __future__ import annotations

import base64
import binascii
import errno
import hashlib
import hmac
import os
import re
import secrets
import stat
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

from pipeline.errors import UsageError

KEY_VARIABLE = "ASQ_PSEUDONYM_KEY"
KEY_FILE_VARIABLE = "ASQ_PSEUDONYM_KEY_FILE"

# 256 bits: the tokens' strength must not depend on the number of possible phones, about 10^10 (docs/privacy.md).
MINIMUM_KEY_BYTES = 32
# A key file is one short line; anything longer is a different file.
MAXIMUM_KEY_FILE_BYTES = 4096

ALGORITHMS = ("hmac-sha256", "hmac-sm3")


@dataclass(frozen=True)
class PseudonymKey:
    """A secret and its algorithm; the same secret under two algorithms is two keys with two ids.

    ``secret`` is the raw key bytes. Raises UsageError when it is shorter than 32 bytes or the algorithm is unknown.
    """

    secret: bytes = field(repr=False)
    algorithm: str = "hmac-sha256"

    def __post_init__(self) -> None:
        if self.algorithm not in ALGORITHMS:
            raise UsageError(f"pseudonym algorithm '{self.algorithm}' is unknown: use {' or '.join(ALGORITHMS)}")
        if len(self.secret) < MINIMUM_KEY_BYTES:
            raise UsageError(
                f"the pseudonym key has {len(self.secret)} bytes: at least {MINIMUM_KEY_BYTES} random bytes are needed"
            )

    @property
    def key_id(self) -> str:
        """8 hex digits that name this key and algorithm; a one-way function of the key, safe to publish."""
        message = f"asq pseudonym key id|{self.algorithm}".encode()
        return hmac.new(self.secret, message, hashlib.sha256).hexdigest()[:8]

    @property
    def hmac_key(self) -> str:
        """The HMAC key: the key bytes as lower-case hex text.

        polars-hash takes its key as text, and arbitrary bytes are not text. Hex loses nothing: 32 bytes give 64 ASCII characters,
        one block of SHA-256 and of SM3; HMAC itself hashes a longer key first (RFC 2104).
        """
        return self.secret.hex()

    def __reduce__(self) -> NoReturn:
        # Task outputs and caches are pickled: the key must not reach a disk that way.
        raise TypeError("a pseudonym key cannot be pickled: load it where it is used")


def load_key(
    algorithm: str = "hmac-sha256",
    key_file: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> PseudonymKey:
    """Load the key from ``ASQ_PSEUDONYM_KEY``, else from the file named by ``ASQ_PSEUDONYM_KEY_FILE``, else the default file.

    ``key_file`` (the setting) replaces the default file, ``<user config dir>/asq/pseudonym.key``; only this file is created on
    first use. The key is hex or base64 of at least 32 bytes. ``environment`` defaults to the process's own.
    Raises UsageError for a key that is unreadable, too short, readable by others, or inside a git work tree, and if both
    variables are set.
    """
    variables = os.environ if environment is None else environment
    text, named_file = variables.get(KEY_VARIABLE), variables.get(KEY_FILE_VARIABLE)
    if text is not None and named_file is not None:
        raise UsageError(f"both {KEY_VARIABLE} and {KEY_FILE_VARIABLE} are set: unset one of them")
    if text is not None:
        return PseudonymKey(_decode(text, KEY_VARIABLE), algorithm)
    if named_file is not None:
        # A mistyped path must not silently start a new key: every join with earlier quarters would break.
        return PseudonymKey(_read(Path(named_file).expanduser().absolute()), algorithm)
    path = (key_file.expanduser() if key_file is not None else default_key_file(variables)).absolute()
    if not os.path.lexists(path):
        _create(path)
    return PseudonymKey(_read(path), algorithm)


def default_key_file(environment: Mapping[str, str] | None = None) -> Path:
    """``$XDG_CONFIG_HOME/asq/pseudonym.key``, else ``~/.config/asq/pseudonym.key``.

    A relative XDG_CONFIG_HOME is ignored, as the XDG Base Directory Specification asks. Raises UsageError if there is
    no home folder.
    """
    variables = os.environ if environment is None else environment
    configured = variables.get("XDG_CONFIG_HOME", "")
    if configured and Path(configured).is_absolute():
        return Path(configured) / "asq" / "pseudonym.key"
    home = variables.get("HOME", "")
    if not home:
        raise UsageError(f"no home folder to keep the pseudonym key in: set {KEY_VARIABLE} or {KEY_FILE_VARIABLE}")
    return Path(home) / ".config" / "asq" / "pseudonym.key"


def _decode(text: str, origin: str) -> bytes:
    """Hex if the text is all hex digits, else base64 (standard or URL-safe alphabet)."""
    compact = "".join(text.split())
    if re.fullmatch(r"(?:[0-9a-fA-F]{2})+", compact):
        return bytes.fromhex(compact)
    try:
        standard = compact.translate(str.maketrans("-_", "+/"))
        decoded = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        decoded = b""
    if not decoded:
        raise UsageError(f"{origin} does not hold a key: write at least {MINIMUM_KEY_BYTES} random bytes as hex or base64")
    return decoded


def _read(path: Path) -> bytes:
    _refuse_work_tree(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise UsageError(f"pseudonym key file {path} cannot be read: {error.strerror}") from None
    try:
        # Permissions are read from the open file, so that it cannot be exchanged between check and reading.
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise UsageError(f"pseudonym key file {path} is not a regular file")
        if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise UsageError(
                f"pseudonym key file {path} is open to others (mode {stat.S_IMODE(status.st_mode):04o}): "
                f"run 'chmod 600 {path}', and make a new key if others may have read it"
            )
        content = os.read(descriptor, MAXIMUM_KEY_FILE_BYTES + 1)
    finally:
        os.close(descriptor)
    if len(content) > MAXIMUM_KEY_FILE_BYTES:
        raise UsageError(f"pseudonym key file {path} is longer than {MAXIMUM_KEY_FILE_BYTES} bytes: it is not a key file")
    return _decode(content.decode("ascii", errors="replace"), f"pseudonym key file {path}")


def _create(path: Path) -> None:
    """Make a new random key at ``path``, owner-only; if another process is faster, its key stays."""
    _refuse_work_tree(path)
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        for folder in [folder for folder in reversed(path.parents) if not folder.exists()]:
            # ``parents=True`` would apply the umask to missing parents: with 000 anybody could exchange the folder.
            folder.mkdir(mode=0o700, exist_ok=True)
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as handle:
                handle.write(secrets.token_hex(MINIMUM_KEY_BYTES) + "\n")
                handle.flush()
                os.fsync(handle.fileno())
            # A hard link appears complete in one step and never replaces an existing file: of two processes that make the
            # key at once, one wins and both read the winner's.
            os.link(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        if error.errno == errno.EEXIST and os.path.lexists(path):
            return
        raise UsageError(
            f"pseudonym key file {path} cannot be made ({error.strerror}): set {KEY_VARIABLE} or {KEY_FILE_VARIABLE}"
        ) from None


def _refuse_work_tree(path: Path) -> None:
    """A key inside a git work tree is one ``git add`` away from being published."""
    for start in {path.parent, path.resolve().parent}:
        for folder in (start, *start.parents):
            if (folder / ".git").exists():
                raise UsageError(f"pseudonym key file {path} lies in the git work tree {folder}: keep it outside")
