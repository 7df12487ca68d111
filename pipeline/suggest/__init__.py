"""``asq suggest`` and ``asq init``: what files nobody has described seem to hold, and a ``sources.yaml`` to begin with.

Proposes only. Nothing here reads for a run, and no rule of the data is written here: what a value means is asked of extract.
"""
