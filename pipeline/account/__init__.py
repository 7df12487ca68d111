"""Account: where every row of a quarter went, from the landing folder to the marts.

Counts and compares only; what refuses, merges or excludes a row is done, and tested, in the stages before.
"""
