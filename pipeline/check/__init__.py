"""``asq check``: what ``asq run`` would say of a landing folder, up to acceptance.

The stages' own functions run in a temporary lake; no rule of the data is written here.
"""
