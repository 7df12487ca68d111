"""The files that users hand in beside the data: one entry each, from which everything else follows.

What the files mean is read elsewhere (``frozen.py`` names the readers). The survey files that the plan names, and tables, are not
listed here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import UsageError
from pipeline.settings.landing_paths import fault


@dataclass(frozen=True)
class HandedIn:
    """A file that users hand in beside the data. One entry of ``FILES`` makes it an option of the commands, a variable of the
    environment, a field of Dagster's resource, a file that feeds no table, and frozen with its SHA-256 when a run starts.
    """

    name: str
    file: str
    """What it is called in the landing folder."""
    title: str
    title_zh: str

    @property
    def option(self) -> str:
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        return f"ASQ_{self.name.upper()}"

    def chosen(self, given: str | Path | None, landing: Path) -> Path | None:
        """The file that is given, else the one of the landing folder, if there is one; raises UsageError if not a file."""
        if given is None:
            default = landing / self.file
            if not os.path.lexists(default):
                return None
            if problem := fault(default, landing):
                raise UsageError(f"{default}: {problem}")
            if not default.is_file():
                raise UsageError(f"{default}: is a folder, not a file: move it away")
            return default
        path = Path(given).absolute()
        if not path.is_file():
            raise UsageError(f"{path}: no such file")
        return path


SOURCES = HandedIn("sources", "sources.yaml", "Source mapping", "数据源映射文件")
PLAN = HandedIn("plan", "evaluation.yaml", "Evaluation plan", "评价方案文件")
OUTLIER_REVIEW = HandedIn("outlier_review", "outlier_review.csv", "Review of outliers", "异常值复核文件")
CORRECTIONS = HandedIn("corrections", "corrections.csv", "Corrections of known source errors", "数据更正文件")
BENCHMARKS = HandedIn("benchmarks", "benchmarks.csv", "Benchmarks to compare with", "行业基准值文件")
FISHBONE = HandedIn("fishbone", "fishbone.csv", "Causes found with a fishbone diagram", "鱼骨图（因果分析）记录文件")
FIVE_WHYS = HandedIn("five_whys", "five_whys.csv", "Root causes found by asking why", "5Why 分析记录文件")
FILES = (SOURCES, PLAN, OUTLIER_REVIEW, CORRECTIONS, BENCHMARKS, FISHBONE, FIVE_WHYS)
