"""Files that docstrings and comments name in double backticks exist: a reader who follows them gets there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

REPO = Path(__file__).resolve().parents[3]
NAMED = re.compile(r"``([\w./-]+\.(?:py|csv|yml|j2|md|sql))``")
# Files that users hand in, and templates of names.
OF_USERS = {
    "benchmarks.csv",
    "corrections.csv",
    "fishbone.csv",
    "five_whys.csv",
    "outlier_review.csv",
    "service_requests.csv",
    "population.csv",
    "sent.csv",
}


def test_every_file_that_a_docstring_names_exists() -> None:
    tracked = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=REPO, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    sources = [REPO / name for name in tracked if name.startswith(("pipeline/", "schemas/", "dbt_project/", "benchmarks/"))]
    missing = [
        f"{path.relative_to(REPO)}: {name}"
        for path in sources
        if path.suffix in (".py", ".sql") and path.is_file()
        for name in NAMED.findall(path.read_text(encoding="utf-8"))
        if name not in OF_USERS and not any(each == name or each.endswith(f"/{name}") for each in tracked)
    ]
    assert missing == []
