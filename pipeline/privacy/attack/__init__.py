"""The linkage attack: what somebody who has only the released layer can work out of what it withholds.

Knows the public declarations and the calendar, and nothing of ``pipeline.release``: shared code would share its mistakes.
"""
