"""Where the pseudonym key comes from, who may read it, and that it shows nowhere."""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import multiprocessing
import os
import pickle
import stat
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from pipeline.desensitize import keys
from pipeline.desensitize.keys import PseudonymKey, default_key_file, load_key
from pipeline.errors import UsageError

SECRET = bytes(range(32))


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path / "home")}


@pytest.mark.parametrize(
    "text",
    [
        SECRET.hex(),
        SECRET.hex().upper() + "\n",
        base64.b64encode(SECRET).decode(),
        base64.urlsafe_b64encode(bytes(range(224, 256))).decode().rstrip("="),
    ],
    ids=["hex", "upper-case hex with a line end", "base64", "url-safe base64 without padding"],
)
def test_key_from_variable(text: str, home: dict[str, str]) -> None:
    found = load_key(environment={**home, keys.KEY_VARIABLE: text})
    assert len(found.secret) == 32
    assert found.secret in (SECRET, bytes(range(224, 256)))
    assert not Path(home["HOME"]).exists()


@pytest.mark.parametrize("text", ["", "  ", SECRET.hex()[:-2], "not a key!", base64.b64encode(bytes(31)).decode()])
def test_bad_key_in_variable_is_refused_and_not_shown(text: str, home: dict[str, str]) -> None:
    with pytest.raises(UsageError) as refused:
        load_key(environment={**home, keys.KEY_VARIABLE: text})
    if text.strip():
        assert text.strip() not in str(refused.value)


def test_both_variables_are_ambiguous(tmp_path: Path, home: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="both"):
        load_key(environment={**home, keys.KEY_VARIABLE: SECRET.hex(), keys.KEY_FILE_VARIABLE: str(tmp_path / "k")})


def test_first_use_makes_an_owner_only_file_in_an_owner_only_folder(home: dict[str, str]) -> None:
    umask = os.umask(0)
    try:
        first = load_key(environment=home)
    finally:
        os.umask(umask)
    path = Path(home["HOME"]) / ".config" / "asq" / "pseudonym.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    # The folders above it too: whoever may write there could exchange it.
    for folder in (path.parent, path.parent.parent, Path(home["HOME"])):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [entry.name for entry in path.parent.iterdir()] == ["pseudonym.key"]
    assert load_key(environment=home) == first
    assert len(first.secret) == 32


def test_default_file_follows_the_xdg_folder(tmp_path: Path) -> None:
    assert default_key_file({"XDG_CONFIG_HOME": str(tmp_path)}) == tmp_path / "asq" / "pseudonym.key"
    relative = {"XDG_CONFIG_HOME": "config", "HOME": str(tmp_path)}
    assert default_key_file(relative) == tmp_path / ".config" / "asq" / "pseudonym.key"
    with pytest.raises(UsageError, match="no home folder"):
        default_key_file({})


def test_setting_replaces_the_default_file(tmp_path: Path, home: dict[str, str]) -> None:
    path = tmp_path / "elsewhere" / "own.key"
    assert load_key(key_file=path, environment=home).secret == bytes.fromhex(path.read_text())
    assert not Path(home["HOME"]).exists()


def test_named_file_is_read_but_never_made(tmp_path: Path, home: dict[str, str]) -> None:
    path = tmp_path / "named.key"
    environment = {**home, keys.KEY_FILE_VARIABLE: str(path)}
    with pytest.raises(UsageError, match="cannot be read"):
        load_key(environment=environment)
    assert not path.exists()
    path.write_bytes(base64.b64encode(SECRET) + b"\n")
    path.chmod(0o400)
    assert load_key(environment=environment).secret == SECRET


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o610, 0o644])
def test_file_that_others_can_open_is_refused(mode: int, tmp_path: Path, home: dict[str, str]) -> None:
    path = tmp_path / "open.key"
    path.write_text(SECRET.hex())
    path.chmod(mode)
    with pytest.raises(UsageError, match="open to others") as refused:
        load_key(environment={**home, keys.KEY_FILE_VARIABLE: str(path)})
    assert SECRET.hex() not in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"\xff\xfe\x00", b"a" * 5000, b"not a key"])
def test_file_without_a_key_is_refused(content: bytes, tmp_path: Path, home: dict[str, str]) -> None:
    path = tmp_path / "bad.key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(UsageError):
        load_key(environment={**home, keys.KEY_FILE_VARIABLE: str(path)})


def test_folder_or_pipe_is_no_key_file(tmp_path: Path, home: dict[str, str]) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe, 0o600)
    for path in (tmp_path, pipe):
        with pytest.raises(UsageError, match="not a regular file"):
            load_key(environment={**home, keys.KEY_FILE_VARIABLE: str(path)})


@pytest.mark.parametrize("git", ["folder", "file"])
def test_file_in_a_git_work_tree_is_neither_read_nor_made(git: str, tmp_path: Path, home: dict[str, str]) -> None:
    tree = tmp_path / "repository"
    (tree / "deep").mkdir(parents=True)
    if git == "folder":
        (tree / ".git").mkdir()
    else:
        (tree / ".git").write_text("gitdir: elsewhere\n")
    with pytest.raises(UsageError, match="git work tree"):
        load_key(key_file=tree / "deep" / "own.key", environment=home)
    assert not (tree / "deep" / "own.key").exists()
    inside = tree / "key"
    inside.write_text(SECRET.hex())
    inside.chmod(0o600)
    link = tmp_path / "link.key"
    link.symlink_to(inside)
    for path in (inside, link):
        with pytest.raises(UsageError, match="git work tree"):
            load_key(environment={**home, keys.KEY_FILE_VARIABLE: str(path)})


def test_folder_that_cannot_be_written_is_explained(tmp_path: Path, home: dict[str, str]) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be made"):
        load_key(key_file=tmp_path / "file" / "own.key", environment=home)


def _load_key_id(path: str) -> str:
    return load_key(key_file=Path(path), environment={}).key_id


def test_processes_that_start_at_once_share_one_key(tmp_path: Path) -> None:
    path = tmp_path / "asq" / "pseudonym.key"
    # Not multiprocessing.Pool: it ends its processes with SIGTERM, and waits for ever where that is ignored.
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = list(pool.map(_load_key_id, [str(path)] * 8))
    assert len(set(found)) == 1
    assert [entry.name for entry in path.parent.iterdir()] == ["pseudonym.key"]


def test_the_slower_process_takes_the_key_of_the_faster(tmp_path: Path) -> None:
    path = tmp_path / "pseudonym.key"
    path.write_text(SECRET.hex())
    path.chmod(0o600)
    keys._create(path)  # as if the file had appeared after this process looked for it
    assert path.read_text() == SECRET.hex()
    assert [entry.name for entry in tmp_path.iterdir()] == ["pseudonym.key"]


def test_key_id_is_a_keyed_digest_of_the_algorithm() -> None:
    sha, sm3 = PseudonymKey(SECRET), PseudonymKey(SECRET, "hmac-sm3")
    digest = hmac.new(SECRET, b"asq pseudonym key id|hmac-sha256", hashlib.sha256).hexdigest()
    assert sha.key_id == digest[:8]
    assert sm3.key_id != sha.key_id
    assert PseudonymKey(bytes(32)).key_id != sha.key_id


def test_short_keys_and_unknown_algorithms_are_refused() -> None:
    with pytest.raises(UsageError, match="at least 32"):
        PseudonymKey(bytes(31))
    with pytest.raises(UsageError, match="md5"):
        PseudonymKey(SECRET, "md5")


def test_key_shows_nowhere() -> None:
    key = PseudonymKey(SECRET)
    for text in (repr(key), str(key), f"{key}", f"{[key]!r}"):
        assert SECRET.hex() not in text
        assert repr(SECRET) not in text
    for leak in (pickle.dumps, copy.deepcopy):
        with pytest.raises(TypeError, match="cannot be pickled"):
            leak(key)
