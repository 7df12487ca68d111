"""The release stage: of all that a run made, the layer that readers may see, so that nobody can be recognised in it.

It goes by people: what is about fewer than k of them is withheld, and with it what would tell it by subtraction. What each column
of the layer is stands in ``schemas/expectations/released_columns.csv``.
"""
