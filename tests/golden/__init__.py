"""Golden tests: a hand-made landing folder, and every indicator value worked out by hand beside its assertion.

Nothing of the pipeline is imported here; it is run as a user runs it and its published tables are read.
"""
