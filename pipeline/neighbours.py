"""Quarters beside the one being evaluated whose records its windows reach into.

They are taken through the same stages, so that the result does not depend on which quarters were run before (D-41). Extract
takes a other anew when the landing folder speaks for it (``deliveries``) and its raw partition was not cut from the very
same snapshot; each later stage, when the file it wrote was not made from what the stage before now has. So a backfill over one
landing folder does nothing twice, and a run killed between two stages leaves nothing half new. What was published for a
other stays until it is run itself; so does everything of one whose records were purged.
"""

from __future__ import annotations
