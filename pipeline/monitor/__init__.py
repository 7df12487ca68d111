"""Stage beside the flow: what happens by the calendar, whatever quarter is being evaluated. Today: the end of retention terms.

No record is judged and no number made here.
"""
