"""How long a lake keeps records with personal data, and what is exempt: ``retention.yaml`` in the lake folder.

Reading and checking these choices belongs here; what is removed and how is ``purge``'s business.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field, model_validator

from pipeline.calendar.quarters import Quarter
from pipeline.lake.layout import Lake
from pipeline.settings.documents import Document, SettingsModel, read_yaml, validated, wrong
from pipeline.settings.fields import NullIsDefault, QuarterLabel, Text, one_of, whole_number
from schemas.contract import TABLES

RETENTION_FILE = "retention.yaml"

DEFAULT_KEEP_DAYS = 400
"""Days after a quarter's end for which its records are kept unless the lake says otherwise (D-62).

PIPL article 19 asks for the shortest time that the purpose needs. The purpose is to judge a quarter and to judge it again. The
last time that is due is the annual report: 30 working days after the year's end, some 325 days after its first quarter's. The
days beyond are for objections and corrections. Later quarters read clean rows of the seven before them, never these records.
"""


class Hold(SettingsModel):
    """Records that must not be removed, whatever their age, with the reason and who ordered it."""

    reason: Text = Field(description="Why the records must not be removed.")
    author: Text = Field(description="Who ordered it.")
    table: Annotated[str, one_of(TABLES)] | None = Field(None, description="Of this table; left out: of all tables.")
    quarter: QuarterLabel | None = Field(None, description="Of this quarter; left out: of all quarters.")

    @model_validator(mode="after")
    def _names_something(self) -> Hold:
        if self.table is None and self.quarter is None:
            raise wrong("must name a table, a quarter, or both")
        return self

    def covers(self, table: str, quarter: Quarter) -> bool:
        return self.table in (None, table) and self.quarter in (None, quarter)


class Retention(SettingsModel):
    """The choices of one lake."""

    keep_days: NullIsDefault[Annotated[int, whole_number(0)]] = Field(
        DEFAULT_KEEP_DAYS, description="Days after a quarter's end for which its records are kept."
    )
    holds: NullIsDefault[tuple[Hold, ...]] = Field((), description="What must not be removed, whatever its age.")

    def hold(self, table: str, quarter: Quarter) -> Hold | None:
        """The first hold on a table's quarter, if there is one."""
        return next((hold for hold in self.holds if hold.covers(table, quarter)), None)

    def is_over(self, quarter: Quarter, today: dt.date) -> bool:
        """Whether the quarter's last day lies more than ``keep_days`` before today."""
        return (today - quarter.last_day).days > self.keep_days


def read_retention(lake: Lake, keep_days: int | None = None) -> Retention:
    """The choices of a lake; the defaults where it has no file. ``keep_days`` takes the place of the lake's term.

    Raises UsageError naming file, line, key and rule for everything that is not as documented: nothing is removed by a file
    that is not understood.
    """
    file = lake.root / RETENTION_FILE
    retention = validated(Retention, read_yaml(Document.read(file))) if file.is_file() else Retention()
    return retention if keep_days is None else retention.model_copy(update={"keep_days": keep_days})
