"""What a run installs is listed with versions and hashes, the same each time, and under licences that were looked at."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[3]
LOCK = (REPO / "requirements.lock").read_text(encoding="utf-8")
# By this file's own reading of the lock.
PINNED = dict(re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^ ;\\]+)", LOCK, re.MULTILINE))


def made(target: str) -> list[str]:
    """The commands of a target of the Makefile, with this environment's programs."""
    told = subprocess.run(
        [*["make", "--dry-run", "--silent", "-o", "setup-dev"], "-o", f"{sys.prefix}/.sbom", f"VENV={sys.prefix}", target],
        cwd=REPO,
        text=True,
        capture_output=True,
    )
    if told.returncode:
        pytest.skip("make is not installed")
    return told.stdout.replace("\\\n", " ").splitlines()


def test_the_list_names_every_pin_with_its_hashes_and_is_the_same_each_time(tmp_path: Path) -> None:
    (command,) = [line for line in made("sbom") if "cyclonedx-py" in line]
    if not Path(sys.prefix, "sbom").is_dir():
        pytest.skip("make setup-dev installs what lists the libraries")
    contents = []
    for name in ("one.json", "other.json"):
        words = command.replace("build/sbom.cdx.json", str(tmp_path / name)).split()
        # Another package index changes nothing.
        own = {**os.environ, "PIP_INDEX_URL": "https://index.invalid/simple"}
        subprocess.run([word.lstrip("@") for word in words], cwd=REPO, check=True, capture_output=True, env=own)
        contents.append((tmp_path / name).read_bytes())
    assert contents[0] == contents[1]
    bill = json.loads(contents[0])
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "after-sales-quality")
    assert {each["name"]: each["version"] for each in bill["components"]} == PINNED
    hashes = [file["content"] for each in bill["components"] for place in each["externalReferences"] for file in place["hashes"]]
    assert sorted(hashes) == sorted(re.findall(r"--hash=sha256:([0-9a-f]{64})", LOCK))
    assert b"index.invalid" not in contents[0]


def test_every_library_of_a_run_has_a_licence_that_is_allowed(tmp_path: Path) -> None:
    (command,) = [line for line in made("licences") if "pip-licenses" in line]
    words = command.removesuffix("> /dev/null").lstrip("@").split()
    assert set(words[words.index("--packages") + 1 :]) == set(PINNED)
    assert subprocess.run(words, cwd=REPO, capture_output=True).returncode == 0
    # One licence less in the list, and the check fails.
    settings = (REPO / "pyproject.toml").read_text(encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text(settings.replace(";Apache-2.0;", ";"), encoding="utf-8")
    refused = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert refused.returncode == 1
    assert "Apache-2.0 not in allow-only licenses" in refused.stdout + refused.stderr
