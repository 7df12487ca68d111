"""The account stage: what became of every row of a quarter, from the landing folder to the marts.

Only counts and compares; the stages before refuse, merge or exclude rows.
"""
