"""Quarters, windows of quarters, and the working days and service hours of the State Council's calendar.

Only arithmetic on dates: nothing here reads the lake or a record.
"""
