"""The lake: paths, atomic writes, locks, what files say about themselves, the folder of a run and the warehouse.

What the tables mean is the stages' business.
"""
