"""Quarters, windows of quarters, and the working days and service hours of the State Council's calendar.

Arithmetic on dates only: nothing here reads the lake or a record.
"""
