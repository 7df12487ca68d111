"""The lake: paths, atomic writes, locks, file metadata, the folder of a run and the warehouse.

The stages decide what the tables mean.
"""
