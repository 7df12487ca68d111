"""Whatever the umask, every file that a command writes is its owner's alone, except what is published; nobody else may change that.

The commands are called one after the other on the smallest landing folder; then every file and folder they made is looked at.
"""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest
from runs import asq_here, environment, umask

from pipeline.lake.layout import PRIVATE_ZONES

from .conftest import Published
from .landing import QUARTER

pytestmark = pytest.mark.xdist_group("orchestration_rights")

# What others may do at most, by umask, with a published file and with a published folder.
READERS = {0o000: (0o644, 0o755), 0o022: (0o644, 0o755)}


def calls(place: Path) -> list[list[str | Path]]:
    """Every command that writes something, and those that read a lake, in an order in which each has what it needs."""
    lake, landing = ["--lake", place / "lake"], ["--landing", place / "landing"]
    return [
        ["sample", place / "sample", "--quarters", QUARTER, "--requests", "30", "--enterprises", "1"],
        ["init", place / "begun", place / "landing"],
        ["suggest", place / "landing", "--out", place / "suggested.yaml"],
        ["schema", "sources", "--out", place / "sources.schema.json"],
        ["check", QUARTER, *landing],
        ["run", QUARTER, *landing, *lake],
        ["report", QUARTER, *lake],
        ["explain", QUARTER, "E1", "O1-1", "--records", *lake],
        ["warehouse", "export", place / "quality.duckdb", *lake],
        ["warehouse", "dictionary", "--out", place / "data-dictionary.md"],
        ["quarantine", "list", *lake],
        ["quarantine", "export", QUARTER, *landing, *lake, "--out", place / "refused" / "deep"],
        ["outliers", "list", *lake],
        ["outliers", "export", QUARTER, *lake, "--out", place / "review" / "outlier_review.csv"],
        ["privacy", "keys", *lake],
        ["privacy", "rekey", *lake],
        ["privacy", "scan", *lake],
        ["purge", *lake, "--older-than-days", "0"],
    ]


def rights(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def made(place: Path) -> list[Path]:
    given = {place / "landing", *(place / "landing").rglob("*")}
    return [path for path in sorted(place.rglob("*")) if path not in given and not path.is_symlink()]


def is_published(path: Path, lake: Path) -> bool:
    return path in (lake, lake / "warehouse.duckdb") or lake / "published" in (path, *path.parents)


@pytest.mark.parametrize("mask", [0o000, 0o022])
def test_every_file_is_its_owner_s_alone_or_published(published: Published, tmp_path: Path, mask: int) -> None:
    place = tmp_path / "place"
    place.mkdir()
    shutil.copytree(published.landing, place / "landing")
    home, temporary = place / "dagster", place / "tmp"
    with umask(mask):
        for folder in (home, temporary):
            folder.mkdir(mode=0o700)
        (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
        (home / "dagster.yaml").chmod(0o600)
        own = environment(DAGSTER_HOME=str(home), TMPDIR=str(temporary), XDG_CONFIG_HOME=str(place / "config"))
        # The key is made as well, by the first run.
        del own["ASQ_PSEUDONYM_KEY"]
        for call in calls(place):
            code, _, stderr = asq_here(*call, environment=own)
            assert code == 0, (call, stderr)
        # Nothing is left changed for what this process does next.
        assert os.umask(mask) == mask
    lake = place / "lake"
    file_rights, folder_rights = READERS[mask]
    wrong = [
        f"{path.relative_to(place)} {rights(path):o}"
        for path in made(place)
        if rights(path)
        != ((folder_rights if path.is_dir() else file_rights) if is_published(path, lake) else 0o700 if path.is_dir() else 0o600)
    ]
    assert wrong == []
    # There was something of every kind to look at.
    written = {path.relative_to(place).parts[0] for path in made(place)}
    assert {"sample", "begun", "suggested.yaml", "lake", "refused", "review", "config", "dagster"} <= written
    assert {path.name for path in lake.iterdir() if path.is_dir()} <= {*PRIVATE_ZONES, "published", "locks"}
