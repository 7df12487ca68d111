"""What the tests of this folder share: names of nobody, moments, and the proposal for files of one folder."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from pipeline.suggest.delivery import Delivery, suggested

FIRST = dt.datetime(2025, 1, 1, 8)
PEOPLE = ("王伟", "李娜", "张敏", "刘洋", "陈静", "欧阳娜娜")

Write = Callable[..., Path]


def proposal_of(*paths: Path, enterprise: str | None = "ACME") -> Delivery:
    return suggested(paths, paths[0].parent, enterprise)


def moment(number: int, hours: float = 0, form: str = "%Y-%m-%d %H:%M") -> str:
    return (FIRST + dt.timedelta(hours=17 * number + hours)).strftime(form)
